//! Rust: packages and crate roots from Cargo.toml, module files, and which crate an extern name means.
//!
//! Which modules a crate has is said by its code (`mod x;`); walking it is the evaluator's business, [`CargoResolver::child`]
//! gives the file of one step. Code without a Cargo.toml (other build systems) gets a package for each `lib.rs` or
//! `main.rs` that lies in no other.

pub(super) mod manifest;

#[cfg(test)]
mod tests;

use super::{Target, base_name, shared_folders};
use crate::files::{FileId, Files, join, parent};
use manifest::{Dependency, Manifest};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a crate root makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootKind {
    /// The package's library.
    Lib,
    /// A binary.
    Bin,
    /// An example.
    Example,
    /// An integration test.
    Test,
    /// A benchmark.
    Bench,
}

/// A crate root: its file, the index of its package, its kind.
pub type CrateRoot = (FileId, usize, RootKind);

#[derive(Clone, Debug, Default)]
struct Package {
    manifest: Option<FileId>,
    folder: SmolStr,
    name: SmolStr,
    /// The library's name, as code writes it.
    lib_name: SmolStr,
    lib: Option<FileId>,
    data: Manifest,
    /// Extern name (or its real crate name) to where it leads.
    externs: FxHashMap<SmolStr, Target>,
    features: Vec<(SmolStr, Vec<SmolStr>)>,
}

/// Resolves Rust modules and crates of one tree of files.
#[derive(Clone, Debug, Default)]
pub struct CargoResolver {
    files: Files,
    packages: Vec<Package>,
    of_folder: FxHashMap<SmolStr, usize>,
    roots: Vec<CrateRoot>,
    root_files: FxHashSet<FileId>,
}

/// A crate's or package's name as code writes it.
fn extern_name(name: &str) -> SmolStr {
    name.replace('-', "_").into()
}

impl CargoResolver {
    /// Reads the tree's paths and manifests.
    pub fn new(files: &Files) -> Self {
        let mut this = CargoResolver { files: files.clone(), ..CargoResolver::default() };
        let mut workspaces: FxHashMap<SmolStr, BTreeMap<SmolStr, Dependency>> = FxHashMap::default();
        for (id, file) in files.iter().filter(|(_, file)| base_name(&file.path) == "Cargo.toml") {
            let Some(data) = file.text.as_deref().and_then(Manifest::new) else { continue };
            let folder = SmolStr::new(parent(&file.path));
            if data.is_workspace {
                workspaces.insert(folder.clone(), data.shared.clone());
            }
            if let Some(name) = data.name.clone() {
                this.add(Package { manifest: Some(id), folder, name, data, ..Package::default() });
            }
        }
        for at in 0..this.packages.len() {
            this.find_roots(at);
        }
        this.add_loose();
        this.roots.sort_by_key(|(file, package, kind)| (*package, *kind, *file));
        this.roots.dedup_by_key(|(file, package, _)| (*package, *file));
        this.root_files = this.roots.iter().map(|(file, ..)| *file).collect();
        for at in 0..this.packages.len() {
            this.packages[at].externs = this.externs(at, &workspaces);
            this.packages[at].features = features(&this.packages[at].data);
        }
        this
    }

    fn add(&mut self, package: Package) {
        self.of_folder.insert(package.folder.clone(), self.packages.len());
        self.packages.push(package);
    }

    /// Packages for code that no Cargo.toml describes.
    fn add_loose(&mut self) {
        let files = self.files.clone();
        for (id, file) in files.iter() {
            let folder = parent(&file.path);
            let kind = match base_name(&file.path) {
                "lib.rs" => RootKind::Lib,
                "main.rs" => RootKind::Bin,
                _ => continue,
            };
            if self.package_at(folder).is_some_and(|at| self.packages[at].manifest.is_some()) {
                continue;
            }
            let home = if base_name(folder) == "src" { parent(folder) } else { folder };
            let at = self.of_folder.get(home).copied().unwrap_or_else(|| {
                self.add(Package { folder: home.into(), name: base_name(home).into(), ..Package::default() });
                self.packages.len() - 1
            });
            if kind == RootKind::Lib {
                self.packages[at].lib = Some(id);
                self.packages[at].lib_name = extern_name(base_name(home));
            }
            self.roots.push((id, at, kind));
        }
    }

