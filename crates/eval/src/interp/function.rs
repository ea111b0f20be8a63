//! Closures, their annotations, and calls of user functions.

use super::{Cx, Out};
use crate::bounds::{MAX_CALLS, MAX_DESCENT, MAX_RECURSION};
use crate::evaluate::Family;
use crate::output::Place;
use crate::scope::{self, ScopeKind};
use crate::value::*;
use crate::world::{Frame, World};
use apicensus_syntax::{BindKind, Expr, ExprId, FunctionId, FunctionKind, ParamKind, Pattern};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

impl World<'_> {
    /// A function with the scope it stands in.
    pub(crate) fn closure(&mut self, cx: &Cx, function: FunctionId) -> Value {
        let kind = cx.tree.function(function).kind;
        let this = match kind {
            FunctionKind::Lambda => cx.this.clone(),
            FunctionKind::Method => cx.this.clone().filter(|_| self.family == Family::JavaScript && cx.home.is_none()),
            _ => None,
        };
        let home = if kind == FunctionKind::Lambda { cx.home.clone() } else { None };
        let closure = Rc::new(Closure {
            module: cx.module,
            function,
            scope: cx.scope.clone(),
            home: RefCell::new(home),
            this,
            props: RefCell::default(),
            marks: RefCell::default(),
            wraps: RefCell::default(),
            conditions: self.conditions.clone(),
        });
        if self.may_be_entry(self.module(cx.module).file) {
            self.closures.push(closure.clone());
        }
        Value::Function(closure)
    }

    /// A named function with its annotations applied.
    pub(crate) fn decorated_function(&mut self, cx: &Cx, function: FunctionId) -> Value {
        let hoisted = match self.family {
            Family::Rust => self.hoisted(cx, function),
            _ => cx.tree.function(function).name.as_ref().and_then(|n| cx.scope.names.borrow().get(n).cloned()),
        };
        let value = match hoisted {
            Some(value @ Value::Function(_))
                if self.family != Family::Python
                    && matches!(&value, Value::Function(f) if f.function == function && f.module == cx.module) =>
            {
                value
            }
            _ => self.closure(cx, function),
        };
        if let (Value::Function(f), true) = (&value, cx.scope.kind == ScopeKind::Class) {
            *f.home.borrow_mut() = cx.home.clone();
        }
        let annotations = cx.tree.function(function).annotations.clone();
        self.annotate(cx, value, &annotations)
    }

    /// Applies annotations, innermost first.
    pub(crate) fn annotate(&mut self, cx: &Cx, value: Value, annotations: &[ExprId]) -> Value {
        let mut value = value;
        for annotation in annotations.iter().rev() {
            let at = self.at(cx, *annotation);
            let mark = self.mark(cx, *annotation, at);
            self.add_mark(&value, mark.clone());
            if self.family != Family::Python {
                continue;
            }
            value = self.decorate(value, &mark, at);
        }
        value
    }

    /// Calls a decorator with what it decorates; an unknown one gives it back.
    pub(crate) fn decorate(&mut self, value: Value, mark: &Mark, at: Place) -> Value {
        let result = match self.force(&mark.value) {
            Value::Function(_)
            | Value::BoundFunction(_)
            | Value::Pending(_)
            | Value::Class(_)
            | Value::Instance(_)
            | Value::Method(_)
            | Value::Either(_) => {
                self.decorating.push(value.clone());
                let result = self.call_value(&mark.value, Args::of(vec![value.clone()]), at);
                self.decorating.pop();
                result
            }
            Value::Symbol(symbol) => {
                self.decorating.push(value.clone());
                let result = self.call_symbol(&symbol, Args::of(vec![value.clone()]), at);
                self.decorating.pop();
                result
            }
            Value::Unknown(u) if u.callee.is_some() => match u.callee.as_deref() {
                Some("functools.wraps") => self.wrapped(&value, u.args.at(0)),
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        // Of several decorators an unknown one gives back what it was given.
        let result = match result {
            Value::Either(all) => {
                let keep = |v: &Value| if matches!(v, Value::Unknown(_) | Value::Null) { value.clone() } else { v.clone() };
                Value::either(all.iter().map(keep).collect::<Vec<_>>())
            }
            other => other,
        };
        match &result {
            Value::Function(wrapper) => {
                // A wrapper keeps what was known of the function inside.
                if let Value::Function(inner) = &value
                    && !Rc::ptr_eq(wrapper, inner)
                {
                    if wrapper.wraps.borrow().is_none() {
                        *wrapper.wraps.borrow_mut() = Some(value.clone());
                    }
                    let marks = inner.marks.borrow().clone();
                    wrapper.marks.borrow_mut().extend(marks);
                    if wrapper.home.borrow().is_none() {
                        let home = inner.home.borrow().clone();
                        *wrapper.home.borrow_mut() = home;
                    }
                }
                result
            }
            Value::Unknown(_) | Value::Null => value,
            _ => result,
        }
    }

    /// `functools.wraps(f)(g)`: g stands for f.
    pub(crate) fn wrapped(&mut self, wrapper: &Value, inner: Option<&Value>) -> Value {
        if let (Value::Function(wrapper), Some(inner)) = (wrapper, inner) {
            *wrapper.wraps.borrow_mut() = Some(inner.clone());
            if let Value::Function(f) = self.force(inner) {
                let props: Vec<_> = f.props.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                wrapper.props.borrow_mut().extend(props);
            }
        }
        wrapper.clone()
    }

    /// Evaluates an annotation.
    pub(crate) fn mark(&mut self, cx: &Cx, annotation: ExprId, at: Place) -> Mark {
        let tree = cx.tree.clone();
        match tree.expr(annotation) {
            Expr::Call { callee, args, types, .. } => {
                let callee_value = if self.family == Family::Rust { self.attribute_name(cx, *callee) } else { self.expr(cx, *callee) };
                match self.force(&callee_value) {
                    Value::Symbol(symbol) => {
                        let args = self.args(cx, args);
                        let value = self.call_symbol(&symbol, args.clone(), at);
                        Mark { value, symbol: Some(symbol), args, at }
                    }
                    Value::Unknown(_) => {
                        let args = self.args(cx, args);
                        Mark { value: callee_value, symbol: None, args, at }
                    }
                    _ => {
                        let value = self.call_expr(cx, annotation, *callee, args, types, false);
                        let symbol = if let Value::Unknown(u) = &value { u.callee.clone() } else { None };
                        let args = if let Value::Unknown(u) = &value { u.args.clone() } else { Args::default() };
                        Mark { value, symbol, args, at }
                    }
                }
            }
            _ => {
                let value = self.expr(cx, annotation);
                let symbol = match &value {
                    Value::Symbol(s) => Some(s.clone()),
                    Value::Method(m) => Some(m.name.clone()),
                    _ => None,
                };
                Mark { value, symbol, args: Args::default(), at }
            }
        }
    }

    /// Remembers an annotation on what it stands on; composed ones are taken apart.
    pub(crate) fn add_mark(&mut self, value: &Value, mark: Mark) {
        let parts = self.mark_parts(mark, 0);
        match value {
            Value::Function(f) => {
                f.marks.borrow_mut().splice(0..0, parts);
            }
            Value::Class(c) => {
                c.marks.borrow_mut().splice(0..0, parts);
            }
            _ => {}
        }
    }

    fn mark_parts(&mut self, mark: Mark, depth: u32) -> Vec<Mark> {
        let composed = mark.symbol.as_ref().is_some_and(|s| self.is_compose(s));
        if !composed || depth > 8 {
            return vec![mark];
        }
        let mut parts = Vec::new();
        let items = mark.args.items.clone();
        for item in items {
            let (more, _) = match &item {
                Value::List(_) => self.items_of(&item, mark.at),
                _ => (vec![item.clone()], false),
            };
            for one in more {
                let inner = match self.force(&one) {
                    Value::Unknown(u) => Mark { value: one.clone(), symbol: u.callee.clone(), args: u.args.clone(), at: mark.at },
                    Value::Symbol(s) => Mark { value: one.clone(), symbol: Some(s), args: Args::default(), at: mark.at },
                    other => Mark { value: other, symbol: None, args: Args::default(), at: mark.at },
                };
                parts.extend(self.mark_parts(inner, depth + 1));
            }
        }
        parts
    }

    /// Whether anything in the arguments could change what a function registers.
    fn informative(&self, args: &Args) -> bool {
        args.items.iter().any(tells) || args.named.iter().any(|(_, v)| tells(v))
    }

    /// Calls a function of the tree.
    pub(crate) fn call_closure(&mut self, f: &Rc<Closure>, receiver: Option<Value>, args: Args, at: Place) -> Value {
        let key = (f.module, f.function);
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        if function.body.is_empty() && !function.params.iter().any(|p| p.is_field) || function.is_abstract {
            return Value::unknown(function.name.clone().unwrap_or_default(), "the function has no body", Some(at));
        }
        let given = args.items.first().filter(|v| matches!(v, Value::List(_) | Value::Object(_))).and_then(Value::ptr);
        if self.frames.len() >= MAX_CALLS || self.recurs_too_deeply(key, given) {
            return Value::unknown(function.name.clone().unwrap_or_default(), "calls nest too deeply", Some(at));
        }
        let summary = (f.module, f.function, self.entry, self.telling_scope(&f.scope));
        let informative =
            self.informative(&args) || matches!(receiver, Some(Value::Object(_) | Value::Instance(_) | Value::Class(_) | Value::Dict(_)));
        if !informative
            && let Some((count, Some(value))) = self.summaries.get(&summary).cloned()
            && count >= 4
        {
            return value;
        }
        let first = self.mark_called(key);
        if let Some(value) = self.spared(f) {
            return value;
        }
        // Calls that are being left end further in.
        if !self.is_leaving() {
            self.leave = None;
        }
        let before = self.before_call();
        self.ran.insert(Rc::as_ptr(f) as usize);
        let place = if at.file.0 == u32::MAX { self.frames.last().map_or(at, |f| f.at) } else { at };
        self.frames.push(Frame { key, at: place, started: self.steps, given });
        self.budget.push(f.module);
        // What only some builds have is registered under that condition.
        let conditions = if self.family == Family::Rust {
            super::cfg::joined(&self.conditions, f.conditions.iter().cloned())
        } else {
            self.conditions.clone()
        };
        let outer = std::mem::replace(&mut self.conditions, conditions);
        let value = self.run_closure(f, receiver, args);
        self.conditions = outer;
        // What was cut short with nothing made stays open to a provisional run.
        if first && self.is_leaving() && !self.made_since(&before) {
            self.called.remove(&key);
        }
        self.count_call(f, &before, &value);
        self.keep_memoised(key, &before, &value);
        self.budget.pop();
        self.frames.pop();
        if !informative {
            if summary.3 != 0 && !self.summaries.contains_key(&summary) {
                // Kept, so that its identity stays its own.
                self.kept.push(f.scope.clone());
            }
            let entry = self.summaries.entry(summary).or_insert((0, None));
            entry.0 += 1;
            entry.1 = Some(value.clone());
        }
        value
    }

    /// Whether a function calls itself too often: a bit deeper while each call gets a part that none before had.
    fn recurs_too_deeply(&self, key: (ModuleId, FunctionId), given: Option<usize>) -> bool {
        let calls = || self.frames.iter().filter(|frame| frame.key == key);
        let most = if given.is_some() && calls().all(|frame| frame.given != given) { MAX_DESCENT } else { MAX_RECURSION };
        calls().count() >= most
    }

    /// The identity of a captured scope that holds something which could change what a function registers; 0 without such.
    fn telling_scope(&self, scope: &scope::Scope) -> usize {
        let mut at = Some(scope);
        while let Some(one) = at.filter(|s| !matches!(s.kind, ScopeKind::Module(_))) {
            if one.names.borrow().values().any(tells) {
                return Rc::as_ptr(scope).cast::<u8>() as usize;
            }
            at = one.parent.as_ref();
        }
        0
    }

    /// A real call makes what a provisional run did void. Gives whether it is the first one.
    fn mark_called(&mut self, key: (ModuleId, FunctionId)) -> bool {
        // What tests call is served by production all the same, set up in its own way.
        let by_tests = self.family == Family::JavaScript && self.late && !self.input.files.get(self.module(key.0).file).secondary;
        if let Some(entry) = self.provisional.get(&key)
            && self.entry != Some(*entry)
            && !by_tests
            && !self.in_test()
        {
            self.dropped.insert(*entry);
        }
        self.called.insert(key)
    }

    /// What a provisional run made is kept when a later call gives it back, or finds it made already.
    fn keep_memoised(&mut self, key: (ModuleId, FunctionId), before: &crate::cost::Before, value: &Value) {
        let Some(entry) = self.provisional.get(&key).copied() else { return };
        if self.entry == Some(entry) || !self.dropped.contains(&entry) {
            return;
        }
        let gives = matches!(value, Value::Object(o) if o.entry == Some(entry));
        if gives || self.entry.is_some() && !self.made_since(before) {
            self.dropped.remove(&entry);
        }
    }

    fn run_closure(&mut self, f: &Rc<Closure>, receiver: Option<Value>, mut args: Args) -> Value {
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let scope = scope::new(ScopeKind::Function, Some(f.scope.clone()));
        let mut this = if function.kind == FunctionKind::Lambda { f.this.clone() } else { receiver.clone().or_else(|| f.this.clone()) };
        if self.family != Family::JavaScript {
            if let Some(receiver) = receiver {
                args.items.insert(0, receiver);
            }
            this = args.items.first().cloned().filter(|_| f.home.borrow().is_some()).or(f.this.clone());
        } else if function.kind != FunctionKind::Lambda {
            scope.set("arguments".into(), Value::list(args.items.clone()));
        }
        let home = f.home.borrow().clone();
        let cx = Cx { module: f.module, tree: tree.clone(), scope, this, home, function: Some(f.clone()), out: Rc::new(Out::default()) };
        self.bind_params(&cx, function, args);
        self.hoist(&cx, &function.body);
        self.block(&cx, &function.body);
        if function.is_generator {
            return Value::list(cx.out.yields.take());
        }
        let returns = cx.out.returns.take();
        match returns.len() {
            0 => Value::Null,
            _ => {
                let result = self.joined_returns(returns);
                self.declared_class(&cx, &result, function.returns).unwrap_or(result)
            }
        }
    }

    /// Several possible results: nulls from early exits don't hide the value.
    fn joined_returns(&mut self, returns: Vec<Value>) -> Value {
        let useful: Vec<Value> = returns.iter().filter(|v| !matches!(v, Value::Null)).cloned().collect();
        if useful.is_empty() { Value::Null } else { Value::either(useful) }
    }

    fn bind_params(&mut self, cx: &Cx, function: &apicensus_syntax::Function, args: Args) {
        let mut items = args.items.into_iter();
        let mut named = args.named;
        for param in &function.params {
            let name = param_name(&param.pattern);
            let value = match param.kind {
                ParamKind::Rest => {
                    let list = Value::list(items.by_ref().collect());
                    if let (Value::List(l), true) = (&list, args.open) {
                        l.open.set(true);
                    }
                    Some(list)
                }
                ParamKind::RestNamed => {
                    let dict = Value::dict(named.drain(..));
                    if let (Value::Dict(d), true) = (&dict, args.open_named) {
                        d.open.set(true);
                    }
                    Some(dict)
                }
                ParamKind::NameOnly => take_named(&mut named, name.as_deref()),
                ParamKind::Normal => {
                    let by_name = take_named(&mut named, name.as_deref());
                    by_name.or_else(|| items.next())
                }
            };
            let value = self.param_value(cx, param, value, args.open || args.open_named, name.as_ref());
            if param.is_field
                && let (Some(name), Some(this)) = (&name, &cx.this)
            {
                let this = this.clone();
                self.set_attr(&this, name, value.clone(), self.at_span(cx, function.span));
            }
            self.bind(cx, &param.pattern, value, BindKind::Declare);
        }
    }

    fn param_value(&mut self, cx: &Cx, param: &apicensus_syntax::Param, value: Option<Value>, open: bool, name: Option<&SmolStr>) -> Value {
        match (value, param.default) {
            (Some(Value::Null), Some(default)) if self.family == Family::JavaScript => self.expr(cx, default),
            (Some(value), _) => value,
            (None, Some(default)) => {
                let value = self.expr(cx, default);
                if open && !matches!(value, Value::Null) {
                    Value::Default(Rc::new(value))
                } else if open {
                    Value::unknown(name.cloned().unwrap_or_default(), "it was passed by an unknown spread", None)
                } else {
                    value
                }
            }
            (None, None) if self.family == Family::JavaScript && !open => Value::Null,
            (None, None) => Value::unknown(name.cloned().unwrap_or_default(), "the argument was not given", None),
        }
    }
}

/// Whether a value could change what a function registers.
fn tells(value: &Value) -> bool {
    match value {
        Value::Unknown(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Regex(_) | Value::Lazy(_) => false,
        Value::List(l) => !l.items.borrow().is_empty(),
        Value::Dict(d) => !d.entries.borrow().is_empty(),
        _ => true,
    }
}

fn take_named(named: &mut Vec<(SmolStr, Value)>, name: Option<&str>) -> Option<Value> {
    let at = named.iter().position(|(n, _)| Some(n.as_str()) == name)?;
    Some(named.remove(at).1)
}

/// The name of a simple parameter.
pub(crate) fn param_name(pattern: &Pattern) -> Option<SmolStr> {
    match pattern {
        Pattern::Name(name, _) => Some(name.clone()),
        Pattern::Default(inner, _) | Pattern::Rest(inner) => param_name(inner),
        Pattern::Construct { items, .. } => match items.as_slice() {
            [one] => param_name(one),
            _ => None,
        },
        _ => None,
    }
}
