//! Calls to other services: read off the functions of files that were run and import an HTTP client, by the clients that
//! models know. Names are resolved as the evaluator resolved them; local names by the nearest binding before their use.
//!
//! Left out: calls through functions of the tree that hide the client, and files that were not run.

use crate::evaluate::Family;
use crate::guard::made_of;
use crate::interp::Cx;
use crate::models::ClientModel;
use crate::output::Outbound;
use crate::text::Text;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::{Arg, BinaryOp, Expr, ExprId, Module, Pattern, Span, Stmt, StrPart};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// Values are followed through at most so many names and calls.
const MAX_DEPTH: u32 = 16;
/// Functions that give a variable of the environment by its name.
const ENVIRONMENT: &[&str] = &["std.env.var", "env.var"];
/// Methods of Rust that give what they are called on, for all that matters to a URL.
const ADAPTERS: &[&str] = &["unwrap", "expect", "unwrap_or_default", "parse", "to_string", "to_owned", "as_str", "clone", "into"];
/// HTTP methods; a verb that is none of them is not taken for one.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];

/// What stands behind a local name.
#[derive(Clone, Copy)]
enum Local {
    Value(ExprId),
    /// A parameter of this type.
    Typed(ExprId),
}

/// A local name's binding: where, the innermost function around it, and to what.
struct Bound {
    at: Span,
    around: Span,
    local: Local,
}

/// A file being read.
struct Reader {
    cx: Cx,
    tree: Arc<Module>,
    /// Local names and the fields of `self`: where they are bound, to what.
    locals: FxHashMap<SmolStr, Vec<Bound>>,
    fields: FxHashMap<SmolStr, ExprId>,
    /// The modules of clients, which a path may start with.
    modules: Rc<FxHashSet<SmolStr>>,
}

