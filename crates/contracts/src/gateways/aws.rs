//! What the ways to describe Amazon API Gateway have in common: route keys, functions, verdicts
//! (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html).

use super::shape::{method, open, required};
use apicensus_catalog::{GatewayAuth, GatewayRoute, GatewayTarget, Location, PathMatch, RouteAction, SchemeKind};

/// A function and where its code is.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Its name in the document.
    pub name: String,
    /// Its handler, as written.
    pub handler: Option<String>,
    /// The folder of its code, from the root of the tree.
    pub code: Option<String>,
}

impl Function {
    /// It as a target.
    pub fn target(&self) -> GatewayTarget {
        GatewayTarget { name: self.name.clone(), handler: self.handler.clone(), code: self.code.clone(), ..GatewayTarget::default() }
    }
}

/// A path and a method as a route.
pub fn route(at: Location, verb: &str, path: &str) -> GatewayRoute {
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut route = GatewayRoute::new(at, path, PathMatch::Template);
    route.methods = method(verb).into_iter().collect();
    route
}

/// A key such as `GET /users/{id}`, `$default` or, for sockets, `$connect`.
pub fn keyed(at: Location, key: &str) -> GatewayRoute {
    match key.trim().split_once(char::is_whitespace) {
        Some((verb, path)) => route(at, verb, path.trim()),
        None if key == "$default" || key == "*" => GatewayRoute::new(at, "/", PathMatch::Prefix),
        None => message(at, key),
    }
}

/// A key of a WebSocket API: messages of one kind, over the one path there is.
pub fn message(at: Location, key: &str) -> GatewayRoute {
    let mut route = GatewayRoute::new(at, "/", PathMatch::Exact);
    route.only_if.push(format!("message {key}"));
    route
}

/// The service of AWS, other than Lambda, that an integration calls: `arn:aws:apigateway:REGION:sqs:path/...`.
pub fn aws_service(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("arn:")?.split_once(":apigateway:")?.1.replace("::", "--");
    let service = rest.split(':').nth(1)?.to_owned();
    (service != "lambda" && !service.is_empty()).then(|| format!("aws {service}"))
}

/// Gives a route a function to run.
pub fn runs(route: &mut GatewayRoute, function: &Function) {
    route.action = RouteAction::Function;
    route.targets = vec![function.target()];
}

/// The verdict of an authorization type: `NONE`, `AWS_IAM`, `COGNITO_USER_POOLS`, `CUSTOM`, `JWT`.
pub fn authorization(kind: &str, by: &str, needs_key: bool, at: Location) -> GatewayAuth {
    let scheme = match kind {
        "AWS_IAM" | "IAM" | "iam" | "aws_iam" => SchemeKind::Hmac,
        "COGNITO_USER_POOLS" | "JWT" | "jwt" => SchemeKind::Jwt,
        "CUSTOM" | "REQUEST" | "TOKEN" | "request" | "token" | "custom" => SchemeKind::Custom,
        _ if needs_key => return required(SchemeKind::ApiKey, "API key", at),
        _ => return open("no authorizer", at),
    };
    let by = if by.is_empty() { kind } else { by };
    required(scheme, by, at)
}

/// Sorts routes as API Gateway picks them: the most specific path, then one for the method.
pub fn by_fit(routes: &mut [GatewayRoute]) {
    routes.sort_by_key(|r| {
        let shape: Vec<u8> = r.path.split('/').map(|s| if s.contains("+}") { 2 } else { u8::from(s.starts_with('{')) }).collect();
        (r.path_match == PathMatch::Prefix, shape, std::cmp::Reverse(r.path.len()), r.methods.is_empty())
    });
}
