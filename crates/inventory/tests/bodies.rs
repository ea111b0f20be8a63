//! Bodies and events: what a contract promises of them beside what the code takes and gives.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::Catalog;
use common::{catalog, finding, said};

const CODE: &str = r#"
from fastapi import FastAPI, Request
from pydantic import BaseModel

class Address(BaseModel):
    city: str
    zip: int

class Order(BaseModel):
    id: int | None = None
    title: str
    amount: int
    address: Address
    api_key: str | None = None

class Kept(BaseModel):
    id: int
    title: str
    password: str

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

@app.post("/orders", status_code=201)
def add(order: Order) -> Kept: ...

@app.put("/orders/{id}")
async def change(id: int, request: Request):
    body = await request.json()
    return body["title"]

@app.get("/orders")
def all(limit: int, page: int = 1): ...
"#;

/// A document with these properties of what is sent and given.
fn spec(sent: &str, given: &str) -> String {
    format!(
        "openapi: 3.0.3
info: {{title: Shop, version: '1'}}
paths:
  /orders:
    get:
      parameters:
        - {{in: query, name: limit, schema: {{type: string}}}}
        - {{in: query, name: page, schema: {{type: integer}}}}
    post:
      requestBody:
        required: true
        content:
          application/json: {{schema: {{$ref: '#/components/schemas/Order'}}}}
      responses:
        '201':
          content:
            application/json; charset=utf-8: {{schema: {{type: object, properties: {given}}}}}
  /orders/{{id}}:
    put:
      requestBody: {{content: {{application/json: {{schema: {{type: object, properties: {{title: {{type: string}}, note: {{}}}}}}}}}}}}
components:
  schemas:
    Order:
      allOf:
        - {{type: object, properties: {{id: {{type: integer, readOnly: true}}}}}}
        - {sent}
"
    )
}

fn mismatches(catalog: &Catalog, path: &str, method: &str) -> Vec<String> {
    let one = catalog.endpoints.iter().find(|e| e.path == path && e.method == method).unwrap();
    one.documented.as_ref().unwrap().mismatches.clone()
}

#[test]
fn bodies_are_compared_property_by_property() {
    let sent = "{required: [title, address], properties: {title: {type: string}, amount: {type: string}, voucher: {type: string}, \
                address: {type: object, required: [city, zip], properties: {city: {type: string}, zip: {type: number}}}}}";
    let given = "{id: {type: number}, title: {type: string}, total: {type: number}}";
    let catalog = catalog(&[("main.py", CODE), ("openapi.yaml", &spec(sent, given))]);
    let expected = [
        "body: `address.zip` is number in the contract and integer in the code",
        "body: the code requires `amount`, the contract leaves it open",
        "body: `amount` is string in the contract and integer in the code",
        "body: the code takes `api_key`, the contract does not have it",
        "body: the code takes `id`, which is only to be read by the contract",
        "body: the contract has `voucher`, the type in the code does not",
        "response: the code gives `password`, the contract does not have it",
        "response: the contract has `total`, the type in the code does not",
    ];
    assert_eq!(mismatches(&catalog, "/orders", "POST"), expected);
    // What a handler was seen to read is not all that it may read.
    assert_eq!(mismatches(&catalog, "/orders/{id}", "PUT"), [""; 0]);
    assert_eq!(mismatches(&catalog, "/orders", "GET"), ["parameters: the code requires `limit` in the query, the contract leaves it open"]);
    let found = finding(&catalog, "body-drift", "POST /orders");
    assert_eq!(found.severity.as_str(), "medium", "it gives a password that was not promised");
    assert_eq!(found.evidence.last().map(|e| (e.at.file.as_str(), e.at.line)), Some(("openapi.yaml", 9)));
}

#[test]
fn what_is_not_known_or_left_open_is_not_compared() {
    let sent = "{additionalProperties: true, properties: {title: {}, amount: {type: [integer, 'null']}, address: {$ref: '#/nowhere'}}}";
    let open = catalog(&[("main.py", CODE), ("openapi.yaml", &spec(sent, "{ID: {}, title: {}, password: {}}"))]);
    let expected = [
        "body: the code requires `address`, the contract leaves it open",
        "body: the code requires `amount`, the contract leaves it open",
        "body: the code takes `id`, which is only to be read by the contract",
        "body: the code requires `title`, the contract leaves it open",
    ];
    assert_eq!(mismatches(&open, "/orders", "POST"), expected);
    assert!(open.troubles.iter().any(|t| t.file == "openapi.yaml" && t.message.contains("names nothing")), "{:?}", open.troubles);
    let apart = catalog(&[("main.py", CODE), ("openapi.yaml", &spec("{properties: {a: {}, b: {}}}", "{x: {}, y: {}}"))]);
    let told = mismatches(&apart, "/orders", "POST");
    assert!(told.contains(&"response: the contract and the code have no property in common".to_owned()), "{told:?}");
}

