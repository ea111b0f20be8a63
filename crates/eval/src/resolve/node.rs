//! JavaScript and TypeScript imports: from a specifier to the file of the tree, or to the outside package's name.
//!
//! Follows Node's and TypeScript's rules, leniently: build output that isn't in the tree stands for the source it is
//! made from, packages of the tree count whether or not a workspace lists them, and several tsconfig files of a
//! folder are asked one after the other. Bundler configurations written in code are not read.

mod builtins;
pub(super) mod package;
mod probe;
mod tsconfig;

#[cfg(test)]
mod tests;

use super::{Target, base_name, depth, glob, is_under, shared_folders};
use crate::files::{FileId, Files, join, parent};
use apicensus_syntax::Lang;
use package::Package;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cmp::Reverse;
use std::sync::{Arc, RwLock};
use tsconfig::Configs;

/// What a resolution depends on: the importing folder, TypeScript or not, require or import, the specifier.
type Key = (SmolStr, bool, bool, SmolStr);

/// Resolves JavaScript and TypeScript imports of one tree of files.
#[derive(Debug, Default)]
pub struct NodeResolver {
    files: Files,
    packages: Vec<Package>,
    of_folder: FxHashMap<SmolStr, usize>,
    by_name: FxHashMap<SmolStr, Vec<usize>>,
    configs: Configs,
    memo: RwLock<FxHashMap<Key, Target>>,
    folder_configs: RwLock<FxHashMap<SmolStr, Arc<Vec<usize>>>>,
}

/// One request, as the steps of [`NodeResolver::find`] see it.
#[derive(Clone, Copy)]
struct Ask<'a> {
    folder: &'a str,
    typed: bool,
    require: bool,
    spec: &'a str,
}

/// Splits `@scope/name/sub/path` into the package's name and the rest.
fn split_package(spec: &str) -> (&str, &str) {
    let skip = if spec.starts_with('@') { spec.find('/').map_or(spec.len(), |at| at + 1) } else { 0 };
    match spec[skip..].find('/') {
        Some(at) => (&spec[..skip + at], &spec[skip + at + 1..]),
        None => (spec, ""),
    }
}

impl NodeResolver {
    /// Reads the tree's paths and manifests.
    pub fn new(files: &Files) -> Self {
        let mut packages: Vec<Package> = Vec::new();
        for (id, file) in files.iter().filter(|(_, file)| base_name(&file.path) == "package.json") {
            let package = file.text.as_deref().and_then(|text| Package::new(id, parent(&file.path), text));
            packages.extend(package);
            if let Some(last) = packages.last_mut().filter(|last| last.file == id) {
                last.given = file.installed;
            }
        }
        mark_members(files, &mut packages);
        let of_folder: FxHashMap<SmolStr, usize> = packages.iter().enumerate().map(|(at, package)| (package.folder.clone(), at)).collect();
        let mut by_name: FxHashMap<SmolStr, Vec<usize>> = FxHashMap::default();
        for (at, package) in packages.iter().enumerate() {
            if let Some(name) = &package.name {
                by_name.entry(name.clone()).or_default().push(at);
            }
        }
        let folder_of = |name: &str| by_name.get(name).map(|list| packages[list[0]].folder.clone());
        let configs = Configs::new(files, &folder_of);
        NodeResolver { files: files.clone(), packages, of_folder, by_name, configs, ..NodeResolver::default() }
    }

    /// Where `import 'spec'` (or `require('spec')`) in a file leads.
    pub fn resolve(&self, from: FileId, spec: &str, require: bool) -> Target {
        if from.0 as usize >= self.files.len() {
            return Target::Missing;
        }
        let file = self.files.get(from);
        let folder = SmolStr::new(parent(&file.path));
        let typed = matches!(file.lang, Some(Lang::TypeScript | Lang::Tsx));
        let key: Key = (folder, typed, require, spec.into());
        if let Some(target) = self.memo.read().ok().and_then(|memo| memo.get(&key).cloned()) {
            return target;
        }
        let target = self.find(&Ask { folder: &key.0, typed, require, spec: clean(spec) });
        if let Ok(mut memo) = self.memo.write() {
            memo.insert(key, target.clone());
        }
        target
    }

    /// The package.json that a file belongs to: the nearest with a name, else the nearest.
    pub fn package_of(&self, file: FileId) -> Option<FileId> {
        if file.0 as usize >= self.files.len() {
            return None;
        }
        self.package_at(parent(&self.files.get(file).path)).map(|package| package.file)
    }

