//! Imports of the three languages.

use super::Cx;
use crate::evaluate::Family;
use crate::output::Place;
use crate::resolve::Target;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::{Import, Span};
use smol_str::SmolStr;

impl World<'_> {
    /// An import statement.
    pub(crate) fn import(&mut self, cx: &Cx, import: &Import, span: Span) {
        let at = self.at_span(cx, span);
        match self.family {
            Family::Python => self.import_python(cx, import, at),
            Family::JavaScript => self.import_js(cx, import, at),
            Family::Rust => self.import_rust(cx, import),
        }
    }

    fn import_python(&mut self, cx: &Cx, import: &Import, at: Place) {
        let file = self.module(cx.module).file;
        let target = self.resolver.python(file, &import.module, import.level);
        self.run_packages(file, import);
        let module = self.target_value(target, Some((import, at)));
        self.run_if_wave(&module);
        if import.root {
            let root = import.module.split('.').next().unwrap_or_default();
            if let Value::Module(id) = &module
                && is_for_effect(cx, root)
            {
                self.run_module(*id);
            }
            // What has no such module inside is not meant, though its name is the same.
            let target = match &module {
                Value::Symbol(_) => Target::External(root.into()),
                _ => self.resolver.python(file, root, 0),
            };
            let value = self.target_value(target, None);
            self.declare(cx, &SmolStr::new(root), value);
            return;
        }
        if let Some(name) = &import.namespace {
            self.declare(cx, name, module);
            return;
        }
        if import.star {
            self.import_star(cx, &module);
            return;
        }
        for (name, local, place) in &import.names {
            let here = self.at_span(cx, *place);
            // A submodule named in an import is loaded for its side effects too.
            if let Value::Module(id) = &module {
                let own = Target::File(self.module(*id).file);
                let defined = self.module(*id).scope.names.borrow().contains_key(name);
                if !defined
                    && let Some(Target::File(child)) = self.resolver.submodule(&own, name)
                    && (self.wave.contains(&child) || is_for_effect(cx, local))
                    && let Some(child) = self.module_of(child)
                {
                    self.run_module(child);
                }
            } else if let Value::Folder(_) = &module
                && let Some(child) = self.member(&module, name)
            {
                self.declare(cx, local, child);
                continue;
            }
            let value = self.lazy_name(&module, name, here);
            self.declare(cx, local, value);
        }
    }

    /// A package runs before its children.
    fn run_packages(&mut self, file: crate::files::FileId, import: &Import) {
        let parts: Vec<&str> = import.module.split('.').collect();
        for end in 1..parts.len() {
            if let Target::File(package) = self.resolver.python(file, &parts[..end].join("."), import.level)
                && self.wave.contains(&package)
                && let Some(id) = self.module_of(package)
            {
                self.run_module(id);
            }
        }
    }

    fn import_star(&mut self, cx: &Cx, module: &Value) {
        if let Value::Module(id) = module {
            self.run_module(*id);
            let all = self.module(*id).scope.names.borrow().get("__all__").cloned();
            let listed: Option<Vec<SmolStr>> = match all {
                Some(Value::List(list)) => Some(list.items.borrow().iter().filter_map(Value::as_str).collect()),
                _ => None,
            };
            let names: Vec<(SmolStr, Value)> = self
                .module(*id)
                .scope
                .names
                .borrow()
                .iter()
                .filter(|(n, _)| listed.as_ref().map_or(!n.starts_with('_'), |l| l.contains(n)))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            for (name, value) in names {
                // What the other module has from this one is here already.
                let is_own = matches!(&value, Value::Lazy(lazy) if matches!(&lazy.what, LazyWhat::Name(Value::Module(of), there, _) if *of == cx.module && *there == name));
                if is_own && cx.scope.names.borrow().contains_key(&name) {
                    continue;
                }
                let value = self.modelled_symbol(*id, &name).unwrap_or(value);
                self.declare(cx, &name, value);
            }
        }
        self.module_mut(cx.module).stars.push(module.clone());
    }

    /// A name that a star import may bring: late, for cycles and outside packages.
    pub(crate) fn star_name(&mut self, cx: &Cx, name: &str) -> Option<Value> {
        if self.module(cx.module).stars.is_empty() || self.family == Family::JavaScript {
            return None;
        }
        let stars = self.module(cx.module).stars.clone();
        for star in stars {
            match self.force(&star) {
                Value::Module(id) if id != cx.module && self.module(id).state != RunState::Waiting => {
                    let found = self.module(id).scope.names.borrow().get(name).cloned();
                    if let Some(value) = found {
                        return Some(self.force(&value));
                    }
                    if self.family == Family::Rust
                        && !name.ends_with("::")
                        && let Some(value) = self.member(&Value::Module(id), name)
                    {
                        return Some(self.force(&value));
                    }
                }
                Value::Module(id) if self.family == Family::Rust && id != cx.module => {
                    if let Some(value) = self.member(&Value::Module(id), name) {
                        return Some(self.force(&value));
                    }
                }
                Value::Class(class) => {
                    let found = class.attrs.borrow().get(name).cloned();
                    if let Some(value) = found {
                        return Some(self.force(&value));
                    }
                }
                Value::Symbol(symbol) => {
                    let symbol = super::module::join_symbol(&symbol, name);
                    let models = self.input.models;
                    if models.knows(&symbol) {
                        return Some(Value::Symbol(symbol));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn import_js(&mut self, cx: &Cx, import: &Import, at: Place) {
        if import.type_only {
            return;
        }
        let module = self.js_import_at(cx, &import.module, false, at);
        if let Some(name) = &import.namespace {
            self.declare(cx, name, module.clone());
        }
        for (name, local, place) in &import.names {
            let here = self.at_span(cx, *place);
            let value = self.lazy_name(&module, name, here);
            self.declare(cx, local, value);
        }
    }

    /// The value of a JavaScript module by specifier; run now when its side effects count.
    pub(crate) fn js_import(&mut self, cx: &Cx, spec: &SmolStr, require: bool) -> Value {
        let at = self.module_place(cx.module);
        self.js_import_at(cx, spec, require, at)
    }

    pub(crate) fn js_import_at(&mut self, cx: &Cx, spec: &SmolStr, require: bool, at: Place) -> Value {
        let file = self.module(cx.module).file;
        // A path from the working directory, put together at run time.
        let rooted = (!spec.starts_with(['.', '/']) && spec.contains('/') && self.input.files.find(spec).is_some())
            .then(|| SmolStr::new(format!("/{spec}")));
        let spec = rooted.as_ref().unwrap_or(spec);
        let target = self.resolver.node(file, spec, require);
        let import = Import { module: spec.clone(), ..Import::default() };
        let value = self.target_value(target, Some((&import, at)));
        if require {
            if let Value::Module(id) = &value {
                self.run_module(*id);
            }
        } else {
            self.run_if_wave(&value);
        }
        value
    }

    /// import() or require() of a value: known strings, listings; else unknown with a trouble.
    pub(crate) fn dynamic_import(&mut self, cx: &Cx, module: &Value, at: Place) -> Value {
        let names: Vec<SmolStr> = module.alternatives().iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            return Value::unknown(self.label(module), "the imported module is only known at run time", Some(at));
        }
        let values: Vec<Value> = names.iter().map(|n| self.js_import_at(cx, n, false, at)).collect();
        for value in &values {
            if let Value::Module(id) = value {
                self.run_module(*id);
            }
        }
        Value::either(values)
    }

    fn import_rust(&mut self, cx: &Cx, import: &Import) {
        if import.child {
            return self.import_child(cx, import);
        }
        let Some(conditions) = self.conditions_of(cx, &import.annotations) else { return };
        let conditional = conditions.len() > self.conditions.len();
        self.note_macro_use(cx, import);
        let base = self.rust_path(cx, &import.module);
        if import.star {
            self.module_mut(cx.module).stars.push(base.clone());
        }
        for (name, local, place) in &import.names {
            let here = self.at_span(cx, *place);
            let value = match (&base, name.as_str()) {
                (Value::Null, _) => self.rust_path(cx, name),
                (_, "self") => base.clone(),
                _ => self.lazy_name(&base, name, here),
            };
            if let Value::Symbol(symbol) = &value {
                // A macro of that name; a function may share it.
                let symbol = SmolStr::new(format!("{symbol}!"));
                if !self.input.models.symbol(plain_of(&symbol)).is_empty() {
                    cx.scope.set(super::items::attribute_key(local), value.clone());
                }
                if self.input.models.knows(&symbol) {
                    cx.scope.set(SmolStr::new(format!("{local}!")), Value::Symbol(symbol));
                }
            }
            if local == "_" {
                continue;
            }
            // Twins under different conditions are alternatives.
            let old = if conditional { cx.scope.names.borrow().get(local).cloned() } else { None };
            let value = match old {
                Some(old) => Value::either([old, value]),
                None => value,
            };
            let scope = cx.scope.clone();
            self.set_name(&scope, local, value);
        }
    }

    /// A `::` path as a value, lazily past its first segment.
    fn rust_path(&mut self, cx: &Cx, path: &str) -> Value {
        let mut value = Value::Null;
        for (index, segment) in path.split("::").filter(|s| !s.is_empty()).enumerate() {
            value = if index == 0 {
                // `::a` is a crate, whatever else of that name is there.
                let of_crate = if path.starts_with("::") { self.rust_name(cx, segment) } else { None };
                of_crate.unwrap_or_else(|| self.rust_first(cx, segment))
            } else if segment == "super" {
                match &value {
                    Value::Module(id) => self.module(*id).parent.map_or(Value::Null, Value::Module),
                    _ => value,
                }
            } else if let Value::Symbol(symbol) = &value {
                Value::Symbol(super::module::join_symbol(symbol, segment))
            } else {
                self.lazy_name(&value, &super::items::type_key(segment), self.module_place(cx.module))
            };
        }
        value
    }

    fn rust_first(&mut self, cx: &Cx, segment: &str) -> Value {
        if matches!(segment, "crate" | "$crate" | "self" | "super" | "Self")
            && let Some(value) = self.rust_name(cx, segment)
        {
            return value;
        }
        if let Some(value) = cx.scope.get(&super::items::type_key(segment)) {
            return value;
        }
        if let Some(value) = self.rust_name(cx, segment)
            && (matches!(value, Value::Module(_)) || self.resolver.rust_knows(self.module(cx.module).file, segment))
        {
            return value;
        }
        if let Some(value @ (Value::Module(_) | Value::Class(_) | Value::Lazy(_) | Value::Symbol(_))) = cx.scope.get(segment) {
            return value;
        }
        if let Some(value) = self.star_name(cx, segment) {
            return value;
        }
        Value::Symbol(SmolStr::new(segment))
    }

    /// `crate`, `self`, `super`, `Self`, and crates by name.
    pub(crate) fn rust_name(&mut self, cx: &Cx, name: &str) -> Option<Value> {
        match name {
            "crate" | "$crate" => Some(Value::Module(self.crate_root(cx.module))),
            "self" => Some(Value::Module(cx.module)),
            "super" => self.module(cx.module).parent.map(Value::Module),
            "Self" => cx.home.clone().map(Value::Class),
            _ => {
                let file = self.module(cx.module).file;
                match self.resolver.rust_dependency(file, name)? {
                    Target::External(name) => Some(Value::Symbol(name)),
                    // What a model names beats an in-tree copy of that library.
                    Target::File(_) if self.input.models.knows(name) => Some(Value::Symbol(SmolStr::new(name))),
                    target @ Target::File(_) => Some(self.target_value(target, None)),
                    _ => None,
                }
            }
        }
    }
}

/// Whether a module that is imported under a name at the top level is imported for what running it does: nothing uses the name.
fn is_for_effect(cx: &Cx, name: &str) -> bool {
    cx.function.is_none() && !cx.tree.exprs.iter().any(|(e, _)| matches!(e, apicensus_syntax::Expr::Name(n) if n == name))
}

/// A macro's symbol without its `!`.
fn plain_of(symbol: &str) -> &str {
    symbol.trim_end_matches('!')
}
