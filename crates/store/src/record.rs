//! Appending a revision: what changed of a repository closes rows and opens others; the same state again adds nothing.
//!
//! An endpoint is taken for gone only where the scan could have seen it: where the files that made it were read, and where the
//! commit is no older than the last one. Otherwise it stays, marked as stale.

use crate::db::{Db, Value};
use crate::error::StoreError;
use crate::facts;
use crate::parts::{self, Parts};
use crate::read;
use crate::rows::{EndpointRow, PartRow, Revision};
use crate::schema::OPEN;
use apicensus_catalog::{Catalog, Endpoint, Former, Trouble, TroubleKind};
use apicensus_inventory::diff::moves;
use std::collections::{BTreeMap, BTreeSet};

/// Where a catalog comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The repository's name in the store: its remote without scheme and credentials, or its folder.
    pub repository: String,
    /// The commit; empty where it is not known.
    pub commit: String,
    /// The commit's time, RFC 3339 in UTC.
    pub commit_time: String,
    /// Now, RFC 3339 in UTC.
    pub recorded: String,
    /// What else there is to say.
    pub note: String,
}

/// What recording did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is what the repository's last revision, of this number, says.
    Same(i64),
    /// A revision was added.
    Added(Box<Revision>),
}

/// A repository's state to be appended.
pub(crate) struct State {
    /// By name: the hash and, where it may be new, the JSON.
    pub parts: BTreeMap<String, (String, Option<Vec<u8>>)>,
    /// By id; `first` and `last` don't matter.
    pub endpoints: BTreeMap<String, EndpointRow>,
}

/// The hash over the parts of a state.
pub(crate) fn snapshot<'p>(parts: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let lines: Vec<String> = parts.map(|(name, hash)| format!("{}:{name} {hash}\n", name.len())).collect();
    parts::hash(lines.concat().as_bytes())
}

pub(crate) fn record(db: &mut Db, catalog: &Catalog, origin: &Origin, kind: &str) -> Result<Recorded, StoreError> {
    db.write(|db| record_within(db, catalog, origin, kind, false).map(|(recorded, _)| recorded))
}

/// The same within a transaction that is open. With `keep_gone` no endpoint is taken for gone. The second value tells whether an
/// endpoint is stale now.
pub(crate) fn record_within(
    db: &mut Db,
    catalog: &Catalog,
    origin: &Origin,
    kind: &str,
    keep_gone: bool,
) -> Result<(Recorded, bool), StoreError> {
    let mut catalog = catalog.clone();
    facts::normalise(&mut catalog);
    let latest = Revision::latest(db, Some(&origin.repository))?;
    if let Some(latest) = &latest {
        keep_unseen(db, latest, origin, &mut catalog, keep_gone)?;
    }
    let has_stale = catalog.endpoints.iter().any(|endpoint| endpoint.stale);
    facts::sort(&mut catalog.endpoints);
    apicensus_inventory::sort_findings(&mut catalog.findings);
    let cut = parts::cut(&catalog)?;
    let snapshot = snapshot(cut.iter().map(|(name, (hash, _))| (name.as_str(), hash.as_str())));
    if let Some(latest) = latest.filter(|l| l.snapshot == snapshot && l.commit == origin.commit) {
        return Ok((Recorded::Same(latest.number), has_stale));
    }
    let state = state(&catalog, cut, origin)?;
    append(db, state, origin, kind).map(|revision| (Recorded::Added(Box::new(revision)), has_stale))
}

/// What a catalog gives to the tables.
fn state(catalog: &Catalog, cut: Parts, origin: &Origin) -> Result<State, StoreError> {
    let mut endpoints = BTreeMap::new();
    for endpoint in &catalog.endpoints {
        endpoints.insert(endpoint.id.clone(), row(endpoint, catalog, &origin.repository)?);
    }
    Ok(State { parts: cut.into_iter().map(|(name, (hash, bytes))| (name, (hash, Some(bytes)))).collect(), endpoints })
}

