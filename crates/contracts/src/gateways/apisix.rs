//! Apache APISIX (https://apisix.apache.org/docs/apisix/terminology/route/): standalone files, files of ADC, and ApisixRoute objects.
//! A path that ends with `*` takes what begins with it; `:name` stands for a segment.

use super::ingress::texts;
use super::kubernetes::Object;
use super::shape::{after, by_fit, named, of_pattern, push_new, required, scheme_of, target, whole};
use super::{Gateways, Source};
use crate::node::{Node, Value};
use apicensus_catalog::{AuthState, GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, PathMatch, RouteAction, SchemeKind, View};

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    let is_route = |r: &Node| r.get("uri").is_some() || r.get("uris").is_some();
    let listed = root.get("routes").is_some_and(|r| r.items().iter().any(is_route));
    let nested = root.get("services").is_some_and(|s| {
        s.items().iter().any(|s| s.get("upstream").is_some() && s.get("routes").is_some_and(|r| r.items().iter().any(is_route)))
    });
    listed || nested
}

/// Reads a standalone file.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let reader = Reader { source, root };
    let mut routes = Vec::new();
    for route in items(root, "routes") {
        let id = route.text_at("service_id");
        let service = items(root, "services").iter().find(|s| id.is_some() && s.text_at("id") == id);
        routes.extend(reader.route(route, service));
    }
    for service in items(root, "services") {
        for route in items(service, "routes") {
            routes.extend(reader.route(route, Some(service)));
        }
    }
    by_fit(&mut routes);
    out.gateway(GatewayKind::Apisix, View::Gateway, source, "", routes);
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// A path of APISIX, and how it is compared.
fn path_of(uri: &str) -> (String, PathMatch) {
    match uri.strip_suffix('*') {
        Some(head) => (head.to_owned(), PathMatch::Prefix),
        None if uri.contains("/:") => {
            let parts = uri.split('/').map(|p| p.strip_prefix(':').map_or(p.to_owned(), |name| format!("{{{name}}}")));
            (parts.collect::<Vec<_>>().join("/"), PathMatch::Template)
        }
        None => (uri.to_owned(), PathMatch::Exact),
    }
}

struct Reader<'a> {
    source: &'a Source,
    root: &'a Node,
}

impl Reader<'_> {
    fn route(&self, node: &Node, service: Option<&Node>) -> Vec<GatewayRoute> {
        let mut found = Vec::new();
        if node.text_at("status") == Some("0") {
            return found;
        }
        let uris = texts(node.get("uri")).into_iter().chain(texts(node.get("uris")));
        for uri in uris {
            let (path, kind) = path_of(&uri);
            let line = node.get("uri").or(node.get("uris")).map_or(node.line, |u| u.line);
            let mut route = GatewayRoute::new(self.source.at(line), path, kind);
            let own = [Some(node), service].into_iter().flatten();
            route.hosts = own.clone().flat_map(|n| texts(n.get("host")).into_iter().chain(texts(n.get("hosts")))).collect();
            route.methods = texts(node.get("methods"));
            if node.get("vars").is_some() {
                route.only_if.push("vars".to_owned());
            }
            route.targets = own.clone().find_map(|n| self.upstream(n)).unwrap_or_default();
            let config = node.text_at("plugin_config_id");
            let shared = items(self.root, "plugin_configs").iter().find(|c| config.is_some() && c.text_at("id") == config);
            let global = items(self.root, "global_rules").iter();
            for level in [Some(node), shared, service].into_iter().flatten().chain(global) {
                for entry in level.get("plugins").map(Node::entries).unwrap_or_default() {
                    plugin(self.source, &entry.key, entry.line, Some(&entry.node), &mut route);
                }
            }
            found.push(route);
        }
        found
    }

    fn upstream(&self, node: &Node) -> Option<Vec<GatewayTarget>> {
        let id = node.text_at("upstream_id");
        let upstream =
            node.get("upstream").or_else(|| items(self.root, "upstreams").iter().find(|u| id.is_some() && u.text_at("id") == id))?;
        if let Some(name) = upstream.text_at("service_name") {
            return Some(vec![named(name, None)]);
        }
        let nodes = upstream.get("nodes")?;
        let mapped = nodes.entries().iter().map(|e| target(&e.key).0);
        let listed = nodes.items().iter().filter_map(|n| Some(named(n.text_at("host")?, n.text_at("port"))));
        Some(mapped.chain(listed).collect())
    }
}

