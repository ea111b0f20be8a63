//! Repositories and servers that mean harm: each ends with a clear error within its limits, and nothing is written
//! outside the mirror.

use super::fetch::FetchOptions;
use super::mirror::Mirrors;
use super::packets::push;
use super::tests::{Origin, commit, forges, net, read, repository, tree};
use crate::discover::Forges;
use crate::error::{ErrorClass, ForgeError};
use crate::gate::InMemory;
use crate::testing::{Reply, Request, Server, git_backend, reply};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An object of a pack: type, size, what stands between them and the bytes, the bytes.
fn object(kind: u8, size: u64, base: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut byte, mut rest) = ((kind << 4) | (size & 15) as u8, size >> 4);
    while rest > 0 {
        out.push(byte | 0x80);
        (byte, rest) = ((rest & 0x7f) as u8, rest >> 7);
    }
    out.push(byte);
    out.extend_from_slice(base);
    let mut zip = ZlibEncoder::new(&mut out, Compression::best());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap();
    out
}

fn pack(count: u32, objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"PACK\0\0\0\x02".to_vec();
    out.extend_from_slice(&count.to_be_bytes());
    objects.iter().for_each(|o| out.extend_from_slice(o));
    // The right checksum, so that it is not what fails.
    out.extend_from_slice(&[0; 20]);
    out
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A packet of the band that carries the pack.
fn band(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in bytes.chunks(60_000) {
        out.extend_from_slice(format!("{:04x}\x01", piece.len() + 5).as_bytes());
        out.extend_from_slice(piece);
    }
    out
}

const ADVERTISEMENT: (&str, &str) = ("content-type", "application/x-git-upload-pack-advertisement");
const RESULT: (&str, &str) = ("content-type", "application/x-git-upload-pack-result");

/// A server of version 2 that answers a fetch with what a test likes.
fn liar(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request: &Request| {
        if request.method == "POST" {
            return answer();
        }
        let mut body = Vec::new();
        ["version 2", "ls-refs", "fetch=shallow filter", "object-format=sha1"].iter().for_each(|l| push(&mut body, l));
        body.extend_from_slice(b"0000");
        reply(200, &[ADVERTISEMENT], body)
    })
}

fn sends(pack: Vec<u8>) -> Server {
    liar(move || {
        let mut body = Vec::new();
        push(&mut body, "packfile");
        body.extend(band(&pack));
        body.extend_from_slice(b"0000");
        reply(200, &[RESULT], body)
    })
}

