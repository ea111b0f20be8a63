//! What a cache must withstand: damage, other builds, other processes, too little room.
#![allow(clippy::unwrap_used)]

use apicensus_cache::{Cache, DEFAULT_SIZE, Kind};
use std::fs;
use std::path::Path;

fn open(folder: &Path) -> Cache {
    Cache::open(folder, "build-1", DEFAULT_SIZE).unwrap()
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("cache-1.db")
}

#[test]
fn what_was_put_is_got_by_its_kind_key_and_build_only() {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(folder.path());
    cache.put(Kind::Module, b"key", b"content");
    drop(cache);
    let cache = open(folder.path());
    assert_eq!(cache.get(Kind::Module, b"key").as_deref(), Some(&b"content"[..]));
    assert_eq!(cache.get(Kind::Code, b"key"), None);
    assert_eq!(cache.get(Kind::Module, b"other"), None);
    drop(cache);
    let other = Cache::open(folder.path(), "build-2", DEFAULT_SIZE).unwrap();
    assert_eq!(other.get(Kind::Module, b"key"), None);
}

#[test]
fn a_damaged_byte_gives_nothing_wrong_and_the_cache_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for step in 0..60 {
        let cache = open(folder.path());
        for n in 0..4u8 {
            cache.put(Kind::Module, &[n], &content[..40_000 * (n as usize + 1)]);
        }
        drop(cache);
        let path = file(folder.path());
        let mut bytes = fs::read(&path).unwrap();
        let at = (step * 7919 + 13) * 31 % bytes.len();
        bytes[at] ^= 0x5a;
        fs::write(&path, bytes).unwrap();
        // A damaged file may refuse to be opened; it is replaced then. What it gives is right or nothing.
        let cache = open(folder.path());
        for n in 0..4u8 {
            if let Some(found) = cache.get(Kind::Module, &[n]) {
                assert!(found == content[..40_000 * (n as usize + 1)]);
            }
        }
        drop(cache);
        let cache = open(folder.path());
        cache.put(Kind::Code, &[9], b"again");
        drop(cache);
        // What was damaged is put aside when it is met; the next one writes.
        let cache = open(folder.path());
        let _ = cache.get(Kind::Code, &[9]);
        drop(cache);
        fs::remove_file(&path).ok();
        for ending in ["-wal", "-shm"] {
            fs::remove_file(folder.path().join(format!("cache-1.db{ending}"))).ok();
        }
    }
}

#[test]
fn a_file_that_is_no_database_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file(folder.path()), b"not a database at all, and long enough to look at").unwrap();
    let cache = open(folder.path());
    cache.put(Kind::Whole, b"k", b"v");
    drop(cache);
    assert_eq!(open(folder.path()).get(Kind::Whole, b"k").as_deref(), Some(&b"v"[..]));
}

#[test]
fn the_size_is_bounded_and_what_is_new_stays() {
    let folder = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0..25_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(7).to_be_bytes()).collect();
    for n in 0..50u8 {
        let cache = Cache::open(folder.path(), "build", 1_000_000).unwrap();
        cache.put(Kind::Module, &[n], &noise);
    }
    let size = fs::metadata(file(folder.path())).unwrap().len();
    assert!(size < 2_500_000, "{size}");
    let cache = Cache::open(folder.path(), "build", 1_000_000).unwrap();
    assert!(cache.get(Kind::Module, &[49]).is_some());
    assert!(cache.get(Kind::Module, &[0]).is_none());
}

#[test]
fn many_write_and_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8u8 {
            let folder = folder.path();
            scope.spawn(move || {
                for round in 0..20u8 {
                    let cache = open(folder);
                    cache.put(Kind::Module, &[round], &[round; 5_000]);
                    cache.put(Kind::Code, &[writer, round], &[writer; 100]);
                    if let Some(found) = cache.get(Kind::Module, &[round / 2]) {
                        assert!(found == [round / 2; 5_000]);
                    }
                }
            });
        }
    });
    assert!(open(folder.path()).get(Kind::Module, &[19]).is_some());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    let error = Cache::open(&folder.path().join("file/inside"), "build", DEFAULT_SIZE).err().unwrap().to_string();
    assert!(error.contains("can't be made"), "{error}");
}
