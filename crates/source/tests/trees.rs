//! Opens real folders and repositories, made in temporary places.
#![allow(clippy::unwrap_used)]

use apicensus_source::{Entry, OpenOptions, ReadError, SourceError, SourceTroubleKind, Tree};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    write(dir.path(), files);
    dir
}

fn options(path: impl Into<PathBuf>) -> OpenOptions {
    OpenOptions { paths: vec![path.into()], ..OpenOptions::default() }
}

fn open(path: &Path) -> Tree {
    Tree::open(&options(path)).unwrap()
}

fn at(path: &Path, rev: &str) -> Tree {
    Tree::open(&OpenOptions { rev: Some(rev.to_owned()), ..options(path) }).unwrap()
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.files().iter().map(|e: &Entry| e.path.as_str()).collect()
}

/// Commits everything in the folder, ignored files that are named in `force` included.
fn commit(root: &Path, force: &[&str]) -> git2::Oid {
    let repo = git2::Repository::init(root).unwrap();
    let mut index = repo.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    for path in force {
        index.add_path(Path::new(path)).unwrap();
    }
    index.write().unwrap();
    let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::new("a", "a@b", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let parent = repo.head().ok().and_then(|h| h.peel_to_commit().ok());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repo.commit(Some("HEAD"), &who, &who, "x", &tree, &parents).unwrap()
}

#[test]
fn a_folder_is_listed_sorted_and_read() {
    let dir = folder(&[("b.py", "bb"), ("a/c.py", "c"), (".hidden/x.py", "h"), (".env", "")]);
    let tree = open(dir.path());
    assert_eq!(paths(&tree), [".env", ".hidden/x.py", "a/c.py", "b.py"]);
    assert_eq!(tree.read(tree.find("b.py").unwrap()).unwrap(), b"bb");
    assert_eq!(tree.files()[3].size, 2);
    assert!(tree.troubles().is_empty());
    assert!(tree.revision().is_none() && tree.repository().is_none());
    assert!(matches!(tree.read(99), Err(ReadError::NoSuchFile)));
}

#[test]
fn ignore_files_apply_without_git_too() {
    let dir = folder(&[
        (".gitignore", "*.log\n"),
        (".ignore", "tmp/\n"),
        (".apicensusignore", "private/\n!keep.log\n"),
        ("a.log", ""),
        ("keep.log", ""),
        ("tmp/a.py", ""),
        ("private/a.py", ""),
        ("sub/.gitignore", "/x.py"),
        ("sub/x.py", ""),
        ("sub/y.py", ""),
        ("node_modules/m/i.js", ""),
    ]);
    assert_eq!(
        paths(&open(dir.path())),
        [".apicensusignore", ".gitignore", ".ignore", "keep.log", "node_modules/m/i.js", "sub/.gitignore", "sub/y.py"]
    );
}

#[test]
fn ignore_files_above_apply_within_the_same_repository_only() {
    let dir = folder(&[
        (".gitignore", "*.gen.py\nout/\n"),
        ("repo/.gitignore", "*.tmp.py\n/built\n"),
        ("repo/app/a.py", ""),
        ("repo/app/a.gen.py", ""),
        ("repo/app/a.tmp.py", ""),
        ("repo/built/x.tmp.py", ""),
        ("repo/built/x.py", ""),
    ]);
    assert_eq!(paths(&open(&dir.path().join("repo/app"))), ["a.gen.py", "a.py", "a.tmp.py"]);
    git2::Repository::init(dir.path().join("repo")).unwrap();
    assert_eq!(paths(&open(&dir.path().join("repo/app"))), ["a.gen.py", "a.py"]);
    // A folder that is itself ignored was asked for by name.
    assert_eq!(paths(&open(&dir.path().join("repo/built"))), ["x.py", "x.tmp.py"]);
}

#[test]
fn a_revision_equals_its_checkout() {
    let dir = folder(&[
        (".gitignore", "lib/\n"),
        (".apicensusignore", "skipped/\n"),
        (".ignore", "*.snap\n"),
        ("lib/tracked.py", "t"),
        ("lib/untracked.py", "u"),
        ("src/a.snap", "s"),
        ("skipped/a.py", ""),
        ("src/a.py", "a = 1"),
        ("src/deep/b.py", ""),
    ]);
    commit(dir.path(), &["lib/tracked.py", "src/a.snap"]);
    let disk = open(dir.path());
    let rev = at(dir.path(), "HEAD");
    assert_eq!(paths(&disk), [".apicensusignore", ".gitignore", ".ignore", "lib/tracked.py", "src/a.py", "src/deep/b.py"]);
    assert_eq!(paths(&rev), paths(&disk));
    for (a, b) in disk.files().iter().zip(rev.files()) {
        assert_eq!((&a.path, a.size), (&b.path, b.size));
    }
    assert_eq!(rev.read(rev.find("src/a.py").unwrap()).unwrap(), b"a = 1");
    assert_eq!(disk.revision(), rev.revision());
    assert_eq!(rev.revision().unwrap().time, 1_700_000_000);
    assert_eq!(paths(&at(&dir.path().join("src"), "HEAD")), ["a.py", "deep/b.py"]);
    assert_eq!(paths(&open(&dir.path().join("lib"))), ["tracked.py", "untracked.py"], "a folder asked for by name is read whole");
    assert_eq!(disk.repository().unwrap().prefix, "");
    assert_eq!(at(&dir.path().join("src"), "HEAD").repository().unwrap().prefix, "src");
}

#[test]
fn old_revisions_and_vanished_folders_can_be_read() {
    let dir = folder(&[("old/a.py", "1")]);
    let first = commit(dir.path(), &[]);
    fs::remove_dir_all(dir.path().join("old")).unwrap();
    write(dir.path(), &[("new.py", "2")]);
    let repo = git2::Repository::open(dir.path()).unwrap();
    repo.index().unwrap().remove_all(["*"], None).unwrap();
    commit(dir.path(), &[]);
    assert_eq!(paths(&at(dir.path(), &first.to_string())), ["old/a.py"]);
    assert_eq!(paths(&at(&dir.path().join("old"), "HEAD~1")), ["a.py"]);
    assert_eq!(paths(&at(&dir.path().join("old/a.py"), "HEAD~1")), ["a.py"]);
    let error = Tree::open(&OpenOptions { rev: Some("HEAD~1".to_owned()), ..options(dir.path().join("new.py")) }).unwrap_err();
    assert_eq!(error.to_string(), "`new.py` does not exist in revision `HEAD~1`");
}

#[test]
fn a_bare_repository_is_read_at_its_head() {
    let dir = folder(&[("app/a.py", "x")]);
    commit(dir.path(), &[]);
    let bare = TempDir::new().unwrap();
    let path = bare.path().join("mirror.git");
    git2::build::RepoBuilder::new().bare(true).clone(dir.path().to_str().unwrap(), &path).unwrap();
    let tree = open(&path);
    assert_eq!(paths(&tree), ["app/a.py"]);
    assert_eq!(tree.read(0).unwrap(), b"x");
    assert!(tree.revision().is_some());
    let empty = bare.path().join("empty.git");
    git2::Repository::init_bare(&empty).unwrap();
    assert!(matches!(Tree::open(&options(&empty)).unwrap_err(), SourceError::NoCommits { .. }));
}

#[test]
fn reading_is_thread_safe() {
    let names: Vec<String> = (0..64).map(|n| format!("f{n:02}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), n.as_str())).collect();
    let dir = folder(&files);
    commit(dir.path(), &[]);
    for tree in [open(dir.path()), at(dir.path(), "HEAD")] {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for (at, entry) in tree.files().iter().enumerate() {
                        assert_eq!(tree.read(at).unwrap(), entry.path.as_bytes());
                    }
                });
            }
        });
    }
}

