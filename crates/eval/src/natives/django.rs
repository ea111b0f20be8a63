//! Django: `path` and `include` as values, and which lists of patterns are served (ROOT_URLCONF, urlconfs chosen at run
//! time, application configurations). Views are in `django_views`.

use super::CallSite;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::ListKind;
use smol_str::SmolStr;
use std::rc::Rc;

/// Names of the base class of application configurations.
pub(crate) const APP_CONFIG: &[&str] = &["django.apps.AppConfig", "django.apps.config.AppConfig"];

/// A modelled call.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    match name {
        "path" => pattern(world, site),
        "include" => include(world, site),
        "patterns" => patterns(world, site),
        "i18n_patterns" => i18n_patterns(world, site),
        "nothing" => Some(Value::list(Vec::new())),
        "app_configs" => Some(app_configs(world)),
        "as_view" => as_view(world, site),
        "url_pattern" => url_pattern(world, site),
        "as_asgi" => made(world, site, "view", &[("class", site.args.at(0)?.clone()), ("socket", Value::Bool(true))]),
        _ => None,
    }
}

fn made(world: &mut World<'_>, site: &CallSite<'_>, role: &str, props: &[(&'static str, Value)]) -> Option<Value> {
    let kind = world.input.models.kind(site.model, role)?;
    let object = world.make_object(Some(kind), site.at, None, false);
    for (name, value) in props {
        object.props.borrow_mut().insert(SmolStr::new_static(name), value.clone());
    }
    Some(Value::Object(object))
}

/// Behind `gettext_lazy`.
fn plain_route(world: &mut World<'_>, value: &Value) -> Value {
    match world.force(value) {
        Value::Unknown(u) if u.callee.as_deref().is_some_and(|c| c.contains("gettext")) => {
            u.args.at(0).cloned().unwrap_or_else(|| Value::text(""))
        }
        other => other,
    }
}

/// `path(route, view)`: a route, or a mount when the view is an include.
fn pattern(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let route = site.args.get(0, "route").or(site.args.name("regex"))?.clone();
    let view = site.args.get(1, "view")?.clone();
    let style = if site.name == "path" { "angle" } else { "regex" };
    pattern_of(world, site, &route, &view, style)
}

/// `URLPattern(RoutePattern(route), view)`, `URLResolver(RegexPattern(regex), urls)`: what `path` makes.
fn url_pattern(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let view = site.args.get(1, if site.name == "URLPattern" { "callback" } else { "urlconf_name" })?.clone();
    let (callee, args) = match world.force(site.args.get(0, "pattern")?) {
        Value::Unknown(u) => (u.callee.clone()?, u.args.clone()),
        _ => return None,
    };
    let (route, style) = match callee.rsplit('.').next()? {
        "RoutePattern" => (args.get(0, "route")?.clone(), "angle"),
        "RegexPattern" => (args.get(0, "regex")?.clone(), "regex"),
        "LocalePrefixPattern" => (language_prefix(site.at), "angle"),
        _ => return None,
    };
    pattern_of(world, site, &route, &view, style)
}

fn pattern_of(world: &mut World<'_>, site: &CallSite<'_>, route: &Value, view: &Value, style: &str) -> Option<Value> {
    let route = plain_route(world, route);
    let kind = world.input.models.kind(site.model, "pattern")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let value = world.force(view);
    let event = RouteEvent { style: Some(style.into()), by_class: true, ..RouteEvent::default() };
    let is_view = |v: &Value| matches!(v, Value::Object(o) if o.props.borrow().contains_key("class"));
    let routers: Vec<Value> = world.routers_in(&value, 0).into_iter().filter(|v| !is_view(v)).collect();
    if !routers.is_empty() {
        for child in routers {
            let mount = What::Mount { prefix: Some(route.clone()), child, replaces: false, route: Some(event.clone()) };
            world.register(&object, mount, site.at);
        }
        return Some(Value::Object(object));
    }
    match &value {
        // `admin.site.urls`: patterns of somebody else.
        Value::Symbol(symbol) if symbol.ends_with(".urls") => {}
        Value::Method(bound) if bound.name == "urls" => {}
        Value::Unknown(u) if u.label.ends_with(".urls") && u.callee.is_some() => {}
        Value::List(_) | Value::Null => {}
        _ => {
            let socket = matches!(&value, Value::Object(o) if o.props.borrow().contains_key("socket"));
            let protocol = socket.then(|| SmolStr::new_static("websocket"));
            let route = RouteEvent { path: Some(route), handler: Some(view.clone()), protocol, ..event };
            world.register(&object, What::Route(route), site.at);
        }
    }
    Some(Value::Object(object))
}

fn language_prefix(at: Place) -> Value {
    Value::Text(Rc::new(Text::plain("<language>/".into(), Some(at))))
}

/// `include(module | list | (module or list, app_name), namespace)`.
fn include(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let mut target = world.force(site.args.get(0, "arg")?);
    if let Value::List(list) = &target
        && list.kind == ListKind::Tuple
    {
        let first = list.items.borrow().first().cloned();
        let first = first.map(|f| world.force(&f));
        if let Some(
            first @ (Value::Text(_) | Value::Module(_) | Value::List(_) | Value::Symbol(_) | Value::Either(_) | Value::Default(_)),
        ) = first
        {
            target = first;
        }
    }
    let kind = world.input.models.kind(site.model, "include")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    for one in target.alternatives() {
        let child = match &one {
            Value::Text(text) => match text.known() {
                Some(name) => module_patterns(world, &name, site.at),
                None => Value::unknown(text.show(), "the included module's name is not known", Some(site.at)),
            },
            Value::Module(_) => patterns_of(world, &one, site.at),
            Value::Instance(_) => world.get_attr(&one, "urlpatterns", Some(site.at)).unwrap_or(Value::Null),
            other => other.clone(),
        };
        world.register(&object, What::Mount { prefix: None, child, replaces: false, route: None }, site.at);
    }
    Some(Value::Object(object))
}

fn module_patterns(world: &mut World<'_>, name: &str, at: Place) -> Value {
    let target = world.resolver.python(at.file, name, 0);
    let missing = matches!(target, crate::resolve::Target::Missing);
    let module = world.target_value(target, None);
    if missing {
        return Value::unknown(name, "the included module is not in the tree", Some(at));
    }
    patterns_of(world, &module, at)
}

fn patterns_of(world: &mut World<'_>, module: &Value, at: Place) -> Value {
    world.notes.entry("django.included").or_default().push(module.clone());
    world.lazy_name(module, &"urlpatterns".into(), at)
}

/// The old `patterns(prefix, *urls)`.
fn patterns(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let prefix = site.args.at(0).and_then(Value::as_str).unwrap_or_default();
    let items = site.args.items.get(1..).unwrap_or_default().to_vec();
    for item in &items {
        if let (Value::Object(object), false) = (world.force(item), prefix.is_empty()) {
            object.props.borrow_mut().insert("@views".into(), Value::text(prefix.clone()));
        }
    }
    Some(Value::list(items))
}

/// `i18n_patterns(*urls)`: under the language's code.
fn i18n_patterns(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let list = Value::list(site.args.items.clone());
    if site.args.name("prefix_default_language").and_then(|v| world.truth(v)) == Some(false) {
        return Some(list);
    }
    let kind = world.input.models.kind(site.model, "pattern")?;
    let object = world.make_object(Some(kind), site.at, None, false);
    let prefix = language_prefix(site.at);
    world.register(&object, What::Mount { prefix: Some(prefix), child: list, replaces: false, route: None }, site.at);
    Some(Value::list(vec![Value::Object(object)]))
}

/// `View.as_view()`: the class; with a map of actions an object that holds both.
fn as_view(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let class = match world.force(site.args.at(0)?) {
        Value::Instance(instance) => Value::Class(instance.class.clone()),
        other => other,
    };
    match site.args.get(1, "actions").map(|a| world.force(a)) {
        Some(actions @ Value::Dict(_)) => made(world, site, "view", &[("class", class), ("actions", actions)]),
        _ => Some(with_attributes(world, class, &site.args)),
    }
}

/// A view class with the attributes that `as_view` was given.
fn with_attributes(world: &mut World<'_>, class: Value, args: &Args) -> Value {
    let Value::Class(base) = &class else { return class };
    let given: Vec<(SmolStr, Value)> = args.named.iter().filter(|(name, _)| world.class_attr(base, name).is_some()).cloned().collect();
    if given.is_empty() {
        return class;
    }
    let mut attrs = base.attrs.borrow().clone();
    for (name, value) in given {
        attrs.insert(name, value);
    }
    Value::Class(Rc::new(ClassValue {
        module: base.module,
        class: base.class,
        name: base.name.clone(),
        bases: base.bases.clone(),
        attrs: std::cell::RefCell::new(attrs),
        getters: base.getters.clone(),
        scope: base.scope.clone(),
        marks: base.marks.clone(),
        at: base.at,
        fields: base.fields.clone(),
        conditions: base.conditions.clone(),
    }))
}

/// One instance of every application configuration of the tree.
fn app_configs(world: &mut World<'_>) -> Value {
    let mut files: Vec<crate::files::FileId> = world.wave.iter().copied().collect();
    files.sort();
    for file in files {
        let entry = world.input.files.get(file);
        let named = entry.path.ends_with("apps.py") || entry.path.ends_with("__init__.py");
        if named
            && !entry.secondary
            && !entry.installed
            && let Some(id) = world.module_of(file)
        {
            world.run_module(id);
        }
    }
    let mut out = Vec::new();
    for class in world.classes.clone() {
        let name = world.class_attr(&class, "name").and_then(|n| n.as_str());
        let Some(name) = name else { continue };
        if !world.outside_bases(&class).iter().any(|b| APP_CONFIG.contains(&b.as_str())) || world.input.files.get(class.at.file).secondary {
            continue;
        }
        let instance = Instance { class: class.clone(), fields: Default::default(), assumed: false, at: class.at };
        let label = world.class_attr(&class, "label").unwrap_or_else(|| Value::text(name.rsplit('.').next().unwrap_or(&name)));
        instance.fields.borrow_mut().insert("label".into(), label);
        instance.fields.borrow_mut().insert("name".into(), Value::text(name));
        out.push(Value::Instance(Rc::new(instance)));
    }
    Value::list(out)
}

/// A setting that the tree's settings modules agree on: known as a value, unknown as a condition.
pub(super) fn setting(world: &mut World<'_>, name: &str) -> Option<Value> {
    if !name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
        return None;
    }
    let mut found: Vec<Value> = Vec::new();
    for at in 0..world.modules.len() {
        let names = world.modules[at].scope.names.borrow();
        if !names.contains_key("ROOT_URLCONF") {
            continue;
        }
        // What a default is replaced by under a condition comes second to it.
        let known = |v: &Value| matches!(v, Value::Text(_) | Value::List(_) | Value::Default(_));
        let value = names.get(name).and_then(|v| if let Value::Either(all) = v { all.iter().find(|v| known(v)) } else { Some(v) });
        if let Some(value) = value.filter(|v| known(v) && !found.iter().any(|f| f.same(v))) {
            found.push(value.clone());
        }
    }
    match found.as_slice() {
        [one] => Some(Value::Default(Rc::new(one.plain()))),
        _ => None,
    }
}

/// The value of a setting in the deployed settings modules, if they agree.
pub(super) fn configured(world: &World<'_>, name: &str) -> Option<Value> {
    let mut found: Vec<Value> = Vec::new();
    for module in world.modules.iter().filter(|m| !world.input.files.get(m.file).secondary) {
        let names = module.scope.names.borrow();
        let value = names.get(name).filter(|v| names.contains_key("ROOT_URLCONF") && !found.iter().any(|f| f.same(v)));
        found.extend(value.cloned());
    }
    if found.len() == 1 { found.pop() } else { None }
}

/// Whether there are settings modules and none of them has a setting.
pub(super) fn is_unset(world: &World<'_>, name: &str) -> bool {
    let mut settings = world.modules.iter().map(|m| m.scope.names.borrow()).filter(|names| names.contains_key("ROOT_URLCONF")).peekable();
    settings.peek().is_some() && settings.all(|names| !names.contains_key(name))
}

/// Makes the urlconfs that are served, and detached ones of what nothing includes.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    let mut roots: Vec<(ModuleId, bool)> = Vec::new();
    for at in 0..world.modules.len() {
        let id = ModuleId(at as u32);
        let value = world.module(id).scope.names.borrow().get("ROOT_URLCONF").cloned();
        let Some(value) = value else { continue };
        let file = world.module(id).file;
        let secondary = world.input.files.get(file).secondary;
        let names: Vec<SmolStr> = world.force(&value).alternatives().iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            world.trouble(
                TroubleKind::UnresolvedMount,
                file,
                0,
                "ROOT_URLCONF is not known here",
                "it is not known which patterns are served",
            );
        }
        for name in names {
            let target = world.resolver.python(file, &name, 0);
            if let Value::Module(root) = world.target_value(target, None) {
                world.run_module(root);
                match roots.iter_mut().find(|(r, _)| *r == root) {
                    Some(known) => known.1 &= secondary,
                    None => roots.push((root, secondary)),
                }
            }
        }
    }
    if roots.iter().any(|(_, secondary)| !secondary) {
        roots.retain(|(_, secondary)| !secondary);
    }
    let mut done: Vec<ModuleId> = roots.iter().map(|(id, _)| *id).collect();
    for id in done.clone() {
        serve(world, model, "urlconf", id);
    }
    let rest = unincluded(world, &done);
    let (chosen, lost): (Vec<ModuleId>, Vec<ModuleId>) = rest.into_iter().partition(|id| !done.is_empty() && is_named(world, *id));
    done.extend(chosen.iter().copied());
    for id in chosen {
        serve(world, model, "urlconf", id);
    }
    for id in lost {
        if !all_mounted(world, id) {
            serve(world, model, "urls", id);
        }
    }
}

