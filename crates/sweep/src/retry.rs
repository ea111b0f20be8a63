//! Trying again what was given up.

use crate::error::SweepError;
use crate::link::Link;
use crate::schema::Sweep;
use crate::status::identify;
use serde::Serialize;

/// What became of a request to try again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// Jobs of the open sweep that wait again.
    pub jobs: u64,
    /// Repositories that were left out and take part from the next sweep on.
    pub enabled: u64,
}

/// Tries dead jobs of the open sweep again and enables repositories that were left out: the one that is named, or all.
///
/// # Errors
/// When no such repository is known, or the database fails.
pub fn retry(link: &Link, repository: Option<&str>) -> Result<Retried, SweepError> {
    let identity = match repository {
        Some(name) => Some(link.run(|store| identify(store.db(), name))?),
        None => None,
    };
    link.run(|store| {
        store.db().transaction(|db| {
            let mut retried = Retried::default();
            let one = identity.as_deref().unwrap_or_default();
            if let Some(sweep) = Sweep::open(db)? {
                let sql = "UPDATE sweep_job SET state = 'waiting', ready = 0, tries = 0, lost = 0, past = '[]'
                    WHERE sweep = $1 AND state = 'dead' AND ($2 = '' OR identity = $2)";
                retried.jobs = db.execute(sql, &[sweep.number.into(), one.into()])?;
                db.execute("UPDATE sweep SET linked = 0 WHERE number = $1", &[sweep.number.into()])?;
            }
            let sql = "UPDATE sweep_repository SET disabled = '', failures = 0 WHERE disabled <> '' AND ($1 = '' OR identity = $1)";
            retried.enabled = db.execute(sql, &[one.into()])?;
            Ok(retried)
        })
    })
}
