//! Django: the middleware that the settings of an application name, as guards of all that it serves. Of several settings
//! modules the first deployed one counts.

use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

const LISTS: &[&str] = &["MIDDLEWARE", "MIDDLEWARE_CLASSES"];

/// Puts the middleware in front of the patterns of a ROOT_URLCONF.
pub(super) fn guard(world: &mut World<'_>, object: &Rc<Object>, urlconf: ModuleId) {
    let Some((list, at)) = listed(world, urlconf) else { return };
    let (items, _) = world.items_of(&list, at);
    for item in items {
        let Some(name) = world.force(&item).as_str() else { continue };
        let found = world.import_string(&name, at).map(|v| world.force(&v));
        let value = match found {
            Some(found @ (Value::Class(_) | Value::Function(_))) => found,
            _ => Value::Symbol(name),
        };
        world.register(object, What::Guard { value, prefix: None, reach: Reach::All }, at);
    }
}

/// The list of the settings that name the urlconf, else of any deployed settings.
fn listed(world: &mut World<'_>, urlconf: ModuleId) -> Option<(Value, Place)> {
    let own = world.resolver.module_name(world.module(urlconf).file);
    let mut other = None;
    for index in 0..world.modules.len() {
        let id = ModuleId(index as u32);
        let (names, root) = {
            let module = world.module(id);
            if world.input.files.get(module.file).secondary {
                continue;
            }
            let names = module.scope.names.borrow();
            (LISTS.iter().find_map(|l| names.get(*l).cloned()), names.get("ROOT_URLCONF").cloned())
        };
        let Some(list) = names.map(|v| world.force(&v).plain()).filter(|v| matches!(v, Value::List(_))) else { continue };
        let at = world.module_place(id);
        let names_it = root.map(|v| world.force(&v)).and_then(|v| v.as_str()).is_some_and(|name| name == own);
        if names_it {
            return Some((list, at));
        }
        other.get_or_insert((list, at));
    }
    other
}
