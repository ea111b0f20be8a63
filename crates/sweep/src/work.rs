//! Working: jobs are taken, scanned in child processes and reported, by several threads, while another thread renews their leases.

use crate::class::{Backoff, Class};
use crate::error::SweepError;
use crate::link::Link;
use crate::listing::Rules;
use crate::packages::{self, Packages};
use crate::queue::{self, Claim, Done, Failed, Hand, Usage};
use crate::schema::{Sweep, now};
use apicensus_store::StoreError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two looks for a job when there is none.
const IDLE: Duration = Duration::from_millis(500);

/// What a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// The repository is at the commit that is known.
    Unchanged,
    /// A catalog.
    Catalog {
        /// The commit; empty for a work tree.
        commit: String,
        /// Its time, RFC 3339 in UTC; empty where it is not known.
        commit_time: String,
        /// The catalog as JSON.
        json: Vec<u8>,
        /// What it cost.
        usage: Usage,
        /// What its manifests say.
        packages: Packages,
    },
    /// There is no result, because the worker stops or has lost the job.
    Stopped,
    /// It failed.
    Failed {
        /// How.
        class: Class,
        /// In words.
        reason: String,
        /// Milliseconds that the forge asked to wait.
        wait: Option<i64>,
    },
}

/// What scans a repository.
pub trait Scanner: Sync {
    /// Scans one. It ends soon after `stopped` says so.
    fn scan(&self, claim: &Claim, stopped: &dyn Fn() -> bool) -> Scanned;
}

/// A worker.
pub struct Worker<'a> {
    /// Its name, which no other has.
    pub name: String,
    /// Repositories at a time.
    pub jobs: usize,
    /// Milliseconds for which a job is held.
    pub lease: i64,
    /// By what it scans; it takes jobs of sweeps with the same only.
    pub rules: Rules,
    /// How failures are tried again.
    pub backoff: Backoff,
    /// Wait for further sweeps when there is nothing to do.
    pub stay: bool,
    /// Set to end it.
    pub stop: &'a AtomicBool,
    /// Numbers to be looked at while it works.
    pub tally: &'a Tally,
}

/// What a worker has done, to be looked at while it works.
#[derive(Debug, Default)]
pub struct Tally {
    /// Jobs that are held.
    pub running: AtomicU64,
    /// Repositories that were scanned.
    pub done: AtomicU64,
    /// Repositories that did not change.
    pub unchanged: AtomicU64,
    /// Attempts that failed.
    pub failed: AtomicU64,
    /// Jobs that were given up.
    pub dead: AtomicU64,
    /// Results that came too late.
    pub late: AtomicU64,
    /// Milliseconds of scanning.
    pub wall: AtomicU64,
    /// Milliseconds of processor time of scans.
    pub cpu: AtomicU64,
    /// Attempts that failed, by class.
    pub classes: Mutex<BTreeMap<Class, u64>>,
    /// Milliseconds since the worker began at which the database last answered.
    pub answered: AtomicU64,
}

/// What a worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Worked {
    /// Repositories that were scanned.
    pub done: u64,
    /// Repositories that did not change.
    pub unchanged: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Jobs that were given up.
    pub dead: u64,
    /// Results that came too late.
    pub late: u64,
}

impl Tally {
    /// As it is.
    pub fn worked(&self) -> Worked {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Worked {
            done: of(&self.done),
            unchanged: of(&self.unchanged),
            failed: of(&self.failed),
            dead: of(&self.dead),
            late: of(&self.late),
        }
    }

    fn add(number: &AtomicU64, by: u64) {
        number.fetch_add(by, Ordering::Relaxed);
    }
}

/// Jobs that are held, by repository, each with what tells its scan to stop.
type Held = Mutex<BTreeMap<String, (Claim, Arc<AtomicBool>)>>;

/// Works until nothing is left, or until it is stopped.
///
/// # Errors
/// When there is no sweep for it, or the database stays away.
pub fn work(link: &Link, worker: &Worker<'_>, scanner: &dyn Scanner) -> Result<Worked, SweepError> {
    if !worker.stay {
        let open = link.run(|store| Sweep::open(store.db()))?.ok_or(SweepError::NoSweep)?;
        fits(&open, &worker.rules)?;
    }
    let held: Held = Mutex::default();
    let over = AtomicBool::new(false);
    let begun = Instant::now();
    link.run(|store| announce(store.db(), worker, true))?;
    let heart = link.another()?;
    let done = std::thread::scope(|scope| {
        let beat = scope.spawn(|| beat(&heart, worker, &held, &over, begun));
        let hands: Vec<_> = (0..worker.jobs).map(|_| scope.spawn(|| hand(link, worker, scanner, &held))).collect();
        let ends: Vec<_> = hands.into_iter().map(|hand| hand.join()).collect();
        over.store(true, Ordering::Relaxed);
        beat.thread().unpark();
        let _ = beat.join();
        ends.into_iter().find_map(|end| end.unwrap_or_else(|_| Err(SweepError::Wrong("a thread of the worker failed".to_owned()))).err())
    });
    link.run(|store| announce(store.db(), worker, false))?;
    done.map_or(Ok(worker.tally.worked()), Err)
}

