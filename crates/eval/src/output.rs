//! What an evaluation gives: routes with their evidence, and troubles.
//!
//! Plain data without evaluator state. Paths are still in the framework's own syntax; `surface` makes templates.

use crate::files::FileId;
use smol_str::SmolStr;

/// A place in the scanned tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// First line, from 1.
    pub line: u32,
    /// Last line, from 1.
    pub end_line: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A piece of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPiece {
    /// Known text in the syntax of the framework that takes it.
    Text {
        /// The text.
        text: SmolStr,
        /// Where it was written.
        place: Option<Place>,
        /// The parameter syntax it is in (a path style name, see `surface::template`), e.g. `colon`, `brace`, `angle`, `regex`.
        style: SmolStr,
        /// It came from a default (`env.X || '/api'`).
        is_default: bool,
    },
    /// A part that could not be known.
    Hole {
        /// What stands there in the source, e.g. `config.base`.
        label: SmolStr,
        /// Why it is not known.
        reason: SmolStr,
        /// Where it stands.
        place: Option<Place>,
    },
}

/// Methods of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Methods {
    /// Whatever the client sends.
    Any,
    /// These, upper case, in registration order.
    Some(Vec<SmolStr>),
}

/// Protocol of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP.
    Http,
    /// WebSocket (RFC 6455).
    WebSocket,
    /// Server-sent events.
    Sse,
    /// A GraphQL operation: QUERY, MUTATION or SUBSCRIPTION, the path `<mount>#<field>`.
    Graphql,
    /// A method of a gRPC service: `/package.Service/Method`.
    Grpc(Flow),
    /// An operation of a SOAP service: `<mount>#<operation>`.
    Soap,
    /// A method of a JSON-RPC service: `<mount>#<method>`.
    JsonRpc,
    /// An event that a WebSocket receives: `<mount>#<event>`.
    Event,
}

impl Protocol {
    /// The protocol that models and natives name so; None for HTTP.
    pub fn named(word: &str) -> Option<Protocol> {
        Some(match word {
            "websocket" => Protocol::WebSocket,
            "sse" => Protocol::Sse,
            "graphql" => Protocol::Graphql,
            "soap" => Protocol::Soap,
            "json-rpc" => Protocol::JsonRpc,
            "event" => Protocol::Event,
            "grpc" => Protocol::Grpc(Flow::Unary),
            "grpc client" => Protocol::Grpc(Flow::Client),
            "grpc server" => Protocol::Grpc(Flow::Server),
            "grpc both" => Protocol::Grpc(Flow::Both),
            _ => return None,
        })
    }
}

/// Which sides of a gRPC method send streams of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flow {
    /// None: one request, one answer.
    Unary,
    /// The client.
    Client,
    /// The server.
    Server,
    /// Both.
    Both,
}

impl Flow {
    /// By which side streams.
    pub fn of(client: bool, server: bool) -> Flow {
        match (client, server) {
            (false, false) => Flow::Unary,
            (true, false) => Flow::Client,
            (false, true) => Flow::Server,
            (true, true) => Flow::Both,
        }
    }

    /// The word that [`Protocol::named`] knows.
    pub fn protocol(self) -> &'static str {
        match self {
            Flow::Unary => "grpc",
            Flow::Client => "grpc client",
            Flow::Server => "grpc server",
            Flow::Both => "grpc both",
        }
    }
}

/// The code that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerRef {
    /// Where it is defined (the `def` line, not its decorators), or where it is registered if the model says so.
    pub place: Place,
    /// Where it is defined, when `place` is its registration.
    pub defined: Option<Place>,
    /// Its name, qualified by its class: `Users.get`, `list_users`; empty for an anonymous one.
    pub symbol: SmolStr,
    /// Its doc comment's first sentence.
    pub summary: Option<SmolStr>,
    /// Deprecated by annotation or doc comment.
    pub deprecated: bool,
}

/// A step of a route's trail, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// What happened there: `app`, `mount`, `route`, `prefix`, `class`, `handler` ...
    pub what: SmolStr,
    /// The pieces of the path that this step gave.
    pub gives: Vec<PathPiece>,
}

/// A condition under which something was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The source text of the condition, `not (..)` for an else branch.
    pub text: SmolStr,
    /// Where it stands.
    pub place: Place,
    /// Its value when a default decides it.
    pub default: Option<bool>,
}

