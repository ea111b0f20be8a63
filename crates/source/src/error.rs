//! Errors that stop a scan, errors of one file, and troubles that don't stop anything.

use std::path::PathBuf;
use thiserror::Error;

/// Why a tree could not be opened.
#[derive(Debug, Error)]
pub enum SourceError {
    /// No path was given.
    #[error("no path to scan was given")]
    NoPath,
    /// A path does not exist.
    #[error("`{}` does not exist{}", .path.display(), suggestion(.similar))]
    Missing {
        /// The path as given.
        path: PathBuf,
        /// A name in the same folder that is close to it.
        similar: Option<String>,
    },
    /// A path exists but can't be read.
    #[error("`{}` can't be read: {reason}", .path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A path is neither a folder nor a regular file.
    #[error("`{}` is neither a folder nor a regular file", .path.display())]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// An include or exclude pattern is wrong.
    #[error("bad pattern `{glob}`: {reason}")]
    Glob {
        /// The pattern as given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A revision was asked for outside of a repository.
    #[error("`{}` is not in a git repository, so there is no revision to read", .path.display())]
    NotARepository {
        /// The path as given.
        path: PathBuf,
    },
    /// The revision does not exist.
    #[error("revision `{revision}` not found in this repository{}", suggestion(.similar))]
    UnknownRevision {
        /// The revision as given.
        revision: String,
        /// A branch or tag that is close to it.
        similar: Option<String>,
    },
    /// The revision names something that is not a commit.
    #[error("`{revision}` is a {kind}, not a commit, branch or tag")]
    NotACommit {
        /// The revision as given.
        revision: String,
        /// What it is: a tree or a blob.
        kind: String,
    },
    /// The repository has no commits.
    #[error("the repository `{}` has no commits yet", .path.display())]
    NoCommits {
        /// The repository.
        path: PathBuf,
    },
    /// The path does not exist in that revision.
    #[error("`{path}` does not exist in revision `{revision}`")]
    MissingInRevision {
        /// The path from the repository's root.
        path: String,
        /// The revision as given.
        revision: String,
    },
    /// Paths of different repositories with one revision.
    #[error("the paths are in different repositories; scan them one by one to read a revision")]
    SeveralRepositories,
    /// The repository belongs to someone else and git would refuse it too.
    #[error("the repository `{}` is owned by another user (to trust it: git config --global --add safe.directory '{}')", .path.display(), .path.display())]
    Owner {
        /// The repository.
        path: PathBuf,
    },
    /// Something else that git said.
    #[error("the repository `{}` can't be read: {reason}", .path.display())]
    Git {
        /// The repository.
        path: PathBuf,
        /// What libgit2 said.
        reason: String,
    },
}

fn suggestion(similar: &Option<String>) -> String {
    similar.as_ref().map(|s| format!(" (did you mean `{s}`?)")).unwrap_or_default()
}

/// Why one file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Larger than the limit for its kind.
    #[error("{size} bytes, over the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The system or the object database could not give it.
    #[error("{0}")]
    Unreadable(String),
    /// No such index.
    #[error("no such file in the tree")]
    NoSuchFile,
}

/// Kinds of [`SourceTrouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceTroubleKind {
    /// A file or folder could not be read.
    Unreadable,
    /// A file is over the size limit.
    TooLarge,
    /// A name is not UTF-8; it is shown with replacement characters.
    Name,
    /// A symbolic link that leads out of the tree or nowhere.
    Symlink,
    /// A git submodule, which a revision names but does not hold.
    Submodule,
    /// Too many entries; the rest was not looked at.
    TooMany,
    /// Folders nest too deeply.
    TooDeep,
    /// An ignore file has a pattern that can't be understood.
    IgnoreFile,
    /// Facts about the repository (commit, remote, tracked files) could not be read.
    Repository,
}

impl SourceTroubleKind {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too-large",
            Self::Name => "file-name",
            Self::Symlink => "symlink",
            Self::Submodule => "submodule",
            Self::TooMany => "too-many-files",
            Self::TooDeep => "too-deep",
            Self::IgnoreFile => "ignore-file",
            Self::Repository => "repository",
        }
    }
}

/// Something of the source that could not be read, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceTrouble {
    /// The path from the scan root; empty for the root itself.
    pub path: String,
    /// Its kind.
    pub kind: SourceTroubleKind,
    /// One sentence.
    pub message: String,
    /// What may be missing because of it.
    pub effect: String,
}

impl SourceTrouble {
    pub(crate) fn new(kind: SourceTroubleKind, path: impl Into<String>, message: impl Into<String>, effect: &str) -> Self {
        SourceTrouble { path: path.into(), kind, message: message.into(), effect: effect.to_owned() }
    }
    /// The trouble for a file that should have been read.
    pub fn of_read(path: &str, error: &ReadError) -> Self {
        let (kind, message) = match error {
            ReadError::TooLarge { .. } => (SourceTroubleKind::TooLarge, format!("the file is too large: {error}")),
            _ => (SourceTroubleKind::Unreadable, format!("the file can't be read: {error}")),
        };
        SourceTrouble::new(kind, path, message, "what the file declares is missing")
    }
}
