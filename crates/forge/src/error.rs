//! Errors of finding and fetching.

use std::time::SystemTime;
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
    /// The host does not know who asks, or does not let them.
    #[error("{place}: access was refused ({reason}); check the token and what it may read")]
    Denied {
        /// The address that was asked.
        place: String,
        /// The status and what the host said.
        reason: String,
    },
    /// There is no such thing, or it is not visible to who asks.
    #[error("{place}: not found, or not visible with this token")]
    NotFound {
        /// The address that was asked.
        place: String,
    },
    /// The host asks to wait longer than is allowed.
    #[error("{host} asks to wait: its rate limit is used up")]
    RateLimited {
        /// The host.
        host: String,
        /// When it may be asked again.
        until: SystemTime,
    },
    /// The network or the host failed; the same may work later.
    #[error("{place}: {reason}")]
    Network {
        /// The address that was asked.
        place: String,
        /// What happened.
        reason: String,
    },
    /// The host answered something that is not understood.
    #[error("{place}: unexpected answer: {reason}")]
    Answer {
        /// The address that was asked.
        place: String,
        /// What is odd about it.
        reason: String,
    },
    /// A limit was reached.
    #[error("{place}: {reason}")]
    TooLarge {
        /// What is too large.
        place: String,
        /// Which limit, and how to raise it.
        reason: String,
    },
    /// It is not safe to go on.
    #[error("{place}: refused: {reason}")]
    Refused {
        /// What was refused.
        place: String,
        /// Why.
        reason: String,
    },
    /// A file or folder of this machine.
    #[error("`{path}`: {reason}")]
    Local {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
}

/// What an error means for a second try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Someone has to change the configuration or a secret.
    Config,
    /// It is gone or hidden: another try will say the same.
    Gone,
    /// The host asked to wait.
    RateLimit,
    /// It may work in a while.
    Transient,
    /// The repository is over a limit, or not safe to read: another try will say the same.
    Hostile,
    /// This machine: its disk or its memory.
    Local,
}

impl ErrorClass {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Gone => "gone",
            Self::RateLimit => "rate-limit",
            Self::Transient => "transient",
            Self::Hostile => "hostile",
            Self::Local => "local",
        }
    }
}

impl ForgeError {
    /// What it means for a second try.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Config(_) | Self::Secret { .. } | Self::Denied { .. } => ErrorClass::Config,
            Self::NotFound { .. } => ErrorClass::Gone,
            Self::RateLimited { .. } => ErrorClass::RateLimit,
            Self::Network { .. } | Self::Answer { .. } => ErrorClass::Transient,
            Self::TooLarge { .. } | Self::Refused { .. } => ErrorClass::Hostile,
            Self::Local { .. } => ErrorClass::Local,
        }
    }
    pub(crate) fn config(message: impl Into<String>) -> ForgeError {
        ForgeError::Config(message.into())
    }
    pub(crate) fn network(place: &str, reason: impl ToString) -> ForgeError {
        ForgeError::Network { place: place.to_owned(), reason: reason.to_string() }
    }
    pub(crate) fn answer(place: &str, reason: impl ToString) -> ForgeError {
        ForgeError::Answer { place: place.to_owned(), reason: reason.to_string() }
    }
    pub(crate) fn refused(place: &str, reason: impl ToString) -> ForgeError {
        ForgeError::Refused { place: place.to_owned(), reason: reason.to_string() }
    }
    pub(crate) fn local(path: &std::path::Path, reason: impl ToString) -> ForgeError {
        ForgeError::Local { path: path.display().to_string(), reason: reason.to_string() }
    }
}
