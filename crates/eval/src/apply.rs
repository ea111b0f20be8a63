//! What modelled calls do to framework objects.

use crate::models::{Call, Does, Entry, KindId};
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

/// The role of an object that stands for one event of another.
pub(crate) const SINGLE: &str = "@single";

impl World<'_> {
    /// Calls a modelled symbol; None when no model has a use for the call.
    pub(crate) fn model_call(&mut self, symbol: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        let models = self.input.models;
        for entry in models.called(symbol) {
            match *entry {
                Entry::Make(kind) => {
                    let object = self.make_object(Some(kind), at, None, false);
                    self.model_construct(&object, symbol, args.clone(), at);
                    return Some(Value::Object(object));
                }
                Entry::Call(m, c) => {
                    let name = SmolStr::new(symbol.rsplit('.').next().unwrap_or(symbol));
                    if let Some(value) = self.apply(m, c, None, &name, args, at) {
                        return Some(value);
                    }
                }
                Entry::Annotation(..) | Entry::Class(..) => {}
            }
        }
        None
    }

    /// Gives a new object what its constructor says.
    pub(crate) fn model_construct(&mut self, object: &Rc<Object>, symbol: &SmolStr, args: Args, at: Place) {
        let Some(kind) = object.kind.get() else { return };
        let models = self.input.models;
        let role = models.role(kind);
        object.props.borrow_mut().entry("@symbol".into()).or_insert_with(|| Value::text(symbol.clone()));
        if let Some(place) = &role.prefix {
            let found = place.find(&args, &mut |v, k| self.get_attr(v, k, None), &path_like);
            if let Some((prefix, _)) = found
                && !matches!(prefix, Value::Null)
            {
                *object.prefix.borrow_mut() = Some(prefix);
            }
        }
        if object.prefix.borrow().is_none()
            && let Some(default) = &role.default_prefix
        {
            let first = args.at(0).cloned().unwrap_or(Value::Null);
            let text = match default.split_once("$0") {
                Some((before, after)) => {
                    let mut text = Text::plain(before.into(), None);
                    let inner = self.to_text(&first, at);
                    text.push(&inner);
                    text.push_str(after);
                    text
                }
                None => Text::plain(default.as_str().into(), None),
            };
            *object.prefix.borrow_mut() = Some(Value::Text(Rc::new(text)));
        }
        if let Some(place) = &role.children {
            let children = place.all(&args, None, &mut |v, k| self.get_attr(v, k, None));
            for child in children {
                self.mount_list(object, None, &child, false, at, None);
            }
        }
        let mut guards = self.given_guards(&role.middleware, &args, None);
        guards.extend(self.guards_given(&role.guards, role.guards_by.as_deref(), &args, None));
        guards.extend(self.own_guard(&role.own_guards, &args));
        for value in guards {
            self.register(object, What::Guard { value, prefix: None, reach: Reach::All }, at);
        }
        if let Some(attach) = &role.attach {
            let to = attach.to.find(&args, &mut |v, k| self.get_attr(v, k, None), &path_like).map(|f| self.force(&f.0));
            let prefix = attach.prefix.as_ref().and_then(|p| p.find(&args, &mut |v, k| self.get_attr(v, k, None), &path_like)).map(|f| f.0);
            if let Some(Value::Object(parent)) = to {
                self.register(&parent, What::Mount { prefix, child: Value::Object(object.clone()), replaces: false, route: None }, at);
            }
        }
        *object.args.borrow_mut() = args;
    }

    /// An attribute that the model gives an object; methods are bound names.
    pub(crate) fn model_attr(&mut self, object: &Rc<Object>, name: &str) -> Option<Value> {
        let bound =
            || Some(Value::Method(Rc::new(Bound { receiver: Value::Object(object.clone()), name: name.into(), args: Args::default() })));
        let Some(kind) = object.kind.get() else {
            return match name {
                // An assumed router's router is itself.
                "router" => Some(Value::Object(object.clone())),
                _ => bound(),
            };
        };
        let models = self.input.models;
        let role = models.role(kind);
        match role.attributes.get(name).map(String::as_str) {
            Some("self") => Some(Value::Object(object.clone())),
            Some("routes") => self.live_list(object).map(Value::List),
            Some(native) if native.starts_with("native:") => crate::natives::attribute(self, &native[7..], object).or_else(bound),
            Some(outside) if outside.starts_with("symbol:") => Some(Value::Symbol(SmolStr::new(&outside[7..]))),
            Some("list:self") => Some(Value::list(vec![Value::Object(object.clone())])),
            Some("prefix") => Some(object.prefix.borrow().clone().unwrap_or_else(|| Value::text(""))),
            Some(argument) if argument.starts_with("arg:") => {
                let place = crate::models::Place::parse(&argument[4..])?;
                let args = object.args.borrow().clone();
                place.find(&args, &mut |v, k| self.get_attr(v, k, None), &path_like).map(|f| f.0).or(Some(Value::Null))
            }
            Some(role) => {
                let kind = models.kind(kind.model, role)?;
                let child = self.make_object(Some(kind), object.site, None, false);
                self.register(
                    object,
                    What::Mount { prefix: None, child: Value::Object(child.clone()), replaces: false, route: None },
                    object.site,
                );
                object.props.borrow_mut().insert(name.into(), Value::Object(child.clone()));
                Some(Value::Object(child))
            }
            None => bound(),
        }
    }

    /// Calls a method on a framework object.
    pub(crate) fn call_on_object(&mut self, object: &Rc<Object>, name: &SmolStr, args: Args, at: Place) -> Value {
        let name = name.strip_prefix("super.").map_or_else(|| name.clone(), SmolStr::new);
        if object.kind.get().is_none() {
            self.choose_framework(object, &name, &args, at);
        }
        let Some(kind) = object.kind.get() else {
            let callee = Value::unknown(name, "its receiver is not known", Some(at));
            return self.unknown_call(&callee, args, at);
        };
        let models = self.input.models;
        if matches!(name.as_str(), "__init__" | "constructor") {
            let symbol = object.class.clone().and_then(|c| self.modelled_base(&c)).map_or_else(SmolStr::default, |b| b.0);
            self.model_construct(object, &symbol, args, at);
            return Value::Null;
        }
        for call in models.method(kind, &name) {
            if let Some(value) = self.apply(kind.model, *call, Some(object), &name, &args, at) {
                return value;
            }
        }
        self.method_control(object, &name, &args, at);
        if let Some(outside) = models.role(kind).attributes.get(name.as_str()).and_then(|a| a.strip_prefix("symbol:")) {
            return self.call_symbol(&SmolStr::new(outside), args, at);
        }
        let fluent = models.role(kind).fluent;
        if let Some(given) = self.call_extension(&Value::Object(object.clone()), &name, &args, at) {
            // What could not be followed is taken to give the receiver back.
            let is_found = self.force(&given).alternatives().iter().any(|v| matches!(v, Value::Object(o) if !o.assumed));
            return if fluent && !is_found { Value::Object(object.clone()) } else { given };
        }
        if fluent {
            self.run_object_callbacks(&args, at);
            return Value::Object(object.clone());
        }
        let callee = Value::unknown(format!("{}.{name}", models.role_name(kind)), "the method is not in the framework's model", Some(at));
        self.unknown_call(&callee, args, at)
    }

    pub(crate) fn run_object_callbacks(&mut self, args: &Args, at: Place) {
        let nothing = Value::unknown("", "", Some(at));
        self.unknown_call(&nothing, args.clone(), at);
    }

    /// Calls a framework object itself.
    pub(crate) fn call_object(&mut self, object: &Rc<Object>, args: Args, at: Place) -> Value {
        if object.kind.get().is_none() {
            let callee = Value::unknown("", "its callee is not known", Some(at));
            return self.unknown_call(&callee, args, at);
        }
        self.call_on_object(object, &SmolStr::new_static("()"), args, at)
    }

    /// Finds out what an assumed router is by the method called on it.
    pub(crate) fn choose_framework(&mut self, object: &Rc<Object>, name: &SmolStr, args: &Args, _at: Place) {
        let models = self.input.models;
        let mut best: Option<(usize, KindId)> = None;
        for (m, model) in models.of(self.family.language()) {
            let weight = self.input.weight(m);
            if weight == 0 {
                continue;
            }
            for (r, role) in model.roles.values().enumerate() {
                let kind = KindId { model: m, role: r as u16 };
                let calls = models.method(kind, name);
                let fits = calls.iter().any(|c| {
                    let call = models.call(m, *c);
                    args.items.len() >= call.min_args && (!call.when_path || args.items.first().is_some_and(path_like))
                });
                let weight = weight * 2 + usize::from(role.root);
                if fits && best.is_none_or(|(w, _)| weight > w) {
                    best = Some((weight, kind));
                }
            }
        }
        if let Some((_, kind)) = best {
            object.kind.set(Some(kind));
        }
    }

    /// Applies a call of a model; None when its conditions don't hold.
    pub(crate) fn apply(&mut self, m: u16, c: u16, receiver: Option<&Rc<Object>>, name: &SmolStr, args: &Args, at: Place) -> Option<Value> {
        let models = self.input.models;
        let call = models.call(m, c);
        if call.each
            && let Some(Value::List(list)) = args.at(0).map(|v| self.force(v))
        {
            return Some(self.apply_each(m, c, receiver, name, args, &list, at));
        }
        if args.items.len() < call.min_args && !args.open || call.max_args.is_some_and(|most| args.items.len() > most) {
            return None;
        }
        let path = call.path.as_ref().and_then(|p| p.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like));
        if let Some(place) = &call.when {
            let (value, _) = place.find(args, &mut |v, k| self.get_attr(v, k, None), &path_like)?;
            let value = self.force(&value);
            if matches!(value, Value::Null | Value::Bool(false)) {
                return None;
            }
        }
        if call.when_path && !path.as_ref().is_some_and(|(v, at)| path_like(v) || self.registers_surely(v, *at, args)) {
            return None;
        }
        let taken = path.as_ref().and_then(|(_, at)| *at);
        let path = path.map(|(v, _)| v).or_else(|| call.default_path.as_deref().map(Value::text));
        if call.decorator && call.does != Does::Native {
            return Some(Value::Pending(Rc::new(Pending {
                receiver: receiver.map_or(Value::Null, |o| Value::Object(o.clone())),
                spec: (m, c),
                name: name.clone(),
                args: args.clone(),
                at,
            })));
        }
        let value = match call.does {
            Does::Route => {
                let object = receiver?;
                // Several paths in one call (`add_resource(View, "/a", "/b")`).
                let several = call.path.as_ref().map_or_else(Vec::new, |p| p.all(args, None, &mut |v, k| self.get_attr(v, k, None)));
                let path = if several.len() > 1 { Some(Value::list(several)) } else { path };
                let route = self.route_event(call, object, name, args, path, taken, None);
                let what = match &route.handler {
                    // A router that handles a path sees the whole of it.
                    Some(Value::Object(router)) if call.unless_passes && route.methods.is_none() && self.holds_routes(router) => {
                        let guarded = RouteEvent { guards: route.guards.clone(), guards_only: true, ..RouteEvent::default() };
                        let route = (!route.guards.is_empty()).then_some(guarded);
                        What::Mount { prefix: None, child: Value::Object(router.clone()), replaces: false, route }
                    }
                    Some(handler) if call.unless_passes && self.passes_on(handler) => {
                        What::Guard { value: handler.clone(), prefix: route.path, reach: Reach::After }
                    }
                    _ => What::Route(route),
                };
                self.register(object, what, at);
                self.returned(call, object, None)
            }
            Does::Mount => {
                let object = receiver?;
                let prefix = self.prefix_of(call, args).or(path);
                for child in self.places(&call.child, args, taken) {
                    let route = self.route_for_child(call, name, args);
                    self.mount_list(object, prefix.clone(), &child, call.replaces && prefix.is_some(), at, route);
                }
                self.returned(call, object, None)
            }
            Does::Use => {
                let object = receiver?;
                let children = self.places(&call.child, args, taken);
                self.use_values(object, path, children, at);
                self.returned(call, object, None)
            }
            Does::Serve => {
                self.places(&call.child, args, taken).iter().for_each(|value| self.report_served(value, at));
                return None;
            }
            Does::Guard => {
                let object = receiver?;
                let reach = match call.applies.as_deref() {
                    Some("all") => Reach::All,
                    Some("before") => Reach::Before,
                    _ => Reach::After,
                };
                let guards = self.call_guards(call, args, taken);
                for value in guards.iter().cloned() {
                    let given = args.items.iter().position(|v| v.same(&value)).and_then(|at| self.given_control(args, at));
                    let value = given.unwrap_or(value);
                    self.register(object, What::Guard { value, prefix: path.clone(), reach }, at);
                }
                if let (Some("handler"), Some(first)) = (call.returns.as_deref(), guards.first()) {
                    return Some(first.clone());
                }
                self.returned(call, object, None)
            }
            Does::Attach => {
                let object = receiver?;
                let prefix = self.prefix_of(call, args).or(path);
                for parent in self.places(&call.child, args, taken) {
                    if let Value::Object(parent) = self.force(&parent) {
                        self.register(
                            &parent,
                            What::Mount { prefix: prefix.clone(), child: Value::Object(object.clone()), replaces: false, route: None },
                            at,
                        );
                    }
                }
                Value::Null
            }
            Does::Make | Does::RouteValue | Does::Mounted => self.made(m, call, name, args, path, taken, at)?,
            Does::Child => {
                let object = receiver?;
                let kind = models.kind(m, call.role.as_deref()?)?;
                let child = self.make_object(Some(kind), at, None, false);
                child.props.borrow_mut().insert("@symbol".into(), Value::text(name.clone()));
                let prefix = self.prefix_of(call, args).or(path);
                if models.role(kind).default_prefix.is_some() {
                    // `api.namespace("todos")` makes what `Namespace("todos")` makes.
                    self.model_construct(&child, name, args.clone(), at);
                }
                let guards = self.given_guards(&call.guards, args, taken);
                let route = (!guards.is_empty()).then(|| RouteEvent { guards, guards_only: true, ..RouteEvent::default() });
                self.register(object, What::Mount { prefix, child: Value::Object(child.clone()), replaces: false, route }, at);
                self.returned(call, object, Some(&child))
            }
            Does::Group => {
                self.plugin_control(receiver?, args, at);
                self.group(m, call, receiver?, args, (path, taken), at)
            }
            Does::Prefix => {
                let object = receiver?;
                *object.prefix.borrow_mut() = self.prefix_of(call, args).or(path);
                Value::Object(object.clone())
            }
            Does::Wrap => self.wrap_value(call, args, taken)?,
            Does::Same => Value::Object(receiver?.clone()),
            Does::Native => {
                return crate::natives::call(
                    self,
                    call.native.as_deref()?,
                    &crate::natives::CallSite {
                        model: m,
                        call,
                        receiver: receiver.cloned(),
                        name: name.clone(),
                        args: args.clone(),
                        path,
                        at,
                    },
                );
            }
            Does::Compose | Does::Nothing => return None,
        };
        Some(value)
    }

    pub(crate) fn made(
        &mut self,
        m: u16,
        call: &Call,
        name: &SmolStr,
        args: &Args,
        path: Option<Value>,
        taken: Option<usize>,
        at: Place,
    ) -> Option<Value> {
        let kind = self.input.models.kind(m, call.role.as_deref()?)?;
        let object = self.make_object(Some(kind), at, None, false);
        object.props.borrow_mut().insert("@symbol".into(), Value::text(name.clone()));
        *object.args.borrow_mut() = args.clone();
        match call.does {
            Does::Mounted => {
                let prefix = self.prefix_of(call, args).or(path);
                for child in self.places(&call.child, args, taken) {
                    let route = self.route_for_child(call, name, args);
                    self.mount_list(&object, prefix.clone(), &child, call.replaces, at, route);
                }
            }
            _ if call.handler.is_some() || call.does == Does::RouteValue => {
                let route = self.route_event(call, &object, name, args, path, taken, None);
                self.register(&object, What::Route(route), at);
            }
            _ => *object.prefix.borrow_mut() = self.prefix_of(call, args).or(path),
        }
        Some(Value::Object(object))
    }

    /// Applies a waiting decorator to what it decorates.
    pub(crate) fn call_pending(&mut self, pending: &Rc<Pending>, args: Args, _at: Place) -> Value {
        let models = self.input.models;
        let call = models.call(pending.spec.0, pending.spec.1);
        let handler = args.at(0).cloned().unwrap_or(Value::Null);
        let Value::Object(object) = &pending.receiver else { return handler };
        if call.does == Does::Guard {
            self.register(object, What::Guard { value: handler.clone(), prefix: None, reach: Reach::All }, pending.at);
            return handler;
        }
        let found = call.path.as_ref().and_then(|p| p.find(&pending.args, &mut |v, k| self.get_attr(v, k, None), &path_like));
        let taken = found.as_ref().and_then(|(_, at)| *at);
        // Several paths in one decorator (`@ns.route('/a', '/b')`).
        let mut paths: Vec<Value> = match &call.path {
            Some(place) => place.all(&pending.args, None, &mut |v, k| self.get_attr(v, k, None)),
            None => Vec::new(),
        };
        if paths.is_empty() {
            paths.extend(call.default_path.as_deref().map(Value::text));
        }
        for path in paths {
            let route = self.route_event(call, object, &pending.name, &pending.args, Some(path), taken, Some(handler.clone()));
            self.register(object, What::Route(route), pending.at);
        }
        match call.returns.as_deref() {
            Some("self") => pending.receiver.clone(),
            _ => handler,
        }
    }

    pub(crate) fn returned(&self, call: &Call, object: &Rc<Object>, child: Option<&Rc<Object>>) -> Value {
        match call.returns.as_deref() {
            Some("child") => child.map_or(Value::Null, |c| Value::Object(c.clone())),
            Some("nothing") => Value::Null,
            None if child.is_some() => child.map_or(Value::Null, |c| Value::Object(c.clone())),
            _ => Value::Object(object.clone()),
        }
    }
}

