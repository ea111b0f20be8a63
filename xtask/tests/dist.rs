//! What `cargo xtask dist` makes is installed for real: by pip into a virtual environment, by npm, and out of the archive.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}\n{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    output
}

/// A binary to pack: the one that the build left, or a fresh one. Its symbols are taken off first, for speed.
fn binary(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("apicensus");
    if !built.is_file() {
        run(Command::new(env!("CARGO")).args(["build", "-q", "--locked", "-p", "apicensus"]).current_dir(&root));
    }
    let copy = folder.join("apicensus");
    fs::copy(&built, &copy).unwrap();
    run(Command::new("strip").arg(&copy));
    copy
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A scan by an installed binary.
fn works(program: &Path) {
    assert!(String::from_utf8_lossy(&run(Command::new(program).arg("--version")).stdout).contains(env!("CARGO_PKG_VERSION")));
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/repos/bookshop");
    let scan = run(Command::new(program).args(["scan", "-f", "json", "--no-cache"]).arg(sample));
    let catalog: Value = serde_json::from_slice(&scan.stdout).unwrap();
    assert!(catalog["endpoints"].as_array().unwrap().len() > 10);
}

#[test]
fn packages_install_and_work() {
    let place = tempfile::tempdir().unwrap();
    let one = place.path().join("made");
    pack(&binary(place.path()), &one);
    let made = names(&one);
    assert_eq!(made.len(), 5, "{made:?}");
    run(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&one));
    let find = |end: &str| one.join(made.iter().find(|n| n.ends_with(end)).unwrap_or_else(|| panic!("no {end} in {made:?}")));

    run(Command::new("tar").arg("xzf").arg(find(".tar.gz")).current_dir(place.path()));
    works(&place.path().join(find(".tar.gz").file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz")).join("apicensus"));

    if has("python3", &["-c", "import ensurepip, venv"]) {
        pip(place.path(), &find(".whl"));
    }
    if has("npm", &["--version"]) {
        npm(place.path(), &find(".tgz"));
    }
    bill(&serde_json::from_slice(&fs::read(find(".cdx.json")).unwrap()).unwrap());
}

fn pack(binary: &Path, out: &Path) {
    run(Command::new(env!("CARGO_BIN_EXE_xtask")).arg("dist").arg("--binary").arg(binary).arg("--out").arg(out));
}

#[test]
fn the_same_comes_out_each_time() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = (place.path().join("one"), place.path().join("two"));
    for out in [&one, &two] {
        pack(Path::new("/bin/true"), out);
    }
    for name in names(&one) {
        assert_eq!(fs::read(one.join(&name)).unwrap(), fs::read(two.join(&name)).unwrap(), "{name}");
    }
}

/// Whether a tool is here; it is said when it is not.
fn has(program: &str, arguments: &[&str]) -> bool {
    let has = Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success());
    if !has {
        eprintln!("`{program}` can't be used here: its package is made and not installed");
    }
    has
}

fn pip(place: &Path, wheel: &Path) {
    let environment = place.join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    let pip = environment.join("bin/pip");
    run(Command::new(&pip).args(["install", "--quiet", "--no-index", "--disable-pip-version-check"]).arg(wheel));
    works(&environment.join("bin/apicensus"));
    run(Command::new(&pip).args(["uninstall", "--quiet", "--yes", "--disable-pip-version-check", "apicensus"]));
    assert!(!environment.join("bin/apicensus").exists());
}

fn npm(place: &Path, package: &Path) {
    let project = place.join("project");
    fs::create_dir_all(&project).unwrap();
    let install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    run(Command::new("npm").args(install).arg(package).current_dir(&project).env("HOME", place));
    works(&project.join("node_modules/.bin/apicensus"));
}

/// The bill of materials names what is in the binary and not what tests use, and every reference leads somewhere.
fn bill(bill: &Value) {
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.6")));
    let components = bill["components"].as_array().unwrap();
    let known: Vec<&str> = components.iter().chain([&bill["metadata"]["component"]]).filter_map(|c| c["bom-ref"].as_str()).collect();
    for name in ["tree-sitter", "git2", "libgit2-sys", "serde", "apicensus-eval", "cc"] {
        assert!(known.iter().any(|k| k.starts_with(&format!("pkg:cargo/{name}@"))), "{name} is missing");
    }
    let foreign = components.iter().filter(|c| !c["name"].as_str().unwrap().starts_with("apicensus"));
    for component in foreign {
        assert!(component["hashes"][0]["content"].as_str().is_some_and(|h| h.len() == 64), "{component}");
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
    }
    for node in bill["dependencies"].as_array().unwrap() {
        let named = std::iter::once(&node["ref"]).chain(node["dependsOn"].as_array().unwrap());
        named.for_each(|r| assert!(known.contains(&r.as_str().unwrap()), "{r} leads nowhere"));
    }
}
