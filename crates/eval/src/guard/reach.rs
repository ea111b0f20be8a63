//! Which routes a router's guards reach: by order of registration and by path.

use crate::assemble::join_path;
use crate::evaluate::Family;
use crate::guard::Facts;
use crate::guard::by_route::params;
use crate::guard::matcher::{Matcher, sample};
use crate::models::Join;
use crate::output::{GuardRef, PathPiece, Ruling, Says};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// A guard with the path below which it applies.
#[derive(Clone)]
pub(crate) struct Reaching {
    below: Option<Vec<PathPiece>>,
    guard: GuardRef,
    /// What it hangs on.
    base: Vec<PathPiece>,
    /// Itself, where it may look at the route.
    value: Option<Value>,
    /// What it lets pass.
    except: Rc<[Exception]>,
    /// It as it was given.
    pub given: Value,
}

/// What a guard lets pass: a path, with these methods only when there are any.
struct Exception {
    path: Matcher,
    methods: Vec<SmolStr>,
}

/// The guards of one router, as a walk over its events meets them.
pub(crate) struct Guards {
    /// From further out.
    outer: Vec<Reaching>,
    /// Those that don't follow the order: index of their event, reach, the guards.
    wide: Vec<(usize, Reach, Vec<Reaching>)>,
    /// Those met so far.
    met: Vec<Reaching>,
}

impl Guards {
    /// Those in force for the event at an index.
    pub fn at(&self, index: usize) -> Vec<Reaching> {
        let wide = self.wide.iter().filter(|(at, reach, _)| *reach == Reach::All || *at > index).flat_map(|(_, _, g)| g);
        self.outer.iter().chain(wide).chain(&self.met).cloned().collect()
    }
}

