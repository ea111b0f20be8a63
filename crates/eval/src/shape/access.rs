//! Inputs that a handler's body shows: what it, and the functions of the tree it hands the request or parts of it to,
//! read off the request. The framework's model says where a request carries what ([`Accessors`]).
//!
//! The common tree is read, nothing is run. A name stands for all that it is bound to in a function; what is computed
//! (`req.query[name]`) stays out.

use super::access_path::{Found, Paths, Pattern, Seg};
use crate::evaluate::Family;
use crate::models::Accessors;
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, Module, Pattern as Target, Stmt};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Functions hand a request on at most so deep.
const MAX_CALLS: u32 = 4;
/// At most so many functions are read for a handler.
const MAX_FUNCTIONS: usize = 60;
/// Headers that every request may carry, which descriptions leave to the protocol.
const COMMON_HEADERS: &[&str] = &[
    // Facts of a gateway's environment that are no headers.
    "remote_addr",
    "remote_host",
    "remote_user",
    "request_method",
    "server_name",
    "server_port",
    "query_string",
    "path_info",
    "script_name",
    "content_type",
    "content_length",
    "user-agent",
    "referer",
    "authorization",
    "accept",
    "content-type",
    "cookie",
    "host",
    "content-length",
];
/// What an uploaded file tells of itself.
const FILE_FACTS: &[&str] = &["path", "buffer", "originalname", "mimetype", "filename", "fieldname", "destination", "stream", "filepath"];

/// What a body holds.
#[derive(Default)]
struct Node {
    kids: Vec<(SmolStr, Node)>,
    schema: Map<String, Json>,
}

/// What was found for one handler.
#[derive(Default)]
struct Bodies {
    json: Option<Node>,
    form: Option<Node>,
    files: Vec<SmolStr>,
    /// A file without a name.
    any_file: bool,
}

/// A walk from function to function.
struct Walk<'m> {
    patterns: Vec<Pattern>,
    accessors: &'m Accessors,
    seen: Vec<(usize, usize)>,
    found: Vec<Found>,
    /// What schemas say.
    said: Inputs,
}

impl World<'_> {
    /// What a handler's body shows.
    pub(super) fn accessed(&mut self, f: &Rc<Closure>, accessors: &Accessors, out: &mut Inputs) {
        let mut walk = Walk { patterns: Pattern::all(accessors), accessors, seen: Vec::new(), found: Vec::new(), said: Inputs::default() };
        let mut names: Paths = FxHashMap::default();
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let skip = self.receiver_count(f);
        for (at, param) in function.params.iter().skip(skip).enumerate() {
            let root = Seg::plain(SmolStr::new(at.to_string()));
            walk.bind(&tree, &param.pattern, &[root], &mut names);
        }
        self.access_in(f, names, &mut walk, 0);
        // What a schema says counts more than what is read.
        super::validators::add(out, walk.said);
        put(walk.found, out);
    }

    /// How many of a function's parameters are its receiver.
    fn receiver_count(&self, f: &Rc<Closure>) -> usize {
        let is_static = f.marks.borrow().iter().any(|m| m.symbol.as_deref() == Some("staticmethod"));
        usize::from(self.family == Family::Python && f.home.borrow().is_some() && !is_static)
    }

    fn access_in(&mut self, f: &Rc<Closure>, mut names: Paths, walk: &mut Walk<'_>, depth: u32) {
        let key = (Rc::as_ptr(f) as usize, names.values().map(|p| p.iter().map(Vec::len).sum::<usize>()).sum());
        if walk.seen.contains(&key) || walk.seen.len() >= MAX_FUNCTIONS {
            return;
        }
        walk.seen.push(key);
        let tree = self.module(f.module).tree.clone();
        let mut exprs = Vec::new();
        let mut binds = Vec::new();
        crate::walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
        if self.receiver_count(f) == 1
            && let Some(name) = tree.function(f.function).params.first().and_then(|p| crate::interp::function::param_name(&p.pattern))
        {
            names.insert(name, vec![vec![Seg::plain("self".into())]]);
        }
        self.outside_requests(f, &tree, &exprs, walk, &mut names);
        // Twice, for names bound before what they are bound to is known.
        for _ in 0..2 {
            for stmt in &binds {
                match tree.stmt(*stmt) {
                    Stmt::Bind { target, value: Some(value), .. } => walk.bind_to(&tree, target, *value, &mut names),
                    Stmt::With { items, .. } => {
                        for (value, target) in items {
                            target.iter().for_each(|t| walk.bind_to(&tree, t, *value, &mut names));
                        }
                    }
                    _ => {}
                }
            }
            for id in &exprs {
                if let Expr::Assign(target, value, _) = tree.expr(*id) {
                    walk.bind_to(&tree, target, *value, &mut names);
                }
            }
        }
        walk.read(&tree, &exprs, &names);
        let seen = super::validators::Seen { patterns: &walk.patterns, names: &names };
        if self.family == Family::JavaScript {
            self.schemas_called(f, &tree, &exprs, &seen, &mut walk.said);
        } else {
            self.classes_called(f, &tree, &exprs, &seen, &mut walk.said);
        }
        if depth < MAX_CALLS {
            self.hand_on(f, &tree, &exprs, &names, walk, depth);
        }
    }

    /// Names from outside of the tree that are the request itself.
    fn outside_requests(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId], walk: &Walk<'_>, names: &mut Paths) {
        let is_outside = |word: &String| word.contains('.') && !word.starts_with("self.");
        if !walk.accessors.request.iter().any(is_outside) {
            return;
        }
        for id in exprs {
            let Expr::Name(name) = tree.expr(*id) else { continue };
            if names.contains_key(name) {
                continue;
            }
            if let Some(Value::Symbol(symbol)) = self.named_value(&f.scope, None, tree, *id, 0) {
                let is_request = walk.accessors.request.iter().any(|w| *w == symbol || w.starts_with(&format!("{symbol}.")));
                if is_request {
                    let path = symbol.split('.').map(|part| Seg::plain(part.into())).collect();
                    names.insert(name.clone(), vec![path]);
                }
            }
        }
    }

    /// Follows the request into the functions it is handed to.
    fn hand_on(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId], names: &Paths, walk: &mut Walk<'_>, depth: u32) {
        let home = f.home.borrow().clone();
        for id in exprs {
            let Expr::Call { callee, args, .. } = tree.expr(*id) else { continue };
            let handed: Vec<(usize, Vec<Vec<Seg>>)> = args
                .iter()
                .enumerate()
                .filter_map(
                    |(at, arg)| if let Arg::Positional(e) = arg { Some((at, super::access_path::paths(tree, *e, names))) } else { None },
                )
                .filter(|(_, paths)| paths.iter().any(|p| walk.leads(p)))
                .collect();
            if handed.is_empty() {
                continue;
            }
            let function = match self.named_value(&f.scope, home.as_ref(), tree, *callee, 0) {
                Some(Value::Function(g)) => g,
                Some(Value::BoundFunction(b)) => b.1.clone(),
                _ => continue,
            };
            let inner = self.module(function.module).tree.clone();
            let skip = self.receiver_count(&function);
            let mut bound: Paths = FxHashMap::default();
            for (at, paths) in handed {
                let Some(param) = inner.function(function.function).params.get(at + skip) else { continue };
                for path in paths {
                    walk.bind(&inner, &param.pattern, &path, &mut bound);
                }
            }
            if !bound.is_empty() || !walk.found.is_empty() {
                self.access_in(&function, bound, walk, depth + 1);
            }
        }
    }
}

