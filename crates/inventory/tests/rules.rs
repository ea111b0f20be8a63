//! The rules on small applications: what they say and what they leave alone.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::Confidence;
use common::{SHOP, catalog, finding, said};

fn of_rule(catalog: &apicensus_catalog::Catalog, rule: &str) -> Vec<String> {
    said(catalog).into_iter().filter(|s| s.split(' ').nth(1) == Some(rule)).collect()
}

const HEAD: &str = "from fastapi import FastAPI, Depends\nfrom fastapi.security import OAuth2PasswordBearer\nbearer = OAuth2PasswordBearer(tokenUrl='t')\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n";

#[test]
fn what_anyone_may_call_is_worse_when_it_writes() {
    let code = format!("{SHOP}\n@app.get('/health')\ndef health(): ...\n");
    let catalog = catalog(&[("main.py", &code)]);
    let expected = [
        "high unauthenticated DELETE /api/v1/books/{book_id}",
        "medium unauthenticated GET /api/v1/books",
        "medium unauthenticated GET /api/v1/books/{book_id}",
    ];
    assert_eq!(of_rule(&catalog, "unauthenticated"), expected, "a health check is open by design");
    assert_eq!(finding(&catalog, "unauthenticated", "GET /api/v1/books").confidence, Confidence::High);
}

#[test]
fn old_versions_beside_proved_successors_are_zombies() {
    let mut code = HEAD.to_owned();
    for (n, name) in ["a", "b", "c"].iter().enumerate() {
        code.push_str(&format!("@app.get('/v1/{name}')\ndef old{n}(): ...\n"));
        code.push_str(&format!("@app.get('/v2/{name}')\ndef new{n}(token: str = Depends(bearer)): ...\n"));
    }
    code.push_str("@app.get('/v1/only')\ndef only(): ...\n");
    let catalog = catalog(&[("main.py", &code)]);
    let expected = ["high zombie GET /v1/a", "high zombie GET /v1/b", "high zombie GET /v1/c"];
    assert_eq!(of_rule(&catalog, "zombie"), expected);
    let pair = finding(&catalog, "zombie", "GET /v1/a");
    assert!(pair.evidence.iter().any(|e| e.what == "its successor GET /v2/a"));
}

#[test]
fn one_common_path_does_not_make_a_successor() {
    let code = format!("{HEAD}@app.get('/v1/a')\ndef a(): ...\n@app.get('/v1/b')\ndef b(): ...\n@app.get('/v2/a')\ndef a2(): ...\n");
    assert_eq!(of_rule(&catalog(&[("main.py", &code)]), "zombie"), [""; 0]);
}

#[test]
fn marks_and_ends_are_found() {
    let code = format!(
        "{HEAD}@app.get('/a', deprecated=True)\ndef a(): ...\n@app.get('/b')\ndef b(): ...\n@app.get('/debug/vars')\ndef d(): ...\n"
    );
    let spec = "openapi: 3.0.0\npaths:\n  /a: {get: {deprecated: true}}\n  /b: {get: {x-sunset: 2026-01-31}}\n";
    let catalog = catalog(&[("main.py", &code), ("openapi.yaml", spec)]);
    assert_eq!(of_rule(&catalog, "deprecated"), ["low deprecated GET /a"]);
    assert_eq!(of_rule(&catalog, "zombie"), ["medium zombie GET /b"]);
    assert_eq!(of_rule(&catalog, "debug-exposed"), ["medium debug-exposed GET /debug/vars"]);
}

#[test]
fn two_registrations_of_one_operation_are_told() {
    let more = "\n".repeat(10) + "@app.get('/a')\ndef again(): ...\n";
    let code = format!("{HEAD}@app.get('/a')\ndef a(): ...\n{more}@app.get('/s')\n@app.get('/s/')\ndef s(): ...\n");
    assert_eq!(of_rule(&catalog(&[("main.py", &code)]), "duplicate-route"), ["low duplicate-route GET /a"]);
}

