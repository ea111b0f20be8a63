//! Envoy (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto): route configurations of
//! listeners, or alone, with the clusters that they lead to and the HTTP filters before them. The host of a request chooses a virtual host,
//! the one that names it before wildcards and `*`, and then its routes are tried in their order.

use super::ingress::texts;
use super::shape::{named, of_pattern, open, prefix, push_new, required};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{AuthState, GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, PathMatch, RouteAction, SchemeKind, View};

/// Most places with virtual hosts.
const MAX_CONFIGS: usize = 200;

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    root.get("static_resources").is_some()
        || root.get("virtual_hosts").is_some()
        || root.get("resources").is_some_and(|r| r.items().iter().any(|item| item.get("virtual_hosts").is_some()))
}

/// Reads a document.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let mut configs = Vec::new();
    find(root, None, 0, &mut configs);
    let mut routes = Vec::new();
    for (config, manager) in configs {
        let filters: &[Node] = manager.and_then(|m| m.get("http_filters")).map(Node::items).unwrap_or_default();
        let reader = Reader { source, root, filters };
        let mut hosts: Vec<&Node> = config.get("virtual_hosts").map(Node::items).unwrap_or_default().iter().collect();
        hosts.sort_by_key(|host| texts(host.get("domains")).iter().map(|d| domain_rank(d)).min());
        for host in hosts {
            let domains: Vec<String> = texts(host.get("domains")).into_iter().filter(|d| d != "*").collect();
            for node in host.get("routes").map(Node::items).unwrap_or_default() {
                let mut route = reader.route(node, host);
                route.hosts.clone_from(&domains);
                route.tls_redirect |= host.text_at("require_tls") == Some("ALL");
                routes.push(route);
            }
        }
    }
    if root.get("dynamic_resources").is_some() && routes.is_empty() {
        out.trouble(source, root.line, "its routes come from a control plane and are not in this file");
    }
    out.gateway(GatewayKind::Envoy, View::Gateway, source, "", routes);
}

/// When a domain of a virtual host is looked at: exact names, `*.foo.test` and `foo.*`, longer ones first, and `*`.
fn domain_rank(domain: &str) -> (u8, std::cmp::Reverse<usize>) {
    let kind = match domain {
        "*" => 3,
        _ if domain.starts_with('*') => 1,
        _ if domain.ends_with('*') => 2,
        _ => 0,
    };
    (kind, std::cmp::Reverse(domain.len()))
}

/// A path template (`envoy.path.match.uri_template`): `*` and `{name}` are a segment, `**` and `{name=**}` any number of them.
fn of_template(template: &str) -> (String, PathMatch) {
    let segment =
        |s: &str| match s.strip_prefix('{').and_then(|s| s.strip_suffix('}')).map_or(s, |s| s.split_once('=').map_or("*", |(_, p)| p)) {
            "**" => None,
            "*" => Some("{}"),
            _ => Some(""),
        };
    let segments: Vec<&str> = template.split('/').collect();
    if segments.iter().all(|s| segment(s).is_some()) {
        let of = |(at, s): (usize, &&str)| match s.strip_prefix('{').and_then(|s| s.split(['=', '}']).next()) {
            Some(name) => format!("{{{name}}}"),
            None if *s == "*" => format!("{{p{at}}}"),
            None => (*s).to_owned(),
        };
        return (segments.iter().enumerate().map(of).collect::<Vec<_>>().join("/"), PathMatch::Template);
    }
    let of = |s: &&str| match segment(s) {
        None => ".*".to_owned(),
        Some("{}") => "[^/]+".to_owned(),
        Some(_) => s.replace('.', "\\."),
    };
    (format!("^{}$", segments.iter().map(of).collect::<Vec<_>>().join("/")), PathMatch::Regex)
}

/// Everything with virtual hosts, and the connection manager around it.
fn find<'n>(node: &'n Node, manager: Option<&'n Node>, depth: usize, found: &mut Vec<(&'n Node, Option<&'n Node>)>) {
    if depth > crate::node::MAX_DEPTH || found.len() > MAX_CONFIGS {
        return;
    }
    if node.get("virtual_hosts").is_some() {
        found.push((node, manager));
        return;
    }
    let manager = if node.get("http_filters").is_some() { Some(node) } else { manager };
    let under = node.entries().iter().map(|e| &e.node).chain(node.items());
    under.for_each(|inner| find(inner, manager, depth + 1, found));
}

