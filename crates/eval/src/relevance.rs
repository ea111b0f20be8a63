//! Which Python files of a wave can register anything, told by their text: those that use a registering name of a model
//! in force, decorate with a verb, hold settings, or name something that does so in a relevant file. The others are read only when the
//! evaluation asks for a name of theirs.
//!
//! Left out: JavaScript, whose default exports have no name to look for, and Rust, whose modules are one crate.

use crate::config::CONFIG_NAMES;
use crate::evaluate::{Family, Input};
use crate::files::FileId;
use crate::models::Does;
use crate::resolve::graph::ImportGraph;
use crate::resolve::scan::{ImportSpec, SpecKind};
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use regex::bytes::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace", "route", "view", "all", "any"];
/// What uses a registering name registers too, from file to file and within one, at most so often.
const MAX_ROUNDS: usize = 2;
/// Base classes and names that are passed on by imports are followed further.
const MAX_BASES: usize = 8;
/// Shorter names are too common to say anything.
const LEAST_NAME: usize = 4;
/// So many names are searched one by one.
const FEW_NAMES: usize = 6;

/// The relevant ones of some files, sorted as they came; `anchors`: the models that anchor a file.
pub fn relevant(
    input: &Input<'_>,
    weights: &[usize],
    anchors: &FxHashMap<FileId, Vec<u16>>,
    (graph, scanned): (&ImportGraph, &[Vec<ImportSpec>]),
    files: &[FileId],
) -> Vec<FileId> {
    let Some(signs) = Signs::new(input, weights) else { return files.to_vec() };
    let found: Vec<(bool, BTreeSet<String>)> =
        files.par_iter().map(|id| signs.look(input, *id, &scanned[id.0 as usize], anchors.get(id).map_or(&[], Vec::as_slice))).collect();
    let mut is_relevant: FxHashSet<FileId> = files.iter().zip(&found).filter(|(_, f)| f.0).map(|(id, _)| *id).collect();
    let mut fresh: FxHashMap<FileId, BTreeSet<String>> =
        files.iter().copied().zip(found.into_iter().map(|f| f.1)).filter(|(_, names)| !names.is_empty()).collect();
    let mut known = fresh.clone();
    for round in 0..MAX_BASES {
        if fresh.is_empty() {
            break;
        }
        let what = if round < MAX_ROUNDS { Spread::Uses } else { Spread::Bases };
        let more: Vec<(FileId, BTreeSet<String>)> =
            files.par_iter().filter_map(|id| spread(input, graph, *id, &scanned[id.0 as usize], &fresh, what)).collect();
        fresh.clear();
        for (id, names) in more {
            is_relevant.insert(id);
            let known = known.entry(id).or_default();
            let new: BTreeSet<String> = names.into_iter().filter(|n| known.insert(n.clone())).collect();
            if !new.is_empty() {
                fresh.insert(id, new);
            }
        }
    }
    files.iter().copied().filter(|id| is_relevant.contains(id)).collect()
}

/// Whether a file uses a name that registers from a file it imports; the definitions of its own that do so.
fn spread(
    input: &Input<'_>,
    graph: &ImportGraph,
    id: FileId,
    specs: &[ImportSpec],
    fresh: &FxHashMap<FileId, BTreeSet<String>>,
    what: Spread,
) -> Option<(FileId, BTreeSet<String>)> {
    let names: FxHashSet<&str> = graph.imports(id).iter().filter_map(|from| fresh.get(from)).flatten().map(String::as_str).collect();
    if names.is_empty() {
        return None;
    }
    let text = (input.text)(id)?;
    let names: Vec<&str> = names.into_iter().collect();
    let used = uses(&text, &names);
    if used.is_empty() {
        return None;
    }
    let imported = Imported::new(&text, specs);
    let mut is_named: FxHashMap<&str, bool> = FxHashMap::default();
    let mut counts = |name, at| *is_named.entry(name).or_insert_with(|| imported.is_named(name, |_| true)) || imported.is_member(at);
    let mut hits: Vec<usize> = used.into_iter().filter(|(at, name)| counts(*name, *at)).map(|(at, _)| at).collect();
    hits.sort_unstable();
    let names = closure(&text, definitions(&text, &hits, what), what);
    let counts = if what == Spread::Uses { !hits.is_empty() } else { !names.is_empty() };
    counts.then_some((id, names))
}

/// What a name spreads to.
#[derive(Clone, Copy, PartialEq)]
enum Spread {
    /// Everything that uses it.
    Uses,
    /// Subclasses, and imports that pass it on.
    Bases,
}

/// What a file imports, by its text.
struct Imported<'t> {
    text: &'t [u8],
    specs: &'t [ImportSpec],
    /// Names that imports bind, maybe more.
    names: FxHashSet<&'t [u8]>,
    has_star: bool,
}

