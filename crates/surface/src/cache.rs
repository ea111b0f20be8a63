//! What scans of several revisions share: bytes and lowered modules by the id of their content in the object database, within one
//! process. A file that no commit changed is read and lowered once.

use apicensus_syntax::{Lang, Module};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of files that are kept at most; what is over it is read again.
const MAX_BYTES: usize = 256 << 20;
/// Bytes of sources whose modules are kept at most; a module takes some ten times its source.
const MAX_MODULES: usize = 128 << 20;

/// An id of content.
type Id = [u8; 20];
/// A module, none for what is no code, and whether its text was UTF-8.
type Lowered = (Option<Arc<Module>>, bool);

/// The cache. Safe to use from many threads.
#[derive(Default)]
pub struct Cache {
    bytes: Mutex<HashMap<Id, Arc<[u8]>>>,
    modules: Mutex<HashMap<(Lang, Id), Lowered>>,
    size: AtomicUsize,
    lowered: AtomicUsize,
}

impl Cache {
    /// The bytes of a content, if they are kept.
    pub(crate) fn bytes(&self, id: Id) -> Option<Arc<[u8]>> {
        held(&self.bytes).get(&id).cloned()
    }

    pub(crate) fn keep_bytes(&self, id: Id, bytes: &Arc<[u8]>) {
        if self.size.fetch_add(bytes.len(), Ordering::Relaxed) < MAX_BYTES {
            held(&self.bytes).insert(id, bytes.clone());
        }
    }

    /// What a content is lowered to, if it was.
    pub(crate) fn module(&self, lang: Lang, id: Id) -> Option<Lowered> {
        held(&self.modules).get(&(lang, id)).cloned()
    }

    pub(crate) fn keep_module(&self, lang: Lang, id: Id, module: Option<Arc<Module>>, is_utf8: bool) {
        let size = self.bytes(id).map_or(1, |bytes| bytes.len());
        if self.lowered.fetch_add(size, Ordering::Relaxed) < MAX_MODULES {
            held(&self.modules).insert((lang, id), (module, is_utf8));
        }
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
