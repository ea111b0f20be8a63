//! JSX: an element is a call of its component with its properties and children, so that nothing inside is lost.

use super::expr::{expr, maybe};
use super::{Ctx, fields, inner, is_comment};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// `<A x={1}>b</A>`: `A({x: 1}, "b")`. The callee of `<div>` and of fragments is a string.
pub(super) fn element(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let open = node.child_by_field_name("open_tag").unwrap_or(node);
    let callee = component(ctx, open);
    let mut args = vec![Arg::Positional(properties(ctx, open))];
    if open != node {
        children(ctx, node, &mut args);
    }
    Expr::Call { callee, args, types: Vec::new(), new: false }
}

fn component(ctx: &mut Ctx<'_>, open: Node<'_>) -> ExprId {
    let Some(name) = open.child_by_field_name("name") else {
        return ctx.put(text(""), open);
    };
    let written = ctx.text(name);
    let intrinsic =
        name.kind() == "jsx_namespace_name" || (name.kind() == "identifier" && written.starts_with(|first: char| first.is_lowercase()));
    if intrinsic { ctx.put(text(written), name) } else { expr(ctx, name) }
}

fn properties(ctx: &mut Ctx<'_>, open: Node<'_>) -> ExprId {
    let mut entries = Vec::new();
    for attribute in fields(open, "attribute") {
        if attribute.kind() == "jsx_expression" {
            let spread = inner(attribute).and_then(|child| if child.kind() == "spread_element" { inner(child) } else { Some(child) });
            if let Some(spread) = spread {
                entries.push(Entry::Spread(expr(ctx, spread)));
            }
            continue;
        }
        let mut cursor = attribute.walk();
        let mut parts = attribute.named_children(&mut cursor).filter(|child| !is_comment(*child));
        let Some(name) = parts.next() else {
            continue;
        };
        let key = ctx.put(text(ctx.text(name)), name);
        let value = match parts.next() {
            Some(value) => expr(ctx, value),
            None => ctx.put(Expr::Bool(true), attribute),
        };
        entries.push(Entry::Pair(key, value));
    }
    ctx.put(Expr::Dict(entries, None), open)
}

fn children(ctx: &mut Ctx<'_>, node: Node<'_>, args: &mut Vec<Arg>) {
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        match child.kind() {
            "jsx_text" | "html_character_reference" => {
                let written = ctx.text(child).trim();
                if !written.is_empty() {
                    args.push(Arg::Positional(ctx.put(text(written), child)));
                }
            }
            "jsx_expression" => match inner(child) {
                Some(spread) if spread.kind() == "spread_element" => {
                    let value = maybe(ctx, inner(spread), spread);
                    args.push(Arg::Spread(value));
                }
                Some(value) => args.push(Arg::Positional(expr(ctx, value))),
                // A comment in braces.
                None => {}
            },
            "jsx_opening_element" | "jsx_closing_element" | "comment" | "html_comment" => {}
            _ => args.push(Arg::Positional(expr(ctx, child))),
        }
    }
}

fn text(text: &str) -> Expr {
    Expr::Str(vec![StrPart::Text(SmolStr::new(text))])
}
