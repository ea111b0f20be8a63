//! NestJS beside HTTP: GraphQL resolvers, gRPC methods of controllers, messages of gateways.
//!
//! Resolvers are what the providers of an application's modules hold; they are served where the GraphQL module says. gRPC
//! methods are served by a microservice with that transport; a hybrid application's global guards don't reach them
//! unless it inherits them. Message patterns of other transports are no API that is reached by an address, and left out.

use super::graphql::{Field, add};
use super::grpc;
use super::nest::{Setup, segment, text};
use super::nest_modules::Graph;
use crate::guard::Marks;
use crate::output::{Flow, Place};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

const GRAPHQL: &str = "@nestjs/graphql";
const MICROSERVICES: &str = "@nestjs/microservices";
const SOCKETS: &str = "@nestjs/websockets";
/// Decorators of resolvers and the method of what they make.
const ROOTS: &[(&str, &str)] = &[("Query", "QUERY"), ("Mutation", "MUTATION"), ("Subscription", "SUBSCRIPTION")];

/// A mark by a decorator of a package of the framework.
fn marked(marks: &[Mark], package: &str, names: &[&str]) -> Option<(Mark, SmolStr)> {
    marks.iter().find_map(|m| {
        let name = m.symbol.as_deref()?.strip_prefix(package)?.rsplit('.').next()?;
        names.contains(&name).then(|| (m.clone(), SmolStr::new(name)))
    })
}

/// Methods of a class and of those it inherits from, the nearest of a name.
fn methods(world: &mut World<'_>, class: &Rc<ClassValue>) -> Vec<(SmolStr, Rc<Closure>)> {
    let members = world.members(class).into_iter();
    members.filter_map(|(_, name, value)| if let Value::Function(f) = value { Some((name, f)) } else { None }).collect()
}

fn class_marks(world: &mut World<'_>, class: &Rc<ClassValue>) -> Vec<Mark> {
    let line = world.mro(class);
    line.iter().filter_map(|v| if let Value::Class(c) = v { Some(c.marks.borrow().clone()) } else { None }).flatten().collect()
}

/// The GraphQL endpoint of an application and the operations of its resolvers.
pub(super) fn resolvers(world: &mut World<'_>, model: u16, app: &Rc<Object>, setup: &Setup, graph: &Graph) {
    let Some((options, at)) = graph.graphql.clone() else { return };
    let Some(kind) = world.input.models.kind(model, "schema") else { return };
    let schema = world.make_object(Some(kind), at, None, false);
    let option = |world: &mut World<'_>, key: &str| {
        let options = world.force(&options);
        world.get_attr(&options, key, None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null))
    };
    let path = option(world, "path").map_or_else(|| Text::plain("/graphql".into(), None), |v| segment(&text(world, &v)));
    let mut whole =
        if matches!(option(world, "useGlobalPrefix"), Some(Value::Bool(true))) { setup.prefix.clone() } else { Text::default() };
    whole.push(&path);
    let sockets = ["subscriptions", "installSubscriptionHandlers"].iter().any(|k| {
        let found = option(world, k);
        found.is_some_and(|v| !matches!(v, Value::Bool(false)))
    });
    let route = |methods: &[&str], protocol: Option<&str>| RouteEvent {
        methods: Some(methods.iter().map(SmolStr::new).collect()),
        path: Some(Value::text("")),
        protocol: protocol.map(SmolStr::new),
        third_party: true,
        ..RouteEvent::default()
    };
    world.register(&schema, What::Route(route(&["GET", "POST"], None)), at);
    if sockets {
        world.register(&schema, What::Route(route(&["GET"], Some("websocket"))), at);
    }
    for class in &graph.providers {
        if marked(&class.marks.borrow(), GRAPHQL, &["Resolver"]).is_none() {
            continue;
        }
        let outer = class_marks(world, class);
        for (name, f) in methods(world, class) {
            let marks = f.marks.borrow().clone();
            let Some((mark, root)) = marked(&marks, GRAPHQL, &["Query", "Mutation", "Subscription"]) else { continue };
            let Some((_, method)) = ROOTS.iter().find(|r| r.0 == root) else { continue };
            let given: Vec<Value> = mark.args.items.iter().map(|v| world.force(v)).collect();
            let told = |world: &mut World<'_>, key: &str| {
                given.iter().filter(|v| matches!(v, Value::Dict(_))).find_map(|v| world.get_attr(v, key, None))
            };
            let own = told(world, "name").or_else(|| given.first().cloned()).and_then(|v| v.as_str());
            let deprecated = told(world, "deprecationReason").is_some();
            let at = world.function_ref(&f).place;
            let handler = Some(Value::Function(f.clone()));
            add(
                world,
                &schema,
                method,
                Field { name: own.unwrap_or(name), handler, guards: Vec::new(), deprecated, at, class: outer.clone() },
            );
        }
    }
    let prefix = Some(Value::Text(Rc::new(whole)));
    world.register(app, What::Mount { prefix, child: Value::Object(schema), replaces: false, route: None }, at);
}

