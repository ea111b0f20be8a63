//! The verdict on who may call an endpoint, from the guards on the way to its handler.
//!
//! `none` is said only when the whole chain was seen: the route hangs on an application, its handler is in the tree, and
//! every guard on the way was read.

use apicensus_catalog::{Auth, AuthState, Basis, Scheme, SchemeKind};
use apicensus_eval::output::{GuardRef, Route, Says};

/// The verdict for one method of a route; the chain is added by the caller.
pub fn verdict(route: &Route, method: &str) -> Auth {
    let mut auth = Auth::unknown("");
    auth.reason = None;
    let is_safe = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let guards: Vec<&GuardRef> = in_force(route).into_iter().filter(|g| !(is_safe && g.ruling.unsafe_only)).collect();
    let strongest = guards.iter().map(|g| g.ruling.says).max().unwrap_or_default();
    auth.state = match strongest {
        Says::Required => AuthState::Required,
        Says::Unread => {
            auth.reason = reason_of(&guards, Says::Unread);
            AuthState::Unknown
        }
        // What the handler asks itself is not known when it wasn't seen.
        Says::Optional => match open_state(route, &mut auth) {
            AuthState::None => {
                auth.reason = reason_of(&guards, Says::Optional);
                AuthState::Optional
            }
            other => other,
        },
        Says::Public => AuthState::Public,
        Says::Passed => {
            auth.reason = reason_of(&guards, Says::Passed);
            AuthState::Public
        }
        Says::Nothing => open_state(route, &mut auth),
    };
    for guard in guards.iter().filter(|g| matches!(g.ruling.says, Says::Required | Says::Optional)) {
        for (kind, name) in &guard.ruling.schemes {
            let scheme = Scheme { kind: SchemeKind::from_word(kind).unwrap_or(SchemeKind::Custom), name: name.to_string() };
            if !auth.schemes.contains(&scheme) {
                auth.schemes.push(scheme);
            }
        }
        push_all(&mut auth.scopes, &guard.ruling.scopes);
        push_all(&mut auth.roles, &guard.ruling.roles);
    }
    let decisive: Vec<&&GuardRef> = guards.iter().filter(|g| g.ruling.says == strongest && strongest != Says::Nothing).collect();
    auth.inferred = !decisive.is_empty() && decisive.iter().all(|g| g.ruling.inferred);
    auth
}

/// Why the first guard that says this does.
fn reason_of(guards: &[&GuardRef], says: Says) -> Option<String> {
    guards.iter().find(|g| g.ruling.says == says).and_then(|g| g.ruling.reason.as_ref()).map(ToString::to_string)
}

/// How the effect of a guard is known; None when it has none or can't be read.
pub fn basis(guard: &GuardRef) -> Option<Basis> {
    match guard.ruling.says {
        Says::Nothing | Says::Unread => None,
        _ if guard.ruling.inferred => Some(Basis::Inferred),
        _ => Some(Basis::Recognised),
    }
}

/// What a guard says, in the words of a verdict; None when it does not decide.
pub fn says(guard: &GuardRef) -> Option<AuthState> {
    match guard.ruling.says {
        Says::Nothing => None,
        Says::Public | Says::Passed => Some(AuthState::Public),
        Says::Optional => Some(AuthState::Optional),
        Says::Unread => Some(AuthState::Unknown),
        Says::Required => Some(AuthState::Required),
    }
}

/// A declaration that a route is open, or a guard that says so of itself, overrules what stands further out.
fn in_force(route: &Route) -> Vec<&GuardRef> {
    let from = route.guards.iter().rposition(|g| g.ruling.overrides || g.ruling.says == Says::Public && !g.ruling.keeps_outer).unwrap_or(0);
    route.guards.iter().skip(from).collect()
}

/// No guard decides: open, if the whole chain was seen.
fn open_state(route: &Route, auth: &mut Auth) -> AuthState {
    let missing = if route.detached {
        "nothing visible mounts its router, so guards further out are not known"
    } else if route.lent {
        "a function that nothing visible calls gives its router, so guards further out are not known"
    } else if (route.third_party || route.handler.is_none()) && !route.bare {
        "its handler is outside of the scanned tree"
    } else {
        return AuthState::None;
    };
    auth.reason = Some(missing.to_owned());
    AuthState::Unknown
}

fn push_all(into: &mut Vec<String>, from: &[smol_str::SmolStr]) {
    for one in from {
        if !into.iter().any(|o| o == one.as_str()) {
            into.push(one.to_string());
        }
    }
}
