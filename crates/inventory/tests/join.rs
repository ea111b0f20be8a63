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
    assert_eq!(shadows, ["medium shadow GET /public/v1/hidden", "info shadow beyond the contract"]);
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

/// The catalog of the shop with its endpoints changed, and these files joined to it.
fn joined(files: &[(&str, &str)], change: impl Fn(&mut apicensus_catalog::Endpoint)) -> Catalog {
    let mut catalog = catalog(&[("main.py", SHOP)]);
    catalog.endpoints.iter_mut().for_each(change);
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    let options = apicensus_source::OpenOptions { paths: vec![folder.path().to_owned()], ..Default::default() };
    let tree = apicensus_source::Tree::open(&options).unwrap();
    let found = apicensus_contracts::read(&tree, &|_| apicensus_source::classify::Class::Production);
    apicensus_inventory::join::join(&mut catalog, found.contracts, &Default::default());
    catalog
}

/// The shop's handlers as operations of two services that are called by their names.
fn named(protocol: apicensus_catalog::Protocol, method: &'static str) -> impl Fn(&mut apicensus_catalog::Endpoint) {
    move |e| {
        let name = e.handler.as_ref().unwrap().symbol.clone();
        let mount = if e.method == "DELETE" { "/admin" } else { "/books" };
        (e.protocol, e.method, e.path) = (protocol, method.to_owned(), format!("{mount}#{name}"));
    }
}

fn wsdl(operations: &[&str]) -> String {
    let all = |tag: &str| operations.iter().map(|name| format!("<operation name='{name}'>{tag}</operation>")).collect::<String>();
    format!(
        "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:s='http://schemas.xmlsoap.org/wsdl/soap/' targetNamespace='urn:b' xmlns:t='urn:b'>
<portType name='P'>{}</portType><binding name='B' type='t:P'><s:binding/>{}</binding>
<service name='Books'><port name='p' binding='t:B'><s:address location='http://x.test/services/books'/></port></service></definitions>",
        all(""),
        all("<s:operation/>")
    )
}

#[test]
fn operations_of_soap_meet_by_their_names() {
    let text = wsdl(&["list_books", "add_book", "get_book", "gone"]);
    let catalog = joined(&[("books.wsdl", &text)], named(apicensus_catalog::Protocol::Soap, "SOAP"));
    let expected = [
        "SOAP /books#list_books yes base-path",
        "SOAP /books#add_book yes base-path",
        "SOAP /admin#remove_book unknown",
        "SOAP /books#get_book yes base-path",
    ];
    assert_eq!(documented(&catalog), expected, "what lies elsewhere is not covered");
    let gone = catalog.contracts[0].operations.iter().find(|o| o.operation_id == "Books.gone").unwrap();
    assert_eq!(gone.grade, None);
    let same = joined(&[("books.wsdl", &text.replace("/services/books", "/books"))], named(apicensus_catalog::Protocol::Soap, "SOAP"));
    assert_eq!(documented(&same)[0], "SOAP /books#list_books yes exact");
    let http = joined(&[("books.wsdl", &text)], |_| {});
    assert!(documented(&http).iter().all(|line| line.ends_with("unknown")), "what speaks HTTP is not in a WSDL for SOAP");
}

#[test]
fn methods_of_json_rpc_meet_by_their_names() {
    let methods = ["list_books", "add_book"].map(|name| format!("{{\"name\": \"{name}\", \"params\": []}}")).join(",");
    let text = format!("{{\"openrpc\": \"1.3.2\", \"info\": {{\"title\": \"B\", \"version\": \"1\"}}, \"methods\": [{methods}]}}");
    let catalog = joined(&[("openrpc.json", &text)], named(apicensus_catalog::Protocol::JsonRpc, "RPC"));
    let expected =
        ["RPC /books#list_books yes exact", "RPC /books#add_book yes exact", "RPC /admin#remove_book unknown", "RPC /books#get_book no"];
    assert_eq!(documented(&catalog), expected);
}

#[test]
fn collections_document_nothing_and_leave_nothing_undocumented() {
    let request = |method: &str, path: &str| format!("{{\"request\": {{\"method\": \"{method}\", \"url\": \"{{{{base}}}}{path}\"}}}}");
    let items = [request("GET", "/api/v1/books"), request("POST", "/api/v1/books"), request("GET", "/api/v1/gone")].join(",");
    let postman = format!(
        "{{\"info\": {{\"name\": \"S\", \"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"}}, \"item\": [{items}]}}"
    );
    let insomnia = "type: collection.insomnia.rest/5.0\nname: S\ncollection:\n  - {name: a, method: GET, url: '{{ _.base }}/api/v1/books'}\n  - {name: b, method: POST, url: '{{ _.base }}/api/v1/books'}\n";
    let bruno = "get {\n  url: {{base}}/api/v1/books/:id\n}\n";
    let http = "GET {{host}}/api/v1/books\n###\nPOST {{host}}/api/v1/books\n###\nGET {{host}}/api/v1/gone\n";
    let files = [("main.py", SHOP), ("p.json", postman.as_str()), ("i.yaml", insomnia), ("b.bru", bruno), ("h.http", http)];
    let catalog = catalog(&files);
    let roles: Vec<_> = catalog.contracts.iter().map(|c| (c.file.as_str(), c.role, c.matched_count)).collect();
    let describes = ContractRole::Describes;
    assert_eq!(roles, [("b.bru", describes, 1), ("h.http", describes, 2), ("i.yaml", describes, 2), ("p.json", describes, 2)]);
    assert!(documented(&catalog).iter().all(|line| line.ends_with("unknown")), "{:?}", documented(&catalog));
    let said = said(&catalog);
    assert!(!said.iter().any(|s| s.contains("shadow") || s.contains("phantom")), "{said:?}");
    assert!(said.contains(&"info no-contract service".to_owned()));
}

