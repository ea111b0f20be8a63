//! Packages that repositories share: who declares one, who depends on it, and with which ones a repository is to be scanned.
//!
//! A result holds for a repository's own commit and for the commits of the **libraries** it was scanned with: the other repositories of
//! the sweep that declare packages which it depends on, theirs included. When no job is left, [`link`] looks whose libraries have changed
//! and makes them due again; as libraries depend on commits and manifests alone, that ends.

use crate::listing::Listed;
use crate::schema::Sweep;
use apicensus_store::StoreError;
use apicensus_store::db::{Db, Row, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Names of one query at most.
const AT_ONCE: usize = 500;

/// A package, as a manifest names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Where its name is known: `python`, `npm` or `cargo`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The folder of the manifest; empty for the root.
    pub folder: String,
}

/// What the manifests of a repository say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// The packages that it is.
    pub declares: Vec<Package>,
    /// The packages that it depends on.
    pub needs: Vec<Package>,
}

impl Packages {
    pub(crate) fn read(text: &str) -> Result<Packages, StoreError> {
        if text.is_empty() {
            return Ok(Packages::default());
        }
        serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
    }

    pub(crate) fn written(&self) -> String {
        if *self == Packages::default() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// What the package in a folder depends on: its manifests, those inside of it and those above it.
    fn needs_of(&self, folder: &str) -> impl Iterator<Item = &Package> {
        let inside = |path: &str, folder: &str| folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"));
        self.needs.iter().filter(move |need| inside(&need.folder, folder) || inside(folder, &need.folder))
    }
}

/// A repository whose packages another one depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// What it is called in the catalog.
    pub key: String,
    /// As it is listed.
    pub repository: Listed,
    /// The commit that was scanned last.
    pub commit: String,
    /// The folders of the packages.
    pub folders: Vec<String>,
}

/// What a repository is scanned with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Libraries {
    /// By identity.
    pub used: Vec<Library>,
    /// Packages that several repositories declare, so that it is not known which is meant: `python acme_admin`, and those repositories.
    pub unclear: Vec<(String, Vec<String>)>,
}

impl Libraries {
    /// What a result depends on, as a hash; empty where there is nothing.
    pub fn hash(&self) -> String {
        if *self == Libraries::default() {
            return String::new();
        }
        let used: Vec<_> = self.used.iter().map(|l| (&l.repository.identity, &l.key, &l.commit, &l.folders)).collect();
        let text = serde_json::to_vec(&(used, &self.unclear)).unwrap_or_default();
        blake3::hash(&text).to_hex().chars().take(16).collect()
    }
}

/// What is known of a repository that declares packages.
#[derive(Clone, Debug)]
struct Provider {
    library: Library,
    packages: Packages,
}

/// Who declares what, as far as it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    asked: BTreeSet<String>,
    /// (kind, name) to the identities that declare it, each with the folder.
    offers: BTreeMap<(String, String), BTreeMap<String, String>>,
    providers: BTreeMap<String, Provider>,
}

impl Shelf {
    /// Looks up who declares packages of these names. Forks declare what others made, so they do not count; nor does what is not listed.
    fn ask(&mut self, db: &mut Db, sweep: i64, names: &[&str]) -> Result<(), StoreError> {
        let new: BTreeSet<&str> = names.iter().filter(|name| !self.asked.contains(**name)).copied().collect();
        let new: Vec<&str> = new.into_iter().collect();
        for names in new.chunks(AT_ONCE) {
            let places: Vec<String> = (2..names.len() + 2).map(|at| format!("${at}")).collect();
            let sql = format!(
                "SELECT p.kind, p.name, p.folder, r.identity, r.own_key, r.listed, r.commit_id, r.packages
                 FROM sweep_package p JOIN sweep_repository r ON r.identity = p.identity
                 WHERE r.last_listed = $1 AND r.commit_id <> '' AND p.name IN ({}) ORDER BY r.identity, p.folder",
                places.join(",")
            );
            let values: Vec<Value> = std::iter::once(sweep.into()).chain(names.iter().map(|name| (*name).into())).collect();
            for row in db.query(&sql, &values)? {
                self.put(&row)?;
            }
        }
        self.asked.extend(new.into_iter().map(str::to_owned));
        Ok(())
    }

