//! Differences between two catalogs.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::AuthState;
use apicensus_inventory::diff::diff;
use common::{SHOP, catalog};

/// `removed DELETE /x breaking: text; text` for each change from the shop to another state of it.
fn changes(after: &str) -> Vec<String> {
    let diff = diff(&catalog(&[("main.py", SHOP)]), &catalog(&[("main.py", after)]));
    let line = |c: &apicensus_inventory::diff::Change| {
        let details: Vec<&str> = c.details.iter().map(|d| d.text.as_str()).collect();
        let flags = [(c.breaking, " breaking"), (c.weaker, " weaker")].map(|(is, word)| if is { word } else { "" }).concat();
        format!("{} {} {}{flags}: {}", c.kind.as_str(), c.method, c.path, details.join("; "))
    };
    diff.changes.iter().map(line).collect()
}

#[test]
fn the_same_is_no_change() {
    assert_eq!(changes(SHOP), [""; 0]);
    assert_eq!(changes(&format!("\n\n{SHOP}")), [""; 0], "lines move");
}

#[test]
fn auth_that_goes_is_weaker_and_auth_that_comes_breaks_clients() {
    let gone = SHOP.replace("def add_book(token: str = Depends(bearer))", "def add_book()");
    assert_eq!(changes(&gone), ["changed POST /api/v1/books weaker: auth required is now none"]);
    let came = SHOP.replace("def list_books()", "def list_books(token: str = Depends(bearer))");
    assert_eq!(changes(&came), ["changed GET /api/v1/books breaking: auth none is now required"]);
}

#[test]
fn endpoints_come_go_and_move() {
    let removed = SHOP.replace("@books.delete(\"/books/{book_id}\")\n", "");
    assert_eq!(changes(&removed), ["removed DELETE /api/v1/books/{book_id} breaking: it is gone"]);
    let moved = SHOP.replace("@books.delete(\"/books/{book_id}\")", "@books.delete(\"/shelf/{book_id}\")");
    assert_eq!(changes(&moved), ["moved DELETE /api/v1/shelf/{book_id} breaking: was /api/v1/books/{book_id}"]);
    let added = format!("{SHOP}\n@app.post('/refunds')\ndef refund(): ...\n");
    assert_eq!(changes(&added), ["added POST /refunds weaker: auth none"]);
}

#[test]
fn parameters_names_and_marks_are_compared() {
    let required = SHOP.replace("def list_books()", "def list_books(page: int)");
    assert_eq!(changes(&required), ["changed GET /api/v1/books breaking: new required query parameter page; may answer 422 now"]);
    let optional = SHOP.replace("def list_books()", "def list_books(page: int = 1)");
    assert_eq!(changes(&optional), ["changed GET /api/v1/books: new query parameter page; may answer 422 now"]);
    let renamed =
        SHOP.replace("@books.get(\"/books/{book_id}\")\ndef get_book(book_id: int)", "@books.get(\"/books/{id}\")\ndef get_book(id: int)");
    assert_eq!(changes(&renamed), ["changed GET /api/v1/books/{id}: written /api/v1/books/{id} now"]);
    let marked = SHOP.replace("@books.get(\"/books\")", "@books.get(\"/books\", deprecated=True)");
    assert_eq!(changes(&marked), ["changed GET /api/v1/books: is deprecated now"]);
}

#[test]
fn fields_of_bodies_are_compared() {
    let with = |fields: &str| {
        let model = format!("from pydantic import BaseModel\nclass Book(BaseModel):\n{fields}\n");
        let code = SHOP.replace("def add_book(", "def add_book(book: Book, ").replace("bearer = ", &format!("{model}bearer = "));
        catalog(&[("main.py", &code)])
    };
    let diff = diff(&with("    title: str\n    year: int = 0\n"), &with("    title: str\n    year: int\n    isbn: str\n"));
    let texts: Vec<&str> = diff.changes[0].details.iter().map(|d| d.text.as_str()).collect();
    assert_eq!(texts, ["new required field isbn in the body", "field year of the body is required now"]);
    assert!(diff.changes[0].breaking);
}

