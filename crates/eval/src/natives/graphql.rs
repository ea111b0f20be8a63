//! GraphQL schemas written as code: the fields of root classes, and maps of resolvers. Every field of a root type is an
//! operation. A schema language document beside the code is a contract; its resolvers are what serves it.

use super::{CallSite, graphql_rust};
use crate::evaluate::Family;
use crate::models::MethodsSpec;
use crate::output::{Place, TroubleKind};
use crate::shape::camel;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Arguments that are root types, the keys of their resolvers, and the method of their fields.
const ROOTS: &[(&str, &str, &str)] =
    &[("query", "Query", "QUERY"), ("mutation", "Mutation", "MUTATION"), ("subscription", "Subscription", "SUBSCRIPTION")];
/// An operation.
pub(super) struct Field {
    pub name: SmolStr,
    pub handler: Option<Value>,
    pub guards: Vec<Value>,
    pub deprecated: bool,
    pub at: Place,
    pub class: Vec<Mark>,
}

/// A view that serves a schema: GET and POST at its path, with `protocol: websocket` subscriptions too.
pub(super) fn endpoint(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, site.call.role.as_deref()?)?;
    let object = world.make_object(Some(kind), site.at, None, false);
    *object.args.borrow_mut() = site.args.clone();
    for value in world.call_guards(site.call, &site.args, None) {
        world.register(&object, What::Guard { value, prefix: None, reach: Reach::All }, site.at);
    }
    let methods = match &site.call.methods {
        Some(MethodsSpec::List(list)) => Some(list.iter().map(SmolStr::from).collect()),
        _ => None,
    };
    let path = Some(site.path.clone().unwrap_or_else(|| Value::text("")));
    if site.call.protocol.as_deref() == Some("websocket") {
        let route = RouteEvent {
            methods: Some(vec!["GET".into()]),
            path: path.clone(),
            protocol: Some("websocket".into()),
            ..RouteEvent::default()
        };
        world.register(&object, What::Route(route), site.at);
    }
    // What stands alone serves the schema of its first argument; anything else is looked up where it is mounted.
    let handler = if world.input.models.role(kind).silent { None } else { site.args.at(0).cloned() };
    world.register(&object, What::Route(RouteEvent { methods, path, handler, ..RouteEvent::default() }), site.at);
    Some(Value::Object(object))
}

/// Gives every schema of a model its operations.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for object in world.objects_with_operations(model) {
        let args = object.args.borrow().clone();
        for (at, (name, _, method)) in ROOTS.iter().enumerate() {
            let Some(root) = args.get(at, name) else { continue };
            if world.family == Family::Rust {
                graphql_rust::root(world, &object, method, root, 0);
                continue;
            }
            let keep = keeps_names(&args);
            for class in root_classes(world, root, 0) {
                for field in class_fields(world, &class, keep) {
                    add(world, &object, method, field);
                }
            }
        }
        let first = args.at(0).cloned().unwrap_or(Value::Null);
        options(world, &object, &first, 0);
    }
}

fn keeps_names(args: &Args) -> bool {
    let plain = |v: Option<&Value>| matches!(v, Some(Value::Bool(false)));
    let of_config = match args.name("config") {
        Some(Value::Unknown(u)) => plain(u.args.name("auto_camel_case")),
        _ => false,
    };
    of_config || plain(args.name("auto_camelcase"))
}

/// The options of a server or schema: resolvers of its own, or modules that have some.
fn options(world: &mut World<'_>, object: &Rc<Object>, value: &Value, depth: u32) {
    if depth > 4 {
        return;
    }
    match world.force(value) {
        options_value @ Value::Dict(_) => {
            if let Some(resolvers) = world.get_attr(&options_value, "resolvers", None) {
                resolver_map(world, object, &resolvers, 0);
            }
            for key in ["modules", "schema"] {
                let inner = world.get_attr(&options_value, key, None).map(|v| world.force(&v));
                match inner {
                    Some(schema @ Value::Object(_)) => {
                        let mount = What::Mount { prefix: None, child: schema, replaces: false, route: None };
                        world.register(object, mount, object.site);
                    }
                    Some(inner) => options(world, object, &inner, depth + 1),
                    None => {}
                }
            }
        }
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.iter().for_each(|v| options(world, object, v, depth + 1));
        }
        _ => {}
    }
}

