//! `apicensus diff` and `apicensus check`: two states of a repository, what changed between them, and what is new and wrong.

use crate::args::{CheckArgs, CheckFormat, DiffArgs, FailOn, SourceArgs};
use crate::findings::{self, place};
use crate::pipeline::Job;
use crate::progress::Progress;
use crate::recording::target;
use crate::style::{count, one_line};
use crate::{AMISS, catalog, output};
use crate::{formats, kept};
use anyhow::{Context, Result, bail};
use apicensus_catalog::{Catalog, Finding, FindingStatus, SCHEMA, Severity};
use apicensus_inventory::diff::{Change, Diff, Impact, diff};
use apicensus_source::past;
use apicensus_store::{RepositoryDiff, Store, tree};
use apicensus_surface::cache::Cache;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads states; what several of them share is read once.
struct States<'a> {
    repository: &'a Path,
    source: &'a SourceArgs,
    /// The versioned catalog.
    catalog: Option<&'a str>,
    cache: Cache,
    /// One of the scans shows how far it is.
    is_shown: AtomicBool,
}

impl States<'_> {
    /// A state by name: a revision of the versioned catalog (`catalog:head`), a catalog file, a folder, or a git revision.
    fn get(&self, name: &str) -> Result<Catalog> {
        let path = Path::new(name);
        if let Some(revision) = name.strip_prefix("catalog:") {
            let mut store = Store::open(&target(self.catalog), false)?;
            return Ok(catalog::state(&mut store, None, revision)?.1);
        }
        if path.is_file() {
            return stored(path);
        }
        if path.is_dir() && tree::is_tree(path) && !path.join(".git").exists() {
            return Ok(tree::read(path)?.catalog);
        }
        if path.is_dir() {
            return self.taken(path, None, None);
        }
        self.taken(self.repository, Some(name), None)
    }

    /// A catalog of a folder, or of a revision of its repository, beside an earlier one.
    fn taken(&self, path: &Path, rev: Option<&str>, before: Option<&Catalog>) -> Result<Catalog> {
        let mut source = self.source.clone();
        if let Some(rev) = rev {
            source.rev = Some(rev.to_owned());
        }
        source.exclude.push("/.apicensus/catalog*".to_owned());
        let progress = Progress::start(self.is_shown.swap(true, Ordering::Relaxed));
        Job::open(&[PathBuf::from(path)], &source)?.scan_beside(&progress, &self.cache, before)
    }
}

