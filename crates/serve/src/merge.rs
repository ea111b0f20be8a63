//! Catalogs of several repositories as one: identities and files get the name of their repository in front, lists are put
//! together, numbers added up.
//!
//! It works on the written form, so that a part of the catalog that is new takes part by itself.

use apicensus_catalog::Catalog;
use serde_json::{Map, Value};

/// Keys whose text is the identity of a service, an endpoint or a contract, or a path from the root of the tree.
const IDENTITIES: &[&str] = &["service", "endpoint", "contract", "gateway"];
const FILES: &[&str] = &["file", "manifest"];
/// Lists whose items have an `id` of their own.
const OWNERS: &[&str] = &["services", "endpoints", "contracts", "gateways"];

/// One catalog of several, each with a name that no other has.
///
/// # Errors
/// When a catalog can't be written or read back.
pub fn merged(catalogs: &[(String, &Catalog)]) -> Result<Catalog, serde_json::Error> {
    let mut sum = Value::Null;
    for (name, catalog) in catalogs {
        let mut value = serde_json::to_value(catalog)?;
        named(&mut value, name);
        add(&mut sum, value);
    }
    if let Some(views) = sum.get_mut("views").and_then(Value::as_array_mut) {
        let mut seen = Vec::new();
        views.retain(|view| {
            !seen.contains(view) && {
                seen.push(view.clone());
                true
            }
        });
    }
    serde_json::from_value(sum)
}

/// Puts the name in front of everything that could be mistaken for a thing of another repository.
fn named(catalog: &mut Value, name: &str) {
    let Some(parts) = catalog.as_object_mut() else { return };
    for (key, part) in parts.iter_mut() {
        if key == "schemas" {
            if let Some(schemas) = part.as_object_mut() {
                *schemas = std::mem::take(schemas).into_iter().map(|(key, schema)| (format!("{name}.{key}"), schema)).collect();
            }
            references(part, name);
            continue;
        }
        if let (true, Some(items)) = (OWNERS.contains(&key.as_str()), part.as_array_mut()) {
            items.iter_mut().filter_map(|item| item.get_mut("id")).for_each(|id| prefix(id, name, ':'));
        }
        if let (true, Some(services)) = (key == "services", part.as_array_mut()) {
            for service in services {
                service["repository"] = name.into();
                prefix(&mut service["root"], name, '/');
            }
        }
        if let (true, Some(repositories)) = (key == "repositories", part.as_array_mut()) {
            repositories.iter_mut().for_each(|repository| repository["name"] = name.into());
        }
        places(part, name);
    }
}

fn prefix(text: &mut Value, name: &str, between: char) {
    if let Value::String(old) = text {
        *text = Value::String(format!("{name}{between}{old}").trim_end_matches('/').to_owned());
    }
}

fn places(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| places(item, name)),
        Value::Object(parts) => {
            for (key, part) in parts.iter_mut() {
                match (key.as_str(), &*part) {
                    (key, Value::String(_)) if FILES.contains(&key) => prefix(part, name, '/'),
                    (key, Value::String(_)) if IDENTITIES.contains(&key) => prefix(part, name, ':'),
                    ("schema", _) => references(part, name),
                    _ => places(part, name),
                }
            }
        }
        _ => {}
    }
}

/// References of schemas; nothing else in a schema is a place or an identity.
fn references(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| references(item, name)),
        Value::Object(parts) => {
            for (key, part) in parts.iter_mut() {
                let target = if key == "$ref" { part.as_str().and_then(|text| text.strip_prefix("#/schemas/")) } else { None };
                match target {
                    Some(target) => *part = Value::String(format!("#/schemas/{name}.{target}")),
                    None => references(part, name),
                }
            }
        }
        _ => {}
    }
}

fn add(sum: &mut Value, value: Value) {
    match (sum, value) {
        (Value::Array(sum), Value::Array(items)) => sum.extend(items),
        (Value::Object(sum), Value::Object(parts)) => add_parts(sum, parts),
        (Value::Number(sum), Value::Number(n)) => {
            if let (Some(a), Some(b)) = (sum.as_u64(), n.as_u64()) {
                *sum = a.saturating_add(b).into();
            }
        }
        (sum @ Value::Null, value) => *sum = value,
        _ => {}
    }
}

fn add_parts(sum: &mut Map<String, Value>, parts: Map<String, Value>) {
    for (key, part) in parts {
        add(sum.entry(key).or_insert(Value::Null), part);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use apicensus_catalog::{Location, Repository, Service, Trouble, TroubleKind};
    use serde_json::json;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        catalog.repositories.push(Repository { name: "x".into(), root: "/x".into(), revision: None });
        let entry = Some(Location { file: "main.py".into(), line: 1 });
        catalog.services.push(Service { id: ".".into(), name: "x".into(), entry, ..Service::default() });
        catalog.schemas.insert("Item".into(), json!({"properties": {"file": {"$ref": "#/schemas/Item"}}}));
        catalog.coverage.files_seen = 3;
        let trouble =
            |kind| Trouble { kind, repository: String::new(), file: "a.py".into(), line: 1, message: "m".into(), effect: "e".into() };
        catalog.troubles.push(trouble(TroubleKind::Syntax));
        catalog
    }

    #[test]
    fn two_repositories_with_the_same_names_stay_apart() {
        let (a, b) = (catalog(), catalog());
        let both = merged(&[("a".into(), &a), ("b".into(), &b)]).unwrap();
        let ids: Vec<&str> = both.services.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["a:.", "b:."]);
        assert_eq!(both.services[1].root, "b");
        assert_eq!(both.services[1].entry.as_ref().unwrap().file, "b/main.py");
        assert_eq!(both.troubles[0].file, "a/a.py");
        assert_eq!(both.coverage.files_seen, 6);
        assert_eq!(both.views, a.views);
        assert_eq!(both.schema, a.schema);
        assert_eq!(both.schemas["b.Item"], json!({"properties": {"file": {"$ref": "#/schemas/b.Item"}}}));
        let names: Vec<&str> = both.repositories.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
