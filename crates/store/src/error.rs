//! What can go wrong with a store, in words that say what, where and what to do. Credentials are never part of it.

/// Why a store could not be opened, read or written. A failed write has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be opened.
    #[error("could not open the catalog `{place}`: {reason}")]
    Open {
        /// The store, without credentials.
        place: String,
        /// Why.
        reason: String,
    },
    /// It is something else.
    #[error("`{place}` is not a catalog of apicensus: {reason}")]
    NotACatalog {
        /// The store, without credentials.
        place: String,
        /// What speaks against it.
        reason: String,
    },
    /// It was written by a later version.
    #[error("the catalog `{place}` has schema {found}, and this apicensus knows schemas up to {known}; use a newer apicensus")]
    Newer {
        /// The store, without credentials.
        place: String,
        /// Its schema.
        found: i64,
        /// The latest one that is known.
        known: i64,
    },
    /// Somebody else writes to it.
    #[error("the catalog is busy: another process has been writing to it for {seconds} seconds; try again")]
    Busy {
        /// How long was waited.
        seconds: u64,
    },
    /// The server has gone; whether what was being written is there is not known.
    #[error("the connection to the database was lost ({reason})")]
    Lost {
        /// What the driver said.
        reason: String,
    },
    /// Two transactions stood in each other's way; the same again may do.
    #[error("another process was writing the same; nothing was changed ({reason})")]
    Conflict {
        /// What the database said.
        reason: String,
    },
    /// The disk is full.
    #[error("no space is left for the catalog; nothing was changed ({reason})")]
    Full {
        /// What the database said.
        reason: String,
    },
    /// The database failed.
    #[error("the catalog could not be {doing}; nothing was changed ({reason})")]
    Database {
        /// `read` or `written`.
        doing: &'static str,
        /// What the database said.
        reason: String,
    },
    /// What is stored is not what was written.
    #[error("the catalog is damaged: {0}; `apicensus catalog verify` names every fault")]
    Damaged(String),
    /// There is no such revision.
    #[error("there is no revision `{name}` in this catalog{hint}")]
    NoRevision {
        /// What was asked for.
        name: String,
        /// What there is.
        hint: String,
    },
    /// A name could mean several repositories.
    #[error("the catalog holds several repositories; say which with --repository: {0}")]
    SeveralRepositories(String),
    /// Nothing was recorded yet.
    #[error("the catalog is empty; `apicensus scan --record` adds to it")]
    Empty,
    /// A request that can't be met.
    #[error("{0}")]
    Wrong(String),
    /// A file of a tree is wrong.
    #[error("{message} in `{file}`")]
    Tree {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A file could not be read or written.
    #[error("could not {doing} `{file}`: {source}")]
    File {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
}
