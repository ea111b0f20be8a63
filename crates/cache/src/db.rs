//! The file: one table of keys with sizes and last use, one of contents.
//!
//! Written in write-ahead mode, so that readers never wait, and a writer that is killed leaves the last whole state. Losing the last
//! writes to a power cut is no harm, so nothing is synchronised.

use crate::Key;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The layout of the tables, in the file's name: another one is another file.
const FILE: &str = "cache-1.db";
/// How long a writer waits for another one; what it had to write is dropped then.
const WAIT: Duration = Duration::from_millis(500);
/// Tenths of the size that are left when room was made.
const KEPT_TENTHS: u64 = 8;

const TABLES: &str = "
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, id INTEGER NOT NULL, size INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS content (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    COMMIT;";

/// The open file.
pub(crate) struct Db {
    connection: Connection,
    path: PathBuf,
    /// Keys read whose last use is an earlier day.
    touched: Vec<Key>,
}

impl Db {
    /// Opens the file of a folder; one that is no database is put aside first.
    pub fn open(folder: &Path) -> rusqlite::Result<Db> {
        let path = folder.join(FILE);
        match Db::at(&path) {
            Err(error) if is_damage(&error) => {
                remove(&path);
                Db::at(&path)
            }
            other => other,
        }
    }

    fn at(path: &Path) -> rusqlite::Result<Db> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(WAIT)?;
        let is_new = connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))? == 0;
        if is_new {
            connection.execute_batch("PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL;")?;
        }
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA mmap_size = 268435456;")?;
        if is_new {
            connection.execute_batch(TABLES)?;
        }
        Ok(Db { connection, path: path.to_owned(), touched: Vec::new() })
    }

    /// What is stored under a key.
    pub fn get(&mut self, key: &Key) -> rusqlite::Result<Option<Vec<u8>>> {
        let mut statement =
            self.connection.prepare_cached("SELECT bytes, used FROM entry JOIN content ON content.id = entry.id WHERE key = ?1")?;
        let found = statement.query_row([key.as_slice()], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))).optional()?;
        let Some((bytes, used)) = found else { return Ok(None) };
        if used < today() {
            self.touched.push(*key);
        }
        Ok(Some(bytes))
    }

    /// Forgets an entry.
    pub fn remove(&mut self, key: &Key) -> rusqlite::Result<()> {
        let change = self.connection.transaction()?;
        change.execute("DELETE FROM content WHERE id = (SELECT id FROM entry WHERE key = ?1)", [key.as_slice()])?;
        change.execute("DELETE FROM entry WHERE key = ?1", [key.as_slice()])?;
        change.commit()
    }

    /// Writes entries and the days of use, and makes room when more than `most` bytes are kept.
    pub fn finish(&mut self, entries: &[(Key, Vec<u8>)], most: u64) -> rusqlite::Result<()> {
        let touched = std::mem::take(&mut self.touched);
        if entries.is_empty() && touched.is_empty() {
            return Ok(());
        }
        let day = today();
        let change = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut touch = change.prepare_cached("UPDATE entry SET used = ?2 WHERE key = ?1")?;
            for key in &touched {
                touch.execute(params![key.as_slice(), day])?;
            }
            let mut known = change.prepare_cached("SELECT 1 FROM entry WHERE key = ?1")?;
            let mut content = change.prepare_cached("INSERT INTO content (bytes) VALUES (?1)")?;
            let mut entry = change.prepare_cached("INSERT INTO entry (key, id, size, used) VALUES (?1, ?2, ?3, ?4)")?;
            for (key, bytes) in entries {
                if !known.exists([key.as_slice()])? {
                    content.execute([bytes])?;
                    entry.execute(params![key.as_slice(), change.last_insert_rowid(), bytes.len() as i64, day])?;
                }
            }
        }
        let is_large = make_room(&change, most)?;
        change.commit()?;
        if is_large {
            self.connection.execute_batch("PRAGMA incremental_vacuum;")?;
        }
        Ok(())
    }

    /// Closes the file and takes it away.
    pub fn put_aside(self) {
        let Db { connection, path, .. } = self;
        drop(connection);
        remove(&path);
    }
}

/// Forgets the entries that were not used for longest until the rest fits well; whether any went.
fn make_room(change: &rusqlite::Transaction<'_>, most: u64) -> rusqlite::Result<bool> {
    let kept = change.query_row("SELECT coalesce(sum(size), 0) FROM entry", [], |row| row.get::<_, i64>(0))? as u64;
    if kept <= most {
        return Ok(false);
    }
    let mut over = kept - most / 10 * KEPT_TENTHS;
    let mut oldest = change.prepare("SELECT key, id, size FROM entry ORDER BY used, id")?;
    let mut rows = oldest.query([])?;
    let mut gone: Vec<(Vec<u8>, i64)> = Vec::new();
    while over > 0
        && let Some(row) = rows.next()?
    {
        gone.push((row.get(0)?, row.get(1)?));
        over = over.saturating_sub(row.get::<_, i64>(2)? as u64);
    }
    for (key, id) in gone {
        change.execute("DELETE FROM content WHERE id = ?1", [id])?;
        change.execute("DELETE FROM entry WHERE key = ?1", [key])?;
    }
    Ok(true)
}

/// Whether an error says that the file itself is of no use.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => {
            let no_table = text.as_deref().is_some_and(|t| t.starts_with("no such table") || t.starts_with("no such column"));
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) || no_table
        }
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..) => true,
        rusqlite::Error::SqlInputError { msg, .. } => msg.starts_with("no such"),
        _ => false,
    }
}

fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(name);
    }
}

/// Days since 1970.
fn today() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| (d.as_secs() / 86_400) as i64)
}
