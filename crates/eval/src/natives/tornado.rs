//! Tornado: an application's settings, and the static files that they serve
//! (https://www.tornadoweb.org/en/stable/web.html#tornado.web.Application.settings).

use super::CallSite;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// An attribute of an application or of a route.
pub(super) fn attribute(world: &mut World<'_>, name: &str, object: &Rc<Object>) -> Option<Value> {
    if name == "regex" {
        let pattern = object.args.borrow().get(0, "pattern").cloned()?;
        return Some(world.record("Pattern", [("pattern", pattern)], object.site));
    }
    if name != "settings" {
        return None;
    }
    if let Some(known) = object.props.borrow().get("settings").cloned() {
        return Some(known);
    }
    let args = object.args.borrow().clone();
    let settings = Value::dict(args.named.iter().filter(|(n, _)| n != "handlers").cloned());
    object.props.borrow_mut().insert("settings".into(), settings.clone());
    Some(settings)
}

/// Jupyter's `url_path_join`: one slash between the pieces, those at the ends as they are
/// (https://github.com/jupyter-server/jupyter_server/blob/main/jupyter_server/utils.py).
pub(super) fn join(world: &mut World<'_>, site: &CallSite<'_>) -> Option<Value> {
    if site.args.open || site.args.items.is_empty() {
        return None;
    }
    // Of several alternatives each gives a path.
    let many = site.args.items.iter().map(|piece| world.force(piece).alternatives()).position(|all| all.len() > 1);
    if let Some(at) = many {
        let alternatives = world.force(&site.args.items[at]).alternatives();
        let each = alternatives.into_iter().filter_map(|one| {
            let mut args = site.args.clone();
            args.items[at] = one;
            joined(world, &args, site.at)
        });
        return Some(Value::either(each.collect::<Vec<_>>()));
    }
    joined(world, &site.args, site.at)
}

fn joined(world: &mut World<'_>, args: &Args, at: Place) -> Option<Value> {
    let pieces: Vec<Text> = args.items.iter().map(|piece| world.to_text(piece, at)).collect();
    let mut all = Text::default();
    if pieces[0].starts_with("/") == Some(true) {
        all.push_str("/");
    }
    let is_last = |at: usize| at + 1 == pieces.len();
    for (at, piece) in pieces.iter().enumerate() {
        let bare = piece.map_start(|s| s.trim_start_matches('/').into()).map_end(|s| s.trim_end_matches('/').into());
        if bare.is_empty() {
            continue;
        }
        if !all.is_empty() && all.ends_with("/") != Some(true) {
            all.push_str("/");
        }
        all.push(&bare);
        if is_last(at) && piece.ends_with("/") == Some(true) {
            all.push_str("/");
        }
    }
    Some(Value::Text(Rc::new(all)))
}

/// The methods of `tornado.web.RequestHandler.SUPPORTED_METHODS`.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"];

/// What handlers inherit: the methods that are served, and what stands for those that a handler doesn't define.
pub(super) fn class_attribute(world: &mut World<'_>, class: &Rc<ClassValue>, name: &str) -> Option<Value> {
    let is_list = name == "SUPPORTED_METHODS";
    if !is_list && !METHODS.iter().any(|m| m.eq_ignore_ascii_case(name)) {
        return None;
    }
    world
        .outside_bases(class)
        .iter()
        .find(|b| matches!(b.as_str(), "tornado.web.RequestHandler" | "tornado.websocket.WebSocketHandler"))?;
    Some(match is_list {
        true => Value::tuple(METHODS.iter().map(|m| Value::text(*m)).collect()),
        false => Value::Symbol(SmolStr::new_static("tornado.web.RequestHandler._unimplemented_method")),
    })
}

/// Adds the routes of static files: under `static_url_prefix`, and two well-known files.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for object in world.objects.clone() {
        let is_app = object.kind.get().is_some_and(|k| k.model == model && world.input.models.role(k).root);
        let args = object.args.borrow().clone();
        let given = args.name("static_path").map(|v| world.force(v));
        if !is_app || given.is_none_or(|v| matches!(v, Value::Null)) {
            continue;
        }
        let prefix = args.name("static_url_prefix").map(|v| world.force(v)).unwrap_or_else(|| Value::text("/static/"));
        let mut text = world.to_text(&prefix, object.site);
        text.push_str(r"(?P<path>.*)");
        for path in [Value::Text(Rc::new(text)), Value::text(r"/(favicon\.ico)"), Value::text(r"/(robots\.txt)")] {
            let route = RouteEvent {
                methods: Some(vec![SmolStr::new_static("GET")]),
                path: Some(path),
                handler: args.name("static_handler_class").cloned(),
                third_party: true,
                ..RouteEvent::default()
            };
            world.entry = object.entry;
            world.register(&object, What::Route(route), object.site);
            world.entry = None;
        }
    }
}
