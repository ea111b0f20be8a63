//! Which endpoints test runs have exercised, as their reports tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The name and version of the format of a file that holds [`Tested`] alone.
pub const TESTED_SCHEMA: &str = "apicensus.tested/1";

/// What the reports of test runs say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tested {
    /// The reports that were read, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<TestReport>,
    /// What was asked of endpoints, by their `id`; an endpoint that is not here was not tested.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, EndpointTests>,
}

/// A report that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// The tool that wrote it: `schemathesis`, `newman`, `zap`, `har`.
    pub tool: String,
    /// Requests it tells of.
    pub requests: u64,
    /// Of these, requests that are of no endpoint of the catalog.
    pub unmatched: u64,
}

/// The requests that reports tell of, to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointTests {
    /// The best that was reached.
    pub outcome: TestOutcome,
    /// The tools that asked.
    pub tools: BTreeSet<String>,
    /// How many requests.
    pub requests: u64,
    /// The answers by status code; `unknown` where a report does not tell it.
    pub statuses: BTreeMap<String, u64>,
}

words! {
    /// What a request reached.
    pub enum TestOutcome {
        /// Only refusals that stand before a handler: 401, 403, 404, 405, 429, or no answer at all.
        Refused = "refused",
        /// A request was sent, and the report does not tell the answer.
        Sent = "sent",
        /// An answer of the handler.
        Exercised = "exercised",
    }
}

impl Tested {
    /// Whether no report was read.
    pub fn is_empty(&self) -> bool {
        *self == Tested::default()
    }

    /// Whether a report shows that an endpoint was exercised; one that was only refused was not.
    pub fn is_exercised(&self, id: &str) -> bool {
        self.endpoints.get(id).is_some_and(|e| e.outcome != TestOutcome::Refused)
    }
}

/// A file that holds what was tested, beside a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestState {
    /// Name and version of this format.
    #[schemars(extend("const" = TESTED_SCHEMA))]
    pub schema: String,
    /// What the reports say.
    pub tested: Tested,
}
