//! Django REST framework: what a view takes by what its class says, its serializer, its filters and its pagination, by the
//! rules of the generic views (https://www.django-rest-framework.org/api-guide/generic-views/), and what decorators of
//! documentation generators say instead.

use super::{drf_model, field_classes};
use crate::handler::Handler;
use crate::interp::attr::NOWHERE;
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// What a view takes.
pub(super) fn inputs(world: &mut World<'_>, handler: &Handler, path: &[SmolStr], out: &mut Inputs) {
    let function = handler.value.as_ref().and_then(|v| if let Value::Function(f) = world.force(v) { Some(f) } else { None });
    let verb = handler.methods.as_ref().and_then(|m| m.first()).map(|m| m.to_lowercase()).unwrap_or_default();
    let mut request: Option<Value> = None;
    if let Some(f) = &function {
        request = documented(world, f, out);
    }
    let Some(class) = &handler.class else { return };
    if !world.outside_bases(class).iter().any(|b| b.starts_with("rest_framework")) {
        return;
    }
    let symbol = handler.handler.as_ref().map(|h| h.symbol.clone()).unwrap_or_default();
    let action = symbol.rsplit('.').next().map_or_else(|| SmolStr::new(&verb), SmolStr::new);
    drf_model::row(world, class, path, out);
    if is_list(world, class, &action, &verb) {
        filters(world, class, out);
        pages(world, class, out);
        drf_model::typed(world, class, out);
    }
    if !matches!(verb.as_str(), "post" | "put" | "patch") || !out.bodies.is_empty() {
        return;
    }
    let said = function.as_ref().and_then(|f| action_option(world, f, "serializer_class"));
    let Some(given) = request.or(said).or_else(|| serializer_of(world, class, &action)) else { return };
    let Some(mut schema) = request_schema(world, &given) else { return };
    let partial = verb == "patch";
    if partial {
        schema = without_required(world, schema);
    }
    out.bodies.push(Body { content_type: "application/json".into(), schema, required: !partial });
}

/// The schema of a serializer given as a class, an instance or a list of choices.
fn request_schema(world: &mut World<'_>, given: &Value) -> Option<Json> {
    match world.force(given) {
        Value::Class(class) if field_classes::reads_requests(world, &class) => Some(world.class_schema_ref(&class, 0)),
        Value::Instance(i) => request_schema(world, &Value::Class(i.class.clone())),
        Value::Either(all) => {
            let mut all: Vec<Json> = all.iter().filter_map(|v| request_schema(world, v)).collect();
            if all.len() > 1 { Some(json!({"anyOf": all})) } else { all.pop() }
        }
        Value::Unknown(u) => u.callee.as_deref().and_then(outside_schema),
        Value::Symbol(symbol) => outside_schema(&symbol),
        _ => None,
    }
}

/// The words of a documentation generator for types.
fn outside_schema(symbol: &str) -> Option<Json> {
    match symbol.rsplit('.').next()? {
        "OBJECT" => Some(json!({"type": "object"})),
        "STR" => Some(json!({"type": "string"})),
        "BINARY" => Some(json!({"type": "string", "format": "binary"})),
        _ => None,
    }
}

/// An object's schema of which nothing is asked for.
fn without_required(world: &mut World<'_>, schema: Json) -> Json {
    let name = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix("#/schemas/")).map(str::to_owned);
    let mut inner = match name.and_then(|n| world.schemas.get(&n)) {
        Some((_, found)) => found.clone(),
        None => schema,
    };
    inner.as_object_mut().map(|o| o.remove("required"));
    inner
}

fn action_option(world: &mut World<'_>, f: &Rc<Closure>, name: &str) -> Option<Value> {
    let said = f.props.borrow().get("@action").cloned()?;
    world.get_attr(&said, name, None).or_else(|| world.pairs(&said).into_iter().find(|p| p.0 == name).map(|p| p.1))
}

/// The serializer of a view for an action: what its `get_serializer_class` of the tree gives, else its attribute.
fn serializer_of(world: &mut World<'_>, class: &Rc<ClassValue>, action: &SmolStr) -> Option<Value> {
    if let Some(Value::Function(f)) = world.class_attr(class, "get_serializer_class").map(|v| world.force(&v)) {
        let view = Instance { class: class.clone(), fields: Default::default(), assumed: true, at: class.at };
        view.fields.borrow_mut().insert("action".into(), Value::text(action.clone()));
        let bound = world.bind_method(Value::Function(f), &Value::Instance(Rc::new(view)));
        let made = world.call_value(&bound, Args::default(), class.at);
        let made = world.force(&made);
        if matches!(made, Value::Class(_) | Value::Either(_)) {
            return Some(made);
        }
    }
    world.class_attr(class, "serializer_class").map(|v| world.force(&v)).filter(|v| matches!(v, Value::Class(_)))
}

fn is_list(world: &mut World<'_>, class: &Rc<ClassValue>, action: &str, verb: &str) -> bool {
    if verb != "get" {
        return false;
    }
    let bases = world.outside_bases(class);
    let lists = bases.iter().any(|b| {
        let last = b.rsplit('.').next().unwrap_or(b);
        last.starts_with("List") && (last.ends_with("View") || last.ends_with("Mixin"))
    });
    action == "list" || action == "get" && lists
}

