//! How code of guards ends: what it throws and answers, and what of a refusal is caught and forgotten.

use apicensus_syntax::{Arg, Block, Expr, ExprId, FunctionId, Module, Span, Stmt, StmtId};

/// Calls by which code that caught something refuses after all; the last ones only with an argument.
const REFUSES: &[&str] = &[
    "send",
    "status",
    "code",
    "sendStatus",
    "json",
    "end",
    "redirect",
    "reject",
    "abort",
    "error",
    "writeHead",
    "render",
    "jsonify",
    "logout",
    "exit",
    "fail",
    "unauthorized",
    "forbidden",
];
const PASSES: &[&str] = &["next", "done", "cb", "callback"];

/// Whether something stands in one of these places.
pub(super) fn within(places: &[Span], at: Span) -> bool {
    places.iter().any(|d| d.start <= at.start && at.end <= d.end)
}

/// How a body ends where it runs: whether it throws, and whether it answers something else than a plain yes.
pub(super) fn ends(tree: &Module, body: &[StmtId], dead: &[Span]) -> (bool, bool) {
    let mut out = (false, false);
    let mut add = |more: (bool, bool)| out = (out.0 | more.0, out.1 | more.1);
    for stmt in body.iter().filter(|s| !within(dead, tree.stmt_span(**s))) {
        match tree.stmt(*stmt) {
            Stmt::Throw(_) => add((true, false)),
            Stmt::Return(Some(value)) => add((false, !is_yes(tree, *value))),
            Stmt::If { then, other, .. } => {
                add(ends(tree, then, dead));
                add(ends(tree, other, dead));
            }
            Stmt::For { body, .. } | Stmt::While { body, .. } | Stmt::Block(body) => add(ends(tree, body, dead)),
            Stmt::Try { body, handlers, other, last } => {
                let inner = ends(tree, body, dead);
                // What is thrown inside is caught.
                add((inner.0 && handlers.is_empty(), inner.1));
                handlers.iter().for_each(|h| add(ends(tree, &h.body, dead)));
                add(ends(tree, other, dead));
                add(ends(tree, last, dead));
            }
            Stmt::Switch { cases, .. } => cases.iter().for_each(|c| add(ends(tree, &c.body, dead))),
            _ => {}
        }
    }
    out
}

fn is_yes(tree: &Module, value: ExprId) -> bool {
    match tree.expr(value) {
        Expr::Bool(true) => true,
        Expr::Wrap(_, inner) => is_yes(tree, *inner),
        _ => false,
    }
}

/// Handlers that answer for what comes next in the chain: `try { await next() } catch (e) { .. }` tells of refusals, it
/// does not refuse.
pub(super) fn told(tree: &Module, stmts: &[StmtId]) -> Vec<Span> {
    let mut out = Vec::new();
    for stmt in stmts {
        if let Stmt::Try { body, handlers, .. } = tree.stmt(*stmt)
            && !body.is_empty()
            && body.iter().all(|s| matches!(tree.stmt(*s), Stmt::Expr(e) | Stmt::Return(Some(e)) if is_next(tree, *e)))
        {
            out.extend(handlers.iter().flat_map(|h| &h.body).map(|s| tree.stmt_span(*s)));
        }
    }
    out
}

fn is_next(tree: &Module, value: ExprId) -> bool {
    match tree.expr(value) {
        Expr::Wrap(_, inner) => is_next(tree, *inner),
        Expr::Call { callee, args, .. } => args.is_empty() && matches!(tree.expr(*callee), Expr::Name(n) if n == "next"),
        _ => false,
    }
}

/// Where checks refuse nobody: what they throw is forgotten, or they are made only of what was brought.
pub(super) fn forgiven(tree: &Module, f: FunctionId, exprs: &[ExprId], invited: &[Span]) -> Vec<Span> {
    let mut out = swallowed(tree, f, invited);
    out.extend(of_brought(tree, f, exprs));
    out
}

