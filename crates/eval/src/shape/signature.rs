//! Inputs that a handler's signature declares: FastAPI's rules (https://fastapi.tiangolo.com/tutorial/body/#request-body--path--query-parameters
//! and the reference of `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form`, `File`, `Depends`).

use super::types::Ty;
use crate::interp::Cx;
use crate::output::{Body, Input, InputIn, Inputs};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::ParamKind;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// Parameters that the framework fills in from the request as a whole.
const OWN: &[&str] = &[
    "Request",
    "Response",
    "WebSocket",
    "BackgroundTasks",
    "HTTPConnection",
    "SecurityScopes",
    "StreamingResponse",
    "JSONResponse",
    "HTTPAuthorizationCredentials",
    "HTTPBasicCredentials",
];

/// A part of the body.
struct Part {
    name: SmolStr,
    schema: Json,
    required: bool,
    is_embedded: bool,
    /// form, file, json.
    kind: &'static str,
}

impl World<'_> {
    pub(super) fn signature(&mut self, f: &Rc<Closure>, path: &[SmolStr], request_first: bool, before: &[Value], out: &mut Inputs) {
        let mut parts = Vec::new();
        let mut seen = Vec::new();
        let first = f.home.borrow().is_none() && request_first;
        self.signature_of(f, path, usize::from(first), out, &mut parts, &mut seen, 0);
        let mut given = Vec::new();
        before.iter().for_each(|v| self.flatten(v, &mut given, 0));
        for marker in given.iter().filter(|v| marker_of(v).is_some()) {
            self.dependency(Some(marker), None, path, out, &mut parts, &mut seen, 0);
        }
        if let Some(body) = body(parts) {
            out.bodies.push(body);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn signature_of(
        &mut self,
        f: &Rc<Closure>,
        path: &[SmolStr],
        own: usize,
        out: &mut Inputs,
        parts: &mut Vec<Part>,
        seen: &mut Vec<Rc<Closure>>,
        depth: u32,
    ) {
        if depth > 8 || seen.iter().any(|s| Rc::ptr_eq(s, f)) {
            return;
        }
        seen.push(f.clone());
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let function = tree.function(f.function);
        let skip = usize::from(f.home.borrow().is_some() && !self.is_static_method(f));
        for param in function.params.iter().skip(skip + own) {
            if !matches!(param.kind, ParamKind::Normal | ParamKind::NameOnly) {
                continue;
            }
            let Some(name) = crate::interp::function::param_name(&param.pattern) else { continue };
            let ty = match self.later_type(f, &name) {
                Some(ty) => Some(ty),
                None => param.ty.map(|t| self.type_at(&cx, t, 0)),
            };
            let default = param.default.map(|d| (d, self.expr(&cx, d)));
            let mut marker: Option<Value> = default.as_ref().map(|d| d.1.clone()).filter(|v| marker_of(v).is_some());
            if marker.is_none() {
                marker = ty.iter().flat_map(Ty::meta).rfind(|v| marker_of(v).is_some());
            }
            if let Some("Depends" | "Security") = marker.as_ref().and_then(marker_of) {
                self.dependency(marker.as_ref(), ty.as_ref(), path, out, parts, seen, depth);
                continue;
            }
            let is_required = match (&default, &marker) {
                (None, Some(marker)) => !self.gives_default(marker),
                (None, None) => true,
                (Some((at, value)), _) => self.is_required(value, &cx, *at),
            };
            let default = default.map(|d| d.1).filter(|v| marker_of(v).is_none());
            self.one(&cx, &name, ty, marker, default, is_required, path, out, parts);
        }
    }

    /// A type that code put on a function after it was made: `f.__annotations__["value"] = kind`.
    fn later_type(&mut self, f: &Rc<Closure>, name: &str) -> Option<Ty> {
        let Some(Value::Dict(said)) = f.props.borrow().get("__annotations__").cloned() else { return None };
        let value = said.get(name)?;
        self.type_of_value(&value, 0)
    }

    fn is_static_method(&self, f: &Rc<Closure>) -> bool {
        let marks = f.marks.borrow();
        marks.iter().any(|m| m.symbol.as_deref() == Some("staticmethod"))
    }

    #[allow(clippy::too_many_arguments)]
    fn dependency(
        &mut self,
        marker: Option<&Value>,
        ty: Option<&Ty>,
        path: &[SmolStr],
        out: &mut Inputs,
        parts: &mut Vec<Part>,
        seen: &mut Vec<Rc<Closure>>,
        depth: u32,
    ) {
        let Some(Value::Unknown(u)) = marker else { return };
        let called = match u.args.get(0, "dependency") {
            Some(value) => self.force(value),
            None => match ty.map(Ty::core) {
                Some(Ty::Class(class, _)) => Value::Class(class),
                Some(Ty::Name(name)) => Value::Symbol(name),
                _ => return,
            },
        };
        match &called {
            Value::Symbol(symbol) => parts.extend(outside_form(symbol)),
            Value::Function(f) => self.signature_of(f, path, 0, out, parts, seen, depth + 1),
            Value::BoundFunction(b) => self.signature_of(&b.1.clone(), path, 0, out, parts, seen, depth + 1),
            Value::Instance(i) => {
                if let Some(Value::Function(call)) = self.class_attr(&i.class.clone(), "__call__") {
                    self.signature_of(&call, path, 0, out, parts, seen, depth + 1);
                }
            }
            Value::Class(class) => match self.class_attr(class, "__init__") {
                Some(Value::Function(init)) => self.signature_of(&init, path, 0, out, parts, seen, depth + 1),
                _ => {
                    // A model or dataclass as a dependency: its fields are query parameters.
                    for field in self.shape_fields(class, &[], 0) {
                        let place = if path.contains(&field.name) { InputIn::Path } else { InputIn::Query };
                        out.push(Input { place, name: field.name, schema: field.schema, required: field.required });
                    }
                }
            },
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn one(
        &mut self,
        cx: &Cx,
        name: &SmolStr,
        ty: Option<Ty>,
        marker: Option<Value>,
        default: Option<Value>,
        required: bool,
        path: &[SmolStr],
        out: &mut Inputs,
        parts: &mut Vec<Part>,
    ) {
        let core = ty.as_ref().map(Ty::core);
        if core.as_ref().is_some_and(|t| self.is_own(t)) {
            return;
        }
        let word = marker.as_ref().and_then(marker_of);
        let alias = marker.as_ref().and_then(|m| self.field_names(m).taken);
        let mut schema = match &ty {
            Some(ty) => self.schema(ty, 0),
            None => json!({}),
        };
        if let Some(marker) = &marker {
            self.constrain(&mut schema, marker);
        }
        let given = default.or_else(|| match &marker {
            Some(Value::Unknown(u)) => u.args.get(0, "default").cloned(),
            _ => None,
        });
        if let (Some(default), Json::Object(map)) = (given.as_ref().and_then(super::schema::constant).filter(|d| !d.is_null()), &mut schema)
        {
            map.insert("default".into(), default);
        }
        let is_path = path.contains(name) || alias.as_ref().is_some_and(|a| path.contains(a));
        let place = self.place_of(word, core.as_ref(), is_path);
        if place == InputIn::Body {
            let name = alias.unwrap_or_else(|| name.clone());
            parts.push(part(name, schema, required, word, core.as_ref(), marker.as_ref()));
            return;
        }
        if let (true, Some(Ty::Class(class, _))) = (place != InputIn::Path && word.is_some(), &core)
            && self.enum_values(class).is_none()
        {
            // A model of query parameters, headers or cookies.
            for field in self.shape_fields(&class.clone(), &[], 0) {
                out.push(Input { place, name: field.name, schema: field.schema, required: field.required });
            }
            return;
        }
        let name = match (place, alias) {
            (_, Some(alias)) => alias,
            (InputIn::Header, None) if !keeps_underscores(marker.as_ref()) => SmolStr::new(name.replace('_', "-")),
            _ => name.clone(),
        };
        let _ = cx;
        out.push(Input { place, name, schema, required: required || place == InputIn::Path });
    }

    /// Where a parameter comes from.
    fn place_of(&mut self, word: Option<&str>, core: Option<&Ty>, is_path: bool) -> InputIn {
        match word {
            _ if is_path => InputIn::Path,
            Some("Path") => InputIn::Path,
            Some("Query") => InputIn::Query,
            Some("Header") => InputIn::Header,
            Some("Cookie") => InputIn::Cookie,
            Some("Body" | "Form" | "File") => InputIn::Body,
            _ if core.is_some_and(|t| self.is_body(t)) => InputIn::Body,
            _ => InputIn::Query,
        }
    }

    fn is_own(&mut self, ty: &Ty) -> bool {
        match ty {
            Ty::Class(class, _) => {
                let class = class.clone();
                self.outside_bases(&class).iter().any(|b| b.rsplit('.').next().is_some_and(|l| OWN.contains(&l)))
            }
            other => OWN.contains(&other.last()),
        }
    }

    /// Whether FastAPI takes a parameter of this type from the body.
    fn is_body(&mut self, ty: &Ty) -> bool {
        match ty {
            Ty::Class(class, _) => self.enum_values(&class.clone()).is_none(),
            Ty::Name(_) => {
                matches!(ty.last(), "dict" | "Dict" | "Mapping" | "list" | "List" | "set" | "UploadFile" | "UploadedFile" | "tuple")
            }
            Ty::Apply(_, args) => match ty.last() {
                "List" | "list" | "Sequence" | "Set" | "set" | "Tuple" | "tuple" | "FrozenSet" | "frozenset" => true,
                "Dict" | "dict" | "Mapping" => true,
                "Annotated" => args.first().is_some_and(|t| self.is_body(&t.core())),
                _ => false,
            },
            Ty::Union(all) => all.iter().any(|t| self.is_body(&t.core())),
            Ty::Meta(inner, _) => self.is_body(&inner.core()),
            _ => false,
        }
    }
}

/// The parts that a form class of FastAPI's own takes (`fastapi.security`).
fn outside_form(symbol: &str) -> Vec<Part> {
    let is_strict = match symbol.rsplit('.').next() {
        Some("OAuth2PasswordRequestForm") => false,
        Some("OAuth2PasswordRequestFormStrict") => true,
        _ => return Vec::new(),
    };
    let string = json!({"type": "string"});
    let secret = json!({"type": "string", "format": "password"});
    let all = [
        ("grant_type", &string, is_strict),
        ("username", &string, true),
        ("password", &secret, true),
        ("scope", &string, false),
        ("client_id", &string, false),
        ("client_secret", &secret, false),
    ];
    let part = |(name, schema, required): (&str, &Json, bool)| Part {
        name: SmolStr::new(name),
        schema: schema.clone(),
        required,
        is_embedded: true,
        kind: "form",
    };
    all.into_iter().map(part).collect()
}

/// A parameter as a part of the body; a form model's fields are the form's.
fn part(name: SmolStr, schema: Json, required: bool, word: Option<&str>, core: Option<&Ty>, marker: Option<&Value>) -> Part {
    let is_file = core.is_some_and(is_file) || word == Some("File");
    let kind = if is_file {
        "file"
    } else if word == Some("Form") {
        "form"
    } else {
        "json"
    };
    let embed = matches!(marker, Some(Value::Unknown(u)) if matches!(u.args.name("embed"), Some(Value::Bool(true))));
    let is_model = matches!(core, Some(Ty::Class(..)));
    Part { name, schema, required, is_embedded: embed || kind != "json" && !is_model, kind }
}

fn is_file(ty: &Ty) -> bool {
    match ty {
        Ty::Apply(_, args) => args.iter().any(is_file),
        Ty::Union(all) => all.iter().any(is_file),
        other => matches!(other.last(), "UploadFile" | "UploadedFile"),
    }
}

/// `Header(convert_underscores=False)`.
fn keeps_underscores(marker: Option<&Value>) -> bool {
    matches!(marker, Some(Value::Unknown(u)) if matches!(u.args.name("convert_underscores"), Some(Value::Bool(false))))
}

/// The word of a parameter's declaration.
fn marker_of(value: &Value) -> Option<&str> {
    let Value::Unknown(u) = value else { return None };
    let callee = u.callee.as_deref()?;
    let last = callee.rsplit('.').next()?;
    let is_marker = !callee.starts_with("pathlib");
    (is_marker && matches!(last, "Query" | "Path" | "Header" | "Cookie" | "Body" | "Form" | "File" | "Depends" | "Security"))
        .then_some(last)
}

/// One body of all its parts. A part that a dependency asks for under the same name is the same part
/// (FastAPI's `_should_embed_body_fields` counts them by name).
fn body(mut parts: Vec<Part>) -> Option<Body> {
    let mut names = FxHashSet::default();
    parts.retain(|part| names.insert(part.name.clone()));
    let content_type = if parts.iter().any(|p| p.kind == "file") {
        "multipart/form-data"
    } else if parts.iter().any(|p| p.kind == "form") {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    if parts.len() == 1 && parts.first().is_some_and(|p| !p.is_embedded) {
        let part = parts.remove(0);
        return Some(Body { content_type: content_type.into(), schema: part.schema, required: part.required });
    }
    if parts.is_empty() {
        return None;
    }
    let required: Vec<&SmolStr> = parts.iter().filter(|p| p.required).map(|p| &p.name).collect();
    let is_required = !required.is_empty();
    let properties: Map<String, Json> = parts.iter().map(|p| (p.name.to_string(), p.schema.clone())).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if is_required {
        schema["required"] = json!(required);
    }
    Some(Body { content_type: content_type.into(), schema, required: is_required })
}
