//! warp: filters that are combined. A filter is a list of ways to be met; a way with a handler is a route.
//!
//! Every combination makes a new filter; those that went into another are no routes by themselves. What extracts from the
//! request (bodies, headers, state) is met always and adds nothing.

use super::CallSite;
use crate::output::Place;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Ways one filter may have.
const MAX_WAYS: usize = 2_000;
/// Properties of a filter object.
const WAYS: &str = "@ways";
const USED: &str = "@used";

/// One way to meet a filter.
#[derive(Clone, Default)]
struct Way {
    path: Text,
    method: Option<SmolStr>,
    handler: Option<Value>,
    at: Option<Place>,
    websocket: bool,
    /// What came before the handler and may reject.
    guards: Vec<Value>,
    /// The handler answers; what maps its reply is none.
    done: bool,
}

/// Runs a native of warp.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    let ways = match name {
        "path" => vec![Way { path: path(world, site), ..Way::default() }],
        "param" => vec![Way { path: Text::plain("/{param}".into(), Some(site.at)), ..Way::default() }],
        "tail" => vec![Way { path: Text::plain("/{*tail}".into(), Some(site.at)), ..Way::default() }],
        "neutral" => vec![Way::default()],
        "method" => vec![Way { method: crate::apply::method_name(&site.name), ..Way::default() }],
        "ws" => vec![Way { websocket: true, ..Way::default() }],
        "and" => {
            let (left, right) = (ways_of(world, &receiver(site)?), ways_of(world, site.args.at(0)?));
            let mut all = Vec::new();
            for a in &left {
                for b in &right {
                    all.push(both(a, b));
                }
            }
            all
        }
        "or" => {
            let mut all = ways_of(world, &receiver(site)?);
            all.extend(ways_of(world, site.args.at(0)?));
            all
        }
        "handle" | "map" => {
            let handler = site.args.at(0)?.clone();
            let set = |way: Way| {
                if name == "map" && way.done {
                    return way;
                }
                // A step before the last one.
                let mut guards = way.guards;
                guards.extend(way.handler);
                Way {
                    handler: Some(handler.clone()),
                    at: Some(site.at),
                    done: name == "handle",
                    guards,
                    path: way.path,
                    method: way.method,
                    websocket: way.websocket,
                }
            };
            ways_of(world, &receiver(site)?).into_iter().map(set).collect()
        }
        _ => return None,
    };
    made(world, site, ways)
}

fn receiver(site: &CallSite<'_>) -> Option<Value> {
    site.receiver.clone().map(Value::Object)
}

/// `path("a")` and `path!("a" / u32)`.
fn path(world: &mut World<'_>, site: &CallSite<'_>) -> Text {
    let mut out = Text::default();
    for arg in &site.args.items {
        let value = world.force(arg);
        let text = world.to_text(&value, site.at);
        let is_macro = site.name.ends_with('!');
        out.push_str("/");
        for part in &text.parts {
            match part {
                Part::Hole { label, .. } if is_macro && label.trim().trim_end_matches("()") == ".." => {}
                // The types of parameters stand where the values come.
                Part::Hole { label, .. } if is_macro => {
                    let name = label.rsplit(['.', ':']).next().unwrap_or(label).to_ascii_lowercase();
                    out.parts.push(Part::Known(SmolStr::new(format!("{{{name}}}")), Some(site.at)));
                }
                other => out.parts.push(other.clone()),
            }
        }
    }
    // The slash before `..`.
    if let Some(Part::Known(text, _)) = out.parts.last_mut()
        && text.ends_with('/')
    {
        *text = SmolStr::new(text.trim_end_matches('/'));
    }
    out
}

fn both(a: &Way, b: &Way) -> Way {
    let mut path = a.path.clone();
    path.push(&b.path);
    Way {
        path,
        method: a.method.clone().or_else(|| b.method.clone()),
        handler: a.handler.clone().or_else(|| b.handler.clone()),
        at: a.at.or(b.at),
        guards: a.guards.iter().chain(&b.guards).chain(b.handler.iter().filter(|_| a.handler.is_some())).cloned().collect(),
        websocket: a.websocket || b.websocket,
        done: false,
    }
}

/// The ways of a filter, which goes into another.
fn ways_of(world: &mut World<'_>, value: &Value) -> Vec<Way> {
    let mut out = Vec::new();
    for one in world.force(value).alternatives() {
        let Value::Object(object) = world.force(&one) else { continue };
        object.props.borrow_mut().insert(USED.into(), Value::Bool(true));
        out.extend(read(&object));
    }
    if out.is_empty() { vec![Way::default()] } else { out }
}

fn read(object: &Object) -> Vec<Way> {
    let props = object.props.borrow();
    let Some(Value::List(list)) = props.get(WAYS) else { return Vec::new() };
    let items = list.items.borrow();
    let mut out = Vec::new();
    for item in items.iter() {
        let Value::Object(way) = item else { continue };
        let events = way.events.borrow();
        let Some(event) = events.first() else { continue };
        if let What::Route(route) = &event.what {
            let path = if let Some(Value::Text(text)) = &route.path { text.as_ref().clone() } else { Text::default() };
            out.push(Way {
                path,
                method: route.methods.as_ref().and_then(|m| m.first().cloned()),
                handler: route.handler.clone(),
                at: route.annotation,
                websocket: route.protocol.is_some(),
                guards: route.guards.clone(),
                done: route.by_class,
            });
        }
    }
    out
}

/// A filter object with its ways, each kept as an object of one route.
fn made(world: &mut World<'_>, site: &CallSite<'_>, mut ways: Vec<Way>) -> Option<Value> {
    ways.truncate(MAX_WAYS);
    let kind = world.input.models.kind(site.model, "filter");
    let mut all = Vec::new();
    for way in ways {
        let way_object = world.make_object(kind, site.at, None, true);
        let route = RouteEvent {
            methods: way.method.map(|m| vec![m]),
            path: Some(Value::Text(Rc::new(way.path))),
            handler: way.handler,
            by_class: way.done,
            protocol: way.websocket.then(|| "websocket".into()),
            guards: way.guards,
            annotation: way.at,
            ..RouteEvent::default()
        };
        way_object.props.borrow_mut().insert(USED.into(), Value::Bool(true));
        world.register(&way_object, What::Route(route), way.at.unwrap_or(site.at));
        all.push(Value::Object(way_object));
    }
    let object = world.make_object(kind, site.at, None, false);
    object.props.borrow_mut().insert(WAYS.into(), Value::list(all));
    Some(Value::Object(object))
}

/// Makes routes of the filters that went into no other.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    let (Some(filter), Some(server)) = (world.input.models.kind(model, "filter"), world.input.models.kind(model, "server")) else { return };
    for object in world.objects.clone() {
        let used = object.props.borrow().contains_key(USED);
        if object.kind.get() != Some(filter) || used || world.is_dropped(object.entry) {
            continue;
        }
        let Some(Value::List(list)) = object.props.borrow().get(WAYS).cloned() else { continue };
        let mut root = None;
        let items = list.items.borrow().clone();
        for item in &items {
            let Value::Object(way) = item else { continue };
            let events = way.events.borrow().clone();
            for event in &events {
                let What::Route(route) = &event.what else { continue };
                let named = route.methods.is_some() || route.protocol.is_some();
                let has_path = matches!(&route.path, Some(Value::Text(text)) if !text.parts.is_empty());
                if route.handler.is_none() || !(named || has_path) {
                    continue;
                }
                let root = root.get_or_insert_with(|| world.make_object(Some(server), object.site, None, false)).clone();
                root.events.borrow_mut().push(event.clone());
            }
        }
    }
}