/// The gRPC methods of an application's controllers, on the object that serves them.
pub(super) fn grpc(world: &mut World<'_>, model: u16, server: &Rc<Object>, options: &Value, graph: &Graph) {
    let options = world.force(options);
    let transport = world.get_attr(&options, "transport", None).map(|v| world.force(&v));
    let is_grpc = match &transport {
        Some(Value::Symbol(symbol)) => symbol.ends_with(".GRPC"),
        // `Transport.GRPC` of the framework.
        Some(Value::Number(n)) => *n == 4.0,
        _ => false,
    };
    if !is_grpc {
        return;
    }
    let inner = world.get_attr(&options, "options", None).map_or(Value::Null, |v| world.force(&v));
    let package = world.get_attr(&inner, "package", None).map_or(Value::Null, |v| world.force(&v));
    let packages: Vec<SmolStr> = match &package {
        Value::List(list) => list.items.borrow().iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    for (_, class) in &graph.controllers {
        let outer = class_marks(world, class);
        for (name, f) in methods(world, class) {
            let marks = f.marks.borrow().clone();
            let Some((mark, kind)) = marked(&marks, MICROSERVICES, &["GrpcMethod", "GrpcStreamMethod", "GrpcStreamCall"]) else { continue };
            let service = mark.args.at(0).and_then(Value::as_str).unwrap_or_else(|| class.name.clone());
            let method = mark.args.at(1).and_then(Value::as_str).unwrap_or_else(|| {
                let mut letters = name.chars();
                letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default().into()
            });
            let handler = Value::Function(f.clone());
            one_method(world, model, server, (&service, &method, &packages), (handler, &kind, marks, outer.clone()), mark.at);
        }
    }
}

fn one_method(
    world: &mut World<'_>,
    model: u16,
    server: &Rc<Object>,
    (service, method, packages): (&str, &str, &[SmolStr]),
    (handler, kind, marks, class): (Value, &str, Vec<Mark>, Vec<Mark>),
    at: Place,
) {
    let Some(object) = grpc::object(world, model, at) else { return };
    let named = packages.iter().map(|p| format!("{p}.{service}"));
    let all = world.proto_services();
    let known = named.clone().find_map(|full| all.iter().find(|s| s.full == full).cloned());
    let known = known.or_else(|| grpc::find(world, service, &Value::Null, at));
    let (full, flow) = match (known, packages) {
        (Some(found), _) => {
            let flow = found.methods.iter().find(|m| m.0 == method).map(|m| m.1);
            (Text::plain(found.full.clone(), None), flow)
        }
        (None, [package]) => (Text::plain(SmolStr::new(format!("{package}.{service}")), None), None),
        _ => (Text::plain(service.into(), None), None),
    };
    let flow = flow.unwrap_or(if kind == "GrpcMethod" { Flow::Unary } else { Flow::Both });
    let marks = Some(Rc::new(Marks { handler: marks, class }));
    grpc::method(world, &object, &full, (method, flow), Some(handler), at);
    let event = object.events.borrow_mut().pop();
    if let Some(What::Route(route)) = event.map(|e| match &e.what {
        What::Route(route) => What::Route(RouteEvent { marks, ..route.clone() }),
        _ => What::Route(RouteEvent::default()),
    }) {
        world.register(&object, What::Route(route), at);
    }
    world.register(server, What::Mount { prefix: None, child: Value::Object(object), replaces: false, route: None }, at);
}

/// The messages that a gateway subscribes to, at the path of the gateway.
pub(super) fn messages(world: &mut World<'_>, app: &Rc<Object>, class: &Rc<ClassValue>, path: &Text) {
    let outer = class_marks(world, class);
    for (_, f) in methods(world, class) {
        let marks = f.marks.borrow().clone();
        let Some((mark, _)) = marked(&marks, SOCKETS, &["SubscribeMessage"]) else { continue };
        let event = mark.args.at(0).cloned().unwrap_or(Value::Null);
        let mut whole = path.clone();
        whole.push_str("#");
        let event = match world.force(&event) {
            // `@SubscribeMessage({ cmd: 'x' })` of adapters that compare objects.
            dict @ Value::Dict(_) => world.pairs(&dict).into_iter().next().map_or(Value::Null, |p| p.1),
            other => other,
        };
        let event = world.to_text(&event, mark.at);
        whole.push(&event);
        let route = RouteEvent {
            methods: Some(vec!["RECEIVE".into()]),
            path: Some(Value::Text(Rc::new(whole))),
            handler: Some(Value::Function(f.clone())),
            protocol: Some("event".into()),
            style: Some("literal".into()),
            annotated: true,
            marks: Some(Rc::new(Marks { handler: marks, class: outer.clone() })),
            ..RouteEvent::default()
        };
        world.register(app, What::Route(route), mark.at);
    }
}
