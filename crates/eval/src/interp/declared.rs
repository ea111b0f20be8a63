//! Classes that configuration names: a function that is declared to give a class of some base (`-> type[Backend]`) and whose
//! result can't be known gives the only class of the tree that derives from it.

use super::Cx;
use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId};
use std::rc::Rc;

impl World<'_> {
    /// What a function gives whose result is not known; None where its declaration doesn't tell.
    pub(super) fn declared_class(&mut self, cx: &Cx, result: &Value, returns: Option<ExprId>) -> Option<Value> {
        if self.family != Family::Python || !matches!(result, Value::Unknown(_)) {
            return None;
        }
        let tree = cx.tree.clone();
        let Expr::Index(generic, of) = tree.expr(returns?) else { return None };
        if !matches!(tree.expr(*generic), Expr::Name(name) if name == "type" || name == "Type") {
            return None;
        }
        let base = self.expr(cx, *of);
        let Value::Class(base) = self.force(&base) else { return None };
        let mut leaves: Vec<Rc<ClassValue>> = Vec::new();
        let mut waiting = vec![base.clone()];
        while let Some(class) = waiting.pop() {
            let Value::List(below) = self.subclasses(&class) else { continue };
            let below: Vec<Rc<ClassValue>> =
                below.items.borrow().iter().filter_map(|v| if let Value::Class(c) = v { Some(c.clone()) } else { None }).collect();
            if below.is_empty() && !Rc::ptr_eq(&class, &base) && !leaves.iter().any(|l| Rc::ptr_eq(l, &class)) {
                leaves.push(class);
            } else if leaves.len() < 2 {
                waiting.extend(below);
            }
        }
        match leaves.as_slice() {
            [only] => Some(Value::Class(only.clone())),
            _ => None,
        }
    }
}
