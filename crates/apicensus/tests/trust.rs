//! What a repository that means harm gets out of being scanned: nothing. No process, no socket, no file written outside
//! the output, nothing of the tree run; escapes of its names don't reach the terminal.
//!
//! Watched with `strace`, in a network namespace of its own where `unshare` is allowed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const APP: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/books\")\ndef books():\n    return []\n";

/// Traps of everything that runs code of a tree by itself: each would make the folder `sprung`.
fn traps(sprung: &Path) -> Vec<(&'static str, String)> {
    let touch = format!("mkdir -p {}", sprung.display());
    let python = format!("import os\nos.system('{touch}')\n");
    let rust = format!("fn main() {{ std::process::Command::new(\"sh\").args([\"-c\", \"{touch}\"]).status().unwrap(); }}\n");
    let node = format!("require('child_process').execSync('{touch}');\n");
    vec![
        ("app.py", APP.to_owned()),
        ("conftest.py", python.clone()),
        ("setup.py", format!("{python}from setuptools import setup\nsetup(name='trap')\n")),
        ("sitecustomize.py", python.clone()),
        ("pyproject.toml", "[build-system]\nrequires = [\"trap\"]\nbuild-backend = \"conftest\"\nbackend-path = [\".\"]\n".to_owned()),
        (
            "package.json",
            format!(
                "{{\"name\": \"trap\", \"scripts\": {{\"preinstall\": \"{touch}\", \"install\": \"{touch}\", \"prepare\": \"{touch}\"}}, \"dependencies\": {{\"express\": \"4\"}}}}\n"
            ),
        ),
        ("server.js", format!("{node}const app = require('express')();\napp.get('/desk', (q, s) => s.send());\n")),
        (".npmrc", "node-options=--require ./server.js\n".to_owned()),
        (".pnpmfile.cjs", node.clone()),
        ("eslint.config.js", node.clone()),
        ("next.config.js", node),
        (
            "Cargo.toml",
            "[package]\nname = \"trap\"\nversion = \"0.1.0\"\nbuild = \"build.rs\"\n\n[dependencies]\naxum = \"0.8\"\n".to_owned(),
        ),
        ("build.rs", rust.clone()),
        ("src/main.rs", rust),
        (".cargo/config.toml", format!("[build]\nrustc-wrapper = \"{touch}\"\n")),
        ("rust-toolchain.toml", "[toolchain]\npath = \"./toolchain\"\n".to_owned()),
        ("Makefile", format!("$(shell {touch})\nall:\n\t{touch}\n")),
        (".envrc", touch.clone()),
        (".vscode/tasks.json", format!("{{\"tasks\": [{{\"command\": \"{touch}\", \"runOptions\": {{\"runOn\": \"folderOpen\"}}}}]}}\n")),
        (".devcontainer/devcontainer.json", format!("{{\"initializeCommand\": \"{touch}\"}}\n")),
        (".gitattributes", "* filter=trap diff=trap merge=trap\n".to_owned()),
        (".gitmodules", format!("[submodule \"s\"]\n\tpath = s\n\turl = --upload-pack={touch}\n\tupdate = !{touch}\n")),
        (
            "openapi.yaml",
            "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n  /books:\n    $ref: 'http://127.0.0.1:9/stolen.yaml'\n".to_owned(),
        ),
        ("compose.yaml", "services:\n  a:\n    extends: {file: http://127.0.0.1:9/a.yaml, service: a}\n".to_owned()),
        ("e\u{1b}]0;owned\u{7}\u{1b}[2J.py", APP.replace("/books", "/\u{1b}[31mred\u{9b}2J\u{202e}")),
    ]
}

/// A repository with all traps, committed, with hooks and a configuration that run things.
fn repository(folder: &Path, sprung: &Path) {
    let files = traps(sprung);
    for (name, text) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink("/etc", folder.join("etc")).unwrap();
    for arguments in
        [&["init", "-q"][..], &["add", "-A"], &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "one"]]
    {
        assert!(Command::new("git").args(arguments).current_dir(folder).status().unwrap().success());
    }
    let touch = format!("mkdir -p {}", sprung.display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {touch}\n\tsshCommand = {touch}\n\tpager = {touch}\n\teditor = {touch}\n\
         [filter \"trap\"]\n\tclean = {touch}\n\tsmudge = {touch}\n\tprocess = {touch}\n[diff \"trap\"]\n\tcommand = {touch}\n\ttextconv = {touch}\n\
         [remote \"origin\"]\n\turl = ext::{touch}\n\tuploadpack = {touch}\n[credential]\n\thelper = !{touch}\n"
    );
    fs::write(folder.join(".git/config"), config).unwrap();
    for hook in ["post-checkout", "post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"] {
        let path = folder.join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{touch}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success())
}

