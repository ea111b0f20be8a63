//! A catalog as a folder of files for git: `services/NAME.yaml` is what people review, one file a service, without lines;
//! `schemas.yaml` the schemas that they refer to; `evidence/` holds lines, trails and the rest, for programs.
//!
//! The same catalog gives the same bytes, and reading gives the catalog back. Without `evidence/` the endpoints are there without
//! their places.

use crate::error::StoreError;
use crate::facts;
use crate::patch;
use crate::record::{self, Origin};
use apicensus_catalog::{Catalog, Endpoint, Former, Mark, Service};
use apicensus_inventory::diff::moves;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Write;
use std::path::Path;

/// The format that trees are written in.
const FORMAT: &str = "apicensus.tree/1";
const HEAD: &str = "evidence/catalog.json";
const SCHEMAS: &str = "schemas.yaml";

/// A catalog as it is read from a tree.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The catalog.
    pub catalog: Catalog,
    /// The commit that it was taken at, and its time; empty where they are not known.
    pub commit: (String, String),
}

/// What stands in `evidence/catalog.json`.
#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    #[serde(default)]
    commit: String,
    #[serde(default)]
    commit_time: String,
    /// The catalog without endpoints and schemas.
    catalog: Catalog,
}

/// The files of a tree, by path from its folder.
///
/// # Errors
/// When something can't be written as text.
pub fn files(catalog: &Catalog, origin: &Origin) -> Result<BTreeMap<String, String>, StoreError> {
    let mut all = BTreeMap::new();
    let names = names(catalog);
    let mut of_service: BTreeMap<&str, Vec<&Endpoint>> = catalog.services.iter().map(|s| (s.id.as_str(), Vec::new())).collect();
    for endpoint in &catalog.endpoints {
        of_service.entry(&endpoint.service).or_default().push(endpoint);
    }
    for (id, endpoints) in of_service {
        let name = &names[id];
        let (mut written, mut places) = (Vec::new(), String::new());
        for endpoint in endpoints {
            let whole = value(endpoint)?;
            let mut bare = value(&facts::facts(endpoint))?;
            let evidence = patch::between(&whole, &bare);
            places.push_str(&format!("{}\n", serde_json::json!({"id": endpoint.id, "is": evidence})));
            shorten(&mut bare);
            written.push(bare);
        }
        let mut page = Map::new();
        let mut service = catalog.services.iter().find(|s| s.id == id).map_or(Ok(Value::from(id)), value)?;
        without_lines(&mut service);
        page.insert("service".to_owned(), service);
        page.insert("endpoints".to_owned(), Value::Array(written));
        let findings: Vec<String> = catalog.findings.iter().filter(|f| f.service.as_deref() == Some(id)).map(one_line).collect();
        if !findings.is_empty() {
            page.insert("findings".to_owned(), Value::from(findings));
        }
        all.insert(format!("services/{name}.yaml"), yaml(&page)?);
        all.insert(format!("evidence/{name}.jsonl"), places);
    }
    if !catalog.schemas.is_empty() {
        all.insert(SCHEMAS.to_owned(), yaml(&catalog.schemas)?);
    }
    let rest = Catalog { endpoints: Vec::new(), schemas: BTreeMap::new(), ..catalog.clone() };
    let head = Head { format: FORMAT.to_owned(), commit: origin.commit.clone(), commit_time: origin.commit_time.clone(), catalog: rest };
    let text = serde_json::to_string_pretty(&head).map_err(|e| StoreError::Wrong(e.to_string()))?;
    all.insert(HEAD.to_owned(), text + "\n");
    all.insert(".gitattributes".to_owned(), "evidence/** linguist-generated=true -diff\n".to_owned());
    Ok(all)
}

