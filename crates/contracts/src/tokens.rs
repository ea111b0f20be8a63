//! Words, texts and marks of small languages, each with its line. Linear in the text; what does not end ends with the text.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The line, from 1.
    pub line: u32,
    /// What it is.
    pub what: What,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A name, a number, a path of names with dots.
    Word(String),
    /// A text in quotes.
    Text(String),
    /// Any other character.
    Mark(char),
}

impl Token {
    /// Whether it is this mark.
    pub fn is(&self, mark: char) -> bool {
        self.what == What::Mark(mark)
    }

    /// The word it is.
    pub fn word(&self) -> Option<&str> {
        match &self.what {
            What::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The text it is.
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The pieces of a text; comments are `#` to the end of the line, or `//` and `/* */`.
pub fn tokens(text: &str, with_hash: bool) -> Vec<Token> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match c {
            '#' if with_hash => end_of_line(rest),
            '/' if !with_hash && rest.starts_with("//") => end_of_line(rest),
            '/' if !with_hash && rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |n| n + 2),
            '"' if rest.starts_with("\"\"\"") => rest[3..].find("\"\"\"").map_or(rest.len(), |n| n + 6),
            '"' | '\'' => {
                let length = quoted(rest, c);
                let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
                found.push(Token { line, what: What::Text(inner.to_owned()) });
                length
            }
            c if is_word(c) => {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                found.push(Token { line, what: What::Word(rest[..length].to_owned()) });
                length
            }
            c => {
                if !c.is_whitespace() {
                    found.push(Token { line, what: What::Mark(c) });
                }
                c.len_utf8()
            }
        };
        line += memchr::memchr_iter(b'\n', &rest.as_bytes()[..length]).count() as u32;
        at += length;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

fn end_of_line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a text in quotes, quotes included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => return at,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The place after the bracket that closes the one at `open`; the end where none does.
pub fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.what {
            What::Mark('{' | '(' | '[') => depth += 1,
            What::Mark('}' | ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}
