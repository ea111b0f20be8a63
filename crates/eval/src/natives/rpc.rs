//! JSON-RPC (https://www.jsonrpc.org/specification): methods that are registered by name, and where they are served. The path of a
//! method is that of its server with `#` and its name. Transports other than HTTP and WebSocket have no path and are a trouble.

use super::CallSite;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

/// Runs a native of JSON-RPC libraries.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "method" => method(world, site),
        "methods" => {
            let server = site.receiver.clone()?;
            table(world, &server, site.args.at(0)?, site.at);
            Some(Value::Object(server))
        }
        "serve" => serve(world, site),
        "other" => {
            let message = format!("JSON-RPC is served over `{}` here", site.name);
            world.trouble_at(TroubleKind::UnresolvedRegistration, site.at, message, "methods over it have no path and are not listed");
            None
        }
        "into_rpc" => into_rpc(world, site),
        _ => None,
    }
}

/// Gives servers the methods they were made with, and registries those that a decorator of the library marks.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    let models = world.input.models;
    for object in world.objects_with_operations(model) {
        if object.kind.get().is_some_and(|k| models.role_name(k) == "server") {
            let first = object.args.borrow().at(0).cloned();
            if let Some(methods) = first {
                table(world, &object, &methods, object.site);
            }
        }
    }
    let Some(registry) = models.model(model).roles.get("registry") else { return };
    let package = registry.values.first().and_then(|v| v.split('.').next()).unwrap_or_default();
    let is_method = |m: &Mark| m.symbol.as_deref().is_some_and(|s| s.split('.').next() == Some(package) && s.ends_with(".method"));
    let marked: Vec<(Rc<Closure>, Mark)> =
        world.closures.iter().filter_map(|f| f.marks.borrow().iter().find(|m| is_method(m)).map(|m| (f.clone(), m.clone()))).collect();
    if marked.is_empty() {
        return;
    }
    // All names of the registry are one.
    let mut objects: Vec<Rc<Object>> = registry.values.iter().filter_map(|s| world.outside_values.get(s.as_str()).cloned()).collect();
    objects.dedup_by_key(|o| o.id);
    if objects.is_empty() {
        let kind = registry.values.first().and_then(|s| models.kind_of_value(s));
        objects.push(world.make_object(kind, marked[0].1.at, None, false));
    }
    for symbol in &registry.values {
        world.outside_values.entry(SmolStr::new(symbol)).or_insert_with(|| objects[0].clone());
    }
    for object in objects {
        for (f, mark) in &marked {
            let own = world.module(f.module).tree.function(f.function).name.clone().unwrap_or_default();
            let name = mark.args.name("name").or(mark.args.at(0)).cloned().filter(|v| v.as_str().is_some());
            add(world, &object, &name.unwrap_or_else(|| Value::text(own)), Some(Value::Function(f.clone())), world.function_ref(f).place);
        }
    }
}

/// Methods by name: functions, or what the library makes of them.
fn table(world: &mut World<'_>, server: &Rc<Object>, methods: &Value, at: Place) {
    let methods = world.force(methods);
    for (name, handler) in world.pairs(&methods) {
        let handler = world.force(&handler);
        let here = match &handler {
            Value::Function(f) => world.function_ref(f).place,
            _ => at,
        };
        add(world, server, &Value::text(name), Some(handler), here);
    }
    if !matches!(&methods, Value::Dict(d) if !d.open.get()) && !matches!(methods, Value::Null) {
        let message = "some methods of this JSON-RPC server could not be followed";
        world.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "they are missing");
    }
}

/// `module.register_method("name", handler)`; a subscription has a second name that ends it.
fn method(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    let handler = site.args.items.last().cloned();
    add(world, &object, site.args.at(0)?, handler.clone(), site.at);
    if site.name.starts_with("register_subscription")
        && let Some(ends) = site.args.at(2).filter(|v| v.as_str().is_some())
    {
        add(world, &object, ends, handler, site.at);
    }
    Some(Value::Object(object))
}

fn add(world: &mut World<'_>, object: &Rc<Object>, name: &Value, handler: Option<Value>, at: Place) {
    let name = world.force(name);
    let mut path = Text::plain("#".into(), None);
    let text = world.to_text(&name, at);
    path.push(&text);
    let route = RouteEvent {
        methods: Some(vec!["RPC".into()]),
        path: Some(Value::Text(Rc::new(path))),
        handler,
        protocol: Some("json-rpc".into()),
        style: Some("literal".into()),
        ..RouteEvent::default()
    };
    world.register(object, What::Route(route), at);
}

