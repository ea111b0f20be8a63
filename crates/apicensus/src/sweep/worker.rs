//! `sweep work`: a worker process.

use super::scanner::Children;
use super::setup::Setup;
use crate::AMISS;
use anyhow::{Context, Result};
use apicensus_sweep::{Monitor, Tally, Worker, work};
use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `sweep work`.
#[derive(Debug, Default, Args)]
pub struct WorkArgs {
    /// Repositories at a time, whatever the configuration says.
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZeroU16>,
    /// Stay when nothing is left, and wait for the next sweep.
    #[arg(long)]
    stay: bool,
    /// Where to answer /metrics, /livez and /readyz, whatever the configuration says.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// The program that scans one repository, with its arguments, instead of this one.
    #[arg(long, value_name = "PROGRAM", hide = true, num_args = 1.., value_hint = ValueHint::CommandName)]
    child: Vec<OsString>,
}

/// Runs the command.
pub fn run(setup: &Setup, args: &WorkArgs) -> Result<u8> {
    let link = setup.link()?;
    let scratch = Scratch::make(setup.config.work.scratch.as_deref().map(|folder| setup.base.join(folder)))?;
    let program = match args.child.is_empty() {
        true => vec![std::env::current_exe().context("could not find this program")?.into_os_string(), "sweep".into(), "child".into()],
        false => args.child.clone(),
    };
    let children = Children::new(setup, program, &scratch.folder);
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_the_end(stop.clone())?;
    let tally = Arc::new(Tally::default());
    let worker = Worker {
        name: name(),
        jobs: usize::from(args.jobs.unwrap_or(setup.config.work.jobs).get()),
        lease: setup.config.work.lease.milliseconds(),
        rules: setup.rules.clone(),
        backoff: setup.config.backoff(),
        stay: args.stay,
        stop: &stop,
        tally: &tally,
    };
    if let Some(address) = args.listen.or(setup.config.work.listen) {
        let lease = setup.config.work.lease.duration();
        let address =
            Monitor::start(address, tally.clone(), link.another()?, lease).with_context(|| format!("could not listen on {address}"))?;
        tracing::info!(%address, "answers /metrics, /livez and /readyz");
    }
    let shown = super::progress::Progress::start(&link)?;
    let worked = work(&link, &worker, &children);
    drop(shown);
    let worked = worked?;
    tracing::info!(done = worked.done, unchanged = worked.unchanged, failed = worked.failed, dead = worked.dead, "worked");
    Ok(if worked.dead > 0 { AMISS } else { 0 })
}

/// A name that no other worker has: machine, process, time.
fn name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() % 100_000_000);
    format!("{host}-{}-{since}", std::process::id())
}

/// The first request to end lets the worker give its jobs back.
fn listen_for_the_end(stop: Arc<AtomicBool>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not listen for signals")?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else { return };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        });
        tracing::info!("asked to end; jobs are given back");
        stop.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// The folder of a worker's temporary files. It is locked while the worker lives, so that what killed ones left can be told.
struct Scratch {
    folder: PathBuf,
    _lock: File,
}

/// What the folders are called.
const PREFIX: &str = "apicensus-sweep-";
const LOCK: &str = "lock";

impl Scratch {
    fn make(within: Option<PathBuf>) -> Result<Scratch> {
        let within = within.unwrap_or_else(std::env::temp_dir);
        let failed = || format!("could not make a folder for temporary files in `{}`", within.display());
        std::fs::create_dir_all(&within).with_context(failed)?;
        remove_left(&within);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&within).with_context(failed)?.keep();
        let lock = File::create(folder.join(LOCK)).with_context(failed)?;
        lock.lock().with_context(failed)?;
        Ok(Scratch { folder, _lock: lock })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes folders of workers that were killed.
fn remove_left(within: &Path) {
    for entry in std::fs::read_dir(within).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // One that is being made has no lock yet, and stays.
        if is_ours
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
