//! What the model behind a view of Django REST framework says of its inputs: the type of what names a row in the path, and of
//! what filters read off the query.

use super::field_classes::{MAX_DEPTH, declared, is_model, primary_key, schema_of};
use crate::interp::Cx;
use crate::output::{Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, Pattern, Stmt};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// The parameter of the path that names a row (`lookup_url_kwarg`, else `lookup_field`), with the column's type.
pub(super) fn row(world: &mut World<'_>, class: &Rc<ClassValue>, path: &[SmolStr], out: &mut Inputs) {
    let mut said = |name: &str| world.class_attr(class, name).map(|v| world.force(&v)).and_then(|v| v.as_str());
    let field = said("lookup_field").unwrap_or_else(|| SmolStr::new_static("pk"));
    let name = said("lookup_url_kwarg").unwrap_or_else(|| field.clone());
    if !path.contains(&name) {
        return;
    }
    let schema = model_of(world, class).and_then(|model| column(world, &model, &field));
    if let Some(schema) = schema {
        out.push(Input { place: InputIn::Path, name, schema: plain(schema), required: true });
    }
}

/// Gives filters without a type that of the column they are named after.
pub(super) fn typed(world: &mut World<'_>, class: &Rc<ClassValue>, out: &mut Inputs) {
    let is_open = |p: &Input| p.place == InputIn::Query && p.schema.as_object().is_some_and(serde_json::Map::is_empty);
    if !out.parameters.iter().any(is_open) {
        return;
    }
    let Some(model) = model_of(world, class) else { return };
    for one in out.parameters.iter_mut().filter(|p| is_open(p)) {
        if let Some(schema) = column(world, &model, &one.name.clone()) {
            // django-filter reads numbers of any kind as such.
            let is_decimal = schema.get("format").and_then(Json::as_str) == Some("decimal");
            one.schema = if is_decimal { json!({"type": "number"}) } else { plain(schema) };
        }
    }
}

/// A column's schema without what holds of its rows only.
fn plain(mut schema: Json) -> Json {
    if let Some(map) = schema.as_object_mut() {
        map.retain(|key, _| !matches!(key.as_str(), "readOnly" | "maxLength" | "minLength"));
    }
    schema
}

/// The model of a view: that of its `queryset`, else of its serializer, else of what `get_queryset` asks.
fn model_of(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Rc<ClassValue>> {
    let parts = [of_queryset, of_serializer, of_method];
    parts.into_iter().find_map(|part| part(world, class))
}

fn of_serializer(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Rc<ClassValue>> {
    let Value::Class(serializer) = world.class_attr(class, "serializer_class").map(|v| world.force(&v))? else { return None };
    let Value::Class(meta) = world.class_attr(&serializer, "Meta").map(|v| world.force(&v))? else { return None };
    match world.class_attr(&meta, "model").map(|v| world.force(&v))? {
        Value::Class(model) => Some(model),
        _ => None,
    }
}

fn of_queryset(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Rc<ClassValue>> {
    for one in world.mro(class) {
        let Value::Class(one) = one else { continue };
        let Some(id) = one.class else { continue };
        let tree = world.module(one.module).tree.clone();
        let cx = world.class_cx(&one);
        for stmt in &tree.class(id).body {
            if let Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } = tree.stmt(*stmt)
                && name == "queryset"
            {
                return queried(world, &cx, *value);
            }
        }
    }
    None
}

fn of_method(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Rc<ClassValue>> {
    let Value::Function(f) = world.class_attr(class, "get_queryset").map(|v| world.force(&v))? else { return None };
    let cx = world.declared_in(&f);
    let tree = cx.tree.clone();
    let mut asked: Vec<ExprId> = Vec::new();
    crate::walk::function(&tree, f.function, &mut |e| {
        if let Expr::Attr(base, _) = tree.expr(e)
            && matches!(tree.expr(*base), Expr::Name(_))
        {
            asked.push(*base);
        }
    });
    asked.into_iter().find_map(|e| queried(world, &cx, e))
}

/// The model that an expression asks for rows: `Order.objects.filter(..)`.
pub(super) fn queried(world: &mut World<'_>, cx: &Cx, query: ExprId) -> Option<Rc<ClassValue>> {
    let tree = cx.tree.clone();
    let mut at = query;
    loop {
        at = match tree.expr(at) {
            Expr::Attr(base, _) | Expr::Index(base, _) => *base,
            Expr::Call { callee, .. } => *callee,
            Expr::Name(_) => break,
            _ => return None,
        };
    }
    match world.named_value(&cx.scope, cx.home.as_ref(), &tree, at, 0)? {
        Value::Class(class) if is_model(world, &class) => Some(class),
        _ => None,
    }
}

/// The schema of a model's column as a lookup names it: `name`, `pk`, `author__email`, `created__gte`
/// (https://docs.djangoproject.com/en/stable/ref/models/querysets/#field-lookups).
fn column(world: &mut World<'_>, class: &Rc<ClassValue>, lookup: &str) -> Option<Json> {
    let (name, rest) = lookup.split_once("__").unwrap_or((lookup, ""));
    if name == "pk" {
        return looked(primary_key(world, class), rest);
    }
    let all = declared(world, class);
    let Some(field) = all.iter().find(|d| d.name == name || d.name.strip_suffix("_id") == Some(name)) else {
        return if name == "id" { looked(primary_key(world, class), rest) } else { None };
    };
    let related = field.args.get(0, "to").cloned().map(|v| world.force(&v));
    if let (Some(Value::Class(to)), false) = (&related, rest.is_empty())
        && let Some(found) = column(world, to, rest)
    {
        return Some(found);
    }
    let schema = schema_of(world, field, MAX_DEPTH);
    looked(schema, rest)
}

/// What a lookup of a column takes.
fn looked(schema: Json, lookup: &str) -> Option<Json> {
    Some(match lookup {
        "" | "exact" | "gt" | "gte" | "lt" | "lte" => schema,
        "iexact" | "contains" | "icontains" | "startswith" | "istartswith" | "endswith" | "iendswith" | "regex" | "iregex" => {
            json!({"type": "string"})
        }
        "in" | "range" => json!({"type": "array", "items": schema}),
        "isnull" => json!({"type": "boolean"}),
        "date" => json!({"type": "string", "format": "date"}),
        "year" | "month" | "day" | "week" | "week_day" | "hour" | "minute" | "second" => json!({"type": "integer"}),
        _ => return None,
    })
}
