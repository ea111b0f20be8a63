//! What models say of guards: decorators, middleware, dependencies, mixins and extractors that decide who may call.

use super::Place;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An authentication or authorisation library as written in `grammars/<language>/auth/*.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its short name, the file's stem.
    pub library: String,
    /// Its name as its makers write it.
    pub title: String,
    /// python, javascript (TypeScript too) or rust.
    pub language: String,
    /// Documentation.
    #[serde(default)]
    pub docs: String,
    /// What it guards with.
    pub guards: Vec<GuardModel>,
}

/// A thing that guards, by the outside names of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardModel {
    /// Dotted names. `*.x.y` is any name that ends in `.x.y`; `()` stands for a call on the way (`HTTPBasicAuth().login_required`).
    pub symbol: Vec<String>,
    /// What it says when none of the conditions below decides.
    #[serde(default)]
    pub says: GuardSays,
    /// How a caller proves an identity: oauth2, openIdConnect, jwt, bearer, apiKey, basic, session, mtls, hmac or custom.
    #[serde(default)]
    pub scheme: Option<String>,
    /// The argument that names the scheme of `scheme: argument` (`passport.authenticate('jwt')`): its text contains one of
    /// the kinds or of their usual names.
    #[serde(default)]
    pub scheme_at: Option<Place>,
    /// The guard is this argument: its ruling counts, with the scopes and roles given here.
    #[serde(default)]
    pub through: Option<Place>,
    /// All of these must hold (`any: false`, the default) or one of them.
    #[serde(default)]
    pub any: bool,
    /// What it holds is asked of nobody: at most optional.
    #[serde(default)]
    pub softens: bool,
    /// All must hold after all when a named argument (or a key of the last one) has this value.
    #[serde(default)]
    pub all_when: BTreeMap<String, serde_yaml::Value>,
    /// OAuth scopes.
    #[serde(default)]
    pub scopes: Option<Place>,
    /// Roles and permissions.
    #[serde(default)]
    pub roles: Option<Place>,
    /// Roles that it means without an argument.
    #[serde(default)]
    pub role: Option<String>,
    /// Roles that stand for everybody: it declares open what names one.
    #[serde(default)]
    pub open_roles: Vec<String>,
    /// It only offers to identify the caller when a named argument (or a key of the last one) has this value.
    #[serde(default)]
    pub optional_when: BTreeMap<String, serde_yaml::Value>,
    /// The paths that it lets pass.
    #[serde(default)]
    pub except: Option<Place>,
    /// It declares open when this place is `false`.
    #[serde(default)]
    pub public_unless: Option<Place>,
    /// It stands in for what guards further out.
    #[serde(default)]
    pub overrides: bool,
    /// It guards only when this place is given something.
    #[serde(default)]
    pub when: Option<Place>,
    /// The method by which a subclass says what comes of a check: one that refuses nobody makes it optional.
    #[serde(default)]
    pub answers: Option<String>,
    /// Public for its own framework's guards: those further out still count.
    #[serde(default)]
    pub keeps_outer: bool,
    /// What is changing state only: GET, HEAD and OPTIONS stay open.
    #[serde(default)]
    pub unsafe_only: bool,
}

impl GuardModel {
    /// It says nothing of its own beside what it is given.
    pub fn is_plain(&self) -> bool {
        !self.any && self.scheme.is_none() && self.scheme_at.is_none() && self.scopes.is_none() && self.roles.is_none()
    }
}

/// Metadata that decorators leave on a handler or its class, for guards to read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Decorators that set it: their arguments are key and value.
    #[serde(default)]
    pub sets: Vec<String>,
    /// Functions that make a decorator which is its own key; its argument is the value.
    #[serde(default)]
    pub makes: Vec<String>,
    /// Methods that read it: their arguments are the key and where to look.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Parts of names of what has these methods, in lower case.
    #[serde(default)]
    pub readers: Vec<String>,
}

/// What a modelled guard says.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum GuardSays {
    /// Only who proves an identity passes.
    #[default]
    Required,
    /// It identifies who offers proof, and lets all pass.
    Optional,
    /// Declared open: overrules guards further out.
    Public,
    /// It does not decide who may call.
    Nothing,
}