impl<'t> Imported<'t> {
    fn new(text: &'t [u8], specs: &'t [ImportSpec]) -> Self {
        let mut names: FxHashSet<&[u8]> = specs.iter().map(|s| s.module.rsplit('.').next().unwrap_or_default().as_bytes()).collect();
        names.extend(memchr::memmem::find_iter(text, b" as ").map(|at| word_at(text, at + 4)));
        Imported { text, specs, names, has_star: memchr::memmem::find(text, b"import *").is_some() }
    }
    /// Whether a name may be imported from a module whose first segment fits; empty for one of the same package.
    fn is_named(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        let is_it = |spec: &ImportSpec| {
            let root = if spec.level > 0 { "" } else { spec.module.split('.').next().unwrap_or_default() };
            spec.kind == SpecKind::Name && spec.module.rsplit('.').next() == Some(name) && fits(root)
        };
        self.has_star || self.specs.iter().any(is_it)
    }
    /// Whether the word at a place is an attribute of something imported.
    fn is_member(&self, at: usize) -> bool {
        let Some(dot) = at.checked_sub(1).filter(|dot| self.text[*dot] == b'.') else { return false };
        let start = self.text[..dot].iter().rposition(|b| !b.is_ascii_alphanumeric() && *b != b'_').map_or(0, |n| n + 1);
        self.names.contains(&self.text[start..dot])
    }
}

/// The word that starts at a place.
fn word_at(text: &[u8], at: usize) -> &[u8] {
    let rest = text.get(at..).unwrap_or_default();
    &rest[..rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(rest.len())]
}

/// Names, each with the models that a file must be anchored by for it to count and the packages that it must come from.
struct Owned {
    names: Vec<String>,
    words: AhoCorasick,
    owners: Vec<Owners>,
}

#[derive(Default)]
struct Owners {
    models: Vec<u16>,
    packages: BTreeSet<String>,
}

impl Owned {
    /// From symbols with the model that names each.
    fn new<'m>(symbols: impl Iterator<Item = (&'m str, u16)>) -> Option<Owned> {
        let mut owned: BTreeMap<String, Owners> = BTreeMap::new();
        for (symbol, model) in symbols {
            let name = symbol.rsplit('.').next().unwrap_or(symbol);
            if name.len() >= LEAST_NAME && !VERBS.contains(&name) {
                let owners = owned.entry(name.to_owned()).or_default();
                owners.models.push(model);
                owners.packages.extend(symbol.split('.').next().filter(|_| symbol.contains('.')).map(str::to_owned));
            }
        }
        let (names, owners): (Vec<String>, Vec<Owners>) = owned.into_iter().unzip();
        Some(Owned { words: AhoCorasick::new(&names).ok()?, names, owners })
    }

    /// Where names that count stand in a file that some models anchor. A name without a package is a method's.
    fn find<'a>(&'a self, imported: &'a Imported<'a>, anchors: &'a [u16]) -> impl Iterator<Item = usize> + 'a {
        let text = imported.text;
        let mut is_named: FxHashMap<usize, bool> = FxHashMap::default();
        let counts = move |m: &aho_corasick::Match| {
            let at = m.pattern().as_usize();
            let owners = &self.owners[at];
            owners.models.iter().any(|owner| anchors.contains(owner))
                && is_whole(text, m.start(), m.end())
                && (owners.packages.is_empty()
                    || imported.is_member(m.start())
                    || *is_named.entry(at).or_insert_with(|| imported.is_named(&self.names[at], |root| owners.packages.contains(root))))
        };
        self.words.find_overlapping_iter(text).filter(counts).map(|m| m.start())
    }
}

struct Signs {
    /// What registers under any receiver.
    words: AhoCorasick,
    /// Classes and functions of frameworks.
    owned: Owned,
    /// What makes or mounts a router.
    seeds: Owned,
    verbs: Regex,
    /// A text that settings bind to a name that tells of a path.
    settings: Regex,
}

