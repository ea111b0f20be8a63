//! Terraform: API Gateway of AWS (versions 1 and 2), API Management of Azure, API Gateway of Google
//! (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/apigatewayv2_route). The files of a folder are one
//! module. What `for_each` or `count` makes is told once, with its unknown parts as written.

use super::aws::{Function, authorization, aws_service, by_fit, keyed, message, route, runs};
use super::hcl::{Block, parse};
use super::shape::{method, named, open, prefix, required, target};
use super::{Gateways, Source, cloudformation, openapi_routes};
use crate::node::Node;
use crate::refs;
use apicensus_catalog::{GatewayKind, GatewayRoute, Location, PathMatch, RouteAction, SchemeKind, View};
use apicensus_source::Tree;
use apicensus_source::paths::joined;
use std::collections::BTreeMap;

/// Longest chain of resources that make up one path.
const MAX_PARTS: usize = 30;

/// A block and its file.
struct Item<'s> {
    source: &'s Source,
    block: Block,
}

impl Item<'_> {
    fn kind(&self) -> &str {
        self.block.labels.first().map_or("", String::as_str)
    }

    fn name(&self) -> &str {
        self.block.labels.get(1).map_or("", String::as_str)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.block.body.text_at(key)
    }

    fn at(&self) -> Location {
        self.source.at(self.block.body.line)
    }
}

/// Reads all files, by folder.
pub fn read(tree: &Tree, sources: &[Source], out: &mut Gateways) {
    let mut folders: BTreeMap<&str, Vec<Item<'_>>> = BTreeMap::new();
    for source in sources {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match parse(&source.text) {
            Ok(blocks) => folders.entry(folder).or_default().extend(blocks.into_iter().map(|block| Item { source, block })),
            Err(broken) => out.trouble(source, broken.line, broken.message),
        }
    }
    for (folder, items) in &folders {
        let module = Module { tree, folder, items };
        module.read(out);
    }
}

struct Module<'a> {
    tree: &'a Tree,
    folder: &'a str,
    items: &'a [Item<'a>],
}

/// Routes by the resource of their API.
type Apis<'a> = BTreeMap<(GatewayKind, String), (&'a Source, Vec<GatewayRoute>)>;

impl<'a> Module<'a> {
    fn of_kind<'k>(&'k self, kind: &'k str) -> impl Iterator<Item = &'a Item<'a>> + 'k {
        self.items.iter().filter(move |i| i.block.kind == "resource" && i.kind() == kind)
    }

    /// The resource of a kind that an expression names: `aws_x.name.id`, also within a longer text.
    fn find(&self, text: Option<&str>, kind: &str) -> Option<&'a Item<'a>> {
        let text = text?;
        let at = text.find(&format!("{kind}."))?;
        let rest = &text[at + kind.len() + 1..];
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next()?;
        self.of_kind(kind).find(|i| i.name() == name)
    }

    fn read(&self, out: &mut Gateways) {
        let mut apis = Apis::new();
        for item in self.items.iter().filter(|i| i.block.kind == "resource") {
            let found = match item.kind() {
                "aws_api_gateway_method" => Some((self.rest_method(item), self.find(item.text("rest_api_id"), "aws_api_gateway_rest_api"))),
                "aws_apigatewayv2_route" => Some((self.http_route(item), self.find(item.text("api_id"), "aws_apigatewayv2_api"))),
                "aws_lambda_function_url" => Some((self.url(item), None)),
                "azurerm_api_management_api_operation" => Some((self.azure(item), None)),
                "aws_api_gateway_rest_api" | "aws_apigatewayv2_api" => {
                    self.body(item, &mut apis, out);
                    self.quick(item).map(|route| (Some(route), Some(item)))
                }
                _ => None,
            };
            let Some((Some(route), api)) = found else { continue };
            if item.block.body.get("for_each").is_some() && (route.path.contains("${") || route.path.contains("each.")) {
                out.trouble(item.source, item.block.body.line, "its routes are made by `for_each`; those that depend on it are not known");
            }
            let name = api.map_or(item.kind(), Item::name).to_owned();
            let source = api.map_or(item.source, |a| a.source);
            apis.entry((GatewayKind::Terraform, name)).or_insert_with(|| (source, Vec::new())).1.push(route);
        }
        for item in self.items.iter().filter(|i| i.block.kind == "module") {
            self.module(item, &mut apis);
        }
        for ((kind, name), (source, mut routes)) in apis {
            by_fit(&mut routes);
            out.gateway(kind, View::Iac, source, &name, routes);
        }
    }

