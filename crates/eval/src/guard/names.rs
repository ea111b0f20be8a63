//! What names of guards tell, in any language and naming style.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

/// Names whose words are kept.
const MOST_NAMES: usize = 100_000;

/// Words of a name: `isAuthenticated`, `is_authenticated` and `IS-AUTHENTICATED` are is, authenticated.
pub(super) fn words(name: &str) -> Rc<[String]> {
    thread_local! {
        /// The same names are asked about for every route.
        static KNOWN: RefCell<FxHashMap<SmolStr, Rc<[String]>>> = RefCell::default();
    }
    if let Some(known) = KNOWN.with_borrow(|all| all.get(name).cloned()) {
        return known;
    }
    let made: Rc<[String]> = split(name).into();
    KNOWN.with_borrow_mut(|all| {
        if all.len() >= MOST_NAMES {
            all.clear();
        }
        all.insert(SmolStr::new(name), made.clone());
    });
    made
}

fn split(name: &str) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            out.push(String::new());
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                out.push(String::new());
            }
            if let Some(last) = out.last_mut() {
                last.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    out.retain(|w| !w.is_empty());
    out
}

/// Whether something of this name may decide who may call.
pub(super) fn may_guard(name: &str) -> bool {
    let tail = name.rsplit_once("().").map_or(name, |(_, t)| t);
    let tail = tail.rsplit(['.', ':']).find(|p| !p.is_empty()).unwrap_or(tail);
    words(tail).iter().chain(words(name).iter().filter(|w| is_guard_module(w))).any(|w| {
        is_auth(w)
            || w.starts_with("permission")
            || w.starts_with("login")
            || w.starts_with("privilege")
            || GUARD_LIBRARIES.contains(&w.as_str())
            || matches!(
                w.as_str(),
                "guard"
                    | "guards"
                    | "acl"
                    | "rbac"
                    | "protect"
                    | "protected"
                    | "secure"
                    | "secured"
                    | "logged"
                    | "admin"
                    | "role"
                    | "roles"
                    | "signed"
                    | "jwt"
                    | "oauth"
                    | "oidc"
                    | "sso"
                    | "token"
                    | "apikey"
                    | "credentials"
                    | "principal"
                    | "identity"
                    | "scopes"
            )
    })
}

/// auth, authenticate, authorised, but no author.
fn is_auth(word: &str) -> bool {
    word.starts_with("auth") && !matches!(word, "author" | "authors" | "authored" | "authoring")
}

/// A module that holds guards: what is called from it may be one.
fn is_guard_module(word: &str) -> bool {
    GUARD_LIBRARIES.contains(&word) || matches!(word, "auth" | "authentication" | "authorization" | "permissions" | "guards" | "acl")
}

const GUARD_LIBRARIES: &[&str] = &["passport", "keycloak", "casbin", "casl", "jwt", "oauth2", "clerk", "auth0", "okta", "saml"];

/// Whether calling something of this name checks a credential.
pub(super) fn checks(name: &str) -> bool {
    let all = words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    let starts = |prefix: &str| all.iter().any(|w| w.starts_with(prefix));
    let verb = has(&[
        "verify",
        "check",
        "validate",
        "require",
        "ensure",
        "assert",
        "has",
        "is",
        "get",
        "current",
        "decode",
        "load",
        "authorize",
        "authenticate",
        "can",
        "parse",
        "extract",
    ]);
    let noun = all.iter().any(|w| is_auth(w))
        || starts("permission")
        || has(&[
            "token",
            "jwt",
            "session",
            "apikey",
            "credentials",
            "role",
            "roles",
            "scope",
            "scopes",
            "admin",
            "logged",
            "login",
            "user",
            "principal",
            "claims",
            "identity",
        ]);
    (verb && noun) || has(&["authorize", "authenticate", "authorise", "isauthenticated", "authenticated", "authorized"])
}

/// Whether a function of this name is there to check who calls, and not to give them something.
pub(super) fn guards(name: &str) -> bool {
    let is_guard = |w: &String| {
        is_auth(w) && w != "authorize"
            || matches!(w.as_str(), "required" | "guard" | "protected" | "permission" | "permissions" | "logged" | "login" | "admin")
    };
    !gives_token(name) && (checks(name) || words(name).iter().any(is_guard))
}

/// Whether something of this name tells who calls: `CurrentUser`, `Claims`, `ApiKey`.
pub(super) fn is_identity(name: &str) -> bool {
    let all = words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    if has(&["agent", "ip", "query", "form", "input", "params", "settings", "config"]) {
        return false;
    }
    all.iter().any(|w| is_auth(w))
        || has(&["api"]) && has(&["key"])
        || has(&[
            "user",
            "account",
            "session",
            "claims",
            "token",
            "jwt",
            "identity",
            "principal",
            "admin",
            "login",
            "apikey",
            "credentials",
            "guard",
            "caller",
            "member",
            "actor",
            "moderator",
            "owner",
            "bearer",
            "permission",
            "permissions",
            "role",
            "viewer",
            "operator",
        ])
}

/// Whether a class of this name is who calls, as the request proved it.
pub(super) fn is_caller(name: &str) -> bool {
    words(name).iter().any(|w| matches!(w.as_str(), "principal" | "session" | "identity" | "claims" | "caller"))
}

/// Whether what goes by this name may be missing: `MaybeUser`, `OptionalAuth`.
pub(super) fn may_lack(name: &str) -> bool {
    words(name).iter().any(|w| matches!(w.as_str(), "maybe" | "optional" | "opt" | "option" | "try" | "possible" | "anonymous" | "guest"))
}