/// A state by its name, of a repository.
pub fn state(name: &str, repository: &Path, source: &SourceArgs) -> Result<Catalog> {
    States { repository, source, catalog: None, cache: kept::open(&source.cache), is_shown: AtomicBool::new(false) }.get(name)
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

/// The differences of repositories, each under its name where there are several.
pub fn by_repository(all: Vec<RepositoryDiff>, format: CheckFormat) -> Result<String> {
    if format == CheckFormat::Json {
        return formats::json(&all);
    }
    let render = |diff: &Diff| match format {
        CheckFormat::Markdown => markdown(diff),
        CheckFormat::Github => github(diff),
        CheckFormat::Text | CheckFormat::Json => text(diff),
    };
    Ok(match all.as_slice() {
        [] => render(&Diff::default()),
        [one] => render(&one.diff),
        several => several.iter().map(|d| format!("{}\n{}\n", one_line(&d.repository), render(&d.diff))).collect(),
    })
}

/// The two states that are meant: A and B, `A..B`, or `A...B` for what B did since it parted from A.
fn pair(args: &DiffArgs) -> Result<(String, String)> {
    if let Some(after) = &args.after {
        return Ok((args.before.clone(), after.clone()));
    }
    let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
    match args.before.split_once("..") {
        Some((before, after)) if !Path::new(&args.before).exists() => match after.strip_prefix('.') {
            Some(after) => {
                let (before, after) = (or_head(before), or_head(after));
                let parting = past::parting(&args.repo, &before, &after)?;
                Ok((parting.with_context(|| format!("`{before}` and `{after}` have no commit in common here"))?, after))
            }
            None => Ok((or_head(before), or_head(after))),
        },
        _ => bail!("`{}` is one state; give two, or a range like main..HEAD", args.before),
    }
}

/// Compares two states.
pub fn compare(args: &DiffArgs) -> Result<u8> {
    let (before, after) = pair(args)?;
    let states = States {
        repository: &args.repo,
        source: &args.source,
        catalog: args.catalog.as_deref(),
        cache: kept::open(&args.source.cache),
        is_shown: AtomicBool::new(false),
    };
    // Side by side: what both lower is lowered once.
    let (before, after) = std::thread::scope(|scope| {
        let earlier = scope.spawn(|| states.get(&before));
        let later = states.get(&after);
        (earlier.join(), later)
    });
    let (before, after) = (before.unwrap_or_else(|_| Err(anyhow::anyhow!("the scan of the earlier state broke off")))?, after?);
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
    let impact = (change.impact >= Impact::Risky).then(|| change.impact.as_str());
    let words: Vec<&str> = impact.into_iter().chain(change.security.iter().map(|s| s.as_str())).collect();
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
    let impact = |impact| of(&|c| c.impact == impact);
    facts.push(format!("{} breaking, {} risky, {} weaker", impact(Impact::Breaking), impact(Impact::Risky), of(&|c| c.weaker)));
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
    let catalog = args.catalog.as_deref();
    let states = States {
        repository: &args.path,
        source: &args.source,
        catalog,
        cache: kept::open(&args.source.cache),
        is_shown: AtomicBool::new(false),
    };
    let earlier = match (&args.base, &args.baseline) {
        // What came to the base since the branch parted from it is no doing of the branch.
        // Before the first commit there is nothing to compare with: all is new.
        (Some(base), _) if base == "HEAD" && past::tip(&args.path, None)?.is_none() => Some(Catalog::default()),
        (Some(base), _) => {
            let parting = past::parting(&args.path, base, "HEAD")?;
            Some(states.taken(&args.path, Some(parting.as_deref().unwrap_or(base)), None)?)
        }
        (None, Some(baseline)) => Some(states.get(baseline)?),
        (None, None) => None,
    };
    let now = states.taken(&args.path, None, earlier.as_ref())?;
    let known = earlier.as_ref().map(prints).unwrap_or_default();
    let level = args.fail_on.severity();
    let counts = |f: &&Finding| f.status == FindingStatus::Open && level.is_some_and(|level| f.severity >= level);
    let failing: Vec<&Finding> = now.findings.iter().filter(counts).collect();
    let (fresh, old): (Vec<&Finding>, Vec<&Finding>) = failing.into_iter().partition(|f| !known.contains(f.fingerprint.as_str()));
    let shown: Vec<Finding> = fresh.iter().chain(if args.new_only { &[][..] } else { &old[..] }).map(|f| (*f).clone()).collect();
    let mended = earlier.as_ref().map_or(0, |earlier| prints(earlier).difference(&prints(&now)).count() as u64);
    let head = headline(args, fresh.len() as u64, shown.len() as u64, mended, level);
    let text = match args.format {
        CheckFormat::Text => check_text(&shown, earlier.is_some().then_some(&known), &head),
        CheckFormat::Markdown => format!("{}\n{head}\n", findings::markdown("API findings", &shown)),
        CheckFormat::Github => shown.iter().map(finding_annotation).collect::<String>() + &head + "\n",
        CheckFormat::Json => formats::json(&shown)?,
    };
    output::write(&text, args.output.as_deref())?;
    Ok(if shown.is_empty() { 0 } else { AMISS })
}

impl FailOn {
    /// The severity; none for never.
    pub fn severity(self) -> Option<apicensus_catalog::Severity> {
        match self {
            FailOn::Info => Some(Severity::Info),
            FailOn::Low => Some(Severity::Low),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::High => Some(Severity::High),
            FailOn::Critical => Some(Severity::Critical),
            FailOn::Never => None,
        }
    }
}

fn prints(catalog: &Catalog) -> BTreeSet<&str> {
    catalog.findings.iter().filter(|f| f.status == FindingStatus::Open).map(|f| f.fingerprint.as_str()).collect()
}

fn headline(args: &CheckArgs, fresh: u64, shown: u64, mended: u64, level: Option<Severity>) -> String {
    let level = level.map_or("none".to_owned(), |level| format!("{level} or worse"));
    let since = args.base.clone().or_else(|| args.baseline.clone());
    match since {
        None => format!("{} ({level})", count(shown, "finding", "findings")),
        Some(since) => {
            let old = if args.new_only { String::new() } else { format!(", {} in all", shown) };
            format!("{} since {since}{old} ({level}) · {mended} mended", count(fresh, "new finding", "new findings"))
        }
    }
}

/// The findings for people; with what the base has, new ones are marked.
fn check_text(shown: &[Finding], known: Option<&BTreeSet<&str>>, head: &str) -> String {
    let mut out = String::new();
    for finding in shown {
        let is_new = known.is_some_and(|known| !known.contains(finding.fingerprint.as_str()));
        let mark = if is_new { "new " } else { "" };
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
