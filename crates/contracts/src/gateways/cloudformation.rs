//! Templates of CloudFormation, SAM and CDK: API Gateway's routes and the functions behind them
//! (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html,
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGatewayV2.html).
//!
//! Short forms (`!Ref x`, `!GetAtt x.Arn`, `!Sub`) arrive as their text; long forms as mappings. Both name resources.

use super::aws::{Function, authorization, aws_service, by_fit, keyed, message, route, runs};
use super::shape::{named, open, prefix, push_new, required, target, whole};
use super::{Gateways, Source, openapi_routes};
use crate::node::{Entry, Node};
use crate::refs;
use apicensus_catalog::{GatewayAuth, GatewayKind, GatewayRoute, Location, PathMatch, RewriteKind, SchemeKind, View};
use apicensus_source::Tree;
use apicensus_source::paths::joined;
use std::collections::BTreeMap;

/// Longest chain of resources that make up one path.
const MAX_PARTS: usize = 30;
/// Deepest nesting that is searched for names.
const MAX_DEPTH: usize = 12;

/// Whether a document is one.
pub fn is_one(root: &Node) -> bool {
    let is_ours = |e: &Entry| e.node.text_at("Type").is_some_and(|t| t.starts_with("AWS::"));
    root.get("Resources").is_some_and(|r| r.entries().iter().any(is_ours))
}

/// Reads a template.
pub fn read(tree: &Tree, source: &Source, root: &Node, out: &mut Gateways) {
    let template = Template { tree, source, root };
    let mut apis: BTreeMap<String, Vec<GatewayRoute>> = BTreeMap::new();
    for resource in template.resources() {
        let name = &resource.key;
        match resource.node.text_at("Type").unwrap_or_default() {
            "AWS::Serverless::Function" => template.events(resource, &mut apis),
            "AWS::Serverless::Api" | "AWS::Serverless::HttpApi" => {
                for key in ["DefinitionBody", "DefinitionUri"] {
                    template.body(property(resource, key), name, &mut apis, out);
                }
            }
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => {
                for key in ["Body", "BodyS3Location"] {
                    template.body(property(resource, key), name, &mut apis, out);
                }
                template.quick(resource, &mut apis);
            }
            "AWS::ApiGateway::Method" => template.method(resource, &mut apis),
            "AWS::ApiGatewayV2::Route" => template.route(resource, &mut apis),
            "AWS::Lambda::Url" => template.url(resource, &mut apis),
            _ => {}
        }
    }
    for (name, mut routes) in apis {
        by_fit(&mut routes);
        let cors = template.cors(&name);
        routes.iter_mut().for_each(|route| cors.iter().for_each(|origin| push_new(&mut route.cors, origin)));
        out.gateway(GatewayKind::Cloudformation, View::Iac, source, &name, routes);
    }
}

fn property<'n>(resource: &'n Entry, key: &str) -> Option<&'n Node> {
    resource.node.get("Properties")?.get(key)
}

/// The path of a backend's URL in place of the route's: `{proxy}` for `{proxy+}` keeps the rest.
pub fn rewrite_to(path: Option<&str>, route: &mut GatewayRoute) {
    let Some(path) = path.filter(|p| *p != "/" || route.path != "/") else { return };
    let own = route.path.as_str();
    route.rewrite = match (own.find("{proxy+}").or_else(|| own.find('{').filter(|_| own.ends_with("+}"))), path.find('{')) {
        (Some(from), Some(to)) if path.ends_with('}') => prefix(&own[..from], &path[..to]),
        (Some(_), _) => Some(apicensus_catalog::PathRewrite { kind: RewriteKind::Pattern, from: own.to_owned(), to: path.to_owned() }),
        (None, _) if path == own => None,
        (None, _) => whole(path),
    };
}

struct Template<'a> {
    tree: &'a Tree,
    source: &'a Source,
    root: &'a Node,
}

