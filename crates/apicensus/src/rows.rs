//! An endpoint in the words of a table; shared by the terminal's table and Markdown.

use crate::style::{Meaning, one_line};
use apicensus_catalog::{
    Audience, Auth, AuthState, Catalog, DocumentedState, Endpoint, ExposureState, GuardLevel, PathState, Protocol, Service, Streaming, View,
};
use std::collections::BTreeMap;

/// Names of frameworks as their makers write them, by the name in the catalog.
pub type Titles = BTreeMap<String, String>;

/// A word and what it means.
pub type Word = (String, Meaning);

/// One line of a table.
#[derive(Debug)]
pub struct Row {
    /// The method, or the protocol where that says more.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The verdict on who may call it.
    pub auth: Word,
    /// What is remarkable about it.
    pub flags: Vec<Word>,
    /// Where its handler stands, from the folder of its service.
    pub place: String,
    /// The handler's name.
    pub symbol: String,
    /// Kept apart from what is known to be served.
    pub detached: bool,
}

impl Row {
    /// The row of an endpoint of a service.
    pub fn new(endpoint: &Endpoint, service: &Service) -> Row {
        let (file, line, symbol) = match &endpoint.handler {
            Some(handler) => (&handler.file, handler.line, handler.symbol.as_str()),
            None => (&endpoint.registered_at.file, endpoint.registered_at.line, ""),
        };
        Row {
            method: method(endpoint),
            path: one_line(&endpoint.path),
            auth: auth(endpoint),
            flags: flags(endpoint),
            place: one_line(&format!("{}:{line}", relative(file, &service.root))),
            symbol: one_line(symbol),
            detached: endpoint.detached,
        }
    }

