//! `curve`: what scans of generated repositories cost as they grow, so that a step that is not linear shows. Each hundred files hold
//! five modules with four routers; what they hold is mounted through packages below one application.

use crate::{docs, release_binary, root};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files of the repositories.
const SIZES: &[usize] = &[1_000, 10_000, 100_000];
/// Files to one module with routers.
const APART: usize = 20;
const ROUTERS: usize = 4;
/// Modules of a package.
const PACKAGE: usize = 50;

/// Generates, scans with one thread and without the cache, and prints the table; writes it into docs/performance.md if asked to.
pub fn run(write: bool, binary: Option<PathBuf>) -> Result<()> {
    let binary = binary.map_or_else(release_binary, Ok)?;
    let mut table = "| Files | Modules with routers | Routers | Endpoints | Time | For a file | For an endpoint | Memory |\n\
        | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for size in SIZES {
        let folder = tempfile::tempdir()?;
        let modules = generate(folder.path(), *size)?;
        let (cpu, megabytes, endpoints) = scan(&binary, folder.path())?;
        let routers = modules * ROUTERS;
        if endpoints != routers {
            bail!("{endpoints} endpoints are found of {routers}");
        }
        let per = |n: usize| cpu * 1e6 / n as f64;
        let _ = writeln!(
            table,
            "| {size} | {modules} | {routers} | {endpoints} | {cpu:.2} s | {:.0} µs | {:.0} µs | {megabytes} MB |",
            per(*size),
            per(endpoints)
        );
        println!("{}", table.lines().last().unwrap_or_default());
    }
    if write {
        let path = root().join("docs/performance.md");
        let page = fs::read_to_string(&path)?;
        fs::write(&path, docs::between(&page, "curve", &table)?)?;
    }
    Ok(())
}

/// Writes a repository of so many files; how many of its modules have routers.
fn generate(folder: &Path, files: usize) -> Result<usize> {
    let modules = files / APART;
    let packages = modules.div_ceil(PACKAGE);
    let mut main = String::from("from fastapi import FastAPI\n");
    let mut mounts = String::from("\napp = FastAPI()\n");
    for package in 0..packages {
        let at = folder.join(format!("shop/p{package}"));
        fs::create_dir_all(&at)?;
        let mut text = String::from("from fastapi import APIRouter\n");
        let mut include = String::from("\nrouter = APIRouter(prefix=\"/p\")\n");
        for module in (package * PACKAGE..modules).take(PACKAGE) {
            fs::write(at.join(format!("m{module}.py")), module_text(module))?;
            let _ = writeln!(text, "from . import m{module}");
            for router in 0..ROUTERS {
                let _ = writeln!(include, "router.include_router(m{module}.r{router}, prefix=\"/m{module}\")");
            }
        }
        fs::write(at.join("__init__.py"), text + &include)?;
        let _ = writeln!(main, "from shop import p{package}");
        let _ = writeln!(mounts, "app.include_router(p{package}.router, prefix=\"/x{package}\")");
    }
    fs::write(folder.join("shop/__init__.py"), "")?;
    fs::write(folder.join("shop/main.py"), main + &mounts)?;
    fs::write(folder.join("requirements.txt"), "fastapi\n")?;
    for other in 0..files - modules - packages - 3 {
        let at = folder.join(format!("lib/l{}", other / 500));
        if other % 500 == 0 {
            fs::create_dir_all(&at)?;
        }
        fs::write(
            at.join(format!("n{other}.py")),
            format!("import os\n\ndef work{other}(a, b):\n    return os.path.join(str(a), str(b))\n"),
        )?;
    }
    Ok(modules)
}

fn module_text(module: usize) -> String {
    let mut text = String::from("from fastapi import APIRouter\n");
    for router in 0..ROUTERS {
        let _ = write!(
            text,
            "\nr{router} = APIRouter()\n\n@r{router}.get(\"/a{router}/{{id}}\")\ndef read{router}_{module}(id: int, q: str = \"\"):\n    return id\n"
        );
    }
    text
}

/// Processor seconds, megabytes and endpoints of a scan.
fn scan(binary: &Path, folder: &Path) -> Result<(f64, u64, usize)> {
    let catalog = tempfile::NamedTempFile::new()?;
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "\n%U %S %M"]).arg(binary).args(["scan", "--quiet", "--no-cache", "--threads", "1", "--format", "json"]);
    let output = command.arg("-o").arg(catalog.path()).arg(folder).stdout(Stdio::null()).output().context("/usr/bin/time is needed")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let figures: Vec<f64> = last.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    let [user, system, memory] = figures[..] else { bail!("the scan failed: {text}") };
    let found: serde_json::Value = serde_json::from_slice(&fs::read(catalog.path())?)?;
    let served = |e: &&serde_json::Value| !e["implicit"].as_bool().unwrap_or(false);
    let endpoints = found["endpoints"].as_array().map_or(0, |all| all.iter().filter(served).count());
    Ok((user + system, memory as u64 / 1024, endpoints))
}
