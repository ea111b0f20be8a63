//! Which routes a router's guards reach: by order of registration and by path.

use crate::assemble::join_path;
use crate::models::Join;
use crate::output::{GuardRef, PathPiece};
use crate::value::{Event, Reach, What};
use crate::world::World;
use std::rc::Rc;

/// A guard with the path below which it applies.
#[derive(Clone)]
pub(crate) struct Reaching {
    below: Option<Vec<PathPiece>>,
    guard: GuardRef,
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
        let Some(prefix) = prefix else { return vec![Reaching { below: None, guard }] };
        let texts = self.texts(prefix, event.at);
        texts
            .iter()
            .map(|text| {
                let gives = self.pieces(text, style, event.at);
                Reaching { below: Some(join_path(path, &gives, join)), guard: guard.clone() }
            })
            .collect()
    }
}

/// The guards that reach a route at a path.
pub(crate) fn at_path(guards: &[Reaching], path: &[PathPiece]) -> Vec<GuardRef> {
    let shown = show(path);
    let mut out: Vec<GuardRef> = Vec::new();
    for one in guards {
        let reaches = one.below.as_ref().is_none_or(|below| {
            let below = show(below);
            let below = below.trim_end_matches(['*', '/']);
            shown.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || below.is_empty())
        });
        if reaches && !out.contains(&one.guard) {
            out.push(one.guard.clone());
        }
    }
    out
}

/// The guards given with a mount or a route.
pub(crate) fn here(guard: GuardRef) -> Reaching {
    Reaching { below: None, guard }
}

fn show(path: &[PathPiece]) -> String {
    path.iter()
        .map(|piece| match piece {
            PathPiece::Text { text, .. } => text.to_string(),
            PathPiece::Hole { label, .. } => format!("{{?{label}}}"),
        })
        .collect()
}
