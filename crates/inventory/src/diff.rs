//! What changed between two catalogs: endpoints that came, went, moved or changed, and what it means to clients and to safety.
//!
//! Endpoints of deployed code are compared by identity. One that went and one that came with the same handler are one that
//! moved. A change is *breaking* when a client that worked may fail, and *weaker* when less is asked of a caller or more is given away.

use crate::join::keys;
use apicensus_catalog::{Audience, AuthState, Body, Catalog, Endpoint, Location, Parameter, ParameterIn};
use serde::Serialize;
use serde_json::Value;
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

/// One endpoint that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The `id` of the endpoint; of one that went, the one it had.
    pub endpoint: String,
    /// Its service.
    pub service: String,
    /// Its method.
    pub method: String,
    /// Its path, the new one where it moved.
    pub path: String,
    /// Where it stands; of one that went, where it stood.
    pub at: Location,
    /// A client that worked may fail.
    pub breaking: bool,
    /// Less is asked of a caller, or more is given away.
    pub weaker: bool,
    /// What differs.
    pub details: Vec<Detail>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What differs: `auth`, `parameter`, `body`, `deprecation`, `handler`, `path`, `sensitive`.
    pub what: &'static str,
    /// How.
    pub text: String,
    /// A client that worked may fail.
    pub breaking: bool,
    /// Less is asked of a caller, or more is given away.
    pub weaker: bool,
}

impl Detail {
    fn new(what: &'static str, text: impl Into<String>) -> Self {
        Detail { what, text: text.into(), breaking: false, weaker: false }
    }

    fn breaking(mut self, is: bool) -> Self {
        self.breaking = is;
        self
    }

    fn weaker(mut self, is: bool) -> Self {
        self.weaker = is;
        self
    }
}