/// A guard, middleware or other mark on the way to a route, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRef {
    /// Where it was applied.
    pub place: Place,
    /// application, mount, router, class, route or handler.
    pub level: SmolStr,
    /// The name of what was applied.
    pub symbol: SmolStr,
    /// Where it is defined, if in the tree.
    pub defined: Option<Place>,
    /// What it says of who may call.
    pub ruling: Ruling,
    /// The controls it brings or lifts.
    pub controls: Vec<ControlFact>,
    /// It stands outside of the tree and no model knows it: what else it does is not known.
    pub foreign: bool,
}

/// A control that something on the way to a handler brings or lifts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlFact {
    /// Its kind, a word of the catalog's `ControlKind`.
    pub control: SmolStr,
    /// It lifts the control.
    pub lifts: bool,
    /// How much it lets through.
    pub limits: Vec<SmolStr>,
    /// The origins it lets in; `*` for any, `reflected` for whichever asks.
    pub origins: Vec<SmolStr>,
    /// Those may send credentials.
    pub credentials: bool,
    /// Why it lifts it, when that needs saying.
    pub note: Option<SmolStr>,
    /// Why it is not known whether it does so.
    pub doubt: Option<SmolStr>,
}

/// A call to another service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outbound {
    /// Where.
    pub place: Place,
    /// Upper case; `ANY` when it is not known.
    pub method: SmolStr,
    /// The URL, with unknown parts as `{?source}`.
    pub url: String,
    /// The library.
    pub client: SmolStr,
}

/// What an endpoint takes and gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Parameters, each once.
    pub parameters: Vec<Input>,
    /// Bodies by content type.
    pub bodies: Vec<Body>,
    /// Answers that the code declares.
    pub responses: Vec<Response>,
}

impl Inputs {
    /// Adds a parameter unless it is there; a required one stays required.
    pub fn push(&mut self, input: Input) {
        match self.parameters.iter_mut().find(|p| p.place == input.place && p.name == input.name) {
            Some(known) => known.required |= input.required,
            None => self.parameters.push(input),
        }
    }
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Where in the request.
    pub place: InputIn,
    /// Its name as it travels.
    pub name: SmolStr,
    /// Its JSON Schema; references are `#/schemas/Name` into [`Census::schemas`].
    pub schema: serde_json::Value,
    /// A request without it is refused.
    pub required: bool,
}

/// Where an input stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputIn {
    /// A part of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body.
    Body,
    /// The arguments of a GraphQL field.
    Argument,
}

/// A request body.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its media type.
    pub content_type: SmolStr,
    /// Its JSON Schema.
    pub schema: serde_json::Value,
    /// A request without it is refused.
    pub required: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its media type, if it has a body that is known.
    pub content_type: Option<SmolStr>,
    /// The JSON Schema of its body.
    pub schema: serde_json::Value,
    /// It was read off the handler's code; nothing declares it.
    pub inferred: bool,
}

/// What a guard says of who may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// In one word.
    pub says: Says,
    /// How a caller proves an identity: kind (a word of the catalog's `SchemeKind`) and the name in the source.
    pub schemes: Vec<(SmolStr, SmolStr)>,
    /// OAuth scopes asked for.
    pub scopes: Vec<SmolStr>,
    /// Roles and permissions asked for.
    pub roles: Vec<SmolStr>,
    /// Read off what its code does, not known from a model.
    pub inferred: bool,
    /// GET, HEAD and OPTIONS stay open.
    pub unsafe_only: bool,
    /// It stands in for what guards further out.
    pub overrides: bool,
    /// Why it could not be read.
    pub reason: Option<SmolStr>,
    /// Public for its own framework's guards: those further out still count.
    pub keeps_outer: bool,
}

/// A guard's ruling in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// It does not decide who may call.
    #[default]
    Nothing,
    /// It lets this route pass, whatever it asks of others.
    Passed,
    /// Declared open.
    Public,
    /// It identifies who offers proof.
    Optional,
    /// It may decide, but could not be read.
    Unread,
    /// Only who proves an identity passes.
    Required,
}

