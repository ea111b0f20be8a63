//! One line of an expectation, and the same made of what a scan found.
//!
//! An endpoint: `METHOD path  file:line symbol [flag] ...`. `WS` and `SSE` stand for the method of these protocols. Place and
//! symbol may be left out and are then not compared; a symbol may be the last part of the real one (`get` for `Users.get`).
//! Flags: `client-streaming`, `server-streaming`, `bidirectional-streaming`, `partial`, `pattern`, `detached`, `deprecated`, `third-party`, an audience other than production, `if CONDITION`.
//! A trouble: `kind file:line part of the message`.

use apicensus_catalog::{Audience, Endpoint, PathState, Protocol, Streaming, Trouble};
use std::fmt;

/// An expected endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedEndpoint {
    /// Method, `ANY`, `WS` or `SSE`.
    pub verb: String,
    /// The path template.
    pub path: String,
    /// `file:line` of the handler.
    pub place: Option<String>,
    /// The handler's name.
    pub symbol: Option<String>,
    /// The flags, sorted.
    pub flags: Vec<String>,
}

impl ExpectedEndpoint {
    /// Reads a line.
    ///
    /// # Errors
    /// Says what the line should look like.
    pub fn parse(line: &str) -> Result<Self, String> {
        let shape = || format!("expected `METHOD /path  file:line symbol [flag]`, found `{}`", line.trim());
        let (verb, rest) = line.trim().split_once(' ').ok_or_else(shape)?;
        let rest = rest.trim_start();
        let end = path_end(rest);
        let (path, mut tail) = (&rest[..end], rest[end..].trim());
        if path.is_empty() || !verb.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(shape());
        }
        let mut found = ExpectedEndpoint { verb: verb.to_owned(), path: path.to_owned(), place: None, symbol: None, flags: Vec::new() };
        while !tail.is_empty() {
            if tail.starts_with('[') {
                let end = bracket_end(tail).ok_or_else(shape)?;
                found.flags.push(tail[1..end].to_owned());
                tail = tail[end + 1..].trim_start();
            } else {
                let end = tail.find([' ', '\t']).unwrap_or(tail.len());
                let slot = if found.place.is_none() { &mut found.place } else { &mut found.symbol };
                if slot.replace(tail[..end].to_owned()).is_some() {
                    return Err(shape());
                }
                tail = tail[end..].trim_start();
            }
        }
        if found.place.as_deref().is_some_and(|p| p.rsplit_once(':').is_none_or(|(_, n)| n.parse::<u32>().is_err())) {
            return Err(shape());
        }
        found.flags.sort();
        Ok(found)
    }

    /// What the scan found, in the words of an expectation.
    pub fn of(endpoint: &Endpoint) -> Self {
        let verb = match endpoint.protocol {
            Protocol::WebSocket if endpoint.method == "GET" => "WS".to_owned(),
            _ if endpoint.streaming == Some(Streaming::Sse) => "SSE".to_owned(),
            _ => endpoint.method.clone(),
        };
        let mut flags: Vec<String> = endpoint.conditions.iter().map(|c| format!("if {}", one_line(&c.text))).collect();
        flags.extend(endpoint.streaming.filter(|s| *s != Streaming::Sse).map(|s| s.to_string()));
        match endpoint.path_state {
            PathState::Partial => flags.push("partial".to_owned()),
            PathState::Pattern => flags.push("pattern".to_owned()),
            PathState::Exact => {}
        }
        let marks = [
            (endpoint.detached, "detached"),
            (endpoint.lifecycle.deprecated, "deprecated"),
            (endpoint.third_party, "third-party"),
            (endpoint.audience != Audience::Production, endpoint.audience.as_str()),
        ];
        flags.extend(marks.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
        flags.sort();
        flags.dedup();
        let handler = endpoint.handler.as_ref();
        ExpectedEndpoint {
            verb,
            path: endpoint.path.clone(),
            place: handler.map(|h| format!("{}:{}", h.file, h.line)),
            symbol: handler.map(|h| h.symbol.to_string()).filter(|s| !s.is_empty()),
            flags,
        }
    }

    /// Verb and path, by which the lines of other blocks name it.
    pub fn operation(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }

    /// What about `found` is not as expected; empty if all is.
    pub fn differences(&self, found: &ExpectedEndpoint) -> Vec<String> {
        let mut out = Vec::new();
        if self.place.is_some() && self.place != found.place {
            out.push(format!("handler at {}, not {}", show(&found.place), show(&self.place)));
        }
        if let Some(symbol) = &self.symbol {
            let same = found
                .symbol
                .as_ref()
                .is_some_and(|f| f == symbol || f.strip_suffix(symbol.as_str()).is_some_and(|rest| rest.ends_with(['.', ':'])));
            if !same {
                out.push(format!("symbol {}, not {symbol}", show(&found.symbol)));
            }
        }
        if self.flags != found.flags {
            out.push(format!("flags {:?}, not {:?}", found.flags, self.flags));
        }
        out
    }
}

