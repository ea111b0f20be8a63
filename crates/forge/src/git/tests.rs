//! Fetching from git's own server on 127.0.0.1, and over a pipe as ssh would.

use super::fetch::{Backend, FetchOptions, Head};
use super::mirror::{Mirror, Mirrors};
use crate::discover::Forges;
use crate::error::{ErrorClass, ForgeError};
use crate::gate::InMemory;
use crate::http::NetLimits;
use crate::repository::Repository;
use crate::testing::{Request, Server, git_backend, reply};
use git2::{Commit, ObjectType, Oid, Signature, Time};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Quick limits of the net.
pub(super) fn net() -> NetLimits {
    let pause = Duration::from_millis(10);
    NetLimits { attempts: 3, first_pause: pause, longest_pause: pause, idle: Duration::from_secs(90), ..NetLimits::default() }
}

pub(super) fn forges(hosts: Value, base: &Path) -> Forges {
    let config = serde_json::from_value(json!({ "hosts": hosts })).unwrap();
    Forges::with(config, base, net(), Arc::new(InMemory::default())).unwrap()
}

pub(super) fn repository(url: &str) -> Repository {
    Repository { forge_id: format!("git:{url}"), name: "acme/shop".to_owned(), url: url.to_owned(), ..crate::local::nameless() }
}

