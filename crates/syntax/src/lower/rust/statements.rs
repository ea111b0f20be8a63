//! Blocks and statements.

use super::attributes::Pending;
use super::*;

/// What becomes of the last expression of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// It is one more statement.
    Statement,
    /// It is the block's value.
    Value,
    /// It is what the function returns; nothing when the function is declared to return `()`.
    Return {
        /// The function declares no return type.
        unit: bool,
    },
}

/// Statements that have no value one could use.
const VALUELESS: [&str; 8] = [
    "for_expression",
    "while_expression",
    "loop_expression",
    "return_expression",
    "break_expression",
    "continue_expression",
    "assignment_expression",
    "compound_assignment_expr",
];

/// Expressions that are worth keeping when they stand alone between errors.
const SUBSTANTIAL: [&str; 12] = [
    "call_expression",
    "macro_invocation",
    "await_expression",
    "try_expression",
    "if_expression",
    "match_expression",
    "for_expression",
    "while_expression",
    "loop_expression",
    "block",
    "closure_expression",
    "struct_expression",
];

impl Low<'_, '_> {
    /// Lowers the statements and items in a node into `out`; gives the value of the last when `tail` asks for it.
    pub(super) fn sequence(&mut self, node: Node<'_>, tail: Tail, out: &mut Block) -> Option<ExprId> {
        let children: Vec<Node<'_>> = node.named_children(&mut node.walk()).collect();
        let last = children.iter().rposition(|child| !is_comment(*child));
        let mut pending = Pending::default();
        for (at, child) in children.iter().enumerate() {
            let last = Some(at) == last;
            match child.kind() {
                "line_comment" | "block_comment" => pending.comment(self, *child),
                "attribute_item" => pending.attribute(*child),
                "inner_attribute_item" | "empty_statement" | "label" | "shebang" => {}
                "ERROR" => {
                    self.deeper(child.start_byte(), |low| low.sequence(*child, Tail::Statement, out));
                    pending = Pending::default();
                }
                "let_declaration" if pending.is_conditional(self) => {
                    self.given(std::mem::take(&mut pending), *child, out, |low, out| low.item(*child, Pending::default(), out));
                }
                kind if items::is_item(kind) => self.item(*child, std::mem::take(&mut pending), out),
                kind if node.is_error() && !SUBSTANTIAL.contains(&kind) && kind != "expression_statement" => {}
                kind => {
                    let pending = std::mem::take(&mut pending);
                    let statement = kind == "expression_statement";
                    let Some(inner) = (if statement { first(*child) } else { Some(*child) }) else { continue };
                    let is_tail = last && if statement { !self.text(*child).ends_with(';') } else { !node.is_error() };
                    if pending.is_conditional(self) {
                        self.conditional(pending, inner, if is_tail || has_value(inner) { tail } else { Tail::Statement }, out);
                    } else if is_tail {
                        return self.tail(inner, tail, out);
                    } else {
                        self.statement(inner, out);
                    }
                }
            }
        }
        None
    }

    /// Statements under `#[cfg(..)]`.
    pub(super) fn given(&mut self, pending: Pending<'_>, node: Node<'_>, out: &mut Block, lower: impl FnOnce(&mut Self, &mut Block)) {
        let annotations = pending.annotations(self);
        let mut body = Block::new();
        lower(self, &mut body);
        out.push(self.put_stmt(Stmt::Given { annotations, body }, node));
    }

    /// An expression under `#[cfg(..)]`; where a value is asked for, it may be the function's.
    fn conditional(&mut self, pending: Pending<'_>, node: Node<'_>, tail: Tail, out: &mut Block) {
        let tail = if tail == Tail::Value { Tail::Statement } else { tail };
        self.given(pending, node, out, |low, body| {
            low.tail(node, tail, body);
        });
    }

    /// The statements of a block, its last expression as a statement too.
    pub(super) fn block(&mut self, node: Node<'_>) -> Block {
        let mut out = Block::new();
        self.sequence(node, Tail::Statement, &mut out);
        out
    }

