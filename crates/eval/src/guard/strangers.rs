//! What tests of a guard give for a caller that proves nothing: `if not request.user.is_authenticated` holds, what stands
//! under `if authed():` does not run. A guard that refuses only some of those who are known (a banned user) is then no guard.

use super::caught::within;
use super::reading::Reading;
use super::signs::{USERS, compared, gives_request, read_expr};
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Module, Span, Stmt, StmtId, StrPart, UnaryOp};

/// Names by which code tells that the caller is known.
const KNOWN: &[&str] = &[
    "is_authenticated",
    "isauthenticated",
    "authenticated",
    "authed",
    "is_authed",
    "logged_in",
    "is_logged_in",
    "loggedin",
    "isloggedin",
    "user",
    "current_user",
    "currentuser",
    "user_id",
    "userid",
    "principal",
];
/// Names of variables that hold what a caller proves an identity with; a name of an object is as likely a setting.
const BROUGHT: &[&str] = &["auth_header", "authorization", "credentials", "api_key", "apikey"];
/// Parts of names of headers and cookies that carry a proof.
pub(super) const PROOFS: &[&str] = &["authorization", "api-key", "api_key", "apikey", "token", "session"];
const MAX_DEPTH: u32 = 8;

/// Whether a test holds for a stranger; None when that is not known.
pub(super) fn holds(tree: &Module, test: ExprId, depth: u32) -> Option<bool> {
    if depth > MAX_DEPTH {
        return None;
    }
    match tree.expr(test) {
        Expr::Wrap(_, inner) => holds(tree, *inner, depth + 1),
        Expr::Unary(UnaryOp::Not, inner) => holds(tree, *inner, depth + 1).map(|b| !b),
        Expr::Binary(BinaryOp::And, a, b) => match (holds(tree, *a, depth + 1), holds(tree, *b, depth + 1)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::Binary(BinaryOp::Or, a, b) => match (holds(tree, *a, depth + 1), holds(tree, *b, depth + 1)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b) => {
            let nothing = |id: ExprId| matches!(tree.expr(id), Expr::Null | Expr::Bool(false));
            let other = if nothing(*b) {
                *a
            } else if nothing(*a) {
                *b
            } else {
                return None;
            };
            (holds(tree, other, depth + 1) == Some(false)).then_some(*op == BinaryOp::Eq)
        }
        // `"Authorization" in request.headers`
        Expr::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), item, _) => is_proof(tree, *item).then_some(*op == BinaryOp::NotIn),
        Expr::Name(name) => told(name).or_else(|| is_brought(name).then_some(false)),
        Expr::Attr(base, name) => told(name).or_else(|| holds(tree, *base, depth + 1).filter(|known| !known)),
        Expr::Call { callee, args, .. } => match tree.expr(*callee) {
            Expr::Attr(_, name)
                if matches!(name.as_str(), "get" | "get_header" | "getHeader" | "header")
                    && matches!(args.first(), Some(Arg::Positional(first)) if is_proof(tree, *first)) =>
            {
                Some(false)
            }
            Expr::Name(name) => told(name),
            Expr::Attr(base, name) => told(name.trim_start_matches('_')).or_else(|| holds(tree, *base, depth + 1).filter(|known| !known)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a body refuses, in a test of its own, who is not known to the request: `if not request.user.is_authenticated:`.
pub(super) fn turned_away(tree: &Module, body: &[StmtId], dead: &[Span]) -> bool {
    body.iter().filter(|s| !within(dead, tree.stmt_span(**s))).any(|stmt| match tree.stmt(*stmt) {
        Stmt::If { test, then, other } => {
            let refuses = || {
                let mut reading = Reading::default();
                let mut exprs = Vec::new();
                crate::walk::block(tree, then, &mut |e| exprs.push(e));
                let compared = compared(tree, &exprs);
                exprs.iter().for_each(|e| read_expr(tree, *e, &compared, &mut reading));
                reading.denies.is_some() || reading.redirects && reading.login
            };
            asks_request(tree, *test) && holds(tree, *test, 0) == Some(true) && refuses() || turned_away(tree, other, dead)
        }
        Stmt::Try { body, .. } | Stmt::Block(body) => turned_away(tree, body, dead),
        _ => false,
    })
}

/// Whether a body breaks off for who is not known, with a redirect that is thrown or by closing the connection: `if "user" not in session: raise Redirect(..)`. What follows
/// a branch that ends for those who are known is for the others.
pub(super) fn sent_away(tree: &Module, body: &[StmtId], dead: &[Span]) -> bool {
    let mut for_others = false;
    for stmt in body.iter().filter(|s| !within(dead, tree.stmt_span(**s))) {
        match tree.stmt(*stmt) {
            Stmt::Throw(Some(thrown)) if for_others && is_redirect(tree, *thrown) => return true,
            Stmt::If { test, then, other } => {
                let (known, others) = match of_known(tree, *test, 0) {
                    Some(true) => (Some(then), Some(other)),
                    Some(false) => (Some(other), Some(then)),
                    None => (None, None),
                };
                if others.is_some_and(|block| breaks_off(tree, block, dead)) {
                    return true;
                }
                for_others |= known.is_some_and(|block| block.iter().any(|s| matches!(tree.stmt(*s), Stmt::Return(_))));
                if sent_away(tree, then, dead) || sent_away(tree, other, dead) {
                    return true;
                }
            }
            Stmt::Try { body, .. } | Stmt::Block(body) if sent_away(tree, body, dead) => return true,
            _ => {}
        }
    }
    false
}

/// Whether a block throws a redirect, or closes a connection.
fn breaks_off(tree: &Module, block: &[StmtId], dead: &[Span]) -> bool {
    block.iter().filter(|s| !within(dead, tree.stmt_span(**s))).any(|s| match tree.stmt(*s) {
        Stmt::Throw(Some(thrown)) => is_redirect(tree, *thrown),
        Stmt::Expr(done) | Stmt::Return(Some(done)) => closes(tree, *done),
        _ => false,
    })
}

/// `await self.close()`, `websocket.close(code=1008)`
fn closes(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Wrap(_, inner) => closes(tree, *inner),
        Expr::Call { callee, .. } => {
            let Expr::Attr(base, name) = tree.expr(*callee) else { return false };
            name == "close" && matches!(tree.expr(*base), Expr::Name(n) if matches!(n.as_str(), "self" | "websocket" | "ws" | "socket"))
        }
        _ => false,
    }
}

/// `Redirect303(..)`, `web.HTTPFound(..)`, `redirect(..)`.
fn is_redirect(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Wrap(_, inner) => is_redirect(tree, *inner),
        Expr::Call { callee, .. } => is_redirect(tree, *callee),
        Expr::Name(name) | Expr::Attr(_, name) => {
            let flat = name.to_ascii_lowercase();
            ["redirect", "httpfound", "seeother"].iter().any(|w| flat.contains(w))
        }
        _ => false,
    }
}

/// Whether a test is one for who is known (true) or for who is not (false), beside what else it asks; None for any other.
fn of_known(tree: &Module, test: ExprId, depth: u32) -> Option<bool> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(holds) = holds(tree, test, 0) {
        return Some(!holds);
    }
    match tree.expr(test) {
        Expr::Wrap(_, inner) => of_known(tree, *inner, depth + 1),
        Expr::Unary(UnaryOp::Not, inner) => of_known(tree, *inner, depth + 1).map(|known| !known),
        Expr::Binary(BinaryOp::And | BinaryOp::Or, a, b) => of_known(tree, *a, depth + 1).or_else(|| of_known(tree, *b, depth + 1)),
        Expr::Binary(BinaryOp::In, _, of) => is_of_session(tree, *of, 0).then_some(true),
        Expr::Binary(BinaryOp::NotIn, _, of) => is_of_session(tree, *of, 0).then_some(false),
        Expr::Call { args, .. }
            if args.iter().any(|a| matches!(a, Arg::Positional(e) if matches!(tree.expr(*e), Expr::Name(n) if n == "session"))) =>
        {
            Some(true)
        }
        _ => is_of_session(tree, test, 0).then_some(true),
    }
}

