//! One operation that is registered twice.
//!
//! Only one of the two handlers answers; which one hangs on the framework and on the order of registration. Guards on the
//! other one protect nothing. Registrations within a few lines of each other (stacked decorators, a path with and without a trailing
//! slash) and conditional ones are left out, and JavaScript, where one handler passes the request on to the next.
//!
//! To mend it: remove one, or give it another path.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Endpoint, Location, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "duplicate-route",
    severity: Severity::Low,
    owasp: &["API9:2023"],
    cwe: &["CWE-1041"],
    source: include_str!("duplicate_route.rs"),
    check,
};

/// Registrations nearer than this are one, in lines.
const NEAR: u32 = 6;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let passes_on = |e: &&Endpoint| {
        let languages = context.service(&e.service).map(|s| s.languages.as_slice()).unwrap_or_default();
        languages.iter().any(|language| matches!(language.as_str(), "javascript" | "typescript"))
    };
    context.endpoints().filter(|e| !passes_on(e)).filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let first = &endpoint.registered_at;
    let is_apart = |other: &&Location| other.file != first.file || other.line.abs_diff(first.line) > NEAR;
    let others: Vec<&Location> = endpoint.also_registered_at.iter().filter(is_apart).collect();
    if others.is_empty() || !endpoint.conditions.is_empty() || !endpoint.holes.is_empty() {
        return None;
    }
    let message = format!("{} {} is registered {} times", endpoint.method, endpoint.path, others.len() + 1);
    let draft = Draft::of(endpoint, message)
        .severity(Severity::Low)
        .at_most(Confidence::Low)
        .because("Only one of them answers, and guards on the others protect nothing.", "remove one, or give it another path");
    Some(others.into_iter().take(5).fold(draft, |draft, at| draft.and(at, "registered again")))
}
