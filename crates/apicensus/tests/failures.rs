//! The program meets misfortune while it records: kill -9, others that write too, a full disk. On SQLite and PostgreSQL.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/common/postgres.rs"]
mod server;
mod shop;

use apicensus_store::{Store, Target};
use shop::{Shop, code};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Runs a test with a catalog in a file and with one on a server.
fn on_both(test: impl Fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    test(&folder.path().join("catalog.db").display().to_string());
    if let Some(url) = server::database() {
        test(&url);
    }
}

fn open(catalog: &str) -> Store {
    Store::open(&Target::parse(catalog), true).unwrap()
}

fn names(n: usize, of: &str) -> Vec<String> {
    (0..n).map(|at| format!("{of}_{at}")).collect()
}

fn write(shop: &Shop, names: &[String]) {
    shop.write(&code(&names.iter().map(String::as_str).collect::<Vec<_>>(), true));
}

fn spawn(shop: &Shop, catalog: &str) -> Child {
    let mut command = shop.command(&["scan", "-q", "--record", "--catalog", catalog, "--threads", "1"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The paths at the latest revision, sorted; none while there is no revision.
fn paths(store: &mut Store) -> Vec<String> {
    let Some(last) = store.log().unwrap().pop() else { return Vec::new() };
    let mut paths: Vec<String> = store.catalog(&last.repository, last.number).unwrap().endpoints.into_iter().map(|e| e.path).collect();
    paths.retain(|path| path.starts_with("/n"));
    paths.sort();
    paths
}

#[test]
fn killed_at_any_moment_a_revision_is_there_whole_or_not_at_all() {
    on_both(|catalog| {
        let shop = Shop::new();
        write(&shop, &names(40, "n"));
        let begun = Instant::now();
        assert!(spawn(&shop, catalog).wait().unwrap().success());
        // The first run makes the catalog too; later ones are shorter, and how long they take depends on what else runs here.
        let mut whole = begun.elapsed().mul_f64(0.7);
        let mut store = open(catalog);
        let (mut before, mut revisions) = (paths(&mut store), 1);
        let (mut seed, mut killed, mut ended) = (88_172_645_463_325_252_u64, 0, 0);
        for round in 0..18 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let wanted = names(40, &format!("n{round}"));
            write(&shop, &wanted);
            let mut child = spawn(&shop, catalog);
            // From a third of a whole run to a little more than it: most of it is the recording.
            std::thread::sleep(whole.mul_f64(0.35 + 0.75 * (seed % 1000) as f64 / 1000.0));
            child.kill().unwrap();
            let is_killed = !child.wait().unwrap().success();
            (killed, ended) = (killed + usize::from(is_killed), ended + usize::from(!is_killed));
            whole = whole.mul_f64(if is_killed { 1.1 } else { 0.75 });
            let begun = Instant::now();
            // A server takes a moment to see that its client is gone; the next writer waits for it.
            let now = loop {
                assert_eq!(store.verify().faults, Vec::<String>::new(), "round {round}");
                let now = paths(&mut store);
                if is_killed || now != before || begun.elapsed() > Duration::from_secs(5) {
                    break now;
                }
            };
            let mut expected: Vec<String> = wanted.iter().map(|n| format!("/{n}")).collect();
            expected.sort();
            assert!(now == before || now == expected, "round {round}: half a revision: {now:?}");
            assert!(is_killed || now == expected, "round {round}: it ended well and is not there");
            revisions += usize::from(now == expected);
            before = now;
        }
        let log = store.log().unwrap().len();
        assert!(log >= revisions && log <= revisions + killed, "{log} revisions, {revisions} seen");
        assert!(killed > 3, "{killed} killed, {ended} ended");
        drop(store);
        write(&shop, &names(3, "n"));
        assert!(spawn(&shop, catalog).wait().unwrap().success());
        assert_eq!(paths(&mut open(catalog)).len(), 3, "it goes on");
    });
}

#[test]
fn several_writers_take_turns() {
    on_both(|catalog| {
        let shops: Vec<Shop> = (0..3).map(|_| Shop::new()).collect();
        for round in 0..2 {
            // Each twice: of two that say the same one adds nothing.
            let mut children = Vec::new();
            for shop in &shops {
                write(shop, &names(10 + round, "n"));
                children.extend([spawn(shop, catalog), spawn(shop, catalog)]);
            }
            for mut child in children {
                assert!(child.wait().unwrap().success());
            }
        }
        let mut store = open(catalog);
        assert_eq!(store.verify().faults, Vec::<String>::new());
        let log = store.log().unwrap();
        assert_eq!(log.len(), 6);
        assert!(log.windows(2).all(|pair| pair[1].parent == pair[0].hash));
    });
}

#[test]
fn a_full_disk_is_told_and_changes_nothing() {
    let shop = Shop::new();
    write(&shop, &names(3, "n"));
    shop.ok(&["scan", "-q", "--record"]);
    write(&shop, &names(300, "n"));
    // A limit on the size of files, in KiB, that is met as a full disk is.
    let script = "trap '' XFSZ; ulimit -f 128; exec \"$0\" scan -q --record";
    let mut command = std::process::Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_apicensus")]).current_dir(shop.folder.path()).env_remove("APICENSUS_CATALOG");
    command.env("APICENSUS_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("no space is left for the catalog; nothing was changed"), "{told}");
    let file = shop.folder.path().join(".apicensus/catalog.db").display().to_string();
    let mut store = open(&file);
    assert_eq!(store.verify().faults, Vec::<String>::new());
    assert_eq!((store.log().unwrap().len(), paths(&mut store).len()), (1, 3));
    drop(store);
    shop.ok(&["scan", "-q", "--record"]);
    assert_eq!(paths(&mut open(&file)).len(), 300);
}
