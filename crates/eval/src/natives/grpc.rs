//! gRPC servers: which services code registers and what answers their methods. Paths are `/package.Service/Method`.
//!
//! What a service is called and which methods it has is said by the tree's `.proto` files, by generated code in the tree, or else by
//! what the code implements; then the package is a hole. A method that nothing of the tree implements is promised and not served.

use super::CallSite;
use crate::host::protobuf::Service;
use crate::output::{Flow, Place, TroubleKind};
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

/// Wrappers around a service are looked through so deep.
const MAX_DEPTH: u32 = 8;

/// Runs a native of gRPC libraries.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "handlers" => handlers(world, site),
        "add" => add(world, site),
        "add_service" => add_service(world, site),
        "tonic" => tonic(world, site),
        _ => None,
    }
}

/// `grpc.method_handlers_generic_handler('a.Greeter', {'SayHello': grpc.unary_unary_rpc_method_handler(servicer.SayHello)})`.
fn handlers(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let service = object(world, site.model, site.at)?;
    let full = site.args.get(0, "service").cloned()?;
    let full = world.to_text(&full, site.at);
    let methods = site.args.get(1, "method_handlers").cloned().map(|v| world.force(&v))?;
    if !matches!(methods, Value::Dict(_)) {
        unread(world, site.at, "the methods of this gRPC service could not be followed");
    }
    for (name, made) in world.pairs(&methods) {
        let Value::Unknown(made) = world.force(&made) else { continue };
        let kind = made.callee.as_deref().and_then(|c| c.rsplit('.').next()).unwrap_or_default();
        let Some((asked, given)) = kind.strip_suffix("_rpc_method_handler").and_then(|k| k.split_once('_')) else { continue };
        let handler = made.args.get(0, "behavior").cloned().map(|v| world.force(&v));
        // Generated code beside nothing that implements it.
        let at = handler.as_ref().and_then(|h| place(world, h)).unwrap_or(site.at);
        if is_made(world, at) {
            continue;
        }
        let flow = Flow::of(asked == "stream", given == "stream");
        method(world, &service, &full, (&name, flow), handler, at);
    }
    Some(Value::Object(service))
}

/// `add_GreeterServicer_to_server(Greeter(), server)` whose code is made at build time.
fn add(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let name = site.name.strip_prefix("add_")?.strip_suffix("Servicer_to_server")?;
    let servicer = site.args.get(0, "servicer").cloned()?;
    let service = served(world, site.model, name, &servicer, site.at)?;
    match site.args.get(1, "server").cloned().map(|v| world.force(&v)) {
        Some(Value::Object(server)) => mount(world, &server, service, site.at),
        _ => return Some(Value::Object(service)),
    }
    Some(Value::Null)
}

/// `server.addService(definition, implementation)`: a service of a loaded package, or a generated table of methods.
fn add_service(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = site.receiver.clone()?;
    let definition = world.force(site.args.at(0)?);
    let implementation = site.args.at(1).cloned().unwrap_or(Value::Null);
    let service = match &definition {
        Value::Dict(_) => {
            let service = object(world, site.model, site.at)?;
            for (name, entry) in world.pairs(&definition) {
                let Some(path) = world.get_attr(&entry, "path", None).and_then(|p| p.as_str()) else { continue };
                let Some((full, method_name)) = path.trim_start_matches('/').split_once('/') else { continue };
                let streams = |world: &mut World<'_>, key: &str| matches!(world.get_attr(&entry, key, None), Some(Value::Bool(true)));
                let flow = Flow::of(streams(world, "requestStream"), streams(world, "responseStream"));
                let handler = answer(world, &implementation, &name).or_else(|| answer(world, &implementation, method_name));
                let Some(handler) = handler else { continue };
                let at = place(world, &handler).unwrap_or(site.at);
                method(world, &service, &Text::plain(full.into(), None), (method_name, flow), Some(handler), at);
            }
            service
        }
        other => {
            let name = named(other)?;
            served(world, site.model, &name, &implementation, site.at)?
        }
    };
    mount(world, &server, service, site.at);
    Some(Value::Null)
}

