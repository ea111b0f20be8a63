//! Applying a policy to a catalog.

use super::inline::{self, Inline};
use super::{FILE, Policy, Suppress};
use crate::join::Assigned;
use apicensus_catalog::{
    AuthState, ByDesign, Catalog, Contract, ContractRole, Endpoint, Finding, FindingStatus, Location, Severity, Suppression, Trouble,
    TroubleKind,
};
use apicensus_findings::Draft;
use apicensus_source::Tree;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::{BTreeSet, HashMap};

/// What the first half gives to the join.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Contracts given to services.
    pub assigned: Assigned,
}

/// A method, if it matters, and a path.
pub(super) struct Pattern {
    method: Option<String>,
    path: Option<GlobMatcher>,
}

impl Pattern {
    /// Reads `GET /status` or `/public/**`.
    pub(super) fn new(text: &str) -> Self {
        let (method, path) = match text.trim().split_once(' ') {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
            None => (None, text.trim()),
        };
        Pattern { method, path: glob(path) }
    }

    pub(super) fn matches(&self, endpoint: &Endpoint) -> bool {
        let method = self.method.as_ref().is_none_or(|m| *m == endpoint.method);
        method && self.path.as_ref().is_some_and(|path| path.is_match(&endpoint.path))
    }
}

/// A glob of paths; `{id}` stands for any one segment.
pub(super) fn glob(text: &str) -> Option<GlobMatcher> {
    let key = crate::join::keys::key(text).replace("{}", "*");
    GlobBuilder::new(&key).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}

/// What a policy says of services, contracts and open endpoints; before contracts are joined.
pub fn before(policy: &Policy, catalog: &mut Catalog, contracts: &mut [Contract]) -> Outcome {
    let mut outcome = Outcome::default();
    for wanted in &policy.services {
        let root = if wanted.root == "." { "" } else { wanted.root.as_str() };
        let mut is_found = false;
        for service in catalog.services.iter_mut().filter(|s| s.root == root && !s.id.contains('!')) {
            is_found = true;
            service.owners.clone_from(&wanted.owners);
            service.base_urls.clone_from(&wanted.base_urls);
            if let Some(name) = &wanted.name {
                service.name.clone_from(name);
            }
            for file in &wanted.contracts {
                outcome.assigned.entry(file.trim_start_matches("./").to_owned()).or_insert_with(|| service.id.clone());
            }
        }
        if !is_found {
            catalog.troubles.push(trouble(wanted.line, format!("no service has its root in `{}`", wanted.root)));
        }
        for file in wanted.contracts.iter().filter(|f| contracts.iter().all(|c| c.file != f.trim_start_matches("./"))) {
            catalog.troubles.push(trouble(wanted.line, format!("`{file}` is no API description that could be read")));
        }
    }
    let ignored: Vec<GlobMatcher> = policy.ignore_contracts.iter().filter_map(|g| glob(g)).collect();
    for contract in contracts {
        if ignored.iter().any(|glob| glob.is_match(&contract.file)) {
            (contract.role, contract.reason) = (ContractRole::Ignored, "the policy leaves it out".to_owned());
        } else if outcome.assigned.contains_key(&contract.file) {
            contract.role = ContractRole::Unmatched;
        }
    }
    let public: Vec<Pattern> = policy.public.iter().map(|p| Pattern::new(p)).collect();
    for endpoint in &mut catalog.endpoints {
        let is_open = !matches!(endpoint.auth.state, AuthState::Required);
        if is_open && endpoint.auth.by_design.is_none() && public.iter().any(|p| p.matches(endpoint)) {
            endpoint.auth.by_design = Some(ByDesign::Policy);
        }
    }
    outcome
}

fn trouble(line: u32, message: String) -> Trouble {
    let effect = "this part of the policy has no effect".to_owned();
    Trouble { kind: TroubleKind::Policy, repository: String::new(), file: FILE.to_owned(), line, message, effect }
}

/// Requirements, severities and suppressions; after the rules have run.
pub fn after(policy: &Policy, catalog: &mut Catalog, tree: &Tree, today: Option<&str>) {
    for (rule, draft) in super::require::drafts(policy, catalog) {
        catalog.findings.extend(apicensus_findings::finish(rule, draft));
    }
    for change in &policy.severity {
        match change.severity {
            None => catalog.findings.retain(|f| f.rule != change.rule),
            Some(severity) => catalog.findings.iter_mut().filter(|f| f.rule == change.rule).for_each(|f| f.severity = severity),
        }
    }
    let mut drafts = Vec::new();
    let endpoints: HashMap<&str, &Endpoint> = catalog.endpoints.iter().map(|e| (e.id.as_str(), e)).collect();
    let names: HashMap<&str, (&str, &str)> = catalog.services.iter().map(|s| (s.id.as_str(), (s.root.as_str(), s.name.as_str()))).collect();
    for wanted in &policy.suppress {
        let at = Location { file: FILE.to_owned(), line: wanted.line };
        let is_over = wanted.expires.as_deref().zip(today).is_some_and(|(end, today)| end < today);
        let path = wanted.path.as_deref().and_then(glob);
        let fits = |f: &Finding| is_meant(wanted, path.as_ref(), f, &endpoints, &names);
        let mut number = 0;
        for finding in catalog.findings.iter_mut().filter(|f| fits(f)) {
            number += 1;
            if !is_over && finding.status == FindingStatus::Open {
                suppress(finding, &at, &wanted.reason, wanted.expires.clone());
            }
        }
        drafts.extend(complaint(wanted, &at, is_over, number));
    }
    drafts.extend(inline(catalog, tree));
    for (rule, draft) in drafts {
        catalog.findings.extend(apicensus_findings::finish(rule, draft));
    }
    apicensus_findings::sort(&mut catalog.findings);
}

