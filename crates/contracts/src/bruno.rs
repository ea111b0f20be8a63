//! Bruno collections: folders of `.bru` files under a `bruno.json` (https://docs.usebruno.com/bru-lang/overview), and OpenCollection in YAML
//! (https://docs.usebruno.com/opencollection-yaml/structure-reference), one file or a folder under an `opencollection.yml`.

use crate::node::Node;
use crate::refs::{At, Loader};
use crate::requests::{Declared, Requests, UNSAID, scheme, template};
use crate::yaml;
use apicensus_catalog::{Contract, ContractKind};
use apicensus_source::Tree;

/// The file that makes a folder a collection of `.bru` files.
const ROOT: &str = "bruno.json";
/// Blocks whose name is the method of a request.
const METHODS: &[&str] = &["get", "post", "put", "delete", "patch", "options", "head", "connect", "trace"];
/// The file that makes a folder an OpenCollection.
const YAML_ROOTS: &[&str] = &["opencollection.yml", "opencollection.yaml"];

/// Whether a document is the root of a collection.
pub fn is_root(path: &str, root: &Node) -> bool {
    path.rsplit('/').next() == Some(ROOT) && root.get("version").is_some() && root.get("name").is_some()
}

/// Whether a document is an OpenCollection; a workspace only lists collections.
pub fn is_open(root: &Node) -> bool {
    let is_workspace = root.get("info").and_then(|i| i.text_at("type")) == Some("workspace");
    root.text_at("opencollection").is_some() && !is_workspace
}

/// Whether a `.bru` file belongs to a collection whose root is in the tree.
pub fn has_root(tree: &Tree, path: &str) -> bool {
    above(path).any(|folder| tree.find(&inside(folder, ROOT)).is_some())
}

/// The folders above a file, the nearest first, the root of the tree as an empty text.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at]).chain(std::iter::once(""))
}

fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The files below the folder of a root file that no root nearer to them takes.
fn below<'t>(tree: &'t Tree, root: &str, roots: &'static [&'static str], endings: &[&str]) -> Vec<&'t str> {
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let files = tree.files();
    let start = files.partition_point(|f| f.path.as_str() < prefix.as_str());
    let own = |path: &&str| {
        let nearest = above(path).find(|f| roots.iter().any(|name| tree.find(&inside(f, name)).is_some()));
        nearest == Some(folder) && endings.iter().any(|e| path.ends_with(e))
    };
    files[start..].iter().map(|f| f.path.as_str()).take_while(|p| p.starts_with(&prefix)).filter(own).collect()
}

/// Reads a collection of `.bru` files from its root.
pub fn collection(at: &At, loader: &mut Loader<'_>) -> Contract {
    let mut found = Requests::default();
    let tree = loader.tree();
    for path in below(tree, &at.file, &[ROOT], &[".bru"]) {
        if let Some(text) = loader.text(path) {
            request(path, &text, loader, &mut found);
        }
    }
    let title = at.node.text_at("name").unwrap_or_default().to_owned();
    let format_version = at.node.text_at("version").unwrap_or_default().to_owned();
    Contract { kind: ContractKind::Bruno, format_version, title, operations: found.end(loader), ..Contract::default() }
}

/// Reads a `.bru` file by itself; none where it holds no request.
pub fn single(path: &str, text: &str, loader: &mut Loader<'_>) -> Option<Contract> {
    let mut found = Requests::default();
    request(path, text, loader, &mut found);
    let operations = found.end(loader);
    (!operations.is_empty()).then(|| Contract { kind: ContractKind::Bruno, operations, ..Contract::default() })
}

/// A block of a `.bru` file: its name, its line, and its lines with their numbers.
struct Block<'t> {
    name: &'t str,
    line: u32,
    pairs: Vec<(&'t str, &'t str, u32)>,
}

impl Block<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(own, ..)| *own == key).map(|(_, value, _)| *value)
    }
}

/// The blocks of a file; a block ends at a `}` or `]` at the beginning of a line.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for (at, line) in text.lines().enumerate() {
        match line.trim_end() {
            "}" | "]" => is_open = false,
            head if !is_open && head.ends_with(['{', '[']) && !head.starts_with([' ', '\t']) => {
                is_open = true;
                let name = head.trim_end_matches(['{', '[']).trim();
                found.push(Block { name, line: at as u32 + 1, pairs: Vec::new() });
            }
            inner if is_open => {
                let pair = inner.trim().split_once(':').map(|(key, value)| (key.trim(), value.trim(), at as u32 + 1));
                if let (Some(block), Some(pair)) = (found.last_mut(), pair) {
                    block.pairs.push(pair);
                }
            }
            _ => {}
        }
    }
    found
}

