//! From framework objects and their events to routes: mounts are walked from every application, prefixes joined by each
//! framework's rule, conditions and guards collected on the way.

use crate::evaluate::Family;
use crate::guard::reach::{Reaching, here};
use crate::models::Join;
use crate::output::*;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::rc::Rc;

/// Mounts nested deeper are cut with a trouble.
pub(crate) const MAX_DEPTH: usize = 24;
/// Endpoints of one application.
pub(crate) const MAX_ROUTES: usize = 20_000;
/// Routers walked by one assembly at most, each as often as it is mounted.
const MAX_WALKS: usize = 60_000;

/// What has been gathered on the way to an object.
#[derive(Clone, Default)]
pub(crate) struct Way {
    pub(crate) path: Vec<PathPiece>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) guards: Vec<Reaching>,
    /// Answers of all routes on the way, by status.
    pub(crate) answers: Vec<Value>,
    pub(crate) trail: Vec<Step>,
    pub(crate) app: Option<Place>,
    pub(crate) detached: bool,
    pub(crate) lent: bool,
    pub(crate) stack: Vec<u32>,
}

impl World<'_> {
    /// Makes the census of this world.
    pub(crate) fn assemble(mut self) -> Census {
        let mounted = self.mounted();
        self.tables = self.table_sites();
        let known = self.known_objects(&mounted);
        let mut routes = std::mem::take(&mut self.extra_routes);
        let mut stats = Stats {
            evaluated: self.modules.iter().filter(|m| m.state == crate::world::RunState::Done && m.parent.is_none()).count(),
            steps: self.steps,
            ..Stats::default()
        };
        for object in self.objects.clone() {
            let Some(kind) = object.kind.get() else { continue };
            let models = self.input.models;
            let role = models.role(kind);
            let single = object.props.borrow().contains_key("@single");
            if single || self.is_dropped(object.entry) {
                continue;
            }
            let is_router = !object.events.borrow().is_empty() && !role.silent;
            stats.routers += usize::from(is_router);
            let is_mounted = mounted.contains(&object.id);
            stats.mounted += usize::from(is_router && (is_mounted || role.root && !object.assumed));
            let detached = object.assumed || !role.root;
            if is_mounted || role.silent || detached && self.is_installed(object.site.file) || self.is_twin(&object, &known) {
                continue;
            }
            let app = (!detached).then_some(object.called_at.unwrap_or(object.site));
            let lent = role.lent && object.entry.is_some() && self.given.contains(&object.id);
            let way = Way { app, detached, lent, ..Way::default() };
            let mut found = Vec::new();
            self.walk(&object, &way, false, &mut found);
            // How the process was started decides whether the application is there, not what it serves.
            let started: Vec<Rc<Condition>> = object.conditions.iter().filter(|c| self.start_tests.contains(&c.place)).cloned().collect();
            for route in &mut found {
                route.conditions.retain(|c| !started.iter().any(|s| s.as_ref() == c));
            }
            routes.append(&mut found);
        }
        self.unmounted_annotations(&mut routes);
        crate::registration::without_copies(&mut routes);
        self.report_missed();
        let outbound = self.outbound();
        let troubles = self.take_troubles();
        let schemas = self.schemas.into_iter().map(|(name, (_, schema))| (name, schema)).collect();
        Census { routes, troubles, stats, outbound, schemas, ..Census::default() }
    }

    pub(crate) fn is_dropped(&self, entry: Option<EntryId>) -> bool {
        entry.is_some_and(|e| self.dropped.contains(&e))
    }

    /// The numbers of all objects that something mounts.
    pub(crate) fn mounted(&mut self) -> FxHashSet<u32> {
        let mut mounted = FxHashSet::default();
        let models = self.input.models;
        let mut loose: Vec<(u32, u32)> = Vec::new();
        let has_operations = self.has_operations();
        for object in self.objects.clone() {
            let events: Vec<Rc<Event>> = object.events.borrow().clone();
            let mut children: Vec<Value> = self.live_extras(&object);
            let is_silent = object.kind.get().is_some_and(|k| models.role(k).silent);
            let served = if has_operations { self.served_operations(&object) } else { Vec::new() };
            for served in served {
                if is_silent {
                    loose.push((object.id, served));
                } else {
                    mounted.insert(served);
                }
            }
            for event in events {
                if let What::Mount { child, .. } = &event.what
                    && !self.is_dropped(event.entry)
                    && (!crate::interp::cfg::is_test(&event.conditions) || crate::interp::cfg::is_test(&object.conditions))
                {
                    children.push(child.clone());
                }
            }
            for child in children {
                for router in self.mount_children(&child, 0) {
                    if let Value::Object(o) = router
                        && o.id != object.id
                    {
                        let loosely = object.kind.get().is_some_and(|k| models.role(k).silent) || self.stands_alone(&object, &o);
                        if loosely && o.kind.get().is_some_and(|k| models.role(k).root) {
                            loose.push((object.id, o.id));
                        } else {
                            mounted.insert(o.id);
                        }
                    }
                }
            }
        }
        // A value that mounts an application counts where it is mounted itself.
        loop {
            let more: Vec<u32> = loose.iter().filter(|(by, of)| mounted.contains(by) && !mounted.contains(of)).map(|l| l.1).collect();
            if more.is_empty() {
                return mounted;
            }
            mounted.extend(more);
        }
    }

    /// What a mounted value stands for: objects, handlers.
    pub(crate) fn mount_children(&mut self, child: &Value, depth: u32) -> Vec<Value> {
        if depth > 6 {
            return Vec::new();
        }
        match self.force(child) {
            Value::Instance(instance) => {
                let fields: Vec<Value> = instance.fields.borrow().values().cloned().collect();
                let found: Vec<Value> = fields.into_iter().filter(|v| matches!(v, Value::Object(_))).collect();
                if found.is_empty() { vec![Value::Instance(instance)] } else { found }
            }
            Value::List(list) => {
                let items = list.items.borrow().clone();
                items.iter().flat_map(|v| self.mount_children(v, depth + 1)).collect()
            }
            Value::Either(all) => all.iter().flat_map(|v| self.mount_children(v, depth + 1)).collect(),
            value @ (Value::Object(_) | Value::Function(_) | Value::Class(_) | Value::BoundFunction(_)) => vec![value],
            other => {
                let routers = self.routers_in(&other, 0);
                if routers.is_empty() { vec![other] } else { routers }
            }
        }
    }

    pub(crate) fn walk(&mut self, object: &Rc<Object>, way: &Way, ignore_prefix: bool, out: &mut Vec<Route>) {
        let Some(kind) = object.kind.get() else { return };
        if way.stack.contains(&object.id) {
            return;
        }
        self.walked += 1;
        if way.stack.len() >= MAX_DEPTH || out.len() >= MAX_ROUTES || self.walked > MAX_WALKS {
            self.trouble_at(
                TroubleKind::Bound,
                object.site,
                "routers are mounted in each other too deeply or too often",
                "some of their endpoints were left out",
            );
            return;
        }
        let models = self.input.models;
        let model = models.model(kind.model);
        let role = models.role(kind);
        let join = role.join.unwrap_or(model.join);
        let mut way = way.clone();
        way.stack.push(object.id);
        add_conditions(&mut way.conditions, &object.conditions);
        let own = object.prefix.borrow().clone();
        if let (Some(prefix), false) = (own, ignore_prefix) {
            let mut texts = self.texts(&prefix, object.site);
            if texts.is_empty() {
                texts.push(Text::default());
            }
            for text in texts {
                let gives = self.pieces(&text, &model.style, object.site);
                let mut way = way.clone();
                way.path = join_path(&way.path, &gives, mounts(join));
                way.trail.push(Step { place: object.site, what: "prefix".into(), gives });
                self.walk_events(object, way, join, out);
            }
            return;
        }
        self.walk_events(object, way, join, out);
    }

    pub(crate) fn walk_events(&mut self, object: &Rc<Object>, mut way: Way, join: Join, out: &mut Vec<Route>) {
        let Some(kind) = object.kind.get() else { return };
        let model = self.input.models.model(kind.model);
        let mut events: Vec<Rc<Event>> = object.events.borrow().iter().filter(|e| !self.is_dropped(e.entry)).cloned().collect();
        for extra in self.live_extras(object) {
            events.push(Rc::new(Event {
                what: What::Mount { prefix: None, child: extra, replaces: false, route: None },
                at: object.site,
                conditions: Rc::default(),
                entry: None,
                via: Vec::new(),
            }));
        }
        let holes = self.hole_mounts(&events);
        way.guards.extend(self.object_controls(object).into_iter().map(|guard| here(guard, Value::Null)));
        let answers = self.input.models.role(kind).responses.clone();
        if answers.is_some() {
            let args = object.args.borrow().clone();
            way.answers.extend(self.places(&answers, &args, None));
        }
        let mut guards = self.router_guards(&events, &way.guards, &way.path, join, &model.style);
        let mut seen: FxHashSet<(usize, String)> = FxHashSet::default();
        for (index, event) in events.iter().enumerate() {
            way.guards = guards.at(index);
            match &event.what {
                What::Guard { .. } => self.meet_guard(&mut guards, event, &way.path, join, &model.style),
                What::Route(route) => self.emit(object, event, route, &way, join, &model.style, &model.framework, out),
                What::Mount { prefix, child, replaces, route } => {
                    let texts = match prefix {
                        Some(prefix) => self.path_texts(prefix, event.at),
                        None => vec![(Text::default(), false)],
                    };
                    for (text, is_regex) in texts {
                        let child_key = child_key(child);
                        if child_key != 0
                            && (!seen.insert((child_key, text.show())) || (text.known().is_none() && holes.contains(&child_key)))
                        {
                            continue;
                        }
                        let prefix = (&text, is_regex);
                        self.mount(object, event, prefix, child, *replaces, route.as_ref(), &way, join, out);
                    }
                }
            }
        }
    }

    /// Children that are mounted both under a known prefix and under one with a hole: the known one counts.
    pub(crate) fn hole_mounts(&mut self, events: &[Rc<Event>]) -> FxHashSet<usize> {
        let mut known: FxHashMap<usize, (bool, bool)> = FxHashMap::default();
        for event in events {
            if let What::Mount { prefix: Some(prefix), child, .. } = &event.what
                && child_key(child) != 0
            {
                let ptr = child_key(child);
                for text in self.texts(prefix, event.at) {
                    let entry = known.entry(ptr).or_default();
                    if text.known().is_some() { entry.0 = true } else { entry.1 = true }
                }
            }
        }
        known.into_iter().filter(|(_, (known, hole))| *known && *hole).map(|(ptr, _)| ptr).collect()
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn mount(
        &mut self,
        object: &Rc<Object>,
        event: &Rc<Event>,
        (prefix, is_regex): (&Text, bool),
        child: &Value,
        replaces: bool,
        route: Option<&RouteEvent>,
        way: &Way,
        join: Join,
        out: &mut Vec<Route>,
    ) {
        let models = self.input.models;
        let Some(kind) = object.kind.get() else { return };
        let model = models.model(kind.model);
        let style = if is_regex { Some(SmolStr::new_static("pattern")) } else { route.and_then(|r| r.style.clone()) };
        let style = style.unwrap_or_else(|| SmolStr::new(&model.style));
        let gives = self.pieces(prefix, &style, event.at);
        if matches!(self.force(child), Value::List(list) if list.open.get()) {
            self.trouble_at(
                TroubleKind::UnresolvedMount,
                event.at,
                "some items of this list of routes could not be followed",
                "their endpoints are missing",
            );
        }
        let mut inner = way.clone();
        inner.path = join_path(&way.path, &gives, mounts(join));
        add_conditions(&mut inner.conditions, &event.conditions);
        for place in &event.via {
            inner.trail.push(Step { place: *place, what: "call".into(), gives: Vec::new() });
        }
        inner.trail.push(Step { place: event.at, what: "mount".into(), gives });
        for guard in route.iter().flat_map(|r| &r.guards) {
            let made = self.guard_ref(guard, event.at, "mount");
            inner.guards.push(here(made, guard.clone()));
        }
        inner.answers.extend(route.and_then(|r| r.told.as_ref()).and_then(|t| t.responses.clone()));
        let route = route.filter(|r| !r.guards_only);
        for child in self.mount_children(child, 0) {
            match &child {
                Value::Object(o) if way.stack.len() == 1 && self.stands_alone(object, o) => {}
                Value::Object(o) => self.walk(&o.clone(), &inner, replaces, out),
                Value::Function(_) | Value::Class(_) | Value::BoundFunction(_) | Value::Instance(_) => match route {
                    Some(route) => {
                        let route = RouteEvent { handler: Some(child.clone()), path: None, guards: Vec::new(), ..route.clone() };
                        self.emit(object, event, &route, &inner, join, &model.style, &model.framework, out);
                    }
                    None => self.mounted_function(object, event, &child, &inner, join, out),
                },
                other => self.unmountable(other, event.at),
            }
        }
    }

    /// Says what was mounted but could not be followed.
    pub(crate) fn unmountable(&mut self, child: &Value, at: Place) {
        let message = match child {
            Value::Unknown(u) if u.callee.is_none() => {
                format!("`{}` is mounted here but could not be followed: {}", u.label, u.reason)
            }
            Value::Lazy(_) => "what is mounted here is hidden by an import cycle".to_owned(),
            _ => return,
        };
        self.trouble_at(TroubleKind::UnresolvedMount, at, message, "its endpoints are missing");
    }

    /// A function mounted without route facts: its annotations may make it a route (Rust attribute macros).
    pub(crate) fn mounted_function(
        &mut self,
        object: &Rc<Object>,
        event: &Rc<Event>,
        child: &Value,
        way: &Way,
        join: Join,
        out: &mut Vec<Route>,
    ) {
        let models = self.input.models;
        for (m, route) in self.annotated_routes(child) {
            let model = models.model(m);
            let (style, framework) = (model.style.clone(), model.framework.clone());
            self.emit(object, event, &route, way, join, &style, &framework, out);
        }
    }

    /// Routes that stand in annotations of functions that nothing mounts.
    pub(crate) fn unmounted_annotations(&mut self, out: &mut Vec<Route>) {
        if self.family != Family::Rust {
            return;
        }
        let mut seen: FxHashSet<(ModuleId, apicensus_syntax::FunctionId)> = FxHashSet::default();
        for closure in self.closures.clone() {
            if closure.marks.borrow().is_empty() || !seen.insert((closure.module, closure.function)) {
                continue;
            }
            for (m, route) in self.annotated_routes(&Value::Function(closure.clone())) {
                let models = self.input.models;
                let model = models.model(m);
                let (Some(at), Some(role)) = (route.annotation, model.roles.keys().next()) else { continue };
                if self.emitted.contains(&at) {
                    continue;
                }
                let object = self.make_object(models.kind(m, role), at, None, true);
                let event = Rc::new(Event {
                    what: What::Route(route.clone()),
                    at,
                    conditions: closure.conditions.clone(),
                    entry: None,
                    via: Vec::new(),
                });
                let way = Way { detached: true, ..Way::default() };
                self.emit(&object, &event, &route, &way, model.join, &model.style, &model.framework, out);
            }
        }
    }
}

