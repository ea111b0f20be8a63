//! The findings for GitHub Actions: annotations as workflow commands
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>) and a Markdown summary for
//! `$GITHUB_STEP_SUMMARY`. Suppressed findings have no annotation.

use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{AuthState, DocumentedState, Finding, FindingStatus, Severity};
use std::collections::BTreeMap;

pub struct Annotations;
pub struct Summary;

/// GitHub shows so many annotations of a kind in one step; the rest is in the log.
const SHOWN: usize = 10;
/// A step's summary may be 1 MiB long.
const MAX_SUMMARY: usize = 1_000_000;

impl Exporter for Annotations {
    fn name(&self) -> &'static str {
        "github"
    }
    fn about(&self) -> &'static str {
        "Annotations for GitHub Actions: the findings"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let open: Vec<&Finding> = input.catalog.findings.iter().filter(|f| f.status == FindingStatus::Open).collect();
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        open.iter().for_each(|f| *counted.entry(level(f.severity)).or_default() += 1);
        let over: usize = counted.values().map(|n| n.saturating_sub(SHOWN)).sum();
        let left_out =
            if over > 0 { vec![(over, "GitHub shows ten annotations of a level; the others are in the log only")] } else { Vec::new() };
        Exported::text(open.into_iter().map(annotation).collect(), left_out)
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn annotation(finding: &Finding) -> String {
    let data = |text: &str| escape::line(text).replace('%', "%25");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::{} file={},line={},title={}::{}\n",
        level(finding.severity),
        property(&finding.at.file),
        finding.at.line.max(1),
        property(&format!("{} {}", finding.rule, finding.subject)),
        data(&format!("{} {} {}", finding.message, finding.why, finding.remedy)),
    )
}

impl Exporter for Summary {
    fn name(&self) -> &'static str {
        "github-summary"
    }
    fn about(&self) -> &'static str {
        "Step summary for GitHub Actions (Markdown)"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let catalog = input.catalog;
        let mut text = String::from("## API census\n\n| Service | Endpoints | Open to anyone | Auth unknown | Undocumented | Findings |\n");
        text.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
        for service in &catalog.services {
            let own = || catalog.endpoints.iter().filter(|e| e.service == service.id);
            let open = own().filter(|e| e.auth.state == AuthState::None && e.auth.by_design.is_none()).count();
            let unknown = own().filter(|e| e.auth.state == AuthState::Unknown).count();
            let bare = own().filter(|e| e.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No)).count();
            let findings = catalog.findings.iter().filter(|f| f.status == FindingStatus::Open && f.service.as_deref() == Some(&service.id));
            let name = escape::markdown(&service.name);
            text.push_str(&format!("| {name} | {} | {open} | {unknown} | {bare} | {} |\n", own().count(), findings.count()));
        }
        let mut over = 0;
        let open: Vec<&Finding> = catalog.findings.iter().filter(|f| f.status == FindingStatus::Open).collect();
        if !open.is_empty() {
            text.push_str("\n| Severity | Rule | What | Where |\n| --- | --- | --- | --- |\n");
        }
        for finding in open {
            let place = format!("{}:{}", finding.at.file, finding.at.line);
            let cells = [finding.severity.as_str(), &finding.rule, &finding.message, &place].map(escape::markdown);
            let row = format!("| {} |\n", cells.join(" | "));
            if text.len() + row.len() > MAX_SUMMARY {
                over += 1;
            } else {
                text.push_str(&row);
            }
        }
        let left_out = if over > 0 { vec![(over, "a step summary may be 1 MiB long")] } else { Vec::new() };
        Exported::text(text, left_out)
    }
}
