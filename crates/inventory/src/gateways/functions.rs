//! Functions that infrastructure gives a route and whose code is in the tree: they are endpoints, proved by the template alone.
//!
//! A function that wraps an application is a way to that application's endpoints instead: one that takes any path, one whose file makes
//! or registers endpoints, and one whose operation code serves already.

use crate::join::keys::key;
use apicensus_catalog::{
    Audience, Auth, AuthState, Basis, Catalog, Confidence, Endpoint, Gateway, GatewayKind, GatewayRoute, Guard, GuardLevel, HandlerRef,
    Lifecycle, Location, Parameter, ParameterIn, PathMatch, PathState, Protocol, RouteAction, Scheme, Service, TrailStep, View,
};
use apicensus_source::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Endings of files that hold no code.
const NO_CODE: &[&str] = &["json", "yaml", "yml", "md", "txt", "lock", "zip", "map", "toml", "env", "html", "css"];

/// Adds the endpoints.
pub fn put(catalog: &mut Catalog, tree: &Tree) {
    let mut gateways = std::mem::take(&mut catalog.gateways);
    let code = Code::new(catalog);
    let mut made: BTreeMap<String, Endpoint> = BTreeMap::new();
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for gateway in &mut gateways {
        let (folder, name) = (folder_of(&gateway.file), name_of(gateway, tree));
        let view = gateway.view;
        let kind = gateway.kind;
        let audience = gateway.audience;
        for route in gateway.routes.iter_mut().filter(|r| r.action == RouteAction::Function) {
            let Some(handler) = route.targets.first().and_then(|t| handler(t.code.as_deref()?, t.handler.as_deref(), tree)) else {
                continue;
            };
            // From here on the code of the function is the file.
            if let Some(target) = route.targets.first_mut() {
                target.code = Some(handler.file.clone());
            }
            if let Some(application) = code.application(&handler.file, route, &folder) {
                if let Some(target) = route.targets.first_mut() {
                    (target.service, target.matched_by) = (Some(application), Some("code".to_owned()));
                }
                continue;
            }
            if !route.only_if.is_empty() || route.path_match != PathMatch::Template {
                continue;
            }
            let id = if folder.is_empty() { ".".to_owned() } else { folder.clone() };
            services.entry(id.clone()).or_insert_with(|| service(&id, &folder, &name, kind));
            for endpoint in endpoints(route, &handler, &id, view, kind, audience) {
                made.entry(endpoint.id.clone()).or_insert(endpoint);
            }
            if let Some(target) = route.targets.first_mut() {
                (target.service, target.matched_by) = (Some(id), Some("code".to_owned()));
            }
        }
    }
    catalog.gateways = gateways;
    let known: BTreeSet<String> = catalog.endpoints.iter().map(|e| e.id.clone()).collect();
    catalog.endpoints.extend(made.into_values().filter(|e| !known.contains(&e.id)));
    for (id, service) in services {
        match catalog.services.iter_mut().find(|s| s.id == id) {
            Some(known) => known.frameworks.extend(service.frameworks),
            None => catalog.services.push(service),
        }
    }
    catalog.services.sort_by(|a, b| (&a.repository, &a.root, &a.id).cmp(&(&b.repository, &b.root, &b.id)));
    let order = |e: &Endpoint| (e.service.clone(), e.path.clone(), e.method.clone(), e.protocol, e.id.clone());
    catalog.endpoints.sort_by_cached_key(order);
}

/// A service that code makes, and what it serves.
struct Known {
    id: String,
    root: String,
    /// Files that register its endpoints or make its application.
    files: BTreeSet<String>,
    operations: BTreeSet<(String, String)>,
}

/// What code serves already.
struct Code {
    services: Vec<Known>,
}

impl Code {
    fn new(catalog: &Catalog) -> Self {
        let of = |service: &Service| {
            let own = || catalog.endpoints.iter().filter(|e| e.service == service.id && e.audience == Audience::Production);
            let registered = own().flat_map(|e| std::iter::once(&e.registered_at.file).chain(e.trail.iter().map(|t| &t.file)));
            let files = registered.chain(service.entry.as_ref().map(|e| &e.file)).cloned().collect();
            let operations = own().map(|e| (e.method.clone(), key(&e.path))).collect();
            own().next().is_some().then(|| Known { id: service.id.clone(), root: service.root.clone(), files, operations })
        };
        Code { services: catalog.services.iter().filter_map(of).collect() }
    }

