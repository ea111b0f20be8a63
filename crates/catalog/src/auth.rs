//! Who may call an endpoint, and on what evidence.

use crate::{Location, is_false};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on who may call an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Auth {
    /// The verdict.
    pub state: AuthState,
    /// Why it is `unknown`: the link of the chain that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The schemes a caller can use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<Scheme>,
    /// The OAuth scopes it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The roles or permissions it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The guards on the way, from the application inwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Guard>,
    /// The verdict rests on what a guard's code does, not on a guard the models know.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
    /// Why it would be open on purpose, where its name, path or code tells: `login`, `health`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_design: Option<ByDesign>,
}

impl Auth {
    /// An unknown verdict and what stands in its way.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Auth {
            state: AuthState::Unknown,
            reason: Some(reason.into()),
            schemes: Vec::new(),
            scopes: Vec::new(),
            roles: Vec::new(),
            chain: Vec::new(),
            inferred: false,
            by_design: None,
        }
    }
}

words! {
    /// Who may call an endpoint.
    pub enum AuthState {
        /// Only who proves an identity.
        Required = "required",
        /// Anyone; who proves an identity may get more.
        Optional = "optional",
        /// Anyone, and the code says so on purpose.
        Public = "public",
        /// Anyone: the whole chain was read and nothing guards it.
        None = "none",
        /// Some link of the chain could not be read; see `reason`.
        Unknown = "unknown",
    }
}

/// A way to prove an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scheme {
    /// Its kind.
    pub kind: SchemeKind,
    /// Its name in the source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

words! {
    /// A kind of authentication scheme.
    pub enum SchemeKind {
        /// OAuth 2.0.
        Oauth2 = "oauth2",
        /// OpenID Connect.
        OpenIdConnect = "openIdConnect",
        /// A JSON Web Token as bearer.
        Jwt = "jwt",
        /// Another bearer token.
        Bearer = "bearer",
        /// An API key in header, query or cookie.
        ApiKey = "apiKey",
        /// HTTP Basic.
        Basic = "basic",
        /// A session cookie.
        Session = "session",
        /// A client certificate.
        Mtls = "mtls",
        /// A signature over the request.
        Hmac = "hmac",
        /// The application's own.
        Custom = "custom",
    }
}

/// A guard, middleware or dependency on the way to a handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// The level it is applied at.
    pub level: GuardLevel,
    /// The name of what is applied.
    pub symbol: String,
    /// Where it is applied.
    pub at: Location,
    /// Where it is defined; absent when outside the scanned tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defined: Option<Location>,
    /// What it says of who may call; absent when it does not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<AuthState>,
    /// How its effect is known; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

words! {
    /// The level a guard is applied at.
    pub enum GuardLevel {
        /// A gateway in front of the service.
        Gateway = "gateway",
        /// The whole application.
        Application = "application",
        /// A mount of a router.
        Mount = "mount",
        /// A router, group or scope.
        Router = "router",
        /// A controller or view class.
        Class = "class",
        /// One registration.
        Route = "route",
        /// The handler itself.
        Handler = "handler",
    }
}

words! {
    /// How the effect of a guard is known.
    pub enum Basis {
        /// A framework model knows it.
        Recognised = "recognised",
        /// Read off what its code does.
        Inferred = "inferred",
    }
}

words! {
    /// A reason for which an endpoint is open on purpose.
    pub enum ByDesign {
        /// It takes credentials and gives a session or a token.
        Login = "login",
        /// It makes a new account.
        SignUp = "sign-up",
        /// It gives or checks tokens.
        Token = "token",
        /// It renews a token for another one.
        Refresh = "refresh",
        /// It ends a session.
        Logout = "logout",
        /// It gives back access to an account: a forgotten password, a confirmed address.
        Recovery = "recovery",
        /// Another service sends the user back to it after a login.
        OauthCallback = "oauth-callback",
        /// It publishes keys or metadata that clients need before they have an identity.
        Discovery = "discovery",
        /// It tells whether the service is well.
        Health = "health",
        /// It takes calls of another service and checks their signature.
        Webhook = "webhook",
        /// It serves files that are meant for everyone.
        Static = "static",
        /// The repository's policy says so.
        Policy = "policy",
    }
}
