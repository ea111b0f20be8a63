//! The Python view of the files: folders with their modules and packages by importable name.

use crate::files::{FileId, Files, parent};
use crate::resolve::base_name;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// What an importable name in a folder can be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Child {
    /// `name.py`.
    pub module: Option<FileId>,
    /// `name.pyi`, used when there is no code beside it.
    pub stub: Option<FileId>,
    /// The folder `name`, if it holds Python somewhere.
    pub folder: Option<u32>,
}

/// A folder that holds Python files, itself or deeper.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Path from the scan root.
    pub path: SmolStr,
    /// The folder above; the root is its own.
    pub parent: u32,
    /// Its `__init__.py`.
    pub init: Option<FileId>,
    /// Its `__init__.pyi`.
    pub init_stub: Option<FileId>,
    /// What can be imported from it.
    pub children: FxHashMap<SmolStr, Child>,
    /// Whether a `.py` lies in it or deeper (else only stubs do).
    pub has_code: bool,
}

impl Folder {
    /// Whether it is a regular package.
    pub fn is_package(&self) -> bool {
        self.init.or(self.init_stub).is_some()
    }
}

/// All folders with Python in them; 0 is the scan root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The folders.
    pub folders: Vec<Folder>,
    by_path: FxHashMap<SmolStr, u32>,
}

/// A node that a dotted name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A module, not a package.
    Module(FileId),
    /// A regular package.
    Package(u32, FileId),
    /// A folder without `__init__.py`.
    Namespace(u32),
}

impl Tree {
    /// Reads the paths.
    pub fn new(files: &Files) -> Self {
        let mut tree = Tree::default();
        tree.intern("");
        for (id, file) in files.iter() {
            let name = base_name(&file.path);
            let (stem, code) = match (name.strip_suffix(".py"), name.strip_suffix(".pyi")) {
                (Some(stem), _) => (stem, true),
                (_, Some(stem)) => (stem, false),
                _ => continue,
            };
            let at = tree.intern(parent(&file.path));
            tree.add(at, stem, id, code);
        }
        tree
    }

    fn add(&mut self, at: u32, stem: &str, id: FileId, code: bool) {
        let folder = &mut self.folders[at as usize];
        match (stem, code) {
            ("__init__", true) => folder.init = Some(id),
            ("__init__", false) => folder.init_stub = Some(id),
            (_, true) => folder.children.entry(stem.into()).or_default().module = Some(id),
            (_, false) => folder.children.entry(stem.into()).or_default().stub = Some(id),
        }
        let mut up = at;
        while code && !self.folders[up as usize].has_code {
            self.folders[up as usize].has_code = true;
            up = self.folders[up as usize].parent;
        }
    }

    fn intern(&mut self, path: &str) -> u32 {
        if let Some(at) = self.by_path.get(path) {
            return *at;
        }
        // The missing ancestors, from the outermost one in.
        let mut ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        ends.push(path.len());
        let mut above = 0;
        for end in ends {
            let prefix = &path[..end];
            if let Some(at) = self.by_path.get(prefix) {
                above = *at;
                continue;
            }
            let at = self.folders.len() as u32;
            self.folders.push(Folder { path: prefix.into(), parent: above, ..Folder::default() });
            self.by_path.insert(prefix.into(), at);
            if !prefix.is_empty() {
                self.folders[above as usize].children.entry(base_name(prefix).into()).or_default().folder = Some(at);
            }
            above = at;
        }
        above
    }

    /// The folder of this path, if it holds Python.
    pub fn find(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    /// The nearest folder that holds Python at or above a path.
    pub fn nearest(&self, mut path: &str) -> u32 {
        loop {
            if let Some(at) = self.find(path) {
                return at;
            }
            path = parent(path);
        }
    }

    /// A folder by its index.
    pub fn get(&self, at: u32) -> &Folder {
        &self.folders[at as usize]
    }

    /// The folder and the ones above it, innermost first, the scan root last.
    pub fn upwards(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(at), |at| (*at != 0).then(|| self.get(*at).parent))
    }

    /// A folder as what an import of it gives.
    pub fn node(&self, at: u32) -> Node {
        let folder = self.get(at);
        match folder.init.or(folder.init_stub) {
            Some(init) => Node::Package(at, init),
            None => Node::Namespace(at),
        }
    }

    /// An importable name in a folder: package before module before namespace, code before stubs.
    pub fn child(&self, at: u32, name: &str) -> Option<Node> {
        let child = self.get(at).children.get(name)?;
        let package = child.folder.map(|folder| self.get(folder));
        if let (Some(folder), Some(init)) = (child.folder, package.and_then(|p| p.init)) {
            return Some(Node::Package(folder, init));
        }
        if let Some(module) = child.module {
            return Some(Node::Module(module));
        }
        match (child.folder, package) {
            (Some(folder), Some(package)) if package.is_package() || package.has_code => Some(self.node(folder)),
            _ => child.stub.map(Node::Module),
        }
    }

    /// Follows a dotted name from a folder.
    pub fn walk<'a>(&self, at: u32, names: impl Iterator<Item = &'a str>) -> Option<Node> {
        let mut node = self.node(at);
        for name in names {
            let (Node::Package(folder, _) | Node::Namespace(folder)) = node else { return None };
            node = self.child(folder, name)?;
        }
        Some(node)
    }
}
