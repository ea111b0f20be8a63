//! Classes.

use super::docs::{self, Docs};
use super::expr::{expr, maybe};
use super::function::{bare_span, decorator, function};
use super::{Ctx, fields, has_token, inner, is_comment, kids, literal, naming, stmt, types};
use crate::tree::*;
use tree_sitter::Node;

/// Lowers decorators, outermost first.
pub(super) fn decorators(ctx: &mut Ctx<'_>, nodes: &[Node<'_>]) -> Vec<ExprId> {
    nodes.iter().map(|node| decorator(ctx, *node)).collect()
}

/// Lowers a class declaration or expression; `annotations` are the decorators that stand before its `export`.
pub(super) fn class(ctx: &mut Ctx<'_>, node: Node<'_>, mut annotations: Vec<ExprId>) -> ClassId {
    annotations.extend(decorators(ctx, &fields(node, "decorator")));
    let mut class = Class {
        name: node.child_by_field_name("name").map(|name| ctx.name(name)),
        kind: ClassKind::Class,
        bases: bases(ctx, node),
        keywords: Vec::new(),
        annotations,
        body: Block::new(),
        fields: Vec::new(),
        methods: Vec::new(),
        doc: None,
        is_abstract: node.kind() == "abstract_class_declaration",
        span: bare_span(ctx, node),
    };
    if let Some(body) = node.child_by_field_name("body") {
        ctx.deeper(node, |ctx| members(ctx, body, &mut class));
    }
    ctx.module.add_class(class)
}

fn bases(ctx: &mut Ctx<'_>, node: Node<'_>) -> Vec<ExprId> {
    let mut bases = Vec::new();
    for heritage in kids(node).into_iter().filter(|child| child.kind() == "class_heritage") {
        for clause in kids(heritage) {
            match clause.kind() {
                "extends_clause" => extends(ctx, clause, &mut bases),
                "implements_clause" | "ERROR" => {}
                // The JavaScript grammar has the expression here.
                _ => bases.push(expr(ctx, clause)),
            }
        }
    }
    bases
}

/// `extends f(A)<T>`.
fn extends(ctx: &mut Ctx<'_>, clause: Node<'_>, bases: &mut Vec<ExprId>) {
    for child in kids(clause) {
        if child.kind() == "type_arguments" {
            if let Some(base) = bases.pop() {
                bases.push(types::applied(ctx, base, child, clause));
            }
        } else {
            bases.push(expr(ctx, child));
        }
    }
}

fn members(ctx: &mut Ctx<'_>, body: Node<'_>, class: &mut Class) {
    let mut docs = Docs::default();
    // TypeScript's grammar has a method's decorators before the method.
    let mut waiting = Vec::new();
    let mut cursor = body.walk();
    for child in body.named_children(&mut cursor) {
        if is_comment(child) {
            docs.see(ctx, child);
            continue;
        }
        if child.kind() == "decorator" {
            docs.extend(child);
            waiting.push(decorator(ctx, child));
            continue;
        }
        let doc = docs.take(child);
        let annotations = std::mem::take(&mut waiting);
        match child.kind() {
            "method_definition" | "method_signature" | "abstract_method_signature" => {
                let id = method(ctx, child, annotations, class);
                ctx.module.functions[id.at()].doc = doc;
            }
            "field_definition" | "public_field_definition" => field(ctx, child, annotations, doc, class),
            "class_static_block" => {
                let block = stmt::block(ctx, child.child_by_field_name("body"));
                class.body.push(ctx.put_stmt(Stmt::Block(block), child));
            }
            "index_signature" => {}
            _ => stmt::salvage(ctx, child, &mut class.body),
        }
    }
}

/// A method; one whose name can't be known is kept in the class body, as a nameless function.
fn method(ctx: &mut Ctx<'_>, node: Node<'_>, annotations: Vec<ExprId>, class: &mut Class) -> FunctionId {
    let id = function(ctx, node, FunctionKind::Method);
    let made = &mut ctx.module.functions[id.at()];
    made.annotations.splice(0..0, annotations);
    if made.name.is_some() {
        class.methods.push(id);
    } else {
        let value = ctx.put(Expr::Function(id), node);
        class.body.push(ctx.put_stmt(Stmt::Expr(value), node));
    }
    id
}

/// A field: static ones are bound in the class body, others are fields.
fn field(ctx: &mut Ctx<'_>, node: Node<'_>, mut annotations: Vec<ExprId>, doc: Option<smol_str::SmolStr>, class: &mut Class) {
    annotations.extend(decorators(ctx, &fields(node, "decorator")));
    let Some(key) = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property")) else {
        return;
    };
    let name = literal::property_name(ctx, key);
    let ty = node.child_by_field_name("type").map(|ty| types::ty(ctx, ty));
    let value = node.child_by_field_name("value").map(|value| expr(ctx, value));
    if let (Some(value), Some(doc)) = (value, &doc) {
        docs::attach_value(ctx, value, doc);
    }
    if let (Some(value), Some(name)) = (value, &name) {
        naming::name_value(ctx, name, value);
    }
    if has_token(node, "static") {
        let target = match name {
            Some(name) => Pattern::Name(name, ctx.span(key)),
            None => {
                let this = ctx.put(Expr::This, key);
                let index = maybe(ctx, inner(key), key);
                Pattern::Place(ctx.put(Expr::Index(this, index), key))
            }
        };
        class.body.push(ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Declare, ty }, node));
    } else if let Some(name) = name {
        class.fields.push(Field { name, ty, value, annotations, optional: has_token(node, "?"), doc, span: bare_span(ctx, node) });
    }
}
