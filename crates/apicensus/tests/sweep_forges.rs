//! Sweeps over forges of 127.0.0.1: listed by their APIs, fetched by git over HTTP, told to a webhook; secrets stay where they are.
#![allow(clippy::unwrap_used)]

#[path = "../../forge/src/testing.rs"]
#[allow(dead_code, clippy::print_stderr)]
mod forge;
mod sweeps;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use forge::{Request, Server, git_backend, reply};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use sweeps::{BAD, World, code};

const SETTINGS: &str = "limits: {wall: 60s}\nwork: {jobs: 2, lease: 20s, scratch: scratch, mirrors: mirrors, cache: cache}\nretry:\n  network: {tries: 2, \
    wait: 100ms}\n  denied: {tries: 1}\n";
/// What each forge lets in: (user of git over HTTP, token).
const HUB: (&str, &str) = ("x-access-token", "ghp_Hub5ecretHub5ecretHub5ecret");
const LAB: (&str, &str) = ("oauth2", "glpat-Lab5ecretLab5ecret");
const TEA: (&str, &str) = ("x-access-token", "tea5ecretTea5ecretTea5ecret");
const HOOK: &str = "hook5ecretHook5ecret";

/// What a forge lists: (id, full name). A test may change it.
type Names = Arc<Mutex<Vec<(u64, String)>>>;

/// How a forge speaks: the path of its list, and its entries.
type Speech = (&'static str, fn(u64, &str, &str) -> Value);

fn hub(id: u64, name: &str, url: &str) -> Value {
    json!({"id": id, "full_name": name, "clone_url": url, "default_branch": "main", "pushed_at": null, "archived": false, "fork": false, "topics": []})
}

fn lab(id: u64, name: &str, url: &str) -> Value {
    json!({"id": id, "path_with_namespace": name, "http_url_to_repo": url, "default_branch": "main", "archived": false, "topics": []})
}

/// A forge: an API that lists one repository a page, and git's own server behind it; both want a token.
fn forge(repos: PathBuf, names: Names, login: (&'static str, &'static str), (list, entry): Speech) -> Server {
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", login.0, login.1)));
    Server::start(move |request| {
        if !request.path.starts_with("/api/") {
            if request.header("authorization") != basic {
                return reply(401, &[("www-authenticate", "Basic realm=\"git\"")], "");
            }
            return git_backend(&repos, request, true);
        }
        if !request.header("authorization").ends_with(login.1) {
            return reply(401, &[], "{\"message\": \"Bad credentials\"}");
        }
        page(request, &names.lock().unwrap(), list, entry)
    })
}

fn page(request: &Request, names: &[(u64, String)], list: &str, entry: fn(u64, &str, &str) -> Value) -> forge::Reply {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path != list {
        return reply(404, &[], "{\"message\": \"Not Found\"}");
    }
    let at: usize = query.split('&').find_map(|pair| pair.strip_prefix("at=")).map_or(0, |at| at.parse().unwrap());
    let host = request.header("host");
    let one: Vec<Value> = names.iter().skip(at).take(1).map(|(id, name)| entry(*id, name, &format!("http://{host}/{name}.git"))).collect();
    let next = format!("<http://{host}{list}?at={}>; rel=\"next\"", at + 1);
    let more: &[(&str, &str)] = if at + 1 < names.len() { &[("link", &next)] } else { &[] };
    reply(200, more, Value::from(one).to_string())
}

fn names(list: &[(u64, &str)]) -> Names {
    Arc::new(Mutex::new(list.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()))
}

/// An organisation on three forges, and a folder that holds secrets.
struct Forges {
    world: World,
    secrets: tempfile::TempDir,
    hub: Names,
    servers: Vec<Server>,
    /// Everything that processes said.
    said: Mutex<String>,
}

impl Forges {
    fn new(folder: &Path, further: &str) -> Forges {
        let world = World::new(folder, Path::new(env!("CARGO_BIN_EXE_apicensus")), "sweep.db", 0, "");
        for (name, _) in BAD {
            std::fs::remove_dir_all(folder.join(format!("repos/{name}.git"))).unwrap();
        }
        for (at, name) in ["acme/shop", "acme/pay", "platform/deep/gate", "tools/wiki"].iter().enumerate() {
            world.commit(name, &code(at, 0), 0);
        }
        let repos = folder.join("repos");
        let hub_names = names(&[(11, "acme/shop"), (12, "acme/pay")]);
        let servers = vec![
            forge(repos.clone(), hub_names.clone(), HUB, ("/api/v3/orgs/acme/repos", hub)),
            forge(repos.clone(), names(&[(21, "platform/deep/gate")]), LAB, ("/api/v4/groups/platform/projects", lab)),
            forge(repos, names(&[(31, "tools/wiki")]), TEA, ("/api/v1/orgs/tools/repos", hub)),
        ];
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("lab"), format!("{}\n", LAB.1)).unwrap();
        std::fs::write(secrets.path().join("helper.sh"), format!("echo {}\n", TEA.1)).unwrap();
        let place = |name: &str| secrets.path().join(name).display().to_string();
        let config = format!(
            "sources:\n  - github: {{url: '{}', organisations: [acme], token: {{env: SWEEP_TEST_HUB}}}}\n  - gitlab: {{url: '{}', groups: [platform], \
             token: {{file: '{}'}}}}\n  - gitea: {{url: '{}', organisations: [tools], token: {{command: [sh, '{}']}}}}\n{SETTINGS}{further}",
            servers[0].url,
            servers[1].url,
            place("lab"),
            servers[2].url,
            place("helper.sh")
        );
        std::fs::write(folder.join("sweep.yaml"), config).unwrap();
        Forges { world, secrets, hub: hub_names, servers, said: Mutex::default() }
    }

    /// Runs a command with everything logged; what it printed. Its arguments and those of its children are looked at meanwhile.
    fn ends(&self, code: i32, args: &[&str]) -> String {
        let mut command = self.world.command(args);
        command.env("SWEEP_TEST_HUB", HUB.1).env("SWEEP_TEST_HOOK", HOOK).env("APICENSUS_LOG", "trace");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
        while child.try_wait().unwrap().is_none() {
            self.look_at_arguments();
            std::thread::sleep(Duration::from_millis(5));
        }
        let (text, errors) = (out.join().unwrap(), err.join().unwrap());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}: {text}{errors}");
        self.said.lock().unwrap().push_str(&format!("{text}{errors}"));
        text
    }

    fn look_at_arguments(&self) {
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            // (a test of this file asks it for a signature)
            if arguments.starts_with(b"openssl") {
                continue;
            }
            for secret in hidden() {
                assert!(!holds(&arguments, &secret), "{}", String::from_utf8_lossy(&arguments));
            }
        }
    }

    /// No secret is in an address that was asked for, in what was printed and logged, or in a file of the sweep.
    fn nothing_leaked(&self) {
        let mut places = vec![("what was said".to_owned(), self.said.lock().unwrap().clone().into_bytes())];
        places.extend(self.servers.iter().flat_map(Server::seen).map(|request| ("an address".to_owned(), request.path.into_bytes())));
        for file in files(&self.world.folder) {
            places.push((file.display().to_string(), std::fs::read(&file).unwrap_or_default()));
        }
        assert!(places.len() > 30, "{}", places.len());
        for (place, bytes) in places {
            for secret in hidden() {
                assert!(!holds(&bytes, &secret), "`{secret}` is in {place}");
            }
        }
    }
}

