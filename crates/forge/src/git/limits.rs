//! What fetching may take.

use crate::error::ForgeError;
use std::time::{Duration, Instant};

/// Bounds of one fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Time, from the first request to the last byte written.
    pub wall: Duration,
    /// Bytes from the server, all told.
    pub received: u64,
    /// Objects of the pack.
    pub objects: u32,
    /// Bytes of all objects once unpacked.
    pub unpacked: u64,
    /// Bytes of one object that is stored as a difference: these are put together in memory.
    pub delta: u64,
    /// Branches and tags that a server may name.
    pub refs: usize,
    /// Blobs of more bytes are left out where the server can do that; none are when absent.
    pub blob: Option<u64>,
}

impl Default for FetchLimits {
    fn default() -> Self {
        FetchLimits {
            wall: Duration::from_secs(900),
            received: 2 << 30,
            objects: 4_000_000,
            unpacked: 16 << 30,
            delta: 256 << 20,
            refs: 200_000,
            // The largest file that a scan reads, with room to spare.
            blob: Some(16 << 20),
        }
    }
}

/// The bytes and the time that are left.
#[derive(Debug)]
pub(crate) struct Budget {
    pub place: String,
    pub end: Instant,
    left: u64,
    received: u64,
}

impl Budget {
    pub fn new(place: &str, limits: &FetchLimits) -> Budget {
        Budget { place: place.to_owned(), end: Instant::now() + limits.wall, left: limits.received, received: limits.received }
    }
    /// The time that is left.
    pub fn time(&self) -> Result<Duration, ForgeError> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.late()) } else { Ok(left) }
    }
    pub fn late(&self) -> ForgeError {
        ForgeError::network(&self.place, "fetching took too long and was given up")
    }
    /// Counts bytes that came.
    pub fn take(&mut self, bytes: usize) -> Result<(), ForgeError> {
        self.time()?;
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(too_large(&self.place, format!("the server sent more than {}", size(self.received)))),
        }
    }
}

pub(crate) fn too_large(place: &str, reason: String) -> ForgeError {
    ForgeError::TooLarge { place: place.to_owned(), reason }
}

/// Bytes in words.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=10_239_999 => format!("{} KB", bytes >> 10),
        _ => format!("{} MB", bytes >> 20),
    }
}
