//! From routes to endpoints: templates, identity, evidence, audience, confidence. Identical operations become one.

use crate::service::Services;
use crate::survey::Survey;
use crate::template::{self, Template};
use crate::{auth, controls, inputs};
use apicensus_catalog as catalog;
use apicensus_catalog::{Audience, Auth, Confidence, Endpoint, GuardLevel, Location, PathState};
use apicensus_eval::output::{Flow, GuardRef, Methods, PathPiece, Place, Protocol, Route, Says};
use apicensus_source::classify::Class;
use indexmap::IndexMap;
use rayon::prelude::*;
use std::collections::HashSet;

/// Characters of an endpoint's id.
const ID_LENGTH: usize = 16;

/// Converts the routes. Sorted by service, path, method and protocol.
pub fn endpoints(routes: &[Route], services: &Services, survey: &Survey<'_>) -> Vec<Endpoint> {
    let of_route = |(route, service): (&Route, &usize)| {
        let mut out = Vec::new();
        let Some(service) = services.services.get(*service) else { return out };
        for template in template::templates(&route.path) {
            for method in methods(route) {
                out.push(Converter { route, survey }.endpoint(&service.id, &template, method));
            }
        }
        out
    };
    let made: Vec<Vec<Endpoint>> = routes.par_iter().zip(&services.of_route).map(of_route).collect();
    let mut found: IndexMap<String, Endpoint> = IndexMap::new();
    made.into_iter().flatten().for_each(|endpoint| add(&mut found, endpoint));
    let mut endpoints: Vec<Endpoint> = found.into_values().collect();
    without_rehearsals(&mut endpoints);
    without_unread(&mut endpoints);
    endpoints.sort_by(|a, b| (&a.service, &a.path, &a.method, a.protocol, &a.id).cmp(&(&b.service, &b.path, &b.method, b.protocol, &b.id)));
    endpoints
}

fn add(found: &mut IndexMap<String, Endpoint>, mut endpoint: Endpoint) {
    match found.get_mut(&endpoint.id) {
        Some(first) if are_twins(first, &endpoint) => {
            if first.path.ends_with('/') {
                std::mem::swap(first, &mut endpoint);
            }
            endpoint.id = hash(&format!("{}/", endpoint.id));
            add(found, endpoint);
        }
        Some(first) => merge(first, endpoint),
        None => {
            found.insert(endpoint.id.clone(), endpoint);
        }
    }
}

/// `/things` and `/things/` that different handlers of one framework answer: it tells them apart.
fn are_twins(first: &Endpoint, second: &Endpoint) -> bool {
    let at = |e: &Endpoint| e.handler.as_ref().map(|h| (h.file.clone(), h.line, h.symbol.clone()));
    first.path.len() > 1
        && first.path.ends_with('/') != second.path.ends_with('/')
        && first.framework == second.framework
        && first.audience == second.audience
        && first.registered_at != second.registered_at
        && at(first).is_some()
        && at(second).is_some()
        && at(first) != at(second)
}

/// Leaves out what a test serves of the deployed application: the same operation by the same registration.
fn without_rehearsals(endpoints: &mut Vec<Endpoint>) {
    let key = |e: &Endpoint| (e.registered_at.clone(), e.protocol.to_string(), e.method.clone(), e.path.clone());
    let deployed: HashSet<_> = endpoints.iter().filter(|e| e.audience == Audience::Production && !e.detached).map(key).collect();
    endpoints.retain(|e| e.audience != Audience::Test || !deployed.contains(&key(e)));
}

/// Leaves out what a registration serves by a handler that could not be followed where the same registration, run again, has one
/// that could: its methods are known then.
fn without_unread(endpoints: &mut Vec<Endpoint>) {
    let key = |e: &Endpoint| (e.registered_at.clone(), e.service.clone(), e.protocol, e.path.clone());
    let read: HashSet<_> = endpoints.iter().filter(|e| e.handler.is_some()).map(key).collect();
    endpoints.retain(|e| e.method != "ANY" || e.handler.is_some() || !read.contains(&key(e)));
}

