//! A text that matches a regular expression: the shortest that its syntax tree gives, the same each time.
//!
//! Left out: patterns that look around or refer back, which the parser does not have; they give nothing.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer texts are no samples.
const MAX_LENGTH: usize = 200;
/// Expressions hold expressions so deep.
const MAX_DEPTH: usize = 64;

/// A text that a pattern takes; none when the pattern can't be read or needs a longer one.
pub fn text(pattern: &str) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new().nest_limit(MAX_DEPTH as u32).build().parse(pattern).ok()?;
    let mut out = String::new();
    write(&hir, &mut out).then_some(out)
}

/// Whether a pattern means the same to readers of JSON Schema: it can be read, and has none of the marks that only some dialects have.
/// The patterns are those of ECMAScript, but many readers give them to what they have (Python's `re` knows no `\p{L}`).
pub fn is_common(pattern: &str) -> bool {
    let own_groups = pattern.match_indices("(?").all(|(at, _)| matches!(pattern.as_bytes().get(at + 2), Some(b':' | b'=' | b'!' | b'<')));
    let foreign = ["\\A", "\\Z", "\\z", "[[:", "&&", "(?<=", "\\h", "\\p", "\\P", "\\u{"];
    let is_read = match regex_syntax::ast::parse::Parser::new().parse(pattern) {
        Ok(_) => true,
        // Looking around and back is of ECMAScript as well, and only this reader does not have it.
        Err(error) => {
            use regex_syntax::ast::ErrorKind;
            matches!(error.kind(), ErrorKind::UnsupportedLookAround | ErrorKind::UnsupportedBackreference)
        }
    };
    own_groups && is_read && !foreign.iter().any(|word| pattern.contains(word))
}

fn write(hir: &Hir, out: &mut String) -> bool {
    if out.len() > MAX_LENGTH {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => {
                out.push_str(text);
                true
            }
            Err(_) => false,
        },
        HirKind::Class(Class::Unicode(class)) => {
            let ranges: Vec<(char, char)> = class.ranges().iter().map(|r| (r.start(), r.end())).collect();
            pick(&ranges).is_some_and(|c| {
                out.push(c);
                true
            })
        }
        HirKind::Class(Class::Bytes(class)) => {
            let ranges: Vec<(char, char)> = class.ranges().iter().map(|r| (char::from(r.start()), char::from(r.end()))).collect();
            pick(&ranges).is_some_and(|c| {
                out.push(c);
                true
            })
        }
        HirKind::Repetition(repeated) => {
            // What may be left out is written once where nothing else would stand: `.*` is a text, not none.
            let times = if repeated.min == 0 && out.is_empty() && repeated.max != Some(0) { 1 } else { repeated.min };
            (0..times).all(|_| write(&repeated.sub, out))
        }
        HirKind::Capture(capture) => write(&capture.sub, out),
        HirKind::Concat(all) => all.iter().all(|part| write(part, out)),
        HirKind::Alternation(all) => all.first().is_some_and(|first| write(first, out)),
    }
}

/// A character of some ranges, a plain one where there is one.
fn pick(ranges: &[(char, char)]) -> Option<char> {
    let holds = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
    "a1A-_".chars().find(|c| holds(*c)).or_else(|| (' '..='~').find(|c| holds(*c))).or_else(|| ranges.first().map(|r| r.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_their_patterns() {
        for pattern in [
            "^[a-z]+$",
            r"^\d{3}-\d{4}$",
            "^(red|green)_[A-Z]{2}x?$",
            r"^[^/]+\.json$",
            ".*",
            "[0-9a-f]{8}-[0-9a-f]{4}",
            r"^\+?[1-9]\d{1,14}$",
            r"\w+@\w+\.\w+",
        ] {
            let sample = text(pattern).unwrap_or_default();
            let matches = regex::Regex::new(pattern).is_ok_and(|r| r.is_match(&sample));
            assert!(!sample.is_empty() && matches, "{pattern}: {sample}");
        }
        assert!(is_common("^(?=x)y$") && is_common("^[a-z]+(?:x|y)$"));
        assert!(!is_common("(?P<x>a)") && !is_common("([") && !is_common("a\\Z") && !is_common("(?i)a") && !is_common("^[\\p{L}]+$"));
        assert_eq!(text("(?=x)y"), None);
        assert_eq!(text("a{100000}"), None);
        assert_eq!(text("(((("), None);
    }
}
