//! What the languages' lowerings share: parsing with a deadline, spans, depth cap, strings, troubles.
//!
//! A lowering walks the concrete tree recursively under [`MAX_DEPTH`]; callers run it on a thread with at least
//! [`STACK`] bytes of stack.

use crate::tree::*;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use tree_sitter::{Node, ParseOptions, Parser};

mod javascript;
mod python;
mod rust;

/// Nesting (of the common tree's nodes) beyond which code is lowered to `Unknown` with a trouble.
pub const MAX_DEPTH: u32 = 1_500;
/// Stack a thread needs to lower files up to [`MAX_DEPTH`], in bytes.
pub const STACK: usize = 256 << 20;
/// Longest time one parse may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Syntax troubles reported for one file.
const MAX_TROUBLES: usize = 20;

/// Parses and lowers one file. Never fails; see [`Module::troubles`].
pub fn lower(lang: Lang, source: &str) -> Module {
    lower_at(lang, source, 0, 1)
}

/// Lowers text that stands inside a file: spans are shifted by `offset` bytes and start at `line`.
pub(crate) fn lower_at(lang: Lang, source: &str, offset: u32, line: u32) -> Module {
    let mut ctx = Ctx { source, module: Module::default(), depth: 0, offset, line };
    ctx.module.expect(source.len());
    let Some(tree) = parse_best(lang, source) else {
        ctx.trouble(line, SyntaxTroubleKind::Unparsed, "parsing took too long; nothing of the file was read");
        return ctx.module;
    };
    let root = tree.root_node();
    collect_errors(&mut ctx, root);
    match lang {
        Lang::Python => python::lower(&mut ctx, root),
        Lang::JavaScript | Lang::TypeScript | Lang::Tsx => javascript::lower(&mut ctx, root),
        Lang::Rust => rust::lower(&mut ctx, root),
    }
    ctx.module.shrink();
    ctx.module
}

/// What a Rust macro call gives.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// Its statements, items among them; [`Module::body`] runs before `value`.
    pub module: Module,
    /// Its value, when it ends in an expression.
    pub value: Option<ExprId>,
}

/// Expands a call of a Rust `macro_rules!` that another file defines.
///
/// `rules` are the macros in reach as (name, [`Stmt::Macro`]'s rules), the called one among them; `call` is the call's
/// text as it stands at `offset` and `line` of its file: spans point there. Nothing when no rule matches or what the
/// rule gives is not valid.
pub fn expand_macro(rules: &[(&str, &str)], call: &str, offset: u32, line: u32) -> Option<Expansion> {
    let tree = parse(Lang::Rust, call)?;
    let mut ctx = Ctx { source: call, module: Module::default(), depth: 0, offset, line };
    let value = rust::expand(&mut ctx, tree.root_node(), rules)?;
    Some(Expansion { module: ctx.module, value })
}

/// Parses; JavaScript with errors is tried as TSX too, which reads most of Flow and of TypeScript under a wrong name.
fn parse_best(lang: Lang, source: &str) -> Option<tree_sitter::Tree> {
    let tree = parse(lang, source)?;
    if lang != Lang::JavaScript || !tree.root_node().has_error() {
        return Some(tree);
    }
    let damage = javascript::damage(tree.root_node());
    let other = parse(Lang::Tsx, source).filter(|other| javascript::damage(other.root_node()) < damage);
    Some(other.unwrap_or(tree))
}

fn parse(lang: Lang, source: &str) -> Option<tree_sitter::Tree> {
    let language = match lang {
        Lang::Python => tree_sitter_python::LANGUAGE,
        Lang::JavaScript => tree_sitter_javascript::LANGUAGE,
        Lang::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Lang::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        Lang::Rust => tree_sitter_rust::LANGUAGE,
    };
    PARSER.with_borrow_mut(|(parser, set)| {
        if *set != Some(lang) {
            parser.set_language(&language.into()).ok()?;
            *set = Some(lang);
        }
        parse_with(parser, source)
    })
}

/// The ids of a grammar's field names, so that a child is not looked for by comparing names.
struct FieldIds(FxHashMap<SmolStr, u16>);