/// A tree from entries, whatever their names.
pub(super) fn tree(repo: &git2::Repository, entries: &[(&[u8], u32, Oid)]) -> Oid {
    let mut bytes = Vec::new();
    for (name, mode, id) in entries {
        bytes.extend_from_slice(format!("{mode:o} ").as_bytes());
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
    repo.odb().unwrap().write(ObjectType::Tree, &bytes).unwrap()
}

/// A commit of a tree on a branch.
pub(super) fn commit(repo: &git2::Repository, branch: &str, tree: Oid, seconds: i64) -> Oid {
    let who = Signature::new("a", "a@example.org", &Time::new(1_700_000_000 + seconds, 0)).unwrap();
    let name = format!("refs/heads/{branch}");
    let parent = repo.find_reference(&name).ok().and_then(|r| r.peel_to_commit().ok());
    let parents: Vec<&Commit<'_>> = parent.iter().collect();
    repo.commit(Some(&name), &who, &who, "change", &repo.find_tree(tree).unwrap(), &parents).unwrap()
}

/// A served folder with one repository, `acme/shop.git`.
pub(super) struct Origin {
    pub folder: tempfile::TempDir,
    pub repo: git2::Repository,
    pub server: Server,
    pub work: tempfile::TempDir,
}

impl Origin {
    pub fn new() -> Origin {
        Origin::with(|root, request| git_backend(root, request, true))
    }
    pub fn with(handler: impl Fn(&Path, &Request) -> crate::testing::Reply + Send + Sync + 'static) -> Origin {
        let folder = tempfile::tempdir().unwrap();
        let repo = git2::Repository::init_bare(folder.path().join("acme/shop.git")).unwrap();
        repo.set_head("refs/heads/main").unwrap();
        let root = folder.path().to_owned();
        let server = Server::start(move |request| handler(&root, request));
        Origin { folder, repo, server, work: tempfile::tempdir().unwrap() }
    }
    pub fn url(&self) -> String {
        format!("{}/acme/shop.git", self.server.url)
    }
    pub fn repository(&self) -> Repository {
        repository(&self.url())
    }
    pub fn mirrors(&self) -> Mirrors {
        Mirrors::new(&self.work.path().join("mirrors"), 1 << 30)
    }
    /// A commit with some files, and perhaps a large one.
    pub fn change(&self, branch: &str, text: &str, seconds: i64) -> String {
        let blob = self.repo.blob(text.as_bytes()).unwrap();
        let noise: Vec<u8> = (0..200_000u32).flat_map(|n| (n ^ (n >> 3)).wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let large = self.repo.blob(&noise).unwrap();
        let inner = tree(&self.repo, &[(b"main.py", 0o100644, blob)]);
        let top = tree(&self.repo, &[(b"data.bin", 0o100644, large), (b"src", 0o40000, inner)]);
        commit(&self.repo, branch, top, seconds).to_string()
    }
}

/// A file of a mirror's commit.
pub(super) fn read(mirror: &Mirror, path: &str) -> Result<Vec<u8>, git2::Error> {
    let repo = git2::Repository::open_bare(&mirror.path)?;
    let commit = repo.find_commit(Oid::from_str(&mirror.commit)?)?;
    let entry = commit.tree()?.get_path(Path::new(path))?;
    Ok(repo.find_blob(entry.id())?.content().to_vec())
}

fn packs(mirror: &Mirror) -> Vec<u64> {
    let files = fs::read_dir(mirror.path.join("objects/pack")).unwrap().flatten();
    files.filter(|f| f.path().extension().is_some_and(|e| e == "pack")).map(|f| f.metadata().unwrap().len()).collect()
}

#[test]
fn one_commit_comes_without_history_and_a_later_one_costs_little() {
    let origin = Origin::new();
    origin.change("main", "one", 1);
    let second = origin.change("main", "two", 2);
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    let heads = forges.heads(&origin.repository(), &options).unwrap();
    assert_eq!(heads, [Head { name: "main".to_owned(), commit: second.clone() }]);
    let mirror = forges.fetch(&origin.repository(), &second, &origin.mirrors(), &options).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"two");
    let repo = git2::Repository::open_bare(&mirror.path).unwrap();
    assert_eq!(repo.find_commit(Oid::from_str(&second).unwrap()).unwrap().parent_count(), 1, "the parent is named");
    assert!(repo.find_commit(Oid::from_str(&second).unwrap()).unwrap().parent(0).is_err(), "and not there");
    assert_eq!(repo.head().unwrap().target().unwrap().to_string(), second);
    assert!(repo.is_shallow());
    let asked = origin.server.seen().len();
    assert_eq!(forges.fetch(&origin.repository(), &second, &origin.mirrors(), &options).unwrap().path, mirror.path);
    assert_eq!(origin.server.seen().len(), asked, "what is here is not asked for");
    let third = origin.change("main", "three", 3);
    let newer = forges.fetch(&origin.repository(), &third, &origin.mirrors(), &options).unwrap();
    assert_eq!(
        (read(&newer, "src/main.py").unwrap().as_slice(), read(&mirror, "src/main.py").unwrap().as_slice()),
        (&b"three"[..], &b"two"[..])
    );
    let mut sizes = packs(&newer);
    sizes.sort_unstable();
    assert!(sizes.len() == 2 && sizes[0] < 2_000 && sizes[1] > 100_000, "only what changed comes again: {sizes:?}");
    let fsck = std::process::Command::new("git").arg("--git-dir").arg(&newer.path).args(["fsck", "--strict"]).output().unwrap();
    assert!(fsck.status.success(), "git accepts the mirror: {}", String::from_utf8_lossy(&fsck.stderr));
}

#[test]
fn branches_and_tags_are_chosen_by_pattern() {
    let origin = Origin::new();
    let first = origin.change("main", "one", 1);
    let release = origin.change("release/1", "r1", 2);
    origin.change("release/x/hotfix", "h", 3);
    let target = origin.repo.find_object(Oid::from_str(&first).unwrap(), None).unwrap();
    let who = Signature::new("a", "a@example.org", &Time::new(0, 0)).unwrap();
    origin.repo.tag("v1.0", &target, &who, "one", false).unwrap();
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    let chosen = |refs: &[&str], default: Option<&str>| {
        let refs = refs.iter().map(|r| (*r).to_owned()).collect();
        let repository = Repository { refs, default_ref: default.map(str::to_owned), ..origin.repository() };
        forges.heads(&repository, &options).unwrap().into_iter().map(|h| (h.name, h.commit)).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&["release/*"], None), [("release/1".to_owned(), release.clone())]);
    assert_eq!(chosen(&["refs/tags/v*", "main"], None), [("main".to_owned(), first.clone()), ("refs/tags/v1.0".to_owned(), first.clone())]);
    assert_eq!(chosen(&[], Some("release/1")), [("release/1".to_owned(), release)]);
    assert_eq!(chosen(&[], Some("gone")), [("main".to_owned(), first)]);
    assert!(chosen(&["nothing/*"], None).is_empty());
}