#[test]
fn a_base_path_that_only_the_contract_has_is_left_out() {
    let spec = spec(
        "servers: [{url: https://shop.test/proxy}, {url: http://localhost/proxy}]",
        &["/: {get: {}}", "/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}}"],
    );
    let code = format!("{SHOP}\n@app.get('/')\ndef root(): ...\n");
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", &spec)]);
    assert_eq!(catalog.contracts[0].services[0].extra_base_path, "/proxy");
    assert_eq!(documented(&catalog)[0], "GET / yes base-path");
}

#[test]
fn one_operation_documents_both_spellings_of_its_path() {
    let code = format!("{SHOP}\n@app.get('/api/v1/books/')\ndef again(): ...\n");
    let spec = spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}"]);
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", &spec)]);
    assert!(documented(&catalog).iter().all(|line| line.contains(" yes ")), "{:?}", documented(&catalog));
}

#[test]
fn few_operations_prove_no_base_path_with_parameters() {
    let code = format!("{SHOP}\n@app.get('/api/v1/books/{{id}}/search')\ndef search(id): ...\n");
    let catalog = catalog(&[("main.py", &code), ("provider.yaml", &spec("", &["/search: {get: {}}"]))]);
    assert_eq!(catalog.contracts[0].role, ContractRole::Unmatched);
}

#[test]
fn a_description_of_something_larger_gives_way() {
    let own = spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}}"]);
    let more: Vec<String> = (0..20).map(|n| format!("/cloud/{n}: {{get: {{}}}}")).collect();
    let mut paths = vec!["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}}"];
    paths.extend(more.iter().map(String::as_str));
    let catalog = catalog(&[("main.py", SHOP), ("openapi.yaml", &own), ("cloud/all.yaml", &spec("", &paths))]);
    let roles: Vec<_> = catalog.contracts.iter().map(|c| (c.file.as_str(), c.role)).collect();
    assert_eq!(roles, [("cloud/all.yaml", ContractRole::Superseded), ("openapi.yaml", ContractRole::Describes)]);
    assert!(!said(&catalog).iter().any(|s| s.contains("phantom")), "{:?}", said(&catalog));
}

#[test]
fn what_a_contract_covers_little_of_is_one_finding() {
    let paths: Vec<String> = (0..12).map(|n| format!("/api/{n}: {{get: {{}}}}")).collect();
    let spec = spec("", &paths.iter().map(String::as_str).collect::<Vec<_>>());
    let mut code = "from fastapi import FastAPI\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n".to_owned();
    (0..40).for_each(|n| code.push_str(&format!("@app.get('/api/{n}')\ndef api_{n}(): ...\n@app.options('/api/{n}')\ndef o_{n}(): ...\n")));
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", &spec)]);
    let shadows: Vec<String> = said(&catalog).into_iter().filter(|s| s.contains("shadow")).collect();
    assert_eq!(shadows, ["info shadow beyond the contract"]);
    let finding = common::finding(&catalog, "shadow", "beyond the contract");
    assert_eq!(finding.message, "openapi.yaml does not have 28 endpoints in parts of the service that it covers little of");
    let options = catalog.endpoints.iter().find(|e| e.method == "OPTIONS").unwrap().documented.as_ref().unwrap();
    assert_eq!(options.reason.as_deref(), Some("no contract of its service says anything of OPTIONS"));
}

#[test]
fn what_a_folder_makes_a_test_is_no_phantom() {
    let spec = spec("", &["/api/v1/books: {get: {}, post: {}}", "'/api/v1/books/{id}': {get: {}, delete: {}}"]);
    let change = |e: &mut apicensus_catalog::Endpoint| {
        if e.method == "DELETE" {
            e.audience = apicensus_catalog::Audience::Test;
        }
    };
    let catalog = joined(&[("openapi.yaml", &spec)], change);
    let grade = catalog.contracts[0].operations.iter().find(|o| o.method == "DELETE").unwrap().grade;
    assert_eq!(grade, Some(apicensus_catalog::Grade::Near));
}