/// What a plugin does with a route.
fn plugin(source: &Source, name: &str, line: u32, config: Option<&Node>, route: &mut GatewayRoute) {
    let get = |key: &str| config.and_then(|c| c.get(key));
    let is_off = get("_meta").and_then(|m| m.get("disable")).is_some_and(Node::is_true);
    if is_off || route.plugins.iter().any(|known| known == name) {
        return;
    }
    push_new(&mut route.plugins, name);
    let at = source.at(line);
    if let Some(scheme) = scheme_of(name) {
        route.auth = Some(required(scheme, name, at));
        return;
    }
    match name {
        "multi-auth" => route.auth = Some(required(SchemeKind::Custom, name, at)),
        "limit-count" => {
            let window = get("time_window").and_then(Node::text).unwrap_or("?");
            push_new(&mut route.rate_limits, &format!("{}/{window}s", get("count").and_then(Node::text).unwrap_or("?")));
        }
        "limit-req" => push_new(&mut route.rate_limits, &format!("{}/s", get("rate").and_then(Node::text).unwrap_or("?"))),
        "limit-conn" => push_new(&mut route.rate_limits, &format!("{} connections", get("conn").and_then(Node::text).unwrap_or("?"))),
        "cors" => {
            let origins = get("allow_origins").and_then(Node::text).unwrap_or("*");
            origins.split(',').for_each(|o| push_new(&mut route.cors, o.trim()));
        }
        "proxy-rewrite" => {
            let regex = texts(get("regex_uri"));
            let change = match (get("uri").and_then(Node::text), regex.as_slice()) {
                (Some(uri), _) => whole(uri),
                (None, [pattern, to, ..]) => Some(of_pattern(pattern, to)),
                _ => None,
            };
            route.rewrite = after(route.rewrite.take(), change);
        }
        "redirect" => {
            route.tls_redirect = get("http_to_https").is_some_and(Node::is_true);
            if get("uri").is_some() {
                route.action = RouteAction::Redirect;
            }
        }
        "serverless-pre-function" | "serverless-post-function" | "consumer-restriction" | "ip-restriction" => {}
        "aws-lambda" | "azure-functions" | "openfunction" | "openwhisk" => route.action = RouteAction::Function,
        "fault-injection" if get("abort").is_some() => route.action = RouteAction::Deny,
        _ if name.contains("auth") => {
            route.auth = Some(GatewayAuth { state: AuthState::Unknown, schemes: Vec::new(), ..required(SchemeKind::Custom, name, at) });
        }
        _ => {}
    }
}

/// Reads an ApisixRoute.
pub fn custom_resource(object: &Object<'_>, out: &mut Gateways) {
    let mut routes = Vec::new();
    for rule in object.spec("http").map(Node::items).unwrap_or_default() {
        let matching = rule.get("match");
        for uri in texts(matching.and_then(|m| m.get("paths"))) {
            let (path, kind) = path_of(&uri);
            let mut route = GatewayRoute::new(object.source.at(rule.line), path, kind);
            route.hosts = texts(matching.and_then(|m| m.get("hosts")));
            route.methods = texts(matching.and_then(|m| m.get("methods")));
            route.targets =
                items(rule, "backends").iter().filter_map(|b| Some(named(b.text_at("serviceName")?, b.text_at("servicePort")))).collect();
            for entry in items(rule, "plugins").iter().filter(|p| p.get("enable").is_none_or(Node::is_true)) {
                plugin(object.source, entry.text_at("name").unwrap_or_default(), entry.line, entry.get("config"), &mut route);
            }
            if let Some(auth) = rule.get("authentication").filter(|a| a.get("enable").is_some_and(|e| e.value == Value::Bool(true))) {
                let kind = auth.text_at("type").unwrap_or("keyAuth");
                let scheme = match kind {
                    "jwtAuth" => SchemeKind::Jwt,
                    "basicAuth" | "ldapAuth" => SchemeKind::Basic,
                    "hmacAuth" => SchemeKind::Hmac,
                    _ => SchemeKind::ApiKey,
                };
                route.auth = Some(required(scheme, kind, object.source.at(auth.line)));
            }
            routes.push(route);
        }
    }
    by_fit(&mut routes);
    out.gateway(GatewayKind::Apisix, View::Gateway, object.source, &object.name, routes);
}