    fn rest_method(&self, item: &Item<'_>) -> Option<GatewayRoute> {
        let verb = item.text("http_method").unwrap_or("ANY");
        let resource = item.text("resource_id");
        let path = self.rest_path(resource);
        let mut route = route(item.at(), verb, &path);
        let same = |i: &&Item<'_>| {
            let own = i.text("http_method").unwrap_or_default();
            i.text("resource_id") == resource && (own == verb || own.contains(&format!("aws_api_gateway_method.{}.", item.name())))
        };
        let integration = self.of_kind("aws_api_gateway_integration").find(same);
        if verb == "OPTIONS" && integration.and_then(|i| i.text("type")) == Some("MOCK") {
            return None;
        }
        if let Some(integration) = integration {
            self.aim(integration.text("uri"), &mut route);
        }
        let by = self.find(item.text("authorizer_id"), "aws_api_gateway_authorizer").map(Item::name).unwrap_or_default();
        let needs_key = item.block.body.get("api_key_required").is_some_and(Node::is_true);
        route.auth = Some(verdict(item, item.text("authorization"), by, needs_key));
        Some(route)
    }

    /// The path of a resource, from its parts.
    fn rest_path(&self, resource: Option<&str>) -> String {
        let mut parts = Vec::new();
        let mut here = self.find(resource, "aws_api_gateway_resource");
        while let Some(item) = here.filter(|_| parts.len() < MAX_PARTS) {
            parts.push(item.text("path_part").unwrap_or_default());
            here = self.find(item.text("parent_id"), "aws_api_gateway_resource");
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    fn http_route(&self, item: &Item<'_>) -> Option<GatewayRoute> {
        let api = self.find(item.text("api_id"), "aws_apigatewayv2_api");
        let is_socket = api.and_then(|a| a.text("protocol_type")) == Some("WEBSOCKET");
        let key = item.text("route_key")?;
        let mut route = if is_socket { message(item.at(), key) } else { keyed(item.at(), key) };
        let integration = self.find(item.text("target"), "aws_apigatewayv2_integration");
        self.aim(integration.and_then(|i| i.text("integration_uri")), &mut route);
        let by = self.find(item.text("authorizer_id"), "aws_apigatewayv2_authorizer").map(Item::name).unwrap_or_default();
        route.auth = Some(verdict(item, item.text("authorization_type"), by, false));
        Some(route)
    }

    fn quick(&self, item: &Item<'_>) -> Option<GatewayRoute> {
        let mut route = keyed(item.at(), item.text("route_key").unwrap_or("$default"));
        self.aim(Some(item.text("target")?), &mut route);
        Some(route)
    }

    fn url(&self, item: &Item<'_>) -> Option<GatewayRoute> {
        let mut route = GatewayRoute::new(item.at(), "/", PathMatch::Prefix);
        self.aim(item.text("function_name"), &mut route);
        route.auth = Some(verdict(item, item.text("authorization_type"), "", false));
        Some(route)
    }

    /// What an integration's address means.
    fn aim(&self, uri: Option<&str>, route: &mut GatewayRoute) {
        if let Some(function) = self.find(uri, "aws_lambda_function") {
            runs(route, &self.function(function));
        } else if let Some(service) = uri.and_then(aws_service) {
            route.targets = vec![named(service, None)];
        } else if let Some(uri) = uri {
            if uri.starts_with("http") {
                let (host, path) = target(uri);
                route.targets = vec![host];
                cloudformation::rewrite_to(path.as_deref(), route);
            } else {
                route.targets = vec![named(uri.trim_start_matches("${").trim_end_matches('}'), None)];
            }
        }
    }

    /// A function; its code where it is a folder or file of the tree, or an archive of one.
    fn function(&self, item: &Item<'_>) -> Function {
        let archive = item.text("filename").or(item.text("source_code_hash")).and_then(|f| {
            let rest = f.split_once("data.archive_file.")?.1;
            let name = rest.split('.').next()?;
            self.items.iter().find(|i| i.block.kind == "data" && i.kind() == "archive_file" && i.name() == name)
        });
        let folder = archive.and_then(|a| a.text("source_dir").map(str::to_owned));
        let file = archive.and_then(|a| a.text("source_file")).and_then(|f| f.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
        Function {
            name: item.text("function_name").filter(|n| !n.contains("${")).unwrap_or(item.name()).to_owned(),
            handler: item.text("handler").map(str::to_owned),
            code: folder.or(file).and_then(|path| self.path(&path)),
        }
    }

    /// A path of the module, from the root of the tree.
    fn path(&self, text: &str) -> Option<String> {
        let text = text.replace("${path.module}", ".").replace("${path.root}", ".").replace("${path.cwd}", ".");
        if text.contains("${") { None } else { joined(self.folder, &text) }
    }

    /// An OpenAPI document as the body of an API.
    fn body(&self, item: &'a Item<'a>, apis: &mut Apis<'a>, out: &mut Gateways) {
        let Some(body) = item.block.body.get("body") else { return };
        let function = |uri: &Node| self.find(uri.text(), "aws_lambda_function").map(|f| self.function(f));
        let routes = match body.text_at("$file") {
            None if body.is_map() => openapi_routes::routes(body, &|line| item.source.at(line), &function),
            None => {
                out.trouble(item.source, body.line, "the description of this API is made as it is applied; its routes are not known");
                return;
            }
            Some(file) => {
                let found = self.path(file).and_then(|path| Some((self.tree.read(self.tree.find(&path)?).ok()?, path)));
                let Some((bytes, path)) = found else {
                    out.trouble(item.source, body.line, format!("the description `{file}` is not in the tree"));
                    return;
                };
                let (documents, _) = refs::parse(&path, &String::from_utf8_lossy(&bytes));
                let at = |line: u32| Location { file: path.clone(), line: line.max(1) };
                documents.iter().flat_map(|d| openapi_routes::routes(d, &at, &function)).collect()
            }
        };
        apis.entry((GatewayKind::Terraform, item.name().to_owned())).or_insert_with(|| (item.source, Vec::new())).1.extend(routes);
    }

    fn azure(&self, item: &Item<'_>) -> Option<GatewayRoute> {
        let api = self.find(item.text("api_name"), "azurerm_api_management_api");
        let base = api.and_then(|a| a.text("path")).unwrap_or_default().trim_matches('/').to_owned();
        let own = item.text("url_template").unwrap_or("/");
        let path = if base.is_empty() { own.to_owned() } else { format!("/{base}{own}") };
        let mut route = GatewayRoute::new(item.at(), path, PathMatch::Template);
        route.methods = method(item.text("method").unwrap_or("*")).into_iter().collect();
        if let Some((host, path)) = api.and_then(|a| a.text("service_url")).map(target) {
            route.targets = vec![host];
            let from = if base.is_empty() { String::new() } else { format!("/{base}") };
            route.rewrite = prefix(&from, path.unwrap_or_default().trim_end_matches('/'));
        }
        let needs_key = api.and_then(|a| a.block.body.get("subscription_required")).is_none_or(Node::is_true);
        route.auth = Some(match needs_key {
            true => required(SchemeKind::ApiKey, "subscription key", item.at()),
            false => open("no subscription", item.at()),
        });
        Some(route)
    }

    /// A module of a registry that takes routes as a mapping: `"GET /x" = {...}`.
    fn module(&self, item: &'a Item<'a>, apis: &mut Apis<'a>) {
        if !item.text("source").is_some_and(|s| s.contains("apigateway")) {
            return;
        }
        for key in ["routes", "integrations"] {
            for entry in item.block.body.get(key).map(Node::entries).unwrap_or_default() {
                let mut route = keyed(item.source.at(entry.line), &entry.key);
                let integration = entry.node.get("integration").unwrap_or(&entry.node);
                self.aim(integration.text_at("lambda_arn").or(integration.text_at("uri")), &mut route);
                if route.targets.iter().all(|t| t.handler.is_none()) && integration.get("lambda_arn").is_some() {
                    route.action = RouteAction::Function;
                }
                let kind = entry.node.text_at("authorization_type");
                let by = entry.node.text_at("authorizer_key").unwrap_or_default();
                route.auth = Some(verdict(item, kind, by, false));
                let name = item.kind().to_owned();
                apis.entry((GatewayKind::Terraform, name)).or_insert_with(|| (item.source, Vec::new())).1.push(route);
            }
        }
    }
}

fn verdict(item: &Item<'_>, kind: Option<&str>, by: &str, needs_key: bool) -> apicensus_catalog::GatewayAuth {
    let auth = authorization(kind.unwrap_or("NONE"), by, needs_key, item.at());
    match kind {
        // A variable decides.
        Some(text) if text.contains("${") => {
            apicensus_catalog::GatewayAuth { state: apicensus_catalog::AuthState::Unknown, by: text.to_owned(), ..auth }
        }
        _ => auth,
    }
}
