//! Route events as routes: paths, handlers, guards and inputs put together.

use crate::assemble::{MAX_ROUTES, Way, add_conditions, handler_at, join_path};
use crate::evaluate::Family;
use crate::guard::Facts;
use crate::handler::Handler;
use crate::models::Join;
use crate::output::*;
use crate::text::{OUTSIDE, Part, Text};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    /// Emits a route event: one route a path and handler.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn emit(
        &mut self,
        object: &Rc<Object>,
        event: &Rc<Event>,
        route: &RouteEvent,
        way: &Way,
        join: Join,
        style: &str,
        framework: &str,
        out: &mut Vec<Route>,
    ) {
        let style = route.style.clone().unwrap_or_else(|| SmolStr::new(style));
        let texts = match &route.path {
            Some(path) => self.path_texts(path, event.at),
            None => vec![(Text::default(), false)],
        };
        self.emitted.extend(route.annotation);
        let class_protocol = self.class_protocol(route).or_else(|| self.handler_protocol(route, framework));
        let models = self.input.models;
        let native = models.models.iter().find(|m| m.framework == framework).and_then(|m| m.handlers.as_deref());
        let found = native.and_then(|n| crate::natives::handlers(self, n, object, route, event.at));
        let handlers = found.unwrap_or_else(|| self.handlers(route, event.at));
        let at_registration =
            models.models.iter().any(|m| m.framework == framework && m.handler_at == crate::models::HandlerAt::Registration);
        let handler_label = route.handler.as_ref().map(|h| self.label(h)).unwrap_or_default();
        let before: Vec<Value> = way.guards.iter().map(|g| g.given.clone()).collect();
        for (text, is_regex) in texts {
            let style = if is_regex { SmolStr::new_static("pattern") } else { style.clone() };
            let gives = self.pieces(&text, &style, event.at);
            let mut trail = way.trail.clone();
            trail.extend(event.via.iter().map(|p| Step { place: *p, what: "call".into(), gives: Vec::new() }));
            trail.push(Step { place: event.at, what: "route".into(), gives: gives.clone() });
            let mut conditions = way.conditions.clone();
            add_conditions(&mut conditions, &event.conditions);
            let all = conditions.len();
            conditions.retain(|c| c.text != crate::interp::cfg::TEST);
            let test = conditions.len() < all;
            let path = join_path(&way.path, &gives, join);
            let mut guards: Vec<GuardRef> = self.at_path(&way.guards, &path, route);
            let facts = Facts { marks: route.marks.clone(), ..Facts::default() };
            self.with_facts(facts.clone(), |world| world.route_guards(route, event.at, &mut guards));
            if self.serve_operations(object, event, route, (&path, &conditions, &trail, &guards), way, out) {
                continue;
            }
            let registered_at = match route.annotation {
                Some(place) => place,
                None if at_registration => self.registered_at(event, &text),
                None => text.place().filter(|p| p.line > 0).unwrap_or(event.at),
            };
            for whole @ Handler { methods, handler, third_party, suffix, socket, framework: own, .. } in &handlers {
                let own_guards = self.with_facts(facts.clone(), |world| world.handler_guards(whole, event.at));
                if out.len() >= MAX_ROUTES {
                    return;
                }
                let mut path = path.clone();
                path.extend(suffix.iter().map(|text| PathPiece::Text {
                    text: text.clone(),
                    place: Some(event.at),
                    style: style.clone(),
                    is_default: false,
                }));
                let Some(path) = self.placed(path, &gives, event.at) else { continue };
                let framework = own.clone().or_else(|| route.framework.clone()).unwrap_or_else(|| SmolStr::new(framework));
                let [outer, last] = self.framework_controls(&framework, event.at);
                let passes_on = self.may_hand_on(&framework, whole.value.as_ref());
                let mut inputs = self.inputs(whole, &framework, &path, route, &before);
                self.outer_answers(&way.answers, &mut inputs);
                let protocol = match class_protocol.or(route.protocol.as_deref()) {
                    Some(word) if let Some(named) = Protocol::named(word) => named,
                    _ if *socket => Protocol::WebSocket,
                    _ => self.answered_protocol(whole.value.as_ref(), &framework, &mut inputs),
                };
                out.push(Route {
                    framework,
                    protocol,
                    methods: methods.clone().map_or(Methods::Any, Methods::Some),
                    path,
                    handler: handler_at(handler.clone(), at_registration, registered_at, &handler_label),
                    registered_at,
                    trail: trail.clone(),
                    conditions: conditions.clone(),
                    guards: outer.into_iter().chain(guards.iter().cloned()).chain(own_guards).chain(last).collect(),
                    inputs,
                    app: way.app,
                    detached: way.detached,
                    lent: way.lent,
                    deprecated: route.deprecated,
                    third_party: *third_party || route.third_party,
                    bare: route.bare || *third_party && self.asks_nothing(whole),
                    test,
                    implicit: false,
                    passes_on,
                });
            }
        }
    }

    /// Whether a handler may hand a request on: it takes what does so, or is not known.
    fn may_hand_on(&self, framework: &str, handler: Option<&Value>) -> bool {
        let of = |m: &&crate::models::Model| m.framework == framework;
        let Some(at) = self.input.models.models.iter().find(of).and_then(|m| m.passes_on) else { return false };
        match handler {
            Some(Value::Function(f)) => {
                let params = &self.module(f.module).tree.function(f.function).params;
                params.len() > at || params.iter().any(|p| p.kind != apicensus_syntax::ParamKind::Normal)
            }
            _ => true,
        }
    }

    /// A path that something is known of; `own` is what the route itself gives. A route whose path is all data, like one for each row
    /// of a table, is a trouble and no endpoint, unless a name from outside the tree stands for it; the root below a base path that
    /// is not known is `/`.
    fn placed(&mut self, mut path: Vec<PathPiece>, own: &[PathPiece], at: Place) -> Option<Vec<PathPiece>> {
        let is_hole = |piece: &PathPiece| matches!(piece, PathPiece::Hole { .. });
        let is_known = |piece: &PathPiece| matches!(piece, PathPiece::Text { text, .. } if text.chars().any(|c| c != '/'));
        if !path.iter().any(is_hole) || path.iter().any(is_known) {
            return Some(path);
        }
        let Some(PathPiece::Hole { label, reason, .. }) = own.iter().find(|p| is_hole(p)) else {
            if path.last().is_some_and(is_hole) {
                path.push(PathPiece::Text { text: "/".into(), place: Some(at), style: "literal".into(), is_default: false });
            }
            return Some(path);
        };
        if reason == OUTSIDE {
            return Some(path);
        }
        let message = format!("a route is registered here whose whole path is only known at run time: `{label}`: {reason}");
        self.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "its endpoints are missing");
        None
    }

    /// The texts a path value may be, and whether each is a regular expression.
    pub(crate) fn path_texts(&mut self, value: &Value, at: Place) -> Vec<(Text, bool)> {
        match self.force(value) {
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().flat_map(|v| self.path_texts(v, at)).collect()
            }
            regex @ Value::Regex(_) => vec![(self.to_text(&regex, at), true)],
            other => self.texts(&other, at).into_iter().map(|text| (text, false)).collect(),
        }
    }

    /// The texts a path value may be.
    pub(crate) fn texts(&mut self, value: &Value, at: Place) -> Vec<Text> {
        match self.force(value) {
            Value::Either(all) => {
                let mut texts: Vec<Text> = Vec::new();
                for one in all.iter() {
                    texts.extend(self.texts(one, at));
                }
                let known: Vec<Text> = texts.iter().filter(|t| t.known().is_some()).cloned().collect();
                let mut texts = if known.is_empty() { texts } else { known };
                texts.dedup_by(|a, b| a.same(b));
                texts
            }
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().flat_map(|v| self.texts(v, at)).collect()
            }
            Value::Null => vec![Text::default()],
            other => vec![self.to_text(&other, at)],
        }
    }

    /// The pieces of a text in a path syntax; a hole takes the tree's only value of its name.
    pub(crate) fn pieces(&mut self, text: &Text, style: &str, at: Place) -> Vec<PathPiece> {
        let mut out = Vec::new();
        for part in &text.parts {
            match part {
                Part::Known(t, _) if t.is_empty() => {}
                Part::Known(t, place) => out.push(PathPiece::Text {
                    text: t.clone(),
                    place: place.or(Some(at)),
                    style: SmolStr::new(style),
                    is_default: text.is_default,
                }),
                Part::Hole { label, reason, at: hole_at } => match self.only_value(label).filter(|_| !is_parameter(label, reason)) {
                    Some((value, place)) => {
                        out.push(PathPiece::Text { text: value, place: Some(place), style: SmolStr::new(style), is_default: true })
                    }
                    None => out.push(PathPiece::Hole { label: label.clone(), reason: reason.clone(), place: hole_at.or(Some(at)) }),
                },
            }
        }
        out
    }

    /// Registrations that could not be followed at all are troubles where they stand.
    pub(crate) fn report_missed(&mut self) {
        if self.family == Family::Python {
            // Handlers whose decorator is of an unknown receiver.
            let closures = self.closures.clone();
            for closure in closures {
                for mark in closure.marks.borrow().iter() {
                    if let Value::Unknown(u) = &mark.value
                        && mark.symbol.is_none()
                        && u.callee.is_none()
                        && let Some(name) = u.label.rsplit('.').next()
                        && self.vocabulary.contains(name.trim_end_matches("()"))
                        && u.label.contains('.')
                    {
                        let message =
                            format!("`{}` registers something here but its receiver could not be followed: {}", u.label, u.reason);
                        self.troubles.push(Trouble {
                            kind: TroubleKind::UnresolvedRegistration,
                            file: mark.at.file,
                            line: mark.at.line,
                            message,
                            effect: "its endpoint is missing".into(),
                        });
                    }
                }
            }
        }
    }
}

/// Whether a hole is a parameter itself, which is no key of a configuration whatever its name.
fn is_parameter(label: &str, reason: &str) -> bool {
    reason.starts_with("it is a parameter") && !label.contains('.')
}
