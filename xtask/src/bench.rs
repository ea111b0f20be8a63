//! `bench`: processor time, wall time and memory of a scan, beside `rg -c route` on the same tree in the same run.
//! Needs `rg` (`cargo install ripgrep`) and GNU `time` at `/usr/bin/time`.

use crate::release_binary;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Command, Stdio};

struct Cost {
    cpu: f64,
    wall: f64,
    kilobytes: u64,
}

/// Prints the ratios.
pub fn run(tree: &Path) -> Result<()> {
    Command::new("rg").arg("--version").output().context("rg is not installed; `cargo install ripgrep` brings it")?;
    let binary = release_binary()?;
    let mut rg = Command::new("/usr/bin/time");
    rg.args(["-f", "\n%U %S %e %M", "rg", "-c", "route"]).arg(tree);
    let scan = |threads: &str| {
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "\n%U %S %e %M"]).arg(&binary).args(["scan", "--quiet", "--format", "json", "--threads", threads]).arg(tree);
        command
    };
    measure(&mut rg)?;
    let (rg, one, two) = (measure(&mut rg)?, measure(&mut scan("1"))?, measure(&mut scan("2"))?);
    println!("rg -c route        {:7.2} s processor time", rg.cpu);
    for (threads, cost) in [(1, &one), (2, &two)] {
        let (cpu, wall, memory) = (cost.cpu, cost.wall, cost.kilobytes / 1024);
        println!("scan, {threads} thread(s)  {cpu:7.2} s processor time, {:.1} times rg, {wall:.2} s, {memory} MB", cpu / rg.cpu.max(0.01));
    }
    println!("two threads are {:.2} times as fast as one", one.wall / two.wall.max(0.01));
    Ok(())
}

fn measure(command: &mut Command) -> Result<Cost> {
    let out = command.stdout(Stdio::null()).output().context("/usr/bin/time could not be started")?;
    let text = String::from_utf8_lossy(&out.stderr);
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).context("no figures from /usr/bin/time")?;
    let figures: Vec<f64> = last.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    let [user, system, wall, memory] = figures[..] else { anyhow::bail!("unexpected figures: {last}") };
    Ok(Cost { cpu: user + system, wall, kilobytes: memory as u64 })
}
