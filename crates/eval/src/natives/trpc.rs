//! tRPC: routers of procedures, and the HTTP handlers that serve them. A query is `GET /path/router.name`, a mutation `POST`, a
//! subscription a stream of events (https://trpc.io/docs/rpc). Batches and queries sent with POST are left out.

use super::CallSite;
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId};
use smol_str::SmolStr;
use std::rc::Rc;

/// Properties of a procedure.
const KIND: &str = "@kind";
const HANDLER: &str = "@handler";
const GUARDS: &str = "@guards";
const INPUT: &str = "@input";
/// Routers stand in each other so deep.
const MAX_DEPTH: u32 = 12;

/// Runs a native of tRPC.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "step" => step(world, site),
        "router" => {
            let router = object(world, site.model, "router", site.at)?;
            for part in site.args.items.clone() {
                fill(world, &router, &part, "", site.at, 0);
            }
            Some(Value::Object(router))
        }
        "serve" => serve(world, site),
        "plugin" => plugin(world, site),
        _ => None,
    }
}

fn object(world: &mut World<'_>, model: u16, role: &str, at: Place) -> Option<Rc<Object>> {
    let kind = world.input.models.kind(model, role)?;
    Some(world.make_object(Some(kind), at, None, false))
}

/// A step of building a procedure gives a new one.
fn step(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let before = site.receiver.clone()?;
    let next = object(world, site.model, "procedure", site.at)?;
    *next.props.borrow_mut() = before.props.borrow().clone();
    let first = site.args.at(0).cloned().unwrap_or(Value::Null);
    match site.name.as_str() {
        "use" => {
            let mut guards = match next.props.borrow().get(GUARDS) {
                Some(Value::List(list)) => list.items.borrow().clone(),
                _ => Vec::new(),
            };
            guards.push(first);
            next.props.borrow_mut().insert(GUARDS.into(), Value::list(guards));
        }
        "input" => {
            next.props.borrow_mut().insert(INPUT.into(), first);
        }
        "query" | "mutation" | "subscription" => {
            next.props.borrow_mut().insert(KIND.into(), Value::text(site.name.clone()));
            next.props.borrow_mut().insert(HANDLER.into(), first);
            let input = next.props.borrow().get(INPUT).cloned().filter(|_| site.name == "mutation");
            *next.args.borrow_mut() = Args::of(input.into_iter().collect());
        }
        _ => {}
    }
    Some(Value::Object(next))
}

/// Adds procedures, routers and plain objects of them to a router, below a name.
fn fill(world: &mut World<'_>, router: &Rc<Object>, value: &Value, name: &str, at: Place, depth: u32) {
    if depth > MAX_DEPTH {
        return;
    }
    let role = |world: &World<'_>, o: &Object| o.kind.get().map(|k| world.input.models.role_name(k).to_owned()).unwrap_or_default();
    match world.force(value) {
        Value::Object(inner) if role(world, &inner) == "procedure" => procedure(world, router, &inner, name),
        child @ Value::Object(_) => {
            let prefix = (!name.is_empty()).then(|| Value::text(format!("{name}.")));
            world.register(router, What::Mount { prefix, child, replaces: false, route: None }, at);
        }
        dict @ Value::Dict(_) => {
            for (key, inner) in world.pairs(&dict) {
                let name = if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
                fill(world, router, &inner, &name, at, depth + 1);
            }
            if matches!(&dict, Value::Dict(d) if d.open.get()) {
                unread(world, at, "some procedures of this tRPC router could not be followed");
            }
        }
        Value::Either(all) => all.iter().for_each(|v| fill(world, router, v, name, at, depth + 1)),
        Value::Null => {}
        other => {
            let label = world.label(&other);
            unread(world, at, &format!("`{label}` in this tRPC router could not be followed"));
        }
    }
}

fn unread(world: &mut World<'_>, at: Place, message: &str) {
    world.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "their endpoints are missing");
}

