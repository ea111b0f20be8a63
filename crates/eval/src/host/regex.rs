//! Python's `re` over known strings: `re.sub`, `re.split`, `re.escape`.
//!
//! Patterns run in Rust's engine, which shares all syntax but look-around and back-references; those stay unknown.

use crate::output::Place;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// `re.sub(pattern, replacement, string)`; what is known of a string with holes is replaced part by part.
    pub(super) fn regex_sub(&mut self, args: &Args, at: Place) -> Option<Value> {
        let pattern = self.pattern_of(args.get(0, "pattern")?)?;
        let text = self.to_text(args.get(2, "string")?, at);
        let limit = args.get(3, "count").and_then(Value::as_number).unwrap_or(0.0).max(0.0) as usize;
        let replacement = self.force(args.get(1, "repl")?);
        let mut out = Text { parts: Vec::new(), is_default: text.is_default };
        for part in &text.parts {
            match part {
                Part::Known(known, place) => {
                    let replaced = match replacement.as_str() {
                        Some(template) => SmolStr::new(pattern.replacen(known, limit, template_of(&template).as_str())),
                        None => self.replaced_by(&pattern, known, &replacement, at)?,
                    };
                    out.parts.push(Part::Known(replaced, *place));
                }
                hole => out.parts.push(hole.clone()),
            }
        }
        Some(Value::Text(Rc::new(out)))
    }

    /// Replaces each match by what a function says of it.
    fn replaced_by(&mut self, pattern: &regex::Regex, text: &str, function: &Value, at: Place) -> Option<SmolStr> {
        if !matches!(function, Value::Function(_) | Value::BoundFunction(_)) {
            return None;
        }
        let mut out = String::new();
        let mut last = 0;
        for captures in pattern.captures_iter(text) {
            let whole = captures.get(0)?;
            let groups: Vec<Value> = captures.iter().map(|g| g.map_or(Value::Null, |g| Value::text(g.as_str()))).collect();
            let names = pattern.capture_names().enumerate().filter_map(|(i, n)| Some((SmolStr::new(n?), groups[i].clone())));
            let found = Value::dict(names.chain(groups.iter().enumerate().map(|(i, g)| (SmolStr::new(i.to_string()), g.clone()))));
            let replaced = self.callback(function, vec![found], at).as_str()?;
            out.push_str(&text[last..whole.start()]);
            out.push_str(&replaced);
            last = whole.end();
        }
        out.push_str(&text[last..]);
        Some(SmolStr::new(out))
    }

    /// `re.split(pattern, string)`.
    pub(super) fn regex_split(&mut self, args: &Args) -> Option<Value> {
        let pattern = self.pattern_of(args.get(0, "pattern")?)?;
        let text = args.get(1, "string")?.as_str()?;
        Some(Value::list(pattern.split(&text).map(Value::text).collect()))
    }

    /// A compiled pattern of a string or pattern value.
    fn pattern_of(&mut self, value: &Value) -> Option<regex::Regex> {
        let pattern = match self.force(value) {
            Value::Regex(pattern) => pattern,
            other => other.as_str()?,
        };
        // An open brace that starts no repetition is a literal in Python.
        regex::RegexBuilder::new(&plain_braces(&pattern)).size_limit(1 << 20).build().ok()
    }
}

/// `\1` and `\g<name>` as `${1}` and `${name}`.
fn template_of(template: &str) -> String {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.next() {
                Some('g') if chars.peek() == Some(&'<') => {
                    chars.next();
                    let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                    out.push_str(&format!("${{{name}}}"));
                }
                Some(digit) if digit.is_ascii_digit() => {
                    let mut number = digit.to_string();
                    number.extend(chars.next_if(char::is_ascii_digit));
                    out.push_str(&format!("${{{number}}}"));
                }
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}

fn plain_braces(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    let (mut escaped, mut in_class) = (false, false);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let literal = !escaped && !in_class && (c == '{' && !is_repetition(rest) || c == '}' && !out_repeats(&out));
        if literal {
            out.push('\\');
        }
        in_class = if escaped { in_class } else { c == '[' || in_class && c != ']' };
        escaped = !escaped && c == '\\';
        out.push(c);
    }
    out
}

/// Whether what follows an open brace is `n}`, `n,}`, `,m}` or `n,m}`, or belongs to `\p{..}`.
fn is_repetition(rest: &str) -> bool {
    rest.split_once('}').is_some_and(|(inner, _)| {
        !inner.is_empty() && inner.chars().all(|c| c.is_ascii_digit() || c == ',') && inner.chars().any(|c| c.is_ascii_digit())
    })
}

/// Whether a closing brace after this ends a repetition.
fn out_repeats(out: &str) -> bool {
    out.rsplit_once('{').is_some_and(|(before, inner)| {
        !before.ends_with('\\') && !inner.is_empty() && inner.chars().all(|c| c.is_ascii_digit() || c == ',')
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn python_patterns() {
        let sub =
            |p: &str, r: &str, s: &str| regex::Regex::new(&plain_braces(p)).unwrap().replace_all(s, template_of(r).as_str()).into_owned();
        assert_eq!(sub(r"{(\w+)}", r"<\1>", "/a/{b}/{c}"), "/a/<b>/<c>");
        assert_eq!(sub(r"(?P<x>\d{2,3})", r"[\g<x>]$", "1 22 333"), "1 [22]$ [333]$");
        assert_eq!(sub(r"[{}]", "", "{a}"), "a");
        assert_eq!(sub(r"\{(\w+)\}", r":\1", "{a}"), ":a");
    }
}
