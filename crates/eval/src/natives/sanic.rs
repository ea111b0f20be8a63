//! Sanic: groups of blueprints, and versions, which stand before all prefixes
//! (https://sanic.dev/en/guide/advanced/versioning.html). Versions of single routes are left out.

use super::CallSite;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// Groups nest at most so deep.
const MAX_DEPTH: u32 = 12;

/// The property of what moved.
const MOVED: &str = "@moved";

/// What is known on the way to a blueprint.
#[derive(Clone, Default)]
struct Way {
    prefix: Text,
    version: Option<Text>,
    guards: Vec<Rc<Event>>,
}

/// `Blueprint.group(one, two, url_prefix="/x", version=1)`.
pub(super) fn group(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, "group")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    *object.prefix.borrow_mut() = site.args.name("url_prefix").cloned().filter(|v| !matches!(v, Value::Null));
    for child in &site.args.items {
        world.mount_list(&object, None, child, false, site.at, None);
    }
    *object.args.borrow_mut() = site.args.clone();
    Some(Value::Object(object))
}

/// Mounts versioned blueprints on their applications by their whole prefix.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for app in world.objects.clone() {
        let is_app = app.kind.get().is_some_and(|k| k.model == model && world.input.models.role(k).root);
        if is_app {
            let app_events = kept(world, &app, &app, model, &Way::default(), 0);
            let added: Vec<Rc<Event>> = app.events.borrow().iter().skip(app_events.1).cloned().collect();
            *app.events.borrow_mut() = app_events.0.into_iter().chain(added).collect();
        }
    }
    clear_moved(world, model);
}

/// Takes away what moved to an application and hangs nowhere else.
fn clear_moved(world: &mut World<'_>, model: u16) {
    let is_moved = |o: &Rc<Object>| o.props.borrow().contains_key(MOVED);
    let own: Vec<Rc<Object>> = world.objects.iter().filter(|o| o.kind.get().is_some_and(|k| k.model == model)).cloned().collect();
    let mut held: Vec<u32> = Vec::new();
    for object in own.iter().filter(|o| !is_moved(o)) {
        let events = object.events.borrow().clone();
        for event in events {
            if let What::Mount { child, .. } = &event.what
                && let Value::Object(child) = world.force(child)
            {
                held.push(child.id);
            }
        }
    }
    for object in own.iter().filter(|o| is_moved(o) && !held.contains(&o.id)) {
        object.events.borrow_mut().clear();
    }
}

/// The events of an object that stay where they are, and how many it had; the versioned children go to the application.
fn kept(world: &mut World<'_>, app: &Rc<Object>, object: &Rc<Object>, model: u16, way: &Way, depth: u32) -> (Vec<Rc<Event>>, usize) {
    let events = object.events.borrow().clone();
    let count = events.len();
    if depth > MAX_DEPTH {
        return (events, count);
    }
    let mut out = Vec::new();
    for event in events {
        let (prefix, child) = match &event.what {
            What::Mount { prefix, child, .. } => match world.force(child) {
                Value::Object(child) if child.kind.get().is_some_and(|k| k.model == model) => (prefix.clone(), child),
                _ => {
                    out.push(event);
                    continue;
                }
            },
            _ => {
                out.push(event);
                continue;
            }
        };
        let own = prefix.or_else(|| child.prefix.borrow().clone());
        let mut below = way.clone();
        if let Some(own) = own {
            let own = world.to_text(&own, event.at);
            below.prefix.push(&own);
        }
        if let Some(version) = version_of(world, &child) {
            below.version = Some(version);
        }
        below.guards.extend(object.events.borrow().iter().filter(|e| depth > 0 && matches!(e.what, What::Guard { .. })).cloned());
        let (stay, had) = kept(world, app, &child, model, &below, depth + 1);
        if below.version.is_none() {
            let changed = stay.len() != had;
            if changed {
                *child.events.borrow_mut() = stay;
            }
            out.push(event);
            continue;
        }
        move_to(world, app, &child, &event, below, stay);
    }
    (out, count)
}

/// Mounts what a blueprint has on the application, below its version.
fn move_to(world: &mut World<'_>, app: &Rc<Object>, child: &Rc<Object>, event: &Rc<Event>, way: Way, own: Vec<Rc<Event>>) {
    let mut text = way.version.unwrap_or_default();
    text.push(&way.prefix);
    let moved = world.make_object(child.kind.get(), child.site, child.class.clone(), false);
    *moved.prefix.borrow_mut() = Some(Value::Text(Rc::new(text)));
    let routes = own.into_iter().filter(|e| !matches!(e.what, What::Mount { .. }));
    *moved.events.borrow_mut() = way.guards.into_iter().chain(routes).collect();
    let mount = What::Mount { prefix: None, child: Value::Object(moved), replaces: false, route: None };
    app.events.borrow_mut().push(Rc::new(Event {
        what: mount,
        at: event.at,
        conditions: event.conditions.clone(),
        entry: event.entry,
        via: event.via.clone(),
    }));
    child.props.borrow_mut().insert(MOVED.into(), Value::Bool(true));
}

/// `/v1`: what a version puts before all prefixes.
fn version_of(world: &mut World<'_>, object: &Object) -> Option<Text> {
    let args = object.args.borrow().clone();
    let version = world.force(args.name("version")?);
    if matches!(version, Value::Null) {
        return None;
    }
    let prefix = args.name("version_prefix").cloned().unwrap_or_else(|| Value::text("/v"));
    let mut text = world.to_text(&prefix, object.site);
    let version = world.to_text(&version, object.site).map_start(|s| s.trim_start_matches(['/', 'v']).into());
    text.push(&version);
    Some(text)
}
