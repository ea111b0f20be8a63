//! Asking a repository for its branches, and fetching one commit of it.

use super::cli;
use super::limits::{Budget, FetchLimits};
use super::mirror::{Mirror, Mirrors, Slot, State};
use super::pack::Inspector;
use super::smart_http::SmartHttp;
use super::ssh::Ssh;
use super::wire::{Connection, Fetched, Reference, Server, Want, commit_id};
use crate::address::{Address, Place, Scheme};
use crate::discover::Forges;
use crate::error::ForgeError;
use crate::filter::globs;
use crate::identity::Login;
use crate::repository::Repository;
use git2::{Indexer, RepositoryOpenFlags};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Commits that a server is told of; more would not save more.
const MAX_HAVE: usize = 8;

/// What fetches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// apicensus itself.
    #[default]
    Native,
    /// The `git` program, in a clean environment: for servers with ways of their own to prove who asks.
    Git,
}

/// How to fetch.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Bounds.
    pub limits: FetchLimits,
    /// What fetches.
    pub backend: Backend,
    /// The `ssh` program; found on the path when absent.
    pub ssh: Option<PathBuf>,
    /// The `git` program; found on the path when absent.
    pub git: Option<PathBuf>,
}

/// A branch or tag and its commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Head {
    /// A branch without `refs/heads/`; anything else in full.
    pub name: String,
    /// The commit, in hexadecimal.
    pub commit: String,
}

impl Forges {
    /// The branches and tags of a repository that are to be scanned, sorted by name: those that its patterns match, or
    /// its default branch. None when the repository is empty.
    ///
    /// # Errors
    /// When it can't be reached, or the server names too much.
    pub fn heads(&self, repository: &Repository, options: &FetchOptions) -> Result<Vec<Head>, ForgeError> {
        if let Some(folder) = &repository.local_path {
            return local_heads(folder, repository);
        }
        let (mut connection, mut budget) = self.connect(repository, options)?;
        let server = Server::meet(&mut *connection, &mut budget, &options.limits)?;
        let found = server.references(&mut *connection, &prefixes(repository), &mut budget, &options.limits)?;
        choose(repository, found)
    }

    /// Brings a commit of a repository here, without history, unless it is here. A repository in a folder is opened
    /// in place.
    ///
    /// # Errors
    /// When the commit can't be fetched within the limits. The error's class says whether to try again.
    pub fn fetch(&self, repository: &Repository, commit: &str, mirrors: &Mirrors, options: &FetchOptions) -> Result<Mirror, ForgeError> {
        let commit = &commit_id(commit, &repository.name)?;
        if let Some(folder) = &repository.local_path {
            return Ok(Mirror::in_place(folder, commit.clone()));
        }
        let slot = mirrors.slot(&repository.forge_id)?;
        if let Some(mirror) = slot.open(commit)? {
            return Ok(mirror);
        }
        {
            let _fetching = slot.lock_fetch()?;
            // Someone else may have fetched it meanwhile.
            if let Some(mirror) = slot.open(commit)? {
                return Ok(mirror);
            }
            let blob = options.limits.blob;
            let state = slot.prepare(blob)?;
            let fetched = match options.backend {
                Backend::Native => self.fetch_native(repository, commit, &slot, &state, options)?,
                Backend::Git => {
                    let address = address(repository)?;
                    self.client.check_scheme(&address)?;
                    let login = self.login(&address)?;
                    cli::fetch(&address, login.as_ref(), self.client.host(&address.authority()), &self.base, commit, &slot, options)?
                }
            };
            slot.check(commit, &repository.url)?;
            slot.finish(&repository.forge_id, &state, commit, &fetched.shallow, blob)?;
        }
        let mirror = slot.open(commit)?;
        mirrors.trim_now_and_then()?;
        mirror.ok_or_else(|| ForgeError::local(&slot.repository, "it was thrown away while it was fetched"))
    }

