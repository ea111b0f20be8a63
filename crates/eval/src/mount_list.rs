//! Mounting lists: of routers, of routes, and of (path, handler) tuples.

use crate::apply::path_like;
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    /// Mounts a value, item by item when it is a list.
    pub(crate) fn mount_list(
        &mut self,
        object: &Rc<Object>,
        prefix: Option<Value>,
        child: &Value,
        replaces: bool,
        at: Place,
        route: Option<RouteEvent>,
    ) {
        match self.force(child) {
            Value::List(list) if self.route_tuple(object, &list) => {
                let items = list.items.borrow().clone();
                let route =
                    RouteEvent { path: items.first().cloned(), handler: items.get(1).cloned(), by_class: true, ..RouteEvent::default() };
                self.register(object, What::Route(route), at);
            }
            Value::List(list) => {
                let items = list.items.borrow().clone();
                for item in items {
                    self.mount_list(object, prefix.clone(), &item, replaces, at, route.clone());
                }
                if list.open.get() {
                    self.trouble_at(
                        TroubleKind::UnresolvedMount,
                        at,
                        "some items of this list of routes could not be followed",
                        "their endpoints are missing",
                    );
                }
            }
            Value::Either(all) if all.iter().any(|v| matches!(v, Value::List(_))) => {
                for one in self.told_lists(&all) {
                    self.mount_list(object, prefix.clone(), &one, replaces, at, route.clone());
                }
            }
            Value::Null | Value::Bool(_) => {}
            child => self.register(object, What::Mount { prefix, child, replaces, route }, at),
        }
    }

    /// Whether a list is a (path, handler, ...) tuple of a role that has such.
    pub(crate) fn route_tuple(&self, object: &Rc<Object>, list: &List) -> bool {
        let tuples = object.kind.get().is_some_and(|kind| self.input.models.role(kind).tuples);
        let items = list.items.borrow();
        let path = |v: &Value| path_like(v) || matches!(v, Value::Unknown(_));
        tuples
            && items.len() >= 2
            && items.first().is_some_and(path)
            && items.get(1).is_some_and(|h| !matches!(h, Value::List(_) | Value::Null))
    }

    /// Alternatives of a list of routes; those whose paths have unknown parts are left out when another has as many
    /// routes whose paths are all known (`if options.prefix: routes = [under(options.prefix, r) for r in routes]`).
    fn told_lists(&mut self, all: &[Value]) -> Vec<Value> {
        let sizes: Vec<Option<(usize, bool)>> = all.iter().map(|one| self.route_list(one)).collect();
        let told = |size: usize| sizes.contains(&Some((size, true)));
        let kept = all.iter().zip(&sizes).filter(|(_, size)| !matches!(size, Some((size, false)) if told(*size)));
        kept.map(|(one, _)| one.clone()).collect()
    }

    /// How many routes a list holds, and whether all their paths are known; None for what is no list of routes.
    fn route_list(&mut self, value: &Value) -> Option<(usize, bool)> {
        let Value::List(list) = self.force(value) else { return None };
        let items = list.items.borrow().clone();
        let mut known = !list.open.get();
        for item in &items {
            for one in self.force(item).alternatives() {
                known &= self.first_path(&one)?.as_str().is_some();
            }
        }
        Some((items.len(), known))
    }

    /// The path of a route value or of a (path, handler) tuple.
    fn first_path(&mut self, value: &Value) -> Option<Value> {
        let path = match self.force(value) {
            Value::List(tuple) => tuple.items.borrow().first().cloned()?,
            Value::Object(object) => object.events.borrow().iter().find_map(|event| match &event.what {
                What::Route(route) => route.path.clone(),
                _ => None,
            })?,
            _ => return None,
        };
        Some(self.force(&path))
    }
}
