//! Which service an endpoint belongs to.
//!
//! A service is the folder of the nearest manifest above the file that makes the application object (or, for routes
//! without one, above the handler). Applications of one manifest are one service, unless two of them, made in different
//! files, serve the same operation: then each is a service of its own. Applications that only tests or examples make are
//! kept apart from those that are deployed.

use crate::languages::Languages;
use crate::survey::Survey;
use crate::template;
use apicensus_catalog::Service;
use apicensus_eval::files::{FileId, parent};
use apicensus_eval::output::{Methods, PathPiece, Protocol, Route};
use apicensus_source::classify::Class;
use std::collections::{BTreeMap, BTreeSet};

/// The services of a scan, and the service of each route.
pub struct Services {
    /// Services by root folder and name.
    pub services: Vec<Service>,
    /// For each route the index of its service.
    pub of_route: Vec<usize>,
}

/// What makes a service: root folder, the class of code that makes it, and the application's file when it stands alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    root: String,
    kind: Option<&'static str>,
    entry: Option<FileId>,
}

/// Groups the routes of a scan into services.
pub fn services(routes: &[Route], survey: &Survey<'_>, languages: &Languages) -> Services {
    let manifests = Manifests::new(survey, languages);
    let mut roots = Vec::with_capacity(routes.len());
    for route in routes {
        let file = home(route);
        // An application that a package of another tree makes when it is imported is the tree's own all the same.
        let manifest = if survey.is_beside(file) { manifests.topmost(survey) } else { manifests.above(file, survey, languages) };
        let root = manifest.map_or(String::new(), |m| parent(survey.path(m)).to_owned());
        let kind = route.app.and_then(|app| kind(survey.class(app.file)));
        roots.push((Key { root, kind, entry: None }, manifest));
    }
    let split = conflicts(routes, &roots);
    let mut by_key: BTreeMap<Key, Made> = BTreeMap::new();
    let mut keys = Vec::with_capacity(routes.len());
    for (route, (key, manifest)) in routes.iter().zip(roots) {
        let stands_alone = route.app.filter(|app| split.contains(&(key.clone(), app.file)));
        let key = Key { entry: stands_alone.map(|a| a.file), ..key };
        let made = by_key.entry(key.clone()).or_insert_with(|| Made { manifest, ..Made::default() });
        made.frameworks.insert(route.framework.to_string());
        if let Some(lang) = survey.files.get(home(route)).lang {
            made.languages.insert(crate::coverage::language(lang).to_owned());
        }
        if let Some(app) = route.app {
            let at = (app.file, app.line);
            made.entry = Some(made.entry.map_or(at, |e: (FileId, u32)| e.min(at)));
        }
        keys.push(key);
    }
    let place: BTreeMap<&Key, usize> = by_key.keys().enumerate().map(|(at, key)| (key, at)).collect();
    let of_route = keys.iter().map(|key| place.get(key).copied().unwrap_or(0)).collect();
    let services = by_key.iter().map(|(key, made)| made.service(key, survey)).collect();
    Services { services, of_route }
}

/// The file that decides where a route belongs.
fn home(route: &Route) -> FileId {
    let handler = route.handler.as_ref().filter(|_| !route.third_party).map(|h| h.place.file);
    route.app.map(|a| a.file).or(handler).unwrap_or(route.registered_at.file)
}

fn kind(class: Class) -> Option<&'static str> {
    match class {
        Class::Test => Some("test"),
        Class::Example | Class::Docs => Some("example"),
        _ => None,
    }
}

/// The applications that have to stand alone: (group, file) pairs of those that serve the same operation.
fn conflicts(routes: &[Route], groups: &[(Key, Option<FileId>)]) -> BTreeSet<(Key, FileId)> {
    let mut first: BTreeMap<(&Key, Protocol, String, String), FileId> = BTreeMap::new();
    let mut clashing: BTreeSet<&Key> = BTreeSet::new();
    let mut apps: BTreeSet<(&Key, FileId)> = BTreeSet::new();
    for (route, (group, _)) in routes.iter().zip(groups) {
        let Some(app) = route.app.filter(|_| !route.implicit) else { continue };
        apps.insert((group, app.file));
        let path: String = route
            .path
            .iter()
            .map(|p| match p {
                PathPiece::Text { text, .. } => text.as_str(),
                PathPiece::Hole { label, .. } => label.as_str(),
            })
            .collect();
        let methods = match &route.methods {
            Methods::Any => vec!["ANY".to_owned()],
            Methods::Some(all) => all.iter().map(ToString::to_string).collect(),
        };
        for method in methods {
            let operation = (group, route.protocol, method, template::key(&path));
            if *first.entry(operation).or_insert(app.file) != app.file {
                clashing.insert(group);
            }
        }
    }
    apps.into_iter().filter(|(group, _)| clashing.contains(group)).map(|(group, file)| (group.clone(), file)).collect()
}

