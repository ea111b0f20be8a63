//! The syntax of nginx's configuration (https://nginx.org/en/docs/beginners_guide.html#conf_structure): directives with
//! words, and blocks of them.

use crate::node::Broken;

/// Deepest nesting of blocks.
const MAX_DEPTH: usize = 40;
/// Most directives of a file.
const MAX_DIRECTIVES: usize = 200_000;

/// A directive.
#[derive(Clone, Debug, Default)]
pub struct Directive {
    /// Its name.
    pub name: String,
    /// Its words.
    pub args: Vec<String>,
    /// Its line.
    pub line: u32,
    /// The file it stands in, where that is another one than its surroundings'.
    pub file: Option<String>,
    /// Its block, if it has one.
    pub block: Vec<Directive>,
}

impl Directive {
    /// A word, by place.
    pub fn arg(&self, at: usize) -> &str {
        self.args.get(at).map_or("", String::as_str)
    }

    /// The directives of its block with a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.block.iter().filter(move |d| d.name == name)
    }

    /// The last directive of its block with a name.
    pub fn last(&self, name: &str) -> Option<&Directive> {
        self.block.iter().rfind(|d| d.name == name)
    }
}

/// The directives of a text, and what is wrong with it; what stands before a mistake is given.
pub fn parse(text: &str) -> (Vec<Directive>, Option<Broken>) {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut open: Vec<Directive> = vec![Directive::default()];
    let mut words: Vec<(String, u32)> = Vec::new();
    let mut broken = None;
    let mut number = 0;
    while let Some(token) = reader.token() {
        let line = reader.line;
        match token {
            Token::Word(word) => words.push((word, line)),
            Token::End => {
                if let (Some(directive), Some(parent)) = (directive(&mut words), open.last_mut()) {
                    parent.block.push(directive);
                }
            }
            Token::Open => {
                let Some(mut directive) = directive(&mut words) else {
                    broken = Some(Broken { line, message: "a block without a name".to_owned() });
                    break;
                };
                if directive.name.ends_with("_by_lua_block") || directive.name.ends_with("_by_njs_block") {
                    reader.skip_block();
                    directive.args.push("{}".to_owned());
                    if let Some(parent) = open.last_mut() {
                        parent.block.push(directive);
                    }
                    continue;
                }
                open.push(directive);
            }
            Token::Close if open.len() > 1 => {
                let done = open.pop().unwrap_or_default();
                if let Some(parent) = open.last_mut() {
                    parent.block.push(done);
                }
                words.clear();
            }
            Token::Close => {
                broken = Some(Broken { line, message: "a block is closed that was not opened".to_owned() });
                break;
            }
        }
        number += 1;
        if open.len() > MAX_DEPTH || number > MAX_DIRECTIVES {
            broken = Some(Broken { line, message: "it is too large or nested too deeply".to_owned() });
            break;
        }
    }
    if broken.is_none() && (open.len() > 1 || !words.is_empty()) {
        broken = Some(Broken { line: reader.line, message: "it ends within a block or directive".to_owned() });
    }
    while open.len() > 1 {
        let done = open.pop().unwrap_or_default();
        if let Some(parent) = open.last_mut() {
            parent.block.push(done);
        }
    }
    (open.pop().unwrap_or_default().block, broken)
}

fn directive(words: &mut Vec<(String, u32)>) -> Option<Directive> {
    let mut words = std::mem::take(words).into_iter();
    let (name, line) = words.next()?;
    Some(Directive { name, line, args: words.map(|(word, _)| word).collect(), file: None, block: Vec::new() })
}

enum Token {
    Word(String),
    End,
    Open,
    Close,
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn step(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        self.line += u32::from(byte == b'\n');
        Some(byte)
    }

    fn token(&mut self) -> Option<Token> {
        loop {
            match *self.bytes.get(self.at)? {
                b'#' => while self.step().is_some_and(|b| b != b'\n') {},
                b if b.is_ascii_whitespace() => {
                    self.step();
                }
                _ => break,
            }
        }
        match *self.bytes.get(self.at)? {
            b';' => self.step().map(|_| Token::End),
            b'{' => self.step().map(|_| Token::Open),
            b'}' => self.step().map(|_| Token::Close),
            quote @ (b'"' | b'\'') => {
                self.step();
                Some(Token::Word(self.quoted(quote)))
            }
            _ => Some(Token::Word(self.word())),
        }
    }

    fn quoted(&mut self, quote: u8) -> String {
        let mut out = Vec::new();
        while let Some(byte) = self.step() {
            match byte {
                b if b == quote => break,
                b'\\' if matches!(self.bytes.get(self.at), Some(b'"' | b'\'' | b'\\')) => out.extend(self.step()),
                other => out.push(other),
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// A word ends at a space, `;` or `{`; `${name}` and, within it, `{` of a quantifier belong to it.
    fn word(&mut self) -> String {
        let start = self.at;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b if b.is_ascii_whitespace() => break,
                b';' => break,
                b'{' if self.at > start && self.bytes[self.at - 1] == b'$' => {
                    while self.step().is_some_and(|b| b != b'}' && b != b'\n') {}
                    continue;
                }
                b'{' => break,
                b'\\' => {
                    self.step();
                }
                _ => {}
            }
            self.step();
        }
        String::from_utf8_lossy(&self.bytes[start..self.at.min(self.bytes.len())]).into_owned()
    }

    /// Code between braces, of another language.
    fn skip_block(&mut self) {
        let mut depth = 1;
        while let Some(byte) = self.step() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}
