//! Expressions.

use super::stmt::{effect, salvage};
use super::{Ctx, class, function, inner, is_comment, jsx, kids, last, literal, naming, pattern, types};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Lowers an expression.
pub(super) fn expr(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    ctx.deeper(node, |ctx| lower_expr(ctx, node)).unwrap_or_else(|| ctx.unknown(node))
}

/// Lowers an expression that may be missing from `node`; then it is unknown.
pub(super) fn maybe(ctx: &mut Ctx<'_>, child: Option<Node<'_>>, node: Node<'_>) -> ExprId {
    match child {
        Some(child) => expr(ctx, child),
        None => ctx.unknown(node),
    }
}

/// Lowers the expression in a field of a node; an unknown if there is none.
pub(super) fn field(ctx: &mut Ctx<'_>, node: Node<'_>, name: &str) -> ExprId {
    maybe(ctx, node.child_by_field_name(name), node)
}

/// Whether a node kind is an expression.
pub(super) fn is_expression(kind: &str) -> bool {
    matches!(
        kind,
        "array"
            | "arrow_function"
            | "as_expression"
            | "assignment_expression"
            | "augmented_assignment_expression"
            | "await_expression"
            | "binary_expression"
            | "call_expression"
            | "class"
            | "false"
            | "function_expression"
            | "generator_function"
            | "identifier"
            | "instantiation_expression"
            | "jsx_element"
            | "jsx_self_closing_element"
            | "member_expression"
            | "meta_property"
            | "new_expression"
            | "non_null_expression"
            | "null"
            | "number"
            | "object"
            | "parenthesized_expression"
            | "regex"
            | "satisfies_expression"
            | "sequence_expression"
            | "string"
            | "subscript_expression"
            | "super"
            | "template_string"
            | "ternary_expression"
            | "this"
            | "true"
            | "type_assertion"
            | "unary_expression"
            | "undefined"
            | "update_expression"
            | "yield_expression"
    )
}

fn lower_expr(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    if node.is_missing() {
        return ctx.unknown(node);
    }
    let made = match node.kind() {
        "identifier" | "import" | "shorthand_property_identifier" | "property_identifier" | "type_identifier" => match ctx.text(node) {
            "undefined" => Expr::Null,
            name => Expr::Name(SmolStr::new(name)),
        },
        "string" => literal::string(ctx, node),
        "template_string" => literal::template(ctx, node),
        "number" => Expr::Number(literal::number(ctx.text(node))),
        "regex" => Expr::Regex(node.child_by_field_name("pattern").map(|pattern| ctx.name(pattern)).unwrap_or_default()),
        "true" | "false" => Expr::Bool(node.kind() == "true"),
        "null" | "undefined" => Expr::Null,
        "this" => Expr::This,
        "super" => Expr::Super,
        "array" => literal::array(ctx, node),
        "object" => literal::object(ctx, node),
        "function_expression" | "generator_function" => Expr::Function(function::function(ctx, node, FunctionKind::Function)),
        "arrow_function" => Expr::Function(function::function(ctx, node, FunctionKind::Lambda)),
        "class" => Expr::Class(class::class(ctx, node, Vec::new())),
        "member_expression" | "nested_identifier" => {
            let object = field(ctx, node, "object");
            Expr::Attr(object, node.child_by_field_name("property").map(|name| ctx.name(name)).unwrap_or_default())
        }
        "subscript_expression" => Expr::Index(field(ctx, node, "object"), field(ctx, node, "index")),
        "call_expression" | "new_expression" => call(ctx, node),
        "meta_property" => meta(ctx, node),
        "parenthesized_expression" | "sequence_expression" => return sequence(ctx, node),
        "assignment_expression" | "augmented_assignment_expression" | "update_expression" => match assignment(ctx, node) {
            Some((target, value, kind)) => Expr::Assign(Box::new(target), value, kind),
            None => return ctx.unknown(node),
        },
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map(|operator| binary(operator.kind())).unwrap_or(BinaryOp::Other);
            Expr::Binary(operator, field(ctx, node, "left"), field(ctx, node, "right"))
        }
        "unary_expression" => return unary(ctx, node),
        "ternary_expression" => Expr::Cond(field(ctx, node, "condition"), field(ctx, node, "consequence"), field(ctx, node, "alternative")),
        "await_expression" => return wrap(ctx, node, inner(node), WrapKind::Await),
        "yield_expression" => Expr::Yield(inner(node).map(|value| expr(ctx, value))),
        "as_expression" | "satisfies_expression" | "non_null_expression" => return wrap(ctx, node, inner(node), WrapKind::Cast),
        "type_assertion" => return wrap(ctx, node, last(node), WrapKind::Cast),
        "instantiation_expression" => return instantiation(ctx, node),
        "jsx_element" | "jsx_self_closing_element" => jsx::element(ctx, node),
        "jsx_expression" | "computed_property_name" | "template_substitution" => match inner(node) {
            Some(child) => return expr(ctx, child),
            None => Expr::Null,
        },
        "private_property_identifier" => Expr::Str(vec![StrPart::Text(ctx.name(node))]),
        "ERROR" => return broken(ctx, node),
        _ => return ctx.unknown(node),
    };
    ctx.put(made, node)
}

