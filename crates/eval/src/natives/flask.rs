//! Flask: rules that name an endpoint registered elsewhere, and applications under a dispatcher.

use super::CallSite;
use crate::handler::Handler;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    if name != "dispatcher" {
        return None;
    }
    let kind = world.input.models.kind(site.model, "dispatcher")?;
    let front = world.make_object(Some(kind), site.at, None, false);
    if let Some(app) = site.args.get(0, "app") {
        world.mount_list(&front, None, app, false, site.at, None);
    }
    let mounts = site.args.get(1, "mounts").map(|m| world.force(m));
    if let Some(Value::Dict(mounts)) = mounts {
        let entries: Vec<(Value, Value)> = mounts.entries.borrow().values().cloned().collect();
        for (prefix, app) in entries {
            world.mount_list(&front, Some(prefix), &app, false, site.at, None);
        }
    }
    Some(Value::Object(front))
}

/// The handler of a rule that only names its endpoint (`add_url_rule("/", endpoint="blog.index")`).
pub(super) fn handlers(world: &mut World<'_>, object: &Rc<Object>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    let endpoint = route.handler.as_ref()?.as_str()?;
    let (blueprint, name) = match endpoint.rsplit_once('.') {
        Some((blueprint, name)) => (Some(blueprint.rsplit('.').next().unwrap_or(blueprint)), name),
        None => (None, endpoint.as_str()),
    };
    for other in world.objects.clone() {
        if other.kind.get().map(|k| k.model) != object.kind.get().map(|k| k.model) {
            continue;
        }
        let is_it = match blueprint {
            Some(blueprint) => other.args.borrow().get(0, "name").and_then(Value::as_str).is_some_and(|n| n == blueprint),
            None => other.id == object.id,
        };
        if !is_it {
            continue;
        }
        let events = other.events.borrow().clone();
        for event in events {
            if let What::Route(found) = &event.what
                && let Some(handler) = &found.handler
                && function_name(world, handler).is_some_and(|n| n == name)
            {
                return Some(world.handlers(&RouteEvent { methods: route.methods.clone(), ..found.clone() }, at));
            }
        }
    }
    Some(vec![Handler { methods: route.methods.clone(), ..Handler::default() }])
}

/// The handlers of a plain class whose methods are verbs (flask-openapi3's views).
pub(super) fn class_verbs(world: &mut World<'_>, route: &RouteEvent) -> Option<Vec<Handler>> {
    let Value::Class(class) = world.force(route.handler.as_ref()?) else { return None };
    if world.handler_class(&class).is_some() {
        return None;
    }
    let mut out = Vec::new();
    for verb in ["get", "post", "put", "patch", "delete"] {
        let Some(found) = world.class_attr(&class, verb) else { continue };
        let handler = world.handler_ref(&found, class.at, 0);
        let methods = Some(vec![SmolStr::new(verb.to_uppercase())]);
        out.push(Handler { methods, handler, value: Some(found), class: Some(class.clone()), ..Handler::default() });
    }
    (!out.is_empty()).then_some(out)
}

fn function_name(world: &mut World<'_>, handler: &Value) -> Option<SmolStr> {
    match world.force(handler) {
        Value::Function(f) => world.module(f.module).tree.function(f.function).name.clone(),
        _ => None,
    }
}
