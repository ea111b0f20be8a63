//! Files on disk: one parallel walk that honours `.gitignore`, `.ignore` and `.apicensusignore`.
//!
//! Hidden files are walked; only `.git` is left out. Ignore files above the scan root apply when they belong to the
//! same git repository, unless they ignore the root itself (someone who names an ignored folder wants it read).
//! Files that git tracks though `.gitignore` names them are in, as they are in a checkout of the revision.

use crate::error::{SourceError, SourceTrouble, SourceTroubleKind};
use crate::ignores::{self, Filter, MAX_IGNORE_FILE, OWN_IGNORE, Rules, SHARED_IGNORE};
use crate::links::Link;
use crate::repository;
use crate::stamp::Stamp;
use crate::tree::{Entry, Listing, Locator, MAX_DEPTH, OpenOptions, common_folder, to_text};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// What to walk.
pub(crate) struct Plan {
    /// What paths are relative to.
    pub root: PathBuf,
    /// Folders and files to read, absolute.
    pub starts: Vec<PathBuf>,
}

impl Plan {
    pub(crate) fn new(paths: &[PathBuf]) -> Result<Plan, SourceError> {
        let mut starts = Vec::new();
        let mut folders = Vec::new();
        for path in paths {
            let (start, is_folder) = resolve(path)?;
            folders.push(if is_folder { start.clone() } else { start.parent().map(Path::to_path_buf).unwrap_or_default() });
            starts.push(start);
        }
        starts.sort();
        starts.dedup();
        // A path below another one adds nothing; components sort so that it follows it.
        let mut kept: Vec<PathBuf> = Vec::new();
        for start in starts {
            if !kept.iter().any(|k| start.starts_with(k)) {
                kept.push(start);
            }
        }
        Ok(Plan { root: common_folder(&folders), starts: kept })
    }
}

fn resolve(path: &Path) -> Result<(PathBuf, bool), SourceError> {
    let unreadable = |e: std::io::Error| SourceError::Unreadable { path: path.to_owned(), reason: e.to_string() };
    let missing = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            SourceError::Missing { path: path.to_owned(), similar: similar_name(path) }
        }
        _ => unreadable(e),
    };
    let full = path.canonicalize().map_err(missing)?;
    let meta = full.metadata().map_err(unreadable)?;
    if meta.is_dir() {
        std::fs::read_dir(&full).map_err(unreadable)?;
    } else if meta.is_file() {
        std::fs::File::open(&full).map_err(unreadable)?;
    } else {
        return Err(SourceError::NotAFile { path: path.to_owned() });
    }
    Ok((full, meta.is_dir()))
}

fn similar_name(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = std::fs::read_dir(folder).ok()?.flatten().take(10_000).filter_map(|e| e.file_name().into_string().ok());
    closest(wanted, names)
}

/// The name nearest to a mistyped one, if near enough.
pub(crate) fn closest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let allowed = (wanted.chars().count() / 3).clamp(1, 3);
    names.map(|n| (strsim::damerau_levenshtein(wanted, &n), n)).filter(|(d, _)| *d <= allowed).min().map(|(_, n)| n)
}

/// Walks everything in the plan.
pub(crate) fn list(plan: &Plan, options: &OpenOptions, filter: &Filter) -> Listing {
    let mut listing = Listing::default();
    let repo = repository::discover(&plan.root).ok().flatten();
    let workdir = repo.as_ref().and_then(|r| r.workdir()).and_then(|w| w.canonicalize().ok());
    for start in &plan.starts {
        if start.is_dir() {
            walk(plan, start, workdir.as_deref(), options, &mut listing);
        } else {
            let meta = start.metadata().ok();
            add_file(&plan.root, start, meta.as_ref().map_or(0, std::fs::Metadata::len), meta.as_ref().and_then(Stamp::of), &mut listing);
        }
    }
    listing.entries.retain(|e| filter.keeps_file(&e.path));
    listing.links.retain(|l| filter.keeps_file(&l.path));
    if let (Some(repo), Some(workdir)) = (&repo, &workdir) {
        add_tracked(repo, workdir, plan, filter, &mut listing);
    }
    listing
}

/// One finding of the parallel walk.
enum Found {
    File(PathBuf, u64, Option<Stamp>),
    Link(PathBuf, Option<PathBuf>),
    Bad(SourceTrouble),
}

