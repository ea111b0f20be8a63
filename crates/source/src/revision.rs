//! Files of a git revision, read from the object database without a checkout.
//!
//! The listing equals that of a checkout: files that are tracked though `.gitignore` names them are in, the tree's own
//! `.ignore` and `.apicensusignore` apply, attributes and filters don't. Symbolic links and submodules are not
//! followed. Git objects come from others, so names, depth and number of entries are not trusted.

use crate::error::{ReadError, SourceError, SourceTrouble, SourceTroubleKind};
use crate::ignores::{Filter, MAX_IGNORE_FILE, OWN_IGNORE, Rules, SHARED_IGNORE};
use crate::links::Link;
use crate::repository::{self, Revision};
use crate::tree::{Entry, Listing, Locator, MAX_DEPTH, OpenOptions, common_folder, to_text};
use crate::worktree::{below, closest, odd_name};
use git2::{ErrorCode, ObjectType, Odb, Oid, RepositoryOpenFlags};
use rayon::prelude::*;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A revision, listed.
pub(crate) struct Opened {
    pub repository: git2::Repository,
    /// The folder that paths are relative to (it need not exist on disk).
    pub root: PathBuf,
    pub revision: Revision,
    pub listing: Listing,
}

/// Finds the repository and the revision, and lists its files.
pub(crate) fn open(options: &OpenOptions, filter: &Filter) -> Result<Opened, SourceError> {
    let (repo, inside) = locate(&options.paths)?;
    let name = options.rev.as_deref().unwrap_or("HEAD");
    let (tree, revision) = match &options.rev {
        Some(rev) => commit_tree(&repo, rev)?,
        None => {
            let head = repository::head(&repo)?;
            (commit_tree(&repo, &head.commit)?.0, head)
        }
    };
    let mut folders = Vec::new();
    for path in &inside {
        let is_folder = path.is_empty() || entry_kind(&repo, tree, path) == Some(ObjectType::Tree);
        if !is_folder && entry_kind(&repo, tree, path) != Some(ObjectType::Blob) {
            return Err(SourceError::MissingInRevision { path: path.clone(), revision: name.to_owned() });
        }
        let folder = if is_folder { path.as_str() } else { path.rsplit_once('/').map_or("", |(f, _)| f) };
        folders.push(Path::new("/").join(folder));
    }
    let root_inside = to_text(&common_folder(&folders)).0;
    let mut lister = Lister {
        repo: &repo,
        starts: &inside,
        prefix: &root_inside,
        filter,
        cap: options.max_entries,
        listing: Listing::default(),
        blobs: Vec::new(),
    };
    lister.list(tree);
    let Lister { mut listing, blobs, .. } = lister;
    sizes(repo.commondir(), blobs, &mut listing);
    let place = repository::place(&repo);
    let root = place.canonicalize().unwrap_or_else(|_| place.to_owned()).join(&root_inside);
    Ok(Opened { root, revision, listing, repository: repo })
}

/// The repository of the paths, and the paths from its root.
fn locate(paths: &[PathBuf]) -> Result<(git2::Repository, Vec<String>), SourceError> {
    let mut found: Option<git2::Repository> = None;
    let mut inside = Vec::new();
    for path in paths {
        // A path may exist in the revision only; its nearest existing folder tells the repository.
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let existing = absolute.ancestors().find(|a| a.exists()).unwrap_or(Path::new("/"));
        let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
        let existing = existing.canonicalize().unwrap_or_else(|_| existing.to_owned());
        let folder = if existing.is_dir() { existing.as_path() } else { existing.parent().unwrap_or(&existing) };
        let repo = repository::discover(folder)?.ok_or_else(|| match path.exists() {
            true => SourceError::NotARepository { path: path.clone() },
            false => SourceError::Missing { path: path.clone(), similar: None },
        })?;
        if found.as_ref().is_some_and(|f| f.path() != repo.path()) {
            return Err(SourceError::SeveralRepositories);
        }
        let workdir = repo.workdir().and_then(|w| w.canonicalize().ok());
        let full = existing.join(rest);
        let is_git_folder = repository::is_git_folder(&existing);
        inside.push(match workdir {
            Some(workdir) if !is_git_folder => full.strip_prefix(&workdir).map(|p| to_text(p).0).unwrap_or_default(),
            _ => String::new(),
        });
        found = Some(repo);
    }
    inside.sort();
    inside.dedup();
    let repo = found.ok_or(SourceError::NoPath)?;
    Ok((repo, inside))
}

