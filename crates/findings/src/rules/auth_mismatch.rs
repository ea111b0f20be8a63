//! The contract and the code differ about who may call an endpoint.
//!
//! Grave where the contract asks for an identity and the code does not: one of the two is wrong, and the code is what runs. The
//! other way round clients meet refusals that nobody told them of.
//!
//! To mend it: guard the endpoint, or correct the `security` of the operation.

use crate::{Context, Draft};
use apicensus_catalog::{AuthState, Confidence, Endpoint, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "auth-mismatch",
    severity: Severity::High,
    owasp: &["API2:2023"],
    cwe: &["CWE-306"],
    source: include_str!("auth_mismatch.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    context.endpoints().filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let documented = endpoint.documented.as_ref()?;
    let what = documented.mismatches.iter().find_map(|m| m.strip_prefix("auth: "))?;
    let severity = match endpoint.auth.state {
        AuthState::None => Severity::High,
        AuthState::Public => Severity::Medium,
        _ => Severity::Low,
    };
    let draft = Draft::of(endpoint, format!("{} {}: {what}", endpoint.method, endpoint.path))
        .severity(severity)
        .at_most(Confidence::Medium)
        .because("One of the two is wrong, and the code is what runs.", "guard it, or correct the `security` of the operation");
    Some(match &documented.at {
        Some(at) => draft.and(at, "the operation in the contract"),
        None => draft,
    })
}
