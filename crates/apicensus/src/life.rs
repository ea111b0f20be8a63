//! The life of one endpoint, found by halving: two states of the line are compared, and where they say the same of the endpoint and no
//! commit between them touched a line that it leans on, those between are not worked out.
//!
//! What is passed over so is a change that was undone before the next state looked at and left alone the lines where the endpoint is
//! registered, mounted, guarded and answered; `--all` looks at every commit. An endpoint that neither end of the line has is looked for
//! at the commits that wrote a word of its path, and if none shows it, at all of them.

use crate::lookup::Query;
use crate::timeline::Timeline;
use anyhow::Result;
use apicensus_catalog::{Catalog, Endpoint};
use apicensus_inventory::diff::{Change, diff};
use std::collections::{BTreeMap, BTreeSet};

/// Paths under which an endpoint may be known; it may move so often.
const MAX_MOVES: usize = 32;

/// What happened to an endpoint, by the position of the commit that did it.
pub fn of(line: &mut Timeline<'_>, query: &Query, told: &dyn Fn(Change) -> Option<Change>) -> Result<Vec<(usize, Change)>> {
    let mut search = Search { query, told, ids: BTreeSet::new(), found: BTreeMap::new() };
    let mut cuts: Vec<usize> = vec![0, line.end()];
    for position in [0, line.end()] {
        search.meet(&line.at(position)?.0);
    }
    if search.ids.is_empty() {
        cuts = hints(line, query);
        for position in cuts.clone() {
            search.meet(&line.at(position)?.0);
        }
        if search.ids.is_empty() {
            cuts = (0..=line.end()).collect();
        }
    }
    for _ in 0..MAX_MOVES {
        let known = search.ids.len();
        for pair in cuts.windows(2) {
            search.between(line, pair[0], pair[1])?;
        }
        if search.ids.len() == known {
            break;
        }
    }
    Ok(search.found.into_iter().flat_map(|(position, changes)| changes.into_iter().map(move |c| (position, c))).collect())
}

struct Search<'q> {
    query: &'q Query,
    told: &'q dyn Fn(Change) -> Option<Change>,
    /// The ids that the endpoint has had.
    ids: BTreeSet<String>,
    found: BTreeMap<usize, Vec<Change>>,
}

impl Search<'_> {
    /// Takes in the endpoints of a state that are meant.
    fn meet(&mut self, catalog: &Catalog) {
        let meant = catalog.endpoints.iter().filter(|e| self.query.is(&e.method, &e.path));
        self.ids.extend(meant.map(|e| e.id.clone()));
    }

    /// Finds what happened between two positions.
    fn between(&mut self, line: &mut Timeline<'_>, from: usize, to: usize) -> Result<()> {
        let mut open = vec![(from, to)];
        while let Some((from, to)) = open.pop() {
            let (before, after) = (line.at(from)?, line.at(to)?);
            if std::rc::Rc::ptr_eq(&before, &after) {
                continue;
            }
            self.meet(&before.0);
            self.meet(&after.0);
            let changes = self.changes(&before.0, &after.0);
            if to - from == 1 {
                self.note(to, changes);
                continue;
            }
            let mut lines = Lines::default();
            lines.add(line, from, &before.0, &self.ids);
            lines.add(line, to, &after.0, &self.ids);
            let inner: Vec<usize> = (from + 1..to).filter(|at| lines.are_touched(line, *at)).collect();
            if changes.is_empty() && inner.is_empty() {
                continue;
            }
            // Where the ends differ, the commit is most likely one that touched its lines.
            let middle = inner.get(inner.len() / 2).copied().filter(|_| changes.is_empty()).unwrap_or(from + (to - from) / 2);
            open.push((middle, to));
            open.push((from, middle));
        }
        Ok(())
    }

    /// The changes between two states that concern the endpoint.
    fn changes(&mut self, before: &Catalog, after: &Catalog) -> Vec<Change> {
        let mut changes: Vec<Change> = diff(before, after).changes.into_iter().filter_map(self.told).collect();
        changes.retain(|c| {
            let is_known = |id: &String| self.ids.contains(id);
            self.query.is(&c.method, &c.path) || is_known(&c.endpoint) || c.former.as_ref().is_some_and(is_known)
        });
        changes
    }

    fn note(&mut self, position: usize, changes: Vec<Change>) {
        for change in &changes {
            self.ids.insert(change.endpoint.clone());
            self.ids.extend(change.former.clone());
        }
        if !changes.is_empty() {
            self.found.insert(position, changes);
        }
    }
}

