//! Litestar: controllers, which stand in the same lists as handlers and routers (https://docs.litestar.dev/latest/usage/routing/).

use crate::models::KindId;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// Puts routers in the place of controller classes that applications and routers list.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    let Some(kind) = world.input.models.kind(model, "controller") else { return };
    for object in world.objects.clone() {
        if object.kind.get().is_none_or(|k| k.model != model) {
            continue;
        }
        let events = object.events.borrow().clone();
        let mut changed = Vec::with_capacity(events.len());
        for event in &events {
            let class = match &event.what {
                What::Mount { child, .. } => match world.force(child) {
                    Value::Class(class) => Some(class),
                    _ => None,
                },
                _ => None,
            };
            let Some(class) = class else {
                changed.push(event.clone());
                continue;
            };
            let child = controller(world, kind, model, &class);
            changed.push(Rc::new(Event {
                what: What::Mount { prefix: None, child: Value::Object(child), replaces: false, route: None },
                at: event.at,
                conditions: event.conditions.clone(),
                entry: event.entry,
                via: event.via.clone(),
            }));
        }
        *object.events.borrow_mut() = changed;
    }
}

fn controller(world: &mut World<'_>, kind: KindId, model: u16, class: &Rc<ClassValue>) -> Rc<Object> {
    let object = world.make_object(Some(kind), class.at, Some(class.clone()), false);
    let prefix = world.class_attr(class, "path").map(|v| world.force(&v));
    *object.prefix.borrow_mut() = prefix;
    if let Some(guards) = world.class_attr(class, "guards") {
        for value in world.items_of(&guards, class.at).0 {
            world.register(&object, What::Guard { value, prefix: None, reach: Reach::All }, class.at);
        }
    }
    for (owner, _, value) in world.members(class) {
        for (of, route) in world.annotated_routes(&value) {
            if of == model {
                let at = route.annotation.unwrap_or(owner.at);
                world.register(&object, What::Route(route), at);
            }
        }
    }
    object
}
