//! JSON Schemas of the catalog as those of an OpenAPI document: 3.1 takes them as they are, 3.0.3 and the plain profile
//! get what they know.

use crate::escape::identifier;
use crate::pattern;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Schemas hold schemas at most so deep.
const MAX_DEPTH: usize = 24;
/// Keywords whose value is a schema, a list of them, a map of them.
const ONE: &[&str] = &["items", "additionalProperties", "not"];
const LISTS: &[&str] = &["anyOf", "oneOf", "allOf"];
/// Keywords that every version has and that stay as they are.
const PLAIN: &[&str] = &[
    "title",
    "description",
    "enum",
    "default",
    "format",
    "maximum",
    "minimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Turns schemas and gathers those that they refer to.
pub struct Schemas<'a> {
    known: &'a BTreeMap<String, Value>,
    /// OpenAPI 3.0.3.
    old: bool,
    /// Plain types.
    simple: bool,
    /// Those referred to, by the name they have in the document.
    pub used: BTreeMap<String, Value>,
    busy: BTreeSet<String>,
}

impl<'a> Schemas<'a> {
    /// Over the schemas of a catalog.
    pub fn new(known: &'a BTreeMap<String, Value>, old: bool, simple: bool) -> Self {
        Schemas { known, old, simple, used: BTreeMap::new(), busy: BTreeSet::new() }
    }

    /// A schema for the document.
    pub fn turn(&mut self, schema: &Value) -> Value {
        self.turned(schema, 0)
    }

