//! Which files a commit changed. Neighbouring commits share most of their folders: each is read once.

use git2::{Commit, Oid, Repository};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Entries of folders that are kept at most.
const MAX_KEPT: usize = 1_000_000;
/// Deepest nesting that is looked into.
const MAX_DEPTH: usize = 256;

const FOLDER: i32 = 0o040_000;
const SUBMODULE: i32 = 0o160_000;

/// An entry of a folder: name, mode, content.
type Entry = (Vec<u8>, i32, Oid);

/// Folders of a repository that were read.
pub struct Trees<'r> {
    repo: &'r Repository,
    known: HashMap<Oid, Rc<Vec<Entry>>>,
    kept: usize,
}

impl<'r> Trees<'r> {
    /// None yet.
    pub fn new(repo: &'r Repository) -> Self {
        Trees { repo, known: HashMap::new(), kept: 0 }
    }

    /// The files that a commit changed against its first parent, sorted; those of a first commit are all. Submodules are no files.
    pub fn changed(&mut self, commit: &Commit<'_>) -> Result<Vec<String>, git2::Error> {
        let before = match commit.parent(0) {
            Ok(parent) => Some(parent.tree_id()),
            Err(_) => None,
        };
        let mut names = BTreeSet::new();
        self.compare(before, Some(commit.tree_id()), "", 0, &mut names)?;
        Ok(names.into_iter().collect())
    }

    fn compare(
        &mut self,
        before: Option<Oid>,
        after: Option<Oid>,
        folder: &str,
        depth: usize,
        names: &mut BTreeSet<String>,
    ) -> Result<(), git2::Error> {
        if before == after || depth > MAX_DEPTH {
            return Ok(());
        }
        let (before, after) = (self.entries(before)?, self.entries(after)?);
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(one), Some(other)) => one.0.cmp(&other.0),
            };
            let one = if order.is_le() { before.next() } else { None };
            let other = if order.is_ge() { after.next() } else { None };
            let Some((name, ..)) = one.or(other) else { return Ok(()) };
            let same = |(a, b): (&Entry, &Entry)| (a.1, a.2) == (b.1, b.2);
            if one.zip(other).is_some_and(same) {
                continue;
            }
            let name = String::from_utf8_lossy(name);
            let path = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
            let inner = |entry: Option<&Entry>| entry.filter(|e| e.1 == FOLDER).map(|e| e.2);
            if [one, other].into_iter().flatten().any(|e| e.1 != FOLDER && e.1 != SUBMODULE) {
                names.insert(path.clone());
            }
            self.compare(inner(one), inner(other), &path, depth + 1, names)?;
        }
    }

    /// The entries of a folder by name; nothing for none.
    fn entries(&mut self, tree: Option<Oid>) -> Result<Rc<Vec<Entry>>, git2::Error> {
        let Some(oid) = tree else { return Ok(Rc::default()) };
        if let Some(known) = self.known.get(&oid) {
            return Ok(known.clone());
        }
        let tree = self.repo.find_tree(oid)?;
        let mut entries: Vec<Entry> = tree.iter().map(|e| (e.name_bytes().to_vec(), e.filemode(), e.id())).collect();
        entries.sort();
        if self.kept + entries.len() > MAX_KEPT {
            self.known.clear();
            self.kept = 0;
        }
        self.kept += entries.len();
        let entries = Rc::new(entries);
        self.known.insert(oid, entries.clone());
        Ok(entries)
    }
}
