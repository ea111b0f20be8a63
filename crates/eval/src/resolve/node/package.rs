//! One package.json: names, dependencies, and which files its `exports`, `imports` and `main` point to.

use crate::files::FileId;
use crate::resolve::jsonc;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A parsed package.json.
#[derive(Clone, Debug)]
pub struct Package {
    /// The manifest.
    pub file: FileId,
    /// Its folder.
    pub folder: SmolStr,
    /// `name`.
    pub name: Option<SmolStr>,
    /// All dependencies with their version ranges.
    pub dependencies: BTreeMap<SmolStr, SmolStr>,
    /// The names alone, sorted.
    pub dependency_names: Vec<SmolStr>,
    /// Whether a workspace lists it.
    pub member: bool,
    /// Whether it lies in a node_modules folder.
    pub installed: bool,
    /// Whether it is of another tree and known to be meant, whatever version is asked for.
    pub given: bool,
    json: Value,
}

impl Package {
    /// Reads it; None if it is broken.
    pub fn new(file: FileId, folder: &str, text: &str) -> Option<Self> {
        let json = jsonc::parse(text).filter(Value::is_object)?;
        let mut dependencies = BTreeMap::new();
        for kind in ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"] {
            for (name, range) in json.get(kind).and_then(Value::as_object).into_iter().flatten() {
                dependencies.insert(SmolStr::new(name), SmolStr::new(range.as_str().unwrap_or("*")));
            }
        }
        let name = json.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(SmolStr::new);
        Some(Package {
            file,
            folder: folder.into(),
            name,
            dependency_names: dependencies.keys().cloned().collect(),
            dependencies,
            member: false,
            given: false,
            installed: folder.split('/').any(|part| part == "node_modules"),
            json,
        })
    }

    /// A field that is a string.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.json.get(field).and_then(Value::as_str)
    }

    /// The globs of its `workspaces`.
    pub fn workspaces(&self) -> Vec<String> {
        let list = self.json.get("workspaces").map(|value| value.get("packages").unwrap_or(value));
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Whether it restricts what can be imported from it.
    pub fn has_exports(&self) -> bool {
        self.json.get("exports").is_some_and(|exports| !exports.is_null())
    }

    /// What `exports` gives for a subpath (`.` or `./x`), best first.
    pub fn exports(&self, subpath: &str, require: bool) -> Vec<String> {
        let Some(exports) = self.json.get("exports") else { return Vec::new() };
        let by_path = exports.as_object().is_some_and(|map| map.keys().any(|key| key.starts_with('.')));
        if !by_path {
            return if subpath == "." { targets(exports, "", require) } else { Vec::new() };
        }
        select(exports, subpath, require)
    }

    /// What `imports` gives for `#name`, best first.
    pub fn imports(&self, name: &str, require: bool) -> Vec<String> {
        self.json.get("imports").map(|imports| select(imports, name, require)).unwrap_or_default()
    }

    /// The fields that name the main file, best first.
    pub fn mains(&self, require: bool) -> Vec<&str> {
        let order = if require { ["main", "module"] } else { ["module", "main"] };
        let fields = ["source"].into_iter().chain(order).chain(["browser", "types", "typings"]);
        fields.filter_map(|field| self.text(field)).collect()
    }

    /// `_moduleAliases`: (alias, path).
    pub fn module_aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        let map = self.json.get("_moduleAliases").and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(name, path)| Some((name.as_str(), path.as_str()?)))
    }

    /// Files that programs start from: main, bin, exports, and words of scripts.
    pub fn entries(&self) -> Vec<String> {
        let mut out: Vec<String> = self.mains(false).into_iter().map(str::to_owned).collect();
        match self.json.get("bin") {
            Some(Value::String(path)) => out.push(path.clone()),
            Some(Value::Object(map)) => out.extend(map.values().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
        if let Some(exports) = self.json.get("exports") {
            strings(exports, &mut out);
        }
        for script in self.json.get("scripts").and_then(Value::as_object).into_iter().flat_map(|map| map.values()) {
            let words = script.as_str().unwrap_or("").split([' ', '"', '\'', '=', ';', '\t', '\n']);
            let usable = |word: &&str| (word.contains('/') || word.contains('.')) && !word.contains('*') && !word.starts_with('-');
            out.extend(words.filter(usable).map(str::to_owned));
        }
        out
    }

    /// Whether this package can be what `range` asks for: local ranges always, others if the major versions agree.
    pub fn satisfies(&self, range: &str) -> bool {
        if self.given || ["workspace:", "file:", "link:", "portal:", "*", "latest"].iter().any(|local| range.starts_with(local)) {
            return true;
        }
        let major = |text: &str| -> Option<u64> {
            let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
            digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        match (major(range), self.text("version").and_then(major)) {
            (Some(wanted), Some(own)) => wanted == own || range.starts_with(">"),
            // Private packages have no version and are linked by their workspace.
            (Some(_), None) => self.member,
            _ => true,
        }
    }
}

/// Chooses the entry of an `exports` or `imports` map for a key.
fn select(map: &Value, key: &str, require: bool) -> Vec<String> {
    let Some(map) = map.as_object() else { return Vec::new() };
    if let Some(value) = map.get(key) {
        return targets(value, "", require);
    }
    let mut best: Option<(usize, &str, &Value)> = None;
    for (pattern, value) in map {
        let (prefix, suffix) = match pattern.split_once('*') {
            Some(parts) => parts,
            None if pattern.ends_with('/') => (pattern.as_str(), ""),
            None => continue,
        };
        let star = key.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
        if let Some(star) = star.filter(|_| best.is_none_or(|(length, ..)| prefix.len() > length)) {
            best = Some((prefix.len(), star, value));
        }
    }
    best.map(|(_, star, value)| targets(value, star, require)).unwrap_or_default()
}

/// All paths of a target in order of preference: those whose conditions hold, then the others, for sources that only
/// other conditions name.
fn targets(value: &Value, star: &str, require: bool) -> Vec<String> {
    let (mut good, mut rest) = (Vec::new(), Vec::new());
    collect(value, star, require, true, &mut good, &mut rest, 0);
    good.append(&mut rest);
    good
}

fn collect(value: &Value, star: &str, require: bool, holds: bool, good: &mut Vec<String>, rest: &mut Vec<String>, depth: u32) {
    if depth > 16 {
        return;
    }
    match value {
        Value::String(path) => {
            let path = if path.contains('*') {
                path.replace('*', star)
            } else if path.ends_with('/') {
                format!("{path}{star}")
            } else {
                path.clone()
            };
            if holds { good.push(path) } else { rest.push(path) }
        }
        Value::Array(list) => list.iter().for_each(|v| collect(v, star, require, holds, good, rest, depth + 1)),
        Value::Object(map) => {
            for (condition, value) in map {
                let met = match condition.as_str() {
                    "node" | "default" | "source" | "development" | "module-sync" => true,
                    "require" => require,
                    "import" | "module" => !require,
                    _ => false,
                };
                collect(value, star, require, holds && met, good, rest, depth + 1);
            }
        }
        _ => {}
    }
}

fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(path) if !path.contains('*') => out.push(path.clone()),
        Value::Array(list) => list.iter().for_each(|v| strings(v, out)),
        Value::Object(map) => map.values().for_each(|v| strings(v, out)),
        _ => {}
    }
}
