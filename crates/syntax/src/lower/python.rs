//! Lowering of Python: modules, blocks and simple statements; the parts below it do the rest.
//!
//! What has no effect on what a program builds is left out: comments, `pass`, a lone `...`, type parameters,
//! the message of an `assert`. A docstring becomes the `doc` of what it describes and is not kept as a statement.
//! `print` and `exec` of Python 2 are `Unknown`.

use super::{Ctx, FieldIds};
use crate::tree::*;
use smol_str::SmolStr;
use std::sync::LazyLock;
use tree_sitter::Node;

mod compound;
mod define;
mod expr;
mod pattern;
mod string;

/// Lowers a whole file into `ctx.module`.
pub(super) fn lower(ctx: &mut Ctx<'_>, root: Node<'_>) {
    let mut python = Python { ctx, in_class: false, yields: false };
    let (body, doc) = python.documented(root);
    python.ctx.module.body = body;
    python.ctx.module.doc = doc;
}

/// The state of a lowering on top of the shared one.
struct Python<'c, 's> {
    ctx: &'c mut Ctx<'s>,
    /// The statements being lowered stand in a class, not in a function of it.
    in_class: bool,
    /// The function being lowered has yielded.
    yields: bool,
}

/// The named children that mean something: no comments, no errors, nothing made up by error recovery.
fn parts<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|n| !n.is_extra() && !n.is_error() && !n.is_missing()).collect()
}

/// All children of a field.
fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut all = FIELDS.children(node, name);
    all.retain(|n| n.is_named() && !n.is_extra());
    all
}

static FIELDS: LazyLock<FieldIds> = LazyLock::new(|| FieldIds::of(&tree_sitter_python::LANGUAGE.into()));

/// The first child of a field.
fn child<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    FIELDS.child(node, name)
}

/// Whether a token stands directly in a node.
fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|n| !n.is_named() && n.kind() == token)
}

/// The operator of `+=` and the like, or of a binary operation.
fn operator(text: &str) -> BinaryOp {
    match text.strip_suffix('=').unwrap_or(text) {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "|" => BinaryOp::BitOr,
        "&" => BinaryOp::BitAnd,
        _ => BinaryOp::Other,
    }
}

