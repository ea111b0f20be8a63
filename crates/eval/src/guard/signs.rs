//! Signs in code that it guards: statuses and names of refusals, and what callers prove an identity with.

use super::names;
use super::reading::Reading;
use crate::value::Value;
use apicensus_syntax::{Arg, BinaryOp, Entry, Expr, ExprId, FunctionId, Module, Pattern, Span, Stmt, StmtId, StrPart};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Names under which a request carries who calls.
pub(super) const USERS: &[&str] =
    &["user", "currentuser", "current_user", "principal", "identity", "auth", "is_authenticated", "isauthenticated", "userid", "user_id"];
pub(super) const API_KEYS: &[&str] =
    &["x-api-key", "api-key", "apikey", "api_key", "x-auth-token", "x-access-token", "x-token", "x-auth-key", "access-token"];

/// Whether a call is given the request, or what carries it.
pub(super) fn takes_request(tree: &Module, args: &[Arg]) -> bool {
    args.iter().any(|arg| {
        let (Arg::Positional(id) | Arg::Named(_, id)) = arg else { return false };
        matches!(tree.expr(*id), Expr::Name(n) if matches!(n.as_str(), "req" | "request" | "ctx" | "context" | "headers" | "client"))
    })
}

/// Whether a call says that it should not check: `parse(request, { skipAuth: true })`.
pub(super) fn told_to_skip(tree: &Module, args: &[Arg]) -> bool {
    args.iter().any(|arg| {
        let (Arg::Positional(id) | Arg::Named(_, id)) = arg else { return false };
        let Expr::Dict(entries, _) = tree.expr(*id) else { return false };
        entries.iter().any(|entry| match entry {
            Entry::Pair(key, value) => {
                let named = match tree.expr(*key) {
                    Expr::Str(parts) => matches!(parts.as_slice(), [StrPart::Text(text)] if names::exempts(text)),
                    Expr::Name(name) => names::exempts(name),
                    _ => false,
                };
                named && matches!(tree.expr(*value), Expr::Bool(true))
            }
            _ => false,
        })
    })
}

/// Whether an expression is a secret of the settings: `env.CRON_SECRET`.
fn is_secret(tree: &Module, id: ExprId) -> bool {
    let Expr::Attr(base, name) = tree.expr(id) else { return false };
    let (Expr::Name(of) | Expr::Attr(_, of)) = tree.expr(*base) else { return false };
    let (name, of) = (name.to_ascii_lowercase(), of.to_ascii_lowercase());
    ["env", "config", "settings"].iter().any(|w| of.contains(w))
        && ["secret", "token", "api_key", "apikey"].iter().any(|w| name.contains(w))
}

pub(super) fn called_name(tree: &Module, callee: ExprId) -> Option<SmolStr> {
    match tree.expr(callee) {
        Expr::Name(name) | Expr::Attr(_, name) => Some(name.clone()),
        _ => None,
    }
}

/// Whether the name of a callee says that it may check who calls.
pub(super) fn tells(tree: &Module, callee: ExprId) -> bool {
    match tree.expr(callee) {
        Expr::Name(name) | Expr::Attr(_, name) => names::checks(name) || names::may_guard(name),
        _ => false,
    }
}

/// Numbers that something is compared with: statuses of answers looked at, not given.
pub(crate) fn compared(tree: &Module, exprs: &[ExprId]) -> FxHashSet<ExprId> {
    let mut out = FxHashSet::default();
    for id in exprs {
        if let Expr::Binary(BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In | BinaryOp::NotIn, a, b) = tree.expr(*id) {
            out.extend([*a, *b]);
        }
        // What caught something is told apart by.
        if let Expr::Binary(BinaryOp::InstanceOf, _, class) = tree.expr(*id) {
            out.insert(*class);
        }
        if let Expr::Call { callee, args, .. } = tree.expr(*id)
            && matches!(tree.expr(*callee), Expr::Name(n) if n == "isinstance")
            && let Some(Arg::Positional(class)) = args.get(1)
        {
            out.insert(*class);
            out.extend(crate::walk::items(tree, *class));
        }
    }
    out
}