    fn put(&mut self, row: &Row) -> Result<(), StoreError> {
        let identity = row.text(3).to_owned();
        let repository: Listed = serde_json::from_str(row.text(5)).map_err(|error| StoreError::Damaged(error.to_string()))?;
        // A further branch of a repository is no other library.
        if repository.fork || identity.contains('#') {
            return Ok(());
        }
        let offer = self.offers.entry((row.text(0).to_owned(), row.text(1).to_owned())).or_default();
        offer.entry(identity.clone()).or_insert_with(|| row.text(2).to_owned());
        let library = Library { key: row.text(4).to_owned(), repository, commit: row.text(6).to_owned(), folders: Vec::new() };
        self.providers.insert(identity, Provider { library, packages: Packages::read(row.text(7))? });
        Ok(())
    }

    /// What a repository is to be scanned with.
    pub(crate) fn libraries(&mut self, db: &mut Db, sweep: i64, identity: &str, own: &Packages) -> Result<Libraries, StoreError> {
        let mine: BTreeSet<(&str, &str)> = own.declares.iter().map(|p| (p.kind.as_str(), p.name.as_str())).collect();
        let mut open: Vec<(Package, Option<String>)> = own.needs.iter().map(|need| (need.clone(), None)).collect();
        let mut seen: BTreeSet<(String, String, Option<String>)> = BTreeSet::new();
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut unclear: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        while !open.is_empty() {
            open.retain(|(need, by)| {
                !mine.contains(&(need.kind.as_str(), need.name.as_str())) && seen.insert((need.kind.clone(), need.name.clone(), by.clone()))
            });
            self.ask(db, sweep, &open.iter().map(|(need, _)| need.name.as_str()).collect::<Vec<_>>())?;
            for (need, by) in std::mem::take(&mut open) {
                let Some(offers) = self.offers.get(&(need.kind.clone(), need.name.clone())) else { continue };
                let mut offers: Vec<(&String, &String)> = offers.iter().filter(|(who, _)| *who != identity).collect();
                // Whoever declares what it depends on means its own.
                if let Some(own) = by.as_ref().and_then(|by| offers.iter().position(|(who, _)| *who == by)) {
                    offers = vec![offers[own]];
                }
                match offers.as_slice() {
                    [] => {}
                    [(who, folder)] => {
                        if used.entry((*who).clone()).or_default().insert((*folder).clone())
                            && let Some(provider) = self.providers.get(*who)
                        {
                            open.extend(provider.packages.needs_of(folder).map(|need| (need.clone(), Some((*who).clone()))));
                        }
                    }
                    several => {
                        let keys = several.iter().filter_map(|(who, _)| Some(self.providers.get(*who)?.library.key.clone()));
                        unclear.entry(format!("{} {}", need.kind, need.name)).or_default().extend(keys);
                    }
                }
            }
        }
        let library = |(who, folders): (String, BTreeSet<String>)| {
            let library = self.providers.get(&who)?.library.clone();
            Some(Library { folders: folders.into_iter().collect(), ..library })
        };
        let used = used.into_iter().filter_map(library).collect();
        Ok(Libraries { used, unclear: unclear.into_iter().map(|(name, keys)| (name, keys.into_iter().collect())).collect() })
    }
}

/// Writes down what a repository declares.
pub(crate) fn declare(db: &mut Db, identity: &str, packages: &Packages) -> Result<(), StoreError> {
    db.execute("DELETE FROM sweep_package WHERE identity = $1", &[identity.into()])?;
    let row = |p: &Package| [identity, &p.kind, &p.name, &p.folder].map(Value::from).to_vec();
    let rows: Vec<Vec<Value>> = packages.declares.iter().map(row).collect();
    db.insert("sweep_package", &["identity", "kind", "name", "folder"], &rows, "")
}

