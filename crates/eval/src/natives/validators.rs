//! Schemas of validation libraries, zod, Joi, Yup, Valibot and Ajv, and of express-validator's chains, as JSON Schemas.
//!
//! A schema is a chain of calls of outside code, which the evaluator keeps as an unknown value with its receivers.

use crate::value::*;
use crate::world::World;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// Packages of schemas, and whether a value that is not said to be optional is required.
const LIBRARIES: &[(&str, bool)] = &[
    ("zod", true),
    ("@hono/zod-openapi", true),
    ("valibot", true),
    ("@sinclair/typebox", true),
    ("elysia", true),
    ("superstruct", true),
    ("joi", false),
    ("@hapi/joi", false),
    ("celebrate", false),
    ("@vinejs/vine", true),
    ("yup", false),
];

/// A value as a schema says it.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Its JSON Schema.
    pub schema: Json,
    /// It can't be left out.
    pub required: bool,
}

/// A step of a chain: what is called, and with what; an attribute that isn't called has no arguments.
struct Step {
    name: SmolStr,
    args: Args,
}

impl World<'_> {
    /// The schema that a value of a validation library is.
    pub(crate) fn validator(&mut self, value: &Value, depth: u32) -> Option<Shape> {
        if depth > 10 {
            return None;
        }
        let Value::Unknown(u) = self.force(value) else { return None };
        let callee = u.callee.clone()?;
        let by_default = LIBRARIES.iter().find(|(name, _)| callee.strip_prefix(name).is_some_and(|r| r.starts_with(['.', '/', '('])))?.1;
        let steps = chain(&u);
        let (first, rest) = steps.split_first()?;
        let mut shape = Shape { schema: self.base_schema(first, depth), required: by_default };
        if matches!(first.name.as_str(), "optional" | "nullish" | "Optional" | "exactOptional" | "maybe") {
            shape.required = false;
        }
        for step in rest {
            self.refine(&mut shape, step, by_default, depth);
        }
        Some(shape)
    }

    /// The schema that the first call of a chain makes.
    fn base_schema(&mut self, step: &Step, depth: u32) -> Json {
        let first = step.args.at(0).cloned();
        let of = |world: &mut Self, value: Option<&Value>| value.and_then(|v| world.validator(v, depth + 1)).map(|s| s.schema);
        let name = step.name.as_str();
        match name {
            "object" | "strictObject" | "looseObject" | "interface" | "Object" | "type" | "keys" | "objectWithRest" => {
                self.object_schema(first.as_ref(), depth)
            }
            "array" | "Array" | "set" => {
                let items = of(self, first.as_ref()).unwrap_or_else(|| json!({}));
                json!({"type": "array", "items": items})
            }
            "enum" | "nativeEnum" | "picklist" | "enums" | "valid" | "Enum" | "enum_" | "equal" => {
                let values = self.choices(&step.args);
                choice(values)
            }
            "literal" | "Literal" | "value" => choice(self.choices(&step.args)),
            "union" | "or" | "Union" | "discriminatedUnion" | "variant" | "xor" => {
                let list = step.args.items.last().cloned();
                self.any_schema(list.as_ref(), depth)
            }
            "intersection" | "intersect" | "Intersect" => {
                let parts: Vec<Json> = step.args.items.iter().filter_map(|v| of(self, Some(v))).collect();
                json!({"allOf": parts})
            }
            "record" | "map" | "Record" | "dictionary" => {
                let values = of(self, step.args.items.last()).unwrap_or_else(|| json!({}));
                json!({"type": "object", "additionalProperties": values})
            }
            "tuple" | "Tuple" => json!({"type": "array"}),
            "optional" | "Optional" | "nullish" | "readonly" | "exactOptional" | "maybe" | "lazy" | "preprocess" | "pipe" | "effects" => {
                let inner = step.args.items.iter().find_map(|v| of(self, Some(v)));
                inner.unwrap_or_else(|| json!({}))
            }
            "nullable" => nullable(of(self, first.as_ref()).unwrap_or_else(|| json!({}))),
            _ => plain(name),
        }
    }

    /// The properties of an object literal of schemas.
    fn object_schema(&mut self, shape: Option<&Value>, depth: u32) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, value) in shape.map(|v| self.pairs(v)).unwrap_or_default() {
            let found = self.validator(&value, depth + 1).unwrap_or_else(|| self.literal_shape(&value, depth + 1));
            if found.required {
                required.push(json!(name));
            }
            properties.insert(name.to_string(), found.schema);
        }
        let mut out = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            set(&mut out, "required", Json::Array(required));
        }
        out
    }

    /// A plain object among schemas is one, what isn't known may be anything.
    fn literal_shape(&mut self, value: &Value, depth: u32) -> Shape {
        let schema = match self.force(value) {
            dict @ Value::Dict(_) if depth < 8 => self.object_schema(Some(&dict), depth),
            _ => json!({}),
        };
        Shape { schema, required: false }
    }

    /// The names and values of an object.
    pub(crate) fn pairs(&mut self, value: &Value) -> Vec<(SmolStr, Value)> {
        let Value::Dict(dict) = self.force(value) else { return Vec::new() };
        let entries: Vec<(Value, Value)> = dict.entries.borrow().values().cloned().collect();
        let mut out = Vec::new();
        for (key, value) in entries {
            let name = match self.force(&key) {
                Value::Symbol(s) => SmolStr::new(s.rsplit('.').next().unwrap_or(&s).to_ascii_lowercase()),
                Value::Unknown(u) => SmolStr::new(u.label.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()),
                key => key.as_str().unwrap_or_default(),
            };
            if !name.is_empty() {
                let value = self.force(&value);
                out.push((name, value));
            }
        }
        out
    }

    /// The constants among arguments, in lists and enumerations too.
    fn choices(&mut self, args: &Args) -> Vec<Json> {
        let mut out = Vec::new();
        for value in &args.items {
            match self.force(value) {
                list @ Value::List(_) => {
                    let items = self.items_of(&list, crate::interp::attr::NOWHERE).0;
                    out.extend(items.iter().filter_map(|v| constant(&self.force(v))));
                }
                dict @ Value::Dict(_) => out.extend(self.pairs(&dict).iter().filter_map(|(_, v)| constant(v))),
                Value::Class(class) => out.extend(self.enum_values(&class).unwrap_or_default()),
                other => out.extend(constant(&other)),
            }
        }
        out
    }

    fn any_schema(&mut self, list: Option<&Value>, depth: u32) -> Json {
        let items = list.map(|v| self.items_of(v, crate::interp::attr::NOWHERE).0).unwrap_or_default();
        let parts: Vec<Json> = items.iter().filter_map(|v| self.validator(v, depth + 1)).map(|s| s.schema).collect();
        json!({"anyOf": parts})
    }

    /// What a further step of a chain says.
    fn refine(&mut self, shape: &mut Shape, step: &Step, by_default: bool, depth: u32) {
        let first = step.args.at(0).cloned();
        let given = first.as_ref().and_then(|v| constant(&self.force(v)));
        let is_object = kind(&shape.schema) == "object";
        match step.name.as_str() {
            "optional" | "notRequired" | "exactOptional" => shape.required = false,
            "nullish" => {
                shape.required = false;
                shape.schema = nullable(shape.schema.take());
            }
            "nullable" => shape.schema = nullable(shape.schema.take()),
            "allow" if step.args.items.iter().any(|v| matches!(v, Value::Null)) => shape.schema = nullable(shape.schema.take()),
            "required" | "exist" | "defined" if !(by_default && is_object) => shape.required = true,
            "required" => require_all(&mut shape.schema),
            "default" | "prefault" | "catch" => {
                shape.required = false;
                if let Some(value) = given {
                    set(&mut shape.schema, "default", value);
                }
            }
            "partial" | "deepPartial" => {
                shape.schema.as_object_mut().map(|o| o.remove("required"));
            }
            "extend" | "keys" | "shape" | "append" | "safeExtend" | "merge" | "and" | "concat" | "augment" => {
                let more = match first.as_ref().map(|v| self.force(v)) {
                    Some(dict @ Value::Dict(_)) => self.object_schema(Some(&dict), depth),
                    Some(other) => self.validator(&other, depth + 1).map_or(Json::Null, |s| s.schema),
                    None => Json::Null,
                };
                merge(&mut shape.schema, &more);
            }
            "pick" | "omit" => self.narrow(&mut shape.schema, step),
            "items" | "of" => {
                if let Some(items) = first.as_ref().and_then(|v| self.validator(v, depth + 1)) {
                    set(&mut shape.schema, "items", items.schema);
                }
            }
            "array" => shape.schema = json!({"type": "array", "items": shape.schema.take()}),
            "or" => {
                if let Some(other) = first.as_ref().and_then(|v| self.validator(v, depth + 1)) {
                    shape.schema = json!({"anyOf": [shape.schema.take(), other.schema]});
                }
            }
            "try" | "oneOf" | "valid" | "equal" | "only" | "oneOfSchemas" => {
                let values = self.choices(&step.args);
                if values.is_empty() {
                    let parts: Vec<Json> = step.args.items.iter().filter_map(|v| self.validator(v, depth + 1)).map(|s| s.schema).collect();
                    if !parts.is_empty() {
                        shape.schema = json!({"anyOf": parts});
                    }
                } else {
                    set(&mut shape.schema, "enum", Json::Array(values));
                }
            }
            name => bound(&mut shape.schema, name, given, first.as_ref()),
        }
    }

    /// Some of an object's properties.
    fn narrow(&mut self, schema: &mut Json, step: &Step) {
        let mut names: Vec<SmolStr> = Vec::new();
        for value in &step.args.items {
            let value = self.force(value);
            names.extend(self.pairs(&value).into_iter().map(|p| p.0));
            names.extend(self.path_words(&value));
        }
        let keeps = step.name == "pick";
        let keep = |name: &str| names.iter().any(|n| n == name) == keeps;
        if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
            properties.retain(|name, _| keep(name));
        }
        if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
            required.retain(|name| name.as_str().is_some_and(keep));
        }
    }

    /// A field that express-validator checks: place word, names, shape.
    pub(crate) fn checked_field(&mut self, value: &Value) -> Option<(SmolStr, Vec<SmolStr>, Shape)> {
        let Value::Unknown(u) = self.force(value) else { return None };
        u.callee.as_deref().filter(|c| c.starts_with("express-validator"))?;
        let steps = chain(&u);
        let (first, rest) = steps.split_first()?;
        if !matches!(first.name.as_str(), "body" | "query" | "param" | "header" | "cookie" | "check") {
            return None;
        }
        let names = first.args.at(0).map(|v| self.path_words(v)).unwrap_or_default();
        let mut shape = Shape { schema: json!({}), required: true };
        for step in rest {
            let given = step.args.at(0).cloned();
            self.check(&mut shape, &step.name, given.as_ref());
        }
        Some((first.name.clone(), names, shape))
    }

    /// One check of a field by its name and its options.
    pub(crate) fn check(&mut self, shape: &mut Shape, name: &str, options: Option<&Value>) {
        let string = |format: &str| json!({"type": "string", "format": format});
        let schema = match name {
            "optional" => {
                shape.required = false;
                return;
            }
            "isEmail" => string("email"),
            "isURL" => string("uri"),
            "isUUID" => string("uuid"),
            "isISO8601" | "isDate" | "isRFC3339" => string("date-time"),
            "isIP" => string("ip"),
            "isInt" | "toInt" => json!({"type": "integer"}),
            "isFloat" | "isNumeric" | "isDecimal" | "toFloat" => json!({"type": "number"}),
            "isBoolean" | "toBoolean" => json!({"type": "boolean"}),
            "isArray" => json!({"type": "array"}),
            "isObject" => json!({"type": "object"}),
            "isString" | "isAlpha" | "isAlphanumeric" | "isMongoId" | "isJWT" | "isMobilePhone" | "isStrongPassword" => {
                json!({"type": "string"})
            }
            "isIn" => {
                let args = Args::of(options.into_iter().cloned().collect());
                choice(self.choices(&args))
            }
            "isLength" => json!({"type": "string"}),
            _ => return,
        };
        merge_missing(&mut shape.schema, &schema);
        for (key, value) in options.map(|v| self.pairs(v)).unwrap_or_default() {
            let word = match (name, key.as_str()) {
                ("isLength", "min") => "minLength",
                ("isLength", "max") => "maxLength",
                ("isArray", "min") => "minItems",
                ("isArray", "max") => "maxItems",
                (_, "min") => "minimum",
                (_, "max") => "maximum",
                _ => continue,
            };
            if let Some(value) = constant(&value) {
                set(&mut shape.schema, word, value);
            }
        }
    }
}