/// `Server::builder().add_service(GreeterServer::with_interceptor(greeter, check))`, behind wrappers.
fn tonic(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = site.receiver.clone()?;
    let given = site.args.at(0)?.clone();
    // In a chain each call begins where the chain does.
    let at = match world.force(&given) {
        Value::Unknown(u) => u.at.unwrap_or(site.at),
        Value::Instance(i) => i.at,
        _ => site.at,
    };
    let at = if at.file == site.at.file { at } else { site.at };
    let mut guards = Vec::new();
    match generated(world, &given, &mut guards, 0) {
        Some((name, implementation)) => {
            let service = served(world, site.model, &name, &implementation, at)?;
            for value in guards {
                world.register(&service, What::Guard { value, prefix: None, reach: Reach::All }, at);
            }
            mount(world, &server, service, at);
        }
        None => unread(world, at, &format!("the gRPC service `{}` that is added here could not be followed", world.label(&given))),
    }
    Some(Value::Object(server))
}

/// The service that a value made of generated code serves, and what it was given; what stands before it goes to the guards.
fn generated(world: &mut World<'_>, value: &Value, guards: &mut Vec<Value>, depth: u32) -> Option<(SmolStr, Value)> {
    if depth > MAX_DEPTH {
        return None;
    }
    match world.force(value) {
        Value::Unknown(u) => {
            let label = u.callee.clone().unwrap_or_else(|| SmolStr::new(u.label.trim_end_matches("()")));
            let parts: Vec<&str> = label.split(['.', ':']).filter(|p| !p.is_empty()).collect();
            if let [.., of, how] = parts.as_slice()
                && let Some(name) = of_generated(of, how)
            {
                if how.starts_with("with_interceptor") {
                    guards.extend(u.args.at(1).cloned());
                }
                return Some((name, u.args.at(0).cloned().unwrap_or(Value::Null)));
            }
            // A chain on a service whose code is not in the tree: `XServer::new(x).max_decoding_message_size(n)`.
            if u.from.is_none()
                && u.args.items.iter().all(|v| !matches!(v, Value::Unknown(_) | Value::Instance(_)))
                && let Some(name) = parts.windows(2).find_map(|pair| of_generated(pair[0], pair[1].trim_end_matches("()")))
            {
                return Some((name, Value::Null));
            }
            // `InterceptedService::new(service, check)`, `tonic_web::enable(service)`, `service.max_decoding_message_size(n)`.
            if parts.ends_with(&["InterceptedService", "new"]) {
                guards.extend(u.args.at(1).cloned());
            }
            let inner: Vec<Value> = u.args.items.iter().chain(&u.from).cloned().collect();
            inner.iter().find_map(|v| generated(world, v, guards, depth + 1))
        }
        Value::Instance(i) => {
            let name = i.class.name.strip_suffix("Server").filter(|n| !n.is_empty()).map(SmolStr::new)?;
            let inner = i.fields.borrow().get("inner").cloned();
            Some((name, inner.unwrap_or(Value::Null)))
        }
        Value::Either(all) => all.iter().find_map(|v| generated(world, v, guards, depth + 1)),
        _ => None,
    }
}

/// The service of a constructor of generated code: `GreeterServer::new`.
fn of_generated(of: &str, how: &str) -> Option<SmolStr> {
    let makes = matches!(how, "new" | "with_interceptor" | "from_arc" | "with_interceptor_from_arc");
    of.strip_suffix("Server").filter(|n| makes && !n.is_empty()).map(SmolStr::new)
}

/// The name by which a definition from outside says its service: `loadPackageDefinition(..).shop.v1.Orders.service`.
fn named(definition: &Value) -> Option<SmolStr> {
    let label = match definition {
        Value::Unknown(u) => u.callee.clone().unwrap_or_else(|| u.label.clone()),
        Value::Symbol(s) => s.clone(),
        _ => return None,
    };
    let name = label.replace("()", "");
    let name = name.strip_suffix(".service").unwrap_or(&name);
    Some(SmolStr::new(name.split_once("loadPackageDefinition.").map_or(name, |(_, rest)| rest)))
}

