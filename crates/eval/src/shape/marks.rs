//! Inputs that marks on a handler's parameters declare: `@Query('page') page: number`, `@Body() user: CreateUser`, in the
//! words of the framework's model ([`Marks`]), and what marks on the fields of the classes they name say of them
//! (class-validator, class-transformer, the decorators of OpenAPI generators).

use super::fields::FieldShape;
use super::schema::constant;
use super::types::Ty;
use crate::interp::Cx;
use crate::models::Marks;
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Field, Param};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// Marks of fields that ask for a value, beside those whose names start with `Is`.
const CHECKS: &[&str] = &["ApiProperty", "Min", "Max", "MinLength", "MaxLength", "Length", "Matches", "ValidateNested", "ArrayMinSize"];

/// A mark as it is applied: its outside name and what it is given.
struct Applied {
    symbol: SmolStr,
    args: Args,
}

impl Applied {
    fn last(&self) -> &str {
        self.symbol.rsplit('.').next().unwrap_or_default()
    }
}

/// The body as its parts come in.
#[derive(Default)]
struct Parts {
    whole: Option<(Json, bool)>,
    properties: Map<String, Json>,
    required: Vec<SmolStr>,
    is_form: bool,
    files: Vec<SmolStr>,
}

impl World<'_> {
    /// What the marks on a handler's parameters, and those on itself, say.
    pub(super) fn marked(&mut self, f: &Rc<Closure>, marks: &Marks, out: &mut Inputs) {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let function = tree.function(f.function);
        let mut parts = Parts::default();
        for param in &function.params {
            for annotation in &param.annotations {
                let value = self.expr(&cx, *annotation);
                let Some(applied) = self.applied_mark(&value) else { continue };
                if let Some(kind) = marks.place_of(&applied.symbol) {
                    self.marked_param(&cx, param, kind, &applied, marks, out, &mut parts);
                }
            }
        }
        let own: Vec<Value> = f.marks.borrow().iter().map(|m| m.value.clone()).collect();
        if !parts.files.is_empty() || own.iter().any(|v| matches!(v, Value::Unknown(_))) {
            let named = self.intercepted_files(&own);
            if !named.is_empty() {
                parts.files = named;
            }
        }
        self.described(&own, out);
        parts.put(out);
    }

    fn applied_mark(&mut self, value: &Value) -> Option<Applied> {
        match self.force(value) {
            Value::Symbol(symbol) => Some(Applied { symbol, args: Args::default() }),
            Value::Unknown(u) => Some(Applied { symbol: u.callee.clone()?, args: u.args.clone() }),
            _ => None,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn marked_param(&mut self, cx: &Cx, param: &Param, kind: &str, mark: &Applied, marks: &Marks, out: &mut Inputs, parts: &mut Parts) {
        let ty = param.ty.map(|t| self.type_at(cx, t, 0));
        let own = crate::interp::function::param_name(&param.pattern).unwrap_or_default();
        let given = mark.args.at(0).map(|v| self.force(v)).and_then(|v| v.as_str());
        let name = given.or_else(|| marks.own_name.then(|| own.clone()).filter(|_| kind != "body"));
        let mut schema = ty.as_ref().map_or_else(|| json!({}), |t| self.schema(t, 0));
        let mut required = !param.optional && param.default.is_none() && !ty.as_ref().is_some_and(Ty::may_lack);
        if let Some(default) = param.default.map(|d| self.expr(cx, d)).as_ref().and_then(constant) {
            set(&mut schema, "default", default);
        }
        for pipe in mark.args.items.iter().skip(usize::from(name.is_some() && mark.args.items.len() > 1)) {
            self.piped(pipe, &mut schema, &mut required);
        }
        let place = match kind {
            "path" => InputIn::Path,
            "query" => InputIn::Query,
            "header" => InputIn::Header,
            "cookie" => InputIn::Cookie,
            "file" => {
                parts.files.push(name.unwrap_or_else(|| SmolStr::new_static("file")));
                return;
            }
            _ => {
                parts.is_form |= kind == "form";
                match name {
                    Some(name) => {
                        if required {
                            parts.required.push(name.clone());
                        }
                        parts.properties.insert(name.to_string(), schema);
                    }
                    None => parts.whole = Some((schema, required)),
                }
                return;
            }
        };
        let fields = ty.as_ref().map(|t| self.fields_of_type(&t.core(), 0)).unwrap_or_default();
        match name {
            // A class whose fields are the parameters, though the mark may be without a name.
            _ if !fields.is_empty() && (mark.args.items.is_empty() || !matches!(mark.args.at(0), Some(Value::Text(_)))) => {
                for field in fields {
                    let name = if place == InputIn::Header { SmolStr::new(field.name.to_lowercase()) } else { field.name };
                    out.push(Input { place, name, schema: field.schema, required: field.required || place == InputIn::Path });
                }
            }
            Some(name) => {
                let name = if place == InputIn::Header { SmolStr::new(name.to_lowercase()) } else { name };
                out.push(Input { place, name, schema, required: required || place == InputIn::Path });
            }
            None => super::validators::put_schema(place, &schema, out),
        }
    }

    /// What a pipe behind a name says: `ParseIntPipe`, `new DefaultValuePipe(1)`, one made with a schema.
    fn piped(&mut self, pipe: &Value, schema: &mut Json, required: &mut bool) {
        let Some(applied) = self.applied_mark(pipe) else { return };
        let said = match applied.last() {
            "ParseIntPipe" => json!({"type": "integer"}),
            "ParseFloatPipe" => json!({"type": "number"}),
            "ParseBoolPipe" => json!({"type": "boolean"}),
            "ParseUUIDPipe" => json!({"type": "string", "format": "uuid"}),
            "ParseDatePipe" => json!({"type": "string", "format": "date-time"}),
            "ParseArrayPipe" => json!({"type": "array"}),
            "ParseEnumPipe" => match applied.args.at(0).map(|v| self.force(v)) {
                Some(Value::Class(class)) => self.enum_values(&class).map_or_else(|| json!({}), |v| json!({"type": "string", "enum": v})),
                _ => json!({}),
            },
            "DefaultValuePipe" => {
                *required = false;
                if let Some(default) = applied.args.at(0).map(|v| self.force(v)).as_ref().and_then(constant) {
                    set(schema, "default", default);
                }
                return;
            }
            _ => match applied.args.items.iter().find_map(|v| self.validator(v, 0)) {
                Some(shape) => shape.schema,
                None => return,
            },
        };
        if let Json::Object(said) = said {
            said.into_iter().for_each(|(key, value)| set(schema, &key, value));
        }
    }

    /// The names of files that interceptors of uploads take: `FileInterceptor('avatar')`.
    fn intercepted_files(&mut self, marks: &[Value]) -> Vec<SmolStr> {
        let mut out = Vec::new();
        let mut waiting: Vec<Value> = marks.to_vec();
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            seen += 1;
            let Value::Unknown(u) = self.force(&value) else { continue };
            let last = u.callee.as_deref().and_then(|c| c.rsplit('.').next()).unwrap_or_default().to_owned();
            match last.as_str() {
                "FileInterceptor" | "FilesInterceptor" => out.extend(u.args.at(0).map(|v| self.path_words(v)).unwrap_or_default()),
                "FileFieldsInterceptor" => {
                    let items = u.args.at(0).map(|v| self.items_of(v, crate::interp::attr::NOWHERE).0).unwrap_or_default();
                    let names = items.iter().flat_map(|i| self.pairs(i)).filter(|p| p.0 == "name").filter_map(|p| p.1.as_str());
                    out.extend(names.collect::<Vec<_>>());
                }
                _ if seen < 60 => waiting.extend(u.args.items.iter().cloned()),
                _ => {}
            }
        }
        out
    }

    /// What decorators of documentation on the handler add: parameters it reads by itself, and those that may be left out.
    fn described(&mut self, marks: &[Value], out: &mut Inputs) {
        for mark in marks {
            let Some(applied) = self.applied_mark(mark) else { continue };
            let place = match applied.last() {
                "ApiQuery" => InputIn::Query,
                "ApiHeader" => InputIn::Header,
                "ApiParam" => InputIn::Path,
                _ => continue,
            };
            let Some(options) = applied.args.at(0).map(|v| self.force(v)) else { continue };
            let mut options = self.pairs(&options);
            let said = |name: &str| options.iter().find(|p| p.0 == name).map(|p| p.1.clone());
            let Some(name) = said("name").and_then(|v| v.as_str()) else { continue };
            let name = if place == InputIn::Header { SmolStr::new(name.to_lowercase()) } else { name };
            options.retain(|o| o.0 != "name");
            let mut shape = FieldShape { name, schema: json!({}), required: place != InputIn::Header, own: None };
            self.property_options(&options, &mut shape, 0);
            let known = out.parameters.iter_mut().find(|p| p.place == place && p.name == shape.name);
            match known {
                Some(known) => {
                    known.required = shape.required || place == InputIn::Path;
                    if let Json::Object(map) = shape.schema {
                        map.into_iter().for_each(|(key, value)| set(&mut known.schema, &key, value));
                    }
                }
                None => out.push(Input { place, name: shape.name, schema: shape.schema, required: shape.required }),
            }
        }
    }

    /// What the marks of a field say of it.
    pub(super) fn marked_field(&mut self, field: &Field, cx: &Cx, shape: &mut FieldShape, depth: u32) {
        // `a?: T` says nothing to the checks, which refuse a request without it unless one of them lifts that.
        let mut asked = false;
        let mut lifted = false;
        for annotation in &field.annotations {
            let value = self.expr(cx, *annotation);
            let Some(applied) = self.applied_mark(&value) else { continue };
            shape.required = true;
            self.field_mark(&applied, shape, depth);
            lifted |= !shape.required;
            asked |= applied.last().starts_with("Is") || CHECKS.contains(&applied.last());
        }
        shape.required = !lifted && field.value.is_none() && (asked || !field.optional);
    }

    fn field_mark(&mut self, mark: &Applied, shape: &mut FieldShape, depth: u32) {
        let first = mark.args.at(0).map(|v| self.force(v));
        let options: Vec<(SmolStr, Value)> = mark.args.items.iter().flat_map(|v| self.pairs(v)).collect();
        match mark.last() {
            "IsOptional" | "ApiPropertyOptional" | "ValidateIf" => {
                shape.required = false;
                if mark.last() == "ApiPropertyOptional" {
                    self.property_options(&options, shape, depth);
                    shape.required = false;
                }
            }
            "IsNotEmpty" | "IsDefined" => {}
            "ApiProperty" => self.property_options(&options, shape, depth),
            "Expose" => {
                if let Some(name) = options.iter().find(|p| p.0 == "name").and_then(|p| p.1.as_str()) {
                    shape.name = name;
                }
            }
            "Type" => {
                if let Some(ty) = first.and_then(|v| self.type_given(&v)) {
                    let inner = self.schema(&ty, depth + 1);
                    fill(&mut shape.schema, inner);
                }
            }
            word => {
                let Some(said) = self.check_said(word, first.as_ref(), mark) else { return };
                let each = options.iter().any(|p| p.0 == "each" && matches!(p.1, Value::Bool(true)));
                let at = if each && shape.schema.get("items").is_some() { &mut shape.schema["items"] } else { &mut shape.schema };
                if at.get("$ref").is_none() {
                    said.into_iter().for_each(|(key, value)| set(at, &key, value));
                }
            }
        }
    }

    /// What a check by its name says of a schema.
    fn check_said(&mut self, word: &str, first: Option<&Value>, mark: &Applied) -> Option<Map<String, Json>> {
        let number = |at: usize| mark.args.at(at).and_then(constant).filter(Json::is_number);
        let one = |key: &str, value: Option<Json>| value.map(|v| json!({key: v}));
        let said = match word {
            "IsEmail" => json!({"type": "string", "format": "email"}),
            "IsUUID" => json!({"type": "string", "format": "uuid"}),
            "IsUrl" | "IsURL" => json!({"type": "string", "format": "uri"}),
            "IsDateString" | "IsISO8601" | "IsDate" => json!({"type": "string", "format": "date-time"}),
            "IsIP" => json!({"type": "string", "format": "ip"}),
            "IsString" => json!({"type": "string"}),
            "IsInt" => json!({"type": "integer"}),
            "IsNumber" => json!({"type": "number"}),
            "IsBoolean" => json!({"type": "boolean"}),
            "IsObject" => json!({"type": "object"}),
            "IsPositive" => json!({"exclusiveMinimum": 0}),
            "Min" => one("minimum", number(0))?,
            "Max" => one("maximum", number(0))?,
            "MinLength" => one("minLength", number(0))?,
            "MaxLength" => one("maxLength", number(0))?,
            "ArrayMinSize" => one("minItems", number(0))?,
            "ArrayMaxSize" => one("maxItems", number(0))?,
            "Length" => match (number(0), number(1)) {
                (Some(a), Some(b)) => json!({"minLength": a, "maxLength": b}),
                (a, _) => one("minLength", a)?,
            },
            "Matches" => match first {
                Some(Value::Regex(pattern)) => json!({"pattern": pattern.as_str()}),
                _ => return None,
            },
            "IsEnum" | "IsIn" => match first {
                Some(Value::Class(class)) => json!({"enum": self.enum_values(&class.clone())?}),
                Some(list @ Value::List(_)) => json!({"enum": self.path_words(list)}),
                Some(dict @ Value::Dict(_)) => json!({"enum": self.pairs(dict).iter().filter_map(|p| constant(&p.1)).collect::<Vec<_>>()}),
                _ => return None,
            },
            _ => return None,
        };
        if let Json::Object(map) = said { Some(map) } else { None }
    }

    /// Options of a property's documentation: `{type: () => User, isArray: true, required: false, enum: Role}`.
    fn property_options(&mut self, options: &[(SmolStr, Value)], shape: &mut FieldShape, depth: u32) {
        let mut is_array = false;
        for (name, value) in options {
            match (name.as_str(), value) {
                ("required", Value::Bool(b)) => shape.required = *b,
                ("isArray", Value::Bool(true)) => is_array = true,
                ("name", value) => shape.name = value.as_str().unwrap_or_else(|| shape.name.clone()),
                ("enum", Value::Class(class)) => {
                    if let (Some(values), true) = (self.enum_values(&class.clone()), shape.schema.get("$ref").is_none()) {
                        set(&mut shape.schema, "enum", json!(values));
                    }
                }
                // What is said by hand counts more than the type.
                ("type", value) => {
                    if let Some(ty) = self.type_given(value) {
                        shape.schema = self.schema(&ty, depth + 1);
                    }
                }
                ("format" | "pattern" | "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems" | "default", value) => {
                    if let (Some(said), true) = (constant(value), shape.schema.get("$ref").is_none()) {
                        set(&mut shape.schema, name, said);
                    }
                }
                _ => {}
            }
        }
        if is_array && shape.schema.get("items").is_none() {
            shape.schema = json!({"type": "array", "items": shape.schema.take()});
        }
    }

    /// The type that an option gives: a class, a function that returns one, `[Item]`, `'string'`, `String`.
    fn type_given(&mut self, value: &Value) -> Option<Ty> {
        match self.force(value) {
            Value::Function(f) => {
                let made = self.call_value(&Value::Function(f), Args::default(), crate::interp::attr::NOWHERE);
                let made = self.force(&made);
                if matches!(made, Value::Function(_)) { None } else { self.type_given(&made) }
            }
            list @ Value::List(_) => {
                let items = self.items_of(&list, crate::interp::attr::NOWHERE).0;
                let inner = items.first().and_then(|v| self.type_given(v))?;
                Some(Ty::Apply("Array".into(), vec![inner]))
            }
            Value::Text(text) => Some(Ty::Name(text.known()?)),
            other => self.type_of_value(&other, 0),
        }
    }
}

