//! From the command line's words to the pipeline's: opening a tree, its models, scanning it, reading its lines.

use crate::args::SourceArgs;
use crate::frameworks::Framework;
use crate::kept::{self, CacheArgs, Slot};
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use apicensus_cache::Kind;
use apicensus_catalog::Catalog;
use apicensus_eval::Limits;
use apicensus_eval::models::Models;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::cache::Cache;
use apicensus_surface::languages::Languages;
use apicensus_surface::packages::{Dependency, Packages, with_dependencies};
use apicensus_surface::scan::{OWN_MODELS, ScanOptions, models, traced};
use apicensus_surface::trace::Trace;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A tree that is open for scanning.
pub struct Job {
    tree: Tree,
    /// The tree with packages of others that it depends on, if there are any: what is evaluated.
    evaluated: Option<Tree>,
    threads: usize,
    models: Vec<(String, String)>,
    cache: CacheArgs,
    limits: Limits,
    loaded: OnceCell<Rc<Models>>,
}

impl Job {
    /// Lists the files and reads the caller's models.
    pub fn open(paths: &[PathBuf], args: &SourceArgs) -> Result<Job> {
        Job::with(None, paths, args, read_models(&args.models)?)
    }

    /// The same, with the name of the repository where its folder has another one.
    pub fn open_as(name: Option<&str>, paths: &[PathBuf], args: &SourceArgs) -> Result<Job> {
        Job::with(name, paths, args, read_models(&args.models)?)
    }

    /// The same with models that were read before; they are in force unless the tree has models of its own.
    pub fn open_with(paths: &[PathBuf], args: &SourceArgs, models: &OwnModels) -> Result<Job> {
        let job = Job::with(None, paths, args, models.texts.clone())?;
        if !has_models(&job.tree) {
            let _ = job.loaded.set(models.loaded.clone());
        }
        Ok(job)
    }

    fn with(name: Option<&str>, paths: &[PathBuf], args: &SourceArgs, models: Vec<(String, String)>) -> Result<Job> {
        let threads = args.threads.map_or(0, usize::from);
        let limits = args.limits.limits();
        let mut exclude = args.exclude.clone();
        exclude.push("/.apicensus/cache/".to_owned());
        let options = OpenOptions {
            paths: paths.to_vec(),
            rev: args.rev.clone(),
            name: name.map(str::to_owned),
            include: args.include.clone(),
            exclude,
            threads,
            max_file_size: limits.file_size,
            max_data_size: limits.data_size,
            max_entries: limits.files,
        };
        Ok(Job {
            tree: Tree::open(&options)?,
            evaluated: None,
            threads,
            models,
            cache: args.cache.clone(),
            limits: limits.evaluation,
            loaded: OnceCell::new(),
        })
    }

    /// Evaluates the tree with packages of others beside it, as installed libraries would be.
    pub fn depend_on(&mut self, dependencies: &[Dependency<'_>]) -> Result<()> {
        if !dependencies.is_empty() {
            self.evaluated = Some(with_dependencies(&self.tree, dependencies, &Languages::builtin()?));
        }
        Ok(())
    }

    /// What is evaluated.
    fn evaluated(&self) -> &Tree {
        self.evaluated.as_ref().unwrap_or(&self.tree)
    }

    /// The tree alone.
    pub fn into_tree(self) -> Tree {
        self.tree
    }

    /// The frameworks known to this tree: the built-in ones, its own and the caller's.
    pub fn frameworks(&self) -> Result<Vec<Framework>> {
        Ok(listed(self.loaded()?))
    }

    /// The models in force, read once.
    fn loaded(&self) -> Result<&Models> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let options = ScanOptions { models: self.models.clone(), ..ScanOptions::default() };
        let loaded = models(&self.tree, &options)?;
        Ok(self.loaded.get_or_init(|| Rc::new(loaded)))
    }

    /// Scans the tree.
    pub fn scan(&self, progress: &Progress) -> Result<Catalog> {
        self.scan_beside(progress, &kept::open_for_one(&self.cache), None)
    }

    /// Scans the tree with what other scans have read, and beside an earlier state.
    pub fn scan_beside(&self, progress: &Progress, cache: &Cache, before: Option<&Catalog>) -> Result<Catalog> {
        // What is said of an earlier state is not kept: there are too many of them.
        let slot =
            if before.is_none() { Slot::new(cache, Kind::Whole, self.evaluated(), &self.models, &self.about(&today())) } else { None };
        if let Some(catalog) = slot.as_ref().and_then(Slot::get) {
            return Ok(catalog);
        }
        let (mut catalog, _) = self.evaluate(progress, cache)?;
        progress.stage("looking for contracts");
        let languages = Languages::builtin()?;
        apicensus_inventory::complete_since(&mut catalog, &self.tree, &|path| languages.class(path), Some(&today()), before)?;
        if let Some(slot) = slot.filter(|_| kept::is_exact(&catalog)) {
            slot.put(&catalog);
        }
        Ok(catalog)
    }

