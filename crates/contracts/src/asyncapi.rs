//! AsyncAPI 2 and 3 (https://www.asyncapi.com/docs/reference/specification/v3.0.0): channels and what the application does with
//! them. `publish` of version 2 is what clients do, so the application receives.

use crate::node::Node;
use crate::openapi::path_of;
use crate::refs::{At, Loader};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredMessage, Location};

/// Messages of one channel that are read.
const MAX_MESSAGES: usize = 500;

/// Whether a document says it is one.
pub fn is_one(root: &Node) -> bool {
    root.text_at("asyncapi").is_some_and(|v| v.starts_with('2') || v.starts_with('3'))
}

/// Reads a document.
pub fn read(root: &At, loader: &mut Loader<'_>) -> Contract {
    let node = &root.node;
    let info = |key: &str| node.get("info").and_then(|i| i.text_at(key)).unwrap_or_default().to_owned();
    let format_version = node.text_at("asyncapi").unwrap_or_default().to_owned();
    let operations = if format_version.starts_with('2') { of_channels(root, loader) } else { of_operations(root, loader) };
    Contract {
        kind: ContractKind::Asyncapi,
        format_version,
        title: info("title"),
        version: info("version"),
        base_paths: base_paths(node),
        operations,
        ..Contract::default()
    }
}

fn base_paths(root: &Node) -> Vec<String> {
    let servers = root.get("servers").map(Node::entries).unwrap_or_default();
    let path = |server: &Node| match server.text_at("pathname") {
        Some(path) => path_of(path),
        None => server.text_at("url").map(path_of).unwrap_or_default(),
    };
    let mut paths: Vec<String> = servers.iter().map(|server| path(&server.node)).collect();
    paths.sort();
    paths.dedup();
    if paths.iter().all(String::is_empty) { Vec::new() } else { paths }
}

fn operation(method: &str, address: &str, id: &str, file: &str, line: u32) -> ContractOperation {
    ContractOperation {
        method: method.to_owned(),
        path: if address.starts_with('/') { address.to_owned() } else { format!("/{address}") },
        operation_id: id.to_owned(),
        at: Location { file: file.to_owned(), line },
        ..ContractOperation::default()
    }
}

fn of_channels(root: &At, loader: &mut Loader<'_>) -> Vec<ContractOperation> {
    let mut found = Vec::new();
    let Some(channels) = root.get("channels") else { return found };
    for entry in channels.node.entries() {
        let Some(channel) = loader.follow(&channels.with(&entry.node)) else { continue };
        for (key, method) in [("publish", "RECEIVE"), ("subscribe", "SEND")] {
            if let Some(action) = channel.node.entry(key) {
                let id = action.node.text_at("operationId").unwrap_or_default();
                let messages = action.node.get("message").map(|m| messages(&channel.with(m), None, loader, 0)).unwrap_or_default();
                found.push(ContractOperation { messages, ..operation(method, &entry.key, id, &channel.file, action.line) });
            }
        }
    }
    found
}

fn of_operations(root: &At, loader: &mut Loader<'_>) -> Vec<ContractOperation> {
    let mut found = Vec::new();
    let Some(operations) = root.get("operations") else { return found };
    for entry in operations.node.entries() {
        let Some(one) = loader.follow(&operations.with(&entry.node)) else { continue };
        let method = match one.node.text_at("action") {
            Some("send") => "SEND",
            Some("receive") => "RECEIVE",
            _ => continue,
        };
        let Some(channel) = one.get("channel").and_then(|channel| loader.follow(&channel)) else { continue };
        let Some(address) = channel.node.text_at("address") else { continue };
        let messages = match one.node.get("messages") {
            Some(list) => list.items().iter().flat_map(|m| messages(&one.with(m), None, loader, 0)).collect(),
            None => of_channel(&channel, loader),
        };
        found.push(ContractOperation { messages, ..operation(method, address, &entry.key, &one.file, entry.line) });
    }
    found
}

/// All messages of a channel of version 3, which has them by name.
fn of_channel(channel: &At, loader: &mut Loader<'_>) -> Vec<DeclaredMessage> {
    let Some(all) = channel.get("messages") else { return Vec::new() };
    let entries = all.node.entries().iter().take(MAX_MESSAGES);
    entries.flat_map(|entry| messages(&all.with(&entry.node), Some(&entry.key), loader, 0)).collect()
}

/// The messages that stand at a place: one, or in version 2 one of several. Its name is the one it gives itself, else that under which it
/// is kept or referred to.
fn messages(at: &At, key: Option<&str>, loader: &mut Loader<'_>, depth: usize) -> Vec<DeclaredMessage> {
    let Some(message) = loader.follow(at) else { return Vec::new() };
    if let Some(ways) = message.node.get("oneOf").filter(|_| depth == 0) {
        let ways = ways.items().iter().take(MAX_MESSAGES);
        return ways.flat_map(|way| messages(&message.with(way), None, loader, depth + 1)).collect();
    }
    let referred = || at.node.get("$ref").and_then(Node::text).and_then(|r| r.rsplit('/').next());
    let name = message.node.text_at("name").or(message.node.text_at("messageId")).or(key).or_else(referred);
    let at = Location { file: message.file.to_string(), line: message.node.line.max(1) };
    name.map(|name| DeclaredMessage { name: name.to_owned(), at }).into_iter().collect()
}
