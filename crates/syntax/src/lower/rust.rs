//! Lowering of rust.
use super::Ctx;
use tree_sitter::Node;

/// Lowers a whole file into `ctx.module`.
pub(super) fn lower(_ctx: &mut Ctx<'_>, _root: Node<'_>) {}
