//! A folder of GraphQL schemas in the schema definition language (<https://spec.graphql.org/October2021/>): for each place that
//! serves operations the schema that the code gives, and the schemas that stand in the tree, unchanged, below `contracts/`.
//!
//! Every type that is named is declared, and there is always a query. A type that the code does not say is the scalar `Unknown`.

use super::soap::{handed_on, missing};
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{ContractKind, Endpoint, Protocol};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub struct Graphql;

/// So many types are declared, and schemas are followed so deep.
const MAX_TYPES: usize = 2_000;
const MAX_DEPTH: usize = 48;

impl Exporter for Graphql {
    fn name(&self) -> &'static str {
        "graphql"
    }
    fn about(&self) -> &'static str {
        "Folder of GraphQL schemas (SDL)"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let own = schemas(input).into_iter().map(|(service, mount, sdl)| (file_name(input, service, mount), sdl));
        let handed = handed_on(input, ContractKind::Graphql).into_iter().map(|(name, text)| (format!("contracts/{name}"), text));
        let files: BTreeMap<String, String> = own.chain(handed).collect();
        let mut left_out = missing(input, ContractKind::Graphql);
        let others = input.catalog.endpoints.iter().filter(|e| e.protocol != Protocol::Graphql).count();
        if others > 0 {
            left_out.push((others, "another protocol than GraphQL"));
        }
        Exported::folder(files, left_out)
    }
}

/// The name of the file of a schema.
pub fn file_name(input: &Input<'_>, service: &str, mount: &str) -> String {
    let mount = escape::file(mount.trim_matches('/'));
    let rest = if mount == "graphql" || mount == "service" { String::new() } else { format!("-{mount}") };
    format!("{}{rest}.graphql", super::folder(input, service))
}

/// The schemas by service and place.
pub fn schemas<'a>(input: &Input<'a>) -> Vec<(&'a str, &'a str, String)> {
    let mut places: BTreeMap<(&str, &str), Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in input.catalog.endpoints.iter().filter(|e| e.protocol == Protocol::Graphql) {
        if let Some((mount, _)) = endpoint.path.split_once('#') {
            places.entry((endpoint.service.as_str(), mount)).or_default().push(endpoint);
        }
    }
    let known = &input.catalog.schemas;
    places.into_iter().map(|((service, mount), endpoints)| (service, mount, Sdl::new(known).write(&endpoints))).collect()
}

struct Sdl<'a> {
    known: &'a BTreeMap<String, Value>,
    /// Declared types by name; inputs and outputs have names of their own.
    types: BTreeMap<String, String>,
    scalars: BTreeSet<&'static str>,
    depth: usize,
}

impl<'a> Sdl<'a> {
    fn new(known: &'a BTreeMap<String, Value>) -> Self {
        Sdl { known, types: BTreeMap::new(), scalars: BTreeSet::new(), depth: 0 }
    }

    fn write(mut self, endpoints: &[&Endpoint]) -> String {
        let mut out = String::new();
        for (method, name) in [("QUERY", "Query"), ("MUTATION", "Mutation"), ("SUBSCRIPTION", "Subscription")] {
            let own = endpoints.iter().filter(|e| e.method == method);
            let fields: BTreeMap<String, String> = own.filter_map(|e| self.field(e)).collect();
            if !fields.is_empty() {
                let lines: String = fields.into_values().collect();
                out.push_str(&format!("type {name} {{\n{lines}}}\n\n"));
            } else if name == "Query" {
                out.push_str("type Query {\n  _: Boolean\n}\n\n");
            }
        }
        for (_, declared) in std::mem::take(&mut self.types) {
            out.push_str(&declared);
            out.push('\n');
        }
        for scalar in &self.scalars {
            out.push_str(&format!("scalar {scalar}\n"));
        }
        format!("{}\n", out.trim_end())
    }

    fn field(&mut self, endpoint: &Endpoint) -> Option<(String, String)> {
        let name = identifier(endpoint.path.split_once('#')?.1);
        let mut seen = BTreeSet::new();
        let mut arguments = Vec::new();
        for parameter in &endpoint.parameters {
            let argument = identifier(&parameter.name);
            if !seen.insert(argument.clone()) {
                continue;
            }
            let kind = match (&parameter.schema, parameter.type_name.as_deref().and_then(built_in)) {
                (_, Some(kind)) => kind,
                (Some(schema), None) => self.kind(schema, true, &argument),
                (None, None) => self.unknown(),
            };
            let mark = if parameter.required && !kind.ends_with('!') { "!" } else { "" };
            arguments.push(format!("{argument}: {kind}{mark}"));
        }
        let answer = endpoint.responses.iter().find_map(|r| r.schema.as_ref());
        let kind = match answer {
            Some(schema) => self.kind(schema, false, &name),
            None => self.unknown(),
        };
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let doc = endpoint.summary.as_deref().map(|s| format!("  {}\n", text(s))).unwrap_or_default();
        let old = if endpoint.lifecycle.deprecated { " @deprecated" } else { "" };
        Some((name.clone(), format!("{doc}  {name}{arguments}: {kind}{old}\n")))
    }

