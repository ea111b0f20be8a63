//! A route of a gateway that leads to a service whose code has no endpoint for it.
//!
//! What nothing answers is forgotten: a name that is free for whatever is served there next, with the rights of the old one. The
//! rule speaks only of gateways of deployed code, of routes that are matched to a service by the folder it is built from, its image or its
//! name, and of services whose mounts and registrations could all be followed. Routes for everything, for files, redirects
//! and answers of the gateway itself are left out.
//!
//! To mend it: take the route out, or serve what it promises.

use crate::{Context, Draft};
use apicensus_catalog::{Confidence, Gateway, GatewayRoute, Severity};

/// The rule.
pub const RULE: crate::Rule = crate::Rule {
    id: "dangling",
    severity: Severity::Low,
    owasp: &["API9:2023"],
    cwe: &["CWE-1059"],
    source: include_str!("dangling.rs"),
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let routes = context.catalog.gateways.iter().flat_map(|g| g.routes.iter().map(move |r| (g, r)));
    routes.filter(|(_, r)| r.dangling).filter_map(|(g, r)| draft(context, g, r)).collect()
}

fn draft(context: &Context<'_>, gateway: &Gateway, route: &GatewayRoute) -> Option<Draft> {
    let target = route.targets.iter().find(|t| t.service.is_some())?;
    let service = target.service.as_deref()?;
    if !context.is_read_through(service, true) {
        return None;
    }
    let name = context.service(service).map_or(service, |s| s.name.as_str());
    let methods = if route.methods.is_empty() { String::new() } else { format!("{} ", route.methods.join(",")) };
    let by = target.matched_by.as_deref().unwrap_or("name");
    let message = format!("{methods}{} leads to {name} (matched by {by}), whose code has no endpoint for it", route.path);
    let subject = format!("{} {methods}{}{}", gateway.kind, route.hosts.join(","), route.path);
    let draft = Draft::new(subject, route.at.clone(), message).service(service).severity(Severity::Low).at_most(Confidence::Medium);
    Some(
        draft
            .because("What nothing answers is forgotten, and is open to whatever is served there next.", "take the route out, or serve it"),
    )
}
