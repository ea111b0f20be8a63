//! NestJS: the module graph from each application's root module, and how prefixes, versions and paths make a route.
//!
//! The rules are those of `RoutePathFactory` and `RouterModule` of `@nestjs/core`. What is spoken beside HTTP stands in
//! `nest_protocols`.

use super::CallSite;
use super::nest_modules::{Graph, visit};
use super::nest_protocols::{grpc, resolvers};
use super::nest_routes::{gateway, mount_controller};
use crate::interp::attr::NOWHERE;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use regex::Regex;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

/// Remembers a call on an application: `setGlobalPrefix`, `enableVersioning`, `listen` ...
pub fn note(_world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    object.props.borrow_mut().insert(SmolStr::new(format!("@{}", site.name)), Value::list(site.args.items.clone()));
    Some(Value::Object(object))
}

/// How an application is set up.
#[derive(Default)]
pub(super) struct Setup {
    pub prefix: Text,
    pub exclude: Vec<(Option<SmolStr>, Regex)>,
    /// With URI versioning: what stands before a version.
    pub versioning: Option<String>,
    pub default_version: Option<Value>,
    pub ws_adapter: bool,
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
        for (value, at) in std::mem::take(&mut graph.guards) {
            world.register(&app, What::Guard { value, prefix: None, reach: Reach::All }, at);
        }
        for (module, class) in graph.controllers.clone() {
            // What a served controller inherits from is served with it.
            for base in world.mro(&class) {
                served.extend(base.ptr());
            }
            let module = graph.prefixes.get(&module).cloned().unwrap_or_default();
            mount_controller(world, Some(&app), controller, &class, &setup, &module);
        }
        for class in &graph.providers {
            gateway(world, &app, class, &setup);
        }
        resolvers(world, m, &app, &setup, &graph);
    }
    microservices(world, m);
    let setup = common_setup(world, &roots);
    for class in world.classes.clone() {
        if !served.contains(&(Rc::as_ptr(&class) as usize)) && mark(&class, "Controller").is_some() {
            mount_controller(world, None, controller, &class, &setup, &Text::default());
        }
    }
}

/// `NestFactory.createMicroservice(AppModule, options)`, `app.connectMicroservice(options)`: a server of its own.
pub fn microservice(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, "microservice")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let mut args = site.args.clone();
    if let Some(app) = &site.receiver {
        let inherits = site.args.at(1).and_then(|o| world.get_attr(o, "inheritAppConfig", None));
        if matches!(inherits, Some(Value::Bool(true))) {
            object.props.borrow_mut().insert("@app".into(), Value::Object(app.clone()));
        }
        args.items.insert(0, app.args.borrow().at(0).cloned().unwrap_or(Value::Null));
    }
    *object.args.borrow_mut() = args;
    Some(Value::Object(object))
}

/// Adds what microservices answer.
fn microservices(world: &mut World<'_>, m: u16) {
    let kind = world.input.models.kind(m, "microservice");
    let all: Vec<Rc<Object>> = world.objects.iter().filter(|o| o.kind.get() == kind && !world.is_dropped(o.entry)).cloned().collect();
    for server in all {
        let args = server.args.borrow().clone();
        let mut graph = Graph::default();
        visit(world, args.at(0).unwrap_or(&Value::Null), &mut graph, server.site, 0);
        for (value, at) in std::mem::take(&mut graph.guards) {
            world.register(&server, What::Guard { value, prefix: None, reach: Reach::All }, at);
        }
        let inherited = server.props.borrow().get("@app").cloned();
        let on = if let Some(Value::Object(app)) = inherited { app } else { server.clone() };
        grpc(world, m, &on, args.at(1).unwrap_or(&Value::Null), &graph);
    }
}

/// How the production applications are set up when all are set up alike: a controller that only a module made at run time
/// brings is served by one of them.
fn common_setup(world: &mut World<'_>, apps: &[(Rc<Object>, Value, bool)]) -> Setup {
    let listens = apps.iter().any(|a| a.2);
    let mut common: Option<Setup> = None;
    for (app, ..) in apps.iter().filter(|a| !a.0.secondary && a.2 == listens) {
        let next = setup(world, app);
        match &common {
            Some(known) if known.prefix.show() != next.prefix.show() || known.versioning != next.versioning => return Setup::default(),
            Some(_) => {}
            None => common = Some(next),
        }
    }
    common.unwrap_or_default()
}

/// The outermost mark of a decorator of the framework.
pub(super) fn find_mark(marks: &[Mark], name: &str) -> Option<Mark> {
    marks.iter().find(|m| m.symbol.as_ref().is_some_and(|s| decorator(s) == Some(name))).cloned()
}

pub(super) fn mark(class: &ClassValue, name: &str) -> Option<Mark> {
    find_mark(&class.marks.borrow(), name)
}

/// The name of a decorator of the framework.
pub(super) fn decorator(symbol: &str) -> Option<&str> {
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
pub(super) fn request_method(world: &mut World<'_>, value: &Value) -> Option<Option<SmolStr>> {
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

pub(super) fn text(world: &mut World<'_>, value: &Value) -> Text {
    let value = world.force(value);
    world.texts(&value, NOWHERE).into_iter().next().unwrap_or_default()
}

/// With a slash before and none after; empty when there is nothing.
pub(super) fn segment(text: &Text) -> Text {
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
