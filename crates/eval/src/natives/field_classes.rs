//! Classes whose fields are calls in their bodies, as they travel: serializers of Django REST framework, models and forms of
//! Django, schemas of marshmallow, forms of WTForms. Fields that a serializer takes from a model follow the rules of
//! `ModelSerializer` (https://www.django-rest-framework.org/api-guide/serializers/#modelserializer).

use crate::interp::Cx;
use crate::shape::{FieldShape, constant};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, Pattern, Stmt};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

pub(super) const MAX_DEPTH: u32 = 8;

/// What a class of fields is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Serializer,
    Form,
    Marshmallow,
    Model,
    /// Annotated fields and those of a model.
    ModelSchema,
}

/// A field as its class declares it.
pub(super) struct Declared {
    pub(super) name: SmolStr,
    /// The outside class of the field, or the tree's.
    symbol: SmolStr,
    class: Option<Rc<ClassValue>>,
    /// The model of its `queryset`.
    rows: Option<Rc<ClassValue>>,
    pub(super) args: Args,
}

/// The fields of a class of this kind; None for other classes.
pub(crate) fn fields(world: &mut World<'_>, class: &Rc<ClassValue>, depth: u32) -> Option<Vec<FieldShape>> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match kind_of(world, class)? {
        Kind::Serializer => serializer(world, class, depth),
        Kind::Form => form(world, class, depth),
        Kind::Marshmallow => {
            let declared = declared(world, class);
            declared.iter().map(|d| loaded(world, d, depth)).collect()
        }
        Kind::ModelSchema => {
            let mut out = of_model(world, class, depth, true);
            for field in world.annotated_fields(class, depth) {
                out.retain(|f| f.name != field.name);
                out.push(field);
            }
            out
        }
        Kind::Model => model(world, class, depth).into_iter().map(|(_, f)| f).collect(),
    })
}

/// Whether a class is made to read what a request brings.
pub(crate) fn reads_requests(world: &mut World<'_>, class: &Rc<ClassValue>) -> bool {
    matches!(kind_of(world, class), Some(Kind::Serializer | Kind::Form | Kind::Marshmallow))
}

/// Whether a class is a model of Django.
pub(super) fn is_model(world: &mut World<'_>, class: &Rc<ClassValue>) -> bool {
    kind_of(world, class) == Some(Kind::Model)
}

fn kind_of(world: &mut World<'_>, class: &Rc<ClassValue>) -> Option<Kind> {
    world.outside_bases(class).iter().find_map(|base| {
        let last = base.rsplit('.').next().unwrap_or(base);
        if last.ends_with("Serializer") {
            Some(Kind::Serializer)
        } else if base.starts_with("django.forms") || base.starts_with("wtforms") || base.starts_with("flask_wtf") {
            last.ends_with("Form").then_some(Kind::Form)
        } else if last == "ModelSchema" {
            Some(Kind::ModelSchema)
        } else if base.contains("marshmallow") || base.starts_with("apiflask") {
            last.ends_with("Schema").then_some(Kind::Marshmallow)
        } else {
            (base.starts_with("django.") && last == "Model").then_some(Kind::Model)
        }
    })
}

/// The fields that a class and its bases declare, the nearest ones counting.
pub(super) fn declared(world: &mut World<'_>, class: &Rc<ClassValue>) -> Vec<Declared> {
    let mut out: Vec<Declared> = Vec::new();
    for one in world.mro(class).into_iter().rev() {
        let Value::Class(one) = one else { continue };
        let Some(id) = one.class else { continue };
        let tree = world.module(one.module).tree.clone();
        let cx = world.class_cx(&one);
        for stmt in &tree.class(id).body {
            let Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } = tree.stmt(*stmt) else { continue };
            match tree.expr(*value) {
                Expr::Call { .. } => {
                    if let Some(found) = field_call(world, &cx, name, *value) {
                        out.retain(|d| d.name != found.name);
                        out.push(found);
                    }
                }
                Expr::Null => out.retain(|d| d.name != *name),
                _ => {}
            }
        }
    }
    out
}

