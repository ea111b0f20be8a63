//! Finishing: when enough of a sweep is known, its results become one state of the catalog, in one transaction.
//!
//! A repository that was not scanned keeps what was known of it, marked as stale. An endpoint is taken for gone only where every
//! source was listed to its end and its repository was scanned without error at a commit that is not older.

use crate::error::SweepError;
use crate::link::Link;
use crate::packages;
use crate::queue::Counts;
use crate::schema::{Sweep, clock};
use apicensus_catalog::Catalog;
use apicensus_store::db::{Db, Value};
use apicensus_store::{Origin, Publication, Recorded, StoreError};
use serde::Serialize;

/// Sweeps whose jobs are remembered.
const KEPT: i64 = 20;

/// When to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// The part of the listed repositories whose state must be known, from 0 to 1.
    pub complete: f64,
    /// Publish with what there is.
    pub force: bool,
    /// Sweeps in a row in which a repository may fail.
    pub disable_after: i64,
    /// Now, RFC 3339 in UTC.
    pub recorded: String,
}

/// What finishing did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finished {
    /// It is in the catalog.
    Published(Published),
    /// It was not yet time.
    NotYet {
        /// The sweep.
        sweep: i64,
        /// Why not, and what to do.
        why: String,
    },
    /// The sweep was given up; what it found is published with the next one.
    Abandoned {
        /// The sweep.
        sweep: i64,
        /// Why.
        why: String,
    },
}

/// A sweep that became a state of the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The sweep.
    pub sweep: i64,
    /// The name of the state.
    pub tag: String,
    /// The revision that the name stands for; 0 where the catalog is empty.
    pub revision: i64,
    /// Repositories that have a new revision.
    pub changed: i64,
    /// Repositories that say the same as before.
    pub same: i64,
    /// Repositories whose state is older, by key.
    pub stale: Vec<String>,
    /// Repositories that are left out from now on, by key.
    pub disabled: Vec<String>,
}

/// Publishes the open sweep, if enough of it is known.
///
/// # Errors
/// When there is no open sweep or the database fails; nothing has changed then.
pub fn finish(link: &Link, finish: &Finish) -> Result<Finished, SweepError> {
    link.run(|store| {
        store.publish(|publication| {
            let Some(sweep) = Sweep::open(publication.db())? else { return Ok(None) };
            let now = clock(publication.db())?;
            let is_late = now >= sweep.deadline;
            if !is_late && !finish.force {
                packages::link(publication.db(), &sweep)?;
            }
            // Looking at packages may have made some due again.
            let sweep = Sweep::open(publication.db())?.unwrap_or(sweep);
            let counts = Counts::of(publication.db(), sweep.number)?;
            match why_not(&sweep, counts, finish, is_late) {
                Some(why) if is_late => {
                    sweep.end(publication.db(), "abandoned", 0, &why)?;
                    bury_rest(publication.db(), sweep.number)?;
                    Ok(Some(Finished::Abandoned { sweep: sweep.number, why }))
                }
                Some(why) => {
                    publication
                        .db()
                        .execute("UPDATE sweep SET reason = $1 WHERE number = $2", &[why.as_str().into(), sweep.number.into()])?;
                    Ok(Some(Finished::NotYet { sweep: sweep.number, why }))
                }
                None => publish(publication, &sweep, finish).map(|published| Some(Finished::Published(published))),
            }
        })
    })?
    .ok_or(SweepError::NoSweep)
}

/// Why it can't be published yet.
fn why_not(sweep: &Sweep, counts: Counts, finish: &Finish, is_late: bool) -> Option<String> {
    if finish.force {
        return None;
    }
    if counts.left() > 0 && !is_late {
        let (waiting, running) = (counts.waiting, counts.running);
        return Some(format!("{running} repositories are being scanned and {waiting} wait; `apicensus sweep work` goes on"));
    }
    let wanted = (sweep.listed - sweep.disabled).max(0);
    let known = counts.done + counts.unchanged + sweep.unchanged;
    if wanted == 0 && !sweep.whole {
        return Some("no repository was listed, and a source could not be read to its end".to_owned());
    }
    if (known as f64) >= finish.complete * wanted as f64 {
        return None;
    }
    let percent = |part: f64| format!("{:.1} %", part * 100.0);
    Some(format!(
        "the state of {known} of {wanted} repositories is known, {}, and {} are asked for; `apicensus sweep status` lists those that failed, \
         `apicensus sweep retry` tries them again, `apicensus sweep finish --force` publishes without them",
        percent(known as f64 / wanted.max(1) as f64),
        percent(finish.complete)
    ))
}

fn publish(publication: &mut Publication<'_>, sweep: &Sweep, finish: &Finish) -> Result<Published, StoreError> {
    let mut published = Published { sweep: sweep.number, tag: format!("sweep-{}", sweep.number), ..Published::default() };
    bury_rest(publication.db(), sweep.number)?;
    published.disabled = count_failures(publication.db(), sweep.number, finish.disable_after)?;
    record_results(publication, sweep, finish, &mut published)?;
    mark_stale(publication, sweep, finish, &mut published)?;
    publication.tag(&published.tag)?;
    published.revision = publication.head()?;
    sweep.end(publication.db(), "published", published.revision, "")?;
    for table in ["sweep_job", "sweep_result"] {
        publication.db().execute(&format!("DELETE FROM {table} WHERE sweep <= $1"), &[(sweep.number - KEPT).into()])?;
    }
    Ok(published)
}

