//! Django Ninja: routers that are named by a dotted text.

use super::CallSite;
use crate::output::TroubleKind;
use crate::value::*;
use crate::world::World;

/// `api.add_router(prefix, "package.module.router")`; a router itself is mounted as the model says.
pub(super) fn add_router(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = site.receiver.as_ref()?;
    let name = world.force(site.args.get(1, "router")?).as_str()?;
    match world.import_string(&name, site.at) {
        Some(child) => world.mount_list(object, site.args.get(0, "prefix").cloned(), &child, false, site.at, None),
        None => {
            let message = format!("the router `{name}` that is named here is not in the tree");
            world.trouble_at(TroubleKind::UnresolvedMount, site.at, message, "its endpoints are missing");
        }
    }
    Some(Value::Null)
}
