//! What models say of controls other than authentication: rate limits, CORS, CSRF protection, size limits, validation,
//! logging and TLS; and of the clients by which code calls other services.

use super::Place;
use serde::Deserialize;

/// The kinds of controls, as in the catalog, and `nothing` for what is known to bring none.
pub(crate) const CONTROLS: &[&str] = &["rate_limit", "cors", "csrf", "body_limit", "validation", "logging", "tls", "nothing"];

/// A file of `grammars/<language>/controls/*.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlLibrary {
    /// Its short name, the file's stem.
    pub controls: String,
    /// What it is about.
    pub title: String,
    /// python, javascript (TypeScript too) or rust.
    pub language: String,
    /// Documentation.
    #[serde(default)]
    pub docs: String,
    /// What brings or lifts a control.
    #[serde(default)]
    pub facts: Vec<ControlModel>,
    /// HTTP clients.
    #[serde(default)]
    pub clients: Vec<ClientModel>,
}

/// What brings or lifts a control: something applied (`symbol`), an attribute of handler classes (`attribute`), a setting
/// (`setting`, of the frameworks listed) or a framework by itself (`framework` alone).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlModel {
    /// Outside names, as for guards; `a.b.*` is everything inside of `a.b`.
    #[serde(default)]
    pub symbol: Vec<String>,
    /// The attribute of handler classes.
    #[serde(default)]
    pub attribute: Option<String>,
    /// The setting: an outside name (`django.conf.settings.X`), or `config.X` for a key set on the application's `config`.
    #[serde(default)]
    pub setting: Option<String>,
    /// A key of the setting's dictionary.
    #[serde(default)]
    pub key: Option<String>,
    /// The setting is a list of things that are applied to every request.
    #[serde(default)]
    pub applied: bool,
    /// The frameworks that it counts for.
    #[serde(default)]
    pub framework: Vec<String>,
    /// The kind of control.
    pub control: String,
    /// Whether it brings it.
    #[serde(default)]
    pub says: ControlSays,
    /// Why it is not known, for `says: maybe`.
    #[serde(default)]
    pub because: Option<String>,
    /// How much it lets through.
    #[serde(default)]
    pub limits: Option<Place>,
    /// In what time.
    #[serde(default)]
    pub window: Option<Place>,
    /// The unit of the window.
    #[serde(default)]
    pub unit: Option<String>,
    /// How much it lets through without an argument.
    #[serde(default)]
    pub default_limits: Option<String>,
    /// The origins it lets in.
    #[serde(default)]
    pub origins: Option<Place>,
    /// Those it lets in without an argument.
    #[serde(default)]
    pub default_origins: Option<String>,
    /// Whether they may send credentials.
    #[serde(default)]
    pub credentials: Option<Place>,
    /// Whether they may without an argument.
    #[serde(default)]
    pub default_credentials: bool,
    /// Where credentials may be sent, any origin is answered with the one that asks instead of `*`.
    #[serde(default)]
    pub credentials_reflect: bool,
    /// The methods of a builder whose arguments say the limit, the origins and whether credentials may be sent; one without
    /// arguments says yes, which is any origin.
    #[serde(default)]
    pub builder_limits: Vec<String>,
    /// See `builder_limits`.
    #[serde(default)]
    pub builder_origins: Vec<String>,
    /// See `builder_limits`.
    #[serde(default)]
    pub builder_credentials: Vec<String>,
    /// For a framework by itself: it overrules what is applied, instead of the other way round.
    #[serde(default)]
    pub last: bool,
    /// It counts only when this place is given something that is not false.
    #[serde(default)]
    pub when: Option<Place>,
    /// It counts unless this place is false.
    #[serde(default)]
    pub unless_false: Option<Place>,
    /// It counts only when this place is false.
    #[serde(default)]
    pub when_false: Option<Place>,
    /// The call applies it to the applications and routers at this place.
    #[serde(default)]
    pub on: Option<Place>,
}

/// Whether something brings a control.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ControlSays {
    /// It does.
    #[default]
    On,
    /// It lifts it.
    Off,
    /// It can't be told.
    Maybe,
}

/// Calls of an HTTP client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientModel {
    /// Its name.
    pub client: String,
    /// Where its functions hang: modules, and classes whose instances have them. Also on anything that calls on these make.
    #[serde(rename = "of")]
    pub holders: Vec<String>,
    /// The functions; `()` for the object itself.
    #[serde(rename = "name")]
    pub names: Vec<String>,
    /// The HTTP method: a word, `@name` for the function's own name, or an argument place.
    pub method: String,
    /// The method when the place gives none.
    #[serde(default)]
    pub default_method: Option<String>,
    /// Where the URL is.
    pub url: Place,
    /// Where the call that made the client takes the start of all its URLs.
    #[serde(default)]
    pub base: Option<Place>,
}
