//! Every format, made of one sample catalog, is as the files in `testdata/exports` say. `APICENSUS_BLESS=1` rewrites them.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::Catalog;
use apicensus_export::{Content, EXPORTERS, ExportError, Exported, Only, OpenApiVersion, Options, Profile, export};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/exports")
}

fn sample() -> Catalog {
    serde_json::from_str(&std::fs::read_to_string(folder().join("sample.json")).unwrap()).unwrap()
}

fn check(file: &str, text: &str) {
    let path = folder().join(file);
    if std::env::var_os("APICENSUS_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{file} is not as expected:\n{text}");
}

/// The text, or all files of a folder one after the other.
fn written(exported: &Exported) -> String {
    match &exported.content {
        Content::Text(text) => text.clone(),
        Content::Bytes(_) => String::new(),
        Content::Folder(files) => files.iter().map(|(name, text)| format!("==== {name}\n{text}")).collect(),
    }
}

fn files() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("wsdl/shop.wsdl".to_owned(), "<definitions/>\n".to_owned()),
        ("../../evil.wsdl".to_owned(), "<evil/>\n".to_owned()),
        ("schema.graphql".to_owned(), "type Query {\n  a: Int\n}\n".to_owned()),
        (
            "proto/stock.proto".to_owned(),
            "syntax = \"proto3\";\npackage acme.stock.v1;\nmessage M {}\n\
             service Stock {\n  rpc Reserve(M) returns (M);\n  rpc DeleteAll(M) returns (M);\n}\n"
                .to_owned(),
        ),
    ])
}

fn usual() -> Options {
    Options { base_url: Some("https://shop.example".to_owned()), files: files(), ..Options::default() }
}

#[test]
fn formats_are_as_expected() {
    let catalog = sample();
    for exporter in EXPORTERS {
        let options = usual();
        let exported = export(&catalog, exporter.name(), &options).unwrap();
        if !exporter.is_binary() {
            check(&format!("{}.txt", exporter.name()), &written(&exported));
        }
        assert_eq!(exported, export(&catalog, exporter.name(), &options).unwrap());
        assert_eq!(exporter.is_folder(), matches!(exported.content, Content::Folder(_)), "{}", exporter.name());
    }
    let dast = Options { profile: Profile::Dast, ..Options::default() };
    check("openapi-dast.txt", export(&catalog, "openapi", &dast).unwrap().as_text());
    for (version, name) in [(OpenApiVersion::V30, "openapi-30.txt"), (OpenApiVersion::V32, "openapi-32.txt")] {
        let options = Options { openapi: version, ..Options::default() };
        check(name, export(&catalog, "openapi", &options).unwrap().as_text());
    }
}

#[test]
fn files_stay_in_their_folder() {
    for exporter in EXPORTERS {
        let exported = export(&sample(), exporter.name(), &usual()).unwrap();
        let Content::Folder(files) = exported.content else { continue };
        for name in files.keys() {
            let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && part.is_ascii();
            assert!(name.split('/').all(is_plain) && !name.contains(['\\', ':', ' ']), "{}: {name}", exporter.name());
        }
    }
}

#[test]
fn nothing_is_dropped_in_silence() {
    let exported = export(&sample(), "openapi", &Options::default()).unwrap();
    let left: BTreeMap<&str, usize> = exported.left_out.iter().map(|(count, reason)| (*reason, *count)).collect();
    assert_eq!(left.values().sum::<usize>(), 13, "{left:?}");
    assert_eq!(left["WebSocket"], 2);
    assert_eq!(left["another protocol than HTTP"], 8);
    // A path with an unknown part, a method that OpenAPI lacks, the same operation of another service.
    assert_eq!(left.len(), 5);
    let new = Options { openapi: OpenApiVersion::V32, ..Options::default() };
    assert!(export(&sample(), "openapi", &new).unwrap().as_text().contains("\"additionalOperations\""));
}