#[test]
fn media_types_and_missing_bodies_are_told() {
    let form = "swagger: '2.0'
paths:
  /orders:
    post:
      consumes: [multipart/form-data]
      parameters: [{in: formData, name: title, type: string, required: true}, {in: formData, name: scan, type: file}]
      responses: {'200': {schema: {type: array, items: {type: string}}}}
    get: {}
";
    let told = mismatches(&catalog(&[("main.py", CODE), ("swagger.yaml", form)]), "/orders", "POST");
    assert_eq!(
        told,
        [
            "body: the contract says multipart/form-data, the code takes application/json",
            "response: the contract says 200, the code answers 201",
        ]
    );
    let bare = "openapi: 3.1.0\npaths: {/orders: {post: {}, get: {}}}\n";
    let told = mismatches(&catalog(&[("main.py", CODE), ("openapi.yaml", bare)]), "/orders", "POST");
    assert_eq!(told, ["body: the code requires one of application/json, the contract has none"]);
}

#[test]
fn schemas_that_hold_themselves_are_compared_to_a_depth() {
    let sent = "{$ref: '#/components/schemas/Order'}";
    let looped = catalog(&[("main.py", CODE), ("openapi.yaml", &spec(sent, "{id: {$ref: '#/components/schemas/Order'}}"))]);
    assert_eq!(looped.endpoints.len(), 3);
    assert!(said(&looped).iter().any(|s| s.contains("body-drift POST /orders")), "{:?}", said(&looped));
}

const EVENTS: &str = r#"
import socketio
sio = socketio.AsyncServer(async_mode="asgi")

@sio.event
async def message(sid, data): ...

@sio.on("typing")
async def typing(sid, data): ...

@sio.on("leave")
async def leave(sid): ...

@sio.on("secret")
async def secret(sid): ...

app = socketio.ASGIApp(sio)
"#;

/// `RECEIVE #x` and what its grade is, for each operation of the one contract.
fn operations(catalog: &Catalog) -> Vec<String> {
    let each = catalog.contracts[0].operations.iter();
    each.map(|o| format!("{} {} {}", o.method, o.path, o.grade.map_or("-", |g| g.as_str()))).collect()
}

#[test]
fn events_are_messages_of_a_channel_or_channels() {
    let third = "asyncapi: 3.0.0
info: {title: Chat, version: '1'}
channels:
  chat:
    address: /
    messages:
      message: {payload: {type: string}}
      typed: {name: typing}
      leave: {$ref: '#/components/messages/leave'}
      gone: {}
      news: {}
operations:
  hear: {action: receive, channel: {$ref: '#/channels/chat'}, messages: [{$ref: '#/channels/chat/messages/message'}, {$ref: '#/channels/chat/messages/typed'}, {$ref: '#/channels/chat/messages/leave'}, {$ref: '#/channels/chat/messages/gone'}]}
  tell: {action: send, channel: {$ref: '#/channels/chat'}, messages: [{$ref: '#/channels/chat/messages/news'}]}
components: {messages: {leave: {summary: Leaves}}}
";
    let found = catalog(&[("main.py", EVENTS), ("asyncapi.yaml", third)]);
    let expected = ["RECEIVE #message exact", "RECEIVE #typing exact", "RECEIVE #leave exact", "RECEIVE #gone -", "SEND / -"];
    assert_eq!(operations(&found), expected);
    let said = said(&found);
    assert!(said.iter().any(|s| s.contains("phantom RECEIVE #gone")), "{said:?}");
    assert!(!said.iter().any(|s| s.contains("phantom SEND")), "what it sends is not looked for: {said:?}");
    assert!(said.iter().any(|s| s.contains("shadow RECEIVE") && s.ends_with("#secret")), "{said:?}");
    let second = "asyncapi: 2.6.0
channels:
  message: {publish: {message: {name: whatever}}}
  typing: {publish: {}}
  leave: {publish: {message: {oneOf: [{name: leave}]}}}
";
    let found = catalog(&[("main.py", EVENTS), ("asyncapi.yaml", second)]);
    assert_eq!(operations(&found), ["RECEIVE #message exact", "RECEIVE #typing exact", "RECEIVE #leave exact"]);
}

#[test]
fn a_plain_socket_keeps_its_channel_whole() {
    let code = "from fastapi import FastAPI, WebSocket\napp = FastAPI()\n@app.websocket('/feed')\nasync def feed(ws: WebSocket): ...\n";
    let text =
        "asyncapi: 2.6.0\nchannels:\n  /feed: {publish: {message: {oneOf: [{name: a}, {name: b}]}}, subscribe: {message: {name: c}}}\n";
    let found = catalog(&[("main.py", code), ("asyncapi.yaml", text)]);
    assert_eq!(operations(&found), ["RECEIVE /feed exact", "SEND /feed exact"]);
}