    /// The text of a file of the tree, if it is there.
    pub fn text(&self, file: &str) -> Option<String> {
        let bytes = self.tree.read(self.tree.find(file)?).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Scans the code alone: no contracts, no policy, no findings.
    pub fn scan_code(&self, progress: &Progress, cache: &Cache) -> Result<(Catalog, Trace)> {
        let slot = Slot::new(cache, Kind::Code, self.evaluated(), &self.models, &self.about(""));
        if let Some(state) = slot.as_ref().and_then(Slot::get) {
            return Ok(state);
        }
        let state = self.evaluate(progress, cache)?;
        if let Some(slot) = slot.filter(|_| kept::is_exact(&state.0)) {
            slot.put(&state);
        }
        Ok(state)
    }

    /// What a result depends on beside the tree and the models.
    fn about(&self, day: &str) -> String {
        format!("{day} {:?}", self.limits)
    }

    fn evaluate(&self, progress: &Progress, cache: &Cache) -> Result<(Catalog, Trace)> {
        progress.stage("reading and evaluating, files parsed:");
        let at = |done: usize| progress.at(done as u64);
        let loaded = Some(self.loaded()?);
        let options = ScanOptions {
            threads: self.threads,
            progress: Some(&at),
            cache: Some(cache),
            limits: self.limits,
            loaded,
            ..ScanOptions::default()
        };
        Ok(traced(self.evaluated(), &options)?)
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The lines of the tree's files.
    pub fn lines(&self) -> Lines<'_> {
        Lines { tree: &self.tree, read: HashMap::new() }
    }
}

/// The caller's models, read once for many trees.
pub struct OwnModels {
    texts: Vec<(String, String)>,
    /// With the built-in ones.
    pub loaded: Rc<Models>,
}

impl OwnModels {
    /// Reads them from some folders.
    pub fn read(folders: &[PathBuf]) -> Result<OwnModels> {
        let texts = read_models(folders)?;
        let loaded = Rc::new(Models::load(&texts)?);
        Ok(OwnModels { texts, loaded })
    }
}

fn has_models(tree: &Tree) -> bool {
    let at = tree.files().partition_point(|e| e.path.as_str() < OWN_MODELS);
    tree.files().get(at).is_some_and(|e| e.path.starts_with(OWN_MODELS))
}

/// The day in UTC, `2027-01-31`.
fn today() -> String {
    now().chars().take(10).collect()
}

/// The time in UTC, `2027-01-31T12:00:00Z`.
pub fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    apicensus_surface::convert::rfc3339(now).unwrap_or_default()
}

/// The built-in frameworks and those of some folders.
pub fn frameworks(folders: &[PathBuf]) -> Result<Vec<Framework>> {
    Ok(listed(&Models::load(&read_models(folders)?)?))
}

fn listed(models: &Models) -> Vec<Framework> {
    let mut frameworks: Vec<Framework> = models
        .models
        .iter()
        .map(|model| Framework {
            language: model.language.clone(),
            name: model.framework.clone(),
            title: model.title.clone(),
            docs: model.docs.clone(),
        })
        .collect();
    frameworks.sort();
    frameworks
}

/// What the manifests of a tree say.
pub fn packages(tree: &Tree) -> Result<Packages> {
    Ok(apicensus_surface::packages::packages(tree, &Languages::builtin()?))
}

/// The models of some folders, by name: (file, text).
pub fn read_models(folders: &[PathBuf]) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for folder in folders {
        let failed = || format!("could not read models from `{}`", folder.display());
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(failed)? {
            let file = entry.with_context(failed)?.path();
            if is_model(&file) {
                files.push(file);
            }
        }
        if files.is_empty() {
            bail!("there is no model (*.yaml) in `{}`", folder.display());
        }
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).with_context(|| format!("could not read model `{}`", file.display()))?;
            texts.push((file.display().to_string(), text));
        }
    }
    Ok(texts)
}

fn is_model(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// Lines of the files of a tree, each file read once.
pub struct Lines<'a> {
    tree: &'a Tree,
    read: HashMap<String, Vec<String>>,
}

impl Lines<'_> {
    /// A line, from 1; none when the file or the line is not there.
    pub fn get(&mut self, file: &str, line: u32) -> Option<String> {
        let tree = self.tree;
        let lines = self.read.entry(file.to_owned()).or_insert_with(|| {
            let bytes = tree.find(file).and_then(|index| tree.read(index).ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        });
        lines.get((line as usize).checked_sub(1)?).cloned()
    }
}
