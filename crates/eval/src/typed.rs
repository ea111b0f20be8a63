//! Python parameters and fields that are declared to be of a class of the tree: what nothing visible passes is one shared
//! instance of that class, whose fields are set when they are asked for. Only classes that lead to framework objects count.

use crate::evaluate::Family;
use crate::interp::function::param_name;
use crate::models::Entry;
use crate::provisional::is_this;
use crate::scope::Scope;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, ExprId, Module, Param, Pattern, Stmt, StrPart};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;

/// Deepest chain of fields and of type arguments that is followed.
const MAX_DEPTH: u32 = 4;

/// Instances that stand for what is declared, and what is known of classes; classes by identity.
#[derive(Default)]
pub(crate) struct Shared {
    instances: FxHashMap<usize, Value>,
    /// Instances whose constructor was not run.
    bare: FxHashSet<usize>,
    /// Classes that another one derives from, among the first `seen` ones.
    parents: FxHashSet<usize>,
    seen: usize,
    leads: FxHashMap<usize, bool>,
}

fn key(class: &Rc<ClassValue>) -> usize {
    Rc::as_ptr(class) as usize
}

impl World<'_> {
    /// The instance that stands for a class, if there is one.
    pub(crate) fn known_instance(&self, class: &Rc<ClassValue>) -> Option<Value> {
        self.shared.instances.get(&key(class)).cloned()
    }

    /// Lets an instance stand for its class.
    pub(crate) fn share_instance(&mut self, class: &Rc<ClassValue>, value: &Value) {
        self.shared.instances.entry(key(class)).or_insert_with(|| value.clone());
    }

    /// What a parameter that nothing passes is by its declared type.
    pub(crate) fn declared_argument(&mut self, function: &Closure, tree: &Module, param: &Param) -> Option<Value> {
        if self.family != Family::Python {
            return None;
        }
        let class = self.declared_type(&function.scope, tree, param.ty?, 0)?;
        if self.leads_on(&class, 0) { self.shared_instance(&class) } else { None }
    }

    /// The instance that stands for a class that nothing derives from.
    fn shared_instance(&mut self, class: &Rc<ClassValue>) -> Option<Value> {
        if let Some(known) = self.known_instance(class) {
            return Some(known);
        }
        if self.is_parent(class) || matches!(self.modelled_base(class), Some((_, Entry::Make(_)))) {
            return None;
        }
        let instance = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: true, at: class.at });
        self.shared.bare.insert(Rc::as_ptr(&instance) as usize);
        let value = Value::Instance(instance);
        self.share_instance(class, &value);
        Some(value)
    }

    fn is_parent(&mut self, class: &Rc<ClassValue>) -> bool {
        while let Some(one) = self.classes.get(self.shared.seen).cloned() {
            self.shared.seen += 1;
            let bases = one.bases.borrow().clone();
            for base in bases {
                if let Value::Class(base) = self.peek(&base) {
                    self.shared.parents.insert(key(&base));
                }
            }
        }
        self.shared.parents.contains(&key(class))
    }

    /// Whether a method of a class, or of what its fields are declared to be, touches framework objects.
    fn leads_on(&mut self, class: &Rc<ClassValue>, depth: u32) -> bool {
        if let Some(known) = self.shared.leads.get(&key(class)) {
            return *known;
        }
        self.shared.leads.insert(key(class), false);
        let leads = self.leads_inner(class, depth);
        self.shared.leads.insert(key(class), leads);
        leads
    }

    fn leads_inner(&mut self, class: &Rc<ClassValue>, depth: u32) -> bool {
        let line = self.mro(class);
        for one in &line {
            let Value::Class(one) = one else { continue };
            let methods: Vec<Value> = one.attrs.borrow().values().cloned().collect();
            if methods.iter().any(|m| matches!(m, Value::Function(f) if self.touches(f))) {
                return true;
            }
        }
        depth < MAX_DEPTH
            && self.typed_fields(&line).into_iter().any(|name| match self.member_class(class, &name) {
                Some(field) => self.leads_on(&field, depth + 1),
                None => false,
            })
    }

    /// The names of fields that class bodies declare.
    fn typed_fields(&self, line: &[Value]) -> Vec<SmolStr> {
        let mut names = Vec::new();
        for one in line {
            let Value::Class(one) = one else { continue };
            let (Some(id), tree) = (one.class, &self.module(one.module).tree) else { continue };
            names.extend(tree.class(id).body.iter().filter_map(|stmt| match tree.stmt(*stmt) {
                Stmt::Bind { target: Pattern::Name(name, _), ty: Some(_), .. } => Some(name.clone()),
                _ => None,
            }));
        }
        names
    }

    /// The class of the tree that a type names: `Hub`, `"Hub"`, `Hub | None`, `Optional[Hub]`.
    fn declared_type(&mut self, scope: &Scope, tree: &Module, ty: ExprId, depth: u32) -> Option<Rc<ClassValue>> {
        match tree.expr(ty) {
            _ if depth > MAX_DEPTH => None,
            Expr::Name(name) => self.scope_class(scope, name),
            Expr::Attr(base, name) => {
                let Expr::Name(module) = tree.expr(*base) else { return None };
                self.scope_class(scope, &format!("{module}.{name}"))
            }
            Expr::Str(parts) => match parts.as_slice() {
                [StrPart::Text(text)] => self.scope_class(scope, text.trim().trim_end_matches("| None").trim_end()),
                _ => None,
            },
            // Of several classes none is meant more than the others.
            Expr::Binary(_, a, b) => match (self.declared_type(scope, tree, *a, depth + 1), self.declared_type(scope, tree, *b, depth + 1))
            {
                (Some(class), None) | (None, Some(class)) => Some(class),
                _ => None,
            },
            Expr::Index(base, inner) if matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n == "Optional") => {
                self.declared_type(scope, tree, *inner, depth + 1)
            }
            _ => None,
        }
    }

    fn scope_class(&mut self, scope: &Scope, dotted: &str) -> Option<Rc<ClassValue>> {
        let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
        let found = scope.get(first)?;
        let mut found = self.peek(&found);
        if let (Value::Module(id), Some(rest)) = (&found, rest) {
            let inner = self.module(*id).scope.names.borrow().get(rest).cloned()?;
            found = self.peek(&inner);
        } else if rest.is_some() {
            return None;
        }
        let options = found.alternatives();
        options.into_iter().find_map(|one| if let Value::Class(class) = self.peek(&one) { Some(class) } else { None })
    }

    /// The class of the tree that a field is declared to hold, in the class's body or by what its constructor puts there.
    fn member_class(&mut self, class: &Rc<ClassValue>, name: &str) -> Option<Rc<ClassValue>> {
        for one in self.mro(class) {
            let Value::Class(one) = one else { continue };
            let Some(id) = one.class else { continue };
            let tree = self.module(one.module).tree.clone();
            let declared = tree.class(id).body.iter().find_map(|stmt| match tree.stmt(*stmt) {
                Stmt::Bind { target: Pattern::Name(n, _), ty: Some(ty), .. } if n == name => Some(*ty),
                _ => None,
            });
            if let Some(ty) = declared {
                return self.declared_type(&one.scope, &tree, ty, 0);
            }
            let init = one.attrs.borrow().get("__init__").cloned();
            if let Some(Value::Function(init)) = init
                && let Some(found) = self.field_of_constructor(&init, name)
            {
                return Some(found);
            }
        }
        None
    }

    fn field_of_constructor(&mut self, init: &Closure, name: &str) -> Option<Rc<ClassValue>> {
        let tree = self.module(init.module).tree.clone();
        let function = tree.function(init.function);
        let (value, ty) = function.body.iter().find_map(|stmt| match tree.stmt(*stmt) {
            Stmt::Bind { target: Pattern::Place(place), value, ty, .. } => match tree.expr(*place) {
                Expr::Attr(base, attr) if attr == name && is_this(&tree, *base) => Some((*value, *ty)),
                _ => None,
            },
            _ => None,
        })?;
        if let Some(ty) = ty {
            return self.declared_type(&init.scope, &tree, ty, 0);
        }
        match tree.expr(value?) {
            Expr::Name(given) => {
                let param = function.params.iter().find(|p| param_name(&p.pattern).as_ref() == Some(given))?;
                self.declared_type(&init.scope, &tree, param.ty?, 0)
            }
            Expr::Call { callee, .. } => self.declared_type(&init.scope, &tree, *callee, 0),
            _ => None,
        }
    }

    /// Whether a function calls a method that touches framework objects on something that is declared or known to be of a
    /// class of the tree: `hub.web.register(..)`.
    pub(crate) fn typed_touches(&mut self, function: &Closure, tree: &Module, attrs: &[(ExprId, SmolStr)]) -> bool {
        self.family == Family::Python
            && attrs.iter().any(|(base, name)| match self.expr_class(function, tree, *base, 0) {
                Some(class) => matches!(self.class_attr(&class, name), Some(Value::Function(f)) if self.touches(&f)),
                None => false,
            })
    }

    fn expr_class(&mut self, function: &Closure, tree: &Module, of: ExprId, depth: u32) -> Option<Rc<ClassValue>> {
        match tree.expr(of) {
            _ if depth > MAX_DEPTH => None,
            Expr::Name(name) => {
                let params = &tree.function(function.function).params;
                if let Some(param) = params.iter().find(|p| param_name(&p.pattern).as_ref() == Some(name)) {
                    let is_receiver = std::ptr::eq(param, &params[0]) && param.ty.is_none();
                    return match param.ty {
                        Some(ty) => self.declared_type(&function.scope, tree, ty, 0),
                        None => function.home.borrow().clone().filter(|_| is_receiver && depth > 0),
                    };
                }
                match function.scope.get(name).map(|v| self.peek(&v)) {
                    Some(Value::Instance(instance)) => Some(instance.class.clone()),
                    _ => None,
                }
            }
            Expr::Attr(base, name) => {
                let class = self.expr_class(function, tree, *base, depth + 1)?;
                self.member_class(&class, name)
            }
            _ => None,
        }
    }

    /// A field of an instance that stands for its class and whose constructor was not run.
    pub(crate) fn bare_field(&mut self, instance: &Rc<Instance>, name: &str) -> Option<Value> {
        if !self.is_bare(instance) {
            return None;
        }
        let entry = self.entry;
        self.entries += 1;
        self.entry = Some(self.entries);
        let set = self.set_later(instance, name);
        self.entry = entry;
        if set.is_some() {
            return set;
        }
        let class = self.member_class(&instance.class, name)?;
        let value = self.shared_instance(&class)?;
        instance.fields.borrow_mut().insert(name.into(), value.clone());
        Some(value)
    }

    /// Whether an instance's constructor was not run, so that what its class says of a field need not last.
    pub(crate) fn is_bare(&self, instance: &Rc<Instance>) -> bool {
        instance.assumed && self.shared.bare.contains(&(Rc::as_ptr(instance) as usize))
    }
}
