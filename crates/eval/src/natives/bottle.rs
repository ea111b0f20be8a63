//! Bottle: module-level functions that register on the default application.

use super::CallSite;
use crate::value::*;
use crate::world::World;

/// Where the default application is kept.
const DEFAULT: &str = "bottle.default";

/// `bottle.route(..)`, `bottle.get(..)`, `bottle.mount(..)`: the default application's method of that name; `bottle.app()`
/// and `bottle.default_app()` are that application.
pub(super) fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    let known = world.notes.get(DEFAULT).and_then(|all| all.first().cloned());
    let app = match known {
        Some(app) => app,
        None => {
            let kind = world.input.models.kind(site.model, "app")?;
            // It belongs to the process, not to the entry that came first.
            let entry = world.entry.take();
            let app = Value::Object(world.make_object(Some(kind), site.at, None, false));
            world.entry = entry;
            world.notes.insert(DEFAULT, vec![app.clone()]);
            app
        }
    };
    match name {
        "app" => Some(app),
        _ => Some(world.call_method(&app, &site.name, site.args.clone(), site.at)),
    }
}
