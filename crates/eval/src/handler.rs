//! Handlers: which function answers, where it stands, which methods a handler class has.

use crate::evaluate::Family;
use crate::models::{Entry, HandlerClass};
use crate::output::{HandlerRef, Place};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// A handler with the methods it answers.
#[derive(Default)]
pub(crate) struct Handler {
    /// None for any.
    pub methods: Option<Vec<SmolStr>>,
    /// The code, if it is in the tree.
    pub handler: Option<HandlerRef>,
    /// It is code outside of the tree.
    pub third_party: bool,
    /// What it adds to the route's path.
    pub suffix: Option<SmolStr>,
    /// It upgrades to a WebSocket.
    pub socket: bool,
    /// Its framework, when it is not the route's.
    pub framework: Option<SmolStr>,
    /// What answers, for the guards that it brings.
    pub value: Option<Value>,
    /// The class it answers for.
    pub class: Option<Rc<ClassValue>>,
    /// What else guards it: wrappers around it, defaults of settings.
    pub guards: Vec<Value>,
}

/// Wrappers around a handler are looked through so often.
pub(crate) const MAX_WRAPPERS: usize = 8;

impl World<'_> {
    /// The functions that a handler is, from the outermost wrapper of the tree inwards, and what stands at the end where that is no
    /// function of the tree.
    pub(crate) fn layers(&mut self, handler: &Value) -> (Vec<Rc<Closure>>, Value) {
        let mut functions = Vec::new();
        let mut value = self.force(handler);
        for _ in 0..MAX_WRAPPERS {
            let function = match &value {
                Value::Function(f) => f.clone(),
                Value::BoundFunction(b) => b.1.clone(),
                Value::Method(m) if m.name.is_empty() => {
                    value = self.force(&m.receiver.clone());
                    continue;
                }
                _ => return (functions, value),
            };
            let inner = function.wraps.borrow().clone();
            functions.push(function);
            match inner {
                Some(inner) => value = self.force(&inner),
                None => break,
            }
        }
        (functions, Value::Null)
    }

    /// The handlers of a route event: one, or one a verb of a handler class.
    pub(crate) fn handlers(&mut self, route: &RouteEvent, at: Place) -> Vec<Handler> {
        let Some(value) = &route.handler else {
            return vec![Handler { methods: route.methods.clone(), handler: None, third_party: false, ..Handler::default() }];
        };
        let value = self.force(value);
        if let Value::Class(class) = &value
            && let Some((m, c)) = self.handler_class(class)
        {
            if route.default_methods && !self.input.models.class(m, c).verbs.is_empty() {
                // What the class answers counts more than what stands in for methods that are not given.
                let own = self.class_handlers(class, m, c, &RouteEvent { methods: None, ..route.clone() });
                if !own.is_empty() {
                    return own;
                }
            }
            if route.default_methods
                && let Some(listed) = self.listed_methods(class, m, c)
            {
                return self.class_handlers(class, m, c, &RouteEvent { methods: Some(listed), ..route.clone() });
            }
            return self.class_handlers(class, m, c, route);
        }
        let handler = self.handler_ref(&value, at, 0);
        let third_party = handler.is_none() && matches!(&value, Value::Symbol(_) | Value::Unknown(_)) && self.is_outside(&value);
        vec![Handler { methods: route.methods.clone(), handler, third_party, value: Some(value), ..Handler::default() }]
    }

    fn is_outside(&self, value: &Value) -> bool {
        match value {
            Value::Symbol(_) => true,
            Value::Unknown(u) => {
                u.callee.is_some()
                    && !u.args.items.iter().any(|v| matches!(v, Value::Function(_) | Value::BoundFunction(_) | Value::Class(_)))
            }
            _ => false,
        }
    }

    /// The model of a handler class.
    pub(crate) fn handler_class(&mut self, class: &Rc<ClassValue>) -> Option<(u16, u16)> {
        let models = self.input.models;
        let all: Vec<(u16, u16)> = self
            .outside_bases(class)
            .into_iter()
            .flat_map(|s| models.symbol(&s))
            .filter_map(|e| if let Entry::Class(m, c) = e { Some((*m, *c)) } else { None })
            .collect();
        // Of several bases one that speaks another protocol counts.
        all.iter().find(|(m, c)| models.class(*m, *c).protocol.is_some()).or(all.first()).copied()
    }

    /// The protocol that a handler class speaks.
    pub(crate) fn class_protocol(&mut self, route: &RouteEvent) -> Option<&'static str> {
        let value = self.force(route.handler.as_ref()?);
        let Value::Class(class) = value else { return None };
        let (m, c) = self.handler_class(&class)?;
        match self.input.models.class(m, c).protocol.as_deref() {
            Some("websocket") => Some("websocket"),
            Some("sse") => Some("sse"),
            _ => None,
        }
    }

    /// What a handler class's list of methods says.
    fn listed_methods(&mut self, class: &Rc<ClassValue>, m: u16, c: u16) -> Option<Vec<SmolStr>> {
        let name = self.input.models.class(m, c).methods.clone()?;
        let listed = self.class_attr(class, &name)?;
        self.method_names(&listed, 0).filter(|l| !l.is_empty())
    }

    /// The protocol that a handler speaks by what it takes and calls.
    pub(crate) fn handler_protocol(&mut self, route: &RouteEvent, framework: &str) -> Option<&'static str> {
        let handler = route.handler.clone()?;
        self.is_socket(&handler, framework).then_some("websocket")
    }

    fn class_handlers(&mut self, class: &Rc<ClassValue>, m: u16, c: u16, route: &RouteEvent) -> Vec<Handler> {
        let models = self.input.models;
        let model: &HandlerClass = models.class(m, c);
        let listed = model.methods.as_ref().and_then(|name| self.class_attr(class, name)).and_then(|v| self.method_names(&v, 0));
        let restrict = model.restrict.as_ref().and_then(|name| self.class_attr(class, name)).and_then(|v| self.method_names(&v, 0));
        let mut out = Vec::new();
        for verb in &model.verbs {
            let method = SmolStr::new(verb.to_uppercase());
            let wanted = |list: &Option<Vec<SmolStr>>| list.as_ref().is_none_or(|l| l.contains(&method));
            if !wanted(&restrict) || !wanted(&route.methods) || (route.methods.is_none() && !wanted(&listed)) {
                continue;
            }
            match self.class_attr(class, verb) {
                Some(found) => {
                    let handler = self.handler_ref(&found, class.at, 0);
                    let socket = verb == "get" && self.is_socket(&found, &models.model(m).framework);
                    out.push(Handler {
                        methods: Some(vec![method]),
                        handler,
                        socket,
                        value: Some(found),
                        class: Some(class.clone()),
                        ..Handler::default()
                    });
                }
                None if self.base_provides(class, model, verb) => {
                    out.push(Handler {
                        methods: Some(vec![method]),
                        handler: Some(self.class_ref(class)),
                        class: Some(class.clone()),
                        ..Handler::default()
                    });
                }
                None => {}
            }
        }
        if out.is_empty() && (model.verbs.is_empty() || model.verbs.iter().all(|v| self.class_attr(class, v).is_none())) {
            let methods = route
                .methods
                .clone()
                .or(listed)
                .or_else(|| (!model.default_methods.is_empty()).then(|| model.default_methods.iter().map(SmolStr::from).collect()));
            if methods.is_some() || model.verbs.is_empty() {
                let entry = model.entry.iter().find_map(|name| self.class_attr(class, name));
                let handler = entry.as_ref().and_then(|found| self.handler_ref(found, class.at, 0)).or_else(|| Some(self.class_ref(class)));
                out.push(Handler { methods, handler, value: entry, class: Some(class.clone()), ..Handler::default() });
            }
        }
        out
    }

    fn base_provides(&mut self, class: &Rc<ClassValue>, model: &HandlerClass, verb: &str) -> bool {
        let bases = self.outside_bases(class);
        bases.iter().any(|b| {
            let last = b.rsplit('.').next().unwrap_or(b);
            model.provides.get(last).is_some_and(|verbs| verbs.iter().any(|v| v == verb))
        })
    }

    /// A class as a handler.
    pub(crate) fn class_ref(&self, class: &ClassValue) -> HandlerRef {
        let doc = class.class.and_then(|id| self.module(class.module).tree.class(id).doc.clone());
        HandlerRef {
            place: class.at,
            defined: None,
            symbol: class.name.clone(),
            summary: doc.as_deref().and_then(first_sentence),
            deprecated: false,
        }
    }

    /// The function that answers, behind wrappers; None when it isn't in the tree.
    pub(crate) fn handler_ref(&mut self, value: &Value, at: Place, depth: u32) -> Option<HandlerRef> {
        if depth > 8 {
            return None;
        }
        match self.force(value) {
            Value::Function(f) => {
                let wraps = f.wraps.borrow().clone();
                if let Some(inner) = wraps
                    && let Some(found) = self.handler_ref(&inner, at, depth + 1)
                {
                    return Some(found);
                }
                Some(self.function_ref(&f))
            }
            Value::BoundFunction(bound) => self.handler_ref(&Value::Function(bound.1.clone()), at, depth + 1),
            Value::Class(class) => Some(self.class_ref(&class)),
            Value::Instance(instance) => match self.class_attr(&instance.class.clone(), "__call__") {
                Some(call) => self.handler_ref(&call, at, depth + 1),
                None => Some(self.class_ref(&instance.class)),
            },
            Value::Unknown(u) => {
                let all: Vec<Value> = u.args.items.iter().rev().chain(u.args.named.iter().map(|(_, v)| v)).cloned().collect();
                all.iter()
                    .filter(|v| matches!(v, Value::Function(_) | Value::BoundFunction(_) | Value::Class(_) | Value::Unknown(_)))
                    .find_map(|v| self.handler_ref(v, at, depth + 1))
            }
            Value::Method(bound) if bound.name.is_empty() => self.handler_ref(&bound.receiver.clone(), at, depth + 1),
            Value::Either(all) => all.iter().find_map(|v| self.handler_ref(v, at, depth + 1)),
            Value::Default(inner) => self.handler_ref(&inner, at, depth + 1),
            _ => None,
        }
    }

    /// A function of the tree as a handler.
    pub(crate) fn function_ref(&self, f: &Closure) -> HandlerRef {
        let module = self.module(f.module);
        let function = module.tree.function(f.function);
        let name = function.name.clone().unwrap_or_default();
        let symbol = match f.home.borrow().as_ref() {
            Some(class) if !class.name.is_empty() && !name.is_empty() => SmolStr::new(format!("{}.{name}", class.name)),
            _ => name,
        };
        let marked = f.marks.borrow().iter().any(|m| {
            let symbol = m.symbol.clone().or_else(|| {
                if let Value::Function(d) = &m.value { self.module(d.module).tree.function(d.function).name.clone() } else { None }
            });
            symbol.is_some_and(|s| s.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("deprecated")))
        });
        let documented = function.doc.as_deref().is_some_and(|d| {
            d.contains("@deprecated")
                || d.contains(".. deprecated::")
                || d.lines().next().is_some_and(|l| l.trim_start().to_ascii_lowercase().starts_with("deprecated"))
        });
        HandlerRef {
            place: self.place(f.module, function.span),
            defined: None,
            symbol,
            summary: function.doc.as_deref().and_then(first_sentence),
            deprecated: marked || documented,
        }
    }

    /// Whether a middleware calls on to what comes after it, answering only with errors.
    pub(crate) fn passes_on(&mut self, value: &Value) -> bool {
        let f = match self.force(value) {
            Value::Function(f) => f,
            Value::BoundFunction(b) => b.1.clone(),
            _ => return false,
        };
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let next = match function.params.as_slice() {
            [_, _, next] => crate::interp::function::param_name(&next.pattern),
            _ => None,
        };
        let Some(next) = next else { return false };
        let (mut passes, mut answers, mut refuses) = (false, false, false);
        crate::walk::function(&tree, f.function, &mut |e| match tree.expr(e) {
            apicensus_syntax::Expr::Call { callee, args, .. } if args.is_empty() => {
                passes |= matches!(tree.expr(*callee), apicensus_syntax::Expr::Name(n) if *n == next);
            }
            apicensus_syntax::Expr::Attr(_, n) => answers |= ANSWERS.contains(&n.as_str()),
            apicensus_syntax::Expr::Number(n) => refuses |= (400.0..600.0).contains(n),
            _ => {}
        });
        passes && (!answers || refuses)
    }

    /// Whether a middleware answers by itself and never passes on: it takes request and response only and answers. The second of
    /// two parameters passes on when it is called or named so (`(context, next)`).
    pub(crate) fn terminal(&mut self, value: &Value) -> bool {
        if self.family != Family::JavaScript {
            return false;
        }
        let f = match self.force(value) {
            Value::Function(f) => f,
            Value::BoundFunction(b) => b.1.clone(),
            _ => return false,
        };
        let tree = self.module(f.module).tree.clone();
        let function = tree.function(f.function);
        let names: Vec<SmolStr> = function.params.iter().filter_map(|p| crate::interp::function::param_name(&p.pattern)).collect();
        if names.len() > 3 || names.len() < 2 {
            return false;
        }
        let second = names.get(1).filter(|_| function.params.len() == 2);
        let mut answers = false;
        let mut passes = false;
        crate::walk::function(&tree, f.function, &mut |e| match tree.expr(e) {
            apicensus_syntax::Expr::Name(n) if names.get(2) == Some(n) || second == Some(n) && n.trim_start_matches('_') == "next" => {
                passes = true;
            }
            apicensus_syntax::Expr::Call { callee, .. } => {
                passes |= matches!(tree.expr(*callee), apicensus_syntax::Expr::Name(n) if second == Some(n));
            }
            apicensus_syntax::Expr::Attr(_, n) if ANSWERS.contains(&n.as_str()) => answers = true,
            _ => {}
        });
        answers && !passes
    }
}

/// Methods of a response that answer.
const ANSWERS: &[&str] = &["send", "json", "end", "render", "sendFile", "sendStatus", "redirect", "pipe", "jsonp"];

/// The first sentence or line of a doc comment.
pub(crate) fn first_sentence(doc: &str) -> Option<SmolStr> {
    let text: String =
        doc.trim().lines().take_while(|l| !l.trim().is_empty() && !l.trim_start().starts_with('@')).collect::<Vec<_>>().join(" ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").map_or(text.len(), |i| i + 1);
    (!text.is_empty()).then(|| SmolStr::new(&text[..end]))
}
