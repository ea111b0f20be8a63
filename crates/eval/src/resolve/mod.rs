//! Module resolution: from an import as written to a file of the tree or the name of an outside package.
//!
//! One resolver a language, built once from [`Files`](crate::files::Files) (paths and manifest texts; no I/O) and
//! asked often, from many threads. None of them reads code: what a module exports is the evaluator's business.

use crate::files::{FileId, Files};
use smol_str::SmolStr;

pub mod cargo;
pub mod glob;
pub mod graph;
mod jsonc;
pub mod node;
pub mod packages;
pub mod python;
mod resolver;
pub mod scan;

pub use resolver::Resolver;

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file of the tree (for Python a module or a package's `__init__.py`; for Rust a module file).
    File(FileId),
    /// A Python namespace package: a folder without `__init__.py`.
    Folder(SmolStr),
    /// An outside package: its canonical name as a model would write it (`speedy.routing`, `@out/common`, `axle`).
    External(SmolStr),
    /// Should be in the tree (relative, workspace package, own package) but is not.
    Missing,
}

/// All files in a folder and below ("" is the root), those whose name ends in one of `endings` (`.ts`, `route.js`; none
/// given: all), sorted by path.
pub fn files_under(files: &Files, folder: &str, endings: &[&str]) -> Vec<FileId> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let (mut low, mut high) = (0, files.len() as u32);
    while low < high {
        let middle = low + (high - low) / 2;
        if files.get(FileId(middle)).path.as_str() < prefix.as_str() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let inside = (low..files.len() as u32).map(FileId).take_while(|id| files.get(*id).path.starts_with(prefix.as_str()));
    let fits = |id: &FileId| endings.is_empty() || endings.iter().any(|end| files.get(*id).path.ends_with(end));
    inside.filter(fits).collect()
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// Whether `path` is `folder` or lies under it ("" is the root).
pub(crate) fn is_under(path: &str, folder: &str) -> bool {
    folder.is_empty() || path == folder || (path.starts_with(folder) && path.as_bytes().get(folder.len()) == Some(&b'/'))
}

/// How many leading folders two folder paths share.
pub(crate) fn shared_folders(a: &str, b: &str) -> usize {
    let parts = |p: &'_ str| p.is_empty();
    if parts(a) || parts(b) {
        return 0;
    }
    a.split('/').zip(b.split('/')).take_while(|(x, y)| x == y).count()
}

/// Number of folders in a folder path.
pub(crate) fn depth(folder: &str) -> usize {
    if folder.is_empty() { 0 } else { folder.bytes().filter(|b| *b == b'/').count() + 1 }
}

#[cfg(test)]
pub(crate) mod testing {
    //! In-memory files for the resolvers' tests.
    use crate::files::{File, Files};
    use apicensus_syntax::Lang;
    use std::sync::Arc;

    /// Files of these paths and texts; the texts of code files are left out, as in a scan.
    pub fn files(list: &[(&str, &str)]) -> Files {
        let lang = |path: &str| match path.rsplit('.').next() {
            Some("py" | "pyi") => Some(Lang::Python),
            Some("js" | "jsx" | "mjs" | "cjs") => Some(Lang::JavaScript),
            Some("ts" | "mts" | "cts") => Some(Lang::TypeScript),
            Some("tsx") => Some(Lang::Tsx),
            Some("rs") => Some(Lang::Rust),
            _ => None,
        };
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).into(),
            lang: lang(path),
            text: lang(path).is_none().then(|| Arc::from(*text)),
            secondary: false,
            installed: false,
        };
        Files::new(list.iter().map(file).collect())
    }

    /// Files of these paths without texts.
    pub fn paths(list: &[&str]) -> Files {
        files(&list.iter().map(|path| (*path, "")).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder() {
        let files = testing::paths(&["a/x.ts", "a/b/y.js", "a-c/z.ts", "a.ts"]);
        let under = |folder: &str, endings: &[&str]| -> Vec<String> {
            files_under(&files, folder, endings).iter().map(|id| files.get(*id).path.to_string()).collect()
        };
        assert_eq!(under("a", &[]), ["a/b/y.js", "a/x.ts"]);
        assert_eq!(under("a", &[".ts"]), ["a/x.ts"]);
        assert_eq!(under("", &[".ts"]), ["a-c/z.ts", "a.ts", "a/x.ts"]);
        assert!(under("q", &[]).is_empty());
    }
}
