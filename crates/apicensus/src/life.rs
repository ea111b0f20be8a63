//! The life of one endpoint, found by halving: two states of the line are compared, and where they say the same of the endpoint and no
//! commit between them touched a line that it leans on, those between are not worked out.
//!
//! What is passed over so is a change that was undone before the next state looked at and left alone the lines where the endpoint is
//! registered, mounted, guarded and answered; `--all` looks at every commit. An endpoint that neither end of the line has is looked for
//! at the latest commits that wrote the rarest word of its path, and what was looked at is said.

use crate::lookup::Query;
use crate::timeline::Timeline;
use anyhow::Result;
use apicensus_catalog::{Catalog, Endpoint};
use apicensus_inventory::diff::{Change, diff};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Paths under which an endpoint may be known; it may move so often.
const MAX_MOVES: usize = 32;

/// States that are worked out at most in search of an endpoint that neither end has.
const MAX_LOOKS: usize = 8;

/// What happened, by the position of the commit that did it; and how an endpoint was looked for that neither end has.
pub type Life = (Vec<(usize, Change)>, Option<Looked>);

/// How an endpoint was looked for that neither end of the line has.
#[derive(Debug, Serialize)]
pub struct Looked {
    /// The word of its path that the fewest commits wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The commits that wrote it.
    pub commits: usize,
    /// Of these, those whose state was looked at.
    pub states: usize,
}

