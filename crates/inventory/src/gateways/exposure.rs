//! Which endpoints the routes of gateways reach, and which they leave inside.
//!
//! A route reaches an endpoint where no earlier route of the same host takes the same path. An endpoint is *unexposed* only where its
//! path is known, its service stands behind routes that were matched by more than a guess, and nothing of any gateway is left
//! unread or unmatched that could lead to it.

use super::paths::{External, Route};
use crate::join::keys::may_be;
use apicensus_catalog::{
    Audience, Catalog, Endpoint, ExposedThrough, Exposure, ExposureState, Gateway, GatewayRoute, PathState, RouteAction, TroubleKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most ways that are listed for one endpoint.
const MAX_WAYS: usize = 12;

/// Answers for all deployed endpoints, and counts what routes reach.
pub fn join(catalog: &mut Catalog) {
    let gateways = std::mem::take(&mut catalog.gateways);
    let ready: Vec<Ready<'_>> = gateways.iter().map(Ready::new).collect();
    let views = views(catalog, &ready);
    let mut reached: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut exposures = Vec::with_capacity(catalog.endpoints.len());
    for endpoint in &catalog.endpoints {
        let ways = ways(endpoint, &ready);
        ways.sure.iter().for_each(|(at, ..)| *reached.entry(*at).or_default() += 1);
        ways.perhaps.iter().for_each(|at| *reached.entry(*at).or_default() += 1);
        let is_asked = endpoint.audience == Audience::Production && !endpoint.detached;
        exposures.push(is_asked.then(|| answer(endpoint, ways, &ready, &views)));
    }
    for (endpoint, exposure) in catalog.endpoints.iter_mut().zip(exposures) {
        endpoint.exposure = exposure;
    }
    let dangling: BTreeSet<(usize, usize)> = ready.iter().enumerate().flat_map(|(g, r)| dangling(g, r, catalog, &reached)).collect();
    let mut gateways_out = gateways.clone();
    for (g, gateway) in gateways_out.iter_mut().enumerate() {
        for (r, route) in gateway.routes.iter_mut().enumerate() {
            route.reached = reached.get(&(g, r)).copied().unwrap_or_default();
            route.dangling = dangling.contains(&(g, r));
        }
        gateway.reached = gateway.routes.iter().map(|r| r.reached).sum();
    }
    catalog.gateways = gateways_out;
}

/// A gateway whose routes can be asked.
struct Ready<'c> {
    gateway: &'c Gateway,
    routes: Vec<Route<'c>>,
}

impl<'c> Ready<'c> {
    fn new(gateway: &'c Gateway) -> Self {
        Ready { gateway, routes: gateway.routes.iter().map(Route::new).collect() }
    }

    /// Whether an earlier route takes what a route would get under a path.
    fn is_taken(&self, at: usize, path: &str, method: &str) -> bool {
        let own = self.routes[at].route;
        self.routes[..at].iter().any(|earlier| {
            let route = earlier.route;
            let is_firm = route.only_if.is_empty() && !(route.tls_redirect && route.action == RouteAction::Redirect);
            let same_host = route.hosts.is_empty() || own.hosts.iter().all(|h| route.hosts.contains(h)) && !own.hosts.is_empty();
            is_firm && same_host && earlier.takes_method(method) && earlier.takes(path) == Some(true)
        })
    }
}

fn leads_to(route: &GatewayRoute, service: &str) -> bool {
    let goes_on = matches!(route.action, RouteAction::Proxy | RouteAction::Function);
    goes_on && route.targets.iter().any(|t| t.service.as_deref() == Some(service))
}

/// The routes that reach an endpoint, by gateway and route.
#[derive(Default)]
struct Ways {
    sure: Vec<((usize, usize), String)>,
    perhaps: Vec<(usize, usize)>,
}

