//! Loading models and finding in them by symbol, role and method name.

use super::control::CONTROLS;
use super::{BUILTIN, Call, ControlLibrary, Controls, Does, GuardModel, HandlerClass, Library, Model, Place, Role};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// A framework and a role of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId {
    /// Index of the model.
    pub model: u16,
    /// Index of the role, in name order.
    pub role: u16,
}

/// What a symbol means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Its call makes an object.
    Make(KindId),
    /// A call spec: model, index in `calls`.
    Call(u16, u16),
    /// An annotation: model, index in `annotations`.
    Annotation(u16, u16),
    /// A handler base class: model, index in `classes`.
    Class(u16, u16),
}

/// An error in a model file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}: {message}")]
pub struct ModelError {
    /// The file.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// What is wrong, with a suggestion where there is one.
    pub message: String,
}

/// All models in force.
#[derive(Debug, Default)]
pub struct Models {
    /// The models, by language then name.
    pub models: Vec<Model>,
    symbols: FxHashMap<SmolStr, Vec<Entry>>,
    /// Calls by names with a part left open: what the last part of a symbol starts and ends with.
    open_names: Vec<(SmolStr, SmolStr, Vec<Entry>)>,
    types: FxHashMap<SmolStr, KindId>,
    values: FxHashMap<SmolStr, KindId>,
    methods: FxHashMap<(KindId, SmolStr), Vec<u16>>,
    /// Every dotted prefix of a symbol or type.
    prefixes: rustc_hash::FxHashSet<SmolStr>,
    /// The libraries, by language then name.
    pub libraries: Vec<Library>,
    /// Guards by language and symbol; those of `*.x` under `x`'s last part.
    guards: FxHashMap<(SmolStr, SmolStr), Vec<GuardModel>>,
    /// What is known of controls and HTTP clients, by language then name.
    pub controls: Controls,
}

impl Models {
    /// The built-in models.
    pub fn builtin() -> Result<Models, ModelError> {
        Models::load(&[])
    }
    /// The built-in models and a user's, which replace built-in ones of the same name. `user`: (file, text).
    pub fn load(user: &[(String, String)]) -> Result<Models, ModelError> {
        let mut models: Vec<Model> = Vec::new();
        let mut libraries: Vec<Library> = Vec::new();
        let mut controls: Vec<ControlLibrary> = Vec::new();
        let builtin = BUILTIN.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
        for (file, text) in builtin.chain(user.iter().cloned()) {
            if text.lines().any(|l| l.starts_with("library:")) {
                let library: Library = parse(&file, &text)?;
                libraries.retain(|l| (&l.language, &l.library) != (&library.language, &library.library));
                libraries.push(library);
                continue;
            }
            if text.lines().any(|l| l.starts_with("controls:")) {
                let library: ControlLibrary = parse(&file, &text)?;
                check_controls(&library, &file, &text)?;
                controls.retain(|l| (&l.language, &l.controls) != (&library.language, &library.controls));
                controls.push(library);
                continue;
            }
            let model: Model = parse(&file, &text)?;
            check(&model, &file, &text)?;
            models.retain(|m| (&m.language, &m.framework) != (&model.language, &model.framework));
            models.push(model);
        }
        models.sort_by(|a, b| (&a.language, &a.framework).cmp(&(&b.language, &b.framework)));
        libraries.sort_by(|a, b| (&a.language, &a.library).cmp(&(&b.language, &b.library)));
        Ok(Models { controls: Controls::new(controls), ..Models::index(models, libraries) })
    }
    /// Keeps only models that pass a filter.
    pub fn only(self, keep: impl Fn(&Model) -> bool) -> Models {
        let models = self.models.into_iter().filter(keep).collect();
        Models { controls: self.controls, ..Models::index(models, self.libraries) }
    }

