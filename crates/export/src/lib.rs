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
mod sample;
mod schema;
mod select;

pub use formats::EXPORTERS;
pub use operation::{Operation, Parameter};
pub use select::{Only, Options, Profile};

use apicensus_catalog::Catalog;

/// A format.
pub trait Exporter: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// What it is for, in one line.
    fn about(&self) -> &'static str;
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

/// A written export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// What the format could not carry: how many endpoints, and why.
    pub left_out: Vec<(usize, &'static str)>,
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
