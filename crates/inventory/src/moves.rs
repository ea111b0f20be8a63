//! Endpoints that went and endpoints that came, and are the same: by their handler, by their shape, or at another service.

use crate::join::keys;
use apicensus_catalog::{Endpoint, ParameterIn};
use serde_json::Value;
use std::collections::HashMap;

/// Pairs endpoints that came with those that went: (index of the one that came, of the one that went), each at most once, sorted.
///
/// The same handler by name and method counts first, in the same file before another one, which must be the only one. Then the same
/// method, path and handler at another service; then the same method and shape (what it takes and gives, at least two things of
/// it) beside a common file or last segment, where no other endpoint has it.
pub fn moves(gone: &[&Endpoint], came: &[&Endpoint]) -> Vec<(usize, usize)> {
    let mut pairs = Pairs { gone, came, of_gone: vec![None; gone.len()], of_came: vec![None; came.len()] };
    pairs.by_handler();
    pairs.by_only(|e| Some(format!("{} {} {}", e.method, keys::key(&e.path), symbol(e)?)));
    pairs.by_only(|e| {
        let handler = e.handler.as_ref()?;
        Some(format!("{} {} {} {}", e.service, e.method, handler.file, shape(e)?))
    });
    pairs.by_only(|e| Some(format!("{} {} {} {}", e.service, e.method, last_segment(&e.path)?, shape(e)?)));
    pairs.of_came.iter().enumerate().filter_map(|(came, gone)| Some((came, (*gone)?))).collect()
}

struct Pairs<'p, 'e> {
    gone: &'p [&'e Endpoint],
    came: &'p [&'e Endpoint],
    of_gone: Vec<Option<usize>>,
    of_came: Vec<Option<usize>>,
}

impl Pairs<'_, '_> {
    fn pair(&mut self, came: usize, gone: usize) {
        (self.of_came[came], self.of_gone[gone]) = (Some(gone), Some(came));
    }

    fn by_handler(&mut self) {
        let key = |e: &Endpoint| symbol(e).map(|symbol| format!("{} {} {symbol}", e.service, e.method));
        let file = |e: &Endpoint| e.handler.as_ref().map(|h| h.file.clone());
        let mut known: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, endpoint) in self.gone.iter().enumerate() {
            if let Some(key) = key(endpoint) {
                known.entry(key).or_default().push(at);
            }
        }
        for at in 0..self.came.len() {
            let Some(all) = key(self.came[at]).and_then(|key| known.get(&key)) else { continue };
            let free: Vec<usize> = all.iter().copied().filter(|gone| self.of_gone[*gone].is_none()).collect();
            let same_file = free.iter().copied().find(|gone| file(self.gone[*gone]) == file(self.came[at]));
            let only = if free.len() == 1 { free.first().copied() } else { None };
            if let Some(gone) = same_file.or(only) {
                self.pair(at, gone);
            }
        }
    }

    /// Pairs what has a key that one endpoint of each side has.
    fn by_only(&mut self, key: impl Fn(&Endpoint) -> Option<String>) {
        let index = |of: &[&Endpoint], pairs: &[Option<usize>]| {
            let mut known: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, endpoint) in of.iter().enumerate().filter(|(at, _)| pairs[*at].is_none()) {
                if let Some(key) = key(endpoint) {
                    known.entry(key).or_default().push(at);
                }
            }
            known
        };
        let gone = index(self.gone, &self.of_gone);
        for (key, came) in index(self.came, &self.of_came) {
            if let ([came], Some([gone])) = (came.as_slice(), gone.get(&key).map(Vec::as_slice)) {
                self.pair(*came, *gone);
            }
        }
    }
}

fn symbol(endpoint: &Endpoint) -> Option<&str> {
    endpoint.handler.as_ref().map(|h| h.symbol.as_str()).filter(|s| !s.is_empty())
}

/// The last segment that is plain text.
fn last_segment(path: &str) -> Option<&str> {
    path.rsplit('/').find(|segment| !segment.is_empty() && !segment.contains('{'))
}

/// What it takes and gives, as text; none where that is too little to tell it by.
fn shape(endpoint: &Endpoint) -> Option<String> {
    let mut tokens: Vec<String> = Vec::new();
    for parameter in endpoint.parameters.iter().filter(|p| p.location != ParameterIn::Path) {
        tokens.push(format!("{} {}", parameter.location, parameter.name));
    }
    for schema in endpoint.bodies.iter().map(|b| &b.schema).chain(endpoint.responses.iter().filter_map(|r| r.schema.as_ref())) {
        if let Some(name) = schema.get("$ref").or_else(|| schema.get("x-apicensus-type")).and_then(Value::as_str) {
            tokens.push(name.to_owned());
        }
        tokens.extend(schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys().cloned()));
    }
    if tokens.len() < 2 {
        return None;
    }
    tokens.sort();
    let inside = endpoint.parameters.iter().filter(|p| p.location == ParameterIn::Path).count();
    Some(format!("{inside} {}", tokens.join(",")))
}
