//! `sweep`: planning, working, finishing and looking at sweeps over all repositories.

mod child;
mod digest;
mod log;
mod progress;
mod scanner;
mod setup;
mod show;
mod worker;

use crate::{AMISS, output, pipeline};
use anyhow::Result;
use apicensus_sweep::{Finish, Finished, Plan, Planned, SweepError, finish, plan};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use setup::Setup;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  apicensus sweep                         plan, work and finish on this machine
  apicensus sweep --dry-run               what would be scanned
  apicensus sweep plan                    the same in parts: once,
  apicensus sweep work --stay             any number of times, on any machine,
  apicensus sweep finish                  and once when enough is done
  apicensus sweep status                  how far it is, and what failed
  apicensus sweep explain acme/orders     everything about one repository

`apicensus schema sweep` prints the schema of sweep.yaml; docs/sweep.md describes it.

Exit codes: 0 done, 1 not published yet, or something failed for good, 2 wrong use, or it could not be done.";

/// Arguments of `sweep`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SweepArgs {
    #[command(subcommand)]
    command: Option<SweepCommand>,
    /// The configuration.
    #[arg(short, long, value_name = "FILE", default_value = "sweep.yaml", global = true, value_hint = ValueHint::FilePath)]
    config: PathBuf,
    /// The database, whatever the configuration says: a SQLite file or a `postgres://` URL.
    #[arg(long, value_name = "URL|FILE", env = "APICENSUS_SWEEP_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    /// How events are logged on the standard error stream [default: text; on a terminal only warnings].
    #[arg(long, value_name = "FORMAT", value_enum, global = true)]
    log: Option<LogFormat>,
    /// Scan everything, changed or not.
    #[arg(long)]
    full: bool,
    /// Tell what would be scanned, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Publish with what there is.
    #[arg(long)]
    force: bool,
}

/// How events are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// Not at all.
    Off,
}

/// The parts of a sweep, and what there is to see.
#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// List all repositories and write down which are to be scanned; if a sweep is open, it goes on.
    Plan {
        /// Scan everything, changed or not.
        #[arg(long)]
        full: bool,
        /// Tell what would be scanned, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Scan repositories of the open sweep until nothing is left. Any number of these may run, and be killed.
    Work(worker::WorkArgs),
    /// Publish the open sweep as one state of the catalog, when enough of it is known.
    Finish {
        /// Publish with what there is.
        #[arg(long)]
        force: bool,
        /// End with 0 when it is not time yet, or no sweep is open: for a timer that asks again.
        #[arg(long)]
        if_ready: bool,
    },
    /// Show how far the sweep is, who works on it, and what failed.
    Status {
        /// How to write it.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = show::StatusFormat::Text)]
        format: show::StatusFormat,
    },
    /// Try again what was given up: one repository, or all.
    Retry {
        /// The repository, by name.
        #[arg(value_name = "REPOSITORY")]
        repository: Option<String>,
    },
    /// Show everything about one repository: how it is listed, when it was scanned, what failed.
    Explain {
        /// The repository, by name.
        #[arg(value_name = "REPOSITORY")]
        repository: String,
        /// How to write it.
        #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = show::StatusFormat::Text)]
        format: show::StatusFormat,
    },
    /// Show what changed between two published sweeps, or tell the webhooks of the configuration.
    Digest(digest::DigestArgs),
    /// Scan one repository, as told on the standard input.
    #[command(hide = true)]
    Child,
}

/// Runs the command.
pub fn run(args: &SweepArgs) -> Result<u8> {
    if matches!(args.command, Some(SweepCommand::Child)) {
        return child::run();
    }
    log::start(args.log);
    let setup = Setup::read(&args.config, args.database.as_deref())?;
    match &args.command {
        None => whole(&setup, args),
        Some(SweepCommand::Plan { full, dry_run }) => planned(&setup, *full, *dry_run).map(|()| 0),
        Some(SweepCommand::Work(work)) => worker::run(&setup, work),
        Some(SweepCommand::Finish { force, if_ready: false }) => finished(&setup, *force),
        Some(SweepCommand::Finish { force, if_ready: true }) => match finished(&setup, *force) {
            Err(error) if matches!(error.downcast_ref(), Some(SweepError::NoSweep)) => output::print("no sweep is open\n").map(|()| 0),
            done => done.map(|_| 0),
        },
        Some(SweepCommand::Status { format }) => show::status(&setup.link()?, *format),
        Some(SweepCommand::Retry { repository }) => show::retry(&setup.link()?, repository.as_deref()),
        Some(SweepCommand::Explain { repository, format }) => show::explain(&setup.link()?, repository, *format),
        Some(SweepCommand::Digest(args)) => digest::run(&setup, args),
        Some(SweepCommand::Child) => Ok(0),
    }
}

/// Plans, works and finishes.
fn whole(setup: &Setup, args: &SweepArgs) -> Result<u8> {
    planned(setup, args.full, args.dry_run)?;
    if args.dry_run {
        return Ok(0);
    }
    let worked = worker::run(setup, &worker::WorkArgs::default())?;
    finished(setup, args.force).map(|code| code.max(worked))
}

fn planned(setup: &Setup, full: bool, dry_run: bool) -> Result<()> {
    setup.check_sources()?;
    let how = Plan {
        rules: setup.rules.clone(),
        full,
        full_every: setup.config.full_every.milliseconds(),
        deadline: setup.config.finish.deadline.milliseconds(),
        dry_run,
    };
    let link = setup.link()?;
    let forges = setup.forges()?;
    let done = plan(&link, &how, || setup.listing(&forges))?;
    if let Planned::Begun { sweep, instead_of, .. } = &done {
        tracing::info!(sweep = sweep.number, kind = sweep.kind, listed = sweep.listed, whole = sweep.whole, instead_of, "planned");
    }
    output::print(&show::planned(&done, dry_run))
}

fn finished(setup: &Setup, force: bool) -> Result<u8> {
    let how = Finish {
        complete: setup.config.finish.complete,
        force,
        disable_after: i64::from(setup.config.disable_after.get()),
        recorded: pipeline::now(),
    };
    let done = finish(&setup.link()?, &how)?;
    output::print(&show::finished(&done))?;
    if let Finished::Published(published) = &done {
        digest::tell(setup, &published.tag)?;
    }
    Ok(if matches!(done, Finished::Published(_)) { 0 } else { AMISS })
}
