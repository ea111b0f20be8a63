//! `bench`: what a scan costs beside `rg -c route` on the same trees in the same run: stages, cold and warm, a git revision, one and two
//! threads, peak memory, and instruction counts, with the change since the last run at another commit.
//! Needs `rg`, GNU `time` at `/usr/bin/time`, and for the counts `valgrind`; Linux.

use crate::{checked, corpus, release_binary, root};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Trees that are measured unless others are named: Python, TypeScript, Rust, mixed.
const TREES: &[&str] = &["ray", "litellm", "ghost", "medusa", "qdrant"];
/// What is counted under callgrind, from the project's root: small, so that it ends.
const COUNTED: &[&str] = &["testdata/apps", "testdata/repos", "testdata/exports"];
/// Where the last figures are kept.
const LAST: &str = "target/bench.json";

/// Processor seconds, seconds and memory of one run.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Cost {
    cpu: f64,
    wall: f64,
    megabytes: u64,
}

/// The figures of a tree.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Figures {
    rg: Cost,
    stages: Value,
    cold: Cost,
    cold_two: Cost,
    warm: Cost,
    edited: Cost,
    revision: Option<Cost>,
}

/// All figures of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Run {
    commit: String,
    trees: BTreeMap<String, Figures>,
    /// Instructions of a scan of a folder of the project.
    instructions: BTreeMap<String, u64>,
}

/// Measures trees by name or path; writes the table into docs/performance.md if asked to.
pub fn run(names: &[String], write: bool, binary: Option<PathBuf>) -> Result<()> {
    Command::new("rg").arg("--version").output().context("rg is not installed; `cargo install ripgrep` brings it")?;
    let binary = binary.map_or_else(release_binary, Ok)?;
    let stages = example("apicensus-surface", "stages")?;
    let mut run = Run { commit: commit()?, ..Run::default() };
    for (name, folder) in trees(names)? {
        println!("{name}: {}", folder.display());
        run.trees.insert(name, measure_tree(&folder, &binary, &stages)?);
    }
    run.instructions = instructions(&binary)?;
    let last: Option<Run> = std::fs::read(root().join(LAST)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let text = table(&run, last.as_ref());
    println!("\n{text}");
    std::fs::write(root().join(LAST), serde_json::to_string_pretty(&run)?)?;
    if write {
        let path = root().join("docs/performance.md");
        let page = std::fs::read_to_string(&path)?;
        std::fs::write(&path, crate::docs::between(&page, "bench", &text)?)?;
    }
    Ok(())
}

/// The trees: folders as they are, names of the corpus fetched if need be.
fn trees(names: &[String]) -> Result<Vec<(String, PathBuf)>> {
    let named: Vec<String> = if names.is_empty() { TREES.iter().map(|n| (*n).to_owned()).collect() } else { names.to_vec() };
    let (paths, apps): (Vec<String>, Vec<String>) = named.into_iter().partition(|name| Path::new(name).is_dir());
    let mut out: Vec<(String, PathBuf)> = if apps.is_empty() { Vec::new() } else { corpus::folders(&apps)? };
    out.extend(paths.into_iter().map(|path| (path.clone(), PathBuf::from(path))));
    if out.is_empty() {
        bail!("there is no tree to measure");
    }
    Ok(out)
}

fn measure_tree(folder: &Path, binary: &Path, stages: &Path) -> Result<Figures> {
    let cache = tempfile::tempdir()?;
    let scan = |extra: &[&str]| {
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "\n%U %S %e %M"]).arg(binary).args(["scan", "--quiet", "--format", "json"]).args(extra).arg(folder);
        command.env("APICENSUS_CACHE", cache.path());
        measure(&mut command)
    };
    let mut rg = Command::new("/usr/bin/time");
    rg.args(["-f", "\n%U %S %e %M", "rg", "-c", "route"]).arg(folder);
    measure(&mut rg)?;
    let output = Command::new(stages).arg(folder).output()?;
    let stages = serde_json::from_slice(&output.stdout).context("the stages could not be measured")?;
    let is_repository = folder.join(".git").exists() || folder.join("objects").is_dir();
    let mut figures = Figures { rg: measure(&mut rg)?, stages, ..Figures::default() };
    figures.cold = scan(&["--no-cache", "--threads", "1"])?;
    figures.cold_two = scan(&["--no-cache", "--threads", "2"])?;
    scan(&[])?;
    figures.warm = scan(&[])?;
    // Everything lowered is known, the result is not: as after an edit.
    figures.edited = scan(&["--exclude", "a-file-that-is-not-there"])?;
    figures.revision = if is_repository { Some(scan(&["--no-cache", "--rev", "HEAD"])?) } else { None };
    Ok(figures)
}

