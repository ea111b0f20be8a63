//! A small application in a folder of its own, and the program run in it.

#![allow(dead_code)]

use std::process::{Command, Output, Stdio};

/// A folder with `main.py`.
pub struct Shop {
    pub folder: tempfile::TempDir,
}

/// An application with a `GET` endpoint for each name, guarded or not.
pub fn code(names: &[&str], guarded: bool) -> String {
    let mut text =
        "from fastapi import Depends, FastAPI\nfrom fastapi.security import HTTPBearer\napp = FastAPI()\nbearer = HTTPBearer()\n"
            .to_owned();
    let takes = if guarded { "token: str = Depends(bearer)" } else { "" };
    for name in names {
        text.push_str(&format!("\n@app.get('/{name}')\ndef list_{name}({takes}):\n    return []\n"));
    }
    text
}

impl Shop {
    pub fn new() -> Shop {
        Shop { folder: tempfile::tempdir().unwrap() }
    }

    pub fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("main.py"), text).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apicensus"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["APICENSUS_CATALOG", "PGPASSWORD", "COLUMNS", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("APICENSUS_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Both streams of a run that must succeed.
    pub fn ok(&self, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {out}{err}");
        (out, err)
    }

    /// The standard error of a run that must fail as wrong use.
    pub fn wrong(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        err
    }

    /// Runs git in it.
    pub fn git(&self, args: &[&str]) {
        let who = ["-c", "user.name=Ann Example", "-c", "user.email=ann@example.test", "-c", "init.defaultBranch=main"];
        let done = Command::new("git").args(who).args(args).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
