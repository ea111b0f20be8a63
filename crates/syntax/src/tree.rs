//! The common tree: what every language is lowered to.
//!
//! One file gives one [`Module`]: arenas of expressions, statements, functions and classes, addressed by
//! small indices, so that a deep file neither recurses on drop nor costs a box a node. The tree stays close
//! to the source's shape and holds no resolution: names are text, imports are as written.
//!
//! Conventions that lowerings keep and the evaluator relies on:
//! - Types are expressions: `Annotated[T, f()]`, `Json<T>`, `Promise<T>` are all [`Expr::Index`] of a name.
//! - Annotations (decorators, attributes, derives) are expressions, a call or a bare name.
//! - A lambda with an expression body has a body of one `Return`.
//! - A Rust block's tail expression and a Rust function's tail are `Return` at function level and
//!   [`Expr::Block`]'s value elsewhere.
//! - Macro calls are calls whose callee is a `Name` (or `Attr` chain) ending in `!`: `routes!`, `rocket::routes!`.
//! - `self`/`this`/`super`: [`Expr::This`] and [`Expr::Super`] where the language has keywords for them (JS `this`,
//!   JS and Python `super`, the latter as a call of `Super`); Python's and Rust's `self` is an ordinary parameter name.
//! - Rust paths `a::b::c` are `Attr(Attr(Name a, b), c)`, with `crate`, `self`, `super`, `Self` as plain names.
//!
//! Look at it with `cargo xtask try FILE`.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            /// The index as `usize`.
            pub fn at(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
index!(
    /// Index of an expression in its module.
    ExprId,
    /// Index of a statement in its module.
    StmtId,
    /// Index of a function in its module.
    FunctionId,
    /// Index of a class in its module.
    ClassId
);

/// A place in a file: bytes from 0, lines from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Line of the last byte, from 1.
    pub end_line: u32,
}

/// The languages that can be lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lang {
    /// Python 3 (and what of 2 the grammar reads).
    Python,
    /// JavaScript with JSX: ES modules, CommonJS.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Rust.
    Rust,
}

impl Lang {
    /// The language's name: `python`, `typescript`. TypeScript with JSX is `tsx`.
    pub fn name(self) -> &'static str {
        match self {
            Lang::Python => "python",
            Lang::JavaScript => "javascript",
            Lang::TypeScript => "typescript",
            Lang::Tsx => "tsx",
            Lang::Rust => "rust",
        }
    }
    /// The language of a name.
    pub fn named(name: &str) -> Option<Lang> {
        [Lang::Python, Lang::JavaScript, Lang::TypeScript, Lang::Tsx, Lang::Rust].into_iter().find(|l| l.name() == name)
    }
}

/// A block of statements.
pub type Block = Vec<StmtId>;

/// One lowered file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Module {
    /// Expressions and where they stand.
    pub exprs: Vec<(Expr, Span)>,
    /// Statements and where they stand.
    pub stmts: Vec<(Stmt, Span)>,
    /// Functions, methods, lambdas.
    pub functions: Vec<Function>,
    /// Classes, structs, enums, traits, interfaces.
    pub classes: Vec<Class>,
    /// The top level in source order, imports included.
    pub body: Block,
    /// The module's doc comment or docstring.
    pub doc: Option<SmolStr>,
    /// What could not be read.
    pub troubles: Vec<SyntaxTrouble>,
}

/// Something in a file that could not be parsed or lowered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntaxTrouble {
    /// Line from 1.
    pub line: u32,
    /// What kind of trouble.
    pub kind: SyntaxTroubleKind,
    /// One sentence, without the place.
    pub message: String,
}

/// Kinds of [`SyntaxTrouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SyntaxTroubleKind {
    /// The grammar found an error here; what is around it was still lowered.
    Syntax,
    /// Nesting over the depth cap; the inner part is `Unknown`.
    TooDeep,
    /// The parse was stopped by its deadline or the file is not of this language at all.
    Unparsed,
}

