//! Entities for the catalog of Backstage (<https://backstage.io/docs/features/software-catalog/descriptor-format>), one YAML file of many
//! documents: a `Component` a service that provides its `API` entities, each with its definition inside.
//!
//! Names are at most 63 of `a-zA-Z0-9-_.`; an owner is required, so that a service without one is of `unknown` and counted.

use super::{graphql, openapi, yaml};
use crate::select::of_service;
use crate::{Exported, Exporter, Input, Profile, escape};
use apicensus_catalog::{Protocol, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub struct Backstage;

/// The longest name.
const MAX_NAME: usize = 63;

impl Exporter for Backstage {
    fn name(&self) -> &'static str {
        "backstage"
    }
    fn about(&self) -> &'static str {
        "Backstage entities (YAML): components and the APIs they provide"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut taken = BTreeSet::new();
        let mut out = String::new();
        let mut orphans = 0;
        for service in &input.catalog.services {
            let component = unique(&mut taken, &service.name);
            let owner = owner(service);
            if owner.is_none() {
                orphans += input.catalog.endpoints.iter().filter(|e| e.service == service.id).count();
            }
            let owner = owner.unwrap_or_else(|| "unknown".to_owned());
            let apis = apis(service, input, &owner, &mut taken, &component);
            let names: Vec<Value> = apis.iter().map(|a| a["metadata"]["name"].clone()).collect();
            let mut metadata = json!({
                "name": component,
                "title": title(service),
                "annotations": {"apicensus/service": if service.id.is_empty() { "." } else { &service.id }},
            });
            let tags: BTreeSet<String> = service.languages.iter().chain(&service.frameworks).filter_map(|t| tag(t)).collect();
            if !tags.is_empty() {
                metadata["tags"] = json!(tags);
            }
            let entity = json!({
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "Component",
                "metadata": metadata,
                "spec": {"type": "service", "lifecycle": lifecycle(service, input), "owner": owner, "providesApis": names},
            });
            for entity in [entity].into_iter().chain(apis) {
                out.push_str(&format!("---\n{}", yaml(&entity)));
            }
        }
        let left_out =
            if orphans > 0 { vec![(orphans, "no owner is known of its service: it is written as `unknown`")] } else { Vec::new() };
        Exported::text(out, left_out)
    }
}

/// The APIs of a service, one a kind of description.
fn apis(service: &Service, input: &Input<'_>, owner: &str, taken: &mut BTreeSet<String>, component: &str) -> Vec<Value> {
    let own = of_service(input.catalog, &service.id);
    let own_input = Input { catalog: &own, options: input.options };
    let mut definitions: Vec<(&str, String, String)> = Vec::new();
    let has = |protocols: &[Protocol]| own.endpoints.iter().any(|e| protocols.contains(&e.protocol));
    if has(&[Protocol::Http]) {
        let (document, _) = openapi::document(&own_input, Profile::Full, input.options.openapi);
        definitions.push(("openapi", component.to_owned(), document.to_string()));
    }
    if has(&[Protocol::WebSocket]) {
        definitions.push(("asyncapi", format!("{component}-events"), super::asyncapi::AsyncApi.write(&own_input).as_text().to_owned()));
    }
    for (at, (_, _, sdl)) in graphql::schemas(&own_input).into_iter().enumerate() {
        let mark = if at == 0 { String::new() } else { format!("-{}", at + 1) };
        definitions.push(("graphql", format!("{component}-graphql{mark}"), sdl));
    }
    if has(&[Protocol::Grpc]) {
        definitions.push(("grpc", format!("{component}-grpc"), super::grpc::definition(&own_input)));
    }
    let entity = |(kind, name, definition): (&str, String, String)| {
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "API",
            "metadata": {"name": unique(taken, &format!("{name}-api")), "title": format!("{} ({kind})", title(service))},
            "spec": {"type": kind, "lifecycle": lifecycle(service, input), "owner": owner, "definition": definition},
        })
    };
    definitions.into_iter().map(entity).collect()
}

/// The name for people; it may not be empty.
fn title(service: &Service) -> String {
    let name = escape::line(&service.name);
    if name.trim().is_empty() { "service".to_owned() } else { name }
}

/// Deprecated where all endpoints are.
fn lifecycle(service: &Service, input: &Input<'_>) -> &'static str {
    let mut own = input.catalog.endpoints.iter().filter(|e| e.service == service.id).peekable();
    if own.peek().is_some() && own.all(|e| e.lifecycle.deprecated) { "deprecated" } else { "production" }
}

/// A reference to a group: `@acme/orders` is `group:acme-orders`.
fn owner(service: &Service) -> Option<String> {
    let name = plain(service.owners.first()?.trim_start_matches('@'));
    (!name.is_empty()).then(|| format!("group:{name}"))
}

/// A name of letters, digits and single marks between them, once.
fn unique(taken: &mut BTreeSet<String>, text: &str) -> String {
    let base = plain(text);
    let base = if base.is_empty() { "service".to_owned() } else { base };
    let mut name = base.clone();
    let mut number = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        let mark = format!("-{number}");
        name = format!("{}{mark}", base.chars().take(MAX_NAME - mark.len()).collect::<String>().trim_end_matches('-'));
        number += 1;
    }
    name
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.chars().take(MAX_NAME).collect::<String>().trim_matches('-').to_owned()
}

/// A tag: lower-case words of `a-z0-9+#` with hyphens between them.
fn tag(text: &str) -> Option<String> {
    let tag = plain(text).to_ascii_lowercase();
    (!tag.is_empty()).then_some(tag)
}
