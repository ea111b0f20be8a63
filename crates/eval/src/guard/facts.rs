//! What is known of a route when its guards are read: its path, and what its handler and its class are marked with
//! (metadata that decorators leave and guards read: `@SetMetadata('isPublic', true)`).

use super::reader::Reader;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Pattern, Span, UnaryOp};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// The marks of a route: on its handler and on the class around it, outermost first.
#[derive(Default)]
pub struct Marks {
    /// On the handler.
    pub handler: Vec<Mark>,
    /// On its class and that class's bases.
    pub class: Vec<Mark>,
}

/// What is known of a route.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    /// Its whole path; empty where the path does not matter.
    pub full: String,
    /// Its path below where the guard hangs.
    pub relative: String,
    /// The names of the parameters in its path.
    pub params: Vec<SmolStr>,
    /// The methods that it answers; None for all.
    pub methods: Option<Vec<SmolStr>>,
    /// Its marks, where its framework has them.
    pub marks: Option<Rc<Marks>>,
    /// The caller proves nothing.
    pub anonymous: bool,
    /// What callers are compared with is not set.
    pub unset: bool,
    /// The guard sees every request: it is read as it runs for a caller that proves nothing.
    pub wide: bool,
    /// The name of the function that answers.
    pub endpoint: Option<SmolStr>,
    /// The class whose method is read: what its attributes say decides.
    pub view: Option<Rc<ClassValue>>,
}

