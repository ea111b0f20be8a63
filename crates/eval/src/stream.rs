//! Handlers that answer with server-sent events: they return or call what a model names (`sse`), or give their answer the
//! content type `text/event-stream`. One that also answers otherwise, errors aside, stays HTTP: what it sends depends on the
//! request.
//!
//! The content type is a mechanism of HTTP, so it is read in every language where code says it: a named argument, an entry or
//! pair of headers, an assignment. What is only compared with, or asked for (`Accept`), says nothing.

mod answers;

use crate::handler::MAX_WRAPPERS;
use crate::interp::Cx;
use crate::output::{Inputs, Protocol, Response};
use crate::value::*;
use crate::walk;
use crate::world::World;
use answers::answers_otherwise;
use apicensus_syntax::{Arg, Entry, Expr, ExprId, FunctionId, Item, Module, Pattern, Span, Stmt, StrPart};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;

/// The content type of server-sent events (WHATWG HTML, 9.2).
const EVENT_STREAM: &str = "text/event-stream";
/// Functions called by handlers are looked into so deep.
const MAX_DEPTH: u32 = 3;
/// Texts of which a file that streams has one, beside the names that models know.
const WORDS: &[&str] = &["event-stream", "EVENT_STREAM", "EventStream", "event_stream", "Sse", "SSE", "sse"];
/// Names of arguments, attributes and methods that hold a content type.
const TYPE_NAMES: &[&str] = &["media_type", "mimetype", "content_type", "contentType", "type", "mediaType"];

/// How much of what a handler answers is a stream of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Streams {
    /// Nothing.
    #[default]
    Never,
    /// Some of it.
    Sometimes,
    /// All of it, errors aside.
    Always,
}

/// What was found out so far.
#[derive(Default)]
pub(crate) struct Seen {
    functions: FxHashMap<(ModuleId, FunctionId), Streams>,
    /// Whether a file has a word of those that stream, by the words of a framework.
    files: FxHashMap<(ModuleId, usize), bool>,
}