fn field_call(world: &mut World<'_>, cx: &Cx, name: &SmolStr, id: ExprId) -> Option<Declared> {
    let tree = cx.tree.clone();
    let Expr::Call { callee, args, .. } = tree.expr(id) else { return None };
    let (symbol, class) = match world.named_value(&cx.scope, cx.home.as_ref(), &tree, *callee, 0)? {
        Value::Symbol(symbol) => (symbol, None),
        Value::Class(class) => {
            // A field class of the tree is its outside base; a serializer of the tree is itself.
            let symbol = world.outside_bases(&class).into_iter().find(|b| is_field(b));
            (symbol.unwrap_or_default(), Some(class))
        }
        Value::Unknown(u) => (u.callee.clone()?, None),
        _ => return None,
    };
    if !is_field(&symbol) && class.is_none() {
        return None;
    }
    let queryset = args.iter().find_map(|a| match a {
        Arg::Named(name, value) if name == "queryset" => Some(*value),
        _ => None,
    });
    let rows = queryset.and_then(|q| super::drf_model::queried(world, cx, q));
    let args = world.args(cx, args);
    Some(Declared { name: name.clone(), symbol, class, rows, args })
}

fn is_field(symbol: &str) -> bool {
    let last = symbol.rsplit('.').next().unwrap_or(symbol);
    let marshmallow =
        symbol.contains("marshmallow") || symbol.starts_with("apiflask") || symbol.starts_with("webargs") || symbol.contains(".fields.");
    last.ends_with("Field")
        || last.ends_with("ForeignKey")
        || last.ends_with("Serializer")
        || marshmallow && last.starts_with(char::is_uppercase)
}

