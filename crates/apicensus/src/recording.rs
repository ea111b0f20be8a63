//! What `scan` does with a versioned catalog: recording into it, and telling what differs from it.

use crate::args::SourceArgs;
use crate::pipeline::{self, Job};
use crate::style::count;
use anyhow::{Result, bail};
use apicensus_catalog::{Authorship, Catalog, Endpoint};
use apicensus_inventory::diff::{Diff, Kind, diff};
use apicensus_source::past;
use apicensus_store::{Origin, Recorded, Store, Target, tree};
use apicensus_surface::convert::rfc3339;
use clap::Args;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the catalog is kept unless something else is said.
pub const DEFAULT: &str = ".apicensus/catalog.db";

/// Arguments of `scan` about a versioned catalog.
#[derive(Debug, Default, Args)]
pub struct KeepArgs {
    /// Record the result as a revision of the versioned catalog; the same state again adds none.
    #[arg(long)]
    pub record: bool,
    /// The versioned catalog: a SQLite file, a `postgres://` URL, or a folder of YAML files. Without --record the scan is only
    /// compared with it [default: .apicensus/catalog.db].
    #[arg(long, value_name = "URL|FILE|DIR", env = "APICENSUS_CATALOG", hide_env_values = true)]
    pub catalog: Option<String>,
    /// Ask git who last wrote each line that registers an endpoint.
    #[arg(long)]
    pub blame: bool,
}

/// The catalog that is meant.
pub fn target(named: Option<&str>) -> Target {
    Target::parse(named.unwrap_or(DEFAULT))
}

impl KeepArgs {
    /// The arguments of a scan that passes over the catalog itself.
    pub fn beside(&self, source: &SourceArgs) -> SourceArgs {
        let mut source = source.clone();
        source.exclude.push("/.apicensus/catalog*".to_owned());
        if let Target::Sqlite(path) | Target::Tree(path) = target(self.catalog.as_deref())
            && let Some(inside) = below_here(&path)
        {
            source.exclude.push(format!("/{inside}"));
            source.exclude.push(format!("/{inside}-*"));
        }
        source
    }

    /// Records the catalog, or compares it with the one that is kept; adds what that one knows of the past of endpoints. What was
    /// done, in a line for people.
    pub fn keep(&self, job: &Job, catalog: &mut Catalog) -> Result<Option<String>> {
        if self.blame {
            blame(job, catalog)?;
        }
        if !self.record && self.catalog.is_none() {
            return Ok(None);
        }
        let target = target(self.catalog.as_deref());
        let origin = origin(job);
        if let Target::Tree(folder) = &target {
            return self.keep_tree(folder, &origin, catalog).map(Some);
        }
        let mut store = Store::open(&target, self.record)?;
        let place = target.shown();
        let told = if self.record {
            match store.record(catalog, &origin)? {
                Recorded::Same(number) => format!("nothing new: revision {number} of {place} says the same\n"),
                Recorded::Added(revision) => {
                    let r = &revision;
                    let counts = [(r.added, "added"), (r.removed, "removed"), (r.moved, "moved"), (r.changed, "changed")];
                    format!("recorded revision {} of {} in {place}: {}\n", r.number, r.repository, words(&counts))
                }
            }
        } else {
            format!("{place} holds no revision of {} yet\n", origin.repository)
        };
        let Some(last) = store.log()?.into_iter().rev().find(|r| r.repository == origin.repository) else { return Ok(Some(told)) };
        let before = store.catalog(&last.repository, last.number)?;
        let told =
            if self.record { told } else { format!("since revision {} of {place}: {}\n", last.number, summary(&diff(&before, catalog))) };
        if self.record {
            adopt(before, catalog);
        } else {
            tree::remember(&before, catalog, None);
        }
        Ok(Some(told))
    }

    fn keep_tree(&self, folder: &Path, origin: &Origin, catalog: &mut Catalog) -> Result<String> {
        let place = folder.display();
        let before = if tree::is_tree(folder) { Some(tree::read(folder)?.catalog) } else { None };
        let told = before.as_ref().map(|before| summary(&diff(before, catalog)));
        if !self.record {
            let Some(before) = before else { bail!("`{place}` holds no catalog yet; --record writes one") };
            tree::remember(&before, catalog, None);
            return Ok(format!("since {place}: {}\n", told.unwrap_or_default()));
        }
        let is_changed = tree::update(folder, catalog, origin)?;
        adopt(tree::read(folder)?.catalog, catalog);
        Ok(match (is_changed, told) {
            (false, _) => format!("nothing new: {place} says the same\n"),
            (true, Some(told)) => format!("{place} is up to date: {told}\n"),
            (true, None) => format!("wrote {place}\n"),
        })
    }
}

