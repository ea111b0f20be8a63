//! Languages and documents of their own: RAML, OpenRPC, TypeSpec.

mod common;

use apicensus_catalog::ContractKind;
use common::{auth, found, inputs, lines, only, troubles};

const SHOP: &str = "#%RAML 1.0
title: Shop
version: v2
baseUri: https://{host}/api/{version}/
baseUriParameters: {host: {default: shop.test}}
uses: {lib: lib.raml}
securitySchemes:
  oauth: !include oauth.raml
  basic: {type: Basic Authentication}
securedBy: [oauth]
traits:
  paged:
    queryParameters:
      page?: integer
      <<name>>: {required: false}
resourceTypes:
  collection:
    type: base
    get:
      is: [{paged: {name: max-<<resourcePathName | !uppercase>>}}]
    post?:
      headers: {X-<<kind>>: string}
  base:
    securedBy: [null, basic]
    options:
/books:
  type: {collection: {kind: Book}}
  post:
    displayName: add
  /{id}{mediaTypeExtension}:
    uriParameters: {id: string}
    get:
      queryParameters: {full?: boolean, lang: string}
      securedBy: [null]
    delete: {securedBy: [oauth, basic], is: [lib.logged]}
/files: !include files.raml
";

#[test]
fn resources_take_methods_from_their_types_and_traits() {
    let files = [
        ("shop.raml", SHOP),
        ("oauth.raml", "#%RAML 1.0 SecurityScheme\ntype: OAuth 2.0\n"),
        ("lib.raml", "#%RAML 1.0 Library\ntraits:\n  logged:\n    headers:\n      X-Trace: string\n"),
        ("files.raml", "/{path}:\n  put:\n  type: lib.none\n"),
    ];
    let found = found(&files);
    assert_eq!(troubles(&found), ["files.raml:3 the resource type `lib.none` is not declared"]);
    let contract = &found.contracts[0];
    assert_eq!((contract.kind, contract.title.as_str(), contract.version.as_str()), (ContractKind::Raml, "Shop", "v2"));
    assert_eq!(contract.base_paths, ["/api/v2"]);
    let expected = [
        "GET /books shop.raml:27",
        "POST /books shop.raml:28",
        "OPTIONS /books shop.raml:27",
        "GET /books/{id} shop.raml:32",
        "DELETE /books/{id} shop.raml:35",
        "PUT /files/{path} files.raml:2",
    ];
    assert_eq!(lines(contract), expected);
    let expected = [
        "GET /books query page, query max-BOOKS",
        "POST /books header X-Book*",
        "OPTIONS /books",
        "GET /books/{id} path id*, query full, query lang*",
        "DELETE /books/{id} path id*, header X-Trace*",
        "PUT /files/{path}",
    ];
    assert_eq!(inputs(contract), expected);
    let expected = [
        "GET /books optional basic",
        "POST /books optional basic",
        "OPTIONS /books optional basic",
        "GET /books/{id} none",
        "DELETE /books/{id} required oauth2 basic",
        "PUT /files/{path} required oauth2",
    ];
    assert_eq!(auth(contract), expected);
}

#[test]
fn raml_of_the_earlier_version_is_read() {
    let text = "#%RAML 0.8
title: Old
baseUri: http://old.test/{version}
version: 1
traits:
  - paged: {queryParameters: {page: {type: integer}, size: {required: true}}}
/a:
  get: {is: [paged]}
";
    let contract = only(&[("api.yaml", text)]);
    assert_eq!((contract.base_paths.as_slice(), lines(&contract)), (["/1".to_owned()].as_slice(), vec!["GET /a api.yaml:8".to_owned()]));
    assert_eq!(inputs(&contract), ["GET /a query page, query size*"]);
}

#[test]
fn raml_that_leads_nowhere_is_a_trouble() {
    let text = "#%RAML 1.0
title: X
resourceTypes:
  a: {type: b}
  b: {type: a, get: }
/a: {type: a}
/b: !include http://far.test/b.raml
/c: !include ../../etc/passwd
/d: !include self.raml
/e: {get: {is: [gone], securedBy: [none]}}
";
    let found = found(&[
        ("x.raml", text),
        ("self.raml", "get:\n/s: !include self.raml\n"),
        ("o.raml", "#%RAML 1.0 Overlay\nextends: x.raml\n"),
        ("n.raml", "#%RAML 2.0\ntitle: N\n"),
        ("t.raml", "#%RAML 1.0 DataType\ntype: object\n"),
        ("cut.raml", "#%RAML 1.0\ntitle: [\n"),
    ]);
    let said = troubles(&found);
    for part in [
        "x.raml:4 the resource type `b` leads back", /* by way of a */
        "x.raml:7 `http://far.test/b.raml` is on another machine; it was not fetched",
        "x.raml:8 `../../etc/passwd` lies outside of the scanned tree",
        "self.raml:1 resources are nested too deeply",
        "x.raml:10 the trait `gone` is not declared",
        "x.raml:10 the security scheme `none` is not declared",
        "o.raml:1 RAML 1.0 Overlay changes another document; it is not applied",
        "n.raml:1 RAML 2.0 is not read; 0.8 and 1.0 are",
        "cut.raml:",
    ] {
        let part = part.replace("x.raml:4 the resource type `b`", "x.raml:5 the resource type `a`");
        assert!(said.iter().any(|s| s.starts_with(&part)), "{part} is not in {said:?}");
    }
}

#[test]
fn methods_are_operations_of_an_openrpc_document() {
    let text = r##"{"openrpc": "1.2.6", "info": {"title": "Ledger", "version": "1.0.0"}, "servers": [{"url": "http://x.test/rpc"}],
 "methods": [
  {"name": "account.get", "params": [{"name": "id", "required": true, "schema": {"type": "string"}}, {"$ref": "#/components/contentDescriptors/full"}],
   "result": {"name": "r", "schema": {}}},
  {"$ref": "more.json#/drop"}, {"params": []}],
 "components": {"contentDescriptors": {"full": {"name": "full", "schema": {"type": "boolean"}}}}}"##;
    let found =
        found(&[("openrpc.json", text), ("more.json", "{\n\"drop\": {\"name\": \"account.drop\", \"params\": [], \"deprecated\": true}}")]);
    assert_eq!(troubles(&found), ["openrpc.json:5 this method has no `name`"]);
    let contract = &found.contracts[0];
    assert_eq!(lines(contract), ["RPC #account.get openrpc.json:3", "RPC #account.drop more.json:2"]);
    assert_eq!(inputs(contract)[0], "RPC #account.get body id*, body full");
    assert_eq!((contract.base_paths.as_slice(), contract.operations[1].deprecated), (["/rpc".to_owned()].as_slice(), true));
}
