//! Django REST framework: what routers know. Their registry is a plain list of (prefix, viewset, basename) until everything
//! ran; then `drf_routes` makes routes of it by the router's table.

use super::{CallSite, drf_routes};
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// Names under which objects keep what the framework keeps in attributes.
const REGISTRY: &str = "registry";
const URLS: &str = "@urls";

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "urls" => Some(Value::list(vec![Value::Object(site.receiver.clone()?)])),
        "register" => register(world, site),
        "register_nested" => register_nested(world, site),
        "route_spec" => drf_routes::spec(world, site),
        "routes" => {
            let viewset = world.force(site.args.get(0, "viewset")?);
            let specs = drf_routes::expanded(world, site.receiver.as_ref()?, &viewset, site.at);
            Some(Value::list(specs.into_iter().map(Value::Object).collect()))
        }
        "lookup" => {
            let viewset = world.force(site.args.get(0, "viewset")?);
            let prefix = site.args.get(1, "lookup_prefix").and_then(Value::as_str).unwrap_or_default();
            Some(Value::text(drf_routes::lookup(world, &viewset, &prefix)))
        }
        "method_map" => {
            let viewset = world.force(site.args.get(0, "viewset")?);
            let pairs = drf_routes::bound(world, &viewset, site.args.get(1, "method_map")?);
            Some(Value::dict(pairs.into_iter().map(|(verb, action)| (verb, Value::text(action)))))
        }
        // The decorator, waiting for its function.
        "action" => Some(Value::Method(Rc::new(Bound {
            receiver: Value::Symbol(SmolStr::new(format!("@drf.{}", site.name))),
            name: SmolStr::default(),
            args: site.args.clone(),
        }))),
        "mark_action" => mark_action(world, site),
        _ => None,
    }
}

/// An attribute of a router.
pub(super) fn attribute(world: &mut World<'_>, name: &str, object: &Rc<Object>) -> Option<Value> {
    match name {
        "urls" => Some(urls(world, object)),
        "registry" => Some(registry(object)),
        "routes" => {
            let table = drf_routes::default_table(world, object)?;
            object.props.borrow_mut().insert("routes".into(), table.clone());
            Some(table)
        }
        "trailing_slash" => Some(Value::text(drf_routes::trailing_slash(world, object, 0))),
        _ => None,
    }
}

/// `router.urls`: what the user's `get_urls` gives, else the router itself, which stands for its routes.
fn urls(world: &mut World<'_>, object: &Rc<Object>) -> Value {
    let done = object.props.borrow().get(URLS).cloned();
    if let Some(done) = done {
        return done;
    }
    let own = Value::list(vec![Value::Object(object.clone())]);
    let class = object.class.clone();
    let Some(get @ Value::Function(_)) = class.and_then(|c| world.class_attr(&c, "get_urls")) else { return own };
    object.props.borrow_mut().insert(URLS.into(), own.clone());
    let get = world.bind_method(get, &Value::Object(object.clone()));
    let made = world.call_value(&get, Args::default(), object.site);
    let made = if matches!(world.force(&made), Value::List(_)) { made } else { own };
    object.props.borrow_mut().insert(URLS.into(), made.clone());
    made
}

/// Whether a router's `get_urls` of the user leaves the framework's out.
pub(super) fn is_replaced(world: &mut World<'_>, object: &Rc<Object>) -> bool {
    let Some(made) = object.props.borrow().get(URLS).cloned() else { return false };
    let routers = world.routers_in(&made, 0);
    !routers.is_empty() && !routers.iter().any(|v| matches!(v, Value::Object(o) if o.id == object.id))
}

/// The (prefix, viewset, basename) tuples of a router, as the list that user code may read and change.
pub(super) fn registry(object: &Rc<Object>) -> Value {
    object.props.borrow_mut().entry(REGISTRY.into()).or_insert_with(|| Value::list(Vec::new())).clone()
}

