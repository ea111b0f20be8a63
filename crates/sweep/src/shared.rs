//! What processes that list forges share: answers that have not changed, and until when a host wants no requests.

use crate::link::Link;
use apicensus_forge::{CachedPage, Shared};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Keeps them in the database of sweeps. What can't be read or written is as if it were not there.
pub struct InDatabase {
    link: Link,
}

impl InDatabase {
    /// With a connection of its own.
    pub fn new(link: Link) -> InDatabase {
        InDatabase { link }
    }
}

impl fmt::Debug for InDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InDatabase")
    }
}

impl Shared for InDatabase {
    fn page(&self, url: &str) -> Option<CachedPage> {
        let sql = "SELECT etag, link, body FROM sweep_page WHERE url = $1";
        let rows = self.link.run(|store| store.db().query(sql, &[url.into()])).ok()?;
        let text = |at: usize| rows.first().map(|row| row.text(at).to_owned());
        Some(CachedPage { etag: text(0)?, link: text(1)?, body: text(2)? })
    }

    fn keep_page(&self, url: &str, page: &CachedPage) {
        let sql = "INSERT INTO sweep_page (url, etag, link, body) VALUES ($1, $2, $3, $4)
            ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, link = excluded.link, body = excluded.body";
        let values = [url, page.etag.as_str(), page.link.as_str(), page.body.as_str()].map(Into::into);
        let _ = self.link.run(|store| store.db().execute(sql, &values));
    }

    fn held_until(&self, host: &str) -> Option<SystemTime> {
        let sql = "SELECT until FROM sweep_hold WHERE host = $1";
        let rows = self.link.run(|store| store.db().query(sql, &[host.into()])).ok()?;
        let until = rows.first()?.int(0);
        Some(UNIX_EPOCH + Duration::from_millis(until.unsigned_abs()))
    }

    fn hold(&self, host: &str, until: SystemTime) {
        let until = until.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let sql = "INSERT INTO sweep_hold (host, until) VALUES ($1, $2)
            ON CONFLICT (host) DO UPDATE SET until = CASE WHEN excluded.until > sweep_hold.until THEN excluded.until ELSE sweep_hold.until END";
        let _ = self.link.run(|store| store.db().execute(sql, &[host.into(), until.into()]));
    }
}
