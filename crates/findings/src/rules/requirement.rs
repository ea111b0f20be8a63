//! An endpoint without what the policy requires of it.
//!
//! `require` in `.apicensus.yaml` names paths and what they need: an identity, roles, scopes, controls such as a rate limit. Found where the
//! policy is applied. What a gateway in front of every way does counts; what could not be read is told with low confidence and apart from
//! what is known to be missing.
//!
//! To mend it: add the guard or control, or change the requirement.

use crate::{Context, Draft};
use apicensus_catalog::Severity;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "requirement",
    severity: Severity::High,
    owasp: &["API5:2023", "API4:2023", "API8:2023"],
    cwe: &["CWE-862"],
    source: include_str!("requirement.rs"),
    check,
};

/// Nothing by itself: found when the policy is applied.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
