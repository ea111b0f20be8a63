//! JSON as tools write it: comments, trailing commas, a byte order mark.

use serde_json::Value;

/// Parses JSON with comments and trailing commas; None if it is broken.
pub fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&strip(text)).ok())
}

/// The text without comments and trailing commas.
fn strip(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => {
                let end = string_end(bytes, at);
                out.extend_from_slice(&bytes[at..end]);
                at = end;
                continue;
            }
            (b'/', Some(b'/')) => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
                continue;
            }
            (b'/', Some(b'*')) => {
                at = memchr::memmem::find(&bytes[at + 2..], b"*/").map_or(bytes.len(), |n| at + n + 4);
                continue;
            }
            (close @ (b'}' | b']'), _) => {
                while out.last().is_some_and(u8::is_ascii_whitespace) {
                    out.pop();
                }
                if out.last() == Some(&b',') {
                    out.pop();
                }
                out.push(close);
            }
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_default()
}

/// The place after the string that starts at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += 1 + usize::from(bytes[end] == b'\\');
    }
    (end + 1).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_commas() {
        let text = "\u{feff}{ // x\n \"a\": [1, 2, /* y */ ], \"u\": \"http://x/*\\\"*/\", }\n";
        assert_eq!(parse(text), serde_json::from_str("{\"a\":[1,2],\"u\":\"http://x/*\\\"*/\"}").ok());
        assert_eq!(parse("{"), None);
        assert_eq!(parse("{\"a\\"), None);
        assert_eq!(parse("/*"), None);
    }
}
