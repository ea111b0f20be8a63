//! An endpoint and its evidence.

use crate::{
    Auth, Authorship, Control, ControlKind, Documented, Exposure, Former, Location, Mark, Sensitive, SensitiveTag, View, is_false,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One operation that the source would serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Stable identity: a hash of service, protocol, method and path with the names of parameters blanked. A handler that
    /// moves to another file keeps it.
    pub id: String,
    /// The `id` of its service.
    pub service: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// It answers with a stream of events, errors aside; or which sides of a gRPC method stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streaming: Option<Streaming>,
    /// The HTTP method in upper case, or `ANY`. WebSockets have `GET`, events that they receive `RECEIVE`; GraphQL operations `QUERY`, `MUTATION` or `SUBSCRIPTION`;
    /// SOAP operations `SOAP`; methods of gRPC and JSON-RPC `RPC`.
    pub method: String,
    /// The path as a template: `{name}` for a parameter, whatever the framework's own syntax. A part that is not known
    /// stands as `{?source.text}`, except a leading base path, which is left out here and kept in `raw_path`.
    pub path: String,
    /// The path in the framework's own syntax, with unknown parts as `{?source.text}`.
    pub raw_path: String,
    /// How much of the path is known.
    pub path_state: PathState,
    /// The parts of the path that are not known, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Hole>,
    /// What it takes; the parameters of the path in their order, then the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The bodies it takes, one a media type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<Body>,
    /// The answers that its code declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
    /// The first sentence of its documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The code that answers; absent when it lies outside the scanned tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<HandlerRef>,
    /// Where its own path was written or, without one, where it was registered.
    pub registered_at: Location,
    /// Further registrations of the same operation (same method and path, the names of parameters aside).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_registered_at: Vec<Location>,
    /// How it came about, from the application inwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<TrailStep>,
    /// The conditions under which it is registered, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Who may call it.
    pub auth: Auth,
    /// What else stands between a caller and its handler, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<ControlKind, Control>,
    /// Fields of its bodies and answers that hold sensitive data; parameters carry their own mark.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<Sensitive>,
    /// Its age and future.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
    /// Whether it stands in a contract of its service; absent when contracts were not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// Who answers for it: users, teams or addresses, as the policy, the owners file of its handler or its service's component says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// Whether and how it is reached from outside; absent when gateways were not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// What proves it, where that is not code that registers it: `iac` for a function that only a template gives a route.
    #[serde(default, skip_serializing_if = "is_code")]
    pub view: View,
    /// What kind of code registers it.
    pub audience: Audience,
    /// The framework that serves it.
    pub framework: String,
    /// It hangs on a router that nothing visible mounts, so its path may lack a prefix.
    #[serde(default, skip_serializing_if = "is_false")]
    pub detached: bool,
    /// It is declared in this tree but third-party code answers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub third_party: bool,
    /// The framework adds it by itself: documentation pages, static files and the like.
    #[serde(default, skip_serializing_if = "is_false")]
    pub implicit: bool,
    /// It stood in the catalog before, and the last scan could not read enough to say that it is gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stale: bool,
    /// An earlier route of the same router that takes all its requests; told only in frameworks that try routes in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<TakenBy>,
    /// How sure it is that the application serves it at this path.
    pub confidence: Confidence,
}

/// A route that takes what was meant for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakenBy {
    /// Its path.
    pub path: String,
    /// Where it is registered.
    pub at: Location,
}

words! {
    /// How an endpoint keeps on sending or taking.
    pub enum Streaming {
        /// Server-sent events (WHATWG HTML, section 9.2): an answer over HTTP, so the protocol is `http`.
        Sse = "sse",
        /// The client of a gRPC method streams messages (<https://grpc.io/docs/what-is-grpc/core-concepts/>).
        Client = "client-streaming",
        /// The server of a gRPC method does.
        Server = "server-streaming",
        /// Both do.
        Bidirectional = "bidirectional-streaming",
    }
}

words! {
    /// How an endpoint is spoken to.
    pub enum Protocol {
        /// HTTP request and response.
        Http = "http",
        /// WebSocket (RFC 6455), Socket.IO included; the path of an event is `<mount>#<event>`.
        WebSocket = "websocket",
        /// gRPC; the path is `/package.Service/Method`.
        Grpc = "grpc",
        /// A GraphQL operation; the path is `<mount>#<field>`.
        Graphql = "graphql",
        /// SOAP; the path is `<mount>#<operation>`.
        Soap = "soap",
        /// JSON-RPC; the path is `<mount>#<method>`.
        JsonRpc = "json-rpc",
    }
}

