//! Insomnia exports: version 4 (JSON or YAML, a flat list of resources) and version 5 (YAML, a tree;
//! https://developer.konghq.com/insomnia/import-export/).

use crate::node::Node;
use crate::refs::{At, Loader};
use crate::requests::{Declared, Requests, UNSAID, scheme, template};
use apicensus_catalog::{Contract, ContractKind, DeclaredAuth};
use std::collections::{HashMap, HashSet};

/// The endings of `type` in version 5, before the slash and version.
const TYPES: &[&str] = &["collection.insomnia.rest", "spec.insomnia.rest", "mock.insomnia.rest", "environment.insomnia.rest"];

/// Whether a document is an export.
pub fn is_one(root: &Node) -> bool {
    let is_export = root.text_at("_type") == Some("export") && root.get("__export_format").is_some();
    is_export || version(root).is_some()
}

/// The version of a document of the later kind.
fn version(root: &Node) -> Option<&str> {
    let (kind, version) = root.text_at("type")?.split_once('/')?;
    TYPES.contains(&kind).then_some(version)
}

/// Reads an export; none where it holds no requests by its kind.
pub fn read(at: &At, loader: &mut Loader<'_>) -> Option<Contract> {
    let (root, file) = (&at.node, at.file.as_ref());
    let version = version(root).or(root.text_at("__export_format")).unwrap_or_default().to_owned();
    let mut found = Requests::default();
    let title = match version.split('.').next() {
        Some("5") => {
            let has_requests = ["collection.", "spec."].iter().any(|kind| root.text_at("type").is_some_and(|t| t.starts_with(kind)));
            if !has_requests {
                return None;
            }
            children(root.get("collection"), file, &UNSAID, &mut found);
            let described = root.get("spec").and_then(|spec| spec.entry("contents"));
            if let Some(entry) = described.filter(|e| e.node.is_map() || e.node.text().is_some_and(|t| !t.trim().is_empty())) {
                loader.trouble(file, entry.line, "the API description within this design document is not read");
            }
            root.text_at("name").unwrap_or_default().to_owned()
        }
        Some("3" | "4") => resources(root, file, loader, &mut found),
        _ => {
            let line = root.entry("__export_format").or(root.entry("type")).map_or(1, |e| e.line);
            loader.trouble(file, line, format!("Insomnia's export format {version} is not read; 3, 4 and 5 are"));
            return None;
        }
    };
    let operations = found.end(loader);
    Some(Contract { kind: ContractKind::Insomnia, format_version: version, title, operations, ..Contract::default() })
}

/// What a request or folder says, else what the folder above it says.
fn declared(node: &Node, inherited: &Declared) -> Declared {
    let Some(auth) = node.get("authentication") else { return inherited.clone() };
    // A form that was emptied has no kind; it inherits.
    let Some(kind) = auth.text_at("type") else { return inherited.clone() };
    if auth.get("disabled").is_some_and(Node::is_true) { (DeclaredAuth::None, Vec::new()) } else { scheme(kind) }
}

/// Requests and folders of version 5; the reader of the document bounds the depth.
fn children(list: Option<&Node>, file: &str, inherited: &Declared, found: &mut Requests) {
    for item in list.map(Node::items).unwrap_or_default() {
        if !found.visit(file, item.line) {
            return;
        }
        let auth = declared(item, inherited);
        if let Some(below) = item.get("children") {
            children(Some(below), file, &auth, found);
        } else {
            request(item, file, auth, found);
        }
    }
}

/// A request over HTTP, a socket or gRPC.
fn request(item: &Node, file: &str, auth: Declared, found: &mut Requests) {
    let Some(url) = item.entry("url") else { return };
    let text = url.node.text().unwrap_or_default();
    let name = item.text_at("name").unwrap_or_default();
    let method = item.text_at("method").unwrap_or("GET");
    match item.text_at("protoMethodName").or(Some(method).filter(|_| item.get("protoFileId").is_some())) {
        Some(called) => found.push(file, url.line, "RPC", format!("/{}", called.trim_start_matches('/')), name, auth),
        None => found.push(file, url.line, method, template(text), name, auth),
    }
}

/// The resources of version 4; gives the name of the workspace.
fn resources(root: &Node, file: &str, loader: &mut Loader<'_>, found: &mut Requests) -> String {
    let all = root.get("resources").map(Node::items).unwrap_or_default();
    let by_id: HashMap<&str, &Node> = all.iter().filter_map(|r| Some((r.text_at("_id")?, r))).collect();
    for resource in all {
        match resource.text_at("_type") {
            Some("request" | "websocket_request" | "socketio_request" | "grpc_request") => {
                request(resource, file, inherited(resource, &by_id), found);
            }
            Some("api_spec") if resource.text_at("contents").is_some_and(|c| !c.trim().is_empty()) => {
                loader.trouble(file, resource.line, "the API description within this export is not read");
            }
            _ => {}
        }
    }
    let workspace = all.iter().find(|r| r.text_at("_type") == Some("workspace"));
    workspace.and_then(|w| w.text_at("name")).unwrap_or_default().to_owned()
}

/// What the nearest of a request and the folders above it says.
fn inherited(resource: &Node, by_id: &HashMap<&str, &Node>) -> Declared {
    let mut seen = HashSet::new();
    let mut here = Some(resource);
    while let Some(node) = here {
        let own = declared(node, &UNSAID);
        if own != UNSAID {
            return own;
        }
        here = node.text_at("parentId").filter(|id| seen.insert(id.to_string())).and_then(|id| by_id.get(id)).copied();
    }
    UNSAID
}
