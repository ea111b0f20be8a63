//! Odd shapes of paths, methods, parameters, bodies, answers and schemas give documents that keep the rules of OpenAPI, and no format
//! stumbles over them.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::Catalog;
use apicensus_export::{Content, EXPORTERS, OpenApiVersion, Options, Profile, export};
use serde_json::Value;
use std::collections::BTreeSet;

fn catalog() -> Catalog {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/exports/shapes.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn documents() -> Vec<Value> {
    let mut out = Vec::new();
    for openapi in [OpenApiVersion::V30, OpenApiVersion::V31, OpenApiVersion::V32] {
        for profile in [Profile::Full, Profile::Dast] {
            let options = Options { openapi, profile, ..Options::default() };
            out.push(serde_json::from_str(export(&catalog(), "openapi", &options).unwrap().as_text()).unwrap());
        }
    }
    out
}

/// Every operation with its path.
fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let mut out = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (key, value) in item.as_object().unwrap() {
            if key == "additionalOperations" {
                out.extend(value.as_object().unwrap().values().map(|o| (path.as_str(), o)));
            } else {
                out.push((path.as_str(), value));
            }
        }
    }
    out
}

fn names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect()
}

#[test]
fn parameters_of_paths_are_declared_once_and_plainly() {
    for document in documents() {
        let mut shapes = BTreeSet::new();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(path.starts_with('/') && !path.contains(['?', '#']) && !path.chars().any(char::is_control), "{path}");
            let shape: String = path.split('{').map(|p| p.split_once('}').map_or(p, |(_, rest)| rest)).collect::<Vec<_>>().join("{}");
            assert!(shapes.insert(shape), "{path} has the shape of another");
        }
        for (path, operation) in operations(&document) {
            let declared: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|p| p["in"] == "path")
                .map(|p| {
                    assert_eq!(p["required"], true);
                    p["name"].as_str().unwrap()
                })
                .collect();
            let wanted = names(path);
            assert_eq!(wanted.iter().collect::<BTreeSet<_>>().len(), wanted.len(), "{path}");
            assert_eq!(declared.iter().collect::<BTreeSet<_>>(), wanted.iter().collect::<BTreeSet<_>>(), "{path}");
        }
    }
}

#[test]
fn operations_have_what_every_reader_asks_for() {
    for document in documents() {
        let mut ids = BTreeSet::new();
        for (path, operation) in operations(&document) {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
            assert!(operation["responses"]["default"].is_object(), "{path}");
            assert!(!operation["summary"].as_str().unwrap().trim().is_empty(), "{path}");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let places: Vec<String> = parameters.map(|p| format!("{} {}", p["in"], p["name"]).to_lowercase()).collect();
            assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "{path}: {places:?}");
        }
    }
}

#[test]
fn references_lead_somewhere_and_forms_say_something() {
    fn walk(value: &Value, root: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get("$ref") {
                    let name = target.strip_prefix('#').unwrap();
                    assert!(root.pointer(name).is_some(), "{target}");
                }
                fields.values().for_each(|v| walk(v, root));
            }
            Value::Array(all) => all.iter().for_each(|v| walk(v, root)),
            _ => {}
        }
    }
    for document in documents() {
        walk(&document["paths"], &document);
        walk(&document["components"], &document);
        for (path, operation) in operations(&document) {
            for (kind, media) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                assert!(!kind.contains("form") || media["schema"] != serde_json::json!({}), "{path}");
            }
        }
    }
}

#[test]
fn no_format_stumbles() {
    for exporter in EXPORTERS {
        let exported = export(&catalog(), exporter.name(), &Options::default()).unwrap();
        let is_empty = match &exported.content {
            Content::Text(text) => text.trim().is_empty(),
            Content::Bytes(bytes) => bytes.is_empty(),
            Content::Folder(files) => files.is_empty(),
        };
        let may_be_empty = ["wsdl", "github"].contains(&exporter.name());
        assert!(!is_empty || may_be_empty, "{}", exporter.name());
    }
}
