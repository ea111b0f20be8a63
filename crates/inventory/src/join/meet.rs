//! One contract and one service: which operations are which endpoints, and under which base path.

use super::keys::{is_telling, joined, key, suffixes};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, Endpoint, Grade, Protocol};
use std::collections::{BTreeMap, HashMap};

/// Operations that have to agree on a base path before it is believed, unless it is all of them.
const MIN_VOTES: usize = 3;

/// The endpoints of one service, ready for look-ups.
pub struct Side<'c> {
    /// Index into the catalog, and the endpoint.
    pub endpoints: Vec<(usize, &'c Endpoint)>,
    by_key: HashMap<String, Vec<usize>>,
    /// Places in `endpoints` by the number of segments, with their keys.
    by_length: HashMap<usize, Vec<(usize, String)>>,
    /// Places in `endpoints` by index into the catalog.
    places: HashMap<usize, usize>,
}

/// How a contract meets a service.
#[derive(Clone, Debug, Default)]
pub struct Meeting {
    /// Operation to endpoint, both by index; the endpoint's into the catalog.
    pub pairs: Vec<(usize, usize, Grade)>,
    /// Further endpoints with the method and path of one in a pair: one operation may be registered twice, with a slash and without.
    pub twins: Vec<(usize, usize, Grade)>,
    /// What stands before the contract's paths in the service's.
    pub base: String,
    /// What stands before the service's paths in the contract's.
    pub extra: String,
}

