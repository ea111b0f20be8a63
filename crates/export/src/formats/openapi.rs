//! OpenAPI 3.1 (or 3.0.3 or 3.2): <https://spec.openapis.org/oas/v3.1.0>. One document for what was selected; a service with
//! a URL of its own has it at its operations.
//!
//! The profile `full` says all that is known. `dast` is for scanners, which reach more handlers with less: plain types, no
//! unions, one kind of token, no body of which nothing is known. At most one server, the one asked for. `security` is
//! empty only where an endpoint is known to be open, and absent where that is not known.

use super::json;
use crate::operation::{Operation, merged_operations, says_something};
use crate::request::Proof;
use crate::schema::Schemas;
use crate::{Exported, Exporter, Input, OpenApiVersion, Parameter, Profile};
use apicensus_catalog::{AuthState, ParameterIn};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub struct OpenApi;

impl Exporter for OpenApi {
    fn name(&self) -> &'static str {
        "openapi"
    }
    fn about(&self) -> &'static str {
        "OpenAPI document (--profile dast for scanners, --openapi-version 3.0, 3.1 or 3.2)"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (document, left_out) = document(input, input.options.profile, input.options.openapi);
        Exported::text(json(&document), left_out)
    }
}

/// Methods that a path item of every version has.
pub const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

/// The document, and what it can't say; other formats hand it to their tools.
pub fn document(input: &Input<'_>, profile: Profile, version: OpenApiVersion) -> (Value, Vec<(usize, &'static str)>) {
    let (operations, mut left_out) = merged_operations(input);
    let options = input.options;
    let writer = Writer { dast: profile == Profile::Dast, version };
    let mut schemas = Schemas::new(&input.catalog.schemas, writer.is_old(), writer.dast);
    let mut paths = Map::new();
    let (mut proofs, mut tags, mut foreign) = (BTreeSet::new(), BTreeSet::new(), 0);
    for operation in &operations {
        if !writer.has_method(&operation.method) {
            foreign += 1;
            continue;
        }
        proofs.extend(writer.proofs(operation));
        let tag = tag(input, &operation.endpoint.service);
        let mut written = writer.operation(operation, &tag, &mut schemas);
        tags.insert(tag);
        let host = input.host(&operation.endpoint.service);
        if host != options.host() {
            written["servers"] = json!([{"url": host}]);
        }
        if !input.catalog.tested.is_empty() {
            written["x-apicensus-tested"] = json!(input.catalog.tested.is_exercised(&operation.endpoint.id));
        }
        put(&mut paths, operation, written);
    }
    if foreign > 0 {
        left_out.push((foreign, "a method that this version of OpenAPI does not have"));
    }
    let names: Vec<&str> = input.catalog.services.iter().map(|s| s.name.as_str()).collect();
    let title = if names.is_empty() { "API".to_owned() } else { crate::escape::line(&names.join(", ")) };
    let mut document = json!({
        "openapi": writer.word(),
        "info": {
            "title": title,
            "version": "0.0.0",
            "description": "Made from source code by apicensus: what the code would serve, not what it says of itself.",
        },
        "servers": [{"url": options.base_url.as_deref().map_or("/", |url| if url.len() > 1 { url.trim_end_matches('/') } else { url })}],
        "tags": tags.iter().map(|t| json!({"name": t})).collect::<Vec<_>>(),
        "paths": paths,
    });
    let mut components = Map::new();
    if !schemas.used.is_empty() {
        components.insert("schemas".to_owned(), json!(schemas.used));
    }
    if !proofs.is_empty() {
        let all: Map<String, Value> = proofs.iter().map(|p| (name(*p).to_owned(), scheme(*p))).collect();
        components.insert("securitySchemes".to_owned(), Value::Object(all));
    }
    if !components.is_empty() {
        document["components"] = Value::Object(components);
    }
    (document, left_out)
}

/// Puts an operation into its path item: under its method, or among the further ones that 3.2 has.
fn put(paths: &mut Map<String, Value>, operation: &Operation<'_>, written: Value) {
    let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
    let method = operation.method.to_ascii_lowercase();
    if METHODS.contains(&operation.method.as_str()) || method == "query" {
        item[method] = written;
    } else {
        if item.get("additionalOperations").is_none() {
            item["additionalOperations"] = json!({});
        }
        item["additionalOperations"][&operation.method] = written;
    }
}

