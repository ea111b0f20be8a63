//! Branches, loops, try, with and match.

use super::{Python, child, fields, has_token, parts};
use crate::tree::*;
use tree_sitter::Node;

impl Python<'_, '_> {
    /// Lowers a compound statement; false when the node is none.
    pub(super) fn compound(&mut self, node: Node<'_>, kind: &str, out: &mut Block) -> bool {
        match kind {
            "if_statement" => {
                let stmt = self.branch(node, &fields(node, "alternative"));
                out.push(self.ctx.put_stmt(stmt, node));
            }
            "for_statement" => {
                let target = child(node, "left").map_or(Pattern::Ignore, |n| self.pattern(n));
                let iter = self.field(node, "right");
                let body = self.suite(child(node, "body"));
                out.push(self.ctx.put_stmt(Stmt::For { target, iter, body, keys: false }, node));
                self.after_loop(node, out);
            }
            "while_statement" => {
                let test = Some(self.field(node, "condition"));
                let body = self.suite(child(node, "body"));
                out.push(self.ctx.put_stmt(Stmt::While { init: Vec::new(), test, step: Vec::new(), body }, node));
                self.after_loop(node, out);
            }
            "try_statement" => self.guarded(node, out),
            "with_statement" => self.with(node, out),
            "match_statement" => self.switch(node, out),
            _ => return false,
        }
        true
    }

    /// An `if` or `elif` with the clauses that follow it.
    fn branch(&mut self, node: Node<'_>, rest: &[Node<'_>]) -> Stmt {
        let test = self.field(node, "condition");
        let then = self.suite(child(node, "consequence"));
        let other = match rest.split_first() {
            Some((next, rest)) if next.kind() == "elif_clause" => {
                let nested = self.deeper(*next, |p| {
                    let stmt = p.branch(*next, rest);
                    p.ctx.put_stmt(stmt, *next)
                });
                nested.into_iter().collect()
            }
            Some((last, _)) => self.suite(child(*last, "body")),
            None => Vec::new(),
        };
        Stmt::If { test, then, other }
    }

    /// A loop's `else` runs after it: leaving by `break` is not told apart.
    fn after_loop(&mut self, node: Node<'_>, out: &mut Block) {
        if let Some(clause) = child(node, "alternative") {
            out.extend(self.suite(child(clause, "body")));
        }
    }

    fn guarded(&mut self, node: Node<'_>, out: &mut Block) {
        let body = self.suite(child(node, "body"));
        let (mut handlers, mut other, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts(node) {
            match part.kind() {
                "except_clause" => handlers.push(self.handler(part)),
                "else_clause" => other = self.suite(child(part, "body")),
                "finally_clause" => last = self.suite(block_of(part)),
                _ => {}
            }
        }
        out.push(self.ctx.put_stmt(Stmt::Try { body, handlers, other, last }, node));
    }

    fn handler(&mut self, node: Node<'_>) -> Handler {
        let values = fields(node, "value");
        let (ty, name) = match values.as_slice() {
            [] => (None, None),
            [one] if one.kind() == "as_pattern" => {
                let ty = parts(*one).first().map(|n| self.expr(*n));
                (ty, child(*one, "alias").map(|n| self.ctx.name(n)))
            }
            [one] => (Some(self.expr(*one)), child(node, "alias").map(|n| self.ctx.name(n))),
            // Python 2's `except Error, e` and Python 3.14's `except Error, OtherError` look alike; case tells.
            [ty, name] if name.kind() == "identifier" && self.ctx.text(*name).starts_with(|c: char| c.is_lowercase()) => {
                (Some(self.expr(*ty)), Some(self.ctx.name(*name)))
            }
            several => {
                let items = several.iter().map(|n| Item::One(self.expr(*n))).collect();
                (Some(self.ctx.put(Expr::List(ListKind::Tuple, items), several[0])), None)
            }
        };
        Handler { ty, name, body: self.suite(block_of(node)) }
    }

    fn with(&mut self, node: Node<'_>, out: &mut Block) {
        let mut items = Vec::new();
        let clauses = parts(node).into_iter().filter(|n| n.kind() == "with_clause");
        for item in clauses.flat_map(parts) {
            let Some(value) = child(item, "value") else { continue };
            if value.kind() == "as_pattern" {
                let inner = self.first(value);
                let target = child(value, "alias").map(|n| self.pattern(n));
                items.push((inner, target));
            } else {
                items.push((self.expr(value), None));
            }
        }
        let body = self.suite(child(node, "body"));
        out.push(self.ctx.put_stmt(Stmt::With { items, body }, node));
    }

    fn switch(&mut self, node: Node<'_>, out: &mut Block) {
        let subjects = fields(node, "subject");
        let tuple = subjects.len() > 1 || has_token(node, ",");
        let subject = match subjects.as_slice() {
            [one] if !tuple => self.expr(*one),
            several => {
                let items = several.iter().map(|n| Item::One(self.expr(*n))).collect();
                self.ctx.put(Expr::List(ListKind::Tuple, items), node)
            }
        };
        let mut cases = Vec::new();
        if let Some(body) = child(node, "body") {
            for part in parts(body) {
                if part.kind() == "case_clause" {
                    let case = self.case(part, subject);
                    cases.push(case);
                }
            }
        }
        out.push(self.ctx.put_stmt(Stmt::Switch { subject, cases, falls: false }, node));
    }

    fn case(&mut self, node: Node<'_>, subject: ExprId) -> Case {
        let mut captures = Vec::new();
        let written: Vec<Node<'_>> = parts(node).into_iter().filter(|n| n.kind() == "case_pattern").collect();
        let mut body = Block::new();
        let pattern = match written.as_slice() {
            [one] if !has_token(node, ",") => {
                let inner = parts(*one).first().copied();
                match inner.filter(|n| n.kind() == "as_pattern") {
                    // `case P as name`: the name is the subject.
                    Some(named) => {
                        let (pattern, name) = self.as_pattern(named, &mut captures);
                        if let Some(name) = name {
                            let value = if self.is_plain(subject) { subject } else { self.ctx.unknown(named) };
                            body.push(self.capture(name, value, named));
                        }
                        pattern
                    }
                    None => self.case_pattern(*one, &mut captures),
                }
            }
            several => Pattern::List(several.iter().map(|n| self.case_pattern(*n, &mut captures)).collect()),
        };
        for (name, place) in captures {
            let value = self.ctx.unknown(place);
            body.push(self.capture(name, value, place));
        }
        let guard = child(node, "guard").and_then(|n| parts(n).first().map(|n| self.expr(*n)));
        body.extend(self.suite(child(node, "consequence")));
        let patterns = match pattern {
            Pattern::Ignore => Vec::new(),
            Pattern::Or(alternatives) => alternatives,
            other => vec![other],
        };
        Case { patterns, guard, body }
    }

    fn capture(&mut self, name: smol_str::SmolStr, value: ExprId, node: Node<'_>) -> StmtId {
        let target = Pattern::Name(name, self.ctx.span(node));
        self.ctx.put_stmt(Stmt::Bind { target, value: Some(value), kind: BindKind::Assign, ty: None }, node)
    }

    /// Whether evaluating an expression twice is harmless.
    fn is_plain(&self, id: ExprId) -> bool {
        let mut id = id;
        loop {
            match self.ctx.module.expr(id) {
                Expr::Name(_) => return true,
                Expr::Attr(object, _) => id = *object,
                _ => return false,
            }
        }
    }
}

fn block_of<'t>(node: Node<'t>) -> Option<Node<'t>> {
    parts(node).into_iter().find(|n| n.kind() == "block")
}