/// Asks git who last wrote the lines that register endpoints.
fn blame(job: &Job, catalog: &mut Catalog) -> Result<()> {
    let place = |e: &Endpoint| (e.registered_at.file.clone(), e.registered_at.line);
    let lines: BTreeSet<(String, u32)> = catalog.endpoints.iter().map(place).collect();
    let writers = past::writers(job.tree(), &lines)?;
    for endpoint in &mut catalog.endpoints {
        let writer = writers.get(&place(endpoint));
        endpoint.lifecycle.written =
            writer.map(|w| Authorship { commit: w.commit.clone(), author: w.author.clone(), time: rfc3339(w.time) });
    }
    Ok(())
}

/// Takes what a kept catalog says of endpoints' pasts, and the endpoints that it keeps though the scan did not see them.
fn adopt(kept: Catalog, catalog: &mut Catalog) {
    catalog.endpoints = kept.endpoints;
    catalog.services = kept.services;
    catalog.schemas = kept.schemas;
}

/// Differences in a line.
fn summary(diff: &Diff) -> String {
    let of = |kind: Kind| diff.changes.iter().filter(|c| c.kind == kind).count() as i64;
    let kinds = [(Kind::Added, "added"), (Kind::Removed, "removed"), (Kind::Moved, "moved"), (Kind::Changed, "changed")];
    words(&kinds.map(|(kind, word)| (of(kind), word)))
}

fn words(counts: &[(i64, &str)]) -> String {
    let words: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if words.is_empty() { "no endpoint differs".to_owned() } else { format!("endpoints {}", words.join(", ")) }
}

/// Where the scanned code comes from: its repository's name, and the commit it stands on.
pub fn origin(job: &Job) -> Origin {
    let tree = job.tree();
    let folder = tree.root().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "repository".to_owned());
    let repository = match tree.repository() {
        Some(known) => {
            let name = known.remote.as_deref().and_then(short).unwrap_or_else(|| known.name.clone());
            if known.prefix.is_empty() { name } else { format!("{name}/{}", known.prefix) }
        }
        None => folder,
    };
    let commit = tree.revision();
    Origin {
        repository,
        commit: commit.map(|c| c.commit.clone()).unwrap_or_default(),
        commit_time: commit.and_then(|c| rfc3339(c.time)).unwrap_or_default(),
        recorded: pipeline::now(),
        note: if tree.requested().is_some() { String::new() } else { "work tree".to_owned() },
    }
}

/// `host/path` of a remote's address; none for one on this machine.
fn short(remote: &str) -> Option<String> {
    let remote = remote.strip_suffix(".git").unwrap_or(remote).trim_end_matches('/');
    if let Some((scheme, rest)) = remote.split_once("://") {
        let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        return (scheme != "file").then(|| rest.to_owned());
    }
    let (host, path) = remote.split_once(':')?;
    let host = host.rsplit('@').next()?;
    (!host.contains('/') && host.len() > 1).then(|| format!("{host}/{}", path.trim_start_matches('/')))
}

/// A path from the current folder, where it lies below.
fn below_here(path: &Path) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let whole: PathBuf = here.join(path).components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect();
    let inside = whole.strip_prefix(&here).ok()?.to_string_lossy().into_owned();
    (!inside.is_empty()).then_some(inside)
}

/// `3 revisions of shop`.
pub fn revisions(number: u64) -> String {
    count(number, "revision", "revisions")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn remotes_become_names() {
        assert_eq!(short("https://host.org/a/b.git").unwrap(), "host.org/a/b");
        assert_eq!(short("git@host:a/b.git").unwrap(), "host/a/b");
        assert_eq!(short("ssh://git@host:22/a/b").unwrap(), "host:22/a/b");
        assert_eq!(short("../other"), None);
        assert_eq!(short("file:///srv/git/b.git"), None);
    }
}
