//! The abstract values registration code is evaluated over.
//!
//! A value is known, unknown with a reason, or one of a few alternatives. Lists, dicts, instances and framework
//! objects are shared and mutable, as in the languages themselves. Everything stays on one thread.

use crate::models::KindId;
use crate::output::{Condition, Place};
use crate::scope::Scope;
use crate::text::Text;
use apicensus_syntax::{ClassId, ExprId, FunctionId, ListKind};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A map that keeps insertion order.
pub type Map<K, V> = IndexMap<K, V, FxBuildHasher>;

/// Index of a module instance in the world: a file, or an inline module of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// A provisional entry: a function that nothing called, run with unknown arguments.
pub type EntryId = u32;

/// An abstract value.
#[derive(Clone)]
pub enum Value {
    /// Not known, and why.
    Unknown(Rc<Unknown>),
    /// None, null, undefined, `()`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, maybe with holes.
    Text(Rc<Text>),
    /// A list, tuple or set.
    List(Rc<List>),
    /// A dict, object literal, Map.
    Dict(Rc<Dict>),
    /// A function of the tree.
    Function(Rc<Closure>),
    /// A class of the tree.
    Class(Rc<ClassValue>),
    /// An instance of a class of the tree.
    Instance(Rc<Instance>),
    /// A module of the tree.
    Module(ModuleId),
    /// A namespace package: a folder.
    Folder(SmolStr),
    /// A name of an outside package: `fastapi.APIRouter`.
    Symbol(SmolStr),
    /// A framework object.
    Object(Rc<Object>),
    /// An attribute of a value that only means something when called.
    Method(Rc<Bound>),
    /// A function of the tree bound to its receiver.
    BoundFunction(Value2),
    /// A modelled call that waits for the function it decorates.
    Pending(Rc<Pending>),
    /// A regular expression.
    Regex(SmolStr),
    /// At most [`MAX_EITHER`] alternatives.
    Either(Rc<Vec<Value>>),
    /// Known as text, unknown as a condition.
    Default(Rc<Value>),
    /// An import or constant resolved at use.
    Lazy(Rc<Lazy>),
    /// `super` of a class for a receiver.
    Super(Rc<(Rc<ClassValue>, Value)>),
}

/// A receiver and a function.
pub type Value2 = Rc<(Value, Rc<Closure>)>;

/// Alternatives a value may have.
pub const MAX_EITHER: usize = 8;

/// Why a value is not known, and what it was made of.
#[derive(Default)]
pub struct Unknown {
    /// What stands in the source.
    pub label: SmolStr,
    /// Why.
    pub reason: SmolStr,
    /// Where.
    pub at: Option<Place>,
    /// The outside name that was called, if it came from a call of one.
    pub callee: Option<SmolStr>,
    /// The arguments of that call, callees' receivers first.
    pub args: Args,
    /// The results of callbacks that were run for it.
    pub results: Vec<Value>,
    /// What it is an attribute of, or was called on, when that came from an outside name or is a class with outside bases.
    pub from: Option<Value>,
}

/// A list, tuple or set.
pub struct List {
    /// Which.
    pub kind: ListKind,
    /// Its items.
    pub items: RefCell<Vec<Value>>,
    /// There may be items that are not known.
    pub open: Cell<bool>,
}

/// A key of a dict.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// Text or anything printed as text.
    Text(SmolStr),
    /// Identity of a shared value.
    Ptr(usize),
}

/// A dict or object.
#[derive(Default)]
pub struct Dict {
    /// Key value and value by key.
    pub entries: RefCell<Map<Key, (Value, Value)>>,
    /// Getters by name.
    pub getters: RefCell<Map<SmolStr, Rc<Closure>>>,
    /// There may be entries that are not known.
    pub open: Cell<bool>,
    /// Exports of a module compiled from ES syntax (`__esModule`).
    pub es: Cell<bool>,
    /// Outer scope's `this` class when it is a prototype.
    pub proto: RefCell<Option<Value>>,
}

/// A function with its captured scope.
pub struct Closure {
    /// Where it stands.
    pub module: ModuleId,
    /// Which.
    pub function: FunctionId,
    /// The scope it was made in.
    pub scope: Scope,
    /// The class it is a method of.
    pub home: RefCell<Option<Rc<ClassValue>>>,
    /// The captured `this` of a lambda.
    pub this: Option<Value>,
    /// Properties set on it, `prototype` included.
    pub props: RefCell<Map<SmolStr, Value>>,
    /// Annotations that were applied, outermost first.
    pub marks: RefCell<Vec<Mark>>,
    /// The function it wraps (`functools.wraps`).
    pub wraps: RefCell<Option<Value>>,
    /// Conditions it was made under.
    pub conditions: Conditions,
}