    fn turned(&mut self, schema: &Value, depth: usize) -> Value {
        let Some(object) = schema.as_object().filter(|_| depth < MAX_DEPTH) else { return json!({}) };
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            return self.reference(target);
        }
        if self.simple
            && let Some(one) = simpler(object)
        {
            return self.turned(&one, depth + 1);
        }
        let mut out = Map::new();
        let nullable = self.types(object, &mut out);
        for (key, value) in object {
            match key.as_str() {
                "properties" => {
                    let fields = value.as_object().into_iter().flatten();
                    let turned: Map<String, Value> = fields.map(|(n, s)| (n.clone(), self.turned(s, depth + 1))).collect();
                    out.insert(key.clone(), Value::Object(turned));
                }
                "required" => {
                    let mut names: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                    names.sort_unstable();
                    names.dedup();
                    if !names.is_empty() {
                        out.insert(key.clone(), json!(names));
                    }
                }
                "additionalProperties" if value.is_boolean() => {
                    out.insert(key.clone(), value.clone());
                }
                key if ONE.contains(&key) => {
                    let turned = self.turned(value, depth + 1);
                    out.insert(key.to_owned(), turned);
                }
                key if LISTS.contains(&key) => self.list(key, value, depth, &mut out),
                "const" if self.old || self.simple => {
                    out.entry("enum").or_insert_with(|| json!([value]));
                }
                "exclusiveMinimum" | "exclusiveMaximum" => exclusive(key, value, self.old, &mut out),
                "pattern" if value.as_str().is_some_and(|p| !pattern::is_common(p)) => {
                    out.insert("x-apicensus-pattern".to_owned(), value.clone());
                }
                "pattern" if !value.is_string() => {}
                key if PLAIN.contains(&key)
                    || key.starts_with("x-")
                    || !self.old && matches!(key, "const" | "examples" | "prefixItems") =>
                {
                    out.entry(key.to_owned()).or_insert_with(|| value.clone());
                }
                _ => {}
            }
        }
        check(&mut out);
        if nullable && self.old && !self.simple {
            out.insert("nullable".to_owned(), json!(true));
        }
        if self.old { alone(out) } else { Value::Object(out) }
    }

    /// The type; whether null is one of several and was taken out.
    fn types(&self, object: &Map<String, Value>, out: &mut Map<String, Value>) -> bool {
        let Some(said) = object.get("type") else { return false };
        let all: Vec<&str> = match said {
            Value::String(one) => vec![one.as_str()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => return false,
        };
        let is_type = |t: &&&str| ["string", "number", "integer", "boolean", "array", "object"].contains(*t);
        let real: Vec<&str> = all.iter().filter(is_type).copied().collect();
        let nullable = all.contains(&"null");
        match real.as_slice() {
            [] if nullable && !self.old => drop(out.insert("type".to_owned(), json!("null"))),
            [] => {}
            [one] if !nullable || self.old || self.simple => drop(out.insert("type".to_owned(), json!(one))),
            [one, ..] if self.old || self.simple => drop(out.insert("type".to_owned(), json!(one))),
            many => {
                let null = nullable.then_some("null");
                out.insert("type".to_owned(), json!(many.iter().copied().chain(null).collect::<Vec<_>>()));
            }
        }
        nullable
    }

    fn list(&mut self, key: &str, value: &Value, depth: usize, out: &mut Map<String, Value>) {
        let all: Vec<&Value> = value.as_array().into_iter().flatten().collect();
        let null = |s: &&Value| s.get("type") == Some(&json!("null"));
        let old = self.old;
        let kept: Vec<Value> = all.iter().filter(|s| !(old && null(s))).map(|s| self.turned(s, depth + 1)).collect();
        // 3.0 has no null: what may be null is a mark beside a type, or is not said.
        if let ([Value::Object(one)], true) = (kept.as_slice(), old && all.iter().any(null)) {
            out.extend(one.clone());
            if out.contains_key("type") {
                out.insert("nullable".to_owned(), json!(true));
            }
            return;
        }
        if !kept.is_empty() {
            out.insert(key.to_owned(), Value::Array(kept));
        }
    }

    fn reference(&mut self, target: &str) -> Value {
        let Some((name, schema)) = self.behind(target) else { return json!({}) };
        let plain = self.name_of(name);
        if !self.used.contains_key(&plain) && self.busy.insert(plain.clone()) {
            // A place is kept while it is turned, so that a schema may refer to itself.
            self.used.insert(plain.clone(), Value::Null);
            let turned = self.turned(schema, 0);
            self.used.insert(plain.clone(), turned);
        }
        json!({"$ref": format!("#/components/schemas/{plain}")})
    }

    /// The schema that a reference stands for in the end; none where references only lead to each other.
    fn behind(&self, target: &str) -> Option<(&'a String, &'a Value)> {
        let mut seen = BTreeSet::new();
        let mut target = target;
        loop {
            let (name, schema) = target.strip_prefix("#/schemas/").and_then(|n| self.known.get_key_value(n))?;
            match schema.get("$ref").and_then(Value::as_str) {
                Some(next) if seen.insert(target) => target = next,
                Some(_) => return None,
                None => return Some((name, schema)),
            }
        }
    }

    /// A name that the document may have, one for each name of the catalog.
    fn name_of(&self, name: &str) -> String {
        let plain = identifier(name);
        if plain == name {
            return plain;
        }
        let clash = self.known.keys().take_while(|k| k.as_str() != name).filter(|k| identifier(k) == plain).count();
        if clash > 0 || self.known.contains_key(&plain) { format!("{plain}_{}", clash + 1) } else { plain }
    }
}

/// One schema that stands for alternatives or parts, in the plain profile.
fn simpler(object: &Map<String, Value>) -> Option<Value> {
    let is_null = |s: &&Value| s.get("type") != Some(&json!("null"));
    for key in ["anyOf", "oneOf"] {
        if let Some(all) = object.get(key).and_then(Value::as_array) {
            let mut one = all.iter().find(is_null)?.clone();
            if let (Some(into), Some(description)) = (one.as_object_mut(), object.get("description"))
                && !into.contains_key("$ref")
            {
                into.entry("description").or_insert_with(|| description.clone());
            }
            return Some(one);
        }
    }
    match object.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => Some(one.clone()),
        _ => None,
    }
}

/// In 3.0 a reference stands alone, and the mark of what may be null needs a type beside it.
fn alone(mut out: Map<String, Value>) -> Value {
    if let Some(reference) = out.get("$ref") {
        return json!({"$ref": reference});
    }
    if !out.contains_key("type") {
        out.remove("nullable");
    }
    Value::Object(out)
}

