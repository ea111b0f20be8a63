#![allow(clippy::unwrap_used)]
use super::*;
use crate::resolve::testing::{files, paths};

/// Resolves `module` (leading dots are levels) in a file, as a path, `ns:folder`, `ext:name` or `missing`.
fn ask(files: &Files, from: &str, module: &str) -> String {
    let resolver = PythonResolver::new(files);
    let name = module.trim_start_matches('.');
    let target = resolver.resolve(files.find(from).unwrap(), name, (module.len() - name.len()) as u32);
    show(files, &target)
}

fn show(files: &Files, target: &Target) -> String {
    match target {
        Target::File(file) => files.get(*file).path.to_string(),
        Target::Folder(path) => format!("ns:{path}"),
        Target::External(name) => format!("ext:{name}"),
        Target::Missing => "missing".to_owned(),
    }
}

#[test]
fn packages_relative_and_absolute() {
    let tree = paths(&["app/__init__.py", "app/main.py", "app/api/__init__.py", "app/api/users.py", "app/api/users.pyi"]);
    assert_eq!(ask(&tree, "app/main.py", ".api.users"), "app/api/users.py");
    assert_eq!(ask(&tree, "app/api/__init__.py", ".users"), "app/api/users.py");
    assert_eq!(ask(&tree, "app/api/users.py", ".."), "app/__init__.py");
    assert_eq!(ask(&tree, "app/api/users.py", "..main"), "app/main.py");
    assert_eq!(ask(&tree, "app/api/users.py", "...x"), "missing");
    assert_eq!(ask(&tree, "app/main.py", "app.api"), "app/api/__init__.py");
    assert_eq!(ask(&tree, "app/main.py", "app.nope"), "missing");
    assert_eq!(ask(&tree, "app/main.py", ".nope"), "missing");
    assert_eq!(ask(&tree, "app/main.py", "speedy.routing"), "ext:speedy.routing");
    assert_eq!(ask(&tree, "app/main.py", "....."), "missing");
}

#[test]
fn a_sibling_in_a_package_does_not_hide_a_library() {
    let tree = paths(&["app/__init__.py", "app/x.py", "app/logging.py", "app/integrations/__init__.py", "app/integrations/quokka.py"]);
    assert_eq!(ask(&tree, "app/x.py", "logging"), "ext:logging");
    assert_eq!(ask(&tree, "app/integrations/quokka.py", "quokka"), "ext:quokka");
    let tree = paths(&["quokka.py", "x/celery.py"]);
    assert_eq!(ask(&tree, "quokka.py", "quokka"), "ext:quokka");
    assert_eq!(ask(&tree, "x/celery.py", "celery"), "ext:celery");
}

#[test]
fn scripts_import_their_siblings() {
    let tree = paths(&["svc/main.py", "svc/db.py", "svc/routers/users.py", "other/db.py"]);
    assert_eq!(ask(&tree, "svc/main.py", "db"), "svc/db.py");
    assert_eq!(ask(&tree, "svc/main.py", "routers"), "ns:svc/routers");
    assert_eq!(ask(&tree, "svc/routers/users.py", "db"), "svc/db.py");
    assert_eq!(ask(&tree, "svc/main.py", "svc.routers.users"), "svc/routers/users.py");
    // A package's folder that a program runs in.
    let tree = paths(&["app/__init__.py", "app/main.py", "app/routers/__init__.py", "app/routers/a.py"]);
    assert_eq!(ask(&tree, "app/main.py", "routers.a"), "app/routers/a.py");
}

#[test]
fn the_nearest_of_equal_names_wins() {
    let tree = paths(&["a/app/__init__.py", "a/app/x.py", "b/app/__init__.py", "b/app/x.py", "b/app/y.py", "tests/t.py"]);
    assert_eq!(ask(&tree, "b/app/y.py", "app.x"), "b/app/x.py");
    assert_eq!(ask(&tree, "a/app/x.py", "app"), "a/app/__init__.py");
    assert_eq!(ask(&tree, "tests/t.py", "app.x"), "a/app/x.py");
    assert_eq!(ask(&tree, "tests/t.py", "app.y"), "b/app/y.py");
}

