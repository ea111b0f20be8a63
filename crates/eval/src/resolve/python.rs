//! Python imports: from a dotted name to the module of the tree, or to the outside package's name.
//!
//! Import roots are found from packages, layouts and manifests (see `roots`). Where several offer a name, the one
//! nearest to the importing file wins, then the shallowest, then the first by path; one that has the whole dotted
//! name wins over one that has only its beginning. What code does to `sys.path` is not read.

pub(super) mod manifest;
mod roots;
mod stdlib;
mod tree;

#[cfg(test)]
mod tests;

use super::{Target, depth, is_under, shared_folders};
use crate::files::{FileId, Files, parent};
use roots::{Kind, Root, Roots};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cmp::Reverse;
use std::sync::RwLock;
use tree::{Node, Tree};

/// Resolves Python imports of one tree of files.
#[derive(Debug, Default)]
pub struct PythonResolver {
    tree: Tree,
    roots: Roots,
    /// Top-level name to the roots that offer it.
    tops: FxHashMap<SmolStr, Vec<u32>>,
    paths: Vec<SmolStr>,
    memo: RwLock<FxHashMap<(u32, u32, SmolStr), Target>>,
}

/// A root's offer for an absolute import; the least key wins.
struct Offer<'a> {
    key: (bool, u8, bool, Reverse<usize>, usize, &'a str),
    node: Option<Node>,
    package: bool,
}

impl PythonResolver {
    /// Reads the tree's paths and manifests.
    pub fn new(files: &Files) -> Self {
        let tree = Tree::new(files);
        let roots = Roots::new(files, &tree);
        let mut tops: FxHashMap<SmolStr, Vec<u32>> = FxHashMap::default();
        for (at, root) in roots.list.iter().enumerate() {
            for name in tree.get(root.folder).children.keys() {
                tops.entry(name.clone()).or_default().push(at as u32);
            }
        }
        let paths = files.iter().map(|(_, file)| file.path.clone()).collect();
        PythonResolver { tree, roots, tops, paths, memo: RwLock::default() }
    }

    /// Where `import module` (level 0) or `from ..module import` (level: its leading dots) in a file leads. A
    /// [`Target::Folder`] that turns out not to have the imported name may as well be an outside package of that name.
    pub fn resolve(&self, from: FileId, module: &str, level: u32) -> Target {
        let Some(path) = self.paths.get(from.0 as usize) else { return Target::Missing };
        let folder = self.tree.nearest(parent(path));
        let key = (folder, level, SmolStr::new(module));
        let known = self.memo.read().ok().and_then(|memo| memo.get(&key).cloned());
        let target = known.unwrap_or_else(|| {
            let target = if level > 0 { self.relative(path, module, level) } else { self.absolute(folder, module) };
            if let Ok(mut memo) = self.memo.write() {
                memo.insert(key, target.clone());
            }
            target
        });
        // A module that imports its own top-level name means the outside package it is named after.
        if level == 0 && target == Target::File(from) && !module.contains('.') && !path.ends_with("__init__.py") {
            return Target::External(module.into());
        }
        target
    }

    /// The module `name` of a package or namespace folder, if there is one.
    pub fn submodule(&self, of: &Target, name: &str) -> Option<Target> {
        let at = match of {
            Target::Folder(path) => self.tree.find(path)?,
            Target::File(file) => {
                let at = self.tree.find(parent(self.paths.get(file.0 as usize)?))?;
                let folder = self.tree.get(at);
                (folder.init.or(folder.init_stub) == Some(*file)).then_some(at)?
            }
            Target::External(_) | Target::Missing => return None,
        };
        self.tree.child(at, name).or_else(|| self.portion(at, name)).map(|node| self.target(node))
    }

