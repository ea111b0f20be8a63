//! Framework models: YAML data that says what a framework's symbols mean to the evaluator.
//!
//! `grammars/<language>/frameworks/*.yaml` are embedded; a user's models are the same files and take the same road.
//! The vocabulary is documented, one example a word, in `grammars/README.md`.

mod accessors;
mod control;
mod control_index;
mod file_guard;
mod file_route;
mod guard;
mod index;
mod place;

pub use accessors::{Accessors, AnswerMark, Answers, Injects, InputStyle, Marks, Take, Tells};
pub use control::{ClientModel, ControlLibrary, ControlModel, ControlSays};
pub use control_index::Controls;
pub use file_guard::{EntryKeys, FileGuard};
pub use file_route::FileRoute;
pub use guard::{GuardModel, GuardSays, Library, Metadata};
pub use index::{Entry, KindId, ModelError, Models};
pub use place::Place;

use serde::Deserialize;
use std::collections::BTreeMap;

include!(concat!(env!("OUT_DIR"), "/builtin_models.rs"));

/// A model as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its short name, the file's stem.
    pub framework: String,
    /// Its name as its makers write it.
    pub title: String,
    /// python, javascript (TypeScript too) or rust.
    pub language: String,
    /// Documentation.
    #[serde(default)]
    pub docs: String,
    /// Names of dependencies that prove it.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Modules whose import anchors a file.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Other texts that anchor a file (`@Controller`, `urlpatterns`).
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The path syntax: brace, colon, angle, bracket, regex, literal.
    pub style: String,
    /// How prefixes join.
    #[serde(default)]
    pub join: Join,
    /// Where a reader finds the handler: at its definition, or at the registration that writes or names it, its definition beside it.
    #[serde(default)]
    pub handler_at: HandlerAt,
    /// It tries its routes in the order of registration; None where it does not, or that was not looked at.
    pub in_order: Option<Order>,
    /// The parameter of a handler, counted from 0, with which it may hand a request on to the next route; None where it can't.
    pub passes_on: Option<usize>,
    /// Roles of its objects.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// Calls on roles and of functions.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// Annotations that are read, not run.
    #[serde(default)]
    pub annotations: Vec<Call>,
    /// Handler classes.
    #[serde(default)]
    pub classes: Vec<HandlerClass>,
    /// File-system routes.
    #[serde(default)]
    pub files: Vec<FileRoute>,
    /// Guards before its file-system routes.
    #[serde(default)]
    pub file_guards: Vec<FileGuard>,
    /// Types of a handler's parameters, and functions it calls, that make its route a WebSocket.
    #[serde(default)]
    pub websocket: Vec<String>,
    /// Types that a handler returns, and functions it calls, that make its route a stream of server-sent events.
    #[serde(default)]
    pub sse: Vec<String>,
    /// Native run before assembly.
    #[serde(default)]
    pub finish: Option<String>,
    /// Native that finds the handlers of a route.
    #[serde(default)]
    pub handlers: Option<String>,
    /// Parameters of functions that are this framework's objects when nothing else says so: parameter name -> role.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Its own guards.
    #[serde(default)]
    pub guards: Vec<GuardModel>,
    /// How handlers and their classes are marked with what guards read.
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// Handlers' parameters bring guards: by their defaults and `Annotated` metadata (`values`), or by their types (`types`).
    #[serde(default)]
    pub injects: Option<Injects>,
    /// How its handlers say what they take.
    #[serde(default)]
    pub inputs: Vec<InputStyle>,
    /// Where its requests carry what, for the style `access`.
    #[serde(default)]
    pub accessors: Accessors,
    /// What marks on parameters take, for the style `marks`.
    #[serde(default)]
    pub marks: Marks,
    /// Decorators that say what handlers take.
    #[serde(default)]
    pub takes: Vec<Take>,
    /// What its handlers answer.
    #[serde(default)]
    pub answers: Option<Answers>,
    /// The first parameter of handlers is the request, for the style `signature`.
    #[serde(default)]
    pub request_first: bool,
}

/// Where a handler is said to stand.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum HandlerAt {
    /// At its definition.
    #[default]
    Definition,
    /// At the registration.
    Registration,
}

/// Which routes are tried in the order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// All of them.
    All,
    /// Those with parameters, after all without.
    Parameters,
    /// Those with the same plain text before their first parameter; longer such texts come first.
    Prefix,
}

/// How a prefix and a path join.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// As they are.
    Concat,
    /// As they are, but a prefix loses its last slash.
    Trim,
    /// As they are; a path of `/` adds nothing to a prefix (koa-router).
    ConcatIndex,
    /// With exactly one slash between.
    #[default]
    Slash,
    /// With exactly one slash between; a path of `/` adds nothing (axum's nest, Fastify).
    Index,
    /// As `Index`, and a slash at the end of the prefix doesn't count either (Express, whose routers are not strict).
    Loose,
}

