//! tsconfig.json, jsconfig.json and deno.json: path aliases, base folders, where the compiler puts its output.

use crate::files::{FileId, Files, join, parent};
use crate::resolve::{base_name, jsonc};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use smol_str::SmolStr;

/// One configuration file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Its folder.
    pub folder: SmolStr,
    /// `baseUrl` as a path from the scan root.
    pub base_url: Option<String>,
    /// `paths`: (pattern, targets as written).
    pub paths: Vec<(String, Vec<String>)>,
    /// `outDir` and `rootDir` as paths from the scan root.
    pub out_dir: Option<String>,
    /// See `out_dir`.
    pub root_dir: Option<String>,
    extends: Vec<usize>,
    references: Vec<usize>,
}

/// All configurations.
#[derive(Clone, Debug, Default)]
pub struct Configs {
    list: Vec<Config>,
    of_file: FxHashMap<FileId, usize>,
    /// Folder to its configurations, the plain name first.
    of_folder: FxHashMap<SmolStr, Vec<usize>>,
}

impl Configs {
    /// Reads them all; `package` finds the folder of a package of the tree by name.
    pub fn new(files: &Files, package: &dyn Fn(&str) -> Option<SmolStr>) -> Self {
        let mut configs = Configs::default();
        for (id, file) in files.iter() {
            let name = base_name(&file.path);
            let ts = (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json");
            if ts || matches!(name, "deno.json" | "deno.jsonc" | "import_map.json") {
                configs.read(files, package, id, 0);
            }
        }
        let mut found: Vec<(FileId, usize)> = configs.of_file.iter().map(|(id, at)| (*id, *at)).collect();
        found.sort();
        for (id, at) in found {
            let path = &files.get(id).path;
            configs.of_folder.entry(parent(path).into()).or_default().push(at);
        }
        let plain: FxHashSet<usize> = configs.of_file.iter().filter(|(id, _)| is_plain(&files.get(**id).path)).map(|(_, at)| *at).collect();
        for list in configs.of_folder.values_mut() {
            list.sort_by_key(|at| !plain.contains(at));
        }
        configs
    }

    fn read(&mut self, files: &Files, package: &dyn Fn(&str) -> Option<SmolStr>, id: FileId, depth: u32) -> usize {
        if let Some(at) = self.of_file.get(&id) {
            return *at;
        }
        let at = self.list.len();
        self.of_file.insert(id, at);
        let file = files.get(id);
        let folder = parent(&file.path);
        self.list.push(Config { folder: folder.into(), ..Config::default() });
        let Some(json) = file.text.as_deref().and_then(jsonc::parse).filter(|_| depth < 16) else { return at };
        let options = json.get("compilerOptions");
        let place = |key: &str| join(folder, options?.get(key)?.as_str()?.trim_start_matches("${configDir}/"));
        let mut config = Config {
            folder: folder.into(),
            base_url: place("baseUrl"),
            paths: paths(options.and_then(|o| o.get("paths"))),
            out_dir: place("outDir"),
            root_dir: place("rootDir"),
            ..Config::default()
        };
        // Deno's import map: keys that end in a slash are prefixes.
        for (key, value) in json.get("imports").and_then(Value::as_object).into_iter().flatten() {
            let target = value.as_str().unwrap_or_default();
            let star = if key.ends_with('/') { "*" } else { "" };
            config.paths.push((format!("{key}{star}"), vec![format!("{target}{star}")]));
        }
        for spec in strings(json.get("extends")) {
            if let Some(id) = extended(files, package, folder, spec) {
                config.extends.push(self.read(files, package, id, depth + 1));
            }
        }
        for reference in json.get("references").and_then(Value::as_array).into_iter().flatten() {
            let path = reference.get("path").and_then(Value::as_str).and_then(|path| join(folder, path));
            let inside = path.as_deref().and_then(|p| files.find(p).or_else(|| files.find(&format!("{p}/tsconfig.json"))));
            if let Some(id) = inside {
                config.references.push(self.read(files, package, id, depth + 1));
            }
        }
        self.list[at] = config;
        at
    }

    /// The configurations that may say something about files of a folder, the most telling first.
    pub fn for_folder(&self, folder: &str) -> Vec<usize> {
        let mut out = Vec::new();
        let mut seen = FxHashSet::default();
        let mut at = folder;
        loop {
            for config in self.of_folder.get(at).into_iter().flatten() {
                self.expand(*config, &mut seen, &mut out);
            }
            if at.is_empty() {
                return out;
            }
            at = parent(at);
        }
    }

    fn expand(&self, at: usize, seen: &mut FxHashSet<usize>, out: &mut Vec<usize>) {
        let mut todo = vec![at];
        while let Some(at) = todo.pop() {
            if seen.insert(at) {
                out.push(at);
                let config = &self.list[at];
                todo.extend(config.references.iter().rev());
                todo.extend(config.extends.iter().rev());
            }
        }
    }

    /// A configuration by its index.
    pub fn get(&self, at: usize) -> &Config {
        &self.list[at]
    }

    /// The folder that a configuration's `paths` are relative to.
    pub fn base(&self, at: usize) -> String {
        let mut todo = vec![at];
        for _ in 0..16 {
            let Some(at) = todo.pop() else { break };
            if let Some(base) = &self.list[at].base_url {
                return base.clone();
            }
            todo.extend(self.list[at].extends.iter().rev());
        }
        self.list[at].folder.to_string()
    }
}

impl Config {
    /// The targets of the patterns that match a specifier, with the matched part filled in; the most exact pattern
    /// first. The flag says whether the pattern is telling (it isn't `*`).
    pub fn targets(&self, spec: &str) -> Vec<(String, bool)> {
        let mut found: Vec<(usize, &str, &Vec<String>)> = Vec::new();
        for (pattern, targets) in &self.paths {
            match pattern.split_once('*') {
                None if pattern == spec => found.push((usize::MAX, "", targets)),
                None => {}
                Some((prefix, suffix)) => {
                    let star = spec.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
                    found.extend(star.map(|star| (prefix.len(), star, targets)));
                }
            }
        }
        found.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        let fill = |(length, star, targets): (usize, &str, &Vec<String>)| -> Vec<(String, bool)> {
            targets.iter().map(|target| (target.replacen('*', star, 1), length > 1)).collect()
        };
        found.into_iter().flat_map(fill).collect()
    }
}

fn is_plain(path: &str) -> bool {
    matches!(base_name(path), "tsconfig.json" | "jsconfig.json" | "deno.json" | "deno.jsonc")
}

fn paths(value: Option<&Value>) -> Vec<(String, Vec<String>)> {
    let map = value.and_then(Value::as_object).into_iter().flatten();
    map.map(|(pattern, targets)| (pattern.clone(), strings(Some(targets)).map(str::to_owned).collect())).collect()
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter().filter_map(Value::as_str)
}

/// The file that `extends` names.
fn extended(files: &Files, package: &dyn Fn(&str) -> Option<SmolStr>, folder: &str, spec: &str) -> Option<FileId> {
    let path = if spec.starts_with('.') {
        join(folder, spec)?
    } else {
        let (name, rest) = super::split_package(spec);
        join(&package(name)?, if rest.is_empty() { "tsconfig.json" } else { rest })?
    };
    let file = |path: &str| files.find(path).filter(|id| files.get(*id).text.is_some());
    file(&path).or_else(|| file(&format!("{path}.json"))).or_else(|| file(&format!("{path}/tsconfig.json")))
}