impl<'c> Side<'c> {
    /// The endpoints of a service by their keys.
    pub fn new(endpoints: Vec<(usize, &'c Endpoint)>) -> Self {
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_length: HashMap<usize, Vec<(usize, String)>> = HashMap::new();
        for (at, (_, endpoint)) in endpoints.iter().enumerate() {
            let key = key(called(&endpoint.path));
            by_length.entry(key.matches('/').count()).or_default().push((at, key.clone()));
            by_key.entry(key).or_default().push(at);
        }
        let places = endpoints.iter().enumerate().map(|(at, (index, _))| (*index, at)).collect();
        Side { endpoints, by_key, by_length, places }
    }

    fn at(&self, key: &str) -> impl Iterator<Item = (usize, &'c Endpoint)> {
        self.by_key.get(key).into_iter().flatten().map(|at| self.endpoints[*at])
    }

    /// The endpoints at a path that take a method: those for this method before those for any. Of several that are called by
    /// one name the one at the same address counts, then one at an address that the service's name is in.
    fn serving(&self, operation: &ContractOperation, path: &str) -> Option<(usize, &'c Endpoint)> {
        let all: Vec<_> = self.at(&key(called(path))).filter(|(_, e)| takes(e, &operation.method)).collect();
        let service = operation.operation_id.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_named = is_named(path);
        let rank = |endpoint: &Endpoint| {
            let mount = endpoint.path.split('#').next().unwrap_or_default();
            let is_there = is_named && key(mount) == key(path.split('#').next().unwrap_or_default());
            let is_of_service = is_named && !service.is_empty() && mount.to_ascii_lowercase().contains(&service);
            (!is_there, !is_of_service, endpoint.method != operation.method)
        };
        all.into_iter().min_by_key(|(_, endpoint)| rank(endpoint))
    }

    /// Every pair of an operation and an endpoint of a contract.
    pub fn meet(&self, contract: &Contract) -> Meeting {
        let declared: Vec<Vec<String>> = contract.operations.iter().map(|o| declared_paths(contract, o)).collect();
        let is_met = |paths: &Vec<String>, o: &ContractOperation| paths.iter().any(|p| self.serving(o, p).is_some());
        let met = contract.operations.iter().zip(&declared).filter(|(o, paths)| is_met(paths, o)).count();
        let (base, votes) = self.base(contract);
        let (extra, extra_votes) = self.extra(contract, &declared);
        let total = contract.operations.len();
        // A few operations prove no base path with parameters: anything ends with `/search` somewhere.
        let is_plain = total >= MIN_VOTES || !base.contains('{');
        let is_believed = |votes: usize| votes > 2 * met && (votes >= MIN_VOTES || (votes == total && votes > 0));
        let mut meeting = Meeting::default();
        // No base at all means that the contract declares one which the code does not have.
        if !base.is_empty() && is_plain && is_believed(votes) && votes >= extra_votes {
            meeting.base = base;
        } else if is_believed(extra_votes) {
            meeting.extra = extra;
        }
        for (at, (operation, paths)) in contract.operations.iter().zip(&declared).enumerate() {
            if let Some((endpoint, grade)) = self.pair(operation, paths, &meeting) {
                meeting.pairs.push((at, endpoint, grade));
                meeting.twins.extend(self.twins(endpoint).into_iter().map(|twin| (at, twin, grade)));
            }
        }
        meeting
    }

    /// The other endpoints with the method and path of one; both by index into the catalog.
    fn twins(&self, endpoint: usize) -> Vec<usize> {
        let own = self.places.get(&endpoint).map(|place| self.endpoints[*place].1);
        let key = own.map(|e| key(&e.path)).filter(|key| is_telling(key)).unwrap_or_default();
        let is_twin = |e: &Endpoint| own.is_some_and(|own| own.method == e.method && own.protocol == e.protocol);
        self.at(&key).filter(|(at, e)| *at != endpoint && is_twin(e)).map(|(at, _)| at).collect()
    }

    fn pair(&self, operation: &ContractOperation, declared: &[String], meeting: &Meeting) -> Option<(usize, Grade)> {
        for path in declared {
            if let Some((at, endpoint)) = self.serving(operation, path) {
                return Some((at, grade(path, &endpoint.path)));
            }
        }
        let shifted = if !meeting.base.is_empty() {
            Some(joined(&meeting.base, &operation.path))
        } else if !meeting.extra.is_empty() {
            declared.iter().find_map(|path| below(&key(path), &meeting.extra).map(str::to_owned))
        } else {
            None
        };
        if let Some((at, _)) = shifted.and_then(|path| self.serving(operation, &path)) {
            return Some((at, Grade::BasePath));
        }
        declared.iter().find_map(|path| self.catch_all(operation, &key(path))).map(|at| (at, Grade::CatchAll))
    }

    /// An endpoint that takes the rest of the path, below plain text.
    fn catch_all(&self, operation: &ContractOperation, key: &str) -> Option<usize> {
        let fits = |endpoint: &Endpoint| {
            let Some(head) = catch_all_head(endpoint) else { return false };
            takes(endpoint, &operation.method) && is_telling(&head) && key.strip_prefix(&head).is_some_and(|r| r.starts_with('/'))
        };
        self.endpoints.iter().filter(|(_, e)| fits(e)).max_by_key(|(_, e)| e.path.len()).map(|(at, _)| *at)
    }

    /// The text that most often stands before the contract's paths in the service's, and how often.
    fn base(&self, contract: &Contract) -> (String, usize) {
        let mut by_key: HashMap<String, Vec<&ContractOperation>> = HashMap::new();
        for operation in &contract.operations {
            by_key.entry(key(&operation.path)).or_default().push(operation);
        }
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for (_, endpoint) in &self.endpoints {
            let endpoint_key = key(&endpoint.path);
            for (base, rest) in suffixes(&endpoint_key).filter(|(_, rest)| is_telling(rest)) {
                let fitting = by_key.get(rest).into_iter().flatten().filter(|o| takes(endpoint, &o.method)).count();
                if fitting > 0 {
                    *votes.entry(base.to_owned()).or_default() += fitting;
                }
            }
        }
        most(votes)
    }

    /// The text that most often stands before the service's paths in the contract's, and how often.
    fn extra(&self, contract: &Contract, declared: &[Vec<String>]) -> (String, usize) {
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for (operation, path) in contract.operations.iter().zip(declared).filter_map(|(o, paths)| Some((o, paths.first()?))) {
            let full = key(path);
            for (extra, rest) in suffixes(&full).filter(|(extra, rest)| !extra.is_empty() && is_telling(rest)) {
                if self.serving(operation, rest).is_some() {
                    *votes.entry(extra.to_owned()).or_default() += 1;
                }
            }
        }
        most(votes)
    }

    /// The endpoint that nearly is an operation, of those that `is_free` gives: the same path with another method, or a path
    /// one slip away.
    pub fn near(
        &self,
        operation: &ContractOperation,
        meeting: &Meeting,
        declared: &[String],
        is_free: &dyn Fn(usize) -> bool,
    ) -> Option<(usize, Grade)> {
        let mut paths: Vec<String> = declared.iter().map(|p| key(called(p))).collect();
        paths.push(key(called(&joined(&meeting.base, &operation.path))));
        for path in &paths {
            if let Some((at, _)) = self.at(path).find(|(at, _)| is_free(*at)) {
                return Some((at, Grade::Method));
            }
        }
        let mut found: Option<usize> = None;
        for path in &paths {
            let alike = self.by_length.get(&path.matches('/').count()).into_iter().flatten();
            let is_near = |(place, key): &&(usize, String)| {
                let (at, endpoint) = self.endpoints[*place];
                is_free(at) && takes(endpoint, &operation.method) && is_slip(path, key)
            };
            found = found.into_iter().chain(alike.filter(is_near).map(|(place, _)| *place).next()).min();
        }
        found.map(|place| (self.endpoints[place].0, Grade::Near))
    }
}

/// What is left of a key below a leading part of it.
fn below<'k>(key: &'k str, head: &str) -> Option<&'k str> {
    match key.strip_prefix(head)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

