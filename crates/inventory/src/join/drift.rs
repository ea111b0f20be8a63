//! What differs between an operation and the endpoint that serves it. Only what both sides say is compared.

use apicensus_catalog::{AuthState, ContractOperation, DeclaredAuth, Endpoint, ParameterIn};

/// The differences, each as a sentence that begins with its field: `auth: ...`. A missing mark of deprecation says something
/// only in a service whose code has such marks.
pub fn mismatches(promised: &ContractOperation, served: &Endpoint, has_marks: bool) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(auth(promised, served));
    if has_marks && promised.deprecated && !served.lifecycle.deprecated {
        found.push("deprecated: the contract says so, the code does not".to_owned());
    }
    if served.lifecycle.deprecated && !promised.deprecated {
        found.push("deprecated: the code says so, the contract does not".to_owned());
    }
    found.extend(parameters(promised, served));
    found
}

fn auth(promised: &ContractOperation, served: &Endpoint) -> Option<String> {
    let code = served.auth.state;
    let is_open = matches!(code, AuthState::None | AuthState::Public);
    match promised.auth {
        DeclaredAuth::Required if is_open || code == AuthState::Optional => {
            Some(format!("auth: the contract says required, the code {code}"))
        }
        DeclaredAuth::None if code == AuthState::Required => Some("auth: the contract says none, the code required".to_owned()),
        _ => None,
    }
}

/// Parameters that the code requires and the contract, which lists some of that kind, does not have.
fn parameters(promised: &ContractOperation, served: &Endpoint) -> Vec<String> {
    let required = served.parameters.iter().filter(|p| p.required && p.location == ParameterIn::Query && !p.name.is_empty());
    let is_known = |name: &str| promised.parameters.iter().any(|p| p.name.eq_ignore_ascii_case(name));
    let missing = required.filter(|p| !is_known(&p.name));
    missing.map(|p| format!("parameters: the code requires `{}` in the query, the contract does not have it", p.name)).collect()
}
