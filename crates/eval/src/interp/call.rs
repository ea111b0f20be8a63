//! Calls: arguments, dispatch by callee, unknown callees.

use super::Cx;
use super::pattern::label_of;
use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId};
use smol_str::SmolStr;
use std::rc::Rc;

/// Why a method could not be followed that a class has from a base that could not be followed either.
pub(crate) const MISSING_BASE: &str = "a base class that is not in the scanned tree provides it";

/// The name under which a call carries its type arguments.
const TYPES: &str = "@types";

impl World<'_> {
    /// Evaluates arguments.
    pub(crate) fn args(&mut self, cx: &Cx, args: &[Arg]) -> Args {
        let mut out = Args::default();
        for arg in args {
            match arg {
                Arg::Positional(id) => {
                    let value = self.expr(cx, *id);
                    out.items.push(value);
                }
                Arg::Named(name, id) => {
                    let value = self.expr(cx, *id);
                    out.named.push((name.clone(), value));
                }
                Arg::Spread(id) => {
                    let value = self.expr(cx, *id);
                    let (items, open) = self.items_of(&value, self.at(cx, *id));
                    out.items.extend(items);
                    out.open |= open;
                }
                Arg::SpreadNamed(id) => {
                    let value = self.expr(cx, *id);
                    match self.force(&value).plain() {
                        Value::Dict(dict) => {
                            for (key, (_, entry)) in dict.entries.borrow().iter() {
                                if let Key::Text(name) = key {
                                    out.named.push((name.clone(), entry.clone()));
                                }
                            }
                            out.open_named |= dict.open.get();
                        }
                        _ => out.open_named = true,
                    }
                }
            }
        }
        out
    }

    /// A call expression.
    pub(crate) fn call_expr(&mut self, cx: &Cx, id: ExprId, callee: ExprId, args: &[Arg], types: &[ExprId], new: bool) -> Value {
        let at = self.at(cx, id);
        let tree = cx.tree.clone();
        if self.family == Family::Rust
            && let Some(value) = self.macro_value(cx, id, callee)
        {
            return value;
        }
        match tree.expr(callee) {
            Expr::Super => return self.super_call(cx, args, at),
            Expr::Name(name) if name == "require" && self.family == Family::JavaScript && cx.scope.get("require").is_none() => {
                let args = self.args(cx, args);
                let module = args.at(0).cloned().unwrap_or(Value::Null);
                return self.require(cx, &module, at);
            }
            Expr::Name(name)
                if self.family == Family::Python
                    && matches!(name.as_str(), "locals" | "globals" | "vars" | "dir" | "super")
                    && args.is_empty() =>
            {
                return self.scope_call(cx, name);
            }
            // Compilers write their helpers into each file.
            Expr::Name(name) if self.family == Family::JavaScript && super::emitted::is_decorate(name) => {
                let args = self.args(cx, args);
                return self.emitted_decorators(&args);
            }
            Expr::Attr(base, name) => {
                let base_value = self.base_expr(cx, *base);
                let mut args = self.args(cx, args);
                if !types.is_empty() && self.guards_by_type(&base_value, name) {
                    let types: Vec<Value> = types.iter().map(|t| self.expr(cx, *t)).collect();
                    args.named.push((TYPES.into(), Value::list(types)));
                }
                return self.method_call(cx, &base_value, name, args, self.at(cx, callee), at);
            }
            _ => {}
        }
        let callee_value = self.expr(cx, callee);
        let mut args = self.args(cx, args);
        if !types.is_empty() && self.family == Family::Rust {
            let types: Vec<Value> = types.iter().map(|t| self.expr(cx, *t)).collect();
            args.named.push((TYPES.into(), Value::list(types)));
        }
        if new {
            return self.new_call(&callee_value, args, at);
        }
        self.call_value(&callee_value, args, at)
    }

    /// Whether what a model says of an outside function is said by its type arguments.
    fn guards_by_type(&self, base: &Value, name: &str) -> bool {
        let Value::Symbol(base) = base else { return false };
        let guard = self.input.models.guard(self.family.language(), &SmolStr::new(format!("{base}.{name}")));
        guard.and_then(|g| g.through.as_ref()).and_then(|p| p.name()).is_some_and(|n| n == TYPES)
    }

    fn scope_call(&mut self, cx: &Cx, name: &str) -> Value {
        if name == "super" {
            return self.super_value(cx);
        }
        let scope = if name == "globals" { self.module(cx.module).scope.clone() } else { cx.scope.function() };
        let names: Vec<_> = scope.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        if name == "dir" { Value::list(names.into_iter().map(|(n, _)| Value::text(n)).collect()) } else { Value::dict(names) }
    }

    /// `super(...)` as a call: JavaScript runs the base constructor, Python gives the proxy.
    fn super_call(&mut self, cx: &Cx, args: &[Arg], at: Place) -> Value {
        let args = self.args(cx, args);
        let proxy = self.super_value(cx);
        if self.family != Family::JavaScript {
            return proxy;
        }
        let Value::Super(pair) = &proxy else { return proxy };
        let (home, this) = (pair.0.clone(), pair.1.clone());
        match self.get_attr(&proxy, "constructor", Some(at)) {
            Some(constructor @ (Value::Function(_) | Value::BoundFunction(_))) => self.call_value(&constructor, args, at),
            _ => {
                if let (Value::Object(object), Some((symbol, _))) = (&this, self.modelled_base(&home)) {
                    let object = object.clone();
                    self.model_construct(&object, &symbol, args, at);
                }
                Value::Null
            }
        }
    }

    /// `base.name(args)`.
    pub(crate) fn method_call(&mut self, cx: &Cx, base: &Value, name: &SmolStr, args: Args, callee_at: Place, at: Place) -> Value {
        let base = self.force(base);
        if let Value::Either(all) = &base {
            // Alternatives that can't have the method are left out.
            let results: Vec<Value> = all
                .iter()
                .filter(|v| !matches!(v, Value::Null))
                .map(|v| self.method_call(cx, v, name, args.clone(), callee_at, at))
                .collect();
            return Value::either(results);
        }
        if let Value::Default(inner) = &base {
            let found = self.method_call(cx, &inner.clone(), name, args, callee_at, at);
            return as_default(inner, found);
        }
        // Defaults and conversions of what is not known.
        if self.family == Family::Rust
            && matches!(base, Value::Unknown(_))
            && matches!(
                name.as_str(),
                "unwrap_or"
                    | "unwrap_or_else"
                    | "or"
                    | "or_else"
                    | "unwrap"
                    | "expect"
                    | "clone"
                    | "as_str"
                    | "to_string"
                    | "to_owned"
                    | "into"
                    | "as_ref"
                    | "as_deref"
                    | "ok"
            )
            && let Some(value) = self.host_method(&base, name, &args, at)
        {
            return value;
        }
        if let Value::Unknown(unknown) = &base
            && let Some(object) = self.outside_router(unknown, name, &args)
        {
            return self.call_on_object(&object, name, args, at);
        }
        if matches!(base, Value::Unknown(_))
            && let Some(value) = self.mounted_on_unknown(name, &args, at)
        {
            return value;
        }
        match self.get_attr(&base, name, Some(callee_at)) {
            Some(found) => {
                let found = self.force(&found);
                match &found {
                    Value::Function(f) if self.family == Family::JavaScript => self.call_closure(&f.clone(), Some(base.clone()), args, at),
                    Value::Null if matches!(base, Value::Dict(_) | Value::Function(_)) => self.call_method(&base, name, args, at),
                    _ => self.call_value(&found, args, at),
                }
            }
            None => self.call_method(&base, name, args, at),
        }
    }

    /// `new callee(args)`.
    fn new_call(&mut self, callee: &Value, args: Args, at: Place) -> Value {
        match self.force(callee) {
            Value::Function(f) => {
                let class = self.class_of_function(&f);
                let instance = Rc::new(Instance { class, fields: Default::default(), assumed: false, at });
                let value = Value::Instance(instance);
                match self.call_closure(&f, Some(value.clone()), args, at) {
                    other @ (Value::Object(_) | Value::Instance(_) | Value::Dict(_) | Value::Function(_)) => other,
                    _ => value,
                }
            }
            other => self.call_value(&other, args, at),
        }
    }

    /// Calls a value.
    pub(crate) fn call_value(&mut self, callee: &Value, args: Args, at: Place) -> Value {
        if !self.step() {
            return Value::unknown("", "evaluation was cut short", Some(at));
        }
        match self.force(callee) {
            Value::Function(f) => self.call_closure(&f, None, args, at),
            Value::BoundFunction(bound) => self.call_closure(&bound.1.clone(), Some(bound.0.clone()), args, at),
            Value::Class(class) => self.construct(&class, args, at),
            Value::Symbol(symbol) => self.call_symbol(&symbol, args, at),
            Value::Method(bound) => {
                let mut all = Args { named: args.named, open: args.open, open_named: args.open_named, items: bound.args.items.clone() };
                all.items.extend(args.items);
                all.named.extend(bound.args.named.iter().filter(|(n, _)| n != "@at").cloned());
                if bound.name.is_empty() {
                    self.call_value(&bound.receiver.clone(), all, at)
                } else {
                    self.call_method(&bound.receiver.clone(), &bound.name.clone(), all, at)
                }
            }
            Value::Pending(pending) => self.call_pending(&pending, args, at),
            Value::Either(all) => {
                let results: Vec<Value> =
                    all.iter().filter(|v| !matches!(v, Value::Null)).map(|v| self.call_value(v, args.clone(), at)).collect();
                Value::either(results)
            }
            Value::Default(inner) => self.call_value(&inner, args, at),
            Value::Instance(instance) => match self.class_attr(&instance.class.clone(), "__call__") {
                Some(Value::Function(f)) => self.call_closure(&f, Some(Value::Instance(instance.clone())), args, at),
                _ => self.unknown_call(&Value::Instance(instance.clone()), args, at),
            },
            Value::Module(id) => match self.member(&Value::Module(id), "default") {
                Some(default) if !matches!(default, Value::Module(_)) => self.call_value(&default, args, at),
                _ => Value::unknown("", "a module was called", Some(at)),
            },
            Value::Dict(dict) => match dict.get("default").or_else(|| dict.get("__call__")) {
                Some(default) => self.call_value(&default, args, at),
                None => Value::unknown("", "an object was called", Some(at)),
            },
            Value::Object(object) => self.call_object(&object, args, at),
            Value::Super(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Regex(_)
            | Value::Folder(_) => Value::unknown("", "something that is not a function was called", Some(at)),
            other @ (Value::Unknown(_) | Value::Lazy(_)) => self.unknown_call(&other, args, at),
        }
    }

    /// Calls a method that is not user code.
    pub(crate) fn call_method(&mut self, receiver: &Value, name: &SmolStr, args: Args, at: Place) -> Value {
        match receiver {
            Value::Object(object) => self.call_on_object(&object.clone(), name, args, at),
            Value::Class(class) => self.class_method(&class.clone(), receiver, name, args, at),
            Value::Instance(instance) => self.class_method(&instance.class.clone(), receiver, name, args, at),
            Value::Default(inner) => as_default(inner, self.call_method(&inner.clone(), name, args, at)),
            // `parameter.app.get("/x", ..)`: what stands on something assumed is assumed too.
            Value::Method(bound) if self.registers_on_assumed(bound, name, &args) => {
                let Value::Object(holder) = &bound.receiver else { return Value::Null };
                let object = self.make_object(None, holder.site, None, true);
                holder.props.borrow_mut().insert(bound.name.clone(), Value::Object(object.clone()));
                self.call_on_object(&object, name, args, at)
            }
            Value::Unknown(_) => {
                if let Some(value) = self.host_method(receiver, name, &args, at) {
                    return value;
                }
                if let Some(value) = self.stand_in(name, &args) {
                    return value;
                }
                let callee = Value::unknown(label_of(receiver, &format!(".{name}")), "its receiver is not known", Some(at));
                self.unknown_call(&callee, args, at)
            }
            Value::Function(_) if let Some(value) = self.function_extension(receiver, name, &args, at) => value,
            _ => match self.host_method(receiver, name, &args, at).or_else(|| self.stand_in(name, &args)) {
                Some(value) => value,
                None => {
                    let callee = Value::unknown(label_of(receiver, &format!(".{name}")), "the method is not known", Some(at));
                    self.unknown_call(&callee, args, at)
                }
            },
        }
    }

    /// The class or function that stands in where settings name no other: `config.get("INITIALIZER", Initializer)`.
    fn stand_in(&mut self, name: &str, args: &Args) -> Option<Value> {
        if self.family != Family::Python || name != "get" || args.items.len() != 2 || args.at(0)?.as_str().is_none() {
            return None;
        }
        let value = self.force(args.at(1)?);
        matches!(value, Value::Class(_) | Value::Function(_)).then(|| Value::Default(Rc::new(value)))
    }

    /// A method that an outside base of a user class provides.
    fn class_method(&mut self, class: &Rc<ClassValue>, receiver: &Value, name: &SmolStr, args: Args, at: Place) -> Value {
        let plain = name.strip_prefix("super.").unwrap_or(name);
        let models = self.input.models;
        for base in self.outside_bases(class) {
            let symbol = SmolStr::new(format!("{base}.{plain}"));
            if !models.symbol(&symbol).is_empty() {
                let mut all = args.clone();
                all.items.insert(0, receiver.clone());
                return self.call_symbol(&symbol, all, at);
            }
        }
        // A method of whatever base: `*.name`.
        let symbol = SmolStr::new(format!("*.{plain}"));
        if !models.symbol(&symbol).is_empty() {
            let mut all = args.clone();
            all.items.insert(0, receiver.clone());
            if let Some(value) = self.model_call(&symbol, &all, at) {
                return value;
            }
        }
        if self.family == Family::Rust
            && matches!(receiver, Value::Class(_))
            && let Some(value) = self.read_struct(class, plain, at)
        {
            return value;
        }
        if let Some(value) = self.host_method(receiver, &SmolStr::new(plain), &args, at) {
            return value;
        }
        if let Some(value) = self.protobuf_method(class, receiver, plain, &args, at) {
            return value;
        }
        let is_missing = self.family == Family::Python && self.has_missing_base(class);
        let callee = Unknown {
            label: SmolStr::new(format!("{}.{plain}", class.name)),
            reason: SmolStr::new_static(if is_missing { MISSING_BASE } else { "a base class outside the tree provides it" }),
            at: Some(at),
            callee: self.guard_of_base(class, receiver, plain),
            from: matches!(receiver, Value::Class(_)).then(|| receiver.clone()),
            ..Unknown::default()
        };
        self.unknown_call(&Value::Unknown(Rc::new(callee)), args, at)
    }

    /// The guard that a method of an outside base is: `Permission().require` of an instance of a subclass.
    fn guard_of_base(&mut self, class: &Rc<ClassValue>, receiver: &Value, name: &str) -> Option<SmolStr> {
        let made = if matches!(receiver, Value::Class(_)) { "" } else { "()" };
        let (models, language) = (self.input.models, self.family.language());
        let symbols = self.outside_bases(class).into_iter().map(|base| SmolStr::new(format!("{base}{made}.{name}")));
        symbols.into_iter().find(|symbol| models.guard(language, symbol).is_some())
    }

    /// Calls a symbol of an outside package.
    pub(crate) fn call_symbol(&mut self, symbol: &SmolStr, args: Args, at: Place) -> Value {
        if let Some(value) = self.model_call(symbol, &args, at) {
            return value;
        }
        if let Some(value) = self.host_call(symbol, &args, at) {
            return value;
        }
        self.applied_control(symbol, &args, at);
        let results = self.run_callbacks(&args, at);
        Value::Unknown(Rc::new(Unknown {
            label: SmolStr::new(format!("{symbol}()")),
            reason: "it is made by code outside the tree".into(),
            at: Some(at),
            callee: Some(symbol.clone()),
            args,
            results,
            from: None,
        }))
    }

    /// Calls something that is not known.
    pub(crate) fn unknown_call(&mut self, callee: &Value, args: Args, at: Place) -> Value {
        if let Value::Unknown(u) = callee
            && let Some(value) = u.callee.clone().and_then(|c| self.environment_reader(&c, &args, at))
        {
            return value;
        }
        if let Value::Unknown(u) = callee
            && let Some(symbol) = &u.callee
        {
            self.applied_control(symbol, &args, at);
        }
        if let Value::Unknown(u) = callee {
            self.report_handed(u, &args, at);
        }
        let results = self.run_callbacks(&args, at);
        let (label, reason, symbol, from) = match callee {
            Value::Unknown(u) => (SmolStr::new(format!("{}()", u.label)), u.reason.clone(), u.callee.clone(), u.from.clone()),
            _ => (label_of(callee, "()"), SmolStr::new_static("the callee is not known"), None, None),
        };
        Value::Unknown(Rc::new(Unknown { label, reason, at: Some(at), callee: symbol, args, results, from }))
    }

    /// Runs callbacks given to unknown callees once, when they matter to routing. What is being decorated is no callback.
    fn run_callbacks(&mut self, args: &Args, at: Place) -> Vec<Value> {
        let mut results = Vec::new();
        let values: Vec<Value> = args.items.iter().chain(args.named.iter().map(|(_, v)| v)).cloned().collect();
        for value in values {
            if self.decorating.iter().any(|decorated| decorated.same(&value)) {
                continue;
            }
            let (function, receiver) = match &value {
                Value::Function(f) => (f.clone(), None),
                Value::BoundFunction(b) => (b.1.clone(), Some(b.0.clone())),
                _ => continue,
            };
            if self.ran.contains(&(Rc::as_ptr(&function) as usize)) || self.handler_shaped(&function) || !self.touches(&function) {
                continue;
            }
            let args = self.assumed_args(&function, receiver.is_some());
            let result = self.call_closure(&function, receiver, args, at);
            results.push(result);
        }
        results
    }

    /// require(x).
    fn require(&mut self, cx: &Cx, module: &Value, at: Place) -> Value {
        let names: Vec<SmolStr> = module.alternatives().iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            return self.dynamic_import(cx, module, at);
        }
        let values: Vec<Value> = names
            .iter()
            .map(|name| {
                let value = self.js_import_at(cx, name, true, at);
                self.required(value)
            })
            .collect();
        Value::either(values)
    }
}

/// What a call made of something that is known by its default: a plain value is a default as well.
pub(crate) fn as_default(of: &Value, found: Value) -> Value {
    let is_plain = matches!(of, Value::Text(_) | Value::Bool(_) | Value::Number(_));
    match found {
        Value::Text(_) | Value::Bool(_) | Value::Number(_) | Value::List(_) if is_plain => Value::Default(Rc::new(found)),
        Value::Bool(_) if matches!(of, Value::List(_)) => Value::Default(Rc::new(found)),
        other => other,
    }
}
