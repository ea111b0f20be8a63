//! NestJS: the module graph. Which controllers and providers an application's root module reaches, through dynamic
//! modules, `forwardRef` and the router module's trees.

use super::CallSite;
use super::nest::{mark, segment, text};
use crate::interp::attr::NOWHERE;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// What an application's modules hold.
#[derive(Default)]
pub(super) struct Graph {
    seen: FxHashSet<usize>,
    /// Module and controller.
    pub controllers: Vec<(usize, Rc<ClassValue>)>,
    pub providers: Vec<Rc<ClassValue>>,
    /// Options of the GraphQL module.
    pub graphql: Option<(Value, Place)>,
    /// Guards for every route, by the framework's token.
    pub guards: Vec<(Value, Place)>,
    /// Prefixes of the router module, by module.
    pub prefixes: FxHashMap<usize, Text>,
}

/// `register`, `forRoot` ... that a module inherits from a configurable module's base: the module itself.
pub fn configurable(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let Value::Class(class) = world.force(site.args.at(0)?) else { return None };
    let inherits = world.outside_bases(&class).iter().any(|b| b.contains("ConfigurableModule"));
    (inherits || mark(&class, "Module").is_some()).then(|| Value::dict([("module".into(), Value::Class(class))]))
}

/// Walks what stands in `imports`.
pub(super) fn visit(world: &mut World<'_>, value: &Value, graph: &mut Graph, at: Place, depth: u32) {
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
        "forRoot" | "forRootAsync" if callee.starts_with("@nestjs/graphql.GraphQLModule") => {
            let options = unknown.args.at(0).map_or(Value::Null, |v| world.force(v));
            let made = world.get_attr(&options, "useFactory", None).map(|f| world.call_value(&f, Args::default(), at));
            graph.graphql = Some((made.unwrap_or(options), unknown.at.unwrap_or(at)));
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
        provided(world, providers.as_ref(), graph, at, 0);
        for class in classes(world, providers, 0) {
            if !graph.providers.iter().any(|c| Rc::ptr_eq(c, &class)) {
                graph.providers.push(class);
            }
        }
    }
}

/// Providers by their tokens, those of `APP_GUARD` as guards: by class, by another provider, by value, or made by a
/// function.
fn provided(world: &mut World<'_>, value: Option<&Value>, graph: &mut Graph, at: Place, depth: u32) {
    let Some(value) = value.filter(|_| depth < 8) else { return };
    match world.force(value) {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.iter().for_each(|v| provided(world, Some(v), graph, at, depth + 1));
        }
        Value::Either(all) => all.iter().for_each(|v| provided(world, Some(v), graph, at, depth + 1)),
        Value::Default(inner) => provided(world, Some(&inner), graph, at, depth + 1),
        dict @ Value::Dict(_) => {
            let Some(token) = world.get_attr(&dict, "provide", None).map(|v| world.force(&v)) else { return };
            let given = ["useClass", "useExisting", "useValue"].iter().find_map(|key| world.get_attr(&dict, key, None));
            let given = given.or_else(|| {
                let make = world.get_attr(&dict, "useFactory", None)?;
                Some(world.call_value(&make, Args::default(), at))
            });
            let Some(given) = given else { return };
            match &token {
                Value::Symbol(s) if s.starts_with("@nestjs/core") && s.ends_with(".APP_GUARD") => {
                    graph.guards.push((world.force(&given), at));
                }
                _ => world.provided.push((token, given)),
            }
        }
        _ => {}
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