/// Compares two catalogs, the earlier one first.
pub fn diff(before: &Catalog, after: &Catalog) -> Diff {
    let (old, new) = (deployed(before), deployed(after));
    let mut gone: Vec<&Endpoint> = old.values().filter(|e| !new.contains_key(e.id.as_str())).copied().collect();
    let came: Vec<&Endpoint> = new.values().filter(|e| !old.contains_key(e.id.as_str())).copied().collect();
    let mut changes = Vec::new();
    for endpoint in came {
        match moved_from(endpoint, &gone) {
            Some(at) => {
                let earlier = gone.remove(at);
                let mut details = vec![Detail::new("path", format!("was {}", earlier.path)).breaking(true)];
                details.extend(details_of(earlier, endpoint, before, after));
                changes.push(change(Kind::Moved, endpoint, details));
            }
            None => changes.push(change(Kind::Added, endpoint, added(endpoint))),
        }
    }
    changes.extend(gone.into_iter().map(|e| change(Kind::Removed, e, vec![Detail::new("path", "it is gone").breaking(true)])));
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

fn deployed(catalog: &Catalog) -> BTreeMap<&str, &Endpoint> {
    let is_deployed = |e: &&Endpoint| e.audience == Audience::Production && !e.implicit;
    catalog.endpoints.iter().filter(is_deployed).map(|e| (e.id.as_str(), e)).collect()
}

fn change(kind: Kind, endpoint: &Endpoint, details: Vec<Detail>) -> Change {
    let at = endpoint.handler.as_ref().map(|h| Location { file: h.file.clone(), line: h.line });
    Change {
        kind,
        endpoint: endpoint.id.clone(),
        service: endpoint.service.clone(),
        method: endpoint.method.clone(),
        path: endpoint.path.clone(),
        at: at.unwrap_or_else(|| endpoint.registered_at.clone()),
        breaking: details.iter().any(|d| d.breaking),
        weaker: details.iter().any(|d| d.weaker),
        details,
    }
}

/// The endpoint that went whose handler, by name, this one has.
fn moved_from(endpoint: &Endpoint, gone: &[&Endpoint]) -> Option<usize> {
    let symbol = |e: &Endpoint| e.handler.as_ref().map(|h| h.symbol.clone()).filter(|s| !s.is_empty());
    let own = symbol(endpoint)?;
    let file = |e: &Endpoint| e.handler.as_ref().map(|h| h.file.clone());
    let fits = |e: &&Endpoint| e.service == endpoint.service && e.method == endpoint.method && symbol(e).as_ref() == Some(&own);
    let all: Vec<usize> = gone.iter().enumerate().filter(|(_, e)| fits(e)).map(|(at, _)| at).collect();
    let same_file = all.iter().copied().find(|at| file(gone[*at]) == file(endpoint));
    same_file.or(if all.len() == 1 { all.first().copied() } else { None })
}

fn added(endpoint: &Endpoint) -> Vec<Detail> {
    let is_open = endpoint.auth.state == AuthState::None && endpoint.auth.by_design.is_none();
    let mut details = vec![Detail::new("auth", format!("auth {}", endpoint.auth.state)).weaker(is_open)];
    let classes = sensitive(endpoint);
    if !classes.is_empty() {
        let fields: Vec<&str> = classes.iter().map(String::as_str).collect();
        details.push(Detail::new("sensitive", format!("sensitive: {}", fields.join(", "))));
    }
    details
}

fn details_of(old: &Endpoint, new: &Endpoint, before: &Catalog, after: &Catalog) -> Vec<Detail> {
    let mut details = auth(old, new);
    details.extend(parameters(old, new));
    details.extend(bodies(old, new, before, after));
    if old.lifecycle.deprecated != new.lifecycle.deprecated {
        let text = if new.lifecycle.deprecated { "is deprecated now" } else { "is no longer deprecated" };
        details.push(Detail::new("deprecation", text));
    }
    for field in sensitive(new).difference(&sensitive(old)) {
        details.push(Detail::new("sensitive", format!("new sensitive field {field}")).weaker(true));
    }
    let name = |e: &Endpoint| e.handler.as_ref().map(|h| (h.file.clone(), h.symbol.clone()));
    if name(old) != name(new) {
        let show = |e: &Endpoint| name(e).map_or_else(|| "outside of the tree".to_owned(), |(file, symbol)| format!("{symbol} in {file}"));
        details.push(Detail::new("handler", format!("handler {} is now {}", show(old), show(new))));
    }
    if old.path != new.path && keys::key(&old.path) == keys::key(&new.path) {
        details.push(Detail::new("path", format!("written {} now", new.path)));
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
        let (before, after) = (strength(was.state), strength(is.state));
        let weaker = before.zip(after).is_some_and(|(b, a)| a < b);
        let stronger = before.zip(after).is_some_and(|(b, a)| a > b && a == 2);
        details.push(Detail::new("auth", format!("auth {} is now {}", was.state, is.state)).weaker(weaker).breaking(stronger));
    }
    if was.state == AuthState::Required && is.state == AuthState::Required {
        for (what, was, is) in [("scope", &was.scopes, &is.scopes), ("role", &was.roles, &is.roles)] {
            let missing = was.iter().filter(|w| !is.contains(w));
            details.extend(missing.map(|w| Detail::new("auth", format!("no longer asks for the {what} {w}")).weaker(true)));
            let further = is.iter().filter(|w| !was.contains(w));
            details.extend(further.map(|w| Detail::new("auth", format!("asks for the {what} {w} now")).breaking(true)));
        }
    }
    details
}

fn parameters(old: &Endpoint, new: &Endpoint) -> Vec<Detail> {
    let of = |e: &Endpoint| -> BTreeMap<(ParameterIn, String), Parameter> {
        let named = e.parameters.iter().filter(|p| p.location != ParameterIn::Path && !p.name.is_empty());
        named.map(|p| ((p.location, p.name.clone()), p.clone())).collect()
    };
    let (was, is) = (of(old), of(new));
    let mut details = Vec::new();
    for ((location, name), parameter) in &is {
        match was.get(&(*location, name.clone())) {
            None if parameter.required => {
                details.push(Detail::new("parameter", format!("new required {location} parameter {name}")).breaking(true));
            }
            None => details.push(Detail::new("parameter", format!("new {location} parameter {name}"))),
            Some(earlier) => {
                if parameter.required && !earlier.required {
                    details.push(Detail::new("parameter", format!("{location} parameter {name} is required now")).breaking(true));
                }
                if parameter.type_name != earlier.type_name && earlier.type_name.is_some() {
                    let show = |p: &Parameter| p.type_name.clone().unwrap_or_else(|| "untyped".to_owned());
                    let text = format!("{location} parameter {name}: {} is now {}", show(earlier), show(parameter));
                    details.push(Detail::new("parameter", text).breaking(true));
                }
            }
        }
    }
    let missing = was.keys().filter(|key| !is.contains_key(*key));
    details.extend(
        missing.map(|(location, name)| Detail::new("parameter", format!("{location} parameter {name} is no longer read")).breaking(true)),
    );
    details
}

fn bodies(old: &Endpoint, new: &Endpoint, before: &Catalog, after: &Catalog) -> Vec<Detail> {
    let mut details = Vec::new();
    for body in &new.bodies {
        let Some(earlier) = old.bodies.iter().find(|b| b.content_type == body.content_type) else {
            let is_first = old.bodies.is_empty();
            let text = format!("takes a body of {} now", body.content_type);
            details.push(Detail::new("body", text).breaking(is_first && body.required));
            continue;
        };
        details.extend(fields(earlier, body, before, after));
    }
    let missing = old.bodies.iter().filter(|b| new.bodies.iter().all(|n| n.content_type != b.content_type));
    details.extend(missing.map(|b| Detail::new("body", format!("takes no body of {} any more", b.content_type)).breaking(true)));
    details
}

/// The schema that a reference `#/schemas/Name` stands for, else the schema itself.
fn resolved<'c>(schema: &'c Value, catalog: &'c Catalog) -> &'c Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/"));
    name.and_then(|name| catalog.schemas.get(name)).unwrap_or(schema)
}

