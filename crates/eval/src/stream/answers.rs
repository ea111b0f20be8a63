//! Whether a function that streams also answers otherwise. Reads one function's code and resolves nothing.

use super::TYPE_NAMES;
use crate::value::Closure;
use crate::walk;
use apicensus_syntax::{Expr, ExprId, Module, Pattern, Span, Stmt, StmtId};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// Methods that set a header.
const SETTERS: &[&str] = &["set", "append", "add", "header", "setHeader", "set_header", "insert", "insert_header", "update", "setdefault"];
/// Methods of a response that answer with something else.
const ANSWERS: &[&str] = &["send", "json", "render", "sendFile", "redirect", "jsonp"];
/// Parts of names of what answers with an error.
const ERRORS: &[&str] = &["error", "abort", "badrequest", "bad_request", "not_found", "notfound", "forbidden", "unauthorized", "denied"];

/// Whether a function that streams also answers something else that is no error.
pub(super) fn answers_otherwise(tree: &Module, f: &Closure, exprs: &[ExprId], binds: &[StmtId], signs: &[Span]) -> bool {
    let function = tree.function(f.function);
    let streaming = streaming_names(tree, exprs, binds, signs);
    let caught: Vec<Span> = binds
        .iter()
        .filter_map(|stmt| if let Stmt::Try { handlers, .. } = tree.stmt(*stmt) { Some(handlers) } else { None })
        .flat_map(|handlers| handlers.iter().flat_map(|h| &h.body))
        .map(|s| tree.stmt_span(*s))
        .collect();
    let spared = |at: Span| caught.iter().any(|c| inside(*c, &at));
    let mut returned: Vec<ExprId> = Vec::new();
    returns(tree, &function.body, &mut returned, 0);
    let is_plain = |id: ExprId| {
        let at = tree.span(id);
        !spared(at)
            && !signs.iter().any(|s| inside(at, s) || inside(*s, &at))
            && is_answer(tree, id)
            && root(tree, id).is_none_or(|r| !streaming.contains(r))
            && !is_error(tree, id)
    };
    let answers = |id: &ExprId| {
        let Expr::Call { callee, .. } = tree.expr(*id) else { return false };
        let Expr::Attr(base, name) = tree.expr(*callee) else { return false };
        ANSWERS.contains(&name.as_str())
            && root(tree, *base).is_some_and(|n| is_response(function, n))
            && !spared(tree.span(*id))
            && !signs.iter().any(|s| inside(tree.span(*id), s))
            && !is_error(tree, *id)
            && !after_error(tree, exprs, *id)
    };
    returned.into_iter().any(is_plain) || exprs.iter().any(answers)
}

fn inside(outer: Span, inner: &Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Names of what is made a stream and returned later.
fn streaming_names<'t>(tree: &'t Module, exprs: &[ExprId], binds: &[StmtId], signs: &[Span]) -> FxHashSet<&'t SmolStr> {
    let mut streaming: FxHashSet<&SmolStr> = FxHashSet::default();
    for stmt in binds {
        match tree.stmt(*stmt) {
            Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } => {
                let span = tree.span(*value);
                if signs.iter().any(|s| inside(span, s)) {
                    streaming.insert(name);
                }
            }
            // Headers set on it: `response["Content-Type"] = ..`, `response.headers[..] = ..`.
            Stmt::Bind { target: Pattern::Place(place), .. } if signs.contains(&tree.stmt_span(*stmt)) => {
                streaming.extend(root(tree, *place));
            }
            // `with sse_response(request) as response`.
            Stmt::With { items, .. } => {
                for (value, pattern) in items {
                    if let Some(Pattern::Name(name, _)) = pattern
                        && signs.iter().any(|s| inside(tree.span(*value), s))
                    {
                        streaming.insert(name);
                    }
                }
            }
            _ => {}
        }
    }
    for id in exprs {
        // `headers.set("Content-Type", ..)`.
        if let Expr::Call { callee, .. } = tree.expr(*id)
            && matches!(tree.expr(*callee), Expr::Attr(_, name) if SETTERS.contains(&name.as_str()) || TYPE_NAMES.contains(&name.as_str()))
            && signs.contains(&tree.span(*id))
        {
            streaming.extend(root(tree, *callee));
        }
    }
    streaming
}

