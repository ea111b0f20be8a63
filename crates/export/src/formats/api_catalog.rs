//! The API catalog of RFC 9727 as a linkset (RFC 9264), to be served at `/.well-known/api-catalog` as
//! `application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"`. A
//! service is an item; below its anchor stand its contracts and what tells that it is well.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{ByDesign, ContractKind, ContractRole, Service};
use serde_json::{Value, json};

pub struct ApiCatalog;

impl Exporter for ApiCatalog {
    fn name(&self) -> &'static str {
        "api-catalog"
    }
    fn about(&self) -> &'static str {
        "RFC 9727 api-catalog (linkset JSON)"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let own = input.options.host();
        let items: Vec<Value> =
            input.catalog.services.iter().map(|s| json!({"href": anchor(s, input), "title": escape::line(&s.name)})).collect();
        let mut linkset = vec![json!({"anchor": format!("{own}/.well-known/api-catalog"), "item": items})];
        linkset.extend(input.catalog.services.iter().map(|s| context(s, input)));
        // The set is the only member (RFC 9264, 4.2); the profile belongs to the media type.
        Exported::text(json(&json!({"linkset": linkset})), Vec::new())
    }
}

/// Where a service is; services on one URL are told apart by a fragment.
fn anchor(service: &Service, input: &Input<'_>) -> String {
    let host = input.host(&service.id);
    let shared = input.catalog.services.iter().filter(|s| input.host(&s.id) == host).count() > 1;
    if shared { format!("{host}/#{}", escape::query(&service.name)) } else { format!("{host}/") }
}

fn context(service: &Service, input: &Input<'_>) -> Value {
    let mut out = json!({"anchor": anchor(service, input)});
    let described = input.catalog.contracts.iter().filter(|c| c.role == ContractRole::Describes);
    let descriptions: Vec<Value> = described
        .filter(|c| c.services.iter().any(|s| s.service == service.id))
        .map(|c| json!({"href": escape::path(&c.file, true), "type": media(c.kind), "title": escape::line(&c.title)}))
        .collect();
    if !descriptions.is_empty() {
        out["service-desc"] = json!(descriptions);
    }
    let health =
        input.catalog.endpoints.iter().filter(|e| {
            e.service == service.id && e.auth.by_design == Some(ByDesign::Health) && e.method == "GET" && !e.path.contains('{')
        });
    let status: Vec<Value> = health.map(|e| json!({"href": format!("{}{}", input.host(&service.id), escape::literal(&e.path))})).collect();
    if !status.is_empty() {
        out["status"] = json!(status);
    }
    out
}

fn media(kind: ContractKind) -> &'static str {
    match kind {
        ContractKind::Openapi | ContractKind::Swagger => "application/vnd.oai.openapi",
        ContractKind::Asyncapi => "application/vnd.aai.asyncapi",
        ContractKind::Graphql => "application/graphql",
        ContractKind::Postman | ContractKind::Har => "application/json",
        ContractKind::Wsdl => "application/wsdl+xml",
        _ => "text/plain",
    }
}
