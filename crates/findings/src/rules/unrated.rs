//! A login, reset of a password, one-time code, sign-up or payment without a rate limit.
//!
//! Told by a word of its path, of endpoints that change something, where no limit is known for sure: all of the code on the way and the
//! settings were read, and no gateway that was read limits every way to it. Where either is not known the rule sits out.
//!
//! To mend it: limit how often one caller may try, in the code or at the gateway.

use crate::{Context, Draft, is_write};
use apicensus_catalog::{AuthState, Confidence, ControlKind, ControlState, Endpoint, Exposure, ExposureState, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unrated",
    severity: Severity::Medium,
    owasp: &["API4:2023", "API6:2023"],
    cwe: &["CWE-307", "CWE-770"],
    source: include_str!("unrated.rs"),
    check,
};

/// Words of paths by which guessing pays off, and what they stand for.
const GUESSED: &[(&str, &[&str])] = &[
    ("a login", &["login", "signin", "logon", "authenticate", "token"]),
    (
        "a reset of a password",
        &["reset-password", "password-reset", "resetpassword", "forgot", "forgot-password", "forgotpassword", "recover"],
    ),
    ("a one-time code", &["otp", "totp", "mfa", "2fa", "verify-code", "verification-code", "confirm-code"]),
];
/// Words of paths that cost something each time.
const COSTLY: &[(&str, &[&str])] = &[
    ("a sign-up", &["signup", "register", "registration"]),
    ("a payment", &["payment", "payments", "pay", "checkout", "charge", "charges", "purchase", "withdraw", "transfer"]),
];

fn check(context: &Context<'_>) -> Vec<Draft> {
    context.endpoints().filter(|e| is_write(e)).filter_map(draft).collect()
}

/// What a path is about, by its last two segments that are text.
fn about(path: &str, words: &[(&'static str, &[&str])]) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase().replace('_', "-");
    let texts: Vec<&str> = lower.split(['/', '#']).filter(|s| !s.is_empty() && !s.contains('{')).collect();
    let near = texts.iter().rev().take(2).copied();
    near.map(|s| (s, s.replace('-', "")))
        .find_map(|(text, flat)| words.iter().find(|(_, all)| all.iter().any(|w| *w == text || *w == flat)).map(|(what, _)| *what))
}

fn draft(endpoint: &Endpoint) -> Option<Draft> {
    let limit = endpoint.controls.get(&ControlKind::RateLimit)?;
    let is_limited = endpoint.exposure.as_ref().is_some_and(Exposure::is_limited);
    let is_inside = endpoint.exposure.as_ref().is_some_and(|e| e.state == ExposureState::Unexposed);
    if limit.state != ControlState::No || is_limited || is_inside {
        return None;
    }
    let guessed = about(&endpoint.path, GUESSED);
    let what = guessed.or_else(|| about(&endpoint.path, COSTLY))?;
    // Who is known already can only spend their own.
    let severity = match endpoint.auth.state {
        AuthState::Required => Severity::Low,
        _ => Severity::Medium,
    };
    let message = format!("{} {} looks like {what} and has no rate limit", endpoint.method, endpoint.path);
    let why = match guessed {
        Some(_) => "Secrets can be guessed as fast as it answers.",
        None => "Callers can do it as often as they like.",
    };
    let draft = Draft::of(endpoint, message).severity(severity).at_most(Confidence::Medium);
    Some(draft.because(why, "limit how often one caller may try, in the code or at the gateway"))
}
