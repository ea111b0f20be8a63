//! Python: the folders of the scanned tree as `os`, `glob` and `pathlib` see them. Paths below a module's `__file__` are
//! rooted at the tree; what is anywhere else is not known.

use super::folders::glob_regex;
use super::python::with_open;
use crate::files;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Folders that a walk goes through at most.
const MAX_FOLDERS: usize = 200;

impl World<'_> {
    /// Calls that list folders or ask what a path is.
    pub(super) fn folder_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let path = args.at(0).map(|v| self.force(v)).and_then(|v| self.tree_path(&v));
        match symbol {
            "os.path.isdir" => self.is_what(&path?, true, false),
            "os.path.isfile" => self.is_what(&path?, false, true),
            "os.path.exists" => self.is_what(&path?, true, true),
            "os.path.splitext" => {
                let text = args.at(0)?.as_str()?;
                let (stem, ending) = split_ending(&text);
                Some(Value::tuple(vec![Value::text(stem), Value::text(ending)]))
            }
            "os.path.split" => {
                let text = args.at(0)?.as_str()?;
                Some(Value::tuple(vec![Value::text(files::parent(&text)), Value::text(last(&text))]))
            }
            _ => Some(match path {
                Some(path) => self.listed(symbol, &path, at),
                None => with_open(Value::list(Vec::new()), true),
            }),
        }
    }

    fn listed(&mut self, symbol: &str, path: &str, at: Place) -> Value {
        match symbol {
            "glob.glob" | "glob.iglob" => Value::list(self.below(path).into_iter().map(|p| Value::text(format!("/{p}"))).collect()),
            _ if !self.input.files.is_folder(path) => with_open(Value::list(Vec::new()), true),
            "os.listdir" => Value::list(self.names_in(path, false).into_iter().map(|(name, _)| Value::text(name)).collect()),
            "os.scandir" => {
                let names = self.names_in(path, false);
                let entries = names.into_iter().map(|(name, _)| {
                    let whole = Value::text(format!("/{path}/{name}"));
                    self.record("DirEntry", [("name", Value::text(name)), ("path", whole)], at)
                });
                Value::list(entries.collect())
            }
            _ => self.walked(path),
        }
    }

    /// `os.walk`: (folder, its folders, its files) from a folder down.
    fn walked(&mut self, top: &str) -> Value {
        let mut rows = Vec::new();
        let mut waiting = vec![top.to_owned()];
        while let Some(folder) = waiting.pop() {
            if rows.len() >= MAX_FOLDERS {
                return with_open(Value::list(rows), true);
            }
            let names = self.names_in(&folder, false);
            let (folders, plain): (Vec<_>, Vec<_>) = names.into_iter().partition(|(_, is_folder)| *is_folder);
            waiting.extend(folders.iter().rev().map(|(name, _)| format!("{folder}/{name}")));
            let texts = |names: Vec<(SmolStr, bool)>| Value::list(names.into_iter().map(|(name, _)| Value::text(name)).collect());
            rows.push(Value::tuple(vec![Value::text(format!("/{folder}")), texts(folders), texts(plain)]));
        }
        Value::list(rows)
    }

    /// An attribute of a `pathlib.Path` in the tree.
    pub(crate) fn path_attr(&mut self, value: &Value, name: &str) -> Option<Value> {
        let path = self.tree_path(value).filter(|p| self.is_there(p))?;
        Some(match name {
            "parent" => Value::text(format!("/{}", files::parent(&path))),
            "name" => Value::text(last(&path)),
            "stem" => Value::text(split_ending(last(&path)).0),
            "suffix" => Value::text(split_ending(last(&path)).1),
            "parts" => Value::tuple(path.split('/').map(Value::text).collect()),
            "parents" => Value::list(path.match_indices('/').rev().map(|(at, _)| Value::text(format!("/{}", &path[..at]))).collect()),
            _ => return None,
        })
    }

    /// A method of a `pathlib.Path` in the tree.
    pub(super) fn path_method(&mut self, value: &Value, name: &str, args: &Args) -> Option<Value> {
        let path = self.tree_path(value).filter(|p| self.is_there(p))?;
        let first = args.at(0).and_then(Value::as_str);
        let rooted = |path: &str| Value::text(format!("/{path}"));
        Some(match name {
            "resolve" | "absolute" | "as_posix" | "expanduser" | "open" => value.clone(),
            "read" | "read_text" => self.data_text(value)?,
            "joinpath" => rooted(&format!("{path}/{}", first?)),
            "is_dir" => self.is_what(&path, true, false)?,
            "is_file" => self.is_what(&path, false, true)?,
            "exists" => self.is_what(&path, true, true)?,
            "iterdir" => Value::list(self.names_in(&path, false).into_iter().map(|(name, _)| rooted(&format!("{path}/{name}"))).collect()),
            "glob" => Value::list(self.below(&format!("{path}/{}", first?)).iter().map(|p| rooted(p)).collect()),
            "rglob" => Value::list(self.below(&format!("{path}/**/{}", first?)).iter().map(|p| rooted(p)).collect()),
            "relative_to" => Value::text(path.strip_prefix(first?.trim_matches('/'))?.trim_start_matches('/')),
            "with_suffix" => rooted(&format!("{}{}", split_ending(&path).0, first?)),
            _ => return None,
        })
    }

    /// The path from the tree's root, of a text that starts there; `..` and `.` are taken out.
    fn tree_path(&self, value: &Value) -> Option<String> {
        let text = value.as_str().filter(|t| t.starts_with('/'))?;
        Some(super::javascript::normal(&text).trim_matches('/').to_owned())
    }

    fn is_there(&self, path: &str) -> bool {
        self.input.files.is_folder(path) || self.input.files.find(path).is_some()
    }

    /// Whether a path is a folder or file of the tree; None when it is not in it.
    fn is_what(&self, path: &str, folder: bool, file: bool) -> Option<Value> {
        let is_folder = self.input.files.is_folder(path);
        let is_file = self.input.files.find(path).is_some();
        (is_folder || is_file).then_some(Value::Bool(is_folder && folder || is_file && file))
    }

    /// The files and folders that match a pattern, sorted.
    fn below(&self, pattern: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let Some(regex) = glob_regex(pattern) else { return found };
        let fixed = pattern.split(['*', '?', '[']).next().unwrap_or_default();
        for (_, file) in self.input.files.iter().filter(|(_, file)| file.path.starts_with(fixed)) {
            let ends = file.path.match_indices('/').map(|(at, _)| at).filter(|at| *at > fixed.len()).chain([file.path.len()]);
            found.extend(ends.map(|end| &file.path[..end]).filter(|path| regex.is_match(path)).map(str::to_owned));
        }
        found
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path without its ending, and the ending with its dot.
fn split_ending(path: &str) -> (&str, &str) {
    match path.rfind('.').filter(|dot| *dot > path.rfind('/').map_or(0, |slash| slash + 1)) {
        Some(dot) => path.split_at(dot),
        None => (path, ""),
    }
}
