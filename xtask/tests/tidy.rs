//! House rules as tests: layers, names of frameworks, sizes of files and functions, module comments, models with cases.
//!
//! `tidy.exceptions` lists what is over a size today. A line whose file or function is no longer over it fails: the list
//! only shrinks.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MAX_FILE: usize = 500;
const MAX_FUNCTION: usize = 60;
/// Crates from the bottom up: each may use those on earlier lines, and `catalog`.
const LAYERS: &[(&str, &[&str])] = &[
    ("apicensus-catalog", &[]),
    ("apicensus-export", &["apicensus-catalog"]),
    ("apicensus-report", &["apicensus-catalog"]),
    ("apicensus-cache", &[]),
    ("apicensus-source", &[]),
    ("apicensus-forge", &[]),
    ("apicensus-syntax", &[]),
    ("apicensus-eval", &["apicensus-syntax"]),
    ("apicensus-surface", &["apicensus-cache", "apicensus-catalog", "apicensus-source", "apicensus-syntax", "apicensus-eval"]),
    ("apicensus-contracts", &["apicensus-catalog", "apicensus-source"]),
    ("apicensus-findings", &["apicensus-catalog"]),
    ("apicensus-inventory", &["apicensus-catalog", "apicensus-source", "apicensus-contracts", "apicensus-findings"]),
    ("apicensus-store", &["apicensus-catalog", "apicensus-inventory"]),
    ("apicensus-sweep", &["apicensus-catalog", "apicensus-contracts", "apicensus-forge", "apicensus-inventory", "apicensus-store"]),
    ("apicensus-serve", &["apicensus-catalog", "apicensus-report", "apicensus-findings", "apicensus-inventory"]),
    (
        "apicensus",
        &[
            "apicensus-cache",
            "apicensus-catalog",
            "apicensus-export",
            "apicensus-report",
            "apicensus-serve",
            "apicensus-source",
            "apicensus-syntax",
            "apicensus-eval",
            "apicensus-surface",
            "apicensus-findings",
            "apicensus-inventory",
            "apicensus-store",
            "apicensus-forge",
            "apicensus-sweep",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files with an extension below a folder, by path from the root, sorted.
fn files(folder: &str, extension: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|n| n != "target" && n != "fixtures") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    found
}

fn fail_with(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Package name to the names of its normal and build dependencies.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let out = Command::new(env!("CARGO")).args(cargo).current_dir(root()).output().unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let uses = package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"] != "dev");
        let names = uses.map(|d| d["name"].as_str().unwrap().to_owned()).collect();
        found.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    found
}

#[test]
fn arrows_run_down() {
    let packages = dependencies();
    let mut complaints = Vec::new();
    for (name, allowed) in LAYERS {
        let uses = packages.get(*name).unwrap_or_else(|| panic!("no crate {name}"));
        for used in uses.iter().filter(|u| u.starts_with("apicensus") && !allowed.contains(&u.as_str())) {
            complaints.push(format!("{name} uses {used}, which is not below it"));
        }
    }
    for (package, uses) in &packages {
        for used in uses {
            let only: &[&str] = match used.as_str() {
                u if u.starts_with("tree-sitter") => &["apicensus-syntax"],
                "git2" => &["apicensus-source", "apicensus-forge"],
                "ureq" => &["apicensus-forge"],
                "rustls" => &["apicensus-forge", "apicensus-store"],
                _ => continue,
            };
            if !only.contains(&package.as_str()) {
                complaints.push(format!("{package} uses {used}; only {} may", only.join(" and ")));
            }
        }
    }
    fail_with(complaints);
}

#[test]
fn analysis_does_no_input_or_output() {
    let mut complaints = Vec::new();
    for folder in [
        "crates/eval/src",
        "crates/syntax/src",
        "crates/catalog/src",
        "crates/contracts/src",
        "crates/findings/src",
        "crates/inventory/src",
    ] {
        for (file, text) in files(folder, "rs") {
            for word in ["std::fs", "std::net", "std::process", "std::env::var", "tokio::"] {
                if production(&text).contains(word) {
                    complaints.push(format!("{file} uses {word}"));
                }
            }
        }
    }
    fail_with(complaints);
}

/// The text before a file's test module.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn no_framework_is_named_in_the_crates() {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (file, text) in files("grammars", "yaml").iter().filter(|(f, _)| f.contains("/frameworks/")) {
        let name = text.lines().find_map(|l| l.strip_prefix("framework:")).unwrap_or_else(|| panic!("{file} has no name"));
        names.insert(name.trim().to_lowercase());
    }
    // Also everyday words of the languages themselves (`iterator.next()`).
    names.retain(|n| !["express", "nest", "next"].contains(&n.as_str()));
    let known = exceptions("name");
    let mut seen = BTreeSet::new();
    let mut complaints = Vec::new();
    for (file, text) in files("crates", "rs") {
        if file.starts_with("crates/eval/src/natives/")
            || file.starts_with("crates/cases/")
            || file.contains("/tests")
            || file.ends_with("tests.rs")
        {
            continue;
        }
        for (at, line) in production(&text).lines().enumerate() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase);
            let code = line.split("//").next().unwrap_or_default();
            for word in words.filter(|w| names.contains(w) && code.to_lowercase().contains(w.as_str())) {
                let entry = format!("{file} {word}");
                if !known.contains(&entry) {
                    complaints.push(format!("{file}:{} names the framework {word}", at + 1));
                }
                seen.insert(entry);
            }
        }
    }
    complaints.extend(known.difference(&seen).map(|e| format!("tidy.exceptions: `name {e}` is no longer needed")));
    fail_with(complaints);
}