/// Resolvers: a map by type and field, classes with marked methods, or several of these.
fn resolver_map(world: &mut World<'_>, object: &Rc<Object>, value: &Value, depth: u32) {
    if depth > 8 {
        return;
    }
    match world.force(value) {
        Value::Dict(dict) => {
            let mut open = dict.open.get();
            for (_, key, method) in ROOTS {
                let Some(fields) = dict.get(key).map(|v| world.force(&v)) else { continue };
                if let Value::Dict(inner) = &fields {
                    open |= inner.open.get();
                }
                for (name, resolver) in world.pairs(&fields) {
                    let resolver = world.force(&resolver);
                    let handler = match &resolver {
                        Value::Dict(_) => ["subscribe", "resolve"].iter().find_map(|k| world.get_attr(&resolver, k, None)),
                        _ => Some(resolver.clone()),
                    };
                    let at = match &handler {
                        Some(Value::Function(f)) => world.function_ref(f).place,
                        _ => object.site,
                    };
                    add(world, object, method, Field { name, handler, guards: Vec::new(), deprecated: false, at, class: Vec::new() });
                }
            }
            if open {
                unread(world, object);
            }
        }
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.iter().for_each(|v| resolver_map(world, object, v, depth + 1));
        }
        Value::Either(all) => all.iter().for_each(|v| resolver_map(world, object, v, depth + 1)),
        Value::Default(inner) => resolver_map(world, object, &inner, depth + 1),
        Value::Class(class) => marked_methods(world, object, &class, &[]),
        // A pattern of file names: all resolvers of the tree.
        Value::Text(_) => {
            for class in world.classes.clone() {
                if class.marks.borrow().iter().any(|m| named(m).is_some_and(|n| n == "Resolver")) {
                    marked_methods(world, object, &class, &[]);
                }
            }
        }
        Value::Unknown(u) if u.callee.as_deref().is_some_and(|c| c.to_ascii_lowercase().contains("merge")) => {
            u.args.items.iter().for_each(|v| resolver_map(world, object, v, depth + 1));
        }
        Value::Null | Value::Symbol(_) => {}
        _ => unread(world, object),
    }
}

fn unread(world: &mut World<'_>, object: &Rc<Object>) {
    let message = "some resolvers of this GraphQL schema could not be followed";
    world.trouble_at(TroubleKind::UnresolvedRegistration, object.site, message, "their operations are missing");
}

/// The last part of a mark's outside name.
fn named(mark: &Mark) -> Option<&str> {
    mark.symbol.as_deref().and_then(|s| s.rsplit('.').next())
}

/// The operations of a class whose methods are marked with the root type they stand in.
pub(super) fn marked_methods(world: &mut World<'_>, object: &Rc<Object>, class: &Rc<ClassValue>, outer: &[Mark]) {
    for (_, name, value) in world.members(class) {
        let Value::Function(f) = world.force(&value) else { continue };
        let marks = f.marks.borrow().clone();
        let root = marks.iter().find_map(|m| ROOTS.iter().find(|r| named(m) == Some(r.1)).map(|r| (m.clone(), r.2)));
        let Some((mark, method)) = root.filter(|(m, _)| m.symbol.as_deref().is_some_and(|s| !s.contains("@nestjs/common"))) else {
            continue;
        };
        let given: Vec<Value> = mark.args.items.iter().map(|v| world.force(v)).collect();
        let option = |world: &mut World<'_>, key: &str| {
            given.iter().filter(|v| matches!(v, Value::Dict(_))).find_map(|v| world.get_attr(v, key, None))
        };
        let told = option(world, "name").or_else(|| given.first().cloned()).and_then(|v| v.as_str());
        let deprecated = option(world, "deprecationReason").is_some();
        let mut class_marks = class.marks.borrow().clone();
        class_marks.extend(outer.iter().cloned());
        add(
            world,
            object,
            method,
            Field { name: told.unwrap_or(name), handler: Some(value), guards: Vec::new(), deprecated, at: mark.at, class: class_marks },
        );
    }
}

/// The classes that a root type is made of.
fn root_classes(world: &mut World<'_>, value: &Value, depth: u32) -> Vec<Rc<ClassValue>> {
    if depth > 4 {
        return Vec::new();
    }
    match world.force(value) {
        Value::Class(class) => vec![class],
        Value::List(list) => {
            let items = list.items.borrow().clone();
            items.iter().flat_map(|v| root_classes(world, v, depth + 1)).collect()
        }
        Value::Unknown(u) if u.callee.is_some() => u.args.items.iter().flat_map(|v| root_classes(world, v, depth + 1)).collect(),
        _ => Vec::new(),
    }
}

