//! Looking for faults: every hash, seal and link of a store, and whether its tables say the same.

use crate::db::{Db, Row};
use crate::error::StoreError;
use crate::keep;
use crate::parts;
use crate::read;
use crate::record;
use crate::rows::{EndpointRow, PartRow, Revision, holds};
use crate::schema::OPEN;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Objects that are read at once.
const AT_ONCE: i64 = 200;
/// Faults that are named at most.
const MOST: usize = 100;

/// What was looked at, and the faults.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Revisions.
    pub revisions: u64,
    /// Contents.
    pub objects: u64,
    /// Rows of parts, endpoints and tags.
    pub rows: u64,
    /// What is wrong, each with its place; at most a hundred.
    pub faults: Vec<String>,
}

impl Verified {
    fn fault(&mut self, text: String) {
        if self.faults.len() < MOST && !self.faults.contains(&text) {
            self.faults.push(text);
        }
    }
}

/// Looks at everything. A fault is no error; what can't be read at all is a fault too.
pub(crate) fn verify(db: &mut Db) -> Verified {
    let mut verified = Verified::default();
    if matches!(db, Db::Sqlite(_)) {
        pages(db, &mut verified);
    }
    let done = db.read(|db| {
        let revisions = read_some(&mut verified, "the log of revisions", Revision::all(db));
        chain(&revisions, &mut verified);
        let contents = objects(db, &mut verified);
        let parts = rows(db, &mut verified, "part", "repository,name,hash,first,last,seal", PartRow::read, PartRow::seal, |r| {
            format!("the row of the part `{}` of `{}` from revision {}", r.name, r.repository, r.first)
        });
        let endpoints = rows(db, &mut verified, "endpoint", EndpointRow::columns(true), EndpointRow::read, EndpointRow::seal, |r| {
            format!("the row of the endpoint {} of `{}` from revision {}", r.id, r.repository, r.first)
        });
        for row in endpoints.iter().filter(|row| parts::hash(row.facts.as_bytes()) != row.hash) {
            verified.fault(format!(
                "the facts of the endpoint {} of `{}` from revision {} do not have their hash",
                row.id, row.repository, row.first
            ));
        }
        for part in parts.iter().filter(|part| !contents.contains(&part.hash)) {
            verified.fault(format!(
                "the part `{}` of `{}`, revisions {} to {}, is damaged or not there ({})",
                part.name,
                part.repository,
                part.first,
                until(part.last),
                part.hash
            ));
        }
        states(&revisions, &parts, &endpoints, &mut verified);
        meanings(db, &revisions, &endpoints, &mut verified);
        tags(db, &revisions, &mut verified);
        Ok(())
    });
    if let Err(error) = done {
        verified.fault(error.to_string());
    }
    verified
}

fn until(last: i64) -> String {
    if last == OPEN { "now".to_owned() } else { last.to_string() }
}

/// What SQLite itself finds.
fn pages(db: &mut Db, verified: &mut Verified) {
    for row in read_some(verified, "the file", db.query("PRAGMA integrity_check(20)", &[])) {
        if row.text(0) != "ok" {
            verified.fault(format!("SQLite: {}", row.text(0).replace('\n', "; ")));
        }
    }
}

fn read_some<T>(verified: &mut Verified, what: &str, read: Result<Vec<T>, StoreError>) -> Vec<T> {
    read.unwrap_or_else(|error| {
        verified.fault(format!("{what} can't be read: {error}"));
        Vec::new()
    })
}

/// Each revision has its hash and names its parent's.
fn chain(revisions: &[Revision], verified: &mut Verified) {
    let (mut number, mut parent) = (0, "");
    for revision in revisions {
        verified.revisions += 1;
        if revision.number != number + 1 {
            verified.fault(format!("revision {} follows revision {number}; those between are not there", revision.number));
        } else if revision.parent != parent {
            verified.fault(format!("revision {} does not follow revision {number}: it names another parent", revision.number));
        }
        if revision.computed() != revision.hash {
            verified.fault(format!("revision {} does not have its hash: its line was changed", revision.number));
        }
        (number, parent) = (revision.number, &revision.hash);
    }
}

