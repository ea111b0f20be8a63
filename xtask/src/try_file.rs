//! `try`: what a file is lowered to, and what it registers when scanned alone.

use anyhow::{Context, Result};
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use apicensus_syntax::Lang;
use std::path::Path;

/// Prints tree, endpoints with their trails, and troubles.
pub fn show(file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let lang = language(file).with_context(|| format!("{} is in no supported language", file.display()))?;
    println!("{}", apicensus_syntax::render::render(&apicensus_syntax::lower(lang, &text)));
    let tree = Tree::open(&OpenOptions { paths: vec![file.to_owned()], ..OpenOptions::default() })?;
    let catalog = scan(&tree, &ScanOptions::default())?;
    for endpoint in &catalog.endpoints {
        println!("{}  ({})", apicensus_cases::ExpectedEndpoint::of(endpoint), endpoint.framework);
        for step in &endpoint.trail {
            println!("    {:8} {}:{} {}", step.what, step.file, step.line, step.gives);
        }
        for hole in &endpoint.holes {
            println!("    hole     {}: {}", hole.label, hole.reason);
        }
    }
    for trouble in &catalog.troubles {
        println!("{} {}:{} {}", trouble.kind, trouble.file, trouble.line, trouble.message);
    }
    Ok(())
}

fn language(file: &Path) -> Option<Lang> {
    Some(match file.extension()?.to_str()? {
        "py" => Lang::Python,
        "js" | "mjs" | "cjs" | "jsx" => Lang::JavaScript,
        "ts" | "mts" | "cts" => Lang::TypeScript,
        "tsx" => Lang::Tsx,
        "rs" => Lang::Rust,
        _ => return None,
    })
}
