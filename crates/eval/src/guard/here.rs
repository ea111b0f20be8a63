//! What a guard's code shows for one route. Middleware sees every route, so what it was read as is kept for all routes that leave
//! out the same places of it.

use super::Facts;
use super::caught::{ends, within};
use super::reading::Reading;
use crate::output::Says;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{ExprId, FunctionId, Span, StmtId};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::rc::Rc;

/// Readings that are kept of one function.
const MOST_READINGS: usize = 32;

/// Expressions and bindings of a function.
type Code = (Vec<ExprId>, Vec<StmtId>);

/// What a function that sees every request was read as with some places left out, for all routes that leave these out.
struct Wide {
    depth: u32,
    dead: Vec<Span>,
    invited: Vec<Span>,
    reading: Reading,
}

/// What is known of functions that are read for many routes.
#[derive(Default)]
pub(crate) struct ReadAgain {
    /// What they show, by identity.
    wide: FxHashMap<usize, Vec<Wide>>,
    code: FxHashMap<(ModuleId, FunctionId), Rc<Code>>,
}

impl World<'_> {
    /// What it shows for the route that is known; only what looks at it is read again, and what that calls when it
    /// looks at marks.
    pub(super) fn reading_here(&mut self, f: &Rc<Closure>, depth: u32, plain: Reading) -> Reading {
        let (Some(facts), key) = (self.facts.clone(), Rc::as_ptr(f) as usize) else { return plain };
        if let Some(known) = self.fact_readings.get(&key) {
            return known.clone();
        }
        self.fact_readings.insert(key, plain.clone());
        let code = self.code_of(f);
        let (dead, found) = self.dead_places(f, &facts, &code.0, &code.1);
        if dead.is_empty() && !plain.marks && !plain.inner_looks {
            return plain;
        }
        // What it calls is the same for every route, but for what looks at marks.
        let is_shared = facts.wide && !plain.marks;
        let fits = |w: &&Wide| is_shared && w.depth == depth && w.dead == dead && w.invited == found.invited;
        let known = self.read_again.wide.get(&key).and_then(|all| all.iter().find(fits)).map(|w| w.reading.clone());
        let mut reading = match known {
            Some(known) => known,
            None => self.reading_without(f, &facts, (&code, &dead, &found.invited), &plain, depth),
        };
        if found.path && plain.as_guard().says >= Says::Optional {
            reading.lifted = Some("it lets this path pass".into());
        }
        for (key, value) in &found.marks {
            match value {
                Value::Bool(true) => reading.lifted = Some(SmolStr::new(format!("it lets pass what is marked `{key}`"))),
                _ => self.words(value, &mut reading.roles, 0),
            }
        }
        self.fact_readings.insert(key, reading.clone());
        reading
    }

    /// What it shows with these places left out.
    fn reading_without(
        &mut self,
        f: &Rc<Closure>,
        facts: &Facts,
        (code, dead, invited): (&Code, &[Span], &[Span]),
        plain: &Reading,
        depth: u32,
    ) -> Reading {
        let tree = self.module(f.module).tree.clone();
        let told = super::caught::told(&tree, &code.1);
        let is_left = |e: &ExprId| !within(dead, tree.span(*e)) && !within(&told, tree.span(*e));
        let exprs: Vec<ExprId> = code.0.iter().copied().filter(is_left).collect();
        let binds: Vec<StmtId> = code.1.iter().copied().filter(|s| !within(dead, tree.stmt_span(*s))).collect();
        let is_shared = facts.wide && !plain.marks;
        let kept = if is_shared { self.facts.take() } else { None };
        let mut reading = self.read_exprs(f, &tree, (&exprs, &binds, invited), depth);
        self.facts = kept.or(self.facts.take());
        (reading.looks, reading.marks, reading.inner_looks) = (plain.looks, plain.marks, plain.inner_looks);
        (reading.throws, reading.answers) = ends(&tree, &tree.function(f.function).body, dead);
        reading.turns_away = super::strangers::turned_away(&tree, &tree.function(f.function).body, dead);
        reading.sends_away = super::strangers::sent_away(&tree, &tree.function(f.function).body, dead);
        reading.settle(&tree, f.function, dead);
        // Whether it offers may be a matter of the route.
        if is_shared && !self.may_offer(&tree, &exprs, &reading) {
            let all = self.read_again.wide.entry(Rc::as_ptr(f) as usize).or_default();
            if all.len() < MOST_READINGS {
                all.push(Wide { depth, dead: dead.to_vec(), invited: invited.to_vec(), reading: reading.clone() });
            }
        }
        self.read_offer(f, facts, (&exprs, &binds), &mut reading, depth);
        reading
    }

    /// The expressions and bindings of a function that is read for many routes.
    fn code_of(&mut self, f: &Rc<Closure>) -> Rc<Code> {
        let key = (f.module, f.function);
        if let Some(known) = self.read_again.code.get(&key) {
            return known.clone();
        }
        let tree = self.module(f.module).tree.clone();
        let mut code: Code = (Vec::new(), Vec::new());
        crate::walk::with_bindings(&tree, f.function, &mut |e| code.0.push(e), &mut code.1);
        self.read_again.code.entry(key).or_insert(Rc::new(code)).clone()
    }
}
