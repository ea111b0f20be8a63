//! Statements.

use super::docs::{self, Docs};
use super::expr::{assignment, expr, field, is_expression};
use super::{Ctx, class, function, inner, kids, module, naming, pattern, types};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Lowers the statements among the children of a node, with their documentation comments.
pub(super) fn statements(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let mut docs = Docs::default();
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if child.kind() == "comment" {
            docs.see(ctx, child);
            continue;
        }
        let before = out.len();
        stmt(ctx, child, out);
        if let Some(doc) = docs.take(child) {
            docs::attach(ctx, &out[before..], &doc);
        }
    }
}

/// Lowers a block, or a single statement that stands for one.
pub(super) fn block(ctx: &mut Ctx<'_>, node: Option<Node<'_>>) -> Block {
    let mut out = Block::new();
    match node {
        Some(node) if node.kind() == "statement_block" => {
            ctx.deeper(node, |ctx| statements(ctx, node, &mut out));
        }
        Some(node) => stmt(ctx, node, &mut out),
        None => {}
    }
    out
}

/// Lowers one statement, which may give none or several.
pub(super) fn stmt(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    ctx.deeper(node, |ctx| lower_stmt(ctx, node, out));
}

fn lower_stmt(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let made = match node.kind() {
        "import_statement" | "import_alias" => return module::import(ctx, node, out),
        "export_statement" => return module::export(ctx, node, out),
        "lexical_declaration" | "variable_declaration" | "using_declaration" => return variables(ctx, node, out),
        "function_declaration" | "generator_function_declaration" | "function_signature" => {
            let function = function::function(ctx, node, FunctionKind::Function);
            Stmt::Function(function)
        }
        "class_declaration" | "abstract_class_declaration" => Stmt::Class(class::class(ctx, node, Vec::new())),
        "interface_declaration" => Stmt::Class(types::interface(ctx, node)),
        "type_alias_declaration" => Stmt::Class(types::alias(ctx, node)),
        "enum_declaration" => Stmt::Class(types::enumeration(ctx, node)),
        "ambient_declaration" => return ambient(ctx, node, out),
        "internal_module" | "module" => return namespace(ctx, node, out),
        "expression_statement" => {
            match inner(node) {
                Some(child) if child.kind() == "internal_module" => namespace(ctx, child, out),
                Some(child) => effect(ctx, child, out),
                None => {}
            }
            return;
        }
        "statement_block" => Stmt::Block(block(ctx, Some(node))),
        "if_statement" => conditional(ctx, node),
        "switch_statement" => switch(ctx, node),
        "for_statement" => counting(ctx, node),
        "for_in_statement" => each(ctx, node),
        "while_statement" => {
            let test = Some(field(ctx, node, "condition"));
            Stmt::While { init: Vec::new(), test, step: Vec::new(), body: block(ctx, node.child_by_field_name("body")) }
        }
        "do_statement" => do_while(ctx, node),
        "try_statement" => attempt(ctx, node),
        "with_statement" => {
            let object = field(ctx, node, "object");
            out.push(ctx.put_stmt(Stmt::Expr(object), node));
            Stmt::Block(block(ctx, node.child_by_field_name("body")))
        }
        "labeled_statement" => {
            out.extend(block_of_label(ctx, node));
            return;
        }
        "return_statement" => Stmt::Return(inner(node).map(|value| expr(ctx, value))),
        "throw_statement" => Stmt::Throw(inner(node).map(|value| expr(ctx, value))),
        "break_statement" => Stmt::Break,
        "continue_statement" => Stmt::Continue,
        "empty_statement" | "debugger_statement" | "hash_bang_line" | "comment" | "html_comment" => return,
        kind if is_expression(kind) => return effect(ctx, node, out),
        _ => return salvage(ctx, node, out),
    };
    out.push(ctx.put_stmt(made, node));
}

/// Lowers what can be lowered inside a node that is no statement: an error, mostly.
pub(super) fn salvage(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    match node.kind() {
        "method_definition" | "method_signature" | "abstract_method_signature" => {
            let function = function::function(ctx, node, FunctionKind::Method);
            let value = ctx.put(Expr::Function(function), node);
            out.push(ctx.put_stmt(Stmt::Expr(value), node));
        }
        "type_annotation" | "type_arguments" | "type_parameters" | "formal_parameters" | "object_pattern" | "array_pattern" => {}
        _ => {
            for child in kids(node) {
                // Names and literals alone mean nothing.
                if child.named_child_count() > 0 && child.kind() != "string" {
                    stmt(ctx, child, out);
                }
            }
        }
    }
}

/// Lowers an expression for its effect: assignments become bindings, sequences several statements.
pub(super) fn effect(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    if matches!(node.kind(), "sequence_expression" | "parenthesized_expression") && node.child_by_field_name("type").is_none() {
        for child in kids(node) {
            ctx.deeper(child, |ctx| effect(ctx, child, out));
        }
        return;
    }
    // `void f()`, as a statement, is `f()`.
    if node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "void")
        && let Some(argument) = node.child_by_field_name("argument")
    {
        ctx.deeper(argument, |ctx| effect(ctx, argument, out));
        return;
    }
    let made = match assignment(ctx, node) {
        Some((target, value, kind)) => Stmt::Bind { target, value: Some(value), kind, ty: None },
        None => Stmt::Expr(expr(ctx, node)),
    };
    out.push(ctx.put_stmt(made, node));
}

