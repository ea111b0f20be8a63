//! Looking at sweeps: how far the open one is, who works on it, what failed, and everything about one repository.

use crate::error::SweepError;
use crate::link::Link;
use crate::listing::Listed;
use crate::packages;
use crate::queue::{Counts, Past};
use crate::schema::{Sweep, clock};
use apicensus_store::StoreError;
use apicensus_store::db::{Db, Row};
use serde::Serialize;

/// The time over which the rate is taken, in milliseconds.
const WINDOW: i64 = 300_000;
/// Results without which no rate is told.
const ENOUGH: i64 = 5;
/// A worker that was silent for so long is not listed, in milliseconds.
const SILENT: i64 = 120_000;

/// The state of the latest sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// It.
    pub sweep: Sweep,
    /// Its jobs.
    pub jobs: Counts,
    /// Now, by the database's clock.
    pub now: i64,
    /// Repositories a second, as measured over the last minutes.
    pub rate: Option<f64>,
    /// Seconds until nothing is left, at that rate; none where it can't be told.
    pub eta: Option<i64>,
    /// When the next job that waits may be tried; 0 where none waits for a time.
    pub next_try: i64,
    /// What the scans took so far: milliseconds from start to end, and of processor time.
    pub spent: (i64, i64),
    /// Who works.
    pub workers: Vec<WorkerSeen>,
    /// What was given up.
    pub dead: Vec<DeadJob>,
    /// What failed and is tried again.
    pub failing: Vec<DeadJob>,
    /// Repositories that are left out, with the reason.
    pub disabled: Vec<(String, String)>,
}

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerSeen {
    /// Its name.
    pub name: String,
    /// Milliseconds since it was last heard of.
    pub silent: i64,
    /// Jobs that it holds.
    pub running: i64,
    /// Jobs that it has done.
    pub done: i64,
    /// Attempts that failed.
    pub failed: i64,
}

/// A job that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadJob {
    /// The repository.
    pub repository: String,
    /// Attempts.
    pub attempts: i64,
    /// What went wrong.
    pub class: String,
    /// In words.
    pub reason: String,
}

/// The state of the latest sweep.
///
/// # Errors
/// When there is none, or the database fails.
pub fn status(link: &Link) -> Result<Status, SweepError> {
    link.run(|store| store.db().read(look))?.ok_or(SweepError::NoSweep)
}

fn look(db: &mut Db) -> Result<Option<Status>, StoreError> {
    let Some(sweep) = Sweep::latest(db, None)? else { return Ok(None) };
    let now = clock(db)?;
    let jobs = Counts::of(db, sweep.number)?;
    let (rate, eta) = rate(db, &sweep, jobs, now)?;
    let sql = "SELECT coalesce(min(ready), 0) FROM sweep_job WHERE sweep = $1 AND state = 'waiting' AND ready > $2";
    let next_try = db.query(sql, &[sweep.number.into(), now.into()])?.first().map_or(0, |row| row.int(0));
    let sql = "SELECT coalesce(CAST(sum(wall) AS BIGINT), 0), coalesce(CAST(sum(cpu) AS BIGINT), 0) FROM sweep_result WHERE sweep = $1";
    let spent = db.query(sql, &[sweep.number.into()])?.first().map_or((0, 0), |row| (row.int(0), row.int(1)));
    // Workers tell of themselves now and then; what they hold and have done is in the jobs.
    let sql = "SELECT name, seen, (SELECT count(*) FROM sweep_job j WHERE j.sweep = $2 AND j.state = 'running' AND j.worker = name),
        (SELECT count(*) FROM sweep_result r WHERE r.sweep = $2 AND r.worker = name), failed
        FROM sweep_worker WHERE seen > $1 ORDER BY name";
    let seen = |row: &Row| WorkerSeen {
        name: row.text(0).to_owned(),
        silent: (now - row.int(1)).max(0),
        running: row.int(2),
        done: row.int(3),
        failed: row.int(4),
    };
    let workers = db.query(sql, &[(now - SILENT).into(), sweep.number.into()])?.iter().map(seen).collect();
    let (dead, failing) = (failed(db, sweep.number, "dead")?, failed(db, sweep.number, "waiting")?);
    let rows = db.query("SELECT name, disabled FROM sweep_repository WHERE disabled <> '' ORDER BY name", &[])?;
    let disabled = rows.iter().map(|row| (row.text(0).to_owned(), row.text(1).to_owned())).collect();
    Ok(Some(Status { sweep, jobs, now, rate, eta, next_try, spent, workers, dead, failing, disabled }))
}

