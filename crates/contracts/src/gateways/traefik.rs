//! Traefik (https://doc.traefik.io/traefik/reference/dynamic-configuration/file/): routers, services and middlewares of files,
//! of labels and of IngressRoute objects. The longest rule comes first unless priorities say otherwise.

use super::compose::nested;
use super::ingress::texts;
use super::kubernetes::{Object, Objects};
use super::rules::ways;
use super::shape::{after, named, of_pattern, prefix, push_new, required, target, whole};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, GatewayTarget, PathMatch, PathRewrite, RewriteKind, RouteAction, SchemeKind, View};

/// Deepest nesting of chains of middlewares.
const MAX_CHAIN: usize = 8;

/// A label of a service, with the service's name.
pub type Label = (String, String, u32);

/// Whether a document is dynamic configuration.
pub fn is_one(root: &Node) -> bool {
    root.get("http").is_some_and(|http| http.get("routers").is_some_and(Node::is_map))
}

/// Reads dynamic configuration.
pub fn dynamic(source: &Source, root: &Node, out: &mut Gateways) {
    read(source, root, out);
}

/// The labels of a service that are about HTTP; those of one without a router get the default one.
pub fn of_labels(service: &str, labels: Vec<Label>) -> Vec<Label> {
    let is_off = labels.iter().any(|(key, value, _)| key == "traefik.enable" && value == "false");
    let mut own: Vec<Label> = labels.into_iter().filter(|(key, ..)| key.starts_with("traefik.http.")).collect();
    if is_off || own.is_empty() {
        return Vec::new();
    }
    let part = |key: &str, at: usize| key.split('.').nth(at).unwrap_or_default().to_owned();
    let services: Vec<String> = own.iter().filter(|(key, ..)| part(key, 2) == "services").map(|(key, ..)| part(key, 3)).collect();
    let routers: Vec<(String, u32)> =
        own.iter().filter(|(key, ..)| part(key, 2) == "routers").map(|(key, _, line)| (part(key, 3), *line)).collect();
    for name in services {
        let line = own.first().map_or(1, |(.., line)| *line);
        own.push((format!("traefik.http.services.{name}.container"), service.to_owned(), line));
    }
    for (router, line) in routers {
        let has = |own: &[Label], key: &str| own.iter().any(|(k, ..)| *k == format!("traefik.http.routers.{router}.{key}"));
        if !has(&own, "service") {
            own.push((format!("traefik.http.routers.{router}.container"), service.to_owned(), line));
        }
    }
    own
}

/// Reads the labels of all services of a file.
pub fn labels(source: &Source, labels: &[Label], out: &mut Gateways) {
    let root = nested(labels);
    if let Some(traefik) = root.get("traefik") {
        read(source, traefik, out);
    }
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.entries().iter().find(|e| e.key.eq_ignore_ascii_case(key)).map(|e| &e.node)
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    get(node, key)?.text()
}

fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let Some(http) = get(root, "http") else { return };
    let mut found: Vec<(u64, GatewayRoute)> = Vec::new();
    for router in get(http, "routers").map(Node::entries).unwrap_or_default() {
        let node = &router.node;
        let rule = text(node, "rule").unwrap_or_default();
        let all = match ways(rule) {
            Ok(all) => all,
            Err(_) if rule.is_empty() => continue,
            Err(message) => {
                out.trouble(source, get(node, "rule").map_or(router.line, |r| r.line), message);
                continue;
            }
        };
        let targets = match (text(node, "service"), text(node, "container")) {
            (Some(name), _) => service(http, name),
            (None, Some(container)) => vec![named(container, None)],
            _ => Vec::new(),
        };
        let priority = text(node, "priority").and_then(|p| p.parse().ok()).filter(|p| *p > 0).unwrap_or(rule.len() as u64);
        for way in all {
            let (path, kind) = way.path.unwrap_or_else(|| ("/".to_owned(), PathMatch::Prefix));
            let mut route = GatewayRoute::new(source.at(router.line), path, kind);
            (route.hosts, route.methods, route.only_if) = (way.hosts, way.methods, way.others);
            route.targets.clone_from(&targets);
            for name in list(get(node, "middlewares")) {
                named_middleware(source, http, &name, &mut route, 0);
            }
            if targets.iter().all(|t| t.name.ends_with("@internal")) && !targets.is_empty() {
                route.action = RouteAction::Respond;
            }
            found.push((priority, route));
        }
    }
    found.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    out.gateway(GatewayKind::Traefik, View::Gateway, source, "", found.into_iter().map(|(_, route)| route).collect());
}

