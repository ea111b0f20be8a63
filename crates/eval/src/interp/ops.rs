//! Operators, indexing, slicing, and iterating over values.

use super::pattern::label_of;
use crate::evaluate::Family;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, ListKind};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// A binary operation on values.
    pub(crate) fn binary(&mut self, op: BinaryOp, a: &Value, b: &Value, at: Place) -> Value {
        let (a, b) = (self.force(a), self.force(b));
        if let Value::Either(all) = &a {
            let results: Vec<Value> = all.iter().map(|v| self.binary(op, v, &b, at)).collect();
            return Value::either(results);
        }
        if let (Value::Either(all), BinaryOp::Add | BinaryOp::Div | BinaryOp::Mod) = (&b, op) {
            let results: Vec<Value> = all.iter().map(|v| self.binary(op, &a, v, at)).collect();
            return Value::either(results);
        }
        match op {
            BinaryOp::Add => self.add(&a, &b, at),
            BinaryOp::Eq => self.equal(&a, &b).map_or_else(|| unknown_test(&a, at), Value::Bool),
            BinaryOp::Ne => self.equal(&a, &b).map_or_else(|| unknown_test(&a, at), |e| Value::Bool(!e)),
            BinaryOp::In => self.contains(&b, &a).map_or_else(|| unknown_test(&a, at), Value::Bool),
            BinaryOp::NotIn => self.contains(&b, &a).map_or_else(|| unknown_test(&a, at), |e| Value::Bool(!e)),
            BinaryOp::InstanceOf => self.is_instance(&a, &b).map_or_else(|| unknown_test(&a, at), Value::Bool),
            BinaryOp::Mod if self.family == Family::Python && matches!(a.plain(), Value::Text(_)) => self.percent(&a, &b, at),
            BinaryOp::Div if a.as_number().is_none() => self.path_join(&a, &b, at),
            BinaryOp::BitOr => self.union(&a, &b),
            BinaryOp::Sub if matches!((&a, &b), (Value::List(_), Value::List(_))) => self.difference(&a, &b),
            BinaryOp::Mul if self.family == Family::Python && matches!(a, Value::List(_)) => self.repeat(&a, &b),
            _ => self.arithmetic(op, &a, &b, at),
        }
    }

    fn add(&mut self, a: &Value, b: &Value, at: Place) -> Value {
        match (a.plain(), b.plain()) {
            (Value::Number(x), Value::Number(y)) => Value::Number(x + y),
            (Value::List(x), Value::List(y)) if self.family != Family::JavaScript => {
                let items = x.items.borrow().iter().chain(y.items.borrow().iter()).cloned().collect();
                let list = Value::of_kind(x.kind, items);
                if let Value::List(l) = &list {
                    l.open.set(x.open.get() || y.open.get());
                }
                list
            }
            (Value::List(x), other) if self.family != Family::JavaScript => {
                let list = Value::of_kind(x.kind, x.items.borrow().clone());
                if let Value::List(l) = &list {
                    let (more, open) = self.items_of(&other, at);
                    l.items.borrow_mut().extend(more);
                    l.open.set(open);
                }
                list
            }
            (other, Value::List(y)) if self.family != Family::JavaScript && !matches!(other, Value::Text(_)) => {
                let list = Value::of_kind(y.kind, y.items.borrow().clone());
                if let Value::List(l) = &list {
                    l.open.set(true);
                }
                list
            }
            (Value::Text(_), _) | (_, Value::Text(_)) => {
                let mut text = self.to_text(a, at);
                let right = self.to_text(b, at);
                text.push(&right);
                Value::Text(Rc::new(text))
            }
            (Value::Unknown(u), _) | (_, Value::Unknown(u)) => Value::unknown(u.label.clone(), u.reason.clone(), u.at.or(Some(at))),
            _ => Value::unknown(label_of(a, " + .."), "a sum of something unknown", Some(at)),
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, a: &Value, b: &Value, at: Place) -> Value {
        let (Some(x), Some(y)) = (a.as_number(), b.as_number()) else {
            if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
                match op {
                    BinaryOp::Lt => return Value::Bool(x < y),
                    BinaryOp::Le => return Value::Bool(x <= y),
                    BinaryOp::Gt => return Value::Bool(x > y),
                    BinaryOp::Ge => return Value::Bool(x >= y),
                    _ => {}
                }
            }
            return unknown_test(a, at);
        };
        match op {
            BinaryOp::Sub => Value::Number(x - y),
            BinaryOp::Mul => Value::Number(x * y),
            BinaryOp::Div if y != 0.0 => Value::Number(x / y),
            BinaryOp::Mod if y != 0.0 => Value::Number(x % y),
            BinaryOp::Lt => Value::Bool(x < y),
            BinaryOp::Le => Value::Bool(x <= y),
            BinaryOp::Gt => Value::Bool(x > y),
            BinaryOp::Ge => Value::Bool(x >= y),
            _ => unknown_test(a, at),
        }
    }

    /// Python's `%` formatting.
    fn percent(&mut self, a: &Value, b: &Value, at: Place) -> Value {
        let format = self.to_text(a, at);
        let Some(pattern) = format.known() else { return a.clone() };
        let mut values = match b {
            Value::List(list) if list.kind == ListKind::Tuple => list.items.borrow().clone(),
            other => vec![other.clone()],
        }
        .into_iter();
        let mut out = Text { is_default: format.is_default, ..Text::default() };
        let place = format.place();
        let mut rest = pattern.as_str();
        while let Some(found) = rest.find('%') {
            out.parts.push(crate::text::Part::Known(SmolStr::new(&rest[..found]), place));
            rest = &rest[found + 1..];
            if let Some(tail) = rest.strip_prefix('%') {
                out.push_str("%");
                rest = tail;
                continue;
            }
            let named = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
            let value = match named {
                Some((name, tail)) => {
                    rest = tail;
                    self.index(b, &Value::text(name), at)
                }
                None => values.next().unwrap_or(Value::Null),
            };
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 1);
            rest = &rest[end..];
            let text = self.to_text(&value, at);
            out.push(&text);
        }
        out.parts.push(crate::text::Part::Known(SmolStr::new(rest), place));
        Value::Text(Rc::new(out))
    }

    /// `Path / "x"`.
    fn path_join(&mut self, a: &Value, b: &Value, at: Place) -> Value {
        match (a.plain(), b.plain()) {
            (Value::Text(_), _) | (Value::Symbol(_) | Value::Class(_), _)
                if self.family == Family::Rust || matches!(a.plain(), Value::Text(_)) =>
            {
                let mut text = self.to_text(a, at);
                let right = self.to_text(b, at);
                text.push_str("/");
                text.push(&right);
                Value::Text(Rc::new(text))
            }
            _ => unknown_test(a, at),
        }
    }

    fn union(&mut self, a: &Value, b: &Value) -> Value {
        match (a, b) {
            (Value::Dict(_), _) | (_, Value::Dict(_)) => {
                let dict = Rc::new(Dict::default());
                self.merge_into(&dict, a);
                self.merge_into(&dict, b);
                Value::Dict(dict)
            }
            (Value::List(x), Value::List(y)) => {
                let mut items = x.items.borrow().clone();
                for item in y.items.borrow().iter() {
                    if !items.iter().any(|v| v.same(item)) {
                        items.push(item.clone());
                    }
                }
                Value::of_kind(x.kind, items)
            }
            (Value::Null, other) | (other, Value::Null) => other.clone(),
            (a, b) => Value::either([a.clone(), b.clone()]),
        }
    }

    fn difference(&mut self, a: &Value, b: &Value) -> Value {
        let (Value::List(x), Value::List(y)) = (a, b) else { return a.clone() };
        let gone = y.items.borrow();
        let items = x.items.borrow().iter().filter(|v| !gone.iter().any(|g| g.same(v))).cloned().collect();
        Value::of_kind(x.kind, items)
    }

    fn repeat(&mut self, a: &Value, b: &Value) -> Value {
        let (Value::List(list), Some(n)) = (a, b.as_number()) else { return a.clone() };
        let items = list.items.borrow();
        Value::of_kind(list.kind, items.iter().cycle().take(items.len() * n.clamp(0.0, 50.0) as usize).cloned().collect())
    }

    /// Whether two values are equal; None when that isn't known.
    pub(crate) fn equal(&mut self, a: &Value, b: &Value) -> Option<bool> {
        let (a, b) = (self.force(a), self.force(b));
        match (&a, &b) {
            (Value::Unknown(_) | Value::Symbol(_) | Value::Default(_) | Value::Method(_) | Value::Lazy(_), _) => {
                if let (Value::Symbol(x), Value::Symbol(y)) = (&a, &b)
                    && x == y
                {
                    return Some(true);
                }
                None
            }
            (_, Value::Unknown(_) | Value::Symbol(_) | Value::Default(_) | Value::Method(_) | Value::Lazy(_)) => None,
            (Value::Either(all), other) | (other, Value::Either(all)) => {
                let answers: Vec<Option<bool>> = all.iter().map(|v| self.equal(v, other)).collect();
                if answers.iter().all(|x| *x == Some(false)) { Some(false) } else { None }
            }
            (Value::Text(x), Value::Text(y)) => match (x.known(), y.known()) {
                (Some(x), Some(y)) => Some(x == y),
                (None, Some(y)) => (!x.may_equal(&y)).then_some(false),
                (Some(x), None) => (!y.may_equal(&x)).then_some(false),
                (None, None) => None,
            },
            (Value::Instance(x), _) | (_, Value::Instance(x)) if x.assumed => None,
            (Value::List(x), Value::List(y)) => {
                let (x, y) = (x.items.borrow().clone(), y.items.borrow().clone());
                if x.len() != y.len() {
                    return Some(false);
                }
                let mut all = Some(true);
                for (x, y) in x.iter().zip(&y) {
                    match self.equal(x, y) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            _ => Some(a.same(&b)),
        }
    }

    /// Whether a collection holds a value.
    pub(crate) fn contains(&mut self, all: &Value, one: &Value) -> Option<bool> {
        match self.force(all).plain() {
            Value::Instance(instance) if self.inside(&instance).is_some() => self.inside(&instance).and_then(|i| self.contains(&i, one)),
            Value::List(list) => {
                let items = list.items.borrow().clone();
                let mut unknown = list.open.get();
                for item in &items {
                    match self.equal(item, one) {
                        Some(true) => return Some(true),
                        None => unknown = true,
                        Some(false) => {}
                    }
                }
                if unknown { None } else { Some(false) }
            }
            Value::Dict(dict) => match Key::of(one) {
                Some(key) if dict.entries.borrow().contains_key(&key) => Some(true),
                Some(_) if !dict.open.get() && !one.is_unknown() => Some(false),
                _ => None,
            },
            Value::Text(text) => {
                let needle = one.as_str()?;
                match text.known() {
                    Some(all) => Some(all.contains(needle.as_str())),
                    None => text
                        .parts
                        .iter()
                        .any(|p| matches!(p, crate::text::Part::Known(t, _) if t.contains(needle.as_str())))
                        .then_some(true),
                }
            }
            Value::Instance(instance) => {
                let name = one.as_str()?;
                instance.fields.borrow().contains_key(&name).then_some(true)
            }
            _ => None,
        }
    }

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

    fn subscript_type(&mut self, base: &Value, index: &Value) -> Value {
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
    fn config_value(&mut self, base: &Value, index: &Value, at: Place) -> Value {
        let label = index.as_str().unwrap_or_default();
        Value::unknown(label_of(base, &format!("[{label}]")), "it is only known at run time", Some(at))
    }

    /// `a[k] = v`.
    pub(crate) fn set_index(&mut self, base: &Value, index: &Value, value: Value, at: Place) {
        let base = self.force(base);
        match (&base, index.plain()) {
            (Value::Dict(dict), key) => dict.set(&key, value),
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

    fn instance_items(&mut self, instance: &Rc<Instance>, at: Place) -> (Vec<Value>, bool) {
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
    fn enum_members(&mut self, class: &Rc<ClassValue>) -> (Vec<Value>, bool) {
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

fn unknown_test(a: &Value, at: Place) -> Value {
    Value::unknown(label_of(a, ""), "it depends on something that is only known at run time", Some(at))
}
