//! TypeSpec (https://typespec.io/docs/libraries/http/operations/) as far as it can be read without its compiler: services, namespaces,
//! interfaces and operations with `@route` and their verbs.
//!
//! A route that a library makes (`@autoRoute`, `@resource`), an instance of a template that is not in the tree, and parameters
//! that come from one are troubles: their operations are left out. Templates of the tree are read where only types depend on
//! their parameters.

mod parse;
mod routes;

use crate::refs::Loader;
use crate::requests::{Declared, UNSAID};
use crate::tokens::{Token, tokens};
use apicensus_catalog::{Contract, ContractKind, ContractOperation};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Most files of one description.
const MAX_FILES: usize = 2_000;

/// What stands before a declaration.
#[derive(Clone, Default)]
pub struct Marks {
    verb: Option<&'static str>,
    route: Option<String>,
    auth: Option<Declared>,
    servers: Vec<String>,
    /// The title of the service that a namespace is.
    service: Option<String>,
    version: Option<String>,
    deprecated: bool,
    /// A decorator by which a library makes the route.
    made_by: Option<String>,
}

/// Where a value of an operation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    Path,
    Query,
    Header,
    /// A body, by its mark or because nothing else is said.
    Body,
    /// A property of a body that is made of all that has no mark.
    Plain,
    /// A cookie, a status code or what is left out.
    Other,
}

/// A parameter or property.
#[derive(Clone)]
pub struct Field {
    name: String,
    spot: Spot,
    optional: bool,
    /// What is spread here, in place of all above.
    spread: Option<Reference>,
}

/// A name, and whether arguments for a template follow.
#[derive(Clone)]
pub struct Reference {
    name: String,
    has_arguments: bool,
}

/// A model or the alias of one.
#[derive(Default)]
pub struct Model {
    fields: Vec<Field>,
    bases: Vec<Reference>,
    parameters: Vec<String>,
}

/// An operation.
#[derive(Clone)]
pub struct Operation {
    name: String,
    namespace: String,
    file: String,
    line: u32,
    marks: Marks,
    fields: Vec<Field>,
    /// The operation it is like.
    like: Option<Reference>,
    parameters: Vec<String>,
}

/// An interface.
pub struct Interface {
    namespace: String,
    file: String,
    line: u32,
    marks: Marks,
    bases: Vec<Reference>,
    operations: Vec<Operation>,
    is_template: bool,
}

/// All declarations of some files by their full names.
#[derive(Default)]
pub struct Declarations {
    namespaces: BTreeMap<String, Marks>,
    models: HashMap<String, Model>,
    interfaces: BTreeMap<String, Interface>,
    operations: BTreeMap<String, Operation>,
    /// Names by their last part.
    by_last: HashMap<String, Vec<String>>,
}

impl Declarations {
    /// The full name that a name means in a namespace.
    fn resolve<'d>(&self, name: &str, namespace: &str, is_one: impl Fn(&str) -> bool + 'd) -> Option<String> {
        let outer = namespace.rmatch_indices('.').map(|(at, _)| &namespace[..at]);
        let within = std::iter::once(namespace).chain(outer).filter(|n| !n.is_empty()).map(|n| format!("{n}.{name}"));
        if let Some(found) = within.chain(std::iter::once(name.to_owned())).find(|full| is_one(full)) {
            return Some(found);
        }
        // What `using` brings in: the only one of that name.
        let last = name.rsplit('.').next()?;
        let end = format!(".{name}");
        let mut all = self.by_last.get(last)?.iter().filter(|full| full.ends_with(&end) && is_one(full));
        let first = all.next()?;
        all.next().is_none().then(|| first.clone())
    }
}

/// Reads the services that a file declares.
pub fn read(file: &str, text: &str, loader: &mut Loader<'_>) -> Vec<Contract> {
    let sources = sources(file, text, loader);
    let mut declarations = Declarations::default();
    for (path, tokens) in &sources {
        parse::file(path, tokens, &mut declarations, loader);
    }
    // Only the services of this file; those of others are read with them.
    let mut own = Declarations::default();
    if let Some((path, tokens)) = sources.iter().find(|(path, _)| path == file) {
        parse::file(path, tokens, &mut own, loader);
    }
    let services: Vec<&String> = own.namespaces.iter().filter(|(_, marks)| marks.service.is_some()).map(|(name, _)| name).collect();
    services.into_iter().filter_map(|name| contract(name, &declarations, loader)).collect()
}

