//! Compares parameters and bodies of a catalog with the OpenAPI document that the application gives at run time
//! (`testdata/shape/NAME.json`, made by `testdata/oracle/shape.py`).
//!
//! Only operations that both have are compared. Parameters are compared by place and name, their types and whether they are
//! required where both have them; bodies by the names of their properties down to the second level. What the document says
//! a body is (`application/json`) is compared apart, and so are the statuses of answers.

use crate::score::{path_key, ratio};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Levels of properties that are compared.
const LEVELS: usize = 2;
/// References are followed so deep.
const MAX_DEPTH: usize = 12;

/// What the application says of itself.
#[derive(Debug, Deserialize)]
pub struct Truth {
    operations: BTreeMap<String, Operation>,
}

#[derive(Debug, Default, Deserialize)]
struct Operation {
    /// `place name` with a `!` if it is required, to its types.
    parameters: BTreeMap<String, String>,
    /// Media type to its properties, in the same shape.
    bodies: BTreeMap<String, BTreeMap<String, String>>,
    responses: Vec<u16>,
}

/// What a scan found.
#[derive(Debug, Deserialize)]
pub struct Catalog {
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    schemas: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    protocol: String,
    method: String,
    path: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    bodies: Vec<Body>,
    #[serde(default)]
    responses: Vec<Response>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    #[serde(rename = "in")]
    place: String,
    name: String,
    #[serde(rename = "type", default)]
    word: Option<String>,
    required: bool,
    #[serde(default)]
    schema: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Body {
    content_type: String,
    schema: Value,
}

#[derive(Debug, Deserialize)]
struct Response {
    status: u16,
    /// Read off the code: what documents leave out, and right where they have it.
    #[serde(default)]
    inferred: bool,
}

/// A figure of names: how many are wanted, found and right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// In the document.
    pub wanted: usize,
    /// In the catalog.
    pub found: usize,
    /// In both.
    pub right: usize,
}

/// The figures of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Operations that both have.
    pub operations: usize,
    /// Places and names of parameters.
    pub parameters: Names,
    /// Of the right parameters, those whose type is right, and those with a type in the document.
    pub types: (usize, usize),
    /// Of the right parameters and properties, those that are rightly required or not, and all.
    pub required: (usize, usize),
    /// Media types of bodies.
    pub media: Names,
    /// Properties of bodies.
    pub properties: Names,
    /// Of the right properties, those whose type is right, and those with a type in the document.
    pub property_types: (usize, usize),
    /// Statuses of answers.
    pub statuses: Names,
    /// What differs: a line each.
    pub differences: Vec<String>,
}

impl Names {
    fn add(&mut self, wanted: &BTreeSet<String>, found: &BTreeSet<String>) {
        self.wanted += wanted.len();
        self.found += found.len();
        self.right += wanted.intersection(found).count();
    }
    /// Right of found, right of wanted.
    pub fn figures(&self) -> (f64, f64) {
        (ratio(self.right, self.found), ratio(self.right, self.wanted))
    }
}

/// Name to whether it is required and its types.
type Facts = BTreeMap<String, (bool, BTreeSet<String>)>;

/// Compares a catalog with what the application says.
pub fn compare(truth: &Truth, catalog: &Catalog) -> Shape {
    let mut shape = Shape::default();
    let mut found: BTreeMap<(String, String), Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in catalog.endpoints.iter().filter(|e| e.protocol == "http") {
        found.entry((endpoint.method.clone(), path_key(&endpoint.path))).or_default().push(endpoint);
    }
    for (name, operation) in &truth.operations {
        let Some((method, path)) = name.split_once(' ') else { continue };
        let path = path_key(path);
        let hit = found.get(&(method.to_owned(), path.clone())).or_else(|| found.get(&("ANY".to_owned(), path)));
        // Of several services that have it, the document is of the one that is most like it.
        let likeness = |e: &&&Endpoint| e.parameters.iter().filter(|p| facts(&operation.parameters).contains_key(&key(p))).count();
        let Some(endpoint) = hit.and_then(|all| all.iter().rev().max_by_key(likeness)) else { continue };
        shape.operations += 1;
        shape.one(name, operation, endpoint, &catalog.schemas);
    }
    shape
}

