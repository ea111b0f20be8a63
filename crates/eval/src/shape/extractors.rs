//! Inputs that the types of a handler's parameters extract: `Path<u64>`, `Query<Page>`, `Json<Order>` of Rust frameworks.
//! What is made of an extractor that is not known takes nothing.

use super::types::Ty;
use crate::interp::Cx;
use crate::models::Accessors;
use crate::output::{Body, Input, InputIn, Inputs, PathPiece};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId, ListKind};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::rc::Rc;

/// Wrappers are looked through so deep.
const MAX_DEPTH: u32 = 5;

/// Where an extractor takes from.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Path,
    Query,
    Header,
    Cookie,
    Json,
    Form,
    File,
}

/// One parameter of a handler while it is read.
#[derive(Clone)]
struct Read<'r> {
    cx: &'r Cx,
    /// Its name as it travels, where the parameter's own name counts.
    name: Option<SmolStr>,
    accessors: &'r Accessors,
    path: &'r [SmolStr],
}

impl World<'_> {
    /// What the types of a handler's parameters take.
    pub(super) fn extracted_inputs(&mut self, f: &Rc<Closure>, accessors: &Accessors, path: &[PathPiece], out: &mut Inputs) {
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        let path = names_of(path);
        for param in &tree.function(f.function).params {
            let Some(ty) = param.ty else { continue };
            let given = param.annotations.iter().find_map(|a| named_text(&cx, *a, "name"));
            let name = given.or_else(|| crate::interp::function::param_name(&param.pattern));
            let read = Read { cx: &cx, name, accessors, path: &path };
            self.extracted_type(&read, ty, true, out, 0);
        }
    }

    fn extracted_type(&mut self, read: &Read<'_>, ty: ExprId, required: bool, out: &mut Inputs, depth: u32) {
        let tree = read.cx.tree.clone();
        match tree.expr(ty) {
            _ if depth > MAX_DEPTH => {}
            Expr::Wrap(_, inner) => self.extracted_type(read, *inner, required, out, depth + 1),
            Expr::Index(base, index) => {
                let args = crate::walk::items(&tree, *index);
                let Some(first) = args.first().copied() else { return };
                let word = match tree.expr(*base) {
                    Expr::Name(n) | Expr::Attr(_, n) => n.clone(),
                    _ => return,
                };
                if matches!(word.as_str(), "Option" | "Result") {
                    return self.extracted_type(read, first, false, out, depth + 1);
                }
                match self.extractor_kind(read, *base) {
                    Some((kind, is_named)) => self.take_typed(read, kind, is_named, *index, required, out),
                    // A wrapper that checks what another extracts: `Valid<Json<T>>`.
                    None if matches!(tree.expr(first), Expr::Index(..)) => self.extracted_type(read, first, required, out, depth + 1),
                    None => {}
                }
            }
            Expr::Name(_) | Expr::Attr(..) => {
                if let Ty::Class(class, _) = self.type_at(read.cx, ty, 0) {
                    return self.derived_extractor(read, &class, required, out);
                }
                if let Some((Kind::File, _)) = self.extractor_kind(read, ty) {
                    out.bodies.push(Body { content_type: "multipart/form-data".into(), schema: json!({"type": "object"}), required });
                }
            }
            _ => {}
        }
    }

    /// Where a type extracts from, and whether it goes by the parameter's name.
    fn extractor_kind(&mut self, read: &Read<'_>, base: ExprId) -> Option<(Kind, bool)> {
        let symbol = match self.type_at(read.cx, base, 0) {
            Ty::Class(class, _) => return self.own_extractor(read.accessors, &class).map(|k| (k, false)),
            Ty::Name(name) | Ty::Apply(name, _) => name,
            _ => return None,
        };
        kind_of(read.accessors, &symbol.replace("::", "."))
    }

    /// `#[derive(FromRequest)] #[from_request(via(Json))]`: the class itself is what another extractor gives.
    fn derived_extractor(&mut self, read: &Read<'_>, class: &Rc<ClassValue>, required: bool, out: &mut Inputs) {
        let Some(id) = class.class else { return };
        let tree = self.module(class.module).tree.clone();
        let named = |id: ExprId, wanted: &str| match tree.expr(id) {
            Expr::Call { callee, args, .. } if matches!(tree.expr(*callee), Expr::Name(n) if n == wanted) => args.as_slice(),
            _ => &[],
        };
        let inside = tree.class(id).annotations.iter().flat_map(|a| named(*a, "from_request"));
        let via = inside.flat_map(|arg| if let Arg::Positional(e) = arg { named(*e, "via") } else { &[] });
        let kind = via.into_iter().find_map(|arg| match arg {
            Arg::Positional(e) => match tree.expr(*e) {
                Expr::Name(n) | Expr::Attr(_, n) => kind_of(read.accessors, n),
                _ => None,
            },
            _ => None,
        });
        let Some((kind, _)) = kind else { return self.written_extractor(read, class, required, out) };
        let ty = Ty::Class(class.clone(), Vec::new());
        match kind {
            Kind::Path => self.fields_or_value(read, InputIn::Path, &ty, required, out),
            Kind::Query => self.fields_or_value(read, InputIn::Query, &ty, required, out),
            Kind::Json => {
                let schema = self.schema(&ty, 0);
                out.bodies.push(Body { content_type: "application/json".into(), schema, required });
            }
            Kind::Form => {
                let schema = self.schema(&ty, 0);
                out.bodies.push(Body { content_type: "application/x-www-form-urlencoded".into(), schema, required });
            }
            _ => {}
        }
    }

    /// `impl FromRequestParts for Own`: what its code extracts by others, `Path::<Own>::from_request_parts(..)` or
    /// `parts.extract::<Query<Page>>()`.
    fn written_extractor(&mut self, read: &Read<'_>, class: &Rc<ClassValue>, required: bool, out: &mut Inputs) {
        let found = ["from_request", "from_request_parts"].iter().find_map(|n| class.attrs.borrow().get(*n).cloned());
        let Some(Value::Function(f)) = found.map(|m| self.force(&m)) else { return };
        let cx = self.declared_in(&f);
        let tree = cx.tree.clone();
        let mut handed = Vec::new();
        crate::walk::function(&tree, f.function, &mut |e| match tree.expr(e) {
            Expr::Attr(base, name) if matches!(name.as_str(), "from_request" | "from_request_parts" | "extract" | "try_from_uri") => {
                handed.push(*base);
            }
            Expr::Call { callee, types, .. } if matches!(tree.expr(*callee), Expr::Attr(_, name) if name == "extract") => {
                handed.extend(types.iter().copied());
            }
            _ => {}
        });
        let read = Read { cx: &cx, name: None, ..*read };
        for ty in handed {
            if let Expr::Index(base, index) = tree.expr(ty)
                && let Some((kind, is_named)) = self.extractor_kind(&read, *base)
            {
                self.take_typed(&read, kind, is_named, *index, required, out);
            }
        }
    }

    /// An extractor of the application goes by the one that its code hands on to.
    fn own_extractor(&mut self, accessors: &Accessors, class: &Rc<ClassValue>) -> Option<Kind> {
        let method = ["from_request", "from_request_parts"].iter().find_map(|n| class.attrs.borrow().get(*n).cloned())?;
        let Value::Function(f) = self.force(&method) else { return None };
        let cx = self.declared_in(&f);
        let tree = cx.tree.clone();
        let mut names = Vec::new();
        crate::walk::function(&tree, f.function, &mut |e| {
            if let Expr::Attr(base, name) = tree.expr(e)
                && matches!(name.as_str(), "from_request" | "from_request_parts" | "extract")
            {
                names.push(*base);
            }
        });
        let handed = names.into_iter().find_map(|id| {
            let id = if let Expr::Index(base, _) = tree.expr(id) { *base } else { id };
            match self.type_at(&cx, id, 0) {
                Ty::Name(name) => kind_of(accessors, &name.replace("::", ".")).map(|k| k.0),
                _ => None,
            }
        });
        // One that reads the request itself goes by its name.
        let named = [("Json", Kind::Json), ("Query", Kind::Query), ("Form", Kind::Form), ("Path", Kind::Path)];
        handed.or_else(|| named.iter().find(|(word, _)| class.name.contains(word)).map(|(_, kind)| *kind))
    }

    fn take_typed(&mut self, read: &Read<'_>, kind: Kind, is_named: bool, index: ExprId, required: bool, out: &mut Inputs) {
        let tree = read.cx.tree.clone();
        let first = crate::walk::items(&tree, index).first().copied().unwrap_or(index);
        let place = match kind {
            Kind::Path => InputIn::Path,
            Kind::Query => InputIn::Query,
            Kind::Header => InputIn::Header,
            Kind::Cookie => InputIn::Cookie,
            Kind::Json | Kind::Form | Kind::File => {
                let ty = self.type_at(read.cx, first, 0);
                let mut schema = self.schema(&ty, 0);
                if schema.as_object().is_some_and(serde_json::Map::is_empty) && kind != Kind::Json {
                    schema = json!({"type": "object"});
                }
                let content_type = match kind {
                    Kind::Json => "application/json",
                    Kind::Form => "application/x-www-form-urlencoded",
                    _ => "multipart/form-data",
                };
                let required = required && !ty.is_optional();
                return out.bodies.push(Body { content_type: content_type.into(), schema, required });
            }
        };
        if is_named {
            let Some(name) = read.name.clone() else { return };
            let ty = self.type_at(read.cx, first, 0);
            let schema = self.schema(&ty, 0);
            return out.push(Input { place, name, schema, required: place == InputIn::Path || required && !ty.is_optional() });
        }
        if kind == Kind::Header {
            return self.typed_header(read, first, required, out);
        }
        if let (Kind::Path, Expr::List(ListKind::Tuple, _)) = (kind, tree.expr(index)) {
            for (name, ty) in read.path.iter().zip(crate::walk::items(&tree, index)) {
                let ty = self.type_at(read.cx, ty, 0);
                let schema = self.schema(&ty, 0);
                out.push(Input { place, name: name.clone(), schema, required: true });
            }
            return;
        }
        let ty = self.type_at(read.cx, first, 0);
        self.fields_or_value(read, place, &ty, required, out);
    }

    /// A struct's fields by their names, or the one parameter of the path.
    fn fields_or_value(&mut self, read: &Read<'_>, place: InputIn, ty: &Ty, required: bool, out: &mut Inputs) {
        if let Ty::Class(class, args) = ty.core()
            && self.rust_schema(&class, &args, 0).is_none()
        {
            for field in self.shape_fields(&class, &args, 0) {
                let required = place == InputIn::Path || field.required && required && !ty.is_optional();
                out.push(Input { place, name: field.name, schema: field.schema, required });
            }
            return;
        }
        if let (InputIn::Path, Some(name)) = (place, read.path.last()) {
            let schema: Json = self.schema(ty, 0);
            out.push(Input { place, name: name.clone(), schema, required: true });
        }
    }

    /// `TypedHeader<UserAgent>`: the header of that name; credentials are the verdict's.
    fn typed_header(&mut self, read: &Read<'_>, ty: ExprId, required: bool, out: &mut Inputs) {
        let ty = self.type_at(read.cx, ty, 0);
        let last = ty.last();
        if matches!(last, "" | "Authorization" | "Cookie") {
            return;
        }
        let mut name = String::new();
        for (at, c) in last.char_indices() {
            if at > 0 && c.is_uppercase() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        out.push(Input { place: InputIn::Header, name: SmolStr::new(name), schema: json!({"type": "string"}), required });
    }

    /// What an attribute says of a handler: `#[get("/users/<id>?<page>", data = "<input>")]`, whose names are parameters.
    pub(super) fn attributed_inputs(&mut self, f: &Rc<Closure>, accessors: &Accessors, out: &mut Inputs) {
        let marks = f.marks.borrow().clone();
        let cx = self.declared_in(f);
        let tree = cx.tree.clone();
        for mark in marks {
            let uri = mark.args.name("uri").or(mark.args.at(0)).cloned().and_then(|v| self.force(&v).as_str());
            let Some(uri) = uri.filter(|u| u.starts_with('/')) else { continue };
            let data = mark.args.name("data").cloned().and_then(|v| self.force(&v).as_str());
            let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
            let (path, query, data) = (angled(path), angled(query), data.map(|d| angled(&d)).unwrap_or_default());
            for param in &tree.function(f.function).params {
                let (Some(name), Some(ty)) = (crate::interp::function::param_name(&param.pattern), param.ty) else { continue };
                let is = |all: &[SmolStr]| all.contains(&name);
                if is(&data) {
                    let read = Read { cx: &cx, name: Some(name), accessors, path: &[] };
                    self.extracted_type(&read, ty, true, out, 0);
                    continue;
                }
                let place = match (is(&path), is(&query)) {
                    (true, _) => InputIn::Path,
                    (_, true) => InputIn::Query,
                    _ => continue,
                };
                let ty = self.type_at(&cx, ty, 0);
                let is_rest = query.contains(&name) && uri.contains(&format!("<{name}..>"));
                if is_rest {
                    let read = Read { cx: &cx, name: None, accessors, path: &[] };
                    self.fields_or_value(&read, place, &ty, true, out);
                    continue;
                }
                let schema = self.schema(&ty, 0);
                out.push(Input { place, name, schema, required: place == InputIn::Path || !ty.is_optional() });
            }
        }
    }
}