#[test]
fn large_blobs_stay_with_the_server() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    let mut options = FetchOptions::default();
    options.limits.blob = Some(1000);
    let mirror = forges(json!({}), Path::new(".")).fetch(&origin.repository(), &commit, &origin.mirrors(), &options).unwrap();
    assert_eq!(mirror.without_blobs_over, Some(1000));
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
    assert!(read(&mirror, "data.bin").is_err() && packs(&mirror)[0] < 2_000);
    drop(mirror);
    options.limits.blob = None;
    let whole = forges(json!({}), Path::new("."))
        .fetch(&origin.repository(), &origin.change("main", "two", 2), &origin.mirrors(), &options)
        .unwrap();
    assert_eq!(read(&whole, "data.bin").unwrap().len(), 800_000, "another size of blobs begins anew");
}

#[test]
fn servers_of_the_old_protocol_are_understood() {
    let origin = Origin::with(|root, request| git_backend(root, request, false));
    let commit = origin.change("main", "one", 1);
    origin.change("main", "two", 2);
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    assert_eq!(forges.heads(&origin.repository(), &options).unwrap()[0].name, "main");
    let mirror = forges.fetch(&origin.repository(), &commit, &origin.mirrors(), &options).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
}

#[test]
fn empty_and_missing_repositories_and_commits() {
    for protocol in [true, false] {
        let origin = Origin::with(move |root, request| git_backend(root, request, protocol));
        let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
        assert_eq!(forges.heads(&origin.repository(), &options).unwrap(), []);
        origin.change("main", "one", 1);
        let error = forges.fetch(&origin.repository(), &"1".repeat(40), &origin.mirrors(), &options).unwrap_err();
        assert!(error.class() == ErrorClass::Gone && error.to_string().contains("not our ref"), "{error}");
        let missing = repository(&format!("{}/acme/none.git", origin.server.url));
        assert_eq!(forges.heads(&missing, &options).unwrap_err().class(), ErrorClass::Gone);
        assert!(forges.fetch(&origin.repository(), "main", &origin.mirrors(), &options).is_err(), "a commit is asked for by its id");
    }
}

#[test]
fn a_token_goes_in_a_header_and_nowhere_else() {
    let origin = Origin::with(|root, request| match request.header("authorization") {
        // jo:t0ken-secret
        "Basic am86dDBrZW4tc2VjcmV0" => git_backend(root, request, true),
        _ => reply(401, &[("www-authenticate", "Basic")], "{\"message\": \"who are you?\"}"),
    });
    let commit = origin.change("main", "one", 1);
    let work = origin.work.path();
    fs::write(work.join("token"), "t0ken-secret\n").unwrap();
    fs::write(work.join("wrong"), "wr0ng-secret\n").unwrap();
    let host = origin.server.url.trim_start_matches("http://");
    for backend in [Backend::Native, Backend::Git] {
        let options = FetchOptions { backend, ..FetchOptions::default() };
        let with = |file: &str| forges(json!({host: {"user": "jo", "token": {"file": file}}}), work);
        let mirrors = Mirrors::new(&work.join(format!("{backend:?}")), 1 << 30);
        let refused = with("wrong").fetch(&origin.repository(), &commit, &mirrors, &options).unwrap_err();
        assert!(refused.class() == ErrorClass::Config && !refused.to_string().contains("wr0ng"), "{refused}");
        let mirror = with("token").fetch(&origin.repository(), &commit, &mirrors, &options).unwrap();
        assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
        let found = std::process::Command::new("grep").args(["-r", "0ken\\|wr0ng\\|am86"]).arg(&mirror.path).output().unwrap();
        assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
    }
    assert!(origin.server.seen().iter().all(|r| !r.path.contains("0ken")));
}

