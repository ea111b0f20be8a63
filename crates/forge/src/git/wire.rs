//! What is said to `git upload-pack`: which references there are, and "this one commit, please".
//!
//! Version 2 of the protocol (git's `protocol-v2`) names only the references that are asked for. A server that knows
//! only version 0 (`pack-protocol`) names them all first.

use super::limits::{Budget, FetchLimits, too_large};
use super::packets::{Packet, Packets, push, server_said};
use crate::error::ForgeError;
use std::io::Read;

const AGENT: &str = concat!("agent=apicensus/", env!("CARGO_PKG_VERSION"));

/// A way to talk to `upload-pack`.
pub(crate) trait Connection {
    /// What the server says first.
    fn greeting(&mut self, budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError>;
    /// Sends a request; gives the answer.
    fn ask(&mut self, request: &[u8], budget: &Budget) -> Result<Box<dyn Read + '_>, ForgeError>;
}

/// A reference of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub name: String,
    /// The commit: what an annotated tag points to, not the tag.
    pub commit: String,
    /// What a symbolic reference stands for.
    pub target: Option<String>,
}

/// What a server can do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    version2: bool,
    filter: bool,
    shallow: bool,
    /// What a server of version 0 has named.
    references: Vec<Reference>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Want<'a> {
    pub commit: &'a str,
    /// Commits that are here already, without their parents.
    pub have: &'a [String],
    pub blob: Option<u64>,
}

/// What came beside the pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// Commits whose parents are not here.
    pub shallow: Vec<String>,
    /// Blobs over the size were left out.
    pub filtered: bool,
}

impl Server {
    /// Reads what the server says first.
    pub fn meet(connection: &mut dyn Connection, budget: &mut Budget, limits: &FetchLimits) -> Result<Server, ForgeError> {
        let place = budget.place.clone();
        let mut stream = connection.greeting(budget)?;
        let mut packets = Packets::new(&mut *stream, budget);
        let mut first = packets.line()?;
        if first.as_deref().is_some_and(|l| l.starts_with("# service=")) {
            packets.line()?;
            first = packets.line()?;
        }
        let mut server = Server::default();
        let Some(first) = first else {
            // Version 0 without any reference: an empty repository.
            return Ok(server);
        };
        if first == "version 2" {
            server.version2 = true;
            while let Some(line) = packets.line()? {
                let (name, value) = line.split_once('=').unwrap_or((&line, ""));
                if name == "fetch" {
                    server.filter = value.split(' ').any(|w| w == "filter");
                    server.shallow = value.split(' ').any(|w| w == "shallow");
                } else if name == "object-format" && value != "sha1" {
                    return Err(ForgeError::refused(&place, format!("its object format is {value}; only sha1 is read")));
                }
            }
            return Ok(server);
        }
        let mut line = Some(first.strip_prefix("version 1").map_or(Ok(Some(first.clone())), |_| packets.line())?.unwrap_or_default());
        let mut targets = Vec::new();
        while let Some(text) = line {
            let (reference, abilities) = text.split_once('\0').unwrap_or((&text, ""));
            server.abilities(abilities, &mut targets);
            server.named(reference, &place)?;
            if server.references.len() > limits.refs {
                return Err(too_many(&place, limits));
            }
            line = packets.line()?;
        }
        for reference in &mut server.references {
            reference.target = targets.iter().find(|(name, _)| *name == reference.name).map(|(_, target)| target.clone());
        }
        Ok(server)
    }

    fn abilities(&mut self, text: &str, targets: &mut Vec<(String, String)>) {
        for word in text.split(' ') {
            self.filter |= word == "filter";
            self.shallow |= word == "shallow";
            if let Some((name, target)) = word.strip_prefix("symref=").and_then(|s| s.split_once(':')) {
                targets.push((name.to_owned(), target.to_owned()));
            }
        }
    }

    /// `<id> <name>`, and `<id> <name>^{}` for what a tag points to.
    fn named(&mut self, line: &str, place: &str) -> Result<(), ForgeError> {
        if line.starts_with("shallow ") {
            return Ok(());
        }
        let (id, name) = line.split_once(' ').ok_or_else(|| ForgeError::answer(place, "this is not git's protocol"))?;
        let id = commit_id(id, place)?;
        match name.strip_suffix("^{}") {
            Some("capabilities") => {}
            Some(tag) => {
                if let Some(reference) = self.references.last_mut().filter(|r| r.name == tag) {
                    reference.commit = id;
                }
            }
            None => self.references.push(Reference { name: name.to_owned(), commit: id, target: None }),
        }
        Ok(())
    }

