//! Azure Functions by `function.json` (https://learn.microsoft.com/en-us/azure/azure-functions/functions-bindings-http-webhook-trigger):
//! the route is that of the binding, else the folder's name, below the prefix that `host.json` sets.

use super::ingress::texts;
use super::shape::{method, open, required};
use super::{Gateways, Source};
use crate::json;
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, GatewayTarget, PathMatch, RouteAction, SchemeKind, View};
use apicensus_source::Tree;
use apicensus_source::paths::joined;

/// Whether a document is one.
pub fn is_one(name: &str, root: &Node) -> bool {
    name == "function.json" && root.get("bindings").is_some()
}

/// Reads a document.
pub fn read(tree: &Tree, source: &Source, root: &Node, out: &mut Gateways) {
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = folder.rsplit('/').next().unwrap_or_default();
    let mut routes = Vec::new();
    for binding in root.get("bindings").map(Node::items).unwrap_or_default() {
        if !binding.text_at("type").is_some_and(|t| t.eq_ignore_ascii_case("httpTrigger")) {
            continue;
        }
        let own = binding.text_at("route").unwrap_or(name).trim_start_matches('/');
        let base = prefix(tree, folder);
        let path = if base.is_empty() { format!("/{own}") } else { format!("/{base}/{own}") };
        let mut route = GatewayRoute::new(source.at(binding.line), templated(&path), PathMatch::Template);
        route.methods = texts(binding.get("methods")).iter().filter_map(|m| method(m)).collect();
        route.action = RouteAction::Function;
        let script = root.text_at("scriptFile").map(str::to_owned);
        let code = script.as_deref().and_then(|file| joined(folder, file));
        let entry = root.text_at("entryPoint").map(str::to_owned);
        route.targets = vec![GatewayTarget {
            name: name.to_owned(),
            handler: entry.or(script),
            code: code.or(Some(folder.to_owned())),
            ..GatewayTarget::default()
        }];
        let at = source.at(binding.get("authLevel").map_or(binding.line, |a| a.line));
        route.auth = Some(match binding.text_at("authLevel").unwrap_or("function") {
            level if level.eq_ignore_ascii_case("anonymous") => open("anonymous", at),
            level => required(SchemeKind::ApiKey, &format!("{level} key"), at),
        });
        routes.push(route);
    }
    out.gateway(GatewayKind::AzureFunctions, View::Iac, source, name, routes);
}

/// The prefix that the nearest `host.json` sets; `api` without one.
fn prefix(tree: &Tree, folder: &str) -> String {
    let mut here = folder;
    loop {
        let path = if here.is_empty() { "host.json".to_owned() } else { format!("{here}/host.json") };
        let host = tree.find(&path).and_then(|at| tree.read(at).ok()).and_then(|b| json::parse(&String::from_utf8_lossy(&b)).ok());
        if let Some(host) = host {
            // Version 1 has no `extensions`.
            let http = host.get("extensions").and_then(|e| e.get("http")).or(host.get("http"));
            let prefix = http.and_then(|h| h.text_at("routePrefix"));
            return prefix.unwrap_or("api").trim_matches('/').to_owned();
        }
        if here.is_empty() {
            return "api".to_owned();
        }
        here = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
}

/// `{id:int?}` as `{id}`, `{*rest}` as `{rest+}`.
fn templated(path: &str) -> String {
    let of = |segment: &str| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
        Some(inner) => {
            let name = inner.split([':', '?']).next().unwrap_or_default();
            name.strip_prefix('*').map_or(format!("{{{name}}}"), |rest| format!("{{{rest}+}}"))
        }
        None => segment.to_owned(),
    };
    path.split('/').map(of).collect::<Vec<_>>().join("/")
}
