//! What changed between two catalogs: endpoints that came, went, moved or changed, and what it means to clients and to safety.
//!
//! Endpoints of deployed code are compared by identity; one that went and one that came may be one that moved. A change has an
//! [`Impact`] on clients, and a [`Security`] meaning of its own where less is asked of a caller or more is given away.

mod bodies;

pub use crate::moves::moves;

use crate::join::keys;
use apicensus_catalog::{Audience, AuthState, Catalog, ControlState, Endpoint, Location, Parameter, ParameterIn};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The differences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// By service, path and method.
    pub changes: Vec<Change>,
}

/// What happened to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// Its handler is served at another path.
    Moved,
    /// Something of it is different.
    Changed,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Moved => "moved",
            Kind::Changed => "changed",
        }
    }
}

/// What a change means to clients that worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Nothing: it is inside.
    #[default]
    None,
    /// They go on working, and may do more.
    Compatible,
    /// They go on working, but something that they sent or were told has no effect any more.
    Risky,
    /// They may fail.
    Breaking,
}

impl Impact {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Impact::None => "none",
            Impact::Compatible => "compatible",
            Impact::Risky => "risky",
            Impact::Breaking => "breaking",
        }
    }
}

/// What a change means to safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// What is asked of a caller can't be read any more.
    AuthUnclear,
    /// A control in front of it is gone.
    ControlRemoved,
    /// It takes or gives a sensitive field that it did not.
    NewSensitive,
    /// Less is asked of a caller than before.
    AuthWeakened,
    /// A new endpoint asks nothing of a caller.
    NewUnauthenticated,
    /// Nothing is asked of a caller any more.
    AuthRemoved,
}

impl Security {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Security::AuthUnclear => "auth-unclear",
            Security::ControlRemoved => "control-removed",
            Security::NewSensitive => "new-sensitive",
            Security::AuthWeakened => "auth-weakened",
            Security::NewUnauthenticated => "new-unauthenticated",
            Security::AuthRemoved => "auth-removed",
        }
    }

    /// Whether less is asked of a caller or more is given away, and not only that it can't be told.
    pub fn is_weaker(self) -> bool {
        self != Security::AuthUnclear
    }
}

/// One endpoint that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The `id` of the endpoint, the new one where it moved.
    pub endpoint: String,
    /// The `id` that it had before it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former: Option<String>,
    /// Its service.
    pub service: String,
    /// Its method.
    pub method: String,
    /// Its path, the new one where it moved.
    pub path: String,
    /// Where it stands; of one that went, where it stood.
    pub at: Location,
    /// The gravest impact of its details.
    pub impact: Impact,
    /// A client that worked may fail.
    pub breaking: bool,
    /// What it means to safety, the gravest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<Security>,
    /// Less is asked of a caller, or more is given away.
    pub weaker: bool,
    /// What differs.
    pub details: Vec<Detail>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What differs: `auth`, `parameter`, `body`, `response`, `control`, `deprecation`, `handler`, `path`, `sensitive`.
    pub what: &'static str,
    /// How.
    pub text: String,
    /// What it means to clients.
    pub impact: Impact,
    /// A client that worked may fail.
    pub breaking: bool,
    /// What it means to safety.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// Less is asked of a caller, or more is given away.
    pub weaker: bool,
}

impl Detail {
    pub(crate) fn new(what: &'static str, impact: Impact, text: impl Into<String>) -> Self {
        Detail { what, text: text.into(), impact, breaking: impact == Impact::Breaking, security: None, weaker: false }
    }

    fn security(mut self, security: Option<Security>) -> Self {
        self.security = security;
        self.weaker = security.is_some_and(Security::is_weaker);
        self
    }
}

/// Compares two catalogs, the earlier one first.
pub fn diff(before: &Catalog, after: &Catalog) -> Diff {
    let (old, new) = (deployed(before), deployed(after));
    let gone: Vec<&Endpoint> = old.values().filter(|e| !new.contains_key(e.id.as_str())).copied().collect();
    let came: Vec<&Endpoint> = new.values().filter(|e| !old.contains_key(e.id.as_str())).copied().collect();
    let links = moves(&gone, &came);
    let mut changes = Vec::new();
    for (to, from) in &links {
        let (earlier, endpoint) = (gone[*from], came[*to]);
        let is_elsewhere = keys::key(&earlier.path) != keys::key(&endpoint.path);
        let mut details = vec![match is_elsewhere {
            true => Detail::new("path", Impact::Breaking, format!("was {}", earlier.path)),
            false => Detail::new("path", Impact::None, format!("was of the service {}", earlier.service)),
        }];
        details.extend(details_of(earlier, endpoint, before, after));
        changes.push(Change { former: Some(earlier.id.clone()), ..change(Kind::Moved, endpoint, details) });
    }
    let (to, from): (BTreeSet<usize>, BTreeSet<usize>) = links.into_iter().unzip();
    let fresh = came.iter().enumerate().filter(|(at, _)| !to.contains(at));
    changes.extend(fresh.map(|(_, e)| change(Kind::Added, e, added(e))));
    let lost = gone.iter().enumerate().filter(|(at, _)| !from.contains(at));
    changes.extend(lost.map(|(_, e)| change(Kind::Removed, e, vec![Detail::new("path", Impact::Breaking, "it is gone")])));
    for (id, endpoint) in &new {
        if let Some(earlier) = old.get(id) {
            let details = details_of(earlier, endpoint, before, after);
            if !details.is_empty() {
                changes.push(change(Kind::Changed, endpoint, details));
            }
        }
    }
    changes.sort_by(|a, b| (&a.service, &a.path, &a.method, a.kind).cmp(&(&b.service, &b.path, &b.method, b.kind)));
    Diff { changes }
}