fn ways(endpoint: &Endpoint, ready: &[Ready<'_>]) -> Ways {
    let mut ways = Ways::default();
    for (g, gateway) in ready.iter().enumerate() {
        for (r, route) in gateway.routes.iter().enumerate().filter(|(_, r)| leads_to(r.route, &endpoint.service)) {
            if !route.takes_method(&endpoint.method) {
                continue;
            }
            let path = endpoint.path.split('#').next().unwrap_or_default();
            match route.external(path) {
                External::At(path) if !gateway.is_taken(r, &path, &endpoint.method) => ways.sure.push(((g, r), path)),
                External::Perhaps => ways.perhaps.push((g, r)),
                External::At(_) | External::No => {
                    // Parts that are not known may be what the route takes.
                    if !endpoint.holes.is_empty() {
                        ways.perhaps.push((g, r));
                    }
                }
            }
        }
    }
    ways
}

fn answer(endpoint: &Endpoint, ways: Ways, ready: &[Ready<'_>], views: &Views<'_>) -> Exposure {
    let mut through: Vec<ExposedThrough> = Vec::new();
    for ((g, r), path) in ways.sure {
        let gateway = ready[g].gateway;
        if gateway.audience != Audience::Production || through.len() >= MAX_WAYS {
            continue;
        }
        let route = ready[g].routes[r].route;
        let way = ExposedThrough {
            gateway: gateway.id.clone(),
            at: route.at.clone(),
            hosts: route.hosts.clone(),
            path: Some(path),
            auth: route.auth.clone(),
            rate_limits: route.rate_limits.clone(),
            only_if: route.only_if.clone(),
        };
        let is_same =
            |t: &ExposedThrough| (&t.gateway, &t.hosts, &t.path, &t.only_if) == (&way.gateway, &way.hosts, &way.path, &way.only_if);
        if !through.iter().any(is_same) {
            through.push(way);
        }
    }
    if !through.is_empty() {
        return Exposure { state: ExposureState::Exposed, reason: None, through };
    }
    let unknown = |reason: String| Exposure { reason: Some(reason), ..Exposure::default() };
    if let Some((g, r)) = ways.perhaps.iter().find(|(g, _)| ready[*g].gateway.audience == Audience::Production) {
        let at = &ready[*g].routes[*r].route.at;
        return unknown(format!("the route at {}:{} may reach it under a path that can't be told", at.file, at.line));
    }
    let Some(gateways) = views.in_front.get(endpoint.service.as_str()) else {
        return unknown("no gateway of its service is known".to_owned());
    };
    if endpoint.path_state != PathState::Exact || !endpoint.holes.is_empty() {
        return unknown("its path is not fully known".to_owned());
    }
    if let Some(reason) = &views.gap {
        return unknown(reason.clone());
    }
    if views.guessed.contains(endpoint.service.as_str()) {
        return unknown("which service the routes lead to is a guess".to_owned());
    }
    let names: Vec<&str> = gateways.iter().take(3).copied().collect();
    Exposure { state: ExposureState::Unexposed, reason: Some(format!("no route of {} reaches it", names.join(", "))), through }
}

/// What is known of all gateways together.
struct Views<'c> {
    /// The gateways in front of each service.
    in_front: BTreeMap<&'c str, BTreeSet<&'c str>>,
    /// Services that were matched by less than a name.
    guessed: BTreeSet<&'c str>,
    /// Why not all of them are known.
    gap: Option<String>,
}

fn views<'c>(catalog: &Catalog, ready: &[Ready<'c>]) -> Views<'c> {
    let mut views = Views { in_front: BTreeMap::new(), guessed: BTreeSet::new(), gap: None };
    let trouble = catalog.troubles.iter().find(|t| t.kind == TroubleKind::Gateway);
    views.gap = trouble.map(|t| format!("not all gateways could be read ({})", t.file));
    for ready in ready.iter().filter(|r| r.gateway.audience == Audience::Production) {
        for route in &ready.gateway.routes {
            if !matches!(route.action, RouteAction::Proxy | RouteAction::Function) {
                continue;
            }
            // A target that only a variable names may be any service.
            let is_hidden = |name: &str| name.is_empty() || name.contains('$') || name.contains('{');
            if views.gap.is_none() && (route.targets.is_empty() || route.targets.iter().any(|t| t.service.is_none() && is_hidden(&t.name)))
            {
                views.gap = Some(format!("where the route at {}:{} leads is not known", route.at.file, route.at.line));
            }
            for target in &route.targets {
                let Some(service) = target.service.as_deref() else { continue };
                views.in_front.entry(service).or_default().insert(&ready.gateway.id);
                if matches!(target.matched_by.as_deref(), Some("paths" | "only service")) {
                    views.guessed.insert(service);
                }
            }
        }
    }
    views
}

/// Whether a path is one at which services serve files and sockets without an endpoint in their code.
fn is_of_files(path: &str) -> bool {
    const WORDS: &[&str] = &[
        "static",
        "staticfiles",
        "assets",
        "media",
        "uploads",
        "public",
        "dist",
        "images",
        "img",
        "js",
        "css",
        "fonts",
        "favicon.ico",
        "robots.txt",
        "sitemap.xml",
        "socket.io",
        "ws",
        "websocket",
        ".well-known",
    ];
    path.split(['/', '^', '(', ')', '|', '*', '$']).any(|part| WORDS.contains(&part))
}

/// Routes of a gateway to a service whose code has no endpoint for them.
fn dangling(g: usize, ready: &Ready<'_>, catalog: &Catalog, reached: &BTreeMap<(usize, usize), u64>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if ready.gateway.audience != Audience::Production {
        return found;
    }
    for (r, ready_route) in ready.routes.iter().enumerate() {
        let route = ready_route.route;
        let is_reached = reached.get(&(g, r)).copied().unwrap_or_default() > 0;
        let is_asked = route.action == RouteAction::Proxy && !ready_route.takes_all() && !is_of_files(&route.path);
        if is_reached || !is_asked || route.targets.is_empty() {
            continue;
        }
        let services: Option<Vec<&str>> = route.targets.iter().map(|t| t.service.as_deref()).collect();
        let is_sure = route.targets.iter().all(|t| matches!(t.matched_by.as_deref(), Some("build folder" | "image" | "name")));
        let Some(services) = services.filter(|_| is_sure && ready_route.takes("/").is_some()) else { continue };
        let may_serve = |e: &Endpoint| {
            let is_open = !e.holes.is_empty() || e.detached || e.path_state != PathState::Exact;
            let takes_rest = e.parameters.iter().any(|p| p.catch_all);
            // Another method of the same path: the route is not without a goal, it is too narrow.
            let same_path = !matches!(ready_route.external(&e.path), External::No);
            same_path || takes_rest || (is_open && may_be(&e.path, true, &route.path)) || e.path_state == PathState::Pattern
        };
        let own = |e: &&Endpoint| services.contains(&e.service.as_str());
        let has_code = catalog.endpoints.iter().filter(own).count() > 0;
        if has_code && !catalog.endpoints.iter().filter(own).any(may_serve) {
            found.push((g, r));
        }
    }
    found
}