/// The bodies of `try` whose handlers go on as if nothing had happened, at least where `invited` blocks run.
fn swallowed(tree: &Module, f: FunctionId, invited: &[Span]) -> Vec<Span> {
    let mut stmts = Vec::new();
    crate::walk::with_bindings(tree, f, &mut |_| {}, &mut stmts);
    let mut out = Vec::new();
    for stmt in stmts {
        if let Stmt::Try { body, handlers, .. } = tree.stmt(stmt)
            && !handlers.is_empty()
            && handlers.iter().all(|h| goes_on(tree, &h.body, invited))
        {
            out.extend(body.iter().map(|s| tree.stmt_span(*s)));
        }
    }
    out
}

/// Whether statements refuse or answer: with a status, an answer, or an error that is handed on.
fn refuses(tree: &Module, body: &[StmtId]) -> bool {
    let mut refuses = false;
    crate::walk::block(tree, body, &mut |id| match tree.expr(id) {
        Expr::Number(n) => refuses |= matches!(*n as i64, 401 | 403),
        Expr::Call { callee, args, .. } => {
            if let Expr::Name(name) | Expr::Attr(_, name) = tree.expr(*callee) {
                refuses |= (REFUSES.contains(&name.as_str()) || answers_by(tree, *callee, name, args)) && !is_log(tree, *callee)
                    || PASSES.contains(&name.as_str()) && !args.is_empty()
                    || super::names::denial(name).is_some();
            }
        }
        _ => {}
    });
    refuses
}

/// Whether a function of this name sends an answer: `sendError(res, 500)`.
fn answers_by(tree: &Module, callee: ExprId, name: &str, args: &[Arg]) -> bool {
    let is_answer =
        |id: ExprId| matches!(tree.expr(id), Expr::Name(n) if matches!(n.as_str(), "res" | "response" | "reply" | "ctx" | "context"));
    let of_answer = matches!(tree.expr(callee), Expr::Attr(base, _) if is_answer(*base));
    let given = args.iter().any(|a| match a {
        Arg::Positional(id) | Arg::Named(_, id) => is_answer(*id),
        _ => false,
    });
    (name.starts_with("send") || name.starts_with("respond")) && (of_answer || given)
}

/// Whether code answers by itself, or hands on an error.
pub(super) fn answers(tree: &Module, exprs: &[ExprId]) -> bool {
    exprs.iter().any(|id| {
        let Expr::Call { callee, args, .. } = tree.expr(*id) else { return false };
        let (Expr::Name(name) | Expr::Attr(_, name)) = tree.expr(*callee) else { return false };
        let answers = REFUSES.contains(&name.as_str()) || name.ends_with("Response") || name.ends_with("_response");
        answers && !is_log(tree, *callee) || PASSES.contains(&name.as_str()) && !args.is_empty()
    })
}

/// `logger.error(e)` tells, `ctx.error(e)` may refuse.
fn is_log(tree: &Module, callee: ExprId) -> bool {
    let Expr::Attr(base, _) = tree.expr(callee) else { return false };
    let (Expr::Name(name) | Expr::Attr(_, name)) = tree.expr(*base) else { return false };
    let name = name.to_ascii_lowercase();
    ["log", "console"].iter().any(|w| name.contains(w))
}

/// Whether a block neither throws, nor answers, nor refuses, and gives nothing but null or what comes next.
fn goes_on(tree: &Module, body: &Block, invited: &[Span]) -> bool {
    body.iter().all(|stmt| match tree.stmt(*stmt) {
        Stmt::Throw(_) => false,
        Stmt::Return(Some(value)) => is_nothing(tree, *value),
        Stmt::If { then, other, .. } => {
            let may = then.iter().any(|s| within(invited, tree.stmt_span(*s)));
            goes_on(tree, then, invited) && (may || goes_on(tree, other, invited))
        }
        Stmt::Block(body) => goes_on(tree, body, invited),
        _ => !refuses(tree, &[*stmt]),
    })
}

fn is_nothing(tree: &Module, value: ExprId) -> bool {
    match tree.expr(value) {
        Expr::Null | Expr::Bool(false) => true,
        Expr::Name(name) => name == "undefined",
        Expr::Wrap(_, inner) => is_nothing(tree, *inner),
        Expr::Call { callee, args, .. } => {
            args.is_empty() && matches!(tree.expr(*callee), Expr::Name(n) | Expr::Attr(_, n) if PASSES.contains(&n.as_str()))
        }
        _ => false,
    }
}