/// An annotation as applied.
#[derive(Clone)]
pub struct Mark {
    /// What was applied: a symbol, a function, or an unknown with callee and arguments.
    pub value: Value,
    /// The dotted outside name, if it is one (of the callee when called).
    pub symbol: Option<SmolStr>,
    /// Arguments of the annotation.
    pub args: Args,
    /// Where.
    pub at: Place,
}

/// A class of the tree.
pub struct ClassValue {
    /// Where it stands.
    pub module: ModuleId,
    /// Which; none for one made by a call (`namedtuple`, functions used as classes).
    pub class: Option<ClassId>,
    /// Its name.
    pub name: SmolStr,
    /// Its bases, forced when used.
    pub bases: RefCell<Vec<Value>>,
    /// Class attributes and methods.
    pub attrs: RefCell<Map<SmolStr, Value>>,
    /// Setters' and getters' names are in `attrs` as functions; these are getters.
    pub getters: RefCell<Map<SmolStr, Rc<Closure>>>,
    /// The scope its methods and field initialisers see.
    pub scope: Scope,
    /// Annotations.
    pub marks: RefCell<Vec<Mark>>,
    /// Where it was made.
    pub at: Place,
    /// Field names of a namedtuple or the like, in order.
    pub fields: RefCell<Vec<SmolStr>>,
    /// Conditions it was made under.
    pub conditions: Conditions,
}

/// An instance of a class of the tree.
pub struct Instance {
    /// Its class.
    pub class: Rc<ClassValue>,
    /// Its fields.
    pub fields: RefCell<Map<SmolStr, Value>>,
    /// Made up for a provisional run: unknown fields are plain unknown.
    pub assumed: bool,
    /// Where it was made.
    pub at: Place,
}

/// A framework object.
pub struct Object {
    /// Its number, in order of making.
    pub id: u32,
    /// Which framework and role; none while only assumed.
    pub kind: Cell<Option<KindId>>,
    /// Where it was made.
    pub site: Place,
    /// The user's subclass.
    pub class: Option<Rc<ClassValue>>,
    /// User properties.
    pub props: RefCell<Map<SmolStr, Value>>,
    /// What was registered on it.
    pub events: RefCell<Vec<Rc<Event>>>,
    /// Its own prefix.
    pub prefix: RefCell<Option<Value>>,
    /// Arguments it was made with.
    pub args: RefCell<Args>,
    /// The provisional entry that made it.
    pub entry: Option<EntryId>,
    /// Conditions it was made under.
    pub conditions: Conditions,
    /// Made up for an unknown parameter.
    pub assumed: bool,
    /// The functions it was made in, innermost first, at most two.
    pub makers: Vec<(ModuleId, FunctionId)>,
    /// Tests, examples or documents made it, by calls of whatever code.
    pub secondary: bool,
    /// The call of the tree's own code that made it, where a package of another tree did.
    pub called_at: Option<Place>,
}

/// Conditions in force, outermost first.
pub type Conditions = Rc<Vec<Rc<Condition>>>;

/// Something registered on an object.
pub struct Event {
    /// What.
    pub what: What,
    /// Where.
    pub at: Place,
    /// Under which conditions.
    pub conditions: Conditions,
    /// In which provisional entry.
    pub entry: Option<EntryId>,
    /// The calls of user functions on the way, innermost last.
    pub via: Vec<Place>,
}

/// What an [`Event`] registers.
pub enum What {
    /// A route.
    Route(RouteEvent),
    /// A child under a prefix.
    Mount {
        /// The prefix.
        prefix: Option<Value>,
        /// The child: an object, a route list, a handler.
        child: Value,
        /// The prefix replaces the child's own.
        replaces: bool,
        /// Methods and other facts for when the child turns out to be a handler.
        route: Option<RouteEvent>,
    },
    /// A guard or middleware.
    Guard {
        /// What is applied.
        value: Value,
        /// Only under this prefix.
        prefix: Option<Value>,
        /// To which routes of the object it applies.
        reach: Reach,
    },
}

/// Which routes of an object a guard of it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those registered after it.
    After,
    /// All.
    All,
    /// Those registered before it.
    Before,
}

