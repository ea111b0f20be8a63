//! Endpoints as requests: one operation a method, with a template that every format can use, plain parameters and a body
//! that may be sent.

use crate::Input;
use crate::escape;
use crate::sample::Sampler;
use apicensus_catalog::{Catalog, Endpoint, ParameterIn, PathState, Protocol, SensitiveClass};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Words of a path or a handler's name that say it destroys data or stops the service.
const DESTRUCTIVE: &[&str] = &[
    "delete",
    "destroy",
    "drop",
    "reset",
    "purge",
    "wipe",
    "truncate",
    "shutdown",
    "restart",
    "reboot",
    "kill",
    "terminate",
    "createdb",
    "initdb",
    "populate",
    "format",
    "erase",
    "remove",
    "flush",
    "clear",
];

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Where: path, query, header or cookie.
    pub location: ParameterIn,
    /// Its name; in a path unique and plain.
    pub name: String,
    /// Its JSON Schema; references are `#/schemas/Name`.
    pub schema: Value,
    /// A request without it is refused.
    pub required: bool,
    /// It may hold slashes.
    pub catch_all: bool,
    /// A value for it.
    pub sample: Value,
}

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its media type.
    pub content_type: String,
    /// Its JSON Schema.
    pub schema: Value,
    /// A request without it is refused.
    pub required: bool,
    /// A value for it; none when nothing is known of it.
    pub sample: Option<Value>,
}

/// A request that an endpoint takes.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// A method in upper case, never `ANY`.
    pub method: String,
    /// The endpoint takes any method; this one was chosen.
    pub is_chosen: bool,
    /// The path, `{name}` for parameters, each name once and plain.
    pub path: String,
    /// Its parameters, those of the path first and in order.
    pub parameters: Vec<Parameter>,
    /// Its bodies.
    pub bodies: Vec<Body>,
    /// A name for it, unique in the catalog.
    pub id: String,
    /// It may destroy data or stop the service.
    pub is_destructive: bool,
}

/// The operations of what was selected, in its order, and what can't be one: how many endpoints and why. Of one URL, a method
/// and path is one operation.
pub fn operations<'a>(input: &Input<'a>) -> (Vec<Operation<'a>>, Vec<(usize, &'static str)>) {
    gathered(input.catalog, &|service| input.host(service).to_owned())
}

/// The same for a format in which all services are one.
pub fn merged_operations<'a>(input: &Input<'a>) -> (Vec<Operation<'a>>, Vec<(usize, &'static str)>) {
    gathered(input.catalog, &|_| String::new())
}

fn gathered<'a>(catalog: &'a Catalog, host: &dyn Fn(&str) -> String) -> (Vec<Operation<'a>>, Vec<(usize, &'static str)>) {
    let mut out: Vec<Operation<'_>> = Vec::new();
    let mut left: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut shapes: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for endpoint in &catalog.endpoints {
        if let Some(reason) = unsendable(endpoint) {
            *left.entry(reason).or_default() += 1;
            continue;
        }
        let (mut path, mut parameters) = template(endpoint);
        // Templates of the same shape are one path; the names of the first count.
        let shape = (host(&endpoint.service), blank(&path));
        let first = shapes.entry(shape.clone()).or_insert_with(|| path.clone()).clone();
        if first != path {
            for (parameter, name) in parameters.iter_mut().zip(names(&first)) {
                parameter.name = name;
            }
            path = first;
        }
        let sampler = sampler(endpoint, catalog);
        others(endpoint, &sampler, &mut parameters);
        for (method, is_chosen) in methods(endpoint) {
            if !is_token(&method) {
                *left.entry("its method is no word that HTTP takes").or_default() += 1;
            } else if taken.insert((shape.clone(), method.clone())) {
                let id = unique(&mut ids, endpoint, &method);
                let bodies = bodies(endpoint, &sampler, &method);
                let is_destructive = is_destructive(endpoint, &method);
                let parameters = parameters.clone();
                out.push(Operation { endpoint, method, is_chosen, path: path.clone(), parameters, bodies, id, is_destructive });
            } else if !is_chosen {
                *left.entry("another endpoint has the same method and path; export its service by itself").or_default() += 1;
            }
        }
    }
    (out, left.into_iter().map(|(reason, count)| (count, reason)).collect())
}

/// Whether a method is one that HTTP can send (RFC 9110, 5.6.2).
fn is_token(method: &str) -> bool {
    !method.is_empty() && method.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// What samples of an endpoint are made with: the schemas, and the classes of its fields.
fn sampler<'a>(endpoint: &Endpoint, catalog: &'a Catalog) -> Sampler<'a> {
    let fields = endpoint.sensitive.iter().filter(|s| !s.place.starts_with("response"));
    let parameters = endpoint.parameters.iter().filter_map(|p| Some((p.name.clone(), p.sensitive.as_ref()?.class)));
    let last = |place: &str| place.rsplit('.').next().unwrap_or_default().trim_end_matches("[]").to_owned();
    let classes: BTreeMap<String, SensitiveClass> = fields.map(|s| (last(&s.place), s.class)).chain(parameters).collect();
    Sampler::new(&catalog.schemas, classes)
}

