//! An endpoint that anyone may call, and not on purpose.
//!
//! The rule speaks only of endpoints whose whole chain was read: every mount, router, class, decorator and the handler's first
//! checks. What is open by design (a login, a health check, a webhook with a checked signature, what the policy lists as public) is
//! left out. Worse when it changes something or takes or gives sensitive data; less sure where no endpoint of the service asks
//! for an identity, since something in front of the service may do it. Where every known way from outside leads through a gateway that
//! asks for an identity, or none leads to it, it is of low severity: what is inside may still call it.
//!
//! To mend it: put the guard of its neighbours on it, or list it under `public` in `.apicensus.yaml`.

use crate::{Context, Draft, is_guarded_outside, is_open, is_unexposed, is_write, outside, sensitive};
use apicensus_catalog::{AuthState, Confidence, Endpoint, Severity};
use std::collections::HashSet;

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unauthenticated",
    severity: Severity::Medium,
    owasp: &["API2:2023", "API5:2023"],
    cwe: &["CWE-306"],
    source: include_str!("unauthenticated.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let asks = |e: &&Endpoint| e.auth.state == AuthState::Required;
    let guarded: HashSet<&str> = context.endpoints().filter(asks).map(|e| e.service.as_str()).collect();
    let drafts = context.endpoints().filter_map(|e| draft(e, guarded.contains(e.service.as_str())));
    drafts.collect()
}

fn draft(endpoint: &Endpoint, has_guards: bool) -> Option<Draft> {
    let classes = sensitive(endpoint);
    let is_grave = is_write(endpoint) || !classes.is_empty();
    let severity = match endpoint.auth.state {
        AuthState::None if is_open(endpoint) && is_grave => Severity::High,
        AuthState::None if is_open(endpoint) => Severity::Medium,
        AuthState::Optional if is_write(endpoint) && endpoint.auth.by_design.is_none() => Severity::Low,
        AuthState::Public if is_write(endpoint) && !classes.is_empty() && endpoint.auth.by_design.is_none() => Severity::Low,
        _ => return None,
    };
    let severity = if is_guarded_outside(endpoint) || is_unexposed(endpoint) { severity.min(Severity::Low) } else { severity };
    let how = match endpoint.auth.state {
        AuthState::Optional => "asks for no identity that it insists on",
        AuthState::Public => "is declared open",
        _ => "has no guard on the way to it",
    };
    let what = match (is_write(endpoint), classes.is_empty()) {
        (_, false) => format!(" and handles {} data", classes.join(", ")),
        (true, true) => " and may change something".to_owned(),
        (false, true) => String::new(),
    };
    let message = format!("{} {} {how}{what}{}", endpoint.method, endpoint.path, outside(endpoint));
    let mut draft = Draft::of(endpoint, message).severity(severity).because(
        "Anyone who reaches the service may call it.",
        "guard it like its neighbours, or list it under `public` in .apicensus.yaml",
    );
    if !has_guards {
        draft = draft.at_most(Confidence::Medium);
    }
    let ways = endpoint.exposure.iter().flat_map(|e| &e.through).filter_map(|t| t.auth.as_ref());
    draft = ways.take(3).fold(draft, |draft, auth| draft.and(&auth.at, format!("the gateway says {}: {}", auth.state, auth.by)));
    Some(
        endpoint
            .auth
            .chain
            .iter()
            .take(5)
            .fold(draft, |draft, guard| draft.and(&guard.at, format!("`{}` does not ask for one", guard.symbol))),
    )
}
