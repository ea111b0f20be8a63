//! Caddy's JSON (https://caddyserver.com/docs/json/apps/http/). Routes are tried in their order.

use super::ingress::texts;
use super::shape::{after, named, of_pattern, prefix, push_new, required, target, whole};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, RouteAction, SchemeKind, View};

/// Deepest nesting of routes within routes.
const MAX_DEPTH: usize = 12;

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    root.get("apps").and_then(|a| a.get("http")).is_some_and(|h| h.get("servers").is_some())
}

/// Reads a document.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let servers = root.get("apps").and_then(|a| a.get("http")).and_then(|h| h.get("servers"));
    for server in servers.map(Node::entries).unwrap_or_default() {
        let mut routes = Vec::new();
        let start = GatewayRoute::new(source.at(server.line), "/", PathMatch::Prefix);
        list(source, server.node.get("routes"), &start, 0, &mut routes);
        out.gateway(GatewayKind::Caddy, View::Gateway, source, &server.key, routes);
    }
}

/// A path of Caddy, and how it is compared.
pub fn path_of(path: &str) -> (String, PathMatch) {
    match path.strip_suffix('*') {
        Some(head) if !head.contains('*') => (head.to_owned(), PathMatch::Prefix),
        _ if path.contains('*') => {
            let parts: Vec<String> = path.split('*').map(|p| p.replace('.', "\\.")).collect();
            (format!("^{}$", parts.join(".*")), PathMatch::Regex)
        }
        _ => (path.to_owned(), PathMatch::Exact),
    }
}

fn list(source: &Source, nodes: Option<&Node>, above: &GatewayRoute, depth: usize, routes: &mut Vec<GatewayRoute>) {
    if depth > MAX_DEPTH || routes.len() > 10_000 {
        return;
    }
    for node in nodes.map(Node::items).unwrap_or_default() {
        let mut starts = Vec::new();
        for matching in node.get("match").map(Node::items).unwrap_or_default() {
            starts.extend(matched(source, matching, above));
        }
        if node.get("match").is_none() {
            let at = source.at(node.line);
            starts.push(GatewayRoute { at, ..above.clone() });
        }
        for start in starts {
            handle(source, node, start, depth, routes);
        }
    }
}

fn matched(source: &Source, matching: &Node, above: &GatewayRoute) -> Vec<GatewayRoute> {
    let mut start = GatewayRoute { at: source.at(matching.line), ..above.clone() };
    let hosts = texts(matching.get("host"));
    if !hosts.is_empty() {
        start.hosts = hosts;
    }
    let methods = texts(matching.get("method"));
    if !methods.is_empty() {
        start.methods = methods;
    }
    let known = ["host", "method", "path", "path_regexp"];
    start.only_if.extend(matching.entries().iter().filter(|e| !known.contains(&e.key.as_str())).map(|e| e.key.clone()));
    if let Some(pattern) = matching.get("path_regexp").and_then(|r| r.text_at("pattern")) {
        return vec![GatewayRoute { path: pattern.to_owned(), path_match: PathMatch::Regex, ..start }];
    }
    let paths = texts(matching.get("path"));
    if paths.is_empty() {
        return vec![start];
    }
    let with = |path: &String| {
        let (path, path_match) = path_of(path);
        GatewayRoute { path, path_match, ..start.clone() }
    };
    paths.iter().map(with).collect()
}

fn handle(source: &Source, node: &Node, mut route: GatewayRoute, depth: usize, routes: &mut Vec<GatewayRoute>) {
    let mut ends = false;
    for handler in node.get("handle").map(Node::items).unwrap_or_default() {
        let at = source.at(handler.line);
        match handler.text_at("handler").unwrap_or_default() {
            "subroute" => list(source, handler.get("routes"), &route, depth + 1, routes),
            "reverse_proxy" => {
                let upstreams = handler.get("upstreams").map(Node::items).unwrap_or_default();
                route.targets = upstreams.iter().filter_map(|u| u.text_at("dial")).map(|d| target(d).0).collect();
                let change = handler.get("rewrite").and_then(|r| change(r, &route));
                route.rewrite = after(route.rewrite.take(), change);
                ends = true;
            }
            "rewrite" => {
                let change = change(handler, &route);
                route.rewrite = after(route.rewrite.take(), change);
            }
            "static_response" => {
                let status = handler.text_at("status_code").unwrap_or("200");
                let is_redirect = handler.get("headers").is_some_and(|h| h.get("Location").is_some());
                route.action = match status {
                    _ if is_redirect => RouteAction::Redirect,
                    s if s.starts_with('4') => RouteAction::Deny,
                    _ => RouteAction::Respond,
                };
                ends = true;
            }
            "file_server" => {
                route.action = RouteAction::Files;
                ends = true;
            }
            "authentication" => {
                let provider = handler.get("providers").map(Node::entries).unwrap_or_default().first();
                let scheme = if provider.is_some_and(|p| p.key == "http_basic") { SchemeKind::Basic } else { SchemeKind::Custom };
                route.auth = Some(required(scheme, provider.map_or("authentication", |p| p.key.as_str()), at));
            }
            "rate_limit" => push_new(&mut route.rate_limits, "rate_limit"),
            "" => {}
            other => push_new(&mut route.plugins, other),
        }
    }
    if ends {
        routes.push(route);
    }
}

fn change(rewrite: &Node, route: &GatewayRoute) -> Option<apicensus_catalog::PathRewrite> {
    if let Some(strip) = rewrite.text_at("strip_path_prefix") {
        return prefix(strip, "");
    }
    if let Some(first) = rewrite.get("path_regexp").map(Node::items).and_then(<[Node]>::first) {
        return Some(of_pattern(first.text_at("find").unwrap_or_default(), first.text_at("replace").unwrap_or_default()));
    }
    let uri = rewrite.text_at("uri")?;
    match uri.strip_suffix("{http.request.uri}").or(uri.strip_suffix("{http.request.uri.path}")) {
        Some(head) => prefix("", head),
        None if uri.contains('{') => Some(of_pattern(&route.path, uri)),
        None => whole(uri.split('?').next().unwrap_or(uri)),
    }
}

/// A redirect to somewhere.
pub fn redirect(route: &mut GatewayRoute, to: &str) {
    route.action = RouteAction::Redirect;
    route.tls_redirect = to.starts_with("https://{host}");
    route.targets = vec![named(to, None)];
}
