//! What code that guards does with a caller who proves nothing: what such a request lacks, in the ways handlers ask for it.

use super::reader::Reader;
use super::signs::{API_KEYS, USERS, gives_request};
use crate::value::Value;
use crate::walk::plain_text;
use apicensus_syntax::{Arg, Expr, ExprId, Module, Pattern, Stmt};
use smol_str::SmolStr;

/// Calls that give a header or a cookie by its name.
const READS: &[&str] = &["get", "header", "getHeader", "getRequestHeader", "getCookie"];

/// What an expression is for such a caller, if it asks for a proof of identity: null, or false for a test.
pub(super) fn proof(reader: &Reader<'_>, id: ExprId) -> Option<Value> {
    let tree = &reader.tree;
    match tree.expr(id) {
        Expr::Attr(base, name) => {
            let flat = name.to_ascii_lowercase();
            let lacks = flat == "authorization" || of(tree, *base, &["cookies", "signedCookies", "session"]) || is_user(tree, *base, &flat);
            lacks.then_some(Value::Null)
        }
        Expr::Index(base, key) => {
            let named = plain_text(tree, *key).is_some_and(is_credential);
            (named || of(tree, *base, &["cookies", "signedCookies"])).then_some(Value::Null)
        }
        Expr::Call { callee, args, .. } => {
            let (Expr::Attr(_, name) | Expr::Name(name)) = tree.expr(*callee) else { return None };
            if name == "isAuthenticated" {
                return Some(Value::Bool(false));
            }
            let of_cookies = matches!(tree.expr(*callee), Expr::Attr(base, _) if of(tree, *base, &["cookies"]));
            let named = args.iter().any(|a| matches!(a, Arg::Positional(e) if plain_text(tree, *e).is_some_and(is_credential)));
            (READS.contains(&name.as_str()) && (named || of_cookies)).then_some(Value::Null)
        }
        Expr::Name(name) => taken(reader, name).then_some(Value::Null),
        _ => None,
    }
}

/// `req.user`, `ctx.state.user`, `locals.user`.
fn is_user(tree: &Module, base: ExprId, name: &str) -> bool {
    USERS.contains(&name) && gives_request(tree, base)
}

/// Whether an expression is something of one of these names.
fn of(tree: &Module, id: ExprId, names: &[&str]) -> bool {
    matches!(tree.expr(id), Expr::Attr(_, n) | Expr::Name(n) if names.contains(&n.as_str()))
}

fn is_credential(name: &str) -> bool {
    let flat = name.to_ascii_lowercase();
    flat == "authorization" || API_KEYS.contains(&flat.as_str())
}

/// Whether a name is taken out of a request by the name of a proof: `const { authorization } = req.headers`.
fn taken(reader: &Reader<'_>, name: &SmolStr) -> bool {
    let tree = &reader.tree;
    let own = tree.function(reader.closure.function).span;
    tree.stmts.iter().any(|(stmt, at)| match stmt {
        Stmt::Bind { target: Pattern::Object(fields), value: Some(value), .. } if own.start <= at.start && at.end <= own.end => {
            gives_request(tree, *value)
                && fields.iter().any(|(key, inner)| {
                    let key = key.to_ascii_lowercase();
                    (key == "authorization" || USERS.contains(&key.as_str())) && matches!(inner, Pattern::Name(n, _) if n == name)
                })
        }
        _ => false,
    })
}
