//! The catalog: what a scan found, as plain data with a published JSON Schema.
//!
//! These types are the contract with everything that reads `apicensus scan --format json`; their documentation comments
//! become the descriptions in the schema (`apicensus schema`). Nothing is computed here: identity, classification and
//! verdicts are made by `apicensus-surface`, rendering by the binary.
//!
//! Rules of the format: fields keep their order; empty lists, absent values and `false` marks are left out; lines count
//! from 1; paths of files are relative to the root of their repository and use `/`. A field may be added within a
//! version; renaming, removing or changing the meaning of one makes a new version. A catalog holds no wall-clock time, so
//! that the same input gives the same bytes.

#[macro_use]
mod words;
mod auth;
mod contract;
mod controls;
mod coverage;
mod endpoint;
mod finding;
mod gateway;
mod lineage;
mod outbound;
mod sensitive;
mod tested;

pub use auth::{Auth, AuthState, Basis, ByDesign, Guard, GuardLevel, Scheme, SchemeKind};
pub use contract::{
    Contract, ContractKind, ContractOperation, ContractRole, ContractService, DeclaredAnswer, DeclaredAuth, DeclaredMessage,
    DeclaredParameter, Documented, DocumentedState, Grade, Promised,
};
pub use controls::{Control, ControlEvidence, ControlKind, ControlState};
pub use coverage::{Coverage, LanguageCoverage, RouterCoverage, Trouble, TroubleKind};
pub use endpoint::{
    Audience, Body, Condition, Confidence, Endpoint, HandlerRef, Hole, Lifecycle, Parameter, ParameterIn, PathState, Protocol, Response,
    Streaming, TakenBy, TrailStep,
};
pub use finding::{Evidence, Finding, FindingStatus, Severity, Suppression};
pub use gateway::{
    ExposedThrough, Exposure, ExposureState, Gateway, GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, PathMatch, PathRewrite,
    RewriteKind, RouteAction, Workload,
};
pub use lineage::{Authorship, Former, Mark};
pub use outbound::{Outbound, OutboundCall};
pub use sensitive::{Sensitive, SensitiveClass, SensitiveTag};
pub use tested::{EndpointTests, TESTED_SCHEMA, TestOutcome, TestReport, TestState, Tested};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of the format, as it stands in [`Catalog::schema`].
pub const SCHEMA: &str = "apicensus.catalog/1";

/// Everything that one scan found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Catalog {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The tool that wrote the catalog.
    pub tool: Tool,
    /// Where the catalog's knowledge comes from.
    pub views: Vec<View>,
    /// The trees that were scanned, in the order they were asked for.
    pub repositories: Vec<Repository>,
    /// The services found in them, by repository and root folder.
    pub services: Vec<Service>,
    /// The endpoints, by service, path, method and protocol.
    pub endpoints: Vec<Endpoint>,
    /// The API descriptions found in them, by file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<Contract>,
    /// What stands in front of the services, by file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<Gateway>,
    /// What is deployed, by file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<Workload>,
    /// What is wrong, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What the code calls of other services; never endpoints of its own.
    #[serde(default, skip_serializing_if = "Outbound::is_empty")]
    pub outbound: Outbound,
    /// JSON Schemas (draft 2020-12) that parameters, bodies and responses refer to as `#/schemas/Name`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub schemas: std::collections::BTreeMap<String, serde_json::Value>,
    /// Which endpoints test runs have exercised, where reports of them were read.
    #[serde(default, skip_serializing_if = "Tested::is_empty")]
    pub tested: Tested,
    /// The denominators: how much was looked at and how much of it was understood.
    pub coverage: Coverage,
    /// What could not be read or followed, and what hangs on it, by file and line.
    pub troubles: Vec<Trouble>,
}

impl Default for Catalog {
    /// An empty catalog of this version of the format, written by this version of the tool.
    fn default() -> Self {
        Catalog {
            schema: SCHEMA.to_owned(),
            tool: Tool { name: "apicensus".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            views: vec![View::Code],
            repositories: Vec::new(),
            services: Vec::new(),
            endpoints: Vec::new(),
            contracts: Vec::new(),
            gateways: Vec::new(),
            workloads: Vec::new(),
            findings: Vec::new(),
            outbound: Outbound::default(),
            schemas: Default::default(),
            tested: Tested::default(),
            coverage: Coverage::default(),
            troubles: Vec::new(),
        }
    }
}

/// The tool that wrote a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

words! {
    /// A source of knowledge about endpoints.
    #[derive(Default)]
    pub enum View {
        /// Source code that registers endpoints.
        #[default]
        Code = "code",
        /// API descriptions.
        Spec = "spec",
        /// Files and settings that say who answers for what.
        Owners = "owners",
        /// Configuration of gateways.
        Gateway = "gateway",
        /// Infrastructure as code.
        Iac = "iac",
    }
}

/// A scanned tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// Its name within this catalog: the name of its folder, made unique.
    pub name: String,
    /// The folder that files are relative to, as an absolute path.
    pub root: String,
    /// The git revision that was read; absent for a work tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// A git revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// The commit's full id.
    pub commit: String,
    /// What was asked for: a branch, a tag, a short id.
    pub requested: String,
    /// The commit's time, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A deployable unit that serves endpoints: an application object with its manifest and entry point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Stable identity within this catalog; endpoints refer to it.
    pub id: String,
    /// Its name: from its manifest, or the name of its folder.
    pub name: String,
    /// The repository it lies in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// Its folder; empty for the root of the repository.
    pub root: String,
    /// Who answers for it, as the policy, its component of Backstage or the owners file of its entry says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// Where it is served, as the policy says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_urls: Vec<String>,
    /// The languages of its endpoints, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// The frameworks of its endpoints, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frameworks: Vec<String>,
    /// The manifest that makes it a unit (`pyproject.toml`, `package.json`, `Cargo.toml`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Where its application object is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Location>,
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file, from the root of its repository.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// The JSON Schema (draft 2020-12) of a written [`Catalog`].
pub fn json_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Catalog>()
}

fn is_false(value: &bool) -> bool {
    !value
}
