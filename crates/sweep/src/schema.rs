//! The tables of sweeps, beside those of the catalog, and the row of a sweep. Times are milliseconds since 1970 by the database's clock.

use crate::error::SweepError;
use apicensus_store::StoreError;
use apicensus_store::db::{Db, Row, Value};
use serde::Serialize;

const MIGRATIONS: &[&str] = &[
    "CREATE TABLE sweep (
        number BIGINT PRIMARY KEY, state TEXT NOT NULL, kind TEXT NOT NULL, ruleset TEXT NOT NULL, config TEXT NOT NULL,
        started BIGINT NOT NULL, ended BIGINT NOT NULL, deadline BIGINT NOT NULL, whole BIGINT NOT NULL, troubles TEXT NOT NULL,
        listed BIGINT NOT NULL, unchanged BIGINT NOT NULL, disabled BIGINT NOT NULL, revision BIGINT NOT NULL, reason TEXT NOT NULL);
     CREATE UNIQUE INDEX sweep_open ON sweep (state) WHERE state = 'open';
     CREATE TABLE sweep_repository (
        identity TEXT PRIMARY KEY, own_key TEXT NOT NULL, name TEXT NOT NULL, listed TEXT NOT NULL, last_listed BIGINT NOT NULL,
        failures BIGINT NOT NULL, disabled TEXT NOT NULL, commit_id TEXT NOT NULL, ruleset TEXT NOT NULL, config TEXT NOT NULL,
        scanned BIGINT NOT NULL, cost BIGINT NOT NULL, stale TEXT NOT NULL,
        pushed TEXT NOT NULL);
     CREATE UNIQUE INDEX sweep_repository_key ON sweep_repository (own_key);
     CREATE TABLE sweep_job (
        sweep BIGINT NOT NULL, identity TEXT NOT NULL, state TEXT NOT NULL, attempt BIGINT NOT NULL, tries BIGINT NOT NULL,
        lost BIGINT NOT NULL, ready BIGINT NOT NULL, lease BIGINT NOT NULL, worker TEXT NOT NULL, class TEXT NOT NULL,
        reason TEXT NOT NULL, past TEXT NOT NULL, cost BIGINT NOT NULL, PRIMARY KEY (sweep, identity));
     CREATE INDEX sweep_job_next ON sweep_job (sweep, state, cost DESC, identity);
     CREATE TABLE sweep_result (
        identity TEXT NOT NULL, sweep BIGINT NOT NULL, attempt BIGINT NOT NULL, worker TEXT NOT NULL, commit_id TEXT NOT NULL,
        commit_time TEXT NOT NULL, hash TEXT NOT NULL, body BYTEA NOT NULL, wall BIGINT NOT NULL, cpu BIGINT NOT NULL,
        memory BIGINT NOT NULL, finished BIGINT NOT NULL, published BIGINT NOT NULL, PRIMARY KEY (identity, sweep));
     CREATE INDEX sweep_result_published ON sweep_result (published);
     CREATE TABLE sweep_worker (
        name TEXT PRIMARY KEY, started BIGINT NOT NULL, seen BIGINT NOT NULL, running BIGINT NOT NULL, done BIGINT NOT NULL,
        failed BIGINT NOT NULL);
     CREATE TABLE sweep_page (url TEXT PRIMARY KEY, etag TEXT NOT NULL, link TEXT NOT NULL, body TEXT NOT NULL);
     CREATE TABLE sweep_hold (host TEXT PRIMARY KEY, until BIGINT NOT NULL)",
    // Packages that a repository declares and depends on, those of others that it was scanned with, and whether a sweep looked at them.
    "ALTER TABLE sweep_repository ADD COLUMN packages TEXT NOT NULL DEFAULT '';
     ALTER TABLE sweep_repository ADD COLUMN libraries TEXT NOT NULL DEFAULT '';
     ALTER TABLE sweep ADD COLUMN linked BIGINT NOT NULL DEFAULT 0;
     CREATE TABLE sweep_package (
        identity TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, folder TEXT NOT NULL, PRIMARY KEY (identity, kind, name, folder));
     CREATE INDEX sweep_package_name ON sweep_package (name);
     CREATE INDEX sweep_job_lease ON sweep_job (sweep, lease) WHERE state = 'running'",
];

const LATEST: i64 = MIGRATIONS.len() as i64;

/// Brings the tables up to date.
pub(crate) fn migrate(db: &mut Db) -> Result<(), SweepError> {
    if version(db)? == LATEST {
        return Ok(());
    }
    let found = db.write(|db| {
        let from = version(db)?;
        for sql in MIGRATIONS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            db.batch(sql)?;
        }
        if from < LATEST {
            db.execute("DELETE FROM apicensus WHERE key = 'sweep'", &[])?;
            db.execute("INSERT INTO apicensus (key, value) VALUES ('sweep', $1)", &[LATEST.to_string().into()])?;
        }
        Ok(from)
    })?;
    if found > LATEST { Err(SweepError::Newer { found, known: LATEST }) } else { Ok(()) }
}

