//! What earlier runs worked out, kept on disk by the hash of what it was worked out from.
//!
//! One SQLite file in the user's cache folder, shared by all processes. Nothing here is ever needed: an entry that is missing, damaged
//! or written by another build is worked out anew, a file that can't be used is put aside, and no trouble of the cache is an error
//! of the run. Every entry carries a checksum over its key and content. Entries that were not used for longest go first.

mod db;
mod folder;

pub use folder::default_folder;

use db::Db;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that the file may hold unless something else is said.
pub const DEFAULT_SIZE: u64 = 1 << 30;
/// Bytes of entries that wait to be written at most.
const MAX_WAITING: usize = 32 << 20;
/// Larger entries are not kept, in bytes.
const MAX_ENTRY: usize = 256 << 20;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A lowered file.
    Module,
    /// The result of a scan of code.
    Code,
    /// The result of a whole scan.
    Whole,
}

impl Kind {
    fn word(self) -> &'static [u8] {
        match self {
            Kind::Module => b"module",
            Kind::Code => b"code",
            Kind::Whole => b"whole",
        }
    }
}

/// Why a cache can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder can't be made.
    #[error("the cache folder `{folder}` can't be made: {reason}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
        reason: String,
    },
    /// The file can't be opened.
    #[error("the cache in `{folder}` can't be opened: {reason}")]
    File {
        /// Its folder.
        folder: String,
        /// What SQLite says.
        reason: String,
    },
}

/// 16 bytes of a hash.
pub(crate) type Key = [u8; 16];

/// The cache. Safe to use from many threads and processes.
pub struct Cache {
    /// None once the file turned out to be damaged.
    db: Mutex<Option<Db>>,
    waiting: Mutex<Waiting>,
    stamp: String,
    size: u64,
}

#[derive(Default)]
struct Waiting {
    entries: Vec<(Key, Vec<u8>)>,
    bytes: usize,
}

impl Cache {
    /// Opens the cache of a folder, making it where there is none. `stamp` names the build of the program: entries of other builds are
    /// not seen. At most `size` bytes are kept.
    ///
    /// # Errors
    /// When the folder can't be made or the file can't be opened; the run goes on without a cache then.
    pub fn open(folder: &Path, stamp: &str, size: u64) -> Result<Cache, CacheError> {
        let shown = || folder.display().to_string();
        folder::make(folder).map_err(|e| CacheError::Folder { folder: shown(), reason: e.to_string() })?;
        let db = Db::open(folder).map_err(|e| CacheError::File { folder: shown(), reason: e.to_string() })?;
        Ok(Cache { db: Mutex::new(Some(db)), waiting: Mutex::default(), stamp: stamp.to_owned(), size })
    }

    /// What is kept for a key, if it is there and sound.
    pub fn get(&self, kind: Kind, key: &[u8]) -> Option<Vec<u8>> {
        let key = self.key(kind, key);
        let stored = self.with(|db| db.get(&key))??;
        let content = open_entry(&key, &stored);
        if content.is_none() {
            self.with(|db| db.remove(&key));
        }
        content
    }

    /// Keeps something; it is written with others, at the latest by [`Cache::flush`] or when the cache is dropped.
    pub fn put(&self, kind: Kind, key: &[u8], content: &[u8]) {
        if content.len() > MAX_ENTRY {
            return;
        }
        let key = self.key(kind, key);
        let entry = seal_entry(&key, content);
        let mut waiting = held(&self.waiting);
        waiting.bytes += entry.len();
        waiting.entries.push((key, entry));
        if waiting.bytes > MAX_WAITING {
            let full = std::mem::take(&mut *waiting);
            drop(waiting);
            self.write(full);
        }
    }

    /// Writes what waits, and makes room.
    pub fn flush(&self) {
        let waiting = std::mem::take(&mut *held(&self.waiting));
        self.write(waiting);
    }

    fn write(&self, waiting: Waiting) {
        self.with(|db| db.finish(&waiting.entries, self.size));
    }

    /// The key of an entry: another build, kind or key gives another one.
    fn key(&self, kind: Kind, key: &[u8]) -> Key {
        let mut hash = blake3::Hasher::new();
        for part in [self.stamp.as_bytes(), kind.word(), key] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        shortened(&hash)
    }

    /// Asks the file. A damaged one is put aside, and asked no more.
    fn with<T>(&self, work: impl FnOnce(&mut Db) -> rusqlite::Result<T>) -> Option<T> {
        let mut held = held(&self.db);
        match work(held.as_mut()?) {
            Ok(found) => Some(found),
            Err(error) => {
                if db::is_damage(&error)
                    && let Some(damaged) = held.take()
                {
                    damaged.put_aside();
                }
                None
            }
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.flush();
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shortened(hash: &blake3::Hasher) -> Key {
    let mut key = Key::default();
    hash.finalize_xof().fill(&mut key);
    key
}

/// The hash of an entry under its key.
fn checksum(key: &Key, packed: &[u8]) -> Key {
    let mut hash = blake3::Hasher::new();
    hash.update(key);
    hash.update(packed);
    shortened(&hash)
}

/// An entry as it is stored: checksum, then the content packed.
fn seal_entry(key: &Key, content: &[u8]) -> Vec<u8> {
    let packed = lz4_flex::compress_prepend_size(content);
    let mut entry = checksum(key, &packed).to_vec();
    entry.extend_from_slice(&packed);
    entry
}

/// The content of a stored entry; none when anything about it is wrong.
#[doc(hidden)]
pub fn open_entry(key: &[u8; 16], stored: &[u8]) -> Option<Vec<u8>> {
    let (sum, packed) = stored.split_at_checked(16)?;
    if sum != checksum(key, packed) {
        return None;
    }
    let size = u32::from_le_bytes(packed.get(..4)?.try_into().ok()?);
    if size as usize > MAX_ENTRY {
        return None;
    }
    lz4_flex::decompress_size_prepended(packed).ok()
}
