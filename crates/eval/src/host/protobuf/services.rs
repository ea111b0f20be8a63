//! The services of the tree's `.proto` files (https://protobuf.dev/reference/protobuf/proto3-spec/): what code that answers one
//! names, and code that is made from them at build time would say. Messages and options are left out.

use crate::files::FileId;
use crate::output::{Flow, Place};
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Larger files are not read, in bytes.
const MAX_FILE: usize = 4 << 20;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// With its package: `shop.v1.Orders`.
    pub full: SmolStr,
    /// Name and flow of its methods.
    pub methods: Vec<(SmolStr, Flow)>,
    /// Where it is defined.
    pub at: Place,
}

impl Service {
    /// Its name without the package.
    pub fn name(&self) -> &str {
        self.full.rsplit('.').next().unwrap_or(&self.full)
    }
}

impl World<'_> {
    /// All services, by name; of several files that define one (copies) the first counts.
    pub(crate) fn proto_services(&mut self) -> Rc<Vec<Service>> {
        if let Some(known) = &self.protobuf.services {
            return known.clone();
        }
        let mut all: Vec<(bool, Service)> = Vec::new();
        for (file, entry) in self.input.files.iter().filter(|(_, f)| f.path.ends_with(".proto")) {
            let Some(text) = (self.input.text)(file).filter(|t| t.len() <= MAX_FILE) else { continue };
            all.extend(read(file, &String::from_utf8_lossy(&text)).into_iter().map(|s| (entry.secondary, s)));
        }
        all.sort_by(|a, b| (&a.1.full, a.0, a.1.at.file).cmp(&(&b.1.full, b.0, b.1.at.file)));
        all.dedup_by(|a, b| a.1.full == b.1.full);
        let services = Rc::new(all.into_iter().map(|(_, s)| s).collect::<Vec<_>>());
        self.protobuf.services = Some(services.clone());
        services
    }
}

fn read(file: FileId, text: &str) -> Vec<Service> {
    let words = words(text);
    let word = |at: usize| words.get(at).map_or("", |w| w.0);
    let mut package = "";
    let mut found: Vec<Service> = Vec::new();
    let (mut at, mut depth) = (0, 0u32);
    while at < words.len() {
        match word(at) {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "package" if depth == 0 => package = word(at + 1),
            "service" if depth == 0 && word(at + 2) == "{" => {
                let name = word(at + 1);
                let full = if package.is_empty() { SmolStr::new(name) } else { SmolStr::new(format!("{package}.{name}")) };
                let line = words[at].1;
                let place = Place { file, line, end_line: line, start: 0, end: 0 };
                found.push(Service { full, methods: Vec::new(), at: place });
            }
            "rpc" if depth == 1 => {
                if let Some(service) = found.last_mut() {
                    let head = words[at..].iter().position(|w| matches!(w.0, ";" | "{")).map_or(words.len(), |n| at + n);
                    let (asked, given) = (at + 2..head).partition::<Vec<usize>, _>(|i| !words[at..*i].iter().any(|w| w.0 == "returns"));
                    let streams = |part: &[usize]| part.windows(2).any(|w| word(w[0]) == "(" && word(w[1]) == "stream");
                    service.methods.push((SmolStr::new(word(at + 1)), Flow::of(streams(&asked), streams(&given))));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Words and marks with their lines; comments and quoted text are left out.
fn words(text: &str) -> Vec<(&str, u32)> {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut line) = (Vec::new(), 0, 1);
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = text[at + 2..].find("*/").map_or(bytes.len(), |n| at + n + 4),
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
            }
            b if is_word(b) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                out.push((&text[start..at], line));
            }
            b if b.is_ascii_punctuation() => {
                at += 1;
                out.push((&text[start..at], line));
            }
            _ => at += 1,
        }
        line += bytes[start..at.min(bytes.len())].iter().filter(|b| **b == b'\n').count() as u32;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_flows() {
        let text = "// service No {\nsyntax = \"proto3\";\npackage a.v1;\nmessage M { string service = 1; }\nservice S {\n  rpc One (M) returns (M);\n  \
                    rpc Two (stream M) returns (M) { option (x) = { get: \"/v1/{y}\" }; }\n  rpc Three(M) returns (stream .a.v1.M) {}\n  \
                    rpc Four (stream M) returns (stream M);\n}\n/* service Gone { */ service T {}\n";
        let found = read(FileId(0), text);
        let flows: Vec<(&str, Flow)> = found[0].methods.iter().map(|(n, f)| (n.as_str(), *f)).collect();
        assert_eq!(flows, [("One", Flow::Unary), ("Two", Flow::Client), ("Three", Flow::Server), ("Four", Flow::Both)]);
        assert_eq!((found[0].full.as_str(), found[0].at.line, found[1].full.as_str()), ("a.v1.S", 5, "a.v1.T"));
        assert!(read(FileId(0), "service X { rpc \"").first().is_some_and(|s| s.full == "X"), "broken files give what can be read");
        assert_eq!(words("'\\"), [], "an open quote ends with the text");
    }
}
