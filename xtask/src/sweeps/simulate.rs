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

/// What repositories cost, as measured on 26 applications of the corpus: processor seconds of a scan without a cache, and megabytes of their
/// files, compressed, which is what a fetch without history brings. Each repository of the simulation is like one of them.
const APPLICATIONS: [(f64, f64); 26] = [
    (0.06, 1.0),
    (0.07, 0.1),
    (0.11, 0.3),
    (0.16, 25.8),
    (0.21, 14.5),
    (0.34, 28.1),
    (0.53, 4.7),
    (0.54, 26.0),
    (0.57, 17.9),
    (0.62, 17.5),
    (0.65, 12.1),
    (0.76, 76.9),
    (0.77, 0.8),
    (0.85, 1.7),
    (0.9, 12.2),
    (1.31, 7.5),
    (1.5, 1.2),
    (1.78, 108.6),
    (1.92, 84.4),
    (2.39, 103.2),
    (2.68, 7.7),
    (2.68, 7.8),
    (3.65, 45.0),
    (3.71, 13.7),
    (3.85, 33.7),
    (11.24, 40.4),
];
/// Processor seconds of a job beside the scan, as measured on generated repositories: starting the process, loading models, packing the result.
const OVERHEAD: f64 = 0.06;
/// Megabytes a second that one fetch gets.
const BANDWIDTH: f64 = 10.0;
/// Seconds of the two requests before a fetch.
const LATENCY: f64 = 0.4;
/// Fetches a second that the forge takes from one organisation, and at a time.
const FORGE_RATE: f64 = 25.0;
const FORGE_AT_ONCE: usize = 100;
/// Jobs a second that PostgreSQL hands out and takes back, the lowest that was measured on two cores which were busy with other work too.
const QUEUE: f64 = 620.0;
/// Parts of the attempts that fail, by class.
const FAILURES: [(Class, f64); 4] = [(Class::Network, 0.01), (Class::Limited, 0.002), (Class::Timeout, 0.0005), (Class::Crash, 0.0002)];
/// The time that a failed scan takes, in seconds.
const TIMEOUT: f64 = 600.0;
/// Scans at a time, and cores, of one worker.
const SLOTS: usize = 2;

/// What came of one simulation: its length, where the time of the workers' hands went as parts of one, how busy the database was.
struct Came {
    hours: f64,
    spent: Spent,
    database: f64,
    given_up: usize,
}

/// Seconds, or parts of one, of hands.
#[derive(Clone, Copy, Default)]
struct Spent {
    /// Scanning, on a core each.
    scan: f64,
    /// Receiving a repository.
    fetch: f64,
    /// Waiting for the forge to let them fetch.
    forge: f64,
    /// Waiting for the database.
    database: f64,
    /// With nothing to do, while others scan what takes long or what failed waits for its next try.
    idle: f64,
}

impl Spent {
    /// As parts of all hands' time.
    fn of(self, all: f64) -> Spent {
        let busy = self.scan + self.fetch + self.forge + self.database;
        let part = |seconds: f64| seconds / all;
        let idle = part((all - busy).max(0.0));
        Spent { scan: part(self.scan), fetch: part(self.fetch), forge: part(self.forge), database: part(self.database), idle }
    }

    /// What takes most of it.
    fn most(&self) -> &'static str {
        let parts = [
            (self.scan, "processors"),
            (self.fetch, "transfer"),
            (self.forge, "limits of the forge"),
            (self.database, "database"),
            (self.idle, "the longest scans and retries"),
        ];
        parts.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, name)| name)
    }
}

