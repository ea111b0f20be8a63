//! Socket.IO: servers, namespaces and the events that they receive.
//!
//! A server answers at its path, a namespace other than the first is told by its name in its place (it shares the path on the
//! wire). The path of an event is that and `#` and its name. What a `connect` handler refuses guards the events of its namespace.

use super::CallSite;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

/// Events that libraries raise themselves.
const OWN: &[&str] = &["disconnect", "disconnecting", "connect_error", "error", "newListener", "removeListener", "default_error_handler"];
/// The property of a socket that holds what its events are registered on.
const OF: &str = "@of";

/// Runs a native of these libraries.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "on" => on(world, site),
        "event" => event(world, site),
        "register" => register_class(world, site),
        "of" => of(world, site),
        "connection" => connection(world, site),
        "app" => app(world, site),
        "layer" => layer(world, site),
        _ => None,
    }
}

/// Gives every server and namespace the WebSocket that its events come through.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for object in world.objects.clone() {
        let Some(kind) = object.kind.get().filter(|k| k.model == model) else { continue };
        if !matches!(world.input.models.role_name(kind), "server" | "namespace") || world.is_dropped(object.entry) || object.assumed {
            continue;
        }
        let prefix = object.prefix.borrow().clone();
        if let Some(text) = prefix.map(|p| world.to_text(&p, object.site))
            && text.starts_with("/") == Some(false)
        {
            let mut whole = Text::plain("/".into(), None);
            whole.push(&text);
            *object.prefix.borrow_mut() = Some(Value::Text(Rc::new(whole)));
        }
        let route = RouteEvent {
            methods: Some(vec!["GET".into()]),
            path: Some(Value::text("")),
            protocol: Some("websocket".into()),
            third_party: true,
            ..RouteEvent::default()
        };
        world.register(&object, What::Route(route), object.site);
    }
}

/// The object of a namespace of a server; the first one is the server itself.
fn namespace(world: &mut World<'_>, site: &CallSite<'_>, server: &Rc<Object>, name: Option<&Value>) -> Rc<Object> {
    let Some(name) = name.map(|n| world.force(n)).filter(|n| !matches!(n, Value::Null)) else { return server.clone() };
    let text = world.to_text(&name, site.at);
    if text.known().is_some_and(|t| t.trim_matches('/').is_empty()) {
        return server.clone();
    }
    let key = SmolStr::new(format!("@namespace {}", text.show()));
    if let Some(Value::Object(known)) = server.props.borrow().get(&key) {
        return known.clone();
    }
    let kind = world.input.models.kind(site.model, "namespace");
    let made = world.make_object(kind, site.at, None, false);
    *made.prefix.borrow_mut() = Some(Value::Text(Rc::new(text)));
    server.props.borrow_mut().insert(key, Value::Object(made.clone()));
    made
}

/// What the events of a socket, a server or a namespace are registered on.
fn target(object: &Rc<Object>) -> Rc<Object> {
    match object.props.borrow().get(OF) {
        Some(Value::Object(of)) => of.clone(),
        _ => object.clone(),
    }
}

/// `on(event, handler)`, or a decorator when there is no handler.
fn on(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let receiver = site.receiver.clone()?;
    let event = site.args.at(0).or(site.args.name("event")).or(site.args.name("message")).cloned()?;
    let place = site.args.name("namespace").or(site.args.at(2)).cloned();
    let handler = site.args.name("handler").or(site.args.at(1)).cloned().filter(|h| !matches!(h, Value::Null));
    let Some(handler) = handler else { return Some(waits(&receiver, "@on", vec![event, place.unwrap_or(Value::Null)])) };
    let object = namespace(world, site, &target(&receiver), place.as_ref());
    add(world, &object, &event, handler, site.at);
    Some(Value::Object(receiver))
}

/// `@sio.event`: the function's name is the event's. Under other names what a decorator was given comes first.
fn event(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let receiver = site.receiver.clone()?;
    let (told, place, handler) = match site.name.as_str() {
        "@on" => (site.args.at(0).cloned(), site.args.at(1).cloned(), site.args.at(2).cloned()?),
        "@event" => (None, site.args.at(0).cloned(), site.args.at(1).cloned()?),
        _ => match site.args.at(0) {
            Some(handler) => (None, None, handler.clone()),
            None => return Some(waits(&receiver, "@event", vec![site.args.name("namespace").cloned().unwrap_or(Value::Null)])),
        },
    };
    let name = told.or_else(|| function_name(world, &handler).map(Value::text))?;
    let object = namespace(world, site, &receiver, place.as_ref());
    add(world, &object, &name, handler.clone(), site.at);
    Some(handler)
}

/// A call of a name on an object that waits for its last argument.
fn waits(receiver: &Rc<Object>, name: &str, args: Vec<Value>) -> Value {
    Value::Method(Rc::new(Bound { receiver: Value::Object(receiver.clone()), name: name.into(), args: Args::of(args) }))
}

fn function_name(world: &World<'_>, value: &Value) -> Option<SmolStr> {
    match value {
        Value::Function(f) => world.module(f.module).tree.function(f.function).name.clone(),
        Value::BoundFunction(b) => world.module(b.1.module).tree.function(b.1.function).name.clone(),
        _ => None,
    }
}

