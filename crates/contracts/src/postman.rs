//! Postman collections 2.x (https://schema.postman.com) and HTTP archives (http://www.softwareishard.com/blog/har-12-spec/): requests
//! that somebody wrote down or recorded.

use crate::node::Node;
use crate::openapi::path_of;
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredAuth, Location, SchemeKind};
use std::collections::HashSet;

/// Most requests of one file.
const MAX_REQUESTS: usize = 20_000;

/// Whether a document is a collection.
pub fn is_collection(root: &Node) -> bool {
    root.get("info").and_then(|info| info.text_at("schema")).is_some_and(|s| s.contains("/collection/v2"))
}

/// Whether a document is an HTTP archive.
pub fn is_archive(root: &Node) -> bool {
    root.get("log").is_some_and(|log| log.get("entries").is_some() && log.get("version").is_some())
}

/// Reads a collection.
pub fn collection(file: &str, root: &Node) -> Contract {
    let mut reader = Reader { file, operations: Vec::new(), seen: HashSet::new() };
    reader.items(root, root.get("auth"));
    let info = root.get("info");
    Contract {
        kind: ContractKind::Postman,
        format_version: if info.and_then(|i| i.text_at("schema")).is_some_and(|s| s.contains("v2.0")) { "2.0" } else { "2.1" }.to_owned(),
        title: info.and_then(|i| i.text_at("name")).unwrap_or_default().to_owned(),
        operations: reader.operations,
        ..Contract::default()
    }
}

/// Reads an archive; one operation for requests that differ only in numbers and ids.
pub fn archive(file: &str, root: &Node) -> Contract {
    let mut reader = Reader { file, operations: Vec::new(), seen: HashSet::new() };
    let log = root.get("log");
    for entry in log.and_then(|log| log.get("entries")).map(Node::items).unwrap_or_default() {
        let Some(request) = entry.get("request") else { continue };
        let (Some(method), Some(url)) = (request.text_at("method"), request.text_at("url")) else { continue };
        let path: Vec<String> = path_of(url).split('/').map(|s| if is_id(s) { "{id}".to_owned() } else { s.to_owned() }).collect();
        reader.push(method, path.join("/"), "", request.line, (DeclaredAuth::Unsaid, Vec::new()));
    }
    Contract {
        kind: ContractKind::Har,
        format_version: log.and_then(|l| l.text_at("version")).unwrap_or_default().to_owned(),
        operations: reader.operations,
        ..Contract::default()
    }
}

/// Whether a segment is a number or an id rather than a name.
fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = segment.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    digits > 0 && (digits == segment.len() || (is_hex && segment.len() >= 16))
}

struct Reader<'f> {
    file: &'f str,
    operations: Vec<ContractOperation>,
    seen: HashSet<(String, String)>,
}

impl Reader<'_> {
    /// Requests and folders of them; the reader of the document bounds the depth.
    fn items(&mut self, folder: &Node, auth: Option<&Node>) {
        for item in folder.get("item").map(Node::items).unwrap_or_default() {
            let auth = item.get("auth").or(auth);
            self.items(item, auth);
            let Some(request) = item.get("request") else { continue };
            let url = request.get("url").unwrap_or(request);
            let Some(path) = url.text().map(template).or_else(|| path(url)) else { continue };
            let method = request.text_at("method").unwrap_or("GET");
            let name = item.text_at("name").unwrap_or_default();
            self.push(method, path, name, request.line, declared(request.get("auth").or(auth)));
        }
    }

    fn push(&mut self, method: &str, path: String, name: &str, line: u32, (auth, schemes): (DeclaredAuth, Vec<SchemeKind>)) {
        let path = if path.is_empty() { "/".to_owned() } else { path };
        let method = method.to_ascii_uppercase();
        if self.operations.len() < MAX_REQUESTS && self.seen.insert((method.clone(), path.clone())) {
            let at = Location { file: self.file.to_owned(), line };
            let operation_id = name.to_owned();
            self.operations.push(ContractOperation { method, path, operation_id, at, auth, schemes, ..ContractOperation::default() });
        }
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

/// `{{base}}/users/:id?x=1` as `/users/{id}`.
fn template(url: &str) -> String {
    let without_host = match url.strip_prefix("{{").and_then(|rest| rest.split_once("}}")) {
        Some((_, rest)) => rest,
        None => url,
    };
    let segment = |segment: &str| match (segment.strip_prefix(':'), segment.contains("{{")) {
        (Some(name), _) => format!("{{{name}}}"),
        (None, true) => segment.replace("{{", "{").replace("}}", "}"),
        (None, false) => segment.to_owned(),
    };
    path_of(without_host).split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn declared(auth: Option<&Node>) -> (DeclaredAuth, Vec<SchemeKind>) {
    let kind = match auth.and_then(|a| a.text_at("type")) {
        None => return (DeclaredAuth::Unsaid, Vec::new()),
        Some("noauth") => return (DeclaredAuth::None, Vec::new()),
        Some("basic") => SchemeKind::Basic,
        Some("bearer") => SchemeKind::Bearer,
        Some("jwt") => SchemeKind::Jwt,
        Some("apikey") => SchemeKind::ApiKey,
        Some("oauth2") => SchemeKind::Oauth2,
        Some(_) => SchemeKind::Custom,
    };
    (DeclaredAuth::Required, vec![kind])
}
