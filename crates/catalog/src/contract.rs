//! What was promised: API descriptions found in the tree, their operations, and how they meet the endpoints.

use crate::{Body, Location, SchemeKind, is_false};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An API description of the tree: an OpenAPI document, a GraphQL schema, a proto file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contract {
    /// Stable identity within this catalog: its file, with `#n` for the n-th further document of one file.
    pub id: String,
    /// Its format.
    pub kind: ContractKind,
    /// The version of the format: `3.1.0`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format_version: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The version of the API it describes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Its root file.
    pub file: String,
    /// What it is to the services of this catalog.
    pub role: ContractRole,
    /// Why it has this role.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// A tool wrote it, so it may promise only what the tool saw in the code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub generated: bool,
    /// The paths its servers put before those of its operations; empty when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_paths: Vec<String>,
    /// The services it describes, by `id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ContractService>,
    /// How many operations it has.
    pub operation_count: u64,
    /// How many of them meet an endpoint.
    pub matched_count: u64,
    /// The operations; left out where the role is neither `describes` nor `unmatched`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<ContractOperation>,
}

/// How a contract meets one service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContractService {
    /// The `id` of the service.
    pub service: String,
    /// What stands before the contract's paths in the service's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_path: String,
    /// What stands before the service's paths in the contract's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extra_base_path: String,
    /// Endpoints of the service, in deployed code, that it documents.
    pub matched: u64,
    /// All endpoints of the service in deployed code.
    pub endpoints: u64,
}

words! {
    /// A format of API descriptions.
    #[derive(Default)]
    pub enum ContractKind {
        /// OpenAPI 3.
        #[default]
        Openapi = "openapi",
        /// Swagger 2.0.
        Swagger = "swagger",
        /// A GraphQL schema.
        Graphql = "graphql",
        /// AsyncAPI.
        Asyncapi = "asyncapi",
        /// Protocol Buffers services.
        Protobuf = "protobuf",
        /// A Postman collection.
        Postman = "postman",
        /// An HTTP archive.
        Har = "har",
        /// WSDL.
        Wsdl = "wsdl",
        /// RAML.
        Raml = "raml",
        /// OpenRPC.
        Openrpc = "openrpc",
        /// TypeSpec.
        Typespec = "typespec",
        /// An Insomnia export.
        Insomnia = "insomnia",
        /// A Bruno collection.
        Bruno = "bruno",
        /// Requests in a file for an editor (`.http`, `.rest`).
        HttpFile = "http-file",
    }
}

impl ContractKind {
    /// Whether it says what is to be there. Collections of requests and recordings say what somebody called: they are evidence
    /// of use, and neither document an endpoint nor leave one undocumented.
    pub fn is_promise(self) -> bool {
        !matches!(self, Self::Postman | Self::Har | Self::Insomnia | Self::Bruno | Self::HttpFile)
    }
}

words! {
    /// What a contract is to the services of the catalog.
    #[derive(Default)]
    pub enum ContractRole {
        /// It describes a service of the catalog.
        Describes = "describes",
        /// An earlier edition of a contract that describes a service.
        Superseded = "superseded",
        /// No service of the catalog serves what it describes.
        #[default]
        Unmatched = "unmatched",
        /// A client is made from it: it describes somebody else's API.
        Client = "client",
        /// It belongs to tests.
        Test = "test",
        /// It belongs to examples.
        Example = "example",
        /// A copy of third-party code holds it.
        Vendored = "vendored",
        /// The policy leaves it out.
        Ignored = "ignored",
    }
}

/// One operation that a contract promises.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContractOperation {
    /// The method in upper case; GraphQL: `QUERY`, `MUTATION`, `SUBSCRIPTION`; AsyncAPI: `SEND`, `RECEIVE`; `RPC` for gRPC and
    /// JSON-RPC, `SOAP` for SOAP.
    pub method: String,
    /// The path as the contract writes it, without its base path. What is called by its name has the name after a `#`: fields
    /// of GraphQL, operations of SOAP, methods of JSON-RPC.
    pub path: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation_id: String,
    /// Where it is written.
    pub at: Location,
    /// It is marked deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// When it is said to end, as written: a date.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sunset: String,
    /// Who may call it, as promised.
    pub auth: DeclaredAuth,
    /// The schemes it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<SchemeKind>,
    /// The parameters it names, bodies aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<DeclaredParameter>,
    /// Base paths of its own, where they are not the contract's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_paths: Vec<String>,
    /// The `id` of the endpoint that serves it, or nearly does (see `grade`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How well they meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// What it takes and gives, for the comparison with the code. It is not written: the document has it.
    #[serde(skip)]
    pub promised: Promised,
    /// The messages of its channel by name, of which an application may have one endpoint each. Not written either.
    #[serde(skip)]
    pub messages: Vec<DeclaredMessage>,
}

/// What an operation takes and gives by its contract. Schemas hold what they refer to, down to a bounded depth; `x-cut` marks one that
/// has more below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised {
    /// The bodies it takes, one a media type; None where the contract, its format or the reader does not say.
    pub bodies: Option<Vec<Body>>,
    /// Its answers; empty where none are said.
    pub answers: Vec<DeclaredAnswer>,
}

/// An answer of a promised operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredAnswer {
    /// Its status as it is written: `200`, `2XX`, `default`.
    pub status: String,
    /// The media type of its body; empty without one.
    pub content_type: String,
    /// The schema of its body.
    pub schema: Option<serde_json::Value>,
}

/// A message of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredMessage {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub at: Location,
}

/// A parameter of a promised operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredParameter {
    /// `path`, `query`, `header`, `cookie`, `form` or `body`.
    #[serde(rename = "in")]
    pub location: String,
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Its type in the words of JSON Schema, if the contract says one.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

words! {
    /// What a contract says of who may call an operation.
    #[derive(Default)]
    pub enum DeclaredAuth {
        /// An identity is asked for.
        Required = "required",
        /// An identity may be given.
        Optional = "optional",
        /// None is asked for, in so many words.
        None = "none",
        /// The contract does not say.
        #[default]
        Unsaid = "unsaid",
    }
}

words! {
    /// How well an operation of a contract and an endpoint meet.
    pub enum Grade {
        /// Same method and path.
        Exact = "exact",
        /// Only the names of parameters differ.
        ParameterNames = "parameter-names",
        /// Only a trailing slash differs.
        TrailingSlash = "trailing-slash",
        /// The same below a base path that the contract does not declare.
        BasePath = "base-path",
        /// A catch-all endpoint, or one for any path below, takes it.
        CatchAll = "catch-all",
        /// Same path, other method. No match.
        Method = "method",
        /// Nearly the same path. No match.
        Near = "near",
    }
}

impl Grade {
    /// Whether the two are the same operation; else the other one is only named as what nearly matched.
    pub fn is_match(self) -> bool {
        !matches!(self, Grade::Method | Grade::Near)
    }
}

/// Whether an endpoint stands in a contract of its service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Documented {
    /// The answer.
    pub state: DocumentedState,
    /// The `id` of the contract: the one that has it, or that nearly has or should have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The operation that meets it, or nearly does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
    /// How well they meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// Why it is not known, or what nearly matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The leading part of its path that the contracts leave out as a whole, parameters as `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// What differs between the promise and the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<String>,
}

words! {
    /// Whether an endpoint is documented.
    #[derive(Default)]
    pub enum DocumentedState {
        /// A contract of its service has it.
        Yes = "yes",
        /// The contract that covers this part of its service does not have it.
        No = "no",
        /// Its service has no contract, or none that covers this part of it.
        #[default]
        Unknown = "unknown",
    }
}
