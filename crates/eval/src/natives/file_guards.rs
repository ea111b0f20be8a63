//! Guards of file-system routes: middleware files with their matchers, lists of guards by path, and guards that the
//! framework itself puts before paths.

use super::files::RouteFile;
use crate::files::{FileId, parent};
use crate::guard::Facts;
use crate::guard::matcher::{Matcher, sample};
use crate::models::{EntryKeys, FileGuard, Model};
use crate::output::{GuardRef, Says};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

/// A guard with the paths it reaches.
pub struct Placed {
    guard: GuardRef,
    /// Itself, where it may look at the path.
    value: Option<Value>,
    /// Where; everywhere without any.
    paths: Vec<Matcher>,
    /// These methods only; an entry without methods reaches what is below its paths.
    methods: Option<Vec<SmolStr>>,
    /// Not for files that export these.
    unless: Vec<(SmolStr, bool)>,
}

/// The guards of a package's file routes.
pub fn placed(world: &mut World<'_>, model: &Model, package: &str) -> Vec<Placed> {
    let mut out = Vec::new();
    for rule in &model.file_guards {
        if let Some(symbol) = &rule.symbol {
            own(world, rule, symbol, &mut out);
        }
        for file in guard_files(world, rule, package) {
            let Some(id) = world.module_of(file) else { continue };
            world.run_module(id);
            from_module(world, rule, id, &mut out);
        }
    }
    out
}

/// A guard that the framework puts there itself.
fn own(world: &mut World<'_>, rule: &FileGuard, symbol: &str, out: &mut Vec<Placed>) {
    let value = Value::Symbol(SmolStr::new(symbol));
    let guard = world.guard_ref(&value, crate::interp::attr::NOWHERE, "application");
    let paths = rule.below.iter().filter_map(|b| Matcher::of(b, true)).collect();
    let unless = rule.unless.iter().map(|(name, value)| (SmolStr::new(name), *value)).collect();
    out.push(Placed { guard, value: None, paths, methods: None, unless });
}

fn guard_files(world: &World<'_>, rule: &FileGuard, package: &str) -> Vec<FileId> {
    let files = world.input.files;
    let mut out: Vec<FileId> = Vec::new();
    for name in &rule.files {
        let wanted = if package.is_empty() { name.clone() } else { format!("{package}/{name}") };
        let folder = wanted.strip_suffix("/*");
        for (id, file) in files.iter() {
            let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |p| p.0);
            let is_it = match folder {
                Some(folder) => parent(&file.path) == folder,
                None => stem == wanted,
            };
            if is_it && file.lang.is_some() && !file.path.ends_with(".d.ts") {
                out.push(id);
            }
        }
        if folder.is_none() && !out.is_empty() {
            break;
        }
    }
    out.sort_by(|a, b| files.get(*a).path.cmp(&files.get(*b).path));
    out
}

fn from_module(world: &mut World<'_>, rule: &FileGuard, id: ModuleId, out: &mut Vec<Placed>) {
    let whole = Value::Module(id);
    let exported = rule.exports.iter().find_map(|name| {
        let value = world.member(&whole, name)?;
        let value = world.force(&value);
        (!matches!(value, Value::Null)).then_some(value)
    });
    let Some(value) = exported else { return };
    let at = world.module_place(id);
    if let (Some(key), Some(keys)) = (&rule.entries, &rule.keys) {
        let list = entries(world, &value, key, 0);
        for entry in list {
            from_entry(world, &entry, keys, at, out);
        }
        return;
    }
    let mut paths = Vec::new();
    if let Some(dotted) = &rule.matcher {
        let mut said = Some(whole);
        for part in dotted.split('.') {
            said = match said {
                Some(module @ Value::Module(_)) => world.member(&module, part),
                Some(other) => world.get_attr(&other, part, None),
                None => None,
            };
        }
        for text in said.map(|v| world.path_words(&v)).unwrap_or_default() {
            paths.extend(Matcher::of(&text, false));
        }
    }
    let guard = world.guard_ref(&value, at, "application");
    out.push(Placed { guard, value: Some(value), paths, methods: None, unless: Vec::new() });
}

/// The list that an export is or holds, behind the call that declares it.
fn entries(world: &mut World<'_>, value: &Value, key: &str, depth: u32) -> Vec<Value> {
    if depth > 4 {
        return Vec::new();
    }
    match world.force(value) {
        list @ Value::List(_) => world.items_of(&list, crate::interp::attr::NOWHERE).0,
        dict @ (Value::Dict(_) | Value::Instance(_)) => match world.get_attr(&dict, key, None) {
            Some(inner) => entries(world, &inner, key, depth + 1),
            None => Vec::new(),
        },
        Value::Unknown(u) => u.args.items.first().map(|v| entries(world, v, key, depth + 1)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn from_entry(world: &mut World<'_>, entry: &Value, keys: &EntryKeys, at: crate::output::Place, out: &mut Vec<Placed>) {
    let Some(path) = world.get_attr(entry, &keys.path, None) else { return };
    let Some(guards) = world.get_attr(entry, &keys.guards, None) else { return };
    let mut methods: Vec<SmolStr> = Vec::new();
    for key in &keys.methods {
        if let Some(value) = world.get_attr(entry, key, None) {
            methods.extend(world.path_words(&value).iter().map(|m| SmolStr::new(m.to_ascii_uppercase())));
        }
    }
    let below = methods.is_empty();
    if methods.iter().any(|m| m == "ALL" || m == "USE") {
        methods.clear();
    }
    let texts = world.path_words(&path);
    let mut all = Vec::new();
    world.flatten(&guards, &mut all, 0);
    for value in all {
        let guard = world.guard_ref(&value, at, "application");
        let paths: Vec<Matcher> = texts.iter().filter_map(|t| Matcher::of(t, below)).collect();
        // A path that can't be read reaches nothing.
        if !paths.is_empty() {
            let methods = (!methods.is_empty()).then(|| methods.clone());
            out.push(Placed { guard, value: Some(value), paths, methods, unless: Vec::new() });
        }
    }
}

/// The guards that reach a route file's methods at a path.
pub fn at(world: &mut World<'_>, placed: &[Placed], route: &RouteFile, methods: Option<&[SmolStr]>) -> Vec<GuardRef> {
    let sample = sample(&route.path);
    let mut out: Vec<GuardRef> = Vec::new();
    for one in placed {
        let by_method = match (&one.methods, methods) {
            (Some(wanted), Some(own)) => own.iter().all(|m| wanted.contains(m)),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if !by_method || !(one.paths.is_empty() || one.paths.iter().any(|p| p.fits(&sample))) || out.contains(&one.guard) {
            continue;
        }
        let is_off = one.unless.iter().any(|(name, wanted)| {
            let Some(id) = world.module_of(route.file) else { return false };
            let Some(value) = world.member(&Value::Module(id), name) else { return false };
            matches!(world.force(&value), Value::Bool(b) if b == *wanted)
        });
        if is_off {
            continue;
        }
        let mut guard = one.guard.clone();
        if let Some(value) = one.value.as_ref().filter(|_| guard.ruling.says != Says::Nothing) {
            let facts = Facts { full: sample.clone(), relative: sample.clone(), ..Facts::default() };
            guard.ruling = world.with_facts(facts, |world| world.ruling(value, 0));
        }
        out.push(guard);
    }
    out
}