fn fields(old: &Body, new: &Body, before: &Catalog, after: &Catalog) -> Vec<Detail> {
    let (was, is) = (resolved(&old.schema, before), resolved(&new.schema, after));
    let names = |schema: &Value| -> BTreeSet<String> {
        schema.get("properties").and_then(Value::as_object).map(|p| p.keys().cloned().collect()).unwrap_or_default()
    };
    let required = |schema: &Value| -> BTreeSet<String> {
        let all = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut details = Vec::new();
    let (had, has) = (names(was), names(is));
    details.extend(has.difference(&had).map(|name| {
        let is_required = required(is).contains(name);
        let word = if is_required { "required " } else { "" };
        Detail::new("body", format!("new {word}field {name} in the body")).breaking(is_required)
    }));
    details.extend(had.difference(&has).map(|name| Detail::new("body", format!("field {name} of the body is gone")).breaking(true)));
    let common: BTreeSet<String> = had.intersection(&has).cloned().collect();
    let further: BTreeSet<String> = required(is).difference(&required(was)).cloned().collect();
    details.extend(
        common.intersection(&further).map(|name| Detail::new("body", format!("field {name} of the body is required now")).breaking(true)),
    );
    for name in &common {
        let kind = |schema: &Value| schema.get("properties").and_then(|p| p.get(name)).and_then(|p| p.get("type")).cloned();
        if let (Some(earlier), Some(now)) = (kind(was), kind(is))
            && earlier != now
        {
            details.push(Detail::new("body", format!("field {name} of the body: {earlier} is now {now}")).breaking(true));
        }
    }
    details
}

/// The sensitive fields of an endpoint, with their classes.
fn sensitive(endpoint: &Endpoint) -> BTreeSet<String> {
    let tagged = endpoint.parameters.iter().filter_map(|p| Some(format!("{}.{} ({})", p.location, p.name, p.sensitive.as_ref()?.class)));
    endpoint.sensitive.iter().map(|s| format!("{} ({})", s.place, s.class)).chain(tagged).collect()
}
