//! The queue: taking a job, renewing its lease, ending it.
//!
//! The **attempt** of a job grows each time it is taken. Whoever ends or renews a job names the attempt that they hold; if another
//! one has begun since, nothing happens. That is why a worker that was stopped and wakes up late does no harm. So that a server that fails
//! may forget that a job was taken, the worker is compared too: that one is taken need not reach its disk, that one has ended must.

use crate::class::{Backoff, Class};
use crate::listing::Listed;
use crate::packages::{self, Libraries, Packages, Shelf};
use crate::schema::{Sweep, now};
use apicensus_store::StoreError;
use apicensus_store::db::{Db, Row, Value};
use serde::{Deserialize, Serialize};

/// Attempts that a job remembers.
const MOST_PAST: usize = 20;

/// A job that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The sweep.
    pub sweep: i64,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// The repository.
    pub repository: Listed,
    /// What it is called in the catalog, whatever it is renamed to.
    pub key: String,
    /// The commit whose result holds under the sweep's rules; empty where there is none.
    pub known: String,
    /// Failed tries so far.
    pub tries: i64,
    /// Attempts so far, oldest first.
    pub past: Vec<Past>,
    /// Who holds it.
    pub worker: String,
    /// What its manifests said when it was scanned last.
    pub packages: Packages,
    /// The packages of other repositories that it is to be scanned with.
    pub libraries: Libraries,
}

/// An attempt that did not end well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Which.
    pub attempt: i64,
    /// Who held it.
    pub worker: String,
    /// What went wrong.
    pub class: Class,
    /// In words.
    pub reason: String,
}

/// What a scan cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Milliseconds from start to end.
    pub wall: i64,
    /// Milliseconds of processor time.
    pub cpu: i64,
    /// Largest resident size, in KiB.
    pub memory: i64,
}

/// How a job ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is at the commit whose result is there.
    Unchanged,
    /// It was scanned.
    Scanned {
        /// The commit; empty for a work tree.
        commit: String,
        /// The commit's time, RFC 3339 in UTC; empty where it is not known.
        commit_time: String,
        /// The catalog as JSON, packed.
        body: Vec<u8>,
        /// The hash of the JSON.
        hash: String,
        /// What it cost.
        usage: Usage,
        /// What its manifests say.
        packages: Packages,
    },
}

/// Takes a job whose lease ran out, if those are to be looked for, else the next one that is ready; of these the ones that took long last
/// time come first.
pub(crate) fn take(db: &mut Db, sweep: &Sweep, hand: &Hand<'_>, with_orphans: bool) -> Result<Option<Claim>, StoreError> {
    // Each round ends one orphan for good or takes one.
    while with_orphans && let Some(mut claim) = take_one(db, sweep, hand, "state = 'running' AND lease < NOW")? {
        let lost = claim.past.iter().filter(|past| past.class == Class::Lost).count() as i64;
        let before = claim.attempt - 1;
        if claim.past.last().is_none_or(|past| past.attempt != before) {
            let reason = "its worker went away or did not renew the lease".to_owned();
            claim.past.push(Past { attempt: before, worker: String::new(), class: Class::Lost, reason });
        }
        if lost + 1 < hand.backoff.rule(Class::Lost).tries {
            remember(db, &claim)?;
            return Ok(Some(claim));
        }
        let reason = format!("{} workers that had it went away; the last one held attempt {before}", lost + 1);
        bury(db, &claim, Class::Lost, &reason)?;
    }
    take_one(db, sweep, hand, "state = 'waiting' AND ready <= NOW")
}

/// Who takes jobs, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hand<'a> {
    /// The worker's name.
    pub worker: &'a str,
    /// Milliseconds for which a job is held.
    pub lease: i64,
    /// How failures are tried again.
    pub backoff: &'a Backoff,
}

/// Takes one job in the given state; its attempt grows.
fn take_one(db: &mut Db, sweep: &Sweep, hand: &Hand<'_>, which: &str) -> Result<Option<Claim>, StoreError> {
    let clock = now(db);
    let skip = if db.is_server() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let which = which.replace("NOW", clock);
    let of = |column: &str| format!("(SELECT {column} FROM sweep_repository r WHERE r.identity = sweep_job.identity)");
    let repository = ["own_key", "listed", "commit_id", "ruleset", "config", "stale", "packages", "libraries"].map(of).join(", ");
    let sql = format!(
        "UPDATE sweep_job SET state = 'running', attempt = attempt + 1, lease = {clock} + $1, worker = $2
         WHERE sweep = $3 AND identity = (SELECT identity FROM sweep_job WHERE sweep = $3 AND {which}
             AND EXISTS (SELECT number FROM sweep WHERE number = $3 AND state = 'open') ORDER BY cost DESC, identity LIMIT 1 {skip})
         RETURNING identity, attempt, tries, past, {repository}"
    );
    let rows = db.query(&sql, &[hand.lease.into(), hand.worker.into(), sweep.number.into()])?;
    let Some(row) = rows.first() else { return Ok(None) };
    claim(db, sweep, hand, row).map(Some)
}

