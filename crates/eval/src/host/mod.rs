//! Host models: the built-ins and standard-library functions that registration code uses.
//!
//! A function here is pure over abstract values; what it can't say it leaves to the caller (None), which makes an
//! unknown of it.

mod container;
mod data_files;
mod dict;
mod environment;
mod folders;
pub(crate) mod javascript;
mod list;
pub(crate) mod protobuf;
pub(crate) mod python;
mod python_folders;
mod python_types;
mod regex;
mod rust;
mod settings;
mod text;
mod traitlets;

pub(crate) use python_types::is_builtin_type;

use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::ListKind;
use smol_str::SmolStr;

/// The symbol of the object that holds JavaScript's global names.
pub(crate) const GLOBAL: &str = "globalThis";
/// The note that holds what the tree made global.
const GLOBALS: &str = "globals";

impl World<'_> {
    /// What the tree made global under a name: `global.APP = ..`.
    pub(crate) fn global(&self, name: &str) -> Option<Value> {
        match self.notes.get(GLOBALS).and_then(|all| all.first()) {
            Some(Value::Dict(globals)) => globals.get(name),
            _ => None,
        }
    }

    /// Makes a value global; one of several that are set under a name may be meant.
    pub(crate) fn set_global(&mut self, name: &SmolStr, value: Value) {
        let value = match self.global(name) {
            Some(before) if !before.same(&value) => Value::either([before, value]),
            _ => value,
        };
        let all = self.notes.entry(GLOBALS).or_default();
        if all.is_empty() {
            all.push(Value::dict([]));
        }
        if let Some(Value::Dict(globals)) = all.first() {
            globals.set(&Value::text(name.clone()), value);
        }
    }

    /// What a name means that no scope binds.
    pub(crate) fn builtin_name(&mut self, name: &SmolStr, _at: Option<Place>) -> Value {
        match (self.family, name.as_str()) {
            (Family::JavaScript, "undefined") => Value::Null,
            (Family::Rust, "None") => Value::Null,
            (Family::JavaScript, "globalThis" | "global" | "window") => Value::Symbol(GLOBAL.into()),
            (Family::JavaScript, _) => self.global(name).unwrap_or_else(|| Value::Symbol(name.clone())),
            _ => Value::Symbol(name.clone()),
        }
    }

    /// A host function by symbol; None when it is not modelled.
    pub(crate) fn host_call(&mut self, symbol: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        match self.family {
            Family::Python => self.python_call(symbol, args, at),
            Family::JavaScript => self.js_call(symbol, args, at),
            Family::Rust => self.rust_call(symbol, args, at),
        }
    }

    /// A method of a host value; None when it is not modelled.
    pub(crate) fn host_method(&mut self, receiver: &Value, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        let receiver = self.force(receiver);
        if name == "tag" && self.family == Family::Python && args.items.is_empty() && !args.named.is_empty() {
            // `Unicode("x").tag(config=True)`.
            return Some(receiver);
        }
        let found = self.value_method(&receiver, name, args, at);
        let plain = matches!(receiver, Value::Text(_) | Value::List(_) | Value::Dict(_));
        found.or_else(|| if plain && self.family == Family::Rust { self.rust_method(&receiver, name, args, at) } else { None })
    }

    fn value_method(&mut self, receiver: &Value, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        match receiver {
            Value::Text(text) => {
                let path = if self.family == Family::Python { self.path_method(receiver, name, args) } else { None };
                path.or_else(|| self.text_method(text, name, args, at))
            }
            Value::List(list) => self.list_method(list, name, args, at),
            Value::Dict(dict) => self.dict_method(dict, name, args, at),
            Value::Function(_) | Value::BoundFunction(_) => self.function_method(receiver, name, args, at),
            Value::Method(bound) if self.family == Family::JavaScript && matches!(name.as_str(), "bind" | "call" | "apply") => {
                let bound = bound.clone();
                self.borrowed_method(&bound.receiver, &bound.name, name, args, at)
            }
            Value::Symbol(symbol) if self.family == Family::JavaScript && matches!(name.as_str(), "call" | "apply") => {
                let (class, method) = symbol.rsplit_once('.')?;
                let method = SmolStr::new(method);
                class.ends_with(".prototype").then(|| self.borrowed_method(&Value::Null, &method, name, args, at))?
            }
            Value::Either(all) => {
                let results: Vec<Value> = all.iter().filter_map(|v| self.host_method(v, name, args, at)).collect();
                (!results.is_empty()).then(|| Value::either(results))
            }
            _ if self.family == Family::Rust => self.rust_method(receiver, name, args, at),
            Value::Number(n) if matches!(name.as_str(), "toString" | "toFixed") => Some(Value::text(crate::text::number(*n))),
            Value::Class(class) if name == "__subclasses__" => {
                let class = class.clone();
                Some(self.subclasses(&class))
            }
            Value::Class(class) if name == "mro" => {
                let class = class.clone();
                Some(Value::list(self.mro(&class)))
            }
            Value::Instance(instance) if self.inside(instance).is_some() => self.container_method(&instance.clone(), name, args, at),
            Value::Instance(instance)
                if self.family == Family::Python
                    && matches!(name.as_str(), "items" | "keys" | "values" | "get" | "_asdict" | "dict" | "model_dump") =>
            {
                let fields: Vec<_> = instance.fields.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                let Value::Dict(dict) = Value::dict(fields) else { return None };
                if matches!(name.as_str(), "_asdict" | "dict" | "model_dump") {
                    Some(Value::Dict(dict))
                } else {
                    self.dict_method(&dict, name, args, at)
                }
            }
            _ => None,
        }
    }

    /// `a.method.call(b, ..)`, `[].concat.apply([], lists)`, `Array.prototype.map.call(list, f)`, `app.get.bind(app)`.
    fn borrowed_method(&mut self, own: &Value, method: &SmolStr, how: &str, args: &Args, at: Place) -> Option<Value> {
        let this = match args.at(0) {
            Some(this) if !matches!(this, Value::Null | Value::Unknown(_)) => this.clone(),
            _ => own.clone(),
        };
        if method.is_empty() || matches!(this, Value::Null) {
            return None;
        }
        let rest = match how {
            "apply" => args.at(1).map(|v| self.items_of(v, at).0).unwrap_or_default(),
            _ => args.items.get(1..).unwrap_or_default().to_vec(),
        };
        Some(match how {
            "bind" => Value::Method(std::rc::Rc::new(Bound { receiver: this, name: method.clone(), args: Args::of(rest) })),
            _ => match self.get_attr(&this, method, Some(at)) {
                Some(found @ (Value::Function(_) | Value::BoundFunction(_))) => self.call_value(&found, Args::of(rest), at),
                _ => self.call_method(&this, method, Args::of(rest), at),
            },
        })
    }

    /// Methods of functions: bind, call, apply.
    fn function_method(&mut self, receiver: &Value, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        match name.as_str() {
            "bind" => {
                let this = args.at(0).cloned().unwrap_or(Value::Null);
                let rest = args.items.get(1..).unwrap_or_default().to_vec();
                let bound = match receiver {
                    Value::Function(f) => Value::BoundFunction(std::rc::Rc::new((this, f.clone()))),
                    other => other.clone(),
                };
                Some(if rest.is_empty() {
                    bound
                } else {
                    Value::Method(std::rc::Rc::new(Bound { receiver: bound, name: SmolStr::default(), args: Args::of(rest) }))
                })
            }
            "call" | "apply" => {
                let this = args.at(0).cloned();
                let rest = if name == "call" {
                    args.items.get(1..).unwrap_or_default().to_vec()
                } else {
                    args.at(1).map(|v| self.items_of(v, at).0).unwrap_or_default()
                };
                match receiver {
                    Value::Function(f) => Some(self.call_closure(&f.clone(), this, Args::of(rest), at)),
                    other => Some(self.call_value(&other.clone(), Args::of(rest), at)),
                }
            }
            // `handler.layer(..)`, `handler.with_state(..)`.
            _ if self.family == Family::Rust => Some(receiver.clone()),
            _ => None,
        }
    }

    /// The classes made so far that derive from one.
    pub(crate) fn subclasses(&mut self, class: &std::rc::Rc<ClassValue>) -> Value {
        let all = self.classes.clone();
        let found = all
            .into_iter()
            .filter(|c| {
                let bases = c.bases.borrow().clone();
                bases.iter().any(|b| matches!(self.force(b), Value::Class(b) if std::rc::Rc::ptr_eq(&b, class)))
            })
            .map(Value::Class)
            .collect();
        Value::list(found)
    }

    /// The number of positional arguments as a limit of a callback's parameters is not checked; calls a callback with an item.
    pub(crate) fn callback(&mut self, f: &Value, items: Vec<Value>, at: Place) -> Value {
        self.call_value(f, Args::of(items), at)
    }
}