/// Files a tuple, and with it where and under which conditions it was registered.
fn file(world: &mut World<'_>, object: &Rc<Object>, model: u16, items: [Value; 3], at: Place) -> Option<()> {
    let kind = world.input.models.kind(model, "spec")?;
    let holder = world.make_object(Some(kind), at, None, false);
    let route = RouteEvent { path: Some(items[0].clone()), handler: Some(items[1].clone()), ..RouteEvent::default() };
    world.register(&holder, What::Route(route), at);
    let tuple = Value::tuple(items.to_vec());
    world.notes.entry("drf.registered").or_default().push(Value::list(vec![tuple.clone(), Value::Object(holder)]));
    if let Value::List(list) = registry(object) {
        list.items.borrow_mut().push(tuple);
    }
    Some(())
}

/// `router.register(prefix, viewset, basename)`.
fn register(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.as_ref()?;
    let (prefix, viewset) = (site.args.get(0, "prefix")?.clone(), site.args.get(1, "viewset")?.clone());
    let basename = site.args.get(2, "basename").cloned().unwrap_or(Value::Null);
    file(world, object, site.model, [prefix.clone(), viewset.clone(), basename], site.at)?;
    nested_item(world, site, object, prefix, viewset)
}

/// What `register` of drf-extensions returns: nested viewsets are registered on it.
fn nested_item(world: &mut World<'_>, site: &CallSite<'_>, router: &Rc<Object>, prefix: Value, viewset: Value) -> Option<Value> {
    let kind = world.input.models.kind(site.model, "nested")?;
    let item = world.make_object(Some(kind), site.at, None, false);
    let mut props = item.props.borrow_mut();
    props.insert("@router".into(), Value::Object(router.clone()));
    props.insert("@prefix".into(), prefix);
    props.insert("@viewset".into(), viewset);
    drop(props);
    Some(Value::Object(item))
}

/// `router.register(..).register(prefix, viewset, basename, parents_query_lookups)`.
fn register_nested(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let item = site.receiver.as_ref()?;
    let prop = |name: &str| item.props.borrow().get(name).cloned();
    let (Some(Value::Object(router)), Some(above), Some(parent)) = (prop("@router"), prop("@prefix"), prop("@viewset")) else {
        return None;
    };
    let (prefix, viewset) = (site.args.get(0, "prefix")?.clone(), site.args.get(1, "viewset")?.clone());
    let lookups = site.args.get(3, "parents_query_lookups").map(|v| world.items_of(v, site.at).0).unwrap_or_default();
    let name = lookups.last().and_then(Value::as_str).unwrap_or_else(|| "parent".into());
    let parent = world.force(&parent);
    let value = match &parent {
        Value::Class(class) => world.class_attr(&class.clone(), "lookup_value_regex").and_then(|v| v.as_str()),
        _ => None,
    };
    let mut path = world.to_text(&above, site.at);
    path.push_str(&format!("/(?P<parent_lookup_{name}>{})/", value.unwrap_or_else(|| "[^/.]+".into())));
    path.push(&world.to_text(&prefix, site.at));
    let path = Value::Text(Rc::new(path));
    let basename = site.args.get(2, "basename").cloned().unwrap_or(Value::Null);
    file(world, &router, site.model, [path.clone(), viewset.clone(), basename], site.at)?;
    nested_item(world, site, &router, path, viewset)
}

/// Notes what `@action(...)` says on its function.
fn mark_action(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let function = site.args.items.last()?.clone();
    let Value::Function(f) = world.force(&function) else { return Some(function) };
    let mut said: Vec<(SmolStr, Value)> = site.args.named.clone();
    let given = site.args.items.len() - 1;
    for (name, value) in ["methods", "detail", "url_path"].iter().zip(site.args.items.iter().take(given)) {
        said.push((SmolStr::new_static(name), value.clone()));
    }
    match site.name.as_str() {
        "detail_route" => said.push(("detail".into(), Value::Bool(true))),
        "list_route" => said.push(("detail".into(), Value::Bool(false))),
        _ => {}
    }
    f.props.borrow_mut().insert("@action".into(), Value::dict(said));
    Some(function)
}
