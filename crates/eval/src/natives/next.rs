//! Next.js: rewrites of the configuration. One to an own route is a second path of it, one to another origin a proxy.

use super::files;
use crate::interp::attr::NOWHERE;
use crate::models::{FileRoute, Model};
use crate::output::PathPiece;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

/// Adds the routes that `rewrites()` gives; the model's own routes start at `first`.
pub fn rewrites(world: &mut World<'_>, rule: &FileRoute, package: &str, base: &[PathPiece], model: &Model, first: usize) {
    let Some(config) = files::config(world, rule, package) else { return };
    let Some(rewrites) = world.get_attr(&config, "rewrites", None) else { return };
    if !matches!(world.force(&rewrites), Value::Function(_) | Value::BoundFunction(_)) {
        return;
    }
    let result = world.call_value(&rewrites, Args::default(), NOWHERE);
    let mut rules = Vec::new();
    let result = world.force(&result);
    for alternative in result.alternatives() {
        match world.force(&alternative) {
            list @ Value::List(_) => rules.extend(world.items_of(&list, NOWHERE).0),
            phases @ Value::Dict(_) => {
                for phase in ["beforeFiles", "afterFiles", "fallback"] {
                    if let Some(list) = world.get_attr(&phases, phase, None) {
                        rules.extend(world.items_of(&list, NOWHERE).0);
                    }
                }
            }
            _ => {}
        }
    }
    for one in rules {
        rewrite(world, &one, base, model, first);
    }
}

fn rewrite(world: &mut World<'_>, one: &Value, base: &[PathPiece], model: &Model, first: usize) {
    let (Some(source), Some(destination)) = (world.get_attr(one, "source", None), world.get_attr(one, "destination", None)) else { return };
    let Value::Text(source) = world.force(&source) else { return };
    let at = source.place().unwrap_or(NOWHERE);
    let target = world.to_text(&destination, at);
    let mut path = base.to_vec();
    path.extend(world.pieces(&source, "colon", at));
    let known = target.known();
    if known.as_ref().is_some_and(|t| t.starts_with('/')) {
        let wanted = blanked(&known.unwrap_or_default());
        let routes: Vec<_> = world
            .extra_routes
            .get(first..)
            .unwrap_or_default()
            .iter()
            .filter(|r| r.framework == model.framework.as_str() && own_path(r.path.last()) == wanted)
            .cloned()
            .collect();
        for mut route in routes {
            route.path.clone_from(&path);
            route.registered_at = at;
            world.extra_routes.push(route);
        }
    } else if known.is_none() || known.is_some_and(|t| t.starts_with("http")) {
        files::push(world, model, path, None, None, true);
    }
}

fn own_path(piece: Option<&PathPiece>) -> String {
    match piece {
        Some(PathPiece::Text { text, .. }) => blanked(text),
        _ => String::new(),
    }
}

/// A path with its parameters blanked, in either syntax.
fn blanked(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<SmolStr> =
        path.split('/').map(|p| if p.starts_with([':', '[']) { SmolStr::new_static("*") } else { SmolStr::new(p) }).collect();
    parts.join("/")
}