/// Results a second over the last minutes, and the seconds until nothing is left at that rate. Where it is known what each took last time, the
/// rate is that of this, as those that take long come first.
fn rate(db: &mut Db, sweep: &Sweep, jobs: Counts, now: i64) -> Result<(Option<f64>, Option<i64>), StoreError> {
    if sweep.state != "open" {
        return Ok((None, None));
    }
    let sql = "SELECT count(*), coalesce(min(r.finished), 0), coalesce(CAST(sum(j.cost) AS BIGINT), 0) FROM sweep_result r
        JOIN sweep_job j ON j.sweep = r.sweep AND j.identity = r.identity WHERE r.sweep = $1 AND r.finished > $2";
    let rows = db.query(sql, &[sweep.number.into(), (now - WINDOW).into()])?;
    let (number, first, cost) = rows.first().map_or((0, 0, 0), |row| (row.int(0), row.int(1), row.int(2)));
    if number < ENOUGH || now <= first {
        return Ok((None, None));
    }
    let seconds = (now - first) as f64 / 1000.0;
    let rate = number as f64 / seconds;
    let sql = "SELECT coalesce(CAST(sum(cost) AS BIGINT), 0), coalesce(min(cost), 0) FROM sweep_job
        WHERE sweep = $1 AND state IN ('waiting', 'running')";
    let rows = db.query(sql, &[sweep.number.into()])?;
    let (left, least) = rows.first().map_or((0, 0), |row| (row.int(0), row.int(1)));
    let eta = if least > 0 && cost > 0 { left as f64 / (cost as f64 / seconds) } else { jobs.left() as f64 / rate };
    Ok((Some(rate), Some(eta.ceil() as i64)))
}

fn failed(db: &mut Db, sweep: i64, state: &str) -> Result<Vec<DeadJob>, StoreError> {
    let sql = "SELECT r.name, j.attempt, j.class, j.reason FROM sweep_job j JOIN sweep_repository r ON r.identity = j.identity
        WHERE j.sweep = $1 AND j.state = $2 AND j.class <> '' ORDER BY r.name";
    let job = |row: &Row| DeadJob {
        repository: row.text(0).to_owned(),
        attempts: row.int(1),
        class: row.text(2).to_owned(),
        reason: row.text(3).to_owned(),
    };
    Ok(db.query(sql, &[sweep.into(), state.into()])?.iter().map(job).collect())
}

/// Everything about one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// As it was listed last.
    pub listed: Listed,
    /// What it is called in the catalog.
    pub key: String,
    /// The sweep that listed it last.
    pub last_listed: i64,
    /// Sweeps in a row in which it failed.
    pub failures: i64,
    /// Why it is left out; empty where it is not.
    pub disabled: String,
    /// The commit that was scanned last; empty where none was.
    pub commit: String,
    /// When; 0 for never.
    pub scanned: i64,
    /// How long it took, in milliseconds.
    pub cost: i64,
    /// Why its state in the catalog is older; empty where it is not.
    pub stale: String,
    /// The packages that it declares: `python acme_admin`.
    pub declares: Vec<String>,
    /// The repositories of packages that it depends on, each with the commit.
    pub libraries: Vec<(String, String)>,
    /// Packages that several repositories declare, so that it is not known which is meant, and those.
    pub unclear: Vec<(String, Vec<String>)>,
    /// Its jobs, the latest sweep first.
    pub jobs: Vec<JobSeen>,
    /// The latest sweep.
    pub latest: Option<Sweep>,
}

