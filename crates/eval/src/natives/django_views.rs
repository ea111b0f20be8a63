//! What answers a Django route: function views with their method decorators, class-based views, action maps.

use super::drf_guards;
use crate::handler::Handler;
use crate::output::{HandlerRef, Place};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

const VERBS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// The handlers of a route.
pub(super) fn handlers(world: &mut World<'_>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    let value = route.handler.clone()?;
    let found = view(world, &value, at, 0)?;
    if route.protocol.is_some() {
        let handler = found.into_iter().find_map(|h| h.handler);
        return Some(vec![Handler { methods: Some(vec!["GET".into()]), handler, ..Handler::default() }]);
    }
    Some(found)
}

fn view(world: &mut World<'_>, value: &Value, at: Place, depth: u32) -> Option<Vec<Handler>> {
    if depth > 12 {
        return None;
    }
    match world.force(value) {
        Value::Class(class) => Some(class_view(world, &class, None)),
        Value::Object(object) => {
            let class = object.props.borrow().get("class").cloned()?;
            let actions = object.props.borrow().get("actions").cloned();
            match (world.force(&class), actions) {
                (Value::Class(class), Some(actions)) => {
                    let actions = action_map(world, &actions);
                    Some(class_view(world, &class, Some(&actions)))
                }
                (Value::Symbol(symbol), Some(actions)) => Some(outside_actions(world, &symbol, &actions)),
                (Value::Class(class), None) => {
                    let handler = Some(class_ref(world, &class));
                    Some(vec![Handler { handler, class: Some(class), ..Handler::default() }])
                }
                _ => Some(vec![Handler { third_party: true, ..Handler::default() }]),
            }
        }
        Value::Function(f) => Some(function_view(world, &f, at, depth)),
        Value::BoundFunction(b) => Some(function_view(world, &b.1.clone(), at, depth)),
        // An instance with `__call__`: feeds, syndication, home-made resources.
        Value::Instance(instance) => {
            let handler = world.handler_ref(value, at, 0);
            let call = world.class_attr(&instance.class, "__call__").map(|call| world.force(&call));
            let own = call.filter(|call| matches!(call, Value::Function(_))).map(|call| world.bind_method(call, value));
            // What an outside base does before it answers is not known; Django's own, feeds among them, ask nobody.
            let is_foreign = |b: &SmolStr| !b.starts_with("django.") && b != "object";
            let third_party = own.is_none() && world.outside_bases(&instance.class).iter().any(is_foreign);
            Some(vec![Handler { handler, value: own, third_party, ..Handler::default() }])
        }
        Value::Method(bound) if bound.name.is_empty() => view(world, &bound.receiver.clone(), at, depth + 1),
        Value::Text(text) => {
            let found = world.import_string(&text.known()?, at)?;
            view(world, &found, at, depth + 1)
        }
        Value::Unknown(u) => unknown_view(world, &u, at, depth),
        Value::Default(inner) => view(world, &inner, at, depth + 1),
        Value::Either(all) => all.iter().find_map(|v| view(world, v, at, depth + 1)),
        _ => None,
    }
}

/// The actions of a viewset outside of the tree.
fn outside_actions(world: &mut World<'_>, symbol: &str, actions: &Value) -> Vec<Handler> {
    let framework = symbol.starts_with("rest_framework").then(|| SmolStr::new_static("drf"));
    let pairs = action_map(world, actions);
    let handler =
        |verb: SmolStr| Handler { methods: Some(vec![verb]), third_party: true, framework: framework.clone(), ..Handler::default() };
    pairs.into_iter().map(|(verb, _)| handler(verb.to_uppercase().into())).collect()
}

