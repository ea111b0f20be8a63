//! Lowering of Rust.
//!
//! A file is lowered from its concrete tree; macro calls are lowered by parsing their tokens again, wrapped so that the
//! grammar reads them ([`calls`]), or by expanding a `macro_rules!` of the same file ([`macros`]). Either gives a
//! [`Text`] that knows where its bytes come from, so that spans always point into the real file.
//!
//! Generics, lifetimes, where clauses and visibility (but `pub use`) are left out; hygiene of macros is not modelled.
//! Macros of other files are not expanded here: their calls stay calls.

use super::{Ctx, FieldIds, MAX_DEPTH, parse};
use crate::tree::*;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;
use tree_sitter::Node;

mod attributes;
mod calls;
mod expressions;
mod fragments;
mod items;
mod literals;
mod macros;
mod patterns;
mod statements;
mod text;
mod tokens;
mod types;
mod uses;

use macros::Macro;
use statements::Tail;
use text::{ELSEWHERE, Text};

/// How deep macro calls in macro calls and expansions in expansions are read.
const MAX_NESTING: u32 = 16;
/// Bytes of macro text read again for one file: so many for any, and so many times its length.
const BUDGET: (usize, usize) = (2 << 20, 8);
/// What one reading costs of the budget at least.
const READING: usize = 256;

/// Lowers a whole file into `ctx.module`.
pub(super) fn lower(ctx: &mut Ctx<'_>, root: Node<'_>) {
    let text = ctx.source;
    let mut shared = Shared::new(text);
    let mut low = Low { ctx, text, map: None, shared: &mut shared, nesting: 0 };
    low.collect_macros(root);
    let doc = low.inner_doc(root);
    let mut body = Block::new();
    low.sequence(root, Tail::Statement, &mut body);
    low.ctx.module.body = body;
    low.ctx.module.doc = doc;
}

/// Expands the one macro call of a text with the rules of other files; gives the expansion's value, if it has one.
pub(super) fn expand(ctx: &mut Ctx<'_>, root: Node<'_>, rules: &[(&str, &str)]) -> Option<Option<ExprId>> {
    let text = ctx.source;
    let mut shared = Shared::new(text);
    let mut low = Low { ctx, text, map: None, shared: &mut shared, nesting: 0 };
    for (name, rules) in rules {
        low.foreign_macro(name, rules);
    }
    let mut call = first(root)?;
    if call.kind() == "expression_statement" {
        call = first(call)?;
    }
    let mut body = Block::new();
    let value = low.expand(call, calls::BLOCK, |low, root| Some(low.sequence(calls::block_of(root)?, Tail::Value, &mut body)))?;
    low.ctx.module.body = body;
    Some(value)
}

/// What all texts of one file share.
struct Shared {
    /// Where the file's lines begin.
    lines: Vec<u32>,
    /// The file's own macros by name, in order of definition.
    macros: BTreeMap<SmolStr, Vec<Rc<Macro>>>,
    /// Bytes of macro text that may still be read.
    budget: usize,
    /// Steps the macro matcher may still take.
    steps: u32,
    /// Where the next text of another file is counted from.
    elsewhere: u32,
}

impl Shared {
    fn new(source: &str) -> Self {
        let starts = source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { lines, macros: BTreeMap::new(), budget: BUDGET.0 + BUDGET.1 * source.len(), steps: 4_000_000, elsewhere: ELSEWHERE }
    }

    /// Takes the price of reading `bytes` from the budget.
    fn spend(&mut self, bytes: usize) -> bool {
        let price = bytes.max(READING);
        let enough = self.budget >= price;
        self.budget = self.budget.saturating_sub(price);
        enough
    }
}

/// The lowering of one text: the file, or the text of a macro call.
struct Low<'a, 's> {
    ctx: &'a mut Ctx<'s>,
    /// The text the nodes belong to.
    text: &'a str,
    /// Where the text comes from; nothing for the file itself.
    map: Option<&'a Text>,
    shared: &'a mut Shared,
    /// How many macro calls this text is inside of.
    nesting: u32,
}