/// The names in angle brackets.
fn angled(text: &str) -> Vec<SmolStr> {
    let parts = text.split('<').skip(1).filter_map(|part| part.split('>').next());
    parts.map(|p| SmolStr::new(p.trim_end_matches("..").trim_start_matches('_'))).filter(|p| !p.is_empty()).collect()
}

/// The names of a path's parameters: `{id}`, `{id:\d+}`, `{*rest}`, `:id`, `*rest`.
pub(super) fn names_of(path: &[PathPiece]) -> Vec<SmolStr> {
    let mut out = Vec::new();
    for piece in path {
        let PathPiece::Text { text, .. } = piece else { continue };
        for segment in text.split('/') {
            match segment.strip_prefix([':', '*']) {
                Some(name) => out.push(SmolStr::new(name)),
                None => {
                    let inner = segment.split('{').skip(1).filter_map(|part| part.split('}').next());
                    out.extend(inner.map(|i| SmolStr::new(i.split(':').next().unwrap_or_default().trim_start_matches('*').trim())));
                }
            }
        }
    }
    out
}

/// The place that a model gives an extractor: by its last name or its whole one; `()` means that the parameter's name counts.
fn kind_of(accessors: &Accessors, symbol: &str) -> Option<(Kind, bool)> {
    let last = symbol.rsplit('.').next().unwrap_or(symbol);
    let lists = [
        (&accessors.path, Kind::Path),
        (&accessors.query, Kind::Query),
        (&accessors.header, Kind::Header),
        (&accessors.cookie, Kind::Cookie),
        (&accessors.body, Kind::Json),
        (&accessors.form, Kind::Form),
        (&accessors.file, Kind::File),
    ];
    let exact = lists.iter().find_map(|(list, kind)| {
        list.iter().find(|e| e.contains('.') && e.trim_end_matches("()") == symbol).map(|e| (*kind, e.ends_with("()")))
    });
    exact.or_else(|| lists.iter().find(|(list, _)| list.iter().any(|e| e == last)).map(|(_, kind)| (*kind, false)))
}

/// The text that an attribute gives under a name.
fn named_text(cx: &Cx, id: ExprId, wanted: &str) -> Option<SmolStr> {
    let Expr::Call { args, .. } = cx.tree.expr(id) else { return None };
    crate::walk::named_text(&cx.tree, args, wanted)
}
