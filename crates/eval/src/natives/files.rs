//! File-system routes: which files are routes by a model's rules, and what they export.
//!
//! A package is a folder whose manifest names the framework or that holds the framework's configuration file.

use super::file_guards::{self, Placed};
use super::file_methods::{by_table, compared, tables};
use crate::files::{FileId, Files, parent};
use crate::guard::Facts;
use crate::handler::Handler;
use crate::interp::attr::NOWHERE;
use crate::models::{FileRoute, Model};
use crate::output::*;
use crate::resolve::files_under;
use crate::resolve::node::NodeResolver;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Export, Pattern, Stmt};
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub(super) const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/// A file that a rule makes a route.
pub struct RouteFile {
    /// The file.
    pub file: FileId,
    /// The package's folder.
    pub package: String,
    /// Index of the rule.
    pub rule: usize,
    /// The path in bracket syntax, configuration left out.
    pub path: String,
    /// The method that the file's name says.
    pub method: Option<SmolStr>,
}

/// The files that a model's rules make routes, in order of rules and paths.
pub fn route_files(files: &Files, node: &NodeResolver, model: &Model) -> Vec<RouteFile> {
    let mut out: Vec<RouteFile> = Vec::new();
    for package in packages(files, node, model) {
        for (at, rule) in model.files.iter().enumerate() {
            let root = rule.roots.iter().map(|r| join(&package, r)).find(|r| files.is_folder(r));
            let Some(root) = root else { continue };
            if rule.flat {
                let flat = super::remix::flat(files, &root).into_iter();
                out.extend(flat.map(|(file, path)| RouteFile { file, package: package.clone(), rule: at, path, method: None }));
                continue;
            }
            for file in files_under(files, &root, &[]) {
                let path = &files.get(file).path;
                let inside = &path[root.len() + usize::from(!root.is_empty())..];
                if files.get(file).lang.is_some()
                    && !files.get(file).installed
                    && let Some((path, method)) = routed(rule, inside)
                    && !out.iter().any(|f| f.file == file)
                {
                    out.push(RouteFile { file, package: package.clone(), rule: at, path, method });
                }
            }
        }
    }
    out
}

pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

/// Folders of packages that use a framework.
fn packages(files: &Files, node: &NodeResolver, model: &Model) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let names =
        |file: FileId| model.manifests.iter().any(|m| node.package_name(file) == Some(m) || node.dependencies(file).iter().any(|d| d == m));
    for manifest in node.packages() {
        if names(manifest) {
            out.insert(parent(&files.get(manifest).path).to_owned());
        }
    }
    let configs: BTreeSet<&str> = model.files.iter().flat_map(|r| &r.config).map(String::as_str).collect();
    if out.is_empty() && node.packages().next().is_some() {
        return out;
    }
    for (_, file) in files.iter() {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |n| n.0);
        if file.lang.is_some() && configs.contains(stem) {
            out.insert(parent(&file.path).to_owned());
        }
    }
    out
}

/// The path of a file by a rule, from the rule's root; None when the rule does not apply.
fn routed(rule: &FileRoute, inside: &str) -> Option<(String, Option<SmolStr>)> {
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let (mut stem, extension) = name.rsplit_once('.')?;
    if name.ends_with(".d.ts")
        || rule.name != "*" && rule.name != stem
        || !rule.extensions.is_empty() && !rule.extensions.iter().any(|e| e == extension)
    {
        return None;
    }
    if [".test", ".spec", ".stories"].iter().any(|end| stem.ends_with(end)) {
        return None;
    }
    let starts = |list: &[String], text: &str| list.iter().any(|s| text.starts_with(s.as_str()));
    let mut path = rule.prefix.trim_end_matches('/').to_owned();
    for part in folder.split('/').filter(|p| !p.is_empty()) {
        if starts(&rule.private, part) {
            return None;
        }
        // `(.)photo` intercepts another route: a page of the client's.
        if part.starts_with("(.") {
            return None;
        }
        if !starts(&rule.transparent, part) {
            path.push('/');
            path.push_str(&part.replace("%5F", "_"));
        }
    }
    let mut method = None;
    if rule.own_name {
        if starts(&rule.private, stem) {
            return None;
        }
        if rule.method_suffix
            && let Some((before, last)) = stem.rsplit_once('.')
        {
            // `[...].ts` has dots of its own.
            let upper = last.to_ascii_uppercase();
            if METHODS.contains(&upper.as_str()) {
                method = Some(SmolStr::new(upper));
                stem = before;
            }
        }
        if !rule.index.iter().any(|i| i == stem) {
            path.push('/');
            path.push_str(stem);
        }
    }
    Some((path, method))
}

