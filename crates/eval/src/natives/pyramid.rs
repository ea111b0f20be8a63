//! Pyramid: routes with a name, and views that name the route they answer
//! (https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/urldispatch.html).

use super::CallSite;
use crate::handler::Handler;
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Views that code adds: (route name, view, methods, guard).
const VIEWS: &str = "pyramid.views";

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "view" => {
            let route = site.args.name("route_name")?.clone();
            let view = site.args.get(0, "view").cloned().unwrap_or(Value::Null);
            let attr = site.args.name("attr").and_then(|v| world.force(v).as_str());
            let view = match (attr, world.force(&view)) {
                (Some(attr), Value::Class(class)) => world.class_attr(&class, &attr).unwrap_or(view),
                (None, text @ Value::Text(_)) => text.as_str().and_then(|s| world.import_string(&s, site.at)).unwrap_or(view),
                _ => view,
            };
            let methods = site.args.name("request_method").cloned().unwrap_or(Value::Null);
            // `permission=` says here what it says in the decorator.
            let guard = Value::Unknown(Rc::new(Unknown {
                label: "add_view".into(),
                callee: Some("pyramid.view.view_config".into()),
                args: site.args.clone(),
                at: Some(site.at),
                ..Unknown::default()
            }));
            world.notes.entry(VIEWS).or_default().push(Value::list(vec![route, view, methods, guard]));
            Some(Value::Null)
        }
        "include" => include(world, site),
        _ => None,
    }
}

/// `config.include("package.module", route_prefix="/x")`: calls its `includeme` with a configurator below the prefix.
fn include(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.as_ref()?;
    let given = world.force(site.args.get(0, "callable")?);
    let found = match given.as_str() {
        Some(name) => {
            let name = if name.starts_with('.') { absolute(world, &name) } else { name };
            world.import_string(&SmolStr::new(format!("{name}.includeme")), site.at).or_else(|| world.import_string(&name, site.at))
        }
        None => Some(given),
    };
    let found = found.map(|v| world.force(&v));
    let function = match found {
        Some(Value::Module(id)) => world.get_attr(&Value::Module(id), "includeme", Some(site.at)),
        other => other,
    };
    let Some(function @ (Value::Function(_) | Value::BoundFunction(_))) = function else {
        if !matches!(&function, Some(Value::Symbol(_)) | None) {
            let message = "what is included here could not be followed";
            world.trouble_at(TroubleKind::UnresolvedMount, site.at, message, "its endpoints are missing");
        }
        return Some(Value::Null);
    };
    let kind = world.input.models.kind(site.model, "included")?;
    let child = world.make_object(Some(kind), site.at, None, false);
    let prefix = site.args.name("route_prefix").cloned();
    *child.prefix.borrow_mut() = prefix.filter(|p| !matches!(p, Value::Null));
    let mount = What::Mount { prefix: None, child: Value::Object(child.clone()), replaces: false, route: None };
    world.register(object, mount, site.at);
    world.call_value(&function, Args::of(vec![Value::Object(child)]), site.at);
    Some(Value::Null)
}

/// A dotted name that is relative to the package of the code that runs.
fn absolute(world: &World<'_>, name: &str) -> SmolStr {
    let Some(module) = world.budget.last() else { return name.into() };
    let file = world.module(*module).file;
    let own = world.resolver.module_name(file);
    let is_package = world.path_of(*module).ends_with("__init__.py");
    let package = if is_package { own.as_str() } else { own.rsplit_once('.').map_or("", |(p, _)| p) };
    SmolStr::new(format!("{package}{name}").trim_start_matches('.'))
}

/// The views of a named route.
pub(super) fn handlers(world: &mut World<'_>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    let name = route.handler.as_ref()?.as_str()?;
    let mut views: Vec<(Value, Option<Vec<SmolStr>>, Option<Rc<ClassValue>>, Vec<Value>)> = Vec::new();
    for note in world.notes.get(VIEWS).cloned().unwrap_or_default() {
        let Value::List(list) = note else { continue };
        let items = list.items.borrow().clone();
        let [of, view, methods, guard] = items.as_slice() else { continue };
        if of.as_str().is_some_and(|n| n == name) {
            let methods = world.method_names(methods, 0);
            views.push((view.clone(), methods, None, vec![guard.clone()]));
        }
    }
    for f in world.closures.clone() {
        let home = f.home.borrow().clone();
        let defaults = home.as_ref().map(|c| defaults_of(c)).unwrap_or_default();
        let marks = f.marks.borrow().clone();
        for mark in marks.iter().filter(|m| m.symbol.as_deref().is_some_and(is_view)) {
            let of = mark.args.name("route_name").or(defaults.name("route_name"));
            if of.and_then(Value::as_str).is_some_and(|n| n == name) {
                let methods = mark.args.name("request_method").or(defaults.name("request_method")).cloned();
                let methods = methods.and_then(|m| world.method_names(&m, 0));
                views.push((Value::Function(f.clone()), methods, home.clone(), Vec::new()));
            }
        }
    }
    let mut seen: Vec<(Option<usize>, Option<Vec<SmolStr>>)> = Vec::new();
    let mut out = Vec::new();
    for (view, methods, class, guards) in views {
        let key = (view.ptr(), methods.clone());
        if key.0.is_some() && seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let methods = methods.or_else(|| route.methods.clone());
        let handler = world.handler_ref(&view, at, 0);
        out.push(Handler { methods, handler, value: Some(view), class, guards, ..Handler::default() });
    }
    if out.is_empty() {
        out.push(Handler { methods: route.methods.clone(), ..Handler::default() });
    }
    Some(out)
}

fn is_view(symbol: &str) -> bool {
    matches!(symbol, "pyramid.view.view_config" | "pyramid.view.notfound_view_config")
}

/// The arguments of `@view_defaults` on a class.
fn defaults_of(class: &ClassValue) -> Args {
    let marks = class.marks.borrow();
    let found = marks.iter().find(|m| m.symbol.as_deref() == Some("pyramid.view.view_defaults"));
    found.map(|m| m.args.clone()).unwrap_or_default()
}
