//! Which files are evaluated: those that a model's imports or keywords anchor, and the files that import them.

use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::models::Models;
use crate::relevance::relevant;
use crate::resolve::cargo::CargoResolver;
use crate::resolve::graph::{ImportGraph, Resolvers, imports_of};
use crate::resolve::node::NodeResolver;
use crate::resolve::python::PythonResolver;
use crate::resolve::scan::ImportSpec;
use aho_corasick::AhoCorasick;
use apicensus_syntax::Lang;
use rayon::prelude::*;
use regex::bytes::Regex;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::LazyLock;

/// Calls that look like registrations on something passed in.
static PLUGIN_JS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\.(get|post|put|patch|delete|all|use|route)\(\s*['"`](/|\$\{)"#).ok());

/// Resolvers and the files to evaluate.
pub struct Demand<'a> {
    /// Python imports.
    pub python: PythonResolver,
    /// JavaScript imports.
    pub node: NodeResolver,
    /// Rust crates.
    pub cargo: CargoResolver,
    /// Files each model anchors.
    pub weights: Vec<usize>,
    waves: [Vec<FileId>; 3],
    installed: [Vec<FileId>; 3],
    late: [Vec<FileId>; 3],
    /// The files that waves and late files were chosen from.
    pub considered: Vec<FileId>,
    /// What of the imports no model reads.
    pub unread: Vec<crate::output::Trouble>,
    marker: std::marker::PhantomData<&'a ()>,
}

impl Demand<'_> {
    /// Reads every code file once and finds the anchored ones and their importers.
    pub fn new(input: &Input<'_>) -> Self {
        let python = PythonResolver::new(input.files);
        let node = NodeResolver::new(input.files);
        let cargo = CargoResolver::new(input.files);
        let anchors = Anchors::new(input.models);
        let files: Vec<FileId> = input.files.iter().map(|(id, _)| id).collect();
        let (scanned, anchored): (Vec<_>, Vec<_>) = files.par_iter().map(|id| anchors.scan(input, *id)).unzip();
        let mut found: Vec<(FileId, Vec<u16>)> = anchored.into_iter().flatten().collect();
        for (m, model) in input.models.of(Family::JavaScript.language()) {
            if !model.files.is_empty() {
                let routes = crate::natives::files::route_files(input.files, &node, model);
                found.extend(routes.into_iter().map(|r| (r.file, vec![m])));
            }
        }
        found.sort_by_key(|f| f.0);
        let mut weights = vec![0; input.models.models.len()];
        for (_, models) in &found {
            for m in models {
                weights[*m as usize] += 1;
            }
        }
        if found.iter().any(|(_, models)| models.is_empty()) {
            depended_on(input, &mut weights);
        }
        let graph = ImportGraph::new(input.files, Resolvers { python: &python, node: &node, cargo: &cargo }, &scanned);
        let anchors_of: FxHashMap<FileId, Vec<u16>> = found.iter().cloned().collect();
        let family = |id: FileId| input.files.get(id).lang.map(Family::of);
        let mut waves: [Vec<FileId>; 3] = Default::default();
        let mut late: [Vec<FileId>; 3] = Default::default();
        let mut installed: [Vec<FileId>; 3] = Default::default();
        let mut considered: Vec<FileId> = Vec::new();
        for (at, one) in Family::ALL.iter().enumerate() {
            let has_models = input.models.of(one.language()).any(|(m, _)| weights[m as usize] > 0);
            if !has_models {
                continue;
            }
            let mut anchored: Vec<FileId> = found.iter().filter(|(id, _)| family(*id) == Some(*one)).map(|(id, _)| *id).collect();
            anchored.dedup();
            let (secondary, primary): (Vec<FileId>, Vec<FileId>) = anchored.into_iter().partition(|id| input.files.get(*id).secondary);
            let closure = graph.importers_closure(&primary);
            let wave: Vec<FileId> = closure.iter().copied().filter(|id| !input.files.get(*id).secondary).collect();
            let is_python = *one == Family::Python;
            considered.extend(closure.iter().chain(&secondary));
            let wave = if is_python { relevant(input, &weights, &anchors_of, (&graph, &scanned), &wave) } else { wave };
            (installed[at], waves[at]) = wave.into_iter().partition(|id| input.files.get(*id).installed);
            let copies = if is_python { copies(input, &weights) } else { Vec::new() };
            let is_copied = |id: &FileId| copies.iter().any(|folder| input.files.get(*id).path.starts_with(folder));
            let secondary: Vec<FileId> = secondary.into_iter().filter(|id| !is_copied(id)).collect();
            late[at] = if is_python { relevant(input, &weights, &anchors_of, (&graph, &scanned), &secondary) } else { secondary };
        }
        let unread = crate::unread::troubles(input, &python, &scanned);
        Demand { python, node, cargo, weights, waves, installed, late, considered, unread, marker: std::marker::PhantomData }
    }

    /// The files of a family to run, sorted.
    pub fn wave(&self, family: Family) -> Vec<FileId> {
        self.waves[family as usize].clone()
    }
    /// Files of packages of other trees that may register something, run when they are imported.
    pub fn installed(&self, family: Family) -> &[FileId] {
        &self.installed[family as usize]
    }
    /// Test, example and vendored files that are anchored, run after everything else.
    pub fn late(&self, family: Family) -> Vec<FileId> {
        self.late[family as usize].clone()
    }
}