fn version(db: &mut Db) -> Result<i64, StoreError> {
    let rows = db.query("SELECT value FROM apicensus WHERE key = 'sweep'", &[])?;
    Ok(rows.first().and_then(|row| row.text(0).parse().ok()).unwrap_or(0))
}

/// Now, by the database's clock: all workers see the same one.
pub(crate) fn now(db: &Db) -> &'static str {
    if db.is_server() { "(extract(epoch from clock_timestamp()) * 1000)::bigint" } else { "CAST(unixepoch('subsec') * 1000 AS INTEGER)" }
}

/// One sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Its number, from 1.
    pub number: i64,
    /// `open`, `published` or `abandoned`.
    pub state: String,
    /// `full` or `incremental`.
    pub kind: String,
    /// What the scanner knows, as a hash.
    pub ruleset: String,
    /// How it is told to scan, as a hash.
    pub config: String,
    /// When it was planned.
    pub started: i64,
    /// When it was published or abandoned; 0 while it is open.
    pub ended: i64,
    /// When it is to be published with what there is; 0 for never.
    pub deadline: i64,
    /// Whether every source was listed to its end.
    pub whole: bool,
    /// What went wrong while listing.
    pub troubles: Vec<String>,
    /// Repositories that were listed.
    pub listed: i64,
    /// Of them, those that did not change since they were scanned.
    pub unchanged: i64,
    /// Of them, those that were disabled after failing again and again.
    pub disabled: i64,
    /// The revision of the catalog it was published as; 0 before.
    pub revision: i64,
    /// Why it was not published.
    pub reason: String,
}

const COLUMNS: &str = "number,state,kind,ruleset,config,started,ended,deadline,whole,troubles,listed,unchanged,disabled,revision,reason";

impl Sweep {
    fn read(row: &Row) -> Sweep {
        let text = |at: usize| row.text(at).to_owned();
        Sweep {
            number: row.int(0),
            state: text(1),
            kind: text(2),
            ruleset: text(3),
            config: text(4),
            started: row.int(5),
            ended: row.int(6),
            deadline: row.int(7),
            whole: row.int(8) != 0,
            troubles: serde_json::from_str(row.text(9)).unwrap_or_default(),
            listed: row.int(10),
            unchanged: row.int(11),
            disabled: row.int(12),
            revision: row.int(13),
            reason: text(14),
        }
    }

    /// The one that is open.
    pub(crate) fn open(db: &mut Db) -> Result<Option<Sweep>, StoreError> {
        Ok(db.query(&format!("SELECT {COLUMNS} FROM sweep WHERE state = 'open'"), &[])?.first().map(Sweep::read))
    }

    /// The latest one; with a state, of those.
    pub(crate) fn latest(db: &mut Db, state: Option<&str>) -> Result<Option<Sweep>, StoreError> {
        let rows = match state {
            Some(state) => {
                db.query(&format!("SELECT {COLUMNS} FROM sweep WHERE state = $1 ORDER BY number DESC LIMIT 1"), &[state.into()])?
            }
            None => db.query(&format!("SELECT {COLUMNS} FROM sweep ORDER BY number DESC LIMIT 1"), &[])?,
        };
        Ok(rows.first().map(Sweep::read))
    }

    /// The latest full one that was not abandoned.
    pub(crate) fn latest_full(db: &mut Db) -> Result<Option<Sweep>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM sweep WHERE kind = 'full' AND state <> 'abandoned' ORDER BY number DESC LIMIT 1");
        Ok(db.query(&sql, &[])?.first().map(Sweep::read))
    }

    pub(crate) fn insert(&self, db: &mut Db) -> Result<(), StoreError> {
        let troubles = serde_json::to_string(&self.troubles).unwrap_or_default();
        let texts = [&self.state, &self.kind, &self.ruleset, &self.config].map(|text| Value::Text(text.clone()));
        let mut row = vec![self.number.into()];
        row.extend(texts);
        row.extend([self.started.into(), self.ended.into(), self.deadline.into(), i64::from(self.whole).into(), troubles.into()]);
        row.extend([self.listed.into(), self.unchanged.into(), self.disabled.into(), self.revision.into(), self.reason.clone().into()]);
        db.insert("sweep", &COLUMNS.split(',').collect::<Vec<_>>(), &[row], "")
    }

    /// Ends the open sweep.
    pub(crate) fn end(&self, db: &mut Db, state: &str, revision: i64, reason: &str) -> Result<(), StoreError> {
        let sql = format!("UPDATE sweep SET state = $1, ended = {}, revision = $2, reason = $3 WHERE number = $4", now(db));
        db.execute(&sql, &[state.into(), revision.into(), reason.into(), self.number.into()]).map(|_| ())
    }
}

/// The database's time.
pub(crate) fn clock(db: &mut Db) -> Result<i64, StoreError> {
    let sql = format!("SELECT {}", now(db));
    Ok(db.query(&sql, &[])?.first().map_or(0, |row| row.int(0)))
}