/// A statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Stmt {
    /// A binding or an assignment.
    Bind {
        /// What is bound.
        target: Pattern,
        /// The value; absent for a bare declaration (`x: int`, `let x;`).
        value: Option<ExprId>,
        /// Declaration, assignment or compound assignment.
        kind: BindKind,
        /// The declared type.
        ty: Option<ExprId>,
    },
    /// An expression for its effect.
    Expr(ExprId),
    /// A named function; binds its name.
    Function(FunctionId),
    /// A named class; binds its name.
    Class(ClassId),
    /// Rust `impl Type { .. }` or `impl Trait for Type { .. }`: adds methods to a class that stands elsewhere.
    Extend {
        /// The type, an expression.
        target: ExprId,
        /// The trait, if any.
        base: Option<ExprId>,
        /// The methods and associated functions.
        methods: Vec<FunctionId>,
        /// Associated constants and types.
        body: Block,
        /// Attributes.
        annotations: Vec<ExprId>,
    },
    /// A named submodule with its body in place (`mod x { .. }`, TS `namespace`).
    Namespace {
        /// Its name.
        name: SmolStr,
        /// Its body.
        body: Block,
        /// `#[cfg(..)]` and the like.
        annotations: Vec<ExprId>,
    },
    /// A branch.
    If {
        /// The condition.
        test: ExprId,
        /// Taken when true.
        then: Block,
        /// Taken when false.
        other: Block,
    },
    /// A loop over a collection.
    For {
        /// What each item is bound to.
        target: Pattern,
        /// The collection.
        iter: ExprId,
        /// The body.
        body: Block,
        /// `for (k in o)` of JavaScript: iterates keys.
        keys: bool,
    },
    /// A counting loop or a `while`.
    While {
        /// Run once before.
        init: Block,
        /// The condition; none for an endless loop.
        test: Option<ExprId>,
        /// Run after each turn.
        step: Block,
        /// The body.
        body: Block,
    },
    /// Return; a Rust tail expression too.
    Return(Option<ExprId>),
    /// Break.
    Break,
    /// Continue.
    Continue,
    /// throw / raise.
    Throw(Option<ExprId>),
    /// try; the handlers' blocks are kept, for guards, but are not run.
    Try {
        /// The guarded block.
        body: Block,
        /// except / catch blocks.
        handlers: Vec<Handler>,
        /// Python's else.
        other: Block,
        /// finally.
        last: Block,
    },
    /// switch / match as a statement.
    Switch {
        /// The subject.
        subject: ExprId,
        /// The cases in order.
        cases: Vec<Case>,
        /// JavaScript's fall-through applies.
        falls: bool,
    },
    /// Python's with; the items bind like assignments.
    With {
        /// (expression, bound pattern).
        items: Vec<(ExprId, Option<Pattern>)>,
        /// The body.
        body: Block,
    },
    /// A plain block `{ .. }`.
    Block(Block),
    /// Rust statements under `#[cfg(..)]`, in the scope around them.
    Given {
        /// The attributes.
        annotations: Vec<ExprId>,
        /// The statements.
        body: Block,
    },
    /// Python's global and nonlocal.
    Outer(Vec<SmolStr>),
    /// An import, of any language.
    Import(Box<Import>),
    /// An export, of JavaScript and TypeScript.
    Export(Export),
    /// Rust `macro_rules!`: kept as text, to be expanded where it is called.
    Macro {
        /// Its name.
        name: SmolStr,
        /// The whole text of the rules, braces included.
        rules: SmolStr,
    },
}

/// A case of [`Stmt::Switch`] or an arm of [`Expr::Match`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// What is matched; empty for the default.
    pub patterns: Vec<Pattern>,
    /// A guard expression.
    pub guard: Option<ExprId>,
    /// The body.
    pub body: Block,
}

/// An except / catch clause.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handler {
    /// The exception type.
    pub ty: Option<ExprId>,
    /// The bound name.
    pub name: Option<SmolStr>,
    /// The body.
    pub body: Block,
}

/// How a binding binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BindKind {
    /// let, const, Rust let, const and static: a new binding of the innermost block.
    Declare,
    /// JavaScript's var: a new binding of the function.
    Var,
    /// An assignment: Python's `=` binds in the function, JavaScript's and Rust's set what exists.
    Assign,
    /// `+=` and the like.
    Compound(BinaryOp),
}

