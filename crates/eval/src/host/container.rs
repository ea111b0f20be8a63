//! Classes of the tree that are dicts or lists (`class Registry(dict)`), and dicts that make their missing entries
//! (`collections.defaultdict`).

use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// The field of an instance that holds its entries or items.
const INSIDE: &str = "@items";

impl World<'_> {
    /// Gives an instance of a subclass of a container its entries: what the constructor was given.
    pub(crate) fn fill_container(&mut self, instance: &Rc<Instance>, args: &Args, at: Place) {
        if self.family != Family::Python {
            return;
        }
        let base = self.outside_bases(&instance.class).into_iter().find(|s| {
            matches!(
                s.rsplit('.').next(),
                Some("dict" | "OrderedDict" | "UserDict" | "defaultdict" | "list" | "UserList" | "set" | "Dict" | "List")
            )
        });
        let Some(base) = base else { return };
        let symbol = match base.rsplit('.').next() {
            Some("defaultdict") => "collections.defaultdict",
            Some("list" | "UserList" | "List") => "list",
            Some("set") => "set",
            _ => "dict",
        };
        let own = self.class_attr(&instance.class.clone(), "__init__").is_some();
        let args = if own { Args::default() } else { args.clone() };
        if let Some(inside) = self.python_call(&SmolStr::new_static(symbol), &args, at) {
            instance.fields.borrow_mut().insert(INSIDE.into(), inside);
        }
    }

    /// The entries or items of an instance of such a class.
    pub(crate) fn inside(&self, instance: &Instance) -> Option<Value> {
        instance.fields.borrow().get(INSIDE).cloned()
    }

    /// A method that such an instance has from its outside base.
    pub(super) fn container_method(&mut self, instance: &Rc<Instance>, name: &str, args: &Args, at: Place) -> Option<Value> {
        let inside = self.inside(instance)?;
        let name = match (name, &inside) {
            ("__init__", Value::Dict(_)) => "update",
            ("__init__", _) => "extend",
            ("__getitem__", _) => return args.at(0).map(|key| self.index(&inside, key, at)),
            ("__setitem__", _) => {
                let (key, value) = (args.at(0)?.clone(), args.at(1)?.clone());
                self.set_index(&inside, &key, value, at);
                return Some(Value::Null);
            }
            ("__iter__", _) => {
                let (items, _) = self.items_of(&inside, at);
                return Some(Value::list(items));
            }
            ("__contains__", _) => return self.contains(&inside, args.at(0)?).map(Value::Bool),
            (name, _) => name,
        };
        self.host_method(&inside, &SmolStr::new(name), args, at)
    }

    /// What a dict makes for a missing key: an entry by its factory.
    pub(crate) fn made_entry(&mut self, dict: &Rc<Dict>, key: &Value, at: Place) -> Option<Value> {
        if self.family != Family::Python || Key::of(key).is_none() || key.is_unknown() {
            return None;
        }
        let factory = dict.proto.borrow().clone()?;
        let value = self.call_value(&factory, Args::default(), at);
        dict.set(key, value.clone());
        Some(value)
    }
}
