//! What changed between two sweeps: endpoints and findings by repository, as data and as Markdown.

use crate::error::SweepError;
use crate::link::Link;
use crate::schema::Sweep;
use apicensus_catalog::{Catalog, Finding, FindingStatus};
use apicensus_inventory::diff::{Change, Kind};
use apicensus_store::{Store, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The version of the format.
pub const SCHEMA: &str = "apicensus.digest/1";
/// Lines of a table of the Markdown form.
const MOST: usize = 200;

/// What changed between two sweeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// `apicensus.digest/1`.
    pub schema: String,
    /// The earlier state: the name of its sweep, empty before the first one.
    pub from: String,
    /// The later state.
    pub to: String,
    /// Endpoints that came, went, moved and changed.
    pub counts: Sum,
    /// The repositories that differ, by name.
    pub repositories: Vec<RepositoryDigest>,
}

/// Numbers of a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Endpoints that came.
    pub added: usize,
    /// Endpoints that went.
    pub removed: usize,
    /// Endpoints that moved.
    pub moved: usize,
    /// Endpoints that changed.
    pub changed: usize,
    /// Changes that break clients.
    pub breaking: usize,
    /// Changes by which less is asked of a caller or more is given away.
    pub weaker: usize,
    /// Findings that came.
    pub new_findings: usize,
    /// Findings that went.
    pub gone_findings: usize,
    /// Endpoints whose state is older since.
    pub stale: usize,
}

/// What changed in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepositoryDigest {
    /// The repository.
    pub repository: String,
    /// Its endpoints that differ.
    pub changes: Vec<Change>,
    /// Findings that came.
    pub new_findings: Vec<Finding>,
    /// Findings that went.
    pub gone_findings: Vec<Finding>,
    /// Endpoints that are stale and were not.
    pub stale: usize,
}

/// What changed between two published sweeps: the last two unless named by tag or revision.
///
/// # Errors
/// When there is no such state, or the database fails.
pub fn digest(link: &Link, from: Option<&str>, to: Option<&str>) -> Result<Digest, SweepError> {
    link.run(|store| {
        let last = match to {
            Some(name) => name.to_owned(),
            None => latest(store)?,
        };
        let before = match from {
            Some(name) => Some(name.to_owned()),
            None => earlier(store, &last)?,
        };
        between(store, before.as_deref(), &last)
    })
}

/// The name of the state of the latest published sweep.
pub(crate) fn latest(store: &mut Store) -> Result<String, StoreError> {
    let sweep = Sweep::latest(store.db(), Some("published"))?;
    sweep.map(|sweep| format!("sweep-{}", sweep.number)).ok_or_else(|| StoreError::Wrong("no sweep is published yet".to_owned()))
}

/// The state that was published before another one.
fn earlier(store: &mut Store, last: &str) -> Result<Option<String>, StoreError> {
    let Some(number) = last.strip_prefix("sweep-").and_then(|number| number.parse::<i64>().ok()) else { return Ok(None) };
    let sql = "SELECT coalesce(max(number), 0) FROM sweep WHERE state = 'published' AND number < $1";
    let found = store.db().query(sql, &[number.into()])?.first().map_or(0, |row| row.int(0));
    Ok((found > 0).then(|| format!("sweep-{found}")))
}

fn between(store: &mut Store, from: Option<&str>, to: &str) -> Result<Digest, StoreError> {
    let later = store.resolve(to)?.number;
    let earlier = from.map(|name| store.resolve(name)).transpose()?.map_or(0, |revision| revision.number);
    let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for one in store.diff(earlier, later)? {
        changes.insert(one.repository, one.diff.changes);
    }
    // Findings may differ where no endpoint does.
    let touched: BTreeSet<String> =
        store.log()?.into_iter().filter(|r| r.number > earlier && r.number <= later).map(|revision| revision.repository).collect();
    let known: BTreeSet<String> = store.repositories(earlier)?.into_iter().collect();
    let mut digest =
        Digest { schema: SCHEMA.to_owned(), from: from.unwrap_or_default().to_owned(), to: to.to_owned(), ..Digest::default() };
    for repository in touched {
        let old = if known.contains(&repository) { store.catalog(&repository, earlier)? } else { Catalog::default() };
        let new = store.catalog(&repository, later)?;
        let stale = |catalog: &Catalog| catalog.endpoints.iter().filter(|e| e.stale).count();
        let one = RepositoryDigest {
            changes: changes.remove(&repository).unwrap_or_default(),
            new_findings: beyond(&new, &old),
            gone_findings: beyond(&old, &new),
            stale: stale(&new).saturating_sub(stale(&old)),
            repository,
        };
        if !one.changes.is_empty() || !one.new_findings.is_empty() || !one.gone_findings.is_empty() || one.stale > 0 {
            add(&mut digest.counts, &one);
            digest.repositories.push(one);
        }
    }
    Ok(digest)
}

