//! What code asks of the route that a request came by, beside its path: the values in the path, the method, the name of what
//! answers; and lists of regular expressions that paths are compared with.

use super::matcher::Matcher;
use super::reader::Reader;
use super::signs::gives_request;
use crate::walk::plain_text;
use crate::world::World;
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Item, Module, Pattern, Stmt, StrPart};
use smol_str::SmolStr;

/// Names of what holds the values in a path.
const PATH_VALUES: &[&str] = &["values", "view_args", "match_info", "path_params", "resolver_match", "url_args"];

/// Whether a condition on the values in the path or on the method holds; a value in the path is never empty.
pub(super) fn holds(reader: &Reader<'_>, id: ExprId) -> Option<bool> {
    if reader.facts.full.is_empty() {
        return None;
    }
    let tree = &reader.tree;
    let has = |key: &str| reader.facts.params.iter().any(|p| p == key);
    match tree.expr(id) {
        Expr::Call { callee, args, .. } => {
            let (Expr::Attr(base, name), Some(Arg::Positional(key))) = (tree.expr(*callee), args.first()) else { return None };
            let takes = matches!(name.as_str(), "get" | "pop") && holds_path_values(reader, *base);
            plain_text(tree, *key).filter(|_| takes).map(has)
        }
        Expr::Index(base, key) if holds_path_values(reader, *base) => plain_text(tree, *key).map(has),
        Expr::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), key, of) if holds_path_values(reader, *of) => {
            plain_text(tree, *key).map(|key| has(key) == (*op == BinaryOp::In))
        }
        Expr::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), a, b) if is_method(tree, *a) => {
            let asked = plain_text(tree, *b)?;
            let methods = reader.facts.methods.as_ref()?;
            let is = |m: &SmolStr| m.eq_ignore_ascii_case(asked);
            match (methods.iter().all(is), methods.iter().any(is)) {
                (true, _) => Some(*op == BinaryOp::Eq),
                (_, false) => Some(*op == BinaryOp::Ne),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an expression holds the values in the path: a parameter, or a part of the request.
fn holds_path_values(reader: &Reader<'_>, id: ExprId) -> bool {
    match reader.tree.expr(id) {
        Expr::Name(name) => PATH_VALUES.contains(&name.as_str()) && is_param(reader, name),
        Expr::Attr(_, name) => PATH_VALUES.contains(&name.as_str()) && name != "values",
        _ => false,
    }
}

fn is_method(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Attr(base, name) if name == "method" && gives_request(tree, *base))
}

/// Whether a name is a parameter of the function that is read.
pub(super) fn is_param(reader: &Reader<'_>, name: &SmolStr) -> bool {
    let params = &reader.tree.function(reader.closure.function).params;
    params.iter().any(|p| matches!(&p.pattern, Pattern::Name(n, _) if n == name))
}

/// The names of the parameters in a path, in any syntax: `<int:id>`, `{id}`, `{id:path}`, `:id`.
pub(super) fn params(path: &str) -> Vec<SmolStr> {
    let mut out = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.find(['<', '{', ':']) {
        let (open, after) = (rest.as_bytes().get(at).copied(), rest.get(at + 1..).unwrap_or_default());
        let end = match open {
            Some(b'<') => after.find('>'),
            Some(b'{') => after.find('}'),
            _ => Some(after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len())),
        };
        let Some(end) = end else { break };
        let inner = after.get(..end).unwrap_or_default();
        let name = match open {
            Some(b'<') => inner.rsplit(':').next().unwrap_or_default(),
            _ => inner.split(':').next().unwrap_or_default().trim_start_matches(['*', '?']),
        };
        if !name.is_empty() {
            out.push(SmolStr::new(name));
        }
        rest = after.get(end..).unwrap_or_default();
    }
    out
}

impl World<'_> {
    /// The regular expressions that a name, a field or a literal lists: `this.open = [/^\/a/, new RegExp('^/b')]`.
    pub(super) fn regexes_in(&mut self, reader: &Reader<'_>, id: ExprId) -> Option<Vec<Matcher>> {
        let tree = reader.tree.clone();
        let list = match tree.expr(id) {
            Expr::List(..) => id,
            Expr::Name(name) => reader.bound(name).or_else(|| bound_above(&tree, name))?,
            Expr::Attr(base, field) if matches!(tree.expr(*base), Expr::This) => {
                let home = reader.closure.home.borrow().clone().filter(|home| home.module == reader.closure.module)?;
                self.field_source(&home, field)?
            }
            _ => return None,
        };
        let Expr::List(_, items) = tree.expr(list) else { return None };
        items.iter().map(|i| if let Item::One(e) = i { regex(&tree, *e) } else { None }).collect()
    }
}

/// What a name is bound to once, outside of every function.
fn bound_above(tree: &Module, name: &SmolStr) -> Option<ExprId> {
    let mut found = tree.body.iter().filter_map(|stmt| match tree.stmt(*stmt) {
        Stmt::Bind { target: Pattern::Name(bound, _), value: Some(value), .. } if bound == name => Some(*value),
        _ => None,
    });
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// A regular expression as it is written; what is put into its text may be anything.
fn regex(tree: &Module, id: ExprId) -> Option<Matcher> {
    match tree.expr(id) {
        Expr::Regex(text) => Matcher::pattern(text),
        Expr::Call { callee, args, .. } if matches!(tree.expr(*callee), Expr::Name(n) if n == "RegExp") => {
            let Some(Arg::Positional(first)) = args.first() else { return None };
            let Expr::Str(parts) = tree.expr(*first) else { return regex(tree, *first) };
            let text: String = parts.iter().map(|p| if let StrPart::Text(text) = p { text.as_str() } else { ".*" }).collect();
            Matcher::pattern(&text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_any_syntax() {
        assert_eq!(params("/a/<int:id>/<name>/{x:path}/:y.{z}"), ["id", "name", "x", "y", "z"]);
        assert!(params("/a/<open").is_empty());
    }
}
