//! What holds for every tree, tried on those of the cases: a scan of a folder finds at least what scans of its subfolders
//! find, the number of threads changes nothing, and damaged files neither panic nor hang.

#![allow(clippy::unwrap_used)]

use apicensus_cases::{Case, Suite, suites};
use apicensus_catalog::Catalog;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Damaged copies of each case that are scanned.
const COPIES: u64 = 2;

fn all() -> Vec<Suite> {
    suites(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")).unwrap()
}

fn catalog(folder: &Path, threads: usize) -> Catalog {
    let tree = Tree::open(&OpenOptions { paths: vec![folder.to_owned()], threads, ..OpenOptions::default() }).unwrap();
    scan(&tree, &ScanOptions { threads, ..ScanOptions::default() }).unwrap()
}

/// Method and place of what is served; paths differ, as a prefix may lie above the folder.
fn served(catalog: &Catalog, folder: &str) -> BTreeSet<String> {
    let endpoints = catalog.endpoints.iter().filter(|e| !e.detached);
    let handlers = endpoints.filter_map(|e| Some((e, e.handler.as_ref()?)));
    handlers.map(|(e, h)| format!("{} {} {folder}{}:{}", e.protocol, e.method, h.file, h.line)).collect()
}

#[test]
fn a_folder_gives_at_least_what_its_subfolders_give() {
    let mut complaints = Vec::new();
    for suite in all() {
        for case in &suite.cases {
            let folder = tempfile::tempdir().unwrap();
            case.write_to(folder.path()).unwrap();
            let whole: BTreeSet<String> = served(&catalog(folder.path(), 1), "");
            for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap).filter(|e| e.path().is_dir()) {
                let name = format!("{}/", entry.file_name().to_string_lossy());
                let part = served(&catalog(&entry.path(), 1), &name);
                complaints.extend(part.difference(&whole).map(|e| format!("{}: {}: only in {name}: {e}", suite.name, case.title)));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for suite in all() {
        for (at, case) in suite.cases.iter().enumerate() {
            case.write_to(&folder.path().join(suite.name.replace('/', "_")).join(at.to_string())).unwrap();
        }
    }
    assert!(catalog(folder.path(), 1) == catalog(folder.path(), 4), "the catalog depends on the number of threads");
}

#[test]
fn damaged_files_are_survived() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for suite in all() {
        for case in &suite.cases {
            for _ in 0..COPIES {
                let folder = tempfile::tempdir().unwrap();
                damaged(case, &mut random).write_to(folder.path()).unwrap();
                let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
                // A damaged model of the tree's own is an error; everything else is a catalog.
                let own_model = case.files.iter().any(|(name, _)| name.starts_with(".apicensus/"));
                assert!(scan(&tree, &ScanOptions::default()).is_ok() || own_model);
            }
        }
    }
}

/// The case with a stretch of each file cut out, doubled or replaced by punctuation.
fn damaged(case: &Case, random: &mut u64) -> Case {
    let mut next = |below: usize| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        (*random % below.max(1) as u64) as usize
    };
    let mut files = Vec::new();
    for (name, text) in &case.files {
        let chars: Vec<char> = text.chars().collect();
        let start = next(chars.len());
        let end = (start + next(40)).min(chars.len());
        let middle: String = match next(3) {
            0 => String::new(),
            1 => chars[start..end].iter().chain(&chars[start..end]).collect(),
            _ => "({[\"'`".chars().cycle().take(end - start).collect(),
        };
        let text = chars[..start].iter().copied().chain(middle.chars()).chain(chars[end..].iter().copied()).collect();
        files.push((name.clone(), text));
    }
    let endpoints = apicensus_cases::Block { lines: Vec::new(), span: 0..0 };
    Case {
        title: case.title.clone(),
        line: case.line,
        files,
        endpoints,
        troubles: None,
        auth: None,
        inputs: None,
        answers: None,
        open: None,
    }
}