fn fits(sweep: &Sweep, rules: &Rules) -> Result<(), SweepError> {
    if sweep.ruleset == rules.ruleset && sweep.config == rules.config {
        return Ok(());
    }
    let what =
        if sweep.ruleset == rules.ruleset { "another configuration of scans" } else { "another version of apicensus or other models" };
    Err(SweepError::Wrong(format!(
        "sweep {} was planned with {what}; start the worker with the same, or plan again with this one: `apicensus sweep plan`",
        sweep.number
    )))
}

/// Renews leases, and tells scans that have lost theirs to stop.
fn beat(link: &Link, worker: &Worker<'_>, held: &Held, over: &AtomicBool, begun: Instant) {
    let pause = Duration::from_millis(u64::try_from(worker.lease / 3).unwrap_or(1).max(20));
    while !over.load(Ordering::Relaxed) {
        let claims: Vec<Claim> = lock(held).values().map(|(claim, _)| claim.clone()).collect();
        let renewed = link.run(|store| {
            announce(store.db(), worker, true)?;
            queue::renew(store.db(), &claims, worker.lease)
        });
        match renewed {
            Ok(gone) => {
                let now = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                worker.tally.answered.store(now, Ordering::Relaxed);
                for claim in gone {
                    if let Some((own, stop)) = lock(held).get(&claim.repository.identity)
                        && own.attempt == claim.attempt
                    {
                        tracing::warn!(repository = claim.repository.name, "the lease ran out; the scan is stopped");
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            }
            Err(error) => tracing::error!(%error, "leases could not be renewed"),
        }
        std::thread::park_timeout(pause);
    }
}

/// Takes and does one job after another.
fn hand(link: &Link, worker: &Worker<'_>, scanner: &dyn Scanner, held: &Held) -> Result<(), SweepError> {
    let mut known = Known::default();
    while !worker.stop.load(Ordering::Relaxed) {
        let taken = link.run(|store| next(store.db(), worker, &mut known))?;
        match taken {
            Next::Job(sweep, claim) => {
                let stop = Arc::new(AtomicBool::new(false));
                lock(held).insert(claim.repository.identity.clone(), ((*claim).clone(), stop.clone()));
                worker.tally.running.fetch_add(1, Ordering::Relaxed);
                let stopped = || stop.load(Ordering::Relaxed) || worker.stop.load(Ordering::Relaxed);
                tracing::info!(repository = claim.repository.name, attempt = claim.attempt, "scanning");
                let scanned = scanner.scan(&claim, &stopped);
                let reported = report(link, worker, &sweep, &claim, scanned);
                lock(held).remove(&claim.repository.identity);
                worker.tally.running.fetch_sub(1, Ordering::Relaxed);
                reported?;
            }
            Next::Wait => std::thread::sleep(IDLE.min(Duration::from_millis(u64::try_from(worker.lease / 4).unwrap_or(1)))),
            Next::Over if worker.stay => std::thread::sleep(IDLE * 4),
            Next::Over => return Ok(()),
        }
    }
    Ok(())
}

/// What there is to do.
enum Next {
    Job(Box<Sweep>, Box<Claim>),
    /// Nothing now; others hold jobs, or some wait for their next try.
    Wait,
    Over,
}

/// What a hand knows from its last look.
#[derive(Default)]
struct Known {
    /// The sweep that it took a job of.
    sweep: Option<Sweep>,
    /// When it looked for jobs whose lease ran out.
    looked: Option<Instant>,
}

/// The sweep that a job was taken of last is tried first: it is asked for anew only where it has none.
fn next(db: &mut apicensus_store::db::Db, worker: &Worker<'_>, known: &mut Known) -> Result<Next, StoreError> {
    let hand = Hand { worker: &worker.name, lease: worker.lease, backoff: &worker.backoff };
    if let Some(sweep) = known.sweep.take() {
        let with_orphans = known.looked.is_none_or(|at| at.elapsed() > IDLE);
        if with_orphans {
            known.looked = Some(Instant::now());
        }
        if let Some(claim) = queue::take(db, &sweep, &hand, with_orphans)? {
            known.sweep = Some(sweep.clone());
            return Ok(Next::Job(Box::new(sweep), Box::new(claim)));
        }
    }
    let Some(sweep) = Sweep::open(db)? else { return Ok(Next::Over) };
    if fits(&sweep, &worker.rules).is_err() {
        return Ok(Next::Over);
    }
    if let Some(claim) = queue::take(db, &sweep, &hand, true)? {
        known.sweep = Some(sweep.clone());
        return Ok(Next::Job(Box::new(sweep), Box::new(claim)));
    }
    Ok(if is_left(db, &sweep)? { Next::Wait } else { Next::Over })
}

/// Whether jobs are left, those included that come from packages which have changed.
fn is_left(db: &mut apicensus_store::db::Db, sweep: &Sweep) -> Result<bool, StoreError> {
    if packages::has_jobs(db, sweep)? {
        return Ok(true);
    }
    // Those that wait for the next sweep are not to take turns at writing.
    if packages::is_linked(db, sweep)? {
        return Ok(false);
    }
    db.write(|db| packages::link(db, sweep))
}

fn report(link: &Link, worker: &Worker<'_>, sweep: &Sweep, claim: &Claim, scanned: Scanned) -> Result<(), SweepError> {
    let name = claim.repository.name.as_str();
    let done = match scanned {
        Scanned::Unchanged => Done::Unchanged,
        Scanned::Catalog { commit, commit_time, json, usage, packages } => Done::Scanned {
            commit,
            commit_time,
            hash: blake3::hash(&json).to_hex().to_string(),
            body: miniz_oxide::deflate::compress_to_vec(&json, 6),
            usage,
            packages,
        },
        Scanned::Stopped => {
            tracing::info!(repository = name, "given back");
            return link.run(|store| queue::give_back(store.db(), claim));
        }
        Scanned::Failed { class, reason, wait } => return report_failure(link, worker, claim, (class, &reason), wait),
    };
    let rules = (sweep.ruleset.as_str(), sweep.config.as_str());
    let counted = link.run(|store| queue::complete(store.db(), claim, rules, &done))?;
    let tally = worker.tally;
    match &done {
        _ if !counted => {
            tracing::warn!(repository = name, attempt = claim.attempt, "the result came too late and is dropped");
            Tally::add(&tally.late, 1);
        }
        Done::Unchanged => Tally::add(&tally.unchanged, 1),
        Done::Scanned { usage, commit, .. } => {
            tracing::info!(repository = name, commit, wall_ms = usage.wall, cpu_ms = usage.cpu, memory_kib = usage.memory, "scanned");
            Tally::add(&tally.done, 1);
            Tally::add(&tally.wall, usage.wall.unsigned_abs());
            Tally::add(&tally.cpu, usage.cpu.unsigned_abs());
        }
    }
    Ok(())
}

fn report_failure(link: &Link, worker: &Worker<'_>, claim: &Claim, failure: (Class, &str), wait: Option<i64>) -> Result<(), SweepError> {
    let (class, reason) = failure;
    let became = link.run(|store| queue::fail(store.db(), claim, &worker.name, &worker.backoff, failure, wait))?;
    let tally = worker.tally;
    match became {
        Failed::Again => tracing::warn!(repository = claim.repository.name, class = class.as_str(), reason, "failed; it is tried again"),
        Failed::Dead => {
            tracing::error!(repository = claim.repository.name, class = class.as_str(), reason, "failed; it is given up");
            Tally::add(&tally.dead, 1);
        }
        Failed::NotHeld => {
            Tally::add(&tally.late, 1);
            return Ok(());
        }
    }
    Tally::add(&tally.failed, 1);
    *tally.classes.lock().unwrap_or_else(PoisonError::into_inner).entry(class).or_default() += 1;
    Ok(())
}

/// Tells others that the worker is there, or that it has ended.
fn announce(db: &mut apicensus_store::db::Db, worker: &Worker<'_>, is_here: bool) -> Result<(), StoreError> {
    if !is_here {
        return db.execute("DELETE FROM sweep_worker WHERE name = $1", &[worker.name.as_str().into()]).map(|_| ());
    }
    let of = |number: &AtomicU64| apicensus_store::db::Value::from(i64::try_from(number.load(Ordering::Relaxed)).unwrap_or(i64::MAX));
    let clock = now(db);
    let sql = format!(
        "INSERT INTO sweep_worker (name, started, seen, running, done, failed) VALUES ($1, {clock}, {clock}, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET seen = excluded.seen, running = excluded.running, done = excluded.done, failed = excluded.failed"
    );
    let tally = worker.tally;
    db.execute(&sql, &[worker.name.as_str().into(), of(&tally.running), of(&tally.done), of(&tally.failed)]).map(|_| ())
}

fn lock(held: &Held) -> std::sync::MutexGuard<'_, BTreeMap<String, (Claim, Arc<AtomicBool>)>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
