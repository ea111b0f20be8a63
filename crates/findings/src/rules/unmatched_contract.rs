//! An API description that no service of the catalog serves.
//!
//! It may describe another system, be out of date, or its service may not have been read. Said once a description, in place of one
//! phantom finding for each of its operations. Descriptions of clients, tests, examples and third-party code are left out.
//!
//! To mend it: remove it, or name it under `services` in `.apicensus.yaml`, or under `ignore_contracts`.

use crate::{Context, Draft};
use apicensus_catalog::{ContractKind, ContractRole, Location, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unmatched-contract",
    severity: Severity::Info,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("unmatched_contract.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let is_ours =
        |kind: ContractKind| matches!(kind, ContractKind::Openapi | ContractKind::Swagger | ContractKind::Raml | ContractKind::Typespec);
    let unmatched =
        context.catalog.contracts.iter().filter(|c| c.role == ContractRole::Unmatched && is_ours(c.kind) && c.operation_count > 0);
    let draft = |contract: &apicensus_catalog::Contract| {
        let message = format!("{} describes {} operations; {}", contract.id, contract.operation_count, contract.reason);
        let subject = if contract.title.is_empty() { contract.file.clone() } else { contract.title.clone() };
        Draft::new(subject, Location { file: contract.file.clone(), line: 1 }, message)
            .contract(&contract.id)
            .severity(Severity::Info)
            .because("What it promises could not be set beside any code.", "remove it, or name its service in .apicensus.yaml")
    };
    unmatched.map(draft).collect()
}
