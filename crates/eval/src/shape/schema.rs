//! JSON Schemas (draft 2020-12) of types and classes. A class is defined once, under its name; uses of it are
//! `{"$ref": "#/schemas/Name"}`, so recursion is no matter. A type that is not known says so in `x-apicensus-type`.

use super::fields::FieldShape;
use super::types::Ty;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{ClassKind, Stmt};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The schema of a type.
    pub(super) fn schema(&mut self, ty: &Ty, depth: u32) -> Json {
        if depth > 12 {
            return json!({});
        }
        match ty {
            Ty::Null => json!({"type": "null"}),
            Ty::Literal(values) => literal(values),
            Ty::Meta(inner, meta) => {
                let mut schema = self.schema(inner, depth + 1);
                for value in meta {
                    self.constrain(&mut schema, value);
                }
                schema
            }
            Ty::Union(all) => {
                let mut any: Vec<Json> = Vec::new();
                for one in all {
                    let one = self.schema(one, depth + 1);
                    if !any.contains(&one) {
                        any.push(one);
                    }
                }
                if any.len() == 1 { any.remove(0) } else { json!({"anyOf": any}) }
            }
            Ty::Class(class, args) => self.class_ref_schema(class, args, depth),
            Ty::Name(name) => self.named_schema(name),
            Ty::Apply(name, args) => self.applied_schema(name, args, depth),
            Ty::Object(_) | Ty::All(_) => {
                let fields = self.fields_of_type(ty, depth + 1);
                object(fields)
            }
        }
    }

    fn named_schema(&self, name: &str) -> Json {
        let last = name.rsplit(['.', ':']).next().unwrap_or(name);
        plain(self.family, last).unwrap_or_else(|| json!({"x-apicensus-type": name}))
    }

    fn applied_schema(&mut self, name: &SmolStr, args: &[Ty], depth: u32) -> Json {
        let last = name.rsplit('.').next().unwrap_or(name);
        let of = |world: &mut Self, at: usize| args.get(at).map_or_else(|| json!({}), |a| world.schema(a, depth + 1));
        match last {
            "Optional" | "Option" => {
                let inner = of(self, 0);
                json!({"anyOf": [inner, {"type": "null"}]})
            }
            "List" | "list" | "Sequence" | "Iterable" | "Collection" | "Array" | "ReadonlyArray" | "Vec" | "VecDeque" | "SmallVec"
            | "deque" => {
                let items = of(self, 0);
                json!({"type": "array", "items": items})
            }
            "Set" | "set" | "FrozenSet" | "frozenset" | "HashSet" | "BTreeSet" | "AbstractSet" => {
                let items = of(self, 0);
                json!({"type": "array", "items": items, "uniqueItems": true})
            }
            "Tuple" | "tuple" => {
                let items = of(self, 0);
                json!({"type": "array", "items": items})
            }
            "Dict" | "dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "OrderedDict" | "HashMap" | "BTreeMap" | "IndexMap"
            | "Record" | "Map" => {
                let values = of(self, 1);
                json!({"type": "object", "additionalProperties": values})
            }
            "Type" | "Callable" => json!({}),
            "Partial" | "Pick" | "Omit" | "Required" if self.family == Family::JavaScript => {
                let fields = self.fields_of_type(&Ty::Apply(name.clone(), args.to_vec()), depth + 1);
                object(fields)
            }
            // Wrappers that don't change what travels.
            "Box" | "Arc" | "Rc" | "Cow" | "RefCell" | "Mutex" | "Required" | "NotRequired" | "Final" | "ClassVar" | "Promise"
            | "Readonly" | "NonNullable" | "Json" | "Form" | "Query" | "Secret" | "Awaitable" | "SecretBox" => {
                of(self, args.len().saturating_sub(1))
            }
            _ => self.named_schema(name),
        }
    }

    /// A reference to a class, which is defined on the way.
    fn class_ref_schema(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Json {
        let key = Rc::as_ptr(class) as usize;
        if args.is_empty()
            && let Some(name) = self.schema_names.get(&key)
        {
            return json!({"$ref": format!("#/schemas/{name}")});
        }
        let mut name = class.name.to_string();
        if !args.is_empty() {
            let args: Vec<String> = args.iter().map(|a| a.core().short()).collect();
            name = format!("{name}_{}", args.join("_"));
        }
        if let Some(inner) = self.alias_of(class) {
            return self.schema(&inner, depth + 1);
        }
        let base = name.clone();
        let mut number = 2;
        while let Some((at, _)) = self.schemas.get(&name) {
            if *at == (class.at, args.len()) && name.starts_with(&base) {
                return json!({"$ref": format!("#/schemas/{name}")});
            }
            name = format!("{base}_{number}");
            number += 1;
        }
        if args.is_empty() {
            self.schema_names.insert(key, SmolStr::new(&name));
            self.schema_classes.push(class.clone());
        }
        self.schemas.insert(name.clone(), ((class.at, args.len()), json!({})));
        let schema = self.class_schema(class, args, depth);
        self.schemas.insert(name.clone(), ((class.at, args.len()), schema));
        json!({"$ref": format!("#/schemas/{name}")})
    }

    /// What a type alias or a pydantic root model stands for.
    pub(super) fn alias_of(&mut self, class: &Rc<ClassValue>) -> Option<Ty> {
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(class.class?);
        if definition.kind != ClassKind::Alias {
            return None;
        }
        let base = *definition.bases.first()?;
        let cx = crate::interp::Cx { scope: class.scope.clone(), ..self.top(class.module) };
        Some(self.type_at(&cx, base, 0))
    }

    fn class_schema(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Json {
        if self.family == Family::Rust
            && let Some(schema) = self.rust_schema(class, args, depth)
        {
            return schema;
        }
        if let Some(values) = self.enum_values(class) {
            return literal(&values);
        }
        if let Some(root) = self.root_of(class, args) {
            return self.schema(&root, depth + 1);
        }
        let fields = self.shape_fields(class, args, depth);
        object(fields)
    }

    /// The values of an enumeration.
    pub(crate) fn enum_values(&mut self, class: &Rc<ClassValue>) -> Option<Vec<Json>> {
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(class.class?);
        let is_enum = definition.kind == ClassKind::Enum
            || self.outside_bases(class).iter().any(|b| {
                matches!(b.rsplit('.').next(), Some("Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag" | "TextChoices" | "IntegerChoices"))
            });
        if !is_enum {
            return None;
        }
        if definition.kind == ClassKind::Enum {
            let mut out = Vec::new();
            for field in &definition.fields {
                let cx = crate::interp::Cx { scope: class.scope.clone(), ..self.top(class.module) };
                let value = field.value.map(|v| self.expr(&cx, v)).and_then(|v| constant(&v));
                out.push(value.unwrap_or_else(|| json!(field.name)));
            }
            return Some(out);
        }
        let mut out = Vec::new();
        for one in self.mro(class) {
            let Value::Class(c) = one else { continue };
            let Some(id) = c.class else { continue };
            let tree = self.module(c.module).tree.clone();
            for stmt in &tree.class(id).body {
                if let Stmt::Bind { target: apicensus_syntax::Pattern::Name(name, _), value: Some(value), .. } = tree.stmt(*stmt)
                    && !name.starts_with('_')
                {
                    let cx = crate::interp::Cx { scope: c.scope.clone(), ..self.top(c.module) };
                    let value = self.expr(&cx, *value);
                    let first = if let Value::List(list) = &value { list.items.borrow().first().cloned() } else { None };
                    // `auto()` of a StrEnum is the name in lower case.
                    let said = constant(&first.unwrap_or(value)).unwrap_or_else(|| json!(name.to_lowercase()));
                    out.push(said);
                }
            }
        }
        Some(out)
    }

    /// Whether a default given as a value still leaves a field required: `...`, `Field(...)`.
    pub(super) fn is_required(&mut self, given: &Value, cx: &crate::interp::Cx, at: apicensus_syntax::ExprId) -> bool {
        if self.source_text(self.at(cx, at), 8) == "..." {
            return true;
        }
        match given {
            Value::Unknown(u) if u.callee.as_deref().is_some_and(is_field_call) => !self.gives_default(given),
            _ => false,
        }
    }

    /// Whether `Field(..)`, `Query(..)` and the like give a default.
    pub(super) fn gives_default(&mut self, meta: &Value) -> bool {
        let Value::Unknown(u) = meta else { return false };
        if !u.callee.as_deref().is_some_and(is_field_call) {
            return false;
        }
        let given = |v: &Value| !matches!(v, Value::Unknown(u) if u.label == "..." || u.label == "Ellipsis" || u.label == "ellipsis");
        if let Some(default) = u.args.name("default") {
            return given(default);
        }
        if u.args.name("default_factory").or(u.args.name("factory")).is_some() {
            return true;
        }
        u.args.at(0).is_some_and(given)
    }

    /// Puts the constraints that `Field(ge=1)` and the like say on a schema.
    pub(super) fn constrain(&mut self, schema: &mut Json, meta: &Value) {
        const WORDS: &[(&str, &str)] = &[
            ("ge", "minimum"),
            ("gt", "exclusiveMinimum"),
            ("le", "maximum"),
            ("lt", "exclusiveMaximum"),
            ("min_length", "minLength"),
            ("max_length", "maxLength"),
            ("pattern", "pattern"),
            ("regex", "pattern"),
            ("multiple_of", "multipleOf"),
            ("description", "description"),
            ("title", "title"),
        ];
        let Value::Unknown(u) = meta else { return };
        let Json::Object(map) = schema else { return };
        for (name, value) in &u.args.named {
            let value = self.force(value);
            if name == "include_in_schema" && self.truth(&value) == Some(false) {
                // It is taken, but the document of the application does not say so.
                map.insert("x-undocumented".to_owned(), Json::Bool(true));
            }
            let Some((_, word)) = WORDS.iter().find(|(n, _)| n == name) else { continue };
            if let Some(value) = constant(&value) {
                map.insert((*word).to_owned(), value);
            }
        }
    }
}

/// The schema of an object of these fields.
pub(super) fn object(fields: Vec<FieldShape>) -> Json {
    let required: Vec<Json> = fields.iter().filter(|f| f.required).map(|f| json!(f.name)).collect();
    let properties: Map<String, Json> = fields.into_iter().map(|f| (f.name.to_string(), f.schema)).collect();
    let mut out = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = Json::Array(required);
    }
    out
}

