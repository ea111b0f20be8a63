//! A call to a host that the policy does not allow.
//!
//! `allowed_hosts` in `.apicensus.yaml` lists the hosts that deployed code may call; `*.acme.test` stands for all below. Found where the
//! policy is applied, of calls whose host stands in the code; a host that is only known at run time is not told.
//!
//! To mend it: allow the host, or don't call it.

use crate::{Context, Draft};
use apicensus_catalog::Severity;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "foreign-host",
    severity: Severity::Medium,
    owasp: &["API10:2023"],
    cwe: &["CWE-918"],
    source: include_str!("foreign_host.rs"),
    check,
};

/// Nothing by itself: found when the policy is applied.
fn check(_: &Context<'_>) -> Vec<Draft> {
    Vec::new()
}
