//! Small catalogs made by hand, and the two databases they are kept in.

#![allow(dead_code)]

#[path = "postgres.rs"]
pub mod server;

use apicensus_catalog::{Catalog, Endpoint, Service};
use apicensus_store::{Origin, Recorded, Store, Target};
use serde_json::json;

/// An endpoint of the service `shop`.
pub fn endpoint(method: &str, path: &str, symbol: &str, line: u32) -> Endpoint {
    let file = format!("shop/{}.py", symbol.split('_').next_back().unwrap_or("main"));
    serde_json::from_value(json!({
        "id": format!("{method}{}", path.replace('/', "-")), "service": "shop", "protocol": "http", "method": method, "path": path,
        "raw_path": path, "path_state": "exact",
        "parameters": [{"in": "query", "name": "page", "type": "int", "required": false}],
        "bodies": if method == "POST" { json!([{"content_type": "application/json", "schema": {"$ref": "#/schemas/Order"}, "required": true}]) } else { json!([]) },
        "handler": {"file": file, "line": line, "end_line": line + 4, "symbol": symbol},
        "registered_at": {"file": file, "line": line},
        "trail": [{"file": "main.py", "line": 3, "end_line": 3, "what": "app"}, {"file": file, "line": line, "end_line": line, "what": "route", "gives": path}],
        "auth": {"state": "required", "scopes": ["orders:read"], "chain": [
            {"level": "route", "symbol": "login", "at": {"file": file, "line": line}, "says": "required", "basis": "recognised"}]},
        "audience": "production", "framework": "some", "confidence": "high",
    }))
    .unwrap()
}

/// A catalog with two orders endpoints, two of users, a schema.
pub fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.services.push(Service { id: "shop".into(), name: "Shop: orders & users".into(), ..Service::default() });
    catalog.endpoints = vec![
        endpoint("GET", "/orders", "list_orders", 10),
        endpoint("POST", "/orders", "add_orders", 20),
        endpoint("GET", "/users", "list_users", 7),
        endpoint("DELETE", "/users/{id}", "drop_users", 17),
    ];
    catalog.schemas.insert("Order".into(), json!({"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}));
    catalog.coverage.files_seen = 4;
    sorted(catalog)
}

/// The order that catalogs have.
pub fn sorted(mut catalog: Catalog) -> Catalog {
    catalog.endpoints.sort_by(|a, b| (&a.service, &a.path, &a.method).cmp(&(&b.service, &b.path, &b.method)));
    catalog
}

/// Where the catalog comes from, at the `n`th commit.
pub fn origin(n: u32) -> Origin {
    Origin {
        repository: "host.test/acme/shop".into(),
        commit: format!("{n:040x}"),
        commit_time: format!("2027-01-{n:02}T10:00:00Z"),
        recorded: format!("2027-02-{n:02}T10:00:00Z"),
        note: String::new(),
    }
}

/// Runs a test on a new SQLite file and on a new PostgreSQL database.
pub fn on_both(test: impl Fn(&Target)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Target::Sqlite(folder.path().join("new/catalog.db")));
    if let Some(url) = server::database() {
        test(&Target::Postgres(url));
    }
}

pub fn open(target: &Target) -> Store {
    Store::open(target, true).unwrap()
}

/// Records, which must add a revision; its number.
pub fn added(store: &mut Store, catalog: &Catalog, n: u32) -> i64 {
    match store.record(catalog, &origin(n)).unwrap() {
        Recorded::Added(revision) => revision.number,
        Recorded::Same(number) => panic!("the same as {number}"),
    }
}

/// The catalog at a revision without what the store adds.
pub fn plain(store: &mut Store, revision: i64) -> Catalog {
    let mut catalog = store.catalog("host.test/acme/shop", revision).unwrap();
    for endpoint in &mut catalog.endpoints {
        let lifecycle = &mut endpoint.lifecycle;
        (lifecycle.introduced, lifecycle.last_changed, lifecycle.moved_from) = (None, None, None);
    }
    catalog
}

/// No faults.
pub fn sound(store: &mut Store) {
    assert_eq!(store.verify().faults, Vec::<String>::new());
}
