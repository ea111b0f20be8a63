//! An endpoint of which it could not be read who may call it.
//!
//! Not a weakness by itself: some link of the chain to the handler lies outside of the scanned code or could not be followed. Counted
//! apart so that it is never read as safe.
//!
//! To mend it: look at the reason; scan the missing code too, or teach the guard with a model in `.apicensus/models/`.

use crate::{Context, Draft};
use apicensus_catalog::{AuthState, Confidence, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "auth-unknown",
    severity: Severity::Info,
    owasp: &["API2:2023"],
    cwe: &[],
    source: include_str!("auth_unknown.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let unknown = context.endpoints().filter(|e| e.auth.state == AuthState::Unknown && e.auth.by_design.is_none());
    let draft = |endpoint: &apicensus_catalog::Endpoint| {
        let reason = endpoint.auth.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
        let message = format!("who may call {} {} is not known{reason}", endpoint.method, endpoint.path);
        Draft::of(endpoint, message)
            .severity(Severity::Info)
            .at_most(Confidence::Medium)
            .because("It may be open to anyone.", "read the guard yourself, or teach it with a model")
    };
    unknown.map(draft).collect()
}