/// What fetching from a server ends with; nothing may be left of it.
fn ends(server: &Server, change: impl Fn(&mut FetchOptions)) -> ForgeError {
    let work = tempfile::tempdir().unwrap();
    let mut options = FetchOptions::default();
    options.limits.wall = Duration::from_secs(20);
    change(&mut options);
    let mirrors = Mirrors::new(&work.path().join("mirrors"), 1 << 30);
    let begin = Instant::now();
    let ended = forges(json!({}), work.path()).fetch(&repository(&format!("{}/a/b.git", server.url)), &"1".repeat(40), &mirrors, &options);
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    let left: Vec<PathBuf> = all_files(work.path()).into_iter().filter(|p| p.to_string_lossy().contains("/pack/")).collect();
    assert!(left.is_empty(), "{left:?}");
    ended.map(drop).unwrap_err()
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() { open.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

#[test]
fn packs_that_unpack_to_too_much() {
    let zeros = vec![0u8; 64 << 20];
    let small = object(3, zeros.len() as u64, &[], &zeros);
    assert!(small.len() < 100_000);
    let many: Vec<Vec<u8>> = (0..6).map(|n| object(3, (zeros.len() - n) as u64, &[], zeros.get(n..).unwrap())).collect();
    let many = sends(pack(6, &many));
    let error = ends(&many, |o| o.limits.unpacked = 256 << 20);
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("unpacked it is larger than 256 MB"), "{error}");
    // The size that it says counts, before a byte is unpacked.
    let error = ends(&sends(pack(1, &[object(3, 1 << 50, &[], b"x")])), |_| ());
    assert!(error.to_string().contains("unpacked it is larger"), "{error}");
    let error = ends(&sends(pack(1, &[object(3, 10, &[], &zeros)])), |_| ());
    assert!(error.to_string().contains("larger than it says"), "{error}");
    let error = ends(&sends(pack(1, &[object(3, 10, &[], b"x")])), |_| ());
    assert!(error.to_string().contains("smaller than it says"), "{error}");
    let error = ends(&sends(pack(u32::MAX, &[])), |_| ());
    assert!(error.to_string().contains("4294967295 objects"), "{error}");
}

#[test]
fn differences_that_grow() {
    let base = object(3, 4, &[], b"base");
    // A difference of a few bytes that makes 8 GB of copies.
    let mut huge = varint(4);
    huge.extend(varint(8 << 30));
    huge.extend(std::iter::repeat_n([0x90, 4], 100).flatten());
    let delta = object(6, huge.len() as u64, &[base.len() as u8], &huge);
    let error = ends(&sends(pack(2, &[base.clone(), delta])), |_| ());
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("stored as a difference"), "{error}");
    // A chain of differences, each to the one before it.
    let mut objects = vec![base];
    for _ in 0..5_000 {
        let same = [4, 4, 0x90, 4];
        let back = objects.last().map_or(0, Vec::len) as u8;
        objects.push(object(6, 4, &[back], &same));
    }
    let error = ends(&sends(pack(5_001, &objects)), |_| ());
    assert!(error.to_string().contains("differences upon differences"), "{error}");
    let error = ends(&sends(pack(1, &[object(6, 4, &[100], &[4, 4, 0x90, 4])])), |_| ());
    assert!(error.to_string().contains("a difference to nothing"), "{error}");
}

#[test]
fn answers_that_are_no_pack() {
    let whole = pack(1, &[object(3, 4, &[], b"text")]);
    let cut = whole.get(..whole.len() - 25).unwrap().to_vec();
    assert!(ends(&sends(cut), |_| ()).to_string().contains("it ends too early"));
    let mut longer = whole.clone();
    longer.extend_from_slice(b"more");
    assert!(ends(&sends(longer), |_| ()).to_string().contains("bytes follow it"));
    assert!(ends(&sends(b"#!/bin/sh\nexit 0\n".to_vec()), |_| ()).to_string().contains("it is none"));
    let error = ends(&sends(whole), |_| ());
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("broken pack"), "{error}");
    let said = |body: &'static [u8]| ends(&liar(move || reply(200, &[RESULT], body)), |_| ()).to_string();
    assert!(said(b"<html>").contains("not git's protocol"));
    assert!(said(b"000dpackfile\n0006\x09x").contains("unknown band"));
    assert!(said(b"0013ERR sorry \x1b[2J\n").contains("the server says: sorry  [2J"));
    assert!(said(b"000dpackfile\n").contains("stopped in the middle"));
    assert!(ends(&liar(|| reply(200, &[("content-type", "text/html")], "hello")), |_| ()).to_string().contains("no git repository"));
}

#[test]
fn servers_without_end() {
    let endless = |band: u8| {
        liar(move || {
            Reply::Raw(Box::new(move |stream| {
                let mut body = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-result\r\n\r\n".to_vec();
                push(&mut body, "packfile");
                let _ = stream.write_all(&body);
                let mut packet = format!("{:04x}", 60_005).into_bytes();
                packet.push(band);
                packet.resize(60_005, b'x');
                while stream.write_all(&packet).is_ok() {}
            }))
        })
    };
    // Talk is counted too.
    let error = ends(&endless(2), |o| o.limits.received = 20 << 20);
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("sent more than 20 MB"), "{error}");
    assert!(ends(&endless(1), |_| ()).to_string().contains("it is none"));
    let dripping = liar(|| {
        Reply::Raw(Box::new(|stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-result\r\n\r\n");
            while stream.write_all(b"0005\x02").and_then(|()| stream.flush()).is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
        }))
    });
    let begin = Instant::now();
    let error = ends(&dripping, |o| o.limits.wall = Duration::from_secs(1));
    assert!(error.class() == ErrorClass::Transient && begin.elapsed() < Duration::from_secs(6), "{error}");
}

