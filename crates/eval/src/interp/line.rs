//! The line of a class: its bases in order, and what it inherits.

use crate::evaluate::Family;
use crate::models::{Entry, KindId};
use crate::value::*;
use crate::world::World;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The classes of a class in method resolution order: itself, then bases, outside bases as symbols.
    pub(crate) fn mro(&mut self, class: &Rc<ClassValue>) -> Vec<Value> {
        let mut all = Vec::new();
        self.mro_into(class, &mut all, 0);
        // Like C3 for the usual diamonds: a base stands after all its subclasses.
        let mut seen: Vec<Value> = Vec::new();
        for value in all.into_iter().rev() {
            if !seen.iter().any(|v| v.same(&value)) {
                seen.push(value);
            }
        }
        seen.reverse();
        seen
    }

    /// The members of a class and of what it inherits from, the nearest of a name, with the class that has it.
    pub(crate) fn members(&mut self, class: &Rc<ClassValue>) -> Vec<(Rc<ClassValue>, SmolStr, Value)> {
        let mut seen: FxHashSet<SmolStr> = FxHashSet::default();
        let mut out = Vec::new();
        for owner in self.mro(class) {
            let Value::Class(owner) = owner else { continue };
            for (name, value) in owner.attrs.borrow().iter() {
                if seen.insert(name.clone()) {
                    out.push((owner.clone(), name.clone(), value.clone()));
                }
            }
        }
        out
    }

    pub(crate) fn mro_into(&mut self, class: &Rc<ClassValue>, all: &mut Vec<Value>, depth: u32) {
        all.push(Value::Class(class.clone()));
        if depth > 24 || all.len() > 200 {
            return;
        }
        let bases = class.bases.borrow().clone();
        for base in bases {
            match self.force(&base) {
                Value::Class(base) => self.mro_into(&base, all, depth + 1),
                Value::Either(options) => {
                    for option in options.iter() {
                        match option {
                            Value::Class(base) => self.mro_into(base, all, depth + 1),
                            symbol @ Value::Symbol(_) => all.push(symbol.clone()),
                            _ => {}
                        }
                    }
                }
                // `Generic[T]`, `Base<T>`.
                Value::Unknown(u) if u.callee.as_ref().is_some_and(|c| c.ends_with("[]")) => {
                    if let Some(callee) = &u.callee {
                        all.push(Value::Symbol(SmolStr::new(callee.trim_end_matches("[]"))));
                    }
                }
                // A mixin: class expression from an outside call keeps its class arguments as bases.
                Value::Unknown(u) => {
                    for arg in u.args.items.clone() {
                        match self.force(&arg) {
                            Value::Class(base) => self.mro_into(&base, all, depth + 1),
                            symbol @ Value::Symbol(_) => all.push(symbol),
                            _ => {}
                        }
                    }
                    if let Some(callee) = &u.callee {
                        all.push(Value::Symbol(callee.clone()));
                    }
                }
                symbol @ Value::Symbol(_) => all.push(symbol),
                Value::Function(f) => {
                    let base = self.class_of_function(&f);
                    self.mro_into(&base, all, depth + 1);
                }
                _ => {}
            }
        }
    }

    /// Outside ancestors, nearest first.
    pub(crate) fn outside_bases(&mut self, class: &Rc<ClassValue>) -> Vec<SmolStr> {
        self.mro(class).into_iter().filter_map(|v| if let Value::Symbol(s) = v { Some(s) } else { None }).collect()
    }

    /// Whether one of the bases is a class of the tree that could not be found.
    pub(crate) fn has_missing_base(&mut self, class: &Rc<ClassValue>) -> bool {
        let line = self.mro(class);
        let bases: Vec<Value> =
            line.iter().filter_map(|c| if let Value::Class(c) = c { Some(c.bases.borrow().clone()) } else { None }).flatten().collect();
        bases.iter().any(|base| matches!(self.force(base), Value::Unknown(u) if u.callee.is_none() && u.args.items.is_empty()))
    }

    pub(crate) fn has_outside_base(&mut self, class: &Rc<ClassValue>) -> bool {
        self.mro(class)
            .iter()
            .any(|v| matches!(v, Value::Symbol(s) if !matches!(s.as_str(), "object" | "abc.ABC" | "typing.Generic" | "typing.Protocol")))
    }

    /// Whether Python gives a method the class without being told to.
    pub(crate) fn is_implicit_classmethod(&self, function: &Closure) -> bool {
        let name = &self.module(function.module).tree.function(function.function).name;
        self.family == Family::Python && name.as_deref().is_some_and(|n| n == "__init_subclass__" || n == "__class_getitem__")
    }

    /// What the models say of an ancestor.
    pub(crate) fn modelled_base(&mut self, class: &Rc<ClassValue>) -> Option<(SmolStr, Entry)> {
        let models = self.input.models;
        self.outside_bases(class).into_iter().find_map(|s| models.symbol(&s).first().map(|e| (s.clone(), *e)))
    }

    /// A class attribute by method resolution order.
    pub(crate) fn class_attr(&mut self, class: &Rc<ClassValue>, name: &str) -> Option<Value> {
        if let Some(found) = class.attrs.borrow().get(name) {
            return Some(found.clone());
        }
        if class.bases.borrow().is_empty() {
            return None;
        }
        self.mro(class).into_iter().find_map(|v| if let Value::Class(c) = v { c.attrs.borrow().get(name).cloned() } else { None })
    }

    pub(crate) fn find_getter(&mut self, class: &Rc<ClassValue>, name: &str) -> Option<(Rc<Closure>, Rc<ClassValue>)> {
        self.mro(class)
            .into_iter()
            .find_map(|v| if let Value::Class(c) = v { c.getters.borrow().get(name).cloned().map(|g| (g, c.clone())) } else { None })
    }

    /// Whether calls of an outside name make objects of a role.
    fn makes(&self, symbol: &SmolStr, made: KindId) -> bool {
        let models = self.input.models;
        models.symbol(symbol).iter().any(|entry| match *entry {
            Entry::Make(kind) => kind == made,
            Entry::Call(m, c) => models.call(m, c).role.as_deref().and_then(|role| models.kind(m, role)) == Some(made),
            _ => false,
        })
    }

    /// Whether a value is an instance of a class or symbol; None when unknown.
    pub(crate) fn is_instance(&mut self, value: &Value, class: &Value) -> Option<bool> {
        let class = self.force(class);
        let own = match value {
            Value::Instance(i) if !i.assumed => i.class.clone(),
            Value::Object(o) => match (&o.class, &class) {
                (Some(c), _) => c.clone(),
                (None, Value::Symbol(s)) => return Some(o.kind.get().is_some_and(|kind| self.makes(s, kind))),
                _ => return None,
            },
            Value::Text(_) | Value::List(_) | Value::Dict(_) | Value::Number(_) | Value::Function(_) | Value::Null | Value::Bool(_) => {
                return crate::host::is_builtin_instance(value, &class);
            }
            _ => return None,
        };
        match &class {
            Value::Class(c) => Some(self.mro(&own).iter().any(|v| matches!(v, Value::Class(b) if Rc::ptr_eq(b, c)))),
            Value::Function(f) => {
                let c = self.class_of_function(f);
                Some(self.mro(&own).iter().any(|v| matches!(v, Value::Class(b) if Rc::ptr_eq(b, &c))))
            }
            Value::Symbol(s) => self.outside_bases(&own).contains(s).then_some(true),
            Value::List(list) => {
                let options = list.items.borrow().clone();
                let answers: Vec<Option<bool>> = options.iter().map(|o| self.is_instance(value, o)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else if answers.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            _ => None,
        }
    }
}