/// The tag of a service's operations: its name, with its id where another one has that name too.
fn tag(input: &Input<'_>, id: &str) -> String {
    let services = &input.catalog.services;
    let name = services.iter().find(|s| s.id == id).map_or(id, |s| s.name.as_str());
    let is_shared = services.iter().any(|s| s.id != id && s.name == name);
    crate::escape::line(&if is_shared { format!("{name} ({id})") } else { name.to_owned() })
}

struct Writer {
    dast: bool,
    version: OpenApiVersion,
}

impl Writer {
    fn is_old(&self) -> bool {
        self.version == OpenApiVersion::V30
    }

    fn word(&self) -> &'static str {
        match self.version {
            OpenApiVersion::V30 => "3.0.3",
            OpenApiVersion::V31 => "3.1.0",
            OpenApiVersion::V32 => "3.2.0",
        }
    }

    /// 3.2 takes any method, each as it is written; the older ones have a list.
    fn has_method(&self, method: &str) -> bool {
        METHODS.contains(&method) || self.version == OpenApiVersion::V32
    }

    /// Scanners get one kind of token; what 3.0 has no word for is a token there too.
    fn proofs(&self, operation: &Operation<'_>) -> BTreeSet<Proof> {
        let all = operation.proofs();
        if self.dast && !all.is_empty() && all.iter().all(|p| matches!(p, Proof::Bearer | Proof::Session | Proof::Mtls)) {
            return BTreeSet::from([Proof::Bearer]);
        }
        all.into_iter().map(|p| if p == Proof::Mtls && self.is_old() { Proof::Bearer } else { p }).collect()
    }

    fn operation(&self, operation: &Operation<'_>, tag: &str, schemas: &mut Schemas<'_>) -> Value {
        let endpoint = operation.endpoint;
        let mut out = Map::new();
        out.insert("operationId".to_owned(), json!(operation.id));
        out.insert("summary".to_owned(), json!(operation.title()));
        out.insert("tags".to_owned(), json!([tag]));
        if endpoint.lifecycle.deprecated {
            out.insert("deprecated".to_owned(), json!(true));
        }
        let parameters: Vec<Value> = operation.parameters.iter().map(|p| self.parameter(p, schemas)).collect();
        if !parameters.is_empty() {
            out.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if let Some(body) = self.body(operation, schemas) {
            out.insert("requestBody".to_owned(), body);
        }
        out.insert("responses".to_owned(), self.responses(operation, schemas));
        let security: Vec<Value> = self.proofs(operation).iter().map(|p| json!({name(*p): []})).collect();
        match endpoint.auth.state {
            AuthState::Required => drop(out.insert("security".to_owned(), Value::Array(security))),
            AuthState::Optional => {
                let open = [json!({})].into_iter();
                out.insert("security".to_owned(), Value::Array(open.chain(security).collect()));
            }
            AuthState::None | AuthState::Public => drop(out.insert("security".to_owned(), json!([]))),
            AuthState::Unknown => {}
        }
        self.own_words(operation, &mut out);
        Value::Object(out)
    }

    /// What OpenAPI has no word for.
    fn own_words(&self, operation: &Operation<'_>, out: &mut Map<String, Value>) {
        let endpoint = operation.endpoint;
        out.insert("x-apicensus-id".to_owned(), json!(endpoint.id));
        let auth = &endpoint.auth;
        let mut said = json!({"state": auth.state});
        for (key, list) in [("scopes", &auth.scopes), ("roles", &auth.roles)] {
            if !list.is_empty() {
                said[key] = json!(list);
            }
        }
        if !auth.schemes.is_empty() {
            said["schemes"] = json!(auth.schemes.iter().map(|s| s.kind).collect::<Vec<_>>());
        }
        out.insert("x-apicensus-auth".to_owned(), said);
        if endpoint.raw_path != operation.path {
            out.insert("x-apicensus-path".to_owned(), json!(endpoint.raw_path));
        }
        if operation.is_chosen {
            out.insert("x-apicensus-method".to_owned(), json!("ANY"));
        }
        if operation.is_destructive {
            out.insert("x-apicensus-destructive".to_owned(), json!(true));
        }
        if let Some(handler) = &endpoint.handler {
            out.insert("x-apicensus-handler".to_owned(), json!(format!("{}:{} {}", handler.file, handler.line, handler.symbol).trim_end()));
        }
    }

    fn parameter(&self, parameter: &Parameter, schemas: &mut Schemas<'_>) -> Value {
        let schema = schemas.turn(&parameter.schema);
        let schema = if says_something(&schema) { schema } else { json!({"type": "string"}) };
        let mut out = json!({
            "name": parameter.name,
            "in": parameter.location,
            "required": parameter.required || parameter.location == ParameterIn::Path,
            "schema": schema,
        });
        if parameter.location == ParameterIn::Path || self.dast && parameter.required {
            out["example"] = parameter.sample.clone();
        }
        if parameter.catch_all {
            out["x-apicensus-catch-all"] = json!(true);
        }
        out
    }

    /// A body of which nothing is known is left out of forms, where it stops scanners, and of the plain profile.
    fn body(&self, operation: &Operation<'_>, schemas: &mut Schemas<'_>) -> Option<Value> {
        let mut content = Map::new();
        for body in &operation.bodies {
            let schema = schemas.turn(&body.schema);
            let is_form = body.content_type.contains("form");
            if !says_something(&schema) && (is_form || self.dast) {
                continue;
            }
            let mut media = json!({"schema": schema});
            if let (true, Some(sample)) = (self.dast, body.sample.as_ref().filter(|s| !has_reference(s))) {
                media["example"] = sample.clone();
            }
            content.insert(body.content_type.clone(), media);
        }
        let required = operation.bodies.iter().any(|b| b.required);
        (!content.is_empty()).then(|| json!({"required": required, "content": content}))
    }

    fn responses(&self, operation: &Operation<'_>, schemas: &mut Schemas<'_>) -> Value {
        let mut out = Map::new();
        for response in operation.endpoint.responses.iter().filter(|r| (100..600).contains(&r.status)) {
            let entry = out.entry(response.status.to_string()).or_insert_with(|| json!({"description": reason(response.status)}));
            if let (Some(kind), false) = (&response.content_type, self.dast) {
                let schema = response.schema.as_ref().map_or_else(|| json!({}), |s| schemas.turn(s));
                let kind = crate::escape::line(kind);
                if entry.get("content").is_none() {
                    entry["content"] = json!({});
                }
                // What comes one by one has a keyword of its own in 3.2.
                let is_stream = matches!(kind.as_str(), "text/event-stream" | "application/jsonl" | "application/x-ndjson");
                let key = if is_stream && self.version == OpenApiVersion::V32 { "itemSchema" } else { "schema" };
                entry["content"][kind] = json!({key: schema});
            }
        }
        out.insert("default".to_owned(), json!({"description": "Any answer"}));
        Value::Object(out)
    }
}

