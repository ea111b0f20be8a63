//! Less is asked of a caller here than elsewhere for the same thing, or than before.
//!
//! One of two routes to the same handler is open and the other is guarded; an older version of a path is open and a newer one is
//! guarded; or, where `check` has a base to compare with, an endpoint asks for less than it did.
//!
//! To mend it: guard both alike, or say under `public` in `.apicensus.yaml` that it is meant so.

use crate::{Context, Draft, is_open};
use apicensus_catalog::{AuthState, Confidence, Endpoint, Severity};
use std::collections::HashMap;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "auth-downgrade",
    severity: Severity::High,
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306"],
    source: include_str!("auth_downgrade.rs"),
    check,
};

const WHY: &str = "Who is refused at one door uses the other.";
const REMEDY: &str = "guard both alike, or declare it public in .apicensus.yaml";

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut guarded: HashMap<String, &Endpoint> = HashMap::new();
    for endpoint in context.endpoints().filter(|e| e.auth.state == AuthState::Required) {
        for key in keys(endpoint) {
            guarded.entry(key).or_insert(endpoint);
        }
    }
    context.endpoints().filter(|e| is_open(e)).filter_map(|e| draft(e, &guarded)).collect()
}

fn draft(open: &Endpoint, guarded: &HashMap<String, &Endpoint>) -> Option<Draft> {
    let other = keys(open).into_iter().find_map(|key| guarded.get(&key).copied()).filter(|other| is_other_door(open, other))?;
    let message = format!("anyone may call {} {}, and {} {} asks for an identity", open.method, open.path, other.method, other.path);
    let draft = Draft::of(open, message).severity(Severity::High).at_most(Confidence::Medium).because(WHY, REMEDY);
    Some(draft.and(&other.registered_at, "the guarded one"))
}

/// The same handler counts on any path; of versions only an older one beside a newer one.
fn is_other_door(open: &Endpoint, other: &Endpoint) -> bool {
    let number = |e: &Endpoint| version(&e.path).map(|(_, number)| number);
    match (number(open), number(other)) {
        (Some(own), Some(newer)) if own != newer => own < newer,
        _ => open.path != other.path && handler(open).is_some() && handler(open) == handler(other),
    }
}

/// What it is known by: its handler, and its path without its version.
fn keys(endpoint: &Endpoint) -> Vec<String> {
    let by_handler = handler(endpoint).map(|handler| format!("{} {} {handler}", endpoint.service, endpoint.method));
    let by_version = version(&endpoint.path).map(|(rest, _)| format!("{} {} {rest}", endpoint.service, endpoint.method));
    by_handler.into_iter().chain(by_version).collect()
}

/// Place and name of a handler that has one.
fn handler(endpoint: &Endpoint) -> Option<String> {
    let handler = endpoint.handler.as_ref().filter(|h| !h.symbol.is_empty())?;
    Some(format!("{}:{} {}", handler.file, handler.line, handler.symbol))
}

/// A path without the number of its version, names of parameters blanked, and that number: `/api/v/users/{}` and 2.
fn version(path: &str) -> Option<(String, u32)> {
    let mut number = None;
    let segments = path.split('/').map(|segment| {
        let digits = segment.strip_prefix('v').and_then(|n| n.parse::<u32>().ok());
        match digits.filter(|_| number.is_none()) {
            Some(found) => {
                number = Some(found);
                "v"
            }
            None if segment.starts_with('{') => "{}",
            None => segment,
        }
    });
    let rest = segments.collect::<Vec<_>>().join("/");
    Some((rest, number?))
}
