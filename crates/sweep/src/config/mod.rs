//! The configuration of sweeps, `sweep.yaml`.
//!
//! It is read strictly: an unknown key or a wrong value is an error with its line. It holds no secrets, only where they are.

mod read;
mod units;

pub use read::{ConfigError, read};
pub use units::{Size, Span};

use crate::class::{Backoff, Class, Rule};
use apicensus_forge::{ForgeConfig, HostConfig, SecretRef, SourceConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How an organisation's repositories are swept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SweepConfig {
    /// The database: a SQLite file, relative to this one, or `postgres://user@host/database`; the password is taken from `PGPASSWORD`.
    /// [default: .apicensus/sweep.db]
    pub database: Option<String>,
    /// Where repositories are found.
    pub sources: Vec<SourceConfig>,
    /// How a host is spoken to, by its name.
    pub hosts: BTreeMap<String, HostConfig>,
    /// What of a repository is scanned, and how.
    pub scan: Scan,
    /// What one repository may take.
    pub limits: Limits,
    /// How workers work.
    pub work: Work,
    /// When a sweep is published.
    pub finish: Publish,
    /// Scan everything anew, changed or not, when the last full pass is so old. [default: 7d]
    pub full_every: Span,
    /// Leave a repository out after so many sweeps in a row in which it failed; `apicensus sweep retry` takes it in again. [default: 3]
    pub disable_after: Count,
    /// How often a failure is tried, by its class. What is not here has the usual rule.
    pub retry: BTreeMap<Class, Retry>,
    /// Who is told what a sweep changed.
    pub notify: Vec<Webhook>,
}

impl Default for SweepConfig {
    fn default() -> Self {
        SweepConfig {
            database: None,
            sources: Vec::new(),
            hosts: BTreeMap::new(),
            scan: Scan::default(),
            limits: Limits::default(),
            work: Work::default(),
            finish: Publish::default(),
            full_every: Span::default(),
            disable_after: count(3),
            retry: BTreeMap::new(),
            notify: Vec::new(),
        }
    }
}

/// A number that is at least 1.
pub type Count = std::num::NonZeroU16;

/// What of a repository is scanned, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scan {
    /// Only files that match one of these.
    pub include: Vec<String>,
    /// No files that match one of these.
    pub exclude: Vec<String>,
    /// Folders of additional framework models, relative to this file.
    pub models: Vec<PathBuf>,
}

/// What one repository may take. A scan that takes more ends, with a reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Time from the start of fetching to the end of the scan. [default: 10m]
    pub wall: Span,
    /// Memory. [default: 2GiB]
    pub memory: Size,
    /// The largest file that is written. [default: 1GiB]
    pub file: Size,
    /// All files of a repository together. [default: 4GiB]
    pub disk: Size,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { wall: Span::minutes(10), memory: Size::gib(2), file: Size::gib(1), disk: Size::gib(4) }
    }
}

/// How workers work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Work {
    /// Repositories at a time in one process. [default: 2]
    pub jobs: Count,
    /// Threads of one scan. [default: 1]
    pub threads: Count,
    /// How long a job is held without a sign of life. [default: 60s]
    pub lease: Span,
    /// Where repositories are fetched to. [default: the folder for temporary files]
    pub scratch: Option<PathBuf>,
    /// Where fetched repositories are kept, so that the next sweep fetches only what is new. [default: nowhere]
    pub mirrors: Option<PathBuf>,
    /// What they may take together. [default: 20GiB]
    pub mirrors_size: Size,
    /// Where what was read of files is kept by their content, for all repositories and sweeps. [default: with the temporary files]
    pub cache: Option<PathBuf>,
    /// What fetches: `native`, or the `git` program. [default: native]
    pub backend: apicensus_forge::Backend,
    /// Where a worker answers `/metrics`, `/livez` and `/readyz`: `127.0.0.1:9464`. [default: nowhere]
    pub listen: Option<std::net::SocketAddr>,
}

impl Default for Work {
    fn default() -> Self {
        Work {
            jobs: count(2),
            threads: count(1),
            lease: Span::seconds(60),
            scratch: None,
            mirrors: None,
            mirrors_size: Size::gib(20),
            backend: Default::default(),
            cache: None,
            listen: None,
        }
    }
}

/// When a sweep is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// The part of the listed repositories whose state must be known, from 0 to 1. [default: 0.95]
    pub complete: f64,
    /// After this time it is published with what there is, or given up. [default: 12h]
    pub deadline: Span,
}

impl Default for Publish {
    fn default() -> Self {
        Publish { complete: 0.95, deadline: Span::minutes(12 * 60) }
    }
}

/// How often a failure is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Tries altogether.
    pub tries: Count,
    /// The pause before the second one; doubled each time.
    #[serde(default)]
    pub wait: Option<Span>,
}

/// Who is told by HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where the digest is posted to, as JSON.
    pub webhook: String,
    /// The key of its signature, `X-Apicensus-Signature-256: sha256=...` (HMAC-SHA-256 of the body).
    pub secret: SecretRef,
}

impl SweepConfig {
    /// What the forges are told.
    pub fn forge(&self) -> ForgeConfig {
        ForgeConfig { sources: self.sources.clone(), hosts: self.hosts.clone() }
    }

    /// The rules of retrying.
    pub fn backoff(&self) -> Backoff {
        let rule = |(class, retry): (&Class, &Retry)| {
            let wait = retry.wait.as_ref().map_or(class.usual().wait, Span::milliseconds);
            (*class, Rule { tries: i64::from(retry.tries.get()), wait })
        };
        Backoff(self.retry.iter().map(rule).collect())
    }
}

fn count(number: u16) -> Count {
    Count::new(number).unwrap_or(Count::MIN)
}

/// The JSON Schema (draft 2020-12) of the configuration.
pub fn json_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<SweepConfig>()
}
