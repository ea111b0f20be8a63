//! Provisional entries: functions that nothing visible calls, run with unknown arguments when they touch routing.
//!
//! They are found by resolution, not by name: a function that makes, captures, takes or returns a framework object.
//! What an entry made is dropped when real code calls its function later.

use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::models::{Entry, KindId};
use crate::value::*;
use crate::walk;
use crate::world::{MODULE_STEPS, World};
use apicensus_syntax::{Arg, Expr, ExprId, FunctionId, FunctionKind, Module};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

/// Rounds of provisional runs: running entries makes new closures.
const ROUNDS: usize = 8;

impl World<'_> {
    /// Runs provisional entries to a fixpoint, outermost first.
    pub(crate) fn run_provisional(&mut self) {
        let mut tried: FxHashSet<(ModuleId, FunctionId)> = FxHashSet::default();
        let mut instances: Vec<(usize, Value)> = Vec::new();
        for _ in 0..ROUNDS {
            let candidates = self.candidates(&tried);
            // Tests come when everything else has been run.
            let (tests, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|f| crate::interp::cfg::is_test(&f.conditions));
            let candidates = if others.is_empty() { tests } else { others };
            if candidates.is_empty() {
                break;
            }
            let order = self.outermost_first(&candidates);
            for function in order {
                let key = (function.module, function.function);
                if self.called.contains(&key) || !tried.insert(key) {
                    continue;
                }
                self.run_entry(&function, &mut instances);
            }
        }
    }

    fn candidates(&mut self, tried: &FxHashSet<(ModuleId, FunctionId)>) -> Vec<Rc<Closure>> {
        let mut seen: FxHashSet<(ModuleId, FunctionId)> = FxHashSet::default();
        let all = self.closures.clone();
        let mut found = Vec::new();
        for function in all {
            let key = (function.module, function.function);
            if self.called.contains(&key) || tried.contains(&key) || !seen.insert(key) {
                continue;
            }
            if !self.handler_shaped(&function) && self.touches(&function) {
                found.push(function);
            }
        }
        found
    }

    /// Entries that no other entry refers to come first, each group in order of making.
    fn outermost_first(&mut self, all: &[Rc<Closure>]) -> Vec<Rc<Closure>> {
        let keys: FxHashSet<(ModuleId, FunctionId)> = all.iter().map(|f| (f.module, f.function)).collect();
        let mut inner: FxHashSet<(ModuleId, FunctionId)> = FxHashSet::default();
        for function in all {
            let tree = self.module(function.module).tree.clone();
            let mut names: Vec<SmolStr> = Vec::new();
            let mut methods: Vec<SmolStr> = Vec::new();
            walk::function(&tree, function.function, &mut |e| match tree.expr(e) {
                Expr::Name(name) => names.push(name.clone()),
                Expr::Attr(_, name) => methods.push(name.clone()),
                _ => {}
            });
            for name in names {
                if let Some(Value::Function(f)) = function.scope.get(&name).map(|v| self.peek(&v)) {
                    let key = (f.module, f.function);
                    if key != (function.module, function.function) && keys.contains(&key) {
                        inner.insert(key);
                    }
                }
            }
            let home = function.home.borrow().clone();
            if let Some(home) = home {
                for name in methods {
                    if let Some(Value::Function(f)) = self.class_attr(&home, &name) {
                        let key = (f.module, f.function);
                        if key != (function.module, function.function) && keys.contains(&key) {
                            inner.insert(key);
                        }
                    }
                }
            }
        }
        let (last, first): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|f| inner.contains(&(f.module, f.function)));
        first.into_iter().chain(last).collect()
    }

    fn run_entry(&mut self, function: &Rc<Closure>, instances: &mut Vec<(usize, Value)>) {
        let key = (function.module, function.function);
        let home = function.home.borrow().clone();
        let is_method = home.is_some() && self.module(function.module).tree.function(function.function).kind != FunctionKind::Lambda;
        let receivers: Vec<Option<Value>> = match (&home, is_method) {
            (Some(class), true) if !self.is_static(function) => {
                let leaves = self.leaf_classes(class);
                leaves.iter().map(|c| self.entry_instance(c, instances)).collect()
            }
            _ => vec![None],
        };
        self.entries += 1;
        let entry = self.entries;
        self.provisional.insert(key, entry);
        for receiver in receivers {
            // Constructing the receiver may have called it.
            if is_method
                && self.called.contains(&key)
                && receiver.is_some()
                && function_name(self, function).is_some_and(|n| n == "__init__" || n == "constructor")
            {
                continue;
            }
            self.entry = Some(entry);
            let budget = self.module(function.module).steps;
            self.module_mut(function.module).steps = MODULE_STEPS;
            self.conditions = function.conditions.clone();
            let args = self.assumed_args(function, receiver.is_some());
            let at = self.place(function.module, self.module(function.module).tree.function(function.function).span);
            self.call_closure(function, receiver, args, at);
            self.conditions = Rc::default();
            self.module_mut(function.module).steps = budget;
            self.entry = None;
        }
        self.called.insert(key);
    }

    fn is_static(&self, function: &Closure) -> bool {
        let f = self.module(function.module).tree.function(function.function);
        let marked = function.marks.borrow().iter().any(|m| m.symbol.as_deref() == Some("staticmethod"));
        marked
            || (f.is_static && self.family != Family::Rust)
            || (self.family == Family::Rust && f.params.first().is_none_or(|p| param_name(&p.pattern).as_deref() != Some("self")))
    }

    /// The classes of the wave that nothing inherits from, below a class.
    fn leaf_classes(&mut self, class: &Rc<ClassValue>) -> Vec<Rc<ClassValue>> {
        let all = self.classes.clone();
        let below: Vec<Rc<ClassValue>> = all
            .iter()
            .filter(|c| !Rc::ptr_eq(c, class))
            .filter(|c| self.mro(c).iter().any(|v| matches!(v, Value::Class(b) if Rc::ptr_eq(b, class))))
            .cloned()
            .collect();
        if below.is_empty() {
            return vec![class.clone()];
        }
        let mut leaves = Vec::new();
        for one in &below {
            let has_child = below
                .iter()
                .any(|other| !Rc::ptr_eq(one, other) && self.mro(other).iter().any(|v| matches!(v, Value::Class(b) if Rc::ptr_eq(b, one))));
            if !has_child {
                leaves.push(one.clone());
            }
        }
        leaves.truncate(64);
        leaves
    }

    /// The one instance that provisional runs of a class share.
    fn entry_instance(&mut self, class: &Rc<ClassValue>, instances: &mut Vec<(usize, Value)>) -> Option<Value> {
        let key = Rc::as_ptr(class) as usize;
        if let Some((_, value)) = instances.iter().find(|(k, _)| *k == key) {
            return Some(value.clone());
        }
        // An instance that real code made is better than a made-up one.
        let real = self
            .notes
            .get("instances")
            .and_then(|all| all.iter().find(|v| matches!(v, Value::Instance(i) if Rc::ptr_eq(&i.class, class))).cloned());
        if let Some(real) = real {
            instances.push((key, real.clone()));
            return Some(real);
        }
        self.entries += 1;
        self.entry = Some(self.entries);
        let init = self.class_attr(class, if self.family == Family::JavaScript { "constructor" } else { "__init__" });
        let args = match &init {
            Some(Value::Function(init)) => self.assumed_args(init, true),
            _ => Args::default(),
        };
        let value = if let Some((_, Entry::Make(_))) = self.modelled_base(class) {
            self.construct(class, args, class.at)
        } else {
            let instance = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: true, at: class.at });
            let value = Value::Instance(instance);
            self.initialise(class, &value, args, class.at);
            value
        };
        self.entry = None;
        instances.push((key, value.clone()));
        Some(value)
    }

    /// Arguments for a call that stands nowhere: framework objects for parameters typed or used as such, else unknown.
    pub(crate) fn assumed_args(&mut self, function: &Rc<Closure>, has_receiver: bool) -> Args {
        let tree = self.module(function.module).tree.clone();
        let f = tree.function(function.function);
        let mut args = Args { open_named: false, ..Args::default() };
        let skip = usize::from(has_receiver && self.family != Family::JavaScript);
        for param in f.params.iter().skip(skip) {
            let name = param_name(&param.pattern);
            let at = self.place(function.module, f.span);
            let value = match self.assumed_kind(function, &tree, param, name.as_deref()) {
                Some(kind) => {
                    let object = self.make_object(kind, at, None, true);
                    Value::Object(object)
                }
                None if param.default.is_some() && self.family == Family::Python => {
                    // The default applies.
                    continue;
                }
                None => match param.ty.filter(|_| self.family == Family::Rust).and_then(|ty| self.typed_argument(function, ty)) {
                    Some(value) => value,
                    None => Value::unknown(
                        name.clone().unwrap_or_default(),
                        "it is a parameter of a function that nothing visible calls",
                        Some(at),
                    ),
                },
            };
            match (param.kind, &name) {
                (apicensus_syntax::ParamKind::Normal, _) if self.family != Family::Python => args.items.push(value),
                (apicensus_syntax::ParamKind::Normal | apicensus_syntax::ParamKind::NameOnly, Some(name)) => {
                    args.named.push((name.clone(), value))
                }
                (apicensus_syntax::ParamKind::Rest, _) => args.open = true,
                (apicensus_syntax::ParamKind::RestNamed, _) => args.open_named = true,
                _ => args.items.push(value),
            }
        }
        args
    }

    fn typed_argument(&mut self, function: &Closure, ty: ExprId) -> Option<Value> {
        let mut cx = self.top(function.module);
        cx.scope = function.scope.clone();
        self.instance_of_type(&cx, ty, 0)
    }

    /// Whether a parameter is a framework object: by its type, or by what is called on it (then of a framework yet unknown).
    fn assumed_kind(
        &mut self,
        function: &Closure,
        tree: &Module,
        param: &apicensus_syntax::Param,
        name: Option<&str>,
    ) -> Option<Option<KindId>> {
        if let Some(ty) = param.ty
            && let Some(kind) = self.kind_of_type(function, tree, ty, 0)
        {
            return Some(Some(kind));
        }
        let name = name?;
        if self.used_as_router(tree, function.function, name) { Some(None) } else { None }
    }

    fn kind_of_type(&mut self, function: &Closure, tree: &Module, ty: ExprId, depth: u32) -> Option<KindId> {
        if depth > 6 {
            return None;
        }
        match tree.expr(ty) {
            Expr::Index(base, inner) => {
                self.kind_of_type(function, tree, *base, depth + 1).or_else(|| self.kind_of_type(function, tree, *inner, depth + 1))
            }
            Expr::Wrap(_, inner) => self.kind_of_type(function, tree, *inner, depth + 1),
            Expr::Binary(_, a, b) => {
                self.kind_of_type(function, tree, *a, depth + 1).or_else(|| self.kind_of_type(function, tree, *b, depth + 1))
            }
            Expr::Name(_) | Expr::Attr(..) => {
                let mut cx = self.top(function.module);
                cx.scope = function.scope.clone();
                let value = self.type_symbol(&cx, tree, ty)?;
                self.input.models.kind_of_type(&value)
            }
            Expr::Str(_) => None,
            _ => None,
        }
    }

    /// The outside symbol of a type name, without running anything.
    pub(crate) fn type_symbol(&mut self, cx: &crate::interp::Cx, tree: &Module, ty: ExprId) -> Option<SmolStr> {
        match tree.expr(ty) {
            Expr::Name(name) => match cx.scope.get(name).map(|v| self.peek(&v)) {
                Some(Value::Symbol(symbol)) => Some(symbol),
                Some(Value::Class(class)) => match self.modelled_base(&class) {
                    Some((symbol, Entry::Make(_))) => Some(symbol),
                    _ => None,
                },
                Some(_) => None,
                None if self.family == Family::Rust => match self.star_name(cx, name).or_else(|| self.rust_name(cx, name)) {
                    Some(Value::Symbol(symbol)) => Some(symbol),
                    _ => None,
                },
                // TypeScript `import type` binds nothing; the type's own name is matched.
                None => self.type_import(cx, tree, name),
            },
            Expr::Attr(base, name) => Some(crate::interp::module::join_symbol(&self.type_symbol(cx, tree, *base)?, name)),
            _ => None,
        }
    }

    fn type_import(&mut self, cx: &crate::interp::Cx, tree: &Module, name: &str) -> Option<SmolStr> {
        let file = self.module(cx.module).file;
        for id in &tree.body {
            if let apicensus_syntax::Stmt::Import(import) = tree.stmt(*id) {
                for (there, local, _) in &import.names {
                    if local == name
                        && let crate::resolve::Target::External(module) = self.resolver.node(file, &import.module, false)
                    {
                        return Some(crate::interp::module::join_symbol(&module, there));
                    }
                }
            }
        }
        None
    }

    /// A value without running modules: names of outside packages are seen, the tree's own only when they were run.
    pub(crate) fn peek(&mut self, value: &Value) -> Value {
        match value {
            Value::Lazy(lazy) => {
                let done = lazy.value.borrow().clone();
                match (done, &lazy.what) {
                    (Some(done), _) => done,
                    (None, LazyWhat::Name(Value::Module(id), ..))
                        if self.wave.contains(&self.module(*id).file) || self.module(*id).state == crate::world::RunState::Done =>
                    {
                        self.force(value)
                    }
                    _ => value.clone(),
                }
            }
            other => other.clone(),
        }
    }

    /// Whether a function calls router-like methods on a name: `x.get("/..", ..)`, `x.use(..)`.
    fn used_as_router(&self, tree: &Module, function: FunctionId, name: &str) -> bool {
        let mut found = false;
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
            }
        });
        found
    }

    /// Whether a call's arguments look like a registration.
    fn registers_like(&self, tree: &Module, method: &str, args: &[Arg]) -> bool {
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

    fn touches_inner(&mut self, function: &Rc<Closure>) -> bool {
        let tree = self.module(function.module).tree.clone();
        let f = tree.function(function.function);
        for param in &f.params {
            let name = param_name(&param.pattern);
            if self.assumed_kind(function, &tree, param, name.as_deref()).is_some() {
                return true;
            }
        }
        let mut names: Vec<SmolStr> = Vec::new();
        let mut attrs: Vec<(ExprId, SmolStr)> = Vec::new();
        let mut registers = false;
        let mut requires: Vec<SmolStr> = Vec::new();
        walk::function(&tree, function.function, &mut |e| match tree.expr(e) {
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
        });
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
            || self.own_method_touches(function, &attrs, &tree)
            || self.made_method_touches(&attrs, &tree)
    }

    fn name_touches(&mut self, function: &Closure, name: &SmolStr) -> bool {
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

    fn value_touches(&mut self, value: &Value) -> bool {
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
    fn class_touches(&mut self, class: &Rc<ClassValue>) -> bool {
        let init = if self.family == Family::JavaScript { "constructor" } else { "__init__" };
        match self.class_attr(class, init) {
            Some(Value::Function(f)) => self.touches(&f),
            _ => false,
        }
    }

    fn symbol_makes(&self, symbol: &str) -> bool {
        let models = self.input.models;
        models.symbol(symbol).iter().any(|e| match e {
            Entry::Make(_) => true,
            Entry::Call(m, c) => {
                !matches!(models.call(*m, *c).does, crate::models::Does::Compose | crate::models::Does::Nothing | crate::models::Does::Wrap)
            }
            _ => false,
        })
    }

    fn attr_touches(&mut self, function: &Closure, tree: &Module, base: ExprId, name: &SmolStr) -> bool {
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

    fn member_touches(&mut self, value: &Value, name: &SmolStr) -> bool {
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
    fn own_method_touches(&mut self, function: &Closure, attrs: &[(ExprId, SmolStr)], tree: &Module) -> bool {
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
    fn made_method_touches(&mut self, attrs: &[(ExprId, SmolStr)], tree: &Module) -> bool {
        if self.family != Family::Rust {
            return false;
        }
        let called: FxHashSet<&SmolStr> = attrs
            .iter()
            .filter(|(base, _)| matches!(tree.expr(*base), Expr::Call { .. } | Expr::Wrap(..) | Expr::Name(_)))
            .map(|(_, name)| name)
            .collect();
        let classes = self.classes.clone();
        classes.iter().any(|class| {
            let methods: Vec<Value> =
                class.attrs.borrow().iter().filter(|(name, _)| called.contains(name)).map(|(_, value)| value.clone()).collect();
            methods.iter().any(|method| match method {
                Value::Function(f) => !self.is_static(f) && self.touches(f),
                _ => false,
            })
        })
    }

    fn require_touches(&mut self, function: &Closure, spec: &SmolStr) -> bool {
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

fn function_name(world: &World<'_>, function: &Closure) -> Option<SmolStr> {
    world.module(function.module).tree.function(function.function).name.clone()
}

fn is_this(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::This => true,
        Expr::Name(name) => name == "self" || name == "this" || name == "cls",
        Expr::Attr(base, _) => is_this(tree, *base),
        _ => false,
    }
}

/// The name at the root of `a.b(..).c`.
fn chain_root(tree: &Module, id: ExprId) -> Option<&str> {
    let mut id = id;
    loop {
        match tree.expr(id) {
            Expr::Name(name) => return Some(name),
            Expr::Attr(base, _) => id = *base,
            Expr::Call { callee, .. } => id = *callee,
            Expr::Wrap(_, inner) => id = *inner,
            _ => return None,
        }
    }
}
