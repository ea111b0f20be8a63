//! NestJS: the module graph from each application's root module, and how prefixes, versions and paths make a route.
//!
//! The rules are those of `RoutePathFactory` and `RouterModule` of `@nestjs/core`. Microservice patterns and GraphQL
//! resolvers are left out.

use super::CallSite;
use crate::interp::attr::NOWHERE;
use crate::output::{Place, TroubleKind};
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use regex::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
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

/// Remembers a call on an application: `setGlobalPrefix`, `enableVersioning`, `listen` ...
pub fn note(_world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    object.props.borrow_mut().insert(SmolStr::new(format!("@{}", site.name)), Value::list(site.args.items.clone()));
    Some(Value::Object(object))
}

/// How an application is set up.
#[derive(Default)]
struct Setup {
    prefix: Text,
    exclude: Vec<(Option<SmolStr>, Regex)>,
    /// With URI versioning: what stands before a version.
    versioning: Option<String>,
    default_version: Option<Value>,
    ws_adapter: bool,
}

/// What an application's modules hold.
#[derive(Default)]
struct Graph {
    seen: FxHashSet<usize>,
    /// Module and controller.
    controllers: Vec<(usize, Rc<ClassValue>)>,
    providers: Vec<Rc<ClassValue>>,
    /// Prefixes of the router module, by module.
    prefixes: FxHashMap<usize, Text>,
}

/// Adds the routes of all applications; controllers that none reaches hang on nothing.
pub fn finish(world: &mut World<'_>, m: u16) {
    let models = world.input.models;
    let (Some(app), Some(controller)) = (models.kind(m, "app"), models.kind(m, "controller")) else { return };
    let apps: Vec<Rc<Object>> =
        world.objects.iter().filter(|o| o.kind.get() == Some(app) && !o.assumed && !world.is_dropped(o.entry)).cloned().collect();
    let mut roots: Vec<(Rc<Object>, Value, bool)> = Vec::new();
    for app in apps {
        let root = app.args.borrow().at(0).cloned();
        if let Some(root) = root {
            let root = world.force(&root);
            let listens = app.props.borrow().contains_key("@listen") || app.props.borrow().contains_key("@init");
            roots.push((app, root, listens));
        }
    }
    let mut served: FxHashSet<usize> = FxHashSet::default();
    let mut done: Vec<(Value, String)> = Vec::new();
    for (app, root, listens) in roots.clone() {
        // One that never listens beside one that does only reads configuration.
        if !listens && roots.iter().any(|r| r.2 && r.1.same(&root)) {
            continue;
        }
        let setup = setup(world, &app);
        if done.iter().any(|d| d.0.same(&root) && d.1 == setup.prefix.show()) {
            continue;
        }
        done.push((root.clone(), setup.prefix.show()));
        let mut graph = Graph::default();
        visit(world, &root, &mut graph, app.site, 0);
        for (module, class) in graph.controllers.clone() {
            served.insert(Rc::as_ptr(&class) as usize);
            let module = graph.prefixes.get(&module).cloned().unwrap_or_default();
            mount_controller(world, Some(&app), controller, &class, &setup, &module);
        }
        for class in graph.providers {
            gateway(world, &app, &class, &setup);
        }
    }
    for class in world.classes.clone() {
        if !served.contains(&(Rc::as_ptr(&class) as usize)) && mark(&class, "Controller").is_some() {
            mount_controller(world, None, controller, &class, &Setup::default(), &Text::default());
        }
    }
}

/// The outermost mark of a decorator of the framework.
fn find_mark(marks: &[Mark], name: &str) -> Option<Mark> {
    marks.iter().find(|m| m.symbol.as_ref().is_some_and(|s| decorator(s) == Some(name))).cloned()
}

fn mark(class: &ClassValue, name: &str) -> Option<Mark> {
    find_mark(&class.marks.borrow(), name)
}

/// The name of a decorator of the framework.
fn decorator(symbol: &str) -> Option<&str> {
    let ours =
        symbol.starts_with("@nestjs/common") || symbol.starts_with("@nestjs/websockets") || symbol.starts_with("@nestia/core.TypedRoute");
    if ours { symbol.rsplit('.').next() } else { None }
}

fn noted(app: &Object, name: &str, index: usize) -> Option<Value> {
    match app.props.borrow().get(name) {
        Some(Value::List(list)) => list.items.borrow().get(index).cloned(),
        _ => None,
    }
}

