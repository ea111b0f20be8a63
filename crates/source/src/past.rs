//! The past of a repository: its commits with what each changed, where two revisions parted, and who wrote a line.
//!
//! Commits are walked along first parents, so that a merge is one step. Everything is read from the object database.

use crate::changed::Trees;
use crate::error::SourceError;
use crate::repository::{self, git_error};
use crate::tree::Tree;
use git2::{BlameOptions, ErrorCode, Oid, Repository};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files over this size are not blamed, in bytes.
const MAX_BLAMED: u64 = 2 << 20;

/// A commit on the first-parent line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its full id.
    pub commit: String,
    /// Its committer time in seconds since 1970 (UTC).
    pub time: i64,
    /// The name of its author.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The files that it changed against its first parent, from the root of the repository, sorted. Those of a first commit are all.
    pub changed: Vec<String>,
}

/// Where a walk begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// With the first commit.
    Beginning,
    /// After this revision.
    Revision(String),
    /// At this time, in seconds since 1970 (UTC).
    Time(i64),
}

/// Reads files of commits.
pub struct Reader {
    repo: Repository,
}

impl Reader {
    /// For the repository that a path is in, with the path from the repository's root.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: &Path) -> Result<(Reader, String), SourceError> {
        let repo = open(path)?;
        let folder = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // A git folder stands for the whole, wherever its work tree is.
        let root = repo.workdir().filter(|_| !repository::is_git_folder(&folder)).and_then(|w| w.canonicalize().ok());
        let inside = root.and_then(|root| folder.strip_prefix(root).ok().map(|p| crate::tree::to_text(p).0));
        Ok((Reader { repo }, inside.unwrap_or_default()))
    }

    /// A file after a commit; None where it is none, or over the size of code that is read.
    pub fn after(&self, commit: &str, file: &str) -> Option<Vec<u8>> {
        self.file(&self.commit(commit)?, file)
    }

    /// A file before a commit, as its first parent has it.
    pub fn before(&self, commit: &str, file: &str) -> Option<Vec<u8>> {
        self.file(&self.commit(commit)?.parent(0).ok()?, file)
    }

    fn commit(&self, commit: &str) -> Option<git2::Commit<'_>> {
        self.repo.find_commit(Oid::from_str(commit).ok()?).ok()
    }

    fn file(&self, commit: &git2::Commit<'_>, file: &str) -> Option<Vec<u8>> {
        let entry = commit.tree().ok()?.get_path(Path::new(file)).ok()?;
        let is_file = entry.filemode() & 0o170_000 == 0o100_000;
        let (size, _) = self.repo.odb().ok()?.read_header(entry.id()).ok()?;
        let fits = is_file && size as u64 <= crate::tree::OpenOptions::default().max_file_size;
        if fits { self.repo.find_blob(entry.id()).ok().map(|blob| blob.content().to_vec()) } else { None }
    }
}

/// Who wrote a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The commit's full id.
    pub commit: String,
    /// The name of its author.
    pub author: String,
    /// The commit's time in seconds since 1970 (UTC).
    pub time: i64,
}

fn open(path: &Path) -> Result<Repository, SourceError> {
    let folder = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = if folder.is_file() { folder.parent().unwrap_or(&folder).to_owned() } else { folder };
    repository::discover(&folder)?.ok_or_else(|| SourceError::NotARepository { path: path.to_owned() })
}

/// The commit that a revision, or HEAD, stands for, and its time in seconds since 1970 (UTC); none in a repository without commits.
///
/// # Errors
/// When there is no repository or no such revision, or its objects can't be read.
pub fn tip(path: &Path, rev: Option<&str>) -> Result<Option<(String, i64)>, SourceError> {
    let repo = open(path)?;
    // Not `is_empty`, which asks for a branch of the configured name.
    if rev.is_none() && repo.head().is_err_and(|e| e.code() == ErrorCode::UnbornBranch) {
        return Ok(None);
    }
    let commit = repo.find_commit(crate::revision::commit_of(&repo, rev.unwrap_or("HEAD"))?).map_err(|e| git_error(path, &e))?;
    Ok(Some((commit.id().to_string(), commit.time().seconds())))
}

