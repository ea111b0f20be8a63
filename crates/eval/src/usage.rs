//! Middleware-like uses: what is a router is mounted, what answers is a route, the rest guards.

use crate::models::{Does, Entry};
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    /// `use(path?, a, b, router)`: routers are mounted, the rest guards what comes after.
    pub(crate) fn use_values(&mut self, object: &Rc<Object>, path: Option<Value>, values: Vec<Value>, at: Place) {
        let mut flat = Vec::new();
        for value in &values {
            self.flatten(value, &mut flat, 0);
        }
        let prefixes = match path.as_ref().map(|p| self.force(p)) {
            Some(Value::List(list)) => list.items.borrow().iter().cloned().map(Some).collect(),
            _ => vec![path.clone()],
        };
        for value in flat {
            let children = self.routers_in(&value, 0);
            for prefix in &prefixes {
                for child in &children {
                    self.register(object, What::Mount { prefix: prefix.clone(), child: child.clone(), replaces: false, route: None }, at);
                }
                if children.is_empty() {
                    self.use_one(object, prefix.clone(), &value, at);
                }
            }
        }
    }

    /// Whether an object is a router or application, not a route or handler.
    pub(crate) fn holds_routes(&self, object: &Object) -> bool {
        object.kind.get().is_some_and(|kind| !self.input.models.role(kind).silent)
    }

    pub(crate) fn use_one(&mut self, object: &Rc<Object>, prefix: Option<Value>, value: &Value, at: Place) {
        if let Value::Unknown(u) = value
            && u.callee.is_none()
            && (u.reason.contains("not in the tree") || u.reason.contains("run time"))
        {
            let message = format!("`{}` is used here but could not be followed: {}", u.label, u.reason);
            self.trouble_at(TroubleKind::UnresolvedMount, at, message, "if it is a router, its endpoints are missing");
        }
        if prefix.is_some() && self.terminal(value) {
            let route = RouteEvent { path: prefix, handler: Some(value.clone()), ..RouteEvent::default() };
            self.register(object, What::Route(route), at);
            return;
        }
        if prefix.is_none() && self.answers_all(value) {
            self.report_own(value, at);
        }
        self.register(object, What::Guard { value: value.clone(), prefix, reach: Reach::After }, at);
    }

    /// The routers a value is or holds: itself, results of callbacks of an unknown call, a module's default export.
    pub(crate) fn routers_in(&mut self, value: &Value, depth: u32) -> Vec<Value> {
        if depth > 6 {
            return Vec::new();
        }
        match self.force(value) {
            object @ Value::Object(_) => vec![object],
            Value::Unknown(u) => {
                if let Some(router) = self.known_outside_router(u.at) {
                    return vec![router];
                }
                let mut found = Vec::new();
                for result in u.results.iter().chain(&u.args.items) {
                    found.extend(self.routers_in(result, depth + 1));
                }
                found
            }
            Value::Either(all) => {
                let mut found = Vec::new();
                for one in all.iter() {
                    found.extend(self.routers_in(one, depth + 1));
                }
                found
            }
            Value::Module(id) => match self.member(&Value::Module(id), "default") {
                Some(Value::Module(_)) | None => Vec::new(),
                Some(default) => self.routers_in(&default, depth + 1),
            },
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().flat_map(|v| self.routers_in(v, depth + 1)).collect()
            }
            Value::Dict(dict) => match dict.get("default") {
                Some(default) => self.routers_in(&default, depth + 1),
                None => Vec::new(),
            },
            Value::Default(inner) => self.routers_in(&inner, depth + 1),
            // A middleware function that wraps a router it has captured is followed when it is a property.
            Value::Function(f) => {
                let router = f.props.borrow().get("router").cloned();
                router.map_or_else(Vec::new, |r| self.routers_in(&r, depth + 1))
            }
            _ => Vec::new(),
        }
    }

    /// Whether a symbol composes annotations.
    pub(crate) fn is_compose(&self, symbol: &str) -> bool {
        let models = self.input.models;
        models.symbol(symbol).iter().any(|e| matches!(e, Entry::Call(m, c) if models.call(*m, *c).does == Does::Compose))
    }
}
