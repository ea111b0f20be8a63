//! Gateways and exposure for people: the routes as a table, totals, and the ways to one endpoint.

use crate::grid::Grid;
use crate::style::{Meaning, count, number, one_line};
use apicensus_catalog::{
    Audience, AuthState, Catalog, Endpoint, ExposureState, Gateway, GatewayAuth, GatewayRoute, PathMatch, RewriteKind, RouteAction,
};
use std::collections::BTreeMap;

fn deployed(catalog: &Catalog) -> impl Iterator<Item = &Gateway> {
    catalog.gateways.iter().filter(|g| g.audience == Audience::Production)
}

/// One line a route, by gateway and in the order in which they are tried.
pub fn grid(catalog: &Catalog) -> Grid {
    let plain = |text: &str| (one_line(text), Meaning::Plain);
    let row = |gateway: &Gateway, route: &GatewayRoute| {
        let auth = route.auth.as_ref().map(auth_text).unwrap_or_default();
        let auth_meaning = if route.auth.as_ref().is_some_and(|a| a.state == AuthState::Unknown) { Meaning::Doubt } else { Meaning::Plain };
        let methods = if route.methods.is_empty() { "ANY".to_owned() } else { route.methods.join(",") };
        let reached = match route.action {
            RouteAction::Proxy | RouteAction::Function => number(route.reached),
            _ => String::new(),
        };
        vec![
            plain(gateway.kind.as_str()),
            plain(&methods),
            plain(&format!("{}{}", route.hosts.join(","), shown(route))),
            plain(&goal(route)),
            (one_line(&auth), auth_meaning),
            plain(&more(route)),
            (reached, if route.dangling { Meaning::Alarm } else { Meaning::Plain }),
            (one_line(&format!("{}:{}", route.at.file, route.at.line)), Meaning::Dim),
        ]
    };
    let rows = deployed(catalog).flat_map(|g| g.routes.iter().map(move |r| row(g, r)));
    let head = ["Gateway", "Method", "Path", "Goes to", "Auth", "With", "Endpoints", "Place"].map(str::to_owned).to_vec();
    Grid { head, rows: rows.collect(), code: vec![2, 7] }
}

/// A path with a mark that says how it is compared.
fn shown(route: &GatewayRoute) -> String {
    match route.path_match {
        PathMatch::Prefix => format!("{}*", route.path),
        PathMatch::Segments => format!("{}/**", route.path.trim_end_matches('/')),
        PathMatch::Regex => format!("{} (regex)", route.path),
        PathMatch::Exact | PathMatch::Template => route.path.clone(),
    }
}

fn goal(route: &GatewayRoute) -> String {
    let target = |t: &apicensus_catalog::GatewayTarget| {
        let port = t.port.as_ref().map(|p| format!(":{p}")).unwrap_or_default();
        let service = t.service.as_ref().filter(|s| **s != t.name).map(|s| format!(" = {s}")).unwrap_or_default();
        format!("{}{port}{service}", t.name)
    };
    let mut text: Vec<String> = route.targets.iter().take(3).map(target).collect();
    if route.targets.len() > 3 {
        text.push(format!("{} more", route.targets.len() - 3));
    }
    let goal = text.join(", ");
    match route.action {
        RouteAction::Proxy | RouteAction::Function => goal,
        action if goal.is_empty() => format!("({action})"),
        action => format!("({action}) {goal}"),
    }
}

fn auth_text(auth: &GatewayAuth) -> String {
    let schemes: Vec<&str> = auth.schemes.iter().map(|s| s.as_str()).collect();
    format!("{} {}", auth.state, schemes.join(" ")).trim_end().to_owned()
}

fn more(route: &GatewayRoute) -> String {
    let mut facts = Vec::new();
    if let Some(rewrite) = &route.rewrite {
        facts.push(match rewrite.kind {
            RewriteKind::Prefix if rewrite.to.is_empty() => format!("strips {}", rewrite.from),
            RewriteKind::Prefix if rewrite.from.is_empty() => format!("adds {}", rewrite.to),
            RewriteKind::Prefix => format!("{} becomes {}", rewrite.from, rewrite.to),
            RewriteKind::Whole => format!("becomes {}", rewrite.to),
            RewriteKind::Pattern => "rewritten by a pattern".to_owned(),
        });
    }
    facts.extend((!route.rate_limits.is_empty()).then(|| format!("limit {}", route.rate_limits.join(", "))));
    facts.extend((!route.cors.is_empty()).then(|| format!("CORS {}", route.cors.join(", "))));
    facts.extend(route.tls_redirect.then(|| "HTTPS only".to_owned()));
    facts.extend((!route.only_if.is_empty()).then(|| format!("if {}", route.only_if.join(", "))));
    facts.join("; ")
}

/// How many gateways there are, by format, and how far endpoints are exposed; none where there is no gateway.
pub fn totals(catalog: &Catalog) -> Option<Vec<String>> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    let mut routes = 0;
    for gateway in deployed(catalog) {
        *kinds.entry(gateway.kind.as_str()).or_default() += 1;
        routes += gateway.routes.len() as u64;
    }
    if kinds.is_empty() {
        return None;
    }
    let named: Vec<String> = kinds.iter().map(|(kind, n)| if *n > 1 { format!("{n} {kind}") } else { (*kind).to_owned() }).collect();
    let mut facts = vec![format!("gateways: {} with {}", named.join(", "), count(routes, "route", "routes"))];
    for state in ExposureState::ALL {
        let found = catalog.endpoints.iter().filter(|e| e.exposure.as_ref().is_some_and(|x| x.state == *state)).count() as u64;
        if found > 0 {
            let word = if *state == ExposureState::Unknown { "of unknown exposure" } else { state.as_str() };
            facts.push(format!("{} {word}", number(found)));
        }
    }
    Some(facts)
}

/// The lines of an explanation, each with the label of its section.
pub fn lines(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let Some(exposure) = &endpoint.exposure else { return Vec::new() };
    let mut first = vec![exposure.state.to_string()];
    first.extend(exposure.reason.as_deref().map(one_line));
    let mut out = vec![("reach", first.join(" · "))];
    for way in &exposure.through {
        let path = way.path.as_deref().unwrap_or("(a path that can't be told)");
        let hosts = if way.hosts.is_empty() { String::new() } else { way.hosts.join(",") };
        let mut facts = vec![one_line(&format!("{hosts}{path}")), one_line(&format!("{}:{}", way.at.file, way.at.line))];
        facts.extend(way.auth.as_ref().map(|a| one_line(&format!("gateway says {}: {}", auth_text(a), a.by))));
        facts.extend((!way.rate_limits.is_empty()).then(|| one_line(&format!("limit {}", way.rate_limits.join(", ")))));
        facts.extend((!way.only_if.is_empty()).then(|| one_line(&format!("if {}", way.only_if.join(", ")))));
        out.push(("", facts.join(" · ")));
    }
    out
}
