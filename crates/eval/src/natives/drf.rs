//! Django REST framework: routers make the routes of viewsets, extra actions and nested routers included.

use super::{CallSite, django_views};
use crate::handler::Handler;
use crate::output::{HandlerRef, Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

const LIST: &[(&str, &str)] = &[("get", "list"), ("post", "create")];
const DETAIL: &[(&str, &str)] = &[("get", "retrieve"), ("put", "update"), ("patch", "partial_update"), ("delete", "destroy")];

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "urls" => Some(Value::list(vec![Value::Object(site.receiver.clone()?)])),
        // The decorator, waiting for its function.
        "action" => Some(Value::Method(Rc::new(Bound {
            receiver: Value::Symbol(SmolStr::new(format!("@drf.{}", site.name))),
            name: SmolStr::default(),
            args: site.args.clone(),
        }))),
        "mark_action" => mark_action(world, site),
        _ => None,
    }
}

/// Notes what `@action(...)` says on its function.
fn mark_action(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let function = site.args.items.last()?.clone();
    let Value::Function(f) = world.force(&function) else { return Some(function) };
    let mut said: Vec<(SmolStr, Value)> = site.args.named.clone();
    let given = site.args.items.len() - 1;
    for (name, value) in ["methods", "detail", "url_path"].iter().zip(site.args.items.iter().take(given)) {
        said.push((SmolStr::new_static(name), value.clone()));
    }
    match site.name.as_str() {
        "detail_route" => said.push(("detail".into(), Value::Bool(true))),
        "list_route" => said.push(("detail".into(), Value::Bool(false))),
        _ => {}
    }
    f.props.borrow_mut().insert("@action".into(), Value::dict(said));
    Some(function)
}

/// The routes of a registered viewset.
pub(super) fn handlers(world: &mut World<'_>, object: &Rc<Object>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    let value = world.force(route.handler.as_ref()?);
    let class = match value {
        Value::Class(class) => class,
        Value::Symbol(_) => return Some(Vec::new()),
        other => {
            let message = format!("the viewset `{}` registered here could not be followed", world.label(&other));
            world.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "its endpoints are missing");
            return Some(Vec::new());
        }
    };
    let slash = trailing_slash(world, object, 0);
    let lookup = lookup(world, &class, "");
    let start = if route.path.as_ref().and_then(Value::as_str).is_some_and(|p| p.is_empty()) { "" } else { "/" };
    let list = if start.is_empty() { String::new() } else { slash.to_string() };
    let mut out = Vec::new();
    let base = world.class_attr(&class, "http_method_names");
    let allowed = base.and_then(|n| world.method_names(&n, 0)).filter(|n| !n.is_empty());
    let mut add = |verb: &str, handler: HandlerRef, suffix: String| {
        let method = SmolStr::new(verb.to_uppercase());
        if method != "HEAD" && method != "OPTIONS" && allowed.as_ref().is_none_or(|a| a.contains(&method)) {
            out.push(Handler { methods: Some(vec![method]), handler: Some(handler), suffix: Some(suffix.into()), ..Handler::default() });
        }
    };
    for (verb, action) in LIST {
        if let Some(handler) = django_views::member(world, &class, action) {
            add(verb, handler, list.clone());
        }
    }
    for (verb, action) in DETAIL {
        if let Some(handler) = django_views::member(world, &class, action) {
            add(verb, handler, format!("{start}{lookup}{slash}"));
        }
    }
    for extra in extra_actions(world, &class, at) {
        let suffix = if extra.detail { format!("{start}{lookup}/{}{slash}", extra.path) } else { format!("{start}{}{slash}", extra.path) };
        for (verb, handler) in extra.verbs {
            add(&verb, handler, suffix.clone());
        }
    }
    Some(out)
}

struct Extra {
    path: SmolStr,
    detail: bool,
    verbs: Vec<(SmolStr, HandlerRef)>,
}

/// The methods of a viewset that `@action` marks, and those mapped to them.
fn extra_actions(world: &mut World<'_>, class: &Rc<ClassValue>, at: Place) -> Vec<Extra> {
    let mut seen: Vec<SmolStr> = Vec::new();
    let mut out = Vec::new();
    for base in world.mro(class) {
        let Value::Class(base) = base else { continue };
        let attrs: Vec<(SmolStr, Value)> = base.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in &attrs {
            if seen.contains(name) {
                continue;
            }
            seen.push(name.clone());
            let Value::Function(f) = world.force(value) else { continue };
            let Some(said) = action_of(world, &f) else { continue };
            let methods = match said.get("methods") {
                Some(list) if !matches!(list, Value::Null) => world.method_names(&list, 0).unwrap_or_default(),
                _ => vec!["GET".into()],
            };
            let Some(handler) = world.handler_ref(&Value::Function(f.clone()), at, 0) else { continue };
            let mut verbs: Vec<(SmolStr, HandlerRef)> = methods.into_iter().map(|m| (m, handler.clone())).collect();
            verbs.extend(mapped(world, name, &attrs, at));
            let path = match said.get("url_path") {
                Some(path) if !matches!(path, Value::Null) => SmolStr::new(world.to_text(&path, at).show()),
                _ => name.clone(),
            };
            let detail = said.get("detail").and_then(|d| world.truth(&d)).unwrap_or(false);
            out.push(Extra { path, detail, verbs });
        }
    }
    out
}