/// The row of an endpoint, open and of no revision yet.
pub(crate) fn row(endpoint: &Endpoint, catalog: &Catalog, repository: &str) -> Result<EndpointRow, StoreError> {
    let facts = parts::json(&facts::standalone(endpoint, &catalog.schemas))?;
    let place = facts::place(endpoint);
    Ok(EndpointRow {
        repository: repository.to_owned(),
        id: endpoint.id.clone(),
        hash: parts::hash(facts.as_bytes()),
        facts,
        file: place.file,
        line: i64::from(place.line),
        moved_from: String::new(),
        since: 0,
        first: 0,
        last: OPEN,
    })
}

/// Appends a state as the next revision.
pub(crate) fn append(db: &mut Db, state: State, origin: &Origin, kind: &str) -> Result<Revision, StoreError> {
    let head = Revision::latest(db, None)?.unwrap_or_default();
    let mut revision = Revision {
        number: head.number + 1,
        parent: head.hash,
        kind: kind.to_owned(),
        repository: origin.repository.clone(),
        snapshot: snapshot(state.parts.iter().map(|(name, (hash, _))| (name.as_str(), hash.as_str()))),
        commit: origin.commit.clone(),
        commit_time: origin.commit_time.clone(),
        recorded: origin.recorded.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        note: origin.note.clone(),
        endpoints: state.endpoints.len() as i64,
        ..Revision::default()
    };
    append_parts(db, state.parts, &revision)?;
    append_endpoints(db, state.endpoints, &mut revision)?;
    revision.insert(db)?;
    Ok(revision)
}

fn append_parts(db: &mut Db, parts: BTreeMap<String, (String, Option<Vec<u8>>)>, revision: &Revision) -> Result<(), StoreError> {
    let mut open = PartRow::at(db, &revision.repository, OPEN)?;
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    for (name, (hash, bytes)) in parts {
        if open.get(&name).is_some_and(|old| old.hash == hash) {
            open.remove(&name);
            continue;
        }
        objects.extend(bytes.map(|bytes| vec![Value::Text(hash.clone()), Value::Blob(parts::pack(&bytes))]));
        rows.push(PartRow { repository: revision.repository.clone(), name, hash, first: revision.number, last: OPEN });
    }
    for part in open.into_values() {
        part.close(db, revision.number - 1)?;
    }
    for some in objects.chunks(200) {
        db.insert("object", &["hash", "body"], some, "ON CONFLICT (hash) DO NOTHING")?;
    }
    PartRow::insert(db, &rows)
}

fn append_endpoints(db: &mut Db, endpoints: BTreeMap<String, EndpointRow>, revision: &mut Revision) -> Result<(), StoreError> {
    let mut open = EndpointRow::at(db, &revision.repository, OPEN, false)?;
    let (mut changed, mut came) = (Vec::new(), Vec::new());
    for (id, mut row) in endpoints {
        (row.since, row.first, row.last) = (revision.number, revision.number, OPEN);
        match open.remove(&id) {
            Some(mut old) if old.hash == row.hash => {
                if (&old.file, old.line) != (&row.file, row.line) {
                    (old.file, old.line) = (row.file, row.line);
                    old.update(db)?;
                }
            }
            Some(mut old) => {
                row.moved_from.clone_from(&old.moved_from);
                row.since = old.since;
                old.last = revision.number - 1;
                old.update(db)?;
                changed.push(row);
            }
            None => came.push(row),
        }
    }
    let gone: Vec<EndpointRow> = open.into_values().collect();
    seen_before(db, &mut came)?;
    let moved = link(db, &gone, &mut came)?;
    for mut old in gone.iter().cloned() {
        old.last = revision.number - 1;
        old.update(db)?;
    }
    revision.moved = moved as i64;
    revision.added = came.len() as i64 - revision.moved;
    revision.removed = gone.len() as i64 - revision.moved;
    revision.changed = changed.len() as i64;
    changed.append(&mut came);
    EndpointRow::insert(db, &changed)
}

/// Endpoints that come back keep the revision at which they first came.
fn seen_before(db: &mut Db, came: &mut [EndpointRow]) -> Result<(), StoreError> {
    let Some(repository) = came.first().map(|row| row.repository.clone()) else { return Ok(()) };
    let sql = "SELECT id, min(since) FROM endpoint WHERE repository = $1 AND last < $2 GROUP BY id";
    let rows = db.query(sql, &[repository.into(), OPEN.into()])?;
    let since: BTreeMap<&str, i64> = rows.iter().map(|row| (row.text(0), row.int(1))).collect();
    for row in came {
        row.since = since.get(row.id.as_str()).copied().unwrap_or(row.since);
    }
    Ok(())
}

