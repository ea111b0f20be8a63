//! Django REST framework: the table by which a router makes routes of a viewset, and doing so once everything ran.

use super::{CallSite, django_views, drf};
use crate::interp::attr::NOWHERE;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::Expr;
use smol_str::SmolStr;
use std::rc::Rc;

const LIST: &[(&str, &str)] = &[("get", "list"), ("post", "create")];
const BULK: &[(&str, &str)] = &[("put", "bulk_update"), ("patch", "partial_bulk_update"), ("delete", "bulk_destroy")];
const DETAIL: &[(&str, &str)] = &[("get", "retrieve"), ("put", "update"), ("patch", "partial_update"), ("delete", "destroy")];

/// `Route(url, mapping, name, detail, initkwargs)` and `DynamicRoute(url, name, detail, initkwargs)` as an object with these attributes.
pub(super) fn spec(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let dynamic = site.name.starts_with("Dynamic");
    let places: &[&str] =
        if dynamic { &["url", "name", "detail", "initkwargs"] } else { &["url", "mapping", "name", "detail", "initkwargs"] };
    let kind = world.input.models.kind(site.model, "spec")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let mut props = object.props.borrow_mut();
    for (at, name) in places.iter().enumerate() {
        props.insert(SmolStr::new_static(name), site.args.get(at, name).cloned().unwrap_or(Value::Null));
    }
    // The older names, before `detail` was an argument.
    match site.name.as_str() {
        "DynamicListRoute" => props.insert("detail".into(), Value::Bool(false)),
        "DynamicDetailRoute" => props.insert("detail".into(), Value::Bool(true)),
        _ => None,
    };
    drop(props);
    Some(Value::Object(object))
}

/// The routes of the framework's own routers.
pub(super) fn default_table(world: &mut World<'_>, object: &Rc<Object>) -> Option<Value> {
    let kind = object.kind.get()?;
    let symbol = object.props.borrow().get("@symbol").and_then(Value::as_str).unwrap_or_default();
    let bulk = if symbol.contains("bulk") { BULK } else { &[] };
    let list: Vec<(&str, &str)> = LIST.iter().chain(bulk).copied().collect();
    table(world, kind.model, &list, object.site)
}

/// The table of a router class that user code reads off the class.
pub(super) fn class_table(world: &mut World<'_>) -> Option<Value> {
    let models = world.input.models;
    let model = models.models.iter().position(|m| m.framework == "drf")? as u16;
    table(world, model, LIST, NOWHERE)
}

fn table(world: &mut World<'_>, model: u16, list: &[(&str, &str)], at: Place) -> Option<Value> {
    let kind = world.input.models.kind(model, "spec")?;
    let rows: [(&str, Option<&[(&str, &str)]>, bool); 4] = [
        ("{prefix}{trailing_slash}", Some(list), false),
        ("{prefix}/{url_path}{trailing_slash}", None, false),
        ("{prefix}/{lookup}{trailing_slash}", Some(DETAIL), true),
        ("{prefix}/{lookup}/{url_path}{trailing_slash}", None, true),
    ];
    let mut out = Vec::new();
    for (url, mapping, detail) in rows {
        let object = world.make_object(Some(kind), at, None, false);
        let mut props = object.props.borrow_mut();
        props.insert("url".into(), Value::text(format!("^{url}$")));
        props.insert("detail".into(), Value::Bool(detail));
        props.insert("name".into(), Value::text("{basename}"));
        props.insert("initkwargs".into(), Value::dict([]));
        if let Some(mapping) = mapping {
            let pairs = mapping.iter().map(|(verb, action)| (SmolStr::new(verb), Value::text(*action)));
            props.insert("mapping".into(), Value::dict(pairs));
        }
        drop(props);
        out.push(Value::Object(object));
    }
    Some(Value::list(out))
}

