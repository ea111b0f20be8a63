//! Values that fit a schema: typed, plausible by name, and the same each time.

use crate::{escape, pattern};
use apicensus_catalog::SensitiveClass;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Objects in objects are filled in so deep.
const MAX_DEPTH: usize = 6;
/// Fields of one object that are filled in.
const MAX_FIELDS: usize = 60;

/// Makes values.
pub struct Sampler<'a> {
    schemas: &'a BTreeMap<String, Value>,
    /// Classes of sensitive data, by the name of the field.
    classes: BTreeMap<String, SensitiveClass>,
}

impl<'a> Sampler<'a> {
    /// References of schemas are `#/schemas/Name` into `schemas`.
    pub fn new(schemas: &'a BTreeMap<String, Value>, classes: BTreeMap<String, SensitiveClass>) -> Self {
        Sampler { schemas, classes }
    }

    /// A value for a schema; `name` is what it is for.
    pub fn of(&self, schema: &Value, name: &str) -> Value {
        self.filled(schema, name, 0)
    }

    fn filled(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let Some(object) = schema.as_object() else { return json!("sample") };
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            let found = target.strip_prefix("#/schemas/").and_then(|n| self.schemas.get(n));
            return found.map_or_else(|| json!({}), |s| self.filled(s, name, depth + 1));
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
                return self.filled(one, name, depth + 1);
            }
        }
        if let Some(all) = object.get("allOf").and_then(Value::as_array) {
            return self.parts(all, object, name, depth);
        }
        match type_of(object) {
            "object" => self.fields(object, depth),
            "array" => self.list(object, name, depth),
            "integer" => json!(number(object, 1.0).unwrap_or(1.0).ceil() as i64),
            "number" => json!(number(object, 0.5).unwrap_or(1.5)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.string(object, name)),
        }
    }

    /// What all parts of a schema ask for together; one that is no object is taken alone.
    fn parts(&self, all: &[Value], object: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let mut merged = Map::new();
        for part in all {
            match self.filled(part, name, depth + 1) {
                Value::Object(fields) => merged.extend(fields),
                Value::Null => {}
                other if all.len() == 1 => return other,
                _ => {}
            }
        }
        if let Value::Object(fields) = self.fields(object, depth) {
            merged.extend(fields);
        }
        Value::Object(merged)
    }

    fn list(&self, object: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let least = object.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 20) as usize;
        match object.get("items") {
            Some(items) => match self.filled(items, name, depth + 1) {
                Value::Null => json!([]),
                item => json!(vec![item; least]),
            },
            None => json!([]),
        }
    }

    fn fields(&self, object: &Map<String, Value>, depth: usize) -> Value {
        let properties = object.get("properties").and_then(Value::as_object);
        let all = properties.into_iter().flatten().filter(|(_, s)| s.get("readOnly") != Some(&json!(true))).take(MAX_FIELDS);
        Value::Object(
            all.map(|(name, schema)| (name.clone(), self.filled(schema, name, depth + 1))).filter(|(_, v)| !v.is_null()).collect(),
        )
    }

    /// A text by pattern, format, name and class of data, in this order, as long as it may be.
    fn string(&self, object: &Map<String, Value>, name: &str) -> String {
        let read = |key: &str| object.get(key).and_then(Value::as_u64).map(|n| n.min(10_000) as usize);
        let (least, most) = (read("minLength").unwrap_or(0), read("maxLength").unwrap_or(usize::MAX));
        let fits = |text: &str| (least..=most).contains(&text.chars().count());
        if let Some(text) = object.get("pattern").and_then(Value::as_str).and_then(pattern::text).filter(|t| fits(t)) {
            return text;
        }
        let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
        let text = by_format(format).unwrap_or_else(|| match (by_name(name), self.classes.get(name)) {
            ("sample", Some(class)) => by_class(*class),
            (text, _) => text,
        });
        let mut text = text.to_owned();
        while text.chars().count() < least {
            text.push('a');
        }
        text.chars().take(most).collect()
    }
}

