//! The command line of apicensus: arguments in, a rendered catalog and an exit code out. No analysis lives here.

mod args;
mod catalog;
mod changes;
mod contract_formats;
mod errors;
mod explain;
mod explain_controls;
mod explain_shape;
mod export;
mod filter;
mod findings;
mod formats;
mod frameworks;
mod gateways;
mod grid;
mod held;
mod history;
mod kept;
mod life;
mod limits;
mod lookup;
mod markdown;
mod matrix;
mod org;
mod outbound;
mod output;
mod pipeline;
mod progress;
mod recording;
#[cfg(test)]
mod render_tests;
mod report;
mod rows;
mod rules;
mod schema;
mod serve;
mod style;
mod summary;
mod sweep;
mod table;
mod targets;
mod tested;
mod timeline;

use anyhow::{Result, bail};
use apicensus_catalog::Catalog;
use args::{Cli, ColorWhen, Command, ExplainArgs, Format, FrameworksArgs, ScanArgs, ViewArg};
use clap::{CommandFactory, Parser};
use pipeline::Job;
use progress::Progress;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use style::Look;

/// Something is amiss: troubles under `--strict`, or nothing to explain.
const AMISS: u8 = 1;
/// Wrong use, or it could not be done.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    // Wrong use ends here with exit code 2; --help and --version with 0.
    let cli = Cli::parse();
    let color = cli.color;
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            errors::report(&error, color);
            ExitCode::from(FAILED)
        }
    }
}

fn run(cli: Cli) -> Result<u8> {
    let color = cli.color;
    match cli.command {
        Command::Scan(args) => scan(&args, color),
        Command::Explain(args) => explain(&args, color),
        Command::Export(args) => export::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Targets(args) => targets::run(&args),
        Command::Tested(args) => tested::run(&args),
        Command::Frameworks(args) => list_frameworks(&args, color),
        Command::Rules { rule } => output::print(&rules::render(rule.as_deref())?).map(|()| 0),
        Command::History(args) => history::run(&args),
        Command::Catalog(args) => catalog::run(&args, color),
        Command::Org(args) => org::run(&args, color),
        Command::Sweep(args) => sweep::run(&args),
        Command::Diff(args) => changes::compare(&args),
        Command::Check(args) => changes::check(&args),
        Command::Schema { of } => schema::run(of),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "apicensus", &mut script);
            output::print(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
        Command::Man { command } => output::print(&man(command.as_deref())?).map(|()| 0),
    }
}

fn scan(args: &ScanArgs, color: ColorWhen) -> Result<u8> {
    let format = args.format.or_else(|| args.output.as_deref().and_then(format_of)).unwrap_or(Format::Table);
    let filter = filter::Filter::new(args, format.is_data())?;
    let progress = Progress::start(args.quiet);
    let job = Job::open(&args.paths, &args.keep.beside(&args.source))?;
    // Only people are shown titles; without them and a name to check the models need not be read when the result is kept.
    let known = if format.is_data() && !filter.names_frameworks() { Vec::new() } else { job.frameworks()? };
    filter.check(&known)?;
    let mut catalog = job.scan(&progress)?;
    drop(progress);
    let kept = args.keep.keep(&job, &mut catalog)?;
    if let Some(file) = &args.tested {
        catalog.tested = tested::state(file)?.tested;
    }
    let hidden = filter.apply(&mut catalog);
    let titles = frameworks::titles(&known);
    let to_file = args.output.is_some();
    let look = Look {
        width: style::output_width(!to_file && std::io::stdout().is_terminal()),
        color: if to_file { color == ColorWhen::Always } else { style::wants_color(color, &std::io::stdout()) },
        verbose: args.verbose,
        quiet: args.quiet,
    };
    let shown = Shown { catalog: &catalog, hidden: &hidden, titles: &titles, look: &look };
    let text = match args.view {
        ViewArg::Census => shown.census(format)?,
        ViewArg::Auth => shown.auth(format)?,
        ViewArg::Findings => shown.findings(format)?,
        ViewArg::Outbound => shown.outbound(format)?,
        ViewArg::Gateways => shown.gateways(format)?,
    };
    output::write(&text, args.output.as_deref())?;
    if let Some(kept) = kept.filter(|_| !args.quiet) {
        output::note(&kept);
    }
    if (to_file && !args.quiet) || (args.verbose && format.is_data()) {
        let look = Look {
            width: style::output_width(std::io::stderr().is_terminal()),
            color: style::wants_color(color, &std::io::stderr()),
            ..look
        };
        let mut note = String::new();
        summary::for_people(&mut note, &catalog, &hidden, &look);
        output::note(&note);
    }
    Ok(if args.strict && !catalog.troubles.is_empty() { AMISS } else { 0 })
}

/// What there is to show.
pub(crate) struct Shown<'a> {
    catalog: &'a Catalog,
    hidden: &'a filter::Hidden,
    titles: &'a rows::Titles,
    look: &'a Look,
}

