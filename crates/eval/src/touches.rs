//! Whether a function touches a framework object: whether running it can register anything.

use crate::evaluate::Family;
use crate::interp::attr::NOWHERE;
use crate::interp::function::param_name;
use crate::models::Entry;
use crate::provisional::{chain_root, is_this};
use crate::registering;
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, FunctionId, Module, Stmt, StmtId};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;

/// Where classes have attributes of a name: the index of the class and of the attribute, in order.
#[derive(Default)]
pub(crate) struct Methods {
    by_name: FxHashMap<SmolStr, Vec<(u32, u32)>>,
    /// Steps taken and number of classes when it was looked at last: without a step nothing changes.
    at: (u64, usize),
    /// Number of attributes.
    len: usize,
}

impl Methods {
    fn refresh(&mut self, steps: u64, classes: &[Rc<ClassValue>]) {
        let at = (steps, classes.len());
        if self.at == at {
            return;
        }
        let len = classes.iter().map(|class| class.attrs.borrow().len()).sum();
        if len != self.len || self.at.1 != at.1 {
            self.by_name.clear();
            for (class, value) in classes.iter().enumerate() {
                for (at, name) in value.attrs.borrow().keys().enumerate() {
                    self.by_name.entry(name.clone()).or_default().push((class as u32, at as u32));
                }
            }
        }
        (self.at, self.len) = (at, len);
    }
}

