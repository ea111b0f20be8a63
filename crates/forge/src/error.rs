//! Errors of finding and fetching.

use thiserror::Error;

/// Why something could not be listed or fetched. No message holds a secret.
#[derive(Debug, Error)]
pub enum ForgeError {
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
    /// A secret could not be read.
    #[error("the secret of {place} can't be read: {reason}")]
    Secret {
        /// Where it should be.
        place: String,
        /// Why it is not there.
        reason: String,
    },
}

impl ForgeError {
    pub(crate) fn config(message: impl Into<String>) -> ForgeError {
        ForgeError::Config(message.into())
    }
}