/// An endpoint as registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The framework model's name.
    pub framework: SmolStr,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its methods.
    pub methods: Methods,
    /// Its full path, prefixes first, already joined by the framework's rule.
    pub path: Vec<PathPiece>,
    /// Its handler.
    pub handler: Option<HandlerRef>,
    /// Where its own path text was written (or, without one, where it was registered).
    pub registered_at: Place,
    /// How it came about.
    pub trail: Vec<Step>,
    /// Under what conditions.
    pub conditions: Vec<Condition>,
    /// Guards and middleware on the way.
    pub guards: Vec<GuardRef>,
    /// What it takes and gives.
    pub inputs: Inputs,
    /// The application object it hangs on: where it was made. None for detached and file-system routes.
    pub app: Option<Place>,
    /// Hangs on a router that nothing visible mounts.
    pub detached: bool,
    /// A function that nothing visible calls gives its application, which others may mount.
    pub lent: bool,
    /// Declared deprecated where it was registered.
    pub deprecated: bool,
    /// Declared here in the tree but served by third-party code (no handler in the tree).
    pub third_party: bool,
    /// What serves it is the framework's own and asks nothing of callers: its guards are all there is.
    pub bare: bool,
    /// Only test code registers it, though it may stand in a file of deployed code.
    pub test: bool,
    /// The framework adds it by itself (documentation pages and the like).
    pub implicit: bool,
    /// Its handler may hand a request on to a later route.
    pub passes_on: bool,
}

/// Kinds of troubles the evaluator reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TroubleKind {
    /// An import of the tree's own code that could not be resolved.
    UnresolvedImport,
    /// A registration whose path or router could not be followed.
    UnresolvedRegistration,
    /// A mount whose child could not be followed.
    UnresolvedMount,
    /// Procedures that a server was given under names of their own and that could not be followed.
    UnresolvedService,
    /// A bound was reached.
    Bound,
    /// A manifest or configuration file that could not be read.
    Manifest,
    /// Something a framework does that its model can't say.
    Unsupported,
}

/// What could not be followed, and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: TroubleKind,
    /// The file.
    pub file: FileId,
    /// Line from 1; 0 for the whole file.
    pub line: u32,
    /// One sentence.
    pub message: String,
    /// What may be missing because of it.
    pub effect: String,
}

/// Denominators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files evaluated.
    pub evaluated: usize,
    /// Routers and apps found.
    pub routers: usize,
    /// Of these, mounted or apps.
    pub mounted: usize,
    /// Evaluation steps.
    pub steps: u64,
}

/// The result of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// The routes in a deterministic order.
    pub routes: Vec<Route>,
    /// The troubles in a deterministic order.
    pub troubles: Vec<Trouble>,
    /// Denominators.
    pub stats: Stats,
    /// What the code calls of other services.
    pub outbound: Vec<Outbound>,
    /// Frameworks that try their routes in the order of registration.
    pub in_order: std::collections::BTreeMap<String, crate::models::Order>,
    /// JSON Schemas of the classes that inputs refer to, by name.
    pub schemas: std::collections::BTreeMap<String, serde_json::Value>,
}

impl Census {
    /// Adds another language family's census; schemas whose names are taken get a number.
    pub fn absorb(&mut self, mut part: Census) {
        let mut renamed: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        for name in part.schemas.keys() {
            let mut free = name.clone();
            let mut number = 2;
            while self.schemas.contains_key(&free) || free != *name && part.schemas.contains_key(&free) {
                free = format!("{name}_{number}");
                number += 1;
            }
            if free != *name {
                renamed.insert(name.clone(), free);
            }
        }
        if !renamed.is_empty() {
            for inputs in part.routes.iter_mut().map(|r| &mut r.inputs) {
                inputs.parameters.iter_mut().for_each(|p| rename(&mut p.schema, &renamed));
                inputs.bodies.iter_mut().for_each(|b| rename(&mut b.schema, &renamed));
                inputs.responses.iter_mut().for_each(|r| rename(&mut r.schema, &renamed));
            }
            part.schemas.values_mut().for_each(|s| rename(s, &renamed));
        }
        for (name, schema) in part.schemas {
            self.schemas.insert(renamed.remove(&name).unwrap_or(name), schema);
        }
        self.routes.append(&mut part.routes);
        self.troubles.append(&mut part.troubles);
        self.outbound.append(&mut part.outbound);
        self.stats.evaluated += part.stats.evaluated;
        self.stats.routers += part.stats.routers;
        self.stats.mounted += part.stats.mounted;
        self.stats.steps += part.stats.steps;
    }
}

/// Follows renamed schemas in the references of one.
fn rename(schema: &mut serde_json::Value, renamed: &std::collections::BTreeMap<String, String>) {
    match schema {
        serde_json::Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    serde_json::Value::String(text) if key == "$ref" => {
                        if let Some(new) = text.strip_prefix("#/schemas/").and_then(|name| renamed.get(name)) {
                            *text = format!("#/schemas/{new}");
                        }
                    }
                    other => rename(other, renamed),
                }
            }
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(|one| rename(one, renamed)),
        _ => {}
    }
}
