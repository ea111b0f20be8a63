//! `org`: the repositories of a catalog together: services, owners, findings, who calls whom, and what would break.

use crate::args::ColorWhen;
use crate::grid::Grid;
use crate::recording::{DEFAULT, target};
use crate::rows::Word;
use crate::style::{self, Look, Meaning, count, one_line};
use crate::{filter, formats, output};
use anyhow::{Context, Result, bail};
use apicensus_catalog::Catalog;
use apicensus_inventory::org::{Call, Leads, Organisation, Place, ServiceSum, broken_by, organisation};
use apicensus_store::Store;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use globset::GlobBuilder;
use std::io::IsTerminal;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  apicensus org summary                     services by repository, their owners, findings, who calls them
  apicensus org calls                       which call is which endpoint of another repository
  apicensus org missing                     calls to endpoints that do not exist
  apicensus org uncalled                    endpoints that no call was seen of
  apicensus org impact '/v1/**'             who breaks if these go
  apicensus org catalog -f json -o all.json the catalogs of all repositories as one, for `report`, `serve`, `export`

The catalog is that of a sweep or of `scan --record`: --catalog, or APICENSUS_CATALOG.

Exit codes: 0 done, 1 `missing` or `impact` found something, 2 wrong use, or it could not be done.";

/// Where sweeps keep their catalog.
const SWEPT: &str = ".apicensus/sweep.db";

/// The catalog that is looked at where none is named: that of a sweep where there is one.
pub fn usual() -> &'static str {
    if std::path::Path::new(SWEPT).exists() { SWEPT } else { DEFAULT }
}

/// Arguments of `org`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OrgArgs {
    #[command(subcommand)]
    command: OrgCommand,
    /// The versioned catalog: a SQLite file or a `postgres://` URL [default: .apicensus/sweep.db, else .apicensus/catalog.db].
    #[arg(long, value_name = "URL|FILE", env = "APICENSUS_CATALOG", hide_env_values = true, global = true)]
    catalog: Option<String>,
    /// The state: a revision, or the name of a sweep, `sweep-12` [default: the latest].
    #[arg(long, value_name = "REVISION", default_value = "head", global = true)]
    at: String,
    /// How to write it.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = OrgFormat::Table, global = true)]
    format: OrgFormat,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    output: Option<PathBuf>,
}

/// How to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OrgFormat {
    /// For people.
    Table,
    /// For a wiki.
    Markdown,
    /// For programs.
    Json,
}

/// What to show.
#[derive(Debug, Subcommand)]
enum OrgCommand {
    /// Services by repository, with owners, findings and who calls them.
    Summary,
    /// The calls to other services, and what each leads to.
    Calls,
    /// Calls to endpoints that do not exist, as far as the code could be followed.
    Missing,
    /// Endpoints that no call of the organisation was seen of.
    Uncalled,
    /// The calls that fail when endpoints go.
    Impact {
        /// The paths of the endpoints that go: `*` stays within a segment, `**` does not.
        #[arg(value_name = "GLOB")]
        path: String,
        /// Only those of this service.
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// Only those of this repository.
        #[arg(long, value_name = "NAME")]
        repository: Option<String>,
    },
    /// The catalogs of all repositories as one.
    Catalog,
}

