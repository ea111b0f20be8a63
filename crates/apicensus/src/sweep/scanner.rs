//! Scanning a repository through a child process: what it is told, and what its end means.

use super::child::{Outcome, Task, catalog_file, outcome_file};
use super::setup::Setup;
use crate::style::one_line;
use apicensus_catalog::Catalog;
use apicensus_sweep::child::{Caps, Ended, How, run};
use apicensus_sweep::{Claim, Class, Scanned, Scanner};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Words of programs that ran out of memory.
const NO_MEMORY: [&str; 5] = ["memory allocation of", "out of memory", "memory exhausted", "cannot allocate memory", "memoryerror"];
/// The longest reason, in characters.
const LONGEST: usize = 600;
/// Signals by number, as Linux and macOS agree on them.
const KILLED: i32 = 9;
const ABORTED: i32 = 6;
const FILE_TOO_LARGE: i32 = 25;

/// Scans repositories in child processes.
pub struct Children<'a> {
    setup: &'a Setup,
    program: Vec<OsString>,
    scratch: PathBuf,
    mirrors: PathBuf,
    cache: PathBuf,
    caps: Caps,
}

impl<'a> Children<'a> {
    /// `program` is run with the arguments that follow it; each child has a folder of its own in `scratch`.
    pub fn new(setup: &'a Setup, program: Vec<OsString>, scratch: &Path) -> Children<'a> {
        let limits = &setup.config.limits;
        let caps =
            Caps { wall: limits.wall.duration(), memory: limits.memory.bytes(), file: limits.file.bytes(), disk: limits.disk.bytes() };
        let kept =
            |named: &Option<PathBuf>, name: &str| named.as_ref().map_or_else(|| scratch.join(name), |folder| setup.base.join(folder));
        let (mirrors, cache) = (kept(&setup.config.work.mirrors, "mirrors"), kept(&setup.config.work.cache, "cache"));
        Children { setup, program, scratch: scratch.to_owned(), mirrors, cache, caps }
    }

    fn task(&self, claim: &Claim, scratch: &Path) -> Task {
        let config = &self.setup.config;
        Task {
            repository: claim.repository.clone(),
            known: claim.known.clone(),
            include: config.scan.include.clone(),
            exclude: config.scan.exclude.clone(),
            models: self.setup.models.clone(),
            threads: config.work.threads.get(),
            scratch: scratch.to_owned(),
            forge: config.forge(),
            base: self.setup.base.clone(),
            mirrors: (self.mirrors.clone(), config.work.mirrors_size.bytes()),
            cache: self.cache.clone(),
            backend: config.work.backend,
            libraries: claim.libraries.clone(),
            most: (u64::try_from(config.limits.wall.milliseconds()).unwrap_or(u64::MAX), config.limits.disk.bytes()),
        }
    }

    fn meaning(&self, ended: &Ended, scratch: &Path) -> Scanned {
        match ended.how {
            How::Exit(0) => self.result(ended, scratch),
            How::Stopped => Scanned::Stopped,
            How::Wall => failed(Class::Timeout, format!("it took longer than {}", written(&self.setup.config.limits.wall))),
            How::Memory => failed(Class::Memory, format!("it took more memory than {}", written(&self.setup.config.limits.memory))),
            How::Disk => failed(Class::Size, format!("it wrote more than {}", written(&self.setup.config.limits.disk))),
            How::Signal(FILE_TOO_LARGE) => {
                failed(Class::Size, format!("it wrote a file of more than {}", written(&self.setup.config.limits.file)))
            }
            _ if NO_MEMORY.iter().any(|words| ended.said.to_lowercase().contains(words)) => failed(
                Class::Memory,
                format!("it took more memory than {}: {}", written(&self.setup.config.limits.memory), last_words(&ended.said)),
            ),
            How::Signal(KILLED) => failed(Class::Memory, "the system killed it, as it does when memory runs out".to_owned()),
            How::Signal(ABORTED) => failed(Class::Crash, format!("it aborted: {}", last_words(&ended.said))),
            How::Signal(number) => failed(Class::Crash, format!("it ended by signal {number}: {}", last_words(&ended.said))),
            How::Exit(code) => failed(Class::Crash, format!("it ended with exit code {code}: {}", last_words(&ended.said))),
        }
    }

    fn result(&self, ended: &Ended, scratch: &Path) -> Scanned {
        let missing = |what: &str| failed(Class::Crash, format!("it ended without {what}: {}", last_words(&ended.said)));
        let outcome = std::fs::read(outcome_file(scratch)).ok().and_then(|bytes| serde_json::from_slice::<Outcome>(&bytes).ok());
        match outcome {
            Some(Outcome::Unchanged) => Scanned::Unchanged,
            Some(Outcome::Failed { class, reason, wait }) => Scanned::Failed { class, reason: short(&reason), wait },
            Some(Outcome::Scanned { commit, commit_time, packages }) => {
                let Ok(json) = std::fs::read(catalog_file(scratch)) else { return missing("a catalog") };
                // What is stored has to be readable when the sweep is published.
                if let Err(error) = serde_json::from_slice::<Catalog>(&json) {
                    return failed(Class::Crash, format!("it wrote what is no catalog: {error}"));
                }
                Scanned::Catalog { commit, commit_time, json, usage: ended.usage, packages }
            }
            None => missing("a word"),
        }
    }
}

impl Scanner for Children<'_> {
    fn scan(&self, claim: &Claim, stopped: &dyn Fn() -> bool) -> Scanned {
        let machine = |what: &str, error: std::io::Error| failed(Class::Machine, format!("{what}: {error}"));
        let folder = match tempfile::Builder::new().prefix("job-").tempdir_in(&self.scratch) {
            Ok(folder) => folder,
            Err(error) => return machine("no folder could be made for it", error),
        };
        let Some((program, arguments)) = self.program.split_first() else { return failed(Class::Machine, "no program".to_owned()) };
        let task = match serde_json::to_vec(&self.task(claim, folder.path())) {
            Ok(task) => task,
            Err(error) => return failed(Class::Machine, error.to_string()),
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path());
        // The child has nothing to do with the database.
        for name in ["PGPASSWORD", "APICENSUS_SWEEP_DATABASE", "APICENSUS_CATALOG"] {
            command.env_remove(name);
        }
        match run(&mut command, &task, &self.caps, folder.path(), stopped) {
            Ok(ended) => self.meaning(&ended, folder.path()),
            Err(error) => machine("its process could not be started", error),
        }
    }
}

fn failed(class: Class, reason: String) -> Scanned {
    Scanned::Failed { class, reason: short(&reason), wait: None }
}

/// A limit as it is written in the configuration.
fn written(limit: &impl serde::Serialize) -> String {
    serde_json::to_value(limit).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The last lines that a program said, in one.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    if last.is_empty() { "it said nothing".to_owned() } else { last }
}

fn short(reason: &str) -> String {
    one_line(reason).chars().take(LONGEST).collect()
}
