//! Packages of other trees beside the files of a tree, as installed libraries would be.

use crate::tree::{Entry, Locator, Tree};
use std::sync::Arc;

/// Files of another tree.
pub struct Beside<'a> {
    /// The folder that they appear in, which ends in `/`.
    pub folder: String,
    /// The other tree, of a revision: files on disk are not taken.
    pub tree: &'a Tree,
    /// Whether a file is taken, by its path in the other tree.
    pub takes: &'a dyn Fn(&str) -> bool,
}

impl Tree {
    /// The same tree with files of others in it. A file of its own at the same path stays.
    pub fn with(&self, others: &[Beside<'_>]) -> Tree {
        let mut whole = self.clone();
        for other in others {
            let Some(odb) = other.tree.odb.as_deref() else { continue };
            let odb: Arc<std::path::Path> = Arc::from(odb);
            for entry in other.tree.files().iter().filter(|entry| (other.takes)(&entry.path)) {
                let locator = match &entry.locator {
                    Locator::Blob(oid) => Locator::Other(*oid, odb.clone()),
                    Locator::Other(oid, odb) => Locator::Other(*oid, odb.clone()),
                    Locator::Path | Locator::Odd(_) => continue,
                };
                whole.entries.push(Entry { path: format!("{}{}", other.folder, entry.path), size: entry.size, locator, stamp: None });
            }
        }
        // The sort is stable: its own come first.
        whole.entries.sort_by(|a, b| a.path.cmp(&b.path));
        whole.entries.dedup_by(|a, b| a.path == b.path);
        whole
    }

    /// Whether a file is of another tree.
    pub fn is_beside(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(|entry| matches!(entry.locator, Locator::Other(..)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tree::OpenOptions;
    use std::path::Path;

    fn repository(folder: &Path, files: &[(&str, &str)]) -> Tree {
        let repo = git2::Repository::init_bare(folder).unwrap();
        let mut index = git2::Index::new().unwrap();
        for (path, text) in files {
            let id = repo.blob(text.as_bytes()).unwrap();
            let time = git2::IndexTime::new(0, 0);
            let (mode, path) = (0o100_644, path.as_bytes().to_vec());
            let entry = git2::IndexEntry {
                ctime: time,
                mtime: time,
                dev: 0,
                ino: 0,
                mode,
                uid: 0,
                gid: 0,
                file_size: 0,
                id,
                flags: 0,
                flags_extended: 0,
                path,
            };
            index.add(&entry).unwrap();
        }
        let tree = repo.find_tree(index.write_tree_to(&repo).unwrap()).unwrap();
        let who = git2::Signature::new("a", "a@example.test", &git2::Time::new(1, 0)).unwrap();
        repo.commit(Some("HEAD"), &who, &who, "one", &tree, &[]).unwrap();
        Tree::open(&OpenOptions { paths: vec![folder.to_owned()], ..OpenOptions::default() }).unwrap()
    }

    #[test]
    fn files_of_others_are_read_from_their_own_repository_and_count_in_the_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let own = repository(&folder.path().join("own.git"), &[("app.py", "own")]);
        let other = repository(&folder.path().join("other.git"), &[("lib/a.py", "theirs"), ("tests/b.py", "no")]);
        let takes = |path: &str| path.starts_with("lib/");
        let beside = || Beside { folder: "@x/".to_owned(), tree: &other, takes: &takes };
        let whole = own.with(&[beside()]);
        let paths: Vec<&str> = whole.files().iter().map(|e| e.path.as_str()).collect();
        assert_eq!(paths, ["@x/lib/a.py", "app.py"]);
        assert_eq!((whole.read(0).unwrap(), whole.read(1).unwrap()), (b"theirs".to_vec(), b"own".to_vec()));
        assert!(whole.is_beside(0) && !whole.is_beside(1));
        assert_ne!(whole.fingerprint(), own.fingerprint());
        assert_eq!(own.with(&[]).fingerprint(), own.fingerprint());
    }
}
