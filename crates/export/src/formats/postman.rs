//! Postman Collection 2.1: <https://schema.getpostman.com/json/collection/v2.1.0/collection.json>. A folder a service, a
//! request an operation, with typed samples. Variables `baseUrl` and `token`.

use super::json;
use crate::operation::{Operation, operations};
use crate::request::Proof;
use crate::{Exported, Exporter, Input, escape, sample};
use apicensus_catalog::{AuthState, ParameterIn};
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
        let (operations, left_out) = operations(input);
        let mut folders: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for operation in &operations {
            folders
                .entry(operation.endpoint.service.as_str())
                .or_default()
                .push(request(operation, &input.variable(&operation.endpoint.service, "baseUrl")));
        }
        let name = |id: &str| input.catalog.services.iter().find(|s| s.id == id).map_or(id, |s| s.name.as_str()).to_owned();
        let items: Vec<Value> = folders.into_iter().map(|(id, items)| json!({"name": plain(&name(id)), "item": items})).collect();
        let urls = input.variables("baseUrl").into_iter().map(|(name, url)| json!({"key": name, "value": url}));
        let variables: Vec<Value> = urls.chain([json!({"key": "token", "value": ""}), json!({"key": "username", "value": ""})]).collect();
        let collection = json!({
            "info": {
                "name": "apicensus",
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            },
            "item": items,
            "auth": bearer(),
            "variable": variables,
        });
        Exported::text(json(&collection), left_out)
    }
}

/// Text that Postman takes as it is: no `{{variables}}`.
fn plain(text: &str) -> String {
    escape::line(text).replace("{{", "{ {")
}

/// The collection's way to prove an identity; requests inherit it unless they say otherwise.
fn bearer() -> Value {
    json!({"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]})
}

/// A request's own way: none where none is asked for, and nothing where the collection's will do.
fn auth(operation: &Operation<'_>) -> Option<Value> {
    let pair = |key: &str, value: &str| json!({"key": key, "value": value, "type": "string"});
    match operation.proofs().first() {
        None if operation.endpoint.auth.state == AuthState::Unknown => None,
        None | Some(Proof::Session | Proof::Mtls) => Some(json!({"type": "noauth"})),
        Some(Proof::Bearer) => None,
        Some(Proof::Basic) => Some(json!({"type": "basic", "basic": [pair("username", "{{username}}"), pair("password", "{{token}}")]})),
        Some(Proof::ApiKey) => {
            let header = [pair("key", "X-API-Key"), pair("value", "{{token}}"), pair("in", "header")];
            Some(json!({"type": "apikey", "apikey": header}))
        }
    }
}

fn request(operation: &Operation<'_>, url_variable: &str) -> Value {
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
    let mut cookies: Vec<String> =
        operation.needed(ParameterIn::Cookie).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
    if operation.proofs().first() == Some(&Proof::Session) {
        cookies.push("session={{token}}".to_owned());
    }
    if !cookies.is_empty() {
        headers.push(json!({"key": "Cookie", "value": cookies.join("; ")}));
    }
    let mut url = json!({
        "raw": format!("{{{{{url_variable}}}}}/{}", parts.join("/")),
        "host": [format!("{{{{{url_variable}}}}}")],
        "path": parts,
    });
    if !query.is_empty() {
        url["query"] = Value::Array(query);
    }
    if !variables.is_empty() {
        url["variable"] = Value::Array(variables);
    }
    let mut request = json!({"method": operation.method, "url": url});
    if let Some(body) = body(operation, &mut headers) {
        request["body"] = body;
    }
    if !headers.is_empty() {
        request["header"] = Value::Array(headers);
    }
    if let Some(auth) = auth(operation) {
        request["auth"] = auth;
    }
    json!({"name": plain(&format!("{} {}", operation.method, operation.path)), "request": request})
}

/// The body to send; the header that a text needs goes among the headers.
fn body(operation: &Operation<'_>, headers: &mut Vec<Value>) -> Option<Value> {
    let (body, text) = operation.body()?;
    let fields = || body.sample.as_ref().and_then(Value::as_object).into_iter().flatten();
    if body.content_type.contains("form-data") {
        let pair = |(n, v): (&String, &Value)| json!({"key": plain(n), "value": plain(&sample::text(v)), "type": "text"});
        return Some(json!({"mode": "formdata", "formdata": fields().map(pair).collect::<Vec<_>>()}));
    }
    if body.content_type.contains("urlencoded") {
        let pair = |(n, v): (&String, &Value)| json!({"key": plain(n), "value": plain(&sample::text(v))});
        return Some(json!({"mode": "urlencoded", "urlencoded": fields().map(pair).collect::<Vec<_>>()}));
    }
    headers.push(json!({"key": "Content-Type", "value": body.content_type}));
    Some(json!({"mode": "raw", "raw": text.replace("{{", "{ {")}))
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