    fn index(models: Vec<Model>, libraries: Vec<Library>) -> Models {
        let mut out = Models { models, libraries, ..Models::default() };
        out.prefixes = prefixes(&out.models);
        out.know_guards();
        out.index_guards();
        for (m, model) in out.models.iter().enumerate() {
            let m = m as u16;
            for (r, role) in model.roles.values().enumerate() {
                let kind = KindId { model: m, role: r as u16 };
                for symbol in &role.made_by {
                    out.symbols.entry(symbol.into()).or_default().push(Entry::Make(kind));
                    out.types.entry(symbol.into()).or_insert(kind);
                }
                for symbol in &role.types {
                    out.types.insert(symbol.into(), kind);
                }
                for symbol in &role.values {
                    out.values.insert(symbol.into(), kind);
                }
            }
            for (c, call) in model.calls.iter().enumerate() {
                for symbol in &call.symbol {
                    match open_name(symbol) {
                        Some((start, end)) => out.open_names.push((start, end, vec![Entry::Call(m, c as u16)])),
                        None => out.symbols.entry(symbol.into()).or_default().push(Entry::Call(m, c as u16)),
                    }
                }
            }
            for (c, call) in model.annotations.iter().enumerate() {
                for symbol in &call.symbol {
                    out.symbols.entry(symbol.into()).or_default().push(Entry::Annotation(m, c as u16));
                }
            }
            for (c, class) in model.classes.iter().enumerate() {
                for symbol in &class.symbol {
                    out.symbols.entry(symbol.into()).or_default().push(Entry::Class(m, c as u16));
                }
            }
            for (r, name) in model.roles.keys().enumerate() {
                let kind = KindId { model: m, role: r as u16 };
                let mut roles = Vec::new();
                lineage(model, name, &mut roles);
                for (c, call) in model.calls.iter().enumerate() {
                    if call.on.iter().any(|on| roles.contains(on)) {
                        for method in &call.name {
                            out.methods.entry((kind, method.into())).or_default().push(c as u16);
                        }
                    }
                }
            }
        }
        out
    }

    fn index_guards(&mut self) {
        let mut found: FxHashMap<(SmolStr, SmolStr), Vec<GuardModel>> = FxHashMap::default();
        let libraries = self.libraries.iter().map(|l| (&l.language, &l.guards));
        for (language, guards) in self.models.iter().map(|m| (&m.language, &m.guards)).chain(libraries) {
            for guard in guards {
                for symbol in &guard.symbol {
                    let key = symbol.strip_prefix("*.").map_or(symbol.as_str(), |rest| rest.rsplit('.').next().unwrap_or(rest));
                    found.entry((SmolStr::new(language), SmolStr::new(key))).or_default().push(guard.clone());
                }
            }
        }
        self.guards = found;
    }

    /// What guards is known too, so that it is found behind imports of everything.
    fn know_guards(&mut self) {
        let all = self.models.iter().flat_map(|m| &m.guards).chain(self.libraries.iter().flat_map(|l| &l.guards));
        let plain = all.flat_map(|g| &g.symbol).filter(|s| !s.starts_with('*') && !s.contains("()"));
        let symbols: Vec<SmolStr> = plain.map(SmolStr::from).collect();
        for symbol in symbols {
            self.prefixes.extend(symbol.match_indices('.').map(|(at, _)| SmolStr::new(&symbol[..at])));
            self.prefixes.insert(symbol);
        }
    }

