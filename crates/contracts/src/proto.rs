//! Services of Protocol Buffers files (https://protobuf.dev/reference/protobuf/proto3-spec/), and their HTTP bindings
//! (`google.api.http`, https://google.aip.dev/127).

use crate::tokens::{Token, after_group, tokens};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, Location};

/// Words of a binding that name a method.
const METHODS: &[&str] = &["get", "put", "post", "delete", "patch"];

/// Reads a file; none where it defines no service.
pub fn read(file: &str, text: &str) -> Option<Contract> {
    let tokens = tokens(text, false);
    let package = tokens.windows(2).find(|pair| pair[0].word() == Some("package")).and_then(|pair| pair[1].word()).unwrap_or_default();
    let mut operations = Vec::new();
    let mut at = 0;
    while at + 2 < tokens.len() {
        match (tokens[at].word(), tokens[at + 1].word()) {
            (Some("service"), Some(name)) if tokens[at + 2].is('{') => {
                let end = after_group(&tokens, at + 2);
                let full = if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") };
                methods(&tokens[at + 3..end.max(at + 4) - 1], &full, file, &mut operations);
                at = end;
            }
            _ => at += 1,
        }
    }
    (!operations.is_empty()).then(|| Contract {
        kind: ContractKind::Protobuf,
        format_version: tokens.windows(3).find(|t| t[0].word() == Some("syntax")).and_then(|t| t[2].text()).unwrap_or_default().to_owned(),
        title: package.to_owned(),
        operations,
        ..Contract::default()
    })
}

/// The methods of a service: `rpc Name (Request) returns (Response)`, then `;` or options in brackets.
fn methods(tokens: &[Token], service: &str, file: &str, operations: &mut Vec<ContractOperation>) {
    let mut at = 0;
    while at < tokens.len() {
        let (Some("rpc"), Some(name)) = (tokens[at].word(), tokens.get(at + 1).and_then(Token::word)) else {
            at += 1;
            continue;
        };
        let head = tokens[at..].iter().position(|t| t.is('{') || t.is(';')).map_or(tokens.len(), |n| at + n);
        let end = if tokens.get(head).is_some_and(|t| t.is('{')) { after_group(tokens, head) } else { head + 1 };
        let options = tokens.get(head..end.min(tokens.len())).unwrap_or_default();
        let deprecated = options.windows(3).any(|t| t[0].word() == Some("deprecated") && t[2].word() == Some("true"));
        let operation = |method: &str, path: String, line: u32| ContractOperation {
            method: method.to_owned(),
            path,
            operation_id: name.to_owned(),
            at: Location { file: file.to_owned(), line },
            deprecated,
            ..ContractOperation::default()
        };
        operations.push(operation("RPC", format!("/{service}/{name}"), tokens[at].line));
        for triple in options.windows(3).filter(|t| t[1].is(':')) {
            if let (Some(method), Some(path)) = (triple[0].word().filter(|w| METHODS.contains(w)), triple[2].text()) {
                operations.push(operation(&method.to_ascii_uppercase(), template(path), triple[0].line));
            }
        }
        at = end;
    }
}

/// `/v1/{name=shelves/*}:list` as `/v1/shelves/{name}:list`.
fn template(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (variable, after) = after.split_once('}').unwrap_or((after, ""));
        match variable.split_once('=') {
            Some((name, pattern)) => {
                let stars = pattern.replace("**", "*");
                let mut number = 0;
                for piece in stars.split_inclusive('*') {
                    out.push_str(piece.trim_end_matches('*'));
                    if piece.ends_with('*') {
                        number += 1;
                        let suffix = if number == 1 { String::new() } else { number.to_string() };
                        out.push_str(&format!("{{{name}{suffix}}}"));
                    }
                }
            }
            None => out.push_str(&format!("{{{variable}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
