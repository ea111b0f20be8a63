//! Every format, made of one sample catalog, is as the files in `testdata/exports` say. `APICENSUS_BLESS=1` rewrites them.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::Catalog;
use apicensus_export::{EXPORTERS, ExportError, Only, Options, Profile, export};
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

#[test]
fn formats_are_as_expected() {
    let catalog = sample();
    for exporter in EXPORTERS {
        let options = Options { base_url: Some("https://shop.example".to_owned()), ..Options::default() };
        let written = export(&catalog, exporter.name(), &options).unwrap();
        check(&format!("{}.txt", exporter.name()), &written.text);
        assert_eq!(written, export(&catalog, exporter.name(), &options).unwrap());
    }
    let dast = Options { profile: Profile::Dast, ..Options::default() };
    check("openapi-dast.txt", &export(&catalog, "openapi", &dast).unwrap().text);
    let old = Options { openapi_30: true, ..Options::default() };
    check("openapi-30.txt", &export(&catalog, "openapi", &old).unwrap().text);
}

#[test]
fn nothing_is_dropped_in_silence() {
    let left: usize = export(&sample(), "openapi", &Options::default()).unwrap().left_out.iter().map(|(count, _)| count).sum();
    // A WebSocket, a path with an unknown part, a method that OpenAPI lacks, the same operation of another service.
    assert_eq!(left, 4);
}

fn ids(options: &Options) -> Vec<String> {
    let text = export(&sample(), "jsonl", options).unwrap().text;
    text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["template"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn options_select() {
    let bff = Options { services: vec!["bff".to_owned()], ..Options::default() };
    assert_eq!(ids(&bff), ["/health", "/login"]);
    let open = Options { only: vec![Only::Unauthenticated], services: vec!["shop".to_owned()], ..Options::default() };
    assert!(!ids(&open).contains(&"/health".to_owned()) && ids(&open).contains(&"/admin/reset_database".to_owned()));
    let safe = Options { safe: true, ..Options::default() };
    assert!(!ids(&safe).contains(&"/admin/reset_database".to_owned()));
    let excluded = Options { exclude: vec!["/orders/**".to_owned(), "/orders".to_owned()], ..Options::default() };
    assert!(!ids(&excluded).iter().any(|p| p.starts_with("/orders")));
    let undocumented = Options { only: vec![Only::Undocumented], ..Options::default() };
    assert_eq!(ids(&undocumented), ["/upload"]);
    assert!(!ids(&Options::default()).contains(&"/example".to_owned()));
    let wrong = Options { services: vec!["nobody".to_owned()], ..Options::default() };
    assert!(matches!(export(&sample(), "csv", &wrong), Err(ExportError::Service(..))));
    assert!(matches!(export(&sample(), "csvv", &Options::default()), Err(ExportError::Format(..))));
}

/// The scripts are safe to run: a shell runs the curl script, with a `curl` that says nothing, and nothing else.
#[cfg(unix)]
#[test]
fn hostile_names_do_nothing_in_a_shell() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("apicensus-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("curl", "#!/bin/sh\nexit 0\n"), ("id", "#!/bin/sh\necho ran >> \"$MARK\"\n")] {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = folder.join("script.sh");
    std::fs::write(&script, export(&sample(), "curl", &Options::default()).unwrap().text).unwrap();
    let mark = folder.join("mark");
    let out = std::process::Command::new("/bin/sh").arg(&script).env("PATH", &folder).env("MARK", &mark).output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(!mark.exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
