//! A debug or test endpoint in code that is deployed.
//!
//! Told by a segment of its path (`debug`, `pprof`, `phpinfo`, `graphiql` ...). Endpoints that ask for an identity, and those that a
//! condition leaves out by default, are less bad.
//!
//! To mend it: leave it out of the deployed application, or guard it.

use crate::{Context, Draft};
use apicensus_catalog::{AuthState, Confidence, Endpoint, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "debug-exposed",
    severity: Severity::Medium,
    owasp: &["API8:2023"],
    cwe: &["CWE-489"],
    source: include_str!("debug_exposed.rs"),
    check,
};

/// Segments that name what is meant for developers.
const WORDS: &[&str] = &[
    "debug",
    "_debug",
    "__debug__",
    "debugger",
    "pprof",
    "phpinfo",
    "graphiql",
    "playground",
    "actuator",
    "heapdump",
    "threaddump",
    "trace-dump",
    "dump-settings",
    "_test",
    "__test__",
    "test-error",
    "test-exception",
    "throw-error",
    "sentry-debug",
];

fn check(context: &Context<'_>) -> Vec<Draft> {
    context.endpoints().filter_map(draft).collect()
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let lower = endpoint.path.to_ascii_lowercase();
    let word = lower.split('/').find(|segment| WORDS.contains(segment))?;
    let is_off = endpoint.conditions.iter().any(|c| c.default == Some(false));
    let severity = match endpoint.auth.state {
        AuthState::Required => Severity::Info,
        _ if is_off => Severity::Low,
        AuthState::None | AuthState::Public => Severity::Medium,
        _ => Severity::Low,
    };
    let message = format!("{} {} looks like it is meant for developers (`{word}`)", endpoint.method, endpoint.path);
    let draft = Draft::of(endpoint, message).severity(severity).at_most(Confidence::Medium);
    let draft = draft.because("It may tell or do what nobody outside should.", "leave it out of the deployed application, or guard it");
    Some(endpoint.conditions.iter().take(3).fold(draft, |draft, c| {
        let at = apicensus_catalog::Location { file: c.file.clone(), line: c.line };
        draft.and(&at, format!("only if {}", c.text))
    }))
}
