//! A cheap import scanner on raw bytes, without a parse, for the reverse-import graph.
//!
//! It may report what is no import (text in comments and strings); it should miss none that is written with literal
//! text. Imports of computed names are reported as the folder that they may reach into.

mod javascript;
mod python;
mod rust;

#[cfg(test)]
mod tests;

use apicensus_syntax::Lang;
use smol_str::SmolStr;

/// How sure an [`ImportSpec`] is and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpecKind {
    /// A module, as written.
    Module,
    /// A module or just a name in one (`from x import name`; the tail of a Rust path).
    Name,
    /// A folder relative to the file's, any file of which may be imported (a computed name).
    Folder,
    /// A Rust `mod name;`.
    Mod,
    /// A Rust `#[path = "..."] mod name;`: the name, a space, the path.
    ModPath,
}

/// One import found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImportSpec {
    /// The module: dotted (Python, without leading dots), a specifier (JavaScript), a path with `::` (Rust).
    pub module: SmolStr,
    /// Leading dots of a Python relative import.
    pub level: u32,
    /// What it is.
    pub kind: SpecKind,
}

impl ImportSpec {
    fn new(kind: SpecKind, level: u32, module: impl Into<SmolStr>) -> Self {
        ImportSpec { module: module.into(), level, kind }
    }
}

/// Appends a file's imports, in source order, repetitions included.
pub fn scan_imports(lang: Lang, text: &[u8], out: &mut Vec<ImportSpec>) {
    match lang {
        Lang::Python => python::scan(text, out),
        Lang::JavaScript | Lang::TypeScript | Lang::Tsx => javascript::scan(text, out),
        Lang::Rust => rust::scan(text, out),
    }
}

/// Whether a byte can be part of an identifier (non-ASCII letters included).
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The text of bytes that are valid UTF-8.
fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A string literal at `at`: its bytes between the quotes and the place after it. None if none starts here, or it
/// spans lines, holds a hole or is very long.
fn string_at(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let quote = *text.get(at)?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let rest = &text[at + 1..text.len().min(at + 600)];
    let end = memchr::memchr3(quote, b'\n', b'\\', rest)?;
    (rest[end] == quote).then(|| (&rest[..end], at + end + 2))
}