/// Whether a mark of this name declares what carries it open to callers that prove no identity.
pub(super) fn exempts(name: &str) -> bool {
    let all = words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    let is_about_auth = all.iter().any(|w| is_auth(w)) || has(&["login", "token", "jwt", "guard", "session"]);
    let lifts = has(&["skip", "no", "bypass", "disable", "disabled", "ignore", "without", "exempt", "exclude", "excluded", "public"]);
    has(&["allow", "allows", "permit"]) && has(&["anonymous", "unauthenticated", "public", "everyone"])
        || has(&["is"]) && has(&["anonymous", "public"])
        || lifts && is_about_auth
        || all.len() == 1 && has(&["public", "unauthenticated", "anonymous"])
}

/// Whether something of this name is about forged requests.
pub(super) fn is_about_forgery(name: &str) -> bool {
    let flat = name.to_ascii_lowercase();
    flat.contains("csrf") || flat.contains("xsrf")
}

/// Whether a handler of this name is where callers prove or get an identity.
pub(super) fn signs_in(name: &str) -> bool {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ["login", "logon", "signin", "signup"].iter().any(|w| flat == *w || flat.ends_with(w) || flat.starts_with(&format!("{w}user")))
}

/// Whether a class of handlers of this name is where callers prove or get an identity: `LoginFormHandler`, `SignupView`.
pub(super) fn is_of_sign_in(name: &str) -> bool {
    let mut all = words(name).to_vec();
    let is_kind = |w: &String| ["handler", "view", "resource", "controller", "api", "form", "endpoint", "page"].contains(&w.as_str());
    while all.last().is_some_and(is_kind) {
        all.pop();
    }
    signs_in(&all.concat())
}

/// Whether a handler of this name takes part in giving callers an identity: an OAuth endpoint, the way back from a provider.
pub(super) fn gives_token(name: &str) -> bool {
    let all = words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    let is_about_auth = all.iter().any(|w| is_auth(w)) || has(&["oauth", "oauth2", "sso", "oidc", "saml", "login", "signin"]);
    has(&["callback", "redirect", "acs"]) && is_about_auth
        || matches!(all.first().map(String::as_str), Some("authorize" | "token"))
        || has(&["revoke", "revocation", "introspect", "introspection"]) && has(&["endpoint"])
        || has(&["get", "obtain", "exchange", "issue"]) && has(&["token"])
}

/// Whether a name says that a caller is refused for want of an identity (401) or of a right (403).
pub(super) fn denial(name: &str) -> Option<u16> {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let has = |any: &[&str]| any.iter().any(|w| flat.contains(w));
    if exempts(name) {
        return None;
    }
    if has(&[
        "unauthorized",
        "unauthorised",
        "unauthenticated",
        "notauthenticated",
        "http401",
        "authenticationfailed",
        "authenticationerror",
        "loginrequired",
        "credentialsexception",
        "invalidcredential",
        "credentialexception",
        "notloggedin",
        "authenticationrequired",
        "invalidtoken",
    ]) {
        return Some(401);
    }
    has(&["forbidden", "permissiondenied", "accessdenied", "http403", "nopermission", "notauthorized", "permissionerror", "insufficient"])
        .then_some(403)
}

/// The kind of scheme that a word means (`local`, `jwt`, `bearer`, `saml`).
pub(super) fn scheme_of(word: &str) -> SmolStr {
    let flat = word.to_ascii_lowercase();
    let has = |any: &[&str]| any.iter().any(|w| flat.contains(w));
    SmolStr::new_static(if has(&["jwt"]) {
        "jwt"
    } else if has(&["bearer"]) {
        "bearer"
    } else if has(&["basic"]) {
        "basic"
    } else if has(&["api-key", "apikey", "api_key", "headerapikey", "x-api"]) {
        "apiKey"
    } else if has(&["oidc", "openid"]) {
        "openIdConnect"
    } else if has(&["oauth", "google", "github", "facebook", "azure", "saml"]) {
        "oauth2"
    } else if has(&["local", "session", "cookie", "user"]) {
        "session"
    } else if has(&["hmac", "signature"]) {
        "hmac"
    } else if has(&["mtls", "cert"]) {
        "mtls"
    } else {
        "custom"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for name in ["auth.requireUser", "isAuthenticated", "flask_x.login_required", "passport.session", "RolesGuard", "ensure_admin"] {
            assert!(may_guard(name), "{name}");
        }
        for name in ["cors", "express.json", "helmet", "morgan", "body_parser", "functools.lru_cache", "author.list_of"] {
            assert!(!may_guard(name), "{name}");
        }
        assert_eq!(denial("HTTP_401_UNAUTHORIZED"), Some(401));
        assert_eq!(denial("PermissionDenied"), Some(403));
        assert_eq!(denial("NotFound"), None);
        assert!(signs_in("user_login") && signs_in("handleSignup") && !signs_in("login_history") && !signs_in("design"));
        assert!(is_of_sign_in("LoginFormHandler") && is_of_sign_in("SignupView") && !is_of_sign_in("LoginHistoryView"));
        assert!(
            gives_token("auth_callback")
                && gives_token("token_endpoint")
                && gives_token("revoke_endpoint")
                && !gives_token("payment_callback")
        );
        for name in ["__allow_unauthenticated", "isPublic", "login_exempt", "skipAuth", "no_auth", "public"] {
            assert!(exempts(name), "{name}");
        }
        for name in ["login_required", "is_admin", "public_id", "allow_redirects", "authenticated"] {
            assert!(!exempts(name), "{name}");
        }
        assert!(guards("login_required") && guards("ensure_admin") && guards("get_claims_from_request"));
        assert!(!guards("revoke_refresh_token") && !guards("aggregate_token") && !guards("exchange_token"));
        assert!(checks("get_current_user") && checks("verifyToken") && !checks("render"));
    }
}