/// Writes a tree, leaving alone files that have their content already and removing those of services that are gone.
/// Whether anything was written.
///
/// # Errors
/// When it can't be written.
pub fn write(folder: &Path, catalog: &Catalog, origin: &Origin) -> Result<bool, StoreError> {
    let wanted = files(catalog, origin)?;
    let mut is_changed = false;
    for (name, text) in &wanted {
        let file = folder.join(name);
        if fs::read(&file).is_ok_and(|own| own == text.as_bytes()) {
            continue;
        }
        is_changed = true;
        put(&file, text)?;
    }
    for name in own_files(folder)?.into_iter().filter(|name| !wanted.contains_key(name)) {
        is_changed = true;
        let file = folder.join(&name);
        fs::remove_file(&file).map_err(|source| StoreError::File { doing: "write", file: file.display().to_string(), source })?;
    }
    Ok(is_changed)
}

/// Brings a tree to what a scan found: what is known of the past of endpoints stays, and so do endpoints that the scan could not
/// have seen. Whether anything changed.
///
/// # Errors
/// When the tree is wrong or can't be written.
pub fn update(folder: &Path, catalog: &Catalog, origin: &Origin) -> Result<bool, StoreError> {
    let held = if is_tree(folder) { Some(read(folder)?) } else { None };
    let mut catalog = catalog.clone();
    facts::normalise(&mut catalog);
    if let Some(held) = &held {
        let is_older = record::is_older(&origin.commit_time, &held.commit.1);
        record::keep(held.catalog.clone(), &mut catalog, is_older);
    }
    let before = held.map(|held| held.catalog).unwrap_or_default();
    remember(&before, &mut catalog, Some(origin));
    write(folder, &catalog, origin)
}

/// Adds to endpoints what an earlier state says of their past. What is new or changed gets the mark of `origin`.
pub fn remember(before: &Catalog, catalog: &mut Catalog, origin: Option<&Origin>) {
    let text = |t: &String| (!t.is_empty()).then(|| t.clone());
    let now = origin.map(|o| Mark { revision: None, commit: text(&o.commit), time: text(&o.commit_time) });
    let old: HashMap<&str, &Endpoint> = before.endpoints.iter().map(|e| (e.id.as_str(), e)).collect();
    let ids: BTreeSet<String> = catalog.endpoints.iter().map(|e| e.id.clone()).collect();
    let gone: Vec<&Endpoint> = before.endpoints.iter().filter(|e| !ids.contains(&e.id)).collect();
    let came: Vec<&Endpoint> = catalog.endpoints.iter().filter(|e| !old.contains_key(e.id.as_str())).collect();
    let links: HashMap<String, &Endpoint> = moves(&gone, &came).into_iter().map(|(to, from)| (came[to].id.clone(), gone[from])).collect();
    let schemas = catalog.schemas.clone();
    for endpoint in &mut catalog.endpoints {
        let (introduced, changed, moved) = match (old.get(endpoint.id.as_str()), links.get(&endpoint.id)) {
            (Some(own), _) => {
                let is_same = facts::standalone(own, &before.schemas) == facts::standalone(endpoint, &schemas);
                let changed = if is_same { own.lifecycle.last_changed.clone() } else { now.clone() };
                (own.lifecycle.introduced.clone(), changed, own.lifecycle.moved_from.clone())
            }
            (None, Some(own)) => {
                let former = Former { id: own.id.clone(), method: own.method.clone(), path: own.path.clone() };
                (own.lifecycle.introduced.clone(), now.clone(), Some(former))
            }
            (None, None) => (now.clone(), now.clone(), None),
        };
        let lifecycle = &mut endpoint.lifecycle;
        (lifecycle.introduced, lifecycle.last_changed, lifecycle.moved_from) = (introduced, changed, moved);
    }
}

/// Whether a folder holds a tree: what `catalog export` wrote, or what is left of it when only the pages of services are kept.
pub fn is_tree(folder: &Path) -> bool {
    let is_page = |entry: std::io::Result<std::fs::DirEntry>| entry.is_ok_and(|e| e.path().extension().is_some_and(|end| end == "yaml"));
    let Ok(pages) = std::fs::read_dir(folder.join("services")) else { return false };
    let mut pages = pages.map(is_page).peekable();
    folder.join(HEAD).exists() || (pages.peek().is_some() && pages.all(|page| page))
}

