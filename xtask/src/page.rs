//! `cargo xtask page`: looks at reports in a real Chromium. Skipped, and loudly, where the browser or its driver is missing.

use crate::{checked, root};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// The driver of the browser, from npm.
const DRIVER: &str = "playwright-core@1.65.1";
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Runs the tests with a binary, or a fresh debug build.
pub fn run(binary: Option<PathBuf>) -> Result<()> {
    let Some(browser) = find(BROWSERS) else { return skip("no Chromium (apt-get install chromium)") };
    if find(&["node"]).is_none() || find(&["npm"]).is_none() {
        return skip("no Node.js with npm (apt-get install nodejs npm)");
    }
    let folder = root().join("target/page");
    std::fs::create_dir_all(&folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    if !folder.join("node_modules/playwright-core").is_dir() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(DRIVER).current_dir(&folder);
        if !npm.status().is_ok_and(|status| status.success()) {
            return skip("playwright-core could not be installed from npm");
        }
    }
    let binary = binary.map_or_else(debug_binary, Ok)?;
    let script = root().join("testdata/page/page.mjs");
    checked(Command::new("node").arg(script).arg(&binary).arg(&folder).arg(browser))
}

fn skip(why: &str) -> Result<()> {
    eprintln!("\n!!! SKIPPED: the page was not looked at in a browser: {why}\n");
    Ok(())
}

/// The first of some programs that is installed.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

fn debug_binary() -> Result<PathBuf> {
    checked(Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "apicensus"]).current_dir(root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("debug/apicensus"))
}
