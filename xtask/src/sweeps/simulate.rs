//! `cargo xtask simulate`: how long sweeps over very many repositories take, with 1 to 200 workers.
//!
//! Events are worked off in the order of their times: every worker has two scans at a time and two cores. A job is taken, the commit is asked
//! for and fetched within what the forge allows, scanned, and reported; some attempts fail and are tried again by the rules of their class.
//! The costs are measured: processor time of scans on the applications of the corpus, the overhead of a job on generated repositories, the
//! throughput of the queue by `cargo xtask queue`. What a forge allows is an assumption that stands with the table.

use crate::{docs::between, root};
use anyhow::Result;
use apicensus_sweep::{Backoff, Class};
use fastrand::Rng;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

/// Processor seconds of a scan: a lognormal distribution with this median and spread, as measured on the corpus, whose applications are larger
/// than most repositories; the median is that of a fifth of their code.
const SCAN_MEDIAN: f64 = 0.25;
const SCAN_SPREAD: f64 = 1.3;
/// Processor seconds of a job beside the scan: starting the process, loading models, packing the result.
const OVERHEAD: f64 = 0.12;
/// Megabytes of a shallow fetch: median and spread.
const FETCH_MEDIAN: f64 = 2.0;
const FETCH_SPREAD: f64 = 1.6;
/// Megabytes a second that one fetch gets.
const BANDWIDTH: f64 = 10.0;
/// Seconds of the two requests before a fetch.
const LATENCY: f64 = 0.4;
/// Fetches a second that the forge takes from one organisation, and at a time.
const FORGE_RATE: f64 = 25.0;
const FORGE_AT_ONCE: usize = 100;
/// Jobs a second that PostgreSQL on two cores hands out and takes back.
const QUEUE: f64 = 400.0;
/// Parts of the attempts that fail, by class.
const FAILURES: [(Class, f64); 4] = [(Class::Network, 0.01), (Class::Limited, 0.002), (Class::Timeout, 0.0005), (Class::Crash, 0.0002)];
/// The time that a failed scan takes, in seconds.
const TIMEOUT: f64 = 600.0;
/// Scans at a time, and cores, of one worker.
const SLOTS: usize = 2;

/// What came of one simulation.
struct Came {
    hours: f64,
    cpu: f64,
    forge: f64,
    database: f64,
    given_up: usize,
}

/// Prints the table, or writes it into the document.
pub fn run(repositories: usize, write: bool) -> Result<()> {
    let mut table = String::from(
        "| Workers | Whole sweep | 1 % changed | Processors busy | Forge busy | Database busy | Given up | Bottleneck |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for workers in [1, 2, 5, 10, 20, 50, 100, 200] {
        let all = simulate(repositories, workers, 1);
        let few = simulate(repositories / 100, workers, 2);
        let busiest = [(all.cpu, "processors"), (all.forge, "forge"), (all.database, "database")];
        let bottleneck = busiest.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, name)| name);
        let percent = |part: f64| format!("{:.0} %", part * 100.0);
        let _ = writeln!(
            table,
            "| {workers} | {} | {} | {} | {} | {} | {} | {bottleneck} |",
            hours(all.hours),
            hours(few.hours),
            percent(all.cpu),
            percent(all.forge),
            percent(all.database),
            all.given_up
        );
    }
    if write {
        let file = root().join("docs/sweep.md");
        std::fs::write(&file, between(&std::fs::read_to_string(&file)?, "simulation", &table)?)?;
    } else {
        print!("{table}");
    }
    Ok(())
}

fn hours(hours: f64) -> String {
    if hours < 1.0 { format!("{:.0} min", (hours * 60.0).max(1.0)) } else { format!("{hours:.1} h") }
}

/// A job: when it may start, the cost of its scan, the megabytes of its fetch, tries by class.
#[derive(Clone, Debug)]
struct Job {
    cpu: f64,
    megabytes: f64,
    tries: [i64; FAILURES.len()],
}

/// A resource that serves one at a time, `rate` a second: when it is free.
struct Line {
    free: f64,
    busy: f64,
    each: f64,
}

