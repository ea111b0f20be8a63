//! What calls of functions have cost so far, and which need no further run.
//!
//! Applications call services that read databases from everywhere. A function whose calls are long and never made or
//! registered a framework object is not run again, and tests don't run the applications they start again and again.

use crate::value::*;
use crate::world::World;

/// What a function's calls have cost.
#[derive(Clone, Default)]
pub struct Cost {
    calls: u64,
    steps: u64,
    /// Calls by tests and examples.
    late: u64,
    /// A call made or registered a framework object.
    productive: bool,
    last: Option<Value>,
}

/// Steps that a function that does nothing for routing may take in all, and on average.
const IDLE_STEPS: u64 = 100_000;
const IDLE_AVERAGE: u64 = 2_000;
/// Steps on average above which tests run a function of the application twice at most.
const LATE_AVERAGE: u64 = 3_000;
const LATE_CALLS: u64 = 2;

/// The state before a call.
pub(crate) struct Before {
    steps: u64,
    made: usize,
}

impl World<'_> {
    /// The value of a call that needs no run.
    pub(crate) fn spared(&self, f: &Closure) -> Option<Value> {
        let cost = self.costs.get(&(f.module, f.function))?;
        let average = cost.steps / cost.calls.max(1);
        if !cost.productive && cost.calls > 1 && cost.steps > IDLE_STEPS && average > IDLE_AVERAGE {
            return cost.last.clone();
        }
        let own = !self.input.files.get(self.module(f.module).file).secondary;
        (self.late && own && average > LATE_AVERAGE && cost.late >= LATE_CALLS)
            .then(|| Value::unknown("", "it was followed when the application ran", None))
    }

    /// Whether the innermost call is being left.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leave.is_some_and(|depth| self.frames.len() > depth)
    }

    /// The state before a call.
    pub(crate) fn before_call(&self) -> Before {
        Before { steps: self.steps, made: self.objects.len() + self.registered }
    }

    /// Whether a framework object was made or something registered since.
    pub(crate) fn made_since(&self, before: &Before) -> bool {
        self.objects.len() + self.registered > before.made
    }

    /// Counts a call.
    pub(crate) fn count_call(&mut self, f: &Closure, before: &Before, value: &Value) {
        let (steps, made) = (self.steps - before.steps, self.made_since(before));
        if steps < IDLE_AVERAGE && !self.costs.contains_key(&(f.module, f.function)) {
            return;
        }
        let late = self.late;
        let cost = self.costs.entry((f.module, f.function)).or_default();
        cost.calls += 1;
        cost.steps += steps;
        cost.late += u64::from(late);
        cost.productive |= made;
        cost.last = Some(value.clone());
    }
}