/// Keeps the first registration, unless the second is deployed code and the first is not, or is surer.
fn merge(first: &mut Endpoint, mut second: Endpoint) {
    let rank = |e: &Endpoint| (e.audience != Audience::Production, e.confidence, e.handler.is_none());
    let rank_of = |e: &Endpoint| {
        let (audience, confidence, handler) = rank(e);
        (audience, confidence as u8, handler)
    };
    if rank_of(&second) < rank_of(first) {
        std::mem::swap(first, &mut second);
        let inherited = std::mem::take(&mut second.also_registered_at);
        inherited.into_iter().for_each(|at| note(first, at));
    }
    note(first, second.registered_at);
    second.also_registered_at.into_iter().for_each(|at| note(first, at));
}

fn note(endpoint: &mut Endpoint, at: Location) {
    if endpoint.registered_at != at && !endpoint.also_registered_at.contains(&at) {
        endpoint.also_registered_at.push(at);
    }
}

fn methods(route: &Route) -> Vec<String> {
    match &route.methods {
        _ if route.protocol == Protocol::WebSocket => vec!["GET".to_owned()],
        Methods::Any => vec!["ANY".to_owned()],
        Methods::Some(all) if all.is_empty() => vec!["ANY".to_owned()],
        Methods::Some(all) => all.iter().map(|m| m.to_ascii_uppercase()).collect(),
    }
}

fn streaming(protocol: Protocol) -> Option<catalog::Streaming> {
    match protocol {
        Protocol::Sse => Some(catalog::Streaming::Sse),
        Protocol::Grpc(Flow::Client) => Some(catalog::Streaming::Client),
        Protocol::Grpc(Flow::Server) => Some(catalog::Streaming::Server),
        Protocol::Grpc(Flow::Both) => Some(catalog::Streaming::Bidirectional),
        _ => None,
    }
}

/// The identity of an operation: a hash of service, protocol, method and the path with the names of parameters blanked. Where
/// `/things` and `/things/` are answered by different handlers the one with the slash has another one.
pub fn id(service: &str, protocol: catalog::Protocol, method: &str, path: &str) -> String {
    let text = format!("{service}\n{protocol}\n{method}\n{}", template::key(path));
    hash(&text)
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(ID_LENGTH).collect()
}

/// What kind of code a class of files is.
pub fn audience_of(class: Class) -> Audience {
    match class {
        Class::Production | Class::Minified | Class::Binary => Audience::Production,
        Class::Test => Audience::Test,
        Class::Example | Class::Docs => Audience::Example,
        Class::Generated => Audience::Generated,
        Class::Vendored => Audience::Vendored,
    }
}

struct Converter<'a> {
    route: &'a Route,
    survey: &'a Survey<'a>,
}

