//! `apicensus diff` and `apicensus check`: two states of a repository, what changed between them, and what is new and wrong.

use crate::args::{CheckArgs, CheckFormat, DiffArgs, SourceArgs};
use crate::findings::{self, place};
use crate::formats;
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::style::{count, one_line};
use crate::{AMISS, output};
use anyhow::{Context, Result, bail};
use apicensus_catalog::{Catalog, Finding, FindingStatus, SCHEMA, Severity};
use apicensus_inventory::diff::{Change, Diff, diff};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A state: a catalog file, a folder, or a revision of a repository.
pub fn state(name: &str, repository: &Path, source: &SourceArgs) -> Result<Catalog> {
    let path = Path::new(name);
    if path.is_file() {
        return stored(path);
    }
    if path.is_dir() {
        return taken(path, source, None);
    }
    taken(repository, source, Some(name))
}

/// A catalog that was written by `scan --format json`.
pub fn stored(path: &Path) -> Result<Catalog> {
    let text = std::fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let catalog: Catalog = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not a catalog; write one with `apicensus scan -f json`", path.display()))?;
    if catalog.schema != SCHEMA {
        bail!("`{}` is a catalog of the format `{}`; this version reads `{SCHEMA}`", path.display(), catalog.schema);
    }
    Ok(catalog)
}

/// A catalog of a folder, or of a revision of its repository.
fn taken(path: &Path, source: &SourceArgs, rev: Option<&str>) -> Result<Catalog> {
    let mut source = source.clone();
    if let Some(rev) = rev {
        source.rev = Some(rev.to_owned());
    }
    let progress = Progress::start(false);
    Job::open(&[PathBuf::from(path)], &source)?.scan(&progress)
}

/// Compares two states.
pub fn compare(args: &DiffArgs) -> Result<u8> {
    let (before, after) = match (args.before.split_once(".."), &args.after) {
        (_, Some(after)) => (args.before.clone(), after.clone()),
        (Some((before, after)), None) if !Path::new(&args.before).exists() => {
            let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
            (or_head(before), or_head(after.trim_start_matches('.')))
        }
        _ => bail!("`{}` is one state; give two, or a range like main..HEAD", args.before),
    };
    let before = state(&before, &args.repo, &args.source)?;
    let after = state(&after, &args.repo, &args.source)?;
    let diff = diff(&before, &after);
    let text = match args.format {
        CheckFormat::Text => text(&diff),
        CheckFormat::Markdown => markdown(&diff),
        CheckFormat::Github => github(&diff),
        CheckFormat::Json => formats::json(&diff)?,
    };
    output::write(&text, args.output.as_deref())?;
    let is_amiss = diff.changes.iter().any(|c| (args.fail_on_breaking && c.breaking) || (args.fail_on_weaker && c.weaker));
    Ok(if is_amiss { AMISS } else { 0 })
}

fn flags(change: &Change) -> String {
    let words = [(change.breaking, "breaking"), (change.weaker, "weaker")];
    let words: Vec<&str> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    if words.is_empty() { String::new() } else { format!("  [{}]", words.join(", ")) }
}

fn totals(diff: &Diff) -> String {
    let of = |is: &dyn Fn(&Change) -> bool| diff.changes.iter().filter(|c| is(c)).count() as u64;
    let mut facts: Vec<String> = ["added", "removed", "moved", "changed"]
        .iter()
        .map(|kind| (of(&|c| c.kind.as_str() == *kind), kind))
        .filter(|(n, _)| *n > 0)
        .map(|(n, kind)| format!("{n} {kind}"))
        .collect();
    facts.push(format!("{} breaking, {} weaker", of(&|c| c.breaking), of(&|c| c.weaker)));
    facts.join(" · ")
}

fn text(diff: &Diff) -> String {
    if diff.changes.is_empty() {
        return "no endpoint differs\n".to_owned();
    }
    let mut out = String::new();
    for change in &diff.changes {
        let place = format!("{}:{}", change.at.file, change.at.line);
        let name = one_line(&format!("{} {}", change.method, change.path));
        out.push_str(&format!("{:8} {name}  {}{}\n", change.kind.as_str(), one_line(&place), flags(change)));
        for detail in &change.details {
            out.push_str(&format!("         {}\n", one_line(&detail.text)));
        }
    }
    out.push_str(&totals(diff));
    out.push('\n');
    out
}