/// A setting of the framework: the class's attribute, else the default of the settings.
fn setting(world: &mut World<'_>, class: &Rc<ClassValue>, attribute: &str, default: &str) -> Vec<Value> {
    let own = world.class_attr(class, attribute).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Symbol(_) | Value::Unknown(_)));
    let said = match own {
        Some(Value::Null) => return Vec::new(),
        Some(own) => own,
        None => {
            let Some(found) = super::drf_guards::rest_setting(world, default) else { return Vec::new() };
            world.force(&found)
        }
    };
    let items = match &said {
        Value::List(_) => world.items_of(&said, NOWHERE).0,
        one => vec![one.clone()],
    };
    let mut out = Vec::new();
    for item in items {
        match world.force(&item) {
            Value::Text(text) => {
                let Some(name) = text.known() else { continue };
                out.push(world.import_string(&name, NOWHERE).unwrap_or(Value::Symbol(name)));
            }
            other => out.push(other),
        }
    }
    out
}

/// The names by which a class of the framework or one derived from it goes.
fn names(world: &mut World<'_>, value: &Value) -> Vec<SmolStr> {
    match value {
        Value::Class(class) => world.outside_bases(class),
        Value::Symbol(symbol) => vec![symbol.clone()],
        _ => Vec::new(),
    }
}

/// What filter backends read off the query (https://www.django-rest-framework.org/api-guide/filtering/).
fn filters(world: &mut World<'_>, class: &Rc<ClassValue>, out: &mut Inputs) {
    for backend in setting(world, class, "filter_backends", "DEFAULT_FILTER_BACKENDS") {
        let names = names(world, &backend);
        let is = |word: &str| names.iter().any(|n| n.ends_with(word));
        let named = |world: &mut World<'_>, attribute: &str, default: &str| {
            match &backend {
                Value::Class(own) => world.class_attr(own, attribute).map(|v| world.force(&v)).and_then(|v| v.as_str()),
                _ => None,
            }
            .unwrap_or_else(|| SmolStr::new(default))
        };
        if is("SearchFilter") && world.class_attr(class, "search_fields").is_some() {
            let name = named(world, "search_param", "search");
            query(out, name, json!({"type": "string"}), false);
        }
        if is("OrderingFilter") {
            let name = named(world, "ordering_param", "ordering");
            query(out, name, json!({"type": "string"}), false);
        }
        if is("DjangoFilterBackend") {
            filter_set(world, class, out);
        }
    }
}

fn query(out: &mut Inputs, name: SmolStr, schema: Json, required: bool) {
    out.push(Input { place: InputIn::Query, name, schema, required });
}

/// The filters of django-filter: a set's own fields and those that it makes of its model's.
fn filter_set(world: &mut World<'_>, class: &Rc<ClassValue>, out: &mut Inputs) {
    let fields = ["filterset_fields", "filter_fields"].iter().find_map(|n| world.class_attr(class, n)).map(|v| world.force(&v));
    if let Some(fields) = fields {
        listed_filters(world, &fields, out);
    }
    let set = ["filterset_class", "filter_class"].iter().find_map(|n| world.class_attr(class, n)).map(|v| world.force(&v));
    let Some(Value::Class(set)) = set else { return };
    for one in world.mro(&set).into_iter().rev() {
        let Value::Class(one) = one else { continue };
        let attrs: Vec<(SmolStr, Value)> = one.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        for (name, value) in attrs {
            let Value::Unknown(u) = world.force(&value) else { continue };
            let word = u.callee.as_deref().and_then(|c| c.rsplit('.').next()).unwrap_or_default().to_owned();
            let Some(kind) = word.strip_suffix("Filter") else { continue };
            let schema = match kind {
                "Number" => json!({"type": "number"}),
                "Boolean" => json!({"type": "boolean"}),
                "Date" => json!({"type": "string", "format": "date"}),
                "DateTime" | "IsoDateTime" => json!({"type": "string", "format": "date-time"}),
                "UUID" => json!({"type": "string", "format": "uuid"}),
                "MultipleChoice" | "ModelMultipleChoice" | "AllValuesMultiple" => json!({"type": "array", "items": {}}),
                "ModelChoice" => json!({"type": "integer"}),
                _ => json!({"type": "string"}),
            };
            let required = matches!(u.args.name("required"), Some(Value::Bool(true)));
            query(out, name, schema, required);
        }
    }
    if let Some(Value::Class(meta)) = world.class_attr(&set, "Meta").map(|m| world.force(&m))
        && let Some(fields) = world.class_attr(&meta, "fields").map(|v| world.force(&v))
    {
        listed_filters(world, &fields, out);
    }
}

