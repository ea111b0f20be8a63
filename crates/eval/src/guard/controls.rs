//! Controls other than authentication on the way to a handler: what brings or lifts rate limits, CORS, CSRF protection,
//! size limits, validation, logging and TLS. Known from models; code of the tree is a doubt where its name says that it
//! may be one, and is taken for CORS when it writes the header, for a rate limit when it answers 429.
//!
//! Left out: weighing facts against each other, which is `surface`'s.

use super::names;
use crate::models::{ControlModel, ControlSays, Place as ArgPlace};
use crate::output::{ControlFact, GuardRef, Place, Ruling};
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, StrPart};
use smol_str::SmolStr;
use std::rc::Rc;

/// Values hold values at most so deep.
const MAX_DEPTH: u32 = 6;
/// Limits and origins of one fact that are listed.
const MAX_LISTED: usize = 20;
/// Words of a name of the tree's own middleware, and the control that they make likely.
const WORDS: &[(&str, &[&str])] = &[
    ("rate_limit", &["ratelimit", "ratelimiter", "limiter", "throttle", "throttler", "throttling"]),
    ("cors", &["cors"]),
    ("csrf", &["csrf", "xsrf"]),
    ("body_limit", &["bodylimit", "sizelimit", "maxsize", "maxbody"]),
    ("validation", &["validate", "validator", "validation", "validates"]),
    ("logging", &["log", "logger", "logging", "audit", "accesslog", "requestlog", "tracing"]),
    ("tls", &["https", "ssl", "hsts"]),
];

/// What something on the way says of controls.
#[derive(Default)]
pub(crate) struct Said {
    /// The facts.
    pub facts: Vec<ControlFact>,
    /// It stands outside of the tree and no model knows it.
    pub foreign: bool,
}

