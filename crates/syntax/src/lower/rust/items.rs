//! Items: functions, types, traits, impls, modules.

use super::attributes::Pending;
use super::*;

/// The node is lowered by [`Low::item`].
pub(super) fn is_item(kind: &str) -> bool {
    kind.ends_with("_item")
        || matches!(kind, "use_declaration" | "extern_crate_declaration" | "let_declaration" | "macro_definition" | "associated_type")
}

impl Low<'_, '_> {
    /// Lowers one item, its attributes and doc comments given, into `out`.
    pub(super) fn item(&mut self, node: Node<'_>, pending: Pending<'_>, out: &mut Block) {
        self.deeper(node.start_byte(), |low| low.item_here(node, pending, out));
    }

    fn item_here(&mut self, node: Node<'_>, pending: Pending<'_>, out: &mut Block) {
        let stmt = match node.kind() {
            "function_item" | "function_signature_item" => Stmt::Function(self.function(node, pending, FunctionKind::Function)),
            "struct_item" | "union_item" => Stmt::Class(self.structure(node, &pending)),
            "enum_item" => Stmt::Class(self.enumeration(node, &pending)),
            "trait_item" => Stmt::Class(self.interface(node, &pending)),
            "type_item" => Stmt::Class(self.alias(node, &pending)),
            "impl_item" => self.implementation(node, &pending),
            "mod_item" => self.submodule(node, &pending),
            "const_item" | "static_item" => self.constant(node),
            "let_declaration" => self.binding(node),
            "macro_definition" => self.macro_definition(node),
            "use_declaration" => return self.use_declaration(node, &pending, out),
            "extern_crate_declaration" => self.extern_crate(node, &pending),
            "foreign_mod_item" => {
                if let Some(body) = field(node, "body") {
                    self.sequence(body, Tail::Statement, out);
                }
                return;
            }
            _ => return,
        };
        out.push(self.put_stmt(stmt, node));
    }

    pub(super) fn name_of(&self, node: Node<'_>) -> Option<SmolStr> {
        field(node, "name").map(|name| self.name(name))
    }

    pub(super) fn function(&mut self, node: Node<'_>, pending: Pending<'_>, kind: FunctionKind) -> FunctionId {
        let params = field(node, "parameters").map(|params| self.params(params)).unwrap_or_default();
        let returns = field(node, "return_type").map(|ty| self.ty(ty));
        let block = field(node, "body");
        let body = block.map(|block| self.body(block, returns.is_none())).unwrap_or_default();
        let modifiers = child_of(node, "function_modifiers");
        let takes_self = params.first().is_some_and(|param| matches!(&param.pattern, Pattern::Name(name, _) if name == "self"));
        let function = Function {
            name: self.name_of(node),
            kind,
            params,
            annotations: pending.annotations(self),
            returns,
            body,
            doc: pending.doc(self).or_else(|| block.and_then(|block| self.inner_doc(block))),
            is_async: modifiers.is_some_and(|modifiers| child_of(modifiers, "async").is_some()),
            is_generator: false,
            is_static: kind == FunctionKind::Method && !takes_self,
            is_abstract: block.is_none(),
            span: self.span(node),
        };
        self.ctx.module.add_function(function)
    }

    fn params(&mut self, node: Node<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        self.each(node, |low, child, pending| {
            let (pattern, ty, kind) = match child.kind() {
                "parameter" => (low.pattern_of(child, "pattern"), field(child, "type").map(|ty| low.ty(ty)), ParamKind::Normal),
                "self_parameter" => {
                    let place = child_of(child, "self").unwrap_or(child);
                    (Pattern::Name(SmolStr::new("self"), low.span(place)), None, ParamKind::Normal)
                }
                "variadic_parameter" => (low.pattern_of(child, "pattern"), None, ParamKind::Rest),
                "ERROR" => return,
                _ => (Pattern::Ignore, Some(low.ty(child)), ParamKind::Normal),
            };
            params.push(Param { annotations: pending.annotations(low), ..param(pattern, ty, kind) });
        });
        params
    }

    fn class(&mut self, node: Node<'_>, pending: &Pending<'_>, kind: ClassKind) -> Class {
        Class {
            name: self.name_of(node),
            kind,
            bases: Vec::new(),
            keywords: Vec::new(),
            annotations: pending.annotations(self),
            body: Block::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            doc: pending.doc(self),
            is_abstract: false,
            span: self.span(node),
        }
    }

    fn structure(&mut self, node: Node<'_>, pending: &Pending<'_>) -> ClassId {
        let mut class = self.class(node, pending, ClassKind::Struct);
        class.fields = field(node, "body").map(|body| self.fields(body)).unwrap_or_default();
        self.ctx.module.add_class(class)
    }

    /// The fields of a struct, by name or by place.
    fn fields(&mut self, body: Node<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        self.each(body, |low, child, pending| {
            let (name, ty) = match child.kind() {
                "field_declaration" => (low.name_of(child).unwrap_or_default(), field(child, "type")),
                "ERROR" => return,
                _ => (SmolStr::new(fields.len().to_string()), Some(child)),
            };
            fields.push(Field {
                name,
                ty: ty.map(|ty| low.ty(ty)),
                value: None,
                annotations: pending.annotations(low),
                optional: false,
                doc: pending.doc(low),
                span: low.span(child),
            });
        });
        fields
    }