/// Reads a tree.
///
/// # Errors
/// When a file of it is wrong or can't be read.
pub fn read(folder: &Path) -> Result<Held, StoreError> {
    if !is_tree(folder) {
        let message = "this is no catalog: it has no folder `services`; `apicensus catalog export` writes one".to_owned();
        return Err(StoreError::Tree { file: folder.display().to_string(), message });
    }
    let mut held = head(folder)?;
    let mut services: Vec<Service> = Vec::new();
    for name in own_files(folder)?.into_iter().filter(|name| name.starts_with("services/")) {
        let file = folder.join(&name);
        let page: Map<String, Value> = parse(&file)?;
        let evidence = places(&folder.join(name.replace("services/", "evidence/").replace(".yaml", ".jsonl")))?;
        match page.get("service") {
            Some(Value::String(_)) => {}
            Some(service) => {
                let mut service = service.clone();
                with_lines(&mut service);
                services.push(typed(service, &file, "service")?);
            }
            None => return Err(wrong(&file, "it has no `service`")),
        }
        for bare in page.get("endpoints").and_then(Value::as_array).into_iter().flatten() {
            let mut bare = bare.clone();
            lengthen(&mut bare, page.get("service"));
            if let Some(evidence) = bare.get("id").and_then(Value::as_str).and_then(|id| evidence.get(id)) {
                patch::apply(&mut bare, evidence);
            }
            held.catalog.endpoints.push(typed(bare, &file, "endpoint")?);
        }
    }
    if held.catalog.services.is_empty() {
        held.catalog.services = services;
    }
    let schemas = folder.join(SCHEMAS);
    if schemas.exists() {
        held.catalog.schemas = parse(&schemas)?;
    }
    facts::sort(&mut held.catalog.endpoints);
    Ok(held)
}

fn head(folder: &Path) -> Result<Held, StoreError> {
    let file = folder.join(HEAD);
    if !file.exists() {
        return Ok(Held::default());
    }
    let head: Head = serde_json::from_str(&text_of(&file)?).map_err(|e| wrong(&file, &e.to_string()))?;
    if head.format != FORMAT {
        return Err(wrong(&file, &format!("its format is `{}`, and this apicensus reads `{FORMAT}`; use a newer apicensus", head.format)));
    }
    Ok(Held { catalog: head.catalog, commit: (head.commit, head.commit_time) })
}

/// What stands in a file of evidence, by endpoint.
fn places(file: &Path) -> Result<HashMap<String, Map<String, Value>>, StoreError> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        is: Map<String, Value>,
    }
    if !file.exists() {
        return Ok(HashMap::new());
    }
    let mut all = HashMap::new();
    for (at, line) in text_of(file)?.lines().enumerate() {
        let line: Line = serde_json::from_str(line).map_err(|e| wrong(file, &format!("line {}: {e}", at + 1)))?;
        all.insert(line.id, line.is);
    }
    Ok(all)
}

/// The names of services' files, by id: their names, with their folders where two have the same.
fn names(catalog: &Catalog) -> HashMap<String, String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names = HashMap::new();
    let mut services: Vec<(&str, &str, &str)> =
        catalog.services.iter().map(|s| (s.id.as_str(), s.name.as_str(), s.root.as_str())).collect();
    services.sort_unstable();
    let known: BTreeSet<&str> = services.iter().map(|s| s.0).collect();
    let unknown: BTreeSet<&str> = catalog.endpoints.iter().map(|e| e.service.as_str()).filter(|id| !known.contains(id)).collect();
    services.extend(unknown.into_iter().map(|id| (id, id, "")));
    for (id, name, root) in services {
        let choices = [slug(name), slug(&format!("{name}-{root}")), slug(id), crate::parts::hash(id.as_bytes())];
        let free = choices.into_iter().find(|choice| choice != "catalog" && !taken.contains(choice));
        let chosen = free.unwrap_or_else(|| format!("service-{}", taken.len()));
        taken.insert(chosen.clone());
        names.insert(id.to_owned(), chosen);
    }
    names
}

/// A file's name: lower case letters and digits, the rest as `-`.
fn slug(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(100).collect();
    if name.is_empty() { "service".to_owned() } else { name }
}

