//! Scopes: names and their values, innermost first.

use crate::value::{Map, ModuleId, Value};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

/// What a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// A module's top level.
    Module(ModuleId),
    /// A function call.
    Function,
    /// A class body (not seen by its methods in Python).
    Class,
    /// A block or a loop turn.
    Block,
}

/// A shared scope.
pub type Scope = Rc<ScopeData>;

/// Names of one scope.
pub struct ScopeData {
    /// What it belongs to.
    pub kind: ScopeKind,
    /// The scope around it.
    pub parent: Option<Scope>,
    /// Its names.
    pub names: RefCell<Map<SmolStr, Value>>,
    /// Names that an outer scope holds (`global`, `nonlocal`).
    pub outer: RefCell<Vec<SmolStr>>,
    /// Its number, in order of making.
    pub serial: u64,
}

thread_local! {
    static MADE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many scopes were made so far: later ones have this number or a higher one.
pub fn made() -> u64 {
    MADE.with(std::cell::Cell::get)
}

/// A new scope.
pub fn new(kind: ScopeKind, parent: Option<Scope>) -> Scope {
    let serial = made();
    MADE.with(|m| m.set(serial + 1));
    Rc::new(ScopeData { kind, parent, names: RefCell::default(), outer: RefCell::default(), serial })
}

impl ScopeData {
    /// The value of a name here or further out, and the scope that holds it.
    pub fn find(self: &Rc<Self>, name: &str) -> Option<(Scope, Value)> {
        let mut scope = self;
        let mut first = true;
        loop {
            if (scope.kind != ScopeKind::Class || first)
                && let Some(value) = scope.names.borrow().get(name)
            {
                return Some((scope.clone(), value.clone()));
            }
            first &= scope.kind == ScopeKind::Block;
            scope = scope.parent.as_ref()?;
        }
    }
    /// The value of a name here or further out.
    pub fn get(self: &Rc<Self>, name: &str) -> Option<Value> {
        self.find(name).map(|(_, value)| value)
    }
    /// The nearest function or module scope.
    pub fn function(self: &Rc<Self>) -> Scope {
        let mut scope = self;
        while scope.kind == ScopeKind::Block {
            match &scope.parent {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope.clone()
    }
    /// Sets a name in this very scope.
    pub fn set(&self, name: SmolStr, value: Value) {
        self.names.borrow_mut().insert(name, value);
    }
}