fn by_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uuid" | "uuid1" | "uuid3" | "uuid4" | "uuid5" => "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "date" => "2024-01-15",
        "date-time" | "datetime" => "2024-01-15T10:30:00Z",
        "time" => "10:30:00Z",
        "duration" => "P1D",
        "email" | "idn-email" => "user@example.com",
        "uri" | "url" | "iri" => "https://example.com/",
        "uri-reference" => "/sample",
        "ipv4" | "ip" | "ipvanyaddress" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "hostname" | "idn-hostname" => "example.com",
        "byte" | "base64" => "c2FtcGxl",
        "password" => "Sample-Passw0rd",
        "json-pointer" => "/sample",
        "regex" => "^sample$",
        _ => return None,
    })
}

/// A text of a class of sensitive data; nobody's, and such that no system takes it for a real one.
fn by_class(class: SensitiveClass) -> &'static str {
    match class {
        SensitiveClass::Credential => "Sample-Passw0rd",
        SensitiveClass::Personal => "Alex Sample",
        SensitiveClass::Contact => "user@example.com",
        SensitiveClass::Financial => "4242424242424242",
        SensitiveClass::Health => "Z00.0",
        SensitiveClass::Location => "48.8584,2.2945",
        SensitiveClass::Identifier => "000-00-0000",
        SensitiveClass::Secret => "sample-secret",
    }
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

/// The number nearest to one that is allowed; none when nothing is said of it. `step` stands between an exclusive bound and
/// what is allowed.
fn number(object: &Map<String, Value>, step: f64) -> Option<f64> {
    let read = |key: &str| object.get(key).and_then(Value::as_f64);
    let is = |key: &str| object.get(key) == Some(&json!(true));
    let least = read("exclusiveMinimum").or_else(|| read("minimum").filter(|_| is("exclusiveMinimum"))).map(|n| n + step);
    let least = least.or_else(|| read("minimum"));
    let most = read("exclusiveMaximum").or_else(|| read("maximum").filter(|_| is("exclusiveMaximum"))).map(|n| n - step);
    let most = most.or_else(|| read("maximum"));
    let multiple = read("multipleOf").filter(|m| *m > 0.0);
    let one = match (least, most) {
        (Some(least), _) if least > 1.0 => Some(least),
        (_, Some(most)) if most < 1.0 => Some(most),
        (Some(_), _) | (_, Some(_)) => Some(1.0),
        (None, None) => None,
    };
    match multiple {
        Some(multiple) => Some((one.unwrap_or(1.0) / multiple).ceil() * multiple),
        None => one,
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
        let sampler = Sampler::new(&schemas, BTreeMap::from([("ref".to_owned(), SensitiveClass::Financial)]));
        let of = |schema: &Value, name: &str| sampler.of(schema, name);
        let value = of(&schema, "");
        assert_eq!(value["age"], 18);
        assert_eq!(value["kind"], "a");
        assert_eq!(value["tags"], json!(["sample"]));
        assert_eq!(value["owner"]["email"], "user@example.com");
        assert_eq!(value["note"], "sam");
        assert_eq!(value["on"], true);
        assert_eq!(written(&json!({"a b": "c&d", "n": 1}), "application/x-www-form-urlencoded"), "a%20b=c%26d&n=1");
        let form = written(&json!({"a\"b": "c"}), "multipart/form-data");
        assert_eq!(form, "--apicensus-part\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\nc\r\n--apicensus-part--\r\n");
        assert_eq!(of(&json!(true), ""), "sample");
        assert_eq!(of(&json!({"type": "string"}), "ref"), "4242424242424242");
        assert_eq!(of(&json!({"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"}), "ref"), "AA111");
        assert_eq!(of(&json!({"type": "string", "pattern": "^[a-z]*$", "minLength": 4}), "x"), "sample");
        assert_eq!(of(&json!({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5}), "x"), 5);
        assert_eq!(of(&json!({"type": "number", "maximum": 0.25}), "x"), 0.25);
        assert_eq!(of(&json!({"type": "array", "minItems": 2, "items": {"type": "boolean"}}), "x"), json!([true, true]));
        assert_eq!(of(&json!({"allOf": [{"type": "string", "format": "date"}]}), "x"), "2024-01-15");
    }
}
