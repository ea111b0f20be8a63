//! Classes: making them, making instances of them.

use super::{Cx, Out};
use crate::evaluate::Family;
use crate::models::Entry;
use crate::output::Place;
use crate::scope::{self, ScopeKind};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Class, ClassId, ClassKind, FunctionKind, Stmt, StmtId};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Under which the scope of an `impl` keeps its attributes and its trait.
const IMPL: &str = "@impl";

impl World<'_> {
    /// A class with its annotations applied.
    pub(crate) fn decorated_class(&mut self, cx: &Cx, class: ClassId) -> Value {
        let value = self.class(cx, class);
        let annotations = cx.tree.class(class).annotations.clone();
        self.annotate(cx, value, &annotations)
    }

    /// A class without its annotations.
    pub(crate) fn class(&mut self, cx: &Cx, id: ClassId) -> Value {
        let tree = cx.tree.clone();
        let class = tree.class(id);
        if class.kind == ClassKind::Alias && self.family == Family::Rust {
            return self.alias(cx, class);
        }
        let bases: Vec<Value> = class.bases.iter().map(|b| self.base_class(cx, *b)).collect();
        let scope = scope::new(ScopeKind::Class, Some(cx.scope.clone()));
        let value = Rc::new(ClassValue {
            module: cx.module,
            class: Some(id),
            name: class.name.clone().unwrap_or_default(),
            bases: RefCell::new(bases),
            attrs: RefCell::default(),
            getters: RefCell::default(),
            scope: scope.clone(),
            marks: RefCell::default(),
            at: self.at_span(cx, class.span),
            fields: RefCell::default(),
            conditions: self.conditions.clone(),
        });
        if self.wave.contains(&self.module(cx.module).file) {
            self.classes.push(value.clone());
        }
        let inner = Cx {
            scope: scope.clone(),
            home: Some(value.clone()),
            this: Some(Value::Class(value.clone())),
            out: Rc::new(Out::default()),
            ..cx.clone()
        };
        if let (Some(name), true) = (&class.name, self.family != Family::Python) {
            scope.set(name.clone(), Value::Class(value.clone()));
        }
        self.add_methods(&inner, &value, &class.methods);
        self.fields(&inner, &value, class);
        self.block(&inner, &class.body);
        let skip = class.name.clone().filter(|_| self.family != Family::Python);
        let own: Vec<_> =
            scope.names.borrow().iter().filter(|(n, _)| Some(*n) != skip.as_ref()).map(|(n, v)| (n.clone(), v.clone())).collect();
        value.attrs.borrow_mut().extend(own);
        if self.family == Family::Python {
            self.after_class(cx, &value, class);
        }
        Value::Class(value)
    }

    /// A base; type arguments, `Base<T>`, are lowered to an index and mean nothing at run time.
    fn base_class(&mut self, cx: &Cx, base: apicensus_syntax::ExprId) -> Value {
        if self.family == Family::JavaScript
            && let apicensus_syntax::Expr::Index(inner, _) = cx.tree.expr(base)
        {
            let value = self.expr(cx, *inner);
            if matches!(self.force(&value), Value::Class(_) | Value::Symbol(_) | Value::Function(_) | Value::Unknown(_)) {
                return value;
            }
        }
        self.expr(cx, base)
    }

    fn alias(&mut self, cx: &Cx, class: &Class) -> Value {
        match class.bases.first() {
            Some(base) => {
                let lazy =
                    Lazy { what: LazyWhat::Expr(cx.module, cx.scope.clone(), *base), value: RefCell::new(None), busy: Cell::new(false) };
                Value::Lazy(Rc::new(lazy))
            }
            None => Value::Null,
        }
    }

    /// Adds methods that don't stand in the class body.
    pub(crate) fn add_methods(&mut self, cx: &Cx, class: &Rc<ClassValue>, methods: &[apicensus_syntax::FunctionId]) {
        for id in methods {
            let function = cx.tree.function(*id);
            let Some(name) = function.name.clone() else { continue };
            let (kind, is_abstract, annotations) = (function.kind, function.is_abstract, function.annotations.clone());
            // An overload's signature does not hide the implementation.
            if is_abstract && class.attrs.borrow().contains_key(&name) {
                continue;
            }
            let outer = Cx { scope: class.scope.clone(), this: None, ..cx.clone() };
            let Value::Function(method) = self.closure(&outer, *id) else { continue };
            *method.home.borrow_mut() = Some(class.clone());
            match kind {
                FunctionKind::Getter => {
                    class.getters.borrow_mut().insert(name, method);
                }
                FunctionKind::Setter => {}
                FunctionKind::Constructor => {
                    class.attrs.borrow_mut().insert("constructor".into(), Value::Function(method));
                }
                _ => {
                    let value = self.annotate(cx, Value::Function(method), &annotations);
                    class.attrs.borrow_mut().insert(name, value);
                }
            }
        }
    }

    /// Names of declared fields; enum members with their values.
    fn fields(&mut self, cx: &Cx, value: &Rc<ClassValue>, class: &Class) {
        for field in &class.fields {
            match class.kind {
                ClassKind::Enum => {
                    let member = match field.value {
                        Some(initialiser) => self.expr(cx, initialiser),
                        None if self.family == Family::Rust => {
                            Value::unknown(format!("{}::{}", value.name, field.name), "an enum variant", None)
                        }
                        None => Value::text(field.name.clone()),
                    };
                    value.attrs.borrow_mut().insert(field.name.clone(), member);
                }
                _ => value.fields.borrow_mut().push(field.name.clone()),
            }
        }
    }

    /// What Python runs when a class is made: `__init_subclass__`, `__set_name__` is left out.
    fn after_class(&mut self, cx: &Cx, value: &Rc<ClassValue>, class: &Class) {
        let order = self.mro(value);
        let hook = order
            .iter()
            .skip(1)
            .find_map(|v| if let Value::Class(c) = v { c.attrs.borrow().get("__init_subclass__").cloned() } else { None });
        let Some(Value::Function(hook)) = hook else { return };
        let named: Vec<(SmolStr, Value)> = class.keywords.iter().map(|(n, e)| (n.clone(), self.expr(cx, *e))).collect();
        let args = Args { named, ..Args::default() };
        let at = value.at;
        self.call_closure(&hook, Some(Value::Class(value.clone())), args, at);
    }

    /// Rust `impl`: adds methods to the class that stands elsewhere.
    pub(crate) fn extend(&mut self, cx: &Cx, id: StmtId) {
        let tree = cx.tree.clone();
        let Stmt::Extend { target, base, methods, body, annotations } = tree.stmt(id) else { return };
        let Some(conditions) = self.conditions_of(cx, annotations) else { return };
        let before = std::mem::replace(&mut self.conditions, conditions);
        self.extend_with(cx, *target, *base, methods, body, annotations);
        self.conditions = before;
    }

    #[allow(clippy::too_many_arguments)]
    fn extend_with(
        &mut self,
        cx: &Cx,
        target: apicensus_syntax::ExprId,
        base: Option<apicensus_syntax::ExprId>,
        methods: &[apicensus_syntax::FunctionId],
        body: &apicensus_syntax::Block,
        annotations: &[apicensus_syntax::ExprId],
    ) {
        let tree = cx.tree.clone();
        let target = self.expr(cx, target);
        let Value::Class(class) = self.force(&target) else {
            if base.is_some() {
                self.note_extensions(cx, methods);
            }
            return;
        };
        self.annotate(cx, Value::Class(class.clone()), annotations);
        let inner_scope = scope::new(ScopeKind::Class, Some(cx.scope.clone()));
        inner_scope.set("Self".into(), Value::Class(class.clone()));
        let marks = annotations.iter().filter_map(|id| self.mark(cx, *id, self.at(cx, *id)).symbol).map(Value::Symbol).collect();
        let of = base.map_or(Value::Null, |b| self.expr(cx, b));
        inner_scope.set(IMPL.into(), Value::tuple(vec![Value::list(marks), of.clone()]));
        let inner = Cx { scope: inner_scope.clone(), home: Some(class.clone()), ..cx.clone() };
        let is_second = base.is_some_and(|b| is_optional(&tree, b));
        for id in methods {
            let function = tree.function(*id);
            let Some(name) = function.name.clone() else { continue };
            if is_second && class.attrs.borrow().contains_key(&name) {
                continue;
            }
            let annotations = function.annotations.clone();
            let Some(conditions) = self.conditions_of(cx, &annotations) else { continue };
            let before = std::mem::replace(&mut self.conditions, conditions);
            let made = self.closure(&inner, *id);
            self.conditions = before;
            if let Value::Function(method) = made {
                *method.home.borrow_mut() = Some(class.clone());
                let value = self.annotate(&inner, Value::Function(method), &annotations);
                class.attrs.borrow_mut().insert(name, value);
            }
        }
        for id in body {
            if let Stmt::Bind { target: apicensus_syntax::Pattern::Name(name, _), value: Some(value), .. } = tree.stmt(*id) {
                let lazy = Lazy {
                    what: LazyWhat::Expr(cx.module, inner_scope.clone(), *value),
                    value: RefCell::new(None),
                    busy: Cell::new(false),
                };
                class.attrs.borrow_mut().insert(name.clone(), Value::Lazy(Rc::new(lazy)));
            }
        }
        if base.is_some() {
            class.bases.borrow_mut().push(of);
        }
    }

    /// The attributes of the `impl` that a method stands in, and its trait.
    pub(crate) fn impl_of(&mut self, f: &Closure) -> Option<(Vec<SmolStr>, Value)> {
        let Value::List(parts) = f.scope.get(IMPL)? else { return None };
        let parts = parts.items.borrow().clone();
        let (Some(Value::List(marks)), Some(base)) = (parts.first(), parts.get(1)) else { return None };
        let marks = marks.items.borrow().iter().filter_map(|m| if let Value::Symbol(s) = m { Some(s.clone()) } else { None }).collect();
        Some((marks, self.force(base)))
    }

    /// Makes an instance of a class of the tree, or a framework object when a model knows an ancestor.
    pub(crate) fn construct(&mut self, class: &Rc<ClassValue>, args: Args, at: Place) -> Value {
        if let Some((symbol, Entry::Make(kind))) = self.modelled_base(class) {
            let object = self.make_object(Some(kind), at, Some(class.clone()), false);
            let value = Value::Object(object.clone());
            if !self.initialise(class, &value, args.clone(), at) {
                self.model_construct(&object, &symbol, args, at);
            } else if object.args.borrow().items.is_empty() && object.args.borrow().named.is_empty() {
                // A constructor of the user's that never reached the model's: its prefix attribute may still count.
                self.model_construct(&object, &symbol, Args::default(), at);
            }
            return value;
        }
        if let Some(member) = self.enum_by_value(class, &args) {
            return member;
        }
        if let Some(default) = self.own_traitlet(class, &args, at) {
            return default;
        }
        let instance = Rc::new(Instance { class: class.clone(), fields: RefCell::default(), assumed: false, at });
        let value = Value::Instance(instance.clone());
        self.fill_container(&instance, &args, at);
        if !self.initialise(class, &value, args.clone(), at) {
            self.fill_fields(&instance, args, at);
        }
        value
    }

    fn enum_by_value(&mut self, class: &Rc<ClassValue>, args: &Args) -> Option<Value> {
        if args.items.len() != 1 || !self.outside_bases(class).iter().any(|s| s.starts_with("enum.")) {
            return None;
        }
        let wanted = args.items[0].clone();
        let names: Vec<SmolStr> = class.attrs.borrow().keys().filter(|n| !n.starts_with('_')).cloned().collect();
        for name in names {
            let value = class.attrs.borrow().get(&name).cloned()?;
            if self.equal(&value, &wanted) == Some(true) {
                return self.get_attr(&Value::Class(class.clone()), &name, None);
            }
        }
        None
    }

    /// Runs field initialisers and the constructor; false when there is no user constructor.
    pub(crate) fn initialise(&mut self, class: &Rc<ClassValue>, value: &Value, args: Args, at: Place) -> bool {
        if self.family == Family::JavaScript {
            return self.initialise_js(class, value, args, at);
        }
        match self.class_attr(class, "__init__") {
            Some(Value::Function(init)) => {
                self.call_closure(&init, Some(value.clone()), args, at);
                true
            }
            _ => false,
        }
    }

    fn initialise_js(&mut self, class: &Rc<ClassValue>, value: &Value, args: Args, at: Place) -> bool {
        let order = self.mro(class);
        for base in order.iter().rev() {
            if let Value::Class(base) = base {
                self.run_field_initialisers(base, value);
            }
        }
        for base in &order {
            if let Value::Class(base) = base {
                let constructor = base.attrs.borrow().get("constructor").cloned();
                if let Some(Value::Function(constructor)) = constructor {
                    self.call_closure(&constructor, Some(value.clone()), args, at);
                    return true;
                }
            }
        }
        false
    }

    fn run_field_initialisers(&mut self, class: &Rc<ClassValue>, value: &Value) {
        let Some(id) = class.class else { return };
        let tree = self.module(class.module).tree.clone();
        let cx = Cx {
            module: class.module,
            tree: tree.clone(),
            scope: class.scope.clone(),
            this: Some(value.clone()),
            home: Some(class.clone()),
            function: None,
            out: Rc::default(),
        };
        for field in &tree.class(id).fields {
            if let Some(initialiser) = field.value {
                let field_value = self.expr(&cx, initialiser);
                self.set_attr(value, &field.name, field_value, self.at_span(&cx, field.span));
            }
        }
    }

    /// Fields of dataclasses, models, named tuples and structs, from arguments and class-level defaults.
    fn fill_fields(&mut self, instance: &Rc<Instance>, args: Args, at: Place) {
        let mut names: Vec<SmolStr> = Vec::new();
        for base in self.mro(&instance.class).iter().rev() {
            if let Value::Class(base) = base {
                for field in base.fields.borrow().iter() {
                    if !names.contains(field) {
                        names.push(field.clone());
                    }
                }
            }
        }
        if self.family == Family::Rust {
            for (index, item) in args.items.iter().enumerate() {
                instance.fields.borrow_mut().insert(SmolStr::new(index.to_string()), item.clone());
            }
            return;
        }
        for (name, item) in names.iter().zip(args.items.iter()) {
            instance.fields.borrow_mut().insert(name.clone(), item.clone());
        }
        for (name, item) in &args.named {
            instance.fields.borrow_mut().insert(name.clone(), item.clone());
        }
        if let Some(Value::Function(post)) = self.class_attr(&instance.class.clone(), "__post_init__") {
            self.call_closure(&post, Some(Value::Instance(instance.clone())), Args::default(), at);
        }
    }
}

/// Whether a Rust trait is the lenient one of a pair (`OptionalFromRequest` beside `FromRequest`), whose methods go by the
/// same names.
fn is_optional(tree: &apicensus_syntax::Module, id: apicensus_syntax::ExprId) -> bool {
    use apicensus_syntax::Expr;
    match tree.expr(id) {
        Expr::Name(name) | Expr::Attr(_, name) => name.starts_with("Optional"),
        Expr::Index(inner, _) | Expr::Wrap(_, inner) => is_optional(tree, *inner),
        _ => false,
    }
}