pub(super) fn read_expr(tree: &Module, id: ExprId, compared: &FxHashSet<ExprId>, out: &mut Reading) {
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
        Expr::Super => out.asks_super = true,
        // What the caller sends is compared with a secret.
        Expr::Binary(BinaryOp::Eq | BinaryOp::Ne, a, b) if is_secret(tree, *a) || is_secret(tree, *b) => out.credential = true,
        Expr::Name(name) => read_name(name, false, compared.contains(&id), out),
        // The session of an object of the application's own is as likely that of a database.
        Expr::Attr(base, name) if matches!(name.as_str(), "session" | "sessions") && is_own(tree, *base) => {}
        // A setting of the object, and no refusal.
        Expr::Attr(base, name) if name.ends_with("required") && is_own(tree, *base) => {}
        // A status of a remote call: `Status::unauthenticated(..)`, `status.UNAUTHENTICATED`.
        Expr::Attr(base, name) if name.eq_ignore_ascii_case("unauthenticated") && is_status(tree, *base) => out.denies(401),
        Expr::Attr(_, name) => read_name(name, true, compared.contains(&id), out),
        Expr::Call { callee, args, .. } => {
            let name = match tree.expr(*callee) {
                Expr::Name(n) | Expr::Attr(_, n) => n.as_str(),
                _ => return,
            };
            let flat = name.to_ascii_lowercase();
            out.redirects |= flat.contains("redirect");
            out.checks |= names::checks(name);
            out.credential |= matches!(flat.as_str(), "safeequal" | "timingsafeequal");
            let of = |part: &str| receiver_contains(tree, *callee, part);
            // `request.cookies.get("session")`
            let asks = matches!(args.first(), Some(Arg::Positional(key)) if super::strangers::is_proof(tree, *key));
            if flat == "get" && of("cookies") && asks {
                (out.credential, out.user) = (true, true);
            }
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

/// What is taken out of a request by its name: `const { user } = req`.
pub(super) fn read_taken(tree: &Module, stmt: StmtId, out: &mut Reading) {
    let Stmt::Bind { target: Pattern::Object(fields), value: Some(value), .. } = tree.stmt(stmt) else { return };
    if !gives_request(tree, *value) {
        return;
    }
    for (key, _) in fields {
        match key.as_str() {
            "user" | "auth" => out.user = true,
            other => read_name(other, true, true, out),
        }
    }
}

/// Whether an expression is a request or a part of it that carries who calls.
pub(super) fn gives_request(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Wrap(_, inner) => gives_request(tree, *inner),
        Expr::Name(name) => matches!(name.as_str(), "req" | "request" | "ctx" | "context" | "event" | "headers" | "locals" | "session"),
        Expr::Attr(_, name) => matches!(name.as_str(), "req" | "request" | "state" | "locals" | "context" | "headers" | "session"),
        Expr::Call { callee, .. } => {
            matches!(tree.expr(*callee), Expr::Attr(_, n) if matches!(n.as_str(), "getRequest" | "getContext" | "getClient"))
        }
        _ => false,
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

/// A header of the application's own that carries a key.
fn is_key_header(flat: &str) -> bool {
    let is_other = flat.contains("idempotency") || names::is_about_forgery(flat);
    flat.starts_with("x-") && !is_other && ["-key", "-token", "-secret"].iter().any(|end| flat.ends_with(end))
}

/// The status of an exception kept under a name (`HTTPException(status_code=401)`), or of a class of them (`code = 403`).
pub(super) fn refusal(value: &Value) -> Option<u16> {
    let status = |v: &Value| match v {
        Value::Number(n) => [401, 403].into_iter().find(|s| f64::from(*s) == *n),
        Value::Symbol(s) => names::denial(s),
        _ => None,
    };
    match value {
        Value::Unknown(u) if u.callee.is_some() => u.args.name("status_code").or(u.args.name("code")).or(u.args.at(0)).and_then(status),
        Value::Class(c) => {
            let attrs = c.attrs.borrow();
            ["status_code", "code"].iter().find_map(|name| attrs.get(*name).and_then(status))
        }
        _ => None,
    }
}

/// What is written to a log: it tells of refusals, it doesn't refuse.
pub(super) fn logged(tree: &Module, exprs: &[ExprId]) -> FxHashSet<ExprId> {
    let mut out = FxHashSet::default();
    for id in exprs {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { continue };
        let Expr::Attr(base, _) = tree.expr(*callee) else { continue };
        let is_log = matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n)
            if matches!(n.to_ascii_lowercase().trim_start_matches('_'), "logger" | "log" | "logging" | "console"));
        if is_log {
            out.extend(args.iter().filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None }));
        }
    }
    out
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
        flat if flat.starts_with("bearer ") => out.scheme("bearer", "Authorization"),
        "www-authenticate" => out.denies(401),
        "location" => out.redirects = true,
        "password" | "passwd" => out.password = true,
        key if API_KEYS.contains(&key) || is_key_header(key) => {
            out.credential = true;
            out.scheme("apiKey", text.trim());
        }
        _ => {}
    }
    out.login |= flat.contains("login") || flat.contains("signin") || flat.contains("sign-in");
    out.forgery |= names::is_about_forgery(&flat);
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
    out.forgery |= names::is_about_forgery(&flat);
    out.login |= flat.contains("login");
    let plain: String = flat.chars().filter(|c| *c != '_').collect();
    out.redirects |= ["temporaryredirect", "seeother", "302found", "301movedpermanently"].iter().any(|w| plain.ends_with(w));
}