#[test]
fn fingerprints_survive_moves_of_lines_and_files() {
    let before = catalog(&[("main.py", SHOP), ("requirements.txt", "fastapi")]);
    let after = catalog(&[("src/server.py", &format!("# moved\n\n\n{SHOP}")), ("requirements.txt", "fastapi")]);
    let prints =
        |c: &apicensus_catalog::Catalog| c.findings.iter().map(|f| f.fingerprint.clone()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(prints(&before), prints(&after));
    assert!(before.findings.len() > 2 && prints(&before).len() == before.findings.len());
}

#[test]
fn every_rule_says_what_it_is_and_what_to_do() {
    for rule in apicensus_findings::rules() {
        let docs = rule.docs();
        assert!(docs.lines().next().unwrap().ends_with('.') && docs.contains("To mend it:"), "{}", rule.id);
    }
    let ids: Vec<&str> = apicensus_findings::rules().iter().map(|r| r.id).collect();
    assert!(ids.is_sorted());
}

#[test]
fn routes_that_an_earlier_one_takes_are_told() {
    let code = format!(
        "{HEAD}@app.get('/users/{{name}}')\ndef one(name: str): ...\n@app.get('/users/me')\ndef me(): ...\n@app.post('/users/me')\ndef post(): ...\n\
         @app.get('/items/{{n:int}}')\ndef item(n: int): ...\n@app.get('/items/new')\ndef new(): ...\n\
         @app.get('/shops/open')\ndef open(): ...\n@app.get('/shops/{{name}}')\ndef shop(name: str): ...\n\
         @app.get('/orders/{{id}}')\ndef order(id: str): ...\n@app.get('/orders/new/')\ndef slash(): ...\n"
    );
    let found = catalog(&[("main.py", &code)]);
    assert_eq!(
        of_rule(&found, "unreachable-route"),
        ["medium unreachable-route GET /users/me"],
        "methods, converters, order and slashes count"
    );
    let told = finding(&found, "unreachable-route", "GET /users/me");
    assert!(told.evidence.iter().any(|e| e.what == "/users/{name} is registered here, earlier" && e.at.line == 5), "{told:?}");
    let flask = "from flask import Flask\napp = Flask(__name__)\n@app.get('/users/<name>')\ndef one(name): ...\n@app.get('/users/me')\ndef me(): ...\n";
    assert_eq!(of_rule(&catalog(&[("main.py", flask)]), "unreachable-route"), [""; 0], "where routes are not tried in order");
    let aiohttp = "from aiohttp import web\nasync def h(request): ...\napp = web.Application()\napp.router.add_get('/x/{p}', h)\n\
                   app.router.add_get('/x/me', h)\napp.router.add_get('/{z}/{p}', h)\napp.router.add_get('/{z}/me', h)\n";
    let found = catalog(&[("main.py", aiohttp)]);
    assert_eq!(of_rule(&found, "unreachable-route"), ["medium unreachable-route GET /{z}/me"], "longer plain text comes first");
    let bottle = "from bottle import Bottle\napp = Bottle()\n@app.get('/x/<p>')\ndef g(p): ...\n@app.get('/x/me')\ndef s(): ...\n\
                  @app.get('/<z>/<p>')\ndef two(z, p): ...\n@app.get('/<z>/me')\ndef me(z): ...\n";
    let found = catalog(&[("main.py", bottle)]);
    assert_eq!(of_rule(&found, "unreachable-route"), ["medium unreachable-route GET /{z}/me"], "paths without parameters come first");
}

#[test]
fn an_earlier_route_of_express_takes_only_what_its_handler_can_not_hand_on() {
    // Asked of express 4 and 5, @koa/router, polka and hono: all go by order.
    let text = "const express = require('express');
const app = express();
app.get('/a/:x', (req, res) => res.send(req.params.x));
app.get('/a/me', (req, res) => res.send('me'));
app.get('/b/:x', (req, res, next) => next());
app.get('/b/me', (req, res) => res.send('me'));
app.get('/c/:x', (...all) => all[2]());
app.get('/c/me', (req, res) => res.send('me'));
app.get('/d/:x(\\d+)', (req, res) => res.send('a number'));
app.get('/d/me', (req, res) => res.send('me'));
app.listen(80);
";
    let found = catalog(&[("package.json", "{\"dependencies\": {\"express\": \"5\"}}"), ("app.js", text)]);
    assert_eq!(of_rule(&found, "unreachable-route"), ["medium unreachable-route GET /a/me"]);
    // Fastify looks for the most special route.
    let fastify = "const app = require('fastify')();
app.get('/a/:x', (request) => request.params.x);
app.get('/a/me', () => 'me');
app.listen({ port: 80 });
";
    let found = catalog(&[("package.json", "{\"dependencies\": {\"fastify\": \"5\"}}"), ("app.js", fastify)]);
    assert_eq!(of_rule(&found, "unreachable-route"), [""; 0]);
}

#[test]
fn guessing_and_spending_without_a_limit_is_told() {
    let code = format!(
        "{HEAD}@app.post('/auth/login')\ndef login(): ...\n@app.get('/auth/login')\ndef form(): ...\n\
         @app.post('/payments/{{id}}')\ndef pay(token: str = Depends(bearer)): ...\n@app.post('/logins/report')\ndef report(): ...\n"
    );
    let found = catalog(&[("main.py", &code)]);
    assert_eq!(of_rule(&found, "unrated"), ["medium unrated POST /auth/login", "low unrated POST /payments/{id}"]);
    let limited = code.replace("def login():", "@limiter.limit('5/minute')\ndef login(request):").replace(
        "app = FastAPI",
        "from slowapi import Limiter\nfrom slowapi.util import get_remote_address\nlimiter = Limiter(key_func=get_remote_address)\napp = FastAPI",
    );
    assert_eq!(of_rule(&catalog(&[("main.py", &limited)]), "unrated"), ["low unrated POST /payments/{id}"]);
}
