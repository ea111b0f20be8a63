//! Listing against a server on 127.0.0.1 that answers as the forges' documentation says, and as badly as they can.

use super::{Forge, bitbucket};
use crate::config::{Bitbucket, ForgeConfig};
use crate::discover::Forges;
use crate::gate::InMemory;
use crate::http::{Client, NetLimits};
use crate::repository::{Listing, TroubleKind};
use crate::testing::{Reply, Request, Server, reply};
use serde_json::{Value, json};
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn limits() -> NetLimits {
    let pause = Duration::from_millis(5);
    NetLimits { attempts: 4, first_pause: pause, longest_pause: pause * 4, longest_wait: Duration::from_secs(5), ..NetLimits::default() }
}

fn forges(config: Value, base: &Path) -> Forges {
    let config: ForgeConfig = serde_json::from_value(config).unwrap();
    Forges::with(config, base, limits(), Arc::new(InMemory::default())).unwrap()
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.repositories.iter().map(|r| r.name.as_str()).collect()
}

/// A repository as GitHub describes it.
fn github(id: u64, name: &str) -> Value {
    json!({
        "id": id, "name": name.rsplit('/').next(), "full_name": name, "private": true, "fork": id % 10 == 3, "archived": id % 10 == 4,
        "disabled": id % 10 == 5, "clone_url": format!("https://github.example.org/{name}.git"), "default_branch": "main",
        "pushed_at": "2026-01-26T19:06:43Z", "topics": if id % 10 == 6 { json!(["web", "api"]) } else { json!([]) },
    })
}

/// The number in `?page=`.
fn page_of(request: &Request) -> usize {
    let query = request.path.split_once('?').map_or("", |(_, q)| q);
    query.split('&').find_map(|p| p.strip_prefix("page=")?.parse().ok()).unwrap_or(1)
}

/// Pages over a list, linked as GitHub links them, with ETags.
fn paged(request: &Request, all: &[Value], size: usize) -> Reply {
    let page = page_of(request);
    let body = Value::from(all.iter().skip((page - 1) * size).take(size).cloned().collect::<Vec<_>>()).to_string();
    let mut hash = std::hash::DefaultHasher::new();
    (page, &body).hash(&mut hash);
    let etag = format!("W/\"{:x}\"", hash.finish());
    if request.header("if-none-match") == etag {
        return reply(304, &[("etag", &etag)], "");
    }
    let host = request.header("host");
    let path = request.path.split("&page=").next().unwrap();
    let link = format!("<http://{host}{path}&page={}>; rel=\"next\", <http://{host}{path}&page=9>; rel=\"last\"", page + 1);
    let more = page * size < all.len();
    reply(200, &[("etag", &etag), if more { ("link", &link) } else { ("x-none", "") }], body)
}

fn source(server: &Server) -> Value {
    json!({"sources": [{"github": {"url": server.url, "organisations": ["acme"]}, "forks": true, "archived": true}]})
}

#[test]
fn pages_are_followed_filtered_and_asked_for_conditionally() {
    let all: Vec<Value> = (1..=25).map(|n| github(n, &format!("acme/r{n:02}"))).collect();
    let server = Server::start(move |request| match request.path.starts_with("/api/v3/orgs/acme/repos?type=all&per_page=100") {
        true => paged(request, &all, 10),
        false => reply(404, &[], "{}"),
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "t0ken-secret\n").unwrap();
    let mut config = source(&server);
    config["sources"][0]["github"]["token"] = json!({"file": "token"});
    let forges = forges(config, folder.path());
    let listing = forges.list();
    assert_eq!(listing.repositories.len(), 22, "{:?}", listing.troubles);
    assert!(listing.complete && listing.left_out == 3);
    let id = format!("github:{}:6", server.url.trim_start_matches("http://"));
    let six = listing.repositories.iter().find(|r| r.forge_id == id).unwrap();
    assert_eq!((six.name.as_str(), six.default_ref.as_deref()), ("acme/r06", Some("main")));
    assert_eq!(
        (six.topics.as_slice(), six.url.as_str()),
        (["api".to_owned(), "web".to_owned()].as_slice(), "https://github.example.org/acme/r06.git")
    );
    let seen = server.seen();
    // Two readings of three pages; the second finds nothing changed.
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|r| r.header("authorization") == "Bearer t0ken-secret"));
    assert_eq!(seen.iter().filter(|r| !r.header("if-none-match").is_empty()).count(), 3);
    assert_eq!(forges.list(), listing);
    assert!(!format!("{forges:?} {listing:?}").contains("t0ken-secret"));
}