fn contract(namespace: &str, declarations: &Declarations, loader: &mut Loader<'_>) -> Option<Contract> {
    let marks = declarations.namespaces.get(namespace)?;
    let operations: Vec<ContractOperation> = routes::operations(namespace, declarations, loader);
    let mut base_paths: Vec<String> = marks.servers.iter().map(|url| crate::openapi::path_of(url)).collect();
    base_paths.dedup();
    if base_paths.iter().all(String::is_empty) {
        base_paths.clear();
    }
    Some(Contract {
        kind: ContractKind::Typespec,
        title: marks.service.clone().filter(|t| !t.is_empty()).unwrap_or_else(|| namespace.to_owned()),
        version: marks.version.clone().unwrap_or_default(),
        base_paths,
        operations,
        ..Contract::default()
    })
}

/// The file and those it imports. Where a `main.tsp` at or above the file imports it, all that this one imports.
fn sources(file: &str, text: &str, loader: &mut Loader<'_>) -> Vec<(String, Vec<Token>)> {
    let mut folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    while !file.ends_with("main.tsp") {
        let main = if folder.is_empty() { "main.tsp".to_owned() } else { format!("{folder}/main.tsp") };
        if let Some(main_text) = loader.tree().find(&main).and_then(|_| loader.text(&main)) {
            let all = imported(&main, &main_text, loader);
            if all.iter().any(|(path, _)| path == file) {
                return all;
            }
            break;
        }
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
    imported(file, text, loader)
}

fn imported(file: &str, text: &str, loader: &mut Loader<'_>) -> Vec<(String, Vec<Token>)> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([file.to_owned()]);
    let mut queue = VecDeque::from([(file.to_owned(), tokens(text, false))]);
    while let Some((path, tokens)) = queue.pop_front() {
        for pair in tokens.windows(2).filter(|pair| pair[0].word() == Some("import")) {
            let Some(name) = pair[1].text().filter(|name| name.starts_with('.') && !name.ends_with(".js")) else { continue };
            let name = if name.ends_with(".tsp") { name.to_owned() } else { format!("{}/main.tsp", name.trim_end_matches('/')) };
            let Some(target) = loader.file(&path, pair[0].line, &name).filter(|target| seen.insert(target.clone())) else { continue };
            if seen.len() > MAX_FILES {
                loader.trouble(&path, pair[0].line, "there are too many imported files; the rest was not read");
                break;
            }
            if let Some(text) = loader.text(&target) {
                queue.push_back((target, crate::tokens::tokens(&text, false)));
            }
        }
        found.push((path, tokens));
    }
    found
}

/// What the words of `@useAuth(...)` say.
fn auth(words: &[&str]) -> Declared {
    use apicensus_catalog::{DeclaredAuth, SchemeKind};
    let mut schemes: Vec<SchemeKind> = Vec::new();
    let mut is_open = false;
    for word in words {
        let kind = match word.rsplit('.').next().unwrap_or(word) {
            "NoAuth" => {
                is_open = true;
                continue;
            }
            "BasicAuth" => SchemeKind::Basic,
            "BearerAuth" => SchemeKind::Bearer,
            "ApiKeyAuth" => SchemeKind::ApiKey,
            "OAuth2Auth" => SchemeKind::Oauth2,
            "OpenIdConnectAuth" => SchemeKind::OpenIdConnect,
            _ => SchemeKind::Custom,
        };
        if !schemes.contains(&kind) {
            schemes.push(kind);
        }
    }
    match (schemes.is_empty(), is_open) {
        (true, true) => (DeclaredAuth::None, schemes),
        (true, false) => UNSAID,
        (false, true) => (DeclaredAuth::Optional, schemes),
        (false, false) => (DeclaredAuth::Required, schemes),
    }
}
