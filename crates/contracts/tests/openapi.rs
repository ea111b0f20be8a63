//! OpenAPI and Swagger documents: what is read off them, and that nothing in them breaks the reader.

#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Contract, ContractKind, ContractRole, DeclaredAuth, SchemeKind};
use apicensus_contracts::{Found, read};
use apicensus_source::classify::Class;
use apicensus_source::{OpenOptions, Tree};
use std::time::{Duration, Instant};

/// Reads the contracts of a tree of these files.
fn found(files: &[(&str, &str)]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    let class = |path: &str| if path.starts_with("tests/") { Class::Test } else { Class::Production };
    read(&tree, &class)
}

fn only(files: &[(&str, &str)]) -> Contract {
    let found = found(files);
    assert_eq!(found.troubles, [], "no troubles are expected");
    assert_eq!(found.contracts.len(), 1);
    found.contracts.into_iter().next().unwrap()
}

/// `GET /x openapi.yaml:7` for each operation.
fn lines(contract: &Contract) -> Vec<String> {
    contract.operations.iter().map(|o| format!("{} {} {}:{}", o.method, o.path, o.at.file, o.at.line)).collect()
}

const SHOP: &str = r##"openapi: 3.1.0
info: {title: Shop, version: "2"}
servers:
  - url: https://{host}/{base}/
    variables: {host: {default: shop.test}, base: {default: api/v2}}
security: [{token: []}]
paths:
  /carts/{id}:
    parameters:
      - {name: id, in: path, required: true}
      - {name: verbose, in: query}
    get:
      operationId: getCart
      parameters: [{$ref: "#/components/parameters/verbose"}]
    delete: {security: [], deprecated: true, x-sunset: "2026-01-31"}
    post: {security: [{}, {token: []}]}
    x-note: {get: {}}
components:
  parameters:
    verbose: {name: verbose, in: query, required: true}
  securitySchemes:
    token: {type: http, scheme: bearer, bearerFormat: JWT}
"##;

#[test]
fn operations_have_their_lines_parameters_and_auth() {
    let shop = only(&[("openapi.yaml", SHOP)]);
    assert_eq!((shop.kind, shop.title.as_str(), shop.version.as_str()), (ContractKind::Openapi, "Shop", "2"));
    assert_eq!(shop.base_paths, ["/api/v2"]);
    assert_eq!(lines(&shop), ["GET /carts/{id} openapi.yaml:12", "DELETE /carts/{id} openapi.yaml:15", "POST /carts/{id} openapi.yaml:16"]);
    let auth: Vec<_> = shop.operations.iter().map(|o| o.auth).collect();
    assert_eq!(auth, [DeclaredAuth::Required, DeclaredAuth::None, DeclaredAuth::Optional]);
    assert_eq!(shop.operations[0].schemes, [SchemeKind::Jwt]);
    let parameters: Vec<_> = shop.operations[0].parameters.iter().map(|p| (p.name.as_str(), p.required)).collect();
    assert_eq!(parameters, [("verbose", true), ("id", true)], "the operation's own parameter replaces that of the path");
    assert!(shop.operations[1].deprecated);
    assert_eq!(shop.operations[1].sunset, "2026-01-31");
}

#[test]
fn swagger_and_json_are_read() {
    let text = "{\n \"swagger\": \"2.0\", \"basePath\": \"/v1/\",\n \"paths\": {\n  \"/a\": {\"get\": {},\n   \"put\": {\"parameters\": [{\"in\": \"formData\", \"name\": \"f\"}]}}}}";
    let contract = only(&[("docs/api.json", text)]);
    assert_eq!((contract.kind, contract.base_paths.as_slice()), (ContractKind::Swagger, ["/v1".to_owned()].as_slice()));
    assert_eq!(lines(&contract), ["GET /a docs/api.json:4", "PUT /a docs/api.json:5"]);
    assert_eq!(contract.operations[1].parameters[0].location, "form");
    assert_eq!(contract.operations[0].auth, DeclaredAuth::Unsaid);
}

#[test]
fn methods_of_later_versions_are_known() {
    let text = "openapi: 3.2.0\npaths:\n  /a:\n    query: {}\n    additionalOperations:\n      COPY: {}\n";
    assert_eq!(lines(&only(&[("a.yml", text)])), ["QUERY /a a.yml:4", "COPY /a a.yml:6"]);
}

#[test]
fn documents_split_over_files_are_one() {
    let files = [
        ("api/openapi.yaml", "openapi: 3.0.3\npaths:\n  /users: {$ref: paths/users.yaml}\n  /orders: {$ref: 'all.yaml#/~1orders'}\n"),
        ("api/paths/users.yaml", "get:\n  parameters: [{$ref: ../common.json#/p}]\n"),
        ("api/all.yaml", "/orders:\n  post: {}\n"),
        ("api/common.json", "{\"p\": {\"in\": \"query\", \"name\": \"page\"}}"),
    ];
    let contract = only(&files);
    assert_eq!(lines(&contract), ["GET /users api/paths/users.yaml:1", "POST /orders api/all.yaml:2"]);
    assert_eq!(contract.operations[0].parameters[0].name, "page");
}