#[test]
fn filters_choose_by_name_topic_fork_and_archive() {
    let all: Vec<Value> = (1..=9).map(|n| github(n, &format!("acme/r{n}"))).collect();
    let server = Server::start(move |request| paged(request, &all, 100));
    let with = |key: &str, value: Value| {
        let mut config = json!({"sources": [{"github": {"url": server.url, "organisations": ["acme"]}}]});
        config["sources"][0][key] = value;
        names(&forges(config, Path::new(".")).list()).join(" ")
    };
    assert_eq!(with("forks", json!(true)), "acme/r1 acme/r2 acme/r3 acme/r6 acme/r7 acme/r8 acme/r9");
    assert_eq!(with("archived", json!(true)), "acme/r1 acme/r2 acme/r4 acme/r6 acme/r7 acme/r8 acme/r9");
    assert_eq!(with("topics", json!(["api"])), "acme/r6");
    assert_eq!(with("include", json!(["*/r[12]", "other/*"])), "acme/r1 acme/r2");
    assert_eq!(with("exclude", json!(["acme/r[1-8]"])), "acme/r9");
    // A wildcard stays within its part of the name.
    assert_eq!(with("include", json!(["*"])), "");
}

#[test]
fn what_fails_for_a_while_is_tried_again() {
    let count = AtomicUsize::new(0);
    let begin = Instant::now();
    let server = Server::start(move |request| {
        let all = vec![github(1, "acme/a"), github(2, "acme/b")];
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => reply(500, &[], "<html>oops"),
            1 => reply(429, &[("retry-after", "1")], ""),
            2 => reply(200, &[], "[{\"id\": 1, \"full_na"),
            3 => Reply::Raw(Box::new(|stream| {
                use std::io::Write;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n[{\"id\"");
            })),
            4 => reply(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], "{\"message\": \"API rate limit exceeded\"}"),
            5 => reply(502, &[], ""),
            _ => paged(request, &all, 1),
        }
    });
    let mut generous = limits();
    generous.attempts = 10;
    let config: ForgeConfig = serde_json::from_value(source(&server)).unwrap();
    let listing = Forges::with(config, Path::new("."), generous, Arc::new(InMemory::default())).unwrap().list();
    assert_eq!(names(&listing), ["acme/a", "acme/b"], "{:?}", listing.troubles);
    assert!(listing.complete);
    assert!(begin.elapsed() >= Duration::from_millis(1900), "both waits were kept: {:?}", begin.elapsed());
}

#[test]
fn what_keeps_failing_is_said_and_nothing_counts_as_gone() {
    let all: Vec<Value> = (1..=4).map(|n| github(n, &format!("acme/r{n}"))).collect();
    let server = Server::start(move |request| if page_of(request) == 2 { reply(500, &[], "") } else { paged(request, &all, 2) });
    let listing = forges(source(&server), Path::new(".")).list();
    assert_eq!(names(&listing), ["acme/r1", "acme/r2"]);
    assert!(!listing.complete);
    let message = &listing.troubles[0].message;
    assert!(message.contains("page=2") && message.contains("500 (tried 4 times)"), "{message}");
}

