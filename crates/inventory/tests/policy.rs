//! The policy: what it changes, and how it is read.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{ByDesign, ContractRole, FindingStatus};
use apicensus_inventory::policy::{json_schema, parse};
use common::{SHOP, catalog, finding, said};

fn with(policy: &str) -> apicensus_catalog::Catalog {
    catalog(&[("main.py", SHOP), (".apicensus.yaml", policy)])
}

#[test]
fn what_is_public_is_open_by_design() {
    let catalog = with("public: ['GET /api/v1/books', '/api/v1/books/{id}']\n");
    let open: Vec<_> = catalog.endpoints.iter().map(|e| (e.method.as_str(), e.auth.by_design == Some(ByDesign::Policy))).collect();
    assert_eq!(open, [("GET", true), ("POST", false), ("DELETE", true), ("GET", true)]);
    assert!(!said(&catalog).iter().any(|s| s.contains("unauthenticated")), "{:?}", said(&catalog));
}

#[test]
fn services_get_names_owners_and_contracts() {
    let policy = "services:\n  - root: .\n    name: shop\n    owners: ['@books']\n    contracts: [tests/small.yaml]\n    base_urls: [https://shop.test]\n";
    let small = "openapi: 3.0.0\npaths:\n  /api/v1/books: {get: {}}\n";
    let catalog = catalog(&[("main.py", SHOP), (".apicensus.yaml", policy), ("tests/small.yaml", small)]);
    let service = &catalog.services[0];
    assert_eq!((service.name.as_str(), service.owners.as_slice()), ("shop", ["@books".to_owned()].as_slice()));
    assert_eq!(catalog.contracts[0].role, ContractRole::Describes, "the policy overrules the place");
    let lost = with("services:\n  - root: nowhere\n");
    assert!(lost.troubles.iter().any(|t| t.line == 2 && t.message == "no service has its root in `nowhere`"), "{:?}", lost.troubles);
}

#[test]
fn contracts_can_be_ignored() {
    let spec = "openapi: 3.0.0\npaths:\n  /api/v1/books: {get: {}, post: {}}\n";
    let catalog = catalog(&[("main.py", SHOP), (".apicensus.yaml", "ignore_contracts: ['old/**']\n"), ("old/api/o.yaml", spec)]);
    assert_eq!(catalog.contracts[0].role, ContractRole::Ignored);
}

#[test]
fn severities_change_and_rules_go_off() {
    let catalog = with("severity:\n  unauthenticated: critical\n  no-contract: off\n");
    let said = said(&catalog);
    assert!(said.iter().all(|s| s.starts_with("critical unauthenticated")), "{said:?}");
}

const SUPPRESS: &str =
    "suppress:\n  - {rule: unauthenticated, path: /api/v1/books/**, method: delete, reason: Behind the gateway., expires: 2026-12-31}\n";

#[test]
fn suppressed_findings_stay_with_their_reason() {
    let catalog = with(SUPPRESS);
    let found = finding(&catalog, "unauthenticated", "DELETE /api/v1/books/{book_id}");
    assert_eq!(found.status, FindingStatus::Suppressed);
    assert_eq!(found.suppression.as_ref().unwrap().reason, "Behind the gateway.");
    assert_eq!(catalog.findings.iter().filter(|f| f.status == FindingStatus::Suppressed).count(), 1);
}

#[test]
fn expired_and_unused_suppressions_are_told() {
    let expired = with(&SUPPRESS.replace("2026-12-31", "2026-11-26"));
    assert_eq!(finding(&expired, "unauthenticated", "DELETE /api/v1/books/{book_id}").status, FindingStatus::Open);
    assert!(said(&expired).iter().any(|s| s.starts_with("low expired-suppression")));
    let unused = with(&SUPPRESS.replace("/books/**", "/authors/**"));
    assert_eq!(finding(&unused, "unused-suppression", "unauthenticated /api/v1/authors/**").at.line, 2);
}