/// What is wrong with a suppression itself.
fn complaint(wanted: &Suppress, at: &Location, is_over: bool, number: usize) -> Option<(&'static str, Draft)> {
    let subject = format!("{} {}", wanted.rule, wanted.path.as_deref().unwrap_or("everywhere"));
    let draft = |message: String| Draft::new(subject, at.clone(), message);
    if is_over && number > 0 {
        let end = wanted.expires.as_deref().unwrap_or_default();
        let draft = draft(format!("the suppression of {} ended on {end}; its {number} findings count again", wanted.rule));
        return Some((
            "expired-suppression",
            draft.severity(Severity::Low).because("What was put up with for a while is still there.", "mend it, or move the date"),
        ));
    }
    if number > 0 {
        return None;
    }
    let draft = draft(format!("the suppression of {} meets no finding", wanted.rule)).severity(Severity::Info);
    Some(("unused-suppression", draft.because("It may hide what comes later.", "remove it")))
}

fn is_meant(
    wanted: &Suppress,
    path: Option<&GlobMatcher>,
    finding: &Finding,
    endpoints: &HashMap<&str, &Endpoint>,
    names: &HashMap<&str, (&str, &str)>,
) -> bool {
    if finding.rule != wanted.rule {
        return false;
    }
    let endpoint = finding.endpoint.as_deref().and_then(|id| endpoints.get(id));
    let (method, own) = match (endpoint, finding.subject.split_once(' ')) {
        (Some(endpoint), _) => (endpoint.method.as_str(), endpoint.path.as_str()),
        (None, Some((method, path))) => (method, path),
        (None, None) => ("", finding.subject.as_str()),
    };
    let service = finding.service.as_deref().and_then(|id| names.get(id));
    let in_service = |name: &str| service.is_some_and(|(root, own)| *own == name || *root == name.trim_matches('/'));
    wanted.method.as_deref().is_none_or(|m| m == method)
        && (wanted.path.is_none() || path.is_some_and(|p| p.is_match(own)))
        && wanted.service.as_deref().is_none_or(in_service)
}

fn suppress(finding: &mut Finding, at: &Location, reason: &str, expires: Option<String>) {
    finding.status = FindingStatus::Suppressed;
    finding.suppression = Some(Suppression { at: at.clone(), reason: reason.to_owned(), expires });
}

/// Applies the suppressions that stand in the code.
fn inline(catalog: &mut Catalog, tree: &Tree) -> Vec<(&'static str, Draft)> {
    let handlers = catalog.endpoints.iter().filter_map(|e| e.handler.as_ref()).map(|h| h.file.as_str());
    let files: BTreeSet<&str> = catalog.endpoints.iter().map(|e| e.registered_at.file.as_str()).chain(handlers).collect();
    let mut drafts = Vec::new();
    for mark in inline::find(tree, &files) {
        let is_known = apicensus_findings::rules().iter().any(|r| r.id == mark.rule);
        let mut is_used = false;
        for finding in catalog.findings.iter_mut().filter(|f| is_known && f.rule == mark.rule && is_beside(&mark, f)) {
            is_used = true;
            if !mark.reason.is_empty() && finding.status == FindingStatus::Open {
                suppress(finding, &mark.at, &mark.reason, None);
            }
        }
        let wrong = match (is_known, is_used, mark.reason.is_empty()) {
            (false, ..) => format!("`{}` in this suppression is no rule", mark.rule),
            (_, _, true) => format!("this suppression of {} gives no reason and has no effect", mark.rule),
            (_, false, _) => format!("this suppression of {} meets no finding", mark.rule),
            _ => continue,
        };
        let subject = format!("{} {}", mark.rule, mark.at.file);
        let draft = Draft::new(subject, mark.at.clone(), wrong).severity(Severity::Info);
        drafts.push(("unused-suppression", draft.because("It may hide what comes later.", "correct or remove it")));
    }
    drafts
}

/// Whether a comment stands on the line of a finding's place or of its evidence, or on the line above.
fn is_beside(mark: &Inline, finding: &Finding) -> bool {
    let registered = finding.evidence.iter().filter(|e| e.what == "registered here").map(|e| &e.at);
    let mut places = registered.chain([&finding.at]);
    places.any(|at| at.file == mark.at.file && (at.line == mark.at.line || at.line == mark.at.line + 1))
}
