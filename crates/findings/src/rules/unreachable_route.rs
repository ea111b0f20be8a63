//! A route that an earlier one of the same router always takes.
//!
//! Some frameworks try their routes in the order of registration. `/users/{id}` before `/users/me` then answers both, and the handler and
//! the guards of the second never run. Seen are routes of one method that one router registers in one file, in frameworks that are
//! known to go by order: the catalog has no order between files, so what an earlier mounted router takes is not told. A parameter that is
//! converted or restricted takes nothing for sure, and neither does a route that is registered under a condition, nor one whose handler has the
//! means to hand the request on to the next, like `next` of Express and Koa.
//!
//! To mend it: register the more special route first.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "unreachable-route",
    severity: Severity::Medium,
    owasp: &["API9:2023"],
    cwe: &["CWE-561"],
    source: include_str!("unreachable_route.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let taken = context.endpoints().filter_map(|e| Some((e, e.taken_by.as_ref()?)));
    taken
        .map(|(endpoint, by)| {
            let message = format!("{} {} is never reached: `{}` takes its requests first", endpoint.method, endpoint.path, by.path);
            Draft::of(endpoint, message)
                .severity(Severity::Medium)
                .at_most(Confidence::Medium)
                .because("Another handler answers, with other checks than those written here.", "register the more special route first")
                .and(&by.at, format!("{} is registered here, earlier", by.path))
        })
        .collect()
}
