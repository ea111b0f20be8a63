//! Rows of the tables as values, and their seals.

use crate::db::{Db, Row, Value};
use crate::error::StoreError;
use crate::parts::{self, hash};
use crate::schema::OPEN;
use serde::Serialize;
use std::collections::BTreeMap;

/// One revision of a store: one repository as it was scanned, rolled back or imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its number, from 1.
    pub number: i64,
    /// A hash of everything below and of its parent's hash.
    pub hash: String,
    /// The hash of the revision before; empty for the first one.
    pub parent: String,
    /// `scan`, `import` or `rollback`.
    pub kind: String,
    /// The repository that it is about.
    pub repository: String,
    /// A hash over the parts of the catalog.
    pub snapshot: String,
    /// The commit; empty where it is not known.
    pub commit: String,
    /// The commit's time, RFC 3339 in UTC.
    pub commit_time: String,
    /// When it was recorded, RFC 3339 in UTC.
    pub recorded: String,
    /// The version of apicensus.
    pub tool: String,
    /// What else there is to say.
    pub note: String,
    /// Endpoints of the repository.
    pub endpoints: i64,
    /// Endpoints that came with it.
    pub added: i64,
    /// Endpoints that went with it.
    pub removed: i64,
    /// Endpoints that moved with it.
    pub moved: i64,
    /// Endpoints that changed with it.
    pub changed: i64,
    /// Its content was given up by `gc`; only this line is left.
    pub pruned: bool,
}

const REVISION: [&str; 17] = [
    "number",
    "hash",
    "parent",
    "kind",
    "repository",
    "snapshot",
    "commit_id",
    "commit_time",
    "recorded",
    "tool",
    "note",
    "endpoints",
    "added",
    "removed",
    "moved",
    "changed",
    "pruned",
];

impl Revision {
    /// The hash that it should have.
    pub(crate) fn computed(&self) -> String {
        let Revision { number, parent, kind, repository, snapshot, commit, commit_time, recorded, tool, note, .. } = self;
        let Revision { endpoints, added, removed, moved, changed, .. } = self;
        let texts = [parent, kind, repository, snapshot, commit, commit_time, recorded, tool, note].map(|t| format!("{}:{t}", t.len()));
        hash(format!("{number} {endpoints} {added} {removed} {moved} {changed} {}", texts.join(" ")).as_bytes())
    }

    fn read(row: &Row) -> Revision {
        let text = |at: usize| row.text(at).to_owned();
        Revision {
            number: row.int(0),
            hash: text(1),
            parent: text(2),
            kind: text(3),
            repository: text(4),
            snapshot: text(5),
            commit: text(6),
            commit_time: text(7),
            recorded: text(8),
            tool: text(9),
            note: text(10),
            endpoints: row.int(11),
            added: row.int(12),
            removed: row.int(13),
            moved: row.int(14),
            changed: row.int(15),
            pruned: row.int(16) != 0,
        }
    }

    /// All of them, the first one first.
    pub(crate) fn all(db: &mut Db) -> Result<Vec<Revision>, StoreError> {
        let rows = db.query(&format!("SELECT {} FROM revision ORDER BY number", REVISION.join(",")), &[])?;
        Ok(rows.iter().map(Revision::read).collect())
    }

    /// Those of a repository, the first one first.
    pub(crate) fn of(db: &mut Db, repository: &str) -> Result<Vec<Revision>, StoreError> {
        let sql = format!("SELECT {} FROM revision WHERE repository = $1 ORDER BY number", REVISION.join(","));
        Ok(db.query(&sql, &[repository.into()])?.iter().map(Revision::read).collect())
    }

    /// The latest one, of a repository or of all.
    pub(crate) fn latest(db: &mut Db, repository: Option<&str>) -> Result<Option<Revision>, StoreError> {
        let columns = REVISION.join(",");
        let rows = match repository {
            Some(name) => {
                let sql = format!("SELECT {columns} FROM revision WHERE repository = $1 ORDER BY number DESC LIMIT 1");
                db.query(&sql, &[name.into()])?
            }
            None => db.query(&format!("SELECT {columns} FROM revision ORDER BY number DESC LIMIT 1"), &[])?,
        };
        Ok(rows.first().map(Revision::read))
    }

    /// Adds it, its hash computed.
    pub(crate) fn insert(&mut self, db: &mut Db) -> Result<(), StoreError> {
        self.hash = self.computed();
        let r = self.clone();
        let numbers = [r.endpoints, r.added, r.removed, r.moved, r.changed, i64::from(r.pruned)];
        let texts = [r.hash, r.parent, r.kind, r.repository, r.snapshot, r.commit, r.commit_time, r.recorded, r.tool, r.note];
        let row = std::iter::once(Value::Int(r.number)).chain(texts.map(Value::Text)).chain(numbers.map(Value::Int)).collect();
        db.insert("revision", &REVISION, &[row], "")
    }
}

/// A part of a repository's catalog from one revision to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartRow {
    pub repository: String,
    pub name: String,
    pub hash: String,
    pub first: i64,
    pub last: i64,
}

impl PartRow {
    pub fn seal(&self) -> String {
        seal(&[&self.repository, &self.name, &self.hash], &[self.first, self.last])
    }

    /// With the seal that is stored.
    pub fn read(row: &Row) -> (PartRow, String) {
        let text = |at: usize| row.text(at).to_owned();
        (PartRow { repository: text(0), name: text(1), hash: text(2), first: row.int(3), last: row.int(4) }, text(5))
    }

