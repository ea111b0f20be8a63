//! Schemas of OpenAPI and JSON Schema documents, cut down to what can be compared with code: types, properties and which of them are
//! required. What they refer to stands in their place, down to a bounded depth and for a bounded number of schemas a document.

use crate::node::{Node, Value};
use crate::refs::{At, Loader};
use serde_json::{Map, Value as Json, json};

/// Levels of properties that are read.
const DEEPEST: usize = 4;
/// Schemas that are read of one document, the same one as often as it is referred to.
const MOST: usize = 200_000;
/// Marks a schema of which more stands below the deepest level.
pub const CUT: &str = "x-cut";

/// Reads the schemas of one document.
pub struct Schemas {
    left: usize,
}

impl Default for Schemas {
    fn default() -> Self {
        Schemas { left: MOST }
    }
}

impl Schemas {
    /// Whether the bound was reached.
    pub fn are_used_up(&self) -> bool {
        self.left == 0
    }

    /// A schema; an empty one where nothing is said or the bound is reached.
    pub fn read(&mut self, loader: &mut Loader<'_>, at: &At) -> Json {
        Json::Object(self.one(loader, at, 0))
    }

    fn one(&mut self, loader: &mut Loader<'_>, at: &At, depth: usize) -> Map<String, Json> {
        let mut out = Map::new();
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth > DEEPEST {
            out.insert(CUT.to_owned(), Json::Bool(true));
            return out;
        }
        let Some(at) = loader.follow(at) else { return out };
        self.words(&at.node, &mut out);
        self.parts(loader, &at, depth, &mut out);
        for part in at.node.get("allOf").map(Node::items).unwrap_or_default() {
            let part = self.one(loader, &at.with(part), depth + 1);
            merge(&mut out, part);
        }
        let ways: Vec<Json> = ["oneOf", "anyOf"]
            .iter()
            .flat_map(|key| at.node.get(key).map(Node::items).unwrap_or_default())
            .map(|way| Json::Object(self.one(loader, &at.with(way), depth + 1)))
            .collect();
        if !ways.is_empty() {
            out.insert("anyOf".to_owned(), Json::Array(ways));
        }
        out
    }

    /// What a schema says in words of its own.
    fn words(&self, node: &Node, out: &mut Map<String, Json>) {
        for key in ["type", "format"] {
            let all: Vec<&str> = match node.get(key) {
                Some(Node { value: Value::List(items), .. }) => items.iter().filter_map(Node::text).collect(),
                Some(one) => one.text().into_iter().collect(),
                None => Vec::new(),
            };
            match all.as_slice() {
                [] => {}
                [one] => drop(out.insert(key.to_owned(), json!(one))),
                many => drop(out.insert(key.to_owned(), json!(many))),
            }
        }
        for key in ["readOnly", "writeOnly"] {
            if node.get(key).is_some_and(Node::is_true) {
                out.insert(key.to_owned(), Json::Bool(true));
            }
        }
        // `{nullable: true}` beside other ways is how OpenAPI 3.0 says null.
        if node.get("nullable").is_some_and(Node::is_true) && node.entries().len() == 1 {
            out.insert("type".to_owned(), json!("null"));
        }
        let first = node.get("enum").and_then(|e| e.items().first()).or_else(|| node.get("const"));
        if let (false, Some(kind)) = (out.contains_key("type"), first.and_then(kind)) {
            out.insert("type".to_owned(), json!(kind));
        }
        match node.get("additionalProperties").map(|a| &a.value) {
            Some(Value::Bool(is_open)) => drop(out.insert("additionalProperties".to_owned(), Json::Bool(*is_open))),
            Some(Value::Map(_)) => drop(out.insert("additionalProperties".to_owned(), Json::Bool(true))),
            _ => {}
        }
        let required: Vec<&str> = node.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
        if !required.is_empty() {
            out.insert("required".to_owned(), json!(required));
        }
    }

    fn parts(&mut self, loader: &mut Loader<'_>, at: &At, depth: usize, out: &mut Map<String, Json>) {
        if let Some(properties) = at.get("properties") {
            let each = properties.node.entries();
            let read = each.iter().map(|e| (e.key.clone(), Json::Object(self.one(loader, &properties.with(&e.node), depth + 1))));
            out.insert("properties".to_owned(), Json::Object(read.collect()));
        }
        if let Some(items) = at.get("items") {
            out.insert("items".to_owned(), Json::Object(self.one(loader, &items, depth + 1)));
        }
    }
}

/// The type of a constant.
fn kind(node: &Node) -> Option<&'static str> {
    Some(match &node.value {
        Value::Text(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(text) if text.contains(['.', 'e', 'E']) => "number",
        Value::Number(_) => "integer",
        _ => return None,
    })
}

/// Adds what another part of the same schema says.
fn merge(out: &mut Map<String, Json>, part: Map<String, Json>) {
    for (key, value) in part {
        match (out.get_mut(&key), value) {
            (Some(Json::Object(known)), Json::Object(more)) => known.extend(more),
            (Some(Json::Array(known)), Json::Array(more)) if key == "required" => known.extend(more),
            (Some(Json::Bool(known)), Json::Bool(more)) => *known |= more,
            (Some(_), _) => {}
            (None, value) => drop(out.insert(key, value)),
        }
    }
}
