//! The formats of API descriptions that are read.

use crate::args::ListFormat;
use crate::style::{Look, Meaning, fill, width};
use anyhow::Result;
use apicensus_inventory::{FORMATS, FormatFacts};
use serde::Serialize;

/// A format as programs get it.
#[derive(Serialize)]
struct Listed {
    kind: &'static str,
    title: &'static str,
    versions: &'static str,
    files: &'static str,
    operations: &'static str,
    /// Whether it documents endpoints; else it is evidence of their use.
    is_promise: bool,
    docs: &'static str,
}

/// The list in a format.
pub fn render(format: ListFormat, look: &Look) -> Result<String> {
    let listed = |f: &FormatFacts| Listed {
        kind: f.kind.as_str(),
        title: f.title,
        versions: f.versions,
        files: f.files,
        operations: f.operations,
        is_promise: f.kind.is_promise(),
        docs: f.docs,
    };
    let all: Vec<Listed> = FORMATS.iter().map(listed).collect();
    match format {
        ListFormat::Json => crate::formats::json(&all),
        ListFormat::Markdown => Ok(apicensus_inventory::formats_table()),
        ListFormat::Table => Ok(table(&all, look)),
    }
}

fn table(all: &[Listed], look: &Look) -> String {
    let most = |of: &dyn Fn(&Listed) -> usize| all.iter().map(of).max().unwrap_or(0);
    let (title, kind, versions) = (most(&|f| width(f.title)), most(&|f| width(f.kind)), most(&|f| width(f.versions)));
    let mut out = String::new();
    for (heading, is_promise) in [("what was promised", true), ("what was called", false)] {
        out.push_str(&look.paint(Meaning::Heading, heading));
        out.push('\n');
        for f in all.iter().filter(|f| f.is_promise == is_promise) {
            let pad = |text: &str, to: usize| format!("{text}{}", fill(text, to));
            let docs = look.paint(Meaning::Dim, f.docs);
            let line = format!("  {}  {}  {}  {docs}", pad(f.title, title), pad(f.kind, kind), pad(f.versions, versions));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}