/// Links endpoints that came to those that went and are the same at another path. The number of links.
fn link(db: &mut Db, gone: &[EndpointRow], came: &mut [EndpointRow]) -> Result<usize, StoreError> {
    if gone.is_empty() || came.is_empty() {
        return Ok(0);
    }
    let mut old = Vec::new();
    for row in gone {
        let sql = "SELECT facts,packed FROM endpoint WHERE repository = $1 AND id = $2 AND first = $3";
        let found = db.query(sql, &[row.repository.as_str().into(), row.id.as_str().into(), row.first.into()])?;
        old.push(read::endpoint(&found.first().map_or_else(String::new, |r| EndpointRow::facts(r, 0, 1)), &row.id)?);
    }
    let new: Vec<Endpoint> = came.iter().map(|row| read::endpoint(&row.facts, &row.id)).collect::<Result<_, _>>()?;
    let links = moves(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>());
    for (to, from) in &links {
        came[*to].since = came[*to].since.min(gone[*from].since);
        let from = &old[*from];
        let former = Former { id: from.id.clone(), method: from.method.clone(), path: from.path.clone() };
        came[*to].moved_from = parts::json(&former)?;
    }
    Ok(links.len())
}

/// Keeps endpoints that the scan could not have seen.
fn keep_unseen(db: &mut Db, latest: &Revision, origin: &Origin, catalog: &mut Catalog, keep_gone: bool) -> Result<(), StoreError> {
    let is_older = keep_gone || is_older(&origin.commit_time, &latest.commit_time);
    if is_older || catalog.troubles.iter().any(|t| hides(t.kind)) {
        let before = read::catalog(db, &latest.repository, latest.number)?;
        keep(before, catalog, is_older);
    }
    Ok(())
}

/// Whether a commit is older than the last one, by their times where both are known.
pub(crate) fn is_older(time: &str, last: &str) -> bool {
    !time.is_empty() && time < last
}

/// Adds endpoints of the catalog before that this scan could not have seen, marked as stale.
pub(crate) fn keep(before: Catalog, catalog: &mut Catalog, is_older: bool) {
    // Without a file a trouble is about the whole tree: only a listing that stopped, or found nothing, hides endpoints then.
    let is_unlisted = catalog.coverage.files_seen == 0;
    let hides = |t: &&Trouble| hides(t.kind) && (!t.file.is_empty() || t.kind == TroubleKind::Bound || is_unlisted);
    let blind: Vec<&Trouble> = catalog.troubles.iter().filter(hides).collect();
    let now: BTreeSet<&str> = catalog.endpoints.iter().map(|e| e.id.as_str()).collect();
    let gone = before.endpoints.into_iter().filter(|e| !now.contains(e.id.as_str()));
    let mut unseen: Vec<Endpoint> = gone.filter(|e| is_older || blind.iter().any(|t| is_hidden(e, &t.file))).collect();
    unseen.iter_mut().for_each(|endpoint| endpoint.stale = true);
    for service in before.services {
        let is_wanted = unseen.iter().any(|e| e.service == service.id) && catalog.services.iter().all(|s| s.id != service.id);
        catalog.services.extend(is_wanted.then_some(service));
    }
    for (name, schema) in before.schemas {
        if !unseen.is_empty() {
            catalog.schemas.entry(name).or_insert(schema);
        }
    }
    catalog.endpoints.append(&mut unseen);
    facts::sort(&mut catalog.endpoints);
}

/// Troubles behind which endpoints may be.
fn hides(kind: TroubleKind) -> bool {
    matches!(kind, TroubleKind::Unreadable | TroubleKind::TooLarge | TroubleKind::Bound)
}

/// Whether a file, or a folder, has to do with how an endpoint came about; all do with the whole tree, which has no name.
fn is_hidden(endpoint: &Endpoint, file: &str) -> bool {
    let is_in = |of: &str| of == file || of.strip_prefix(file).is_some_and(|rest| rest.starts_with('/'));
    let handler = endpoint.handler.as_ref().is_some_and(|h| is_in(&h.file));
    file.is_empty() || handler || is_in(&endpoint.registered_at.file) || endpoint.trail.iter().any(|step| is_in(&step.file))
}