#[test]
fn several_paths_are_relative_to_the_folder_above_all() {
    let dir = folder(&[("x/a/1.py", ""), ("x/b/2.py", ""), ("x/c/3.py", ""), ("x/c/4.py", "")]);
    let root = dir.path();
    let many = OpenOptions {
        paths: vec![root.join("x/b"), root.join("x/a"), root.join("x/c/3.py"), root.join("x/a/1.py")],
        ..OpenOptions::default()
    };
    let tree = Tree::open(&many).unwrap();
    assert_eq!(paths(&tree), ["a/1.py", "b/2.py", "c/3.py"]);
    assert_eq!(tree.root(), root.join("x").canonicalize().unwrap());
    assert_eq!(paths(&open(&root.join("x/c/3.py"))), ["3.py"]);
    commit(root, &[]);
    let tree = Tree::open(&OpenOptions { rev: Some("HEAD".to_owned()), ..many }).unwrap();
    assert_eq!(paths(&tree), ["a/1.py", "b/2.py", "c/3.py"]);
}

#[test]
fn include_and_exclude_select() {
    let dir = folder(&[("src/a.py", ""), ("src/gen/b.py", ""), ("lib/c.py", ""), ("src/d.js", "")]);
    commit(dir.path(), &[]);
    for rev in [None, Some("HEAD".to_owned())] {
        let tree = Tree::open(&OpenOptions {
            rev,
            include: vec!["src".to_owned()],
            exclude: vec!["gen/".to_owned(), "*.js".to_owned()],
            ..options(dir.path())
        })
        .unwrap();
        assert_eq!(paths(&tree), ["src/a.py"]);
    }
}