impl Signs {
    fn new(input: &Input<'_>, weights: &[usize]) -> Option<Signs> {
        let mut words: BTreeSet<&str> = BTreeSet::new();
        let mut owned: Vec<(&str, u16)> = Vec::new();
        let mut seeds: Vec<(&str, u16)> = Vec::new();
        let mut verbs: BTreeSet<&str> = VERBS.iter().copied().collect();
        for (m, model) in input.models.of(Family::Python.language()) {
            if weights.get(m as usize).copied().unwrap_or(0) == 0 {
                continue;
            }
            words.extend(model.keywords.iter().map(String::as_str));
            for role in model.roles.values() {
                seeds.extend(role.made_by.iter().map(|s| (s.as_str(), m)));
                owned.extend(role.made_by.iter().chain(&role.types).map(|s| (s.as_str(), m)));
            }
            for call in model.calls.iter().chain(&model.annotations) {
                owned.extend(call.symbol.iter().map(|s| (s.as_str(), m)));
                if matches!(call.does, Does::Nothing | Does::Same) {
                    continue;
                }
                for name in &call.name {
                    if name.len() < LEAST_NAME + 1 || VERBS.contains(&name.as_str()) {
                        verbs.insert(name);
                    } else {
                        words.insert(name);
                        let mounts = matches!(call.does, Does::Mount | Does::Use | Does::Attach | Does::Group | Does::Native);
                        seeds.extend(mounts.then_some((name.as_str(), m)));
                    }
                }
            }
            owned.extend(model.classes.iter().flat_map(|c| &c.symbol).map(|s| (s.as_str(), m)));
        }
        words.remove("");
        let verbs = verbs.iter().filter(|v| v.chars().all(|c| c.is_alphanumeric() || c == '_')).copied().collect::<Vec<_>>().join("|");
        // A decorator, or a call whose first argument looks like a path or, for what no dictionary has, is named like one.
        let rare = verbs.split('|').filter(|v| *v != "get").collect::<Vec<_>>().join("|");
        let verbs = format!(
            r#"(?m-u)^[ \t]*@[ \t]*(?:[\w.]+\.)?(?:{verbs})\b|\.(?:{verbs})\(\s*[rbfRBF]?["'](?:/|\^|["'])|\.(?:{rare})\(\s*[\w.]*(?:path|prefix|route|PATH|PREFIX|ROUTE)\b|\bgetattr\([^)\n]*(?:router|app|api|blueprint|bp)\b"#
        );
        Some(Signs {
            words: AhoCorasick::new(&words).ok()?,
            owned: Owned::new(owned.into_iter())?,
            seeds: Owned::new(seeds.into_iter())?,
            verbs: Regex::new(&verbs).ok()?,
            settings: Regex::new(&format!(r#"(?mi-u)^[ \t]*\w*(?:{})\w*[ \t]*(?::[^=\n]+)?=[^=\n]*["']"#, CONFIG_NAMES.join("|"))).ok()?,
        })
    }

    fn look(&self, input: &Input<'_>, id: FileId, specs: &[ImportSpec], anchors: &[u16]) -> (bool, BTreeSet<String>) {
        let Some(text) = (input.text)(id) else { return Default::default() };
        // Names of a model count in files that it anchors.
        let imported = (!anchors.is_empty()).then(|| Imported::new(&text, specs));
        let is_sign = is_settings(&input.files.get(id).path) && self.settings.is_match(&text)
            || self.words.find_overlapping_iter(&text[..]).any(|m| is_whole(&text, m.start(), m.end()))
            || imported.as_ref().is_some_and(|imported| self.owned.find(imported, anchors).next().is_some())
            || self.verbs.is_match(&text);
        if !is_sign {
            return (false, BTreeSet::new());
        }
        let hits: Vec<usize> = imported.iter().flat_map(|imported| self.seeds.find(imported, anchors)).collect();
        (true, closure(&text, definitions(&text, &hits, Spread::Uses), Spread::Uses))
    }
}

/// Whether a file is settings by its name: prefixes and switches are looked up in it by name.
fn is_settings(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".py");
    ["config", "settings", "conf", "configuration", "defaults", "constants"]
        .iter()
        .any(|word| stem == *word || stem.ends_with(&format!("_{word}")))
        || path.contains("/settings/")
        || path.contains("/config/")
}

fn is_whole(text: &[u8], start: usize, end: usize) -> bool {
    let is_word = |at: usize| text.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let goes_on = |at: usize| at > 0 && is_word(at - 1) && is_word(at);
    !goes_on(start) && !goes_on(end)
}

/// Where names stand as whole words, in no order. Few names are searched one by one; for many, every word is looked up.
fn uses<'n>(text: &[u8], names: &[&'n str]) -> Vec<(usize, &'n str)> {
    let (many, odd): (Vec<&str>, Vec<&str>) = match names.len() {
        0..=FEW_NAMES => (Vec::new(), names.to_vec()),
        _ => names.iter().partition(|name| name.bytes().all(is_word_byte)),
    };
    let mut found = Vec::new();
    for name in odd {
        let at = memchr::memmem::find_iter(text, name.as_bytes()).filter(|at| is_whole(text, *at, at + name.len()));
        found.extend(at.map(|at| (at, name)));
    }
    if many.is_empty() {
        return found;
    }
    let words = Words::new(many.into_iter().map(|name| (name, name)));
    found.extend(words.find(text).map(|(at, name)| (at, *name)));
    found
}

