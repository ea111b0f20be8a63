//! One way to speak to SQLite and PostgreSQL: the same SQL, values of three kinds, transactions that one writer at a time holds.
//!
//! Statements use `$1`; columns are BIGINT, TEXT or BYTEA, which SQLite takes as they are, and none is ever null.

use crate::error::StoreError;
use postgres::types::{ToSql, Type};
use rusqlite::types::ValueRef;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// Seconds that a writer waits for another one.
pub(crate) const WAIT: u64 = 30;
/// The advisory lock of PostgreSQL that writers and migrations take: "apicensu" in ASCII.
const LOCK: i64 = 0x6170_6963_656e_7375;
/// Marks a SQLite file as a catalog: "APIC" in ASCII.
pub(crate) const APPLICATION: i64 = 0x4150_4943;
/// Values of one statement at most; SQLite takes 32,766 and PostgreSQL 65,535.
const MOST_VALUES: usize = 8_000;

/// Longest statement that stays prepared, in bytes, and how many do.
const MOST_KEPT: usize = 2_000;
const MOST_STATEMENTS: usize = 200;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

/// A row of a result.
#[derive(Debug)]
pub struct Row(Vec<Value>);

impl Row {
    /// The number in a column; 0 where there is none.
    pub fn int(&self, at: usize) -> i64 {
        if let Some(Value::Int(value)) = self.0.get(at) { *value } else { 0 }
    }
    /// The text in a column.
    pub fn text(&self, at: usize) -> &str {
        if let Some(Value::Text(value)) = self.0.get(at) { value } else { "" }
    }
    /// The bytes in a column.
    pub fn blob(&self, at: usize) -> &[u8] {
        if let Some(Value::Blob(value)) = self.0.get(at) { value } else { &[] }
    }
}

/// A connection.
pub enum Db {
    /// To a file.
    Sqlite(rusqlite::Connection),
    /// To a server.
    Postgres(Box<Server>),
}

/// A connection to PostgreSQL with the statements that it has prepared.
pub struct Server {
    client: postgres::Client,
    statements: HashMap<String, postgres::Statement>,
}

impl Server {
    pub(crate) fn new(client: postgres::Client) -> Server {
        Server { client, statements: HashMap::new() }
    }

    /// A statement, prepared once; long ones, which are made for their rows, each time.
    fn prepared(&mut self, sql: &str) -> Result<postgres::Statement, postgres::Error> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql)?;
        if sql.len() < MOST_KEPT && self.statements.len() < MOST_STATEMENTS {
            self.statements.insert(sql.to_owned(), statement.clone());
        }
        Ok(statement)
    }
}

impl Db {
    /// Opens a file of SQLite, making it where there is none.
    pub(crate) fn sqlite(path: &Path) -> Result<Db, rusqlite::Error> {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(WAIT))?;
        // The first statement that reads the file: what is no database is told here.
        connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA cache_size = -65536;",
        )?;
        Ok(Db::Sqlite(connection))
    }

    /// Runs statements without values.
    ///
    /// # Errors
    /// When the database fails.
    pub fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Db::Sqlite(db) => db.execute_batch(sql).map_err(|e| of_sqlite(&e)),
            Db::Postgres(db) => db.client.batch_execute(sql).map_err(|e| of_postgres(&e)),
        }
    }

    /// Runs one statement; the rows that it touched.
    ///
    /// # Errors
    /// When the database fails.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        match self {
            Db::Sqlite(db) => {
                let mut statement = db.prepare_cached(&sql.replace('$', "?")).map_err(|e| of_sqlite(&e))?;
                statement.execute(rusqlite::params_from_iter(values.iter().map(sqlite_value))).map(|n| n as u64).map_err(|e| of_sqlite(&e))
            }
            Db::Postgres(db) => {
                let values = postgres_values(values);
                let refs: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| &**v as &(dyn ToSql + Sync)).collect();
                let statement = db.prepared(sql).map_err(|e| of_postgres(&e))?;
                db.client.execute(&statement, &refs).map_err(|e| of_postgres(&e))
            }
        }
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// When the database fails.
    pub fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Db::Sqlite(db) => {
                let mut statement = db.prepare_cached(&sql.replace('$', "?")).map_err(|e| of_sqlite(&e))?;
                let width = statement.column_count();
                let found = statement.query_map(rusqlite::params_from_iter(values.iter().map(sqlite_value)), |row| {
                    (0..width).map(|at| row.get_ref(at).map(from_sqlite)).collect::<Result<Vec<Value>, _>>().map(Row)
                });
                found.and_then(Iterator::collect).map_err(|e| of_sqlite(&e))
            }
            Db::Postgres(db) => {
                let values = postgres_values(values);
                let refs: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| &**v as &(dyn ToSql + Sync)).collect();
                let statement = db.prepared(sql).map_err(|e| of_postgres(&e))?;
                let rows = db.client.query(&statement, &refs).map_err(|e| of_postgres(&e))?;
                rows.iter().map(from_postgres).collect()
            }
        }
    }

    /// Adds rows: `INSERT INTO table (columns) VALUES ...` in few statements, `after` at their ends.
    ///
    /// # Errors
    /// When the database fails.
    pub fn insert(&mut self, table: &str, columns: &[&str], rows: &[Vec<Value>], after: &str) -> Result<(), StoreError> {
        let at_once = (MOST_VALUES / columns.len().max(1)).max(1);
        for rows in rows.chunks(at_once) {
            let mut number = 0;
            let mut place = || {
                number += 1;
                format!("${number}")
            };
            let groups: Vec<String> =
                rows.iter().map(|row| format!("({})", row.iter().map(|_| place()).collect::<Vec<_>>().join(","))).collect();
            let sql = format!("INSERT INTO {table} ({}) VALUES {} {after}", columns.join(","), groups.join(","));
            let values: Vec<Value> = rows.iter().flatten().cloned().collect();
            self.execute(&sql, &values)?;
        }
        Ok(())
    }

    /// Does work as the only writer; what it wrote is there whole or, when it fails, not at all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Db::Sqlite(_) => self.batch("BEGIN IMMEDIATE")?,
            Db::Postgres(_) => {
                self.batch(&format!("BEGIN; SET LOCAL lock_timeout = '{WAIT}s'; SET LOCAL synchronous_commit = on"))?;
                if let Err(error) = self.batch(&format!("SELECT pg_advisory_xact_lock({LOCK})")) {
                    let _ = self.batch("ROLLBACK");
                    return Err(error);
                }
            }
        }
        let done = work(self).and_then(|value| self.batch("COMMIT").map(|()| value));
        if done.is_err() {
            // The error of the work counts; a connection that broke rolls back by itself.
            let _ = self.batch("ROLLBACK");
        }
        done
    }

    /// Does work in a transaction beside other writers of a server; in a file there is one writer at a time.
    ///
    /// # Errors
    /// When the work or the database fails; nothing was written then.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.batch(if self.is_server() { "BEGIN; SET LOCAL synchronous_commit = on" } else { "BEGIN IMMEDIATE" })?;
        let done = work(self).and_then(|value| self.batch("COMMIT").map(|()| value));
        if done.is_err() {
            let _ = self.batch("ROLLBACK");
        }
        done
    }

    /// Whether it is a server that several machines share, PostgreSQL.
    pub fn is_server(&self) -> bool {
        matches!(self, Db::Postgres(_))
    }

    /// Reads as of one moment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read<T>(&mut self, work: impl FnOnce(&mut Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let begin = match self {
            Db::Sqlite(_) => "BEGIN",
            Db::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.batch(begin)?;
        let done = work(self);
        let ended = self.batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        done.and_then(|value| ended.map(|()| value))
    }
}