impl World<'_> {
    /// The guards of a router with these events that hangs at a path behind `outer` ones.
    pub(crate) fn router_guards(
        &mut self,
        events: &[Rc<Event>],
        outer: &[Reaching],
        path: &[PathPiece],
        join: Join,
        style: &str,
    ) -> Guards {
        let mut wide = Vec::new();
        for (index, event) in events.iter().enumerate() {
            if let What::Guard { reach, .. } = &event.what
                && *reach != Reach::After
            {
                let guards = self.reaching(event, path, join, style);
                wide.push((index, *reach, guards));
            }
        }
        // The layer that was put on last is outermost.
        if wide.iter().all(|w| w.1 == Reach::Before) {
            wide.reverse();
        }
        Guards { outer: outer.to_vec(), wide, met: Vec::new() }
    }

    /// Meets an event: a guard in order counts from here on.
    pub(crate) fn meet_guard(&mut self, guards: &mut Guards, event: &Rc<Event>, path: &[PathPiece], join: Join, style: &str) {
        if let What::Guard { reach: Reach::After, .. } = &event.what {
            let found = self.reaching(event, path, join, style);
            guards.met.extend(found);
        }
    }

    fn reaching(&mut self, event: &Rc<Event>, path: &[PathPiece], join: Join, style: &str) -> Vec<Reaching> {
        let What::Guard { value, prefix, .. } = &event.what else { return Vec::new() };
        let level = if path.is_empty() { "application" } else { "router" };
        let guard = self.guard_ref(value, event.at, level);
        let again = (guard.ruling.says != Says::Nothing).then(|| value.clone());
        let except = self.excepted(value);
        let Some(prefix) = prefix else {
            return vec![Reaching { below: None, guard, base: path.to_vec(), value: again, except, given: value.clone() }];
        };
        let texts = self.texts(prefix, event.at);
        texts
            .iter()
            .map(|text| {
                let gives = self.pieces(text, style, event.at);
                let below = join_path(path, &gives, join);
                Reaching {
                    below: Some(below.clone()),
                    guard: guard.clone(),
                    base: below,
                    value: again.clone(),
                    except: except.clone(),
                    given: value.clone(),
                }
            })
            .collect()
    }

    /// What a modelled guard lets pass.
    fn excepted(&mut self, value: &Value) -> Rc<[Exception]> {
        let models = self.input.models;
        let mut kept: Vec<Matcher> = Vec::new();
        self.passing_paths(value, &mut kept, 0);
        let mut out: Vec<Exception> = kept.into_iter().map(|path| Exception { path, methods: Vec::new() }).collect();
        let Value::Unknown(u) = self.force(value) else { return out.into() };
        let place = u.callee.as_ref().and_then(|c| models.guard(self.family.language(), c)).and_then(|g| g.except.as_ref());
        let Some(place) = place else { return out.into() };
        let mut items = Vec::new();
        for value in place.all(&u.args, None, &mut |v, k| self.get_attr(v, k, None)) {
            self.flatten(&value, &mut items, 0);
        }
        for item in items {
            let mut methods = Vec::new();
            if matches!(item, Value::Dict(_))
                && let Some(given) = self.get_attr(&item, "methods", None)
            {
                methods = self.path_words(&given);
            }
            let words = self.path_words(&item);
            out.extend(words.iter().filter_map(|w| Matcher::of(w, false)).map(|path| Exception { path, methods: methods.clone() }));
        }
        out.into()
    }

    /// The guards that reach a route with these marks at a path.
    pub(crate) fn at_path(&mut self, guards: &[Reaching], path: &[PathPiece], route: &RouteEvent) -> Vec<GuardRef> {
        let endpoint = match route.handler.as_ref().map(|h| self.force(h)) {
            Some(Value::Function(f)) => self.module(f.module).tree.function(f.function).name.clone(),
            _ => None,
        };
        let wide = self.family == Family::Python;
        let shown = rooted(show(path));
        let full = sample(&shown);
        let mut out: Vec<GuardRef> = Vec::new();
        for one in guards {
            let reaches = one.below.as_ref().is_none_or(|below| {
                let below = rooted(show(below));
                lies_below(&shown, &below) || without_base(&below).is_some_and(|below| lies_below(&shown, below))
            });
            if !reaches {
                continue;
            }
            let mut guard = one.guard.clone();
            if one.except.iter().any(|e| e.lets_pass(&full, route.methods.as_deref())) {
                guard.ruling = Ruling::passed("it lets this path pass");
            } else if let Some(value) = &one.value {
                let base = rooted(show(&one.base));
                let relative = shown.strip_prefix(base.trim_end_matches('/')).map_or_else(|| full.clone(), sample);
                let facts = Facts {
                    full: full.clone(),
                    relative,
                    params: params(&shown),
                    methods: route.methods.clone(),
                    marks: route.marks.clone(),
                    wide,
                    endpoint: endpoint.clone(),
                    ..Facts::default()
                };
                guard.ruling = self.with_facts(facts, |world| world.ruling(value, 0));
            }
            if !out.contains(&guard) {
                out.push(guard);
            }
        }
        out
    }
}

impl Exception {
    fn lets_pass(&self, path: &str, methods: Option<&[SmolStr]>) -> bool {
        let by_method = self.methods.is_empty() || methods.is_some_and(|all| all.iter().all(|m| self.methods.contains(m)));
        by_method && self.path.fits(path)
    }
}

/// The guards given with a mount or a route.
pub(crate) fn here(guard: GuardRef, given: Value) -> Reaching {
    Reaching { below: None, guard, base: Vec::new(), value: None, except: Rc::from([]), given }
}

/// Whether a path is another one or lies below it.
fn lies_below(path: &str, below: &str) -> bool {
    let below = below.trim_end_matches(['*', '/']);
    path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || below.is_empty())
}

/// A path without the base path in front of it that settings give, if it has one and it is not known: routes that were
/// joined without it lie below as well.
fn without_base(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/{?")?;
    let (_, rest) = rest.split_once('}')?;
    (rest.starts_with('/') && rest.len() > 1).then_some(rest)
}

/// A path with its first slash, which some frameworks leave out.
fn rooted(path: String) -> String {
    if path.starts_with('/') { path } else { format!("/{path}") }
}

fn show(path: &[PathPiece]) -> String {
    path.iter()
        .map(|piece| match piece {
            PathPiece::Text { text, .. } => text.to_string(),
            PathPiece::Hole { label, .. } => format!("{{?{label}}}"),
        })
        .collect()
}
