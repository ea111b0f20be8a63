//! RAML 1.0 (https://github.com/raml-org/raml-spec/blob/master/versions/raml-10/raml-10.md), and 0.8 as far as it is the same: nested
//! resources, resource types and traits with parameters, security, files that are included.
//!
//! Bodies and types are not read. Overlays and extensions change another document; they are a trouble. `!singularize` and
//! `!pluralize` in a parameter's name stay as they are written, for their result depends on the processor.

mod templates;

use crate::node::Node;
use crate::openapi::path_of;
use crate::refs::{At, Loader};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredAuth, DeclaredParameter, Location, SchemeKind};
use std::collections::HashMap;
use std::rc::Rc;
use templates::{Layer, Place, Templates};

/// Keys of a resource that are methods; the last two only in 0.8.
pub const METHODS: &[&str] = &["get", "patch", "put", "post", "delete", "options", "head", "trace", "connect"];
/// Deepest nesting of resources: an included file may include itself.
const MAX_NESTING: usize = 32;
/// Most operations of one document.
const MAX_OPERATIONS: usize = 20_000;
/// Most resources that are looked at.
const MAX_VISITS: usize = 100_000;

/// What the first line of a text says it is: `1.0`, `0.8`, `1.0 Trait`.
pub fn header(text: &str) -> Option<&str> {
    text.trim_start_matches('\u{feff}').strip_prefix("#%RAML ").and_then(|rest| rest.lines().next()).map(str::trim)
}

/// Reads a document whose first line says it is one; none for the fragments that others include.
pub fn read(root: &At, header: &str, loader: &mut Loader<'_>) -> Option<Contract> {
    match header {
        "1.0" | "0.8" => {}
        "1.0 Overlay" | "1.0 Extension" => {
            loader.trouble(&root.file, 1, format!("RAML {header} changes another document; it is not applied"));
            return None;
        }
        fragment if fragment.starts_with("1.0 ") => return None,
        other => {
            loader.trouble(&root.file, 1, format!("RAML {other} is not read; 0.8 and 1.0 are"));
            return None;
        }
    }
    let node = &root.node;
    let version = node.text_at("version").unwrap_or_default().to_owned();
    let base_paths = base_path(node, &version).into_iter().collect();
    let templates = Templates::new(root, loader);
    let mut reader = Reader {
        loader,
        templates,
        schemes: HashMap::new(),
        root: root.clone(),
        is_old: header == "0.8",
        operations: Vec::new(),
        visits: 0,
    };
    reader.schemes();
    reader.resources(root, "", &Rc::from([]), 0);
    Some(Contract {
        kind: ContractKind::Raml,
        format_version: header.to_owned(),
        title: node.text_at("title").unwrap_or_default().to_owned(),
        version,
        base_paths,
        operations: reader.operations,
        ..Contract::default()
    })
}

/// The path of `baseUri`, its version and other parameters in place as far as they are given.
fn base_path(root: &Node, version: &str) -> Option<String> {
    let base = root.get("baseUri")?;
    let mut url = base.text().or(base.text_at("value"))?.replace("{version}", version);
    for entry in root.get("baseUriParameters").map(Node::entries).unwrap_or_default() {
        let only = entry.node.get("enum").map(Node::items).filter(|e| e.len() == 1).and_then(|e| e[0].text());
        if let Some(value) = entry.node.text_at("default").or(only) {
            url = url.replace(&format!("{{{}}}", entry.key), value);
        }
    }
    Some(path_of(&url)).filter(|path| !path.is_empty())
}

struct Reader<'l, 't> {
    loader: &'l mut Loader<'t>,
    templates: Templates,
    schemes: HashMap<String, SchemeKind>,
    root: At,
    /// Version 0.8, where parameters are optional unless they say otherwise.
    is_old: bool,
    operations: Vec<ContractOperation>,
    /// Resources looked at. Aliases and includes make a small document a large tree.
    visits: usize,
}

impl Reader<'_, '_> {
    fn schemes(&mut self) {
        for (name, scheme) in templates::declared(&self.root, "securitySchemes", self.loader) {
            let kind = match scheme.node.text_at("type").unwrap_or_default() {
                "OAuth 2.0" => SchemeKind::Oauth2,
                "Basic Authentication" => SchemeKind::Basic,
                "Pass Through" => SchemeKind::ApiKey,
                _ => SchemeKind::Custom,
            };
            self.schemes.insert(name, kind);
        }
    }

    /// The resources in a resource or in the root. `outer` are the parameters of the path so far.
    fn resources(&mut self, at: &At, path: &str, outer: &Rc<[DeclaredParameter]>, depth: usize) {
        if depth > MAX_NESTING {
            self.loader.trouble(&at.file, at.node.line, "resources are nested too deeply");
            return;
        }
        for entry in at.node.entries().iter().filter(|e| e.key.starts_with('/')) {
            self.visits += 1;
            if self.operations.len() > MAX_OPERATIONS || self.visits > MAX_VISITS {
                self.loader.trouble(&at.file, entry.line, "there are too many operations; the rest was not read");
                return;
            }
            let Some(resource) = self.loader.included(&at.with(&entry.node)) else { continue };
            let path = format!("{path}{}", entry.key.replace("{mediaTypeExtension}", ""));
            let mut parameters: Vec<DeclaredParameter> = outer.to_vec();
            self.parameters(&resource, "uriParameters", "path", &None, &mut parameters);
            let parameters = Rc::from(parameters);
            let line = if resource.file == at.file { entry.line } else { resource.node.line };
            self.methods(&resource, &path, line, &parameters);
            self.resources(&resource, &path, &parameters, depth + 1);
        }
    }

