//! Contracts beside services: which contract describes which service, which operation is which endpoint, and what is in
//! neither.
//!
//! A contract describes a service when enough of its operations are served there; the place in the tree decides between
//! equals, and the policy overrules both. Of several editions of one description the one that fits best counts. What a
//! contract does not have is *undocumented* only where the contract covers the surroundings: see [`scope`].

mod bodies;
mod drift;
mod editions;
mod events;
pub mod keys;
mod meet;
mod scope;
mod shapes;

use apicensus_catalog::{Audience, Catalog, Contract, ContractRole, ContractService, Documented, DocumentedState, Endpoint, Grade};
use meet::{Meeting, Side, declared_paths, speaks};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A contract that fits this share of its own operations, or of a service's endpoints, describes the service.
const SHARE: f64 = 0.3;
/// So does one that fits this many endpoints.
const MANY: usize = 8;

/// Contracts that the policy gives to services: contract file to service id.
pub type Assigned = BTreeMap<String, String>;

/// Puts contracts into the catalog and says of each deployed endpoint whether it is documented.
pub fn join(catalog: &mut Catalog, mut contracts: Vec<Contract>, assigned: &Assigned) {
    contracts.iter_mut().for_each(|contract| events::part(contract, catalog));
    let marks = catalog.endpoints.iter().filter(|e| e.lifecycle.deprecated).map(|e| e.service.as_str()).collect();
    let mut join = Join { catalog, meetings: BTreeMap::new(), contracts, marks };
    join.meet(assigned);
    editions::mark(&mut join.contracts, &join.meetings, assigned);
    let documented = join.documented();
    let Join { mut contracts, .. } = join;
    for (endpoint, documented) in catalog.endpoints.iter_mut().zip(documented) {
        endpoint.documented = documented;
    }
    for contract in &mut contracts {
        contract.matched_count = contract.operations.iter().filter(|o| o.grade.is_some_and(Grade::is_match)).count() as u64;
        if !matches!(contract.role, ContractRole::Describes | ContractRole::Unmatched) {
            contract.operations.clear();
        }
    }
    catalog.contracts = contracts;
}

/// Contract and service, by index and id.
type Meetings = BTreeMap<(usize, String), Meeting>;

struct Join<'c> {
    catalog: &'c Catalog,
    contracts: Vec<Contract>,
    meetings: Meetings,
    /// Services whose code marks what is deprecated.
    marks: HashSet<&'c str>,
}

/// Whether an endpoint is of deployed code that something reaches.
fn is_deployed(endpoint: &Endpoint) -> bool {
    endpoint.audience == Audience::Production && !endpoint.detached
}

