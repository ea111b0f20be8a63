//! utoipa's `#[utoipa::path(..)]`, which routers of its companions take method and path from, and typed paths of axum-extra.

use super::CallSite;
use crate::interp::Cx;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, Module};
use smol_str::SmolStr;
use std::rc::Rc;

/// The attribute that says method and path.
const PATH: &str = "utoipa.path";
/// Methods that stand as bare words in it.
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// `routes!(a, b)`: an object with a route for each handler, as their attributes say.
pub(super) fn routes(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = super::rust_web::object(world, site, site.call.role.as_deref()?)?;
    for handler in site.args.items.clone() {
        let handler = world.force(&handler);
        let Some(mark) = path_mark(&handler) else { continue };
        let methods = methods(world, &mark);
        let path = path(world, &mark);
        let route = RouteEvent {
            methods: (!methods.is_empty()).then_some(methods),
            path: Some(path),
            handler: Some(handler.clone()),
            annotation: Some(mark.at),
            ..RouteEvent::default()
        };
        world.register(&object, What::Route(route), mark.at);
    }
    Some(Value::Object(object))
}

fn path_mark(handler: &Value) -> Option<Mark> {
    let function = match handler {
        Value::Function(f) => f.clone(),
        Value::BoundFunction(bound) => bound.1.clone(),
        _ => return None,
    };
    let marks = function.marks.borrow();
    marks.iter().find(|m| m.symbol.as_deref() == Some(PATH)).cloned()
}

fn methods(world: &mut World<'_>, mark: &Mark) -> Vec<SmolStr> {
    let mut found = Vec::new();
    for item in mark.args.items.clone() {
        match world.force(&item) {
            Value::Symbol(word) => found.push(word),
            Value::Unknown(u) if u.callee.as_deref() == Some("method") => {
                for inner in u.args.items.clone() {
                    if let Value::Symbol(word) = world.force(&inner) {
                        found.push(word);
                    }
                }
            }
            _ => {}
        }
    }
    let last = |word: &SmolStr| SmolStr::new(word.rsplit('.').next().unwrap_or(word));
    found.iter().map(last).filter(|w| METHODS.contains(&w.as_str())).map(|w| SmolStr::new(w.to_uppercase())).collect()
}

fn path(world: &mut World<'_>, mark: &Mark) -> Value {
    let mut text = Text::default();
    for name in ["context_path", "path"] {
        if let Some(value) = mark.args.name(name).cloned() {
            let value = world.force(&value);
            let part = world.to_text(&value, mark.at);
            text.push(&part);
        }
    }
    Value::Text(Rc::new(text))
}

/// `split_for_parts()`: the router and its description.
pub(super) fn parts(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = Value::Object(site.receiver.clone()?);
    let _ = world;
    Some(Value::tuple(vec![object, Value::unknown("openapi", "it is a description", Some(site.at))]))
}

/// `typed_get(handler)`: the path stands at the type of a parameter of the handler.
pub(super) fn typed(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    let handler = world.force(site.args.at(0)?);
    let method = site.name.strip_prefix("typed_")?;
    let path = match &handler {
        Value::Function(f) => typed_path(world, f),
        Value::BoundFunction(bound) => typed_path(world, &bound.1.clone()),
        _ => None,
    };
    let path = path.unwrap_or_else(|| Value::unknown("path", "the type of the handler's path is not known", Some(site.at)));
    let methods = crate::apply::method_name(method).map(|m| vec![m]);
    let route = RouteEvent { methods, path: Some(path), handler: Some(handler), ..RouteEvent::default() };
    world.register(&object, What::Route(route), site.at);
    Some(Value::Object(object))
}

fn typed_path(world: &mut World<'_>, f: &Rc<Closure>) -> Option<Value> {
    let tree = world.module(f.module).tree.clone();
    let mut cx = world.top(f.module);
    cx.scope = f.scope.clone();
    let types: Vec<ExprId> = tree.function(f.function).params.iter().filter_map(|p| p.ty).collect();
    types.into_iter().find_map(|ty| type_path(world, &cx, &tree, ty))
}

fn type_path(world: &mut World<'_>, cx: &Cx, tree: &Module, ty: ExprId) -> Option<Value> {
    if !matches!(tree.expr(ty), Expr::Name(_) | Expr::Attr(..)) {
        return None;
    }
    let value = world.expr(cx, ty);
    let Value::Class(class) = world.force(&value) else { return None };
    let home = world.module(class.module).tree.clone();
    let annotations = home.class(class.class?).annotations.clone();
    let argument = annotations.iter().find_map(|a| match home.expr(*a) {
        Expr::Call { callee, args, .. } if matches!(home.expr(*callee), Expr::Name(n) if n == "typed_path") => match args.first() {
            Some(Arg::Positional(path)) => Some(*path),
            _ => None,
        },
        _ => None,
    })?;
    let top = world.top(class.module);
    Some(world.expr(&top, argument))
}