/// Adds the routes of a model's file rules.
pub fn finish(world: &mut World<'_>, m: u16) {
    let models = world.input.models;
    let model = models.model(m);
    let mut found = route_files(world.input.files, world.resolver.node_resolver(), model);
    if model.files.iter().any(|rule| rule.flat) {
        let packages: Vec<String> = packages(world.input.files, world.resolver.node_resolver(), model).into_iter().collect();
        super::remix::instead(world, model, &packages, &mut found);
    }
    let mut bases: Vec<(String, Vec<PathPiece>)> = Vec::new();
    let mut guards: Vec<(String, Vec<Placed>)> = Vec::new();
    let first = world.extra_routes.len();
    for route in found {
        let rule = &model.files[route.rule];
        let base = match bases.iter().find(|b| b.0 == route.package) {
            Some(base) => base.1.clone(),
            None => {
                let base = base_path(world, rule, &route.package);
                bases.push((route.package.clone(), base.clone()));
                base
            }
        };
        if !guards.iter().any(|g| g.0 == route.package) {
            let found = file_guards::placed(world, model, &route.package);
            guards.push((route.package.clone(), found));
        }
        let placed = guards.iter().find(|g| g.0 == route.package).map_or(&[][..], |g| &g.1);
        file_routes(world, model, rule, &route, base, placed);
    }
    for (package, base) in bases {
        if let Some(rule) = model.files.iter().find(|r| r.native.as_deref() == Some("next_rewrites")) {
            super::next::rewrites(world, rule, &package, &base, model, first);
        }
    }
}

/// The configuration of a package: the default export, called when it is a function.
pub(super) fn config(world: &mut World<'_>, rule: &FileRoute, package: &str) -> Option<Value> {
    let files = world.input.files;
    let file = rule
        .config
        .iter()
        .find_map(|name| ["js", "mjs", "cjs", "ts", "mts"].iter().find_map(|ext| files.find(&join(package, &format!("{name}.{ext}")))))?;
    let module = world.module_of(file)?;
    let value = world.member(&Value::Module(module), "default")?;
    let value = world.force(&value);
    let at = world.module_place(module);
    Some(plain_config(world, value, at, 0))
}

/// Plugins wrap a configuration: `withX(config)`, `withX({..})(config)`.
fn plain_config(world: &mut World<'_>, value: Value, at: Place, depth: u32) -> Value {
    if depth > 6 {
        return value;
    }
    match world.force(&value) {
        f @ (Value::Function(_) | Value::BoundFunction(_)) => {
            let result =
                world.call_value(&f, Args::of(vec![Value::text("phase"), Value::dict([("defaultConfig".into(), Value::dict([]))])]), at);
            plain_config(world, result, at, depth + 1)
        }
        Value::Unknown(u) => {
            let found = u
                .args
                .items
                .iter()
                .find(|v| matches!(v, Value::Dict(_) | Value::Function(_) | Value::Unknown(_) | Value::Lazy(_)))
                .cloned();
            match found {
                Some(inner) => plain_config(world, inner, at, depth + 1),
                None => Value::Unknown(u),
            }
        }
        Value::Either(all) => {
            let all: Vec<Value> = all.iter().map(|one| plain_config(world, one.clone(), at, depth + 1)).collect();
            let known = all.iter().find(|v| matches!(v, Value::Dict(_))).or(all.first());
            known.cloned().unwrap_or(Value::Null)
        }
        other => other,
    }
}

