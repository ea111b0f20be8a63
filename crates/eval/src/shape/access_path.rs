//! Paths of accesses from a request on: `req.query.page`, `ctx.request.body.name`, `c.req.query('page')`,
//! `getQuery(event).page`, and the patterns that models write for them.

use super::serde::text;
use crate::models::Accessors;
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Item, Module, UnaryOp};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

/// Methods that take the name of what they give.
const GETTERS: &[&str] = &[
    "get",
    "getAll",
    "get_all",
    "getlist",
    "getAsString",
    "has",
    "pop",
    "pick",
    "only",
    "input",
    "get_argument",
    "__getitem__",
    "hasOwnProperty",
];
/// Attributes of values that are no names of inputs.
const FACTS: &[&str] = &["length", "size", "constructor", "prototype"];

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seg {
    /// The attribute, key or called name; empty for a computed key.
    pub name: SmolStr,
    /// It is called.
    pub is_call: bool,
    /// The names it is called with.
    pub args: Vec<SmolStr>,
}

impl Seg {
    /// An attribute.
    pub fn plain(name: SmolStr) -> Seg {
        Seg { name, is_call: false, args: Vec::new() }
    }
}

/// What names stand for.
pub(super) type Paths = FxHashMap<SmolStr, Vec<Vec<Seg>>>;

/// An access to an input.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// path, query, header, cookie, body, form, file.
    pub kind: &'static str,
    /// Its name, and the names below it.
    pub names: Vec<SmolStr>,
    /// What the access says of it.
    pub schema: Map<String, Json>,
}

/// Where a request carries something.
pub(super) struct Pattern {
    kind: &'static str,
    segs: Vec<(SmolStr, bool)>,
}

impl Pattern {
    /// All of a model's.
    pub fn all(accessors: &Accessors) -> Vec<Pattern> {
        let lists = [
            ("path", &accessors.path),
            ("query", &accessors.query),
            ("header", &accessors.header),
            ("cookie", &accessors.cookie),
            ("body", &accessors.body),
            ("form", &accessors.form),
            ("file", &accessors.file),
        ];
        let first = vec!["0".to_owned()];
        let roots = if accessors.request.is_empty() { &first } else { &accessors.request };
        let mut out = Vec::new();
        for (kind, words) in lists {
            for word in words {
                let is_whole = word.starts_with("self.") || word.starts_with(|c: char| c.is_ascii_digit());
                if is_whole {
                    out.push(Pattern::of(kind, word));
                } else {
                    out.extend(roots.iter().map(|root| Pattern::of(kind, &format!("{root}.{word}"))));
                }
            }
        }
        out
    }

    fn of(kind: &'static str, word: &str) -> Pattern {
        let segs = word.split('.').map(|part| (SmolStr::new(part.trim_end_matches("()")), part.ends_with("()"))).collect();
        Pattern { kind, segs }
    }

    /// Whether a path is on the way to it.
    pub fn begins(&self, path: &[Seg]) -> bool {
        path.len() < self.segs.len() && path.iter().zip(&self.segs).all(|(a, b)| a.name == b.0 && a.is_call == b.1)
    }

    /// What a path below it reads, with the pattern's length.
    pub fn matches(&self, path: &[Seg]) -> Option<(usize, Vec<Found>)> {
        let fits = path.len() >= self.segs.len() && path.iter().zip(&self.segs).all(|(a, b)| a.name == b.0 && a.is_call == b.1);
        if !fits {
            return None;
        }
        let given = path.get(self.segs.len() - 1).filter(|s| s.is_call).map(|s| s.args.clone()).unwrap_or_default();
        let mut names: Vec<SmolStr> = Vec::new();
        let mut several: Vec<SmolStr> = given;
        let mut schema = Map::new();
        for seg in path.iter().skip(self.segs.len()) {
            if seg.is_call && GETTERS.contains(&seg.name.as_str()) && !seg.args.is_empty() && several.is_empty() {
                several = seg.args.clone();
            } else if seg.is_call {
                schema = said_by_method(&seg.name);
                break;
            } else if seg.name.is_empty() || FACTS.contains(&seg.name.as_str()) || several.len() > 1 {
                break;
            } else {
                names.push(seg.name.clone());
            }
        }
        let found = |names: Vec<SmolStr>| Found { kind: self.kind, names, schema: schema.clone() };
        let all = match several.as_slice() {
            [] => vec![found(names)],
            all => all.iter().map(|one| found([one.clone()].into_iter().chain(names.iter().cloned()).collect())).collect(),
        };
        Some((self.segs.len(), all))
    }
}