    fn find_roots(&mut self, at: usize) {
        let package = &self.packages[at];
        let place = |path: &str| join(&package.folder, path).and_then(|path| self.files.find(&path));
        let data = &package.data;
        let lib = match data.lib.as_ref().and_then(|lib| lib.path.as_deref()) {
            Some(path) => place(path),
            None => place("src/lib.rs").filter(|_| data.auto[4] || data.lib.is_some()),
        };
        let mut roots: Vec<CrateRoot> = lib.iter().map(|file| (*file, at, RootKind::Lib)).collect();
        if data.auto[0] {
            roots.extend(place("src/main.rs").map(|file| (file, at, RootKind::Bin)));
        }
        let kinds = [(RootKind::Bin, "src/bin"), (RootKind::Example, "examples"), (RootKind::Test, "tests"), (RootKind::Bench, "benches")];
        for (index, (kind, folder)) in kinds.into_iter().enumerate() {
            let mut found: Vec<FileId> = Vec::new();
            for target in &data.targets[index] {
                let name = target.name.as_deref().unwrap_or(&package.name);
                let guesses = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs"), "src/main.rs".to_owned()];
                let guess = || guesses.iter().take(if index == 0 { 3 } else { 2 }).find_map(|path| place(path));
                found.extend(target.path.as_deref().map_or_else(guess, place));
            }
            if data.auto[index] {
                found.extend(self.discover(&join(&package.folder, folder).unwrap_or_default()));
            }
            roots.extend(found.into_iter().map(|file| (file, at, kind)));
        }
        let name = data.lib.as_ref().and_then(|lib| lib.name.clone()).unwrap_or_else(|| package.name.clone());
        self.packages[at].lib = lib;
        self.packages[at].lib_name = extern_name(&name);
        self.roots.extend(roots);
    }

    /// `x.rs` and `x/main.rs` in a folder of binaries, examples, tests or benches.
    fn discover(&self, folder: &str) -> Vec<FileId> {
        let inside = super::files_under(&self.files, folder, &[".rs"]);
        let direct = |id: &FileId| {
            let path = &self.files.get(*id).path;
            let rest = path[folder.len()..].trim_start_matches('/');
            !rest.contains('/') || (rest.ends_with("/main.rs") && rest.matches('/').count() == 1)
        };
        if self.files.is_folder(folder) { inside.into_iter().filter(direct).collect() } else { Vec::new() }
    }

    fn externs(&self, at: usize, workspaces: &FxHashMap<SmolStr, BTreeMap<SmolStr, Dependency>>) -> FxHashMap<SmolStr, Target> {
        let package = &self.packages[at];
        let home = match &package.data.workspace_path {
            Some(path) => join(&package.folder, path).filter(|path| workspaces.contains_key(path.as_str())),
            None => std::iter::successors(Some(package.folder.as_str()), |at| (!at.is_empty()).then(|| parent(at)))
                .find(|at| workspaces.contains_key(*at))
                .map(str::to_owned),
        };
        let shared = home.as_deref().and_then(|home| workspaces.get(home));
        let mut externs = FxHashMap::default();
        for (key, own) in &package.data.dependencies {
            let inherited = shared.and_then(|shared| shared.get(key)).filter(|_| own.workspace);
            let (used, base) = match inherited {
                Some(dependency) => (dependency, home.as_deref().unwrap_or("")),
                None => (own, package.folder.as_str()),
            };
            let real = used.package.as_ref().unwrap_or(key);
            let target = self.dependency_target(used, base, real);
            // A library may be named differently from its package; a renamed dependency goes by its key.
            let own = |p: &&Package| used.package.is_none() && p.lib.is_some_and(|lib| target == Target::File(lib));
            if let Some(owner) = self.packages.iter().find(own) {
                externs.insert(owner.lib_name.clone(), target.clone());
            }
            externs.insert(extern_name(key), target);
        }
        externs
    }

    fn dependency_target(&self, used: &Dependency, base: &str, real: &str) -> Target {
        let outside = Target::External(extern_name(real));
        let found = match &used.path {
            Some(path) => join(base, path).and_then(|folder| self.of_folder.get(folder.as_str()).copied()),
            None => self.by_package_name(real, base),
        };
        match found {
            Some(at) => self.packages[at].lib.map_or(Target::Missing, Target::File),
            None => outside,
        }
    }

    /// A package of the tree that a version requirement may mean: the nearest of the name that isn't vendored.
    fn by_package_name(&self, name: &str, base: &str) -> Option<usize> {
        let vendored = |folder: &str| folder.split('/').any(|part| matches!(part, "vendor" | "vendored" | "third_party" | "third-party"));
        let named = self.packages.iter().enumerate().filter(|(_, p)| p.name == name && p.lib.is_some() && !vendored(&p.folder));
        named.min_by_key(|(_, p)| (Reverse(shared_folders(&p.folder, base)), p.folder.clone())).map(|(at, _)| at)
    }

    fn package_at(&self, folder: &str) -> Option<usize> {
        let mut at = folder;
        loop {
            if let Some(found) = self.of_folder.get(at) {
                return Some(*found);
            }
            if at.is_empty() {
                return None;
            }
            at = parent(at);
        }
    }

    /// All crate roots, by package, then kind, then path.
    pub fn crate_roots(&self) -> &[CrateRoot] {
        &self.roots
    }