    /// The references that begin with one of some prefixes.
    pub fn references(
        &self,
        connection: &mut dyn Connection,
        prefixes: &[String],
        budget: &mut Budget,
        limits: &FetchLimits,
    ) -> Result<Vec<Reference>, ForgeError> {
        let wanted = |name: &str| prefixes.iter().any(|p| name.starts_with(p.as_str()));
        if !self.version2 {
            return Ok(self.references.iter().filter(|r| wanted(&r.name)).cloned().collect());
        }
        let mut request = Vec::new();
        for line in ["command=ls-refs", AGENT, "object-format=sha1"] {
            push(&mut request, line);
        }
        request.extend_from_slice(b"0001");
        push(&mut request, "peel");
        push(&mut request, "symrefs");
        prefixes.iter().for_each(|p| push(&mut request, &format!("ref-prefix {p}")));
        request.extend_from_slice(b"0000");
        let place = budget.place.clone();
        let mut stream = connection.ask(&request, budget)?;
        let mut packets = Packets::new(&mut *stream, budget);
        let mut found = Vec::new();
        while let Some(line) = packets.line()? {
            let mut words = line.split(' ');
            let (Some(id), Some(name)) = (words.next(), words.next()) else {
                return Err(ForgeError::answer(&place, "a reference without a name"));
            };
            if id == "unborn" || !wanted(name) {
                continue;
            }
            let mut reference = Reference { name: name.to_owned(), commit: commit_id(id, &place)?, target: None };
            for word in words {
                match word.split_once(':') {
                    Some(("symref-target", target)) => reference.target = Some(target.to_owned()),
                    Some(("peeled", id)) => reference.commit = commit_id(id, &place)?,
                    _ => {}
                }
            }
            found.push(reference);
            if found.len() > limits.refs {
                return Err(too_many(&place, limits));
            }
        }
        Ok(found)
    }

    /// Fetches one commit. The pack's bytes go to `sink`.
    pub fn fetch(
        &self,
        connection: &mut dyn Connection,
        want: &Want<'_>,
        budget: &mut Budget,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), ForgeError>,
    ) -> Result<Fetched, ForgeError> {
        let place = budget.place.clone();
        if !self.shallow {
            return Err(ForgeError::refused(&place, "the server can't send a commit without its history"));
        }
        let blob = want.blob.filter(|_| self.filter);
        let request = if self.version2 { version2(want, blob) } else { version0(want, blob) };
        let mut stream = connection.ask(&request, budget)?;
        let mut packets = Packets::new(&mut *stream, budget);
        let mut fetched = Fetched { filtered: blob.is_some(), ..Fetched::default() };
        if self.version2 {
            // Sections, each with a heading; the pack is the last.
            loop {
                match packets.line()?.as_deref() {
                    Some("packfile") => break,
                    Some("shallow-info" | "acknowledgments" | "wanted-refs") => {}
                    Some(line) => shallow_line(line, &mut fetched, &place)?,
                    None => {}
                }
            }
        } else {
            while let Some(line) = packets.line()? {
                shallow_line(&line, &mut fetched, &place)?;
            }
            packets.line()?;
        }
        bands(&mut packets, &place, sink)?;
        Ok(fetched)
    }
}

fn too_many(place: &str, limits: &FetchLimits) -> ForgeError {
    too_large(place, format!("the server names more than {} branches and tags", limits.refs))
}

fn shallow_line(line: &str, fetched: &mut Fetched, place: &str) -> Result<(), ForgeError> {
    match line.split_once(' ') {
        Some(("shallow", id)) => fetched.shallow.push(commit_id(id, place)?),
        Some(("unshallow", _)) => {}
        _ if line == "NAK" || line == "ready" || line.starts_with("ACK ") => {}
        _ => return Err(ForgeError::answer(place, "something else than a pack")),
    }
    Ok(())
}

/// The bands of a pack: 1 is the pack, 2 is talk, 3 is an error.
fn bands(packets: &mut Packets<'_>, place: &str, sink: &mut dyn FnMut(&[u8]) -> Result<(), ForgeError>) -> Result<(), ForgeError> {
    loop {
        match packets.next()? {
            Packet::Flush => return Ok(()),
            Packet::Delimiter => {}
            Packet::Data(data) => match data.split_first() {
                Some((1, pack)) => sink(pack)?,
                Some((2, _)) | None => {}
                Some((3, said)) => return Err(server_said(place, said)),
                Some(_) => return Err(ForgeError::answer(place, "an unknown band")),
            },
        }
    }
}

fn version2(want: &Want<'_>, blob: Option<u64>) -> Vec<u8> {
    let mut request = Vec::new();
    for line in ["command=fetch", AGENT, "object-format=sha1"] {
        push(&mut request, line);
    }
    request.extend_from_slice(b"0001");
    for line in ["no-progress", "ofs-delta", "deepen 1"] {
        push(&mut request, line);
    }
    if let Some(blob) = blob {
        push(&mut request, &format!("filter blob:limit={blob}"));
    }
    if !want.have.is_empty() {
        push(&mut request, "thin-pack");
    }
    want.have.iter().for_each(|id| push(&mut request, &format!("shallow {id}")));
    push(&mut request, &format!("want {}", want.commit));
    want.have.iter().for_each(|id| push(&mut request, &format!("have {id}")));
    push(&mut request, "done");
    request.extend_from_slice(b"0000");
    request
}

fn version0(want: &Want<'_>, blob: Option<u64>) -> Vec<u8> {
    let mut request = Vec::new();
    let filter = if blob.is_some() { " filter" } else { "" };
    push(&mut request, &format!("want {} side-band-64k ofs-delta no-progress shallow{filter} {AGENT}", want.commit));
    push(&mut request, "deepen 1");
    if let Some(blob) = blob {
        push(&mut request, &format!("filter blob:limit={blob}"));
    }
    request.extend_from_slice(b"0000");
    push(&mut request, "done");
    request
}

/// An id of 40 hexadecimal digits, as it must be before it becomes a part of a request or a file.
pub(crate) fn commit_id(text: &str, place: &str) -> Result<String, ForgeError> {
    match text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(ForgeError::answer(place, "an odd commit id")),
    }
}
