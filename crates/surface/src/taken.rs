//! Routes that an earlier one of the same router always takes, in frameworks that try their routes in order.
//!
//! Order is known between the routes that one router registers in one file: by their lines. What two routers that are mounted one after the
//! other take of each other is left out.

use apicensus_catalog::{Endpoint, Location, Parameter, ParameterIn, PathState, Protocol, TakenBy};
use apicensus_eval::models::Order;
use std::collections::{BTreeMap, BTreeSet};

/// Routers with more routes are left out: every pair is compared.
const MAX_ROUTES: usize = 2_000;

/// Notes what takes an endpoint's requests; `ordered` are the frameworks that go by order, `passing` the places of routes whose handlers may
/// hand a request on.
pub fn mark(endpoints: &mut [Endpoint], ordered: &BTreeMap<String, Order>, passing: &BTreeSet<(&str, u32)>) {
    let mut routers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, endpoint) in endpoints.iter().enumerate() {
        let is_plain = endpoint.protocol == Protocol::Http && endpoint.path_state == PathState::Exact && endpoint.conditions.is_empty();
        if !is_plain || !ordered.contains_key(&endpoint.framework) || !endpoint.also_registered_at.is_empty() {
            continue;
        }
        let above = endpoint.trail.split_last().map_or(&[][..], |(_, rest)| rest);
        let above: String = above.iter().filter(|s| s.what != "text").map(|s| format!("{}:{}:{};", s.file, s.line, s.what)).collect();
        let key = format!("{}\n{}\n{}\n{above}", endpoint.service, endpoint.framework, endpoint.registered_at.file);
        routers.entry(key).or_default().push(at);
    }
    for mut router in routers.into_values().filter(|r| r.len() <= MAX_ROUTES) {
        router.sort_by_key(|at| endpoints[*at].registered_at.line);
        for (place, later) in router.iter().enumerate() {
            let order = ordered.get(&endpoints[*later].framework).copied().unwrap_or(Order::All);
            let keeps = |at: &usize| {
                let Location { file, line, .. } = &endpoints[*at].registered_at;
                !passing.contains(&(file.as_str(), *line))
            };
            let earlier = router[..place].iter().filter(|at| keeps(at));
            let taker = earlier.copied().find(|earlier| takes(&endpoints[*earlier], &endpoints[*later], order));
            endpoints[*later].taken_by =
                taker.map(|by| TakenBy { path: endpoints[by].path.clone(), at: endpoints[by].registered_at.clone() });
        }
    }
}

/// Whether every request of one route is taken by another that comes before it. The same template is a duplicate, not this.
fn takes(earlier: &Endpoint, later: &Endpoint, order: Order) -> bool {
    let is_by_order = match order {
        Order::All => true,
        Order::Parameters => later.path.contains('{'),
        Order::Prefix => head(&earlier.path) == head(&later.path),
    };
    if !is_by_order {
        return false;
    }
    let is_method = earlier.method == later.method || earlier.method == "ANY";
    let is_before = earlier.registered_at.line < later.registered_at.line;
    if !is_method || !is_before || earlier.path.ends_with('/') != later.path.ends_with('/') {
        return false;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (earlier.path.split('/').collect(), later.path.split('/').collect());
    let mut differs = false;
    let same_length = a.len() == b.len();
    same_length
        && a.iter().zip(&b).all(|(one, other)| match name(one) {
            Some(parameter) if is_any(earlier, parameter) => {
                differs |= name(other).is_none();
                name(other).is_none_or(|p| !is_catch_all(later, p)) && !other.is_empty()
            }
            _ => one == other,
        })
        && differs
}

/// The plain text before the first parameter, without a slash at its end.
fn head(path: &str) -> &str {
    path.split('{').next().unwrap_or_default().trim_end_matches('/')
}

/// The name of a segment that is one parameter.
fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}').filter(|n| !n.contains('{'))
}

fn of_path<'e>(endpoint: &'e Endpoint, name: &str) -> Option<&'e Parameter> {
    endpoint.parameters.iter().find(|p| p.location == ParameterIn::Path && p.name == name)
}

/// Whether a parameter takes any text of one segment: it has no pattern and its path does not convert it.
fn is_any(endpoint: &Endpoint, name: &str) -> bool {
    let is_plain = |p: &Parameter| p.pattern.is_none() && !p.catch_all;
    let written =
        [format!("{{{name}}}"), format!("<{name}>"), format!("<str:{name}>"), format!("<string:{name}>"), format!("{{{name}:str}}")];
    let is_written = written.iter().any(|w| endpoint.raw_path.contains(w.as_str()));
    let is_colon = || endpoint.raw_path.split('/').any(|segment| segment.strip_prefix(':') == Some(name));
    of_path(endpoint, name).is_some_and(is_plain) && (is_written || is_colon())
}

fn is_catch_all(endpoint: &Endpoint, name: &str) -> bool {
    of_path(endpoint, name).is_some_and(|p| p.catch_all)
}
