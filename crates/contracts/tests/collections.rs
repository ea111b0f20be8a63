//! Collections of requests: Insomnia, Bruno, OpenCollection, request files for editors.

mod common;

use apicensus_catalog::ContractKind;
use common::{auth, found, lines, only, troubles};

#[test]
fn an_insomnia_export_is_a_list_of_resources() {
    let text = r#"{"_type": "export", "__export_format": 4, "__export_source": "insomnia.desktop.app:v8.6.1",
"resources": [
 {"_id": "req_1", "_type": "request", "parentId": "fld_1", "name": "one", "method": "GET", "url": "{{ _.base_url }}/pets/{{ _.petId }}", "authentication": {}},
 {"_id": "req_2", "_type": "request", "parentId": "wrk_1", "name": "add", "method": "POST",
  "url": "https://pets.test/pets", "authentication": {"type": "basic", "username": "a", "password": "b"}},
 {"_id": "req_3", "_type": "request", "parentId": "wrk_1", "method": "GET", "url": "{{ base_url }}/pets/7", "authentication": {"type": "bearer", "disabled": true}},
 {"_id": "req_4", "_type": "request", "parentId": "wrk_1", "method": "DELETE", "url": "{{ base_url }}/pets/:petId"},
 {"_id": "fld_1", "_type": "request_group", "parentId": "wrk_1", "name": "pets", "authentication": {"type": "oauth2"}},
 {"_id": "ws_1", "_type": "websocket_request", "parentId": "wrk_1", "name": "live", "url": "wss://pets.test/live"},
 {"_id": "greq_1", "_type": "grpc_request", "parentId": "wrk_1", "url": "pets.test:50051", "protoFileId": "pf_1", "protoMethodName": "/pets.v1.Pets/List"},
 {"_id": "env_1", "_type": "environment", "parentId": "wrk_1", "data": {"base_url": "https://pets.test"}},
 {"_id": "spc_1", "_type": "api_spec", "parentId": "wrk_1", "contents": ""},
 {"_id": "wrk_1", "_type": "workspace", "parentId": null, "name": "Pets"}]}"#;
    let contract = only(&[("pets.json", text)]);
    let expected = [
        "GET /pets/{petId} pets.json:3",
        "POST /pets pets.json:5",
        "GET /pets/{id} pets.json:6",
        "DELETE /pets/{petId} pets.json:7",
        "GET /live pets.json:9",
        "RPC /pets.v1.Pets/List pets.json:10",
    ];
    assert_eq!((contract.kind, contract.title.as_str(), contract.format_version.as_str()), (ContractKind::Insomnia, "Pets", "4"));
    assert_eq!(lines(&contract), expected);
    let said = auth(&contract);
    assert_eq!(said[..3], ["GET /pets/{petId} required oauth2", "POST /pets required basic", "GET /pets/{id} none"]);
    let old = text.replace("\"__export_format\": 4", "\"__export_format\": 2");
    assert_eq!(troubles(&found(&[("p.json", &old)])), ["p.json:1 Insomnia's export format 2 is not read; 3, 4 and 5 are"]);
    let with_spec = text.replace("\"contents\": \"\"", "\"contents\": \"openapi: 3.0.0\"");
    assert_eq!(troubles(&found(&[("p.json", &with_spec)])), ["p.json:12 the API description within this export is not read"]);
}

#[test]
fn an_insomnia_file_of_version_5_is_a_tree() {
    let text = "type: collection.insomnia.rest/5.0
name: Pets
meta:
  id: wrk_1
collection:
  - name: pets
    authentication: {type: apikey, key: X-Key, value: a}
    children:
      - url: '{{ _.base_url }}/pets'
        name: all
        method: GET
      - url: '{{ _.base_url }}/pets/{% response ''body'', ''req_1'', ''b64::JC5pZA=='' %}'
        name: gone
        method: DELETE
        authentication: {type: none}
  - url: wss://pets.test/live
    name: live
environments:
  name: Base
  data:
    base_url: https://pets.test
";
    let contract = only(&[("insomnia.wrk_1.yaml", text)]);
    let lines = lines(&contract);
    assert_eq!(lines[..2], ["GET /pets insomnia.wrk_1.yaml:9", "DELETE /pets/{response} insomnia.wrk_1.yaml:12"]);
    assert_eq!(auth(&contract), ["GET /pets required apiKey", "DELETE /pets/{response} none", "GET /live unsaid"]);
    assert!(found(&[("e.yaml", "type: environment.insomnia.rest/5.0\nname: E\n")]).contracts.is_empty());
    let design = "type: spec.insomnia.rest/5.0\nname: D\nspec:\n  contents:\n    openapi: 3.0.0\n";
    assert_eq!(troubles(&found(&[("d.yaml", design)])), ["d.yaml:4 the API description within this design document is not read"]);
}

const GET: &str = "meta {
  name: One pet
  type: http
  seq: 1
}

get {
  url: {{host}}/pets/:id?full=true
  body: none
  auth: inherit
}

params:path {
  id: 7
}

docs {
  put {
    url: /not/this
  }
}
";