/// Reads a stream to its end beside.
fn read(mut stream: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// What must not show: tokens, and logins as they are sent.
fn hidden() -> Vec<String> {
    let mut all = vec![HOOK.to_owned()];
    for (user, token) in [HUB, LAB, TEA] {
        all.extend([token.to_owned(), STANDARD.encode(format!("{user}:{token}"))]);
    }
    all
}

fn holds(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => all.extend(files(&entry.path())),
            kind if kind.is_file() => all.push(entry.path()),
            _ => {}
        }
    }
    all
}

#[test]
fn three_forges_are_listed_fetched_and_swept_and_their_secrets_stay_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let forges = Forges::new(folder.path(), "");
    let planned = forges.ends(0, &["sweep", "plan"]);
    assert!(planned.contains("sweep 1 (full) planned: 4 repositories listed, 4 to be scanned"), "{planned}");
    forges.ends(0, &["sweep", "work", "--log", "json"]);
    let told = forges.ends(0, &["sweep", "finish"]);
    assert!(told.contains("4 repositories changed, 0 say the same"), "{told}");
    let catalog: Value = serde_json::from_str(&forges.ends(0, &["org", "catalog", "-f", "json"])).unwrap();
    // (3 to 6 things and one call each)
    assert_eq!(catalog["endpoints"].as_array().unwrap().len(), 4 + 5 + 6 + 7);
    let gits = forges.servers.iter().map(|s| s.seen().iter().filter(|r| r.path.ends_with("/git-upload-pack")).count()).collect::<Vec<_>>();
    assert!(gits.iter().all(|number| *number > 0), "all were fetched from: {gits:?}");
    forges.nothing_leaked();
    assert!(forges.secrets.path().join("helper.sh").exists());
}