fn base_path(world: &mut World<'_>, rule: &FileRoute, package: &str) -> Vec<PathPiece> {
    let Some(key) = &rule.base else { return Vec::new() };
    let Some(config) = config(world, rule, package) else { return Vec::new() };
    let mut value = config;
    for part in key.split('.') {
        match world.get_attr(&value, part, None) {
            Some(inner) => value = world.force(&inner),
            None => return Vec::new(),
        }
    }
    match value {
        Value::Null | Value::Symbol(_) | Value::Method(_) => Vec::new(),
        value => match world.texts(&value, NOWHERE).first() {
            Some(text) => world.pieces(text, "literal", NOWHERE),
            None => Vec::new(),
        },
    }
}

fn file_routes(world: &mut World<'_>, model: &Model, rule: &FileRoute, route: &RouteFile, base: Vec<PathPiece>, placed: &[Placed]) {
    let Some(id) = world.module_of(route.file) else { return };
    world.run_module(id);
    let whole = world.module_place(id);
    let mut path = base;
    let text = if route.path.is_empty() { "/" } else { route.path.as_str() };
    path.push(PathPiece::Text {
        text: SmolStr::new(text),
        place: Some(whole),
        style: SmolStr::new(model.style.as_str()),
        is_default: false,
    });
    let has_default = world.module(id).exports.get("default").is_some()
        || !matches!(world.commonjs_exports(id), Value::Dict(_) | Value::Null)
        || export_place(world, id, "default").is_some();
    for (name, mut methods) in exported(rule, route) {
        if name == "default" && !has_default {
            continue;
        }
        let Some(value) = world.member(&Value::Module(id), &name) else { continue };
        let value = world.force(&value);
        if matches!(value, Value::Null | Value::Bool(_) | Value::Number(_)) {
            continue;
        }
        if rule.compares && methods.as_ref().is_none_or(|all| all.len() > 1) {
            let told = compared(world, &value);
            methods = match methods {
                // Those that it answers, of those that it is asked.
                Some(all) => {
                    let told: Vec<SmolStr> = told.into_iter().flatten().filter(|m| all.contains(m)).collect();
                    Some(if told.is_empty() { all } else { told })
                }
                None => told,
            };
        }
        let handler = handler(world, id, route.file, &name, &value, whole);
        let table = if rule.compares { tables(world, &value) } else { Vec::new() };
        for (methods, inner) in by_table(methods, table) {
            let mut guards = file_guards::at(world, placed, route, methods.as_deref());
            let sample = crate::guard::matcher::sample(&route.path);
            let facts = Facts { full: sample.clone(), relative: sample, ..Facts::default() };
            let mut whole = Handler { value: Some(value.clone()), ..Handler::default() };
            guards.extend(world.with_facts(facts.clone(), |world| world.handler_guards(&whole, handler.place)));
            if let Some(inner) = inner {
                whole.value = Some(inner);
                guards.extend(world.with_facts(facts, |world| world.handler_guards(&whole, handler.place)));
            }
            let mut inputs = world.inputs(&whole, &model.framework, &path, &RouteEvent::default(), &[]);
            let protocol = world.answered_protocol(whole.value.as_ref(), &model.framework, &mut inputs);
            push(world, model, path.clone(), methods, Some(handler.clone()), false);
            if let Some(route) = world.extra_routes.last_mut() {
                route.guards = guards;
                route.inputs = inputs;
                route.protocol = protocol;
            }
        }
    }
}