#[test]
fn a_folder_of_bru_files_is_one_collection() {
    let post = "meta {\n  name: Add\n  type: http\n}\n\npost {\n  url: https://pets.test/pets\n  body: json\n  auth: bearer\n}\n\nbody:json {\n  {\n    \"url\": \"x\"\n  }\n}\n";
    let rpc =
        "meta {\n  name: Rpc\n  type: grpc\n}\n\ngrpc {\n  url: localhost:50051\n  method: pets.v1.Pets/List\n  methodType: unary\n}\n";
    let files = [
        ("api/bruno.json", "{\"version\": \"1\", \"name\": \"Pets\", \"type\": \"collection\", \"ignore\": [\".git\"]}"),
        ("api/collection.bru", "auth {\n  mode: basic\n}\n"),
        ("api/environments/dev.bru", "vars {\n  host: http://localhost\n  url: x\n}\n"),
        ("api/pets/One pet.bru", GET),
        ("api/pets/folder.bru", "meta {\n  name: pets\n}\n\nauth {\n  mode: inherit\n}\n"),
        ("api/pets/add.bru", post),
        ("api/rpc.bru", rpc),
        ("apis/other.txt", ""),
    ];
    let contract = only(&files);
    assert_eq!((contract.kind, contract.title.as_str(), contract.file.as_str()), (ContractKind::Bruno, "Pets", "api/bruno.json"));
    let expected = ["GET /pets/{id} api/pets/One pet.bru:8", "POST /pets api/pets/add.bru:7", "RPC /pets.v1.Pets/List api/rpc.bru:7"];
    assert_eq!(lines(&contract), expected);
    assert_eq!(auth(&contract)[..2], ["GET /pets/{id} required basic", "POST /pets required bearer"]);
    assert_eq!(lines(&only(&[("x/One.bru", GET)])), ["GET /pets/{id} x/One.bru:8"], "without a root each file is one");
    assert_eq!(
        troubles(&found(&[("bruno.json", files[0].1), ("a.bru", "get {\n  body: none\n}\n")])),
        ["a.bru:1 this request has no `url`"]
    );
}

#[test]
fn an_opencollection_is_one_file_or_a_folder() {
    let request = |method: &str, url: &str, more: &str| {
        format!("info:\n  name: R\n  type: http\n  seq: 1\nhttp:\n  method: {method}\n  url: \"{url}\"\n{more}")
    };
    let (get, put) = (request("GET", "{{baseUrl}}/pets/:id", ""), request("PUT", "{{baseUrl}}/pets", "  auth: {type: bearer, token: a}\n"));
    let files = [
        ("c/opencollection.yml", "opencollection: 1.0.0\ninfo:\n  name: Pets\nrequest:\n  auth: {type: basic}\n"),
        ("c/get.yml", get.as_str()),
        ("c/inner/put.yml", put.as_str()),
        ("c/environments/dev.yml", "name: dev\nvariables:\n  - {name: baseUrl, value: http://localhost}\n"),
        ("other/opencollection.yml", "opencollection: 1.0.0\ninfo: {name: Other}\n"),
        ("workspace.yml", "opencollection: 1.0.0\ninfo: {name: W, type: workspace}\ncollections: []\n"),
    ];
    let found = found(&files);
    assert_eq!(found.contracts.len(), 2, "a workspace is none");
    assert_eq!(auth(&found.contracts[0]), ["GET /pets/{id} required basic", "PUT /pets required bearer"]);
    assert_eq!(lines(&found.contracts[0])[1], "PUT /pets c/inner/put.yml:7");
    let bundled = "opencollection: 1.0.0\ninfo: {name: Pets}\nbundled: true\nitems:\n  - info: {name: pets, type: folder}\n    items:\n      - info: {name: all, type: http}\n        http: {method: GET, url: 'http://{{host}}/pets'}\n";
    assert_eq!(lines(&only(&[("pets.yaml", bundled)])), ["GET /pets pets.yaml:8"]);
}

#[test]
fn a_file_of_requests_holds_each_of_them() {
    let text = "@host = http://localhost:8080
@base = {{host}}/api/v1
// a comment
# @name first
GET {{base}}/pets?page=1
    &size=10 HTTP/1.1
Accept: application/json

###

# @no-log
http://pets.test/health

### Add a pet
< {%
  request.variables.set(\"x\", \"GET /no\")
%}
POST {{host}}/pets HTTP/1.1
Authorization: Bearer {{token}}
Content-Type: application/json

{\"name\": \"a\",
GET /not/this
}

> {% client.test('x', function() {}) %}

###
GET https://pets.test
    /pets
    /42
    ?full=true

### a socket
WEBSOCKET ws://localhost/live

###
GRAPHQL {{host}}/graphql

query { pets { id } }
###
curl -X DELETE \"{{host}}/pets/{{id}}\" -H 'A: b'
###
words that are no request
";
    let contract = only(&[("requests.http", text)]);
    let expected = [
        "GET /api/v1/pets requests.http:5",
        "GET /health requests.http:12",
        "POST /pets requests.http:18",
        "GET /pets/{id} requests.http:29",
        "GET /live requests.http:35",
        "POST /graphql requests.http:38",
        "DELETE /pets/{id} requests.http:42",
    ];
    assert_eq!(lines(&contract), expected);
    assert_eq!(contract.operations[2].operation_id, "Add a pet");
    assert_eq!(auth(&contract)[2], "POST /pets required bearer");
}

#[test]
fn texts_with_the_same_ending_are_no_requests() {
    let manual = "Getting started\n===============\n\nGET /pets gives all pets::\n\n    GET /pets\n";
    let answer = "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nGET /pets\n";
    let prose = "Get the tool from the shop.\nhttp://pets.test\n";
    let found = found(&[("manual.rest", manual), ("answer.http", answer), ("prose.rest", prose), ("empty.http", "")]);
    assert_eq!((found.contracts, found.troubles), (Vec::new(), Vec::new()));
}
