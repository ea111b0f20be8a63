//! Rust web frameworks: what their builders take that only code can read.

use super::CallSite;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Deepest chain of guards that is read.
const MAX_DEPTH: u32 = 8;

/// Runs a native of these frameworks.
pub fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "guard" => guard(world, site),
        "list" => list(world, site),
        "attach" => attach(world, site),
        _ => None,
    }
}

/// `.guard(guard::Put())`: restricts the methods of a route, a resource or a scope.
fn guard(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    let mut methods: Vec<SmolStr> = Vec::new();
    let value = site.args.at(0).cloned()?;
    guard_methods(world, &value, &mut methods, 0);
    if !methods.is_empty() {
        let list = Value::list(methods.into_iter().map(Value::text).collect());
        object.props.borrow_mut().insert("@methods".into(), list);
    }
    Some(Value::Object(object))
}

fn guard_methods(world: &mut World<'_>, value: &Value, into: &mut Vec<SmolStr>, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let Value::Unknown(unknown) = world.force(value) else { return };
    let callee = unknown.callee.clone().unwrap_or_default();
    let last = callee.rsplit('.').next().unwrap_or_default();
    match last {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" | "Connect" | "Trace" => {
            into.push(SmolStr::new(last.to_uppercase()));
        }
        "Method" => into.extend(unknown.args.at(0).and_then(|m| world.method_names(m, 0)).unwrap_or_default()),
        "Any" | "All" | "or" | "and" => {
            for item in unknown.args.items.clone() {
                guard_methods(world, &item, into, depth + 1);
            }
        }
        _ => {}
    }
}

/// A part of an application that is attached: a function of the application, or an object whose `on_ignite` is one.
fn attach(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = Value::Object(site.receiver.clone()?);
    let part = world.force(site.args.at(0)?);
    let args = Args::of(vec![object.clone()]);
    match &part {
        Value::Function(_) | Value::BoundFunction(_) => {
            world.call_value(&part, args, site.at);
        }
        Value::Instance(_) | Value::Class(_) => {
            let Some(ignite) = world.get_attr(&part, "on_ignite", None) else { return Some(object) };
            if matches!(ignite, Value::Function(_) | Value::BoundFunction(_)) {
                let args = match &ignite {
                    Value::Function(_) => Args::of(vec![part.clone(), object.clone()]),
                    _ => args,
                };
                world.call_value(&ignite, args, site.at);
            }
        }
        _ => {}
    }
    Some(object)
}

/// `routes![a, b]`: a list that code may extend, of objects that remember the conditions they were made under.
fn list(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let role = site.call.role.as_deref()?;
    let mut all = Vec::new();
    for child in site.args.items.clone() {
        let object = object(world, site, role)?;
        world.register(&object, What::Mount { prefix: None, child, replaces: false, route: None }, site.at);
        all.push(Value::Object(object));
    }
    Some(Value::list(all))
}

/// An object of a role.
pub(super) fn object(world: &mut World<'_>, site: &CallSite<'_>, role: &str) -> Option<Rc<Object>> {
    let kind = world.input.models.kind(site.model, role)?;
    Some(world.make_object(Some(kind), site.at, None, false))
}
