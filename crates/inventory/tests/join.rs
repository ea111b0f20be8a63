//! Contracts beside code: which describes what, how operations and endpoints meet, and what may be called undocumented.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{Catalog, ContractRole, DocumentedState};
use common::{SHOP, catalog, said};

/// `GET /x yes exact` for each endpoint that the question arises for.
fn documented(catalog: &Catalog) -> Vec<String> {
    let with = catalog.endpoints.iter().filter_map(|e| Some((e, e.documented.as_ref()?)));
    with.map(|(e, d)| format!("{} {} {}{}", e.method, e.path, d.state, d.grade.map(|g| format!(" {g}")).unwrap_or_default())).collect()
}

fn spec(head: &str, paths: &[&str]) -> String {
    let paths: String = paths.iter().map(|path| format!("  {path}\n")).collect();
    format!("openapi: 3.0.0\ninfo: {{title: Shop, version: '1'}}\n{head}\npaths:\n{paths}")
}

#[test]
fn operations_meet_endpoints_with_a_grade() {
    let spec = spec("servers: [{url: https://shop.test/api/v1}]", &["/books/: {get: {}, post: {}}", "'/books/{id}': {get: {}}"]);
    let catalog = catalog(&[("main.py", SHOP), ("requirements.txt", "fastapi"), ("openapi.yaml", &spec)]);
    let expected = [
        "GET /api/v1/books yes trailing-slash",
        "POST /api/v1/books yes trailing-slash",
        "DELETE /api/v1/books/{book_id} no",
        "GET /api/v1/books/{book_id} yes parameter-names",
    ];
    assert_eq!(documented(&catalog), expected);
    assert!(said(&catalog).contains(&"high shadow DELETE /api/v1/books/{book_id}".to_owned()), "{:?}", said(&catalog));
    assert_eq!(catalog.contracts[0].role, ContractRole::Describes);
    assert_eq!((catalog.contracts[0].matched_count, catalog.contracts[0].services[0].endpoints), (3, 4));
}

#[test]
fn a_base_path_that_the_contract_does_not_declare_is_found() {
    let spec = spec("", &["/books: {get: {}, post: {}}", "'/books/{book_id}': {get: {}, delete: {}}"]);
    let catalog = catalog(&[("main.py", SHOP), ("openapi.yaml", &spec)]);
    assert!(documented(&catalog).iter().all(|line| line.ends_with("yes base-path")), "{:?}", documented(&catalog));
    assert_eq!(catalog.contracts[0].services[0].base_path, "/api/v1");
    let proxied = common::catalog(&[
        ("main.py", SHOP),
        ("openapi.yaml", "openapi: 3.0.0\npaths:\n  /shop/api/v1/books: {get: {}, post: {}}\n  '/shop/api/v1/books/{id}': {get: {}}\n"),
    ]);
    assert_eq!(proxied.contracts[0].services[0].extra_base_path, "/shop");
    assert_eq!(documented(&proxied)[2], "DELETE /api/v1/books/{book_id} no");
}

#[test]
fn near_misses_are_named_and_demoted() {
    let spec = spec("", &["/api/v1/books: {get: {}, put: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}"]);
    let catalog = catalog(&[("main.py", SHOP), ("openapi.yaml", &spec)]);
    assert!(documented(&catalog).contains(&"POST /api/v1/books no method".to_owned()), "{:?}", documented(&catalog));
    let said = said(&catalog);
    assert!(said.contains(&"low shadow POST /api/v1/books".to_owned()), "{said:?}");
    assert!(!said.iter().any(|s| s.contains("phantom")), "what nearly matches is no phantom: {said:?}");
}

#[test]
fn what_nobody_serves_is_a_phantom() {
    let spec =
        spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}", "/api/v1/authors: {get: {}}"]);
    let catalog = catalog(&[("main.py", SHOP), ("openapi.yaml", &spec)]);
    assert!(said(&catalog).contains(&"low phantom GET /api/v1/authors".to_owned()), "{:?}", said(&catalog));
    let finding = common::finding(&catalog, "phantom", "GET /api/v1/authors");
    assert_eq!((finding.at.file.as_str(), finding.at.line), ("openapi.yaml", 7));
}

#[test]
fn code_that_could_not_be_followed_leaves_phantoms_unverified() {
    let spec =
        spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}", "/api/v1/authors: {get: {}}"]);
    let code = format!("import importlib, os\n{SHOP}\napp.include_router(importlib.import_module(os.environ['PLUGIN']).router)\n");
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", &spec)]);
    assert!(!catalog.troubles.is_empty());
    let said = said(&catalog);
    assert!(said.contains(&"info phantom Shop unverified operations".to_owned()), "{said:?}");
    assert!(!said.iter().any(|s| s.contains("authors")), "{said:?}");
}

#[test]
fn without_a_contract_there_is_one_finding() {
    let catalog = catalog(&[("main.py", SHOP)]);
    let said = said(&catalog);
    assert_eq!(said.iter().filter(|s| s.contains("contract")).collect::<Vec<_>>(), ["info no-contract service"]);
    assert!(!said.iter().any(|s| s.contains("shadow")));
    assert!(catalog.endpoints.iter().all(|e| e.documented.as_ref().unwrap().state == DocumentedState::Unknown));
}

