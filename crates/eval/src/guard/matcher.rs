//! Patterns of paths as guards and frameworks' files write them: `/admin/:id`, `/shop/:rest*`, `/((?!api|_next).*)`,
//! regular expressions.

use crate::value::*;
use crate::world::World;
use regex::Regex;
use smol_str::SmolStr;

/// A pattern of paths.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    yes: Regex,
    no: Option<Regex>,
}

impl Matcher {
    /// Of a path with `:name`, `:name*`, `*` and groups in it; `below` takes what is below it too.
    pub fn of(text: &str, below: bool) -> Option<Matcher> {
        if let Some(pattern) = text.strip_prefix('^') {
            return Matcher::pattern(pattern);
        }
        let end = if below { "(?:/.*)?$" } else { "/?$" };
        let (text, no) = without_lookahead(text);
        let pattern = expression(&text);
        let yes = Regex::new(&format!("^{}{end}", pattern.trim_end_matches('/'))).ok()?;
        let no = match no {
            Some((before, inner)) => Some(Regex::new(&format!("^{}(?:{inner})", expression(&before))).ok()?),
            None => None,
        };
        Some(Matcher { yes, no })
    }

    /// Of a regular expression.
    pub fn pattern(text: &str) -> Option<Matcher> {
        Some(Matcher { yes: Regex::new(&text.replace("\\/", "/")).ok()?, no: None })
    }

    /// Whether a path fits.
    pub fn fits(&self, path: &str) -> bool {
        self.yes.is_match(path) && !self.no.as_ref().is_some_and(|no| no.is_match(path))
    }
}

/// A pattern without its first negative lookahead, and that with what stands before it.
fn without_lookahead(text: &str) -> (String, Option<(String, String)>) {
    let Some(start) = text.find("(?!") else { return (text.to_owned(), None) };
    let mut depth = 0;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let inner = text.get(start + 3..at).unwrap_or_default().to_owned();
            let rest = text.get(at + 1..).unwrap_or_default();
            let before = text.get(..start).unwrap_or_default();
            return (format!("{before}{rest}"), Some((before.trim_end_matches('(').to_owned(), inner)));
        }
    }
    (text.to_owned(), None)
}

/// A path pattern as a regular expression.
fn expression(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut depth = 0u32;
    while let Some(c) = chars.next() {
        match c {
            ':' if depth == 0 => {
                while chars.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                match chars.peek() {
                    Some('(') => {}
                    Some('*') => {
                        chars.next();
                        let slash = out.ends_with('/');
                        out.truncate(out.len() - usize::from(slash));
                        out.push_str(if slash { "(?:/.*)?" } else { ".*" });
                    }
                    Some('+') => {
                        chars.next();
                        out.push_str(".+");
                    }
                    Some('?') => {
                        chars.next();
                        let slash = out.ends_with('/');
                        out.truncate(out.len() - usize::from(slash));
                        out.push_str(if slash { "(?:/[^/]+)?" } else { "[^/]*" });
                    }
                    _ => out.push_str("[^/]+"),
                }
            }
            '*' if depth == 0 => {
                while chars.next_if_eq(&'*').is_some() {}
                out.push_str(".*");
            }
            '(' => {
                depth += 1;
                out.push('(');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                out.push(')');
            }
            '.' | '+' | '^' | '$' | '{' | '}' | '[' | ']' if depth == 0 => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A path that a route in any syntax answers.
pub(crate) fn sample(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').map(|p| if p.contains(['[', '{', '<', ':', '(', '*']) { "x" } else { p }).collect();
    let out = parts.join("/");
    if out.is_empty() { "/".to_owned() } else { out }
}

impl World<'_> {
    /// Texts, in lists, regular expressions and objects with a `source`, `url` or `path` too.
    pub(crate) fn path_words(&mut self, value: &Value) -> Vec<SmolStr> {
        match self.force(value) {
            list @ Value::List(_) => {
                let items = self.items_of(&list, crate::interp::attr::NOWHERE).0;
                items.iter().flat_map(|v| self.path_words(v)).collect()
            }
            dict @ Value::Dict(_) => {
                let inner = ["source", "url", "path"].iter().find_map(|key| self.get_attr(&dict, key, None));
                inner.map(|v| self.path_words(&v)).unwrap_or_default()
            }
            Value::Regex(text) => vec![SmolStr::new(format!("^{text}"))],
            other => other.as_str().into_iter().collect(),
        }
    }
}