    /// Number of packages; their indices are below it.
    pub fn package_count(&self) -> usize {
        self.packages.len()
    }

    /// The package that a file lies in.
    pub fn package_of(&self, file: FileId) -> Option<usize> {
        if file.0 as usize >= self.files.len() {
            return None;
        }
        self.package_at(parent(&self.files.get(file).path))
    }

    /// A package's name as its manifest writes it.
    pub fn package_name(&self, package: usize) -> Option<&str> {
        self.packages.get(package).map(|package| package.name.as_str())
    }

    /// A package's Cargo.toml, if it has one.
    pub fn manifest(&self, package: usize) -> Option<FileId> {
        self.packages.get(package)?.manifest
    }

    /// A package's library root.
    pub fn library(&self, package: usize) -> Option<FileId> {
        self.packages.get(package)?.lib
    }

    /// Whether a file is the root of a crate.
    pub fn is_root(&self, file: FileId) -> bool {
        self.root_files.contains(&file)
    }

    /// The extern names that a package's code may use, its own library's included, sorted.
    pub fn extern_names(&self, package: usize) -> Vec<SmolStr> {
        let Some(package) = self.packages.get(package) else { return Vec::new() };
        let mut names: Vec<SmolStr> = package.externs.keys().cloned().collect();
        names.extend(package.lib.map(|_| package.lib_name.clone()));
        names.sort();
        names.dedup();
        names
    }

    /// Whether a package declares this extern name or is this library itself.
    pub fn knows(&self, package: usize, name: &str) -> bool {
        self.packages.get(package).is_some_and(|p| p.externs.contains_key(name) || (p.lib.is_some() && p.lib_name == name))
    }

    /// The crate that an extern name means in a package: the library root of a package of the tree, or the outside
    /// crate's real name with `_`.
    pub fn dependency(&self, package: usize, name: &str) -> Target {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let Some(package) = self.packages.get(package) else { return Target::External(extern_name(name)) };
        if let Some(target) = package.externs.get(name) {
            return target.clone();
        }
        match package.lib {
            Some(lib) if package.lib_name == name => Target::File(lib),
            _ => Target::External(extern_name(name)),
        }
    }

    /// A package's features and what each turns on, optional dependencies included, by name.
    pub fn features(&self, package: usize) -> &[(SmolStr, Vec<SmolStr>)] {
        self.packages.get(package).map_or(&[], |package| &package.features)
    }

    /// The features of a package that are on by default, sorted.
    pub fn default_features(&self, package: usize) -> Vec<SmolStr> {
        let features = self.features(package);
        let mut on: Vec<SmolStr> = Vec::new();
        let mut todo = vec![SmolStr::new("default")];
        while let Some(name) = todo.pop() {
            if on.contains(&name) {
                continue;
            }
            let listed = features.binary_search_by(|(feature, _)| feature.cmp(&name)).ok();
            if let Some(at) = listed {
                todo.extend(features[at].1.iter().cloned());
                on.push(name);
            }
        }
        on.sort();
        on
    }

    /// The file of `mod name;` in a file. `path_attr` is its `#[path]`, `inline_path` the inline modules around it.
    pub fn child(&self, file: FileId, name: &str, path_attr: Option<&str>, inline_path: &[SmolStr]) -> Option<FileId> {
        if file.0 as usize >= self.files.len() {
            return None;
        }
        let path = &self.files.get(file).path;
        let folder = parent(path);
        let stem = base_name(path).strip_suffix(".rs").unwrap_or(base_name(path));
        let owner = self.is_root(file) || stem == "mod";
        let beside = if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") };
        // A file that a `#[path]` leads to has its children beside it, like mod.rs: the second try.
        let bases = if owner { vec![folder.to_owned()] } else { vec![beside, folder.to_owned()] };
        let inline = inline_path.iter().map(|part| part.strip_prefix("r#").unwrap_or(part)).collect::<Vec<_>>().join("/");
        if let Some(attr) = path_attr {
            if inline_path.is_empty() {
                return join(folder, attr).and_then(|path| self.files.find(&path));
            }
            return bases.iter().find_map(|base| self.files.find(&join(&join(base, &inline)?, attr)?));
        }
        let name = name.strip_prefix("r#").unwrap_or(name);
        bases.iter().find_map(|base| {
            let base = join(base, &inline)?;
            let file = |path: String| join(&base, &path).and_then(|path| self.files.find(&path));
            file(format!("{name}.rs")).or_else(|| file(format!("{name}/mod.rs")))
        })
    }
}

/// `[features]` with the optional dependencies that are features by themselves.
fn features(data: &Manifest) -> Vec<(SmolStr, Vec<SmolStr>)> {
    let mut features = data.features.clone();
    for (name, dependency) in &data.dependencies {
        if dependency.optional {
            features.entry(name.clone()).or_default();
        }
    }
    features.into_iter().collect()
}