impl Shape {
    fn one(&mut self, name: &str, operation: &Operation, endpoint: &Endpoint, schemas: &BTreeMap<String, Value>) {
        let path = name.split_once(' ').map_or(name, |(_, path)| path);
        let wanted: Facts = facts(&operation.parameters).into_iter().map(|(k, v)| (placed(&k, path), v)).collect();
        // What the application takes and leaves out of its document on purpose can't be compared.
        let is_told = |p: &&Parameter| p.schema.as_ref().is_none_or(|s| s.get("x-undocumented").is_none());
        let found = endpoint.parameters.iter().filter(is_told);
        let found: Facts = found.map(|p| (placed(&key(p), &endpoint.path), (p.required, of_parameter(p, schemas)))).collect();
        let (a, b) = (names(&wanted), names(&found));
        self.parameters.add(&a, &b);
        self.differ(name, "parameter", &a, &b);
        let mut types = self.types;
        self.facts(name, &wanted, &found, &mut types);
        self.types = types;
        self.media.add(&operation.bodies.keys().cloned().collect(), &endpoint.bodies.iter().map(|b| b.content_type.clone()).collect());
        let (mut wanted, mut found) = (Facts::new(), Facts::new());
        for body in operation.bodies.values() {
            add(&mut wanted, facts(body));
        }
        for body in &endpoint.bodies {
            add(&mut found, properties(&body.schema, schemas, 1, 0));
        }
        let (a, b) = (names(&wanted), names(&found));
        self.properties.add(&a, &b);
        self.differ(name, "property", &a, &b);
        let mut types = self.property_types;
        self.facts(name, &wanted, &found, &mut types);
        self.property_types = types;
        let statuses = |all: Vec<u16>| all.iter().map(ToString::to_string).collect();
        let declared = endpoint.responses.iter().filter(|r| !r.inferred || operation.responses.contains(&r.status));
        self.statuses.add(&statuses(operation.responses.clone()), &statuses(declared.map(|r| r.status).collect()));
    }

    fn differ(&mut self, name: &str, what: &str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) {
        self.differences.extend(wanted.difference(found).map(|k| format!("missing {what:9} {name}  {k}")));
        self.differences.extend(found.difference(wanted).map(|k| format!("extra   {what:9} {name}  {k}")));
    }

    fn facts(&mut self, name: &str, wanted: &Facts, found: &Facts, types: &mut (usize, usize)) {
        for (key, (required, kinds)) in wanted {
            let Some((also, got)) = found.get(key) else { continue };
            self.required.1 += 1;
            self.required.0 += usize::from(required == also);
            if required != also {
                self.differences.push(format!("required          {name}  {key}: {also}, not {required}"));
            }
            if kinds.is_empty() {
                continue;
            }
            types.1 += 1;
            types.0 += usize::from(kinds == got);
            if kinds != got {
                self.differences.push(format!("type              {name}  {key}: {got:?}, not {kinds:?}"));
            }
        }
    }
}

fn key(parameter: &Parameter) -> String {
    let name = if parameter.place == "header" { parameter.name.to_lowercase() } else { parameter.name.clone() };
    format!("{} {name}", parameter.place)
}

/// The key of a parameter of a path by its position: documents written by hand name them otherwise.
fn placed(key: &str, path: &str) -> String {
    let Some(name) = key.strip_prefix("path ") else { return key.to_owned() };
    let names = path.split('{').skip(1).filter_map(|part| part.split(['}', ':']).next());
    match names.clone().position(|n| n == name) {
        Some(at) => format!("path {at}"),
        None => key.to_owned(),
    }
}

/// Adds what isn't there yet.
fn add(into: &mut Facts, more: Facts) {
    for (name, facts) in more {
        into.entry(name).or_insert(facts);
    }
}

fn names(facts: &Facts) -> BTreeSet<String> {
    facts.keys().cloned().collect()
}

fn facts(all: &BTreeMap<String, String>) -> Facts {
    let types = |text: &str| text.split('|').filter(|t| !t.is_empty()).map(str::to_owned).collect();
    all.iter().map(|(k, v)| (k.trim_end_matches('!').to_owned(), (k.ends_with('!'), types(v)))).collect()
}

/// The types of a parameter: those of its schema, or of its framework's word.
fn of_parameter(parameter: &Parameter, schemas: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let said = parameter.schema.as_ref().map(|s| kinds(s, schemas, 0)).unwrap_or_default();
    if !said.is_empty() {
        return said;
    }
    let word = match parameter.word.as_deref() {
        Some("int" | "integer") => "integer",
        Some("float" | "number") => "number",
        Some("str" | "string" | "uuid" | "path" | "slug") => "string",
        _ => return said,
    };
    [word.to_owned()].into()
}

