//! AsyncAPI 3.0 (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>) of WebSockets and server-sent events. A channel
//! a path; a WebSocket sends and receives, events that it tells apart by name are messages of its channel; server-sent events are only sent. What a message holds is said only where the code says it.

use super::json;
use crate::request::Base;
use crate::schema::Schemas;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{AuthState, Endpoint, ParameterIn, PathState, Protocol, SchemeKind, Streaming};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub struct AsyncApi;

impl Exporter for AsyncApi {
    fn name(&self) -> &'static str {
        "asyncapi"
    }
    fn about(&self) -> &'static str {
        "AsyncAPI 3 document of WebSockets and server-sent events"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut writer = Writer { schemas: Schemas::new(&input.catalog.schemas, false, true), schemes: BTreeMap::new() };
        let (mut channels, mut operations, mut servers) = (Map::new(), Map::new(), Map::new());
        let mut left: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        // The channels of WebSockets by service and path: what they receive under a name comes after them, by its path.
        let mut sockets: BTreeMap<(&str, String), String> = BTreeMap::new();
        for endpoint in &input.catalog.endpoints {
            let is_known = endpoint.path_state != PathState::Pattern && !endpoint.path.contains("{?");
            if endpoint.protocol != Protocol::WebSocket && endpoint.streaming != Some(Streaming::Sse) {
                *left.entry("neither a WebSocket nor events").or_default() += 1;
            } else if !is_known {
                *left.entry("a part of the path is not known").or_default() += 1;
            } else if let Some((mount, event)) = endpoint.path.split_once('#').filter(|_| endpoint.protocol == Protocol::WebSocket) {
                let key = (endpoint.service.as_str(), mount.to_owned());
                let name = sockets.entry(key).or_insert_with(|| {
                    let server = server(input, endpoint, &mut servers);
                    let whole = Endpoint { path: mount.to_owned(), handler: None, bodies: Vec::new(), ..endpoint.clone() };
                    let name = unique(&mut taken, &whole);
                    channels.insert(name.clone(), writer.channel(&whole, &server));
                    name
                });
                writer.event(endpoint, event, name, &mut channels, &mut operations);
            } else {
                let server = server(input, endpoint, &mut servers);
                let name = unique(&mut taken, endpoint);
                channels.insert(name.clone(), writer.channel(endpoint, &server));
                sockets.insert((endpoint.service.as_str(), endpoint.path.clone()), name.clone());
                for action in if endpoint.streaming.is_some() { &["send"][..] } else { &["receive", "send"] } {
                    operations.insert(format!("{name}_{action}"), writer.operation(endpoint, &name, action));
                }
            }
        }
        let mut document = json!({
            "asyncapi": "3.0.0",
            "info": {"title": "apicensus", "version": "0.0.0", "description": "Made from source code by apicensus."},
            "defaultContentType": "application/json",
        });
        for (key, map) in [("servers", servers), ("channels", channels), ("operations", operations)] {
            if !map.is_empty() {
                document[key] = Value::Object(map);
            }
        }
        let mut components = Map::new();
        if !writer.schemas.used.is_empty() {
            components.insert("schemas".to_owned(), json!(writer.schemas.used));
        }
        if !writer.schemes.is_empty() {
            components.insert("securitySchemes".to_owned(), json!(writer.schemes));
        }
        if !components.is_empty() {
            document["components"] = Value::Object(components);
        }
        Exported::text(json(&document), left.into_iter().map(|(reason, count)| (count, reason)).collect())
    }
}

/// The server of an endpoint by name, declared once for URL and protocol.
fn server(input: &Input<'_>, endpoint: &Endpoint, servers: &mut Map<String, Value>) -> String {
    let base = Base::of(input.host(&endpoint.service));
    let is_safe = base.scheme == "https";
    let protocol = match (endpoint.streaming.is_some(), is_safe) {
        (true, true) => "https",
        (true, false) => "http",
        (false, true) => "wss",
        (false, false) => "ws",
    };
    let mut declared = json!({"host": base.authority(), "protocol": protocol});
    if !base.path.is_empty() {
        declared["pathname"] = json!(base.path);
    }
    if let Some((name, _)) = servers.iter().find(|(_, s)| **s == declared) {
        return name.clone();
    }
    let name = format!("{protocol}{}", servers.len() + 1);
    servers.insert(name.clone(), declared);
    name
}

struct Writer<'a> {
    schemas: Schemas<'a>,
    schemes: BTreeMap<&'static str, Value>,
}

