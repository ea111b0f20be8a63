//! Several editions of one description: the one that fits the code best counts, the others are superseded.

use super::keys::{joined, key};
use super::{Assigned, Meetings};
use apicensus_catalog::{Contract, ContractKind, ContractRole};
use std::collections::HashSet;

/// A description that shares this part of its operations with a better one is an edition of it.
const SHARED: f64 = 0.6;

/// An edition that is newer by its name counts though it fits this part less well than the best.
const FITS: f64 = 0.75;
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
    for (_, group) in groups {
        let least = FITS * group.first().map_or(0, |at| fits(*at)) as f64;
        let able = group.iter().copied().filter(|at| fits(*at) as f64 >= least);
        let Some(leader) = able.max_by(|a, b| rank(&contracts[*a], fits(*a)).cmp(&rank(&contracts[*b], fits(*b)))) else { continue };
        let id = contracts[leader].id.clone();
        for at in group {
            if at == leader || assigned.contains_key(&contracts[at].file) {
                continue;
            }
            contracts[at].role = ContractRole::Superseded;
            contracts[at].reason = format!("{id} has most of its operations and is newer or fits the code better");
        }
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
