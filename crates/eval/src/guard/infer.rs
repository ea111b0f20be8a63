//! Reading off a function's code whether it guards: it refuses with 401 or 403 and looks at what a caller proves an
//! identity with (Authorization header, API key, session, user, token), or calls something of the tree that does.
//!
//! The common tree is read, so this works in every language. Only names and literals count; values aren't computed.

use super::caught::{ends, within};
use super::extractor::softened;
use super::reading::Reading;
use super::signs::{
    announced, called_name, compared, hangs_on_identity, logged, read_expr, read_params, read_taken, refusal, takes_request, tells,
    told_to_skip,
};
use super::typed::Locals;
use super::{Facts, all_of, issue, names};
use crate::evaluate::Family;
use crate::models::GuardSays;
use crate::output::{Ruling, Says};
use crate::scope::Scope;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, Module, Span, StmtId};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Guards call guards at most so deep.
const MAX_CALLS: u32 = 16;

impl World<'_> {
    /// What a function of the tree says as a guard.
    pub(super) fn inferred(&mut self, f: &Rc<Closure>, depth: u32) -> Ruling {
        let params = self.module(f.module).tree.function(f.function).params.len();
        // Express error handlers see what guards refused, they don't refuse.
        if self.family == Family::JavaScript && params == 4 {
            return Ruling::default();
        }
        let is_wide = self.facts.as_ref().is_some_and(|facts| facts.wide);
        let reading = self.reading(f, depth);
        if is_wide { reading.as_middleware() } else { reading.as_guard() }
    }

    /// What a handler's own body says.
    pub(super) fn inferred_body(&mut self, f: &Rc<Closure>) -> Ruling {
        // Where callers sign in, a look at who calls sends those away who already have.
        let name = self.module(f.module).tree.function(f.function).name.clone().unwrap_or_default();
        let home = f.home.borrow().as_ref().map(|h| h.name.clone()).filter(|_| is_verb(&name));
        if names::signs_in(&name) || home.is_some_and(|h| names::is_of_sign_in(&h)) {
            return Ruling::default();
        }
        let reading = self.reading(f, 0);
        // Where they get a token, what is refused is what they send for it.
        if !(reading.turns_away || reading.sure && reading.inner_guard) && self.gives_identity(f, &name, &reading) {
            return Ruling::default();
        }
        reading.as_handler()
    }

    pub(super) fn reading(&mut self, f: &Rc<Closure>, depth: u32) -> Reading {
        let facts = self.facts.take();
        let plain = self.plain_reading(f, depth);
        self.facts = facts;
        match &self.facts {
            Some(facts) if plain.marks || facts.wide || facts.view.is_some() || plain.looks && !facts.full.is_empty() => {
                self.reading_here(f, depth, plain)
            }
            _ => plain,
        }
    }

    /// What a function's code shows, whatever the route.
    fn plain_reading(&mut self, f: &Rc<Closure>, depth: u32) -> Reading {
        let key = Rc::as_ptr(f) as usize;
        if let Some((_, known)) = self.readings.get(&key) {
            return known.clone();
        }
        // A cycle of calls reads as nothing inside itself.
        self.readings.insert(key, (f.clone(), Reading::default()));
        let tree = self.module(f.module).tree.clone();
        let (mut exprs, mut binds) = (Vec::new(), Vec::new());
        crate::walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
        let looks = super::by_path::looks_at_path(&tree, &exprs);
        let marks = exprs.iter().any(|e| self.reads_marks(&tree, *e));
        // What a function around was given decides what this one does.
        let (mut dead, mut invited) = (Vec::new(), Vec::new());
        if f.scope.function().kind == crate::scope::ScopeKind::Function {
            let (places, found) = self.dead_places(f, &Facts::default(), &exprs, &binds);
            (dead, invited) = (places, found.invited);
            exprs.retain(|e| !within(&dead, tree.span(*e)));
            binds.retain(|s| !within(&dead, tree.stmt_span(*s)));
        }
        let told = super::caught::told(&tree, &binds);
        exprs.retain(|e| !within(&told, tree.span(*e)));
        let mut reading = self.read_exprs(f, &tree, (&exprs, &binds, &invited), depth);
        reading.looks = looks;
        reading.marks |= marks;
        (reading.throws, reading.answers) = ends(&tree, &tree.function(f.function).body, &dead);
        reading.turns_away = super::strangers::turned_away(&tree, &tree.function(f.function).body, &dead);
        reading.sends_away = super::strangers::sent_away(&tree, &tree.function(f.function).body, &dead);
        reading.settle(&tree, f.function, &dead);
        self.read_offer(f, &Facts::default(), (&exprs, &binds), &mut reading, depth);
        self.readings.insert(key, (f.clone(), reading.clone()));
        reading
    }

    /// Whether it must be asked whether a function only offers.
    pub(super) fn may_offer(&self, tree: &Module, exprs: &[ExprId], reading: &Reading) -> bool {
        let is_rust = self.family == Family::Rust;
        let looks = reading.credential || reading.user || is_rust && reading.inner_proof;
        let refuses = reading.denies.is_some() || reading.inner.says == Says::Required;
        looks && self.family != Family::Python || !is_rust && refuses && super::unset::may_ask(tree, exprs)
    }

    /// Finds whether a function that refuses lets a caller pass who proves nothing: only what is proved wrongly is refused.
    pub(super) fn read_offer(
        &mut self,
        f: &Rc<Closure>,
        facts: &Facts,
        (exprs, binds): (&[ExprId], &[StmtId]),
        reading: &mut Reading,
        depth: u32,
    ) {
        let is_rust = self.family == Family::Rust;
        let looks = reading.credential || reading.user || is_rust && reading.inner_proof;
        if looks && self.family != Family::Python {
            reading.offers = self.offered(f, &Facts { anonymous: true, ..facts.clone() }, (exprs, binds), depth);
        }
        let refuses = reading.denies.is_some() || reading.inner.says == Says::Required;
        let tree = self.module(f.module).tree.clone();
        if reading.offers.is_none() && (looks && is_rust || !is_rust && refuses && super::unset::may_ask(&tree, exprs)) {
            reading.offers = self.offered(f, &Facts { anonymous: is_rust, unset: true, ..facts.clone() }, (exprs, binds), depth);
            reading.unset = reading.offers.is_some();
        }
    }

    /// Whether it lets pass where these facts hold, and then whether it may refuse by its answer.
    fn offered(&mut self, f: &Rc<Closure>, facts: &Facts, (exprs, binds): (&[ExprId], &[StmtId]), depth: u32) -> Option<bool> {
        let tree = self.module(f.module).tree.clone();
        let (dead, found) = self.dead_places(f, facts, exprs, binds);
        let is_moot =
            |world: &mut Self| !found.unset || world.dead_places(f, &Facts { unset: false, ..facts.clone() }, exprs, binds).0 == dead;
        if dead.is_empty() || facts.unset && !facts.anonymous && is_moot(self) {
            return None;
        }
        let exprs: Vec<ExprId> = exprs.iter().copied().filter(|e| !within(&dead, tree.span(*e))).collect();
        let binds: Vec<StmtId> = binds.iter().copied().filter(|s| !within(&dead, tree.stmt_span(*s))).collect();
        let left = self.read_exprs(f, &tree, (&exprs, &binds, &found.invited), depth);
        if left.as_guard().says == Says::Required || left.denies.is_some() || left.redirects || self.fails(&tree, &exprs) {
            return None;
        }
        let (throws, answers) = ends(&tree, &tree.function(f.function).body, &dead);
        // Where a setting is missing, code may as well say that it is.
        if facts.unset && self.family != Family::Rust && (throws || super::caught::answers(&tree, &exprs)) {
            return None;
        }
        Some(throws || answers)
    }

    /// Whether code says in so many words that it fails.
    fn fails(&self, tree: &Module, exprs: &[ExprId]) -> bool {
        self.family == Family::Rust && exprs.iter().any(|id| super::extractor::fails(tree, *id))
    }

    /// Reads these expressions and bindings of a function; the last places are blocks that run in some cases.
    pub(super) fn read_exprs(
        &mut self,
        f: &Rc<Closure>,
        tree: &Arc<Module>,
        (exprs, binds, invited): (&[ExprId], &[StmtId], &[Span]),
        depth: u32,
    ) -> Reading {
        let compared = compared(tree, exprs);
        let logged = logged(tree, exprs);
        let mut announced = announced(tree, exprs, binds);
        announced.extend(super::caught::otherwise(tree, f.function));
        let mut out = Reading::default();
        for id in exprs.iter().filter(|id| !logged.contains(id) && !within(&announced, tree.span(**id))) {
            let before = out.denies.take();
            read_expr(tree, *id, &compared, &mut out);
            out.checked.refusals.extend(out.denies.map(|_| tree.span(*id)));
            before.into_iter().for_each(|status| out.denies(status));
            if !compared.contains(id)
                && let Some(status) = self.error_status(f, tree, *id)
            {
                out.denies(status);
                out.checked.refusals.push(tree.span(*id));
            }
        }
        for stmt in binds {
            read_taken(tree, *stmt, &mut out);
        }
        out.issues = issue::issues(tree, exprs);
        self.read_names(f, tree, exprs, &mut out);
        if self.family == Family::Python {
            read_params(tree, f.function, &mut out);
        }
        let mut inner: Vec<Ruling> = Vec::new();
        if depth < MAX_CALLS {
            out.about_forgery = tree.function(f.function).name.as_deref().is_some_and(names::is_about_forgery);
            let called = self.called_from(f, tree, (exprs, invited), depth, &mut out.hands_on);
            for site in called.into_iter().chain(self.contexts_entered(f, tree, binds)) {
                let mut called = self.callee_ruling(&site.callee, depth + 1);
                if site.is_soft {
                    called.ruling.says = called.ruling.says.min(Says::Optional);
                }
                let is_guard = called.sure || !matches!(site.callee, Value::Function(_)) || site.tells;
                if called.ruling.says == Says::Required && is_guard {
                    out.checked.calls.extend(site.at);
                }
                out.inner_proof |= called.proof;
                out.inner_credential |= called.credential;
                out.marks |= called.marks;
                out.inner_looks |= called.looks;
                out.issues |= called.issues;
                out.inner_guard |=
                    called.ruling.says == Says::Required && (called.guards && called.proof || called.takes_proof && site.given);
                inner.push(called.ruling);
            }
            for value in self.injected(f) {
                let ruling = self.ruling(&value, depth + 1);
                out.inner_proof |= ruling.says >= Says::Optional && ruling.says != Says::Unread;
                out.sure |= ruling.says == Says::Required;
                inner.push(ruling);
            }
        }
        out.inner = all_of(inner);
        out
    }

    /// Names from outside that a model knows to tell who calls: `session`, `current_user`.
    fn read_names(&mut self, f: &Rc<Closure>, tree: &Module, exprs: &[ExprId], out: &mut Reading) {
        let mut seen: FxHashSet<&SmolStr> = FxHashSet::default();
        for id in exprs {
            let Expr::Name(name) = tree.expr(*id) else { continue };
            if !seen.insert(name) {
                continue;
            }
            let symbol = match f.scope.get(name).map(|v| self.peek(&v)) {
                Some(Value::Symbol(symbol)) => symbol,
                Some(other) => {
                    if let Some(status) = refusal(&other) {
                        out.denies(status);
                        let same = exprs.iter().filter(|e| matches!(tree.expr(**e), Expr::Name(n) if n == name));
                        out.checked.refusals.extend(same.map(|e| tree.span(*e)));
                    }
                    continue;
                }
                None => continue,
            };
            let Some(guard) = self.input.models.guard(self.family.language(), &symbol) else { continue };
            if guard.says == GuardSays::Optional && guard.through.is_none() {
                out.user = true;
                let scheme = (SmolStr::new(guard.scheme.as_deref().unwrap_or("session")), name.clone());
                if !out.schemes.contains(&scheme) {
                    out.schemes.push(scheme);
                }
            }
        }
    }

    /// What something that is called says.
    fn callee_ruling(&mut self, callee: &Value, depth: u32) -> Called {
        match callee {
            Value::Function(f) => {
                // What is done further in is not about the path of the request any more.
                let facts = self.facts.take();
                let mut reading = self.reading(f, depth);
                self.facts = facts;
                if self.facts.is_some() && (reading.marks || depth == 1) {
                    reading = self.reading(f, depth);
                }
                let name = self.module(f.module).tree.function(f.function).name.clone();
                // A method of who calls looks at who calls.
                let of_caller = f.home.borrow().as_ref().is_some_and(|home| names::is_caller(&home.name));
                Called {
                    sure: reading.sure,
                    ruling: if reading.password { Ruling::default() } else { reading.as_guard() },
                    proof: reading.proof() || of_caller,
                    credential: reading.credential || reading.inner_credential,
                    marks: reading.marks,
                    looks: reading.looks && (reading.denies.is_some() || reading.redirects && reading.login),
                    issues: reading.issues,
                    guards: name.as_deref().is_some_and(names::guards),
                    takes_proof: !reading.issues
                        && reading.credential | reading.inner_credential
                        && !name.as_deref().is_some_and(names::gives_token),
                }
            }
            Value::Class(class) => {
                let ruling = self.class_ruling(class, depth);
                let proof = ruling.says >= Says::Optional && ruling.says != Says::Unread;
                Called { ruling, proof, ..Called::default() }
            }
            Value::Symbol(s) => {
                let models = self.input.models;
                let ruling = match models.guard(self.family.language(), s) {
                    Some(_) => self.symbol_ruling(s, &Args::default(), depth),
                    None => Ruling::default(),
                };
                let proof = matches!(ruling.says, Says::Required | Says::Optional);
                Called { ruling, proof, ..Called::default() }
            }
            Value::Unknown(_) => {
                let ruling = self.ruling(callee, depth);
                let proof = matches!(ruling.says, Says::Required | Says::Optional);
                Called { ruling, proof, ..Called::default() }
            }
            _ => Called::default(),
        }
    }

    /// The functions and outside names that a function's body calls, as far as its names say without running it.
    fn called_from(
        &mut self,
        f: &Rc<Closure>,
        tree: &Arc<Module>,
        (exprs, invited): (&[ExprId], &[Span]),
        depth: u32,
        hands_on: &mut Option<SmolStr>,
    ) -> Vec<Site> {
        let mut out: Vec<Site> = Vec::new();
        let swallowed = super::caught::forgiven(tree, f.function, exprs, invited);
        let mut seen: FxHashMap<usize, Option<usize>> = FxHashMap::default();
        let home = f.home.borrow().clone();
        let locals = (self.family == Family::Rust).then(|| Locals::of(tree, f));
        let softly = locals.as_ref().map(|_| softened(tree, exprs)).unwrap_or_default();
        let in_guard = depth > 0 || home.as_ref().is_some_and(|h| super::guards(h));
        // What a wrapper wraps answers for itself, as does what it overrides, reached through itself.
        seen.extend(f.wraps.borrow().as_ref().and_then(Value::ptr).into_iter().chain([Rc::as_ptr(f) as usize]).map(|p| (p, None)));
        for id in exprs {
            let Expr::Call { callee, args, types, .. } = tree.expr(*id) else { continue };
            if told_to_skip(tree, args) {
                continue;
            }
            let is_soft = softly.contains(id) || within(&swallowed, tree.span(*id));
            let extracted = self.extracted(f, tree, *callee, types);
            if !extracted.is_empty() {
                let at = tree.span(*id);
                out.extend(extracted.into_iter().map(|callee| Site { callee, is_soft, tells: true, given: true, at: vec![at] }));
                continue;
            }
            let value = if in_guard && let Some(found) = self.of_field(home.as_ref(), tree, *callee) {
                Some(found)
            } else if tells(tree, *callee)
                || locals.is_some() && hangs_on_identity(tree, *callee)
                || depth == 0 && self.family == Family::JavaScript && takes_request(tree, args)
            {
                let value = self.named_value(&f.scope, home.as_ref(), tree, *callee, 0);
                value.or_else(|| locals.as_ref().and_then(|l| self.typed_method(f, tree, l, *callee)))
            } else {
                self.known_value(&f.scope, home.as_ref(), tree, *callee)
            };
            let found = match value {
                Some(Value::BoundFunction(b)) => Value::Function(b.1.clone()),
                Some(value @ (Value::Function(_) | Value::Symbol(_) | Value::Class(_))) => value,
                // What an outside call gave: `const { check } = make(..)`.
                Some(Value::Unknown(u)) if u.callee.is_some() => Value::Symbol(u.callee.clone().unwrap_or_default()),
                _ if let Some(method) = self.modelled_method(tree, *callee) => method,
                _ => {
                    if hands_on.is_none() && in_guard && takes_request(tree, args) {
                        *hands_on = called_name(tree, *callee);
                    }
                    continue;
                }
            };
            let site =
                Site { callee: found, is_soft, tells: tells(tree, *callee), given: takes_request(tree, args), at: vec![tree.span(*id)] };
            add_site(site, &mut seen, &mut out);
        }
        out
    }

    /// What a name or an attribute of one stands for, without running anything but imports' laziness.
    pub(crate) fn named_value(
        &mut self,
        scope: &Scope,
        home: Option<&Rc<ClassValue>>,
        tree: &Module,
        id: ExprId,
        depth: u32,
    ) -> Option<Value> {
        if depth > 8 {
            return None;
        }
        match tree.expr(id) {
            Expr::Name(name) => {
                if matches!(name.as_str(), "self" | "cls" | "Self")
                    && let Some(home) = home
                {
                    return Some(Value::Class(home.clone()));
                }
                let found = scope.get(name)?;
                Some(self.force(&found))
            }
            Expr::This => home.map(|h| Value::Class(h.clone())),
            Expr::Wrap(_, inner) => self.named_value(scope, home, tree, *inner, depth + 1),
            Expr::Attr(base, name) => {
                let is_this = matches!(tree.expr(*base), Expr::This);
                let base = self.named_value(scope, home, tree, *base, depth + 1)?;
                match &base {
                    Value::Class(class) => match self.class_attr(class, name).map(|v| self.force(&v)) {
                        None if is_this => self.field_class(class, name).map(Value::Class),
                        found => found,
                    },
                    Value::Instance(i) => {
                        let field = i.fields.borrow().get(name).cloned();
                        field.or_else(|| self.class_attr(&i.class.clone(), name)).map(|v| self.force(&v))
                    }
                    Value::Module(_) | Value::Symbol(_) | Value::Dict(_) | Value::Folder(_) => {
                        self.get_attr(&base, name, None).map(|v| self.force(&v))
                    }
                    Value::Unknown(u) => u.callee.as_ref().map(|c| Value::Symbol(SmolStr::new(format!("{c}().{name}")))),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Something that is called, and where.
pub(super) struct Site {
    pub(super) callee: Value,
    /// Its failure is taken as an answer.
    pub(super) is_soft: bool,
    /// Its name says that it may check who calls.
    pub(super) tells: bool,
    /// It is given the request.
    pub(super) given: bool,
    pub(super) at: Vec<Span>,
}

/// Adds a call, once for each function with all the places where it is called.
fn add_site(site: Site, seen: &mut FxHashMap<usize, Option<usize>>, out: &mut Vec<Site>) {
    if let Some(known) = site.callee.ptr().and_then(|p| seen.get(&p)) {
        if let Some(known) = known.and_then(|at| out.get_mut(at)) {
            known.at.extend(site.at);
        }
    } else if out.len() < 200 {
        seen.extend(site.callee.ptr().map(|p| (p, Some(out.len()))));
        out.push(site);
    }
}

/// What something that is called shows.
#[derive(Default)]
struct Called {
    ruling: Ruling,
    /// It refuses on every way through it.
    sure: bool,
    /// It looks at who calls.
    proof: bool,
    /// It reads a credential that the request carries.
    credential: bool,
    /// It looks at marks of the route.
    marks: bool,
    /// It refuses by the path.
    looks: bool,
    /// It makes what callers prove an identity with.
    issues: bool,
    /// Its name says that it is there to check who calls.
    guards: bool,
    /// It reads what a request proves an identity with, and gives none.
    takes_proof: bool,
}

/// Whether a method is named by the verb that it answers.
fn is_verb(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "delete" | "head" | "options")
}
