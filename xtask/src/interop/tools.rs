//! The tools, in `target/interop`: a virtual environment each for those of Python that don't get on, and a folder of npm packages.

use crate::{checked, root};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::{Command, Output};

/// Packages of PyPI.
const PYTHON: &[&str] = &[
    "openapi-spec-validator==0.9.0",
    "schemathesis==4.32.5",
    "sarif-tools==3.0.5",
    "cyclonedx-python-lib[validation]==11.12.0",
    "grpcio-tools==1.85.1",
    "junitparser==5.0.3",
    "pyarrow==26.0.1",
    "fastapi==0.165.0",
    "uvicorn==0.54.0",
    "python-multipart==0.0.34",
];
/// It needs Python 3.12; an older one would get an older wapiti, without a word.
const WAPITI: &str = "wapiti3==3.3.2";
/// Packages of npm.
const NODE: &[&str] = &[
    "newman@6",
    "@redocly/cli@2",
    "@stoplight/spectral-cli@6",
    "@asyncapi/parser@3",
    "@usebruno/cli@3",
    "@microsoft/sarif-multitool@5",
    "@backstage/catalog-model@1",
    "graphql@16",
    "har-validator@5",
    "express@4",
    "yaml@2",
];

/// Where the tools are.
pub struct Tools {
    folder: PathBuf,
    /// Whether wapiti could be installed.
    pub has_wapiti: bool,
}

/// Installs what is missing; none, and a loud word, when it can't be had.
pub fn install() -> Result<Option<Tools>> {
    let folder = root().join("target/interop");
    std::fs::create_dir_all(&folder)?;
    let mut tools = Tools { folder, has_wapiti: true };
    if let Err(error) = python(&tools).and_then(|()| node(&tools)) {
        let bar = "=".repeat(72);
        eprintln!("{bar}\ninterop is SKIPPED: its tools can't be installed ({error:#})\nNothing was validated.\n{bar}");
        return Ok(None);
    }
    if let Err(error) = wapiti(&tools) {
        eprintln!("wapiti is SKIPPED: {error:#}");
        tools.has_wapiti = false;
    }
    Ok(Some(tools))
}

fn environment(tools: &Tools, name: &str, interpreter: &str, packages: &[&str]) -> Result<()> {
    let home = tools.folder.join(name);
    let list = packages.join("\n");
    let mark = home.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|old| old == list) {
        return Ok(());
    }
    checked(Command::new(interpreter).args(["-m", "venv"]).arg(&home))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    checked(Command::new(home.join("bin/python")).args(pip).args(packages))?;
    std::fs::write(mark, list).context("the mark of the environment")
}

fn python(tools: &Tools) -> Result<()> {
    environment(tools, "python", "python3", PYTHON)
}

/// With the first interpreter that is new enough; the environment variable `PYTHON_3_12` may name one.
fn wapiti(tools: &Tools) -> Result<()> {
    let given = std::env::var("PYTHON_3_12").ok();
    let names = given.iter().map(String::as_str).chain(["python3.12", "python3.13", "python3.14", "python3"]);
    let is_new = "import sys, venv; sys.exit(sys.version_info < (3, 12))";
    let found = names.into_iter().find(|name| Command::new(name).args(["-c", is_new]).output().is_ok_and(|out| out.status.success()));
    if found.is_none() && tools.folder.join("wapiti/installed.txt").is_file() {
        return Ok(());
    }
    environment(tools, "wapiti", found.context("wapiti needs Python 3.12 or newer; PYTHON_3_12 may name it")?, &[WAPITI])
}

fn node(tools: &Tools) -> Result<()> {
    let home = tools.folder.join("node");
    let list = NODE.join("\n");
    let mark = home.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|old| old == list) {
        return Ok(());
    }
    std::fs::create_dir_all(&home)?;
    let quiet = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
    checked(Command::new("npm").args(quiet).arg(&home).args(NODE))?;
    std::fs::write(mark, list).context("the mark of the packages")
}

impl Tools {
    /// A folder for files, emptied.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join("out").join(name);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A folder that stays from run to run.
    pub fn kept(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A program of the Python environment.
    pub fn python(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join("python/bin").join(program));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
        command
    }

    /// The folders of programs.
    pub fn programs(&self) -> Vec<PathBuf> {
        ["python/bin", "wapiti/bin", "node/node_modules/.bin"].map(|name| self.folder.join(name)).to_vec()
    }

    /// A program of the npm packages, which sends nothing to its makers.
    pub fn node(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join("node/node_modules/.bin").join(program));
        command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true").env("NO_COLOR", "1");
        command
    }

    /// Node itself, with the packages at hand.
    pub fn script(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(root().join("xtask/interop").join(script)).env("MODULES", self.modules());
        command
    }

    /// The folder that has node_modules.
    pub fn modules(&self) -> PathBuf {
        self.folder.join("node")
    }
}

/// What a command says, when it fails; its standard output first, as validators write there.
pub fn complaint(name: &str, out: &Output) -> Option<String> {
    if out.status.success() {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let said = [text(&out.stdout), text(&out.stderr)].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    let short: String = said.chars().take(4_000).collect();
    Some(format!("{name}: {short}"))
}
