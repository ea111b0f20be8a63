//! What modelled calls take from their arguments: prefixes, handlers, guards, methods.

use crate::apply::{method_name, path_like};
use crate::models::{Call, MethodsSpec};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(crate) fn places(&mut self, place: &Option<crate::models::Place>, args: &Args, taken: Option<usize>) -> Vec<Value> {
        match place {
            Some(place) => place.all(args, taken, &mut |v, k| self.get_attr(v, k, None)),
            None => Vec::new(),
        }
    }

    pub(crate) fn prefix_of(&mut self, call: &Call, args: &Args) -> Option<Value> {
        let found = call.prefix.as_ref()?.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like)?.0;
        let found = self.force(&found);
        let found = if call.trims { without_end_slash(found) } else { found };
        (!matches!(found, Value::Null)).then_some(found)
    }

    pub(crate) fn route_for_child(&mut self, call: &Call, name: &SmolStr, args: &Args) -> Option<RouteEvent> {
        let mut guards = self.given_guards(&call.guards, args, None);
        guards.extend(self.own_guard(&call.own_guards, args));
        if call.methods.is_none() && call.protocol.is_none() && call.default_methods.is_empty() {
            let told = self.told(call.tells.as_ref(), args).filter(|t| t.responses.is_some());
            let says = !guards.is_empty() || told.is_some();
            return says.then(|| RouteEvent { guards, told, guards_only: true, ..RouteEvent::default() });
        }
        let methods = self.methods_of(call, name, args, None);
        Some(RouteEvent { methods, guards, protocol: call.protocol.as_deref().map(SmolStr::new), by_class: true, ..RouteEvent::default() })
    }

    /// The guards that a call was given.
    pub(crate) fn call_guards(&mut self, call: &Call, args: &Args, taken: Option<usize>) -> Vec<Value> {
        self.guards_given(&call.guards, call.guards_by.as_deref(), args, taken)
    }

    /// The guards at a place, or what is given there as arguments of a guard of this name.
    pub(crate) fn guards_given(
        &mut self,
        place: &Option<crate::models::Place>,
        by: Option<&str>,
        args: &Args,
        taken: Option<usize>,
    ) -> Vec<Value> {
        let given = self.given_guards(place, args, taken);
        let Some(by) = by else { return given };
        let by = SmolStr::new(by);
        let means =
            |value: Value| Unknown { label: by.clone(), callee: Some(by.clone()), args: Args::of(vec![value]), ..Unknown::default() };
        given.into_iter().map(|value| Value::Unknown(Rc::new(means(value)))).collect()
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn route_event(
        &mut self,
        call: &Call,
        object: &Rc<Object>,
        name: &SmolStr,
        args: &Args,
        path: Option<Value>,
        taken: Option<usize>,
        decorated: Option<Value>,
    ) -> RouteEvent {
        let mut given: Vec<Value> = Vec::new();
        if decorated.is_none() {
            for value in self.places(&call.handler, args, taken) {
                self.flatten(&value, &mut given, 0);
            }
        }
        let handler = decorated.or_else(|| given.pop());
        let mut guards = self.call_guards(call, args, taken);
        guards.extend(given);
        guards.extend(self.own_guard(&call.own_guards, args));
        let deprecated = call
            .deprecated
            .as_ref()
            .and_then(|p| p.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like))
            .is_some_and(|(v, _)| self.truth(&v) == Some(true));
        let mut methods = self.methods_of(call, name, args, Some(object));
        let default_methods = methods.is_some()
            && match &call.methods {
                None => true,
                Some(MethodsSpec::Word(word)) => crate::models::Place::parse(word).is_some_and(|p| {
                    p.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like).is_none_or(|(v, _)| matches!(v, Value::Null))
                }),
                Some(MethodsSpec::List(_)) => false,
            };
        let given = object.props.borrow().get("@methods").cloned().filter(|_| methods.is_none());
        if let Some(given) = given {
            methods = self.method_names(&given, 0);
        }
        let told = self.told(call.tells.as_ref(), args);
        let protocol = call.protocol.as_deref().map(SmolStr::new).or_else(|| self.streamed(call, object, args));
        RouteEvent {
            told,
            default_methods: default_methods && !call.default_methods.is_empty(),
            methods,
            path,
            handler,
            guards,
            protocol,
            deprecated,
            by_class: true,
            style: call.style.as_deref().map(SmolStr::new),
            framework: None,
            third_party: false,
            bare: false,
            annotated: false,
            annotation: None,
            guards_only: false,
            marks: None,
        }
    }

    /// The protocol `sse` where the call says that the answer streams events.
    fn streamed(&mut self, call: &Call, object: &Rc<Object>, args: &Args) -> Option<SmolStr> {
        let given = self.places(&call.streams, args, None).into_iter().next()?;
        let framework = &self.input.models.model(object.kind.get()?.model).framework;
        self.is_stream_type(&given, framework).then(|| "sse".into())
    }

    pub(crate) fn flatten(&mut self, value: &Value, into: &mut Vec<Value>, depth: u32) {
        match self.force(value) {
            Value::List(list) if depth < 6 => {
                let items = list.items.borrow().clone();
                for item in items {
                    self.flatten(&item, into, depth + 1);
                }
            }
            other => into.push(other),
        }
    }

    pub(crate) fn methods_of(&mut self, call: &Call, name: &SmolStr, args: &Args, object: Option<&Rc<Object>>) -> Option<Vec<SmolStr>> {
        let defaults = || (!call.default_methods.is_empty()).then(|| call.default_methods.iter().map(SmolStr::from).collect());
        match &call.methods {
            None => defaults(),
            Some(MethodsSpec::List(list)) => Some(list.iter().map(SmolStr::from).collect()),
            Some(MethodsSpec::Word(word)) => match word.as_str() {
                "ANY" => None,
                "@name" => method_name(name).map(|m| vec![m]),
                "@made" => {
                    let object = object?;
                    let made = object.props.borrow().get("@symbol").and_then(Value::as_str)?;
                    // `method(Method::PATCH)`.
                    let first = object.args.borrow().at(0).cloned().filter(|_| made.ends_with("method"));
                    if let Some(first) = first {
                        return self.method_names(&first, 0);
                    }
                    method_name(made.rsplit('.').next().unwrap_or(&made)).map(|m| vec![m])
                }
                place => {
                    let place = crate::models::Place::parse(place)?;
                    let Some((value, _)) = place.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like) else { return defaults() };
                    match self.method_names(&value, 0) {
                        Some(names) if !names.is_empty() => {
                            if names.iter().any(|n| matches!(n.as_str(), "*" | "ALL" | "ANY")) {
                                None
                            } else {
                                Some(names)
                            }
                        }
                        _ => defaults(),
                    }
                }
            },
        }
    }

    /// Method names out of a string, a list, an enum member or a symbol.
    pub(crate) fn method_names(&mut self, value: &Value, depth: u32) -> Option<Vec<SmolStr>> {
        if depth > 4 {
            return None;
        }
        match self.force(value) {
            Value::Text(text) => text.known().map(|t| vec![SmolStr::new(t.to_uppercase())]),
            Value::Symbol(symbol) => {
                let last = symbol.rsplit('.').next().unwrap_or(&symbol);
                let last = last.strip_prefix("METH_").unwrap_or(last);
                (last.len() > 2 && last.chars().all(|c| c.is_ascii_uppercase())).then(|| vec![SmolStr::new(last)])
            }
            Value::List(list) => {
                let items = list.items.borrow().clone();
                Some(items.iter().filter_map(|v| self.method_names(v, depth + 1)).flatten().collect())
            }
            Value::Dict(_) => {
                let (keys, _) = self.keys_of(value);
                Some(keys.iter().filter_map(|v| self.method_names(v, depth + 1)).flatten().collect())
            }
            Value::Instance(instance) => {
                let inner = instance.fields.borrow().get("value").cloned()?;
                self.method_names(&inner, depth + 1)
            }
            Value::Default(inner) => self.method_names(&inner, depth + 1),
            // `Method::GET.or(Method::POST)`.
            Value::Unknown(u) if u.callee.as_ref().is_some_and(|c| c.ends_with(".or")) => {
                let first = u.callee.as_ref().map(|c| Value::Symbol(SmolStr::new(c.trim_end_matches(".or"))));
                Some(first.iter().chain(&u.args.items).filter_map(|v| self.method_names(v, depth + 1)).flatten().collect())
            }
            Value::Either(all) => {
                let all: Vec<SmolStr> = all.iter().filter_map(|v| self.method_names(v, depth + 1)).flatten().collect();
                Some(all)
            }
            _ => None,
        }
    }
}

/// A text without slashes at its end.
fn without_end_slash(value: Value) -> Value {
    match value {
        Value::Text(text) if text.ends_with("/") == Some(true) => {
            Value::Text(Rc::new(text.map_end(|end| SmolStr::new(end.trim_end_matches('/')))))
        }
        Value::Default(inner) => Value::Default(Rc::new(without_end_slash(inner.as_ref().clone()))),
        other => other,
    }
}
