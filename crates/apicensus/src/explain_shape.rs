//! What an endpoint takes and gives, and its sensitive data, in lines for `explain`. Lines are labelled once.

use crate::style::one_line;
use apicensus_catalog::{Endpoint, Parameter};
use serde_json::Value;

/// Properties of a schema that are named.
const MOST_PROPERTIES: usize = 12;

/// The lines with their labels; an empty label goes on with the one before.
pub fn lines(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    section(&mut out, "takes", endpoint.parameters.iter().map(parameter).collect());
    let body = |b: &apicensus_catalog::Body| {
        let optional = if b.required { "" } else { " (optional)" };
        format!("{} {}{optional}", b.content_type, shape(&b.schema, 0)).trim_end().to_owned()
    };
    section(&mut out, "body", endpoint.bodies.iter().map(body).collect());
    let response = |r: &apicensus_catalog::Response| {
        let schema = r.schema.as_ref().map(|s| shape(s, 0)).unwrap_or_default();
        format!("{} {} {schema}", r.status, r.content_type.as_deref().unwrap_or_default()).trim_end().to_owned()
    };
    section(&mut out, "gives", endpoint.responses.iter().map(response).collect());
    let fields = endpoint.sensitive.iter().map(|s| format!("{} · {} by rule {}", s.place, s.class, s.rule));
    section(&mut out, "holds", fields.collect());
    out
}

fn section(out: &mut Vec<(&'static str, String)>, label: &'static str, lines: Vec<String>) {
    for (at, line) in lines.into_iter().enumerate() {
        out.push((if at == 0 { label } else { "" }, one_line(&line)));
    }
}

fn parameter(parameter: &Parameter) -> String {
    let mut text = format!("{} {}", parameter.location, parameter.name);
    if let Some(type_name) = &parameter.type_name {
        text.push_str(&format!(": {type_name}"));
    }
    if let Some(pattern) = &parameter.pattern {
        text.push_str(&format!(" matching {pattern}"));
    }
    if parameter.catch_all {
        text.push_str(" (the rest of the path)");
    }
    if !parameter.required {
        text.push_str(" (optional)");
    }
    if let Some(tag) = &parameter.sensitive {
        text.push_str(&format!(" · {} by rule {}", tag.class, tag.rule));
    }
    text
}

/// A schema in few words: its name, or its type with the names of its properties.
fn shape(schema: &Value, depth: u8) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.trim_start_matches("#/schemas/").to_owned();
    }
    if depth < 3 {
        for word in ["anyOf", "oneOf", "allOf"] {
            if let Some(all) = schema.get(word).and_then(Value::as_array) {
                return all.iter().map(|one| shape(one, depth + 1)).collect::<Vec<_>>().join(if word == "allOf" { " & " } else { " | " });
            }
        }
        if let Some(items) = schema.get("items") {
            return format!("{}[]", shape(items, depth + 1));
        }
    }
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let name = |name: &String| if required.contains(&name.as_str()) { name.clone() } else { format!("{name}?") };
        let mut names: Vec<String> = properties.keys().take(MOST_PROPERTIES).map(name).collect();
        if properties.len() > MOST_PROPERTIES {
            names.push(format!("… {} more", properties.len() - MOST_PROPERTIES));
        }
        return format!("{{{}}}", names.join(", "));
    }
    let word = ["format", "type", "x-apicensus-type"].iter().find_map(|key| schema.get(key)?.as_str());
    word.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_are_told_in_few_words() {
        assert_eq!(shape(&json!({"$ref": "#/schemas/Order"}), 0), "Order");
        assert_eq!(shape(&json!({"items": {"$ref": "#/schemas/Order"}}), 0), "Order[]");
        assert_eq!(shape(&json!({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}), 0), "date | null");
        assert_eq!(shape(&json!({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}), 0), "{a?, b}");
    }
}
