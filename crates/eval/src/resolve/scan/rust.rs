//! `mod x;` declarations and paths (`use a::{b, c}`, `crate::a::f()`) of Rust.

use super::{ImportSpec, SpecKind, text_of};
use regex::bytes::Regex;
use std::sync::LazyLock;

static MODS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?-u)(?:\[\s*path\s*=\s*"([^"\n]+)"\s*\]\s*(?:#\s*\[[^\]\n]*\]\s*)*(?:pub(?:\([^)\n]*\))?\s+)?)?\bmod\s+(?:r#)?([A-Za-z0-9_\x80-\xff]+)\s*;"#).ok()
});
static PATHS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)\b(?:r#)?[A-Za-z_][A-Za-z0-9_]*\s*::").ok());

/// Deepest nesting of braces in a `use`, and most leaves of one.
const DEEPEST: usize = 32;
const MOST: usize = 2000;

pub(super) fn scan(text: &[u8], out: &mut Vec<ImportSpec>) {
    let (Some(mods), Some(paths)) = (&*MODS, &*PATHS) else { return };
    for found in mods.captures_iter(text) {
        let group = |at: usize| found.get(at).and_then(|group| text_of(group.as_bytes()));
        match (group(1), group(2)) {
            (Some(path), Some(name)) => out.push(ImportSpec::new(SpecKind::ModPath, 0, format!("{name} {path}"))),
            (None, Some(name)) => out.push(ImportSpec::new(SpecKind::Mod, 0, name)),
            _ => {}
        }
    }
    let mut at = 0;
    while let Some(found) = paths.find_at(text, at) {
        let start = found.start();
        let mut reader = Reader { text, at: start, left: MOST, out };
        reader.tree(&mut Vec::new());
        at = reader.at.max(found.end());
    }
    for word in [&b"use "[..], b"extern crate "] {
        for place in memchr::memmem::find_iter(text, word) {
            let mut reader = Reader { text, at: place + word.len(), left: 1, out };
            reader.lone();
        }
    }
}

struct Reader<'a, 'o> {
    text: &'a [u8],
    at: usize,
    left: usize,
    out: &'o mut Vec<ImportSpec>,
}

impl<'a> Reader<'a, '_> {
    fn space(&mut self) {
        loop {
            match (self.text.get(self.at), self.text.get(self.at + 1)) {
                (Some(b' ' | b'\t' | b'\r' | b'\n'), _) => self.at += 1,
                (Some(b'/'), Some(b'/')) => {
                    self.at = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n);
                }
                _ => return,
            }
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.space();
        if self.text[self.at..].starts_with(b"r#") {
            self.at += 2;
        }
        let rest = &self.text[self.at..];
        let end = rest.iter().position(|b| !super::is_word(*b)).unwrap_or(rest.len());
        self.at += end;
        text_of(&rest[..end]).filter(|word| !word.is_empty())
    }

    /// `use x as y;`, `use {a, b};`, `extern crate x;`: a crate's name without `::`.
    fn lone(&mut self) {
        if let Some(word) = self.word() {
            self.space();
            if !self.text[self.at..].starts_with(b"::") {
                self.out.push(ImportSpec::new(SpecKind::Name, 0, word));
            }
        }
    }

    /// A path with or without a tree in braces; reports every leaf.
    fn tree(&mut self, prefix: &mut Vec<&'a str>) {
        let depth = prefix.len();
        while let Some(word) = self.word() {
            prefix.push(word);
            self.space();
            if !self.text[self.at..].starts_with(b"::") {
                break;
            }
            self.at += 2;
            self.space();
            if self.text.get(self.at) == Some(&b'{') {
                self.at += 1;
                self.group(prefix);
                prefix.truncate(depth);
                return;
            }
        }
        if self.left > 0 && !prefix.is_empty() {
            self.left -= 1;
            self.out.push(ImportSpec::new(SpecKind::Name, 0, prefix.join("::")));
        }
        prefix.truncate(depth);
    }

    fn group(&mut self, prefix: &mut Vec<&'a str>) {
        loop {
            self.space();
            match self.text.get(self.at) {
                Some(b'}') => {
                    self.at += 1;
                    return;
                }
                Some(b',' | b'*') => self.at += 1,
                Some(byte) if super::is_word(*byte) && prefix.len() < DEEPEST && self.left > 0 => {
                    self.tree(prefix);
                    self.alias();
                }
                _ => return,
            }
        }
    }

    /// Skips `as name`.
    fn alias(&mut self) {
        self.space();
        if self.text[self.at..].starts_with(b"as ") {
            self.at += 3;
            let _ = self.word();
        }
    }
}
