//! Interfaces, type aliases, enums, and types as expressions.

use super::docs::{self, Docs};
use super::expr::{expr, maybe};
use super::function::function;
use super::{Ctx, has_token, inner, is_comment, kids, last, literal};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Lowers a type to an expression.
pub(super) fn ty(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    ctx.deeper(node, |ctx| lower_type(ctx, node)).unwrap_or_else(|| ctx.unknown(node))
}

fn lower_type(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let made = match node.kind() {
        "type_annotation"
        | "parenthesized_type"
        | "readonly_type"
        | "optional_type"
        | "literal_type"
        | "constraint"
        | "adding_type_annotation"
        | "omitting_type_annotation"
        | "opting_type_annotation"
        | "rest_type" => match inner(node) {
            Some(child) => return ty(ctx, child),
            None => return ctx.unknown(node),
        },
        "predefined_type" => Expr::Name(ctx.name(node)),
        "this_type" => Expr::This,
        "nested_type_identifier" => {
            let module = maybe(ctx, node.child_by_field_name("module"), node);
            Expr::Attr(module, node.child_by_field_name("name").map(|name| ctx.name(name)).unwrap_or_default())
        }
        "generic_type" => {
            let base = maybe_type(ctx, node.child_by_field_name("name"), node);
            return match node.child_by_field_name("type_arguments") {
                Some(list) => applied(ctx, base, list, node),
                None => base,
            };
        }
        "array_type" => {
            let base = ctx.put(Expr::Name(SmolStr::new_static("Array")), node);
            Expr::Index(base, inner_type(ctx, node))
        }
        "tuple_type" => Expr::List(ListKind::Tuple, kids(node).into_iter().map(|item| tuple_item(ctx, item)).collect()),
        "union_type" | "intersection_type" => return joined(ctx, node),
        "flow_maybe_type" => {
            let inner = inner_type(ctx, node);
            Expr::Binary(BinaryOp::BitOr, inner, ctx.put(Expr::Null, node))
        }
        "lookup_type" => {
            let object = inner_type(ctx, node);
            Expr::Index(object, maybe_type(ctx, last(node), node))
        }
        "object_type" => {
            let fields = members(ctx, node).0;
            return record(ctx, &fields, node);
        }
        "type_query" => {
            let value = maybe(ctx, inner(node), node);
            Expr::Unary(UnaryOp::TypeOf, value)
        }
        "template_literal_type" => literal::template(ctx, node),
        "type_identifier"
        | "identifier"
        | "string"
        | "number"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "unary_expression"
        | "member_expression"
        | "call_expression"
        | "subscript_expression" => {
            return expr(ctx, node);
        }
        _ => return ctx.unknown(node),
    };
    ctx.put(made, node)
}

fn inner_type(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    maybe_type(ctx, inner(node), node)
}

fn maybe_type(ctx: &mut Ctx<'_>, child: Option<Node<'_>>, node: Node<'_>) -> ExprId {
    match child {
        Some(child) => ty(ctx, child),
        None => ctx.unknown(node),
    }
}

/// `A | B`, `A & B`; a leading sign has one side only.
fn joined(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let operator = if node.kind() == "union_type" { BinaryOp::BitOr } else { BinaryOp::BitAnd };
    let mut sides = kids(node).into_iter();
    let mut whole = maybe_type(ctx, sides.next(), node);
    for side in sides {
        let right = ty(ctx, side);
        whole = ctx.put(Expr::Binary(operator, whole, right), node);
    }
    whole
}

fn tuple_item(ctx: &mut Ctx<'_>, node: Node<'_>) -> Item {
    match node.kind() {
        "required_parameter" | "optional_parameter" => {
            let id = maybe_type(ctx, node.child_by_field_name("type"), node);
            let rest = node.child_by_field_name("name").is_some_and(|name| name.kind() == "rest_pattern");
            if rest { Item::Spread(id) } else { Item::One(id) }
        }
        "rest_type" => Item::Spread(ty(ctx, node)),
        _ => Item::One(ty(ctx, node)),
    }
}

/// The types of a `<A, B>` list.
pub(super) fn arguments(ctx: &mut Ctx<'_>, list: Node<'_>) -> Vec<ExprId> {
    kids(list).into_iter().map(|argument| ty(ctx, argument)).collect()
}

/// `base<A, B>`: an index of the base.
pub(super) fn applied(ctx: &mut Ctx<'_>, base: ExprId, list: Node<'_>, node: Node<'_>) -> ExprId {
    let arguments = arguments(ctx, list);
    let index = match arguments.as_slice() {
        [] => return base,
        [one] => *one,
        many => {
            let items = many.iter().map(|id| Item::One(*id)).collect();
            ctx.put(Expr::List(ListKind::Tuple, items), list)
        }
    };
    ctx.put(Expr::Index(base, index), node)
}

