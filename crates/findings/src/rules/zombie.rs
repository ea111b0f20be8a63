//! An old version of an operation that is served beside its successor, or one past its end.
//!
//! The pair must be proved: the same method and path with only a higher version in place of the lower one, in one service, and at
//! least three such pairs, or all operations of the old version. An operation whose contract names an end (`x-sunset`) in the past is one too. Grave
//! where the successor asks for an identity and the old one does not.
//!
//! To mend it: move the clients over and take the old one out.

use crate::{Context, Draft};
use apicensus_catalog::{AuthState, Confidence, ContractOperation, Endpoint, Location, Severity};
use std::collections::{BTreeMap, HashMap};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "zombie",
    severity: Severity::Medium,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("zombie.rs"),
    check,
};

/// Pairs that prove one version to be the successor of another.
const PROOF: usize = 3;

/// What two versions of an operation share: service, method, the path before and after the version.
type Shape<'e> = (&'e str, &'e str, String);

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut found = ended(context);
    let mut by_shape: BTreeMap<Shape<'_>, Vec<(u64, &Endpoint)>> = BTreeMap::new();
    let mut sizes: HashMap<(&str, u64), usize> = HashMap::new();
    for endpoint in context.endpoints().filter(|e| e.holes.is_empty()) {
        if let Some((number, path)) = versioned(&endpoint.path) {
            by_shape.entry((&endpoint.service, &endpoint.method, path)).or_default().push((number, endpoint));
            *sizes.entry((&endpoint.service, number)).or_default() += 1;
        }
    }
    let mut pairs: BTreeMap<(&str, u64, u64), Vec<(&Endpoint, &Endpoint)>> = BTreeMap::new();
    for versions in by_shape.values_mut() {
        versions.sort_by_key(|(number, _)| *number);
        for (index, (number, old)) in versions.iter().enumerate() {
            if let Some((successor, new)) = versions[index..].iter().find(|(n, _)| n > number) {
                pairs.entry((&old.service, *number, *successor)).or_default().push((old, new));
            }
        }
    }
    for ((service, number, _), pairs) in &pairs {
        let all = sizes.get(&(*service, *number)).copied().unwrap_or_default();
        if pairs.len() >= PROOF || pairs.len() == all {
            found.extend(pairs.iter().map(|(old, new)| superseded(old, new)));
        }
    }
    found
}

/// The number of the version in a path, and the path without it and without names.
fn versioned(path: &str) -> Option<(u64, String)> {
    let mut number = None;
    let mut rest = Vec::new();
    for segment in path.trim_end_matches('/').split('/') {
        let version = segment.strip_prefix(['v', 'V']).and_then(|digits| digits.parse::<u64>().ok());
        match version {
            Some(version) if number.is_none() && version < 1000 => {
                number = Some(version);
                rest.push("*");
            }
            _ => rest.push(if segment.starts_with('{') { "{}" } else { segment }),
        }
    }
    Some((number?, rest.join("/")))
}

fn superseded(old: &Endpoint, new: &Endpoint) -> Draft {
    let is_weaker = matches!(old.auth.state, AuthState::None) && old.auth.by_design.is_none() && new.auth.state == AuthState::Required;
    let weaker = if is_weaker { ", which asks for an identity while the old one does not" } else { "" };
    let message = format!("{} {} is served beside its successor {}{weaker}", old.method, old.path, new.path);
    Draft::of(old, message)
        .severity(if is_weaker { Severity::High } else { Severity::Low })
        .at_most(Confidence::Medium)
        .because("Mended flaws live on in old versions.", "move the clients over and take it out")
        .and(&place(new), format!("its successor {} {}", new.method, new.path))
}

fn place(endpoint: &Endpoint) -> Location {
    endpoint.handler.as_ref().map_or_else(|| endpoint.registered_at.clone(), |h| Location { file: h.file.clone(), line: h.line })
}

/// Endpoints whose contract names an end that is past.
fn ended(context: &Context<'_>) -> Vec<Draft> {
    let Some(today) = context.today else { return Vec::new() };
    let is_past =
        |o: &&ContractOperation| o.sunset.len() >= 10 && o.sunset.as_bytes()[4] == b'-' && o.sunset.get(..10).is_some_and(|d| d < today);
    let operations = context.catalog.contracts.iter().flat_map(|c| &c.operations).filter(is_past);
    let ends: HashMap<&str, &ContractOperation> = operations.filter_map(|o| Some((o.endpoint.as_deref()?, o))).collect();
    let of = |endpoint: &Endpoint| {
        let operation = ends.get(endpoint.id.as_str())?;
        let message = format!("{} {} was to end on {} and is still served", endpoint.method, endpoint.path, operation.sunset);
        let draft = Draft::of(endpoint, message).severity(Severity::Medium).apart("sunset");
        Some(draft.because("Nobody looks after what has ended.", "take it out, or move its end").and(&operation.at, "its end"))
    };
    context.endpoints().filter_map(of).collect()
}