impl World<'_> {
    /// Does something with what is known of a route; answers of guards that look at it are found anew.
    pub(crate) fn with_facts<T>(&mut self, facts: Facts, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.facts.replace(Rc::new(facts));
        let known = std::mem::take(&mut self.fact_readings);
        let out = run(self);
        self.facts = before;
        self.fact_readings = known;
        out
    }

    /// Whether an expression reads metadata of the route: `reflector.getAllAndOverride(KEY, [..])`.
    pub(super) fn reads_marks(&self, tree: &apicensus_syntax::Module, id: ExprId) -> bool {
        let Expr::Call { callee, args, .. } = tree.expr(id) else { return false };
        let Expr::Attr(base, name) = tree.expr(*callee) else { return false };
        let receiver = match tree.expr(*base) {
            Expr::Name(n) | Expr::Attr(_, n) => n.to_ascii_lowercase(),
            _ => return false,
        };
        let models = self.input.models;
        args.len() >= 2
            && models
                .of(self.family.language())
                .filter_map(|(_, m)| m.metadata.as_ref())
                .any(|m| m.reads.iter().any(|r| r == name) && m.readers.iter().any(|r| receiver.contains(r.as_str())))
    }

    /// Whether a condition on the route's marks holds.
    pub(super) fn mark_holds(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<bool> {
        let value = self.mark_value(reader, id, depth + 1)?;
        self.is_true(&value)
    }

    fn is_true(&mut self, value: &Value) -> Option<bool> {
        match value {
            Value::List(_) | Value::Dict(_) | Value::Symbol(_) => Some(true),
            other => self.truth(other),
        }
    }

    /// What an expression is for the route, as far as its marks and literals say.
    pub(super) fn mark_value(&mut self, reader: &Reader<'_>, id: ExprId, depth: u32) -> Option<Value> {
        if depth > 12 {
            return None;
        }
        let tree = reader.tree.clone();
        if let Some(value) = self.lacks(reader, id) {
            return Some(value);
        }
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.mark_value(reader, *inner, depth + 1),
            Expr::Null => Some(Value::Null),
            Expr::Name(name) if name == "undefined" => Some(Value::Null),
            Expr::Bool(b) => Some(Value::Bool(*b)),
            Expr::Number(n) => Some(Value::Number(*n)),
            Expr::List(_, items) if items.is_empty() => Some(Value::list(Vec::new())),
            Expr::Name(name) => match reader.bound(name) {
                Some(bound) => self.mark_value(reader, bound, depth + 1),
                None if reader.facts.anonymous && reader.stays_empty(name) => Some(Value::Null),
                None => self.captured(reader, name),
            },
            Expr::Unary(UnaryOp::Not, inner) => {
                let value = self.mark_value(reader, *inner, depth + 1)?;
                self.is_true(&value).map(|b| Value::Bool(!b))
            }
            Expr::Attr(base, name) => self.attr_value(reader, *base, name, depth),
            Expr::Cond(test, yes, no) => {
                let holds = self.mark_value(reader, *test, depth + 1).and_then(|v| self.is_true(&v))?;
                self.mark_value(reader, if holds { *yes } else { *no }, depth + 1)
            }
            Expr::Binary(op, a, b) => self.mark_operation(reader, *op, *a, *b, depth),
            Expr::Call { callee, args, .. } => self.call_value_here(reader, id, *callee, args, depth),
            Expr::Index(base, _) if matches!(self.mark_value(reader, *base, depth + 1), Some(Value::Null)) => Some(Value::Null),
            _ => None,
        }
    }

    /// What an expression is that asks for what a caller does not bring, or for what is not set.
    fn lacks(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Value> {
        if reader.facts.unset && super::unset::is_unset_secret(reader, id, self.family) {
            reader.found.borrow_mut().unset = true;
            return Some(Value::Null);
        }
        match (reader.facts.anonymous, self.family) {
            (false, _) => None,
            (true, Family::Rust) => super::absent::proof(reader, id),
            (true, _) => super::anonymous::proof(reader, id),
        }
    }

    /// Whether a function of the tree gives what a caller proves an identity with, or nothing.
    fn gives_nothing(&mut self, reader: &Reader<'_>, callee: ExprId) -> bool {
        let home = reader.closure.home.borrow().clone();
        let tree = reader.tree.clone();
        let Some(Value::Function(f)) = self.named_value(&reader.closure.scope, home.as_ref(), &tree, callee, 0) else { return false };
        let of = self.module(f.module).tree.clone();
        if Rc::ptr_eq(&f, &reader.closure) || !super::absent::gives_maybe(&of, f.function) {
            return false;
        }
        let facts = self.facts.take();
        let reading = self.reading(&f, super::MAX_DEPTH);
        self.facts = facts;
        reading.credential || reading.user || reading.inner_credential
    }

    /// What an attribute is: of the class whose method is read, of what is known, of nothing.
    fn attr_value(&mut self, reader: &Reader<'_>, base: ExprId, name: &SmolStr, depth: u32) -> Option<Value> {
        if let Some(view) = reader.facts.view.clone()
            && matches!(reader.tree.expr(base), Expr::Name(n) if n == "self" || n == "cls")
        {
            let value = self.class_attr(&view, name).map(|v| self.force(&v))?;
            return matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_)).then_some(value);
        }
        match self.mark_value(reader, base, depth + 1)? {
            Value::Null => Some(Value::Null),
            Value::List(list) if name == "length" => Some(Value::Number(list.items.borrow().len() as f64)),
            dict @ Value::Dict(_) => Some(self.get_attr(&dict, name, None).map_or(Value::Null, |v| self.force(&v))),
            _ => None,
        }
    }

    /// What a call gives: the metadata it reads, what a function of the tree answers, nothing where it is asked of nothing.
    fn call_value_here(&mut self, reader: &Reader<'_>, id: ExprId, callee: ExprId, args: &[Arg], depth: u32) -> Option<Value> {
        let tree = reader.tree.clone();
        if self.reads_marks(&tree, id) {
            let Expr::Attr(_, name) = tree.expr(callee) else { return None };
            return self.metadata_of(reader, name.clone().as_str(), args);
        }
        // What is made of no proof is nothing, and so is a method of nothing, where it is asked for with care.
        let of = match (tree.expr(callee), args.first()) {
            (_, Some(Arg::Positional(first))) if reader.facts.anonymous && super::signs::tells(&tree, callee) => Some(*first),
            (Expr::Attr(base, _), _) => Some(*base),
            _ => None,
        };
        if of.is_some_and(|of| matches!(self.mark_value(reader, of, depth + 1), Some(Value::Null))) {
            return match tree.expr(callee) {
                Expr::Attr(_, method) if self.family == Family::Rust => super::absent::of_nothing(method),
                _ => Some(Value::Null),
            };
        }
        if reader.facts.anonymous && self.family == Family::Rust && self.gives_nothing(reader, callee) {
            return Some(Value::Null);
        }
        reader.facts.marks.as_ref()?;
        self.helper_value(reader, callee, depth)
    }

    /// What a parameter of the function around was given: `options` of `auth({ optional: true })`.
    fn captured(&mut self, reader: &Reader<'_>, name: &SmolStr) -> Option<Value> {
        let own = reader.tree.function(reader.closure.function).span;
        let around = |at: Span| at.start <= own.start && own.end <= at.end && at != own;
        let is_parameter = reader.tree.functions.iter().any(|f| around(f.span) && f.params.iter().any(|p| binds(&p.pattern, name)));
        if !is_parameter {
            return None;
        }
        let value = self.force(&reader.closure.scope.get(name)?);
        matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Dict(_)).then_some(value)
    }

    fn mark_operation(&mut self, reader: &Reader<'_>, op: BinaryOp, a: ExprId, b: ExprId, depth: u32) -> Option<Value> {
        let left = self.mark_value(reader, a, depth + 1)?;
        match op {
            BinaryOp::Coalesce => match left {
                Value::Null => self.mark_value(reader, b, depth + 1),
                left => Some(left),
            },
            BinaryOp::Or | BinaryOp::And => {
                if self.is_true(&left)? == (op == BinaryOp::Or) {
                    Some(left)
                } else {
                    self.mark_value(reader, b, depth + 1)
                }
            }
            BinaryOp::Eq | BinaryOp::Ne if matches!(left, Value::Null) && is_constant(&reader.tree, b) => {
                Some(Value::Bool(op == BinaryOp::Ne))
            }
            BinaryOp::Eq => Some(Value::Bool(left.same(&self.mark_value(reader, b, depth + 1)?))),
            BinaryOp::Ne => Some(Value::Bool(!left.same(&self.mark_value(reader, b, depth + 1)?))),
            BinaryOp::Gt | BinaryOp::Lt | BinaryOp::Ge | BinaryOp::Le => {
                let (Value::Number(x), Value::Number(y)) = (left, self.mark_value(reader, b, depth + 1)?) else { return None };
                Some(Value::Bool(match op {
                    BinaryOp::Gt => x > y,
                    BinaryOp::Lt => x < y,
                    BinaryOp::Ge => x >= y,
                    _ => x <= y,
                }))
            }
            _ => None,
        }
    }

    /// What a function of the tree answers that looks for marks: `this.isPublic(context)`.
    fn helper_value(&mut self, reader: &Reader<'_>, callee: ExprId, depth: u32) -> Option<Value> {
        let home = reader.closure.home.borrow().clone();
        let Value::Function(f) = self.named_value(&reader.closure.scope, home.as_ref(), &reader.tree.clone(), callee, 0)? else {
            return None;
        };
        let tree = self.module(f.module).tree.clone();
        let value = super::by_path::answer(&tree, f.function)?;
        let inner = Reader {
            closure: f,
            tree: tree.clone(),
            facts: reader.facts,
            locals: FxHashMap::default(),
            found: RefCell::default(),
            once: OnceCell::new(),
        };
        let answer = self.mark_value(&inner, value, depth + 1);
        reader.found.borrow_mut().marks.extend(inner.found.into_inner().marks);
        answer
    }

    /// The metadata that a call reads: null where the route has none.
    fn metadata_of(&mut self, reader: &Reader<'_>, method: &str, args: &[Arg]) -> Option<Value> {
        let marks = reader.facts.marks.clone()?;
        let positional: Vec<ExprId> = args.iter().filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None }).collect();
        let key = self.metadata_key(reader, *positional.first()?)?;
        let order = targets(reader, *positional.get(1)?);
        let mut all = Vec::new();
        for on_class in order {
            for mark in if on_class { &marks.class } else { &marks.handler } {
                if let Some((known, value)) = self.metadata_in(mark)
                    && self.force(&known).same(&key)
                {
                    all.push(self.force(&value));
                    break;
                }
            }
        }
        let Some(found) = all.first().cloned() else { return Some(Value::Null) };
        reader.found.borrow_mut().marks.push((key.as_str().unwrap_or_else(|| self.label(&key)), found.clone()));
        if method.contains("Merge") && all.len() > 1 {
            let mut items = Vec::new();
            all.iter().for_each(|v| self.flatten(v, &mut items, 0));
            return Some(Value::list(items));
        }
        Some(found)
    }

    fn metadata_key(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Value> {
        if let Some(text) = self.text_in(reader, id) {
            return Some(Value::text(text));
        }
        let home = reader.closure.home.borrow().clone();
        let value = self.named_value(&reader.closure.scope, home.as_ref(), &reader.tree.clone(), id, 0)?;
        matches!(value, Value::Symbol(_) | Value::Unknown(_)).then_some(value)
    }

    /// The key and value of the metadata that a mark leaves.
    fn metadata_in(&mut self, mark: &Mark) -> Option<(Value, Value)> {
        let models = self.input.models;
        for (_, model) in models.of(self.family.language()) {
            let Some(metadata) = &model.metadata else { continue };
            if let Some(symbol) = &mark.symbol
                && metadata.sets.iter().any(|s| s == symbol)
            {
                return Some((mark.args.at(0)?.clone(), mark.args.at(1).cloned().unwrap_or(Value::Null)));
            }
            // A decorator that the framework makes is its own key.
            if let Value::Unknown(u) = &mark.value
                && u.callee.as_ref().is_some_and(|c| metadata.makes.iter().any(|m| m == c))
            {
                return Some((mark.value.clone(), mark.args.at(0).cloned().unwrap_or(Value::Bool(true))));
            }
        }
        None
    }
}

