//! The tree of files that a scan reads.

use crate::error::{ReadError, SourceError, SourceTrouble, SourceTroubleKind};
use crate::ignores::Filter;
use crate::links::{self, Link};
use crate::repository::{self, Repository, Revision};
use crate::stamp::Stamp;
use crate::{revision, worktree};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Extensions of data formats, whose files may be larger than code: API descriptions run to megabytes.
const DATA: &[&str] = &["har", "json", "jsonc", "json5", "raml", "toml", "tf", "wsdl", "xml", "xsd", "yaml", "yml"];
/// Folders nested deeper than this are not entered.
pub(crate) const MAX_DEPTH: usize = 256;

/// What to open and how.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Folders, files or bare repositories. Entries are relative to the one folder, or to the nearest folder above all.
    pub paths: Vec<PathBuf>,
    /// Read this revision from the object database rather than the files on disk.
    pub rev: Option<String>,
    /// What the repository is called, where the folder's name says nothing.
    pub name: Option<String>,
    /// Only files that match one of these (gitignore syntax, relative to the root); all when empty.
    pub include: Vec<String>,
    /// No files that match one of these.
    pub exclude: Vec<String>,
    /// Largest file that is read, in bytes.
    pub max_file_size: u64,
    /// Largest file of a data format (JSON, YAML, XML ...) that is read, in bytes.
    pub max_data_size: u64,
    /// Entries after which listing stops.
    pub max_entries: usize,
    /// Threads to list with; 0 for one a core.
    pub threads: usize,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            paths: Vec::new(),
            rev: None,
            name: None,
            include: Vec::new(),
            exclude: Vec::new(),
            max_file_size: 1 << 20,
            max_data_size: 12 << 20,
            max_entries: 1_000_000,
            threads: 0,
        }
    }
}

/// A file of the tree.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Path from the root, with `/`; bytes that are not UTF-8 are replaced (with a trouble).
    pub path: String,
    /// Size in bytes when it was listed.
    pub size: u64,
    pub(crate) locator: Locator,
    /// What the system said of the file when it was listed; None in the object database.
    pub(crate) stamp: Option<Stamp>,
}

/// Where an entry's bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Locator {
    /// Under the root, at the entry's path.
    Path,
    /// On disk, at a path that is not UTF-8.
    Odd(Box<Path>),
    /// In the object database.
    Blob(git2::Oid),
    /// In the object database of another tree.
    Other(git2::Oid, Arc<Path>),
}

/// What a listing gives.
#[derive(Default)]
pub(crate) struct Listing {
    pub entries: Vec<Entry>,
    pub links: Vec<Link>,
    pub troubles: Vec<SourceTrouble>,
    /// Listing stopped at the cap.
    pub capped: bool,
}

/// The files of a scan, sorted by path. Reading is thread-safe.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    pub(crate) entries: Vec<Entry>,
    troubles: Vec<SourceTrouble>,
    repository: Option<Repository>,
    revision: Option<Revision>,
    /// The revision that was asked for; None for a work tree.
    requested: Option<String>,
    /// What it is called, where that was said.
    named: Option<String>,
    /// The object database to read from; None for a work tree.
    pub(crate) odb: Option<PathBuf>,
    max_file_size: u64,
    max_data_size: u64,
    /// When listing began.
    opened: SystemTime,
}

impl Tree {
    /// Lists the files.
    ///
    /// # Errors
    /// When a path, pattern or revision is wrong; a part of the tree that can't be read is a trouble instead.
    pub fn open(options: &OpenOptions) -> Result<Tree, SourceError> {
        let opened = SystemTime::now();
        let filter = Filter::new(&options.include, &options.exclude)?;
        if options.paths.is_empty() {
            return Err(SourceError::NoPath);
        }
        if options.rev.is_some() || options.paths.iter().any(|p| repository::is_git_folder(p)) {
            let found = revision::open(options, &filter)?;
            let mut repository = repository::describe(&found.repository, &found.root);
            if let Some(name) = &options.name {
                repository.name.clone_from(name);
            }
            let odb = Some(found.repository.commondir().to_owned());
            let tree = Tree::new(options, found.root, found.listing, Some(repository), Some(found.revision), odb);
            return Ok(Tree { opened, ..tree });
        }
        let plan = worktree::Plan::new(&options.paths)?;
        let mut listing = worktree::list(&plan, options, &filter);
        let (repository, revision) = match repository::discover(&plan.root) {
            Ok(Some(repo)) => (Some(repository::describe(&repo, &plan.root)), repository::head(&repo).ok()),
            Ok(None) => (None, None),
            Err(error) => {
                listing.troubles.push(SourceTrouble::new(
                    SourceTroubleKind::Repository,
                    "",
                    error.to_string(),
                    "the commit, and files that git tracks though an ignore file names them, are not known",
                ));
                (None, None)
            }
        };
        Ok(Tree { opened, ..Tree::new(options, plan.root, listing, repository, revision, None) })
    }

