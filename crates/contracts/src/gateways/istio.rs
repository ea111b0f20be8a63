//! Istio's VirtualService (https://istio.io/latest/docs/reference/config/networking/virtual-service/). One that is bound to no
//! gateway is for the mesh alone and exposes nothing. Authorization policies count where all they ask for is an identity.

use super::Gateways;
use super::ingress::texts;
use super::kubernetes::{Object, Objects, behind, pod_labels, selects};
use super::shape::{named, of_pattern, prefix, push_new, required, whole};
use crate::node::{Node, Value};
use apicensus_catalog::{AuthState, GatewayAuth, GatewayKind, GatewayRoute, PathMatch, RouteAction, SchemeKind, View};

/// Reads a VirtualService.
pub fn read(object: &Object<'_>, objects: &Objects<'_>, out: &mut Gateways) {
    let gateways = texts(object.spec("gateways"));
    if gateways.iter().all(|g| g == "mesh") {
        return;
    }
    let hosts: Vec<String> = texts(object.spec("hosts")).into_iter().filter(|h| h != "*").collect();
    let mut routes = Vec::new();
    for rule in object.spec("http").map(Node::items).unwrap_or_default() {
        if rule.get("delegate").is_some() {
            out.trouble(object.source, rule.line, "it hands requests on to another VirtualService (`delegate`), which is not followed");
            continue;
        }
        let default = Node { line: rule.line, value: Value::Null };
        let matches = rule.get("match").map(Node::items).filter(|m| !m.is_empty()).unwrap_or(std::slice::from_ref(&default));
        for matching in matches {
            let mut route = matched(object, matching);
            route.hosts.clone_from(&hosts);
            rule_of(rule, &mut route);
            route.auth = auth(object, objects, &route);
            routes.push(route);
        }
    }
    out.gateway(GatewayKind::Istio, View::Gateway, object.source, &object.name, routes);
}

/// `{exact: x}`, `{prefix: x}` or `{regex: x}`.
fn string_match(node: &Node) -> (String, PathMatch) {
    let at = |key: &str| node.text_at(key);
    match (at("exact"), at("prefix"), at("regex")) {
        (Some(text), ..) => (text.to_owned(), PathMatch::Exact),
        (_, Some(text), _) => (text.to_owned(), PathMatch::Prefix),
        (.., Some(text)) => (format!("^(?:{text})$"), PathMatch::Regex),
        _ => ("/".to_owned(), PathMatch::Prefix),
    }
}

fn matched(object: &Object<'_>, matching: &Node) -> GatewayRoute {
    let (path, kind) = matching.get("uri").map_or(("/".to_owned(), PathMatch::Prefix), string_match);
    let mut route = GatewayRoute::new(object.source.at(matching.line), path, kind);
    if let Some((method, kind)) = matching.get("method").map(string_match) {
        match kind {
            PathMatch::Exact => route.methods.push(method.to_ascii_uppercase()),
            _ => route.only_if.push(format!("method {method}")),
        }
    }
    for (key, word) in [("headers", "header"), ("queryParams", "query")] {
        for entry in matching.get(key).map(Node::entries).unwrap_or_default() {
            route.only_if.push(format!("{word} {}: {}", entry.key, string_match(&entry.node).0));
        }
    }
    route
}

fn rule_of(rule: &Node, route: &mut GatewayRoute) {
    for target in rule.get("route").map(Node::items).unwrap_or_default() {
        let Some(destination) = target.get("destination") else { continue };
        let port = destination.get("port").and_then(|p| p.text_at("number"));
        route.targets.push(named(destination.text_at("host").unwrap_or_default(), port));
    }
    if let Some(rewrite) = rule.get("rewrite") {
        if let Some(to) = rewrite.text_at("uri") {
            route.rewrite = if route.path_match == PathMatch::Prefix { prefix(&route.path, to) } else { whole(to) };
        } else if let Some(regex) = rewrite.get("uriRegexRewrite") {
            let (pattern, to) = (regex.text_at("match").unwrap_or_default(), regex.text_at("rewrite").unwrap_or_default());
            route.rewrite = Some(of_pattern(pattern, to));
        }
    }
    if let Some(redirect) = rule.get("redirect") {
        route.action = RouteAction::Redirect;
        route.tls_redirect = redirect.text_at("scheme") == Some("https") && redirect.get("uri").is_none();
        route.targets = redirect.text_at("authority").map(|host| named(host, None)).into_iter().collect();
    }
    if let Some(response) = rule.get("directResponse") {
        let is_refusal = response.text_at("status").is_some_and(|s| s.starts_with('4'));
        route.action = if is_refusal { RouteAction::Deny } else { RouteAction::Respond };
    }
    for origin in rule.get("corsPolicy").and_then(|c| c.get("allowOrigins")).map(Node::items).unwrap_or_default() {
        push_new(&mut route.cors, &string_match(origin).0);
    }
    let old = rule.get("corsPolicy").and_then(|c| c.get("allowOrigin"));
    texts(old).iter().for_each(|origin| push_new(&mut route.cors, origin));
}

/// What authorization policies ask of the callers of a route's targets.
fn auth(object: &Object<'_>, objects: &Objects<'_>, route: &GatewayRoute) -> Option<GatewayAuth> {
    let target = route.targets.first()?;
    let name = target.name.split('.').next().unwrap_or_default();
    let labels = objects.find("Service", name, &object.namespace).and_then(|s| behind(s, objects)).and_then(pod_labels);
    let mut verdict: Option<GatewayAuth> = None;
    for policy in objects.of_kind("AuthorizationPolicy") {
        let selector = policy.spec("selector").and_then(|s| s.get("matchLabels"));
        let is_meant = match selector {
            Some(selector) => selects(selector, labels) || selector.entries().iter().any(|e| e.node.text() == Some("ingressgateway")),
            None => policy.namespace == object.namespace || policy.namespace == "istio-system",
        };
        if !is_meant {
            continue;
        }
        let action = policy.spec("action").and_then(Node::text).unwrap_or("ALLOW");
        let rules = policy.spec("rules").map(Node::items).unwrap_or_default();
        let at = policy.source.at(policy.node.line);
        let asks = |rule: &Node| {
            let from = rule.get("from").map(Node::items).unwrap_or_default();
            let named = |f: &Node| f.get("source").is_some_and(|s| s.get("requestPrincipals").is_some());
            !from.is_empty() && from.iter().all(named)
        };
        let found = match action {
            "ALLOW" if !rules.is_empty() && rules.iter().all(asks) => required(SchemeKind::Jwt, &policy.name, at),
            "CUSTOM" if rules.iter().all(|r| r.get("to").is_none()) => required(SchemeKind::Custom, &policy.name, at),
            _ => GatewayAuth { state: AuthState::Unknown, schemes: Vec::new(), ..required(SchemeKind::Jwt, &policy.name, at) },
        };
        if verdict.as_ref().is_none_or(|v| v.state != AuthState::Required) {
            verdict = Some(found);
        }
    }
    verdict
}