impl FieldIds {
    fn of(language: &tree_sitter::Language) -> FieldIds {
        let mut ids = FxHashMap::default();
        for id in 1..=language.field_count() as u16 {
            ids.extend(language.field_name_for_id(id).map(|name| (SmolStr::new(name), id)));
        }
        FieldIds(ids)
    }
    /// The first child under a field name.
    fn child<'t>(&self, node: Node<'t>, name: &str) -> Option<Node<'t>> {
        node.child_by_field_id(*self.0.get(name)?)
    }
    /// All children under a field name.
    fn children<'t>(&self, node: Node<'t>, name: &str) -> Vec<Node<'t>> {
        let Some(id) = self.0.get(name).copied().and_then(std::num::NonZero::new) else { return Vec::new() };
        let mut cursor = node.walk();
        node.children_by_field_id(id, &mut cursor).collect()
    }
}

thread_local! {
    /// This thread's parser, which keeps what it allocates from file to file, and the language that it is set to.
    static PARSER: RefCell<(Parser, Option<Lang>)> = RefCell::new((Parser::new(), None));
}

fn parse_with(parser: &mut Parser, source: &str) -> Option<tree_sitter::Tree> {
    let end = Instant::now() + DEADLINE;
    let mut overdue = |_: &tree_sitter::ParseState| {
        if Instant::now() > end { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut overdue);
    let bytes = source.as_bytes();
    let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    if tree.is_none() {
        // It would go on with the text that took too long.
        parser.reset();
    }
    tree
}

/// Reports the outermost error nodes, a bounded number of them.
fn collect_errors(ctx: &mut Ctx<'_>, root: Node<'_>) {
    if !root.has_error() {
        return;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let bad = node.is_error() || node.is_missing();
        if bad && ctx.module.troubles.len() < MAX_TROUBLES {
            let line = ctx.span(node).line;
            let message = if node.is_missing() {
                format!("expected `{}` here", node.kind())
            } else {
                "this part is not valid syntax and was skipped".to_owned()
            };
            ctx.trouble(line, SyntaxTroubleKind::Syntax, &message);
        }
        if (!bad && node.has_error() && cursor.goto_first_child()) || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

/// The state of one lowering.
pub(crate) struct Ctx<'s> {
    pub source: &'s str,
    pub module: Module,
    pub depth: u32,
    offset: u32,
    line: u32,
}

impl<'s> Ctx<'s> {
    /// The source text of a node.
    pub fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }
    /// The text of a node as a name.
    pub fn name(&self, node: Node<'_>) -> SmolStr {
        SmolStr::new(self.text(node))
    }
    /// Where a node stands in the file.
    pub fn span(&self, node: Node<'_>) -> Span {
        Span {
            start: node.start_byte() as u32 + self.offset,
            end: node.end_byte() as u32 + self.offset,
            line: node.start_position().row as u32 + self.line,
            end_line: node.end_position().row as u32 + self.line,
        }
    }
    /// Adds a trouble.
    pub fn trouble(&mut self, line: u32, kind: SyntaxTroubleKind, message: &str) {
        self.module.troubles.push(SyntaxTrouble { line, kind, message: message.to_owned() });
    }
    /// Adds an expression for a node.
    pub fn put(&mut self, expr: Expr, node: Node<'_>) -> ExprId {
        let span = self.span(node);
        self.module.add_expr(expr, span)
    }
    /// Adds a statement for a node.
    pub fn put_stmt(&mut self, stmt: Stmt, node: Node<'_>) -> StmtId {
        let span = self.span(node);
        self.module.add_stmt(stmt, span)
    }
    /// An `Unknown` expression for a node.
    pub fn unknown(&mut self, node: Node<'_>) -> ExprId {
        self.put(Expr::Unknown(SmolStr::new(node.kind())), node)
    }
    /// Runs `lower` one level deeper, or gives `None` with a trouble when the cap is reached.
    pub fn deeper<T>(&mut self, node: Node<'_>, lower: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            let line = self.span(node).line;
            if self.module.troubles.iter().all(|t| t.kind != SyntaxTroubleKind::TooDeep) {
                self.trouble(line, SyntaxTroubleKind::TooDeep, "code nests too deeply here; the inner part was not read");
            }
            return None;
        }
        self.depth += 1;
        let result = lower(self);
        self.depth -= 1;
        Some(result)
    }
}
