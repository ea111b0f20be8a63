//! Kong, in the files of decK (https://developer.konghq.com/deck/, https://developer.konghq.com/gateway/entities/route/).
//!
//! A path that begins with `~` is a regular expression. A route strips what it matched unless `strip_path` is false, and the
//! path of the service comes before the rest. Routes are tried in the order of Kong's `traditional` router (`sort_categories` and `sort_routes`
//! of kong/router/traditional.lua): those with more kinds of conditions first. An `expression` is not taken apart and is a condition.

use super::ingress::texts;
use super::shape::{push_new, required, scheme_of, target};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{
    AuthState, GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, PathMatch, PathRewrite, RewriteKind, RouteAction, SchemeKind, View,
};

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    root.get("_format_version").is_some() && ["services", "routes", "_workspace"].iter().any(|key| root.get(key).is_some())
}

/// Reads a document.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let reader = Reader { source, root };
    let mut routes = Vec::new();
    for service in items(root, "services") {
        for route in items(service, "routes") {
            routes.extend(reader.route(route, Some(service)));
        }
    }
    for route in items(root, "routes") {
        let name = route.get("service").and_then(|s| s.text().or(s.text_at("name")));
        let service = items(root, "services").iter().find(|s| s.text_at("name") == name && name.is_some());
        routes.extend(reader.route(route, service));
    }
    routes.sort_by_key(|(weight, _): &(Weight, GatewayRoute)| std::cmp::Reverse(*weight));
    let routes = routes.into_iter().map(|(_, route)| route).collect();
    out.gateway(GatewayKind::Kong, View::Gateway, source, root.text_at("_workspace").unwrap_or_default(), routes);
}

/// What decides which route comes first: the number of kinds of conditions, which they are, whether hosts are plain and the path is an
/// expression, the number of headers, the priority of the expression, the length of the path.
type Weight = (u32, u32, u32, usize, i64, usize);

fn weight(node: &Node, route: &GatewayRoute) -> Weight {
    let kinds =
        [("hosts", 0x40), ("headers", 0x20), ("paths", 0x10), ("methods", 0x08), ("snis", 0x04), ("sources", 0x02), ("destinations", 0x01)];
    let has = |key: &str| node.get(key).is_some_and(|n| !n.items().is_empty() || !n.entries().is_empty());
    let bits: u32 = kinds.iter().filter(|(key, _)| has(key)).map(|(_, bit)| bit).sum();
    let is_regex = route.path_match == PathMatch::Regex;
    let is_plain = !route.hosts.is_empty() && route.hosts.iter().all(|host| !host.contains('*'));
    let priority = node.text_at("regex_priority").and_then(|p| p.parse().ok()).filter(|_| is_regex).unwrap_or(0);
    let headers = node.get("headers").map_or(0, |h| h.entries().len());
    (bits.count_ones(), bits, u32::from(is_regex) + 2 * u32::from(is_plain), headers, priority, route.path.len())
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

struct Reader<'a> {
    source: &'a Source,
    root: &'a Node,
}

