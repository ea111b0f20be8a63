//! Guards that look at the request's path before they refuse: `if (req.path.startsWith('/public')) return next()`.
//! For the path of a route the branches that can't run are left out, and what remains is read.

use super::Reading;
use super::matcher::Matcher;
use crate::output::Ruling;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, Block, Expr, ExprId, FunctionId, Item, Module, Pattern, Span, Stmt, StmtId, StrPart, UnaryOp};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Names under which a request carries its path.
const PATHS: &[&str] = &["path", "pathname", "url", "originalUrl", "baseUrl", "requestPath", "currentPath"];

/// A guard's code with what is known of a request.
struct Reader<'p> {
    closure: Rc<Closure>,
    tree: Arc<Module>,
    /// The whole path, and the path below where the guard hangs.
    full: &'p str,
    relative: &'p str,
    /// Local names that stand for a text.
    locals: FxHashMap<SmolStr, String>,
}

impl World<'_> {
    /// The function that a guard is, behind wrappers from outside of the tree.
    pub(super) fn guarding(&mut self, value: &Value, depth: u32) -> Option<Rc<Closure>> {
        if depth > 4 {
            return None;
        }
        match self.force(value) {
            Value::Function(f) => Some(f),
            Value::BoundFunction(b) => Some(b.1.clone()),
            Value::Unknown(u) => u.args.items.iter().find_map(|v| self.guarding(v, depth + 1)),
            _ => None,
        }
    }

    /// What a guard says for a path; None when it doesn't look at it.
    pub(super) fn ruling_at(&mut self, f: &Rc<Closure>, full: &str, relative: &str) -> Option<Ruling> {
        let tree = self.module(f.module).tree.clone();
        let mut exprs = Vec::new();
        let mut binds = Vec::new();
        crate::walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
        let looks =
            exprs.iter().any(|e| matches!(tree.expr(*e), Expr::Attr(_, n) if PATHS.contains(&n.as_str())) || calls_unknown(&tree, *e));
        if !looks {
            return None;
        }
        let mut reader = Reader { closure: f.clone(), tree: tree.clone(), full, relative, locals: FxHashMap::default() };
        reader.bind(&binds);
        let mut dead: Vec<Span> = Vec::new();
        self.dead_in(&reader, &tree.function(f.function).body, &mut dead);
        let inner: Vec<FunctionId> =
            exprs.iter().filter_map(|e| if let Expr::Function(id) = tree.expr(*e) { Some(*id) } else { None }).collect();
        for id in inner {
            self.dead_in(&reader, &tree.function(id).body, &mut dead);
        }
        if dead.is_empty() {
            return None;
        }
        exprs.retain(|e| {
            let at = tree.span(*e);
            !dead.iter().any(|d| d.start <= at.start && at.end <= d.end)
        });
        let reading: Reading = self.read_exprs(f, &tree, &exprs, 0);
        Some(reading.as_guard())
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
                if let Some(id) = value
                    && let Expr::Cond(test, yes, no) = tree.expr(*id)
                    && let Some(holds) = self.holds(reader, *test, 0)
                {
                    dead.push(tree.span(if holds { *no } else { *yes }));
                }
                true
            }
            Stmt::Throw(_) => true,
            Stmt::If { test, then, other } => match self.holds(reader, *test, 0) {
                Some(true) => {
                    dead.extend(other.iter().map(|s| tree.stmt_span(*s)));
                    self.dead_in(reader, then, dead)
                }
                Some(false) => {
                    dead.extend(then.iter().map(|s| tree.stmt_span(*s)));
                    self.dead_in(reader, other, dead)
                }
                None => {
                    let a = self.dead_in(reader, then, dead);
                    let b = self.dead_in(reader, other, dead);
                    a && b
                }
            },
            Stmt::Block(body) => self.dead_in(reader, body, dead),
            Stmt::Try { body, .. } => self.dead_in(reader, body, dead),
            _ => false,
        }
    }

    /// Whether a condition on the path holds.
    fn holds(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<bool> {
        if depth > 12 {
            return None;
        }
        let tree = reader.tree.clone();
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.holds(reader, *inner, depth + 1),
            Expr::Unary(UnaryOp::Not, inner) => self.holds(reader, *inner, depth + 1).map(|b| !b),
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
            Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b) => {
                let equal = self.text_in(reader, *a)? == self.text_in(reader, *b)?;
                Some(equal == (*op == BinaryOp::Eq))
            }
            Expr::Name(name) => self.bound_test(reader, name, depth),
            Expr::Call { callee, args, .. } => self.call_holds(reader, *callee, args, depth),
            _ => None,
        }
    }

    /// A local name for a condition: `const isPublic = path.startsWith('/public')`.
    fn bound_test(&mut self, reader: &Reader<'_>, name: &SmolStr, depth: u32) -> Option<bool> {
        let tree = reader.tree.clone();
        let own = tree.function(reader.closure.function).span;
        let value = tree.stmts.iter().find_map(|(stmt, at)| match stmt {
            Stmt::Bind { target: Pattern::Name(bound, _), value: Some(value), .. }
                if bound == name && own.start <= at.start && at.end <= own.end =>
            {
                Some(*value)
            }
            _ => None,
        })?;
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
                    "startsWith" => self.text_in(reader, first).map(|t| text.starts_with(&t)),
                    "endsWith" => self.text_in(reader, first).map(|t| text.ends_with(&t)),
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
                _ => None,
            };
        }
        match self.named_value(&reader.closure.scope, None, &tree, callee, 0)? {
            // A test made of a list of paths by a function from outside of the tree.
            Value::Unknown(u) => {
                let paths = u.args.items.first().cloned()?;
                let words = self.path_words(&paths);
                let given = !words.is_empty() && words.iter().all(|w| w.starts_with(['/', '^', '(']));
                given.then(|| words.iter().filter_map(|w| Matcher::of(w, false)).any(|m| m.fits(reader.full)))
            }
            Value::Function(f) => {
                let text = self.text_in(reader, first)?;
                self.function_holds(&f, &text, depth)
            }
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
        let mut any = false;
        for item in self.list_in(reader, list)? {
            let mut locals = reader.locals.clone();
            locals.insert(name.clone(), item);
            let inner =
                Reader { closure: reader.closure.clone(), tree: tree.clone(), full: reader.full, relative: reader.relative, locals };
            any |= self.holds(&inner, body, depth + 1)?;
        }
        Some(any)
    }

    /// A function of the tree that is given the path.
    fn function_holds(&mut self, f: &Rc<Closure>, text: &str, depth: u32) -> Option<bool> {
        let tree = self.module(f.module).tree.clone();
        let name = crate::interp::function::param_name(&tree.function(f.function).params.first()?.pattern)?;
        let body = returned(&tree, f.function)?;
        let locals = [(name, text.to_owned())].into_iter().collect();
        let inner = Reader { closure: f.clone(), tree, full: text, relative: text, locals };
        self.holds(&inner, body, depth + 1)
    }

    /// A text that is known: the path, a literal, a constant.
    fn text_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<String> {
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

    fn list_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Vec<String>> {
        let tree = reader.tree.clone();
        if let Expr::List(_, items) = tree.expr(id) {
            return items.iter().map(|i| if let Item::One(e) = i { self.text_in(reader, *e) } else { None }).collect();
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
            _ => match self.named_value(&reader.closure.scope, None, &tree, id, 0)? {
                Value::Regex(text) => text,
                _ => return None,
            },
        };
        Matcher::pattern(&text)
    }
}

impl Reader<'_> {
    /// Names that are bound to the path.
    fn bind(&mut self, binds: &[StmtId]) {
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

    fn path_called(&self, name: &str) -> Option<String> {
        match name {
            "path" | "url" => Some(self.relative.to_owned()),
            name if PATHS.contains(&name) => Some(self.full.to_owned()),
            _ => None,
        }
    }

    fn text(&self, id: ExprId) -> Option<String> {
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

/// `isPublic(req)`: a name is called.
fn calls_unknown(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Call { callee, .. } if matches!(tree.expr(*callee), Expr::Name(_)))
}

/// The one thing that a function returns.
fn returned(tree: &Module, id: FunctionId) -> Option<ExprId> {
    match tree.function(id).body.as_slice() {
        [one] => match tree.stmt(*one) {
            Stmt::Return(value) => *value,
            _ => None,
        },
        _ => None,
    }
}
