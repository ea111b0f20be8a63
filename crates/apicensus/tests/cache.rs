//! The cache on disk through the program: the same bytes with and without it, whatever happens to it.
#![allow(clippy::unwrap_used)]

mod shop;

use shop::{Shop, code};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Results of files that changed less than two seconds ago are not kept.
const SETTLES: Duration = Duration::from_millis(2_200);

fn scan(shop: &Shop, cache: &Path, extra: &[&str]) -> String {
    let mut command = shop.command(&[&["scan", "-f", "json", "-q"], extra].concat());
    let output = command.env("APICENSUS_CACHE", cache).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn settled() -> Shop {
    let shop = Shop::new();
    shop.write(&code(&["orders", "users"], true));
    std::fs::write(shop.folder.path().join("broken.py"), "from fastapi import FastAPI\ndef (:\n").unwrap();
    std::thread::sleep(SETTLES);
    shop
}

fn file(cache: &Path) -> PathBuf {
    cache.join("cache-1.db")
}

#[test]
fn the_result_is_the_same_cold_warm_changed_and_without() {
    let shop = settled();
    let cache = tempfile::tempdir().unwrap();
    let without = scan(&shop, cache.path(), &["--no-cache"]);
    assert!(!file(cache.path()).exists(), "nothing is kept with --no-cache");
    let cold = scan(&shop, cache.path(), &[]);
    assert!(file(cache.path()).exists());
    let warm = scan(&shop, cache.path(), &["--threads", "1"]);
    assert_eq!((&cold, &warm), (&without, &without));
    // A change shows at once, by another lowering of the one file or, with the old text, by the old.
    shop.write(&code(&["orders", "refunds"], true));
    let changed = scan(&shop, cache.path(), &[]);
    assert!(changed.contains("/refunds") && !changed.contains("/users"));
    assert_eq!(changed, scan(&shop, cache.path(), &["--no-cache"]));
    shop.write(&code(&["orders", "users"], true));
    assert_eq!(scan(&shop, cache.path(), &[]), without);
}

#[test]
fn a_change_that_keeps_size_and_time_shows() {
    let shop = settled();
    let cache = tempfile::tempdir().unwrap();
    let main = shop.folder.path().join("main.py");
    let time = std::fs::metadata(&main).unwrap().modified().unwrap();
    scan(&shop, cache.path(), &[]);
    shop.write(&code(&["sales!", "users"], true).replace("sales!", "orderz"));
    std::fs::File::options().write(true).open(&main).unwrap().set_modified(time).unwrap();
    assert!(scan(&shop, cache.path(), &[]).contains("/orderz"));
}

#[test]
fn models_and_options_are_told_apart() {
    let shop = settled();
    let cache = tempfile::tempdir().unwrap();
    let all = scan(&shop, cache.path(), &[]);
    let part = scan(&shop, cache.path(), &["--exclude", "broken.py"]);
    assert_ne!(all, part);
    assert_eq!(part, scan(&shop, cache.path(), &["--exclude", "broken.py", "--no-cache"]));
    assert_eq!(all, scan(&shop, cache.path(), &[]));
}

#[test]
fn damage_is_never_seen() {
    let shop = settled();
    let cache = tempfile::tempdir().unwrap();
    let right = scan(&shop, cache.path(), &[]);
    for step in 0..12usize {
        let mut bytes = std::fs::read(file(cache.path())).unwrap_or_default();
        let size = bytes.len().max(1);
        for part in 0..8 {
            let at = (step * 8 + part) * 7_919 % size;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = !*byte;
            }
        }
        std::fs::write(file(cache.path()), bytes).unwrap();
        assert_eq!(scan(&shop, cache.path(), &[]), right, "round {step}");
    }
    std::fs::write(file(cache.path()), "no database").unwrap();
    assert_eq!(scan(&shop, cache.path(), &[]), right);
}

#[test]
fn many_at_once_and_killed_ones_leave_it_whole() {
    let shop = settled();
    let cache = tempfile::tempdir().unwrap();
    let right = scan(&shop, cache.path(), &["--no-cache"]);
    let mut running = Vec::new();
    for n in 0..12u64 {
        let mut command = shop.command(&["scan", "-f", "json", "-q"]);
        command.env("APICENSUS_CACHE", cache.path()).stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(15 * n));
        if n % 2 == 0 {
            child.kill().unwrap();
        }
        running.push(child);
    }
    for mut child in running {
        child.wait().unwrap();
    }
    assert_eq!(scan(&shop, cache.path(), &[]), right);
    assert_eq!(scan(&shop, cache.path(), &[]), right);
}

#[test]
fn a_folder_that_cannot_be_used_is_told_and_harmless() {
    let shop = settled();
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("file"), "").unwrap();
    let mut command = shop.command(&["scan", "-f", "json", "-q"]);
    let output = command.env("APICENSUS_CACHE", place.path().join("file/in")).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("can't be made"), "{:?}", output.stderr);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), scan(&shop, place.path(), &["--no-cache"]));
}

#[test]
fn two_revisions_are_compared_the_same_with_and_without() {
    let shop = settled();
    shop.git(&["init", "-q"]);
    shop.git(&["add", "-A"]);
    shop.git(&["commit", "-qm", "one"]);
    shop.write(&code(&["orders", "refunds"], false));
    shop.git(&["commit", "-qam", "two"]);
    let cache = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let output = shop.command(args).env("APICENSUS_CACHE", cache.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let without = run(&["diff", "HEAD~1..HEAD", "--no-cache"]);
    assert!(without.contains("/refunds"), "{without}");
    assert_eq!(run(&["diff", "HEAD~1..HEAD"]), without);
    assert_eq!(run(&["diff", "HEAD~1..HEAD"]), without);
    let lived = run(&["history", "--all", "--no-cache"]);
    assert_eq!(run(&["history", "--all"]), lived);
    assert_eq!(run(&["history", "--all"]), lived);
}
