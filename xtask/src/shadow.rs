//! `corpus --shadow`: what is reported as undocumented, and as promised only, beside the documents that applications ship.
//!
//! Documents are read here by themselves: the methods of their paths below the paths of their servers. What an application serves is its
//! list in `testdata/truth`, or what was found where there is no list; then the comparison is measured and not the finding.

use crate::corpus::{scan, scan_without};
use crate::score::ratio;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What is compared.
pub struct Asked<'a> {
    /// What is scanned.
    pub folder: &'a Path,
    /// Documents of today.
    pub documents: &'a [String],
    /// Documents of earlier versions, each set beside today's code by itself.
    pub earlier: &'a [String],
    /// Pages that a framework adds.
    pub pages: &'a [String],
    /// The path that all operations are below.
    pub base: Option<&'a str>,
    /// The list of true endpoints.
    pub truth: Option<&'a Path>,
}

/// Method and path with blanked parameters.
type Key = (String, String);

/// The figures of an application.
#[derive(Default)]
pub struct Shadows {
    operations: usize,
    served: usize,
    undocumented: usize,
    reported: usize,
    /// Reported, and truly in no document.
    right: usize,
    /// Undocumented where the documents cover too little to tell.
    left_open: usize,
    is_listed: bool,
    /// Promised by a document and not served, reported, and both.
    phantoms: [usize; 3],
    /// What is wrong, for people.
    pub differences: Vec<String>,
}

#[derive(Deserialize)]
struct Catalog {
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    contracts: Vec<Contract>,
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Contract {
    kind: String,
    file: String,
}

#[derive(Clone, Deserialize)]
struct Endpoint {
    protocol: String,
    method: String,
    path: String,
    /// Of a list: with blanked parameters, whatever way the framework writes them.
    #[serde(default)]
    path_normalized: Option<String>,
    #[serde(default)]
    service: String,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    documented: Documented,
    /// Of a list: the framework or a library brings it.
    #[serde(default)]
    implicit: bool,
    #[serde(default)]
    declared_in_third_party: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Documented {
    state: String,
    contract: String,
    /// A part of the service that no document has, told as one.
    area: Option<String>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    confidence: String,
    #[serde(default)]
    subject: String,
}

/// Scans and compares.
pub fn measure(asked: &Asked<'_>, binary: &Path) -> Result<Shadows> {
    let catalog: Catalog = scan(binary, asked.folder)?;
    let documents: BTreeSet<Key> = all(asked.documents.iter().map(|file| operations(asked, file)))?;
    let is_page = |path: &str| asked.pages.iter().any(|page| page.strip_suffix('*').map_or(path == page, |start| path.starts_with(start)));
    let counts = |e: &&Endpoint| {
        e.protocol == "http"
            && !matches!(e.method.as_str(), "HEAD" | "OPTIONS")
            && !is_page(&e.path)
            && !e.implicit
            && !e.declared_in_third_party
    };
    let described: BTreeSet<&str> = catalog.endpoints.iter().filter(|e| is_of(asked, e)).map(|e| e.service.as_str()).collect();
    let found: Vec<&Endpoint> =
        catalog.endpoints.iter().filter(|e| e.audience == "production" && described.contains(e.service.as_str())).filter(counts).collect();
    let served = match asked.truth {
        Some(file) => serde_json::from_str::<Catalog>(&fs::read_to_string(file)?)?.endpoints.iter().filter(counts).map(key).collect(),
        None => found.iter().map(|e| key(e)).collect::<BTreeSet<Key>>(),
    };
    let undocumented: BTreeSet<&Key> = served.iter().filter(|key| !is_in(key, &documents)).collect();
    let is_told = |e: &&&Endpoint| e.documented.state == "no" || e.documented.area.is_some();
    let reported: BTreeSet<Key> = found.iter().filter(is_told).map(|e| key(e)).collect();
    let open: BTreeSet<Key> = found.iter().filter(|e| e.documented.state == "unknown" && !is_told(e)).map(|e| key(e)).collect();
    let right = reported.iter().filter(|key| undocumented.contains(key)).count();
    let mut differences: Vec<String> = Vec::new();
    differences.extend(reported.iter().filter(|k| !undocumented.contains(k)).map(|(m, p)| format!("not undocumented: {m} {p}")));
    let missed = undocumented.iter().filter(|k| !reported.contains(**k));
    differences.extend(missed.map(|k| format!("{}: {} {}", if open.contains(*k) { "left open" } else { "missed" }, k.0, k.1)));
    let mut result = Shadows {
        operations: documents.len(),
        served: served.len(),
        undocumented: undocumented.len(),
        reported: reported.len(),
        right,
        left_open: undocumented.iter().filter(|k| open.contains(**k)).count(),
        is_listed: asked.truth.is_some(),
        phantoms: [0; 3],
        differences,
    };
    result.promised(&documents, &served, &catalog, asked, asked.documents);
    for file in asked.earlier {
        let others = catalog.contracts.iter().filter(|c| matches!(c.kind.as_str(), "openapi" | "swagger") && c.file != *file);
        let others: Vec<String> = others.map(|c| c.file.clone()).collect();
        let beside: Catalog = scan_without(binary, asked.folder, &others)?;
        result.promised(&operations(asked, file)?, &served, &beside, asked, std::slice::from_ref(file));
    }
    Ok(result)
}

impl Shadows {
    /// Adds what documents promise that is not served, and what is reported so.
    fn promised(&mut self, promised: &BTreeSet<Key>, served: &BTreeSet<Key>, catalog: &Catalog, asked: &Asked<'_>, files: &[String]) {
        let counts = |key: &&Key| !matches!(key.0.as_str(), "HEAD" | "OPTIONS");
        let wanted: BTreeSet<&Key> = promised.iter().filter(counts).filter(|key| !is_in(key, served)).collect();
        // One that could not be verified is no phantom.
        let phantoms = catalog.findings.iter().filter(|f| f.rule == "phantom" && f.confidence != "low");
        let reported: BTreeSet<Key> = phantoms.filter_map(|f| subject(&f.subject, asked.base)).collect();
        let right = reported.iter().filter(|key| wanted.contains(key)).count();
        let counts = [wanted.len(), reported.len(), right];
        self.phantoms.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        let file = files.join(", ");
        self.differences.extend(reported.iter().filter(|k| !wanted.contains(k)).map(|(m, p)| format!("{file}: no phantom: {m} {p}")));
        self.differences.extend(wanted.iter().filter(|k| !reported.contains(**k)).map(|(m, p)| format!("{file}: not told: {m} {p}")));
    }

