//! An endpoint and its operation in the contract differ.
//!
//! Only what both sides say is compared: marks of deprecation, and parameters of the query or arguments of a GraphQL field that the code
//! insists on while the contract does not, or that have another type there. Who may call is a rule of its own, `auth-mismatch`, and so is
//! what bodies hold, `body-drift`.
//!
//! To mend it: bring the contract and the code together.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Endpoint, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "drift",
    severity: Severity::Low,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("drift.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    context.endpoints().filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let documented = endpoint.documented.as_ref()?;
    let differences: Vec<&str> = documented.mismatches.iter().map(String::as_str).filter(|m| !is_of_other_rules(m)).collect();
    if differences.is_empty() {
        return None;
    }
    let message = format!("{} {} is not as promised; {}", endpoint.method, endpoint.path, differences.join("; "));
    let draft = Draft::of(endpoint, message)
        .severity(Severity::Low)
        .at_most(Confidence::Medium)
        .because("Clients and tests go by the contract.", "bring the contract and the code together");
    Some(match &documented.at {
        Some(at) => draft.and(at, "the operation in the contract"),
        None => draft,
    })
}

fn is_of_other_rules(mismatch: &str) -> bool {
    ["auth: ", "body: ", "response: "].iter().any(|field| mismatch.starts_with(field))
}
