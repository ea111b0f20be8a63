//! Scores a catalog against a list of true endpoints.
//!
//! Endpoints are compared as (protocol, method, path), names of path parameters and a trailing slash aside; GraphQL
//! operations by their field. What the truth marks as third-party, implicit or a regular expression is neither wanted
//! nor counted; so are HEAD and OPTIONS beside a GET, and what the catalog does not call production code. A true method
//! ANY is met by any method on that path.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An endpoint of either side; the fields that scoring needs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    protocol: Option<String>,
    method: Option<String>,
    path: String,
    path_normalized: Option<String>,
    path_state: String,
    audience: Option<String>,
    file: Option<String>,
    line: Option<i64>,
    registered_at: serde_json::Value,
    handler: serde_json::Value,
    declared_in_third_party: bool,
    implicit: bool,
    regex: bool,
}

/// A list of true endpoints.
#[derive(Debug, Deserialize)]
pub struct Truth {
    endpoints: Vec<Endpoint>,
}

/// What a scan found.
#[derive(Debug, Deserialize)]
pub struct Found {
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    troubles: Vec<Trouble>,
}

#[derive(Debug, Deserialize)]
struct Trouble {
    file: Option<String>,
}

/// Protocol, method and path with blanked parameters.
pub type Key = (String, String, String);

/// The figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Endpoints wanted.
    pub wanted: usize,
    /// Of these, found.
    pub found: usize,
    /// Found, but not wanted.
    pub extra: Vec<Key>,
    /// Wanted, but not found.
    pub missing: Vec<Key>,
    /// Missing with no trouble that names their file.
    pub silent: usize,
    /// Of the found, those whose truth has a place.
    pub located: usize,
    /// Of the located, those with the right line (within 5).
    pub right_line: usize,
}

impl Score {
    /// Found of wanted.
    pub fn recall(&self) -> f64 {
        ratio(self.found, self.wanted)
    }
    /// Found of all that was reported.
    pub fn precision(&self) -> f64 {
        ratio(self.found, self.found + self.extra.len())
    }
}

/// `a / b`, 1 for nothing of nothing.
pub fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 1.0 } else { a as f64 / b as f64 }
}

/// A path with its parameters blanked, without a slash at its end.
pub fn path_key(path: &str) -> String {
    let mut out = String::from("/");
    let mut depth = 0u32;
    for c in path.split('?').next().unwrap_or_default().chars() {
        match c {
            '{' => {
                if depth == 0 {
                    out.push_str("{}");
                }
                depth += 1;
            }
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 && out.ends_with('/') => {}
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let key = out.trim_end_matches('/');
    if key.is_empty() { "/".to_owned() } else { key.to_owned() }
}

fn key(endpoint: &Endpoint) -> Key {
    let path = endpoint.path_normalized.as_deref().unwrap_or(&endpoint.path);
    let protocol = match endpoint.protocol.as_deref().unwrap_or("http").to_lowercase().as_str() {
        "" => "http".to_owned(),
        "ws" | "wss" => "websocket".to_owned(),
        other => other.to_owned(),
    };
    let method = endpoint.method.as_deref().unwrap_or("ANY").to_uppercase();
    let method = if matches!(method.as_str(), "*" | "ALL" | "") { "ANY".to_owned() } else { method };
    match protocol.as_str() {
        "websocket" => (protocol, "GET".to_owned(), path_key(path)),
        "graphql" => (protocol, method, path.rsplit('#').next().unwrap_or_default().to_owned()),
        _ => (protocol, method, path_key(path)),
    }
}

/// HEAD and OPTIONS keys that a GET on the same path implies.
fn implied<'k>(keys: impl Iterator<Item = &'k Key> + Clone) -> BTreeSet<Key> {
    let gets: BTreeSet<&str> = keys.clone().filter(|k| k.1 == "GET" || k.1 == "ANY").map(|k| k.2.as_str()).collect();
    keys.filter(|k| (k.1 == "HEAD" || k.1 == "OPTIONS") && gets.contains(k.2.as_str())).cloned().collect()
}

/// Scores what was found.
pub fn score(truth: &Truth, found: &Found) -> Score {
    let (mut wanted, mut ignored) = (BTreeMap::new(), BTreeSet::new());
    for endpoint in &truth.endpoints {
        if endpoint.declared_in_third_party || endpoint.implicit || endpoint.regex {
            ignored.insert(key(endpoint));
        } else {
            wanted.entry(key(endpoint)).or_insert(endpoint);
        }
    }
    let any: BTreeSet<(String, String)> = wanted.keys().filter(|k| k.1 == "ANY").map(|k| (k.0.clone(), k.2.clone())).collect();
    let mut got: BTreeMap<Key, &Endpoint> = BTreeMap::new();
    for endpoint in &found.endpoints {
        let audience = endpoint.audience.as_deref().unwrap_or("production");
        if endpoint.path_state == "pattern" || matches!(audience, "test" | "example" | "generated") {
            continue;
        }
        let mut key = key(endpoint);
        if any.contains(&(key.0.clone(), key.2.clone())) && !wanted.contains_key(&key) {
            key.1 = "ANY".to_owned();
        }
        got.entry(key).or_insert(endpoint);
    }
    for key in implied(wanted.keys()) {
        wanted.remove(&key);
        ignored.insert(key);
    }
    ignored.retain(|k| !wanted.contains_key(k));
    let spare = implied(got.keys().chain(wanted.keys()));
    got.retain(|k, _| !ignored.contains(k) && (wanted.contains_key(k) || !spare.contains(k)));
    figures(&wanted, &got, &found.troubles)
}

fn figures(wanted: &BTreeMap<Key, &Endpoint>, got: &BTreeMap<Key, &Endpoint>, troubles: &[Trouble]) -> Score {
    let mut score = Score { wanted: wanted.len(), ..Score::default() };
    let troubled: Vec<&str> = troubles.iter().filter_map(|t| t.file.as_deref()).filter(|f| !f.is_empty()).collect();
    for (key, endpoint) in wanted {
        let Some(hit) = got.get(key) else {
            score.missing.push(key.clone());
            score.silent += usize::from(!is_reported(endpoint, &troubled));
            continue;
        };
        score.found += 1;
        let Some(file) = endpoint.file.as_deref().filter(|f| !f.is_empty()) else { continue };
        score.located += 1;
        let at = hit.handler.get("file").and_then(|f| f.as_str()).unwrap_or_default();
        let line = hit.handler.get("line").and_then(serde_json::Value::as_i64).filter(|l| *l != 0);
        let same = at.ends_with(file) || !at.is_empty() && file.ends_with(at);
        let near = endpoint.line.filter(|l| *l != 0).zip(line).is_some_and(|(a, b)| (a - b).abs() <= 5);
        score.right_line += usize::from(same && near);
    }
    score.extra = got.keys().filter(|k| !wanted.contains_key(*k)).cloned().collect();
    score
}

/// Whether a trouble names the file of an endpoint's handler or registration.
fn is_reported(endpoint: &Endpoint, troubled: &[&str]) -> bool {
    let registered = endpoint.registered_at.as_str().and_then(|r| r.rsplit_once(':')).map(|(file, _)| file);
    [endpoint.file.as_deref(), registered]
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .any(|p| troubled.iter().any(|t| t.ends_with(p) || p.ends_with(t)))
}

/// Reads a JSON file.
pub fn read<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
}