#[test]
fn errors_say_what_and_where() {
    let dir = folder(&[("services/a.py", "")]);
    let error = |o: &OpenOptions| Tree::open(o).unwrap_err().to_string();
    let missing = dir.path().join("sevices");
    assert_eq!(error(&options(&missing)), format!("`{}` does not exist (did you mean `services`?)", missing.display()));
    let rev = |rev: &str| OpenOptions { rev: Some(rev.to_owned()), ..options(dir.path()) };
    assert_eq!(error(&rev("main")), format!("`{}` is not in a git repository, so there is no revision to read", dir.path().display()));
    let oid = commit(dir.path(), &[]);
    let repo = git2::Repository::open(dir.path()).unwrap();
    let head = repo.find_commit(oid).unwrap();
    repo.branch("main-line", &head, true).unwrap();
    repo.reference("refs/remotes/origin/feature", oid, true, "x").unwrap();
    repo.tag_lightweight("v1.0", head.as_object(), true).unwrap();
    assert_eq!(error(&rev("mian-line")), "revision `mian-line` not found in this repository (did you mean `main-line`?)");
    assert_eq!(error(&rev("feature")), "revision `feature` not found in this repository (did you mean `origin/feature`?)");
    assert_eq!(error(&rev("zzzzzz")), "revision `zzzzzz` not found in this repository");
    assert_eq!(error(&rev("HEAD^{tree}")), "`HEAD^{tree}` is a tree, not a commit, branch or tag");
    for odd in ["", "^", "HEAD~9999", "@{", "\u{0}", ":/", "-x", "a..b"] {
        assert!(Tree::open(&rev(odd)).is_err(), "{odd:?}");
    }
    assert_eq!(error(&OpenOptions::default()), "no path to scan was given");
    assert!(error(&OpenOptions { include: vec!["[".to_owned()], ..options(dir.path()) }).starts_with("bad pattern `[`"));
}

