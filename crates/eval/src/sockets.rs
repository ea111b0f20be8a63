//! Handlers that speak WebSocket although their route doesn't say so: they make one of the objects a model names.

use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId};
use std::rc::Rc;

impl World<'_> {
    /// Whether a handler upgrades its connection: its body, behind wrappers, calls a symbol that a framework names.
    pub(crate) fn is_socket(&mut self, handler: &Value, framework: &str) -> bool {
        let models = self.input.models;
        let language = self.family.language();
        let named = models.models.iter().find(|m| m.framework == framework && m.language == language);
        let Some(model) = named.filter(|m| !m.websocket.is_empty()) else { return false };
        self.layers(handler).0.iter().any(|function| self.makes_one_of(function, &model.websocket))
    }

    /// Whether a function has a parameter of one of these types or calls one of these.
    fn makes_one_of(&mut self, function: &Rc<Closure>, symbols: &[String]) -> bool {
        let tree = self.module(function.module).tree.clone();
        let mut types: Vec<ExprId> = tree.function(function.function).params.iter().filter_map(|p| p.ty).collect();
        walk::function(&tree, function.function, &mut |e| {
            if let Expr::Call { callee, .. } = tree.expr(e) {
                types.push(*callee);
            }
        });
        let mut cx = self.top(function.module);
        cx.scope = function.scope.clone();
        while let Some(id) = types.pop() {
            match tree.expr(id) {
                Expr::Index(base, inner) => types.extend([*base, *inner]),
                Expr::Wrap(_, inner) => types.push(*inner),
                _ => {
                    if self.type_symbol(&cx, &tree, id).is_some_and(|s| symbols.iter().any(|w| *w == s)) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// A closure that a decorator made around what it decorates stands for it.
    pub(crate) fn stands_for_decorated(&mut self, handler: &Value) {
        let Value::Function(f) = handler else { return };
        let Some(decorated) = self.decorating.last().cloned() else { return };
        if f.wraps.borrow().is_some() || decorated.same(handler) {
            return;
        }
        let mut scope = Some(f.scope.clone());
        while let Some(inner) = scope {
            if matches!(inner.kind, crate::scope::ScopeKind::Module(_)) {
                return;
            }
            if inner.names.borrow().values().any(|v| v.same(&decorated)) {
                *f.wraps.borrow_mut() = Some(decorated);
                return;
            }
            scope = inner.parent.clone();
        }
    }
}