/// An object for a service that answers by `implementation`; None when nothing is known of it.
fn served(world: &mut World<'_>, model: u16, name: &str, implementation: &Value, at: Place) -> Option<Rc<Object>> {
    let service = object(world, model, at)?;
    let implementation = world.force(implementation);
    match find(world, name, &implementation, at) {
        Some(found) => {
            for (name, flow) in &found.methods {
                let handler = answer(world, &implementation, name);
                if handler.is_none() && is_code(&implementation) {
                    continue;
                }
                let here = handler.as_ref().and_then(|h| place(world, h)).unwrap_or(at);
                let handler = handler.or_else(|| Some(implementation.clone()));
                method(world, &service, &Text::plain(found.full.clone(), None), (name, *flow), handler, here);
            }
        }
        None => {
            let own = own_methods(world, &implementation);
            let mut full = Text::default();
            full.parts.push(Part::Hole {
                label: SmolStr::new(format!("package of {name}.")),
                reason: SmolStr::new_static("neither a .proto file of the tree nor generated code says it"),
                at: Some(at),
            });
            full.push_str(name.rsplit('.').next().unwrap_or(name));
            let message = format!("no .proto file of the tree defines the gRPC service `{name}`");
            let effect = match own.is_empty() {
                true => "its methods are missing",
                false => "its package and which of its methods stream are not known",
            };
            world.trouble_at(TroubleKind::UnresolvedService, at, message, effect);
            for (name, handler) in own {
                let here = place(world, &handler).unwrap_or(at);
                method(world, &service, &full, (&name, Flow::Unary), Some(handler), here);
            }
        }
    }
    Some(service)
}

/// The service of a name, qualified or not; of several that of which the code answers most.
pub(super) fn find(world: &mut World<'_>, name: &str, implementation: &Value, at: Place) -> Option<Service> {
    let all = world.proto_services();
    let last = name.rsplit('.').next().unwrap_or(name);
    let by = |test: &dyn Fn(&Service) -> bool| all.iter().filter(|s| test(s)).cloned().collect::<Vec<_>>();
    let mut found = by(&|s| s.full == name);
    if found.is_empty() && name.contains('.') {
        let end = format!(".{name}");
        found = by(&|s| s.full.ends_with(&end));
    }
    if found.is_empty() {
        found = by(&|s| s.name() == last);
    }
    if found.is_empty() {
        found = by(&|s| last.strip_suffix("Service").is_some_and(|short| s.name() == short));
    }
    if found.len() < 2 {
        return found.pop();
    }
    let mut ranked: Vec<(usize, Service)> = Vec::new();
    for service in found {
        let answered = service.methods.iter().filter(|(name, _)| answer(world, implementation, name).is_some()).count();
        ranked.push((answered, service));
    }
    let most = ranked.iter().map(|r| r.0).max().unwrap_or_default();
    let mut best: Vec<Service> = ranked.into_iter().filter(|r| r.0 == most).map(|r| r.1).collect();
    if best.len() > 1 {
        let names = best.iter().map(|s| s.full.as_str()).collect::<Vec<_>>().join("`, `");
        world.trouble_at(
            TroubleKind::UnresolvedService,
            at,
            format!("the gRPC service `{last}` may be any of `{names}`"),
            "its package and methods are those of the first",
        );
    }
    Some(best.remove(0))
}

/// What answers a method: a member of the implementation, named as in the definition or as the language names functions.
fn answer(world: &mut World<'_>, implementation: &Value, method: &str) -> Option<Value> {
    let mut lower = method.to_owned();
    if let Some(first) = lower.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    for name in [method, &lower, &snake(method)] {
        let found = match implementation {
            Value::Class(class) => world.class_attr(class, name),
            Value::Instance(instance) => {
                let field = instance.fields.borrow().get(name).cloned();
                field.or_else(|| world.class_attr(&instance.class, name))
            }
            Value::Dict(dict) => dict.get(name),
            _ => None,
        };
        let found = found.map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null));
        if let Some(found) = found
            && !place(world, &found).is_some_and(|at| is_made(world, at))
        {
            return Some(found);
        }
    }
    None
}

