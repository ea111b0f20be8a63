//! The files for continuous integration: what they run is run here, as far as that goes without their services.
#![allow(clippy::unwrap_used)]

mod shop;

use serde_yaml::Value;
use shop::{Shop, code};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn file(name: &str) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(root().join(name)).unwrap()).unwrap()
}

/// A repository whose branch adds an open endpoint to what `main` has.
fn branch() -> Shop {
    let shop = Shop::new();
    shop.git(&["init", "-q", "-b", "main"]);
    shop.write(&code(&["orders"], true));
    shop.git(&["add", "-A"]);
    shop.git(&["commit", "-qm", "one"]);
    shop.git(&["checkout", "-q", "-b", "topic"]);
    let open = code(&["orders"], true) + "\n@app.post('/refunds')\ndef refund(): ...\n";
    shop.write(&open);
    shop
}

/// Runs a script as a runner would, with apicensus on the path.
fn script(shop: &Shop, text: &str, env: &[(&str, &str)]) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_apicensus")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-e", "-c", text]).current_dir(shop.folder.path()).env("PATH", path).env_remove("APICENSUS_CATALOG");
    command.envs(env.iter().copied()).output().unwrap()
}

#[test]
fn the_github_action_annotates_and_summarises() {
    let action = file("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let run = steps[1]["run"].as_str().unwrap();
    let shop = branch();
    shop.git(&["commit", "-qam", "two"]);
    let summary = shop.folder.path().join("summary.md").display().to_string();
    let with = |base: &str, level: &str| {
        let env = [
            ("IN_PATH", "."),
            ("IN_BASE", base),
            ("IN_NEW_ONLY", "true"),
            ("IN_FAIL_ON", level),
            ("IN_ARGS", ""),
            ("GITHUB_STEP_SUMMARY", &summary),
        ];
        script(&shop, &format!("set +e\n{run}"), &env)
    };
    let output = with("main", "high");
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.starts_with("::error file=main.py,line=11,title=unauthenticated POST /refunds::"), "{out}");
    let told = std::fs::read_to_string(&summary).unwrap();
    assert!(told.contains("| high | unauthenticated | `POST /refunds` |") && told.contains("### API changes"), "{told}");
    assert_eq!(with("main", "critical").status.code(), Some(0));
    assert_eq!(with("nothing", "high").status.code(), Some(2));
    // Every input has a description and reaches the script through the environment, never through its text.
    assert!(action["inputs"].as_mapping().unwrap().iter().all(|(_, input)| input["description"].is_string()));
    assert!(!run.contains("${{"));
}

#[test]
fn the_gitlab_job_keeps_its_report() {
    let job = file("docs/ci/gitlab-ci.yml")["apicensus"].clone();
    let lines: Vec<&str> = job["script"].as_sequence().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let origin = branch();
    let shop = Shop::new();
    shop.git(&["clone", "-q", &origin.folder.path().display().to_string(), "."]);
    std::fs::copy(origin.folder.path().join("main.py"), shop.folder.path().join("main.py")).unwrap();
    let output = script(&shop, &lines.join("\n"), &[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")]);
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("| high | unauthenticated | `POST /refunds` |"), "{out}");
    let kept = job["artifacts"]["paths"][0].as_str().unwrap();
    assert!(shop.folder.path().join(kept).exists());
}

#[test]
fn the_hook_refuses_what_a_commit_would_add() {
    let hooks = file(".pre-commit-hooks.yaml");
    let entry = hooks[0]["entry"].as_str().unwrap();
    let shop = branch();
    let output = script(&shop, entry, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("new high unauthenticated  POST /refunds"));
    shop.write(&code(&["orders", "users"], true));
    assert_eq!(script(&shop, entry, &[]).status.code(), Some(0));
}