/// A role of objects.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Symbols whose call makes one; types that mean one.
    #[serde(default)]
    pub made_by: Vec<String>,
    /// Types that mean one in an annotation of a parameter.
    #[serde(default)]
    pub types: Vec<String>,
    /// Outside values that are one, the same wherever they are named.
    #[serde(default)]
    pub values: Vec<String>,
    /// Serves by itself: never detached.
    #[serde(default)]
    pub root: bool,
    /// One that a function gives and that nothing visible takes may be mounted by who calls the function.
    #[serde(default)]
    pub lent: bool,
    /// Its routes are operations of what is given it: a GraphQL schema of the route that serves it.
    #[serde(default)]
    pub operations: bool,
    /// Not a router at all when nothing mounts it: never reported detached.
    #[serde(default)]
    pub silent: bool,
    /// Where the constructor takes its prefix.
    #[serde(default)]
    pub prefix: Option<Place>,
    /// A prefix when none is given: `/{name}` with the constructor's argument 0 is written `/$0`.
    #[serde(default)]
    pub default_prefix: Option<String>,
    /// Where the constructor takes routes and mounts.
    #[serde(default)]
    pub children: Option<Place>,
    /// Tuples among its children are routes: (path, handler, ...).
    #[serde(default)]
    pub tuples: bool,
    /// The constructor attaches it to another object.
    #[serde(default)]
    pub attach: Option<Attach>,
    /// A role whose calls it shares.
    #[serde(default)]
    pub extends: Vec<String>,
    /// Attributes: `self`, `routes` (its live list) or a role made once.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// A method call it has no word for returns itself (builders).
    #[serde(default)]
    pub fluent: bool,
    /// Calling it with a function applies it like this call (role `decorator`).
    #[serde(default)]
    pub join: Option<Join>,
    /// Where the constructor takes guards.
    #[serde(default)]
    pub guards: Option<Place>,
    /// What is given there are arguments of a guard of this name.
    #[serde(default)]
    pub guards_by: Option<String>,
    /// Where it takes answers of all its routes, by status.
    #[serde(default)]
    pub responses: Option<Place>,
    /// Where it takes guards that replace those further out; None lifts them.
    #[serde(default)]
    pub own_guards: Option<Place>,
    /// Where it takes middleware, guards too.
    #[serde(default)]
    pub middleware: Option<Place>,
    /// Calling the object itself (koa's compose, Express apps as middleware) does nothing.
    #[serde(default)]
    pub verbs: Vec<String>,
}

/// Attaching at construction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// The object.
    pub to: Place,
    /// The prefix.
    #[serde(default)]
    pub prefix: Option<Place>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// Registers a route.
    Route,
    /// Mounts a child under a prefix.
    Mount,
    /// Mounts what is a router, guards with the rest.
    Use,
    /// Adds a guard.
    Guard,
    /// Mounts itself on the object given.
    Attach,
    /// Makes an object of a role.
    Make,
    /// Makes an object of a role, mounted on the receiver under a prefix.
    Child,
    /// Calls a function with a fresh child (or with `role: self` the receiver) as its argument.
    Group,
    /// Sets the receiver's prefix.
    Prefix,
    /// Returns one of its arguments.
    Wrap,
    /// Returns the receiver.
    Same,
    /// A value that mounts a child under a prefix wherever it is used.
    Mounted,
    /// A route value, used in lists.
    RouteValue,
    /// Applies each of its arguments as an annotation.
    Compose,
    /// Serves one of its arguments, which may be no application of a framework.
    Serve,
    /// Decorates; nothing to register.
    Nothing,
    /// A named Rust function.
    Native,
}

