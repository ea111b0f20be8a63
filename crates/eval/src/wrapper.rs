//! Functions that decorators made without `functools.wraps`: what they wrap is among the names they capture.
//!
//! `def decorator(view): def wrapper(request, *args): ...; return view(request, *args); return wrapper` gives a wrapper
//! that answers with `view`. Recognised by a call of a captured parameter that passes the wrapper's own first parameter
//! or its `*args` on; a function that only consults something it captured is no wrapper.

use crate::interp::function::param_name;
use crate::scope::ScopeKind;
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ParamKind};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// What a function stands for: `functools.wraps`' argument, or the captured function or class it passes its arguments to.
    pub(crate) fn wrapped_by(&mut self, f: &Rc<Closure>) -> Option<Value> {
        let said = f.wraps.borrow().clone();
        said.or_else(|| self.captured_callee(f))
    }

    fn captured_callee(&mut self, f: &Rc<Closure>) -> Option<Value> {
        let mut scope = Some(f.scope.clone());
        let mut captured: Vec<(SmolStr, Value)> = Vec::new();
        while let Some(one) = scope.filter(|s| !matches!(s.kind, ScopeKind::Module(_))) {
            captured.extend(one.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())));
            scope = one.parent.clone();
        }
        if captured.is_empty() {
            return None;
        }
        let tree = self.module(f.module).tree.clone();
        let params = &tree.function(f.function).params;
        let own: Vec<SmolStr> = params.iter().filter_map(|p| param_name(&p.pattern)).collect();
        let rest = params.iter().find(|p| p.kind == ParamKind::Rest).and_then(|p| param_name(&p.pattern));
        let first = params.iter().filter(|p| p.kind == ParamKind::Normal).filter_map(|p| param_name(&p.pattern));
        // A method that wraps passes `self` on or leaves it out.
        let firsts: Vec<SmolStr> = first.take(2).collect();
        let mut called: Vec<SmolStr> = Vec::new();
        walk::function(&tree, f.function, &mut |e| {
            if let Expr::Call { callee, args, .. } = tree.expr(e)
                && let Expr::Name(name) = tree.expr(*callee)
                && !own.contains(name)
                && let Some(Arg::Positional(given) | Arg::Spread(given) | Arg::Named(_, given)) = args.first()
                && let Expr::Name(given) = tree.expr(*given)
                && (firsts.contains(given) || rest.as_ref() == Some(given))
            {
                called.push(name.clone());
            }
        });
        called.iter().rev().find_map(|name| {
            let (_, value) = captured.iter().find(|(n, _)| n == name)?;
            let value = self.force(value);
            let is_view = match &value {
                // A helper that stands beside the wrapper is no view.
                Value::Function(inner) => !Rc::ptr_eq(inner, f) && !Rc::ptr_eq(&inner.scope, &f.scope),
                Value::Unknown(u) => u.callee.is_some(),
                Value::Class(_) | Value::BoundFunction(_) | Value::Object(_) => true,
                _ => false,
            };
            is_view.then_some(value)
        })
    }
}