/// Whether a sample has a field that readers would follow as a reference.
fn has_reference(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| name == "$ref" || has_reference(value)),
        Value::Array(all) => all.iter().any(has_reference),
        _ => false,
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        100..=199 => "Informational",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No content",
        205..=299 | 203 => "Success",
        300..=399 => "Elsewhere",
        400 => "Bad request",
        401 => "No identity",
        403 => "No right",
        404 => "Not found",
        409 => "Conflict",
        422 => "Not valid",
        500..=599 => "Fault of the server",
        _ => "Refused",
    }
}

fn name(proof: Proof) -> &'static str {
    match proof {
        Proof::Bearer => "bearer",
        Proof::Basic => "basic",
        Proof::ApiKey => "apiKey",
        Proof::Session => "session",
        Proof::Mtls => "mutualTls",
    }
}

fn scheme(proof: Proof) -> Value {
    match proof {
        Proof::Bearer => json!({"type": "http", "scheme": "bearer"}),
        Proof::Basic => json!({"type": "http", "scheme": "basic"}),
        Proof::ApiKey => json!({"type": "apiKey", "in": "header", "name": "X-API-Key"}),
        Proof::Session => json!({"type": "apiKey", "in": "cookie", "name": "session"}),
        Proof::Mtls => json!({"type": "mutualTLS"}),
    }
}
