//! Appending the states of many repositories in one transaction, under one name.

use crate::db::Db;
use crate::error::StoreError;
use crate::record::{Origin, Recorded, record_within};
use crate::rows::Revision;
use crate::{keep, read};
use apicensus_catalog::Catalog;

/// A transaction that appends revisions.
pub struct Publication<'d> {
    db: &'d mut Db,
}

impl<'d> Publication<'d> {
    pub(crate) fn new(db: &'d mut Db) -> Publication<'d> {
        Publication { db }
    }

    /// The connection, within the transaction.
    pub fn db(&mut self) -> &mut Db {
        self.db
    }

    /// Appends what a scan found, unless the repository's last revision says the same. With `keep_gone` endpoints that the scan did
    /// not find stay, marked as stale. The second value tells whether an endpoint is stale now.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn record(&mut self, catalog: &Catalog, origin: &Origin, keep_gone: bool) -> Result<(Recorded, bool), StoreError> {
        record_within(self.db, catalog, origin, "scan", keep_gone)
    }

    /// Marks all endpoints of a repository as stale: it could not be scanned. Whether there was something to mark.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn stale(&mut self, repository: &str, recorded: &str, note: &str) -> Result<bool, StoreError> {
        let Some(latest) = Revision::latest(self.db, Some(repository))? else { return Ok(false) };
        let mut catalog = read::catalog(self.db, repository, latest.number)?;
        if catalog.endpoints.iter().all(|endpoint| endpoint.stale) {
            return Ok(false);
        }
        catalog.endpoints.iter_mut().for_each(|endpoint| endpoint.stale = true);
        let origin = Origin {
            repository: repository.to_owned(),
            commit: latest.commit,
            commit_time: latest.commit_time,
            recorded: recorded.to_owned(),
            note: note.to_owned(),
        };
        record_within(self.db, &catalog, &origin, "scan", false).map(|(done, _)| matches!(done, Recorded::Added(_)))
    }

    /// The latest revision; 0 where there is none.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn head(&mut self) -> Result<i64, StoreError> {
        Ok(Revision::latest(self.db, None)?.map_or(0, |revision| revision.number))
    }

    /// Gives the latest revision a name, or moves the name to it.
    ///
    /// # Errors
    /// When it can't be written or it is no name.
    pub fn tag(&mut self, name: &str) -> Result<(), StoreError> {
        let head = self.head()?;
        if head == 0 {
            return Ok(());
        }
        keep::tag_within(self.db, name, "head").map(|_| ())
    }
}
