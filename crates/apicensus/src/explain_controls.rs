//! The controls of an endpoint in an explanation.

use crate::style::one_line;
use apicensus_catalog::{Control, ControlKind, ControlState, Endpoint};

/// The lines, each with the label of its section: what is there, what is not, what is not known.
pub fn lines(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    for state in [ControlState::Yes, ControlState::No, ControlState::Unknown] {
        for (kind, control) in endpoint.controls.iter().filter(|(_, c)| c.state == state) {
            if state == ControlState::Unknown && control.evidence.is_empty() {
                continue;
            }
            let label = if out.is_empty() { "checks" } else { "" };
            out.push((label, line(*kind, control)));
        }
    }
    let silent: Vec<&str> = endpoint
        .controls
        .iter()
        .filter(|(_, c)| c.state == ControlState::Unknown && c.evidence.is_empty())
        .map(|(k, _)| words(*k))
        .collect();
    if !silent.is_empty() {
        out.push((if out.is_empty() { "checks" } else { "" }, format!("not known: {}", silent.join(", "))));
    }
    out
}

fn line(kind: ControlKind, control: &Control) -> String {
    let mut facts = vec![format!("{} {}", words(kind), control.state)];
    if !control.limits.is_empty() {
        facts.push(one_line(&control.limits.join(", ")));
    }
    if !control.origins.is_empty() {
        facts.push(one_line(&format!("origins {}", control.origins.join(", "))));
    }
    if control.any_origin_with_credentials() {
        facts.push("any origin may read answers with the user's credentials".to_owned());
    } else if control.credentials {
        facts.push("with credentials".to_owned());
    }
    facts.extend(control.reason.as_deref().map(one_line));
    if let Some(last) = control.evidence.last() {
        facts.push(one_line(&format!("{}  {}:{}", last.symbol, last.at.file, last.at.line)));
    }
    facts.join(" · ")
}

fn words(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::RateLimit => "rate limit",
        ControlKind::Cors => "CORS",
        ControlKind::Csrf => "CSRF protection",
        ControlKind::BodyLimit => "size limit",
        ControlKind::Validation => "validation",
        ControlKind::Logging => "logging",
        ControlKind::Tls => "HTTPS only",
    }
}