/// Whether a callee hangs on something that says that it is about who calls: `AuthCheck::new().run(..)`, `auth.check(..)`.
pub(super) fn hangs_on_identity(tree: &Module, callee: ExprId) -> bool {
    let Expr::Attr(base, _) = tree.expr(callee) else { return false };
    let mut at = *base;
    for _ in 0..8 {
        match tree.expr(at) {
            Expr::Wrap(_, inner) => at = *inner,
            Expr::Call { callee, .. } => at = *callee,
            Expr::Attr(base, name) if !names::is_identity(name) => at = *base,
            Expr::Attr(_, name) | Expr::Name(name) => return names::is_identity(name),
            _ => return false,
        }
    }
    false
}

fn is_status(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Name(n) | Expr::Attr(_, n) if matches!(n.to_ascii_lowercase().as_str(), "status" | "statuscode" | "code" | "codes"))
}

/// Whether an expression is the object that a method is of.
fn is_own(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Name(n) if n == "self" || n == "cls")
}

/// Header names that an answer tells (`Access-Control-Allow-Headers`) or a CORS policy lists: nothing is read there.
pub(super) fn announced(tree: &Module, exprs: &[ExprId], binds: &[StmtId]) -> Vec<Span> {
    let mut out = Vec::new();
    for id in exprs {
        match tree.expr(*id) {
            Expr::Call { callee, args, .. } => {
                let lists = called_name(tree, *callee).is_some_and(|n| announces(&n));
                let tells = args.iter().any(|a| matches!(a, Arg::Positional(e) if is_cors_header(tree, *e)));
                for arg in args {
                    match arg {
                        Arg::Positional(e) | Arg::Named(_, e) if lists || tells => out.push(tree.span(*e)),
                        Arg::Named(name, e) if announces(name) => out.push(tree.span(*e)),
                        _ => {}
                    }
                }
            }
            Expr::Dict(entries, _) => out.extend(entries.iter().filter_map(|entry| match entry {
                Entry::Pair(key, value) => {
                    let named = match tree.expr(*key) {
                        Expr::Str(parts) => matches!(parts.as_slice(), [StrPart::Text(text)] if announces(text)),
                        Expr::Name(name) => announces(name),
                        _ => false,
                    };
                    (named || is_cors_header(tree, *key)).then(|| tree.span(*value))
                }
                _ => None,
            })),
            _ => {}
        }
    }
    for stmt in binds {
        if let Stmt::Bind { target: Pattern::Place(place), value: Some(value), .. } = tree.stmt(*stmt)
            && matches!(tree.expr(*place), Expr::Index(_, key) if is_cors_header(tree, *key))
        {
            out.push(tree.span(*value));
        }
    }
    out
}

/// `allow_headers`, `allowedHeaders`, `Access-Control-Expose-Headers`.
fn announces(name: &str) -> bool {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    flat.contains("headers") && ["allow", "expose", "redact", "sensitive"].iter().any(|w| flat.contains(w))
}

fn is_cors_header(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Str(parts) => {
            matches!(parts.as_slice(), [StrPart::Text(text)] if text.to_ascii_lowercase().starts_with("access-control-"))
        }
        Expr::Name(name) | Expr::Attr(_, name) => name.to_ascii_lowercase().starts_with("access_control_"),
        _ => false,
    }
}

/// Parameters that take a proof out of a header or cookie: `token: str | None = Cookie(None)`.
pub(super) fn read_params(tree: &Module, function: FunctionId, out: &mut Reading) {
    for param in &tree.function(function).params {
        let Some(name) = crate::interp::function::param_name(&param.pattern) else { continue };
        let marks = param.ty.map(|ty| match tree.expr(ty) {
            Expr::Index(_, index) => crate::walk::items(tree, *index),
            _ => Vec::new(),
        });
        let is_taken = param.default.into_iter().chain(marks.into_iter().flatten()).any(|id| {
            matches!(tree.expr(id), Expr::Call { callee, .. }
                if called_name(tree, *callee).is_some_and(|n| matches!(n.as_str(), "Cookie" | "Header")))
        });
        let flat = name.to_ascii_lowercase();
        if is_taken
            && (flat == "authorization" || names::is_identity(&flat) || is_key_header(&flat.replace('_', "-")))
            && !names::is_about_forgery(&flat)
        {
            out.credential = true;
        }
    }
}
