//! Controls: what else than an identity stands between a caller and a handler.

use crate::{GuardLevel, Location, is_false};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// A kind of control.
    pub enum ControlKind {
        /// Requests in a time are counted and limited.
        RateLimit = "rate_limit",
        /// Pages of other origins may read the answers (Cross-Origin Resource Sharing).
        Cors = "cors",
        /// Requests that pages of other sites forge in a browser's name are refused.
        Csrf = "csrf",
        /// Bodies over a size are refused.
        BodyLimit = "body_limit",
        /// What a request carries is checked against a declared shape.
        Validation = "validation",
        /// Requests are written to an access or audit log.
        Logging = "logging",
        /// Plain HTTP is sent on to HTTPS, or browsers are told to use HTTPS only.
        Tls = "tls",
    }
}

words! {
    /// Whether a control is there.
    pub enum ControlState {
        /// It is.
        Yes = "yes",
        /// It is not, or it is lifted here: the chain and the settings that could bring it were read.
        No = "no",
        /// It is not known; see `reason`.
        Unknown = "unknown",
    }
}

/// A control of an endpoint and its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Whether it is there.
    pub state: ControlState,
    /// Why it is `unknown`, or that it is lifted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How much is let through, as the source says it: `5/minute`, `100 per 60000 ms`, `1mb`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// The origins that may read answers; `*` for any, `reflected` for whichever asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Those origins may send cookies and credentials along.
    #[serde(default, skip_serializing_if = "is_false")]
    pub credentials: bool,
    /// What brings or lifts it, from the application inwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<ControlEvidence>,
}

impl Control {
    /// A control of which only the state is known.
    pub fn of(state: ControlState, reason: Option<String>) -> Self {
        Control { state, reason, limits: Vec::new(), origins: Vec::new(), credentials: false, evidence: Vec::new() }
    }
    /// Any origin may read answers that are meant for one user: origins are not limited and credentials are let through.
    pub fn any_origin_with_credentials(&self) -> bool {
        self.credentials && self.origins.iter().any(|o| o == "*" || o == "reflected")
    }
}

/// What brings or lifts a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlEvidence {
    /// The level it is applied at.
    pub level: GuardLevel,
    /// The name of what is applied, or of the setting.
    pub symbol: String,
    /// Where it is applied.
    pub at: Location,
    /// It lifts the control instead of bringing it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lifts: bool,
}
