//! The versioned catalog: every scan that is recorded appends a revision, and any revision can be read back and compared.
//!
//! [`Store`] is a database, one file of SQLite or a PostgreSQL server, with the same tables. Revisions form a chain of hashes;
//! a repository's catalog is kept in parts by content, so that only what changed takes space. [`tree`] keeps a catalog as YAML
//! files instead, for git and for review.

pub mod db;
mod error;
mod facts;
mod keep;
mod parts;
mod patch;
mod publish;
mod read;
mod record;
mod rows;
mod schema;
mod server;
pub mod tree;
mod verify;

pub use error::StoreError;
pub use keep::Collected;
pub use publish::Publication;
pub use read::RepositoryDiff;
pub use record::{Origin, Recorded};
pub use rows::Revision;
pub use verify::Verified;

use apicensus_catalog::Catalog;
use db::Db;
use std::path::{Path, PathBuf};

/// Where a catalog is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by URL.
    Postgres(String),
    /// A folder of YAML files.
    Tree(PathBuf),
}

impl Target {
    /// A URL `postgres://...`, a folder that exists or a name that ends with `/`, else a file.
    pub fn parse(text: &str) -> Target {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Target::Postgres(text.to_owned());
        }
        let path = PathBuf::from(text);
        if path.is_dir() || text.ends_with('/') { Target::Tree(path) } else { Target::Sqlite(path) }
    }

    /// Its name for people, without credentials.
    pub fn shown(&self) -> String {
        match self {
            Target::Sqlite(path) | Target::Tree(path) => path.display().to_string(),
            Target::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
                let host = authority.rsplit('@').next().unwrap_or_default();
                format!("postgres://{host}{path}")
            }
        }
    }
}

/// A versioned catalog in a database.
pub struct Store {
    db: Db,
}

impl Store {
    /// Opens a store and brings its tables up to date; an empty database becomes one, and so does a missing file when it may be made.
    /// A password that the URL does not have is taken from `PGPASSWORD`.
    ///
    /// # Errors
    /// When it can't be opened, is something else, or was written by a later version.
    pub fn open(target: &Target, may_make: bool) -> Result<Store, StoreError> {
        let place = target.shown();
        let mut db = match target {
            Target::Sqlite(path) => open_file(path, &place, may_make)?,
            Target::Postgres(url) => server::open(url, &place)?,
            Target::Tree(_) => {
                return Err(StoreError::Wrong(format!("`{place}` is a folder; this needs a database, a file or a `postgres://` URL")));
            }
        };
        schema::migrate(&mut db, &place)?;
        Ok(Store { db })
    }

    /// The connection, for tables of others beside those of the catalog.
    pub fn db(&mut self) -> &mut Db {
        &mut self.db
    }

    /// Appends what a scan found, unless the repository's last revision says the same.
    ///
    /// # Errors
    /// When it can't be written; nothing has changed then.
    pub fn record(&mut self, catalog: &Catalog, origin: &Origin) -> Result<Recorded, StoreError> {
        record::record(&mut self.db, catalog, origin, "scan")
    }

    /// Appends the states of several repositories as one: they are there together, or none is.
    ///
    /// # Errors
    /// When the work fails or it can't be written; nothing has changed then.
    pub fn publish<T>(&mut self, work: impl FnOnce(&mut Publication<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.db.write(|db| work(&mut Publication::new(db)))
    }

    /// The same for a catalog that was written elsewhere.
    ///
    /// # Errors
    /// When it can't be written; nothing has changed then.
    pub fn import(&mut self, catalog: &Catalog, origin: &Origin) -> Result<Recorded, StoreError> {
        record::record(&mut self.db, catalog, origin, "import")
    }

    /// All revisions, the first one first.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn log(&mut self) -> Result<Vec<Revision>, StoreError> {
        Revision::all(&mut self.db)
    }

    /// The revision that a name means: a number, `head`, `head~2`, a tag, or six or more characters of its hash or commit.
    ///
    /// # Errors
    /// When there is none.
    pub fn resolve(&mut self, name: &str) -> Result<Revision, StoreError> {
        read::resolve(&mut self.db, name)
    }

