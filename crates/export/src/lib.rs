//! A catalog in the formats of other tools: specifications, scanners, clients, lists.
//!
//! [`select`] picks endpoints, [`operation`] makes them requests that can be sent (methods one by one, declared path
//! parameters, bodies with samples), and one file in `formats` a format writes them. Everything is text to text: no
//! exporter reads files or the network. What comes from scanned code is escaped by the rules of each format.
//!
//! Left out: nothing is silently dropped. What a format can't carry is counted in [`Exported::left_out`].

mod escape;
mod formats;
mod operation;
mod pattern;
mod request;
mod sample;
mod schema;
mod select;

pub use formats::EXPORTERS;
pub use operation::{Operation, Parameter};
pub use select::{Only, OpenApiVersion, Options, Profile};

use apicensus_catalog::Catalog;
use std::collections::BTreeMap;

/// A format.
pub trait Exporter: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// What it is for, in one line.
    fn about(&self) -> &'static str;
    /// Whether it writes several files, into a folder.
    fn is_folder(&self) -> bool {
        false
    }
    /// Whether what it writes is no text.
    fn is_binary(&self) -> bool {
        false
    }
    /// Writes what was selected.
    fn write(&self, input: &Input<'_>) -> Exported;
}

/// What there is to write.
pub struct Input<'a> {
    /// The catalog with what was selected of it.
    pub catalog: &'a Catalog,
    /// How it is asked for.
    pub options: &'a Options,
}

impl Input<'_> {
    /// The URL that the paths of a service hang on, without a slash at its end.
    pub fn host(&self, service: &str) -> &str {
        let name = self.catalog.services.iter().find(|s| s.id == service).map_or("", |s| s.name.as_str());
        let own = self.options.service_urls.get(service).or_else(|| self.options.service_urls.get(name));
        own.map_or_else(|| self.options.host(), |url| url.trim_end_matches('/'))
    }

    /// The variable that holds the URL of a service: `prefix` for the common one, with the service's name behind it for one
    /// that has its own.
    pub fn variable(&self, service: &str, prefix: &str) -> String {
        let name = self.name(service);
        let is_own = self.options.service_urls.contains_key(service) || self.options.service_urls.contains_key(name);
        let word = escape::identifier(if name.is_empty() { service } else { name }).replace(['-', '.'], "_");
        if is_own { format!("{prefix}_{}", word.trim_start_matches('_')) } else { prefix.to_owned() }
    }

    /// The variables of all services with the URLs they stand for.
    pub fn variables(&self, prefix: &str) -> BTreeMap<String, &str> {
        let common = [(prefix.to_owned(), self.options.host())];
        let own = self.catalog.services.iter().map(|s| (self.variable(&s.id, prefix), self.host(&s.id)));
        common.into_iter().chain(own).collect()
    }

    /// The name of a service; its id when it is not in the catalog.
    pub fn name<'s>(&'s self, service: &'s str) -> &'s str {
        self.catalog.services.iter().find(|s| s.id == service).map_or(service, |s| s.name.as_str())
    }
}

/// What a format gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One text.
    Text(String),
    /// One file that is no text.
    Bytes(Vec<u8>),
    /// Several files, by their path in a folder.
    Folder(BTreeMap<String, String>),
}

/// A written export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What was written.
    pub content: Content,
    /// What the format could not carry: how many endpoints, and why.
    pub left_out: Vec<(usize, &'static str)>,
}

impl Exported {
    /// One text.
    pub fn text(text: String, left_out: Vec<(usize, &'static str)>) -> Self {
        Exported { content: Content::Text(text), left_out }
    }

    /// Several files.
    pub fn folder(files: BTreeMap<String, String>, left_out: Vec<(usize, &'static str)>) -> Self {
        Exported { content: Content::Folder(files), left_out }
    }

    /// The text; empty where it is none.
    pub fn as_text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Bytes(_) | Content::Folder(_) => "",
        }
    }
}

/// An export that can't be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExportError {
    /// A word that is no format.
    #[error("unknown format `{0}` ({1})")]
    Format(String, String),
    /// A service that the catalog does not have.
    #[error("there is no service `{0}` ({1})")]
    Service(String, String),
    /// A glob that can't be read.
    #[error("`{0}` is not a glob: {1}")]
    Glob(String, String),
}

/// Writes a catalog in a format.
///
/// # Errors
/// When there is no such format or service, or a glob is wrong.
pub fn export(catalog: &Catalog, format: &str, options: &Options) -> Result<Exported, ExportError> {
    let Some(exporter) = EXPORTERS.iter().find(|e| e.name().eq_ignore_ascii_case(format)) else {
        let names: Vec<&str> = EXPORTERS.iter().map(|e| e.name()).collect();
        return Err(ExportError::Format(format.to_owned(), names.join(", ")));
    };
    let selected = select::select(catalog, options)?;
    Ok(exporter.write(&Input { catalog: &selected, options }))
}