/// A route event.
#[derive(Clone, Default)]
pub struct RouteEvent {
    /// None for ANY.
    pub methods: Option<Vec<SmolStr>>,
    /// The path; a list for several.
    pub path: Option<Value>,
    /// The handler.
    pub handler: Option<Value>,
    /// Guards given with it.
    pub guards: Vec<Value>,
    /// websocket, sse.
    pub protocol: Option<SmolStr>,
    /// Marked deprecated at registration.
    pub deprecated: bool,
    /// The methods are those that stand in when none are given.
    pub default_methods: bool,
    /// Methods come from the handler class's verbs when it is a class.
    pub by_class: bool,
    /// The path syntax, when it is not the framework's.
    pub style: Option<SmolStr>,
    /// The framework, when it is not the object's.
    pub framework: Option<SmolStr>,
    /// Served by third-party code.
    pub third_party: bool,
    /// What serves it is the framework's own and asks nothing of callers: its guards are all there is.
    pub bare: bool,
    /// It stands in an annotation of its handler.
    pub annotated: bool,
    /// Where that annotation stands.
    pub annotation: Option<Place>,
    /// It carries nothing but the guards of a mount.
    pub guards_only: bool,
    /// What its handler and the class around that are marked with.
    pub marks: Option<Rc<crate::guard::Marks>>,
    /// What its registration tells of inputs and answers.
    pub told: Option<Rc<crate::shape::Told>>,
}

/// A name of a value, for a later call.
pub struct Bound {
    /// The receiver.
    pub receiver: Value,
    /// The name.
    pub name: SmolStr,
    /// Arguments already given (bind, partial); then `name` is empty and the receiver is what is called.
    pub args: Args,
}

/// A modelled decorator call.
pub struct Pending {
    /// The object or symbol it was called on.
    pub receiver: Value,
    /// Framework and call spec.
    pub spec: (u16, u16),
    /// The name it was called by.
    pub name: SmolStr,
    /// Its arguments.
    pub args: Args,
    /// Where.
    pub at: Place,
}

/// Something resolved at use.
pub struct Lazy {
    /// What.
    pub what: LazyWhat,
    /// The result.
    pub value: RefCell<Option<Value>>,
    /// Being resolved.
    pub busy: Cell<bool>,
}

/// What a [`Lazy`] resolves to.
pub enum LazyWhat {
    /// A name of a module.
    Name(Value, SmolStr, Place),
    /// A constant's initialiser.
    Expr(ModuleId, Scope, ExprId),
}

/// Arguments of a call.
#[derive(Clone, Default)]
pub struct Args {
    /// Positional values.
    pub items: Vec<Value>,
    /// Named values.
    pub named: Vec<(SmolStr, Value)>,
    /// An unknown spread was among the positional ones.
    pub open: bool,
    /// An unknown spread was among the named ones.
    pub open_named: bool,
}

