//! `apicensus catalog`: the log of the versioned catalog, its states and what is done with them.

use crate::args::{CheckFormat, ColorWhen, Format};
use crate::recording::{revisions, target};
use crate::style::{self, Look, count, one_line};
use crate::{AMISS, Shown, changes, filter, formats, frameworks, output, pipeline};
use anyhow::{Context, Result, bail};
use apicensus_catalog::Catalog;
use apicensus_store::{Origin, Recorded, Revision, Store, Target, tree};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  apicensus scan --record                        add the state of this folder
  apicensus catalog log                          what was recorded
  apicensus catalog diff head~1 head             what the last one changed
  apicensus catalog show v2.0 -f json            a state, by the name of a tag
  apicensus catalog export -o api                as YAML files, for git and review
  apicensus catalog verify --catalog postgres://catalog@db.acme.test/apis

A revision is a number, `head`, `head~2`, a tag, or six or more characters of its hash or commit.
The password of PostgreSQL is taken from the URL or from PGPASSWORD.

Exit codes: 0 done, 1 `verify` found faults, 2 wrong use, or it could not be done.";

/// Arguments of `catalog`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
    /// The versioned catalog: a SQLite file or a `postgres://` URL [default: .apicensus/catalog.db].
    #[arg(long, value_name = "URL|FILE", env = "APICENSUS_CATALOG", hide_env_values = true, global = true)]
    catalog: Option<String>,
    /// The repository, where the catalog holds several.
    #[arg(long, value_name = "NAME", global = true)]
    repository: Option<String>,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// List the revisions, the latest first.
    Log {
        /// At most so many.
        #[arg(short = 'n', long, value_name = "N")]
        number: Option<usize>,
        /// How to write the list.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
        format: LogFormat,
    },
    /// Show the state of a revision.
    Show {
        /// The revision.
        #[arg(value_name = "REVISION", default_value = "head")]
        revision: String,
        /// How to write it.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Write to this file instead of the terminal.
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Compare two revisions.
    Diff {
        /// The earlier one.
        #[arg(value_name = "A", default_value = "head~1")]
        from: String,
        /// The later one.
        #[arg(value_name = "B", default_value = "head")]
        to: String,
        /// How to write the result.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
    },
    /// Look for faults: every hash and link of what is stored.
    Verify,
    /// Write a state to files.
    Export {
        /// The revision.
        #[arg(value_name = "REVISION", default_value = "head")]
        revision: String,
        /// A folder of YAML files, or one JSON file.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = ExportFormat::Tree)]
        format: ExportFormat,
        /// The folder or file.
        #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
        output: PathBuf,
    },
    /// Record a state that was written to files.
    Import {
        /// A folder that `catalog export` wrote, or a JSON file of `scan`.
        #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
        path: PathBuf,
    },
    /// Give up the content of old revisions, those with a tag aside, and what nothing refers to.
    Gc {
        /// Keep the content of the last N revisions [default: of all].
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        keep: Option<u64>,
    },
    /// Make the state of an earlier revision the latest again, as a new revision.
    Rollback {
        /// The revision.
        #[arg(value_name = "REVISION")]
        revision: String,
    },
    /// Give a revision a name; without a name list the names.
    Tag {
        /// The name.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// The revision.
        #[arg(value_name = "REVISION", default_value = "head")]
        revision: String,
        /// Take the name away.
        #[arg(short, long, requires = "name")]
        delete: bool,
    },
}

/// Formats of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A folder of YAML files, one a service.
    Tree,
    /// The catalog as JSON.
    Json,
}

/// Runs `catalog`.
pub fn run(args: &CatalogArgs, color: ColorWhen) -> Result<u8> {
    let target = target(args.catalog.as_deref());
    let is_import = matches!(args.command, CatalogCommand::Import { .. });
    let mut store = Store::open(&target, is_import)?;
    let repository = args.repository.as_deref();
    match &args.command {
        CatalogCommand::Log { number, format } => log(&mut store, repository, *number, *format),
        CatalogCommand::Show { revision, format, output } => {
            let (_, catalog) = state(&mut store, repository, revision)?;
            show(catalog, *format, output.as_deref(), color)
        }
        CatalogCommand::Diff { from, to, format } => {
            let (from, to) = (store.resolve(from)?, store.resolve(to)?);
            let all = store.diff(from.number, to.number)?;
            let wanted = all.into_iter().filter(|d| repository.is_none_or(|name| d.repository == name)).collect();
            output::print(&changes::by_repository(wanted, *format)?).map(|()| 0)
        }
        CatalogCommand::Verify => verify(&mut store, &target),
        CatalogCommand::Export { revision, format, output } => export(&mut store, repository, revision, *format, output),
        CatalogCommand::Import { path } => import(&mut store, repository, path),
        CatalogCommand::Gc { keep } => {
            let gone = store.collect(*keep)?;
            let rows = count(gone.rows, "row", "rows");
            let objects = count(gone.objects, "content", "contents");
            output::print(&format!("gave up the content of {}: {rows}, {objects}\n", revisions(gone.revisions))).map(|()| 0)
        }
        CatalogCommand::Rollback { revision } => {
            let head = store.resolve("head")?;
            let repository = store.repository(repository, head.number)?;
            told(store.rollback(&repository, revision, &pipeline::now())?)
        }
        CatalogCommand::Tag { name: None, .. } => {
            let lines: Vec<String> = store.tags()?.iter().map(|(name, revision)| format!("{name}  revision {revision}\n")).collect();
            output::print(&lines.concat()).map(|()| 0)
        }
        CatalogCommand::Tag { name: Some(name), delete: true, .. } => {
            if store.untag(name)? {
                Ok(0)
            } else {
                bail!("there is no tag `{name}`")
            }
        }
        CatalogCommand::Tag { name: Some(name), revision, .. } => {
            let revision = store.tag(name, revision)?;
            output::print(&format!("{name} is revision {}\n", revision.number)).map(|()| 0)
        }
    }
}

