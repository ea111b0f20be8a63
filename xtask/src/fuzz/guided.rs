//! The same targets under libFuzzer, which keeps the inputs that reach new code: `cargo xtask fuzz TARGET --guided`. It needs
//! cargo-fuzz and a nightly compiler; inputs are kept in `target/fuzz/TARGET/corpus`, what broke something in `target/fuzz/TARGET`.

use super::seeds;
use crate::{checked, root};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;

/// Longest input in bytes; longer ones only make runs slow.
const MOST_BYTES: usize = 32 << 10;

/// Runs one target for so many seconds.
pub fn run(name: &str, seconds: u64, seed: u64) -> Result<()> {
    let folder = root().join("target/fuzz").join(name);
    let corpus = folder.join("corpus");
    fs::create_dir_all(&corpus)?;
    for (number, text) in seeds::of(name)?.into_iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number}")), text)?;
    }
    let binary = build()?;
    let mut command = Command::new(binary);
    command.env("APICENSUS_FUZZ", name).arg(&corpus).arg(format!("-max_total_time={seconds}")).arg(format!("-seed={seed}"));
    command.arg(format!("-artifact_prefix={}/", folder.display())).arg(format!("-max_len={MOST_BYTES}"));
    command.args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1"]);
    checked(&mut command).with_context(|| format!("an input broke `{name}`; it is in {}", folder.display()))
}

/// Builds `fuzz/`; the path of the program.
fn build() -> Result<std::path::PathBuf> {
    let mut command = Command::new("cargo");
    command.args(["+nightly", "fuzz", "build", "--release", "--sanitizer", "none", "any"]).current_dir(root());
    checked(&mut command).context("cargo-fuzz and a nightly compiler are needed")?;
    let triple = Command::new("rustc").args(["+nightly", "--print", "host-tuple"]).output()?;
    let triple = String::from_utf8_lossy(&triple.stdout).trim().to_owned();
    Ok(root().join("fuzz/target").join(triple).join("release/any"))
}
