//! Expressions.

use super::string::number;
use super::{Python, child, fields, has_token, operator, parts};
use crate::tree::*;
use tree_sitter::Node;

/// An operand of `a < b < c` that lowers to more expressions than this is not used twice.
const SHARED: usize = 8;
/// A chain of more comparisons than this is not read.
const CHAIN: usize = 64;

impl Python<'_, '_> {
    /// Lowers an expression; never fails.
    pub(super) fn expr(&mut self, node: Node<'_>) -> ExprId {
        match self.deeper(node, |p| p.expr_inner(node)) {
            Some(id) => id,
            None => self.ctx.unknown(node),
        }
    }

    /// The first expression in a node, or `Unknown` when there is none.
    pub(super) fn first(&mut self, node: Node<'_>) -> ExprId {
        match parts(node).first() {
            Some(inner) => self.expr(*inner),
            None => self.ctx.unknown(node),
        }
    }

    /// The expression of a field, or `Unknown` when it is missing.
    pub(super) fn field(&mut self, node: Node<'_>, name: &str) -> ExprId {
        let first = child(node, name).filter(|n| n.is_named() && !n.is_extra());
        match first.or_else(|| fields(node, name).first().copied()) {
            Some(inner) => self.expr(inner),
            None => self.ctx.unknown(node),
        }
    }

    fn expr_inner(&mut self, node: Node<'_>) -> ExprId {
        if node.is_missing() || node.is_error() {
            return self.ctx.unknown(node);
        }
        match node.kind() {
            "identifier" => {
                let name = self.ctx.name(node);
                let expr = if name == "super" { Expr::Super } else { Expr::Name(name) };
                self.ctx.put(expr, node)
            }
            "string" | "concatenated_string" => self.string(node),
            "integer" | "float" => match number(self.ctx.text(node)) {
                Some(value) => self.ctx.put(Expr::Number(value), node),
                None => self.ctx.unknown(node),
            },
            "true" => self.ctx.put(Expr::Bool(true), node),
            "false" => self.ctx.put(Expr::Bool(false), node),
            "none" => self.ctx.put(Expr::Null, node),
            "attribute" => {
                let object = self.field(node, "object");
                let name = child(node, "attribute").map(|n| self.ctx.name(n)).unwrap_or_default();
                self.ctx.put(Expr::Attr(object, name), node)
            }
            "dotted_name" => self.dotted_expr(node),
            "call" => self.call(node),
            "subscript" => self.subscript(node),
            "list" | "list_pattern" => self.items(ListKind::List, node),
            "set" => self.items(ListKind::Set, node),
            "tuple" | "tuple_pattern" | "expression_list" | "pattern_list" => self.items(ListKind::Tuple, node),
            "dictionary" => self.dictionary(node),
            "list_comprehension" | "generator_expression" => self.comprehension(CompKind::List, node),
            "set_comprehension" => self.comprehension(CompKind::Set, node),
            "dictionary_comprehension" => self.comprehension(CompKind::Dict, node),
            "lambda" => self.lambda(node),
            "type" | "generic_type" | "union_type" | "constrained_type" | "member_type" => self.type_expr(node),
            // `x as y` reads as an expression only in odd places.
            "parenthesized_expression" | "as_pattern" | "as_pattern_target" => self.first(node),
            "list_splat" | "list_splat_pattern" => {
                let items = vec![self.item(node)];
                self.ctx.put(Expr::List(ListKind::Tuple, items), node)
            }
            _ => self.operation(node),
        }
    }