fn claim(db: &mut Db, sweep: &Sweep, hand: &Hand<'_>, row: &Row) -> Result<Claim, StoreError> {
    let packages = Packages::read(row.text(10))?;
    let libraries = match packages.needs.is_empty() {
        true => Libraries::default(),
        false => Shelf::default().libraries(db, sweep.number, row.text(0), &packages)?,
    };
    let holds = row.text(7) == sweep.ruleset && row.text(8) == sweep.config && row.text(9).is_empty() && row.text(11) == libraries.hash();
    let known = if holds && sweep.kind != "full" { row.text(6) } else { "" };
    Ok(Claim {
        sweep: sweep.number,
        attempt: row.int(1),
        key: row.text(4).to_owned(),
        known: known.to_owned(),
        tries: row.int(2),
        past: read(row.text(3))?,
        repository: read::<Listed>(row.text(5))?,
        worker: hand.worker.to_owned(),
        packages,
        libraries,
    })
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn written(past: &[Past]) -> String {
    serde_json::to_string(&past[past.len().saturating_sub(MOST_PAST)..]).unwrap_or_else(|_| "[]".to_owned())
}

/// Writes down the past attempts of a job that is held.
fn remember(db: &mut Db, claim: &Claim) -> Result<bool, StoreError> {
    let lost = claim.past.iter().filter(|past| past.class == Class::Lost).count() as i64;
    let sql = "UPDATE sweep_job SET past = $1, lost = $2 WHERE sweep = $3 AND identity = $4 AND attempt = $5 AND worker = $6 AND state = 'running'";
    let values = [written(&claim.past).into(), lost.into()];
    db.execute(sql, &[&values[..], &held(claim)].concat()).map(|rows| rows > 0)
}

/// The values that say which job at which attempt.
fn held(claim: &Claim) -> [Value; 4] {
    [claim.sweep.into(), claim.repository.identity.as_str().into(), claim.attempt.into(), claim.worker.as_str().into()]
}

/// Renews leases. Those that are no longer held.
pub(crate) fn renew(db: &mut Db, claims: &[Claim], lease: i64) -> Result<Vec<Claim>, StoreError> {
    let clock = now(db);
    let sql = format!(
        "UPDATE sweep_job SET lease = {clock} + $1 WHERE sweep = $2 AND identity = $3 AND attempt = $4 AND worker = $5 AND state = 'running'"
    );
    let mut gone = Vec::new();
    for claim in claims {
        let values = [&[lease.into()][..], &held(claim)].concat();
        if db.execute(&sql, &values)? == 0 {
            gone.push(claim.clone());
        }
    }
    Ok(gone)
}

/// Ends a job well, its result with it. Whether it counted: not when another attempt has begun.
pub(crate) fn complete(db: &mut Db, claim: &Claim, rules: (&str, &str), done: &Done) -> Result<bool, StoreError> {
    db.transaction(|db| {
        let state = if matches!(done, Done::Unchanged) { "unchanged" } else { "done" };
        let sql = "UPDATE sweep_job SET state = $1, class = '', reason = '', past = $2
            WHERE sweep = $3 AND identity = $4 AND attempt = $5 AND worker = $6 AND state = 'running'";
        let values = [&[state.into(), written(&claim.past).into()][..], &held(claim)].concat();
        if db.execute(sql, &values)? == 0 {
            return is_done(db, claim, state);
        }
        let identity = claim.repository.identity.as_str();
        let pushed = claim.repository.pushed.as_str();
        let Done::Scanned { commit, usage, packages, .. } = done else {
            let sql = "UPDATE sweep_repository SET failures = 0, pushed = $1 WHERE identity = $2";
            db.execute(sql, &[pushed.into(), identity.into()])?;
            return Ok(true);
        };
        keep(db, claim, done)?;
        let sql = format!(
            "UPDATE sweep_repository SET failures = 0, commit_id = $1, ruleset = $2, config = $3, scanned = {}, cost = $4, stale = '',
             pushed = $5, packages = $6, libraries = $7 WHERE identity = $8",
            now(db)
        );
        let texts = [rules.0, rules.1].map(Value::from);
        let mut values: Vec<Value> = std::iter::once(commit.as_str().into()).chain(texts).collect();
        values.extend([usage.wall.into(), pushed.into(), packages.written().into(), claim.libraries.hash().into(), identity.into()]);
        db.execute(&sql, &values)?;
        if packages.declares != claim.packages.declares {
            packages::declare(db, identity, packages)?;
        }
        Ok(true)
    })
}

/// Keeps a result; it takes the place of an earlier one of the same sweep, which had other libraries.
fn keep(db: &mut Db, claim: &Claim, done: &Done) -> Result<(), StoreError> {
    let Done::Scanned { commit, commit_time, body, hash, usage, .. } = done else { return Ok(()) };
    let sql = format!(
        "INSERT INTO sweep_result (identity, sweep, attempt, worker, commit_id, commit_time, hash, body, wall, cpu, memory, finished,
         published) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {}, 0)
         ON CONFLICT (identity, sweep) DO UPDATE SET attempt = excluded.attempt, worker = excluded.worker, commit_id = excluded.commit_id,
         commit_time = excluded.commit_time, hash = excluded.hash, body = excluded.body, wall = sweep_result.wall + excluded.wall,
         cpu = sweep_result.cpu + excluded.cpu, memory = excluded.memory, finished = excluded.finished, published = 0",
        now(db)
    );
    let texts = [commit, commit_time, hash].map(|text| Value::from(text.as_str()));
    let [sweep, identity, attempt, worker] = held(claim);
    let mut values = vec![identity, sweep, attempt, worker];
    values.extend(texts);
    values.extend([Value::Blob(body.clone()), usage.wall.into(), usage.cpu.into(), usage.memory.into()]);
    db.execute(&sql, &values).map(|_| ())
}

