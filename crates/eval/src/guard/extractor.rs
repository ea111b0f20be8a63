//! Extractors of Rust: types of handlers' parameters that are made from the request and refuse by failing. The type is
//! looked up, through references, `Option` and wrappers that a model knows; what its own implementation does is read.

use super::{Reading, names};
use crate::evaluate::Family;
use crate::output::{Ruling, Says};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, BindKind, ClassKind, Entry, Expr, ExprId, FunctionId, Module, Pattern, Stmt, WrapKind};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use std::rc::Rc;

/// Methods by which a type is made from a request.
const MAKERS: &[&str] = &["from_request_parts", "from_request"];
/// Methods that make the extractor named by their type argument.
const BY_TYPE: &[&str] = &["extract", "extract_with_state", "guard", "extract_parts", "extract_parts_with_state"];
/// Methods of errors that say how they answer.
const ANSWERS: &[&str] = &["into_response", "error_response", "status_code", "respond_to", "as_response"];
/// Calls that turn a failure into a value.
const SOFTENS: &[&str] = &["ok", "is_ok", "is_err", "is_some", "is_none", "unwrap_or", "unwrap_or_default", "succeeded"];

/// How a function that makes an extractor ends.
#[derive(Default)]
struct Ends {
    /// It fails in so many words.
    fails: bool,
    /// It passes failures on.
    tries: bool,
    /// It gives a success that holds nothing.
    empty: bool,
    /// It looks at headers, cookies or what middleware left in the request.
    looks: bool,
}

/// Whether a method makes a value of its class from a request.
pub(super) fn makes(name: &str) -> bool {
    MAKERS.contains(&name)
}

/// The calls whose failure is taken as an answer and not passed on: `check(req).await.ok()`, `if let Ok(user) = check(req)`.
pub(super) fn softened(tree: &Module, exprs: &[ExprId]) -> FxHashSet<ExprId> {
    let mut out = FxHashSet::default();
    for id in exprs {
        let inner = match tree.expr(*id) {
            Expr::Call { callee, .. } => match tree.expr(*callee) {
                Expr::Attr(base, name) if SOFTENS.contains(&name.as_str()) => *base,
                _ => continue,
            },
            Expr::Assign(pattern, value, BindKind::Declare) => match pattern.as_ref() {
                Pattern::Construct { ty, .. } if matches!(tree.expr(*ty), Expr::Name(n) if n == "Ok" || n == "Some") => *value,
                _ => continue,
            },
            _ => continue,
        };
        out.insert(unwrapped(tree, inner));
    }
    out
}

/// What stands behind `await` and references.
fn unwrapped(tree: &Module, id: ExprId) -> ExprId {
    let mut id = id;
    while let Expr::Wrap(WrapKind::Await | WrapKind::Reference, inner) = tree.expr(id) {
        id = *inner;
    }
    id
}

