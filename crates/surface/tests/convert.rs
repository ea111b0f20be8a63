//! Catalogs of small trees and hand-made censuses.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Audience, AuthState, Catalog, Confidence, Endpoint, PathState, TroubleKind};
use apicensus_eval::files::FileId;
use apicensus_eval::output::{
    self, Census, Condition, GuardRef, HandlerRef, Inputs, Methods, PathPiece, Place, Protocol, Route, Ruling, Says, Step,
};
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::languages::Languages;
use apicensus_surface::survey::Survey;
use apicensus_surface::{convert, template};
use std::fs;
use tempfile::TempDir;

struct Bench {
    _dir: TempDir,
    tree: Tree,
    languages: Languages,
}

fn bench(files: &[(&str, &str)]) -> Bench {
    let dir = TempDir::new().unwrap();
    for (path, text) in files {
        let path = dir.path().join("shop").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = open(&dir.path().join("shop"), 1000);
    Bench { _dir: dir, tree, languages: Languages::builtin().unwrap() }
}

fn open(path: &std::path::Path, max_file_size: u64) -> Tree {
    Tree::open(&OpenOptions { paths: vec![path.to_owned()], max_file_size, ..OpenOptions::default() }).unwrap()
}

impl Bench {
    fn place(&self, file: &str, line: u32) -> Place {
        Place { file: FileId(self.tree.find(file).unwrap() as u32), line, end_line: line + 1, start: 0, end: 1 }
    }
    fn route(&self, method: &str, path: &str, file: &str, line: u32) -> Route {
        let place = self.place(file, line);
        Route {
            framework: "acme".into(),
            protocol: Protocol::Http,
            methods: if method == "ANY" { Methods::Any } else { Methods::Some(vec![method.into()]) },
            path: vec![PathPiece::Text { text: path.into(), place: Some(place), style: "brace".into(), is_default: false }],
            handler: Some(HandlerRef {
                place,
                defined: None,
                symbol: "handle".into(),
                summary: Some("Says hello.".into()),
                deprecated: false,
            }),
            registered_at: place,
            trail: vec![],
            conditions: vec![],
            guards: vec![],
            inputs: Inputs::default(),
            app: None,
            detached: false,
            lent: false,
            deprecated: false,
            third_party: false,
            bare: false,
            test: false,
            implicit: false,
            passes_on: false,
        }
    }
    fn under(&self, app: &str, route: Route) -> Route {
        Route { app: Some(self.place(app, 1)), ..route }
    }
    fn catalog(&self, routes: Vec<Route>) -> Catalog {
        let survey = Survey::new(&self.tree, &self.languages);
        convert::catalog(&Census { routes, ..Census::default() }, &survey, &self.languages)
    }
}

fn lines(endpoints: &[Endpoint]) -> Vec<String> {
    endpoints.iter().map(|e| format!("{} {} {}", e.service, e.method, e.path)).collect()
}

#[test]
fn an_endpoint_has_its_evidence() {
    let b = bench(&[("pyproject.toml", "[project]\nname = 'orders'"), ("app/main.py", ""), ("app/api.py", "")]);
    let mut route = b.under("app/main.py", b.route("GET", "/api/v1/users/{id:int}", "app/api.py", 7));
    route.trail = vec![Step { place: b.place("app/main.py", 3), what: "mount".into(), gives: route.path.clone() }];
    route.conditions = vec![Condition { text: "settings.DEBUG".into(), place: b.place("app/main.py", 2), default: Some(false) }];
    route.guards = vec![GuardRef {
        place: b.place("app/api.py", 6),
        level: "router".into(),
        symbol: "login".into(),
        defined: Some(b.place("app/main.py", 9)),
        ruling: Ruling { says: Says::Required, schemes: vec![("session".into(), "login".into())], ..Ruling::default() },
        controls: Vec::new(),
        foreign: false,
    }];
    route.deprecated = true;
    let catalog = b.catalog(vec![route]);
    let e = &catalog.endpoints[0];
    assert_eq!((e.method.as_str(), e.path.as_str(), e.raw_path.as_str()), ("GET", "/api/v1/users/{id}", "/api/v1/users/{id:int}"));
    assert_eq!((e.parameters[0].name.as_str(), e.parameters[0].type_name.as_deref(), e.parameters[0].required), ("id", Some("int"), true));
    assert_eq!((e.registered_at.file.as_str(), e.registered_at.line), ("app/api.py", 7));
    assert_eq!(e.handler.as_ref().map(|h| (h.file.as_str(), h.line, h.symbol.as_str())), Some(("app/api.py", 7, "handle")));
    assert_eq!((e.trail[0].what.as_str(), e.trail[0].gives.as_str()), ("mount", "/api/v1/users/{id:int}"));
    assert_eq!((e.conditions[0].text.as_str(), e.conditions[0].default), ("settings.DEBUG", Some(false)));
    assert_eq!((e.auth.chain[0].symbol.as_str(), e.auth.chain[0].defined.as_ref().map(|d| d.line)), ("login", Some(9)));
    assert_eq!((e.auth.state, e.auth.schemes[0].name.as_str(), e.auth.inferred), (AuthState::Required, "login", false));
    assert!(e.lifecycle.deprecated);
    assert_eq!(e.lifecycle.version.as_deref(), Some("v1"));
    assert_eq!(e.confidence, Confidence::Medium);
    assert_eq!(e.summary.as_deref(), Some("Says hello."));
    let s = &catalog.services[0];
    assert_eq!((s.id.as_str(), s.name.as_str(), s.manifest.as_deref()), (".", "orders", Some("pyproject.toml")));
    assert_eq!((&s.languages[..], &s.frameworks[..]), (&["python".to_owned()][..], &["acme".to_owned()][..]));
    assert_eq!(s.entry.as_ref().map(|l| l.file.as_str()), Some("app/main.py"));
    assert_eq!(catalog.repositories[0].name, "shop");
    assert!(catalog.repositories[0].revision.is_none());
}

#[test]
fn services_of_a_monorepo_stay_apart() {
    let b = bench(&[
        ("package.json", r#"{"name": "root", "workspaces": ["apps/*"]}"#),
        ("apps/bff/package.json", r#"{"name": "bff"}"#),
        ("apps/bff/dist/package.json", r#"{"type": "module"}"#),
        ("apps/bff/dist/app.js", ""),
        ("apps/api/pyproject.toml", "[project]\nname = 'api'"),
        ("apps/api/package.json", r#"{"name": "assets"}"#),
        ("apps/api/main.py", ""),
        ("tools/x.js", ""),
    ]);
    let catalog = b.catalog(vec![
        b.route("GET", "/health", "apps/bff/dist/app.js", 1),
        b.route("GET", "/health", "apps/api/main.py", 1),
        b.route("GET", "/health", "tools/x.js", 1),
    ]);
    assert_eq!(lines(&catalog.endpoints), [". GET /health", "apps/api GET /health", "apps/bff GET /health"]);
    assert_eq!(catalog.services.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["root", "api", "bff"]);
    assert_eq!(catalog.endpoints.iter().map(|e| &e.id).collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[test]
fn applications_that_clash_are_services_of_their_own() {
    let b = bench(&[("requirements.txt", ""), ("public.py", ""), ("admin/__init__.py", ""), ("shared.py", ""), ("tests/test_a.py", "")]);
    let both = |app: &str| b.under(app, b.route("GET", "/health", "shared.py", 3));
    let only = b.under("public.py", b.route("GET", "/users", "public.py", 5));
    let apart = b.catalog(vec![both("public.py"), only.clone(), both("admin/__init__.py")]);
    assert_eq!(lines(&apart.endpoints), [".#admin/__init__.py GET /health", ".#public.py GET /health", ".#public.py GET /users"]);
    assert_eq!(apart.services.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["shop-admin", "shop-public"]);
    // Without a clash they are one; the application of a test is never one with them.
    let joined = b.catalog(vec![only, b.under("admin/__init__.py", b.route("GET", "/x", "shared.py", 1)), both("tests/test_a.py")]);
    assert_eq!(lines(&joined.endpoints), [". GET /users", ". GET /x", ".!test GET /health"]);
    assert_eq!(joined.endpoints[2].audience, Audience::Test);
}

#[test]
fn a_slash_at_the_end_tells_operations_apart_where_handlers_differ() {
    let b = bench(&[("a.py", "")]);
    let catalog =
        b.catalog(vec![b.route("GET", "/users/", "a.py", 1), b.route("GET", "/users", "a.py", 5), b.route("GET", "/x/", "a.py", 9)]);
    assert_eq!(lines(&catalog.endpoints), [". GET /users", ". GET /users/", ". GET /x/"]);
    assert_ne!(catalog.endpoints[0].id, catalog.endpoints[1].id);
    // The one without the slash has the id that it has alone, whatever comes first.
    let alone = b.catalog(vec![b.route("GET", "/users", "a.py", 5)]);
    assert_eq!(catalog.endpoints[0].id, alone.endpoints[0].id);
}

#[test]
fn identical_operations_become_one() {
    let b = bench(&[("a.py", ""), ("b.py", ""), ("tests/c.py", "")]);
    let catalog = b.catalog(vec![
        b.route("GET", "/users/{id}", "tests/c.py", 1),
        b.route("get", "/users/{user_id}", "a.py", 2),
        b.route("GET", "/users/{id}", "b.py", 3),
        b.route("GET", "/users/{id}", "b.py", 3),
        b.route("POST", "/users/{id}", "b.py", 4),
    ]);
    assert_eq!(lines(&catalog.endpoints), [". POST /users/{id}", ". GET /users/{user_id}"]);
    let kept = &catalog.endpoints[1];
    assert_eq!(kept.audience, Audience::Production);
    let others: Vec<(&str, u32)> = kept.also_registered_at.iter().map(|l| (l.file.as_str(), l.line)).collect();
    assert_eq!((kept.registered_at.file.as_str(), others), ("a.py", vec![("tests/c.py", 1), ("b.py", 3)]));
}

#[test]
fn ids_survive_moves_and_renamed_parameters() {
    let b = bench(&[("a.py", ""), ("b.py", "")]);
    let first = b.catalog(vec![b.route("GET", "/users/{id}", "a.py", 1)]);
    let moved = b.catalog(vec![b.route("GET", "/users/{name}/", "b.py", 9)]);
    assert_eq!(first.endpoints[0].id, moved.endpoints[0].id);
    assert_eq!(first.endpoints[0].id.len(), 16);
    assert_ne!(first.endpoints[0].id, b.catalog(vec![b.route("PUT", "/users/{id}", "a.py", 1)]).endpoints[0].id);
}

#[test]
fn methods_and_protocols() {
    let b = bench(&[("a.py", "")]);
    let socket = Route { protocol: Protocol::WebSocket, methods: Methods::Any, ..b.route("ANY", "/ws", "a.py", 1) };
    let two = Route { methods: Methods::Some(vec!["GET".into(), "POST".into()]), ..b.route("ANY", "/two", "a.py", 2) };
    let none = Route { methods: Methods::Some(vec![]), ..b.route("ANY", "/none", "a.py", 3) };
    let catalog = b.catalog(vec![socket, two, none, b.route("ANY", "/any", "a.py", 4)]);
    assert_eq!(lines(&catalog.endpoints), [". ANY /any", ". ANY /none", ". GET /two", ". POST /two", ". GET /ws"]);
    assert_eq!(catalog.endpoints[4].protocol.as_str(), "websocket");
}

#[test]
fn holes_lower_the_confidence() {
    let b = bench(&[("a.py", "")]);
    let hole = PathPiece::Hole { label: "settings.PREFIX".into(), reason: "set from outside".into(), place: Some(b.place("a.py", 2)) };
    let with = |pieces: Vec<PathPiece>| Route { path: pieces, ..b.route("GET", "/x", "a.py", 3) };
    let text = b.route("GET", "/x", "a.py", 3).path.remove(0);
    let detached = Route { detached: true, ..b.route("GET", "/d", "a.py", 4) };
    let catalog = b.catalog(vec![with(vec![hole.clone(), text]), with(vec![hole]), detached]);
    let by = |path: &str| catalog.endpoints.iter().find(|e| e.path == path).unwrap();
    let partial = by("/x");
    assert_eq!(
        (partial.path_state, partial.confidence, partial.raw_path.as_str()),
        (PathState::Partial, Confidence::Medium, "{?settings.PREFIX}/x")
    );
    assert_eq!((partial.holes[0].label.as_str(), partial.holes[0].at.as_ref().map(|l| l.line)), ("settings.PREFIX", Some(2)));
    assert_eq!(by("/{?settings.PREFIX}").confidence, Confidence::Low);
    assert_eq!((by("/d").confidence, by("/d").detached), (Confidence::Low, true));
    assert_eq!((catalog.coverage.partial_endpoints, catalog.coverage.detached_endpoints), (2, 1));
}

#[test]
fn audiences_follow_the_code_that_registers() {
    let b = bench(&[
        ("a.py", ""),
        ("examples/e.py", ""),
        ("gen_pb2.py", ""),
        ("vendor/v.py", ""),
        ("marked.py", "# Code generated by x. DO NOT EDIT.\n"),
    ]);
    let survey = Survey::new(&b.tree, &b.languages);
    survey.module(FileId(b.tree.find("marked.py").unwrap() as u32));
    let routes = ["a.py", "examples/e.py", "gen_pb2.py", "vendor/v.py", "marked.py"]
        .iter()
        .enumerate()
        .map(|(n, f)| b.route("GET", &format!("/{n}"), f, 1))
        .collect();
    let catalog = convert::catalog(&Census { routes, ..Census::default() }, &survey, &b.languages);
    let audiences: Vec<&str> = catalog.endpoints.iter().map(|e| e.audience.as_str()).collect();
    assert_eq!(audiences, ["production", "example", "generated", "vendored", "generated"]);
}

#[test]
fn coverage_and_troubles_have_denominators() {
    let big = format!("x = '{}'\n", "y".repeat(2000));
    let b = bench(&[
        ("a.py", "x = 1\n"),
        ("bad.py", "def (:\n"),
        ("big.py", &big),
        ("app.min.js", "x"),
        ("run", "#!/usr/bin/env python3\n"),
        ("README", "text"),
        ("package.json", "{}"),
    ]);
    fs::write(b.tree.root().join("latin.py"), b"x = '\xe9'\n").unwrap();
    let tree = open(b.tree.root(), 1000);
    let survey = Survey::new(&tree, &b.languages);
    for (id, file) in survey.files.iter() {
        if file.lang.is_some() {
            assert_eq!(survey.module(id).is_some(), file.path != "big.py");
            survey.module(id);
        }
    }
    let trouble =
        output::Trouble { kind: output::TroubleKind::UnresolvedMount, file: FileId(0), line: 4, message: "m".into(), effect: "e".into() };
    let census = Census { troubles: vec![trouble], ..Census::default() };
    let catalog = convert::catalog(&census, &survey, &b.languages);
    let c = &catalog.coverage;
    assert_eq!((c.files_seen, c.files_parsed), (8, 4));
    let python = &c.languages["python"];
    assert_eq!((python.seen, python.read, python.parsed, python.broken), (5, 4, 4, 1));
    assert_eq!(c.classes["production"], 5);
    let kinds: Vec<(&str, TroubleKind)> = catalog.troubles.iter().map(|t| (t.file.as_str(), t.kind)).collect();
    assert!(kinds.contains(&("bad.py", TroubleKind::Syntax)));
    assert!(kinds.contains(&("big.py", TroubleKind::TooLarge)));
    assert!(kinds.contains(&("latin.py", TroubleKind::Encoding)));
    assert!(kinds.iter().any(|(_, k)| *k == TroubleKind::UnresolvedMount));
    assert!(kinds.is_sorted_by_key(|(f, _)| *f));
}

#[test]
fn minified_and_binary_files_are_not_given_out() {
    let minified = "x;".repeat(4000);
    let b = bench(&[("a.js", "x;"), ("b.js", "x\0y"), ("c.js", &minified)]);
    let tree = open(b.tree.root(), 1 << 20);
    let survey = Survey::new(&tree, &b.languages);
    let given = |path: &str| survey.code(FileId(tree.find(path).unwrap() as u32)).is_some();
    assert_eq!((given("a.js"), given("b.js"), given("c.js")), (true, false, false));
}

#[test]
fn an_empty_tree_gives_an_empty_catalog() {
    let b = bench(&[("README.md", "")]);
    let catalog = b.catalog(vec![]);
    assert!(catalog.endpoints.is_empty() && catalog.services.is_empty() && catalog.troubles.is_empty());
    assert_eq!(template::templates(&[]).len(), 1);
}
