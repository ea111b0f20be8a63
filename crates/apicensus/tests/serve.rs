//! `serve` as it is run: a server on a free port, asked over plain sockets; and its API document beside a scan of its source.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const TOKEN: &str = "a-token-of-some-length";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apicensus"));
    command.env_remove("APICENSUS_SERVE_TOKEN").stdin(Stdio::null());
    command.env("APICENSUS_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn scan(path: &Path) -> String {
    let out = program().args(["scan", "-q", "-f", "json"]).arg(path).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(token: Option<&str>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let catalog = scan(&root().join("testdata/repos/bookshop"));
        let files = ["old.json", "new.json", "other.json"].map(|name| folder.path().join(name));
        std::fs::write(&files[0], &catalog).unwrap();
        std::fs::write(&files[1], &catalog).unwrap();
        std::fs::write(&files[2], catalog.replacen("\"name\": \"bookshop\"", "\"name\": \"other\"", 1)).unwrap();
        Server::of(&files, token, folder)
    }

    fn of(catalogs: &[PathBuf], token: Option<&str>, folder: tempfile::TempDir) -> Server {
        let mut command = program();
        command.arg("serve").args(catalogs).args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        if let Some(token) = token {
            command.env("APICENSUS_SERVE_TOKEN", token);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}")).split('/').next().unwrap().to_owned();
        Server { child, address, _folder: folder }
    }

    /// Status, headers in lower case, body.
    fn ask(&self, request: &str, headers: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.address) };
        write!(stream, "{request} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
    }

    fn json(&self, path: &str) -> Value {
        let (status, head, body) = self.ask(&format!("GET {path}"), "");
        assert_eq!(status, 200, "{path}: {head} {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn catalogs_are_asked_for_their_parts() {
    let server = Server::start(None);
    assert_eq!(server.json("/api/v1/revisions")["items"].as_array().unwrap().len(), 3);
    let services = server.json("/api/v1/services");
    let ids: Vec<&str> = services.as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"bookshop:apps/storefront") && ids.contains(&"other:apps/storefront"), "{ids:?}");
    let all = server.json("/api/v1/endpoints?limit=5");
    assert_eq!(all["items"].as_array().unwrap().len(), 5);
    assert_eq!(all["next_offset"], 5);
    let total = all["total"].as_u64().unwrap();
    let last = server.json(&format!("/api/v1/endpoints?limit=5&offset={}", total - 2));
    assert_eq!((last["items"].as_array().unwrap().len(), last.get("next_offset")), (2, None));
    let some = server.json("/api/v1/endpoints?method=post,delete&auth=none&service=other:apps/storefront&q=shop%20create");
    assert_eq!(some["total"], 1, "{some}");
    let id = some["items"][0]["id"].as_str().unwrap();
    assert_eq!(server.json(&format!("/api/v1/endpoints/{id}"))["path"], "/shop/carts");
    let one = server.json("/api/v1/endpoints?revision=bookshop@old");
    assert_eq!(one["total"].as_u64().unwrap() * 2, total);
    let high = server.json("/api/v1/findings?severity=high&rule=unauthenticated");
    assert!(high["total"].as_u64().unwrap() > 0 && high["items"][0]["severity"] == "high");
    assert!(server.json("/api/v1/coverage")["coverage"]["files_seen"].as_u64().unwrap() > 10);
    assert_eq!(server.json("/api/v1/openapi.json")["openapi"], "3.1.0");
}

