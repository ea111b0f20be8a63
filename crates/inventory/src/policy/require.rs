//! What a policy requires of endpoints and of calls to others.

use super::apply::{Pattern, glob};
use super::{FILE, Policy, Require};
use apicensus_catalog::{
    Audience, AuthState, Catalog, Confidence, ControlKind, ControlState, Endpoint, Exposure, Location, Severity, Trouble, TroubleKind,
};
use apicensus_findings::Draft;

/// What an endpoint lacks, and what could not be read of it.
#[derive(Default)]
struct Lack {
    missing: Vec<String>,
    unknown: Vec<String>,
}

/// The findings of a policy's requirements, by rule.
pub fn drafts(policy: &Policy, catalog: &mut Catalog) -> Vec<(&'static str, Draft)> {
    let mut found = Vec::new();
    for wanted in &policy.require {
        let pattern = Pattern::new(&wanted.path);
        let mut is_met = false;
        for endpoint in catalog.endpoints.iter().filter(|e| e.audience == Audience::Production && pattern.matches(e)) {
            is_met = true;
            found.extend(draft(wanted, endpoint).map(|draft| ("requirement", draft)));
        }
        if !is_met {
            catalog.troubles.push(Trouble {
                kind: TroubleKind::Policy,
                repository: String::new(),
                file: FILE.to_owned(),
                line: wanted.line,
                message: format!("no endpoint has a path like `{}`", wanted.path),
                effect: "this requirement has no effect".to_owned(),
            });
        }
    }
    found.extend(foreign(policy, catalog));
    found
}

fn draft(wanted: &Require, endpoint: &Endpoint) -> Option<Draft> {
    let Lack { missing, unknown } = lack(wanted, endpoint);
    let is_known = !missing.is_empty();
    let (words, verb) = if is_known { (missing, "lacks") } else { (unknown, "may lack") };
    if words.is_empty() {
        return None;
    }
    let message = format!("{} {} {verb} what the policy requires: {}", endpoint.method, endpoint.path, words.join(", "));
    let (severity, confidence) = if is_known { (Severity::High, Confidence::High) } else { (Severity::Low, Confidence::Low) };
    let why = if wanted.reason.is_empty() { "The policy says that these paths need it." } else { wanted.reason.as_str() };
    let draft = Draft::of(endpoint, message).severity(severity).at_most(confidence);
    let at = Location { file: FILE.to_owned(), line: wanted.line };
    Some(draft.because(why, "add the guard or control, or change the requirement").and(&at, "required here").apart(&wanted.path))
}

fn lack(wanted: &Require, endpoint: &Endpoint) -> Lack {
    let mut lack = Lack::default();
    let auth = &endpoint.auth;
    let is_outside = endpoint.exposure.as_ref().is_some_and(Exposure::is_guarded);
    let asks = wanted.auth || !wanted.roles.is_empty() || !wanted.scopes.is_empty();
    match auth.state {
        _ if !asks => {}
        AuthState::Required => {}
        _ if is_outside => {}
        AuthState::Unknown => lack.unknown.push("an identity".to_owned()),
        _ => lack.missing.push("an identity".to_owned()),
    }
    let mut one = |kind: &str, wanted: &[String], own: &[String], is_any: bool| {
        let has = |name: &String| own.iter().any(|o| o == name);
        let is_met = if is_any { wanted.is_empty() || wanted.iter().any(has) } else { wanted.iter().all(has) };
        if !is_met {
            let text = format!("{kind} {}", wanted.join(if is_any { " or " } else { " and " }));
            if auth.state == AuthState::Unknown { lack.unknown.push(text) } else { lack.missing.push(text) }
        }
    };
    one("role", &wanted.roles, &auth.roles, true);
    one("scope", &wanted.scopes, &auth.scopes, false);
    for kind in &wanted.controls {
        let is_limited = *kind == ControlKind::RateLimit && endpoint.exposure.as_ref().is_some_and(Exposure::is_limited);
        let state = endpoint.controls.get(kind).map(|control| control.state);
        match state {
            _ if is_limited => {}
            Some(ControlState::Yes) => {}
            Some(ControlState::No) => lack.missing.push(kind.as_str().replace('_', " ")),
            _ => lack.unknown.push(kind.as_str().replace('_', " ")),
        }
    }
    lack
}

/// Calls of deployed code to hosts that are not allowed.
fn foreign(policy: &Policy, catalog: &Catalog) -> Vec<(&'static str, Draft)> {
    let Some(allowed) = &policy.allowed_hosts else { return Vec::new() };
    let allowed: Vec<_> = allowed.iter().filter_map(|host| glob(&host.to_ascii_lowercase())).collect();
    let mut found = Vec::new();
    for call in catalog.outbound.calls.iter().filter(|c| c.audience == Audience::Production) {
        let host = call.host.as_deref().and_then(|h| h.split_once("://")).map(|(_, rest)| rest.split([':', '/']).next().unwrap_or(rest));
        let Some(host) = host.filter(|h| !h.is_empty() && !h.contains(['{', '$'])).map(str::to_ascii_lowercase) else { continue };
        if allowed.iter().all(|glob| !glob.is_match(&host)) {
            let message = format!("{} {} calls {host}, which the policy does not allow", call.method, call.url);
            let draft = Draft::new(format!("{} {}", call.method, call.url), call.at.clone(), message).severity(Severity::Medium);
            found.push((
                "foreign-host",
                draft.because("Data may go where it should not.", "allow the host in `allowed_hosts`, or don't call it"),
            ));
        }
    }
    found
}