#[test]
fn refusals_and_limits_are_told_apart() {
    let said = |status: u16, headers: &'static [(&'static str, &'static str)], body: &'static str| {
        let server = Server::start(move |_| reply(status, headers, body));
        let listing = forges(source(&server), Path::new(".")).list();
        assert!(!listing.complete && listing.repositories.is_empty());
        listing.troubles[0].message.clone()
    };
    assert!(said(401, &[], "{\"message\": \"Bad credentials\"}").contains("access was refused (401, Bad credentials)"));
    assert!(said(404, &[], "").contains("not found, or not visible"));
    assert!(said(429, &[("retry-after", "99999")], "").contains("asks to wait"));
    assert!(said(403, &[], "{\"message\": \"You have exceeded a secondary rate limit\"}").contains("asks to wait"));
    assert!(said(418, &[], "").contains("unexpected answer: 418"));
    assert!(said(200, &[], "{\"a\": 1}").contains("a page that is no list"));
    assert!(said(302, &[("location", "http://127.0.0.2:1/x")], "").contains("leads to another host"));
    assert!(said(200, &[("link", "<http://evil.example/2>; rel=\"next\"")], "[]").contains("leads to another host"));
}

#[test]
fn one_wait_holds_all_who_ask() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = Server::start(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => reply(429, &[("retry-after", "1")], ""),
        _ => reply(200, &[], "[]"),
    });
    let forges = forges(source(&server), Path::new("."));
    std::thread::scope(|s| {
        s.spawn(|| forges.list());
        std::thread::sleep(Duration::from_millis(300));
        (0..3).for_each(|_| drop(s.spawn(|| forges.list())));
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(count.load(Ordering::SeqCst), 1, "no one asks while the host wants none");
    });
    assert_eq!(count.load(Ordering::SeqCst), 5);
}

#[test]
fn a_list_that_shifts_while_it_is_read_loses_nothing() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        // After the first page of the first reading, r2 is deleted: r4 moves from the second page to the first.
        let deleted = count.fetch_add(1, Ordering::SeqCst) >= 1;
        let all: Vec<Value> = (1..=7).filter(|n| !(deleted && *n == 2)).map(|n| github(n * 10, &format!("acme/r{n}"))).collect();
        paged(request, &all, 3)
    });
    let listing = forges(source(&server), Path::new(".")).list();
    assert_eq!(names(&listing), ["acme/r1", "acme/r3", "acme/r4", "acme/r5", "acme/r6", "acme/r7"]);
    assert!(listing.complete, "{:?}", listing.troubles);
}

#[test]
fn a_list_that_never_settles_is_not_whole() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let n = count.fetch_add(1, Ordering::SeqCst) as u64;
        paged(request, &[github(10, "acme/a"), github(20 + n, "acme/new")], 1)
    });
    let listing = forges(source(&server), Path::new(".")).list();
    assert!(!listing.complete && listing.troubles[0].message.contains("changed during each of 5 readings"), "{:?}", listing.troubles);
}

#[test]
fn duplicates_circles_and_odd_entries() {
    let server = Server::start(|request| match page_of(request) {
        1 => paged(request, &[github(10, "acme/a"), github(10, "acme/a"), json!({"id": 2}), github(20, "acme/b")], 3),
        _ => reply(200, &[("link", &format!("<http://{}{}>; rel=\"next\"", request.header("host"), request.path))], "[]"),
    });
    let listing = forges(source(&server), Path::new(".")).list();
    assert_eq!(names(&listing), ["acme/a"]);
    assert!(listing.troubles.iter().any(|t| t.message.contains("in a circle")), "{:?}", listing.troubles);
    let odd = Server::start(|_| {
        reply(
            200,
            &[],
            json!([github(10, "acme/a"), {"id": 2, "name": "x"}, {"id": 3, "full_name": "b", "clone_url": "ext::sh"}]).to_string(),
        )
    });
    let listing = forges(source(&odd), Path::new(".")).list();
    let odd: Vec<_> = listing.troubles.iter().filter(|t| t.kind == TroubleKind::Entry).map(|t| t.message.as_str()).collect();
    assert_eq!(odd.len(), 2, "{odd:?}");
    assert!(odd[0].contains("without `full_name`: x") && !listing.complete);
}

