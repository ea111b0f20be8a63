//! Inputs that an attribute of the handler describes where its code says less: utoipa's `params(..)` and `request_body`
//! (https://docs.rs/utoipa/latest/utoipa/attr.path.html). What the code itself takes comes first.

use super::serde::text;
use super::types::Ty;
use crate::interp::Cx;
use crate::output::{Body, Input, InputIn, Inputs, PathPiece};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, Item, ListKind, Module, Pattern};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// What the attributes of these names on a handler say.
    pub(super) fn described_inputs(&mut self, f: &Rc<Closure>, names: &[String], path: &[PathPiece], out: &mut Inputs) {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let in_path = super::extractors::names_of(path);
        for annotation in &tree.function(f.function).annotations {
            let Expr::Call { callee, args, .. } = tree.expr(*annotation) else { continue };
            let symbol = self.attribute_name(&cx, *callee);
            if !matches!(&symbol, Value::Symbol(s) if names.iter().any(|n| n == s.as_str())) {
                continue;
            }
            for arg in args {
                match arg {
                    Arg::Positional(one) => match called(&tree, *one) {
                        Some(("params", params)) => self.described_params(&cx, params, &in_path, out),
                        Some(("request_body", inner)) => self.described_body(&cx, inner, out),
                        _ => {}
                    },
                    Arg::Named(name, value) if name == "request_body" => self.body_of(&cx, *value, None, out),
                    _ => {}
                }
            }
        }
    }

    fn described_params(&mut self, cx: &Cx, params: &[Arg], in_path: &[SmolStr], out: &mut Inputs) {
        let tree = cx.tree.clone();
        for param in params {
            let Arg::Positional(param) = param else { continue };
            if let Expr::List(ListKind::Tuple, items) = tree.expr(*param) {
                if let Some(input) = self.described_param(cx, items) {
                    add(input, in_path, out);
                }
                continue;
            }
            if let Ty::Class(class, args) = self.type_at(cx, *param, 0) {
                let home = self.module(class.module).tree.clone();
                let place = class.class.and_then(|id| place_said(&home, &home.class(id).annotations));
                for field in self.shape_fields(&class, &args, 0) {
                    let place = place.unwrap_or(if in_path.contains(&field.name) { InputIn::Path } else { InputIn::Query });
                    add(Input { place, name: field.name, schema: field.schema, required: field.required }, in_path, out);
                }
            }
        }
    }

    /// `("id" = u64, Path, description = "..")`; without a place it is one of the path.
    fn described_param(&mut self, cx: &Cx, items: &[Item]) -> Option<Input> {
        let tree = cx.tree.clone();
        let all: Vec<ExprId> = items.iter().map(|(Item::One(e) | Item::Spread(e))| *e).collect();
        let (first, rest) = all.split_first()?;
        let (name, ty) = match tree.expr(*first) {
            Expr::Assign(target, value, _) => match target.as_ref() {
                Pattern::Name(name, _) => (name.clone(), Some(self.type_at(cx, *value, 0))),
                _ => return None,
            },
            _ => (text(&tree, *first)?, None),
        };
        let place = rest.iter().find_map(|e| if let Expr::Name(word) = tree.expr(*e) { place_of(word) } else { None });
        let schema = ty.as_ref().map_or_else(|| json!({}), |t| self.schema(t, 0));
        let place = place.unwrap_or(InputIn::Path);
        Some(Input { place, name, schema, required: place == InputIn::Path || !ty.is_some_and(|t| t.is_optional()) })
    }

    /// `request_body(content = T, content_type = "..")`.
    fn described_body(&mut self, cx: &Cx, inner: &[Arg], out: &mut Inputs) {
        let tree = cx.tree.clone();
        let named = |wanted: &str| {
            inner.iter().find_map(|a| match a {
                Arg::Named(name, value) if name == wanted => Some(*value),
                _ => None,
            })
        };
        let Some(content) = named("content") else { return };
        let kind = named("content_type").and_then(|e| text(&tree, e));
        self.body_of(cx, content, kind, out);
    }

    fn body_of(&mut self, cx: &Cx, content: ExprId, kind: Option<SmolStr>, out: &mut Inputs) {
        if !out.bodies.is_empty() {
            return;
        }
        let tree = cx.tree.clone();
        let content = match called(&tree, content) {
            Some(("inline", [Arg::Positional(inner)])) => *inner,
            _ => content,
        };
        let ty = self.type_at(cx, content, 0);
        let schema = self.schema(&ty, 0);
        let is_text = schema.get("type").and_then(Json::as_str) == Some("string");
        let content_type = kind.unwrap_or_else(|| SmolStr::new_static(if is_text { "text/plain" } else { "application/json" }));
        out.bodies.push(Body { content_type, schema, required: !ty.is_optional() });
    }
}

/// Adds what is missing, and the type of what has none.
fn add(input: Input, in_path: &[SmolStr], out: &mut Inputs) {
    if input.place == InputIn::Path && !in_path.contains(&input.name) {
        return;
    }
    match out.parameters.iter_mut().find(|p| p.place == input.place && p.name == input.name) {
        Some(known) if says_nothing(&known.schema) => known.schema = input.schema,
        Some(_) => {}
        None => out.parameters.push(input),
    }
}

/// Whether a schema tells nothing of what is in it.
pub(super) fn says_nothing(schema: &Json) -> bool {
    schema.as_object().is_some_and(|o| o.keys().all(|k| k == "x-apicensus-type"))
}

/// `#[into_params(parameter_in = Query)]`.
fn place_said(tree: &Module, annotations: &[ExprId]) -> Option<InputIn> {
    annotations.iter().find_map(|a| match called(tree, *a) {
        Some(("into_params", args)) => args.iter().find_map(|arg| match arg {
            Arg::Named(name, value) if name == "parameter_in" => match tree.expr(*value) {
                Expr::Name(word) | Expr::Attr(_, word) => place_of(word),
                _ => None,
            },
            _ => None,
        }),
        _ => None,
    })
}

fn place_of(word: &str) -> Option<InputIn> {
    Some(match word {
        "Path" => InputIn::Path,
        "Query" => InputIn::Query,
        "Header" => InputIn::Header,
        "Cookie" => InputIn::Cookie,
        _ => return None,
    })
}

/// The name and the arguments of a call.
fn called(tree: &Module, id: ExprId) -> Option<(&str, &[Arg])> {
    let Expr::Call { callee, args, .. } = tree.expr(id) else { return None };
    match tree.expr(*callee) {
        Expr::Name(name) | Expr::Attr(_, name) => Some((name, args)),
        _ => None,
    }
}