/// The state of a repository at a revision.
pub fn state(store: &mut Store, repository: Option<&str>, revision: &str) -> Result<(Revision, Catalog)> {
    let found = store.resolve(revision)?;
    let repository = store.repository(repository, found.number)?;
    let catalog = store.catalog(&repository, found.number)?;
    Ok((Revision { repository, ..found }, catalog))
}

fn told(recorded: Recorded) -> Result<u8> {
    let text = match recorded {
        Recorded::Same(number) => format!("nothing new: revision {number} says the same\n"),
        Recorded::Added(r) => format!(
            "recorded revision {} of {}: {} added, {} removed, {} moved, {} changed\n",
            r.number, r.repository, r.added, r.removed, r.moved, r.changed
        ),
    };
    output::print(&text).map(|()| 0)
}

fn log(store: &mut Store, repository: Option<&str>, number: Option<usize>, format: LogFormat) -> Result<u8> {
    let tags = store.tags()?;
    let all = store.log()?.into_iter().rev().filter(|r| repository.is_none_or(|name| r.repository == name));
    let wanted: Vec<Revision> = all.take(number.unwrap_or(usize::MAX)).collect();
    if format == LogFormat::Json {
        return output::print(&formats::json(&wanted)?).map(|()| 0);
    }
    let mut text = String::new();
    for r in &wanted {
        text.push_str(&entry(r, &tags));
    }
    output::print(&text).map(|()| 0)
}

/// The lines of a revision in the log.
fn entry(r: &Revision, tags: &[(String, i64)]) -> String {
    let names: Vec<&str> = tags.iter().filter(|(_, revision)| *revision == r.number).map(|(name, _)| name.as_str()).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let commit: String = r.commit.chars().take(10).collect();
    let note = if r.note.is_empty() { String::new() } else { format!(" · {}", r.note) };
    let gone = if r.pruned { " · content given up" } else { "" };
    let line = one_line(&format!("{}{names}  {}  {}  {}  {commit}{note}{gone}", r.number, r.recorded, r.kind, r.repository));
    let endpoints = count(r.endpoints as u64, "endpoint", "endpoints");
    format!("{line}\n    {endpoints} · {} added, {} removed, {} moved, {} changed\n", r.added, r.removed, r.moved, r.changed)
}

fn show(mut catalog: Catalog, format: Format, file: Option<&Path>, color: ColorWhen) -> Result<u8> {
    let hidden = filter::Filter::of_audience(&[], format.is_data()).apply(&mut catalog);
    let titles = frameworks::titles(&pipeline::frameworks(&[])?);
    let look = Look {
        width: style::output_width(file.is_none() && std::io::stdout().is_terminal()),
        color: file.is_none() && style::wants_color(color, &std::io::stdout()),
        verbose: false,
        quiet: false,
    };
    let shown = Shown { catalog: &catalog, hidden: &hidden, titles: &titles, look: &look };
    output::write(&shown.census(format)?, file).map(|()| 0)
}

fn verify(store: &mut Store, target: &Target) -> Result<u8> {
    let verified = store.verify();
    let looked = format!(
        "{}, {}, {}",
        revisions(verified.revisions),
        count(verified.objects, "content", "contents"),
        count(verified.rows, "row", "rows")
    );
    if verified.faults.is_empty() {
        return output::print(&format!("{} is sound: {looked}\n", target.shown())).map(|()| 0);
    }
    let faults: Vec<String> = verified.faults.iter().map(|fault| format!("fault: {}\n", one_line(fault))).collect();
    let number = count(verified.faults.len() as u64, "fault", "faults");
    output::print(&format!("{}{} has {number}; looked at {looked}\n", faults.concat(), target.shown()))?;
    Ok(AMISS)
}

fn export(store: &mut Store, repository: Option<&str>, revision: &str, format: ExportFormat, to: &Path) -> Result<u8> {
    let (revision, catalog) = state(store, repository, revision)?;
    let last = store.log()?.into_iter().rev().find(|r| r.number <= revision.number && r.repository == revision.repository);
    match format {
        ExportFormat::Json => output::write(&formats::json(&catalog)?, Some(to))?,
        ExportFormat::Tree => {
            let last = last.unwrap_or_default();
            let origin = Origin { repository: last.repository, commit: last.commit, commit_time: last.commit_time, ..Origin::default() };
            tree::write(to, &catalog, &origin)?;
        }
    }
    let number = count(catalog.endpoints.len() as u64, "endpoint", "endpoints");
    output::note(&format!("wrote {number} of revision {} to {}\n", revision.number, to.display()));
    Ok(0)
}

fn import(store: &mut Store, repository: Option<&str>, path: &Path) -> Result<u8> {
    let (catalog, (commit, commit_time)) = if path.is_dir() {
        let held = tree::read(path)?;
        (held.catalog, held.commit)
    } else {
        let catalog = changes::stored(path)?;
        let revision = catalog.repositories.first().and_then(|r| r.revision.clone()).unwrap_or_default();
        (catalog, (revision.commit, revision.time.unwrap_or_default()))
    };
    let name = repository.map(str::to_owned).or_else(|| catalog.repositories.first().map(|r| r.name.clone()));
    let name = name.filter(|n| !n.is_empty()).context("the catalog does not say which repository it is of; say it with --repository")?;
    let note = format!("from {}", path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned()));
    told(store.import(&catalog, &Origin { repository: name, commit, commit_time, recorded: pipeline::now(), note })?)
}