    /// The one repository that is meant where none is named.
    ///
    /// # Errors
    /// When there are several, or none.
    pub fn repository(&mut self, named: Option<&str>, revision: i64) -> Result<String, StoreError> {
        let mut all = read::repositories(&mut self.db, revision)?;
        match named {
            Some(name) if all.iter().any(|own| own == name) => Ok(name.to_owned()),
            Some(name) => {
                Err(StoreError::Wrong(format!("there is no repository `{name}` in revision {revision}; it has {}", all.join(", "))))
            }
            None if all.len() > 1 => Err(StoreError::SeveralRepositories(all.join(", "))),
            None => all.pop().ok_or(StoreError::Empty),
        }
    }

    /// The repositories at a revision, sorted.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn repositories(&mut self, revision: i64) -> Result<Vec<String>, StoreError> {
        read::repositories(&mut self.db, revision)
    }

    /// The catalog of a repository at a revision, with what is known of the past of its endpoints.
    ///
    /// # Errors
    /// When it can't be read, or is damaged.
    pub fn catalog(&mut self, repository: &str, revision: i64) -> Result<Catalog, StoreError> {
        self.db.read(|db| {
            let mut catalog = read::catalog(db, repository, revision)?;
            read::annotate(db, repository, revision, &mut catalog)?;
            Ok(catalog)
        })
    }

    /// The catalogs of all repositories at a revision, by name.
    ///
    /// # Errors
    /// When one can't be read, or is damaged.
    pub fn catalogs(&mut self, revision: i64) -> Result<Vec<(String, Catalog)>, StoreError> {
        self.db.read(|db| {
            let mut all = Vec::new();
            for repository in read::repositories(db, revision)? {
                let mut catalog = read::catalog(db, &repository, revision)?;
                read::annotate(db, &repository, revision, &mut catalog)?;
                all.push((repository, catalog));
            }
            Ok(all)
        })
    }

    /// What differs between two revisions, by repository.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn diff(&mut self, from: i64, to: i64) -> Result<Vec<RepositoryDiff>, StoreError> {
        self.db.read(|db| read::differences(db, from, to))
    }

    /// Looks for faults.
    pub fn verify(&mut self) -> Verified {
        verify::verify(&mut self.db)
    }

    /// Gives up the content of all but the last `keep` revisions and those with a tag.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn collect(&mut self, keep: Option<u64>) -> Result<Collected, StoreError> {
        keep::collect(&mut self.db, keep)
    }

    /// Appends a revision that says of a repository what an earlier one says. `recorded` is now, RFC 3339 in UTC.
    ///
    /// # Errors
    /// When there is no such revision, or it can't be written.
    pub fn rollback(&mut self, repository: &str, to: &str, recorded: &str) -> Result<Recorded, StoreError> {
        keep::rollback(&mut self.db, repository, to, recorded)
    }

    /// Gives a revision a name, or moves the name to it.
    ///
    /// # Errors
    /// When there is no such revision or it is no name.
    pub fn tag(&mut self, name: &str, revision: &str) -> Result<Revision, StoreError> {
        keep::tag(&mut self.db, name, revision)
    }

    /// Takes a name away; whether there was one.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn untag(&mut self, name: &str) -> Result<bool, StoreError> {
        keep::untag(&mut self.db, name)
    }

    /// All names of revisions, sorted.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn tags(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        keep::tags(&mut self.db)
    }
}

fn open_file(path: &Path, place: &str, may_make: bool) -> Result<Db, StoreError> {
    let failed = |reason: String| StoreError::Open { place: place.to_owned(), reason };
    if !path.exists() {
        if !may_make {
            return Err(failed("there is no such file; `apicensus scan --record` makes it".to_owned()));
        }
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
    }
    Db::sqlite(path).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => {
            StoreError::NotACatalog { place: place.to_owned(), reason: "it is no SQLite file".to_owned() }
        }
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
        _ => failed(error.to_string()),
    })
}