#[test]
fn a_server_that_hangs_is_left_in_time() {
    let silent = liar(|| Reply::Raw(Box::new(|_| std::thread::sleep(Duration::from_secs(60)))));
    let mut limits = net();
    (limits.attempts, limits.idle) = (2, Duration::from_millis(300));
    let work = tempfile::tempdir().unwrap();
    let forges = Forges::with(Default::default(), work.path(), limits, Arc::new(InMemory::default())).unwrap();
    let begin = Instant::now();
    let mirrors = Mirrors::new(work.path(), 1 << 30);
    let error = forges.fetch(&repository(&format!("{}/a/b", silent.url)), &"1".repeat(40), &mirrors, &FetchOptions::default()).unwrap_err();
    assert!(error.class() == ErrorClass::Transient && begin.elapsed() < Duration::from_secs(5), "{error} {:?}", begin.elapsed());
}

#[test]
fn another_host_is_not_followed_and_a_new_name_is() {
    let other = Server::start(|_| reply(200, &[ADVERTISEMENT], "0000"));
    let elsewhere = other.url.clone();
    let away = Server::start(move |request| reply(302, &[("location", &format!("{elsewhere}{}", request.path))], ""));
    let error = ends(&away, |_| ());
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("another host"), "{error}");
    let post = liar(|| reply(307, &[("location", "http://169.254.169.254/latest")], ""));
    assert!(ends(&post, |_| ()).to_string().contains("redirect in the middle"));
    assert!(other.seen().is_empty());
    let origin = Origin::with(|root, request| match request.path.strip_prefix("/old/name") {
        Some(rest) => reply(301, &[("location", &format!("/acme/shop.git{rest}"))], ""),
        None => git_backend(root, request, true),
    });
    let id = origin.change("main", "one", 1);
    let renamed = repository(&format!("{}/old/name", origin.server.url));
    let mirror = forges(json!({}), Path::new(".")).fetch(&renamed, &id, &origin.mirrors(), &FetchOptions::default()).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
}

#[test]
fn only_https_and_ssh_are_fetched() {
    let forges = forges(json!({}), Path::new("."));
    for url in [
        "git://h/a",
        "ext::sh -c id",
        "file:///etc",
        "/etc",
        "ftp://h/a",
        "http://git.example.org/a",
        "https://t0ken@h/a",
        "-oProxyCommand=id",
    ] {
        let error = forges.heads(&repository(url), &FetchOptions::default()).unwrap_err();
        assert!(!error.to_string().contains("t0ken") && error.class() != ErrorClass::Transient, "{url}: {error}");
    }
}

#[test]
fn a_server_with_too_many_branches() {
    let names = Server::start(|_| {
        let mut body = Vec::new();
        push(&mut body, &format!("{} HEAD\0shallow", "1".repeat(40)));
        (0..5_000).for_each(|n| push(&mut body, &format!("{} refs/heads/b{n}", "1".repeat(40))));
        body.extend_from_slice(b"0000");
        reply(200, &[ADVERTISEMENT], body)
    });
    let mut options = FetchOptions::default();
    options.limits.refs = 1_000;
    let error = forges(json!({}), Path::new(".")).heads(&repository(&format!("{}/a", names.url)), &options).unwrap_err();
    assert!(error.to_string().contains("more than 1000 branches"), "{error}");
}