#[test]
fn comments_in_the_code_suppress() {
    let code = SHOP.replace("@books.delete", "# apicensus:ignore unauthenticated The gateway asks.\n@books.delete");
    let code = code.replace("@books.get(\"/books\")", "# apicensus:ignore unauthenticated\n@books.get(\"/books\")");
    let catalog = catalog(&[("main.py", &code)]);
    assert_eq!(finding(&catalog, "unauthenticated", "DELETE /api/v1/books/{book_id}").status, FindingStatus::Suppressed);
    assert_eq!(finding(&catalog, "unauthenticated", "GET /api/v1/books").status, FindingStatus::Open, "no reason, no effect");
    assert!(said(&catalog).iter().any(|s| s.starts_with("info unused-suppression")));
}

#[test]
fn mistakes_are_errors_with_their_line() {
    let cases = [
        ("public: []\nsupress: []\n", "unknown key `supress` in .apicensus.yaml:2 (did you mean `suppress`?)"),
        ("severity:\n  shadows: low\n", "unknown rule `shadows` in .apicensus.yaml:2 (did you mean `shadow`?)"),
        ("severity: {shadow: hihg}\n", "unknown severity `hihg` in .apicensus.yaml:1 (did you mean `high`?)"),
        ("suppress:\n  - rule: shadow\n", "the key `reason` is missing in .apicensus.yaml:2"),
        ("suppress:\n  - {rule: shadow, reason: x, expires: tomorrow}\n", "`tomorrow` is no date like 2027-01-31 in .apicensus.yaml:2"),
        ("services: {root: .}\n", "a list is expected in .apicensus.yaml:1"),
        ("public: [a\n", "while parsing a flow sequence, expected ',' or ']' in .apicensus.yaml:1"),
    ];
    for (text, error) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), error, "{text}");
    }
    assert_eq!(parse("# nothing\n").unwrap(), Default::default());
}

#[test]
fn the_schema_knows_the_keys() {
    let schema = json_schema();
    let keys: Vec<&str> = schema.get("properties").unwrap().as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 7);
    assert!(keys.contains(&"suppress") && keys.contains(&"ignore_contracts"));
}

#[test]
fn what_is_required_and_not_there_is_told() {
    let code = "import requests
from fastapi import FastAPI, Depends
from fastapi.security import HTTPBearer
app = FastAPI()
bearer = HTTPBearer()
@app.get('/admin/open')
def one(): return requests.get('https://else.test/x').json()
@app.get('/admin/known', dependencies=[Depends(bearer)])
def two(): return requests.get('https://api.acme.test/x').json()
@app.get('/other')
def three(): return requests.get(URL).json()
";
    let policy = "require:\n  - {path: '/admin/**', auth: true, reason: Staff only.}\n  - {path: '/admin/known', roles: [admin, owner]}\n  \
                  - {path: '/gone', auth: true}\nallowed_hosts: ['*.acme.test']\n";
    let found = catalog(&[("main.py", code), (".apicensus.yaml", policy)]);
    let of = |rule: &str| -> Vec<&str> { found.findings.iter().filter(|f| f.rule == rule).map(|f| f.message.as_str()).collect() };
    assert_eq!(
        of("requirement"),
        [
            "GET /admin/open lacks what the policy requires: an identity",
            "GET /admin/known lacks what the policy requires: role admin or owner",
        ]
    );
    let told = finding(&found, "requirement", "GET /admin/open");
    assert_eq!((told.why.as_str(), told.evidence.last().unwrap().at.line), ("Staff only.", 2));
    assert_eq!(of("foreign-host"), ["GET https://else.test/x calls else.test, which the policy does not allow"]);
    assert!(found.troubles.iter().any(|t| t.line == 4 && t.message == "no endpoint has a path like `/gone`"), "{:?}", found.troubles);
}

#[test]
fn requirements_are_read_strictly() {
    let wrong = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(wrong("require:\n  - {path: /a, rols: [x]}\n"), "unknown key `rols` in .apicensus.yaml:2 (did you mean `roles`?)");
    assert_eq!(
        wrong("require:\n  - path: /a\n    controls: [ratelimit]\n"),
        "unknown control `ratelimit` in .apicensus.yaml:3 (did you mean `rate_limit`?)"
    );
    assert_eq!(wrong("require:\n  - {path: /a}\n"), "a requirement needs `auth`, `roles`, `scopes` or `controls` in .apicensus.yaml:2");
    assert_eq!(wrong("require:\n  - {auth: true}\n"), "the key `path` is missing in .apicensus.yaml:2");
}
