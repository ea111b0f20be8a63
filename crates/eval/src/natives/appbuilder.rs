//! Flask-AppBuilder: views and REST APIs are classes; what they expose is collected from their methods and from what the
//! framework's own classes expose. The views it adds by itself are in `appbuilder_own`.

use super::CallSite;
use crate::handler::Handler;
use crate::output::{HandlerRef, Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Rows of ancestors are followed this deep.
const MAX_DEPTH: u32 = 8;

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        // The decorator, waiting for its function.
        "expose" => Some(Value::Method(Rc::new(Bound {
            receiver: Value::Symbol(SmolStr::new(format!("@appbuilder.{}", site.name))),
            name: SmolStr::default(),
            args: site.args.clone(),
        }))),
        "mark" => mark(world, site),
        "add" => {
            let view = site.args.get(0, "baseview")?.clone();
            let object = site.receiver.clone()?;
            add(world, &object, &view, site.at);
            Some(view)
        }
        _ => None,
    }
}

/// Notes what `@expose(url, methods)` says on its function.
fn mark(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let function = site.args.items.last()?.clone();
    let Value::Function(f) = world.force(&function) else { return Some(function) };
    let given = Args { items: site.args.items[..site.args.items.len() - 1].to_vec(), ..site.args.clone() };
    let is_api = site.name == "expose_api";
    let (url, methods) =
        if is_api { (given.get(1, "url"), given.get(2, "methods")) } else { (given.get(0, "url"), given.get(1, "methods")) };
    let url = match (url, is_api) {
        (Some(url), _) => url.clone(),
        (None, false) => Value::text("/"),
        (None, true) => Value::text(format!("/api/{}", given.get(0, "name").and_then(Value::as_str).unwrap_or_default())),
    };
    let row = Value::tuple(vec![url, methods.cloned().unwrap_or(Value::Null)]);
    let mut props = f.props.borrow_mut();
    match props.get("@expose") {
        Some(Value::List(rows)) => rows.items.borrow_mut().push(row),
        _ => {
            props.insert("@expose".into(), Value::list(vec![row]));
        }
    }
    Some(function.clone())
}

/// Adds a view class, or an instance of one, to an application builder; a class counts once.
pub(super) fn add(world: &mut World<'_>, object: &Rc<Object>, view: &Value, at: Place) {
    for view in world.force(view).alternatives() {
        let view = match world.force(&view) {
            Value::Instance(instance) => Value::Class(instance.class.clone()),
            Value::Unknown(u) if u.callee.is_some() => Value::Symbol(u.callee.clone().unwrap_or_default()),
            other => other,
        };
        match &view {
            Value::Class(_) | Value::Symbol(_) => {
                let events = object.events.borrow().clone();
                let known = events.iter().any(|e| match &e.what {
                    What::Route(route) => route.handler.as_ref().is_some_and(|h| h.same(&view)) && e.entry == world.entry,
                    _ => false,
                });
                if known {
                    continue;
                }
                let path = Some(base_path(world, object, &view, at));
                world.register(object, What::Route(RouteEvent { path, handler: Some(view), by_class: true, ..RouteEvent::default() }), at);
            }
            Value::Null => {}
            other => {
                let message = format!("the view `{}` added here could not be followed", world.label(other));
                world.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "its endpoints are missing");
            }
        }
    }
}

/// What a class of the framework provides, by its last name, ancestors' rows last.
fn rows(world: &World<'_>, model: u16, last: &str, depth: u32) -> Vec<String> {
    let classes = &world.input.models.model(model).classes;
    let Some(own) = classes.iter().find_map(|c| c.provides.get(last)) else { return Vec::new() };
    let mut out = Vec::new();
    for row in own {
        match row.strip_prefix('@') {
            Some(parent) if depth < MAX_DEPTH => {
                out.push(row.clone());
                let known: Vec<String> = out.iter().map(|r| row_name(r).to_owned()).collect();
                out.extend(rows(world, model, parent, depth + 1).into_iter().filter(|r| !known.iter().any(|k| k == row_name(r))));
            }
            Some(_) => {}
            None => out.push(row.clone()),
        }
    }
    out
}

