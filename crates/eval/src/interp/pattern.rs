//! Binding patterns.

use super::Cx;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, BindKind, Case, Expr, ExprId, ListKind, Pattern};
use smol_str::SmolStr;

impl World<'_> {
    /// Declares a name in the innermost scope that can hold it.
    pub(crate) fn declare(&mut self, cx: &Cx, name: &SmolStr, value: Value) {
        if self.family == Family::Python {
            self.assign(cx, name, value);
        } else {
            let scope = cx.scope.clone();
            self.set_name(&scope, name, value);
        }
    }

    fn assign(&mut self, cx: &Cx, name: &SmolStr, value: Value) {
        let scope = match self.family {
            Family::Python => {
                let local = cx.scope.function();
                let outer = local.outer.borrow().contains(name);
                if outer {
                    local.parent.as_ref().and_then(|p| p.find(name)).map_or_else(|| self.module(cx.module).scope.clone(), |(s, _)| s)
                } else {
                    local
                }
            }
            _ => match cx.scope.find(name) {
                Some((scope, _)) => scope,
                None => self.module(cx.module).scope.clone(),
            },
        };
        self.set_name(&scope, name, value);
    }

    /// Binds a pattern to a value.
    pub(crate) fn bind(&mut self, cx: &Cx, pattern: &Pattern, value: Value, kind: BindKind) {
        match pattern {
            Pattern::Name(name, _) => match kind {
                BindKind::Declare => self.declare(cx, name, value),
                BindKind::Var => {
                    let scope = cx.scope.function();
                    self.set_name(&scope, name, value);
                }
                _ => self.assign(cx, name, value),
            },
            Pattern::Place(expr) => self.assign_place(cx, *expr, value),
            Pattern::List(items) => self.bind_list(cx, items, &value, kind),
            Pattern::Object(entries) => self.bind_object(cx, entries, &value, kind),
            Pattern::Rest(inner) => self.bind(cx, inner, value, kind),
            Pattern::Default(inner, default) => {
                let value = if matches!(value, Value::Null) { self.expr(cx, *default) } else { value };
                self.bind(cx, inner, value, kind);
            }
            Pattern::Construct { items, fields, .. } => {
                let plain = self.force(&value);
                if let [one] = items.as_slice() {
                    self.bind(cx, one, plain.clone(), kind);
                } else {
                    self.bind_list(cx, items, &plain, kind);
                }
                self.bind_object(cx, fields, &plain, kind);
            }
            Pattern::Or(all) => {
                if let Some(first) = all.first() {
                    self.bind(cx, first, value, kind);
                }
            }
            Pattern::Value(_) | Pattern::Ignore => {}
        }
    }

    fn bind_list(&mut self, cx: &Cx, items: &[Pattern], value: &Value, kind: BindKind) {
        let value = self.force(value);
        let at = None;
        if let Value::Either(all) = &value {
            // Alternatives bind item by item.
            let rows: Vec<Vec<Value>> = all.iter().map(|v| self.items_of(v, self.module_place(cx.module)).0).collect();
            for (index, pattern) in items.iter().enumerate() {
                let cells = rows.iter().filter_map(|r| r.get(index).cloned());
                self.bind(cx, pattern, Value::either(cells.collect::<Vec<_>>()), kind);
            }
            return;
        }
        let (values, open) = self.items_of(&value, self.module_place(cx.module));
        let rest = items.iter().position(|p| matches!(p, Pattern::Rest(_)));
        let after = rest.map_or(0, |r| items.len() - r - 1);
        for (index, pattern) in items.iter().enumerate() {
            let one = match rest {
                Some(r) if index == r => {
                    let end = values.len().saturating_sub(after).max(r);
                    let list = Value::list(values.get(r..end).unwrap_or_default().to_vec());
                    if open && let Value::List(list) = &list {
                        list.open.set(true);
                    }
                    Some(list)
                }
                Some(r) if index > r => values.len().checked_sub(items.len() - index).and_then(|i| values.get(i).cloned()),
                _ => values.get(index).cloned(),
            };
            let missing = || {
                if open || value.is_unknown() {
                    Value::unknown(label_of(&value, &format!("[{index}]")), "it is an item of something unknown", at)
                } else {
                    Value::Null
                }
            };
            let one = one.unwrap_or_else(missing);
            self.bind(cx, pattern, one, kind);
        }
    }

    fn bind_object(&mut self, cx: &Cx, entries: &[(SmolStr, Pattern)], value: &Value, kind: BindKind) {
        let value = self.force(value);
        let mut taken: Vec<&SmolStr> = Vec::new();
        for (key, pattern) in entries {
            if matches!(pattern, Pattern::Rest(_)) || key == "..." {
                let rest = self.without(&value, &taken);
                self.bind(cx, pattern, rest, kind);
                continue;
            }
            taken.push(key);
            let one = self.get_attr(&value, key, None);
            let one = one.unwrap_or_else(|| match &value {
                Value::Dict(d) if !d.open.get() => Value::Null,
                _ => Value::unknown(label_of(&value, &format!(".{key}")), "it is a field of something unknown", None),
            });
            self.bind(cx, pattern, one, kind);
        }
    }

    fn without(&mut self, value: &Value, taken: &[&SmolStr]) -> Value {
        let Value::Dict(dict) = value else { return Value::unknown(label_of(value, ""), "the rest of something unknown", None) };
        let rest = Dict::default();
        for (key, entry) in dict.entries.borrow().iter() {
            if !matches!(key, Key::Text(t) if taken.contains(&t)) {
                rest.entries.borrow_mut().insert(key.clone(), entry.clone());
            }
        }
        rest.open.set(dict.open.get());
        Value::Dict(std::rc::Rc::new(rest))
    }

    /// `a.b = v`, `a[k] = v`.
    fn assign_place(&mut self, cx: &Cx, place: ExprId, value: Value) {
        let tree = cx.tree.clone();
        match tree.expr(place) {
            Expr::Attr(base, name) => {
                let base_value = self.expr(cx, *base);
                self.set_attr(&base_value, name, value, self.at(cx, place));
            }
            Expr::Index(base, index) => {
                let base_value = self.expr(cx, *base);
                let index = self.expr(cx, *index);
                self.set_index(&base_value, &index, value, self.at(cx, place));
            }
            Expr::Wrap(_, inner) => self.assign_place(cx, *inner, value),
            Expr::Name(name) => self.assign(cx, name, value),
            _ => {}
        }
    }

    /// `a += b` and the like.
    pub(crate) fn compound(&mut self, cx: &Cx, target: &Pattern, value: ExprId, op: BinaryOp) -> Value {
        let old = match target {
            Pattern::Name(name, _) => self.read_name(cx, name, None),
            Pattern::Place(expr) => self.expr(cx, *expr),
            _ => Value::Null,
        };
        let new = self.expr(cx, value);
        // In place for lists: aliases see it.
        if op == BinaryOp::Add
            && let Value::List(list) = &old
            && list.kind == ListKind::List
            && self.family == Family::Python
        {
            self.extend_list(list, &new);
            return old;
        }
        let result = match op {
            BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce => self.logical_values(op, old, new),
            _ => self.binary(op, &old, &new, self.at(cx, value)),
        };
        self.bind(cx, target, result.clone(), BindKind::Assign);
        result
    }

    /// Whether a case matches, None when unknown; binds its names when it does.
    pub(crate) fn case_matches(&mut self, cx: &Cx, case: &Case, value: &Value) -> Option<bool> {
        if case.patterns.is_empty() {
            return Some(false);
        }
        let mut verdict = Some(false);
        for pattern in &case.patterns {
            match self.matches(cx, pattern, value) {
                Some(true) => {
                    self.bind(cx, pattern, value.clone(), BindKind::Declare);
                    verdict = Some(true);
                    break;
                }
                None => verdict = None,
                Some(false) => {}
            }
        }
        match (verdict, case.guard) {
            (Some(true), Some(guard)) => {
                let value = self.expr(cx, guard);
                self.truth(&value)
            }
            (verdict, _) => verdict,
        }
    }

    fn matches(&mut self, cx: &Cx, pattern: &Pattern, value: &Value) -> Option<bool> {
        match pattern {
            Pattern::Name(..) | Pattern::Ignore | Pattern::Rest(_) => Some(true),
            Pattern::Value(expr) => {
                let other = self.expr(cx, *expr);
                self.equal(value, &other)
            }
            Pattern::Or(all) => {
                let mut verdict = Some(false);
                for one in all {
                    match self.matches(cx, one, value) {
                        Some(true) => return Some(true),
                        None => verdict = None,
                        Some(false) => {}
                    }
                }
                verdict
            }
            Pattern::List(_) | Pattern::Object(_) | Pattern::Construct { .. } | Pattern::Default(..) | Pattern::Place(_) => match value {
                Value::Null if self.family == Family::Rust => Some(false),
                _ => None,
            },
        }
    }
}

/// A label for a part of a value.
pub(crate) fn label_of(value: &Value, part: &str) -> SmolStr {
    match value {
        Value::Unknown(u) => SmolStr::new(format!("{}{part}", u.label)),
        Value::Symbol(s) => SmolStr::new(format!("{s}{part}")),
        Value::Method(b) => SmolStr::new(format!("{}{part}", b.name)),
        _ => SmolStr::new(part.trim_start_matches('.')),
    }
}
