//! Gateways beside services: which route leads to which service, which endpoints it reaches under which external path, and what
//! functions that only infrastructure gives a route serve.
//!
//! A target is matched to a service by the folder its image is built from, by image, by name, by the paths only one service has, or as the
//! only service there is; how is told with it. *Unexposed* is said only where every route in front of the service is known.

mod exposure;
mod functions;
mod paths;
mod targets;

use apicensus_catalog::{Catalog, View};
use apicensus_contracts::gateways::Gateways;
use apicensus_source::Tree;

/// Puts gateways and workloads into the catalog, and the endpoints of functions whose code is in the tree.
pub fn put(catalog: &mut Catalog, found: Gateways, tree: &Tree) {
    catalog.views.extend([View::Gateway, View::Iac]);
    catalog.gateways = found.gateways;
    catalog.workloads = found.workloads;
    catalog.troubles.extend(found.troubles);
    functions::put(catalog, tree);
}

/// Matches targets to services and says of each deployed endpoint whether it is exposed.
pub fn join(catalog: &mut Catalog) {
    targets::join(catalog);
    exposure::join(catalog);
}
