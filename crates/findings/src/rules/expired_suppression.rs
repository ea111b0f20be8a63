//! A suppression that has ended while what it suppressed is still there.
//!
//! Found where the policy is applied: the findings count again, and this one says why.
//!
//! To mend it: mend the findings, or move the date in `.apicensus.yaml`.

use crate::{Context, Draft};
use apicensus_catalog::Severity;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "expired-suppression",
    severity: Severity::Low,
    owasp: &[],
    cwe: &[],
    source: include_str!("expired_suppression.rs"),
    check,
};

/// Nothing by itself: found when the policy is applied.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