fn commit_tree(repo: &git2::Repository, rev: &str) -> Result<(Oid, Revision), SourceError> {
    let commit = repo.find_commit(commit_of(repo, rev)?).map_err(|e| repository::git_error(repository::place(repo), &e))?;
    Ok((commit.tree_id(), repository::revision(&commit)))
}

/// The commit that a name means.
pub(crate) fn commit_of(repo: &git2::Repository, rev: &str) -> Result<Oid, SourceError> {
    if rev == "HEAD" {
        // Without a commit there is no HEAD to speak of.
        repository::head(repo)?;
    }
    let object = repo.revparse_single(rev).map_err(|e| match e.code() {
        ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::GenericError => {
            SourceError::UnknownRevision { revision: rev.to_owned(), similar: similar(repo, rev) }
        }
        _ => repository::git_error(repository::place(repo), &e),
    })?;
    let not_a_commit =
        |kind: Option<ObjectType>| SourceError::NotACommit { revision: rev.to_owned(), kind: kind.map_or("thing", |k| k.str()).to_owned() };
    object.peel_to_commit().map(|commit| commit.id()).map_err(|_| not_a_commit(object.kind()))
}

/// A branch or tag with nearly this name.
fn similar(repo: &git2::Repository, rev: &str) -> Option<String> {
    let mut names = Vec::new();
    for reference in repo.references().ok()?.flatten().take(100_000) {
        if let Ok(name) = reference.shorthand() {
            names.push(name.to_owned());
        }
    }
    names.sort();
    // A branch that only the remote has.
    let remote = names.iter().find(|n| n.split_once('/').is_some_and(|(_, branch)| branch == rev));
    remote.cloned().or_else(|| closest(rev, names.into_iter()))
}

fn entry_kind(repo: &git2::Repository, tree: Oid, path: &str) -> Option<ObjectType> {
    repo.find_tree(tree).ok()?.get_path(Path::new(path)).ok()?.kind()
}

/// Walks git trees with an explicit stack.
struct Lister<'a> {
    repo: &'a git2::Repository,
    /// Folders and files to list, from the repository's root.
    starts: &'a [String],
    /// The scan root, from the repository's root.
    prefix: &'a str,
    filter: &'a Filter,
    cap: usize,
    listing: Listing,
    blobs: Vec<(String, Oid)>,
}

/// A git tree to be listed.
struct Folder {
    oid: Oid,
    /// Path from the repository's root.
    path: String,
    depth: usize,
    rules: Option<Rc<Rules>>,
}

