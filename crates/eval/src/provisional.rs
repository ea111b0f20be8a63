//! Provisional entries: functions that nothing visible calls, run with unknown arguments when they touch routing.
//!
//! They are found by resolution, not by name: a function that makes, captures, takes or returns a framework object.
//! What an entry made is dropped when real code calls its function later.

use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::models::{Entry, KindId};
use crate::output::TroubleKind;
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, FunctionId, FunctionKind, Module};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

/// Rounds of provisional runs: running entries makes new closures.
pub(crate) const ROUNDS: usize = 8;
/// Subclasses for which an inherited method is run.
const MAX_LEAVES: usize = 400;

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

    pub(crate) fn candidates(&mut self, tried: &FxHashSet<(ModuleId, FunctionId)>) -> Vec<Rc<Closure>> {
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
    pub(crate) fn outermost_first(&mut self, all: &[Rc<Closure>]) -> Vec<Rc<Closure>> {
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

    pub(crate) fn run_entry(&mut self, function: &Rc<Closure>, instances: &mut Vec<(usize, Value)>) {
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
            self.module_mut(function.module).steps = self.input.limits.module_steps;
            self.conditions = function.conditions.clone();
            let args = self.assumed_args(function, receiver.is_some());
            let at = self.place(function.module, self.module(function.module).tree.function(function.function).span);
            let given = self.call_closure(function, receiver, args, at);
            for object in self.routers_in(&given, 0) {
                self.given.extend(if let Value::Object(object) = object { Some(object.id) } else { None });
            }
            self.conditions = Rc::default();
            self.module_mut(function.module).steps = budget;
            self.entry = None;
        }
        self.called.insert(key);
    }

    pub(crate) fn is_static(&self, function: &Closure) -> bool {
        let f = self.module(function.module).tree.function(function.function);
        let marked = function.marks.borrow().iter().any(|m| m.symbol.as_deref() == Some("staticmethod"));
        marked
            || (f.is_static && self.family != Family::Rust)
            || (self.family == Family::Rust && f.params.first().is_none_or(|p| param_name(&p.pattern).as_deref() != Some("self")))
    }

    /// The classes of the wave that nothing inherits from, below a class.
    pub(crate) fn leaf_classes(&mut self, class: &Rc<ClassValue>) -> Vec<Rc<ClassValue>> {
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
        if leaves.len() > MAX_LEAVES {
            leaves.truncate(MAX_LEAVES);
            let message = format!("more than {MAX_LEAVES} classes derive from this one; the rest was left out");
            self.trouble_at(TroubleKind::Bound, class.at, message, "routes that they register may be missing");
        }
        leaves
    }

    /// The one instance that provisional runs of a class share.
    pub(crate) fn entry_instance(&mut self, class: &Rc<ClassValue>, instances: &mut Vec<(usize, Value)>) -> Option<Value> {
        let key = Rc::as_ptr(class) as usize;
        if let Some((_, value)) = instances.iter().find(|(k, _)| *k == key) {
            return Some(value.clone());
        }
        // One that stands for what is declared to be of the class.
        if let Some(known) = self.known_instance(class) {
            instances.push((key, known.clone()));
            return Some(known);
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
            if self.family == Family::Python {
                self.share_instance(class, &value);
            }
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
            let parts = self.assumed_parts(&tree, function.function, &param.pattern, at);
            let value = match self.assumed_kind(function, &tree, param, name.as_deref()) {
                Some(kind) => {
                    let given = kind.and_then(|kind| self.taker_of(function, kind));
                    let object = given.unwrap_or_else(|| self.make_object(kind, at, None, true));
                    Value::Object(object)
                }
                None if parts.is_some() => parts.unwrap_or(Value::Null),
                None if param.default.is_some() && self.family == Family::Python => {
                    // The default applies.
                    continue;
                }
                None => match self.typed_argument(function, &tree, param) {
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

    /// The object whose constructor was given a function, to be called with it when it starts: `App(lifespan=lifespan)`.
    fn taker_of(&self, function: &Closure, kind: KindId) -> Option<Rc<Object>> {
        let is_it = |v: &Value| matches!(v, Value::Function(f) if f.module == function.module && f.function == function.function);
        let takes = |object: &&Rc<Object>| {
            let args = object.args.borrow();
            object.kind.get() == Some(kind) && (args.items.iter().any(is_it) || args.named.iter().any(|(_, v)| is_it(v)))
        };
        self.objects.iter().find(takes).filter(|object| !self.is_dropped(object.entry)).cloned()
    }

    fn typed_argument(&mut self, function: &Closure, tree: &Module, param: &apicensus_syntax::Param) -> Option<Value> {
        if self.family != Family::Rust {
            return self.declared_argument(function, tree, param);
        }
        let ty = param.ty?;
        let mut cx = self.top(function.module);
        cx.scope = function.scope.clone();
        self.instance_of_type(&cx, ty, 0)
    }

    /// Whether a parameter is a framework object: by its type, or by what is called on it (then of a framework yet unknown).
    pub(crate) fn assumed_kind(
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

    pub(crate) fn kind_of_type(&mut self, function: &Closure, tree: &Module, ty: ExprId, depth: u32) -> Option<KindId> {
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

    pub(crate) fn type_import(&mut self, cx: &crate::interp::Cx, tree: &Module, name: &str) -> Option<SmolStr> {
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
}

pub(crate) fn function_name(world: &World<'_>, function: &Closure) -> Option<SmolStr> {
    world.module(function.module).tree.function(function.function).name.clone()
}

pub(crate) fn is_this(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::This => true,
        Expr::Name(name) => name == "self" || name == "this" || name == "cls",
        Expr::Attr(base, _) => is_this(tree, *base),
        _ => false,
    }
}

/// The name at the root of `a.b(..).c`.
pub(crate) fn chain_root(tree: &Module, id: ExprId) -> Option<&str> {
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
