//! The files of the scanned tree as the evaluator sees them: paths, languages, manifest texts. No I/O.

use apicensus_syntax::Lang;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// Index of a file in [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// The folder under which packages of other trees lie, those that the tree depends on.
pub const DEPENDENCIES: &str = "@dependencies/";

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Path from the scan root, with `/`.
    pub path: SmolStr,
    /// Its language, if it is code we lower.
    pub lang: Option<Lang>,
    /// The text of a manifest or configuration file that resolution needs (package.json, tsconfig*.json, Cargo.toml,
    /// pyproject.toml, setup.cfg, ...); None for the rest.
    pub text: Option<Arc<str>>,
    /// Test, example or vendored code: evaluated after everything else.
    pub secondary: bool,
    /// It lies in a package of another tree that this one depends on: run when code of the tree imports it, and never by itself.
    pub installed: bool,
}

/// All files of the tree, sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: Vec<File>,
    by_path: FxHashMap<SmolStr, FileId>,
    /// Every folder that holds something, without a trailing slash; the root is "".
    folders: FxHashMap<SmolStr, Vec<FileId>>,
}

impl Files {
    /// Takes the files; sorts them by path.
    pub fn new(mut files: Vec<File>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut by_path = FxHashMap::default();
        let mut folders: FxHashMap<SmolStr, Vec<FileId>> = FxHashMap::default();
        for (at, file) in files.iter().enumerate() {
            let id = FileId(at as u32);
            by_path.insert(file.path.clone(), id);
            let mut folder = parent(&file.path);
            folders.entry(SmolStr::new(folder)).or_default().push(id);
            while !folder.is_empty() {
                folder = parent(folder);
                if folders.contains_key(folder) {
                    break;
                }
                folders.insert(SmolStr::new(folder), Vec::new());
            }
        }
        Files { files, by_path, folders }
    }
    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
    /// The file behind an id.
    pub fn get(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }
    /// A file by its path from the root.
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }
    /// Whether a folder exists ("" is the root).
    pub fn is_folder(&self, path: &str) -> bool {
        self.folders.contains_key(path)
    }
    /// The files directly in a folder, sorted.
    pub fn in_folder(&self, path: &str) -> &[FileId] {
        self.folders.get(path).map_or(&[], Vec::as_slice)
    }
    /// All files with their ids, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

/// The folder of a path; "" for the root's children.
pub fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// Joins a folder and a relative path, resolving `.` and `..`; None when it leaves the root.
pub fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
