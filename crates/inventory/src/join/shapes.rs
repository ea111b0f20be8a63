//! Schemas of contracts and of code, read in one way: kinds of values, and objects with their properties.
//!
//! What is not known stays unknown: a type that only has a name (`x-apicensus-type`), one that was cut (`x-cut`), or an object that may
//! hold anything besides.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The schemas that `#/schemas/Name` stands for.
pub type Schemas = BTreeMap<String, Value>;

/// Longest chain of references, and deepest nesting of parts.
const DEEPEST: usize = 8;

/// An object.
#[derive(Debug, Default)]
pub struct Object<'v> {
    /// Its properties by name.
    pub properties: BTreeMap<&'v str, &'v Value>,
    /// Those that must be there.
    pub required: BTreeSet<&'v str>,
    /// It may hold others.
    pub is_open: bool,
    /// It is a type that the code or the contract names or writes down, not what was seen of one.
    pub is_declared: bool,
}

/// The schema that a reference stands for, else the schema itself.
pub fn resolved<'v>(schema: &'v Value, schemas: &'v Schemas) -> &'v Value {
    let mut here = schema;
    for _ in 0..DEEPEST {
        let name = here.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/"));
        let Some(next) = name.and_then(|name| schemas.get(name)) else { break };
        here = next;
    }
    here
}

/// The kinds of values of a schema, null aside; None where they are not all known.
pub fn kinds<'v>(schema: &'v Value, schemas: &'v Schemas) -> Option<BTreeSet<&'v str>> {
    kinds_at(schema, schemas, 0)
}

fn kinds_at<'v>(schema: &'v Value, schemas: &'v Schemas, depth: usize) -> Option<BTreeSet<&'v str>> {
    let schema = resolved(schema, schemas);
    let said: BTreeSet<&str> = match schema.get("type") {
        Some(Value::String(one)) => [if one == "file" { "string" } else { one.as_str() }].into(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    };
    if !said.is_empty() {
        let known: BTreeSet<&str> = said.into_iter().filter(|kind| *kind != "null").collect();
        return (!known.is_empty()).then_some(known);
    }
    if let Some(ways) = ways(schema) {
        let mut all = BTreeSet::new();
        for way in ways.iter().filter(|_| depth < DEEPEST).filter(|way| !is_null(way)) {
            all.extend(kinds_at(way, schemas, depth + 1)?);
        }
        return (!all.is_empty()).then_some(all);
    }
    if schema.get("properties").is_some() {
        return Some(["object"].into());
    }
    if schema.get("items").is_some() {
        return Some(["array"].into());
    }
    None
}

/// The properties of a schema of objects, or of a list of them; None where nothing is known of them.
pub fn object<'v>(schema: &'v Value, schemas: &'v Schemas) -> Option<Object<'v>> {
    let is_named = schema.get("$ref").is_some();
    let mut found = object_at(schema, schemas, 0)?;
    found.is_declared |= is_named;
    (!found.properties.is_empty()).then_some(found)
}

fn object_at<'v>(schema: &'v Value, schemas: &'v Schemas, depth: usize) -> Option<Object<'v>> {
    let is_named = schema.get("$ref").is_some();
    let schema = resolved(schema, schemas);
    if depth > DEEPEST || schema.get("x-apicensus-type").is_some() || schema.get("$ref").is_some() {
        return None;
    }
    if let Some(items) = schema.get("items") {
        let mut inner = object_at(items, schemas, depth + 1)?;
        inner.is_declared |= is_named;
        return Some(inner);
    }
    let mut found = Object { is_declared: is_named, ..Object::default() };
    found.is_open = schema.get("additionalProperties") == Some(&Value::Bool(true))
        || schema.get("additionalProperties").is_some_and(Value::is_object)
        || schema.get("x-cut").is_some();
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.properties.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    found.required.extend(required.filter_map(Value::as_str));
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        match object_at(part, schemas, depth + 1) {
            Some(part) => {
                found.properties.extend(part.properties);
                found.required.extend(part.required);
                found.is_open |= part.is_open;
                found.is_declared |= part.is_declared;
            }
            None => found.is_open = true,
        }
    }
    if let Some(ways) = ways(schema) {
        either(&mut found, ways, schemas, depth);
    }
    Some(found)
}

/// Adds what one of several schemas gives; required is what all of them require.
fn either<'v>(found: &mut Object<'v>, ways: &'v [Value], schemas: &'v Schemas, depth: usize) {
    let ways: Vec<Option<Object<'v>>> = ways.iter().filter(|way| !is_null(way)).map(|way| object_at(way, schemas, depth + 1)).collect();
    let mut needed: Option<BTreeSet<&str>> = None;
    found.is_declared |= !ways.is_empty() && ways.iter().flatten().all(|way| way.is_declared);
    for way in ways {
        let Some(way) = way else {
            found.is_open = true;
            needed = Some(BTreeSet::new());
            continue;
        };
        found.properties.extend(way.properties);
        found.is_open |= way.is_open;
        needed = Some(match needed {
            Some(known) => known.intersection(&way.required).copied().collect(),
            None => way.required,
        });
    }
    found.required.extend(needed.unwrap_or_default());
}

/// The alternatives of a schema.
fn ways(schema: &Value) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key).and_then(Value::as_array)).filter(|ways| !ways.is_empty())
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}
