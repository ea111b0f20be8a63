//! Code quality of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. The findings that count,
//! with their own fingerprints, which are unique in a report.

use super::json;
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{Finding, FindingStatus, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub struct GitLab;

impl Exporter for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }
    fn about(&self) -> &'static str {
        "Code quality report for GitLab: the findings"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let open = input.catalog.findings.iter().filter(|f| f.status == FindingStatus::Open);
        let entries: Vec<Value> = open
            .map(|finding| {
                let again = seen.entry(finding.fingerprint.as_str()).or_default();
                *again += 1;
                entry(finding, *again)
            })
            .collect();
        Exported::text(json(&Value::Array(entries)), Vec::new())
    }
}

fn entry(finding: &Finding, again: usize) -> Value {
    let severity = match finding.severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    };
    let mark = if again > 1 { format!("-{again}") } else { String::new() };
    json!({
        "description": escape::line(&format!("{} {}", finding.message, finding.remedy)),
        "check_name": finding.rule,
        "fingerprint": format!("{}{mark}", finding.fingerprint),
        "severity": severity,
        "location": {"path": escape::line(finding.at.file.trim_start_matches("./")), "lines": {"begin": finding.at.line.max(1)}},
    })
}
