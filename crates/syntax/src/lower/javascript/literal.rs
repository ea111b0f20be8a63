//! Strings, templates, numbers, arrays, object literals and property names.

use super::expr::{expr, field, maybe};
use super::{Ctx, function, has_token, inner, is_comment, naming};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// A string with its escapes resolved; always one text.
pub(super) fn string(ctx: &Ctx<'_>, node: Node<'_>) -> Expr {
    Expr::Str(vec![StrPart::Text(string_text(ctx, node))])
}

/// The text of a string with its escapes resolved.
pub(super) fn string_text(ctx: &Ctx<'_>, node: Node<'_>) -> SmolStr {
    let text = ctx.text(node);
    let Some(quote) = text.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`')) else {
        return SmolStr::new(unescape(text));
    };
    let text = text.strip_prefix(quote).unwrap_or(text);
    SmolStr::new(unescape(text.strip_suffix(quote).unwrap_or(text)))
}

/// A template string, or a template literal type: texts and holes. Without a hole, always one text.
pub(super) fn template(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let source = ctx.source;
    let mut parts = Vec::new();
    let range = node.byte_range();
    let whole = source.get(range.clone()).unwrap_or_default();
    let mut at = range.start + usize::from(whole.starts_with('`'));
    let end = if whole.len() > 1 && whole.ends_with('`') { range.end - 1 } else { range.end };
    let add_text = |parts: &mut Vec<StrPart>, from: usize, to: usize| {
        let text = source.get(from..to).unwrap_or_default();
        if !text.is_empty() {
            parts.push(StrPart::Text(SmolStr::new(unescape(&text.replace("\r\n", "\n")))));
        }
    };
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if !matches!(child.kind(), "template_substitution" | "template_type") {
            continue;
        }
        add_text(&mut parts, at, child.start_byte());
        at = child.end_byte();
        let hole = match inner(child) {
            Some(value) if child.kind() == "template_type" => super::types::ty(ctx, value),
            Some(value) => expr(ctx, value),
            None => ctx.unknown(child),
        };
        parts.push(StrPart::Hole(hole));
    }
    add_text(&mut parts, at, end);
    if parts.is_empty() {
        parts.push(StrPart::Text(SmolStr::default()));
    }
    Expr::Str(parts)
}

/// Resolves the escapes of a string or template (ECMA-262, 12.9.4); broken ones stay as they are.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(first) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[first.len_utf8()..];
        match first {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            // Line continuations.
            '\r' => rest = rest.strip_prefix('\n').unwrap_or(rest),
            '\n' | '\u{2028}' | '\u{2029}' => {}
            '0'..='7' => {
                let longest = if first <= '3' { 3 } else { 2 };
                let more = rest.bytes().take(longest - 1).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let code = rest[..more].bytes().fold(first as u32 - 48, |code, byte| code * 8 + u32::from(byte) - 48);
                out.extend(char::from_u32(code));
                rest = &rest[more..];
            }
            'x' | 'u' => match code_point(first, rest) {
                Some((code, after)) => {
                    out.push(code);
                    rest = after;
                }
                None => {
                    out.push('\\');
                    out.push(first);
                }
            },
            other => out.push(other),
        }
    }
    out.push_str(rest);
    out
}

/// `\xHH`, `\uHHHH`, `\u{H..}` after their letter: the character and what follows. Surrogates without their other half give U+FFFD.
fn code_point(letter: char, rest: &str) -> Option<(char, &str)> {
    fn hex(digits: &str) -> Option<u32> {
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| u32::from_str_radix(digits, 16).ok())?
    }
    if letter == 'x' {
        return Some((char::from_u32(hex(rest.get(..2)?)?)?, rest.get(2..)?));
    }
    if let Some(braced) = rest.strip_prefix('{') {
        let (digits, after) = braced.split_once('}')?;
        return Some((char::from_u32(hex(digits)?).unwrap_or(char::REPLACEMENT_CHARACTER), after));
    }
    let high = hex(rest.get(..4)?)?;
    let after = rest.get(4..)?;
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) = after.strip_prefix("\\u").and_then(|low| low.get(..4)).and_then(hex)
        && (0xdc00..0xe000).contains(&low)
    {
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(code)?, after.get(6..)?));
    }
    Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), after))
}

