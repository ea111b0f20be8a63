//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, as GitHub's code scanning takes it
//! (<https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>): the findings and
//! nothing else, a run a service, URIs relative to the repository, fingerprints that lines are no part of, and the trail of an endpoint as
//! a code flow.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{Endpoint, Finding, FindingStatus, Location, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What code scanning takes of one run, and of one file.
const MAX_RESULTS: usize = 25_000;
const MAX_RUNS: usize = 20;
/// Tags of one rule, and locations of one result.
const MAX_TAGS: usize = 20;
const MAX_LOCATIONS: usize = 1_000;

pub struct Sarif;

impl Exporter for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }
    fn about(&self) -> &'static str {
        "SARIF 2.1.0, the findings, for code scanning"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let catalog = input.catalog;
        let mut runs: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &catalog.findings {
            runs.entry(finding.service.as_deref().unwrap_or_default()).or_default().push(finding);
        }
        let mut grouped: Vec<(String, Vec<&Finding>)> =
            runs.into_iter().map(|(service, findings)| (if service.is_empty() { "." } else { service }.to_owned(), findings)).collect();
        // A file has so many runs at most: the last one takes the services that are left.
        while grouped.len() > MAX_RUNS {
            let rest = grouped.pop().map(|(_, findings)| findings).unwrap_or_default();
            if let Some((name, last)) = grouped.last_mut() {
                *name = "others".to_owned();
                last.extend(rest);
            }
        }
        if grouped.is_empty() {
            grouped.push((".".to_owned(), Vec::new()));
        }
        let over: usize = grouped.iter().map(|(_, findings)| findings.len().saturating_sub(MAX_RESULTS)).sum();
        let endpoints: BTreeMap<&str, &Endpoint> = catalog.endpoints.iter().map(|e| (e.id.as_str(), e)).collect();
        let runs: Vec<Value> = grouped.iter().map(|(service, findings)| run(service, findings, &endpoints, input)).collect();
        let log = json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs});
        let left_out = if over > 0 { vec![(over, "more results than one run may have")] } else { Vec::new() };
        Exported::text(json(&log), left_out)
    }
}

fn run(service: &str, findings: &[&Finding], endpoints: &BTreeMap<&str, &Endpoint>, input: &Input<'_>) -> Value {
    let mut rules: Vec<&Finding> = Vec::new();
    for finding in findings {
        if !rules.iter().any(|r| r.rule == finding.rule) {
            rules.push(finding);
        }
    }
    let trail = |f: &Finding| f.endpoint.as_deref().and_then(|id| endpoints.get(id)).copied();
    let results: Vec<Value> = findings.iter().take(MAX_RESULTS).map(|f| result(f, &rules, trail(f))).collect();
    let tool = &input.catalog.tool;
    json!({
        "tool": {"driver": {
            "name": tool.name,
            "version": tool.version,
            "semanticVersion": tool.version,
            "informationUri": "https://github.com/apicensus/apicensus",
            "rules": rules.iter().map(|f| rule(f)).collect::<Vec<_>>(),
        }},
        "automationDetails": {"id": format!("apicensus/{}/", escape::path(service, true))},
        "columnKind": "utf16CodeUnits",
        "results": results,
    })
}

/// A rule, told by its first finding.
fn rule(finding: &Finding) -> Value {
    let cwe = finding.cwe.iter().map(|c| format!("external/cwe/{}", c.to_ascii_lowercase()));
    let mut tags: Vec<String> = ["security".to_owned()].into_iter().chain(finding.owasp.iter().cloned()).chain(cwe).collect();
    tags.truncate(MAX_TAGS);
    json!({
        "id": finding.rule,
        "shortDescription": {"text": sentence(&finding.rule.replace('-', " "))},
        "fullDescription": {"text": sentence(&finding.why)},
        "help": {"text": sentence(&finding.remedy)},
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"security-severity": score(finding.severity), "tags": tags},
    })
}

fn result(finding: &Finding, rules: &[&Finding], endpoint: Option<&Endpoint>) -> Value {
    let mut out = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|r| r.rule == finding.rule),
        "level": level(finding.severity),
        "message": {"text": sentence(&finding.message)},
        "locations": [location(&finding.at)],
        "partialFingerprints": {"apicensus/v1": finding.fingerprint},
    });
    if !finding.evidence.is_empty() {
        let related = |(at, e): (usize, &apicensus_catalog::Evidence)| {
            let mut place = location(&e.at);
            place["id"] = json!(at);
            place["message"] = json!({"text": text(&e.what)});
            place
        };
        out["relatedLocations"] = finding.evidence.iter().take(MAX_LOCATIONS).enumerate().map(related).collect();
    }
    if let Some(flow) = endpoint.and_then(code_flow) {
        out["codeFlows"] = json!([flow]);
    }
    if finding.status == FindingStatus::Suppressed {
        let reason = finding.suppression.as_ref().map_or("", |s| s.reason.as_str());
        out["suppressions"] = json!([{"kind": "external", "justification": text(reason)}]);
    }
    out
}

/// The way from the application to the handler.
fn code_flow(endpoint: &Endpoint) -> Option<Value> {
    let step = |step: &apicensus_catalog::TrailStep| {
        let mut place = location(&Location { file: step.file.clone(), line: step.line });
        let gives = if step.gives.is_empty() { String::new() } else { format!(" {}", step.gives) };
        place["message"] = json!({"text": text(&format!("{}{gives}", step.what))});
        json!({"location": place})
    };
    let steps: Vec<Value> = endpoint.trail.iter().take(MAX_LOCATIONS).map(step).collect();
    let message = json!({"text": text(&format!("How {} {} comes about.", endpoint.method, endpoint.path))});
    (!steps.is_empty()).then(|| json!({"message": message, "threadFlows": [{"locations": steps}]}))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The score that code scanning sorts by: over 9.0 critical, 7.0 high, 4.0 medium.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

/// Brackets of a message are links, and a number in braces stands for an argument: they are taken for text.
fn text(message: &str) -> String {
    let plain = escape::line(message).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    let is_argument = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if plain.split('{').skip(1).any(is_argument) { plain.replace('{', "{{").replace('}', "}}") } else { plain }
}

/// A text that ends like a sentence.
fn sentence(message: &str) -> String {
    let text = text(message.trim_end());
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

fn location(at: &Location) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": escape::path(&at.file, true), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": at.line.max(1)},
    }})
}
