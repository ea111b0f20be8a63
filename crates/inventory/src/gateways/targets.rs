//! Which service of the catalog a workload or the target of a route is.

use super::paths::Route;
use crate::join::keys::{is_telling, key};
use apicensus_catalog::{Audience, Catalog, Gateway, GatewayKind, GatewayTarget, RouteAction, Service, Workload};
use std::collections::{BTreeMap, BTreeSet};

/// Ends of names that say what a thing is, not which.
const ENDS: &[&str] = &["-service", "-svc", "-api", "-app", "-server", "-web", "-backend", "-deployment", "-microservice"];
/// Words in the names of Dockerfiles that say a stage or a kind, not another thing.
const STAGES: &[&str] = &[
    "dev",
    "development",
    "prod",
    "production",
    "local",
    "test",
    "ci",
    "e2e",
    "debug",
    "release",
    "staging",
    "alpine",
    "slim",
    "debian",
    "distroless",
    "amd64",
    "arm64",
    "multi",
    "api",
    "app",
    "server",
    "service",
    "web",
    "backend",
    "build",
    "compose",
    "base",
    "main",
    "docker",
];
/// Names of the machine itself.
const HERE: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal", "[::1]"];

/// How a match is known, by the word that stands in the catalog.
type Match = (String, &'static str);

/// Matches workloads, then the targets of all routes.
pub fn join(catalog: &mut Catalog) {
    let mut workloads = std::mem::take(&mut catalog.workloads);
    let mut gateways = std::mem::take(&mut catalog.gateways);
    let finder = Finder::new(catalog);
    for workload in &mut workloads {
        let scope = finder.scope(&workload.at.file);
        if let Some((service, by)) = finder.workload(workload, &scope) {
            (workload.service, workload.matched_by) = (Some(service), Some(by.to_owned()));
        }
    }
    for gateway in &mut gateways {
        targets(gateway, &finder, &workloads);
    }
    // A port that is published for what is no service here says nothing of any API.
    for gateway in gateways.iter_mut().filter(|g| matches!(g.kind, GatewayKind::Compose | GatewayKind::KubernetesService)) {
        gateway.routes.retain(|r| r.targets.iter().any(|t| t.service.is_some()));
    }
    gateways.retain(|g| !g.routes.is_empty());
    catalog.workloads = workloads;
    catalog.gateways = gateways;
}

fn targets(gateway: &mut Gateway, finder: &Finder<'_>, workloads: &[Workload]) {
    let mut open: BTreeSet<String> = BTreeSet::new();
    let file = gateway.file.clone();
    let scope = finder.scope(&file);
    for route in gateway.routes.iter_mut().filter(|r| matches!(r.action, RouteAction::Proxy | RouteAction::Function)) {
        let by_paths = if route.rewrite.is_none() { finder.by_paths(&Route::new(route), &scope) } else { None };
        for target in route.targets.iter_mut().filter(|t| t.service.is_none()) {
            let known = known(target, &file, workloads);
            let found = match known {
                Some(workload) => workload.service.clone().zip(workload.matched_by.as_deref().map(word)),
                None => {
                    finder.target(target, &scope).or_else(|| by_paths.clone().filter(|_| is_open(target) || target.name.starts_with('$')))
                }
            };
            match found {
                Some((service, by)) => (target.service, target.matched_by) = (Some(service), Some(by.to_owned())),
                None if known.is_none() && is_open(target) => {
                    open.insert(shown(target));
                }
                None => {}
            }
        }
    }
    // A single name that is left can only be the single service there is.
    let Some(service) = finder.only().filter(|_| open.len() == 1 && gateway.kind != GatewayKind::Compose) else { return };
    if gateway.routes.iter().flat_map(|r| &r.targets).any(|t| t.service.as_deref() == Some(service)) {
        return;
    }
    for target in gateway.routes.iter_mut().flat_map(|r| &mut r.targets).filter(|t| t.service.is_none() && open.contains(&shown(t))) {
        (target.service, target.matched_by) = (Some(service.to_owned()), Some("only service".to_owned()));
    }
}

fn word(by: &str) -> &'static str {
    ["build folder", "image", "name"].into_iter().find(|w| *w == by).unwrap_or("name")
}

fn shown(target: &GatewayTarget) -> String {
    format!("{}:{}", target.name, target.port.as_deref().unwrap_or_default())
}