#[test]
fn a_repository_keeps_its_identity_when_it_moves() {
    let moved = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&moved);
    let server = Server::start(move |request| {
        let name = ["acme/shop", "acme/store", "umbrella/store"][now.load(Ordering::SeqCst)];
        paged(request, &[github(42, name)], 10)
    });
    let forges = forges(source(&server), Path::new("."));
    let ids = (0..3).map(|n| {
        moved.store(n, Ordering::SeqCst);
        let listing = forges.list();
        (listing.repositories[0].forge_id.clone(), listing.repositories[0].name.clone())
    });
    let ids: Vec<_> = ids.collect();
    assert!(ids.iter().all(|(id, _)| *id == ids[0].0), "{ids:?}");
    assert_eq!(ids[2].1, "umbrella/store");
}

#[test]
fn answers_without_end_are_cut_off() {
    let server = Server::start(|_| {
        Reply::Raw(Box::new(|stream| {
            use std::io::Write;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[");
            while stream.write_all(&[b' '; 65536]).is_ok() {}
        }))
    });
    let mut small = limits();
    small.answer_bytes = 1 << 20;
    let config: ForgeConfig = serde_json::from_value(source(&server)).unwrap();
    let listing = Forges::with(config, Path::new("."), small, Arc::new(InMemory::default())).unwrap().list();
    assert!(listing.troubles[0].message.contains("larger than 1 MB"), "{:?}", listing.troubles);
}

#[test]
fn a_server_that_hangs_is_left() {
    let server = Server::start(|_| Reply::Raw(Box::new(|_| std::thread::sleep(Duration::from_secs(20)))));
    let mut quick = limits();
    (quick.attempts, quick.idle) = (2, Duration::from_millis(200));
    let config: ForgeConfig = serde_json::from_value(source(&server)).unwrap();
    let begin = Instant::now();
    let listing = Forges::with(config, Path::new("."), quick, Arc::new(InMemory::default())).unwrap().list();
    assert!(begin.elapsed() < Duration::from_secs(5) && !listing.complete, "{:?}", listing.troubles);
}

#[test]
fn http_is_spoken_to_this_machine_only() {
    let config = json!({"sources": [{"gitea": {"url": "http://git.example.org", "users": ["a"]}}]});
    let listing = forges(config, Path::new(".")).list();
    assert!(listing.troubles[0].message.contains("http is not encrypted"), "{:?}", listing.troubles);
}

#[test]
fn an_app_gets_a_token_for_each_installation() {
    let folder = tempfile::tempdir().unwrap();
    let made =
        Command::new("openssl").args(["genrsa", "-traditional", "-out", "key.pem", "2048"]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success());
    let server = Server::start(|request| {
        let bearer = request.header("authorization").trim_start_matches("Bearer ").to_owned();
        let proves = bearer.split('.').count() == 3;
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api/v3/app/installations?per_page=100") if proves => {
                reply(200, &[], json!([{"id": 7, "account": {"login": "Acme"}}, {"id": 8, "account": {"login": "jo"}}]).to_string())
            }
            ("POST", "/api/v3/app/installations/7/access_tokens") if proves => {
                reply(201, &[], "{\"token\": \"ghs_seven\", \"expires_at\": \"x\"}")
            }
            ("POST", "/api/v3/app/installations/8/access_tokens") if proves => {
                reply(201, &[], "{\"token\": \"ghs_eight\", \"expires_at\": \"x\"}")
            }
            ("GET", "/api/v3/orgs/acme/installation") if proves => reply(200, &[], "{\"id\": 7}"),
            ("GET", "/api/v3/orgs/gone/installation" | "/api/v3/users/gone/installation") if proves => reply(404, &[], ""),
            ("GET", path) if path.starts_with("/api/v3/installation/repositories") && bearer == "ghs_seven" => {
                reply(200, &[], json!({"total_count": 1, "repositories": [github(1, "Acme/a")]}).to_string())
            }
            ("GET", path) if path.starts_with("/api/v3/installation/repositories") && bearer == "ghs_eight" => {
                reply(200, &[], json!({"total_count": 1, "repositories": [github(2, "jo/b")]}).to_string())
            }
            ("GET", path) if path.starts_with("/api/v3/orgs/acme/repos") && bearer == "ghs_seven" => {
                reply(200, &[], json!([github(1, "Acme/a")]).to_string())
            }
            _ => reply(401, &[], "{\"message\": \"Bad credentials\"}"),
        }
    });
    let app = json!({"id": "Iv1.abc", "key": {"file": "key.pem"}});
    let everything = json!({"sources": [{"github": {"url": server.url, "app": app}}]});
    let listing = forges(everything, folder.path()).list();
    assert_eq!(names(&listing), ["Acme/a", "jo/b"], "{:?}", listing.troubles);
    assert!(listing.complete);
    let one = json!({"sources": [{"github": {"url": server.url, "app": app, "organisations": ["acme", "gone"]}}]});
    let listing = forges(one, folder.path()).list();
    assert_eq!(names(&listing), ["Acme/a"]);
    assert_eq!(listing.troubles[0].message, "the App is not installed on `gone`");
}