/// Whether a function does nothing but let pass, or makes a function that does.
pub(super) fn stands_in(tree: &Module, function: FunctionId, depth: u32) -> bool {
    let [only] = tree.function(function).body.as_slice() else { return false };
    let value = match tree.stmt(*only) {
        Stmt::Return(Some(value)) | Stmt::Expr(value) => *value,
        _ => return false,
    };
    match tree.expr(value) {
        Expr::Function(inner) => depth < 2 && stands_in(tree, *inner, depth + 1),
        _ => is_next(tree, value),
    }
}

/// Checks that are made only of what was brought: `check(key) if key else None`, `if (token) user = check(token)`.
fn of_brought(tree: &Module, f: FunctionId, exprs: &[ExprId]) -> Vec<Span> {
    let mut out = Vec::new();
    for id in exprs {
        if let Expr::Cond(test, yes, no) = tree.expr(*id)
            && is_nothing(tree, *no)
            && let Some(name) = tested(tree, *test)
            && is_given(tree, &[*yes], &[], name)
        {
            out.push(tree.span(*yes));
        }
    }
    let own = tree.function(f).span;
    for (stmt, at) in tree.stmts.iter().filter(|(_, at)| own.start <= at.start && at.end <= own.end) {
        if let Stmt::If { test, then, other } = stmt
            && other.is_empty()
            && let Some(name) = tested(tree, *test)
            && is_given(tree, &[], then, name)
        {
            out.push(*at);
        }
    }
    out
}

/// The name that a test asks for: `key`, `key is not None`.
fn tested(tree: &Module, test: ExprId) -> Option<&str> {
    match tree.expr(test) {
        Expr::Name(name) => Some(name),
        Expr::Wrap(_, inner) => tested(tree, *inner),
        Expr::Binary(apicensus_syntax::BinaryOp::Ne, a, b) if is_nothing(tree, *b) => tested(tree, *a),
        _ => None,
    }
}

/// Whether a call is given something of that name.
fn is_given(tree: &Module, exprs: &[ExprId], body: &[StmtId], name: &str) -> bool {
    let mut calls = Vec::new();
    crate::walk::within(tree, exprs.to_vec(), body.to_vec(), &mut |id| {
        if let Expr::Call { args, .. } = tree.expr(id) {
            calls.extend(args.iter().map(|a| match a {
                Arg::Positional(e) | Arg::Named(_, e) | Arg::Spread(e) | Arg::SpreadNamed(e) => *e,
            }));
        }
    });
    let mut given = false;
    crate::walk::within(tree, calls, Vec::new(), &mut |id| given |= matches!(tree.expr(id), Expr::Name(n) if n == name));
    given
}

/// Words of tests for which code refuses anyone, whoever they are.
const OTHERWISE: &[&str] = &[
    "ip",
    "ips",
    "bot",
    "isbot",
    "origin",
    "referer",
    "referrer",
    "country",
    "maintenance",
    "signup",
    "registration",
    "demo",
    "readonly",
    "ratelimit",
    "ratelimited",
    "quota",
];

/// Blocks that refuse for another reason than who calls: `if (isBlockedIp(ip)) return forbidden()`.
pub(super) fn otherwise(tree: &Module, f: FunctionId) -> Vec<Span> {
    let own = tree.function(f).span;
    let mut out = Vec::new();
    for (stmt, at) in tree.stmts.iter().filter(|(_, at)| own.start <= at.start && at.end <= own.end) {
        let Stmt::If { test, then, .. } = stmt else { continue };
        let (mut other, mut who) = (false, false);
        crate::walk::within(tree, vec![*test], Vec::new(), &mut |id| {
            if let Expr::Name(name) | Expr::Attr(_, name) = tree.expr(id) {
                other |= super::names::words(name).iter().any(|w| OTHERWISE.contains(&w.as_str()));
                who |= super::names::is_identity(name) || super::names::may_guard(name);
            }
        });
        if other && !who && at.start < at.end {
            out.extend(then.iter().map(|s| tree.stmt_span(*s)));
        }
    }
    out
}
