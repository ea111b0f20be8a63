//! Text from scanned code in other languages' texts: each function makes it harmless by the rules of one syntax.

/// One line of printable text: control characters and direction marks are spaces.
pub fn line(text: &str) -> String {
    let is_bad =
        |c: char| c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if is_bad(c) { ' ' } else { c }).collect()
}

/// A word of a POSIX shell, in single quotes.
pub fn shell(text: &str) -> String {
    format!("'{}'", line(text).replace('\'', r"'\''"))
}

/// A cell of a CSV file (RFC 4180); a text that a spreadsheet would take for a formula starts with an apostrophe.
pub fn csv(text: &str) -> String {
    let text = line(text);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Text in a Markdown table.
pub fn markdown(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A part of a path (RFC 3986), slashes kept where the part may hold them.
pub fn path(text: &str, slashes: bool) -> String {
    percent(text, |c| b"-._~!$&'()*+,;=:@".contains(&c) || slashes && c == b'/')
}

/// A piece of a path as it was written: what is percent-encoded already stays.
pub fn literal(text: &str) -> String {
    let pieces = text.split('%').enumerate().map(|(at, piece)| {
        let is_code = piece.len() >= 2 && piece.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        let mark = if at == 0 {
            ""
        } else if is_code {
            "%"
        } else {
            "%25"
        };
        format!("{mark}{}", path(piece, true))
    });
    pieces.collect()
}

/// A URL as it was written: what a reference (RFC 3986) can't hold is percent-encoded.
pub fn url(text: &str) -> String {
    percent(text, |c| b"-._~!$&'()*+,;=:@/?#[]%".contains(&c))
}

/// A name or value of a query string.
pub fn query(text: &str) -> String {
    percent(text, |c| b"-._~".contains(&c))
}

fn percent(text: &str, keeps: impl Fn(u8) -> bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || keeps(byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The name of a header (RFC 9110): anything else than a token character is an underscore.
pub fn header(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c) { c } else { '_' }).collect()
}

/// A regular expression for a template: literal text quoted, `parameter` for each parameter.
pub fn regex(template: &str, parameter: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&quoted(before));
        out.push_str(parameter);
        rest = after.split_once('}').map_or("", |p| p.1);
    }
    out.push_str(&quoted(rest));
    out
}

/// Text as a regular expression that matches it.
pub fn quoted(text: &str) -> String {
    line(text).chars().flat_map(|c| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

/// Text of an XML document, in elements and in attributes.
pub fn xml(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(' '),
            // Code points that XML 1.0 does not have.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    line(&out)
}

/// The name of a file: short, without separators, no dots at its ends.
pub fn file(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect();
    let plain: String = plain.trim_matches('.').chars().take(80).collect();
    if plain.is_empty() { "service".to_owned() } else { plain }
}

/// An identifier of letters, digits, `_`, `-` and `.`, which starts with a letter or `_`.
pub fn identifier(text: &str) -> String {
    let mut out: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a'; rm -rf \"$HOME\" `id`\n| <script>\u{202e} {{x}}";

    #[test]
    fn hostile_names_stay_text() {
        assert_eq!(line("a\nb\tc\u{1b}[31m"), "a b c [31m");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert!(!shell(HOSTILE).contains('\n'));
        assert_eq!(csv("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(csv("  @x"), "\"'  @x\"");
        assert_eq!(csv("a\"b,c"), "\"a\"\"b,c\"");
        assert_eq!(markdown("a|b <i>\n`c`"), r"a\|b &lt;i&gt; \`c\`");
        assert_eq!(path("a/b c?#", false), "a%2Fb%20c%3F%23");
        assert_eq!(path("a/b", true), "a/b");
        assert_eq!(literal("/a b%7D/50%"), "/a%20b%7D/50%25");
        assert_eq!(query("a&b=ü"), "a%26b%3D%C3%BC");
        assert_eq!(header("X-\r\nEvil: 1"), "X-__Evil__1");
        assert_eq!(identifier("1 a/b"), "_1_a_b");
        assert_eq!(regex("/a.b/{id}/c", "[^/]+"), r"/a\.b/[^/]+/c");
        assert_eq!(xml("<a b=\"'c'\">\u{1b}&"), "&lt;a b=&quot;&apos;c&apos;&quot;&gt; &amp;");
        assert_eq!(file("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file("..."), "service");
    }
}
