//! What a scan looked at, and what it could not follow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The denominators of a scan. "Nothing found" means something only beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Files in the scanned trees, ignored ones aside.
    pub files_seen: u64,
    /// Files whose content was looked at: code of a supported language, manifests and configuration.
    pub files_read: u64,
    /// Files that were parsed: those that may register endpoints and what they import.
    pub files_parsed: u64,
    /// Files whose registration code was run.
    pub files_evaluated: u64,
    /// The same by language; the key is the language's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<String, LanguageCoverage>,
    /// Code files seen by class: `production`, `test`, `example`, `generated`, `vendored`, `minified`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, u64>,
    /// Routers and applications.
    pub routers: RouterCoverage,
    /// Endpoints on routers that nothing visible mounts.
    pub detached_endpoints: u64,
    /// Endpoints with an unknown part in their path.
    pub partial_endpoints: u64,
}

/// What was looked at in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LanguageCoverage {
    /// Files seen.
    pub seen: u64,
    /// Files read.
    pub read: u64,
    /// Files parsed.
    pub parsed: u64,
    /// Of these, files with a part that could not be parsed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broken: u64,
    /// Files whose registration code was run.
    pub evaluated: u64,
}

/// Routers and applications that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouterCoverage {
    /// All of them.
    pub found: u64,
    /// Of these, applications and routers that an application reaches.
    pub mounted: u64,
}

/// Something that could not be read or followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// Its kind.
    pub kind: TroubleKind,
    /// The repository; absent when the catalog has only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The file.
    pub file: String,
    /// The line; 0 for the whole file.
    pub line: u32,
    /// What happened, in one sentence.
    pub message: String,
    /// What may be missing from the catalog because of it.
    pub effect: String,
}

words! {
    /// A kind of trouble.
    pub enum TroubleKind {
        /// A file or folder that could not be read.
        Unreadable = "unreadable",
        /// A file beyond the size that is read or parsed.
        TooLarge = "too-large",
        /// Text that is not UTF-8.
        Encoding = "encoding",
        /// Code that could not be parsed, in whole or in part.
        Syntax = "syntax",
        /// A manifest or configuration file that could not be understood.
        Manifest = "manifest",
        /// An API description that could not be understood, in whole or in part.
        Contract = "contract",
        /// A gateway's configuration or infrastructure as code that could not be understood, in whole or in part.
        Gateway = "gateway",
        /// A part of the policy that has no effect.
        Policy = "policy",
        /// A framework model that could not be loaded.
        Model = "model",
        /// An import of the tree's own code that could not be resolved.
        UnresolvedImport = "unresolved-import",
        /// A registration whose path or router could not be followed.
        UnresolvedRegistration = "unresolved-registration",
        /// A mount whose child could not be followed.
        UnresolvedMount = "unresolved-mount",
        /// Procedures that a server was given under names of their own, as gRPC has them, and that could not be followed.
        UnresolvedService = "unresolved-service",
        /// A bound of the evaluation was reached.
        Bound = "bound",
        /// Something a framework does that its model can't say.
        Unsupported = "unsupported",
    }
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
