//! Lowering files ahead of the evaluation, on the threads that it leaves idle: the files that it will run, and those whose
//! names their top levels use. A guess too many costs time, never a result.

use crate::demand::Demand;
use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::resolve::Target;
use apicensus_syntax::{Expr, Import, Module, Stmt};
use rustc_hash::FxHashSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// Files that a file's imports may add each.
const MOST_IMPORTS: usize = 200;

/// What is to be lowered.
struct Queue {
    /// The next one last.
    files: Vec<FileId>,
    seen: FxHashSet<FileId>,
    /// Threads that may still add files.
    busy: usize,
}

/// Lowers `files`, in this order, each followed by what it names, on all but one of the current pool's threads.
pub fn lower(input: &Input<'_>, demand: &Demand<'_>, mut files: Vec<FileId>) {
    files.reverse();
    let queue = Mutex::new(Queue { seen: FxHashSet::default(), files, busy: 0 });
    let changed = Condvar::new();
    let helpers = rayon::current_num_threads() - 1;
    rayon::scope(|scope| (0..helpers).for_each(|_| scope.spawn(|_| work(input, demand, &queue, &changed))));
}

fn work(input: &Input<'_>, demand: &Demand<'_>, queue: &Mutex<Queue>, changed: &Condvar) {
    let mut held = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let Some(file) = held.files.pop() else {
            if held.busy == 0 {
                changed.notify_all();
                return;
            }
            held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        if !held.seen.insert(file) {
            continue;
        }
        held.busy += 1;
        drop(held);
        let mut next = (input.prepare)(file).map_or_else(Vec::new, |tree| named(input, demand, file, &tree));
        next.reverse();
        held = queue.lock().unwrap_or_else(PoisonError::into_inner);
        held.busy -= 1;
        held.files.append(&mut next);
        changed.notify_all();
    }
}

/// The files that the names come from which a Python file uses outside its functions' bodies, in order of import. Those of other
/// languages are all in the waves.
fn named(input: &Input<'_>, demand: &Demand<'_>, file: FileId, tree: &Module) -> Vec<FileId> {
    if input.files.get(file).lang.map(Family::of) != Some(Family::Python) {
        return Vec::new();
    }
    let used = names_used(tree);
    let mut out = Vec::new();
    for (stmt, _) in &tree.stmts {
        let Stmt::Import(import) = stmt else { continue };
        if out.len() < MOST_IMPORTS {
            targets(demand, file, import, &used, &mut out);
        }
    }
    out
}

/// The files that used names of an import come from.
fn targets(demand: &Demand<'_>, file: FileId, import: &Import, used: &FxHashSet<&str>, out: &mut Vec<FileId>) {
    let is_used = |name: &str| used.contains(name);
    let wanted: Vec<&str> = import.names.iter().filter(|(_, local, _)| is_used(local)).map(|(name, _, _)| name.as_str()).collect();
    if wanted.is_empty() && !import.star && !import.namespace.as_deref().is_some_and(is_used) {
        return;
    }
    let target = demand.python.resolve(file, &import.module, import.level);
    if let Target::File(to) = target {
        out.push(to);
    }
    for name in wanted {
        if let Some(Target::File(to)) = demand.python.submodule(&target, name) {
            out.push(to);
        }
    }
}

/// Names that are read outside the bodies of functions.
fn names_used(tree: &Module) -> FxHashSet<&str> {
    let body = |f: &apicensus_syntax::Function| Some((tree.stmt_span(*f.body.first()?).start, tree.stmt_span(*f.body.last()?).end));
    let mut bodies: Vec<(u32, u32)> = tree.functions.iter().filter_map(body).collect();
    bodies.sort_unstable();
    // Outermost ones only, so that a search finds the one around a place.
    bodies.dedup_by(|inner, outer| inner.1 <= outer.1);
    let is_inside = |at: u32| {
        let after = bodies.partition_point(|(start, _)| *start <= at);
        after > 0 && at < bodies[after - 1].1
    };
    let names = tree.exprs.iter().filter_map(|(expr, span)| match expr {
        Expr::Name(name) if !is_inside(span.start) => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}
