//! An operation of the contract that no code serves.
//!
//! Clients are promised what is not there; a name that was given up may be taken by someone else. The rule speaks only where
//! all mounts and registrations of the service could be followed; else it says once, as information, how many operations could not
//! be verified. Operations that nearly match an endpoint are not phantoms, nor are messages that the application is to send: what it sends
//! is not looked for.
//!
//! To mend it: remove the operation from the contract, or serve it.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Contract, ContractKind, ContractOperation, ContractRole, Location, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "phantom",
    severity: Severity::Low,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("phantom.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let promises = |c: &&Contract| c.role == ContractRole::Describes && c.kind.is_promise();
    let contracts = context.catalog.contracts.iter().filter(promises);
    contracts.flat_map(|contract| of_contract(context, contract)).collect()
}

fn of_contract(context: &Context<'_>, contract: &Contract) -> Vec<Draft> {
    let missing: Vec<&ContractOperation> = contract.operations.iter().filter(|o| o.grade.is_none() && o.method != "SEND").collect();
    let is_read = contract.services.iter().all(|s| context.is_read_through(&s.service, contract.kind == ContractKind::Protobuf));
    if is_read {
        return missing.into_iter().map(|operation| draft(contract, operation)).collect();
    }
    let Some(first) = missing.first() else { return Vec::new() };
    let message =
        format!("{} operations of {} were not found, but not all code of the service could be followed", missing.len(), contract.id);
    let at = Location { file: contract.file.clone(), line: first.at.line };
    let draft = Draft::new(format!("{} unverified operations", contract.title), at, message)
        .contract(&contract.id)
        .severity(Severity::Info)
        .at_most(Confidence::Low)
        .because("They may be served by what could not be followed.", "see the troubles: apicensus scan -v");
    vec![missing.iter().take(10).fold(draft, |draft, o| draft.and(&o.at, format!("{} {}", o.method, o.path)))]
}

fn draft(contract: &Contract, operation: &ContractOperation) -> Draft {
    let message = format!("{} promises {} {}, which no code serves", contract.id, operation.method, operation.path);
    let severity = if operation.deprecated { Severity::Info } else { Severity::Low };
    Draft::of_operation(contract, operation, message)
        .severity(severity)
        .at_most(Confidence::Medium)
        .because("Clients are promised what is not there.", format!("remove it from {} or serve it", contract.id))
}
