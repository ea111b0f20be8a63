//! What was promised beside what is served: contracts joined to services, findings, the policy, and differences between
//! catalogs.
//!
//! [`complete`] takes a catalog of code and adds the rest. It depends on the tree and the policy, and on the day only where something
//! ends on a date.

pub mod diff;
pub mod join;
pub mod policy;

use apicensus_catalog::{Catalog, View};
use apicensus_contracts as contracts;
pub use apicensus_contracts::formats::{FORMATS, FormatFacts, table as formats_table};
use apicensus_source::Tree;
use apicensus_source::classify::Class;
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
    let policy = policy_of(tree)?;
    let mut found = contracts::read(tree, class);
    catalog.views.push(View::Spec);
    let outcome = policy::before(&policy, catalog, &mut found.contracts);
    catalog.troubles.extend(found.troubles);
    catalog.troubles.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    join::join(catalog, found.contracts, &outcome.assigned);
    catalog.findings = apicensus_findings::run(&apicensus_findings::Context { catalog, today });
    policy::after(&policy, catalog, tree, today);
    Ok(())
}

/// The policy of a tree; an empty one where it has none.
fn policy_of(tree: &Tree) -> Result<Policy, PolicyError> {
    let Some(bytes) = tree.find(policy::FILE).and_then(|at| tree.read(at).ok()) else { return Ok(Policy::default()) };
    policy::parse(&String::from_utf8_lossy(&bytes))
}
