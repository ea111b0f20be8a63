//! Guards: what the decorators, middleware, dependencies, mixins and extractors on the way to a handler say of who may
//! call it. A guard is known from a model ([`recognised`](World::ruling)) or read off its code ([`infer`]).
//!
//! Left out: weighing several guards against each other, which is `surface`'s.

mod absent;
mod anonymous;
mod by_path;
mod by_route;
mod caught;
mod class;
mod context;
mod controls;
mod dead;
mod extractor;
mod facts;
mod fields;
mod handler;
mod here;
mod infer;
mod issue;
mod marks;
pub(crate) mod matcher;
mod names;
pub(crate) mod reach;
mod reader;
mod reading;
mod route_value;
mod service;
mod settings;
mod signs;
mod strangers;
mod typed;
mod unset;
mod ways;
mod written;

use caught::stands_in;
use class::guards;
pub(crate) use controls::made_of;
pub(crate) use facts::{Facts, Marks};
pub(crate) use here::ReadAgain;
pub(crate) use reading::Reading;
pub(crate) use signs::compared;

use crate::evaluate::Family;
use crate::interp::MISSING_BASE;
use crate::models::{GuardModel, GuardSays};
use crate::output::{GuardRef, Place, Ruling, Says};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// The callee of guards that replace those further out.
const OWN: &str = "@own";
/// The callees of guards of which all must pass, or one.
const ALL: &str = "@all";
const ANY: &str = "@any";
/// Guards wrap guards at most so deep.
pub(super) const MAX_DEPTH: u32 = 32;
/// Joins rulings of which all must pass.
pub(crate) fn all_of(rulings: impl IntoIterator<Item = Ruling>) -> Ruling {
    let mut out = Ruling::default();
    for one in rulings {
        if one.says > out.says {
            out.inferred = one.inferred;
            out.unsafe_only = one.unsafe_only;
            out.keeps_outer = one.keeps_outer;
            out.reason = one.reason.clone();
        } else if one.says == out.says {
            // What is asked of every method is asked of the safe ones too.
            out.unsafe_only &= one.unsafe_only;
        }
        out.says = out.says.max(one.says);
        out.merge_proof(&one);
    }
    out
}

/// Joins rulings of which one must pass.
fn any_of(rulings: &[Ruling]) -> Ruling {
    let weakest = rulings.iter().min_by_key(|r| r.says).cloned().unwrap_or_default();
    let unread = rulings.iter().find(|r| r.says == Says::Unread).cloned();
    let offers = rulings.iter().find(|r| r.says >= Says::Optional);
    match (weakest.says, unread, offers) {
        (Says::Required, ..) => {
            let mut out = weakest;
            rulings.iter().for_each(|r| out.merge_proof(r));
            out
        }
        (_, Some(unread), _) => unread,
        (_, _, Some(offers)) => Ruling { says: Says::Optional, ..offers.clone() },
        _ => weakest,
    }
}

/// Guards of which all must pass, or one: `IsMember & HasScope`.
pub(crate) fn combined(all: bool, parts: [Value; 2], at: Place) -> Value {
    let label = if all { "all of several guards" } else { "one of several guards" };
    let callee = Some(SmolStr::new_static(if all { ALL } else { ANY }));
    let args = Args::of(parts.to_vec());
    Value::Unknown(Rc::new(Unknown { label: SmolStr::new_static(label), callee, args, at: Some(at), ..Unknown::default() }))
}

impl Ruling {
    fn merge_proof(&mut self, other: &Ruling) {
        for scheme in &other.schemes {
            if !self.schemes.contains(scheme) {
                self.schemes.push(scheme.clone());
            }
        }
        for (into, from) in [(&mut self.scopes, &other.scopes), (&mut self.roles, &other.roles)] {
            for one in from {
                if !into.contains(one) {
                    into.push(one.clone());
                }
            }
        }
    }
    /// It lets this route pass.
    pub(crate) fn passed(reason: impl Into<SmolStr>) -> Ruling {
        Ruling { says: Says::Passed, inferred: true, reason: Some(reason.into()), ..Ruling::default() }
    }
    /// It may decide but can't be read.
    pub(crate) fn unread(reason: impl Into<SmolStr>) -> Ruling {
        Ruling { says: Says::Unread, reason: Some(reason.into()), ..Ruling::default() }
    }
}

