//! Owners: CODEOWNERS by the examples of its hosts' documentation, components of Backstage, and which of them counts.

#![allow(clippy::unwrap_used)]

mod common;

use apicensus_inventory::owners::codeowners::{CodeOwners, Flavour};
use common::{SHOP, catalog, said};

/// The owners of files, in a line each: `path: owners`.
fn owners(text: &str, flavour: Flavour, paths: &[&str]) -> Vec<String> {
    let read = CodeOwners::parse(text, flavour);
    let show = |path: &&str| format!("{path}: {}", read.of(path).map_or("-".to_owned(), |all| all.join(" ")));
    paths.iter().map(show).collect()
}

/// After the example of GitHub's documentation.
const GITHUB: &str = "
# A comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
";

#[test]
fn github_takes_the_last_match() {
    let paths = [
        "README.md",
        "src/deep/app.js",
        "cmd/main.go",
        "notes.txt",
        "build/logs/a/b.md",
        "sub/build/logs.md",
        "docs/getting-started.md",
        "docs/build-app/troubleshooting.md",
        "src/apps/x/y.rb",
        "deeply/nested/logs/day.md",
        "apps/shop/a.rb",
        "apps/github/a.rb",
        "scripts/run.sh",
    ];
    let expected = [
        "README.md: @global-owner1 @global-owner2",
        "src/deep/app.js: @js-owner",
        "cmd/main.go: docs@example.com",
        "notes.txt: @octo-org/octocats",
        "build/logs/a/b.md: @octocat",
        "sub/build/logs.md: @global-owner1 @global-owner2",
        "docs/getting-started.md: @doctocat",
        "docs/build-app/troubleshooting.md: @doctocat",
        "src/apps/x/y.rb: @octocat",
        "deeply/nested/logs/day.md: @octocat",
        "apps/shop/a.rb: @octocat",
        "apps/github/a.rb: ",
        "scripts/run.sh: @doctocat @octocat",
    ];
    assert_eq!(owners(GITHUB, Flavour::GitHub, &paths), expected);
    let direct = owners("docs/* docs@example.com\n", Flavour::GitHub, &["docs/getting-started.md", "docs/build-app/troubleshooting.md"]);
    assert_eq!(direct, ["docs/getting-started.md: docs@example.com", "docs/build-app/troubleshooting.md: -"]);
}

#[test]
fn what_github_does_not_know_is_told_and_passed_over() {
    let read = CodeOwners::parse("!a.rb @x\n[ab].rb @x\n\\#b @x\n*.rb x y\n*.py @ok\n", Flavour::GitHub);
    let lines: Vec<u32> = read.broken.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
    assert_eq!(read.of("a.py").unwrap(), ["@ok"]);
}

/// After the examples of GitLab's documentation.
const GITLAB: &str = r"
* @default-owner
*.rb @ruby-owner
\#file_with_pound.rb @owner-file-with-pound
LICENSE @legal this_does_not_match janedoe@gitlab.com
README @group @group/with-nested/subgroup
/docs/ @all-docs
/docs/* @root-docs
/docs/**/*.md @markdown-docs
lib/ @lib-owner
/config/ @config-owner
path\ with\ spaces/ @space-owner
/roles/ @@maintainer

[Documentation] @docs-team
ee/docs
docs
*.txt

^[Database][2] @database-team
model/db/
config/db/database-setup.md @docs-team

[DOCUMENTATION] @others
*.adoc
";

#[test]
fn gitlab_adds_up_its_sections() {
    let paths = [
        "a/b.rb",
        "#file_with_pound.rb",
        "LICENSE",
        "sub/README",
        "docs/index.html",
        "docs/projects/index.html",
        "docs/projects/index.md",
        "any/lib/x/y.c",
        "config/x",
        "sub/config/x",
        "path with spaces/x",
        "roles/a",
        "docs",
        "n.txt",
        "app/model/db/schema.sql",
        "x.adoc",
    ];
    let expected = [
        "a/b.rb: @ruby-owner",
        "#file_with_pound.rb: @owner-file-with-pound",
        "LICENSE: @legal janedoe@gitlab.com",
        "sub/README: @group @group/with-nested/subgroup",
        "docs/index.html: @root-docs",
        "docs/projects/index.html: @all-docs",
        "docs/projects/index.md: @markdown-docs",
        "any/lib/x/y.c: @lib-owner",
        "config/x: @config-owner",
        "sub/config/x: @default-owner",
        "path with spaces/x: @space-owner",
        "roles/a: @@maintainer",
        "docs: @default-owner @docs-team",
        "n.txt: @default-owner @docs-team",
        "app/model/db/schema.sql: @default-owner @database-team",
        "x.adoc: @default-owner @others",
    ];
    assert_eq!(owners(GITLAB, Flavour::GitLab, &paths), expected);
}