/// The value of a number literal: decimal, hexadecimal, octal, binary, with separators, big integers.
pub(super) fn number(text: &str) -> f64 {
    let text = text.replace('_', "");
    let digits = text.strip_suffix('n').unwrap_or(&text);
    let radix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        // Octal of old.
        [b'0', rest @ ..] if !rest.is_empty() && rest.iter().all(|byte| (b'0'..=b'7').contains(byte)) => {
            return rest.iter().fold(0.0, |sum, byte| sum * 8.0 + f64::from(byte - b'0'));
        }
        _ => return digits.parse().unwrap_or(f64::NAN),
    };
    let digits = digits.chars().skip(2).filter_map(|digit| digit.to_digit(radix));
    digits.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit))
}

/// An array; holes are null.
pub(super) fn array(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let mut items = Vec::new();
    let mut filled = false;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "," => {
                if !filled {
                    items.push(Item::One(ctx.put(Expr::Null, child)));
                }
                filled = false;
            }
            "spread_element" => {
                let value = maybe(ctx, inner(child), child);
                items.push(Item::Spread(value));
                filled = true;
            }
            "ERROR" if child.named_child_count() == 0 => {}
            _ if child.is_named() && !is_comment(child) => {
                items.push(Item::One(expr(ctx, child)));
                filled = true;
            }
            _ => {}
        }
    }
    Expr::List(ListKind::List, items)
}

/// An object literal. Setters are left out.
pub(super) fn object(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let mut entries = Vec::new();
    let mut docs = super::docs::Docs::default();
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if is_comment(child) {
            docs.see(ctx, child);
            continue;
        }
        let Some(entry) = entry(ctx, child) else {
            continue;
        };
        if let Some(doc) = docs.take(child) {
            match entry {
                Entry::Pair(_, value) => {
                    super::docs::attach_value(ctx, value, &doc);
                }
                Entry::Getter(_, function) => ctx.module.functions[function.at()].doc = Some(doc),
                Entry::Spread(_) => {}
            }
        }
        entries.push(entry);
    }
    Expr::Dict(entries, None)
}

fn entry(ctx: &mut Ctx<'_>, node: Node<'_>) -> Option<Entry> {
    match node.kind() {
        "pair" => {
            let key = key(ctx, node, "key");
            let value = field(ctx, node, "value");
            naming::keyed(ctx, key, value);
            Some(Entry::Pair(key, value))
        }
        "shorthand_property_identifier" => {
            let key = Expr::Str(vec![StrPart::Text(ctx.name(node))]);
            let key = ctx.put(key, node);
            Some(Entry::Pair(key, expr(ctx, node)))
        }
        "spread_element" => Some(Entry::Spread(maybe(ctx, inner(node), node))),
        "method_definition" if has_token(node, "set") => None,
        "method_definition" => {
            let getter =
                has_token(node, "get").then(|| node.child_by_field_name("name").and_then(|name| property_name(ctx, name))).flatten();
            let key = if getter.is_none() { Some(key(ctx, node, "name")) } else { None };
            let function = function::function(ctx, node, FunctionKind::Method);
            match (getter, key) {
                (Some(name), _) => Some(Entry::Getter(name, function)),
                (None, Some(key)) => Some(Entry::Pair(key, ctx.put(Expr::Function(function), node))),
                (None, None) => None,
            }
        }
        // Broken: what it holds goes in under no name.
        "ERROR" if node.named_child_count() > 0 => Some(Entry::Spread(expr(ctx, node))),
        _ => None,
    }
}

/// The key of an entry: a string where it is known, else the computed expression.
fn key(ctx: &mut Ctx<'_>, node: Node<'_>, name: &str) -> ExprId {
    let Some(key) = node.child_by_field_name(name) else {
        return ctx.unknown(node);
    };
    match property_name(ctx, key) {
        Some(name) => ctx.put(Expr::Str(vec![StrPart::Text(name)]), key),
        None => expr(ctx, key),
    }
}

/// The name of a property, method or field: an identifier, a `#private` name, a string, a number, a literal in brackets.
pub(super) fn property_name(ctx: &Ctx<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "string" => Some(string_text(ctx, node)),
        "template_string" => {
            let mut cursor = node.walk();
            let plain = node.named_children(&mut cursor).all(|child| child.kind() != "template_substitution");
            plain.then(|| string_text(ctx, node))
        }
        "number" => Some(SmolStr::new(number(ctx.text(node)).to_string())),
        "computed_property_name" => {
            let value = inner(node)?;
            matches!(value.kind(), "string" | "template_string" | "number").then(|| property_name(ctx, value))?
        }
        "property_identifier" | "private_property_identifier" | "identifier" | "type_identifier" => Some(ctx.name(node)),
        _ => None,
    }
}
