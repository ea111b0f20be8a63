//! The past of a repository on the command line: history, blame, ranges of revisions, the gate.
#![allow(clippy::unwrap_used)]

mod shop;

use shop::{Shop, code};

/// A repository whose `/orders` came open, was guarded, moved to `/purchases` and went; other commits touch nothing of it.
fn lived() -> Shop {
    let shop = Shop::new();
    shop.git(&["init", "-q", "-b", "main"]);
    let commit = |subject: &str| {
        shop.git(&["add", "-A"]);
        shop.git(&["commit", "-qm", subject]);
    };
    let file = |name: &str, text: &str| std::fs::write(shop.folder.path().join(name), text).unwrap();
    file("README.md", "A shop.\n");
    commit("A beginning");
    shop.write(&code(&["orders"], false));
    commit("Orders");
    file("README.md", "A shop with orders.\n");
    commit("Words");
    shop.write(&code(&["orders"], true));
    commit("Only for those who are known");
    shop.git(&["tag", "v1"]);
    shop.write(&format!("# A comment\n{}", code(&["orders"], true)));
    commit("A comment");
    shop.write(&code(&["orders"], true).replace("'/orders'", "'/purchases'"));
    commit("They are purchases");
    shop.write(&code(&["users"], true));
    commit("No more of them");
    shop
}

#[test]
fn the_life_of_an_endpoint_is_told_by_commits() {
    let shop = lived();
    let (out, _) = shop.ok(&["history", "GET /orders"]);
    let told: Vec<&str> = out.lines().filter(|line| line.starts_with("    ")).map(str::trim).collect();
    let expected = [
        "appeared  GET /orders auth none",
        "changed   GET /orders auth none is now required",
        "moved     GET /purchases was /orders",
        "vanished  GET /purchases",
    ];
    assert_eq!(told, expected, "{out}");
    let heads: Vec<&str> = out.lines().filter_map(|line| line.split_once("Ann Example: ").map(|(_, subject)| subject)).collect();
    assert_eq!(heads, ["Orders", "Only for those who are known", "They are purchases", "No more of them"]);
    assert!(out.ends_with("7 commits on the first-parent line, 5 of them may matter\n"), "{out}");
    let (same, _) = shop.ok(&["history", "/purchases"]);
    assert_eq!(same, out, "by the later path too");
}

#[test]
fn all_endpoints_since_a_revision_or_a_day() {
    let shop = lived();
    let (out, _) = shop.ok(&["history", "--all", "--since", "v1", "-f", "json"]);
    let history: serde_json::Value = serde_json::from_str(&out).unwrap();
    let kinds: Vec<_> = history["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, history["commits"].as_u64()), (vec!["moved", "removed", "added"], Some(3)));
    assert!(shop.ok(&["history", "--all", "--since", "2000-01-01"]).0.contains("appeared  GET /orders"));
    assert!(shop.ok(&["history", "--all", "--since", "2200-01-01"]).0.starts_with("0 commits"));
    let gone = shop.run(&["history", "GET /nothing"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8(gone.stdout).unwrap().starts_with(
        "no endpoint `GET /nothing` in this past\nneither end has it, and no commit between them writes `nothing`; --all looks at every commit\n"
    ));
    let (still, _) = shop.ok(&["history", "GET /orders", "-n", "1", "--rev", "v1"]);
    assert!(still.contains("GET /orders auth none is now required"), "{still}");
    shop.git(&["checkout", "-q", "v1"]);
    shop.write(&format!("# Words\n{}", code(&["orders"], true)));
    shop.git(&["commit", "-qam", "Words"]);
    let (still, _) = shop.ok(&["history", "GET /orders", "-n", "1"]);
    assert!(still.starts_with("`GET /orders` was there before these commits, and they did not change it\n"), "{still}");
    assert!(shop.wrong(&["history", "GET /orders", "--since", "v9"]).contains("revision `v9` not found"));
}

#[test]
fn git_says_who_wrote_the_line_of_a_registration() {
    let shop = lived();
    shop.write(&format!("{}\n@app.get('/fresh')\ndef fresh(): ...\n", code(&["users"], true)));
    let (out, _) = shop.ok(&["scan", "--blame", "-f", "json"]);
    let catalog: serde_json::Value = serde_json::from_str(&out).unwrap();
    let authors: Vec<_> = catalog["endpoints"].as_array().unwrap().iter().map(|e| e["lifecycle"]["written"]["author"].as_str()).collect();
    assert_eq!(authors, [None, Some("Ann Example")], "a line that is not committed has no author");
}

#[test]
fn ranges_are_of_two_revisions_or_of_what_a_branch_did() {
    let shop = lived();
    shop.git(&["checkout", "-q", "-b", "topic", "v1"]);
    shop.write(&code(&["orders", "refunds"], true));
    shop.git(&["commit", "-qam", "Refunds"]);
    let (two, _) = shop.ok(&["diff", "main..topic"]);
    assert!(two.contains("removed  GET /users"), "{two}");
    let (three, _) = shop.ok(&["diff", "main...topic"]);
    assert_eq!(three, "added    GET /refunds  main.py:11\n         auth required\n1 added · 0 breaking, 0 risky, 0 weaker\n");
}

#[test]
fn the_gate_tells_what_asks_for_less_than_the_base() {
    let shop = lived();
    shop.git(&["checkout", "-q", "-b", "topic", "v1"]);
    shop.write(&code(&["orders"], false));
    let output = shop.run(&["check", "--base", "v1", "--new-only"]);
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("new high auth-downgrade  GET /orders  main.py:7"), "{out}");
    assert!(out.contains("asks for less than before: auth required is now none"), "{out}");
    shop.ok(&["scan", "--record", "-q", "--rev", "v1"]);
    let output = shop.run(&["check", "--baseline", "catalog:head", "--new-only"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("auth-downgrade"));
    let (out, _) = shop.ok(&["diff", "catalog:head", ".", "-f", "markdown"]);
    assert!(out.contains("| changed | `GET /orders` | auth required is now none | auth-removed |"), "{out}");
    let (out, _) = shop.ok(&["diff", "v1", ".", "-f", "github"]);
    assert!(out.starts_with("::warning file=main.py,line=7,"), "{out}");
}

#[test]
fn before_the_first_commit_all_is_new() {
    let shop = Shop::new();
    shop.git(&["init", "-q", "-b", "main"]);
    shop.write("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/admin/users')\ndef add(): ...\n");
    let output = shop.run(&["check", "--base", "HEAD", "--new-only"]);
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.starts_with("new high unauthenticated  POST /admin/users  main.py:4"), "{out}");
}