/// What `@action` said of a function, through wrappers.
fn action_of(world: &mut World<'_>, f: &Rc<Closure>) -> Option<Rc<Dict>> {
    let mut f = f.clone();
    for _ in 0..8 {
        let said = f.props.borrow().get("@action").cloned();
        if let Some(Value::Dict(said)) = said {
            return Some(said);
        }
        let inner = f.wraps.borrow().clone()?;
        let Value::Function(next) = world.force(&inner) else { return None };
        f = next;
    }
    None
}

/// Functions under `@name.mapping.verb`.
fn mapped(world: &mut World<'_>, name: &str, attrs: &[(SmolStr, Value)], at: Place) -> Vec<(SmolStr, HandlerRef)> {
    let mut out = Vec::new();
    for (_, value) in attrs {
        let Value::Function(f) = world.force(value) else { continue };
        let tree = world.module(f.module).tree.clone();
        for annotation in &tree.function(f.function).annotations {
            if let Expr::Attr(base, verb) = tree.expr(*annotation)
                && let Expr::Attr(root, word) = tree.expr(*base)
                && word == "mapping"
                && matches!(tree.expr(*root), Expr::Name(n) if n == name)
                && let Some(handler) = world.handler_ref(&Value::Function(f.clone()), at, 0)
            {
                out.push((verb.clone(), handler));
            }
        }
    }
    out
}

/// The slash a router ends its paths with.
fn trailing_slash(world: &mut World<'_>, object: &Rc<Object>, depth: u32) -> SmolStr {
    let set = object.props.borrow().get("trailing_slash").cloned();
    let args = object.args.borrow().clone();
    let given = set.or_else(|| args.name("trailing_slash").cloned());
    match given.map(|v| world.force(&v)) {
        Some(Value::Text(text)) => text.known().unwrap_or_default(),
        Some(value) if world.truth(&value) == Some(false) => SmolStr::default(),
        Some(_) => SmolStr::new_static("/"),
        None => match args.get(0, "parent_router").map(|v| world.force(v)) {
            Some(Value::Object(parent)) if depth < 8 => trailing_slash(world, &parent, depth + 1),
            Some(value @ Value::Bool(_)) if world.truth(&value) == Some(false) => SmolStr::default(),
            _ => SmolStr::new_static("/"),
        },
    }
}

/// `(?P<pk>[^/.]+)`.
fn lookup(world: &mut World<'_>, class: &Rc<ClassValue>, prefix: &str) -> String {
    let mut text = |name: &str| world.class_attr(class, name).map(|v| world.force(&v)).and_then(|v| v.as_str());
    let field = text("lookup_field").unwrap_or_else(|| "pk".into());
    let name = text("lookup_url_kwarg").unwrap_or(field);
    let value = text("lookup_value_regex").unwrap_or_else(|| "[^/.]+".into());
    format!("(?P<{prefix}{name}>{value})")
}

/// Gives nested routers the path of their parents.
pub(super) fn finish(world: &mut World<'_>) {
    for object in world.objects.clone() {
        let symbol = object.props.borrow().get("@symbol").and_then(Value::as_str).unwrap_or_default();
        if symbol.contains("routers.Nested")
            && let Some(prefix) = nested_prefix(world, &object, 0)
        {
            *object.prefix.borrow_mut() = Some(Value::text(prefix));
        }
    }
}

fn nested_prefix(world: &mut World<'_>, object: &Rc<Object>, depth: u32) -> Option<String> {
    let args = object.args.borrow().clone();
    let Some(Value::Object(parent)) = args.get(0, "parent_router").map(|v| world.force(v)) else { return None };
    let wanted = world.force(args.get(1, "parent_prefix")?).as_str()?;
    let events = parent.events.borrow().clone();
    let viewset = events.iter().find_map(|e| match &e.what {
        What::Route(route) if route.path.as_ref().and_then(Value::as_str).as_ref() == Some(&wanted) => route.handler.clone(),
        _ => None,
    })?;
    let above = if depth < 8 { nested_prefix(world, &parent, depth + 1).unwrap_or_default() } else { String::new() };
    let nest = args.get(2, "lookup").and_then(Value::as_str).map_or_else(|| format!("nested_{}_", depth + 1), |l| format!("{l}_"));
    let regex = match world.force(&viewset) {
        Value::Class(class) => lookup(world, &class, &nest),
        _ => format!("(?P<{nest}pk>[^/.]+)"),
    };
    let start = if wanted.is_empty() { String::new() } else { format!("{wanted}/") };
    Some(format!("{above}{start}{regex}/"))
}
