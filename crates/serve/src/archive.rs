//! The catalogs that are served: by repository, each with its revisions, the newest last.

use crate::merge::merged;
use apicensus_catalog::Catalog;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The id of what is the newest of every repository, together.
pub const NEWEST: &str = "newest";

/// A catalog with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Its identity within this server.
    pub id: String,
    /// The repository.
    pub repository: String,
    /// What it is called: the revision that was asked for, else the name of its file.
    pub name: String,
    /// The commit, where a revision was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit's time, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// How many endpoints it has.
    pub endpoints: usize,
    /// It is the newest of its repository.
    pub newest: bool,
    /// The catalog.
    #[serde(skip)]
    pub catalog: Arc<Catalog>,
}

/// All catalogs.
#[derive(Clone, Debug)]
pub struct Archive {
    snapshots: Vec<Snapshot>,
    newest: Arc<Catalog>,
}

/// Catalogs that can't be served.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is none.
    #[error("there is no catalog to serve; write one with `apicensus scan -f json -o catalog.json`")]
    Empty,
    /// Catalogs that don't go together.
    #[error("the catalogs can't be put together: {0}")]
    Merge(#[from] serde_json::Error),
}

impl Archive {
    /// An archive of catalogs: (name, catalog), of one repository in the order of their commits' times, else the order given.
    ///
    /// # Errors
    /// When there is none, or they don't go together.
    pub fn by_time(mut catalogs: Vec<(String, Catalog)>) -> Result<Archive, ArchiveError> {
        // Stable: where times are missing or equal the order given counts.
        catalogs.sort_by_cached_key(|(_, catalog)| time(catalog));
        Archive::new(catalogs)
    }

    /// An archive of catalogs: (name, catalog), of one repository the newest last.
    ///
    /// # Errors
    /// When there is none, or they don't go together.
    pub fn new(catalogs: Vec<(String, Catalog)>) -> Result<Archive, ArchiveError> {
        let mut snapshots: Vec<Snapshot> = catalogs.into_iter().map(|(name, catalog)| snapshot(name, catalog)).collect();
        if snapshots.is_empty() {
            return Err(ArchiveError::Empty);
        }
        snapshots.sort_by(|a, b| a.repository.cmp(&b.repository));
        let mut used = BTreeSet::new();
        let last: BTreeMap<String, usize> = snapshots.iter().enumerate().map(|(at, s)| (s.repository.clone(), at)).collect();
        for (at, snapshot) in snapshots.iter_mut().enumerate() {
            snapshot.newest = last.get(&snapshot.repository) == Some(&at);
            let base = format!(
                "{}@{}",
                snapshot.repository,
                snapshot.commit.as_deref().map_or(snapshot.name.as_str(), |c| c.get(..12).unwrap_or(c))
            );
            let mut id = base.clone();
            for n in 2.. {
                if used.insert(id.clone()) {
                    break;
                }
                id = format!("{base}~{n}");
            }
            snapshot.id = id;
        }
        let newest = newest(&snapshots)?;
        Ok(Archive { snapshots, newest })
    }

    /// Every catalog, by repository, the newest last.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// A catalog by its id; the newest of all repositories where none is asked for.
    pub fn catalog(&self, id: Option<&str>) -> Option<Arc<Catalog>> {
        match id {
            None | Some(NEWEST | "") => Some(self.newest.clone()),
            Some(id) => self.snapshots.iter().find(|s| s.id == id).map(|s| s.catalog.clone()),
        }
    }
}

fn newest(snapshots: &[Snapshot]) -> Result<Arc<Catalog>, ArchiveError> {
    let newest: Vec<&Snapshot> = snapshots.iter().filter(|s| s.newest).collect();
    if let [only] = newest[..] {
        return Ok(only.catalog.clone());
    }
    let parts: Vec<(String, &Catalog)> = newest.iter().map(|s| (s.repository.clone(), &*s.catalog)).collect();
    Ok(Arc::new(merged(&parts)?))
}

fn time(catalog: &Catalog) -> Option<String> {
    catalog.repositories.first()?.revision.as_ref()?.time.clone()
}

fn snapshot(file: String, catalog: Catalog) -> Snapshot {
    let names: Vec<&str> = catalog.repositories.iter().map(|r| r.name.as_str()).collect();
    let revision = catalog.repositories.first().and_then(|r| r.revision.as_ref());
    Snapshot {
        id: String::new(),
        repository: if names.is_empty() { file.clone() } else { names.join("+") },
        name: revision.map_or(file, |r| r.requested.clone()),
        commit: revision.map(|r| r.commit.clone()),
        time: revision.and_then(|r| r.time.clone()),
        endpoints: catalog.endpoints.len(),
        newest: false,
        catalog: Arc::new(catalog),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use apicensus_catalog::{Repository, Revision};

    fn catalog(name: &str, time: Option<&str>) -> Catalog {
        let commit = format!("{:0>40}", time.unwrap_or("0").replace('-', ""));
        let revision = time.map(|time| Revision { commit, requested: "main".into(), time: Some(time.into()) });
        Catalog { repositories: vec![Repository { name: name.into(), root: "/".into(), revision }], ..Catalog::default() }
    }

    #[test]
    fn the_newest_of_every_repository_counts() {
        let archive = Archive::by_time(vec![
            ("1".into(), catalog("orders", Some("2026-02-01"))),
            ("2".into(), catalog("orders", Some("2026-01-01"))),
            ("3".into(), catalog("bff", None)),
            ("4".into(), catalog("bff", None)),
        ])
        .unwrap();
        let newest: Vec<&str> = archive.snapshots().iter().filter(|s| s.newest).map(|s| s.id.as_str()).collect();
        assert_eq!(newest.len(), 2);
        assert_eq!(newest[0], "bff@4");
        assert_eq!(archive.snapshots()[3].time.as_deref(), Some("2026-02-01"));
        let ids: BTreeSet<&str> = archive.snapshots().iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids.len(), 4, "identities differ: {ids:?}");
        assert_eq!(archive.catalog(None).unwrap().repositories.len(), 2);
        assert!(archive.catalog(Some("no@such")).is_none());
    }

    #[test]
    fn nothing_to_serve_is_an_error_and_the_order_of_recording_holds() {
        assert!(matches!(Archive::by_time(Vec::new()), Err(ArchiveError::Empty)));
        // A state that was rolled back to is newer than what it undid, whatever its commit's time.
        let recorded = vec![("r1".into(), catalog("orders", Some("2026-02-01"))), ("r2".into(), catalog("orders", Some("2026-01-01")))];
        let archive = Archive::new(recorded).unwrap();
        assert_eq!(archive.snapshots().iter().find(|s| s.newest).and_then(|s| s.time.as_deref()), Some("2026-01-01"));
    }
}