/// The endpoints that are compared: those of deployed code that a framework did not add by itself.
fn deployed(catalog: &Catalog) -> BTreeMap<&str, &Endpoint> {
    let is_deployed = |e: &&Endpoint| e.audience == Audience::Production && !e.implicit;
    catalog.endpoints.iter().filter(is_deployed).map(|e| (e.id.as_str(), e)).collect()
}

fn change(kind: Kind, endpoint: &Endpoint, details: Vec<Detail>) -> Change {
    let at = endpoint.handler.as_ref().map(|h| Location { file: h.file.clone(), line: h.line });
    let security: BTreeSet<Security> = details.iter().filter_map(|d| d.security).collect();
    Change {
        kind,
        endpoint: endpoint.id.clone(),
        former: None,
        service: endpoint.service.clone(),
        method: endpoint.method.clone(),
        path: endpoint.path.clone(),
        at: at.unwrap_or_else(|| endpoint.registered_at.clone()),
        impact: details.iter().map(|d| d.impact).max().unwrap_or_default(),
        breaking: details.iter().any(|d| d.breaking),
        security: security.into_iter().rev().collect(),
        weaker: details.iter().any(|d| d.weaker),
        details,
    }
}

fn added(endpoint: &Endpoint) -> Vec<Detail> {
    let is_open = endpoint.auth.state == AuthState::None && endpoint.auth.by_design.is_none();
    let auth = Detail::new("auth", Impact::Compatible, format!("auth {}", endpoint.auth.state));
    let mut details = vec![auth.security(is_open.then_some(Security::NewUnauthenticated))];
    let classes = sensitive(endpoint);
    if !classes.is_empty() {
        let fields: Vec<&str> = classes.iter().map(String::as_str).collect();
        details.push(Detail::new("sensitive", Impact::Compatible, format!("sensitive: {}", fields.join(", "))));
    }
    details
}

fn details_of(old: &Endpoint, new: &Endpoint, before: &Catalog, after: &Catalog) -> Vec<Detail> {
    let mut details = auth(old, new);
    details.extend(parameters(old, new));
    details.extend(bodies::requests(old, new, &before.schemas, &after.schemas));
    details.extend(bodies::responses(old, new, &before.schemas, &after.schemas));
    details.extend(controls(old, new));
    if old.lifecycle.deprecated != new.lifecycle.deprecated {
        let text = if new.lifecycle.deprecated { "is deprecated now" } else { "is no longer deprecated" };
        details.push(Detail::new("deprecation", Impact::Compatible, text));
    }
    for field in sensitive(new).difference(&sensitive(old)) {
        let detail = Detail::new("sensitive", Impact::None, format!("new sensitive field {field}"));
        details.push(detail.security(Some(Security::NewSensitive)));
    }
    let name = |e: &Endpoint| e.handler.as_ref().map(|h| (h.file.clone(), h.symbol.clone()));
    if name(old) != name(new) {
        let show = |e: &Endpoint| match name(e) {
            None => "outside of the tree".to_owned(),
            Some((file, symbol)) if symbol.is_empty() => file,
            Some((file, symbol)) => format!("{symbol} in {file}"),
        };
        details.push(Detail::new("handler", Impact::None, format!("handler {} is now {}", show(old), show(new))));
    }
    if old.path != new.path && keys::key(&old.path) == keys::key(&new.path) {
        details.push(Detail::new("path", Impact::None, format!("written {} now", new.path)));
    }
    details
}

/// How much a verdict asks of a caller; none where it is not known.
fn strength(state: AuthState) -> Option<u8> {
    match state {
        AuthState::Required => Some(2),
        AuthState::Optional => Some(1),
        AuthState::Public | AuthState::None => Some(0),
        AuthState::Unknown => None,
    }
}

