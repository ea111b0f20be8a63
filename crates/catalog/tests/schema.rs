//! The written form of a catalog: what is left out, what must stand, and that the schema describes it.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::*;
use serde_json::{Value, json};

fn endpoint() -> Endpoint {
    Endpoint {
        streaming: None,
        id: "e1".into(),
        service: "s1".into(),
        protocol: Protocol::Http,
        method: "GET".into(),
        path: "/users/{id}".into(),
        raw_path: "/users/:id".into(),
        path_state: PathState::Exact,
        holes: vec![],
        parameters: vec![Parameter {
            location: ParameterIn::Path,
            name: "id".into(),
            type_name: None,
            pattern: None,
            required: true,
            catch_all: false,
            schema: Some(serde_json::json!({"type": "integer"})),
            sensitive: None,
        }],
        bodies: vec![Body {
            content_type: "application/json".into(),
            schema: serde_json::json!({"$ref": "#/schemas/Order"}),
            required: true,
        }],
        responses: vec![Response { status: 200, content_type: None, schema: None, inferred: false }],
        summary: None,
        handler: Some(HandlerRef { file: "app.js".into(), line: 3, end_line: 5, defined_at: None, symbol: String::new() }),
        registered_at: Location { file: "app.js".into(), line: 3 },
        also_registered_at: vec![],
        trail: vec![],
        conditions: vec![],
        auth: Auth::unknown("guards are not read"),
        controls: Default::default(),
        sensitive: vec![],
        lifecycle: Lifecycle::default(),
        documented: None,
        owners: vec![],
        exposure: None,
        view: View::Code,
        audience: Audience::Production,
        framework: "some".into(),
        detached: false,
        third_party: false,
        implicit: false,
        stale: false,
        taken_by: None,
        confidence: Confidence::High,
    }
}

#[test]
fn an_endpoint_is_written_in_order_and_without_empties() {
    let written = serde_json::to_value(endpoint()).unwrap();
    assert_eq!(
        written,
        json!({
            "id": "e1", "service": "s1", "protocol": "http", "method": "GET", "path": "/users/{id}", "raw_path": "/users/:id",
            "path_state": "exact", "parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "integer"}}],
            "bodies": [{"content_type": "application/json", "schema": {"$ref": "#/schemas/Order"}, "required": true}],
            "responses": [{"status": 200}],
            "handler": {"file": "app.js", "line": 3, "end_line": 5},
            "registered_at": {"file": "app.js", "line": 3},
            "auth": {"state": "unknown", "reason": "guards are not read"},
            "audience": "production", "framework": "some", "confidence": "high",
        })
    );
    let keys: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(&keys[..5], ["id", "service", "protocol", "method", "path"]);
}

#[test]
fn a_catalog_survives_the_round_trip() {
    let catalog = Catalog { endpoints: vec![endpoint()], ..Catalog::default() };
    let text = serde_json::to_string(&catalog).unwrap();
    assert_eq!(serde_json::from_str::<Catalog>(&text).unwrap(), catalog);
}

#[test]
fn the_schema_names_the_version_and_requires_what_is_always_written() {
    let schema = serde_json::to_value(json_schema()).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
    let endpoint_schema = &schema["$defs"]["Endpoint"];
    let required: Vec<_> = endpoint_schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let written = serde_json::to_value(endpoint()).unwrap();
    for name in &required {
        assert!(written.get(*name).is_some(), "{name} is required but was not written");
    }
    for name in written.as_object().unwrap().keys() {
        assert!(endpoint_schema["properties"].get(name).is_some(), "{name} is written but not in the schema");
    }
    assert!(required.contains(&"auth") && !required.contains(&"summary"), "{required:?}");
}

#[test]
fn every_property_is_described() {
    let schema = serde_json::to_value(json_schema()).unwrap();
    let mut bare = Vec::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (property, body) in definition["properties"].as_object().into_iter().flatten() {
            if body.get("description").is_none() {
                bare.push(format!("{name}.{property}"));
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn words_are_spelled_one_way() {
    for kind in TroubleKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(TroubleKind::from_word(kind.as_str()), Some(*kind));
    }
}
