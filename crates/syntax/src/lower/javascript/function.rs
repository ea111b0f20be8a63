//! Functions, methods and their parameters.

use super::expr::{expr, maybe};
use super::{Ctx, class, fields, has_token, inner, is_comment, kids, literal, pattern, stmt, types};
use crate::tree::*;
use tree_sitter::Node;

/// Lowers a function, arrow, method or signature. A method's kind follows from its name and keywords.
pub(super) fn function(ctx: &mut Ctx<'_>, node: Node<'_>, kind: FunctionKind) -> FunctionId {
    let name_node = node.child_by_field_name("name");
    let name = name_node.and_then(|name| literal::property_name(ctx, name));
    let keywords = Keywords::of(node);
    let kind = match kind {
        FunctionKind::Method if keywords.getter => FunctionKind::Getter,
        FunctionKind::Method if keywords.setter => FunctionKind::Setter,
        FunctionKind::Method if !keywords.is_static && name.as_deref() == Some("constructor") => FunctionKind::Constructor,
        kind => kind,
    };
    let annotations = class::decorators(ctx, &fields(node, "decorator"));
    let params = parameters(ctx, node);
    let returns = node.child_by_field_name("return_type").map(|returns| types::ty(ctx, returns));
    let body = match node.child_by_field_name("body") {
        Some(body) if body.kind() == "statement_block" => stmt::block(ctx, Some(body)),
        Some(value) => {
            let id = expr(ctx, value);
            vec![ctx.put_stmt(Stmt::Return(Some(id)), value)]
        }
        None => Block::new(),
    };
    let mut span = bare_span(ctx, node);
    if kind != FunctionKind::Function
        && kind != FunctionKind::Lambda
        && let Some(name) = name_node
    {
        span.line = ctx.span(name).line;
    }
    ctx.module.add_function(Function {
        name,
        kind,
        params,
        annotations,
        returns,
        body,
        doc: None,
        is_async: keywords.is_async,
        is_generator: keywords.generator || node.kind().starts_with("generator_function"),
        is_static: keywords.is_static,
        is_abstract: node.kind().ends_with("_signature"),
        span,
    })
}

/// The span of a declaration without the decorators before it.
pub(super) fn bare_span(ctx: &Ctx<'_>, node: Node<'_>) -> Span {
    let mut span = ctx.span(node);
    let mut cursor = node.walk();
    if let Some(first) = node.children(&mut cursor).find(|child| child.kind() != "decorator" && !is_comment(*child)) {
        let first = ctx.span(first);
        (span.start, span.line) = (first.start, first.line);
    }
    span
}

/// The keywords before a function's name.
#[derive(Default)]
struct Keywords {
    is_async: bool,
    is_static: bool,
    generator: bool,
    getter: bool,
    setter: bool,
}

impl Keywords {
    fn of(node: Node<'_>) -> Self {
        let mut found = Self::default();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "async" => found.is_async = true,
                "static" => found.is_static = true,
                "static get" => (found.is_static, found.getter) = (true, true),
                "get" => found.getter = true,
                "set" => found.setter = true,
                "*" => found.generator = true,
                "formal_parameters" | "=>" => break,
                _ => {}
            }
        }
        found
    }
}

fn parameters(ctx: &mut Ctx<'_>, node: Node<'_>) -> Vec<Param> {
    if let Some(single) = node.child_by_field_name("parameter") {
        let pattern = pattern::pattern(ctx, single);
        return vec![plain(pattern)];
    }
    let list = node.child_by_field_name("parameters").map(kids).unwrap_or_default();
    list.into_iter().filter_map(|child| parameter(ctx, child)).collect()
}

fn plain(pattern: Pattern) -> Param {
    Param { pattern, ty: None, default: None, kind: ParamKind::Normal, annotations: Vec::new(), is_field: false, optional: false }
}

/// One parameter, of either grammar; none for TypeScript's `this: T` and for errors.
fn parameter(ctx: &mut Ctx<'_>, node: Node<'_>) -> Option<Param> {
    match node.kind() {
        "ERROR" => None,
        "required_parameter" | "optional_parameter" => {
            let target = node.child_by_field_name("pattern").or_else(|| node.child_by_field_name("name"))?;
            if target.kind() == "this" {
                return None;
            }
            let mut param = unrest(pattern::pattern(ctx, target));
            param.ty = node.child_by_field_name("type").map(|ty| types::ty(ctx, ty));
            param.default = node.child_by_field_name("value").map(|value| expr(ctx, value));
            param.annotations = class::decorators(ctx, &fields(node, "decorator"));
            let mut cursor = node.walk();
            param.is_field =
                node.named_children(&mut cursor).any(|child| matches!(child.kind(), "accessibility_modifier" | "override_modifier"))
                    || has_token(node, "readonly");
            param.optional = node.kind() == "optional_parameter";
            Some(param)
        }
        "assignment_pattern" => {
            let mut param = plain(pattern::field(ctx, node, "left"));
            param.default = Some(super::expr::field(ctx, node, "right"));
            Some(param)
        }
        _ => Some(unrest(pattern::pattern(ctx, node))),
    }
}

/// `...rest` is a kind of parameter, not of pattern.
fn unrest(pattern: Pattern) -> Param {
    match pattern {
        Pattern::Rest(inner) => Param { kind: ParamKind::Rest, ..plain(*inner) },
        pattern => plain(pattern),
    }
}

/// What a decorator node says: a name, an attribute or a call.
pub(super) fn decorator(ctx: &mut Ctx<'_>, node: Node<'_>) -> ExprId {
    maybe(ctx, inner(node), node)
}
