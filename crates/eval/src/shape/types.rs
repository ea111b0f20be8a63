//! Type expressions of any language as one kind of type.

use crate::evaluate::Family;
use crate::interp::Cx;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, Entry, Expr, ExprId, Item, StrPart};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::rc::Rc;

/// A type as far as it is known.
#[derive(Clone)]
pub(crate) enum Ty {
    /// A builtin or outside type by its dotted name.
    Name(SmolStr),
    /// A class of the tree, with what its type parameters stand for.
    Class(Rc<ClassValue>, Vec<Ty>),
    /// A generic outside type: `Optional`, `Vec`.
    Apply(SmolStr, Vec<Ty>),
    /// One of these values.
    Literal(Vec<Json>),
    /// One of these types.
    Union(Vec<Ty>),
    /// None, null.
    Null,
    /// A type with metadata: `Annotated[T, ..]`.
    Meta(Box<Ty>, Vec<Value>),
    /// An object of these fields.
    Object(Vec<(SmolStr, Ty)>),
    /// All of these at once: `A & B`.
    All(Vec<Ty>),
}

impl Ty {
    /// The last part of an outside type's name.
    pub fn last(&self) -> &str {
        match self {
            Ty::Name(n) | Ty::Apply(n, _) => n.rsplit('.').next().unwrap_or(n),
            Ty::Class(c, _) => &c.name,
            _ => "",
        }
    }
    /// Whether a value of it may be left out.
    pub fn is_optional(&self) -> bool {
        match self {
            Ty::Null => true,
            Ty::Apply(_, _) => matches!(self.last(), "Optional" | "Option"),
            Ty::Union(all) => all.iter().any(Ty::is_optional),
            Ty::Meta(inner, _) => inner.is_optional(),
            _ => false,
        }
    }
    /// Without metadata and the alternative of nothing.
    pub fn core(&self) -> Ty {
        match self {
            Ty::Meta(inner, _) => inner.core(),
            Ty::Apply(_, args) if matches!(self.last(), "Optional" | "Option") => args.first().map_or(Ty::Null, Ty::core),
            Ty::Union(all) => {
                let mut rest: Vec<&Ty> = all.iter().filter(|t| !matches!(t, Ty::Null)).collect();
                if rest.len() == 1 { rest.remove(0).core() } else { self.clone() }
            }
            other => other.clone(),
        }
    }
    /// A name for it.
    pub fn short(&self) -> String {
        let all = |all: &[Ty]| all.iter().map(|t| t.core().short()).collect::<Vec<_>>().join("_");
        match self {
            Ty::Apply(_, args) => format!("{}_{}", self.last(), all(args)),
            Ty::Class(c, args) if !args.is_empty() => format!("{}_{}", c.name, all(args)),
            Ty::Union(parts) | Ty::All(parts) => all(parts),
            Ty::Literal(values) => values.iter().filter_map(Json::as_str).collect::<Vec<_>>().join("_"),
            Ty::Null => "null".to_owned(),
            other => other.last().to_owned(),
        }
    }
    /// Whether an object may be without a field of it: TypeScript's `undefined` is one of its alternatives.
    pub fn may_lack(&self) -> bool {
        match self {
            Ty::Name(n) => n == "undefined",
            Ty::Union(all) => all.iter().any(Ty::may_lack),
            _ => false,
        }
    }
    /// Its metadata.
    pub fn meta(&self) -> Vec<Value> {
        match self {
            Ty::Meta(inner, all) => inner.meta().into_iter().chain(all.iter().cloned()).collect(),
            Ty::Union(all) => all.iter().flat_map(Ty::meta).collect(),
            Ty::Apply(_, args) if matches!(self.last(), "Optional" | "Option") => args.iter().flat_map(Ty::meta).collect(),
            _ => Vec::new(),
        }
    }
}