impl Template<'_> {
    fn resources(&self) -> &[Entry] {
        self.root.get("Resources").map(Node::entries).unwrap_or_default()
    }

    fn resource(&self, name: &str) -> Option<&Entry> {
        self.resources().iter().find(|e| e.key == name)
    }

    /// The resource of a type that a value names.
    fn named(&self, node: Option<&Node>, kinds: &[&str]) -> Option<&Entry> {
        let mut names = Vec::new();
        mentions(node?, 0, &mut names);
        names.iter().filter_map(|name| self.resource(name)).find(|r| kinds.contains(&r.node.text_at("Type").unwrap_or_default()))
    }

    fn function(&self, node: Option<&Node>) -> Option<Function> {
        let resource =
            self.named(node, &["AWS::Serverless::Function", "AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::Version"])?;
        if let Some(behind) =
            property(resource, "FunctionName").filter(|_| !resource.node.text_at("Type").unwrap_or_default().ends_with("Function"))
        {
            return self.named(Some(behind), &["AWS::Serverless::Function", "AWS::Lambda::Function"]).map(|r| self.code(r));
        }
        Some(self.code(resource))
    }

    fn global(&self, section: &str, key: &str) -> Option<&Node> {
        self.root.get("Globals")?.get(section)?.get(key)
    }

    fn code(&self, resource: &Entry) -> Function {
        let of = |key: &str| property(resource, key).or_else(|| self.global("Function", key)).and_then(Node::text);
        let here = self.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let code = of("CodeUri").or_else(|| property(resource, "Code").and_then(Node::text)).filter(|c| !c.contains("://"));
        let code = code.or(of("Handler").map(|_| "."));
        // What CDK synthesises holds a copy of the code, not the code.
        let is_asset = property(resource, "Code").is_some_and(|c| c.get("S3Key").is_some() || c.get("ZipFile").is_some());
        Function {
            name: resource.key.clone(),
            handler: of("Handler").map(str::to_owned),
            code: code.filter(|_| !is_asset).and_then(|code| joined(here, code)),
        }
    }

    fn at(&self, line: u32) -> Location {
        self.source.at(line)
    }

    /// The events of a function that are routes.
    fn events(&self, resource: &Entry, apis: &mut BTreeMap<String, Vec<GatewayRoute>>) {
        let function = self.code(resource);
        for event in property(resource, "Events").map(Node::entries).unwrap_or_default() {
            let kind = event.node.text_at("Type").unwrap_or_default();
            if kind != "Api" && kind != "HttpApi" {
                continue;
            }
            let of = |key: &str| event.node.get("Properties").and_then(|p| p.get(key));
            let reference = of("RestApiId").or(of("ApiId"));
            let api = self.named(
                reference,
                &["AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"],
            );
            let section = if kind == "Api" { "Api" } else { "HttpApi" };
            let name =
                api.map_or_else(|| format!("Serverless{}", if kind == "Api" { "RestApi" } else { "HttpApi" }), |api| api.key.clone());
            let mut route = match of("Path").and_then(Node::text) {
                Some(path) => route(self.at(event.line), of("Method").and_then(Node::text).unwrap_or("ANY"), path),
                None => keyed(self.at(event.line), "$default"),
            };
            runs(&mut route, &function);
            let auth = api.and_then(|api| property(api, "Auth")).or_else(|| self.global(section, "Auth"));
            route.auth = Some(self.event_auth(of("Auth"), auth, event.line));
            apis.entry(name).or_default().push(route);
        }
        if let Some(config) = property(resource, "FunctionUrlConfig") {
            let mut route = GatewayRoute::new(self.at(config.line), "/", PathMatch::Prefix);
            runs(&mut route, &function);
            route.auth = Some(authorization(config.text_at("AuthType").unwrap_or("NONE"), "", false, self.at(config.line)));
            apis.entry(format!("{} URL", resource.key)).or_default().push(route);
        }
    }

    /// The verdict of an event: its own authorizer, else the API's default one.
    fn event_auth(&self, own: Option<&Node>, api: Option<&Node>, line: u32) -> GatewayAuth {
        let authorizer = own.and_then(|a| a.text_at("Authorizer")).or(api.and_then(|a| a.text_at("DefaultAuthorizer")));
        let key = |node: Option<&Node>| node.and_then(|a| a.get("ApiKeyRequired")).map(Node::is_true);
        let needs_key = key(own).or(key(api)).unwrap_or(false);
        let line = own.or(api).map_or(line, |a| a.line);
        let Some(name) = authorizer.filter(|name| *name != "NONE") else {
            let with_policy = [own, api].into_iter().flatten().any(|a| a.get("ResourcePolicy").is_some());
            let auth = authorization("", "", needs_key, self.at(line));
            let state = if with_policy && !needs_key { apicensus_catalog::AuthState::Unknown } else { auth.state };
            return GatewayAuth { state, ..auth };
        };
        let config = api.and_then(|a| a.get("Authorizers")).and_then(|a| a.get(name));
        let has = |key: &str| config.is_some_and(|c| c.get(key).is_some());
        let scheme = match name {
            "AWS_IAM" => SchemeKind::Hmac,
            _ if has("UserPoolArn") || has("JwtConfiguration") => SchemeKind::Jwt,
            _ => SchemeKind::Custom,
        };
        let scopes = own.and_then(|a| a.get("AuthorizationScopes")).map(Node::items).unwrap_or_default();
        let scopes = scopes.iter().filter_map(Node::text).map(str::to_owned).collect();
        GatewayAuth { scopes, ..required(scheme, name, self.at(line)) }
    }

    /// An OpenAPI document within the template, or in a file of the tree.
    fn body(&self, node: Option<&Node>, api: &str, apis: &mut BTreeMap<String, Vec<GatewayRoute>>, out: &mut Gateways) {
        let Some(node) = node else { return };
        let include = node.get("Fn::Transform").and_then(|t| t.get("Parameters")).and_then(|p| p.text_at("Location"));
        let function = |uri: &Node| self.function(Some(uri));
        if node.is_map() && include.is_none() {
            apis.entry(api.to_owned()).or_default().extend(openapi_routes::routes(node, &|line| self.at(line), &function));
            return;
        }
        let Some(file) = include.or(node.text()).filter(|f| !f.contains("://")) else { return };
        let here = self.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found = joined(here, file).and_then(|path| Some((self.tree.find(&path)?, path)));
        let Some((path, bytes)) = found.and_then(|(at, path)| Some((path, self.tree.read(at).ok()?))) else {
            out.trouble(self.source, node.line, format!("the description `{file}` of {api} is not in the tree"));
            return;
        };
        let (documents, _) = refs::parse(&path, &String::from_utf8_lossy(&bytes));
        for document in documents {
            let at = |line: u32| Location { file: path.clone(), line: line.max(1) };
            apis.entry(api.to_owned()).or_default().extend(openapi_routes::routes(&document, &at, &function));
        }
    }

    /// An HTTP API with a target and no routes of its own.
    fn quick(&self, resource: &Entry, apis: &mut BTreeMap<String, Vec<GatewayRoute>>) {
        let Some(goal) = property(resource, "Target") else { return };
        let key = property(resource, "RouteKey").and_then(Node::text).unwrap_or("$default");
        let mut route = keyed(self.at(resource.line), key);
        self.aim(Some(goal), &mut route);
        apis.entry(resource.key.clone()).or_default().push(route);
    }

    /// What an integration's address means.
    fn aim(&self, uri: Option<&Node>, route: &mut GatewayRoute) {
        if let Some(function) = self.function(uri) {
            runs(route, &function);
        } else if let Some(service) = uri.and_then(Node::text).and_then(aws_service) {
            route.targets = vec![named(service, None)];
        } else if let Some(text) = uri.and_then(Node::text) {
            let (host, path) = target(text);
            route.targets = vec![host];
            rewrite_to(path.as_deref(), route);
        }
    }

    fn method(&self, resource: &Entry, apis: &mut BTreeMap<String, Vec<GatewayRoute>>) {
        let verb = property(resource, "HttpMethod").and_then(Node::text).unwrap_or("ANY");
        let integration = property(resource, "Integration");
        if verb == "OPTIONS" && integration.and_then(|i| i.text_at("Type")) == Some("MOCK") {
            return;
        }
        let path = self.path(property(resource, "ResourceId"));
        let mut route = route(self.at(resource.line), verb, &path);
        if let Some(integration) = integration {
            self.aim(integration.get("Uri"), &mut route);
        }
        let needs_key = property(resource, "ApiKeyRequired").is_some_and(Node::is_true);
        let by = self.named(property(resource, "AuthorizerId"), &["AWS::ApiGateway::Authorizer"]).map(|a| a.key.clone());
        let kind = property(resource, "AuthorizationType").and_then(Node::text).unwrap_or("NONE");
        route.auth = Some(authorization(kind, &by.unwrap_or_default(), needs_key, self.at(resource.line)));
        let api = self.named(property(resource, "RestApiId"), &["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"]);
        apis.entry(api.map_or_else(String::new, |a| a.key.clone())).or_default().push(route);
    }

    /// The path of a resource, from its parts.
    fn path(&self, node: Option<&Node>) -> String {
        let mut parts = Vec::new();
        let mut here = self.named(node, &["AWS::ApiGateway::Resource"]);
        while let Some(resource) = here.filter(|_| parts.len() < MAX_PARTS) {
            parts.push(property(resource, "PathPart").and_then(Node::text).unwrap_or_default().to_owned());
            here = self.named(property(resource, "ParentId"), &["AWS::ApiGateway::Resource"]);
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    fn route(&self, resource: &Entry, apis: &mut BTreeMap<String, Vec<GatewayRoute>>) {
        let Some(key) = property(resource, "RouteKey").and_then(Node::text) else { return };
        let api = self.named(property(resource, "ApiId"), &["AWS::ApiGatewayV2::Api", "AWS::Serverless::HttpApi"]);
        let is_socket = api.and_then(|a| property(a, "ProtocolType")).and_then(Node::text) == Some("WEBSOCKET");
        let mut route = if is_socket { message(self.at(resource.line), key) } else { keyed(self.at(resource.line), key) };
        let integration = self.named(property(resource, "Target"), &["AWS::ApiGatewayV2::Integration"]);
        self.aim(integration.and_then(|i| property(i, "IntegrationUri")), &mut route);
        let needs_key = property(resource, "ApiKeyRequired").is_some_and(Node::is_true);
        let by = self.named(property(resource, "AuthorizerId"), &["AWS::ApiGatewayV2::Authorizer"]).map(|a| a.key.clone());
        let kind = property(resource, "AuthorizationType").and_then(Node::text).unwrap_or("NONE");
        route.auth = Some(authorization(kind, &by.unwrap_or_default(), needs_key, self.at(resource.line)));
        apis.entry(api.map_or_else(String::new, |a| a.key.clone())).or_default().push(route);
    }

    fn url(&self, resource: &Entry, apis: &mut BTreeMap<String, Vec<GatewayRoute>>) {
        let Some(function) = self.function(property(resource, "TargetFunctionArn")) else { return };
        let mut route = GatewayRoute::new(self.at(resource.line), "/", PathMatch::Prefix);
        runs(&mut route, &function);
        let kind = property(resource, "AuthType").and_then(Node::text).unwrap_or("NONE");
        route.auth = Some(match kind {
            "NONE" => open("AuthType NONE", self.at(resource.line)),
            kind => authorization(kind, "", false, self.at(resource.line)),
        });
        apis.entry(resource.key.clone()).or_default().push(route);
    }

    /// The origins that an API lets read its answers.
    fn cors(&self, api: &str) -> Vec<String> {
        let resource = self.resource(api);
        let of_resource = resource.and_then(|r| property(r, "Cors").or(property(r, "CorsConfiguration")));
        let section = if api.contains("Http") { "HttpApi" } else { "Api" };
        let of_globals = if resource.is_none() { self.global(section, "Cors").or(self.global(section, "CorsConfiguration")) } else { None };
        let Some(cors) = of_resource.or(of_globals) else { return Vec::new() };
        let origins = cors.get("AllowOrigin").or(cors.get("AllowOrigins")).unwrap_or(cors);
        let texts = super::ingress::texts(Some(origins));
        texts.iter().map(|t| t.trim_matches('\'').to_owned()).filter(|t| !t.is_empty()).collect()
    }
}

/// The names of resources that a value mentions.
fn mentions(node: &Node, depth: usize, names: &mut Vec<String>) {
    if depth > MAX_DEPTH || names.len() > 200 {
        return;
    }
    if let Some(text) = node.text() {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("${") {
            let name = after.split(['}', '.']).next().unwrap_or_default();
            names.push(name.to_owned());
            rest = after;
        }
        names.push(text.split('.').next().unwrap_or_default().to_owned());
    }
    let under = node.entries().iter().map(|e| &e.node).chain(node.items());
    under.for_each(|inner| mentions(inner, depth + 1, names));
}
