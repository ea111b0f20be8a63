//! Reading a store: catalogs of revisions, what is known of endpoints' pasts, and what differs between revisions.

use crate::db::{Db, Value};
use crate::error::StoreError;
use crate::parts;
use crate::rows::{EndpointRow, PartRow, Revision, holds};
use apicensus_catalog::{Catalog, Endpoint, Former, Mark};
use apicensus_inventory::diff::{Diff, diff};
use std::collections::{BTreeMap, HashMap};

/// Hashes of one query at most.
const AT_ONCE: usize = 500;

/// The differences of one repository between two revisions.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RepositoryDiff {
    /// The repository.
    pub repository: String,
    /// What differs.
    #[serde(flatten)]
    pub diff: Diff,
}

/// Reads the facts of an endpoint.
pub(crate) fn endpoint(facts: &str, id: &str) -> Result<Endpoint, StoreError> {
    serde_json::from_str(facts).map_err(|e| StoreError::Damaged(format!("the facts of the endpoint {id} can't be read: {e}")))
}

/// The revision that a name means: a number, `head`, `head~2`, a tag, or the beginning of a revision's hash or commit.
pub(crate) fn resolve(db: &mut Db, name: &str) -> Result<Revision, StoreError> {
    let all = Revision::all(db)?;
    let Some(head) = all.last() else { return Err(StoreError::Empty) };
    let by_number = |number: i64| all.iter().find(|r| r.number == number).cloned();
    let tags = db.query("SELECT revision FROM tag WHERE name = $1", &[name.into()])?;
    let prefix = |of: &&Revision| name.len() >= 6 && (of.hash.starts_with(name) || of.commit.starts_with(name));
    let found = match name.strip_prefix("head").map(|rest| (rest, rest.strip_prefix('~').and_then(|n| n.parse::<i64>().ok()))) {
        Some(("", _)) => Some(head.clone()),
        Some((_, Some(back))) => by_number(head.number.saturating_sub(back)),
        _ if !tags.is_empty() => by_number(tags[0].int(0)),
        _ => name.parse().ok().filter(|_| !name.starts_with('0')).and_then(by_number).or_else(|| all.iter().rev().find(prefix).cloned()),
    };
    let hint = || format!("; it has {} to {}, `head`, and its tags", all.first().map_or(1, |r| r.number), head.number);
    let found = found.ok_or_else(|| StoreError::NoRevision { name: name.to_owned(), hint: hint() })?;
    if found.pruned {
        let hint = "; its content was given up by `catalog gc`".to_owned();
        return Err(StoreError::NoRevision { name: name.to_owned(), hint });
    }
    Ok(found)
}

/// The repositories that have a state at a revision, sorted.
pub(crate) fn repositories(db: &mut Db, revision: i64) -> Result<Vec<String>, StoreError> {
    let rows = db.query("SELECT DISTINCT repository FROM part WHERE first <= $1 AND last >= $1 ORDER BY repository", &[revision.into()])?;
    Ok(rows.iter().map(|row| row.text(0).to_owned()).collect())
}

/// The objects with these hashes, unpacked; the names are for messages.
pub(crate) fn objects(db: &mut Db, wanted: &[(String, String)]) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let names: BTreeMap<&str, &str> = wanted.iter().map(|(name, hash)| (hash.as_str(), name.as_str())).collect();
    let hashes: Vec<&str> = names.keys().copied().collect();
    let mut found = HashMap::new();
    for some in hashes.chunks(AT_ONCE) {
        let places: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
        let values: Vec<Value> = some.iter().map(|hash| (*hash).into()).collect();
        for row in db.query(&format!("SELECT hash, body FROM object WHERE hash IN ({})", places.join(",")), &values)? {
            let name = names.get(row.text(0)).copied().unwrap_or_default();
            found.insert(row.text(0).to_owned(), parts::unpack(name, row.text(0), row.blob(1))?);
        }
    }
    match hashes.iter().find(|hash| !found.contains_key(**hash)) {
        Some(hash) => Err(StoreError::Damaged(format!("the part `{}` ({hash}) is not there", names[hash]))),
        None => Ok(found),
    }
}

