//! What the system says of a file on disk that changes whenever its content does, as in the index of git.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// File systems keep times no coarser than this (FAT: 2 s); what changed later than so long ago may change again unseen.
const COARSEST: Duration = Duration::from_secs(2);

/// The stamp: last change of the content and, on Unix, of the inode, and which inode it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Duration,
    changed: Duration,
    device: u64,
    inode: u64,
}

impl Stamp {
    /// Of a file's metadata; None where the system keeps no times.
    pub fn of(meta: &Metadata) -> Option<Stamp> {
        let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        #[cfg(unix)]
        let (changed, device, inode) = {
            use std::os::unix::fs::MetadataExt;
            let changed = Duration::new(u64::try_from(meta.ctime()).ok()?, u32::try_from(meta.ctime_nsec()).ok()?);
            (changed, meta.dev(), meta.ino())
        };
        #[cfg(not(unix))]
        let (changed, device, inode) = (modified, 0, 0);
        Some(Stamp { modified, changed, device, inode })
    }

    /// Whether a change after `seen` would change the stamp.
    pub fn is_settled(&self, seen: SystemTime) -> bool {
        let seen = seen.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.modified.max(self.changed) + COARSEST < seen
    }

    /// As bytes to hash.
    pub fn bytes(&self) -> [u8; 48] {
        let mut bytes = [0; 48];
        let times = [self.modified.as_nanos(), self.changed.as_nanos(), u128::from(self.device) << 64 | u128::from(self.inode)];
        for (to, from) in bytes.chunks_exact_mut(16).zip(times) {
            to.copy_from_slice(&from.to_le_bytes());
        }
        bytes
    }
}