    fn operation(&mut self, node: Node<'_>) -> ExprId {
        let expr = match node.kind() {
            "binary_operator" => {
                let op = child(node, "operator").map_or(BinaryOp::Other, |n| operator(n.kind()));
                Expr::Binary(op, self.field(node, "left"), self.field(node, "right"))
            }
            "boolean_operator" => {
                let or = child(node, "operator").is_some_and(|n| n.kind() == "or");
                let op = if or { BinaryOp::Or } else { BinaryOp::And };
                Expr::Binary(op, self.field(node, "left"), self.field(node, "right"))
            }
            "comparison_operator" => return self.comparison(node),
            "not_operator" => Expr::Unary(UnaryOp::Not, self.field(node, "argument")),
            "unary_operator" => {
                let minus = child(node, "operator").is_some_and(|n| n.kind() == "-");
                Expr::Unary(if minus { UnaryOp::Minus } else { UnaryOp::Other }, self.field(node, "argument"))
            }
            "conditional_expression" => match parts(node).as_slice() {
                [then, test, other] => Expr::Cond(self.expr(*test), self.expr(*then), self.expr(*other)),
                _ => return self.ctx.unknown(node),
            },
            "named_expression" => {
                let target = child(node, "name").map_or(Pattern::Ignore, |n| self.pattern(n));
                Expr::Assign(Box::new(target), self.field(node, "value"), BindKind::Assign)
            }
            "await" => Expr::Wrap(WrapKind::Await, self.first(node)),
            "yield" => {
                self.yields = true;
                Expr::Yield(parts(node).first().map(|n| self.expr(*n)))
            }
            _ => return self.ctx.unknown(node),
        };
        self.ctx.put(expr, node)
    }

    fn dotted_expr(&mut self, node: Node<'_>) -> ExprId {
        let mut names = parts(node).into_iter();
        let Some(first) = names.next() else { return self.ctx.unknown(node) };
        let first = self.expr(first);
        names.fold(first, |object, name| {
            let attr = Expr::Attr(object, self.ctx.name(name));
            self.ctx.put(attr, node)
        })
    }

