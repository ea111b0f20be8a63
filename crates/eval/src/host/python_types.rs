//! Python: classes made by calls, attributes by name, imports by name.

use super::python::with_open;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ListKind, Pattern, Stmt};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// Whether an instance certainly has no attribute of a name: all its classes are in the tree, and nothing inside
    /// of them sets it on anything.
    pub(crate) fn surely_lacks(&mut self, value: &Value, name: &str) -> bool {
        let Value::Instance(instance) = value else { return false };
        let class = instance.class.clone();
        if self.is_bare(instance) || instance.fields.borrow().contains_key(name) || self.class_attr(&class, name).is_some() {
            return false;
        }
        if name.starts_with("__") || self.class_attr(&class, "__getattr__").is_some() || class.fields.borrow().iter().any(|f| f == name) {
            return false;
        }
        self.mro(&class).iter().all(|one| match one {
            Value::Class(one) => {
                let tree = &self.module(one.module).tree;
                let Some(own) = one.class.map(|id| tree.class(id).span) else { return false };
                !tree.stmts.iter().any(|(stmt, at)| match stmt {
                    Stmt::Bind { target: Pattern::Place(place), .. } if own.start <= at.start && at.end <= own.end => {
                        matches!(tree.expr(*place), Expr::Attr(_, set) if set == name)
                    }
                    _ => false,
                })
            }
            Value::Symbol(symbol) => matches!(symbol.as_str(), "object" | "abc.ABC" | "typing.Generic" | "typing.Protocol"),
            _ => false,
        })
    }

    pub(crate) fn attribute_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let value = self.force(args.at(0)?);
        let Some(name) = args.at(1).and_then(Value::as_str) else {
            return Some(Value::unknown("getattr()", "the attribute's name is not known", Some(at)));
        };
        match symbol {
            "setattr" => {
                self.set_attr(&value, &name, args.at(2)?.clone(), at);
                Some(Value::Null)
            }
            "hasattr" if self.surely_lacks(&value, &name) => Some(Value::Bool(false)),
            "getattr" if args.at(2).is_some() && self.surely_lacks(&value, &name) => args.at(2).cloned(),
            "hasattr" => match &value {
                Value::Unknown(_) | Value::Symbol(_) | Value::Either(_) | Value::Object(_) => None,
                Value::Instance(i) if crate::natives::is_closed(self, &i.class) => {
                    let has = i.fields.borrow().contains_key(&name) || self.class_attr(&i.class.clone(), &name).is_some();
                    Some(Value::Bool(has))
                }
                _ => match self.get_attr(&value, &name, Some(at)) {
                    None => Some(Value::Bool(false)),
                    Some(Value::Method(_) | Value::Unknown(_)) => {
                        let own = matches!(&value, Value::Class(c) if self.class_attr(&c.clone(), &name).is_some());
                        if own {
                            Some(Value::Bool(true))
                        } else if matches!(&value, Value::Class(c) if !self.has_outside_base(&c.clone())) {
                            Some(Value::Bool(false))
                        } else {
                            None
                        }
                    }
                    Some(_) => Some(Value::Bool(true)),
                },
            },
            _ => match self.get_attr(&value, &name, Some(at)) {
                Some(Value::Unknown(u)) => match args.at(2) {
                    Some(default) if !matches!(default, Value::Null) => Some(Value::Default(Rc::new(default.clone()))),
                    _ => Some(Value::Unknown(u)),
                },
                Some(Value::Method(m)) if args.at(2).is_some() && !matches!(m.receiver, Value::Object(_)) => args.at(2).cloned(),
                Some(Value::Symbol(s)) => match args.at(2) {
                    Some(default @ (Value::Text(_) | Value::Bool(_))) => Some(Value::Default(Rc::new(default.clone()))),
                    _ => Some(Value::Symbol(s)),
                },
                Some(found) => Some(found),
                None => Some(args.at(2).cloned().unwrap_or_else(|| Value::unknown(name, "there is no such attribute", Some(at)))),
            },
        }
    }

    pub(crate) fn instance_test(&mut self, symbol: &str, args: &Args) -> Option<Value> {
        let (value, class) = (self.force(args.at(0)?), args.at(1)?.clone());
        if symbol == "isinstance" {
            if let (Value::Symbol(constant), Value::Symbol(class)) = (&value, self.force(&class))
                && is_status(constant)
                && matches!(class.as_str(), "tuple" | "list" | "dict" | "set" | "str" | "int")
            {
                return Some(Value::Bool(class == "int"));
            }
            return self.is_instance(&value, &class).map(Value::Bool);
        }
        let Value::Class(own) = &value else { return None };
        let options = match self.force(&class) {
            Value::List(list) => list.items.borrow().clone(),
            other => vec![other],
        };
        let order = self.mro(own);
        let mut unknown = false;
        for option in options {
            match self.force(&option) {
                option @ (Value::Class(_) | Value::Symbol(_)) => {
                    if order.iter().any(|v| v.same(&option)) {
                        return Some(Value::Bool(true));
                    }
                }
                _ => unknown = true,
            }
        }
        (!unknown).then_some(Value::Bool(false))
    }

    /// `type(x)` and `type(name, bases, attrs)`.
    pub(crate) fn type_call(&mut self, args: &Args, at: Place) -> Option<Value> {
        if args.items.len() < 3 {
            return match self.force(args.at(0)?) {
                Value::Instance(i) => Some(Value::Class(i.class.clone())),
                Value::Object(o) => o.class.clone().map(Value::Class),
                value => builtin_type(&value).map(|name| Value::Symbol(SmolStr::new_static(name))),
            };
        }
        let name = args.at(0)?.as_str().unwrap_or_default();
        let (bases, _) = self.items_of(args.at(1)?, at);
        let model = bases.iter().find_map(|b| if let Value::Class(c) = self.force(b) { Some(c) } else { None });
        let module = model.as_ref().map_or(ModuleId(0), |c| c.module);
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, name, bases, scope, at);
        if let Value::Dict(attrs) = self.force(args.at(2)?) {
            for (key, (_, value)) in attrs.entries.borrow().iter() {
                if let Key::Text(key) = key {
                    class.attrs.borrow_mut().insert(key.clone(), value.clone());
                }
            }
        }
        Some(Value::Class(class))
    }

    pub(crate) fn made_class(
        &mut self,
        module: ModuleId,
        name: SmolStr,
        bases: Vec<Value>,
        scope: crate::scope::Scope,
        at: Place,
    ) -> Rc<ClassValue> {
        Rc::new(ClassValue {
            module,
            class: None,
            name,
            bases: std::cell::RefCell::new(bases),
            attrs: Default::default(),
            getters: Default::default(),
            scope,
            marks: Default::default(),
            at,
            fields: Default::default(),
            conditions: self.conditions.clone(),
        })
    }

    pub(crate) fn namedtuple(&mut self, args: &Args, at: Place) -> Option<Value> {
        let name = args.at(0)?.as_str().unwrap_or_default();
        let fields: Vec<SmolStr> = match self.force(args.at(1)?) {
            Value::Text(text) => text.known()?.split([',', ' ']).filter(|f| !f.is_empty()).map(SmolStr::new).collect(),
            list => self
                .items_of(&list, at)
                .0
                .iter()
                .filter_map(|v| match v {
                    Value::List(pair) => pair.items.borrow().first().and_then(Value::as_str),
                    other => other.as_str(),
                })
                .collect(),
        };
        let module = self.budget.last().copied().unwrap_or(ModuleId(0));
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, name, Vec::new(), scope, at);
        *class.fields.borrow_mut() = fields;
        Some(Value::Class(class))
    }

    /// A field with a default.
    pub(crate) fn field(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        if let Some(factory) = args.name("default_factory").or(args.name("factory")) {
            let factory = factory.clone();
            return Some(self.call_value(&factory, Args::default(), at));
        }
        match args.name("default").or(args.at(0)) {
            // It keeps what it says, for `Annotated[..]`.
            Some(Value::Unknown(_)) | None => Some(Value::Unknown(Rc::new(Unknown {
                label: "field".into(),
                reason: "the field has no default".into(),
                at: Some(at),
                callee: Some(SmolStr::new(symbol)),
                args: args.clone(),
                ..Unknown::default()
            }))),
            Some(default) => Some(default.clone()),
        }
    }

    /// Names of a module's, class's or instance's attributes.
    pub(crate) fn names_of(&mut self, value: &Value) -> Value {
        let names: Vec<SmolStr> = match self.force(value) {
            Value::Class(class) => {
                let mut names = Vec::new();
                for base in self.mro(&class) {
                    if let Value::Class(c) = base {
                        names.extend(c.attrs.borrow().keys().cloned());
                    }
                }
                names
            }
            Value::Instance(instance) => {
                let mut names: Vec<SmolStr> = instance.fields.borrow().keys().cloned().collect();
                for base in self.mro(&instance.class.clone()) {
                    if let Value::Class(c) = base {
                        names.extend(c.attrs.borrow().keys().cloned());
                    }
                }
                names
            }
            Value::Module(id) => self.module_entries(id).into_iter().map(|(n, _)| n).collect(),
            _ => return with_open(Value::list(Vec::new()), true),
        };
        let mut names = names;
        names.sort();
        names.dedup();
        Value::list(names.into_iter().map(Value::text).collect())
    }

    /// importlib.import_module(name, package).
    pub(crate) fn import_by_name(&mut self, args: &Args, at: Place) -> Option<Value> {
        let names: Vec<SmolStr> = args.at(0)?.alternatives().iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            return Some(Value::unknown(self.label(args.at(0)?), "the imported module is only known at run time", Some(at)));
        }
        let from = self.module(self.budget.last().copied()?).file;
        let values: Vec<Value> = names
            .iter()
            .map(|name| {
                let level = name.chars().take_while(|c| *c == '.').count() as u32;
                let module = match (level, args.at(1).or(args.name("package")).and_then(Value::as_str)) {
                    (1.., Some(package)) => {
                        let mut base: Vec<&str> = package.split('.').collect();
                        base.truncate(base.len().saturating_sub(level as usize - 1));
                        format!("{}.{}", base.join("."), name.trim_start_matches('.'))
                    }
                    _ => name.trim_start_matches('.').to_owned(),
                };
                let level = if args.items.len() > 1 || args.name("package").is_some() { 0 } else { level };
                let target = self.resolver.python(from, &module, level);
                let value = self.target_value(target, None);
                if let Value::Module(id) = &value {
                    self.run_module(*id);
                }
                value
            })
            .collect();
        Some(Value::either(values))
    }

    /// `package.module.name` or `package.module:name` as a value.
    pub(crate) fn import_string(&mut self, name: &str, _at: Place) -> Option<Value> {
        let (module, attr) = name.rsplit_once([':', '.'])?;
        let from = self.module(self.budget.last().copied().unwrap_or(ModuleId(0))).file;
        let target = self.resolver.python(from, module, 0);
        let value = self.target_value(target, None);
        self.member(&value, attr).map(|v| self.force(&v))
    }

    /// pkgutil.iter_modules(path): (finder, name, is_package) of the folder's modules.
    pub(crate) fn iter_modules(&mut self, args: &Args, at: Place) -> Option<Value> {
        let path = args.get(0, "path")?.clone();
        let (paths, _) = self.items_of(&path, at);
        let folder = paths.iter().find_map(Value::as_str)?;
        let folder = folder.trim_start_matches('/').to_owned();
        let prefix = args.get(1, "prefix").and_then(Value::as_str).unwrap_or_default();
        let mut found: Vec<(SmolStr, bool)> = Vec::new();
        for (_, file) in self.input.files.iter() {
            let Some(rest) = file.path.strip_prefix(folder.as_str()).and_then(|r| r.strip_prefix('/')) else { continue };
            if let Some(name) = rest.strip_suffix(".py").filter(|n| !n.contains('/') && *n != "__init__") {
                found.push((SmolStr::new(name), false));
            } else if let Some(name) = rest.strip_suffix("/__init__.py").filter(|n| !n.contains('/')) {
                found.push((SmolStr::new(name), true));
            }
        }
        found.sort();
        let infos = found.into_iter().map(|(name, package)| {
            let name = Value::text(format!("{prefix}{name}"));
            self.record("ModuleInfo", [("module_finder", Value::Null), ("name", name), ("ispkg", Value::Bool(package))], at)
        });
        Some(Value::list(infos.collect()))
    }

    /// An instance with these fields, which also unpacks as a tuple of them.
    pub(crate) fn record(&mut self, name: &str, fields: impl IntoIterator<Item = (&'static str, Value)>, at: Place) -> Value {
        let module = self.budget.last().copied().unwrap_or(ModuleId(0));
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, name.into(), Vec::new(), scope, at);
        let fields: Map<SmolStr, Value> = fields.into_iter().map(|(name, value)| (SmolStr::new_static(name), value)).collect();
        *class.fields.borrow_mut() = fields.keys().cloned().collect();
        Value::Instance(Rc::new(Instance { class, fields: std::cell::RefCell::new(fields), assumed: false, at }))
    }
}

/// The name of a built-in type that a value is of; None for instances, objects and what is not known.
fn builtin_type(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Text(_) => "str",
        Value::Bool(_) => "bool",
        Value::Dict(_) => "dict",
        Value::Class(_) => "type",
        Value::Function(_) => "function",
        Value::List(list) => match list.kind {
            ListKind::List => "list",
            ListKind::Tuple => "tuple",
            ListKind::Set => "set",
        },
        _ => return None,
    })
}

/// Whether an outside name is that of a built-in type.
pub(crate) fn is_builtin_type(name: &str) -> bool {
    matches!(name, "str" | "bool" | "dict" | "type" | "function" | "list" | "tuple" | "set" | "int" | "float" | "bytes")
}

/// Whether an outside name is a constant for a status, as frameworks call them: `status.HTTP_404_NOT_FOUND`.
fn is_status(symbol: &str) -> bool {
    let last = symbol.rsplit('.').next().unwrap_or_default();
    last.strip_prefix("HTTP_").and_then(|rest| rest.get(..3)).is_some_and(|digits| digits.parse::<u16>().is_ok())
}