/// Ends the jobs that have not ended.
fn bury_rest(db: &mut Db, sweep: i64) -> Result<(), StoreError> {
    let sql = "UPDATE sweep_job SET state = 'dead', class = CASE WHEN class = '' THEN 'deadline' ELSE class END,
        reason = CASE WHEN reason = '' THEN 'the sweep ended before it was scanned' ELSE reason END
        WHERE sweep = $1 AND state IN ('waiting', 'running')";
    db.execute(sql, &[sweep.into()]).map(|_| ())
}

/// Counts failures of repositories, and disables those that fail again and again. Their keys.
fn count_failures(db: &mut Db, sweep: i64, most: i64) -> Result<Vec<String>, StoreError> {
    let blamed: Vec<String> = crate::Class::ALL.iter().filter(|c| c.blames_repository()).map(|c| format!("'{}'", c.as_str())).collect();
    let dead = format!("SELECT identity FROM sweep_job WHERE sweep = $1 AND state = 'dead' AND class IN ({})", blamed.join(","));
    db.execute(&format!("UPDATE sweep_repository SET failures = failures + 1 WHERE identity IN ({dead})"), &[sweep.into()])?;
    let sql = "SELECT r.identity, r.own_key, j.class, j.reason FROM sweep_repository r JOIN sweep_job j ON j.identity = r.identity
        WHERE j.sweep = $1 AND j.state = 'dead' AND r.failures >= $2 AND r.disabled = '' ORDER BY r.own_key";
    let mut keys = Vec::new();
    for row in db.query(sql, &[sweep.into(), most.into()])? {
        let reason = format!("it failed in {most} sweeps in a row, the last time with {}: {}", row.text(2), row.text(3));
        db.execute("UPDATE sweep_repository SET disabled = $1 WHERE identity = $2", &[reason.into(), row.text(0).into()])?;
        keys.push(row.text(1).to_owned());
    }
    Ok(keys)
}

/// Records results that were not published yet, by key; those of a sweep that was abandoned too.
fn record_results(publication: &mut Publication<'_>, sweep: &Sweep, finish: &Finish, published: &mut Published) -> Result<(), StoreError> {
    let sql = "SELECT r.identity, r.own_key, max(s.sweep) FROM sweep_result s JOIN sweep_repository r ON r.identity = s.identity
        WHERE s.published = 0 GROUP BY r.identity, r.own_key ORDER BY r.own_key";
    let waiting: Vec<(String, String, i64)> =
        publication.db().query(sql, &[])?.iter().map(|row| (row.text(0).to_owned(), row.text(1).to_owned(), row.int(2))).collect();
    for (identity, key, number) in waiting {
        let sql = "SELECT body, hash, commit_id, commit_time FROM sweep_result WHERE identity = $1 AND sweep = $2";
        let rows = publication.db().query(sql, &[identity.as_str().into(), number.into()])?;
        let Some(row) = rows.first() else { continue };
        let catalog = unpacked(row.blob(0), row.text(1), &key)?;
        let origin = Origin {
            repository: key,
            commit: row.text(2).to_owned(),
            commit_time: row.text(3).to_owned(),
            recorded: finish.recorded.clone(),
            note: format!("sweep {}", sweep.number),
        };
        let (recorded, has_stale) = publication.record(&catalog, &origin, !sweep.whole)?;
        match recorded {
            Recorded::Added(_) => published.changed += 1,
            Recorded::Same(_) => published.same += 1,
        }
        if has_stale {
            let why = "not all of what it had was looked for";
            publication
                .db()
                .execute("UPDATE sweep_repository SET stale = $1 WHERE identity = $2", &[why.into(), identity.as_str().into()])?;
        }
        let sql = "UPDATE sweep_result SET published = $1, body = $2 WHERE identity = $3 AND published = 0";
        publication.db().execute(sql, &[sweep.number.into(), Value::Blob(Vec::new()), identity.into()])?;
    }
    Ok(())
}

/// Marks what was known of repositories that were not scanned.
fn mark_stale(publication: &mut Publication<'_>, sweep: &Sweep, finish: &Finish, published: &mut Published) -> Result<(), StoreError> {
    let sql = "SELECT r.identity, r.own_key, r.last_listed, r.disabled, coalesce(j.reason, '') FROM sweep_repository r
        LEFT JOIN sweep_job j ON j.identity = r.identity AND j.sweep = $1 AND j.state = 'dead'
        WHERE r.scanned > 0 AND r.stale = '' AND (r.last_listed < $1 OR r.disabled <> '' OR j.identity IS NOT NULL) ORDER BY r.own_key";
    let rows = publication.db().query(sql, &[sweep.number.into()])?;
    for row in rows {
        let why = match (row.int(2) < sweep.number, sweep.whole) {
            (true, true) => "it is not listed any more".to_owned(),
            (true, false) => "it was not listed, and a source could not be read to its end".to_owned(),
            _ if !row.text(3).is_empty() => row.text(3).to_owned(),
            _ => row.text(4).to_owned(),
        };
        publication.stale(row.text(1), &finish.recorded, &format!("sweep {}: {why}", sweep.number))?;
        publication.db().execute("UPDATE sweep_repository SET stale = $1 WHERE identity = $2", &[why.into(), row.text(0).into()])?;
        published.stale.push(row.text(1).to_owned());
    }
    Ok(())
}

/// The catalog of a result.
fn unpacked(body: &[u8], hash: &str, key: &str) -> Result<Catalog, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(format!("the result of `{key}` {what}"));
    let json = miniz_oxide::inflate::decompress_to_vec(body).map_err(|_| damaged("can't be unpacked"))?;
    if blake3::hash(&json).to_hex().as_str() != hash {
        return Err(damaged("does not have its hash"));
    }
    serde_json::from_slice(&json).map_err(|error| damaged(&format!("is no catalog: {error}")))
}
