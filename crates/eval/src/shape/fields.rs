//! The fields of classes as they travel: models, dataclasses and typed dictionaries of Python, classes, interfaces and
//! utility types of TypeScript, structs of Rust; their bases with what their type parameters stand for.

use super::names::Names;
use super::schema::{constant, is_field_call};
use super::types::Ty;
use crate::evaluate::Family;
use crate::interp::Cx;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Class, Expr, ExprId, Field, Stmt};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::rc::Rc;

/// Bases of bases are followed so deep.
const MAX_BASES: u32 = 16;

/// A field of a class as it travels.
#[derive(Clone)]
pub(crate) struct FieldShape {
    /// Its name as it travels.
    pub name: SmolStr,
    /// Its JSON Schema.
    pub schema: Json,
    /// It can't be left out.
    pub required: bool,
    /// Its name in the code, where the class may say it anew under another name.
    pub own: Option<SmolStr>,
}

/// What stands for a class's type parameters.
type Bound = Vec<(SmolStr, Ty)>;

impl World<'_> {
    /// The context of a class's own types and values.
    pub(crate) fn class_cx(&self, class: &Rc<ClassValue>) -> Cx {
        Cx { scope: class.scope.clone(), home: Some(class.clone()), ..self.top(class.module) }
    }

    /// The fields of a class and its bases as they travel.
    pub(super) fn shape_fields(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32) -> Vec<FieldShape> {
        if self.family == Family::Rust {
            return self.struct_fields(class, args, depth);
        }
        if self.family == Family::Python
            && let Some(found) = crate::natives::field_classes::fields(self, class, depth)
        {
            return found;
        }
        let mut out: Vec<FieldShape> = Vec::new();
        self.fields_into(class, args, depth, 0, &mut out);
        out
    }

    /// The fields that annotations of a class and its bases declare.
    pub(crate) fn annotated_fields(&mut self, class: &Rc<ClassValue>, depth: u32) -> Vec<FieldShape> {
        let mut out = Vec::new();
        self.fields_into(class, &[], depth, 0, &mut out);
        out
    }

    /// The schema of a class by reference.
    pub(crate) fn class_schema_ref(&mut self, class: &Rc<ClassValue>, depth: u32) -> Json {
        self.schema(&Ty::Class(class.clone(), Vec::new()), depth)
    }

    fn fields_into(&mut self, class: &Rc<ClassValue>, args: &[Ty], depth: u32, bases: u32, out: &mut Vec<FieldShape>) {
        let Some(id) = class.class else { return };
        if bases > MAX_BASES {
            return;
        }
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(id);
        let cx = self.class_cx(class);
        let bound = self.parameters_of(definition, &cx, args);
        let values = class.bases.borrow().clone();
        // The first base counts most.
        for (at, base) in definition.bases.iter().enumerate().rev() {
            let ty = self.type_at(&cx, *base, 0);
            let more = match (substitute(&ty, &bound), values.get(at).map(|v| self.force(v))) {
                (Ty::Class(base, args), _) => {
                    self.fields_into(&base, &args, depth, bases + 1, out);
                    continue;
                }
                (_, Some(Value::Class(base))) => {
                    self.fields_into(&base, &[], depth, bases + 1, out);
                    continue;
                }
                (_, Some(made @ Value::Unknown(_))) => self.mapped_fields(&made, depth, bases + 1),
                (ty, _) => self.fields_of_type(&ty, depth + 1),
            };
            more.into_iter().for_each(|field| put(out, field));
        }
        let own = self.own_fields(class, definition, &cx, &bound, depth);
        out.retain(|f| f.own.is_none() || own.iter().all(|o| o.own != f.own));
        own.into_iter().for_each(|field| put(out, field));
    }

    /// What the type parameters of a class stand for: `Generic[T, U]` and `Base[T]` name them.
    fn parameters_of(&mut self, definition: &Class, cx: &Cx, args: &[Ty]) -> Bound {
        if args.is_empty() {
            return Bound::new();
        }
        let mut names: Vec<SmolStr> = Vec::new();
        let mut generic: Option<Vec<SmolStr>> = None;
        for base in &definition.bases {
            let ty = self.type_at(cx, *base, 0);
            let mut own = Vec::new();
            parameters(&ty, &mut own);
            if matches!(ty.last(), "Generic" | "Protocol") {
                generic = Some(own);
            } else {
                own.into_iter().filter(|n| !names.contains(n)).collect::<Vec<_>>().into_iter().for_each(|n| names.push(n));
            }
        }
        let mut names = generic.unwrap_or(names);
        if names.is_empty() {
            // `class Page<T>` and `class Page[T]` say no more than what their fields use.
            for field in &definition.fields {
                if let Some(ty) = field.ty {
                    let ty = self.type_at(cx, ty, 0);
                    parameters(&ty, &mut names);
                }
            }
            for stmt in &definition.body {
                if let Stmt::Bind { ty: Some(ty), .. } = cx.tree.stmt(*stmt) {
                    let ty = self.type_at(cx, *ty, 0);
                    parameters(&ty, &mut names);
                }
            }
        }
        names.into_iter().zip(args.iter().cloned()).collect()
    }

    fn own_fields(&mut self, class: &Rc<ClassValue>, definition: &Class, cx: &Cx, bound: &Bound, depth: u32) -> Vec<FieldShape> {
        let tree = cx.tree.clone();
        let mut out = Vec::new();
        let style = self.class_style(class, definition, cx);
        for stmt in &definition.body {
            let Stmt::Bind { target: apicensus_syntax::Pattern::Name(name, _), value, ty: Some(ty), .. } = tree.stmt(*stmt) else {
                continue;
            };
            if name.starts_with('_') || matches!(name.as_str(), "model_config" | "Config") {
                continue;
            }
            let ty = self.type_at(cx, *ty, 0);
            if matches!(ty.last(), "ClassVar" | "InitVar") {
                continue;
            }
            let ty = substitute(&ty, bound);
            out.extend(self.body_field(name, &ty, *value, cx, &style, depth));
        }
        out.extend(self.computed_fields(definition, cx, depth));
        for field in &definition.fields {
            out.extend(self.declared_field(field, cx, bound, depth));
        }
        out
    }

    /// A field that an annotation in a class's body declares.
    fn body_field(&mut self, name: &SmolStr, ty: &Ty, value: Option<ExprId>, cx: &Cx, style: &Style, depth: u32) -> Vec<FieldShape> {
        let mut schema = self.schema(ty, depth + 1);
        let mut names = Names::default();
        let mut required = match ty.last() {
            "NotRequired" => false,
            "Required" => true,
            _ => value.is_none() && !style.optional && !(style.v1 && ty.is_optional()),
        };
        for meta in ty.meta() {
            required &= !self.gives_default(&meta);
            names = self.field_names(&meta).or(names);
        }
        if let Some(value) = value {
            let given = self.as_written(cx, value);
            required = self.is_required(&given, cx, value);
            self.constrain(&mut schema, &given);
            names = self.field_names(&given).or(names);
            let default = match &given {
                Value::Unknown(u) => u.args.get(0, "default").and_then(constant),
                other => constant(other),
            };
            if let (Some(default), Json::Object(map)) = (default.filter(|d| !d.is_null()), &mut schema) {
                map.insert("default".into(), default);
            }
        }
        let made = style.alias.as_ref().map(|generator| self.generated_names(generator, name, cx)).unwrap_or_default();
        names.or(made).shapes(name, schema, required)
    }

    /// A field of a TypeScript class or interface, or of a struct.
    fn declared_field(&mut self, field: &Field, cx: &Cx, bound: &Bound, depth: u32) -> Option<FieldShape> {
        let ty = match field.ty {
            Some(ty) => self.type_at(cx, ty, 0),
            None if field.annotations.is_empty() && field.value.is_none() => return None,
            None if self.family == Family::JavaScript => self.type_of_initial(field, cx)?,
            None => return None,
        };
        let ty = substitute(&ty, bound);
        let lacks = if self.family == Family::JavaScript { ty.may_lack() } else { ty.is_optional() };
        let mut shape = FieldShape {
            name: field.name.clone(),
            schema: self.schema(&ty, depth + 1),
            required: !field.optional && !lacks && field.value.is_none(),
            own: None,
        };
        if self.family == Family::JavaScript && !field.annotations.is_empty() {
            self.marked_field(field, cx, &mut shape, depth);
        }
        Some(shape)
    }

    fn type_of_initial(&mut self, field: &Field, cx: &Cx) -> Option<Ty> {
        let Some(value) = field.value else { return Some(Ty::Name("any".into())) };
        match self.expr(cx, value) {
            Value::Text(_) => Some(Ty::Name("string".into())),
            Value::Number(_) => Some(Ty::Name("number".into())),
            Value::Bool(_) => Some(Ty::Name("boolean".into())),
            Value::Function(_) => None,
            _ => Some(Ty::Name("any".into())),
        }
    }

    /// The fields of an object type: a class, an alias, a literal, several together, a part of another (`Pick<A, 'b'>`).
    pub(super) fn fields_of_type(&mut self, ty: &Ty, depth: u32) -> Vec<FieldShape> {
        if depth > 12 {
            return Vec::new();
        }
        match ty {
            Ty::Class(class, args) => match self.alias_of(class) {
                Some(inner) => self.fields_of_type(&inner, depth + 1),
                None => self.shape_fields(class, args, depth),
            },
            Ty::Object(fields) => {
                let shape = |w: &mut Self, (name, ty): &(SmolStr, Ty)| FieldShape {
                    name: name.clone(),
                    schema: w.schema(ty, depth + 1),
                    required: !ty.may_lack(),
                    own: None,
                };
                fields.iter().map(|f| shape(self, f)).collect()
            }
            Ty::All(all) => {
                let mut out = Vec::new();
                all.iter().flat_map(|t| self.fields_of_type(t, depth + 1)).for_each(|f| put(&mut out, f));
                out
            }
            Ty::Meta(inner, _) => self.fields_of_type(inner, depth + 1),
            Ty::Apply(_, args) => {
                let mut fields = args.first().map(|t| self.fields_of_type(t, depth + 1)).unwrap_or_default();
                let names = args.get(1).map(literals).unwrap_or_default();
                narrow(ty.last(), &names, &mut fields);
                fields
            }
            _ => Vec::new(),
        }
    }

    /// The fields of a base class that a call makes: `PartialType(A)`, `PickType(A, ['b'])`, `IntersectionType(A, B)`.
    fn mapped_fields(&mut self, made: &Value, depth: u32, bases: u32) -> Vec<FieldShape> {
        let Value::Unknown(u) = made else { return Vec::new() };
        let Some(word) = u.callee.as_deref().and_then(|c| c.rsplit('.').next()).map(str::to_owned) else { return Vec::new() };
        let mut out = Vec::new();
        let mut names = Vec::new();
        for value in &u.args.items {
            match self.force(value) {
                Value::Class(class) if bases < MAX_BASES => {
                    self.shape_fields(&class, &[], depth + 1).into_iter().for_each(|f| put(&mut out, f));
                }
                inner @ Value::Unknown(_) if bases < MAX_BASES => {
                    self.mapped_fields(&inner, depth, bases + 1).into_iter().for_each(|f| put(&mut out, f));
                }
                list @ Value::List(_) => names.extend(self.path_words(&list)),
                _ => {}
            }
            if let Some(shape) = self.validator(value, 0) {
                of_schema(&shape.schema).into_iter().for_each(|f| put(&mut out, f));
            }
        }
        let word = word.strip_suffix("Type").unwrap_or(&word);
        narrow(word, &names, &mut out);
        out
    }

    /// What a class says of all its fields.
    fn class_style(&mut self, class: &Rc<ClassValue>, definition: &Class, cx: &Cx) -> Style {
        let mut style = Style::default();
        if self.family != Family::Python {
            return style;
        }
        let bases = self.outside_bases(class);
        if bases.iter().any(|b| b.ends_with("TypedDict")) {
            let total = definition.keywords.iter().find(|(name, _)| name == "total").map(|(_, e)| self.expr(cx, *e));
            style.optional = matches!(total, Some(Value::Bool(false)));
        }
        style.v1 = bases.iter().any(|b| b.starts_with("pydantic.v1."));
        let said = |value: &Value, world: &mut Self| match world.force(value) {
            Value::Unknown(u) => u.args.name("alias_generator").cloned(),
            Value::Class(inner) => world.class_attr(&inner, "alias_generator"),
            dict @ Value::Dict(_) => world.pairs(&dict).into_iter().find(|p| p.0 == "alias_generator").map(|p| p.1),
            _ => None,
        };
        for line in self.mro(class) {
            let Value::Class(one) = line else { continue };
            for name in ["model_config", "Config"] {
                let found = one.attrs.borrow().get(name).cloned();
                if let Some(generator) = found.and_then(|v| said(&v, self)) {
                    style.alias = Some(self.force(&generator));
                    return style;
                }
            }
        }
        style
    }

    /// What a root model (`RootModel[T]`, `__root__: T`) stands for.
    pub(super) fn root_of(&mut self, class: &Rc<ClassValue>, args: &[Ty]) -> Option<Ty> {
        if self.family != Family::Python {
            return None;
        }
        let tree = self.module(class.module).tree.clone();
        let definition = tree.class(class.class?);
        let cx = self.class_cx(class);
        let bound = self.parameters_of(definition, &cx, args);
        for base in &definition.bases {
            match substitute(&self.type_at(&cx, *base, 0), &bound) {
                ref root @ Ty::Apply(_, ref inner) if root.last() == "RootModel" => return inner.first().cloned(),
                Ty::Class(base, inner) => {
                    if let Some(found) = self.root_of(&base, &inner) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
        let is_root = self.outside_bases(class).iter().any(|b| b.ends_with("RootModel"));
        definition.body.iter().find_map(|stmt| match tree.stmt(*stmt) {
            Stmt::Bind { target: apicensus_syntax::Pattern::Name(name, _), ty: Some(ty), .. }
                if name == "__root__" || is_root && name == "root" =>
            {
                Some(self.type_at(&cx, *ty, 0))
            }
            _ => None,
        })
    }

    /// A value as it is written: calls that declare a field keep their arguments, though they stand for a default.
    pub(super) fn as_written(&mut self, cx: &Cx, id: ExprId) -> Value {
        let tree = cx.tree.clone();
        if let Expr::Call { callee, args, .. } = tree.expr(id)
            && let Some(Value::Symbol(symbol)) = self.named_value(&cx.scope, cx.home.as_ref(), &tree, *callee, 0)
            && is_field_call(&symbol)
        {
            let args = self.args(cx, args);
            let label = self.source_text(self.at(cx, id), 60);
            return Value::Unknown(Rc::new(Unknown { label, callee: Some(symbol), args, at: Some(self.at(cx, id)), ..Unknown::default() }));
        }
        self.expr(cx, id)
    }
}

/// What a class says of all its fields.
#[derive(Default)]
struct Style {
    /// Every field may be left out.
    optional: bool,
    /// Fields that may be nothing may be left out.
    v1: bool,
    /// What makes names as they travel.
    alias: Option<Value>,
}

fn put(out: &mut Vec<FieldShape>, field: FieldShape) {
    out.retain(|f| f.name != field.name);
    out.push(field);
}

/// The fields that an object's schema has.
pub(super) fn of_schema(schema: &Json) -> Vec<FieldShape> {
    let required: Vec<&str> = schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    let field = |(name, schema): (&String, &Json)| FieldShape {
        name: SmolStr::new(name),
        schema: schema.clone(),
        required: required.contains(&name.as_str()),
        own: None,
    };
    properties.map(field).collect()
}

/// Keeps, leaves out or changes fields as the name of a utility type says.
fn narrow(word: &str, names: &[SmolStr], fields: &mut Vec<FieldShape>) {
    match word {
        "Partial" | "DeepPartial" => fields.iter_mut().for_each(|f| f.required = false),
        "Required" => fields.iter_mut().for_each(|f| f.required = true),
        "Pick" => fields.retain(|f| names.contains(&f.name)),
        "Omit" => fields.retain(|f| !names.contains(&f.name)),
        _ => {}
    }
}

/// The texts of a type of literals.
fn literals(ty: &Ty) -> Vec<SmolStr> {
    match ty {
        Ty::Literal(values) => values.iter().filter_map(|v| v.as_str().map(SmolStr::new)).collect(),
        Ty::Union(all) => all.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// The name of a type parameter.
fn parameter(ty: &Ty) -> Option<SmolStr> {
    match ty {
        Ty::Meta(inner, meta) => match (inner.as_ref(), meta.first()) {
            (Ty::Name(n), Some(Value::Unknown(u))) if n.ends_with("TypeVar") => u.args.at(0).and_then(Value::as_str),
            _ => None,
        },
        Ty::Name(n) if n.len() <= 2 && n.chars().all(|c| c.is_uppercase() || c.is_numeric()) => Some(n.clone()),
        _ => None,
    }
}

/// The type parameters in a type, each once.
fn parameters(ty: &Ty, out: &mut Vec<SmolStr>) {
    if let Some(name) = parameter(ty) {
        if !out.contains(&name) {
            out.push(name);
        }
        return;
    }
    match ty {
        Ty::Apply(_, all) | Ty::Union(all) | Ty::All(all) | Ty::Class(_, all) => all.iter().for_each(|t| parameters(t, out)),
        Ty::Meta(inner, _) => parameters(inner, out),
        Ty::Object(fields) => fields.iter().for_each(|f| parameters(&f.1, out)),
        _ => {}
    }
}

/// A type with its type parameters replaced.
fn substitute(ty: &Ty, bound: &Bound) -> Ty {
    if bound.is_empty() {
        return ty.clone();
    }
    if let Some(name) = parameter(ty) {
        return bound.iter().find(|b| b.0 == name).map_or_else(|| ty.clone(), |b| b.1.clone());
    }
    let all = |all: &[Ty]| all.iter().map(|t| substitute(t, bound)).collect();
    match ty {
        Ty::Apply(name, inner) => Ty::Apply(name.clone(), all(inner)),
        Ty::Union(inner) => Ty::Union(all(inner)),
        Ty::All(inner) => Ty::All(all(inner)),
        Ty::Class(class, inner) => Ty::Class(class.clone(), all(inner)),
        Ty::Meta(inner, meta) => Ty::Meta(Box::new(substitute(inner, bound)), meta.clone()),
        Ty::Object(fields) => Ty::Object(fields.iter().map(|(n, t)| (n.clone(), substitute(t, bound))).collect()),
        other => other.clone(),
    }
}