/// What the user's subclass answers instead of the framework.
fn overridden(world: &mut World<'_>, object: &Rc<Object>, name: &str, args: Vec<Value>, at: Place) -> Option<Value> {
    let class = object.class.clone()?;
    let found @ Value::Function(_) = world.class_attr(&class, name)? else { return None };
    let method = world.bind_method(found, &Value::Object(object.clone()));
    Some(world.call_value(&method, Args::of(args), at))
}

/// The router's table for a viewset, extra actions in the place of dynamic routes.
pub(super) fn expanded(world: &mut World<'_>, object: &Rc<Object>, viewset: &Value, at: Place) -> Vec<Rc<Object>> {
    let table = world.get_attr(&Value::Object(object.clone()), "routes", Some(at)).unwrap_or(Value::Null);
    let (specs, _) = world.items_of(&table, at);
    let extras = match viewset {
        Value::Class(class) => extra_actions(world, class, at),
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    for spec in specs {
        let Value::Object(spec) = world.force(&spec) else { continue };
        let prop = |name: &str| spec.props.borrow().get(name).cloned();
        if prop("mapping").is_some() {
            out.push(spec);
            continue;
        }
        let detail = prop("detail").and_then(|d| world.truth(&d)).unwrap_or(false);
        let url = prop("url").map(|u| world.to_text(&u, at)).unwrap_or_default();
        for extra in extras.iter().filter(|e| e.detail == detail) {
            let path = extra.path.show();
            let url = url.map(|t| {
                SmolStr::new(
                    t.replace("{url_path}", &path).replace("{methodname}", &path).replace("{methodnamehyphen}", &path.replace('_', "-")),
                )
            });
            let made = world.make_object(spec.kind.get(), spec.site, None, false);
            let mut props = made.props.borrow_mut();
            props.insert("url".into(), Value::Text(Rc::new(url)));
            props.insert(
                "mapping".into(),
                Value::dict(extra.verbs.iter().map(|(v, name)| (v.to_lowercase().into(), Value::text(name.clone())))),
            );
            props.insert("detail".into(), Value::Bool(detail));
            props.insert("name".into(), Value::text(extra.path.show()));
            props.insert("initkwargs".into(), Value::dict([]));
            drop(props);
            out.push(made);
        }
    }
    out
}

/// The part of a method map that a viewset has methods for.
pub(super) fn bound(world: &mut World<'_>, viewset: &Value, map: &Value) -> Vec<(SmolStr, SmolStr)> {
    let mut pairs = django_views::action_map(world, map);
    match viewset {
        Value::Class(class) => pairs.retain(|(_, action)| django_views::member(world, class, action).is_some()),
        Value::Symbol(symbol) => {
            let provided = django_views::provided(world, symbol);
            pairs.retain(|(_, action)| provided.iter().any(|p| p == action));
        }
        _ => {}
    }
    pairs
}

struct Extra {
    path: Text,
    detail: bool,
    /// (verb, method)
    verbs: Vec<(SmolStr, SmolStr)>,
}

/// The methods of a viewset that `@action` marks, and those mapped to them.
fn extra_actions(world: &mut World<'_>, class: &Rc<ClassValue>, at: Place) -> Vec<Extra> {
    let mut seen: Vec<SmolStr> = Vec::new();
    let mut out = Vec::new();
    for base in world.mro(class) {
        let Value::Class(base) = base else { continue };
        let attrs: Vec<(SmolStr, Value)> = base.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in &attrs {
            if seen.contains(name) {
                continue;
            }
            seen.push(name.clone());
            let Value::Function(f) = world.force(value) else { continue };
            let Some(said) = action_of(world, &f) else { continue };
            let methods = match said.get("methods") {
                Some(list) if !matches!(list, Value::Null) => world.method_names(&list, 0).unwrap_or_default(),
                _ => vec!["GET".into()],
            };
            let mut verbs: Vec<(SmolStr, SmolStr)> = methods.into_iter().map(|m| (m, name.clone())).collect();
            verbs.extend(mapped(world, name, &attrs));
            let path = match said.get("url_path") {
                Some(path) if !matches!(path, Value::Null) => world.to_text(&path, at),
                _ => Text::plain(name.clone(), None),
            };
            let detail = said.get("detail").and_then(|d| world.truth(&d)).unwrap_or(false);
            out.push(Extra { path, detail, verbs });
        }
    }
    out
}

/// What `@action` said of a function, through wrappers.
fn action_of(world: &mut World<'_>, f: &Rc<Closure>) -> Option<Rc<Dict>> {
    let mut f = f.clone();
    for _ in 0..8 {
        let said = f.props.borrow().get("@action").cloned();
        if let Some(Value::Dict(said)) = said {
            return Some(said);
        }
        let inner = f.wraps.borrow().clone()?;
        let Value::Function(next) = world.force(&inner) else { return None };
        f = next;
    }
    None
}

/// Functions under `@name.mapping.verb`.
fn mapped(world: &mut World<'_>, name: &str, attrs: &[(SmolStr, Value)]) -> Vec<(SmolStr, SmolStr)> {
    let mut out = Vec::new();
    for (own, value) in attrs {
        let Value::Function(f) = world.force(value) else { continue };
        let tree = world.module(f.module).tree.clone();
        for annotation in &tree.function(f.function).annotations {
            if let Expr::Attr(base, verb) = tree.expr(*annotation)
                && let Expr::Attr(root, word) = tree.expr(*base)
                && word == "mapping"
                && matches!(tree.expr(*root), Expr::Name(n) if n == name)
            {
                out.push((verb.clone(), own.clone()));
            }
        }
    }
    out
}

/// The slash a router ends its paths with.
pub(super) fn trailing_slash(world: &mut World<'_>, object: &Rc<Object>, depth: u32) -> SmolStr {
    let set = object.props.borrow().get("trailing_slash").cloned();
    let class = object.class.clone();
    let set = set.or_else(|| class.and_then(|c| world.class_attr(&c, "trailing_slash")));
    let args = object.args.borrow().clone();
    let given = set.or_else(|| args.name("trailing_slash").cloned());
    match given.map(|v| world.force(&v)) {
        Some(Value::Text(text)) => text.known().unwrap_or_default(),
        Some(value) if world.truth(&value) == Some(false) => SmolStr::default(),
        Some(_) => SmolStr::new_static("/"),
        None => match args.get(0, "parent_router").map(|v| world.force(v)) {
            Some(Value::Object(parent)) if depth < 8 => trailing_slash(world, &parent, depth + 1),
            Some(value @ Value::Bool(_)) if world.truth(&value) == Some(false) => SmolStr::default(),
            _ => SmolStr::new_static("/"),
        },
    }
}

/// `(?P<pk>[^/.]+)`.
pub(super) fn lookup(world: &mut World<'_>, viewset: &Value, prefix: &str) -> String {
    let (name, value) = lookup_parts(world, viewset);
    format!("(?P<{prefix}{name}>{value})")
}

fn lookup_parts(world: &mut World<'_>, viewset: &Value) -> (SmolStr, SmolStr) {
    let class = if let Value::Class(class) = viewset { Some(class.clone()) } else { None };
    let mut text = |name: &str| {
        let found = class.as_ref().and_then(|c| world.class_attr(c, name))?;
        world.force(&found).as_str()
    };
    let field = text("lookup_field").unwrap_or_else(|| "pk".into());
    (text("lookup_url_kwarg").unwrap_or(field), text("lookup_value_regex").unwrap_or_else(|| "[^/.]+".into()))
}

/// Gives routers the routes of what is registered on them, and nested routers the path of their parents.
pub(super) fn finish(world: &mut World<'_>) {
    let models = world.input.models;
    let routers: Vec<Rc<Object>> = world.objects.iter().filter(|o| is_router(models, o)).cloned().collect();
    for object in &routers {
        let symbol = object.props.borrow().get("@symbol").and_then(Value::as_str).unwrap_or_default();
        if symbol.contains("routers.Nested")
            && let Some(prefix) = nested_prefix(world, object, 0)
        {
            *object.prefix.borrow_mut() = Some(Value::text(prefix));
        }
    }
    for object in &routers {
        if drf::is_replaced(world, object) {
            continue;
        }
        add_root_view(world, object);
        let (rows, _) = world.items_of(&drf::registry(object), object.site);
        for row in rows {
            add_viewset(world, object, &row);
        }
    }
}

fn is_router(models: &crate::models::Models, object: &Object) -> bool {
    object.kind.get().is_some_and(|k| models.model(k.model).framework == "drf" && models.role_name(k) == "router")
}

/// The routes of one row of the registry.
fn add_viewset(world: &mut World<'_>, object: &Rc<Object>, row: &Value) {
    let Value::List(tuple) = world.force(row) else { return };
    let items = tuple.items.borrow().clone();
    let (Some(prefix), Some(viewset)) = (items.first(), items.get(1)) else { return };
    let filed = world.notes.get("drf.registered").cloned().unwrap_or_default();
    let event = filed.iter().find_map(|pair| match pair {
        Value::List(pair) => match pair.items.borrow().as_slice() {
            [known, Value::Object(holder)] if known.same(row) => holder.events.borrow().first().cloned(),
            _ => None,
        },
        _ => None,
    });
    let at = event.as_ref().map_or(object.site, |e| e.at);
    for viewset in world.force(viewset).alternatives() {
        match &viewset {
            Value::Class(_) | Value::Symbol(_) => viewset_routes(world, object, prefix, &viewset, event.as_ref(), at),
            other => {
                let message = format!("the viewset `{}` registered here could not be followed", world.label(other));
                world.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "its endpoints are missing");
            }
        }
    }
}

