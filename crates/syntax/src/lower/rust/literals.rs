//! The values of Rust's literals.

/// The text of a string or byte string literal, raw or not, escapes resolved.
pub(super) fn string(literal: &str) -> String {
    let body = literal.trim_start_matches(['b', 'c']);
    if let Some(raw) = body.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw).to_owned();
    }
    let body = body.strip_prefix('"').unwrap_or(body);
    unescape(body.strip_suffix('"').unwrap_or(body))
}

/// The text of a char or byte literal.
pub(super) fn char(literal: &str) -> String {
    let body = literal.strip_prefix('b').unwrap_or(literal);
    let body = body.strip_prefix('\'').unwrap_or(body);
    unescape(body.strip_suffix('\'').unwrap_or(body))
}

/// The value of an integer or float literal; NaN when it has none.
pub(super) fn number(literal: &str) -> f64 {
    let digits: String = literal.chars().filter(|c| *c != '_').collect();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            let end = rest.find(['u', 'i']).unwrap_or(rest.len());
            return rest.get(..end).and_then(|rest| u128::from_str_radix(rest, radix).ok()).map_or(f64::NAN, |n| n as f64);
        }
    }
    let end = digits.find(['u', 'i', 'f']).unwrap_or(digits.len());
    digits.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(f64::NAN)
}

fn unescape(body: &str) -> String {
    if !body.contains('\\') {
        return body.to_owned();
    }
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.extend(code_point(&digits));
            }
            Some('u') => {
                let digits: String = chars.by_ref().take_while(|c| *c != '}').filter(|c| *c != '{' && *c != '_').collect();
                out.extend(code_point(&digits));
            }
            // A line continuation takes all white space after it with it.
            Some('\n' | '\r') => while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {},
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn code_point(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(string(r##"r#"a\"b"#"##), r#"a\"b"#);
        assert_eq!(
            string(
                r#""a\n\x41\u{1F600}\"\
               b""#
            ),
            "a\nA😀\"b"
        );
        assert_eq!(string(r#"b"x""#), "x");
        assert_eq!(char(r"'\''"), "'");
    }

    #[test]
    fn numbers() {
        assert_eq!(number("1_000u64"), 1000.0);
        assert_eq!(number("0xff"), 255.0);
        assert_eq!(number("0b11u8"), 3.0);
        assert_eq!(number("1.5e3f64"), 1500.0);
        assert!(number("x").is_nan());
    }
}
