//! Packages that repositories of a sweep share: what an in-house library registers is found in every service that uses it.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/common/postgres.rs"]
mod server;
mod sweeps;

use serde_json::Value;
use std::path::Path;
use sweeps::{BAD, World};

const SETTINGS: &str = "work: {jobs: 1, scratch: scratch}\n";

fn world(folder: &Path, database: &str) -> World {
    let world = World::new(folder, Path::new(env!("CARGO_BIN_EXE_apicensus")), database, 0, SETTINGS);
    for (name, _) in BAD {
        std::fs::remove_dir_all(folder.join(format!("repos/{name}.git"))).unwrap();
    }
    world
}

/// `METHOD /path` of a repository's endpoints that hang on an application, sorted.
fn endpoints(world: &World, repository: &str) -> Vec<String> {
    let catalog: Value =
        serde_json::from_str(&world.ends(0, &["catalog", "show", "head", "--repository", repository, "-f", "json"])).unwrap();
    let text = |e: &Value, key: &str| e[key].as_str().unwrap().to_owned();
    let all = catalog["endpoints"].as_array().unwrap().iter().filter(|e| e["detached"] != true && e["stale"] != true);
    let mut all: Vec<String> = all.map(|e| format!("{} {}", text(e, "method"), text(e, "path"))).collect();
    all.sort();
    all
}

fn sweep(world: &World) -> String {
    world.ends(0, &["sweep", "--log", "off"])
}

const ADMIN: &str = "from flask import Blueprint\n\n__all__ = ['mount']\nadmin = Blueprint('admin', __name__, url_prefix='/admin')\n\n\n\
    @admin.get('/users')\ndef users(): ...\n\n\n@admin.delete('/users/<int:id>')\ndef remove(id): ...\n\n\ndef mount(app, at=''):\n    \
    app.register_blueprint(admin)\n    app.add_url_rule(at + '/health', view_func=lambda: 'ok')\n\n\nunused = Blueprint('unused', __name__)\n\n\n\
    @unused.get('/unused')\ndef never(): ...\n";

fn python_library(world: &World) {
    let manifest = "[project]\nname = \"Acme-Admin\"\ndependencies = [\"flask\"]\n";
    let tests = "from acme_admin import mount\nfrom flask import Flask\napp = Flask(__name__)\nmount(app, '/of-tests')\n";
    let files = [("pyproject.toml", manifest), ("src/acme_admin/__init__.py", ADMIN), ("tests/test_mount.py", tests)];
    world.commit_files("admin", &files, 0);
}

const SHOP: &str = "from flask import Flask\nfrom acme_admin import mount\n\napp = Flask(__name__)\nmount(app, '/shop')\n\n\n@app.get('/orders')\n\
    def orders(): ...\n";

#[test]
fn a_python_library_is_resolved_from_its_repository_and_its_users_follow_its_changes() {
    let databases = [Some("sweep.db".to_owned()), server::database()];
    let exported: Vec<String> = databases
        .iter()
        .flatten()
        .map(|database| {
            let folder = tempfile::tempdir().unwrap();
            let world = world(folder.path(), database);
            follow(&world);
            world.exported().replace(&folder.path().display().to_string(), "")
        })
        .collect();
    assert!(exported.windows(2).all(|two| two[0] == two[1]), "SQLite and PostgreSQL differ");
}