impl Join<'_> {
    fn side(&self, service: &str, contract: &Contract) -> Side<'_> {
        let fits = |e: &Endpoint| e.service == service && e.audience == Audience::Production && speaks(contract.kind, e.protocol);
        Side::new(self.catalog.endpoints.iter().enumerate().filter(|(_, e)| fits(e)).collect())
    }

    /// Finds the services that each contract describes.
    fn meet(&mut self, assigned: &Assigned) {
        let mut meetings = Meetings::new();
        for at in 0..self.contracts.len() {
            let contract = &self.contracts[at];
            if contract.operations.is_empty() || !matches!(contract.role, ContractRole::Unmatched) {
                continue;
            }
            let given = assigned.get(&contract.file);
            let mut found: Vec<(String, Meeting, usize)> = Vec::new();
            for service in self.catalog.services.iter().filter(|s| given.is_none_or(|id| *id == s.id)) {
                let side = self.side(&service.id, contract);
                if side.endpoints.is_empty() {
                    continue;
                }
                let meeting = side.meet(contract);
                let is_enough = given.is_some() || describes(&meeting, contract, side.endpoints.len());
                if is_enough && (given.is_some() || !meeting.pairs.is_empty()) {
                    found.push((service.id.clone(), meeting, closeness(&service.root, &contract.file)));
                }
            }
            for (service, meeting) in chosen(found) {
                meetings.insert((at, service), meeting);
            }
        }
        for (at, service) in meetings.keys() {
            let contract = &mut self.contracts[*at];
            contract.role = ContractRole::Describes;
            contract.services.push(ContractService { service: service.clone(), ..ContractService::default() });
        }
        for contract in self.contracts.iter_mut().filter(|c| c.role == ContractRole::Unmatched) {
            contract.reason = match contract.operations.is_empty() {
                true => "it has no operations".to_owned(),
                false => "too few of its operations are served by any service here".to_owned(),
            };
        }
        self.meetings = meetings;
    }

    /// The answer for each endpoint; none where the question does not arise.
    fn documented(&mut self) -> Vec<Option<Documented>> {
        let mut answers: Vec<Option<Documented>> =
            self.catalog.endpoints.iter().map(|e| is_deployed(e).then(Documented::default)).collect();
        let meetings = std::mem::take(&mut self.meetings);
        let mut near: HashMap<usize, Documented> = HashMap::new();
        let mut earlier: HashMap<usize, String> = HashMap::new();
        let describes: Vec<bool> = self.contracts.iter().map(|c| c.role == ContractRole::Describes).collect();
        for ((at, _), meeting) in &meetings {
            for (operation, endpoint, grade) in meeting.pairs.iter().chain(&meeting.twins) {
                if describes[*at] && !self.contracts[*at].kind.is_promise() {
                    let operation = &mut self.contracts[*at].operations[*operation];
                    (operation.endpoint, operation.grade) = (Some(self.catalog.endpoints[*endpoint].id.clone()), Some(*grade));
                } else if describes[*at] {
                    self.pair(*at, *operation, *endpoint, *grade, &mut answers);
                } else {
                    earlier.entry(*endpoint).or_insert_with(|| self.contracts[*at].id.clone());
                }
            }
        }
        let met: HashSet<usize> = (0..answers.len()).filter(|at| is_yes(answers[*at].as_ref())).collect();
        for ((at, service), meeting) in meetings.iter().filter(|((at, _), _)| describes[*at]) {
            self.near_misses(*at, service, meeting, &met, &mut near);
            self.count(*at, service, meeting, &met);
        }
        let scope = scope::Scope::new(self.catalog, &self.contracts, &met);
        for (at, answer) in answers.iter_mut().enumerate() {
            let Some(open) = answer.as_mut().filter(|a| a.state != DocumentedState::Yes) else { continue };
            *open = scope.answer(&self.catalog.endpoints[at], near.remove(&at), earlier.get(&at));
        }
        answers
    }

    /// Notes that an operation is an endpoint. The first contract counts; a better grade of it replaces a worse one.
    fn pair(&mut self, at: usize, operation: usize, endpoint: usize, grade: Grade, answers: &mut [Option<Documented>]) {
        let served = &self.catalog.endpoints[endpoint];
        let contract = &mut self.contracts[at];
        let contract_id = contract.id.clone();
        let Some(promised) = contract.operations.get_mut(operation) else { return };
        if promised.grade.is_none_or(|known| grade < known) {
            (promised.endpoint, promised.grade) = (Some(served.id.clone()), Some(grade));
        }
        let documented = Documented {
            state: DocumentedState::Yes,
            contract: Some(contract_id),
            at: Some(promised.at.clone()),
            grade: Some(grade),
            mismatches: {
                let has_marks = self.marks.contains(served.service.as_str());
                drift::mismatches(promised, served, grade, has_marks, &self.catalog.schemas)
            },
            ..Documented::default()
        };
        let answer = &mut answers[endpoint];
        if answer.as_ref().is_none_or(|a| a.grade.is_none_or(|known| grade < known)) {
            *answer = Some(documented);
        }
    }

    fn near_misses(&mut self, at: usize, service: &str, meeting: &Meeting, met: &HashSet<usize>, near: &mut HashMap<usize, Documented>) {
        let mut hits = Vec::new();
        {
            let contract = &self.contracts[at];
            let side = self.side(service, contract);
            for (operation, promised) in contract.operations.iter().enumerate().filter(|(_, o)| o.grade.is_none()) {
                let is_free = |endpoint: usize| !met.contains(&endpoint) && !near.contains_key(&endpoint);
                if let Some((endpoint, grade)) = side.near(promised, meeting, &declared_paths(contract, promised), &is_free) {
                    let what = format!("{} {}", promised.method, promised.path);
                    let documented = Documented {
                        state: DocumentedState::No,
                        contract: Some(contract.id.clone()),
                        at: Some(promised.at.clone()),
                        grade: Some(grade),
                        reason: Some(format!("the contract nearly has it: {what}")),
                        ..Documented::default()
                    };
                    near.insert(endpoint, documented);
                    hits.push((operation, self.catalog.endpoints[endpoint].id.clone(), grade));
                } else if let Some(id) = self.perhaps(service, &declared_paths(contract, promised)) {
                    hits.push((operation, id, Grade::Near));
                }
            }
        }
        for (operation, endpoint, grade) in hits {
            let promised = &mut self.contracts[at].operations[operation];
            (promised.endpoint, promised.grade) = (Some(endpoint), Some(grade));
        }
    }

    /// An endpoint with unknown parts in its path that may be one of these paths, or one that a folder's name makes a test or an
    /// example of: `workflows/[id]/test/route.ts` is what it is called.
    fn perhaps(&self, service: &str, paths: &[String]) -> Option<String> {
        let is_open = |e: &Endpoint| e.service == service && (!e.holes.is_empty() || e.detached || e.audience != Audience::Production);
        let base_is_unknown = |e: &Endpoint| e.detached || e.raw_path.starts_with("{?") || e.raw_path.starts_with("/{?");
        let may_be = |e: &Endpoint| paths.iter().any(|path| keys::may_be(&e.path, base_is_unknown(e), path));
        self.catalog.endpoints.iter().find(|e| is_open(e) && may_be(e)).map(|e| e.id.clone())
    }

    /// How much of a service a contract covers.
    fn count(&mut self, at: usize, service: &str, meeting: &Meeting, met: &HashSet<usize>) {
        let of_service = |e: &Endpoint| e.service == service && is_deployed(e);
        let endpoints = self.catalog.endpoints.iter().filter(|e| of_service(e)).count() as u64;
        let own: HashSet<usize> = meeting.pairs.iter().map(|(_, endpoint, _)| *endpoint).filter(|e| met.contains(e)).collect();
        if let Some(known) = self.contracts[at].services.iter_mut().find(|s| s.service == service) {
            known.matched = own.len() as u64;
            known.endpoints = endpoints;
            known.base_path = meeting.base.clone();
            known.extra_base_path = meeting.extra.clone();
        }
    }
}

