//! What can go wrong with a sweep as a whole. What goes wrong with one repository is a [`crate::Class`].

use apicensus_store::StoreError;

/// Why a sweep could not be planned, worked on, finished or looked at.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A configuration is wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The tables were written by a later version.
    #[error("the sweep's tables have schema {found}, and this apicensus knows schemas up to {known}; use a newer apicensus")]
    Newer {
        /// Their schema.
        found: i64,
        /// The latest one that is known.
        known: i64,
    },
    /// There is nothing to work on or to look at.
    #[error("there is no sweep yet; `apicensus sweep plan` starts one")]
    NoSweep,
    /// A request that can't be met.
    #[error("{0}")]
    Wrong(String),
    /// A file or a process failed.
    #[error("could not {doing}: {source}")]
    System {
        /// What was tried.
        doing: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// What is stored can't be read back.
    #[error("what the sweep stored can't be read back: {0}")]
    Damaged(String),
}