/// `score`: prints the figures, and some of the differences.
pub fn print(truth: &Path, catalog: &Path, show: usize) -> Result<()> {
    let score = score(&read(truth)?, &read(catalog)?);
    println!("wanted {}, found {}, extra {}", score.wanted, score.found, score.extra.len());
    println!("recall {:.4}, precision {:.4}", score.recall(), score.precision());
    println!("silent misses {:.4}, right line {:.4}", ratio(score.silent, score.wanted), ratio(score.right_line, score.located));
    for (name, keys) in [("missing", &score.missing), ("extra", &score.extra)] {
        for (protocol, method, path) in keys.iter().take(show) {
            println!("{name:8} {protocol:9} {method:7} {path}");
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(truth: serde_json::Value, found: serde_json::Value) -> Score {
        let truth = serde_json::from_value(json!({"endpoints": truth})).unwrap();
        score(&truth, &serde_json::from_value(found).unwrap())
    }

    #[test]
    fn parameters_and_trailing_slashes_do_not_matter() {
        assert_eq!(path_key("//a/{x:{2}}/b/?q"), "/a/{}/b");
        assert_eq!(path_key(""), "/");
        assert_eq!(path_key("/{a}"), path_key("/{b}/"));
    }

    #[test]
    fn counts_hits_misses_and_extras() {
        let truth = json!([
            {"method": "GET", "path_normalized": "/a/{}", "file": "x/a.py", "line": 10},
            {"method": "POST", "path_normalized": "/b", "file": "x/b.py", "line": 1},
            {"protocol": "http", "method": "GET", "path_normalized": "/events"},
            {"method": "ANY", "path_normalized": "/any"},
            {"method": "HEAD", "path_normalized": "/a/{}"},
            {"method": "GET", "path_normalized": "/docs", "implicit": true},
        ]);
        let found = json!({"endpoints": [
            {"protocol": "http", "method": "GET", "path": "/a/{id}/", "handler": {"file": "root/x/a.py", "line": 14}},
            {"method": "GET", "path": "/any"},
            {"protocol": "http", "method": "GET", "path": "/events"},
            {"method": "GET", "path": "/docs"},
            {"method": "OPTIONS", "path": "/a/{id}"},
            {"method": "GET", "path": "/extra"},
            {"method": "GET", "path": "/test", "audience": "test"},
        ], "troubles": [{"file": "x/b.py"}]});
        let score = run(truth, found);
        assert_eq!((score.wanted, score.found, score.silent), (4, 3, 0));
        assert_eq!(score.extra, [("http".to_owned(), "GET".to_owned(), "/extra".to_owned())]);
        assert_eq!(score.missing[0].2, "/b");
        assert_eq!((score.located, score.right_line), (1, 1));
    }
}