    /// The names of all dependencies of a package.json, sorted.
    pub fn dependencies(&self, package: FileId) -> &[SmolStr] {
        self.package(package).map_or(&[], |package| &package.dependency_names)
    }

    /// The name in a package.json.
    pub fn package_name(&self, package: FileId) -> Option<&str> {
        self.package(package)?.name.as_deref()
    }

    /// All package.json files that could be read, by path.
    pub fn packages(&self) -> impl Iterator<Item = FileId> + '_ {
        self.packages.iter().map(|package| package.file)
    }

    /// The code files that a package's programs and importers start from: main, bin, exports, scripts; sorted.
    pub fn entry_points(&self, package: FileId) -> Vec<FileId> {
        let Some(package) = self.package(package) else { return Vec::new() };
        let entries = package.entries();
        let found = entries.iter().filter_map(|entry| {
            let path = join(&package.folder, entry)?;
            self.source_of(&path).or_else(|| self.probe(&path, true))
        });
        let mut found: Vec<FileId> = found.filter(|id| self.files.get(*id).lang.is_some()).collect();
        found.extend(self.main_file(package, false));
        found.sort();
        found.dedup();
        found
    }

    fn package(&self, file: FileId) -> Option<&Package> {
        let at = self.packages.binary_search_by_key(&file, |package| package.file).ok()?;
        self.packages.get(at)
    }

    fn package_at(&self, folder: &str) -> Option<&Package> {
        let mut nearest = None;
        for package in self.upwards(folder) {
            if package.name.is_some() {
                return Some(package);
            }
            nearest = nearest.or(Some(package));
        }
        nearest
    }

    /// The packages at and above a folder, innermost first.
    fn upwards<'a, 'f>(&'a self, folder: &'f str) -> impl Iterator<Item = &'a Package> + use<'a, 'f> {
        let folders = std::iter::successors(Some(folder), |at| (!at.is_empty()).then(|| parent(at)));
        folders.filter_map(|at| self.of_folder.get(at).map(|at| &self.packages[*at]))
    }

    fn find(&self, ask: &Ask<'_>) -> Target {
        let spec = ask.spec;
        if matches!(spec, "." | "..") || spec.starts_with("./") || spec.starts_with("../") {
            return join(ask.folder, spec).and_then(|path| self.locate(&path, spec, ask.typed)).map_or(Target::Missing, Target::File);
        }
        if let Some(outside) = outside(spec) {
            return Target::External(outside);
        }
        if spec.is_empty() {
            return Target::Missing;
        }
        if let Some(target) = self.alias(ask) {
            return target;
        }
        if spec.starts_with('#') {
            return self.private_import(ask);
        }
        if builtins::is_builtin(spec) {
            return Target::External(spec.into());
        }
        let found = self.module_alias(ask).or_else(|| self.named(ask)).or_else(|| self.installed(ask));
        found.or_else(|| self.rooted(ask)).unwrap_or_else(|| Target::External(spec.trim_end_matches('/').into()))
    }

    /// tsconfig `paths` and `baseUrl`.
    fn alias(&self, ask: &Ask<'_>) -> Option<Target> {
        let mut promised = false;
        for at in self.configs_of(ask.folder).iter() {
            let config = self.configs.get(*at);
            let base = if config.paths.is_empty() { String::new() } else { self.configs.base(*at) };
            for (target, telling) in config.targets(ask.spec) {
                if let Some(outside) = outside(&target) {
                    return Some(Target::External(outside));
                }
                let local = target.strip_prefix("${configDir}/").unwrap_or(&target);
                let Some(path) = join(&base, local) else { continue };
                if let Some(file) = self.locate(&path, local, ask.typed) {
                    return Some(Target::File(file));
                }
                promised |= telling && !path.contains("node_modules") && !self.is_dependency(ask);
            }
            let path = config.base_url.as_ref().and_then(|base| join(base, ask.spec));
            if let Some(file) = path.and_then(|path| self.probe(&path, ask.typed)) {
                return Some(Target::File(file));
            }
        }
        promised.then(|| self.named(ask).unwrap_or(Target::Missing))
    }

    fn configs_of(&self, folder: &str) -> Arc<Vec<usize>> {
        if let Some(known) = self.folder_configs.read().ok().and_then(|map| map.get(folder).cloned()) {
            return known;
        }
        let list = Arc::new(self.configs.for_folder(folder));
        if let Ok(mut map) = self.folder_configs.write() {
            map.insert(folder.into(), list.clone());
        }
        list
    }

    /// Whether the package of the importing folder depends on the specifier's package.
    fn is_dependency(&self, ask: &Ask<'_>) -> bool {
        let (name, _) = split_package(ask.spec);
        self.upwards(ask.folder).any(|package| package.dependencies.contains_key(name))
    }

    /// package.json `imports`.
    fn private_import(&self, ask: &Ask<'_>) -> Target {
        for package in self.upwards(ask.folder) {
            for target in package.imports(ask.spec, ask.require) {
                if !target.starts_with("./") {
                    return if target.starts_with('#') { Target::Missing } else { self.find(&Ask { spec: &target, ..*ask }) };
                }
                let file = join(&package.folder, &target).and_then(|path| self.locate(&path, &target, ask.typed));
                if let Some(file) = file {
                    return Target::File(file);
                }
            }
        }
        Target::Missing
    }

    /// package.json `_moduleAliases`.
    fn module_alias(&self, ask: &Ask<'_>) -> Option<Target> {
        for package in self.upwards(ask.folder) {
            for (alias, place) in package.module_aliases() {
                let rest = ask.spec.strip_prefix(alias).filter(|rest| rest.is_empty() || rest.starts_with('/'));
                let path = rest.and_then(|rest| join(&package.folder, &format!("{place}{rest}")));
                if let Some(path) = path {
                    return Some(self.locate(&path, &path, ask.typed).map_or(Target::Missing, Target::File));
                }
            }
        }
        None
    }

    /// A package of the tree by its name.
    fn named(&self, ask: &Ask<'_>) -> Option<Target> {
        let (name, rest) = split_package(ask.spec);
        let home = self.package_at(ask.folder);
        let usable = |package: &&Package| {
            let own = home.is_some_and(|home| home.file == package.file);
            // A package that depends on its own name is an example of that library.
            let example = package.dependencies.contains_key(name);
            let wanted = home.and_then(|home| home.dependencies.get(name));
            let above = package.folder.rfind("node_modules").map_or("", |at| package.folder[..at].trim_end_matches('/'));
            let reach = !package.installed || is_under(ask.folder, above);
            !example && reach && (own || wanted.is_none_or(|range| package.satisfies(range)))
        };
        let candidates = self.by_name.get(name)?.iter().map(|at| &self.packages[*at]).filter(usable);
        let package = candidates.min_by_key(|package| {
            let near = Reverse(shared_folders(&package.folder, ask.folder));
            (!package.member, near, depth(&package.folder), package.folder.clone())
        })?;
        Some(self.in_package(package, rest, ask).map_or(Target::Missing, Target::File))
    }

    /// A file of a package by the path behind the package's name.
    fn in_package(&self, package: &Package, rest: &str, ask: &Ask<'_>) -> Option<FileId> {
        if rest.is_empty() {
            return self.main_file(package, ask.require);
        }
        for target in package.exports(&format!("./{rest}"), ask.require) {
            if let Some(file) = self.exported(package, &target) {
                return Some(file);
            }
        }
        let direct = join(&package.folder, rest)?;
        let inside = || self.probe(&join(&package.folder, &format!("src/{rest}"))?, true);
        self.locate(&direct, rest, ask.typed || !package.has_exports()).or_else(inside)
    }

    /// What an `exports` target or `main` names, preferring the source that it is built from.
    fn exported(&self, package: &Package, target: &str) -> Option<FileId> {
        let path = join(&package.folder, target)?;
        if package.installed {
            return self.probe(&path, false).filter(|id| !self.files.get(*id).path.ends_with(".d.ts"));
        }
        let exact = || self.probe(&path, false).filter(|_| !target.ends_with(".d.ts"));
        self.source_of(&path).or_else(exact)
    }

    fn main_file(&self, package: &Package, require: bool) -> Option<FileId> {
        let exports = package.exports(".", require);
        let mains = exports.iter().map(String::as_str).chain(package.mains(require));
        for target in mains {
            if let Some(file) = self.exported(package, target) {
                return Some(file);
            }
        }
        ["index", "src/index", "src/main", "lib/index", "source/index", "src"]
            .iter()
            .find_map(|place| self.probe_file(&join(&package.folder, place)?, true))
    }

    /// A package without a readable package.json in a node_modules folder at or above the importing file.
    fn installed(&self, ask: &Ask<'_>) -> Option<Target> {
        let mut at = ask.folder;
        loop {
            let modules = if at.is_empty() { "node_modules".to_owned() } else { format!("{at}/node_modules") };
            let path = join(&modules, ask.spec).filter(|_| self.files.is_folder(&modules));
            if let Some(file) = path.and_then(|path| self.probe(&path, false)) {
                return Some(Target::File(file));
            }
            if at.is_empty() {
                return None;
            }
            at = parent(at);
        }
    }

    /// Paths from a package's or the scan's root, which bundlers resolve: `@/x`, `~/x`, `/x`, `src/x`.
    fn rooted(&self, ask: &Ask<'_>) -> Option<Target> {
        let marked = ["@/", "~/", "~~/", "@@/", "/"].iter().find_map(|mark| ask.spec.strip_prefix(mark));
        let rest = marked.unwrap_or(ask.spec);
        if marked.is_none() && (ask.spec.starts_with('@') || !ask.spec.contains('/') || self.is_dependency(ask)) {
            return None;
        }
        let folders = self.upwards(ask.folder).map(|package| package.folder.as_str()).chain([""]);
        for folder in folders {
            for place in ["", "src", "app", "server", "client", "src/app"] {
                if marked.is_none() && !place.is_empty() {
                    continue;
                }
                let path = join(folder, place).and_then(|base| join(&base, rest));
                if let Some(file) = path.and_then(|path| self.probe(&path, ask.typed)) {
                    return Some(Target::File(file));
                }
            }
        }
        marked.map(|_| Target::Missing)
    }
}