/// Whether an expression is a session or something in it: `session.get("projects", {})`, `request.session["user"]`.
fn is_of_session(tree: &Module, id: ExprId, depth: u32) -> bool {
    depth < MAX_DEPTH
        && match tree.expr(id) {
            Expr::Name(name) => name == "session",
            Expr::Attr(base, name) => name == "session" && gives_request(tree, *base) || is_of_session(tree, *base, depth + 1),
            Expr::Wrap(_, base) | Expr::Index(base, _) | Expr::Call { callee: base, .. } => is_of_session(tree, *base, depth + 1),
            _ => false,
        }
}

/// Whether a test asks the request who calls, not a name that sign-in itself may have bound.
fn asks_request(tree: &Module, test: ExprId) -> bool {
    let mut found = false;
    crate::walk::within(tree, vec![test], Vec::new(), &mut |id| {
        if let Expr::Attr(base, name) = tree.expr(id) {
            let flat = name.to_ascii_lowercase();
            found |= matches!(flat.as_str(), "is_authenticated" | "isauthenticated")
                || USERS.contains(&flat.as_str()) && gives_request(tree, *base);
        }
    });
    found
}

/// Whether a text names a header or cookie that carries a proof.
pub(super) fn is_proof(tree: &Module, id: ExprId) -> bool {
    let Expr::Str(parts) = tree.expr(id) else { return false };
    let [StrPart::Text(text)] = parts.as_slice() else { return false };
    let flat = text.to_ascii_lowercase();
    !super::names::is_about_forgery(&flat) && PROOFS.iter().any(|part| flat.contains(part))
}

/// Whether a variable holds a proof that the caller brings; constants are the application's own.
fn is_brought(name: &str) -> bool {
    let is_forgery = name.contains("csrf") || name.contains("xsrf");
    let is_variable = name.chars().any(char::is_lowercase);
    is_variable && !is_forgery && (BROUGHT.contains(&name) || name.ends_with("token") || name.ends_with("Token"))
}

fn told(name: &str) -> Option<bool> {
    let flat = name.to_ascii_lowercase();
    if flat.contains("anonymous") {
        return Some(true);
    }
    KNOWN.contains(&flat.as_str()).then_some(false)
}
