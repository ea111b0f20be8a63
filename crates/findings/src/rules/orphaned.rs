//! An endpoint that nobody answers for.
//!
//! Neither the policy, nor an owners file (CODEOWNERS), nor a component of Backstage names an owner of its handler or its service. It is
//! said once a service where none of its endpoints has an owner, and not at all where a repository names no owners whatever: then
//! that is how things are done there.
//!
//! To mend it: add a line to CODEOWNERS, or `owners` to the service in `.apicensus.yaml`.

use crate::{Context, Draft};
use apicensus_catalog::{Endpoint, Location, Severity, View};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "orphaned",
    severity: Severity::Low,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("orphaned.rs"),
    check,
};

const WHY: &str = "Nobody is told when it is attacked, breaks or is to go.";
const REMEDY: &str = "name an owner in CODEOWNERS or in .apicensus.yaml";

fn check(context: &Context<'_>) -> Vec<Draft> {
    if !context.catalog.views.contains(&View::Owners) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for service in &context.catalog.services {
        let own: Vec<&Endpoint> = context.endpoints().filter(|e| e.service == service.id).collect();
        let lost: Vec<&Endpoint> = own.iter().copied().filter(|e| e.owners.is_empty()).collect();
        if !lost.is_empty() && lost.len() == own.len() {
            let at = service.entry.clone().or_else(|| service.manifest.clone().map(|file| Location { file, line: 1 }));
            let message = format!("nobody answers for {} ({} endpoints)", service.name, own.len());
            let draft = Draft::new("service".to_owned(), at.unwrap_or_default(), message).service(&service.id);
            found.push(draft.severity(Severity::Low).because(WHY, REMEDY));
            continue;
        }
        for endpoint in lost {
            let message = format!("nobody answers for {} {}", endpoint.method, endpoint.path);
            found.push(Draft::of(endpoint, message).severity(Severity::Low).because(WHY, REMEDY));
        }
    }
    found
}
