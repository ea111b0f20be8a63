//! The scan of one repository in a process of its own.
//!
//! The task comes as a line of JSON on the standard input, which then stays open while the parent lives. The result is written to
//! two files: the catalog, and a word on how it went.

use crate::args::SourceArgs;
use crate::kept::CacheArgs;
use crate::limits::LimitArgs;
use crate::pipeline::{self, Job};
use crate::progress::Progress;
use anyhow::{Context, Result};
use apicensus_catalog::{Catalog, Trouble, TroubleKind};
use apicensus_forge::{Backend, FetchLimits, FetchOptions, ForgeConfig, ForgeError, Forges, Mirror, Mirrors, Repository};
use apicensus_source::Tree;
use apicensus_surface::convert::rfc3339;
use apicensus_surface::packages::Dependency;
use apicensus_sweep::{Class, Libraries, Library, Listed, Package, Packages};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The largest task, in bytes.
const MOST_TASK: u64 = 1 << 20;

/// What to scan, and how.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Task {
    /// The repository.
    pub repository: Listed,
    /// The commit whose result is there; empty where there is none.
    pub known: String,
    /// Only files that match one of these.
    pub include: Vec<String>,
    /// No files that match one of these.
    pub exclude: Vec<String>,
    /// Folders of further models.
    pub models: Vec<PathBuf>,
    /// Threads.
    pub threads: u16,
    /// The folder that everything is written to.
    pub scratch: PathBuf,
    /// How hosts are spoken to, and the folder that its paths are relative to. It holds no secrets.
    pub forge: ForgeConfig,
    /// That folder.
    pub base: PathBuf,
    /// Where fetched repositories are kept, and how many bytes of them.
    pub mirrors: (PathBuf, u64),
    /// Where what was read of files is kept, by their content: copies of a file in many repositories are read once.
    pub cache: PathBuf,
    /// What fetches.
    pub backend: Backend,
    /// Milliseconds, and bytes of a repository.
    pub most: (u64, u64),
    /// The packages of other repositories that it depends on.
    pub libraries: Libraries,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The repository is at the commit that is known.
    Unchanged,
    /// The catalog is written.
    Scanned {
        /// The commit; empty where there is none.
        commit: String,
        /// Its time, RFC 3339 in UTC.
        commit_time: String,
        /// What its manifests say.
        packages: Packages,
    },
    /// It failed.
    Failed {
        /// How.
        class: Class,
        /// In words.
        reason: String,
        /// Milliseconds that the forge asked to wait.
        wait: Option<i64>,
    },
}

/// The file of the catalog.
pub fn catalog_file(scratch: &Path) -> PathBuf {
    scratch.join("catalog.json")
}

/// The file that says how it went.
pub fn outcome_file(scratch: &Path) -> PathBuf {
    scratch.join("outcome.json")
}

/// Runs the command.
pub fn run() -> Result<u8> {
    let mut line = String::new();
    std::io::stdin().lock().take(MOST_TASK).read_line(&mut line).context("could not read the task")?;
    let task: Task = serde_json::from_str(&line).context("the task can't be read; `apicensus sweep work` starts this by itself")?;
    // Nobody waits for the result once the other end is closed.
    std::thread::spawn(|| {
        let mut rest = [0_u8; 64];
        while std::io::stdin().lock().read(&mut rest).is_ok_and(|number| number > 0) {}
        std::process::abort();
    });
    let outcome = scan(&task).unwrap_or_else(|error| Outcome::Failed { class: Class::Bad, reason: format!("{error:#}"), wait: None });
    write(&outcome_file(&task.scratch), &serde_json::to_vec(&outcome)?)?;
    Ok(0)
}

fn scan(task: &Task) -> Result<Outcome> {
    if task.repository.path.is_empty() { scan_fetched(task) } else { scan_in_place(task) }
}

/// What fetches for a task.
struct Fetcher {
    forges: Forges,
    options: FetchOptions,
    mirrors: Mirrors,
}

impl Fetcher {
    fn new(task: &Task) -> Result<Fetcher> {
        let (wall, disk) = task.most;
        let limits =
            FetchLimits { wall: Duration::from_millis(wall), received: disk, unpacked: disk.saturating_mul(4), ..FetchLimits::default() };
        Ok(Fetcher {
            forges: Forges::new(task.forge.clone(), &task.base)?,
            options: FetchOptions { limits, backend: task.backend, ..FetchOptions::default() },
            mirrors: Mirrors::new(&task.mirrors.0, task.mirrors.1),
        })
    }

