//! Fastify: what an instance is decorated with, and `@fastify/autoload`, whose folders become prefixes.
//!
//! The rules are those of `@fastify/autoload` 6. Filters that are functions are left out: they keep every file.

use super::CallSite;
use crate::files::FileId;
use crate::output::{Place, TroubleKind};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use regex::Regex;
use smol_str::SmolStr;
use std::rc::Rc;

const LOADERS: &[&str] =
    &["@fastify/autoload", "@fastify/autoload.fastifyAutoload", "fastify-autoload", "fastify-autoload.fastifyAutoload"];
const SCRIPTS: &[&str] = &["ts", "js", "cjs", "mjs", "cts", "mts"];
/// Folders deeper than this are left out.
const MAX_DEPTH: usize = 16;

/// How a folder is loaded.
struct Loader {
    root: String,
    options: Value,
    prefix: Text,
    names: Names,
    route_params: bool,
    append: bool,
    auto_hooks: bool,
    encapsulate: bool,
    max_depth: usize,
    ignore: Option<Regex>,
    keep: Option<Regex>,
    leave: Option<Regex>,
    index: Option<Regex>,
    scripts: Option<Regex>,
    at: Place,
}

/// What folders' names add to the prefix.
enum Names {
    Add,
    Nothing,
    By(Value),
}

/// Runs a call.
pub fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.clone()?;
    match name {
        "decorate" => {
            let name = site.args.at(0)?.as_str()?;
            let value = site.args.at(1).cloned().unwrap_or(Value::Null);
            world.set_prop(&object, &name, value);
        }
        "add_schema" => {
            let schema = site.args.at(0)?.clone();
            world.share_schema(&schema);
            return None;
        }
        "autoload" => {
            let Value::Symbol(symbol) = world.force(site.args.at(0)?) else { return None };
            if !LOADERS.contains(&symbol.as_str()) {
                return None;
            }
            let options = site.args.at(1).map_or(Value::Null, |v| world.force(v));
            autoload(world, &object, &options, site.at);
        }
        _ => return None,
    }
    Some(Value::Object(object))
}

fn autoload(world: &mut World<'_>, object: &Rc<Object>, options: &Value, at: Place) {
    let dir = option(world, options, "dir");
    let folder = dir.as_ref().and_then(Value::as_str).map(|d| crate::host::javascript::normal(&d).trim_start_matches('/').to_owned());
    let Some(root) = folder.filter(|f| world.input.files.is_folder(f)) else {
        let label = dir.map_or_else(|| SmolStr::new("dir"), |d| world.label(&d));
        let message = format!("plugins are loaded from `{label}` here, a folder that is not in the tree or not known");
        world.trouble_at(TroubleKind::UnresolvedMount, at, message, "routes of its files are missing");
        return;
    };
    let given = option(world, options, "options").unwrap_or(Value::Null);
    let prefix = option(world, &given, "prefix").map_or_else(Text::default, |p| world.to_text(&p, at));
    let names = match option(world, options, "dirNameRoutePrefix") {
        Some(Value::Bool(false)) => Names::Nothing,
        Some(f @ (Value::Function(_) | Value::BoundFunction(_))) => Names::By(f),
        _ => Names::Add,
    };
    let mut flag = |name: &str| option(world, options, name).is_some_and(|v| world.truth(&v) == Some(true));
    let (route_params, append, auto_hooks) = (flag("routeParams"), flag("appendAutoPrefix"), flag("autoHooks"));
    let encapsulate = !matches!(option(world, options, "encapsulate"), Some(Value::Bool(false)));
    let max_depth =
        option(world, options, "maxDepth").and_then(|v| v.as_number()).map_or(MAX_DEPTH, |n| (n.max(0.0) as usize).min(MAX_DEPTH));
    let mut pattern = |name: &str| match option(world, options, name)? {
        Value::Regex(regex) => Regex::new(&regex).ok(),
        Value::Text(text) => Regex::new(&regex::escape(&text.known()?)).ok(),
        _ => None,
    };
    let loader = Loader {
        ignore: pattern("ignorePattern"),
        keep: pattern("matchFilter"),
        leave: pattern("ignoreFilter"),
        index: pattern("indexPattern"),
        scripts: pattern("scriptPattern"),
        root: root.clone(),
        options: given,
        prefix: prefix.map_end(|t| SmolStr::new(t.strip_suffix('/').unwrap_or(t))),
        names,
        route_params,
        append,
        auto_hooks,
        encapsulate,
        max_depth,
        at,
    };
    load_folder(world, object, &loader, &root, &Text::default(), 0);
}

