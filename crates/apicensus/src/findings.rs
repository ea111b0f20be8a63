//! Findings for people: a line that says what and where, a line that says why, and totals.

use crate::grid::Grid;
use crate::style::{Look, Meaning, fill, number, one_line, width};
use apicensus_catalog::{Finding, FindingStatus, Severity};

/// Rules named in the totals.
const TOP: usize = 4;

/// The findings that count, the worst first; with the places that show them when more is asked for.
pub fn table(findings: &[Finding], look: &Look) -> String {
    let open: Vec<&Finding> = findings.iter().filter(|f| f.status == FindingStatus::Open).collect();
    let most = |of: &dyn Fn(&Finding) -> usize| open.iter().map(|f| of(f)).max().unwrap_or(0);
    let rule = most(&|f| width(&f.rule));
    let subject = most(&|f| width(&one_line(&f.subject)).min(56));
    let mut out = String::new();
    for finding in open {
        let severity = finding.severity.as_str();
        let text = one_line(&finding.subject);
        let place = place(finding);
        out.push_str(&look.paint(meaning(finding.severity), severity));
        out.push_str(&format!("{}{}{}", fill(severity, 10), finding.rule, fill(&finding.rule, rule + 2)));
        out.push_str(&format!("{text}{}{place}\n", fill(&text, (subject + 2).max(width(&text) + 2))));
        out.push_str(&look.paint(Meaning::Dim, &format!("          {}", one_line(&finding.message))));
        out.push('\n');
        if look.verbose {
            for evidence in &finding.evidence {
                out.push_str(&format!("          {}:{}  {}\n", one_line(&evidence.at.file), evidence.at.line, one_line(&evidence.what)));
            }
            out.push_str(&format!("          {} To mend it: {}. Confidence {}.\n", finding.why, finding.remedy, finding.confidence));
        }
    }
    out
}

/// The findings that count as a Markdown table.
pub fn markdown(title: &str, findings: &[Finding]) -> String {
    let cell = |text: &str| (one_line(text), Meaning::Plain);
    let rows = findings.iter().filter(|f| f.status == FindingStatus::Open).map(|f| {
        vec![cell(f.severity.as_str()), cell(&f.rule), cell(&f.subject), cell(&place(f)), cell(&format!("{}. {}", f.message, f.remedy))]
    });
    let head = ["severity", "rule", "what", "where", "message"].map(str::to_owned).to_vec();
    let grid = Grid { head, rows: rows.collect(), code: vec![2, 3] };
    if grid.rows.is_empty() { format!("# {title}\n\nNone.\n") } else { format!("# {title}\n\n{}", grid.markdown()) }
}

/// How many there are, by severity, and the rules that found the most; none where there is nothing.
pub fn totals(findings: &[Finding]) -> Option<Vec<String>> {
    let mut facts = Vec::new();
    let open = || findings.iter().filter(|f| f.status == FindingStatus::Open);
    for severity in Severity::ALL.iter().rev() {
        let found = open().filter(|f| f.severity == *severity).count() as u64;
        if found > 0 {
            facts.push(format!("{} {severity}", number(found)));
        }
    }
    let suppressed = findings.len() as u64 - open().count() as u64;
    if suppressed > 0 {
        facts.push(format!("{} suppressed", number(suppressed)));
    }
    facts.first_mut()?.insert_str(0, "findings: ");
    let serious: Vec<&str> = open().filter(|f| f.severity > Severity::Info).map(|f| f.rule.as_str()).collect();
    let mut rules: Vec<(&str, usize)> = Vec::new();
    for rule in serious {
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, n)) => *n += 1,
            None => rules.push((rule, 1)),
        }
    }
    rules.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    if !rules.is_empty() {
        let named: Vec<String> = rules.iter().take(TOP).map(|(rule, n)| format!("{n} {rule}")).collect();
        facts.push(format!("most: {}", named.join(", ")));
    }
    facts.push("apicensus scan --view findings".to_owned());
    Some(facts)
}

/// `file:line`, or the file alone.
pub fn place(finding: &Finding) -> String {
    match (finding.at.file.as_str(), finding.at.line) {
        ("", _) => String::new(),
        (file, 0) => one_line(file),
        (file, line) => one_line(&format!("{file}:{line}")),
    }
}

fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Critical | Severity::High => Meaning::Alarm,
        Severity::Medium => Meaning::Doubt,
        Severity::Low => Meaning::Plain,
        Severity::Info => Meaning::Dim,
    }
}
