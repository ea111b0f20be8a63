//! JSON with the line of every value. Comments and trailing commas are let pass, as editors write them.

use crate::node::{Broken, Entry, MAX_DEPTH, Node, Value};
use std::rc::Rc;

/// Reads a JSON document.
///
/// # Errors
/// Where it is not JSON, or nested deeper than [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Node, Broken> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, line: 1 };
    if text.starts_with('\u{feff}') {
        reader.at = 3;
    }
    let node = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.broken("something follows the document")),
    }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn broken(&self, message: &str) -> Broken {
        Broken { line: self.line, message: message.to_owned() }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => {
                    self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
                    continue;
                }
                b'/' if self.bytes.get(self.at + 1) == Some(&b'*') => {
                    let rest = &self.bytes[self.at..];
                    let length = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |n| n + 2);
                    self.line += memchr::memchr_iter(b'\n', &rest[..length]).count() as u32;
                    self.at += length;
                    continue;
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        if depth > MAX_DEPTH {
            return Err(self.broken("it is nested too deeply"));
        }
        self.space();
        let line = self.line;
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(byte) if byte == b'-' || byte.is_ascii_alphanumeric() => self.word()?,
            Some(_) => return Err(self.broken("a value is expected")),
            None => return Err(self.broken("it ends too early")),
        };
        Ok(Node { line, value })
    }

    fn map(&mut self, depth: usize) -> Result<Value, Broken> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(b'}') => break,
                Some(b',') if !entries.is_empty() => self.at += 1,
                Some(b'"') => {
                    let line = self.line;
                    let key = self.string()?;
                    self.space();
                    if self.peek() != Some(b':') {
                        return Err(self.broken("a `:` is expected"));
                    }
                    self.at += 1;
                    entries.push(Entry { key, line, node: self.value(depth + 1)? });
                }
                Some(_) => return Err(self.broken("a name in quotes is expected")),
                None => return Err(self.broken("it ends within an object")),
            }
        }
        self.at += 1;
        Ok(Value::Map(Rc::new(entries)))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Broken> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(b']') => break,
                Some(b',') if !items.is_empty() => self.at += 1,
                Some(_) => items.push(self.value(depth + 1)?),
                None => return Err(self.broken("it ends within a list")),
            }
        }
        self.at += 1;
        Ok(Value::List(Rc::new(items)))
    }

    fn word(&mut self) -> Result<Value, Broken> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Ok(Value::Number(number.to_owned())),
            _ => Err(self.broken("a value is expected")),
        }
    }

    /// A string; the reader stands at its opening quote.
    fn string(&mut self) -> Result<String, Broken> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = memchr::memchr3(b'"', b'\\', b'\n', rest) else { return Err(self.broken("a string does not end")) };
            out.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            match rest[length] {
                b'"' => return Ok(out),
                b'\n' => return Err(self.broken("a string does not end on its line")),
                _ => out.push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Broken> {
        let Some(byte) = self.peek() else { return Err(self.broken("it ends within a string")) };
        if !byte.is_ascii() {
            return Err(self.broken("an escape that JSON does not know"));
        }
        self.at += 1;
        Ok(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let first = self.unit().unwrap_or(0xfffd);
                let is_pair = (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u");
                if is_pair {
                    self.at += 2;
                    let second = self.unit().unwrap_or(0xdc00);
                    let joined = 0x10000 + ((first - 0xd800) << 10) + (second.wrapping_sub(0xdc00) & 0x3ff);
                    return Ok(char::from_u32(joined).unwrap_or('\u{fffd}'));
                }
                char::from_u32(first).unwrap_or('\u{fffd}')
            }
            other => other as char,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }
}
