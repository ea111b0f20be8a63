//! Which file imports which: forward edges of the whole tree by a cheap scan, and everything that imports given files.
//!
//! Edges are a superset of what runs: text in comments counts, and a computed import reaches all of its folder. In Rust
//! a file has edges to the modules it declares and to those that its paths begin with.

use super::cargo::CargoResolver;
use super::node::NodeResolver;
use super::python::PythonResolver;
use super::scan::{ImportSpec, SpecKind, scan_imports};
use super::{Target, base_name, files_under};
use crate::files::{FileId, Files, join, parent};
use apicensus_syntax::Lang;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// The resolvers of one tree.
#[derive(Clone, Copy, Debug)]
pub struct Resolvers<'a> {
    /// For Python.
    pub python: &'a PythonResolver,
    /// For JavaScript and TypeScript.
    pub node: &'a NodeResolver,
    /// For Rust.
    pub cargo: &'a CargoResolver,
}

/// Who imports whom.
#[derive(Clone, Debug, Default)]
pub struct ImportGraph {
    forward: Vec<Vec<FileId>>,
    reverse: Vec<Vec<FileId>>,
}

/// A computed import of a folder with more files than this means only the files right in it and the index files of
/// its folders.
const FOLDER_MOST: usize = 500;
const CODE: &[&str] = &[".py", ".js", ".ts", ".jsx", ".tsx", ".mjs", ".cjs", ".mts", ".cts"];

impl ImportGraph {
    /// From the imports of every file, by its id, as [`imports_of`] gives them; in parallel.
    pub fn new(files: &Files, resolvers: Resolvers<'_>, scanned: &[Vec<ImportSpec>]) -> Self {
        let ids: Vec<FileId> = files.iter().map(|(id, _)| id).collect();
        let modules = Modules::new(files, resolvers.cargo, scanned);
        let forward: Vec<Vec<FileId>> = ids
            .par_iter()
            .map(|id| {
                let mut out = Vec::new();
                for spec in &scanned[id.0 as usize] {
                    edges(files, resolvers, &modules, *id, spec, &mut out);
                }
                out.retain(|to| to != id);
                out.sort_unstable();
                out.dedup();
                out
            })
            .collect();
        let mut reverse = vec![Vec::new(); forward.len()];
        for (from, targets) in forward.iter().enumerate() {
            for to in targets {
                reverse[to.0 as usize].push(FileId(from as u32));
            }
        }
        ImportGraph { forward, reverse }
    }