/// The catalog of a repository at a revision, without what the store knows of the past.
pub(crate) fn catalog(db: &mut Db, repository: &str, revision: i64) -> Result<Catalog, StoreError> {
    let rows = PartRow::at(db, repository, revision)?;
    let wanted: Vec<(String, String)> = rows.values().map(|part| (part.name.clone(), part.hash.clone())).collect();
    let found = objects(db, &wanted)?;
    // Two parts may have one content.
    let texts = wanted.into_iter().filter_map(|(name, hash)| Some((name, found.get(&hash)?.as_slice()))).collect();
    parts::join(&texts)
}

/// Adds to endpoints what the store knows of their pasts, as of a revision.
pub(crate) fn annotate(db: &mut Db, repository: &str, revision: i64, catalog: &mut Catalog) -> Result<(), StoreError> {
    let marks: HashMap<i64, Mark> = Revision::of(db, repository)?.into_iter().map(|r| (r.number, mark(&r))).collect();
    let rows = EndpointRow::at(db, repository, revision, false)?;
    for endpoint in &mut catalog.endpoints {
        let Some(row) = rows.get(&endpoint.id) else { continue };
        let lifecycle = &mut endpoint.lifecycle;
        lifecycle.last_changed = marks.get(&row.first).cloned();
        lifecycle.introduced = marks.get(&row.since).cloned();
        lifecycle.moved_from = former(row);
    }
    Ok(())
}

fn former(row: &EndpointRow) -> Option<Former> {
    serde_json::from_str(&row.moved_from).ok()
}

fn mark(revision: &Revision) -> Mark {
    let text = |t: &String| (!t.is_empty()).then(|| t.clone());
    Mark { revision: u64::try_from(revision.number).ok(), commit: text(&revision.commit), time: text(&revision.commit_time) }
}

/// What differs between two revisions, by repository; those without differences are left out.
pub(crate) fn differences(db: &mut Db, from: i64, to: i64) -> Result<Vec<RepositoryDiff>, StoreError> {
    let (low, high) = (from.min(to), from.max(to));
    let sql =
        format!("SELECT {} FROM endpoint WHERE (first > $1 AND first <= $2) OR (last >= $1 AND last < $2)", EndpointRow::columns(true));
    let mut touched: BTreeMap<(String, String), [Option<EndpointRow>; 2]> = BTreeMap::new();
    for row in db.query(&sql, &[low.into(), high.into()])? {
        let (row, _) = EndpointRow::read(&row);
        let pair = touched.entry((row.repository.clone(), row.id.clone())).or_default();
        let (is_old, is_new) = (holds(row.first, row.last, from), holds(row.first, row.last, to));
        match (is_old, is_new) {
            (true, _) => pair[0] = Some(row),
            (_, true) => pair[1] = Some(row),
            _ => {}
        }
    }
    let mut sides: BTreeMap<String, [Catalog; 2]> = BTreeMap::new();
    for ((repository, _), [old, new]) in touched {
        if old.as_ref().map(|row| &row.hash) == new.as_ref().map(|row| &row.hash) {
            continue;
        }
        let side = sides.entry(repository).or_default();
        for (at, row) in [old, new].into_iter().enumerate() {
            side[at].endpoints.extend(row.map(|row| standing(&row)).transpose()?);
        }
    }
    let all = sides.into_iter().map(|(repository, [old, new])| RepositoryDiff { repository, diff: diff(&old, &new) });
    Ok(all.filter(|d| !d.diff.changes.is_empty()).collect())
}

/// The endpoint of a row with its place.
fn standing(row: &EndpointRow) -> Result<Endpoint, StoreError> {
    let mut endpoint = endpoint(&row.facts, &row.id)?;
    let line = u32::try_from(row.line).unwrap_or_default();
    match &mut endpoint.handler {
        Some(handler) => handler.line = line,
        None => endpoint.registered_at.line = line,
    }
    Ok(endpoint)
}