    /// `a < b <= c` is `a < b and b <= c`.
    fn comparison(&mut self, node: Node<'_>) -> ExprId {
        let mut operators = Vec::new();
        let mut operands = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.is_extra() || child.is_error() {
                continue;
            } else if child.is_named() {
                operands.push(child);
            } else {
                operators.push(compared(child.kind()));
            }
        }
        if operands.len() != operators.len() + 1 || operators.len() > CHAIN {
            return self.ctx.unknown(node);
        }
        let mut all: Option<ExprId> = None;
        let mut left = self.expr(operands[0]);
        for (at, (op, operand)) in operators.into_iter().zip(&operands[1..]).enumerate() {
            let last = at + 2 == operands.len();
            let before = self.ctx.module.exprs.len();
            let right = self.expr(*operand);
            let small = self.ctx.module.exprs.len() - before <= SHARED;
            let one = self.ctx.put(Expr::Binary(op, left, right), node);
            all = Some(match all {
                Some(before) => self.ctx.put(Expr::Binary(BinaryOp::And, before, one), node),
                None => one,
            });
            left = if small || last { right } else { self.ctx.unknown(*operand) };
        }
        all.unwrap_or(left)
    }

    fn call(&mut self, node: Node<'_>) -> ExprId {
        let callee = self.field(node, "function");
        let mut args = Vec::new();
        match child(node, "arguments") {
            Some(list) if list.kind() == "argument_list" => {
                let parts = parts(list);
                args.reserve_exact(parts.len());
                for part in parts {
                    let arg = self.arg(part);
                    args.push(arg);
                }
            }
            Some(generator) => args.push(Arg::Positional(self.expr(generator))),
            None => {}
        }
        self.ctx.put(Expr::Call { callee, args, types: Vec::new(), new: false }, node)
    }

    fn arg(&mut self, node: Node<'_>) -> Arg {
        match node.kind() {
            "keyword_argument" => {
                let name = child(node, "name").map(|n| self.ctx.name(n)).unwrap_or_default();
                Arg::Named(name, self.field(node, "value"))
            }
            "dictionary_splat" => Arg::SpreadNamed(self.first(node)),
            _ => match self.item(node) {
                Item::One(id) => Arg::Positional(id),
                Item::Spread(id) => Arg::Spread(id),
            },
        }
    }

    pub(super) fn items(&mut self, kind: ListKind, node: Node<'_>) -> ExprId {
        let items = parts(node).into_iter().map(|n| self.item(n)).collect();
        self.ctx.put(Expr::List(kind, items), node)
    }

    fn item(&mut self, node: Node<'_>) -> Item {
        match node.kind() {
            "list_splat" | "list_splat_pattern" => Item::Spread(self.first(node)),
            "parenthesized_list_splat" => match parts(node).first() {
                Some(inner) => self.deeper(*inner, |p| p.item(*inner)).unwrap_or_else(|| Item::One(self.ctx.unknown(node))),
                None => Item::One(self.ctx.unknown(node)),
            },
            _ => Item::One(self.expr(node)),
        }
    }

    fn subscript(&mut self, node: Node<'_>) -> ExprId {
        let object = self.field(node, "value");
        let indices = fields(node, "subscript");
        match indices.as_slice() {
            [one] if one.kind() == "slice" && !has_token(node, ",") => self.slice(object, *one, node),
            [one] if one.kind() != "list_splat" && !has_token(node, ",") => {
                let index = self.expr(*one);
                self.ctx.put(Expr::Index(object, index), node)
            }
            several => {
                let items = several.iter().map(|n| self.item(*n)).collect();
                let place = several.first().copied().unwrap_or(node);
                let index = self.ctx.put(Expr::List(ListKind::Tuple, items), place);
                self.ctx.put(Expr::Index(object, index), node)
            }
        }
    }

    /// `[from:to]`; one with a step is an index that is not known.
    fn slice(&mut self, object: ExprId, slice: Node<'_>, node: Node<'_>) -> ExprId {
        let mut ends = [None; 3];
        let mut at = 0;
        let mut cursor = slice.walk();
        for child in slice.children(&mut cursor) {
            if child.kind() == ":" {
                at += 1;
            } else if child.is_named() && !child.is_extra() && at < 3 {
                ends[at] = Some(self.expr(child));
            }
        }
        let expr = match ends {
            [from, to, None] => Expr::Slice(object, from, to),
            _ => Expr::Index(object, self.ctx.unknown(slice)),
        };
        self.ctx.put(expr, node)
    }

    fn dictionary(&mut self, node: Node<'_>) -> ExprId {
        let mut entries = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "pair" => entries.push(Entry::Pair(self.field(part, "key"), self.field(part, "value"))),
                "dictionary_splat" => entries.push(Entry::Spread(self.first(part))),
                _ => {}
            }
        }
        self.ctx.put(Expr::Dict(entries, None), node)
    }

    fn comprehension(&mut self, kind: CompKind, node: Node<'_>) -> ExprId {
        let Some(body) = child(node, "body") else { return self.ctx.unknown(node) };
        let (element, value) =
            if body.kind() == "pair" { (self.field(body, "key"), Some(self.field(body, "value"))) } else { (self.expr(body), None) };
        let mut clauses: Vec<CompClause> = Vec::new();
        for part in parts(node) {
            match part.kind() {
                "for_in_clause" => {
                    let clause = self.clause(part);
                    clauses.push(clause);
                }
                "if_clause" => {
                    let test = parts(part).first().map(|n| self.expr(*n));
                    if let Some(clause) = clauses.last_mut() {
                        clause.tests.extend(test);
                    }
                }
                _ => {}
            }
        }
        self.ctx.put(Expr::Comp { kind, element, value, clauses }, node)
    }

    fn clause(&mut self, node: Node<'_>) -> CompClause {
        let target = child(node, "left").map_or(Pattern::Ignore, |n| self.pattern(n));
        let right = fields(node, "right");
        let iter = match right.as_slice() {
            [one] => self.expr(*one),
            several => {
                let items = several.iter().map(|n| self.item(*n)).collect();
                self.ctx.put(Expr::List(ListKind::Tuple, items), node)
            }
        };
        CompClause { target, iter, tests: Vec::new() }
    }
}

fn compared(token: &str) -> BinaryOp {
    match token {
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "==" | "is" => BinaryOp::Eq,
        "!=" | "<>" | "is not" => BinaryOp::Ne,
        "in" => BinaryOp::In,
        "not in" => BinaryOp::NotIn,
        _ => BinaryOp::Other,
    }
}