/// A view that outside code wrapped, or an outside view.
fn unknown_view(world: &mut World<'_>, u: &Rc<Unknown>, at: Place, depth: u32) -> Option<Vec<Handler>> {
    if let Some(base) = u.callee.as_deref().and_then(|c| c.strip_suffix(".as_view")) {
        let verbs: Vec<SmolStr> =
            provided(world, base).iter().filter(|v| VERBS.contains(&v.as_str())).map(|v| v.to_uppercase().into()).collect();
        let outside = |methods: Option<Vec<SmolStr>>| Handler {
            methods,
            third_party: true,
            value: Some(Value::Symbol(SmolStr::new(base))),
            ..Handler::default()
        };
        return Some(match verbs.is_empty() {
            true => vec![outside(None)],
            false => verbs.into_iter().map(|v| outside(Some(vec![v]))).collect(),
        });
    }
    let wraps = |v: &Value| {
        matches!(
            v,
            Value::Class(_)
                | Value::Function(_)
                | Value::BoundFunction(_)
                | Value::Unknown(_)
                | Value::Object(_)
                | Value::Method(_)
                | Value::Lazy(_)
        )
    };
    let args: Vec<Value> = u.args.items.iter().rev().filter(|v| wraps(v)).cloned().collect();
    let mut found = args.iter().find_map(|v| view(world, v, at, depth + 1))?;
    if let Some(callee) = &u.callee {
        // Without a model only its name tells, not what it was given.
        let is_known = world.input.models.guard("python", callee).is_some();
        let guard = if is_known { Value::Unknown(u.clone()) } else { Value::Symbol(callee.clone()) };
        found.iter_mut().for_each(|h| h.guards.insert(0, guard.clone()));
    }
    if let Some(allowed) = u.callee.as_deref().and_then(|c| required(world, c, &Args::default())) {
        restrict(&mut found, &allowed);
    }
    Some(found)
}

fn restrict(found: &mut Vec<Handler>, allowed: &[SmolStr]) {
    let all = std::mem::take(found);
    for handler in all {
        match &handler.methods {
            None => found.extend(allowed.iter().map(|m| Handler {
                methods: Some(vec![m.clone()]),
                handler: handler.handler.clone(),
                framework: handler.framework.clone(),
                value: handler.value.clone(),
                class: handler.class.clone(),
                guards: handler.guards.clone(),
                ..Handler::default()
            })),
            Some(methods) if methods.iter().any(|m| allowed.contains(m)) => found.push(handler),
            Some(_) => {}
        }
    }
}

/// The methods a decorator lets through.
fn required(world: &mut World<'_>, symbol: &str, args: &Args) -> Option<Vec<SmolStr>> {
    let last = symbol.rsplit('.').next()?;
    let mut methods = match last {
        "require_GET" | "require_safe" => vec!["GET".into()],
        "require_POST" => vec!["POST".into()],
        "require_http_methods" if args.at(0).is_some() => world.method_names(args.at(0)?, 0)?,
        "api_view" => match args.get(0, "http_method_names") {
            Some(list) => world.method_names(list, 0)?,
            None => vec!["GET".into()],
        },
        _ => return None,
    };
    if methods.iter().any(|m| m != "HEAD" && m != "OPTIONS") {
        methods.retain(|m| m != "HEAD" && m != "OPTIONS");
    }
    Some(methods)
}

fn function_view(world: &mut World<'_>, f: &Rc<Closure>, at: Place, depth: u32) -> Vec<Handler> {
    // A home-made `as_view` says what it stands for, as the framework's does.
    let said = |name: &str| f.props.borrow().get(name).cloned();
    if let Some(class) = said("view_class").or_else(|| said("cls"))
        && let Value::Class(class) = world.force(&class)
    {
        let actions = said("actions").map(|a| action_map(world, &a)).filter(|a| !a.is_empty());
        return class_view(world, &class, actions.as_deref());
    }
    let inner = world.wrapped_by(f).and_then(|inner| view(world, &inner, at, depth + 1));
    let own = Value::Function(f.clone());
    let mut found = match inner {
        Some(mut inner) => {
            // The wrapper guards if it refuses.
            inner.iter_mut().for_each(|h| h.guards.insert(0, own.clone()));
            inner
        }
        None => vec![Handler { handler: Some(world.function_ref(f)), value: Some(own), ..Handler::default() }],
    };
    let marks = f.marks.borrow().clone();
    for mark in marks {
        let Some(symbol) = &mark.symbol else { continue };
        if let Some(allowed) = required(world, symbol, &mark.args) {
            if symbol.ends_with(".api_view") {
                let guards = drf_guards::of_function(world, f);
                found.iter_mut().for_each(|h| {
                    h.framework = Some(SmolStr::new_static("drf"));
                    h.guards.extend(guards.iter().cloned());
                });
            }
            restrict(&mut found, &allowed);
        }
    }
    found
}

/// `{"get": "list"}` as pairs.
pub(super) fn action_map(world: &mut World<'_>, actions: &Value) -> Vec<(SmolStr, SmolStr)> {
    let Value::Dict(dict) = world.force(actions) else { return Vec::new() };
    let entries: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
    entries.iter().filter_map(|(k, v)| Some((k.as_str()?, v.as_str()?))).collect()
}

