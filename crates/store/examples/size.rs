//! How large a catalog of 40,000 endpoints becomes over 50 revisions, and how long it takes to compare any two of them:
//! `cargo run --release -p apicensus-store --example size [sqlite file or postgres URL]`.
//!
//! One repository; each revision changes one endpoint in a hundred and moves the lines of one file in fifty.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use apicensus_catalog::{AuthState, Catalog, Endpoint, Service};
use apicensus_store::{Origin, Store, Target};
use serde_json::json;
use std::time::{Duration, Instant};

const ENDPOINTS: usize = 40_000;
const REVISIONS: i64 = 50;
/// Endpoints of a file and of a service.
const OF_FILE: usize = 8;
const OF_SERVICE: usize = 400;

fn endpoint(n: usize) -> Endpoint {
    let (service, file) = (format!("services/s{}", n / OF_SERVICE), format!("services/s{}/api/f{}.py", n / OF_SERVICE, n / OF_FILE));
    let path = format!("/api/v1/resource-{}/{{id}}/part-{n}", n / OF_FILE);
    let line = (n % OF_FILE) as u32 * 20 + 10;
    let method = ["GET", "POST", "PUT", "DELETE"][n % 4];
    serde_json::from_value(json!({
        "id": format!("{n:016x}"), "service": service, "protocol": "http", "method": method,
        "path": path, "raw_path": path, "path_state": "exact",
        "parameters": [{"in": "path", "name": "id", "type": "int", "required": true, "schema": {"type": "integer"}},
            {"in": "query", "name": "page", "type": "int", "required": false, "schema": {"type": "integer"}}],
        "bodies": if n % 4 == 1 { json!([{"content_type": "application/json", "schema": {"$ref": format!("#/schemas/Model{}", n % 500)}, "required": true}]) } else { json!([]) },
        "responses": [{"status": 200, "content_type": "application/json"}], "summary": format!("Does the thing number {n} with the resource."),
        "handler": {"file": file, "line": line, "end_line": line + 12, "symbol": format!("handle_{n}")},
        "registered_at": {"file": file, "line": line},
        "trail": [
            {"file": format!("services/s{}/main.py", n / OF_SERVICE), "line": 12, "end_line": 12, "what": "app"},
            {"file": format!("services/s{}/main.py", n / OF_SERVICE), "line": 40, "end_line": 40, "what": "mount", "gives": "/api/v1"},
            {"file": file, "line": line, "end_line": line, "what": "route", "gives": path}],
        "auth": {"state": "required", "schemes": [{"kind": "oauth2", "name": "bearer"}], "scopes": ["items:read"], "chain": [
            {"level": "mount", "symbol": "current_user", "at": {"file": "main.py", "line": 40}, "says": "required", "basis": "recognised"}]},
        "controls": {"rate_limit": {"state": "no"}, "cors": {"state": "no"}, "csrf": {"state": "no"}, "validation": {"state": "yes"}},
        "documented": {"state": "unknown", "reason": "its service has no contract"},
        "audience": "production", "framework": "some", "confidence": "high",
    }))
    .unwrap()
}

fn catalog() -> Catalog {
    let service = |n| Service { id: format!("services/s{n}"), name: format!("s{n}"), root: format!("services/s{n}"), ..Service::default() };
    let mut catalog = Catalog { endpoints: (0..ENDPOINTS).map(endpoint).collect(), ..Catalog::default() };
    catalog.services = (0..ENDPOINTS / OF_SERVICE).map(service).collect();
    for n in 0..500 {
        let fields: serde_json::Map<String, _> = (0..10).map(|f| (format!("field{f}"), json!({"type": "string"}))).collect();
        catalog.schemas.insert(format!("Model{n}"), json!({"type": "object", "properties": fields}));
    }
    catalog
}

/// Changes what a commit changes.
fn change(catalog: &mut Catalog, seed: &mut u64) {
    let mut random = |below: usize| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % below
    };
    for _ in 0..ENDPOINTS / 100 {
        let endpoint = &mut catalog.endpoints[random(ENDPOINTS)];
        match random(3) {
            0 => endpoint.auth.state = if endpoint.auth.state == AuthState::None { AuthState::Required } else { AuthState::None },
            1 => endpoint.lifecycle.deprecated = !endpoint.lifecycle.deprecated,
            _ => endpoint.parameters[1].required = !endpoint.parameters[1].required,
        }
    }
    for _ in 0..ENDPOINTS / OF_FILE / 50 {
        let first = random(ENDPOINTS / OF_FILE) * OF_FILE;
        for endpoint in &mut catalog.endpoints[first..first + OF_FILE] {
            endpoint.registered_at.line += 3;
            endpoint.handler.as_mut().unwrap().line += 3;
        }
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let target = std::env::args().nth(1).map_or_else(|| Target::Sqlite(folder.path().join("catalog.db")), |text| Target::parse(&text));
    let mut store = Store::open(&target, true).unwrap();
    let (mut state, mut seed) = (catalog(), 7_u64);
    let mut times: Vec<Duration> = Vec::new();
    for n in 1..=REVISIONS {
        let begun = Instant::now();
        store.record(&state, &Origin { repository: "all".into(), commit: n.to_string(), ..Origin::default() }).unwrap();
        times.push(begun.elapsed());
        change(&mut state, &mut seed);
    }
    let later = times[1..].iter().sum::<Duration>() / (REVISIONS as u32 - 1);
    println!("recorded the first revision in {:.2?}, each later one in {later:.2?}", times[0]);
    for (a, b) in [(1, 2), (25, 26), (49, 50), (40, 50), (25, 50), (1, 50)] {
        let (mut best, mut changes) = (Duration::MAX, 0);
        for _ in 0..5 {
            let begun = Instant::now();
            changes = store.diff(a, b).unwrap().iter().map(|d| d.diff.changes.len()).sum();
            best = best.min(begun.elapsed());
        }
        println!("diff {a} {b}: {changes} endpoints differ, {best:.2?}");
    }
    if let Target::Sqlite(path) = &target {
        drop(store);
        println!("{:.1} MB", std::fs::metadata(path).unwrap().len() as f64 / 1e6);
    }
}