impl Shown<'_> {
    fn census(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Table => table::render(self.catalog, self.hidden, self.titles, self.look),
            Format::Markdown => markdown::render(self.catalog, self.hidden, self.titles, self.look.quiet, self.look.verbose),
            Format::Json => formats::json(self.catalog)?,
            Format::Jsonl => formats::jsonl(self.catalog)?,
            Format::Yaml => formats::yaml(self.catalog)?,
        })
    }

    fn findings(&self, format: Format) -> Result<String> {
        let findings = &self.catalog.findings;
        Ok(match format {
            Format::Table => {
                let mut text = findings::table(findings, self.look);
                text.push('\n');
                summary::for_people(&mut text, self.catalog, self.hidden, self.look);
                text
            }
            Format::Markdown => findings::markdown("Findings", findings),
            Format::Json => formats::json(findings)?,
            Format::Jsonl => formats::lines("finding", findings)?,
            Format::Yaml => formats::yaml(findings)?,
        })
    }

    fn auth(&self, format: Format) -> Result<String> {
        let matrix = matrix::Matrix::new(self.catalog);
        Ok(match format {
            Format::Table => {
                let mut text = matrix.grid().table(self.look);
                text.push('\n');
                summary::for_people(&mut text, self.catalog, self.hidden, self.look);
                text
            }
            Format::Markdown => format!("# Who may call what\n\n{}", matrix.grid().markdown()),
            Format::Json => formats::json(&matrix)?,
            Format::Jsonl => formats::lines("endpoint", &matrix.endpoints)?,
            Format::Yaml => formats::yaml(&matrix)?,
        })
    }

    fn outbound(&self, format: Format) -> Result<String> {
        let outbound = &self.catalog.outbound;
        Ok(match format {
            Format::Table => format!("{}\n{}\n", outbound::grid(outbound).table(self.look), outbound::summary(outbound)),
            Format::Markdown => {
                format!("# Calls to other services\n\n{}\n{}\n", outbound::grid(outbound).markdown(), outbound::summary(outbound))
            }
            Format::Json => formats::json(outbound)?,
            Format::Jsonl => formats::lines("call", &outbound.calls)?,
            Format::Yaml => formats::yaml(outbound)?,
        })
    }

    fn gateways(&self, format: Format) -> Result<String> {
        let all = &self.catalog.gateways;
        let totals = || gateways::totals(self.catalog).map_or_else(|| "no gateways".to_owned(), |facts| facts.join(" · "));
        Ok(match format {
            Format::Table => format!("{}\n{}\n", gateways::grid(self.catalog).table(self.look), totals()),
            Format::Markdown => format!("# Gateways\n\n{}\n{}\n", gateways::grid(self.catalog).markdown(), totals()),
            Format::Json => formats::json(all)?,
            Format::Jsonl => formats::lines("gateway", all)?,
            Format::Yaml => formats::yaml(all)?,
        })
    }
}

/// The format that the ending of a file's name asks for.
fn format_of(file: &Path) -> Option<Format> {
    match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "json" => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "yaml" | "yml" => Some(Format::Yaml),
        "md" | "markdown" => Some(Format::Markdown),
        _ => None,
    }
}

fn explain(args: &ExplainArgs, color: ColorWhen) -> Result<u8> {
    let Some(query) = lookup::Query::parse(&args.endpoint) else {
        bail!("`{}` is not an endpoint; write it like 'GET /users/{{id}}'", args.endpoint);
    };
    let progress = Progress::start(false);
    let job = Job::open(std::slice::from_ref(&args.path), &args.source)?;
    let titles = frameworks::titles(&job.frameworks()?);
    let catalog = job.scan(&progress)?;
    drop(progress);
    let found = query.find(&catalog);
    if found.is_empty() {
        let total = style::count(catalog.endpoints.len() as u64, "endpoint", "endpoints");
        let place = args.path.display();
        errors::report(&anyhow::anyhow!("no endpoint `{query}` in `{place}`, which has {total}"), color);
        output::note(&nearest(&query, &catalog));
        return Ok(AMISS);
    }
    let stdout = std::io::stdout();
    let look =
        Look { width: style::output_width(stdout.is_terminal()), color: style::wants_color(color, &stdout), verbose: false, quiet: false };
    let mut lines = job.lines();
    let pages: Vec<String> =
        found.iter().map(|endpoint| explain::render(endpoint, &catalog, &titles, &look, &mut |file, line| lines.get(file, line))).collect();
    output::print(&pages.join("\n")).map(|()| 0)
}

fn nearest(query: &lookup::Query, catalog: &Catalog) -> String {
    let mut text = String::new();
    let near = query.nearest(catalog, 5);
    if !near.is_empty() {
        text.push_str("nearest:\n");
        for endpoint in near {
            text.push_str(&format!("  {:7} {}\n", style::one_line(&endpoint.method), style::one_line(&endpoint.path)));
        }
    }
    if !catalog.troubles.is_empty() {
        let troubles = style::count(catalog.troubles.len() as u64, "trouble", "troubles");
        text.push_str(&format!("{troubles}: it may hang on one of them (apicensus scan -v)\n"));
    }
    text
}

fn list_frameworks(args: &FrameworksArgs, color: ColorWhen) -> Result<u8> {
    let stdout = std::io::stdout();
    let look =
        Look { width: style::output_width(stdout.is_terminal()), color: style::wants_color(color, &stdout), verbose: false, quiet: false };
    let text = match args.contracts {
        true => contract_formats::render(args.format, &look)?,
        false => frameworks::render(&pipeline::frameworks(&args.models)?, args.format, &look)?,
    };
    output::print(&text).map(|()| 0)
}

fn man(command: Option<&str>) -> Result<String> {
    let mut cli = Cli::command();
    cli.build();
    let page = match command {
        None => cli,
        Some(name) => match cli.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let hint = errors::did_you_mean(name, cli.get_subcommands().map(clap::Command::get_name));
                bail!("there is no command `{name}`{hint}");
            }
        },
    };
    let mut out = Vec::new();
    clap_mangen::Man::new(page).render(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}