/// An application whose `public` part has 3 endpoints and whose other parts have `others` each.
fn wide(others: usize) -> String {
    let mut code = "from fastapi import FastAPI\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n".to_owned();
    let mut add = |path: &str| code.push_str(&format!("@app.get('{path}')\ndef f_{}(): ...\n", path.replace('/', "_")));
    ["/public/v1/a", "/public/v1/b", "/public/v1/c", "/public/v1/hidden"].iter().for_each(|path| add(path));
    (0..others).for_each(|n| add(&format!("/internal/{n}")));
    code
}

#[test]
fn a_contract_of_a_part_says_nothing_of_the_rest() {
    let spec = spec("", &["/public/v1/a: {get: {}}", "/public/v1/b: {get: {}}", "/public/v1/c: {get: {}}"]);
    let catalog = catalog(&[("main.py", &wide(20)), ("openapi.yaml", &spec)]);
    let internal = catalog.endpoints.iter().find(|e| e.path == "/internal/3").unwrap().documented.as_ref().unwrap();
    assert_eq!(internal.state, DocumentedState::Unknown);
    assert_eq!(internal.reason.as_deref(), Some("the contract covers 3 of the service's 24 endpoints and not this part"));
    let shadows: Vec<String> = said(&catalog).into_iter().filter(|s| s.contains("shadow")).collect();
    assert_eq!(shadows, ["medium shadow GET /public/v1/hidden"]);
}

#[test]
fn a_large_part_without_documentation_is_one_finding() {
    let paths: Vec<String> = (0..30).map(|n| format!("/api/{n}: {{get: {{}}}}")).collect();
    let spec = spec("", &paths.iter().map(String::as_str).collect::<Vec<_>>());
    let mut code = wide(12);
    (0..30).for_each(|n| code.push_str(&format!("@app.get('/api/{n}')\ndef api_{n}(): ...\n")));
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", &spec)]);
    let shadows: Vec<String> = said(&catalog).into_iter().filter(|s| s.contains("shadow")).collect();
    assert!(shadows.contains(&"medium shadow /internal".to_owned()), "{shadows:?}");
    assert_eq!(shadows.len(), 5, "one for the large part, one each for the four of the small one: {shadows:?}");
}

#[test]
fn of_several_editions_one_counts() {
    let old = spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}"]);
    let new = old.replace("version: '1'", "version: '2'").replace(", delete: {}", "");
    let catalog = catalog(&[("main.py", SHOP), ("docs/1/openapi.yaml", &old), ("docs/2/openapi.yaml", &new)]);
    let roles: Vec<_> = catalog.contracts.iter().map(|c| (c.version.as_str(), c.role)).collect();
    assert_eq!(roles, [("1", ContractRole::Superseded), ("2", ContractRole::Describes)]);
    let gone = catalog.endpoints.iter().find(|e| e.method == "DELETE").unwrap().documented.as_ref().unwrap();
    assert_eq!(gone.reason.as_deref(), Some("only the earlier edition docs/1/openapi.yaml has it"));
    assert_eq!(gone.state, DocumentedState::No);
}

#[test]
fn somebody_elses_description_is_no_contract_of_ours() {
    let other = spec("", &["/health: {get: {}}", "/invoices: {get: {}}", "/customers: {get: {}}", "/charges: {get: {}}"]);
    let code = format!("{SHOP}\n@app.get('/health')\ndef health(): ...\n");
    let catalog = catalog(&[("main.py", &code), ("vendor-api/openapi.yaml", &other), ("clients/pay/openapi.yaml", &other)]);
    let roles: Vec<_> = catalog.contracts.iter().map(|c| c.role).collect();
    assert_eq!(roles, [ContractRole::Client, ContractRole::Unmatched], "a health check in common is not enough");
    assert!(said(&catalog).contains(&"info unmatched-contract Shop".to_owned()));
}

#[test]
fn differences_about_who_may_call_are_found() {
    let head = "security: [{b: []}]\ncomponents: {securitySchemes: {b: {type: http, scheme: bearer}}}";
    let spec = spec(head, &["/api/v1/books: {get: {security: []}, post: {}}", "'/api/v1/books/{id}': {get: {security: []}, delete: {}}"]);
    let catalog = catalog(&[("main.py", SHOP), ("openapi.yaml", &spec)]);
    let about: Vec<String> = said(&catalog).into_iter().filter(|s| s.contains("auth-mismatch")).collect();
    assert_eq!(about, ["high auth-mismatch DELETE /api/v1/books/{book_id}"]);
}

#[test]
fn a_recording_promises_nothing() {
    let entry = |method: &str, path: &str| format!("{{\"request\": {{\"method\": \"{method}\", \"url\": \"https://x.test{path}\"}}}}");
    let entries = [entry("GET", "/api/v1/books"), entry("POST", "/api/v1/books"), entry("GET", "/api/v1/books/7")].join(",");
    let har = format!("{{\"log\": {{\"version\": \"1.2\", \"entries\": [{entries}]}}}}");
    let catalog = catalog(&[("main.py", SHOP), ("calls.har", &har)]);
    assert_eq!(catalog.contracts[0].matched_count, 3);
    assert!(documented(&catalog).iter().all(|line| line.ends_with("unknown")), "{:?}", documented(&catalog));
    assert!(said(&catalog).contains(&"info no-contract service".to_owned()));
}