impl Ends {
    fn of(tree: &Module, exprs: &[ExprId]) -> Ends {
        let mut out = Ends::default();
        for id in exprs {
            match tree.expr(*id) {
                Expr::Wrap(WrapKind::Try, _) => out.tries = true,
                Expr::Attr(_, name) => out.looks |= is_carrier(name),
                Expr::Name(name) => out.looks |= is_carrier(name),
                Expr::Call { callee, args, .. } => {
                    let (Expr::Name(name) | Expr::Attr(_, name)) = tree.expr(*callee) else { continue };
                    out.fails |= is_failure(name);
                    match name.as_str() {
                        "try_outcome!" => out.tries = true,
                        "Ok" | "Success" => out.empty |= args.iter().any(|a| holds_nothing(tree, a)),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        out
    }
}

/// Whether an expression fails in so many words: `Err(..)`, `.ok_or(..)`, `bail!(..)`.
pub(super) fn fails(tree: &Module, id: ExprId) -> bool {
    let Expr::Call { callee, .. } = tree.expr(id) else { return false };
    matches!(tree.expr(*callee), Expr::Name(name) | Expr::Attr(_, name) if is_failure(name))
}

fn is_failure(name: &str) -> bool {
    matches!(name, "Err" | "Error" | "Forward" | "Failure" | "ok_or" | "ok_or_else" | "or_forward" | "or_error" | "into_outcome")
        || name.ends_with('!') && (name.starts_with("err") || name.starts_with("bail") || name.starts_with("ensure"))
}

/// Names of what carries a caller's proof.
fn is_carrier(name: &str) -> bool {
    matches!(name, "headers" | "extensions" | "extensions_mut" | "cookies" | "cookie" | "session" | "get_session" | "get_private" | "jar")
        || matches!(name, "CookieJar" | "PrivateCookieJar" | "SignedCookieJar" | "TypedHeader" | "Session" | "local_cache" | "Extension")
}

/// `None`, `Self(None)`, `User { id: None }`.
fn holds_nothing(tree: &Module, arg: &Arg) -> bool {
    let Arg::Positional(id) = arg else { return false };
    match tree.expr(*id) {
        Expr::Name(name) => name == "None",
        Expr::Null => false,
        Expr::Call { args, .. } => !args.is_empty() && args.iter().all(|a| holds_nothing(tree, a)),
        Expr::Dict(entries, _) => {
            let is_none = |e: &Entry| matches!(e, Entry::Pair(_, v) if matches!(tree.expr(*v), Expr::Name(n) if n == "None"));
            !entries.is_empty() && entries.iter().all(is_none)
        }
        _ => false,
    }
}

impl World<'_> {
    /// What a type says that is made from a request by this function of its own.
    pub(super) fn extractor_ruling(&mut self, class: &Rc<ClassValue>, f: &Rc<Closure>, depth: u32) -> Ruling {
        let tree = self.module(f.module).tree.clone();
        let mut exprs = Vec::new();
        crate::walk::function(&tree, f.function, &mut |e| exprs.push(e));
        let ends = Ends::of(&tree, &exprs);
        let reading: Reading = self.reading(f, depth);
        let mut own = reading.as_guard();
        let lenient = names::may_lack(&class.name) && reading.denies.is_none() || self.holds_options(class) || ends.empty;
        if lenient && own.says == Says::Required {
            own.says = Says::Optional;
        }
        let rejects = !lenient && reading.offers.is_none() && (ends.fails || ends.tries);
        let asks = reading.proof() || ends.looks && names::is_identity(&class.name);
        if rejects && asks && own.says < Says::Required { reading.as_test_of_caller() } else { own }
    }

    /// What a derive that a model knows makes of a class; its `ty` names the scheme, an enum with a fallback asks of nobody.
    pub(super) fn derived_ruling(&mut self, class: &Rc<ClassValue>) -> Option<Ruling> {
        let id = class.class.filter(|_| self.family == Family::Rust)?;
        let tree = self.module(class.module).tree.clone();
        let annotations = &tree.class(id).annotations;
        let mut ruling = annotations.iter().flat_map(|a| positional(&tree, *a, Some("derive"))).find_map(|derive| {
            let Some(Value::Symbol(symbol)) = self.named_value(&class.scope, None, &tree, derive, 0) else { return None };
            let known = self.input.models.guard(self.family.language(), &symbol).is_some();
            known.then(|| self.symbol_ruling(&symbol, &Args::default(), 0))
        })?;
        let fields = &tree.class(id).fields;
        let kind = annotations.iter().find_map(|a| named_text(&tree, *a, "ty"));
        ruling.schemes = kind.map(|k| (names::scheme_of(&k), class.name.clone())).into_iter().collect();
        let given = fields.iter().flat_map(|f| &f.annotations).flat_map(|a| positional(&tree, *a, None));
        if given.into_iter().any(|e| matches!(tree.expr(e), Expr::Name(n) if n == "fallback")) {
            ruling.says = Says::Optional;
        }
        Some(ruling)
    }

    /// Whether all that a class holds may be missing.
    fn holds_options(&mut self, class: &Rc<ClassValue>) -> bool {
        let Some(id) = class.class else { return false };
        let tree = self.module(class.module).tree.clone();
        let fields = &tree.class(id).fields;
        !fields.is_empty()
            && fields.iter().all(|field| {
                field.ty.is_some_and(|ty| {
                    matches!(tree.expr(ty), Expr::Index(base, _) if matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n == "Option"))
                })
            })
    }

    /// The extractors that a call in a function's body makes: `User::from_request(req)`, `parts.extract::<User>()`.
    pub(super) fn extracted(&mut self, f: &Rc<Closure>, tree: &Module, callee: ExprId, types: &[ExprId]) -> Vec<Value> {
        if self.family != Family::Rust {
            return Vec::new();
        }
        let Expr::Attr(base, name) = tree.expr(callee) else { return Vec::new() };
        let home = f.home.borrow().clone();
        if BY_TYPE.contains(&name.as_str()) && !types.is_empty() {
            return types.iter().filter_map(|ty| self.extractor(f, home.as_ref(), tree, *ty, 0)).collect();
        }
        if makes(name) || name == "extract" {
            let is_type = matches!(tree.expr(*base), Expr::Name(n) | Expr::Attr(_, n) if n.starts_with(char::is_uppercase))
                || matches!(tree.expr(*base), Expr::Index(..));
            return if is_type { self.extractor(f, home.as_ref(), tree, *base, 0).into_iter().collect() } else { Vec::new() };
        }
        Vec::new()
    }

    /// The type of an extractor: a class of the tree or an outside name, through references and `Option`.
    pub(super) fn extractor(
        &mut self,
        f: &Rc<Closure>,
        home: Option<&Rc<ClassValue>>,
        tree: &Module,
        ty: ExprId,
        depth: u32,
    ) -> Option<Value> {
        if depth > 4 {
            return None;
        }
        match tree.expr(ty) {
            Expr::Wrap(_, inner) => self.extractor(f, home, tree, *inner, depth + 1),
            Expr::Index(base, index) => {
                let name = match tree.expr(*base) {
                    Expr::Name(n) | Expr::Attr(_, n) => n.clone(),
                    _ => SmolStr::default(),
                };
                if matches!(name.as_str(), "Option" | "Result") {
                    let first = crate::walk::items(tree, *index).first().copied()?;
                    let inner = self.extractor(f, home, tree, first, depth + 1)?;
                    return Some(made_of(name, SmolStr::new_static("core.option.Option"), vec![inner]));
                }
                let outer = self.extractor(f, home, tree, *base, depth + 1)?;
                match &outer {
                    Value::Symbol(s) if self.input.models.guard(self.family.language(), s).is_some_and(|g| g.through.is_some()) => {
                        let items = crate::walk::items(tree, *index);
                        let inner = items.iter().filter_map(|i| self.extractor(f, home, tree, *i, depth + 1)).collect();
                        Some(made_of(name, s.clone(), inner))
                    }
                    _ => Some(outer),
                }
            }
            Expr::Name(_) | Expr::Attr(..) => {
                let known = self.named_value(&f.scope, home, tree, ty, 0).unwrap_or_else(|| {
                    // Behind an import of everything.
                    let cx = crate::interp::Cx { scope: f.scope.clone(), home: home.cloned(), ..self.top(f.module) };
                    self.expr(&cx, ty)
                });
                matches!(known, Value::Class(_) | Value::Symbol(_)).then_some(known)
            }
            _ => None,
        }
    }

    /// The status with which an error of the tree answers that stands at an expression: `AppError::MissingToken`, `AuthError`.
    pub(super) fn error_status(&mut self, f: &Rc<Closure>, tree: &Module, id: ExprId) -> Option<u16> {
        if self.family != Family::Rust {
            return None;
        }
        let (base, variant) = match tree.expr(id) {
            Expr::Attr(base, variant) if variant.starts_with(char::is_uppercase) => (*base, Some(variant.clone())),
            Expr::Name(name) if name.starts_with(char::is_uppercase) => (id, None),
            _ => return None,
        };
        let (Expr::Name(name) | Expr::Attr(_, name)) = tree.expr(base) else { return None };
        if !name.starts_with(char::is_uppercase) {
            return None;
        }
        let home = f.home.borrow().clone();
        let Some(Value::Class(class)) = self.named_value(&f.scope, home.as_ref(), tree, base, 0) else { return None };
        let is_enum = class.class.is_some_and(|c| self.module(class.module).tree.class(c).kind == ClassKind::Enum);
        if is_enum != variant.is_some() {
            return None;
        }
        let methods: Vec<Value> = ANSWERS.iter().filter_map(|n| class.attrs.borrow().get(*n).cloned()).collect();
        methods.iter().find_map(|method| {
            let Value::Function(answer) = self.force(method) else { return None };
            let tree = self.module(answer.module).tree.clone();
            answered(&tree, answer.function, variant.as_deref())
        })
    }
}

/// The positional arguments of an attribute, of this name if one is given.
fn positional(tree: &Module, id: ExprId, wanted: Option<&str>) -> Vec<ExprId> {
    match tree.expr(id) {
        Expr::Call { callee, args, .. }
            if wanted.is_none() || matches!(tree.expr(*callee), Expr::Name(n) if Some(n.as_str()) == wanted) =>
        {
            args.iter().filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None }).collect()
        }
        _ => Vec::new(),
    }
}

