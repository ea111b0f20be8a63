//! `schema`: the JSON Schemas of what apicensus writes and reads.

use crate::{formats, output};
use anyhow::Result;
use clap::ValueEnum;

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The catalog.
    Catalog,
    /// `.apicensus.yaml`.
    Policy,
    /// `sweep.yaml`.
    Sweep,
}

/// Runs the command.
pub fn run(of: SchemaOf) -> Result<u8> {
    let text = match of {
        SchemaOf::Catalog => formats::json(&apicensus_catalog::json_schema())?,
        SchemaOf::Policy => formats::json(&apicensus_inventory::policy::json_schema())?,
        SchemaOf::Sweep => formats::json(&apicensus_sweep::config::json_schema())?,
    };
    output::print(&text).map(|()| 0)
}