/// Whether a target may be a service of the tree: a plain name within a network, or the machine itself.
fn is_open(target: &GatewayTarget) -> bool {
    let name = target.name.as_str();
    let is_plain = !name.contains(['.', '$', '{', '/', ' ']) || is_local(name);
    !name.is_empty() && (is_plain || HERE.contains(&name)) && !name.contains('@')
}

fn is_local(name: &str) -> bool {
    name.ends_with(".svc") || name.contains(".svc.") || name.ends_with(".local") || name.ends_with(".internal")
}

/// The first label of a name within a cluster.
fn short(name: &str) -> &str {
    if is_local(name) || !name.contains('.') { name.split('.').next().unwrap_or(name) } else { name }
}

/// The workload that a target names; of several the one declared nearest to the gateway.
fn known<'w>(target: &GatewayTarget, file: &str, workloads: &'w [Workload]) -> Option<&'w Workload> {
    let name = short(&target.name);
    let is_it = |w: &&Workload| w.name == name || w.aliases.iter().any(|a| a == name);
    let near = |w: &&Workload| {
        let shared = w.at.file.split('/').zip(file.split('/')).take_while(|(a, b)| a == b).count();
        (w.at.file == file, shared, w.service.is_some())
    };
    workloads.iter().filter(is_it).max_by_key(near)
}

/// The services that deployed code makes, by what they are called.
struct Finder<'c> {
    services: Vec<&'c Service>,
    paths: BTreeMap<&'c str, Vec<&'c str>>,
}

impl<'c> Finder<'c> {
    fn new(catalog: &'c Catalog) -> Self {
        let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for endpoint in catalog.endpoints.iter().filter(|e| e.audience == Audience::Production && !e.implicit) {
            paths.entry(&endpoint.service).or_default().push(&endpoint.path);
        }
        let services = catalog.services.iter().filter(|s| !s.id.contains('!') && paths.contains_key(s.id.as_str())).collect();
        Finder { services, paths }
    }

    /// The folder of a file, or the nearest one above, in which there are services: names mean those.
    fn scope(&self, file: &str) -> String {
        let mut folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        while !folder.is_empty() && !self.services.iter().any(|s| is_below(&s.root, folder)) {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
        folder.to_owned()
    }

    /// The only service there is.
    fn only(&self) -> Option<&str> {
        match self.services.as_slice() {
            [only] => Some(&only.id),
            _ => None,
        }
    }

    fn single<'a>(mut found: impl Iterator<Item = &'a &'a Service>) -> Option<String> {
        let first = found.next()?;
        found.next().is_none().then(|| first.id.clone())
    }

    fn workload(&self, workload: &Workload, scope: &str) -> Option<Match> {
        if let Some(folder) = &workload.folder {
            if let Some(found) = self.by_folder(folder).filter(|found| self.is_built(workload, found)) {
                return Some((found, "build folder"));
            }
            // Built from a folder of this tree that holds several services or none: its name decides among those within.
            // So it does where the Dockerfile is named after something else.
            return self.by_name(&workload.name, folder).map(|found| (found, "name"));
        }
        if let Some(image) = &workload.image {
            if is_stock(image) {
                return None;
            }
            let name = image.rsplit('/').next().unwrap_or(image).split([':', '@']).next().unwrap_or_default();
            if let Some(found) = self.by_name(name, scope) {
                return Some((found, "image"));
            }
        }
        let names = std::iter::once(&workload.name).chain(&workload.aliases);
        names.filter_map(|name| self.by_name(name, scope)).next().map(|found| (found, "name"))
    }

    /// Whether a Dockerfile with a name of its own can be that of a service: the name says a stage, a kind of service, or the service.
    fn is_built(&self, workload: &Workload, service: &str) -> bool {
        let Some(file) = &workload.dockerfile else { return true };
        let service = self.services.iter().find(|s| s.id == service);
        let own: Vec<String> = service.map(|s| vec![plain(&s.name), plain(&s.root)]).unwrap_or_default();
        let is_known = |word: &str| STAGES.contains(&word) || own.iter().any(|n| n.split(['-', '/']).any(|part| part == word));
        let file = file.to_ascii_lowercase();
        file.split(['.', '-', '_']).filter(|w| !w.is_empty() && *w != "dockerfile").all(is_known)
    }

