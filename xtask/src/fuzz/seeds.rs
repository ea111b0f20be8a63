//! What inputs are made from: the cases, samples and models of the project, and inputs that broke something once (`fuzz/crashes`).

use super::targets::FILE_MARK;
use crate::root;
use anyhow::Result;
use apicensus_cases::suites;
use std::fs;
use std::path::Path;

/// Larger files make slow seeds, in bytes.
const MOST: u64 = 48 << 10;

/// The seeds of a target.
pub fn of(target: &str) -> Result<Vec<Vec<u8>>> {
    let mut seeds = match target {
        "evaluate" => repositories()?,
        "models" => files(&["grammars"], &["yaml"]),
        "contracts" => documents(),
        "policy" => policies(),
        "cache" => modules()?,
        "catalog" => files(&["testdata/exports", "crates"], &["json"]),
        _ => sources(target)?,
    };
    let crashes = root().join("fuzz/crashes").join(target);
    seeds.extend(fs::read_dir(crashes).into_iter().flatten().flatten().filter_map(|e| fs::read(e.path()).ok()));
    if seeds.is_empty() {
        seeds.push(b"\n".to_vec());
    }
    Ok(seeds)
}

/// Every case as one text.
fn repositories() -> Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    for case in suites(&root().join("testdata"))?.iter().flat_map(|s| &s.cases) {
        let text: String = case.files.iter().map(|(name, text)| format!("{FILE_MARK}{name}\n{text}\n")).collect();
        out.push(text.into_bytes());
    }
    Ok(out)
}

/// Source files of a language.
fn sources(target: &str) -> Result<Vec<Vec<u8>>> {
    let endings: &[&str] = match target {
        "lower-python" => &[".py"],
        "lower-javascript" => &[".js", ".mjs", ".cjs", ".jsx"],
        "lower-typescript" => &[".ts"],
        "lower-tsx" => &[".tsx", ".ts"],
        _ => &[".rs"],
    };
    let mut out: Vec<Vec<u8>> = Vec::new();
    for case in suites(&root().join("testdata"))?.iter().flat_map(|s| &s.cases) {
        let fitting = case.files.iter().filter(|(name, _)| endings.iter().any(|e| name.ends_with(e)));
        out.extend(fitting.map(|(_, text)| text.clone().into_bytes()));
    }
    if target == "lower-rust" {
        out.extend(files(&["crates/eval/src", "crates/syntax/src"], &["rs"]));
    }
    Ok(out)
}

/// Documents with the name that they have on the first line: what the tests of the readers and the exports hold.
fn documents() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    for text in files(&["crates/contracts/tests", "crates/inventory/tests"], &["rs"]) {
        let text = String::from_utf8_lossy(&text).into_owned();
        // Texts of several lines in the tests are documents.
        for part in text.split('"').filter(|part| part.matches("\\n").count() + part.matches('\n').count() > 2) {
            out.push(format!("\n{}", part.replace("\\n\\", "").replace("\\n", "\n")).into_bytes());
        }
    }
    for text in files(&["testdata/exports"], &["txt"]) {
        out.push([b"openapi.json\n".as_slice(), &text].concat());
    }
    out
}

fn policies() -> Vec<Vec<u8>> {
    let mut out = files(&["testdata", "crates/inventory/tests"], &["yaml", "yml"]);
    out.push(
        b"services:\n  - name: a\n    roots: [src]\n    owners: ['@b']\nrules:\n  no-auth: {severity: low}\npublic: ['/x/**']\nsuppress:\n  - rule: x\n    \
          path: /a\n    reason: b\n    until: 2027-01-01\n"
            .to_vec(),
    );
    out
}

/// Lowered files as bytes.
fn modules() -> Result<Vec<Vec<u8>>> {
    let texts = sources("lower-python")?;
    Ok(texts
        .iter()
        .take(300)
        .map(|text| apicensus_syntax::lower(apicensus_syntax::Lang::Python, &String::from_utf8_lossy(text)).to_bytes())
        .collect())
}

/// Files below folders of the project, by ending.
fn files(folders: &[&str], endings: &[&str]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for folder in folders {
        walk(&root().join(folder), endings, &mut out);
    }
    out
}

fn walk(folder: &Path, endings: &[&str], out: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            walk(&path, endings, out);
        } else if endings.contains(&ending.as_str()) && path.metadata().is_ok_and(|m| m.len() <= MOST) {
            out.extend(fs::read(&path));
        }
    }
}