/// A place that serves what it is called on or given: an application of its own, or what is put on one.
fn serve(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, site.call.role.as_deref()?)?;
    let given = match (&site.receiver, world.input.models.model(site.model).roles.get("registry")) {
        (_, Some(registry)) => world.outside_value(SmolStr::new(registry.values.first()?)),
        (Some(server), None) if site.name != "start" => Value::Object(server.clone()),
        _ => site.args.at(0)?.clone(),
    };
    let object = world.make_object(Some(kind), site.at, None, false);
    *object.args.borrow_mut() = Args::of(vec![given.clone()]);
    let handler = (!world.input.models.role(kind).silent).then_some(given);
    if site.name != "websocket" {
        let methods = Some(vec![SmolStr::new_static("POST")]);
        let route = RouteEvent { methods, path: Some(Value::text("")), handler, ..RouteEvent::default() };
        world.register(&object, What::Route(route), site.at);
    }
    if site.call.protocol.as_deref() == Some("websocket") || site.name == "websocket" {
        let route = RouteEvent {
            methods: Some(vec!["GET".into()]),
            path: Some(Value::text("")),
            protocol: Some("websocket".into()),
            ..RouteEvent::default()
        };
        world.register(&object, What::Route(route), site.at);
    }
    Some(Value::Object(object))
}

/// `Implementation.into_rpc()`: the methods of the trait that an attribute makes an API, as the type implements them.
fn into_rpc(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let class = match world.force(site.args.at(0)?) {
        Value::Class(class) => class,
        Value::Instance(instance) => instance.class.clone(),
        _ => return None,
    };
    let kind = world.input.models.kind(site.model, "module")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let bases = class.bases.borrow().clone();
    let named: Vec<SmolStr> = bases.iter().map(|b| world.label(b)).collect();
    let is_api = |c: &&Rc<ClassValue>| {
        let server = format!("{}Server", c.name);
        named.iter().any(|n| n.rsplit(['.', ':']).next() == Some(&server))
    };
    let apis: Vec<Rc<ClassValue>> = world.classes.iter().filter(is_api).cloned().collect();
    for api in &apis {
        let separator = attribute_text(world, api, "namespace_separator").unwrap_or_else(|| "_".into());
        let prefix = attribute_text(world, api, "namespace").map(|n| format!("{n}{separator}")).unwrap_or_default();
        let members: Vec<(SmolStr, Value)> = api.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in members {
            let Value::Function(f) = world.force(&value) else { continue };
            let marks = f.marks.borrow().clone();
            let of =
                |m: &&Mark| m.symbol.as_deref().and_then(|s| s.rsplit('.').next()).is_some_and(|n| n == "method" || n == "subscription");
            let Some(mark) = marks.iter().find(of) else { continue };
            let Some(told) = mark.args.name("name").and_then(Value::as_str) else {
                let message = "the name of this JSON-RPC method or subscription could not be read";
                world.trouble_at(TroubleKind::UnresolvedRegistration, mark.at, message, "it is missing");
                continue;
            };
            let own = class.attrs.borrow().get(&name).cloned();
            let at = match &own {
                Some(Value::Function(own)) => world.function_ref(own).place,
                _ => site.at,
            };
            add(world, &object, &Value::text(format!("{prefix}{told}")), own, at);
        }
    }
    if apis.is_empty() {
        let message = format!("the trait that makes `{}` a JSON-RPC API is not in the tree", class.name);
        world.trouble_at(TroubleKind::UnresolvedRegistration, site.at, message, "its methods are missing");
    }
    Some(Value::Object(object))
}

/// A text that the attribute `rpc` of a trait gives under a name.
fn attribute_text(world: &World<'_>, class: &ClassValue, wanted: &str) -> Option<SmolStr> {
    let tree = &world.module(class.module).tree;
    tree.class(class.class?).annotations.iter().find_map(|a| {
        let Expr::Call { callee, args, .. } = tree.expr(*a) else { return None };
        let is_rpc = matches!(tree.expr(*callee), Expr::Name(n) | Expr::Attr(_, n) if n == "rpc");
        if is_rpc { crate::walk::named_text(tree, args, wanted) } else { None }
    })
}