fn one_line(finding: &apicensus_catalog::Finding) -> String {
    format!("{} {} {} ({})", finding.severity, finding.rule, finding.subject, finding.status)
}

/// Leaves out of facts what every one of a file has or what follows from the rest.
fn shorten(facts: &mut Value) {
    let Some(own) = facts.as_object_mut() else { return };
    if own.get("raw_path") == own.get("path") {
        own.shift_remove("raw_path");
    }
    // The service stands at the head of the file.
    own.shift_remove("service");
    without_lines(facts);
}

fn without_lines(value: &mut Value) {
    each_object(value, &mut |object| object.retain(|key, _| !matches!(key.as_str(), "line" | "end_line")));
}

fn with_lines(value: &mut Value) {
    each_object(value, &mut |object| {
        if object.contains_key("file") {
            object.entry("line").or_insert(Value::from(0));
        }
    });
}

/// The opposite.
fn lengthen(facts: &mut Value, service: Option<&Value>) {
    let Some(own) = facts.as_object_mut() else { return };
    if let Some(id) = service.map(|service| service.get("id").unwrap_or(service)) {
        own.entry("service").or_insert_with(|| id.clone());
    }
    if let Some(path) = own.get("path").filter(|_| !own.contains_key("raw_path")).cloned() {
        own.insert("raw_path".to_owned(), path);
    }
    if let Some(handler) = own.get_mut("handler").and_then(Value::as_object_mut) {
        handler.entry("end_line").or_insert(Value::from(0));
    }
    with_lines(facts);
}

/// Does something to every object that is not inside of a schema.
fn each_object(value: &mut Value, work: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            work(object);
            object.iter_mut().filter(|(key, _)| *key != "schema").for_each(|(_, inner)| each_object(inner, work));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, work)),
        _ => {}
    }
}

fn value<T: Serialize>(of: &T) -> Result<Value, StoreError> {
    serde_json::to_value(of).map_err(|e| StoreError::Wrong(e.to_string()))
}

fn yaml<T: Serialize>(of: &T) -> Result<String, StoreError> {
    serde_yaml::to_string(of).map_err(|e| StoreError::Wrong(e.to_string()))
}

fn typed<T: serde::de::DeserializeOwned>(value: Value, file: &Path, what: &str) -> Result<T, StoreError> {
    let name = value.get("path").or_else(|| value.get("id")).map(ToString::to_string).unwrap_or_default();
    serde_json::from_value(value).map_err(|e| wrong(file, &format!("the {what} {name}: {e}")))
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, StoreError> {
    serde_yaml::from_str(&text_of(file)?).map_err(|e| wrong(file, &e.to_string()))
}

fn text_of(file: &Path) -> Result<String, StoreError> {
    fs::read_to_string(file).map_err(|source| StoreError::File { doing: "read", file: file.display().to_string(), source })
}

fn wrong(file: &Path, message: &str) -> StoreError {
    StoreError::Tree { file: file.display().to_string(), message: message.to_owned() }
}

/// The files of a tree that this module writes, sorted.
fn own_files(folder: &Path) -> Result<Vec<String>, StoreError> {
    let mut names = Vec::new();
    for (inside, ending) in [("services", "yaml"), ("evidence", "jsonl")] {
        let inner = folder.join(inside);
        let Ok(entries) = fs::read_dir(&inner) else { continue };
        for entry in entries {
            let entry = entry.map_err(|source| StoreError::File { doing: "read", file: inner.display().to_string(), source })?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.rsplit_once('.').is_some_and(|(_, end)| end == ending) {
                names.push(format!("{inside}/{name}"));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Writes a file whole or not at all.
fn put(file: &Path, text: &str) -> Result<(), StoreError> {
    let failed = |source: std::io::Error| StoreError::File { doing: "write", file: file.display().to_string(), source };
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut fresh = tempfile::Builder::new().prefix(".apicensus-").tempfile_in(folder).map_err(failed)?;
    fresh.write_all(text.as_bytes()).map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    readable(&fresh).map_err(failed)?;
    fresh.persist(file).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Temporary files are for their owner alone; these are not.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}