    /// The application of this tree that a function is: its file makes it, or a service that lies with the template has the file and
    /// gets any path or serves the operation already.
    fn application(&self, file: &str, route: &GatewayRoute, folder: &str) -> Option<String> {
        if let Some(known) = self.services.iter().find(|s| s.files.contains(file)) {
            return Some(known.id.clone());
        }
        let is_above = |root: &str| root.is_empty() || file.starts_with(&format!("{root}/"));
        let near = self.services.iter().filter(|s| is_above(&s.root) && s.root.len() >= folder.len());
        let deepest = near.clone().map(|s| s.root.len()).max()?;
        let mut deepest = near.filter(|s| s.root.len() == deepest);
        let (known, others) = (deepest.next()?, deepest.next());
        let takes_rest =
            route.path.ends_with("+}") || (route.path == "/" && (route.methods.is_empty() || route.path_match != PathMatch::Template));
        let path = key(&route.path);
        let serves = |method: &str| known.operations.contains(&(method.to_owned(), path.clone()));
        let is_served = route.methods.iter().any(|m| serves(m)) || serves("ANY");
        (others.is_none() && (takes_rest || is_served)).then(|| known.id.clone())
    }
}

fn folder_of(file: &str) -> String {
    file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}

fn name_of(gateway: &Gateway, tree: &Tree) -> String {
    let folder = folder_of(&gateway.file);
    let own = folder.rsplit('/').next().unwrap_or_default();
    let root = || tree.name().unwrap_or_else(|| "functions".to_owned());
    match gateway.kind {
        GatewayKind::Serverless if !gateway.name.is_empty() && !gateway.name.contains('$') => gateway.name.clone(),
        _ if own.is_empty() => root(),
        _ => own.to_owned(),
    }
}

fn service(id: &str, folder: &str, name: &str, kind: GatewayKind) -> Service {
    let runtime = if kind == GatewayKind::AzureFunctions { "azure-functions" } else { "aws-lambda" };
    Service {
        id: id.to_owned(),
        name: name.to_owned(),
        root: folder.to_owned(),
        frameworks: vec![runtime.to_owned()],
        ..Service::default()
    }
}

/// The file and line of a handler such as `src/app.handler`, `pkg.Module::method` or the file itself.
fn handler(code: &str, handler: Option<&str>, tree: &Tree) -> Option<HandlerRef> {
    let (stem, symbol) = match handler.map(|h| (h, h.rsplit_once("::").or_else(|| h.rsplit_once('.')))) {
        Some((_, Some((stem, symbol)))) if !stem.is_empty() => (stem, symbol),
        Some((whole, _)) => (whole, whole),
        None => ("", ""),
    };
    let at = tree.find(code).or_else(|| file_of(code, stem, tree))?;
    let file = tree.files().get(at)?.path.clone();
    let text = String::from_utf8_lossy(&tree.read(at).ok()?).into_owned();
    let line = text.lines().position(|line| has_word(line, symbol)).map_or(1, |n| n as u32 + 1);
    let symbol = if file.ends_with(symbol) { String::new() } else { symbol.to_owned() };
    Some(HandlerRef { file, line, end_line: line, defined_at: None, symbol })
}

/// The code file of a stem, in a folder or, by the names of packages, anywhere below it.
fn file_of(folder: &str, stem: &str, tree: &Tree) -> Option<usize> {
    let join = |stem: &str| if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") };
    let stem = stem.trim_start_matches("./");
    let is_code = |path: &str, stem: &str| {
        path.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')).is_some_and(|end| !end.contains('.') && !NO_CODE.contains(&end))
    };
    for stem in [join(stem), join(&stem.replace('.', "/"))] {
        let start = tree.files().partition_point(|f| f.path.as_str() < stem.as_str());
        let near = tree.files().iter().enumerate().skip(start).take_while(|(_, f)| f.path.starts_with(&stem));
        if let Some((at, _)) = near.into_iter().find(|(_, f)| is_code(&f.path, &stem)) {
            return Some(at);
        }
    }
    let tail = stem.replace('.', "/");
    if !tail.contains('/') {
        return None;
    }
    let is_it = |path: &str| {
        let inside = folder.is_empty() || path.starts_with(&format!("{folder}/"));
        inside && path.rfind(&format!("/{tail}.")).is_some_and(|at| is_code(&path[at + 1..], &tail))
    };
    tree.files().iter().position(|f| is_it(&f.path))
}