    /// In a line.
    pub fn told(&self) -> String {
        let Shadows { operations, served, undocumented, reported, right, phantoms: [wanted, told, both], .. } = self;
        format!(
            "{operations} operations, {served} endpoints, {undocumented} undocumented, {reported} reported, {right} of them right; {wanted} promised only, {told} reported, {both} of them right"
        )
    }
}

/// Whether an endpoint is documented by one of the documents.
fn is_of(asked: &Asked<'_>, endpoint: &Endpoint) -> bool {
    endpoint.documented.state == "yes" && asked.documents.contains(&endpoint.documented.contract)
}

/// Whether an endpoint is in a set; any method meets each, and the other way round.
fn is_in((method, path): &Key, set: &BTreeSet<Key>) -> bool {
    let has = |method: &str| set.contains(&(method.to_owned(), path.clone()));
    if method == "ANY" { METHODS.iter().any(|m| has(&m.to_uppercase())) || has("ANY") } else { has(method) || has("ANY") }
}

fn key(endpoint: &Endpoint) -> Key {
    (endpoint.method.clone(), blank(endpoint.path_normalized.as_ref().unwrap_or(&endpoint.path)))
}

/// `GET /path` of a finding.
fn subject(text: &str, base: Option<&str>) -> Option<Key> {
    let (method, path) = text.split_once(' ')?;
    let path = match base {
        Some(base) if !path.starts_with(base) => format!("{base}{path}"),
        _ => path.to_owned(),
    };
    Some((method.to_owned(), blank(&path)))
}

/// A path with blanked parameters and without a slash at its end.
fn blank(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for c in path.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        if c == '}' && depth == 0 {
            out.push_str("{}");
        }
    }
    match out.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

fn all(sets: impl Iterator<Item = Result<BTreeSet<Key>>>) -> Result<BTreeSet<Key>> {
    sets.collect::<Result<Vec<_>>>().map(|sets| sets.into_iter().flatten().collect())
}

/// The operations of a document.
fn operations(asked: &Asked<'_>, file: &str) -> Result<BTreeSet<Key>> {
    let text = fs::read_to_string(asked.folder.join(file)).with_context(|| format!("{file} of {}", asked.folder.display()))?;
    let document: Value = if file.ends_with(".json") { serde_json::from_str(&text)? } else { serde_yaml::from_str(&text)? };
    let bases: Vec<String> = asked.base.map_or_else(|| bases(&document), |base| vec![base.to_owned()]);
    let empty = serde_json::Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    let mut found = BTreeSet::new();
    for (path, item) in paths {
        for method in METHODS.iter().filter(|m| item.get(**m).is_some()) {
            found.extend(bases.iter().map(|base| (method.to_uppercase(), blank(&format!("{base}{path}")))));
        }
    }
    Ok(found)
}

/// The paths of a document's servers.
fn bases(document: &Value) -> Vec<String> {
    let of = |url: &str| {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
        // A variable before the first slash is a host.
        let path = if path.starts_with('/') { path } else { path.find('/').map_or("", |at| &path[at..]) };
        path.trim_end_matches('/').to_owned()
    };
    let servers: BTreeSet<String> =
        document["servers"].as_array().into_iter().flatten().filter_map(|s| s["url"].as_str()).map(of).collect();
    match (document["basePath"].as_str(), servers.is_empty()) {
        (Some(base), _) => vec![of(base)],
        (None, true) => vec![String::new()],
        (None, false) => servers.into_iter().collect(),
    }
}

/// A table in Markdown.
pub fn table(rows: &[(String, Shadows)]) -> String {
    let mut out = String::from(
        "| Application | Operations | Endpoints | Undocumented | Reported | Precision | Recall | Left open | Promised only | Reported | Right |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let of = |part: usize, whole: usize| if whole == 0 { "-".to_owned() } else { format!("{:.3}", ratio(part, whole)) };
    for (name, row) in rows {
        let Shadows { operations, served, undocumented, reported, right, left_open, phantoms: [wanted, told, both], .. } = row;
        let star = if row.is_listed { "" } else { " *" };
        let (precision, recall) = (of(*right, *reported), of(*right, *undocumented));
        let _ = writeln!(
            out,
            "| {name}{star} | {operations} | {served} | {undocumented} | {reported} | {precision} | {recall} | {left_open} | {wanted} | {told} | {both} |"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_compared_without_names_and_slashes() {
        assert_eq!(blank("/a/{id}/b/{name:path}/"), "/a/{}/b/{}");
        assert_eq!((blank("/"), blank("/x{y}z")), ("/".to_owned(), "/x{}z".to_owned()));
    }

    #[test]
    fn operations_stand_below_the_paths_of_servers() {
        let of = |document: Value| bases(&document);
        assert_eq!(of(json!({"servers": [{"url": "https://a.test/api/v1/"}, {"url": "{host}/api/v1"}]})), ["/api/v1"]);
        assert_eq!((of(json!({})), of(json!({"basePath": "/v2"}))), (vec![String::new()], vec!["/v2".to_owned()]));
    }

    #[test]
    fn any_method_meets_each() {
        let set: BTreeSet<Key> = [("GET".to_owned(), "/a".to_owned()), ("ANY".to_owned(), "/b".to_owned())].into();
        let is = |method: &str, path: &str| is_in(&(method.to_owned(), path.to_owned()), &set);
        assert_eq!((is("ANY", "/a"), is("POST", "/a"), is("PUT", "/b")), (true, false, true));
    }
}
