//! OpenAPI 3.0 to 3.2 (https://spec.openapis.org/oas/v3.2.0) and Swagger 2.0, read leniently: what is wrong in one place
//! leaves the rest.

use crate::node::{Node, Value};
use crate::promises::Promises;
use crate::refs::{At, Loader};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredAuth, DeclaredParameter, Location, SchemeKind};
use std::collections::HashMap;

/// Methods that stand as keys of a path item.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
/// The key some gateways give an operation for any method.
const ANY: &str = "x-amazon-apigateway-any-method";
/// Most operations of one document.
const MAX_OPERATIONS: usize = 20_000;

/// Whether a document says it is one.
pub fn is_one(root: &Node) -> bool {
    root.text_at("openapi").is_some_and(|v| v.starts_with('3')) || root.text_at("swagger").is_some_and(|v| v.starts_with('2'))
}

/// Reads a document.
pub fn read(root: &At, loader: &mut Loader<'_>) -> Contract {
    let node = &root.node;
    let is_swagger = node.get("swagger").is_some();
    let info = |key: &str| node.get("info").and_then(|i| i.text_at(key)).unwrap_or_default().to_owned();
    let components =
        if is_swagger { root.get("securityDefinitions") } else { root.get("components").and_then(|c| c.get("securitySchemes")) };
    let promises = Promises::of_document(root, is_swagger);
    let security = node.get("security").cloned();
    let mut reader = Reader { loader, schemes: HashMap::new(), security, operations: Vec::new(), promises };
    reader.schemes(components);
    reader.paths(root);
    Contract {
        kind: if is_swagger { ContractKind::Swagger } else { ContractKind::Openapi },
        format_version: node.text_at("openapi").or(node.text_at("swagger")).unwrap_or_default().to_owned(),
        title: info("title"),
        version: info("version"),
        generated: node.entries().iter().any(|e| e.key == "x-generator"),
        base_paths: if is_swagger { base_path(node) } else { node.get("servers").map(servers).unwrap_or_default() },
        operations: reader.operations,
        ..Contract::default()
    }
}

struct Reader<'l, 't> {
    loader: &'l mut Loader<'t>,
    schemes: HashMap<String, SchemeKind>,
    security: Option<Node>,
    operations: Vec<ContractOperation>,
    promises: Promises,
}

impl Reader<'_, '_> {
    fn schemes(&mut self, components: Option<At>) {
        let Some(components) = components else { return };
        for entry in components.node.entries() {
            if let Some(scheme) = self.loader.follow(&components.with(&entry.node)) {
                self.schemes.insert(entry.key.clone(), scheme_kind(&scheme.node));
            }
        }
    }

    fn paths(&mut self, root: &At) {
        let Some(paths) = root.get("paths").and_then(|paths| self.loader.follow(&paths)) else { return };
        for entry in paths.node.entries().iter().filter(|e| !e.key.starts_with("x-") && e.key != "$ref") {
            if self.operations.len() > MAX_OPERATIONS {
                self.loader.trouble(&root.file, entry.line, "there are too many operations; the rest was not read");
                return;
            }
            let own = paths.with(&entry.node);
            let Some(item) = self.loader.follow(&own) else { continue };
            self.item(&entry.key, entry.line, &item);
            // Operations beside a reference: allowed since 3.1, written before it too.
            if own.node.get("$ref").is_some() {
                self.item(&entry.key, entry.line, &own);
            }
        }
    }

    fn item(&mut self, path: &str, line: u32, item: &At) {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let extra = item.node.get("additionalOperations").map(Node::entries).unwrap_or_default();
        for entry in item.node.entries().iter().chain(extra) {
            let lower = entry.key.to_ascii_lowercase();
            let method = match lower.as_str() {
                ANY => "ANY".to_owned(),
                known if METHODS.contains(&known) => known.to_ascii_uppercase(),
                _ if extra.iter().any(|e| e.key == entry.key) => entry.key.clone(),
                _ => continue,
            };
            let Some(operation) = self.loader.follow(&item.with(&entry.node)) else { continue };
            if !operation.node.is_map() {
                self.loader.trouble(&item.file, entry.line, format!("`{}` of `{path}` is no operation", entry.key));
                continue;
            }
            let at = if operation.file == item.file { entry.line } else { operation.node.line };
            let at = Location { file: operation.file.to_string(), line: at.max(1) };
            let at = if at.file.is_empty() { Location { file: item.file.to_string(), line } } else { at };
            let operation = self.operation(method, path.clone(), at, item, &operation);
            self.operations.push(operation);
        }
    }

