//! Operations that a route serves beside itself: those of the schema or registry that its handler was given. The path of an
//! operation is the route's with `#` and its name; what guards the route guards it.

use crate::assemble::Way;
use crate::guard::reach::here;
use crate::handler::Handler;
use crate::output::{Condition, GuardRef, PathPiece, Step, TroubleKind};
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId};
use std::rc::Rc;

/// How deep a handler is looked into for what it was given.
const MAX_DEPTH: u32 = 6;

impl World<'_> {
    pub(crate) fn is_operations(&self, object: &Object) -> bool {
        object.kind.get().is_some_and(|k| self.input.models.role(k).operations)
    }

    /// Whether an object has operations; each is looked at once.
    pub(crate) fn has_operations(&mut self) -> bool {
        let (seen, found) = self.with_operations;
        let found = found || self.objects.iter().skip(seen).any(|o| self.is_operations(o));
        self.with_operations = (self.objects.len(), found);
        found
    }

    /// The objects of a model that have operations and are served.
    pub(crate) fn objects_with_operations(&self, model: u16) -> Vec<Rc<Object>> {
        let is_one = |object: &&Rc<Object>| {
            self.is_operations(object) && object.kind.get().is_some_and(|k| k.model == model) && !self.is_dropped(object.entry)
        };
        self.objects.iter().filter(is_one).cloned().collect()
    }

    /// The objects of operations that a value is, or was made with.
    fn operations_in(&mut self, value: &Value, depth: u32, out: &mut Vec<Rc<Object>>) {
        if depth > MAX_DEPTH {
            return;
        }
        let inner: Vec<Value> = match self.force(value) {
            Value::Object(object) if self.is_operations(&object) => {
                if !out.iter().any(|o| Rc::ptr_eq(o, &object)) {
                    out.push(object);
                }
                return;
            }
            Value::Object(object) if object.kind.get().is_some_and(|k| self.input.models.role(k).silent) => given(&object.args.borrow()),
            Value::Unknown(u) => given(&u.args).into_iter().chain(u.from.clone()).collect(),
            Value::Method(bound) => vec![bound.receiver.clone()],
            Value::Either(all) => all.as_ref().clone(),
            Value::Default(inner) => vec![inner.as_ref().clone()],
            Value::Dict(dict) if depth > 0 => dict.entries.borrow().values().take(40).map(|e| e.1.clone()).collect(),
            Value::Function(f) if depth < 2 => self.of_function(&f),
            Value::BoundFunction(b) if depth < 2 => self.of_function(&b.1.clone()),
            Value::Symbol(symbol) if depth == 0 => self.of_type(&symbol),
            _ => Vec::new(),
        };
        inner.iter().for_each(|v| self.operations_in(v, depth + 1, out));
    }

    /// The endpoint object that a handler is, behind wrappers from outside.
    fn endpoint_in(&mut self, value: &Value, depth: u32) -> Option<Rc<Object>> {
        match self.force(value) {
            Value::Object(object) if !self.is_operations(&object) => Some(object),
            Value::Unknown(u) if depth < MAX_DEPTH => given(&u.args).iter().find_map(|v| self.endpoint_in(v, depth + 1)),
            _ => None,
        }
    }

    /// The framework objects that a function's code names, or those that its parameters have the types of.
    fn of_function(&mut self, f: &Rc<Closure>) -> Vec<Value> {
        let named = self.named_in(f);
        if named.iter().any(|v| matches!(v, Value::Object(o) if self.is_operations(o))) {
            return named;
        }
        let tree = self.module(f.module).tree.clone();
        let mut types: Vec<ExprId> = tree.function(f.function).params.iter().filter_map(|p| p.ty).collect();
        let mut cx = self.top(f.module);
        cx.scope = f.scope.clone();
        let mut typed = Vec::new();
        while let Some(id) = types.pop() {
            match tree.expr(id) {
                Expr::Index(base, inner) => types.extend([*base, *inner]),
                Expr::Wrap(_, inner) => types.push(*inner),
                Expr::List(..) => types.extend(walk::items(&tree, id)),
                _ => {
                    let symbol = self.type_symbol(&cx, &tree, id);
                    typed.extend(symbol.into_iter().flat_map(|s| self.of_type(&s)));
                }
            }
        }
        named.into_iter().chain(typed).collect()
    }

    /// The objects of operations of a role that a type means; those of deployed code that have one root.
    fn of_type(&mut self, symbol: &str) -> Vec<Value> {
        let models = self.input.models;
        let Some(kind) = models.kind_of_type(symbol).filter(|k| models.role(*k).operations) else { return Vec::new() };
        let all: Vec<Rc<Object>> = self
            .objects
            .iter()
            .filter(|o| o.kind.get() == Some(kind) && !o.secondary && !o.args.borrow().items.is_empty() && !self.is_dropped(o.entry))
            .cloned()
            .collect();
        let root = |world: &mut Self, object: &Rc<Object>| {
            let first = object.args.borrow().at(0).cloned().unwrap_or(Value::Null);
            match world.force(&first) {
                Value::Unknown(u) => u.from.clone().unwrap_or(Value::Null),
                Value::Instance(i) => Value::Class(i.class.clone()),
                other => other,
            }
        };
        let Some(first) = all.first() else { return Vec::new() };
        let own = root(self, first);
        if all.iter().any(|o| !root(self, o).same(&own)) {
            let message = format!("there are several schemas (`{symbol}`); which one is served here is not known");
            self.trouble_at(TroubleKind::UnresolvedRegistration, first.site, message, "its operations are missing");
            return Vec::new();
        }
        vec![Value::Object(first.clone())]
    }

    /// The framework objects that a function's code names.
    fn named_in(&mut self, f: &Rc<Closure>) -> Vec<Value> {
        let tree = self.module(f.module).tree.clone();
        let mut names = Vec::new();
        walk::function(&tree, f.function, &mut |e| {
            if let Expr::Name(name) = tree.expr(e) {
                names.push(name.clone());
            }
        });
        let found: Vec<Value> = names.iter().filter_map(|n| f.scope.get(n)).collect();
        let mut objects = Vec::new();
        for value in found {
            // What is asked for by its outside name may be one.
            let value = match self.peek(&value) {
                Value::Symbol(symbol) => self.outside_values.get(&symbol).map_or(Value::Null, |o| Value::Object(o.clone())),
                other => other,
            };
            objects.extend(matches!(value, Value::Object(_)).then_some(value));
        }
        objects
    }

    /// The numbers of the objects whose operations the routes of an object serve.
    pub(crate) fn served_operations(&mut self, object: &Rc<Object>) -> Vec<u32> {
        let mut found = Vec::new();
        let events: Vec<Rc<Event>> = object.events.borrow().iter().filter(|e| !self.is_dropped(e.entry)).cloned().collect();
        for event in events {
            if let What::Route(RouteEvent { handler: Some(handler), .. }) = &event.what {
                self.operations_in(handler, 0, &mut found);
            }
        }
        if object.kind.get().is_some_and(|k| self.input.models.role(k).silent) {
            given(&object.args.borrow().clone()).iter().for_each(|v| self.operations_in(v, 1, &mut found));
        }
        found.iter().filter(|o| o.id != object.id).map(|o| o.id).collect()
    }

    /// Emits the operations that a route serves. True when its handler is an endpoint object, which brings routes of its own.
    #[allow(clippy::type_complexity)]
    pub(crate) fn serve_operations(
        &mut self,
        object: &Rc<Object>,
        event: &Rc<Event>,
        route: &RouteEvent,
        (path, conditions, trail, guards): (&[PathPiece], &[Condition], &[Step], &[GuardRef]),
        way: &Way,
        out: &mut Vec<crate::output::Route>,
    ) -> bool {
        if route.protocol.is_some() || !self.has_operations() {
            return false;
        }
        let handler = route.handler.as_ref().map(|h| self.force(h));
        let mut found = Vec::new();
        handler.iter().for_each(|h| self.operations_in(h, 0, &mut found));
        if object.kind.get().is_some_and(|k| self.input.models.role(k).silent) {
            given(&object.args.borrow().clone()).iter().for_each(|v| self.operations_in(v, 1, &mut found));
        }
        if found.is_empty() {
            return false;
        }
        let own = Handler { value: handler.clone(), ..Handler::default() };
        let own = self.handler_guards(&own, event.at);
        let inner = Way {
            path: path.to_vec(),
            conditions: conditions.to_vec(),
            guards: guards.iter().cloned().chain(own).map(|g| here(g, Value::Null)).collect(),
            trail: trail.to_vec(),
            ..way.clone()
        };
        if let Some(endpoint) = handler.as_ref().and_then(|h| self.endpoint_in(h, 0)) {
            self.walk(&endpoint, &inner, false, out);
            return true;
        }
        found.iter().for_each(|schema| self.walk(schema, &inner, true, out));
        false
    }
}

/// All arguments.
fn given(args: &Args) -> Vec<Value> {
    args.items.iter().chain(args.named.iter().map(|(_, v)| v)).cloned().collect()
}
