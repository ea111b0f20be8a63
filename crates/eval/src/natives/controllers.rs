//! Controllers by annotation: a class whose annotation gives a prefix, methods whose annotations are routes.
//!
//! The model's `annotations` say both (`does: prefix` on the class, `does: route` on methods); its role `controller` is what
//! a class becomes. Objects of its role `app`, when there are any, mount the controllers they list, or all of them.

use crate::apply::path_like;
use crate::evaluate::Family;
use crate::guard::Marks;
use crate::models::{Call, Does, Entry, KindId};
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Adds the routes of all classes with annotated methods.
pub fn finish(world: &mut World<'_>, m: u16) {
    let models = world.input.models;
    let Some(kind) = models.kind(m, "controller") else { return };
    let app = models.kind(m, "app");
    let mut made: Vec<(Rc<ClassValue>, Vec<Rc<Object>>)> = Vec::new();
    let classes = world.classes.clone();
    let bases: Vec<usize> =
        classes.iter().flat_map(|c| world.mro(c).into_iter().skip(1).filter_map(|v| v.ptr()).collect::<Vec<_>>()).collect();
    for class in classes {
        let mark = class_mark(world, m, &class);
        // What other controllers inherit from is one itself only when it says so.
        if (mark.is_none() || world.family == Family::Rust) && bases.contains(&(Rc::as_ptr(&class) as usize)) {
            continue;
        }
        let objects = controller(world, m, kind, &class, mark);
        if !objects.is_empty() {
            made.push((class, objects));
        }
    }
    let apps: Vec<Rc<Object>> =
        world.objects.iter().filter(|o| app.is_some() && o.kind.get() == app && !world.is_dropped(o.entry)).cloned().collect();
    for app in apps {
        let listed = option_classes(world, &app, "controllers");
        for middleware in option_classes(world, &app, "middlewares") {
            let guard = What::Guard { value: Value::Class(middleware), prefix: None, reach: Reach::All };
            world.register(&app, guard, app.site);
        }
        for (class, objects) in &made {
            if listed.is_empty() || listed.iter().any(|c| Rc::ptr_eq(c, class)) {
                for object in objects {
                    let mount = What::Mount { prefix: None, child: Value::Object(object.clone()), replaces: false, route: None };
                    world.register(&app, mount, app.site);
                }
            }
        }
    }
}

/// The classes that an application's options name under a key.
fn option_classes(world: &mut World<'_>, app: &Object, key: &str) -> Vec<Rc<ClassValue>> {
    let items = app.args.borrow().items.clone();
    let mut out = Vec::new();
    for options in items {
        let options = world.force(&options);
        if !matches!(options, Value::Dict(_)) {
            continue;
        }
        let Some(list) = world.get_attr(&options, key, None) else { continue };
        for one in world.items_of(&list, app.site).0 {
            if let Value::Class(class) = world.force(&one) {
                out.push(class);
            }
        }
    }
    out
}

/// The annotation of a class that makes it a controller.
fn class_mark<'w>(world: &World<'w>, m: u16, class: &ClassValue) -> Option<(Mark, &'w Call)> {
    let models = world.input.models;
    for mark in class.marks.borrow().iter() {
        let Some(symbol) = &mark.symbol else { continue };
        for entry in models.symbol(symbol) {
            if let Entry::Annotation(of, c) = *entry
                && of == m
                && let call = &models.model(m).annotations[c as usize]
                && call.does == Does::Prefix
            {
                return Some((mark.clone(), call));
            }
        }
    }
    None
}

/// The routes of a method: those that it is marked with, or those of the trait's method that it implements. A method that a trait
/// only declares answers with code that is not seen.
fn routes_of(world: &mut World<'_>, line: &[Value], name: &SmolStr, value: &Value) -> Vec<(u16, RouteEvent)> {
    let mut routes = world.annotated_routes(value);
    let Value::Function(f) = value else { return routes };
    if world.family != Family::Rust {
        return routes;
    }
    let is_declared = world.module(f.module).tree.function(f.function).body.is_empty();
    routes.iter_mut().for_each(|(_, route)| route.third_party |= is_declared);
    if routes.is_empty() {
        let above = line.iter().filter_map(|c| if let Value::Class(c) = c { c.attrs.borrow().get(name).cloned() } else { None });
        for declared in above.collect::<Vec<_>>() {
            routes.extend(world.annotated_routes(&declared));
        }
        routes.iter_mut().for_each(|(_, route)| route.handler = Some(value.clone()));
    }
    routes
}

fn controller(world: &mut World<'_>, m: u16, kind: KindId, class: &Rc<ClassValue>, mark: Option<(Mark, &Call)>) -> Vec<Rc<Object>> {
    let mut routes: Vec<(RouteEvent, Place)> = Vec::new();
    let line = world.mro(class);
    let class_marks: Vec<Mark> =
        line.iter().flat_map(|v| if let Value::Class(c) = v { c.marks.borrow().clone() } else { Vec::new() }).collect();
    for (owner, name, value) in world.members(class) {
        let own_marks = if let Value::Function(f) = &value { f.marks.borrow().clone() } else { Vec::new() };
        for (of, mut route) in routes_of(world, &line, &name, &value) {
            route.marks = Some(Rc::new(Marks { handler: own_marks.clone(), class: class_marks.clone() }));
            let at = route.annotation.unwrap_or(owner.at);
            if of == m {
                routes.push((route, at));
            }
        }
    }
    if routes.is_empty() {
        return Vec::new();
    }
    let at = mark.as_ref().map_or(class.at, |(mark, _)| mark.at);
    let place = mark.as_ref().and_then(|(_, call)| call.prefix.as_ref().or(call.path.as_ref()));
    let prefix = match (&mark, place) {
        (Some((mark, _)), Some(place)) => place.find(&mark.args, &mut |v, k| world.get_attr(v, k, None), &path_like).map(|f| f.0),
        _ => None,
    };
    let prefixes = prefix.map_or_else(|| vec![None], |p| world.texts(&p, at).into_iter().map(Some).collect());
    let mut objects = Vec::new();
    for prefix in prefixes {
        let object = world.make_object(Some(kind), at, None, false);
        *object.prefix.borrow_mut() = prefix.map(|p| Value::Text(Rc::new(p)));
        for (route, at) in &routes {
            world.register(&object, What::Route(route.clone()), *at);
        }
        objects.push(object);
    }
    objects
}
