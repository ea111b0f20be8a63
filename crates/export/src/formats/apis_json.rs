//! APIs.json 0.18 (<https://apisjson.org>): an index of the services with the contracts of the tree. What the format asks for and code
//! does not say (an image, a page for people) is empty or the service's own URL.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{ContractKind, ContractRole, Service};
use serde_json::{Value, json};

pub struct ApisJson;

impl Exporter for ApisJson {
    fn name(&self) -> &'static str {
        "apis-json"
    }
    fn about(&self) -> &'static str {
        "APIs.json 0.18 index"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let catalog = input.catalog;
        let owners: Vec<&String> = catalog.services.iter().flat_map(|s| &s.owners).collect();
        let maintainers: Vec<Value> = if owners.is_empty() {
            vec![json!({"FN": "unknown"})]
        } else {
            owners.iter().map(|o| json!({"FN": escape::line(o)})).collect()
        };
        let name = catalog.repositories.first().map_or("", |r| r.name.as_str());
        let document = json!({
            "aid": "apicensus:index",
            "name": long(&format!("APIs of {name}"), 50),
            "description": "Made from source code by apicensus: what the code would serve.",
            "type": "Index",
            "url": format!("{}/apis.json", input.options.host()),
            "specificationVersion": "0.18",
            "tags": ["apicensus"],
            "apis": catalog.services.iter().map(|s| api(s, input)).collect::<Vec<_>>(),
            "maintainers": maintainers,
        });
        Exported::text(json(&document), Vec::new())
    }
}

fn api(service: &Service, input: &Input<'_>) -> Value {
    let host = input.host(&service.id);
    let endpoints = input.catalog.endpoints.iter().filter(|e| e.service == service.id).count();
    let described = input.catalog.contracts.iter().filter(|c| c.role == ContractRole::Describes);
    let properties: Vec<Value> = described
        .filter(|c| c.services.iter().any(|s| s.service == service.id))
        .map(|c| json!({"type": kind(c.kind), "url": escape::path(&c.file, true)}))
        .collect();
    let mut tags: Vec<String> =
        service.languages.iter().chain(&service.frameworks).map(|t| escape::line(t)).filter(|t| !t.is_empty()).collect();
    tags.dedup();
    json!({
        "aid": format!("apicensus:{}", escape::file(&service.id)),
        "name": long(&format!("{} API", service.name), 200),
        "description": format!("{endpoints} endpoints."),
        "image": "",
        "humanURL": host,
        "baseURL": host,
        "tags": tags,
        "properties": properties,
    })
}

fn long(text: &str, most: usize) -> String {
    escape::line(text).chars().take(most).collect()
}

fn kind(kind: ContractKind) -> &'static str {
    match kind {
        ContractKind::Openapi => "OpenAPI",
        ContractKind::Swagger => "Swagger",
        ContractKind::Asyncapi => "AsyncAPI",
        ContractKind::Graphql => "GraphQLSchema",
        ContractKind::Postman => "PostmanCollection",
        ContractKind::Wsdl => "WSDL",
        ContractKind::Protobuf => "X-Protobuf",
        ContractKind::Har => "X-HAR",
        ContractKind::Raml => "RAML",
        _ => "X-Description",
    }
}