/// Prints the table, or writes it into the document.
pub fn run(repositories: usize, write: bool) -> Result<()> {
    let mut table = String::from(
        "| Workers | Whole sweep | 1 % changed | Scanning | Receiving | Held by the forge | Idle | Database busy | Given up | Bottleneck |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for workers in [1, 2, 5, 10, 20, 50, 100, 200] {
        let all = simulate(repositories, workers, 1);
        let few = simulate(repositories / 100, workers, 2);
        let percent = |part: f64| format!("{:.0} %", part * 100.0);
        let _ = writeln!(
            table,
            "| {workers} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            hours(all.hours),
            hours(few.hours),
            percent(all.spent.scan),
            percent(all.spent.fetch),
            percent(all.spent.forge),
            percent(all.spent.idle),
            percent(all.database),
            all.given_up,
            all.spent.most()
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

/// What happens to a hand of a worker at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// It looks for a job.
    Look,
    /// It has a job and may fetch.
    Fetch(usize),
    /// The scan has ended, or the class with which it failed.
    Report(usize, Option<usize>),
}

/// What is served and what waits.
struct World {
    jobs: Vec<Job>,
    next: usize,
    again: BinaryHeap<(Reverse<u64>, usize)>,
    /// In the order of time; the number keeps those of one time in order.
    events: BinaryHeap<(Reverse<u64>, Reverse<usize>, Event)>,
    number: usize,
    /// When fetches that are under way end.
    fetching: BinaryHeap<Reverse<u64>>,
    queue: Line,
    forge: Line,
    rng: Rng,
    backoff: Backoff,
    spent: Spent,
    given_up: usize,
}

impl World {
    fn at(&mut self, time: f64, event: Event) {
        self.number += 1;
        self.events.push((key(time), Reverse(self.number), event));
    }

    /// A job for a hand that looks for one; none while those that are left wait for their next try.
    fn take(&mut self, now: f64) -> Option<usize> {
        if self.again.peek().is_some_and(|(Reverse(at), _)| *at as f64 / 1e6 <= now) {
            return self.again.pop().map(|(_, at)| at);
        }
        self.next += 1;
        (self.next <= self.jobs.len()).then(|| self.next - 1)
    }

    fn step(&mut self, now: f64, event: Event) {
        match event {
            Event::Look => match self.take(now) {
                Some(job) => {
                    let taken = self.queue.serve(now);
                    self.spent.database += taken - now;
                    self.at(taken, Event::Fetch(job));
                }
                // Others may still fail and leave something to try again.
                None if self.again.is_empty() && self.events.is_empty() => {}
                None => {
                    let retry = self.again.peek().map(|(Reverse(at), _)| *at as f64 / 1e6);
                    let other = self.events.peek().map(|(Reverse(at), ..)| *at as f64 / 1e6);
                    let wake = retry.or(other).unwrap_or(now).max(now) + 0.5;
                    if self.again.is_empty() && self.events.iter().all(|(.., event)| *event == Event::Look) {
                        return;
                    }
                    self.at(wake, Event::Look);
                }
            },
            Event::Fetch(job) => {
                while self.fetching.peek().is_some_and(|Reverse(end)| *end as f64 / 1e6 <= now) {
                    self.fetching.pop();
                }
                if self.fetching.len() >= FORGE_AT_ONCE {
                    let free = self.fetching.peek().map_or(now, |Reverse(end)| *end as f64 / 1e6);
                    let free = free.max(now) + 1e-6;
                    self.spent.forge += free - now;
                    return self.at(free, Event::Fetch(job));
                }
                let begun = self.forge.serve(now);
                let takes = LATENCY + self.jobs[job].megabytes / BANDWIDTH;
                let fetched = begun + takes;
                self.spent.forge += begun - now;
                self.spent.fetch += takes;
                self.fetching.push(key(fetched));
                let failure = fails(&mut self.rng);
                let took = match failure.map(|which| FAILURES[which].0) {
                    None | Some(Class::Crash) => self.jobs[job].cpu,
                    Some(Class::Timeout) => TIMEOUT,
                    Some(_) => OVERHEAD,
                };
                self.spent.scan += took;
                self.at(fetched + took, Event::Report(job, failure));
            }
            Event::Report(job, failure) => {
                let told = self.queue.serve(now);
                self.spent.database += told - now;
                if let Some(which) = failure {
                    self.jobs[job].tries[which] += 1;
                    match self.backoff.pause(FAILURES[which].0, self.jobs[job].tries[which], None) {
                        Some(pause) => self.again.push((key(told + pause as f64 / 1000.0), job)),
                        None => self.given_up += 1,
                    }
                }
                self.at(told, Event::Look);
            }
        }
    }
}

fn simulate(repositories: usize, workers: usize, seed: u64) -> Came {
    let mut rng = Rng::with_seed(seed);
    let mut jobs: Vec<Job> = (0..repositories).map(|_| job(&mut rng)).collect();
    // Those that took long come first; what is tried again waits for its time.
    jobs.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
    let mut world = World {
        jobs,
        next: 0,
        again: BinaryHeap::new(),
        events: BinaryHeap::new(),
        number: 0,
        fetching: BinaryHeap::new(),
        // Taking and reporting are half a job each.
        queue: Line::new(QUEUE * 2.0),
        forge: Line::new(FORGE_RATE),
        rng,
        backoff: Backoff::default(),
        spent: Spent::default(),
        given_up: 0,
    };
    for _ in 0..workers * SLOTS {
        world.at(0.0, Event::Look);
    }
    let mut end = 0.0_f64;
    while let Some((Reverse(now), _, event)) = world.events.pop() {
        let now = now as f64 / 1e6;
        if matches!(event, Event::Report(..)) {
            end = now;
        }
        world.step(now, event);
    }
    let hands = (workers * SLOTS) as f64;
    Came { hours: end / 3600.0, spent: world.spent.of(end * hands), database: world.queue.busy / end, given_up: world.given_up }
}

fn job(rng: &mut Rng) -> Job {
    let (scan, megabytes) = APPLICATIONS[rng.usize(..APPLICATIONS.len())];
    Job { cpu: OVERHEAD + scan, megabytes, tries: [0; FAILURES.len()] }
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