/// A call on a role, or of a function by symbol; also an annotation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Roles it is called on.
    #[serde(default)]
    pub on: Vec<String>,
    /// Method names.
    #[serde(default)]
    pub name: Vec<String>,
    /// Symbols, for functions.
    #[serde(default)]
    pub symbol: Vec<String>,
    /// Code of the tree stands for itself where it has the function.
    #[serde(default)]
    pub only_outside: bool,
    /// What it does.
    pub does: Does,
    /// Where the path is.
    #[serde(default)]
    pub path: Option<Place>,
    /// The path when none is given.
    #[serde(default)]
    pub default_path: Option<String>,
    /// Where the handler is.
    #[serde(default)]
    pub handler: Option<Place>,
    /// Where the child is.
    #[serde(default)]
    pub child: Option<Place>,
    /// Where the prefix is.
    #[serde(default)]
    pub prefix: Option<Place>,
    /// Guards given with the call.
    #[serde(default)]
    pub guards: Option<Place>,
    /// What is given there says how to guard, to this outside name.
    #[serde(default)]
    pub guards_by: Option<String>,
    /// Guards given with the call that replace those further out; None lifts them.
    #[serde(default)]
    pub own_guards: Option<Place>,
    /// `@name` (the call's name), `ANY`, a list, or a place.
    #[serde(default, deserialize_with = "methods")]
    pub methods: Option<MethodsSpec>,
    /// Methods when the place gives none.
    #[serde(default)]
    pub default_methods: Vec<String>,
    /// websocket, sse, graphql or grpc.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Where it says that the answer is a stream of server-sent events: a type of the model's `sse`, or true.
    #[serde(default)]
    pub streams: Option<Place>,
    /// What it tells of inputs and answers.
    #[serde(default)]
    pub tells: Option<Tells>,
    /// The call returns a decorator that takes the handler.
    #[serde(default)]
    pub decorator: bool,
    /// The call is itself used as a decorator without being called when its one argument is a function.
    #[serde(default)]
    pub bare: bool,
    /// A slash at the end of the prefix is cut.
    #[serde(default)]
    pub trims: bool,
    /// The prefix replaces the child's own.
    #[serde(default)]
    pub replaces: bool,
    /// The role made.
    #[serde(default)]
    pub role: Option<String>,
    /// What the call returns: `self` (default for builders), `child`, `nothing`, `handler`.
    #[serde(default)]
    pub returns: Option<String>,
    /// Least number of positional arguments for this to apply.
    #[serde(default)]
    pub min_args: usize,
    /// Most number of positional arguments.
    #[serde(default)]
    pub max_args: Option<usize>,
    /// When the first argument is a list, applies to each item of it.
    #[serde(default)]
    pub each: bool,
    /// Applies only when this place holds something that is not false.
    #[serde(default)]
    pub when: Option<Place>,
    /// Applies only when the path place holds a path-like value.
    #[serde(default)]
    pub when_path: bool,
    /// Path syntax when not the model's.
    #[serde(default)]
    pub style: Option<String>,
    /// It is no route but a guard when its handler passes every request on (`app.all('/api/*', requireUser)`).
    #[serde(default)]
    pub unless_passes: bool,
    /// Guards apply to what comes after (default), to everything (`all`) or to what came before (`before`).
    #[serde(default)]
    pub applies: Option<String>,
    /// The Rust function for `native`.
    #[serde(default)]
    pub native: Option<String>,
    /// Named argument that marks the route deprecated.
    #[serde(default)]
    pub deprecated: Option<Place>,
}

/// Where methods come from.
#[derive(Clone, Debug)]
pub enum MethodsSpec {
    /// `@name`, `@made`, `ANY`, or a place.
    Word(String),
    /// These.
    List(Vec<String>),
}

/// A class whose methods are handlers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerClass {
    /// Base classes.
    pub symbol: Vec<String>,
    /// Method names that are verbs.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// The method that answers when no verb does (`dispatch_request`, `open`), tried in order.
    #[serde(default)]
    pub entry: Vec<String>,
    /// A class attribute that lists methods.
    #[serde(default)]
    pub methods: Option<String>,
    /// Methods when neither gives any.
    #[serde(default)]
    pub default_methods: Vec<String>,
    /// websocket.
    #[serde(default)]
    pub protocol: Option<String>,
    /// A class attribute that restricts the verbs (`http_method_names`).
    #[serde(default)]
    pub restrict: Option<String>,
    /// Class attributes that hold guards of all its methods (`decorators`, `permission_classes`).
    #[serde(default)]
    pub guards: Vec<String>,
    /// Code of the tree stands for itself, as these are no part of the framework but often used with it.
    #[serde(default)]
    pub only_outside: bool,
    /// Methods that run before the verb and may refuse (`dispatch`, `prepare`).
    #[serde(default)]
    pub before: Vec<String>,
    /// Verbs its own bases define, by base symbol's last name.
    #[serde(default)]
    pub provides: BTreeMap<String, Vec<String>>,
}

/// Reads methods; a bare number is a place.
fn methods<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<MethodsSpec>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Word(String),
        At(usize),
        List(Vec<String>),
    }
    Ok(Option::<Raw>::deserialize(input)?.map(|raw| match raw {
        Raw::Word(word) => MethodsSpec::Word(word),
        Raw::At(index) => MethodsSpec::Word(index.to_string()),
        Raw::List(list) => MethodsSpec::List(list),
    }))
}