fn wrap(ctx: &mut Ctx<'_>, node: Node<'_>, child: Option<Node<'_>>, kind: WrapKind) -> ExprId {
    let Some(child) = child else {
        return ctx.unknown(node);
    };
    let inner = expr(ctx, child);
    ctx.put(Expr::Wrap(kind, inner), node)
}

/// A call, a construction, a tagged template, a dynamic import.
fn call(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let new = node.kind() == "new_expression";
    let given = node.child_by_field_name("arguments");
    let function = node.child_by_field_name(if new { "constructor" } else { "function" });
    if function.is_some_and(|function| function.kind() == "import") {
        let path = given.and_then(inner);
        return Expr::Import(maybe(ctx, path, node));
    }
    let callee = maybe(ctx, function, node);
    let types = node.child_by_field_name("type_arguments").map(|list| types::arguments(ctx, list)).unwrap_or_default();
    let args = match given {
        Some(template) if template.kind() == "template_string" => vec![Arg::Positional(expr(ctx, template))],
        Some(list) => arguments(ctx, list),
        None => Vec::new(),
    };
    Expr::Call { callee, args, types, new }
}

fn arguments(ctx: &mut Ctx<'_>, list: Node<'_>) -> Vec<Arg> {
    let mut args = Vec::new();
    for child in kids(list) {
        match child.kind() {
            "spread_element" => {
                let value = maybe(ctx, inner(child), child);
                args.push(Arg::Spread(value));
            }
            // A stray token takes no place.
            "ERROR" if child.named_child_count() == 0 => {}
            _ => args.push(Arg::Positional(expr(ctx, child))),
        }
    }
    args
}

/// `import.meta`, `new.target`.
fn meta(ctx: &mut Ctx<'_>, node: Node<'_>) -> Expr {
    let (object, property) = ctx.text(node).split_once('.').unwrap_or_default();
    let object = ctx.put(Expr::Name(SmolStr::new(object.trim())), node);
    Expr::Attr(object, SmolStr::new(property.trim()))
}

/// `f<T>` without a call.
fn instantiation(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let function = node.child_by_field_name("function").or_else(|| inner(node));
    let function = maybe(ctx, function, node);
    match node.child_by_field_name("type_arguments") {
        Some(list) => types::applied(ctx, function, list, node),
        None => function,
    }
}

