//! `report`: a catalog, scanned or read from a file, as one self-contained page.

use crate::args::{AudienceArg, AuthArg, ScanArgs, SourceArgs, ViewArg};
use crate::filter::Filter;
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::style::count;
use crate::{changes, held, output};
use anyhow::{Result, bail};
use apicensus_catalog::Catalog;
use apicensus_inventory::diff::diff;
use apicensus_report::{Against, Excerpts, Report, RuleText, render};
use clap::{Args, ValueHint};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Shown below the help of `report`.
pub const EXAMPLES: &str = "\
Examples:
  apicensus report . -o report.html                       scan and write the page
  apicensus report catalog.json -o report.html            from a stored catalog
  apicensus report .apicensus/catalog.db -o report.html   of all repositories of a database
  apicensus report . --against v1.0 -o report.html        with what changed since a revision
  apicensus report catalog.json --source . -o report.html with lines of source from a folder

The page is one file that loads nothing from anywhere. Lines of source are part of it; what looks like a
credential is masked. --no-source leaves them out.

Exit codes: 0 done, 2 wrong use, or it could not be done.";

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folders, files, git repositories, bare mirrors, or one catalog: a file as `scan -f json` writes it, a folder of `catalog
    /// export`, or a database, of which the newest of every repository is shown.
    #[arg(value_name = "PATH|CATALOG", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Write to this file; it appears whole or not at all.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Compare with this state: a catalog file, a folder, or a git revision of the scanned folder.
    #[arg(long, value_name = "STATE")]
    pub against: Option<String>,
    /// The name at the head of the page [default: that of the scanned folder].
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// With a catalog: the folder it was made from, to show lines of its source.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Show no lines of source.
    #[arg(long, conflicts_with = "source")]
    pub no_source: bool,
    #[command(flatten)]
    pub scan: SourceArgs,
    /// Keep endpoints of this service, by id or name; may be given several times.
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<String>,
    /// Keep endpoints of this kind of code [default: all; the page shows production code first].
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub audience: Vec<AudienceArg>,
    /// Keep endpoints that answer this method; may be given several times.
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    pub method: Vec<String>,
    /// Keep endpoints whose path matches this glob: `*` stays within a segment, `**` does not.
    #[arg(long, value_name = "GLOB")]
    pub path: Vec<String>,
    /// Keep endpoints with this verdict on who may call them; may be given several times.
    #[arg(long, value_name = "VERDICT", value_enum, value_delimiter = ',')]
    pub auth: Vec<AuthArg>,
    /// No progress, and no word of what was written.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Runs the command.
pub fn run(args: &ReportArgs) -> Result<u8> {
    if args.output.is_none() && std::io::stdout().is_terminal() {
        bail!("the page is no text for a terminal; name a file: -o report.html");
    }
    let file = held::only(&args.paths);
    let earlier = |state: &String| earlier(state, &args.paths, &args.scan, file.is_some());
    let mut against = args.against.as_ref().map(earlier).transpose()?;
    let (mut catalog, job) = match file {
        Some(name) => (held::newest(name)?, args.source.as_ref().map(|f| Job::open(std::slice::from_ref(f), &args.scan)).transpose()?),
        None if args.source.is_some() => bail!("--source goes with a catalog file; a scan has its source at hand"),
        None => {
            let progress = Progress::start(args.quiet);
            let job = Job::open(&args.paths, &args.scan)?;
            (job.scan(&progress)?, Some(job))
        }
    };
    let selection = select(args, &mut catalog)?;
    if let Some(earlier) = &mut against {
        select(args, earlier)?;
    }
    let excerpts = job.filter(|_| !args.no_source).map(|job| Excerpts::of(&catalog, &mut |file| job.text(file)));
    let changes = against.as_ref().map(|earlier| serde_json::to_value(diff(earlier, &catalog))).transpose()?;
    let page = render(&Report {
        title: &args.title.clone().unwrap_or_else(|| apicensus_report::title(&catalog)),
        catalog: &catalog,
        rules: rules(),
        excerpts: excerpts.as_ref(),
        against: match (&args.against, &against, &changes) {
            (Some(name), Some(catalog), Some(changes)) => Some(Against { name, catalog, changes }),
            _ => None,
        },
        selection,
        links: Vec::new(),
    })?;
    output::write(&page.html, args.output.as_deref())?;
    if let (Some(file), false) = (&args.output, args.quiet) {
        let endpoints = count(catalog.endpoints.len() as u64, "endpoint", "endpoints");
        output::note(&format!("{endpoints}, {} KB: {}\n", page.html.len() / 1024, file.display()));
    }
    Ok(0)
}

fn earlier(state: &str, paths: &[PathBuf], scan: &SourceArgs, is_stored: bool) -> Result<Catalog> {
    if is_stored && !Path::new(state).exists() {
        bail!("`{state}` is no file and no folder; a stored catalog can't be compared with a revision by its name");
    }
    let place = paths.first().map_or(Path::new("."), PathBuf::as_path);
    changes::state(state, place, scan)
}

/// Takes out what is not asked for, and says in words what that was.
fn select(args: &ReportArgs, catalog: &mut Catalog) -> Result<Vec<String>> {
    let asked = ScanArgs {
        paths: Vec::new(),
        keep: Default::default(),
        format: None,
        output: None,
        source: args.scan.clone(),
        audience: args.audience.clone(),
        framework: Vec::new(),
        method: args.method.clone(),
        path: args.path.clone(),
        auth: args.auth.clone(),
        view: ViewArg::Census,
        tested: None,
        strict: false,
        verbose: false,
        quiet: true,
    };
    let before = catalog.endpoints.len();
    Filter::new(&asked, true)?.apply(catalog);
    if !args.service.is_empty() {
        only_services(&args.service, catalog)?;
    }
    let left_out = before - catalog.endpoints.len();
    let mut words: Vec<String> = args.service.iter().map(|s| format!("service {s}")).collect();
    words.extend(args.method.iter().map(|m| format!("method {m}")));
    words.extend(args.path.iter().map(|p| format!("path {p}")));
    words.extend(args.auth.iter().map(|a| format!("auth {a:?}").to_lowercase()));
    words.extend(args.audience.iter().map(|a| format!("{a:?} code").to_lowercase()));
    if left_out > 0 {
        words.push(format!("{} left out", count(left_out as u64, "endpoint", "endpoints")));
    }
    Ok(words)
}

fn only_services(names: &[String], catalog: &mut Catalog) -> Result<()> {
    for name in names {
        if !catalog.services.iter().any(|s| s.id == *name || s.name == *name) {
            let hint = crate::errors::did_you_mean(name, catalog.services.iter().map(|s| s.id.as_str()));
            bail!("there is no service `{name}`{hint}");
        }
    }
    catalog.services.retain(|s| names.iter().any(|n| *n == s.id || *n == s.name));
    let left: Vec<String> = catalog.services.iter().map(|s| s.id.clone()).collect();
    catalog.endpoints.retain(|e| left.contains(&e.service));
    catalog.findings.retain(|f| f.service.as_ref().is_some_and(|service| left.contains(service)));
    Ok(())
}

/// The rules in words.
pub fn rules() -> Vec<RuleText> {
    let rules = apicensus_findings::rules().iter();
    rules.map(|rule| RuleText { id: rule.id.to_owned(), severity: rule.severity.to_string(), docs: rule.docs() }).collect()
}