struct Reader<'a> {
    source: &'a Source,
    root: &'a Node,
    filters: &'a [Node],
}

impl Reader<'_> {
    fn route(&self, node: &Node, host: &Node) -> GatewayRoute {
        let matching = node.get("match");
        let text = |key: &str| matching.and_then(|m| m.text_at(key));
        let regex = matching.and_then(|m| m.get("safe_regex")).and_then(|r| r.text_at("regex"));
        let policy = matching.and_then(|m| m.get("path_match_policy")).and_then(|p| p.get("typed_config"));
        let template = policy.and_then(|config| config.text_at("path_template"));
        let mut others = Vec::new();
        let (path, kind) = match (text("prefix"), text("path"), text("path_separated_prefix"), regex.or(template)) {
            (Some(path), ..) => (path.to_owned(), PathMatch::Prefix),
            (_, Some(path), ..) => (path.to_owned(), PathMatch::Exact),
            (_, _, Some(path), _) => (path.to_owned(), PathMatch::Segments),
            (.., Some(regex)) if template.is_none() => (format!("^(?:{regex})$"), PathMatch::Regex),
            (.., Some(template)) => of_template(template),
            _ => {
                let keys = matching.map(Node::entries).unwrap_or_default().iter().map(|e| e.key.as_str());
                others.extend(keys.filter(|k| k.contains("match")).map(str::to_owned));
                ("/".to_owned(), PathMatch::Prefix)
            }
        };
        let mut route = GatewayRoute::new(self.source.at(matching.map_or(node.line, |m| m.line)), path, kind);
        route.only_if = others;
        for header in matching.and_then(|m| m.get("headers")).map(Node::items).unwrap_or_default() {
            let value = header.get("string_match").and_then(|s| s.text_at("exact")).or(header.text_at("exact_match"));
            match (header.text_at("name"), value) {
                (Some(":method"), Some(method)) => route.methods.push(method.to_owned()),
                (name, value) => route.only_if.push(format!("header {}: {}", name.unwrap_or_default(), value.unwrap_or("..."))),
            }
        }
        if let Some(redirect) = node.get("redirect") {
            route.action = RouteAction::Redirect;
            route.tls_redirect = redirect.get("https_redirect").is_some_and(Node::is_true);
        } else if let Some(response) = node.get("direct_response") {
            let is_refusal = response.text_at("status").is_some_and(|s| s.starts_with('4'));
            route.action = if is_refusal { RouteAction::Deny } else { RouteAction::Respond };
        }
        if let Some(action) = node.get("route") {
            self.action(action, &mut route);
        }
        for filter in self.filters {
            self.filter(filter, node, host, &mut route);
        }
        let cors = node.get("route").and_then(|r| r.get("cors")).or(host.get("cors"));
        for origin in cors.and_then(|c| c.get("allow_origin_string_match")).map(Node::items).unwrap_or_default() {
            let text = origin.entries().first().and_then(|e| e.node.text()).unwrap_or_default();
            push_new(&mut route.cors, text);
        }
        route
    }

    fn action(&self, action: &Node, route: &mut GatewayRoute) {
        let weighted = action.get("weighted_clusters").and_then(|w| w.get("clusters")).map(Node::items).unwrap_or_default();
        let names = action.text_at("cluster").into_iter().chain(weighted.iter().filter_map(|c| c.text_at("name")));
        route.targets = names.flat_map(|name| self.cluster(name)).collect();
        if let Some(to) = action.text_at("prefix_rewrite") {
            route.rewrite = prefix(&route.path, to);
        } else if let Some(rewrite) = action.get("regex_rewrite") {
            let pattern = rewrite.get("pattern").and_then(|p| p.text_at("regex")).unwrap_or_default();
            route.rewrite = Some(of_pattern(pattern, rewrite.text_at("substitution").unwrap_or_default()));
        }
    }

    /// The addresses of a cluster; its name where they are not in the document.
    fn cluster(&self, name: &str) -> Vec<GatewayTarget> {
        let clusters = self.root.get("static_resources").and_then(|r| r.get("clusters")).map(Node::items).unwrap_or_default();
        let Some(cluster) = clusters.iter().find(|c| c.text_at("name") == Some(name)) else { return vec![named(name, None)] };
        let mut found = Vec::new();
        for group in cluster.get("load_assignment").and_then(|l| l.get("endpoints")).map(Node::items).unwrap_or_default() {
            for endpoint in group.get("lb_endpoints").map(Node::items).unwrap_or_default() {
                let address = endpoint.get("endpoint").and_then(|e| e.get("address")).and_then(|a| a.get("socket_address"));
                let Some(address) = address else { continue };
                found.push(named(address.text_at("address").unwrap_or_default(), address.text_at("port_value")));
            }
        }
        if found.is_empty() { vec![named(name, None)] } else { found }
    }

    /// What a filter does with a route: it may be switched off, or on, for the route or its host.
    fn filter(&self, filter: &Node, node: &Node, host: &Node, route: &mut GatewayRoute) {
        let name = filter.text_at("name").unwrap_or_default();
        let short = name.rsplit('.').next().unwrap_or(name);
        let own = [node, host].into_iter().find_map(|level| level.get("typed_per_filter_config")?.get(name));
        let is_off = own.is_some_and(|c| c.get("disabled").is_some_and(Node::is_true));
        let at = self.source.at(filter.line);
        let config = filter.get("typed_config");
        if short != "router" {
            push_new(&mut route.plugins, short);
        }
        match short {
            "ext_authz" | "basic_auth" | "oauth2" | "api_key_auth" if is_off => {
                route.auth = Some(open(&format!("{short} off"), self.source.at(own.map_or(filter.line, |o| o.line))));
            }
            "ext_authz" => route.auth = Some(required(SchemeKind::Custom, short, at)),
            "basic_auth" => route.auth = Some(required(SchemeKind::Basic, short, at)),
            "oauth2" => route.auth = Some(required(SchemeKind::Oauth2, short, at)),
            "api_key_auth" => route.auth = Some(required(SchemeKind::ApiKey, short, at)),
            "jwt_authn" => route.auth = self.jwt(config, route).or(route.auth.take()),
            "local_ratelimit" => {
                let bucket = own.or(config).and_then(|c| c.get("token_bucket"));
                if let Some(bucket) = bucket {
                    let tokens = bucket.text_at("tokens_per_fill").or(bucket.text_at("max_tokens")).unwrap_or_default();
                    push_new(&mut route.rate_limits, &format!("{tokens}/{}", bucket.text_at("fill_interval").unwrap_or("1s")));
                }
            }
            "ratelimit" if node.get("route").is_some_and(|r| r.get("rate_limits").is_some()) => {
                push_new(&mut route.rate_limits, "rate limit service");
            }
            _ => {}
        }
    }

    /// The first rule of a JWT filter that fits a route; one without a requirement lets everyone pass.
    fn jwt(&self, config: Option<&Node>, route: &GatewayRoute) -> Option<GatewayAuth> {
        for rule in config?.get("rules").map(Node::items).unwrap_or_default() {
            let matching = rule.get("match")?;
            let fits = match (matching.text_at("prefix"), matching.text_at("path")) {
                (Some(prefix), _) => route.path.starts_with(prefix),
                (_, Some(path)) => route.path == path,
                _ => {
                    return Some(GatewayAuth {
                        state: AuthState::Unknown,
                        ..required(SchemeKind::Jwt, "jwt_authn", self.source.at(rule.line))
                    });
                }
            };
            if fits {
                let at = self.source.at(rule.line);
                let Some(requires) = rule.get("requires") else { return Some(open("jwt_authn without a requirement", at)) };
                let lets_missing = requires.get("allow_missing").is_some() || requires.get("allow_missing_or_failed").is_some();
                let state = if lets_missing { AuthState::Optional } else { AuthState::Required };
                return Some(GatewayAuth { state, ..required(SchemeKind::Jwt, "jwt_authn", at) });
            }
        }
        None
    }
}
