//! Fetching one commit of a repository, without its history, by a client that trusts nobody.
//!
//! The client speaks git's protocol itself, version 2 with version 0 as a fallback: it asks for one commit at depth 1,
//! without blobs over a size where the server can leave them out, and for nothing else. No remote, no configuration of
//! the user, the system or the repository, no hook, filter, submodule or checkout has a part in it, and every byte passes
//! through this code before libgit2 sees it: sizes are read and bounded first ([`pack`]). libgit2's own transports can
//! do neither, and its https needs another TLS library.

pub(crate) mod cli;
pub(crate) mod fetch;
#[cfg(test)]
mod hostile_tests;
pub(crate) mod limits;
pub(crate) mod mirror;
pub(crate) mod pack;
pub(crate) mod packets;
pub(crate) mod process;
pub(crate) mod smart_http;
pub(crate) mod ssh;
#[cfg(test)]
mod tests;
pub(crate) mod wire;
