//! Project tasks: `cargo xtask --help`. Nothing that users run.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod corpus;
mod curve;
mod dist;
mod docs;
mod fuzz;
mod interop;
mod models;
mod new_framework;
mod page;
mod run_cases;
mod score;
mod shadow;
mod shape;
mod sweeps;
mod try_file;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[derive(Parser)]
#[command(about = "Project tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the cases whose name contains FILTER and print what is not as expected
    Cases {
        /// A part of `language/framework: title`
        filter: Option<String>,
    },
    /// Rewrite the expectations of the cases whose name contains FILTER
    Bless {
        /// A part of `language/framework: title`
        filter: Option<String>,
    },
    /// Mark the cases that fail as `open`, and take the mark off those that work
    Marks,
    /// Show a file's common tree and the endpoints, trails and troubles it gives by itself
    Try {
        /// A source file
        file: PathBuf,
    },
    /// Start a model and its cases
    NewFramework {
        /// A folder of grammars/
        language: String,
        /// Its name in models, catalogs and on the command line
        name: String,
    },
    /// Rewrite what is generated in the documents
    Docs {
        /// Change nothing; fail if something would change
        #[arg(long)]
        check: bool,
    },
    /// Fetch pinned real applications, scan them and score what is found
    Corpus {
        /// Only these applications
        apps: Vec<String>,
        /// Write the table into README.md
        #[arg(long)]
        write: bool,
        /// Compare parameters and bodies with what the applications say of themselves (testdata/shape)
        #[arg(long)]
        shape: bool,
        /// Compare what is reported as undocumented and as promised only with the documents that applications ship; --write
        /// puts the table into docs/contracts.md
        #[arg(long, conflicts_with = "shape")]
        shadow: bool,
        /// Scan with this binary instead of a fresh release build
        #[arg(long)]
        binary: Option<PathBuf>,
        /// With --shape or --shadow: list up to this many differences of an application
        #[arg(long, default_value_t = 0)]
        show: usize,
    },
    /// Score a catalog against a list of true endpoints
    Score {
        /// A file of testdata/truth
        truth: PathBuf,
        /// What `apicensus scan --format json` wrote
        catalog: PathBuf,
        /// List up to this many missing and unexpected endpoints
        #[arg(long, default_value_t = 0)]
        show: usize,
    },
    /// Measure scans beside `rg -c route`: stages, cold, warm, threads, memory, instructions
    Bench {
        /// Folders, or names of testdata/corpus.yaml
        trees: Vec<String>,
        /// Write the table into docs/performance.md
        #[arg(long)]
        write: bool,
        /// Measure this binary instead of a fresh release build
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Run changed samples through lowering, evaluation and every reader for a bounded time
    Fuzz {
        /// A part of a target's name; all targets without it
        target: Option<String>,
        /// Seconds a target
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Where the changes begin; the same number makes the same inputs
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Guided by coverage, under libFuzzer (needs cargo-fuzz and a nightly compiler)
        #[arg(long)]
        guided: bool,
    },
    /// One process of `fuzz`
    #[command(hide = true)]
    FuzzWorker {
        /// The target
        target: String,
        /// Its time in milliseconds
        milliseconds: u64,
        /// Where the changes begin
        seed: u64,
        /// Where inputs are written
        folder: PathBuf,
    },
    /// Look at reports in a real Chromium: clicks, keys, colours, times, screenshots (target/page/screenshots)
    Page {
        /// Make them with this binary instead of a fresh debug build
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Give every export to the tools it is for, and serve small applications to them (target/interop; needs Python 3 and npm)
    Interop {
        /// Only these real applications
        apps: Vec<String>,
        /// Only this part
        #[arg(long, value_enum)]
        part: Option<interop::Part>,
        /// Write the table into README.md
        #[arg(long)]
        write: bool,
        /// Scan with this binary instead of a fresh release build
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Make what is handed out: archive, wheel, npm package, bill of materials, checksums (target/dist)
    Dist {
        /// Pack this binary instead of a fresh build
        #[arg(long)]
        binary: Option<PathBuf>,
        /// For this target; musl where it is installed, else the host
        #[arg(long)]
        target: Option<String>,
        /// Where to
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Measure scans of generated repositories of growing size: one that is not linear shows
    Curve {
        /// Write the table into docs/performance.md
        #[arg(long)]
        write: bool,
        /// Scan with this binary instead of a fresh release build
        #[arg(long)]
        binary: Option<PathBuf>,
    },
    /// Sweep while workers and the database are killed, and count what came of it (needs git and PostgreSQL)
    Chaos {
        /// Repositories
        #[arg(long, default_value_t = 2000)]
        repositories: usize,
        /// Sweep with this binary
        #[arg(long, default_value = "target/debug/apicensus")]
        binary: PathBuf,
    },
    /// Measure how many jobs a second the queue of sweeps hands out and takes back (needs PostgreSQL)
    Queue {
        /// Jobs
        #[arg(long, default_value_t = 5000)]
        jobs: usize,
    },
    /// Work out how long sweeps over many repositories take, and write the table into docs/sweep.md
    Simulate {
        /// Repositories
        #[arg(long, default_value_t = 100_000)]
        repositories: usize,
        /// Write the table into docs/sweep.md
        #[arg(long)]
        write: bool,
    },
    /// Run what CI runs
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Cases { filter } => run_cases::check(filter.as_deref().unwrap_or("")),
        Task::Bless { filter } => run_cases::bless(filter.as_deref().unwrap_or("")),
        Task::Marks => run_cases::marks(),
        Task::Try { file } => try_file::show(&file),
        Task::NewFramework { language, name } => new_framework::create(&language, &name),
        Task::Docs { check } => docs::run(check),
        Task::Corpus { apps, write, shape, shadow, binary, show } => {
            let binary = binary.map_or_else(release_binary, Ok)?;
            match (shape, shadow) {
                (true, _) => corpus::shapes(&apps, write, &binary, show),
                (_, true) => corpus::shadows(&apps, write, &binary, show),
                _ => corpus::run(&apps, write, &binary),
            }
        }
        Task::Score { truth, catalog, show } => score::print(&truth, &catalog, show),
        Task::Bench { trees, write, binary } => bench::run(&trees, write, binary),
        Task::Curve { write, binary } => curve::run(write, binary),
        Task::Fuzz { target, seconds, seed, guided } => fuzz::run(target.as_deref(), seconds, seed, guided),
        Task::FuzzWorker { target, milliseconds, seed, folder } => fuzz::worker(&target, milliseconds, seed, folder),
        Task::Page { binary } => page::run(binary),
        Task::Interop { apps, part, write, binary } => interop::run(&apps, write, &binary.map_or_else(release_binary, Ok)?, part),
        Task::Dist { binary, target, out } => dist::run(binary, target, out),
        Task::Chaos { repositories, binary } => sweeps::chaos::run(repositories, &binary),
        Task::Queue { jobs } => sweeps::queue::run(jobs),
        Task::Simulate { repositories, write } => sweeps::simulate::run(repositories, write),
        Task::Ci => checked(Command::new("bash").arg(".ci/run").current_dir(root())),
    }
}

/// The project's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo builds.
fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs a command and fails if it does.
fn checked(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} could not be started; is it installed?"))?;
    if !status.success() {
        bail!("{name} failed with {status}");
    }
    Ok(())
}

/// Builds the release binary and says where it is.
fn release_binary() -> Result<PathBuf> {
    checked(Command::new(env!("CARGO")).args(["build", "--quiet", "--release", "--package", "apicensus"]).current_dir(root()))?;
    Ok(target_folder().join("release/apicensus"))
}
