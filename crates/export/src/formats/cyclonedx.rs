//! CycloneDX 1.6 and 1.7 (<https://cyclonedx.org/docs/1.6/json/#services>): the services with their endpoints as IRI references, whether
//! they ask for an identity, the classes of data that flow, and the services of others that the code calls.
//!
//! `authenticated` is said only where it is known of all endpoints of a service. `x-trust-boundary` is true where anyone may call,
//! and for services of others. No time and no serial number, so that the same catalog gives the same bytes.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{Audience, AuthState, Endpoint, SensitiveClass, Service};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A version of the format.
pub struct CycloneDx {
    pub name: &'static str,
    pub about: &'static str,
    pub version: &'static str,
}

pub const V16: CycloneDx =
    CycloneDx { name: "cyclonedx", about: "CycloneDX 1.6 services, with data classes and trust boundaries", version: "1.6" };
pub const V17: CycloneDx = CycloneDx { name: "cyclonedx-1.7", about: "The same as CycloneDX 1.7", version: "1.7" };

impl Exporter for CycloneDx {
    fn name(&self) -> &'static str {
        self.name
    }
    fn about(&self) -> &'static str {
        self.about
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let catalog = input.catalog;
        let tool = json!({"type": "application", "name": catalog.tool.name, "version": catalog.tool.version});
        let mut services: Vec<Value> = catalog.services.iter().map(|s| service(s, input)).collect();
        services.extend(others(input));
        let document = json!({
            "$schema": format!("http://cyclonedx.org/schema/bom-{}.schema.json", self.version),
            "bomFormat": "CycloneDX",
            "specVersion": self.version,
            "version": 1,
            "metadata": {"tools": {"components": [tool]}},
            "services": services,
        });
        Exported::text(json(&document), Vec::new())
    }
}

fn service(service: &Service, input: &Input<'_>) -> Value {
    let own: Vec<&Endpoint> = input.catalog.endpoints.iter().filter(|e| e.service == service.id).collect();
    let has_url = input.options.base_url.is_some() || input.host(&service.id) != input.options.host();
    let base = if has_url { input.host(&service.id) } else { service.base_urls.first().map_or("", |u| u.trim_end_matches('/')) };
    // The format wants each reference once; methods are properties.
    let paths: BTreeSet<String> = own.iter().map(|e| format!("{base}{}", iri(&e.path))).collect();
    let mut out = json!({
        "bom-ref": format!("service:{}", if service.id.is_empty() { "." } else { &service.id }),
        "name": escape::line(&service.name),
        "endpoints": paths,
    });
    if let Some(owner) = service.owners.first() {
        out["provider"] = json!({"name": escape::line(owner)});
    }
    let is_open = |e: &&Endpoint| matches!(e.auth.state, AuthState::None | AuthState::Public | AuthState::Optional);
    if own.iter().any(is_open) {
        out["authenticated"] = json!(false);
        out["x-trust-boundary"] = json!(true);
    } else if !own.is_empty() && own.iter().all(|e| e.auth.state == AuthState::Required) {
        out["authenticated"] = json!(true);
    }
    let data = data(&own);
    if !data.is_empty() {
        out["data"] = json!(data);
    }
    let mut properties = vec![json!({"name": "apicensus:endpoints", "value": own.len().to_string()})];
    for state in AuthState::ALL {
        let count = own.iter().filter(|e| e.auth.state == *state).count();
        if count > 0 {
            properties.push(json!({"name": format!("apicensus:auth:{state}"), "value": count.to_string()}));
        }
    }
    for (key, words) in [("framework", &service.frameworks), ("language", &service.languages)] {
        properties.extend(words.iter().map(|w| json!({"name": format!("apicensus:{key}"), "value": escape::line(w)})));
    }
    for endpoint in &own {
        let value = format!("{} {} {} {}", endpoint.protocol, endpoint.method, endpoint.path, endpoint.auth.state);
        properties.push(json!({"name": "apicensus:endpoint", "value": escape::line(&value)}));
    }
    out["properties"] = json!(properties);
    out
}

/// A template as an IRI reference (RFC 3987).
fn iri(path: &str) -> String {
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", escape::literal(path))
}

/// The classes of data of a service: which way they flow, and the fields.
fn data(own: &[&Endpoint]) -> Vec<Value> {
    let mut flows: BTreeMap<SensitiveClass, (bool, bool, BTreeSet<String>)> = BTreeMap::new();
    for endpoint in own {
        let fields = endpoint.sensitive.iter().map(|s| (s.class, s.place.starts_with("response"), s.place.clone()));
        let parameters =
            endpoint.parameters.iter().filter_map(|p| Some((p.sensitive.as_ref()?.class, false, format!("{}.{}", p.location, p.name))));
        for (class, is_out, field) in fields.chain(parameters) {
            let flow = flows.entry(class).or_default();
            flow.0 |= !is_out;
            flow.1 |= is_out;
            flow.2.insert(escape::line(&field));
        }
    }
    let entry = |(class, (takes, gives, fields)): (SensitiveClass, (bool, bool, BTreeSet<String>))| {
        let flow = match (takes, gives) {
            (true, true) => "bi-directional",
            (true, false) => "inbound",
            _ => "outbound",
        };
        let fields: Vec<String> = fields.into_iter().take(50).collect();
        json!({"flow": flow, "classification": class, "name": class, "description": fields.join(", ")})
    };
    flows.into_iter().map(entry).collect()
}

/// The services that deployed code calls, by host; a host that is not known is left to the catalog.
fn others(input: &Input<'_>) -> Vec<Value> {
    let calls = input.catalog.outbound.calls.iter().filter(|c| c.audience == Audience::Production && !c.url.contains("{?"));
    let mut hosts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for call in calls {
        if let Some(host) = call.host.as_deref().filter(|h| h.contains("://")) {
            hosts.entry(host).or_default().insert(escape::url(&call.url));
        }
    }
    let entry = |(host, urls): (&str, BTreeSet<String>)| {
        let name = host.split_once("://").map_or(host, |(_, rest)| rest);
        json!({
            "bom-ref": format!("outbound:{}", escape::line(host)),
            "name": escape::line(name),
            "endpoints": urls,
            "x-trust-boundary": true,
            "properties": [{"name": "apicensus:outbound", "value": "true"}],
        })
    };
    hosts.into_iter().map(entry).collect()
}
