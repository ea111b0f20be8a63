//! Where a framework's requests carry what their handlers take.

use serde::Deserialize;

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
}
