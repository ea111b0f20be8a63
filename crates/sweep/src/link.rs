//! A connection to the database of sweeps that is made anew when it is lost.

use crate::error::SweepError;
use crate::schema;
use apicensus_store::{Store, StoreError, Target};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a database that has gone is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(2);

/// A connection that threads share.
pub struct Link {
    target: Target,
    store: Mutex<Option<Store>>,
    patience: Duration,
}

impl Link {
    /// Opens the database, and makes or updates its tables.
    ///
    /// # Errors
    /// When it can't be opened, or is something else.
    pub fn open(target: &Target) -> Result<Link, SweepError> {
        let store = opened(target)?;
        Ok(Link { target: target.clone(), store: Mutex::new(Some(store)), patience: PATIENCE })
    }

    /// A second connection to the same database.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn another(&self) -> Result<Link, SweepError> {
        Link::open(&self.target)
    }

    /// Does work with the connection. When the connection is lost or others hold the database, it is tried again, so the work has
    /// to bear being done twice.
    ///
    /// # Errors
    /// When the work fails, or the database stays away for minutes.
    pub fn run<T>(&self, mut work: impl FnMut(&mut Store) -> Result<T, StoreError>) -> Result<T, SweepError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let mut held = self.store.lock().unwrap_or_else(PoisonError::into_inner);
            let done = match &mut *held {
                Some(store) => work(store).map_err(SweepError::from),
                None => opened(&self.target).and_then(|mut store| {
                    let done = work(&mut store).map_err(SweepError::from);
                    *held = Some(store);
                    done
                }),
            };
            let Err(SweepError::Store(error)) = &done else { return done };
            let is_away = matches!(error, StoreError::Lost { .. } | StoreError::Open { .. });
            if is_away {
                *held = None;
            }
            drop(held);
            if !(is_away || matches!(error, StoreError::Busy { .. } | StoreError::Conflict { .. })) || begun.elapsed() > self.patience {
                return done;
            }
            tracing::warn!(%error, "the database is away; trying again");
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST);
        }
    }
}

fn opened(target: &Target) -> Result<Store, SweepError> {
    let mut store = Store::open(target, true)?;
    schema::migrate(store.db())?;
    if store.db().is_server() {
        // What must not be lost says so itself.
        store.db().batch("SET synchronous_commit = off")?;
    }
    Ok(store)
}
