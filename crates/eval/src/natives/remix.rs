//! React Router as a framework, and Remix: files whose names say their path by dots (`api.users.$id.ts`), and routes that
//! `app/routes.ts` lists.

use super::CallSite;
use super::files::{self, RouteFile};
use crate::files::{FileId, Files};
use crate::models::{FileRoute, Model};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

const EXTENSIONS: &[&str] = &["js", "jsx", "ts", "tsx"];
/// Routes nest at most so deep, and have at most so many optional segments.
const MAX_DEPTH: u32 = 20;
const MAX_OPTIONAL: usize = 4;

/// The routes of a folder: files that stand in it, and folders with a file `route` or `index`.
pub fn flat(files: &Files, root: &str) -> Vec<(FileId, String)> {
    let mut out = Vec::new();
    for (id, file) in files.iter() {
        let Some(inside) = file.path.strip_prefix(root).and_then(|p| p.strip_prefix('/')) else { continue };
        let Some((stem, extension)) = inside.rsplit_once('.') else { continue };
        if !EXTENSIONS.contains(&extension) || file.lang.is_none() || file.installed || inside.ends_with(".d.ts") {
            continue;
        }
        let name = match stem.split_once('/') {
            None => stem,
            Some((folder, "route")) => folder,
            Some((folder, "index")) if !has_route(files, root, folder) => folder,
            Some(_) => continue,
        };
        if [".test", ".spec", ".stories"].iter().any(|end| name.ends_with(end)) || name.starts_with('.') {
            continue;
        }
        out.extend(paths(name).into_iter().map(|path| (id, path)));
    }
    out
}

fn has_route(files: &Files, root: &str, folder: &str) -> bool {
    EXTENSIONS.iter().any(|extension| files.find(&format!("{root}/{folder}/route.{extension}")).is_some())
}

/// A segment of a file's name.
#[derive(Default)]
struct Segment {
    text: String,
    /// As it was written, with escapes.
    raw: String,
    optional: bool,
}

/// The paths that a name says, in bracket syntax; several when segments are optional, none for a layout without a path.
/// `.` divides, `$x` is a parameter, `(x)` optional, `[x]` as it is; what starts with `_` or ends so adds no text.
fn paths(name: &str) -> Vec<String> {
    let mut segments = segments(name);
    match segments.last() {
        Some(last) if last.raw == "_index" => {
            segments.pop();
        }
        Some(last) if last.raw.starts_with('_') => return Vec::new(),
        _ => {}
    }
    let mut out = vec![String::new()];
    let mut optional = 0;
    for segment in segments.iter().filter(|s| !s.raw.starts_with('_')) {
        let text = segment.text.as_str();
        let longer: Vec<String> = out.iter().map(|path| format!("{path}/{text}")).collect();
        optional += usize::from(segment.optional);
        if segment.optional && optional <= MAX_OPTIONAL { out.extend(longer) } else { out = longer }
    }
    out
}

fn segments(name: &str) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut one = Segment::default();
    let (mut escaped, mut param) = (false, false);
    let mut close = |one: &mut Segment, param: &mut bool| {
        let mut done = std::mem::take(one);
        if done.raw.ends_with('_') {
            done.text.pop();
        }
        if !done.raw.is_empty() {
            let text = match (std::mem::take(param), done.text.as_str()) {
                (true, "") => "[...splat]".to_owned(),
                (true, name) => format!("[{name}]"),
                (false, text) => text.to_owned(),
            };
            out.push(Segment { text, ..done });
        }
    };
    for c in name.chars() {
        match c {
            '[' if !escaped => escaped = true,
            ']' if escaped => escaped = false,
            '.' if !escaped => {
                close(&mut one, &mut param);
                continue;
            }
            '(' if !escaped => one.optional = true,
            ')' if !escaped => {}
            '$' if !escaped && one.text.is_empty() && !param => param = true,
            // What stands behind a parameter's name and an escape belongs to no parameter the framework has.
            c => one.text.push(c),
        }
        one.raw.push(c);
    }
    close(&mut one, &mut param);
    out
}

/// `...prefix("api", [route(..)])`: a list of routes under a path.
pub(super) fn prefix(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let path = site.args.at(0)?.clone();
    let (items, _) = world.items_of(site.args.at(1)?, site.at);
    let under = items.into_iter().map(|item| Value::dict([("@under".into(), path.clone()), ("@route".into(), item)]));
    Some(Value::list(under.collect()))
}

