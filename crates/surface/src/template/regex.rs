//! Regular expressions as paths: groups become parameters, anchors go, escapes are undone.
//!
//! A reader of the shapes that occur in routing tables, not a regular expression engine. A part that is not a plain
//! text, a group or an optional part makes the whole path a pattern.

use super::{Parameter, Parsed, Part, Token};

/// Deepest nesting of groups that is read.
const MAX_DEPTH: usize = 32;
/// Longest text that a counted repetition is written out to.
const MAX_REPEAT: usize = 8;

/// Parses a run in regular expression syntax.
pub(super) fn parse(tokens: &[Token]) -> Parsed {
    let mut reader = Reader { tokens, at: 0, is_exact: true };
    let mut parts = reader.alternation(0);
    if reader.at < tokens.len() {
        reader.is_exact = false;
    }
    drop_last_slash(&mut parts);
    if !reader.is_exact {
        parts = as_written(tokens);
    }
    Parsed { parts, is_exact: reader.is_exact }
}

/// Whether a parameter with this regular expression may span several segments.
pub(super) fn crosses_segments(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let (mut in_class, mut class) = (false, String::new());
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next();
                if in_class {
                    class.extend(next);
                } else if next == Some('/') {
                    return true;
                }
            }
            '[' if !in_class => {
                in_class = true;
                class.clear();
            }
            ']' if in_class && !class.is_empty() => {
                in_class = false;
                let has_slash = class.contains('/');
                if class.starts_with('^') != has_slash {
                    return true;
                }
            }
            _ if in_class => class.push(c),
            '.' if matches!(chars.peek(), Some('*' | '+')) => return true,
            '/' => return true,
            _ => {}
        }
    }
    false
}

fn as_written(tokens: &[Token]) -> Vec<Part> {
    let mut parts = Vec::new();
    for token in tokens {
        match token {
            Token::Char(c) => match parts.last_mut() {
                Some(Part::Text(text)) => text.push(*c),
                _ => parts.push(Part::Text(c.to_string())),
            },
            Token::Hole(at) => parts.push(Part::Hole(*at)),
        }
    }
    parts
}