/// Registers an event; `connect` guards.
fn add(world: &mut World<'_>, object: &Rc<Object>, event: &Value, handler: Value, at: Place) {
    let event = world.force(event);
    let text = world.to_text(&event, at);
    match text.known().as_deref() {
        Some("connect" | "connection") => {
            world.register(object, What::Guard { value: handler, prefix: None, reach: Reach::All }, at);
            return;
        }
        Some(own) if OWN.contains(&own) => return,
        _ => {}
    }
    let mut path = Text::plain("#".into(), None);
    path.push(&text);
    let route = RouteEvent {
        methods: Some(vec!["RECEIVE".into()]),
        path: Some(Value::Text(Rc::new(path))),
        handler: Some(handler),
        protocol: Some("event".into()),
        style: Some("literal".into()),
        ..RouteEvent::default()
    };
    world.register(object, What::Route(route), at);
}

/// `register_namespace(Chat('/chat'))`: the methods `on_*` of a class.
fn register_class(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = site.receiver.clone()?;
    let Value::Object(given) = world.force(site.args.at(0)?) else { return None };
    let class = given.class.clone()?;
    let name = given.args.borrow().get(0, "namespace").cloned();
    let object = namespace(world, site, &server, name.as_ref());
    for (_, name, value) in world.members(&class) {
        let Some(event) = name.strip_prefix("on_") else { continue };
        if let Value::Function(f) = world.force(&value) {
            let at = world.function_ref(&f).place;
            add(world, &object, &Value::text(event), value, at);
        }
    }
    Some(Value::Null)
}

/// `io.of('/chat')`.
fn of(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = target(&site.receiver.clone()?);
    Some(Value::Object(namespace(world, site, &server, site.args.at(0))))
}

/// `io.on('connection', socket => ..)`, `io.ns('/chat', on_connect)`: runs the function with a socket.
fn connection(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let receiver = site.receiver.clone()?;
    let first = world.force(site.args.at(0)?);
    let object = match site.name.as_str() {
        "ns" => namespace(world, site, &receiver, Some(&first)),
        _ if first.as_str().is_some_and(|e| matches!(e.as_str(), "connection" | "connect")) => target(&receiver),
        _ => return Some(Value::Object(receiver)),
    };
    let kind = world.input.models.kind(site.model, "socket");
    let socket = world.make_object(kind, site.at, None, false);
    socket.props.borrow_mut().insert(OF.into(), Value::Object(object.clone()));
    let handler = world.force(site.args.at(1)?);
    let function = match &handler {
        Value::Function(f) => Some(f.clone()),
        Value::BoundFunction(b) => Some(b.1.clone()),
        _ => None,
    };
    if let Some(f) = &function {
        let at = socket_parameter(world, f);
        let mut items = vec![Value::unknown("", "a client brings it", Some(site.at)); at];
        items.push(Value::Object(socket));
        world.call_value(&handler, Args::of(items), site.at);
        world.register(&object, What::Guard { value: handler, prefix: None, reach: Reach::All }, site.at);
    }
    Some(Value::Object(receiver))
}

/// The place of the parameter that is the socket, by its type; the first one without types.
fn socket_parameter(world: &World<'_>, f: &Closure) -> usize {
    let tree = &world.module(f.module).tree;
    let is_socket = |ty| matches!(tree.expr(ty), Expr::Name(n) | Expr::Attr(_, n) if n == "SocketRef" || n == "Socket");
    tree.function(f.function).params.iter().position(|p| p.ty.is_some_and(is_socket)).unwrap_or(0)
}

/// `ASGIApp(sio, other, socketio_path='ws')`, `sio.attach(app, 'ws')`: a value that mounts the server at its path.
fn app(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let path = site.args.name("socketio_path").or(site.args.name("path")).cloned();
    let path = path.or_else(|| site.args.at(if site.receiver.is_some() { 1 } else { 2 }).filter(|v| v.as_str().is_some()).cloned());
    let server = match &site.receiver {
        Some(server) => server.clone(),
        None => match world.force(site.args.at(0)?) {
            Value::Object(server) => server,
            _ => return None,
        },
    };
    if let Some(path) = path.filter(|p| !matches!(p, Value::Null)) {
        *server.prefix.borrow_mut() = Some(path);
    }
    if site.receiver.is_some() {
        return Some(Value::Null);
    }
    let wrapper = super::rust_web::object(world, site, site.call.role.as_deref()?)?;
    world.register(&wrapper, What::Mount { prefix: None, child: Value::Object(server), replaces: false, route: None }, site.at);
    Some(Value::Object(wrapper))
}

/// `SocketIo::new_layer()`: a pair of what is put on a router, and the server.
fn layer(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, "server")?;
    let server = world.make_object(Some(kind), site.at, None, false);
    let told = site.receiver.as_ref().and_then(|b| b.prefix.borrow().clone());
    *server.prefix.borrow_mut() = Some(told.unwrap_or_else(|| Value::text("/socket.io")));
    let layer = Value::unknown("layer", "it is made by code outside the tree", Some(site.at));
    Some(Value::tuple(vec![layer, Value::Object(server)]))
}
