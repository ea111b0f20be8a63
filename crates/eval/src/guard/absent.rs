//! What guards of typed code do with a caller who proves nothing: `let Some(token) = .. else { return next.run(req).await }`,
//! `match headers.get(AUTHORIZATION) { None => .. }`. What is asked of such a request is null, and so is what is made of it.

use super::names;
use super::reader::Reader;
use crate::value::Value;
use apicensus_syntax::{Arg, Case, Expr, ExprId, Module, Pattern, StrPart};
use smol_str::SmolStr;

/// Methods that give a header, a cookie or what middleware left in a request.
const GIVES: &[&str] = &["get", "get_one", "get_private", "typed_get", "typed_try_get", "remove", "cookie", "header", "get_cookie"];
/// Methods of nothing that don't give nothing.
const UNWRAPS: &[&str] = &["unwrap", "expect", "ok_or", "ok_or_else"];

/// What an expression is for a caller who proves nothing: null where it asks for a proof.
pub(super) fn proof(reader: &Reader<'_>, id: ExprId) -> Option<Value> {
    let tree = &reader.tree;
    match tree.expr(id) {
        Expr::Call { callee, args, types, .. } => {
            let Expr::Attr(base, name) = tree.expr(*callee) else { return None };
            if !GIVES.contains(&name.as_str()) {
                return None;
            }
            let named = args.iter().any(|a| matches!(a, Arg::Positional(e) if is_proof(tree, *e)));
            let typed = types.iter().any(|ty| is_identity(tree, *ty, 0));
            let of_cookies = last_name(tree, *base).is_some_and(|n| n.contains("cookie") || n == "jar");
            (named || typed || of_cookies).then_some(Value::Null)
        }
        Expr::Name(name) => may_lack(reader, name).then_some(Value::Null),
        _ => None,
    }
}

/// What a method gives that is asked of nothing; None where that is not known.
pub(super) fn of_nothing(method: &str) -> Option<Value> {
    match method {
        "is_none" | "is_err" | "is_none_or" => Some(Value::Bool(true)),
        "is_some" | "is_ok" | "is_some_and" | "is_ok_and" => Some(Value::Bool(false)),
        _ if UNWRAPS.contains(&method) || method.starts_with("unwrap_or") || method.starts_with("map_or") => None,
        _ => Some(Value::Null),
    }
}

/// Whether a pattern takes nothing; None where that is not known.
pub(super) fn takes_nothing(tree: &Module, pattern: &Pattern) -> Option<bool> {
    match pattern {
        Pattern::Construct { ty, .. } | Pattern::Value(ty) => match tree.expr(*ty) {
            Expr::Name(n) | Expr::Attr(_, n) if matches!(n.as_str(), "Some" | "Ok") => Some(false),
            Expr::Name(n) | Expr::Attr(_, n) if matches!(n.as_str(), "None" | "Err") => Some(true),
            _ => None,
        },
        Pattern::Or(all) => {
            let each: Option<Vec<bool>> = all.iter().map(|p| takes_nothing(tree, p)).collect();
            each.map(|all| all.contains(&true))
        }
        Pattern::Ignore | Pattern::Name(..) => Some(true),
        _ => None,
    }
}

/// The cases that a match takes where its subject is nothing; None where that is not known.
pub(super) fn taken<'c>(tree: &Module, mut cases: impl Iterator<Item = &'c Case>) -> Option<usize> {
    cases.position(|case| case.patterns.is_empty() || case.patterns.iter().any(|p| takes_nothing(tree, p) != Some(false)))
}

/// Whether an expression names a header, cookie or key that carries a proof.
fn is_proof(tree: &Module, id: ExprId) -> bool {
    let flat = match tree.expr(id) {
        Expr::Str(parts) => match parts.as_slice() {
            [StrPart::Text(text)] => text.to_ascii_lowercase(),
            _ => return false,
        },
        Expr::Wrap(_, inner) => return is_proof(tree, *inner),
        Expr::Name(name) | Expr::Attr(_, name) => name.to_ascii_lowercase(),
        _ => return false,
    };
    !names::is_about_forgery(&flat)
        && super::strangers::PROOFS.iter().any(|part| flat.contains(part) || flat.contains(&part.replace('-', "_")))
}

/// Whether a type says who calls: `User`, `Authorization<Bearer>`.
fn is_identity(tree: &Module, ty: ExprId, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    match tree.expr(ty) {
        Expr::Name(name) | Expr::Attr(_, name) => names::is_identity(name),
        Expr::Wrap(_, inner) => is_identity(tree, *inner, depth + 1),
        Expr::Index(base, index) => {
            is_identity(tree, *base, depth + 1) || crate::walk::items(tree, *index).iter().any(|e| is_identity(tree, *e, depth + 1))
        }
        _ => false,
    }
}

/// Whether a parameter holds who calls, or nothing: `auth: Option<TypedHeader<Authorization<Bearer>>>`.
fn may_lack(reader: &Reader<'_>, name: &SmolStr) -> bool {
    let tree = &reader.tree;
    tree.function(reader.closure.function).params.iter().any(|param| {
        let is_option = param.ty.is_some_and(|ty| {
            matches!(tree.expr(ty), Expr::Index(base, _) if matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n == "Option"))
                && is_identity(tree, ty, 0)
        });
        is_option && matches!(&param.pattern, Pattern::Name(n, _) if n == name)
    })
}

/// The name of what a chain ends in: `req.cookies()` is cookies.
fn last_name(tree: &Module, id: ExprId) -> Option<&str> {
    match tree.expr(id) {
        Expr::Name(name) | Expr::Attr(_, name) => Some(name),
        Expr::Call { callee, .. } => last_name(tree, *callee),
        Expr::Wrap(_, inner) => last_name(tree, *inner),
        _ => None,
    }
}

/// Whether a function may answer nothing: it gives an `Option` or a `Result`.
pub(super) fn gives_maybe(tree: &Module, function: apicensus_syntax::FunctionId) -> bool {
    tree.function(function).returns.is_some_and(|ty| {
        matches!(tree.expr(ty), Expr::Index(base, _) if matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n == "Option" || n == "Result"))
    })
}