/// What makes a file worth a look: imports and keywords of models.
pub struct Anchors {
    /// One of each family.
    families: [FamilyAnchors; 3],
}

/// Those of a family.
#[derive(Default)]
struct FamilyAnchors {
    /// (model, import), by the import's first segment.
    imports: FxHashMap<SmolStr, Vec<(u16, SmolStr)>>,
    keywords: Option<AhoCorasick>,
    /// The model of each keyword.
    owners: Vec<u16>,
}

/// What of a file decides which files are evaluated, before any of them is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Facts {
    imports: Vec<ImportSpec>,
    /// The models that anchor it.
    models: Vec<u16>,
    /// It registers on something passed in.
    is_plugin: bool,
}

impl Anchors {
    /// Those of some models.
    pub fn new(of: &Models) -> Self {
        let family = |family: Family| {
            let mut out = FamilyAnchors::default();
            let mut words = Vec::new();
            for (m, model) in of.of(family.language()) {
                for import in &model.imports {
                    out.imports.entry(SmolStr::new(first_segment(import))).or_default().push((m, SmolStr::new(import)));
                }
                for word in &model.keywords {
                    words.push(word.clone());
                    out.owners.push(m);
                }
            }
            out.keywords = AhoCorasick::new(&words).ok();
            out
        };
        Anchors { families: Family::ALL.map(family) }
    }

    /// A file's imports, and the models that anchor it if any do or it registers on something passed in.
    fn scan(&self, input: &Input<'_>, id: FileId) -> (Vec<ImportSpec>, Option<(FileId, Vec<u16>)>) {
        let Some(lang) = input.files.get(id).lang else { return Default::default() };
        let Some(text) = (input.text)(id) else { return Default::default() };
        let Facts { imports, models, is_plugin } = self.facts(lang, &text);
        let is_anchored = !models.is_empty() || is_plugin;
        (imports, is_anchored.then_some((id, models)))
    }

    /// The facts of a file's text.
    pub fn facts(&self, lang: Lang, text: &[u8]) -> Facts {
        let family = Family::of(lang);
        let specs = imports_of(lang, text);
        let mut models: Vec<u16> = Vec::new();
        let anchors = &self.families[family as usize];
        for spec in specs.iter().filter(|s| s.level == 0 && !s.module.starts_with('.')) {
            for (m, import) in anchors.imports.get(first_segment(&spec.module)).into_iter().flatten() {
                if !models.contains(m) && anchored_by(&spec.module, import) {
                    models.push(*m);
                }
            }
        }
        if let Some(keywords) = &anchors.keywords {
            for found in keywords.find_overlapping_iter(text) {
                let m = anchors.owners[found.pattern().as_usize()];
                if !models.contains(&m) {
                    models.push(m);
                }
            }
        }
        let is_plugin = family == Family::JavaScript && PLUGIN_JS.as_ref().is_some_and(|r| r.is_match(text));
        Facts { imports: specs, models, is_plugin }
    }
}

/// Folders, ending in `/`, that hold a copy of a Python package which a model in force describes: one of its symbols has a file there.
/// What the model names beats the copy, so the copy need not run.
fn copies(input: &Input<'_>, weights: &[usize]) -> Vec<String> {
    let mut inner: Vec<String> = Vec::new();
    for (m, model) in input.models.of(Family::Python.language()) {
        if weights.get(m as usize).copied().unwrap_or(0) == 0 {
            continue;
        }
        for symbol in model.roles.values().flat_map(|role| role.made_by.iter().chain(&role.types)) {
            let mut parts: Vec<&str> = symbol.split('.').collect();
            parts.pop();
            if parts.len() > 1 {
                inner.push(parts.join("/"));
            }
        }
    }
    inner.sort_unstable();
    inner.dedup();
    let mut out: Vec<String> = Vec::new();
    for (_, file) in input.files.iter().filter(|(_, f)| f.secondary) {
        let stem = file.path.strip_suffix("/__init__.py").or_else(|| file.path.strip_suffix(".py"));
        for module in &inner {
            let Some(before) = stem.and_then(|s| s.strip_suffix(module.as_str())) else { continue };
            let package = format!("{before}{}/", module.split('/').next().unwrap_or_default());
            if before.ends_with('/') && input.files.find(&format!("{package}__init__.py")).is_some() && !out.contains(&package) {
                out.push(package);
            }
        }
    }
    out
}

/// Models that nothing imports but a manifest depends on count too, where something registers like them.
fn depended_on(input: &Input<'_>, weights: &mut [usize]) {
    let manifests = input.files.iter().filter(|(_, f)| !f.secondary && (f.path == "package.json" || f.path.ends_with("/package.json")));
    let texts: Vec<_> = manifests.filter_map(|(id, _)| (input.text)(id)).collect();
    for (m, model) in input.models.of(Family::JavaScript.language()) {
        let named = |name: &String| {
            let quoted = format!("\"{name}\":");
            texts.iter().any(|t| contains(t, quoted.as_bytes()))
        };
        if weights[m as usize] == 0 && model.manifests.iter().any(named) {
            weights[m as usize] = 1;
        }
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|w| w == wanted)
}

/// A module's name up to what [`anchored_by`] takes for the end of a segment.
fn first_segment(module: &str) -> &str {
    module.split(['.', '/', ':']).next().unwrap_or_default()
}

/// Whether importing a module anchors a file: the module itself or something inside.
fn anchored_by(module: &str, import: &str) -> bool {
    module.strip_prefix(import).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', ':']))
}
