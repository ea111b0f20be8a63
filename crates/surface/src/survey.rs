//! The scanned tree prepared for evaluation: languages, classes, manifest texts; and reading and lowering on demand,
//! each file once, with what was learnt on the way.

use crate::cache::{Cache, Lowered};
use crate::languages::Languages;
use apicensus_eval::files::{File, FileId, Files};
use apicensus_source::classify::{self, Class};
use apicensus_source::{SourceTrouble, Tree};
use apicensus_syntax::{Lang, Module, lower};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files without an extension that are larger than this are not looked at for a `#!` line, in bytes.
const MAX_SCRIPT: u64 = 256 << 10;
/// Bytes of files that are kept for a second look; what is over this is read again when it is asked for again.
const MAX_KEPT: usize = 256 << 20;

/// The tree, prepared. Safe to use from many threads.
pub struct Survey<'a> {
    tree: &'a Tree,
    /// The files as the evaluator sees them; a file's id is its index in the tree.
    pub files: Files,
    classes: Vec<Class>,
    states: Vec<State>,
    troubles: Mutex<Vec<SourceTrouble>>,
    kept: AtomicUsize,
    lowered: AtomicUsize,
    cache: Option<&'a Cache>,
    /// The files to evaluate were chosen: from now on what is read is leaned on.
    is_chosen: AtomicBool,
}

/// What has been learnt about a file.
#[derive(Default)]
struct State {
    /// Whether it could be read.
    is_read: OnceLock<bool>,
    /// Its bytes, if they are kept.
    bytes: OnceLock<Arc<[u8]>>,
    class: OnceLock<Class>,
    is_utf8: OnceLock<bool>,
    module: OnceLock<Option<Arc<Module>>>,
    /// The evaluation asked for its tree; otherwise it was only lowered ahead.
    is_asked: AtomicBool,
    /// The evaluation may lean on its content.
    is_leaned_on: AtomicBool,
}

impl<'a> Survey<'a> {
    /// Looks at every file's name, and reads manifests and scripts. Runs on the current rayon pool.
    pub fn new(tree: &'a Tree, languages: &Languages) -> Self {
        Survey::sharing(tree, languages, None)
    }

    /// The same with what other scans have read and lowered.
    pub fn sharing(tree: &'a Tree, languages: &Languages, cache: Option<&'a Cache>) -> Self {
        let entries = tree.files();
        // Of other trees only deployed code is there.
        let class = |at: usize| if tree.is_beside(at) { Class::Production } else { languages.class(&entries[at].path) };
        let classes: Vec<Class> = (0..entries.len()).into_par_iter().map(class).collect();
        let mut states = Vec::with_capacity(entries.len());
        states.resize_with(entries.len(), State::default);
        let mut survey = Survey {
            tree,
            files: Files::default(),
            classes,
            states,
            troubles: Mutex::default(),
            kept: AtomicUsize::new(0),
            lowered: AtomicUsize::new(0),
            cache,
            is_chosen: AtomicBool::new(false),
        };
        let files = (0..entries.len()).into_par_iter().map(|at| survey.file(at, languages)).collect();
        survey.files = Files::new(files);
        survey
    }

    fn file(&self, at: usize, languages: &Languages) -> File {
        let entry = &self.tree.files()[at];
        let class = self.classes[at];
        let mut lang = languages.of_path(&entry.path).filter(|_| class != Class::Minified);
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        if lang.is_none() && !name.contains('.') && entry.size <= MAX_SCRIPT && class != Class::Vendored {
            lang = self.bytes(FileId(at as u32)).and_then(|bytes| languages.of_program(classify::shebang(&bytes)?));
        }
        let is_config = languages.is_config(&entry.path) && class != Class::Vendored;
        let text = if is_config { self.bytes(FileId(at as u32)).map(|b| Arc::from(String::from_utf8_lossy(&b))) } else { None };
        let secondary = matches!(class, Class::Test | Class::Example | Class::Docs | Class::Vendored);
        File { path: SmolStr::new(&entry.path), lang, text, secondary, installed: self.tree.is_beside(at) }
    }

    /// The bytes of a file; None (and a trouble, once) when they can't be had.
    pub fn bytes(&self, file: FileId) -> Option<Arc<[u8]>> {
        let at = file.0 as usize;
        let state = self.states.get(at)?;
        if self.is_chosen.load(Ordering::Relaxed) {
            state.is_leaned_on.store(true, Ordering::Relaxed);
        }
        if let Some(bytes) = state.bytes.get() {
            return Some(bytes.clone());
        }
        if state.is_read.get() == Some(&false) {
            return None;
        }
        let content = self.cache.zip(self.tree.content(at));
        if let Some(bytes) = content.and_then(|(cache, id)| cache.bytes(id)) {
            let _ = state.is_read.set(true);
            let _ = state.bytes.set(bytes.clone());
            return Some(bytes);
        }
        let read = self.tree.read(at);
        let is_first = state.is_read.set(read.is_ok()).is_ok();
        match read {
            Ok(bytes) => {
                let bytes: Arc<[u8]> = Arc::from(bytes);
                if let Some((cache, id)) = content {
                    cache.keep_bytes(id, &bytes);
                }
                if self.kept.fetch_add(bytes.len(), Ordering::Relaxed) < MAX_KEPT {
                    let _ = state.bytes.set(bytes.clone());
                }
                Some(bytes)
            }
            Err(error) if is_first => {
                let path = self.tree.files().get(at).map_or("", |e| e.path.as_str());
                let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
                troubles.push(SourceTrouble::of_read(path, &error));
                None
            }
            Err(_) => None,
        }
    }