#[test]
fn layouts_and_manifests() {
    let tree = files(&[
        ("pyproject.toml", "[tool.setuptools.packages.find]\nwhere = [\"lib\"]"),
        ("src/ns/core/__init__.py", ""),
        ("src/one.py", ""),
        ("lib/deep/mod.py", ""),
        ("tests/test_it.py", ""),
    ]);
    assert_eq!(ask(&tree, "tests/test_it.py", "ns.core"), "src/ns/core/__init__.py");
    assert_eq!(ask(&tree, "tests/test_it.py", "one"), "src/one.py");
    assert_eq!(ask(&tree, "tests/test_it.py", "deep.mod"), "lib/deep/mod.py");
    let resolver = PythonResolver::new(&tree);
    let name = |path: &str| resolver.module_name(tree.find(path).unwrap());
    assert_eq!(name("src/ns/core/__init__.py"), "ns.core");
    assert_eq!(name("lib/deep/mod.py"), "deep.mod");
    let tree = files(&[("setup.cfg", "[options]\npackage_dir =\n  foo = code\n"), ("code/__init__.py", ""), ("code/x.py", "")]);
    assert_eq!(ask(&tree, "code/x.py", "foo.x"), "code/x.py");
    assert_eq!(PythonResolver::new(&tree).module_name(tree.find("code/x.py").unwrap()), "foo.x");
}

#[test]
fn a_managed_site_inside_of_a_package() {
    let tree = paths(&[
        "site/__init__.py",
        "site/manage.py",
        "site/core/__init__.py",
        "site/core/settings.py",
        "site/users/__init__.py",
        "site/users/models.py",
    ]);
    assert_eq!(ask(&tree, "site/core/settings.py", "users.models"), "site/users/models.py");
    let resolver = PythonResolver::new(&tree);
    assert_eq!(resolver.module_name(tree.find("site/users/models.py").unwrap()), "users.models");
    assert_eq!(resolver.package_of(tree.find("site/users/models.py").unwrap()), "users");
    assert_eq!(resolver.package_of(tree.find("site/users/__init__.py").unwrap()), "users");
}

#[test]
fn vendored_and_test_copies_stay_where_they_are() {
    let tree = paths(&[
        "pkg/__init__.py",
        "pkg/_vendor/quokka/__init__.py",
        "pkg/_vendor/quokka/app.py",
        "pkg/_vendor/other.py",
        "pkg/a.py",
        "tests/more/speedy/__init__.py",
        "tests/more/speedy/test_a.py",
        "stubs/yaml/__init__.pyi",
    ]);
    assert_eq!(ask(&tree, "pkg/a.py", "quokka"), "ext:quokka");
    assert_eq!(ask(&tree, "pkg/a.py", "pkg._vendor.quokka.app"), "pkg/_vendor/quokka/app.py");
    assert_eq!(ask(&tree, "pkg/a.py", "._vendor.quokka"), "pkg/_vendor/quokka/__init__.py");
    assert_eq!(ask(&tree, "pkg/_vendor/other.py", "quokka.app"), "pkg/_vendor/quokka/app.py");
    assert_eq!(ask(&tree, "pkg/a.py", "speedy"), "ext:speedy");
    assert_eq!(ask(&tree, "pkg/a.py", "yaml"), "ext:yaml");
}

#[test]
fn namespaces_and_their_portions() {
    let tree = files(&[
        ("a/pyproject.toml", ""),
        ("a/src/big/__init__.py", ""),
        ("a/src/big/core.py", ""),
        ("b/pyproject.toml", ""),
        ("b/src/big/plug/thing.py", ""),
    ]);
    assert_eq!(ask(&tree, "a/src/big/core.py", "big.plug.thing"), "b/src/big/plug/thing.py");
    assert_eq!(ask(&tree, "b/src/big/plug/thing.py", "big.core"), "a/src/big/core.py");
    let resolver = PythonResolver::new(&tree);
    let big = resolver.resolve(tree.find("a/src/big/core.py").unwrap(), "big", 0);
    let plug = resolver.submodule(&big, "plug").unwrap();
    assert_eq!(show(&tree, &plug), "ns:b/src/big/plug");
    assert_eq!(show(&tree, &resolver.submodule(&plug, "thing").unwrap()), "b/src/big/plug/thing.py");
    assert_eq!(resolver.submodule(&plug, "nope"), None);
    assert_eq!(resolver.submodule(&Target::External("x".into()), "nope"), None);
}

#[test]
fn a_declared_dependency_is_not_a_folder_of_that_name() {
    let tree = files(&[("requirements.txt", "quokka==2\n"), ("quokka/app.py", ""), ("quokka/views.py", "")]);
    assert_eq!(ask(&tree, "quokka/app.py", "quokka"), "ext:quokka");
    assert_eq!(ask(&tree, "quokka/app.py", "quokka.views"), "quokka/views.py");
}

#[test]
fn odd_names_do_no_harm() {
    let tree = paths(&["bin/tool", "bin/helper.py", "a b/x-y.py"]);
    assert_eq!(ask(&tree, "bin/tool", "helper"), "bin/helper.py");
    for module in ["", ".", "a..b", "é.ü", "a b.x-y"] {
        ask(&tree, "bin/tool", module);
    }
    let empty = Files::default();
    assert_eq!(PythonResolver::new(&empty).resolve(FileId(3), "x", 0), Target::Missing);
}
