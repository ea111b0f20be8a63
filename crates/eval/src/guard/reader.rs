//! The code of a guard while it is read for one route: what its names are bound to, and what it finds of the route.

use super::facts::Facts;
use crate::value::*;
use apicensus_syntax::{Expr, ExprId, Module, Pattern, Span, Stmt, StmtId, StrPart};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// Names under which a request carries its path.
pub(super) const PATHS: &[&str] = &["path", "path_info", "pathname", "url", "originalUrl", "baseUrl", "requestPath", "currentPath"];

/// A guard's code with what is known of a request.
pub(super) struct Reader<'p> {
    pub closure: Rc<Closure>,
    pub tree: Arc<Module>,
    pub facts: &'p Facts,
    /// Local names that stand for a text.
    pub locals: FxHashMap<SmolStr, String>,
    /// What the code found of the route.
    pub found: RefCell<Found>,
    /// What names are bound to once, when it was asked for.
    pub once: OnceCell<FxHashMap<SmolStr, Option<ExprId>>>,
}

/// What code that looks at a route finds.
#[derive(Default)]
pub(super) struct Found {
    /// What the route is marked with, of what the code asks for.
    pub marks: Vec<(SmolStr, Value)>,
    /// The path is one that the code looks for.
    pub path: bool,
    /// Blocks that run in some cases, because of how the code was made.
    pub invited: Vec<Span>,
    /// Places that don't run, as far as the code was read.
    pub dead: Vec<Span>,
    /// The code asks for a setting that is taken not to be there.
    pub unset: bool,
}

impl Reader<'_> {
    /// Whether an expression is the name of what answers (`request.endpoint`, a parameter of that name).
    pub(super) fn is_endpoint(&self, id: ExprId) -> bool {
        self.facts.endpoint.is_some()
            && match self.tree.expr(id) {
                Expr::Attr(_, name) => name == "endpoint",
                Expr::Name(name) => name == "endpoint" && super::by_route::is_param(self, name),
                _ => false,
            }
    }

    /// Whether an endpoint's name, with that of its blueprint or not, is that of the function that answers.
    pub(super) fn answers_as(&self, endpoint: &str) -> bool {
        endpoint.rsplit('.').next() == self.facts.endpoint.as_deref()
    }

    /// Names that are bound to the path.
    pub(super) fn bind(&mut self, binds: &[StmtId]) {
        let tree = self.tree.clone();
        for stmt in binds {
            match tree.stmt(*stmt) {
                Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } => {
                    if let Some(text) = self.text(*value) {
                        self.locals.insert(name.clone(), text);
                    }
                }
                Stmt::Bind { target: Pattern::Object(fields), .. } => {
                    for (key, inner) in fields {
                        if let (Some(text), Pattern::Name(name, _)) = (self.path_called(key), inner) {
                            self.locals.insert(name.clone(), text);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn path_called(&self, name: &str) -> Option<String> {
        match name {
            _ if self.facts.full.is_empty() => None,
            "path" | "url" => Some(self.facts.relative.clone()),
            name if PATHS.contains(&name) => Some(self.facts.full.clone()),
            _ => None,
        }
    }

    /// What a name of the function's own is bound to, once and for all.
    pub(super) fn bound(&self, name: &SmolStr) -> Option<ExprId> {
        self.once.get_or_init(|| self.bound_once()).get(name).copied().flatten()
    }

    /// The names that the function binds, with the value of those that it binds once.
    fn bound_once(&self) -> FxHashMap<SmolStr, Option<ExprId>> {
        let own = self.tree.function(self.closure.function).span;
        let inside = |at: &Span| own.start <= at.start && at.end <= own.end;
        let mut out: FxHashMap<SmolStr, Option<ExprId>> = FxHashMap::default();
        for (stmt, _) in self.tree.stmts.iter().filter(|(_, at)| inside(at)) {
            if let Stmt::Bind { target: Pattern::Name(name, _), value, .. } = stmt {
                out.entry(name.clone()).and_modify(|known| *known = None).or_insert(*value);
            }
        }
        for (expr, _) in self.tree.exprs.iter().filter(|(e, at)| matches!(e, Expr::Assign(..)) && inside(at)) {
            if let Expr::Assign(pattern, ..) = expr
                && let Pattern::Name(name, _) = &**pattern
            {
                out.insert(name.clone(), None);
            }
        }
        out
    }

    /// Whether a name is declared without a value and gets one only where nothing runs.
    pub(super) fn stays_empty(&self, name: &SmolStr) -> bool {
        let own = self.tree.function(self.closure.function).span;
        let inside = |at: &Span| own.start <= at.start && at.end <= own.end;
        let found = self.found.borrow();
        let mut declared = false;
        for (stmt, at) in self.tree.stmts.iter().filter(|(_, at)| inside(at)) {
            if let Stmt::Bind { target: Pattern::Name(bound, _), value, .. } = stmt
                && bound == name
            {
                match value {
                    None => declared = true,
                    Some(_) if super::caught::within(&found.dead, *at) => {}
                    Some(_) => return false,
                }
            }
        }
        let is_set = |(e, at): &(Expr, Span)| {
            matches!(e, Expr::Assign(p, ..) if matches!(&**p, Pattern::Name(n, _) if n == name))
                && inside(at)
                && !super::caught::within(&found.dead, *at)
        };
        declared && !self.tree.exprs.iter().any(is_set)
    }

    pub(super) fn text(&self, id: ExprId) -> Option<String> {
        match self.tree.expr(id) {
            Expr::Str(parts) => match parts.as_slice() {
                [StrPart::Text(text)] => Some(text.to_string()),
                _ => None,
            },
            Expr::Name(name) => self.locals.get(name).cloned(),
            Expr::Wrap(_, inner) => self.text(*inner),
            Expr::Attr(_, name) => self.path_called(name),
            Expr::Call { callee, .. } => match self.tree.expr(*callee) {
                Expr::Attr(base, name) if matches!(name.as_str(), "toLowerCase" | "toString" | "trim") => self.text(*base),
                _ => None,
            },
            _ => None,
        }
    }
}
