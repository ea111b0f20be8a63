//! Methods of objects that a class of guards was given, and methods that models know by their names alone.

use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, Module, Pattern, Stmt};
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// A method of anything that a model knows by its name, or by that and what it is called on:
    /// `request.jwtVerify()`, `ctx.auth.authenticate()`.
    pub(super) fn modelled_method(&self, tree: &Module, callee: ExprId) -> Option<Value> {
        let Expr::Attr(base, name) = tree.expr(callee) else { return None };
        let of = match tree.expr(*base) {
            Expr::Name(of) | Expr::Attr(_, of) => of.clone(),
            Expr::Call { callee, .. } => match tree.expr(*callee) {
                Expr::Name(of) | Expr::Attr(_, of) => SmolStr::new(format!("{of}()")),
                _ => SmolStr::default(),
            },
            _ => SmolStr::default(),
        };
        let dotted = SmolStr::new(format!("{of}.{name}"));
        let guard = self.input.models.guard(self.family.language(), &dotted)?;
        let by_name = |s: &String| s.strip_prefix("*.").is_some_and(|end| end == name || end == dotted);
        guard.symbol.iter().any(by_name).then(|| Value::Symbol(dotted.clone()))
    }

    /// The method of an object that the class was given: `this.sessions.find` where the constructor declares what
    /// `sessions` is. An object that guards by a method it inherits from outside is its class.
    pub(super) fn of_field(&mut self, home: Option<&Rc<ClassValue>>, tree: &Module, callee: ExprId) -> Option<Value> {
        let Expr::Attr(object, method) = tree.expr(callee) else { return None };
        let Expr::Attr(base, field) = tree.expr(*object) else { return None };
        if !matches!(tree.expr(*base), Expr::This) {
            return None;
        }
        let class = home.and_then(|h| self.field_class(h, field))?;
        match self.class_attr(&class, method).map(|v| self.force(&v)) {
            Some(found @ (Value::Function(_) | Value::BoundFunction(_))) => Some(found),
            _ => super::class::is_guarding(method).then_some(Value::Class(class)),
        }
    }

    /// The class of a field, by the type of the constructor's parameter of that name, what is provided for its token, what the
    /// constructor makes for it (`this.auth = new Auth()`), or how it is declared.
    pub(super) fn field_class(&mut self, class: &Rc<ClassValue>, field: &SmolStr) -> Option<Rc<ClassValue>> {
        for one in self.mro(class) {
            let Value::Class(one) = one else { continue };
            if let Some(found) = self.made_field(&one, field) {
                return Some(found);
            }
            let Some(Value::Function(made)) = one.attrs.borrow().get("constructor").cloned() else { continue };
            let tree = self.module(made.module).tree.clone();
            let params = &tree.function(made.function).params;
            let Some(param) = params.iter().find(|p| crate::interp::function::param_name(&p.pattern).as_ref() == Some(field)) else {
                continue;
            };
            for id in &param.annotations {
                let Expr::Call { args, .. } = tree.expr(*id) else { continue };
                let Some(apicensus_syntax::Arg::Positional(token)) = args.first() else { continue };
                if let Some(found) = self.provided(&made, &tree, *token) {
                    return Some(found);
                }
            }
            if let Some(ty) = param.ty
                && let Some(Value::Class(found)) = self.named_value(&made.scope, None, &tree, ty, 0)
            {
                return Some(found);
            }
        }
        None
    }

    /// The class of what a class makes for a field of its own.
    fn made_field(&mut self, class: &Rc<ClassValue>, field: &SmolStr) -> Option<Rc<ClassValue>> {
        let tree = self.module(class.module).tree.clone();
        let declared = class.class.and_then(|id| tree.class(id).fields.iter().find(|f| f.name == *field));
        let made = self.field_source(class, field);
        let named = match made.map(|id| tree.expr(id)) {
            Some(Expr::Call { callee, new: true, .. }) => Some(*callee),
            _ => declared.and_then(|f| f.ty),
        };
        match self.named_value(&class.scope.clone(), None, &tree, named?, 0)? {
            Value::Class(found) => Some(found),
            _ => None,
        }
    }

    /// What a field is set to where it is declared, or by the constructor.
    pub(super) fn field_source(&mut self, class: &Rc<ClassValue>, field: &SmolStr) -> Option<ExprId> {
        let tree = self.module(class.module).tree.clone();
        let declared = class.class.and_then(|id| tree.class(id).fields.iter().find(|f| f.name == *field));
        declared.and_then(|f| f.value).or_else(|| {
            let Some(Value::Function(made)) = class.attrs.borrow().get("constructor").cloned() else { return None };
            if made.module != class.module {
                return None;
            }
            let mut binds = Vec::new();
            crate::walk::with_bindings(&tree, made.function, &mut |_| {}, &mut binds);
            binds.iter().find_map(|stmt| match tree.stmt(*stmt) {
                Stmt::Bind { target: Pattern::Place(place), value: Some(value), .. } => match tree.expr(*place) {
                    Expr::Attr(base, name) if name == field && matches!(tree.expr(*base), Expr::This) => Some(*value),
                    _ => None,
                },
                _ => None,
            })
        })
    }

    /// The class that is provided for a token.
    fn provided(&mut self, made: &Rc<Closure>, tree: &Module, token: ExprId) -> Option<Rc<ClassValue>> {
        let token = match tree.expr(token) {
            Expr::Str(parts) => match parts.as_slice() {
                [apicensus_syntax::StrPart::Text(text)] => Value::text(text.clone()),
                _ => return None,
            },
            _ => self.named_value(&made.scope, None, tree, token, 0)?,
        };
        let given = self.provided.iter().find(|(key, _)| key.same(&token)).map(|(_, given)| given.clone())?;
        self.class_in(&given, 0)
    }

    fn class_in(&mut self, value: &Value, depth: u32) -> Option<Rc<ClassValue>> {
        if depth > 4 {
            return None;
        }
        match self.force(value) {
            Value::Class(class) => Some(class),
            Value::Instance(i) => Some(i.class.clone()),
            Value::Either(all) => all.iter().find_map(|v| self.class_in(v, depth + 1)),
            Value::Default(inner) => self.class_in(&inner, depth + 1),
            _ => None,
        }
    }
}
