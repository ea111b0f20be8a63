//! OpenAPI documents that a gateway is made from: operations with `x-amazon-apigateway-integration`
//! (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html).

use super::aws::{Function, aws_service, by_fit, route, runs};
use super::shape::{named, open, push_new, required, target};
use super::{Gateways, Source};
use crate::node::{Node, Value};
use apicensus_catalog::{GatewayAuth, GatewayKind, GatewayRoute, Location, RouteAction, SchemeKind, View};

/// The integration of an operation.
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    let is_api = root.get("openapi").is_some() || root.get("swagger").is_some();
    is_api && operations(root).any(|(_, _, _, o)| o.get(INTEGRATION).is_some())
}

/// Path, method, its line and the operation.
fn operations(root: &Node) -> impl Iterator<Item = (&str, &str, u32, &Node)> {
    let paths = root.get("paths").map(Node::entries).unwrap_or_default();
    paths.iter().flat_map(|path| {
        let items = path.node.entries().iter().filter(|e| METHODS.contains(&e.key.to_ascii_lowercase().as_str()));
        items.map(move |e| (path.key.as_str(), e.key.as_str(), e.line, &e.node))
    })
}

/// A document that no template names.
pub fn standalone(source: &Source, root: &Node, out: &mut Gateways) {
    let routes = routes(root, &|line| source.at(line), &|_| None);
    out.gateway(GatewayKind::AwsApiGateway, View::Iac, source, "", routes);
}

/// The routes of a document. `function` knows what an integration's text names.
pub fn routes(root: &Node, at: &dyn Fn(u32) -> Location, function: &dyn Fn(&Node) -> Option<Function>) -> Vec<GatewayRoute> {
    let mut found = Vec::new();
    for (path, verb, line, operation) in operations(root) {
        if verb.eq_ignore_ascii_case("options") && is_mock(operation) {
            continue;
        }
        // The default route is put below; SAM writes it without a slash.
        if path.trim_start_matches('/') == "$default" {
            continue;
        }
        let mut route = route(at(line), verb, path);
        integration(operation.get(INTEGRATION), function, &mut route);
        route.auth = auth(root, operation, at(line));
        found.push(route);
    }
    let default = root.get("paths").and_then(|p| p.get("/$default").or(p.get("$default")));
    if let Some(default) = default {
        let mut route = super::aws::keyed(at(default.line), "$default");
        integration(default.get("x-amazon-apigateway-any-method").and_then(|o| o.get(INTEGRATION)), function, &mut route);
        found.push(route);
    }
    by_fit(&mut found);
    found
}

fn is_mock(operation: &Node) -> bool {
    operation.get(INTEGRATION).and_then(|i| i.text_at("type")).is_some_and(|t| t.eq_ignore_ascii_case("mock"))
}

fn integration(integration: Option<&Node>, function: &dyn Fn(&Node) -> Option<Function>, route: &mut GatewayRoute) {
    let Some(integration) = integration else { return };
    let kind = integration.text_at("type").unwrap_or_default().to_ascii_lowercase();
    let Some(uri) = integration.get("uri") else {
        route.action = if kind == "mock" { RouteAction::Respond } else { RouteAction::Proxy };
        return;
    };
    if let Some(function) = function(uri) {
        runs(route, &function);
    } else if kind.starts_with("http") {
        let (host, path) = target(uri.text().unwrap_or_default());
        route.targets = vec![host];
        push_new(&mut route.plugins, &kind);
        super::cloudformation::rewrite_to(path.as_deref(), route);
    } else if let Some(service) = uri.text().and_then(aws_service) {
        route.targets = vec![named(service, None)];
    } else {
        let name = function_name(uri.text().unwrap_or_default());
        runs(route, &Function { name, ..Function::default() });
    }
}

/// The name of a function within its ARN.
pub fn function_name(uri: &str) -> String {
    let tail = uri.rsplit_once("functions/").map_or(uri, |(_, tail)| tail);
    let tail = tail.split("/invocations").next().unwrap_or(tail);
    let tail = tail.rsplit_once("function:").map_or(tail, |(_, tail)| tail);
    tail.trim_start_matches("${").split(['.', '}', '/']).next().unwrap_or(tail).to_owned()
}

/// The verdict of an operation's security, or of the document's.
pub fn auth(root: &Node, operation: &Node, at: Location) -> Option<GatewayAuth> {
    let security = operation.get("security").or(root.get("security"))?;
    let Value::List(ways) = &security.value else { return None };
    let first = ways.iter().flat_map(Node::entries).next();
    let Some(first) = first else { return Some(open("no security", at)) };
    let schemes = root.get("components").and_then(|c| c.get("securitySchemes")).or(root.get("securityDefinitions"));
    let scheme = schemes.and_then(|s| s.get(&first.key));
    // What SAM makes of `Authorizer: NONE`; no scheme has that name.
    if scheme.is_none() && first.key == "NONE" {
        return Some(open("NONE", at));
    }
    let text = |key: &str| scheme.and_then(|s| s.text_at(key)).unwrap_or_default();
    let authorizer = scheme.and_then(|s| s.get("x-amazon-apigateway-authorizer"));
    let kind = match (text("x-amazon-apigateway-authtype"), text("type")) {
        ("awsSigv4", _) => SchemeKind::Hmac,
        ("cognito_user_pools", _) => SchemeKind::Jwt,
        _ if authorizer.and_then(|a| a.text_at("type")) == Some("jwt") => SchemeKind::Jwt,
        _ if authorizer.is_some() => SchemeKind::Custom,
        (_, "oauth2") => SchemeKind::Oauth2,
        (_, "openIdConnect") => SchemeKind::OpenIdConnect,
        (_, "apiKey") => SchemeKind::ApiKey,
        (_, "http") if text("scheme") == "basic" => SchemeKind::Basic,
        (_, "http") => SchemeKind::Bearer,
        _ => SchemeKind::Custom,
    };
    let scopes = first.node.items().iter().filter_map(Node::text).map(str::to_owned).collect();
    Some(GatewayAuth { scopes, ..required(kind, &first.key, at) })
}
