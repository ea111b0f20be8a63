//! Attributes that a later step of start-up sets: an instance's attribute that nothing visible has set yet is what the method
//! of its class sets that assigns it (`self.web_app = Application(..)` in `init_webapp`). Only methods that touch framework
//! objects are run for this.

use crate::evaluate::Family;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, FunctionId, Module, Pattern, Stmt};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// The value of an attribute that a method not called so far sets.
    pub(crate) fn set_later(&mut self, instance: &Rc<Instance>, name: &str) -> Option<Value> {
        if self.family != Family::Python || name.starts_with("__") {
            return None;
        }
        let key = (Rc::as_ptr(instance) as usize, SmolStr::new(name));
        if !self.late_fields.insert(key) {
            return None;
        }
        let class = instance.class.clone();
        for one in self.mro(&class) {
            let Value::Class(one) = one else { continue };
            let methods: Vec<Value> = one.attrs.borrow().values().cloned().collect();
            for method in methods {
                let Value::Function(f) = method else { continue };
                let tree = self.module(f.module).tree.clone();
                if !assigns(&tree, f.function, name) || !self.touches(&f) || self.frames.iter().any(|r| r.key == (f.module, f.function)) {
                    continue;
                }
                let args = self.assumed_args(&f, true);
                self.call_closure(&f, Some(Value::Instance(instance.clone())), args, instance.at);
                let found = instance.fields.borrow().get(name).cloned();
                if let Some(found) = found {
                    return Some(self.force(&found));
                }
            }
        }
        None
    }
}

/// Whether a function assigns to an attribute of its receiver.
fn assigns(tree: &Module, function: FunctionId, name: &str) -> bool {
    let function = tree.function(function);
    let Some(receiver) = function.params.first().and_then(|p| super::function::param_name(&p.pattern)) else { return false };
    let inside = |at: apicensus_syntax::Span| at.start >= function.span.start && at.end <= function.span.end;
    tree.stmts.iter().any(|(stmt, at)| match stmt {
        Stmt::Bind { target: Pattern::Place(place), value: Some(_), .. } if inside(*at) => match tree.expr(*place) {
            Expr::Attr(base, attr) => attr == name && matches!(tree.expr(*base), Expr::Name(n) if *n == receiver),
            _ => false,
        },
        _ => false,
    })
}
