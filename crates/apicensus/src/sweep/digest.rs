//! `sweep digest`: what changed between two sweeps.

use super::setup::Setup;
use crate::{formats, output};
use anyhow::Result;
use apicensus_sweep::{digest, markdown};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Arguments of `sweep digest`.
#[derive(Debug, Args)]
pub struct DigestArgs {
    /// The earlier state: `sweep-12`, or any revision of the catalog [default: the sweep published before].
    #[arg(value_name = "FROM")]
    from: Option<String>,
    /// The later state [default: the sweep that was published last].
    #[arg(value_name = "TO")]
    to: Option<String>,
    /// How to write it.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = DigestFormat::Markdown)]
    format: DigestFormat,
    /// Write to this file instead of the terminal.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// How to write a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DigestFormat {
    /// For people.
    Markdown,
    /// For programs.
    Json,
}

/// Runs the command.
pub fn run(setup: &Setup, args: &DigestArgs) -> Result<u8> {
    let digest = digest(&setup.link()?, args.from.as_deref(), args.to.as_deref())?;
    let text = match args.format {
        DigestFormat::Markdown => markdown(&digest),
        DigestFormat::Json => formats::json(&digest)?,
    };
    output::write(&text, args.output.as_deref()).map(|()| 0)
}
