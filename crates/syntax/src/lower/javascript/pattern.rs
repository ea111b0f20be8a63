//! The left sides of bindings.

use super::expr::expr;
use super::{Ctx, inner, kids, literal};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Lowers a pattern: of a declaration, a parameter or an assignment.
pub(super) fn pattern(ctx: &mut Ctx<'_>, node: Node<'_>) -> Pattern {
    ctx.deeper(node, |ctx| lower_pattern(ctx, node)).unwrap_or(Pattern::Ignore)
}

/// Lowers the pattern in a field of a node.
pub(super) fn field(ctx: &mut Ctx<'_>, node: Node<'_>, name: &str) -> Pattern {
    node.child_by_field_name(name).map_or(Pattern::Ignore, |child| pattern(ctx, child))
}

fn lower_pattern(ctx: &mut Ctx<'_>, node: Node<'_>) -> Pattern {
    if node.is_missing() {
        return Pattern::Ignore;
    }
    match node.kind() {
        "identifier" | "shorthand_property_identifier_pattern" | "shorthand_property_identifier" => {
            Pattern::Name(ctx.name(node), ctx.span(node))
        }
        "member_expression" | "subscript_expression" => Pattern::Place(expr(ctx, node)),
        "array_pattern" | "array" => Pattern::List(items(ctx, node)),
        "object_pattern" | "object" => Pattern::Object(entries(ctx, node)),
        "assignment_pattern" | "object_assignment_pattern" | "assignment_expression" => {
            let left = field(ctx, node, "left");
            Pattern::Default(Box::new(left), super::expr::field(ctx, node, "right"))
        }
        "rest_pattern" | "spread_element" => {
            let rest = inner(node).map_or(Pattern::Ignore, |child| pattern(ctx, child));
            Pattern::Rest(Box::new(rest))
        }
        "parenthesized_expression" | "non_null_expression" | "as_expression" | "satisfies_expression" => {
            inner(node).map_or(Pattern::Ignore, |child| pattern(ctx, child))
        }
        _ => Pattern::Ignore,
    }
}

/// The items of an array pattern; a hole ignores its item.
fn items(ctx: &mut Ctx<'_>, node: Node<'_>) -> Vec<Pattern> {
    let mut items = Vec::new();
    let mut filled = false;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.kind() == "," {
            if !filled {
                items.push(Pattern::Ignore);
            }
            filled = false;
        } else if child.is_named() && !super::is_comment(child) && !child.is_error() {
            items.push(pattern(ctx, child));
            filled = true;
        }
    }
    items
}

fn entries(ctx: &mut Ctx<'_>, node: Node<'_>) -> Vec<(SmolStr, Pattern)> {
    let mut entries = Vec::new();
    for child in kids(node) {
        match child.kind() {
            "pair_pattern" | "pair" => {
                let key = child.child_by_field_name("key");
                // A computed key that is no literal: its text in brackets, which no property has for a name.
                let key = key.map(|key| literal::property_name(ctx, key).unwrap_or_else(|| ctx.name(key))).unwrap_or_default();
                entries.push((key, field(ctx, child, "value")));
            }
            "rest_pattern" | "spread_element" => entries.push((SmolStr::new_static("..."), pattern(ctx, child))),
            "object_assignment_pattern" => {
                let key = child.child_by_field_name("left").map(|left| ctx.name(left)).unwrap_or_default();
                entries.push((key, pattern(ctx, child)));
            }
            "shorthand_property_identifier_pattern" | "shorthand_property_identifier" => {
                entries.push((ctx.name(child), pattern(ctx, child)))
            }
            _ => {}
        }
    }
    entries
}
