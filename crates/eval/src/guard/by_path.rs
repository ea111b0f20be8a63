//! Guards that look at the request's path, or at what their route is marked with, before they refuse:
//! `if (req.path.startsWith('/public')) return next()`. For a route the branches that can't run are left out, and what
//! remains is read.

use super::matcher::Matcher;
use super::reader::{PATHS, Reader};
use super::signs::gives_request;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, BindKind, Expr, ExprId, FunctionId, Item, Module, Pattern, Stmt, StmtId, StrPart, UnaryOp};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Whether code may look at the path of a request.
pub(super) fn looks_at_path(tree: &Module, exprs: &[ExprId]) -> bool {
    exprs.iter().any(|e| matches!(tree.expr(*e), Expr::Attr(_, n) if PATHS.contains(&n.as_str())) || calls_unknown(tree, *e))
}

impl World<'_> {
    /// Whether a condition on the path or the marks of a route holds.
    pub(super) fn holds(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<bool> {
        if depth > 12 {
            return None;
        }
        let tree = reader.tree.clone();
        if reader.facts.wide
            && let Some(known) = super::strangers::holds(&tree, id, 0)
        {
            return Some(known);
        }
        if let Some(known) = super::by_route::holds(reader, id) {
            return Some(known);
        }
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.holds(reader, *inner, depth + 1),
            Expr::Unary(UnaryOp::Not, inner) => self.holds(reader, *inner, depth + 1).map(|b| !b),
            // `if let Some(user) = ..`, `let Some(user) = .. else`
            Expr::Assign(pattern, value, BindKind::Declare) if self.is_nothing(reader, *value) => {
                super::absent::takes_nothing(&tree, pattern)
            }
            Expr::Binary(BinaryOp::And, a, b) => match (self.holds(reader, *a, depth + 1), self.holds(reader, *b, depth + 1)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expr::Binary(BinaryOp::Or, a, b) => match (self.holds(reader, *a, depth + 1), self.holds(reader, *b, depth + 1)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b) if reader.is_endpoint(*a) => {
                let text = self.text_in(reader, *b)?;
                Some(reader.answers_as(&text) == (*op == BinaryOp::Eq))
            }
            Expr::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), item, list) => {
                let listed = self.list_in(reader, *list)?;
                let is_in = match reader.is_endpoint(*item) {
                    true => listed.iter().any(|l| reader.answers_as(l)),
                    false => listed.contains(&self.text_in(reader, *item)?),
                };
                reader.found.borrow_mut().path |= is_in;
                Some(is_in == (*op == BinaryOp::In))
            }
            Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b)
                if let (Some(a), Some(b)) = (self.text_in(reader, *a), self.text_in(reader, *b)) =>
            {
                reader.found.borrow_mut().path |= a == b;
                Some((a == b) == (*op == BinaryOp::Eq))
            }
            Expr::Binary(op, a, b) if let Some(known) = self.position_holds(reader, *op, *a, *b) => {
                reader.found.borrow_mut().path |= known;
                Some(known)
            }
            Expr::Name(name) if reader.locals.contains_key(name) => Some(!reader.locals[name].is_empty()),
            Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b) if let Some(known) = self.made_holds(reader, *op, (*a, *b), depth) => {
                reader.found.borrow_mut().path |= known;
                Some(known)
            }
            Expr::Name(name) => match self.bound_test(reader, name, depth).or_else(|| self.mark_holds(reader, id, depth)) {
                Some(known) => Some(known),
                None => self.made_is_true(reader, id, depth),
            },
            Expr::Call { callee, args, .. } => {
                let by_path = self.call_holds(reader, *callee, args, depth);
                reader.found.borrow_mut().path |= by_path == Some(true);
                by_path.or_else(|| self.mark_holds(reader, id, depth))
            }
            _ => self.mark_holds(reader, id, depth),
        }
    }

    /// A local name for a condition: `const isPublic = path.startsWith('/public')`.
    fn bound_test(&mut self, reader: &Reader<'_>, name: &SmolStr, depth: u32) -> Option<bool> {
        let value = reader.bound(name)?;
        self.holds(reader, value, depth + 1)
    }

    fn call_holds(&mut self, reader: &Reader<'_>, callee: ExprId, args: &[Arg], depth: u32) -> Option<bool> {
        let tree = reader.tree.clone();
        let first = args.first().and_then(|a| if let Arg::Positional(e) = a { Some(*e) } else { None })?;
        if let Expr::Attr(base, method) = tree.expr(callee) {
            if let Some(text) = self.text_in(reader, *base) {
                let is_regex = matches!(tree.expr(first), Expr::Regex(_));
                return match method.as_str() {
                    "match" if is_regex => self.regex_in(reader, first).map(|m| m.fits(&text)),
                    "startsWith" | "startswith" => self.texts_in(reader, first).map(|all| all.iter().any(|t| text.starts_with(t))),
                    "endsWith" | "endswith" => self.texts_in(reader, first).map(|all| all.iter().any(|t| text.ends_with(t))),
                    "includes" => self.text_in(reader, first).map(|t| text.contains(&t)),
                    _ => None,
                };
            }
            return match method.as_str() {
                "test" => {
                    let text = self.text_in(reader, first)?;
                    self.regex_in(reader, *base).map(|m| m.fits(&text))
                }
                "includes" | "has" => {
                    let text = self.text_in(reader, first)?;
                    self.list_in(reader, *base).map(|all| all.contains(&text))
                }
                "some" => self.some_holds(reader, *base, first, depth),
                // What a method says of marks is read with them.
                _ if reader.facts.marks.is_some() => None,
                _ => {
                    let home = reader.closure.home.borrow().clone();
                    match self.named_value(&reader.closure.scope, home.as_ref(), &tree, callee, 0)? {
                        Value::Function(f) => self.function_holds(reader, &f, first, depth),
                        Value::BoundFunction(b) => self.function_holds(reader, &b.1.clone(), first, depth),
                        _ => None,
                    }
                }
            };
        }
        match self.named_value(&reader.closure.scope, None, &tree, callee, 0)? {
            // A test made of a list of paths by a function from outside of the tree.
            Value::Unknown(u) => {
                let paths = u.args.items.first().cloned()?;
                let words = self.path_words(&paths);
                let given = !words.is_empty() && words.iter().all(|w| w.starts_with(['/', '^', '(']));
                given.then(|| words.iter().filter_map(|w| Matcher::of(w, false)).any(|m| m.fits(&reader.facts.full)))
            }
            Value::Function(f) => self.function_holds(reader, &f, first, depth),
            _ => None,
        }
    }

    /// `list.some((p) => path.startsWith(p))`
    fn some_holds(&mut self, reader: &Reader<'_>, list: ExprId, test: ExprId, depth: u32) -> Option<bool> {
        let tree = reader.tree.clone();
        let Expr::Function(id) = tree.expr(test) else { return None };
        let function = tree.function(*id);
        let name = crate::interp::function::param_name(&function.params.first()?.pattern)?;
        let body = returned(&tree, *id)?;
        if let Some(given) = tested(&tree, body, &name)
            && let Some(all) = self.regexes_in(reader, list)
        {
            let text = self.text_in(reader, given)?;
            return Some(all.iter().any(|m| m.fits(&text)));
        }
        let mut any = false;
        for item in self.list_in(reader, list)? {
            let mut locals = reader.locals.clone();
            locals.insert(name.clone(), item);
            let inner = Reader {
                closure: reader.closure.clone(),
                tree: tree.clone(),
                facts: reader.facts,
                locals,
                found: RefCell::default(),
                once: OnceCell::new(),
            };
            any |= self.holds(&inner, body, depth + 1)?;
        }
        Some(any)
    }

    /// A function of the tree that is given the path, or the request.
    fn function_holds(&mut self, reader: &Reader<'_>, f: &Rc<Closure>, given: ExprId, depth: u32) -> Option<bool> {
        let tree = self.module(f.module).tree.clone();
        let param = &tree.function(f.function).params.first()?.pattern;
        let text = self.text_in(reader, given);
        let mut facts = reader.facts.clone();
        let mut locals = FxHashMap::default();
        match (text, param) {
            (Some(text), param) => {
                locals.insert(crate::interp::function::param_name(param)?, text.clone());
                (facts.full, facts.relative) = (text.clone(), text);
            }
            (None, Pattern::Object(fields)) if gives_request(&reader.tree, given) => {
                for (key, inner) in fields {
                    if let (Some(text), Pattern::Name(name, _)) = (reader.path_called(key), inner) {
                        locals.insert(name.clone(), text);
                    }
                }
            }
            (None, _) if gives_request(&reader.tree, given) => {}
            _ => return None,
        }
        let inner =
            Reader { closure: f.clone(), tree: tree.clone(), facts: &facts, locals, found: RefCell::default(), once: OnceCell::new() };
        self.body_holds(&inner, &tree.function(f.function).body, depth + 1)
    }

    /// What a body answers, as far as its tests are known.
    fn body_holds(&mut self, reader: &Reader<'_>, body: &[StmtId], depth: u32) -> Option<bool> {
        let tree = reader.tree.clone();
        for stmt in body {
            match tree.stmt(*stmt) {
                Stmt::Bind { .. } => {}
                Stmt::Return(value) => return value.map_or(Some(false), |value| self.holds(reader, value, depth)),
                Stmt::If { test, then, other } => {
                    let branch = if self.holds(reader, *test, depth)? { then } else { other };
                    if !branch.is_empty() {
                        return self.body_holds(reader, branch, depth);
                    }
                }
                _ => return None,
            }
        }
        None
    }

    /// `path.indexOf('/admin') > -1`, `path.find("/admin") == 0`.
    fn position_holds(&mut self, reader: &Reader<'_>, op: BinaryOp, a: ExprId, b: ExprId) -> Option<bool> {
        let tree = reader.tree.clone();
        let Expr::Call { callee, args, .. } = tree.expr(a) else { return None };
        let Expr::Attr(base, name) = tree.expr(*callee) else { return None };
        let [Arg::Positional(part)] = args.as_slice() else { return None };
        if !matches!(name.as_str(), "indexOf" | "find") {
            return None;
        }
        let than = match tree.expr(b) {
            Expr::Number(n) => *n,
            Expr::Unary(UnaryOp::Minus, inner) => match tree.expr(*inner) {
                Expr::Number(n) => -*n,
                _ => return None,
            },
            _ => return None,
        };
        let (text, part) = (self.text_in(reader, *base)?, self.text_in(reader, *part)?);
        let at = text.find(&part).map_or(-1.0, |at| at as f64);
        match op {
            BinaryOp::Eq => Some(at == than),
            BinaryOp::Ne => Some(at != than),
            BinaryOp::Gt => Some(at > than),
            BinaryOp::Ge => Some(at >= than),
            BinaryOp::Lt => Some(at < than),
            BinaryOp::Le => Some(at <= than),
            _ => None,
        }
    }

    /// A text that is known: the path, a literal, a constant.
    pub(super) fn text_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<String> {
        if let Some(text) = reader.text(id) {
            return Some(text);
        }
        match reader.tree.clone().expr(id) {
            Expr::Binary(BinaryOp::Add, a, b) => {
                let text = self.text_in(reader, *a)?;
                return Some(text + &self.text_in(reader, *b)?);
            }
            Expr::Str(parts) => {
                let texts: Option<Vec<String>> = parts
                    .iter()
                    .map(|part| match part {
                        StrPart::Text(text) => Some(text.to_string()),
                        StrPart::Hole(inner) => self.text_in(reader, *inner),
                    })
                    .collect();
                return texts.map(|t| t.concat());
            }
            _ => {}
        }
        let value = self.named_value(&reader.closure.scope, None, &reader.tree.clone(), id, 0)?;
        value.as_str().map(|s| s.to_string())
    }

    /// A text, or a list of them of which any will do (`path.startswith(("/a", "/b"))`).
    fn texts_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Vec<String>> {
        self.text_in(reader, id).map(|text| vec![text]).or_else(|| self.list_in(reader, id))
    }

    fn list_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Vec<String>> {
        let tree = reader.tree.clone();
        if let Expr::List(_, items) = tree.expr(id) {
            return items.iter().map(|i| if let Item::One(e) = i { self.text_in(reader, *e) } else { None }).collect();
        }
        if let Expr::Name(name) = tree.expr(id)
            && let Some(bound) = reader.bound(name)
            && matches!(tree.expr(bound), Expr::List(..))
        {
            return self.list_in(reader, bound);
        }
        let value = self.named_value(&reader.closure.scope, None, &tree, id, 0)?;
        let Value::List(list) = self.force(&value) else { return None };
        let items = list.items.borrow().clone();
        items.iter().map(|v| self.force(v).as_str().map(|s| s.to_string())).collect()
    }

    fn regex_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Matcher> {
        let tree = reader.tree.clone();
        let text = match tree.expr(id) {
            Expr::Regex(text) => text.clone(),
            Expr::Name(name)
                if let Some(bound) = reader.bound(name)
                    && matches!(tree.expr(bound), Expr::Regex(_)) =>
            {
                return self.regex_in(reader, bound);
            }
            _ => match self.named_value(&reader.closure.scope, None, &tree, id, 0)? {
                Value::Regex(text) => text,
                _ => return None,
            },
        };
        Matcher::pattern(&text)
    }
}