impl World<'_> {
    /// Whether a function calls router-like methods on a name: `x.get("/..", ..)`, `x.use(..)`.
    pub(crate) fn used_as_router(&self, tree: &Module, function: FunctionId, name: &str) -> bool {
        let mut found = false;
        let mut standing = None;
        walk::function(tree, function, &mut |e| {
            if found {
                return;
            }
            if let Expr::Call { callee, args, .. } = tree.expr(e)
                && let Expr::Attr(base, method) = tree.expr(*callee)
                && self.vocabulary.contains(method)
                && chain_root(tree, *base) == Some(name)
            {
                found = self.registers_like(tree, method, args);
                if found && self.family == Family::JavaScript && registering::is_verb(method) {
                    let standing = standing.get_or_insert_with(|| registering::standing(tree, function));
                    found = registering::registers(tree, e, args, standing);
                }
            }
        });
        found
    }

    /// Whether a call's arguments look like a registration.
    pub(crate) fn registers_like(&self, tree: &Module, method: &str, args: &[Arg]) -> bool {
        let Some(Arg::Positional(first)) = args.first() else { return false };
        match tree.expr(*first) {
            Expr::Str(parts) => match parts.first() {
                Some(apicensus_syntax::StrPart::Text(text)) => {
                    (text.starts_with('/') || text.starts_with('^') || text == "*") && args.len() > 1
                }
                _ => args.len() > 1,
            },
            Expr::Binary(..) => args.len() > 1 && !matches!(method, "get" | "set" | "delete" | "post" | "put" | "patch"),
            Expr::Dict(..) => method == "route",
            _ => matches!(
                method,
                "use"
                    | "include_router"
                    | "register_blueprint"
                    | "mount"
                    | "service"
                    | "merge"
                    | "nest"
                    | "add_routes"
                    | "register"
                    | "add_url_rule"
                    | "add_api_route"
                    | "add_route"
            ),
        }
    }

    /// Whether a function makes, captures, takes or calls what touches framework objects.
    pub(crate) fn touches(&mut self, function: &Rc<Closure>) -> bool {
        let key = (function.module, function.function);
        if let Some(known) = self.touch.get(&key) {
            return *known;
        }
        self.touch.insert(key, false);
        let touches = self.touches_inner(function);
        self.touch.insert(key, touches);
        touches
    }

    pub(crate) fn touches_inner(&mut self, function: &Rc<Closure>) -> bool {
        let tree = self.module(function.module).tree.clone();
        let f = tree.function(function.function);
        if self.constructs(function, f) {
            return true;
        }
        for param in &f.params {
            let name = param_name(&param.pattern);
            if self.assumed_kind(function, &tree, param, name.as_deref()).is_some()
                || self.router_parts(&tree, function.function, &param.pattern).is_some()
            {
                return true;
            }
        }
        let mut names: Vec<SmolStr> = Vec::new();
        let mut attrs: Vec<(ExprId, SmolStr)> = Vec::new();
        let mut registers = false;
        let mut requires: Vec<SmolStr> = Vec::new();
        let mut binds = Vec::new();
        let mut visit = |e: ExprId| match tree.expr(e) {
            Expr::Name(name) => names.push(name.clone()),
            Expr::Attr(base, name) => attrs.push((*base, name.clone())),
            Expr::Call { callee, args, .. } => match tree.expr(*callee) {
                Expr::Attr(_, method) if self.vocabulary.contains(method) && !self.tuple_mounts(method).is_empty() => registers = true,
                Expr::Attr(base, method) if self.vocabulary.contains(method) && is_this(&tree, *base) => {
                    registers |= self.registers_like(&tree, method, args)
                }
                // A local that handlers are registered on, whatever made it.
                Expr::Attr(base, method) if matches!(tree.expr(*base), Expr::Name(_)) && self.vocabulary.contains(method) => {
                    registers |= crate::assumed::ends_in_handler_expr(&tree, args) && self.registers_like(&tree, method, args)
                }
                Expr::Name(name) if name == "require" => {
                    if let Some(Arg::Positional(arg)) = args.first()
                        && let Expr::Str(parts) = tree.expr(*arg)
                        && let [apicensus_syntax::StrPart::Text(text)] = parts.as_slice()
                    {
                        requires.push(text.clone());
                    }
                }
                _ => {}
            },
            _ => {}
        };
        walk::with_bindings(&tree, function.function, &mut visit, &mut binds);
        if registers {
            return true;
        }
        names.sort();
        names.dedup();
        if names.iter().any(|name| self.name_touches(function, name))
            || attrs.iter().any(|(base, name)| self.attr_touches(function, &tree, *base, name))
        {
            return true;
        }
        requires.iter().any(|spec| self.require_touches(function, spec))
            || self.own_import_touches(function, &tree, &binds, &attrs)
            || self.own_method_touches(function, &attrs, &tree)
            || self.typed_touches(function, &tree, &attrs)
            || self.made_method_touches(&attrs, &tree)
    }

    /// The constructor of a class that a model knows: `class Server(framework.App): def __init__(self): ..`
    fn constructs(&mut self, function: &Closure, f: &apicensus_syntax::Function) -> bool {
        let home = function.home.borrow().clone();
        self.family == Family::Python
            && f.name.as_deref() == Some("__init__")
            && home.is_some_and(|home| match self.modelled_base(&home) {
                Some((_, Entry::Make(kind))) => !self.input.models.role(kind).silent,
                _ => false,
            })
    }

    /// `def create_app(): from framework import App`: what a function imports itself.
    fn own_import_touches(&mut self, function: &Closure, tree: &Module, binds: &[StmtId], attrs: &[(ExprId, SmolStr)]) -> bool {
        if self.family != Family::Python {
            return false;
        }
        let file = self.module(function.module).file;
        binds.iter().any(|stmt| {
            let Stmt::Import(import) = tree.stmt(*stmt) else { return false };
            let target = self.resolver.python(file, &import.module, import.level);
            let module = self.target_value(target, None);
            let brings = import.names.iter().any(|(name, ..)| {
                let value = self.lazy_name(&module, name, NOWHERE);
                let value = self.peek(&value);
                self.value_touches(&value)
            });
            let local = import.namespace.as_ref().or(Some(&import.module).filter(|m| import.root && !m.contains('.')));
            let of_local = |base: ExprId| matches!(tree.expr(base), Expr::Name(name) if Some(name) == local);
            brings || attrs.iter().any(|(base, name)| of_local(*base) && self.member_touches(&module, name))
        })
    }

    pub(crate) fn name_touches(&mut self, function: &Closure, name: &SmolStr) -> bool {
        let Some(value) = function.scope.get(name) else {
            if self.family == Family::Rust {
                if self.macro_touches(name) {
                    return true;
                }
                let mut cx = self.top(function.module);
                cx.scope = function.scope.clone();
                return match self.star_name(&cx, name).or_else(|| self.macro_use_name(&cx, name)) {
                    Some(value @ (Value::Symbol(_) | Value::Function(_))) => self.value_touches(&value),
                    _ => false,
                };
            }
            return false;
        };
        let value = self.peek(&value);
        self.value_touches(&value)
    }

    pub(crate) fn value_touches(&mut self, value: &Value) -> bool {
        match value {
            Value::Object(_) | Value::Pending(_) => true,
            Value::Symbol(symbol) => self.symbol_makes(symbol),
            Value::Function(f) => self.touches(f),
            Value::BoundFunction(b) => self.touches(&b.1.clone()),
            Value::Class(class) => matches!(self.modelled_base(class), Some((_, Entry::Make(_)))) || self.class_touches(class),
            Value::Either(all) => all.iter().any(|v| self.value_touches(v)),
            Value::Instance(i) => {
                let fields: Vec<Value> = i.fields.borrow().values().cloned().collect();
                fields.iter().any(|v| matches!(v, Value::Object(_)))
            }
            Value::List(list) => list.items.borrow().iter().take(8).any(|v| matches!(v, Value::Object(_))),
            _ => false,
        }
    }

    /// A class whose constructor touches a framework object.
    pub(crate) fn class_touches(&mut self, class: &Rc<ClassValue>) -> bool {
        let init = if self.family == Family::JavaScript { "constructor" } else { "__init__" };
        match self.class_attr(class, init) {
            Some(Value::Function(f)) => self.touches(&f),
            _ => false,
        }
    }

    pub(crate) fn symbol_makes(&self, symbol: &str) -> bool {
        let models = self.input.models;
        models.called(symbol).iter().any(|e| match e {
            Entry::Make(_) => true,
            Entry::Call(m, c) => {
                !matches!(models.call(*m, *c).does, crate::models::Does::Compose | crate::models::Does::Nothing | crate::models::Does::Wrap)
            }
            _ => false,
        })
    }

    pub(crate) fn attr_touches(&mut self, function: &Closure, tree: &Module, base: ExprId, name: &SmolStr) -> bool {
        let Expr::Name(root) = tree.expr(base) else {
            // `a::b::c`
            let mut cx = self.top(function.module);
            cx.scope = function.scope.clone();
            return self.family == Family::Rust
                && self.type_symbol(&cx, tree, base).is_some_and(|s| self.symbol_makes(&crate::interp::module::join_symbol(&s, name)));
        };
        if self.family == Family::Rust
            && let Some(module) = function.scope.get(&crate::interp::items::type_key(root))
            && self.member_touches(&module, name)
        {
            return true;
        }
        let Some(value) = function.scope.get(root) else {
            if self.family != Family::Rust {
                return false;
            }
            let mut cx = self.top(function.module);
            cx.scope = function.scope.clone();
            let found = self.star_name(&cx, root).or_else(|| self.rust_name(&cx, root));
            return found.is_some_and(|value| self.member_touches(&value, name));
        };
        let value = self.peek(&value);
        if self.family == Family::Rust && matches!(value, Value::Function(_)) {
            let mut cx = self.top(function.module);
            cx.scope = function.scope.clone();
            return self.rust_name(&cx, root).is_some_and(|found| self.member_touches(&found, name));
        }
        self.member_touches(&value, name)
    }

    pub(crate) fn member_touches(&mut self, value: &Value, name: &SmolStr) -> bool {
        match value {
            Value::Symbol(symbol) => self.symbol_makes(&crate::interp::module::join_symbol(symbol, name)),
            Value::Either(all) => all.iter().any(|v| self.member_touches(v, name)),
            Value::Module(id) if self.wave.contains(&self.module(*id).file) => {
                let found = self.module(*id).scope.names.borrow().get(name).cloned();
                match found {
                    Some(found) => {
                        let found = self.peek(&found);
                        self.value_touches(&found)
                    }
                    None => match self.module(*id).commonjs.as_ref().and_then(|m| m.get("exports")) {
                        Some(Value::Dict(dict)) => {
                            let found = dict.get(name);
                            found.is_some_and(|v| self.value_touches(&v))
                        }
                        _ => false,
                    },
                }
            }
            Value::Dict(dict) => {
                let found = dict.get(name);
                found.is_some_and(|v| matches!(&v, Value::Function(_) | Value::Object(_)) && self.value_touches(&v))
            }
            Value::Class(class) => {
                let found = class.attrs.borrow().get(name).cloned();
                match found {
                    Some(Value::Function(f)) => self.touches(&f),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// `self.other()` of the same class.
    pub(crate) fn own_method_touches(&mut self, function: &Closure, attrs: &[(ExprId, SmolStr)], tree: &Module) -> bool {
        let home = function.home.borrow().clone();
        let Some(home) = home else { return false };
        attrs.iter().any(|(base, name)| {
            is_this(tree, *base)
                && match self.class_attr(&home, name) {
                    Some(Value::Function(f)) => self.touches(&f),
                    _ => false,
                }
        })
    }

    /// `Server::new().routes()`: a method of a class of the tree, called on the result of a call.
    pub(crate) fn made_method_touches(&mut self, attrs: &[(ExprId, SmolStr)], tree: &Module) -> bool {
        if self.family != Family::Rust {
            return false;
        }
        let called: FxHashSet<&SmolStr> = attrs
            .iter()
            .filter(|(base, _)| matches!(tree.expr(*base), Expr::Call { .. } | Expr::Wrap(..) | Expr::Name(_)))
            .map(|(_, name)| name)
            .collect();
        self.methods.refresh(self.steps, &self.classes);
        let mut found: Vec<(u32, u32)> = called.iter().filter_map(|name| self.methods.by_name.get(*name)).flatten().copied().collect();
        found.sort_unstable();
        found.into_iter().any(|(class, at)| {
            let method = self.classes[class as usize].attrs.borrow().get_index(at as usize).map(|(_, value)| value.clone());
            match method {
                Some(Value::Function(f)) => !self.is_static(&f) && self.touches(&f),
                _ => false,
            }
        })
    }

    pub(crate) fn require_touches(&mut self, function: &Closure, spec: &SmolStr) -> bool {
        let file = self.module(function.module).file;
        match self.resolver.node(file, spec, true) {
            crate::resolve::Target::File(file) => self.wave.contains(&file),
            crate::resolve::Target::External(name) => self.symbol_makes(&name),
            _ => false,
        }
    }

    /// Whether a function looks like a request handler: those never run.
    pub(crate) fn handler_shaped(&mut self, function: &Closure) -> bool {
        let tree = self.module(function.module).tree.clone();
        let f = tree.function(function.function);
        let names: Vec<SmolStr> = f.params.iter().filter_map(|p| param_name(&p.pattern)).filter(|n| n != "self" && n != "cls").collect();
        let has = |options: &[&str]| names.iter().take(2).any(|n| options.contains(&n.trim_start_matches('_')));
        match self.family {
            Family::JavaScript => {
                names.len() >= 2 && has(&["req", "request"]) && has(&["res", "response", "reply", "resp", "rep"])
                    || names.first().is_some_and(|n| n == "ctx" && f.is_async)
            }
            Family::Python => names.first().is_some_and(|n| n == "request" || n == "websocket") && f.is_async,
            Family::Rust => false,
        }
    }
}
