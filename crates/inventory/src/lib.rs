//! What was promised beside what is served: contracts and gateways joined to services, findings, the policy, and differences between
//! catalogs.
//!
//! [`complete`] takes a catalog of code and adds the rest. It depends on the tree and the policy, and on the day only where something
//! ends on a date.

pub mod diff;
pub mod gateways;
pub mod instance;
pub mod join;
mod moves;
pub mod org;
pub mod owners;
pub mod policy;
pub mod tested;

pub use apicensus_findings::sort as sort_findings;

use apicensus_catalog::{Catalog, Finding, Severity, View};
use apicensus_contracts as contracts;
pub use apicensus_contracts::formats::{FORMATS, FormatFacts, table as formats_table};
use apicensus_findings::Draft;
use apicensus_source::Tree;
use apicensus_source::classify::Class;
use diff::Security;
use policy::{Policy, PolicyError};

/// Adds contracts and findings to a catalog of code, and applies the tree's policy. `class` says what a file is by its path;
/// `today` is the day, `2027-01-31`, if dates are to count.
///
/// # Errors
/// When the tree has a policy that is wrong.
pub fn complete(
    catalog: &mut Catalog,
    tree: &Tree,
    class: &(dyn Fn(&str) -> Class + Sync),
    today: Option<&str>,
) -> Result<(), PolicyError> {
    complete_since(catalog, tree, class, today, None)
}

/// The same beside an earlier state: what asks for less than it did is a finding too.
///
/// # Errors
/// When the tree has a policy that is wrong.
pub fn complete_since(
    catalog: &mut Catalog,
    tree: &Tree,
    class: &(dyn Fn(&str) -> Class + Sync),
    today: Option<&str>,
    before: Option<&Catalog>,
) -> Result<(), PolicyError> {
    let policy = policy_of(tree)?;
    let mut found = contracts::read(tree, class);
    catalog.views.push(View::Spec);
    gateways::put(catalog, contracts::gateways::read(tree, class), tree);
    let outcome = policy::before(&policy, catalog, &mut found.contracts);
    catalog.troubles.extend(found.troubles);
    owners::apply(catalog, tree);
    catalog.troubles.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    join::join(catalog, found.contracts, &outcome.assigned);
    gateways::join(catalog);
    catalog.findings = apicensus_findings::run(&apicensus_findings::Context { catalog, today });
    if let Some(before) = before {
        let found = downgrades(before, catalog);
        catalog.findings.extend(found);
    }
    policy::after(&policy, catalog, tree, today);
    Ok(())
}

/// Endpoints that ask for less than they did.
fn downgrades(before: &Catalog, after: &Catalog) -> Vec<Finding> {
    let mut found = Vec::new();
    for change in diff::diff(before, after).changes {
        let details = change.details.iter().filter(|d| matches!(d.security, Some(Security::AuthRemoved | Security::AuthWeakened)));
        let texts: Vec<&str> = details.map(|d| d.text.as_str()).collect();
        let Some(endpoint) = after.endpoints.iter().find(|e| e.id == change.endpoint && e.auth.by_design.is_none()) else { continue };
        if texts.is_empty() {
            continue;
        }
        let message = format!("{} {} asks for less than before: {}", endpoint.method, endpoint.path, texts.join("; "));
        let draft = Draft::of(endpoint, message).severity(Severity::High).apart("since the base");
        let draft = draft.because("Who was refused before is let in now.", "guard it again, or declare it public in .apicensus.yaml");
        found.extend(apicensus_findings::finish("auth-downgrade", draft));
    }
    found
}

/// The policy of a tree; an empty one where it has none.
fn policy_of(tree: &Tree) -> Result<Policy, PolicyError> {
    let Some(bytes) = tree.find(policy::FILE).and_then(|at| tree.read(at).ok()) else { return Ok(Policy::default()) };
    policy::parse(&String::from_utf8_lossy(&bytes))
}