fn viewset_routes(world: &mut World<'_>, object: &Rc<Object>, prefix: &Value, viewset: &Value, event: Option<&Rc<Event>>, at: Place) {
    let args = object.args.borrow().clone();
    let converters = args.name("use_regex_path").and_then(|v| world.truth(v)) == Some(false);
    let slash = trailing_slash(world, object, 0);
    let lookup = match overridden(world, object, "get_lookup_regex", vec![viewset.clone()], at).and_then(|v| v.as_str()) {
        Some(own) => own.to_string(),
        None if converters => format!("<{}>", lookup_parts(world, viewset).0),
        None => lookup(world, viewset, ""),
    };
    let specs = match overridden(world, object, "get_routes", vec![viewset.clone()], at) {
        Some(own @ Value::List(_)) => {
            let (items, _) = world.items_of(&own, at);
            items.into_iter().filter_map(|v| if let Value::Object(o) = v { Some(o) } else { None }).collect()
        }
        _ => expanded(world, object, viewset, at),
    };
    for spec in specs {
        let prop = |name: &str| spec.props.borrow().get(name).cloned();
        let (Some(url), Some(mapping)) = (prop("url"), prop("mapping")) else { continue };
        let mapping = match overridden(world, object, "get_method_map", vec![viewset.clone(), mapping.clone()], at) {
            Some(own @ Value::Dict(_)) => own,
            _ => mapping,
        };
        let pairs = bound(world, viewset, &mapping);
        if pairs.is_empty() {
            continue;
        }
        let url = world.to_text(&url, at).show();
        let path = fill(world, &url, prefix, &lookup, &slash, at);
        let Some(view) = view_of(world, object, viewset, pairs, at) else { continue };
        let style = SmolStr::new_static(if converters { "angle" } else { "regex" });
        let route = RouteEvent { path: Some(path), handler: Some(view), style: Some(style), by_class: true, ..RouteEvent::default() };
        add_event(object, route, event, at);
    }
}