fn markdown(diff: &Diff) -> String {
    let mut out = "### API changes\n\n".to_owned();
    if diff.changes.is_empty() {
        out.push_str("No endpoint differs.\n");
        return out;
    }
    out.push_str("| | Endpoint | What | Level |\n| --- | --- | --- | --- |\n");
    for change in &diff.changes {
        let details: Vec<String> = change.details.iter().map(|d| crate::markdown::escape(&one_line(&d.text))).collect();
        let level = flags(change);
        let name = crate::markdown::code(&format!("{} {}", change.method, change.path));
        let level = level.trim().trim_matches(['[', ']']);
        out.push_str(&format!("| {} | {name} | {} | {level} |\n", change.kind.as_str(), details.join("; ")));
    }
    out.push_str(&format!("\n{}\n", totals(diff)));
    out
}

fn github(diff: &Diff) -> String {
    let line = |change: &Change| {
        let details: Vec<&str> = change.details.iter().map(|d| d.text.as_str()).collect();
        let level = if change.weaker { "warning" } else { "notice" };
        let title = format!("{} {} {}", change.kind.as_str(), change.method, change.path);
        annotation(level, &change.at.file, change.at.line, &title, &details.join("; "))
    };
    diff.changes.iter().map(line).collect()
}

/// A workflow command (GitHub: "Workflow commands", setting an error message).
fn annotation(level: &str, file: &str, line: u32, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} file={},line={},title={}::{}\n", property(file), line.max(1), property(title), data(message))
}

/// Checks a state, against an earlier one where there is one.
pub fn check(args: &CheckArgs) -> Result<u8> {
    if args.new_only && args.base.is_none() && args.baseline.is_none() {
        bail!("--new-only needs --base or --baseline to tell what is new");
    }
    let now = taken(&args.path, &args.source, None)?;
    let earlier = match (&args.base, &args.baseline) {
        (Some(base), _) => Some(taken(&args.path, &args.source, Some(base))?),
        (None, Some(file)) => Some(stored(file)?),
        (None, None) => None,
    };
    let known = earlier.as_ref().map(prints).unwrap_or_default();
    let level = args.fail_on.severity();
    let counts = |f: &&Finding| f.status == FindingStatus::Open && level.is_some_and(|level| f.severity >= level);
    let failing: Vec<&Finding> = now.findings.iter().filter(counts).collect();
    let (fresh, old): (Vec<&Finding>, Vec<&Finding>) = failing.into_iter().partition(|f| !known.contains(f.fingerprint.as_str()));
    let shown: Vec<Finding> = fresh.iter().chain(if args.new_only { &[][..] } else { &old[..] }).map(|f| (*f).clone()).collect();
    let mended = earlier.as_ref().map_or(0, |earlier| prints(earlier).difference(&prints(&now)).count() as u64);
    let head = headline(args, fresh.len() as u64, shown.len() as u64, mended, level);
    let text = match args.format {
        CheckFormat::Text => check_text(&shown, &known, &head),
        CheckFormat::Markdown => format!("{}\n{head}\n", findings::markdown("API findings", &shown)),
        CheckFormat::Github => shown.iter().map(finding_annotation).collect::<String>() + &head + "\n",
        CheckFormat::Json => formats::json(&shown)?,
    };
    output::write(&text, args.output.as_deref())?;
    Ok(if shown.is_empty() { 0 } else { AMISS })
}

fn prints(catalog: &Catalog) -> BTreeSet<&str> {
    catalog.findings.iter().filter(|f| f.status == FindingStatus::Open).map(|f| f.fingerprint.as_str()).collect()
}

fn headline(args: &CheckArgs, fresh: u64, shown: u64, mended: u64, level: Option<Severity>) -> String {
    let level = level.map_or("none".to_owned(), |level| format!("{level} or worse"));
    let since = args.base.clone().or_else(|| args.baseline.as_ref().map(|file| file.display().to_string()));
    match since {
        None => format!("{} ({level})", count(shown, "finding", "findings")),
        Some(since) => {
            let old = if args.new_only { String::new() } else { format!(", {} in all", shown) };
            format!("{} since {since}{old} ({level}) · {mended} mended", count(fresh, "new finding", "new findings"))
        }
    }
}

fn check_text(shown: &[Finding], known: &BTreeSet<&str>, head: &str) -> String {
    let mut out = String::new();
    for finding in shown {
        let mark = if known.is_empty() || known.contains(finding.fingerprint.as_str()) { "" } else { "new " };
        let subject = one_line(&finding.subject);
        out.push_str(&format!("{mark}{} {}  {subject}  {}\n", finding.severity, finding.rule, place(finding)));
        out.push_str(&format!("    {}; {}\n", one_line(&finding.message), one_line(&finding.remedy)));
    }
    out.push_str(head);
    out.push('\n');
    out
}

fn finding_annotation(finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let title = format!("{} {}", finding.rule, finding.subject);
    annotation(level, &finding.at.file, finding.at.line, &title, &format!("{}. {} {}", finding.message, finding.why, finding.remedy))
}
