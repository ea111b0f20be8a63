//! Rust's tokens, for what the grammar does not read as a tree: macro calls and macro rules.
//!
//! Angle brackets are always single tokens, so that closing two generics needs no splitting; tokens that touch in the
//! source are written out touching again.

use super::Low;
use smol_str::SmolStr;
use std::ops::Range;

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Lifetime,
    Str,
    Char,
    Number,
    Punct,
    Open,
    Close,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: SmolStr,
    /// Where it stands in the text it was read from.
    pub range: Range<usize>,
    /// Where it stands in the file.
    pub from: (u32, u32),
    /// For an opening bracket that has one, the index of its closing one.
    pub close: Option<usize>,
}

impl Token {
    /// The token is this punctuation or word.
    pub fn is(&self, text: &str) -> bool {
        self.text == text && matches!(self.kind, Kind::Punct | Kind::Word | Kind::Open | Kind::Close)
    }
    /// The token is a word, `_` excluded.
    pub fn is_word(&self) -> bool {
        self.kind == Kind::Word && self.text != "_"
    }
}

/// Punctuation of more than one character, longest first.
const LONG: [&str; 19] =
    ["...", "..=", "::", "->", "=>", "==", "<=", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", ".."];

impl Low<'_, '_> {
    /// The tokens of a part of the text.
    pub(super) fn tokens(&self, range: Range<usize>) -> Vec<Token> {
        let mut lexer = Lexer { text: self.text.get(..range.end).unwrap_or_default(), at: range.start, open: Vec::new(), out: Vec::new() };
        while lexer.next() {}
        let mut tokens = lexer.out;
        for token in &mut tokens {
            token.from = self.file_range(token.range.clone());
        }
        tokens
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    open: Vec<usize>,
    out: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let end = (self.at + length).min(self.text.len());
        let text = SmolStr::new(self.text.get(self.at..end).unwrap_or_default());
        self.out.push(Token { kind, text, range: self.at..end, from: (0, 0), close: None });
        self.at = end;
    }

    /// Reads one token or what stands between tokens; false at the end.
    fn next(&mut self) -> bool {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return false;
        };
        if c.is_whitespace() {
            self.at += c.len_utf8();
        } else if rest.starts_with("//") || rest.starts_with("/*") {
            self.comment(rest);
        } else if let Some(length) = string_length(rest) {
            self.push(Kind::Str, length);
        } else if rest.starts_with("b'") {
            self.push(Kind::Char, 1 + char_length(&rest[1..]).unwrap_or(1));
        } else if c == '\'' {
            match char_length(rest) {
                Some(length) => self.push(Kind::Char, length),
                None => self.push(Kind::Lifetime, 1 + word_length(&rest[1..])),
            }
        } else if c.is_ascii_digit() {
            self.push(Kind::Number, number_length(rest));
        } else if let Some(raw) = rest.strip_prefix("r#").filter(|raw| word_length(raw) > 0) {
            self.push(Kind::Word, 2 + word_length(raw));
        } else if word_length(rest) > 0 {
            self.push(Kind::Word, word_length(rest));
        } else {
            self.punctuation(rest, c);
        }
        true
    }

    fn punctuation(&mut self, rest: &str, c: char) {
        match c {
            '(' | '[' | '{' => {
                self.open.push(self.out.len());
                self.push(Kind::Open, 1);
            }
            ')' | ']' | '}' => {
                let at = self.out.len();
                if let Some(open) = self.open.pop().and_then(|open| self.out.get_mut(open)) {
                    open.close = Some(at);
                }
                self.push(Kind::Close, 1);
            }
            _ => {
                let length = LONG.iter().find(|long| rest.starts_with(**long)).map_or(c.len_utf8(), |long| long.len());
                self.push(Kind::Punct, length);
            }
        }
    }

    /// Skips a comment; an outer doc comment gives the tokens of a `#[doc = ".."]`.
    fn comment(&mut self, rest: &str) {
        let line = rest.starts_with("//");
        let length = if line { rest.find('\n').unwrap_or(rest.len()) } else { block_comment_length(rest) };
        let doc = if line { rest.starts_with("///") && !rest.starts_with("////") } else { rest.starts_with("/**") && length > 5 };
        let body = rest.get(3..if line { length } else { length.saturating_sub(2) }).unwrap_or_default();
        let range = self.at..self.at + length;
        self.at += length;
        if doc {
            let text = format!("{:?}", body.trim_end());
            let open = self.out.len() + 1;
            for (kind, part) in
                [(Kind::Punct, "#"), (Kind::Open, "["), (Kind::Word, "doc"), (Kind::Punct, "="), (Kind::Str, &text), (Kind::Close, "]")]
            {
                self.out.push(Token { kind, text: SmolStr::new(part), range: range.clone(), from: (0, 0), close: None });
            }
            if let Some(token) = self.out.get_mut(open) {
                token.close = Some(open + 4);
            }
        }
    }
}

fn word_length(rest: &str) -> usize {
    let end = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
    if rest.starts_with(|c: char| c.is_numeric()) { 0 } else { end }
}

/// The length of the string literal at the start, if there is one; an open one reaches to the end.
fn string_length(rest: &str) -> Option<usize> {
    let letters = rest.find(|c| !matches!(c, 'b' | 'c' | 'r')).filter(|letters| *letters <= 2)?;
    let body = rest.get(letters..)?;
    if rest.get(..letters)?.ends_with('r') {
        let hashes = body.find(|c| c != '#')?;
        let inner = body.get(hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(inner.find(&end).map_or(rest.len(), |at| letters + hashes + 1 + at + end.len()));
    }
    let inner = body.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(letters + at + 2),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of the char literal at the start; none for a lifetime.
fn char_length(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next();
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

fn number_length(rest: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(text.len());
    let mut end = digits(rest);
    let tail = |at: usize| rest.get(at..).unwrap_or_default();
    if let Some(fraction) = tail(end).strip_prefix('.') {
        if fraction.starts_with(|c: char| c.is_ascii_digit()) {
            end += 1 + digits(fraction);
        } else if !fraction.starts_with('.') && word_length(fraction) == 0 {
            end += 1;
        }
    }
    let decimal = !rest.starts_with("0x");
    if decimal && rest.get(..end).is_some_and(|n| n.ends_with(['e', 'E'])) && tail(end).starts_with(['+', '-']) {
        end += 1 + digits(tail(end + 1));
    }
    end
}

fn block_comment_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0u32, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The index after the tree (a token or a bracketed group) at `at`.
pub(super) fn after_tree(tokens: &[Token], at: usize) -> usize {
    tokens.get(at).and_then(|token| token.close).map_or(at + 1, |close| close + 1)
}

/// Splits a range of tokens at its top-level tokens that are one of `separators`; a trailing empty part is left out.
pub(super) fn split(tokens: &[Token], range: Range<usize>, separators: &[&str]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        if separators.iter().any(|separator| tokens[at].is(separator)) {
            parts.push(start..at);
            start = at + 1;
        }
        at = after_tree(tokens, at);
    }
    if start < range.end {
        parts.push(start..range.end);
    }
    parts
}

/// The part of the text that a range of tokens covers.
pub(super) fn covered(tokens: &[Token], range: &Range<usize>) -> Range<usize> {
    match (tokens.get(range.start), tokens.get(range.end.wrapping_sub(1))) {
        (Some(first), Some(last)) if range.start < range.end => first.range.start..last.range.end,
        _ => 0..0,
    }
}