fn option(world: &mut World<'_>, options: &Value, name: &str) -> Option<Value> {
    if !matches!(options, Value::Dict(_)) {
        return None;
    }
    world.get_attr(options, name, None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null))
}

/// A file's name without a script's extension.
fn script(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (SCRIPTS.contains(&extension) && !stem.ends_with(".d")).then_some(stem)
}

/// Loads a folder: its index file alone, else all of its files; then the folders in it.
fn load_folder(world: &mut World<'_>, object: &Rc<Object>, loader: &Loader, folder: &str, prefix: &Text, depth: usize) {
    let files: Vec<(FileId, String)> =
        world.input.files.in_folder(folder).iter().map(|id| (*id, base(&world.input.files.get(*id).path).to_owned())).collect();
    let is_index = |name: &str| match &loader.index {
        Some(pattern) => pattern.is_match(name),
        None => script(name) == Some("index"),
    };
    let is_hook = |name: &str| script(name).is_some_and(|s| matches!(s.trim_start_matches(['_', '.']), "autohooks" | "auto_hooks"));
    let index = files.iter().find(|(_, name)| is_index(name));
    let inside = |name: &str| format!("{folder}/{name}").trim_start_matches(loader.root.as_str()).trim_start_matches('/').to_owned();
    let ignored = |name: &str| loader.ignore.as_ref().is_some_and(|p| p.is_match(&inside(name)));
    if loader.auto_hooks
        && let Some((hook, _)) = files.iter().find(|(_, name)| is_hook(name))
    {
        let (callback, _) = plugin(world, *hook);
        world.run_group(object, &callback, Vec::new(), loader.at);
    }
    for (id, name) in &files {
        let is_script = loader.scripts.as_ref().map_or(script(name).is_some(), |p| p.is_match(name));
        let wanted = match index {
            Some(index) => index.0 == *id,
            None => is_script && !is_hook(name) && !ignored(name),
        };
        let path = format!("/{}", inside(name));
        let filtered = loader.keep.as_ref().is_some_and(|p| !p.is_match(&path)) || loader.leave.as_ref().is_some_and(|p| p.is_match(&path));
        if wanted && !filtered && script(name).is_some() {
            load_file(world, object, loader, *id, prefix);
        }
    }
    if depth >= loader.max_depth {
        return;
    }
    for child in folders(world, folder) {
        if ignored(&child) {
            continue;
        }
        let added = match &loader.names {
            Names::Add => Text::plain(SmolStr::new(&child), None),
            Names::Nothing => Text::default(),
            Names::By(f) => {
                let args = vec![Value::text(format!("/{folder}")), Value::text(child.as_str())];
                let given = world.call_value(&f.clone(), Args::of(args), loader.at);
                match world.force(&given) {
                    Value::Null | Value::Bool(_) => Text::default(),
                    other => world.to_text(&other, loader.at),
                }
            }
        };
        let mut below = prefix.clone();
        below.push_str("/");
        below.push(&added);
        load_folder(world, object, loader, &format!("{folder}/{child}"), &below, depth + 1);
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The names of the folders in a folder.
fn folders(world: &World<'_>, folder: &str) -> Vec<String> {
    let start = format!("{folder}/");
    let mut names: Vec<String> = world
        .input
        .files
        .iter()
        .filter_map(|(_, f)| f.path.strip_prefix(start.as_str())?.split_once('/').map(|s| s.0.to_owned()))
        .filter(|name| name != "node_modules")
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What a file exports as a plugin, and all of its exports.
fn plugin(world: &mut World<'_>, file: FileId) -> (Value, Value) {
    let Some(id) = world.module_of(file) else { return (Value::Null, Value::Null) };
    world.run_module(id);
    let exports = world.required(Value::Module(id));
    let default = match &exports {
        Value::Module(id) => world.member(&Value::Module(*id), "default").unwrap_or(Value::Null),
        other => world.get_attr(other, "default", None).filter(|v| !matches!(v, Value::Null)).unwrap_or_else(|| other.clone()),
    };
    let default = world.force(&default);
    (world.callback_of(&default), exports)
}

fn load_file(world: &mut World<'_>, object: &Rc<Object>, loader: &Loader, file: FileId, folder: &Text) {
    let (callback, exports) = plugin(world, file);
    let is_route = matches!(&callback, Value::Dict(_)) && option(world, &callback, "method").is_some();
    if !is_route && !matches!(callback, Value::Function(_) | Value::BoundFunction(_) | Value::Unknown(_) | Value::Symbol(_)) {
        return;
    }
    let mut named = |name: &str| {
        let of = |world: &mut World<'_>, value: &Value| match value {
            Value::Module(_) => world.member(value, name),
            Value::Function(f) => f.props.borrow().get(name).cloned(),
            Value::Dict(_) => world.get_attr(value, name, None),
            _ => None,
        };
        let found = of(world, &callback).or_else(|| of(world, &exports));
        found.map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null))
    };
    if matches!(named("autoload"), Some(Value::Bool(false))) {
        return;
    }
    let (auto, instead, config) = (named("autoPrefix"), named("prefixOverride"), named("autoConfig"));
    let own = config.as_ref().and_then(|c| option(world, c, "prefix")).map(|p| world.to_text(&p, loader.at));
    let before = if loader.prefix.is_empty() { own.unwrap_or_default() } else { loader.prefix.clone() };
    let added = match auto {
        Some(auto) if loader.append && !folder.is_empty() => {
            let mut both = folder.clone();
            both.push_str("/");
            both.push(&world.to_text(&auto, loader.at));
            both
        }
        Some(auto) => world.to_text(&auto, loader.at),
        None => folder.clone(),
    };
    let added = match added.known() {
        Some(known) if known.contains("//") => Text::plain(single_slashes(&known), added.place()),
        _ => added,
    };
    let mut prefix = before;
    match instead {
        Some(instead) => prefix = world.to_text(&instead, loader.at),
        None => prefix.push(&added),
    }
    if loader.route_params {
        prefix = with_parameters(&prefix);
    }
    let same = !loader.encapsulate || world.is_same(&callback);
    let prefix = (!prefix.is_empty()).then(|| Value::Text(Rc::new(prefix)));
    let child = if same { object.clone() } else { world.group_child(object, object.kind.get(), prefix, loader.at) };
    if is_route {
        world.call_on_object(&child, &SmolStr::new_static("route"), Args::of(vec![callback]), loader.at);
    } else {
        world.run_group(&child, &callback, vec![loader.options.clone()], loader.at);
    }
}

fn single_slashes(text: &str) -> SmolStr {
    let mut out = String::new();
    for c in text.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    SmolStr::new(out)
}

/// `/_id` and `a__id` are parameters.
fn with_parameters(prefix: &Text) -> Text {
    let change = |text: &str| if text.contains("__") { text.replace("__", ":") } else { text.replace("/_", "/:") };
    match prefix.known() {
        Some(known) => Text::plain(SmolStr::new(change(&known)), prefix.place()),
        None => prefix.map(|t| SmolStr::new(change(t))),
    }
}
