//! Changes of a world's state: bindings and fields that open branches may take back, objects and what is registered on
//! them.

use crate::output::{Condition, Place, TroubleKind};
use crate::scope::{Scope, ScopeKind};
use crate::value::*;
use crate::world::{Slot, World};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

impl World<'_> {
    /// Parses a module that was only named so far.
    pub(crate) fn parse(&mut self, id: ModuleId) {
        let module = self.module_mut(id);
        if std::mem::replace(&mut module.is_parsed, true) {
            return;
        }
        let file = module.file;
        if let Some(tree) = (self.input.lower)(file) {
            let module = self.module_mut(id);
            module.body = tree.body.clone();
            module.tree = tree;
        }
    }

    /// Sets a name, remembering the change in open branches.
    pub fn set_name(&mut self, scope: &Scope, name: &SmolStr, value: Value) {
        let value = self.or_as_before(scope, name, value);
        let old = scope.names.borrow_mut().insert(name.clone(), value);
        if let Some(layer) = self.journal.last_mut()
            && scope.serial < layer.from
        {
            layer.changes.push((Slot::Name(scope.clone(), name.clone()), old));
        }
    }
    /// A switch of a module that a function sets: other processes that start from the same code may never set it.
    fn or_as_before(&self, scope: &Scope, name: &SmolStr, value: Value) -> Value {
        if self.entry.is_none() && self.frames.is_empty() || !matches!((scope.kind, &value), (ScopeKind::Module(_), Value::Bool(_))) {
            return value;
        }
        match scope.names.borrow().get(name) {
            Some(old @ Value::Bool(_)) if !old.same(&value) => Value::either([old.clone(), value]),
            _ => value,
        }
    }
    /// Sets an instance's field, remembering the change in open branches.
    pub fn set_field(&mut self, instance: &Rc<Instance>, name: &SmolStr, value: Value) {
        let old = instance.fields.borrow_mut().insert(name.clone(), value);
        if let Some(layer) = self.journal.last_mut() {
            layer.changes.push((Slot::Field(instance.clone(), name.clone()), old));
        }
    }
    /// Sets an object's property, remembering the change in open branches.
    pub fn set_prop(&mut self, object: &Rc<Object>, name: &SmolStr, value: Value) {
        let old = object.props.borrow_mut().insert(name.clone(), value);
        if let Some(layer) = self.journal.last_mut() {
            layer.changes.push((Slot::Prop(object.clone(), name.clone()), old));
        }
    }

    /// Runs something under one more condition.
    pub fn under<T>(&mut self, condition: Option<Condition>, run: impl FnOnce(&mut Self) -> T) -> T {
        let Some(condition) = condition else { return run(self) };
        let mut all = self.conditions.as_ref().clone();
        if all.len() < 12 && !all.iter().any(|c| **c == condition) {
            all.push(Rc::new(condition));
        }
        let before = std::mem::replace(&mut self.conditions, Rc::new(all));
        let result = run(self);
        self.conditions = before;
        result
    }

    /// Where the outermost calls in progress stand.
    pub fn via(&self) -> Vec<Place> {
        self.frames.iter().map(|f| f.at).collect()
    }

    /// A new framework object.
    pub fn make_object(
        &mut self,
        kind: Option<crate::models::KindId>,
        site: Place,
        class: Option<Rc<ClassValue>>,
        assumed: bool,
    ) -> Rc<Object> {
        let object = Rc::new(Object {
            id: self.objects.len() as u32,
            kind: std::cell::Cell::new(kind),
            site,
            class,
            props: RefCell::default(),
            events: RefCell::default(),
            prefix: RefCell::default(),
            args: RefCell::default(),
            entry: self.entry,
            conditions: self.conditions.clone(),
            assumed,
            makers: self.frames.iter().rev().take(2).map(|f| f.key).collect(),
            secondary: self.starts_secondary(site),
            called_at: self.own_call(site.file),
        });
        self.objects.push(object.clone());
        object
    }

    /// Whether what runs was started by a file that is no production code.
    fn starts_secondary(&self, site: Place) -> bool {
        let start = self.frames.first().map_or(site, |f| f.at).file;
        start.0 != u32::MAX && self.input.files.get(start).secondary
    }

    /// The innermost call in progress that stands in the tree's own code, for what is made in a package of another tree.
    fn own_call(&self, made_in: crate::files::FileId) -> Option<Place> {
        if !self.is_installed(made_in) {
            return None;
        }
        self.frames.iter().rev().map(|f| f.at).find(|at| at.file.0 != u32::MAX && !self.is_installed(at.file))
    }

    /// Whether a file is of a package of another tree.
    pub(crate) fn is_installed(&self, file: crate::files::FileId) -> bool {
        file.0 != u32::MAX && self.input.files.get(file).installed
    }

    /// Whether functions of a file that nothing calls may be run: those of a package of another tree only when the tree's code made them.
    pub(crate) fn may_be_entry(&self, file: crate::files::FileId) -> bool {
        self.wave.contains(&file) && (!self.is_installed(file) || self.own_call(file).is_some())
    }

    /// Registers an event on an object.
    pub fn register(&mut self, object: &Rc<Object>, what: What, at: Place) {
        if object.events.borrow().len() >= 20_000 {
            self.trouble_at(TroubleKind::Bound, object.site, "too many registrations on one router", "the rest was left out");
            return;
        }
        if let What::Route(RouteEvent { handler: Some(handler), .. }) = &what {
            self.stands_for_decorated(handler);
        }
        self.registered += 1;
        let event = Event { what, at, conditions: self.conditions.clone(), entry: self.entry, via: self.via() };
        object.events.borrow_mut().push(Rc::new(event));
    }

    /// The source text of a place, shortened to one line.
    pub fn source_text(&self, at: Place, most: usize) -> SmolStr {
        let Some(bytes) = (self.input.text)(at.file) else { return SmolStr::default() };
        let slice = bytes.get(at.start as usize..at.end as usize).unwrap_or_default();
        let text = String::from_utf8_lossy(slice);
        let mut short: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((at, _)) = short.char_indices().nth(most) {
            short.truncate(at);
            short.push('…');
        }
        SmolStr::new(short)
    }
}