    /// What a symbol means; a symbol that no model names means nothing.
    pub fn symbol(&self, symbol: &str) -> &[Entry] {
        self.symbols.get(symbol).map_or(&[], Vec::as_slice)
    }
    /// Whether a symbol means what a model says of it though the tree has code for it.
    pub fn beats_copies(&self, symbol: &str) -> bool {
        self.symbol(symbol).iter().any(|entry| match entry {
            Entry::Class(m, c) => !self.models[*m as usize].classes[*c as usize].only_outside,
            Entry::Call(m, c) => !self.call(*m, *c).only_outside,
            _ => true,
        })
    }
    /// What calling an outside name means: also by names with a part left open, which code of the tree never stands behind.
    pub fn called(&self, symbol: &str) -> &[Entry] {
        if let Some(found) = self.symbols.get(symbol) {
            return found;
        }
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        let fits = |(start, end, _): &&(SmolStr, SmolStr, Vec<Entry>)| {
            last.len() > start.len() + end.len() && last.starts_with(start.as_str()) && last.ends_with(end.as_str())
        };
        self.open_names.iter().find(fits).map_or(&[], |(.., entries)| entries)
    }
    /// Whether a model names this symbol, as a type or function, or something inside of it.
    pub fn knows(&self, symbol: &str) -> bool {
        self.symbols.contains_key(symbol) || self.types.contains_key(symbol) || self.prefixes.contains(symbol)
    }
    /// What guards under an outside name, if a model knows it.
    pub fn guard(&self, language: &str, symbol: &str) -> Option<&GuardModel> {
        let exact = self.guards.get(&(SmolStr::new(language), SmolStr::new(symbol)));
        if let Some(found) = exact.and_then(|all| all.iter().find(|g| g.symbol.iter().any(|s| s == symbol))) {
            return Some(found);
        }
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        let all = self.guards.get(&(SmolStr::new(language), SmolStr::new(last)))?;
        let fits = |pattern: &String| {
            pattern
                .strip_prefix("*.")
                .is_some_and(|end| symbol == end || symbol.strip_suffix(end).is_some_and(|rest| rest.ends_with(['.', '/'])))
        };
        all.iter().find(|g| g.symbol.iter().any(fits))
    }
    /// The role a type means.
    pub fn kind_of_type(&self, symbol: &str) -> Option<KindId> {
        self.types.get(symbol).copied()
    }
    /// The role that an outside value is one of.
    pub fn kind_of_value(&self, symbol: &str) -> Option<KindId> {
        self.values.get(symbol).copied()
    }
    /// The calls of a method on a role, in model order.
    pub fn method(&self, kind: KindId, name: &str) -> &[u16] {
        self.methods.get(&(kind, SmolStr::new(name))).map_or(&[], Vec::as_slice)
    }
    /// A model.
    pub fn model(&self, index: u16) -> &Model {
        &self.models[index as usize]
    }
    /// A role.
    pub fn role(&self, kind: KindId) -> &Role {
        self.models[kind.model as usize].roles.values().nth(kind.role as usize).unwrap_or(&NO_ROLE)
    }
    /// A role's name.
    pub fn role_name(&self, kind: KindId) -> &str {
        self.models[kind.model as usize].roles.keys().nth(kind.role as usize).map_or("", String::as_str)
    }
    /// A role by name.
    pub fn kind(&self, model: u16, role: &str) -> Option<KindId> {
        let at = self.models[model as usize].roles.keys().position(|r| r == role)?;
        Some(KindId { model, role: at as u16 })
    }
    /// A call.
    pub fn call(&self, model: u16, call: u16) -> &Call {
        &self.models[model as usize].calls[call as usize]
    }
    /// A handler class.
    pub fn class(&self, model: u16, class: u16) -> &HandlerClass {
        &self.models[model as usize].classes[class as usize]
    }
    /// All method names that register something, of one language: what makes a parameter look like a router.
    pub fn vocabulary(&self, language: &str) -> rustc_hash::FxHashSet<SmolStr> {
        let calls = self.models.iter().filter(|m| m.language == language).flat_map(|m| &m.calls);
        calls
            .filter(|c| matches!(c.does, Does::Route | Does::Mount | Does::Use | Does::Group | Does::Child))
            .flat_map(|c| c.name.iter().map(SmolStr::from))
            .collect()
    }
    /// The models of a language with their index.
    pub fn of(&self, language: &str) -> impl Iterator<Item = (u16, &Model)> {
        let language = language.to_owned();
        self.models.iter().enumerate().filter(move |(_, m)| m.language == language).map(|(at, m)| (at as u16, m))
    }
}

/// What a name with a part left open starts and ends with: `*.add_*_to_server`.
fn open_name(symbol: &str) -> Option<(SmolStr, SmolStr)> {
    let (start, end) = symbol.strip_prefix("*.")?.split_once('*')?;
    Some((start.into(), end.into()))
}

/// The dotted prefixes of all symbols and types.
fn prefixes(models: &[Model]) -> rustc_hash::FxHashSet<SmolStr> {
    let mut out = rustc_hash::FxHashSet::default();
    for model in models {
        let roles = model.roles.values().flat_map(|r| r.made_by.iter().chain(&r.types).chain(&r.values));
        let calls = model.calls.iter().chain(&model.annotations).flat_map(|c| &c.symbol);
        let classes = model.classes.iter().flat_map(|c| &c.symbol);
        for symbol in roles.chain(calls).chain(classes).chain(&model.websocket) {
            out.extend(symbol.match_indices('.').map(|(at, _)| SmolStr::new(&symbol[..at])));
        }
    }
    out
}

static NO_ROLE: std::sync::LazyLock<Role> = std::sync::LazyLock::new(Role::default);

