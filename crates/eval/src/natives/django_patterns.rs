//! Django: patterns that code takes apart again, as what decorates the views of a whole list does
//! (`pattern.callback = login_required(pattern.callback)`, `pattern.url_patterns`).

use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// Deepest includes in includes.
const MAX_DEPTH: u32 = 16;

/// An attribute of a pattern: its view, or the patterns below it.
pub(super) fn attribute(world: &mut World<'_>, name: &str, object: &Rc<Object>) -> Option<Value> {
    match name {
        "callback" => Some(view(object).unwrap_or(Value::Null)),
        "url_patterns" => {
            let mut below = Vec::new();
            for child in children(object) {
                collect(world, &child, &mut below, 0);
            }
            Some(Value::list(below))
        }
        _ => None,
    }
}

fn view(object: &Object) -> Option<Value> {
    object.events.borrow().iter().find_map(|event| match &event.what {
        What::Route(route) => route.handler.clone(),
        _ => None,
    })
}

fn children(object: &Object) -> Vec<Value> {
    let events = object.events.borrow();
    events.iter().filter_map(|event| if let What::Mount { child, .. } = &event.what { Some(child.clone()) } else { None }).collect()
}

/// The patterns in what is mounted: lists, and includes of them.
fn collect(world: &mut World<'_>, value: &Value, out: &mut Vec<Value>, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    match world.force(value) {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            for item in items {
                collect(world, &item, out, depth + 1);
            }
        }
        Value::Object(object) if is_pattern(world, &object) => out.push(Value::Object(object)),
        Value::Object(object) => {
            for child in children(&object) {
                collect(world, &child, out, depth + 1);
            }
        }
        _ => {}
    }
}

fn is_pattern(world: &World<'_>, object: &Object) -> bool {
    object.kind.get().is_some_and(|kind| world.input.models.role_name(kind) == "pattern")
}

/// Puts another view into a pattern; false for anything else.
pub(super) fn set(world: &World<'_>, object: &Rc<Object>, name: &str, value: &Value) -> bool {
    if name != "callback" || !is_pattern(world, object) {
        return false;
    }
    for event in object.events.borrow_mut().iter_mut() {
        if let What::Route(route) = &event.what {
            let route = RouteEvent { handler: Some(value.clone()), ..route.clone() };
            *event = Rc::new(Event {
                what: What::Route(route),
                at: event.at,
                conditions: event.conditions.clone(),
                entry: event.entry,
                via: event.via.clone(),
            });
        }
    }
    true
}