fn setup(world: &mut World<'_>, app: &Object) -> Setup {
    let mut setup = Setup::default();
    if let Some(prefix) = noted(app, "@setGlobalPrefix", 0) {
        let prefix = text(world, &prefix);
        setup.prefix = segment(&prefix);
    }
    if let Some(options) = noted(app, "@setGlobalPrefix", 1)
        && let Some(exclude) = world.get_attr(&options, "exclude", None)
    {
        for one in world.items_of(&exclude, NOWHERE).0 {
            setup.exclude.extend(excluded(world, &one));
        }
    }
    if app.props.borrow().contains_key("@enableVersioning") {
        let options = noted(app, "@enableVersioning", 0).unwrap_or(Value::Null);
        let kind = world.get_attr(&options, "type", None).map_or(Value::Null, |v| world.force(&v));
        let uri = match &kind {
            Value::Symbol(symbol) => symbol.ends_with("URI"),
            Value::Number(n) => *n == 0.0,
            Value::Null => true,
            _ => false,
        };
        if uri {
            let prefix = world.get_attr(&options, "prefix", None).map_or(Value::Null, |v| world.force(&v));
            setup.versioning = Some(match &prefix {
                Value::Bool(false) => String::new(),
                Value::Null => "v".to_owned(),
                other => text(world, other).show(),
            });
            setup.default_version =
                world.get_attr(&options, "defaultVersion", None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null));
        }
    }
    if let Some(adapter) = noted(app, "@useWebSocketAdapter", 0) {
        setup.ws_adapter = !world.label(&adapter).contains("IoAdapter");
    }
    setup
}

/// An entry of the exclude list: a path, or a path and a method.
fn excluded(world: &mut World<'_>, value: &Value) -> Option<(Option<SmolStr>, Regex)> {
    match world.force(value) {
        dict @ Value::Dict(_) => {
            let path = world.get_attr(&dict, "path", None)?;
            let method = world.get_attr(&dict, "method", None).and_then(|v| request_method(world, &v)).flatten();
            Some((method, pattern(&text(world, &path).known()?)?))
        }
        other => Some((None, pattern(&text(world, &other).known()?)?)),
    }
}

/// `RequestMethod.X`: None when it is not known, an inner None for ALL.
fn request_method(world: &mut World<'_>, value: &Value) -> Option<Option<SmolStr>> {
    const NUMBERS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "ALL", "OPTIONS", "HEAD", "SEARCH"];
    let name = match world.force(value) {
        Value::Symbol(symbol) => SmolStr::new(symbol.rsplit('.').next().unwrap_or_default()),
        Value::Number(n) => SmolStr::new(NUMBERS.get(n as usize)?),
        _ => return None,
    };
    Some((name != "ALL").then_some(name))
}

/// A path of path-to-regexp (both of its syntaxes) as a regular expression.
fn pattern(path: &str) -> Option<Regex> {
    let path = path.trim_matches('/');
    let mut out = String::from("^/");
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ':' => {
                while chars.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    chars.next();
                }
                out.push_str("[^/]+");
            }
            '*' => {
                while chars.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    chars.next();
                }
                out.push_str(".+");
            }
            '{' => out.push_str("(?:"),
            '}' => out.push_str(")?"),
            '(' | ')' | '|' | '?' => out.push(c),
            '.' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push_str(".*");
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str("/?$");
    Regex::new(&out).ok()
}

fn text(world: &mut World<'_>, value: &Value) -> Text {
    let value = world.force(value);
    world.texts(&value, NOWHERE).into_iter().next().unwrap_or_default()
}

/// With a slash before and none after; empty when there is nothing.
fn segment(text: &Text) -> Text {
    if text.is_empty() || text.known().is_some_and(|t| t.chars().all(|c| c == '/')) {
        return Text::default();
    }
    let mut out = text.map_end(|t| SmolStr::new(t.trim_end_matches('/')));
    match out.parts.first_mut() {
        Some(Part::Known(t, _)) if !t.starts_with('/') => *t = SmolStr::new(format!("/{t}")),
        Some(Part::Hole { .. }) => out.parts.insert(0, Part::Known("/".into(), None)),
        _ => {}
    }
    out
}

/// Walks what stands in `imports`.
fn visit(world: &mut World<'_>, value: &Value, graph: &mut Graph, at: Place, depth: u32) {
    if depth > 60 {
        return;
    }
    match world.force(value) {
        Value::Class(class) => {
            let key = Rc::as_ptr(&class) as usize;
            if !graph.seen.insert(key) {
                return;
            }
            if let Some(mark) = mark(&class, "Module") {
                let metadata = mark.args.at(0).cloned().unwrap_or(Value::Null);
                module(world, &metadata, key, graph, mark.at, depth);
            }
        }
        dict @ Value::Dict(_) => {
            let own = world.get_attr(&dict, "module", None).map(|v| world.force(&v));
            let key = own.as_ref().and_then(Value::ptr).unwrap_or(0);
            if let Some(own) = own {
                visit(world, &own, graph, at, depth + 1);
            }
            module(world, &dict, key, graph, at, depth);
        }
        Value::List(list) => {
            let items = list.items.borrow().clone();
            for item in items {
                visit(world, &item, graph, at, depth + 1);
            }
        }
        Value::Either(all) => all.iter().for_each(|v| visit(world, v, graph, at, depth + 1)),
        Value::Default(inner) => visit(world, &inner, graph, at, depth + 1),
        Value::Unknown(u) => visit_unknown(world, &u, graph, at, depth),
        _ => {}
    }
}

