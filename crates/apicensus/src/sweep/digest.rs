//! `sweep digest`: what changed between two sweeps.

use super::setup::Setup;
use crate::{formats, output};
use anyhow::{Context, Result};
use apicensus_sweep::{Digest, digest, markdown};
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
    /// Post it to the webhooks of the configuration.
    #[arg(long)]
    post: bool,
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
    if args.post {
        post(setup, &digest)?;
    }
    let text = match args.format {
        DigestFormat::Markdown => markdown(&digest),
        DigestFormat::Json => formats::json(&digest)?,
    };
    output::write(&text, args.output.as_deref()).map(|()| 0)
}

/// Posts what a published sweep changed; where that fails the sweep stays published.
pub fn tell(setup: &Setup, tag: &str) -> Result<()> {
    if setup.config.notify.is_empty() {
        return Ok(());
    }
    let digest = digest(&setup.link()?, None, Some(tag))?;
    if let Err(error) = post(setup, &digest) {
        tracing::error!("{error:#}; `apicensus sweep digest --post` tries again");
    }
    Ok(())
}

fn post(setup: &Setup, digest: &Digest) -> Result<()> {
    let body = serde_json::to_vec(digest)?;
    let forges = setup.forges()?;
    for webhook in &setup.config.notify {
        forges.deliver(&webhook.webhook, &webhook.secret, &body).context("a webhook was not told what changed")?;
    }
    Ok(())
}
