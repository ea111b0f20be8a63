//! Packet lines: four hexadecimal digits of length, then the bytes (git's `protocol-common`).

use super::limits::Budget;
use crate::error::ForgeError;
use std::io::Read;

/// The longest packet.
const MAX_PACKET: usize = 65_520;

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// Bytes.
    Data(Vec<u8>),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section.
    Delimiter,
}

/// Packets of a stream, counted.
pub(crate) struct Packets<'a> {
    stream: &'a mut dyn Read,
    pub budget: &'a mut Budget,
}

impl<'a> Packets<'a> {
    pub fn new(stream: &'a mut dyn Read, budget: &'a mut Budget) -> Packets<'a> {
        Packets { stream, budget }
    }

    /// The next packet. A server's `ERR` is an error.
    pub fn next(&mut self) -> Result<Packet, ForgeError> {
        let mut digits = [0; 4];
        self.fill(&mut digits)?;
        let length = std::str::from_utf8(&digits).ok().and_then(|d| usize::from_str_radix(d, 16).ok());
        let length = match length {
            Some(0) => return Ok(Packet::Flush),
            Some(1) => return Ok(Packet::Delimiter),
            // The end of a stateless response; nothing follows it.
            Some(2) => return Ok(Packet::Flush),
            Some(length @ 4..=MAX_PACKET) => length - 4,
            _ => return Err(ForgeError::answer(&self.budget.place, "this is not git's protocol")),
        };
        let mut data = vec![0; length];
        self.fill(&mut data)?;
        match data.strip_prefix(b"ERR ") {
            Some(said) => Err(server_said(&self.budget.place, said)),
            None => Ok(Packet::Data(data)),
        }
    }

    /// The next packet as a line of text; None at the end of a section or message.
    pub fn line(&mut self) -> Result<Option<String>, ForgeError> {
        match self.next()? {
            Packet::Data(data) => Ok(Some(String::from_utf8_lossy(&data).trim_end_matches('\n').to_owned())),
            Packet::Flush | Packet::Delimiter => Ok(None),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ForgeError> {
        self.budget.take(buffer.len())?;
        let mut done = 0;
        while done < buffer.len() {
            match self.stream.read(buffer.get_mut(done..).unwrap_or_default()) {
                Ok(0) => return Err(ForgeError::network(&self.budget.place, "the server stopped in the middle")),
                Ok(count) => done += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    // A connection may know better what happened.
                    return Err(e.downcast::<ForgeError>().unwrap_or_else(|e| ForgeError::network(&self.budget.place, e)));
                }
            }
            self.budget.time()?;
        }
        Ok(())
    }
}

/// What a server says when it refuses. A commit that it doesn't have is gone.
pub(crate) fn server_said(place: &str, said: &[u8]) -> ForgeError {
    let text: String = String::from_utf8_lossy(said).chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    if ["not our ref", "not found", "does not exist", "no such remote ref"].iter().any(|w| text.to_ascii_lowercase().contains(w)) {
        return ForgeError::NotFound { place: format!("{place} ({})", text.trim()) };
    }
    ForgeError::answer(place, format!("the server says: {}", text.trim()))
}

/// Adds a line as a packet.
pub(crate) fn push(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(format!("{:04x}{line}\n", line.len() + 5).as_bytes());
}