impl Walk<'_> {
    /// Whether something below a path may be an input.
    fn leads(&self, path: &[Seg]) -> bool {
        self.patterns.iter().any(|p| p.begins(path) || p.matches(path).is_some())
    }

    fn bind_to(&mut self, tree: &Module, target: &Target, value: ExprId, names: &mut Paths) {
        for path in super::access_path::paths(tree, value, names) {
            self.bind(tree, target, &path, names);
        }
    }

    /// Binds the names of a pattern to what stands at a path, which is read by that when it is taken apart.
    fn bind(&mut self, tree: &Module, target: &Target, path: &[Seg], names: &mut Paths) {
        match target {
            Target::Name(name, _) => {
                let known = names.entry(name.clone()).or_default();
                if known.len() < 4 && !known.iter().any(|p| p == path) {
                    known.push(path.to_vec());
                }
            }
            Target::Default(inner, value) => {
                let default = super::access_path::literal(tree, *value);
                self.note(path, default.map(|d| ("default", d)));
                self.bind(tree, inner, path, names);
            }
            Target::Object(fields) => {
                for (key, inner) in fields {
                    if key == "..." {
                        self.bind(tree, inner, path, names);
                        continue;
                    }
                    let below: Vec<Seg> = path.iter().cloned().chain([Seg::plain(key.clone())]).collect();
                    self.note(&below, None);
                    self.bind(tree, inner, &below, names);
                }
            }
            Target::Rest(inner) => self.bind(tree, inner, path, names),
            _ => {}
        }
    }

    /// Notes an access.
    fn note(&mut self, path: &[Seg], fact: Option<(&'static str, Json)>) {
        let best = self.patterns.iter().filter_map(|p| p.matches(path)).max_by_key(|(length, _)| *length);
        for mut found in best.into_iter().flat_map(|(_, found)| found) {
            if let Some((key, value)) = &fact {
                found.schema.insert((*key).to_owned(), value.clone());
            }
            self.found.push(found);
        }
    }

    /// Notes all accesses of a function.
    fn read(&mut self, tree: &Module, exprs: &[ExprId], names: &Paths) {
        let mut inner: Vec<ExprId> = Vec::new();
        for id in exprs {
            match tree.expr(*id) {
                Expr::Call { callee, .. } if matches!(tree.expr(*callee), Expr::Attr(..)) => inner.push(*callee),
                _ => {}
            }
        }
        inner.sort_unstable();
        for id in exprs {
            if inner.binary_search(id).is_ok() {
                continue;
            }
            match tree.expr(*id) {
                Expr::Attr(..) | Expr::Index(..) => {
                    super::access_path::paths(tree, *id, names).iter().for_each(|p| self.note(p, None));
                }
                Expr::Call { args, .. } => {
                    let facts = super::access_path::call_facts(tree, args);
                    for path in super::access_path::paths(tree, *id, names) {
                        self.note(&path, None);
                        if path.last().is_some_and(|s| s.is_call && !s.args.is_empty()) {
                            facts.iter().for_each(|(k, v)| self.note(&path, Some((k, v.clone()))));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Puts what was found where it belongs.
fn put(found: Vec<Found>, out: &mut Inputs) {
    let mut bodies = Bodies::default();
    let mut parameters: Vec<(InputIn, SmolStr, Map<String, Json>)> = Vec::new();
    for one in found {
        let place = match one.kind {
            "path" => InputIn::Path,
            "query" => InputIn::Query,
            "header" => InputIn::Header,
            "cookie" => InputIn::Cookie,
            "file" => {
                match one.names.first().filter(|n| !FILE_FACTS.contains(&n.as_str())) {
                    Some(name) if !bodies.files.contains(name) => bodies.files.push(name.clone()),
                    _ => bodies.any_file = true,
                }
                continue;
            }
            kind => {
                let body = if kind == "form" { &mut bodies.form } else { &mut bodies.json };
                body.get_or_insert_with(Node::default).add(&one.names, &one.schema);
                continue;
            }
        };
        let Some(name) = one.names.first() else { continue };
        let name = if place == InputIn::Header { header(name) } else { name.clone() };
        if place == InputIn::Header && COMMON_HEADERS.contains(&name.as_str()) {
            continue;
        }
        match parameters.iter_mut().find(|p| p.0 == place && p.1 == name) {
            Some((.., schema)) => merge(schema, &one.schema),
            None => parameters.push((place, name, one.schema)),
        }
    }
    for (place, name, schema) in parameters {
        if !out.parameters.iter().any(|p| p.place == place && p.name == name) {
            out.push(Input { place, name, schema: Json::Object(schema), required: place == InputIn::Path });
        }
    }
    let is_new = out.bodies.is_empty();
    match out.bodies.iter_mut().find(|b| b.content_type == "multipart/form-data") {
        // What stands beside uploads that middleware takes.
        Some(known) => {
            let more = bodies.form.or(bodies.json).unwrap_or_default().schema();
            let properties = known.schema.get_mut("properties").and_then(Json::as_object_mut);
            if let (Some(into), Some(more)) = (properties, more.get("properties").and_then(Json::as_object)) {
                merge(into, more);
            }
        }
        None if is_new => bodies.put(out),
        None => {}
    }
}

/// A header's name in lower case; `HTTP_X_TOKEN` is that of a gateway's environment (RFC 3875, section 4.1.18).
fn header(name: &str) -> SmolStr {
    match name.strip_prefix("HTTP_") {
        Some(rest) => SmolStr::new(rest.to_lowercase().replace('_', "-")),
        None => SmolStr::new(name.to_lowercase()),
    }
}

impl Bodies {
    fn put(self, out: &mut Inputs) {
        let mut push = |kind: &str, node: Node| {
            out.bodies.push(Body { content_type: kind.into(), schema: node.schema(), required: false });
        };
        let files = if self.files.is_empty() && self.any_file { vec![SmolStr::new_static("file")] } else { self.files };
        if !files.is_empty() {
            let mut all = self.form.or(self.json).unwrap_or_default();
            let binary = json!({"type": "string", "format": "binary"});
            let Json::Object(binary) = binary else { return };
            files.iter().for_each(|name| all.add(std::slice::from_ref(name), &binary));
            return push("multipart/form-data", all);
        }
        if let Some(node) = self.json {
            push("application/json", node);
        }
        if let Some(node) = self.form {
            push("application/x-www-form-urlencoded", node);
        }
    }
}

impl Node {
    fn add(&mut self, names: &[SmolStr], schema: &Map<String, Json>) {
        let Some((first, rest)) = names.split_first() else { return merge(&mut self.schema, schema) };
        if self.kids.len() > 200 {
            return;
        }
        let at = self.kids.iter().position(|(n, _)| n == first).unwrap_or_else(|| {
            self.kids.push((first.clone(), Node::default()));
            self.kids.len() - 1
        });
        if let Some((_, kid)) = self.kids.get_mut(at) {
            kid.add(rest, schema);
        }
    }

    fn schema(mut self) -> Json {
        if self.kids.is_empty() {
            return Json::Object(self.schema);
        }
        self.kids.sort_by(|a, b| a.0.cmp(&b.0));
        let properties: Map<String, Json> = self.kids.into_iter().map(|(name, kid)| (name.to_string(), kid.schema())).collect();
        json!({"type": "object", "properties": properties})
    }
}

/// Adds what is said nowhere yet.
fn merge(into: &mut Map<String, Json>, from: &Map<String, Json>) {
    for (key, value) in from {
        into.entry(key.clone()).or_insert_with(|| value.clone());
    }
}