/// An object of the fields' types.
fn record(ctx: &mut Ctx<'_>, fields: &[Field], node: Node<'_>) -> ExprId {
    let mut entries = Vec::new();
    for field in fields {
        let key = ctx.module.add_expr(Expr::Str(vec![StrPart::Text(field.name.clone())]), field.span);
        let value = match field.ty {
            // `a?: T` is `a: T | undefined`.
            Some(ty) if field.optional => {
                let nothing = ctx.module.add_expr(Expr::Name(SmolStr::new_static("undefined")), field.span);
                ctx.module.add_expr(Expr::Binary(BinaryOp::BitOr, ty, nothing), field.span)
            }
            Some(ty) => ty,
            None => ctx.unknown(node),
        };
        entries.push(Entry::Pair(key, value));
    }
    ctx.put(Expr::Dict(entries, None), node)
}

/// The properties and the methods of an interface or object type.
fn members(ctx: &mut Ctx<'_>, body: Node<'_>) -> (Vec<Field>, Vec<FunctionId>) {
    let (mut fields, mut methods) = (Vec::new(), Vec::new());
    let mut docs = Docs::default();
    let mut cursor = body.walk();
    for child in body.named_children(&mut cursor) {
        if is_comment(child) {
            docs.see(ctx, child);
            continue;
        }
        let doc = docs.take(child);
        let Some(name) = child.child_by_field_name("name").and_then(|name| literal::property_name(ctx, name)) else {
            continue;
        };
        match child.kind() {
            "property_signature" => {
                let ty = child.child_by_field_name("type").map(|annotation| ty(ctx, annotation));
                fields.push(Field {
                    name,
                    ty,
                    value: None,
                    annotations: Vec::new(),
                    optional: has_token(child, "?"),
                    doc,
                    span: ctx.span(child),
                });
            }
            "method_signature" => {
                let id = function(ctx, child, FunctionKind::Method);
                ctx.module.functions[id.at()].doc = doc;
                methods.push(id);
            }
            _ => {}
        }
    }
    (fields, methods)
}

fn type_class(ctx: &Ctx<'_>, node: Node<'_>, kind: ClassKind) -> Class {
    Class {
        name: node.child_by_field_name("name").map(|name| ctx.name(name)),
        kind,
        bases: Vec::new(),
        keywords: Vec::new(),
        annotations: Vec::new(),
        body: Block::new(),
        fields: Vec::new(),
        methods: Vec::new(),
        doc: None,
        is_abstract: false,
        span: ctx.span(node),
    }
}

/// `interface A extends B { .. }`.
pub(super) fn interface(ctx: &mut Ctx<'_>, node: Node<'_>) -> ClassId {
    let mut class = type_class(ctx, node, ClassKind::Interface);
    for clause in kids(node).into_iter().filter(|child| child.kind() == "extends_type_clause") {
        class.bases.extend(kids(clause).into_iter().map(|base| ty(ctx, base)));
    }
    if let Some(body) = node.child_by_field_name("body") {
        (class.fields, class.methods) = members(ctx, body);
    }
    ctx.module.add_class(class)
}

/// `type A = B`; an alias of an object type has its fields too.
pub(super) fn alias(ctx: &mut Ctx<'_>, node: Node<'_>) -> ClassId {
    let mut class = type_class(ctx, node, ClassKind::Alias);
    if let Some(value) = node.child_by_field_name("value") {
        let base = if value.kind() == "object_type" {
            (class.fields, class.methods) = members(ctx, value);
            record(ctx, &class.fields, value)
        } else {
            ty(ctx, value)
        };
        class.bases.push(base);
    }
    ctx.module.add_class(class)
}

/// `enum A { .. }`: fields with values; members without one count on from the number before.
pub(super) fn enumeration(ctx: &mut Ctx<'_>, node: Node<'_>) -> ClassId {
    let mut class = type_class(ctx, node, ClassKind::Enum);
    let mut next = Some(0.0);
    let mut waiting = Docs::default();
    let body = node.child_by_field_name("body").unwrap_or(node);
    let mut cursor = body.walk();
    for child in body.named_children(&mut cursor) {
        if is_comment(child) {
            waiting.see(ctx, child);
            continue;
        }
        let doc = waiting.take(child);
        let assigned = child.kind() == "enum_assignment";
        let key = if assigned { child.child_by_field_name("name") } else { Some(child) };
        let Some(name) = key.and_then(|key| literal::property_name(ctx, key)) else {
            continue;
        };
        let value = if assigned {
            let value = super::expr::field(ctx, child, "value");
            next = numeric(&ctx.module, value).map(|number| number + 1.0);
            Some(value)
        } else {
            let number = next;
            next = next.map(|number| number + 1.0);
            number.map(|number| ctx.put(Expr::Number(number), child))
        };
        if let (Some(value), Some(doc)) = (value, &doc) {
            docs::attach_value(ctx, value, doc);
        }
        class.fields.push(Field { name, ty: None, value, annotations: Vec::new(), optional: false, doc, span: ctx.span(child) });
    }
    ctx.module.add_class(class)
}

/// The value of a number literal, negative ones included.
fn numeric(module: &Module, id: ExprId) -> Option<f64> {
    match module.expr(id) {
        Expr::Number(number) => Some(*number),
        Expr::Unary(UnaryOp::Minus, inner) => match module.expr(*inner) {
            Expr::Number(number) => Some(-number),
            _ => None,
        },
        _ => None,
    }
}
