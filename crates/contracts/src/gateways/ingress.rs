//! Kubernetes Ingress (https://kubernetes.io/docs/concepts/services-networking/ingress/) with the annotations of its common
//! controllers, and the Gateway API's HTTPRoute and GRPCRoute (https://gateway-api.sigs.k8s.io/reference/spec/).

use super::Gateways;
use super::kubernetes::{Object, Objects, plugin};
use super::shape::{by_fit, named, of_pattern, prefix, push_new, required, whole};
use super::traefik;
use crate::node::Node;
use apicensus_catalog::{AuthState, GatewayAuth, GatewayKind, GatewayRoute, PathMatch, RouteAction, SchemeKind, View};

const NGINX: &str = "nginx.ingress.kubernetes.io/";

/// Reads an Ingress.
pub fn ingress(object: &Object<'_>, objects: &Objects<'_>, out: &mut Gateways) {
    let mut routes = Vec::new();
    let tls: Vec<&Node> = object.spec("tls").map(Node::items).unwrap_or_default().iter().collect();
    for rule in object.spec("rules").map(Node::items).unwrap_or_default() {
        let host = rule.text_at("host").filter(|h| *h != "*").unwrap_or_default();
        for path in rule.get("http").and_then(|h| h.get("paths")).map(Node::items).unwrap_or_default() {
            let mut route = path_route(object, path);
            push_new(&mut route.hosts, host);
            annotate(object, objects, !tls.is_empty(), &mut route);
            routes.push(route);
        }
    }
    let default = object.spec("defaultBackend").or(object.spec("backend"));
    if let Some(backend) = default.filter(|b| !backends(b).is_empty()) {
        let mut route = GatewayRoute::new(object.source.at(backend.line), "/", PathMatch::Prefix);
        route.targets = backends(backend);
        annotate(object, objects, !tls.is_empty(), &mut route);
        routes.push(route);
    }
    by_fit(&mut routes);
    out.gateway(GatewayKind::Ingress, View::Gateway, object.source, &object.name, routes);
}

fn path_route(object: &Object<'_>, path: &Node) -> GatewayRoute {
    let text = path.text_at("path").unwrap_or("/");
    let target = object.annotation(&format!("{NGINX}rewrite-target"));
    let uses_regex = object.annotation(&format!("{NGINX}use-regex")).as_deref() == Some("true");
    // A rewrite target makes controllers of this kind read every path of the Ingress as a regular expression.
    let is_regex = uses_regex || target.is_some();
    let has_marks = text.contains(['(', '*', '[', '$', '\\', '|', '+']);
    let line = path.get("path").map_or(path.line, |p| p.line);
    let (shown, kind) = match path.text_at("pathType") {
        Some("Exact") if !is_regex => (text.to_owned(), PathMatch::Exact),
        _ if is_regex && has_marks => (format!("^{text}"), PathMatch::Regex),
        _ if is_regex => (text.to_owned(), PathMatch::Prefix),
        // The older way of some controllers to say "everything below".
        _ if text.ends_with("/*") => (text.trim_end_matches('*').to_owned(), PathMatch::Prefix),
        _ => (text.to_owned(), PathMatch::Segments),
    };
    let mut route = GatewayRoute::new(object.source.at(line), shown, kind);
    route.targets = path.get("backend").map(backends).unwrap_or_default();
    if let Some(target) = target {
        route.rewrite = if target.contains('$') { Some(of_pattern(text, &target)) } else { whole(&target) };
    }
    route
}

/// The target of a backend, in the words of v1 and of v1beta1.
fn backends(backend: &Node) -> Vec<apicensus_catalog::GatewayTarget> {
    let service = backend.get("service");
    let name = service.and_then(|s| s.text_at("name")).or(backend.text_at("serviceName"));
    let port =
        service.and_then(|s| s.get("port")).and_then(|p| p.text_at("number").or(p.text_at("name"))).or(backend.text_at("servicePort"));
    name.map(|name| named(name, port)).into_iter().collect()
}