    /// The service with this folder for its root, else the only one below it.
    fn by_folder(&self, folder: &str) -> Option<String> {
        let exact = self.services.iter().filter(|s| s.root == folder);
        if exact.clone().next().is_some() {
            return Self::single(exact);
        }
        let below = |s: &&&Service| folder.is_empty() || s.root.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        Self::single(self.services.iter().filter(below))
    }

    /// The service of a name: its own, that of its manifest without the scope, or that of its folder. Words that say what a
    /// thing is are left out where that leaves one.
    fn by_name(&self, name: &str, within: &str) -> Option<String> {
        let is_within = |s: &Service| is_below(&s.root, within);
        let wanted = plain(name);
        let names = |s: &Service| {
            let file = s.entry.as_ref().filter(|_| s.id.contains('#')).map(|e| e.file.rsplit('/').next().unwrap_or_default());
            let stem = file.map(|f| plain(f.split('.').next().unwrap_or_default()));
            [Some(plain(&s.name)), Some(plain(s.name.rsplit('/').next().unwrap_or_default())), s.root.rsplit('/').next().map(plain), stem]
        };
        let exact = self.services.iter().filter(|s| is_within(s) && names(s).iter().flatten().any(|n| *n == wanted && !n.is_empty()));
        if exact.clone().next().is_some() {
            return Self::single(exact);
        }
        let core = core(&wanted);
        let alike = |s: &&&Service| is_within(s) && names(s).iter().flatten().any(|n| !n.is_empty() && self::core(n) == core);
        let found = Self::single(self.services.iter().filter(alike));
        found.or_else(|| {
            // A release's name may stand before: `shop-orders`.
            let ends = |s: &&&Service| {
                let own = names(s);
                is_within(s) && own.iter().flatten().any(|n| n.len() > 2 && wanted.ends_with(&format!("-{n}")))
            };
            Self::single(self.services.iter().filter(ends))
        })
    }

    fn target(&self, target: &GatewayTarget, scope: &str) -> Option<Match> {
        if let Some(code) = &target.code {
            return self.by_code(code).map(|found| (found, "code"));
        }
        if !is_open(target) || HERE.contains(&target.name.as_str()) {
            return None;
        }
        self.by_name(short(&target.name), scope).map(|found| (found, "name"))
    }

    /// The service that code is: its folder, or the only one in it.
    fn by_code(&self, code: &str) -> Option<String> {
        if code.is_empty() {
            return None;
        }
        self.by_folder(code)
    }

    /// The service that alone has endpoints below a path that says something.
    fn by_paths(&self, route: &Route<'_>, scope: &str) -> Option<Match> {
        let own = key(&route.route.path);
        if route.takes_all() || !is_telling(&own) || own.contains(['^', '(', '*']) {
            return None;
        }
        let has = |s: &&&Service| self.paths.get(s.id.as_str()).into_iter().flatten().any(|p| route.takes(p) == Some(true));
        Self::single(self.services.iter().filter(|s| is_below(&s.root, scope)).filter(has)).map(|found| (found, "paths"))
    }
}

/// An image of a public library of images that holds no code of a tree.
fn is_stock(image: &str) -> bool {
    const STOCK: &[&str] = &[
        "nginx",
        "redis",
        "postgres",
        "mysql",
        "mariadb",
        "mongo",
        "rabbitmq",
        "memcached",
        "traefik",
        "caddy",
        "haproxy",
        "httpd",
        "elasticsearch",
        "kibana",
        "logstash",
        "influxdb",
        "cassandra",
        "neo4j",
        "zookeeper",
        "registry",
        "vault",
        "consul",
        "nats",
        "kong",
        "adminer",
        "busybox",
        "alpine",
        "ubuntu",
        "debian",
        "python",
        "node",
        "golang",
        "rust",
        "ruby",
        "php",
        "openjdk",
        "eclipse-temurin",
    ];
    let name = image.trim_start_matches("docker.io/").trim_start_matches("library/").split([':', '@']).next().unwrap_or_default();
    STOCK.contains(&name)
}

/// Whether a folder is another one, or lies below it.
fn is_below(root: &str, folder: &str) -> bool {
    folder.is_empty() || root == folder || root.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.', ' '], "-").trim_start_matches('@').to_owned()
}

/// A name without the words that say what a thing is.
fn core(name: &str) -> &str {
    ENDS.iter().find_map(|end| name.strip_suffix(end)).filter(|rest| !rest.is_empty()).unwrap_or(name)
}
