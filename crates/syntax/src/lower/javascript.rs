//! Lowering of JavaScript, TypeScript and TSX, with JSX; what of Flow the TSX grammar reads.
//!
//! One lowering serves the three grammars (tree-sitter-javascript 0.25, tree-sitter-typescript 0.23), whose node
//! names agree but for class members and parameters. The parts: [`stmt`] statements, [`module`] imports and exports,
//! [`expr`] expressions, [`literal`] strings, numbers, objects and arrays, [`jsx`], [`function`] functions and
//! parameters, [`class`] classes, [`types`] interfaces, enums and types as expressions, [`pattern`] the left
//! sides of bindings, [`docs`] documentation comments.
//!
//! Left out: labels of `break` and `continue`, type parameters, setters in object literals, call and index
//! signatures of types.

use super::Ctx;
use crate::tree::*;
use tree_sitter::Node;

mod class;
mod docs;
mod expr;
mod function;
mod jsx;
mod literal;
mod module;
mod naming;
mod pattern;
mod stmt;
mod types;

/// Lowers a whole file into `ctx.module`.
pub(super) fn lower(ctx: &mut Ctx<'_>, root: Node<'_>) {
    let mut body = Block::new();
    stmt::statements(ctx, root, &mut body);
    ctx.module.body = body;
    ctx.module.doc = docs::of_module(ctx, root);
}

/// How badly a parse went: the bytes inside error nodes, and one for every error or missing node.
pub(super) fn damage(root: Node<'_>) -> usize {
    let mut sum = 0;
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let bad = node.is_error() || node.is_missing();
        if bad {
            sum += 1 + node.byte_range().len();
        }
        if (!bad && node.has_error() && cursor.goto_first_child()) || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return sum;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// The named children of a node, comments left out.
fn kids<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(*child)).collect()
}

/// The first named child of a node that is no comment.
fn inner(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_comment(*child))
}

/// The last named child of a node that is no comment.
fn last(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_comment(*child)).last()
}

/// The children of a node under one field name.
fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).filter(|child| !is_comment(*child)).collect()
}

/// Whether a keyword or sign stands among the children of a node, before its body or value.
fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "comment" | "html_comment")
}
