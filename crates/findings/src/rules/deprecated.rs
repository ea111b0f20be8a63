//! An endpoint that is marked deprecated and still served.
//!
//! The mark stands in the code or in the contract. Worse when anyone may call it.
//!
//! To mend it: set a date, tell the clients, and take it out.

use crate::{Context, Draft, is_open};
use apicensus_catalog::{ContractOperation, Endpoint, Severity};
use std::collections::HashMap;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "deprecated",
    severity: Severity::Info,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("deprecated.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let operations = context.catalog.contracts.iter().flat_map(|c| &c.operations);
    let marked = operations.filter(|o| o.deprecated && o.grade.is_some_and(|g| g.is_match()));
    let promised: HashMap<&str, &ContractOperation> = marked.filter_map(|o| Some((o.endpoint.as_deref()?, o))).collect();
    context.endpoints().filter_map(|e| draft(e, promised.get(e.id.as_str()).copied())).collect()
}

fn draft(endpoint: &Endpoint, promised: Option<&ContractOperation>) -> Option<Draft> {
    let by = match (endpoint.lifecycle.deprecated, promised) {
        (true, _) => "the code",
        (false, Some(_)) => "the contract",
        (false, None) => return None,
    };
    let severity = if is_open(endpoint) { Severity::Low } else { Severity::Info };
    let message = format!("{} {} is deprecated, as {by} says, and still served", endpoint.method, endpoint.path);
    let draft = Draft::of(endpoint, message)
        .severity(severity)
        .because("What is on its way out gets less care.", "set a date, tell the clients, and take it out");
    Some(match promised {
        Some(operation) => draft.and(&operation.at, "marked in the contract"),
        None => draft,
    })
}
