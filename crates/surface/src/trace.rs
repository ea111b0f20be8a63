//! What a result leans on, and which changes of files leave it as it is.
//!
//! A scan looks at every code file for what chooses the files to evaluate (its imports, names of frameworks) and evaluates the chosen
//! ones. A file that was not among those, and whose new text says the same of that, changes nothing: the next scan would choose the
//! same files and read the same texts. Files that come or go, configuration and programs told by their first line are never passed over.

use crate::languages::Languages;
use apicensus_eval::Anchors;
use apicensus_eval::models::Models;
use apicensus_source::classify;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What one result leans on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Files whose content may be a part of the result, from the root of the tree; None of a result that came without a scan.
    pub files: Option<BTreeSet<String>>,
}

/// Tells changes that matter from others, under some models.
pub struct Lens<'a> {
    languages: &'a Languages,
    anchors: Anchors,
}

impl<'a> Lens<'a> {
    /// Under these models.
    pub fn new(models: &Models, languages: &'a Languages) -> Self {
        Lens { languages, anchors: Anchors::new(models) }
    }

    /// The languages.
    pub fn languages(&self) -> &'a Languages {
        self.languages
    }

    /// Whether a result stays the same when a file's content changes.
    pub fn passes_over(&self, trace: &Trace, path: &str, before: &[u8], after: &[u8]) -> bool {
        let Some(lang) = self.languages.of_path(path) else { return false };
        let shown = |text| classify::of_content(text);
        trace.files.as_ref().is_some_and(|files| !files.contains(path))
            && !self.languages.is_config(path)
            && shown(before) == shown(after)
            && self.anchors.facts(lang, before) == self.anchors.facts(lang, after)
    }
}