/// What happened to an endpoint, by the position of the commit that did it.
pub fn of(line: &mut Timeline<'_>, query: &Query, told: &dyn Fn(Change) -> Option<Change>) -> Result<Life> {
    let mut search = Search { query, told, ids: BTreeSet::new(), found: BTreeMap::new() };
    let mut cuts: Vec<usize> = vec![0, line.end()];
    for position in [0, line.end()] {
        search.meet(&line.at(position)?.0);
    }
    let mut looked = None;
    if search.ids.is_empty() {
        let hints = hints(line, query);
        for position in hints.iter().flat_map(|h| &h.positions).take(MAX_LOOKS) {
            cuts.insert(1, *position);
            search.meet(&line.at(*position)?.0);
            if !search.ids.is_empty() {
                break;
            }
        }
        looked =
            Some(Looked { commits: hints.as_ref().map_or(0, |h| h.positions.len()), states: cuts.len() - 2, word: hints.map(|h| h.word) });
        if search.ids.is_empty() {
            return Ok((Vec::new(), looked));
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
    Ok((search.found.into_iter().flat_map(|(position, changes)| changes.into_iter().map(move |c| (position, c))).collect(), looked))
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
            // Where the ends say the same, the last commit changed nothing of it unless one before it did.
            let last = if changes.is_empty() { to } else { to + 1 };
            let inner: Vec<usize> = (from + 1..last).filter(|at| lines.are_touched(line, *at)).collect();
            if changes.is_empty() && inner.is_empty() {
                continue;
            }
            // Where the ends differ, the commit is most likely one that touched its lines: the states right before and after it tell.
            let middle = match inner.get(inner.len() / 2).copied() {
                Some(touched) if touched - 1 > from && (touched == to || line.knows(touched) || inner.len() == 1) => touched - 1,
                Some(touched) => touched,
                None => from + (to - from) / 2,
            };
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

/// The texts of the lines that an endpoint leans on, by file, each with the lines beside it: a guard is written the same before every route.
#[derive(Default)]
struct Lines(BTreeMap<String, BTreeSet<Place>>);

/// A line between its neighbours.
type Place = [Vec<u8>; 3];

impl Lines {
    /// Adds those of a state.
    fn add(&mut self, line: &Timeline<'_>, position: usize, catalog: &Catalog, ids: &BTreeSet<String>) {
        let mut numbers: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for (file, number) in catalog.endpoints.iter().filter(|e| ids.contains(&e.id)).flat_map(places) {
            numbers.entry(file).or_default().insert(number);
        }
        for (file, numbers) in numbers {
            let Some(text) = line.text(position, file) else { continue };
            let all: Vec<[&[u8]; 3]> = between(&text);
            let named = numbers.iter().filter_map(|n| all.get((*n as usize).checked_sub(1)?));
            self.0.entry(file.to_owned()).or_default().extend(named.map(|place| place.map(<[u8]>::to_vec)));
        }
    }

    /// Whether a commit took away or wrote such a line, or moved the file.
    fn are_touched(&self, line: &Timeline<'_>, position: usize) -> bool {
        line.changed(position).iter().any(|file| {
            let Some(own) = self.0.get(file) else { return false };
            let (Some(before), Some(after)) = (line.text(position - 1, file), line.text(position, file)) else { return true };
            let (before, after) = (counts(&before), counts(&after));
            own.iter().any(|[above, own, below]| {
                let place: [&[u8]; 3] = [above, own, below];
                let times = |counts: &BTreeMap<[&[u8]; 3], usize>| counts.get(&place).copied().unwrap_or_default();
                let alone = |counts: &BTreeMap<[&[u8]; 3], usize>| {
                    counts.iter().filter(|(place, _)| place[1] == own.as_slice()).map(|(_, n)| n).sum::<usize>()
                };
                let differs = times(&after) < times(&before) || (times(&before) == 0 && times(&after) > 0);
                differs && alone(&before) != alone(&after)
            })
        })
    }
}

/// How often each line stands in a text between the same lines.
fn counts(text: &[u8]) -> BTreeMap<[&[u8]; 3], usize> {
    let mut counts = BTreeMap::new();
    for place in between(text) {
        *counts.entry(place).or_default() += 1;
    }
    counts
}

/// The lines of a text, each between its neighbours, without space around them.
fn between(text: &[u8]) -> Vec<[&[u8]; 3]> {
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).collect();
    let at = |n: Option<usize>| n.and_then(|n| lines.get(n)).copied().unwrap_or_default();
    (0..lines.len()).map(|n| [at(n.checked_sub(1)), at(Some(n)), at(Some(n + 1))]).collect()
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

/// A word of the path that was looked for in what commits wrote, and the commits that did so, the latest first.
struct Hints {
    word: String,
    positions: Vec<usize>,
}

/// The word of the path that the fewest commits wrote, told by the texts and names of the files that they changed; none where the path has
/// no word of its own.
fn hints(line: &Timeline<'_>, query: &Query) -> Option<Hints> {
    let is_plain = |part: &&str| !part.is_empty() && !part.contains(['{', ':', '*', '<', '[', '$']);
    let words: BTreeSet<String> = query.path.split(['/', '#', '.']).filter(is_plain).map(str::to_lowercase).collect();
    let mut wrote: BTreeMap<&str, Vec<usize>> = words.iter().map(|word| (word.as_str(), Vec::new())).collect();
    for at in (1..line.end()).rev() {
        for file in line.changed(at).iter().filter(|file| line.matters(file)) {
            let (before, after) = (line.text(at - 1, file).unwrap_or_default(), line.text(at, file).unwrap_or_default());
            let (name, is_new) = (file.to_lowercase(), before.is_empty());
            let (before, after) = (before.to_ascii_lowercase(), after.to_ascii_lowercase());
            for (word, positions) in wrote.iter_mut().filter(|(_, positions)| positions.last() != Some(&at)) {
                let is_written = times(&after, word.as_bytes()) > times(&before, word.as_bytes());
                if is_written || (is_new && times(name.as_bytes(), word.as_bytes()) > 0) {
                    positions.push(at);
                }
            }
        }
    }
    let (word, positions) = wrote.into_iter().min_by_key(|(word, positions)| (positions.len(), std::cmp::Reverse(word.len())))?;
    Some(Hints { word: word.to_owned(), positions })
}

/// How often a word stands in a text, not as a part of a longer one.
fn times(text: &[u8], word: &[u8]) -> usize {
    let is_part = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric());
    let is_whole = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        !is_part(before) && !is_part(text.get(at + word.len()))
    };
    memchr::memmem::find_iter(text, word).filter(is_whole).count()
}
