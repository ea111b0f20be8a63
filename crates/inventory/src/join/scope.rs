//! Where an endpoint that no contract has is undocumented, and where nothing was promised.
//!
//! A contract of the public part of a service says nothing of the rest of it. So the endpoints around the one in question
//! are counted, at each leading part of its path: where at least half of them are documented, the contract covers the place
//! and the endpoint is undocumented; else it is not known whether it should be. A larger *area* of which nothing is documented is
//! another API beside the one the contract describes, and named as such.

use super::is_deployed;
use super::keys::{key, prefixes};
use apicensus_catalog::{Catalog, Contract, ContractRole, Documented, DocumentedState, Endpoint, PathState, Protocol};
use std::collections::{HashMap, HashSet};

/// Endpoints of an area without a contract from which it is another API.
const MANY: u64 = 10;

/// Endpoints below a leading part of a path from which their share says something.
const FEW: u64 = 3;

/// The contracts in force and what they cover.
pub struct Scope<'c> {
    contracts: &'c [Contract],
    /// (service, protocol, leading part of a key): endpoints and documented endpoints below it.
    counts: HashMap<(&'c str, Protocol, String), (u64, u64)>,
}

impl<'c> Scope<'c> {
    /// Counts what is documented; `met` holds the endpoints that are, by index.
    pub fn new(catalog: &'c Catalog, contracts: &'c [Contract], met: &HashSet<usize>) -> Self {
        let mut counts: HashMap<(&str, Protocol, String), (u64, u64)> = HashMap::new();
        for (at, endpoint) in catalog.endpoints.iter().enumerate().filter(|(_, e)| is_counted(e)) {
            for prefix in prefixes(&place(endpoint)) {
                let count = counts.entry((endpoint.service.as_str(), endpoint.protocol, prefix.to_owned())).or_default();
                count.0 += 1;
                count.1 += u64::from(met.contains(&at));
            }
        }
        Scope { contracts, counts }
    }

    /// The answer for an endpoint that no contract has.
    pub fn answer(&self, endpoint: &Endpoint, near: Option<Documented>, earlier: Option<&String>) -> Documented {
        let unknown = |reason: String| Documented { reason: Some(reason), ..Documented::default() };
        let describing = |c: &&Contract| c.role == ContractRole::Describes && c.services.iter().any(|s| s.service == endpoint.service);
        let mut contracts: Vec<&Contract> = self.contracts.iter().filter(describing).collect();
        contracts.retain(|c| c.kind.is_promise() && promises(c, endpoint.protocol));
        let Some(contract) = self.nearest(endpoint, &contracts) else {
            return unknown(match endpoint.protocol {
                Protocol::Http => "its service has no contract".to_owned(),
                other => format!("its service has no contract of a kind that describes {other}"),
            });
        };
        if endpoint.path_state != PathState::Exact || !endpoint.holes.is_empty() {
            return unknown("its path is not fully known".to_owned());
        }
        if endpoint.implicit || endpoint.third_party {
            return unknown("it is not of this code's making".to_owned());
        }
        if let Some(near) = near {
            return near;
        }
        let in_contract = |reason: Option<String>| Documented {
            state: DocumentedState::No,
            contract: Some(contract.id.clone()),
            reason,
            ..Documented::default()
        };
        if let Some(edition) = earlier {
            return in_contract(Some(format!("only the earlier edition {edition} has it")));
        }
        // Contracts seldom write down what answers a preflight request, or the heads of what they have.
        let is_silent = |c: &&Contract| c.operations.iter().all(|o| o.method != endpoint.method);
        if matches!(endpoint.method.as_str(), "HEAD" | "OPTIONS") && contracts.iter().all(is_silent) {
            return unknown(format!("no contract of its service says anything of {}", endpoint.method));
        }
        if takes_anything(endpoint) {
            return unknown("it takes any path".to_owned());
        }
        let (total, met) = self.count(endpoint, "/");
        if !self.is_covered(endpoint) {
            let reason = format!("the contract covers {met} of the service's {total} endpoints and not this part");
            return Documented { contract: Some(contract.id.clone()), ..unknown(reason) };
        }
        match self.area(endpoint) {
            Some((area, size)) => Documented {
                contract: Some(contract.id.clone()),
                area: Some(area.clone()),
                ..unknown(format!("no contract has any of the {size} endpoints under {area}"))
            },
            None => in_contract(None),
        }
    }

    /// The contract with the most endpoints of the service.
    fn nearest<'k>(&self, endpoint: &Endpoint, contracts: &[&'k Contract]) -> Option<&'k Contract> {
        let matched = |c: &Contract| c.services.iter().find(|s| s.service == endpoint.service).map_or(0, |s| s.matched);
        contracts.iter().copied().max_by(|a, b| matched(a).cmp(&matched(b)).then(b.id.cmp(&a.id)))
    }

    fn count(&self, endpoint: &Endpoint, prefix: &str) -> (u64, u64) {
        self.counts.get(&(endpoint.service.as_str(), endpoint.protocol, prefix.to_owned())).copied().unwrap_or_default()
    }

    /// The larger area around an endpoint of which nothing is documented, and its size.
    fn area(&self, endpoint: &Endpoint) -> Option<(String, u64)> {
        let key = place(endpoint);
        let areas = prefixes(&key).map(|prefix| (prefix.to_owned(), self.count(endpoint, prefix)));
        let (area, (size, _)) = areas.filter(|(_, (_, met))| *met == 0).last()?;
        (size >= MANY).then_some((area, size))
    }

    fn is_covered(&self, endpoint: &Endpoint) -> bool {
        let key = place(endpoint);
        // What is called by its name belongs to what is mounted there, and to nothing beside it.
        let least = endpoint.path.find('#').unwrap_or(0);
        let around = prefixes(&key).filter(|prefix| prefix.len() >= least);
        around.map(|prefix| self.count(endpoint, prefix)).any(|(total, met)| total >= FEW && met * 2 >= total)
    }
}

/// A key for what lies around an endpoint: what is called by its name lies below where it is mounted.
fn place(endpoint: &Endpoint) -> String {
    key(&endpoint.path.replace('#', "/#"))
}

/// Whether a contract has operations that endpoints of a protocol can be.
fn promises(contract: &Contract, protocol: Protocol) -> bool {
    let is_one = |method: &str| match protocol {
        Protocol::Http => !matches!(method, "SOAP" | "RPC"),
        _ => true,
    };
    super::speaks(contract.kind, protocol) && contract.operations.iter().any(|o| is_one(&o.method))
}

/// Whether an endpoint takes whatever nothing else takes.
fn takes_anything(endpoint: &Endpoint) -> bool {
    super::meet::catch_all_head(endpoint).is_some_and(|head| !super::keys::is_telling(&head))
}

/// Whether an endpoint counts among those that a contract may cover.
fn is_counted(endpoint: &Endpoint) -> bool {
    let is_own = !endpoint.implicit && !endpoint.third_party && endpoint.holes.is_empty();
    let is_said = !matches!(endpoint.method.as_str(), "HEAD" | "OPTIONS");
    let is_stream = endpoint.protocol == Protocol::WebSocket && !endpoint.path.contains('#');
    is_deployed(endpoint) && is_own && is_said && !is_stream
}