impl Writer<'_> {
    fn channel(&mut self, endpoint: &Endpoint, server: &str) -> Value {
        let mut message = json!({"name": "message"});
        let schema = match endpoint.streaming {
            Some(_) => endpoint.responses.iter().find_map(|r| r.schema.as_ref()),
            None => endpoint.bodies.first().map(|b| &b.schema),
        };
        // A payload must be a schema that says something; anything else is left out.
        if let Some(payload) = schema.map(|s| self.schemas.turn(s)).filter(crate::operation::says_something) {
            message["payload"] = payload;
        }
        let mut names: BTreeMap<String, Value> = BTreeMap::new();
        let address = address(&endpoint.path, &mut names);
        let mut channel = json!({
            "address": address,
            "title": escape::line(endpoint.summary.as_deref().unwrap_or(&endpoint.path)),
            "servers": [{"$ref": format!("#/servers/{server}")}],
            "messages": {"message": message},
        });
        if !names.is_empty() {
            channel["parameters"] = json!(names);
        }
        if endpoint.protocol == Protocol::WebSocket {
            channel["bindings"] = json!({"ws": self.binding(endpoint)});
        }
        channel
    }

    /// How the connection is asked for: method, query and headers.
    fn binding(&mut self, endpoint: &Endpoint) -> Value {
        let mut binding = json!({"method": "GET", "bindingVersion": "0.1.0"});
        for (key, location) in [("query", ParameterIn::Query), ("headers", ParameterIn::Header)] {
            let own: Vec<_> = endpoint.parameters.iter().filter(|p| p.location == location && !p.name.is_empty()).collect();
            if own.is_empty() {
                continue;
            }
            let schema = |p: &&apicensus_catalog::Parameter| {
                let turned = p.schema.as_ref().map(|s| self.schemas.turn(s)).filter(crate::operation::says_something);
                (p.name.clone(), turned.unwrap_or_else(|| json!({"type": "string"})))
            };
            let properties: Map<String, Value> = own.iter().map(schema).collect();
            let required: BTreeSet<&str> = own.iter().filter(|p| p.required).map(|p| p.name.as_str()).collect();
            binding[key] = json!({"type": "object", "properties": properties});
            if !required.is_empty() {
                binding[key]["required"] = json!(required);
            }
        }
        binding
    }

    /// A message that a channel receives under a name.
    fn event(
        &mut self,
        endpoint: &Endpoint,
        event: &str,
        channel: &str,
        channels: &mut Map<String, Value>,
        operations: &mut Map<String, Value>,
    ) {
        let plain: String = event.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut key = if plain.trim_matches('_').is_empty() { "event".to_owned() } else { plain };
        while channels[channel]["messages"].get(&key).is_some() {
            key.push('_');
        }
        channels[channel]["messages"][&key] = json!({"name": escape::line(event)});
        let mut operation = self.operation(endpoint, channel, "receive");
        operation["messages"] = json!([{"$ref": format!("#/channels/{channel}/messages/{key}")}]);
        operations.insert(format!("{channel}_receive_{key}"), operation);
    }

    fn operation(&mut self, endpoint: &Endpoint, channel: &str, action: &str) -> Value {
        let mut out = json!({"action": action, "channel": {"$ref": format!("#/channels/{channel}")}});
        if endpoint.auth.state == AuthState::Required {
            let kinds = endpoint.auth.schemes.iter().map(|s| s.kind);
            let names: BTreeSet<&str> = kinds.map(|kind| self.scheme(kind)).collect();
            let names = if names.is_empty() { BTreeSet::from([self.scheme(SchemeKind::Bearer)]) } else { names };
            out["security"] = names.iter().map(|n| json!({"$ref": format!("#/components/securitySchemes/{n}")})).collect();
        }
        out["x-apicensus-id"] = json!(endpoint.id);
        out["x-apicensus-auth"] = json!({"state": endpoint.auth.state});
        out
    }

    fn scheme(&mut self, kind: SchemeKind) -> &'static str {
        let (name, scheme) = match kind {
            SchemeKind::Basic => ("basic", json!({"type": "http", "scheme": "basic"})),
            SchemeKind::ApiKey => ("apiKey", json!({"type": "httpApiKey", "name": "X-API-Key", "in": "header"})),
            SchemeKind::Session => ("session", json!({"type": "httpApiKey", "name": "session", "in": "cookie"})),
            SchemeKind::Mtls => ("mutualTls", json!({"type": "X509"})),
            _ => ("bearer", json!({"type": "http", "scheme": "bearer"})),
        };
        self.schemes.insert(name, scheme);
        name
    }
}

/// The path with plain names; their parameters go into `names`.
fn address(path: &str, names: &mut BTreeMap<String, Value>) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&escape::line(before));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let mut name = escape::identifier(if name.is_empty() { "rest" } else { name }).replace('.', "_");
        while names.contains_key(&name) {
            name.push('_');
        }
        out.push_str(&format!("{{{name}}}"));
        names.insert(name, json!({}));
        rest = after;
    }
    out + &escape::line(rest).replace('}', "%7D")
}

/// A name of letters, digits and underscores, once.
fn unique(taken: &mut BTreeSet<String>, endpoint: &Endpoint) -> String {
    let symbol = endpoint.handler.as_ref().map_or("", |h| h.symbol.as_str());
    let words = if symbol.is_empty() { endpoint.path.as_str() } else { symbol };
    let plain: String = words.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let base = if plain.trim_matches('_').is_empty() { "channel".to_owned() } else { plain.trim_matches('_').to_owned() };
    let mut name = base.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{base}_{number}");
        number += 1;
    }
    name
}