fn show(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("nowhere")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the path ends: at a space outside of braces.
pub(crate) fn path_end(text: &str) -> usize {
    let mut depth = 0u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The place of the `]` that closes the `[` at the start.
fn bracket_end(text: &str) -> Option<usize> {
    let mut depth = 0u32;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

impl fmt::Display for ExpectedEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.padded(0, 0))
    }
}

impl ExpectedEndpoint {
    /// The line, with verb and path padded to these widths.
    pub fn padded(&self, verb: usize, path: usize) -> String {
        let mut line = format!("{:verb$} {:path$}", self.verb, self.path);
        for (gap, part) in [("  ", &self.place), (" ", &self.symbol)] {
            if let Some(part) = part {
                line.push_str(gap);
                line.push_str(part);
            }
        }
        for flag in &self.flags {
            line.push_str(&format!(" [{flag}]"));
        }
        line.trim_end().to_owned()
    }
    /// The order of lines in an expectation: path, then method.
    pub fn order(&self) -> (String, usize, String) {
        const VERBS: [&str; 10] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "ANY", "WS"];
        let at = VERBS.iter().position(|v| *v == self.verb).unwrap_or(VERBS.len());
        (self.path.clone(), at, self.place.clone().unwrap_or_default())
    }
}

/// An expected trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedTrouble {
    /// Its kind.
    pub kind: String,
    /// `file:line`.
    pub place: String,
    /// A part of its message; may be empty.
    pub message: String,
}

impl ExpectedTrouble {
    /// Reads a line.
    ///
    /// # Errors
    /// Says what the line should look like.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.trim().splitn(3, ' ');
        let (Some(kind), Some(place)) = (words.next(), words.next()) else {
            return Err(format!("expected `kind file:line part of the message`, found `{}`", line.trim()));
        };
        Ok(ExpectedTrouble { kind: kind.to_owned(), place: place.to_owned(), message: words.next().unwrap_or("").trim().to_owned() })
    }
    /// What the scan found, in the words of an expectation.
    pub fn of(trouble: &Trouble) -> Self {
        ExpectedTrouble {
            kind: trouble.kind.as_str().to_owned(),
            place: format!("{}:{}", trouble.file, trouble.line),
            message: one_line(&trouble.message),
        }
    }
    /// Whether `found` is what this expects.
    pub fn is_met_by(&self, found: &ExpectedTrouble) -> bool {
        self.kind == found.kind && self.place == found.place && found.message.contains(&self.message)
    }
}

impl fmt::Display for ExpectedTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind, self.place, self.message)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_a_line() {
        let line = "GET    /a/{?f(1, 2)}/{id}  src/a b:1 x";
        assert!(ExpectedEndpoint::parse(line).is_err());
        let line = "GET /a/{?f(1, 2)}/{id}  app.py:12 Users.get [if cfg[\"x\"]] [partial]";
        let read = ExpectedEndpoint::parse(line).unwrap();
        assert_eq!((read.path.as_str(), read.place.as_deref()), ("/a/{?f(1, 2)}/{id}", Some("app.py:12")));
        assert_eq!(read.flags, ["if cfg[\"x\"]", "partial"]);
        assert_eq!(read.to_string(), line);
    }

    #[test]
    fn what_is_left_out_is_not_compared() {
        let found = ExpectedEndpoint::parse("GET /a  x.py:1 Users.get").unwrap();
        for line in ["GET /a", "GET /a  x.py:1", "GET /a  x.py:1 get"] {
            assert_eq!(ExpectedEndpoint::parse(line).unwrap().differences(&found), Vec::<String>::new());
        }
        assert_eq!(ExpectedEndpoint::parse("GET /a  x.py:1 et").unwrap().differences(&found).len(), 1);
        assert_eq!(ExpectedEndpoint::parse("GET /a [detached]").unwrap().differences(&found), ["flags [], not [\"detached\"]"]);
    }
}