fn sqlite_value(value: &Value) -> rusqlite::types::ToSqlOutput<'_> {
    rusqlite::types::ToSqlOutput::Borrowed(match value {
        Value::Int(value) => ValueRef::Integer(*value),
        Value::Text(value) => ValueRef::Text(value.as_bytes()),
        Value::Blob(value) => ValueRef::Blob(value),
    })
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
        ValueRef::Real(value) => Value::Text(value.to_string()),
        ValueRef::Null => Value::Text(String::new()),
    }
}

fn postgres_values(values: &[Value]) -> Vec<Box<dyn ToSql + Sync + '_>> {
    let boxed = |value| -> Box<dyn ToSql + Sync> {
        match value {
            &Value::Int(value) => Box::new(value),
            Value::Text(value) => Box::new(value.as_str()),
            Value::Blob(value) => Box::new(value.as_slice()),
        }
    };
    values.iter().map(boxed).collect()
}

fn from_postgres(row: &postgres::Row) -> Result<Row, StoreError> {
    let value = |at: usize| match *row.columns()[at].type_() {
        Type::INT8 => row.try_get(at).map(Value::Int),
        Type::BYTEA => row.try_get(at).map(Value::Blob),
        _ => row.try_get(at).map(Value::Text),
    };
    (0..row.len()).map(value).collect::<Result<Vec<Value>, _>>().map(Row).map_err(|e| of_postgres(&e))
}

pub(crate) fn of_sqlite(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { seconds: WAIT },
        Some(ErrorCode::DiskFull) => StoreError::Full { reason },
        Some(ErrorCode::SystemIoFailure) => {
            StoreError::Full { reason: format!("{reason}; the disk is full, or a limit on the size of files") }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(reason),
        _ => StoreError::Database { doing: "used", reason },
    }
}

pub(crate) fn of_postgres(error: &postgres::Error) -> StoreError {
    let told = error.as_db_error();
    let reason = told.map_or_else(|| error.to_string(), |e| e.message().to_owned());
    if error.is_closed()
        || told.is_some_and(|e| ["57P01", "57P02", "57P03"].contains(&e.code().code()) || e.code().code().starts_with("08"))
    {
        return StoreError::Lost { reason };
    }
    match told.map(|e| e.code().code()) {
        Some("53100") => StoreError::Full { reason },
        Some("55P03") => StoreError::Busy { seconds: WAIT },
        Some("40001" | "40P01") => StoreError::Conflict { reason },
        Some("XX001" | "XX002") => StoreError::Damaged(reason),
        _ if reason.contains("File too large") => StoreError::Full { reason },
        _ => StoreError::Database { doing: "used", reason },
    }
}