/// A job of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobSeen {
    /// The sweep.
    pub sweep: i64,
    /// `waiting`, `running`, `done`, `unchanged` or `dead`.
    pub state: String,
    /// Attempts.
    pub attempts: i64,
    /// When it may be tried.
    pub ready: i64,
    /// Who held it last.
    pub worker: String,
    /// What went wrong last; empty where nothing did.
    pub class: String,
    /// In words.
    pub reason: String,
    /// Attempts that failed.
    pub past: Vec<Past>,
}

/// Everything about the repository with this name, key or identity.
///
/// # Errors
/// When no such repository is known, several are, or the database fails.
pub fn explain(link: &Link, name: &str) -> Result<Explained, SweepError> {
    link.run(|store| {
        let identity = identify(store.db(), name)?;
        store.db().read(|db| {
            let sql = "SELECT listed, own_key, last_listed, failures, disabled, commit_id, scanned, cost, stale FROM sweep_repository
                WHERE identity = $1";
            let rows = db.query(sql, &[identity.as_str().into()])?;
            let row = rows.first().ok_or_else(|| StoreError::Wrong(format!("the repository `{name}` has just gone")))?;
            let listed = serde_json::from_str(row.text(0)).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let text = |at: usize| row.text(at).to_owned();
            let (packages, libraries) = packages::of(db, &identity)?;
            Ok(Explained {
                declares: packages.declares.iter().map(|p| format!("{} {}", p.kind, p.name)).collect(),
                libraries: libraries.used.into_iter().map(|library| (library.key, library.commit)).collect(),
                unclear: libraries.unclear,
                listed,
                key: text(1),
                last_listed: row.int(2),
                failures: row.int(3),
                disabled: text(4),
                commit: text(5),
                scanned: row.int(6),
                cost: row.int(7),
                stale: text(8),
                jobs: jobs_of(db, &identity)?,
                latest: Sweep::latest(db, None)?,
            })
        })
    })
}

fn jobs_of(db: &mut Db, identity: &str) -> Result<Vec<JobSeen>, StoreError> {
    let sql = "SELECT sweep, state, attempt, ready, worker, class, reason, past FROM sweep_job WHERE identity = $1 ORDER BY sweep DESC";
    let job = |row: &Row| JobSeen {
        sweep: row.int(0),
        state: row.text(1).to_owned(),
        attempts: row.int(2),
        ready: row.int(3),
        worker: row.text(4).to_owned(),
        class: row.text(5).to_owned(),
        reason: row.text(6).to_owned(),
        past: serde_json::from_str(row.text(7)).unwrap_or_default(),
    };
    Ok(db.query(sql, &[identity.into()])?.iter().map(job).collect())
}

/// The identity of the repository with this identity, key, name, or last part of a name.
pub(crate) fn identify(db: &mut Db, name: &str) -> Result<String, StoreError> {
    let all = db.query("SELECT identity, own_key, name FROM sweep_repository ORDER BY identity", &[])?;
    let by = |fits: &dyn Fn(&Row) -> bool| all.iter().filter(|row| fits(row)).map(|row| row.text(0).to_owned()).collect::<Vec<_>>();
    let exact = by(&|row| row.text(0) == name || row.text(1) == name);
    let found = if exact.is_empty() { by(&|row| row.text(2) == name) } else { exact };
    let end = format!("/{name}");
    let mut found = if found.is_empty() { by(&|row| row.text(2).ends_with(&end)) } else { found };
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(one), false) => {
            found.push(one);
            Err(StoreError::Wrong(format!("several repositories are called `{name}`; say which: {}", found.join(", "))))
        }
        (None, _) => {
            let hint = apicensus_inventory::policy::hint(name, all.iter().map(|row| row.text(2)));
            Err(StoreError::Wrong(format!("no sweep has seen a repository `{name}`{hint}")))
        }
    }
}