    /// The flags as plain text.
    pub fn flag_text(&self) -> String {
        self.flags.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Place and name of the handler as plain text.
    pub fn handler_text(&self) -> String {
        if self.symbol.is_empty() { self.place.clone() } else { format!("{} {}", self.place, self.symbol) }
    }
}

/// The rows of a catalog by service, in the catalog's order, detached ones last in each; services without rows left out.
pub fn by_service(catalog: &Catalog) -> Vec<(&Service, Vec<Row>)> {
    let mut grouped: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let services: BTreeMap<&str, &Service> = catalog.services.iter().map(|service| (service.id.as_str(), service)).collect();
    for endpoint in &catalog.endpoints {
        if let Some(service) = services.get(endpoint.service.as_str()) {
            let mut row = Row::new(endpoint, service);
            if !catalog.tested.is_empty() && !catalog.tested.is_exercised(&endpoint.id) {
                row.flags.push(("untested".to_owned(), Meaning::Doubt));
            }
            grouped.entry(service.id.as_str()).or_default().push(row);
        }
    }
    let mut out = Vec::new();
    for service in &catalog.services {
        if let Some(mut rows) = grouped.remove(service.id.as_str()) {
            rows.sort_by_key(|row| row.detached);
            out.push((service, rows));
        }
    }
    out
}

/// `orders · FastAPI · services/orders`, in pieces.
pub fn service_title(service: &Service, catalog: &Catalog, titles: &Titles) -> Vec<String> {
    let mut pieces = vec![one_line(&service.name)];
    let frameworks: Vec<&str> = service.frameworks.iter().map(|name| titles.get(name).map_or(name.as_str(), String::as_str)).collect();
    if !frameworks.is_empty() {
        pieces.push(frameworks.join(", "));
    }
    let mut root = one_line(&service.root);
    if catalog.repositories.len() > 1 && !service.repository.is_empty() {
        root = format!("{}/{root}", service.repository).trim_end_matches('/').to_owned();
    }
    if !root.is_empty() && root != service.name {
        pieces.push(root);
    }
    pieces
}

/// Whether nothing is known about the guards of any endpoint, so that a column would say nothing.
pub fn auth_is_unknown(catalog: &Catalog) -> bool {
    catalog.endpoints.iter().all(|endpoint| endpoint.auth.state == AuthState::Unknown)
}

fn method(endpoint: &Endpoint) -> String {
    match endpoint.protocol {
        Protocol::WebSocket if endpoint.method == "GET" => "WS".to_owned(),
        Protocol::Grpc => "GRPC".to_owned(),
        Protocol::Soap => "SOAP".to_owned(),
        Protocol::JsonRpc => "RPC".to_owned(),
        Protocol::Http | Protocol::Graphql | Protocol::WebSocket => one_line(&endpoint.method),
    }
}

/// The verdict in words: state, schemes, scopes and roles, where it comes from when it is inherited, and why it would be
/// open on purpose.
fn auth(endpoint: &Endpoint) -> Word {
    let auth = &endpoint.auth;
    let mut words: Vec<&str> = vec![auth.state.as_str()];
    for scheme in auth.schemes.iter().map(|scheme| scheme.kind.as_str()) {
        if !words.contains(&scheme) {
            words.push(scheme);
        }
    }
    words.extend(auth.scopes.iter().chain(&auth.roles).map(String::as_str));
    if let Some(level) = inherited_from(auth) {
        words.extend(["from", level.as_str()]);
    }
    let mut text = words.join(" ");
    if let Some(reason) = auth.by_design {
        text.push_str(&format!(" ({reason})"));
    }
    let meaning = match auth.state {
        AuthState::None if auth.by_design.is_none() => Meaning::Alarm,
        AuthState::Unknown => Meaning::Doubt,
        _ => Meaning::Plain,
    };
    (one_line(&text), meaning)
}

/// The level that gives a verdict, when it is further out than the endpoint's own registration and handler.
pub fn inherited_from(auth: &Auth) -> Option<GuardLevel> {
    if auth.state == AuthState::Unknown {
        return None;
    }
    let levels = auth.chain.iter().filter(|guard| guard.says == Some(auth.state)).map(|guard| guard.level);
    levels.max().filter(|level| !matches!(level, GuardLevel::Route | GuardLevel::Handler))
}

fn flags(endpoint: &Endpoint) -> Vec<Word> {
    let mut flags = Vec::new();
    let mut flag = |is: bool, word: &str, meaning| {
        if is {
            flags.push((word.to_owned(), meaning));
        }
    };
    flag(endpoint.audience != Audience::Production, endpoint.audience.as_str(), Meaning::Dim);
    let undocumented = endpoint.documented.as_ref().is_some_and(|d| d.state == DocumentedState::No && d.grade.is_none());
    flag(undocumented && endpoint.auth.by_design.is_none(), "shadow", Meaning::Alarm);
    flag(endpoint.view != View::Code, endpoint.view.as_str(), Meaning::Dim);
    let is_inside = endpoint.exposure.as_ref().is_some_and(|e| e.state == ExposureState::Unexposed);
    flag(is_inside, "unexposed", Meaning::Dim);
    flag(endpoint.streaming.is_some(), endpoint.streaming.map_or("", Streaming::as_str), Meaning::Plain);
    flag(endpoint.path_state == PathState::Partial, "partial", Meaning::Doubt);
    flag(endpoint.path_state == PathState::Pattern, "pattern", Meaning::Plain);
    flag(endpoint.detached, "detached", Meaning::Doubt);
    flag(!endpoint.conditions.is_empty(), "conditional", Meaning::Plain);
    flag(endpoint.lifecycle.deprecated, "deprecated", Meaning::Plain);
    flag(endpoint.implicit, "built-in", Meaning::Dim);
    flag(endpoint.third_party, "third-party", Meaning::Dim);
    flags
}

/// A file as seen from a folder: `../` where it lies outside.
pub fn relative(file: &str, folder: &str) -> String {
    if folder.is_empty() {
        return file.to_owned();
    }
    let from: Vec<&str> = folder.split('/').collect();
    let to: Vec<&str> = file.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut out = "../".repeat(from.len() - shared);
    out.push_str(&to[shared.min(to.len())..].join("/"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_seen_from_the_folder_of_the_service() {
        assert_eq!(relative("services/orders/api/x.py", "services/orders"), "api/x.py");
        assert_eq!(relative("libs/x.ts", "apps/bff"), "../../libs/x.ts");
        assert_eq!(relative("x.py", ""), "x.py");
    }
}
