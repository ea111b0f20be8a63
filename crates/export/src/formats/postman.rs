//! Postman Collection 2.1: <https://schema.getpostman.com/json/collection/v2.1.0/collection.json>. A folder a service, a
//! request an operation, with typed samples. Variables `baseUrl` and `token`.

use super::json;
use crate::operation::{Operation, operations};
use crate::{Exported, Exporter, Input, escape, sample};
use apicensus_catalog::ParameterIn;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub struct Postman;

impl Exporter for Postman {
    fn name(&self) -> &'static str {
        "postman"
    }
    fn about(&self) -> &'static str {
        "Postman collection 2.1, with samples"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input.catalog);
        let mut folders: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for operation in &operations {
            folders.entry(operation.endpoint.service.as_str()).or_default().push(request(operation));
        }
        let name = |id: &str| input.catalog.services.iter().find(|s| s.id == id).map_or(id, |s| s.name.as_str()).to_owned();
        let items: Vec<Value> = folders.into_iter().map(|(id, items)| json!({"name": plain(&name(id)), "item": items})).collect();
        let collection = json!({
            "info": {
                "name": "apicensus",
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
            "item": items,
            "variable": [
                {"key": "baseUrl", "value": input.options.host()},
                {"key": "token", "value": ""},
            ],
        });
        Exported { text: json(&collection), left_out }
    }
}

/// Text that Postman takes as it is: no `{{variables}}`.
fn plain(text: &str) -> String {
    escape::line(text).replace("{{", "{ {")
}

fn request(operation: &Operation<'_>) -> Value {
    let path = operation.path.trim_start_matches('/');
    let parts: Vec<String> = path.split('/').map(|p| segment(operation, p)).collect();
    let variables: Vec<Value> = whole_segments(path)
        .map(|name| {
            let value = operation.parameters.iter().find(|p| p.location == ParameterIn::Path && p.name == name);
            json!({"key": name, "value": value.map_or_else(|| "1".to_owned(), |p| plain(&sample::text(&p.sample)))})
        })
        .collect();
    let query: Vec<Value> = operation
        .parameters
        .iter()
        .filter(|p| p.location == ParameterIn::Query)
        .map(|p| json!({"key": plain(&p.name), "value": plain(&sample::text(&p.sample)), "disabled": !p.required}))
        .collect();
    let mut headers: Vec<Value> = operation
        .parameters
        .iter()
        .filter(|p| p.location == ParameterIn::Header)
        .map(|p| json!({"key": p.name, "value": plain(&sample::text(&p.sample)), "disabled": !p.required}))
        .collect();
    if let Some((name, value)) = operation.proof_header("{{token}}") {
        headers.push(json!({"key": name, "value": value}));
    }
    let mut url = json!({
        "raw": format!("{{{{baseUrl}}}}/{}", parts.join("/")),
        "host": ["{{baseUrl}}"],
        "path": parts,
    });
    if !query.is_empty() {
        url["query"] = Value::Array(query);
    }
    if !variables.is_empty() {
        url["variable"] = Value::Array(variables);
    }
    let mut request = json!({"method": operation.method, "url": url});
    if let Some((body, text)) = operation.body() {
        if body.content_type.contains("form-data") {
            let fields = body.sample.as_ref().and_then(Value::as_object).into_iter().flatten();
            let fields: Vec<Value> =
                fields.map(|(n, v)| json!({"key": plain(n), "value": plain(&sample::text(v)), "type": "text"})).collect();
            request["body"] = json!({"mode": "formdata", "formdata": fields});
        } else if body.content_type.contains("urlencoded") {
            let fields = body.sample.as_ref().and_then(Value::as_object).into_iter().flatten();
            let fields: Vec<Value> = fields.map(|(n, v)| json!({"key": plain(n), "value": plain(&sample::text(v))})).collect();
            request["body"] = json!({"mode": "urlencoded", "urlencoded": fields});
        } else {
            headers.push(json!({"key": "Content-Type", "value": body.content_type}));
            request["body"] = json!({"mode": "raw", "raw": text.replace("{{", "{ {")});
        }
    }
    if !headers.is_empty() {
        request["header"] = Value::Array(headers);
    }
    json!({"name": plain(&format!("{} {}", operation.method, operation.path)), "request": request})
}

/// `:name` for a segment that is one parameter, a sample in any other.
fn segment(operation: &Operation<'_>, part: &str) -> String {
    if let Some(name) = whole(part) {
        return format!(":{name}");
    }
    let mut out = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&escape::literal(before));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = operation.parameters.iter().find(|p| p.location == ParameterIn::Path && p.name == name);
        out.push_str(&escape::path(&value.map_or_else(|| "1".to_owned(), |p| sample::text(&p.sample)), false));
        rest = after;
    }
    out.push_str(&escape::literal(rest));
    out
}

fn whole(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.contains(['{', '}']))
}

fn whole_segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(whole)
}