    fn enumeration(&mut self, node: Node<'_>, pending: &Pending<'_>) -> ClassId {
        let mut class = self.class(node, pending, ClassKind::Enum);
        if let Some(body) = field(node, "body") {
            self.each(body, |low, variant, pending| {
                if variant.kind() != "enum_variant" {
                    return;
                }
                let ty = field(variant, "body").map(|body| low.payload(body));
                let value = field(variant, "value").map(|value| low.expr(value));
                class.fields.push(Field {
                    name: low.name_of(variant).unwrap_or_default(),
                    ty,
                    value,
                    annotations: pending.annotations(low),
                    optional: false,
                    doc: pending.doc(low),
                    span: low.span(variant),
                });
            });
        }
        self.ctx.module.add_class(class)
    }

    /// The payload of an enum variant: a tuple or a dict of types.
    fn payload(&mut self, body: Node<'_>) -> ExprId {
        let named = body.kind() == "field_declaration_list";
        let mut items = Vec::new();
        let mut entries = Vec::new();
        for field in self.fields(body) {
            let ty = field.ty.unwrap_or_else(|| self.unknown(body));
            if named {
                let key = self.put_text(&field.name, field.span);
                entries.push(Entry::Pair(key, ty));
            } else {
                items.push(Item::One(ty));
            }
        }
        let payload = if named { Expr::Dict(entries, None) } else { Expr::List(ListKind::Tuple, items) };
        self.put(payload, body)
    }

    fn alias(&mut self, node: Node<'_>, pending: &Pending<'_>) -> ClassId {
        let mut class = self.class(node, pending, ClassKind::Alias);
        class.bases.extend(field(node, "type").map(|ty| self.ty(ty)));
        self.ctx.module.add_class(class)
    }

    fn interface(&mut self, node: Node<'_>, pending: &Pending<'_>) -> ClassId {
        let mut class = self.class(node, pending, ClassKind::Interface);
        if let Some(bounds) = field(node, "bounds") {
            class.bases = named(bounds).into_iter().filter(|bound| bound.kind() != "lifetime").map(|bound| self.ty(bound)).collect();
        }
        if let Some(body) = field(node, "body") {
            self.members(body, &mut class.methods, &mut class.body);
        }
        self.ctx.module.add_class(class)
    }

    fn implementation(&mut self, node: Node<'_>, pending: &Pending<'_>) -> Stmt {
        let target = match field(node, "type") {
            Some(ty) => self.ty(ty),
            None => self.unknown(node),
        };
        let base = field(node, "trait").map(|ty| self.ty(ty));
        let annotations = pending.annotations(self);
        let (mut methods, mut body) = (Vec::new(), Block::new());
        if let Some(list) = field(node, "body") {
            self.members(list, &mut methods, &mut body);
        }
        Stmt::Extend { target, base, methods, body, annotations }
    }

    /// The items of a trait or impl: functions apart from the others.
    fn members(&mut self, list: Node<'_>, methods: &mut Vec<FunctionId>, body: &mut Block) {
        self.each(list, |low, child, pending| match child.kind() {
            "function_item" | "function_signature_item" => methods.push(low.function(child, pending, FunctionKind::Method)),
            "macro_invocation" => {
                let expanded = low.expand(child, ("impl X{", "\n}"), |low, root| {
                    let list = first(root).filter(|item| item.kind() == "impl_item").and_then(|item| field(item, "body"))?;
                    low.members(list, methods, body);
                    Some(())
                });
                if expanded.is_none() {
                    low.statement(child, body);
                }
            }
            "ERROR" => {
                low.deeper(child.start_byte(), |low| low.members(child, methods, body));
            }
            _ => low.item(child, pending, body),
        });
    }

    fn submodule(&mut self, node: Node<'_>, pending: &Pending<'_>) -> Stmt {
        let name = self.name_of(node).unwrap_or_default();
        let annotations = pending.annotations(self);
        let Some(list) = field(node, "body") else {
            let public = child_of(node, "visibility_modifier").is_some();
            let path = pending.path(self);
            return Stmt::Import(Box::new(Import { module: name, child: true, public, path, annotations, ..Import::default() }));
        };
        let mut body = Block::new();
        self.sequence(list, Tail::Statement, &mut body);
        Stmt::Namespace { name, body, annotations }
    }

    fn constant(&mut self, node: Node<'_>) -> Stmt {
        let target = match field(node, "name") {
            Some(name) if self.text(name) != "_" => Pattern::Name(self.name(name), self.span(name)),
            _ => Pattern::Ignore,
        };
        let ty = field(node, "type").map(|ty| self.ty(ty));
        let value = field(node, "value").map(|value| self.expr(value));
        Stmt::Bind { target, value, kind: BindKind::Declare, ty }
    }

    fn binding(&mut self, node: Node<'_>) -> Stmt {
        let ty = field(node, "type").map(|ty| self.ty(ty));
        let value = field(node, "value").map(|value| self.expr(value));
        let target = self.pattern_of(node, "pattern");
        // `let Some(x) = y else { .. }`: the block runs where the pattern doesn't fit, and never goes on.
        if let (Some(value), Some(block), Some(place)) = (value, field(node, "alternative"), field(node, "value")) {
            let test = self.put(Expr::Assign(Box::new(target), value, BindKind::Declare), place);
            return Stmt::If { test, then: Block::new(), other: self.block(block) };
        }
        Stmt::Bind { target, value, kind: BindKind::Declare, ty }
    }
}

/// A plain parameter.
pub(super) fn param(pattern: Pattern, ty: Option<ExprId>, kind: ParamKind) -> Param {
    Param { pattern, ty, default: None, kind, annotations: Vec::new(), is_field: false, optional: false }
}
