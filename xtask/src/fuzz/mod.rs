//! `fuzz`: runs the targets on changed seeds for a bounded time, each in a process of its own, so that a crash, an overflow of the stack
//! or a hang is one input more in `target/fuzz` and not the end. What was found goes to `fuzz/crashes` once it is mended, and is run
//! first from then on. With cargo-fuzz and a nightly compiler, [`guided`] runs the same targets by coverage.

mod guided;
mod mutate;
mod seeds;
mod targets;

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use targets::{TARGETS, Target};

/// Longest time for one input.
const MOST_TIME: Duration = Duration::from_secs(20);
/// Memory of a worker, in kilobytes of resident pages.
const MOST_MEMORY: u64 = 2 << 20;
/// Faults of one target after which it is left.
const MOST_FAULTS: usize = 20;

/// Runs targets, all or those whose name contains the filter, for so many seconds each.
pub fn run(filter: Option<&str>, seconds: u64, seed: u64, is_guided: bool) -> Result<()> {
    let chosen: Vec<&Target> = TARGETS.iter().filter(|(name, _)| filter.is_none_or(|f| name.contains(f))).collect();
    if chosen.is_empty() {
        bail!("no target; there are {}", TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
    }
    if is_guided {
        return chosen.iter().try_for_each(|(name, _)| guided::run(name, seconds, seed));
    }
    let mut faults = 0;
    for (name, _) in chosen {
        faults += target(name, Duration::from_secs(seconds), seed)?;
    }
    if faults > 0 {
        bail!("{faults} inputs broke something; they are in target/fuzz");
    }
    Ok(())
}

/// Runs one target; how many inputs broke it.
fn target(name: &str, time: Duration, mut seed: u64) -> Result<usize> {
    let folder = root().join("target/fuzz").join(name);
    fs::create_dir_all(&folder)?;
    let (start, mut faults, mut runs) = (Instant::now(), 0, 0);
    while start.elapsed() < time && faults < MOST_FAULTS {
        let left = time.saturating_sub(start.elapsed());
        let mut worker = start_worker(name, left, seed, &folder)?;
        let end = watch(&mut worker, &folder)?;
        let mut told = String::new();
        if let Some(out) = &mut worker.stdout {
            out.read_to_string(&mut told)?;
        }
        runs += count(&folder);
        if let Some(fault) = end {
            let input = fs::read(folder.join("current")).unwrap_or_default();
            let kept = folder.join(format!("{seed}-{faults}"));
            fs::write(&kept, input)?;
            println!("{name}: {fault}: {}\n{told}", kept.display());
            faults += 1;
            seed += 1_000;
        }
        seed += 1;
    }
    println!("{name}: {runs} inputs in {} s, {faults} faults", start.elapsed().as_secs());
    Ok(faults)
}

fn start_worker(name: &str, time: Duration, seed: u64, folder: &Path) -> Result<Child> {
    for file in ["current", "count"] {
        let _ = fs::remove_file(folder.join(file));
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["fuzz-worker", name, &time.as_millis().to_string(), &seed.to_string()]).arg(folder);
    command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().context("the worker could not be started")
}

/// Waits for a worker; what went wrong with it, if something did.
fn watch(worker: &mut Child, folder: &Path) -> Result<Option<String>> {
    let (mut last, mut since) = (0, Instant::now());
    loop {
        if let Some(status) = worker.try_wait()? {
            return Ok((!status.success()).then(|| format!("it ended with {status}")));
        }
        let count = count(folder);
        if count != last {
            (last, since) = (count, Instant::now());
        }
        let fault = match resident(worker.id()) {
            Some(memory) if memory > MOST_MEMORY => Some(format!("it took {} MB", memory / 1024)),
            _ if since.elapsed() > MOST_TIME => Some(format!("it took over {} s", MOST_TIME.as_secs())),
            _ => None,
        };
        if fault.is_some() {
            worker.kill()?;
            worker.wait()?;
            return Ok(fault);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Inputs that a worker has begun.
fn count(folder: &Path) -> u64 {
    fs::read_to_string(folder.join("count")).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Kilobytes of a process that are in memory; none where the system does not tell.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().split(' ').next()?.parse().ok()
}

/// The worker: what broke something once, then changed seeds until the time is over.
pub fn worker(name: &str, milliseconds: u64, seed: u64, folder: PathBuf) -> Result<()> {
    let (_, run) = *TARGETS.iter().find(|(known, _)| *known == name).with_context(|| format!("no target `{name}`"))?;
    let seeds = seeds::of(name)?;
    let crashes = fs::read_dir(root().join("fuzz/crashes").join(name)).map_or(0, Iterator::count);
    let thread = std::thread::Builder::new().stack_size(apicensus_syntax::lower::STACK);
    let work = move || -> Result<()> {
        let (start, time) = (Instant::now(), Duration::from_millis(milliseconds));
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut done = 0u64;
        while start.elapsed() < time {
            let input = match seeds.len().checked_sub(crashes).and_then(|first| seeds.get(first + done as usize)) {
                Some(crash) => crash.clone(),
                None => {
                    let (one, other) = (rng.usize(..seeds.len()), rng.usize(..seeds.len()));
                    mutate::mutate(&seeds[one], &seeds[other], &mut rng)
                }
            };
            fs::write(folder.join("current"), &input)?;
            done += 1;
            fs::write(folder.join("count"), done.to_string())?;
            run(&input);
        }
        Ok(())
    };
    thread.spawn(work)?.join().map_err(|_| anyhow::anyhow!("it panicked"))?
}