/// The steps of a chain, from its start.
fn chain(last: &Rc<Unknown>) -> Vec<Step> {
    let mut out = Vec::new();
    let mut at = Some(last.clone());
    while let Some(u) = at {
        let callee = u.callee.as_deref().unwrap_or_default();
        let name = callee.rsplit('.').next().unwrap_or_default();
        out.push(Step { name: SmolStr::new(name), args: u.args.clone() });
        at = match &u.from {
            Some(Value::Unknown(inner)) if out.len() < 64 => Some(inner.clone()),
            _ => None,
        };
    }
    out.reverse();
    out
}

/// A constant as JSON.
pub(crate) fn constant(value: &Value) -> Option<Json> {
    crate::shape::constant(value)
}

fn choice(values: Vec<Json>) -> Json {
    match values.first() {
        Some(Json::String(_)) => json!({"type": "string", "enum": values}),
        Some(_) => json!({"enum": values}),
        None => json!({}),
    }
}

fn plain(name: &str) -> Json {
    let string = |format: &str| json!({"type": "string", "format": format});
    match name {
        "string" | "String" | "StringConstructor" => json!({"type": "string"}),
        "number" | "Number" | "Numeric" | "float" => json!({"type": "number"}),
        "int" | "integer" | "Integer" | "bigint" | "int32" | "BigInt" => json!({"type": "integer"}),
        "boolean" | "bool" | "Boolean" | "stringbool" | "BooleanString" => json!({"type": "boolean"}),
        "date" | "Date" | "datetime" => string("date-time"),
        "email" | "uuid" | "url" | "uri" | "ipv4" | "ipv6" | "cuid" | "ulid" | "nanoid" => string(if name == "url" { "uri" } else { name }),
        "file" | "File" | "blob" | "instanceof" | "binary" | "custom" => match name {
            "custom" => json!({}),
            _ => string("binary"),
        },
        "null" | "Null" => json!({"type": "null"}),
        _ => json!({}),
    }
}

