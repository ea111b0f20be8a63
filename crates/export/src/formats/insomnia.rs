//! An Insomnia export of format 4 (<https://docs.insomnia.rest/insomnia/import-export-data>): a folder a service, a request an
//! operation with samples, and one environment that holds URLs and the token.

use super::json;
use crate::operation::{Operation, operations};
use crate::request::Proof;
use crate::{Exported, Exporter, Input, escape, sample};
use apicensus_catalog::ParameterIn;
use serde_json::{Map, Value, json};

pub struct Insomnia;

impl Exporter for Insomnia {
    fn name(&self) -> &'static str {
        "insomnia"
    }
    fn about(&self) -> &'static str {
        "Insomnia export (format 4), with samples"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let tool = &input.catalog.tool;
        let mut resources =
            vec![json!({"_id": "wrk_1", "_type": "workspace", "parentId": null, "name": "apicensus", "scope": "collection"})];
        let mut data: Map<String, Value> = input.variables("base_url").into_iter().map(|(name, url)| (name, json!(plain(url)))).collect();
        data.insert("token".to_owned(), json!(""));
        data.insert("username".to_owned(), json!(""));
        resources.push(json!({"_id": "env_1", "_type": "environment", "parentId": "wrk_1", "name": "Base Environment", "data": data}));
        let position = |id: &str| input.catalog.services.iter().position(|s| s.id == id).unwrap_or(0) + 1;
        for (at, service) in input.catalog.services.iter().enumerate() {
            let id = format!("fld_{}", at + 1);
            resources.push(json!({"_id": id, "_type": "request_group", "parentId": "wrk_1", "name": plain(&service.name)}));
        }
        for (at, operation) in operations.iter().enumerate() {
            let parent = format!("fld_{}", position(&operation.endpoint.service));
            resources.push(request(operation, at + 1, &parent, &input.variable(&operation.endpoint.service, "base_url")));
        }
        let source = format!("{}.cli:v{}", tool.name, tool.version);
        let export = json!({"_type": "export", "__export_format": 4, "__export_source": source, "resources": resources});
        Exported::text(json(&export), left_out)
    }
}

fn request(operation: &Operation<'_>, number: usize, parent: &str, url: &str) -> Value {
    let pair = |name: &str, value: &str, off: bool| json!({"name": plain(name), "value": plain(value), "disabled": off});
    let of = |location: ParameterIn| {
        let own = operation.parameters.iter().filter(move |p| p.location == location);
        own.map(|p| pair(&p.name, &sample::text(&p.sample), !p.required)).collect::<Vec<Value>>()
    };
    let mut headers = of(ParameterIn::Header);
    let cookies: Vec<String> =
        operation.needed(ParameterIn::Cookie).iter().map(|(n, v)| format!("{}={}", escape::query(n), escape::query(v))).collect();
    let proof = operation.proofs().first().copied();
    let session = (proof == Some(Proof::Session)).then(|| "session={{ _.token }}".to_owned());
    let cookies: Vec<String> = cookies.into_iter().chain(session).collect();
    if !cookies.is_empty() {
        headers.push(json!({"name": "Cookie", "value": cookies.join("; ")}));
    }
    let mut body = json!({});
    if let Some((sent, text)) = operation.body() {
        let fields = || sent.sample.as_ref().and_then(Value::as_object).into_iter().flatten();
        let is_form = sent.content_type.contains("form-data") || sent.content_type.contains("urlencoded");
        body = if is_form {
            let params: Vec<Value> = fields().map(|(n, v)| json!({"name": plain(n), "value": plain(&sample::text(v))})).collect();
            json!({"mimeType": sent.content_type, "params": params})
        } else {
            json!({"mimeType": sent.content_type, "text": plain(&text)})
        };
        if !sent.content_type.contains("form-data") {
            headers.push(pair("Content-Type", &sent.content_type, false));
        }
    }
    json!({
        "_id": format!("req_{number}"),
        "_type": "request",
        "parentId": parent,
        "name": plain(&format!("{} {}", operation.method, operation.path)),
        "description": plain(&operation.title()),
        "method": operation.method,
        "url": format!("{{{{ _.{url} }}}}{}", plain(&operation.sample_path())),
        "parameters": of(ParameterIn::Query),
        "headers": headers,
        "body": body,
        "authentication": authentication(proof),
    })
}

fn authentication(proof: Option<Proof>) -> Value {
    match proof {
        Some(Proof::Bearer) => json!({"type": "bearer", "token": "{{ _.token }}", "prefix": ""}),
        Some(Proof::Basic) => json!({"type": "basic", "username": "{{ _.username }}", "password": "{{ _.token }}"}),
        Some(Proof::ApiKey) => json!({"type": "apikey", "key": "X-API-Key", "value": "{{ _.token }}", "addTo": "header"}),
        Some(Proof::Session | Proof::Mtls) | None => json!({}),
    }
}

/// Text in which the template language of Insomnia finds nothing.
fn plain(text: &str) -> String {
    escape::line(text).replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
}