impl World<'_> {
    /// The calls of all files that were run, by place.
    pub(crate) fn outbound(&mut self) -> Vec<Outbound> {
        let language = self.family.language();
        let models = self.input.models;
        let modules: Rc<FxHashSet<SmolStr>> = Rc::new(models.controls.client_modules(language).into_iter().map(SmolStr::new).collect());
        if modules.is_empty() {
            return Vec::new();
        }
        let troubles = self.troubles.len();
        let mut out = Vec::new();
        for index in 0..self.modules.len() {
            let id = ModuleId(index as u32);
            let module = self.module(id);
            if module.state != RunState::Done || !module.is_parsed || !module.inline.is_empty() {
                continue;
            }
            let tree = module.tree.clone();
            if self.imports_client(id, &modules) || names_client(&tree, &modules) {
                self.outbound_of(id, tree, &modules, &mut out);
            }
        }
        // Reading on for its own sake finds nothing that routes hang on.
        self.troubles.truncate(troubles);
        out.sort();
        out.dedup();
        out
    }

    /// Whether a name of a module is a client's, or was made by one.
    fn imports_client(&self, id: ModuleId, modules: &FxHashSet<SmolStr>) -> bool {
        let scope = self.module(id).scope.clone();
        let values: Vec<Value> = scope.names.borrow().values().cloned().collect();
        // Nothing is resolved for it: that might read further files.
        values.iter().any(|v| symbol_of(v, 0).is_some_and(|s| modules.contains(s.split(['.', '(']).next().unwrap_or_default())))
    }

    fn outbound_of(&mut self, id: ModuleId, tree: Arc<Module>, modules: &Rc<FxHashSet<SmolStr>>, out: &mut Vec<Outbound>) {
        let language = self.family.language();
        let models = self.input.models;
        let reader = Reader::new(self.top(id), tree.clone(), modules.clone());
        for (index, (expr, span)) in tree.exprs.iter().enumerate() {
            let Expr::Call { callee, args, .. } = expr else { continue };
            let (Expr::Attr(_, name) | Expr::Name(name)) = tree.expr(*callee) else { continue };
            // A call of an instance (`client(url)`) has any name.
            if !models.controls.names_client(language, name) && !matches!(tree.expr(*callee), Expr::Name(_)) {
                continue;
            }
            let Some((symbol, made)) = self.called(&reader, *callee, 0) else { continue };
            let Some(client) = models.controls.client(language, &symbol) else { continue };
            let args = self.read_args(&reader, args, 0);
            let at = self.place(id, *span);
            let call = ExprId(index as u32);
            if let Some((method, url)) = self.request(client, &symbol, &args, made.as_ref(), call, &reader) {
                out.push(Outbound { place: at, method, url, client: SmolStr::new(&client.client) });
            }
        }
    }

    /// The method and URL of a call.
    fn request(
        &mut self,
        client: &ClientModel,
        symbol: &str,
        args: &Args,
        made: Option<&Rc<Unknown>>,
        call: ExprId,
        reader: &Reader,
    ) -> Option<(SmolStr, String)> {
        let at = self.at(&reader.cx, call);
        let url = client.url.all(args, None, &mut |v, k| self.get_attr(v, k, None)).into_iter().next()?;
        let mut url = self.to_text(&url, at).show();
        if let (Some(base), Some(made)) = (&client.base, made)
            && !url.contains("://")
        {
            let found = base.all(&made.args, None, &mut |v, k| self.get_attr(v, k, None)).into_iter().next();
            if let Some(base) = found {
                let base = self.to_text(&base, at).show();
                url = format!("{}/{}", base.trim_end_matches('/'), url.trim_start_matches('/'));
            }
        }
        let last = symbol.trim_end_matches("()").rsplit('.').next().unwrap_or(symbol);
        let method = match client.method.as_str() {
            "@name" => {
                last.trim_start_matches("del").is_empty().then_some("DELETE").map_or_else(|| last.to_ascii_uppercase(), str::to_owned)
            }
            word if METHODS.contains(&word) => word.to_owned(),
            "@built" => self.built_method(made).or_else(|| client.default_method.clone()).unwrap_or_else(|| "ANY".to_owned()),
            place => {
                let place = crate::models::Place::parse(place)?;
                let found = place.all(args, None, &mut |v, k| self.get_attr(v, k, None)).into_iter().next();
                match found {
                    Some(value) => self.method_word(&value),
                    None => client.default_method.clone().unwrap_or_else(|| "ANY".to_owned()),
                }
            }
        };
        let method = if METHODS.contains(&method.as_str()) { SmolStr::new(method) } else { SmolStr::new_static("ANY") };
        (!url.is_empty()).then_some((method, url))
    }

    /// A method as a text or a constant.
    fn method_word(&mut self, value: &Value) -> String {
        match self.force(value).plain() {
            Value::Symbol(s) => s.rsplit('.').next().unwrap_or(&s).to_ascii_uppercase(),
            value => value.as_str().map_or_else(|| "ANY".to_owned(), |t| t.to_ascii_uppercase()),
        }
    }

    /// The method that a builder was given just before: `Request::builder().method("POST").uri(url)`.
    fn built_method(&mut self, made: Option<&Rc<Unknown>>) -> Option<String> {
        let made = made.filter(|made| made.callee.as_deref().is_some_and(|c| c.ends_with(".method")))?;
        let given = made.args.at(0)?.clone();
        Some(self.method_word(&given))
    }

    /// The outside name that an expression calls, and the object it is called on.
    fn called(&mut self, reader: &Reader, callee: ExprId, depth: u32) -> Option<(SmolStr, Option<Rc<Unknown>>)> {
        match reader.tree.expr(callee) {
            Expr::Attr(base, name) => match self.read(reader, *base, depth + 1) {
                Value::Symbol(s) => Some((SmolStr::new(format!("{s}.{name}")), None)),
                Value::Unknown(u) => {
                    let callee = u.callee.clone()?;
                    Some((SmolStr::new(format!("{callee}().{name}")), Some(u)))
                }
                value => {
                    let found = self.get_attr(&value, name, None)?;
                    named(self.force(&found))
                }
            },
            _ => named(self.read(reader, callee, depth + 1)),
        }
    }

    /// The value of an expression, read without running the tree's own functions.
    fn read(&mut self, reader: &Reader, id: ExprId, depth: u32) -> Value {
        let at = self.at(&reader.cx, id);
        let unknown = |world: &Self| Value::unknown(world.source_text(at, 60), "it is decided as the code runs", Some(at));
        if depth > MAX_DEPTH {
            return unknown(self);
        }
        match reader.tree.expr(id) {
            Expr::Name(name) => match reader.local(name, reader.tree.span(id)) {
                Some(Local::Value(value)) if value != id => self.read(reader, value, depth + 1),
                Some(Local::Typed(ty)) => self.read_type(reader, ty).unwrap_or_else(|| unknown(self)),
                _ if reader.cx.scope.get(name).is_none() && reader.modules.contains(name) => Value::Symbol(name.clone()),
                _ => self.read_global(reader, id),
            },
            Expr::Wrap(_, inner) => self.read(reader, *inner, depth + 1),
            Expr::Str(parts) => {
                let mut text = Text::default();
                for part in parts {
                    match part {
                        StrPart::Text(t) => text.push_str(t),
                        StrPart::Hole(hole) => {
                            let value = self.read(reader, *hole, depth + 1);
                            let one = self.to_text(&value, at);
                            text.push(&one);
                        }
                    }
                }
                Value::Text(Rc::new(text))
            }
            Expr::Binary(BinaryOp::Add, a, b) => {
                let (a, b) = (self.read(reader, *a, depth + 1), self.read(reader, *b, depth + 1));
                let (mut text, rest) = (self.to_text(&a, at), self.to_text(&b, at));
                text.push(&rest);
                Value::Text(Rc::new(text))
            }
            // `env::var("URL").unwrap()`, `"https://x".parse()?`
            Expr::Call { callee, .. } if let Some(adapted) = self.adapted(reader, *callee) => self.read(reader, adapted, depth + 1),
            Expr::Call { callee, args, .. } => match self.called(reader, *callee, depth + 1) {
                Some((symbol, _)) => {
                    let args = self.read_args(reader, args, depth + 1);
                    let variable = args.at(0).and_then(Value::as_str).filter(|_| ENVIRONMENT.contains(&symbol.as_str()));
                    variable.map_or_else(|| made_of(symbol, args), |name| Value::unknown(name, "an environment variable", Some(at)))
                }
                None => unknown(self),
            },
            Expr::Attr(base, name) => self.read_attr(reader, id, *base, name, depth),
            Expr::Dict(..) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => self.read_global(reader, id),
            _ => unknown(self),
        }
    }

    /// What a call only hands on, in the way of Rust.
    fn adapted(&self, reader: &Reader, callee: ExprId) -> Option<ExprId> {
        let Expr::Attr(base, name) = reader.tree.expr(callee) else { return None };
        (self.family == Family::Rust && ADAPTERS.contains(&name.as_str())).then_some(*base)
    }

    fn read_attr(&mut self, reader: &Reader, id: ExprId, base: ExprId, name: &SmolStr, depth: u32) -> Value {
        let at = self.at(&reader.cx, id);
        let is_self = match reader.tree.expr(base) {
            Expr::This => true,
            Expr::Name(n) => n == "self" && reader.cx.scope.get(n).is_none(),
            _ => false,
        };
        let unknown = |world: &Self| Value::unknown(world.source_text(at, 60), "it is decided as the code runs", Some(at));
        if is_self {
            return match reader.fields.get(name) {
                Some(value) if *value != id => self.read(reader, *value, depth + 1),
                _ => unknown(self),
            };
        }
        let base = self.read(reader, base, depth + 1);
        let found = match &base {
            Value::Unknown(u) if u.callee.is_none() => None,
            base => self.get_attr(base, name, None).map(|v| self.force(&v)),
        };
        found.filter(|v| !matches!(v, Value::Unknown(u) if u.callee.is_none())).unwrap_or_else(|| unknown(self))
    }

    /// What a name means at the top of the file.
    fn read_global(&mut self, reader: &Reader, id: ExprId) -> Value {
        let cx = reader.cx.clone();
        let value = self.expr(&cx, id);
        self.force(&value)
    }

    /// A type that is a client: a parameter of it is one that was made elsewhere.
    fn read_type(&mut self, reader: &Reader, ty: ExprId) -> Option<Value> {
        let ty = match reader.tree.expr(ty) {
            Expr::Wrap(_, inner) => *inner,
            _ => ty,
        };
        match self.named_value(&reader.cx.scope, None, &reader.tree, ty, 0)? {
            Value::Symbol(symbol) => Some(made_of(symbol, Args::default())),
            _ => None,
        }
    }

    fn read_args(&mut self, reader: &Reader, args: &[Arg], depth: u32) -> Args {
        let mut out = Args::default();
        for arg in args {
            match arg {
                Arg::Positional(id) => out.items.push(self.read(reader, *id, depth + 1)),
                Arg::Named(name, id) => out.named.push((name.clone(), self.read(reader, *id, depth + 1))),
                Arg::Spread(_) => out.open = true,
                Arg::SpreadNamed(_) => out.open_named = true,
            }
        }
        out
    }
}

