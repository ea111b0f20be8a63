//! What each stage of a scan costs, one thread, as JSON: `cargo run --release -p apicensus-surface --example stages -- FOLDER`.
//! Processor time is that of the process (Linux, `/proc/self/stat`, in hundredths of a second).
#![allow(clippy::print_stdout)]

use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::cache::Cache;
use apicensus_surface::languages::Languages;
use apicensus_surface::scan::{ScanOptions, scan};
use apicensus_syntax::{Lang, lower};
use serde_json::json;
use std::collections::BTreeMap;

/// Bytes of a language that are lowered at most.
const MOST: usize = 16 << 20;

/// Processor time so far, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = cpu();
    let done = work();
    (done, cpu() - start)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let languages = Languages::builtin()?;
    let options = OpenOptions { paths: vec![folder.into()], threads: 1, ..OpenOptions::default() };
    let (tree, walk) = timed(|| Tree::open(&options));
    let tree = tree?;
    let code: Vec<(usize, Lang)> =
        tree.files().iter().enumerate().filter_map(|(at, e)| languages.of_path(&e.path).map(|lang| (at, lang))).collect();
    let (texts, read) = timed(|| code.iter().filter_map(|(at, lang)| Some((*lang, tree.read(*at).ok()?))).collect::<Vec<_>>());
    let mut of: BTreeMap<Lang, Vec<String>> = BTreeMap::new();
    for (lang, bytes) in &texts {
        let texts = of.entry(*lang).or_default();
        if texts.iter().map(String::len).sum::<usize>() < MOST {
            texts.push(String::from_utf8_lossy(bytes).into_owned());
        }
    }
    let size: usize = texts.iter().map(|(_, bytes)| bytes.len()).sum();
    drop(texts);
    let mut speeds = BTreeMap::new();
    let deep = std::thread::Builder::new().stack_size(lower::STACK).spawn(move || {
        for (lang, texts) in of {
            let (_, took) = timed(|| texts.iter().map(|text| lower(lang, text).exprs.len()).sum::<usize>());
            let bytes: usize = texts.iter().map(String::len).sum();
            speeds.insert(lang.name(), json!({ "megabytes": bytes as f64 / 1e6, "cpu": took }));
        }
        speeds
    })?;
    let speeds = deep.join().map_err(|_| "a lowering broke off")?;
    let cache = Cache::default();
    let options = ScanOptions { threads: 1, cache: Some(&cache), ..ScanOptions::default() };
    let (catalog, cold) = timed(|| scan(&tree, &options));
    let catalog = catalog?;
    let (_, again) = timed(|| scan(&tree, &options));
    let figures = json!({
        "files": tree.files().len(), "code_files": code.len(), "code_megabytes": size as f64 / 1e6, "walk": walk, "read": read,
        "lower": speeds, "parsed": catalog.coverage.files_parsed, "endpoints": catalog.endpoints.len(), "scan": cold, "without_lowering": again,
    });
    println!("{figures:#}");
    Ok(())
}