/// Whether a job ended by this very attempt: its commit arrived though the answer did not.
fn is_done(db: &mut Db, claim: &Claim, state: &str) -> Result<bool, StoreError> {
    let sql = "SELECT attempt FROM sweep_job WHERE sweep = $1 AND identity = $2 AND attempt = $3 AND worker = $4 AND state = $5";
    Ok(!db.query(sql, &[&held(claim)[..], &[state.into()]].concat())?.is_empty())
}

/// What became of a job that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It is tried again.
    Again,
    /// It is not.
    Dead,
    /// Somebody else has it.
    NotHeld,
}

/// Ends an attempt that failed: the job waits for the next one, or is dead.
pub(crate) fn fail(
    db: &mut Db,
    claim: &Claim,
    worker: &str,
    backoff: &Backoff,
    failure: (Class, &str),
    asked: Option<i64>,
) -> Result<Failed, StoreError> {
    let (class, reason) = failure;
    let mut claim = claim.clone();
    claim.past.push(Past { attempt: claim.attempt, worker: worker.to_owned(), class, reason: reason.to_owned() });
    let tries = claim.past.iter().filter(|past| past.class == class).count() as i64;
    let Some(pause) = backoff.pause(class, tries, asked) else {
        return Ok(if bury(db, &claim, class, reason)? { Failed::Dead } else { Failed::NotHeld });
    };
    let clock = now(db);
    let sql = format!(
        "UPDATE sweep_job SET state = 'waiting', ready = {clock} + $1, class = $2, reason = $3, past = $4, tries = tries + 1
         WHERE sweep = $5 AND identity = $6 AND attempt = $7 AND worker = $8 AND state = 'running'"
    );
    let values = [pause.into(), class.as_str().into(), reason.into(), written(&claim.past).into()];
    let rows = db.execute(&sql, &[&values[..], &held(&claim)].concat())?;
    Ok(if rows > 0 { Failed::Again } else { Failed::NotHeld })
}

/// Ends a job for good without a result. Whether it was held.
fn bury(db: &mut Db, claim: &Claim, class: Class, reason: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE sweep_job SET state = 'dead', class = $1, reason = $2, past = $3, tries = tries + 1
        WHERE sweep = $4 AND identity = $5 AND attempt = $6 AND worker = $7 AND state = 'running'";
    let values = [class.as_str().into(), reason.into(), written(&claim.past).into()];
    let rows = db.execute(sql, &[&values[..], &held(claim)].concat())?;
    Ok(rows > 0)
}

/// Gives a job back that was not tried, so that others take it at once.
pub(crate) fn give_back(db: &mut Db, claim: &Claim) -> Result<(), StoreError> {
    let sql = "UPDATE sweep_job SET state = 'waiting', ready = 0 WHERE sweep = $1 AND identity = $2 AND attempt = $3 AND worker = $4 AND state = 'running'";
    db.execute(sql, &held(claim)).map(|_| ())
}

/// Jobs of a sweep by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Not taken yet, or to be tried again.
    pub waiting: i64,
    /// Held by a worker.
    pub running: i64,
    /// Scanned.
    pub done: i64,
    /// Found unchanged by a worker.
    pub unchanged: i64,
    /// Given up.
    pub dead: i64,
}

impl Counts {
    /// Those of a sweep.
    pub(crate) fn of(db: &mut Db, sweep: i64) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        for row in db.query("SELECT state, count(*) FROM sweep_job WHERE sweep = $1 GROUP BY state", &[sweep.into()])? {
            let number = row.int(1);
            match row.text(0) {
                "waiting" => counts.waiting = number,
                "running" => counts.running = number,
                "done" => counts.done = number,
                "unchanged" => counts.unchanged = number,
                _ => counts.dead = number,
            }
        }
        Ok(counts)
    }

    /// Those that have not ended.
    pub fn left(&self) -> i64 {
        self.waiting + self.running
    }

    /// All of them.
    pub fn all(&self) -> i64 {
        self.left() + self.done + self.unchanged + self.dead
    }
}
