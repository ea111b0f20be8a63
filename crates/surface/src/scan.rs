//! The whole way from a source tree to a catalog.

use crate::cache::Cache;
use crate::convert;
use crate::languages::{LanguageError, Languages};
use crate::survey::Survey;
use crate::trace::Trace;
use crate::{design, sensitive};
use apicensus_catalog::Catalog;
use apicensus_eval::files::FileId;
use apicensus_eval::models::{ModelError, Models};
use apicensus_eval::output::Census;
use apicensus_eval::{Input, Limits, evaluate};
use apicensus_source::Tree;
use apicensus_syntax::lower::STACK;
use rayon::prelude::*;

/// Where a repository keeps framework models of its own.
pub const OWN_MODELS: &str = ".apicensus/models/";

/// How to scan.
#[derive(Default)]
pub struct ScanOptions<'a> {
    /// Threads; 0 for one a core. The result does not depend on it.
    pub threads: usize,
    /// Only these frameworks, by name; all when empty.
    pub frameworks: Vec<String>,
    /// Further framework models: (file, text).
    pub models: Vec<(String, String)>,
    /// Told the number of files lowered so far, from any thread.
    pub progress: Option<&'a (dyn Fn(usize) + Sync)>,
    /// What scans of several revisions of a repository share.
    pub cache: Option<&'a Cache>,
    /// How far the evaluation may go.
    pub limits: Limits,
    /// What [`models`] gave for this tree and these options, if that was asked before.
    pub loaded: Option<&'a Models>,
}

/// Why a tree could not be scanned. What is wrong with the tree itself is a trouble in the catalog instead.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A framework model is wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An embedded language file is wrong.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// A list of rules for sensitive data is wrong.
    #[error(transparent)]
    Sensitive(#[from] sensitive::RuleError),
    /// The embedded list of what is open by design is wrong.
    #[error("by_design.yaml: {0}")]
    Design(#[from] serde_yaml::Error),
    /// The threads could not be started.
    #[error("the worker threads could not be started: {0}")]
    Threads(String),
}

/// Scans a tree.
///
/// # Errors
/// When a framework model, of the options or of the tree, is wrong, or threads can't be had.
pub fn scan(tree: &Tree, options: &ScanOptions<'_>) -> Result<Catalog, ScanError> {
    traced(tree, options).map(|(catalog, _)| catalog)
}

/// Scans a tree, and says what the result leans on.
///
/// # Errors
/// As [`scan`].
pub fn traced(tree: &Tree, options: &ScanOptions<'_>) -> Result<(Catalog, Trace), ScanError> {
    let languages = Languages::builtin()?;
    let own;
    let models = match options.loaded {
        Some(loaded) => loaded,
        None => {
            own = models(tree, options)?;
            &own
        }
    };
    let rules = Rules { design: design::Rules::builtin()?, sensitive: sensitive::Rules::of(tree)? };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).stack_size(STACK).build();
    let pool = pool.map_err(|e| ScanError::Threads(e.to_string()))?;
    Ok(pool.install(|| {
        let survey = Survey::sharing(tree, &languages, options.cache);
        let census = evaluate_tree(&survey, models, options);
        let mut catalog = convert::catalog(&census, &survey, &languages);
        rules.apply(&mut catalog);
        (catalog, Trace { files: Some(survey.leaned_on()) })
    }))
}

/// The rules that mark endpoints once they are known.
struct Rules {
    design: design::Rules,
    sensitive: sensitive::Rules,
}

impl Rules {
    fn apply(&self, catalog: &mut Catalog) {
        let Catalog { endpoints, schemas, .. } = catalog;
        endpoints.par_iter_mut().for_each(|endpoint| {
            endpoint.auth.by_design = self.design.reason(endpoint);
            self.sensitive.tag(endpoint, schemas);
        });
    }
}

/// The models in force: the built-in ones, the tree's own and the caller's, later ones replacing earlier ones of the same name.
///
/// # Errors
/// When one is wrong.
pub fn models(tree: &Tree, options: &ScanOptions<'_>) -> Result<Models, ModelError> {
    let mut texts = Vec::new();
    let start = tree.files().partition_point(|e| e.path.as_str() < OWN_MODELS);
    for (at, entry) in tree.files().iter().enumerate().skip(start).take_while(|(_, e)| e.path.starts_with(OWN_MODELS)) {
        if entry.path.ends_with(".yaml") || entry.path.ends_with(".yml") {
            let bytes = tree.read(at).map_err(|e| ModelError { file: entry.path.clone(), line: 1, message: e.to_string() })?;
            texts.push((entry.path.clone(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    texts.extend(options.models.iter().cloned());
    let models = Models::load(&texts)?;
    if options.frameworks.is_empty() {
        return Ok(models);
    }
    Ok(models.only(|m| options.frameworks.iter().any(|f| f.eq_ignore_ascii_case(&m.framework))))
}

/// Runs the evaluator over the tree.
fn evaluate_tree(survey: &Survey<'_>, models: &Models, options: &ScanOptions<'_>) -> Census {
    let told = |module| {
        if let Some(progress) = options.progress {
            progress(survey.lowered());
        }
        module
    };
    let text = |file| survey.code(file);
    let lower = |file| told(survey.module(file));
    let prepare = |file| told(survey.prepared(file));
    let chosen = |from: &[FileId]| survey.chosen(from);
    let limits = options.limits;
    let files = &survey.files;
    let mut input = Input { files, models, text: &text, lower: &lower, prepare: &prepare, chosen: &chosen, limits, weights: Vec::new() };
    evaluate(&mut input)
}
