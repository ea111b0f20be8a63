//! The page of what is asked for, kept once it is made.

use crate::archive::{Archive, NEWEST};
use crate::problem::Problem;
use apicensus_inventory::diff::diff;
use apicensus_report::{Against, Link, Page, Report, RuleText, render};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Pages that are kept.
const KEPT: usize = 16;

/// What is shown, and what it is compared with.
type Key = (String, String);

/// Pages by what they show.
#[derive(Debug, Default)]
pub struct Pages {
    made: Mutex<HashMap<Key, Arc<Page>>>,
}

impl Pages {
    /// The page of a revision, compared with another where one is named.
    pub fn of(&self, archive: &Archive, shown: &str, against: &str) -> Result<Arc<Page>, Problem> {
        let key = (shown.to_owned(), against.to_owned());
        if let Some(page) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(page.clone());
        }
        let page = Arc::new(made(archive, shown, against)?);
        let mut kept = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, page.clone());
        Ok(page)
    }
}

fn made(archive: &Archive, shown: &str, against: &str) -> Result<Page, Problem> {
    let catalog = archive.catalog(Some(shown)).ok_or_else(|| Problem::missing(format!("there is no revision `{shown}`")))?;
    let before = match against {
        "" => None,
        id => Some(archive.catalog(Some(id)).ok_or_else(|| Problem::missing(format!("there is no revision `{id}`")))?),
    };
    let changes = before.as_ref().map(|before| serde_json::to_value(diff(before, &catalog)));
    let changes = changes.transpose().map_err(|e| Problem::internal(&e))?;
    let title = apicensus_report::title(&catalog);
    let report = Report {
        title: &title,
        catalog: &catalog,
        rules: apicensus_findings::rules()
            .iter()
            .map(|r| RuleText { id: r.id.into(), severity: r.severity.to_string(), docs: r.docs() })
            .collect(),
        excerpts: None,
        against: match (&before, &changes) {
            (Some(before), Some(changes)) => Some(Against { name: against, catalog: before, changes }),
            _ => None,
        },
        selection: Vec::new(),
        links: links(archive, shown, against),
    };
    render(&report).map_err(|e| Problem::internal(&e))
}

/// The other pages: every revision to look at, and those of the same repository to compare with.
fn links(archive: &Archive, shown: &str, against: &str) -> Vec<Link> {
    let address = |shown: &str, against: &str| {
        let mut parts = Vec::new();
        if shown != NEWEST {
            parts.push(format!("revision={}", encoded(shown)));
        }
        if !against.is_empty() {
            parts.push(format!("against={}", encoded(against)));
        }
        format!("/?{}", parts.join("&"))
    };
    let link = |kind, text: String, href: String, current| Link { kind, text, href, current };
    let mut links = vec![link("revision", "the newest of all".to_owned(), address(NEWEST, ""), shown == NEWEST)];
    links.extend(
        archive.snapshots().iter().map(|s| link("revision", format!("{} {}", s.repository, s.name), address(&s.id, ""), s.id == shown)),
    );
    let repositories = archive.snapshots().iter().filter(|s| s.newest).count();
    let here =
        archive.snapshots().iter().find(|s| s.id == shown).or_else(|| archive.snapshots().iter().find(|s| s.newest && repositories == 1));
    if let Some(here) = here {
        links.push(link("compare", "nothing".to_owned(), address(shown, ""), against.is_empty()));
        let others = archive.snapshots().iter().filter(|s| s.repository == here.repository && s.id != here.id);
        links.extend(others.map(|s| link("compare", s.name.clone(), address(shown, &s.id), s.id == against)));
    }
    links
}

/// A text as a part of a query (RFC 3986, unreserved characters stay).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
