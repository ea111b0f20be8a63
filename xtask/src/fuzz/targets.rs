//! What is fuzzed: each target takes bytes and must return, whatever they are. `cargo xtask fuzz` runs them with its own mutations; the
//! targets of the folder `fuzz` run the same functions under libFuzzer.

use apicensus_catalog::Catalog;
use apicensus_contracts::formats::FORMATS;
use apicensus_eval::models::Models;
use apicensus_inventory::diff::diff;
use apicensus_source::{OpenOptions, Tree};
use apicensus_store::{Origin, tree};
use apicensus_surface::languages::Languages;
use apicensus_surface::scan::{ScanOptions, scan};
use apicensus_syntax::{Lang, Module, lower, render};
use std::path::Path;
use std::sync::LazyLock;

/// A target: its name, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("lower-python", |data| lowering(Lang::Python, data)),
    ("lower-javascript", |data| lowering(Lang::JavaScript, data)),
    ("lower-typescript", |data| lowering(Lang::TypeScript, data)),
    ("lower-tsx", |data| lowering(Lang::Tsx, data)),
    ("lower-rust", |data| lowering(Lang::Rust, data)),
    ("evaluate", evaluate),
    ("models", models),
    ("contracts", contracts),
    ("policy", policy),
    ("cache", cache),
    ("catalog", catalog),
];

/// Separates the files of a small repository in one text: this, and the path, on a line.
pub const FILE_MARK: &str = "=== ";
/// Read once: an input has no models of its own.
static MODELS: LazyLock<Option<Models>> = LazyLock::new(|| Models::builtin().ok());
static LANGUAGES: LazyLock<Option<Languages>> = LazyLock::new(|| Languages::builtin().ok());
/// Files of a repository at most.
const MAX_FILES: usize = 40;

/// A file is lowered, written as bytes, read again, and shown.
fn lowering(lang: Lang, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let module = lower(lang, &text);
    let again = Module::from_bytes(&module.to_bytes());
    assert!(again.is_some(), "a module is not read back");
    let _ = render(&module);
}

/// A repository is scanned whole; the catalog it gives can be written and compared.
fn evaluate(data: &[u8]) {
    let Some(found) = census(data) else { return };
    let text = serde_json::to_vec(&found).unwrap_or_default();
    let again: Catalog = serde_json::from_slice(&text).unwrap_or_default();
    assert!(diff(&found, &again).changes.is_empty(), "a catalog differs from itself");
}

fn models(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let _ = Models::load(&[("own.yaml".to_owned(), text)]);
}

/// The first line says which format's name the document gets.
fn contracts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, rest) = text.split_once('\n').unwrap_or(("openapi.yaml", &text));
    let names = FORMATS.iter().flat_map(|f| f.files.split(", ")).map(|name| name.replace('*', "a")).collect::<Vec<String>>();
    let by_number = first.bytes().map(usize::from).sum::<usize>() % names.len().max(1);
    let name = if first.contains('.') && is_plain(first) { first } else { names.get(by_number).map_or("openapi.yaml", String::as_str) };
    let name = if is_plain(name) { name } else { "openapi.yaml" };
    census(
        format!(
            "{FILE_MARK}{name}\n{rest}\n{FILE_MARK}main.py\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef x(): ...\n"
        )
        .as_bytes(),
    );
}

fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    census(format!("{FILE_MARK}.apicensus.yaml\n{text}\n{FILE_MARK}CODEOWNERS\n{text}\n").as_bytes());
}

/// Entries of a cache, sealed and not, and modules of any bytes.
fn cache(data: &[u8]) {
    let (key, rest) = data.split_at(data.len().min(16));
    let mut whole = [0; 16];
    whole[..key.len()].copy_from_slice(key);
    let _ = apicensus_cache::open_entry(&whole, rest);
    if let Some(module) = Module::from_bytes(data) {
        let _ = module.to_bytes();
    }
}

/// A catalog as JSON is written as a tree and read, and a tree of any text is read.
fn catalog(data: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    if let Ok(found) = serde_json::from_slice::<Catalog>(data) {
        let _ = diff(&found, &Catalog::default());
        if tree::write(folder.path(), &found, &Origin::default()).is_ok() {
            let _ = tree::read(folder.path());
        }
    }
    let services = folder.path().join("services");
    if std::fs::create_dir_all(&services).is_ok() && std::fs::write(services.join("any.yaml"), data).is_ok() {
        let _ = tree::read(folder.path());
    }
}

/// The whole way from files to a catalog with findings.
fn census(data: &[u8]) -> Option<Catalog> {
    let folder = tempfile::tempdir().ok()?;
    write(folder.path(), &String::from_utf8_lossy(data));
    let options = OpenOptions { paths: vec![folder.path().to_owned()], threads: 1, ..OpenOptions::default() };
    let tree = Tree::open(&options).ok()?;
    let (models, languages) = (MODELS.as_ref()?, LANGUAGES.as_ref()?);
    let mut found = scan(&tree, &ScanOptions { threads: 1, loaded: Some(models), ..ScanOptions::default() }).ok()?;
    let is_broken = found.troubles.iter().any(|t| t.message.contains("internal error"));
    assert!(!is_broken, "the evaluation panicked");
    apicensus_inventory::complete(&mut found, &tree, &|path| languages.class(path), Some("2027-01-31")).ok()?;
    Some(found)
}

/// Writes the files of a text below a folder.
fn write(folder: &Path, text: &str) {
    for part in format!("\n{text}").split(&format!("\n{FILE_MARK}")).skip(1).take(MAX_FILES) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        let path = folder.join(name);
        if is_plain(name) && path.parent().is_some_and(|p| std::fs::create_dir_all(p).is_ok()) {
            let _ = std::fs::write(path, body);
        }
    }
}

/// Whether a name is a path below.
fn is_plain(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != ".." && part != "." && part.len() < 60;
    name.len() < 200 && name.split('/').all(is_part) && name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-@[]()$+ ".contains(c))
}
