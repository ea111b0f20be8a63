//! SOAP servers: operations of services that code registers; a WSDL document beside it is the contract. The path of an operation is
//! that of its endpoint with `#` and its name. Messages in other formats than SOAP are a trouble.

use super::CallSite;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Decorators of the methods of a service.
const OPERATIONS: &[&str] = &["rpc", "srpc", "mrpc"];

/// Gives every application of a model the operations of its services.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for object in world.objects_with_operations(model) {
        let args = object.args.borrow().clone();
        let protocol = args.name("in_protocol").map_or_else(SmolStr::default, |p| world.label(p));
        if !protocol.is_empty() && !protocol.contains("Soap") {
            let message = format!("this application takes `{protocol}`, which is not SOAP");
            world.trouble_at(TroubleKind::UnresolvedRegistration, object.site, message, "its operations are missing");
            continue;
        }
        let services = args.get(0, "services").cloned().unwrap_or(Value::Null);
        let (services, is_open) = world.items_of(&services, object.site);
        let mut missed = is_open;
        for service in services {
            match world.force(&service) {
                Value::Class(class) => of_class(world, &object, &class),
                _ => missed = true,
            }
        }
        if missed {
            let message = "some services of this SOAP application could not be followed";
            world.trouble_at(TroubleKind::UnresolvedRegistration, object.site, message, "their operations are missing");
        }
    }
}

fn of_class(world: &mut World<'_>, object: &Rc<Object>, class: &Rc<ClassValue>) {
    for (_, name, value) in world.members(class) {
        let Value::Function(f) = world.force(&value) else { continue };
        let is_one = |m: &&Mark| m.symbol.as_deref().and_then(|s| s.rsplit('.').next()).is_some_and(|n| OPERATIONS.contains(&n));
        let Some(mark) = f.marks.borrow().iter().find(is_one).cloned() else { continue };
        let told = mark.args.name("_operation_name").and_then(Value::as_str);
        let at = world.function_ref(&f).place;
        operation(world, object, told.as_deref().unwrap_or(&name), Value::Function(f), at);
    }
}

fn operation(world: &mut World<'_>, object: &Rc<Object>, name: &str, handler: Value, at: Place) {
    let route = RouteEvent {
        methods: Some(vec!["SOAP".into()]),
        path: Some(Value::text(format!("#{name}"))),
        handler: Some(handler),
        protocol: Some("soap".into()),
        style: Some("literal".into()),
        ..RouteEvent::default()
    };
    world.register(object, What::Route(route), at);
}

/// `soap.listen(server, '/path', services, wsdl)`, or with options: on an application, or alone on a server of its own.
pub(super) fn listen(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = world.force(site.args.at(0)?);
    let second = world.force(site.args.at(1)?);
    let (path, services) = match &second {
        Value::Dict(_) => (world.get_attr(&second, "path", None), world.get_attr(&second, "services", None)),
        path => (Some(path.clone()), site.args.at(2).cloned()),
    };
    let role = if matches!(server, Value::Object(_)) { "service" } else { "standalone" };
    let kind = world.input.models.kind(site.model, role)?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let mut text = path.map_or_else(Text::default, |p| world.to_text(&p, site.at));
    if text.starts_with("/") == Some(false) {
        let rest = std::mem::replace(&mut text, Text::plain("/".into(), None));
        text.push(&rest);
    }
    // The library answers with and without a slash at the end.
    let text = text.map_end(|t| SmolStr::new(t.trim_end_matches('/')));
    *object.prefix.borrow_mut() = Some(Value::Text(Rc::new(text)));
    let methods = Some(vec![SmolStr::new_static("GET"), SmolStr::new_static("POST")]);
    let route = RouteEvent { methods, path: Some(Value::text("")), third_party: true, ..RouteEvent::default() };
    world.register(&object, What::Route(route), site.at);
    let services = services.map_or(Value::Null, |v| world.force(&v));
    for (_, ports) in world.pairs(&services) {
        let ports = world.force(&ports);
        for (_, operations) in world.pairs(&ports) {
            let operations = world.force(&operations);
            for (name, handler) in world.pairs(&operations) {
                let handler = world.force(&handler);
                let at = match &handler {
                    Value::Function(f) => world.function_ref(f).place,
                    _ => site.at,
                };
                operation(world, &object, &name, handler, at);
            }
        }
    }
    if !matches!(&services, Value::Dict(d) if !d.open.get()) {
        let message = "the services that are served here could not be followed";
        world.trouble_at(TroubleKind::UnresolvedRegistration, site.at, message, "their operations are missing");
    }
    if let Value::Object(app) = &server {
        world.register(app, What::Mount { prefix: None, child: Value::Object(object.clone()), replaces: false, route: None }, site.at);
    }
    Some(Value::Object(object))
}
