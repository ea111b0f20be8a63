//! Several editions of one description: the one that fits the code best counts, the others are superseded.

use super::keys::{joined, key};
use super::{Assigned, Meetings};
use apicensus_catalog::{Contract, ContractKind, ContractRole};
use std::collections::HashSet;

/// A description that shares this part of its operations with a better one is an edition of it.
const SHARED: f64 = 0.6;

/// An edition that is newer by its name counts though it fits this part less well than the best.
const FITS: f64 = 0.75;
/// A description of which less is served may be one of something larger.
const HALF: f64 = 0.5;
/// What another description has of what is served of it, at least, then.
const SAME: f64 = 0.9;
/// Names of the edition that is being worked on.
const CURRENT: &[&str] = &["master", "main", "latest", "current", "head", "next", "trunk"];

/// Marks the editions that another one supersedes.
pub fn mark(contracts: &mut [Contract], meetings: &Meetings, assigned: &Assigned) {
    let fits = |at: usize| meetings.iter().filter(|((c, _), _)| *c == at).map(|(_, m)| m.pairs.len()).sum::<usize>();
    let mut order: Vec<usize> =
        (0..contracts.len()).filter(|at| contracts[*at].role == ContractRole::Describes && contracts[*at].kind.is_promise()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(fits(*at)), *at));
    let mut groups: Vec<(HashSet<String>, Vec<usize>)> = Vec::new();
    for at in order {
        let contract = &contracts[at];
        let own = operations(contract);
        let shares = |better: &HashSet<String>| own.iter().filter(|o| better.contains(*o)).count() as f64 >= SHARED * own.len() as f64;
        let is_edition =
            |group: &&mut (HashSet<String>, Vec<usize>)| family(contracts[group.1[0]].kind) == family(contract.kind) && shares(&group.0);
        match groups.iter_mut().find(is_edition) {
            Some(group) => group.1.push(at),
            None => groups.push((own, vec![at])),
        }
    }
    for (_, group) in &groups {
        let least = FITS * group.first().map_or(0, |at| fits(*at)) as f64;
        let able = group.iter().copied().filter(|at| fits(*at) as f64 >= least);
        let Some(leader) = able.max_by(|a, b| rank(&contracts[*a], fits(*a)).cmp(&rank(&contracts[*b], fits(*b)))) else { continue };
        let id = contracts[leader].id.clone();
        for at in group.iter().copied().filter(|at| *at != leader) {
            if !assigned.contains_key(&contracts[at].file) {
                contracts[at].role = ContractRole::Superseded;
                contracts[at].reason = format!("{id} has most of its operations and is newer or fits the code better");
            }
        }
    }
    of_more(contracts, meetings, assigned);
}

/// Takes out descriptions of something larger: less than half of their operations are served, and what is served of them
/// another description has, of which more is served. The vendor's cloud has more than the code that is published.
fn of_more(contracts: &mut [Contract], meetings: &Meetings, assigned: &Assigned) {
    let served = |at: usize| -> HashSet<usize> {
        meetings.iter().filter(|((c, _), _)| *c == at).flat_map(|(_, m)| m.pairs.iter().map(|(_, endpoint, _)| *endpoint)).collect()
    };
    let share = |at: usize, contracts: &[Contract]| served(at).len() as f64 / contracts[at].operations.len().max(1) as f64;
    let describing = |at: &usize| contracts[*at].role == ContractRole::Describes && contracts[*at].kind.is_promise();
    let all: Vec<usize> = (0..contracts.len()).filter(describing).collect();
    let mut larger: Vec<(usize, String)> = Vec::new();
    for at in all.iter().copied().filter(|at| share(*at, contracts) < HALF && !assigned.contains_key(&contracts[*at].file)) {
        let own = served(at);
        let has_it = |other: usize| {
            let known = served(other);
            let common = own.iter().filter(|endpoint| known.contains(endpoint)).count();
            common as f64 >= SAME * own.len() as f64 && share(other, contracts) >= HALF
        };
        let better = all
            .iter()
            .copied()
            .find(|other| *other != at && family(contracts[*other].kind) == family(contracts[at].kind) && has_it(*other));
        larger.extend(better.map(|better| (at, contracts[better].id.clone())));
    }
    for (at, id) in larger {
        contracts[at].role = ContractRole::Superseded;
        contracts[at].reason = format!("{id} has what is served of it; the rest is of something larger");
    }
}

/// What decides between editions: the name of the newest, the version, the fit, and the place nearest to the root.
fn rank(contract: &Contract, fits: usize) -> (bool, Vec<u64>, usize, std::cmp::Reverse<(usize, &str)>) {
    let words = contract.file.split(['/', '.']).chain([contract.version.as_str()]);
    let is_current = words.map(str::to_ascii_lowercase).any(|word| CURRENT.contains(&word.as_str()));
    (is_current, version(&contract.version), fits, std::cmp::Reverse((contract.file.matches('/').count(), &contract.id)))
}

/// Formats in which one description may have been written down twice.
fn family(kind: ContractKind) -> ContractKind {
    match kind {
        ContractKind::Swagger | ContractKind::Raml | ContractKind::Typespec => ContractKind::Openapi,
        other => other,
    }
}

fn operations(contract: &Contract) -> HashSet<String> {
    let base = contract.base_paths.first().map(String::as_str).unwrap_or_default();
    contract.operations.iter().map(|o| format!("{} {}", o.method, key(&joined(base, &o.path)))).collect()
}

/// The numbers of a version, for comparison: `v1.13.x` is 1, 13.
fn version(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}
