//! Several repositories as one organisation: which call of one is which endpoint of another.
//!
//! A call names a host and a path. The host leads to a service, by what the policy says of where it is served, by its name, or by
//! the name of what holds the address (`ORDERS_URL`); the path leads to an endpoint. Where only the path is known, it has to fit one
//! service alone. What fits several is told as such, and never counted for one of them. That an endpoint is missing is said only of a
//! service whose code could be followed whole.
//!
//! Left out: calls through message queues, and what gateways rewrite on the way.

mod hosts;
mod paths;

use apicensus_catalog::{Audience, Catalog, Endpoint, PathState, Service};
use hosts::{Directory, Led};
use paths::Template;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the repositories of an organisation have to do with each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Organisation {
    /// The repositories with services, endpoints and findings, by name.
    pub repositories: Vec<RepositorySum>,
    /// The services.
    pub services: Vec<ServiceSum>,
    /// The calls of deployed code, by repository, file and line.
    pub calls: Vec<Call>,
    /// Endpoints of deployed code that no call was seen of.
    pub uncalled: Vec<Place>,
    /// Files of deployed code that were not looked at for calls: more may be called than is known.
    pub files_not_read: u64,
}

/// A repository in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepositorySum {
    /// Its name.
    pub name: String,
    /// The commit; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Services.
    pub services: usize,
    /// Endpoints of deployed code.
    pub endpoints: usize,
    /// Open findings.
    pub findings: usize,
    /// Endpoints whose state is older.
    pub stale: usize,
    /// Troubles.
    pub troubles: usize,
}

/// A service in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServiceSum {
    /// Its repository.
    pub repository: String,
    /// Its id within the repository.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// Endpoints of deployed code.
    pub endpoints: usize,
    /// Of them, those that anyone may call as nothing guards them.
    pub unguarded: usize,
    /// Open findings.
    pub findings: usize,
    /// Services of other repositories that call it.
    pub called_by: Vec<String>,
    /// Services of other repositories that it calls.
    pub calls: Vec<String>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The repository that makes it.
    pub repository: String,
    /// The service that makes it, by name; empty where it belongs to none.
    pub service: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The method; `ANY` where it is not known.
    pub method: String,
    /// The URL as a template.
    pub url: String,
    /// What it leads to.
    #[serde(flatten)]
    pub leads: Leads,
}

/// What a call leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "leads_to", rename_all = "kebab-case")]
pub enum Leads {
    /// Endpoints of one service: one, or those that a part which is not known could mean.
    Endpoint {
        /// They.
        endpoints: Vec<Place>,
        /// How the service was found: `base-url`, `host`, `name` or `path`.
        by: &'static str,
    },
    /// A service that has no such endpoint.
    Missing {
        /// The repository of the service.
        repository: String,
        /// The service.
        service: String,
        /// How the service was found.
        by: &'static str,
        /// It serves the path, with other methods.
        other_methods: Vec<String>,
    },
    /// A service that has no such endpoint as far as its code could be followed.
    Unverified {
        /// The repository of the service.
        repository: String,
        /// The service.
        service: String,
        /// How the service was found.
        by: &'static str,
        /// What could not be followed.
        why: String,
    },
    /// Several services fit.
    Ambiguous {
        /// They, as `repository:service`.
        candidates: Vec<String>,
    },
    /// A host that is none of the organisation's.
    Elsewhere {
        /// It.
        host: String,
    },
    /// Nothing of it is known well enough.
    Unknown,
}

/// An endpoint of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The repository.
    pub repository: String,
    /// The service, by name.
    pub service: String,
    /// The endpoint's id.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
}

/// An endpoint to be called.
struct Target<'c> {
    repository: &'c str,
    endpoint: &'c Endpoint,
    service: &'c str,
    template: Template,
}

impl Target<'_> {
    fn place(&self) -> Place {
        Place {
            repository: self.repository.to_owned(),
            service: self.service.to_owned(),
            id: self.endpoint.id.clone(),
            method: self.endpoint.method.clone(),
            path: self.endpoint.path.clone(),
        }
    }

    fn answers(&self, method: &str) -> bool {
        let own = self.endpoint.method.as_str();
        method == "ANY" || own == method || matches!(own, "ANY" | "*") || (method == "HEAD" && own == "GET")
    }
}