/// The request of a `.bru` file, if it holds one.
fn request(path: &str, text: &str, loader: &mut Loader<'_>, found: &mut Requests) {
    let all = blocks(text);
    let Some(block) = all.iter().find(|b| METHODS.contains(&b.name) || matches!(b.name, "http" | "grpc" | "ws")) else { return };
    let name = all.iter().find(|b| b.name == "meta").and_then(|b| b.get("name")).unwrap_or_default();
    let Some((_, url, line)) = block.pairs.iter().find(|(key, ..)| *key == "url") else {
        loader.trouble(path, block.line, "this request has no `url`");
        return;
    };
    let auth = match block.get("auth") {
        Some("inherit") => inherited(path, loader),
        mode => scheme(mode.unwrap_or_default()),
    };
    match block.name {
        "grpc" => {
            let called = block.get("method").unwrap_or_default();
            found.push(path, *line, "RPC", format!("/{}", called.trim_start_matches('/')), name, auth);
        }
        "ws" => found.push(path, *line, "GET", template(url), name, auth),
        "http" => found.push(path, *line, block.get("method").unwrap_or("GET"), template(url), name, auth),
        method => found.push(path, *line, method, template(url), name, auth),
    }
}

/// What the nearest folder or the collection says.
fn inherited(path: &str, loader: &mut Loader<'_>) -> Declared {
    for folder in above(path) {
        for name in ["folder.bru", "collection.bru"] {
            let file = inside(folder, name);
            let Some(text) = loader.tree().find(&file).and_then(|_| loader.text(&file)) else { continue };
            let mode = blocks(&text).iter().find(|b| b.name == "auth").and_then(|b| b.get("mode").map(str::to_owned));
            match mode.as_deref() {
                None | Some("inherit") => {}
                Some(mode) => return scheme(mode),
            }
        }
        if loader.tree().find(&inside(folder, ROOT)).is_some() {
            break;
        }
    }
    UNSAID
}

/// Reads an OpenCollection: its items, or the files below it.
pub fn open(at: &At, loader: &mut Loader<'_>) -> Contract {
    let (root, file) = (&at.node, at.file.as_ref());
    let mut found = Requests::default();
    let top = declared(root.get("request").unwrap_or(root), &UNSAID);
    if root.get("items").is_some() {
        items(root, file, &top, &mut found);
    } else if YAML_ROOTS.contains(&file.rsplit('/').next().unwrap_or_default()) {
        let tree = loader.tree();
        for path in below(tree, file, YAML_ROOTS, &[".yml", ".yaml"]) {
            let Some(text) = (path != file).then(|| loader.text(path)).flatten() else { continue };
            let (documents, broken) = yaml::parse(&text);
            broken.into_iter().for_each(|b| loader.trouble(path, b.line, b.message));
            for document in &documents {
                item(document, path, &top, &mut found);
            }
        }
    }
    let info = root.get("info");
    Contract {
        kind: ContractKind::Bruno,
        format_version: root.text_at("opencollection").unwrap_or_default().to_owned(),
        title: info.and_then(|i| i.text_at("name")).unwrap_or_default().to_owned(),
        version: info.and_then(|i| i.text_at("version")).unwrap_or_default().to_owned(),
        operations: found.end(loader),
        ..Contract::default()
    }
}

fn items(folder: &Node, file: &str, inherited: &Declared, found: &mut Requests) {
    for node in folder.get("items").map(Node::items).unwrap_or_default() {
        item(node, file, inherited, found);
    }
}

/// A request or a folder. Requests have their facts under the name of their protocol.
fn item(node: &Node, file: &str, inherited: &Declared, found: &mut Requests) {
    if !found.visit(file, node.line) {
        return;
    }
    let auth = declared(node.get("request").unwrap_or(node), inherited);
    items(node, file, &auth, found);
    let name = node.get("info").unwrap_or(node).text_at("name").unwrap_or_default();
    for protocol in ["http", "graphql", "websocket", "grpc"] {
        let Some((facts, url)) = node.get(protocol).and_then(|facts| Some((facts, facts.entry("url")?))) else { continue };
        let auth = declared(facts, &auth);
        let text = url.node.text().unwrap_or_default();
        let method = facts.text_at("method");
        match protocol {
            "grpc" => found.push(file, url.line, "RPC", format!("/{}", method.unwrap_or_default().trim_start_matches('/')), name, auth),
            "websocket" => found.push(file, url.line, "GET", template(text), name, auth),
            "graphql" => found.push(file, url.line, method.unwrap_or("POST"), template(text), name, auth),
            _ => found.push(file, url.line, method.unwrap_or("GET"), template(text), name, auth),
        }
    }
}

fn declared(facts: &Node, inherited: &Declared) -> Declared {
    let kind = facts.get("auth").and_then(|auth| auth.text().or(auth.text_at("type")));
    match kind {
        None | Some("inherit") => inherited.clone(),
        Some(kind) => scheme(kind),
    }
}
