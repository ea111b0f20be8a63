//! The versioned catalog on the command line: recording, the log, differences, files.
#![allow(clippy::unwrap_used)]

mod shop;

use shop::{Shop, code};

#[test]
fn a_scan_is_recorded_once_and_compared_with_what_is_kept() {
    let shop = Shop::new();
    shop.write(&code(&["orders", "users"], true));
    let (_, told) = shop.ok(&["scan", "--record"]);
    assert!(told.contains("recorded revision 1 of"), "{told}");
    assert!(told.contains("endpoints 2 added"), "{told}");
    let (_, told) = shop.ok(&["scan", "--record"]);
    assert!(told.contains("nothing new: revision 1 of .apicensus/catalog.db says the same"), "{told}");
    shop.write(&code(&["orders", "refunds"], false));
    let (out, told) = shop.ok(&["scan", "--catalog", ".apicensus/catalog.db", "-f", "json"]);
    assert!(told.contains("since revision 1 of .apicensus/catalog.db: endpoints 1 added, 1 removed, 1 changed"), "{told}");
    let catalog: serde_json::Value = serde_json::from_str(&out).unwrap();
    let marks: Vec<_> =
        catalog["endpoints"].as_array().unwrap().iter().map(|e| e["lifecycle"]["introduced"]["revision"].as_u64()).collect();
    assert_eq!(marks, [Some(1), None]);
    shop.ok(&["scan", "--record"]);
    let (log, _) = shop.ok(&["catalog", "log"]);
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with("2 ") && lines[1].contains("2 endpoints · 1 added, 1 removed, 0 moved, 1 changed"), "{log}");
    let (diff, _) = shop.ok(&["catalog", "diff"]);
    assert!(diff.contains("changed  GET /orders") && diff.contains("auth required is now none"), "{diff}");
    let (diff, _) = shop.ok(&["catalog", "diff", "2", "1", "-f", "markdown"]);
    assert!(diff.contains("| removed | `GET /refunds` |"), "{diff}");
    let (shown, _) = shop.ok(&["catalog", "show", "1"]);
    assert!(shown.contains("/users") && !shown.contains("/refunds"), "{shown}");
    assert!(shop.ok(&["catalog", "verify"]).0.contains("is sound: 2 revisions"));
    assert!(shop.wrong(&["catalog", "show", "9"]).contains("there is no revision `9` in this catalog; it has 1 to 2"));
}

#[test]
fn names_rollback_and_giving_up() {
    let shop = Shop::new();
    assert!(shop.wrong(&["catalog", "log"]).contains("there is no such file; `apicensus scan --record` makes it"));
    for names in [&["orders"][..], &["orders", "users"], &["refunds"]] {
        shop.write(&code(names, true));
        shop.ok(&["scan", "-q", "--record"]);
    }
    shop.ok(&["catalog", "tag", "v1", "2"]);
    assert_eq!(shop.ok(&["catalog", "tag"]).0, "v1  revision 2\n");
    assert!(shop.ok(&["catalog", "rollback", "v1"]).0.contains("recorded revision 4"), "a revision of its own");
    assert_eq!(shop.ok(&["catalog", "diff", "v1", "head"]).0, "no endpoint differs\n");
    assert!(shop.ok(&["catalog", "gc", "--keep", "1"]).0.contains("gave up the content of 2 revisions"));
    assert!(shop.wrong(&["catalog", "show", "3"]).contains("given up"));
    assert!(shop.ok(&["catalog", "show", "v1"]).0.contains("/users"));
    assert!(shop.ok(&["catalog", "log"]).0.contains("content given up"));
    assert!(shop.ok(&["catalog", "verify"]).0.contains("is sound"));
}

#[test]
fn a_folder_of_files_is_a_catalog_too() {
    let shop = Shop::new();
    shop.write(&code(&["orders", "users"], true));
    assert!(shop.wrong(&["scan", "--catalog", "api/"]).contains("`api/` holds no catalog yet; --record writes one"));
    shop.ok(&["scan", "--record", "--catalog", "api/"]);
    let (_, told) = shop.ok(&["scan", "--record", "--catalog", "api/"]);
    assert!(told.contains("nothing new"), "the files of the catalog are no part of the scan: {told}");
    shop.write(&code(&["orders", "users", "refunds"], true));
    let (_, told) = shop.ok(&["scan", "--catalog", "api"]);
    assert!(told.contains("since api: endpoints 1 added"), "{told}");
    shop.ok(&["catalog", "import", "api", "--repository", "shop"]);
    shop.ok(&["catalog", "export", "-o", "again"]);
    let page = |folder: &str| {
        let services = shop.folder.path().join(folder).join("services");
        let file = std::fs::read_dir(services).unwrap().next().unwrap().unwrap().path();
        std::fs::read_to_string(file).unwrap()
    };
    assert_eq!(page("api"), page("again"));
    assert!(page("api").contains("  path: /orders\n") && !page("api").contains("line:"), "{}", page("api"));
}
