//! The evaluator proper: statements, expressions, calls, classes, patterns, imports, for every language.

pub(crate) mod attr;
mod branch;
mod call;
pub(crate) mod cfg;
mod class;
mod collection;
mod declared;
pub(crate) mod emitted;
pub(crate) mod expand;
mod expr;
mod extension;
mod fields;
pub(crate) mod function;
mod import;
pub(crate) mod items;
mod late;
mod line;
mod literal;
pub(crate) mod module;
mod ops;
pub(crate) mod pattern;
mod stmt;

pub(crate) use call::MISSING_BASE;
pub use stmt::Flow;

use crate::output::Place;
use crate::scope::{self, Scope, ScopeKind};
use crate::value::{ClassValue, Closure, ModuleId, Value};
use crate::world::World;
use apicensus_syntax::{ExprId, Module, Span};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Where evaluation stands: module, scope, receiver.
#[derive(Clone)]
pub struct Cx {
    /// The module.
    pub module: ModuleId,
    /// Its tree.
    pub tree: Arc<Module>,
    /// The innermost scope.
    pub scope: Scope,
    /// JavaScript's `this`; Python's and Rust's self for `super`.
    pub this: Option<Value>,
    /// The class whose method runs.
    pub home: Option<Rc<ClassValue>>,
    /// The function that runs.
    pub function: Option<Rc<Closure>>,
    /// Values returned and yielded so far.
    pub out: Rc<Out>,
}

/// What a running function has given so far.
#[derive(Default)]
pub struct Out {
    /// Returned values.
    pub returns: RefCell<Vec<Value>>,
    /// Yielded values.
    pub yields: RefCell<Vec<Value>>,
}

impl Cx {
    /// The same in a new block scope.
    pub fn block(&self) -> Cx {
        Cx { scope: scope::new(ScopeKind::Block, Some(self.scope.clone())), ..self.clone() }
    }
}

impl World<'_> {
    /// Where an expression stands.
    pub fn at(&self, cx: &Cx, id: ExprId) -> Place {
        self.place(cx.module, cx.tree.span(id))
    }
    /// A place of a span.
    pub fn at_span(&self, cx: &Cx, span: Span) -> Place {
        self.place(cx.module, span)
    }
    /// The context of a module's top level.
    pub fn top(&self, module: ModuleId) -> Cx {
        let inst = self.module(module);
        Cx { module, tree: inst.tree.clone(), scope: inst.scope.clone(), this: None, home: None, function: None, out: Rc::default() }
    }
}
