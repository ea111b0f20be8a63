//! Which routes a router's guards reach: by order of registration and by path.

use crate::assemble::join_path;
use crate::guard::matcher::{Matcher, sample};
use crate::models::Join;
use crate::output::{GuardRef, PathPiece, Says};
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
    /// Its code, which may look at the path.
    code: Option<Rc<Closure>>,
    /// Paths that it lets pass.
    except: Rc<[Matcher]>,
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
        let code = if guard.ruling.says == Says::Nothing { None } else { self.guarding(value, 0) };
        let except = self.excepted(value);
        let Some(prefix) = prefix else { return vec![Reaching { below: None, guard, base: path.to_vec(), code, except }] };
        let texts = self.texts(prefix, event.at);
        texts
            .iter()
            .map(|text| {
                let gives = self.pieces(text, style, event.at);
                let below = join_path(path, &gives, join);
                Reaching { below: Some(below.clone()), guard: guard.clone(), base: below, code: code.clone(), except: except.clone() }
            })
            .collect()
    }

    /// The paths that a modelled guard lets pass.
    fn excepted(&mut self, value: &Value) -> Rc<[Matcher]> {
        let models = self.input.models;
        let mut kept: Vec<Matcher> = Vec::new();
        self.passing_paths(value, &mut kept, 0);
        let Value::Unknown(u) = self.force(value) else { return kept.into() };
        let place = u.callee.as_ref().and_then(|c| models.guard(self.family.language(), c)).and_then(|g| g.except.as_ref());
        let Some(place) = place else { return kept.into() };
        let values = place.all(&u.args, None, &mut |v, k| self.get_attr(v, k, None));
        let words: Vec<SmolStr> = values.iter().flat_map(|v| self.path_words(v)).collect();
        words.iter().filter_map(|w| Matcher::of(w, false)).chain(kept).collect()
    }

    /// The guards that reach a route at a path.
    pub(crate) fn at_path(&mut self, guards: &[Reaching], path: &[PathPiece]) -> Vec<GuardRef> {
        let shown = show(path);
        let full = sample(&shown);
        let mut out: Vec<GuardRef> = Vec::new();
        for one in guards {
            let reaches = one.below.as_ref().is_none_or(|below| {
                let below = show(below);
                let below = below.trim_end_matches(['*', '/']);
                shown.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || below.is_empty())
            });
            if !reaches || one.except.iter().any(|m| m.fits(&full)) {
                continue;
            }
            let mut guard = one.guard.clone();
            if let Some(code) = &one.code {
                let base = show(&one.base);
                let relative = shown.strip_prefix(base.trim_end_matches('/')).map_or_else(|| full.clone(), sample);
                if let Some(ruling) = self.ruling_at(code, &full, &relative) {
                    guard.ruling = ruling;
                }
            }
            if !out.contains(&guard) {
                out.push(guard);
            }
        }
        out
    }
}

/// The guards given with a mount or a route.
pub(crate) fn here(guard: GuardRef) -> Reaching {
    Reaching { below: None, guard, base: Vec::new(), code: None, except: Rc::from([]) }
}

fn show(path: &[PathPiece]) -> String {
    path.iter()
        .map(|piece| match piece {
            PathPiece::Text { text, .. } => text.to_string(),
            PathPiece::Hole { label, .. } => format!("{{?{label}}}"),
        })
        .collect()
}