/// `var`, `let`, `const`, `using`.
fn variables(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let kind = if node.kind() == "variable_declaration" { BindKind::Var } else { BindKind::Declare };
    for declarator in kids(node) {
        if declarator.kind() != "variable_declarator" {
            salvage(ctx, declarator, out);
            continue;
        }
        let target = pattern::field(ctx, declarator, "name");
        let ty = declarator.child_by_field_name("type").map(|ty| types::ty(ctx, ty));
        let value = declarator.child_by_field_name("value").map(|value| expr(ctx, value));
        if let Some(value) = value {
            naming::bound(ctx, &target, value);
        }
        out.push(ctx.put_stmt(Stmt::Bind { target, value, kind, ty }, declarator));
    }
}

/// `declare ..`: what it declares exists elsewhere, so variables get an unknown value.
fn ambient(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    for child in kids(node) {
        let before = out.len();
        stmt(ctx, child, out);
        for id in out[before..].iter().copied() {
            let unknown = ctx.unknown(node);
            if let Stmt::Bind { value: value @ None, .. } = &mut ctx.module.stmts[id.at()].0 {
                *value = Some(unknown);
            }
        }
    }
}

/// `namespace A.B { .. }`, `module A { .. }`; `declare module 'x' { .. }` keeps its quotes in the name, so that it shadows nothing.
fn namespace(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let mut body = block(ctx, node.child_by_field_name("body"));
    let Some(name) = node.child_by_field_name("name") else {
        out.append(&mut body);
        return;
    };
    let text = ctx.text(name);
    let mut names: Vec<&str> = if name.kind() == "string" { vec![text] } else { text.split('.').map(str::trim).collect() };
    // The depth cap bounds the names: each level is a level of the tree.
    names.truncate(64);
    while let Some(name) = names.pop() {
        let id = ctx.put_stmt(Stmt::Namespace { name: SmolStr::new(name), body, annotations: Vec::new() }, node);
        body = vec![id];
    }
    out.append(&mut body);
}

fn block_of_label(ctx: &mut Ctx<'_>, node: Node<'_>) -> Block {
    let mut out = Block::new();
    if let Some(body) = node.child_by_field_name("body") {
        stmt(ctx, body, &mut out);
    }
    out
}

fn conditional(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let test = field(ctx, node, "condition");
    let then = block(ctx, node.child_by_field_name("consequence"));
    let other = block(ctx, node.child_by_field_name("alternative").and_then(inner));
    Stmt::If { test, then, other }
}

fn switch(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let subject = field(ctx, node, "value");
    let mut cases = Vec::new();
    for case in node.child_by_field_name("body").map(kids).unwrap_or_default() {
        let value = case.child_by_field_name("value");
        if value.is_none() && case.kind() != "switch_default" {
            continue;
        }
        let patterns = value.map(|value| Pattern::Value(expr(ctx, value))).into_iter().collect();
        let mut body = Block::new();
        for child in kids(case) {
            if Some(child) != value {
                stmt(ctx, child, &mut body);
            }
        }
        cases.push(Case { patterns, guard: None, body });
    }
    Stmt::Switch { subject, cases, falls: true }
}

/// `for (init; test; step)`.
fn counting(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let init = block(ctx, node.child_by_field_name("initializer"));
    let mut cursor = node.walk();
    let test = node.children_by_field_name("condition", &mut cursor).find(|test| test.is_named() && test.kind() != "empty_statement");
    let test = test.map(|test| expr(ctx, test));
    let step = block(ctx, node.child_by_field_name("increment"));
    let body = block(ctx, node.child_by_field_name("body"));
    Stmt::While { init, test, step, body }
}

/// `for (x of xs)`, `for await (x of xs)`, `for (k in o)`.
fn each(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let target = pattern::field(ctx, node, "left");
    let iter = field(ctx, node, "right");
    let keys = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "in");
    let body = block(ctx, node.child_by_field_name("body"));
    Stmt::For { target, iter, body, keys }
}

/// `do { .. } while (test)`: an endless loop that breaks at its end when the test fails.
fn do_while(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let mut body = block(ctx, node.child_by_field_name("body"));
    let test = field(ctx, node, "condition");
    let leave = ctx.put_stmt(Stmt::Break, node);
    body.push(ctx.put_stmt(Stmt::If { test, then: Vec::new(), other: vec![leave] }, node));
    Stmt::While { init: Vec::new(), test: None, step: Vec::new(), body }
}

fn attempt(ctx: &mut Ctx<'_>, node: Node<'_>) -> Stmt {
    let body = block(ctx, node.child_by_field_name("body"));
    let mut handlers = Vec::new();
    if let Some(clause) = node.child_by_field_name("handler") {
        let mut name = None;
        let mut body = Block::new();
        match clause.child_by_field_name("parameter") {
            Some(caught) if caught.kind() == "identifier" => name = Some(ctx.name(caught)),
            Some(caught) => {
                let target = pattern::pattern(ctx, caught);
                let value = Some(ctx.unknown(clause));
                body.push(ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Declare, ty: None }, caught));
            }
            None => {}
        }
        body.append(&mut block(ctx, clause.child_by_field_name("body")));
        handlers.push(Handler { ty: None, name, body });
    }
    let last = node.child_by_field_name("finalizer").and_then(|clause| clause.child_by_field_name("body"));
    let last = block(ctx, last);
    Stmt::Try { body, handlers, other: Vec::new(), last }
}
