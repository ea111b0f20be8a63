//! Sweeps with real processes, on SQLite and PostgreSQL: what is killed is done by others, what goes wrong is given up with a reason,
//! and the catalog is the same whoever made it.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/common/postgres.rs"]
mod server;
mod sweeps;

use std::path::Path;
use std::time::{Duration, Instant};
use sweeps::{BAD, World, chaos, code, signal};

/// Short leases and few tries, so that little time is waited.
const SETTINGS: &str = "limits: {wall: 4s, memory: 300MiB}\nwork: {jobs: 2, lease: 1500ms, scratch: scratch}\nfinish: {complete: 0.9}\n\
    retry:\n  timeout: {tries: 1}\n  memory: {tries: 2, wait: 100ms}\n  crash: {tries: 2, wait: 100ms}\n  lost: {tries: 100}\n";

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_apicensus"))
}

fn dead_as_they_should(world: &World) {
    let dead: Vec<(String, String)> = world.dead().into_iter().map(|(name, class, _)| (name, class)).collect();
    let mut expected: Vec<(String, String)> = BAD.iter().map(|(name, class)| ((*name).to_owned(), (*class).to_owned())).collect();
    expected.sort();
    assert_eq!(dead, expected, "{:#?}", world.dead());
}

/// Sweeps with workers that are killed, then checks that every repository is there once.
fn survives(world: &World, repositories: usize) -> String {
    world.ends(0, &["sweep", "plan"]);
    let killed = chaos(world, (3, 12), Duration::from_millis(700), Duration::from_secs(400), &mut |_| {}, None);
    assert!(killed > 2, "{killed}");
    dead_as_they_should(world);
    let told = world.ends(0, &["sweep", "finish"]);
    assert!(told.contains(&format!("{repositories} repositories changed, 0 say the same")), "{told}");
    let revisions = world.revisions();
    assert_eq!(revisions.len(), repositories);
    assert!(revisions.values().all(|number| *number == 1), "{revisions:?}");
    assert!(world.ends(0, &["catalog", "verify"]).contains("is sound"));
    // What killed workers left is removed by later ones.
    let exported = world.exported();
    let catalog: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let endpoints: usize = (0..repositories).map(|number| 4 + number % 4).sum();
    assert_eq!(catalog["endpoints"].as_array().unwrap().len(), endpoints);
    exported
}

#[test]
fn every_repository_is_there_once_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let number = 40;
    let world = World::new(folder.path(), program(), "chaos.db", number, SETTINGS);
    let sqlite = survives(&world, number);
    // The same organisation with one worker that nothing happens to.
    let calm = world.beside("calm.db");
    calm.ends(0, &["sweep", "plan"]);
    let mut worker = calm.worker();
    assert_eq!(worker.wait().unwrap().code(), Some(1), "something was given up");
    calm.ends(0, &["sweep", "finish"]);
    assert_eq!(calm.exported(), sqlite);
    if let Some(url) = server::database() {
        let postgres = survives(&world.beside(&url), number);
        assert_eq!(postgres, sqlite);
    }
}

#[test]
fn a_second_sweep_scans_only_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 12, SETTINGS);
    for (name, _) in BAD {
        std::fs::remove_dir_all(folder.path().join(format!("repos/{name}.git"))).unwrap();
    }
    let first = world.ends(0, &["sweep", "--log", "off"]);
    assert!(first.contains("12 repositories listed, 12 to be scanned, 0 unchanged"), "{first}");
    assert!(first.contains("published as `sweep-1`, revision 12: 12 repositories changed"), "{first}");
    world.commit("r0003", &code(3, 2), 1);
    let dry = world.ends(0, &["sweep", "--dry-run", "--log", "off"]);
    assert!(dry.contains("sweep 2 (incremental) would be planned: 12 repositories listed, 1 to be scanned, 11 unchanged"), "{dry}");
    assert!(dry.ends_with("  r0003\n"), "{dry}");
    let second = world.ends(0, &["sweep", "--log", "off"]);
    assert!(second.contains("published as `sweep-2`, revision 13: 1 repository changed"), "{second}");
    let told = world.ends(0, &["sweep", "explain", "r0004"]);
    assert!(told.contains("not scanned in sweep 2: it did not change"), "{told}");
    let diff = world.ends(0, &["catalog", "diff", "sweep-1", "sweep-2", "--repository", "r0003"]);
    assert!(diff.contains("added    GET /r0003/later0") && diff.contains("/r0003/later1"), "{diff}");
    // Everything anew on demand: the same is found.
    let full = world.ends(0, &["sweep", "--full", "--log", "off"]);
    assert!(
        full.contains("sweep 3 (full) planned: 12 repositories listed, 12 to be scanned")
            && full.contains("0 repositories changed, 12 say the same"),
        "{full}"
    );
}

