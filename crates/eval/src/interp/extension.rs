//! Methods that traits of the tree give to types from outside (`impl RouterExt for Router`) or to whatever fits
//! (`impl<F> Routed for F`).

use super::Cx;
use crate::evaluate::Family;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::FunctionId;
use smol_str::SmolStr;
use std::rc::Rc;

/// Why a method of a function is not followed.
const MANY: &str = "which implementation of it is meant depends on the function's type";

impl World<'_> {
    /// Notes the methods of a trait that is implemented for something that the tree does not define.
    pub(super) fn note_extensions(&mut self, cx: &Cx, methods: &[FunctionId]) {
        for id in methods {
            let Some(name) = cx.tree.function(*id).name.clone() else { continue };
            if let Value::Function(method) = self.closure(cx, *id) {
                // It is run where it is called; of what it would be called on by itself nothing is known.
                self.closures.pop_if(|last| Rc::ptr_eq(last, &method));
                self.extensions.entry(name).or_default().push(method);
            }
        }
    }

    /// Calls the method of this name that the tree gives to a type from outside; None where there is none, or more than one
    /// that the receiver's type would have to tell apart.
    pub(crate) fn call_extension(&mut self, receiver: &Value, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        let all = self.extensions.get(name).filter(|_| self.family == Family::Rust)?;
        let [method] = all.as_slice() else { return None };
        let method: Rc<Closure> = method.clone();
        Some(self.call_closure(&method, Some(receiver.clone()), args.clone(), at))
    }

    /// `handler.add_routes(router)`: a method that a trait gives to functions, or one that only passes the function on.
    pub(super) fn function_extension(&mut self, receiver: &Value, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        let found = self.call_extension(receiver, name, args, at);
        if found.is_none() && self.family == Family::Rust {
            let callee = Unknown { label: name.clone(), reason: MANY.into(), at: Some(at), ..Unknown::default() };
            self.report_handed(&callee, args, at);
        }
        found
    }
}
