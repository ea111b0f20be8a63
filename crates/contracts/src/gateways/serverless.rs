//! The Serverless Framework (https://www.serverless.com/framework/docs/providers/aws/events/apigateway): functions and their
//! events. Files that `${file(...)}` names are read where they are in the tree.

use super::aws::{Function, authorization, by_fit, keyed, message, route, runs};
use super::shape::{open, push_new, required};
use super::{Gateways, Source};
use crate::node::{Entry, Node};
use crate::refs;
use apicensus_catalog::{GatewayAuth, GatewayKind, GatewayRoute, PathMatch, SchemeKind, View};
use apicensus_source::Tree;
use apicensus_source::paths::joined;

/// Whether a document is one.
pub fn is_one(name: &str, root: &Node) -> bool {
    name.starts_with("serverless") && root.get("functions").is_some() && (root.get("provider").is_some() || root.get("service").is_some())
}

/// Reads a document.
pub fn read(tree: &Tree, source: &Source, root: &Node, out: &mut Gateways) {
    let mut reader = Reader { tree, source, root, routes: Vec::new() };
    let Some(functions) = root.get("functions") else { return };
    let parts = if functions.items().is_empty() { vec![functions.clone()] } else { functions.items().to_vec() };
    for part in parts {
        match part.text() {
            Some(text) => reader.file(text, part.line, out),
            None => part.entries().iter().for_each(|e| reader.function(e, source)),
        }
    }
    let mut routes = std::mem::take(&mut reader.routes);
    by_fit(&mut routes);
    let name = root.get("service").and_then(|s| s.text().or(s.text_at("name"))).unwrap_or_default();
    out.gateway(GatewayKind::Serverless, View::Iac, source, name, routes);
}

/// Variables of one text that are filled in at most, those within others counted.
const MAX_VARIABLES: usize = 16;

struct Reader<'a> {
    tree: &'a Tree,
    source: &'a Source,
    root: &'a Node,
    routes: Vec<GatewayRoute>,
}