#[test]
fn what_is_not_listed_or_fails_is_stale_and_not_gone() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 3, &SETTINGS.replace("complete: 0.9", "complete: 0.3"));
    for (name, _) in BAD {
        std::fs::remove_dir_all(folder.path().join(format!("repos/{name}.git"))).unwrap();
    }
    world.ends(0, &["sweep", "--log", "off"]);
    std::fs::rename(folder.path().join("repos/r0001.git"), folder.path().join("r0001.away")).unwrap();
    std::fs::write(folder.path().join("repos/r0002.git/refs/heads/main"), "0123456789012345678901234567890123456789\n").unwrap();
    let told = world.ends(1, &["sweep", "--log", "off"]);
    assert!(told.contains("2 repositories keep an older state, marked as stale: r0001, r0002"), "{told}");
    let catalog: serde_json::Value = serde_json::from_str(&world.exported()).unwrap();
    let stale = |repository: &str| {
        let all = catalog["endpoints"].as_array().unwrap().iter();
        all.filter(|e| e["service"].as_str().unwrap().starts_with(repository))
            .map(|e| e["stale"].as_bool().unwrap_or(false))
            .collect::<Vec<_>>()
    };
    assert!(stale("r0001").len() == 5 && stale("r0001").iter().all(|stale| *stale), "{:?}", stale("r0001"));
    assert!(stale("r0002").iter().all(|stale| *stale) && stale("r0000").iter().all(|stale| !*stale));
    let why = world.ends(0, &["sweep", "explain", "r0001"]);
    assert!(why.contains("it is not listed any more") && why.contains("not scanned in sweep 2: it was not listed"), "{why}");
    // It comes back: what it has is current again.
    std::fs::rename(folder.path().join("r0001.away"), folder.path().join("repos/r0001.git")).unwrap();
    world.ends(1, &["sweep", "--log", "off"]);
    let why = world.ends(0, &["sweep", "explain", "r0001"]);
    assert!(!why.contains("stale"), "{why}");
}

#[test]
fn a_sweep_is_published_only_when_enough_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 2, SETTINGS);
    assert!(world.ends(2, &["sweep", "finish"]).is_empty());
    assert_eq!(world.ends(0, &["sweep", "finish", "--if-ready"]), "no sweep is open\n");
    world.ends(0, &["sweep", "plan"]);
    assert!(world.ends(0, &["sweep", "plan"]).contains("sweep 1 is open since"));
    let waiting = world.ends(1, &["sweep", "finish"]);
    assert!(waiting.contains("0 repositories are being scanned and 5 wait"), "{waiting}");
    assert_eq!(world.worker().wait().unwrap().code(), Some(1));
    let below = world.ends(1, &["sweep", "finish"]);
    assert!(below.contains("the state of 2 of 5 repositories is known, 40.0 %, and 90.0 % are asked for"), "{below}");
    let status = world.ends(0, &["sweep", "status"]);
    assert!(status.contains("given up: bad-eat after 2 attempts, memory: it took more memory than 300MiB"), "{status}");
    assert!(status.contains("given up: bad-hang after 1 attempt, timeout: it took longer than 4s"), "{status}");
    assert!(world.ends(0, &["sweep", "retry", "bad-eat"]).contains("1 job waits again"));
    assert!(world.ends(0, &["sweep", "explain", "bad-eat"]).contains("sweep 1: waiting"));
    let forced = world.ends(0, &["sweep", "finish", "--force"]);
    assert!(forced.contains("sweep 1 is published as `sweep-1`"), "{forced}");
    let unknown = world.run(&["sweep", "explain", "r00001"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no sweep has seen a repository `r00001` (did you mean `r0000`?)"));
}

#[test]
fn what_fails_again_and_again_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SETTINGS.replace("complete: 0.9", "complete: 0.1").replace("retry:", "disable_after: 2\nretry:");
    let world = World::new(folder.path(), program(), "sweep.db", 1, &settings);
    std::fs::remove_dir_all(folder.path().join("repos/bad-hang.git")).unwrap();
    for sweep in 1..=2 {
        world.ends(0, &["sweep", "plan"]);
        assert_eq!(world.worker().wait().unwrap().code(), Some(1));
        let told = world.ends(0, &["sweep", "finish"]);
        assert_eq!(told.contains("2 repositories are left out from now on: bad-abort, bad-eat"), sweep == 2, "{told}");
    }
    assert!(world.ends(0, &["sweep", "plan"]).contains("3 repositories listed, 0 to be scanned, 1 unchanged, 2 left out"));
    let why = world.ends(0, &["sweep", "explain", "bad-abort"]);
    assert!(why.contains("left out: it failed in 2 sweeps in a row, the last time with crash: it aborted"), "{why}");
    assert!(world.ends(0, &["sweep", "retry"]).contains("0 jobs wait again; 2 repositories taken in again"));
}