    /// An expression as statements and a value.
    pub(super) fn value(&mut self, node: Node<'_>) -> (Block, Option<ExprId>) {
        let mut out = Block::new();
        let value = if node.kind() == "block" {
            self.deeper(node.start_byte(), |low| low.sequence(node, Tail::Value, &mut out)).flatten()
        } else {
            self.tail(node, Tail::Value, &mut out)
        };
        (out, value)
    }

    /// The body of a function or closure.
    pub(super) fn body(&mut self, node: Node<'_>, unit: bool) -> Block {
        let mut out = Block::new();
        let tail = Tail::Return { unit };
        if node.kind() == "block" {
            self.deeper(node.start_byte(), |low| low.sequence(node, tail, &mut out));
        } else {
            self.tail(node, tail, &mut out);
        }
        out
    }

    /// The last expression of a block.
    pub(super) fn tail(&mut self, node: Node<'_>, tail: Tail, out: &mut Block) -> Option<ExprId> {
        let kind = node.kind();
        if kind == "macro_invocation"
            && let Some(value) = self.expand_statements(node, tail, out)
        {
            return value;
        }
        let branches = matches!(kind, "if_expression" | "match_expression" | "block" | "unsafe_block");
        match tail {
            Tail::Statement => self.statement(node, out),
            _ if VALUELESS.contains(&kind) => self.statement(node, out),
            Tail::Value => return Some(self.expr(node)),
            Tail::Return { unit: true } if branches => self.statement(node, out),
            Tail::Return { .. } => {
                let value = self.expr(node);
                out.push(self.put_stmt(Stmt::Return(Some(value)), node));
            }
        }
        None
    }

    /// An expression for its effect.
    pub(super) fn statement(&mut self, node: Node<'_>, out: &mut Block) {
        let done = self.deeper(node.start_byte(), |low| low.statement_here(node, out));
        if done.is_none() {
            let unknown = self.unknown(node);
            out.push(self.put_stmt(Stmt::Expr(unknown), node));
        }
    }

    fn statement_here(&mut self, node: Node<'_>, out: &mut Block) {
        let stmt = match node.kind() {
            "if_expression" => self.branch(node),
            "match_expression" => self.switch(node),
            "for_expression" | "while_expression" | "loop_expression" => self.repetition(node),
            "block" => Stmt::Block(self.block(node)),
            "unsafe_block" | "const_block" => Stmt::Block(child_of(node, "block").map(|b| self.block(b)).unwrap_or_default()),
            "return_expression" => Stmt::Return(first(node).map(|value| self.expr(value))),
            "break_expression" => {
                if let Some(value) = named(node).into_iter().find(|child| child.kind() != "label") {
                    self.statement(value, out);
                }
                Stmt::Break
            }
            "continue_expression" => Stmt::Continue,
            "assignment_expression" | "compound_assignment_expr" => match self.assignment(node) {
                Some((target, value, kind)) => Stmt::Bind { target, value: Some(value), kind, ty: None },
                None => Stmt::Expr(self.unknown(node)),
            },
            "macro_invocation" => {
                if self.expand_statements(node, Tail::Statement, out).is_some() {
                    return;
                }
                Stmt::Expr(self.expr(node))
            }
            "parenthesized_expression" => match first(node) {
                Some(inner) => return self.statement(inner, out),
                None => Stmt::Expr(self.unknown(node)),
            },
            _ => Stmt::Expr(self.expr(node)),
        };
        out.push(self.put_stmt(stmt, node));
    }

    fn branch(&mut self, node: Node<'_>) -> Stmt {
        let test = self.condition_of(node);
        let then = field(node, "consequence").map(|block| self.block(block)).unwrap_or_default();
        let mut other = Block::new();
        match field(node, "alternative").and_then(first) {
            Some(block) if block.kind() == "block" => other = self.block(block),
            Some(chained) => self.statement(chained, &mut other),
            None => {}
        }
        Stmt::If { test, then, other }
    }