#[test]
fn services_have_urls_of_their_own() {
    let options = Options { service_urls: BTreeMap::from([("bff".to_owned(), "https://bff.example/".to_owned())]), ..usual() };
    let curl = export(&sample(), "curl", &options).unwrap();
    assert!(curl.as_text().contains("BASE_URL_bff=${BASE_URL_bff:-https://bff.example}"));
    // Both services answer GET /health, and both can be asked.
    assert_eq!(curl.as_text().matches("/health'").count(), 2);
    let openapi: Value = serde_json::from_str(export(&sample(), "openapi", &options).unwrap().as_text()).unwrap();
    assert_eq!(openapi["paths"]["/keys"]["get"]["servers"][0]["url"], "https://bff.example");
    assert_eq!(openapi["paths"]["/orders"]["get"]["servers"], Value::Null);
    let wrong = Options { service_urls: BTreeMap::from([("nobody".to_owned(), "https://x".to_owned())]), ..usual() };
    assert!(matches!(export(&sample(), "curl", &wrong), Err(ExportError::Service(..))));
}

fn ids(options: &Options) -> Vec<String> {
    let text = export(&sample(), "jsonl", options).unwrap().as_text().to_owned();
    text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["template"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn options_select() {
    let bff = Options { services: vec!["bff".to_owned()], ..Options::default() };
    assert_eq!(ids(&bff), ["/dav", "/health", "/login", "/keys"]);
    let open = Options { only: vec![Only::Unauthenticated], services: vec!["shop".to_owned()], ..Options::default() };
    assert!(!ids(&open).contains(&"/health".to_owned()) && ids(&open).contains(&"/admin/reset_database".to_owned()));
    let safe = Options { safe: true, ..Options::default() };
    assert!(!ids(&safe).contains(&"/admin/reset_database".to_owned()));
    let excluded = Options { exclude: vec!["/orders/**".to_owned(), "/orders".to_owned()], ..Options::default() };
    assert!(!ids(&excluded).iter().any(|p| p.starts_with("/orders")));
    let exact = Options { exclude: vec!["/orders/{id}".to_owned()], ..Options::default() };
    assert!(!ids(&exact).contains(&"/orders/{id}".to_owned()));
    let undocumented = Options { only: vec![Only::Undocumented], ..Options::default() };
    assert_eq!(ids(&undocumented), ["/upload", "/people", "/keys"]);
    assert!(!ids(&Options::default()).contains(&"/example".to_owned()));
    let untested = Options { only: vec![Only::Untested, Only::Undocumented], ..Options::default() };
    assert_eq!(ids(&untested), ["/upload", "/people", "/keys"]);
    let sensitive = Options { only: vec![Only::Sensitive], ..Options::default() };
    assert_eq!(ids(&sensitive), ["/people"]);
    let changed = Options { changed: Some(BTreeSet::from(["0000000000000001".to_owned()])), ..Options::default() };
    assert_eq!(ids(&changed), ["/orders"]);
    let wrong = Options { services: vec!["nobody".to_owned()], ..Options::default() };
    assert!(matches!(export(&sample(), "csv", &wrong), Err(ExportError::Service(..))));
    assert!(matches!(export(&sample(), "csvv", &Options::default()), Err(ExportError::Format(..))));
}

/// The scripts are safe to run: a shell runs them with tools that say nothing, and nothing else runs.
#[cfg(unix)]
#[test]
fn hostile_names_do_nothing_in_a_shell() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("apicensus-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let tools = ["curl", "http", "grpcurl", "schemathesis", "wapiti", "dirname"];
    let silent = tools.iter().map(|t| (*t, "#!/bin/sh\n[ \"${0##*/}\" = dirname ] && echo .\nexit 0\n"));
    for (name, text) in silent.chain([("id", "#!/bin/sh\necho ran >> \"$MARK\"\n")]) {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mark = folder.join("mark");
    for format in ["curl", "httpie", "grpc", "schemathesis", "wapiti"] {
        let text = match export(&sample(), format, &Options::default()).unwrap().content {
            Content::Text(text) => text,
            Content::Folder(files) => files["run.sh"].clone(),
            Content::Bytes(_) => String::new(),
        };
        let script = folder.join("script.sh");
        std::fs::write(&script, text).unwrap();
        let out = std::process::Command::new("/bin/sh").arg(&script).env("PATH", &folder).env("MARK", &mark).output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(!mark.exists(), "{format}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