#[test]
fn hostile_trees_stay_in_their_pack() {
    let origin = Origin::new();
    let repo = &origin.repo;
    let blob = |text: &str| repo.blob(text.as_bytes()).unwrap();
    let hook = blob("#!/bin/sh\ntouch /tmp/owned\n");
    let config = blob("[core]\n\tfsmonitor = touch /tmp/owned\n");
    let hooks = tree(repo, &[(b"post-checkout", 0o100755, hook)]);
    let git = tree(repo, &[(b"config", 0o100644, config), (b"hooks", 0o40000, hooks)]);
    let id = commit(
        repo,
        "main",
        tree(
            repo,
            &[
                (b"..", 0o40000, git),
                (b"../x", 0o100644, hook),
                (b".git", 0o40000, git),
                (b".gitattributes", 0o100644, blob("* filter=evil diff=evil merge=evil\n")),
                (b".gitmodules", 0o100644, blob("[submodule \"x\"]\n\tpath = sub\n\turl = --upload-pack=touch /tmp/owned\n")),
                (b"/etc/cron.d/x", 0o100644, hook),
                (b"link", 0o120000, blob("/etc/passwd")),
                (b"sub", 0o160000, git2::Oid::from_str(&"2".repeat(40)).unwrap()),
            ],
        ),
        1,
    );
    let mirror = forges(json!({}), Path::new("."))
        .fetch(&origin.repository(), &id.to_string(), &origin.mirrors(), &FetchOptions::default())
        .unwrap();
    let mut inside: Vec<String> = Vec::new();
    for file in all_files(origin.work.path()) {
        let name =
            file.strip_prefix(&mirror.path).map_or_else(|_| file.extension().unwrap_or_default().to_owned(), |p| p.as_os_str().to_owned());
        inside.push(name.to_string_lossy().chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect());
    }
    inside.sort();
    let pack: Vec<&String> = inside.iter().filter(|n| n.starts_with("objects/pack/pack-")).collect();
    assert_eq!(pack.len(), 2);
    let rest: Vec<&str> = inside.iter().map(String::as_str).filter(|n| !n.starts_with("objects/pack/pack-")).collect();
    assert_eq!(rest, ["HEAD", "config", "fetch", "json", "shallow", "use"]);
    assert!(!Path::new("/tmp/owned").exists());
}

#[test]
fn half_a_gigabyte_of_zeros_and_ten_million_paths() {
    let origin = Origin::new();
    let repo = &origin.repo;
    let mut writer = repo.odb().unwrap();
    let mut stream = writer.writer(512 << 20, git2::ObjectType::Blob).unwrap();
    let zeros = vec![0u8; 1 << 20];
    (0..512).for_each(|_| stream.write_all(&zeros).unwrap());
    let bomb = stream.finalize().unwrap();
    drop(stream);
    writer.refresh().unwrap();
    let _ = &mut writer;
    let mut level = tree(repo, &[(b"a.py", 0o100644, repo.blob(b"x = 1\n").unwrap())]);
    for _ in 0..7 {
        let names: Vec<Vec<u8>> = (0..10).map(|n| vec![b'0' + n]).collect();
        let entries: Vec<(&[u8], u32, git2::Oid)> = names.iter().map(|n| (n.as_slice(), 0o40000, level)).collect();
        level = tree(repo, &entries);
    }
    let id = commit(repo, "main", tree(repo, &[(b"bomb.bin", 0o100644, bomb), (b"paths", 0o40000, level)]), 1).to_string();
    let forges = forges(json!({}), Path::new("."));
    // Left with the server where that can be asked for ...
    let mirror = forges.fetch(&origin.repository(), &id, &origin.mirrors(), &FetchOptions::default()).unwrap();
    assert!(read(&mirror, "bomb.bin").is_err());
    assert!(read(&mirror, "paths/0/1/2/3/4/5/6/a.py").is_ok());
    drop(mirror);
    // ... refused where it can't be.
    let mut options = FetchOptions::default();
    (options.limits.blob, options.limits.unpacked) = (None, 256 << 20);
    let mirrors = Mirrors::new(&origin.work.path().join("other"), 1 << 30);
    let error = forges.fetch(&origin.repository(), &id, &mirrors, &options).unwrap_err();
    assert!(error.class() == ErrorClass::Hostile && error.to_string().contains("unpacked"), "{error}");
}