impl Args {
    /// Positional arguments only.
    pub fn of(items: Vec<Value>) -> Args {
        Args { items, ..Args::default() }
    }
    /// A positional argument.
    pub fn at(&self, index: usize) -> Option<&Value> {
        self.items.get(index)
    }
    /// A named argument.
    pub fn name(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
    /// A positional argument or the same by name.
    pub fn get(&self, index: usize, name: &str) -> Option<&Value> {
        self.name(name).or_else(|| self.at(index))
    }
}

impl Value {
    /// Plain text without a place.
    pub fn text(text: impl Into<SmolStr>) -> Value {
        Value::Text(Rc::new(Text::plain(text.into(), None)))
    }
    /// A list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::of_kind(ListKind::List, items)
    }
    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Value {
        Value::of_kind(ListKind::Tuple, items)
    }
    /// A list, tuple or set.
    pub fn of_kind(kind: ListKind, items: Vec<Value>) -> Value {
        Value::List(Rc::new(List { kind, items: RefCell::new(items), open: Cell::new(false) }))
    }
    /// A dict with text keys.
    pub fn dict(entries: impl IntoIterator<Item = (SmolStr, Value)>) -> Value {
        let dict = Dict::default();
        for (key, value) in entries {
            dict.set(&Value::text(key), value);
        }
        Value::Dict(Rc::new(dict))
    }
    /// An unknown value.
    pub fn unknown(label: impl Into<SmolStr>, reason: impl Into<SmolStr>, at: Option<Place>) -> Value {
        Value::Unknown(Rc::new(Unknown { label: label.into(), reason: reason.into(), at, ..Unknown::default() }))
    }
    /// Whether it is unknown altogether.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown(_))
    }
    /// Without a `Default` around it.
    pub fn plain(&self) -> Value {
        match self {
            Value::Default(inner) => inner.plain(),
            other => other.clone(),
        }
    }
    /// The text if it is a string without holes.
    pub fn as_str(&self) -> Option<SmolStr> {
        match self {
            Value::Text(text) => text.known(),
            Value::Default(inner) => inner.as_str(),
            _ => None,
        }
    }
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            Value::Default(inner) => inner.as_number(),
            _ => None,
        }
    }
    /// Joins alternatives into one value: duplicates and nested alternatives are folded, the list is capped.
    pub fn either(values: impl IntoIterator<Item = Value>) -> Value {
        let mut all: Vec<Value> = Vec::new();
        for value in values {
            let parts = match &value {
                Value::Either(inner) => inner.as_ref().clone(),
                _ => vec![value],
            };
            for part in parts {
                if all.len() < MAX_EITHER && !all.iter().any(|v| v.same(&part)) {
                    all.push(part);
                }
            }
        }
        match all.len() {
            0 => Value::Null,
            1 => all.remove(0),
            _ => Value::Either(Rc::new(all)),
        }
    }
    /// The alternatives of a value, or itself.
    pub fn alternatives(&self) -> Vec<Value> {
        match self {
            Value::Either(all) => all.as_ref().clone(),
            Value::Default(inner) => inner.alternatives(),
            other => vec![other.clone()],
        }
    }
    /// Identity of a shared value.
    pub fn ptr(&self) -> Option<usize> {
        Some(match self {
            Value::List(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Dict(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Function(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Class(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Instance(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Object(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Pending(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            Value::Lazy(v) => Rc::as_ptr(v).cast::<u8>() as usize,
            _ => return None,
        })
    }
    /// Same identity, or equal constants; all unknowns without a callee are the same.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a.same(b),
            (Value::Symbol(a), Value::Symbol(b)) => a == b,
            (Value::Module(a), Value::Module(b)) => a == b,
            (Value::Folder(a), Value::Folder(b)) => a == b,
            (Value::Regex(a), Value::Regex(b)) => a == b,
            (Value::Unknown(a), Value::Unknown(b)) => Rc::ptr_eq(a, b) || (a.callee.is_none() && b.callee.is_none() && a.label == b.label),
            (Value::Default(a), Value::Default(b)) => a.same(b),
            (Value::Either(a), Value::Either(b)) => Rc::ptr_eq(a, b),
            (Value::BoundFunction(a), Value::BoundFunction(b)) => a.0.same(&b.0) && Rc::ptr_eq(&a.1, &b.1),
            (Value::Method(a), Value::Method(b)) => {
                a.name == b.name && a.receiver.same(&b.receiver) && a.args.items.is_empty() && b.args.items.is_empty()
            }
            _ => self.ptr().is_some() && self.ptr() == other.ptr(),
        }
    }
}

impl Key {
    /// The key for a value, if it can be one.
    pub fn of(value: &Value) -> Option<Key> {
        Some(match value {
            Value::Text(t) => Key::Text(t.known().unwrap_or_else(|| SmolStr::new(t.show()))),
            Value::Number(n) => Key::Text(crate::text::number(*n)),
            Value::Bool(b) => Key::Text(SmolStr::new_static(if *b { "true" } else { "false" })),
            Value::Null => Key::Text(SmolStr::new_static("null")),
            Value::Symbol(s) => Key::Text(SmolStr::new(format!("<{s}>"))),
            Value::Module(m) => Key::Text(SmolStr::new(format!("<module {}>", m.0))),
            Value::Default(inner) => return Key::of(inner),
            Value::List(list) if list.kind == ListKind::Tuple => {
                let parts: Option<Vec<String>> = list.items.borrow().iter().map(|v| Key::of(v).map(|k| format!("{k:?}"))).collect();
                Key::Text(SmolStr::new(parts?.join(",")))
            }
            other => Key::Ptr(other.ptr()?),
        })
    }
}

impl Dict {
    /// Sets an entry; an unknown key opens the dict.
    pub fn set(&self, key: &Value, value: Value) {
        match Key::of(key) {
            Some(k) => {
                self.entries.borrow_mut().insert(k, (key.clone(), value));
            }
            None => self.open.set(true),
        }
    }
    /// Reads an entry by a text key.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().get(&Key::Text(SmolStr::new(key))).map(|(_, v)| v.clone())
    }
}