    /// The methods of a resource: its own and those of its type.
    fn methods(&mut self, resource: &At, path: &str, line: u32, outer: &Rc<[DeclaredParameter]>) {
        let place = Place { path, method: "" };
        let types = self.templates.types(resource, &place, self.loader);
        for name in METHODS {
            let own = resource.node.entry(name);
            let key = format!("{name}?");
            let typed: Vec<Layer> = types
                .iter()
                .filter_map(|layer| layer.key(name).or_else(|| own.and_then(|_| layer.key(&key))))
                .filter_map(|layer| self.layer(layer))
                .collect();
            // One that only an optional entry of a type names is not there.
            if own.is_none() && typed.is_empty() {
                continue;
            }
            let own_node = own.and_then(|entry| self.loader.included(&resource.with(&entry.node)));
            let mut layers: Vec<Layer> = own_node.into_iter().map(|at| Layer { at, arguments: None }).collect();
            layers.extend(typed);
            let place = Place { path, method: name };
            let mut traits = Vec::new();
            for layer in &layers {
                traits.extend(self.templates.traits(layer, &place, self.loader));
            }
            let whole = Layer { at: resource.clone(), arguments: None };
            for layer in std::iter::once(&whole).chain(&types) {
                traits.extend(self.templates.traits(layer, &place, self.loader));
            }
            layers.extend(traits);
            let at = match own {
                Some(entry) => entry.line,
                None => resource.node.entry("type").map_or(line, |e| e.line),
            };
            let at = Location { file: resource.file.to_string(), line: at };
            self.operation(name, path, at, &layers, std::iter::once(&whole).chain(&types), outer);
        }
    }

    fn layer(&mut self, layer: Layer) -> Option<Layer> {
        Some(Layer { at: self.loader.included(&layer.at)?, arguments: layer.arguments })
    }

    fn operation<'a>(
        &mut self,
        method: &str,
        path: &str,
        at: Location,
        layers: &'a [Layer],
        resource: impl Iterator<Item = &'a Layer>,
        outer: &Rc<[DeclaredParameter]>,
    ) {
        let mut parameters = outer.to_vec();
        for layer in layers {
            for (key, location) in [("queryParameters", "query"), ("headers", "header"), ("queryString", "query")] {
                self.parameters(&layer.at, key, location, &layer.arguments, &mut parameters);
            }
        }
        let root = self.root.clone();
        let secured = layers.iter().chain(resource).map(|l| &l.at).chain(std::iter::once(&root)).find_map(|at| at.get("securedBy"));
        let (auth, schemes) = secured.map_or((DeclaredAuth::Unsaid, Vec::new()), |secured| self.auth(&secured));
        let name = layers.first().and_then(|l| l.at.node.text_at("displayName")).unwrap_or_default().to_owned();
        self.operations.push(ContractOperation {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            operation_id: name,
            at,
            auth,
            schemes,
            parameters,
            ..ContractOperation::default()
        });
    }

    fn auth(&mut self, secured: &At) -> (DeclaredAuth, Vec<SchemeKind>) {
        let single = std::slice::from_ref(&secured.node);
        let ways = if secured.node.items().is_empty() { single } else { secured.node.items() };
        let names: Vec<Option<&str>> = ways.iter().map(|way| way.text().or(way.entries().first().map(|e| e.key.as_str()))).collect();
        let is_open = names.iter().any(|name| matches!(name, None | Some("null")));
        let mut schemes = Vec::new();
        for name in names.into_iter().flatten().filter(|n| *n != "null") {
            let kind = self.schemes.get(name).copied();
            if kind.is_none() {
                self.loader.trouble(&secured.file, secured.node.line, format!("the security scheme `{name}` is not declared"));
            }
            let kind = kind.unwrap_or(SchemeKind::Custom);
            if !schemes.contains(&kind) {
                schemes.push(kind);
            }
        }
        match (schemes.is_empty(), is_open) {
            (true, _) => (DeclaredAuth::None, schemes),
            (false, true) => (DeclaredAuth::Optional, schemes),
            (false, false) => (DeclaredAuth::Required, schemes),
        }
    }

    /// Adds the parameters at a key that are not there yet; `name?` is optional in 1.0.
    fn parameters(&mut self, at: &At, key: &str, location: &str, arguments: &templates::Arguments, found: &mut Vec<DeclaredParameter>) {
        let Some(list) = at.get(key).and_then(|list| self.loader.included(&list)) else { return };
        let entries = if key == "queryString" { list.node.get("properties") } else { Some(&list.node) };
        for entry in entries.map(Node::entries).unwrap_or_default() {
            let name = templates::filled(&entry.key, arguments);
            let (name, marked) = name.strip_suffix('?').map_or((name.as_str(), false), |name| (name, true));
            let said = entry.node.get("required").map(Node::is_true);
            let usual = if self.is_old { location == "path" } else { !marked };
            if found.iter().all(|p| p.name != name || p.location != location) {
                let required = said.unwrap_or(usual);
                found.push(DeclaredParameter {
                    location: location.to_owned(),
                    name: name.to_owned(),
                    required,
                    ..DeclaredParameter::default()
                });
            }
        }
    }
}
