//! OpenRPC 1.x (https://spec.open-rpc.org): the methods of a JSON-RPC service. A method is called by its name, so its path is `#` and
//! the name.

use crate::node::Node;
use crate::openapi::servers;
use crate::refs::{At, Loader};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredParameter, Location};

/// Most methods of one document.
const MAX_METHODS: usize = 20_000;

/// Whether a document says it is one.
pub fn is_one(root: &Node) -> bool {
    root.text_at("openrpc").is_some_and(|v| v.starts_with("1."))
}

/// Reads a document.
pub fn read(root: &At, loader: &mut Loader<'_>) -> Contract {
    let info = |key: &str| root.node.get("info").and_then(|i| i.text_at(key)).unwrap_or_default().to_owned();
    Contract {
        kind: ContractKind::Openrpc,
        format_version: root.node.text_at("openrpc").unwrap_or_default().to_owned(),
        title: info("title"),
        version: info("version"),
        base_paths: root.node.get("servers").map(servers).unwrap_or_default(),
        operations: methods(root, loader),
        ..Contract::default()
    }
}

fn methods(root: &At, loader: &mut Loader<'_>) -> Vec<ContractOperation> {
    let mut found = Vec::new();
    let Some(methods) = root.get("methods").and_then(|m| loader.follow(&m)) else { return found };
    for node in methods.node.items() {
        let Some(method) = loader.follow(&methods.with(node)) else { continue };
        let Some(name) = method.node.text_at("name") else {
            loader.trouble(&method.file, method.node.line, "this method has no `name`");
            continue;
        };
        if found.len() >= MAX_METHODS {
            loader.trouble(&method.file, method.node.line, "there are too many methods; the rest was not read");
            break;
        }
        let line = method.node.entry("name").map_or(method.node.line, |e| e.line);
        found.push(ContractOperation {
            method: "RPC".to_owned(),
            path: format!("#{name}"),
            operation_id: name.to_owned(),
            at: Location { file: method.file.to_string(), line },
            deprecated: method.node.get("deprecated").is_some_and(Node::is_true),
            parameters: parameters(&method, loader),
            base_paths: method.node.get("servers").map(servers).unwrap_or_default(),
            ..ContractOperation::default()
        });
    }
    found
}

fn parameters(method: &At, loader: &mut Loader<'_>) -> Vec<DeclaredParameter> {
    let nodes = method.node.get("params").map(Node::items).unwrap_or_default();
    let followed = nodes.iter().filter_map(|node| loader.follow(&method.with(node)));
    let parameter = |at: At| {
        let required = at.node.get("required").is_some_and(Node::is_true);
        Some(DeclaredParameter {
            location: "body".to_owned(),
            name: at.node.text_at("name")?.to_owned(),
            required,
            ..DeclaredParameter::default()
        })
    };
    followed.filter_map(parameter).collect()
}
