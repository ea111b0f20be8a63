//! Inputs that schemas of validation libraries say: given to middleware of a route (`celebrate({body: ..})`), or called
//! on a part of the request (`Schema.parse(req.body)`) by the handler or by its middleware.

use super::access_path::{self, Pattern, Seg};
use super::types::Ty;
use crate::models::Accessors;
use crate::natives::validators::Shape;
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Entry, Expr, ExprId, Module};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Methods by which a schema looks at a value.
const CHECKS: &[&str] = &[
    "parse",
    "safeParse",
    "parseAsync",
    "safeParseAsync",
    "spa",
    "validate",
    "validateAsync",
    "validateSync",
    "isValid",
    "cast",
    "assert",
    "check",
    "Parse",
    "Check",
    "decode",
    "is",
    "attempt",
];

/// What the access patterns found of a function, for its schemas.
pub(super) struct Seen<'s> {
    pub patterns: &'s [Pattern],
    pub names: &'s access_path::Paths,
}

impl World<'_> {
    /// What the schemas given to a route's middleware say.
    pub(super) fn guarded_inputs(&mut self, guards: &[Value], accessors: &Accessors, out: &mut Inputs) {
        let mut all = Vec::new();
        guards.iter().for_each(|g| self.flatten(g, &mut all, 0));
        for guard in all {
            match self.force(&guard) {
                Value::Function(f) => self.checked_by(&f, accessors, out),
                Value::BoundFunction(b) => self.checked_by(&b.1.clone(), accessors, out),
                Value::Unknown(u) if u.callee.as_ref().is_some_and(|c| accessors.uploads.iter().any(|w| w == c)) => self.uploaded(&u, out),
                Value::Unknown(u) => self.outside_middleware(&u, out),
                _ => {}
            }
        }
    }

    /// Middleware of the tree, which may call a schema that it was made with.
    fn checked_by(&mut self, f: &Rc<Closure>, accessors: &Accessors, out: &mut Inputs) {
        let mut inner = Inputs::default();
        self.accessed(f, accessors, &mut inner);
        // Headers and cookies that middleware looks at are about who calls more often than what is asked for.
        inner.parameters.retain(|p| p.place != InputIn::Header && p.place != InputIn::Cookie);
        add(out, inner);
    }

    /// Files that outside middleware takes: `single("photo")`, `fields([{name: "cover"}])`.
    fn uploaded(&mut self, u: &Rc<Unknown>, out: &mut Inputs) {
        let Some(first) = u.args.at(0).map(|v| self.force(v)) else { return };
        let mut names = self.path_words(&first);
        if matches!(first, Value::List(_)) {
            let (items, _) = self.items_of(&first, crate::interp::attr::NOWHERE);
            for item in items {
                names.extend(self.pairs(&item).into_iter().filter(|p| p.0 == "name").filter_map(|p| p.1.as_str()));
            }
        }
        let files: serde_json::Map<String, Json> =
            names.iter().map(|n| (n.to_string(), json!({"type": "string", "format": "binary"}))).collect();
        if !files.is_empty() {
            let schema = json!({"type": "object", "properties": files});
            add_body(out, Body { content_type: "multipart/form-data".into(), schema, required: false });
        }
    }

    /// What the types of a handler's request say.
    pub(super) fn typed_requests(&mut self, f: &Rc<Closure>, accessors: &Accessors, out: &mut Inputs) {
        if accessors.typed.is_empty() {
            return;
        }
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        for ty in tree.function(f.function).params.iter().filter_map(|p| p.ty) {
            let Ty::Apply(name, args) = self.type_at(&cx, ty, 0) else { continue };
            let Some(words) = accessors.typed.get(name.as_str()) else { continue };
            for (word, arg) in words.iter().zip(&args) {
                if word == "parts" {
                    for field in self.parts_of_type(arg) {
                        self.put_type(&field.0.to_lowercase(), &field.1, out);
                    }
                } else {
                    self.put_type(word, arg, out);
                }
            }
        }
    }

    /// The types of an object type's fields.
    fn parts_of_type(&mut self, ty: &Ty) -> Vec<(SmolStr, Ty)> {
        match ty {
            Ty::Object(fields) => fields.clone(),
            Ty::Class(class, _) => {
                let tree = self.module(class.module).tree.clone();
                let cx = self.class_cx(class);
                let Some(id) = class.class else { return Vec::new() };
                let fields = tree.class(id).fields.iter().filter_map(|f| Some((f.name.clone(), f.ty?)));
                fields.map(|(name, ty)| (name, self.type_at(&cx, ty, 0))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn put_type(&mut self, word: &str, ty: &Ty, out: &mut Inputs) {
        let word = if word == "path" { "params" } else { word };
        let Some(kind) = kind_of(word) else { return };
        let fields = self.fields_of_type(ty, 0);
        if fields.is_empty() {
            return;
        }
        match kind {
            "body" | "form" => {
                let schema = self.schema(ty, 0);
                put_whole(kind, schema, out);
            }
            _ => put_whole(kind, super::schema::object(fields), out),
        }
    }

    /// Middleware from outside of the tree, by the schemas among its arguments.
    fn outside_middleware(&mut self, u: &Rc<Unknown>, out: &mut Inputs) {
        if let Some((place, names, shape)) = self.checked_field(&Value::Unknown(u.clone())) {
            for name in names {
                put_field(&place, name, shape.clone(), out);
            }
            return;
        }
        let mut place: Option<SmolStr> = None;
        for arg in u.args.items.clone() {
            match self.force(&arg) {
                Value::Text(text) => place = text.known(),
                dict @ Value::Dict(_) => self.schemas_by_place(&dict, out),
                value @ Value::Unknown(_) => {
                    if let Some(shape) = self.validator(&value, 0) {
                        self.put_at(place.as_deref().unwrap_or("body"), shape, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// `{body: schema, query: schema}`, or fields with the checks they must pass.
    fn schemas_by_place(&mut self, dict: &Value, out: &mut Inputs) {
        for (key, value) in self.pairs(dict) {
            if let Some(shape) = self.validator(&value, 0) {
                self.put_at(&key, shape, out);
                continue;
            }
            let checks = self.pairs(&value);
            let places: Option<Vec<SmolStr>> = checks.iter().find(|c| c.0 == "in").map(|c| self.path_words(&c.1));
            if kind_of(&key).is_some() && places.is_none() && !checks.is_empty() {
                self.put_literal(&key, &value, out);
                continue;
            }
            let is_checks = places.is_some() || checks.iter().any(|c| c.0.starts_with("is") && c.0.len() > 2);
            if !is_checks {
                continue;
            }
            let mut shape = Shape { schema: json!({}), required: true };
            for (check, options) in &checks {
                let inner = self.get_attr(options, "options", None);
                if !matches!(options, Value::Bool(false)) {
                    self.check(&mut shape, check, inner.as_ref().or(Some(options)));
                }
            }
            for place in places.unwrap_or_else(|| vec!["body".into()]) {
                put_field(&place, key.clone(), shape.clone(), out);
            }
        }
    }

    /// A plain object of schemas at a place: `query: {token: Joi.string()}`.
    pub(super) fn put_literal(&mut self, place: &str, value: &Value, out: &mut Inputs) {
        for (name, inner) in self.pairs(value) {
            if let Some(shape) = self.validator(&inner, 0) {
                put_field(place, name, shape, out);
            }
        }
    }

    pub(super) fn put_at(&mut self, place: &str, shape: Shape, out: &mut Inputs) {
        let Some(kind) = kind_of(place) else { return };
        put_whole(kind, shape.schema, out);
    }

    /// The schemas that a function calls on parts of the request.
    pub(super) fn schemas_called(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId], seen: &Seen<'_>, out: &mut Inputs) {
        for id in exprs {
            let Expr::Call { callee, args, .. } = tree.expr(*id) else { continue };
            let parts: Vec<(&'static str, Vec<SmolStr>, Option<SmolStr>)> = args
                .iter()
                .take(2)
                .filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None })
                .flat_map(|e| read_parts(tree, e, seen))
                .collect();
            if parts.is_empty() {
                continue;
            }
            let schema = match tree.expr(*callee) {
                Expr::Attr(base, method) if CHECKS.contains(&method.as_str()) => self.schema_at(f, *base).or_else(|| {
                    // `Joi.validate(req.body, schema)`, `v.parse(schema, req.body)`
                    args.iter().find_map(|a| if let Arg::Positional(e) = a { self.schema_at(f, *e) } else { None })
                }),
                Expr::Name(name) => self.compiled_schema(f, *callee).or_else(|| {
                    let checks = CHECKS.iter().any(|c| name.to_lowercase().contains(&c.to_lowercase()));
                    let given = args.iter().find_map(|a| if let Arg::Positional(e) = a { self.schema_at(f, *e) } else { None });
                    given.filter(|_| checks)
                }),
                _ => None,
            };
            let Some(schema) = schema else { continue };
            for (kind, names, key) in parts {
                let part = match &key {
                    Some(key) => schema.get("properties").and_then(|p| p.get(key.as_str())).cloned(),
                    None => Some(schema.clone()),
                };
                if let (Some(part), true) = (part, names.is_empty()) {
                    put_whole(kind, part, out);
                }
            }
        }
    }

    /// The classes of the tree that a function makes of a part of the request: `Form(request.POST)`,
    /// `OrderSerializer(data=request.data)`, `User(**await request.json())`, `User.model_validate(..)`, `UserSchema().load(..)`.
    pub(super) fn classes_called(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, exprs: &[ExprId], seen: &Seen<'_>, out: &mut Inputs) {
        for id in exprs {
            let Expr::Call { callee, args, .. } = tree.expr(*id) else { continue };
            let given = |a: &Arg| match a {
                Arg::Positional(e) | Arg::Named(_, e) | Arg::SpreadNamed(e) => Some(*e),
                Arg::Spread(_) => None,
            };
            let parts: Vec<(&'static str, Vec<SmolStr>, Option<SmolStr>)> =
                args.iter().filter_map(given).flat_map(|e| read_parts(tree, e, seen)).filter(|p| p.1.is_empty()).collect();
            let Some((kind, ..)) = parts.first() else { continue };
            let Some(class) = self.class_called(f, tree, *callee) else { continue };
            let schema = self.class_schema_ref(&class, 0);
            match *kind {
                "body" | "form" => put_whole(kind, schema, out),
                _ => {
                    for field in self.shape_fields(&class, &[], 0) {
                        put_field(kind_word(kind), field.name, Shape { schema: field.schema, required: field.required }, out);
                    }
                }
            }
        }
    }

    /// The class that a callee makes an instance of, or reads a value with.
    fn class_called(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, callee: ExprId) -> Option<Rc<ClassValue>> {
        const READS: &[&str] = &[
            "model_validate",
            "model_validate_json",
            "parse_obj",
            "parse_raw",
            "from_dict",
            "load",
            "loads",
            "validate",
            "from_json",
            "from_request",
        ];
        let home = f.home.borrow().clone();
        let found = match tree.expr(callee) {
            Expr::Attr(base, method) if READS.contains(&method.as_str()) => match tree.expr(*base) {
                Expr::Call { callee, .. } => self.named_value(&f.scope, home.as_ref(), tree, *callee, 0)?,
                _ => self.named_value(&f.scope, home.as_ref(), tree, *base, 0)?,
            },
            Expr::Name(_) | Expr::Attr(..) => match self.named_value(&f.scope, home.as_ref(), tree, callee, 0)? {
                class @ Value::Class(_) => class,
                _ => return None,
            },
            _ => return None,
        };
        let class = match found {
            Value::Class(class) => class,
            Value::Instance(i) => i.class.clone(),
            _ => return None,
        };
        // Only classes that say what they have.
        (!self.shape_fields(&class, &[], 0).is_empty()).then_some(class)
    }

    /// The schema that an expression of a function stands for.
    fn schema_at(&mut self, f: &Rc<Closure>, id: ExprId) -> Option<Json> {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let home = f.home.borrow().clone();
        let value = match tree.expr(id) {
            Expr::Name(_) | Expr::Attr(..) => self.named_value(&f.scope, home.as_ref(), &tree, id, 0)?,
            Expr::Call { .. } => self.expr(&cx, id),
            _ => return None,
        };
        self.validator(&value, 0).map(|s| s.schema)
    }

    /// The schema of a function that a compiler of JSON Schemas made.
    fn compiled_schema(&mut self, f: &Rc<Closure>, callee: ExprId) -> Option<Json> {
        let tree = self.module(f.module).tree.clone();
        let Value::Unknown(u) = self.named_value(&f.scope, None, &tree, callee, 0)? else { return None };
        u.callee.as_deref().filter(|c| c.ends_with(".compile"))?;
        let schema = u.args.at(0).cloned()?;
        self.json_of(&schema, 0).filter(|s| s.get("type").is_some() || s.get("properties").is_some())
    }

    /// A literal as JSON.
    pub(crate) fn json_of(&mut self, value: &Value, depth: u32) -> Option<Json> {
        if depth > 12 {
            return None;
        }
        match self.force(value) {
            list @ Value::List(_) => {
                let items = self.items_of(&list, crate::interp::attr::NOWHERE).0;
                Some(Json::Array(items.iter().filter_map(|v| self.json_of(v, depth + 1)).collect()))
            }
            Value::Dict(dict) => {
                let entries: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
                let mut out = serde_json::Map::new();
                for (key, value) in entries {
                    if let (Some(key), Some(value)) = (key.as_str(), self.json_of(&value, depth + 1)) {
                        out.insert(key.to_string(), value);
                    }
                }
                Some(Json::Object(out))
            }
            other => super::schema::constant(&other),
        }
    }
}

/// Adds what others say.
pub(super) fn add(out: &mut Inputs, more: Inputs) {
    more.parameters.into_iter().for_each(|p| out.push(p));
    more.bodies.into_iter().for_each(|b| add_body(out, b));
}

/// The parts of the request that an argument is: kind, names below it, and the key of the object they stand under.
fn read_parts(tree: &Module, id: ExprId, seen: &Seen<'_>) -> Vec<(&'static str, Vec<SmolStr>, Option<SmolStr>)> {
    if let Expr::Dict(entries, _) = tree.expr(id) {
        let mut out = Vec::new();
        for entry in entries {
            let Entry::Pair(key, value) = entry else { continue };
            let Some(key) = access_path::literal(tree, *key).and_then(|k| k.as_str().map(SmolStr::new)) else { continue };
            out.extend(parts_of(access_path::paths(tree, *value, seen.names), seen).into_iter().map(|(k, n)| (k, n, Some(key.clone()))));
        }
        return out;
    }
    let paths = access_path::paths(tree, id, seen.names);
    // The request itself is checked by its parts.
    if paths.iter().any(|p| p.len() == 1 && seen.patterns.iter().any(|q| q.begins(p))) {
        return ["body", "query", "params"].iter().filter_map(|key| Some((kind_of(key)?, Vec::new(), Some(SmolStr::new(key))))).collect();
    }
    parts_of(paths, seen).into_iter().map(|(k, n)| (k, n, None)).collect()
}

fn parts_of(paths: Vec<Vec<Seg>>, seen: &Seen<'_>) -> Vec<(&'static str, Vec<SmolStr>)> {
    let mut out = Vec::new();
    for path in paths {
        let best = seen.patterns.iter().filter_map(|p| p.matches(&path)).max_by_key(|(length, _)| *length);
        out.extend(best.into_iter().flat_map(|(_, found)| found).map(|f| (f.kind, f.names)));
    }
    out
}

/// The word of a place for its kind.
fn kind_word(kind: &str) -> &str {
    if kind == "path" { "params" } else { kind }
}

/// The kind of a place by the words that middleware uses.
fn kind_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "body" | "json" | "payload" | "data" | "check" => "body",
        "form" | "formData" | "multipart" => "form",
        "query" | "querystring" | "search" => "query",
        "params" | "param" => "path",
        "headers" | "header" => "header",
        "cookies" | "cookie" | "signedcookies" => "cookie",
        _ => return None,
    })
}

/// A whole part of the request by its schema.
fn put_whole(kind: &str, schema: Json, out: &mut Inputs) {
    let place = match kind {
        "query" => InputIn::Query,
        "path" => InputIn::Path,
        "header" => InputIn::Header,
        "cookie" => InputIn::Cookie,
        kind => {
            let content_type = if kind == "form" { "application/x-www-form-urlencoded" } else { "application/json" };
            let required = schema.get("required").is_some();
            return add_body(out, Body { content_type: content_type.into(), schema, required });
        }
    };
    put_schema(place, &schema, out);
}

/// The properties of an object's schema as parameters at a place.
pub(super) fn put_schema(place: InputIn, schema: &Json, out: &mut Inputs) {
    let required: Vec<String> =
        schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(|r| r.as_str().map(str::to_owned)).collect();
    for (name, schema) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        let required = place == InputIn::Path || required.contains(name);
        let name = if place == InputIn::Header { name.to_lowercase() } else { name.clone() };
        out.push(Input { place, name: SmolStr::new(name), schema: schema.clone(), required });
    }
}

/// One field of a part of the request.
fn put_field(place: &str, name: SmolStr, shape: Shape, out: &mut Inputs) {
    let Some(kind) = kind_of(place) else { return };
    let mut schema = json!({"type": "object", "properties": {name.as_str(): shape.schema}});
    if shape.required {
        schema["required"] = json!([name.as_str()]);
    }
    put_whole(kind, schema, out);
}

/// Adds a body, or its properties to the one of its type.
fn add_body(out: &mut Inputs, body: Body) {
    let Some(known) = out.bodies.iter_mut().find(|b| b.content_type == body.content_type) else {
        out.bodies.push(body);
        return;
    };
    known.required |= body.required;
    let Some(more) = body.schema.get("properties").and_then(Json::as_object) else { return };
    let Some(into) = known.schema.as_object_mut() else { return };
    into.entry("type").or_insert_with(|| json!("object"));
    if let Some(properties) = into.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        for (name, schema) in more {
            properties.entry(name.clone()).or_insert_with(|| schema.clone());
        }
    }
    for name in body.schema.get("required").and_then(Json::as_array).into_iter().flatten() {
        if let Some(required) = into.entry("required").or_insert_with(|| json!([])).as_array_mut()
            && !required.contains(name)
        {
            required.push(name.clone());
        }
    }
}
