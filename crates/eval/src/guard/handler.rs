//! The guards that a handler brings with itself: its decorators, its class's bases, attributes and early methods, what
//! its parameters inject, and the first checks of its own body.

use super::Facts;
use super::controls::{Said, bringing, made_of};
use crate::evaluate::Family;
use crate::handler::Handler;
use crate::interp::Cx;
use crate::models::{GuardSays, Injects};
use crate::output::{GuardRef, Place, Says};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The guards of a handler, outermost first.
    pub(crate) fn handler_guards(&mut self, handler: &Handler, at: Place) -> Vec<GuardRef> {
        let mut out = Vec::new();
        for value in &handler.guards {
            match value {
                Value::Function(f) => self.wrapper_guard(f, at, &mut out),
                value => self.push_guard(value, at, "handler", &mut out),
            }
        }
        if let Some(class) = &handler.class {
            self.class_guards(class, handler.methods.as_deref(), &mut out);
        }
        if let Some(value) = &handler.value {
            self.value_guards(value, at, &mut out, 0);
        }
        out
    }

    /// Whether a handler from outside of the tree is known to ask nothing of callers.
    pub(crate) fn asks_nothing(&mut self, handler: &Handler) -> bool {
        let (models, language) = (self.input.models, self.family.language());
        let symbol = match handler.value.as_ref().map(|v| self.force(v)) {
            Some(Value::Symbol(symbol)) => Some(symbol),
            Some(Value::Unknown(u)) => u.callee.clone(),
            _ => None,
        };
        let known = symbol.and_then(|symbol| models.guard(language, &symbol));
        known.is_some_and(|guard| guard.says == GuardSays::Nothing && guard.through.is_none())
    }

    /// The guards that a route is given, and those of the class around its handler.
    pub(crate) fn route_guards(&mut self, route: &RouteEvent, at: Place, out: &mut Vec<GuardRef>) {
        for guard in &route.guards {
            out.push(self.guard_ref(guard, at, "route"));
        }
        if let Some(marks) = &route.marks {
            marks.class.iter().rev().for_each(|m| self.mark_guard(m, "class", out));
        }
    }

    fn class_guards(&mut self, class: &Rc<ClassValue>, methods: Option<&[SmolStr]>, out: &mut Vec<GuardRef>) {
        let models = self.input.models;
        let model = self.handler_class(class).or_else(|| self.kin_class(class)).map(|(m, c)| models.class(m, c));
        let marks = class.marks.borrow().clone();
        for mark in marks {
            self.mark_guard(&mark, "class", out);
        }
        self.attribute_controls(class, out);
        let line = self.mro(class);
        for one in &line {
            match one {
                Value::Symbol(_) => self.push_guard(one, class.at, "class", out),
                Value::Class(c) if !Rc::ptr_eq(c, class) => {
                    let marks = c.marks.borrow().clone();
                    marks.iter().for_each(|m| self.mark_guard(m, "class", out));
                }
                _ => {}
            }
            let Value::Class(c) = one else { continue };
            for name in model.iter().flat_map(|m| &m.before) {
                let method = c.attrs.borrow().get(name.as_str()).cloned();
                if let Some(method) = method {
                    let method = self.force(&method);
                    if let Value::Function(f) = &method {
                        let marks = f.marks.borrow().clone();
                        marks.iter().for_each(|m| self.mark_guard(m, "class", out));
                    }
                    let facts = Facts { view: Some(class.clone()), ..Facts::default() };
                    self.with_facts(facts, |world| world.push_guard(&method, c.at, "class", out));
                }
            }
        }
        for name in model.iter().flat_map(|m| &m.guards) {
            if let Some(value) = self.class_attr(class, name) {
                let items = self.guard_items(&value, methods);
                items.iter().for_each(|v| self.push_guard(v, class.at, "class", out));
            }
        }
    }

    /// The model of the classes that an outside base is a kind of, by its name and package: `generic.UpdateView`.
    fn kin_class(&mut self, class: &Rc<ClassValue>) -> Option<(u16, u16)> {
        let models = self.input.models;
        let bases = self.outside_bases(class);
        let is_kin = |c: &crate::models::HandlerClass| {
            bases.iter().any(|base| {
                let package = base.split('.').next();
                let last = base.rsplit('.').next().unwrap_or_default();
                c.provides.contains_key(last) && c.symbol.iter().any(|s| s.split('.').next() == package)
            })
        };
        models.of(self.family.language()).find_map(|(m, model)| Some((m, model.classes.iter().position(is_kin)? as u16)))
    }

    /// The guards that an attribute of a class lists, all or by the verbs that a handler answers.
    fn guard_items(&mut self, value: &Value, methods: Option<&[SmolStr]>) -> Vec<Value> {
        match self.force(value) {
            Value::List(list) => list.items.borrow().clone(),
            Value::Dict(by_verb) => {
                let verbs = methods.unwrap_or_default().iter().map(|m| m.to_ascii_lowercase());
                let found: Vec<Value> = verbs.filter_map(|v| by_verb.get(&v)).collect();
                found.iter().flat_map(|v| self.guard_items(v, None)).collect()
            }
            other => vec![other],
        }
    }

    fn value_guards(&mut self, value: &Value, at: Place, out: &mut Vec<GuardRef>, depth: u32) {
        if depth > 8 {
            return;
        }
        match self.force(value) {
            Value::Function(f) => self.function_guards(&f, at, out, depth),
            Value::BoundFunction(b) => self.function_guards(&b.1.clone(), at, out, depth),
            // A wrapper from outside around the handler: `login_required(view)`.
            whole @ Value::Unknown(_) => {
                let Value::Unknown(u) = &whole else { return };
                if let Some(callee) = &u.callee {
                    let ruling = self.symbol_ruling(callee, &Args::default(), 0);
                    let said = self.controls_of(&whole, 0);
                    if ruling.says != Says::Nothing || !said.facts.is_empty() {
                        out.push(GuardRef { ruling, ..bringing(callee.clone(), at, "handler", said) });
                    }
                }
                let inner: Vec<Value> = u.args.items.iter().chain(u.args.named.iter().map(|(_, v)| v)).cloned().collect();
                let handler = inner.iter().rev().find(|v| matches!(v, Value::Function(_) | Value::BoundFunction(_) | Value::Unknown(_)));
                if let Some(handler) = handler {
                    self.value_guards(handler, at, out, depth + 1);
                }
            }
            outside @ Value::Symbol(_) => self.push_guard(&outside, at, "handler", out),
            Value::Method(bound) if bound.name.is_empty() => self.value_guards(&bound.receiver.clone(), at, out, depth + 1),
            Value::Default(inner) => self.value_guards(&inner, at, out, depth + 1),
            Value::Either(all) => {
                if let Some(one) = all.iter().find(|v| matches!(v, Value::Function(_) | Value::BoundFunction(_))) {
                    self.value_guards(one, at, out, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn function_guards(&mut self, f: &Rc<Closure>, at: Place, out: &mut Vec<GuardRef>, depth: u32) {
        let marks = f.marks.borrow().clone();
        // Decorators outside of the one that registers wrap what nobody calls, where a decorator replaces what it decorates.
        let wraps_calls = self.family == Family::Python;
        let from = marks.iter().position(|m| wraps_calls && m.at == at).unwrap_or(0);
        for mark in marks.iter().skip(from) {
            self.mark_guard(mark, "handler", out);
        }
        out.extend(self.exempting_mark(f, at, "handler"));
        let wraps = f.wraps.borrow().clone();
        match wraps {
            Some(inner) if !matches!(&inner, Value::Function(g) if Rc::ptr_eq(g, f)) => {
                self.wrapper_guard(f, at, out);
                self.value_guards(&inner, at, out, depth + 1);
            }
            _ => {
                for value in self.injected(f) {
                    self.push_guard(&value, at, "handler", out);
                }
                let ruling = self.inferred_body(f);
                if ruling.says != Says::Nothing {
                    let function = self.module(f.module).tree.function(f.function).clone();
                    let place = self.place(f.module, function.span);
                    let symbol = function.name.unwrap_or_else(|| "handler".into());
                    out.push(GuardRef { defined: Some(place), ruling, ..bringing(symbol, place, "handler", Said::default()) });
                }
            }
        }
    }

    /// A wrapper around a handler guards by what stands on it, and if it refuses by itself.
    fn wrapper_guard(&mut self, f: &Rc<Closure>, at: Place, out: &mut Vec<GuardRef>) {
        let marks = f.marks.borrow().clone();
        marks.iter().for_each(|mark| self.mark_guard(mark, "handler", out));
        let mut guard = self.guard_ref(&Value::Function(f.clone()), at, "handler");
        guard.ruling = self.inferred(f, 0);
        if guard.ruling.says != Says::Nothing && !out.contains(&guard) {
            out.push(guard);
        }
    }

    fn mark_guard(&mut self, mark: &Mark, level: &str, out: &mut Vec<GuardRef>) {
        let value = match (&mark.value, &mark.symbol) {
            // `@limiter.limit("5/minute")`: the mark holds what is called, and with what.
            (Value::Unknown(u), None) if self.brings_controls(u) => made_of(u.callee.clone().unwrap_or_default(), mark.args.clone()),
            // `auth.login_required(role="admin")` of an object from outside: the arguments are the mark's.
            (Value::Unknown(u), None) if u.callee.is_some() && !(mark.args.items.is_empty() && mark.args.named.is_empty()) => {
                Value::Unknown(Rc::new(Unknown {
                    label: u.label.clone(),
                    callee: u.callee.clone(),
                    args: mark.args.clone(),
                    at: Some(mark.at),
                    ..Unknown::default()
                }))
            }
            (Value::Function(_) | Value::BoundFunction(_) | Value::Unknown(_) | Value::Class(_) | Value::Instance(_), _) => {
                mark.value.clone()
            }
            (_, Some(symbol)) => Value::Unknown(Rc::new(Unknown {
                label: symbol.clone(),
                callee: Some(symbol.clone()),
                args: mark.args.clone(),
                at: Some(mark.at),
                ..Unknown::default()
            })),
            _ => mark.value.clone(),
        };
        // What only stands around guards gives way to them.
        let models = self.input.models;
        let around = mark.symbol.as_ref().and_then(|s| models.guard(self.family.language(), s)).filter(|g| g.is_plain());
        let Some(place) = around.and_then(|g| g.through.as_ref()) else { return self.push_guard(&value, mark.at, level, out) };
        for one in self.given_guards(&Some(place.clone()), &mark.args, None) {
            self.push_guard(&one, mark.at, level, out);
        }
    }

    /// Adds a guard that has something to say of callers or controls, once.
    fn push_guard(&mut self, value: &Value, at: Place, level: &str, out: &mut Vec<GuardRef>) {
        let guard = self.guard_ref(value, at, level);
        if (guard.ruling.says != Says::Nothing || !guard.controls.is_empty()) && !out.contains(&guard) {
            out.push(guard);
        }
    }

    /// How handlers' parameters bring guards in this world.
    fn injects(&self) -> Option<Injects> {
        let models = self.input.models;
        models.of(self.family.language()).find_map(|(m, model)| model.injects.filter(|_| self.input.weight(m) > 0))
    }

    /// What a function's parameters bring: dependencies in defaults and metadata, or extractor types.
    pub(super) fn injected(&mut self, f: &Rc<Closure>) -> Vec<Value> {
        let Some(injects) = self.injects() else { return Vec::new() };
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let home = f.home.borrow().clone();
        let mut out = Vec::new();
        if let (Injects::Values, Some(home)) = (injects, &home) {
            self.class_injected(home, &mut out);
        }
        for param in &function.params {
            match injects {
                Injects::Values => {
                    let mut found: Vec<ExprId> = param.default.into_iter().filter(|d| matches!(tree.expr(*d), Expr::Call { .. })).collect();
                    if let Some(ty) = param.ty {
                        self.metadata(&f.scope, &tree, ty, &mut found, &mut out, 0);
                    }
                    for id in found {
                        let cx = Cx { scope: f.scope.clone(), home: home.clone(), ..self.top(f.module) };
                        let value = self.expr(&cx, id);
                        if matches!(value, Value::Unknown(_) | Value::Function(_) | Value::Instance(_)) {
                            out.push(value);
                        }
                    }
                }
                Injects::Types => {
                    let Some(ty) = param.ty else { continue };
                    if let Some(value) = self.extractor(f, home.as_ref(), &tree, ty, 0) {
                        out.push(value);
                    }
                }
            }
        }
        out
    }

    /// What the attributes of a class of handlers bring (`user: User = Depends(get_user)`).
    fn class_injected(&mut self, home: &Rc<ClassValue>, out: &mut Vec<Value>) {
        let models = self.input.models;
        for one in self.mro(home) {
            let Value::Class(class) = one else { continue };
            let attrs: Vec<Value> = class.attrs.borrow().values().cloned().collect();
            for value in attrs {
                let value = self.force(&value);
                let Value::Unknown(u) = &value else { continue };
                let guard = u.callee.as_ref().and_then(|c| models.guard(self.family.language(), c));
                if guard.is_some_and(|g| g.through.is_some()) {
                    out.push(value);
                }
            }
        }
    }

    /// The calls in `Annotated[T, Depends(..)]`, and those behind a name for such a type.
    fn metadata(
        &mut self,
        scope: &crate::scope::Scope,
        tree: &apicensus_syntax::Module,
        ty: ExprId,
        calls: &mut Vec<ExprId>,
        values: &mut Vec<Value>,
        depth: u32,
    ) {
        if depth > 4 {
            return;
        }
        match tree.expr(ty) {
            Expr::Index(base, index) => {
                let is_annotated = matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n == "Annotated");
                let items = crate::walk::items(tree, *index);
                if is_annotated {
                    calls.extend(items.iter().skip(1).filter(|e| matches!(tree.expr(**e), Expr::Call { .. })));
                    items.iter().take(1).for_each(|e| self.metadata(scope, tree, *e, calls, values, depth + 1));
                } else {
                    items.iter().for_each(|e| self.metadata(scope, tree, *e, calls, values, depth + 1));
                }
            }
            Expr::Binary(_, a, b) => {
                self.metadata(scope, tree, *a, calls, values, depth + 1);
                self.metadata(scope, tree, *b, calls, values, depth + 1);
            }
            Expr::Name(_) | Expr::Attr(..) => {
                // `UserDep = Annotated[User, Depends(get_user)]` elsewhere: an unknown made of `Annotated[..]`.
                if let Some(Value::Unknown(u)) = self.named_value(scope, None, tree, ty, 0)
                    && u.callee.as_deref().is_some_and(|c| c.ends_with("Annotated[]"))
                {
                    let mut given = Vec::new();
                    u.args.items.iter().for_each(|v| self.flatten(v, &mut given, 0));
                    values.extend(given.into_iter().skip(1).filter(|v| matches!(v, Value::Unknown(_))));
                }
            }
            _ => {}
        }
    }
}
