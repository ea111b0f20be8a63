//! Imports and exports.

use super::expr::expr;
use super::stmt::stmt;
use super::{Ctx, class, fields, has_token, inner, kids, literal, pattern};
use crate::tree::*;
use smol_str::SmolStr;
use tree_sitter::Node;

/// Any `import` statement, TypeScript's `import x = ..` included.
pub(super) fn import(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    if node.kind() == "import_alias" {
        return alias(ctx, node, out);
    }
    let mut import = Import { type_only: has_token(node, "type") || has_token(node, "typeof"), ..Import::default() };
    for child in kids(node) {
        match child.kind() {
            "import_require_clause" => return required(ctx, child, out),
            "import_clause" => clause(ctx, child, &mut import),
            _ => {}
        }
    }
    let Some(source) = node.child_by_field_name("source") else {
        return;
    };
    import.module = literal::string_text(ctx, source);
    out.push(ctx.put_stmt(Stmt::Import(Box::new(import)), node));
}

fn clause(ctx: &mut Ctx<'_>, node: Node<'_>, import: &mut Import) {
    for child in kids(node) {
        match child.kind() {
            "identifier" => import.names.push((SmolStr::new_static("default"), ctx.name(child), ctx.span(child))),
            "namespace_import" => import.namespace = inner(child).map(|name| ctx.name(name)),
            "named_imports" => {
                for specifier in kids(child) {
                    if let Some((name, local, span)) = specifier_names(ctx, specifier) {
                        import.names.push((name, local, span));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The two names of an import or export specifier, and the place of the second.
fn specifier_names(ctx: &Ctx<'_>, node: Node<'_>) -> Option<(SmolStr, SmolStr, Span)> {
    let name = node.child_by_field_name("name")?;
    let alias = node.child_by_field_name("alias").unwrap_or(name);
    Some((exported_name(ctx, name), exported_name(ctx, alias), ctx.span(alias)))
}

fn exported_name(ctx: &Ctx<'_>, node: Node<'_>) -> SmolStr {
    if node.kind() == "string" { literal::string_text(ctx, node) } else { ctx.name(node) }
}

/// `import x = require('y')`: a binding of a call of `require`.
fn required(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let (Some(name), Some(source)) = (inner(node), node.child_by_field_name("source")) else {
        return;
    };
    let callee = ctx.put(Expr::Name(SmolStr::new_static("require")), node);
    let path = expr(ctx, source);
    let call = Expr::Call { callee, args: vec![Arg::Positional(path)], types: Vec::new(), new: false };
    let value = Some(ctx.put(call, node));
    let target = pattern::pattern(ctx, name);
    out.push(ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Declare, ty: None }, node));
}

/// `import a = b.c`: a binding.
fn alias(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let parts = kids(node);
    let (Some(name), Some(value)) = (parts.first(), parts.get(1)) else {
        return;
    };
    let target = pattern::pattern(ctx, *name);
    let value = Some(expr(ctx, *value));
    out.push(ctx.put_stmt(Stmt::Bind { target, value, kind: BindKind::Declare, ty: None }, node));
}

/// Any `export` statement; what it declares stands before it.
pub(super) fn export(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    if let Some(declaration) = node.child_by_field_name("declaration") {
        return declared(ctx, node, declaration, out);
    }
    let source = node.child_by_field_name("source").map(|source| literal::string_text(ctx, source));
    let clause = kids(node).into_iter().find(|child| matches!(child.kind(), "export_clause" | "namespace_export"));
    let made = if has_token(node, "default") || has_token(node, "=") {
        return value(ctx, node, out);
    } else if let Some(clause) = clause {
        if clause.kind() == "namespace_export" {
            let name = inner(clause).map(|name| exported_name(ctx, name));
            source.map(|source| Export::Star(source, name))
        } else {
            let names = kids(clause).into_iter().filter_map(|s| specifier_names(ctx, s)).map(|(name, alias, _)| (name, alias)).collect();
            Some(match source {
                Some(source) => Export::From(source, names),
                None => Export::Names(names),
            })
        }
    } else if has_token(node, "*") {
        source.map(|source| Export::Star(source, None))
    } else {
        // `export as namespace x` says nothing; what else is here is broken.
        for child in kids(node).into_iter().filter(|child| child.is_error()) {
            stmt(ctx, child, out);
        }
        None
    };
    if let Some(made) = made {
        out.push(ctx.put_stmt(Stmt::Export(made), node));
    }
}

/// `export default value`, `export = value`.
fn value(ctx: &mut Ctx<'_>, node: Node<'_>, out: &mut Block) {
    let value =
        node.child_by_field_name("value").or_else(|| kids(node).into_iter().find(|child| !matches!(child.kind(), "decorator" | "ERROR")));
    let Some(value) = value else {
        return;
    };
    let value = if value.kind() == "class" {
        let annotations = class::decorators(ctx, &fields(node, "decorator"));
        let id = class::class(ctx, value, annotations);
        ctx.put(Expr::Class(id), value)
    } else {
        expr(ctx, value)
    };
    out.push(ctx.put_stmt(Stmt::Export(Export::Default(value, has_token(node, "="))), node));
}

/// `export const a = ..`, `export function f`, `export default class A`, ...
fn declared(ctx: &mut Ctx<'_>, node: Node<'_>, declaration: Node<'_>, out: &mut Block) {
    let before = out.len();
    match declaration.kind() {
        "class_declaration" | "abstract_class_declaration" => {
            let annotations = class::decorators(ctx, &fields(node, "decorator"));
            let id = class::class(ctx, declaration, annotations);
            out.push(ctx.put_stmt(Stmt::Class(id), declaration));
        }
        _ => stmt(ctx, declaration, out),
    }
    let mut names = Vec::new();
    for id in &out[before..] {
        bound_names(&ctx.module, *id, &mut names);
    }
    let made = if has_token(node, "default") {
        let Some(name) = names.pop() else {
            return;
        };
        let span = ctx.span(node);
        Export::Default(ctx.module.add_expr(Expr::Name(name), span), false)
    } else if names.is_empty() {
        return;
    } else {
        Export::Names(names.into_iter().map(|name| (name.clone(), name)).collect())
    };
    out.push(ctx.put_stmt(Stmt::Export(made), node));
}

/// The names that a declaration binds.
fn bound_names(module: &Module, id: StmtId, names: &mut Vec<SmolStr>) {
    match module.stmt(id) {
        Stmt::Bind { target, .. } => pattern_names(target, names),
        Stmt::Function(id) => names.extend(module.function(*id).name.clone()),
        Stmt::Class(id) => names.extend(module.class(*id).name.clone()),
        Stmt::Namespace { name, .. } => names.push(name.clone()),
        _ => {}
    }
}

/// Bounded by the depth cap, as the pattern was made under it.
fn pattern_names(pattern: &Pattern, names: &mut Vec<SmolStr>) {
    match pattern {
        Pattern::Name(name, _) => names.push(name.clone()),
        Pattern::List(items) => items.iter().for_each(|item| pattern_names(item, names)),
        Pattern::Object(items) => items.iter().for_each(|(_, item)| pattern_names(item, names)),
        Pattern::Rest(inner) | Pattern::Default(inner, _) => pattern_names(inner, names),
        _ => {}
    }
}