#[test]
fn references_that_lead_nowhere_are_troubles_with_their_place() {
    let text = "openapi: 3.0.0\npaths:\n  /a: {$ref: 'https://elsewhere.test/x.yaml'}\n  /b: {$ref: ../../etc/passwd}\n  /c: {$ref: '#/paths/~1d'}\n  /d: {$ref: '#/paths/~1c'}\n  /e: {$ref: '#/nothing'}\n  /f: {get: {}}\n";
    let found = found(&[("o.yaml", text)]);
    assert_eq!(lines(&found.contracts[0]), ["GET /f o.yaml:8"], "the rest is read");
    let said: Vec<String> = found.troubles.iter().map(|t| format!("{}:{} {}", t.file, t.line, t.message)).collect();
    for part in [
        "o.yaml:3 `https://elsewhere.test/x.yaml` is on another machine",
        "o.yaml:4 `../../etc/passwd` lies outside",
        "o.yaml:7 `#/nothing` names nothing",
    ] {
        assert!(said.iter().any(|s| s.starts_with(part)), "{part} not in {said:?}");
    }
    assert!(said.iter().any(|s| s.contains("leads back to itself")), "{said:?}");
}

#[test]
fn broken_documents_are_troubles_and_what_stands_before_is_kept() {
    let broken = found(&[("openapi.json", "{\"openapi\": \"3.0.0\",\n\"paths\": {")]);
    assert_eq!((broken.contracts.len(), broken.troubles.len(), broken.troubles[0].line), (0, 1, 2));
    let twice = found(&[("o.yaml", "openapi: 3.0.0\npaths:\n  /a: {get: {}}\n  /a: {put: {}}\n")]);
    assert_eq!(lines(&twice.contracts[0]), ["PUT /a o.yaml:4"]);
    assert_eq!(twice.troubles[0].message, "the key `/a` stands twice; the later one counts");
    let odd = found(&[("o.yaml", "openapi: 3.0.0\npaths:\n  /a: {get: 3, put: [], post: }\n  /b: 7\n")]);
    assert_eq!(odd.contracts[0].operations.len(), 0);
}

#[test]
fn bombs_stay_small() {
    let start = Instant::now();
    let mut aliases = "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "openapi: 3.0.0\nm0: &m0 {k0: 1}\n".to_owned();
    for n in 1..40 {
        aliases.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", ")));
        merges.push_str(&format!("m{n}: &m{n} {{<<: [{}], k{n}: 1}}\n", vec![format!("*m{}", n - 1); 10].join(", ")));
    }
    aliases.push_str("paths: {/a: {get: {parameters: *a39}}}\n");
    merges.push_str("paths: {/a: {get: *m39}}\n");
    let deep = format!("{{\"openapi\": \"3.0.0\", \"paths\": {}", "[".repeat(1_000_000));
    let deep_yaml = format!("openapi: 3.0.0\npaths: {}", "- ".repeat(100_000));
    let mut chain = "openapi: 3.0.0\nc0: &c0 [x]\n".to_owned();
    for n in 1..100_000 {
        chain.push_str(&format!("c{n}: &c{n} [*c{}]\n", n - 1));
    }
    let found = found(&[("a.yaml", &aliases), ("c.yaml", &chain), ("m.yaml", &merges), ("openapi.json", &deep), ("d.yaml", &deep_yaml)]);
    assert_eq!(found.contracts.iter().map(|c| c.operations.len()).collect::<Vec<_>>(), [1, 1]);
    assert!(found.troubles.iter().any(|t| t.message.contains("too deeply")));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn large_documents_are_read_in_little_time() {
    let mut text = "openapi: 3.0.0\npaths:\n".to_owned();
    for n in 0..10_000 {
        text.push_str(&format!(
            "  /things{n}/{{id}}:\n    get:\n      operationId: get{n}\n      responses: {{'200': {{description: A thing, as it is}}}}\n"
        ));
    }
    let start = Instant::now();
    assert_eq!(only(&[("o.yaml", &text)]).operation_count, 10_000);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn the_place_and_the_name_tell_what_a_document_is() {
    let text = "openapi: 3.0.0\npaths: {/a: {get: {}}}\n";
    let found = found(&[("tests/o.yaml", text), ("sdk/o.yaml", text), ("api/o-generated.yaml", text), ("values.yaml", "x: openapi\n")]);
    let roles: Vec<_> = found.contracts.iter().map(|c| (c.file.as_str(), c.role, c.generated)).collect();
    let expected = [
        ("api/o-generated.yaml", ContractRole::Unmatched, true),
        ("sdk/o.yaml", ContractRole::Client, false),
        ("tests/o.yaml", ContractRole::Test, false),
    ];
    assert_eq!(roles, expected);
}