impl Reader {
    fn new(cx: Cx, tree: Arc<Module>, modules: Rc<FxHashSet<SmolStr>>) -> Reader {
        let mut found: Vec<(SmolStr, Span, Local)> = Vec::new();
        let mut fields = FxHashMap::default();
        for (stmt, span) in &tree.stmts {
            match stmt {
                Stmt::Bind { target: Pattern::Name(name, _), value: Some(value), .. } => {
                    found.push((name.clone(), *span, Local::Value(*value)));
                }
                Stmt::Bind { target: Pattern::Place(place), value: Some(value), .. } => {
                    if let Expr::Attr(base, name) = tree.expr(*place)
                        && (matches!(tree.expr(*base), Expr::This) || matches!(tree.expr(*base), Expr::Name(n) if n == "self"))
                    {
                        fields.entry(name.clone()).or_insert(*value);
                    }
                }
                Stmt::With { items, .. } => {
                    for (value, pattern) in items {
                        if let Some(Pattern::Name(name, at)) = pattern {
                            found.push((name.clone(), *at, Local::Value(*value)));
                        }
                    }
                }
                _ => {}
            }
        }
        for function in &tree.functions {
            for param in &function.params {
                if let (Pattern::Name(name, at), Some(ty)) = (&param.pattern, param.ty) {
                    found.push((name.clone(), *at, Local::Typed(ty)));
                }
            }
        }
        for class in &tree.classes {
            for field in &class.fields {
                if let Some(value) = field.value {
                    fields.entry(field.name.clone()).or_insert(value);
                }
            }
        }
        let locals = by_name(found, &tree);
        Reader { cx, tree, locals, fields, modules }
    }