impl World<'_> {
    /// How much of a handler's answers is a stream of events.
    pub(crate) fn streams(&mut self, handler: &Value, framework: &str) -> Streams {
        let models = self.input.models;
        let language = self.family.language();
        let named = models.models.iter().find(|m| m.framework == framework && m.language == language);
        let symbols = named.map_or(&[] as &[String], |m| m.sse.as_slice());
        let mut value = handler.clone();
        for _ in 0..MAX_WRAPPERS {
            let (functions, last) = self.layers(&value);
            for function in &functions {
                let found = self.function_streams(function, symbols, 0);
                if found != Streams::Never {
                    return found;
                }
            }
            value = match last {
                Value::Unknown(u) if u.callee.as_ref().is_some_and(|c| symbols.iter().any(|s| is_or_of(c, s))) => return Streams::Always,
                // What an outside wrapper was given: `defineEventHandler(fn)`.
                Value::Unknown(u) => {
                    let is_code = |v: &&Value| matches!(v, Value::Function(_) | Value::BoundFunction(_) | Value::Unknown(_));
                    let Some(inner) = u.args.items.iter().rev().find(is_code).cloned() else { return Streams::Never };
                    inner
                }
                _ => return Streams::Never,
            };
        }
        Streams::Never
    }

    /// Whether a type that is given with a route says that it streams events.
    pub(crate) fn is_stream_type(&mut self, value: &Value, framework: &str) -> bool {
        let value = self.force(value);
        let symbol = match &value {
            Value::Symbol(symbol) => Some(symbol.clone()),
            Value::Bool(true) => return true,
            Value::Class(class) => return self.outside_bases(class).iter().any(|b| self.names_stream(b, framework)),
            _ => None,
        };
        symbol.is_some_and(|s| self.names_stream(&s, framework))
    }

    fn names_stream(&self, symbol: &str, framework: &str) -> bool {
        let language = self.family.language();
        self.input
            .models
            .models
            .iter()
            .any(|m| m.framework == framework && m.language == language && m.sse.iter().any(|s| is_or_of(symbol, s)))
    }

    fn function_streams(&mut self, f: &Rc<Closure>, symbols: &[String], depth: u32) -> Streams {
        let key = (f.module, f.function);
        if let Some(known) = self.streaming.functions.get(&key) {
            return *known;
        }
        // A cycle of calls streams nothing inside itself.
        self.streaming.functions.insert(key, Streams::Never);
        let found = self.read_stream(f, symbols, depth);
        self.streaming.functions.insert(key, found);
        found
    }

    /// The protocol of a route whose registration does not tell it, by what its handler answers; a stream among other
    /// answers is noted as one.
    pub(crate) fn answered_protocol(&mut self, handler: Option<&Value>, framework: &str, inputs: &mut Inputs) -> Protocol {
        match handler.map(|h| self.streams(h, framework)).unwrap_or_default() {
            Streams::Always => return Protocol::Sse,
            Streams::Sometimes if !inputs.responses.iter().any(|r| r.content_type.as_deref() == Some(EVENT_STREAM)) => {
                let content_type = Some(EVENT_STREAM.into());
                inputs.responses.push(Response {
                    status: 200,
                    content_type,
                    schema: serde_json::json!({"type": "string"}),
                    inferred: false,
                });
            }
            _ => {}
        }
        Protocol::Http
    }

    /// Whether a module's text has a word of a file that streams.
    fn may_stream(&mut self, module: ModuleId, symbols: &[String]) -> bool {
        // The words of a model stay where they are.
        let key = (module, symbols.as_ptr() as usize);
        if let Some(known) = self.streaming.files.get(&key) {
            return *known;
        }
        let found = self.has_stream_word(module, symbols);
        self.streaming.files.insert(key, found);
        found
    }

    fn has_stream_word(&self, module: ModuleId, symbols: &[String]) -> bool {
        let Some(text) = (self.input.text)(self.module(module).file) else { return false };
        let known = symbols.iter().filter_map(|s| s.rsplit('.').next()).map(|s| s.trim_end_matches('!'));
        WORDS.iter().copied().chain(known).any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some())
    }

    fn read_stream(&mut self, f: &Rc<Closure>, symbols: &[String], depth: u32) -> Streams {
        let tree = self.module(f.module).tree.clone();
        let mut cx = self.top(f.module);
        cx.scope = f.scope.clone();
        let here = self.may_stream(f.module, symbols);
        if here && tree.function(f.function).returns.is_some_and(|ty| self.names_type(&cx, &tree, ty, symbols, 0)) {
            return Streams::Always;
        }
        let (mut exprs, mut binds) = (Vec::new(), Vec::new());
        walk::with_bindings(&tree, f.function, &mut |e| exprs.push(e), &mut binds);
        let mut signs: Vec<Span> = Vec::new();
        let mut most = Streams::Always;
        for id in &exprs {
            if here && self.is_sign(&cx, &tree, *id, symbols) {
                signs.push(tree.span(*id));
            } else if depth < MAX_DEPTH
                && let Expr::Call { callee, .. } = tree.expr(*id)
            {
                match self.called_streams(f, &tree, *callee, symbols, depth) {
                    Streams::Never => {}
                    found => {
                        most = most.min(found);
                        signs.push(tree.span(*id));
                    }
                }
            }
        }
        for stmt in binds.iter().filter(|_| here) {
            if let Stmt::Bind { target: Pattern::Place(place), value: Some(value), .. } = tree.stmt(*stmt)
                && self.is_type_place(&tree, *place)
                && self.is_stream_text(&cx, &tree, *value)
            {
                signs.push(tree.stmt_span(*stmt));
            }
        }
        match signs.is_empty() {
            true => Streams::Never,
            false if answers_otherwise(&tree, f, &exprs, &binds, &signs) => Streams::Sometimes,
            false => most,
        }
    }

    /// How much of what a function of the tree answers is a stream, where a handler calls it.
    fn called_streams(&mut self, f: &Rc<Closure>, tree: &Arc<Module>, callee: ExprId, symbols: &[String], depth: u32) -> Streams {
        let home = f.home.borrow().clone();
        let called = match self.named_value(&f.scope, home.as_ref(), tree, callee, 0) {
            Some(Value::Function(g)) => g,
            Some(Value::BoundFunction(b)) => b.1.clone(),
            _ => return Streams::Never,
        };
        if !self.may_stream(called.module, symbols) {
            return Streams::Never;
        }
        self.function_streams(&called, symbols, depth + 1)
    }

    /// Whether a type names one that streams: itself, or what its arguments are.
    fn names_type(&mut self, cx: &Cx, tree: &Module, ty: ExprId, symbols: &[String], depth: u32) -> bool {
        if depth > 6 {
            return false;
        }
        match tree.expr(ty) {
            Expr::Index(base, inner) => {
                self.names_type(cx, tree, *base, symbols, depth + 1)
                    || walk::items(tree, *inner).into_iter().any(|i| self.names_type(cx, tree, i, symbols, depth + 1))
            }
            Expr::Wrap(_, inner) => self.names_type(cx, tree, *inner, symbols, depth + 1),
            Expr::Call { callee, .. } => self.names_type(cx, tree, *callee, symbols, depth + 1),
            // A macro goes by the name of its type: `EventStream![]`.
            Expr::Name(name) if name.ends_with('!') => {
                let plain = cx.scope.get(name.trim_end_matches('!')).map(|v| self.peek(&v));
                matches!(plain, Some(Value::Symbol(s)) if symbols.iter().any(|w| is_or_of(&s, w)))
            }
            _ => self.type_symbol(cx, tree, ty).is_some_and(|s| symbols.iter().any(|w| is_or_of(&s, w))),
        }
    }

    /// Whether an expression says that the answer is a stream of events.
    fn is_sign(&mut self, cx: &Cx, tree: &Module, id: ExprId, symbols: &[String]) -> bool {
        match tree.expr(id) {
            Expr::Call { callee, args, .. } => {
                if !symbols.is_empty() && (self.names_type(cx, tree, *callee, symbols, 0) || is_response_method(tree, *callee, symbols)) {
                    return true;
                }
                let plain: Vec<ExprId> = args.iter().filter_map(|a| if let Arg::Positional(e) = a { Some(*e) } else { None }).collect();
                let is_setter = matches!(tree.expr(*callee), Expr::Attr(_, name) if TYPE_NAMES.contains(&name.as_str()));
                is_setter && plain.first().is_some_and(|e| self.is_stream_text(cx, tree, *e))
                    || plain.windows(2).any(|w| is_type_key(tree, w[0]) && self.is_stream_text(cx, tree, w[1]))
                    || args.iter().any(|a| match a {
                        Arg::Named(name, e) if TYPE_NAMES.contains(&name.as_str()) => self.is_stream_text(cx, tree, *e),
                        Arg::Named(_, e) | Arg::Positional(e) | Arg::Spread(e) | Arg::SpreadNamed(e) => {
                            self.is_stream_headers(cx, tree, *e)
                        }
                    })
            }
            Expr::List(_, items) => match items.as_slice() {
                [Item::One(key), Item::One(value)] => is_type_key(tree, *key) && self.is_stream_text(cx, tree, *value),
                _ => false,
            },
            Expr::Dict(entries, _) => entries.iter().any(|e| match e {
                Entry::Pair(key, value) => {
                    is_type_key(tree, *key) && self.is_stream_text(cx, tree, *value)
                        || text_of(tree, *key).is_some_and(|k| k == "headers") && self.is_stream_headers(cx, tree, *value)
                }
                Entry::Spread(e) => self.is_stream_headers(cx, tree, *e),
                Entry::Getter(..) => false,
            }),
            Expr::Assign(target, value, _) => match target.as_ref() {
                Pattern::Place(place) => self.is_type_place(tree, *place) && self.is_stream_text(cx, tree, *value),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression is the content type: as text, or by a constant.
    fn is_stream_text(&mut self, cx: &Cx, tree: &Module, id: ExprId) -> bool {
        match tree.expr(id) {
            Expr::Str(_) => text_of(tree, id).is_some_and(|t| t.starts_with(EVENT_STREAM)),
            Expr::Wrap(_, inner) => self.is_stream_text(cx, tree, *inner),
            Expr::Name(_) | Expr::Attr(..) => {
                let named = matches!(tree.expr(id), Expr::Name(n) | Expr::Attr(_, n) if n.contains("TEXT_EVENT_STREAM"));
                named || self.constant(cx, tree, id).and_then(|v| v.as_str()).is_some_and(|t| t.starts_with(EVENT_STREAM))
            }
            // `mime::TEXT_EVENT_STREAM.as_ref()`, `HeaderValue::from_static("text/event-stream")`.
            Expr::Call { callee, args, .. } => {
                let arguments = args.iter().any(|a| matches!(a, Arg::Positional(e) if matches!(tree.expr(*e), Expr::Str(_)) && text_of(tree, *e).is_some_and(|t| t.starts_with(EVENT_STREAM))));
                arguments
                    || matches!(tree.expr(*callee), Expr::Attr(base, _) if matches!(tree.expr(*base), Expr::Name(_) | Expr::Attr(..)) && self.is_stream_text(cx, tree, *base))
            }
            _ => false,
        }
    }

    /// Whether a name stands for headers with the content type.
    fn is_stream_headers(&mut self, cx: &Cx, tree: &Module, id: ExprId) -> bool {
        if !matches!(tree.expr(id), Expr::Name(_) | Expr::Attr(..)) {
            return false;
        }
        let Some(Value::Dict(dict)) = self.constant(cx, tree, id) else { return false };
        let entries = dict.entries.borrow();
        entries.iter().any(|(key, (_, value))| {
            matches!(key, Key::Text(k) if k.eq_ignore_ascii_case("content-type"))
                && value.as_str().is_some_and(|t| t.starts_with(EVENT_STREAM))
        })
    }

    fn constant(&mut self, cx: &Cx, tree: &Module, id: ExprId) -> Option<Value> {
        let home = None;
        let found = self.named_value(&cx.scope, home, tree, id, 0)?;
        Some(found.plain())
    }

    /// `response["Content-Type"]`, `ctx.type`, `response.headers["content-type"]`.
    fn is_type_place(&self, tree: &Module, place: ExprId) -> bool {
        match tree.expr(place) {
            Expr::Attr(_, name) => TYPE_NAMES.contains(&name.as_str()),
            Expr::Index(_, key) => is_type_key(tree, *key),
            _ => false,
        }
    }
}

/// Whether a symbol is another one, or something of it.
fn is_or_of(symbol: &str, of: &str) -> bool {
    symbol.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `reply.sse(..)`: a method that is named `*.sse`.
fn is_response_method(tree: &Module, callee: ExprId, symbols: &[String]) -> bool {
    match tree.expr(callee) {
        Expr::Attr(base, name) => {
            matches!(tree.expr(*base), Expr::Name(_)) && symbols.iter().any(|s| s.strip_prefix("*.").is_some_and(|w| w == name))
        }
        _ => false,
    }
}

/// The text of a string without holes, or its start.
fn text_of(tree: &Module, id: ExprId) -> Option<&SmolStr> {
    match tree.expr(id) {
        Expr::Str(parts) => match parts.first() {
            Some(StrPart::Text(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression names the header `Content-Type`.
fn is_type_key(tree: &Module, id: ExprId) -> bool {
    match tree.expr(id) {
        Expr::Str(_) => text_of(tree, id).is_some_and(|t| t.eq_ignore_ascii_case("content-type")),
        Expr::Name(name) | Expr::Attr(_, name) => matches!(name.as_str(), "CONTENT_TYPE" | "ContentType"),
        _ => false,
    }
}
