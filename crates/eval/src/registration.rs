//! Where a route is said to be registered, for frameworks whose reader looks for the registering call.
//!
//! A path written in the call, or in a call of a wrapper on the way, is the place. One that comes from elsewhere is the
//! place when one call registers many (a table of routes); a constant is not, the call that names it is.

use crate::output::{Methods, PathPiece, Place, Route};
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

impl World<'_> {
    /// The registering calls that take paths from several places.
    pub(crate) fn table_sites(&self) -> FxHashSet<Place> {
        let mut seen: FxHashMap<Place, FxHashSet<Place>> = FxHashMap::default();
        for object in &self.objects {
            for event in object.events.borrow().iter() {
                if let What::Route(route) = &event.what
                    && let Some(Value::Text(text)) = route.path.as_ref().map(Value::plain)
                    && let Some(place) = text.place()
                {
                    seen.entry(event.at).or_default().insert(place);
                }
            }
        }
        seen.into_iter().filter(|(_, places)| places.len() > 1).map(|(at, _)| at).collect()
    }

    /// Where a route with this path is registered.
    pub(crate) fn registered_at(&self, event: &Event, text: &Text) -> Place {
        let places: Vec<Place> = text
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Known(_, place) => place.filter(|p| p.line > 0),
                Part::Hole { .. } => None,
            })
            .collect();
        let calls = std::iter::once(&event.at).chain(event.via.iter().rev());
        for call in calls {
            if let Some(place) = places.iter().find(|p| within(p, call)) {
                return *place;
            }
        }
        if self.tables.contains(&event.at) { places.first().copied().unwrap_or(event.at) } else { event.at }
    }
}

/// Leaves out routes of a stand-in for an application that an application of the tree serves at the same path.
pub(crate) fn without_copies(routes: &mut Vec<Route>) {
    let served: FxHashSet<_> = routes.iter().filter(|r| !r.detached && !r.test).filter_map(identity).collect();
    routes.retain(|route| !route.detached || identity(route).is_none_or(|known| !served.contains(&known)));
}

/// Path, methods and place of the handler.
fn identity(route: &Route) -> Option<(String, Option<Vec<SmolStr>>, Place)> {
    let handler = route.handler.as_ref()?.place;
    let path = route.path.iter().map(|piece| match piece {
        PathPiece::Text { text, .. } => text.to_string(),
        PathPiece::Hole { label, .. } => format!("{{?{label}}}"),
    });
    let methods = match &route.methods {
        Methods::Any => None,
        Methods::Some(all) => Some(all.clone()),
    };
    Some((path.collect(), methods, handler))
}

fn within(inner: &Place, outer: &Place) -> bool {
    inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end
}
