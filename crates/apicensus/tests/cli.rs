//! Runs the real program: arguments, exit codes, streams, files.
#![allow(clippy::unwrap_used)]

use apicensus_catalog::{Audience, Catalog, PathState};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apicensus"));
    command.env_remove("COLUMNS").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command.env("APICENSUS_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
    command
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The standard output of a run that must succeed.
fn ok(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
    out(&output)
}

/// The standard error of a run that must fail as wrong use.
fn wrong(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}{}", out(&output), err(&output));
    assert!(output.stdout.is_empty(), "{args:?}: {}", out(&output));
    err(&output)
}

fn bookshop() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/repos/bookshop").canonicalize().unwrap().display().to_string()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

const SMALL: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/items/{item_id}\")\ndef read_item(item_id: int):\n    return item_id\n";

fn small() -> tempfile::TempDir {
    folder(&[("main.py", SMALL), ("requirements.txt", "fastapi\n")])
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").current_dir(folder).args(identity).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", err(&output));
}

#[test]
fn help_says_what_there_is_and_the_exit_codes() {
    let help = ok(&["--help"]);
    for word in ["scan", "explain", "frameworks", "schema", "completions", "man", "Exit codes:"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let help = ok(&["scan", "--help"]);
    for flag in [
        "--format",
        "--output",
        "--include",
        "--exclude",
        "--rev",
        "--audience",
        "--framework",
        "--method",
        "--path",
        "--strict",
        "--threads",
        "--models",
        "--quiet",
        "--verbose",
        "--color",
        "Exit codes:",
    ] {
        assert!(help.contains(flag), "{flag}: {help}");
    }
    assert!(ok(&["--version"]).starts_with("apicensus "));
}

#[test]
fn wrong_use_is_2_and_suggests() {
    assert!(wrong(&["scan", "--frmat", "json"]).contains("--format"));
    assert!(wrong(&["scn"]).contains("scan"));
    wrong(&[]);
    wrong(&["scan", "--threads", "0"]);
    wrong(&["scan", "--format", "xml"]);
    wrong(&["scan", "-q", "-v"]);
    let place = bookshop();
    assert!(wrong(&["scan", &place, "--framework", "fastpi"]).contains("did you mean `fastapi`?"));
    assert!(wrong(&["scan", &place, "--path", "/x["]).contains("/x["));
    assert!(wrong(&["explain", "GET"]).contains("'GET /users/{id}'"));
    assert!(wrong(&["man", "scn"]).contains("did you mean `scan`?"));
}

#[test]
fn a_missing_path_is_named_with_its_neighbour() {
    let folder = folder(&[("service/a.py", "")]);
    let error = wrong(&["scan", &text(&folder.path().join("servce"))]);
    assert!(error.starts_with("error: ") && error.contains("servce") && error.contains("service"), "{error}");
}

#[test]
fn a_bad_revision_is_named_with_its_neighbour() {
    let folder = small();
    let place = text(folder.path());
    assert!(wrong(&["scan", &place, "--rev", "main"]).contains("git"));
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    let error = wrong(&["scan", &place, "--rev", "mian"]);
    assert!(error.contains("`mian`") && error.contains("did you mean `main`?"), "{error}");
}

#[test]
fn a_revision_is_read_without_a_checkout() {
    let folder = small();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    std::fs::write(folder.path().join("main.py"), "x = 1\n").unwrap();
    let place = text(folder.path());
    assert!(!ok(&["scan", &place]).contains("/items/{item_id}"));
    assert!(ok(&["scan", &place, "--rev", "main"]).contains("/items/{item_id}"));
    let explained = ok(&["explain", "/items/{item_id}", &place, "--rev", "HEAD"]);
    assert!(explained.contains("@app.get(\"/items/{item_id}\")"), "{explained}");
}

#[test]
fn a_folder_without_code_is_met_kindly() {
    let empty = folder(&[]);
    let said = ok(&["scan", &text(empty.path()), "--strict"]);
    assert!(said.contains("no files"), "{said}");
    let texts = folder(&[("notes.txt", "hello")]);
    let said = ok(&["scan", &text(texts.path())]);
    assert!(said.contains("1 file seen, none in a supported language"), "{said}");
}

fn endpoints(catalog: &Catalog, audience: Audience) -> BTreeSet<String> {
    let kept = catalog.endpoints.iter().filter(|endpoint| endpoint.audience == audience);
    kept.map(|endpoint| format!("{} {} {}", endpoint.protocol, endpoint.method, endpoint.path)).collect()
}

#[test]
fn the_bookshop_is_counted_whole() {
    let catalog: Catalog = serde_json::from_str(&ok(&["scan", &bookshop(), "--format", "json"])).unwrap();
    let expected = [
        "http GET /api/v1/books",
        "http POST /api/v1/books",
        "http GET /api/v1/books/{book_id}",
        "http DELETE /api/v1/books/{book_id}",
        "http GET /api/v1/books/{book_id}/price",
        "http GET /api/v1/authors/",
        "http GET /api/v1/authors/{author_id}",
        "http GET /health",
        "http GET /debug/settings",
        "websocket GET /ws/stock",
        "http POST /shop/carts",
        "http GET /shop/carts/{id}",
        "http DELETE /shop/carts/{id}",
        "http GET /shop/orders",
        "http GET /shop/orders/{id}",
        "http POST /shop/orders/{id}/refund",
    ];
    let found = endpoints(&catalog, Audience::Production);
    let missing: Vec<_> = expected.iter().filter(|one| !found.contains(**one)).collect();
    assert!(missing.is_empty(), "missing {missing:?} in {found:#?}");
    let others: Vec<_> = catalog
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.audience == Audience::Production && !endpoint.implicit)
        .filter(|endpoint| !expected.contains(&format!("{} {} {}", endpoint.protocol, endpoint.method, endpoint.path).as_str()))
        .collect();
    assert_eq!(others.len(), 1, "{others:#?}");
    assert_eq!(others[0].path_state, PathState::Partial);
    assert!(others[0].path.ends_with("/books/{isbn}"), "{}", others[0].path);
    assert_eq!(endpoints(&catalog, Audience::Test), BTreeSet::from(["http GET /boom".to_owned()]));
    assert_eq!(catalog.services.iter().filter(|service| !service.id.ends_with("!test")).count(), 2, "{:#?}", catalog.services);
    let find = |path: &str| catalog.endpoints.iter().find(|endpoint| endpoint.path == path).unwrap();
    assert!(find("/api/v1/books/{book_id}/price").lifecycle.deprecated);
    assert_eq!(find("/debug/settings").conditions.len(), 1);
    assert_eq!(
        find("/shop/orders/{id}").handler.as_ref().unwrap().defined_at.as_ref().unwrap().file,
        "apps/storefront/src/routes/orders.js"
    );
}