/// What the annotations of common controllers do with a route.
fn annotate(object: &Object<'_>, objects: &Objects<'_>, has_tls: bool, route: &mut GatewayRoute) {
    let nginx = |key: &str| object.annotation(&format!("{NGINX}{key}"));
    let at = |key: &str| object.source.at(object.annotation_line(&format!("{NGINX}{key}")));
    if let Some(kind) = nginx("auth-type") {
        route.auth = Some(required(SchemeKind::Basic, &format!("auth-type {kind}"), at("auth-type")));
    }
    if let Some(url) = nginx("auth-url") {
        route.auth = Some(required(SchemeKind::Custom, &format!("auth-url {url}"), at("auth-url")));
    }
    if nginx("auth-tls-secret").is_some() && nginx("auth-tls-verify-client").is_none_or(|v| v == "on") {
        route.auth = Some(required(SchemeKind::Mtls, "auth-tls-secret", at("auth-tls-secret")));
    }
    for (key, unit) in [("limit-rps", "/second"), ("limit-rpm", "/minute"), ("limit-connections", " connections")] {
        route.rate_limits.extend(nginx(key).map(|n| format!("{n}{unit}")));
    }
    if nginx("enable-cors").as_deref() == Some("true") {
        let origins = nginx("cors-allow-origin").unwrap_or_else(|| "*".to_owned());
        origins.split(',').for_each(|origin| push_new(&mut route.cors, origin.trim()));
    }
    let says_ssl = nginx("ssl-redirect").as_deref() != Some("false");
    let is_nginx = object.spec("ingressClassName").and_then(Node::text).is_some_and(|c| c.contains("nginx"))
        || object.annotation("kubernetes.io/ingress.class").is_some_and(|c| c.contains("nginx"));
    route.tls_redirect = nginx("force-ssl-redirect").as_deref() == Some("true") || (has_tls && says_ssl && is_nginx);
    if let Some(url) = nginx("permanent-redirect").or(nginx("temporal-redirect")) {
        route.action = RouteAction::Redirect;
        route.targets = vec![named(url, None)];
    }
    for key in ["whitelist-source-range", "denylist-source-range", "configuration-snippet", "server-snippet", "auth-snippet"] {
        if nginx(key).is_some() {
            push_new(&mut route.plugins, key);
        }
    }
    if let Some(kind) = object.annotation("alb.ingress.kubernetes.io/auth-type").filter(|kind| kind != "none") {
        let scheme = if kind == "oidc" { SchemeKind::OpenIdConnect } else { SchemeKind::Oauth2 };
        let line = object.annotation_line("alb.ingress.kubernetes.io/auth-type");
        route.auth = Some(required(scheme, &format!("auth-type {kind}"), object.source.at(line)));
    }
    plugins(object, objects, route);
}

fn plugins(object: &Object<'_>, objects: &Objects<'_>, route: &mut GatewayRoute) {
    let names = |key: &str| -> Vec<String> {
        let list = object.annotation(key).unwrap_or_default();
        list.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()
    };
    let fallback = GatewayRoute::new(object.source.at(object.annotation_line("konghq.com/plugins")), "/", PathMatch::Prefix);
    for name in names("konghq.com/plugins") {
        let known = objects.find("KongPlugin", &name, &object.namespace).or_else(|| objects.find("KongClusterPlugin", &name, ""));
        plugin(&name, known, &fallback, route);
    }
    if object.annotation("konghq.com/strip-path").as_deref() == Some("true") {
        route.rewrite = prefix(&route.path, "");
    }
    for name in names("traefik.ingress.kubernetes.io/router.middlewares") {
        let short = name.split('@').next().unwrap_or_default();
        // The name of a namespace stands before that of the object.
        let fits = |o: &&Object<'_>| short == o.name || short == format!("{}-{}", namespace(o), o.name);
        match objects.of_kind("Middleware").find(fits) {
            Some(middleware) => traefik::middleware_object(middleware, route, 0, objects),
            None => push_new(&mut route.plugins, short),
        }
    }
}

fn namespace<'a>(object: &'a Object<'_>) -> &'a str {
    if object.namespace.is_empty() { "default" } else { &object.namespace }
}

/// Reads an HTTPRoute.
pub fn http_route(object: &Object<'_>, out: &mut Gateways) {
    let mut routes = Vec::new();
    let hosts: Vec<String> = texts(object.spec("hostnames"));
    for rule in object.spec("rules").map(Node::items).unwrap_or_default() {
        let default = Node { line: rule.line, value: crate::node::Value::Null };
        let matches = rule.get("matches").map(Node::items).filter(|m| !m.is_empty()).unwrap_or(std::slice::from_ref(&default));
        for matching in matches {
            let path = matching.get("path");
            let text = path.and_then(|p| p.text_at("value")).unwrap_or("/");
            let kind = match path.and_then(|p| p.text_at("type")) {
                Some("Exact") => PathMatch::Exact,
                Some("RegularExpression") => PathMatch::Regex,
                _ => PathMatch::Segments,
            };
            let text = if kind == PathMatch::Regex { format!("^(?:{text})$") } else { text.to_owned() };
            let mut route = GatewayRoute::new(object.source.at(matching.line), text, kind);
            route.hosts.clone_from(&hosts);
            route.methods = matching.text_at("method").map(str::to_owned).into_iter().collect();
            for (key, word) in [("headers", "header"), ("queryParams", "query")] {
                for item in matching.get(key).map(Node::items).unwrap_or_default() {
                    let name = item.text_at("name").unwrap_or_default();
                    route.only_if.push(format!("{word} {name}: {}", item.text_at("value").unwrap_or_default()));
                }
            }
            route.targets = backend_refs(rule);
            for filter in rule.get("filters").map(Node::items).unwrap_or_default() {
                http_filter(object, filter, &mut route);
            }
            routes.push(route);
        }
    }
    by_fit(&mut routes);
    out.gateway(GatewayKind::GatewayApi, View::Gateway, object.source, &object.name, routes);
}