#[test]
fn gitlab_exclusions_are_final_in_their_section() {
    let text = "* @all\n!pom.xml\npom.xml @late\n\n[Ruby]\n*.rb @ruby-devs\n!/config/**/*.rb\n";
    let found = owners(text, Flavour::GitLab, &["pom.xml", "a.rb", "config/a.rb", "sub/config/a.rb"]);
    assert_eq!(found, ["pom.xml: ", "a.rb: @all @ruby-devs", "config/a.rb: @all", "sub/config/a.rb: @all @ruby-devs"]);
}

#[test]
fn the_flavour_is_told_by_place_and_headings() {
    assert_eq!(CodeOwners::flavour(".gitlab/CODEOWNERS", "* @a"), Flavour::GitLab);
    assert_eq!(CodeOwners::flavour("CODEOWNERS", "* @a\n[ab].rb @b\n"), Flavour::GitHub);
    assert_eq!(CodeOwners::flavour("CODEOWNERS", "* @a\n^[Docs][2] @b\n"), Flavour::GitLab);
}

fn owners_of(catalog: &apicensus_catalog::Catalog) -> Vec<String> {
    let service = catalog.services.iter().map(|s| format!("{}: {}", s.root, s.owners.join(" ")));
    service.chain(catalog.endpoints.iter().map(|e| format!("{} {}: {}", e.method, e.path, e.owners.join(" ")))).collect()
}

#[test]
fn an_owners_file_beats_a_component_and_the_policy_beats_both() {
    let component = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: x}\nspec: {owner: other}\n---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: shop\nspec:\n  type: service\n  owner: group:shop-team\n";
    let code = "from fastapi import FastAPI\nfrom users import router\napp = FastAPI()\napp.include_router(router)\n@app.get('/a')\ndef a(): ...\n";
    let users = "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/users')\ndef users(): ...\n";
    let mut files = vec![("main.py", code), ("users.py", users), ("requirements.txt", "fastapi"), ("catalog-info.yaml", component)];
    assert_eq!(owners_of(&catalog(&files)), [": group:shop-team", "GET /a: group:shop-team", "GET /users: group:shop-team"]);
    files.push((".github/CODEOWNERS", "users.py @acme/people\n"));
    assert_eq!(owners_of(&catalog(&files)), [": group:shop-team", "GET /a: group:shop-team", "GET /users: @acme/people"]);
    files.push((".apicensus.yaml", "services:\n  - {root: ., owners: ['@acme/api']}\n"));
    assert_eq!(owners_of(&catalog(&files)), [": @acme/api", "GET /a: @acme/api", "GET /users: @acme/api"]);
}

#[test]
fn what_nobody_owns_is_orphaned_where_others_have_owners() {
    let orphaned =
        |files: &[(&str, &str)]| -> Vec<String> { said(&catalog(files)).into_iter().filter(|s| s.contains(" orphaned ")).collect() };
    assert_eq!(orphaned(&[("main.py", SHOP)]), [""; 0], "nothing here names owners");
    assert_eq!(orphaned(&[("main.py", SHOP), ("CODEOWNERS", "*.py @acme/a\n")]), [""; 0]);
    assert_eq!(orphaned(&[("main.py", SHOP), ("CODEOWNERS", "*.js @acme/a\n")]), ["low orphaned service"]);
    let router = "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/users')\ndef users(): ...\n";
    let code = "from fastapi import FastAPI\nfrom users import router\napp = FastAPI()\napp.include_router(router)\n@app.get('/a')\ndef a(): ...\n";
    let files = [("main.py", code), ("users.py", router), ("CODEOWNERS", "*.py @acme/a\n/users.py\n")];
    assert_eq!(orphaned(&files), ["low orphaned GET /users"]);
}
