//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, as GitHub's code scanning takes it: the
//! findings and nothing else, URIs relative to the repository, fingerprints that lines are no part of.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{Finding, FindingStatus, Location, Severity};
use serde_json::{Value, json};

/// What code scanning takes of one run.
const MAX_RESULTS: usize = 25_000;
/// Tags of one rule.
const MAX_TAGS: usize = 20;

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
        let mut rules: Vec<&Finding> = Vec::new();
        for finding in &catalog.findings {
            if !rules.iter().any(|r| r.rule == finding.rule) {
                rules.push(finding);
            }
        }
        let over = catalog.findings.len().saturating_sub(MAX_RESULTS);
        let results: Vec<Value> = catalog.findings.iter().take(MAX_RESULTS).map(|f| result(f, &rules)).collect();
        let run = json!({
            "tool": {"driver": {
                "name": catalog.tool.name,
                "version": catalog.tool.version,
                "informationUri": "https://github.com/apicensus/apicensus",
                "rules": rules.iter().map(|f| rule(f)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        });
        let log = json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]});
        let left_out = if over > 0 { vec![(over, "more results than one run may have")] } else { Vec::new() };
        Exported::text(json(&log), left_out)
    }
}

/// A rule, told by its first finding.
fn rule(finding: &Finding) -> Value {
    let cwe = finding.cwe.iter().map(|c| format!("external/cwe/{}", c.to_ascii_lowercase()));
    let mut tags: Vec<String> = ["security".to_owned()].into_iter().chain(finding.owasp.iter().cloned()).chain(cwe).collect();
    tags.truncate(MAX_TAGS);
    json!({
        "id": finding.rule,
        "shortDescription": {"text": finding.rule.replace('-', " ")},
        "fullDescription": {"text": text(&finding.why)},
        "help": {"text": text(&finding.remedy)},
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"security-severity": score(finding.severity), "tags": tags},
    })
}

fn result(finding: &Finding, rules: &[&Finding]) -> Value {
    let mut out = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|r| r.rule == finding.rule),
        "level": level(finding.severity),
        "message": {"text": text(&finding.message)},
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
        out["relatedLocations"] = finding.evidence.iter().enumerate().map(related).collect();
    }
    if finding.status == FindingStatus::Suppressed {
        let reason = finding.suppression.as_ref().map_or("", |s| s.reason.as_str());
        out["suppressions"] = json!([{"kind": "external", "justification": text(reason)}]);
    }
    out
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

/// Brackets of a message are links: they are taken for text.
fn text(message: &str) -> String {
    escape::line(message).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn location(at: &Location) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": escape::path(&at.file, true), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": at.line.max(1)},
    }})
}