/// Drops loaders in front of and queries behind a specifier.
fn clean(spec: &str) -> &str {
    let spec = spec.rfind('!').map_or(spec, |at| &spec[at + 1..]);
    spec.find('?').map_or(spec, |at| &spec[..at])
}

/// The name of an outside package where the specifier itself says that it is one: `node:fs`, `npm:x@1`, URLs.
fn outside(spec: &str) -> Option<SmolStr> {
    if let Some(name) = spec.strip_prefix("node:") {
        return Some(name.into());
    }
    if let Some(rest) = spec.strip_prefix("npm:").or_else(|| spec.strip_prefix("jsr:")) {
        let (name, path) = split_package(rest.trim_start_matches('/'));
        let version = name[1.min(name.len())..].find('@').map_or(name.len(), |at| at + 1);
        let name = &name[..version];
        return Some(if path.is_empty() { name.into() } else { format!("{name}/{path}").into() });
    }
    let web = ["http://", "https://", "data:", "virtual:", "bun:", "file:"];
    web.iter().any(|scheme| spec.starts_with(scheme)).then(|| spec.into())
}

/// Marks the packages that package.json, pnpm-workspace.yaml or lerna.json list as workspace members.
fn mark_members(files: &Files, packages: &mut [Package]) {
    let mut globs: Vec<(SmolStr, String)> = Vec::new();
    for package in packages.iter() {
        globs.extend(package.workspaces().into_iter().map(|glob| (package.folder.clone(), glob)));
    }
    for (_, file) in files.iter() {
        let Some(text) = file.text.as_deref() else { continue };
        let list: Option<Vec<String>> = match base_name(&file.path) {
            "pnpm-workspace.yaml" => serde_yaml::from_str::<serde_yaml::Value>(text)
                .ok()
                .and_then(|yaml| serde_yaml::from_value(yaml.get("packages")?.clone()).ok()),
            "lerna.json" => super::jsonc::parse(text).and_then(|json| serde_json::from_value(json.get("packages")?.clone()).ok()),
            _ => None,
        };
        globs.extend(list.unwrap_or_default().into_iter().map(|glob| (SmolStr::new(parent(&file.path)), glob)));
    }
    for package in packages {
        let listed = |(base, pattern): &(SmolStr, String)| {
            let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
            is_under(&package.folder, base) && glob::matches(pattern, package.folder[base.len()..].trim_start_matches('/'))
        };
        package.member =
            globs.iter().any(|g| !g.1.starts_with('!') && listed(g)) && !globs.iter().any(|g| g.1.starts_with('!') && listed(g));
    }
}
