//! Guards of file-system routes: middleware files with their matchers, lists of guards by path, and guards that the
//! framework itself puts before paths.

use super::files::RouteFile;
use crate::files::{FileId, parent};
use crate::models::{EntryKeys, FileGuard, Model};
use crate::output::GuardRef;
use crate::value::*;
use crate::world::World;
use regex::Regex;
use smol_str::SmolStr;

/// A guard with the paths it reaches.
pub struct Placed {
    guard: GuardRef,
    /// Where; everywhere without any.
    paths: Vec<Matcher>,
    /// These methods only; an entry without methods reaches what is below its paths.
    methods: Option<Vec<SmolStr>>,
    /// Not for files that export these.
    unless: Vec<(SmolStr, bool)>,
}

/// A pattern of paths.
struct Matcher {
    yes: Regex,
    no: Option<Regex>,
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
    out.push(Placed { guard, paths, methods: None, unless });
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
        for text in said.map(|v| path_words(world, &v)).unwrap_or_default() {
            paths.extend(Matcher::of(&text, false));
        }
    }
    let guard = world.guard_ref(&value, at, "application");
    out.push(Placed { guard, paths, methods: None, unless: Vec::new() });
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
            methods.extend(path_words(world, &value).iter().map(|m| SmolStr::new(m.to_ascii_uppercase())));
        }
    }
    let below = methods.is_empty();
    if methods.iter().any(|m| m == "ALL" || m == "USE") {
        methods.clear();
    }
    let texts = path_words(world, &path);
    let mut all = Vec::new();
    world.flatten(&guards, &mut all, 0);
    for value in all {
        let guard = world.guard_ref(&value, at, "application");
        let paths: Vec<Matcher> = texts.iter().filter_map(|t| Matcher::of(t, below)).collect();
        // A path that can't be read reaches nothing.
        if !paths.is_empty() {
            let methods = (!methods.is_empty()).then(|| methods.clone());
            out.push(Placed { guard, paths, methods, unless: Vec::new() });
        }
    }
}

/// Texts, in lists, regular expressions and objects with a `source` too.
fn path_words(world: &mut World<'_>, value: &Value) -> Vec<SmolStr> {
    match world.force(value) {
        list @ Value::List(_) => {
            let items = world.items_of(&list, crate::interp::attr::NOWHERE).0;
            items.iter().flat_map(|v| path_words(world, v)).collect()
        }
        dict @ Value::Dict(_) => world.get_attr(&dict, "source", None).map(|v| path_words(world, &v)).unwrap_or_default(),
        Value::Regex(text) => vec![SmolStr::new(format!("^{text}"))],
        other => other.as_str().into_iter().collect(),
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
        if !is_off {
            out.push(one.guard.clone());
        }
    }
    out
}

/// A path that the route answers.
fn sample(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').map(|p| if p.contains('[') { "x" } else { p }).collect();
    let out = parts.join("/");
    if out.is_empty() { "/".to_owned() } else { out }
}

impl Matcher {
    /// Of a path with `:name`, `:name*`, `*` and groups in it; `below` takes what is below it too.
    fn of(text: &str, below: bool) -> Option<Matcher> {
        if let Some(pattern) = text.strip_prefix('^') {
            let pattern = pattern.trim_start_matches('^').replace("\\/", "/");
            return Some(Matcher { yes: Regex::new(&pattern).ok()?, no: None });
        }
        let end = if below { "(?:/.*)?$" } else { "/?$" };
        let (text, no) = without_lookahead(text);
        let pattern = expression(&text);
        let yes = Regex::new(&format!("^{}{end}", pattern.trim_end_matches('/'))).ok()?;
        let no = match no {
            Some((before, inner)) => Some(Regex::new(&format!("^{}(?:{inner})", expression(&before))).ok()?),
            None => None,
        };
        Some(Matcher { yes, no })
    }

    fn fits(&self, path: &str) -> bool {
        self.yes.is_match(path) && !self.no.as_ref().is_some_and(|no| no.is_match(path))
    }
}

/// A pattern without its first negative lookahead, and that with what stands before it.
fn without_lookahead(text: &str) -> (String, Option<(String, String)>) {
    let Some(start) = text.find("(?!") else { return (text.to_owned(), None) };
    let mut depth = 0;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let inner = text.get(start + 3..at).unwrap_or_default().to_owned();
            let rest = text.get(at + 1..).unwrap_or_default();
            let before = text.get(..start).unwrap_or_default();
            return (format!("{before}{rest}"), Some((before.trim_end_matches('(').to_owned(), inner)));
        }
    }
    (text.to_owned(), None)
}

/// A path pattern as a regular expression.
fn expression(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut depth = 0u32;
    while let Some(c) = chars.next() {
        match c {
            ':' if depth == 0 => {
                while chars.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                match chars.peek() {
                    Some('(') => {}
                    Some('*') => {
                        chars.next();
                        let slash = out.ends_with('/');
                        out.truncate(out.len() - usize::from(slash));
                        out.push_str(if slash { "(?:/.*)?" } else { ".*" });
                    }
                    Some('+') => {
                        chars.next();
                        out.push_str(".+");
                    }
                    Some('?') => {
                        chars.next();
                        let slash = out.ends_with('/');
                        out.truncate(out.len() - usize::from(slash));
                        out.push_str(if slash { "(?:/[^/]+)?" } else { "[^/]*" });
                    }
                    _ => out.push_str("[^/]+"),
                }
            }
            '*' if depth == 0 => {
                while chars.next_if_eq(&'*').is_some() {}
                out.push_str(".*");
            }
            '(' => {
                depth += 1;
                out.push('(');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                out.push(')');
            }
            '.' | '+' | '^' | '$' | '{' | '}' | '[' | ']' if depth == 0 => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
