//! What of an endpoint is its meaning, and what only tells where it stands.
//!
//! Lines and the trail move with every edit of a file; the rest is what people review and what differences are made of.

use apicensus_catalog::{Catalog, Endpoint, Location};
use serde_json::Value;
use std::collections::BTreeMap;

/// Schemas within schemas that an endpoint by itself carries, and all of them.
const DEEPEST: usize = 4;
const MOST_SCHEMAS: usize = 50;

/// An endpoint without lines and trail, and without what a store says of its past.
pub(crate) fn facts(endpoint: &Endpoint) -> Endpoint {
    let mut facts = endpoint.clone();
    without_past(&mut facts);
    facts.trail.clear();
    facts.also_registered_at.clear();
    facts.registered_at.line = 0;
    if let Some(handler) = &mut facts.handler {
        (handler.line, handler.end_line, handler.defined_at) = (0, 0, None);
    }
    facts.holes.iter_mut().for_each(|hole| hole.at = None);
    facts.conditions.iter_mut().for_each(|condition| condition.line = 0);
    for guard in &mut facts.auth.chain {
        guard.at.line = 0;
        guard.defined = None;
    }
    facts.controls.values_mut().for_each(|control| control.evidence.clear());
    if let Some(documented) = &mut facts.documented {
        documented.at = None;
    }
    facts
}

/// The same with the schemas of its bodies in their places, so that it can be compared by itself. References are followed a few
/// levels deep, and not in circles.
pub(crate) fn standalone(endpoint: &Endpoint, schemas: &BTreeMap<String, Value>) -> Endpoint {
    let mut facts = facts(endpoint);
    let mut left = MOST_SCHEMAS;
    let responses = facts.responses.iter_mut().filter_map(|r| r.schema.as_mut());
    for schema in facts.bodies.iter_mut().map(|b| &mut b.schema).chain(responses) {
        inline(schema, schemas, &mut Vec::new(), &mut left);
    }
    facts
}

fn inline(value: &mut Value, schemas: &BTreeMap<String, Value>, above: &mut Vec<String>, left: &mut usize) {
    let named = value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/")).map(str::to_owned);
    if let Some(name) = named {
        let Some(schema) = schemas.get(&name) else { return };
        if above.len() >= DEEPEST || *left == 0 || above.contains(&name) {
            return;
        }
        *left -= 1;
        *value = schema.clone();
        above.push(name);
        inline(value, schemas, above, left);
        above.pop();
        return;
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|inner| inline(inner, schemas, above, left)),
        Value::Array(items) => items.iter_mut().for_each(|inner| inline(inner, schemas, above, left)),
        _ => {}
    }
}

/// Where it stands, for people.
pub(crate) fn place(endpoint: &Endpoint) -> Location {
    let handler = endpoint.handler.as_ref().map(|h| Location { file: h.file.clone(), line: h.line });
    handler.unwrap_or_else(|| endpoint.registered_at.clone())
}

fn without_past(endpoint: &mut Endpoint) {
    let lifecycle = &mut endpoint.lifecycle;
    (lifecycle.introduced, lifecycle.last_changed, lifecycle.moved_from) = (None, None, None);
}

/// Takes out of a catalog what is not of the scanned code: what a store says of its past, and where this machine keeps it.
pub(crate) fn normalise(catalog: &mut Catalog) {
    catalog.endpoints.iter_mut().for_each(without_past);
    for repository in &mut catalog.repositories {
        repository.root.clear();
        if let Some(revision) = &mut repository.revision {
            revision.requested.clone_from(&revision.commit);
        }
    }
}

/// The order of endpoints in a catalog.
pub(crate) fn sort(endpoints: &mut [Endpoint]) {
    endpoints.sort_by(|a, b| (&a.service, &a.path, &a.method, a.protocol, &a.id).cmp(&(&b.service, &b.path, &b.method, b.protocol, &b.id)));
}
