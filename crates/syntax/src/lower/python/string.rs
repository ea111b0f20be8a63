//! Strings: prefixes, escapes, f-string holes, implicit concatenation.

use super::{Python, child, has_token, parts};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

impl Python<'_, '_> {
    /// A `string` or `concatenated_string`.
    pub(super) fn string(&mut self, node: Node<'_>) -> ExprId {
        let mut out = Vec::new();
        if node.kind() == "concatenated_string" {
            for part in parts(node) {
                self.string_parts(part, &mut out);
            }
        } else {
            self.string_parts(node, &mut out);
        }
        self.ctx.put(Expr::Str(out), node)
    }

    /// The value of a string without holes; bytes and f-strings are none.
    pub(super) fn plain_string(&mut self, node: Node<'_>) -> Option<SmolStr> {
        let pieces = match node.kind() {
            "string" => vec![node],
            "concatenated_string" => parts(node),
            _ => return None,
        };
        let mut out = Vec::new();
        for piece in pieces {
            if self.prefix(piece).contains(['b', 'f', 't']) {
                return None;
            }
            self.string_parts(piece, &mut out);
        }
        match out.as_slice() {
            [] => Some(SmolStr::default()),
            [StrPart::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// The letters before the quote, in lower case.
    fn prefix(&self, node: Node<'_>) -> String {
        let text = self.ctx.text(node);
        let end = text.find(['"', '\'']).unwrap_or(0);
        text[..end].to_ascii_lowercase()
    }

    fn string_parts(&mut self, node: Node<'_>, out: &mut Vec<StrPart>) {
        let prefix = self.prefix(node);
        let mut from = node.start_byte();
        let mut end = node.end_byte();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "string_start" => from = child.end_byte(),
                "interpolation" => {
                    self.text(from..child.start_byte(), &prefix, out);
                    self.hole(child, out);
                    from = child.end_byte();
                }
                "string_end" => end = child.start_byte(),
                _ => {}
            }
        }
        self.text(from..end, &prefix, out);
    }

    fn text(&self, range: std::ops::Range<usize>, prefix: &str, out: &mut Vec<StrPart>) {
        let raw = self.ctx.source.get(range).unwrap_or_default();
        push(out, &resolve(raw, prefix));
    }

    /// `{value=!r:spec}`; a conversion or a format that changes the text is the call it stands for.
    fn hole(&mut self, node: Node<'_>, out: &mut Vec<StrPart>) {
        let Some(inner) = child(node, "expression") else { return };
        let mut value = self.expr(inner);
        let conversion = child(node, "type_conversion").map(|n| self.ctx.text(n));
        let shows = has_token(node, "=");
        if shows {
            let text = self.ctx.source.get(node.start_byte() + 1..inner.end_byte()).unwrap_or_default();
            push(out, &format!("{text}="));
        }
        let spec = child(node, "format_specifier");
        if matches!(conversion, Some("!r" | "!a")) || (shows && conversion.is_none() && spec.is_none()) {
            value = self.call_of("repr", vec![value], node);
        }
        if let Some(spec) = spec.filter(|n| !matches!(self.ctx.text(*n), ":" | ":s" | ":d")) {
            let format = self.format(spec);
            value = self.call_of("format", vec![value, format], node);
        }
        out.push(StrPart::Hole(value));
    }

    fn call_of(&mut self, name: &str, args: Vec<ExprId>, node: Node<'_>) -> ExprId {
        let callee = self.ctx.put(Expr::Name(SmolStr::new(name)), node);
        let args = args.into_iter().map(Arg::Positional).collect();
        self.ctx.put(Expr::Call { callee, args, types: Vec::new(), new: false }, node)
    }

    /// A format specifier as a string with its own holes.
    fn format(&mut self, node: Node<'_>) -> ExprId {
        let parts = self.deeper(node, |p| {
            let mut out = Vec::new();
            let mut from = node.start_byte() + 1;
            let mut cursor = node.walk();
            for child in node.children(&mut cursor).filter(|n| n.kind() == "format_expression") {
                push(&mut out, p.ctx.source.get(from..child.start_byte()).unwrap_or_default());
                p.hole(child, &mut out);
                from = child.end_byte();
            }
            push(&mut out, p.ctx.source.get(from..node.end_byte()).unwrap_or_default());
            out
        });
        self.ctx.put(Expr::Str(parts.unwrap_or_default()), node)
    }
}

/// Adds text, joining it to text before it.
fn push(out: &mut Vec<StrPart>, text: &str) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(StrPart::Text(before)) => *before = SmolStr::new(format!("{before}{text}")),
        _ => out.push(StrPart::Text(SmolStr::new(text))),
    }
}

/// The text that source characters stand for under a string prefix.
fn resolve(raw: &str, prefix: &str) -> String {
    let mut text = if raw.contains('\r') { raw.replace("\r\n", "\n") } else { raw.to_owned() };
    if prefix.contains(['f', 't']) && text.contains(['{', '}']) {
        text = text.replace("{{", "{").replace("}}", "}");
    }
    if prefix.contains('r') || !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], prefix.contains('b'), &mut out);
    }
    out.push_str(rest);
    out
}

/// Resolves the escape after a backslash; gives what follows it.
fn escape<'t>(rest: &'t str, bytes: bool, out: &mut String) -> &'t str {
    let Some(first) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let after = &rest[first.len_utf8()..];
    let plain = match first {
        '\n' => return after,
        '\\' | '\'' | '"' => first,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => {
            let digits = rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            return code(&rest[..digits], 8, &rest[digits..], out);
        }
        'x' => return hexadecimal(first, after, 2, out),
        'u' if !bytes => return hexadecimal(first, after, 4, out),
        'U' if !bytes => return hexadecimal(first, after, 8, out),
        'N' if !bytes && after.starts_with('{') => {
            // Character names would need their table; the character is there, but not which.
            return match after.find('}') {
                Some(end) => {
                    out.push(char::REPLACEMENT_CHARACTER);
                    &after[end + 1..]
                }
                None => after,
            };
        }
        other => {
            out.push('\\');
            other
        }
    };
    out.push(plain);
    after
}

fn hexadecimal<'t>(letter: char, after: &'t str, digits: usize, out: &mut String) -> &'t str {
    match after.get(..digits) {
        Some(text) if text.bytes().all(|b| b.is_ascii_hexdigit()) => code(text, 16, &after[digits..], out),
        _ => {
            out.push('\\');
            out.push(letter);
            after
        }
    }
}

fn code<'t>(digits: &str, radix: u32, after: &'t str, out: &mut String) -> &'t str {
    let point = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    out.push(point.unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

/// The value of an integer or float literal; imaginary ones are none.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let text = text.strip_suffix('l').unwrap_or(&text);
    let radix = match text.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return text.parse().ok(),
    };
    text[2..].chars().try_fold(0.0, |sum, c| Some(sum * f64::from(radix) + f64::from(c.to_digit(radix)?)))
}
