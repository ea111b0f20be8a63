//! What a versioned catalog and the repository's past know of an endpoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A revision of a versioned catalog, and the commit that it was taken at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// The number of the revision; absent in a tree of files, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The commit, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit's time, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// What an endpoint was before it moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Former {
    /// Its `id` then.
    pub id: String,
    /// Its method then.
    pub method: String,
    /// Its path then.
    pub path: String,
}

/// Who wrote a line, and with which commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Authorship {
    /// The commit that last touched the line.
    pub commit: String,
    /// The name of its author.
    pub author: String,
    /// The commit's time, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}