impl Lister<'_> {
    fn list(&mut self, tree: Oid) {
        let mut seen = 0usize;
        let mut stack = vec![Folder { oid: tree, path: String::new(), depth: 0, rules: None }];
        while let Some(folder) = stack.pop() {
            let Ok(tree) = self.repo.find_tree(folder.oid) else {
                self.trouble(
                    SourceTroubleKind::Unreadable,
                    &folder.path,
                    "this folder is not in the object database (a partial clone?)".to_owned(),
                    "what lies here was not read",
                );
                continue;
            };
            let rules = self.rules(&tree, &folder);
            for entry in tree.iter() {
                seen += 1;
                // One over the cap, so that it shows; folders and what is left out count too.
                if seen > self.cap.saturating_mul(4) || self.blobs.len() > self.cap {
                    self.listing.capped = true;
                    return;
                }
                stack.extend(self.entry(&folder, &rules, &entry));
            }
        }
    }

    /// The folder's ignore rules with those above.
    fn rules(&mut self, tree: &git2::Tree<'_>, folder: &Folder) -> Option<Rc<Rules>> {
        let read = |name: &str| {
            let entry = tree.get_name(name).filter(|e| e.kind() == Some(ObjectType::Blob))?;
            let (size, _) = self.repo.odb().ok()?.read_header(entry.id()).ok()?;
            let blob = if size as u64 <= MAX_IGNORE_FILE { self.repo.find_blob(entry.id()).ok()? } else { return None };
            Some(String::from_utf8_lossy(blob.content()).into_owned())
        };
        let (own, shared) = (read(OWN_IGNORE), read(SHARED_IGNORE));
        Rules::push(folder.rules.clone(), &folder.path, own.as_deref(), shared.as_deref(), &mut self.listing.troubles)
    }

    /// Takes in one entry of a git tree; gives the folder to go on with, if it is one.
    fn entry(&mut self, folder: &Folder, rules: &Option<Rc<Rules>>, entry: &git2::TreeEntry<'_>) -> Option<Folder> {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let odd = std::str::from_utf8(entry.name_bytes()).is_err();
        if name.is_empty() || name == "." || name == ".." || name.contains('/') || name == ".git" {
            let message = format!("the git tree has an entry with the forbidden name `{name}`");
            self.trouble(SourceTroubleKind::Name, &folder.path, message, "it is not read");
            return None;
        }
        let path = if folder.path.is_empty() { name.into_owned() } else { format!("{}/{name}", folder.path) };
        let is_folder = entry.kind() == Some(ObjectType::Tree);
        let named = self.starts.contains(&path);
        let within = self.starts.iter().any(|s| s.is_empty() || below(&path, s).is_some());
        let towards = is_folder && self.starts.iter().any(|s| below(s, &path).is_some());
        let wanted = if within { named || !Rules::ignores(rules, &path, is_folder) } else { named || towards };
        if !wanted {
            return None;
        }
        let inside = below(&path, self.prefix).unwrap_or("").to_owned();
        if is_folder {
            if folder.depth + 1 >= MAX_DEPTH {
                self.trouble(
                    SourceTroubleKind::TooDeep,
                    &path,
                    format!("folders nest deeper than {MAX_DEPTH} here"),
                    "what lies below was not read",
                );
                return None;
            }
            let prunes = !inside.is_empty() && self.filter.prunes(&inside);
            return (!prunes).then(|| Folder { oid: entry.id(), path, depth: folder.depth + 1, rules: rules.clone() });
        }
        if !self.filter.keeps_file(&inside) {
            return None;
        }
        match entry.filemode() {
            0o160000 => {
                let message = format!("this is a git submodule, at commit {}", entry.id());
                self.trouble(SourceTroubleKind::Submodule, &path, message, "what lies in it was not read; scan that repository too");
            }
            0o120000 => {
                let target = self.repo.find_blob(entry.id()).ok().filter(|b| b.size() <= 4096);
                let target = target.map(|b| String::from_utf8_lossy(b.content()).into_owned());
                self.listing.links.push(Link { path: inside, target });
            }
            _ => {
                if odd {
                    self.listing.troubles.push(odd_name(&inside));
                }
                self.blobs.push((inside, entry.id()));
            }
        }
        None
    }

    fn trouble(&mut self, kind: SourceTroubleKind, path: &str, message: String, effect: &str) {
        let inside = below(path, self.prefix).unwrap_or("");
        self.listing.troubles.push(SourceTrouble::new(kind, inside, message, effect));
    }
}

/// Reads the sizes of all blobs in parallel, without their content.
fn sizes(odb: &Path, blobs: Vec<(String, Oid)>, listing: &mut Listing) {
    let found: Vec<Result<Entry, SourceTrouble>> = blobs
        .into_par_iter()
        .map(|(path, oid)| match with_odb(odb, |odb| odb.read_header(oid)) {
            Ok((size, _)) => Ok(Entry { path, size: size as u64, locator: Locator::Blob(oid), stamp: None }),
            Err(reason) => {
                let message = format!("the file is not in the object database (a partial clone?): {reason}");
                Err(SourceTrouble::new(SourceTroubleKind::Unreadable, path, message, "what the file declares is missing"))
            }
        })
        .collect();
    for item in found {
        match item {
            Ok(entry) => listing.entries.push(entry),
            Err(trouble) => listing.troubles.push(trouble),
        }
    }
}

/// The content of a blob.
pub(crate) fn read_blob(odb: &Path, oid: Oid) -> Result<Vec<u8>, ReadError> {
    with_odb(odb, |odb| odb.read(oid).map(|o| o.data().to_vec())).map_err(ReadError::Unreadable)
}

thread_local! {
    /// This thread's handle: libgit2's are not shared between threads.
    static HANDLE: RefCell<Option<(PathBuf, git2::Repository)>> = const { RefCell::new(None) };
}

fn with_odb<T>(path: &Path, work: impl FnOnce(&Odb<'_>) -> Result<T, git2::Error>) -> Result<T, String> {
    let say = |e: git2::Error| e.message().trim().to_owned();
    HANDLE.with_borrow_mut(|handle| {
        if handle.as_ref().is_none_or(|(p, _)| p != path) {
            let none: &[&OsStr] = &[];
            let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::BARE;
            *handle = Some((path.to_owned(), git2::Repository::open_ext(path, flags, none).map_err(say)?));
        }
        let Some((_, repo)) = handle else { return Err("no repository".to_owned()) };
        work(&repo.odb().map_err(say)?).map_err(say)
    })
}