impl Reader<'_> {
    fn folder(&self) -> &str {
        self.source.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Functions in another file: `${file(functions.yml)}`, also with the name of a part.
    fn file(&mut self, text: &str, line: u32, out: &mut Gateways) {
        let inner = text.strip_prefix("${file(").and_then(|rest| rest.split_once(')'));
        let found = inner.and_then(|(file, _)| joined(self.folder(), file)).and_then(|path| {
            let bytes = self.tree.read(self.tree.find(&path)?).ok()?;
            Some((path, String::from_utf8_lossy(&bytes).into_owned()))
        });
        let (Some((_, tail)), Some((path, text))) = (inner, found) else {
            out.trouble(self.source, line, format!("the functions of `{text}` could not be read"));
            return;
        };
        let part = tail.trim_start_matches(':').trim_end_matches('}').to_owned();
        let (documents, broken) = refs::parse(&path, &text);
        let other = Source { path, text: String::new(), audience: self.source.audience };
        for mistake in broken {
            out.trouble(&other, mistake.line, mistake.message);
        }
        for document in documents {
            let node = if part.is_empty() { Some(&document) } else { document.get(&part) };
            node.map(Node::entries).unwrap_or_default().iter().for_each(|e| self.function(e, &other));
        }
    }

    fn function(&mut self, entry: &Entry, source: &Source) {
        let handler = entry.node.text_at("handler").map(str::to_owned);
        let function = Function { name: entry.key.clone(), code: handler.as_ref().map(|_| self.folder().to_owned()), handler };
        for event in entry.node.get("events").map(Node::items).unwrap_or_default() {
            for kind in event.entries() {
                let Some(mut route) = self.event(&entry.key, kind, source) else { continue };
                runs(&mut route, &function);
                self.routes.push(route);
            }
        }
        if let Some(url) = entry.node.get("url").filter(|u| u.is_true() || u.is_map()) {
            let mut route = GatewayRoute::new(source.at(url.line), "/", PathMatch::Prefix);
            runs(&mut route, &function);
            let auth = authorization(url.text_at("authorizer").unwrap_or("NONE"), "", false, source.at(url.line));
            route.auth = Some(auth);
            self.routes.push(route);
        }
    }

    fn event(&self, function: &str, event: &Entry, source: &Source) -> Option<GatewayRoute> {
        let node = &event.node;
        let at = source.at(event.line);
        // Google's functions are called by their names.
        if self.root.get("provider").and_then(|p| p.text_at("name")) == Some("google") {
            return (event.key == "http").then(|| route(at, "ANY", function));
        }
        let mut route = match event.key.as_str() {
            "http" | "httpApi" => match node.text() {
                Some(text) => keyed(at.clone(), &self.filled(text)),
                None => match self.filled(node.text_at("path")?).as_str() {
                    "*" => keyed(at.clone(), "$default"),
                    path => route(at.clone(), &self.filled(node.text_at("method").unwrap_or("ANY")), path),
                },
            },
            "websocket" => message(at.clone(), node.text().or(node.text_at("route"))?),
            "alb" => {
                let path = super::ingress::texts(node.get("conditions")?.get("path")).into_iter().next()?;
                let head = path.trim_end_matches('*').to_owned();
                GatewayRoute::new(at.clone(), head.clone(), if head == path { PathMatch::Exact } else { PathMatch::Prefix })
            }
            // The provider for Azure writes the same in other words.
            "x-azure-settings" => return None,
            _ => return None,
        };
        let is_private = node.get("private").is_some_and(Node::is_true);
        route.auth = Some(match node.get("authorizer") {
            Some(authorizer) => self.authorizer(authorizer, source),
            None if is_private => required(SchemeKind::ApiKey, "private", at),
            None => open("no authorizer", at),
        });
        if let Some(cors) = node.get("cors").filter(|c| c.is_true() || c.is_map()) {
            let origin = cors.text_at("origin").unwrap_or("*");
            push_new(&mut route.cors, origin);
        }
        let all = self.root.get("provider").and_then(|p| p.get("httpApi")).and_then(|h| h.get("cors"));
        if event.key == "httpApi" && all.is_some_and(Node::is_true) {
            push_new(&mut route.cors, "*");
        }
        Some(route)
    }

    /// A text with the values of `${self:a.b}`, which stand in the document itself; what only a deployment knows stays as it is written.
    fn filled(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for _ in 0..MAX_VARIABLES {
            let found = out.match_indices("${self:").find_map(|(at, head)| {
                let name = out[at + head.len()..].split_once('}')?.0;
                let keys: String = name.split('.').map(|key| format!("/{}", key.trim())).collect();
                let value = self.root.pointer(&keys)?.text()?;
                Some((at..at + head.len() + name.len() + 1, value.to_owned()))
            });
            let Some((range, value)) = found else { break };
            out.replace_range(range, &value);
        }
        out
    }

    fn authorizer(&self, node: &Node, source: &Source) -> GatewayAuth {
        let at = source.at(node.line);
        let name = node.text().or(node.text_at("name")).or(node.text_at("id")).unwrap_or_default();
        let arn = node.text_at("arn").unwrap_or_default();
        let kind = node.text_at("type").unwrap_or_default();
        let declared =
            self.root.get("provider").and_then(|p| p.get("httpApi")).and_then(|h| h.get("authorizers")).and_then(|a| a.get(name));
        let is_jwt = declared.is_some_and(|d| d.get("issuerUrl").is_some() || d.text_at("type") == Some("jwt"));
        let scheme = match name {
            _ if kind.eq_ignore_ascii_case("aws_iam") || name.eq_ignore_ascii_case("aws_iam") => SchemeKind::Hmac,
            _ if is_jwt || kind.eq_ignore_ascii_case("COGNITO_USER_POOLS") || kind == "jwt" || arn.contains("cognito-idp") => {
                SchemeKind::Jwt
            }
            _ => SchemeKind::Custom,
        };
        let scopes = node.get("scopes").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).map(str::to_owned).collect();
        let by = if name.is_empty() { if arn.is_empty() { kind } else { arn } } else { name };
        GatewayAuth { scopes, ..required(scheme, by, at) }
    }
}
