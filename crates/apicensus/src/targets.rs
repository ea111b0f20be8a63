//! `targets`: the endpoints that changed since a revision, in any export format or as a list.

use crate::args::ExportArgs;
use crate::export::{self, Read, exporter};
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::{held, output, style};
use anyhow::Result;
use apicensus_catalog::{Catalog, Endpoint};
use apicensus_inventory::diff::{Kind, diff};
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub const EXAMPLES: &str = "\
Examples:
  apicensus targets --since origin/main                    a list of what changed
  apicensus targets --since origin/main nuclei-jsonl .     requests of what changed
  apicensus targets --since v1.0 openapi --profile dast -o changed.json

An endpoint changed when it is new, moved, takes or asks for something else, or when the lines of its handler differ.

Exit codes: 0 done, 2 wrong use.";

/// Arguments of `targets`.
#[derive(Debug, Args)]
pub struct TargetsArgs {
    /// The earlier state: a git revision, or a catalog file.
    #[arg(long, value_name = "REV")]
    pub since: String,
    #[command(flatten)]
    pub export: ExportArgs,
}

/// Runs the command.
pub fn run(args: &TargetsArgs) -> Result<u8> {
    let export = &args.export;
    let format = export.format.as_deref().map(exporter).transpose()?;
    if let Some(format) = format {
        export::needs_output(format, export)?;
    }
    let mut read = export::read(export)?;
    let mut ids = BTreeSet::new();
    let path = Path::new(&args.since);
    if path.exists() && held::is_held(&args.since) {
        ids.extend(changed(&held::newest(&args.since)?, &read.catalog));
    } else {
        let mut source = export.source.clone();
        source.rev = Some(args.since.clone());
        source.exclude.retain(|glob| !glob.starts_with('/'));
        let progress = Progress::start(export.quiet);
        let job = Job::open(&export.paths, &source)?;
        let before = job.scan(&progress)?;
        drop(progress);
        ids.extend(changed(&before, &read.catalog));
        ids.extend(rewritten(&before, &job, &read));
    }
    let mut options = export::options(export, &mut read)?;
    options.changed = Some(match options.changed.take() {
        Some(narrower) => narrower.intersection(&ids).cloned().collect(),
        None => ids,
    });
    let Some(format) = format else { return list(&read.catalog, &options, export) };
    export::write(format, &read.catalog, &options, export)
}

/// The ids of the endpoints that are new, moved or different.
pub fn changed(before: &Catalog, after: &Catalog) -> BTreeSet<String> {
    diff(before, after).changes.into_iter().filter(|c| c.kind != Kind::Removed).map(|c| c.endpoint).collect()
}

/// The ids of the endpoints whose handler's lines differ.
fn rewritten(before: &Catalog, earlier: &Job, now: &Read) -> BTreeSet<String> {
    let Some(job) = &now.job else { return BTreeSet::new() };
    let old: BTreeMap<&str, &Endpoint> = before.endpoints.iter().map(|e| (e.id.as_str(), e)).collect();
    let mut texts = (BTreeMap::new(), BTreeMap::new());
    let mut out = BTreeSet::new();
    for endpoint in &now.catalog.endpoints {
        let Some(was) = old.get(endpoint.id.as_str()) else { continue };
        if lines(was, earlier, &mut texts.0) != lines(endpoint, job, &mut texts.1) {
            out.insert(endpoint.id.clone());
        }
    }
    out
}

/// The lines of a handler, each without the blanks around it.
fn lines(endpoint: &Endpoint, job: &Job, texts: &mut BTreeMap<String, String>) -> Vec<String> {
    let Some(handler) = &endpoint.handler else { return Vec::new() };
    let text = texts.entry(handler.file.clone()).or_insert_with(|| job.text(&handler.file).unwrap_or_default());
    let (first, last) = (handler.line.max(1) as usize, handler.end_line.max(handler.line) as usize);
    text.lines().skip(first - 1).take(last + 1 - first).map(|l| l.trim().to_owned()).collect()
}

/// The list for people: method and path, one a line.
fn list(catalog: &Catalog, options: &apicensus_export::Options, args: &ExportArgs) -> Result<u8> {
    let lines = apicensus_export::export(catalog, "csv", options)?;
    let ids: BTreeSet<&str> = lines.as_text().lines().skip(1).filter_map(|l| l.rsplit(',').next()).collect();
    let kept = catalog.endpoints.iter().filter(|e| ids.contains(e.id.as_str()));
    let text: String = kept.map(|e| format!("{:7} {}\n", style::one_line(&e.method), style::one_line(&e.path))).collect();
    output::write(&text, args.output.as_deref())?;
    if text.is_empty() && !args.quiet {
        output::note("no endpoint changed\n");
    }
    Ok(0)
}