impl World<'_> {
    /// The context of a closure's declaration, for its types and defaults.
    pub(crate) fn declared_in(&self, f: &Closure) -> Cx {
        Cx { scope: f.scope.clone(), home: f.home.borrow().clone(), ..self.top(f.module) }
    }

    /// The type that an expression says.
    pub(super) fn type_at(&mut self, cx: &Cx, id: ExprId, depth: u32) -> Ty {
        if depth > 12 {
            return Ty::Name("object".into());
        }
        let tree = cx.tree.clone();
        match tree.expr(id) {
            Expr::Null => Ty::Null,
            Expr::Wrap(_, inner) => self.type_at(cx, *inner, depth + 1),
            Expr::Str(parts) => match parts.as_slice() {
                [StrPart::Text(text)] if self.family == Family::Python => self.type_text(cx, text, depth),
                [StrPart::Text(text)] => Ty::Literal(vec![Json::String(text.to_string())]),
                _ => Ty::Name("str".into()),
            },
            Expr::Number(n) => Ty::Literal(vec![serde_json::Number::from_f64(*n).map_or(Json::Null, Json::Number)]),
            Expr::Bool(b) => Ty::Literal(vec![Json::Bool(*b)]),
            Expr::Binary(BinaryOp::BitOr, a, b) => {
                let mut all = Vec::new();
                for side in [*a, *b] {
                    match self.type_at(cx, side, depth + 1) {
                        Ty::Union(inner) => all.extend(inner),
                        one => all.push(one),
                    }
                }
                Ty::Union(all)
            }
            Expr::Binary(BinaryOp::BitAnd, a, b) => Ty::All(vec![self.type_at(cx, *a, depth + 1), self.type_at(cx, *b, depth + 1)]),
            Expr::Dict(entries, _) if self.family == Family::JavaScript => {
                let mut fields = Vec::new();
                for entry in entries {
                    let Entry::Pair(key, value) = entry else { continue };
                    if let Some(Json::String(name)) = super::access_path::literal(&tree, *key) {
                        fields.push((SmolStr::new(name), self.type_at(cx, *value, depth + 1)));
                    }
                }
                Ty::Object(fields)
            }
            Expr::Index(base, index) => {
                let args = crate::walk::items(&tree, *index);
                if let [one] = args.as_slice()
                    && let Some(found) = self.looked_up(cx, *base, *one, depth)
                {
                    return found;
                }
                self.applied(cx, *base, &args, depth)
            }
            Expr::List(_, items) if self.family == crate::evaluate::Family::Rust => {
                let all = items.iter().map(|i| {
                    let (Item::One(e) | Item::Spread(e)) = i;
                    self.type_at(cx, *e, depth + 1)
                });
                Ty::Apply("tuple".into(), all.collect())
            }
            Expr::Name(name) => self.type_named(cx, name),
            Expr::Attr(..) => match self.type_path(cx, &tree, id) {
                Some(value) => self.type_of_value(&value, 0).unwrap_or_else(|| Ty::Name(self.source_text(self.at(cx, id), 60))),
                None => Ty::Name(SmolStr::new(self.source_text(self.at(cx, id), 60).replace("::", "."))),
            },
            Expr::Call { .. } => {
                let value = self.expr(cx, id);
                self.type_of_value(&value, 0).unwrap_or(Ty::Name("object".into()))
            }
            _ => Ty::Name("object".into()),
        }
    }

    /// What a path stands for; in Rust it may begin with a crate that nothing imports.
    fn type_path(&mut self, cx: &Cx, tree: &apicensus_syntax::Module, id: ExprId) -> Option<Value> {
        let known = self.named_value(&cx.scope, cx.home.as_ref(), tree, id, 0);
        if known.is_some() || self.family != crate::evaluate::Family::Rust {
            return known;
        }
        let value = self.expr(cx, id);
        matches!(value, Value::Class(_) | Value::Symbol(_)).then_some(value)
    }

    /// The type of a field of a type: `User['id']`.
    fn looked_up(&mut self, cx: &Cx, base: ExprId, index: ExprId, depth: u32) -> Option<Ty> {
        if self.family != Family::JavaScript {
            return None;
        }
        let Some(Json::String(name)) = super::access_path::literal(&cx.tree, index) else { return None };
        match self.type_at(cx, base, depth + 1) {
            Ty::Object(fields) => fields.into_iter().find(|f| f.0 == name).map(|f| f.1),
            Ty::Class(class, _) => {
                let tree = self.module(class.module).tree.clone();
                let field = tree.class(class.class?).fields.iter().find(|f| f.name == name)?;
                let inner = self.class_cx(&class);
                Some(self.type_at(&inner, field.ty?, depth + 1))
            }
            _ => None,
        }
    }

    fn applied(&mut self, cx: &Cx, base: ExprId, args: &[ExprId], depth: u32) -> Ty {
        let base = self.type_at(cx, base, depth + 1);
        match (&base, base.last()) {
            (Ty::Name(_), "Annotated") => {
                let inner = args.first().map_or(Ty::Null, |a| self.type_at(cx, *a, depth + 1));
                let meta = args.iter().skip(1).map(|a| self.expr(cx, *a)).collect();
                Ty::Meta(Box::new(inner), meta)
            }
            (Ty::Name(_), "Literal") => {
                let values: Vec<Value> = args.iter().map(|arg| self.expr(cx, *arg)).collect();
                self.literal(&values, depth)
            }
            (Ty::Name(_), "Union") => Ty::Union(args.iter().map(|a| self.type_at(cx, *a, depth + 1)).collect()),
            // `Query[T]` is `Annotated[T, Query()]`.
            (Ty::Name(name), "Query" | "Path" | "Header" | "Cookie" | "Body" | "Form" | "File") if self.family == Family::Python => {
                let inner = args.first().map_or(Ty::Null, |a| self.type_at(cx, *a, depth + 1));
                let meta = Unknown { label: name.clone(), callee: Some(name.clone()), ..Unknown::default() };
                Ty::Meta(Box::new(inner), vec![Value::Unknown(Rc::new(meta))])
            }
            (Ty::Name(name), _) => Ty::Apply(name.clone(), args.iter().map(|a| self.type_at(cx, *a, depth + 1)).collect()),
            (Ty::Class(class, _), _) => Ty::Class(class.clone(), args.iter().map(|a| self.type_at(cx, *a, depth + 1)).collect()),
            _ => base,
        }
    }

    /// A type written as a text: a name, `A | B`, `List["A"]`.
    fn type_text(&mut self, cx: &Cx, text: &str, depth: u32) -> Ty {
        let text = text.trim().trim_matches(['"', '\'']);
        let sides = split(text, '|');
        if depth > 6 {
            return Ty::Name(SmolStr::new(text));
        }
        if sides.len() > 1 {
            return Ty::Union(sides.into_iter().map(|side| self.type_text(cx, side, depth + 1)).collect());
        }
        let Some((base, inner)) = text.strip_suffix(']').and_then(|t| t.split_once('[')) else { return self.type_named(cx, text) };
        let args: Vec<Ty> = split(inner, ',').into_iter().map(|arg| self.type_text(cx, arg, depth + 1)).collect();
        match self.type_named(cx, base) {
            Ty::Class(class, _) => Ty::Class(class, args),
            base if base.last() == "Union" => Ty::Union(args),
            base if base.last() == "Annotated" => args.into_iter().next().unwrap_or(Ty::Null),
            Ty::Name(name) => Ty::Apply(name, args),
            other => other,
        }
    }

    pub(super) fn type_named(&mut self, cx: &Cx, name: &str) -> Ty {
        let name = name.trim();
        match cx.scope.get(name) {
            Some(value) => self.type_of_value(&value, 0).unwrap_or_else(|| Ty::Name(SmolStr::new(name))),
            None if name == "None" => Ty::Null,
            None => match self.outer_type(cx, name) {
                Some(value) => self.type_of_value(&value, 0).unwrap_or_else(|| Ty::Name(SmolStr::new(name))),
                None => Ty::Name(SmolStr::new(name)),
            },
        }
    }

    /// Names that a language finds beyond its scopes: Rust's globs and modules.
    fn outer_type(&mut self, cx: &Cx, name: &str) -> Option<Value> {
        if self.family != Family::Rust {
            return None;
        }
        let name = SmolStr::new(name);
        self.star_name(cx, &name).or_else(|| self.rust_name(cx, &name))
    }

    /// The type that a value stands for.
    pub(super) fn type_of_value(&mut self, value: &Value, depth: u32) -> Option<Ty> {
        if depth > 8 {
            return None;
        }
        Some(match self.force(value) {
            Value::Class(class) => Ty::Class(class, Vec::new()),
            Value::Symbol(s) => Ty::Name(s),
            Value::Null => Ty::Null,
            Value::Text(text) => Ty::Name(text.known()?),
            Value::Unknown(u) => {
                let callee = u.callee.as_deref()?;
                let mut items: Vec<Value> = Vec::new();
                for item in &u.args.items {
                    match self.force(item) {
                        Value::List(list) => items.extend(list.items.borrow().iter().cloned()),
                        one => items.push(one),
                    }
                }
                let Some(base) = callee.strip_suffix("[]") else {
                    // `NewType("UserId", int)`, `constr(max_length=3)`.
                    return match callee.rsplit('.').next() {
                        Some("NewType") => u.args.items.get(1).and_then(|v| self.type_of_value(v, depth + 1)),
                        _ => Some(Ty::Meta(Box::new(Ty::Name(SmolStr::new(callee))), vec![Value::Unknown(u.clone())])),
                    };
                };
                let last = base.rsplit('.').next().unwrap_or(base);
                match last {
                    "Annotated" => {
                        let inner = items.first().and_then(|v| self.type_of_value(v, depth + 1)).unwrap_or(Ty::Null);
                        Ty::Meta(Box::new(inner), items.iter().skip(1).cloned().collect())
                    }
                    "Literal" => self.literal(&items, depth),
                    "Union" => Ty::Union(items.iter().filter_map(|v| self.type_of_value(v, depth + 1)).collect()),
                    _ => Ty::Apply(SmolStr::new(base), items.iter().filter_map(|v| self.type_of_value(v, depth + 1)).collect()),
                }
            }
            Value::Either(all) => {
                let all: Vec<Ty> = all.iter().filter_map(|v| self.type_of_value(v, depth + 1)).collect();
                all.into_iter().next()?
            }
            Value::Default(inner) => self.type_of_value(&inner, depth + 1)?,
            _ => return None,
        })
    }

    /// One of some values; a literal type among them stands for its own values. With a value that is not known it is any.
    /// <https://typing.python.org/en/latest/spec/literal.html#legal-parameters-for-literal-at-type-check-time>
    fn literal(&mut self, values: &[Value], depth: u32) -> Ty {
        let mut out = Vec::new();
        for value in values {
            if let Some(known) = super::schema::constant(value) {
                out.push(known);
            } else if let Some(Ty::Literal(inner)) = self.type_of_value(value, depth + 1) {
                out.extend(inner);
            } else {
                return Ty::Name(SmolStr::new("Literal"));
            }
        }
        Ty::Literal(out)
    }
}

/// The parts of a text between separators outside of brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut out, mut open, mut start) = (Vec::new(), 0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '[' | '(' => open += 1,
            ']' | ')' => open -= 1,
            c if c == separator && open == 0 => {
                out.push(text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(text.get(start..).unwrap_or_default());
    out
}
