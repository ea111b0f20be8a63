//! What models can't say, as small Rust functions named by the models. The only place that knows frameworks.

mod adonis;
mod appbuilder;
mod appbuilder_own;
mod bottle;
mod controllers;
pub mod django;
mod django_apps;
mod django_meta;
mod django_middleware;
mod django_patterns;
mod django_views;
mod drf;
mod drf_guards;
mod drf_inputs;
mod drf_model;
mod drf_routes;
mod falcon;
mod fastify;
pub(crate) mod field_classes;
mod file_guards;
mod file_methods;
pub(crate) mod files;
mod finale;
mod flask;
mod graphql;
mod graphql_rust;
mod grpc;
mod hapi;
mod litestar;
mod nest;
mod nest_modules;
mod nest_protocols;
mod nest_routes;
mod next;
mod ninja;
mod poem;
mod pyramid;
pub(crate) mod remix;
mod rpc;
mod rust_web;
mod sanic;
mod soap;
mod sockets;
mod tornado;
mod trpc;
mod utoipa;
pub(crate) mod validators;
mod warp;

use crate::handler::Handler;
use crate::models::Call;
use crate::output::Place;
use crate::value::{Args, ClassValue, Object, RouteEvent, Value};
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// A call that a native handles.
pub struct CallSite<'c> {
    /// The model.
    pub model: u16,
    /// The call's spec.
    pub call: &'c Call,
    /// The object it is called on.
    pub receiver: Option<Rc<Object>>,
    /// The name it is called by.
    pub name: SmolStr,
    /// Its arguments.
    pub args: Args,
    /// The path, if the spec has a place for it.
    pub path: Option<Value>,
    /// Where.
    pub at: Place,
}

/// Names a model may use.
pub const NAMES: &[&str] = &[
    "adonis.group",
    "adonis.resource",
    "adonis.restrict",
    "adonis.route",
    "appbuilder",
    "appbuilder.add",
    "appbuilder.expose",
    "appbuilder.mark",
    "bottle.app",
    "bottle.call",
    "controllers",
    "falcon.add_route",
    "litestar",
    "pyramid",
    "pyramid.view",
    "pyramid.include",
    "django",
    "django.callback",
    "django.url_patterns",
    "django.path",
    "django.include",
    "django.patterns",
    "django.i18n_patterns",
    "django.nothing",
    "django.app_configs",
    "django.as_view",
    "django.as_asgi",
    "django.url_pattern",
    "drf",
    "drf.urls",
    "drf.register",
    "drf.register_nested",
    "drf.route_spec",
    "drf.routes",
    "drf.lookup",
    "drf.method_map",
    "drf.action",
    "drf.mark_action",
    "finale.initialize",
    "finale.resource",
    "flask",
    "flask.dispatcher",
    "graphql",
    "graphql.endpoint",
    "grpc.add",
    "grpc.add_service",
    "grpc.handlers",
    "grpc.tonic",
    "fastify.add_schema",
    "fastify.autoload",
    "fastify.decorate",
    "hapi.register",
    "nest",
    "nest.configurable",
    "nest.microservice",
    "nest.note",
    "ninja.add_router",
    "remix.prefix",
    "rpc",
    "rpc.into_rpc",
    "rpc.method",
    "rpc.methods",
    "rpc.other",
    "rpc.serve",
    "soap",
    "soap.listen",
    "trpc",
    "trpc.plugin",
    "trpc.router",
    "trpc.serve",
    "trpc.step",
    "rust.guard",
    "rust.attach",
    "rust.list",
    "poem.service",
    "sockets",
    "sockets.app",
    "sockets.connection",
    "sockets.event",
    "sockets.layer",
    "sockets.of",
    "sockets.on",
    "sockets.register",
    "sanic",
    "sanic.group",
    "flask_openapi",
    "tornado",
    "tornado.join",
    "tornado.regex",
    "tornado.settings",
    "utoipa.routes",
    "warp",
    "warp.path",
    "warp.param",
    "warp.tail",
    "warp.neutral",
    "warp.method",
    "warp.ws",
    "warp.and",
    "warp.or",
    "warp.handle",
    "warp.map",
    "utoipa.parts",
    "utoipa.typed",
];

/// Runs a native for a call; None when it does not apply.
pub fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name.split_once('.')? {
        ("adonis", name) => adonis::call(world, name, site),
        ("bottle", name) => bottle::call(world, name, site),
        ("sanic", "group") => sanic::group(world, site),
        ("falcon", "add_route") => falcon::add_route(world, site),
        ("pyramid", name) => pyramid::call(world, name, site),
        ("appbuilder", name) => appbuilder::call(world, name, site),
        ("django", name) => django::call(world, name, site),
        ("drf", name) => drf::call(world, name, site),
        ("finale", name) => finale::call(world, name, site),
        ("flask", name) => flask::call(world, name, site),
        ("rust", name) => rust_web::call(world, name, site),
        ("poem", "service") => poem::service(world, site),
        ("warp", name) => warp::call(world, name, site),
        ("utoipa", "routes") => utoipa::routes(world, site),
        ("utoipa", "parts") => utoipa::parts(world, site),
        ("utoipa", "typed") => utoipa::typed(world, site),
        ("graphql", "endpoint") => graphql::endpoint(world, site),
        ("rpc", name) => rpc::call(world, name, site),
        ("soap", "listen") => soap::listen(world, site),
        ("trpc", name) => trpc::call(world, name, site),
        ("sockets", name) => sockets::call(world, name, site),
        ("grpc", name) => grpc::call(world, name, site),
        ("fastify", name) => fastify::call(world, name, site),
        ("hapi", "register") => hapi::register(world, site),
        ("nest", "configurable") => nest_modules::configurable(world, site),
        ("remix", "prefix") => remix::prefix(world, site),
        ("ninja", "add_router") => ninja::add_router(world, site),
        ("nest", "microservice") => nest::microservice(world, site),
        ("nest", "note") => nest::note(world, site),
        ("tornado", "join") => tornado::join(world, site),
        _ => None,
    }
}

