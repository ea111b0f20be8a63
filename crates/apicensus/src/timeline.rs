//! The states of a repository along its first-parent line, each worked out when it is first asked for.
//!
//! Positions count the commits that may matter: position 0 is the state before the first of them, position n the one after the n-th.
//! A commit that leaves everything as it is that the state before it leans on has that state.

use crate::args::SourceArgs;
use crate::kept;
use crate::pipeline::{Job, OwnModels};
use crate::progress::Progress;
use anyhow::Result;
use apicensus_catalog::Catalog;
use apicensus_source::SourceError;
use apicensus_source::past::{Reader, Step};
use apicensus_surface::cache::Cache;
use apicensus_surface::languages::Languages;
use apicensus_surface::trace::{Lens, Trace};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// A state and what it leans on.
type State = Rc<(Catalog, Trace)>;

/// The line.
pub struct Timeline<'a> {
    path: &'a Path,
    source: &'a SourceArgs,
    /// The commits that may matter.
    pub steps: Vec<&'a Step>,
    /// The commit whose state position 0 is; nothing there without one.
    first: Option<String>,
    known: BTreeMap<usize, State>,
    cache: Cache,
    progress: Progress,
    models: OwnModels,
    reader: Reader,
    lens: Lens<'a>,
    prefix: String,
}

impl<'a> Timeline<'a> {
    /// A line of commits of the repository that a path is in.
    pub fn new(
        (path, source): (&'a Path, &'a SourceArgs),
        steps: Vec<&'a Step>,
        first: Option<String>,
        languages: &'a Languages,
    ) -> Result<Timeline<'a>> {
        let models = OwnModels::read(&source.models)?;
        let lens = Lens::new(&models.loaded, languages);
        let (reader, prefix) = Reader::open(path)?;
        let (cache, progress) = (kept::open(&source.cache), Progress::start(false));
        Ok(Timeline { path, source, steps, first, known: BTreeMap::new(), cache, progress, models, reader, lens, prefix })
    }

    /// The last position.
    pub fn end(&self) -> usize {
        self.steps.len()
    }

    /// Lets go of the states before a position.
    pub fn forget(&mut self, before: usize) {
        self.known = self.known.split_off(&before);
    }

    /// The state at a position; equal states may be one.
    pub fn at(&mut self, position: usize) -> Result<State> {
        if let Some((near, state)) = self.known.range(..=position).next_back() {
            let between = self.steps.get(*near..position).unwrap_or_default();
            if between.iter().all(|step| self.passes_over(&state.1, step)) {
                let state = state.clone();
                self.known.insert(position, state.clone());
                return Ok(state);
            }
        }
        if let Some((near, state)) = self.known.range(position..).next() {
            let between = self.steps.get(position..*near).unwrap_or_default();
            // What a later state does not lean on was no part of this one either.
            if between.iter().all(|step| self.passes_over(&state.1, step)) {
                let state = state.clone();
                self.known.insert(position, state.clone());
                return Ok(state);
            }
        }
        let commit = match position {
            0 => self.first.clone(),
            n => self.steps.get(n - 1).map(|step| step.commit.clone()),
        };
        let state = Rc::new(commit.map(|commit| self.work_out(&commit)).transpose()?.unwrap_or_default());
        self.known.insert(position, state.clone());
        Ok(state)
    }

    fn work_out(&self, commit: &str) -> Result<(Catalog, Trace)> {
        let source = SourceArgs { rev: Some(commit.to_owned()), ..self.source.clone() };
        match Job::open_with(&[self.path.to_owned()], &source, &self.models) {
            Ok(job) => job.scan_code(&self.progress, &self.cache),
            // The folder was not there yet.
            Err(error) if matches!(error.downcast_ref(), Some(SourceError::MissingInRevision { .. })) => Ok(Default::default()),
            Err(error) => Err(error),
        }
    }

    /// Whether a commit leaves a state as it is.
    fn passes_over(&self, trace: &Trace, step: &Step) -> bool {
        step.changed.iter().all(|file| {
            let inside = if self.prefix.is_empty() { Some(file.as_str()) } else { file.strip_prefix(&format!("{}/", self.prefix)) };
            // Files above the scanned folder: only rules of what to leave out reach down.
            let Some(inside) = inside else { return !is_rule(file) };
            if !crate::history::matters(inside, self.lens.languages()) {
                return true;
            }
            match (self.reader.before(&step.commit, file), self.reader.after(&step.commit, file)) {
                (Some(before), Some(after)) => self.lens.passes_over(trace, inside, &before, &after),
                _ => false,
            }
        })
    }

    /// Whether the state at a position was worked out.
    pub fn knows(&self, position: usize) -> bool {
        self.known.contains_key(&position)
    }

    /// Whether a file may have to do with endpoints.
    pub fn matters(&self, file: &str) -> bool {
        crate::history::matters(file, self.lens.languages())
    }

    /// The text of a file at a position, by its path from the scanned folder.
    pub fn text(&self, position: usize, file: &str) -> Option<Vec<u8>> {
        let full = if self.prefix.is_empty() { file.to_owned() } else { format!("{}/{file}", self.prefix) };
        match position {
            0 => self.reader.before(&self.steps.first()?.commit, &full),
            n => self.reader.after(&self.steps.get(n - 1)?.commit, &full),
        }
    }

    /// The paths from the scanned folder of what the commit of a position changed.
    pub fn changed(&self, position: usize) -> Vec<String> {
        let Some(step) = position.checked_sub(1).and_then(|at| self.steps.get(at)) else { return Vec::new() };
        let inside = |file: &String| match self.prefix.as_str() {
            "" => Some(file.clone()),
            prefix => file.strip_prefix(&format!("{prefix}/")).map(str::to_owned),
        };
        step.changed.iter().filter_map(inside).collect()
    }
}

/// Whether a file says what to leave out.
fn is_rule(file: &str) -> bool {
    matches!(file.rsplit('/').next(), Some(".apicensusignore" | ".ignore"))
}