/// Method names of dicts, Maps and plain objects that are no entries.
pub(crate) fn is_dict_method(name: &str) -> bool {
    matches!(
        name,
        "get" | "set" | "has" | "entries" | "keys" | "values" | "forEach" | "delete" | "hasOwnProperty" | "add" | "clear" | "toString"
    )
}

/// Whether a built-in value is an instance of a built-in type.
pub(crate) fn is_builtin_instance(value: &Value, class: &Value) -> Option<bool> {
    let Value::Symbol(name) = class else {
        return matches!(class, Value::Class(_) | Value::Function(_)).then_some(false);
    };
    let short = name.rsplit('.').next().unwrap_or(name);
    Some(match value {
        Value::Text(_) => matches!(short, "str" | "String" | "basestring" | "Sequence" | "Iterable"),
        Value::List(list) => match list.kind {
            ListKind::List => matches!(short, "list" | "Array" | "Sequence" | "Iterable" | "Collection"),
            ListKind::Tuple => matches!(short, "tuple" | "Sequence" | "Iterable" | "Collection"),
            ListKind::Set => matches!(short, "set" | "Set" | "frozenset" | "Iterable" | "Collection"),
        },
        Value::Dict(_) => matches!(short, "dict" | "Map" | "Object" | "Mapping" | "MutableMapping"),
        Value::Number(_) => matches!(short, "int" | "float" | "Number"),
        Value::Bool(_) => matches!(short, "bool" | "int" | "Boolean"),
        Value::Function(_) => matches!(short, "Callable" | "Function" | "FunctionType" | "MethodType"),
        _ => return None,
    })
}