/// Makes those due again whose libraries have changed since they were scanned, once no job of the sweep is left. Whether jobs are left then.
pub(crate) fn link(db: &mut Db, sweep: &Sweep) -> Result<bool, StoreError> {
    if has_jobs(db, sweep)? {
        return Ok(true);
    }
    if is_linked(db, sweep)? {
        return Ok(false);
    }
    let due = due(db, sweep)?;
    let mut added = 0_i64;
    for (identity, cost) in &due {
        let again = "UPDATE sweep_job SET state = 'waiting', ready = 0, class = '', reason = ''
            WHERE sweep = $1 AND identity = $2 AND state IN ('done', 'unchanged')";
        if db.execute(again, &[sweep.number.into(), identity.as_str().into()])? == 0 {
            let add =
                "INSERT INTO sweep_job (sweep, identity, state, attempt, tries, lost, ready, lease, worker, class, reason, past, cost)
                SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), 'waiting', 0, 0, 0, 0, 0, '', '', '', '[]', CAST($3 AS BIGINT) WHERE NOT EXISTS
                (SELECT identity FROM sweep_job WHERE sweep = $1 AND identity = $2)";
            added += db.execute(add, &[sweep.number.into(), identity.as_str().into(), (*cost).into()])? as i64;
        }
    }
    db.execute("UPDATE sweep SET unchanged = unchanged - $1 WHERE number = $2", &[added.into(), sweep.number.into()])?;
    if !has_jobs(db, sweep)? {
        db.execute("UPDATE sweep SET linked = 1 WHERE number = $1", &[sweep.number.into()])?;
        return Ok(false);
    }
    tracing::info!(sweep = sweep.number, repositories = due.len(), "packages that these depend on have changed; they are scanned again");
    Ok(true)
}

/// Whether nothing is to be linked any more: it was done, or the sweep has ended.
pub(crate) fn is_linked(db: &mut Db, sweep: &Sweep) -> Result<bool, StoreError> {
    let sql = "SELECT number FROM sweep WHERE number = $1 AND state = 'open' AND linked = 0";
    Ok(db.query(sql, &[sweep.number.into()])?.is_empty())
}

/// Whether jobs of a sweep wait or run.
pub(crate) fn has_jobs(db: &mut Db, sweep: &Sweep) -> Result<bool, StoreError> {
    let left = "SELECT identity FROM sweep_job WHERE sweep = $1 AND state IN ('waiting', 'running') LIMIT 1";
    Ok(!db.query(left, &[sweep.number.into()])?.is_empty())
}

/// Repositories that were scanned with other libraries than they would be now, with what their scans cost.
fn due(db: &mut Db, sweep: &Sweep) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT identity, packages, libraries, cost FROM sweep_repository
        WHERE last_listed = $1 AND disabled = '' AND scanned > 0 AND (packages <> '' OR libraries <> '') ORDER BY identity";
    let mut shelf = Shelf::default();
    let mut due = Vec::new();
    for row in db.query(sql, &[sweep.number.into()])? {
        let now = shelf.libraries(db, sweep.number, row.text(0), &Packages::read(row.text(1))?)?.hash();
        if now != row.text(2) {
            due.push((row.text(0).to_owned(), row.int(3)));
        }
    }
    Ok(due)
}

/// What a repository declares and depends on, by its identity, and what it is to be scanned with.
pub(crate) fn of(db: &mut Db, identity: &str) -> Result<(Packages, Libraries), StoreError> {
    let rows = db.query("SELECT packages, last_listed FROM sweep_repository WHERE identity = $1", &[identity.into()])?;
    let Some(row) = rows.first() else { return Ok(Default::default()) };
    let packages = Packages::read(row.text(0))?;
    let libraries = Shelf::default().libraries(db, row.int(1), identity, &packages)?;
    Ok((packages, libraries))
}
