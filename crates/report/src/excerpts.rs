//! The lines of source that a report shows: those that a catalog names and a few around them.
//!
//! What is asked for goes by its weight: first the lines that are evidence (registrations, trails, guards, findings), then
//! bodies of handlers, until [`MOST_LINES`]. Lines are masked and cut at [`WIDEST`] characters.

use crate::mask::Masker;
use apicensus_catalog::{Catalog, Endpoint, Location};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Lines that one report shows at most.
pub const MOST_LINES: usize = 60_000;
/// Characters of a line that are shown at most.
pub const WIDEST: usize = 240;
/// Lines of a handler that are shown.
const HANDLER: u32 = 16;
/// Lines of a guard's definition that are shown.
const GUARD: u32 = 8;
/// Lines of a step that are shown.
const STEP: u32 = 8;

/// Lines of source, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Excerpts {
    /// Runs of lines by file.
    pub files: BTreeMap<String, Vec<Run>>,
    /// Files that are named but could not be read.
    pub missing: u64,
    /// Lines that were left out as there are too many.
    pub left_out: u64,
}

/// Consecutive lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The number of the first, from 1.
    pub line: u32,
    /// The lines.
    pub text: Vec<String>,
}

/// Lines that are asked for, by file.
type Wanted<'c> = BTreeMap<&'c str, BTreeSet<u32>>;

impl Excerpts {
    /// Takes the excerpts of a catalog. `read` gives the text of a file, if it is there.
    pub fn of(catalog: &Catalog, read: &mut dyn FnMut(&str) -> Option<String>) -> Excerpts {
        let mut wanted = Wanted::new();
        evidence(catalog, &mut wanted);
        let mut lines: usize = wanted.values().map(BTreeSet::len).sum();
        let mut left_out = 0;
        for handler in catalog.endpoints.iter().filter_map(|e| e.handler.as_ref()) {
            let last = handler.end_line.min(handler.line.saturating_add(HANDLER - 1)).max(handler.line);
            let known = wanted.entry(&handler.file).or_default();
            let before = known.len();
            let fresh = (handler.line.saturating_sub(1).max(1)..=last).filter(|line| !known.contains(line));
            let fresh: Vec<u32> = fresh.collect();
            if lines + fresh.len() > MOST_LINES {
                left_out += fresh.len() as u64;
                continue;
            }
            known.extend(fresh);
            lines += known.len() - before;
        }
        let mut excerpts = Excerpts { left_out, ..Excerpts::default() };
        for (file, lines) in wanted {
            match read(file) {
                Some(text) => {
                    excerpts.files.insert(file.to_owned(), runs(&Masker.source(&text), &lines));
                }
                None => excerpts.missing += 1,
            }
        }
        excerpts
    }
}

fn want<'c>(wanted: &mut Wanted<'c>, file: &'c str, first: u32, last: u32) {
    wanted.entry(file).or_default().extend(first.max(1)..=last.max(1));
}

/// The line and its neighbours.
fn around<'c>(wanted: &mut Wanted<'c>, at: &'c Location) {
    if at.line > 0 {
        want(wanted, &at.file, at.line.saturating_sub(1), at.line.saturating_add(1));
    }
}

fn evidence<'c>(catalog: &'c Catalog, wanted: &mut Wanted<'c>) {
    for endpoint in &catalog.endpoints {
        evidence_of(endpoint, wanted);
    }
    for finding in &catalog.findings {
        around(wanted, &finding.at);
        finding.evidence.iter().for_each(|e| around(wanted, &e.at));
    }
    catalog.outbound.calls.iter().for_each(|call| around(wanted, &call.at));
    for trouble in catalog.troubles.iter().filter(|t| t.line > 0) {
        want(wanted, &trouble.file, trouble.line, trouble.line);
    }
}

fn evidence_of<'c>(endpoint: &'c Endpoint, wanted: &mut Wanted<'c>) {
    around(wanted, &endpoint.registered_at);
    endpoint.also_registered_at.iter().for_each(|at| around(wanted, at));
    for step in &endpoint.trail {
        let last = step.end_line.clamp(step.line, step.line.saturating_add(STEP - 1));
        want(wanted, &step.file, step.line.saturating_sub(1), last.saturating_add(1));
    }
    for guard in &endpoint.auth.chain {
        around(wanted, &guard.at);
        if let Some(at) = &guard.defined {
            let shown = if guard.says.is_some() { GUARD } else { 1 };
            want(wanted, &at.file, at.line, at.line.saturating_add(shown - 1));
        }
    }
    endpoint.conditions.iter().for_each(|c| want(wanted, &c.file, c.line, c.line));
    endpoint.holes.iter().filter_map(|h| h.at.as_ref()).for_each(|at| around(wanted, at));
    if let Some(at) = endpoint.handler.as_ref().and_then(|h| h.defined_at.as_ref()) {
        want(wanted, &at.file, at.line, at.line.saturating_add(STEP - 1));
    }
}

fn runs(text: &[String], lines: &BTreeSet<u32>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for line in lines {
        let Some(text) = (*line as usize).checked_sub(1).and_then(|at| text.get(at)) else { continue };
        let text = if text.chars().count() > WIDEST { text.chars().take(WIDEST).chain(['\u{2026}']).collect() } else { text.clone() };
        match runs.last_mut() {
            Some(run) if run.line as usize + run.text.len() == *line as usize => run.text.push(text),
            _ => runs.push(Run { line: *line, text: vec![text] }),
        }
    }
    runs
}