/// The exceptions of one kind, without the kind.
fn exceptions(kind: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("xtask/tests/tidy.exceptions")).unwrap_or_default();
    text.lines().filter_map(|l| l.strip_prefix(kind)?.strip_prefix(' ')).map(str::to_owned).collect()
}

fn sources() -> BTreeMap<String, String> {
    let mut all = files("crates", "rs");
    all.append(&mut files("xtask", "rs"));
    all
}

#[test]
fn files_are_short_and_begin_with_what_they_are_for() {
    let known = exceptions("file");
    let mut complaints = Vec::new();
    let mut long = BTreeSet::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > MAX_FILE {
            long.insert(file.clone());
            if !known.contains(&file) {
                complaints.push(format!("{file} has {lines} lines; at most {MAX_FILE}"));
            }
        }
        if !text.starts_with("//!") && !file.ends_with("tests.rs") {
            complaints.push(format!("{file} does not begin with a `//!` comment that says what it is for"));
        }
    }
    complaints.extend(known.difference(&long).map(|e| format!("tidy.exceptions: `file {e}` is no longer needed")));
    fail_with(complaints);
}

#[test]
fn functions_are_short() {
    let known = exceptions("function");
    let mut complaints = Vec::new();
    let mut long = BTreeSet::new();
    for (file, text) in sources() {
        for (name, line, length) in functions(&text) {
            if length > MAX_FUNCTION {
                let entry = format!("{file} {name}");
                if !known.contains(&entry) {
                    complaints.push(format!("{file}:{line} {name} has {length} lines; at most {MAX_FUNCTION}"));
                }
                long.insert(entry);
            }
        }
    }
    complaints.extend(known.difference(&long).map(|e| format!("tidy.exceptions: `function {e}` is no longer needed")));
    fail_with(complaints);
}

/// Name, first line and length of each function, told by rustfmt's indentation: it ends at the first line that is as far
/// in as its beginning and starts with `}`.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code.split(['(', '<']).next().unwrap_or_default();
        let Some((before, name)) = head.split_once("fn ") else { continue };
        let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", ""];
        if !before.split(' ').all(|w| words.contains(&w)) || name.is_empty() {
            continue;
        }
        let indent = &line[..line.len() - code.len()];
        let end = lines[at..].iter().position(|l| l.strip_prefix(indent).is_some_and(|l| l.starts_with('}')));
        if !code.ends_with(['}', ';'])
            && let Some(end) = end
        {
            found.push((name.to_owned(), at + 1, end + 1));
        }
    }
    found
}

#[test]
fn every_model_has_cases_and_every_case_file_a_model() {
    let strip = |file: &String| file.rsplit_once('.').map(|(stem, _)| stem.to_owned()).unwrap_or_default();
    let models: BTreeSet<String> = files("grammars", "yaml")
        .keys()
        .filter(|f| f.contains("/frameworks/"))
        .map(|f| strip(f).replace("grammars/", "").replace("/frameworks", ""))
        .collect();
    let cases: BTreeSet<String> = files("testdata", "md").keys().map(|f| strip(f).replace("testdata/", "")).collect();
    let cases: BTreeSet<String> = cases.into_iter().filter(|c| c.matches('/').count() == 1 && !c.starts_with("repos/")).collect();
    let waiting = exceptions("model");
    let mut complaints: Vec<String> = models.difference(&cases).map(|m| format!("the model {m} has no file testdata/{m}.md")).collect();
    complaints.extend(cases.difference(&models).filter(|c| !waiting.contains(*c)).map(|c| format!("testdata/{c}.md has no model")));
    complaints.extend(waiting.intersection(&models).map(|m| format!("tidy.exceptions: `model {m}` is no longer needed")));
    fail_with(complaints);
}

#[test]
fn nothing_is_left_undone() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let mut complaints = Vec::new();
    for (file, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            if marks.iter().any(|m| line.split(|c: char| !c.is_alphanumeric()).any(|w| w == *m)) {
                complaints.push(format!("{file}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    fail_with(complaints);
}
