//! Changes of a text that keep much of it: most inputs stay half right, which is where the faults are.

use fastrand::Rng;

/// Bytes of an input at most.
const MOST: usize = 64 << 10;

/// Pieces that have broken parsers before.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "${",
    "#{",
    "\\",
    "\\u{110000}",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\r",
    "/*",
    "*/",
    "//",
    "#",
    "--",
    "&a ",
    "*a",
    "!!",
    "|",
    ">-",
    "$ref: '#/'",
    "..",
    "/..",
    ":",
    "::",
    "=>",
    "->",
    "=",
    "+",
    "%s",
    "{:?}",
    "{}",
    "**",
    "*",
    "?",
    "(?P<x>",
    "(?:",
    "+)*",
    "[^/]+",
    "0x",
    "1e999",
    "-1",
    "99999999999999999999",
    "null",
    "None",
    "self",
    "super",
    "this",
    "import ",
    "from . import *",
    "return ",
    "yield ",
    "async ",
    "await ",
    "class X(X): pass\n",
    "def f(f=f): f()\n",
    "lambda: 0",
    "...",
    "@",
    "\n",
    "\n\n",
    "\t",
    "    ",
    ";",
    ",",
];

/// An input made of a seed and parts of another.
pub fn mutate(seed: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..rng.usize(1..=6) {
        change(&mut data, other, rng);
        data.truncate(MOST);
    }
    data
}

fn change(data: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.usize(..=data.len());
    match rng.u8(..10) {
        0 => drop(data.splice(at..at, rng.choice(PIECES).copied().unwrap_or_default().bytes())),
        1 if at < data.len() => data[at] = rng.u8(..),
        2 => {
            let end = (at + rng.usize(..40)).min(data.len());
            data.drain(at..end);
        }
        3 => {
            let range = line(data, rng);
            data.drain(range);
        }
        4 => {
            let (from, to) = (line(data, rng), line(data, rng).start);
            let text = data[from].to_vec();
            data.splice(to..to, text);
        }
        5 => {
            let mut text = other[line(other, rng)].to_vec();
            for _ in 0..rng.usize(..8) {
                text.extend_from_slice(&other[line(other, rng)]);
            }
            let to = line(data, rng).start;
            data.splice(to..to, text);
        }
        6 => {
            let (from, to) = (word(data, rng), word(data, rng));
            let text = data[from].to_vec();
            data.splice(to, text);
        }
        7 => {
            let text = other[word(other, rng)].to_vec();
            let to = word(data, rng);
            data.splice(to, text);
        }
        8 => {
            let end = (at + rng.usize(1..30)).min(data.len());
            let text = data[at..end].repeat(rng.usize(2..300));
            data.splice(at..at, text);
        }
        _ => data.truncate(at),
    }
}

/// A line of a text, with its end.
fn line(data: &[u8], rng: &mut Rng) -> std::ops::Range<usize> {
    let at = rng.usize(..=data.len());
    let start = data[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let end = data[at..].iter().position(|b| *b == b'\n').map_or(data.len(), |n| at + n + 1);
    start..end
}

/// A word of a text.
fn word(data: &[u8], rng: &mut Rng) -> std::ops::Range<usize> {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let at = rng.usize(..=data.len());
    let start = at + data[at..].iter().position(is_word).unwrap_or(0);
    let end = start + data[start..].iter().position(|b| !is_word(b)).unwrap_or(data.len() - start);
    start..end
}
