//! `interop`: what other tools make of the exports. The tools are installed from PyPI and npm into `target/interop`; without a
//! network it says so and does nothing.
//!
//! [`validate`] gives every format of the sample catalog, of the odd shapes and of the real applications to the tools that own the formats.
//! [`closed_loop`] serves small applications, sends them what was exported, and reads in their own record what arrived.

mod closed_loop;
mod tools;
mod validate;

use crate::docs::between;
use crate::root;
use anyhow::{Result, bail};
use std::path::Path;

/// Runs all of it. `apps` keeps the real applications to those named; `write` puts the numbers into the README.
pub fn run(apps: &[String], write: bool, binary: &Path, part: Option<Part>) -> Result<()> {
    let Some(tools) = tools::install()? else { return Ok(()) };
    let mut faults = Vec::new();
    if part.is_none_or(|p| p == Part::Formats) {
        faults.extend(validate::formats(&tools)?);
    }
    if part.is_none_or(|p| p == Part::Corpus) {
        faults.extend(validate::corpus(&tools, apps, binary)?);
    }
    if part.is_none_or(|p| p == Part::Loop) {
        let (rows, table) = closed_loop::run(&tools, binary)?;
        println!("\n{table}");
        faults.extend(rows);
        if write {
            let readme = std::fs::read_to_string(root().join("README.md"))?;
            std::fs::write(root().join("README.md"), between(&readme, "loop", &table)?)?;
        }
    }
    if !faults.is_empty() {
        bail!("{} faults:\n{}", faults.len(), faults.join("\n"));
    }
    println!("interop: no fault");
    Ok(())
}

/// A part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Every format of the sample catalog and the odd shapes.
    Formats,
    /// OpenAPI documents of the real applications.
    Corpus,
    /// Applications that are served and scanned.
    Loop,
}
