//! What code makes of the path of a route: `const { kind } = classify(req.nextUrl.pathname)`, `kind !== Kind.Open`.

use super::reader::Reader;
use super::signs::gives_request;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, Entry, Expr, ExprId, Pattern, Stmt, StmtId};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};

const MAX_DEPTH: u32 = 12;

impl World<'_> {
    /// Whether a comparison holds of which the first side is made of the path by functions of the tree.
    pub(super) fn made_holds(&mut self, reader: &Reader<'_>, op: BinaryOp, (a, b): (ExprId, ExprId), depth: u32) -> Option<bool> {
        if reader.facts.full.is_empty() || self.family != Family::JavaScript {
            return None;
        }
        let made = self.made_of_path(reader, a, depth + 1)?;
        let other = self.made_or_constant(reader, b, depth + 1)?;
        Some(made.same(&other) == (op == BinaryOp::Eq))
    }

    /// What a name is that is taken out of what a function of the tree makes of the path, or such a call itself.
    pub(super) fn made_of_path(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let tree = reader.tree.clone();
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.made_of_path(reader, *inner, depth + 1),
            Expr::Name(name) if reader.facts.full.is_empty() || reader.locals.contains_key(name) => None,
            Expr::Name(name) => {
                if let Some((whole, key)) = reader.part_of(name) {
                    let whole = self.made_of_path(reader, whole, depth + 1)?;
                    return self.get_attr(&whole, &key, None).map(|v| self.force(&v));
                }
                let bound = reader.bound(name)?;
                matches!(tree.expr(bound), Expr::Call { .. } | Expr::Wrap(..))
                    .then(|| self.made_of_path(reader, bound, depth + 1))
                    .flatten()
            }
            Expr::Attr(base, name) => {
                let base = self.made_of_path(reader, *base, depth + 1)?;
                self.get_attr(&base, name, None).map(|v| self.force(&v))
            }
            Expr::Call { callee, args, .. } => self.made_by(reader, *callee, args, depth + 1),
            _ => None,
        }
    }

    /// What a function of the tree makes that is given the path, or the request.
    fn made_by(&mut self, reader: &Reader<'_>, callee: ExprId, args: &[Arg], depth: u32) -> Option<Value> {
        let Some(Arg::Positional(given)) = args.first() else { return None };
        let Value::Function(f) = self.named_value(&reader.closure.scope, None, &reader.tree.clone(), callee, 0)? else { return None };
        let tree = self.module(f.module).tree.clone();
        let param = &tree.function(f.function).params.first()?.pattern;
        let mut facts = reader.facts.clone();
        let mut locals = FxHashMap::default();
        match self.text_in(reader, *given) {
            Some(text) => {
                locals.insert(crate::interp::function::param_name(param)?, text.clone());
                (facts.full, facts.relative) = (text.clone(), text);
            }
            None if gives_request(&reader.tree, *given) => {}
            None => return None,
        }
        let mut inner =
            Reader { closure: f.clone(), tree: tree.clone(), facts: &facts, locals, found: RefCell::default(), once: OnceCell::new() };
        let mut binds = Vec::new();
        crate::walk::with_bindings(&tree, f.function, &mut |_| {}, &mut binds);
        inner.bind(&binds);
        self.body_makes(&inner, &tree.function(f.function).body, depth + 1)
    }

    /// What a body returns, as far as its tests are known.
    fn body_makes(&mut self, reader: &Reader<'_>, body: &[StmtId], depth: u32) -> Option<Value> {
        let tree = reader.tree.clone();
        for stmt in body {
            match tree.stmt(*stmt) {
                Stmt::Bind { .. } => {}
                Stmt::Return(value) => return self.made_or_constant(reader, (*value)?, depth + 1),
                Stmt::If { test, then, other } => {
                    let branch = if self.holds(reader, *test, depth)? { then } else { other };
                    if !branch.is_empty() {
                        return self.body_makes(reader, branch, depth + 1);
                    }
                }
                Stmt::Block(inner) => return self.body_makes(reader, inner, depth + 1),
                _ => return None,
            }
        }
        None
    }

    fn made_or_constant(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let tree = reader.tree.clone();
        if let Some(text) = self.text_in(reader, id) {
            return Some(Value::text(text));
        }
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.made_or_constant(reader, *inner, depth + 1),
            Expr::Bool(b) => Some(Value::Bool(*b)),
            Expr::Null => Some(Value::Null),
            Expr::Number(n) => Some(Value::Number(*n)),
            Expr::Dict(entries, _) => {
                let mut pairs: Vec<(SmolStr, Value)> = Vec::new();
                for entry in entries {
                    let Entry::Pair(key, value) = entry else { continue };
                    let name = match tree.expr(*key) {
                        Expr::Name(name) => Some(name.clone()),
                        _ => self.text_in(reader, *key).map(SmolStr::new),
                    };
                    if let (Some(name), Some(value)) = (name, self.made_or_constant(reader, *value, depth + 1)) {
                        pairs.push((name, value));
                    }
                }
                Some(Value::dict(pairs))
            }
            // A member of an enumeration is told apart by its name.
            Expr::Attr(base, name) if matches!(tree.expr(*base), Expr::Name(n) if n.starts_with(char::is_uppercase)) => {
                let Expr::Name(of) = tree.expr(*base) else { return None };
                Some(Value::Symbol(SmolStr::new(format!("{of}.{name}"))))
            }
            _ => match self.made_of_path(reader, id, depth + 1) {
                Some(value) => Some(value),
                None => self.holds(reader, id, depth + 1).map(Value::Bool),
            },
        }
    }

    /// Whether something made of the path is true.
    pub(super) fn made_is_true(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<bool> {
        if self.family != Family::JavaScript {
            return None;
        }
        let value = self.made_of_path(reader, id, depth + 1)?;
        self.truth(&value)
    }
}

impl Reader<'_> {
    /// What a name is taken out of, and under which key: `const { kind } = classify(path)`, `({ kind } = classify(path))`.
    fn part_of(&self, name: &SmolStr) -> Option<(ExprId, SmolStr)> {
        let own = self.tree.function(self.closure.function).span;
        let inside = |at: &apicensus_syntax::Span| own.start <= at.start && at.end <= own.end;
        let key_in = |pattern: &Pattern| match pattern {
            Pattern::Object(fields) => {
                fields.iter().find(|(_, p)| matches!(p, Pattern::Name(n, _) if n == name)).map(|(key, _)| key.clone())
            }
            _ => None,
        };
        let of_stmts = self.tree.stmts.iter().filter(|(_, at)| inside(at)).filter_map(|(stmt, _)| match stmt {
            Stmt::Bind { target, value: Some(value), .. } => key_in(target).map(|key| (*value, key)),
            _ => None,
        });
        let of_exprs = self.tree.exprs.iter().filter(|(_, at)| inside(at)).filter_map(|(expr, _)| match expr {
            Expr::Assign(target, value, _) => key_in(target).map(|key| (*value, key)),
            _ => None,
        });
        let mut found = of_stmts.chain(of_exprs);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}