#[test]
fn a_repository_that_is_renamed_and_one_that_is_transferred_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let forges = Forges::new(folder.path(), "");
    forges.ends(0, &["sweep", "--log", "text"]);
    let repos = folder.path().join("repos");
    std::fs::rename(repos.join("acme/shop.git"), repos.join("acme/store.git")).unwrap();
    std::fs::create_dir_all(repos.join("bank")).unwrap();
    std::fs::rename(repos.join("acme/pay.git"), repos.join("bank/pay.git")).unwrap();
    *forges.hub.lock().unwrap() = vec![(11, "acme/store".to_owned()), (12, "bank/pay".to_owned())];
    let told = forges.ends(0, &["sweep", "--log", "text"]);
    assert!(told.contains("sweep 2 is published as `sweep-2`, revision 4: 0 repositories changed"), "{told}");
    let moved: Value = serde_json::from_str(&forges.ends(0, &["sweep", "explain", "bank/pay", "-f", "json"])).unwrap();
    assert_eq!((moved["key"].as_str(), moved["stale"].as_str()), (Some("acme/pay"), Some("")), "{moved}");
    assert_eq!(moved["jobs"][0]["state"], "unchanged", "its commit is the same, so it is not scanned: {moved}");
    // A change under the new name is a further revision of the same repository.
    forges.world.commit("acme/store", &code(0, 1), 1);
    forges.ends(0, &["sweep", "--log", "text"]);
    let revisions = forges.world.revisions();
    assert_eq!(revisions.get("acme/shop"), Some(&2), "{revisions:?}");
    assert_eq!(revisions.len(), 4, "{revisions:?}");
    forges.nothing_leaked();
}

#[test]
fn a_token_that_is_refused_is_told_and_not_shown_and_nothing_is_taken_for_gone() {
    let folder = tempfile::tempdir().unwrap();
    let forges = Forges::new(folder.path(), "finish: {complete: 0.5}\n");
    forges.ends(0, &["sweep", "--log", "text"]);
    std::fs::write(forges.secrets.path().join("lab"), "glpat-0ther5ecret0ther5ecret").unwrap();
    let told = forges.ends(0, &["sweep", "--log", "text"]);
    assert!(
        told.contains("group platform") && told.contains("a source could not be read to its end: nothing will be taken for gone"),
        "{told}"
    );
    assert!(told.contains("keep an older state, marked as stale: platform/deep/gate"), "{told}");
    assert!(!forges.said.lock().unwrap().contains("0ther5ecret"));
    forges.nothing_leaked();
}

/// The HMAC-SHA-256 that openssl computes.
fn hmac(body: &[u8]) -> Option<String> {
    use std::io::Write;
    let mut command = std::process::Command::new("openssl");
    let mut child = command.args(["dgst", "-sha256", "-hmac", HOOK]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(body).ok()?;
    let said = String::from_utf8(child.wait_with_output().ok()?.stdout).ok()?;
    Some(said.trim().rsplit(' ').next()?.to_owned())
}

#[test]
fn a_published_sweep_is_posted_signed_and_posted_again_while_the_other_side_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let fails = Arc::new(Mutex::new(vec![500, 503]));
    let states = fails.clone();
    let hook = Server::start(move |_| match states.lock().unwrap().pop() {
        Some(0) => reply(403, &[], "no"),
        Some(state) => reply(state, &[], ""),
        None => reply(204, &[], ""),
    });
    let forges =
        Forges::new(folder.path(), &format!("notify: [{{webhook: '{}/apis?key=abc', secret: {{env: SWEEP_TEST_HOOK}}}}]\n", hook.url));
    forges.ends(0, &["sweep", "--log", "text"]);
    let seen = hook.seen();
    assert_eq!(seen.len(), 3, "503, 500, then it was taken");
    assert!(seen.iter().all(|r| r.method == "POST" && r.body == seen[0].body && r.header("content-type") == "application/json"));
    let digest: Value = serde_json::from_slice(&seen[2].body).unwrap();
    assert_eq!(digest["schema"], "apicensus.digest/1", "{digest}");
    if let Some(expected) = hmac(&seen[2].body) {
        assert_eq!(seen[2].header("x-apicensus-signature-256"), format!("sha256={expected}"));
    }
    // Who refuses is told of, and the sweep stays published.
    fails.lock().unwrap().push(0);
    forges.world.commit("acme/shop", &code(0, 1), 1);
    let told = forges.ends(0, &["sweep", "--log", "text"]);
    assert!(told.contains("published as `sweep-2`"), "{told}");
    assert!(forges.said.lock().unwrap().contains("it answered 403"), "{}", forges.said.lock().unwrap());
    let before = hook.seen().len();
    forges.ends(0, &["sweep", "digest", "--post", "-f", "json"]);
    let again = &hook.seen()[before];
    let digest: Value = serde_json::from_slice(&again.body).unwrap();
    assert!(digest.to_string().contains("/r0000/later0"), "{digest}");
    forges.nothing_leaked();
}