    fn repetition(&mut self, node: Node<'_>) -> Stmt {
        let body = |low: &mut Self| field(node, "body").map(|body| low.block(body)).unwrap_or_default();
        match node.kind() {
            "for_expression" => {
                let target = self.pattern_of(node, "pattern");
                let iter = self.expr_of(node, "value");
                Stmt::For { target, iter, body: body(self), keys: false }
            }
            "while_expression" => {
                let test = Some(self.condition_of(node));
                Stmt::While { init: Block::new(), test, step: Block::new(), body: body(self) }
            }
            _ => Stmt::While { init: Block::new(), test: None, step: Block::new(), body: body(self) },
        }
    }

    fn switch(&mut self, node: Node<'_>) -> Stmt {
        let subject = self.expr_of(node, "value");
        let mut cases = Vec::new();
        for arm in arms(node) {
            let (patterns, guard) = self.arm(arm);
            let mut body = Block::new();
            match field(arm, "value") {
                Some(block) if block.kind() == "block" => body = self.block(block),
                Some(unit) if unit.kind() == "unit_expression" => {}
                Some(value) => self.statement(value, &mut body),
                None => {}
            }
            cases.push(Case { patterns, guard, body });
        }
        Stmt::Switch { subject, cases, falls: false }
    }

    /// A match as a value.
    pub(super) fn match_value(&mut self, node: Node<'_>) -> Expr {
        let subject = self.expr_of(node, "value");
        let mut cases = Vec::new();
        for arm in arms(node) {
            let (patterns, guard) = self.arm(arm);
            let (body, value) = field(arm, "value").map(|value| self.value(value)).unwrap_or_default();
            cases.push((Case { patterns, guard, body }, value));
        }
        Expr::Match(subject, cases)
    }

    /// The patterns and the guard of a match arm; no pattern for `_`.
    fn arm(&mut self, arm: Node<'_>) -> (Vec<Pattern>, Option<ExprId>) {
        let Some(node) = field(arm, "pattern") else {
            return (Vec::new(), None);
        };
        let guard = field(node, "condition").map(|condition| self.condition(condition));
        let pattern = node.child(0).map_or(Pattern::Ignore, |child| self.pattern(child));
        let patterns = match pattern {
            Pattern::Or(patterns) => patterns,
            Pattern::Ignore => Vec::new(),
            one => vec![one],
        };
        (patterns, guard)
    }

    /// The `condition` of an `if` or `while`.
    pub(super) fn condition_of(&mut self, node: Node<'_>) -> ExprId {
        match field(node, "condition") {
            Some(condition) => self.condition(condition),
            None => self.unknown(node),
        }
    }

    fn condition(&mut self, node: Node<'_>) -> ExprId {
        match node.kind() {
            "let_condition" => {
                let pattern = self.pattern_of(node, "pattern");
                let value = self.expr_of(node, "value");
                self.put(Expr::Assign(Box::new(pattern), value, BindKind::Declare), node)
            }
            "let_chain" => {
                let mut parts = named(node).into_iter();
                let Some(mut all) = parts.next().map(|part| self.condition(part)) else {
                    return self.unknown(node);
                };
                for part in parts {
                    let next = self.condition(part);
                    all = self.put(Expr::Binary(BinaryOp::And, all, next), node);
                }
                all
            }
            _ => self.expr(node),
        }
    }
}

/// Whether a block ends in an expression.
fn has_value(node: Node<'_>) -> bool {
    let last = named(node).pop();
    node.kind() == "block" && last.is_some_and(|last| last.kind() != "expression_statement" && !items::is_item(last.kind()))
}

fn arms<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    field(node, "body").map(named).unwrap_or_default().into_iter().filter(|arm| arm.kind() == "match_arm").collect()
}
