//! Methods that a function's body calls on values of known types: what a parameter, a local name, a field or the result
//! of a call is an instance of, as declared. Rust only, where types are written down.

use crate::scope::Scope;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{ClassKind, Expr, ExprId, Module, Pattern, Stmt};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Chains are followed so deep.
const MAX_DEPTH: u32 = 8;
/// Types that stand for what they hold.
const HOLDERS: &[&str] = &["Option", "Box", "Arc", "Rc", "Pin", "Future", "State", "Data", "Extension", "ReqData", "Ref", "Guard"];

/// What is known of a function's local names: a declared type or the value.
pub(super) struct Locals {
    types: FxHashMap<SmolStr, ExprId>,
    values: FxHashMap<SmolStr, ExprId>,
}

impl Locals {
    /// Those of a function.
    pub(super) fn of(tree: &Module, f: &Closure) -> Locals {
        let mut out = Locals { types: FxHashMap::default(), values: FxHashMap::default() };
        let function = tree.function(f.function);
        for param in &function.params {
            if let (Some(name), Some(ty)) = (bound(&param.pattern), param.ty) {
                out.types.insert(name, ty);
            }
        }
        let mut binds = Vec::new();
        crate::walk::with_bindings(tree, f.function, &mut |_| {}, &mut binds);
        for stmt in binds {
            let Stmt::Bind { target, value, ty, .. } = tree.stmt(stmt) else { continue };
            let Some(name) = bound(target) else { continue };
            match (ty, value) {
                (Some(ty), _) => drop(out.types.insert(name, *ty)),
                (None, Some(value)) => drop(out.values.insert(name, *value)),
                (None, None) => {}
            }
        }
        out
    }
}

/// The one name that a pattern binds: `user`, `State(app)`, `Some(user)`.
fn bound(pattern: &Pattern) -> Option<SmolStr> {
    match pattern {
        Pattern::Name(name, _) => Some(name.clone()),
        Pattern::Construct { items, .. } if items.len() == 1 => bound(&items[0]),
        _ => None,
    }
}