/// The left side of a binding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Pattern {
    /// A name.
    Name(SmolStr, Span),
    /// `a.b = ..`, `a[b] = ..`: any expression that can be assigned to.
    Place(ExprId),
    /// A sequence pattern; at most one item is a `Rest`.
    List(Vec<Pattern>),
    /// An object pattern: (key, pattern); a `Rest` under the key "...".
    Object(Vec<(SmolStr, Pattern)>),
    /// `...rest`, `*rest`.
    Rest(Box<Pattern>),
    /// A pattern with a default.
    Default(Box<Pattern>, ExprId),
    /// Rust `Path(id)`, `Some(x)`, `Foo { a, b }`: constructor and fields.
    Construct {
        /// The constructor as a type expression.
        ty: ExprId,
        /// Positional fields.
        items: Vec<Pattern>,
        /// Named fields.
        fields: Vec<(SmolStr, Pattern)>,
    },
    /// A literal or constant to compare with (match arms).
    Value(ExprId),
    /// Alternatives `a | b`.
    Or(Vec<Pattern>),
    /// `_` and what is not modelled.
    Ignore,
}

/// An import as written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Import {
    /// The module: `a.b` (Python, without leading dots), `./x` (JS), `crate::a::b` (Rust; `::a::b` begins with a crate).
    pub module: SmolStr,
    /// Leading dots of a Python relative import.
    pub level: u32,
    /// (name in the module, local name, place). JS default imports use the name `default`.
    pub names: Vec<(SmolStr, SmolStr, Span)>,
    /// The whole module under a local name: `import a.b as c`, `import * as c`, `use a::b as c` goes to `names`.
    pub namespace: Option<SmolStr>,
    /// Python `import a.b`: binds `a` but loads `a.b`.
    pub root: bool,
    /// `from x import *`, `use x::*`.
    pub star: bool,
    /// Rust `pub use`: exported again (Python and JS re-exports are bindings and `Export`s).
    pub public: bool,
    /// TypeScript `import type`.
    pub type_only: bool,
    /// Rust `mod x;`: a child file; `module` is the name.
    pub child: bool,
    /// Rust `#[path = ".."]` of a child file.
    pub path: Option<SmolStr>,
    /// `#[cfg(..)]` and the like of Rust.
    pub annotations: Vec<ExprId>,
}

/// An export of JavaScript or TypeScript.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Export {
    /// `export { a as b }`, and the names of `export const a = ..` (whose binding stands before it).
    Names(Vec<(SmolStr, SmolStr)>),
    /// `export { a as b } from 'x'`: (name there, exported name).
    From(SmolStr, Vec<(SmolStr, SmolStr)>),
    /// `export * from 'x'` and `export * as ns from 'x'`.
    Star(SmolStr, Option<SmolStr>),
    /// `export default <expr>`; TS `export = <expr>` too, with `true`.
    Default(ExprId, bool),
}

/// A part of a string.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum StrPart {
    /// Text, escapes resolved.
    Text(SmolStr),
    /// An interpolated expression.
    Hole(ExprId),
}

/// An expression.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Expr {
    /// A string, template or f-string.
    Str(Vec<StrPart>),
    /// A number.
    Number(f64),
    /// true / false.
    Bool(bool),
    /// null, undefined, None, `()`.
    Null,
    /// A name.
    Name(SmolStr),
    /// `a.b`, `a::b`, `a?.b`.
    Attr(ExprId, SmolStr),
    /// `a[b]`; type arguments: `A<B, C>` has a `Tuple` list as its index when there is more than one.
    Index(ExprId, ExprId),
    /// `a[b:c]`.
    Slice(ExprId, Option<ExprId>, Option<ExprId>),
    /// A call.
    Call {
        /// What is called; for a method call an `Attr`.
        callee: ExprId,
        /// The arguments.
        args: Vec<Arg>,
        /// Type arguments (`f::<T>()`, `f<T>()`).
        types: Vec<ExprId>,
        /// `new F()`.
        new: bool,
    },
    /// List, tuple, set, array.
    List(ListKind, Vec<Item>),
    /// Dict, object literal, Rust struct literal (then `ty` is its type).
    Dict(Vec<Entry>, Option<ExprId>),
    /// Lambda, closure, function expression.
    Function(FunctionId),
    /// A class expression.
    Class(ClassId),
    /// A binary operation; `a + b + c` nests to the left.
    Binary(BinaryOp, ExprId, ExprId),
    /// A unary operation.
    Unary(UnaryOp, ExprId),
    /// `await e`, `e.await`, `e?` of Rust, `&e`, `*e`, TS `e as T`, `e!`: identity to the evaluator; await only where it is one.
    Wrap(WrapKind, ExprId),
    /// `test ? a : b`, Rust `if` as a value.
    Cond(ExprId, ExprId, ExprId),
    /// An assignment as an expression (JS `a = b`, Python `a := b`).
    Assign(Box<Pattern>, ExprId, BindKind),
    /// A comprehension or generator.
    Comp {
        /// What is built.
        kind: CompKind,
        /// The element, or the key of a dict.
        element: ExprId,
        /// The value of a dict.
        value: Option<ExprId>,
        /// for clauses with their conditions, outermost first.
        clauses: Vec<CompClause>,
    },
    /// A block with a value (Rust), statements then the value.
    Block(Block, Option<ExprId>),
    /// Rust match as a value: arms end in `Return`-less blocks whose last statement's expression is the value.
    Match(ExprId, Vec<(Case, Option<ExprId>)>),
    /// yield.
    Yield(Option<ExprId>),
    /// A regular expression literal, flags dropped.
    Regex(SmolStr),
    /// JavaScript `this`.
    This,
    /// `super`.
    Super,
    /// Dynamic `import(e)`.
    Import(ExprId),
    /// Something the tree has no word for; its kind is the grammar's node name.
    Unknown(SmolStr),
}

