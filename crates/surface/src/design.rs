//! Endpoints that are open on purpose: login, health and the like are named with a reason, by the rules of
//! `grammars/by_design.yaml`. The verdict itself stays as it is.

use apicensus_catalog::{AuthState, ByDesign, Endpoint, Protocol, SchemeKind};
use serde::Deserialize;

const RULES: &str = include_str!("../../../grammars/by_design.yaml");
/// Segments that say nothing of what an endpoint is for.
const TOP: &[&str] = &["api", "rest", "public", "internal", "v", "app"];

/// The rules, read.
#[derive(Debug)]
pub struct Rules(Vec<Rule>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[allow(dead_code, reason = "a name for people who read the list")]
    rule: String,
    reason: String,
    #[serde(default)]
    last: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    under: Vec<String>,
    #[serde(default)]
    handler: Vec<String>,
    #[serde(default)]
    methods: Vec<String>,
    /// The path may go on with a parameter.
    #[serde(default)]
    then: bool,
    /// The path must end in the rest of a path.
    #[serde(default)]
    catch_all: bool,
    #[serde(default)]
    signed: bool,
}

/// What the rules look at.
struct Seen<'a> {
    endpoint: &'a Endpoint,
    segments: Vec<String>,
    ends_in_parameter: bool,
    handler: String,
    signed: bool,
}

impl Rules {
    /// The rules that come with the program.
    ///
    /// # Errors
    /// When the list is wrong; a test keeps it right.
    pub fn builtin() -> Result<Rules, serde_yaml::Error> {
        serde_yaml::from_str(RULES).map(Rules)
    }

    /// Why an endpoint would be open on purpose. An endpoint that asks for an identity is not, but for webhooks, whose
    /// identity is a signature.
    pub fn reason(&self, endpoint: &Endpoint) -> Option<ByDesign> {
        if endpoint.protocol != Protocol::Http {
            return None;
        }
        let seen = Seen::new(endpoint);
        let rule = self.0.iter().find(|rule| rule.fits(&seen))?;
        let reason = ByDesign::from_word(&rule.reason)?;
        (endpoint.auth.state != AuthState::Required || reason == ByDesign::Webhook).then_some(reason)
    }
}

impl<'a> Seen<'a> {
    fn new(endpoint: &'a Endpoint) -> Seen<'a> {
        let parts: Vec<&str> = endpoint.path.split('/').filter(|part| !part.is_empty()).collect();
        let symbol = endpoint.handler.as_ref().map_or("", |h| h.symbol.as_str());
        let handler = symbol.rsplit(['.', ':']).next().unwrap_or_default();
        Seen {
            endpoint,
            ends_in_parameter: parts.last().is_some_and(|part| part.contains('{')),
            segments: parts.iter().filter(|part| !part.contains('{')).map(|part| flat(part)).collect(),
            handler: flat(handler),
            signed: endpoint.auth.schemes.iter().any(|scheme| scheme.kind == SchemeKind::Hmac),
        }
    }
}

impl Rule {
    fn fits(&self, seen: &Seen<'_>) -> bool {
        let method = seen.endpoint.method.as_str();
        if !(self.methods.is_empty() || method == "ANY" || self.methods.iter().any(|m| m == method || m == "GET" && method == "HEAD")) {
            return false;
        }
        if self.signed && !seen.signed || self.catch_all && !seen.endpoint.parameters.iter().any(|p| p.catch_all) {
            return false;
        }
        if !self.handler.is_empty() {
            return self.handler.contains(&seen.handler);
        }
        if !self.any.is_empty() {
            return seen.segments.iter().any(|segment| self.any.contains(segment));
        }
        let Some((last, before)) = seen.segments.split_last() else { return false };
        self.last.contains(last) && (self.then || !seen.ends_in_parameter) && self.is_under(before)
    }

    fn is_under(&self, before: &[String]) -> bool {
        self.under.is_empty()
            || before.iter().any(|segment| self.under.contains(segment))
            || self.under.iter().any(|word| word == "@top") && before.iter().all(|segment| is_top(segment))
    }
}

/// `v1`, `api` and the like.
fn is_top(segment: &str) -> bool {
    let stem = segment.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    TOP.contains(&stem)
}

/// Without case and separators.
fn flat(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reason(method: &str, path: &str, symbol: &str, auth: &str) -> Option<&'static str> {
        let text = format!(
            r#"{{"id": "1", "service": "s", "protocol": "http", "method": "{method}", "path": "{path}", "raw_path": "{path}",
            "path_state": "exact", "registered_at": {{"file": "a.py", "line": 1}}, "auth": {auth}, "audience": "production",
            "handler": {{"file": "a.py", "line": 1, "end_line": 2, "symbol": "{symbol}"}}, "framework": "flask", "confidence": "high"}}"#
        );
        let endpoint: Endpoint = serde_json::from_str(&text).unwrap();
        Rules::builtin().unwrap().reason(&endpoint).map(ByDesign::as_str)
    }

    #[test]
    fn what_is_open_on_purpose_has_a_reason() {
        let open = r#"{"state": "none"}"#;
        let cases = [
            ("POST", "/api/v1/auth/sign-in", "x", Some("login")),
            ("POST", "/login/{provider}", "x", Some("login")),
            ("POST", "/session", "Auth.login", Some("login")),
            ("POST", "/api/token", "x", Some("token")),
            ("POST", "/devices/{id}/token", "x", None),
            ("POST", "/auth/refresh", "x", Some("refresh")),
            ("POST", "/cache/refresh", "x", None),
            ("POST", "/logout", "x", Some("logout")),
            ("GET", "/auth/{provider}/callback", "x", Some("oauth-callback")),
            ("GET", "/payments/callback", "x", None),
            ("GET", "/healthz", "x", Some("health")),
            ("GET", "/api/v1/status", "x", Some("health")),
            ("GET", "/orders/{id}/status", "x", None),
            ("POST", "/users/reset_password/{token}", "x", Some("recovery")),
            ("GET", "/.well-known/jwks.json", "x", Some("discovery")),
            ("POST", "/webhooks/stripe", "x", None),
            ("GET", "/users/login-history", "x", None),
            ("GET", "/robots.txt", "x", Some("static")),
        ];
        for (method, path, symbol, expected) in cases {
            assert_eq!(reason(method, path, symbol, open), expected, "{method} {path}");
        }
    }

    #[test]
    fn what_asks_for_an_identity_is_not_open_on_purpose() {
        assert_eq!(reason("POST", "/logout", "x", r#"{"state": "required"}"#), None);
        let signed = r#"{"state": "required", "schemes": [{"kind": "hmac", "name": "x"}]}"#;
        assert_eq!(reason("POST", "/webhooks/stripe", "x", signed), Some("webhook"));
    }
}
