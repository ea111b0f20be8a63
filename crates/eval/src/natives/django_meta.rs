//! Django: what `Model._meta` says of a model's names (https://docs.djangoproject.com/en/stable/ref/models/meta/ and
//! `django.db.models.options.Options`). The label of an application is its `AppConfig`'s, else the last part of its package.

use super::django::APP_CONFIG;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::fmt::Write;
use std::rc::Rc;

/// `Model._meta` of a class of the tree; None for a class that is no model.
pub(super) fn options(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Value> {
    let bases = world.outside_bases(class);
    let dotted = world.resolver.module_name(class.at.file);
    let in_models = dotted.split('.').any(|part| part == "models");
    if bases.is_empty() || !in_models && !bases.iter().any(|base| base.ends_with("Model")) {
        return None;
    }
    let meta = class.attrs.borrow().get("Meta").cloned();
    let meta = meta.map(|m| world.force(&m)).filter(|m| matches!(m, Value::Class(_)));
    let mut given = |name: &str| meta.as_ref().and_then(|m| world.get_attr(m, name, None)).and_then(|v| v.as_str());
    let (label, one, many) = (given("app_label"), given("verbose_name"), given("verbose_name_plural"));
    let label = label.unwrap_or_else(|| app_label(world, &dotted));
    let one = one.unwrap_or_else(|| spaced(&class.name));
    let many = many.unwrap_or_else(|| SmolStr::new(format!("{one}s")));
    let lower = SmolStr::new(class.name.to_lowercase());
    let fields = [
        ("app_label", Value::text(label.clone())),
        ("model_name", Value::text(lower.clone())),
        ("object_name", Value::text(class.name.clone())),
        ("label", Value::text(format!("{label}.{}", class.name))),
        ("label_lower", Value::text(format!("{label}.{lower}"))),
        ("verbose_name", Value::text(one)),
        ("verbose_name_plural", Value::text(many)),
        ("model", Value::Class(class.clone())),
    ];
    Some(world.record("Options", fields, class.at))
}

/// A name that `_meta` of a model outside of the tree gives: `django.contrib.auth.models.Group._meta.model_name`.
pub(super) fn outside(model: &str, name: &str) -> Option<Value> {
    let (package, class) = model.split_once(".models.")?;
    let (label, class) = (package.rsplit('.').next()?, class.rsplit('.').next()?);
    Some(match name {
        "app_label" => Value::text(label),
        "model_name" => Value::text(class.to_lowercase()),
        "object_name" => Value::text(class),
        "label" => Value::text(format!("{label}.{class}")),
        "label_lower" => Value::text(format!("{label}.{}", class.to_lowercase())),
        _ => return None,
    })
}

/// The label of the application that a module is in: that of the nearest `apps.py` above it.
fn app_label(world: &mut World<'_>, module: &str) -> SmolStr {
    let package = match module.split('.').position(|part| part == "models") {
        Some(at) => module.split('.').take(at).collect::<Vec<_>>().join("."),
        None => module.rsplit_once('.').map_or(String::new(), |(package, _)| package.to_owned()),
    };
    let last = SmolStr::new(package.rsplit('.').next().unwrap_or_default());
    let Some(from) = world.budget.last().copied().map(|id| world.module(id).file) else { return last };
    let target = world.resolver.python(from, &format!("{package}.apps"), 0);
    let Value::Module(id) = world.target_value(target, None) else { return last };
    world.run_module(id);
    let values: Vec<Value> = world.module(id).scope.names.borrow().values().cloned().collect();
    for value in values {
        if let Value::Class(config) = world.peek(&value)
            && world.outside_bases(&config).iter().any(|base| APP_CONFIG.contains(&base.as_str()))
            && let Some(label) = world.class_attr(&config, "label").and_then(|label| label.as_str())
        {
            return label;
        }
    }
    last
}

/// `RackRole` as `rack role`.
fn spaced(name: &str) -> SmolStr {
    let mut out = String::new();
    for (at, char) in name.char_indices() {
        if char.is_uppercase() && at > 0 {
            out.push(' ');
        }
        let _ = write!(out, "{}", char.to_lowercase());
    }
    out.into()
}