fn walk(plan: &Plan, start: &Path, workdir: Option<&Path>, options: &OpenOptions, listing: &mut Listing) {
    let in_repository = workdir.is_some_and(|w| start.starts_with(w) && !ignored_by_parents(w, start));
    let parents = in_repository && workdir != Some(start);
    let mut builder = WalkBuilder::new(start);
    // With `require_git` the walker looks for repositories, and so for the one whose `.gitignore` files end at its root.
    builder
        .hidden(false)
        .parents(parents)
        .require_git(in_repository)
        .git_global(false)
        .git_exclude(true)
        .add_custom_ignore_filename(OWN_IGNORE)
        .threads(options.threads)
        .max_depth(Some(MAX_DEPTH));
    let root = Arc::new(plan.root.clone());
    // `exclude` prunes folders before they are read.
    let prune = Filter::new(&[], &options.exclude).ok();
    let above = root.clone();
    builder.filter_entry(move |e| {
        let is_folder = e.depth() > 0 && e.file_type().is_some_and(|t| t.is_dir());
        let pruned = || prune.as_ref().is_some_and(|p| p.prunes(&relative(&above, e.path()).0));
        e.file_name() != ".git" && !(is_folder && pruned())
    });
    let (send, receive) = mpsc::channel();
    let seen = AtomicUsize::new(0);
    let cap = options.max_entries.saturating_mul(4).max(1);
    builder.build_parallel().run(|| {
        let (send, seen, root) = (send.clone(), &seen, root.clone());
        Box::new(move |entry| {
            for found in look(&root, entry) {
                if send.send(found).is_err() {
                    return WalkState::Quit;
                }
            }
            if seen.fetch_add(1, Ordering::Relaxed) > cap { WalkState::Quit } else { WalkState::Continue }
        })
    });
    drop(send);
    listing.capped |= seen.load(Ordering::Relaxed) > cap;
    for found in receive {
        match found {
            Found::File(path, size, stamp) => add_file(&plan.root, &path, size, stamp, listing),
            Found::Link(path, target) => add_link(&plan.root, &path, target, listing),
            Found::Bad(trouble) => listing.troubles.push(trouble),
        }
    }
}

/// What one entry of the walk amounts to.
fn look(root: &Path, entry: Result<DirEntry, ignore::Error>) -> Vec<Found> {
    let mut found = Vec::new();
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            found.push(Found::Bad(walk_error(root, &error)));
            return found;
        }
    };
    if let Some(error) = entry.error() {
        let path = error_path(error).map_or_else(|| relative(root, entry.path()).0, |p| relative(root, p).0);
        found.push(Found::Bad(ignores::bad_ignore_file(&path, &ignores::plain(error))));
    }
    let Some(kind) = entry.file_type() else { return found };
    if kind.is_symlink() {
        found.push(Found::Link(entry.path().to_owned(), std::fs::read_link(entry.path()).ok()));
    } else if kind.is_file() {
        match entry.metadata() {
            Ok(meta) => found.push(Found::File(entry.path().to_owned(), meta.len(), Stamp::of(&meta))),
            Err(error) => found.push(Found::Bad(walk_error(root, &error))),
        }
    } else if kind.is_dir() && entry.depth() >= MAX_DEPTH {
        let message = format!("folders nest deeper than {MAX_DEPTH} here");
        let path = relative(root, entry.path()).0;
        found.push(Found::Bad(SourceTrouble::new(SourceTroubleKind::TooDeep, path, message, "what lies below was not read")));
    }
    found
}

fn walk_error(root: &Path, error: &ignore::Error) -> SourceTrouble {
    let path = error_path(error).map_or_else(String::new, |p| relative(root, p).0);
    SourceTrouble::new(
        SourceTroubleKind::Unreadable,
        path,
        format!("this can't be read: {}", ignores::plain(error)),
        "what lies here was not read",
    )
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(error_path),
        _ => None,
    }
}

fn relative(root: &Path, path: &Path) -> (String, bool) {
    to_text(path.strip_prefix(root).unwrap_or(path))
}

fn add_file(root: &Path, path: &Path, size: u64, stamp: Option<Stamp>, listing: &mut Listing) {
    let (text, odd) = relative(root, path);
    let locator = if odd { Locator::Odd(path.into()) } else { Locator::Path };
    if odd {
        listing.troubles.push(odd_name(&text));
    }
    listing.entries.push(Entry { path: text, size, locator, stamp });
}

fn add_link(root: &Path, path: &Path, target: Option<PathBuf>, listing: &mut Listing) {
    let (text, _) = relative(root, path);
    // An absolute link into the tree counts like a relative one.
    let target = target.map(|t| match t.strip_prefix(root) {
        Ok(inside) => format!("{}{}", "../".repeat(text.matches('/').count()), inside.display()),
        Err(_) => t.to_string_lossy().into_owned(),
    });
    listing.links.push(Link { path: text, target });
}