/// What a file may export, with the methods that each answers.
fn exported(rule: &FileRoute, route: &RouteFile) -> Vec<(SmolStr, Option<Vec<SmolStr>>)> {
    let mut out: Vec<(SmolStr, Option<Vec<SmolStr>>)> = Vec::new();
    if rule.exports.is_empty() && rule.any_export.is_empty() && rule.verbs.is_empty() {
        out.push(("default".into(), route.method.clone().map(|m| vec![m])));
    }
    out.extend(rule.exports.iter().map(|n| (SmolStr::new(n), Some(vec![SmolStr::new(n.to_ascii_uppercase())]))));
    out.extend(rule.verbs.iter().map(|(n, methods)| (SmolStr::new(n), Some(methods.iter().map(SmolStr::new).collect()))));
    out.extend(rule.any_export.iter().map(|n| (SmolStr::new(n), None)));
    out
}

/// Adds a route that hangs on no application object.
pub(super) fn push(
    world: &mut World<'_>,
    model: &Model,
    path: Vec<PathPiece>,
    methods: Option<Vec<SmolStr>>,
    handler: Option<HandlerRef>,
    third_party: bool,
) {
    let place = handler
        .as_ref()
        .map(|h| h.place)
        .or_else(|| path.iter().find_map(|p| if let PathPiece::Text { place, .. } = p { *place } else { None }))
        .unwrap_or(NOWHERE);
    world.extra_routes.push(Route {
        framework: SmolStr::new(&model.framework),
        protocol: Protocol::Http,
        methods: methods.map_or(Methods::Any, Methods::Some),
        trail: vec![Step { place, what: "file".into(), gives: path.clone() }],
        path,
        handler,
        registered_at: place,
        conditions: Vec::new(),
        guards: Vec::new(),
        inputs: crate::output::Inputs::default(),
        app: None,
        detached: false,
        lent: false,
        deprecated: false,
        third_party,
        bare: false,
        test: false,
        implicit: false,
        passes_on: false,
    });
}

/// The handler, told in the route's own file: a re-exported or wrapped one stands at its export.
fn handler(world: &mut World<'_>, id: ModuleId, file: FileId, name: &SmolStr, value: &Value, whole: Place) -> HandlerRef {
    let found = world.handler_ref(value, whole, 0);
    let exported = export_place(world, id, name).unwrap_or(whole);
    match found {
        Some(found) if found.place.file == file => {
            HandlerRef { symbol: if found.symbol.is_empty() && name != "default" { name.clone() } else { found.symbol.clone() }, ..found }
        }
        Some(found) => HandlerRef { defined: Some(found.place), place: exported, ..found },
        None => HandlerRef { place: exported, defined: None, symbol: name.clone(), summary: None, deprecated: false },
    }
}

/// Where a module exports a name.
fn export_place(world: &World<'_>, id: ModuleId, name: &str) -> Option<Place> {
    let tree = &world.module(id).tree;
    let mut found = None;
    for stmt in &tree.body {
        let here = match tree.stmt(*stmt) {
            Stmt::Export(Export::Names(names)) => names.iter().any(|(_, to)| to == name),
            Stmt::Export(Export::From(_, names)) => names.iter().any(|(_, to)| to == name),
            Stmt::Export(Export::Default(..)) => name == "default",
            Stmt::Export(Export::Star(..)) => false,
            Stmt::Bind { target, .. } => binds(target, name),
            _ => false,
        };
        if here {
            let place = world.place(id, tree.stmt_span(*stmt));
            // The binding says more than a list of exports.
            if !matches!(tree.stmt(*stmt), Stmt::Export(_)) || found.is_none() {
                found = Some(place);
            }
        }
    }
    found
}

fn binds(pattern: &Pattern, name: &str) -> bool {
    match pattern {
        Pattern::Name(bound, _) => bound == name,
        Pattern::Default(inner, _) | Pattern::Rest(inner) => binds(inner, name),
        Pattern::Object(all) => all.iter().any(|(_, p)| binds(p, name)),
        Pattern::List(all) => all.iter().any(|p| binds(p, name)),
        _ => false,
    }
}