pub(super) fn is_field_call(callee: &str) -> bool {
    matches!(
        callee.rsplit('.').next(),
        Some("Field" | "Query" | "Path" | "Body" | "Header" | "Cookie" | "Form" | "File" | "field" | "ib" | "attrib" | "Param")
    )
}

/// The schema of one of these values.
fn literal(values: &[Json]) -> Json {
    let kind = |v: &Json| match v {
        Json::String(_) => "string",
        Json::Bool(_) => "boolean",
        Json::Number(n) if n.as_f64().is_some_and(|n| n.fract() == 0.0) => "integer",
        Json::Number(_) => "number",
        _ => "",
    };
    let values: Vec<Json> = values.iter().map(whole).collect();
    match values.first().map(kind) {
        Some(first) if !first.is_empty() && values.iter().all(|v| kind(v) == first) => json!({"type": first, "enum": values}),
        _ => json!({"enum": values}),
    }
}

/// Whole numbers without a fraction.
fn whole(value: &Json) -> Json {
    match value.as_f64() {
        Some(n) if value.is_number() && n.fract() == 0.0 && n.abs() < 9e15 => json!(n as i64),
        _ => value.clone(),
    }
}

/// A constant as JSON.
pub(crate) fn constant(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Number(n) => whole(&Json::Number(serde_json::Number::from_f64(*n)?)),
        Value::Text(t) => Json::String(t.known()?.to_string()),
        Value::Default(inner) => constant(inner)?,
        _ => return None,
    })
}

