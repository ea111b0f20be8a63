//! Facts about the git repository a scan stands in: its name, its remote, the commit.
//!
//! Only the repository's own configuration is read, never the user's or the system's.

use crate::error::SourceError;
use git2::{ErrorCode, RepositoryOpenFlags};
use std::ffi::OsStr;
use std::path::Path;

/// The repository the scan root is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The last part of the remote's path, or the folder's name.
    pub name: String,
    /// The remote's address (origin, or the only one), credentials and query stripped.
    pub remote: Option<String>,
    /// The scan root's path from the repository's root, with `/`; empty for the root itself.
    pub prefix: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its full id in hexadecimal.
    pub commit: String,
    /// Its committer time in seconds since 1970 (UTC).
    pub time: i64,
}

/// Whether a path is itself a git folder: a bare repository, or the `.git` of one with a work tree.
pub(crate) fn is_git_folder(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// The repository that a folder is in; None when it is in none.
pub(crate) fn discover(folder: &Path) -> Result<Option<git2::Repository>, SourceError> {
    let none: &[&OsStr] = &[];
    match git2::Repository::open_ext(folder, RepositoryOpenFlags::empty(), none) {
        Ok(repo) => Ok(Some(repo)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) if e.code() == ErrorCode::Owner => Err(SourceError::Owner { path: folder.to_owned() }),
        Err(e) => Err(git_error(folder, &e)),
    }
}

pub(crate) fn git_error(path: &Path, error: &git2::Error) -> SourceError {
    SourceError::Git { path: path.to_owned(), reason: error.message().trim().to_owned() }
}

/// The commit that HEAD stands on.
pub(crate) fn head(repo: &git2::Repository) -> Result<Revision, SourceError> {
    let no_commits = |_| SourceError::NoCommits { path: place(repo).to_owned() };
    let commit = repo.head().and_then(|h| h.peel_to_commit()).map_err(no_commits)?;
    Ok(revision(&commit))
}

pub(crate) fn revision(commit: &git2::Commit<'_>) -> Revision {
    Revision { commit: commit.id().to_string(), time: commit.time().seconds() }
}

/// The work tree's folder, or the bare repository's.
pub(crate) fn place(repo: &git2::Repository) -> &Path {
    repo.workdir().unwrap_or_else(|| repo.path())
}

/// What is known about a repository, seen from a scan root.
pub(crate) fn describe(repo: &git2::Repository, root: &Path) -> Repository {
    let remote = remote(repo).map(|url| strip(&url));
    let folder = place(repo).canonicalize().unwrap_or_else(|_| place(repo).to_owned());
    let prefix = root.strip_prefix(&folder).map(|p| crate::tree::to_text(p).0).unwrap_or_default();
    let from_folder = || folder.file_name().map(|n| n.to_string_lossy().into_owned());
    let named = remote.as_deref().and_then(name_of).or_else(from_folder).unwrap_or_default();
    let name = named.strip_suffix(".git").unwrap_or(&named).to_owned();
    Repository { name, remote, prefix }
}

/// The address of `origin`, or of the only remote.
fn remote(repo: &git2::Repository) -> Option<String> {
    let config = git2::Config::open(&repo.commondir().join("config")).ok()?;
    if let Ok(url) = config.get_string("remote.origin.url") {
        return Some(url);
    }
    let mut urls = Vec::new();
    let mut entries = config.entries(Some("^remote\\..*\\.url$")).ok()?;
    while let Some(Ok(entry)) = entries.next() {
        urls.extend(entry.value().ok().map(str::to_owned));
    }
    if urls.len() == 1 { urls.pop() } else { None }
}

/// An address without credentials, query and fragment. `git@host:path` keeps its user, which is no secret.
fn strip(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let user = user.split(':').next().unwrap_or_default();
    if scheme.contains("ssh") && !user.is_empty() {
        return format!("{scheme}://{user}@{host}{path}");
    }
    format!("{scheme}://{host}{path}")
}

fn name_of(url: &str) -> Option<String> {
    let name = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_credentials() {
        assert_eq!(strip("https://user:tok@en@host.org/a/b.git?x=1"), "https://host.org/a/b.git");
        assert_eq!(strip("https://token@host.org/a/b.git"), "https://host.org/a/b.git");
        assert_eq!(strip("ssh://git:secret@host:22/a.git"), "ssh://git@host:22/a.git");
        assert_eq!(strip("git@host:a/b.git"), "git@host:a/b.git");
        assert_eq!(strip("../other"), "../other");
        assert_eq!(name_of("git@host:b.git").as_deref(), Some("b.git"));
    }
}