#[test]
fn a_users_private_repositories_are_listed_with_their_own_token() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "mine").unwrap();
    let server = Server::start(|request| match request.path.split('?').next().unwrap() {
        "/api/v3/user" => reply(200, &[], "{\"login\": \"Jo\"}"),
        "/api/v3/user/repos" => reply(200, &[], json!([github(1, "Jo/private")]).to_string()),
        "/api/v3/users/kim/repos" => reply(200, &[], json!([github(2, "kim/public")]).to_string()),
        _ => reply(404, &[], ""),
    });
    let config = json!({"sources": [{"github": {"url": server.url, "users": ["jo", "kim"], "token": {"file": "token"}}}]});
    assert_eq!(names(&forges(config, folder.path()).list()), ["Jo/private", "kim/public"]);
}

#[test]
fn gitlab_lists_groups_with_subgroups_and_everything_by_keyset() {
    let project = |id: u64, path: &str| {
        json!({"id": id, "path_with_namespace": path, "http_url_to_repo": format!("https://gitlab.example.org/{path}.git"), "default_branch": "trunk",
            "archived": false, "topics": ["b", "a"], "forked_from_project": if id == 3 { json!({"id": 1}) } else { Value::Null },
            "repository_access_level": if id == 4 { "disabled" } else { "enabled" }})
    };
    let server = Server::start(move |request| {
        let host = request.header("host");
        match request.path.as_str() {
            "/api/v4/groups/acme%2Fplatform/projects?include_subgroups=true&with_shared=false&order_by=id&sort=asc&per_page=100" => {
                let all: Vec<_> = (1..=4).map(|n| project(n, &format!("acme/platform/deep/p{n}"))).collect();
                reply(200, &[("ratelimit-remaining", "10"), ("ratelimit-reset", "1")], Value::from(all).to_string())
            }
            "/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100" => {
                let next =
                    format!("<http://{host}/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&id_after=2>; rel=\"next\"");
                reply(200, &[("link", &next)], json!([project(1, "a/one"), project(2, "a/two")]).to_string())
            }
            "/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&id_after=2" => {
                reply(200, &[], json!([project(5, "b/five")]).to_string())
            }
            _ => reply(404, &[], "{\"message\": \"404 Group Not Found\"}"),
        }
    });
    let config = json!({"sources": [{"gitlab": {"url": server.url, "groups": ["acme/platform"]}}]});
    let listing = forges(config, Path::new(".")).list();
    assert_eq!(names(&listing), ["acme/platform/deep/p1", "acme/platform/deep/p2"], "{:?}", listing.troubles);
    assert_eq!((listing.left_out, listing.repositories[0].default_ref.as_deref()), (2, Some("trunk")));
    assert_eq!(listing.repositories[0].topics, ["a", "b"]);
    let config = json!({"sources": [{"gitlab": {"url": server.url, "everything": true}}]});
    let before = server.seen().len();
    let listing = forges(config, Path::new(".")).list();
    assert_eq!(names(&listing), ["a/one", "a/two", "b/five"], "{:?}", listing.troubles);
    assert_eq!(server.seen().len() - before, 2, "keyed pages are read once");
}