impl World<'_> {
    /// What a name stands for if that is known without reading one more file.
    pub(super) fn known_value(&mut self, scope: &Scope, home: Option<&Rc<ClassValue>>, tree: &Module, id: ExprId) -> Option<Value> {
        match tree.expr(id) {
            Expr::Name(name) => {
                let found = scope.get(name)?;
                Some(self.peek(&found))
            }
            Expr::Attr(base, _) if matches!(tree.expr(*base), Expr::This | Expr::Super) => self.named_value(scope, home, tree, id, 0),
            Expr::Attr(base, _) if matches!(tree.expr(*base), Expr::Name(n) if matches!(n.as_str(), "self" | "cls" | "Self")) => {
                self.named_value(scope, home, tree, id, 0)
            }
            _ => None,
        }
    }

    /// The method that a callee names on a value of a known class.
    pub(super) fn typed_method(&mut self, f: &Rc<Closure>, tree: &Module, locals: &Locals, callee: ExprId) -> Option<Value> {
        let Expr::Attr(base, name) = tree.expr(callee) else { return None };
        let class = self.class_of(f, tree, locals, *base, 0)?;
        self.class_attr(&class, name).map(|v| self.force(&v))
    }

    fn class_of(&mut self, f: &Rc<Closure>, tree: &Module, locals: &Locals, id: ExprId, depth: u32) -> Option<Rc<ClassValue>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match tree.expr(id) {
            Expr::Wrap(_, inner) => self.class_of(f, tree, locals, *inner, depth + 1),
            Expr::Name(name) if name == "self" => f.home.borrow().clone(),
            Expr::Name(name) => match (locals.types.get(name), locals.values.get(name)) {
                (Some(ty), _) => self.class_named(f, tree, *ty, depth),
                (None, Some(value)) if *value != id => self.class_of(f, tree, locals, *value, depth + 1),
                _ => None,
            },
            Expr::Attr(base, field) => {
                let class = self.class_of(f, tree, locals, *base, depth + 1)?;
                let home = self.module(class.module).tree.clone();
                let ty = home.class(class.class?).fields.iter().find(|x| x.name == *field)?.ty?;
                self.class_of_type(&class.scope.clone(), Some(&class), &home, ty, depth)
            }
            Expr::Call { callee, .. } => {
                let home = f.home.borrow().clone();
                let called = match self.named_value(&f.scope, home.as_ref(), tree, *callee, 0) {
                    Some(value @ Value::Function(_)) => value,
                    _ => match tree.expr(*callee) {
                        // What unwraps gives what it holds.
                        Expr::Attr(base, name) if is_same(name) => return self.class_of(f, tree, locals, *base, depth + 1),
                        // A constructor that a derive writes.
                        Expr::Attr(base, name) if matches!(name.as_str(), "default" | "new") && is_type(tree, *base) => {
                            return self.class_named(f, tree, *base, depth);
                        }
                        Expr::Attr(base, name) => {
                            let class = self.class_of(f, tree, locals, *base, depth + 1)?;
                            self.class_attr(&class, name).map(|v| self.force(&v))?
                        }
                        _ => return None,
                    },
                };
                let Value::Function(g) = &called else { return None };
                let home = self.module(g.module).tree.clone();
                let ty = home.function(g.function).returns?;
                self.class_named(&g.clone(), &home, ty, depth)
            }
            _ => None,
        }
    }

    fn class_named(&mut self, f: &Rc<Closure>, tree: &Module, ty: ExprId, depth: u32) -> Option<Rc<ClassValue>> {
        let home = f.home.borrow().clone();
        self.class_of_type(&f.scope.clone(), home.as_ref(), tree, ty, depth)
    }

    /// The class that a type means: through references, results and what only holds.
    fn class_of_type(
        &mut self,
        scope: &Scope,
        home: Option<&Rc<ClassValue>>,
        tree: &Module,
        ty: ExprId,
        depth: u32,
    ) -> Option<Rc<ClassValue>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match tree.expr(ty) {
            Expr::Wrap(_, inner) => self.class_of_type(scope, home, tree, *inner, depth + 1),
            Expr::Index(base, index) => {
                let (Expr::Name(name) | Expr::Attr(_, name)) = tree.expr(*base) else { return None };
                if name.ends_with("Result") || HOLDERS.contains(&name.as_str()) {
                    let first = crate::walk::items(tree, *index).first().copied()?;
                    return self.class_of_type(scope, home, tree, first, depth + 1);
                }
                self.class_of_type(scope, home, tree, *base, depth + 1)
            }
            Expr::Name(name) if let Some(ty) = alias_in(tree, name) => self.class_of_type(scope, home, tree, ty, depth + 1),
            Expr::Name(name) if let Some((of, scope, ty)) = self.imported_alias(scope, name) => {
                self.class_of_type(&scope, None, &of, ty, depth + 1)
            }
            Expr::Name(_) | Expr::Attr(..) => match self.named_value(scope, home, tree, ty, 0)? {
                Value::Class(class) => Some(class),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type that an imported type alias stands for, and where it is written.
    fn imported_alias(&mut self, scope: &Scope, name: &SmolStr) -> Option<(Arc<Module>, Scope, ExprId)> {
        let Value::Lazy(lazy) = scope.get(name)? else { return None };
        let LazyWhat::Name(module, there, _) = &lazy.what else { return None };
        let Value::Module(id) = self.force(module) else { return None };
        let (of, scope) = (self.module(id).tree.clone(), self.module(id).scope.clone());
        alias_in(&of, there).map(|ty| (of, scope, ty))
    }
}

/// The type that a type alias of a file stands for.
fn alias_in(tree: &Module, name: &SmolStr) -> Option<ExprId> {
    let found = tree.classes.iter().find(|c| c.kind == ClassKind::Alias && c.name.as_ref() == Some(name))?;
    found.bases.first().copied()
}

fn is_type(tree: &Module, id: ExprId) -> bool {
    matches!(tree.expr(id), Expr::Name(n) | Expr::Attr(_, n) if n.starts_with(char::is_uppercase))
}

/// Methods that give the value itself, or what it holds.
fn is_same(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "unwrap"
            | "expect"
            | "as_ref"
            | "as_mut"
            | "borrow"
            | "to_owned"
            | "into_inner"
            | "get_ref"
            | "unwrap_or_default"
            | "ok"
            | "map_err"
            | "await"
    )
}
