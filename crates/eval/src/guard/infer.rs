//! Reading off a function's code whether it guards: it refuses with 401 or 403 and looks at what a caller proves an
//! identity with (Authorization header, API key, session, user, token), or calls something of the tree that does.
//!
//! The common tree is read, so this works in every language. Only names and literals count; values aren't computed.

use super::{all_of, names};
use crate::evaluate::Family;
use crate::models::GuardSays;
use crate::output::{Ruling, Says};
use crate::scope::Scope;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, Expr, ExprId, Module, StrPart};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Guards call guards at most so deep.
const MAX_CALLS: u32 = 6;
/// Names under which a request carries who calls.
const USERS: &[&str] =
    &["user", "currentuser", "current_user", "principal", "identity", "auth", "is_authenticated", "isauthenticated", "userid", "user_id"];
const API_KEYS: &[&str] =
    &["x-api-key", "api-key", "apikey", "api_key", "x-auth-token", "x-access-token", "x-token", "x-auth-key", "access-token"];

/// What a function's code shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// The status it refuses with.
    denies: Option<u16>,
    /// It reads a credential that the request carries.
    credential: bool,
    /// It looks at who the caller is.
    user: bool,
    /// It calls something whose name says that it checks.
    checks: bool,
    /// It takes a password: it signs a caller in.
    password: bool,
    /// It is about forged requests, not about identity.
    forgery: bool,
    redirects: bool,
    login: bool,
    schemes: Vec<(SmolStr, SmolStr)>,
    /// What it calls and depends on.
    inner: Ruling,
    inner_proof: bool,
}

impl Reading {
    /// It looks at something that proves an identity.
    fn proof(&self) -> bool {
        self.credential || self.user || self.inner_proof
    }
    fn scheme(&mut self, kind: &'static str, name: &str) {
        if !self.schemes.iter().any(|(k, _)| k == kind) {
            self.schemes.push((SmolStr::new_static(kind), SmolStr::new(name)));
        }
    }
    fn denies(&mut self, status: u16) {
        self.denies = Some(self.denies.map_or(status, |s| s.min(status)));
    }
    /// As middleware, dependency, decorator or extractor.
    pub(super) fn as_guard(&self) -> Ruling {
        let denies = self.denies.or((self.redirects && self.login && self.proof()).then_some(401));
        let says = match denies {
            _ if self.inner.says == Says::Required => Says::Required,
            Some(401) if !self.password || self.credential => Says::Required,
            Some(_) if (self.proof() || self.checks) && !self.forgery => Says::Required,
            _ if self.credential || self.inner.says == Says::Optional => Says::Optional,
            _ if self.inner.says == Says::Unread => Says::Unread,
            _ => Says::Nothing,
        };
        self.ruling(says)
    }
    /// As a test that refuses by its answer (`has_permission`): it looks at who calls, or it stands aside.
    pub(super) fn as_test(&self) -> Ruling {
        let said = self.as_guard();
        if said.says < Says::Required && self.proof() { self.ruling(Says::Required) } else { said }
    }
    /// As the body of a handler: only a check of the caller counts, not that of a password it was sent.
    fn as_handler(&self) -> Ruling {
        let says = match self.denies {
            _ if self.password => Says::Nothing,
            _ if self.inner.says == Says::Required && self.inner_proof => Says::Required,
            Some(_) if self.credential || self.user || self.inner_proof => Says::Required,
            None if self.redirects && self.login && self.user => Says::Required,
            _ => Says::Nothing,
        };
        self.ruling(says)
    }
    fn ruling(&self, says: Says) -> Ruling {
        if says == Says::Nothing {
            return Ruling::default();
        }
        let mut out =
            Ruling { says, inferred: true, schemes: self.schemes.clone(), reason: self.inner.reason.clone(), ..Ruling::default() };
        out.merge_proof(&self.inner);
        let is_jwt = out.schemes.iter().any(|(k, _)| k == "jwt");
        out.schemes.retain(|(k, _)| !(is_jwt && k == "bearer"));
        if out.schemes.is_empty() && says != Says::Unread {
            out.schemes.push((SmolStr::new_static(if self.user { "session" } else { "custom" }), SmolStr::default()));
        }
        out
    }
}

