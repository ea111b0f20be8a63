//! Evaluating a whole tree: one world a language family, then one census.

use crate::ahead;
use crate::demand::Demand;
use crate::files::{FileId, Files};
use crate::models::Models;
use crate::output::{Census, Trouble, TroubleKind};
use crate::resolve::Resolver;
use crate::world::World;
use apicensus_syntax::{Lang, Module};
use std::sync::Arc;

/// Languages that share modules, and so a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Rust.
    Rust,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 3] = [Family::Python, Family::JavaScript, Family::Rust];
    /// The family of a language.
    pub fn of(lang: Lang) -> Family {
        match lang {
            Lang::Python => Family::Python,
            Lang::JavaScript | Lang::TypeScript | Lang::Tsx => Family::JavaScript,
            Lang::Rust => Family::Rust,
        }
    }
    /// Its name in models and `grammars/`.
    pub fn language(self) -> &'static str {
        match self {
            Family::Python => "python",
            Family::JavaScript => "javascript",
            Family::Rust => "rust",
        }
    }
}

/// Reads a file's bytes.
pub type Text<'a> = dyn Fn(FileId) -> Option<Arc<[u8]>> + Sync + 'a;
/// Lowers a file.
pub type Lower<'a> = dyn Fn(FileId) -> Option<Arc<Module>> + Sync + 'a;

/// How far an evaluation may go. What reaches a limit is cut, with a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps one module's top level may take, its imports excluded; also one function that is run because nothing called it.
    pub module_steps: u64,
    /// Steps the evaluation of a language may take.
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { module_steps: 400_000, steps: 30_000_000 }
    }
}

/// What is evaluated.
pub struct Input<'a> {
    /// The files of the tree.
    pub files: &'a Files,
    /// The models in force.
    pub models: &'a Models,
    /// Bytes of a file; None when it can't be read. Called from several threads.
    pub text: &'a Text<'a>,
    /// A file lowered; None when it can't be read. Called from several threads; expected to cache.
    pub lower: &'a Lower<'a>,
    /// The same for a file that may never be asked for.
    pub prepare: &'a Lower<'a>,
    /// Told the files that the ones to evaluate were chosen from, before the first is evaluated.
    pub chosen: &'a (dyn Fn(&[FileId]) + Sync),
    /// How far it may go.
    pub limits: Limits,
    /// How many files each model's keywords anchor.
    pub weights: Vec<usize>,
}

impl Input<'_> {
    /// How many files a model anchors.
    pub fn weight(&self, model: u16) -> usize {
        self.weights.get(model as usize).copied().unwrap_or(0)
    }
}

/// Evaluates the tree. Never fails; what could not be followed is in the troubles.
///
/// Needs threads with at least `apicensus_syntax::lower::STACK` bytes of stack; makes its own.
pub fn evaluate(input: &mut Input<'_>) -> Census {
    let demand = Demand::new(input);
    input.weights = demand.weights.clone();
    let input = &*input;
    (input.chosen)(&demand.considered);
    let mut parts: Vec<Census> = Vec::new();
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for family in Family::ALL {
            let wave = demand.wave(family);
            if wave.is_empty() {
                continue;
            }
            let demand = &demand;
            let thread = std::thread::Builder::new().stack_size(1 << 30).name(format!("eval-{}", family.language()));
            match thread.spawn_scoped(scope, move || evaluate_family(input, family, demand)) {
                Ok(handle) => running.push((handle, wave)),
                Err(error) => parts.push(failed(&wave, &format!("evaluation could not start, as no thread could be had: {error}"))),
            }
        }
        let late = Family::ALL.iter().filter(|family| !demand.wave(**family).is_empty()).flat_map(|family| demand.late(*family));
        ahead::lower(input, &demand, running.iter().flat_map(|(_, wave)| wave.iter().copied()).chain(late).collect());
        for (handle, wave) in running {
            match handle.join() {
                Ok(census) => parts.push(census),
                // A fault of ours must not look like an empty result.
                Err(_) => parts.push(failed(&wave, "evaluation broke off with an internal error")),
            }
        }
    });
    let in_order = input.models.models.iter().filter_map(|m| Some((m.framework.clone(), m.in_order?))).collect();
    let mut census = Census { in_order, ..Census::default() };
    for part in parts {
        census.absorb(part);
    }
    census.troubles.extend(demand.unread);
    census.troubles.sort_by(|a, b| (a.file, a.line, a.kind, &a.message).cmp(&(b.file, b.line, b.kind, &b.message)));
    census
}

/// The census of a family that could not be evaluated: every file of its wave is a trouble.
fn failed(wave: &[FileId], message: &str) -> Census {
    let trouble = |file: &FileId| Trouble {
        kind: TroubleKind::Bound,
        file: *file,
        line: 0,
        message: message.into(),
        effect: "its endpoints are missing".into(),
    };
    Census { troubles: wave.iter().map(trouble).collect(), ..Census::default() }
}

fn evaluate_family(input: &Input<'_>, family: Family, demand: &Demand<'_>) -> Census {
    let mut world = World::new(input, family, Resolver::new(demand));
    let wave = demand.wave(family);
    world.wave = wave.iter().chain(demand.installed(family)).copied().collect();
    world.start();
    world.run_wave(&wave);
    world.run_provisional();
    world.late = true;
    let late = demand.late(family);
    world.wave.extend(late.iter().copied());
    world.run_wave(&late);
    world.run_provisional();
    world.finish();
    world.assemble()
}

impl World<'_> {
    fn run_wave(&mut self, wave: &[FileId]) {
        let mut order: Vec<FileId> = wave.to_vec();
        if self.family == Family::Rust {
            // Crate roots first: they give their modules a place in the crate.
            let roots = self.resolver.rust_roots();
            order.sort_by_key(|f| (!roots.contains(f), *f));
        }
        for file in order {
            if let Some(id) = self.module_of(file) {
                self.run_module(id);
                if self.family == Family::Rust {
                    self.run_children(id, 0);
                }
            }
        }
    }

    /// Runs the modules below a Rust module, so that each knows its parent before it is run by itself.
    fn run_children(&mut self, id: crate::value::ModuleId, depth: u32) {
        if depth > 32 {
            return;
        }
        let children: Vec<_> = self
            .module(id)
            .scope
            .names
            .borrow()
            .values()
            .filter_map(|v| if let crate::value::Value::Module(m) = v { Some(*m) } else { None })
            .collect();
        for child in children {
            if self.module(child).parent != Some(id) {
                continue;
            }
            if self.module(child).state == crate::world::RunState::Waiting && self.wave.contains(&self.module(child).file) {
                self.run_module(child);
            }
            // What an import had run before has modules below as well.
            self.run_children(child, depth + 1);
        }
    }

    /// Lets models' natives do what frameworks do before they load anything.
    fn start(&mut self) {
        let models = self.input.models;
        for (m, model) in models.of(self.family.language()) {
            if let Some(native) = &model.finish
                && self.input.weight(m) > 0
            {
                crate::natives::start(self, native);
            }
        }
    }

    /// Lets models' natives add what data can't say.
    fn finish(&mut self) {
        let models = self.input.models;
        for (m, model) in models.of(self.family.language()) {
            if let Some(native) = &model.finish
                && self.input.weight(m) > 0
            {
                crate::natives::finish(self, native, m);
            }
            if !model.files.is_empty() {
                crate::natives::files::finish(self, m);
            }
        }
    }
}