    /// The dotted name by which the tree imports a file.
    pub fn module_name(&self, file: FileId) -> SmolStr {
        let Some(path) = self.paths.get(file.0 as usize) else { return SmolStr::default() };
        let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).unwrap_or(path);
        let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
        let folder = self.tree.nearest(parent(path));
        for at in self.tree.upwards(folder) {
            if let Some((name, _)) = self.roots.aliases.iter().find(|(_, place)| *place == at) {
                let rest = stem[self.tree.get(at).path.len()..].replace('/', ".");
                return format!("{name}{rest}").into();
            }
        }
        let root = &self.tree.get(self.import_root(folder)).path;
        stem[root.len()..].trim_start_matches('/').replace('/', ".").into()
    }

    /// The dotted name of the package a file is in (a package's `__init__.py` is in itself); "" at top level.
    pub fn package_of(&self, file: FileId) -> SmolStr {
        let name = self.module_name(file);
        let is_init = self.paths.get(file.0 as usize).is_some_and(|path| path.ends_with("__init__.py"));
        if is_init { name } else { name.rfind('.').map_or_else(SmolStr::default, |at| name[..at].into()) }
    }

    /// The root that gives the files of a folder their names.
    fn import_root(&self, folder: u32) -> u32 {
        let kind = |at: u32| self.roots.of_folder.get(&at).map(|place| self.roots.list[*place].kind);
        let layout = self.tree.upwards(folder).find(|at| kind(*at) == Some(Kind::Layout));
        let site = self.tree.upwards(folder).find(|at| self.tree.get(*at).is_package() && kind(*at) == Some(Kind::Place));
        let top = self.tree.upwards(folder).find(|at| !self.tree.get(*at).is_package());
        let place = self.tree.upwards(folder).find(|at| kind(*at) >= Some(Kind::Place));
        let packaged = self.tree.get(folder).is_package();
        site.or(layout).or(if packaged { top } else { place }).unwrap_or(0)
    }

    fn target(&self, node: Node) -> Target {
        match node {
            Node::Module(file) | Node::Package(_, file) => Target::File(file),
            Node::Namespace(at) => Target::Folder(self.tree.get(at).path.clone()),
        }
    }

    fn relative(&self, path: &str, module: &str, level: u32) -> Target {
        let mut folder = parent(path);
        for _ in 1..level {
            if folder.is_empty() {
                return Target::Missing;
            }
            folder = parent(folder);
        }
        let Some(at) = self.tree.find(folder) else { return Target::Missing };
        let names = || module.split('.').filter(|name| !name.is_empty());
        let node = self.tree.walk(at, names()).or_else(|| self.walk_portions(at, names()));
        node.map_or(Target::Missing, |node| self.target(node))
    }

    fn absolute(&self, folder: u32, module: &str) -> Target {
        let first = module.split('.').next().unwrap_or(module);
        let mut offers: Vec<Offer<'_>> = Vec::new();
        for at in self.tops.get(first).into_iter().flatten() {
            let root = self.roots.list[*at as usize];
            offers.extend(self.offer(root.folder, Some(root), folder, module));
        }
        for at in self.tree.upwards(folder).filter(|at| !self.roots.of_folder.contains_key(at)) {
            offers.extend(self.offer(at, None, folder, module));
        }
        for (name, place) in self.roots.aliases.iter().filter(|(name, _)| name == first) {
            let rest = module[name.len()..].split('.').filter(|part| !part.is_empty());
            let node = self.tree.walk(*place, rest);
            let path = self.tree.get(*place).path.as_str();
            let near = Reverse(shared_folders(path, &self.tree.get(folder).path));
            offers.push(Offer { key: (node.is_none(), 0, false, near, depth(path), path), node, package: true });
        }
        match offers.into_iter().min_by(|a, b| a.key.cmp(&b.key)) {
            Some(Offer { node: Some(node), .. }) => self.target(node),
            Some(Offer { package: true, .. }) => Target::Missing,
            _ => Target::External(module.into()),
        }
    }

    /// What a root (or, with None, a folder above the importing file that isn't one) has for a module, if a file in
    /// `folder` may see it.
    fn offer(&self, at: u32, root: Option<Root>, folder: u32, module: &str) -> Option<Offer<'_>> {
        let (path, from) = (self.tree.get(at).path.as_str(), self.tree.get(folder).path.as_str());
        let first = module.split('.').next().unwrap_or(module);
        let top = self.tree.child(at, first)?;
        let above = is_under(from, path);
        let visible = root.and_then(|r| r.barrier).is_none_or(|limit| is_under(from, &self.tree.get(limit).path));
        let mut node = self.tree.walk(at, module.split('.'));
        if node.is_none() && root.is_some() && matches!(top, Node::Package(..)) {
            node = self.extended(at, module);
        }
        let package = matches!(top, Node::Package(at, _) if self.tree.get(at).init.is_some());
        let found_file = matches!(node, Some(Node::Module(_) | Node::Package(..)));
        let outside = self.roots.dependencies.contains(&manifest::normal(first));
        // Stubs describe some library; only inside of a package with code do they stand for (native) code of the tree.
        let stub = matches!(top, Node::Module(file) | Node::Package(_, file) if self.is_stub(file));
        let library = stdlib::is_stdlib(first);
        let tier = match root {
            _ if !visible || stub || (library && !(above && found_file)) => return None,
            _ if package && root.is_some() => 0,
            // Only the beginning of the name is here, and nothing says that all of it should be.
            _ if node.is_none() => return None,
            None if self.tree.get(at).is_package() && !self.is_program(at, outside || library) => return None,
            None if self.tree.get(at).is_package() => 1,
            _ if outside && !(found_file && (module.contains('.') || at == folder)) => return None,
            _ if above => 0,
            Some(root) if !outside && self.reaches(root, folder, module, found_file) => 2,
            _ => return None,
        };
        let namespace = !matches!(top, Node::Package(..) | Node::Module(_));
        let key = (node.is_none(), tier, namespace, Reverse(shared_folders(path, from)), depth(path), path);
        Some(Offer { key, node, package })
    }

    fn is_stub(&self, file: FileId) -> bool {
        self.paths.get(file.0 as usize).is_some_and(|path| path.ends_with(".pyi"))
    }

    /// Whether a package's folder may be the import root of a program in it for a name that nothing else explains.
    fn is_program(&self, at: u32, explained: bool) -> bool {
        !explained && self.roots.programs.contains(&at)
    }

    /// Whether a module or namespace under a root that isn't above the importing file may be meant.
    fn reaches(&self, root: Root, folder: u32, module: &str, found_file: bool) -> bool {
        if root.installed {
            return found_file;
        }
        let path = &self.tree.get(root.folder).path;
        let place = |at: &u32| self.roots.of_folder.get(at).is_some_and(|at| self.roots.list[*at].kind >= Kind::Place);
        let project = self.tree.upwards(folder).filter(|at| *at != 0).find(place);
        let own = project.is_none_or(|at| is_under(path, &self.tree.get(at).path));
        match root.kind {
            Kind::Holder => false,
            Kind::Place => found_file && (own || module.contains('.')),
            Kind::Layout => own || !found_file || module.contains('.'),
        }
    }

    /// A module of a package that is spread over several roots (`pkgutil.extend_path` and the like): the regular
    /// package of this root ends early, and a namespace folder of the same name elsewhere goes on.
    fn extended(&self, at: u32, module: &str) -> Option<Node> {
        let usable = self.roots.list.iter().filter(|root| root.folder != at && root.kind == Kind::Layout);
        usable.filter(|root| root.barrier.is_none()).find_map(|root| self.tree.walk(root.folder, module.split('.')))
    }

    /// Follows a dotted name from a folder through other roots' portions of the same package.
    fn walk_portions<'a>(&self, at: u32, names: impl Iterator<Item = &'a str>) -> Option<Node> {
        names.into_iter().try_fold(self.tree.node(at), |node, name| match node {
            Node::Module(_) => None,
            Node::Package(at, _) | Node::Namespace(at) => self.tree.child(at, name).or_else(|| self.portion(at, name)),
        })
    }

    /// A child of a package or namespace that lies in another root's portion of it.
    fn portion(&self, at: u32, name: &str) -> Option<Node> {
        let path = &self.tree.get(at).path;
        let home = self.import_root(at);
        let rest = path.get(self.tree.get(home).path.len()..)?.trim_start_matches('/');
        if rest.is_empty() {
            return None;
        }
        let others = self.roots.list.iter().filter(|r| r.folder != home && r.barrier.is_none() && r.kind != Kind::Holder);
        let mut others: Vec<&Root> = others.collect();
        others.sort_by_key(|r| Reverse(shared_folders(&self.tree.get(r.folder).path, path)));
        others.into_iter().find_map(|root| self.tree.walk(root.folder, rest.split('/').chain([name])))
    }
}
