//! What is wrong, or may be, and on what evidence.

use crate::{Confidence, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule, by its id; `apicensus rules ID` explains it.
    pub rule: String,
    /// How bad it is if it is so.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The `id` of the service it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The `id` of the endpoint it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The `id` of the contract it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Method and path, or what else it is about, for people.
    pub subject: String,
    /// Where to look first.
    pub at: Location,
    /// What is so, in one sentence.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// The places that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Entries of the OWASP API Security Top 10: `API9:2023`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owasp: Vec<String>,
    /// Entries of the Common Weakness Enumeration: `CWE-306`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<String>,
    /// Its identity from scan to scan: a hash of rule, service and subject that lines and names of files are no part of.
    pub fingerprint: String,
    /// Whether it counts.
    pub status: FindingStatus,
    /// What suppresses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
}

/// A place that shows a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The place.
    pub at: Location,
    /// What stands there.
    pub what: String,
}

/// What suppresses a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// Where it is written.
    pub at: Location,
    /// The reason that is given.
    pub reason: String,
    /// The day it ends, `2027-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

words! {
    /// How bad a finding is.
    pub enum Severity {
        /// Worth a look, nothing wrong by itself.
        Info = "info",
        /// Untidy.
        Low = "low",
        /// To be mended.
        Medium = "medium",
        /// To be mended soon.
        High = "high",
        /// To be mended at once.
        Critical = "critical",
    }
}

words! {
    /// Whether a finding counts.
    pub enum FindingStatus {
        /// It counts.
        Open = "open",
        /// The policy or a comment suppresses it.
        Suppressed = "suppressed",
    }
}