/// The trouble of a name that is not UTF-8.
pub(crate) fn odd_name(path: &str) -> SourceTrouble {
    SourceTrouble::new(
        SourceTroubleKind::Name,
        path,
        "the name is not UTF-8; it is shown with replacement characters",
        "imports of it by name are not found",
    )
}

/// Whether the `.gitignore` files between a work tree's root and a folder ignore that folder itself.
fn ignored_by_parents(workdir: &Path, start: &Path) -> bool {
    let mut verdict = false;
    for folder in start.ancestors().skip(1).take_while(|a| a.starts_with(workdir)) {
        let file = folder.join(".gitignore");
        if file.is_file() {
            let (rules, _) = ignore::gitignore::Gitignore::new(&file);
            verdict |= rules.matched_path_or_any_parents(start, true).is_ignore();
        }
    }
    verdict
}

/// Adds files that git tracks but an ignore file of git's kept out of the walk.
fn add_tracked(repo: &git2::Repository, workdir: &Path, plan: &Plan, filter: &Filter, listing: &mut Listing) {
    let Ok(index) = repo.index() else {
        let message = "the list of files that git tracks can't be read";
        listing.troubles.push(SourceTrouble::new(
            SourceTroubleKind::Repository,
            "",
            message,
            "tracked files that an ignore file names are missing",
        ));
        return;
    };
    let Ok(prefix) = plan.root.strip_prefix(workdir) else { return };
    let prefix = to_text(prefix).0;
    let known: BTreeSet<String> = listing.entries.iter().map(|e| e.path.clone()).collect();
    let mut rules = FolderRules { workdir, by_folder: BTreeMap::new(), troubles: Vec::new() };
    for entry in index.iter() {
        // Regular files only: 0o100644 and 0o100755.
        if entry.mode & 0o170000 != 0o100000 {
            continue;
        }
        let Ok(path) = std::str::from_utf8(&entry.path) else { continue };
        let Some(inside) = below(path, &prefix) else { continue };
        if known.contains(inside) || !filter.keeps_file(inside) {
            continue;
        }
        let full = workdir.join(path);
        let is_wanted = plan.starts.iter().any(|s| full.starts_with(s));
        if !is_wanted || rules.ignores(path) {
            continue;
        }
        if let Some(meta) = full.symlink_metadata().ok().filter(|m| m.is_file() && passes_no_link(workdir, path)) {
            add_file(&plan.root, &full, meta.len(), Stamp::of(&meta), listing);
        }
    }
}

/// A path without a folder before it; None when it is not below that folder.
pub(crate) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// Whether no folder on the way to a file is a symbolic link.
fn passes_no_link(workdir: &Path, path: &str) -> bool {
    let mut folder = workdir.to_owned();
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    parts.into_iter().all(|part| {
        folder.push(part);
        folder.symlink_metadata().is_ok_and(|m| m.is_dir())
    })
}

/// The `.ignore` and `.apicensusignore` rules of a work tree's folders, read when first needed.
struct FolderRules<'a> {
    workdir: &'a Path,
    by_folder: BTreeMap<String, Option<Rc<Rules>>>,
    troubles: Vec<SourceTrouble>,
}

impl FolderRules<'_> {
    /// Whether a file, by its path from the work tree's root, or a folder above it is ignored.
    fn ignores(&mut self, path: &str) -> bool {
        let mut at = 0;
        loop {
            let end = path[at..].find('/').map(|n| at + n);
            let folder = if at == 0 { "" } else { &path[..at - 1] };
            let rules = self.of(folder);
            if Rules::ignores(&rules, end.map_or(path, |e| &path[..e]), end.is_some()) {
                return true;
            }
            match end {
                Some(end) => at = end + 1,
                None => return false,
            }
        }
    }
    /// The rules of a folder whose parents have been asked for before.
    fn of(&mut self, folder: &str) -> Option<Rc<Rules>> {
        if let Some(rules) = self.by_folder.get(folder) {
            return rules.clone();
        }
        let above =
            if folder.is_empty() { None } else { self.by_folder.get(folder.rsplit_once('/').map_or("", |(f, _)| f)).cloned().flatten() };
        let read = |name: &str| {
            let file = self.workdir.join(folder).join(name);
            let fits = file.metadata().is_ok_and(|m| m.is_file() && m.len() <= MAX_IGNORE_FILE);
            if fits { std::fs::read(file).ok().map(|b| String::from_utf8_lossy(&b).into_owned()) } else { None }
        };
        let (own, shared) = (read(OWN_IGNORE), read(SHARED_IGNORE));
        let rules = Rules::push(above, folder, own.as_deref(), shared.as_deref(), &mut self.troubles);
        self.by_folder.insert(folder.to_owned(), rules.clone());
        rules
    }
}