#[test]
fn the_table_is_for_production_and_says_what_it_hides() {
    let place = bookshop();
    let table = ok(&["scan", &place]);
    assert!(table.contains("/api/v1/books/{book_id}") && !table.contains("/boom"), "{table}");
    assert!(table.contains("not shown: 1 test (--audience all)"), "{table}");
    assert!(ok(&["scan", &place, "--audience", "all"]).contains("/boom"));
    assert!(table.contains("parsed"), "{table}");
    let narrow = out(&program().args(["scan", &place]).env("COLUMNS", "80").output().unwrap());
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
}

#[test]
fn filters_narrow_the_output() {
    let place = bookshop();
    let catalog = |args: &[&str]| -> Catalog {
        serde_json::from_str(&ok(&[&["scan", &place, "--format", "json", "--audience", "production"], args].concat())).unwrap()
    };
    assert!(catalog(&["--framework", "express"]).endpoints.iter().all(|endpoint| endpoint.framework == "express"));
    assert!(catalog(&["--method", "delete"]).endpoints.iter().all(|endpoint| endpoint.method == "DELETE"));
    assert_eq!(catalog(&["--method", "DELETE"]).endpoints.len(), 2);
    assert_eq!(catalog(&["--path", "/shop/carts/*"]).endpoints.len(), 2);
    assert_eq!(catalog(&["--path", "/api/v1/books/{book_id}", "--method", "GET"]).services.len(), 1);
    assert!(catalog(&["--exclude", "services/**"]).endpoints.iter().all(|endpoint| endpoint.framework == "express"));
    assert!(catalog(&["--include", "services/**"]).endpoints.iter().all(|endpoint| endpoint.framework == "fastapi"));
}

#[test]
fn every_format_is_what_it_says() {
    let place = bookshop();
    let json: Catalog = serde_json::from_str(&ok(&["scan", &place, "--format", "json"])).unwrap();
    assert_eq!(json.schema, "apicensus.catalog/1");
    assert!(ok(&["scan", &place, "-f", "yaml"]).starts_with("schema: apicensus.catalog/1\n"));
    let lines = ok(&["scan", &place, "-f", "jsonl"]);
    let kinds: Vec<String> =
        lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().into()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "endpoint").count(), json.endpoints.len());
    assert!(ok(&["scan", &place, "-f", "markdown"]).contains("| Method | Path |"));
}