/// Runs a native before anything else is run.
pub fn start(world: &mut World<'_>, name: &str) {
    if name == "django" {
        django_apps::start(world);
    }
}

/// Runs a native after everything ran, before routes are assembled.
pub fn finish(world: &mut World<'_>, name: &str, model: u16) {
    match name {
        "appbuilder" => appbuilder_own::finish(world, model),
        "litestar" => litestar::finish(world, model),
        "controllers" => controllers::finish(world, model),
        "django" => django::finish(world, model),
        "graphql" => graphql::finish(world, model),
        "rpc" => rpc::finish(world, model),
        "soap" => soap::finish(world, model),
        "trpc" => trpc::finish(world, model),
        "sockets" => sockets::finish(world, model),
        "drf" => drf_routes::finish(world),
        "sanic" => sanic::finish(world, model),
        "tornado" => tornado::finish(world, model),
        "warp" => warp::finish(world, model),
        "nest" => nest::finish(world, model),
        _ => {}
    }
}

/// The handlers of a route, by the native a model names for them; None leaves it to the usual rules.
pub(crate) fn handlers(world: &mut World<'_>, name: &str, object: &Rc<Object>, route: &RouteEvent, at: Place) -> Option<Vec<Handler>> {
    match name {
        "appbuilder" => appbuilder::handlers(world, object, route, at),
        "django" | "drf" => django_views::handlers(world, route, at),
        "pyramid" => pyramid::handlers(world, route, at),
        "flask_openapi" => flask::class_verbs(world, route),
        "flask" => flask::handlers(world, object, route, at),
        _ => None,
    }
}

/// What a handler takes, by the native a model names for its handlers.
pub(crate) fn inputs(world: &mut World<'_>, name: &str, handler: &Handler, path: &[SmolStr], out: &mut crate::output::Inputs) {
    if matches!(name, "drf" | "django") {
        drf_inputs::inputs(world, handler, path, out);
    }
}

/// An attribute of a framework object that a model leaves to a native.
pub(crate) fn attribute(world: &mut World<'_>, name: &str, object: &Rc<Object>) -> Option<Value> {
    match name.split_once('.')? {
        ("drf", name) => drf::attribute(world, name, object),
        ("tornado", name) => tornado::attribute(world, name, object),
        ("django", name) => django_patterns::attribute(world, name, object),
        _ => None,
    }
}

/// Sets an attribute of a framework object that means more than its value; false when it doesn't.
pub(crate) fn set_attribute(world: &World<'_>, object: &Rc<Object>, name: &str, value: &Value) -> bool {
    django_patterns::set(world, object, name, value)
}

/// Whether a class has no attributes but those its classes of the tree define.
pub(crate) fn is_closed(world: &mut World<'_>, class: &Rc<ClassValue>) -> bool {
    let bases = world.outside_bases(class);
    !bases.is_empty() && bases.iter().all(|b| django::APP_CONFIG.contains(&b.as_str()) || b == "object")
}

/// Whether the tree has the settings that an outside object stands for, and they leave one out.
pub(crate) fn is_unset(world: &World<'_>, symbol: &str, name: &str) -> bool {
    symbol == "django.conf.settings" && django::is_unset(world, name)
}

/// What the deployed settings of an outside object say of one, if they agree.
pub(crate) fn configured(world: &World<'_>, symbol: &str, name: &str) -> Option<Value> {
    if symbol == "django.conf.settings" { django::configured(world, name) } else { None }
}

/// An attribute that a framework gives classes of the tree.
pub(crate) fn class_attribute(world: &mut World<'_>, class: &Rc<ClassValue>, name: &str) -> Option<Value> {
    match name {
        "_meta" => django_meta::options(world, class),
        _ => tornado::class_attribute(world, class, name),
    }
}

/// What an attribute of an outside object is when the tree configures it.
pub(crate) fn setting(world: &mut World<'_>, symbol: &str, name: &str) -> Option<Value> {
    match name {
        "routes" if symbol.starts_with("rest_framework.routers.") => drf_routes::class_table(world),
        _ if symbol.ends_with("._meta") => django_meta::outside(symbol.trim_end_matches("._meta"), name),
        _ if symbol == "django.conf.settings" => django::setting(world, name),
        _ if symbol == "rest_framework.settings.api_settings" => drf_guards::api_setting(world, name),
        _ => None,
    }
}
