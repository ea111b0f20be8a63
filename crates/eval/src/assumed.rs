//! Routers that are only known by how they are used: results of outside factories, attributes of assumed parameters.

use crate::apply::path_like;
use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, Module};
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

impl World<'_> {
    /// Whether a call with a first argument that isn't known registers all the same: a request handler comes last.
    pub(crate) fn registers_surely(&mut self, path: &Value, args: &Args) -> bool {
        self.family == Family::JavaScript && matches!(path, Value::Unknown(_) | Value::Symbol(_)) && self.ends_in_handler(args)
    }

    /// Whether the last of several arguments is a function that takes a request and a response.
    fn ends_in_handler(&mut self, args: &Args) -> bool {
        match args.items.last() {
            Some(Value::Function(f)) if args.items.len() > 1 => self.handler_shaped(&f.clone()),
            Some(Value::BoundFunction(b)) if args.items.len() > 1 => self.handler_shaped(&b.1.clone()),
            _ => false,
        }
    }

    /// Whether a call registers something on an attribute of an object that is only assumed.
    pub(crate) fn registers_on_assumed(&self, bound: &Bound, name: &SmolStr, args: &Args) -> bool {
        matches!(&bound.receiver, Value::Object(o) if o.assumed && o.kind.get().is_none())
            && self.family == Family::JavaScript
            && self.vocabulary.contains(name)
            && args.items.len() > 1
            && args.items.first().is_some_and(|v| v.as_str().is_some() || matches!(v, Value::Regex(_) | Value::List(_)))
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

    /// The router that an unknown value turned out to be.
    pub(crate) fn known_outside_router(&self, at: Option<Place>) -> Option<Value> {
        self.outside_routers.get(&at?).cloned().map(Value::Object)
    }
}
