//! Live lists of an object's routes, as user code sees and changes them.

use crate::apply::SINGLE;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

impl World<'_> {
    /// The live list of an object's routes: one object an event; what user code appends is mounted at assembly.
    pub(crate) fn live_list(&mut self, object: &Rc<Object>) -> Option<Rc<List>> {
        let list = match self.live.get(&object.id) {
            Some(list) => list.clone(),
            None => {
                let Value::List(list) = Value::list(Vec::new()) else { return None };
                self.live.insert(object.id, list.clone());
                list
            }
        };
        let events: Vec<Rc<Event>> = object.events.borrow().iter().filter(|e| !matches!(e.what, What::Guard { .. })).cloned().collect();
        let known: Vec<*const Event> = list
            .items
            .borrow()
            .iter()
            .filter_map(|v| {
                if let Value::Object(o) = v {
                    o.props.borrow().contains_key(SINGLE).then(|| o.events.borrow().first().map(Rc::as_ptr)).flatten()
                } else {
                    None
                }
            })
            .collect();
        for event in events {
            if known.contains(&Rc::as_ptr(&event)) {
                continue;
            }
            let single = self.make_object(object.kind.get(), event.at, None, true);
            if let What::Route(route) = &event.what {
                let mut props = single.props.borrow_mut();
                props.insert("path".into(), route.path.clone().unwrap_or_else(|| Value::text("")));
                props.insert("endpoint".into(), route.handler.clone().unwrap_or(Value::Null));
                if let Some(methods) = &route.methods {
                    props.insert("methods".into(), Value::list(methods.iter().cloned().map(Value::text).collect()));
                }
            }
            single.props.borrow_mut().insert(SINGLE.into(), Value::Bool(true));
            single.events.borrow_mut().push(event);
            list.items.borrow_mut().push(Value::Object(single));
        }
        Some(list)
    }

    /// `table._items = list`: the object's routes are what is in the list from now on.
    pub(crate) fn set_live_list(&mut self, object: &Rc<Object>, name: &str, value: &Value) -> bool {
        let Some(kind) = object.kind.get() else { return false };
        if crate::natives::set_attribute(self, object, name, value) {
            return true;
        }
        let is_live = self.input.models.role(kind).attributes.get(name).is_some_and(|a| a == "routes");
        let Value::List(list) = self.force(value) else { return false };
        if !is_live {
            return false;
        }
        object.events.borrow_mut().clear();
        self.live.insert(object.id, list);
        true
    }

    /// What user code put into an object's live list.
    pub(crate) fn live_extras(&self, object: &Object) -> Vec<Value> {
        let Some(list) = self.live.get(&object.id) else { return Vec::new() };
        let own = object.events.borrow();
        let items = list.items.borrow();
        let is_own = |v: &Value| matches!(v, Value::Object(o) if o.props.borrow().contains_key(SINGLE) && o.events.borrow().first().is_some_and(|e| own.iter().any(|x| Rc::ptr_eq(x, e))));
        items.iter().filter(|v| !is_own(v)).cloned().collect()
    }
}