/// A run of the program under `strace`, without a network where that can be had; gives what the system was asked.
fn watched(folder: &Path, arguments: &[&str], output: &Path, strace: bool) -> (Output, String) {
    let log = output.join("calls");
    let calls = "trace=execve,execveat,fork,vfork,clone,clone3,socket,connect,bind,ptrace,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,chmod,fchmodat,mknod,mknodat,truncate";
    let mut line: Vec<&str> = Vec::new();
    if works("unshare", &["-n", "true"]) {
        line.extend(["unshare", "-n"]);
    } else {
        eprintln!("`unshare -n` is not allowed here: sockets are watched, not cut off");
    }
    let log_name = log.display().to_string();
    if strace {
        line.extend(["strace", "-f", "-qq", "-e", calls, "-o", &log_name]);
    }
    line.push(env!("CARGO_BIN_EXE_apicensus"));
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).args(arguments).current_dir(folder);
    // Caches and settings of the user are under these.
    command.env("HOME", output).env("XDG_CACHE_HOME", output.join("cache")).env("XDG_CONFIG_HOME", output.join("config"));
    let ended = command.output().unwrap();
    (ended, if strace { fs::read_to_string(&log).unwrap() } else { String::new() })
}

/// What of the calls should not be there.
fn offences(calls: &str, folder: &Path, output: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let own = env!("CARGO_BIN_EXE_apicensus");
    for line in calls.lines() {
        let call = line.split_once(' ').map_or(line, |(_, rest)| rest).trim_start();
        // The end of a call whose beginning stands further up, an exit, a signal.
        if ["<...", "+++", "---"].iter().any(|p| call.starts_with(p)) {
            continue;
        }
        let name = call.split('(').next().unwrap_or_default();
        let path = call.split('"').nth(1).map(PathBuf::from);
        let inside =
            path.as_ref().is_some_and(|p| folder.join(p).starts_with(output) || p.starts_with("/dev/") || p.starts_with("/proc/self"));
        let bad = match name {
            "execve" => !call.contains(own),
            // A thread shares what a process would copy.
            "clone" | "clone3" => !call.contains("CLONE_THREAD"),
            "openat" | "open" => ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|f| call.contains(f)) && !inside,
            "mkdir" | "mkdirat" | "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat" => !inside,
            _ => true,
        };
        if bad {
            found.push(line.to_owned());
        }
    }
    found
}

#[test]
fn a_booby_trapped_repository_does_nothing() {
    let strace = works("strace", &["-qq", "-o", "/dev/null", "true"]);
    if !strace {
        eprintln!("`strace` can't be used here: the test looks at what the traps would leave only");
    }
    let place = tempfile::tempdir().unwrap();
    let (folder, output, sprung) = (place.path().join("tree"), place.path().join("output"), place.path().join("sprung"));
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(&output).unwrap();
    repository(&folder, &sprung);
    let catalog = output.join("catalog.json").display().to_string();
    let report = output.join("report.html").display().to_string();
    let runs: &[&[&str]] = &[
        &["scan", ".", "-v"],
        &["scan", ".", "--rev", "HEAD", "-f", "json", "-o", &catalog],
        &["scan", ".", "--view", "findings", "-v"],
        &["explain", "GET /books"],
        &["report", ".", "-o", &report],
        &["export", "openapi", "."],
        &["diff", "HEAD..HEAD"],
    ];
    let before = listing(&folder);
    for arguments in runs {
        let (ended, calls) = watched(&folder, arguments, &output, strace);
        let text = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.code().is_some_and(|c| c < 2), "{arguments:?}: {text}");
        assert!(!strace || calls.lines().count() > 20, "{arguments:?}: nothing was watched");
        let found = offences(&calls, &folder, &output);
        assert!(found.is_empty(), "{arguments:?}:\n{}", found.join("\n"));
        // What other programs read carries text as JSON does: only what every terminal obeys must not be in it.
        let is_data = arguments[0] == "export";
        let bad = |c: &char| if is_data { c.is_ascii_control() && *c != '\n' } else { (c.is_control() && *c != '\n') || *c == '\u{202e}' };
        let raw: Vec<char> = text.chars().filter(bad).collect();
        assert!(raw.is_empty(), "{arguments:?}: control characters {raw:?} in\n{text}");
        assert!(!sprung.exists(), "{arguments:?}: a trap was sprung");
    }
    assert_eq!(listing(&folder), before, "the tree is as it was");
    let found: serde_json::Value = serde_json::from_str(&fs::read_to_string(&catalog).unwrap()).unwrap();
    let paths: Vec<&str> =
        found["endpoints"].as_array().unwrap().iter().filter_map(|e| e["template"].as_str().or(e["path"].as_str())).collect();
    assert!(paths.contains(&"/books") && paths.contains(&"/desk"), "{paths:?}");
}

/// Names, sizes and times of everything below a folder.
fn listing(folder: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let meta = fs::symlink_metadata(entry.path()).unwrap();
            if meta.is_dir() {
                open.push(entry.path());
            }
            found.push((entry.path(), meta.len(), meta.modified().unwrap()));
        }
    }
    found.sort();
    found
}