/// Kinds of [`Expr::List`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListKind {
    /// list, array, `vec!`.
    List,
    /// tuple.
    Tuple,
    /// set.
    Set,
}

/// Kinds of [`Expr::Comp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CompKind {
    /// List or generator.
    List,
    /// Set.
    Set,
    /// Dict.
    Dict,
}

/// A clause of a comprehension.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompClause {
    /// What each item is bound to.
    pub target: Pattern,
    /// The collection.
    pub iter: ExprId,
    /// Conditions.
    pub tests: Vec<ExprId>,
}

/// What an [`Expr::Wrap`] wraps with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WrapKind {
    /// await.
    Await,
    /// Rust `?`.
    Try,
    /// `&`, `&mut`, `*`.
    Reference,
    /// `as T`, `<T>e`, `e!`, `e satisfies T`.
    Cast,
}

/// An argument of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Arg {
    /// A positional one.
    Positional(ExprId),
    /// A named one.
    Named(SmolStr, ExprId),
    /// `*list`, `...list`.
    Spread(ExprId),
    /// `**dict`.
    SpreadNamed(ExprId),
}

/// An item of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Item {
    /// One value.
    One(ExprId),
    /// All values of a collection.
    Spread(ExprId),
}

/// An entry of a dict or object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Entry {
    /// key: value. A plain key is a `Str`; a computed one any expression. Methods are values too.
    Pair(ExprId, ExprId),
    /// `**other`, `...other`, `..other`.
    Spread(ExprId),
    /// A getter.
    Getter(SmolStr, FunctionId),
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/` (also Python's path join)
    Div,
    /// `%` (also Python's formatting)
    Mod,
    /// `|` (union of dicts, sets and types; bit or)
    BitOr,
    /// `&`
    BitAnd,
    /// Any other arithmetic.
    Other,
    /// `==`, `===`, `is`
    Eq,
    /// `!=`, `!==`, `is not`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `a in b`
    In,
    /// `a not in b`
    NotIn,
    /// `a instanceof b`
    InstanceOf,
    /// `and`, `&&`
    And,
    /// `or`, `||`
    Or,
    /// `??`
    Coalesce,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `not`, `!`
    Not,
    /// `-`
    Minus,
    /// `typeof`
    TypeOf,
    /// `void`, `delete`, `~`, `+`
    Other,
}

/// A function, method, getter, lambda or closure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Its name; for lambdas none.
    pub name: Option<SmolStr>,
    /// What it is.
    pub kind: FunctionKind,
    /// Its parameters, `self` included where the language writes it.
    pub params: Vec<Param>,
    /// Decorators and attributes, outermost first.
    pub annotations: Vec<ExprId>,
    /// Its declared return type.
    pub returns: Option<ExprId>,
    /// Its body; empty for declarations.
    pub body: Block,
    /// Doc comment or docstring.
    pub doc: Option<SmolStr>,
    /// async.
    pub is_async: bool,
    /// A generator.
    pub is_generator: bool,
    /// static (JS, TS, Rust without `self`), `@staticmethod` is an annotation.
    pub is_static: bool,
    /// private / pub is not kept; abstract or a bare declaration has no body.
    pub is_abstract: bool,
    /// The whole function, annotations excluded: `span.line` is the line of `def`/`function`/`fn`/the arrow's start.
    pub span: Span,
}

/// Kinds of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionKind {
    /// A function with its own `this`.
    Function,
    /// A closure that keeps the outer `this`; Python and Rust lambdas.
    Lambda,
    /// A method of a class or object.
    Method,
    /// A constructor (JS `constructor`; Python's `__init__` is a method).
    Constructor,
    /// A getter.
    Getter,
    /// A setter.
    Setter,
}

/// A parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Param {
    /// What it binds.
    pub pattern: Pattern,
    /// Its declared type.
    pub ty: Option<ExprId>,
    /// Its default.
    pub default: Option<ExprId>,
    /// How it takes arguments.
    pub kind: ParamKind,
    /// Parameter decorators and attributes.
    pub annotations: Vec<ExprId>,
    /// TypeScript parameter property: also a field of `this`.
    pub is_field: bool,
    /// `x?: T`.
    pub optional: bool,
}

/// How a parameter takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParamKind {
    /// By place or name.
    Normal,
    /// By name only.
    NameOnly,
    /// `*args`, `...args`.
    Rest,
    /// `**kwargs`.
    RestNamed,
}

/// A class, struct, enum, trait or interface.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Class {
    /// Its name; for class expressions maybe none.
    pub name: Option<SmolStr>,
    /// What it is.
    pub kind: ClassKind,
    /// Base classes, as expressions (Rust: supertraits; TS: `extends` only).
    pub bases: Vec<ExprId>,
    /// Python class keywords (`metaclass=..`, others go to `__init_subclass__`).
    pub keywords: Vec<(SmolStr, ExprId)>,
    /// Decorators, attributes, derives.
    pub annotations: Vec<ExprId>,
    /// What runs when the class is made, in order, binding class attributes: the whole of a Python body (methods included, as
    /// `Stmt::Function`); JS static fields (as `Bind`s) and static blocks; Rust enum variants are `fields`.
    pub body: Block,
    /// Instance fields: JS fields with initialisers (run on construction with `this`), TS declared fields, struct fields, enum
    /// variants, interface properties.
    pub fields: Vec<Field>,
    /// Methods that are not in `body` (JS, TS, Rust traits with bodies), getters and constructor included.
    pub methods: Vec<FunctionId>,
    /// Doc comment or docstring.
    pub doc: Option<SmolStr>,
    /// abstract.
    pub is_abstract: bool,
    /// The whole class, annotations excluded.
    pub span: Span,
}

/// Kinds of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClassKind {
    /// class
    Class,
    /// Rust struct
    Struct,
    /// enum
    Enum,
    /// trait, interface
    Interface,
    /// A type alias `type A = B`: the one base is the aliased type.
    Alias,
}

/// A field of a class.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its name; tuple fields are "0", "1", ..
    pub name: SmolStr,
    /// Its type.
    pub ty: Option<ExprId>,
    /// Its initialiser, or the value of an enum member.
    pub value: Option<ExprId>,
    /// Decorators and attributes.
    pub annotations: Vec<ExprId>,
    /// `x?: T`.
    pub optional: bool,
    /// Doc comment.
    pub doc: Option<SmolStr>,
    /// Where it stands.
    pub span: Span,
}

impl Module {
    /// The expression behind an id.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.at()].0
    }
    /// Where an expression stands.
    pub fn span(&self, id: ExprId) -> Span {
        self.exprs[id.at()].1
    }
    /// The statement behind an id.
    pub fn stmt(&self, id: StmtId) -> &Stmt {
        &self.stmts[id.at()].0
    }
    /// Where a statement stands.
    pub fn stmt_span(&self, id: StmtId) -> Span {
        self.stmts[id.at()].1
    }
    /// The function behind an id.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.at()]
    }
    /// The class behind an id.
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.at()]
    }
    /// Adds an expression.
    pub fn add_expr(&mut self, mut expr: Expr, span: Span) -> ExprId {
        expr.shrink();
        self.exprs.push((expr, span));
        ExprId(self.exprs.len() as u32 - 1)
    }
    /// Adds a statement.
    pub fn add_stmt(&mut self, stmt: Stmt, span: Span) -> StmtId {
        self.stmts.push((stmt, span));
        StmtId(self.stmts.len() as u32 - 1)
    }
    /// Adds a function.
    pub fn add_function(&mut self, function: Function) -> FunctionId {
        self.functions.push(function);
        FunctionId(self.functions.len() as u32 - 1)
    }
    /// Adds a class.
    pub fn add_class(&mut self, class: Class) -> ClassId {
        self.classes.push(class);
        ClassId(self.classes.len() as u32 - 1)
    }
}