#[test]
fn a_killed_worker_s_job_is_taken_within_the_lease_and_a_stopped_one_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 0, &SETTINGS.replace("wall: 4s", "wall: 60s"));
    for (name, _) in BAD {
        std::fs::remove_dir_all(folder.path().join(format!("repos/{name}.git"))).unwrap();
    }
    world.commit("slow-one", &code(1, 0), 0);
    world.ends(0, &["sweep", "plan"]);
    let attempt = || world.json(&["sweep", "explain", "slow-one", "-f", "json"])["jobs"][0]["attempts"].as_i64().unwrap();
    let until = |number: i64| {
        let begun = Instant::now();
        while attempt() < number {
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(50));
        }
        begun.elapsed()
    };
    let mut first = world.worker();
    until(1);
    let mut second = world.worker();
    std::thread::sleep(Duration::from_millis(700));
    first.kill().unwrap();
    first.wait().unwrap();
    let taken = until(2);
    // The lease is 1.5 s, and looking takes its time too.
    assert!(taken < Duration::from_millis(4500), "{taken:?}");
    // The second one is stopped past its lease, a third one does the work, and the second wakes up.
    signal(&second, "STOP");
    let mut third = world.worker();
    until(3);
    assert_eq!(third.wait().unwrap().code(), Some(0));
    signal(&second, "CONT");
    assert_eq!(second.wait().unwrap().code(), Some(0));
    world.ends(0, &["sweep", "finish"]);
    assert_eq!(world.revisions().values().collect::<Vec<_>>(), [&1]);
}

#[test]
fn a_wrong_configuration_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 0, "limits:\n  wal: 5m");
    let output = world.run(&["sweep", "status"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("unknown key `wal` in sweep.yaml:4 (did you mean `wall`?)"), "{said}");
}

/// The words with which the examples of `deploy/` start this program.
fn deployed() -> Vec<Vec<String>> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let mut all = Vec::new();
    for file in walk(&deploy) {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let words = match (line.trim().strip_prefix("args: ["), line.split_once("/usr/local/bin/apicensus sweep")) {
                (Some(list), _) => list.trim_end_matches(']').split(',').map(|word| word.trim().to_owned()).collect(),
                (_, Some((_, rest))) => {
                    let rest = rest.split_whitespace().take_while(|word| !word.starts_with("2>"));
                    std::iter::once("sweep").chain(rest).map(str::to_owned).collect()
                }
                _ => continue,
            };
            all.push(words);
        }
    }
    all
}

#[test]
fn what_the_examples_of_deploy_run_is_understood() {
    let all = deployed();
    assert_eq!(all.len(), 5, "plan, work, finish, a timer and cron: {all:?}");
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), program(), "sweep.db", 0, "");
    let sweep = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/sweep.yaml");
    for words in all {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.push("--help");
        world.ends(0, &words);
        let wrong = [&words[..words.len() - 1], &["--unheard-of", "--help"]].concat();
        world.ends(2, &wrong);
    }
    // Its configuration is read; there is just no such database.
    let output = world.command(&["sweep", "status", "-c"]).arg(sweep).env_remove("APICENSUS_SWEEP_DATABASE").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("postgres.apicensus.svc") && !said.contains("sweep.yaml"), "{said}");
}

/// A token that must stay where it is.
const TOKEN: &str = "ghp_S3cr3tS3cr3tS3cr3tS3cr3t";

#[test]
fn secrets_are_nowhere_but_where_they_were_put() {
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{SETTINGS}hosts: {{'git.acme.test': {{user: bot, token: {{env: SWEEP_TEST_TOKEN}}}}}}\n");
    let world = World::new(folder.path(), program(), "sweep.db", 1, &settings);
    for (name, _) in BAD {
        std::fs::remove_dir_all(folder.path().join(format!("repos/{name}.git"))).unwrap();
    }
    world.commit("slow-one", &code(1, 0), 0);
    let list = "https://git.acme.test/acme/shop.git\n";
    std::fs::write(folder.path().join("list.txt"), list).unwrap();
    let config = std::fs::read_to_string(folder.path().join("sweep.yaml")).unwrap();
    std::fs::write(folder.path().join("sweep.yaml"), config.replace("sources:\n", "sources:\n  - list: {file: list.txt}\n")).unwrap();
    let mut command = world.command(&["sweep", "work", "--log", "json"]);
    world.ends(0, &["sweep", "plan"]);
    let worker = command.env("SWEEP_TEST_TOKEN", TOKEN).env("APICENSUS_LOG", "debug").stderr(std::process::Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let mut seen = 0;
    while begun.elapsed() < Duration::from_secs(3) {
        seen += looked_at_arguments();
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = std::process::Command::new("kill").arg(worker.id().to_string()).status();
    let output = worker.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(seen > 0 && log.contains("\"scanning\"") && !log.contains(TOKEN), "{log}");
    world.ends(0, &["sweep", "finish", "--force"]);
    for file in walk(folder.path()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "{}", file.display());
    }
}

/// How many processes of this program there are; none may have the token among its arguments.
fn looked_at_arguments() -> usize {
    let mut seen = 0;
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments);
        assert!(!arguments.contains(TOKEN), "{arguments}");
        seen += usize::from(arguments.contains("child"));
    }
    seen
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { all.extend(walk(&entry.path())) } else { all.push(entry.path()) }
    }
    all
}