#[derive(Default)]
struct Made {
    manifest: Option<FileId>,
    languages: BTreeSet<String>,
    frameworks: BTreeSet<String>,
    entry: Option<(FileId, u32)>,
}

impl Made {
    fn service(&self, key: &Key, survey: &Survey<'_>) -> Service {
        let stem = key.entry.map(|file| stem(survey.path(file)).to_owned());
        let manifest_name = self.manifest.and_then(|m| name_of(survey.path(m), survey.files.get(m).text.as_deref()?));
        let folder = key.root.rsplit('/').next().filter(|f| !f.is_empty()).map(str::to_owned);
        let mut name = manifest_name.or(folder).unwrap_or_else(|| tree_name(survey));
        let mut id = if key.root.is_empty() { ".".to_owned() } else { key.root.clone() };
        if let (Some(stem), Some(file)) = (&stem, key.entry) {
            name = format!("{name}-{stem}");
            id = format!("{id}#{}", survey.path(file));
        }
        if let Some(kind) = key.kind {
            name = format!("{name}-{kind}");
            id = format!("{id}!{kind}");
        }
        Service {
            id,
            name,
            repository: String::new(),
            root: key.root.clone(),
            owners: Vec::new(),
            base_urls: Vec::new(),
            languages: self.languages.iter().cloned().collect(),
            frameworks: self.frameworks.iter().cloned().collect(),
            manifest: self.manifest.map(|m| survey.path(m).to_owned()),
            entry: self.entry.map(|(file, line)| apicensus_catalog::Location { file: survey.path(file).to_owned(), line }),
        }
    }
}

/// `app` for `src/app.module.ts`; the folder for names that say nothing.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').find(|s| !s.is_empty()).unwrap_or(name);
    let folder = parent(path).rsplit('/').next().unwrap_or_default();
    if matches!(stem, "__init__" | "index" | "mod" | "main" | "lib") && !folder.is_empty() { folder } else { stem }
}

/// The name of the repository, or of the scanned folder.
pub(crate) fn tree_name(survey: &Survey<'_>) -> String {
    let tree = survey.tree();
    let folder = tree.name();
    match tree.repository() {
        Some(repository) if repository.prefix.is_empty() => repository.name.clone(),
        _ => folder.unwrap_or_else(|| "root".to_owned()),
    }
}

/// The manifests by folder.
struct Manifests<'s> {
    by_folder: BTreeMap<&'s str, Vec<(usize, FileId)>>,
}

impl<'s> Manifests<'s> {
    fn new(survey: &'s Survey<'_>, languages: &Languages) -> Self {
        let mut by_folder: BTreeMap<&str, Vec<(usize, FileId)>> = BTreeMap::new();
        for (id, file) in survey.files.iter() {
            let (Some(group), Some(text)) = (languages.of_manifest(&file.path), &file.text) else { continue };
            if makes_a_unit(&file.path, text) {
                by_folder.entry(parent(&file.path)).or_default().push((group, id));
            }
        }
        Manifests { by_folder }
    }

    /// The tree's own manifest in the folder nearest to its root.
    fn topmost(&self, survey: &Survey<'_>) -> Option<FileId> {
        let own = self.by_folder.iter().filter(|(_, here)| here.iter().any(|(_, id)| !survey.is_beside(*id)));
        let (_, here) = own.min_by_key(|(folder, _)| (folder.split('/').count(), **folder))?;
        here.iter().map(|(_, id)| *id).min()
    }

    /// The nearest manifest above a file: of its own language, else of any.
    fn above(&self, file: FileId, survey: &Survey<'_>, languages: &Languages) -> Option<FileId> {
        let group = survey.files.get(file).lang.and_then(|lang| languages.group(lang));
        let search = |fits: &dyn Fn(usize) -> bool| {
            let mut folder = parent(survey.path(file));
            loop {
                let here = self.by_folder.get(folder).into_iter().flatten().filter(|(g, _)| fits(*g));
                // A manifest with a name before one without.
                let best = here.min_by_key(|(_, id)| {
                    (survey.files.get(*id).text.as_deref().and_then(|t| name_of(survey.path(*id), t)).is_none(), *id)
                });
                if let Some((_, id)) = best {
                    return Some(*id);
                }
                if folder.is_empty() {
                    return None;
                }
                folder = parent(folder);
            }
        };
        search(&|g| Some(g) == group).or_else(|| search(&|_| true))
    }
}

