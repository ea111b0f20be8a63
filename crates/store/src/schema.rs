//! The tables, and how older ones become newer ones. The same SQL for SQLite and PostgreSQL.
//!
//! A `part` is a piece of a repository's catalog by content hash, an `endpoint` what its meaning is; both hold from their `first`
//! to their `last` revision, [`OPEN`] while they still do. Each row carries a seal, a hash of the others, so that a changed byte shows.

use crate::db::{APPLICATION, Db, Value};
use crate::error::StoreError;

/// `last` of a row that still holds.
pub(crate) const OPEN: i64 = i64::MAX;

/// What each schema adds to the one before.
const MIGRATIONS: &[&str] = &[
    "CREATE TABLE revision (
        number BIGINT PRIMARY KEY, hash TEXT NOT NULL, parent TEXT NOT NULL, kind TEXT NOT NULL, repository TEXT NOT NULL,
        snapshot TEXT NOT NULL, commit_id TEXT NOT NULL, commit_time TEXT NOT NULL, recorded TEXT NOT NULL, tool TEXT NOT NULL,
        note TEXT NOT NULL, endpoints BIGINT NOT NULL, added BIGINT NOT NULL, removed BIGINT NOT NULL, moved BIGINT NOT NULL,
        changed BIGINT NOT NULL, pruned BIGINT NOT NULL);
     CREATE TABLE part (
        repository TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
        seal TEXT NOT NULL, PRIMARY KEY (repository, name, first));
     CREATE TABLE object (hash TEXT PRIMARY KEY, body BYTEA NOT NULL);
     CREATE TABLE endpoint (
        repository TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, facts TEXT NOT NULL, file TEXT NOT NULL, line BIGINT NOT NULL,
        moved_from TEXT NOT NULL, since BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, seal TEXT NOT NULL,
        PRIMARY KEY (repository, id, first));
     CREATE INDEX endpoint_first ON endpoint (first);
     CREATE INDEX endpoint_last ON endpoint (last)",
    "CREATE TABLE tag (name TEXT PRIMARY KEY, revision BIGINT NOT NULL, seal TEXT NOT NULL);
     CREATE INDEX part_last ON part (last)",
    "CREATE INDEX revision_repository ON revision (repository, number)",
    // Facts are packed from here on; rows of older stores keep theirs as text.
    "ALTER TABLE endpoint ADD COLUMN packed BYTEA NOT NULL DEFAULT ''",
];

/// The latest schema that is known.
pub(crate) const LATEST: i64 = MIGRATIONS.len() as i64;

/// Brings a store to the latest schema, making it where it is empty. One process at a time does so.
pub(crate) fn migrate(db: &mut Db, place: &str) -> Result<(), StoreError> {
    if version(db, place)? == LATEST {
        return Ok(());
    }
    db.write(|db| {
        // Another process may have done it meanwhile.
        let from = version(db, place)?;
        if from == 0 {
            db.batch("CREATE TABLE apicensus (key TEXT PRIMARY KEY, value TEXT NOT NULL)")?;
            if matches!(db, Db::Sqlite(_)) {
                db.batch(&format!("PRAGMA application_id = {APPLICATION}"))?;
            }
            db.execute("INSERT INTO apicensus (key, value) VALUES ('schema', '0')", &[])?;
        }
        for (at, sql) in MIGRATIONS.iter().enumerate().skip(from as usize) {
            db.batch(sql)?;
            let version = Value::Text((at + 1).to_string());
            db.execute("UPDATE apicensus SET value = $1 WHERE key = 'schema'", &[version])?;
        }
        Ok(())
    })
}

/// The schema of a store; 0 for an empty database.
fn version(db: &mut Db, place: &str) -> Result<i64, StoreError> {
    let tables = match db {
        Db::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Db::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
    };
    let names = db.query(tables, &[])?;
    if names.iter().all(|row| row.text(0) != "apicensus") {
        let is_other = matches!(db, Db::Sqlite(_)) && !names.is_empty();
        let clash = names.iter().find(|row| ["revision", "part", "object", "endpoint", "tag"].contains(&row.text(0)));
        return match clash.or(if is_other { names.first() } else { None }) {
            Some(row) => Err(StoreError::NotACatalog { place: place.to_owned(), reason: format!("it has a table `{}`", row.text(0)) }),
            None => Ok(0),
        };
    }
    let rows = db.query("SELECT value FROM apicensus WHERE key = 'schema'", &[])?;
    let text = rows.first().map_or("", |row| row.text(0));
    match text.parse::<i64>() {
        Ok(found) if found > LATEST => Err(StoreError::Newer { place: place.to_owned(), found, known: LATEST }),
        Ok(found) if found > 0 => Ok(found),
        _ => Err(StoreError::Damaged(format!("its schema is `{text}`, which is no number"))),
    }
}
