//! The folders that Python code of the tree imports from, and who may use each.

use super::manifest::{self, Facts};
use super::tree::Tree;
use crate::files::{DEPENDENCIES, Files, join, parent};
use crate::resolve::base_name;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// How a folder is known to be an import root, strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It holds a top-level package.
    Holder,
    /// A program's or project's folder: manage.py, requirements.txt, pyproject.toml; and the scan root.
    Place,
    /// A manifest or the src layout says that packages lie here.
    Layout,
}

/// One import root.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// The folder in the [`Tree`].
    pub folder: u32,
    /// Why it is one.
    pub kind: Kind,
    /// Only files under this folder see it.
    pub barrier: Option<u32>,
    /// It is of a package of another tree that this one depends on.
    pub installed: bool,
}

/// All import roots and what else manifests say.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// The roots, by folder path.
    pub list: Vec<Root>,
    /// Root folders, as a set to look up, with their place in `list`.
    pub of_folder: FxHashMap<u32, usize>,
    /// (importable name, folder) where the folder's name differs.
    pub aliases: Vec<(SmolStr, u32)>,
    /// Normalised names of all distributions depended on.
    pub dependencies: FxHashSet<SmolStr>,
    /// Folders with a program in them, from which it may run with this folder as its import root.
    pub programs: FxHashSet<u32>,
}

const VENDOR: &[&str] = &[
    "_vendor",
    "vendor",
    "vendored",
    "_vendored",
    "vendors",
    "third_party",
    "thirdparty",
    "3rdparty",
    "extern",
    "_extern",
    "externals",
    "site-packages",
    "dist-packages",
    "node_modules",
];
const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test_data",
    "fixtures",
    "e2e",
    "integration_tests",
    "examples",
    "example",
    "samples",
    "sample",
    "demos",
    "demo",
    "docs",
    "doc",
    "docs_src",
    "benchmarks",
    "benchmark",
    "tutorials",
    "tutorial",
    "templates",
    "template",
    "cookbook",
    "snippets",
    "stubs",
    "typings",
];
const PROGRAMS: &[&str] = &["main.py", "app.py", "manage.py", "wsgi.py", "asgi.py", "server.py", "run.py", "Dockerfile", "Procfile"];

impl Roots {
    /// Finds them.
    pub fn new(files: &Files, tree: &Tree) -> Self {
        let mut roots = Roots::default();
        let mut found: FxHashMap<u32, Kind> = FxHashMap::default();
        found.insert(0, Kind::Place);
        for (at, folder) in tree.folders.iter().enumerate() {
            if at != 0 && folder.init.is_some() && !tree.get(folder.parent).is_package() {
                found.entry(folder.parent).or_insert(Kind::Holder);
            }
        }
        for (_, file) in files.iter() {
            roots.manifest(tree, &mut found, &file.path, file.text.as_deref());
        }
        let homes = roots.installed(files, tree);
        let root = |(folder, kind)| {
            let barrier = barrier(tree, folder, &homes);
            Root { folder, kind, barrier, installed: !homes.is_empty() && tree.get(folder).path.starts_with(DEPENDENCIES) }
        };
        let mut list: Vec<Root> = found.into_iter().map(root).collect();
        list.sort_by(|a, b| tree.get(a.folder).path.cmp(&tree.get(b.folder).path));
        roots.of_folder = list.iter().enumerate().map(|(at, root)| (root.folder, at)).collect();
        roots.list = list;
        roots.aliases.sort();
        roots.aliases.dedup();
        roots
    }

    /// The folders of packages of other trees. What they are is in the tree, so it is no outside dependency.
    fn installed(&mut self, files: &Files, tree: &Tree) -> FxHashSet<u32> {
        let mut homes = FxHashSet::default();
        for (_, file) in files.iter().filter(|(_, file)| file.installed) {
            let Some(name) = file.text.as_deref().and_then(|text| manifest::name(base_name(&file.path), text)) else { continue };
            self.dependencies.remove(&manifest::normal(&name));
            homes.extend(tree.find(parent(&file.path)));
        }
        homes
    }

    fn manifest(&mut self, tree: &Tree, found: &mut FxHashMap<u32, Kind>, path: &str, text: Option<&str>) {
        let (folder, name) = (parent(path), base_name(path));
        let text = text.unwrap_or("");
        let requirements = name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in"));
        if requirements || PROGRAMS.contains(&name) {
            self.programs.extend(tree.find(folder));
        }
        let facts = match name {
            "pyproject.toml" => manifest::pyproject(text),
            "setup.cfg" | "pytest.ini" | "tox.ini" => manifest::ini(text),
            "setup.py" => manifest::setup_py(text),
            "manage.py" => Facts::default(),
            _ if requirements => manifest::requirements(text),
            _ => return,
        };
        let package = tree.find(folder).is_some_and(|at| tree.get(at).is_package());
        let site = name == "manage.py" && is_site(tree, folder);
        if let Some(at) = tree.find(folder).filter(|_| !package || site) {
            raise(found, at, Kind::Place);
        }
        if matches!(name, "pyproject.toml" | "setup.cfg" | "setup.py") {
            let src = if folder.is_empty() { "src".to_owned() } else { format!("{folder}/src") };
            if let Some(at) = tree.find(&src).filter(|at| !tree.get(*at).is_package()) {
                raise(found, at, Kind::Layout);
            }
        }
        for root in facts.roots.iter().filter_map(|root| join(folder, root)) {
            if let Some(at) = tree.find(&root) {
                raise(found, at, if at == 0 { Kind::Place } else { Kind::Layout });
            }
        }
        for (name, place) in facts.aliases {
            if let Some(at) = join(folder, &place).and_then(|place| tree.find(&place)) {
                self.aliases.push((name, at));
            }
        }
        self.dependencies.extend(facts.dependencies);
    }
}

/// Whether manage.py's folder holds a package with settings or a WSGI module.
fn is_site(tree: &Tree, folder: &str) -> bool {
    let Some(at) = tree.find(folder) else { return false };
    tree.get(at).children.values().filter_map(|child| child.folder).any(|sub| {
        let children = &tree.get(sub).children;
        ["settings", "wsgi", "asgi"].iter().any(|name| children.contains_key(*name))
    })
}

fn raise(found: &mut FxHashMap<u32, Kind>, at: u32, kind: Kind) {
    let known = found.entry(at).or_insert(kind);
    *known = (*known).max(kind);
}

/// The folder outside of which a root is not seen: what lies in a vendored, test or example folder, or inside of a
/// package, is imported only from there. Of a package of another tree only the folders inside of it count.
fn barrier(tree: &Tree, folder: u32, homes: &FxHashSet<u32>) -> Option<u32> {
    let mut chain: Vec<u32> = tree.upwards(folder).filter(|at| *at != 0).collect();
    if let Some(home) = chain.iter().rposition(|at| homes.contains(at)) {
        chain.truncate(home);
    }
    let name = |at: u32| base_name(&tree.get(at).path);
    let vendor = chain.iter().rev().find(|at| VENDOR.contains(&name(**at)));
    let inside = chain.iter().any(|at| tree.get(*at).is_package()).then_some(&folder);
    let aside = chain.iter().rev().find(|at| ASIDE.contains(&name(**at)));
    vendor.or(inside).or(aside).copied()
}
