//! Runs the real program on a merge request and on a test run: `targets --since` and `tested --from`.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

const CODE: &str = "const express = require('express');\nconst app = express();\n\
    app.get('/books', (req, res) => res.json([]));\napp.get('/books/:isbn', (req, res) => res.json({}));\n\
    app.post('/books', (req, res) => res.json({}));\napp.get('/desk', (req, res) => res.json({}));\n";

fn run(folder: &Path, args: &[&str]) -> Output {
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
    Command::new(env!("CARGO_BIN_EXE_apicensus")).args(args).env("APICENSUS_CACHE", cache).current_dir(folder).output().unwrap()
}

/// The standard output of a run that ends with this code, and its standard error.
fn ends(folder: &Path, code: i32, args: &[&str]) -> (String, String) {
    let output = run(folder, args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn templates(lines: &str) -> Vec<String> {
    lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["template"].as_str().unwrap().to_owned()).collect()
}

fn service() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("server.js"), CODE).unwrap();
    std::fs::write(folder.path().join("package.json"), "{\"name\": \"library\", \"dependencies\": {\"express\": \"4\"}}\n").unwrap();
    folder
}

fn git(folder: &Path, args: &[&str]) {
    let name = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    assert!(Command::new("git").args(name).args(args).current_dir(folder).status().unwrap().success());
}

#[test]
fn targets_are_what_changed() {
    let service = service();
    let folder = service.path();
    git(folder, &["init", "-q"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "one"]);
    std::fs::write(folder.join("old.json"), ends(folder, 0, &["scan", "-f", "json"]).0).unwrap();
    assert_eq!(ends(folder, 0, &["targets", "--since", "HEAD", "jsonl"]).0, "");
    std::fs::write(folder.join("server.js"), format!("{CODE}app.get('/fresh/:shelf', (req, res) => res.json([]));\n")).unwrap();
    // The work tree against a commit, a commit against the one before, and catalogs.
    assert_eq!(templates(&ends(folder, 0, &["targets", "--since", "HEAD", "jsonl"]).0), ["/fresh/{shelf}"]);
    git(folder, &["commit", "-q", "-a", "-m", "two"]);
    assert_eq!(templates(&ends(folder, 0, &["targets", "--since", "HEAD~1", "--rev", "HEAD", "jsonl"]).0), ["/fresh/{shelf}"]);
    std::fs::write(folder.join("new.json"), ends(folder, 0, &["scan", "-f", "json"]).0).unwrap();
    let urls = ends(folder, 0, &["targets", "--since", "old.json", "--from", "new.json", "--base-url", "https://x.example", "nuclei"]).0;
    assert_eq!(urls, "https://x.example/fresh/sample\n");
    assert!(ends(folder, 2, &["targets", "--since", "nope", "jsonl"]).1.contains("nope"));
}

/// What newman writes with `--reporter-json-export` of one request.
fn execution(method: &str, path: &[&str], code: u16) -> Value {
    let url = json!({"protocol": "http", "host": ["127", "0", "0", "1"], "port": "8080", "path": path, "query": []});
    json!({"item": {"name": "a"}, "request": {"url": url, "method": method, "header": []}, "response": {"code": code, "status": "a"}})
}

#[test]
fn reports_mark_what_was_exercised() {
    let service = service();
    let folder = service.path();
    let executions = [execution("GET", &["books"], 200), execution("GET", &["books", "12"], 404), execution("GET", &["elsewhere"], 200)];
    let report = json!({"collection": {"info": {"name": "a"}}, "run": {"stats": {}, "executions": executions}});
    std::fs::write(folder.join("newman.json"), report.to_string()).unwrap();
    std::fs::write(folder.join("catalog.json"), ends(folder, 0, &["scan", "-f", "json"]).0).unwrap();
    let args = ["tested", "--from", "newman.json", "--catalog", "catalog.json", "--state", "state.json"];
    let (said, told) = ends(folder, 0, &args);
    assert!(format!("{said}{told}").contains("newman: 3 requests, 1 of no endpoint"), "{said}{told}");
    let state: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("state.json")).unwrap()).unwrap();
    assert_eq!(state["tested"]["reports"][0], json!({"tool": "newman", "requests": 3, "unmatched": 1}));
    let left = ends(folder, 0, &["export", "jsonl", "--from", "catalog.json", "--tested", "state.json", "--only", "untested"]).0;
    let left = templates(&left);
    assert!(left.contains(&"/desk".to_owned()) && left.iter().filter(|t| *t == "/books").count() == 1, "{left:?}");
    // A broken report, and a file that is none, are named and change nothing.
    for (name, text) in [("broken.json", "{"), ("other.json", "{\"a\": 1}")] {
        std::fs::write(folder.join(name), text).unwrap();
        let (_, told) = ends(folder, 2, &["tested", "--from", name, "--catalog", "catalog.json", "--state", "none.json"]);
        assert!(told.contains(name) && !folder.join("none.json").exists(), "{told}");
    }
}