#[test]
fn a_database_is_served_with_its_revisions_in_the_order_of_recording() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("catalog.db");
    let code = folder.path().join("shop");
    std::fs::create_dir(&code).unwrap();
    for route in ["/a", "/b", "/c"] {
        let text = format!("from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"{route}\")\ndef one():\n    return 1\n");
        std::fs::write(code.join("main.py"), text).unwrap();
        let out = program().args(["scan", "-q", "--record", "--catalog"]).args([&database, &code]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    let server = Server::of(std::slice::from_ref(&database), None, folder);
    let revisions = server.json("/api/v1/revisions");
    let names: Vec<(&str, bool)> =
        revisions["items"].as_array().unwrap().iter().map(|r| (r["name"].as_str().unwrap(), r["newest"].as_bool().unwrap())).collect();
    assert_eq!(names, [("r1", false), ("r2", false), ("r3", true)]);
    assert_eq!(server.json("/api/v1/endpoints")["items"][0]["path"], "/c");
    assert_eq!(server.json("/api/v1/endpoints?revision=shop@r1")["items"][0]["path"], "/a");

    // What is served is exported and reported as well; code is no catalog.
    let export = program().args(["export", "csv"]).arg(&database).output().unwrap();
    assert!(String::from_utf8_lossy(&export.stdout).contains("/c"), "{}", String::from_utf8_lossy(&export.stderr));
    let wrong = program().arg("serve").arg(&code).output().unwrap();
    assert!(wrong.status.code() == Some(2) && String::from_utf8_lossy(&wrong.stderr).contains("holds no catalog"));
}

#[test]
fn what_is_not_there_and_what_is_wrong_is_said() {
    let server = Server::start(None);
    for (path, status, word) in [
        ("/api/v1/endpoints/nothing", 404, "there is no endpoint"),
        ("/api/v1/services?revision=x", 404, "/api/v1/revisions lists them"),
        ("/api/v1/endpoints?methd=get", 400, "methd"),
        ("/api/v1/endpoints?limit=many", 400, "limit"),
        ("/?revision=nothing", 404, "there is no revision"),
        ("/etc/passwd", 404, ""),
    ] {
        let (is, _, body) = server.ask(&format!("GET {path}"), "");
        assert!(is == status && body.contains(word), "{path}: {is} {body}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        assert_eq!(server.ask(&format!("{method} /api/v1/services"), "Content-Length: 0\r\n").0, 405, "{method}");
    }
}

#[test]
fn the_page_and_every_answer_carry_a_strict_policy() {
    let server = Server::start(None);
    let (status, head, body) = server.ask("GET /?revision=bookshop@new&against=bookshop@old", "");
    assert_eq!(status, 200);
    assert!(body.contains("<!doctype html>"), "{}", &body[..200]);
    let policy = head.lines().find(|l| l.starts_with("content-security-policy:")).unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'sha256-") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"));
    for path in ["/", "/api/v1/services", "/healthz", "/nothing"] {
        let head = server.ask(&format!("GET {path}"), "").1;
        for header in
            ["x-content-type-options: nosniff", "x-frame-options: deny", "referrer-policy: no-referrer", "content-security-policy: "]
        {
            assert!(head.contains(header), "{path} has no {header}");
        }
    }
}

#[test]
fn with_a_token_only_who_has_it_is_answered() {
    let server = Server::start(Some(TOKEN));
    for path in ["/", "/api/v1/services", "/api/v1/endpoints/x", "/api/v1/openapi.json"] {
        let (status, head, _) = server.ask(&format!("GET {path}"), "");
        assert!(status == 401 && head.contains("www-authenticate: basic"), "{path}: {status}");
        assert_eq!(server.ask(&format!("GET {path}"), "Authorization: Bearer a-token-of-some-lengtH\r\n").0, 401);
        let with = server.ask(&format!("GET {path}"), &format!("Authorization: Bearer {TOKEN}\r\n")).0;
        assert_ne!(with, 401, "{path}");
    }
    assert_eq!(server.ask("GET /healthz", "").0, 200);
}

#[test]
fn other_names_and_open_addresses_are_refused() {
    let server = Server::start(None);
    assert_eq!(server.ask("GET /api/v1/services", "Host: evil.example\r\n").0, 421);
    let catalog = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(catalog.path(), "{}").unwrap();
    let refused = |args: &[&str]| {
        let out = program().arg("serve").arg(catalog.path()).args(args).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        String::from_utf8(out.stderr).unwrap()
    };
    assert!(refused(&["--listen", "0.0.0.0:0"]).contains("a token is needed"));
    assert!(refused(&[]).contains("is not a catalog"));
}

/// Path and method to what a document or a scan says of who may call it.
type Operations = BTreeMap<(String, String), String>;

#[test]
fn a_scan_of_the_source_finds_what_the_document_promises() {
    let source = root().join("crates/serve");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(source.join("openapi.json")).unwrap()).unwrap();
    let security = |operation: &Value| {
        let asked = operation.get("security").unwrap_or(&document["security"]).as_array().unwrap().clone();
        let word = if asked.is_empty() {
            "none"
        } else if asked.contains(&serde_json::json!({})) {
            "optional"
        } else {
            "required"
        };
        word.to_owned()
    };
    let mut promised = Operations::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            promised.insert((path.clone(), method.to_uppercase()), security(operation));
        }
    }
    let catalog: Value = serde_json::from_str(&scan(&source)).unwrap();
    let found: Operations = catalog["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["audience"] == "production")
        .map(|e| {
            let text = |key: &str| e[key].as_str().unwrap().to_owned();
            ((text("path"), text("method")), e["auth"]["state"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(found, promised);
    let matched: BTreeSet<u64> = catalog["contracts"].as_array().unwrap().iter().map(|c| c["matched_count"].as_u64().unwrap()).collect();
    assert!(matched.contains(&(promised.len() as u64)), "the document is joined to the service: {matched:?}");
}
