//! Looks through a pack as it arrives, before anything else does: how many objects, how large, how deeply they build on
//! one another.
//!
//! A pack of half a megabyte may hold a blob of half a gigabyte, and a chain of differences may take hours to put
//! together. Every object of a pack says its size before its bytes (git's `pack-format`), so both are known in time.

use super::limits::{FetchLimits, size, too_large};
use crate::error::ForgeError;
use flate2::{Decompress, FlushDecompress, Status};
use std::collections::HashMap;

/// The longest chain of differences; git writes none over 4,095, and 50 by default.
const MAX_CHAIN: u32 = 4_095;
/// Bytes of a difference in which its two sizes stand.
const SIZES: usize = 20;

/// Where the reader is.
enum State {
    /// `PACK`, version, number of objects.
    Head,
    /// Type and size of an object, and the base of a difference.
    Object,
    /// Compressed bytes of an object.
    Content,
    /// The checksum.
    Trailer,
    /// Behind it.
    End,
}

/// The object that is being read.
#[derive(Default)]
struct Object {
    /// Where it begins.
    at: u64,
    size: u64,
    is_delta: bool,
    chain: u32,
    /// The beginning of a difference.
    sizes: Vec<u8>,
    done: u64,
}

/// Reads a pack piece by piece.
pub(crate) struct Inspector<'a> {
    place: &'a str,
    limits: &'a FetchLimits,
    state: State,
    /// Bytes that were not enough to go on.
    rest: Vec<u8>,
    /// Bytes before `rest`.
    position: u64,
    objects: u32,
    unpacked: u64,
    current: Object,
    chains: HashMap<u64, u32>,
    inflate: Decompress,
    scratch: Vec<u8>,
}