/// The identity of a mounted child: the object it is, also as one of several alternatives; 0 for none.
pub(crate) fn child_key(child: &Value) -> usize {
    match child {
        Value::Either(all) => all.iter().find(|v| matches!(v, Value::Object(_))).and_then(Value::ptr).unwrap_or(0),
        Value::Default(inner) => child_key(inner),
        other => other.ptr().unwrap_or(0),
    }
}

pub(crate) fn add_conditions(into: &mut Vec<Condition>, more: &Conditions) {
    for condition in more.iter() {
        let same = |c: &Condition| c == condition.as_ref() || (c.text == condition.text && c.text.starts_with("cfg("));
        if !into.iter().any(same) {
            into.push(condition.as_ref().clone());
        }
    }
}

/// How mounts join where routes join like this.
pub(crate) fn mounts(join: Join) -> Join {
    if join == Join::ConcatIndex { Join::Slash } else { join }
}

/// The handler as the model wants it told: where it is defined or where it is registered.
pub(crate) fn handler_at(handler: Option<HandlerRef>, at_registration: bool, registered_at: Place, label: &SmolStr) -> Option<HandlerRef> {
    if !at_registration {
        return handler;
    }
    match handler {
        Some(handler) => Some(HandlerRef { defined: Some(handler.place), place: registered_at, ..handler }),
        None => Some(HandlerRef { place: registered_at, defined: None, symbol: label.clone(), summary: None, deprecated: false }),
    }
}