/// The method or attribute that a row is about.
fn row_name(row: &str) -> &str {
    row.split([' ', '=']).next().unwrap_or(row)
}

fn last(symbol: &str) -> &str {
    symbol.rsplit('.').next().unwrap_or(symbol)
}

/// The first of the tree's and the framework's ancestors that gives an attribute.
fn attribute(world: &mut World<'_>, model: u16, view: &Value, name: &str) -> Option<Value> {
    let ancestors = match view {
        Value::Class(class) => world.mro(class),
        other => vec![other.clone()],
    };
    for base in ancestors {
        match base {
            Value::Class(class) => {
                let found = class.attrs.borrow().get(name).cloned();
                match found.map(|v| world.force(&v)) {
                    None | Some(Value::Null) => {}
                    found => return found,
                }
            }
            Value::Symbol(symbol) => {
                let found = rows(world, model, last(&symbol), 0).into_iter().find_map(|r| {
                    let (key, value) = r.split_once('=')?;
                    (key == name).then(|| Value::text(value))
                });
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a class is a REST API, whose base path has a version and a resource name.
fn is_api(world: &mut World<'_>, model: u16, view: &Value) -> bool {
    let outside = match view {
        Value::Class(class) => world.outside_bases(class),
        Value::Symbol(symbol) => vec![symbol.clone()],
        _ => return false,
    };
    outside
        .iter()
        .any(|s| last(s) == "BaseApi" || last(s).ends_with("RestApi") || rows(world, model, last(s), 0).iter().any(|r| r == "@BaseApi"))
}

/// The path all endpoints of a view start with, without a slash at its end.
fn base_path(world: &mut World<'_>, object: &Rc<Object>, view: &Value, at: Place) -> Value {
    let model = object.kind.get().map_or(0, |k| k.model);
    if let Some(base) = attribute(world, model, view, "route_base") {
        let text = world.to_text(&base, at);
        return match text.known() {
            Some(known) if known.ends_with('/') => Value::text(known.trim_end_matches('/')),
            _ => base,
        };
    }
    let name = match view {
        Value::Class(class) => class.name.to_lowercase(),
        Value::Symbol(symbol) => last(symbol).to_lowercase(),
        _ => String::new(),
    };
    if !is_api(world, model, view) {
        return Value::text(format!("/{name}"));
    }
    let version = attribute(world, model, view, "version").unwrap_or_else(|| Value::text("v1"));
    let resource = attribute(world, model, view, "resource_name").unwrap_or_else(|| Value::text(name));
    let mut text = crate::text::Text::plain("/api/".into(), None);
    text.push(&world.to_text(&version, at));
    text.push_str("/");
    match resource.as_str() {
        Some(known) => text.push_str(&known.to_lowercase()),
        None => text.push(&world.to_text(&resource, at)),
    }
    Value::Text(Rc::new(text))
}

/// The endpoints of an added view.
pub(super) fn handlers(world: &mut World<'_>, object: &Rc<Object>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    let model = object.kind.get()?.model;
    let view = world.force(route.handler.as_ref()?);
    let (ancestors, own) = match &view {
        Value::Class(class) => (world.mro(class), Some(class.clone())),
        other => (vec![other.clone()], None),
    };
    let mut names = |name: &str| own.as_ref().and_then(|c| world.class_attr(c, name)).and_then(|v| names_in(world, &v));
    let only = names("include_route_methods");
    let never = names("exclude_route_methods");
    let served = |name: &str| !never.as_ref().is_some_and(|n| n.has(name)) && only.as_ref().is_none_or(|o| o.has(name));
    let is_api = is_api(world, model, &view);
    let mut seen: Vec<SmolStr> = Vec::new();
    let mut out = Vec::new();
    for base in ancestors {
        match base {
            Value::Class(class) => {
                let attrs: Vec<(SmolStr, Value)> = class.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
                for (name, value) in attrs {
                    if seen.contains(&name) {
                        continue;
                    }
                    seen.push(name.clone());
                    if served(&name)
                        && let Value::Function(f) = world.force(&value)
                    {
                        exposed(world, &f, at, &mut out);
                    }
                }
            }
            Value::Symbol(symbol) => {
                let rows = rows(world, model, last(&symbol), 0);
                for row in &rows {
                    let name = row_name(row);
                    if !seen.iter().any(|s| s == name) && served(name) {
                        out.extend(provided(world, own.as_ref(), row, is_api));
                    }
                }
                seen.extend(rows.iter().map(|r| SmolStr::new(row_name(r))));
            }
            _ => {}
        }
    }
    Some(out)
}

/// An endpoint that a class of the framework provides: at the tree's class that inherits it. The framework guards all but
/// those that a fourth word says are open.
fn provided(world: &World<'_>, own: Option<&Rc<ClassValue>>, row: &str, is_api: bool) -> Option<Handler> {
    let mut words = row.split(' ');
    let (name, verbs, path) = (words.next()?, words.next()?, words.next()?);
    let handler = own.map(|class| HandlerRef { symbol: SmolStr::new(format!("{}.{name}", class.name)), ..world.class_ref(class) });
    let guard = match (words.next(), is_api) {
        (Some(_), _) => "@appbuilder.open",
        (None, true) => "flask_appbuilder.security.decorators.protect",
        (None, false) => "flask_appbuilder.security.decorators.has_access",
    };
    Some(Handler {
        guards: vec![Value::Symbol(SmolStr::new_static(guard))],
        methods: Some(verbs.split(',').map(SmolStr::new).collect()),
        third_party: handler.is_none(),
        handler,
        suffix: Some(suffix(path)),
        ..Handler::default()
    })
}

fn suffix(path: &str) -> SmolStr {
    if path.is_empty() { SmolStr::default() } else { SmolStr::new(format!("/{}", path.trim_start_matches('/'))) }
}

/// The endpoints of a method, by what `@expose` said of it or of what it wraps.
fn exposed(world: &mut World<'_>, f: &Rc<Closure>, at: Place, out: &mut Vec<Handler>) {
    let mut inner = Some(f.clone());
    for _ in 0..MAX_DEPTH {
        let Some(function) = inner else { return };
        let rows = function.props.borrow().get("@expose").cloned();
        if let Some(Value::List(rows)) = rows {
            let rows = rows.items.borrow().clone();
            for row in rows {
                let Value::List(row) = row else { continue };
                let row = row.items.borrow().clone();
                let [url, methods] = row.as_slice() else { continue };
                let methods = match methods {
                    Value::Null => vec!["GET".into()],
                    methods => world.method_names(methods, 0).unwrap_or_else(|| vec!["GET".into()]),
                };
                let handler = world.handler_ref(&Value::Function(f.clone()), at, 0);
                for url in world.texts(url, at) {
                    let suffix = suffix(&url.show());
                    out.push(Handler {
                        methods: Some(methods.clone()),
                        handler: handler.clone(),
                        suffix: Some(suffix),
                        value: Some(Value::Function(f.clone())),
                        ..Handler::default()
                    });
                }
            }
        }
        let wraps = function.wraps.borrow().clone();
        inner = match wraps.map(|v| world.force(&v)) {
            Some(Value::Function(next)) => Some(next),
            _ => None,
        };
    }
}

/// What a view's list of methods says.
enum Names {
    All(Vec<SmolStr>),
    /// A plain string, in which Python's `in` looks for a part.
    Text(SmolStr),
}

impl Names {
    fn has(&self, name: &str) -> bool {
        match self {
            Names::All(all) => all.iter().any(|n| n == name),
            Names::Text(text) => text.contains(name),
        }
    }
}

/// The texts of a set or list of names; None when it is not one.
fn names_in(world: &mut World<'_>, value: &Value) -> Option<Names> {
    match world.force(value) {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            let unknown = list.open.get() && items.is_empty();
            (!unknown).then(|| Names::All(items.iter().filter_map(|v| world.force(v).as_str()).collect()))
        }
        other => Some(Names::Text(other.as_str()?)),
    }
}
