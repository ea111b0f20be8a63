//! Conditions: what is known of them, and running both sides of those that are not.

use super::{Cx, Flow};
use crate::evaluate::Family;
use crate::output::{Condition, Place};
use crate::value::*;
use crate::world::{Layer, Slot, World};
use apicensus_syntax::{BinaryOp, Block, Expr, ExprId, Pattern};
use smol_str::SmolStr;

impl World<'_> {
    /// Whether a value is true; None when that isn't known.
    pub(crate) fn truth(&mut self, value: &Value) -> Option<bool> {
        match value {
            Value::Null => Some(false),
            Value::Bool(b) => Some(*b),
            Value::Number(n) => Some(*n != 0.0),
            Value::Text(text) => {
                if text.known().is_some() {
                    return Some(!text.is_empty());
                }
                let some = text.parts.iter().any(|p| matches!(p, crate::text::Part::Known(t, _) if !t.is_empty()));
                some.then_some(true)
            }
            Value::List(list) if self.family == Family::Python => match (list.items.borrow().is_empty(), list.open.get()) {
                (false, _) => Some(true),
                (true, false) => Some(false),
                (true, true) => None,
            },
            Value::Dict(dict) if self.family == Family::Python => match (dict.entries.borrow().is_empty(), dict.open.get()) {
                (false, _) => Some(true),
                (true, false) => Some(false),
                (true, true) => None,
            },
            Value::Instance(instance) => (!instance.assumed || self.family == Family::JavaScript).then_some(true),
            Value::Either(all) => {
                let all = all.clone();
                let mut answer = None;
                for value in all.iter() {
                    let one = self.truth(value)?;
                    if answer.is_some_and(|a| a != one) {
                        return None;
                    }
                    answer = Some(one);
                }
                answer
            }
            Value::Lazy(_) => {
                let forced = self.force(value);
                if matches!(forced, Value::Lazy(_)) { None } else { self.truth(&forced) }
            }
            Value::Unknown(_) | Value::Default(_) | Value::Symbol(_) | Value::Method(_) => None,
            _ => Some(true),
        }
    }

    /// Whether a filter keeps what this test says of it. A text that is known by its default is used as that text, so an
    /// empty one counts as empty here too; what is not known is kept.
    pub(crate) fn keeps(&mut self, test: &Value) -> bool {
        let verdict = match test {
            Value::Default(inner) if matches!(**inner, Value::Text(_)) => self.truth(inner),
            other => self.truth(other),
        };
        verdict != Some(false)
    }

    /// The condition as printed, unless it is decided.
    pub(crate) fn condition(&mut self, cx: &Cx, test: ExprId, value: &Value, negate: bool) -> Option<Condition> {
        let place = self.at(cx, test);
        let text = self.source_text(place, 80);
        if text.is_empty() || self.is_main_test(cx, test) {
            return None;
        }
        self.note_start(value, place);
        let default = match value {
            Value::Default(inner) => self.truth(inner).map(|b| b != negate),
            _ => None,
        };
        let text = if negate { SmolStr::new(format!("not ({text})")) } else { text };
        Some(Condition { text, place, default })
    }

    /// Remembers a test of how the process was started: an application made under it is not the less an application.
    pub(crate) fn note_start(&mut self, value: &Value, place: Place) {
        if is_start_test(value) {
            self.start_tests.insert(place);
        }
    }

    /// `if __name__ == "__main__"`, `require.main === module`.
    fn is_main_test(&self, cx: &Cx, test: ExprId) -> bool {
        let Expr::Binary(BinaryOp::Eq, a, b) = cx.tree.expr(test) else { return false };
        let named = |id: ExprId| matches!(cx.tree.expr(id), Expr::Name(n) if n == "__name__" || n == "module");
        named(*a) || named(*b)
    }

    /// Runs an `if`.
    pub(crate) fn branch(&mut self, cx: &Cx, test: ExprId, then: &Block, other: &Block) -> Flow {
        if self.is_main_test(cx, test) {
            return self.scoped(cx, then);
        }
        let value = self.expr(cx, test);
        match self.truth(&value) {
            Some(true) => self.scoped(cx, then),
            Some(false) => self.scoped(cx, other),
            None => {
                let yes = self.condition(cx, test, &value, false);
                let no = self.condition(cx, test, &value, true);
                self.both(yes, no, |w| w.scoped(cx, then), |w| w.scoped(cx, other))
            }
        }
    }

    /// Runs both sides and joins what they bound.
    pub(crate) fn both(
        &mut self,
        yes: Option<Condition>,
        no: Option<Condition>,
        then: impl FnOnce(&mut Self) -> Flow,
        other: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let by_default = yes.as_ref().and_then(|c| c.default);
        self.journal.push(Layer::default());
        let first = self.under(yes, then);
        let first_changes = self.undo();
        self.journal.push(Layer::default());
        let second = self.under(no, other);
        let second_changes = self.undo();
        self.join(first_changes, second_changes, (first, second), by_default);
        match (first, second) {
            (Flow::Normal, _) | (_, Flow::Normal) => Flow::Normal,
            (a, _) => a,
        }
    }

    /// Takes back the innermost branch's bindings and gives the new values.
    fn undo(&mut self) -> Vec<(Slot, Option<Value>, Option<Value>)> {
        let layer = self.journal.pop().unwrap_or_default().changes;
        let mut changes: Vec<(Slot, Option<Value>, Option<Value>)> = Vec::new();
        let mut seen: rustc_hash::FxHashMap<(usize, SmolStr), usize> = rustc_hash::FxHashMap::default();
        for (slot, old) in layer.into_iter().rev() {
            let new = slot.replace(old.clone());
            // A slot set several times: the last value counts, the first old one is restored.
            match seen.entry(slot.key()) {
                std::collections::hash_map::Entry::Occupied(at) => changes[*at.get()].1 = old,
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(changes.len());
                    changes.push((slot, old, new));
                }
            }
        }
        changes.reverse();
        changes
    }

    fn join(
        &mut self,
        first: Vec<(Slot, Option<Value>, Option<Value>)>,
        mut second: Vec<(Slot, Option<Value>, Option<Value>)>,
        (a, b): (Flow, Flow),
        by_default: Option<bool>,
    ) {
        // A side that left the function does not meet what comes after.
        let (skip_first, skip_second) = match (a, b) {
            (Flow::Normal, Flow::Normal) => (false, false),
            (_, Flow::Normal) => (true, false),
            (Flow::Normal, _) => (false, true),
            _ => (false, false),
        };
        let places: rustc_hash::FxHashMap<(usize, SmolStr), usize> = second.iter().enumerate().map(|(i, (s, _, _))| (s.key(), i)).collect();
        let mut met = vec![false; second.len()];
        for (slot, old, new) in first {
            let other = match places.get(&slot.key()) {
                Some(at) => {
                    met[*at] = true;
                    second[*at].2.take()
                }
                None => old,
            };
            let value = match (new, other) {
                (_, Some(other)) if skip_first => other,
                (Some(new), _) if skip_second => new,
                (Some(new), Some(other)) => joined(new, other, by_default),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            self.write(slot, value);
        }
        for (slot, old, new) in second.into_iter().zip(met).filter_map(|(change, met)| (!met).then_some(change)) {
            let value = match (new, old) {
                (_, Some(old)) if skip_second => old,
                (Some(new), _) if skip_first => new,
                (Some(new), Some(old)) => joined(old, new, by_default),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            self.write(slot, value);
        }
    }

    fn write(&mut self, slot: Slot, value: Value) {
        match slot {
            Slot::Name(scope, name) => self.set_name(&scope, &name, value),
            Slot::Field(instance, name) => self.set_field(&instance, &name, value),
            Slot::Prop(object, name) => self.set_prop(&object, &name, value),
        }
    }

    /// Runs a loop body's or handler's worth of code under a condition that is not known, without the other side.
    pub(crate) fn maybe(&mut self, condition: Option<Condition>, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        self.both(condition, None, run, |_| Flow::Normal)
    }

    /// The condition of a case or annotation at a place.
    pub(crate) fn condition_at(&self, place: Place, prefix: &str) -> Option<Condition> {
        let text = self.source_text(place, 80);
        (!text.is_empty()).then(|| Condition { text: SmolStr::new(format!("{prefix}{text}")), place, default: None })
    }

    /// Binds names of a pattern without a value.
    pub(crate) fn bind_unknown(&mut self, cx: &Cx, pattern: &Pattern, label: &str) {
        let value = Value::unknown(label, "it is only known at run time", None);
        self.bind(cx, pattern, value, apicensus_syntax::BindKind::Declare);
    }
}

/// What two sides bound: either, but of two texts the one of the side that the defaults choose.
fn joined(first: Value, second: Value, by_default: Option<bool>) -> Value {
    match by_default {
        Some(yes) if matches!((first.plain(), second.plain()), (Value::Text(_), Value::Text(_))) => {
            let chosen = if yes { first } else { second };
            if matches!(chosen, Value::Default(_)) { chosen } else { Value::Default(std::rc::Rc::new(chosen)) }
        }
        _ => Value::either([first, second]),
    }
}

/// Whether a value tells how the process was started: its arguments, which process of several it is.
fn is_start_test(value: &Value) -> bool {
    let label = match value {
        Value::Unknown(u) => u.callee.as_ref().unwrap_or(&u.label),
        Value::Symbol(s) => s,
        _ => return false,
    };
    ["process.argv", "sys.argv", "cluster.isMaster", "cluster.isPrimary", "cluster.isWorker", "worker_threads.isMainThread"]
        .iter()
        .any(|start| label.starts_with(start))
}

impl Slot {
    /// Identity: the holder and the name.
    fn key(&self) -> (usize, SmolStr) {
        use std::rc::Rc;
        match self {
            Slot::Name(scope, name) => (Rc::as_ptr(scope).cast::<u8>() as usize, name.clone()),
            Slot::Field(instance, name) => (Rc::as_ptr(instance).cast::<u8>() as usize, name.clone()),
            Slot::Prop(object, name) => (Rc::as_ptr(object).cast::<u8>() as usize, name.clone()),
        }
    }
    /// Puts a value (or nothing) into the slot and gives what was there.
    fn replace(&self, value: Option<Value>) -> Option<Value> {
        macro_rules! swap {
            ($map:expr, $name:expr, $remove:ident) => {{
                let mut map = $map.borrow_mut();
                match value {
                    Some(value) => map.insert($name.clone(), value),
                    None => map.$remove($name),
                }
            }};
        }
        match self {
            Slot::Name(scope, name) => swap!(scope.names, name, shift_remove),
            Slot::Field(instance, name) => swap!(instance.fields, name, shift_remove),
            Slot::Prop(object, name) => swap!(object.props, name, shift_remove),
        }
    }
}
