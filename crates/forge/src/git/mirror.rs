//! Folders of fetched commits, one a repository: bounded in size, safe under several workers and when one is killed.
//!
//! A mirror is a bare repository that this code lays out itself, without templates and hooks; its configuration has two
//! lines. Two lock files stand beside it and are never removed: whoever reads it shares the one, so that it is not thrown
//! away meanwhile, and whoever fetches holds the other. Locks end with the process that holds them.

use crate::error::ForgeError;
use crate::gate::lock;
use git2::{ObjectType, Odb, Oid};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// Packs of one mirror after which it is fetched anew.
const MAX_PACKS: usize = 20;
/// Between two looks at the size of all mirrors.
const LOOK: Duration = Duration::from_secs(30);
/// The largest commit object that is read.
const MAX_COMMIT: usize = 16 << 20;

/// A folder of mirrors.
#[derive(Debug)]
pub struct Mirrors {
    folder: PathBuf,
    max_bytes: u64,
    looked: Mutex<Option<Instant>>,
}

/// A commit of a repository, ready to be read. While this value lives the folder stays.
#[derive(Debug)]
pub struct Mirror {
    /// The repository's folder.
    pub path: PathBuf,
    /// The commit, in hexadecimal.
    pub commit: String,
    /// Blobs over this size are not there: the server left them out.
    pub without_blobs_over: Option<u64>,
    _lock: Option<File>,
}

/// What is known of a mirror.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// The repository, for people who look.
    pub forge_id: String,
    /// Commits that are there whole.
    pub commits: Vec<String>,
    /// The size over which blobs were left out.
    pub blob: Option<u64>,
}

/// The place of one mirror.
#[derive(Debug)]
pub(crate) struct Slot {
    pub repository: PathBuf,
    state: PathBuf,
    use_lock: PathBuf,
    fetch_lock: PathBuf,
}

impl Mirror {
    /// A repository that is opened in place.
    pub(crate) fn in_place(path: &Path, commit: String) -> Mirror {
        Mirror { path: path.to_owned(), commit, without_blobs_over: None, _lock: None }
    }
}

impl Mirrors {
    /// Mirrors in a folder, of so many bytes together; those that were not used for the longest time go first.
    pub fn new(folder: &Path, max_bytes: u64) -> Mirrors {
        Mirrors { folder: folder.to_owned(), max_bytes, looked: Mutex::default() }
    }

    pub(crate) fn slot(&self, forge_id: &str) -> Result<Slot, ForgeError> {
        let name = blake3::hash(forge_id.as_bytes()).to_hex();
        let name = name.as_str().get(..32).unwrap_or_default();
        let shelf = self.folder.join(name.get(..2).unwrap_or_default());
        fs::create_dir_all(&shelf).map_err(|e| ForgeError::local(&shelf, e))?;
        let file = |end: &str| shelf.join(format!("{name}{end}"));
        Ok(Slot { repository: file(".git"), state: file(".json"), use_lock: file(".use"), fetch_lock: file(".fetch") })
    }

    /// Throws mirrors away that were not used for the longest time, until the rest is small enough. Those in use stay.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn trim(&self) -> Result<(), ForgeError> {
        let mut all = Vec::new();
        for shelf in folders(&self.folder)? {
            for repository in folders(&shelf)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "git")) {
                let state = repository.with_extension("json");
                let used = fs::metadata(&state).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                all.push((used, pack_bytes(&repository), repository));
            }
        }
        let mut total: u64 = all.iter().map(|(_, bytes, _)| bytes).sum();
        all.sort();
        for (_, bytes, repository) in all {
            if total <= self.max_bytes {
                break;
            }
            let slot = Slot {
                state: repository.with_extension("json"),
                use_lock: repository.with_extension("use"),
                fetch_lock: repository.with_extension("fetch"),
                repository,
            };
            if slot.remove_if_unused()? {
                total -= bytes;
            }
        }
        Ok(())
    }

    /// The same, if the last look was a while ago.
    pub(crate) fn trim_now_and_then(&self) -> Result<(), ForgeError> {
        let mut looked = lock(&self.looked);
        if looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Ok(());
        }
        *looked = Some(Instant::now());
        drop(looked);
        self.trim()
    }
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, ForgeError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ForgeError::local(folder, e)),
    };
    let is_folder = |e: &fs::DirEntry| e.file_type().is_ok_and(|t| t.is_dir());
    Ok(entries.flatten().filter(is_folder).map(|e| e.path()).collect())
}

fn pack_files(repository: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(repository.join("objects/pack")).into_iter().flatten().flatten();
    entries.map(|e| (e.path(), e.metadata().map_or(0, |m| m.len()))).collect()
}

fn pack_bytes(repository: &Path) -> u64 {
    pack_files(repository).iter().map(|(_, bytes)| bytes).sum()
}

fn open_lock(path: &Path) -> Result<File, ForgeError> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|e| ForgeError::local(path, e))
}

impl Slot {
    /// Waits until nobody else fetches.
    pub fn lock_fetch(&self) -> Result<File, ForgeError> {
        let file = open_lock(&self.fetch_lock)?;
        file.lock().map_err(|e| ForgeError::local(&self.fetch_lock, e))?;
        Ok(file)
    }

    /// From now on it is not thrown away.
    pub fn lock_use(&self) -> Result<File, ForgeError> {
        let file = open_lock(&self.use_lock)?;
        file.lock_shared().map_err(|e| ForgeError::local(&self.use_lock, e))?;
        Ok(file)
    }

