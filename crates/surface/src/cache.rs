//! What scans share: bytes and lowered modules by the id of their content, within one process and, where a cache on disk is given,
//! with earlier runs. A file that did not change is read and lowered once.

use apicensus_cache::Kind;
use apicensus_syntax::{Lang, Module, SyntaxTroubleKind};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Bytes of files that are kept at most; what is over it is read again.
const MAX_BYTES: usize = 256 << 20;
/// Bytes of sources whose modules are kept at most; a module takes some ten times its source.
const MAX_MODULES: usize = 128 << 20;

/// An id of content.
type Id = [u8; 20];
/// A module, none for what is no code, and whether its text was UTF-8.
pub(crate) type Lowered = (Option<Arc<Module>>, bool);

/// The cache. Safe to use from many threads.
#[derive(Default)]
pub struct Cache {
    bytes: Mutex<HashMap<Id, Arc<[u8]>>>,
    modules: Mutex<HashMap<(Lang, Id), Arc<OnceLock<Lowered>>>>,
    size: AtomicUsize,
    lowered: AtomicUsize,
    /// It is for one scan of files on disk: nothing comes twice.
    is_for_one: bool,
    disk: Option<apicensus_cache::Cache>,
}

impl Cache {
    /// A cache that knows what earlier runs have lowered.
    pub fn with(disk: Option<apicensus_cache::Cache>) -> Cache {
        Cache { disk, ..Cache::default() }
    }

    /// A cache for one scan.
    pub fn for_one(disk: Option<apicensus_cache::Cache>) -> Cache {
        Cache { is_for_one: disk.is_none(), disk, ..Cache::default() }
    }

    /// Whether what is lowered may be asked for again by its content.
    pub(crate) fn is_shared(&self) -> bool {
        !self.is_for_one
    }

    /// The part on disk.
    pub fn disk(&self) -> Option<&apicensus_cache::Cache> {
        self.disk.as_ref()
    }

    /// The bytes of a content, if they are kept.
    pub(crate) fn bytes(&self, id: Id) -> Option<Arc<[u8]>> {
        held(&self.bytes).get(&id).cloned()
    }

    pub(crate) fn keep_bytes(&self, id: Id, bytes: &Arc<[u8]>) {
        if self.size.fetch_add(bytes.len(), Ordering::Relaxed) < MAX_BYTES {
            held(&self.bytes).insert(id, bytes.clone());
        }
    }

    /// What a content is lowered to; `make` works it out unless it is known, once however many threads ask, and says whether the
    /// file could be read.
    pub(crate) fn lowered(&self, lang: Lang, id: Id, make: impl FnOnce() -> (Lowered, bool)) -> Lowered {
        let slot = held(&self.modules).entry((lang, id)).or_default().clone();
        let mut is_kept = true;
        let lowered = slot.get_or_init(|| {
            if let Some(known) = self.stored(lang, id) {
                return known;
            }
            let (lowered, is_read) = make();
            is_kept = is_read;
            if is_read {
                self.store(lang, id, &lowered);
            }
            is_kept &= self.lowered.fetch_add(self.bytes(id).map_or(1, |bytes| bytes.len()), Ordering::Relaxed) < MAX_MODULES;
            lowered
        });
        if !is_kept {
            held(&self.modules).remove(&(lang, id));
        }
        lowered.clone()
    }

    fn stored(&self, lang: Lang, id: Id) -> Option<Lowered> {
        let stored = self.disk.as_ref()?.get(Kind::Module, &key(lang, id))?;
        let (is_utf8, module) = stored.split_first()?;
        Some((Some(Arc::new(Module::from_bytes(module)?)), *is_utf8 == 1))
    }

    fn store(&self, lang: Lang, id: Id, (module, is_utf8): &Lowered) {
        // Whether a parse takes too long is a matter of the machine.
        let is_whole = |m: &&Arc<Module>| m.troubles.iter().all(|t| t.kind != SyntaxTroubleKind::Unparsed);
        if let (Some(disk), Some(module)) = (&self.disk, module.as_ref().filter(is_whole)) {
            let mut stored = vec![u8::from(*is_utf8)];
            stored.extend(module.to_bytes());
            disk.put(Kind::Module, &key(lang, id), &stored);
        }
    }
}

/// The key of a module on disk.
fn key(lang: Lang, id: Id) -> Vec<u8> {
    [lang.name().as_bytes(), &id].concat()
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
