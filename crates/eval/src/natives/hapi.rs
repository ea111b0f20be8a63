//! Hapi: plugins are objects with a `register` function, given alone, in lists, or in objects with options and a prefix.

use super::CallSite;
use crate::output::Place;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// `server.register(plugins, options)`.
pub fn register(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let server = site.receiver.clone()?;
    let given = site.args.at(0)?.clone();
    let prefix = prefix_of(world, site.args.at(1));
    plugins(world, &server, &given, (prefix, None), site.at, 0);
    Some(Value::Object(server))
}

fn prefix_of(world: &mut World<'_>, options: Option<&Value>) -> Option<Value> {
    let routes = key(world, options?, "routes")?;
    key(world, &routes, "prefix")
}

fn key(world: &mut World<'_>, value: &Value, name: &str) -> Option<Value> {
    let value = world.force(value);
    let found = match &value {
        Value::Module(_) => world.member(&value, name),
        Value::Dict(_) | Value::Instance(_) | Value::Class(_) | Value::Function(_) => world.get_attr(&value, name, None),
        _ => None,
    };
    found.map(|v| world.force(&v)).filter(|v| !matches!(v, Value::Null | Value::Unknown(_)))
}

/// Runs what a value registers, with the prefix and options it is given from outside.
fn plugins(
    world: &mut World<'_>,
    server: &Rc<Object>,
    given: &Value,
    (prefix, options): (Option<Value>, Option<Value>),
    at: Place,
    depth: u32,
) {
    if depth > 6 {
        return;
    }
    let given = world.force(given);
    match &given {
        Value::List(list) => {
            let items = list.items.borrow().clone();
            for item in items {
                plugins(world, server, &item, (prefix.clone(), options.clone()), at, depth + 1);
            }
        }
        Value::Either(all) => all.iter().for_each(|one| plugins(world, server, one, (prefix.clone(), options.clone()), at, depth + 1)),
        Value::Default(inner) => plugins(world, server, inner, (prefix, options), at, depth + 1),
        Value::Unknown(_) => world.run_group(server, &given, Vec::new(), at),
        _ => {
            let register =
                key(world, &given, "register").or_else(|| key(world, &given, "default").and_then(|d| key(world, &d, "register")));
            if let Some(register) = register {
                let child = world.group_child(server, server.kind.get(), prefix, at);
                let options = options.or_else(|| key(world, &given, "options")).unwrap_or(Value::Null);
                world.run_group(&child, &register, vec![options], at);
            } else if let Some(inner) = key(world, &given, "plugin") {
                let prefix = prefix_of(world, Some(&given)).or(prefix);
                let options = key(world, &given, "options").or(options);
                plugins(world, server, &inner, (prefix, options), at, depth + 1);
            } else if let Value::Function(_) | Value::BoundFunction(_) = given {
                let child = world.group_child(server, server.kind.get(), prefix, at);
                world.run_group(&child, &given, Vec::new(), at);
            }
        }
    }
}
