//! Calls that the code makes to other services.

use crate::{Audience, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the code calls over HTTP, and how much of the code was looked at for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outbound {
    /// The calls, by file and line.
    pub calls: Vec<OutboundCall>,
    /// Files of deployed code that were not parsed, as nothing that serves endpoints asks for them: what they call is not
    /// known.
    pub files_not_read: u64,
}

impl Outbound {
    /// Whether nothing was found and nothing left out.
    pub fn is_empty(&self) -> bool {
        *self == Outbound::default()
    }
}

/// A call to another service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutboundCall {
    /// The HTTP method in upper case; `ANY` when the code decides it as it runs.
    pub method: String,
    /// The URL as a template: parts that are not known stand as `{?source.text}`.
    pub url: String,
    /// Scheme and host, where the URL has them; a host that is not known is the name of what holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The library it is made with: `requests`, `axios`, `reqwest`.
    pub client: String,
    /// Where.
    pub at: Location,
    /// What kind of code makes it.
    pub audience: Audience,
}