/// What the method called on a value, or the function it is given to, says of its type.
fn said_by_method(name: &str) -> Map<String, Json> {
    let kind = match name {
        "Number" | "parseFloat" | "float" | "toFixed" => "number",
        "parseInt" | "int" => "integer",
        "Boolean" | "bool" => "boolean",
        "map" | "forEach" | "filter" | "some" | "every" | "reduce" | "flatMap" | "push" | "isArray" | "append" => "array",
        "trim" | "toLowerCase" | "toUpperCase" | "split" | "startsWith" | "endsWith" | "strip" | "lower" | "upper" | "substring"
        | "match" | "charAt" => "string",
        _ => return Map::new(),
    };
    [("type".to_owned(), json!(kind))].into_iter().collect()
}

/// The paths that an expression may stand for.
pub(super) fn paths(tree: &Module, id: ExprId, names: &Paths) -> Vec<Vec<Seg>> {
    at(tree, id, names, 0)
}

fn at(tree: &Module, id: ExprId, names: &Paths, depth: u32) -> Vec<Vec<Seg>> {
    if depth > 40 {
        return Vec::new();
    }
    let below = |base: ExprId, seg: Seg| -> Vec<Vec<Seg>> {
        let mut all = at(tree, base, names, depth + 1);
        all.retain(|p| p.len() < 16);
        all.iter_mut().for_each(|p| p.push(seg.clone()));
        all
    };
    match tree.expr(id) {
        Expr::Name(name) => names.get(name).cloned().unwrap_or_default(),
        Expr::This => vec![vec![Seg::plain("self".into())]],
        Expr::Attr(base, name) => below(*base, Seg::plain(name.clone())),
        Expr::Index(base, key) => below(*base, Seg::plain(text(tree, *key).unwrap_or_default())),
        Expr::Wrap(_, inner) => at(tree, *inner, names, depth + 1),
        Expr::Binary(BinaryOp::Or | BinaryOp::Coalesce, a, b) => {
            let mut all = at(tree, *a, names, depth + 1);
            all.extend(at(tree, *b, names, depth + 1));
            all.truncate(4);
            all
        }
        Expr::Call { callee, args, .. } => called(tree, *callee, args, names, depth),
        _ => Vec::new(),
    }
}

fn called(tree: &Module, callee: ExprId, args: &[Arg], names: &Paths, depth: u32) -> Vec<Vec<Seg>> {
    let positional = |index: usize| args.get(index).and_then(|a| if let Arg::Positional(e) = a { Some(*e) } else { None });
    let (base, name) = match tree.expr(callee) {
        Expr::Attr(base, name) => (at(tree, *base, names, depth + 1), name),
        Expr::Name(name) => (Vec::new(), name),
        _ => return Vec::new(),
    };
    // A method of something in the request, or a function that is given the request or a part of it.
    let (mut all, words) = if base.is_empty() {
        match positional(0) {
            Some(first) => (at(tree, first, names, depth + 1), positional(1)),
            None => return Vec::new(),
        }
    } else {
        (base, positional(0))
    };
    let seg = Seg { name: name.clone(), is_call: true, args: words.map(|w| texts(tree, w)).unwrap_or_default() };
    all.retain(|p| p.len() < 16);
    all.iter_mut().for_each(|p| p.push(seg.clone()));
    all
}

/// A literal text or those of a literal list.
fn texts(tree: &Module, id: ExprId) -> Vec<SmolStr> {
    match tree.expr(id) {
        Expr::List(_, items) => items.iter().filter_map(|i| if let Item::One(e) = i { text(tree, *e) } else { None }).collect(),
        _ => text(tree, id).into_iter().collect(),
    }
}

/// A literal value.
pub(super) fn literal(tree: &Module, id: ExprId) -> Option<Json> {
    Some(match tree.expr(id) {
        Expr::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(*n as i64),
        Expr::Number(n) => json!(n),
        Expr::Bool(b) => json!(b),
        Expr::Unary(UnaryOp::Minus, inner) => match tree.expr(*inner) {
            Expr::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(-*n as i64),
            _ => return None,
        },
        _ => json!(text(tree, id)?.as_str()),
    })
}

/// The default and the type that a getter is given: `get('page', 1, type=int)`.
pub(super) fn call_facts(tree: &Module, args: &[Arg]) -> Vec<(&'static str, Json)> {
    let mut out = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        match arg {
            Arg::Positional(e) if index == 1 => out.extend(literal(tree, *e).map(|v| ("default", v))),
            Arg::Named(name, e) if name == "default" => out.extend(literal(tree, *e).map(|v| ("default", v))),
            Arg::Named(name, e) if name == "type" => {
                if let Expr::Name(kind) = tree.expr(*e) {
                    out.extend(said_by_method(kind).remove("type").map(|v| ("type", v)));
                }
            }
            _ => {}
        }
    }
    out
}
