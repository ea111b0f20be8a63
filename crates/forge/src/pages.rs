//! Walking the pages of a list, and making sure that none of it slipped through.
//!
//! Where pages are counted rather than keyed, a repository that is deleted while the list is read moves all later ones
//! up, and one of them falls between two pages. So such a list is read again until two readings agree; unchanged pages
//! cost a "not modified". A repository that comes twice counts once, by its id.

use crate::error::ForgeError;
use crate::http::{Answer, Authorization, Client, same_host};
use crate::repository::{Listing, Repository, TroubleKind};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Pages of one list.
const MAX_PAGES: usize = 20_000;
/// Readings of one list until two agree.
const MAX_READINGS: usize = 5;

/// A list of a forge.
pub(crate) struct List<'a> {
    pub client: &'a Client,
    /// For troubles: `github.com organisation acme`.
    pub place: String,
    pub first: String,
    pub authorization: &'a dyn Fn() -> Result<Authorization, ForgeError>,
    /// The entries of a page, and the address of the next one.
    pub open: &'a dyn Fn(&Answer, &str) -> Result<(Vec<Value>, Option<String>), String>,
    /// A repository from an entry; None for one that can't be fetched at all.
    pub read: &'a dyn Fn(&Value) -> Result<Option<Repository>, String>,
    /// Pages are keyed: they don't shift.
    pub keyed: bool,
}

/// One reading of a list.
#[derive(Default)]
struct Reading {
    found: BTreeMap<String, Repository>,
    odd: Vec<String>,
    unusable: usize,
    pages: usize,
}

impl List<'_> {
    /// Reads it all into a listing.
    pub fn gather(&self, listing: &mut Listing) {
        let mut last: Option<Reading> = None;
        for _ in 0..MAX_READINGS {
            let mut reading = Reading::default();
            if let Err(error) = self.walk(&mut reading) {
                // What one reading got further than another is kept.
                let earlier = last.take().unwrap_or_default();
                reading.found.extend(earlier.found);
                listing.trouble(&self.place, TroubleKind::Listing, error.to_string());
                return finish(&self.place, reading, listing);
            }
            let settled = self.keyed || reading.pages == 1 || last.as_ref().is_some_and(|l| l.found.keys().eq(reading.found.keys()));
            if settled {
                return finish(&self.place, reading, listing);
            }
            last = Some(reading);
        }
        listing.trouble(&self.place, TroubleKind::Listing, format!("the list changed during each of {MAX_READINGS} readings"));
        finish(&self.place, last.unwrap_or_default(), listing);
    }

    fn walk(&self, reading: &mut Reading) -> Result<(), ForgeError> {
        let mut seen = HashSet::new();
        let mut next = Some(self.first.clone());
        while let Some(url) = next {
            // The token goes where it is meant to go, and nowhere else.
            same_host(&self.first, &url)?;
            if !seen.insert(url.clone()) || seen.len() > MAX_PAGES {
                return Err(ForgeError::answer(&url, "the list leads round in a circle"));
            }
            let answer = self.client.get(&url, &(self.authorization)()?)?;
            let (entries, after) = (self.open)(&answer, &url).map_err(|e| ForgeError::answer(&url, e))?;
            reading.pages += 1;
            for entry in entries {
                match (self.read)(&entry) {
                    Ok(Some(repository)) => {
                        reading.found.insert(repository.forge_id.clone(), repository);
                    }
                    Ok(None) => reading.unusable += 1,
                    Err(reason) => reading.odd.push(reason),
                }
            }
            next = after;
        }
        Ok(())
    }
}

fn finish(place: &str, reading: Reading, listing: &mut Listing) {
    for reason in reading.odd {
        listing.trouble(place, TroubleKind::Entry, reason);
    }
    listing.left_out += reading.unusable;
    listing.repositories.extend(reading.found.into_values());
}

/// Pages that are arrays, with the next one in the `Link` header.
pub(crate) fn by_link(answer: &Answer, _url: &str) -> Result<(Vec<Value>, Option<String>), String> {
    let entries = answer.body.as_array().ok_or("a page that is no list")?;
    Ok((entries.clone(), answer.next.clone()))
}

/// Text of an entry.
pub(crate) fn text<'a>(entry: &'a Value, key: &str) -> Result<&'a str, String> {
    entry[key].as_str().ok_or_else(|| format!("a repository without `{key}`: {}", name_of(entry)))
}

/// A number of an entry.
pub(crate) fn number(entry: &Value, key: &str) -> Result<u64, String> {
    entry[key].as_u64().ok_or_else(|| format!("a repository without `{key}`: {}", name_of(entry)))
}

fn name_of(entry: &Value) -> String {
    let name = ["full_name", "path_with_namespace", "name", "slug"].iter().find_map(|k| entry[*k].as_str());
    name.unwrap_or("it has no name either").chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
