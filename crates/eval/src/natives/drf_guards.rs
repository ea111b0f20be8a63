//! Django REST framework: the permissions of a view. The nearest declaration counts alone: the action's, the class's, else
//! the settings' default, else everybody may.

use crate::interp::attr::NOWHERE;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

const ALLOW_ANY: &str = "rest_framework.permissions.AllowAny";
const PERMISSIONS: &str = "DEFAULT_PERMISSION_CLASSES";

/// The permissions of a method of a view class, by the name of the action or the verb that it answers.
pub(super) fn of_class(world: &mut World<'_>, class: &Rc<ClassValue>, method: Option<&Value>, action_name: Option<&str>) -> Vec<Value> {
    let at = class.at;
    if let Some(Value::Function(f)) = method.map(|m| world.force(m)) {
        let action = f.props.borrow().get("@action").cloned();
        let said = action.and_then(|a| if let Value::Dict(said) = a { said.get("permission_classes") } else { None });
        if let Some(said) = said.filter(|v| !matches!(v, Value::Null)) {
            return listed(world, &said, at);
        }
    }
    // A list chosen by the action: what the method of the tree names counts by reading it.
    if let Some(Value::Function(f)) = world.class_attr(class, "get_permissions").map(|v| world.force(&v)) {
        return chosen(world, class, &f, action_name, at);
    }
    declared(world, class, at)
}

/// The permissions that a class lists, that come with its base, or that are the default.
fn declared(world: &mut World<'_>, class: &Rc<ClassValue>, at: Place) -> Vec<Value> {
    match world.class_attr(class, "permission_classes") {
        Some(said) => listed(world, &said, at),
        None => match known_base(world, class) {
            Some(base) => vec![base],
            None => defaults(world, at),
        },
    }
}

/// A base from outside of the tree whose own permissions a model knows.
fn known_base(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Value> {
    let models = world.input.models;
    let bases = world.outside_bases(class);
    bases.into_iter().find(|b| models.guard("python", b).is_some()).map(Value::Symbol)
}

/// The permissions of a function view: those of its decorator, else the default.
pub(super) fn of_function(world: &mut World<'_>, f: &Rc<Closure>) -> Vec<Value> {
    let marks = f.marks.borrow().clone();
    let at = world.place(f.module, world.module(f.module).tree.function(f.function).span);
    match marks.iter().find(|m| m.symbol.as_deref().is_some_and(|s| s.ends_with(".permission_classes"))) {
        Some(mark) => match mark.args.at(0) {
            Some(said) => listed(world, said, at),
            None => Vec::new(),
        },
        None => defaults(world, at),
    }
}

fn chosen(world: &mut World<'_>, class: &Rc<ClassValue>, f: &Rc<Closure>, action: Option<&str>, at: Place) -> Vec<Value> {
    let label = SmolStr::new(format!("{}.get_permissions", class.name));
    let view = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: true, at });
    if let Some(action) = action {
        view.fields.borrow_mut().insert("action".into(), Value::text(action));
    }
    let made = world.call_closure(f, Some(Value::Instance(view)), Args::default(), at);
    match world.force(&made) {
        made @ Value::List(_) => listed(world, &made, at),
        // `super().get_permissions()` gives what the class would without a method of its own.
        Value::Unknown(u) if u.callee.as_deref().unwrap_or(&u.label).trim_end_matches("()").ends_with("get_permissions") => {
            declared(world, class, at)
        }
        _ => vec![Value::Unknown(Rc::new(Unknown {
            label,
            reason: "permissions are chosen at run time".into(),
            at: Some(at),
            ..Unknown::default()
        }))],
    }
}

/// A list of permissions; an empty one lets all in.
fn listed(world: &mut World<'_>, said: &Value, at: Place) -> Vec<Value> {
    let said = world.force(said);
    if !matches!(said, Value::List(_)) {
        return vec![said];
    }
    let (items, is_open) = world.items_of(&said, at);
    let unread = |v: Value| match &v {
        Value::Unknown(u) if u.callee.is_none() => Value::unknown("permission_classes", "one of the list is not known", Some(at)),
        _ => v,
    };
    let mut items: Vec<Value> = items.iter().map(|v| unread(world.force(v))).collect();
    if is_open {
        items.push(Value::unknown("permission_classes", "some of the list are not known", Some(at)));
    }
    if items.is_empty() { vec![Value::Symbol(SmolStr::new_static(ALLOW_ANY))] } else { items }
}

/// `REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"]` of the deployed settings, as classes.
fn defaults(world: &mut World<'_>, at: Place) -> Vec<Value> {
    if let Some(known) = world.notes.get("drf.default_permissions") {
        return known.clone();
    }
    let out = match rest_setting(world, PERMISSIONS) {
        Some(said) => classes(world, &said, at),
        None => Vec::new(),
    };
    world.notes.insert("drf.default_permissions", out.clone());
    out
}

/// Classes that a setting lists, by name or themselves.
fn classes(world: &mut World<'_>, said: &Value, at: Place) -> Vec<Value> {
    let named = listed(world, said, at);
    named
        .into_iter()
        .map(|one| match one.as_str() {
            Some(name) => world.import_string(&name, at).unwrap_or(Value::Symbol(name)),
            None => one,
        })
        .collect()
}

/// The permissions of the settings where code asks for them: `api_settings.DEFAULT_PERMISSION_CLASSES + [Own]`.
pub(super) fn api_setting(world: &mut World<'_>, name: &str) -> Option<Value> {
    if name != PERMISSIONS {
        return None;
    }
    let said = rest_setting(world, name)?;
    let items = classes(world, &said, NOWHERE);
    Some(Value::list(items))
}

/// An entry of `REST_FRAMEWORK` in the first deployed settings that have it.
pub(super) fn rest_setting(world: &mut World<'_>, name: &str) -> Option<Value> {
    for index in 0..world.modules.len() {
        let (file, found) = {
            let module = world.module(ModuleId(index as u32));
            let found = module.scope.names.borrow().get("REST_FRAMEWORK").cloned();
            (module.file, found)
        };
        let Some(found) = found.filter(|_| !world.input.files.get(file).secondary) else { continue };
        let Value::Dict(settings) = world.force(&found) else { continue };
        if let Some(said) = settings.get(name) {
            return Some(said);
        }
    }
    None
}
