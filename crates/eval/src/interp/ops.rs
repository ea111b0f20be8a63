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
        if is_test(op) && [&a, &b].iter().any(|v| matches!(v, Value::Default(_))) {
            // What a default answers is the default answer.
            return match self.binary(op, &a.plain(), &b.plain(), at) {
                answer @ Value::Bool(_) => Value::Default(Rc::new(answer)),
                other => other,
            };
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
            BinaryOp::BitAnd | BinaryOp::BitOr if self.asks_callers(&a) && self.asks_callers(&b) => {
                crate::guard::combined(op == BinaryOp::BitAnd, [a, b], at)
            }
            BinaryOp::BitOr => self.union(&a, &b),
            BinaryOp::Sub if matches!((&a, &b), (Value::List(_), Value::List(_))) => self.difference(&a, &b),
            BinaryOp::Mul if self.family == Family::Python && matches!(a, Value::List(_)) => self.repeat(&a, &b),
            _ => self.arithmetic(op, &a, &b, at),
        }
    }

    pub(crate) fn add(&mut self, a: &Value, b: &Value, at: Place) -> Value {
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

    pub(crate) fn arithmetic(&mut self, op: BinaryOp, a: &Value, b: &Value, at: Place) -> Value {
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
    pub(crate) fn percent(&mut self, a: &Value, b: &Value, at: Place) -> Value {
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
    pub(crate) fn path_join(&mut self, a: &Value, b: &Value, at: Place) -> Value {
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

    pub(crate) fn union(&mut self, a: &Value, b: &Value) -> Value {
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

    pub(crate) fn difference(&mut self, a: &Value, b: &Value) -> Value {
        let (Value::List(x), Value::List(y)) = (a, b) else { return a.clone() };
        let gone = y.items.borrow();
        let items = x.items.borrow().iter().filter(|v| !gone.iter().any(|g| g.same(v))).cloned().collect();
        Value::of_kind(x.kind, items)
    }

    pub(crate) fn repeat(&mut self, a: &Value, b: &Value) -> Value {
        let (Value::List(list), Some(n)) = (a, b.as_number()) else { return a.clone() };
        let items = list.items.borrow();
        Value::of_kind(list.kind, items.iter().cycle().take(items.len() * n.clamp(0.0, 50.0) as usize).cloned().collect())
    }

    /// Whether two values are equal; None when that isn't known.
    pub(crate) fn equal(&mut self, a: &Value, b: &Value) -> Option<bool> {
        if let (Value::Text(x), Value::Text(y)) = (a, b)
            && let (Some(x), Some(y)) = (x.as_known(), y.as_known())
        {
            return Some(x == y);
        }
        let (a, b) = (self.force(a), self.force(b));
        match (&a, &b) {
            (Value::Class(_), Value::Symbol(s)) | (Value::Symbol(s), Value::Class(_)) if crate::host::is_builtin_type(s) => Some(false),
            (Value::Unknown(_) | Value::Symbol(_) | Value::Default(_) | Value::Method(_) | Value::Lazy(_), _) => {
                let (Value::Symbol(x), Value::Symbol(y)) = (&a, &b) else { return None };
                let known = crate::host::is_builtin_type(x) && crate::host::is_builtin_type(y);
                (x == y || known).then_some(x == y)
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
}

pub(crate) fn unknown_test(a: &Value, at: Place) -> Value {
    Value::unknown(label_of(a, ""), "it depends on something that is only known at run time", Some(at))
}

/// Whether an operator answers a question.
fn is_test(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Ge, Gt, In, Le, Lt, Ne, NotIn};
    matches!(op, Eq | Ne | In | NotIn | Lt | Le | Gt | Ge)
}
