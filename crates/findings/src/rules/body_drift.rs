//! The bodies of an endpoint and those of its operation in the contract differ.
//!
//! Compared are media types, properties down to three levels, which of them are required, and their kinds, of requests and of successful
//! answers. Only what both sides say counts: a type that the code does not declare, a contract that allows further properties and an
//! endpoint for any path or method say nothing. OpenAPI and Swagger documents say what bodies hold. Clients that go by the contract are refused,
//! or lack what they were promised; what the code takes or gives beyond it nobody has looked at, which weighs more where it is sensitive.
//!
//! To mend it: bring the contract and the code together.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Endpoint, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "body-drift",
    severity: Severity::Low,
    owasp: &["API3:2023", "API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("body_drift.rs"),
    check,
};

/// The end of what is said of a property that only the code has.
const BEYOND: &str = "`, the contract does not have it";

fn check(context: &Context<'_>) -> Vec<Draft> {
    context.endpoints().filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let documented = endpoint.documented.as_ref()?;
    let is_one = |m: &&str| m.starts_with("body: ") || m.starts_with("response: ");
    let differences: Vec<&str> = documented.mismatches.iter().map(String::as_str).filter(is_one).collect();
    if differences.is_empty() {
        return None;
    }
    let is_grave = differences.iter().any(|d| beyond(d).is_some_and(|name| is_sensitive(endpoint, name)));
    let message = format!("{} {}: {}", endpoint.method, endpoint.path, differences.join("; "));
    let draft = Draft::of(endpoint, message)
        .severity(if is_grave { Severity::Medium } else { Severity::Low })
        .at_most(Confidence::Medium)
        .because("Clients go by the contract, and nobody looks at what is beside it.", "bring the contract and the code together");
    Some(match &documented.at {
        Some(at) => draft.and(at, "the operation in the contract"),
        None => draft,
    })
}

/// The property that only the code has, by the difference that tells of it.
fn beyond(difference: &str) -> Option<&str> {
    difference.strip_suffix(BEYOND)?.rsplit('`').next()
}

/// Whether a property is one of those that hold sensitive data.
fn is_sensitive(endpoint: &Endpoint, property: &str) -> bool {
    let last = property.rsplit('.').next().unwrap_or(property);
    endpoint.sensitive.iter().any(|s| s.place.rsplit(['.', '/']).next() == Some(last))
}