/// The text that an attribute gives under a name.
fn named_text(tree: &Module, id: ExprId, wanted: &str) -> Option<SmolStr> {
    let Expr::Call { args, .. } = tree.expr(id) else { return None };
    crate::walk::named_text(tree, args, wanted)
}

/// A type made of others.
fn made_of(label: SmolStr, callee: SmolStr, args: Vec<Value>) -> Value {
    Value::Unknown(Rc::new(Unknown { label, callee: Some(callee), args: Args::of(args), ..Unknown::default() }))
}

/// The refusal in a function's arms for a variant, or anywhere in it.
fn answered(tree: &Module, function: FunctionId, variant: Option<&str>) -> Option<u16> {
    let mut exprs = Vec::new();
    crate::walk::function(tree, function, &mut |e| exprs.push(e));
    // An error of many kinds answers by its kind, so that its name says no status.
    let Some(variant) = variant else {
        return if chooses(tree, function, &exprs) { None } else { exprs.iter().find_map(|e| refusal(tree, *e)) };
    };
    let (mut arms, mut bodies) = (Vec::new(), Vec::new());
    for id in &exprs {
        let Expr::Match(_, cases) = tree.expr(*id) else { continue };
        for (case, value) in cases {
            if case.patterns.iter().any(|p| is_variant(tree, p, variant)) {
                arms.extend(*value);
                bodies.extend(&case.body);
            }
        }
    }
    let mut inner = Vec::new();
    crate::walk::within(tree, arms, bodies, &mut |e| inner.push(e));
    inner.iter().find_map(|e| refusal(tree, *e))
}

