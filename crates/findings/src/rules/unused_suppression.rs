//! A suppression that suppresses nothing.
//!
//! Found where the policy is applied, for entries of `.apicensus.yaml` and for `apicensus:ignore` comments; also where a comment names
//! no rule or gives no reason, since it has no effect then.
//!
//! To mend it: remove it, or correct it.

use crate::{Context, Draft};
use apicensus_catalog::Severity;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unused-suppression",
    severity: Severity::Info,
    owasp: &[],
    cwe: &[],
    source: include_str!("unused_suppression.rs"),
    check,
};

/// Nothing by itself: found when the policy is applied.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
