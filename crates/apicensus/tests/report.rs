//! `report` as it is run: files in, a page out.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str]) -> Output {
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");
    Command::new(env!("CARGO_BIN_EXE_apicensus")).args(args).env("APICENSUS_CACHE", cache).stdin(Stdio::null()).output().unwrap()
}

/// The standard output of a run that must succeed.
fn ok(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The standard error of a run that must fail as wrong use.
fn wrong(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn bookshop() -> String {
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/repos/bookshop").canonicalize().unwrap())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_report_is_one_file_from_a_scan_or_a_catalog() {
    let out_folder = tempfile::tempdir().unwrap();
    let page = text(&out_folder.path().join("report.html"));
    let catalog = text(&out_folder.path().join("catalog.json"));
    ok(&["report", &bookshop(), "-o", &page, "-q"]);
    let scanned = std::fs::read_to_string(&page).unwrap();
    assert!(scanned.starts_with("<!doctype html>") && scanned.contains("<title>bookshop \u{b7} API inventory</title>"));
    ok(&["scan", &bookshop(), "-o", &catalog, "-q"]);
    let stored = ok(&["report", &catalog, "--against", &catalog]);
    assert!(stored.len() < scanned.len(), "a catalog alone has no source");
    assert!(ok(&["report", &catalog, "--source", &bookshop()]).len() > stored.len());
    assert!(ok(&["report", &catalog, "--service", "apps/storefront"]).len() < stored.len());
}

#[test]
fn a_report_says_what_is_wrong_with_what_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| text(&folder.path().join(name));
    std::fs::write(file("no.json"), "{}").unwrap();
    std::fs::write(file("broken.json"), "{").unwrap();
    assert!(wrong(&["report", &file("no.json")]).contains("is not a catalog"));
    assert!(wrong(&["report", &file("broken.json")]).contains("is not a catalog"));
    assert!(wrong(&["report", &bookshop(), "--service", "apps/storefrnt"]).contains("did you mean `apps/storefront`"));
    assert!(wrong(&["report", &bookshop(), "--source", "."]).contains("--source goes with a catalog"));
}
