//! Which endpoints a test run has exercised, by its reports.
//!
//! [`reports`] reads what tools write into requests; [`record`] finds the endpoint of each: same method, a template that the path is
//! an instance of, the one with the most literal text first. A request that endpoints of several services could take is of none.

pub mod reports;

use crate::instance::{blank, catch_all_matches, template_matches};
use apicensus_catalog::{Catalog, Endpoint, EndpointTests, Protocol, TestOutcome, TestReport, Tested};
use reports::{Report, Request};
use std::collections::{BTreeMap, BTreeSet};

/// Answers that stand before a handler.
const REFUSALS: &[u16] = &[401, 403, 404, 405, 429];

/// Adds a report. `bases` are the paths that the tested servers put before those of the catalog, `/` aside; `services` the ids of
/// the services that were tested, empty for all.
pub fn record(catalog: &Catalog, report: &Report, bases: &[String], services: &BTreeSet<String>, into: &mut Tested) {
    let endpoints: Vec<&Endpoint> =
        catalog.endpoints.iter().filter(|e| services.is_empty() || services.contains(&e.service)).filter(|e| is_http(e)).collect();
    let mut found: BTreeMap<(&str, &str), Vec<&Endpoint>> = BTreeMap::new();
    let mut told = TestReport { tool: report.tool.clone(), requests: report.requests.len() as u64, unmatched: 0 };
    for request in &report.requests {
        let key = (request.method.as_str(), request.path.as_str());
        let all = found.entry(key).or_insert_with(|| of(request, &endpoints, bases));
        if all.is_empty() {
            told.unmatched += 1;
        }
        for endpoint in all.iter() {
            add(into, endpoint, request, &report.tool);
        }
    }
    into.reports.push(told);
}

fn is_http(endpoint: &Endpoint) -> bool {
    endpoint.protocol == Protocol::Http
}

fn add(into: &mut Tested, endpoint: &Endpoint, request: &Request, tool: &str) {
    let tests = into.endpoints.entry(endpoint.id.clone()).or_insert_with(|| EndpointTests {
        outcome: TestOutcome::Refused,
        tools: BTreeSet::new(),
        requests: 0,
        statuses: BTreeMap::new(),
    });
    let outcome = match request.status {
        None => TestOutcome::Sent,
        Some(status) if status == 0 || REFUSALS.contains(&status) => TestOutcome::Refused,
        Some(_) => TestOutcome::Exercised,
    };
    tests.outcome = tests.outcome.max(outcome);
    tests.tools.insert(tool.to_owned());
    tests.requests += 1;
    *tests.statuses.entry(request.status.map_or_else(|| "unknown".to_owned(), |s| s.to_string())).or_default() += 1;
}

/// The endpoint of a request; several only where one operation is written down more than once.
fn of<'a>(request: &Request, endpoints: &[&'a Endpoint], bases: &[String]) -> Vec<&'a Endpoint> {
    let whole = request.path.as_str();
    let below = bases.iter().filter_map(|base| whole.strip_prefix(base.trim_end_matches('/'))).filter(|rest| rest.starts_with('/'));
    for path in below.chain([whole]) {
        let method = |e: &&&Endpoint| e.method == request.method || e.method == "ANY" || e.method == "*";
        let fits: Vec<&'a Endpoint> = endpoints.iter().filter(method).filter(|e| takes(e, path)).copied().collect();
        let Some(best) = fits.iter().map(|e| literal(e)).max() else { continue };
        let fits: Vec<&'a Endpoint> = fits.into_iter().filter(|e| literal(e) == best).collect();
        let services: BTreeSet<&str> = fits.iter().map(|e| e.service.as_str()).collect();
        return if services.len() == 1 { fits } else { Vec::new() };
    }
    Vec::new()
}

fn takes(endpoint: &Endpoint, path: &str) -> bool {
    let is_open = endpoint.path.contains('*') || endpoint.parameters.iter().any(|p| p.catch_all);
    template_matches(&endpoint.path, path) || is_open && catch_all_matches(&endpoint.path, path)
}

/// How much of a template is literal, and that a method of its own comes before any.
fn literal(endpoint: &Endpoint) -> (usize, bool) {
    (blank(&endpoint.path).replace("{}", "").len(), endpoint.method != "ANY" && endpoint.method != "*")
}
