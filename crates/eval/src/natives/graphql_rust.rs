//! GraphQL schemas of Rust: the methods of `impl` blocks that an attribute makes the fields of a type.

use super::graphql::{Field, add};
use crate::shape::camel;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr};
use smol_str::SmolStr;
use std::rc::Rc;

/// Attributes that make the methods of an `impl` fields.
const FIELDS: &[&str] = &["Object", "ComplexObject", "Subscription", "graphql_object", "graphql_subscription"];
/// Derives of types that are put together of others.
const MERGED: &[&str] = &["MergedObject", "MergedSubscription"];
/// Types are put together so deep.
const MAX_DEPTH: u32 = 6;

/// Adds the fields of a root type to a schema.
pub(super) fn root(world: &mut World<'_>, schema: &Rc<Object>, method: &str, value: &Value, depth: u32) {
    let class = match world.force(value) {
        Value::Class(class) => class,
        Value::Instance(instance) => instance.class.clone(),
        Value::Unknown(u) => match u.from.clone().map(|v| world.force(&v)) {
            Some(Value::Class(class)) => class,
            _ => return,
        },
        _ => return,
    };
    if derives(world, &class, MERGED) && depth < MAX_DEPTH {
        for part in parts(world, &class) {
            root(world, schema, method, &part, depth + 1);
        }
    }
    let members: Vec<(SmolStr, Value)> = class.attrs.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
    for (name, value) in members {
        let Value::Function(f) = &value else { continue };
        let Some((marks, _)) = world.impl_of(f) else { continue };
        if marks.iter().any(|m| FIELDS.contains(&last(m))) {
            field(world, schema, method, &name, f);
        }
    }
    if derives(world, &class, &["SimpleObject", "GraphQLObject"]) {
        for one in world.annotated_fields(&class, 0) {
            let at = class.at;
            let name = camel(&one.name);
            add(world, schema, method, Field { name, handler: None, guards: Vec::new(), deprecated: false, at, class: Vec::new() });
        }
    }
}

fn field(world: &mut World<'_>, schema: &Rc<Object>, method: &str, name: &str, f: &Rc<Closure>) {
    let mark = f.marks.borrow().iter().find(|m| m.symbol.as_deref().is_some_and(|s| last(s) == "graphql")).cloned();
    let args = mark.as_ref().map(|m| m.args.clone()).unwrap_or_default();
    let says = |word: &str| {
        args.items.iter().any(|v| matches!(v, Value::Symbol(s) if last(s) == word)) || matches!(args.name(word), Some(Value::Bool(true)))
    };
    if says("skip") || says("ignore") {
        return;
    }
    // A guard that is written as text is code of the macro's.
    let guards = args.name("guard").map(|guard| match world.force(guard) {
        Value::Text(text) => Value::unknown(text.show(), "the guard of this field is written as text", mark.as_ref().map(|m| m.at)),
        guard => guard,
    });
    let deprecated = says("deprecated") || says("deprecation") || args.name("deprecation").or(args.name("deprecated")).is_some();
    let at = world.function_ref(f).place;
    let told = args.name("name").and_then(Value::as_str);
    let field = Field {
        name: told.unwrap_or_else(|| camel(name)),
        handler: Some(Value::Function(f.clone())),
        guards: guards.into_iter().collect(),
        deprecated,
        at,
        class: Vec::new(),
    };
    add(world, schema, method, field);
}

/// The types of the fields of a struct.
fn parts(world: &mut World<'_>, class: &Rc<ClassValue>) -> Vec<Value> {
    let Some(id) = class.class else { return Vec::new() };
    let mut cx = world.top(class.module);
    cx.scope = class.scope.clone();
    let tree = cx.tree.clone();
    let types: Vec<_> = tree.class(id).fields.iter().filter_map(|f| f.ty).collect();
    types.into_iter().map(|ty| world.expr(&cx, ty)).collect()
}

fn derives(world: &World<'_>, class: &ClassValue, names: &[&str]) -> bool {
    let Some(id) = class.class else { return false };
    let tree = &world.module(class.module).tree;
    tree.class(id).annotations.iter().any(|a| match tree.expr(*a) {
        Expr::Call { callee, args, .. } if matches!(tree.expr(*callee), Expr::Name(n) if n == "derive") => args.iter().any(|arg| {
            let Arg::Positional(id) = arg else { return false };
            matches!(tree.expr(*id), Expr::Name(n) | Expr::Attr(_, n) if names.contains(&n.as_str()))
        }),
        _ => false,
    })
}

fn last(symbol: &str) -> &str {
    symbol.rsplit('.').next().unwrap_or(symbol)
}