/// Whether a manifest makes its folder a unit: tool settings and workspace lists alone don't.
fn makes_a_unit(path: &str, text: &str) -> bool {
    match path.rsplit('/').next().unwrap_or(path) {
        "package.json" => serde_json::from_str::<serde_json::Value>(text)
            .is_ok_and(|v| ["name", "dependencies", "scripts"].iter().any(|k| v.get(k).is_some())),
        "Cargo.toml" => toml_value(text).is_some_and(|v| v.get("package").is_some()),
        "pyproject.toml" => toml_value(text)
            .is_some_and(|v| v.get("project").is_some() || v.get("build-system").is_some() || at(&v, &["tool", "poetry"]).is_some()),
        "setup.cfg" => text.lines().any(|l| l.trim() == "[metadata]"),
        _ => true,
    }
}

fn toml_value(text: &str) -> Option<toml::Table> {
    text.parse::<toml::Table>().ok()
}

fn at<'v>(table: &'v toml::Table, path: &[&str]) -> Option<&'v toml::Value> {
    let (first, rest) = path.split_first()?;
    let mut value = table.get(*first)?;
    for key in rest {
        value = value.get(*key)?;
    }
    Some(value)
}

/// The name that a manifest gives its unit.
fn name_of(path: &str, text: &str) -> Option<String> {
    let text_at = |keys: &[&str]| toml_value(text).and_then(|t| at(&t, keys)?.as_str().map(str::to_owned));
    let name = match path.rsplit('/').next().unwrap_or(path) {
        "package.json" | "deno.json" => serde_json::from_str::<serde_json::Value>(text).ok()?.get("name")?.as_str()?.to_owned(),
        "Cargo.toml" => text_at(&["package", "name"])?,
        "pyproject.toml" => text_at(&["project", "name"]).or_else(|| text_at(&["tool", "poetry", "name"]))?,
        "setup.cfg" => {
            let section = text.split("[metadata]").nth(1)?;
            let line =
                section.lines().take_while(|l| !l.starts_with('[')).find(|l| l.split('=').next().is_some_and(|k| k.trim() == "name"))?;
            line.split_once('=')?.1.trim().to_owned()
        }
        "setup.py" => {
            let rest = text.split("name=").nth(1).or_else(|| text.split("name =").nth(1))?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest[1..].split(quote).next()?.to_owned()
        }
        _ => return None,
    };
    let clean = name.trim();
    (!clean.is_empty() && clean.len() <= 200 && !clean.contains(char::is_whitespace)).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_give_names() {
        let cases = [
            ("a/package.json", r#"{"name": "@acme/orders"}"#, Some("@acme/orders")),
            ("package.json", "{", None),
            ("Cargo.toml", "[package]\nname = \"orders\"", Some("orders")),
            ("pyproject.toml", "[project]\nname = 'orders'", Some("orders")),
            ("pyproject.toml", "[tool.poetry]\nname = 'old'", Some("old")),
            ("pyproject.toml", "[tool.ruff]", None),
            ("setup.cfg", "[metadata]\nname = x\n[options]\n", Some("x")),
            ("setup.py", "setup(\n    name=\"y\",\n)", Some("y")),
            ("setup.py", "setup(name=NAME)", None),
            ("requirements.txt", "flask", None),
        ];
        for (path, text, name) in cases {
            assert_eq!(name_of(path, text).as_deref(), name, "{path} {text}");
        }
    }

    #[test]
    fn settings_alone_make_no_unit() {
        assert!(!makes_a_unit("dist/package.json", r#"{"type": "module"}"#));
        assert!(makes_a_unit("package.json", r#"{"scripts": {}}"#));
        assert!(!makes_a_unit("Cargo.toml", "[workspace]\nmembers = []"));
        assert!(!makes_a_unit("pyproject.toml", "[tool.black]"));
        assert!(makes_a_unit("manage.py", ""));
        assert_eq!(stem("src/app.module.ts"), "app");
        assert_eq!(stem("admin/__init__.py"), "admin");
        assert_eq!(stem("main.py"), "main");
    }
}