/// What a regular expression of this name is compared with: `pattern.test(req.path)`, `req.path.match(pattern)`.
fn tested(tree: &Module, id: ExprId, name: &SmolStr) -> Option<ExprId> {
    let Expr::Call { callee, args, .. } = tree.expr(id) else { return None };
    let (Expr::Attr(base, method), [Arg::Positional(given)]) = (tree.expr(*callee), args.as_slice()) else { return None };
    let is_name = |id: ExprId| matches!(tree.expr(id), Expr::Name(n) if n == name);
    match method.as_str() {
        "test" if is_name(*base) => Some(*given),
        "match" if is_name(*given) => Some(*base),
        _ => None,
    }
}

/// `isPublic(req)`, `this.isPublic(req)`: a name or an own method is called.
fn calls_unknown(tree: &Module, id: ExprId) -> bool {
    let Expr::Call { callee, .. } = tree.expr(id) else { return false };
    match tree.expr(*callee) {
        Expr::Name(_) => true,
        Expr::Attr(base, _) => matches!(tree.expr(*base), Expr::This),
        _ => false,
    }
}

/// The one thing that a function returns.
fn returned(tree: &Module, id: FunctionId) -> Option<ExprId> {
    match tree.function(id).body.as_slice() {
        [_] => answer(tree, id),
        _ => None,
    }
}

/// What a function returns that does nothing but name things on the way.
pub(super) fn answer(tree: &Module, id: FunctionId) -> Option<ExprId> {
    let (last, before) = tree.function(id).body.split_last()?;
    match tree.stmt(*last) {
        Stmt::Return(value) if before.iter().all(|s| matches!(tree.stmt(*s), Stmt::Bind { .. })) => *value,
        _ => None,
    }
}