impl<'a> Inspector<'a> {
    pub fn new(place: &'a str, limits: &'a FetchLimits) -> Inspector<'a> {
        Inspector {
            place,
            limits,
            state: State::Head,
            rest: Vec::new(),
            position: 0,
            objects: 0,
            unpacked: 0,
            current: Object::default(),
            chains: HashMap::new(),
            inflate: Decompress::new(true),
            scratch: vec![0; 64 << 10],
        }
    }

    /// Takes in the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ForgeError> {
        let mut buffer = std::mem::take(&mut self.rest);
        buffer.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(used) = self.step(buffer.get(at..).unwrap_or_default())? {
            at += used;
            self.position += used as u64;
        }
        self.rest = buffer.split_off(at);
        Ok(())
    }

    /// After the last bytes.
    pub fn finish(&self) -> Result<(), ForgeError> {
        if matches!(self.state, State::End) { Ok(()) } else { Err(self.broken("it ends too early")) }
    }

    /// Reads one thing; gives how many bytes it took, None if there are not enough.
    fn step(&mut self, bytes: &[u8]) -> Result<Option<usize>, ForgeError> {
        match self.state {
            State::Head => self.head(bytes),
            State::Object => self.object(bytes),
            State::Content => self.content(bytes),
            State::Trailer if bytes.len() >= 20 => {
                self.state = State::End;
                Ok(Some(20))
            }
            State::Trailer => Ok(None),
            State::End if bytes.is_empty() => Ok(None),
            State::End => Err(self.broken("bytes follow it")),
        }
    }

    fn head(&mut self, bytes: &[u8]) -> Result<Option<usize>, ForgeError> {
        let Some((head, _)) = bytes.split_first_chunk::<12>() else { return Ok(None) };
        let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, count @ ..] = *head else { return Err(self.broken("it is none")) };
        self.objects = u32::from_be_bytes(count);
        if self.objects > self.limits.objects {
            return Err(too_large(self.place, format!("{} objects, more than {}", self.objects, self.limits.objects)));
        }
        self.state = if self.objects == 0 { State::Trailer } else { State::Object };
        Ok(Some(12))
    }

    fn object(&mut self, bytes: &[u8]) -> Result<Option<usize>, ForgeError> {
        let mut object = Object { at: self.position, ..Object::default() };
        let Some(&first) = bytes.first() else { return Ok(None) };
        object.size = u64::from(first & 15);
        let (mut at, mut shift, mut byte) = (1, 4u32, first);
        while byte & 0x80 != 0 {
            let Some(&next) = bytes.get(at) else { return Ok(None) };
            if shift > 57 {
                return Err(self.broken("an object of impossible size"));
            }
            object.size |= u64::from(next & 0x7f) << shift;
            (at, shift, byte) = (at + 1, shift + 7, next);
        }
        match (first >> 4) & 7 {
            1..=4 => {}
            6 => {
                let Some((offset, used)) = self.offset(bytes.get(at..).unwrap_or_default())? else { return Ok(None) };
                let base = self.position.checked_sub(offset).and_then(|base| self.chains.get(&base));
                object.chain = base.ok_or_else(|| self.broken("a difference to nothing"))? + 1;
                object.is_delta = true;
                at += used;
            }
            7 if bytes.len() < at + 20 => return Ok(None),
            7 => {
                object.is_delta = true;
                object.chain = 1;
                at += 20;
            }
            _ => return Err(self.broken("an object of unknown type")),
        }
        if object.chain > MAX_CHAIN {
            return Err(too_large(self.place, format!("differences upon differences, more than {MAX_CHAIN} of them")));
        }
        self.charge(object.size)?;
        self.chains.insert(object.at, object.chain);
        self.current = object;
        self.inflate.reset(true);
        self.state = State::Content;
        Ok(Some(at))
    }

    /// The distance to the base of a difference.
    fn offset(&self, bytes: &[u8]) -> Result<Option<(u64, usize)>, ForgeError> {
        let mut value = 0u64;
        for (at, byte) in bytes.iter().enumerate() {
            if at > 8 {
                return Err(self.broken("a difference to nothing"));
            }
            value = (if at == 0 { 0 } else { (value + 1) << 7 }) | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(Some((value, at + 1)));
            }
        }
        Ok(None)
    }

    fn content(&mut self, bytes: &[u8]) -> Result<Option<usize>, ForgeError> {
        let (input, output) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(bytes, &mut self.scratch, FlushDecompress::None);
        let status = status.map_err(|_| self.broken("bytes that can't be unpacked"))?;
        let used = (self.inflate.total_in() - input) as usize;
        let made = (self.inflate.total_out() - output) as usize;
        self.current.done += made as u64;
        if self.current.done > self.current.size {
            return Err(self.broken("an object larger than it says"));
        }
        if self.current.is_delta && self.current.sizes.len() < SIZES {
            let missing = SIZES - self.current.sizes.len();
            self.current.sizes.extend(self.scratch.iter().take(made.min(missing)));
        }
        if status == Status::StreamEnd {
            if self.current.done != self.current.size {
                return Err(self.broken("an object smaller than it says"));
            }
            self.delta_sizes()?;
            self.objects -= 1;
            self.state = if self.objects == 0 { State::Trailer } else { State::Object };
        } else if used == 0 && made == 0 {
            return Ok(None);
        }
        Ok(Some(used))
    }

    /// A difference begins with the size of its base and of what comes out.
    fn delta_sizes(&mut self) -> Result<(), ForgeError> {
        if !self.current.is_delta {
            return Ok(());
        }
        let sizes = std::mem::take(&mut self.current.sizes);
        let mut bytes = sizes.iter();
        for _ in 0..2 {
            let (mut value, mut shift) = (0u64, 0u32);
            loop {
                let byte = bytes.next().filter(|_| shift < 63).copied().ok_or_else(|| self.broken("a difference without sizes"))?;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            if value > self.limits.delta {
                let limit = size(self.limits.delta);
                return Err(too_large(self.place, format!("an object of {} that is stored as a difference; at most {limit}", size(value))));
            }
            self.charge(value)?;
        }
        Ok(())
    }

    fn charge(&mut self, bytes: u64) -> Result<(), ForgeError> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > self.limits.unpacked {
            return Err(too_large(self.place, format!("unpacked it is larger than {}", size(self.limits.unpacked))));
        }
        Ok(())
    }

    fn broken(&self, why: &str) -> ForgeError {
        ForgeError::refused(self.place, format!("a broken pack: {why}"))
    }
}