/// Whether a name stands in a line as a word.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !word.is_empty()
        && line
            .match_indices(word)
            .any(|(at, _)| !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next()))
}

fn endpoints(
    route: &GatewayRoute,
    handler: &HandlerRef,
    service: &str,
    view: View,
    kind: GatewayKind,
    audience: Audience,
) -> Vec<Endpoint> {
    let methods = if route.methods.is_empty() { vec!["ANY".to_owned()] } else { route.methods.clone() };
    let path = route.path.replace("+}", "}");
    let make = |method: String| Endpoint {
        streaming: None,
        id: id(service, &method, &path),
        service: service.to_owned(),
        protocol: Protocol::Http,
        method,
        path: path.clone(),
        raw_path: route.path.clone(),
        path_state: if path.contains("${") { PathState::Partial } else { PathState::Exact },
        holes: Vec::new(),
        parameters: parameters(&route.path),
        bodies: Vec::new(),
        responses: Vec::new(),
        summary: None,
        handler: Some(handler.clone()),
        registered_at: route.at.clone(),
        also_registered_at: Vec::new(),
        trail: vec![TrailStep {
            file: route.at.file.clone(),
            line: route.at.line,
            end_line: route.at.line,
            what: "gateway".to_owned(),
            gives: route.path.clone(),
        }],
        conditions: Vec::new(),
        auth: auth(route),
        controls: BTreeMap::new(),
        sensitive: Vec::new(),
        lifecycle: Lifecycle::default(),
        documented: None,
        owners: Vec::new(),
        exposure: None,
        view,
        audience,
        framework: if kind == GatewayKind::AzureFunctions { "azure-functions" } else { "aws-lambda" }.to_owned(),
        detached: false,
        third_party: false,
        implicit: false,
        stale: false,
        taken_by: None,
        confidence: Confidence::Medium,
    };
    methods.into_iter().map(make).collect()
}

/// The identity of an operation, as for those of code.
fn id(service: &str, method: &str, path: &str) -> String {
    let text = format!("{service}\n{}\n{method}\n{}", Protocol::Http, blanked(path));
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

/// A path with the names of its parameters blanked.
fn blanked(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let trimmed = out.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

fn parameters(path: &str) -> Vec<Parameter> {
    let named = path.split('{').skip(1).filter_map(|part| part.split('}').next());
    let of = |name: &str| Parameter {
        location: ParameterIn::Path,
        name: name.trim_end_matches('+').to_owned(),
        type_name: None,
        pattern: None,
        required: true,
        catch_all: name.ends_with('+'),
        schema: None,
        sensitive: None,
    };
    named.filter(|n| !n.starts_with('$')).map(of).collect()
}

/// The verdict: what the gateway asks for. That it asks for nothing says nothing of the function's own code.
fn auth(route: &GatewayRoute) -> Auth {
    let unread = "what the function checks by itself was not read";
    let Some(gateway) = &route.auth else { return Auth::unknown(unread) };
    let guard = Guard {
        level: GuardLevel::Gateway,
        symbol: gateway.by.clone(),
        at: Location { file: gateway.at.file.clone(), line: gateway.at.line },
        defined: None,
        says: Some(gateway.state),
        basis: Some(Basis::Recognised),
    };
    match gateway.state {
        AuthState::Required => Auth {
            state: AuthState::Required,
            reason: None,
            schemes: gateway.schemes.iter().map(|kind| Scheme { kind: *kind, name: gateway.by.clone() }).collect(),
            scopes: gateway.scopes.clone(),
            chain: vec![guard],
            ..Auth::unknown("")
        },
        AuthState::None => Auth::unknown(format!("its gateway asks for no identity, and {unread}")),
        _ => Auth { chain: vec![guard], ..Auth::unknown(unread) },
    }
}
