//! A service without an API description.
//!
//! Said once a service, in place of a shadow finding for each of its endpoints. Information, not a flaw.
//!
//! To mend it: write a description, or make one from the catalog; if there is one elsewhere, name it under `services` in
//! `.apicensus.yaml`.

use crate::{Context, Draft};
use apicensus_catalog::{ContractRole, Location, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "no-contract",
    severity: Severity::Info,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("no_contract.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    if !context.has_contracts() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for service in &context.catalog.services {
        let number = context.endpoints().filter(|e| e.service == service.id).count();
        let describes = |c: &apicensus_catalog::Contract| {
            c.role == ContractRole::Describes && c.kind.is_promise() && c.services.iter().any(|s| s.service == service.id)
        };
        if number == 0 || context.catalog.contracts.iter().any(describes) {
            continue;
        }
        let at = service.entry.clone().or_else(|| service.manifest.clone().map(|file| Location { file, line: 1 }));
        let message = format!("no API description in the tree describes {} ({number} endpoints)", service.name);
        let draft = Draft::new("service".to_owned(), at.unwrap_or_default(), message).service(&service.id).severity(Severity::Info);
        found.push(
            draft.because("Without one nobody can tell which endpoints are meant to be there.", "write one, or name it in .apicensus.yaml"),
        );
    }
    found
}
