//! Registrations on something that could not be followed: what plainly mounts routes is taken for an application.

use crate::evaluate::Family;
use crate::models::{Does, KindId};
use crate::output::{Place, TroubleKind};
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

/// Names of what runs an application and registers nothing.
const STARTERS: [&str; 7] = ["run", "serve", "start", "listen", "log", "emit", "block_on"];

impl World<'_> {
    /// `unknown.add_handlers(host, [(path, Handler), ..])`: a call whose name and arguments fit a framework's mount of route
    /// lists, on a receiver that is not known, mounts them on an assumed application.
    pub(crate) fn mounted_on_unknown(&mut self, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        if !self.vocabulary.contains(name) {
            return None;
        }
        let models = self.input.models;
        for (kind, call) in self.tuple_mounts(name) {
            let children = self.places(&models.call(kind.model, call).child, args, None);
            if children.iter().any(|c| self.holds_route_tuple(c)) {
                let object = self.make_object(Some(kind), at, None, true);
                return Some(self.call_on_object(&object, name, args.clone(), at));
            }
        }
        None
    }

    /// `view.register(app, router)`: something that is not known is given an application or router to register on.
    pub(crate) fn report_handed(&mut self, callee: &Unknown, args: &Args, at: Place) {
        let name = callee.label.rsplit('.').next().unwrap_or_default();
        // A type parameter is written like a name from outside: `T::PATHS.fold(router, ..)`.
        let is_outside = callee.callee.as_ref().is_some_and(|c| self.family != Family::Rust || !c.starts_with(char::is_uppercase));
        if is_outside || callee.label.is_empty() || STARTERS.contains(&name) {
            return;
        }
        let models = self.input.models;
        let is_handed = args.items.iter().chain(args.named.iter().map(|(_, value)| value)).any(|value| match value {
            Value::Object(o) => {
                !o.assumed && !self.decorating.iter().any(|d| d.same(value)) && o.kind.get().is_some_and(|k| !models.role(k).silent)
            }
            _ => false,
        });
        if is_handed {
            let message = format!("`{}` is given something to register on and could not be followed: {}", callee.label, callee.reason);
            self.trouble_at(TroubleKind::UnresolvedRegistration, at, message, "routes that it registers are missing");
        }
    }

    /// The calls of this name that mount lists of route tuples, in the frameworks of the tree.
    pub(crate) fn tuple_mounts(&self, name: &str) -> Vec<(KindId, u16)> {
        let models = self.input.models;
        let mut found = Vec::new();
        for (m, model) in models.of(self.family.language()) {
            if self.input.weight(m) == 0 {
                continue;
            }
            let kinds = (0..model.roles.len()).map(|role| KindId { model: m, role: role as u16 });
            for kind in kinds.filter(|kind| models.role(*kind).tuples) {
                let mounts = models.method(kind, name).iter().filter(|c| models.call(m, **c).does == Does::Mount);
                found.extend(mounts.map(|c| (kind, *c)));
            }
        }
        found
    }

    /// Whether a list has a (path, handler class) tuple.
    fn holds_route_tuple(&mut self, value: &Value) -> bool {
        let Value::List(list) = self.force(value) else { return false };
        let items = list.items.borrow().clone();
        items.iter().any(|item| {
            let Value::List(tuple) = self.force(item) else { return false };
            let handler = tuple.items.borrow().get(1).cloned();
            match handler.map(|h| self.force(&h)) {
                Some(Value::Class(class)) => self.handler_class(&class).is_some(),
                _ => false,
            }
        })
    }
}
