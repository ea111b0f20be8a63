//! `apicensus rules`: the list of rules, and what one of them means.

use crate::errors::did_you_mean;
use crate::style::fill;
use anyhow::{Result, bail};
use apicensus_findings::{Rule, rules};

/// The list, or the documentation of one rule.
pub fn render(id: Option<&str>) -> Result<String> {
    let Some(id) = id else { return Ok(list()) };
    match rules().iter().find(|rule| rule.id == id) {
        Some(rule) => Ok(page(rule)),
        None => bail!("there is no rule `{id}`{}; `apicensus rules` lists them", did_you_mean(id, rules().iter().map(|r| r.id))),
    }
}

fn list() -> String {
    let widest = rules().iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &Rule| {
        let docs = rule.docs();
        let first = docs.lines().next().unwrap_or_default();
        let severity = rule.severity.as_str();
        format!("{}{}{severity}{}{first}\n", rule.id, fill(rule.id, widest + 2), fill(severity, 10))
    };
    rules().iter().map(line).collect()
}

fn page(rule: &Rule) -> String {
    let references: Vec<&str> = rule.owasp.iter().chain(rule.cwe).copied().collect();
    let mut facts = vec![format!("severity: {}", rule.severity)];
    facts.extend((!references.is_empty()).then(|| format!("see: {}", references.join(", "))));
    format!("{}\n\n{}\n\n{}\n", rule.id, rule.docs().trim_end(), facts.join(" · "))
}
