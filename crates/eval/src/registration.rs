//! Where a route is said to be registered, for frameworks whose reader looks for the registering call.
//!
//! A path written in the call, or in a call of a wrapper on the way, is the place. One that comes from elsewhere is the
//! place when one call registers many (a table of routes); a constant is not, the call that names it is.

use crate::output::Place;
use crate::text::{Part, Text};
use crate::value::*;
use crate::world::World;
use rustc_hash::{FxHashMap, FxHashSet};

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

fn within(inner: &Place, outer: &Place) -> bool {
    inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end
}
