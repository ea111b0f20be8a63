//! How large the binary is, by part, as its symbols tell.

use super::build::Built;
use anyhow::Result;
use std::collections::BTreeMap;
use std::process::Command;

/// Parts that are printed by themselves.
const SHOWN: usize = 14;

pub fn print(built: &Built) -> Result<()> {
    let output = match Command::new("nm").args(["--print-size", "--defined-only"]).arg(&built.path).output() {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => output,
        _ => {
            println!("  sizes by part are not known: there is no `nm`, or the binary has no symbols");
            return Ok(());
        }
    };
    let mut parts: BTreeMap<String, u64> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let words: Vec<&str> = line.split(' ').collect();
        // Address, size, kind, name; `b` and `B` take no space in the file.
        if let [_, bytes, kind, name] = words.as_slice()
            && !kind.eq_ignore_ascii_case("b")
        {
            *parts.entry(part(name)).or_default() += u64::from_str_radix(bytes, 16).unwrap_or(0);
        }
    }
    let mut parts: Vec<(String, u64)> = parts.into_iter().collect();
    parts.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
    let rest: u64 = parts.iter().skip(SHOWN).map(|(_, bytes)| bytes).sum();
    let named = parts.iter().take(SHOWN).cloned();
    for (name, bytes) in named.chain([("other parts".to_owned(), rest)]).filter(|(_, bytes)| *bytes > 0) {
        println!("  {:>7.2} MB  {name}", bytes as f64 / 1e6);
    }
    Ok(())
}

/// What a symbol belongs to: the crate of a Rust name, the library of a C name.
fn part(symbol: &str) -> String {
    if let Some(name) = rust_crate(symbol) {
        return name;
    }
    let known = [
        ("tree_sitter_", "parse tables and scanners"),
        ("ts_", "parse tables and scanners"),
        ("sqlite3", "SQLite"),
        ("git_", "libgit2"),
        ("ring_core", "ring"),
    ];
    let name = known.iter().find(|(prefix, _)| symbol.starts_with(prefix)).map(|(_, name)| *name);
    name.unwrap_or("C: static functions and tables").to_owned()
}

/// The crate of a mangled name: `_ZN4core3fmt…`, or `_RNvCs1234_4core…`.
fn rust_crate(symbol: &str) -> Option<String> {
    let (rest, is_new) = match symbol.strip_prefix("_ZN") {
        Some(rest) => (rest, false),
        None => (symbol.strip_prefix("_R")?.split_once("Cs")?.1.split_once('_')?.1, true),
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let length: usize = rest.get(..digits)?.parse().ok()?;
    let name = rest.get(digits..)?;
    let name = if is_new { name.strip_prefix('_').unwrap_or(name) } else { name }.get(..length)?;
    // `<T as Trait>::f` begins with `_$LT$` and the first crate named in it.
    let name = name.trim_start_matches("_$LT$").trim_start_matches("$RF$").trim_start_matches("mut$u20$").trim_start_matches("impl$u20$");
    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then(|| if name.len() == 1 { "generic code".to_owned() } else { name })
}