impl World<'_> {
    /// What a function of the tree says as a guard.
    pub(super) fn inferred(&mut self, f: &Rc<Closure>, depth: u32) -> Ruling {
        let params = self.module(f.module).tree.function(f.function).params.len();
        // Express error handlers see what guards refused, they don't refuse.
        if self.family == Family::JavaScript && params == 4 {
            return Ruling::default();
        }
        self.reading(f, depth).as_guard()
    }

    /// What a handler's own body says.
    pub(super) fn inferred_body(&mut self, f: &Rc<Closure>) -> Ruling {
        // Where callers sign in, a look at who calls sends those away who already have.
        let name = self.module(f.module).tree.function(f.function).name.clone();
        if name.is_some_and(|n| names::signs_in(&n)) {
            return Ruling::default();
        }
        self.reading(f, 0).as_handler()
    }

    pub(super) fn reading(&mut self, f: &Rc<Closure>, depth: u32) -> Reading {
        let key = Rc::as_ptr(f) as usize;
        if let Some((_, known)) = self.readings.get(&key) {
            return known.clone();
        }
        // A cycle of calls reads as nothing inside itself.
        self.readings.insert(key, (f.clone(), Reading::default()));
        let reading = self.read_function(f, depth);
        self.readings.insert(key, (f.clone(), reading.clone()));
        reading
    }

    fn read_function(&mut self, f: &Rc<Closure>, depth: u32) -> Reading {
        let tree = self.module(f.module).tree.clone();
        let mut exprs = Vec::new();
        crate::walk::function(&tree, f.function, &mut |e| exprs.push(e));
        self.read_exprs(f, &tree, &exprs, depth)
    }

    /// Reads these expressions of a function.
    pub(super) fn read_exprs(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId], depth: u32) -> Reading {
        let compared = compared(tree, exprs);
        let mut out = Reading::default();
        for id in exprs {
            read_expr(tree, *id, &compared, &mut out);
        }
        self.read_names(f, tree, exprs, &mut out);
        let mut inner: Vec<Ruling> = Vec::new();
        if depth < MAX_CALLS {
            for callee in self.called_from(f, tree, exprs) {
                let (ruling, proof) = self.callee_ruling(&callee, depth + 1);
                out.inner_proof |= proof;
                inner.push(ruling);
            }
            for value in self.injected(f) {
                let ruling = self.ruling(&value, depth + 1);
                out.inner_proof |= ruling.says >= Says::Optional && ruling.says != Says::Unread;
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
            let Some(Value::Symbol(symbol)) = f.scope.get(name).map(|v| self.peek(&v)) else { continue };
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

    fn callee_ruling(&mut self, callee: &Value, depth: u32) -> (Ruling, bool) {
        match callee {
            Value::Function(f) => {
                let reading = self.reading(f, depth);
                let ruling = if reading.password { Ruling::default() } else { reading.as_guard() };
                (ruling, reading.proof())
            }
            Value::Symbol(s) => {
                let models = self.input.models;
                let ruling = match models.guard(self.family.language(), s) {
                    Some(_) => self.symbol_ruling(s, &Args::default(), depth),
                    None => Ruling::default(),
                };
                let proof = matches!(ruling.says, Says::Required | Says::Optional);
                (ruling, proof)
            }
            _ => (Ruling::default(), false),
        }
    }

    /// The functions and outside names that a function's body calls, as far as its names say without running it.
    fn called_from(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId]) -> Vec<Value> {
        let mut out: Vec<Value> = Vec::new();
        let mut seen: FxHashSet<usize> = FxHashSet::default();
        let home = f.home.borrow().clone();
        for id in exprs {
            let Expr::Call { callee, .. } = tree.expr(*id) else { continue };
            let value = if tells(tree, *callee) {
                self.named_value(&f.scope, home.as_ref(), tree, *callee, 0)
            } else {
                self.known_value(&f.scope, home.as_ref(), tree, *callee)
            };
            let found = match value {
                Some(Value::BoundFunction(b)) => Value::Function(b.1.clone()),
                Some(value @ (Value::Function(_) | Value::Symbol(_))) => value,
                _ => continue,
            };
            if found.ptr().is_none_or(|p| seen.insert(p)) && out.len() < 200 {
                out.push(found);
            }
        }
        out
    }

    /// What a name stands for if that is known without reading one more file.
    fn known_value(&mut self, scope: &Scope, home: Option<&Rc<ClassValue>>, tree: &Module, id: ExprId) -> Option<Value> {
        match tree.expr(id) {
            Expr::Name(name) => {
                let found = scope.get(name)?;
                Some(self.peek(&found))
            }
            Expr::Attr(base, _) if matches!(tree.expr(*base), Expr::This | Expr::Super) => self.named_value(scope, home, tree, id, 0),
            Expr::Attr(base, _) if matches!(tree.expr(*base), Expr::Name(n) if matches!(n.as_str(), "self" | "cls" | "Self")) => {
                self.named_value(scope, home, tree, id, 0)
            }
            _ => None,
        }
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
                let base = self.named_value(scope, home, tree, *base, depth + 1)?;
                match &base {
                    Value::Class(class) => self.class_attr(class, name).map(|v| self.force(&v)),
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

/// Whether the name of a callee says that it may check who calls.
fn tells(tree: &Module, callee: ExprId) -> bool {
    match tree.expr(callee) {
        Expr::Name(name) | Expr::Attr(_, name) => names::checks(name) || names::may_guard(name),
        _ => false,
    }
}

/// Numbers that something is compared with: statuses of answers looked at, not given.
fn compared(tree: &Module, exprs: &[ExprId]) -> FxHashSet<ExprId> {
    let mut out = FxHashSet::default();
    for id in exprs {
        if let Expr::Binary(BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In | BinaryOp::NotIn, a, b) = tree.expr(*id) {
            out.extend([*a, *b]);
        }
    }
    out
}

fn read_expr(tree: &Module, id: ExprId, compared: &FxHashSet<ExprId>, out: &mut Reading) {
    match tree.expr(id) {
        Expr::Number(n) if !compared.contains(&id) => match *n as i64 {
            401 => out.denies(401),
            403 => out.denies(403),
            _ => {}
        },
        Expr::Str(parts) => {
            for part in parts {
                if let StrPart::Text(text) = part {
                    read_text(text, out);
                }
            }
        }
        Expr::Name(name) => read_name(name, false, compared.contains(&id), out),
        Expr::Attr(_, name) => read_name(name, true, compared.contains(&id), out),
        Expr::Call { callee, .. } => {
            let name = match tree.expr(*callee) {
                Expr::Name(n) | Expr::Attr(_, n) => n.as_str(),
                _ => return,
            };
            let flat = name.to_ascii_lowercase();
            out.redirects |= flat.contains("redirect");
            out.checks |= names::checks(name);
            let of = |part: &str| receiver_contains(tree, *callee, part);
            if (flat.contains("verify") || flat.contains("decode") || flat == "jwtverify")
                && (flat.contains("jwt") || of("jwt") || of("jose"))
            {
                out.credential = true;
                out.scheme("jwt", name);
            }
            out.password |= matches!(
                flat.as_str(),
                "check_password"
                    | "verify_password"
                    | "checkpassword"
                    | "verifypassword"
                    | "comparepassword"
                    | "compare_password"
                    | "check_password_hash"
                    | "validatepassword"
            );
        }
        _ => {}
    }
}

fn receiver_contains(tree: &Module, callee: ExprId, part: &str) -> bool {
    match tree.expr(callee) {
        Expr::Attr(base, _) => match tree.expr(*base) {
            Expr::Name(n) | Expr::Attr(_, n) => n.to_ascii_lowercase().contains(part),
            _ => false,
        },
        _ => false,
    }
}

fn read_text(text: &str, out: &mut Reading) {
    if text.len() > 80 {
        return;
    }
    let flat = text.trim().to_ascii_lowercase();
    match flat.as_str() {
        "authorization" | "http_authorization" | "proxy-authorization" => out.credential = true,
        "bearer" => out.scheme("bearer", "Authorization"),
        "basic" => out.scheme("basic", "Authorization"),
        "www-authenticate" => out.denies(401),
        "password" | "passwd" => out.password = true,
        key if API_KEYS.contains(&key) => {
            out.credential = true;
            out.scheme("apiKey", text.trim());
        }
        _ => {}
    }
    out.login |= flat.contains("login") || flat.contains("signin") || flat.contains("sign-in");
    out.forgery |= flat.contains("csrf") || flat.contains("xsrf");
    if !flat.contains('/')
        && let Some(status) = names::denial(&flat)
    {
        out.denies(status);
    }
}

fn read_name(name: &str, is_attr: bool, is_compared: bool, out: &mut Reading) {
    let flat = name.to_ascii_lowercase();
    if !is_compared && let Some(status) = names::denial(name) {
        out.denies(status);
    }
    match flat.as_str() {
        "authorization" | "httpauthorization" => out.credential = true,
        "bearer" => {
            out.credential = true;
            out.scheme("bearer", "Authorization");
        }
        "session" | "sessions" if is_attr => {
            out.user = true;
            out.scheme("session", name);
        }
        "password" if is_attr => out.password = true,
        flat if USERS.contains(&flat) && (is_attr || flat != "user" && flat != "auth") => out.user = true,
        _ => {}
    }
    out.forgery |= flat.contains("csrf") || flat.contains("xsrf");
    out.login |= flat.contains("login");
}
