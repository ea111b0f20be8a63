//! `cargo xtask chaos`: a sweep whose workers are killed every two seconds, one is stopped past its lease, and the server is killed.
//!
//! Beside the results it measures how long jobs lie about: a job whose lease ran out is to be taken within two seconds. What stays of a
//! sweep that nothing happened to, with one worker, is to be the same to the byte.

use super::server::Server;
use super::world::{BAD, World, chaos, code};
use anyhow::{Context, Result, ensure};
use apicensus_store::{Store, Target};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Leases and limits that fit workers which live eight seconds.
const SETTINGS: &str = "limits: {wall: 5s, memory: 500MiB}\nwork: {jobs: 1, lease: 5s, scratch: scratch}\nfinish: {complete: 0.9}\n\
    retry:\n  timeout: {tries: 1}\n  memory: {tries: 1}\n  crash: {tries: 1}\n  lost: {tries: 1000}\n";
const WORKERS: usize = 4;
const EVERY: Duration = Duration::from_secs(2);
/// When the server is killed, and when a worker is stopped.
const SERVER_AT: Duration = Duration::from_secs(21);
const STOP_AT: Duration = Duration::from_secs(11);
const MOST: Duration = Duration::from_secs(3600);
/// How long a job may lie about after its lease, and how long after the server was away that is not looked at: nobody could take it.
const IDLE_MOST: i64 = 2_000;
const AWAY: Duration = Duration::from_secs(8);

/// Runs it on SQLite and PostgreSQL, and prints what came of it.
pub fn run(repositories: usize, program: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = program.canonicalize().with_context(|| format!("there is no `{}`; build it first", program.display()))?;
    let begun = Instant::now();
    let world = World::new(folder.path(), &program, "chaos.db", repositories, SETTINGS);
    println!("made {repositories} repositories in {:.0} s", begun.elapsed().as_secs_f64());
    println!(
        "| Database | Repositories | Time | Workers killed | Server killed | Results | Lost | Doubled | Longest idle after its lease | Given up |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    let sqlite = sweep("SQLite", &world, repositories, None)?;
    let mut server = Server::start(&folder.path().join("postgres"))?;
    let on_server = world.beside(&server.url());
    let postgres = sweep("PostgreSQL", &on_server, repositories, Some(&mut server))?;
    let begun = Instant::now();
    let calm = world.beside("calm.db");
    calm.ends(0, &["sweep", "plan"]);
    calm.worker().wait()?;
    calm.ends(0, &["sweep", "finish"]);
    let time = begun.elapsed().as_secs_f64();
    println!(
        "| SQLite, one worker, nothing killed | {} | {time:.0} s | 0 | 0 | {} | | | | |",
        repositories + BAD.len(),
        calm.revisions().len()
    );
    ensure!(sqlite == postgres && sqlite == calm.exported(), "the exported catalogs differ");
    println!("\nThe three exported catalogs are the same, {} bytes.", sqlite.len());
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
    let target = Target::parse(&world.database());
    let (over, idle) = (AtomicBool::new(false), AtomicI64::new(0));
    let killed = std::thread::scope(|scope| {
        scope.spawn(|| watch(&target, &over, &idle));
        let killed = chaos(world, (WORKERS, usize::MAX), EVERY, MOST, &mut between, Some(STOP_AT));
        over.store(true, Ordering::Relaxed);
        killed
    });
    let time = begun.elapsed();
    let idle = idle.into_inner();
    world.ends(0, &["sweep", "finish"]);
    let revisions = world.revisions();
    let doubled = revisions.values().filter(|number| **number != 1).count();
    let lost = repositories - revisions.len().min(repositories);
    let dead: Vec<String> = world.dead().into_iter().map(|(name, class, _)| format!("{name}: {class}")).collect();
    println!(
        "| {name} | {} | {:.0} s | {killed} | {server_kills} | {} | {lost} | {doubled} | {idle} ms | {} |",
        repositories + BAD.len(),
        time.as_secs_f64(),
        revisions.len(),
        dead.join(", ")
    );
    ensure!(idle <= IDLE_MOST, "a job lay about for {idle} ms after its lease");
    ensure!(lost == 0 && doubled == 0 && revisions.len() == repositories && dead.len() == BAD.len(), "not as it should be");
    Ok(world.exported())
}

/// Measures, until it is over, the longest time in milliseconds that a job lay about after its lease.
fn watch(target: &Target, over: &AtomicBool, idle: &AtomicI64) {
    let now = match target {
        Target::Postgres(_) => "(extract(epoch from clock_timestamp()) * 1000)::bigint",
        _ => "unixepoch('subsec') * 1000",
    };
    let sql = format!("SELECT CAST(coalesce(max({now} - lease), 0) AS BIGINT) FROM sweep_job WHERE state = 'running'");
    let mut store = None;
    let mut back = Instant::now();
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        let Some(open) = &mut store else {
            store = Store::open(target, true).ok();
            back = Instant::now() + if store.is_some() { AWAY } else { Duration::ZERO };
            continue;
        };
        match open.db().query(&sql, &[]) {
            Ok(rows) if Instant::now() > back => {
                idle.fetch_max(rows.first().map_or(0, |row| row.int(0)), Ordering::Relaxed);
            }
            Ok(_) => {}
            Err(_) => store = None,
        }
    }
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