    /// The nearest binding of a name before its use, of the functions around the use only. Bindings of the top level are
    /// left to the evaluator, which has run them.
    fn local(&self, name: &str, used: Span) -> Option<Local> {
        let all = self.locals.get(name)?;
        let sees = |b: &&Bound| b.at.start < used.start && b.around.start <= used.start && used.end <= b.around.end;
        all.iter().filter(sees).max_by_key(|b| b.at.start).map(|b| b.local)
    }
}

/// Bindings by name, each with the innermost function around it; those of the top level are left out.
fn by_name(mut found: Vec<(SmolStr, Span, Local)>, tree: &Module) -> FxHashMap<SmolStr, Vec<Bound>> {
    let mut functions: Vec<Span> = tree.functions.iter().map(|f| f.span).collect();
    functions.sort_by_key(|f| (f.start, std::cmp::Reverse(f.end)));
    found.sort_by_key(|(_, at, _)| at.start);
    let mut out: FxHashMap<SmolStr, Vec<Bound>> = FxHashMap::default();
    let (mut open, mut next): (Vec<Span>, usize) = (Vec::new(), 0);
    for (name, at, local) in found {
        while let Some(function) = functions.get(next).filter(|f| f.start <= at.start) {
            open.push(*function);
            next += 1;
        }
        open.retain(|f| at.end <= f.end);
        if let Some(around) = open.last() {
            out.entry(name).or_default().push(Bound { at, around: *around, local });
        }
    }
    out
}

/// A value as something called.
fn named(value: Value) -> Option<(SmolStr, Option<Rc<Unknown>>)> {
    match value {
        Value::Symbol(s) => Some((s, None)),
        Value::Unknown(u) => Some((SmolStr::new(format!("{}()", u.callee.clone()?)), Some(u))),
        _ => None,
    }
}

/// The outside name that a value is or was made by. Names may stand for each other in circles.
fn symbol_of(value: &Value, depth: u32) -> Option<SmolStr> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::Symbol(s) => Some(s.clone()),
        Value::Unknown(u) => u.callee.clone(),
        Value::Default(inner) => symbol_of(inner, depth + 1),
        Value::Lazy(lazy) => match (&*lazy.value.borrow(), &lazy.what) {
            (Some(known), _) => symbol_of(known, depth + 1),
            (None, LazyWhat::Name(Value::Symbol(holder), name, _)) => Some(SmolStr::new(format!("{holder}.{name}"))),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a file names a client that needs no import: a function that is always there, a path from a crate.
fn names_client(tree: &Module, modules: &FxHashSet<SmolStr>) -> bool {
    tree.exprs.iter().any(|(e, _)| matches!(e, Expr::Name(n) if modules.contains(n)))
}