/// The routes that a package's `routes` file lists by calls of `route`, `index`, `layout` and `prefix`; None when it has none or
/// takes them from the folder.
pub fn listed(world: &mut World<'_>, rule: &FileRoute, at: usize, package: &str) -> Option<Vec<RouteFile>> {
    let (app, file) = rule.roots.iter().find_map(|root| {
        let app = files::join(package, root.strip_suffix("/routes").unwrap_or(root));
        let file = EXTENSIONS.iter().find_map(|extension| world.input.files.find(&files::join(&app, &format!("routes.{extension}"))))?;
        Some((app, file))
    })?;
    let text = (world.input.text)(file)?;
    if memchr::memmem::find(&text, b"flatRoutes").is_some() {
        return None;
    }
    let module = world.module_of(file)?;
    world.run_module(module);
    let list = world.member(&Value::Module(module), "default")?;
    let mut found = Found { app, package: package.to_owned(), rule: at, routes: Vec::new() };
    found.list(world, &list, "", 0);
    Some(found.routes)
}

struct Found {
    app: String,
    package: String,
    rule: usize,
    routes: Vec<RouteFile>,
}

impl Found {
    fn list(&mut self, world: &mut World<'_>, list: &Value, path: &str, depth: u32) {
        let at = crate::interp::attr::NOWHERE;
        if depth > MAX_DEPTH {
            return;
        }
        for item in world.items_of(list, at).0 {
            self.one(world, &item, path, depth);
        }
    }

    fn one(&mut self, world: &mut World<'_>, item: &Value, path: &str, depth: u32) {
        match world.force(item) {
            Value::Dict(under) => {
                let (Some(prefix), Some(route)) = (under.get("@under"), under.get("@route")) else { return };
                let path = joined(path, &prefix.as_str().unwrap_or_default());
                self.one(world, &route, &path, depth + 1);
            }
            Value::Unknown(u) => {
                let called = u.callee.as_deref().and_then(|c| c.rsplit('.').next()).unwrap_or_default().to_owned();
                let text = |at: usize| u.args.at(at).and_then(Value::as_str);
                let (own, file) = match called.as_str() {
                    "route" => (text(0).unwrap_or_default(), text(1)),
                    "index" | "layout" => (SmolStr::default(), text(0)),
                    _ => return,
                };
                let path = joined(path, &own);
                let file = file.and_then(|file| {
                    let name = crate::files::join(&self.app, &file)?;
                    let ended = || EXTENSIONS.iter().find_map(|e| world.input.files.find(&format!("{name}.{e}")));
                    world.input.files.find(&name).or_else(ended)
                });
                if let Some(file) = file.filter(|_| called != "layout") {
                    let (package, rule) = (self.package.clone(), self.rule);
                    let path = if path.is_empty() { "/".to_owned() } else { path.clone() };
                    self.routes.push(RouteFile { file, package, rule, path, method: None });
                }
                let children: Vec<Value> = u.args.items.iter().filter(|v| matches!(v, Value::List(_))).cloned().collect();
                children.iter().for_each(|list| self.list(world, list, &path, depth + 1));
            }
            _ => {}
        }
    }
}

/// A path below another, from the syntax of the configuration to brackets.
fn joined(path: &str, own: &str) -> String {
    let mut out = path.trim_end_matches('/').to_owned();
    for part in own.split('/').filter(|p| !p.is_empty()) {
        out.push('/');
        match part.strip_prefix(':') {
            Some(name) => out.push_str(&format!("[{}]", name.trim_end_matches('?'))),
            None if part == "*" => out.push_str("[...splat]"),
            None => out.push_str(part.trim_end_matches('?')),
        }
    }
    out
}

/// Puts the routes that packages list in the place of those that their folders would give.
pub fn instead(world: &mut World<'_>, model: &Model, packages: &[String], found: &mut Vec<RouteFile>) {
    for (at, rule) in model.files.iter().enumerate().filter(|(_, rule)| rule.flat) {
        for package in packages {
            if let Some(listed) = listed(world, rule, at, package) {
                found.retain(|route| route.package != *package);
                found.extend(listed);
            }
        }
    }
}