/// Bounds and formats.
fn bound(schema: &mut Json, name: &str, given: Option<Json>, first: Option<&Value>) {
    let of = kind(schema).to_owned();
    let is_text = of == "string";
    let formats =
        ["email", "uuid", "uri", "hostname", "cuid", "ulid", "nanoid", "datetime", "date", "ip", "ipv4", "ipv6", "time", "base64"];
    let word = match (name, of.as_str()) {
        ("url", _) => return set(schema, "format", json!("uri")),
        ("guid", _) => return set(schema, "format", json!("uuid")),
        ("datetime" | "isoDate" | "iso", "string") => return set(schema, "format", json!("date-time")),
        (format, "string") if formats.contains(&format) => return set(schema, "format", json!(format)),
        ("int" | "integer" | "safe", "number") => return set(schema, "type", json!("integer")),
        ("positive", _) => return set(schema, "exclusiveMinimum", json!(0)),
        ("nonnegative", _) => return set(schema, "minimum", json!(0)),
        ("negative", _) => return set(schema, "exclusiveMaximum", json!(0)),
        ("nonempty", "array") => return set(schema, "minItems", json!(1)),
        ("nonempty", _) => return set(schema, "minLength", json!(1)),
        ("regex" | "pattern" | "matches", _) => {
            if let Some(Value::Regex(pattern)) = first {
                set(schema, "pattern", json!(pattern.as_str()));
            }
            return;
        }
        ("describe" | "description" | "label", _) => "description",
        ("min", "array") => "minItems",
        ("max", "array") => "maxItems",
        ("min" | "minLength", _) if is_text => "minLength",
        ("max" | "maxLength", _) if is_text => "maxLength",
        ("min" | "gte" | "minValue" | "minimum", _) => "minimum",
        ("max" | "lte" | "maxValue" | "maximum", _) => "maximum",
        ("gt" | "greater" | "moreThan", _) => "exclusiveMinimum",
        ("lt" | "less" | "lessThan", _) => "exclusiveMaximum",
        ("multipleOf" | "step" | "multiple", _) => "multipleOf",
        ("length", "string") => {
            let Some(length) = given else { return };
            set(schema, "minLength", length.clone());
            return set(schema, "maxLength", length);
        }
        _ => return,
    };
    if let Some(value) = given.filter(|v| v.is_number() || word == "description" && v.is_string()) {
        set(schema, word, value);
    }
}