/// The texts of the lines that an endpoint leans on, by file.
#[derive(Default)]
struct Lines(BTreeMap<String, BTreeSet<Vec<u8>>>);

impl Lines {
    /// Adds those of a state.
    fn add(&mut self, line: &Timeline<'_>, position: usize, catalog: &Catalog, ids: &BTreeSet<String>) {
        let mut numbers: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for (file, number) in catalog.endpoints.iter().filter(|e| ids.contains(&e.id)).flat_map(places) {
            numbers.entry(file).or_default().insert(number);
        }
        for (file, numbers) in numbers {
            let Some(text) = line.text(position, file) else { continue };
            let texts = texts(&text);
            let named = numbers.iter().filter_map(|n| texts.get((*n as usize).checked_sub(1)?)).map(|text| text.to_vec());
            self.0.entry(file.to_owned()).or_default().extend(named);
        }
    }

    /// Whether a commit took away or added such a line, or moved the file.
    fn are_touched(&self, line: &Timeline<'_>, position: usize) -> bool {
        line.changed(position).iter().any(|file| {
            let Some(own) = self.0.get(file) else { return false };
            let (Some(before), Some(after)) = (line.text(position - 1, file), line.text(position, file)) else { return true };
            let (before, after) = (counts(&before), counts(&after));
            own.iter().any(|text| before.get(text.as_slice()) != after.get(text.as_slice()))
        })
    }
}

/// How often each line stands in a text.
fn counts(text: &[u8]) -> BTreeMap<&[u8], usize> {
    let mut counts = BTreeMap::new();
    for line in texts(text) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

fn texts(text: &[u8]) -> Vec<&[u8]> {
    text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).collect()
}

/// Where an endpoint is registered, mounted, guarded and answered.
fn places(endpoint: &Endpoint) -> Vec<(&str, u32)> {
    let mut places = vec![(endpoint.registered_at.file.as_str(), endpoint.registered_at.line)];
    places.extend(endpoint.also_registered_at.iter().map(|at| (at.file.as_str(), at.line)));
    places.extend(endpoint.trail.iter().map(|step| (step.file.as_str(), step.line)));
    places.extend(endpoint.handler.iter().map(|handler| (handler.file.as_str(), handler.line)));
    let guards = endpoint.auth.chain.iter().flat_map(|guard| [Some(&guard.at), guard.defined.as_ref()]);
    places.extend(guards.flatten().map(|at| (at.file.as_str(), at.line)));
    places
}

/// The commits after which a word of the path stands in more lines or paths than before, with both ends.
fn hints(line: &Timeline<'_>, query: &Query) -> Vec<usize> {
    let words = query.path.split('/').filter(|part| !part.is_empty() && !part.starts_with(['{', ':', '*']));
    let Some(word) = words.max_by_key(|word| word.len()).map(str::to_lowercase) else { return (0..=line.end()).collect() };
    let times = |text: Option<Vec<u8>>| {
        let text = text.unwrap_or_default().to_ascii_lowercase();
        memchr::memmem::find_iter(&text, word.as_bytes()).count()
    };
    let writes = |at: &usize| {
        line.changed(*at).iter().any(|file| {
            let (before, after) = (line.text(*at - 1, file), line.text(*at, file));
            let is_new = before.is_none() && after.is_some() && file.to_lowercase().contains(&word);
            is_new || times(after) > times(before)
        })
    };
    let mut cuts: Vec<usize> = (1..line.end()).filter(writes).collect();
    cuts.insert(0, 0);
    cuts.push(line.end());
    cuts
}
