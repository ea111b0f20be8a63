//! What differs between an operation and the endpoint that serves it. Only what both sides say is compared.

use super::bodies;
use super::shapes::{Schemas, kinds};
use apicensus_catalog::{AuthState, ContractOperation, DeclaredAuth, DeclaredParameter, Endpoint, Grade, Parameter, ParameterIn};
use serde_json::json;

/// The differences, each as a sentence that begins with its field: `auth: ...`. A missing mark of deprecation says something
/// only in a service whose code has such marks.
pub fn mismatches(promised: &ContractOperation, served: &Endpoint, grade: Grade, has_marks: bool, schemas: &Schemas) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(auth(promised, served));
    if has_marks && promised.deprecated && !served.lifecycle.deprecated {
        found.push("deprecated: the contract says so, the code does not".to_owned());
    }
    if served.lifecycle.deprecated && !promised.deprecated {
        found.push("deprecated: the code says so, the contract does not".to_owned());
    }
    found.extend(parameters(promised, served, schemas));
    // What takes any path or any method takes more than this operation.
    if grade != Grade::CatchAll && served.method != "ANY" {
        found.extend(bodies::of(promised, served, schemas));
    }
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

/// What differs between parameters of the query, and arguments of a GraphQL field: those that the code requires, and types.
fn parameters(promised: &ContractOperation, served: &Endpoint, schemas: &Schemas) -> Vec<String> {
    let mut found = Vec::new();
    for parameter in served.parameters.iter().filter(|p| !p.name.is_empty()) {
        let (place, location) = match parameter.location {
            ParameterIn::Query => ("in the query", "query"),
            ParameterIn::Argument => ("as an argument", "argument"),
            _ => continue,
        };
        let known = promised.parameters.iter().find(|p| p.location == location && p.name.eq_ignore_ascii_case(&parameter.name));
        let name = &parameter.name;
        found.extend(match known {
            None if parameter.required => Some(format!("parameters: the code requires `{name}` {place}, the contract does not have it")),
            None => None,
            Some(known) if parameter.required && !known.required => {
                Some(format!("parameters: the code requires `{name}` {place}, the contract leaves it open"))
            }
            Some(known) => types(known, parameter, schemas),
        });
    }
    found
}

/// Types of one parameter that have nothing in common.
fn types(known: &DeclaredParameter, parameter: &Parameter, schemas: &Schemas) -> Option<String> {
    let (said, schema) = (known.type_name.as_deref()?, parameter.schema.as_ref()?);
    let declared = json!({"type": said});
    let (promised, served) = (kinds(&declared, schemas)?, kinds(schema, schemas)?);
    let differs = bodies::is_apart(&promised, &served);
    differs.then(|| format!("parameters: `{}` is {said} in the contract and {} in the code", parameter.name, bodies::words(&served)))
}
