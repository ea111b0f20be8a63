//! Marks of sensitive data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