#[test]
fn large_files_are_listed_and_not_read() {
    let dir = folder(&[("big.py", &"x".repeat(200)), ("big.json", &"x".repeat(200))]);
    commit(dir.path(), &[]);
    for rev in [None, Some("HEAD".to_owned())] {
        let tree = Tree::open(&OpenOptions { rev, max_file_size: 100, max_data_size: 300, ..options(dir.path()) }).unwrap();
        let error = tree.read(tree.find("big.py").unwrap()).unwrap_err();
        let trouble = apicensus_source::SourceTrouble::of_read("big.py", &error);
        assert_eq!(
            (trouble.kind, trouble.message.as_str()),
            (SourceTroubleKind::TooLarge, "the file is too large: 200 bytes, over the limit of 100")
        );
        assert_eq!(tree.read(tree.find("big.json").unwrap()).unwrap().len(), 200);
    }
}

#[test]
fn a_file_that_grew_is_not_read_past_the_limit() {
    let dir = folder(&[("a.py", "x")]);
    let tree = Tree::open(&OpenOptions { max_file_size: 100, ..options(dir.path()) }).unwrap();
    fs::write(dir.path().join("a.py"), "x".repeat(500)).unwrap();
    assert!(matches!(tree.read(0), Err(ReadError::TooLarge { .. })));
    fs::remove_file(dir.path().join("a.py")).unwrap();
    assert!(matches!(tree.read(0), Err(ReadError::Unreadable(_))));
}