#[test]
fn the_git_program_gives_the_same() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    let mut options = FetchOptions { backend: Backend::Git, ..FetchOptions::default() };
    options.limits.blob = Some(1000);
    let forges = forges(json!({}), Path::new("."));
    let mirror = forges.fetch(&origin.repository(), &commit, &origin.mirrors(), &options).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
    assert!(read(&mirror, "data.bin").is_err());
    assert_eq!(fs::read_to_string(mirror.path.join("config")).unwrap(), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
    drop(mirror);
    let next = origin.change("main", "two", 2);
    let mirror = forges.fetch(&origin.repository(), &next, &origin.mirrors(), &options).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"two");
    let gone = forges.fetch(&origin.repository(), &"1".repeat(40), &origin.mirrors(), &options).unwrap_err();
    assert_eq!(gone.class(), ErrorClass::Gone, "{gone}");
}

/// A program in the place of `ssh` that writes down its arguments and runs the far command here.
fn fake_ssh(folder: &Path) -> PathBuf {
    let path = folder.join("fake-ssh");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/arguments\"\nenv > \"$(dirname \"$0\")/environment\"\n\
        while [ \"$1\" != -- ]; do shift; done\n[ \"$2\" = git@refuses.example ] && { echo 'Permission denied (publickey).' >&2; exit 255; }\nexec sh -c \"$3\"\n";
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn ssh_reads_no_configuration_and_asks_nothing() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    let work = origin.work.path();
    let options = FetchOptions { ssh: Some(fake_ssh(work)), ..FetchOptions::default() };
    let path = origin.folder.path().join("acme/shop.git");
    let forges = forges(json!({"git.example.org:2222": {"ssh_key": "key", "known_hosts": "hosts"}}), work);
    let remote = repository(&format!("ssh://git.example.org:2222{}", path.display()));
    assert_eq!(forges.heads(&remote, &options).unwrap()[0].commit, commit);
    let mirror = forges.fetch(&remote, &commit, &origin.mirrors(), &options).unwrap();
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
    let arguments = fs::read_to_string(work.join("arguments")).unwrap();
    for expected in [
        "-F\nnone",
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "-p\n2222",
        "--\ngit@git.example.org\ngit-upload-pack '/",
    ] {
        assert!(arguments.contains(expected), "{expected} in {arguments}");
    }
    assert!(arguments.contains(&format!("UserKnownHostsFile={}", work.join("hosts").display())));
    let environment = fs::read_to_string(work.join("environment")).unwrap();
    assert!(environment.contains("GIT_PROTOCOL=version=2") && !environment.contains("CARGO"), "{environment}");
    let refused = forges.heads(&repository("ssh://refuses.example/x"), &options).unwrap_err();
    assert!(matches!(&refused, ForgeError::Denied { reason, .. } if reason.contains("publickey")), "{refused}");
    let missing = forges.heads(&repository("git@git.example.org:no/such.git"), &options).unwrap_err();
    assert_eq!(missing.class(), ErrorClass::Gone, "{missing}");
}