fn serve(world: &mut World<'_>, model: u16, role: &str, id: ModuleId) {
    let Some(kind) = world.input.models.kind(model, role) else { return };
    let at = world.module_place(id);
    let object = world.make_object(Some(kind), at, None, false);
    if role == "urlconf" {
        super::django_middleware::guard(world, &object, id);
    }
    let child = world.lazy_name(&Value::Module(id), &"urlpatterns".into(), at);
    world.register(&object, What::Mount { prefix: None, child, replaces: false, route: None }, at);
}

/// Modules with patterns that no include and no setting refers to.
fn unincluded(world: &mut World<'_>, roots: &[ModuleId]) -> Vec<ModuleId> {
    let included: Vec<Value> = world.notes.get("django.included").cloned().unwrap_or_default();
    let included: Vec<ModuleId> =
        included.iter().filter_map(|v| if let Value::Module(id) = world.force(v) { Some(id) } else { None }).collect();
    let ids = (0..world.modules.len()).map(|at| ModuleId(at as u32));
    ids.filter(|id| {
        let module = world.module(*id);
        module.state == RunState::Done
            && module.scope.names.borrow().contains_key("urlpatterns")
            && !included.contains(id)
            && !roots.contains(id)
    })
    .collect()
}

/// Whether other code of the tree names a module in a string, as what chooses a urlconf at run time does.
fn is_named(world: &World<'_>, id: ModuleId) -> bool {
    let own = world.module(id).file;
    let name = world.resolver.module_name(own);
    let finder = [format!("\"{name}\""), format!("'{name}'")];
    let Ok(finder) = aho_corasick::AhoCorasick::new(finder) else { return false };
    world
        .input
        .files
        .iter()
        .filter(|(file, f)| *file != own && f.path.ends_with(".py") && !f.secondary)
        .any(|(file, _)| (world.input.text)(file).is_some_and(|text| finder.is_match(&text[..])))
}

fn all_mounted(world: &mut World<'_>, id: ModuleId) -> bool {
    let patterns = world.module(id).scope.names.borrow().get("urlpatterns").cloned().unwrap_or(Value::Null);
    let objects = world.routers_in(&patterns, 0);
    let mounted = world.mounted();
    objects.iter().all(|v| matches!(v, Value::Object(o) if mounted.contains(&o.id)))
}