fn procedure(world: &mut World<'_>, router: &Rc<Object>, of: &Rc<Object>, name: &str) {
    let props = of.props.borrow().clone();
    let Some(kind) = props.get(KIND).and_then(Value::as_str) else { return };
    let guards = match props.get(GUARDS) {
        Some(Value::List(list)) => list.items.borrow().clone(),
        _ => Vec::new(),
    };
    let told = of.args.borrow().at(0).cloned().map(|input| {
        let schemas = vec![Value::dict([(SmolStr::new_static("body"), input)])];
        Rc::new(crate::shape::Told { schemas, ..crate::shape::Told::default() })
    });
    let route = RouteEvent {
        methods: Some(vec![if kind == "mutation" { "POST".into() } else { "GET".into() }]),
        path: Some(Value::text(name)),
        handler: props.get(HANDLER).cloned(),
        guards,
        protocol: (kind == "subscription").then(|| "sse".into()),
        style: Some("literal".into()),
        told,
        ..RouteEvent::default()
    };
    world.register(router, What::Route(route), of.site);
}

/// An adapter of a router: an application of its own, or what is put on one. One for a file of pages stands at that file's path.
fn serve(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let options = world.force(site.args.at(0)?);
    let role = site.call.role.as_deref()?;
    let made = object(world, site.model, role, site.at)?;
    let router = world.get_attr(&options, "router", None)?;
    let option = |world: &mut World<'_>, key: &str| world.get_attr(&options, key, None).map(|v| world.force(&v));
    let base = match site.name.as_str() {
        "createNextApiHandler" => {
            let path = world.input.files.get(site.at.file).path.clone();
            let (_, below) = path.split_once("pages/")?;
            Some(Value::text(format!("/{}", below.rsplit_once('/')?.0)))
        }
        "createHTTPServer" | "createHTTPHandler" => option(world, "basePath"),
        _ => option(world, "endpoint"),
    };
    let mut prefix = base.filter(|v| !matches!(v, Value::Null)).map_or_else(crate::text::Text::default, |v| world.to_text(&v, site.at));
    if prefix.ends_with("/") != Some(true) {
        prefix.push_str("/");
    }
    let prefix = Some(Value::Text(Rc::new(prefix)));
    world.register(&made, What::Mount { prefix, child: router, replaces: false, route: None }, site.at);
    Some(Value::Object(made))
}

/// `server.register(fastifyTRPCPlugin, { prefix, trpcOptions: { router } })` calls the plugin with the server and the options.
fn plugin(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let Value::Object(server) = world.force(site.args.at(0)?) else { return None };
    let options = world.force(site.args.at(1)?);
    let inner = world.get_attr(&options, "trpcOptions", None)?;
    let child = world.get_attr(&inner, "router", None)?;
    let prefix = Some(Value::text("/"));
    world.register(&server, What::Mount { prefix, child, replaces: false, route: None }, site.at);
    Some(Value::Null)
}

/// Handlers that call an adapter for each request: `fetchRequestHandler({ endpoint: '/api/trpc', req, router })`.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    let mut done: Vec<Place> = Vec::new();
    for f in world.closures.clone() {
        let tree = world.module(f.module).tree.clone();
        let mut calls: Vec<ExprId> = Vec::new();
        crate::walk::function(&tree, f.function, &mut |e| {
            if let Expr::Call { callee, .. } = tree.expr(e)
                && matches!(tree.expr(*callee), Expr::Name(n) if n == "fetchRequestHandler")
            {
                calls.push(e);
            }
        });
        for id in calls {
            let mut cx = world.top(f.module);
            cx.scope = f.scope.clone();
            let at = world.place(f.module, tree.span(id));
            if done.contains(&at) {
                continue;
            }
            done.push(at);
            let Expr::Call { args, .. } = tree.expr(id) else { continue };
            let args = world.args(&cx, args);
            let models = world.input.models;
            let is_it = |c: &crate::models::Call| c.symbol.iter().any(|s| s.ends_with(".fetchRequestHandler"));
            let Some(call) = models.model(model).calls.iter().find(|c| is_it(c)) else { continue };
            serve(world, &CallSite { model, call, receiver: None, name: "fetchRequestHandler".into(), args, path: None, at });
        }
    }
}