/// Runs the command.
pub fn run(args: &OrgArgs, color: ColorWhen) -> Result<u8> {
    let catalogs = catalogs(args)?;
    if matches!(args.command, OrgCommand::Catalog) {
        return whole(args, &catalogs);
    }
    let named: Vec<(String, &Catalog)> = catalogs.iter().map(|(name, catalog)| (name.clone(), catalog)).collect();
    let organisation = organisation(&named);
    let (grid, told, code) = match &args.command {
        OrgCommand::Summary => {
            if args.format == OrgFormat::Json {
                return write(args, &formats::json(&organisation)?).map(|()| 0);
            }
            (services(&organisation.services), summary(&organisation), 0)
        }
        OrgCommand::Calls => return listed(args, color, &organisation.calls.iter().collect::<Vec<_>>(), 0),
        OrgCommand::Missing => {
            let missing: Vec<&Call> = organisation.calls.iter().filter(|call| matches!(call.leads, Leads::Missing { .. })).collect();
            let code = u8::from(!missing.is_empty());
            return listed(args, color, &missing, code);
        }
        OrgCommand::Uncalled => {
            if args.format == OrgFormat::Json {
                return write(args, &formats::json(&organisation.uncalled)?).map(|()| 0);
            }
            (places(&organisation.uncalled), uncalled(&organisation), 0)
        }
        OrgCommand::Impact { path, service, repository } => {
            let glob = GlobBuilder::new(path).literal_separator(true).build().with_context(|| format!("`{path}` is no glob"))?;
            let matcher = glob.compile_matcher();
            let fits = |asked: &Option<String>, own: &str| asked.as_ref().is_none_or(|asked| asked == own);
            let goes =
                |place: &Place| matcher.is_match(&place.path) && fits(service, &place.service) && fits(repository, &place.repository);
            let broken = broken_by(&organisation, &goes);
            let code = u8::from(!broken.is_empty());
            return listed(args, color, &broken, code);
        }
        OrgCommand::Catalog => return Ok(0),
    };
    let text = match args.format {
        OrgFormat::Markdown => format!("{}\n{told}", grid.markdown()),
        _ => format!("{}\n{told}", grid.table(&look(args, color))),
    };
    write(args, &text).map(|()| code)
}

fn catalogs(args: &OrgArgs) -> Result<Vec<(String, Catalog)>> {
    let target = target(Some(args.catalog.as_deref().unwrap_or_else(|| usual())));
    let mut store = Store::open(&target, false)?;
    let revision = store.resolve(&args.at)?;
    let catalogs = store.catalogs(revision.number)?;
    if catalogs.is_empty() {
        bail!("`{}` holds no repository at revision {}", target.shown(), revision.number);
    }
    Ok(catalogs)
}

fn whole(args: &OrgArgs, catalogs: &[(String, Catalog)]) -> Result<u8> {
    if args.format != OrgFormat::Json {
        bail!("the catalog of all repositories is data; ask for it with -f json");
    }
    let named: Vec<(String, &Catalog)> = catalogs.iter().map(|(name, catalog)| (name.clone(), catalog)).collect();
    let mut sum = apicensus_serve::merged(&named).context("the catalogs could not be put together")?;
    let _ = filter::Filter::of_audience(&[], true).apply(&mut sum);
    write(args, &formats::json(&sum)?).map(|()| 0)
}

fn look(args: &OrgArgs, color: ColorWhen) -> Look {
    let to_terminal = args.output.is_none();
    Look {
        width: style::output_width(to_terminal && std::io::stdout().is_terminal()),
        color: to_terminal && style::wants_color(color, &std::io::stdout()),
        verbose: false,
        quiet: false,
    }
}

fn write(args: &OrgArgs, text: &str) -> Result<()> {
    output::write(text, args.output.as_deref())
}

fn listed(args: &OrgArgs, color: ColorWhen, calls: &[&Call], code: u8) -> Result<u8> {
    let told = format!("{}\n", count(calls.len() as u64, "call", "calls"));
    let text = match args.format {
        OrgFormat::Json => formats::json(&calls)?,
        OrgFormat::Markdown => format!("{}\n{told}", calls_grid(calls).markdown()),
        OrgFormat::Table => format!("{}\n{told}", calls_grid(calls).table(&look(args, color))),
    };
    write(args, &text).map(|()| code)
}

fn plain<const N: usize>(cells: [String; N]) -> Vec<Word> {
    cells.map(|cell| (cell, Meaning::Plain)).into()
}

fn grid<const N: usize>(head: [&str; N], rows: Vec<Vec<Word>>) -> Grid {
    Grid { head: head.map(str::to_owned).into(), rows, ..Grid::default() }
}