    /// The id of a file's content.
    fn content(&self, file: FileId) -> Option<[u8; 20]> {
        self.tree.content(file.0 as usize).or_else(|| self.bytes(file).and_then(|bytes| apicensus_source::content_id(&bytes)))
    }

    /// The bytes of a code file; None for what is not meant to be run: binary and minified files.
    pub fn code(&self, file: FileId) -> Option<Arc<[u8]>> {
        let bytes = self.bytes(file)?;
        let shown = self.states.get(file.0 as usize)?.class.get_or_init(|| classify::of_content(&bytes).unwrap_or(Class::Production));
        (!matches!(shown, Class::Binary | Class::Minified)).then_some(bytes)
    }

    /// A file lowered, once; None when it is no code or can't be read. It counts as parsed.
    pub fn module(&self, file: FileId) -> Option<Arc<Module>> {
        let state = self.states.get(file.0 as usize)?;
        state.is_asked.store(true, Ordering::Relaxed);
        state.is_leaned_on.store(true, Ordering::Relaxed);
        self.prepared(file)
    }

    /// The same for a file that may never be asked for.
    pub fn prepared(&self, file: FileId) -> Option<Arc<Module>> {
        let state = self.states.get(file.0 as usize)?;
        let make = || {
            let lang = self.files.get(file).lang?;
            let lower_it = || self.lower(file, lang);
            let (module, is_utf8) = match self.cache.filter(|cache| cache.is_shared()).and_then(|cache| Some((cache, self.content(file)?)))
            {
                Some((cache, id)) => cache.lowered(lang, id, || (lower_it(), state.is_read.get() == Some(&true))),
                None => lower_it(),
            };
            let _ = state.is_utf8.set(is_utf8);
            module
        };
        state.module.get_or_init(make).clone()
    }

    /// Notes the files that those to evaluate were chosen from; what is read from now on is leaned on too.
    pub fn chosen(&self, from: &[FileId]) {
        for state in from.iter().filter_map(|file| self.states.get(file.0 as usize)) {
            state.is_leaned_on.store(true, Ordering::Relaxed);
        }
        self.is_chosen.store(true, Ordering::Relaxed);
    }

    /// The paths of the files whose content the evaluation may lean on, beyond what chose the files to evaluate.
    pub fn leaned_on(&self) -> BTreeSet<String> {
        let leaned = self.states.iter().enumerate().filter(|(_, state)| state.is_leaned_on.load(Ordering::Relaxed));
        leaned.map(|(at, _)| self.path(FileId(at as u32)).to_owned()).collect()
    }

    fn lower(&self, file: FileId, lang: Lang) -> Lowered {
        let Some(bytes) = self.code(file) else { return (None, true) };
        let text = String::from_utf8_lossy(&bytes);
        self.lowered.fetch_add(1, Ordering::Relaxed);
        (Some(Arc::new(lower(lang, &text))), matches!(text, std::borrow::Cow::Borrowed(_)))
    }

    /// How many files were lowered so far.
    pub fn lowered(&self) -> usize {
        self.lowered.load(Ordering::Relaxed)
    }

    /// What a file is, by its path and, where it was read, by its content.
    pub fn class(&self, file: FileId) -> Class {
        let at = file.0 as usize;
        let by_path = self.classes.get(at).copied().unwrap_or(Class::Production);
        let by_content = self.states.get(at).and_then(|s| s.class.get()).copied().unwrap_or(Class::Production);
        match (by_path, by_content) {
            (_, Class::Binary | Class::Minified) | (Class::Production, _) => by_content,
            _ => by_path,
        }
    }

    /// The path of a file from the scan root.
    pub fn path(&self, file: FileId) -> &str {
        self.tree.files().get(file.0 as usize).map_or("", |e| e.path.as_str())
    }
    /// Whether a file is of a package of another tree.
    pub fn is_beside(&self, file: FileId) -> bool {
        self.tree.is_beside(file.0 as usize)
    }
    /// The tree.
    pub fn tree(&self) -> &'a Tree {
        self.tree
    }
    /// What could not be read so far.
    pub fn troubles(&self) -> Vec<SourceTrouble> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// How far each code or configuration file got.
    pub fn progress(&self) -> impl Iterator<Item = Progress<'_>> {
        self.files.iter().map(|(id, file)| {
            let state = &self.states[id.0 as usize];
            let is_asked = state.is_asked.load(Ordering::Relaxed);
            Progress {
                file: id,
                lang: file.lang,
                is_read: state.is_read.get() == Some(&true),
                is_utf8: !is_asked || state.is_utf8.get().copied().unwrap_or(true),
                module: state.module.get().and_then(Option::as_deref).filter(|_| is_asked),
            }
        })
    }
}

/// How far a file got.
pub struct Progress<'s> {
    /// The file.
    pub file: FileId,
    /// Its language.
    pub lang: Option<Lang>,
    /// Its bytes were read.
    pub is_read: bool,
    /// Its text is UTF-8, as far as it was looked at.
    pub is_utf8: bool,
    /// Its tree, when it was parsed.
    pub module: Option<&'s Module>,
}