/// The steps that lead to a revision, or to HEAD, the oldest first; at most `most` of the latest. With [`Since::Revision`] the commit
/// before them is the one where the lines parted.
///
/// # Errors
/// When there is no repository or no such revision, or its objects can't be read.
pub fn steps(path: &Path, rev: Option<&str>, since: &Since, most: usize) -> Result<Vec<Step>, SourceError> {
    let repo = open(path)?;
    let failed = |e: git2::Error| git_error(path, &e);
    let tip = crate::revision::commit_of(&repo, rev.unwrap_or("HEAD"))?;
    let mut walk = repo.revwalk().map_err(failed)?;
    walk.simplify_first_parent().map_err(failed)?;
    walk.push(tip).map_err(failed)?;
    if let Since::Revision(name) = since {
        walk.hide(crate::revision::commit_of(&repo, name)?).map_err(failed)?;
    }
    let mut found = Vec::new();
    let mut trees = Trees::new(&repo);
    // Without an order to keep, the walk reads only what is taken of it: each commit has one parent here.
    for oid in walk.take(most) {
        let commit = repo.find_commit(oid.map_err(failed)?).map_err(failed)?;
        if matches!(since, Since::Time(time) if commit.time().seconds() < *time) {
            break;
        }
        let author = commit.author();
        found.push(Step {
            commit: commit.id().to_string(),
            time: commit.time().seconds(),
            author: String::from_utf8_lossy(author.name_bytes()).into_owned(),
            subject: String::from_utf8_lossy(commit.message_bytes()).lines().next().unwrap_or_default().trim().to_owned(),
            changed: trees.changed(&commit).map_err(failed)?,
        });
    }
    found.reverse();
    Ok(found)
}

/// The parent that a commit is compared with; none for a first commit, and where the past was cut off (a shallow clone).
///
/// # Errors
/// When there is no repository or no such commit.
pub fn parent(path: &Path, commit: &str) -> Result<Option<String>, SourceError> {
    let repo = open(path)?;
    let oid = crate::revision::commit_of(&repo, commit)?;
    let commit = repo.find_commit(oid).map_err(|e| git_error(path, &e))?;
    Ok(commit.parent(0).ok().map(|p| p.id().to_string()))
}

/// The commit where two revisions parted; none where they have nothing in common, or that part of the past is not here.
///
/// # Errors
/// When there is no repository or no such revision.
pub fn parting(path: &Path, one: &str, other: &str) -> Result<Option<String>, SourceError> {
    let repo = open(path)?;
    let (one, other) = (crate::revision::commit_of(&repo, one)?, crate::revision::commit_of(&repo, other)?);
    match repo.merge_base(one, other) {
        Ok(base) => Ok(Some(base.to_string())),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(git_error(path, &e)),
    }
}

/// Who last wrote lines of files, by (file, line). Lines that are not committed, and files that can't be asked about, are left out.
/// Each file is asked about once, several at a time.
///
/// # Errors
/// When the tree is in no repository.
pub fn writers(tree: &Tree, lines: &BTreeSet<(String, u32)>) -> Result<BTreeMap<(String, u32), Writer>, SourceError> {
    let root = tree.root();
    open(root)?;
    let prefix = tree.repository().map(|r| r.prefix.clone()).unwrap_or_default();
    let newest = tree.revision().and_then(|r| Oid::from_str(&r.commit).ok());
    let mut files: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (file, line) in lines {
        files.entry(file).or_default().push(*line);
    }
    let files: Vec<(&str, Vec<u32>)> = files.into_iter().collect();
    let found: Vec<Vec<((String, u32), Writer)>> = files
        .par_iter()
        .map(|(file, lines)| {
            let bytes = tree.find(file).and_then(|at| tree.read(at).ok()).filter(|b| (b.len() as u64) < MAX_BLAMED);
            let inside = if prefix.is_empty() { (*file).to_owned() } else { format!("{prefix}/{file}") };
            bytes
                .and_then(|bytes| of_file(root, &inside, &bytes, lines, newest).ok())
                .unwrap_or_default()
                .into_iter()
                .map(|(line, w)| (((*file).to_owned(), line), w))
                .collect()
        })
        .collect();
    Ok(found.into_iter().flatten().collect())
}

/// Who wrote lines of a file as it is now, which may differ from the last commit.
fn of_file(root: &Path, inside: &str, bytes: &[u8], lines: &[u32], newest: Option<Oid>) -> Result<Vec<(u32, Writer)>, SourceError> {
    let repo = open(root)?;
    let failed = |e: git2::Error| git_error(root, &e);
    let mut options = BlameOptions::new();
    options.first_parent(false);
    if let Some(newest) = newest {
        options.newest_commit(newest);
    }
    let committed = repo.blame_file(Path::new(inside), Some(&mut options)).map_err(failed)?;
    let now = committed.blame_buffer(bytes).map_err(failed)?;
    let mut found = Vec::new();
    for line in lines {
        let Some(hunk) = now.get_line(*line as usize).filter(|hunk| !hunk.final_commit_id().is_zero()) else { continue };
        let Ok(commit) = repo.find_commit(hunk.final_commit_id()) else { continue };
        let author = String::from_utf8_lossy(commit.author().name_bytes()).into_owned();
        found.push((*line, Writer { commit: commit.id().to_string(), author, time: commit.time().seconds() }));
    }
    Ok(found)
}