    fn operation(&mut self, method: String, path: String, at: Location, item: &At, operation: &At) -> ContractOperation {
        let node = &operation.node;
        let security = node.get("security").cloned().or_else(|| self.security.clone());
        let (auth, schemes) = self.auth(security.as_ref());
        let own_servers = node.get("servers").or(item.node.get("servers"));
        ContractOperation {
            method,
            path,
            operation_id: node.text_at("operationId").unwrap_or_default().to_owned(),
            at,
            deprecated: node.get("deprecated").is_some_and(Node::is_true),
            sunset: node.text_at("x-sunset").or(node.text_at("x-sunset-date")).unwrap_or_default().to_owned(),
            auth,
            schemes,
            parameters: self.parameters(item, operation),
            base_paths: own_servers.map(servers).unwrap_or_default(),
            promised: self.promises.of(self.loader, item, operation),
            ..ContractOperation::default()
        }
    }

    fn auth(&self, security: Option<&Node>) -> (DeclaredAuth, Vec<SchemeKind>) {
        let Some(Value::List(ways)) = security.map(|s| &s.value) else { return (DeclaredAuth::Unsaid, Vec::new()) };
        let mut schemes: Vec<SchemeKind> = Vec::new();
        for name in ways.iter().flat_map(Node::entries).map(|e| &e.key) {
            let kind = self.schemes.get(name).copied().unwrap_or(SchemeKind::Custom);
            if !schemes.contains(&kind) {
                schemes.push(kind);
            }
        }
        let without = ways.iter().any(|way| way.entries().is_empty());
        match (schemes.is_empty(), without) {
            (true, _) => (DeclaredAuth::None, schemes),
            (false, true) => (DeclaredAuth::Optional, schemes),
            (false, false) => (DeclaredAuth::Required, schemes),
        }
    }

    /// Those of the operation, then those of its path that it does not replace.
    fn parameters(&mut self, item: &At, operation: &At) -> Vec<DeclaredParameter> {
        let mut found: Vec<DeclaredParameter> = Vec::new();
        for at in [operation, item] {
            for node in at.node.get("parameters").map(Node::items).unwrap_or_default() {
                let Some(parameter) = self.loader.follow(&at.with(node)) else { continue };
                let node = &parameter.node;
                let (Some(name), Some(location)) = (node.text_at("name"), node.text_at("in")) else { continue };
                let location = if location == "formData" { "form" } else { location };
                let required = location == "path" || node.get("required").is_some_and(Node::is_true);
                if found.iter().all(|p| p.name != name || p.location != location) {
                    let said = parameter.get("schema").and_then(|schema| self.loader.follow(&schema));
                    let type_name = said.as_ref().map_or(node, |at| &at.node).text_at("type").map(str::to_owned);
                    found.push(DeclaredParameter { location: location.to_owned(), name: name.to_owned(), required, type_name });
                }
            }
        }
        found
    }
}

fn scheme_kind(scheme: &Node) -> SchemeKind {
    let is = |key: &str, word: &str| scheme.text_at(key).is_some_and(|t| t.eq_ignore_ascii_case(word));
    match scheme.text_at("type").unwrap_or_default() {
        "oauth2" => SchemeKind::Oauth2,
        "openIdConnect" => SchemeKind::OpenIdConnect,
        "mutualTLS" => SchemeKind::Mtls,
        "basic" => SchemeKind::Basic,
        "apiKey" if is("in", "cookie") => SchemeKind::Session,
        "apiKey" => SchemeKind::ApiKey,
        "http" if is("scheme", "basic") => SchemeKind::Basic,
        "http" if is("bearerFormat", "jwt") => SchemeKind::Jwt,
        "http" if is("scheme", "bearer") => SchemeKind::Bearer,
        _ => SchemeKind::Custom,
    }
}

fn base_path(root: &Node) -> Vec<String> {
    let path = root.text_at("basePath").map(path_of).unwrap_or_default();
    if path.is_empty() { Vec::new() } else { vec![path] }
}

/// The paths of servers, variables at their defaults; empty when all stand at the root.
pub(crate) fn servers(servers: &Node) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for server in servers.items() {
        let mut url = server.text_at("url").unwrap_or_default().to_owned();
        for variable in server.get("variables").map(Node::entries).unwrap_or_default() {
            url = url.replace(&format!("{{{}}}", variable.key), variable.node.text_at("default").unwrap_or_default());
        }
        let path = path_of(&url);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    if paths.iter().all(String::is_empty) { Vec::new() } else { paths }
}

/// The path of a URL or of a part of one, without a slash at its end.
pub(crate) fn path_of(url: &str) -> String {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url.trim_start_matches('.'),
    };
    let path = rest.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}