/// An optional slash at the end is no other path; anywhere else it is taken as written.
fn drop_last_slash(parts: &mut Vec<Part>) {
    let is_slash = |p: &Part| matches!(p, Part::Optional(inner) if inner.as_slice() == [Part::Text("/".to_owned())]);
    if parts.last().is_some_and(is_slash) {
        parts.pop();
    }
    for part in parts.iter_mut().filter(|p| is_slash(p)) {
        *part = Part::Text("/".to_owned());
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    is_exact: bool,
}

/// How often an atom may stand.
enum Times {
    Once,
    Optional,
    Never,
    Exactly(usize),
    Many,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Char(c)) => Some(*c),
            _ => None,
        }
    }
    fn eat(&mut self, c: char) -> bool {
        let hit = self.peek() == Some(c);
        self.at += usize::from(hit);
        hit
    }

    /// Branches up to the end or a closing parenthesis.
    fn alternation(&mut self, depth: usize) -> Vec<Part> {
        let mut branches = vec![self.sequence(depth)];
        while self.eat('|') {
            branches.push(self.sequence(depth));
        }
        match branches.len() {
            1 => branches.pop().unwrap_or_default(),
            _ => vec![Part::Either(branches)],
        }
    }

    fn sequence(&mut self, depth: usize) -> Vec<Part> {
        let mut out = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            let Token::Char(c) = *token else {
                if let Token::Hole(at) = token {
                    out.push(Part::Hole(*at));
                }
                self.at += 1;
                continue;
            };
            if c == '|' || (c == ')' && depth > 0) {
                break;
            }
            self.at += 1;
            match c {
                '^' | '$' => {}
                '(' => self.group(depth + 1, &mut out),
                '[' => {
                    let text = self.class();
                    self.repeated(text, &mut out);
                }
                '.' => self.dot(&mut out),
                '\\' => self.escape(&mut out),
                '*' | '+' | '?' => self.is_exact = false,
                c => self.literal(c, &mut out),
            }
        }
        out
    }

    /// The quantifier at this place, laziness passed.
    fn times(&mut self) -> Times {
        let times = match self.peek() {
            Some('?') => Times::Optional,
            Some('*' | '+') => Times::Many,
            Some('{') => {
                let close = self.tokens[self.at..].iter().position(|t| *t == Token::Char('}'));
                let text: Option<String> = close.map(|end| {
                    self.tokens[self.at + 1..self.at + end]
                        .iter()
                        .filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None })
                        .collect()
                });
                let Some(text) = text.filter(|t| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit() || c == ',')) else {
                    return Times::Once;
                };
                self.at += close.unwrap_or(0);
                match text.parse::<usize>() {
                    Ok(0) => Times::Never,
                    Ok(n) => Times::Exactly(n),
                    Err(_) => Times::Many,
                }
            }
            _ => return Times::Once,
        };
        self.at += 1;
        if !self.eat('?') {
            self.eat('+');
        }
        times
    }

    fn literal(&mut self, c: char, out: &mut Vec<Part>) {
        let part = Part::Text(match c {
            '{' => "%7B".to_owned(),
            '}' => "%7D".to_owned(),
            c => c.to_string(),
        });
        match self.times() {
            Times::Once => push(out, part),
            Times::Optional => out.push(Part::Optional(vec![part])),
            Times::Never => {}
            Times::Exactly(n) if n <= MAX_REPEAT => (0..n).for_each(|_| push(out, part.clone())),
            // `/+` is a slash to whoever calls.
            Times::Many | Times::Exactly(_) if c == '/' => push(out, part),
            Times::Many | Times::Exactly(_) => self.is_exact = false,
        }
    }

    /// `.` alone is a dot that nobody escaped; repeated it is anything.
    fn dot(&mut self, out: &mut Vec<Part>) {
        match self.peek() {
            Some('*' | '+' | '{') => self.repeated(".".to_owned(), out),
            _ => self.literal('.', out),
        }
    }

    fn escape(&mut self, out: &mut Vec<Part>) {
        let Some(c) = self.peek() else {
            self.is_exact = false;
            return;
        };
        self.at += 1;
        match c {
            'A' | 'Z' | 'z' | 'b' | 'B' | 'G' => {}
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P' => self.repeated(format!("\\{c}"), out),
            'n' | 't' | 'r' | 'x' | 'u' | '0'..='9' => self.is_exact = false,
            c => self.literal(c, out),
        }
    }

    /// A character class outside of a group: a parameter without a name. Neighbours become one.
    fn repeated(&mut self, mut text: String, out: &mut Vec<Part>) {
        let start = self.at;
        if matches!(self.times(), Times::Never) {
            return;
        }
        text.extend(self.tokens[start..self.at].iter().filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None }));
        if let Some(Part::Param(last)) = out.last_mut()
            && last.name.is_empty()
            && let Some(pattern) = &mut last.pattern
        {
            pattern.push_str(&text);
            last.catch_all = crosses_segments(pattern);
            return;
        }
        out.push(Part::Param(Parameter { catch_all: crosses_segments(&text), pattern: Some(text), ..Parameter::default() }));
    }

    /// The text of a class whose `[` has been passed, brackets included.
    fn class(&mut self) -> String {
        let mut text = String::from("[");
        let mut first = true;
        while let Some(c) = self.peek() {
            self.at += 1;
            text.push(c);
            if c == '\\' {
                text.extend(self.peek());
                self.at += 1;
            } else if c == ']' && !first {
                return text;
            }
            first = first && c == '^';
        }
        self.is_exact = false;
        text
    }

    /// A group whose `(` has been passed.
    fn group(&mut self, depth: usize, out: &mut Vec<Part>) {
        if depth > MAX_DEPTH {
            self.is_exact = false;
            self.at = self.tokens.len();
            return;
        }
        let mut name = None;
        if self.eat('?') {
            match self.peek() {
                Some(':') => {
                    self.at += 1;
                    return self.plain_group(depth, out);
                }
                Some('=' | '!') => {
                    self.inside(depth);
                    self.times();
                    return;
                }
                Some('P' | '<') => {
                    self.eat('P');
                    if !self.eat('<') || matches!(self.peek(), Some('=' | '!')) {
                        self.is_exact &= matches!(self.peek(), Some('=' | '!'));
                        self.inside(depth);
                        return;
                    }
                    name = Some(self.until('>'));
                }
                _ => return self.flags(depth, out),
            }
        }
        let (pattern, is_empty) = self.inside(depth);
        let times = self.times();
        if matches!(times, Times::Never) || is_empty {
            return;
        }
        let optional = matches!(times, Times::Optional);
        out.push(Part::Param(Parameter {
            name: name.unwrap_or_default(),
            catch_all: crosses_segments(&pattern),
            pattern: Some(pattern),
            optional,
            type_name: None,
        }));
    }

    /// `(?i)` or `(?i:...)`.
    fn flags(&mut self, depth: usize, out: &mut Vec<Part>) {
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                ')' => return,
                ':' => return self.plain_group(depth, out),
                c if c.is_ascii_alphabetic() || c == '-' => {}
                _ => break,
            }
        }
        self.is_exact = false;
    }

    fn until(&mut self, end: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == end {
                break;
            }
            text.push(c);
        }
        text
    }

    /// The text of a capturing group up to its `)`, which is passed, and whether it can only match nothing.
    fn inside(&mut self, depth: usize) -> (String, bool) {
        let start = self.at;
        let mut probe = Reader { tokens: self.tokens, at: self.at, is_exact: true };
        let parts = probe.alternation(depth);
        self.at = probe.at;
        let text = self.tokens[start..self.at].iter().filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None }).collect();
        self.is_exact &= self.eat(')');
        (text, parts.is_empty())
    }

    /// A group that captures nothing: its content stands in its place.
    fn plain_group(&mut self, depth: usize, out: &mut Vec<Part>) {
        let start = self.at;
        let inner = self.alternation(depth);
        let text: String =
            self.tokens[start..self.at].iter().filter_map(|t| if let Token::Char(c) = t { Some(*c) } else { None }).collect();
        self.is_exact &= self.eat(')');
        match self.times() {
            Times::Never => {}
            Times::Once | Times::Exactly(1) => out.extend(inner),
            Times::Optional if has_param(&inner) => out.extend(inner.into_iter().map(|part| match part {
                Part::Param(parameter) => Part::Param(Parameter { optional: true, ..parameter }),
                other => other,
            })),
            Times::Optional => out.push(Part::Optional(inner)),
            Times::Many | Times::Exactly(_) => {
                out.push(Part::Param(Parameter { catch_all: crosses_segments(&text), pattern: Some(text), ..Parameter::default() }))
            }
        }
    }
}

fn has_param(parts: &[Part]) -> bool {
    parts.iter().any(|p| matches!(p, Part::Param(_)))
}

/// Adds text to text.
fn push(out: &mut Vec<Part>, part: Part) {
    match (out.last_mut(), part) {
        (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
        (_, part) => out.push(part),
    }
}
