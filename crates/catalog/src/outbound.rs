//! Calls that the code makes to other services.

use crate::{Hole, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call to another service. Never an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outbound {
    /// The HTTP method in upper case; `?` when it is not known.
    pub method: String,
    /// The URL as a template; a part that is not known stands as `{?source.text}`.
    pub url: String,
    /// The host with its port, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What the host comes from, where it is not known: the setting or expression in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
    /// The parts that are not known, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Hole>,
    /// The library that makes the call.
    pub library: String,
    /// Where the call stands.
    pub at: Location,
    /// The function it stands in; absent at the top level and in anonymous functions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub function: String,
}