impl Parts {
    fn put(mut self, out: &mut Inputs) {
        if self.whole.is_none() && self.properties.is_empty() && self.files.is_empty() {
            return;
        }
        let binary = json!({"type": "string", "format": "binary"});
        let is_file = !self.files.is_empty();
        for name in self.files {
            self.properties.insert(name.to_string(), binary.clone());
        }
        let content_type = match (is_file, self.is_form) {
            (true, _) => "multipart/form-data",
            (_, true) => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        let is_required = !self.required.is_empty();
        let parts = (!self.properties.is_empty()).then(|| {
            let mut parts = json!({"type": "object", "properties": self.properties});
            if is_required {
                parts["required"] = json!(self.required);
            }
            parts
        });
        let (schema, required) = match (self.whole, parts) {
            (Some((whole, required)), None) => (whole, required),
            (Some((whole, required)), Some(parts)) => (json!({"allOf": [whole, parts]}), required),
            (None, parts) => (parts.unwrap_or_else(|| json!({})), is_required || is_file),
        };
        out.bodies.push(Body { content_type: content_type.into(), schema, required });
    }
}

/// Puts what a schema doesn't say yet: its whole, or that of its items.
fn fill(schema: &mut Json, inner: Json) {
    let says = |s: &Json| s.as_object().is_some_and(|o| o.contains_key("$ref") || o.contains_key("type") || o.contains_key("anyOf"));
    if schema.get("type") == Some(&json!("array")) && inner.get("type") != Some(&json!("array")) {
        if !schema.get("items").is_some_and(says) {
            schema["items"] = inner;
        }
    } else if !says(schema) {
        *schema = inner;
    }
}

fn set(schema: &mut Json, key: &str, value: Json) {
    if let Some(map) = schema.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}