fn measure(command: &mut Command) -> Result<Cost> {
    let out = command.stdout(Stdio::null()).output().context("/usr/bin/time could not be started")?;
    let text = String::from_utf8_lossy(&out.stderr);
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).context("no figures from /usr/bin/time")?;
    let figures: Vec<f64> = last.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    let [user, system, wall, memory] = figures[..] else { bail!("unexpected figures: {last}") };
    Ok(Cost { cpu: user + system, wall, megabytes: memory as u64 / 1024 })
}

/// Builds an example of a crate in release and says where it is.
fn example(package: &str, name: &str) -> Result<PathBuf> {
    let args = ["build", "--quiet", "--release", "-p", package, "-p", "apicensus", "--example", name];
    checked(Command::new(env!("CARGO")).args(args).current_dir(root()))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/examples").join(name))
}

/// Instructions of scans under callgrind; empty where valgrind is not installed.
fn instructions(binary: &Path) -> Result<BTreeMap<String, u64>> {
    let mut out = BTreeMap::new();
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed; instructions are not counted");
        return Ok(out);
    }
    for folder in COUNTED.iter().filter(|f| root().join(f).is_dir()) {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--main-stacksize=8388608"]).arg(binary);
        command.args(["scan", "--quiet", "--no-cache", "--format", "json", "--threads", "1", folder]).current_dir(root());
        let output = command.stdout(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let counted = text.lines().find_map(|line| line.split_once("Collected :")).and_then(|(_, n)| n.trim().parse().ok());
        match counted {
            Some(count) => drop(out.insert((*folder).to_owned(), count)),
            None => println!("valgrind counted nothing in {folder}"),
        }
    }
    Ok(out)
}

fn commit() -> Result<String> {
    let output = Command::new("git").args(["rev-parse", "--short=10", "HEAD"]).current_dir(root()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The figures as Markdown, with the change of the cold scan since the last run.
fn table(run: &Run, last: Option<&Run>) -> String {
    let mut out = "| Tree | Code | Files parsed | `rg -c route` | Cold | Cold / rg | Warm | Warm / rg | After an edit | Revision | Two threads | Memory |\n\
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for (name, f) in &run.trees {
        let before = last.and_then(|l| l.trees.get(name)).map_or(String::new(), |b| change(b.cold.cpu, f.cold.cpu));
        let number = |key: &str| f.stages[key].as_f64().unwrap_or(0.0);
        let revision = f.revision.map_or_else(|| "-".to_owned(), |r| format!("{:.2} s", r.cpu));
        let times = |cost: Cost| cost.cpu / f.rg.cpu.max(0.01);
        let _ = writeln!(
            out,
            "| {name} | {:.0} MB, {} files | {} | {:.2} s | {:.2} s{before} | {:.0} | {:.2} s | {:.1} | {:.2} s | {revision} | {:.2} x | {} MB |",
            number("code_megabytes"),
            number("code_files"),
            number("parsed"),
            f.rg.cpu,
            f.cold.cpu,
            times(f.cold),
            f.warm.cpu,
            times(f.warm),
            f.edited.cpu,
            f.cold.wall / f.cold_two.wall.max(0.01),
            f.cold.megabytes,
        );
    }
    out.push_str("\n| Tree | Walk | Read | Lower, MB a second | Whole scan | The same without lowering |\n| --- | ---: | ---: | --- | ---: | ---: |\n");
    for (name, f) in &run.trees {
        let lower: Vec<String> = f.stages["lower"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(lang, v)| format!("{lang} {:.1}", v["megabytes"].as_f64().unwrap_or(0.0) / v["cpu"].as_f64().unwrap_or(0.0).max(0.01)))
            .collect();
        let number = |key: &str| f.stages[key].as_f64().unwrap_or(0.0);
        let figures = (number("walk"), number("read"), lower.join(", "), number("scan"), number("without_lowering"));
        let _ =
            writeln!(out, "| {name} | {:.2} s | {:.2} s | {} | {:.2} s | {:.2} s |", figures.0, figures.1, figures.2, figures.3, figures.4);
    }
    for (folder, count) in &run.instructions {
        let before = last.and_then(|l| l.instructions.get(folder)).map_or(String::new(), |b| change(*b as f64, *count as f64));
        let _ = write!(out, "\nA scan of `{folder}` takes {:.1} million instructions{before}.\n", *count as f64 / 1e6);
    }
    if let Some(last) = last.filter(|l| l.commit != run.commit) {
        let _ = write!(out, "\nChanges are since {}.\n", last.commit);
    }
    out
}

/// ` (+3 %)`, nothing for less than one.
fn change(before: f64, now: f64) -> String {
    let percent = (now / before.max(1e-9) - 1.0) * 100.0;
    if percent.abs() < 1.0 { String::new() } else { format!(" ({percent:+.0} %)") }
}