fn kind(schema: &Json) -> &str {
    schema.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn set(schema: &mut Json, key: &str, value: Json) {
    if let Some(map) = schema.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn nullable(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn require_all(schema: &mut Json) {
    let names: Vec<Json> =
        schema.get("properties").and_then(Json::as_object).map(|o| o.keys().map(|k| json!(k)).collect()).unwrap_or_default();
    set(schema, "required", Json::Array(names));
}

/// Adds the properties of another object's schema.
fn merge(schema: &mut Json, more: &Json) {
    let Some(properties) = more.get("properties").and_then(Json::as_object) else { return };
    let mut all = schema.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
    let mut required: Vec<Json> = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
    required.retain(|r| r.as_str().is_some_and(|r| !properties.contains_key(r)));
    all.extend(properties.iter().map(|(k, v)| (k.clone(), v.clone())));
    required.extend(more.get("required").and_then(Json::as_array).into_iter().flatten().cloned());
    set(schema, "type", json!("object"));
    set(schema, "properties", Json::Object(all));
    if !required.is_empty() {
        set(schema, "required", Json::Array(required));
    }
}

fn merge_missing(schema: &mut Json, more: &Json) {
    if let (Some(into), Some(from)) = (schema.as_object_mut(), more.as_object()) {
        for (key, value) in from {
            into.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}