/// A schema behind its references.
fn resolved<'s>(mut schema: &'s Value, schemas: &'s BTreeMap<String, Value>) -> &'s Value {
    for _ in 0..MAX_DEPTH {
        match schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/schemas/")).and_then(|n| schemas.get(n)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

fn parts(schema: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|k| schema.get(k).and_then(Value::as_array).into_iter().flatten().map(move |p| (k, p)))
}

/// The JSON types that a schema allows, null aside.
fn kinds(schema: &Value, schemas: &BTreeMap<String, Value>, depth: usize) -> BTreeSet<String> {
    let schema = resolved(schema, schemas);
    let mut out: BTreeSet<String> = match schema.get("type") {
        Some(Value::String(one)) => [one.clone()].into(),
        Some(Value::Array(all)) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => BTreeSet::new(),
    };
    if out.is_empty() && depth < MAX_DEPTH {
        parts(schema).for_each(|(_, part)| out.extend(kinds(part, schemas, depth + 1)));
    }
    if out.is_empty() && schema.get("properties").is_some() {
        out.insert("object".to_owned());
    }
    if out.is_empty() {
        let kind = |v: &Value| match v {
            Value::String(_) => Some("string".to_owned()),
            Value::Bool(_) => Some("boolean".to_owned()),
            Value::Number(n) => Some(if n.is_f64() { "number".to_owned() } else { "integer".to_owned() }),
            _ => None,
        };
        out.extend(schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const")).filter_map(kind));
    }
    out.remove("null");
    out
}

/// The properties of a body that a request may give.
fn properties(schema: &Value, schemas: &BTreeMap<String, Value>, level: usize, depth: usize) -> Facts {
    let schema = resolved(schema, schemas);
    let mut out = Facts::new();
    if depth > MAX_DEPTH {
        return out;
    }
    for (key, part) in parts(schema) {
        // Of an object or nothing the object's properties count.
        let says = |p: &&Value| p.get("$ref").is_some() || !kinds(p, schemas, 0).is_empty();
        let is_alone = schema.get(key).and_then(Value::as_array).is_some_and(|all| all.iter().filter(says).count() == 1);
        for (name, (required, types)) in properties(part, schemas, level, depth + 1) {
            out.entry(name).or_insert((required && (key == "allOf" || is_alone), types));
        }
    }
    let required: Vec<&str> = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if inner.get("readOnly") == Some(&Value::Bool(true)) {
            continue;
        }
        out.insert(name.clone(), (required.contains(&name.as_str()), kinds(inner, schemas, 0)));
        if level < LEVELS {
            for (below, facts) in properties(inner, schemas, level + 1, depth + 1) {
                out.insert(format!("{name}.{below}"), facts);
            }
        }
    }
    if let Some(items) = schema.get("items") {
        add(&mut out, properties(items, schemas, level, depth + 1));
    }
    out
}

/// The table of the README.
pub fn table(rows: &[(String, Shape)]) -> String {
    let mut out = String::from(
        "| Application | Operations | Parameters | Precision | Recall | Required | Types | Properties | Precision | Recall | Types |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (name, shape) in rows {
        let ((p, r), (pp, pr)) = (shape.parameters.figures(), shape.properties.figures());
        let part = |(a, b): (usize, usize)| ratio(a, b);
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {p:.3} | {r:.3} | {:.3} | {:.3} | {} | {pp:.3} | {pr:.3} | {:.3} |",
            shape.operations,
            shape.parameters.wanted,
            part(shape.required),
            part(shape.types),
            shape.properties.wanted,
            part(shape.property_types),
        );
    }
    out
}

/// The figures that the table leaves out.
pub fn extra(shape: &Shape) -> String {
    let ((mp, mr), (sp, sr)) = (shape.media.figures(), shape.statuses.figures());
    format!(
        "media types: precision {mp:.3}, recall {mr:.3} of {}; statuses: precision {sp:.3}, recall {sr:.3} of {}",
        shape.media.wanted, shape.statuses.wanted
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn compares_names_types_and_what_is_required() {
        let truth: Truth = serde_json::from_value(json!({"operations": {"POST /a/{b}": {
            "parameters": {"path b!": "integer", "query q": "string", "header x-y!": "string"},
            "bodies": {"application/json": {"name!": "string", "in.at": "", "in": "object"}}, "responses": [200]
        }, "GET /nowhere": {"parameters": {"query z": ""}, "bodies": {}, "responses": []}}}))
        .unwrap();
        let catalog: Catalog = serde_json::from_value(json!({"endpoints": [{"protocol": "http", "method": "POST", "path": "/a/{b}/",
            "parameters": [{"in": "path", "name": "b", "type": "int", "required": true},
                {"in": "header", "name": "X-Y", "required": false, "schema": {"type": ["string", "null"]}},
                {"in": "query", "name": "other", "required": false}],
            "bodies": [{"content_type": "application/json", "schema": {"$ref": "#/schemas/A"}}]}],
            "schemas": {"A": {"properties": {"name": {"type": "integer"}, "in": {"anyOf": [{"$ref": "#/schemas/B"}, {"type": "null"}]}}, "required": ["name"]},
                "B": {"properties": {"at": {}, "a": {"$ref": "#/schemas/A"}}}}}))
        .unwrap();
        let shape = compare(&truth, &catalog);
        assert_eq!((shape.operations, shape.parameters), (1, Names { wanted: 3, found: 3, right: 2 }));
        assert_eq!((shape.types, shape.required), ((2, 2), (4, 5)));
        assert_eq!((shape.properties, shape.property_types), (Names { wanted: 3, found: 4, right: 3 }, (1, 2)));
        assert_eq!(shape.statuses, Names { wanted: 1, found: 0, right: 0 });
    }
}