/// The schema of a type that a language or a common library names so.
fn plain(family: Family, name: &str) -> Option<Json> {
    let string = |format: &str| json!({"type": "string", "format": format});
    Some(match name {
        "str" | "String" | "string" | "char" | "StrictStr" | "OsString" | "Text" => json!({"type": "string"}),
        "EcoString" | "SmolStr" | "CompactString" | "ArcStr" | "KString" | "ByteString" if family == Family::Rust => {
            json!({"type": "string"})
        }
        "int" | "StrictInt" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "bigint" => json!({"type": "integer"}),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "NonNegativeInt" | "NonZeroU64" | "NonZeroU32" | "NonZeroUsize" => {
            json!({"type": "integer", "minimum": 0})
        }
        "PositiveInt" => json!({"type": "integer", "exclusiveMinimum": 0}),
        "float" | "f32" | "f64" | "number" | "Decimal" | "StrictFloat" | "complex" | "PositiveFloat" | "BigDecimal" => {
            json!({"type": "number"})
        }
        "bool" | "boolean" | "StrictBool" | "Boolean" => json!({"type": "boolean"}),
        "bytes" | "bytearray" | "Buffer" | "Blob" | "Bytes" | "UploadFile" | "UploadedFile" | "File" | "TempFile" => string("binary"),
        "datetime" | "DateTime" | "Date" if name != "Date" || family == Family::JavaScript => string("date-time"),
        "NaiveDateTime" | "OffsetDateTime" | "AwareDatetime" | "NaiveDatetime" => string("date-time"),
        "date" | "NaiveDate" | "Date" => string("date"),
        "time" | "NaiveTime" => string("time"),
        // serde has a duration travel so.
        "Duration" if family == Family::Rust => {
            json!({"type": "object", "properties": {"secs": {"type": "integer", "minimum": 0}, "nanos": {"type": "integer", "minimum": 0}}, "required": ["secs", "nanos"]})
        }
        "timedelta" | "Duration" => string("duration"),
        "UUID" | "UUID1" | "UUID3" | "UUID4" | "UUID5" | "Uuid" => string("uuid"),
        "EmailStr" => string("email"),
        "HttpUrl" | "AnyUrl" | "AnyHttpUrl" | "Url" | "URL" => string("uri"),
        "SecretStr" | "SecretString" => json!({"type": "string", "format": "password", "writeOnly": true}),
        "IPv4Address" | "Ipv4Addr" => string("ipv4"),
        "IPv6Address" | "Ipv6Addr" => string("ipv6"),
        "IpAddr" | "IPvAnyAddress" => string("ip"),
        "Path" | "FilePath" | "DirectoryPath" | "PathBuf" => string("path"),
        "dict" | "Dict" | "object" | "Mapping" | "Object" | "OrderedDict" => json!({"type": "object"}),
        "list" | "List" | "Array" | "Sequence" | "tuple" | "Tuple" => json!({"type": "array", "items": {}}),
        "set" | "frozenset" | "Set" => json!({"type": "array", "items": {}, "uniqueItems": true}),
        "Any" | "any" | "unknown" | "Value" | "JsonValue" | "Json" => json!({}),
        "None" | "NoneType" | "null" | "undefined" => json!({"type": "null"}),
        _ => return None,
    })
}
