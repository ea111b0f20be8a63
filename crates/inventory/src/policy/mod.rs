//! The policy of a repository, `.apicensus.yaml`: what its services are, what is open on purpose, how grave rules are, and what
//! is put up with.
//!
//! It is read strictly: an unknown key or word is an error with its line. What it says of services and contracts is applied
//! before contracts are joined, the rest after the rules have run.

mod apply;
mod inline;
mod read;
mod require;

pub use apply::{Outcome, after, before};
pub use read::{hint, parse};

use apicensus_catalog::{ControlKind, Severity};
use schemars::JsonSchema;
use serde::Serialize;

/// Where it stands, from the root of the tree.
pub const FILE: &str = ".apicensus.yaml";

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// The services, by root folder.
    #[schemars(default)]
    pub services: Vec<ServicePolicy>,
    /// What is open on purpose: paths with an optional method before them, `GET /status`, `/public/**`. `*` stays within a
    /// segment, `**` does not; `{id}` stands for any one segment.
    #[schemars(default)]
    pub public: Vec<String>,
    /// Another severity for a rule, or `off`.
    #[schemars(default, with = "std::collections::BTreeMap<String, String>")]
    pub severity: Vec<RuleSeverity>,
    /// Findings that are put up with.
    #[schemars(default)]
    pub suppress: Vec<Suppress>,
    /// What endpoints need, by their paths.
    #[schemars(default)]
    pub require: Vec<Require>,
    /// The hosts that deployed code may call, `*.acme.test` for all below; any where it is left out.
    #[schemars(default)]
    pub allowed_hosts: Option<Vec<String>>,
    /// API descriptions that are no contracts of these services: globs of files.
    #[schemars(default)]
    pub ignore_contracts: Vec<String>,
}

/// What a policy says of a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServicePolicy {
    /// Its root folder; `.` for the root of the repository.
    pub root: String,
    /// Its name.
    #[schemars(default)]
    pub name: Option<String>,
    /// Who answers for it.
    #[schemars(default)]
    pub owners: Vec<String>,
    /// Its contracts, by file from the root of the repository.
    #[schemars(default)]
    pub contracts: Vec<String>,
    /// Where it is served.
    #[schemars(default)]
    pub base_urls: Vec<String>,
    /// The line it is written at.
    #[serde(skip)]
    #[schemars(skip)]
    pub line: u32,
}

/// A severity for a rule; none for `off`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSeverity {
    /// The rule.
    pub rule: String,
    /// Its severity.
    pub severity: Option<Severity>,
}

/// Findings that are put up with, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Suppress {
    /// The rule.
    pub rule: String,
    /// Only for endpoints with this path (a glob as in `public`, without a method).
    #[schemars(default)]
    pub path: Option<String>,
    /// Only for this method.
    #[schemars(default)]
    pub method: Option<String>,
    /// Only for the service with this root or name.
    #[schemars(default)]
    pub service: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds, `2027-01-31`.
    #[schemars(default)]
    pub expires: Option<String>,
    /// The line it is written at.
    #[serde(skip)]
    #[schemars(skip)]
    pub line: u32,
}

/// What endpoints need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Require {
    /// Which: a path as in `public`.
    pub path: String,
    /// They ask for an identity.
    #[schemars(default)]
    pub auth: bool,
    /// They ask for one of these roles.
    #[schemars(default)]
    pub roles: Vec<String>,
    /// They ask for all of these scopes.
    #[schemars(default)]
    pub scopes: Vec<String>,
    /// They have these controls.
    #[schemars(default, with = "Vec<ControlName>")]
    pub controls: Vec<ControlKind>,
    /// Why.
    #[schemars(default)]
    pub reason: String,
    /// The line it is written at.
    #[serde(skip)]
    #[schemars(skip)]
    pub line: u32,
}

/// A control by its name.
#[derive(JsonSchema)]
#[schemars(transparent)]
#[expect(dead_code, reason = "its schema is all that is wanted")]
struct ControlName(#[schemars(regex(pattern = r"^(rate_limit|cors|csrf|body_limit|validation|logging|tls)$"))] String);

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} in {file}:{line}{hint}")]
pub struct PolicyError {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// ` (did you mean ...?)`, or nothing.
    pub hint: String,
}

/// The JSON Schema (draft 2020-12) of a policy.
pub fn json_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Policy>()
}
