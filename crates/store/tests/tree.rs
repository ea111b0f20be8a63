//! A catalog as files: bytes that do not change by themselves, small differences, and the way back.
#![allow(clippy::unwrap_used)]

mod common;

use apicensus_catalog::{AuthState, Catalog};
use apicensus_store::{StoreError, tree};
use common::*;
use std::collections::BTreeMap;
use std::path::Path;

fn read_all(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for inside in ["", "services", "evidence"] {
        for entry in std::fs::read_dir(folder.join(inside)).unwrap().flatten().filter(|e| e.path().is_file()) {
            let name = format!("{inside}/{}", entry.file_name().to_string_lossy());
            found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn a_catalog_comes_back_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = catalog();
    before.endpoints[0].raw_path = "/orders/:odd".into();
    before.services.push(apicensus_catalog::Service { id: "two".into(), name: "shop (orders, users)".into(), ..Default::default() });
    assert!(tree::write(folder.path(), &before, &origin(1)).unwrap());
    assert!(!tree::write(folder.path(), &before, &origin(1)).unwrap(), "the same again writes nothing");
    let held = tree::read(folder.path()).unwrap();
    assert_eq!(held.catalog, before);
    assert_eq!(held.commit.0, origin(1).commit);
    let names: Vec<String> = read_all(folder.path()).into_keys().collect();
    assert_eq!(
        names,
        [
            "/.gitattributes",
            "/schemas.yaml",
            "evidence/catalog.json",
            "evidence/shop-orders-users.jsonl",
            "evidence/two.jsonl",
            "services/shop-orders-users.yaml",
            "services/two.yaml"
        ]
    );
    std::fs::remove_dir_all(folder.path().join("evidence")).unwrap();
    let bare = tree::read(folder.path()).unwrap().catalog;
    assert_eq!(bare.endpoints.len(), 4);
    assert_eq!((bare.endpoints[0].registered_at.line, bare.endpoints[0].auth.scopes.len()), (0, 1));
}

#[test]
fn a_change_is_a_few_lines_for_those_who_review() {
    let folder = tempfile::tempdir().unwrap();
    let first = catalog();
    tree::update(folder.path(), &first, &origin(1)).unwrap();
    let before = read_all(folder.path());
    let mut second = first.clone();
    for endpoint in &mut second.endpoints {
        endpoint.registered_at.line += 40;
        endpoint.handler.as_mut().unwrap().line += 40;
    }
    tree::update(folder.path(), &second, &origin(1)).unwrap();
    let moved = read_all(folder.path());
    let differ = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| -> Vec<String> {
        a.iter().filter(|(name, text)| b.get(*name) != Some(*text)).map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(differ(&before, &moved), ["evidence/shop-orders-users.jsonl"], "lines are evidence");
    second.endpoints[0].auth.state = AuthState::None;
    tree::update(folder.path(), &second, &origin(2)).unwrap();
    let open = read_all(folder.path());
    let name = "services/shop-orders-users.yaml";
    let lines: Vec<(&str, &str)> = before[name].lines().zip(open[name].lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(lines, [("    state: required", "    state: none")]);
    let held = tree::read(folder.path()).unwrap().catalog;
    let of = |at: usize| {
        let lifecycle = &held.endpoints[at].lifecycle;
        [&lifecycle.introduced, &lifecycle.last_changed]
            .map(|m| m.as_ref().unwrap().commit.clone().unwrap().trim_start_matches('0').to_owned())
    };
    assert_eq!((of(0), of(1)), (["1".to_owned(), "2".to_owned()], ["1".to_owned(), "1".to_owned()]));
}

#[test]
fn services_that_go_take_their_files_along() {
    let folder = tempfile::tempdir().unwrap();
    tree::update(folder.path(), &catalog(), &origin(1)).unwrap();
    let mut empty = Catalog::default();
    empty.coverage.files_seen = 3;
    tree::update(folder.path(), &empty, &origin(2)).unwrap();
    assert_eq!(tree::read(folder.path()).unwrap().catalog.endpoints.len(), 0);
    assert!(!folder.path().join("services/shop-orders-users.yaml").exists());
}

#[test]
fn wrong_files_are_told_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    assert!(tree::read(folder.path()).unwrap_err().to_string().contains("no folder `services`"));
    tree::write(folder.path(), &catalog(), &origin(1)).unwrap();
    let file = folder.path().join("services/shop-orders-users.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to, told) in [
        ("method: GET", "method: [GET", "at line"),
        ("method: GET", "verb: GET", "missing field `method`"),
        ("service:", "srvice:", "it has no `service`"),
    ] {
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let error = tree::read(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Tree { .. }));
        let error = error.to_string();
        assert!(error.contains(told) && error.contains("services/shop-orders-users.yaml"), "{error}");
    }
    std::fs::write(&file, &text).unwrap();
    let head = folder.path().join("evidence/catalog.json");
    std::fs::write(&head, std::fs::read_to_string(&head).unwrap().replace("apicensus.tree/1", "apicensus.tree/9")).unwrap();
    assert!(tree::read(folder.path()).unwrap_err().to_string().contains("use a newer apicensus"));
}
