//! `cargo xtask chaos`: a sweep whose workers are killed every two seconds, one is stopped past its lease, and the server is killed.

use super::server::Server;
use super::world::{BAD, World, chaos, code};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::{Duration, Instant};

/// Leases and limits that fit workers which live eight seconds.
const SETTINGS: &str = "limits: {wall: 5s, memory: 500MiB}\nwork: {jobs: 1, lease: 5s, scratch: scratch}\nfinish: {complete: 0.99}\n\
    retry:\n  timeout: {tries: 1}\n  memory: {tries: 1}\n  crash: {tries: 1}\n  lost: {tries: 1000}\n";
const WORKERS: usize = 4;
const EVERY: Duration = Duration::from_secs(2);
/// When the server is killed, and when a worker is stopped.
const SERVER_AT: Duration = Duration::from_secs(21);
const STOP_AT: Duration = Duration::from_secs(11);
const MOST: Duration = Duration::from_secs(3600);

/// Runs it on SQLite and PostgreSQL, and prints what came of it.
pub fn run(repositories: usize, program: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = program.canonicalize().with_context(|| format!("there is no `{}`; build it first", program.display()))?;
    let begun = Instant::now();
    let world = World::new(folder.path(), &program, "chaos.db", repositories, SETTINGS);
    println!("made {repositories} repositories in {:.0} s", begun.elapsed().as_secs_f64());
    println!("| Database | Repositories | Time | Workers killed | Server killed | Results | Lost | Doubled | Given up |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    let sqlite = sweep("SQLite", &world, repositories, None)?;
    let mut server = Server::start(&folder.path().join("postgres"))?;
    let on_server = world.beside(&server.url());
    let postgres = sweep("PostgreSQL", &on_server, repositories, Some(&mut server))?;
    ensure!(sqlite == postgres, "the exported catalogs differ");
    println!("\nThe exported catalogs are the same, {} bytes.", sqlite.len());
    again(&world, repositories)
}

/// A sweep that things happen to; its catalog.
fn sweep(name: &str, world: &World, repositories: usize, mut server: Option<&mut Server>) -> Result<String> {
    world.ends(0, &["sweep", "plan"]);
    let begun = Instant::now();
    let mut server_kills = 0;
    let mut between = |elapsed: Duration| {
        if let Some(server) = server.as_mut().filter(|_| server_kills == 0 && elapsed > SERVER_AT) {
            server_kills += 1;
            let done = server.kill().and_then(|()| {
                std::thread::sleep(Duration::from_secs(1));
                server.restart()
            });
            if let Err(error) = done {
                eprintln!("{error:#}");
            }
        }
    };
    let killed = chaos(world, (WORKERS, usize::MAX), EVERY, MOST, &mut between, Some(STOP_AT));
    let time = begun.elapsed();
    world.ends(0, &["sweep", "finish"]);
    let revisions = world.revisions();
    let doubled = revisions.values().filter(|number| **number != 1).count();
    let lost = repositories - revisions.len().min(repositories);
    let dead: Vec<String> = world.dead().into_iter().map(|(name, class, _)| format!("{name}: {class}")).collect();
    println!(
        "| {name} | {} | {:.0} s | {killed} | {server_kills} | {} | {lost} | {doubled} | {} |",
        repositories + BAD.len(),
        time.as_secs_f64(),
        revisions.len(),
        dead.join(", ")
    );
    ensure!(lost == 0 && doubled == 0 && revisions.len() == repositories && dead.len() == BAD.len(), "not as it should be");
    Ok(world.exported())
}

/// A second sweep with one repository in a hundred changed.
fn again(world: &World, repositories: usize) -> Result<()> {
    let status = |world: &World| world.json(&["sweep", "status", "-f", "json"]);
    let cpu = |value: &serde_json::Value| value["spent"][1].as_f64().unwrap_or_default();
    let first = cpu(&status(world));
    for (name, _) in BAD {
        std::fs::remove_dir_all(world.folder.join(format!("repos/{name}.git")))?;
    }
    let changed = (repositories / 100).max(1);
    for number in 0..changed {
        world.commit(&format!("r{:04}", number * 100 % repositories), &code(number * 100 % repositories, 1), 1);
    }
    let begun = Instant::now();
    let output = world.run(&["sweep", "--log", "off"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let second = status(world);
    let opened = second["jobs"]["done"].as_i64().unwrap_or(-1);
    println!(
        "\nA second sweep with {changed} of {repositories} changed scanned {opened} and took {:.1} s; processor time of scans {:.1} s, {:.2} % of the \
         first sweep's {:.1} s.",
        begun.elapsed().as_secs_f64(),
        cpu(&second) / 1000.0,
        cpu(&second) / first * 100.0,
        first / 1000.0
    );
    ensure!(opened == changed as i64 && cpu(&second) < 0.03 * first, "{told}");
    Ok(())
}