/// Why no request can be made of an endpoint.
fn unsendable(endpoint: &Endpoint) -> Option<&'static str> {
    match endpoint.protocol {
        Protocol::Http => {}
        Protocol::WebSocket => return Some("WebSocket"),
        Protocol::Grpc | Protocol::Graphql | Protocol::Soap | Protocol::JsonRpc => return Some("another protocol than HTTP"),
    }
    match endpoint.path_state {
        PathState::Exact if endpoint.path.contains("{?") => Some("a part of the path is not known"),
        PathState::Exact => None,
        PathState::Partial if endpoint.path.contains("{?") => Some("a part of the path is not known"),
        PathState::Partial => None,
        PathState::Pattern => Some("the path is a regular expression"),
    }
}

/// What a format without dangerous requests leaves out: how many there are, and why.
pub fn destructive(operations: &[Operation<'_>]) -> Option<(usize, &'static str)> {
    left_as_destructive(operations.iter().filter(|o| o.is_destructive).count())
}

/// That so many are left out because they may destroy data; nothing for none.
pub fn left_as_destructive(count: usize) -> Option<(usize, &'static str)> {
    (count > 0).then_some((count, "it may destroy data or stop the service"))
}

/// Whether a request may destroy data or stop the service.
pub fn is_destructive(endpoint: &Endpoint, method: &str) -> bool {
    let symbol = endpoint.handler.as_ref().map_or("", |h| h.symbol.as_str());
    let spaced: String = symbol
        .chars()
        .chain([' '])
        .chain(endpoint.path.chars())
        .flat_map(|c| if c.is_uppercase() { vec![' ', c.to_ascii_lowercase()] } else { vec![c] })
        .collect();
    method == "DELETE" || spaced.split(|c: char| !c.is_alphanumeric()).any(|word| DESTRUCTIVE.contains(&word))
}

/// The methods of an endpoint; for one that takes any, the usual ones.
fn methods(endpoint: &Endpoint) -> Vec<(String, bool)> {
    if endpoint.method != "ANY" && endpoint.method != "*" {
        return vec![(endpoint.method.clone(), false)];
    }
    let mut out = vec![("GET".to_owned(), true)];
    if !endpoint.bodies.is_empty() {
        out.push(("POST".to_owned(), true));
    }
    out
}

/// The path with plain, unique names, and its parameters.
fn template(endpoint: &Endpoint) -> (String, Vec<Parameter>) {
    let known: Vec<_> = endpoint.parameters.iter().filter(|p| p.location == ParameterIn::Path).collect();
    let mut at = 0;
    let mut out = String::new();
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut rest = endpoint.path.as_str();
    while let Some(start) = rest.find(['{', '*']) {
        out.push_str(&rest[..start].replace('}', "%7D"));
        let is_star = rest[start..].starts_with('*');
        let (name, after) =
            if is_star { ("rest", &rest[start + 1..]) } else { rest[start + 1..].split_once('}').unwrap_or((&rest[start + 1..], "")) };
        let said = known.get(at);
        at += 1;
        let mut name = escape::identifier(if name.is_empty() { "rest" } else { name }).replace('.', "_");
        let mut number = 2;
        while parameters.iter().any(|p| p.name == name) {
            name = format!("{}_{number}", name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_'));
            number += 1;
        }
        out.push_str(&format!("{{{name}}}"));
        let schema = said.map_or_else(|| json!({"type": "string"}), |p| parameter_schema(p));
        let catch_all = said.is_some_and(|p| p.catch_all) || is_star;
        let sample = Sampler::new(&Default::default(), BTreeMap::new()).of(&schema, &name);
        parameters.push(Parameter { location: ParameterIn::Path, name, schema, required: true, catch_all, sample });
        rest = after;
    }
    out.push_str(&rest.replace('}', "%7D"));
    let mut path: String = out.chars().map(|c| if c == '?' || c == '#' || c.is_control() { '_' } else { c }).collect();
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    (path, parameters)
}

/// The JSON Schema of a parameter: what is declared, else what its type's name says.
fn parameter_schema(parameter: &apicensus_catalog::Parameter) -> Value {
    let mut schema = match (&parameter.schema, parameter.type_name.as_deref()) {
        (Some(schema), _) => schema.clone(),
        (None, Some(name)) => of_type_name(name),
        (None, None) => json!({"type": "string"}),
    };
    if let (Some(pattern), Some(object)) = (&parameter.pattern, schema.as_object_mut())
        && object.get("type") == Some(&json!("string"))
    {
        object.entry("pattern").or_insert_with(|| json!(pattern));
    }
    schema
}

fn of_type_name(name: &str) -> Value {
    match name.to_ascii_lowercase().as_str() {
        "int" | "integer" | "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" | "long" => {
            json!({"type": "integer"})
        }
        "float" | "number" | "double" | "f32" | "f64" | "decimal" => json!({"type": "number"}),
        "bool" | "boolean" => json!({"type": "boolean"}),
        "uuid" => json!({"type": "string", "format": "uuid"}),
        "date" => json!({"type": "string", "format": "date"}),
        "datetime" | "date-time" => json!({"type": "string", "format": "date-time"}),
        "email" => json!({"type": "string", "format": "email"}),
        _ => json!({"type": "string"}),
    }
}

/// Adds the parameters outside of the path, each once; headers that HTTP itself has are left to the client.
fn others(endpoint: &Endpoint, sampler: &Sampler<'_>, into: &mut Vec<Parameter>) {
    for one in &endpoint.parameters {
        let is_own = match one.location {
            ParameterIn::Query | ParameterIn::Cookie => true,
            ParameterIn::Header => !["accept", "content-type", "authorization"].contains(&one.name.to_ascii_lowercase().as_str()),
            ParameterIn::Path | ParameterIn::Body | ParameterIn::Form | ParameterIn::File | ParameterIn::Argument => false,
        };
        let name = if one.location == ParameterIn::Header { escape::header(&one.name) } else { one.name.clone() };
        let same = |p: &Parameter| {
            p.location == one.location
                && if one.location == ParameterIn::Header { p.name.eq_ignore_ascii_case(&name) } else { p.name == name }
        };
        if !is_own || name.is_empty() || into.iter().any(same) {
            continue;
        }
        let schema = parameter_schema(one);
        let sample = sampler.of(&schema, &name);
        into.push(Parameter { location: one.location, name, schema, required: one.required, catch_all: false, sample });
    }
}

/// The bodies of a method that has one; fields that stand among the parameters make a form.
fn bodies(endpoint: &Endpoint, sampler: &Sampler<'_>, method: &str) -> Vec<Body> {
    if matches!(method, "GET" | "HEAD" | "TRACE") {
        return Vec::new();
    }
    let mut out: Vec<Body> = Vec::new();
    let mut push = |content_type: &str, schema: Value, required: bool| {
        let content_type = escape::line(content_type);
        if !content_type.is_empty() && !out.iter().any(|b| b.content_type == content_type) {
            let sample = Some(sampler.of(&schema, "")).filter(|_| says_something(&schema));
            out.push(Body { content_type, schema, required, sample });
        }
    };
    for body in &endpoint.bodies {
        push(&body.content_type, body.schema.clone(), body.required);
    }
    let fields: Vec<_> =
        endpoint.parameters.iter().filter(|p| matches!(p.location, ParameterIn::Body | ParameterIn::Form | ParameterIn::File)).collect();
    if !fields.is_empty() {
        let has = |wanted: ParameterIn| fields.iter().any(|p| p.location == wanted);
        let content_type = if has(ParameterIn::File) {
            "multipart/form-data"
        } else if has(ParameterIn::Form) {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        let properties: Map<String, Value> = fields.iter().map(|p| (p.name.clone(), parameter_schema(p))).collect();
        let required: Vec<&str> = fields.iter().filter(|p| p.required).map(|p| p.name.as_str()).collect();
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        push(content_type, schema, !required.is_empty());
    }
    out
}

/// Whether a schema says anything of a value.
pub fn says_something(schema: &Value) -> bool {
    schema.as_object().is_some_and(|o| o.keys().any(|k| !k.starts_with("x-") && k != "description" && k != "title"))
}

/// A name from the handler, else from method and path.
fn unique(taken: &mut BTreeSet<String>, endpoint: &Endpoint, method: &str) -> String {
    let symbol = endpoint.handler.as_ref().map_or("", |h| h.symbol.as_str());
    let words = if symbol.is_empty() { format!("{}_{}", method.to_ascii_lowercase(), endpoint.path) } else { symbol.to_owned() };
    let plain: String = words.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let base = plain.split('_').filter(|w| !w.is_empty()).collect::<Vec<_>>().join("_");
    let base = if base.is_empty() { method.to_ascii_lowercase() } else { base };
    let mut id = base.clone();
    if taken.contains(&id) {
        id = format!("{base}_{}", method.to_ascii_lowercase());
    }
    let mut number = 2;
    while !taken.insert(id.clone()) {
        id = format!("{base}_{number}");
        number += 1;
    }
    id
}

/// A template without the names of its parameters.
fn blank(path: &str) -> String {
    path.split('{')
        .enumerate()
        .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("{{{}", part.split_once('}').map_or("", |p| p.1)) })
        .collect()
}

fn names(path: &str) -> Vec<String> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|p| p.0.to_owned())).collect()
}
