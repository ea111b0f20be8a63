//! Documentation comments `/** .. */`: which one belongs to what, and its text without the stars.

use super::Ctx;
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// The documentation comment that waits for what follows it, while children are walked in order.
#[derive(Default)]
pub(super) struct Docs {
    waiting: Option<(SmolStr, usize)>,
}

impl Docs {
    /// Takes note of a comment. Other comments may stand between a documentation comment and what it documents.
    pub(super) fn see(&mut self, ctx: &Ctx<'_>, comment: Node<'_>) {
        if let Some(text) = clean(ctx.text(comment)) {
            self.waiting = Some((text, comment.end_position().row));
        } else {
            self.extend(comment);
        }
    }
    /// Lets the waiting comment pass over a decorator or another comment.
    pub(super) fn extend(&mut self, node: Node<'_>) {
        if let Some((_, row)) = &mut self.waiting
            && node.start_position().row <= *row + 1
        {
            *row = node.end_position().row;
        }
    }
    /// The comment directly before a node, if there is one. No other node gets it then.
    pub(super) fn take(&mut self, node: Node<'_>) -> Option<SmolStr> {
        let (text, row) = self.waiting.take()?;
        (node.start_position().row <= row + 1).then_some(text)
    }
}

/// The text of a documentation comment, without its stars; none for other comments and empty ones.
fn clean(comment: &str) -> Option<SmolStr> {
    let text = comment.strip_prefix("/**")?;
    let text = text.strip_suffix("*/").unwrap_or(text);
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix('*').unwrap_or(line);
        lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
    }
    let text = lines.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| SmolStr::new(text))
}

/// Gives a documentation comment to the first function or class that the statements define or bind.
pub(super) fn attach(ctx: &mut Ctx<'_>, stmts: &[StmtId], doc: &SmolStr) {
    for &id in stmts {
        let done = match *ctx.module.stmt(id) {
            Stmt::Function(id) => to_function(ctx, id, doc),
            Stmt::Class(id) => to_class(ctx, id, doc),
            Stmt::Bind { value: Some(value), .. } => attach_value(ctx, value, doc),
            Stmt::Expr(value) | Stmt::Export(Export::Default(value, _)) => attach_value(ctx, value, doc),
            _ => false,
        };
        if done {
            return;
        }
    }
}

/// Gives a documentation comment to the function or class that a value is, or whose last argument it is
/// (`wrap(async (req, res) => ..)`).
pub(super) fn attach_value(ctx: &mut Ctx<'_>, mut value: ExprId, doc: &SmolStr) -> bool {
    loop {
        value = match ctx.module.expr(value) {
            Expr::Function(id) => return to_function(ctx, *id, doc),
            Expr::Class(id) => return to_class(ctx, *id, doc),
            Expr::Wrap(_, inner) | Expr::Assign(_, inner, _) => *inner,
            Expr::Call { args, .. } => match args.last() {
                Some(Arg::Positional(last)) => *last,
                _ => return false,
            },
            _ => return false,
        };
    }
}

fn to_function(ctx: &mut Ctx<'_>, id: FunctionId, doc: &SmolStr) -> bool {
    let place = &mut ctx.module.functions[id.at()].doc;
    place.get_or_insert_with(|| doc.clone());
    true
}

fn to_class(ctx: &mut Ctx<'_>, id: ClassId, doc: &SmolStr) -> bool {
    let place = &mut ctx.module.classes[id.at()].doc;
    place.get_or_insert_with(|| doc.clone());
    true
}

/// The leading documentation comment of a file, unless it documents the function or class that it stands before.
pub(super) fn of_module(ctx: &Ctx<'_>, root: Node<'_>) -> Option<SmolStr> {
    let mut cursor = root.walk();
    let leading = root.named_children(&mut cursor).take_while(|child| matches!(child.kind(), "comment" | "hash_bang_line"));
    let doc = leading.filter_map(|child| clean(ctx.text(child))).next()?;
    let about_file = ["@module", "@file", "@fileoverview", "@packageDocumentation"].iter().any(|tag| doc.contains(tag));
    let is_this = |other: &Option<SmolStr>| other.as_ref() == Some(&doc);
    let taken = ctx.module.functions.iter().any(|f| is_this(&f.doc)) || ctx.module.classes.iter().any(|c| is_this(&c.doc));
    (about_file || !taken).then_some(doc)
}
