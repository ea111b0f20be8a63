//! Routers that are only known by how they are used: results of outside factories, attributes of assumed parameters.

use crate::apply::path_like;
use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, FunctionId, Module, Pattern};
use smol_str::SmolStr;
use std::rc::Rc;

/// Whether the last of a call's arguments is a function that takes a request and a response.
pub(crate) fn ends_in_handler_expr(tree: &Module, args: &[Arg]) -> bool {
    let Some(Arg::Positional(last)) = args.last() else { return false };
    let Expr::Function(function) = tree.expr(*last) else { return false };
    let params = &tree.function(*function).params;
    let named = |at: usize, start: &str| {
        let name = params.get(at).and_then(|p| param_name(&p.pattern));
        name.is_some_and(|n| n.trim_start_matches('_').starts_with(start))
    };
    named(0, "req") && named(1, "res")
}

/// Whether a value is a path and can't be a name: it starts with a slash or is a pattern.
fn rooted(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.starts_with("/") == Some(true),
        Value::Default(inner) => rooted(inner),
        Value::Regex(_) => true,
        Value::List(list) => list.items.borrow().iter().any(rooted),
        _ => false,
    }
}

impl World<'_> {
    /// Whether a call whose path (at this argument) isn't known registers all the same: a request handler comes last. After
    /// something that is a path itself comes no other.
    pub(crate) fn registers_surely(&mut self, path: &Value, at: Option<usize>, args: &Args) -> bool {
        let after_path = at.is_some_and(|at| args.items.iter().take(at).any(rooted));
        self.family == Family::JavaScript
            && matches!(path, Value::Unknown(_) | Value::Symbol(_))
            && !after_path
            && self.ends_in_handler(args)
    }

    /// Whether the last of several arguments is a function that takes a request and a response.
    fn ends_in_handler(&mut self, args: &Args) -> bool {
        match args.items.last() {
            Some(Value::Function(f)) if args.items.len() > 1 => self.handler_shaped(&f.clone()),
            Some(Value::BoundFunction(b)) if args.items.len() > 1 => self.handler_shaped(&b.1.clone()),
            _ => false,
        }
    }

    /// What a parameter that takes its argument apart (`{ app, settings }`) is given when routes are registered on one of the
    /// names: a framework object under its key, the rest not known.
    pub(crate) fn assumed_parts(&mut self, tree: &Module, function: FunctionId, pattern: &Pattern, at: Place) -> Option<Value> {
        let parts = self.router_parts(tree, function, pattern)?;
        let entries = parts.into_iter().map(|(key, name, is_router)| {
            let value = match is_router {
                true => Value::Object(self.make_object(None, at, None, true)),
                false => Value::unknown(name, "it is a parameter of a function that nothing visible calls", Some(at)),
            };
            (key, value)
        });
        let entries: Vec<(SmolStr, Value)> = entries.collect();
        Some(Value::dict(entries))
    }

    /// The keys and names that a pattern takes out of its object, and whether routes are registered on them; None when on none.
    pub(crate) fn router_parts(&self, tree: &Module, function: FunctionId, pattern: &Pattern) -> Option<Vec<(SmolStr, SmolStr, bool)>> {
        let all = match pattern {
            Pattern::Object(all) if self.family == Family::JavaScript => all,
            Pattern::Default(inner, _) => return self.router_parts(tree, function, inner),
            _ => return None,
        };
        let mut parts = Vec::new();
        for (key, inner) in all {
            if let Some(name) = param_name(inner) {
                parts.push((key.clone(), name.clone(), self.used_as_router(tree, function, &name)));
            }
        }
        parts.iter().any(|(.., is_router)| *is_router).then_some(parts)
    }

    /// Whether a call registers something on an attribute of an object that is only assumed.
    pub(crate) fn registers_on_assumed(&self, bound: &Bound, name: &SmolStr, args: &Args) -> bool {
        matches!(&bound.receiver, Value::Object(o) if o.assumed && o.kind.get().is_none())
            && self.family == Family::JavaScript
            && self.vocabulary.contains(name)
            && args.items.len() > 1
            && args.items.first().is_some_and(|v| v.as_str().is_some() || rooted(v) || matches!(v, Value::List(_)))
    }

    /// The router that the result of an outside factory turns out to be: handlers are registered on it.
    pub(crate) fn outside_router(&mut self, unknown: &Unknown, name: &SmolStr, args: &Args) -> Option<Rc<Object>> {
        let at = unknown.at.filter(|_| self.family == Family::JavaScript && unknown.callee.is_some())?;
        if let Some(known) = self.outside_routers.get(&at) {
            return self.vocabulary.contains(name).then(|| known.clone());
        }
        let path = args.items.first()?;
        if !self.vocabulary.contains(name) || !path_like(path) || !self.ends_in_handler(args) {
            return None;
        }
        let object = self.make_object(None, at, None, true);
        self.outside_routers.insert(at, object.clone());
        Some(object)
    }

    /// An outside value by its symbol: the one object that it is when a model says so.
    pub(crate) fn outside_value(&mut self, symbol: SmolStr) -> Value {
        let Some(kind) = self.input.models.kind_of_value(&symbol) else { return Value::Symbol(symbol) };
        if let Some(known) = self.outside_values.get(&symbol) {
            return Value::Object(known.clone());
        }
        let site = self.budget.last().map_or(crate::interp::attr::NOWHERE, |module| self.module_place(*module));
        let (entry, conditions) = (self.entry.take(), std::mem::take(&mut self.conditions));
        let object = self.make_object(Some(kind), site, None, false);
        (self.entry, self.conditions) = (entry, conditions);
        self.outside_values.insert(symbol, object.clone());
        Value::Object(object)
    }

    /// The router that an unknown value turned out to be.
    pub(crate) fn known_outside_router(&self, at: Option<Place>) -> Option<Value> {
        self.outside_routers.get(&at?).cloned().map(Value::Object)
    }
}