/// Whether a name is a parameter of a handler other than its first: what it answers with.
fn is_response(function: &apicensus_syntax::Function, name: &str) -> bool {
    let named = |p: &apicensus_syntax::Param| crate::interp::function::param_name(&p.pattern);
    function.params.iter().skip(1).any(|p| named(p).as_deref() == Some(name))
}

/// Whether the status is set to an error's just before: `res.status(404); res.json(..)`.
fn after_error(tree: &Module, exprs: &[ExprId], id: ExprId) -> bool {
    let line = tree.span(id).line;
    exprs.iter().any(|other| {
        let at = tree.span(*other);
        at.end_line < line
            && line - at.end_line <= 2
            && match tree.expr(*other) {
                Expr::Call { callee, .. } => matches!(tree.expr(*callee), Expr::Attr(_, n) if matches!(n.as_str(), "status" | "code" | "writeHead")) && is_error(tree, *other),
                Expr::Assign(target, value, _) => matches!(target.as_ref(), Pattern::Place(p) if matches!(tree.expr(*p), Expr::Attr(_, n) if n == "statusCode" || n == "status")) && is_error(tree, *value),
                _ => false,
            }
    })
}

/// The name at the start of a chain of attributes and calls.
fn root(tree: &Module, id: ExprId) -> Option<&SmolStr> {
    let mut id = id;
    for _ in 0..64 {
        match tree.expr(id) {
            Expr::Name(name) => return Some(name),
            Expr::Attr(base, _) | Expr::Index(base, _) | Expr::Wrap(_, base) => id = *base,
            Expr::Call { callee, .. } => id = *callee,
            _ => return None,
        }
    }
    None
}

/// Whether a returned expression can be an answer: not nothing, and not what an answering call gives back.
fn is_answer(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Null | Expr::Bool(_) | Expr::Function(_) | Expr::Yield(_) => false,
        Expr::Name(name) => !matches!(name.as_str(), "reply" | "res" | "response" | "resp" | "undefined" | "next"),
        Expr::Wrap(_, inner) => is_answer(tree, *inner),
        Expr::Call { callee, .. } => match tree.expr(*callee) {
            Expr::Attr(_, name) => !matches!(name.as_str(), "end" | "on" | "then" | "catch" | "write" | "destroy"),
            Expr::Name(name) => name != "next",
            _ => true,
        },
        Expr::Cond(_, a, b) => is_answer(tree, *a) || is_answer(tree, *b),
        _ => true,
    }
}

/// Whether an expression answers with an error: a status of 4xx or 5xx, or a name that says so.
fn is_error(tree: &Module, id: ExprId) -> bool {
    let mut found = false;
    walk::within(tree, vec![id], Vec::new(), &mut |e| match tree.expr(e) {
        Expr::Number(n) => found |= (400.0..600.0).contains(n),
        Expr::Name(name) | Expr::Attr(_, name) => {
            let lower = name.to_ascii_lowercase();
            found |= lower == "err" || ERRORS.iter().any(|w| lower.contains(w)) || lower.contains("http_4") || lower.contains("http_5");
        }
        _ => {}
    });
    found
}

/// What a body returns, functions inside of it left out.
fn returns(tree: &Module, body: &[StmtId], out: &mut Vec<ExprId>, depth: u32) {
    if depth > 64 {
        return;
    }
    for stmt in body {
        let blocks: Vec<&[StmtId]> = match tree.stmt(*stmt) {
            Stmt::Return(value) => {
                out.extend(*value);
                continue;
            }
            Stmt::If { then, other, .. } => vec![then, other],
            Stmt::For { body, .. } | Stmt::While { body, .. } | Stmt::With { body, .. } | Stmt::Block(body) | Stmt::Given { body, .. } => {
                vec![body]
            }
            Stmt::Try { body, other, last, .. } => vec![body, other, last],
            Stmt::Switch { cases, .. } => cases.iter().map(|c| c.body.as_slice()).collect(),
            _ => continue,
        };
        blocks.into_iter().for_each(|b| returns(tree, b, out, depth + 1));
    }
}
