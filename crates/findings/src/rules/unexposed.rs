//! An endpoint of a service behind a gateway that no route of the gateway reaches.
//!
//! It is internal, or forgotten. The rule speaks only where all routes in front of the service are known: every gateway document of the
//! tree could be read, every target is matched, and no port of the service is published. Many in one service are one finding.
//! Information, not a flaw.
//!
//! To mend it: nothing if it is internal; else add a route, or take the endpoint out.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Endpoint, Exposure, ExposureState, Severity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unexposed",
    severity: Severity::Info,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("unexposed.rs"),
    check,
};

/// Endpoints of one service up to which each is a finding of its own.
const FEW: usize = 10;
const WHY: &str = "It is internal, or forgotten; who looks for endpoints at the gateway does not see it.";

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut by_service: BTreeMap<&str, Vec<(&Endpoint, &Exposure)>> = BTreeMap::new();
    for endpoint in context.endpoints() {
        if let Some(exposure) = endpoint.exposure.as_ref().filter(|e| e.state == ExposureState::Unexposed) {
            by_service.entry(&endpoint.service).or_default().push((endpoint, exposure));
        }
    }
    by_service
        .into_iter()
        .flat_map(|(service, found)| if found.len() > FEW { vec![many(service, &found)] } else { single(&found) })
        .collect()
}

fn single(found: &[(&Endpoint, &Exposure)]) -> Vec<Draft> {
    let draft = |(endpoint, exposure): &(&Endpoint, &Exposure)| {
        let reason = exposure.reason.as_deref().unwrap_or_default();
        let draft = Draft::of(endpoint, format!("{} {} stays inside: {reason}", endpoint.method, endpoint.path));
        draft.severity(Severity::Info).at_most(Confidence::Medium).because(WHY, "add a route, take it out, or leave it inside")
    };
    found.iter().map(draft).collect()
}

fn many(service: &str, found: &[(&Endpoint, &Exposure)]) -> Draft {
    let (first, exposure) = found[0];
    let reason = exposure.reason.as_deref().unwrap_or_default();
    let message = format!("{} endpoints stay inside, as {} {}: {reason}", found.len(), first.method, first.path);
    let draft = Draft::new("endpoints without a route".to_owned(), first.registered_at.clone(), message).service(service);
    let draft = draft.severity(Severity::Info).at_most(Confidence::Medium).because(WHY, "add routes, take them out, or leave them inside");
    found.iter().take(10).fold(draft, |draft, (e, _)| draft.and(&e.registered_at, format!("{} {}", e.method, e.path)))
}