    /// The parts of a repository, or of all, as of a revision.
    pub fn at(db: &mut Db, repository: &str, revision: i64) -> Result<BTreeMap<String, PartRow>, StoreError> {
        let sql = "SELECT repository,name,hash,first,last,seal FROM part WHERE repository = $1 AND first <= $2 AND last >= $2";
        let rows = db.query(sql, &[repository.into(), revision.into()])?;
        Ok(rows.iter().map(|row| PartRow::read(row).0).map(|part| (part.name.clone(), part)).collect())
    }

    pub fn insert(db: &mut Db, rows: &[PartRow]) -> Result<(), StoreError> {
        let values = |r: &PartRow| {
            let texts = [&r.repository, &r.name, &r.hash].map(|t| Value::Text(t.clone()));
            texts.into_iter().chain([r.first.into(), r.last.into(), r.seal().into()]).collect()
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(values).collect();
        db.insert("part", &["repository", "name", "hash", "first", "last", "seal"], &rows, "")
    }

    /// Ends it with a revision.
    pub fn close(mut self, db: &mut Db, last: i64) -> Result<(), StoreError> {
        self.last = last;
        let sql = "UPDATE part SET last = $1, seal = $2 WHERE repository = $3 AND name = $4 AND first = $5";
        let values = [last.into(), self.seal().into(), self.repository.into(), self.name.into(), self.first.into()];
        db.execute(sql, &values).map(|_| ())
    }
}

/// What an endpoint means from one revision to another. Its facts are JSON of an endpoint without lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointRow {
    pub repository: String,
    pub id: String,
    /// The hash of its facts.
    pub hash: String,
    /// Empty where they were not read.
    pub facts: String,
    /// Where it stood last.
    pub file: String,
    pub line: i64,
    /// What it was before, JSON of a `Former`; empty where it did not move.
    pub moved_from: String,
    /// The revision at which it first came, under this or an earlier path.
    pub since: i64,
    pub first: i64,
    pub last: i64,
}

impl EndpointRow {
    pub fn seal(&self) -> String {
        let texts = [&self.repository, &self.id, &self.hash, &self.file, &self.moved_from];
        seal(&texts.map(String::as_str), &[self.line, self.since, self.first, self.last])
    }

    /// The columns that [`EndpointRow::read`] reads; without the facts they are empty.
    pub fn columns(with_facts: bool) -> &'static str {
        if with_facts {
            "repository,id,hash,facts,file,line,moved_from,since,first,last,seal,packed"
        } else {
            "repository,id,hash,'',file,line,moved_from,since,first,last,seal"
        }
    }

    /// The facts of a row, from the columns `facts` and `packed` that stand there; empty where they can't be unpacked.
    pub fn facts(row: &Row, facts: usize, packed: usize) -> String {
        match row.blob(packed) {
            [] => row.text(facts).to_owned(),
            packed => parts::inflate(packed).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default(),
        }
    }

    /// With the seal that is stored.
    pub fn read(row: &Row) -> (EndpointRow, String) {
        let text = |at: usize| row.text(at).to_owned();
        let read = EndpointRow {
            repository: text(0),
            id: text(1),
            hash: text(2),
            facts: EndpointRow::facts(row, 3, 11),
            file: text(4),
            line: row.int(5),
            moved_from: text(6),
            since: row.int(7),
            first: row.int(8),
            last: row.int(9),
        };
        (read, text(10))
    }

    /// The endpoints of a repository as of a revision, by id.
    pub fn at(db: &mut Db, repository: &str, revision: i64, with_facts: bool) -> Result<BTreeMap<String, EndpointRow>, StoreError> {
        let columns = EndpointRow::columns(with_facts);
        let sql = format!("SELECT {columns} FROM endpoint WHERE repository = $1 AND first <= $2 AND last >= $2");
        let rows = db.query(&sql, &[repository.into(), revision.into()])?;
        Ok(rows.iter().map(|row| EndpointRow::read(row).0).map(|row| (row.id.clone(), row)).collect())
    }

    pub fn insert(db: &mut Db, rows: &[EndpointRow]) -> Result<(), StoreError> {
        let values = |r: &EndpointRow| {
            let texts = [&r.repository, &r.id, &r.hash, &r.file].map(|t| Value::Text(t.clone()));
            let packed = [Value::Text(String::new()), Value::Blob(parts::pack(r.facts.as_bytes()))];
            let rest = [r.line.into(), r.moved_from.clone().into(), r.since.into(), r.first.into(), r.last.into(), r.seal().into()];
            texts.into_iter().chain(packed).chain(rest).collect()
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(values).collect();
        db.insert(
            "endpoint",
            &["repository", "id", "hash", "file", "facts", "packed", "line", "moved_from", "since", "first", "last", "seal"],
            &rows,
            "",
        )
    }

    /// Writes what may change of a row: where it stood last, and when it ended.
    pub fn update(&self, db: &mut Db) -> Result<(), StoreError> {
        let sql = "UPDATE endpoint SET last = $1, seal = $2, file = $3, line = $4 WHERE repository = $5 AND id = $6 AND first = $7";
        let values = [
            self.last.into(),
            self.seal().into(),
            self.file.as_str().into(),
            self.line.into(),
            self.repository.as_str().into(),
            self.id.as_str().into(),
            self.first.into(),
        ];
        db.execute(sql, &values).map(|_| ())
    }
}

/// Whether a row holds at a revision.
pub(crate) fn holds(first: i64, last: i64, revision: i64) -> bool {
    first <= revision && (last == OPEN || revision <= last)
}

fn seal(texts: &[&str], numbers: &[i64]) -> String {
    let texts: Vec<String> = texts.iter().map(|t| format!("{}:{t}", t.len())).collect();
    hash(format!("{} {numbers:?}", texts.join(" ")).as_bytes()).chars().take(16).collect()
}
