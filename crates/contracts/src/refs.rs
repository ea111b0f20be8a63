//! The files of one contract: loading, and following `$ref` within the tree.
//!
//! Nothing is fetched: a reference to another machine is a trouble. A reference that leads back to itself, out of the tree
//! or to nothing is one too.

use crate::node::{Broken, Node, percent};
use crate::{json, yaml};
use apicensus_catalog::{Trouble, TroubleKind};
use apicensus_source::{Tree, paths};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Longest chain of references.
const MAX_CHAIN: usize = 32;
/// Most bytes of the further files of one contract.
const MAX_BYTES: usize = 64 << 20;
/// Most troubles of one contract.
const MAX_TROUBLES: usize = 50;

/// A node and the file it stands in.
#[derive(Clone, Debug)]
pub struct At {
    /// The file.
    pub file: Rc<str>,
    /// The node.
    pub node: Node,
}

impl At {
    /// A part of this node's file.
    pub fn with(&self, node: &Node) -> At {
        At { file: self.file.clone(), node: node.clone() }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<At> {
        self.node.get(key).map(|node| self.with(node))
    }
}

/// Loads the files of one contract, each once.
pub struct Loader<'t> {
    tree: &'t Tree,
    files: HashMap<String, Option<Node>>,
    bytes: usize,
    told: HashSet<(String, u32, String)>,
    /// What could not be followed.
    pub troubles: Vec<Trouble>,
    /// Files that are parts of this contract as a whole and so none of their own.
    pub parts: Vec<String>,
}

impl<'t> Loader<'t> {
    /// A loader that knows the root document already.
    pub fn new(tree: &'t Tree, file: &str, root: &Node) -> Self {
        let files = HashMap::from([(file.to_owned(), Some(root.clone()))]);
        Loader { tree, files, bytes: 0, told: HashSet::new(), troubles: Vec::new(), parts: Vec::new() }
    }

    /// A loader for formats with texts of their own.
    pub fn of(tree: &'t Tree) -> Self {
        Loader { tree, files: HashMap::new(), bytes: 0, told: HashSet::new(), troubles: Vec::new(), parts: Vec::new() }
    }

    /// The tree that is read.
    pub fn tree(&self) -> &'t Tree {
        self.tree
    }

    /// Notes a trouble, once a place.
    pub fn trouble(&mut self, file: &str, line: u32, message: impl Into<String>) {
        let message = message.into();
        if self.troubles.len() < MAX_TROUBLES && self.told.insert((file.to_owned(), line, message.clone())) {
            self.troubles.push(trouble(file, line, message));
        }
    }

    /// Follows references until something else stands there; none (and a trouble) where that fails.
    pub fn follow(&mut self, at: &At) -> Option<At> {
        let mut here = at.clone();
        let mut seen = HashSet::new();
        for _ in 0..MAX_CHAIN {
            let Some(reference) = here.node.get("$ref").and_then(|r| r.text()).map(str::to_owned) else { return Some(here) };
            let line = here.node.line;
            if !seen.insert((here.file.to_string(), reference.clone())) {
                self.trouble(&here.file, line, format!("the reference `{reference}` leads back to itself"));
                return None;
            }
            here = self.target(&here.file.clone(), line, &reference)?;
        }
        self.trouble(&at.file, at.node.line, "the chain of references is too long");
        None
    }

    /// What stands in place of a text tagged `!include`; the node itself where it is none.
    pub fn included(&mut self, at: &At) -> Option<At> {
        let mut here = at.clone();
        for _ in 0..MAX_CHAIN {
            let Some(path) = here.node.text_at(yaml::INCLUDE).map(str::to_owned) else { return Some(here) };
            here = self.target(&here.file.clone(), here.node.line, &path)?;
        }
        self.trouble(&at.file, at.node.line, "the chain of includes is too long");
        None
    }

    /// The path of a file that another one names; none (and a trouble) where it is on another machine, outside of the tree or
    /// not there.
    pub fn file(&mut self, from: &str, line: u32, name: &str) -> Option<String> {
        if name.contains("://") || name.starts_with("//") {
            self.trouble(from, line, format!("`{name}` is on another machine; it was not fetched"));
            return None;
        }
        let Some(path) = join(from, &percent(name)) else {
            self.trouble(from, line, format!("`{name}` lies outside of the scanned tree"));
            return None;
        };
        if self.tree.find(&path).is_none() {
            self.trouble(from, line, format!("`{name}` names a file that is not there or can't be read"));
            return None;
        }
        Some(path)
    }

    /// The text of a file; none (and a trouble) where it can't be read or the files are too large together.
    pub fn text(&mut self, path: &str) -> Option<String> {
        let bytes = match self.tree.read(self.tree.find(path)?) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.trouble(path, 0, error.to_string());
                return None;
            }
        };
        self.bytes += bytes.len();
        if self.bytes > MAX_BYTES {
            self.trouble(path, 0, "the files of this description are too large together");
            return None;
        }
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a reference names.
    fn target(&mut self, from: &str, line: u32, reference: &str) -> Option<At> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        if file.contains("://") || file.starts_with("//") {
            self.trouble(from, line, format!("`{reference}` is on another machine; it was not fetched"));
            return None;
        }
        let path = if file.is_empty() { Some(from.to_owned()) } else { join(from, &percent(file)) };
        let Some(path) = path else {
            self.trouble(from, line, format!("`{reference}` lies outside of the scanned tree"));
            return None;
        };
        let Some(root) = self.load(&path) else {
            self.trouble(from, line, format!("`{reference}` names a file that is not there or can't be read"));
            return None;
        };
        match root.pointer(pointer) {
            Some(node) => Some(At { file: Rc::from(path), node: node.clone() }),
            None => {
                self.trouble(from, line, format!("`{reference}` names nothing"));
                None
            }
        }
    }

    fn load(&mut self, path: &str) -> Option<Node> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let node = self.read(path);
        self.files.insert(path.to_owned(), node.clone());
        node
    }

    fn read(&mut self, path: &str) -> Option<Node> {
        let bytes = self.tree.read(self.tree.find(path)?).ok()?;
        self.bytes += bytes.len();
        if self.bytes > MAX_BYTES {
            self.trouble(path, 0, "the files of this description are too large together");
            return None;
        }
        let (documents, broken) = parse(path, &String::from_utf8_lossy(&bytes));
        for Broken { line, message } in broken {
            self.trouble(path, line, message);
        }
        documents.into_iter().next()
    }
}

/// The documents of a text, by the ending of its file's name.
pub fn parse(path: &str, text: &str) -> (Vec<Node>, Vec<Broken>) {
    if !path.ends_with(".yaml") && !path.ends_with(".yml") && !path.ends_with(".raml") {
        return match json::parse(text) {
            Ok(node) => (vec![node], Vec::new()),
            Err(broken) => (Vec::new(), vec![broken]),
        };
    }
    yaml::parse(text)
}

/// A trouble with a contract.
pub fn trouble(file: &str, line: u32, message: impl Into<String>) -> Trouble {
    Trouble {
        kind: TroubleKind::Contract,
        repository: String::new(),
        file: file.to_owned(),
        line,
        message: message.into(),
        effect: "operations of this API description may be missing".to_owned(),
    }
}

/// A relative path from a file's folder, both from the root of the tree; none where it leads out of it.
pub fn join(from: &str, path: &str) -> Option<String> {
    paths::joined(if path.starts_with('/') { "" } else { paths::folder(from) }, path)
}