fn backend_refs(rule: &Node) -> Vec<apicensus_catalog::GatewayTarget> {
    let refs = rule.get("backendRefs").map(Node::items).unwrap_or_default();
    refs.iter().filter_map(|r| Some(named(r.text_at("name")?, r.text_at("port")))).collect()
}

fn http_filter(object: &Object<'_>, filter: &Node, route: &mut GatewayRoute) {
    match filter.text_at("type").unwrap_or_default() {
        "URLRewrite" => {
            let path = filter.get("urlRewrite").and_then(|r| r.get("path"));
            if let Some(to) = path.and_then(|p| p.text_at("replacePrefixMatch")) {
                // A replacement of "/" leaves no second slash: https://gateway-api.sigs.k8s.io/guides/http-redirect-rewrite/
                route.rewrite = prefix(route.path.trim_end_matches('/'), to.trim_end_matches('/'));
            } else if let Some(to) = path.and_then(|p| p.text_at("replaceFullPath")) {
                route.rewrite = whole(to);
            }
        }
        "RequestRedirect" => {
            let redirect = filter.get("requestRedirect");
            route.action = RouteAction::Redirect;
            route.tls_redirect = redirect.and_then(|r| r.text_at("scheme")) == Some("https");
            let host = redirect.and_then(|r| r.text_at("hostname")).unwrap_or_default();
            route.targets = if host.is_empty() { Vec::new() } else { vec![named(host, None)] };
        }
        "CORS" => {
            let origins = filter.get("cors").and_then(|c| c.get("allowOrigins"));
            texts(origins).iter().for_each(|o| push_new(&mut route.cors, o));
        }
        "ExtensionRef" => {
            let reference = filter.get("extensionRef");
            let name = reference.and_then(|r| r.text_at("name")).unwrap_or_default();
            let kind = reference.and_then(|r| r.text_at("kind")).unwrap_or_default();
            push_new(&mut route.plugins, &format!("{kind} {name}"));
            // What an extension does is its own; one that is named after authentication may ask for an identity.
            if format!("{kind}{name}").to_ascii_lowercase().contains("auth") {
                let at = object.source.at(filter.line);
                route.auth = Some(GatewayAuth { state: AuthState::Unknown, ..required(SchemeKind::Custom, name, at) });
            }
        }
        _ => {}
    }
}

/// Reads a GRPCRoute.
pub fn grpc_route(object: &Object<'_>, out: &mut Gateways) {
    let mut routes = Vec::new();
    for rule in object.spec("rules").map(Node::items).unwrap_or_default() {
        let default = Node { line: rule.line, value: crate::node::Value::Null };
        let matches = rule.get("matches").map(Node::items).filter(|m| !m.is_empty()).unwrap_or(std::slice::from_ref(&default));
        for matching in matches {
            let method = matching.get("method");
            let (service, name) = (method.and_then(|m| m.text_at("service")), method.and_then(|m| m.text_at("method")));
            let is_regex = method.and_then(|m| m.text_at("type")) == Some("RegularExpression");
            let (path, kind) = match (service, name) {
                _ if is_regex => {
                    let any = "[^/]+";
                    (format!("^/(?:{})/(?:{})$", service.unwrap_or(any), name.unwrap_or(any)), PathMatch::Regex)
                }
                (Some(service), Some(name)) => (format!("/{service}/{name}"), PathMatch::Exact),
                (Some(service), None) => (format!("/{service}/"), PathMatch::Prefix),
                (None, Some(name)) => (format!("^/[^/]+/{name}$"), PathMatch::Regex),
                (None, None) => ("/".to_owned(), PathMatch::Prefix),
            };
            let mut route = GatewayRoute::new(object.source.at(matching.line), path, kind);
            route.hosts = texts(object.spec("hostnames"));
            route.targets = backend_refs(rule);
            routes.push(route);
        }
    }
    by_fit(&mut routes);
    out.gateway(GatewayKind::GatewayApi, View::Gateway, object.source, &object.name, routes);
}

/// The texts of a list, or of one text.
pub fn texts(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    match node.text() {
        Some(text) => vec![text.to_owned()],
        None => node.items().iter().filter_map(Node::text).map(str::to_owned).collect(),
    }
}
