//! An organisation made up for tests of sweeps: generated bare repositories, a configuration, workers that are started and killed.

#![allow(dead_code)]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Repositories whose scan goes wrong: its process hangs, eats memory, aborts.
pub const BAD: [(&str, &str); 3] = [("bad-hang", "timeout"), ("bad-eat", "memory"), ("bad-abort", "crash")];

/// An organisation.
pub struct World {
    pub folder: PathBuf,
    program: PathBuf,
    database: String,
}

impl World {
    /// Makes so many repositories and those that go wrong. `settings` is added to the configuration.
    pub fn new(folder: &Path, program: &Path, database: &str, repositories: usize, settings: &str) -> World {
        let world = World { folder: folder.to_owned(), program: program.to_owned(), database: database.to_owned() };
        std::fs::create_dir_all(folder.join("repos")).unwrap();
        std::fs::create_dir_all(folder.join("scratch")).unwrap();
        for number in 0..repositories {
            world.commit(&format!("r{number:04}"), &code(number, 0), 0);
        }
        for (name, _) in BAD {
            world.commit(name, &code(1, 0), 0);
        }
        let config = format!("sources:\n  - local: {{globs: ['repos/*.git']}}\n{settings}\n");
        std::fs::write(folder.join("sweep.yaml"), config).unwrap();
        std::fs::write(folder.join("child.sh"), CHILD).unwrap();
        world
    }

    /// The same organisation with another database.
    pub fn beside(&self, database: &str) -> World {
        World { folder: self.folder.clone(), program: self.program.clone(), database: database.to_owned() }
    }

    /// Adds a commit to a repository, which is made if need be. Its ids are the same wherever it is made.
    pub fn commit(&self, name: &str, code: &str, age: usize) {
        let manifest = format!("[project]\nname = \"{name}\"\ndependencies = [\"flask\", \"requests\"]\n");
        self.commit_files(name, &[("app.py", code), ("pyproject.toml", &manifest)], age);
    }

    /// The same with any files; those that it had before stay.
    pub fn commit_files(&self, name: &str, files: &[(&str, &str)], age: usize) {
        let folder = self.folder.join(format!("repos/{name}.git"));
        if !folder.exists() {
            for part in ["objects", "refs/heads"] {
                std::fs::create_dir_all(folder.join(part)).unwrap();
            }
            std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
            std::fs::write(folder.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n").unwrap();
        }
        let time = 1_700_000_000 + 3600 * age;
        let parent = if age > 0 { "from refs/heads/main^0\n" } else { "" };
        let mut stream = format!("commit refs/heads/main\ncommitter Ann Example <ann@example.test> {time} +0000\ndata 3\none\n{parent}");
        for (path, text) in files {
            stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
        stream.push_str("\ndone\n");
        let mut import = Command::new("git")
            .args(["fast-import", "--quiet", "--done", "--date-format=raw"])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
    }

    /// Where its database is.
    pub fn database(&self) -> String {
        if self.database.contains("://") { self.database.clone() } else { self.folder.join(&self.database).display().to_string() }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.folder).env("APICENSUS_SWEEP_DATABASE", &self.database).env("APICENSUS_LOG", "warn");
        command.env("APICENSUS_CATALOG", &self.database);
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The output of a command that ends with this code.
    pub fn ends(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}{said}");
        text
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ends(0, args)).unwrap()
    }

