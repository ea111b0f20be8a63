//! Where a framework's requests carry what their handlers take.

use super::Place;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How handlers say what they take.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum InputStyle {
    /// By the names, types and defaults of their parameters: FastAPI.
    Signature,
    /// By what their code reads off the request: Express, Flask.
    Access,
    /// By marks on their parameters: Nest.
    Marks,
    /// By what their class says, as the native that `handlers` names reads it.
    Native,
    /// By the types of their parameters: axum, actix.
    Types,
    /// By an attribute that names parameters in its path and its data: Rocket.
    Attribute,
    /// By their parameters but the first ones that the framework gives: GraphQL resolvers.
    Arguments,
    /// By the attributes that `describes` of the model's marks names, where the others say less: `#[utoipa::path(params(..))]`.
    Described,
}

/// Paths from the request on, in dots: `query` is `req.query`, whose attributes, keys and getters are names of inputs;
/// `get()` is a method whose argument is the name (`req.get('X-Token')`), or a function that is given the request first
/// (`getHeader(event, 'X-Token')`); the longest one that fits counts. A path that starts with a number starts at that
/// parameter of the handler, one that starts with `self.` at the handler's object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accessors {
    /// What the request is: a parameter's index (`0` when nothing is given), `self.request`, or an outside name (`flask.request`).
    #[serde(default)]
    pub request: Vec<String>,
    /// Parameters of the path.
    #[serde(default)]
    pub path: Vec<String>,
    /// Parameters of the query string.
    #[serde(default)]
    pub query: Vec<String>,
    /// Headers.
    #[serde(default)]
    pub header: Vec<String>,
    /// Cookies.
    #[serde(default)]
    pub cookie: Vec<String>,
    /// The body as JSON.
    #[serde(default)]
    pub body: Vec<String>,
    /// The body as a form.
    #[serde(default)]
    pub form: Vec<String>,
    /// Uploaded files.
    #[serde(default)]
    pub file: Vec<String>,
    /// Types of requests with what their arguments say: `path`, `query`, `header`, `body`, nothing, or `parts`, an object with a
    /// type for each (`{Body: .., Querystring: ..}`).
    #[serde(default)]
    pub typed: BTreeMap<String, Vec<String>>,
    /// Outside middleware that takes uploads; its first argument names the files (`multer().single`).
    #[serde(default)]
    pub uploads: Vec<String>,
}

/// Marks on parameters of handlers by what they take, as outside names; `x.*` is any name below `x`. A mark's first text is
/// the input's name; without one the parameter's type has the names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// For the style `described`, attributes of handlers that describe their inputs in utoipa's words, as outside names.
    #[serde(default)]
    pub describes: Vec<String>,
    /// A mark without a name takes the parameter's.
    #[serde(default)]
    pub own_name: bool,
    /// Parameters of the path.
    #[serde(default)]
    pub path: Vec<String>,
    /// Parameters of the query string.
    #[serde(default)]
    pub query: Vec<String>,
    /// Headers.
    #[serde(default)]
    pub header: Vec<String>,
    /// Cookies.
    #[serde(default)]
    pub cookie: Vec<String>,
    /// The body, or a property of it.
    #[serde(default)]
    pub body: Vec<String>,
    /// A field of a form.
    #[serde(default)]
    pub form: Vec<String>,
    /// An uploaded file.
    #[serde(default)]
    pub file: Vec<String>,
}

impl Marks {
    /// What a mark takes: `path`, `query`, `header`, `cookie`, `body`, `form` or `file`.
    pub fn place_of(&self, symbol: &str) -> Option<&'static str> {
        let lists = [
            ("path", &self.path),
            ("query", &self.query),
            ("header", &self.header),
            ("cookie", &self.cookie),
            ("body", &self.body),
            ("form", &self.form),
            ("file", &self.file),
        ];
        let fits = |word: &String| match word.strip_suffix('*') {
            Some(start) => symbol.starts_with(start),
            None => word == symbol,
        };
        lists.into_iter().find(|(_, words)| words.iter().any(fits)).map(|(kind, _)| kind)
    }
}

/// What the call that registers a route tells of it, by places among its arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tells {
    /// Schemas by the part of the request: `{body: .., querystring: ..}`.
    #[serde(default)]
    pub schemas: Option<Place>,
    /// The status of the answer.
    #[serde(default)]
    pub status: Option<Place>,
    /// Further answers by status.
    #[serde(default)]
    pub responses: Option<Place>,
    /// The type of the answer; without one the handler's return type.
    #[serde(default)]
    pub model: Option<Place>,
}

/// What a framework's handlers answer without saying so, and what says so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The status of a success.
    #[serde(default)]
    pub default: Option<u16>,
    /// The status of a success by the method, where it is another one.
    #[serde(default)]
    pub by_method: BTreeMap<String, u16>,
    /// The status of a success by the handler's name.
    #[serde(default)]
    pub by_handler: BTreeMap<String, u16>,
    /// The status of a success of handlers that classes of the framework have, by their names; others go by `by_handler`.
    #[serde(default)]
    pub inherited: BTreeMap<String, u16>,
    /// The status for what does not fit, of handlers that take anything.
    #[serde(default)]
    pub invalid: Option<u16>,
    /// Statuses of calls without one: the last name, or the last two (`Redirect.to`).
    #[serde(default)]
    pub calls: BTreeMap<String, u16>,
    /// Marks on handlers that declare answers.
    #[serde(default)]
    pub marks: Vec<AnswerMark>,
}

/// A mark that declares answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerMark {
    /// Its outside names.
    pub symbol: Vec<String>,
    /// Where the status stands.
    #[serde(default)]
    pub status: Option<Place>,
    /// The status it means without one.
    #[serde(default)]
    pub code: Option<u16>,
    /// Where the type of the body stands.
    #[serde(default)]
    pub model: Option<Place>,
    /// Where types by status stand.
    #[serde(default)]
    pub responses: Option<Place>,
}

/// A decorator of handlers that says what they take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Its outside names.
    #[serde(default)]
    pub symbol: Vec<String>,
    /// Its names as a method of one of the framework's objects.
    #[serde(default)]
    pub name: Vec<String>,
    /// Where its schema is: a class of fields, or a dictionary of them.
    pub schema: Place,
    /// Where the part of the request is named.
    #[serde(default)]
    pub location: Option<Place>,
    /// The part of the request when none is named.
    pub default: String,
}

/// How parameters of handlers bring guards.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Injects {
    /// By defaults and metadata of their types: FastAPI's `Depends`.
    Values,
    /// By their types, which extract or refuse: axum, actix, Rocket.
    Types,
}
