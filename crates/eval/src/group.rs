//! Calls that run a function with a fresh child of the receiver: scopes, groups, plugins.

use crate::models::Call;
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// The property of a function whose group is the receiver itself.
const SAME: &str = "@same";

impl World<'_> {
    /// Returns one of a call's arguments; with `role: self` a later group on it uses the receiver itself.
    pub(crate) fn wrap_value(&mut self, call: &Call, args: &Args, taken: Option<usize>) -> Option<Value> {
        let value = self.places(&call.child, args, taken).into_iter().next()?;
        if call.role.as_deref() == Some("self") {
            for one in self.force(&value).alternatives() {
                if let Value::Function(f) = self.callback_of(&one) {
                    f.props.borrow_mut().insert(SAME.into(), Value::Bool(true));
                }
            }
        }
        Some(value)
    }

    /// Runs the function at a call's child place with a fresh child of the receiver.
    pub(crate) fn group(
        &mut self,
        m: u16,
        call: &Call,
        object: &Rc<Object>,
        args: &Args,
        (path, taken): (Option<Value>, Option<usize>),
        at: Place,
    ) -> Value {
        let Some(given) = self.places(&call.child, args, taken).into_iter().next() else { return Value::Object(object.clone()) };
        let given = self.force(&given);
        let options: Vec<Value> = args.items.iter().skip_while(|v| !v.same(&given)).skip(1).cloned().collect();
        let kind = call.role.as_deref().filter(|r| *r != "self").and_then(|r| self.input.models.kind(m, r)).or(object.kind.get());
        let prefix = self.prefix_of(call, args).or(path);
        let guards = self.call_guards(call, args, taken);
        let mut last = object.clone();
        for one in given.alternatives() {
            let callback = self.callback_of(&one);
            // What is an object already is mounted.
            if let Value::Object(_) = &callback {
                self.register(object, What::Mount { prefix: prefix.clone(), child: callback, replaces: false, route: None }, at);
                continue;
            }
            // A plugin from outside that guards what it is put on.
            if let Some(value) = self.outside_guard(&callback, &options, at) {
                self.register(object, What::Guard { value, prefix: None, reach: Reach::All }, at);
                continue;
            }
            let same = call.role.as_deref() == Some("self") || self.is_same(&callback);
            let child = if same && guards.is_empty() { object.clone() } else { self.group_child(object, kind, prefix.clone(), at) };
            for value in guards.iter().cloned() {
                self.register(&child, What::Guard { value, prefix: None, reach: Reach::After }, at);
            }
            self.run_group(&child, &callback, options.clone(), at);
            last = child;
        }
        match call.returns.as_deref() {
            Some("child") => Value::Object(last),
            _ => Value::Object(object.clone()),
        }
    }

    fn outside_guard(&self, callback: &Value, options: &[Value], at: Place) -> Option<Value> {
        let Value::Symbol(symbol) = callback else { return None };
        let guard = self.input.models.guard(self.family.language(), symbol)?;
        let unknown = Unknown {
            label: symbol.clone(),
            callee: Some(symbol.clone()),
            args: Args::of(options.to_vec()),
            at: Some(at),
            ..Unknown::default()
        };
        (guard.says != crate::models::GuardSays::Nothing).then(|| Value::Unknown(Rc::new(unknown)))
    }

    /// Applies a call to each item of a list that is its first argument.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn apply_each(
        &mut self,
        m: u16,
        c: u16,
        receiver: Option<&Rc<Object>>,
        name: &SmolStr,
        args: &Args,
        list: &List,
        at: Place,
    ) -> Value {
        let items = list.items.borrow().clone();
        let mut last = receiver.map_or(Value::Null, |o| Value::Object(o.clone()));
        for item in items {
            let mut one = args.clone();
            one.items[0] = item;
            last = self.apply(m, c, receiver, name, &one, at).unwrap_or(last);
        }
        if list.open.get() {
            self.trouble_at(
                TroubleKind::UnresolvedRegistration,
                at,
                "some items of the list that is registered here could not be followed",
                "their endpoints are missing",
            );
        }
        last
    }

    /// Whether a function's group is the receiver itself.
    pub(crate) fn is_same(&self, callback: &Value) -> bool {
        matches!(callback, Value::Function(f) if f.props.borrow().contains_key(SAME))
    }

    /// The function behind a module or an object with a default export.
    pub(crate) fn callback_of(&mut self, value: &Value) -> Value {
        let value = self.force(value);
        let inner = match &value {
            Value::Module(id) => self.member(&Value::Module(*id), "default"),
            Value::Dict(dict) => dict.get("default"),
            _ => None,
        };
        match inner.map(|v| self.force(&v)) {
            Some(inner @ (Value::Function(_) | Value::BoundFunction(_) | Value::Method(_) | Value::Object(_))) => inner,
            Some(inner @ Value::Dict(_)) if matches!(value, Value::Module(_)) => self.callback_of(&inner),
            _ => value,
        }
    }

    /// A child that sees what was set on its parent.
    pub(crate) fn group_child(
        &mut self,
        object: &Rc<Object>,
        kind: Option<crate::models::KindId>,
        prefix: Option<Value>,
        at: Place,
    ) -> Rc<Object> {
        let child = self.make_object(kind, at, None, false);
        let inherited: Vec<_> =
            object.props.borrow().iter().filter(|(n, _)| !n.starts_with('@')).map(|(n, v)| (n.clone(), v.clone())).collect();
        child.props.borrow_mut().extend(inherited);
        self.register(object, What::Mount { prefix, child: Value::Object(child.clone()), replaces: false, route: None }, at);
        child
    }

    /// Calls a group's function with its child.
    pub(crate) fn run_group(&mut self, child: &Rc<Object>, callback: &Value, options: Vec<Value>, at: Place) {
        match callback {
            Value::Unknown(u) => {
                if u.results.is_empty() {
                    self.unknown_plugin(callback, at);
                }
            }
            Value::Null | Value::Method(_) if self.family == crate::evaluate::Family::Rust => self.unknown_plugin(callback, at),
            _ => {
                let mut items = vec![Value::Object(child.clone())];
                items.extend(options);
                match callback {
                    Value::Function(f) => {
                        self.call_closure(f, Some(Value::Object(child.clone())).filter(|_| self.is_javascript()), Args::of(items), at)
                    }
                    _ => self.call_value(callback, Args::of(items), at),
                };
            }
        }
    }

    fn is_javascript(&self) -> bool {
        self.family == crate::evaluate::Family::JavaScript
    }

    fn unknown_plugin(&mut self, value: &Value, at: Place) {
        let outside = matches!(value, Value::Unknown(u) if u.callee.is_some());
        if !outside {
            let message = format!("`{}` is registered here but could not be followed", self.label(value));
            self.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "routes it adds are missing");
        }
    }
}
