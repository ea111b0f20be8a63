//! The rules, one a file. A new one is a file here and a line below.

mod auth_downgrade;
mod auth_mismatch;
mod auth_unknown;
mod body_drift;
mod dangling;
mod debug_exposed;
mod deprecated;
mod drift;
mod duplicate_route;
mod expired_suppression;
mod foreign_host;
mod no_contract;
mod orphaned;
mod phantom;
mod requirement;
mod shadow;
mod unauthenticated;
mod unexposed;
mod unmatched_contract;
mod unrated;
mod unreachable_route;
mod unused_suppression;
mod zombie;

/// All of them, by name.
pub const ALL: &[crate::Rule] = &[
    auth_downgrade::RULE,
    auth_mismatch::RULE,
    auth_unknown::RULE,
    body_drift::RULE,
    dangling::RULE,
    debug_exposed::RULE,
    deprecated::RULE,
    drift::RULE,
    duplicate_route::RULE,
    expired_suppression::RULE,
    foreign_host::RULE,
    no_contract::RULE,
    orphaned::RULE,
    phantom::RULE,
    requirement::RULE,
    shadow::RULE,
    unauthenticated::RULE,
    unexposed::RULE,
    unmatched_contract::RULE,
    unrated::RULE,
    unreachable_route::RULE,
    unused_suppression::RULE,
    zombie::RULE,
];
