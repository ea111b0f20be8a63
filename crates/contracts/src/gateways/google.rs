//! Google's API Gateway and Cloud Endpoints: OpenAPI documents with `x-google-backend`
//! (https://cloud.google.com/endpoints/docs/openapi/openapi-extensions). A backend of the document keeps the path behind its
//! address, one of an operation does not, unless `path_translation` says otherwise.

use super::openapi_routes::auth;
use super::shape::{method, prefix, target, whole};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, RouteAction, View};

const BACKEND: &str = "x-google-backend";
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    let is_api = root.get("swagger").is_some() || root.get("openapi").is_some();
    let mut operations = root.get("paths").map(Node::entries).unwrap_or_default().iter().flat_map(|p| p.node.entries());
    is_api && (root.get(BACKEND).is_some() || operations.any(|o| o.key == BACKEND || o.node.get(BACKEND).is_some()))
}

/// Reads a document.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let mut routes = Vec::new();
    let host = root.text_at("host").filter(|h| !h.contains('$'));
    let base = root.text_at("basePath").unwrap_or_default().trim_end_matches('/');
    for path in root.get("paths").map(Node::entries).unwrap_or_default() {
        for operation in path.node.entries().iter().filter(|e| METHODS.contains(&e.key.as_str())) {
            let mut route = GatewayRoute::new(source.at(operation.line), format!("{base}{}", path.key), PathMatch::Template);
            route.methods = method(&operation.key).into_iter().collect();
            route.hosts = host.map(str::to_owned).into_iter().collect();
            let own = operation.node.get(BACKEND).or(path.node.get(BACKEND));
            match own.or(root.get(BACKEND)) {
                Some(backend) => backend_of(backend, own.is_some(), &mut route),
                None => route.action = RouteAction::Respond,
            }
            let asks = operation.node.get("security").or(root.get("security"));
            route.auth = match asks {
                Some(_) => auth(root, &operation.node, source.at(operation.line)),
                None => Some(super::shape::open("no security", source.at(operation.line))),
            };
            routes.push(route);
        }
    }
    super::aws::by_fit(&mut routes);
    out.gateway(GatewayKind::GoogleApiGateway, View::Gateway, source, "", routes);
}

fn backend_of(backend: &Node, is_own: bool, route: &mut GatewayRoute) {
    let (host, path) = target(backend.text_at("address").unwrap_or_default());
    let default = if is_own { "CONSTANT_ADDRESS" } else { "APPEND_PATH_TO_ADDRESS" };
    let path = path.unwrap_or_default();
    route.targets = vec![host];
    route.rewrite = match backend.text_at("path_translation").unwrap_or(default) {
        "CONSTANT_ADDRESS" => whole(if path.is_empty() { "/" } else { &path }),
        _ => prefix("", path.trim_end_matches('/')),
    };
}
