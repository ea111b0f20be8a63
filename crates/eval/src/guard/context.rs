//! Contexts that a function enters: what entering one checks is checked before its block runs.

use super::infer::Site;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, Module, Stmt, StmtId};
use std::rc::Rc;

impl World<'_> {
    /// The methods that the `with` statements among these call on contexts of the tree, and where.
    pub(super) fn contexts_entered(&mut self, f: &Rc<Closure>, tree: &Module, stmts: &[StmtId]) -> Vec<Site> {
        let mut out = Vec::new();
        if self.family != Family::Python {
            return out;
        }
        let home = f.home.borrow().clone();
        for id in stmts {
            let Stmt::With { items, .. } = tree.stmt(*id) else { continue };
            for (item, _) in items {
                let named = match tree.expr(*item) {
                    Expr::Call { callee, .. } => *callee,
                    _ => *item,
                };
                let class = match self.known_value(&f.scope, home.as_ref(), tree, named) {
                    Some(Value::Instance(instance)) => instance.class.clone(),
                    Some(Value::Class(class)) => class,
                    _ => continue,
                };
                let enter = self.class_attr(&class, "__enter__").or_else(|| self.class_attr(&class, "__aenter__"));
                if let Some(enter @ Value::Function(_)) = enter {
                    out.push(Site { callee: enter, is_soft: false, tells: true, given: false, at: vec![tree.span(*item)] });
                }
            }
        }
        out
    }
}
