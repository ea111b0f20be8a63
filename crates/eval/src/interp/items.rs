//! Rust items: they are bound before anything runs, modules under a key of their own (a module and a function may share
//! a name), twins under different `#[cfg(..)]` as alternatives.

use super::Cx;
use super::module::join_symbol;
use crate::evaluate::Family;
use crate::scope::ScopeKind;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::{Block, Expr, FunctionId, Import, Pattern, Stmt};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The key of a module's name in a scope.
pub(crate) fn type_key(name: &str) -> SmolStr {
    if name.ends_with("::") { SmolStr::new(name) } else { SmolStr::new(format!("{name}::")) }
}

/// The key of a name in a scope that an attribute goes by: a function may share it.
pub(crate) fn attribute_key(name: &str) -> SmolStr {
    SmolStr::new(format!("#{name}"))
}

impl World<'_> {
    /// What the name of an attribute means: imports count, functions of its name do not.
    pub(crate) fn attribute_name(&mut self, cx: &Cx, callee: apicensus_syntax::ExprId) -> Value {
        let tree = cx.tree.clone();
        let Expr::Name(name) = tree.expr(callee) else { return self.expr(cx, callee) };
        if let Some(value) = cx.scope.get(&attribute_key(name)) {
            return value;
        }
        match self.expr(cx, callee) {
            Value::Function(_) => match self.star_name(cx, name).or_else(|| self.macro_use_name(cx, name)) {
                Some(value @ Value::Symbol(_)) => value,
                _ => Value::Symbol(name.clone()),
            },
            // What another attribute around it reads has no definition of its own.
            Value::Unknown(_) => Value::Symbol(name.clone()),
            value => value,
        }
    }

    /// Binds a Rust module's items: they don't depend on order.
    pub(crate) fn hoist_rust(&mut self, cx: &Cx, body: &Block) {
        for id in body {
            match cx.tree.stmt(*id) {
                Stmt::Class(class) => {
                    let annotations = cx.tree.class(*class).annotations.clone();
                    let Some(conditions) = self.conditions_of(cx, &annotations) else { continue };
                    let before = std::mem::replace(&mut self.conditions, conditions);
                    let value = self.class(cx, *class);
                    self.conditions = before;
                    if let Some(name) = cx.tree.class(*class).name.clone() {
                        cx.scope.set(name, value);
                    }
                }
                Stmt::Namespace { name, body, annotations } => self.declare_module(cx, name, body, annotations),
                Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } => {
                    let lazy = Lazy {
                        what: LazyWhat::Expr(cx.module, cx.scope.clone(), *value),
                        value: RefCell::new(None),
                        busy: Cell::new(false),
                    };
                    cx.scope.set(name.clone(), Value::Lazy(Rc::new(lazy)));
                }
                Stmt::Given { body, annotations } => {
                    if let Some(conditions) = self.conditions_of(cx, annotations) {
                        let before = std::mem::replace(&mut self.conditions, conditions);
                        self.hoist_rust(cx, body);
                        self.hoist_functions(cx, body);
                        self.conditions = before;
                    }
                }
                _ => {}
            }
        }
        for id in body {
            if let Stmt::Import(import) = cx.tree.stmt(*id) {
                self.import(cx, import, cx.tree.stmt_span(*id));
            }
        }
        for id in body {
            if let Stmt::Namespace { name, annotations, .. } = cx.tree.stmt(*id)
                && !annotations.is_empty()
                && let Some(Value::Module(child)) = cx.scope.names.borrow().get(&type_key(name)).cloned()
            {
                self.note_module_prefix(cx, child, annotations);
            }
        }
        for id in body {
            if let Stmt::Expr(call) = cx.tree.stmt(*id) {
                self.hoist_macro(cx, *call);
            }
        }
        for id in body {
            if let Stmt::Extend { .. } = cx.tree.stmt(*id) {
                self.extend(cx, *id);
            }
        }
    }

    fn declare_module(&mut self, cx: &Cx, name: &SmolStr, body: &Block, annotations: &[apicensus_syntax::ExprId]) {
        let Some(conditions) = self.conditions_of(cx, annotations) else { return };
        let parent = self.module(cx.module);
        let mut inline = parent.inline.clone();
        inline.push(name.clone());
        let child = self.add_module(parent.file, cx.tree.clone(), body.clone(), Some(cx.module), inline);
        self.module_mut(child).conditions = conditions;
        self.declare_child(cx, name, child);
    }

    /// Binds a child module; its twin under another condition stays an alternative.
    pub(crate) fn declare_child(&mut self, cx: &Cx, name: &SmolStr, child: ModuleId) {
        let key = type_key(name);
        let old = cx.scope.names.borrow().get(&key).cloned();
        let value = match old {
            Some(old) if !old.same(&Value::Module(child)) => Value::either([old, Value::Module(child)]),
            _ => Value::Module(child),
        };
        cx.scope.set(key, value);
    }

    /// Binds the functions of a Rust block.
    pub(crate) fn hoist_functions(&mut self, cx: &Cx, body: &Block) {
        for id in body {
            let Stmt::Function(function) = cx.tree.stmt(*id) else { continue };
            let Some(name) = cx.tree.function(*function).name.clone() else { continue };
            let old = cx.scope.names.borrow().get(&name).cloned();
            if old.as_ref().is_some_and(|old| find_closure(old, cx.module, *function).is_some()) {
                continue;
            }
            let annotations = cx.tree.function(*function).annotations.clone();
            let Some(conditions) = self.conditions_of(cx, &annotations) else { continue };
            let before = std::mem::replace(&mut self.conditions, conditions);
            let value = self.closure(cx, *function);
            self.conditions = before;
            let is_twin = |v: &Value| matches!(v, Value::Function(f) if f.module == cx.module && !f.conditions.is_empty());
            let value = match old {
                Some(old) if old.alternatives().iter().all(is_twin) => Value::either([old, value]),
                _ => value,
            };
            cx.scope.set(name, value);
        }
    }

    /// The closure that hoisting made of a function.
    pub(crate) fn hoisted(&self, cx: &Cx, function: FunctionId) -> Option<Value> {
        let name = cx.tree.function(function).name.as_ref()?;
        let value = cx.scope.names.borrow().get(name).cloned()?;
        find_closure(&value, cx.module, function)
    }

    /// The value of a path's first segment: a module, type or crate before a function of the same name, but not before a
    /// variable.
    pub(crate) fn path_base(&mut self, cx: &Cx, name: &SmolStr) -> Value {
        let plain = cx.scope.find(name);
        if let Some((scope, value)) = &plain
            && !matches!(scope.kind, ScopeKind::Module(_))
            && !matches!(value, Value::Lazy(_))
        {
            return self.force(value);
        }
        if let Some(value) = cx.scope.get(&type_key(name)) {
            return self.force(&value);
        }
        match plain {
            Some((_, value)) => {
                let forced = self.force(&value);
                if matches!(forced, Value::Function(_))
                    && let Value::Lazy(lazy) = &value
                    && let LazyWhat::Name(module, there, _) = &lazy.what
                {
                    let module = self.force(module);
                    if let Some(found) = self.member(&module, &type_key(there)) {
                        return self.force(&found);
                    }
                }
                // Nothing is inside of a function: a crate of its name is meant.
                if matches!(forced, Value::Function(_))
                    && let Some(found) = self.rust_name(cx, name)
                {
                    return found;
                }
                forced
            }
            None => self.read_name(cx, name, None),
        }
    }

    /// Reads a name that no scope binds: keywords, glob imports, crates, the prelude.
    pub(crate) fn read_rust_name(&mut self, cx: &Cx, name: &SmolStr, id: Option<apicensus_syntax::ExprId>) -> Value {
        if matches!(name.as_str(), "crate" | "$crate" | "self" | "super" | "Self")
            && let Some(value) = self.rust_name(cx, name)
        {
            return value;
        }
        if let Some(value) = cx.scope.get(&type_key(name)) {
            return match self.star_name(cx, name) {
                Some(brought) if !matches!(brought, Value::Module(_)) => brought,
                _ => self.force(&value),
            };
        }
        // A macro is imported by its bare name.
        if let Some(bare) = name.strip_suffix('!')
            && let Some(Value::Symbol(symbol)) = cx.scope.get(bare).or_else(|| self.star_name(cx, bare))
        {
            return Value::Symbol(SmolStr::new(format!("{symbol}!")));
        }
        if let Some(value) = self.star_name(cx, name) {
            return value;
        }
        if let Some(value) = self.macro_use_name(cx, name) {
            return value;
        }
        if let Some(value) = self.rust_name(cx, name) {
            return value;
        }
        let at = id.map(|id| self.at(cx, id));
        self.builtin_name(name, at)
    }

    /// A name that `#[macro_use] extern crate` brings to the whole crate.
    pub(crate) fn macro_use_name(&self, cx: &Cx, name: &str) -> Option<Value> {
        if self.family != Family::Rust {
            return None;
        }
        let all = &self.module(self.crate_root(cx.module)).macro_use;
        all.iter().map(|of| join_symbol(of, name)).find(|symbol| self.input.models.knows(symbol)).map(Value::Symbol)
    }

    /// The root of the crate that a module belongs to.
    pub(crate) fn crate_root(&self, module: ModuleId) -> ModuleId {
        std::iter::successors(Some(module), |id| self.module(*id).parent).last().unwrap_or(module)
    }

    /// Notes an `extern crate` that brings its macros.
    pub(crate) fn note_macro_use(&mut self, cx: &Cx, import: &Import) {
        let marked = import.annotations.iter().any(|a| match cx.tree.expr(*a) {
            Expr::Name(name) => name == "macro_use",
            Expr::Call { callee, .. } => matches!(cx.tree.expr(*callee), Expr::Name(name) if name == "macro_use"),
            _ => false,
        });
        if marked {
            let names = import.names.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>();
            self.module_mut(cx.module).macro_use.extend(names);
        }
    }

    /// A child module's file, with its place in the crate.
    pub(crate) fn import_child(&mut self, cx: &Cx, import: &Import) {
        let Some(conditions) = self.conditions_of(cx, &import.annotations) else { return };
        let inst = self.module(cx.module);
        let (file, inline) = (inst.file, inst.inline.clone());
        if let Some(child) = self.resolver.rust_child(file, &import.module, import.path.as_deref(), &inline)
            && let Some(id) = self.module_of(child)
        {
            // Files that declare each other (`#[path]`) make no circle: the root of the crate is nobody's child.
            if self.module(id).parent.is_none() && id != self.crate_root(cx.module) {
                let module = self.module_mut(id);
                module.parent = Some(cx.module);
                if module.state == RunState::Waiting && !conditions.is_empty() {
                    module.conditions = conditions;
                }
            }
            self.declare_child(cx, &import.module.clone(), id);
        }
    }
}

/// The closure of a function among the alternatives of a value.
fn find_closure(value: &Value, module: ModuleId, function: FunctionId) -> Option<Value> {
    value.alternatives().into_iter().find(|v| matches!(v, Value::Function(f) if f.module == module && f.function == function))
}