impl World<'_> {
    /// What a guard, middleware or mark says of controls.
    pub(crate) fn controls_of(&mut self, value: &Value, depth: u32) -> Said {
        if depth > MAX_DEPTH {
            return Said { foreign: true, ..Said::default() };
        }
        match self.force(value) {
            Value::Symbol(s) => self.symbol_controls(&s, &Args::default(), None, depth),
            Value::Unknown(u) => match &u.callee {
                Some(callee) => self.symbol_controls(&callee.clone(), &u.args.clone(), Some(&u), depth),
                None => Said { foreign: true, ..Said::default() },
            },
            Value::Function(f) => self.own_controls(&f, depth),
            Value::BoundFunction(b) => self.own_controls(&b.1.clone(), depth),
            Value::Class(c) => self.class_controls(&c, depth),
            Value::Instance(i) => self.class_controls(&i.class.clone(), depth),
            Value::Default(inner) => self.controls_of(&inner, depth + 1),
            Value::List(list) => {
                let items = list.items.borrow().clone();
                self.all_controls(&items, depth)
            }
            Value::Either(all) => self.all_controls(&all, depth),
            Value::Method(bound) if bound.name.is_empty() => self.controls_of(&bound.receiver.clone(), depth + 1),
            Value::Method(bound) => match &bound.receiver {
                Value::Symbol(s) => self.symbol_controls(&SmolStr::new(format!("{s}.{}", bound.name)), &bound.args, None, depth),
                _ => Said::default(),
            },
            _ => Said::default(),
        }
    }

    fn all_controls(&mut self, values: &[Value], depth: u32) -> Said {
        let mut out = Said::default();
        for value in values {
            let said = self.controls_of(value, depth + 1);
            out.facts.extend(said.facts);
            out.foreign |= said.foreign;
        }
        out
    }

    /// What an outside name says, called with arguments or not.
    fn symbol_controls(&mut self, symbol: &SmolStr, args: &Args, made: Option<&Rc<Unknown>>, depth: u32) -> Said {
        let models = self.input.models;
        let known = models.controls.of_symbol(self.family.language(), symbol);
        let mut facts = Vec::new();
        for model in known.iter().filter(|m| m.control != "nothing") {
            facts.extend(self.stated(model, args, made));
        }
        if !known.is_empty() {
            return Said { facts, foreign: false };
        }
        // `Middleware(CORSMiddleware, allow_origins=..)`: what is given first, with the rest for its arguments.
        if let Some(given) = self.given_control(args, 0) {
            return self.controls_of(&given, depth + 1);
        }
        let guard = models.guard(self.family.language(), symbol);
        let Some(guard) = guard else { return Said { foreign: true, ..Said::default() } };
        let Some(place) = &guard.through else { return Said::default() };
        let inner = place.all(args, None, &mut |v, k| self.get_attr(v, k, None));
        self.all_controls(&inner, depth)
    }

    /// Whether a call of an outside name is known to bring a control.
    pub(super) fn brings_controls(&self, u: &Unknown) -> bool {
        let models = self.input.models;
        u.callee.as_ref().is_some_and(|c| !models.controls.of_symbol(self.family.language(), c).is_empty())
    }

    /// An outside name with known controls at an argument, with the arguments after it for its own.
    pub(crate) fn given_control(&mut self, args: &Args, at: usize) -> Option<Value> {
        let value = self.force(args.at(at)?);
        let Value::Symbol(symbol) = value else { return None };
        let models = self.input.models;
        if models.controls.of_symbol(self.family.language(), &symbol).is_empty() {
            return None;
        }
        let rest = Args { items: args.items.iter().skip(at + 1).cloned().collect(), named: args.named.clone(), ..Args::default() };
        Some(made_of(symbol, rest))
    }

    /// What a model's fact says of a call with these arguments.
    fn stated(&mut self, model: &ControlModel, args: &Args, made: Option<&Rc<Unknown>>) -> Option<ControlFact> {
        let given = |world: &mut Self, place: &Option<ArgPlace>| match place {
            Some(place) => place.all(args, None, &mut |v, k| world.get_attr(v, k, None)),
            None => Vec::new(),
        };
        if model.when.is_some() {
            let found = given(self, &model.when);
            if !found.iter().any(|v| !matches!(self.force(v).plain(), Value::Null | Value::Bool(false))) {
                return None;
            }
        }
        let (off, only_off) = (given(self, &model.unless_false), given(self, &model.when_false));
        let mut is_off = |values: &[Value]| values.iter().any(|v| matches!(self.force(v).plain(), Value::Bool(false)));
        if is_off(&off) || model.when_false.is_some() && !is_off(&only_off) {
            return None;
        }
        let mut limits = given(self, &model.limits);
        let mut origins = given(self, &model.origins);
        let mut credentials = given(self, &model.credentials);
        if let Some(made) = made {
            for (names, into) in [
                (&model.builder_limits, &mut limits),
                (&model.builder_origins, &mut origins),
                (&model.builder_credentials, &mut credentials),
            ] {
                into.extend(built(made, names));
            }
        }
        let window = given(self, &model.window).first().map(|v| self.shown(v).join(" "));
        let mut fact = self.fact(model);
        for value in &limits {
            fact.limits.extend(self.shown(value));
        }
        if let (Some(window), Some(limit)) = (window, fact.limits.last_mut()) {
            *limit = SmolStr::new(format!("{limit} per {window}{}", model.unit.as_deref().unwrap_or_default()));
        }
        for value in &origins {
            fact.origins.extend(self.origins(value));
        }
        if fact.limits.is_empty() {
            fact.limits.extend(model.default_limits.as_deref().map(SmolStr::new));
        }
        if fact.origins.is_empty() && origins.is_empty() {
            fact.origins.extend(model.default_origins.as_deref().map(SmolStr::new));
        }
        fact.credentials = credentials.iter().any(|v| matches!(self.force(v).plain(), Value::Bool(true)));
        fact.credentials |= credentials.is_empty() && model.default_credentials;
        if fact.credentials && model.credentials_reflect {
            fact.origins.iter_mut().filter(|o| *o == "*").for_each(|o| *o = "reflected".into());
        }
        fact.limits.truncate(MAX_LISTED);
        fact.origins.truncate(MAX_LISTED);
        Some(fact)
    }

    pub(super) fn fact(&self, model: &ControlModel) -> ControlFact {
        let because = model.because.as_deref().map(SmolStr::new);
        ControlFact {
            control: SmolStr::new(&model.control),
            lifts: model.says == ControlSays::Off,
            doubt: because.clone().filter(|_| model.says == ControlSays::Maybe),
            note: because.filter(|_| model.says == ControlSays::Off),
            ..ControlFact::default()
        }
    }

    /// A function of the tree: its name may tell, and so do the headers it writes.
    fn own_controls(&mut self, f: &Rc<Closure>, depth: u32) -> Said {
        let tree = self.module(f.module).tree.clone();
        let name = tree.function(f.function).name.clone().unwrap_or_default();
        let mut facts = doubts(&name);
        let (mut writes, mut exprs) = (false, Vec::new());
        crate::walk::function(&tree, f.function, &mut |id| {
            exprs.push(id);
            if let Expr::Str(parts) = tree.expr(id) {
                let is_header = |p: &StrPart| matches!(p, StrPart::Text(t) if t.eq_ignore_ascii_case("access-control-allow-origin"));
                writes |= parts.iter().any(is_header);
            }
        });
        let compared = super::compared(&tree, &exprs);
        if exprs.iter().any(|id| !compared.contains(id) && says_too_many(tree.expr(*id))) {
            facts.retain(|f| f.control != "rate_limit");
            facts.push(ControlFact {
                control: "rate_limit".into(),
                limits: vec!["{?decided by its code}".into()],
                ..ControlFact::default()
            });
        }
        if writes {
            facts.retain(|f| f.control != "cors");
            facts.push(ControlFact { control: "cors".into(), origins: vec!["{?decided by its code}".into()], ..ControlFact::default() });
        }
        let wraps = f.wraps.borrow().clone();
        match wraps {
            Some(inner) if !matches!(&inner, Value::Function(g) if Rc::ptr_eq(g, f)) => {
                let said = self.controls_of(&inner, depth + 1);
                facts.extend(said.facts);
                Said { facts, foreign: said.foreign }
            }
            _ => Said { facts, foreign: false },
        }
    }

    fn class_controls(&mut self, class: &Rc<ClassValue>, depth: u32) -> Said {
        let mut facts = Vec::new();
        for one in self.mro(class) {
            if let Value::Symbol(s) = &one {
                facts.extend(self.symbol_controls(s, &Args::default(), None, depth + 1).facts);
            }
        }
        if facts.is_empty() {
            facts = doubts(&class.name);
        }
        Said { facts, foreign: false }
    }

    /// What a value says of itself, in words.
    fn shown(&mut self, value: &Value) -> Vec<SmolStr> {
        match self.force(value).plain() {
            Value::Number(n) => vec![crate::text::number(n)],
            Value::Text(text) => vec![SmolStr::new(text.show())],
            Value::Bool(b) => vec![SmolStr::new(b.to_string())],
            Value::Regex(text) => vec![SmolStr::new(format!("/{text}/"))],
            Value::Symbol(s) => vec![SmolStr::new(s.rsplit('.').next().unwrap_or(&s))],
            Value::Class(c) => vec![c.name.clone()],
            Value::Function(_) | Value::BoundFunction(_) => vec!["{?decided by its code}".into()],
            Value::Unknown(u) => vec![SmolStr::new(format!("{{?{}}}", u.label))],
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().take(MAX_LISTED).flat_map(|v| self.shown(v)).collect()
            }
            Value::Either(all) => all.iter().flat_map(|v| self.shown(v)).collect(),
            _ => Vec::new(),
        }
    }

    /// Origins: `true` lets in whichever asks, and so does Rust's `Any`.
    fn origins(&mut self, value: &Value) -> Vec<SmolStr> {
        match self.force(value).plain() {
            Value::Bool(true) => vec!["reflected".into()],
            Value::Bool(false) | Value::Null => Vec::new(),
            Value::Symbol(s) if s.ends_with(".Any") => vec!["*".into()],
            other => self.shown(&other),
        }
    }

    /// Registers the control that a call applies to applications or routers it is given: `CORS(app)`, `csrf.exempt(bp)`.
    pub(crate) fn applied_control(&mut self, symbol: &SmolStr, args: &Args, at: Place) {
        let models = self.input.models;
        let known = models.controls.of_symbol(self.family.language(), symbol);
        for place in known.iter().filter_map(|m| m.on.as_ref()) {
            for value in place.all(args, None, &mut |v, k| self.get_attr(v, k, None)) {
                if let Value::Object(object) = self.force(&value) {
                    let value = made_of(symbol.clone(), args.clone());
                    self.register(&object, What::Guard { value, prefix: None, reach: Reach::All }, at);
                }
            }
        }
    }

    /// Registers the control that a method of an application brings: `app.enableCors()`.
    pub(crate) fn method_control(&mut self, object: &Rc<Object>, name: &SmolStr, args: &Args, at: Place) {
        let made_by = object.props.borrow().get("@symbol").and_then(Value::as_str);
        let Some(made_by) = made_by else { return };
        let symbol = SmolStr::new(format!("{made_by}().{name}"));
        let models = self.input.models;
        if !models.controls.of_symbol(self.family.language(), &symbol).is_empty() {
            let value = made_of(symbol, args.clone());
            self.register(object, What::Guard { value, prefix: None, reach: Reach::All }, at);
        }
    }

    /// Registers the control that a plugin given to an application brings: `app.register(cors, {..})`.
    pub(crate) fn plugin_control(&mut self, object: &Rc<Object>, args: &Args, at: Place) {
        if let Some(value) = self.given_control(args, 0) {
            self.register(object, What::Guard { value, prefix: None, reach: Reach::All }, at);
        }
    }
}

