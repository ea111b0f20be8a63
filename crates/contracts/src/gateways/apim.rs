//! Azure API Management in templates of Azure Resource Manager
//! (https://learn.microsoft.com/en-us/azure/templates/microsoft.apimanagement/service/apis), also as Bicep builds them.

use super::shape::{method, open, prefix, required, target};
use super::{Gateways, Source};
use crate::json;
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, SchemeKind, View};

/// Deepest nesting of resources.
const MAX_DEPTH: usize = 8;
const APIS: &str = "Microsoft.ApiManagement/service/apis";

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    let is_template = root.text_at("$schema").is_some_and(|s| s.contains("deploymentTemplate"));
    is_template && root.get("resources").is_some()
}

/// An API: its name, the path and address it has, and whether it asks for a subscription.
struct Api {
    name: String,
    base: String,
    address: String,
    needs_key: bool,
}

/// Reads a template.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let mut all = Vec::new();
    gather(root, "", 0, &mut all);
    let mut apis = Vec::new();
    for (kind, name, node) in &all {
        if kind != APIS {
            continue;
        }
        let Some(properties) = node.get("properties") else { continue };
        let text = |key: &str| properties.text_at(key).unwrap_or_default();
        apis.push(Api {
            name: name.clone(),
            base: text("path").trim_matches('/').to_owned(),
            address: text("serviceUrl").to_owned(),
            needs_key: properties.get("subscriptionRequired").is_none_or(Node::is_true),
        });
    }
    for (kind, name, node) in &all {
        if *kind == format!("{APIS}/operations") {
            continue;
        }
        let imported = node.get("properties").filter(|_| kind == APIS);
        let format = imported.and_then(|p| p.text_at("format").or(p.text_at("contentFormat"))).unwrap_or_default();
        if format.contains("-link") {
            out.trouble(source, node.line, format!("the description of the API `{name}` is on another machine; it was not fetched"));
        }
    }
    let mut routes = Vec::new();
    for (kind, name, node) in &all {
        let Some(properties) = node.get("properties") else { continue };
        let operation = |verb: &str, path: &str, line: u32, api: &Api| route(source, verb, path, line, api);
        if *kind == format!("{APIS}/operations") {
            let own = name.rsplit_once('/').map_or("", |(api, _)| api);
            let Some(api) = apis.iter().find(|a| a.name == own).or_else(|| apis.first().filter(|_| apis.len() == 1)) else { continue };
            let (verb, path) = (properties.text_at("method").unwrap_or("*"), properties.text_at("urlTemplate").unwrap_or("/"));
            routes.push(operation(verb, path, properties.line, api));
        } else if kind == APIS {
            let Some(api) = apis.iter().find(|a| a.name == *name) else { continue };
            routes.extend(imported(properties, &|verb, path, line| operation(verb, path, line, api)));
        }
    }
    super::aws::by_fit(&mut routes);
    out.gateway(GatewayKind::AzureApiManagement, View::Iac, source, "", routes);
}

/// All resources with their full kinds and names; those within others take both from them.
fn gather<'n>(node: &'n Node, above: &str, depth: usize, all: &mut Vec<(String, String, &'n Node)>) {
    let Some(resources) = node.get("resources").filter(|_| depth < MAX_DEPTH) else { return };
    let kind_above = above.split_once('\n').map_or("", |(kind, _)| kind);
    let name_above = above.split_once('\n').map_or("", |(_, name)| name);
    // Newer templates name their resources by symbols.
    let nodes = resources.items().iter().chain(resources.entries().iter().map(|e| &e.node));
    for resource in nodes {
        let own = resource.text_at("type").unwrap_or_default();
        let is_full = own.starts_with("Microsoft.") || kind_above.is_empty();
        let kind = if is_full { own.to_owned() } else { format!("{kind_above}/{own}") };
        let name = name_of(resource.text_at("name").unwrap_or_default());
        let name = if is_full { name } else { format!("{name_above}/{name}") };
        all.push((kind.clone(), name.clone(), resource));
        gather(resource, &format!("{kind}\n{name}"), depth + 1, all);
        if let Some(template) = resource.get("properties").and_then(|p| p.get("template")) {
            gather(template, "", depth + 1, all);
        }
    }
}

/// The texts of an expression: `[concat(parameters('service'), '/orders')]` as `service/orders`.
fn name_of(text: &str) -> String {
    if !text.starts_with('[') {
        return text.to_owned();
    }
    let is_format = text.contains("format(");
    let parts: Vec<&str> = text.split('\'').skip(1).step_by(2).filter(|p| !is_format || !p.contains("{0}")).collect();
    parts.join("/").replace("//", "/")
}

fn route(source: &Source, verb: &str, path: &str, line: u32, api: &Api) -> GatewayRoute {
    let own = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let from = if api.base.is_empty() { String::new() } else { format!("/{}", api.base) };
    // `/*` takes what is below.
    let full = format!("{from}{own}");
    let mut route = match full.strip_suffix("/*") {
        Some(head) => GatewayRoute::new(source.at(line), head, PathMatch::Segments),
        None => GatewayRoute::new(source.at(line), full, PathMatch::Template),
    };
    route.methods = method(verb).into_iter().collect();
    if !api.address.is_empty() {
        let (host, path) = target(&api.address);
        route.targets = vec![host];
        route.rewrite = prefix(&from, path.unwrap_or_default().trim_end_matches('/'));
    } else if !from.is_empty() {
        route.rewrite = prefix(&from, "");
    }
    let at = source.at(line);
    route.auth = Some(if api.needs_key { required(SchemeKind::ApiKey, "subscription key", at) } else { open("no subscription", at) });
    route
}

/// The operations of a description that stands in the template.
fn imported(properties: &Node, make: &dyn Fn(&str, &str, u32) -> GatewayRoute) -> Vec<GatewayRoute> {
    let Some(value) = properties.get("value").or(properties.get("contentValue")) else { return Vec::new() };
    let Some(document) = value.text().and_then(|text| json::parse(text).ok()) else { return Vec::new() };
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document.get("paths").map(Node::entries).unwrap_or_default().iter();
    let operations = paths.flat_map(|p| p.node.entries().iter().filter(|e| methods.contains(&e.key.as_str())).map(move |e| (e, p)));
    operations.map(|(e, p)| make(&e.key, &p.key, value.line)).collect()
}