words! {
    /// How much of a path is known.
    pub enum PathState {
        /// All of it.
        Exact = "exact",
        /// Some parts are not known; see `holes`.
        Partial = "partial",
        /// It is a regular expression that no template can say.
        Pattern = "pattern",
    }
}

words! {
    /// What kind of code registers an endpoint.
    pub enum Audience {
        /// Code that is deployed.
        Production = "production",
        /// Tests and their fixtures.
        Test = "test",
        /// Examples, demos, samples and templates.
        Example = "example",
        /// Generated code.
        Generated = "generated",
        /// A copy of third-party code.
        Vendored = "vendored",
    }
}

words! {
    /// How sure the tool is of an endpoint.
    pub enum Confidence {
        /// Followed from the application object to the handler.
        High = "high",
        /// Something on the way was assumed.
        Medium = "medium",
        /// Nothing visible mounts it, or most of its path is unknown.
        Low = "low",
    }
}

/// A part of a path that could not be known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hole {
    /// What stands there in the source: `settings.ADMIN_PREFIX`.
    pub label: String,
    /// Why it is not known.
    pub reason: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

/// Something an endpoint takes from the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// Where in the request it stands.
    #[serde(rename = "in")]
    pub location: ParameterIn,
    /// Its name; empty for a nameless one (a wildcard).
    pub name: String,
    /// Its type in the words of its framework or language, if it declares one: `int`, `uuid`, `string`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// The regular expression it must match, if it declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Whether a request without it is refused or goes elsewhere.
    pub required: bool,
    /// It takes the rest of the path, slashes included.
    #[serde(default, skip_serializing_if = "is_false")]
    pub catch_all: bool,
    /// Its JSON Schema (draft 2020-12), where the code says its type; references are `#/schemas/Name` of the catalog.
    /// `x-undocumented` marks one that the application keeps out of its own document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// The class of sensitive data it holds, if its name or type tells of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<SensitiveTag>,
}

/// A body that an endpoint takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// Its media type.
    pub content_type: String,
    /// Its JSON Schema (draft 2020-12); references are `#/schemas/Name` of the catalog. A type that is not known is
    /// named in `x-apicensus-type`.
    pub schema: serde_json::Value,
    /// Whether a request without it is refused.
    pub required: bool,
}

/// An answer that an endpoint's code declares or gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// Its status code.
    pub status: u16,
    /// The media type of its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The JSON Schema of its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// It was read off the code that answers; nothing declares it.
    #[serde(default, skip_serializing_if = "crate::is_false")]
    pub inferred: bool,
}

words! {
    /// A place in a request.
    pub enum ParameterIn {
        /// A part of the path.
        Path = "path",
        /// The query string.
        Query = "query",
        /// A header.
        Header = "header",
        /// A cookie.
        Cookie = "cookie",
        /// The body.
        Body = "body",
        /// A form field.
        Form = "form",
        /// An uploaded file.
        File = "file",
        /// An argument of a GraphQL field.
        Argument = "argument",
    }
}

/// The code that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandlerRef {
    /// The file.
    pub file: String,
    /// The line its definition starts at, decorators aside; where handlers are named in the registering call, that line.
    pub line: u32,
    /// The line it ends at.
    pub end_line: u32,
    /// Where it is defined, when the place above is its registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defined_at: Option<Location>,
    /// Its name, qualified by its class; absent for an anonymous function.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
}

/// A step on the way from the application object to the handler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrailStep {
    /// The file.
    pub file: String,
    /// First line.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// What happens there: `app`, `mount`, `prefix`, `class`, `route`, `handler`, or `text` for a place that only wrote a
    /// piece of the path.
    pub what: String,
    /// The piece of the path it gives, in the framework's syntax; absent when it gives none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub gives: String,
}

/// A condition under which something is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// Its source text; `not (...)` for the other branch.
    pub text: String,
    /// The file it stands in.
    pub file: String,
    /// The line it stands at.
    pub line: u32,
    /// Its value when nothing but its default decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// The age and the future of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lifecycle {
    /// Its registration, its handler's annotations or its documentation say it is deprecated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// The version of the API it belongs to, read off its path or its framework's versioning: `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it first stood in the versioned catalog, under this or an earlier path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introduced: Option<Mark>,
    /// When it last changed in the versioned catalog, lines aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<Mark>,
    /// What it was before it moved, by the versioned catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Former>,
    /// Who last wrote the line that registers it; only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Authorship>,
}

impl Lifecycle {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Lifecycle::default()
    }
}

fn is_code(view: &View) -> bool {
    *view == View::Code
}