/// Open findings of one catalog that the other does not have.
fn beyond(one: &Catalog, other: &Catalog) -> Vec<Finding> {
    let open = |f: &&Finding| f.status == FindingStatus::Open;
    let known: BTreeSet<&str> = other.findings.iter().filter(open).map(|f| f.fingerprint.as_str()).collect();
    one.findings.iter().filter(open).filter(|f| !known.contains(f.fingerprint.as_str())).cloned().collect()
}

fn add(sum: &mut Sum, one: &RepositoryDigest) {
    let of = |kind: Kind| one.changes.iter().filter(|change| change.kind == kind).count();
    sum.added += of(Kind::Added);
    sum.removed += of(Kind::Removed);
    sum.moved += of(Kind::Moved);
    sum.changed += of(Kind::Changed);
    sum.breaking += one.changes.iter().filter(|change| change.breaking).count();
    sum.weaker += one.changes.iter().filter(|change| change.weaker).count();
    sum.new_findings += one.new_findings.len();
    sum.gone_findings += one.gone_findings.len();
    sum.stale += one.stale;
}

/// A digest for people, in Markdown.
pub fn markdown(digest: &Digest) -> String {
    let sum = &digest.counts;
    let since = if digest.from.is_empty() { "the beginning" } else { &digest.from };
    let mut text = format!("# APIs: {} since {}\n\n", cell(&digest.to), cell(since));
    if digest.repositories.is_empty() {
        text.push_str("Nothing changed.\n");
        return text;
    }
    let _ = writeln!(
        text,
        "Endpoints: {} added, {} removed, {} moved, {} changed; {} break clients, {} ask for less or give away more.\n\
         Findings: {} new, {} gone. {} endpoints are stale since.\n",
        sum.added, sum.removed, sum.moved, sum.changed, sum.breaking, sum.weaker, sum.new_findings, sum.gone_findings, sum.stale
    );
    let mut changes: Vec<(&str, &Change)> =
        digest.repositories.iter().flat_map(|one| one.changes.iter().map(|change| (one.repository.as_str(), change))).collect();
    // What matters first.
    changes.sort_by_key(|(repository, change)| (!change.weaker, !change.breaking, *repository));
    if !changes.is_empty() {
        text.push_str("| Repository | Change | Endpoint | Clients | Security |\n| --- | --- | --- | --- | --- |\n");
        for (repository, change) in changes.iter().take(MOST) {
            let security: Vec<&str> = change.security.iter().map(|s| s.as_str()).collect();
            let (repository, method, path) = (cell(repository), cell(&change.method), cell(&change.path));
            let _ = writeln!(
                text,
                "| {repository} | {} | {method} {path} | {} | {} |",
                change.kind.as_str(),
                change.impact.as_str(),
                security.join(", ")
            );
        }
        rest(&mut text, changes.len());
    }
    let mut findings: Vec<(&str, &Finding)> =
        digest.repositories.iter().flat_map(|one| one.new_findings.iter().map(|finding| (one.repository.as_str(), finding))).collect();
    findings.sort_by_key(|(repository, finding)| (std::cmp::Reverse(finding.severity), *repository));
    if !findings.is_empty() {
        text.push_str("\n| Repository | New finding | Severity | What |\n| --- | --- | --- | --- |\n");
        for (repository, finding) in findings.iter().take(MOST) {
            let (repository, rule, what) = (cell(repository), cell(&finding.rule), cell(&finding.message));
            let _ = writeln!(text, "| {repository} | {rule} | {} | {what} |", finding.severity.as_str());
        }
        rest(&mut text, findings.len());
    }
    text
}

fn rest(text: &mut String, all: usize) {
    if all > MOST {
        let _ = writeln!(text, "\n{} more are in the JSON form.", all - MOST);
    }
}

/// Text of scanned code within a table of Markdown.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' | '~' | '&' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_code_stays_in_its_cell() {
        assert_eq!(cell("/a|b\n<x> @all"), "/a\\|b \\<x\\> \\@all");
        let text = markdown(&Digest { to: "sweep-2".into(), from: "sweep-1".into(), ..Digest::default() });
        assert_eq!(text, "# APIs: sweep-2 since sweep-1\n\nNothing changed.\n");
    }
}
