//! One line of what a case expects of who may call, and the same made of what a scan found.
//!
//! `METHOD /path: state [scheme ...] [scopes=a,b] [roles=a,b] [[inferred]] [[REASON]] [-- why it is unknown]`. REASON is that
//! for which it is open on purpose (`[login]`). Schemes are named by their kind. After `--`, part of the reason will do.

use crate::expect::{ExpectedEndpoint, path_end};
use apicensus_catalog::{AuthState, ByDesign, Endpoint, SchemeKind};
use std::fmt;

/// Expected of who may call one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAuth {
    /// Method, `ANY`, `WS` or `SSE`, and the path.
    pub endpoint: String,
    /// The verdict and its words, one blank between them.
    pub verdict: String,
    /// Part of why it is unknown; may be empty.
    pub reason: String,
}

impl ExpectedAuth {
    /// Reads a line.
    ///
    /// # Errors
    /// Says what the line should look like, or which word is none of the catalog's.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (endpoint, rest) = endpoint_of(line)
            .ok_or_else(|| format!("expected `METHOD /path: state [scheme] [scopes=..] [roles=..]`, found `{}`", line.trim()))?;
        let (verdict, reason) = rest.split_once(" -- ").unwrap_or((rest, ""));
        let mut words = verdict.split_whitespace();
        let state = words.next().unwrap_or_default();
        if AuthState::from_word(state).is_none() {
            return Err(format!("`{state}` is no verdict; use required, optional, public, none or unknown"));
        }
        for word in words {
            let mark = word.strip_prefix('[').and_then(|w| w.strip_suffix(']'));
            let is_known = mark.is_some_and(|m| m == "inferred" || ByDesign::from_word(m).is_some())
                || ["scopes=", "roles="].iter().any(|list| word.starts_with(list))
                || SchemeKind::from_word(word).is_some();
            if !is_known {
                return Err(format!("`{word}` is no scheme, `scopes=`, `roles=`, `[inferred]` or reason in brackets"));
            }
        }
        let verdict = verdict.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(ExpectedAuth { endpoint, verdict, reason: reason.trim().to_owned() })
    }

    /// What the scan found, in the words of an expectation.
    pub fn of(endpoint: &Endpoint) -> Self {
        let auth = &endpoint.auth;
        let mut words = vec![auth.state.as_str().to_owned()];
        for scheme in &auth.schemes {
            if !words.iter().any(|w| w == scheme.kind.as_str()) {
                words.push(scheme.kind.as_str().to_owned());
            }
        }
        for (name, list) in [("scopes", &auth.scopes), ("roles", &auth.roles)] {
            if !list.is_empty() {
                words.push(format!("{name}={}", list.join(",").replace(char::is_whitespace, "_")));
            }
        }
        if auth.inferred {
            words.push("[inferred]".to_owned());
        }
        words.extend(auth.by_design.map(|reason| format!("[{reason}]")));
        let reason = auth.reason.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        ExpectedAuth { endpoint: ExpectedEndpoint::of(endpoint).operation(), verdict: words.join(" "), reason }
    }

    /// Whether `found` is what this expects.
    pub fn is_met_by(&self, found: &ExpectedAuth) -> bool {
        self.endpoint == found.endpoint && self.verdict == found.verdict && found.reason.contains(&self.reason)
    }
}

impl fmt::Display for ExpectedAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.verdict)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, " -- {}", self.reason) }
    }
}

/// The `METHOD /path` before the colon, one blank between them, and what comes after.
pub(crate) fn endpoint_of(line: &str) -> Option<(String, &str)> {
    let (verb, rest) = line.trim().split_once(' ')?;
    let rest = rest.trim_start();
    let end = path_end(rest);
    let path = rest[..end].strip_suffix(':').filter(|p| !p.is_empty())?;
    verb.bytes().all(|b| b.is_ascii_uppercase()).then(|| (format!("{verb} {path}"), rest[end..].trim()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_a_line() {
        let line = "GET /a/{?f(1, 2)}/x:y: required bearer apiKey scopes=a,b roles=admin [inferred]";
        assert_eq!(ExpectedAuth::parse(line).unwrap().to_string(), line);
        let line = "POST /login: none [login]";
        assert_eq!(ExpectedAuth::parse(line).unwrap().to_string(), line);
        for wrong in ["GET /a required", "GET /a: maybe", "GET /a: required beerer", "GET /a: none [because]"] {
            assert!(ExpectedAuth::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn part_of_a_reason_will_do() {
        let found = ExpectedAuth::parse("GET /a: unknown -- nothing visible mounts its router").unwrap();
        let met = |line: &str| ExpectedAuth::parse(line).unwrap().is_met_by(&found);
        assert!(met("GET  /a:  unknown") && met("GET /a: unknown -- mounts its"));
        assert!(!met("GET /a: unknown -- its handler") && !met("GET /a: none") && !met("POST /a: unknown"));
    }
}