/// Unpacks every content. The hashes of the good ones.
fn objects(db: &mut Db, verified: &mut Verified) -> HashSet<String> {
    let mut good = HashSet::new();
    let mut after = String::new();
    loop {
        let sql = "SELECT hash, body FROM object WHERE hash > $1 ORDER BY hash LIMIT $2";
        let rows: Vec<Row> = read_some(verified, "the contents", db.query(sql, &[after.as_str().into(), AT_ONCE.into()]));
        let Some(last) = rows.last() else { return good };
        after = last.text(0).to_owned();
        for row in &rows {
            verified.objects += 1;
            // What is damaged is named by the parts that need it.
            if parts::unpack("", row.text(0), row.blob(1)).is_ok() {
                good.insert(row.text(0).to_owned());
            }
        }
    }
}

/// Reads a table and checks its seals.
fn rows<T>(
    db: &mut Db,
    verified: &mut Verified,
    table: &str,
    columns: &str,
    read: impl Fn(&Row) -> (T, String),
    seal: impl Fn(&T) -> String,
    name: impl Fn(&T) -> String,
) -> Vec<T> {
    let rows = db.query(&format!("SELECT {columns} FROM {table}"), &[]);
    let mut all = Vec::new();
    for row in read_some(verified, &format!("the table `{table}`"), rows) {
        let (row, stored) = read(&row);
        verified.rows += 1;
        if seal(&row) != stored {
            verified.fault(format!("{} was changed", name(&row)));
        }
        all.push(row);
    }
    all
}

/// Each revision's snapshot and number of endpoints are those of the rows that hold at it.
fn states(revisions: &[Revision], parts: &[PartRow], endpoints: &[EndpointRow], verified: &mut Verified) {
    for revision in revisions.iter().filter(|r| !r.pruned) {
        let here = parts.iter().filter(|p| p.repository == revision.repository && holds(p.first, p.last, revision.number));
        let named: BTreeMap<&str, &str> = here.map(|p| (p.name.as_str(), p.hash.as_str())).collect();
        if record::snapshot(named.into_iter()) != revision.snapshot {
            verified.fault(format!("the parts of revision {} are not those that were recorded", revision.number));
        }
        let number = endpoints.iter().filter(|e| e.repository == revision.repository && holds(e.first, e.last, revision.number)).count();
        if number as i64 != revision.endpoints {
            verified.fault(format!("revision {} was recorded with {} endpoints and has {number}", revision.number, revision.endpoints));
        }
    }
}

/// What is said of endpoints at the last revision of each repository is what its parts say.
fn meanings(db: &mut Db, revisions: &[Revision], endpoints: &[EndpointRow], verified: &mut Verified) {
    let last: BTreeMap<&str, &Revision> = revisions.iter().filter(|r| !r.pruned).map(|r| (r.repository.as_str(), r)).collect();
    for (repository, revision) in last {
        let catalog = match read::catalog(db, repository, revision.number) {
            Ok(catalog) => catalog,
            Err(error) => {
                verified.fault(format!("revision {} can't be read: {error}", revision.number));
                continue;
            }
        };
        let stored = endpoints.iter().filter(|e| e.repository == repository && e.last == OPEN);
        let stored: HashMap<&str, &EndpointRow> = stored.map(|e| (e.id.as_str(), e)).collect();
        for endpoint in &catalog.endpoints {
            let is_same = record::row(endpoint, &catalog, repository).is_ok_and(|row| {
                stored.get(row.id.as_str()).is_some_and(|s| (&s.hash, &s.file, s.line) == (&row.hash, &row.file, row.line))
            });
            if !is_same {
                verified.fault(format!("the endpoint {} of `{repository}` is not what its part says", endpoint.id));
            }
        }
    }
}

fn tags(db: &mut Db, revisions: &[Revision], verified: &mut Verified) {
    for row in read_some(verified, "the tags", db.query("SELECT name, revision, seal FROM tag", &[])) {
        verified.rows += 1;
        let named = revisions.iter().find(|r| r.number == row.int(1));
        if named.is_none_or(|revision| keep::tag_seal(row.text(0), revision) != row.text(2)) {
            verified.fault(format!("the tag `{}` was changed", row.text(0)));
        }
    }
}
