//! GraphQL schemas in SDL (https://spec.graphql.org/October2021/#sec-Schema): the fields of the root types.

use crate::tokens::{Token, after_group, tokens};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredParameter, Location};
use std::collections::HashMap;

/// Reads a schema; none where the text defines no field of a root type.
pub fn read(file: &str, text: &str) -> Option<Contract> {
    let tokens = tokens(text, true);
    let roots = roots(&tokens);
    let mut operations = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_type = tokens[at].word() == Some("type");
        let name = tokens.get(at + 1).and_then(Token::word).filter(|_| is_type);
        let method = name.and_then(|name| roots.get(name));
        // A type's fields stand after its interfaces and directives, whose arguments are in round brackets.
        let open = is_type.then(|| body(&tokens, at + 2)).flatten();
        match (method, open) {
            (Some(method), Some(open)) => {
                let end = after_group(&tokens, open);
                fields(&tokens[open + 1..end.max(open + 2) - 1], method, file, &mut operations);
                at = end;
            }
            (None, Some(open)) => at = after_group(&tokens, open),
            _ => at += 1,
        }
    }
    (!operations.is_empty()).then(|| Contract { kind: ContractKind::Graphql, operations, ..Contract::default() })
}

/// The bracket that opens the fields of a type.
fn body(tokens: &[Token], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match token.word() {
            Some("type" | "input" | "enum" | "interface" | "union" | "scalar" | "schema" | "extend" | "directive") => return None,
            _ if token.is('{') => return Some(at),
            _ if token.is('(') => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
    None
}

/// Names of the root types, to the method of their fields.
fn roots(tokens: &[Token]) -> HashMap<String, &'static str> {
    let method = |word: &str| match word {
        "query" => Some("QUERY"),
        "mutation" => Some("MUTATION"),
        "subscription" => Some("SUBSCRIPTION"),
        _ => None,
    };
    let mut roots = HashMap::new();
    for at in 0..tokens.len() {
        let Some(open) = (tokens[at].word() == Some("schema")).then(|| body(tokens, at + 1)).flatten() else { continue };
        for pair in tokens[open..after_group(tokens, open)].windows(3).filter(|p| p[1].is(':')) {
            if let (Some(method), Some(name)) = (pair[0].word().and_then(method), pair[2].word()) {
                roots.insert(name.to_owned(), method);
            }
        }
    }
    if roots.is_empty() {
        let usual = [("Query", "QUERY"), ("Mutation", "MUTATION"), ("Subscription", "SUBSCRIPTION")];
        roots.extend(usual.map(|(name, method)| (name.to_owned(), method)));
    }
    roots
}

/// The fields of a body: a name, arguments, a colon and a type.
fn fields(tokens: &[Token], method: &str, file: &str, operations: &mut Vec<ContractOperation>) {
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].is('@') {
            let has_arguments = tokens.get(at + 2).is_some_and(|t| t.is('('));
            at = if has_arguments { after_group(tokens, at + 2) } else { at + 2 };
            continue;
        }
        let after_name = tokens.get(at + 1);
        let has_arguments = after_name.is_some_and(|t| t.is('('));
        let (Some(name), true) = (tokens[at].word(), has_arguments || after_name.is_some_and(|t| t.is(':'))) else {
            at = if tokens[at].is('(') || tokens[at].is('{') { after_group(tokens, at) } else { at + 1 };
            continue;
        };
        let end = if has_arguments { after_group(tokens, at + 1) } else { at + 1 };
        let arguments = tokens.get(at + 2..end.saturating_sub(1)).filter(|_| has_arguments).unwrap_or_default();
        let rest = &tokens[end.min(tokens.len())..];
        // After the type's name; before it may stand `[`.
        let colon = rest.iter().position(|t| t.is(':')).map_or(tokens.len(), |colon| end + colon + 1);
        let next = tokens.get(colon..).unwrap_or_default().iter().position(|t| t.word().is_some()).map_or(tokens.len(), |n| colon + n + 1);
        operations.push(ContractOperation {
            method: method.to_owned(),
            path: format!("#{name}"),
            operation_id: name.to_owned(),
            at: Location { file: file.to_owned(), line: tokens[at].line },
            deprecated: is_deprecated(tokens.get(next..).unwrap_or_default()),
            parameters: arguments_of(arguments),
            ..ContractOperation::default()
        });
        at = next;
    }
}

/// Whether `@deprecated` stands among the directives after a field's type.
fn is_deprecated(tokens: &[Token]) -> bool {
    let mut at = tokens.iter().position(|t| !t.is('!') && !t.is(']')).unwrap_or(tokens.len());
    while tokens.get(at).is_some_and(|t| t.is('@')) {
        if tokens.get(at + 1).and_then(Token::word) == Some("deprecated") {
            return true;
        }
        at = if tokens.get(at + 2).is_some_and(|t| t.is('(')) { after_group(tokens, at + 2) } else { at + 2 };
    }
    false
}

/// The arguments of a field; those of a type that ends with `!` and has no default are required.
fn arguments_of(tokens: &[Token]) -> Vec<DeclaredParameter> {
    let mut found: Vec<DeclaredParameter> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match (tokens[at].word(), tokens.get(at + 1)) {
            (Some(name), Some(colon)) if colon.is(':') => {
                found.push(DeclaredParameter {
                    location: "argument".to_owned(),
                    name: name.to_owned(),
                    required: false,
                    ..DeclaredParameter::default()
                });
                at += 2;
            }
            _ if tokens[at].is('{') || tokens[at].is('(') => at = after_group(tokens, at),
            _ => {
                let is_required = tokens[at].is('!');
                if let Some(last) = found.last_mut().filter(|_| is_required || tokens[at].is('=')) {
                    last.required = is_required;
                }
                at += 1;
            }
        }
    }
    found
}
