//! JavaScript: folders of the scanned tree as `fs`, glob packages and loaders of whole folders see them.

use super::javascript::normal;
use crate::files::{self, FileId};
use crate::output::Place;
use crate::resolve::Target;
use crate::value::*;
use crate::world::World;
use regex::Regex;
use smol_str::SmolStr;
use std::fmt::Write as _;
use std::rc::Rc;

/// Endings that a compiler replaces: a listing of built files is one of sources.
const CODE: &[&str] = &["ts", "js", "mts", "mjs", "cts", "cjs", "tsx", "jsx"];
const MAX_DEPTH: usize = 8;

impl World<'_> {
    /// The folder of the package that a place is in.
    pub(super) fn package_folder(&self, at: Place) -> Value {
        if at.file.0 == u32::MAX {
            return Value::text("/");
        }
        let mut folder = files::parent(&self.input.files.get(at.file).path);
        loop {
            let manifest = if folder.is_empty() { "package.json".to_owned() } else { format!("{folder}/package.json") };
            if folder.is_empty() || self.input.files.find(&manifest).is_some() {
                return Value::text(format!("/{folder}"));
            }
            folder = files::parent(folder);
        }
    }

    /// Names in a folder of the tree.
    pub(super) fn listing(&mut self, args: &Args) -> Option<Value> {
        let Some(path) = args.at(0)?.as_str() else { return Some(open_list()) };
        let path = normal(&path);
        let folder = path.trim_start_matches('/');
        if !self.input.files.is_folder(folder) {
            return Some(open_list());
        }
        let flag = |world: &mut Self, name: &str| {
            args.at(1).is_some_and(|o| matches!(world.get_attr(&o.clone(), name, None), Some(Value::Bool(true))))
        };
        let (typed, recursive) = (flag(self, "withFileTypes"), flag(self, "recursive"));
        let names = self.names_in(folder, recursive);
        let items = names
            .into_iter()
            .map(|(name, is_folder)| {
                if typed {
                    let (folder, name) =
                        name.rsplit_once('/').map_or((path.to_string(), name.as_str()), |(f, n)| (format!("{path}/{f}"), n));
                    Value::dict([
                        ("name".into(), Value::text(name)),
                        ("@folder".into(), Value::Bool(is_folder)),
                        ("parentPath".into(), Value::text(folder.clone())),
                        ("path".into(), Value::text(folder)),
                    ])
                } else {
                    Value::text(name)
                }
            })
            .collect();
        Some(Value::list(items))
    }

    /// The names in a folder and whether each is a folder, sorted.
    pub(super) fn names_in(&self, folder: &str, recursive: bool) -> Vec<(SmolStr, bool)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut names: Vec<(SmolStr, bool)> = Vec::new();
        for (_, file) in self.input.files.iter() {
            let Some(rest) = file.path.strip_prefix(prefix.as_str()) else { continue };
            if recursive {
                names.push((SmolStr::new(rest), false));
                names.extend(rest.match_indices('/').map(|(at, _)| (SmolStr::new(&rest[..at]), true)));
            } else {
                match rest.split_once('/') {
                    Some((child, _)) => names.push((SmolStr::new(child), true)),
                    None => names.push((SmolStr::new(rest), false)),
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Files that match a pattern, or several.
    pub(super) fn glob(&mut self, args: &Args, at: Place) -> Option<Value> {
        let (patterns, _) = match args.at(0)? {
            list @ Value::List(_) => self.items_of(list, at),
            one => (vec![one.clone()], false),
        };
        let patterns: Vec<SmolStr> = patterns.iter().filter_map(Value::as_str).collect();
        if patterns.is_empty() {
            return Some(open_list());
        }
        let options = args.at(1).cloned();
        let option = |world: &mut Self, name: &str| options.as_ref().and_then(|o| world.get_attr(o, name, None));
        let cwd = option(self, "cwd").and_then(|v| v.as_str());
        let base = cwd.clone().or_else(|| self.package_folder(at).as_str()).unwrap_or_default();
        let absolute = option(self, "absolute").is_some_and(|v| matches!(v, Value::Bool(true)));
        let mut found: Vec<Value> = Vec::new();
        for pattern in patterns.iter().filter(|p| !p.starts_with('!')) {
            let rooted = pattern.starts_with('/');
            let whole = normal(&if rooted { pattern.to_string() } else { format!("{base}/{pattern}") });
            for path in self.matching(whole.trim_start_matches('/')) {
                let text = if rooted || absolute {
                    format!("/{path}")
                } else {
                    let inner = path.strip_prefix(base.trim_start_matches('/')).unwrap_or(&path).trim_start_matches('/').to_owned();
                    if pattern.starts_with("./") { format!("./{inner}") } else { inner }
                };
                found.push(Value::text(text));
            }
        }
        Some(Value::list(found))
    }

    /// The paths that match a pattern; a pattern of built files that matches nothing is tried for sources.
    fn matching(&self, pattern: &str) -> Vec<SmolStr> {
        let find = |pattern: &str| -> Vec<SmolStr> {
            let Some(regex) = glob_regex(pattern) else { return Vec::new() };
            self.input.files.iter().filter(|(_, f)| regex.is_match(&f.path)).map(|(_, f)| SmolStr::new(&f.path)).collect()
        };
        let found = find(pattern);
        match pattern.strip_suffix(".js") {
            Some(stem) if found.is_empty() => find(&format!("{stem}.ts")),
            _ => found,
        }
    }

    /// What a loader of a whole folder gives: modules by file name, folders as objects.
    pub(super) fn require_folder(&mut self, loader: &str, args: &Args, at: Place) -> Option<Value> {
        let camel = loader == "auto-load";
        let here = if camel {
            // Its folder is below where the process was started.
            self.package_folder(at).as_str().map_or_else(String::new, |f| f.to_string())
        } else if at.file.0 == u32::MAX {
            String::new()
        } else {
            files::parent(&self.input.files.get(at.file).path).to_owned()
        };
        let given = if loader == "require-directory" { args.at(1).cloned() } else { args.at(0).cloned() };
        let (folder, options) = match given {
            Some(text @ (Value::Text(_) | Value::Default(_))) => (text.as_str(), None),
            Some(options @ Value::Dict(_)) => (self.get_attr(&options, "dirname", None).and_then(|v| v.as_str()), Some(options)),
            _ => (Some(SmolStr::new_static(".")), None),
        };
        let folder = folder?;
        let folder = normal(&if folder.starts_with('/') { folder.to_string() } else { format!("{here}/{folder}") });
        let filter = options.and_then(|o| self.get_attr(&o, "filter", None));
        let filter = match filter {
            Some(Value::Regex(text)) => Regex::new(&text).ok(),
            _ => None,
        };
        let loaded = self.load_folder(folder.trim_start_matches('/'), at.file, filter.as_ref(), 0)?;
        Some(if camel { camel_keys(&loaded) } else { loaded })
    }

    fn load_folder(&mut self, folder: &str, own: FileId, filter: Option<&Regex>, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH || !self.input.files.is_folder(folder) {
            return None;
        }
        let dict = Dict::default();
        for (name, is_folder) in self.names_in(folder, false) {
            let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
            if is_folder {
                if let Some(inner) = self.load_folder(&path, own, filter, depth + 1) {
                    dict.set(&Value::text(name), inner);
                }
                continue;
            }
            let Some((stem, ending)) = name.rsplit_once('.') else { continue };
            let Some(file) = self.input.files.find(&path).filter(|f| *f != own) else { continue };
            if !CODE.contains(&ending) {
                continue;
            }
            let key = match filter.map(|f| f.captures(&name)) {
                Some(None) => continue,
                Some(Some(found)) => found.get(1).map_or(stem, |m| m.as_str()),
                None => stem,
            };
            let module = self.target_value(Target::File(file), None);
            let module = self.required(module);
            dict.set(&Value::text(key), module);
        }
        Some(Value::Dict(Rc::new(dict)))
    }
}

/// A loaded folder with its names as `fileName` for `file-name`.
fn camel_keys(loaded: &Value) -> Value {
    let Value::Dict(folder) = loaded else { return loaded.clone() };
    let entries: Vec<(SmolStr, Value)> =
        folder.entries.borrow().values().filter_map(|(key, value)| Some((key.as_str()?, value.clone()))).collect();
    let camel = |key: &str| {
        let mut parts = key.split('-');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut chars = part.chars();
            out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
            out.push_str(chars.as_str());
        }
        SmolStr::new(out)
    };
    Value::dict(entries.into_iter().map(|(key, value)| (camel(&key), value)))
}

/// A list that may have items that are not known.
fn open_list() -> Value {
    let list = Value::list(Vec::new());
    if let Value::List(l) = &list {
        l.open.set(true);
    }
    list
}

/// A glob as a regular expression: `**`, `*`, `?`, `{a,b}`, `[ab]`, `@(a|b)`.
pub(super) fn glob_regex(glob: &str) -> Option<Regex> {
    let mut out = String::from("^");
    let mut chars = glob.chars().peekable();
    let mut groups: Vec<char> = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                if chars.peek() == Some(&'/') {
                    chars.next();
                    out.push_str("(?:.*/)?");
                } else {
                    out.push_str(".*");
                }
            }
            '@' | '+' | '!' | '?' | '*' if chars.peek() == Some(&'(') => {
                chars.next();
                groups.push(c);
                out.push_str("(?:");
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '{' => {
                groups.push('{');
                out.push_str("(?:");
            }
            '}' if groups.last() == Some(&'{') => {
                groups.pop();
                out.push(')');
            }
            ')' if groups.last().is_some_and(|g| *g != '{') => {
                out.push(')');
                match groups.pop() {
                    Some('+') => out.push('+'),
                    Some('?' | '!') => out.push('?'),
                    Some('*') => out.push('*'),
                    _ => {}
                }
            }
            ',' if groups.last() == Some(&'{') => out.push('|'),
            '|' if groups.last().is_some_and(|g| *g != '{') => out.push('|'),
            '[' | ']' | '/' | '-' | '_' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => {
                let _ = write!(out, "\\{c}");
            }
        }
    }
    out.push('$');
    Regex::new(&out).ok()
}

#[cfg(test)]
mod tests {
    use super::glob_regex;

    #[test]
    fn globs() {
        let matches = |glob: &str, path: &str| glob_regex(glob).is_some_and(|r| r.is_match(path));
        assert!(matches("a/**/*.route.js", "a/x.route.js") && matches("a/**/*.route.js", "a/b/c/x.route.js"));
        assert!(matches("r/*.{js,ts}", "r/x.ts") && !matches("r/*.{js,ts}", "r/y/x.ts") && matches("r/*.[jt]s", "r/x.js"));
        assert!(matches("r/*.@(js|ts)", "r/x.ts") && matches("r/(x).js", "r/(x).js"));
    }
}