#[test]
fn repositories_in_folders_are_opened_in_place() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    origin.change("release/1", "two", 2);
    let forges = forges(json!({}), Path::new("."));
    let path = origin.folder.path().join("acme/shop.git");
    let local = Repository { local_path: Some(path.clone()), ..origin.repository() };
    let options = FetchOptions::default();
    assert_eq!(forges.heads(&local, &options).unwrap(), [Head { name: "main".to_owned(), commit: commit.clone() }]);
    let all = Repository { refs: vec!["*".to_owned(), "release/*".to_owned()], ..local.clone() };
    assert_eq!(forges.heads(&all, &options).unwrap().len(), 2);
    assert_eq!(forges.fetch(&local, &commit, &origin.mirrors(), &options).unwrap().path, path);
    assert!(origin.server.seen().is_empty() && !origin.work.path().join("mirrors").exists());
}

#[test]
fn workers_share_mirrors() {
    let origin = Origin::new();
    let commits: Vec<String> = (0..6).map(|n| origin.change(&format!("b{n}"), &format!("text {n}"), n)).collect();
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    let (repository, folder) = (origin.repository(), origin.work.path().join("mirrors"));
    std::thread::scope(|scope| {
        for turn in 0..12 {
            let (forges, options, commits) = (&forges, &options, &commits);
            let (repository, mirrors) = (&repository, Mirrors::new(&folder, 1 << 30));
            scope.spawn(move || {
                let n = turn % commits.len();
                let mirror = forges.fetch(repository, &commits[n], &mirrors, options).unwrap();
                assert_eq!(read(&mirror, "src/main.py").unwrap(), format!("text {n}").as_bytes());
            });
        }
    });
    let fetches = origin.server.seen().iter().filter(|r| r.method == "POST").count();
    assert_eq!(fetches, 6, "each commit is fetched once");
}

#[test]
fn mirrors_are_bounded_and_those_in_use_stay() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    let mirrors = origin.mirrors();
    let named = |n: u32| Repository { forge_id: format!("git:{n}"), ..origin.repository() };
    let fetched: Vec<Mirror> = (0..4).map(|n| forges.fetch(&named(n), &commit, &mirrors, &options).unwrap()).collect();
    let paths: Vec<PathBuf> = fetched.iter().map(|m| m.path.clone()).collect();
    for (n, path) in paths.iter().enumerate() {
        let state = fs::File::options().append(true).open(path.with_extension("json")).unwrap();
        state.set_modified(SystemTime::now() - Duration::from_secs(1000 - 100 * n as u64)).unwrap();
    }
    let mut fetched = fetched.into_iter();
    let oldest = fetched.next();
    drop(fetched);
    // Room for two of some 700 KB each: the oldest is in use, so the two after it go.
    Mirrors::new(&origin.work.path().join("mirrors"), 1_700_000).trim().unwrap();
    assert_eq!(paths.iter().map(|p| p.exists()).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!(read(&oldest.unwrap(), "src/main.py").unwrap(), b"one");
    assert_eq!(forges.fetch(&named(1), &commit, &mirrors, &options).unwrap().path, paths[1], "what went comes again");
}

#[test]
fn what_a_killed_fetch_left_is_cleared() {
    let origin = Origin::new();
    let commit = origin.change("main", "one", 1);
    let (forges, options) = (forges(json!({}), Path::new(".")), FetchOptions::default());
    let slot = origin.mirrors().slot(&origin.repository().forge_id).unwrap();
    let pack = slot.repository.join("objects/pack");
    fs::create_dir_all(&pack).unwrap();
    fs::write(pack.join("pack_half"), "half of a pack").unwrap();
    fs::write(pack.join(format!("pack-{}.pack", "a".repeat(40))), "no index").unwrap();
    fs::write(slot.repository.join("config"), "[core]\n\tsshCommand = touch /tmp/owned\n").unwrap();
    let mirror = forges.fetch(&origin.repository(), &commit, &origin.mirrors(), &options).unwrap();
    assert_eq!(fs::read_dir(&pack).unwrap().count(), 2);
    assert_eq!(read(&mirror, "src/main.py").unwrap(), b"one");
    assert!(!fs::read_to_string(mirror.path.join("config")).unwrap().contains("touch"));
}