    /// Starts a worker whose children may go wrong.
    pub fn worker(&self) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("workers.log")).unwrap();
        let mut command = self.command(&["sweep", "work", "--child", "sh"]);
        command.arg(self.folder.join("child.sh")).arg(&self.program);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// What every repository's catalog says, in the order of their names.
    pub fn exported(&self) -> String {
        self.ends(0, &["org", "catalog", "-f", "json"])
    }

    /// (repository, revisions) of the catalog's log, by name.
    pub fn revisions(&self) -> std::collections::BTreeMap<String, usize> {
        let log = self.json(&["catalog", "log", "-f", "json"]);
        let mut found = std::collections::BTreeMap::new();
        for revision in log.as_array().unwrap() {
            *found.entry(revision["repository"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        found
    }

    /// What was given up, with the class, by name.
    pub fn dead(&self) -> Vec<(String, String, String)> {
        let status = self.json(&["sweep", "status", "-f", "json"]);
        let text = |job: &Value, key: &str| job[key].as_str().unwrap().to_owned();
        let dead = status["dead"].as_array().unwrap().iter().map(|job| (text(job, "repository"), text(job, "class"), text(job, "reason")));
        dead.collect()
    }
}

/// A service with a few endpoints, that calls the next one.
pub fn code(number: usize, edition: usize) -> String {
    let mut code = String::from("from flask import Flask\nimport requests\n\napp = Flask(__name__)\n\n");
    for at in 0..3 + number % 4 {
        code.push_str(&format!("\n@app.get('/r{number:04}/things{at}/<id>')\ndef things{at}(id): ...\n"));
    }
    for at in 0..edition {
        code.push_str(&format!("\n@app.get('/r{number:04}/later{at}')\ndef later{at}(): ...\n"));
    }
    let next = number + 1;
    code.push_str(&format!(
        "\n@app.get('/r{number:04}/next')\ndef ask(): return requests.get('http://r{next:04}/r{next:04}/things0/1').json()\n"
    ));
    code
}

/// Kills workers, at most so many, and starts others in their place, until they have nothing left to do. Once one is stopped past its
/// lease and goes on later, if a time is given. How many were killed.
pub fn chaos(
    world: &World,
    (workers, kills): (usize, usize),
    every: Duration,
    most: Duration,
    between: &mut dyn FnMut(Duration),
    stop_at: Option<Duration>,
) -> usize {
    let begun = Instant::now();
    let mut running: Vec<Child> = (0..workers).map(|_| world.worker()).collect();
    let (mut killed, mut next, mut stopped) = (0, every, None);
    loop {
        std::thread::sleep(Duration::from_millis(50));
        assert!(begun.elapsed() < most, "not done after {most:?}: {}", world.ends(0, &["sweep", "status"]));
        between(begun.elapsed());
        match &mut stopped {
            None if stop_at.is_some_and(|at| begun.elapsed() > at) => {
                let one = std::mem::replace(&mut running[workers - 1], world.worker());
                // One that is stopped while it writes keeps a database in a file locked for all: nothing can be measured then.
                signal(&one, "STOP");
                for _ in 0..100 {
                    if !holds_a_lock(&one) {
                        break;
                    }
                    signal(&one, "CONT");
                    std::thread::sleep(Duration::from_millis(3));
                    signal(&one, "STOP");
                }
                stopped = Some((one, Some(begun.elapsed() + Duration::from_secs(10))));
            }
            Some((one, wakes)) if wakes.is_some_and(|at| begun.elapsed() > at) => {
                signal(one, "CONT");
                *wakes = None;
            }
            _ => {}
        }
        for at in 0..running.len() {
            if let Some(status) = running[at].try_wait().unwrap() {
                if status.code().is_some_and(|code| code < 2) {
                    // It had nothing left to do: the others have nothing left either, or soon.
                    for other in running.iter_mut().chain(stopped.as_mut().map(|(one, _)| one)) {
                        signal(other, "CONT");
                        let _ = other.wait();
                    }
                    return killed;
                }
                running[at] = world.worker();
            }
        }
        if begun.elapsed() >= next && killed < kills {
            next += every;
            let at = killed % running.len();
            let _ = running[at].kill();
            let _ = running[at].wait();
            running[at] = world.worker();
            killed += 1;
        }
    }
}

/// Whether a process holds such a lock on a file as SQLite takes for writing; false where the system does not tell.
fn holds_a_lock(process: &Child) -> bool {
    let (locks, id) = (std::fs::read_to_string("/proc/locks").unwrap_or_default(), process.id().to_string());
    // `1: POSIX  ADVISORY  WRITE 4711 fe:00:262146 120 120` (proc_locks(5)).
    locks
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .any(|fields| fields.contains(&"POSIX") && fields.contains(&"WRITE") && fields.contains(&id.as_str()))
}

/// Sends a signal; one to a process that has ended is lost.
pub fn signal(process: &Child, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(process.id().to_string()).stderr(Stdio::null()).status();
}

/// Reads the task, and goes wrong for some repositories.
const CHILD: &str = "\
read -r task
case \"$task\" in
  */bad-hang.git*) exec sleep 30 ;;
  */bad-eat.git*) exec dd if=/dev/zero of=/dev/null bs=6G count=1 ;;
  */bad-abort.git*) kill -ABRT $$ ;;
  */slow-*) sleep 8 ;;
esac
exec 3<&0
mkfifo pipe
{ printf '%s\\n' \"$task\"; exec cat <&3; } > pipe &
exec \"$1\" sweep child < pipe
";