impl<'s> Python<'_, 's> {
    /// One level deeper, or `None` at the depth cap.
    fn deeper<T>(&mut self, node: Node<'_>, lower: impl FnOnce(&mut Python<'_, 's>) -> T) -> Option<T> {
        let (in_class, yields) = (self.in_class, self.yields);
        let (result, yields) = self.ctx.deeper(node, |ctx| {
            let mut inner = Python { ctx, in_class, yields };
            let result = lower(&mut inner);
            (result, inner.yields)
        })?;
        self.yields = yields;
        Some(result)
    }

    /// The statements of a suite; nothing when error recovery left none.
    fn suite(&mut self, node: Option<Node<'_>>) -> Block {
        let mut out = Block::new();
        if let Some(node) = node {
            self.statements(node, &mut out);
        }
        out
    }

    /// A suite that may open with a docstring.
    fn documented(&mut self, node: Node<'_>) -> (Block, Option<SmolStr>) {
        let mut cursor = node.walk();
        let first = node.named_children(&mut cursor).find(|n| !n.is_extra());
        let doc = first.and_then(|n| self.docstring(n));
        let mut out = Block::new();
        let skipped = first.filter(|_| doc.is_some()).map(|n| n.id());
        for child in node.named_children(&mut cursor) {
            if Some(child.id()) != skipped {
                self.statement(child, &mut out);
            }
        }
        (out, doc)
    }

    fn statements(&mut self, node: Node<'_>, out: &mut Block) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, out);
        }
    }

    /// Lowers one statement to none, one or several.
    fn statement(&mut self, node: Node<'_>, out: &mut Block) {
        let kind = node.kind();
        if matches!(kind, "comment" | "line_continuation" | "pass_statement") {
            return;
        }
        if self.deeper(node, |p| p.statement_inner(node, kind, out)).is_none() {
            let id = self.ctx.unknown(node);
            out.push(self.ctx.put_stmt(Stmt::Expr(id), node));
        }
    }

    fn statement_inner(&mut self, node: Node<'_>, kind: &str, out: &mut Block) {
        if node.is_error() {
            return self.broken(node, out);
        }
        match kind {
            "expression_statement" => self.expression_statement(node, out),
            "import_statement" => self.import(node, out),
            "import_from_statement" | "future_import_statement" => self.import_from(node, out),
            "return_statement" => {
                let value = parts(node).first().map(|n| self.expr(*n));
                out.push(self.ctx.put_stmt(Stmt::Return(value), node));
            }
            "raise_statement" => self.raise(node, out),
            "assert_statement" => {
                if let Some(test) = parts(node).first() {
                    let test = self.expr(*test);
                    out.push(self.ctx.put_stmt(Stmt::Expr(test), node));
                }
            }
            "delete_statement" => self.delete(node, out),
            "break_statement" => out.push(self.ctx.put_stmt(Stmt::Break, node)),
            "continue_statement" => out.push(self.ctx.put_stmt(Stmt::Continue, node)),
            "global_statement" | "nonlocal_statement" => {
                let names = parts(node).into_iter().map(|n| self.ctx.name(n)).collect();
                out.push(self.ctx.put_stmt(Stmt::Outer(names), node));
            }
            "type_alias_statement" => self.type_alias(node, out),
            "function_definition" => self.function(node, node, Vec::new(), out),
            "class_definition" => self.class(node, node, Vec::new(), out),
            "decorated_definition" => self.decorated(node, out),
            "block" => self.statements(node, out),
            _ if self.compound(node, kind, out) => {}
            // `print` and `exec` statements, and whatever stands here only in broken code.
            _ => {
                let id = self.ctx.unknown(node);
                out.push(self.ctx.put_stmt(Stmt::Expr(id), node));
            }
        }
        if node.has_error() {
            self.broken_parts(node, out);
        }
    }

    /// What can be read of error nodes that stand directly in a statement.
    fn broken_parts(&mut self, node: Node<'_>, out: &mut Block) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor).filter(Node::is_error) {
            self.deeper(child, |p| p.broken(child, out));
        }
    }

    /// The children of an error node that can stand alone: statements, calls, definitions with their decorators.
    fn broken(&mut self, node: Node<'_>, out: &mut Block) {
        let mut decorators = Vec::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "decorator" => decorators.extend(self.decorator(child)),
                "function_definition" => self.function(child, child, std::mem::take(&mut decorators), out),
                "class_definition" => self.class(child, child, std::mem::take(&mut decorators), out),
                "call" | "await" | "yield" => {
                    let id = self.expr(child);
                    out.push(self.ctx.put_stmt(Stmt::Expr(id), child));
                }
                "assignment" => self.assignment(child, out),
                "augmented_assignment" => self.augmented(child, out),
                kind if child.is_error() || kind == "block" || kind.ends_with("_statement") || kind == "decorated_definition" => {
                    self.statement(child, out);
                }
                _ => {}
            }
        }
    }

    fn expression_statement(&mut self, node: Node<'_>, out: &mut Block) {
        let items = parts(node);
        let tuple = items.len() > 1 || has_token(node, ",");
        let id = match items.first() {
            None => return,
            Some(first) if !tuple => match first.kind() {
                "assignment" => return self.assignment(*first, out),
                "augmented_assignment" => return self.augmented(*first, out),
                "ellipsis" => return,
                _ => self.expr(*first),
            },
            Some(_) => self.items(ListKind::Tuple, node),
        };
        out.push(self.ctx.put_stmt(Stmt::Expr(id), node));
    }

    /// `a = b = value`: the value is bound once, the other targets take it from there.
    fn assignment(&mut self, node: Node<'_>, out: &mut Block) {
        let mut targets = Vec::new();
        let mut current = node;
        let value = loop {
            let target = match child(current, "left") {
                Some(left) => self.pattern(left),
                None => Pattern::Ignore,
            };
            let ty = child(current, "type").map(|n| self.expr(n));
            targets.push((target, ty));
            match child(current, "right") {
                Some(right) if right.kind() == "assignment" => current = right,
                right => break right.map(|n| self.expr(n)),
            }
        };
        let first = targets
            .iter()
            .position(|(t, _)| matches!(t, Pattern::Name(..)))
            .or_else(|| targets.iter().position(|(t, _)| matches!(t, Pattern::Place(_))))
            .unwrap_or(0);
        let (target, ty) = targets.remove(first);
        let again = match &target {
            Pattern::Name(name, span) if !targets.is_empty() => Some(self.ctx.module.add_expr(Expr::Name(name.clone()), *span)),
            Pattern::Place(id) => Some(*id),
            _ => value,
        };
        out.push(self.ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Assign, ty }, node));
        for (target, ty) in targets {
            out.push(self.ctx.put_stmt(Stmt::Bind { target, value: again, kind: BindKind::Assign, ty }, node));
        }
    }

    fn augmented(&mut self, node: Node<'_>, out: &mut Block) {
        let Some(left) = child(node, "left") else { return };
        let target = self.pattern(left);
        let op = child(node, "operator").map_or(BinaryOp::Other, |n| operator(n.kind()));
        let value = Some(self.field(node, "right"));
        out.push(self.ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Compound(op), ty: None }, node));
    }

    fn raise(&mut self, node: Node<'_>, out: &mut Block) {
        let cause = child(node, "cause").map(|n| n.id());
        let raised = parts(node).into_iter().find(|n| Some(n.id()) != cause);
        let value = raised.map(|n| {
            // `raise E, "text"` of Python 2.
            let first = if n.kind() == "expression_list" { parts(n).first().copied() } else { None };
            self.expr(first.unwrap_or(n))
        });
        out.push(self.ctx.put_stmt(Stmt::Throw(value), node));
    }

    fn delete(&mut self, node: Node<'_>, out: &mut Block) {
        for part in parts(node) {
            let targets = if part.kind() == "expression_list" { parts(part) } else { vec![part] };
            for target in targets {
                let place = self.expr(target);
                let id = self.ctx.put(Expr::Unary(UnaryOp::Other, place), node);
                out.push(self.ctx.put_stmt(Stmt::Expr(id), node));
            }
        }
    }

    /// `import a`, `import a.b`, `import a.b as c`: one statement a module.
    fn import(&mut self, node: Node<'_>, out: &mut Block) {
        for name in fields(node, "name") {
            let mut import = Import::default();
            if name.kind() == "aliased_import" {
                import.module = child(name, "name").map(|n| self.dotted(n)).unwrap_or_default();
                import.namespace = child(name, "alias").map(|n| self.ctx.name(n));
            } else {
                import.module = self.dotted(name);
                import.root = import.module.contains('.');
                import.namespace = if import.root { None } else { Some(import.module.clone()) };
            }
            if !import.module.is_empty() {
                out.push(self.ctx.put_stmt(Stmt::Import(Box::new(import)), node));
            }
        }
    }

    fn import_from(&mut self, node: Node<'_>, out: &mut Block) {
        let mut import = Import::default();
        match child(node, "module_name") {
            Some(relative) if relative.kind() == "relative_import" => {
                for part in parts(relative) {
                    match part.kind() {
                        "import_prefix" => import.level = self.ctx.text(part).matches('.').count() as u32,
                        _ => import.module = self.dotted(part),
                    }
                }
            }
            Some(module) => import.module = self.dotted(module),
            None if node.kind() == "future_import_statement" => import.module = SmolStr::new("__future__"),
            None => return,
        }
        import.star = parts(node).iter().any(|n| n.kind() == "wildcard_import");
        for name in fields(node, "name") {
            let (name, alias) =
                if name.kind() == "aliased_import" { (child(name, "name").unwrap_or(name), child(name, "alias")) } else { (name, None) };
            let there = self.dotted(name);
            let local = alias.map_or_else(|| there.clone(), |n| self.ctx.name(n));
            if !there.is_empty() {
                import.names.push((there, local, self.ctx.span(name)));
            }
        }
        out.push(self.ctx.put_stmt(Stmt::Import(Box::new(import)), node));
    }

    /// A dotted name as text, whatever blanks it was written with.
    fn dotted(&self, node: Node<'_>) -> SmolStr {
        let text = self.ctx.text(node);
        if text.contains(|c: char| c.is_whitespace() || c == '\\') {
            return parts(node).into_iter().map(|n| self.ctx.text(n)).collect::<Vec<_>>().join(".").into();
        }
        SmolStr::new(text)
    }
}