/// The handlers of a class: its verbs, or what a map gives for them.
pub(super) fn class_view(world: &mut World<'_>, class: &Rc<ClassValue>, actions: Option<&[(SmolStr, SmolStr)]>) -> Vec<Handler> {
    let bases = world.outside_bases(class);
    let is_rest = bases.iter().any(|b| b.starts_with("rest_framework"));
    let framework = is_rest.then(|| SmolStr::new_static("drf"));
    let allowed = match world.class_attr(class, "http_method_names") {
        Some(names) => world.method_names(&names, 0).filter(|n| !n.is_empty()),
        None => None,
    };
    let pairs: Vec<(SmolStr, SmolStr)> = match actions {
        Some(actions) => actions.to_vec(),
        None => VERBS.iter().map(|v| (SmolStr::new_static(v), SmolStr::new_static(v))).collect(),
    };
    let mut out = Vec::new();
    for (verb, action) in pairs {
        let method = SmolStr::new(verb.to_uppercase());
        if method == "HEAD" || method == "OPTIONS" || allowed.as_ref().is_some_and(|a| !a.contains(&method)) {
            continue;
        }
        let own = member(world, class, &action);
        let Some(handler) = own.or_else(|| actions.map(|_| class_ref(world, class))) else { continue };
        let value = world.class_attr(class, &action);
        let guards = if is_rest { drf_guards::of_class(world, class, value.as_ref(), Some(&action)) } else { Vec::new() };
        out.push(Handler {
            methods: Some(vec![method]),
            handler: Some(handler),
            framework: framework.clone(),
            value,
            class: Some(class.clone()),
            guards,
            ..Handler::default()
        });
    }
    if out.is_empty() && actions.is_none() {
        let guards = if is_rest { drf_guards::of_class(world, class, None, None) } else { Vec::new() };
        out.push(Handler { handler: Some(class_ref(world, class)), framework, class: Some(class.clone()), guards, ..Handler::default() });
    }
    out
}

/// A class as a handler. It stands where its first decorator does: what it inherits is decorated there (`method_decorator`).
pub(super) fn class_ref(world: &World<'_>, class: &ClassValue) -> HandlerRef {
    let mut found = world.class_ref(class);
    if let Some(id) = class.class {
        let tree = &world.module(class.module).tree;
        let lines = tree.class(id).annotations.iter().map(|a| tree.exprs[a.at()].1);
        if let Some(first) = lines.min_by_key(|s| s.start)
            && first.start < found.place.start
        {
            found.place.line = first.line;
            found.place.start = first.start;
        }
    }
    found
}

/// A method of a view class: its own, an ancestor's of the tree, or one that an outside base provides (then at the class).
pub(super) fn member(world: &mut World<'_>, class: &Rc<ClassValue>, name: &str) -> Option<HandlerRef> {
    for base in world.mro(class) {
        match base {
            Value::Class(base) => {
                let found = base.attrs.borrow().get(name).cloned();
                let Some(found) = found else { continue };
                if matches!(found, Value::Null) {
                    return None;
                }
                return world.handler_ref(&found, base.at, 0).or_else(|| Some(class_ref(world, &base)));
            }
            Value::Symbol(symbol) if provided(world, &symbol).iter().any(|p| p == name) => {
                let mut handler = class_ref(world, class);
                handler.symbol = SmolStr::new(format!("{}.{name}", class.name));
                return Some(handler);
            }
            _ => {}
        }
    }
    None
}

/// The handler methods that an outside class provides: by its dotted name, by its package and name, by its last name, or,
/// of a package no model knows, by the family its name ends with (`OrderListView` is a `ListView`).
pub(super) fn provided(world: &World<'_>, symbol: &str) -> Vec<String> {
    let last = symbol.rsplit('.').next().unwrap_or(symbol);
    let classes = || world.input.models.models.iter().filter(|m| m.language == "python").flat_map(|m| &m.classes);
    let within = symbol.split('.').next().map(|package| format!("{package}.{last}")).unwrap_or_default();
    let exact = [symbol, within.as_str(), last].iter().find_map(|name| classes().find_map(|c| c.provides.get(*name)));
    let family = || {
        let names = classes().flat_map(|c| c.provides.iter());
        names
            .filter(|(name, _)| (name.ends_with("View") || name.ends_with("ViewSet")) && last.ends_with(name.as_str()))
            .max_by_key(|(name, _)| name.len())
            .map(|(_, methods)| methods)
    };
    exact.or_else(family).cloned().unwrap_or_default()
}
