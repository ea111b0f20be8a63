//! Postman collections 2.x (https://schema.postman.com) and HTTP archives (http://www.softwareishard.com/blog/har-12-spec/): requests
//! that somebody wrote down or recorded.

use crate::node::Node;
use crate::refs::Loader;
use crate::requests::{Declared, Requests, UNSAID, scheme, template};
use apicensus_catalog::{Contract, ContractKind};

/// Whether a document is a collection.
pub fn is_collection(root: &Node) -> bool {
    root.get("info").and_then(|info| info.text_at("schema")).is_some_and(|s| s.contains("/collection/v2"))
}

/// Whether a document is an HTTP archive.
pub fn is_archive(root: &Node) -> bool {
    root.get("log").is_some_and(|log| log.get("entries").is_some() && log.get("version").is_some())
}

/// Reads a collection.
pub fn collection(file: &str, root: &Node, loader: &mut Loader<'_>) -> Contract {
    let mut found = Requests::default();
    items(&mut found, file, root, root.get("auth"));
    let info = root.get("info");
    Contract {
        kind: ContractKind::Postman,
        format_version: if info.and_then(|i| i.text_at("schema")).is_some_and(|s| s.contains("v2.0")) { "2.0" } else { "2.1" }.to_owned(),
        title: info.and_then(|i| i.text_at("name")).unwrap_or_default().to_owned(),
        operations: found.end(loader),
        ..Contract::default()
    }
}

/// Reads an archive; one operation for requests that differ only in numbers and ids.
pub fn archive(file: &str, root: &Node, loader: &mut Loader<'_>) -> Contract {
    let mut found = Requests::default();
    let log = root.get("log");
    for entry in log.and_then(|log| log.get("entries")).map(Node::items).unwrap_or_default() {
        let Some(request) = entry.get("request") else { continue };
        let (Some(method), Some(url)) = (request.text_at("method"), request.text_at("url")) else { continue };
        found.push(file, request.line, method, template(url), "", UNSAID);
    }
    Contract {
        kind: ContractKind::Har,
        format_version: log.and_then(|l| l.text_at("version")).unwrap_or_default().to_owned(),
        operations: found.end(loader),
        ..Contract::default()
    }
}

/// Requests and folders of them; the reader of the document bounds the depth.
fn items(found: &mut Requests, file: &str, folder: &Node, auth: Option<&Node>) {
    for item in folder.get("item").map(Node::items).unwrap_or_default() {
        if !found.visit(file, item.line) {
            return;
        }
        let auth = item.get("auth").or(auth);
        items(found, file, item, auth);
        let Some(request) = item.get("request") else { continue };
        let url = request.get("url").unwrap_or(request);
        let Some(path) = url.text().map(template).or_else(|| path(url)) else { continue };
        let method = request.text_at("method").unwrap_or("GET");
        let name = item.text_at("name").unwrap_or_default();
        found.push(file, request.line, method, path, name, declared(request.get("auth").or(auth)));
    }
}

/// The path of a URL in parts, else of its text.
fn path(url: &Node) -> Option<String> {
    let parts = url.get("path").map(Node::items).unwrap_or_default();
    if parts.is_empty() {
        return url.text_at("raw").map(template);
    }
    let parts: Vec<&str> = parts.iter().filter_map(Node::text).collect();
    Some(template(&format!("/{}", parts.join("/"))))
}

fn declared(auth: Option<&Node>) -> Declared {
    auth.and_then(|a| a.text_at("type")).map_or(UNSAID, scheme)
}