    fn fetch(&self, listed: &Listed, commit: &str) -> Result<Mirror, ForgeError> {
        self.forges.fetch(&fetched(listed), commit, &self.mirrors, &self.options)
    }
}

/// A repository as it is fetched.
fn fetched(listed: &Listed) -> Repository {
    Repository {
        // Branches of one repository share its mirror.
        forge_id: listed.identity.split('#').next().unwrap_or_default().to_owned(),
        name: listed.name.clone(),
        url: listed.url.clone(),
        default_ref: Some(listed.reference.clone()).filter(|name| !name.is_empty()),
        refs: Vec::new(),
        head: None,
        pushed: None,
        archived: listed.archived,
        fork: listed.fork,
        topics: Vec::new(),
        local_path: None,
    }
}

/// Fetches a repository, unless its commit is the one that is known, and scans it.
fn scan_fetched(task: &Task) -> Result<Outcome> {
    let fetcher = Fetcher::new(task)?;
    let listed = &task.repository;
    let heads = match fetcher.forges.heads(&fetched(listed), &fetcher.options) {
        Ok(heads) => heads,
        Err(error) => return Ok(refused(&error)),
    };
    let Some(head) = heads.into_iter().next() else { return empty(task) };
    if head.commit == task.known {
        return Ok(Outcome::Unchanged);
    }
    match fetcher.fetch(listed, &head.commit) {
        Ok(mirror) => scanned(task, &mirror.path, Some(&mirror.commit), Some(listed.name.rsplit('/').next().unwrap_or(&listed.name))),
        Err(error) => Ok(refused(&error)),
    }
}

fn scan_in_place(task: &Task) -> Result<Outcome> {
    let folder = PathBuf::from(&task.repository.path);
    if !folder.exists() {
        let reason = format!("there is no folder `{}`", task.repository.path);
        return Ok(Outcome::Failed { class: Class::Gone, reason, wait: None });
    }
    let named = Some(task.repository.reference.as_str()).filter(|name| !name.is_empty());
    scanned(task, &folder, named, None)
}

/// Scans a revision of a repository of this machine.
fn scanned(task: &Task, folder: &Path, revision: Option<&str>, name: Option<&str>) -> Result<Outcome> {
    let Some((commit, time)) = apicensus_source::past::tip(folder, revision)? else { return empty(task) };
    if commit == task.known {
        return Ok(Outcome::Unchanged);
    }
    let (libraries, troubles) = match libraries(task)? {
        Ok(found) => found,
        Err(failed) => return Ok(failed),
    };
    let (catalog, packages) = catalog(task, folder, &commit, name, (&libraries, troubles))?;
    write(&catalog_file(&task.scratch), &serde_json::to_vec(&catalog)?)?;
    Ok(Outcome::Scanned { commit, commit_time: rfc3339(time).unwrap_or_default(), packages })
}

/// A repository without commits has an empty catalog.
fn empty(task: &Task) -> Result<Outcome> {
    write(&catalog_file(&task.scratch), &serde_json::to_vec(&Catalog::default())?)?;
    Ok(Outcome::Scanned { commit: String::new(), commit_time: String::new(), packages: Packages::default() })
}

/// A library that is here, with the lock on its mirror.
struct Opened<'a> {
    library: &'a Library,
    tree: Tree,
    _mirror: Option<Mirror>,
}

impl Opened<'_> {
    fn dependency(&self) -> Dependency<'_> {
        Dependency { name: self.library.key.clone(), tree: &self.tree, folders: self.library.folders.clone() }
    }
}

