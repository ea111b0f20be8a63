//! The methods that the handler of a file-system route answers, told by what it compares its request's method with and by the
//! tables that it looks it up in.

use super::files::METHODS;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{BinaryOp, Case, Expr, ExprId, Module, Pattern, Stmt, StrPart};
use smol_str::SmolStr;
use std::rc::Rc;

/// The methods of a handler one by one where a table says what answers each, the rest of them together.
pub(super) fn by_table(methods: Option<Vec<SmolStr>>, table: Vec<(SmolStr, Value)>) -> Vec<(Option<Vec<SmolStr>>, Option<Value>)> {
    let Some(all) = methods.as_ref().filter(|_| !table.is_empty()) else { return vec![(methods, None)] };
    let rest: Vec<SmolStr> = all.iter().filter(|m| !table.iter().any(|(t, _)| t == *m)).cloned().collect();
    let mut out: Vec<_> = table.into_iter().map(|(method, inner)| (Some(vec![method]), Some(inner))).collect();
    if !rest.is_empty() {
        out.push((Some(rest), None));
    }
    out
}

/// The function behind wrappers.
fn closure(world: &mut World<'_>, value: &Value, depth: u32) -> Option<Rc<Closure>> {
    if depth > 6 {
        return None;
    }
    match world.force(value) {
        Value::Function(f) => Some(f),
        Value::BoundFunction(b) => Some(b.1.clone()),
        Value::Unknown(u) => u.args.items.iter().find_map(|v| closure(world, v, depth + 1)),
        Value::Either(all) => all.iter().find_map(|v| closure(world, v, depth + 1)),
        _ => None,
    }
}

/// The methods that a handler compares its request's method with; None when it tells none apart.
pub(super) fn compared(world: &mut World<'_>, value: &Value) -> Option<Vec<SmolStr>> {
    let f = closure(world, value, 0)?;
    let tree = world.module(f.module).tree.clone();
    let span = tree.function(f.function).span;
    let inside = |s: apicensus_syntax::Span| s.start >= span.start && s.end <= span.end;
    let mut found: Vec<SmolStr> = Vec::new();
    let mut add = |id: ExprId| {
        if let Expr::Str(parts) = tree.expr(id)
            && let [StrPart::Text(text)] = parts.as_slice()
            && METHODS.contains(&text.to_ascii_uppercase().as_str())
        {
            let text = SmolStr::new(text.to_ascii_uppercase());
            if !found.contains(&text) {
                found.push(text);
            }
        }
    };
    for (expr, at) in &tree.exprs {
        match expr {
            Expr::Binary(BinaryOp::Eq | BinaryOp::Ne, a, b) if inside(*at) => {
                if is_method(&tree, *a) {
                    add(*b);
                } else if is_method(&tree, *b) {
                    add(*a);
                }
            }
            Expr::Match(subject, arms) if inside(*at) && is_method(&tree, *subject) => {
                arms.iter().for_each(|(case, _)| case_values(case, &mut add))
            }
            _ => {}
        }
    }
    for (stmt, at) in &tree.stmts {
        if let Stmt::Switch { subject, cases, .. } = stmt
            && inside(*at)
            && is_method(&tree, *subject)
        {
            cases.iter().for_each(|case| case_values(case, &mut add));
        }
    }
    for (key, _) in looked_up(world, &f, &tree, span) {
        if !found.contains(&key) {
            found.push(key);
        }
    }
    // A preflight answer alone says nothing about the rest.
    let tells = found.iter().any(|m| m != "OPTIONS" && m != "HEAD");
    tells.then_some(found)
}

/// What answers each method, where a handler looks its request's method up in a table.
pub(super) fn tables(world: &mut World<'_>, value: &Value) -> Vec<(SmolStr, Value)> {
    let Some(f) = closure(world, value, 0) else { return Vec::new() };
    let tree = world.module(f.module).tree.clone();
    let span = tree.function(f.function).span;
    looked_up(world, &f, &tree, span)
}

/// The methods that are keys of tables which a handler looks its request's method up in (`handlers[req.method]`), once each
/// with what stands there.
fn looked_up(world: &mut World<'_>, f: &Closure, tree: &Module, span: apicensus_syntax::Span) -> Vec<(SmolStr, Value)> {
    let inside = |at: &apicensus_syntax::Span| at.start >= span.start && at.end <= span.end;
    let bound = |name: &SmolStr| {
        tree.stmts.iter().any(|(stmt, at)| {
            inside(at)
                && matches!(stmt, Stmt::Bind { target: Pattern::Name(target, _), value: Some(value), .. } if target == name && is_method(tree, *value))
        })
    };
    let mut names: Vec<SmolStr> = Vec::new();
    for (expr, at) in &tree.exprs {
        if let Expr::Index(base, key) = expr
            && inside(at)
            && (is_method(tree, *key) || matches!(tree.expr(*key), Expr::Name(name) if bound(name)))
            && let Expr::Name(name) = tree.expr(*base)
        {
            names.push(name.clone());
        }
    }
    let mut found: Vec<(SmolStr, Value)> = Vec::new();
    for name in names {
        let Some(table) = f.scope.get(&name) else { continue };
        let Value::Dict(table) = world.force(&table) else { continue };
        let entries: Vec<(Value, Value)> = table.entries.borrow().values().cloned().collect();
        for (key, inner) in entries {
            let Some(method) = key.as_str().map(|key| SmolStr::new(key.to_ascii_uppercase())) else { continue };
            if METHODS.contains(&method.as_str()) && !found.iter().any(|(known, _)| *known == method) {
                found.push((method, inner));
            }
        }
    }
    found
}

fn case_values(case: &Case, add: &mut dyn FnMut(ExprId)) {
    for pattern in &case.patterns {
        if let Pattern::Value(value) = pattern {
            add(*value);
        }
    }
}

fn is_method(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Attr(_, name) | Expr::Name(name) => name == "method",
        Expr::Call { callee, .. } => match tree.expr(*callee) {
            Expr::Attr(base, name) => matches!(name.as_str(), "toUpperCase" | "toLowerCase") && is_method(tree, *base),
            _ => false,
        },
        Expr::Wrap(_, inner) => is_method(tree, *inner),
        _ => false,
    }
}