impl<'a, 's> Low<'a, 's> {
    /// The text of a node.
    fn text(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The text of a node as a name, without `r#`.
    fn name(&self, node: Node<'_>) -> SmolStr {
        let text = self.text(node);
        SmolStr::new(text.strip_prefix("r#").unwrap_or(text))
    }

    /// Where a node stands in the file.
    fn span(&self, node: Node<'_>) -> Span {
        self.span_of(node.byte_range())
    }

    /// Where a part of the text stands in the file.
    fn span_of(&self, range: Range<usize>) -> Span {
        let (start, end) = self.file_range(range);
        self.file_span(start, end)
    }

    /// The bytes of the file a part of the text comes from.
    fn file_range(&self, range: Range<usize>) -> (u32, u32) {
        let (start, end) = (range.start as u32, range.end as u32);
        self.map.map_or((start, end), |map| map.file_range(start, end))
    }

    /// The span of bytes of the file; what comes from another file stands at the macro call.
    fn file_span(&self, start: u32, end: u32) -> Span {
        let elsewhere = start >= ELSEWHERE || end >= ELSEWHERE;
        let (start, end) = if elsewhere { self.map.map_or((0, 0), Text::call) } else { (start, end) };
        let line = |at: u32| self.shared.lines.partition_point(|begin| *begin <= at) as u32 - 1 + self.ctx.line;
        Span { start: start + self.ctx.offset, end: end + self.ctx.offset, line: line(start), end_line: line(end) }
    }

    fn put(&mut self, expr: Expr, node: Node<'_>) -> ExprId {
        let span = self.span(node);
        self.ctx.module.add_expr(expr, span)
    }

    fn put_at(&mut self, expr: Expr, span: Span) -> ExprId {
        self.ctx.module.add_expr(expr, span)
    }

    fn put_stmt(&mut self, stmt: Stmt, node: Node<'_>) -> StmtId {
        let span = self.span(node);
        self.ctx.module.add_stmt(stmt, span)
    }

    fn unknown(&mut self, node: Node<'_>) -> ExprId {
        self.put(Expr::Unknown(SmolStr::new(node.kind())), node)
    }

    /// A plain text as an expression.
    fn put_text(&mut self, text: impl AsRef<str>, span: Span) -> ExprId {
        self.put_at(Expr::Str(vec![StrPart::Text(SmolStr::new(text))]), span)
    }

    /// Runs `lower` one level deeper, or gives `None` with a trouble when the cap is reached.
    fn deeper<T>(&mut self, at: usize, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.ctx.depth >= MAX_DEPTH {
            if self.ctx.module.troubles.iter().all(|t| t.kind != SyntaxTroubleKind::TooDeep) {
                let line = self.span_of(at..at).line;
                self.ctx.trouble(line, SyntaxTroubleKind::TooDeep, "code nests too deeply here; the inner part was not read");
            }
            return None;
        }
        self.ctx.depth += 1;
        let result = lower(self);
        self.ctx.depth -= 1;
        Some(result)
    }

    /// Parses a text made from this one and lowers it with `lower`; nothing when it is not valid or was too much.
    fn inside<T>(&mut self, text: &Text, lower: impl FnOnce(&mut Low<'_, 's>, Node<'_>) -> Option<T>) -> Option<T> {
        if self.nesting >= MAX_NESTING || !self.shared.spend(text.text().len()) {
            return None;
        }
        let tree = parse(Lang::Rust, text.text())?;
        let root = tree.root_node();
        if root.has_error() {
            return None;
        }
        let mut low = Low { ctx: &mut *self.ctx, text: text.text(), map: Some(text), shared: &mut *self.shared, nesting: self.nesting + 1 };
        lower(&mut low, root)
    }
}

/// The named children of a node without comments.
fn named<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children(&mut node.walk()).filter(|child| !is_comment(*child)).collect()
}

/// The first named child that is neither a comment nor an error.
fn first<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_comment(*child) && !child.is_error())
}

static FIELDS: LazyLock<FieldIds> = LazyLock::new(|| FieldIds::of(&tree_sitter_rust::LANGUAGE.into()));

/// The child under a field name.
fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    FIELDS.child(node, name)
}

/// The first child of a kind, named or not.
fn child_of<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|child| child.kind() == kind)
}

fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "line_comment" | "block_comment")
}
