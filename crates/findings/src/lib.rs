//! What is wrong with the endpoints of a catalog, rule by rule.
//!
//! A rule is a file in `rules/`: its leading comment is its documentation (`apicensus rules ID`), its `RULE` says how bad it
//! is and what checks it. A rule sits out where the views it needs were not read. Nothing here knows of files, policies or
//! terminals.

mod draft;
mod rules;

pub use draft::Draft;

use apicensus_catalog::{Audience, AuthState, Catalog, Endpoint, Exposure, ExposureState, Finding, Service, Severity, TroubleKind, View};

/// A rule.
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// How bad what it finds is as a rule; single findings may be worse or less bad.
    pub severity: Severity,
    /// Entries of the OWASP API Security Top 10.
    pub owasp: &'static [&'static str],
    /// Entries of the Common Weakness Enumeration.
    pub cwe: &'static [&'static str],
    source: &'static str,
    check: fn(&Context<'_>) -> Vec<Draft>,
}

impl Rule {
    /// Its documentation: the first line says what it is.
    pub fn docs(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }
}

/// All rules, by name.
pub fn rules() -> &'static [Rule] {
    rules::ALL
}

/// What the rules look at.
pub struct Context<'c> {
    /// The catalog, with contracts joined where they were read.
    pub catalog: &'c Catalog,
    /// The day, `2027-01-31`, for what ends on a date; none to leave dates out of account.
    pub today: Option<&'c str>,
}

impl<'c> Context<'c> {
    /// Endpoints of deployed code that an application reaches and that this code makes.
    pub fn endpoints(&self) -> impl Iterator<Item = &'c Endpoint> {
        self.catalog.endpoints.iter().filter(|e| e.audience == Audience::Production && !e.detached && !e.implicit)
    }

    /// Whether contracts were looked for.
    pub fn has_contracts(&self) -> bool {
        self.catalog.views.contains(&View::Spec)
    }

    /// A service by its id.
    pub fn service(&self, id: &str) -> Option<&'c Service> {
        self.catalog.services.iter().find(|s| s.id == id)
    }

    /// Whether the code of a service was followed so far that what was not found is not there; `procedures` are called by names of their own
    /// and have no paths.
    pub fn is_read_through(&self, service: &str, procedures: bool) -> bool {
        let root = self.service(service).map_or("", |s| s.root.as_str());
        let is_below = |file: &str| root.is_empty() || file.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        let matters = |kind: TroubleKind| match kind {
            TroubleKind::UnresolvedMount | TroubleKind::UnresolvedRegistration | TroubleKind::Bound | TroubleKind::TooLarge => true,
            TroubleKind::UnresolvedService => procedures,
            _ => false,
        };
        !self.catalog.troubles.iter().any(|t| matters(t.kind) && is_below(&t.file))
    }
}

/// Runs every rule. The worst first, then by place.
pub fn run(context: &Context<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for rule in rules() {
        for draft in (rule.check)(context) {
            let finding = draft.finding(rule);
            if found.iter().all(|f| f.fingerprint != finding.fingerprint) {
                found.push(finding);
            }
        }
    }
    sort(&mut found);
    found
}

/// The finding of a rule that is checked elsewhere; none where there is no such rule.
pub fn finish(rule: &str, draft: Draft) -> Option<Finding> {
    rules().iter().find(|r| r.id == rule).map(|rule| draft.finding(rule))
}

/// Sorts findings: the worst first, then the surest, then by rule and place.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let left = (a.status as u8, std::cmp::Reverse(a.severity), a.confidence as u8, &a.rule, &a.at, &a.subject);
        left.cmp(&(b.status as u8, std::cmp::Reverse(b.severity), b.confidence as u8, &b.rule, &b.at, &b.subject))
    });
}

/// Whether a method changes something.
pub(crate) fn is_write(endpoint: &Endpoint) -> bool {
    matches!(endpoint.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE" | "MUTATION" | "ANY")
}

/// Whether anyone may call it, and not on purpose.
pub(crate) fn is_open(endpoint: &Endpoint) -> bool {
    endpoint.auth.state == AuthState::None && endpoint.auth.by_design.is_none()
}

/// Whether every known way from outside leads through a gateway that asks for an identity.
pub(crate) fn is_guarded_outside(endpoint: &Endpoint) -> bool {
    endpoint.exposure.as_ref().is_some_and(Exposure::is_guarded)
}

/// Whether no gateway lets requests in to it.
pub(crate) fn is_unexposed(endpoint: &Endpoint) -> bool {
    endpoint.exposure.as_ref().is_some_and(|e| e.state == ExposureState::Unexposed)
}

/// What gateways do about it, as the end of a sentence; empty where they do nothing.
pub(crate) fn outside(endpoint: &Endpoint) -> &'static str {
    match (is_guarded_outside(endpoint), is_unexposed(endpoint)) {
        (true, _) => "; its gateway asks for an identity",
        (_, true) => "; no gateway lets requests in to it",
        _ => "",
    }
}

/// The sensitive classes of what it takes and gives, as words; empty where none are known.
pub(crate) fn sensitive(endpoint: &Endpoint) -> Vec<&'static str> {
    let tags = endpoint.parameters.iter().filter_map(|p| p.sensitive.as_ref()).map(|t| t.class.as_str());
    let mut classes: Vec<&str> = endpoint.sensitive.iter().map(|s| s.class.as_str()).chain(tags).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}