/// Whether a function answers by the case.
fn chooses(tree: &Module, function: FunctionId, exprs: &[ExprId]) -> bool {
    let own = tree.function(function).span;
    let is_choice = |stmt: &Stmt| matches!(stmt, Stmt::Switch { .. } | Stmt::If { .. });
    exprs.iter().any(|e| matches!(tree.expr(*e), Expr::Match(..) | Expr::Cond(..)))
        || tree.stmts.iter().any(|(stmt, at)| own.start <= at.start && at.end <= own.end && is_choice(stmt))
}

fn is_variant(tree: &Module, pattern: &Pattern, variant: &str) -> bool {
    match pattern {
        Pattern::Construct { ty, .. } | Pattern::Value(ty) => {
            matches!(tree.expr(*ty), Expr::Name(n) | Expr::Attr(_, n) if n == variant)
        }
        Pattern::Or(all) => all.iter().any(|p| is_variant(tree, p, variant)),
        _ => false,
    }
}

fn refusal(tree: &Module, id: ExprId) -> Option<u16> {
    match tree.expr(id) {
        Expr::Number(n) if *n == 401.0 => Some(401),
        Expr::Number(n) if *n == 403.0 => Some(403),
        Expr::Name(name) | Expr::Attr(_, name) => names::denial(name),
        _ => None,
    }
}