    fn remove_if_unused(&self) -> Result<bool, ForgeError> {
        let fetch = open_lock(&self.fetch_lock)?;
        let used = open_lock(&self.use_lock)?;
        for (file, path) in [(&fetch, &self.fetch_lock), (&used, &self.use_lock)] {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(false),
                Err(TryLockError::Error(e)) => return Err(ForgeError::local(path, e)),
            }
        }
        self.remove()?;
        Ok(true)
    }

    fn remove(&self) -> Result<(), ForgeError> {
        for removed in [fs::remove_file(&self.state), fs::remove_dir_all(&self.repository)] {
            match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(ForgeError::local(&self.repository, e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// What is there. A state that can't be read is none.
    pub fn state(&self) -> State {
        let text = fs::read(&self.state).unwrap_or_default();
        let state: State = serde_json::from_slice(&text).unwrap_or_default();
        if self.repository.join("objects/pack").is_dir() { state } else { State::default() }
    }

    /// Makes the mirror ready to take in a pack: lays it out, clears what a killed fetch left, and begins anew when it has
    /// grown too much or holds other blobs. The caller holds the fetch lock and must not hold the use lock.
    pub fn prepare(&self, blob: Option<u64>) -> Result<State, ForgeError> {
        let state = self.state();
        let packs = pack_files(&self.repository).iter().filter(|(p, _)| p.extension().is_some_and(|e| e == "pack")).count();
        if packs > MAX_PACKS || (!state.commits.is_empty() && state.blob != blob) || (state.commits.is_empty() && packs > 0) {
            let used = open_lock(&self.use_lock)?;
            // Someone may still read it: then it grows a little more.
            if used.try_lock().is_ok() {
                self.remove()?;
            }
        }
        self.clear_leftovers();
        let fail = |e: std::io::Error| ForgeError::local(&self.repository, e);
        for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags"] {
            fs::create_dir_all(self.repository.join(folder)).map_err(fail)?;
        }
        self.write_config()?;
        if !self.repository.join("HEAD").is_file() {
            self.write("HEAD", "ref: refs/heads/main\n")?;
        }
        Ok(self.state())
    }

    /// The mirror's whole configuration, whatever was there before.
    pub fn write_config(&self) -> Result<(), ForgeError> {
        self.write("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    }

    fn clear_leftovers(&self) {
        for (path, _) in pack_files(&self.repository) {
            let whole = path.with_extension("pack").is_file() && path.with_extension("idx").is_file();
            if !(whole && path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("pack-"))) {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Puts the pack's result in place: what is shallow, what HEAD is, and what is known.
    pub fn finish(&self, forge_id: &str, state: &State, commit: &str, shallow: &[String], blob: Option<u64>) -> Result<(), ForgeError> {
        let mut commits = state.commits.clone();
        commits.push(commit.to_owned());
        let mut all: Vec<String> =
            fs::read_to_string(self.repository.join("shallow")).unwrap_or_default().lines().map(str::to_owned).collect();
        all.extend(shallow.iter().cloned());
        all.sort();
        all.dedup();
        self.write("shallow", &all.iter().map(|id| format!("{id}\n")).collect::<String>())?;
        self.write("HEAD", &format!("{commit}\n"))?;
        let state = State { forge_id: forge_id.to_owned(), commits, blob };
        let text = serde_json::to_string(&state).map_err(|e| ForgeError::local(&self.state, e))?;
        replace(&self.state, &text)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ForgeError> {
        replace(&self.repository.join(name), text)
    }

    /// The mirror at a commit, if it is there.
    pub fn open(&self, commit: &str) -> Result<Option<Mirror>, ForgeError> {
        let used = self.lock_use()?;
        let state = self.state();
        if !state.commits.iter().any(|c| c == commit) {
            return Ok(None);
        }
        // The time of its last use; a mirror that can't be marked is only thrown away sooner.
        let _ = File::options().append(true).open(&self.state).and_then(|f| f.set_modified(SystemTime::now()));
        let (path, commit) = (self.repository.clone(), commit.to_owned());
        Ok(Some(Mirror { path, commit, without_blobs_over: state.blob, _lock: Some(used) }))
    }

    /// Its objects, without a repository around them.
    pub fn objects(&self) -> Result<Odb<'static>, ForgeError> {
        let fail = |e: git2::Error| ForgeError::local(&self.repository, e.message());
        let odb = Odb::new().map_err(fail)?;
        let path = self.repository.join("objects");
        odb.add_disk_alternate(&path.to_string_lossy()).map_err(fail)?;
        Ok(odb)
    }

    /// Whether a commit and its root tree have come.
    pub fn check(&self, commit: &str, place: &str) -> Result<(), ForgeError> {
        let missing = || ForgeError::refused(place, "the server sent a pack without the commit that was asked for");
        let odb = self.objects()?;
        let id = Oid::from_str(commit).map_err(|_| missing())?;
        let (bytes, kind) = odb.read_header(id).map_err(|_| missing())?;
        if kind != ObjectType::Commit || bytes > MAX_COMMIT {
            return Err(ForgeError::refused(place, format!("{commit} is a {} of {bytes} bytes, not a commit", kind.str())));
        }
        let object = odb.read(id).map_err(|_| missing())?;
        let text = String::from_utf8_lossy(object.data().get(..46).unwrap_or_default());
        let tree = text.strip_prefix("tree ").and_then(|t| Oid::from_str(t.trim_end()).ok()).ok_or_else(missing)?;
        odb.read_header(tree).map(drop).map_err(|_| missing())
    }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), ForgeError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|e| ForgeError::local(path, e))
}
