//! `tested`: reports of test runs set beside a catalog, and the file that keeps what they say.

use crate::args::SourceArgs;
use crate::changes::stored;
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::{formats, output, style};
use anyhow::{Context, Result, bail};
use apicensus_catalog::{Catalog, DocumentedState, TESTED_SCHEMA, TestOutcome, TestState, Tested};
use apicensus_inventory::tested::{record, reports};
use clap::{Args, ValueHint};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub const EXAMPLES: &str = "\
Examples:
  apicensus tested --from reports/har.json --catalog catalog.json    marks the catalog; beside it catalog.tested.json
  apicensus tested --from newman.json --from zap.json . --state tested.json
  apicensus scan . --tested tested.json                              endpoints without a test are flagged
  apicensus export postman . --tested tested.json --only untested    requests for what no test has asked

Reports: HTTP archives, schemathesis (NDJSON, VCR, JUnit), newman (JSON, JUnit), ZAP (JSON, XML).

Exit codes: 0 done, 2 wrong use.";

/// Arguments of `tested`.
#[derive(Debug, Args)]
pub struct TestedArgs {
    /// The folder or repository that was tested.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// A report; may be given several times.
    #[arg(long, value_name = "REPORT", required = true, value_hint = ValueHint::FilePath)]
    pub from: Vec<PathBuf>,
    /// Read and mark this catalog (`apicensus scan -f json`) instead of scanning.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "path")]
    pub catalog: Option<PathBuf>,
    /// The file that keeps what reports say; what it holds already stays [default: beside the catalog].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// The URL that was tested, where the server puts something before the paths; may be given several times.
    #[arg(long, value_name = "URL")]
    pub base_url: Vec<String>,
    /// The service that was tested, by id or name; may be given several times.
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<String>,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Runs the command.
pub fn run(args: &TestedArgs) -> Result<u8> {
    let mut catalog = match &args.catalog {
        Some(file) => stored(file)?,
        None => {
            let progress = Progress::start(false);
            Job::open(std::slice::from_ref(&args.path), &args.source)?.scan(&progress)?
        }
    };
    let file = args.state.clone().or_else(|| args.catalog.as_deref().map(beside));
    let mut tested = std::mem::take(&mut catalog.tested);
    if let Some(file) = file.as_deref().filter(|f| f.is_file()) {
        tested = state(file)?.tested;
    }
    let services = services(&catalog, &args.service)?;
    let bases: Vec<String> = args.base_url.iter().map(|url| path_of(url)).filter(|p| !p.is_empty()).collect();
    for from in &args.from {
        let text = std::fs::read_to_string(from).with_context(|| format!("could not read `{}`", from.display()))?;
        let report = reports::read(&text).with_context(|| format!("`{}` is not read", from.display()))?;
        record(&catalog, &report, &bases, &services, &mut tested);
    }
    // What is of endpoints that are no more would only grow.
    let ids: BTreeSet<&str> = catalog.endpoints.iter().map(|e| e.id.as_str()).collect();
    tested.endpoints.retain(|id, _| ids.contains(id.as_str()));
    catalog.tested = tested;
    if let Some(file) = &file {
        let state = TestState { schema: TESTED_SCHEMA.to_owned(), tested: catalog.tested.clone() };
        output::write(&formats::json(&state)?, Some(file))?;
    }
    if let Some(file) = &args.catalog {
        output::write(&formats::json(&catalog)?, Some(file))?;
    }
    output::print(&summary(&catalog)).map(|()| 0)
}

/// Reads a file that `tested` wrote.
pub fn state(file: &Path) -> Result<TestState> {
    let text = std::fs::read_to_string(file).with_context(|| format!("could not read `{}`", file.display()))?;
    let state: TestState = serde_json::from_str(&text)
        .with_context(|| format!("`{}` does not say what was tested; `apicensus tested` writes such a file", file.display()))?;
    if state.schema != TESTED_SCHEMA {
        bail!("`{}` is of format `{}`, and this version reads `{TESTED_SCHEMA}`", file.display(), state.schema);
    }
    Ok(state)
}

/// `catalog.tested.json` beside `catalog.json`.
fn beside(catalog: &Path) -> PathBuf {
    catalog.with_extension("tested.json")
}

fn services(catalog: &Catalog, asked: &[String]) -> Result<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for name in asked {
        let Some(service) = catalog.services.iter().find(|s| s.id == *name || s.name == *name) else {
            let hint = crate::errors::did_you_mean(name, catalog.services.iter().map(|s| s.id.as_str()));
            bail!("there is no service `{name}`{hint}");
        };
        out.insert(service.id.clone());
    }
    Ok(out)
}

/// The path of a URL, without a slash at its end.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or_else(String::new, |at| rest[at..].trim_end_matches('/').to_owned())
}

fn summary(catalog: &Catalog) -> String {
    let tested: &Tested = &catalog.tested;
    let mut out = String::new();
    for report in &tested.reports {
        let requests = style::count(report.requests, "request", "requests");
        let rest = if report.unmatched > 0 { format!(", {} of no endpoint", style::number(report.unmatched)) } else { String::new() };
        out.push_str(&format!("{}: {requests}{rest}\n", style::one_line(&report.tool)));
    }
    let of = |outcome: TestOutcome| tested.endpoints.values().filter(|e| e.outcome == outcome).count() as u64;
    let total = style::count(catalog.endpoints.len() as u64, "endpoint", "endpoints");
    out.push_str(&format!(
        "{} of {total} exercised, {} asked without a known answer, {} only refused\n",
        style::number(of(TestOutcome::Exercised)),
        style::number(of(TestOutcome::Sent)),
        style::number(of(TestOutcome::Refused)),
    ));
    let is_dark = |e: &&apicensus_catalog::Endpoint| {
        e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No) && !tested.is_exercised(&e.id)
    };
    let dark: Vec<String> = catalog
        .endpoints
        .iter()
        .filter(is_dark)
        .map(|e| format!("  {:7} {}\n", style::one_line(&e.method), style::one_line(&e.path)))
        .collect();
    if !dark.is_empty() {
        out.push_str(&format!("undocumented and untested:\n{}", dark.concat()));
    }
    out
}