fn most(votes: BTreeMap<String, usize>) -> (String, usize) {
    let best = votes.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.len().cmp(&a.0.len())).then(b.0.cmp(a.0)));
    best.map(|(base, n)| (base.clone(), *n)).unwrap_or_default()
}

/// The path before a catch-all parameter at its end; none where there is no such.
pub fn catch_all_head(endpoint: &Endpoint) -> Option<String> {
    let last = endpoint.parameters.iter().rfind(|p| p.catch_all)?;
    let tail = if last.name.is_empty() { "*".to_owned() } else { format!("{{{}}}", last.name) };
    let head = endpoint.path.strip_suffix(&tail)?;
    Some(key(head).trim_end_matches('/').to_owned())
}

/// The full paths of an operation, as the contract says.
pub fn declared_paths(contract: &Contract, operation: &ContractOperation) -> Vec<String> {
    let bases = if operation.base_paths.is_empty() { &contract.base_paths } else { &operation.base_paths };
    if bases.is_empty() {
        return vec![operation.path.clone()];
    }
    bases.iter().map(|base| joined(base, &operation.path)).collect()
}

/// Whether an endpoint answers a method. What answers GET answers HEAD (RFC 9110, section 9.3.2).
fn takes(endpoint: &Endpoint, method: &str) -> bool {
    match endpoint.protocol {
        // An event that the application receives is none that it sends.
        Protocol::WebSocket if is_named(&endpoint.path) => return method == endpoint.method,
        Protocol::WebSocket | Protocol::Grpc => return matches!(method, "SEND" | "RECEIVE" | "RPC" | "GET"),
        Protocol::Soap => return method == "SOAP",
        Protocol::JsonRpc => return method == "RPC",
        _ => {}
    }
    let is_same = endpoint.method == method || endpoint.method == "ANY" || method == "ANY";
    is_same || (method == "HEAD" && endpoint.method == "GET")
}

/// Whether contracts of a kind can have endpoints of a protocol.
pub fn speaks(kind: ContractKind, protocol: Protocol) -> bool {
    let is_http = protocol == Protocol::Http;
    match kind {
        ContractKind::Openapi | ContractKind::Swagger | ContractKind::Raml | ContractKind::Typespec => is_http,
        ContractKind::Postman | ContractKind::Har | ContractKind::HttpFile => is_http || protocol == Protocol::WebSocket,
        ContractKind::Insomnia | ContractKind::Bruno => is_http || matches!(protocol, Protocol::WebSocket | Protocol::Grpc),
        ContractKind::Protobuf => is_http || protocol == Protocol::Grpc,
        ContractKind::Graphql => protocol == Protocol::Graphql,
        ContractKind::Asyncapi => protocol == Protocol::WebSocket,
        ContractKind::Wsdl => is_http || protocol == Protocol::Soap,
        ContractKind::Openrpc => protocol == Protocol::JsonRpc,
    }
}

/// What an operation is called by: its path, or its name from the `#` on where it has one. Where that is mounted is the
/// code's business, and the address in a contract often that of a proxy.
fn called(path: &str) -> &str {
    path.find('#').map_or(path, |at| &path[at..])
}

fn is_named(path: &str) -> bool {
    path.contains('#')
}

fn grade(promised: &str, served: &str) -> Grade {
    let slash = |path: &str| path.len() > 1 && path.ends_with('/');
    match () {
        () if promised.starts_with('#') && promised == called(served) => Grade::Exact,
        () if is_named(promised) && promised != served => Grade::BasePath,
        () if promised == served => Grade::Exact,
        () if slash(promised) != slash(served) => Grade::TrailingSlash,
        () => Grade::ParameterNames,
    }
}

/// Whether two keys are one slip apart: case, `-` for `_`, a plural, or one segment that is a parameter on one side.
fn is_slip(a: &str, b: &str) -> bool {
    let plain = |k: &str| k.to_ascii_lowercase().replace('_', "-");
    if plain(a) == plain(b) {
        return true;
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
    if left.len() != right.len() || left.len() < 3 {
        return false;
    }
    let mut differing = left.iter().zip(&right).filter(|(l, r)| l != r);
    let (Some((l, r)), None) = (differing.next(), differing.next()) else { return false };
    let is_plural = l.strip_suffix('s') == Some(r) || r.strip_suffix('s') == Some(l);
    is_plural || *l == "{}" || *r == "{}"
}
