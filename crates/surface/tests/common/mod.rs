//! What tests of controls share: small trees scanned whole.
#![allow(clippy::unwrap_used, clippy::panic)]

use apicensus_catalog::{Catalog, ControlKind, Endpoint};
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use std::fs;

/// The catalog of files.
pub fn catalog(files: &[(&str, &str)]) -> Catalog {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    scan(&tree, &ScanOptions::default()).unwrap()
}

/// `state limits origins credentials` of a control of the endpoint at a path.
pub fn control(catalog: &Catalog, path: &str, kind: ControlKind) -> String {
    let endpoint: &Endpoint = catalog.endpoints.iter().find(|e| e.path == path).unwrap_or_else(|| panic!("no {path}"));
    let found = &endpoint.controls[&kind];
    let mut words = vec![found.state.to_string()];
    words.extend(found.limits.iter().chain(&found.origins).cloned());
    words.extend(found.credentials.then(|| "credentials".to_owned()));
    words.join(" ")
}