    fn unknown(&mut self) -> String {
        self.scalars.insert("Unknown");
        "Unknown".to_owned()
    }

    /// The type of a schema; `takes` for what is sent, as inputs and outputs are different types.
    fn kind(&mut self, schema: &Value, takes: bool, name: &str) -> String {
        if self.depth > MAX_DEPTH {
            return self.unknown();
        }
        self.depth += 1;
        let kind = self.kind_of(schema, takes, name);
        self.depth -= 1;
        kind
    }

    fn kind_of(&mut self, schema: &Value, takes: bool, name: &str) -> String {
        let Some(object) = schema.as_object() else { return self.unknown() };
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            let known = self.known;
            let Some((name, schema)) = target.strip_prefix("#/schemas/").and_then(|n| known.get_key_value(n)) else {
                return self.unknown();
            };
            return self.named(name, schema, takes);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            let is_null = |s: &&Value| s.get("type").and_then(Value::as_str) != Some("null");
            let parts: Vec<&Value> = object.get(key).and_then(Value::as_array).into_iter().flatten().filter(is_null).collect();
            match parts.as_slice() {
                [] => {}
                [one] => return self.kind(one, takes, name),
                _ => return self.unknown(),
            }
        }
        match crate::sample::type_of(object) {
            "integer" => "Int".to_owned(),
            "number" => "Float".to_owned(),
            "boolean" => "Boolean".to_owned(),
            "array" => match object.get("items") {
                Some(items) => format!("[{}]", self.kind(items, takes, name)),
                None => format!("[{}]", self.unknown()),
            },
            "object" if object.contains_key("properties") => self.named(name, schema, takes),
            "string" if object.contains_key("type") || object.contains_key("enum") => "String".to_owned(),
            _ => self.unknown(),
        }
    }

    fn named(&mut self, name: &str, schema: &Value, takes: bool) -> String {
        let properties = schema.get("properties").and_then(Value::as_object);
        let Some(properties) = properties.filter(|p| !p.is_empty() && self.types.len() < MAX_TYPES) else {
            return if properties.is_some() || crate::sample::type_of(&as_map(schema)) == "object" {
                self.unknown()
            } else {
                self.kind(schema, takes, name)
            };
        };
        let mut word = identifier(name);
        if let Some(first) = word.chars().next() {
            word.replace_range(..first.len_utf8(), &first.to_ascii_uppercase().to_string());
        }
        let root = ["Query", "Mutation", "Subscription", "Int", "Float", "String", "Boolean", "ID", "Unknown"];
        let word = if takes {
            format!("{word}Input")
        } else if root.contains(&word.as_str()) {
            format!("{word}Type")
        } else {
            word
        };
        if !self.types.contains_key(&word) {
            // A place is kept while it is written, so that a type may hold itself.
            self.types.insert(word.clone(), String::new());
            let mut fields: BTreeMap<String, String> = BTreeMap::new();
            for (field, schema) in properties {
                let field = identifier(field);
                let kind = self.kind(schema, takes, &format!("{word}_{field}"));
                fields.entry(field).or_insert(kind);
            }
            let lines: String = fields.into_iter().map(|(field, kind)| format!("  {field}: {kind}\n")).collect();
            let keyword = if takes { "input" } else { "type" };
            self.types.insert(word.clone(), format!("{keyword} {word} {{\n{lines}}}\n"));
        }
        word
    }
}

fn as_map(schema: &Value) -> serde_json::Map<String, Value> {
    schema.as_object().cloned().unwrap_or_default()
}

/// A type of GraphQL's own, as it may stand in code: `ID!`, `[String!]!`.
fn built_in(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !"[]!".contains(*c)).collect();
    let balanced = text.matches('[').count() == text.matches(']').count();
    (["Int", "Float", "String", "Boolean", "ID"].contains(&bare.as_str()) && balanced && text.matches('[').count() <= 1)
        .then(|| text.to_owned())
}

/// A name of GraphQL: `/[_A-Za-z][_0-9A-Za-z]*/`, without the two underscores that introspection has for itself.
fn identifier(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let plain = if plain.starts_with("__") { plain.trim_start_matches('_').to_owned() } else { plain };
    if plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { plain } else { format!("_{plain}") }
}

/// A description.
fn text(summary: &str) -> String {
    format!("\"{}\"", escape::line(summary).replace('\\', "\\\\").replace('"', "\\\""))
}
