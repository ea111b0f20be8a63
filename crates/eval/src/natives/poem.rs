//! poem-openapi: the methods of an `#[OpenApi]` impl whose `#[oai(path = "..", method = "..")]` makes them routes.

use super::CallSite;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use std::rc::Rc;

/// Deepest nesting of tuples of APIs.
const MAX_DEPTH: u32 = 6;

/// `OpenApiService::new(api, "title", "version")`: an object with the routes of the APIs.
pub(super) fn service(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    let object = super::rust_web::object(world, site, site.call.role.as_deref()?)?;
    let api = site.args.at(0)?.clone();
    add(world, &object, &api, 0);
    Some(Value::Object(object))
}

fn add(world: &mut World<'_>, object: &Rc<Object>, api: &Value, depth: u32) {
    let class = match world.force(api) {
        Value::List(list) if depth < MAX_DEPTH => {
            let items = list.items.borrow().clone();
            return items.iter().for_each(|item| add(world, object, item, depth + 1));
        }
        Value::Class(class) => class,
        Value::Instance(instance) => instance.class.clone(),
        _ => return,
    };
    let marks = class.marks.borrow().clone();
    let prefix = marks
        .iter()
        .find(|m| m.symbol.as_deref().is_some_and(|s| s.ends_with("OpenApi")))
        .and_then(|m| m.args.name("prefix_path").cloned());
    let methods: Vec<Value> = class.attrs.borrow().values().cloned().collect();
    for method in methods {
        let Value::Function(f) = &method else { continue };
        let mark = f.marks.borrow().iter().find(|m| m.symbol.as_deref().is_some_and(|s| s.rsplit('.').next() == Some("oai"))).cloned();
        let Some(mark) = mark else { continue };
        let Some(path) = mark.args.name("path").cloned() else { continue };
        let mut text = Text::default();
        for part in prefix.iter().chain([&path]) {
            let part = world.force(part);
            let part = world.to_text(&part, mark.at);
            if !text.is_empty() && text.ends_with("/") == Some(false) && part.starts_with("/") == Some(false) {
                text.push_str("/");
            }
            text.push(&part);
        }
        let verbs = mark.args.named.iter().filter(|(name, _)| name == "method").map(|(_, v)| v.clone()).collect::<Vec<_>>();
        let verbs = world.method_names(&Value::list(verbs), 0).filter(|v| !v.is_empty());
        let route = RouteEvent {
            methods: verbs,
            path: Some(Value::Text(Rc::new(text))),
            handler: Some(method.clone()),
            annotation: Some(mark.at),
            ..RouteEvent::default()
        };
        world.register(object, What::Route(route), mark.at);
    }
}