#[test]
fn too_many_entries_are_a_trouble() {
    let names: Vec<String> = (0..30).map(|n| format!("f{n:02}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "")).collect();
    let dir = folder(&files);
    commit(dir.path(), &[]);
    for rev in [None, Some("HEAD".to_owned())] {
        let tree = Tree::open(&OpenOptions { rev, max_entries: 20, ..options(dir.path()) }).unwrap();
        assert_eq!(tree.files().len(), 20);
        assert_eq!(paths(&tree)[19], "f19.py");
        assert_eq!(tree.troubles()[0].kind, SourceTroubleKind::TooMany);
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let dir = folder(&[("src/a.py", "x")]);
    for (target, name) in
        [("a.py", "src/same.py"), ("..", "src/loop"), ("self", "self"), ("/etc/passwd", "out"), ("../../x", "src/up"), ("gone", "broken")]
    {
        std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
    }
    commit(dir.path(), &[]);
    for tree in [open(dir.path()), at(dir.path(), "HEAD")] {
        assert_eq!(paths(&tree), ["src/a.py"]);
        let troubled: Vec<&str> = tree.troubles().iter().map(|t| t.path.as_str()).collect();
        assert_eq!(troubled, ["broken", "out", "self", "src/up"]);
        assert!(tree.troubles().iter().all(|t| t.kind == SourceTroubleKind::Symlink));
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_read_and_told() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder(&[]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    fs::write(dir.path().join(name), "x").unwrap();
    commit(dir.path(), &[]);
    for tree in [open(dir.path()), at(dir.path(), "HEAD")] {
        assert_eq!(paths(&tree), ["caf\u{fffd}.py"]);
        assert_eq!(tree.read(0).unwrap(), b"x");
        assert_eq!(tree.troubles()[0].kind, SourceTroubleKind::Name);
    }
}

#[cfg(unix)]
#[test]
fn what_cant_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder(&[("closed/a.py", ""), ("secret.py", ""), ("a.py", "")]);
    let set = |path: &str, mode| fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    set("closed", 0o000);
    set("secret.py", 0o000);
    // The superuser reads everything; then there is nothing to tell.
    let is_root = fs::File::open(dir.path().join("secret.py")).is_ok();
    let tree = open(dir.path());
    if !is_root {
        assert_eq!(paths(&tree), ["a.py", "secret.py"]);
        assert_eq!((tree.troubles()[0].path.as_str(), tree.troubles()[0].kind), ("closed", SourceTroubleKind::Unreadable));
        assert!(matches!(tree.read(1), Err(ReadError::Unreadable(_))));
    }
    set("closed", 0o755);
}

#[cfg(unix)]
#[test]
fn pipes_are_neither_read_nor_waited_for() {
    let dir = folder(&[("a.py", "")]);
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("pipe.py")).status();
    if made.is_ok_and(|s| s.success()) {
        assert_eq!(paths(&open(dir.path())), ["a.py"]);
        assert!(matches!(Tree::open(&options(dir.path().join("pipe.py"))).unwrap_err(), SourceError::NotAFile { .. }));
    }
}

#[test]
fn a_hostile_git_tree_is_bounded() {
    let dir = folder(&[]);
    let repo = git2::Repository::init(dir.path()).unwrap();
    let blob = repo.blob(b"x").unwrap();
    // Each level holds the level below ten times: ten to the power of ten files in eleven objects.
    let mut oid = {
        let mut builder = repo.treebuilder(None).unwrap();
        for n in 0..10 {
            builder.insert(format!("f{n}.py"), blob, 0o100644).unwrap();
        }
        builder.write().unwrap()
    };
    for _ in 0..10 {
        let mut builder = repo.treebuilder(None).unwrap();
        for n in 0..10 {
            builder.insert(format!("d{n}"), oid, 0o040000).unwrap();
        }
        oid = builder.write().unwrap();
    }
    let who = git2::Signature::new("a", "a@b", &git2::Time::new(0, 0)).unwrap();
    repo.commit(Some("HEAD"), &who, &who, "x", &repo.find_tree(oid).unwrap(), &[]).unwrap();
    let tree = Tree::open(&OpenOptions { rev: Some("HEAD".to_owned()), max_entries: 1000, ..options(dir.path()) }).unwrap();
    assert_eq!(tree.files().len(), 1000);
    assert_eq!(tree.troubles().last().map(|t| t.kind), Some(SourceTroubleKind::TooMany));
    // A chain of folders without end.
    for _ in 0..300 {
        let mut builder = repo.treebuilder(None).unwrap();
        builder.insert("d", oid, 0o040000).unwrap();
        oid = builder.write().unwrap();
    }
    repo.commit(Some("refs/heads/deep"), &who, &who, "x", &repo.find_tree(oid).unwrap(), &[]).unwrap();
    let tree = at(dir.path(), "deep");
    assert!(tree.files().is_empty());
    assert_eq!(tree.troubles()[0].kind, SourceTroubleKind::TooDeep);
}

#[test]
fn submodules_are_told() {
    let dir = folder(&[("a.py", "")]);
    let repo = git2::Repository::init(dir.path()).unwrap();
    let mut builder = repo.treebuilder(None).unwrap();
    builder.insert("sub", git2::Oid::from_str("0123456789012345678901234567890123456789").unwrap(), 0o160000).unwrap();
    let oid = builder.write().unwrap();
    let who = git2::Signature::new("a", "a@b", &git2::Time::new(0, 0)).unwrap();
    repo.commit(Some("HEAD"), &who, &who, "x", &repo.find_tree(oid).unwrap(), &[]).unwrap();
    let tree = at(dir.path(), "HEAD");
    assert!(tree.files().is_empty());
    assert_eq!((tree.troubles()[0].kind, tree.troubles()[0].path.as_str()), (SourceTroubleKind::Submodule, "sub"));
}

#[test]
fn linked_work_trees_and_remotes_are_understood() {
    let dir = folder(&[("a.py", "x")]);
    commit(dir.path(), &[]);
    let repo = git2::Repository::open(dir.path()).unwrap();
    repo.remote("origin", "https://me:secret@example.org/team/orders.git").unwrap();
    let other = TempDir::new().unwrap();
    let place = other.path().join("linked");
    repo.worktree("linked", &place, None).unwrap();
    for tree in [open(&place), at(&place, "HEAD"), open(dir.path())] {
        assert_eq!(paths(&tree), ["a.py"]);
        assert_eq!(tree.read(0).unwrap(), b"x");
        let repository = tree.repository().unwrap();
        assert_eq!(repository.name, "orders");
        assert_eq!(repository.remote.as_deref(), Some("https://example.org/team/orders.git"));
        assert!(tree.revision().is_some());
    }
}
