//! `corpus`: real applications, pinned by registry name and version in `testdata/corpus.yaml`, fetched into
//! `target/corpus`, scanned whole and scored. Applications that no registry has are scanned where the user puts them.

use crate::docs::between;
use crate::score::{Score, ratio, read, score};
use crate::{checked, root, shadow, shape};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An application.
#[derive(Debug, Deserialize)]
struct App {
    name: String,
    frameworks: Vec<String>,
    from: Registry,
    package: String,
    version: String,
    #[serde(default)]
    also: Vec<String>,
    /// What to scan, below the application's folder.
    #[serde(default)]
    scan: String,
    /// There is no list of its true endpoints; it is for other comparisons.
    #[serde(default)]
    unlisted: bool,
    /// Documents that describe all of the service or a part, below what is scanned.
    #[serde(default)]
    documents: Vec<String>,
    /// The path that all operations of the documents are below, where their servers do not say it.
    #[serde(default)]
    base: Option<String>,
    /// Earlier documents, beside today's code.
    #[serde(default)]
    earlier: Vec<String>,
    /// Pages that a framework adds by itself; `*` at the end stands for what is below.
    #[serde(default)]
    pages: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Registry {
    Pypi,
    Npm,
    Crates,
    /// Not in a registry; the version is a commit.
    Github,
}

/// Fetches, scans and scores all applications, or those named.
pub fn run(names: &[String], write: bool, binary: &Path) -> Result<()> {
    let apps = apps(names)?;
    let mut rows = Vec::new();
    for app in apps.iter().filter(|a| !a.unlisted) {
        let Some(folder) = folder(app)? else {
            rows.push((app, None));
            continue;
        };
        let found = scan(binary, &folder)?;
        let result = score(&read(&root().join(format!("testdata/truth/{}.json", app.name)))?, &found);
        println!("{}: recall {:.3}, precision {:.3} of {}", app.name, result.recall(), result.precision(), result.wanted);
        rows.push((app, Some(result)));
    }
    put("corpus", &table(&rows), write)
}

/// Fetches and scans the applications that have a document of their own, and compares parameters and bodies with it.
pub fn shapes(names: &[String], write: bool, binary: &Path, show: usize) -> Result<()> {
    let mut rows = Vec::new();
    for app in &apps(names)? {
        let truth = root().join(format!("testdata/shape/{}.json", app.name));
        if !truth.is_file() {
            continue;
        }
        let Some(folder) = folder(app)? else { continue };
        let result = shape::compare(&read(&truth)?, &scan(binary, &folder)?);
        println!("{}: {}", app.name, shape::extra(&result));
        result.differences.iter().take(show).for_each(|line| println!("{line}"));
        rows.push((format!("{} {}", app.name, short(&app.version)), result));
    }
    put("shape", &shape::table(&rows), write)
}

/// Fetches and scans the applications that ship documents, and compares what is said of them with what they serve.
pub fn shadows(names: &[String], write: bool, binary: &Path, show: usize) -> Result<()> {
    let mut rows = Vec::new();
    for app in apps(names)?.iter().filter(|a| !a.documents.is_empty()) {
        let Some(folder) = folder(app)? else { continue };
        let App { documents, earlier, pages, base, .. } = app;
        let truth = (!app.unlisted).then(|| root().join(format!("testdata/truth/{}.json", app.name)));
        let asked = shadow::Asked { folder: &folder, documents, earlier, pages, base: base.as_deref(), truth: truth.as_deref() };
        let result = shadow::measure(&asked, binary)?;
        println!("{}: {}", app.name, result.told());
        result.differences.iter().take(show).for_each(|line| println!("    {line}"));
        rows.push((format!("{} {}", app.name, short(&app.version)), result));
    }
    let table = shadow::table(&rows);
    println!("\n{table}");
    if write {
        let file = root().join("docs/contracts.md");
        fs::write(&file, between(&fs::read_to_string(&file)?, "shadow", &table)?)?;
    }
    Ok(())
}

/// The applications that are at hand, with what to scan of each.
pub fn folders(names: &[String]) -> Result<Vec<(String, PathBuf)>> {
    let mut out = Vec::new();
    for app in apps(names)? {
        if let Some(folder) = folder(&app)? {
            out.push((app.name.clone(), folder));
        }
    }
    Ok(out)
}

/// All applications, or those named.
fn apps(names: &[String]) -> Result<Vec<App>> {
    let mut apps: Vec<App> = serde_yaml::from_str(&fs::read_to_string(root().join("testdata/corpus.yaml"))?)?;
    if let Some(name) = names.iter().find(|n| apps.iter().all(|a| a.name != **n)) {
        bail!("no application `{name}` in testdata/corpus.yaml");
    }
    apps.retain(|a| names.is_empty() || names.contains(&a.name));
    Ok(apps)
}

/// Where an application is, fetched if need be; none if it isn't there and in no registry.
fn folder(app: &App) -> Result<Option<PathBuf>> {
    let folder = root().join("target/corpus").join(&app.name);
    if !folder.is_dir() && app.from == Registry::Github && fetch_commit(app, &folder).is_err() {
        println!("{}: could not be had; put {} at {} into {}", app.name, app.package, app.version, folder.display());
        return Ok(None);
    }
    if !folder.is_dir() {
        fetch(app, &folder).with_context(|| format!("fetching {}", app.name))?;
    }
    Ok(Some(folder.join(&app.scan)))
}

/// Prints a table, and writes it into the README.
fn put(name: &str, table: &str, write: bool) -> Result<()> {
    println!("\n{table}");
    if write {
        let readme = fs::read_to_string(root().join("README.md"))?;
        fs::write(root().join("README.md"), between(&readme, name, table)?)?;
    }
    Ok(())
}

/// The catalog of a folder.
pub fn scan<T: DeserializeOwned>(binary: &Path, folder: &Path) -> Result<T> {
    scan_without(binary, folder, &[])
}

/// The catalog of a folder without some of its files.
pub fn scan_without<T: DeserializeOwned>(binary: &Path, folder: &Path, files: &[String]) -> Result<T> {
    let excluded = files.iter().flat_map(|file| ["--exclude", file]);
    let out = Command::new(binary).args(["scan", "--no-cache", "--format", "json"]).args(excluded).arg(folder).output()?;
    if !out.status.success() {
        bail!("the scan of {} failed: {}", folder.display(), String::from_utf8_lossy(&out.stderr));
    }
    serde_json::from_slice(&out.stdout).with_context(|| format!("the catalog of {}", folder.display()))
}

/// Fetches into a folder beside and renames, so that a broken download leaves nothing behind.
fn fetch(app: &App, folder: &Path) -> Result<()> {
    let parent = folder.parent().context("no folder to fetch into")?;
    fs::create_dir_all(parent)?;
    let part = tempfile::tempdir_in(parent)?;
    let packages: Vec<String> = std::iter::once(format!("{}=={}", app.package, app.version)).chain(app.also.clone()).collect();
    match app.from {
        Registry::Pypi => {
            let pip = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--no-compile",
                "--ignore-requires-python",
                "--root-user-action=ignore",
                "--target",
            ];
            checked(Command::new("python3").args(pip).arg(part.path()).args(packages))?;
        }
        Registry::Npm => fetch_npm(&packages[0], app, part.path())?,
        Registry::Crates => fetch_crate(app, part.path())?,
        Registry::Github => bail!("{} is in no registry", app.package),
    }
    fs::rename(part.keep(), folder)?;
    Ok(())
}