fn services(all: &[ServiceSum]) -> Grid {
    let row = |service: &ServiceSum| {
        plain([
            one_line(&service.repository),
            one_line(&service.name),
            one_line(&service.owners.join(", ")),
            service.endpoints.to_string(),
            service.unguarded.to_string(),
            service.findings.to_string(),
            service.called_by.len().to_string(),
            service.calls.len().to_string(),
        ])
    };
    let head = ["repository", "service", "owners", "endpoints", "unguarded", "findings", "called by", "calls"];
    grid(head, all.iter().map(row).collect())
}

fn places(all: &[Place]) -> Grid {
    let row =
        |place: &Place| plain([one_line(&place.repository), one_line(&place.service), one_line(&place.method), one_line(&place.path)]);
    grid(["repository", "service", "method", "path"], all.iter().map(row).collect())
}

fn calls_grid(calls: &[&Call]) -> Grid {
    let row = |call: &&Call| {
        plain([
            one_line(&call.repository),
            one_line(&format!("{}:{}", call.file, call.line)),
            one_line(&format!("{} {}", call.method, call.url)),
            one_line(&told(&call.leads)),
        ])
    };
    grid(["repository", "at", "call", "leads to"], calls.iter().map(row).collect())
}

/// What a call leads to, in words.
fn told(leads: &Leads) -> String {
    match leads {
        Leads::Endpoint { endpoints, by } => {
            let places: Vec<String> =
                endpoints.iter().map(|place| format!("{} {} {}", place.repository, place.method, place.path)).collect();
            format!("{} (by {by})", places.join(" or "))
        }
        Leads::Missing { service, other_methods, by, .. } if other_methods.is_empty() => format!("nothing that {service} serves (by {by})"),
        Leads::Missing { service, other_methods, by, .. } => {
            format!("{service} serves it with {} only (by {by})", other_methods.join(", "))
        }
        Leads::Unverified { service, why, by, .. } => format!("not found in {service}, which was not read whole: {why} (by {by})"),
        Leads::Ambiguous { candidates } => format!("one of {}", candidates.join(", ")),
        Leads::Elsewhere { host } => format!("{host}, outside"),
        Leads::Unknown => "not known".to_owned(),
    }
}

fn summary(organisation: &Organisation) -> String {
    let of = |fits: &dyn Fn(&Leads) -> bool| organisation.calls.iter().filter(|call| fits(&call.leads)).count();
    let repositories = count(organisation.repositories.len() as u64, "repository", "repositories");
    let endpoints: usize = organisation.repositories.iter().map(|one| one.endpoints).sum();
    let findings: usize = organisation.repositories.iter().map(|one| one.findings).sum();
    let stale: usize = organisation.repositories.iter().map(|one| one.stale).sum();
    let unowned = organisation.services.iter().filter(|service| service.owners.is_empty()).count();
    format!(
        "{repositories} · {} · {} · {} · {unowned} services without owners · {stale} endpoints stale\n\
         calls: {} within the organisation · {} to what is missing · {} not verified · {} ambiguous · {} elsewhere · {} not known\n{}",
        count(organisation.services.len() as u64, "service", "services"),
        count(endpoints as u64, "endpoint", "endpoints"),
        count(findings as u64, "finding", "findings"),
        of(&|leads| matches!(leads, Leads::Endpoint { .. })),
        of(&|leads| matches!(leads, Leads::Missing { .. })),
        of(&|leads| matches!(leads, Leads::Unverified { .. })),
        of(&|leads| matches!(leads, Leads::Ambiguous { .. })),
        of(&|leads| matches!(leads, Leads::Elsewhere { .. })),
        of(&|leads| matches!(leads, Leads::Unknown)),
        uncalled(organisation)
    )
}

fn uncalled(organisation: &Organisation) -> String {
    let unread = match organisation.files_not_read {
        0 => String::new(),
        number => format!("; {} not looked at for calls", count(number, "file was", "files were")),
    };
    format!("{} no call was seen of{unread}\n", count(organisation.uncalled.len() as u64, "endpoint that", "endpoints that"))
}
