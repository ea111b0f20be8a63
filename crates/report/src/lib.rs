//! A catalog as one self-contained page that people look at: search, filters, evidence, findings, coverage, a picture.
//!
//! The page is hand-written HTML, CSS and JavaScript (`page/`), put together here with the data. It loads nothing from
//! anywhere, and its content security policy lets nothing run but its own script. The data travels as packed JSON ([`pool`]),
//! compressed and in base64, so that no text of scanned code is ever part of the markup; the page writes it as text only.
//!
//! Nothing is computed about endpoints here: rules, differences and lines of source are handed in.

mod excerpts;
mod mask;
mod page;
mod pool;

pub use excerpts::{Excerpts, Run};
pub use mask::{MASK, Masker};
pub use page::Page;

use apicensus_catalog::{Catalog, Finding, FindingStatus};
use pool::{Pool, Ref};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a report shows.
pub struct Report<'a> {
    /// The name of what was scanned.
    pub title: &'a str,
    /// The catalog.
    pub catalog: &'a Catalog,
    /// What its rules mean.
    pub rules: Vec<RuleText>,
    /// Lines of source; none when the source was not at hand.
    pub excerpts: Option<&'a Excerpts>,
    /// Another state to compare with.
    pub against: Option<Against<'a>>,
    /// What was left out on demand, in words: `only --path /api/**`.
    pub selection: Vec<String>,
    /// Other pages of the same server: revisions to look at or to compare with.
    pub links: Vec<Link>,
}

/// Repositories whose names are the title of a page; of more it is their number.
const MOST_NAMED: usize = 3;

/// What a page about a catalog is called where nothing else is said.
pub fn title(catalog: &Catalog) -> String {
    let names: Vec<&str> = catalog.repositories.iter().map(|r| r.name.as_str()).collect();
    match names.len() {
        0 => "API inventory".to_owned(),
        1..=MOST_NAMED => names.join(", "),
        number => format!("{number} repositories"),
    }
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleText {
    /// Its name.
    pub id: String,
    /// How bad what it finds is as a rule.
    pub severity: String,
    /// Its documentation; the first line says what it is.
    pub docs: String,
}

/// An earlier state and what differs.
pub struct Against<'a> {
    /// Its name: a revision, a file.
    pub name: &'a str,
    /// Its catalog.
    pub catalog: &'a Catalog,
    /// What changed since, as `apicensus diff -f json` writes it.
    pub changes: &'a serde_json::Value,
}

/// A link to another page of the same server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is: `revision` or `compare`.
    pub kind: &'static str,
    /// Its words.
    pub text: String,
    /// Where it leads, relative to this page.
    pub href: String,
    /// It is what is shown.
    pub current: bool,
}

/// A report that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A value that JSON can't say.
    #[error("the catalog can't be written: {0}")]
    Data(String),
    /// Compression failed.
    #[error("the data can't be compressed: {0}")]
    Compression(#[from] std::io::Error),
}

impl serde::ser::Error for ReportError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        ReportError::Data(message.to_string())
    }
}

/// Writes a report.
///
/// # Errors
/// When the data can't be written or compressed.
pub fn render(report: &Report<'_>) -> Result<Page, ReportError> {
    page::assemble(report.title, &data(report)?)
}

/// The data of a report as packed JSON.
///
/// # Errors
/// When a value can't be said in JSON.
pub fn data(report: &Report<'_>) -> Result<String, ReportError> {
    let mut pool = Pool::default();
    let catalog = pool.add(report.catalog)?;
    let mut parts = vec![
        ("title", pool.add(&report.title)?),
        ("catalog", catalog),
        ("rules", pool.add(&report.rules)?),
        ("selection", pool.add(&report.selection)?),
        ("links", pool.add(&report.links)?),
    ];
    if let Some(excerpts) = report.excerpts {
        parts.push(("source", pool.add(excerpts)?));
    }
    if let Some(against) = &report.against {
        parts.push(("against", compared(&mut pool, report.catalog, against)?));
    }
    let root = pool.object(parts);
    Ok(pool.write(root))
}

fn compared(pool: &mut Pool, now: &Catalog, against: &Against<'_>) -> Result<Ref, ReportError> {
    let prints = |catalog: &Catalog| -> BTreeSet<String> { open(catalog).map(|f| f.fingerprint.clone()).collect() };
    let (before, after) = (prints(against.catalog), prints(now));
    let fresh: Vec<&String> = after.difference(&before).collect();
    let mended: Vec<&Finding> = open(against.catalog).filter(|f| !after.contains(&f.fingerprint)).collect();
    let parts = vec![
        ("name", pool.add(&against.name)?),
        ("changes", pool.add(against.changes)?),
        ("endpoints", pool.add(&against.catalog.endpoints.len())?),
        ("fresh", pool.add(&fresh)?),
        ("mended", pool.add(&mended)?),
    ];
    Ok(pool.object(parts))
}

fn open(catalog: &Catalog) -> impl Iterator<Item = &Finding> {
    catalog.findings.iter().filter(|f| f.status == FindingStatus::Open)
}