/// Whether an expression is a constant that is not null: a text, a number, `Kind.ACCOUNT`.
fn is_constant(tree: &apicensus_syntax::Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Str(_) | Expr::Number(_) => true,
        Expr::Attr(base, name) => {
            matches!(tree.expr(*base), Expr::Name(n) if n.starts_with(char::is_uppercase)) && name.starts_with(char::is_uppercase)
        }
        _ => false,
    }
}

/// Whether a pattern binds a name.
fn binds(pattern: &Pattern, name: &SmolStr) -> bool {
    match pattern {
        Pattern::Name(bound, _) => bound == name,
        Pattern::Default(inner, _) | Pattern::Rest(inner) => binds(inner, name),
        Pattern::Object(fields) => fields.iter().any(|(_, p)| binds(p, name)),
        _ => false,
    }
}

/// Where metadata is looked for, in that order: true for the class, false for the handler.
fn targets(reader: &Reader<'_>, id: ExprId) -> Vec<bool> {
    let tree = &reader.tree;
    let id = match tree.expr(id) {
        Expr::Name(name) => reader.bound(name).unwrap_or(id),
        _ => id,
    };
    let items = crate::walk::items(tree, id);
    let mut out = Vec::new();
    for item in items {
        if let Expr::Call { callee, .. } = tree.expr(item)
            && let Expr::Attr(_, name) = tree.expr(*callee)
        {
            out.push(name == "getClass");
        }
    }
    if out.is_empty() { vec![false, true] } else { out }
}