/// An upper-case method for a call's name; None for any.
pub(crate) fn method_name(name: &str) -> Option<SmolStr> {
    let name = name.strip_prefix("add_").unwrap_or(name);
    match name.to_ascii_lowercase().as_str() {
        "all" | "any" | "to" | "any_service" | "route" => None,
        "del" => Some(SmolStr::new_static("DELETE")),
        "opts" => Some(SmolStr::new_static("OPTIONS")),
        other => {
            let other = other.strip_suffix("async").filter(|o| !o.is_empty()).unwrap_or(other);
            Some(SmolStr::new(other.trim_end_matches("_service").to_ascii_uppercase()))
        }
    }
}

/// Whether a value can be a path argument. The address of another server is what a client asks.
pub(crate) fn path_like(value: &Value) -> bool {
    match value {
        Value::Text(text) => !["http://", "https://"].iter().any(|scheme| text.starts_with(scheme) == Some(true)),
        Value::Regex(_) => true,
        Value::Default(inner) => path_like(inner),
        Value::List(list) => {
            let items = list.items.borrow();
            !items.is_empty() && items.iter().all(path_like)
        }
        Value::Either(all) => all.iter().any(path_like) && all.iter().all(|v| path_like(v) || v.is_unknown()),
        Value::Unknown(u) => {
            let label = u.label.to_ascii_lowercase();
            u.callee.is_none() && ["path", "url", "prefix", "base", "route", "root", "endpoint"].iter().any(|w| label.ends_with(w))
        }
        Value::Symbol(s) => {
            let s = s.to_ascii_lowercase();
            (s.contains("env.") || s.contains("config") || s.contains("settings"))
                && ["path", "url", "prefix", "base", "route", "root"].iter().any(|w| s.contains(w))
        }
        _ => false,
    }
}
