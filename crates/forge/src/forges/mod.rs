//! The forges: which addresses list what, and how an entry reads.

pub(crate) mod bitbucket;
pub(crate) mod gitea;
pub(crate) mod github;
pub(crate) mod gitlab;
#[cfg(test)]
mod tests;

use crate::address::{Address, Base};
use crate::http::Client;
use crate::repository::{Listing, Repository};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// A forge that can be listed.
pub(crate) trait Forge {
    /// Lists everything that the source names.
    fn list(&self, client: &Client, listing: &mut Listing);
}

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, KEPT).to_string()
}

/// An id with the host in it, unless it is the public forge.
fn forge_id(forge: &str, public: &str, base: &Base, id: impl std::fmt::Display) -> String {
    if base.authority == public { format!("{forge}:{id}") } else { format!("{forge}:{}:{id}", base.authority) }
}

/// An address that a forge gave, checked and in one form; credentials in it are dropped with it.
fn clone_url(text: &str) -> Result<String, String> {
    Address::parse(text).map(|a| a.to_string()).map_err(|e| e.to_string())
}

/// The texts of a list, sorted.
fn topics(value: &Value) -> Vec<String> {
    let mut topics: Vec<String> = value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    topics.sort();
    topics
}

/// A branch; empty texts are none.
fn branch(value: &Value) -> Option<String> {
    value.as_str().filter(|b| !b.is_empty()).map(str::to_owned)
}

/// A repository with the fields that all forges have.
fn repository(forge_id: String, name: &str, url: &str) -> Result<Repository, String> {
    Ok(Repository { forge_id, name: name.to_owned(), url: clone_url(url)?, ..crate::local::nameless() })
}