/// What is in parentheses, and `a, b, c`: the value of the last, the others kept where they have an effect.
fn sequence(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let mut parts = kids(node);
    // Flow's `(value: Type)`.
    if parts.len() > 1 && parts.last().is_some_and(|part| part.kind() == "type_annotation") {
        return wrap(ctx, node, parts.first().copied(), WrapKind::Cast);
    }
    let Some(value) = parts.pop() else {
        return ctx.unknown(node);
    };
    let mut before = Block::new();
    for part in parts {
        if !is_pure(part.kind()) {
            effect(ctx, part, &mut before);
        }
    }
    let value = expr(ctx, value);
    if before.is_empty() { value } else { ctx.put(Expr::Block(before, Some(value)), node) }
}

/// Whether an expression of this kind does nothing when its value is not used.
fn is_pure(kind: &str) -> bool {
    matches!(
        kind,
        "number"
            | "string"
            | "identifier"
            | "this"
            | "super"
            | "null"
            | "undefined"
            | "true"
            | "false"
            | "regex"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "meta_property"
            | "ERROR"
    )
}

fn unary(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
    let argument = node.child_by_field_name("argument");
    if operator == "void" {
        let mut effects = Block::new();
        if let Some(argument) = argument.filter(|argument| !is_pure(argument.kind())) {
            effect(ctx, argument, &mut effects);
        }
        let null = ctx.put(Expr::Null, node);
        return if effects.is_empty() { null } else { ctx.put(Expr::Block(effects, Some(null)), node) };
    }
    let operator = match operator {
        "!" => UnaryOp::Not,
        "-" => UnaryOp::Minus,
        "typeof" => UnaryOp::TypeOf,
        _ => UnaryOp::Other,
    };
    let argument = maybe(ctx, argument, node);
    ctx.put(Expr::Unary(operator, argument), node)
}

fn binary(operator: &str) -> BinaryOp {
    match operator {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "|" => BinaryOp::BitOr,
        "&" => BinaryOp::BitAnd,
        "==" | "===" => BinaryOp::Eq,
        "!=" | "!==" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "in" => BinaryOp::In,
        "instanceof" => BinaryOp::InstanceOf,
        "&&" => BinaryOp::And,
        "||" => BinaryOp::Or,
        "??" => BinaryOp::Coalesce,
        _ => BinaryOp::Other,
    }
}

/// `a = b`, `a += b`, `a ??= b`, `a++`: target, value and kind; none for other expressions.
pub(super) fn assignment(ctx: &mut Ctx<'_>, node: Node<'_>) -> Option<(Pattern, ExprId, BindKind)> {
    match node.kind() {
        "assignment_expression" => {
            let target = pattern::field(ctx, node, "left");
            let value = field(ctx, node, "right");
            naming::bound(ctx, &target, value);
            Some((target, value, BindKind::Assign))
        }
        "augmented_assignment_expression" => {
            let operator = node.child_by_field_name("operator").map_or("", |operator| operator.kind());
            let operator = binary(operator.strip_suffix('=').unwrap_or(operator));
            let target = pattern::field(ctx, node, "left");
            Some((target, field(ctx, node, "right"), BindKind::Compound(operator)))
        }
        "update_expression" => {
            let down = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "--");
            let target = pattern::field(ctx, node, "argument");
            let one = ctx.put(Expr::Number(1.0), node);
            Some((target, one, BindKind::Compound(if down { BinaryOp::Sub } else { BinaryOp::Add })))
        }
        _ => None,
    }
}

/// An error where an expression should be: its one expression, or whatever it holds, kept for its effect.
fn broken(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    let mut cursor = node.walk();
    let mut parts = node.named_children(&mut cursor).filter(|child| !is_comment(*child));
    if let (Some(only), None) = (parts.next(), parts.next())
        && is_expression(only.kind())
    {
        return expr(ctx, only);
    }
    let mut block = Block::new();
    salvage(ctx, node, &mut block);
    let unknown = ctx.unknown(node);
    if block.is_empty() { unknown } else { ctx.put(Expr::Block(block, Some(unknown)), node) }
}