impl Line {
    fn new(rate: f64) -> Line {
        Line { free: 0.0, busy: 0.0, each: 1.0 / rate }
    }

    /// Served from a time on; when it is done.
    fn serve(&mut self, at: f64) -> f64 {
        self.free = self.free.max(at) + self.each;
        self.busy += self.each;
        self.free
    }
}

/// Seconds as a key of a heap: whole microseconds.
fn key(seconds: f64) -> Reverse<u64> {
    Reverse((seconds * 1e6) as u64)
}

fn simulate(repositories: usize, workers: usize, seed: u64) -> Came {
    let mut rng = Rng::with_seed(seed);
    let backoff = Backoff::default();
    let mut jobs: Vec<Job> = (0..repositories).map(|_| job(&mut rng)).collect();
    // Those that took long come first; what is tried again waits for its time.
    jobs.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
    let mut next = 0;
    let mut again: BinaryHeap<(Reverse<u64>, usize)> = BinaryHeap::new();
    let mut hands: BinaryHeap<(Reverse<u64>, usize)> = (0..workers * SLOTS).map(|hand| (key(0.0), hand)).collect();
    let mut fetching: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    // Taking and reporting are half a job each.
    let (mut queue, mut forge) = (Line::new(QUEUE * 2.0), Line::new(FORGE_RATE));
    let (mut end, mut cpu, mut given_up) = (0.0_f64, 0.0, 0);
    while let Some((Reverse(now), hand)) = hands.pop() {
        let now = now as f64 / 1e6;
        let ready = again.peek().is_some_and(|(Reverse(at), _)| *at as f64 / 1e6 <= now);
        let at = if ready {
            again.pop().map(|(_, at)| at)
        } else if next < jobs.len() {
            next += 1;
            Some(next - 1)
        } else {
            // Nothing now: the hand waits for what is tried again, or has nothing left to do.
            if let Some((Reverse(at), _)) = again.peek() {
                hands.push((Reverse(*at), hand));
            }
            None
        };
        let Some(at) = at else { continue };
        let mut time = queue.serve(now);
        if fetching.len() >= FORGE_AT_ONCE
            && let Some(Reverse(free)) = fetching.pop()
        {
            time = time.max(free as f64 / 1e6);
        }
        time = forge.serve(time) + LATENCY + jobs[at].megabytes / BANDWIDTH;
        fetching.push(key(time));
        let failure = fails(&mut rng);
        let took = match failure.map(|which| FAILURES[which].0) {
            None | Some(Class::Crash) => jobs[at].cpu,
            Some(Class::Timeout) => TIMEOUT,
            Some(_) => OVERHEAD,
        };
        cpu += took;
        time = queue.serve(time + took);
        if let Some(which) = failure {
            jobs[at].tries[which] += 1;
            match backoff.pause(FAILURES[which].0, jobs[at].tries[which], None) {
                Some(pause) => again.push((key(time + pause as f64 / 1000.0), at)),
                None => given_up += 1,
            }
        }
        end = end.max(time);
        hands.push((key(time), hand));
    }
    let cores = (workers * SLOTS) as f64;
    Came { hours: end / 3600.0, cpu: cpu / (end * cores), forge: forge.busy / end, database: queue.busy / end, given_up }
}

fn job(rng: &mut Rng) -> Job {
    Job {
        cpu: OVERHEAD + lognormal(rng, SCAN_MEDIAN, SCAN_SPREAD).min(TIMEOUT),
        megabytes: lognormal(rng, FETCH_MEDIAN, FETCH_SPREAD).min(2048.0),
        tries: [0; FAILURES.len()],
    }
}

/// By Box and Muller.
fn lognormal(rng: &mut Rng, median: f64, spread: f64) -> f64 {
    let (one, two) = (1.0 - rng.f64(), rng.f64());
    let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos();
    median * (spread * normal).exp()
}

/// The class with which an attempt fails, if it does.
fn fails(rng: &mut Rng) -> Option<usize> {
    let mut draw = rng.f64();
    for (which, (_, part)) in FAILURES.iter().enumerate() {
        if draw < *part {
            return Some(which);
        }
        draw -= part;
    }
    None
}
