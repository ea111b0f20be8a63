//! Settings that hold what callers are compared with, and may not be set: `state.config.api_key`, `process.env.PASSWORD`,
//! `os.getenv("API_KEY")`. A guard that lets everyone pass then only offers.

use super::names;
use super::reader::Reader;
use crate::evaluate::Family;
use crate::walk::plain_text;
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Module, Pattern, Stmt, StrPart};
use smol_str::SmolStr;

/// Words of flags, which say whether something is asked for and not what.
const FLAGS: &[&str] =
    &["enabled", "disabled", "required", "require", "requires", "enable", "disable", "is", "use", "skip", "mode", "type"];
/// Words of what callers are compared with.
const SECRETS: &[&str] = &["key", "keys", "apikey", "token", "tokens", "secret", "secrets", "password", "passwd", "passphrase"];
/// Words of parts of a state that hold it; a setting of such a name says how callers are known.
const PARTS: &[&str] = &["credentials", "jwt", "auth"];
/// Names of what holds settings.
const SETTINGS: &[&str] = &["config", "cfg", "conf", "configuration", "settings", "options", "opts", "env", "environ", "args"];
/// Calls that give a setting by its name.
const READS: &[&str] = &["get", "getenv", "get_env", "getEnv", "getOrThrow", "env", "getConfig", "get_config", "getSetting", "get_setting"];
/// Names are followed so deep.
const MAX_DEPTH: u32 = 6;

/// Whether an expression is a setting that holds what callers are compared with.
pub(super) fn is_unset_secret(reader: &Reader<'_>, id: ExprId, family: Family) -> bool {
    match family {
        Family::Rust => is_secret_of_state(reader, id),
        _ => is_secret_setting(reader, id, 0),
    }
}

/// Whether code may ask for such a setting, by the words that it uses.
pub(super) fn may_ask(tree: &Module, exprs: &[ExprId]) -> bool {
    exprs.iter().any(|id| match tree.expr(*id) {
        Expr::Attr(_, name) | Expr::Name(name) => is_secret(name),
        Expr::Str(_) => plain_text(tree, *id).is_some_and(|text| text.len() < 64 && is_secret(text)),
        _ => false,
    })
}

fn is_secret_of_state(reader: &Reader<'_>, id: ExprId) -> bool {
    let Expr::Attr(base, name) = reader.tree.expr(id) else { return false };
    has_words(name, &[SECRETS, PARTS]) && is_state(reader, *base)
}

/// Whether an expression is the application's state or a part of it.
fn is_state(reader: &Reader<'_>, id: ExprId) -> bool {
    let tree = &reader.tree;
    match tree.expr(id) {
        Expr::Attr(base, _) | Expr::Wrap(_, base) => is_state(reader, *base),
        Expr::Call { callee, args, .. } if args.is_empty() => is_state(reader, *callee),
        Expr::Name(name) => {
            let function = tree.function(reader.closure.function);
            matches!(name.as_str(), "self" | "state" | "config" | "cfg" | "settings")
                || function.params.iter().any(|p| {
                    matches!(&p.pattern, Pattern::Construct { ty, items, .. }
                        if matches!(tree.expr(*ty), Expr::Name(n) | Expr::Attr(_, n) if matches!(n.as_str(), "State" | "Data" | "Extension"))
                            && matches!(items.as_slice(), [Pattern::Name(bound, _)] if bound == name))
                })
        }
        _ => false,
    }
}

/// `config.auth.password`, `process.env.API_KEY`, `config.get("token")`, `os.environ["KEY"]`, and names for them.
fn is_secret_setting(reader: &Reader<'_>, id: ExprId, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let tree = &reader.tree;
    match tree.expr(id) {
        Expr::Wrap(_, inner) => is_secret_setting(reader, *inner, depth + 1),
        Expr::Attr(base, name) => is_secret(name) && holds_settings(tree, *base),
        Expr::Index(base, key) => plain_text(tree, *key).is_some_and(is_secret) && holds_settings(tree, *base),
        Expr::Call { callee, args, .. } => {
            let (of, reads) = match tree.expr(*callee) {
                Expr::Attr(base, name) => (holds_settings(tree, *base) || name == "getenv", READS.contains(&name.as_str())),
                Expr::Name(name) => (true, READS.contains(&name.as_str()) && name != "get"),
                _ => return false,
            };
            let named = matches!(args.first(), Some(Arg::Positional(first)) if plain_text(tree, *first).is_some_and(is_secret));
            let has_default = matches!(args.get(1), Some(Arg::Positional(second)) if !is_empty(tree, *second));
            of && reads && named && !has_default
        }
        // A default that is nothing either.
        Expr::Binary(BinaryOp::Or | BinaryOp::Coalesce, a, b) => is_empty(tree, *b) && is_secret_setting(reader, *a, depth + 1),
        Expr::Name(name) => {
            let value = reader.bound(name).or_else(|| bound_above(reader, name));
            value.is_some_and(|value| value != id && is_secret_setting(reader, value, depth + 1))
        }
        _ => false,
    }
}

/// What a name is bound to once, outside of every function.
fn bound_above(reader: &Reader<'_>, name: &SmolStr) -> Option<ExprId> {
    let tree = &reader.tree;
    let is_param = tree.function(reader.closure.function).params.iter().any(|p| matches!(&p.pattern, Pattern::Name(n, _) if n == name));
    if is_param {
        return None;
    }
    let mut found = tree.body.iter().filter_map(|stmt| match tree.stmt(*stmt) {
        Stmt::Bind { target: Pattern::Name(bound, _), value: Some(value), .. } if bound == name => Some(*value),
        _ => None,
    });
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Whether an expression holds settings: `config`, `this.options`, `process.env`, `app.config.server`.
fn holds_settings(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Wrap(_, inner) => holds_settings(tree, *inner),
        Expr::Name(name) => is_settings(name),
        Expr::Attr(base, name) => is_settings(name) || holds_settings(tree, *base),
        Expr::Call { callee, .. } => holds_settings(tree, *callee),
        _ => false,
    }
}

fn is_settings(name: &str) -> bool {
    names::words(name).last().is_some_and(|word| SETTINGS.contains(&word.as_str()))
}

fn is_secret(name: &str) -> bool {
    has_words(name, &[SECRETS])
}

/// Whether a name has one of these words and says of no flag.
fn has_words(name: &str, lists: &[&[&str]]) -> bool {
    let all = names::words(name);
    let has = |any: &[&str]| all.iter().any(|w| any.contains(&w.as_str()));
    lists.iter().any(|list| has(list)) && !has(FLAGS)
}

fn is_empty(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Null => true,
        Expr::Name(name) => name == "undefined",
        Expr::Str(parts) => parts.iter().all(|p| matches!(p, StrPart::Text(text) if text.is_empty())),
        _ => false,
    }
}
