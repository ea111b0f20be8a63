//! Repositories of forges: finding all of them, and fetching one of them safely.
//!
//! [`Forges`] lists what the sources of a configuration hold: GitHub, GitLab, Gitea and Forgejo, Bitbucket, a file of
//! addresses, folders on disk. Every repository has an id that outlives its name. What could not be listed is a
//! [`Trouble`], and [`Listing::complete`] says whether the list may be trusted to be whole.
//!
//! Secrets come from the environment, files or helper commands when they are needed; a [`Secret`] never prints itself.

mod address;
mod config;
mod discover;
mod error;
mod filter;
mod list_file;
mod local;
mod repository;
mod secret;

pub use config::{Bitbucket, ForgeConfig, GitHub, GitHubApp, GitLab, Gitea, HostConfig, ListFile, Local, SourceConfig};
pub use discover::Forges;
pub use error::ForgeError;
pub use repository::{Listing, Repository, Trouble, TroubleKind};
pub use secret::{Secret, SecretRef};
