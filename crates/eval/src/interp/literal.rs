//! Literals: strings with holes, lists, dictionaries, struct literals; values as text.

use super::Cx;
use crate::evaluate::Family;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Entry, Expr, ExprId, Item, ListKind, StrPart};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(crate) fn string(&mut self, cx: &Cx, id: ExprId, parts: &[StrPart]) -> Value {
        let at = self.at(cx, id);
        let mut text = Text::default();
        for part in parts {
            match part {
                StrPart::Text(t) => text.parts.push(Part::Known(t.clone(), Some(at))),
                StrPart::Hole(hole) => {
                    let value = self.expr(cx, *hole);
                    let value = self.force(&value);
                    if let Value::Either(all) = &value
                        && parts.len() > 1
                    {
                        return self.string_alternatives(cx, id, parts, *hole, all);
                    }
                    let inner = self.to_text(&value, self.at(cx, *hole));
                    text.push(&inner);
                }
            }
        }
        if text.parts.is_empty() {
            text.parts.push(Part::Known(SmolStr::default(), Some(at)));
        }
        Value::Text(Rc::new(text))
    }

    /// A template with a hole that has several alternatives.
    pub(crate) fn string_alternatives(&mut self, cx: &Cx, id: ExprId, parts: &[StrPart], hole: ExprId, all: &[Value]) -> Value {
        let at = self.at(cx, id);
        let mut texts: Vec<Text> = vec![Text::default()];
        for part in parts {
            match part {
                StrPart::Text(t) => texts.iter_mut().for_each(|x| x.parts.push(Part::Known(t.clone(), Some(at)))),
                StrPart::Hole(h) if *h == hole => {
                    let options: Vec<Text> = all.iter().map(|v| self.to_text(v, at)).collect();
                    texts = texts
                        .iter()
                        .flat_map(|x| {
                            options
                                .iter()
                                .map(|o| {
                                    let mut y = x.clone();
                                    y.push(o);
                                    y
                                })
                                .collect::<Vec<_>>()
                        })
                        .collect();
                }
                StrPart::Hole(h) => {
                    let value = self.expr(cx, *h);
                    let inner = self.to_text(&value, at);
                    texts.iter_mut().for_each(|x| x.push(&inner));
                }
            }
        }
        Value::either(texts.into_iter().map(|t| Value::Text(Rc::new(t))))
    }

    /// A value as text; what can't be text is a hole.
    pub(crate) fn to_text(&mut self, value: &Value, at: crate::output::Place) -> Text {
        match value {
            Value::Text(text) => text.as_ref().clone(),
            Value::Number(n) => Text::plain(crate::text::number(*n), None),
            Value::Bool(b) => Text::plain(SmolStr::new_static(if *b { "true" } else { "false" }), None),
            Value::Default(inner) => {
                let mut text = self.to_text(inner, at);
                text.is_default = true;
                text
            }
            Value::Null if self.family == Family::Python => Text::plain(SmolStr::new_static("None"), None),
            Value::Null => Text::plain(SmolStr::default(), None),
            Value::Unknown(u) => Text::hole(u.label.clone(), u.reason.clone(), u.at.or(Some(at))),
            Value::Regex(r) => Text::plain(r.clone(), Some(at)),
            Value::List(list) if self.family == Family::JavaScript => {
                let items = list.items.borrow().clone();
                let mut all = Text::default();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        all.push_str(",");
                    }
                    let text = self.to_text(item, at);
                    all.push(&text);
                }
                all
            }
            Value::Lazy(_) => {
                let forced = self.force(value);
                if matches!(forced, Value::Lazy(_)) {
                    Text::hole("", "an import cycle hides it", Some(at))
                } else {
                    self.to_text(&forced, at)
                }
            }
            Value::Instance(instance) => {
                for name in ["value", "_value_"] {
                    if let Some(inner @ (Value::Text(_) | Value::Number(_))) = instance.fields.borrow().get(name).cloned() {
                        return self.to_text(&inner, at);
                    }
                }
                if let Some(Value::Function(f)) =
                    self.class_attr(&instance.class, "__str__").or_else(|| self.class_attr(&instance.class, "toString"))
                {
                    let result = self.call_closure(&f, Some(value.clone()), Args::default(), at);
                    if !matches!(result, Value::Instance(_)) {
                        return self.to_text(&result, at);
                    }
                }
                Text::hole(instance.class.name.clone(), "it is an object", Some(at))
            }
            Value::Symbol(s) => Text::hole(s.clone(), crate::text::OUTSIDE, Some(at)),
            Value::Either(all) => {
                let all = all.clone();
                let known = all.iter().find(|v| matches!(v, Value::Text(_) | Value::Default(_)));
                match known.or(all.first()) {
                    Some(one) => self.to_text(one, at),
                    None => Text::default(),
                }
            }
            Value::Class(class) => Text::hole(class.name.clone(), "it is a class", Some(at)),
            _ => Text::hole(self.source_text(at, 30), "it is not text", Some(at)),
        }
    }

    pub(crate) fn list(&mut self, cx: &Cx, kind: ListKind, items: &[Item]) -> Value {
        let mut values = Vec::with_capacity(items.len());
        let mut open = false;
        for item in items {
            match item {
                Item::One(id) => {
                    let value = self.expr(cx, *id);
                    values.push(value);
                }
                Item::Spread(id) => {
                    let value = self.expr(cx, *id);
                    let (more, unknown) = self.items_of(&value, self.at(cx, *id));
                    values.extend(more);
                    open |= unknown;
                }
            }
        }
        let value = Value::of_kind(kind, values);
        if let Value::List(list) = &value {
            list.open.set(open);
        }
        value
    }

    pub(crate) fn dict(&mut self, cx: &Cx, id: ExprId, entries: &[Entry], ty: Option<ExprId>) -> Value {
        let dict = Rc::new(Dict::default());
        let this = Value::Dict(dict.clone());
        let inner = Cx { this: Some(this.clone()), ..cx.clone() };
        for entry in entries {
            match entry {
                Entry::Pair(key, value) => {
                    let key = self.expr(cx, *key);
                    let is_method = matches!(cx.tree.expr(*value), Expr::Function(f) if cx.tree.function(*f).kind == apicensus_syntax::FunctionKind::Method);
                    let value = self.expr(if is_method { &inner } else { cx }, *value);
                    dict.set(&key, value);
                }
                Entry::Spread(other) => {
                    let other = self.expr(cx, *other);
                    self.merge_into(&dict, &other);
                }
                Entry::Getter(name, function) => {
                    if let Value::Function(getter) = self.closure(&inner, *function) {
                        dict.getters.borrow_mut().insert(name.clone(), getter);
                    }
                }
            }
        }
        match ty.map(|t| self.expr(cx, t)) {
            Some(Value::Class(class)) => self.struct_literal(&class, &dict, self.at(cx, id)),
            _ => this,
        }
    }

    pub(crate) fn struct_literal(&mut self, class: &Rc<ClassValue>, dict: &Dict, at: crate::output::Place) -> Value {
        let instance = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: false, at });
        for (key, (_, value)) in dict.entries.borrow().iter() {
            if let Key::Text(name) = key {
                instance.fields.borrow_mut().insert(name.clone(), value.clone());
            }
        }
        Value::Instance(instance)
    }

    /// Adds the entries of a value to a dict.
    pub(crate) fn merge_into(&mut self, dict: &Dict, other: &Value) {
        match self.force(other) {
            Value::Dict(other) => {
                let entries: Vec<_> = other.entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                dict.entries.borrow_mut().extend(entries);
                if other.open.get() {
                    dict.open.set(true);
                }
            }
            Value::Module(id) => {
                for (name, value) in self.module_entries(id) {
                    dict.set(&Value::text(name), value);
                }
            }
            Value::Instance(instance) => {
                for (name, value) in instance.fields.borrow().iter() {
                    dict.set(&Value::text(name.clone()), value.clone());
                }
            }
            Value::Default(inner) => self.merge_into(dict, &inner),
            Value::Either(all) => {
                for one in all.iter() {
                    self.merge_into(dict, one);
                }
            }
            Value::Null | Value::Bool(_) => {}
            _ => dict.open.set(true),
        }
    }
}
