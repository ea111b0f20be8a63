#![allow(clippy::unwrap_used)]
use super::*;
use crate::resolve::testing::files;

fn show(files: &Files, target: &Target) -> String {
    match target {
        Target::File(file) => files.get(*file).path.to_string(),
        Target::Folder(path) => format!("folder:{path}"),
        Target::External(name) => format!("ext:{name}"),
        Target::Missing => "missing".to_owned(),
    }
}

fn workspace() -> Files {
    files(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\nmy-core = { path = \"crates/core\" }\nweb = { package = \"outer-web\", version = \"4\" }",
        ),
        (
            "crates/core/Cargo.toml",
            "[package]\nname = \"my-core\"\n[lib]\nname = \"heart\"\npath = \"code/root.rs\"\n[features]\ndefault = [\"a\"]\na = [\"b\", \"dep:x\"]\nb = []\nc = []",
        ),
        ("crates/core/code/root.rs", ""),
        ("crates/core/code/a.rs", ""),
        (
            "crates/app/Cargo.toml",
            "[package]\nname = \"the-app\"\n[dependencies]\nmy-core.workspace = true\nweb = { workspace = true }\nold = { path = \"../core\", package = \"my-core\" }\naxle-extra = \"1\"\ngone = { path = \"../../../gone\" }\n[target.'cfg(unix)'.dependencies]\nunixy = { version = \"1\", optional = true }\n[[bin]]\nname = \"tool\"\npath = \"tools/t.rs\"",
        ),
        ("crates/app/src/main.rs", ""),
        ("crates/app/src/lib.rs", ""),
        ("crates/app/src/bin/x.rs", ""),
        ("crates/app/src/bin/y/main.rs", ""),
        ("crates/app/src/bin/y/part.rs", ""),
        ("crates/app/tools/t.rs", ""),
        ("crates/app/examples/e.rs", ""),
        ("crates/app/tests/it.rs", ""),
        ("crates/app/tests/common/mod.rs", ""),
        ("crates/app/benches/b.rs", ""),
    ])
}

#[test]
fn roots_of_all_kinds() {
    let tree = workspace();
    let cargo = CargoResolver::new(&tree);
    let show: Vec<String> = cargo.crate_roots().iter().map(|(file, at, kind)| format!("{at} {kind:?} {}", tree.get(*file).path)).collect();
    assert_eq!(
        show,
        [
            "0 Lib crates/app/src/lib.rs",
            "0 Bin crates/app/src/bin/x.rs",
            "0 Bin crates/app/src/bin/y/main.rs",
            "0 Bin crates/app/src/main.rs",
            "0 Bin crates/app/tools/t.rs",
            "0 Example crates/app/examples/e.rs",
            "0 Test crates/app/tests/it.rs",
            "0 Bench crates/app/benches/b.rs",
            "1 Lib crates/core/code/root.rs",
        ]
    );
    assert_eq!(cargo.package_of(tree.find("crates/app/src/bin/y/part.rs").unwrap()), Some(0));
    assert_eq!(cargo.package_name(1), Some("my-core"));
}

#[test]
fn dependencies_by_path_workspace_and_rename() {
    let tree = workspace();
    let cargo = CargoResolver::new(&tree);
    let ask = |name: &str| show(&tree, &cargo.dependency(0, name));
    assert_eq!(ask("my_core"), "crates/core/code/root.rs");
    assert_eq!(ask("heart"), "crates/core/code/root.rs");
    assert_eq!(ask("old"), "crates/core/code/root.rs");
    assert_eq!(ask("web"), "ext:outer_web");
    assert_eq!(ask("axle_extra"), "ext:axle_extra");
    assert_eq!(ask("the_app"), "crates/app/src/lib.rs");
    assert_eq!(ask("std"), "ext:std");
    assert_eq!(ask("gone"), "ext:gone");
    assert!(cargo.knows(0, "unixy") && cargo.knows(0, "the_app") && !cargo.knows(0, "std"));
}

#[test]
fn features_and_their_defaults() {
    let cargo = CargoResolver::new(&workspace());
    assert_eq!(cargo.default_features(1), ["a", "b", "default"]);
    assert_eq!(cargo.features(0), [("unixy".into(), vec![])]);
}

#[test]
fn module_files() {
    let tree = files(&[
        ("Cargo.toml", "[package]\nname = \"a\""),
        ("src/lib.rs", ""),
        ("src/x.rs", ""),
        ("src/x/y.rs", ""),
        ("src/z/mod.rs", ""),
        ("src/z/q.rs", ""),
        ("src/x/inner/deep.rs", ""),
        ("src/in/w.rs", ""),
        ("src/odd.v1.rs", ""),
        ("src/type.rs", ""),
        ("src/z/other/p.rs", ""),
        ("gen/g.rs", ""),
        ("gen/h.rs", ""),
    ]);
    let cargo = CargoResolver::new(&tree);
    let child = |file: &str, name: &str, attr: Option<&str>, inline: &[SmolStr]| {
        cargo.child(tree.find(file).unwrap(), name, attr, inline).map(|id| tree.get(id).path.to_string()).unwrap_or_default()
    };
    assert_eq!(child("src/lib.rs", "x", None, &[]), "src/x.rs");
    assert_eq!(child("src/x.rs", "y", None, &[]), "src/x/y.rs");
    assert_eq!(child("src/lib.rs", "z", None, &[]), "src/z/mod.rs");
    assert_eq!(child("src/z/mod.rs", "q", None, &[]), "src/z/q.rs");
    assert_eq!(child("src/x.rs", "deep", None, &["inner".into()]), "src/x/inner/deep.rs");
    assert_eq!(child("src/lib.rs", "w", None, &["in".into()]), "src/in/w.rs");
    assert_eq!(child("src/lib.rs", "o", Some("odd.v1.rs"), &[]), "src/odd.v1.rs");
    assert_eq!(child("src/z/mod.rs", "o", Some("p.rs"), &["other".into()]), "src/z/other/p.rs");
    assert_eq!(child("src/lib.rs", "r#type", None, &[]), "src/type.rs");
    assert_eq!(child("src/x.rs", "o", Some("../gen/g.rs"), &[]), "gen/g.rs");
    assert_eq!(child("gen/g.rs", "h", None, &[]), "gen/h.rs");
    assert_eq!(child("src/lib.rs", "none", None, &[]), "");
}

#[test]
fn code_without_a_manifest() {
    let tree = files(&[("svc/src/main.rs", ""), ("svc/src/a.rs", ""), ("other/lib.rs", "")]);
    let cargo = CargoResolver::new(&tree);
    assert_eq!(cargo.crate_roots().len(), 2);
    let package = cargo.package_of(tree.find("svc/src/a.rs").unwrap()).unwrap();
    assert_eq!(show(&tree, &cargo.dependency(package, "axle")), "ext:axle");
}
