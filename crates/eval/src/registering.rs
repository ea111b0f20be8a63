//! Whether a call of a verb on something unknown registers a route or asks a server: `app.get("/x", handler)` stands by itself
//! and ends in a handler, `const found = await http.get("/x", options)` is about the answer.

use crate::interp::function::param_name;
use apicensus_syntax::{Arg, Entry, Expr, ExprId, FunctionId, Module, Stmt, StrPart, WrapKind};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// First parameters of functions that wait for an answer.
const ANSWERS: &[&str] = &["err", "error", "e", "er", "data", "url", "result", "body", "response", "res", "resp"];
/// Methods that wait for an answer.
const WAITS: &[&str] = &["then", "catch", "finally", "done", "fail"];
/// Names of functions that are called with an answer.
const CALLBACKS: &[&str] = &["callback", "cb", "done", "next", "resolve", "reject"];

/// Methods of routers that clients of servers have too.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "del", "head", "options", "all", "any", "trace", "search"];

/// Whether clients of servers have a method of this name.
pub(crate) fn is_verb(method: &str) -> bool {
    VERBS.contains(&method)
}

/// The calls of a function whose results nobody takes: statements, and the links of a chain that is one.
pub(crate) fn standing(tree: &Module, function: FunctionId) -> FxHashSet<ExprId> {
    let span = tree.function(function).span;
    let mut found = FxHashSet::default();
    for (stmt, at) in &tree.stmts {
        if let Stmt::Expr(e) = stmt
            && at.start >= span.start
            && at.end <= span.end
        {
            links(tree, *e, &mut found);
        }
    }
    found
}

/// Adds the calls of a chain `a.b(..).c(..)`, unless a link waits for an answer.
fn links(tree: &Module, chain: ExprId, found: &mut FxHashSet<ExprId>) {
    let mut calls = Vec::new();
    let mut at = chain;
    while let Expr::Call { callee, .. } = tree.expr(at) {
        calls.push(at);
        match tree.expr(*callee) {
            Expr::Attr(_, name) if WAITS.contains(&name.as_str()) => return,
            Expr::Attr(base, _) => at = *base,
            _ => break,
        }
    }
    found.extend(calls);
}

/// Whether a call of a verb with these arguments registers; `standing` are the calls whose results nobody takes.
pub(crate) fn registers(tree: &Module, call: ExprId, args: &[Arg], standing: &FxHashSet<ExprId>) -> bool {
    let Some(Arg::Positional(last)) = args.last() else { return standing.contains(&call) };
    handles(tree, *last, standing.contains(&call))
}

/// Whether a last argument is a handler; more is one of a call whose result nobody takes.
fn handles(tree: &Module, value: ExprId, stands: bool) -> bool {
    match tree.expr(value) {
        Expr::Function(function) => takes_request(tree, *function, stands),
        Expr::Dict(entries, _) => entries.iter().any(|e| matches!(e, Entry::Pair(key, _) if is_text(tree, *key, "handler"))),
        Expr::List(_, items) => match items.last() {
            Some(apicensus_syntax::Item::One(last)) => handles(tree, *last, stands),
            _ => false,
        },
        Expr::Name(name) | Expr::Attr(_, name) => stands && !CALLBACKS.contains(&name.as_str()),
        Expr::Call { .. } => stands,
        Expr::Wrap(WrapKind::Cast, inner) => handles(tree, *inner, stands),
        _ => false,
    }
}

fn is_text(tree: &Module, value: ExprId, text: &str) -> bool {
    matches!(tree.expr(value), Expr::Str(parts) if matches!(parts.as_slice(), [StrPart::Text(t)] if t == text))
}

/// Whether a function takes a request: its one parameter is called so or it has two, the first none of an answer.
fn takes_request(tree: &Module, function: FunctionId, stands: bool) -> bool {
    let params = &tree.function(function).params;
    let first: Option<SmolStr> = params.first().and_then(|p| param_name(&p.pattern));
    let first = first.as_deref().map(|n| n.trim_start_matches('_'));
    let named = |start: &str| first.is_some_and(|n| n.starts_with(start));
    match params.len() {
        0 => stands,
        1 => {
            first.is_none_or(str::is_empty) && stands
                || named("req")
                || named("ctx")
                || named("context")
                || first == Some("c")
                || named("event")
        }
        _ => !first.is_some_and(|n| ANSWERS.contains(&n)),
    }
}