fn visit_unknown(world: &mut World<'_>, unknown: &Unknown, graph: &mut Graph, at: Place, depth: u32) {
    let callee = unknown.callee.clone().unwrap_or_default();
    match callee.rsplit('.').next().unwrap_or_default() {
        "forwardRef" => {
            if let Some(f) = unknown.args.at(0) {
                let value = world.call_value(&f.clone(), Args::default(), at);
                visit(world, &value, graph, at, depth + 1);
            }
        }
        "register" | "forChild" | "forRoutes" if callee.contains("RouterModule") => {
            let routes = unknown.args.at(0).cloned().unwrap_or(Value::Null);
            router_module(world, &routes, &Text::default(), graph, 0);
        }
        _ => {
            if unknown.callee.is_none() && unknown.results.is_empty() {
                let message = format!("`{}` is imported by a module here but could not be followed: {}", unknown.label, unknown.reason);
                world.trouble_at(
                    TroubleKind::UnresolvedMount,
                    unknown.at.unwrap_or(at),
                    message,
                    "endpoints of its controllers are missing",
                );
            }
            let inner: Vec<Value> = unknown.results.iter().chain(&unknown.args.items).cloned().collect();
            for value in inner {
                match world.force(&value) {
                    class @ Value::Class(_) => visit(world, &class, graph, at, depth + 1),
                    dict @ Value::Dict(_) => {
                        if let Some(imports) = world.get_attr(&dict, "imports", None) {
                            visit(world, &imports, graph, at, depth + 1);
                        }
                    }
                    other @ Value::Unknown(_) => visit(world, &other, graph, at, depth + 1),
                    _ => {}
                }
            }
        }
    }
}

/// What a module's metadata holds.
fn module(world: &mut World<'_>, metadata: &Value, key: usize, graph: &mut Graph, at: Place, depth: u32) {
    for option in metadata.alternatives() {
        if let Some(imports) = world.get_attr(&option, "imports", None) {
            visit(world, &imports, graph, at, depth + 1);
        }
        let controllers = world.get_attr(&option, "controllers", None);
        for class in classes(world, controllers, 0) {
            if !graph.controllers.iter().any(|(m, c)| *m == key && Rc::ptr_eq(c, &class)) {
                graph.controllers.push((key, class));
            }
        }
        let providers = world.get_attr(&option, "providers", None);
        for class in classes(world, providers, 0) {
            if !graph.providers.iter().any(|c| Rc::ptr_eq(c, &class)) {
                graph.providers.push(class);
            }
        }
    }
}

fn classes(world: &mut World<'_>, value: Option<Value>, depth: u32) -> Vec<Rc<ClassValue>> {
    let Some(value) = value.filter(|_| depth < 8) else { return Vec::new() };
    match world.force(&value) {
        Value::Class(class) => vec![class],
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.into_iter().flat_map(|v| classes(world, Some(v), depth + 1)).collect()
        }
        Value::Either(all) => all.iter().flat_map(|v| classes(world, Some(v.clone()), depth + 1)).collect(),
        dict @ Value::Dict(_) => {
            let inner = world.get_attr(&dict, "useClass", None);
            classes(world, inner, depth + 1)
        }
        _ => Vec::new(),
    }
}

/// `RouterModule.register([{ path, module, children }])`.
fn router_module(world: &mut World<'_>, routes: &Value, above: &Text, graph: &mut Graph, depth: u32) {
    if depth > 12 {
        return;
    }
    for one in world.items_of(routes, NOWHERE).0 {
        let one = world.force(&one);
        if let Value::Class(class) = &one {
            graph.prefixes.insert(Rc::as_ptr(class) as usize, above.clone());
            continue;
        }
        let own = world.get_attr(&one, "path", None).map_or_else(Text::default, |v| text(world, &v));
        let mut path = above.clone();
        path.push(&segment(&own));
        if let Some(module) = world.get_attr(&one, "module", None)
            && let Some(key) = world.force(&module).ptr()
        {
            graph.prefixes.insert(key, path.clone());
        }
        if let Some(children) = world.get_attr(&one, "children", None) {
            router_module(world, &children, &path, graph, depth + 1);
        }
    }
}

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
fn mount_controller(
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
    let guards: Vec<Value> = line.iter().rev().flat_map(|c| guards(&c.marks.borrow())).collect();
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
            event.guards = guards.iter().cloned().chain(self::guards(&marks)).collect();
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

fn guards(marks: &[Mark]) -> Vec<Value> {
    marks
        .iter()
        .filter(|m| m.symbol.as_ref().is_some_and(|s| decorator(s) == Some("UseGuards")))
        .flat_map(|m| m.args.items.clone())
        .collect()
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
fn gateway(world: &mut World<'_>, app: &Rc<Object>, class: &Rc<ClassValue>, setup: &Setup) {
    let Some(mark) = mark(class, "WebSocketGateway") else { return };
    let options = mark.args.items.iter().map(|v| world.force(v)).find(|v| matches!(v, Value::Dict(_))).unwrap_or(Value::Null);
    let mut option = |name: &str| world.get_attr(&options, name, None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null));
    let path = option("path").or_else(|| option("namespace"));
    let path =
        path.map_or_else(|| Text::plain(if setup.ws_adapter { "/" } else { "/socket.io" }.into(), None), |v| segment(&text(world, &v)));
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
