//! An endpoint that the service's contract does not have.
//!
//! Shadow endpoints escape reviews, gateways, tests and scanners that go by the contract. The rule speaks only where a
//! contract describes the service and covers the surroundings of the endpoint: at least half of the endpoints below some
//! leading part of its path are documented. Near misses (another method, a path one slip away) are named and demoted. An area of
//! many endpoints of which none is documented is one finding, not many, and so is all that lies where the contract covers less.
//! Worse when anyone may call it, when it changes something, and when it takes or gives sensitive data; health checks and the
//! like are information. So is what no gateway lets in from outside, where all routes in front of the service are known; a gateway that
//! asks for an identity makes it less grave, and says so.
//!
//! To mend it: add the operation to the contract, or take the endpoint out; if it is meant to stay private, suppress the
//! finding with a reason.

use crate::{Context, Draft, is_guarded_outside, is_open, is_unexposed, is_write, outside, sensitive};
use apicensus_catalog::{Confidence, Documented, DocumentedState, Endpoint, Severity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "shadow",
    severity: Severity::Medium,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("shadow.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let undocumented = |e: &&Endpoint| e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No);
    let single = context.endpoints().filter(undocumented).filter_map(|e| Some(draft(e, e.documented.as_ref()?)));
    single.chain(areas(context)).chain(beyond(context)).collect()
}

/// One finding for each service whose contract leaves out endpoints in parts that it does not cover.
fn beyond(context: &Context<'_>) -> Vec<Draft> {
    let mut left: BTreeMap<(&str, &str), Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in context.endpoints() {
        let Some(documented) = endpoint.documented.as_ref() else { continue };
        if let (DocumentedState::Unknown, Some(contract), None) = (documented.state, documented.contract.as_deref(), &documented.area) {
            left.entry((&endpoint.service, contract)).or_default().push(endpoint);
        }
    }
    let draft = |((service, contract), endpoints): ((&str, &str), Vec<&Endpoint>)| {
        let first = endpoints.first()?;
        let message = format!("{contract} does not have {} endpoints in parts of the service that it covers little of", endpoints.len());
        let draft = Draft::new("beyond the contract".to_owned(), first.registered_at.clone(), message)
            .service(service)
            .contract(contract)
            .severity(Severity::Info)
            .at_most(Confidence::Low)
            .because(
                "They may be meant to stay out of it; what goes by the contract misses them.",
                "describe them, or say so with a reason",
            );
        Some(endpoints.iter().take(10).fold(draft, |draft, e| draft.and(&e.registered_at, format!("{} {}", e.method, e.path))))
    };
    left.into_iter().filter_map(draft).collect()
}

/// One finding for each area without a contract beside what the contract has.
fn areas(context: &Context<'_>) -> Vec<Draft> {
    let mut areas: BTreeMap<(&str, &str), Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in context.endpoints() {
        if let Some(area) = endpoint.documented.as_ref().and_then(|d| d.area.as_deref()) {
            areas.entry((&endpoint.service, area)).or_default().push(endpoint);
        }
    }
    let draft = |((service, area), endpoints): ((&str, &str), Vec<&Endpoint>)| {
        let first = endpoints.first()?;
        let message = format!("no contract has any of the {} endpoints under {area}", endpoints.len());
        let severity = if endpoints.iter().any(|e| is_open(e)) { Severity::Medium } else { Severity::Low };
        let draft = Draft::new(area.to_owned(), first.registered_at.clone(), message).service(service).severity(severity);
        let draft = draft
            .at_most(Confidence::Medium)
            .because("A whole part of the service is missed by what goes by the contract.", "describe it, or suppress this with a reason");
        Some(endpoints.iter().take(10).fold(draft, |draft, e| draft.and(&e.registered_at, format!("{} {}", e.method, e.path))))
    };
    areas.into_iter().filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint, documented: &Documented) -> Draft {
    let contract = documented.contract.as_deref().unwrap_or("the contract");
    let near = documented.reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
    let message = format!("{} {} is served but not in {contract}{near}{}", endpoint.method, endpoint.path, outside(endpoint));
    let mut draft = Draft::of(endpoint, message).contract(contract).severity(severity(endpoint, documented)).because(
        "What the contract does not have is missed by reviews, gateways and tests that go by it.",
        format!("add it to {contract}, remove it, or suppress this with a reason"),
    );
    if documented.grade.is_some() {
        draft = draft.at_most(Confidence::Medium);
    }
    match &documented.at {
        Some(at) => draft.and(at, "the operation that nearly matches"),
        None => draft,
    }
}

fn severity(endpoint: &Endpoint, documented: &Documented) -> Severity {
    if is_unexposed(endpoint) {
        return Severity::Info;
    }
    if documented.grade.is_some() {
        return Severity::Low;
    }
    let is_grave = is_write(endpoint) || !sensitive(endpoint).is_empty();
    match (endpoint.auth.by_design.is_some(), is_open(endpoint) && !is_guarded_outside(endpoint), is_grave) {
        (true, ..) => Severity::Info,
        (_, true, true) => Severity::High,
        (_, false, false) => Severity::Low,
        _ => Severity::Medium,
    }
}