/// `["name"]`, or `{"name": ["exact", "icontains"]}`: a filter a lookup.
fn listed_filters(world: &mut World<'_>, fields: &Value, out: &mut Inputs) {
    for (name, lookups) in world.pairs(fields) {
        for lookup in world.path_words(&lookups) {
            let name = if lookup == "exact" { name.clone() } else { SmolStr::new(format!("{name}__{lookup}")) };
            add_unknown(out, name);
        }
    }
    if matches!(fields, Value::List(_)) {
        world.path_words(fields).into_iter().for_each(|name| add_unknown(out, name));
    }
}

fn add_unknown(out: &mut Inputs, name: SmolStr) {
    if !out.parameters.iter().any(|p| p.name == name) {
        query(out, name, json!({}), false);
    }
}

/// What pagination reads off the query (https://www.django-rest-framework.org/api-guide/pagination/).
fn pages(world: &mut World<'_>, class: &Rc<ClassValue>, out: &mut Inputs) {
    let integer = json!({"type": "integer"});
    for one in setting(world, class, "pagination_class", "DEFAULT_PAGINATION_CLASS") {
        let names = names(world, &one);
        let own = |world: &mut World<'_>, attribute: &str| match &one {
            Value::Class(own) => world.class_attr(own, attribute).map(|v| world.force(&v)).and_then(|v| v.as_str()),
            _ => None,
        };
        if names.iter().any(|n| n.ends_with("PageNumberPagination")) {
            let page = own(world, "page_query_param").unwrap_or_else(|| "page".into());
            query(out, page, integer.clone(), false);
            if let Some(size) = own(world, "page_size_query_param") {
                query(out, size, integer.clone(), false);
            }
        } else if names.iter().any(|n| n.ends_with("LimitOffsetPagination")) {
            let limit = own(world, "limit_query_param").unwrap_or_else(|| "limit".into());
            let offset = own(world, "offset_query_param").unwrap_or_else(|| "offset".into());
            query(out, limit, integer.clone(), false);
            query(out, offset, integer.clone(), false);
        } else if names.iter().any(|n| n.ends_with("CursorPagination")) {
            let cursor = own(world, "cursor_query_param").unwrap_or_else(|| "cursor".into());
            query(out, cursor, json!({"type": "string"}), false);
            if let Some(size) = own(world, "page_size_query_param") {
                query(out, size, integer.clone(), false);
            }
        }
    }
}

/// What `@extend_schema(..)` and `@swagger_auto_schema(..)` say: parameters, and the body, which is returned.
fn documented(world: &mut World<'_>, f: &Rc<Closure>, out: &mut Inputs) -> Option<Value> {
    let marks = f.marks.borrow().clone();
    let mut request = None;
    for mark in marks {
        let Some(symbol) = &mark.symbol else { continue };
        if !symbol.ends_with(".extend_schema") && !symbol.ends_with(".swagger_auto_schema") {
            continue;
        }
        request = request.or_else(|| mark.args.name("request").or(mark.args.name("request_body")).cloned());
        let listed = mark.args.name("parameters").or(mark.args.name("manual_parameters")).cloned();
        let items = listed.map(|v| world.items_of(&v, NOWHERE).0).unwrap_or_default();
        for item in items.into_iter().chain(mark.args.name("query_serializer").cloned()) {
            parameter(world, &item, out);
        }
    }
    request
}

fn parameter(world: &mut World<'_>, item: &Value, out: &mut Inputs) {
    match world.force(item) {
        Value::Class(class) => {
            for field in field_classes::fields(world, &class, 0).unwrap_or_default() {
                query(out, field.name, field.schema, field.required);
            }
        }
        Value::Instance(i) => parameter(world, &Value::Class(i.class.clone()), out),
        Value::Unknown(u) => {
            let Some(name) = u.args.get(0, "name").and_then(Value::as_str) else { return };
            let word = |value: Option<&Value>| match value {
                Some(Value::Symbol(s)) => s.rsplit('.').next().map(str::to_lowercase),
                Some(other) => other.as_str().map(|s| s.to_lowercase()),
                None => None,
            };
            let place = match word(u.args.name("location").or(u.args.name("in_")).or(u.args.at(2)).or(u.args.at(1))).as_deref() {
                Some("path" | "in_path") => InputIn::Path,
                Some("header" | "in_header") => InputIn::Header,
                Some("cookie") => InputIn::Cookie,
                _ => InputIn::Query,
            };
            let schema = match word(u.args.name("type")).as_deref() {
                Some("int" | "int32" | "int64" | "type_integer" | "integer") => json!({"type": "integer"}),
                Some("str" | "type_string" | "string") => json!({"type": "string"}),
                Some("bool" | "type_boolean" | "boolean") => json!({"type": "boolean"}),
                Some("float" | "number" | "double" | "type_number") => json!({"type": "number"}),
                Some("uuid") => json!({"type": "string", "format": "uuid"}),
                Some("date") => json!({"type": "string", "format": "date"}),
                Some("datetime") => json!({"type": "string", "format": "date-time"}),
                _ => json!({}),
            };
            let required = matches!(u.args.name("required"), Some(Value::Bool(true))) || place == InputIn::Path;
            if !matches!(u.args.name("exclude"), Some(Value::Bool(true))) {
                out.push(Input { place, name, schema, required });
            }
        }
        _ => {}
    }
}
