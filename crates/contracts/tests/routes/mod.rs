//! Trees written to a folder and their gateways, each route in one line.

#![allow(clippy::unwrap_used, dead_code)]

use apicensus_catalog::{GatewayRoute, RewriteKind};
use apicensus_contracts::gateways::{Gateways, read};
use apicensus_source::classify::Class;
use apicensus_source::{OpenOptions, Tree};

/// The gateways of a tree of these files.
pub fn gateways(files: &[(&str, &str)]) -> Gateways {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    read(&tree, &|_| Class::Production)
}

/// A route in one line: methods, hosts, path, what becomes of it, and where it stands.
pub fn line(route: &GatewayRoute) -> String {
    let mut out = if route.methods.is_empty() { "*".to_owned() } else { route.methods.join(",") };
    out.push_str(&format!(" {}{} {}", route.hosts.join(","), route.path, route.path_match));
    out.push_str(&format!(" {}", route.action));
    for target in &route.targets {
        let port = target.port.as_ref().map(|p| format!(":{p}")).unwrap_or_default();
        let handler = target.handler.as_ref().map(|h| format!("={}/{h}", target.code.as_deref().unwrap_or("?"))).unwrap_or_default();
        out.push_str(&format!(" {}{port}{handler}", target.name));
    }
    if let Some(rewrite) = &route.rewrite {
        let kind = if rewrite.kind == RewriteKind::Prefix { String::new() } else { format!("{} ", rewrite.kind) };
        out.push_str(&format!(" [{kind}{} -> {}]", rewrite.from, rewrite.to));
    }
    if let Some(auth) = &route.auth {
        let schemes: Vec<&str> = auth.schemes.iter().map(|s| s.as_str()).collect();
        out.push_str(&format!(" auth={} {} ({}:{})", auth.state, schemes.join(","), auth.by, auth.at.line));
    }
    let list = |name: &str, words: &[String]| if words.is_empty() { String::new() } else { format!(" {name}={}", words.join(",")) };
    out.push_str(&list("limit", &route.rate_limits));
    out.push_str(&list("cors", &route.cors));
    out.push_str(&list("if", &route.only_if));
    out.push_str(if route.tls_redirect { " tls" } else { "" });
    out.push_str(&format!(" @{}", route.at.line));
    out
}

/// All routes, with the formats of their gateways; nothing may be left unread.
pub fn lines(files: &[(&str, &str)]) -> Vec<String> {
    let found = gateways(files);
    assert!(found.troubles.is_empty(), "{:?}", found.troubles);
    found.gateways.iter().flat_map(|g| g.routes.iter().map(|r| format!("{}: {}", g.kind, line(r)))).collect()
}

/// The routes are these.
#[track_caller]
pub fn check(files: &[(&str, &str)], expected: &[&str]) {
    let got = lines(files);
    assert_eq!(got, expected, "\n{}\n", got.join("\n"));
}
