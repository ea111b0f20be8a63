//! AdonisJS: one router for the whole application, groups whose routes are those that their function registers on it,
//! resources, and handlers named as a controller and a method.

use super::CallSite;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// The note that holds the router and the groups being made, innermost last.
const STACK: &str = "adonis";
/// Actions of a resource: name, methods, what follows the resource's path, and whether it is about one item.
const ACTIONS: &[(&str, &[&str], &str, bool)] = &[
    ("index", &["GET"], "", false),
    ("create", &["GET"], "/create", false),
    ("store", &["POST"], "", false),
    ("show", &["GET"], "", true),
    ("edit", &["GET"], "/edit", true),
    ("update", &["PUT", "PATCH"], "", true),
    ("destroy", &["DELETE"], "", true),
];

/// Runs a call.
pub fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "route" => route(world, site),
        "group" => group(world, site),
        "resource" => resource(world, site),
        "restrict" => restrict(world, site),
        _ => None,
    }
}

/// The router or group that routes are added to now.
fn current(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Rc<Object>> {
    if let Some(Value::Object(top)) = world.notes.get(STACK).and_then(|s| s.last()) {
        return Some(top.clone());
    }
    let kind = world.input.models.kind(site.model, "router")?;
    let entry = world.entry.take();
    let router = world.make_object(Some(kind), site.at, None, false);
    world.entry = entry;
    world.notes.entry(STACK).or_default().push(Value::Object(router.clone()));
    Some(router)
}

fn route(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let method = |name: &str| vec![SmolStr::new(name.to_ascii_uppercase())];
    let (methods, handler) = match site.name.as_str() {
        "any" => (None, site.args.at(1)),
        "route" => {
            let given = site.args.at(1)?.clone();
            (world.method_names(&given, 0), site.args.at(2))
        }
        "on" => (Some(method("get")), None),
        verb => (Some(method(verb)), site.args.at(1)),
    };
    let handler = handler.cloned().map(|handler| resolved(world, &handler, site.at));
    let event = RouteEvent { methods, path: site.args.at(0).cloned(), handler, ..RouteEvent::default() };
    // A router of its own, for the middleware that it is given afterwards.
    let own = mounted(world, site, "route")?;
    world.register(&own, What::Route(event), site.at);
    Some(Value::Object(own))
}

fn group(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let child = mounted(world, site, "group")?;
    world.notes.entry(STACK).or_default().push(Value::Object(child.clone()));
    let callback = site.args.at(0).cloned().unwrap_or(Value::Null);
    world.call_value(&callback, Args::default(), site.at);
    if let Some(stack) = world.notes.get_mut(STACK) {
        stack.pop();
    }
    Some(Value::Object(child))
}

/// An object of a role, mounted on the current one.
fn mounted(world: &mut World<'_>, site: &CallSite<'_>, role: &str) -> Option<Rc<Object>> {
    let top = current(world, site)?;
    let kind = world.input.models.kind(site.model, role)?;
    let child = world.make_object(Some(kind), site.at, None, false);
    let mount = What::Mount { prefix: None, child: Value::Object(child.clone()), replaces: false, route: None };
    world.register(&top, mount, site.at);
    Some(child)
}

fn resource(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let child = mounted(world, site, "resource")?;
    *child.args.borrow_mut() = site.args.clone();
    child.props.borrow_mut().insert("@shallow".into(), Value::Bool(site.name == "shallowResource"));
    fill(world, &child, &|_| true, site.at)?;
    Some(Value::Object(child))
}

/// `only([..])`, `except([..])`, `apiOnly()`.
fn restrict(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    let listed: Vec<SmolStr> = match site.args.at(0) {
        Some(list) => world.items_of(list, site.at).0.iter().filter_map(Value::as_str).collect(),
        None => Vec::new(),
    };
    let has = |name: &str| listed.iter().any(|l| l == name);
    object.events.borrow_mut().retain(|e| matches!(e.what, What::Guard { .. }));
    let at = object.site;
    match site.name.as_str() {
        "only" => fill(world, &object, &has, at)?,
        "except" => fill(world, &object, &|name| !has(name), at)?,
        _ => fill(world, &object, &|name| !matches!(name, "create" | "edit"), at)?,
    }
    Some(Value::Object(object))
}

/// Registers the actions of a resource that are wanted.
fn fill(world: &mut World<'_>, object: &Rc<Object>, wanted: &dyn Fn(&str) -> bool, at: Place) -> Option<()> {
    let args = object.args.borrow().clone();
    let shallow = matches!(object.props.borrow().get("@shallow"), Some(Value::Bool(true)));
    let name = args.at(0)?.as_str()?;
    let parts: Vec<&str> = name.trim_matches('/').split('.').collect();
    let (last, parents) = parts.split_last()?;
    let mut nested = String::new();
    for parent in parents {
        nested.push_str(&format!("/{parent}/:{}_id", singular(parent.rsplit('/').next().unwrap_or(parent))));
    }
    let controller = args.at(1).map(|v| controller(world, v, at));
    for (action, methods, suffix, item) in ACTIONS {
        if !wanted(action) {
            continue;
        }
        let above = if *item && shallow { "" } else { nested.as_str() };
        let id = if *item { "/:id" } else { "" };
        let handler = match &controller {
            Some(Value::Class(class)) => world.class_attr(class, action).or_else(|| Some(Value::Class(class.clone()))),
            _ => None,
        };
        let event = RouteEvent {
            methods: Some(methods.iter().map(|m| SmolStr::new_static(m)).collect()),
            path: Some(Value::text(format!("{above}/{last}{id}{suffix}"))),
            handler,
            ..RouteEvent::default()
        };
        world.register(object, What::Route(event), at);
    }
    Some(())
}

fn singular(name: &str) -> String {
    let name = name.replace('-', "_");
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').unwrap_or(&name).to_owned(),
    }
}