/// Takes the slash off the end of a path that is more than that slash.
pub(crate) fn trim_end(path: &mut [PathPiece]) {
    let longer = path.len() > 1;
    if let Some(PathPiece::Text { text, .. }) = path.last_mut()
        && (longer || text.len() > 1)
    {
        *text = SmolStr::new(text.trim_end_matches('/'));
    }
}

/// Joins a path to a prefix by a framework's rule.
pub(crate) fn join_path(prefix: &[PathPiece], path: &[PathPiece], join: Join) -> Vec<PathPiece> {
    let mut out = prefix.to_vec();
    let mut path = path.to_vec();
    let is_slash = matches!(path.as_slice(), [PathPiece::Text { text, .. }] if text == "/");
    match join {
        Join::Concat => {}
        Join::Trim => {
            if let Some(PathPiece::Text { text, .. }) = out.last_mut().filter(|_| !path.is_empty()) {
                *text = SmolStr::new(text.strip_suffix('/').unwrap_or(text));
            }
        }
        Join::ConcatIndex | Join::Index if is_slash && !out.is_empty() => path.clear(),
        Join::Loose if is_slash && !out.is_empty() => {
            path.clear();
            trim_end(&mut out);
        }
        Join::ConcatIndex => {
            // `/prefix/` and `/path` have one slash between.
            if let (Some(PathPiece::Text { text: before, .. }), Some(PathPiece::Text { text: after, .. })) = (out.last_mut(), path.first())
                && after.starts_with('/')
                && let Some(trimmed) = before.strip_suffix('/').map(SmolStr::new)
            {
                *before = trimmed;
            }
        }
        Join::Slash | Join::Index | Join::Loose => {
            if path.is_empty() {
                return out;
            }
            if let Some(PathPiece::Text { text, .. }) = out.last_mut() {
                let trimmed = text.trim_end_matches('/');
                if trimmed.len() != text.len() {
                    *text = SmolStr::new(trimmed);
                }
            }
            out.retain(|p| !matches!(p, PathPiece::Text { text, .. } if text.is_empty()));
            // A regular expression below a prefix starts where the prefix ends.
            if let Some(PathPiece::Text { text, style, .. }) = path.first_mut()
                && style == "pattern"
                && !out.is_empty()
            {
                *text = SmolStr::new(text.trim_start_matches('^'));
            }
            if let Some(PathPiece::Text { text, style, .. }) = path.first_mut()
                && !text.starts_with(['/', '?'])
                && !(style == "regex" && text.starts_with('^') || style == "pattern")
            {
                *text = SmolStr::new(format!("/{text}"));
            }
        }
    }
    out.extend(path);
    out
}
