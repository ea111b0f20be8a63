//! Whole scans of small repositories: from files to a catalog.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::Catalog;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanError, ScanOptions, scan};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A framework that no one has heard of, taught by a model in the repository itself.
const MODEL: &str = "\
framework: acme
title: Acme
language: python
imports: [acme]
style: brace
roles:
  app:
    made_by: [acme.App]
    root: true
calls:
  - {on: [app], name: [endpoint], does: route, path: '0', handler: '1', methods: [GET]}
";

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn tree(files: &[(&str, &str)]) -> (TempDir, Tree) {
    let dir = TempDir::new().unwrap();
    write(dir.path(), files);
    let tree = Tree::open(&OpenOptions { paths: vec![dir.path().to_owned()], ..OpenOptions::default() }).unwrap();
    (dir, tree)
}

fn lines(catalog: &Catalog) -> Vec<String> {
    catalog.endpoints.iter().map(|e| format!("{} {}", e.method, e.path)).collect()
}

#[test]
fn nothing_gives_an_empty_catalog() {
    let (_dir, tree) = tree(&[("README.md", "hello"), ("main.py", "print('hello')\n")]);
    let catalog = scan(&tree, &ScanOptions::default()).unwrap();
    assert!(catalog.endpoints.is_empty());
    assert_eq!((catalog.coverage.files_seen, catalog.coverage.languages["python"].seen), (2, 1));
}

#[test]
fn a_wrong_model_is_an_error_with_its_place() {
    let (_dir, tree) = tree(&[(".apicensus/models/acme.yaml", "framework: acme\nlanguage: python\nnonsense: 1\n")]);
    let error = scan(&tree, &ScanOptions::default()).unwrap_err();
    assert!(matches!(error, ScanError::Model(_)));
    assert!(error.to_string().starts_with(".apicensus/models/acme.yaml:"), "{error}");
}

#[test]
fn threads_do_not_change_the_bytes() {
    let text = "from flask import Flask\napp = Flask(__name__)\n\n\n@app.get('/a/<int:id>')\ndef a(id):\n    return 'a'\n";
    let (_dir, tree) = tree(&[("a.py", text), ("b.py", text), ("c/d.py", text)]);
    let written = |threads| serde_json::to_string(&scan(&tree, &ScanOptions { threads, ..ScanOptions::default() }).unwrap()).unwrap();
    let one = written(1);
    assert!(one.contains("/a/{id}"), "{one}");
    for threads in [2, 3, 8] {
        assert_eq!(one, written(threads));
    }
}

#[test]
fn a_repository_teaches_its_own_framework() {
    let (_dir, tree) = tree(&[
        (".apicensus/models/acme.yaml", MODEL),
        ("main.py", "from acme import App\napp = App()\napp.endpoint('/orders/{id}', lambda: 1)\n"),
    ]);
    let catalog = scan(&tree, &ScanOptions::default()).unwrap();
    assert_eq!(catalog.endpoints[0].framework, "acme");
    assert_eq!(catalog.endpoints[0].path, "/orders/{id}");
    assert!(lines(&catalog).len() == 1);
    let other = scan(&tree, &ScanOptions { frameworks: vec!["flask".to_owned()], ..ScanOptions::default() }).unwrap();
    assert!(other.endpoints.is_empty());
}