/// What makes a document invalid goes: an array without items, an empty enumeration, a bound of the wrong type.
fn check(out: &mut Map<String, Value>) {
    if out.get("type") == Some(&json!("array")) && !out.contains_key("items") && !out.contains_key("prefixItems") {
        out.insert("items".to_owned(), json!({}));
    }
    if out.get("enum").is_some_and(|e| e.as_array().is_none_or(Vec::is_empty)) {
        out.remove("enum");
    }
    if let Some(all) = out.get_mut("enum").and_then(Value::as_array_mut) {
        let mut seen: Vec<Value> = Vec::new();
        all.retain(|v| {
            let is_new = !seen.contains(v);
            seen.push(v.clone());
            is_new
        });
    }
    for key in ["maximum", "minimum", "multipleOf"] {
        if out.get(key).is_some_and(|v| !v.is_number() || key == "multipleOf" && v.as_f64().is_none_or(|n| n <= 0.0)) {
            out.remove(key);
        }
    }
    for key in ["deprecated", "readOnly", "writeOnly", "uniqueItems"] {
        if out.get(key).is_some_and(|v| !v.is_boolean()) {
            out.remove(key);
        }
    }
    if out.get("examples").is_some_and(|v| !v.is_array()) {
        out.remove("examples");
    }
    for key in ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"] {
        if out.get(key).is_some_and(|v| v.as_u64().is_none()) {
            out.remove(key);
        }
    }
    for key in ["title", "description", "format", "pattern"] {
        if out.get(key).is_some_and(|v| !v.is_string()) {
            out.remove(key);
        }
    }
    // A default that the type refuses is no default.
    let fits = |kind: &str, value: &Value| match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    let wrong = match (out.get("type").and_then(Value::as_str), out.get("default")) {
        (Some(kind), Some(value)) => !fits(kind, value),
        _ => false,
    };
    if wrong {
        out.remove("default");
    }
}

/// A number in 3.1; a mark beside the bound in 3.0.
fn exclusive(key: &str, value: &Value, old: bool, out: &mut Map<String, Value>) {
    let Some(number) = value.as_number() else { return };
    if old {
        out.insert(if key == "exclusiveMinimum" { "minimum" } else { "maximum" }.to_owned(), json!(number));
        out.insert(key.to_owned(), json!(true));
    } else {
        out.insert(key.to_owned(), json!(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_fit_their_version() {
        let known = BTreeMap::from([(
            "Node[int]".to_owned(),
            json!({"type": "object", "properties": {"next": {"$ref": "#/schemas/Node[int]"}}, "required": ["next", "next"]}),
        )]);
        let schema = json!({"type": ["string", "null"], "exclusiveMinimum": 3, "const": "a", "enum": []});
        assert_eq!(
            Schemas::new(&known, false, false).turn(&schema),
            json!({"type": ["string", "null"], "exclusiveMinimum": 3, "const": "a"})
        );
        assert_eq!(
            Schemas::new(&known, true, false).turn(&schema),
            json!({"type": "string", "minimum": 3, "exclusiveMinimum": true, "enum": ["a"], "nullable": true})
        );
        let optional = json!({"anyOf": [{"type": "null"}, {"type": "array"}]});
        assert_eq!(Schemas::new(&known, false, true).turn(&optional), json!({"type": "array", "items": {}}));
        let maybe = json!({"description": "x", "anyOf": [{"$ref": "#/schemas/Node[int]"}, {"type": "null"}]});
        assert_eq!(Schemas::new(&known, true, false).turn(&maybe), json!({"$ref": "#/components/schemas/Node_int_"}));
        let mut schemas = Schemas::new(&known, false, false);
        assert_eq!(schemas.turn(&json!({"$ref": "#/schemas/Node[int]"})), json!({"$ref": "#/components/schemas/Node_int_"}));
        assert_eq!(schemas.used["Node_int_"]["properties"]["next"]["$ref"], "#/components/schemas/Node_int_");
        assert_eq!(schemas.used["Node_int_"]["required"], json!(["next"]));
        assert_eq!(schemas.turn(&json!({"$ref": "#/schemas/Gone"})), json!({}));
    }
}