#[test]
fn threads_do_not_change_a_byte() {
    let place = bookshop();
    let once = ok(&["scan", &place, "--format", "json", "--threads", "1"]);
    assert_eq!(once, ok(&["scan", &place, "--format", "json", "--threads", "4"]));
}

#[test]
fn a_file_is_written_whole_and_its_ending_chooses_the_format() {
    let folder = folder(&[]);
    let file = folder.path().join("catalog.json");
    let output = run(&["scan", &bookshop(), "-o", &text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(output.stdout.is_empty());
    assert!(err(&output).contains("endpoints in"), "{}", err(&output));
    let catalog: Catalog = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(!catalog.endpoints.is_empty());
    let before = std::fs::read(&file).unwrap();
    wrong(&["scan", &text(&folder.path().join("gone")), "-o", &text(&file)]);
    assert_eq!(std::fs::read(&file).unwrap(), before, "a failed scan leaves the old file");
    assert!(wrong(&["scan", &bookshop(), "-o", &text(&folder.path().join("no/x.json"))]).contains("could not write"));
    let names: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, [file]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    assert!(wrong(&["scan", &bookshop(), "-o", "/dev/full"]).contains("No space left"));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program().args(["schema"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).starts_with("error: could not write"), "{}", err(&output));

    let mut child = program().args(["scan", &bookshop(), "-f", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn strict_fails_on_troubles_only() {
    let fine = small();
    assert_eq!(run(&["scan", &text(fine.path()), "--strict"]).status.code(), Some(0));
    let broken = folder(&[("main.py", &format!("{SMALL}\n@app.get(\"/broken\"\ndef broken(:\n    return (\n"))]);
    let place = text(broken.path());
    let output = run(&["scan", &place, "--strict", "-v"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("main.py:") && out(&output).contains("troubles"), "{}", out(&output));
    assert!(ok(&["scan", &place]).contains("(apicensus scan -v)"));
}

#[test]
fn explain_shows_the_lines_that_made_it() {
    let place = bookshop();
    let said = ok(&["explain", "GET /api/v1/books/{book_id}", &place]);
    for piece in ["services/catalogue/catalogue/main.py:7", "app.include_router(api_router", "@router.get(\"/{book_id}\")", "def get_book"]
    {
        assert!(said.contains(piece), "{piece}: {said}");
    }
    assert!(ok(&["explain", "/shop/carts/42", &place]).contains("GET /shop/carts/{id}"));
    let output = run(&["explain", "GET /api/v1/boks/{id}", &place]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("GET     /api/v1/books/{book_id}"), "{}", err(&output));
}

#[test]
fn frameworks_schema_completions_and_man() {
    let list = ok(&["frameworks"]);
    assert!(list.contains("FastAPI") && list.contains("fastapi"), "{list}");
    let json: serde_json::Value = serde_json::from_str(&ok(&["frameworks", "-f", "json"])).unwrap();
    assert!(json.as_array().unwrap().iter().any(|one| one["name"] == "express"));
    let schema: serde_json::Value = serde_json::from_str(&ok(&["schema"])).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], "apicensus.catalog/1");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(ok(&["completions", shell]).contains("apicensus"), "{shell}");
    }
    assert!(ok(&["man"]).contains(".TH apicensus 1"));
    assert!(ok(&["man", "scan"]).contains("apicensus\\-scan"));
}

#[test]
fn colours_obey() {
    let place = bookshop();
    assert!(!ok(&["scan", &place]).contains('\u{1b}'));
    assert!(ok(&["scan", &place, "--color", "always"]).contains('\u{1b}'));
}

#[test]
fn an_in_house_framework_is_named_when_its_model_is_wrong() {
    let folder = small();
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    std::fs::write(models.join("acme.yaml"), "framework: acme\ntitle: Acme\nlanguage: python\nstyle: brace\nclls: []\n").unwrap();
    let error = wrong(&["scan", &text(folder.path()), "--models", &text(&models)]);
    assert!(error.contains("acme.yaml:5") && error.contains("clls"), "{error}");
    assert!(wrong(&["scan", &text(folder.path()), "--models", "/no/such/folder"]).contains("/no/such/folder"));
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap()
}

/// What stands in the first fenced block of a language after a heading of the README.
fn block<'a>(readme: &'a str, heading: &str, language: &str) -> &'a str {
    let after = &readme[readme.find(heading).unwrap()..];
    let start = after.find(&format!("```{language}\n")).unwrap() + language.len() + 4;
    &after[start..start + after[start..].find("```").unwrap()]
}

#[test]
fn the_readme_shows_what_the_sample_gives() {
    let said = out(&program().args(["scan", &bookshop()]).env("COLUMNS", "100").output().unwrap());
    let readme = readme();
    let start = readme.find("<!-- sample:begin -->\n").unwrap() + "<!-- sample:begin -->\n".len();
    let stop = readme.find("<!-- sample:end -->").unwrap();
    assert!(readme[start..stop] == format!("```text\n{said}```\n"), "put this between the sample marks of README.md:\n{said}");
}

#[test]
fn the_readme_teaches_an_in_house_framework() {
    let readme = readme();
    let heading = "### Your own framework";
    let (model, code) = (block(&readme, heading, "yaml"), block(&readme, heading, "python"));
    let own = folder(&[(".apicensus/models/acme.yaml", model), ("serve.py", code)]);
    let told = folder(&[("models/acme.yaml", model), ("code/serve.py", code)]);
    let place = text(&told.path().join("code"));
    assert!(!ok(&["scan", &place]).contains("/shelf"));
    for said in [ok(&["scan", &text(own.path())]), ok(&["scan", &place, "--models", &text(&told.path().join("models"))])] {
        assert!(said.contains("Acme server") && said.contains("/shelf/books/{id}") && said.contains("/shelf/maps/{id}"), "{said}");
    }
}

#[test]
fn verdicts_filter_and_make_a_matrix() {
    let shop = bookshop();
    let guarded = ok(&["scan", &shop, "--auth", "required"]);
    assert!(guarded.contains("add_book") && !guarded.contains("list_authors"), "{guarded}");
    let open = ok(&["scan", &shop, "--auth", "none,unknown", "-q"]);
    assert!(!open.contains("add_book") && open.contains("list_authors"), "{open}");
    let matrix: serde_json::Value = serde_json::from_str(&ok(&["scan", &shop, "--view", "auth", "-f", "json"])).unwrap();
    assert_eq!((&matrix["verdicts"]["required"], &matrix["by_scheme"]["custom"]), (&2.into(), &2.into()));
    assert!(matrix["endpoints"].as_array().unwrap().iter().any(|line| line["path"] == "/health" && line["by_design"] == "health"));
    let table = ok(&["scan", &shop, "--view", "auth"]);
    assert!(table.contains("ANYONE") && table.contains("CUSTOM"), "{table}");
    assert!(ok(&["scan", &shop, "--view", "auth", "-f", "markdown"]).contains("| POST | `/api/v1/books` |  | yes |"));
    assert!(wrong(&["scan", &shop, "--auth", "nobody"]).contains("nobody"));
}

#[test]
fn explain_tells_the_chain_and_what_is_sensitive() {
    let app = folder(&[
        (
            "app.py",
            "from fastapi import Depends, FastAPI, HTTPException, Request\nfrom pydantic import BaseModel\n\n\ndef user(request: Request):\n    \
         if 'Authorization' not in request.headers:\n        raise HTTPException(401)\n\n\nclass Account(BaseModel):\n    email: str\n    \
         badge_number: str\n\n\napp = FastAPI()\n\n\n@app.post('/accounts', dependencies=[Depends(user)])\n\
         def create(account: Account, api_key: str):\n    return {}\n",
        ),
        (".apicensus/sensitive.yaml", "- {rule: badge, class: identifier, names: [badge number]}\n"),
    ]);
    let place = text(app.path());
    let said = ok(&["explain", "POST /accounts", &place]);
    for part in [
        "required",
        "inferred",
        "query api_key: string · secret by rule api-key",
        "body.email · contact by rule email",
        "body.badge_number · identifier by rule badge",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    std::fs::write(app.path().join(".apicensus/sensitive.yaml"), "- {rule: x, class: y}\n").unwrap();
    assert!(wrong(&["scan", &place]).contains(".apicensus/sensitive.yaml"));
}

/// A repository with two commits: a documented service, then an endpoint more that is not.
fn two_commits() -> tempfile::TempDir {
    let spec = "openapi: 3.0.0\npaths:\n  '/items/{item_id}': {get: {}}\n  /items: {get: {}}\n  /shops: {get: {}}\n";
    let code = format!("{SMALL}\n@app.get('/items')\ndef items(): ...\n\n@app.get('/shops')\ndef shops(): ...\n");
    let folder = folder(&[("main.py", &code), ("requirements.txt", "fastapi\n"), ("openapi.yaml", spec)]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    std::fs::write(folder.path().join("main.py"), format!("{code}\n@app.post('/refunds')\ndef refund(): ...\n")).unwrap();
    git(folder.path(), &["commit", "-q", "-a", "-m", "two"]);
    folder
}

#[test]
fn revisions_folders_and_catalogs_are_compared() {
    let folder = two_commits();
    let place = text(folder.path());
    let expected =
        "added    POST /refunds  main.py:17  [new-unauthenticated]\n         auth none\n1 added · 0 breaking, 0 risky, 1 weaker\n";
    assert_eq!(ok(&["diff", "main~1..main", "--repo", &place]), expected);
    assert_eq!(ok(&["diff", "main~1", &place, "--repo", &place]), expected);
    let old = text(&folder.path().join("old.json"));
    ok(&["scan", &place, "--rev", "main~1", "-q", "-o", &old]);
    assert_eq!(ok(&["diff", &old, "main", "--repo", &place]), expected);
    assert_eq!(ok(&["diff", "main..main", "--repo", &place]), "no endpoint differs\n");
    assert!(ok(&["diff", &old, &place, "-f", "markdown"]).contains("| added | `POST /refunds` | auth none | new-unauthenticated |"));
    assert!(ok(&["diff", &old, &place, "-f", "github"]).starts_with("::warning file=main.py,line=17,title=added POST /refunds::auth none"));
    assert_eq!(run(&["diff", &old, &place, "--fail-on-weaker"]).status.code(), Some(1));
    assert_eq!(run(&["diff", &old, &place, "--fail-on-breaking"]).status.code(), Some(0));
    assert!(wrong(&["diff", "main", "--repo", &place]).contains("give two"));
    assert!(wrong(&["diff", &text(&folder.path().join("openapi.yaml")), &place]).contains("is not a catalog"));
}

#[test]
fn the_gate_shows_what_is_new() {
    let folder = two_commits();
    let place = text(folder.path());
    let gate = run(&["check", &place, "--base", "main~1", "--new-only"]);
    assert_eq!(gate.status.code(), Some(1));
    let said = out(&gate);
    assert!(said.starts_with("new high shadow  POST /refunds  main.py:17\n"), "{said}");
    assert!(said.ends_with("2 new findings since main~1 (high or worse) · 0 mended\n"), "{said}");
    assert_eq!(run(&["check", &place, "--base", "main", "--new-only", "--fail-on", "info"]).status.code(), Some(0));
    assert_eq!(run(&["check", &place]).status.code(), Some(1), "without a base all count");
    assert_eq!(run(&["check", &place, "--fail-on", "never"]).status.code(), Some(0));
    let github = out(&run(&["check", &place, "--base", "main~1", "--new-only", "-f", "github"]));
    assert!(github.starts_with("::error file=main.py,line=17,title=shadow POST /refunds::"), "{github}");
    let policy = "suppress:\n  - {rule: shadow, reason: Meant to be so.}\n  - {rule: unauthenticated, reason: A gateway asks.}\n";
    std::fs::write(folder.path().join(".apicensus.yaml"), policy).unwrap();
    assert_eq!(run(&["check", &place]).status.code(), Some(0));
    std::fs::write(folder.path().join(".apicensus.yaml"), "suppres: []\n").unwrap();
    assert!(wrong(&["check", &place]).contains("unknown key `suppres` in .apicensus.yaml:1 (did you mean `suppress`?)"));
    assert!(wrong(&["check", &place, "--new-only"]).contains("--new-only needs"));
}

#[test]
fn findings_and_rules_are_shown() {
    let folder = two_commits();
    let place = text(folder.path());
    let view = ok(&["scan", &place, "--view", "findings"]);
    assert!(view.contains("high      shadow           POST /refunds"), "{view}");
    assert!(view.contains("contracts: 1 in force · 3 documented · 1 undocumented"), "{view}");
    assert!(ok(&["scan", &place, "--view", "findings", "-f", "json"]).contains("\"fingerprint\""));
    assert!(ok(&["explain", "POST /refunds", &place]).contains("found  high shadow"));
    assert!(ok(&["rules"]).contains("unauthenticated"));
    assert!(ok(&["rules", "shadow"]).contains("API9:2023"));
    assert!(wrong(&["rules", "shadw"]).contains("did you mean `shadow`?"));
    assert!(ok(&["schema", "policy"]).contains("ignore_contracts"));
}