    fn new(
        options: &OpenOptions,
        root: PathBuf,
        mut listing: Listing,
        repository: Option<Repository>,
        revision: Option<Revision>,
        odb: Option<PathBuf>,
    ) -> Tree {
        listing.entries.sort_by(|a, b| a.path.cmp(&b.path));
        listing.entries.dedup_by(|a, b| a.path == b.path);
        if listing.entries.len() > options.max_entries || listing.capped {
            listing.entries.truncate(options.max_entries);
            let message = format!("there are more than {} files; the rest was not looked at", options.max_entries);
            listing.troubles.push(SourceTrouble::new(
                SourceTroubleKind::TooMany,
                "",
                message,
                "endpoints in files that were not looked at are missing",
            ));
        }
        let mut troubles = listing.troubles;
        troubles.extend(links::troubles(listing.links, &listing.entries));
        troubles.sort();
        troubles.dedup();
        let (max_file_size, max_data_size) = (options.max_file_size, options.max_data_size);
        let requested = odb.as_ref().map(|_| options.rev.clone().unwrap_or_else(|| "HEAD".to_owned()));
        let (entries, opened, named) = (listing.entries, SystemTime::now(), options.name.clone());
        Tree { requested, named, root, entries, troubles, repository, revision, odb, max_file_size, max_data_size, opened }
    }

    /// The files, sorted by path.
    pub fn files(&self) -> &[Entry] {
        &self.entries
    }
    /// The index of a file by its path from the root.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|e| e.path.as_str().cmp(path)).ok()
    }
    /// What could not be listed, sorted.
    pub fn troubles(&self) -> &[SourceTrouble] {
        &self.troubles
    }
    /// The folder that paths are relative to. For a bare repository, its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// What the folder of the tree is called: the repository's name where nothing else says it, else that of the folder.
    pub fn name(&self) -> Option<String> {
        self.named.clone().or_else(|| Some(self.root.file_name()?.to_string_lossy().into_owned()))
    }
    /// The repository the root is in.
    pub fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }
    /// The revision that was read, or the commit a work tree stands on.
    pub fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }
    /// The revision that was asked for, `HEAD` for a bare repository; None when files on disk are read.
    pub fn requested(&self) -> Option<&str> {
        self.requested.as_deref()
    }
    /// The largest size at which a file with this path is read, in bytes.
    pub fn limit(&self, path: &str) -> u64 {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_data = name.rsplit_once('.').is_some_and(|(_, ext)| DATA.contains(&ext.to_ascii_lowercase().as_str()));
        if is_data { self.max_data_size } else { self.max_file_size }
    }

    /// The id of a file's content in the object database; none for a file on disk.
    pub fn content(&self, index: usize) -> Option<[u8; 20]> {
        match &self.entries.get(index)?.locator {
            Locator::Blob(oid) | Locator::Other(oid, _) => oid.as_bytes().try_into().ok(),
            Locator::Path | Locator::Odd(_) => None,
        }
    }

    /// A hash of everything that a scan of the tree depends on, contents included: those of the object database by their ids, files on
    /// disk by size, times of change and inode. None where a file was changed so shortly before that a further change may not show.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        let mut hash = blake3::Hasher::new();
        let about = format!(
            "{:?}",
            (&self.root, &self.repository, &self.revision, &self.requested, &self.troubles, self.max_file_size, self.max_data_size)
        );
        hash.update(about.as_bytes());
        for entry in &self.entries {
            hash.update(&(entry.path.len() as u64).to_le_bytes());
            hash.update(entry.path.as_bytes());
            hash.update(&entry.size.to_le_bytes());
            match (&entry.locator, &entry.stamp) {
                (Locator::Blob(oid) | Locator::Other(oid, _), _) => hash.update(oid.as_bytes()),
                (_, Some(stamp)) if stamp.is_settled(self.opened) => hash.update(&stamp.bytes()),
                _ => return None,
            };
        }
        Some(*hash.finalize().as_bytes())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When it is over the size limit, or the system or the object database can't give it.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, ReadError> {
        let entry = self.entries.get(index).ok_or(ReadError::NoSuchFile)?;
        let limit = self.limit(&entry.path);
        if entry.size > limit {
            return Err(ReadError::TooLarge { size: entry.size, limit });
        }
        match (&entry.locator, &self.odb) {
            (Locator::Path, _) => read_file(&self.root.join(&entry.path), entry.size, limit),
            (Locator::Odd(path), _) => read_file(path, entry.size, limit),
            (Locator::Blob(oid), Some(odb)) => revision::read_blob(odb, *oid),
            (Locator::Other(oid, odb), _) => revision::read_blob(odb, *oid),
            (Locator::Blob(_), None) => Err(ReadError::NoSuchFile),
        }
    }
}

/// The id that git gives a content.
pub fn content_id(bytes: &[u8]) -> Option<[u8; 20]> {
    git2::Oid::hash_object(git2::ObjectType::Blob, bytes).ok()?.as_bytes().try_into().ok()
}

/// Reads a file that may have grown since it was listed.
fn read_file(path: &Path, size: u64, limit: u64) -> Result<Vec<u8>, ReadError> {
    let unreadable = |e: std::io::Error| ReadError::Unreadable(e.to_string());
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { size: bytes.len() as u64, limit });
    }
    Ok(bytes)
}

/// The nearest folder above (or at) all of some absolute folders.
pub(crate) fn common_folder(folders: &[PathBuf]) -> PathBuf {
    let mut common = folders.first().cloned().unwrap_or_default();
    for folder in folders {
        while !folder.starts_with(&common) {
            if !common.pop() {
                break;
            }
        }
    }
    common
}

/// A relative path as text with `/`; true when bytes had to be replaced.
pub(crate) fn to_text(path: &Path) -> (String, bool) {
    let mut text = String::with_capacity(path.as_os_str().len());
    let mut odd = false;
    for part in path.components() {
        let std::path::Component::Normal(name) = part else { continue };
        if !text.is_empty() {
            text.push('/');
        }
        let name_text = name.to_string_lossy();
        odd |= matches!(name_text, std::borrow::Cow::Owned(_));
        text.push_str(&name_text);
    }
    (text, odd)
}
