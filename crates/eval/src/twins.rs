//! Objects that stand for what another object stands for already: made-up runs of factories that are called elsewhere too,
//! applications that only tests set up from the code of the real one.

use crate::models::KindId;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::FunctionId;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Where an object was made, as what, and in which functions.
type Site = (Place, Option<KindId>, Vec<(ModuleId, FunctionId)>);
/// An object's site and kind, and where something was registered on it.
type Registration = (Place, Option<KindId>, Place);

/// What objects that count have.
pub(crate) struct Known {
    /// Where those were made that something mounts.
    sites: FxHashSet<Site>,
    /// What was registered on those that something mounts.
    served: FxHashSet<Registration>,
    /// What production code registered, by kind.
    own: FxHashSet<(Option<KindId>, Place)>,
}

impl World<'_> {
    /// Whether an application that runs by itself is mounted only on what a function that nothing calls would be given: it is
    /// offered to the applications of others and serves on its own all the same.
    pub(crate) fn stands_alone(&self, parent: &Object, child: &Object) -> bool {
        let is_root = child.kind.get().is_some_and(|kind| self.input.models.role(kind).root);
        parent.assumed && is_root && !child.assumed && child.entry.is_none()
    }

    /// Gathers what the objects that count have; `mounted` are the numbers of those that something mounts.
    pub(crate) fn known_objects(&self, mounted: &FxHashSet<u32>) -> Known {
        let counts = |o: &&Rc<Object>| mounted.contains(&o.id) && !crate::interp::cfg::is_test(&o.conditions);
        let own = |o: &&Rc<Object>| !o.secondary && !self.is_dropped(o.entry);
        Known {
            sites: self.objects.iter().filter(counts).map(|o| site(o)).collect(),
            served: self.objects.iter().filter(counts).flat_map(|o| registrations(o)).collect(),
            own: self.objects.iter().filter(own).flat_map(|o| registrations(o)).map(|(_, kind, at)| (kind, at)).collect(),
        }
    }

    /// Whether all that an object has is another's already.
    pub(crate) fn is_twin(&self, object: &Object, known: &Known) -> bool {
        let is_router = !object.events.borrow().is_empty() && !object.kind.get().is_some_and(|k| self.input.models.role(k).silent);
        let made_up = object.entry.is_some() || self.input.files.get(object.site.file).secondary;
        let served = || is_router && registrations(object).iter().all(|r| known.served.contains(r));
        let real = || is_router && registrations(object).iter().all(|(_, kind, at)| known.own.contains(&(*kind, *at)));
        made_up && (known.sites.contains(&site(object)) || served()) || object.secondary && real()
    }
}

fn site(object: &Object) -> Site {
    (object.site, object.kind.get(), object.makers.clone())
}

/// What an object is and where each of its registrations stands: an unmounted twin of a mounted object has no others.
fn registrations(object: &Object) -> Vec<Registration> {
    object.events.borrow().iter().map(|e| (object.site, object.kind.get(), e.at)).collect()
}