/// Looks at catalogs together: (name, catalog), each name once.
pub fn organisation(catalogs: &[(String, &Catalog)]) -> Organisation {
    let directory = Directory::new(catalogs);
    let targets = targets(catalogs);
    let mut organisation = Organisation::default();
    for (repository, catalog) in catalogs {
        organisation.files_not_read += catalog.outbound.files_not_read;
        for call in catalog.outbound.calls.iter().filter(|call| call.audience == Audience::Production) {
            let service = caller(catalog, &call.at.file);
            organisation.calls.push(Call {
                repository: repository.clone(),
                service: service.map(|service| service.name.clone()).unwrap_or_default(),
                file: call.at.file.clone(),
                line: call.at.line,
                method: call.method.clone(),
                url: call.url.clone(),
                leads: leads(repository, call, &directory, &targets, catalogs),
            });
        }
    }
    let called: BTreeSet<(&str, &str)> =
        organisation.calls.iter().flat_map(called).map(|place| (place.repository.as_str(), place.id.as_str())).collect();
    let is_uncalled = |target: &&Target<'_>| !called.contains(&(target.repository, target.endpoint.id.as_str()));
    organisation.uncalled = targets.values().flatten().filter(is_uncalled).map(Target::place).collect();
    organisation.uncalled.sort();
    organisation.services = services(catalogs, &organisation.calls);
    organisation.repositories = catalogs.iter().map(|(name, catalog)| sum(name, catalog)).collect();
    organisation
}

/// The endpoints that a call leads to.
fn called(call: &Call) -> &[Place] {
    match &call.leads {
        Leads::Endpoint { endpoints, .. } => endpoints,
        _ => &[],
    }
}

/// The endpoints of deployed code over HTTP, by repository and service.
fn targets<'c>(catalogs: &'c [(String, &'c Catalog)]) -> BTreeMap<(&'c str, &'c str), Vec<Target<'c>>> {
    let mut found: BTreeMap<(&str, &str), Vec<Target<'_>>> = BTreeMap::new();
    for (repository, catalog) in catalogs {
        let names: BTreeMap<&str, &str> = catalog.services.iter().map(|s| (s.id.as_str(), s.name.as_str())).collect();
        for endpoint in catalog.endpoints.iter().filter(|e| e.audience == Audience::Production && e.protocol.as_str() == "http") {
            let service = names.get(endpoint.service.as_str()).copied().unwrap_or(endpoint.service.as_str());
            let template = Template::of_endpoint(&endpoint.path);
            let target = Target { repository, endpoint, service, template };
            found.entry((repository.as_str(), endpoint.service.as_str())).or_default().push(target);
        }
    }
    found
}

/// The service that a file belongs to: the one with the longest folder around it.
fn caller<'c>(catalog: &'c Catalog, file: &str) -> Option<&'c Service> {
    let is_around = |root: &str| root.is_empty() || root == "." || file.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    catalog.services.iter().filter(|service| is_around(&service.root)).max_by_key(|service| service.root.len())
}

fn leads(
    from: &str,
    call: &apicensus_catalog::OutboundCall,
    directory: &Directory<'_>,
    targets: &BTreeMap<(&str, &str), Vec<Target<'_>>>,
    catalogs: &[(String, &Catalog)],
) -> Leads {
    let (led, path) = directory.lead(from, &call.url);
    let template = Template::of_call(&path);
    match led {
        Led::To(services, by) if services.len() == 1 => {
            let (repository, service) = services[0];
            let all = targets.get(&(repository, service)).map(Vec::as_slice).unwrap_or_default();
            let fitting: Vec<&Target<'_>> = paths::best(all.iter(), &template, |t| &t.template);
            let answering: Vec<Place> = fitting.iter().filter(|t| t.answers(&call.method)).map(|t| t.place()).collect();
            if !answering.is_empty() {
                return Leads::Endpoint { endpoints: answering, by };
            }
            let other_methods: BTreeSet<String> = fitting.iter().map(|t| t.endpoint.method.clone()).collect();
            absent(catalogs, (repository, service), by, other_methods, template.is_vague())
        }
        Led::To(services, _) => several(&services, catalogs),
        Led::Elsewhere(host) => Leads::Elsewhere { host },
        Led::Nowhere => by_path(from, &call.method, &template, targets),
    }
}

/// A service without such an endpoint, or one of which that can't be said.
fn absent(
    catalogs: &[(String, &Catalog)],
    (repository, service): (&str, &str),
    by: &'static str,
    other_methods: BTreeSet<String>,
    is_vague: bool,
) -> Leads {
    let Some((_, catalog)) = catalogs.iter().find(|(name, _)| name == repository) else { return Leads::Unknown };
    let name = catalog.services.iter().find(|s| s.id == service).map_or(service, |s| s.name.as_str()).to_owned();
    let repository = repository.to_owned();
    let holes = catalog.endpoints.iter().filter(|e| e.service == service && e.path_state != PathState::Exact).count();
    let why = match (is_vague, catalog.troubles.len(), holes) {
        (true, ..) => Some("too little of the path is known".to_owned()),
        (_, 1.., _) => Some(format!("{} of its repository", plural(catalog.troubles.len(), "trouble", "troubles"))),
        (.., 1..) => Some(format!("{} with an unknown part", plural(holes, "path", "paths"))),
        _ => None,
    };
    match why {
        Some(why) => Leads::Unverified { repository, service: name, by, why },
        None => Leads::Missing { repository, service: name, by, other_methods: other_methods.into_iter().collect() },
    }
}

fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Without a host: the only service of another repository that serves the path.
fn by_path(from: &str, method: &str, template: &Template, targets: &BTreeMap<(&str, &str), Vec<Target<'_>>>) -> Leads {
    if !template.is_telling() {
        return Leads::Unknown;
    }
    let mut found: Vec<Vec<&Target<'_>>> = Vec::new();
    for ((repository, _), all) in targets {
        let may = |t: &&Target<'_>| t.template.is_telling() && t.answers(method);
        let fitting = paths::best(all.iter().filter(may), template, |t| &t.template);
        if *repository != from && !fitting.is_empty() {
            found.push(fitting);
        }
    }
    match found.as_slice() {
        [] => Leads::Unknown,
        [only] => Leads::Endpoint { endpoints: only.iter().map(|t| t.place()).collect(), by: "path" },
        several => {
            let name = |fitting: &Vec<&Target<'_>>| fitting.first().map(|t| format!("{}:{}", t.repository, t.service)).unwrap_or_default();
            Leads::Ambiguous { candidates: several.iter().map(name).collect() }
        }
    }
}

fn several(services: &[(&str, &str)], catalogs: &[(String, &Catalog)]) -> Leads {
    let name = |(repository, service): &(&str, &str)| {
        let catalog = catalogs.iter().find(|(name, _)| name == repository).map(|(_, catalog)| catalog);
        let named = catalog.and_then(|c| c.services.iter().find(|s| s.id == *service)).map_or(*service, |s| s.name.as_str());
        format!("{repository}:{named}")
    };
    Leads::Ambiguous { candidates: services.iter().map(name).collect() }
}

fn services(catalogs: &[(String, &Catalog)], calls: &[Call]) -> Vec<ServiceSum> {
    let mut edges: BTreeMap<(String, String), [BTreeSet<String>; 2]> = BTreeMap::new();
    for call in calls {
        for place in called(call).iter().filter(|place| place.repository != call.repository) {
            let (from, to) = ((call.repository.clone(), call.service.clone()), (place.repository.clone(), place.service.clone()));
            edges.entry(to.clone()).or_default()[0].insert(format!("{}:{}", from.0, from.1));
            edges.entry(from).or_default()[1].insert(format!("{}:{}", to.0, to.1));
        }
    }
    let mut all = Vec::new();
    for (repository, catalog) in catalogs {
        for service in &catalog.services {
            let own = || catalog.endpoints.iter().filter(|e| e.service == service.id && e.audience == Audience::Production);
            let [called_by, calls] = edges.remove(&(repository.clone(), service.name.clone())).unwrap_or_default();
            all.push(ServiceSum {
                repository: repository.clone(),
                id: service.id.clone(),
                name: service.name.clone(),
                owners: service.owners.clone(),
                endpoints: own().count(),
                unguarded: own().filter(|e| e.auth.state == apicensus_catalog::AuthState::None).count(),
                findings: open(catalog).filter(|f| f.service.as_deref() == Some(service.id.as_str())).count(),
                called_by: called_by.into_iter().collect(),
                calls: calls.into_iter().collect(),
            });
        }
    }
    all
}

fn open(catalog: &Catalog) -> impl Iterator<Item = &apicensus_catalog::Finding> {
    catalog.findings.iter().filter(|finding| finding.status == apicensus_catalog::FindingStatus::Open)
}

fn sum(name: &str, catalog: &Catalog) -> RepositorySum {
    RepositorySum {
        name: name.to_owned(),
        commit: catalog.repositories.first().and_then(|r| r.revision.as_ref()).map(|r| r.commit.clone()),
        services: catalog.services.len(),
        endpoints: catalog.endpoints.iter().filter(|e| e.audience == Audience::Production).count(),
        findings: open(catalog).count(),
        stale: catalog.endpoints.iter().filter(|e| e.stale).count(),
        troubles: catalog.troubles.len(),
    }
}

/// The calls that would fail if the endpoints that `goes` says went: those of other repositories first.
pub fn broken_by<'o>(organisation: &'o Organisation, goes: &dyn Fn(&Place) -> bool) -> Vec<&'o Call> {
    // A call that may mean other endpoints too may go on.
    let breaks = |call: &&Call| !called(call).is_empty() && called(call).iter().all(goes);
    organisation.calls.iter().filter(breaks).collect()
}
