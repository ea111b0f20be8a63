//! Finding an endpoint from what a person types, and what they may have meant.

use apicensus_catalog::{Catalog, Endpoint, Protocol};
use apicensus_inventory::instance::{blank, template_matches};

/// `GET /users/{id}` in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// In upper case; none for any.
    pub method: Option<String>,
    /// Path template or concrete path.
    pub path: String,
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.method {
            Some(method) => write!(f, "{method} {}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

impl Query {
    /// Reads `METHOD PATH` or `PATH`; none when there is nothing that looks like a path.
    pub fn parse(text: &str) -> Option<Query> {
        let mut words = text.split_whitespace();
        let (first, second) = (words.next()?, words.next());
        if words.next().is_some() {
            return None;
        }
        let (method, path) = match second {
            Some(path) => (Some(first.to_uppercase()), path),
            None => (None, first),
        };
        let is_word = |method: &String| method.chars().all(|ch| ch.is_ascii_alphabetic() || ch == '-' || ch == '*');
        if method.as_ref().is_some_and(|method| !is_word(method)) || (second.is_none() && is_word(&path.to_owned())) {
            return None;
        }
        let method = method.filter(|method| method != "*");
        let path = path.split_once('#').filter(|(_, field)| field.is_empty()).map_or(path, |(path, _)| path);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Query { method, path })
    }

    fn method_fits(&self, endpoint: &Endpoint) -> bool {
        self.method.as_ref().is_none_or(|method| {
            endpoint.method == *method
                || endpoint.method == "ANY"
                || method == "ANY"
                || (endpoint.protocol == Protocol::WebSocket && (method == "WS" || method == "WEBSOCKET"))
        })
    }

    /// Whether it means this method and path, names of parameters and a slash at the end aside.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method || method == "ANY" || own == "ANY") && blank(path) == blank(&self.path)
    }

    /// The endpoints meant: those with this very template, else those that differ in parameter names or a trailing slash
    /// only, else those whose template this concrete path matches.
    pub fn find<'a>(&self, catalog: &'a Catalog) -> Vec<&'a Endpoint> {
        let fits: Vec<&Endpoint> = catalog.endpoints.iter().filter(|endpoint| self.method_fits(endpoint)).collect();
        let asked = blank(&self.path);
        let tests: [&dyn Fn(&Endpoint) -> bool; 3] =
            [&|endpoint| endpoint.path == self.path, &|endpoint| blank(&endpoint.path) == asked, &|endpoint| {
                template_matches(&endpoint.path, &self.path)
            }];
        for test in tests {
            let found: Vec<&Endpoint> = fits.iter().copied().filter(|endpoint| test(endpoint)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The endpoints nearest to what was asked, best first; at most `most`.
    pub fn nearest<'a>(&self, catalog: &'a Catalog, most: usize) -> Vec<&'a Endpoint> {
        let asked = blank(&self.path);
        let mut scored: Vec<(f64, &Endpoint)> = Vec::new();
        for endpoint in &catalog.endpoints {
            let path = blank(&endpoint.path);
            let mut score = strsim::normalized_damerau_levenshtein(&path, &asked);
            if path.ends_with(asked.as_str()) || asked.ends_with(path.as_str()) && path.len() > 1 {
                score = score.max(0.8);
            }
            if self.method_fits(endpoint) {
                score += 0.05;
            }
            if score >= 0.4 {
                scored.push((score, endpoint));
            }
        }
        scored.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| (&x.path, &x.method).cmp(&(&y.path, &y.method))));
        scored.dedup_by(|(_, x), (_, y)| x.path == y.path && x.method == y.method);
        scored.into_iter().take(most).map(|(_, endpoint)| endpoint).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read() {
        let query = |method: Option<&str>, path: &str| Some(Query { method: method.map(str::to_owned), path: path.to_owned() });
        assert_eq!(Query::parse("get  /x/{id}"), query(Some("GET"), "/x/{id}"));
        assert_eq!(Query::parse("/x"), query(None, "/x"));
        assert_eq!(Query::parse("* x/y"), query(None, "/x/y"));
        assert_eq!(Query::parse("GET"), None);
        assert_eq!(Query::parse("a b c"), None);
        assert_eq!(Query::parse(""), None);
    }
}
