//! Classes of guards: what their guarding methods do, and what the bases are that models know.

use super::MAX_DEPTH;
use super::extractor::makes;
use crate::output::{Ruling, Says};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Methods by which a class guards, in any framework.
const GUARD_METHODS: &[&str] = &[
    "canActivate",
    "has_permission",
    "process_request",
    "process_view",
    "__call__",
    "dispatch",
    "use",
    "intercept",
    "intercept_service",
    "from_request_parts",
    "from_request",
    "call",
    "handle",
    "resolve",
];

/// Whether a class has a method by which it guards.
pub(super) fn guards(class: &ClassValue) -> bool {
    let attrs = class.attrs.borrow();
    GUARD_METHODS.iter().any(|name| attrs.contains_key(*name))
}

/// Whether a method of this name guards.
pub(super) fn is_guarding(method: &str) -> bool {
    GUARD_METHODS.contains(&method)
}

impl World<'_> {
    /// Whether a value is a guard as classes of permissions are, which operators put together.
    pub(crate) fn asks_callers(&mut self, value: &Value) -> bool {
        match value {
            Value::Class(class) => {
                self.class_attr(class, "has_permission").is_some()
                    || self.outside_bases(class).iter().any(|base| base.contains(".permissions."))
            }
            Value::Symbol(symbol) => symbol.contains(".permissions."),
            Value::Unknown(u) => u.callee.as_deref().is_some_and(|c| c == super::ALL || c == super::ANY),
            _ => false,
        }
    }

    /// What a method says that a class of the tree has from a base outside of it: `Own(Permission).require`.
    pub(super) fn inherited_ruling(&mut self, class: &Rc<ClassValue>, bound: &Bound, depth: u32) -> Ruling {
        let models = self.input.models;
        let symbols = self.outside_bases(class).into_iter().map(|base| SmolStr::new(format!("{base}().{}", bound.name)));
        let known = symbols.into_iter().find(|symbol| models.guard(self.family.language(), symbol).is_some());
        match known {
            Some(symbol) => self.symbol_ruling(&symbol, &bound.args, depth),
            None => self.named_ruling(&bound.name),
        }
    }

    /// What a class of guards says: what its guarding methods do, else a base that a model knows.
    pub(super) fn class_ruling(&mut self, class: &Rc<ClassValue>, depth: u32) -> Ruling {
        if depth > MAX_DEPTH {
            return Ruling::unread("guards nest too deeply");
        }
        if let Some(derived) = self.derived_ruling(class) {
            return derived;
        }
        let line = self.mro(class);
        for one in &line {
            let (ruling, is_last) = match one {
                Value::Class(c) => self.own_ruling(c, depth),
                Value::Symbol(symbol) => {
                    let args = self.base_args(&line, symbol);
                    (self.symbol_ruling(symbol, &args, depth + 1), false)
                }
                Value::Unknown(u) => (self.unknown_ruling(u, depth + 1), false),
                _ => continue,
            };
            if matches!(one, Value::Symbol(_) | Value::Unknown(_)) && ruling.says == Says::Required {
                return self.answered(class, one, ruling, depth);
            }
            if is_last || ruling.says != Says::Nothing {
                return ruling;
            }
        }
        Ruling::default()
    }

    /// The arguments with which the call is made whose result is a base: `extends AuthGuard('jwt')`.
    fn base_args(&mut self, line: &[Value], symbol: &SmolStr) -> Args {
        for one in line {
            let Value::Class(c) = one else { continue };
            let bases = c.bases.borrow().clone();
            for base in bases {
                if let Value::Unknown(u) = self.force(&base)
                    && u.callee.as_ref() == Some(symbol)
                {
                    return u.args.clone();
                }
            }
        }
        Args::default()
    }

    /// What a class says without its bases, and whether they are not asked then.
    fn own_ruling(&mut self, class: &Rc<ClassValue>, depth: u32) -> (Ruling, bool) {
        for name in GUARD_METHODS {
            let method = class.attrs.borrow().get(*name).cloned();
            let own = match (&method, *name) {
                (Some(Value::Function(f)), "has_permission") => self.reading(f, depth + 1).as_test(),
                (Some(Value::Function(f)), "canActivate") => {
                    let reading = self.reading(f, depth);
                    let own = reading.as_answer();
                    if own.says < Says::Required && reading.asks_super {
                        continue;
                    }
                    return (own, true);
                }
                (Some(Value::Function(f)), "intercept_service") => self.interceptor_ruling(class, f, depth),
                (Some(Value::Function(f)), name) if makes(name) => self.extractor_ruling(class, f, depth + 1),
                (Some(method @ (Value::Function(_) | Value::BoundFunction(_))), _) => self.ruling(method, depth + 1),
                _ => continue,
            };
            if own.says != Says::Nothing {
                return (own, true);
            }
        }
        if let Some(init) = self.init_ruling(class, depth) {
            return (init, true);
        }
        for service in self.services_of(class) {
            let own = self.class_ruling(&service, depth + 1);
            if own.says != Says::Nothing {
                return (own, true);
            }
        }
        (Ruling::default(), false)
    }

    /// What an interceptor says that hands back what answers in place of the method: it refuses when a function does that it or
    /// its constructor has inside or names.
    fn interceptor_ruling(&mut self, class: &Rc<ClassValue>, f: &Rc<Closure>, depth: u32) -> Ruling {
        let mut own = self.reading(f, depth + 1);
        let init = class.attrs.borrow().get("__init__").cloned().map(|v| self.force(&v));
        let mut all = vec![f.clone()];
        all.extend(init.and_then(|v| if let Value::Function(f) = v { Some(f) } else { None }));
        for one in all {
            own.denies = own.denies.or(self.reading(&one, depth + 1).denies);
            let tree = self.module(one.module).tree.clone();
            let mut names: Vec<SmolStr> = Vec::new();
            crate::walk::function(&tree, one.function, &mut |e| {
                if let apicensus_syntax::Expr::Name(name) = tree.expr(e) {
                    names.push(name.clone());
                }
            });
            for name in names {
                if let Some(Value::Function(named)) = one.scope.get(&name).map(|v| self.force(&v)) {
                    own.denies = own.denies.or(self.reading(&named, depth + 1).denies);
                }
            }
        }
        own.as_guard()
    }

    /// What the dependencies of a class's own constructor say.
    fn init_ruling(&mut self, class: &Rc<ClassValue>, depth: u32) -> Option<Ruling> {
        let init = class.attrs.borrow().get("__init__").cloned();
        let Some(Value::Function(init)) = init.map(|v| self.force(&v)) else { return None };
        let given = self.injected(&init);
        let rulings: Vec<Ruling> = given.iter().map(|v| self.ruling(v, depth + 1)).collect();
        let ruling = super::all_of(rulings);
        (ruling.says != Says::Nothing).then_some(ruling)
    }

    /// A base's ruling as a subclass leaves it that says itself what comes of the check (`handleRequest`).
    fn answered(&mut self, class: &Rc<ClassValue>, base: &Value, ruling: Ruling, depth: u32) -> Ruling {
        let symbol: SmolStr = match base {
            Value::Symbol(symbol) => symbol.clone(),
            Value::Unknown(u) => u.callee.clone().unwrap_or_default(),
            _ => return ruling,
        };
        let models = self.input.models;
        let Some(name) = models.guard(self.family.language(), &symbol).and_then(|g| g.answers.as_deref()) else { return ruling };
        match self.class_attr(class, name).map(|v| self.force(&v)) {
            Some(Value::Function(f)) => {
                let reading = self.reading(&f, depth + 1);
                if reading.refuses() { ruling } else { Ruling { says: Says::Optional, ..ruling } }
            }
            _ => ruling,
        }
    }
}