/// The class behind a controller: itself, a function that imports it, a module, its name.
fn controller(world: &mut World<'_>, value: &Value, at: Place) -> Value {
    let value = match world.force(value) {
        Value::Function(f) => {
            let loaded = world.call_closure(&f, None, Args::default(), at);
            world.force(&loaded)
        }
        other => other,
    };
    match &value {
        Value::Module(_) => {
            let default = world.member(&value, "default").unwrap_or(Value::Null);
            world.force(&default)
        }
        Value::Text(text) => match text.known() {
            Some(name) => named_controller(world, &name),
            None => value.clone(),
        },
        _ => value,
    }
}

/// A controller by its name, in the folders where the framework looks for them.
fn named_controller(world: &mut World<'_>, name: &str) -> Value {
    let ends = ["Controllers/Http", "controllers/http", "controllers"].map(|folder| format!("app/{folder}/{name}.ts"));
    let file = world.input.files.iter().find(|(_, f)| ends.iter().any(|e| f.path == *e || f.path.ends_with(&format!("/{e}"))));
    let Some((file, _)) = file else { return Value::Null };
    let Some(id) = world.module_of(file) else { return Value::Null };
    world.run_module(id);
    let default = world.member(&Value::Module(id), "default").unwrap_or(Value::Null);
    world.force(&default)
}

/// The function that a route's handler stands for.
fn resolved(world: &mut World<'_>, value: &Value, at: Place) -> Value {
    let value = world.force(value);
    let (class, method) = match &value {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            let Some(first) = items.first() else { return value.clone() };
            let method = items.get(1).and_then(Value::as_str).unwrap_or_else(|| SmolStr::new_static("handle"));
            (controller(world, first, at), method)
        }
        Value::Text(text) => {
            let Some(known) = text.known() else { return value.clone() };
            let Some((name, method)) = known.rsplit_once('.') else { return value.clone() };
            (named_controller(world, name), SmolStr::new(method))
        }
        _ => return value,
    };
    match class {
        Value::Class(class) => world.class_attr(&class, &method).unwrap_or(Value::Class(class)),
        other => other,
    }
}