impl Converter<'_> {
    fn endpoint(&self, service: &str, template: &Template, method: String) -> Endpoint {
        let route = self.route;
        let protocol = match route.protocol {
            Protocol::Http | Protocol::Sse => catalog::Protocol::Http,
            Protocol::WebSocket | Protocol::Event => catalog::Protocol::WebSocket,
            Protocol::Graphql => catalog::Protocol::Graphql,
            Protocol::Grpc(_) => catalog::Protocol::Grpc,
            Protocol::Soap => catalog::Protocol::Soap,
            Protocol::JsonRpc => catalog::Protocol::JsonRpc,
        };
        let handler = route.handler.as_ref().map(|h| catalog::HandlerRef {
            file: self.survey.path(h.place.file).to_owned(),
            line: h.place.line,
            end_line: h.place.end_line,
            defined_at: h.defined.as_ref().map(|d| self.at(d)),
            symbol: h.symbol.to_string(),
        });
        let parameters = inputs::parameters(template, &route.inputs);
        let bodies = inputs::bodies(route, &method);
        let takes_input = !bodies.is_empty() || parameters.iter().any(|p| p.location != catalog::ParameterIn::Path);
        let deprecated = route.deprecated || route.handler.as_ref().is_some_and(|h| h.deprecated);
        Endpoint {
            id: id(service, protocol, &method, &template.path),
            service: service.to_owned(),
            protocol,
            streaming: streaming(route.protocol),
            path: template.path.clone(),
            raw_path: template.raw_path.clone(),
            path_state: template.state,
            holes: self.holes(),
            parameters,
            bodies,
            responses: inputs::responses(&route.inputs),
            summary: route.handler.as_ref().and_then(|h| h.summary.as_ref()).map(ToString::to_string),
            handler,
            registered_at: self.at(&route.registered_at),
            also_registered_at: Vec::new(),
            trail: self.trail(),
            conditions: self.conditions(),
            auth: self.auth(&method),
            controls: controls::controls(route, takes_input, &|p| self.at(p)),
            sensitive: Vec::new(),
            method,
            lifecycle: catalog::Lifecycle { deprecated, version: template::version(&template.path), ..Default::default() },
            documented: None,
            owners: Vec::new(),
            exposure: None,
            view: catalog::View::Code,
            audience: self.audience(),
            framework: route.framework.to_string(),
            detached: route.detached,
            third_party: route.third_party,
            implicit: route.implicit,
            stale: false,
            taken_by: None,
            confidence: self.confidence(template),
        }
    }

    fn at(&self, place: &Place) -> Location {
        Location { file: self.survey.path(place.file).to_owned(), line: place.line }
    }

    fn holes(&self) -> Vec<catalog::Hole> {
        let hole = |piece: &PathPiece| match piece {
            PathPiece::Hole { label, reason, place } => {
                Some(catalog::Hole { label: label.to_string(), reason: reason.to_string(), at: place.as_ref().map(|p| self.at(p)) })
            }
            PathPiece::Text { .. } => None,
        };
        self.route.path.iter().filter_map(hole).collect()
    }

    fn trail(&self) -> Vec<catalog::TrailStep> {
        let step = |step: &apicensus_eval::output::Step| catalog::TrailStep {
            file: self.survey.path(step.place.file).to_owned(),
            line: step.place.line,
            end_line: step.place.end_line,
            what: step.what.to_string(),
            gives: template::raw(&step.gives),
        };
        self.route.trail.iter().map(step).collect()
    }

    fn conditions(&self) -> Vec<catalog::Condition> {
        let condition = |c: &apicensus_eval::output::Condition| catalog::Condition {
            text: c.text.to_string(),
            file: self.survey.path(c.place.file).to_owned(),
            line: c.place.line,
            default: c.default,
        };
        self.route.conditions.iter().map(condition).collect()
    }

    /// The verdict for a method, with the guards on the way that decide, or may decide, as its chain.
    fn auth(&self, method: &str) -> Auth {
        // What brings controls is listed with them.
        let says_who = |g: &&GuardRef| g.ruling.says != Says::Nothing || g.controls.is_empty();
        let chain = self.route.guards.iter().filter(says_who).map(|g| self.guard(g)).collect();
        Auth { chain, ..auth::verdict(self.route, method) }
    }

    fn guard(&self, guard: &GuardRef) -> catalog::Guard {
        catalog::Guard {
            level: GuardLevel::from_word(&guard.level).unwrap_or(GuardLevel::Route),
            symbol: guard.symbol.to_string(),
            at: self.at(&guard.place),
            defined: guard.defined.as_ref().map(|p| self.at(p)),
            says: auth::says(guard),
            basis: auth::basis(guard),
        }
    }

    /// The audience of the code that registers the route; of the code that makes its application when that is deployed
    /// code; of the handler when the route was registered without code of its own.
    fn audience(&self) -> Audience {
        let of = audience_of;
        let registered = of(self.survey.class(self.route.registered_at.file));
        let app = self.route.app.map_or(Audience::Production, |app| of(self.survey.class(app.file)));
        // What a deployed application mounts is deployed, whatever its folder is called.
        if registered == Audience::Example && self.route.app.is_some() && !self.route.detached && app == Audience::Production {
            return app;
        }
        let registered = if registered == Audience::Production { app } else { registered };
        if registered == Audience::Production && self.route.test { Audience::Test } else { registered }
    }

    fn confidence(&self, template: &Template) -> Confidence {
        let is_off = self.route.conditions.iter().any(|c| c.default == Some(false));
        let known: usize =
            self.route.path.iter().map(|p| if let PathPiece::Text { text, .. } = p { text.trim_matches('/').len() } else { 0 }).sum();
        match template.state {
            _ if self.route.detached => Confidence::Low,
            PathState::Partial if known == 0 => Confidence::Low,
            PathState::Partial => Confidence::Medium,
            _ if is_off || template.has_default => Confidence::Medium,
            _ => Confidence::High,
        }
    }
}