/// Brings the libraries of a task here. What will not go away is a trouble; what may is why the whole fails for now.
fn libraries(task: &Task) -> Result<Result<(Vec<Opened<'_>>, Vec<Trouble>), Outcome>> {
    let (mut opened, mut troubles) = (Vec::new(), Vec::new());
    for (name, keys) in &task.libraries.unclear {
        troubles.push(trouble(format!(
            "several repositories declare the package `{name}`: {}; it is not known which is meant",
            keys.join(", ")
        )));
    }
    let fetcher = Fetcher::new(task)?;
    for library in &task.libraries.used {
        let (key, listed) = (&library.key, &library.repository);
        let mirror = match listed.path.is_empty().then(|| fetcher.fetch(listed, &library.commit)).transpose() {
            Ok(mirror) => mirror,
            Err(error) => match refused(&error) {
                Outcome::Failed { class: Class::Denied | Class::Gone | Class::Size | Class::Bad, reason, .. } => {
                    troubles.push(trouble(format!("packages of `{key}` could not be fetched: {reason}")));
                    continue;
                }
                Outcome::Failed { class, reason, wait } => {
                    let reason = format!("packages of `{key}` that it depends on could not be fetched: {reason}");
                    return Ok(Err(Outcome::Failed { class, reason, wait }));
                }
                other => return Ok(Err(other)),
            },
        };
        let folder = mirror.as_ref().map_or_else(|| PathBuf::from(&listed.path), |mirror| mirror.path.clone());
        match Job::open(&[folder], &source(task, &library.commit)) {
            Ok(job) => opened.push(Opened { library, tree: job.into_tree(), _mirror: mirror }),
            Err(error) => troubles.push(trouble(format!("packages of `{key}` could not be read at {}: {error:#}", library.commit))),
        }
    }
    Ok(Ok((opened, troubles)))
}

fn trouble(message: String) -> Trouble {
    let effect = "what these packages register is missing".to_owned();
    Trouble { kind: TroubleKind::UnresolvedImport, repository: String::new(), file: String::new(), line: 0, message, effect }
}

/// What an error of fetching means.
fn refused(error: &ForgeError) -> Outcome {
    let mut wait = None;
    let class = match error {
        ForgeError::Config(_) | ForgeError::Secret { .. } | ForgeError::Denied { .. } => Class::Denied,
        ForgeError::NotFound { .. } => Class::Gone,
        ForgeError::RateLimited { until, .. } => {
            wait = until.duration_since(SystemTime::now()).ok().and_then(|left| i64::try_from(left.as_millis()).ok());
            Class::Limited
        }
        ForgeError::Network { .. } | ForgeError::Answer { .. } => Class::Network,
        ForgeError::TooLarge { .. } => Class::Size,
        ForgeError::Refused { .. } => Class::Bad,
        ForgeError::Local { .. } => Class::Machine,
    };
    Outcome::Failed { class, reason: error.to_string(), wait }
}

/// How a revision is opened.
fn source(task: &Task, commit: &str) -> SourceArgs {
    SourceArgs {
        rev: Some(commit.to_owned()),
        include: task.include.clone(),
        exclude: task.exclude.clone(),
        models: task.models.clone(),
        threads: Some(task.threads.max(1)),
        // A sweep knows by the commit what is unchanged, and what is kept of files is shared by all repositories.
        cache: CacheArgs { cache: Some(task.cache.clone()), ..CacheArgs::default() },
        limits: LimitArgs::default(),
    }
}

/// The catalog of a commit, without anything of this machine in it, and what its manifests say.
fn catalog(
    task: &Task,
    folder: &Path,
    commit: &str,
    name: Option<&str>,
    (libraries, troubles): (&[Opened<'_>], Vec<Trouble>),
) -> Result<(Catalog, Packages)> {
    let mut job = Job::open_as(name, &[folder.to_owned()], &source(task, commit))?;
    job.depend_on(&libraries.iter().map(Opened::dependency).collect::<Vec<_>>())?;
    let mut catalog = job.scan(&Progress::start(true))?;
    for own in &mut catalog.repositories {
        own.name.clone_from(&task.repository.name);
        own.root = if task.repository.url.is_empty() { task.repository.path.clone() } else { task.repository.url.clone() };
    }
    catalog.troubles.splice(0..0, troubles);
    let found = pipeline::packages(job.tree())?;
    let named = |all: Vec<(&'static str, String, String)>| {
        all.into_iter().map(|(kind, name, folder)| Package { kind: kind.to_owned(), name, folder }).collect()
    };
    Ok((catalog, Packages { declares: named(found.declares), needs: named(found.needs) }))
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("could not write `{}`", file.display()))
}