impl Reader<'_> {
    fn route(&self, node: &Node, service: Option<&Node>) -> Vec<(Weight, GatewayRoute)> {
        let (targets, base) = service.map_or((Vec::new(), String::new()), |s| self.target(s));
        let paths = node.get("paths").map(Node::items).filter(|p| !p.is_empty());
        let default = Node { line: node.line, value: crate::node::Value::Text("/".to_owned()) };
        let mut found = Vec::new();
        for path in paths.unwrap_or(std::slice::from_ref(&default)) {
            let written = path.text().unwrap_or("/");
            let (shown, kind) = match written.strip_prefix('~') {
                Some(regex) => (format!("^{regex}"), PathMatch::Regex),
                None => (written.to_owned(), PathMatch::Prefix),
            };
            let mut route = GatewayRoute::new(self.source.at(path.line), shown, kind);
            route.hosts = texts(node.get("hosts"));
            route.methods = texts(node.get("methods"));
            route.only_if = items_of_headers(node);
            route.only_if.extend(node.text_at("expression").map(|e| format!("expression {e}")));
            route.targets.clone_from(&targets);
            let strips = node.get("strip_path").is_none_or(Node::is_true);
            route.rewrite = rewrite(&route, strips, &base);
            route.tls_redirect = texts(node.get("protocols")) == ["https"] && node.get("https_redirect_status_code").is_some();
            for plugin in self.plugins(node, service) {
                self.plugin(plugin, &mut route);
            }
            found.push((weight(node, &route), route));
        }
        found
    }

    fn target(&self, service: &Node) -> (Vec<GatewayTarget>, String) {
        let url = service.text_at("url").map(str::to_owned);
        let url = url.or_else(|| {
            let port = service.text_at("port").map(|p| format!(":{p}")).unwrap_or_default();
            Some(format!("http://{}{port}{}", service.text_at("host")?, service.text_at("path").unwrap_or_default()))
        });
        let Some(url) = url else { return (Vec::new(), String::new()) };
        let (host, path) = target(&url);
        // The host may be an upstream with targets of its own.
        let upstream = items(self.root, "upstreams").iter().find(|u| u.text_at("name") == Some(host.name.as_str()));
        let inner: Vec<GatewayTarget> =
            upstream.map(|u| items(u, "targets")).unwrap_or_default().iter().filter_map(|t| Some(target(t.text_at("target")?).0)).collect();
        let base = path.unwrap_or_default().trim_end_matches('/').to_owned();
        (if inner.is_empty() { vec![host] } else { inner }, base)
    }

    /// The plugins that a route passes: the nearest of a name counts.
    fn plugins<'n>(&'n self, route: &'n Node, service: Option<&'n Node>) -> Vec<&'n Node> {
        let name = |node: &Node| node.text_at("name").unwrap_or_default().to_owned();
        let refers = |plugin: &Node, key: &str, to: &str| {
            plugin.get(key).and_then(|r| r.text().or(r.text_at("name")).or(r.text_at("id"))).is_some_and(|n| n == to)
        };
        let of_route =
            items(route, "plugins").iter().chain(items(self.root, "plugins").iter().filter(|p| refers(p, "route", &name(route))));
        let of_service = service.into_iter().flat_map(|s| {
            let listed = items(self.root, "plugins").iter().filter(move |p| refers(p, "service", s.text_at("name").unwrap_or_default()));
            items(s, "plugins").iter().chain(listed)
        });
        let is_global = |p: &&Node| ["route", "service", "consumer"].iter().all(|key| p.get(key).is_none());
        let mut found: Vec<&Node> = Vec::new();
        for plugin in of_route.chain(of_service).chain(items(self.root, "plugins").iter().filter(is_global)) {
            if found.iter().all(|known| name(known) != name(plugin)) {
                found.push(plugin);
            }
        }
        found.retain(|p| p.get("enabled").is_none_or(Node::is_true));
        found
    }

    fn plugin(&self, plugin: &Node, route: &mut GatewayRoute) {
        let name = plugin.text_at("name").unwrap_or_default();
        push_new(&mut route.plugins, name);
        let config = |key: &str| plugin.get("config").and_then(|c| c.get(key));
        let at = self.source.at(plugin.get("name").map_or(plugin.line, |n| n.line));
        if let Some(scheme) = scheme_of(name) {
            let anonymous = config("anonymous").and_then(Node::text).is_some_and(|a| !a.is_empty());
            let state = if anonymous { AuthState::Optional } else { AuthState::Required };
            let auth = GatewayAuth { state, ..required(scheme, name, at) };
            match &mut route.auth {
                Some(known) => known.schemes.extend(auth.schemes),
                None => route.auth = Some(auth),
            }
            return;
        }
        match name {
            "rate-limiting" | "rate-limiting-advanced" | "response-ratelimiting" => {
                let limits = ["second", "minute", "hour", "day"].iter();
                let mut limits: Vec<String> = limits.filter_map(|unit| Some(format!("{}/{unit}", config(unit)?.text()?))).collect();
                if limits.is_empty() {
                    limits.push(name.to_owned());
                }
                route.rate_limits.extend(limits);
            }
            "cors" => {
                let origins = texts(config("origins"));
                let origins = if origins.is_empty() { vec!["*".to_owned()] } else { origins };
                origins.iter().for_each(|o| push_new(&mut route.cors, o));
            }
            "request-termination" => {
                let is_refusal = config("status_code").and_then(Node::text).is_none_or(|s| !s.starts_with('2'));
                route.action = if is_refusal { RouteAction::Deny } else { RouteAction::Respond };
            }
            "aws-lambda" | "azure-functions" | "serverless-functions" => route.action = RouteAction::Function,
            "request-transformer" if config("replace").and_then(|r| r.get("uri")).is_some() => {
                let to = config("replace").and_then(|r| r.text_at("uri")).unwrap_or_default().to_owned();
                route.rewrite = Some(PathRewrite { kind: RewriteKind::Pattern, from: String::new(), to });
            }
            _ if name.contains("auth") && route.auth.is_none() => {
                let unknown = required(SchemeKind::Custom, name, at);
                route.auth = Some(GatewayAuth { state: AuthState::Unknown, schemes: Vec::new(), ..unknown });
            }
            _ => {}
        }
    }
}

fn items_of_headers(node: &Node) -> Vec<String> {
    let headers = node.get("headers").map(Node::entries).unwrap_or_default();
    headers.iter().map(|e| format!("header {}: {}", e.key, texts(Some(&e.node)).join(" or "))).collect()
}

fn rewrite(route: &GatewayRoute, strips: bool, base: &str) -> Option<PathRewrite> {
    let prefix = |from: &str| (from != base).then(|| PathRewrite { kind: RewriteKind::Prefix, from: from.to_owned(), to: base.to_owned() });
    match (strips, route.path_match) {
        (false, _) => prefix(""),
        (true, PathMatch::Regex) => Some(PathRewrite { kind: RewriteKind::Pattern, from: route.path.clone(), to: base.to_owned() }),
        (true, _) => prefix(route.path.trim_end_matches('/')),
    }
}
