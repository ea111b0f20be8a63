//! finale-rest and its ancestor Epilogue: a resource of a Sequelize model is five routes on the application given at
//! initialisation, two on the plural path, three on the singular one (`lib/Resource.js`, `lib/Controllers`). They ask
//! nothing of callers but what the hooks of the resource and its actions do.
//!
//! Sub-resources of associations (`associations: true`) depend on the database's models and are a trouble.

use super::CallSite;
use crate::output::TroubleKind;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

const OPTIONS: &str = "finale.options";

/// Actions with their method and whether they are on the plural path.
const ACTIONS: &[(&str, &str, bool)] =
    &[("create", "POST", true), ("read", "GET", false), ("update", "PUT", false), ("delete", "DELETE", false), ("list", "GET", true)];

/// Runs the native of a call.
pub fn call(world: &mut World<'_>, name: &str, site: &CallSite<'_>) -> Option<Value> {
    let options = site.args.at(0).cloned()?;
    match name {
        "initialize" => {
            world.notes.insert(OPTIONS, vec![options]);
            Some(Value::Null)
        }
        _ => resource(world, &options, site),
    }
}

fn option(world: &mut World<'_>, options: &Value, name: &str) -> Option<Value> {
    world.get_attr(options, name, None).map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null | Value::Method(_)))
}

fn resource(world: &mut World<'_>, options: &Value, site: &CallSite<'_>) -> Option<Value> {
    let kind = world.input.models.kind(site.model, site.call.role.as_deref()?)?;
    let resource = world.make_object(Some(kind), site.at, None, false);
    let made = Value::Object(resource.clone());
    let setup = world.notes.get(OPTIONS).and_then(|all| all.last().cloned()).unwrap_or(Value::Null);
    let app = option(world, &setup, "app");
    let Some(Value::Object(app)) = app else {
        world.trouble_at(
            TroubleKind::UnresolvedRegistration,
            site.at,
            "the application that this resource adds its routes to could not be followed",
            "its endpoints are missing",
        );
        return Some(made);
    };
    let base = option(world, &setup, "base");
    let update = option(world, &setup, "updateMethod").and_then(|v| v.as_str());
    let actions = option(world, options, "actions").map(|list| world.items_of(&list, site.at).0);
    let actions: Option<Vec<SmolStr>> = actions.map(|all| all.iter().filter_map(Value::as_str).collect());
    let paths = paths(world, options, base.as_ref(), site)?;
    if option(world, options, "associations").is_some_and(|v| world.truth(&v) != Some(false)) {
        world.trouble_at(
            TroubleKind::Unsupported,
            site.at,
            "resources of the model's associations are added here",
            "their endpoints are missing",
        );
    }
    for (action, method, plural) in ACTIONS {
        if actions.as_ref().is_some_and(|all| !all.iter().any(|a| a == action)) {
            continue;
        }
        let method = match (&update, *action) {
            (Some(update), "update") => SmolStr::new(update.to_uppercase()),
            _ => SmolStr::new_static(method),
        };
        let route = RouteEvent {
            methods: Some(vec![method]),
            path: Some(if *plural { paths.0.clone() } else { paths.1.clone() }),
            framework: Some(SmolStr::new_static("finale")),
            third_party: true,
            bare: true,
            ..RouteEvent::default()
        };
        // The hooks of an action (`resource.list.auth(..)`) are guards of its own.

        if let Some(Value::Object(own)) = world.model_attr(&resource, action) {
            world.register(&own, What::Route(route), site.at);
        }
    }
    world.register(&app, What::Mount { prefix: None, child: made.clone(), replaces: false, route: None }, site.at);
    Some(made)
}

/// The plural and the singular path.
fn paths(world: &mut World<'_>, options: &Value, base: Option<&Value>, site: &CallSite<'_>) -> Option<(Value, Value)> {
    let given = option(world, options, "endpoints").map(|list| world.items_of(&list, site.at).0).unwrap_or_default();
    let mut paths: Vec<Value> = Vec::new();
    if given.is_empty() {
        world.trouble_at(
            TroubleKind::UnresolvedRegistration,
            site.at,
            "the paths of this resource are made of its model's name",
            "its endpoints are missing",
        );
        return None;
    }
    for path in given {
        paths.push(match base {
            Some(base) => world.binary(apicensus_syntax::BinaryOp::Add, base, &path, site.at),
            None => path,
        });
    }
    let plural = paths.first().cloned()?;
    let singular = paths.get(1).cloned().unwrap_or_else(|| plural.clone());
    Some((plural, singular))
}
