//! Planning: what is listed against what is known gives the jobs of a sweep.

use crate::error::SweepError;
use crate::link::Link;
use crate::listing::{Listed, Listing, Rules};
use crate::schema::{Sweep, clock};
use apicensus_store::StoreError;
use apicensus_store::db::{Db, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How to plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By what is scanned.
    pub rules: Rules,
    /// Scan everything, changed or not.
    pub full: bool,
    /// Do so by itself when the last time is so long ago, in milliseconds.
    pub full_every: i64,
    /// Milliseconds until a sweep is published with what there is.
    pub deadline: i64,
    /// Only tell; write nothing.
    pub dry_run: bool,
}

/// What was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A sweep was open; it goes on.
    Joined(Sweep),
    /// A sweep was begun, or would be.
    Begun {
        /// It.
        sweep: Sweep,
        /// The repositories to be scanned, by name.
        jobs: Vec<String>,
        /// The sweep that gave way, as it went by other rules.
        instead_of: Option<i64>,
    },
}

/// What is known of a repository.
struct Known {
    key: String,
    disabled: bool,
    /// The commit whose result holds under the rules; empty where there is none.
    commit: String,
    /// The mark of its forge as of that commit.
    pushed: String,
    cost: i64,
}

/// Begins a sweep, unless one with the same rules is open; `list` is asked only if not.
///
/// # Errors
/// When the database fails; nothing has changed then.
pub fn plan(link: &Link, plan: &Plan, list: impl FnOnce() -> Listing) -> Result<Planned, SweepError> {
    let same = |sweep: &Sweep| sweep.ruleset == plan.rules.ruleset && sweep.config == plan.rules.config;
    if let Some(open) = link.run(|store| Sweep::open(store.db()))?.filter(same) {
        return Ok(Planned::Joined(open));
    }
    let listing = list();
    link.run(|store| {
        let work = |db: &mut Db| {
            let open = Sweep::open(db)?;
            if let Some(open) = open.clone().filter(same) {
                return Ok(Planned::Joined(open));
            }
            begin(db, plan, &listing, open)
        };
        if plan.dry_run { store.db().read(work) } else { store.db().write(work) }
    })
}

fn begin(db: &mut Db, plan: &Plan, listing: &Listing, open: Option<Sweep>) -> Result<Planned, StoreError> {
    let now = clock(db)?;
    let last_full = Sweep::latest_full(db)?;
    let is_full = plan.full || last_full.is_none_or(|last| last.started + plan.full_every <= now);
    let mut sweep = Sweep {
        number: Sweep::latest(db, None)?.map_or(0, |last| last.number) + 1,
        state: "open".to_owned(),
        kind: if is_full { "full" } else { "incremental" }.to_owned(),
        ruleset: plan.rules.ruleset.clone(),
        config: plan.rules.config.clone(),
        started: now,
        deadline: now + plan.deadline,
        whole: listing.whole,
        troubles: listing.troubles.clone(),
        listed: listing.repositories.len() as i64,
        ..Sweep::default()
    };
    let mut known = known(db, &plan.rules)?;
    let mut keys: BTreeSet<String> = known.values().map(|known| known.key.clone()).collect();
    let (mut rows, mut jobs) = (Vec::new(), Vec::new());
    for repository in &listing.repositories {
        let known = known.remove(&repository.identity).unwrap_or_else(|| Known {
            key: unused(&repository.name, &keys),
            disabled: false,
            commit: String::new(),
            pushed: String::new(),
            cost: 0,
        });
        keys.insert(known.key.clone());
        if known.disabled {
            sweep.disabled += 1;
        } else if !is_full && is_same(repository, &known) {
            sweep.unchanged += 1;
        } else {
            jobs.push((repository, known.cost));
        }
        rows.push(row(repository, &known.key, sweep.number));
    }
    let names = jobs.iter().map(|(repository, _)| repository.name.clone()).collect();
    if !plan.dry_run {
        if let Some(open) = &open {
            open.end(db, "abandoned", 0, &format!("sweep {} took its place, as the rules have changed", sweep.number))?;
        }
        write(db, &sweep, &rows, &jobs)?;
    }
    Ok(Planned::Begun { sweep, jobs: names, instead_of: open.map(|open| open.number) })
}

/// Everything that is known of repositories, by identity.
fn known(db: &mut Db, rules: &Rules) -> Result<BTreeMap<String, Known>, StoreError> {
    let sql = "SELECT identity, own_key, disabled, commit_id, ruleset, config, stale, cost, pushed FROM sweep_repository";
    let rows = db.query(sql, &[])?;
    let known = rows.iter().map(|row| {
        let holds = row.text(4) == rules.ruleset && row.text(5) == rules.config && row.text(6).is_empty();
        let commit = if holds { row.text(3).to_owned() } else { String::new() };
        let (key, pushed) = (row.text(1).to_owned(), row.text(8).to_owned());
        (row.text(0).to_owned(), Known { key, disabled: !row.text(2).is_empty(), commit, pushed, cost: row.int(7) })
    });
    Ok(known.collect())
}

/// Whether a repository is as it was scanned: by its commit, else by the mark of its forge.
fn is_same(repository: &Listed, known: &Known) -> bool {
    match repository.head.is_empty() {
        _ if known.commit.is_empty() => false,
        false => repository.head == known.commit,
        true => !repository.pushed.is_empty() && repository.pushed == known.pushed,
    }
}

/// A name that no other repository has in the catalog.
fn unused(name: &str, keys: &BTreeSet<String>) -> String {
    let mut candidates = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}~{n}")));
    candidates.find(|candidate| !keys.contains(candidate)).unwrap_or_default()
}

fn row(repository: &Listed, key: &str, sweep: i64) -> Vec<Value> {
    let listed = serde_json::to_string(repository).unwrap_or_default();
    let texts = [repository.identity.as_str(), key, repository.name.as_str(), listed.as_str()].map(Value::from);
    let mut row: Vec<Value> = texts.into_iter().chain([sweep.into(), 0.into()]).collect();
    row.extend(["", "", "", ""].map(Value::from));
    row.extend([0.into(), 0.into(), "".into(), "".into()]);
    row
}

const REPOSITORY: [&str; 14] = [
    "identity",
    "own_key",
    "name",
    "listed",
    "last_listed",
    "failures",
    "disabled",
    "commit_id",
    "ruleset",
    "config",
    "scanned",
    "cost",
    "stale",
    "pushed",
];
const JOB: [&str; 13] =
    ["sweep", "identity", "state", "attempt", "tries", "lost", "ready", "lease", "worker", "class", "reason", "past", "cost"];

fn write(db: &mut Db, sweep: &Sweep, rows: &[Vec<Value>], jobs: &[(&Listed, i64)]) -> Result<(), StoreError> {
    let update = "ON CONFLICT (identity) DO UPDATE SET name = excluded.name, listed = excluded.listed, last_listed = excluded.last_listed";
    db.insert("sweep_repository", &REPOSITORY, rows, update)?;
    let job = |(repository, cost): &(&Listed, i64)| {
        let mut row: Vec<Value> = vec![sweep.number.into(), repository.identity.as_str().into(), "waiting".into()];
        row.extend([0; 5].map(Value::from));
        row.extend(["", "", "", "[]"].map(Value::from));
        row.push((*cost).into());
        row
    };
    let jobs: Vec<Vec<Value>> = jobs.iter().map(job).collect();
    db.insert("sweep_job", &JOB, &jobs, "")?;
    sweep.insert(db)?;
    // Without figures the database would sort all jobs to find the next one.
    db.batch("ANALYZE sweep_job")
}