fn follow(world: &World) {
    python_library(world);
    world.commit_files("shop", &[("requirements.txt", "flask==3\nacme_admin>=1\n"), ("app.py", SHOP)], 0);
    world.commit_files("alone", &[("requirements.txt", "flask\n"), ("app.py", "from flask import Flask\napp = Flask(__name__)\n")], 0);
    // A factory of a third repository that uses the first.
    let web = "from flask import Flask\nimport acme_admin\n\n\ndef create_app(name):\n    app = Flask(name)\n    acme_admin.mount(app)\n    return app\n";
    let setup = "from setuptools import setup\nsetup(name='acme-web', install_requires=['acme-admin ~= 1.0'])\n";
    world.commit_files("web", &[("setup.py", setup), ("acme_web.py", web)], 0);
    let pay = "from acme_web import create_app\n\napp = create_app(__name__)\n\n\n@app.post('/pay')\ndef pay(): ...\n";
    world.commit_files("pay", &[("pyproject.toml", "[project]\nname = 'pay'\ndependencies = ['acme-web']\n"), ("main.py", pay)], 0);
    let first = sweep(world);
    assert!(first.contains("5 repositories changed, 0 say the same"), "{first}");
    let shop = ["DELETE /admin/users/{id}", "GET /admin/users", "GET /orders", "GET /shop/health"];
    assert_eq!(endpoints(world, "shop"), shop);
    assert_eq!(endpoints(world, "pay"), ["DELETE /admin/users/{id}", "GET /admin/users", "GET /health", "POST /pay"]);
    assert_eq!(endpoints(world, "alone"), [] as [&str; 0]);
    let catalog: Value = serde_json::from_str(&world.ends(0, &["catalog", "show", "head", "--repository", "pay", "-f", "json"])).unwrap();
    let services: Vec<&str> = catalog["services"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(services, ["pay"], "the application is the caller's, though a library made it");
    let users = catalog["endpoints"].as_array().unwrap().iter().find(|e| e["path"] == "/admin/users").unwrap();
    assert_eq!(users["handler"]["file"], "@dependencies/admin/src/acme_admin/__init__.py", "{users}");
    assert!(!catalog.to_string().contains("/unused") && !catalog.to_string().contains("of-tests"), "{catalog}");
    let told = world.ends(0, &["sweep", "explain", "pay"]);
    assert!(told.contains("scanned with packages of admin at ") && told.contains(", web at "), "{told}");
    assert!(world.ends(0, &["sweep", "explain", "admin"]).contains("declares the packages python acme_admin"));
    // Nothing changed: nothing is opened.
    let second = sweep(world);
    assert!(second.contains("5 repositories listed, 0 to be scanned, 5 unchanged"), "{second}");
    let status = world.json(&["sweep", "status", "-f", "json"]);
    assert_eq!((status["jobs"]["done"].as_i64(), status["sweep"]["unchanged"].as_i64()), (Some(0), Some(5)), "{status}");
    // The library changes: it and its users are scanned, and the others not.
    world.commit_files("admin", &[("src/acme_admin/__init__.py", &ADMIN.replace("'/users')", "'/people')"))], 1);
    let third = sweep(world);
    assert!(third.contains("1 to be scanned, 4 unchanged") && third.contains("4 repositories changed"), "{third}");
    let status = world.json(&["sweep", "status", "-f", "json"]);
    assert_eq!((status["jobs"]["done"].as_i64(), status["sweep"]["unchanged"].as_i64()), (Some(4), Some(1)), "{status}");
    assert!(endpoints(world, "shop").contains(&"GET /admin/people".to_owned()), "{:?}", endpoints(world, "shop"));
    let diff = world.ends(0, &["catalog", "diff", "sweep-2", "sweep-3", "--repository", "pay"]);
    assert!(diff.contains("/admin/people"), "{diff}");
}

#[test]
fn who_is_meant_by_a_name_of_two_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), "sweep.db");
    python_library(&world);
    world.commit_files("admin-copy", &[("setup.cfg", "[metadata]\nname = acme.admin\n"), ("acme_admin.py", ADMIN)], 0);
    world.commit_files("shop", &[("requirements.txt", "acme-admin\n"), ("app.py", SHOP)], 0);
    sweep(&world);
    assert_eq!(endpoints(&world, "shop"), ["GET /orders"]);
    let catalog = world.ends(0, &["catalog", "show", "head", "--repository", "shop", "-f", "json"]);
    assert!(catalog.contains("several repositories declare the package `python acme_admin`: admin, admin-copy"), "{catalog}");
    let told = world.ends(0, &["sweep", "explain", "shop"]);
    assert!(told.contains("without the package python acme_admin, which several repositories declare: admin, admin-copy"), "{told}");
    // One of them goes: the other is meant, and its user is scanned anew.
    std::fs::remove_dir_all(folder.path().join("repos/admin-copy.git")).unwrap();
    sweep(&world);
    assert_eq!(endpoints(&world, "shop").len(), 4);
}

#[test]
fn npm_packages_and_crates_are_resolved_too() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), "sweep.db");
    let router = "import { Router } from 'express';\nexport const admin = Router();\nadmin.get('/users', (req, res) => res.json([]));\n";
    let manifest = r#"{"name": "@acme/admin", "version": "0.0.0-development", "main": "dist/index.js", "dependencies": {"express": "^5"}}"#;
    world.commit_files("node-admin", &[("package.json", manifest), ("src/index.ts", router)], 0);
    let app = "import express from 'express';\nimport { admin } from '@acme/admin';\nconst app = express();\napp.use('/admin', admin);\n\
        app.get('/orders', (req, res) => res.end());\n";
    let manifest = r#"{"name": "shop", "dependencies": {"express": "^5", "@acme/admin": "^3.1.0"}}"#;
    world.commit_files("node-shop", &[("package.json", manifest), ("src/app.ts", app)], 0);
    let lib = "use axum::{Router, routing::get};\n\npub fn routes() -> Router {\n    Router::new().route(\"/users\", get(users))\n}\n\nasync fn users() {}\n";
    let workspace = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\naxum = \"0.8\"\n";
    let manifest = "[package]\nname = \"acme-admin\"\nversion = \"0.2.0\"\n[dependencies]\naxum.workspace = true\n";
    let files = [("Cargo.toml", workspace), ("crates/admin/Cargo.toml", manifest), ("crates/admin/src/lib.rs", lib)];
    world.commit_files("rust-libs", &files, 0);
    let main = "use axum::{Router, routing::get};\n\n#[tokio::main]\nasync fn main() {\n    let app = Router::new().route(\"/orders\", get(orders))\
        .nest(\"/admin\", acme_admin::routes());\n    let listener = tokio::net::TcpListener::bind(\"0.0.0.0:80\").await.unwrap();\n    \
        axum::serve(listener, app).await.unwrap();\n}\n\nasync fn orders() {}\n";
    let manifest = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n[dependencies]\naxum = \"0.8\"\nacme-admin = { git = \"https://git.acme.test/libs\" }\n";
    world.commit_files("rust-shop", &[("Cargo.toml", manifest), ("src/main.rs", main)], 0);
    sweep(&world);
    assert_eq!(endpoints(&world, "node-shop"), ["GET /admin/users", "GET /orders"]);
    assert_eq!(endpoints(&world, "rust-shop"), ["GET /admin/users", "GET /orders"]);
}
