//! The controls of an endpoint, weighed from the facts of what stands on the way to its handler.
//!
//! The innermost fact counts. `no` is said only where the control is lifted, or where the whole chain was seen: the route
//! hangs on an application and everything on the way is known.

use apicensus_catalog::{Control, ControlEvidence, ControlKind, ControlState, GuardLevel, Location};
use apicensus_eval::output::{ControlFact, GuardRef, Place, Route};
use std::collections::BTreeMap;

/// The controls that stand in front of handlers whatever the endpoint takes, and which nothing but the chain and the
/// settings can bring.
const BY_CHAIN: &[ControlKind] = &[ControlKind::RateLimit, ControlKind::Cors, ControlKind::Csrf, ControlKind::Logging, ControlKind::Tls];

/// The controls of a route.
pub fn controls(route: &Route, takes_input: bool, at: &dyn Fn(&Place) -> Location) -> BTreeMap<ControlKind, Control> {
    let weigh = |kind: &ControlKind| {
        let facts: Vec<(&GuardRef, &ControlFact)> = route
            .guards
            .iter()
            .flat_map(|g| g.controls.iter().map(move |fact| (g, fact)))
            .filter(|(_, fact)| fact.control == kind.as_str())
            .collect();
        let control = match kind {
            ControlKind::Validation if !takes_input => {
                Control::of(ControlState::Unknown, Some("nothing is known that it takes".to_owned()))
            }
            _ => weighed(*kind, route, &facts, at),
        };
        (*kind, control)
    };
    ControlKind::ALL.iter().map(weigh).collect()
}

fn weighed(kind: ControlKind, route: &Route, facts: &[(&GuardRef, &ControlFact)], at: &dyn Fn(&Place) -> Location) -> Control {
    let Some((guard, last)) = facts.last() else { return unbrought(kind, route) };
    let mut control = match (&last.doubt, last.lifts) {
        // A doubt takes nothing away from what is known further out.
        (Some(doubt), _) => match facts.iter().rev().find(|(_, f)| f.doubt.is_none()) {
            Some((_, known)) if !known.lifts && kind != ControlKind::Csrf => Control::of(ControlState::Yes, None),
            _ => Control::of(ControlState::Unknown, Some(doubt.to_string())),
        },
        (None, true) => {
            let reason = last.note.as_ref().map_or_else(|| format!("`{}` lifts it here", guard.symbol), ToString::to_string);
            Control::of(ControlState::No, Some(reason))
        }
        (None, false) => Control::of(ControlState::Yes, None),
    };
    // A framework's own absence of a limit says nothing when something on the way could not be read.
    if control.state == ControlState::No && last.note.is_some() {
        control = unread(route).map_or(control, |reason| Control::of(ControlState::Unknown, Some(reason)));
    }
    if control.state == ControlState::Yes
        && let Some((_, fact)) = facts.iter().rev().find(|(_, f)| f.doubt.is_none() && !f.lifts)
    {
        control.limits = fact.limits.iter().map(ToString::to_string).collect();
        control.origins = fact.origins.iter().map(ToString::to_string).collect();
        control.credentials = fact.credentials;
    }
    let evidence = |(guard, fact): &(&GuardRef, &ControlFact)| ControlEvidence {
        level: GuardLevel::from_word(&guard.level).unwrap_or(GuardLevel::Route),
        symbol: guard.symbol.to_string(),
        at: at(&guard.place),
        lifts: fact.lifts,
    };
    control.evidence = facts.iter().map(evidence).collect();
    control
}

/// Nothing brings the control: it is not there if everything that could bring it was read.
fn unbrought(kind: ControlKind, route: &Route) -> Control {
    if !BY_CHAIN.contains(&kind) {
        return Control::of(ControlState::Unknown, Some("nothing on the way says so, and its code was not read for it".to_owned()));
    }
    match unread(route) {
        Some(reason) => Control::of(ControlState::Unknown, Some(reason)),
        None => Control::of(ControlState::No, None),
    }
}

/// What of the way to the handler could not be read.
fn unread(route: &Route) -> Option<String> {
    if route.detached || route.app.is_none() {
        return Some("nothing visible mounts its router, so what stands further out is not known".to_owned());
    }
    if route.third_party || route.handler.is_none() {
        return Some("its handler is outside of the scanned tree".to_owned());
    }
    let foreign = route.guards.iter().find(|g| g.foreign)?;
    Some(format!("`{}` is on the way and not known to any model", foreign.symbol))
}
