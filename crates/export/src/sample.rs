//! Values that fit a schema: typed, plausible by name, and the same each time.

use crate::escape;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Objects in objects are filled in so deep.
const MAX_DEPTH: usize = 6;
/// Fields of one object that are filled in.
const MAX_FIELDS: usize = 60;

/// A value for a schema; `name` is what it is for. References are `#/schemas/Name` into `schemas`.
pub fn of(schema: &Value, name: &str, schemas: &BTreeMap<String, Value>) -> Value {
    filled(schema, name, schemas, 0)
}

fn filled(schema: &Value, name: &str, schemas: &BTreeMap<String, Value>, depth: usize) -> Value {
    let Some(object) = schema.as_object() else { return json!("sample") };
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let Some(target) = object.get("$ref").and_then(Value::as_str) {
        let found = target.strip_prefix("#/schemas/").and_then(|n| schemas.get(n));
        return found.map_or_else(|| json!({}), |s| filled(s, name, schemas, depth + 1));
    }
    let given = ["example", "const", "default"].iter().find_map(|k| object.get(*k)).filter(|v| !v.is_null());
    if let Some(given) = given.or_else(|| object.get("enum")?.as_array()?.iter().find(|v| !v.is_null())) {
        return given.clone();
    }
    if let Some(first) = object.get("examples").and_then(Value::as_array).and_then(|all| all.first()) {
        return first.clone();
    }
    for key in ["anyOf", "oneOf"] {
        let all = object.get(key).and_then(Value::as_array);
        if let Some(one) = all.and_then(|all| all.iter().find(|s| s.get("type") != Some(&json!("null")))) {
            return filled(one, name, schemas, depth + 1);
        }
    }
    if let Some(all) = object.get("allOf").and_then(Value::as_array) {
        let mut merged = Map::new();
        for part in all {
            if let Value::Object(fields) = filled(part, name, schemas, depth + 1) {
                merged.extend(fields);
            }
        }
        return Value::Object(merged);
    }
    match type_of(object) {
        "object" => fields(object, schemas, depth),
        "array" => match object.get("items") {
            Some(items) => match filled(items, name, schemas, depth + 1) {
                Value::Null => json!([]),
                item => json!([item]),
            },
            None => json!([]),
        },
        "integer" => json!(number(object).unwrap_or(1.0).ceil() as i64),
        "number" => json!(number(object).unwrap_or(1.5)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!(string(object, name)),
    }
}

fn fields(object: &Map<String, Value>, schemas: &BTreeMap<String, Value>, depth: usize) -> Value {
    let properties = object.get("properties").and_then(Value::as_object);
    let all = properties.into_iter().flatten().take(MAX_FIELDS);
    Value::Object(
        all.map(|(name, schema)| (name.clone(), filled(schema, name, schemas, depth + 1))).filter(|(_, v)| !v.is_null()).collect(),
    )
}

/// The type, the first one that is not null; told by the keywords when it is not said.
pub fn type_of(object: &Map<String, Value>) -> &str {
    match object.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).find(|t| *t != "null").unwrap_or("null"),
        _ if object.contains_key("properties") => "object",
        _ if object.contains_key("items") => "array",
        _ => "string",
    }
}

/// The least number that is allowed, or one.
fn number(object: &Map<String, Value>) -> Option<f64> {
    let read = |key: &str| object.get(key).and_then(Value::as_f64);
    let least = read("minimum").or_else(|| read("exclusiveMinimum").map(|n| n + 1.0));
    match (least, read("maximum")) {
        (Some(least), _) => Some(least),
        (None, Some(most)) if most < 1.0 => Some(most),
        _ => None,
    }
}

fn string(object: &Map<String, Value>, name: &str) -> String {
    let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
    let text = match format {
        "uuid" => "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "date" => "2024-01-15",
        "date-time" => "2024-01-15T10:30:00Z",
        "time" => "10:30:00",
        "email" => "user@example.com",
        "uri" | "url" => "https://example.com/",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "hostname" => "example.com",
        "byte" => "c2FtcGxl",
        _ => by_name(name),
    };
    let read = |key: &str| object.get(key).and_then(Value::as_u64).map(|n| n.min(10_000) as usize);
    let mut text = text.to_owned();
    if let Some(least) = read("minLength") {
        while text.chars().count() < least {
            text.push('a');
        }
    }
    match read("maxLength") {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

/// A text that what goes by this name could be.
fn by_name(name: &str) -> &'static str {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let has = |word: &str| flat.contains(word);
    if has("email") {
        "user@example.com"
    } else if has("phone") {
        "+15550100"
    } else if has("password") {
        "Sample-Passw0rd"
    } else if has("url") || has("uri") || has("href") {
        "https://example.com/"
    } else if has("uuid") {
        "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    } else if has("timestamp") || flat.ends_with("at") && flat.len() > 4 {
        "2024-01-15T10:30:00Z"
    } else if has("date") {
        "2024-01-15"
    } else if flat == "id" || flat.ends_with("id") || flat == "pk" || has("page") || has("limit") || has("count") {
        "1"
    } else if has("lang") || has("locale") {
        "en"
    } else if has("country") {
        "US"
    } else if has("user") || flat == "login" {
        "user1"
    } else if has("name") || has("title") {
        "Sample"
    } else {
        "sample"
    }
}

/// A value as the text of a path, a query or a header.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What stands between the parts of a multipart body.
pub const BOUNDARY: &str = "apicensus-part";

/// A value as a body of a media type; a multipart one has [`BOUNDARY`] between its parts.
pub fn written(value: &Value, content_type: &str) -> String {
    if content_type.contains("urlencoded") {
        let fields = value.as_object().into_iter().flatten();
        return fields.map(|(n, v)| format!("{}={}", escape::query(n), escape::query(&text(v)))).collect::<Vec<_>>().join("&");
    }
    if content_type.contains("form-data") {
        let part = |(name, value): (&String, &Value)| {
            let name = escape::line(name).replace('"', "%22");
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{}\r\n", text(value))
        };
        let parts: String = value.as_object().into_iter().flatten().map(part).collect();
        return format!("{parts}--{BOUNDARY}--\r\n");
    }
    match value {
        Value::String(text) if !content_type.contains("json") => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fit() {
        let schemas = BTreeMap::from([(
            "User".to_owned(),
            json!({"type": "object", "properties": {"email": {"type": "string"}, "boss": {"$ref": "#/schemas/User"}}}),
        )]);
        let schema = json!({"type": "object", "properties": {
            "id": {"type": "string", "format": "uuid"}, "age": {"type": "integer", "minimum": 18}, "kind": {"enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}}, "owner": {"$ref": "#/schemas/User"},
            "note": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 3}]}, "on": {"type": ["boolean", "null"]}}});
        let value = of(&schema, "", &schemas);
        assert_eq!(value["age"], 18);
        assert_eq!(value["kind"], "a");
        assert_eq!(value["tags"], json!(["sample"]));
        assert_eq!(value["owner"]["email"], "user@example.com");
        assert_eq!(value["note"], "sam");
        assert_eq!(value["on"], true);
        assert_eq!(written(&json!({"a b": "c&d", "n": 1}), "application/x-www-form-urlencoded"), "a%20b=c%26d&n=1");
        let form = written(&json!({"a\"b": "c"}), "multipart/form-data");
        assert_eq!(form, "--apicensus-part\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\nc\r\n--apicensus-part--\r\n");
        assert_eq!(of(&json!(true), "", &schemas), "sample");
    }
}
