//! The other formats: GraphQL, Protocol Buffers, AsyncAPI, Postman, HTTP archives.

#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Contract, ContractKind, DeclaredAuth};
use apicensus_contracts::read;
use apicensus_source::classify::Class;
use apicensus_source::{OpenOptions, Tree};

fn contracts(file: &str, text: &str) -> Vec<Contract> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), text).unwrap();
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    read(&tree, &|_| Class::Production).contracts
}

/// `GET /x:7` for each operation of the one contract.
fn lines(file: &str, text: &str) -> Vec<String> {
    let all = contracts(file, text);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].operations.iter().map(|o| format!("{} {}:{}", o.method, o.path, o.at.line)).collect()
}

#[test]
fn fields_of_root_types_are_operations_of_a_graphql_schema() {
    let text = r#"
"""The type Query { not: this }"""
type Query implements Node @key(fields: "id") {
  "a book" book(id: ID!, lang: String = "en", first: Int! = 3): Book @deprecated(reason: "old")
  books: [Book!]! # type Query { no: x }
}
type Book { id: ID! title(short: Boolean): String }
extend type Mutation { addBook(input: BookInput!): Book }
input Query2 { x: Int }
"#;
    assert_eq!(lines("schema.graphql", text), ["QUERY #book:4", "QUERY #books:5", "MUTATION #addBook:8"]);
    let contract = &contracts("schema.graphql", text)[0];
    assert_eq!(contract.operations.iter().map(|o| o.deprecated).collect::<Vec<_>>(), [true, false, false]);
    let arguments: Vec<_> = contract.operations[0].parameters.iter().map(|p| (p.name.as_str(), p.required)).collect();
    assert_eq!(arguments, [("id", true), ("lang", false), ("first", false)]);
    assert_eq!(lines("s.gql", "schema { query: Root }\ntype Root { a: Int }\ntype Query { b: Int }"), ["QUERY #a:2"]);
    assert!(contracts("q.graphql", "query Books { books { id } }").is_empty(), "a document of a client");
    assert!(contracts("q.graphql", "type Query { a(").is_empty());
}

#[test]
fn methods_of_services_and_their_bindings_are_operations_of_a_proto_file() {
    let text = r#"syntax = "proto3";
package shop.v1; // service Not { rpc A(B) returns (C); }
service Shelves {
  rpc List (ListRequest) returns (stream Shelf) {
    option (google.api.http) = { get: "/v1/{parent=stores/*}/shelves" additional_bindings { post: "/v1/shelves:list" body: "*" } };
    option deprecated = true;
  }
  rpc Drop(Shelf) returns (Empty);
}
message Shelf { string rpc = 1; }
"#;
    let expected =
        ["RPC /shop.v1.Shelves/List:4", "GET /v1/stores/{parent}/shelves:5", "POST /v1/shelves:list:5", "RPC /shop.v1.Shelves/Drop:8"];
    assert_eq!(lines("shelves.proto", text), expected);
    assert_eq!(contracts("shelves.proto", text)[0].operations.iter().map(|o| o.deprecated).collect::<Vec<_>>(), [true, true, true, false]);
    assert!(contracts("m.proto", "message service { }").is_empty());
}

#[test]
fn channels_are_operations_of_an_asyncapi_document() {
    let two = "asyncapi: 2.6.0\nservers: {s: {url: 'wss://x.test/live', protocol: wss}}\nchannels:\n  /rooms/{id}:\n    publish: {operationId: say}\n    subscribe: {}\n";
    assert_eq!(lines("async.yaml", two), ["RECEIVE /rooms/{id}:5", "SEND /rooms/{id}:6"]);
    assert_eq!(contracts("async.yaml", two)[0].base_paths, ["/live"]);
    let three = "asyncapi: 3.0.0\nchannels: {rooms: {address: 'rooms/{id}'}}\noperations:\n  say: {action: receive, channel: {$ref: '#/channels/rooms'}}\n";
    assert_eq!(lines("async.yaml", three), ["RECEIVE /rooms/{id}:4"]);
}

#[test]
fn requests_are_operations_of_a_collection() {
    let text = r#"{"info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"auth": {"type": "bearer"},
"item": [{"name": "books", "item": [
  {"name": "one", "request": {"method": "get", "url": {"raw": "{{base}}/books/:id?x=1", "path": ["books", ":id"]}}},
  {"name": "again", "request": {"method": "GET", "url": "{{base}}/books/:id"}},
  {"name": "add", "request": {"method": "POST", "auth": {"type": "noauth"}, "url": "https://x.test/books/{{kind}}"}}]},
 {"name": "root", "request": "{{base}}"}]}"#;
    assert_eq!(lines("shop.json", text), ["GET /books/{id}:4", "POST /books/{kind}:6", "GET /:7"]);
    let contract = &contracts("shop.json", text)[0];
    assert_eq!(
        contract.operations.iter().map(|o| o.auth).collect::<Vec<_>>(),
        [DeclaredAuth::Required, DeclaredAuth::None, DeclaredAuth::Required]
    );
    assert_eq!(contract.kind, ContractKind::Postman);
}

#[test]
fn recorded_requests_are_operations_of_an_archive() {
    let entry = |method: &str, url: &str| format!("{{\"request\": {{\"method\": \"{method}\", \"url\": \"{url}\"}}}}");
    let entries =
        [entry("GET", "https://x.test/books/42?a=1"), entry("GET", "https://x.test/books/43"), entry("POST", "https://x.test/v2/books")];
    let text = format!("{{\"log\": {{\"version\": \"1.2\", \"entries\": [\n{}]}}}}", entries.join(",\n"));
    assert_eq!(lines("x.har", &text), ["GET /books/{id}:2", "POST /v2/books:4"]);
}