fn lineage(model: &Model, role: &str, into: &mut Vec<String>) {
    if into.iter().any(|r| r == role) {
        return;
    }
    into.push(role.to_owned());
    if let Some(role) = model.roles.get(role) {
        for base in &role.extends {
            lineage(model, base, into);
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ModelError> {
    serde_yaml::from_str(text).map_err(|error| {
        let raw = error.to_string();
        let mut line = error.location().map_or(1, |l| l.line());
        let mut message = raw.split(" at line ").next().unwrap_or(&raw).to_owned();
        if let Some((word, known)) = unknown_word(&message) {
            line = text
                .lines()
                .position(|l| l.trim_start().trim_start_matches("- ").starts_with(&format!("{word}:")))
                .map_or(line, |at| at + 1);
            let best = known.iter().map(|k| (strsim::jaro_winkler(&word, k), k)).max_by(|a, b| a.0.total_cmp(&b.0));
            message = format!("unknown word `{word}`");
            if let Some((score, best)) = best
                && score > 0.75
            {
                message.push_str(&format!(" (did you mean `{best}`?)"));
            }
        }
        ModelError { file: file.to_owned(), line, message }
    })
}

/// Reads serde's "unknown field `x`, expected one of `a`, `b`".
fn unknown_word(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.split("unknown field ").nth(1).or_else(|| message.split("unknown variant ").nth(1))?;
    let mut words = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    let word = words.next()?;
    Some((word, words.collect()))
}

/// What serde can't check: names that must exist elsewhere in the file.
fn check(model: &Model, file: &str, text: &str) -> Result<(), ModelError> {
    let fail = |word: &str, message: String| {
        let line = text.lines().position(|l| l.contains(word)).map_or(1, |at| at + 1);
        Err(ModelError { file: file.to_owned(), line, message })
    };
    if !["python", "javascript", "rust"].contains(&model.language.as_str()) {
        return fail("language", format!("unknown language `{}` (python, javascript or rust)", model.language));
    }
    if !["brace", "colon", "colon_brace", "angle", "angle_name", "angle_name_colon", "brace_angle", "bracket", "regex", "literal"]
        .contains(&model.style.as_str())
    {
        return fail(
            "style",
            format!(
                "unknown style `{}` (brace, colon, colon_brace, angle, angle_name, angle_name_colon, bracket, regex or literal)",
                model.style
            ),
        );
    }
    for role in model.roles.values().flat_map(|r| &r.extends).chain(model.calls.iter().flat_map(|c| c.on.iter().chain(&c.role))) {
        if !model.roles.contains_key(role) && role != "self" {
            return fail(role, format!("role `{role}` is not defined in this model"));
        }
    }
    for call in &model.calls {
        if call.on.is_empty() == call.symbol.is_empty() {
            let word = call.name.first().or(call.symbol.first()).map_or("calls", String::as_str);
            return fail(word, "a call needs either `on` and `name` or `symbol`".to_owned());
        }
        if let Some(super::MethodsSpec::Word(word)) = &call.methods
            && word != "@name"
            && word != "@made"
            && word != "ANY"
            && Place::parse(word).is_none()
        {
            return fail(word, format!("`{word}` is neither `@name`, `ANY` nor an argument place"));
        }
    }
    let natives = model.calls.iter().filter_map(|c| c.native.as_ref()).chain(&model.finish).chain(&model.handlers);
    for native in natives {
        if !crate::natives::NAMES.contains(&native.as_str()) {
            return fail(native, format!("there is no native function `{native}`"));
        }
    }
    if let Some(call) = model.calls.iter().find(|c| c.does == Does::Native && c.native.is_none()) {
        let word = call.name.first().or(call.symbol.first()).map_or("native", String::as_str);
        return fail(word, "`does: native` needs `native`, the name of the function".to_owned());
    }
    Ok(())
}

/// A control of a kind that there is, told in one way.
fn check_controls(library: &ControlLibrary, file: &str, text: &str) -> Result<(), ModelError> {
    for fact in &library.facts {
        let told = [!fact.symbol.is_empty(), fact.attribute.is_some(), fact.setting.is_some()].into_iter().filter(|t| *t).count();
        let message = if !CONTROLS.contains(&fact.control.as_str()) {
            format!("unknown control `{}` ({})", fact.control, CONTROLS.join(", "))
        } else if told > 1 || told == 0 && fact.framework.is_empty() {
            "a fact needs one of `symbol`, `attribute`, `setting` and `framework`".to_owned()
        } else {
            continue;
        };
        let line = text.lines().position(|l| l.contains(&format!("control: {}", fact.control))).map_or(1, |at| at + 1);
        return Err(ModelError { file: file.to_owned(), line, message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(extra: &str) -> ModelError {
        let text = format!("framework: x\ntitle: X\nlanguage: python\nstyle: brace\nroles: {{app: {{}}}}\n{extra}\n");
        Models::load(&[("x.yaml".into(), text)]).expect_err("the model is wrong")
    }

    #[test]
    fn wrong_models_are_errors_with_a_line() {
        let unknown = error("calls:\n  - {on: [app], name: [f], does: route, methds: GET}");
        assert!(unknown.message.contains("unknown word `methds` (did you mean `methods`?)"), "{unknown}");
        let native = error("finish: nothing_of_the_kind");
        assert_eq!((native.line, native.message.as_str()), (6, "there is no native function `nothing_of_the_kind`"));
        let bare = error("calls:\n  - {on: [app], name: [special], does: native}");
        assert_eq!(bare.line, 7);
        let role = error("calls:\n  - {on: [router], name: [f], does: same}");
        assert!(role.message.contains("role `router` is not defined"), "{role}");
    }
}
