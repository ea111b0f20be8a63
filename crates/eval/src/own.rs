//! Code that answers requests without a framework's table: it looks at the path or method itself. Its endpoints can't be told,
//! so that it does so is a trouble.

use crate::evaluate::Family;
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Module, Stmt, StrPart};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// What requests carry their path in, in any language.
const PATHS: &[&str] = &["path", "url", "pathname", "originalUrl", "raw_path", "uri", "PATH_INFO", "path_info"];
/// What takes a path along without telling requests apart by it.
const TELLS_ONLY: &[&str] = &[
    "log",
    "debug",
    "info",
    "warn",
    "warning",
    "error",
    "trace",
    "verbose",
    "stringify",
    "encodeURIComponent",
    "redirect",
    "send",
    "json",
    "write",
    "end",
    "String",
    "str",
    "format",
    "captureException",
    "tracing",
    "toString",
    "render",
];
/// Methods of a class that answers requests by itself.
const ANSWERS: &[&str] = &["__call__", "do_GET", "do_POST", "do_PUT", "do_DELETE", "do_PATCH", "handle"];
/// It is looked for in the functions that a handler gives the request to, so deep.
const MAX_DEPTH: u32 = 3;

impl World<'_> {
    /// Reports what a server is given to answer with, if that tells requests apart by code of its own or could not be followed.
    pub(crate) fn report_served(&mut self, value: &Value, at: Place) {
        if self.input.files.get(at.file).secondary {
            return;
        }
        let value = self.force(value).plain();
        if let Value::Either(all) = &value {
            return all.iter().for_each(|one| self.report_served(one, at));
        }
        let answers: Vec<Value> = match value.clone() {
            found @ (Value::Function(_) | Value::BoundFunction(_)) => vec![found],
            Value::Instance(instance) => self.answers_of_class(&instance.class.clone()),
            Value::Class(class) => self.answers_of_class(&class),
            Value::Unknown(u) if self.family == Family::Python && !u.label.is_empty() && self.routers_in(&value, 0).is_empty() => {
                let message = format!("`{}` is served here but could not be followed: {}", u.label, u.reason);
                self.trouble_at(TroubleKind::UnresolvedMount, at, message, "if nothing else is said of it, its endpoints are missing");
                return;
            }
            _ => return,
        };
        answers.iter().for_each(|answer| self.report_own(answer, at));
    }

    /// Reports a handler of every path that tells requests apart by code of its own.
    pub(crate) fn report_own(&mut self, handler: &Value, at: Place) {
        let f = match self.force(handler) {
            Value::Function(f) => f,
            Value::BoundFunction(b) => b.1.clone(),
            _ => return,
        };
        let mut seen = FxHashSet::default();
        if self.input.files.get(at.file).secondary || !self.tells_apart(&f, 0, &mut seen) {
            return;
        }
        let message = "requests are told apart here by code of the application's own, not by a table of routes";
        self.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "the endpoints that it answers are missing");
    }

    fn answers_of_class(&mut self, class: &Rc<ClassValue>) -> Vec<Value> {
        ANSWERS.iter().filter_map(|name| self.class_attr(class, name)).filter(|v| matches!(v, Value::Function(_))).collect()
    }

    /// Whether a middleware of one parameter answers every request: it can't pass any on.
    pub(crate) fn answers_all(&mut self, value: &Value) -> bool {
        let f = match self.force(value) {
            Value::Function(f) => f,
            Value::BoundFunction(b) => b.1.clone(),
            _ => return false,
        };
        self.family == Family::JavaScript && self.module(f.module).tree.function(f.function).params.len() == 1 || self.terminal(value)
    }

    fn tells_apart(&mut self, f: &Rc<Closure>, depth: u32, seen: &mut FxHashSet<usize>) -> bool {
        if depth > MAX_DEPTH || seen.len() > 100 || !seen.insert(Rc::as_ptr(f) as usize) {
            return false;
        }
        let tree = self.module(f.module).tree.clone();
        let (mut exprs, mut binds) = (Vec::new(), Vec::new());
        walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
        let paths: FxHashSet<ExprId> = exprs.iter().copied().filter(|e| is_path(&tree, *e)).collect();
        let is_bound = binds.iter().any(|s| matches!(tree.stmt(*s), Stmt::Bind { value: Some(value), .. } if paths.contains(value)));
        if !paths.is_empty() && (is_bound || exprs.iter().any(|e| decides(&tree, *e, &paths))) {
            return true;
        }
        for id in exprs {
            let Expr::Call { callee, args, .. } = tree.expr(id) else { continue };
            let takes_whole = args.iter().any(|a| matches!(a, Arg::Positional(e) if self.is_request(f, &tree, *e)));
            if !takes_whole {
                continue;
            }
            let found = match tree.expr(*callee) {
                Expr::Name(name) => f.scope.get(name).map(|v| self.force(&v)),
                Expr::Attr(base, name)
                    if matches!(tree.expr(*base), Expr::This) || matches!(tree.expr(*base), Expr::Name(n) if n == "self") =>
                {
                    let home = f.home.borrow().clone();
                    home.and_then(|home| self.class_attr(&home, name)).map(|v| self.force(&v))
                }
                _ => None,
            };
            if let Some(Value::Function(inner)) = found
                && self.tells_apart(&inner, depth + 1, seen)
            {
                return true;
            }
        }
        false
    }

    /// Whether an expression is a parameter of the function: the request as it came.
    fn is_request(&self, f: &Rc<Closure>, tree: &Module, id: ExprId) -> bool {
        let Expr::Name(name) = tree.expr(id) else { return false };
        let params = &self.module(f.module).tree.function(f.function).params;
        params.iter().any(|p| crate::interp::function::param_name(&p.pattern).as_ref() == Some(name))
    }
}

/// `request.url`, `scope["path"]`.
fn is_path(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Attr(_, name) => PATHS.contains(&name.as_str()),
        Expr::Index(_, key) => match tree.expr(*key) {
            Expr::Str(parts) => matches!(parts.as_slice(), [StrPart::Text(key)] if PATHS.contains(&key.as_str())),
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression decides something by a path: compares it, looks something up with it, asks it.
fn decides(tree: &Module, id: ExprId, paths: &FxHashSet<ExprId>) -> bool {
    let is_it = |e: &ExprId| paths.contains(e);
    match tree.expr(id) {
        Expr::Binary(op, a, b) => matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In | BinaryOp::NotIn) && (is_it(a) || is_it(b)),
        Expr::Index(_, key) => is_it(key),
        Expr::Call { callee, args, .. } => {
            let called = match tree.expr(*callee) {
                Expr::Attr(base, name) => {
                    if is_it(base) {
                        return !TELLS_ONLY.contains(&name.as_str());
                    }
                    Some(name)
                }
                Expr::Name(name) => Some(name),
                _ => None,
            };
            // `request.uri().path()`
            is_it(callee)
                || !called.is_some_and(|name| TELLS_ONLY.contains(&name.as_str()))
                    && args.iter().any(|a| matches!(a, Arg::Positional(e) if is_it(e)))
        }
        _ => false,
    }
}
