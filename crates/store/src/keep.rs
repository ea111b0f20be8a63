//! Tags, rollbacks and giving up what is no longer wanted.

use crate::db::Db;
use crate::error::StoreError;
use crate::parts::hash;
use crate::read;
use crate::record::{Origin, Recorded, State, append};
use crate::rows::{EndpointRow, PartRow, Revision};
use crate::schema::OPEN;
use std::collections::{BTreeMap, BTreeSet};

/// What `gc` gave up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Collected {
    /// Revisions whose content is gone; their lines in the log stay.
    pub revisions: u64,
    /// Rows of parts and endpoints.
    pub rows: u64,
    /// Contents that nothing refers to.
    pub objects: u64,
}

/// The seal of a tag.
pub(crate) fn tag_seal(name: &str, revision: &Revision) -> String {
    hash(format!("{name} {}", revision.hash).as_bytes())
}

/// Gives a revision a name, or moves the name to it.
pub(crate) fn tag(db: &mut Db, name: &str, revision: &str) -> Result<Revision, StoreError> {
    db.write(|db| tag_within(db, name, revision))
}

/// The same within a transaction that is open.
pub(crate) fn tag_within(db: &mut Db, name: &str, revision: &str) -> Result<Revision, StoreError> {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_/".contains(c)) && !name.starts_with(['-', '.', '/']);
    if name.is_empty() || !is_plain || name.parse::<i64>().is_ok() || name.starts_with("head") {
        let message = format!("`{name}` can't be a tag: letters, digits, `.`, `-`, `_` and `/`, no number and not `head`");
        return Err(StoreError::Wrong(message));
    }
    let found = read::resolve(db, revision)?;
    db.execute("DELETE FROM tag WHERE name = $1", &[name.into()])?;
    db.insert("tag", &["name", "revision", "seal"], &[vec![name.into(), found.number.into(), tag_seal(name, &found).into()]], "")?;
    Ok(found)
}

/// Takes a name away; whether there was one.
pub(crate) fn untag(db: &mut Db, name: &str) -> Result<bool, StoreError> {
    db.write(|db| Ok(db.execute("DELETE FROM tag WHERE name = $1", &[name.into()])? > 0))
}

/// All tags: (name, revision).
pub(crate) fn tags(db: &mut Db) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = db.query("SELECT name, revision FROM tag ORDER BY name", &[])?;
    Ok(rows.iter().map(|row| (row.text(0).to_owned(), row.int(1))).collect())
}

/// Makes the state of an earlier revision the latest one again, as a revision of its own.
pub(crate) fn rollback(db: &mut Db, repository: &str, to: &str, recorded: &str) -> Result<Recorded, StoreError> {
    db.write(|db| {
        let target = read::resolve(db, to)?;
        let parts = PartRow::at(db, repository, target.number)?;
        if parts.is_empty() {
            return Err(StoreError::Wrong(format!("the repository `{repository}` is not in revision {}", target.number)));
        }
        let endpoints = EndpointRow::at(db, repository, target.number, true)?;
        let parts: BTreeMap<String, (String, Option<Vec<u8>>)> = parts.into_iter().map(|(name, part)| (name, (part.hash, None))).collect();
        let then = state_of(db, repository, target.number)?;
        let latest = Revision::latest(db, Some(repository))?.unwrap_or_default();
        if latest.snapshot == then.snapshot && latest.commit == then.commit {
            return Ok(Recorded::Same(latest.number));
        }
        let origin = Origin {
            repository: repository.to_owned(),
            commit: then.commit,
            commit_time: then.commit_time,
            recorded: recorded.to_owned(),
            note: format!("back to revision {}", target.number),
        };
        append(db, State { parts, endpoints }, &origin, "rollback").map(|revision| Recorded::Added(Box::new(revision)))
    })
}

/// The last revision of a repository at or before another one.
pub(crate) fn state_of(db: &mut Db, repository: &str, number: i64) -> Result<Revision, StoreError> {
    let all = Revision::all(db)?;
    let found = all.into_iter().rev().find(|r| r.number <= number && r.repository == repository);
    found.ok_or_else(|| StoreError::Wrong(format!("the repository `{repository}` is not in revision {number}")))
}

/// Gives up the content of all but the last `keep` revisions and those with a tag; with none, only what nothing refers to.
pub(crate) fn collect(db: &mut Db, keep: Option<u64>) -> Result<Collected, StoreError> {
    let collected = db.write(|db| {
        let all = Revision::all(db)?;
        let head = all.last().map_or(0, |r| r.number);
        let floor = keep.map_or(0, |keep| head - i64::try_from(keep.max(1)).unwrap_or(i64::MAX) + 1);
        let tagged: BTreeSet<i64> = tags(db)?.into_iter().map(|(_, revision)| revision).collect();
        let is_kept = |number: i64| number >= floor || tagged.contains(&number);
        let mut collected = Collected::default();
        for revision in all.iter().filter(|r| !r.pruned && !is_kept(r.number)) {
            db.execute("UPDATE revision SET pruned = 1 WHERE number = $1", &[revision.number.into()])?;
            collected.revisions += 1;
        }
        let kept: Vec<i64> = all.iter().filter(|r| !r.pruned && is_kept(r.number)).map(|r| r.number).collect();
        for (table, key) in [("part", "name"), ("endpoint", "id")] {
            let rows = db.query(&format!("SELECT repository, {key}, first, last FROM {table} WHERE last < $1"), &[OPEN.into()])?;
            for row in rows {
                let (first, last) = (row.int(2), row.int(3));
                let after = kept.partition_point(|number| *number < first);
                if kept.get(after).is_none_or(|number| *number > last) {
                    let sql = format!("DELETE FROM {table} WHERE repository = $1 AND {key} = $2 AND first = $3");
                    collected.rows += db.execute(&sql, &[row.text(0).into(), row.text(1).into(), first.into()])?;
                }
            }
        }
        collected.objects = db.execute("DELETE FROM object WHERE hash NOT IN (SELECT hash FROM part)", &[])?;
        Ok(collected)
    })?;
    match db {
        Db::Sqlite(_) => db.batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?,
        Db::Postgres(_) => db.batch("VACUUM")?,
    }
    Ok(collected)
}