/// The status by which code refuses who asks too often (RFC 6585, section 4).
fn says_too_many(expr: &Expr) -> bool {
    match expr {
        Expr::Number(n) => *n == 429.0,
        Expr::Name(name) | Expr::Attr(_, name) => {
            let flat: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
            flat.contains("toomanyrequests")
        }
        _ => false,
    }
}

/// A call of an outside name.
pub(crate) fn made_of(symbol: SmolStr, args: Args) -> Value {
    Value::Unknown(Rc::new(Unknown { label: symbol.clone(), callee: Some(symbol), args, ..Unknown::default() }))
}

/// A reference to what brings controls and guards nothing.
pub(crate) fn bringing(symbol: SmolStr, at: Place, level: &str, said: Said) -> GuardRef {
    GuardRef {
        place: at,
        level: SmolStr::new(level),
        symbol,
        defined: None,
        ruling: Ruling::default(),
        controls: said.facts,
        foreign: said.foreign,
    }
}

/// The arguments of methods in the chain of calls that made a value, the first one first: `CorsLayer::new().allow_origin(Any)`.
/// A method without arguments says yes.
fn built(made: &Rc<Unknown>, names: &[String]) -> Vec<Value> {
    let (mut one, mut out) = (made.clone(), Vec::new());
    for _ in 0..32 {
        let last = one.callee.as_deref().and_then(|c| c.rsplit('.').next()).unwrap_or_default();
        if names.iter().any(|n| n == last) {
            let given = if one.args.items.is_empty() { vec![Value::Bool(true)] } else { one.args.items.clone() };
            out.splice(0..0, given);
        }
        let Some(Value::Unknown(before)) = &one.from else { break };
        let before = before.clone();
        one = before;
    }
    out
}

/// The controls that a name of the tree's own makes likely.
fn doubts(name: &str) -> Vec<ControlFact> {
    let words = names::words(name);
    let pairs: Vec<String> = words.windows(2).map(|w| w.concat()).collect();
    let has = |list: &[&str]| words.iter().chain(&pairs).any(|w| list.contains(&w.as_str()));
    let doubt = |control: &str| ControlFact {
        control: SmolStr::new(control),
        doubt: Some(SmolStr::new(format!("`{name}` may bring it, by its name"))),
        ..ControlFact::default()
    };
    WORDS.iter().filter(|(_, list)| has(list)).map(|(control, _)| doubt(control)).collect()
}