/// A list, or a text with commas, as labels write it.
fn list(node: Option<&Node>) -> Vec<String> {
    texts(node).iter().flat_map(|t| t.split(',')).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

/// The servers of a service by name; the name itself where the service is not in this document.
fn service(http: &Node, name: &str) -> Vec<GatewayTarget> {
    let short = name.split('@').next().unwrap_or_default();
    let Some(node) = get(http, "services").and_then(|s| get(s, short)) else { return vec![named(name, None)] };
    if let Some(container) = text(node, "container") {
        return vec![named(container, None)];
    }
    let servers = get(node, "loadBalancer").and_then(|b| get(b, "servers")).map(Node::items).unwrap_or_default();
    let found: Vec<GatewayTarget> = servers.iter().filter_map(|s| text(s, "url")).map(|url| target(url).0).collect();
    let weighted = get(node, "weighted").and_then(|w| get(w, "services")).map(Node::items).unwrap_or_default();
    let inner = weighted.iter().filter_map(|w| text(w, "name")).filter(|inner| *inner != name).flat_map(|inner| {
        let node = get(http, "services").and_then(|s| get(s, inner));
        let servers = node.and_then(|n| get(n, "loadBalancer")).and_then(|b| get(b, "servers")).map(Node::items).unwrap_or_default();
        servers.iter().filter_map(|s| text(s, "url")).map(|url| target(url).0).collect::<Vec<_>>()
    });
    let found: Vec<GatewayTarget> = found.into_iter().chain(inner).collect();
    if found.is_empty() { vec![named(name, None)] } else { found }
}

fn named_middleware(source: &Source, http: &Node, name: &str, route: &mut GatewayRoute, depth: usize) {
    let short = name.split('@').next().unwrap_or_default();
    let node = get(http, "middlewares").and_then(|m| get(m, short));
    let Some(node) = node.filter(|_| depth < MAX_CHAIN) else {
        push_new(&mut route.plugins, name);
        return;
    };
    middleware(source, short, node, route);
    if let Some(chain) = get(node, "chain") {
        for inner in list(get(chain, "middlewares")) {
            named_middleware(source, http, &inner, route, depth + 1);
        }
    }
}

/// What a Middleware object does with a route.
pub fn middleware_object(object: &Object<'_>, route: &mut GatewayRoute, depth: usize, objects: &Objects<'_>) {
    let Some(spec) = object.node.get("spec") else { return };
    middleware(object.source, &object.name, spec, route);
    for inner in get(spec, "chain").and_then(|c| get(c, "middlewares")).map(Node::items).unwrap_or_default() {
        let known = objects.find("Middleware", inner.text_at("name").unwrap_or_default(), &object.namespace);
        if let Some(known) = known.filter(|_| depth < MAX_CHAIN) {
            middleware_object(known, route, depth + 1, objects);
        }
    }
}

fn middleware(source: &Source, name: &str, node: &Node, route: &mut GatewayRoute) {
    push_new(&mut route.plugins, name);
    for entry in node.entries() {
        let config = &entry.node;
        let at = source.at(entry.line);
        let change: Option<PathRewrite> = match entry.key.to_ascii_lowercase().as_str() {
            "stripprefix" => {
                list(get(config, "prefixes")).iter().filter(|p| route.path.starts_with(p.as_str())).find_map(|p| prefix(p, ""))
            }
            "stripprefixregex" => list(get(config, "regex")).first().map(|from| PathRewrite {
                kind: RewriteKind::Pattern,
                from: from.clone(),
                to: String::new(),
            }),
            "addprefix" => text(config, "prefix").and_then(|to| prefix("", to)),
            "replacepath" => text(config, "path").and_then(whole),
            "replacepathregex" => {
                Some(of_pattern(text(config, "regex").unwrap_or_default(), text(config, "replacement").unwrap_or_default()))
            }
            "basicauth" | "digestauth" => {
                route.auth = Some(required(SchemeKind::Basic, name, at));
                None
            }
            "forwardauth" => {
                route.auth = Some(required(SchemeKind::Custom, name, at));
                None
            }
            "ratelimit" => {
                let average = text(config, "average").unwrap_or("1");
                let period = text(config, "period").unwrap_or("1s");
                push_new(&mut route.rate_limits, &format!("{average}/{period}"));
                None
            }
            "headers" => {
                list(get(config, "accessControlAllowOriginList")).iter().for_each(|o| push_new(&mut route.cors, o));
                None
            }
            "redirectscheme" => {
                route.tls_redirect = text(config, "scheme") == Some("https");
                route.action = RouteAction::Redirect;
                None
            }
            "redirectregex" => {
                route.action = RouteAction::Redirect;
                None
            }
            _ => None,
        };
        if change.is_some() {
            route.rewrite = after(route.rewrite.take(), change);
        }
    }
}

/// Reads an IngressRoute.
pub fn ingress_route(object: &Object<'_>, objects: &Objects<'_>, out: &mut Gateways) {
    let mut found: Vec<(u64, GatewayRoute)> = Vec::new();
    for node in object.spec("routes").map(Node::items).unwrap_or_default() {
        let rule = node.text_at("match").unwrap_or_default();
        let all = match ways(rule) {
            Ok(all) => all,
            Err(message) => {
                out.trouble(object.source, node.line, message);
                continue;
            }
        };
        let priority = node.text_at("priority").and_then(|p| p.parse().ok()).filter(|p| *p > 0).unwrap_or(rule.len() as u64);
        for way in all {
            let (path, kind) = way.path.unwrap_or_else(|| ("/".to_owned(), PathMatch::Prefix));
            let mut route = GatewayRoute::new(object.source.at(node.line), path, kind);
            (route.hosts, route.methods, route.only_if) = (way.hosts, way.methods, way.others);
            let services = node.get("services").map(Node::items).unwrap_or_default();
            route.targets = services.iter().filter_map(|s| Some(named(s.text_at("name")?, s.text_at("port")))).collect();
            for reference in node.get("middlewares").map(Node::items).unwrap_or_default() {
                let name = reference.text_at("name").unwrap_or_default();
                let namespace = reference.text_at("namespace").unwrap_or(&object.namespace);
                match objects.find("Middleware", name, namespace) {
                    Some(middleware) => middleware_object(middleware, &mut route, 0, objects),
                    None => push_new(&mut route.plugins, name),
                }
            }
            found.push((priority, route));
        }
    }
    found.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    out.gateway(GatewayKind::Traefik, View::Gateway, object.source, &object.name, found.into_iter().map(|(_, route)| route).collect());
}
