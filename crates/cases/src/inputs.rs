//! One line of what a case expects an endpoint to take, and the same made of what a scan found.
//!
//! - `METHOD /path: PLACE name type [required]` for a parameter; PLACE is `path`, `query`, `header`, `cookie`, `form` or `file`.
//! - `METHOD /path: body content-type * type [required]` for a body, and
//!   `METHOD /path: body content-type property type [required]` for each property of its object.
//!
//! Types are those of JSON Schema with their format: `string`, `string:uuid`, `integer[]`, `Item` for a schema of the catalog,
//! `string|null`, `"a"|"b"` for values, `map<integer>` for free keys, `any` where nothing is said.

use crate::auth::endpoint_of;
use crate::expect::ExpectedEndpoint;
use apicensus_catalog::{Catalog, Endpoint};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const PLACES: &[&str] = &["path", "query", "header", "cookie", "form", "file", "body", "argument"];
/// Schemas are followed at most so deep.
const MAX_DEPTH: u32 = 8;

/// One thing that an endpoint is expected to take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedInput {
    /// Method, `ANY`, `WS` or `SSE`, and the path.
    pub endpoint: String,
    /// Place, name, type and `required`, one blank between them.
    pub input: String,
}

impl ExpectedInput {
    /// Reads a line.
    ///
    /// # Errors
    /// Says what the line should look like.
    pub fn parse(line: &str) -> Result<Self, String> {
        let shape = || {
            format!(
                "expected `METHOD /path: query name type [required]` or `METHOD /path: body type/sub property type [required]`, found `{}`",
                line.trim()
            )
        };
        let (endpoint, rest) = endpoint_of(line).ok_or_else(shape)?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let place = words.first().copied().unwrap_or_default();
        let least = if place == "body" { 4 } else { 3 };
        if !PLACES.contains(&place) || words.len() < least || place == "body" && !words[1].contains('/') {
            return Err(shape());
        }
        Ok(ExpectedInput { endpoint, input: words.join(" ") })
    }

    /// All that the scan found one endpoint to take.
    pub fn of(endpoint: &Endpoint, catalog: &Catalog) -> Vec<Self> {
        let operation = ExpectedEndpoint::of(endpoint).operation();
        let mut inputs = Vec::new();
        for parameter in &endpoint.parameters {
            let kind = match (&parameter.schema, &parameter.type_name) {
                (Some(schema), _) => type_text(schema, 0),
                (None, Some(name)) => name.clone(),
                (None, None) => "any".to_owned(),
            };
            let name = if parameter.name.is_empty() { "*" } else { parameter.name.as_str() };
            inputs.push(format!("{} {name} {kind}{}", parameter.location, mark(parameter.required)));
        }
        for body in &endpoint.bodies {
            inputs.push(format!("body {} * {}{}", body.content_type, type_text(&body.schema, 0), mark(body.required)));
            let mut properties = Properties::default();
            properties.read(&body.schema, &catalog.schemas, 0);
            for (name, kind) in &properties.types {
                let required = mark(properties.required.contains(name));
                inputs.push(format!("body {} {name} {kind}{required}", body.content_type));
            }
        }
        let one =
            |input: String| ExpectedInput { endpoint: operation.clone(), input: input.split_whitespace().collect::<Vec<_>>().join(" ") };
        inputs.into_iter().map(one).collect()
    }
}

impl fmt::Display for ExpectedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.input)
    }
}

fn mark(required: bool) -> &'static str {
    if required { " required" } else { "" }
}

/// The properties of an object's schema, in their order, through references and `allOf`.
#[derive(Default)]
struct Properties {
    types: Vec<(String, String)>,
    required: BTreeSet<String>,
}

impl Properties {
    fn read(&mut self, schema: &Value, schemas: &BTreeMap<String, Value>, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        if let Some(target) = reference(schema).and_then(|name| schemas.get(name)) {
            self.read(target, schemas, depth + 1);
        }
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        parts.for_each(|part| self.read(part, schemas, depth + 1));
        for (name, kind) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.types.retain(|(known, _)| known != name);
            self.types.push((name.clone(), type_text(kind, 0)));
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str).map(str::to_owned));
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// A schema in one word.
pub(crate) fn type_text(schema: &Value, depth: u32) -> String {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return "any".to_owned() };
    if let Some(name) = reference(schema) {
        return name.to_owned();
    }
    if let Some(value) = object.get("const") {
        return value.to_string();
    }
    let alternatives = ["enum", "anyOf", "oneOf"].iter().find_map(|key| Some((*key, object.get(*key)?.as_array()?)));
    if let Some((key, all)) = alternatives {
        let texts: Vec<String> = all.iter().map(|v| if key == "enum" { v.to_string() } else { type_text(v, depth + 1) }).collect();
        return texts.join("|");
    }
    if let Some(all) = object.get("allOf").and_then(Value::as_array) {
        return all.iter().map(|v| type_text(v, depth + 1)).collect::<Vec<_>>().join("&");
    }
    match object.get("type") {
        Some(Value::String(name)) => plain_type(name, object, depth),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(|name| plain_type(name, object, depth)).collect::<Vec<_>>().join("|")
        }
        _ => object.get("x-apicensus-type").and_then(Value::as_str).unwrap_or("any").to_owned(),
    }
}

fn plain_type(name: &str, object: &Map<String, Value>, depth: u32) -> String {
    match name {
        "array" => match object.get("items").map(|items| type_text(items, depth + 1)) {
            Some(items) if items.contains('|') => format!("({items})[]"),
            Some(items) => format!("{items}[]"),
            None => "any[]".to_owned(),
        },
        "object" => match object.get("additionalProperties").filter(|v| v.is_object()) {
            Some(values) => format!("map<{}>", type_text(values, depth + 1)),
            None => "object".to_owned(),
        },
        _ => match object.get("format").and_then(Value::as_str) {
            Some(format) => format!("{name}:{format}"),
            None => name.to_owned(),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_lines_of_parameters_and_bodies() {
        for line in [
            "GET /a/{id}: path id string:uuid required",
            "POST /a: body application/json name string|null",
            "POST /a: body text/plain * string",
        ] {
            assert_eq!(ExpectedInput::parse(line).unwrap().to_string(), line);
        }
        for wrong in ["GET /a: query", "GET /a: url x string", "POST /a: body name string required", "GET /a query x string"] {
            assert!(ExpectedInput::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn types_are_one_word() {
        let cases = [
            (json!({"type": "array", "items": {"$ref": "#/schemas/Item"}}), "Item[]"),
            (json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}), "string:date-time|null"),
            (json!({"enum": ["a", 1]}), "\"a\"|1"),
            (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "map<integer>"),
            (json!({"x-apicensus-type": "Blob"}), "Blob"),
            (json!({}), "any"),
        ];
        for (schema, text) in cases {
            assert_eq!(type_text(&schema, 0), text);
        }
    }
}