/// Fetches one commit of a repository.
fn fetch_commit(app: &App, folder: &Path) -> Result<()> {
    let parent = folder.parent().context("no folder to fetch into")?;
    fs::create_dir_all(parent)?;
    let part = tempfile::tempdir_in(parent)?;
    let git = |args: &[&str]| checked(Command::new("git").arg("-C").arg(part.path()).args(args));
    git(&["init", "--quiet"])?;
    git(&["fetch", "--quiet", "--depth=1", &format!("https://github.com/{}", app.package), &app.version])?;
    git(&["checkout", "--quiet", "FETCH_HEAD"])?;
    fs::rename(part.keep(), folder)?;
    Ok(())
}

/// Installs a package with what it depends on. One that carries dependencies as archives of its own can't be installed from
/// outside and is unpacked alone.
fn fetch_npm(spec: &str, app: &App, folder: &Path) -> Result<()> {
    let quiet = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"];
    if checked(Command::new("npm").arg("install").args(quiet).arg(folder).arg(spec)).is_ok() {
        return Ok(());
    }
    let parts = tempfile::tempdir_in(folder)?;
    checked(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(parts.path()).arg(spec))?;
    let archive = fs::read_dir(parts.path())?.next().context("npm packed nothing")??.path();
    let home = folder.join("node_modules").join(&app.package);
    fs::create_dir_all(&home)?;
    checked(Command::new("tar").args(["--strip-components=1", "-xzf"]).arg(archive).arg("-C").arg(home))
}

/// Vendors a small package that depends on the crate and keeps the crate.
fn fetch_crate(app: &App, folder: &Path) -> Result<()> {
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n\
         [dependencies]\n{} = \"={}\"\n",
        app.package, app.version
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("lib.rs"), "")?;
    checked(Command::new(env!("CARGO")).args(["vendor", "--quiet", "vendor"]).current_dir(folder))?;
    for entry in fs::read_dir(folder.join("vendor").join(&app.package))? {
        let entry = entry?;
        fs::rename(entry.path(), folder.join(entry.file_name()))?;
    }
    fs::remove_dir_all(folder.join("vendor"))?;
    Ok(())
}

fn table(rows: &[(&App, Option<Score>)]) -> String {
    let mut out = String::from(
        "| Application | Frameworks | Endpoints | Recall | Precision | Right line |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    let mut sum = Score::default();
    let mut extra = 0;
    for (app, score) in rows {
        let head = format!("| {} {} | {} |", app.name, short(&app.version), app.frameworks.join(", "));
        let Some(score) = score else {
            let _ = writeln!(out, "{head} | | | |");
            continue;
        };
        sum.wanted += score.wanted;
        sum.found += score.found;
        sum.located += score.located;
        sum.right_line += score.right_line;
        extra += score.extra.len();
        let line = ratio(score.right_line, score.located);
        let _ = writeln!(out, "{head} {} | {:.3} | {:.3} | {line:.3} |", score.wanted, score.recall(), score.precision());
    }
    let (precision, line) = (ratio(sum.found, sum.found + extra), ratio(sum.right_line, sum.located));
    let _ = writeln!(out, "| **all** | | {} | {:.3} | {precision:.3} | {line:.3} |", sum.wanted, sum.recall());
    out
}

fn short(version: &str) -> &str {
    if version.len() == 40 { &version[..8] } else { version }
}
