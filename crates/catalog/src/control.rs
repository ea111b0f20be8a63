//! Protections beside authentication, and marks of sensitive data.

use crate::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A protection on the way to an endpoint, there or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Its kind.
    pub kind: ControlKind,
    /// Whether it is in force.
    pub state: ControlState,
    /// What it says: the limit, the origins, `exempt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The name of what puts it in force, or exempts the endpoint of it; absent when nothing does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// Where it is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

words! {
    /// A kind of protection.
    pub enum ControlKind {
        /// A limit on the number of calls.
        RateLimit = "rate-limit",
        /// Rules for calls by pages of other origins; `detail` tells the origins.
        Cors = "cors",
        /// A check against requests that other sites forge.
        Csrf = "csrf",
        /// A limit on the size of a request's body.
        BodyLimit = "body-limit",
        /// What the endpoint takes is checked against a schema or rules.
        Validation = "validation",
        /// Calls are written to an access or audit log.
        AuditLog = "audit-log",
        /// Plain HTTP is refused or sent on to TLS.
        TlsRedirect = "tls-redirect",
    }
}

words! {
    /// Whether a control is in force.
    pub enum ControlState {
        /// It is.
        Yes = "yes",
        /// It is not: the whole chain was read and nothing puts it in force, or the endpoint is exempt.
        No = "no",
        /// Part of the chain could not be read.
        Unknown = "unknown",
    }
}

/// A field of a body or an answer that holds data of a sensitive class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sensitive {
    /// The field: `query.email`, `body.user.email`, `response.token`.
    #[serde(rename = "where")]
    pub place: String,
    /// The class of data.
    pub class: SensitiveClass,
    /// The rule that matched, by its name.
    pub rule: String,
}

/// The class of data of a parameter, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SensitiveTag {
    /// The class of data.
    pub class: SensitiveClass,
    /// The rule that matched, by its name.
    pub rule: String,
}

words! {
    /// A class of sensitive data.
    pub enum SensitiveClass {
        /// What proves an identity: passwords, one-time codes.
        Credential = "credential",
        /// What tells about a person: name, date of birth, gender.
        Personal = "personal",
        /// How to reach a person: email, telephone, postal address.
        Contact = "contact",
        /// Money: cards, accounts, salaries.
        Financial = "financial",
        /// Health.
        Health = "health",
        /// Where somebody or something is.
        Location = "location",
        /// What identifies a person to an office: passport, tax and insurance numbers.
        Identifier = "identifier",
        /// What gives access to systems: API keys, tokens, private keys.
        Secret = "secret",
    }
}
