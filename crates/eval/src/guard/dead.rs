//! The places of a guard's code that don't run for one route, or for a caller who proves nothing.

use super::facts::Facts;
use super::reader::{Found, Reader};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, Block, Case, Expr, ExprId, FunctionId, Handler, Module, Span, Stmt, StmtId};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

impl World<'_> {
    /// The places of a function that don't run where these facts hold, and what it was found to be marked with.
    pub(super) fn dead_places(&mut self, f: &Rc<Closure>, facts: &Facts, exprs: &[ExprId], binds: &[StmtId]) -> (Vec<Span>, Found) {
        let tree = self.module(f.module).tree.clone();
        let mut reader = Reader {
            closure: f.clone(),
            tree: tree.clone(),
            facts,
            locals: FxHashMap::default(),
            found: RefCell::default(),
            once: OnceCell::new(),
        };
        reader.bind(binds);
        let mut dead: Vec<Span> = Vec::new();
        self.dead_in(&reader, &tree.function(f.function).body, &mut dead);
        let own = tree.function(f.function).span;
        let is_defined = |at: &Span| facts.wide && own.start < at.start && at.end <= own.end;
        let inner: Vec<FunctionId> =
            exprs.iter().filter_map(|e| if let Expr::Function(id) = tree.expr(*e) { Some(*id) } else { None }).collect();
        for id in inner {
            self.dead_in(&reader, &tree.function(id).body, &mut dead);
        }
        for inner in tree.functions.iter().filter(|inner| is_defined(&inner.span)) {
            self.dead_in(&reader, &inner.body, &mut dead);
        }
        (dead, reader.found.into_inner())
    }

    /// The places of a block that don't run for the path; true when nothing after the block runs.
    fn dead_in(&mut self, reader: &Reader<'_>, block: &Block, dead: &mut Vec<Span>) -> bool {
        for (at, stmt) in block.iter().enumerate() {
            let ends = self.dead_stmt(reader, *stmt, dead);
            if ends {
                dead.extend(block.iter().skip(at + 1).map(|s| reader.tree.stmt_span(*s)));
                return true;
            }
        }
        false
    }

    fn dead_stmt(&mut self, reader: &Reader<'_>, stmt: StmtId, dead: &mut Vec<Span>) -> bool {
        let tree = reader.tree.clone();
        match tree.stmt(stmt) {
            Stmt::Return(value) => {
                if let Some(id) = value {
                    self.dead_value(reader, *id, dead);
                }
                true
            }
            Stmt::With { body, .. } => self.dead_in(reader, body, dead),
            Stmt::For { body, .. } | Stmt::While { body, .. } => {
                self.dead_in(reader, body, dead);
                false
            }
            Stmt::Throw(_) => true,
            Stmt::Bind { value: Some(value), .. } | Stmt::Expr(value) => self.dead_value(reader, *value, dead),
            Stmt::Switch { subject, cases, .. } if self.is_nothing(reader, *subject) => self.dead_cases(reader, cases, dead),
            Stmt::Switch { cases, .. } => {
                for case in cases {
                    self.dead_in(reader, &case.body, dead);
                }
                false
            }
            Stmt::If { test, then, other } => match self.if_holds(reader, *test, dead) {
                Some(true) => {
                    dead.extend(other.iter().map(|s| tree.stmt_span(*s)));
                    self.dead_in(reader, then, dead)
                }
                Some(false) => {
                    dead.extend(then.iter().map(|s| tree.stmt_span(*s)));
                    self.dead_in(reader, other, dead)
                }
                None => {
                    if let Expr::Binary(BinaryOp::And, a, b) = tree.expr(*test)
                        && (self.mark_holds(reader, *a, 0) == Some(true) || self.mark_holds(reader, *b, 0) == Some(true))
                    {
                        reader.found.borrow_mut().invited.extend(then.iter().map(|s| tree.stmt_span(*s)));
                    }
                    let a = self.dead_in(reader, then, dead);
                    let b = self.dead_in(reader, other, dead);
                    a && b
                }
            },
            Stmt::Block(body) => self.dead_in(reader, body, dead),
            Stmt::Try { body, handlers, .. } => {
                self.dead_handlers(reader, handlers, dead);
                self.dead_in(reader, body, dead) && handlers.is_empty()
            }
            _ => false,
        }
    }

    /// What handlers of exceptions do is for those who bring something.
    fn dead_handlers(&mut self, reader: &Reader<'_>, handlers: &[Handler], dead: &mut Vec<Span>) {
        let tree = reader.tree.clone();
        for handler in handlers.iter().filter(|_| reader.facts.wide) {
            // To catch a refusal is not to refuse; whom a token names is looked up for those who bring one.
            dead.extend(handler.ty.map(|ty| tree.span(ty)));
            if handler.ty.is_some_and(|ty| is_lookup(&tree, ty)) {
                dead.extend(handler.body.iter().map(|s| tree.stmt_span(*s)));
            }
        }
        for stmt in handlers.iter().flat_map(|h| &h.body) {
            let before = reader.found.borrow().invited.len();
            self.dead_stmt(reader, *stmt, dead);
            // What is caught is forgiven in some cases, so what is done in the others is no rule.
            if let Stmt::If { other, .. } = tree.stmt(*stmt)
                && reader.found.borrow().invited.len() > before
            {
                dead.extend(other.iter().map(|s| tree.stmt_span(*s)));
            }
        }
    }

    /// The cases of a switch that are not taken where its subject is nothing; true when nothing after it runs.
    fn dead_cases(&mut self, reader: &Reader<'_>, cases: &[Case], dead: &mut Vec<Span>) -> bool {
        let tree = reader.tree.clone();
        let taken = super::absent::taken(&tree, cases.iter());
        let mut ends = false;
        for (at, case) in cases.iter().enumerate() {
            if Some(at) == taken {
                ends = self.dead_in(reader, &case.body, dead);
            } else {
                dead.extend(case.body.iter().map(|s| tree.stmt_span(*s)));
            }
        }
        ends
    }

    /// The arms of a match that are not taken where its subject is nothing; true when nothing after it runs.
    fn dead_match(&mut self, reader: &Reader<'_>, (subject, arms): (ExprId, &[(Case, Option<ExprId>)]), dead: &mut Vec<Span>) -> bool {
        let tree = reader.tree.clone();
        let is_nothing = self.is_nothing(reader, subject);
        let taken = if is_nothing { super::absent::taken(&tree, arms.iter().map(|(case, _)| case)) } else { None };
        let mut all_end = !arms.is_empty();
        for (at, (case, value)) in arms.iter().enumerate() {
            if is_nothing && Some(at) != taken {
                dead.extend(case.body.iter().map(|s| tree.stmt_span(*s)).chain(value.map(|v| tree.span(v))));
                continue;
            }
            let ends = self.dead_in(reader, &case.body, dead) || value.is_some_and(|v| self.dead_value(reader, v, dead));
            all_end &= ends;
        }
        all_end && (!is_nothing || taken.is_some())
    }

    /// Whether something is null for a caller who proves nothing.
    pub(super) fn is_nothing(&mut self, reader: &Reader<'_>, id: ExprId) -> bool {
        reader.facts.anonymous && matches!(self.mark_value(reader, id, 0), Some(Value::Null))
    }

    fn if_holds(&mut self, reader: &Reader<'_>, test: ExprId, dead: &mut Vec<Span>) -> Option<bool> {
        self.dead_value(reader, test, dead);
        reader.found.borrow_mut().dead.clone_from(dead);
        self.holds(reader, test, 0)
    }

    /// The parts of a value that are not asked for: `isPublic || super.canActivate(context)`; true when nothing after it runs,
    /// as in `let token = if let Some(t) = token { t } else { return Ok(None) }`.
    fn dead_value(&mut self, reader: &Reader<'_>, id: ExprId, dead: &mut Vec<Span>) -> bool {
        let tree = reader.tree.clone();
        match tree.expr(id) {
            Expr::Cond(test, yes, no) => match self.if_holds(reader, *test, dead) {
                Some(holds) => {
                    let (runs, other) = if holds { (*yes, *no) } else { (*no, *yes) };
                    // What is not written stands where the whole does.
                    dead.extend(Some(tree.span(other)).filter(|at| *at != tree.span(id)));
                    self.dead_value(reader, runs, dead)
                }
                None => {
                    let (a, b) = (self.dead_value(reader, *yes, dead), self.dead_value(reader, *no, dead));
                    a && b
                }
            },
            Expr::Binary(op @ (BinaryOp::Or | BinaryOp::And), a, b) if self.holds(reader, *a, 0) == Some(*op == BinaryOp::Or) => {
                dead.push(tree.span(*b));
                false
            }
            Expr::Block(block, value) => {
                let ends = self.dead_in(reader, block, dead);
                match value {
                    Some(value) if ends => dead.push(tree.span(*value)),
                    Some(value) => return self.dead_value(reader, *value, dead),
                    None => {}
                }
                ends
            }
            Expr::Wrap(_, inner) => self.dead_value(reader, *inner, dead),
            Expr::Match(subject, arms) => self.dead_match(reader, (*subject, arms), dead),
            _ => false,
        }
    }
}

/// Whether an exception says that something was looked up in vain.
fn is_lookup(tree: &Module, ty: ExprId) -> bool {
    matches!(tree.expr(ty), Expr::Name(name) | Expr::Attr(_, name) if name.contains("NotFound") || name.contains("DoesNotExist"))
}
