//! Attributes: reading and setting them, method resolution order, binding receivers.

use super::Cx;
use super::module::join_symbol;
use super::pattern::label_of;
use crate::bounds::MAX_NESTING;
use crate::evaluate::Family;
use crate::host::GLOBAL;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Chains of calls of outside code are kept while their text is shorter.
pub(crate) const MAX_CHAIN: usize = 600;

/// Under which argument a column keeps its name.
const COLUMN_NAME: &str = "@column";

impl World<'_> {
    /// An attribute of a value; None when it certainly has none of that name.
    pub(crate) fn get_attr(&mut self, value: &Value, name: &str, at: Option<Place>) -> Option<Value> {
        if self.nesting > MAX_NESTING {
            return None;
        }
        self.nesting += 1;
        let found = self.get_attr_inner(value, name, at);
        self.nesting -= 1;
        found
    }

    pub(crate) fn get_attr_inner(&mut self, value: &Value, name: &str, at: Option<Place>) -> Option<Value> {
        match value {
            Value::Lazy(_) => match self.force(value) {
                still @ Value::Lazy(_) => Some(self.lazy_name(&still, &SmolStr::new(name), at.unwrap_or(NOWHERE))),
                forced => self.get_attr(&forced, name, at),
            },
            Value::Default(inner) => self.get_attr(inner, name, at),
            Value::Module(id) => match name {
                "__name__" if self.family == Family::Python => Some(Value::text(self.resolver.module_name(self.module(*id).file))),
                "__path__" if self.family == Family::Python => {
                    let folder = crate::files::parent(self.path_of(*id)).to_owned();
                    Some(Value::list(vec![Value::text(format!("/{folder}"))]))
                }
                _ => self.member(value, name).map(|v| self.force(&v)),
            },
            Value::Folder(_) => self.member(value, name).map(|v| self.force(&v)),
            Value::Symbol(symbol) if symbol == GLOBAL && self.global(name).is_some() => self.global(name),
            Value::Symbol(symbol) => {
                crate::natives::setting(self, symbol, name).or_else(|| Some(self.outside_value(join_symbol(symbol, name))))
            }
            Value::Dict(dict) => self.dict_attr(dict, value, name),
            Value::Instance(instance) => self.instance_attr(instance, value, name),
            Value::Class(class) => self.class_own_attr(class, value, name),
            Value::Function(function) => self.function_attr(function, value, name),
            Value::BoundFunction(bound) => self.function_attr(&bound.1, value, name),
            Value::Object(object) => self.object_attr(object, name, at),
            Value::Super(pair) => self.super_attr(&pair.0, &pair.1, name),
            Value::Either(all) => {
                let found: Vec<Value> = all.iter().filter_map(|v| self.get_attr(v, name, at)).collect();
                if found.is_empty() { None } else { Some(Value::either(found)) }
            }
            Value::Unknown(u) => match u.args.name(COLUMN_NAME) {
                Some(own) if matches!(name, "name" | "key") => Some(own.clone()),
                _ => Some(self.unknown_attr(u, name, at)),
            },
            Value::List(list) if name == "length" => Some(if list.open.get() {
                Value::unknown("length", "the list is not known", at)
            } else {
                Value::Number(list.items.borrow().len() as f64)
            }),
            // A text enum's member is its text.
            Value::Text(_) if self.family == Family::Python && matches!(name, "value" | "_value_") => Some(value.clone()),
            Value::Text(_) if self.family == Family::Python => self.path_attr(value, name),
            Value::Text(text) if name == "length" => text.known().map(|t| Value::Number(t.chars().count() as f64)),
            Value::List(_) if self.family == Family::Rust && name.parse::<usize>().is_ok() => {
                Some(self.index(value, &Value::Number(name.parse().unwrap_or(0.0)), NOWHERE))
            }
            _ => None,
        }
    }

    pub(crate) fn unknown_attr(&mut self, unknown: &Rc<Unknown>, name: &str, at: Option<Place>) -> Value {
        let label = if unknown.label.is_empty() { SmolStr::new(name) } else { SmolStr::new(format!("{}.{name}", unknown.label)) };
        Value::Unknown(Rc::new(Unknown {
            label,
            reason: unknown.reason.clone(),
            at: at.or(unknown.at),
            callee: unknown.callee.as_ref().map(|c| SmolStr::new(format!("{c}().{name}"))),
            args: Args::default(),
            results: unknown.results.clone(),
            from: (unknown.callee.is_some() && unknown.label.len() < MAX_CHAIN).then(|| Value::Unknown(unknown.clone())),
        }))
    }

    pub(crate) fn dict_attr(&mut self, dict: &Rc<Dict>, value: &Value, name: &str) -> Option<Value> {
        if self.family != Family::JavaScript {
            return None;
        }
        if let Some(found) = dict.get(name) {
            return Some(self.force(&found));
        }
        let getter = dict.getters.borrow().get(name).cloned();
        if let Some(getter) = getter {
            return Some(self.call_closure(&getter, Some(value.clone()), Args::default(), NOWHERE));
        }
        if name == "__esModule" && dict.es.get() {
            return Some(Value::Bool(true));
        }
        if name == "size" {
            return Some(Value::Number(dict.entries.borrow().len() as f64));
        }
        let proto = dict.proto.borrow().clone();
        if let Some(proto) = proto
            && let Some(found) = self.get_attr(&proto, name, None)
        {
            return Some(self.bind_method(found, value));
        }
        if crate::host::is_dict_method(name) || dict.open.get() {
            return Some(Value::Method(Rc::new(Bound { receiver: value.clone(), name: name.into(), args: Args::default() })));
        }
        None
    }

    pub(crate) fn instance_attr(&mut self, instance: &Rc<Instance>, value: &Value, name: &str) -> Option<Value> {
        let field = instance.fields.borrow().get(name).cloned();
        if let Some(found) = field {
            return Some(self.force(&found));
        }
        let class = instance.class.clone();
        if let Some((getter, _)) = self.find_getter(&class, name) {
            return Some(self.call_closure(&getter, Some(value.clone()), Args::default(), NOWHERE));
        }
        if let Some(found) = self.class_attr(&class, name) {
            let found = self.force(&found);
            if let Value::Function(function) = &found
                && self.is_property(function)
            {
                return Some(self.call_closure(function, Some(value.clone()), Args::default(), NOWHERE));
            }
            if matches!(&found, Value::Unknown(_) | Value::Default(_))
                && let Some(found) = self.trait_default(instance, name)
            {
                return Some(found);
            }
            if let Some(found) = self.validated_default(instance, name, &found) {
                return Some(found);
            }
            if matches!(found, Value::Null)
                && let Some(found) = self.bare_field(instance, name)
            {
                return Some(found);
            }
            let bound = self.bind_method(found, value);
            return Some(
                if (self.is_settings(&class) || self.is_bare(instance)) && !matches!(bound, Value::BoundFunction(_) | Value::Unknown(_)) {
                    Value::Default(Rc::new(bound))
                } else {
                    bound
                },
            );
        }
        if name == "__class__" || name == "constructor" {
            return Some(Value::Class(class));
        }
        if name == "__dict__" {
            let fields: Vec<_> = instance.fields.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
            return Some(Value::dict(fields));
        }
        if let Some(found) = self.bare_field(instance, name) {
            return Some(found);
        }
        let index = class.fields.borrow().iter().position(|f| f == name);
        if self.family == Family::Rust
            && let Some(value) = self.field_default(&class, name)
        {
            instance.fields.borrow_mut().insert(name.into(), value.clone());
            return Some(value);
        }
        if index.is_some() {
            return Some(Value::unknown(format!("{}.{name}", class.name), "the field was not given", None));
        }
        if let Some(Value::Function(f)) = self.class_attr(&class, "__getattr__") {
            return Some(self.call_closure(&f, Some(value.clone()), Args::of(vec![Value::text(name)]), NOWHERE));
        }
        if let Some(found) = self.set_later(instance, name) {
            return Some(found);
        }
        if self.has_outside_base(&class) {
            return Some(Value::Method(Rc::new(Bound { receiver: value.clone(), name: name.into(), args: Args::default() })));
        }
        if instance.assumed || self.family != Family::JavaScript {
            let is_missing = self.family == Family::Python && self.has_missing_base(&class);
            let reason = if is_missing { super::MISSING_BASE } else { "the field was not set where it could be seen" };
            return Some(Value::unknown(format!("{}.{name}", class.name), reason, None));
        }
        None
    }

    /// Whether a function carries `property` or the like.
    pub(crate) fn is_property(&self, function: &Closure) -> bool {
        function.marks.borrow().iter().any(|m| {
            m.symbol
                .as_ref()
                .is_some_and(|s| matches!(s.rsplit('.').next(), Some("property" | "cached_property" | "classproperty" | "lazyproperty")))
        })
    }

    /// Binds a function to a receiver by the language's rule.
    pub(crate) fn bind_method(&mut self, found: Value, receiver: &Value) -> Value {
        match &found {
            Value::Function(function) => {
                let marked = |name: &str| {
                    function.marks.borrow().iter().any(|m| m.symbol.as_deref().is_some_and(|s| s.rsplit('.').next() == Some(name)))
                };
                if self.family == Family::Python && function.home.borrow().is_none() {
                    return found;
                }
                if marked("staticmethod") {
                    return found;
                }
                let receiver = if marked("classmethod") || marked("classonlymethod") || self.is_implicit_classmethod(function) {
                    match receiver {
                        Value::Instance(i) => Value::Class(i.class.clone()),
                        Value::Object(o) => o.class.clone().map_or_else(|| receiver.clone(), Value::Class),
                        other => other.clone(),
                    }
                } else {
                    receiver.clone()
                };
                Value::BoundFunction(Rc::new((receiver, function.clone())))
            }
            Value::Either(all) => Value::either(all.iter().map(|v| self.bind_method(v.clone(), receiver)).collect::<Vec<_>>()),
            _ => found,
        }
    }

    pub(crate) fn class_own_attr(&mut self, class: &Rc<ClassValue>, value: &Value, name: &str) -> Option<Value> {
        if let Some(found) = self.class_attr(class, name) {
            let found = self.force(&found);
            let is_class_method = matches!(&found, Value::Function(f) if self.family == Family::JavaScript || f.marks.borrow().iter().any(|m| m.symbol.as_deref().is_some_and(|s| s.ends_with("classmethod") || s.ends_with("classonlymethod"))));
            if is_class_method {
                return Some(self.bind_method(found, value));
            }
            // Members of a Python enum are objects with a name and a value.
            if self.family == Family::Python
                && !matches!(found, Value::Function(_))
                && self.outside_bases(class).iter().any(|s| s.starts_with("enum."))
            {
                return Some(self.enum_member(class, name, found));
            }
            if let Some(column) = self.named_column(&found, name) {
                return Some(column);
            }
            return Some(if self.is_settings(class) && !matches!(found, Value::Function(_) | Value::Unknown(_)) {
                Value::Default(Rc::new(found))
            } else {
                found
            });
        }
        if let Some((getter, _)) = self.find_getter(class, name) {
            return Some(self.call_closure(&getter, Some(value.clone()), Args::default(), NOWHERE));
        }
        match name {
            "__name__" | "name" | "__qualname__" => Some(Value::text(class.name.clone())),
            "__module__" => Some(Value::text(self.resolver.module_name(self.module(class.module).file))),
            "prototype" => Some(value.clone()),
            "__dict__" => {
                let attrs: Vec<_> = class.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                Some(Value::dict(attrs))
            }
            "__bases__" => Some(Value::tuple(class.bases.borrow().clone())),
            "__mro__" => Some(Value::tuple(self.mro(class))),
            "__members__" => {
                let names: Vec<SmolStr> = class.attrs.borrow().keys().filter(|n| !n.starts_with('_')).cloned().collect();
                let members = names.into_iter().filter_map(|n| self.get_attr(value, &n, None).map(|v| (n, v))).collect::<Vec<_>>();
                Some(Value::dict(members))
            }
            _ if self.has_outside_base(class) || self.family == Family::Python => {
                if let Some(found) = crate::natives::class_attribute(self, class, name) {
                    return Some(found);
                }
                Some(Value::Method(Rc::new(Bound { receiver: value.clone(), name: name.into(), args: Args::default() })))
            }
            _ => None,
        }
    }

    /// A column of a mapped class knows the name it has there.
    fn named_column(&self, value: &Value, name: &str) -> Option<Value> {
        let Value::Unknown(u) = value else { return None };
        let is_column = self.family == Family::Python
            && matches!(u.callee.as_deref().and_then(|c| c.rsplit('.').next()), Some("Column" | "mapped_column"));
        if !is_column {
            return None;
        }
        let own = u.args.at(0).filter(|v| v.as_str().is_some()).cloned().unwrap_or_else(|| Value::text(name));
        let mut args = u.args.clone();
        args.named.push((SmolStr::new_static(COLUMN_NAME), own));
        let known =
            Unknown { args, label: u.label.clone(), reason: u.reason.clone(), at: u.at, callee: u.callee.clone(), ..Unknown::default() };
        Some(Value::Unknown(Rc::new(known)))
    }

    pub(crate) fn enum_member(&mut self, class: &Rc<ClassValue>, name: &str, value: Value) -> Value {
        let text = self.outside_bases(class).iter().any(|s| matches!(s.as_str(), "str" | "enum.StrEnum" | "int" | "enum.IntEnum"));
        let instance = Instance { class: class.clone(), fields: Default::default(), assumed: false, at: class.at };
        instance.fields.borrow_mut().insert("name".into(), Value::text(name));
        instance.fields.borrow_mut().insert("value".into(), value.clone());
        instance.fields.borrow_mut().insert("_value_".into(), value.clone());
        // A text enum's member is used as its text; `.value` and `.name` of text are handled by the host.
        if text { value } else { Value::Instance(Rc::new(instance)) }
    }

    pub(crate) fn function_attr(&mut self, function: &Rc<Closure>, value: &Value, name: &str) -> Option<Value> {
        let prop = function.props.borrow().get(name).cloned();
        if let Some(found) = prop {
            return Some(self.force(&found));
        }
        match name {
            "__name__" | "name" | "__qualname__" => {
                self.module(function.module).tree.function(function.function).name.clone().map(Value::text)
            }
            "__module__" => Some(Value::text(self.resolver.module_name(self.module(function.module).file))),
            "__wrapped__" => function.wraps.borrow().clone(),
            "__func__" => Some(Value::Function(function.clone())),
            "__annotations__" if self.family == Family::Python => {
                let said = Value::dict([]);
                function.props.borrow_mut().insert(name.into(), said.clone());
                Some(said)
            }
            "__self__" => match value {
                Value::BoundFunction(b) => Some(b.0.clone()),
                _ => None,
            },
            "__doc__" => Some(self.module(function.module).tree.function(function.function).doc.clone().map_or(Value::Null, Value::text)),
            "prototype" => {
                let class = self.class_of_function(function);
                Some(Value::Class(class))
            }
            "call" | "apply" | "bind" => {
                Some(Value::Method(Rc::new(Bound { receiver: value.clone(), name: name.into(), args: Args::default() })))
            }
            _ if self.family == Family::JavaScript => Some(Value::Null),
            _ => None,
        }
    }

    /// The class a JavaScript constructor function is: its prototype's properties are the methods.
    pub(crate) fn class_of_function(&mut self, function: &Rc<Closure>) -> Rc<ClassValue> {
        if let Some(Value::Class(class)) = function.props.borrow().get("@class") {
            return class.clone();
        }
        let tree = self.module(function.module).tree.clone();
        let f = tree.function(function.function);
        let class = Rc::new(ClassValue {
            module: function.module,
            class: None,
            name: f.name.clone().unwrap_or_default(),
            bases: Default::default(),
            attrs: Default::default(),
            getters: Default::default(),
            scope: function.scope.clone(),
            marks: Default::default(),
            at: self.place(function.module, f.span),
            fields: Default::default(),
            conditions: self.conditions.clone(),
        });
        class.attrs.borrow_mut().insert("constructor".into(), Value::Function(function.clone()));
        function.props.borrow_mut().insert("@class".into(), Value::Class(class.clone()));
        class
    }

    pub(crate) fn super_attr(&mut self, home: &Rc<ClassValue>, receiver: &Value, name: &str) -> Option<Value> {
        let class = match receiver {
            Value::Instance(i) => i.class.clone(),
            Value::Object(o) => o.class.clone().unwrap_or_else(|| home.clone()),
            Value::Class(c) => c.clone(),
            _ => home.clone(),
        };
        let order = self.mro(&class);
        let after = order.iter().position(|v| matches!(v, Value::Class(c) if Rc::ptr_eq(c, home))).map_or(0, |i| i + 1);
        for base in &order[after.min(order.len())..] {
            if let Value::Class(base) = base {
                let found = base.attrs.borrow().get(name).cloned();
                if let Some(found) = found {
                    return Some(match &found {
                        Value::Function(f) if self.is_property(f) => self.call_closure(f, Some(receiver.clone()), Args::default(), NOWHERE),
                        _ => self.bind_method(found, receiver),
                    });
                }
                let getter = base.getters.borrow().get(name).cloned();
                if let Some(getter) = getter {
                    return Some(self.call_closure(&getter, Some(receiver.clone()), Args::default(), NOWHERE));
                }
            }
        }
        if let Value::Object(object) = receiver {
            return self.model_attr(object, name);
        }
        Some(Value::Method(Rc::new(Bound {
            receiver: receiver.clone(),
            name: SmolStr::new(format!("super.{name}")),
            args: Args::default(),
        })))
    }

    pub(crate) fn object_attr(&mut self, object: &Rc<Object>, name: &str, _at: Option<Place>) -> Option<Value> {
        let prop = object.props.borrow().get(name).cloned();
        if let Some(found) = prop {
            return Some(self.force(&found));
        }
        if let Some(class) = object.class.clone() {
            let value = Value::Object(object.clone());
            if let Some((getter, _)) = self.find_getter(&class, name) {
                return Some(self.call_closure(&getter, Some(value), Args::default(), NOWHERE));
            }
            if let Some(found) = self.class_attr(&class, name) {
                if let Value::Function(f) = &found
                    && self.is_property(f)
                {
                    return Some(self.call_closure(f, Some(value), Args::default(), NOWHERE));
                }
                return Some(self.bind_method(found, &value));
            }
        }
        self.model_attr(object, name)
    }

    /// Sets an attribute.
    pub(crate) fn set_attr(&mut self, base: &Value, name: &SmolStr, value: Value, at: Place) {
        match self.force(base) {
            Value::Instance(instance) => {
                // A Python property setter or JS setter runs user code; its effect is the field.
                self.set_field(&instance, name, value);
            }
            Value::Symbol(symbol) if symbol == GLOBAL => self.set_global(name, value),
            Value::Object(object) if self.set_live_list(&object, name, &value) => {}
            Value::Object(object) => self.set_prop(&object, name, value),
            Value::Dict(dict) => dict.set(&Value::text(name.clone()), value),
            Value::Class(class) => {
                if let Value::Function(f) = &value
                    && f.home.borrow().is_none()
                    && self.family == Family::JavaScript
                {
                    *f.home.borrow_mut() = Some(class.clone());
                }
                if name == "prototype" || name == "__proto__" {
                    class.bases.borrow_mut().push(value);
                } else {
                    class.attrs.borrow_mut().insert(name.clone(), value);
                }
            }
            Value::Function(function) => {
                if name == "prototype" {
                    let class = self.class_of_function(&function);
                    match self.force(&value) {
                        Value::Dict(dict) => {
                            for (key, (_, entry)) in dict.entries.borrow().iter() {
                                if let Key::Text(key) = key {
                                    class.attrs.borrow_mut().insert(key.clone(), entry.clone());
                                }
                            }
                        }
                        Value::Instance(parent) => class.bases.borrow_mut().push(Value::Class(parent.class.clone())),
                        other => class.bases.borrow_mut().push(other),
                    }
                } else {
                    function.props.borrow_mut().insert(name.clone(), value);
                }
            }
            Value::Module(id) => {
                let scope = self.module(id).scope.clone();
                self.set_name(&scope, name, value);
            }
            Value::Either(all) => all.iter().for_each(|one| self.set_attr(one, name, value.clone(), at)),
            Value::BoundFunction(bound) => {
                bound.1.props.borrow_mut().insert(name.clone(), value);
            }
            _ => {}
        }
    }

    /// `super` here.
    pub(crate) fn super_value(&mut self, cx: &Cx) -> Value {
        let (Some(home), Some(this)) = (&cx.home, &cx.this) else {
            return Value::unknown("super", "there is no class around it", None);
        };
        Value::Super(Rc::new((home.clone(), this.clone())))
    }

    /// A label for messages.
    pub(crate) fn label(&self, value: &Value) -> SmolStr {
        label_of(value, "")
    }
}

/// A place for calls that stand nowhere in the source.
pub(crate) const NOWHERE: Place = Place { file: crate::files::FileId(u32::MAX), line: 0, end_line: 0, start: 0, end: 0 };
