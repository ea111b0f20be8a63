//! Repositories built to be slow: every scan ends soon, in bounded memory, with what can be said and a trouble for the rest.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time of a scan here; a debug build on a busy machine takes ten times what a release takes.
const MOST_TIME: Duration = Duration::from_secs(60);
/// Address space of a scan, in kilobytes: stacks of threads are reserved in it and mostly not used.
const MOST_MEMORY: u64 = 8 << 20;

fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn scan(folder: &Path) -> Value {
    let script = format!("ulimit -v {MOST_MEMORY}; exec \"$0\" scan -q -f json --no-cache --threads 2 .");
    let start = Instant::now();
    let mut child = Command::new("bash");
    child.args(["-c", &script, env!("CARGO_BIN_EXE_apicensus")]).current_dir(folder).stdin(Stdio::null());
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut out, &mut text).unwrap();
        text
    });
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > MOST_TIME {
            child.kill().unwrap();
            panic!("not done after {MOST_TIME:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let text = reader.join().unwrap();
    let status = child.wait_with_output().unwrap();
    assert!(status.status.success(), "{:?}: {}", status.status, String::from_utf8_lossy(&status.stderr));
    serde_json::from_slice(&text).unwrap()
}

fn paths(catalog: &Value) -> Vec<&str> {
    catalog["endpoints"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect()
}

fn troubles(catalog: &Value) -> Vec<&str> {
    catalog["troubles"].as_array().unwrap().iter().map(|t| t["kind"].as_str().unwrap()).collect()
}

const APP: &str = "from fastapi import FastAPI, APIRouter\napp = FastAPI()\n@app.get('/alive')\ndef alive(): ...\n";

#[test]
fn modules_that_all_import_each_other() {
    let mut files = vec![("app.py".to_owned(), format!("{APP}from m0 import *\n"))];
    for n in 0..300 {
        let mut text = "from fastapi import APIRouter\n".to_owned();
        for to in 0..40 {
            writeln!(text, "from m{} import *\nimport m{} as q{to}", (n + to + 1) % 300, (n * 7 + to) % 300).unwrap();
        }
        writeln!(text, "r{n} = APIRouter()\n@r{n}.get('/m{n}')\ndef h{n}(): ...\nx = q1.x + q2.x").unwrap();
        files.push((format!("m{n}.py"), text));
    }
    for n in 0..200 {
        let text = format!(
            "export * from './j{}';\nexport * from './j{}';\nimport * as o from './j{}';\nimport {{ Router }} from 'express';\n\
             export const r{n} = Router();\nr{n}.get('/j{n}', (a, b) => b.send(o.r0));\n",
            (n + 1) % 200,
            (n * 3 + 1) % 200,
            (n * 5 + 2) % 200
        );
        files.push((format!("j{n}.js"), text));
    }
    let files: Vec<(&str, String)> = files.iter().map(|(a, b)| (a.as_str(), b.clone())).collect();
    let catalog = scan(folder(&files).path());
    assert!(paths(&catalog).contains(&"/alive"));
    assert!(paths(&catalog).iter().filter(|p| p.contains("/j1")).count() > 100);
}

#[test]
fn mounts_that_double_at_each_level() {
    let mut python = APP.to_owned() + "r0 = APIRouter()\n@r0.get('/leaf')\ndef leaf(): ...\n";
    let mut script = "const express = require('express');\nconst r0 = express.Router();\nr0.get('/leaf', (a, b) => b.end());\n".to_owned();
    for n in 0..40 {
        let to = n + 1;
        writeln!(python, "r{to} = APIRouter()\nr{to}.include_router(r{n}, prefix='/a')\nr{to}.include_router(r{n}, prefix='/b')").unwrap();
        writeln!(script, "const r{to} = express.Router();\nr{to}.use('/a', r{n});\nr{to}.use('/b', r{n});").unwrap();
    }
    python.push_str("app.include_router(r40)\n");
    script.push_str("express().use(r40);\n");
    let catalog = scan(folder(&[("app.py", python), ("server.js", script)]).path());
    assert!(paths(&catalog).contains(&"/alive"));
    assert!(troubles(&catalog).contains(&"bound"), "{:?}", troubles(&catalog));
}

#[test]
fn megabyte_strings_and_strings_that_double() {
    let long = format!("{APP}P = '/{}'\n@app.get(P)\ndef long(): ...\n", "a".repeat(900_000));
    let mut double = APP.to_owned() + "p = '/ab'\n" + &"p = p + p\n".repeat(60) + "@app.get(p)\ndef double(): ...\n";
    double.push_str(
        "q = ['/x'] * 10**9\nz = '/y' * 10**9\nfor path in q:\n    app.add_api_route(path, alive)\n@app.get(z)\ndef much(): ...\n",
    );
    let files = [("a/app.py", long), ("b/app.py", double)];
    assert!(paths(&scan(folder(&files).path())).contains(&"/alive"));
}

#[test]
fn branches_that_double_and_loops_in_loops() {
    let mut text = APP.to_owned() + "import os\np = ''\n";
    for n in 0..60 {
        writeln!(text, "if os.environ.get('X{n}'):\n    p = p + '/a{n}'\nelse:\n    p = p + '/b{n}'").unwrap();
    }
    text.push_str("app.add_api_route(p, alive)\n");
    let mut loops = APP.to_owned();
    for depth in 0..6 {
        writeln!(loops, "{}for i{depth} in range(3000):", "    ".repeat(depth)).unwrap();
    }
    writeln!(loops, "{}app.add_api_route(f'/l{{i0}}/{{i5}}', alive)", "    ".repeat(6)).unwrap();
    loops.push_str("def f(n):\n    app.add_api_route(f'/f{n}', alive)\n    f(n + 1)\n    f(n + 2)\nf(0)\n");
    let catalog = scan(folder(&[("a/app.py", text), ("b/app.py", loops)]).path());
    assert!(paths(&catalog).contains(&"/alive"));
}

#[test]
fn many_tiny_files_and_deep_folders() {
    let folder = folder(&[("app.py", APP.to_owned())]);
    for n in 0..20_000 {
        let inside = folder.path().join(format!("d{}", n % 200));
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::write(inside.join(format!("f{n}.py")), "x = 1\n").unwrap();
    }
    let deep = folder.path().join(vec!["n"; 300].join("/"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("app.py"), APP).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("d1/round")).unwrap();
    let catalog = scan(folder.path());
    assert_eq!(paths(&catalog), ["/alive"]);
    assert!(troubles(&catalog).contains(&"bound"), "the folders that are too deep are told: {:?}", troubles(&catalog));
}

#[test]
fn huge_and_broken_manifests() {
    let names: Vec<String> = (0..200_000).map(|n| format!("\"p{n}\": \"1.0.{n}\"")).collect();
    let aliases: Vec<String> = (0..50_000).map(|n| format!("\"@a{n}/*\": [\"src/{n}/*\"]")).collect();
    let members: Vec<String> = (0..20_000).map(|n| format!("\"m{n}\"")).collect();
    let files = [
        ("package.json", format!("{{ \"dependencies\": {{ \"express\": \"4\", {} }} }}", names.join(","))),
        ("tsconfig.json", format!("{{ \"compilerOptions\": {{ \"paths\": {{ {} }} }} }}", aliases.join(","))),
        ("server.ts", "import express from 'express';\nconst app = express();\napp.get('/alive', (a, b) => b.end());\n".to_owned()),
        ("Cargo.toml", format!("[workspace]\nmembers = [{}]\n", members.join(","))),
        ("pyproject.toml", "[".repeat(500_000)),
        ("deep/package.json", "[".repeat(500_000)),
        ("deep/tsconfig.json", "{\"a\":".repeat(200_000)),
        ("deep/Cargo.toml", format!("a = {}", "[".repeat(100_000))),
    ];
    assert_eq!(paths(&scan(folder(&files).path())), ["/alive"]);
}

#[test]
fn configuration_that_goes_round() {
    let files = [
        ("a/tsconfig.json", "{ \"extends\": \"../b/tsconfig.json\" }".to_owned()),
        ("b/tsconfig.json", "{ \"extends\": \"../a/tsconfig.json\", \"references\": [{ \"path\": \"../a\" }] }".to_owned()),
        ("a/server.ts", "import e from 'express';\nimport { x } from '~/x';\nconst app = e();\napp.get('/alive', x);\n".to_owned()),
        ("c/Cargo.toml", "[package]\nname = \"c\"\n[dependencies]\nd = { path = \"../d\" }\naxum = \"0.8\"\n".to_owned()),
        ("d/Cargo.toml", "[package]\nname = \"d\"\n[dependencies]\nc = { path = \"../c\" }\naxum = \"0.8\"\n".to_owned()),
        ("c/src/lib.rs", "pub use d::*;\npub mod x;\n".to_owned()),
        ("c/src/x.rs", "#[path = \"lib.rs\"]\npub mod y;\nmacro_rules! m { () => { m!(); m!(); } }\nm!();\n".to_owned()),
        (
            "d/src/lib.rs",
            "pub use c::*;\nuse axum::{Router, routing::get};\npub fn app() -> Router { Router::new().route(\"/rust\", get(|| async {})) }\n"
                .to_owned(),
        ),
    ];
    let catalog = scan(folder(&files).path());
    let mut found = paths(&catalog);
    found.sort_unstable();
    assert_eq!(found, ["/alive", "/rust"]);
}

#[test]
fn documents_that_grow() {
    let mut bomb = "openapi: 3.0.0\ninfo: {title: x, version: '1'}\nx0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 0..40 {
        let item = format!("*x{n}");
        writeln!(bomb, "x{}: &x{} [{}]", n + 1, n + 1, [item.as_str(); 9].join(", ")).unwrap();
    }
    bomb.push_str("paths: {/a: {get: {responses: *x40}}}\n");
    let entities = "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\">".to_owned()
        + &(1..40).map(|n| format!("<!ENTITY a{n} \"{}\">", "&a;".repeat(10))).collect::<String>()
        + "]><definitions xmlns=\"http://schemas.xmlsoap.org/wsdl/\">&a39;</definitions>";
    let refs = "openapi: 3.0.0\ninfo: {title: x, version: '1'}\npaths: {/r: {get: {responses: {'200': {$ref: '#/components/responses/A'}}}}}\n\
                components: {responses: {A: {$ref: '#/components/responses/B'}, B: {$ref: '#/components/responses/A'}}}\n";
    let files = [
        ("app.py", APP.to_owned()),
        ("openapi.yaml", bomb),
        ("api/openapi.yaml", refs.to_owned()),
        ("a.wsdl", entities),
        ("docker-compose.yml", "services: &s {a: &a {b: *a}, c: *s}\n".to_owned()),
        ("deep.yaml", "openapi: 3.0.0\na: ".to_owned() + &"[".repeat(100_000)),
    ];
    assert_eq!(paths(&scan(folder(&files).path())), ["/alive"]);
}

#[test]
fn templates_and_expressions_without_end() {
    let nest = |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    let params: String = (0..20_000).map(|n| format!("/{{p{n}}}")).collect();
    let python = format!(
        "{APP}@app.get('{params}')\ndef many(): ...\n@app.get({})\ndef deep(): ...\nx = {}\n",
        nest("f('/' + ", ")", 3_000),
        vec!["a"; 60_000].join(" + ")
    );
    let script = format!(
        "const e = require('express');\nconst app = e();\napp.get('/js', f);\napp.get(/^(({})+)+$/, f);\nconst t = {};\napp{};\n",
        nest("(a|", ")*", 200),
        nest("`${", "}`", 2_000),
        ".get('/c', f)".repeat(10_000)
    );
    let rust = format!(
        "use axum::{{Router, routing::get}};\nfn app() -> Router {{ Router::new(){} }}\nfn deep() {{ {} }}\n",
        ".route(\"/r\", get(f))".repeat(5_000),
        nest("(", ")", 20_000)
    );
    // Lines enough that no file is taken for a minified one.
    let lines = "\n".repeat(5_000);
    let manifest = "[package]\nname = \"x\"\n".to_owned();
    let files = [("app.py", python + &lines), ("server.js", script + &lines), ("src/main.rs", rust + &lines), ("Cargo.toml", manifest)];
    let catalog = scan(folder(&files).path());
    let found = paths(&catalog);
    assert!(found.contains(&"/alive") && found.contains(&"/js"), "{}", found.len());
}