fn add_event(object: &Rc<Object>, route: RouteEvent, like: Option<&Rc<Event>>, at: Place) {
    let event = match like {
        Some(e) => Event { what: What::Route(route), at, conditions: e.conditions.clone(), entry: e.entry, via: e.via.clone() },
        None => Event { what: What::Route(route), at, conditions: object.conditions.clone(), entry: object.entry, via: Vec::new() },
    };
    object.events.borrow_mut().push(Rc::new(event));
}

fn view_of(world: &mut World<'_>, object: &Rc<Object>, viewset: &Value, pairs: Vec<(SmolStr, SmolStr)>, at: Place) -> Option<Value> {
    let kind = world.input.models.kind(object.kind.get()?.model, "spec")?;
    let view = world.make_object(Some(kind), at, None, false);
    let actions = Value::dict(pairs.into_iter().map(|(verb, action)| (verb, Value::text(action))));
    view.props.borrow_mut().insert("class".into(), viewset.clone());
    view.props.borrow_mut().insert("actions".into(), actions);
    Some(Value::Object(view))
}

/// A template of the table with prefix, lookup and slash.
fn fill(world: &mut World<'_>, url: &str, prefix: &Value, lookup: &str, slash: &str, at: Place) -> Value {
    let url = url.trim_start_matches('^').trim_end_matches('$');
    let plain = |part: &str| part.replace("{lookup}", lookup).replace("{trailing_slash}", slash);
    let (before, after) = url.split_once("{prefix}").map_or(("", url), |(b, a)| (b, a));
    let given = world.to_text(prefix, at);
    // An empty prefix leaves no slash behind.
    let after = if given.is_empty() && before.is_empty() { after.trim_start_matches('/') } else { after };
    let after = if given.is_empty() && after == "{trailing_slash}" { "" } else { after };
    let mut path = Text::default();
    path.push_str(&plain(before));
    path.push(&given);
    path.push(&Text::plain(plain(after).into(), None));
    Value::Text(Rc::new(path))
}