#[test]
fn gitea_lists_organisations() {
    let server = Server::start(|request| {
        let repo = |id: u64, name: &str| {
            json!({"id": id, "full_name": name, "clone_url": format!("https://git.example.org/{name}.git"), "default_branch": "main",
                "archived": false, "fork": false, "empty": id == 2, "topics": []})
        };
        if request.header("authorization") != "token s3cret" {
            return reply(401, &[], "{\"message\": \"token is required\"}");
        }
        let host = request.header("host");
        match request.path.as_str() {
            "/api/v1/orgs/acme/repos?page=1&limit=50" => {
                let link = format!(
                    "<http://{host}/api/v1/orgs/acme/repos?limit=50&page=2>; rel=\"next\",<http://{host}/api/v1/orgs/acme/repos?limit=50&page=2>; rel=\"last\""
                );
                reply(200, &[("link", &link), ("x-total-count", "3")], json!([repo(1, "acme/a"), repo(2, "acme/empty")]).to_string())
            }
            "/api/v1/orgs/acme/repos?limit=50&page=2" => reply(200, &[("x-total-count", "3")], json!([repo(3, "acme/c")]).to_string()),
            _ => reply(404, &[], ""),
        }
    });
    let token = json!({"command": ["printf", "s3cret"]});
    let config = json!({"sources": [{"gitea": {"url": server.url, "organisations": ["acme"], "token": token}}]});
    let listing = forges(config, Path::new(".")).list();
    assert_eq!(names(&listing), ["acme/a", "acme/empty", "acme/c"], "{:?}", listing.troubles);
    assert_eq!(listing.repositories[1].default_ref, None);
}

#[test]
fn bitbucket_lists_workspaces_and_projects() {
    let server = Server::start(|request| {
        let host = request.header("host");
        let cloud = |uuid: &str, name: &str| {
            json!({"uuid": uuid, "full_name": name, "scm": "git", "mainbranch": {"name": "main", "type": "branch"},
                "links": {"clone": [{"name": "https", "href": format!("https://jo@bitbucket.org/{name}.git")}, {"name": "ssh", "href": "git@bitbucket.org:x.git"}]}})
        };
        let center = |id: u64, slug: &str| {
            json!({"id": id, "slug": slug, "scmId": "git", "archived": false, "project": {"key": "ACME"},
                "links": {"clone": [{"name": "http", "href": format!("https://bb.example.org/scm/acme/{slug}.git")}]}})
        };
        match request.path.as_str() {
            "/repositories/acme?pagelen=100&sort=created_on" => {
                let next = format!("http://{host}/repositories/acme?pagelen=100&sort=created_on&page=2");
                reply(200, &[], json!({"values": [cloud("{a}", "acme/one")], "next": next, "pagelen": 100}).to_string())
            }
            "/repositories/acme?pagelen=100&sort=created_on&page=2" => {
                reply(200, &[], json!({"values": [cloud("{b}", "acme/two")]}).to_string())
            }
            "/rest/api/1.0/projects/ACME/repos?limit=100" => {
                reply(200, &[], json!({"values": [center(1, "one")], "isLastPage": false, "nextPageStart": 100}).to_string())
            }
            "/rest/api/1.0/projects/ACME/repos?limit=100&start=100" => {
                reply(200, &[], json!({"values": [center(2, "two")], "isLastPage": true}).to_string())
            }
            _ => reply(404, &[], ""),
        }
    });
    let config = json!({"sources": [{"bitbucket": {"url": server.url, "projects": ["ACME"]}}]});
    let listing = forges(config, Path::new(".")).list();
    assert_eq!(names(&listing), ["ACME/one", "ACME/two"], "{:?}", listing.troubles);
    let config = Bitbucket { workspaces: vec!["acme".to_owned()], ..Bitbucket::default() };
    let mut source = bitbucket::Source::new(&config, Path::new("."), None).unwrap();
    source.api.clone_from(&server.url);
    let client = Client::new(Default::default(), Path::new("."), limits(), Arc::new(InMemory::default()));
    let mut listing = Listing::whole();
    source.list(&client, &mut listing);
    assert_eq!(names(&listing), ["acme/one", "acme/two"], "{:?}", listing.troubles);
    assert_eq!(
        (listing.repositories[0].forge_id.as_str(), listing.repositories[0].url.as_str()),
        ("bitbucket:{a}", "https://bitbucket.org/acme/one.git")
    );
}