#[test]
fn changes_have_levels_for_clients_and_for_safety() {
    use apicensus_catalog::{ControlKind, ControlState};
    use apicensus_inventory::diff::{Impact, Security};
    let before = catalog(&[("main.py", SHOP)]);
    let levels = |edit: &dyn Fn(&mut apicensus_catalog::Endpoint)| {
        let (mut old, mut new) = (before.clone(), before.clone());
        let limited = |e: &mut apicensus_catalog::Endpoint| e.controls.get_mut(&ControlKind::RateLimit).unwrap().state = ControlState::Yes;
        limited(&mut old.endpoints[1]);
        limited(&mut new.endpoints[1]);
        edit(&mut new.endpoints[1]);
        let diff = diff(&old, &new);
        diff.changes.first().map(|c| (c.impact, c.security.clone()))
    };
    assert_eq!(levels(&|_| {}), None);
    assert_eq!(levels(&|e| e.auth.state = AuthState::Unknown), Some((Impact::Risky, vec![Security::AuthUnclear])));
    assert_eq!(levels(&|e| e.auth.state = AuthState::Optional), Some((Impact::Compatible, vec![Security::AuthWeakened])));
    assert_eq!(levels(&|e| e.auth.state = AuthState::Public), Some((Impact::Compatible, vec![Security::AuthRemoved])));
    assert_eq!(levels(&|e| e.auth.roles.push("admin".into())), Some((Impact::Breaking, vec![])));
    assert_eq!(levels(&|e| e.auth.schemes.clear()), Some((Impact::Breaking, vec![])));
    assert_eq!(levels(&|e| e.responses[0].status = 201), Some((Impact::Risky, vec![])));
    let lift = |e: &mut apicensus_catalog::Endpoint| e.controls.get_mut(&ControlKind::RateLimit).unwrap().state = ControlState::No;
    assert_eq!(levels(&lift), Some((Impact::None, vec![Security::ControlRemoved])));
}

#[test]
fn fields_are_compared_level_by_level_and_what_is_given_back_too() {
    let with = |city: &str, gives: &str| {
        let models = format!(
            "from pydantic import BaseModel\nclass Address(BaseModel):\n    street: str\n{city}\nclass Person(BaseModel):\n    name: str\n    homes: list[Address]\nclass Gives(BaseModel):\n{gives}\n"
        );
        let code = SHOP
            .replace("@books.post(\"/books\")", "@books.post(\"/books\", response_model=Gives)")
            .replace("def add_book(", "def add_book(person: Person, ")
            .replace("bearer = ", &format!("{models}bearer = "));
        catalog(&[("main.py", &code)])
    };
    let texts = |before, after| -> Vec<String> {
        let diff = diff(&before, &after);
        diff.changes.iter().flat_map(|c| &c.details).map(|d| format!("{} {}", d.impact.as_str(), d.text)).collect()
    };
    let one = || with("    zip: int = 0", "    id: int\n    total: float");
    let two = with("    zip: str\n    city: str = ''", "    id: int");
    let expected = [
        "compatible new field homes.city in the body",
        "breaking field homes.zip of the body is required now",
        "compatible field homes.zip of the body: integer is now string",
        "breaking field total of the response is gone",
    ];
    assert_eq!(texts(one(), two), expected);
    assert_eq!(texts(one(), one()), [""; 0]);
}

#[test]
fn moves_are_told_by_handler_shape_and_service() {
    let at = |path: &str, name: &str| {
        let code = format!(
            "from fastapi import FastAPI\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n@app.get('{path}')\ndef {name}(page: int, size: int): ...\n"
        );
        catalog(&[("main.py", &code)])
    };
    let kinds = |before, after| -> Vec<String> {
        diff(&before, &after).changes.iter().map(|c| format!("{} {} {}", c.kind.as_str(), c.path, c.former.is_some())).collect()
    };
    assert_eq!(kinds(at("/a", "find"), at("/b", "find")), ["moved /b true"], "the same handler");
    assert_eq!(kinds(at("/a", "find"), at("/b", "search")), ["moved /b true"], "the same shape in the same file");
    let other = catalog(&[(
        "main.py",
        "from fastapi import FastAPI\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n@app.get('/b')\ndef search(page: int): ...\n",
    )]);
    assert_eq!(kinds(at("/a", "find"), other), ["removed /a false", "added /b false"]);
}