/// Whether a byte is of a word.
fn is_word_byte(byte: u8) -> bool {
    const IS_WORD: [bool; 256] = {
        let mut all = [false; 256];
        let mut at = 0;
        while at < 256 {
            all[at] = (at as u8).is_ascii_alphanumeric() || at as u8 == b'_';
            at += 1;
        }
        all
    };
    IS_WORD[byte as usize]
}

/// Words to look up in a text, each with something about it.
struct Words<'n, T> {
    known: FxHashMap<&'n [u8], T>,
    /// Whether a word starts with a byte.
    starts: [bool; 256],
    /// Whether a word has a length; the last one stands for all that are longer.
    lengths: [bool; 64],
}

impl<'n, T> Words<'n, T> {
    fn new(words: impl Iterator<Item = (&'n str, T)>) -> Words<'n, T> {
        let mut out = Words { known: FxHashMap::default(), starts: [false; 256], lengths: [false; 64] };
        for (word, about) in words.filter(|(word, _)| !word.is_empty()) {
            out.starts[word.as_bytes()[0] as usize] = true;
            out.lengths[word.len().min(63)] = true;
            out.known.insert(word.as_bytes(), about);
        }
        out
    }

    /// Where they stand, in order.
    fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'a T)> + 'a {
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                while !is_word_byte(*text.get(at)?) {
                    at += 1;
                }
                let start = at;
                while text.get(at).is_some_and(|b| is_word_byte(*b)) {
                    at += 1;
                }
                if self.starts[text[start] as usize]
                    && self.lengths[(at - start).min(63)]
                    && let Some(about) = self.known.get(&text[start..at])
                {
                    return Some((start, about));
                }
            }
        })
    }
}

/// With the definitions of the same file that use them: subclasses, functions that call them.
fn closure(text: &[u8], mut names: BTreeSet<String>, what: Spread) -> BTreeSet<String> {
    let mut fresh = names.clone();
    for _ in 0..MAX_ROUNDS {
        let wanted: Vec<&str> = fresh.iter().map(String::as_str).collect();
        let mut hits: Vec<usize> = uses(text, &wanted).into_iter().map(|(at, _)| at).collect();
        hits.sort_unstable();
        fresh = definitions(text, &hits, what).into_iter().filter(|n| !names.contains(n)).collect();
        if fresh.is_empty() {
            break;
        }
        names.extend(fresh.iter().cloned());
    }
    names
}

/// The names of the top-level definitions and assignments in which something was found, and what imports there bring.
fn definitions(text: &[u8], hits: &[usize], what: Spread) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut hits = hits.iter().copied().peekable();
    let mut name: Option<String> = None;
    let mut imports = false;
    let mut at = 0;
    for line in text.split_inclusive(|b| *b == b'\n') {
        if hits.peek().is_none() {
            break;
        }
        let end = at + line.len();
        let first = line.first().copied().unwrap_or(b'\n');
        if first == b'@' {
            // What a decorator says is of the definition below, which is a handler rather than something that registers.
            name = None;
        } else if !matches!(first, b' ' | b'\t' | b'\n' | b'\r' | b'#' | b')' | b']' | b'}') {
            name = defined(line);
            imports = line.starts_with(b"from ") || line.starts_with(b"import ");
        }
        while let Some(hit) = hits.next_if(|h| *h < end) {
            if imports {
                out.insert(String::from_utf8_lossy(word_at(text, hit)).into_owned());
            } else if what == Spread::Uses || line.starts_with(b"class ") {
                out.extend(name.clone());
            }
        }
        at = end;
    }
    out.retain(|n| n.len() >= LEAST_NAME);
    out
}

/// The name that a line at the left margin defines.
fn defined(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let rest = ["def ", "class ", "async def "].iter().find_map(|word| line.strip_prefix(word));
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    match rest {
        Some(rest) => Some(word(rest)).filter(|n| !n.is_empty()),
        None => {
            let name = word(line);
            let after = line.get(name.len()..)?.trim_start();
            let binds = after.starts_with('=') && !after.starts_with("==") || after.starts_with(':');
            (binds && !name.is_empty() && !matches!(name.as_str(), "if" | "else" | "try" | "with" | "for" | "while" | "except" | "finally"))
                .then_some(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_around_hits() {
        let text = b"import x\nrouter = APIRouter()\n\n@deco\ndef setup(app):\n    app.mount(x)\n\nclass Other:\n    pass\n";
        let at = |needle: &str| text.windows(needle.len()).position(|w| w == needle.as_bytes()).unwrap_or(0);
        let found: Vec<String> = definitions(text, &[at("APIRouter"), at("mount")], Spread::Uses).into_iter().collect();
        assert_eq!(found, ["router", "setup"]);
        assert!(is_whole(b"a.mount(", 2, 7) && !is_whole(b"remount(", 2, 7));
    }
}
