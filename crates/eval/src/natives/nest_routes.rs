//! NestJS: how prefixes, versions and paths make the routes of a controller, and what gateways answer at.

use super::nest::{Setup, decorator, find_mark, mark, request_method, segment, text};
use super::nest_protocols::messages;
use crate::guard::Marks;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

const VERBS: &[&str] = &[
    "Get",
    "Post",
    "Put",
    "Patch",
    "Delete",
    "Head",
    "Options",
    "All",
    "Sse",
    "Search",
    "Propfind",
    "Proppatch",
    "Mkcol",
    "Copy",
    "Move",
    "Lock",
    "Unlock",
];

/// The versions of a `@Version` or a controller's option: None stands for neutral.
fn versions(world: &mut World<'_>, value: &Value) -> Vec<Option<Text>> {
    match world.force(value) {
        Value::Symbol(_) => vec![None],
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.iter().flat_map(|v| versions(world, v)).collect()
        }
        Value::Null => vec![None],
        other => vec![Some(text(world, &other))],
    }
}

/// Mounts a controller on an application, or leaves it hanging on nothing.
pub(super) fn mount_controller(
    world: &mut World<'_>,
    app: Option<&Rc<Object>>,
    kind: crate::models::KindId,
    class: &Rc<ClassValue>,
    setup: &Setup,
    module: &Text,
) {
    let line: Vec<Rc<ClassValue>> =
        world.mro(class).into_iter().filter_map(|v| if let Value::Class(c) = v { Some(c) } else { None }).collect();
    let Some(mark) = line.iter().find_map(|c| mark(c, "Controller")) else { return };
    let options = mark.args.at(0).map_or(Value::Null, |v| world.force(v));
    let (paths, version) = match &options {
        Value::Dict(_) => (
            world.get_attr(&options, "path", None).unwrap_or(Value::Null),
            world.get_attr(&options, "version", None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null)),
        ),
        other => (other.clone(), None),
    };
    let version = version.or_else(|| setup.default_version.clone());
    let class_marks: Vec<Mark> = line.iter().flat_map(|c| c.marks.borrow().clone()).collect();
    let mut objects: Vec<(String, Rc<Object>)> = Vec::new();
    let mut seen: FxHashSet<SmolStr> = FxHashSet::default();
    for owner in &line {
        let members: Vec<(SmolStr, Value)> = owner.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in members {
            let Value::Function(f) = &value else { continue };
            if !seen.insert(name) {
                continue;
            }
            let marks = f.marks.borrow().clone();
            let Some((verb, mut event)) = method_route(world, &marks) else { continue };
            event.handler = Some(value.clone());
            event.marks = Some(Rc::new(Marks { handler: marks.clone(), class: class_marks.clone() }));
            let own = find_mark(&marks, "Version").and_then(|m| m.args.at(0).cloned()).or_else(|| version.clone());
            let all = match (&setup.versioning, own) {
                (Some(_), Some(own)) => versions(world, &own),
                _ => vec![None],
            };
            let routes = event.path.take().unwrap_or(Value::Null);
            for version in all {
                for base in world.texts(&paths, mark.at) {
                    for path in world.texts(&routes, verb.at) {
                        let prefix = prefix(setup, version.as_ref(), module, &base, &path, event.methods.as_deref());
                        let key = prefix.show();
                        let object = match objects.iter().find(|o| o.0 == key) {
                            Some(found) => found.1.clone(),
                            None => {
                                let object = world.make_object(Some(kind), mark.at, None, false);
                                match app {
                                    Some(app) => world.register(
                                        app,
                                        What::Mount {
                                            prefix: Some(Value::Text(Rc::new(prefix))),
                                            child: Value::Object(object.clone()),
                                            replaces: false,
                                            route: None,
                                        },
                                        mark.at,
                                    ),
                                    None => *object.prefix.borrow_mut() = Some(Value::Text(Rc::new(prefix))),
                                }
                                objects.push((key, object.clone()));
                                object
                            }
                        };
                        let event = RouteEvent { path: Some(Value::Text(Rc::new(segment(&path)))), ..event.clone() };
                        world.register(&object, What::Route(event), verb.at);
                    }
                }
            }
        }
    }
}

/// The route that a method's decorators say: the outermost one counts.
fn method_route(world: &mut World<'_>, marks: &[Mark]) -> Option<(Mark, RouteEvent)> {
    let found = marks
        .iter()
        .find(|m| m.symbol.as_ref().and_then(|s| decorator(s)).is_some_and(|d| VERBS.contains(&d) || d == "RequestMapping"))?
        .clone();
    let name = found.symbol.as_ref().and_then(|s| decorator(s)).unwrap_or_default().to_owned();
    let mut event = RouteEvent { path: found.args.at(0).cloned(), annotated: true, ..RouteEvent::default() };
    match name.as_str() {
        "All" => {}
        "Sse" => {
            event.methods = Some(vec!["GET".into()]);
            event.protocol = Some("sse".into());
        }
        "RequestMapping" => {
            let options = found.args.at(0).cloned().unwrap_or(Value::Null);
            event.path = world.get_attr(&options, "path", None);
            let method = world.get_attr(&options, "method", None).and_then(|v| request_method(world, &v));
            event.methods = method.unwrap_or(Some("GET".into())).map(|m| vec![m]);
        }
        verb => event.methods = Some(vec![SmolStr::new(verb.to_ascii_uppercase())]),
    }
    Some((found, event))
}

/// What stands before a method's own path: global prefix, version, module, controller.
fn prefix(setup: &Setup, version: Option<&Text>, module: &Text, base: &Text, path: &Text, methods: Option<&[SmolStr]>) -> Text {
    let mut plain = module.clone();
    plain.push(&segment(base));
    let mut whole = plain.show();
    whole.push_str(&segment(path).show());
    if whole.is_empty() {
        whole.push('/');
    }
    let excluded = setup.exclude.iter().any(|(method, pattern)| {
        let fits = method.as_ref().is_none_or(|m| methods.is_some_and(|all| all.contains(m)));
        fits && pattern.is_match(&whole)
    });
    let mut out = if excluded { Text::default() } else { setup.prefix.clone() };
    if let (Some(before), Some(version)) = (&setup.versioning, version) {
        out.push(&Text::plain(SmolStr::new(format!("/{before}")), version.place()));
        out.push(version);
    }
    out.push(&plain);
    out
}

/// A WebSocket gateway: at its path, else its namespace; socket.io answers at a path of its own.
pub(super) fn gateway(world: &mut World<'_>, app: &Rc<Object>, class: &Rc<ClassValue>, setup: &Setup) {
    let Some(mark) = mark(class, "WebSocketGateway") else { return };
    let options = mark.args.items.iter().map(|v| world.force(v)).find(|v| matches!(v, Value::Dict(_))).unwrap_or(Value::Null);
    let mut option = |name: &str| world.get_attr(&options, name, None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null));
    let path = option("path").or_else(|| option("namespace"));
    let path =
        path.map_or_else(|| Text::plain(if setup.ws_adapter { "/" } else { "/socket.io" }.into(), None), |v| segment(&text(world, &v)));
    messages(world, app, class, &path);
    let event = RouteEvent {
        methods: Some(vec!["GET".into()]),
        path: Some(Value::Text(Rc::new(path))),
        handler: Some(Value::Class(class.clone())),
        protocol: Some("websocket".into()),
        annotated: true,
        ..RouteEvent::default()
    };
    world.register(app, What::Route(event), mark.at);
}