    fn fetch_native(
        &self,
        repository: &Repository,
        commit: &str,
        slot: &Slot,
        state: &State,
        options: &FetchOptions,
    ) -> Result<Fetched, ForgeError> {
        let limits = &options.limits;
        let (mut connection, mut budget) = self.connect(repository, options)?;
        let server = Server::meet(&mut *connection, &mut budget, limits)?;
        let have: Vec<String> = state.commits.iter().rev().take(MAX_HAVE).cloned().collect();
        let want = Want { commit, have: &have, blob: limits.blob };
        let place = repository.url.as_str();
        let odb = slot.objects()?;
        let broken = |e: git2::Error| ForgeError::refused(place, format!("a broken pack: {}", e.message()));
        let mut indexer = Indexer::new(Some(&odb), &slot.repository.join("objects/pack"), 0o444, false).map_err(broken)?;
        let end = budget.end;
        indexer.progress(move |_| std::time::Instant::now() < end);
        let mut inspector = Inspector::new(place, limits);
        let mut sink = |bytes: &[u8]| {
            inspector.feed(bytes)?;
            indexer.write_all(bytes).map_err(|e| ForgeError::refused(place, format!("a broken pack: {e}")))
        };
        let fetched = server.fetch(&mut *connection, &want, &mut budget, &mut sink)?;
        inspector.finish()?;
        budget.time()?;
        indexer.commit().map_err(|e| if std::time::Instant::now() >= end { budget.late() } else { broken(e) })?;
        Ok(fetched)
    }

    fn connect<'a>(&'a self, repository: &Repository, options: &FetchOptions) -> Result<(Box<dyn Connection + 'a>, Budget), ForgeError> {
        let address = address(repository)?;
        let budget = Budget::new(&repository.url, &options.limits);
        let connection: Box<dyn Connection + 'a> = match address.scheme {
            Scheme::Ssh => {
                let program = options.ssh.as_deref().unwrap_or(Path::new("ssh"));
                Box::new(Ssh::open(program, &address, self.client.host(&address.authority()), &self.base, &budget)?)
            }
            Scheme::Https | Scheme::Http => Box::new(SmartHttp::open(&self.client, &address, self.login(&address)?.as_ref())?),
        };
        Ok((connection, budget))
    }

    fn login(&self, address: &Address) -> Result<Option<Login>, ForgeError> {
        match self.identity(&address.authority()) {
            Some(identity) if address.scheme != Scheme::Ssh => identity.login(&self.client, &address.path),
            _ => Ok(None),
        }
    }
}

fn address(repository: &Repository) -> Result<Address, ForgeError> {
    match Place::parse(&repository.url)? {
        Place::Remote(address) => Ok(address),
        Place::Folder(_) => Err(ForgeError::config(format!("`{}` is not fetched; list folders under `local`", repository.url))),
    }
}

/// Short names as branches.
fn full(pattern: &str) -> String {
    if pattern.starts_with("refs/") || pattern == "HEAD" { pattern.to_owned() } else { format!("refs/heads/{pattern}") }
}

/// What a server is asked for, so that it does not name everything.
fn prefixes(repository: &Repository) -> Vec<String> {
    let fixed = |p: &String| p.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default().to_owned();
    if repository.refs.is_empty() {
        return std::iter::once("HEAD".to_owned()).chain(repository.default_ref.as_deref().map(full)).collect();
    }
    repository.refs.iter().map(|p| fixed(&full(p))).collect()
}

fn choose(repository: &Repository, found: Vec<Reference>) -> Result<Vec<Head>, ForgeError> {
    let short = |name: &str| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
    let mut heads: Vec<Head> = if repository.refs.is_empty() {
        let named = repository.default_ref.as_deref().map(full);
        let by_name = found.iter().find(|r| Some(&r.name) == named.as_ref());
        let head = by_name.or_else(|| found.iter().find(|r| r.name == "HEAD"));
        let head = head.map(|r| Head { name: short(r.target.as_deref().unwrap_or(&r.name)), commit: r.commit.clone() });
        head.into_iter().collect()
    } else {
        let patterns: Vec<String> = repository.refs.iter().map(|p| full(p)).collect();
        let patterns = globs(&patterns)?;
        let matching = found.into_iter().filter(|r| patterns.is_match(&r.name));
        matching.map(|r| Head { name: short(&r.name), commit: r.commit }).collect()
    };
    heads.sort();
    heads.dedup();
    Ok(heads)
}

/// The same for a repository in a folder: of its references only.
fn local_heads(folder: &Path, repository: &Repository) -> Result<Vec<Head>, ForgeError> {
    let fail = |e: git2::Error| ForgeError::local(folder, e.message());
    let none: &[&OsStr] = &[];
    let opened = git2::Repository::open_ext(folder, RepositoryOpenFlags::NO_SEARCH, none).map_err(fail)?;
    let mut found = Vec::new();
    for reference in opened.references().map_err(fail)?.flatten() {
        if let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) {
            found.push(Reference { name: name.to_owned(), commit: commit.id().to_string(), target: None });
        }
    }
    if let Ok(head) = opened.head()
        && let (Ok(name), Ok(commit)) = (head.name(), head.peel_to_commit())
    {
        found.push(Reference { name: "HEAD".to_owned(), commit: commit.id().to_string(), target: Some(name.to_owned()) });
    }
    choose(repository, found)
}