fn auth(old: &Endpoint, new: &Endpoint) -> Vec<Detail> {
    let mut details = Vec::new();
    let (was, is) = (&old.auth, &new.auth);
    if was.state != is.state {
        let (impact, security) = match (strength(was.state), strength(is.state)) {
            (Some(2), None) => (Impact::Risky, Some(Security::AuthUnclear)),
            (Some(before), Some(0)) if before > 0 => (Impact::Compatible, Some(Security::AuthRemoved)),
            (Some(before), Some(after)) if before > after => (Impact::Compatible, Some(Security::AuthWeakened)),
            (Some(before), Some(2)) if before < 2 => (Impact::Breaking, None),
            _ => (Impact::None, None),
        };
        details.push(Detail::new("auth", impact, format!("auth {} is now {}", was.state, is.state)).security(security));
    }
    if was.state == AuthState::Required && is.state == AuthState::Required {
        for (what, was, is) in [("scope", &was.scopes, &is.scopes), ("role", &was.roles, &is.roles)] {
            for word in was.iter().filter(|w| !is.contains(w)) {
                let detail = Detail::new("auth", Impact::Compatible, format!("no longer asks for the {what} {word}"));
                details.push(detail.security(Some(Security::AuthWeakened)));
            }
            let further = is.iter().filter(|w| !was.contains(w));
            details.extend(further.map(|w| Detail::new("auth", Impact::Breaking, format!("asks for the {what} {w} now"))));
        }
        for scheme in was.schemes.iter().filter(|s| is.schemes.iter().all(|i| i.kind != s.kind)) {
            details.push(Detail::new("auth", Impact::Breaking, format!("no longer takes {}", scheme.kind)));
        }
        for scheme in is.schemes.iter().filter(|s| was.schemes.iter().all(|w| w.kind != s.kind)) {
            details.push(Detail::new("auth", Impact::Compatible, format!("takes {} now", scheme.kind)));
        }
    }
    details
}

/// Controls that stood in front of it and are lifted now.
fn controls(old: &Endpoint, new: &Endpoint) -> Vec<Detail> {
    let is = |e: &Endpoint, kind, state| e.controls.get(kind).is_some_and(|c| c.state == state);
    let gone = old.controls.keys().filter(|kind| is(old, kind, ControlState::Yes) && is(new, kind, ControlState::No));
    let detail = |kind: &apicensus_catalog::ControlKind| {
        Detail::new("control", Impact::None, format!("{kind} is gone")).security(Some(Security::ControlRemoved))
    };
    gone.map(detail).collect()
}

fn parameters(old: &Endpoint, new: &Endpoint) -> Vec<Detail> {
    let of = |e: &Endpoint| -> BTreeMap<(ParameterIn, String), Parameter> {
        let named = e.parameters.iter().filter(|p| p.location != ParameterIn::Path && !p.name.is_empty());
        named.map(|p| ((p.location, p.name.clone()), p.clone())).collect()
    };
    let (was, is) = (of(old), of(new));
    let mut details = Vec::new();
    let mut say = |impact, text: String| details.push(Detail::new("parameter", impact, text));
    for ((location, name), parameter) in &is {
        match was.get(&(*location, name.clone())) {
            None if parameter.required => say(Impact::Breaking, format!("new required {location} parameter {name}")),
            None => say(Impact::Compatible, format!("new {location} parameter {name}")),
            Some(earlier) => {
                match (earlier.required, parameter.required) {
                    (false, true) => say(Impact::Breaking, format!("{location} parameter {name} is required now")),
                    (true, false) => say(Impact::Compatible, format!("{location} parameter {name} is optional now")),
                    _ => {}
                }
                if parameter.type_name != earlier.type_name && earlier.type_name.is_some() {
                    let show = |p: &Parameter| p.type_name.clone().unwrap_or_else(|| "untyped".to_owned());
                    let impact = if bodies::is_wider(&show(earlier), &show(parameter)) { Impact::Compatible } else { Impact::Breaking };
                    say(impact, format!("{location} parameter {name}: {} is now {}", show(earlier), show(parameter)));
                }
            }
        }
    }
    for (location, name) in was.keys().filter(|key| !is.contains_key(*key)) {
        say(Impact::Risky, format!("{location} parameter {name} is no longer read"));
    }
    details
}

/// The sensitive fields of an endpoint, with their classes.
fn sensitive(endpoint: &Endpoint) -> BTreeSet<String> {
    let tagged = endpoint.parameters.iter().filter_map(|p| Some(format!("{}.{} ({})", p.location, p.name, p.sensitive.as_ref()?.class)));
    endpoint.sensitive.iter().map(|s| format!("{} ({})", s.place, s.class)).chain(tagged).collect()
}