impl Declared {
    fn last(&self) -> &str {
        self.symbol.rsplit('.').next().unwrap_or(&self.symbol)
    }
    fn is(&self, name: &str) -> bool {
        matches!(self.args.name(name), Some(Value::Bool(true)))
    }
    fn bool(&self, name: &str) -> Option<bool> {
        match self.args.name(name)? {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

/// The schema of a field by the name of its class.
pub(super) fn schema_of(world: &mut World<'_>, field: &Declared, depth: u32) -> Json {
    if let (Some(class), true) = (&field.class, !is_field(&field.symbol) || field.last().ends_with("Serializer")) {
        let inner = world.class_schema_ref(class, depth + 1);
        return if field.is("many") { json!({"type": "array", "items": inner}) } else { inner };
    }
    let string = |format: &str| json!({"type": "string", "format": format});
    let word = field.last().trim_end_matches("Field");
    let mut schema = match word {
        "Char" | "Text" | "Slug" | "Regex" | "String" | "Str" | "Password" | "TextArea" | "StringRelated" | "SlugRelated" | "FilePath"
        | "Duration" | "TimeDelta" => json!({"type": "string"}),
        "Email" => string("email"),
        "URL" | "Url" | "HyperlinkedRelated" | "HyperlinkedIdentity" => string("uri"),
        "UUID" => string("uuid"),
        "IPAddress" | "GenericIPAddress" | "IP" | "IPv4" => string("ip"),
        "Integer" | "BigInteger" | "SmallInteger" | "Auto" | "BigAuto" | "SmallAuto" | "Int" => json!({"type": "integer"}),
        "PositiveInteger" | "PositiveSmallInteger" | "PositiveBigInteger" => json!({"type": "integer", "minimum": 0}),
        "Float" | "Number" => json!({"type": "number"}),
        "Decimal" => string("decimal"),
        "Boolean" | "NullBoolean" | "Bool" => json!({"type": "boolean"}),
        "DateTime" | "AwareDateTime" | "NaiveDateTime" | "SplitDateTime" => string("date-time"),
        "Date" => string("date"),
        "Time" => string("time"),
        "File" | "Image" | "MultipleFile" => string("binary"),
        "Dict" | "HStore" | "Mapping" => json!({"type": "object"}),
        "List" | "Array" | "MultipleChoice" | "ManyRelated" | "ModelMultipleChoice" | "SelectMultiple" | "Tuple" => {
            let child = field.args.name("child").or(field.args.name("base_field")).or(field.args.at(0)).cloned();
            let items = child.map_or_else(|| json!({}), |c| value_schema(world, &c, depth + 1));
            json!({"type": "array", "items": items})
        }
        "Choice" | "Enum" | "Select" | "Radio" | "TypedChoice" => json!({}),
        "Nested" | "Pluck" => {
            let inner = field.args.at(0).cloned().map_or_else(|| json!({}), |c| value_schema(world, &c, depth + 1));
            if field.is("many") { json!({"type": "array", "items": inner}) } else { inner }
        }
        "ForeignKey" | "OneToOne" | "PrimaryKeyRelated" | "ModelChoice" => related(world, field),
        "ManyToMany" => json!({"type": "array", "items": related(world, field)}),
        "JSON" | "Raw" | "ReadOnly" | "SerializerMethod" | "Method" | "Function" | "Model" => json!({}),
        _ => json!({"x-apicensus-type": field.symbol}),
    };
    constraints(world, field, &mut schema);
    if field.is("many") && schema.get("items").is_none() {
        schema = json!({"type": "array", "items": schema});
    }
    schema
}

fn constraints(world: &mut World<'_>, field: &Declared, schema: &mut Json) {
    const WORDS: &[(&str, &str)] =
        &[("max_length", "maxLength"), ("min_length", "minLength"), ("max_value", "maximum"), ("min_value", "minimum")];
    let is_text = schema.get("type") == Some(&json!("string")) || schema.get("type") == Some(&json!("integer"));
    for (name, word) in WORDS.iter().filter(|_| is_text) {
        if let Some(value) = field.args.name(name).and_then(constant).filter(Json::is_number) {
            schema[*word] = value;
        }
    }
    let choices = field.args.name("choices").or(field.args.at(0).filter(|_| field.last().contains("Choice"))).cloned();
    let values = choices.map(|c| choices_of(world, &c)).unwrap_or_default();
    if !values.is_empty() {
        let all = |test: fn(&Json) -> bool| values.iter().all(test);
        let kind = if all(Json::is_string) {
            "string"
        } else if all(Json::is_number) {
            "integer"
        } else {
            ""
        };
        let of = json!({"type": kind, "enum": values});
        if schema.get("items").is_some() { schema["items"] = of } else { *schema = of }
    } else if matches!(field.last(), "ChoiceField" | "TypedChoiceField") {
        *schema = json!({"type": "string"});
    }
}

/// The values of choices: pairs, plain values, or an enumeration's `choices`.
fn choices_of(world: &mut World<'_>, value: &Value) -> Vec<Json> {
    match world.force(value) {
        list @ Value::List(_) => {
            let (items, _) = world.items_of(&list, crate::interp::attr::NOWHERE);
            let mut out = Vec::new();
            for item in items {
                match world.force(&item) {
                    Value::List(pair) => out.extend(pair.items.borrow().first().and_then(constant)),
                    other => out.extend(constant(&other)),
                }
            }
            out
        }
        Value::Class(class) => world.enum_values(&class).unwrap_or_default(),
        Value::Method(bound) if bound.name == "choices" => match &bound.receiver {
            Value::Class(class) => world.enum_values(&class.clone()).unwrap_or_default(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The schema of a field or schema given as a value: `child=serializers.CharField()`, `fields.List(fields.Str())`.
fn value_schema(world: &mut World<'_>, value: &Value, depth: u32) -> Json {
    if depth > MAX_DEPTH {
        return json!({});
    }
    match world.force(value) {
        Value::Unknown(u) if u.callee.as_deref().is_some_and(is_field) => {
            let symbol = u.callee.clone().unwrap_or_default();
            schema_of(world, &Declared { name: "".into(), symbol, class: None, rows: None, args: u.args.clone() }, depth)
        }
        Value::Symbol(symbol) if is_field(&symbol) => {
            schema_of(world, &Declared { name: "".into(), symbol, class: None, rows: None, args: Args::default() }, depth)
        }
        Value::Class(class) => world.class_schema_ref(&class, depth),
        Value::Instance(i) => world.class_schema_ref(&i.class.clone(), depth),
        _ => json!({}),
    }
}

/// What names a row of another model: its primary key.
fn related(world: &mut World<'_>, field: &Declared) -> Json {
    let target = field.args.get(0, "to").cloned().map(|v| world.force(&v));
    match (target, &field.rows) {
        (Some(Value::Class(class)), _) => primary_key(world, &class),
        (_, Some(class)) => primary_key(world, &class.clone()),
        _ => json!({"type": "integer"}),
    }
}

/// The schema of what names a row of a model.
pub(super) fn primary_key(world: &mut World<'_>, class: &Rc<ClassValue>) -> Json {
    let key = declared(world, class).into_iter().find(|d| d.is("primary_key") && !d.last().contains("Key"));
    let Some(key) = key else { return json!({"type": "integer"}) };
    let mut schema = schema_of(world, &key, MAX_DEPTH);
    schema.as_object_mut().map(|o| o.remove("maxLength"));
    schema
}

/// A model's fields, each with whether the database or the model fills it.
fn model(world: &mut World<'_>, class: &Rc<ClassValue>, depth: u32) -> Vec<(bool, FieldShape)> {
    let all = declared(world, class);
    let mut out = Vec::new();
    if !all.iter().any(|d| d.is("primary_key")) {
        out.push((
            true,
            FieldShape { name: "id".into(), schema: json!({"type": "integer", "readOnly": true}), required: false, own: None },
        ));
    }
    for field in all {
        let word = field.last().to_owned();
        let own = word.ends_with("AutoField") || field.is("auto_now") || field.is("auto_now_add") || field.bool("editable") == Some(false);
        let mut schema = schema_of(world, &field, depth);
        let lacks =
            field.is("null") || field.is("blank") || field.args.name("default").is_some() || field.args.name("db_default").is_some();
        if field.is("null") && schema.get("type").is_some() {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        if own {
            schema["readOnly"] = json!(true);
        }
        out.push((own, FieldShape { name: field.name, schema, required: !own && !lacks, own: None }));
    }
    out
}

fn serializer(world: &mut World<'_>, class: &Rc<ClassValue>, depth: u32) -> Vec<FieldShape> {
    let mut own: Vec<FieldShape> = Vec::new();
    let mut hidden: Vec<SmolStr> = Vec::new();
    for field in declared(world, class) {
        if field.last() == "HiddenField" {
            hidden.push(field.name);
            continue;
        }
        own.push(serialized(world, &field, depth));
    }
    let Some(Value::Class(meta)) = world.class_attr(class, "Meta").map(|m| world.force(&m)) else { return own };
    let said = |world: &mut World<'_>, name: &str| world.class_attr(&meta, name).map(|v| world.force(&v));
    let Some(Value::Class(of)) = said(world, "model") else { return own };
    let known = model(world, &of, depth);
    let listed = said(world, "fields");
    let names = match &listed {
        Some(Value::List(_)) => listed.as_ref().map(|v| world.path_words(v)).unwrap_or_default(),
        _ => {
            let out = said(world, "exclude").map(|v| world.path_words(&v)).unwrap_or_default();
            let all = own.iter().map(|f| f.name.clone()).chain(known.iter().map(|(_, f)| f.name.clone()));
            let mut names: Vec<SmolStr> = Vec::new();
            all.filter(|n| !out.contains(n)).for_each(|n| {
                if !names.contains(&n) {
                    names.push(n)
                }
            });
            names
        }
    };
    let read_only = said(world, "read_only_fields").map(|v| world.path_words(&v)).unwrap_or_default();
    let extra = said(world, "extra_kwargs").map(|v| world.pairs(&v)).unwrap_or_default();
    let mut out = Vec::new();
    for name in names.into_iter().filter(|n| !hidden.contains(n)) {
        let declared = own.iter().find(|f| f.name == name).cloned();
        let is_own = declared.is_some();
        let mut field = declared.or_else(|| known.iter().find(|(_, f)| f.name == name).map(|(_, f)| f.clone())).unwrap_or_else(|| {
            // A property or method of the model, or a field that its outside bases have.
            let computed = world.class_attr(&of, &name).is_some();
            let schema = if computed { json!({"readOnly": true}) } else { json!({"x-apicensus-type": format!("{}.{name}", of.name)}) };
            FieldShape { name: name.clone(), schema, required: false, own: None }
        });
        let options = extra.iter().find(|p| p.0 == name).map(|p| world.pairs(&p.1)).unwrap_or_default();
        let option = |name: &str| options.iter().find(|p| p.0 == name).and_then(|p| if let Value::Bool(b) = p.1 { Some(b) } else { None });
        if !is_own && read_only.contains(&name) || option("read_only") == Some(true) {
            field.required = false;
            mark(&mut field.schema, "readOnly");
        }
        if option("write_only") == Some(true) {
            mark(&mut field.schema, "writeOnly");
        }
        field.required = option("required").unwrap_or(field.required);
        out.push(field);
    }
    out
}

fn mark(schema: &mut Json, word: &str) {
    // What stands beside a reference counts as well (draft 2020-12).
    if let Some(map) = schema.as_object_mut() {
        map.insert(word.to_owned(), json!(true));
    }
}

/// A serializer's own field.
fn serialized(world: &mut World<'_>, field: &Declared, depth: u32) -> FieldShape {
    let last = field.last();
    let is_computed = matches!(last, "SerializerMethodField" | "ReadOnlyField" | "StringRelatedField" | "HyperlinkedIdentityField");
    let is_read = field.is("read_only") || is_computed;
    let mut schema = schema_of(world, field, depth);
    if is_read {
        mark(&mut schema, "readOnly");
    }
    if field.is("write_only") {
        mark(&mut schema, "writeOnly");
    }
    let required = !is_read && field.bool("required").unwrap_or(field.args.name("default").is_none());
    FieldShape { name: field.name.clone(), schema, required, own: None }
}

/// A field of a marshmallow schema.
fn loaded(world: &mut World<'_>, field: &Declared, depth: u32) -> FieldShape {
    let mut schema = schema_of(world, field, depth);
    if field.is("dump_only") {
        mark(&mut schema, "readOnly");
    }
    if field.is("load_only") {
        mark(&mut schema, "writeOnly");
    }
    let name = field.args.name("data_key").or(field.args.name("load_from")).and_then(Value::as_str).unwrap_or_else(|| field.name.clone());
    FieldShape { name, schema, required: field.is("required"), own: None }
}

/// A marshmallow field given as a value, in `{"page": fields.Int()}`.
pub(crate) fn field_value(world: &mut World<'_>, name: &SmolStr, value: &Value) -> Option<FieldShape> {
    let Value::Unknown(u) = world.force(value) else { return None };
    let symbol = u.callee.clone().filter(|c| is_field(c))?;
    Some(loaded(world, &Declared { name: name.clone(), symbol, class: None, rows: None, args: u.args.clone() }, 0))
}

/// The fields that a class takes from the model of its `Meta`.
fn of_model(world: &mut World<'_>, class: &Rc<ClassValue>, depth: u32, with_own: bool) -> Vec<FieldShape> {
    let meta = ["Meta", "Config"].iter().find_map(|n| world.class_attr(class, n)).map(|m| world.force(&m));
    let Some(Value::Class(meta)) = meta else { return Vec::new() };
    let Some(Value::Class(of)) = world.class_attr(&meta, "model").map(|v| world.force(&v)) else { return Vec::new() };
    let names = ["fields", "model_fields"].iter().find_map(|n| world.class_attr(&meta, n)).map(|v| world.force(&v));
    let names = match &names {
        Some(list @ Value::List(_)) => Some(world.path_words(list)),
        _ => None,
    };
    let left =
        ["exclude", "model_exclude"].iter().find_map(|n| world.class_attr(&meta, n)).map(|v| world.path_words(&v)).unwrap_or_default();
    let known = model(world, &of, depth).into_iter().filter(|(own, _)| with_own || !own).map(|(_, f)| f);
    known.filter(|f| !left.contains(&f.name) && names.as_ref().is_none_or(|n| n.contains(&f.name))).collect()
}

/// A form's fields; a model form has its model's.
fn form(world: &mut World<'_>, class: &Rc<ClassValue>, depth: u32) -> Vec<FieldShape> {
    let mut out: Vec<FieldShape> = Vec::new();
    let is_django = world.outside_bases(class).iter().any(|b| b.starts_with("django."));
    out.extend(of_model(world, class, depth, false));
    for field in declared(world, class) {
        let required = if is_django {
            field.bool("required").unwrap_or(field.last() != "NullBooleanField")
        } else {
            let validators = field.args.get(1, "validators").cloned();
            validators.is_some_and(|v| {
                let (items, _) = world.items_of(&v, crate::interp::attr::NOWHERE);
                items.iter().any(|i| matches!(world.force(i), Value::Unknown(u) if u.callee.as_deref().is_some_and(|c| c.ends_with("DataRequired") || c.ends_with("InputRequired"))))
            })
        };
        if field.last() == "SubmitField" {
            continue;
        }
        let schema = schema_of(world, &field, depth);
        out.retain(|f| f.name != field.name);
        out.push(FieldShape { name: field.name, schema, required, own: None });
    }
    out
}
