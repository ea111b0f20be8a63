//! Repositories of forges: finding all of them, and fetching one of them safely.
//!
//! [`Forges`] lists what the sources of a configuration hold: GitHub, GitLab, Gitea and Forgejo, Bitbucket, a file of
//! addresses, folders on disk. Every repository has an id that outlives its name. What could not be listed is a
//! [`Trouble`], and [`Listing::complete`] says whether the list may be trusted to be whole.
//!
//! [`Forges::heads`] asks which commits its branches are at, [`Forges::fetch`] brings one commit into a folder of [`Mirrors`]
//! and hands out a [`Mirror`] to be read. Nothing of a repository is trusted on the way: see [`FetchLimits`].
//!
//! Secrets come from the environment, files or helper commands when they are needed; a [`Secret`] never prints itself.

mod address;
mod app;
mod config;
mod deliver;
mod discover;
mod error;
mod filter;
mod forges;
mod gate;
mod git;
mod http;
mod identity;
mod list_file;
mod local;
mod pages;
mod repository;
mod secret;
#[cfg(test)]
mod testing;
mod verdict;

pub use config::{Bitbucket, ForgeConfig, GitHub, GitHubApp, GitLab, Gitea, HostConfig, ListFile, Local, SourceConfig};
pub use discover::Forges;
pub use error::{ErrorClass, ForgeError};
pub use gate::{CachedPage, InMemory, Shared};
pub use git::fetch::{Backend, FetchOptions, Head};
pub use git::limits::FetchLimits;
pub use git::mirror::{Mirror, Mirrors};
pub use http::NetLimits;
pub use repository::{Listing, Repository, Trouble, TroubleKind};
pub use secret::{Secret, SecretRef};