fn is_yes(answer: Option<&Documented>) -> bool {
    answer.is_some_and(|a| a.state == DocumentedState::Yes)
}

/// Whether a meeting is more than a coincidence: everybody serves `/health`.
fn describes(meeting: &Meeting, contract: &Contract, endpoints: usize) -> bool {
    let telling = |o: &usize| contract.operations.get(*o).is_some_and(|o| !is_everyday(&keys::key(&o.path)));
    let pairs = meeting.pairs.iter().filter(|(o, ..)| telling(o)).count();
    let share = |of: usize| of > 0 && pairs as f64 >= SHARE * of as f64;
    pairs > 0 && (pairs >= MANY || share(contract.operations.len()) || (pairs > 1 && share(endpoints)))
}

/// Paths that services of all kinds have.
fn is_everyday(key: &str) -> bool {
    const WORDS: &[&str] =
        &["health", "healthz", "livez", "readyz", "ready", "live", "ping", "status", "metrics", "version", "info", "login", "logout"];
    !keys::is_telling(key) || key.rsplit('/').next().is_some_and(|last| WORDS.contains(&last))
}

/// Segments of a service's folder above a contract's file; 0 where it lies elsewhere.
fn closeness(root: &str, file: &str) -> usize {
    let is_below = root.is_empty() || file.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if is_below { 1 + root.split('/').filter(|s| !s.is_empty()).count() } else { 0 }
}

/// The service that fits best, and others that serve operations which it does not.
fn chosen(mut found: Vec<(String, Meeting, usize)>) -> Vec<(String, Meeting)> {
    found.sort_by(|a, b| (b.1.pairs.len(), b.2).cmp(&(a.1.pairs.len(), a.2)).then(a.0.cmp(&b.0)));
    let mut taken: HashSet<usize> = HashSet::new();
    let mut kept = Vec::new();
    for (service, mut meeting, _) in found {
        let fresh: Vec<_> = meeting.pairs.iter().copied().filter(|(o, ..)| !taken.contains(o)).collect();
        if !kept.is_empty() && fresh.len() * 2 < meeting.pairs.len() {
            continue;
        }
        taken.extend(fresh.iter().map(|(o, ..)| *o));
        let kept_operations: HashSet<usize> = fresh.iter().map(|(o, ..)| *o).collect();
        meeting.twins.retain(|(operation, ..)| kept_operations.contains(operation));
        meeting.pairs = fresh;
        kept.push((service, meeting));
    }
    kept
}
