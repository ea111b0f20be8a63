//! What differs between the bodies of two states of an endpoint, field by field and level by level.

use super::{Detail, Impact};
use apicensus_catalog::Endpoint;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Levels of fields that are compared.
const DEEPEST: usize = 6;

type Schemas = BTreeMap<String, Value>;

/// Whose fields are compared: what is sent, or what is given back. The same change means different things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

impl Side {
    fn what(self) -> &'static str {
        if self == Side::Request { "body" } else { "response" }
    }
}

/// Differences of the bodies that it takes.
pub(super) fn requests(old: &Endpoint, new: &Endpoint, before: &Schemas, after: &Schemas) -> Vec<Detail> {
    let mut details = Vec::new();
    for body in &new.bodies {
        let Some(earlier) = old.bodies.iter().find(|b| b.content_type == body.content_type) else {
            let impact = if old.bodies.is_empty() && body.required { Impact::Breaking } else { Impact::Compatible };
            details.push(Detail::new("body", impact, format!("takes a body of {} now", body.content_type)));
            continue;
        };
        let pair = Pair { before, after, side: Side::Request };
        pair.fields(&earlier.schema, &body.schema, "", 0, &mut details);
        if body.required && !earlier.required {
            details.push(Detail::new("body", Impact::Breaking, format!("the body of {} is required now", body.content_type)));
        }
    }
    let missing = old.bodies.iter().filter(|b| new.bodies.iter().all(|n| n.content_type != b.content_type));
    details.extend(missing.map(|b| Detail::new("body", Impact::Breaking, format!("takes no body of {} any more", b.content_type))));
    details
}

/// Differences of the bodies that it gives.
pub(super) fn responses(old: &Endpoint, new: &Endpoint, before: &Schemas, after: &Schemas) -> Vec<Detail> {
    let mut details = Vec::new();
    for response in &new.responses {
        let earlier = old.responses.iter().find(|r| r.status == response.status && r.content_type == response.content_type);
        if let Some((was, is)) = earlier.and_then(|r| r.schema.as_ref()).zip(response.schema.as_ref()) {
            Pair { before, after, side: Side::Response }.fields(was, is, "", 0, &mut details);
        }
    }
    let statuses = |e: &Endpoint| -> BTreeSet<u16> { e.responses.iter().map(|r| r.status).collect() };
    let (was, is) = (statuses(old), statuses(new));
    details.extend(is.difference(&was).map(|s| Detail::new("response", Impact::Compatible, format!("may answer {s} now"))));
    details.extend(was.difference(&is).map(|s| Detail::new("response", Impact::Risky, format!("no longer answers {s}"))));
    details
}

/// Whether everything of one type is of another one too.
pub(super) fn is_wider(from: &str, to: &str) -> bool {
    matches!((from, to), ("int" | "integer", "number" | "float") | ("uuid" | "int" | "integer", "str" | "string") | (_, "any" | "untyped"))
}

struct Pair<'s> {
    before: &'s Schemas,
    after: &'s Schemas,
    side: Side,
}

impl Pair<'_> {
    /// Compares the properties of two schemas; `above` is the path of fields that leads to them, with a dot at its end.
    fn fields(&self, old: &Value, new: &Value, above: &str, depth: usize, details: &mut Vec<Detail>) {
        let (was, is) = (items(resolved(old, self.before), self.before), items(resolved(new, self.after), self.after));
        if depth >= DEEPEST || std::ptr::eq(was, is) {
            return;
        }
        let (had, has) = (names(was), names(is));
        let (needed, needs) = (required(was), required(is));
        let mut say = |impact, text: String| details.push(Detail::new(self.side.what(), impact, text));
        let side = self.side.what();
        for name in has.difference(&had) {
            match self.side {
                Side::Request if needs.contains(name) => say(Impact::Breaking, format!("new required field {above}{name} in the body")),
                _ => say(Impact::Compatible, format!("new field {above}{name} in the {side}")),
            }
        }
        for name in had.difference(&has) {
            let impact = if self.side == Side::Request { Impact::Risky } else { Impact::Breaking };
            say(impact, format!("field {above}{name} of the {side} is gone"));
        }
        for name in had.intersection(&has) {
            match (self.side, needed.contains(name), needs.contains(name)) {
                (Side::Request, false, true) => say(Impact::Breaking, format!("field {above}{name} of the body is required now")),
                (Side::Response, true, false) => say(Impact::Risky, format!("field {above}{name} of the response may be missing now")),
                _ => {}
            }
        }
        for name in had.intersection(&has) {
            let of = |schema: &Value| schema.get("properties").and_then(|p| p.get(name)).cloned().unwrap_or_default();
            let (was, is) = (of(was), of(is));
            let kind = |schema: &Value, all: &Schemas| resolved(schema, all).get("type").cloned();
            if let (Some(earlier), Some(now)) = (kind(&was, self.before), kind(&is, self.after))
                && earlier != now
            {
                let is_wider = self.side == Side::Request && is_wider(&word(&earlier), &word(&now));
                let impact = if is_wider { Impact::Compatible } else { Impact::Breaking };
                details.push(Detail::new(
                    side,
                    impact,
                    format!("field {above}{name} of the {side}: {} is now {}", word(&earlier), word(&now)),
                ));
            }
            self.fields(&was, &is, &format!("{above}{name}."), depth + 1, details);
        }
    }
}

/// The schema that a reference `#/schemas/Name` stands for, else the schema itself.
fn resolved<'c>(schema: &'c Value, schemas: &'c Schemas) -> &'c Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/"));
    name.and_then(|name| schemas.get(name)).unwrap_or(schema)
}

/// What a list holds, else the schema itself.
fn items<'c>(schema: &'c Value, schemas: &'c Schemas) -> &'c Value {
    schema.get("items").filter(|items| items.is_object()).map_or(schema, |items| resolved(items, schemas))
}

fn names(schema: &Value) -> BTreeSet<String> {
    schema.get("properties").and_then(Value::as_object).map(|p| p.keys().cloned().collect()).unwrap_or_default()
}

fn required(schema: &Value) -> BTreeSet<String> {
    let all = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A type as text.
fn word(kind: &Value) -> String {
    kind.as_str().map_or_else(|| kind.to_string(), str::to_owned)
}