/// `SayHello` as `say_hello`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let starts = c.is_uppercase()
            && at > 0
            && (!letters[at - 1].is_uppercase() || letters.get(at + 1).is_some_and(|n| n.is_lowercase()))
            && letters[at - 1] != '_';
        if starts {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn is_code(value: &Value) -> bool {
    matches!(value, Value::Class(_) | Value::Instance(_) | Value::Dict(_))
}

/// Methods by the shape of what implements them: named like methods in definitions are, or taking a request.
fn own_methods(world: &mut World<'_>, implementation: &Value) -> Vec<(SmolStr, Value)> {
    let class = match implementation {
        Value::Class(class) => class.clone(),
        Value::Instance(instance) => instance.class.clone(),
        _ => return Vec::new(),
    };
    let mut out = Vec::new();
    for (_, name, value) in world.members(&class) {
        let Value::Function(f) = world.force(&value) else { continue };
        if is_made(world, world.function_ref(&f).place) {
            continue;
        }
        let tree = world.module(f.module).tree.clone();
        let takes = tree.function(f.function).params.iter().filter_map(|p| p.ty).any(|t| names_request(&tree, t));
        let named = name.starts_with(|c: char| c.is_ascii_uppercase());
        if named || takes {
            let parts = name.split('_').filter(|p| !p.is_empty());
            let method: String = parts.map(|p| p[..1].to_ascii_uppercase() + &p[1..]).collect();
            out.push((if named { name } else { SmolStr::new(method) }, Value::Function(f)));
        }
    }
    out
}

fn names_request(tree: &apicensus_syntax::Module, ty: apicensus_syntax::ExprId) -> bool {
    match tree.expr(ty) {
        Expr::Index(base, _) => names_request(tree, *base),
        Expr::Name(name) | Expr::Attr(_, name) => name == "Request",
        _ => false,
    }
}

/// Whether a place is in code that is made from definitions: its bases answer that nothing is implemented.
fn is_made(world: &World<'_>, at: Place) -> bool {
    let path = &world.input.files.get(at.file).path;
    path.ends_with("_pb2_grpc.py") || path.ends_with("_grpc.py") && path.contains("_pb2")
}

fn place(world: &World<'_>, value: &Value) -> Option<Place> {
    match value {
        Value::Function(f) => Some(world.function_ref(f).place),
        Value::BoundFunction(b) => Some(world.function_ref(&b.1).place),
        _ => None,
    }
}

/// An object for a service.
pub(super) fn object(world: &mut World<'_>, model: u16, at: Place) -> Option<Rc<Object>> {
    let kind = world.input.models.kind(model, "service")?;
    Some(world.make_object(Some(kind), at, None, false))
}

fn mount(world: &mut World<'_>, server: &Rc<Object>, service: Rc<Object>, at: Place) {
    world.register(server, What::Mount { prefix: None, child: Value::Object(service), replaces: false, route: None }, at);
}

/// Registers a method of a service.
pub(super) fn method(
    world: &mut World<'_>,
    service: &Rc<Object>,
    full: &Text,
    (name, flow): (&str, Flow),
    handler: Option<Value>,
    at: Place,
) {
    let mut path = Text::plain("/".into(), None);
    // Where the name is written is mostly generated code; the method counts as registered where it is answered.
    match full.known() {
        Some(known) => path.push_str(&known),
        None => path.push(full),
    }
    path.push_str(&format!("/{name}"));
    let route = RouteEvent {
        methods: Some(vec!["RPC".into()]),
        path: Some(Value::Text(Rc::new(path))),
        handler,
        protocol: Some(flow.protocol().into()),
        style: Some("literal".into()),
        ..RouteEvent::default()
    };
    world.register(service, What::Route(route), at);
}

fn unread(world: &mut World<'_>, at: Place, message: &str) {
    world.trouble_at(TroubleKind::UnresolvedService, at, message, "its methods are missing");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_as_functions_are_named() {
        assert_eq!(
            (snake("SayHello"), snake("GetURL"), snake("ListV2Items")),
            ("say_hello".into(), "get_url".into(), "list_v2_items".into())
        );
    }
}