    /// The files that a file imports, sorted.
    pub fn imports(&self, file: FileId) -> &[FileId] {
        self.forward.get(file.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The files that import a file, sorted.
    pub fn importers(&self, file: FileId) -> &[FileId] {
        self.reverse.get(file.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The given files and everything that imports them, directly or not; sorted.
    pub fn importers_closure(&self, anchored: &[FileId]) -> Vec<FileId> {
        let mut seen = vec![false; self.reverse.len()];
        let mut todo: Vec<FileId> = anchored.iter().copied().filter(|id| (id.0 as usize) < seen.len()).collect();
        while let Some(file) = todo.pop() {
            if !std::mem::replace(&mut seen[file.0 as usize], true) {
                todo.extend(self.importers(file));
            }
        }
        (0..seen.len()).filter(|at| seen[*at]).map(|at| FileId(at as u32)).collect()
    }
}

/// The imports that a file's text names, sorted, each once.
pub fn imports_of(lang: Lang, text: &[u8]) -> Vec<ImportSpec> {
    let mut out = Vec::new();
    scan_imports(lang, text, &mut out);
    out.sort_unstable();
    out.dedup();
    out
}

/// The targets of one import.
fn edges(files: &Files, resolvers: Resolvers<'_>, modules: &Modules, from: FileId, spec: &ImportSpec, out: &mut Vec<FileId>) {
    if spec.kind == SpecKind::Folder {
        folder(files, from, &spec.module, out);
        return;
    }
    let mut put = |target: Target| {
        if let Target::File(file) = target {
            out.push(file);
        }
    };
    match files.get(from).lang {
        Some(Lang::Python) => put(resolvers.python.resolve(from, &spec.module, spec.level)),
        Some(Lang::JavaScript | Lang::TypeScript | Lang::Tsx) => {
            put(resolvers.node.resolve(from, &spec.module, false));
            // A package may have another file for `require`.
            if !spec.module.starts_with('.') {
                put(resolvers.node.resolve(from, &spec.module, true));
            }
        }
        Some(Lang::Rust) => out.extend(modules.target(resolvers.cargo, from, spec)),
        None => {}
    }
}

/// The files that a computed import may reach in a folder.
fn folder(files: &Files, from: FileId, relative: &str, out: &mut Vec<FileId>) {
    let path = &files.get(from).path;
    let Some(folder) = join(parent(path), relative) else { return };
    let python = files.get(from).lang == Some(Lang::Python);
    let fits = |id: &FileId| {
        let path = &files.get(*id).path;
        files.get(*id).lang.is_some() && path.ends_with(".py") == python && !path.contains("node_modules/")
    };
    let all: Vec<FileId> = files_under(files, &folder, CODE).into_iter().filter(fits).collect();
    let few = all.len() <= FOLDER_MOST;
    let near = |id: &FileId| {
        let path = &files.get(*id).path;
        let index = base_name(path).starts_with("index.") || base_name(path) == "__init__.py";
        parent(path) == folder || (index && parent(parent(path)) == folder)
    };
    out.extend(all.into_iter().filter(|id| few || near(id)));
}

/// The module trees of the Rust crates.
#[derive(Debug, Default)]
struct Modules {
    children: FxHashMap<(FileId, SmolStr), FileId>,
    /// File to its crate's root and the file that declares it.
    home: FxHashMap<FileId, (FileId, Option<FileId>)>,
}

impl Modules {
    fn new(files: &Files, cargo: &CargoResolver, scanned: &[Vec<ImportSpec>]) -> Self {
        let mut this = Modules::default();
        // What no crate root reaches (modules that macros declare) still has its own children.
        let library = |id: FileId| cargo.package_of(id).and_then(|package| cargo.library(package));
        let rest = files.iter().filter(|(_, file)| file.lang == Some(Lang::Rust)).map(|(id, _)| (id, library(id)));
        let roots = cargo.crate_roots().iter().map(|(root, ..)| (*root, Some(*root)));
        for (start, root) in roots.chain(rest) {
            let mut todo = vec![(start, root.unwrap_or(start), None)];
            while let Some((file, root, declared)) = todo.pop() {
                if this.home.contains_key(&file) {
                    continue;
                }
                this.home.insert(file, (root, declared));
                for spec in scanned.get(file.0 as usize).into_iter().flatten() {
                    let (name, attr) = match spec.kind {
                        SpecKind::Mod => (spec.module.as_str(), None),
                        SpecKind::ModPath => spec.module.split_once(' ').map_or(("", None), |(name, path)| (name, Some(path))),
                        _ => continue,
                    };
                    if let Some(child) = cargo.child(file, name, attr, &[]) {
                        this.children.insert((file, name.into()), child);
                        todo.push((child, root, Some(file)));
                    }
                }
            }
        }
        this
    }

    /// Where a `mod` or a path leads: the deepest module file that the path names.
    fn target(&self, cargo: &CargoResolver, from: FileId, spec: &ImportSpec) -> Option<FileId> {
        let child = |file: FileId, name: &str| self.children.get(&(file, name.into())).copied();
        match spec.kind {
            SpecKind::Mod => return child(from, &spec.module),
            SpecKind::ModPath => return child(from, spec.module.split(' ').next()?),
            _ => {}
        }
        let mut parts = spec.module.split("::").peekable();
        let mut at = match parts.next()? {
            "crate" => self.home.get(&from)?.0,
            "self" => from,
            "super" => {
                let mut up = self.home.get(&from)?.1?;
                while parts.next_if_eq(&"super").is_some() {
                    up = self.home.get(&up)?.1?;
                }
                up
            }
            first => match child(from, first) {
                Some(file) => file,
                None => match cargo.dependency(cargo.package_of(from)?, first) {
                    Target::File(root) => root,
                    _ => return None,
                },
            },
        };
        while let Some(next) = parts.next().and_then(|name| child(at, name)) {
            at = next;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::resolve::testing::files;

    /// The files that import `anchored`, directly or not.
    fn closure(list: &[(&str, &str)], anchored: &str) -> Vec<String> {
        let tree = files(list);
        let (python, node, cargo) = (PythonResolver::new(&tree), NodeResolver::new(&tree), CargoResolver::new(&tree));
        let mut scanned = vec![Vec::new(); tree.iter().count()];
        for (path, text) in list {
            let id = tree.find(path).unwrap();
            scanned[id.0 as usize] = tree.get(id).lang.map(|lang| imports_of(lang, text.as_bytes())).unwrap_or_default();
        }
        let graph = ImportGraph::new(&tree, Resolvers { python: &python, node: &node, cargo: &cargo }, &scanned);
        graph.importers_closure(&[tree.find(anchored).unwrap()]).iter().map(|id| tree.get(*id).path.to_string()).collect()
    }

    #[test]
    fn python_names_that_are_modules() {
        let list =
            [("p/__init__.py", ""), ("p/a.py", ""), ("p/b.py", "from . import (\n  a,\n)"), ("p/c.py", "import p.b"), ("d.py", "import x")];
        assert_eq!(closure(&list, "p/a.py"), ["p/a.py", "p/b.py", "p/c.py"]);
    }

    #[test]
    fn javascript_cycles_and_folders() {
        let list = [
            ("a.js", "require('./b')"),
            ("b.js", "import './a'; export * from './c'"),
            ("c.js", ""),
            ("e.js", "import x from 'x'"),
            ("routes/index.js", "fs.readdirSync(__dirname).forEach(f => require('./' + f))"),
            ("routes/r.js", "require('../c')"),
        ];
        assert_eq!(closure(&list, "c.js"), ["a.js", "b.js", "c.js", "routes/index.js", "routes/r.js"]);
        assert_eq!(closure(&list, "e.js"), ["e.js"]);
    }

    #[test]
    fn rust_module_trees_and_other_crates() {
        let list = [
            ("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nb = { path = \"b\" }"),
            ("src/main.rs", "mod x;\nmod y;\n#[path = \"odd.v1.rs\"]\nmod odd;"),
            ("src/x.rs", "pub mod deep;"),
            ("src/x/deep.rs", ""),
            ("src/y.rs", "use crate::{x::deep::f, z};"),
            ("src/odd.v1.rs", "fn q() { b::inner::go() }"),
            ("src/lone.rs", "use super::x;"),
            ("b/Cargo.toml", "[package]\nname = \"b\""),
            ("b/src/lib.rs", "pub mod inner;\nmod other;"),
            ("b/src/inner.rs", ""),
            ("b/src/other.rs", ""),
        ];
        assert_eq!(closure(&list, "src/x/deep.rs"), ["src/main.rs", "src/x.rs", "src/x/deep.rs", "src/y.rs"]);
        assert_eq!(closure(&list, "b/src/inner.rs"), ["b/src/inner.rs", "b/src/lib.rs", "src/main.rs", "src/odd.v1.rs", "src/y.rs"]);
        assert_eq!(closure(&list, "src/lone.rs"), ["src/lone.rs"]);
    }
}