/// The root view of a default router, when it is a class of the tree.
fn add_root_view(world: &mut World<'_>, object: &Rc<Object>) {
    let Some(class) = object.class.clone() else { return };
    let bases = world.outside_bases(&class);
    let shown = world.get_attr(&Value::Object(object.clone()), "include_root_view", None).and_then(|v| world.truth(&v));
    if !bases.iter().any(|b| b.ends_with("DefaultRouter")) || shown == Some(false) {
        return;
    }
    let urls = Value::unknown("api_urls", "it is given at run time", Some(object.site));
    let made = overridden(world, object, "get_api_root_view", vec![urls], object.site);
    let view = match made.or_else(|| world.class_attr(&class, "APIRootView")).map(|v| world.force(&v)) {
        Some(view @ (Value::Class(_) | Value::Function(_) | Value::Either(_))) => view,
        _ => return,
    };
    let style = Some(SmolStr::new_static("regex"));
    let route = RouteEvent { path: Some(Value::text("")), handler: Some(view), style, by_class: true, ..RouteEvent::default() };
    add_event(object, route, None, object.site);
}

fn nested_prefix(world: &mut World<'_>, object: &Rc<Object>, depth: u32) -> Option<String> {
    let args = object.args.borrow().clone();
    let Some(Value::Object(parent)) = args.get(0, "parent_router").map(|v| world.force(v)) else { return None };
    let wanted = world.force(args.get(1, "parent_prefix")?).as_str()?;
    let (rows, _) = world.items_of(&drf::registry(&parent), object.site);
    let viewset = rows.iter().find_map(|row| {
        let (row, _) = world.items_of(row, object.site);
        (row.first().and_then(Value::as_str).as_ref() == Some(&wanted)).then(|| row.get(1).cloned()).flatten()
    })?;
    let above = if depth < 8 { nested_prefix(world, &parent, depth + 1).unwrap_or_default() } else { String::new() };
    let nest = args.get(2, "lookup").and_then(Value::as_str).map_or_else(|| format!("nested_{}_", depth + 1), |l| format!("{l}_"));
    let viewset = world.force(&viewset);
    let regex = lookup(world, &viewset, &nest);
    let start = if wanted.is_empty() { String::new() } else { format!("{wanted}/") };
    Some(format!("{above}{start}{regex}/"))
}