impl World<'_> {
    /// A reference to what guards, with its ruling.
    pub(crate) fn guard_ref(&mut self, value: &Value, at: Place, level: &str) -> GuardRef {
        let value = self.force(value);
        let (symbol, defined) = match &value {
            Value::Function(f) => {
                let function = self.module(f.module).tree.function(f.function).clone();
                (function.name.unwrap_or_default(), Some(self.place(f.module, function.span)))
            }
            Value::BoundFunction(b) => {
                let function = self.module(b.1.module).tree.function(b.1.function).clone();
                (function.name.unwrap_or_default(), Some(self.place(b.1.module, function.span)))
            }
            Value::Unknown(u) => (u.callee.clone().filter(|c| !c.starts_with('@')).unwrap_or_else(|| u.label.clone()), None),
            Value::Symbol(s) => (s.clone(), None),
            Value::Class(c) => (c.name.clone(), Some(c.at)),
            Value::Instance(i) => (i.class.name.clone(), Some(i.class.at)),
            other => (self.label(other), None),
        };
        let ruling = match &value {
            // A guard by its name in a table of the framework's: `auth`, `auth:api`.
            Value::Text(text) => {
                let name = text.known().unwrap_or_default();
                self.symbol_ruling(&SmolStr::new(name.split(':').next().unwrap_or_default()), &Args::default(), 0)
            }
            _ => self.ruling(&value, 0),
        };
        let said = self.controls_of(&value, 0);
        GuardRef { place: at, level: SmolStr::new(level), symbol, defined, ruling, controls: said.facts, foreign: said.foreign }
    }

    /// The guards that a call was given, lists of them one by one.
    pub(crate) fn given_guards(&mut self, place: &Option<crate::models::Place>, args: &Args, taken: Option<usize>) -> Vec<Value> {
        let mut out = Vec::new();
        for value in self.places(place, args, taken) {
            self.flatten(&value, &mut out, 0);
        }
        out.retain(|v| !matches!(v, Value::Null));
        out
    }

    /// The guard of a place where what is given replaces what stands further out; None given there lifts it.
    pub(crate) fn own_guard(&mut self, place: &Option<crate::models::Place>, args: &Args) -> Option<Value> {
        let given = place.as_ref()?.all(args, None, &mut |v, k| self.get_attr(v, k, None));
        if given.is_empty() {
            return None;
        }
        let mut items = Vec::new();
        given.iter().for_each(|v| self.flatten(v, &mut items, 0));
        items.retain(|v| !matches!(v, Value::Null));
        let labels: Vec<String> = items.iter().map(|v| self.label(v).to_string()).collect();
        let label = if labels.is_empty() { SmolStr::new_static("None") } else { SmolStr::new(labels.join(" or ")) };
        Some(Value::Unknown(Rc::new(Unknown {
            label,
            callee: Some(SmolStr::new_static(OWN)),
            args: Args::of(items),
            ..Unknown::default()
        })))
    }

    /// One of several guards that replace those further out will do.
    fn replacing_ruling(&mut self, args: &Args, depth: u32) -> Ruling {
        let all: Vec<Ruling> = args.items.iter().map(|v| self.ruling(v, depth + 1)).collect();
        let Some(mut out) = all.iter().min_by_key(|r| r.says).cloned() else {
            return Ruling { says: Says::Public, overrides: true, ..Ruling::default() };
        };
        all.iter().for_each(|one| out.merge_proof(one));
        // Who proves nothing is let in by one of them, and not by the others.
        if out.says == Says::Nothing && all.iter().any(|one| one.says >= Says::Optional) {
            out = any_of(&all);
        }
        out.overrides = true;
        out
    }

    /// What a guard says.
    pub(crate) fn ruling(&mut self, value: &Value, depth: u32) -> Ruling {
        if depth > MAX_DEPTH {
            return Ruling::unread("guards nest too deeply");
        }
        match self.force(value) {
            Value::Function(f) => self.closure_ruling(&f, depth),
            Value::BoundFunction(b) => self.closure_ruling(&b.1.clone(), depth),
            Value::Symbol(s) => self.symbol_ruling(&s, &Args::default(), depth),
            Value::Unknown(u) => self.unknown_ruling(&u, depth),
            Value::Class(c) => self.class_ruling(&c, depth),
            Value::Instance(i) => self.class_ruling(&i.class.clone(), depth),
            Value::Default(inner) => self.ruling(&inner, depth),
            Value::List(list) => {
                let items = list.items.borrow().clone();
                all_of(items.iter().map(|v| self.ruling(v, depth + 1)))
            }
            Value::Either(all) => self.either_ruling(&all, depth),
            Value::Method(bound) if bound.name.is_empty() => self.ruling(&bound.receiver.clone(), depth + 1),
            Value::Method(bound) => match &bound.receiver {
                Value::Symbol(s) => self.symbol_ruling(&SmolStr::new(format!("{s}.{}", bound.name)), &bound.args, depth),
                Value::Instance(i) => self.inherited_ruling(&i.class.clone(), &bound, depth),
                _ => self.named_ruling(&bound.name),
            },
            module @ Value::Module(_) => match self.member(&module, "default") {
                Some(default) => self.ruling(&default, depth + 1),
                None => Ruling::default(),
            },
            _ => Ruling::default(),
        }
    }

    /// Of several alternatives, which settings choose between, the strictest one counts: the others stand in for it where
    /// it is switched off.
    fn either_ruling(&mut self, all: &Rc<Vec<Value>>, depth: u32) -> Ruling {
        let rulings: Vec<Ruling> = all
            .iter()
            .filter(|v| !matches!(v, Value::Null))
            .map(|v| self.ruling(v, depth + 1))
            .filter(|r| r.says != Says::Nothing)
            .collect();
        all_of(rulings)
    }

    fn closure_ruling(&mut self, f: &Rc<Closure>, depth: u32) -> Ruling {
        let own = self.inferred(f, depth);
        // A guard made by wrapping another one.
        let wraps = f.wraps.borrow().clone();
        match wraps {
            Some(inner) if !matches!(&inner, Value::Function(g) if Rc::ptr_eq(g, f)) => {
                let inner = self.ruling(&inner, depth + 1);
                all_of([own, inner])
            }
            _ => own,
        }
    }

    /// What an outside name says, called with arguments or not.
    pub(crate) fn symbol_ruling(&mut self, symbol: &SmolStr, args: &Args, depth: u32) -> Ruling {
        let models = self.input.models;
        match models.guard(self.family.language(), symbol) {
            Some(guard) => self.modelled_ruling(guard, symbol, args, depth),
            None => self.named_ruling(symbol),
        }
    }

    /// A guard from outside of the tree that no model knows: its name decides whether it may matter.
    pub(super) fn named_ruling(&mut self, symbol: &str) -> Ruling {
        let models = self.input.models;
        // A constant of Rust is no guard: `header::AUTHORIZATION` of a list.
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        let is_constant = self.family == Family::Rust && last.len() > 1 && !last.chars().any(char::is_lowercase);
        if models.controls.of_symbol(self.family.language(), symbol).is_empty() && names::may_guard(symbol) && !is_constant {
            Ruling::unread(format!("`{symbol}` is defined outside of the scanned tree and no model knows it"))
        } else {
            Ruling::default()
        }
    }

    pub(super) fn unknown_ruling(&mut self, u: &Rc<Unknown>, depth: u32) -> Ruling {
        if u.callee.as_deref() == Some(OWN) {
            return self.replacing_ruling(&u.args, depth);
        }
        if let Some(ALL | ANY) = u.callee.as_deref() {
            let parts: Vec<Ruling> = u.args.items.iter().map(|v| self.ruling(v, depth + 1)).collect();
            return if u.callee.as_deref() == Some(ALL) { all_of(parts) } else { any_of(&parts) };
        }
        let is_modelled = u.callee.as_ref().is_some_and(|c| self.input.models.guard(self.family.language(), c).is_some());
        if !is_modelled {
            let results = self.callback_results(u);
            let inner = self.either_ruling(&Rc::new(results), depth + 1);
            if inner.says >= Says::Optional {
                return inner;
            }
        }
        let Some(callee) = &u.callee else {
            if !names::may_guard(&u.label) && u.reason != MISSING_BASE {
                return Ruling::default();
            }
            let known = self.ruling_by_name(&u.label, depth);
            return known.unwrap_or_else(|| Ruling::unread(format!("`{}` could not be followed: {}", u.label, u.reason)));
        };
        let models = self.input.models;
        if let Some(guard) = models.guard(self.family.language(), callee) {
            let own = self.modelled_ruling(guard, callee, &u.args, depth);
            // A stack of layers: `stack.layer(a).layer(b)`.
            let below = u.from.as_ref().filter(|_| guard.through.is_some()).cloned();
            return match below {
                Some(Value::Unknown(below)) if below.callee.as_ref().is_some_and(|c| models.guard(self.family.language(), c).is_some()) => {
                    let below = self.unknown_ruling(&below, depth);
                    all_of([below, own])
                }
                _ => own,
            };
        }
        // What a builder was made from: `Bearer::new(check).realm("x")`.
        let mut base = u.from.clone();
        while let Some(Value::Unknown(one)) = &base {
            if one.callee.as_ref().is_some_and(|c| models.guard(self.family.language(), c).is_some()) {
                return self.unknown_ruling(&one.clone(), depth + 1);
            }
            base = one.from.clone();
        }
        // An unknown combinator of guards (`compose(auth, audit)`): what it was given counts.
        let inner: Vec<Value> = u.args.items.iter().chain(u.args.named.iter().map(|(_, v)| v)).chain(&u.results).cloned().collect();
        let inner = all_of(
            inner
                .iter()
                .filter(|v| {
                    matches!(v, Value::Function(_) | Value::BoundFunction(_) | Value::Class(_) | Value::Unknown(_) | Value::List(_))
                })
                .map(|v| self.ruling(v, depth + 1)),
        );
        if inner.says >= Says::Passed { inner } else { self.named_ruling(callee) }
    }

    /// What a method of an object that is not known says, by the tree's functions of that name, if all of them refuse: what
    /// a name stands for is not known, so one that lets pass is as likely. One that does nothing but pass stands in for the
    /// others before they are there, and does not count.
    fn ruling_by_name(&mut self, label: &str, depth: u32) -> Option<Ruling> {
        let name = label.trim_end_matches("()").rsplit('.').next()?.to_owned();
        let named: Vec<Rc<Closure>> = self
            .closures
            .iter()
            .filter(|f| {
                let tree = &self.module(f.module).tree;
                tree.function(f.function).name.as_deref() == Some(name.as_str()) && !stands_in(tree, f.function, 0)
            })
            .take(8)
            .cloned()
            .collect();
        let mut best: Option<Ruling> = None;
        for f in &named {
            let ruling = self.closure_ruling(f, depth + 1);
            if ruling.says != Says::Required {
                return None;
            }
            best.get_or_insert(ruling);
        }
        let mut best = best?;
        best.inferred = true;
        Some(best)
    }

    fn modelled_ruling(&mut self, guard: &GuardModel, symbol: &str, args: &Args, depth: u32) -> Ruling {
        if let Some(place) = &guard.when
            && place.all(args, None, &mut |v, k| self.get_attr(v, k, None)).iter().all(|v| matches!(v, Value::Null))
        {
            return Ruling::default();
        }
        let mut ruling = Ruling {
            says: match guard.says {
                GuardSays::Required => Says::Required,
                GuardSays::Optional => Says::Optional,
                GuardSays::Public => Says::Public,
                GuardSays::Nothing => Says::Nothing,
            },
            unsafe_only: guard.unsafe_only,
            overrides: guard.overrides,
            keeps_outer: guard.keeps_outer,
            ..Ruling::default()
        };
        if let Some(place) = &guard.public_unless
            && place.all(args, None, &mut |v, k| self.get_attr(v, k, None)).iter().any(|v| matches!(self.force(v), Value::Bool(false)))
        {
            return Ruling { says: Says::Public, ..ruling };
        }
        if let Some(place) = &guard.through {
            let inner = self.given_guards(&Some(place.clone()), args, None);
            let found: Vec<Ruling> = inner.iter().map(|v| self.ruling(v, depth + 1)).collect();
            let any = guard.any && !self.is_given(args, &guard.all_when);
            let own = (guard.says == GuardSays::Optional).then_some(ruling);
            ruling = if any { any_of(&found) } else { all_of(found.into_iter().chain(own)) };
            // What may be missing is asked of nobody.
            if guard.softens && ruling.says > Says::Optional {
                ruling.says = Says::Optional;
            }
        }
        self.add_schemes(&mut ruling, guard, symbol, args);
        for (place, is_scope) in [(&guard.scopes, true), (&guard.roles, false)] {
            let Some(place) = place else { continue };
            let words = self.words_at(place, args);
            if is_scope { ruling.scopes.extend(words) } else { ruling.roles.extend(words) }
        }
        if ruling.roles.iter().any(|r| guard.open_roles.iter().any(|o| r == o)) {
            return Ruling { says: Says::Public, overrides: guard.overrides, keeps_outer: guard.keeps_outer, ..Ruling::default() };
        }
        ruling.roles.extend(guard.role.as_deref().map(SmolStr::new));
        let is_weak = self.is_given(args, &guard.optional_when);
        if is_weak && ruling.says == Says::Required {
            ruling.says = Says::Optional;
        }
        ruling
    }

    /// The schemes that a model says outright and those that the arguments name.
    fn add_schemes(&mut self, ruling: &mut Ruling, guard: &GuardModel, symbol: &str, args: &Args) {
        let name = SmolStr::new(symbol.rsplit('.').next().unwrap_or(symbol).trim_end_matches("()"));
        if let Some(kind) = &guard.scheme {
            let kind = SmolStr::new(kind);
            if !ruling.schemes.iter().any(|(k, _)| *k == kind) {
                ruling.schemes.push((kind, name.clone()));
            }
        }
        if let Some(place) = &guard.scheme_at {
            for text in self.words_at(place, args) {
                // A strategy that takes everybody, tried last.
                if text.to_ascii_lowercase().contains("anonymous") {
                    ruling.says = ruling.says.min(Says::Optional);
                } else {
                    ruling.schemes.push((names::scheme_of(&text), text));
                }
            }
        }
    }

    /// Whether one of these named arguments, or keys of the last argument, has its value.
    fn is_given(&mut self, args: &Args, wanted: &std::collections::BTreeMap<String, serde_yaml::Value>) -> bool {
        wanted.iter().any(|(key, wanted)| {
            let given = args.name(key).cloned().or_else(|| {
                let last = args.items.last().cloned()?;
                matches!(last, Value::Dict(_)).then(|| self.get_attr(&last, key, None)).flatten()
            });
            given.is_some_and(|v| is_value(&self.force(&v), wanted))
        })
    }

    /// The words at a place: strings, lists of them, last names of constants.
    fn words_at(&mut self, place: &crate::models::Place, args: &Args) -> Vec<SmolStr> {
        let values = place.all(args, None, &mut |v, k| self.get_attr(v, k, None));
        let mut out = Vec::new();
        for value in values {
            self.words(&value, &mut out, 0);
        }
        out
    }

    pub(super) fn words(&mut self, value: &Value, out: &mut Vec<SmolStr>, depth: u32) {
        if depth > 3 || out.len() > 50 {
            return;
        }
        match self.force(value) {
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().for_each(|v| self.words(v, out, depth + 1));
            }
            Value::Either(all) => all.iter().for_each(|v| self.words(v, out, depth + 1)),
            Value::Symbol(s) => out.push(SmolStr::new(s.rsplit('.').next().unwrap_or(&s))),
            Value::Unknown(u) if !u.label.is_empty() => out.push(u.label.clone()),
            other => out.extend(other.as_str().filter(|s| !s.is_empty())),
        }
    }
}

fn is_value(value: &Value, wanted: &serde_yaml::Value) -> bool {
    match (value.plain(), wanted) {
        (Value::Bool(a), serde_yaml::Value::Bool(b)) => a == *b,
        (Value::Null, serde_yaml::Value::Null) => true,
        (_, serde_yaml::Value::Sequence(all)) => all.iter().any(|one| is_value(value, one)),
        (other, serde_yaml::Value::String(text)) => other.as_str().is_some_and(|s| s == text),
        _ => false,
    }
}