/// The fields of a class: methods that are marked as one, attributes that a library's field was made for, annotations.
fn class_fields(world: &mut World<'_>, class: &Rc<ClassValue>, keeps_names: bool) -> Vec<Field> {
    let publish = |name: &str| if keeps_names { SmolStr::new(name) } else { camel(name) };
    let mut out: Vec<Field> = Vec::new();
    let mut made: Vec<SmolStr> = Vec::new();
    for (owner, name, value) in world.members(class) {
        if name.starts_with("__") {
            continue;
        }
        let (args, handler, at) = match world.force(&value) {
            Value::Function(f) => {
                let marks = f.marks.borrow().clone();
                let is_field = |m: &&Mark| {
                    let outside = m.symbol.as_deref().is_some_and(|s| s.starts_with("strawberry"));
                    outside
                        && named(m).is_some_and(|n| matches!(n, "field" | "mutation" | "subscription" | "connection" | "offset_paginated"))
                };
                let Some(mark) = marks.iter().find(is_field) else { continue };
                (mark.args.clone(), Some(value.clone()), mark.at)
            }
            Value::Unknown(u) if u.callee.as_deref().is_some_and(is_library) || is_mutation(&u) => {
                (u.args.clone(), made_by(world, class, &name, &u), u.at.unwrap_or(owner.at))
            }
            _ => continue,
        };
        let guards = match args.name("permission_classes") {
            Some(list) => world.items_of(&list.clone(), at).0,
            None => Vec::new(),
        };
        made.push(name.clone());
        let told = args.name("name").and_then(Value::as_str);
        let deprecated = args.name("deprecation_reason").is_some_and(|v| !matches!(v, Value::Null));
        out.push(Field { name: told.unwrap_or_else(|| publish(&name)), handler, guards, deprecated, at, class: Vec::new() });
    }
    if class.marks.borrow().iter().any(|m| m.symbol.as_deref().is_some_and(|s| s.starts_with("strawberry"))) {
        for field in world.annotated_fields(class, 0) {
            let name = publish(&field.name);
            if !made.contains(&field.name) {
                out.push(Field { name, handler: None, guards: Vec::new(), deprecated: false, at: class.at, class: Vec::new() });
            }
        }
    }
    out
}

/// What resolves a field that a library's call made: what the call was given, the method beside it, or the method of a mutation's class.
fn made_by(world: &mut World<'_>, class: &Rc<ClassValue>, name: &str, made: &Unknown) -> Option<Value> {
    let own = made.args.name("resolver").cloned();
    own.or_else(|| world.class_attr(class, &format!("resolve_{name}"))).or_else(|| match made.from.clone().map(|v| world.force(&v)) {
        Some(Value::Class(c)) => {
            let answers = ["mutate", "mutate_and_get_payload"].iter().find_map(|n| world.class_attr(&c, n));
            answers.or(Some(Value::Class(c)))
        }
        _ => None,
    })
}

/// Whether an outside name makes fields.
fn is_library(callee: &str) -> bool {
    ["strawberry", "graphene"].iter().any(|l| callee.starts_with(l)) || callee.ends_with(".Field")
}

/// Whether a value is what a mutation's class of the tree gives for its field.
fn is_mutation(made: &Unknown) -> bool {
    matches!(made.from, Some(Value::Class(_))) && made.label.ends_with(".Field()")
}

/// Registers an operation.
pub(super) fn add(world: &mut World<'_>, object: &Rc<Object>, method: &str, field: Field) {
    let marks = (!field.class.is_empty()).then(|| Rc::new(crate::guard::Marks { handler: Vec::new(), class: field.class.clone() }));
    let route = RouteEvent {
        methods: Some(vec![SmolStr::new(method)]),
        path: Some(Value::text(format!("#{}", field.name))),
        handler: field.handler,
        guards: field.guards,
        protocol: Some("graphql".into()),
        deprecated: field.deprecated,
        style: Some("literal".into()),
        marks,
        ..RouteEvent::default()
    };
    world.register(object, What::Route(route), field.at);
}
