//! Falcon: resources, whose methods `on_get`, `on_post_item` answer
//! (https://falcon.readthedocs.io/en/stable/api/routing.html).

use super::CallSite;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

const VERBS: &[&str] = &["get", "head", "post", "put", "patch", "delete", "options"];

/// `app.add_route(path, resource, suffix=..)`.
pub(super) fn add_route(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.as_ref()?;
    let path = site.args.get(0, "uri_template").cloned();
    let resource = world.force(site.args.get(1, "resource")?);
    let suffix = site.args.name("suffix").and_then(|v| world.force(v).as_str());
    let mut is_known = false;
    for one in resource.alternatives() {
        let class = match world.force(&one) {
            Value::Instance(instance) => instance.class.clone(),
            Value::Class(class) => class,
            _ => continue,
        };
        is_known = true;
        let guards = hooks(world, &class);
        for verb in VERBS.iter().chain(&["websocket"]) {
            let name = suffix.as_ref().map_or_else(|| format!("on_{verb}"), |s| format!("on_{verb}_{s}"));
            let Some(handler) = world.class_attr(&class, &name) else { continue };
            let is_socket = *verb == "websocket";
            let method = if is_socket { SmolStr::new_static("GET") } else { SmolStr::new(verb.to_uppercase()) };
            let route = RouteEvent {
                methods: Some(vec![method]),
                path: path.clone(),
                handler: Some(handler),
                guards: guards.clone(),
                protocol: is_socket.then(|| SmolStr::new_static("websocket")),
                ..RouteEvent::default()
            };
            world.register(object, What::Route(route), site.at);
        }
    }
    if !is_known {
        let route = RouteEvent { path, handler: Some(resource), ..RouteEvent::default() };
        world.register(object, What::Route(route), site.at);
    }
    Some(Value::Null)
}

/// What `@falcon.before(hook)` puts before all methods of a class.
fn hooks(world: &mut World<'_>, class: &Rc<ClassValue>) -> Vec<Value> {
    let mut out = Vec::new();
    for one in world.mro(class) {
        let Value::Class(one) = one else { continue };
        let marks = one.marks.borrow().clone();
        for mark in marks.iter().filter(|m| m.symbol.as_deref().is_some_and(|s| s.ends_with("before"))) {
            out.extend(mark.args.at(0).cloned());
        }
    }
    out
}
