//! Reading and changing collections: indices, slices, items, keys.

use super::pattern::label_of;
use crate::evaluate::Family;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// `a[b]`.
    pub(crate) fn index(&mut self, base: &Value, index: &Value, at: Place) -> Value {
        let (base, index) = (self.force(base), self.force(index));
        match (&base, index.plain()) {
            (Value::Default(inner), _) => self.index(inner, &index, at),
            (Value::Either(all), _) => {
                let results: Vec<Value> = all.iter().map(|v| self.index(v, &index, at)).collect();
                Value::either(results)
            }
            (_, Value::Either(all)) if !matches!(base, Value::Symbol(_) | Value::Class(_)) => {
                let results: Vec<Value> = all.iter().map(|v| self.index(&base, v, at)).collect();
                Value::either(results)
            }
            (Value::List(list), Value::Number(n)) => {
                let items = list.items.borrow();
                let at_index = if n < 0.0 { items.len() as f64 + n } else { n };
                match items.get(at_index as usize).filter(|_| at_index >= 0.0) {
                    Some(item) => item.clone(),
                    None if list.open.get() => Value::unknown("[]", "an item of an unknown list", Some(at)),
                    None => Value::Null,
                }
            }
            (Value::List(list), Value::Unknown(_)) => {
                Value::either(list.items.borrow().iter().take(MAX_EITHER).cloned().collect::<Vec<_>>())
            }
            (Value::Dict(dict), ref key) => self.dict_get(dict, key).or_else(|| self.made_entry(dict, key, at)).unwrap_or_else(|| {
                let label = key.as_str().unwrap_or_default();
                if dict.open.get() || key.is_unknown() {
                    if key.is_unknown() && !dict.open.get() && dict.entries.borrow().len() <= MAX_EITHER {
                        return Value::either(dict.entries.borrow().values().map(|(_, v)| v.clone()).collect::<Vec<_>>());
                    }
                    Value::unknown(format!("[{label}]"), "an entry of an unknown dict", Some(at))
                } else if self.family == Family::JavaScript {
                    Value::Null
                } else {
                    Value::unknown(format!("[{label}]"), "there is no such entry", Some(at))
                }
            }),
            (Value::Text(text), Value::Number(n)) if self.family != Family::Rust => match text.known() {
                Some(all) => {
                    let index = if n < 0.0 { all.chars().count() as f64 + n } else { n };
                    all.chars().nth(index.max(0.0) as usize).map_or(Value::Null, |c| Value::text(c.to_string()))
                }
                None => text
                    .map_start(|s| s.chars().next().map_or_else(SmolStr::default, |c| SmolStr::new(c.to_string())))
                    .parts
                    .first()
                    .map_or(Value::Null, |p| match p {
                        crate::text::Part::Known(t, _) => Value::text(t.clone()),
                        crate::text::Part::Hole { .. } => Value::unknown("[]", "a character of unknown text", Some(at)),
                    }),
            },
            // Type arguments: `Annotated[..]`, `Json<T>`.
            (Value::Symbol(_) | Value::Class(_), _) if self.family != Family::JavaScript => self.subscript_type(&base, &index),
            (_, Value::Text(ref name)) if self.family == Family::JavaScript => match name.known() {
                Some(name) => match self.get_attr(&base, &name, Some(at)) {
                    Some(value) => self.force(&value),
                    None => self.missing_attr(&base, &name, at),
                },
                None => Value::unknown(label_of(&base, "[..]"), "the key is not known", Some(at)),
            },
            (Value::Instance(instance), _) => match self.class_attr(&instance.class.clone(), "__getitem__") {
                Some(Value::Function(f)) => self.call_closure(&f, Some(base.clone()), Args::of(vec![index]), at),
                _ => match self.inside(instance) {
                    Some(inside) => self.index(&inside, &index, at),
                    None => self.config_value(&base, &index, at),
                },
            },
            _ => self.config_value(&base, &index, at),
        }
    }

    pub(crate) fn subscript_type(&mut self, base: &Value, index: &Value) -> Value {
        match base {
            Value::Symbol(s) if s.ends_with("environ") => {
                let label = index.as_str().unwrap_or_default();
                Value::unknown(label, "an environment variable without a default", None)
            }
            Value::Symbol(s) => Value::Unknown(Rc::new(Unknown {
                label: s.clone(),
                reason: "a type".into(),
                callee: Some(SmolStr::new(format!("{s}[]"))),
                args: Args::of(vec![index.clone()]),
                ..Unknown::default()
            })),
            Value::Class(class) => match self.class_attr(class, "__class_getitem__") {
                Some(Value::Function(_)) | None => base.clone(),
                Some(_) => base.clone(),
            },
            other => other.clone(),
        }
    }

    /// An entry of a dict by any key.
    pub(crate) fn dict_get(&mut self, dict: &Dict, key: &Value) -> Option<Value> {
        let key = Key::of(key)?;
        let found = dict.entries.borrow().get(&key).map(|(_, v)| v.clone());
        found.map(|v| self.force(&v))
    }

    /// A key of something unknown: the tree's only value of that name, as a default.
    pub(crate) fn config_value(&mut self, base: &Value, index: &Value, at: Place) -> Value {
        let label = index.as_str().unwrap_or_default();
        Value::unknown(label_of(base, &format!("[{label}]")), "it is only known at run time", Some(at))
    }

    /// `a[k] = v`.
    pub(crate) fn set_index(&mut self, base: &Value, index: &Value, value: Value, at: Place) {
        let base = self.force(base);
        match (&base, index.plain()) {
            (Value::Dict(dict), key) => dict.set(&key, value),
            // `app.config["KEY"] = value`: kept for those who ask for the setting by name.
            (Value::Method(bound), key) => {
                if let (Value::Object(object), Some(name)) = (&bound.receiver, key.as_str()) {
                    object.props.borrow_mut().insert(SmolStr::new(format!("@{}.{name}", bound.name)), value);
                }
            }
            (Value::List(list), Value::Number(n)) => {
                let mut items = list.items.borrow_mut();
                let length = items.len();
                match items.get_mut(n.max(0.0) as usize) {
                    Some(slot) => *slot = value,
                    None if n as usize == length => items.push(value),
                    None => list.open.set(true),
                }
            }
            (Value::List(list), _) => {
                let (more, open) = self.items_of(&value, at);
                list.items.borrow_mut().extend(more);
                list.open.set(list.open.get() || open);
            }
            (Value::Either(all), _) => {
                for one in all.iter() {
                    self.set_index(one, index, value.clone(), at);
                }
            }
            (Value::Instance(instance), _) => {
                if let Some(Value::Function(f)) = self.class_attr(&instance.class.clone(), "__setitem__") {
                    self.call_closure(&f, Some(base.clone()), Args::of(vec![index.clone(), value]), at);
                } else if let Some(inside) = self.inside(instance) {
                    self.set_index(&inside, index, value, at);
                } else if let Some(name) = index.as_str() {
                    self.set_attr(&base, &name, value, at);
                }
            }
            (_, key) => {
                if let Some(name) = key.as_str() {
                    self.set_attr(&base, &name, value, at);
                }
            }
        }
    }

    /// `a[from:to]`.
    pub(crate) fn slice(&mut self, base: &Value, from: Option<&Value>, to: Option<&Value>) -> Value {
        let base = self.force(base);
        if let Value::Either(all) = &base {
            let results: Vec<Value> = all.iter().map(|v| self.slice(v, from, to)).collect();
            return Value::either(results);
        }
        let from_n = from.and_then(Value::as_number);
        let to_n = to.and_then(Value::as_number);
        let range = |length: usize| {
            let fix = |n: f64| if n < 0.0 { (length as f64 + n).max(0.0) as usize } else { (n as usize).min(length) };
            (from_n.map_or(0, fix), to_n.map_or(length, fix))
        };
        match base.plain() {
            Value::List(list) => {
                let items = list.items.borrow();
                let (a, b) = range(items.len());
                let result = Value::of_kind(list.kind, items.get(a..b.max(a)).unwrap_or_default().to_vec());
                if let Value::List(l) = &result {
                    l.open.set(list.open.get());
                }
                result
            }
            Value::Text(text) => match text.known() {
                Some(all) => {
                    let chars: Vec<char> = all.chars().collect();
                    let (a, b) = range(chars.len());
                    let cut: String = chars.get(a..b.max(a)).unwrap_or_default().iter().collect();
                    Value::Text(Rc::new(Text {
                        parts: vec![crate::text::Part::Known(SmolStr::new(cut), text.place())],
                        is_default: text.is_default,
                    }))
                }
                None if to_n.is_none() && from_n.is_some_and(|n| n >= 0.0) => {
                    let skip = from_n.unwrap_or(0.0) as usize;
                    Value::Text(Rc::new(text.map_start(|s| s.chars().skip(skip).collect::<String>().into())))
                }
                None if from_n.is_none() && to_n.is_some_and(|n| n < 0.0) => {
                    let drop = (-to_n.unwrap_or(0.0)) as usize;
                    Value::Text(Rc::new(
                        text.map_end(|s| s.chars().take(s.chars().count().saturating_sub(drop)).collect::<String>().into()),
                    ))
                }
                None => Value::Text(text),
            },
            other => other,
        }
    }

    /// The items of a value and whether there may be more.
    pub(crate) fn items_of(&mut self, value: &Value, at: Place) -> (Vec<Value>, bool) {
        match self.force(value) {
            Value::List(list) => (list.items.borrow().clone(), list.open.get()),
            Value::Dict(dict) if self.family == Family::JavaScript => {
                // A Map iterates over pairs; a plain object doesn't iterate.
                let pairs = dict.entries.borrow().values().map(|(k, v)| Value::list(vec![k.clone(), v.clone()])).collect();
                (pairs, dict.open.get())
            }
            Value::Dict(dict) => (dict.entries.borrow().values().map(|(k, _)| k.clone()).collect(), dict.open.get()),
            Value::Default(inner) => self.items_of(&inner, at),
            Value::Null | Value::Bool(_) | Value::Number(_) => (Vec::new(), false),
            Value::Either(all) => {
                let mut items = Vec::new();
                let mut open = false;
                for one in all.iter() {
                    let (more, unknown) = self.items_of(one, at);
                    items.extend(more);
                    open |= unknown;
                }
                (items, open)
            }
            Value::Text(text) => match text.known() {
                Some(all) if all.len() < 64 => (all.chars().map(|c| Value::text(c.to_string())).collect(), false),
                _ => (Vec::new(), true),
            },
            Value::Class(class) => self.enum_members(&class),
            Value::Object(object) => match self.live_list(&object) {
                Some(list) => (list.items.borrow().clone(), false),
                None => (Vec::new(), true),
            },
            Value::Instance(instance) => self.instance_items(&instance, at),
            _ => (Vec::new(), true),
        }
    }

    pub(crate) fn instance_items(&mut self, instance: &Rc<Instance>, at: Place) -> (Vec<Value>, bool) {
        let receiver = Value::Instance(instance.clone());
        if let Some(Value::Function(f)) = self.class_attr(&instance.class.clone(), "__iter__") {
            let result = self.call_closure(&f, Some(receiver), Args::default(), at);
            if !matches!(result, Value::Instance(_)) {
                return self.items_of(&result, at);
            }
        }
        if let Some(inside) = self.inside(instance) {
            return self.items_of(&inside, at);
        }
        let fields = instance.class.fields.borrow().clone();
        if !fields.is_empty() {
            return (fields.iter().map(|f| instance.fields.borrow().get(f).cloned().unwrap_or(Value::Null)).collect(), false);
        }
        (Vec::new(), true)
    }

    /// Members of an enum class, in order.
    pub(crate) fn enum_members(&mut self, class: &Rc<ClassValue>) -> (Vec<Value>, bool) {
        let names: Vec<SmolStr> = class
            .attrs
            .borrow()
            .iter()
            .filter(|(n, v)| !n.starts_with('_') && !matches!(v, Value::Function(_)))
            .map(|(n, _)| n.clone())
            .collect();
        let members = names.iter().filter_map(|n| self.get_attr(&Value::Class(class.clone()), n, None)).collect();
        (members, false)
    }

    /// The keys of a value and whether there may be more.
    pub(crate) fn keys_of(&mut self, value: &Value) -> (Vec<Value>, bool) {
        match self.force(value) {
            Value::Dict(dict) => (dict.entries.borrow().values().map(|(k, _)| k.clone()).collect(), dict.open.get()),
            Value::List(list) => ((0..list.items.borrow().len()).map(|i| Value::text(i.to_string())).collect(), list.open.get()),
            Value::Module(id) => (self.module_entries(id).into_iter().map(|(n, _)| Value::text(n)).collect(), false),
            Value::Instance(instance) => (instance.fields.borrow().keys().map(|n| Value::text(n.clone())).collect(), instance.assumed),
            Value::Default(inner) => self.keys_of(&inner),
            Value::Null => (Vec::new(), false),
            _ => (Vec::new(), true),
        }
    }

    /// Appends to a list what another value holds.
    pub(crate) fn extend_list(&mut self, list: &Rc<List>, more: &Value) {
        let place = Place { file: crate::files::FileId(0), line: 0, end_line: 0, start: 0, end: 0 };
        let (items, open) = self.items_of(more, place);
        if list.items.borrow().len() + items.len() > 50_000 {
            list.open.set(true);
            return;
        }
        list.items.borrow_mut().extend(items);
        if open {
            list.open.set(true);
        }
    }

    /// The value of `with x as y`.
    pub(crate) fn entered(&mut self, value: Value, at: Place) -> Value {
        if let Value::Instance(instance) = &value {
            for name in ["__enter__", "__aenter__"] {
                if let Some(Value::Function(f)) = self.class_attr(&instance.class.clone(), name) {
                    return self.call_closure(&f, Some(value.clone()), Args::default(), at);
                }
            }
        }
        match &value {
            // A generator made by `contextmanager` yields its value.
            Value::List(list) if list.items.borrow().len() == 1 => list.items.borrow()[0].clone(),
            _ => value,
        }
    }

    /// Top-level values of a module by name, in name order for Python, export order for JavaScript.
    pub(crate) fn module_entries(&mut self, id: ModuleId) -> Vec<(SmolStr, Value)> {
        self.run_module(id);
        if self.family == Family::JavaScript {
            let mut all: Vec<(SmolStr, Value)> =
                self.module(id).exports.entries.borrow().values().filter_map(|(k, v)| Some((k.as_str()?, v.clone()))).collect();
            for star in self.module(id).stars.clone() {
                if let Value::Module(inner) = self.force(&star)
                    && inner != id
                    && self.module(inner).state != crate::world::RunState::Running
                {
                    let more = self.module_entries(inner);
                    all.extend(more.into_iter().filter(|(n, _)| n != "default"));
                }
            }
            if all.is_empty()
                && let Value::Dict(dict) = self.commonjs_exports(id)
            {
                all = dict.entries.borrow().values().filter_map(|(k, v)| Some((k.as_str()?, v.clone()))).collect();
            }
            return all
                .into_iter()
                .map(|(n, v)| {
                    let v = self.force(&v);
                    (n, v)
                })
                .collect();
        }
        self.module(id).scope.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}
