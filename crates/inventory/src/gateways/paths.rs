//! Paths from outside and from inside: what a route takes, and what a request looks like before it was rewritten.

use crate::join::keys::key;
use apicensus_catalog::{GatewayRoute, PathMatch, RewriteKind};
use regex::{Regex, RegexBuilder};

/// Largest compiled regular expression, in bytes.
const MAX_REGEX: usize = 1 << 20;
/// What stands for a parameter where a regular expression is asked: a number, a word, an id.
const SAMPLES: &[&str] = &["1", "a", "6f1b2c3d-0000-4000-8000-000000000000"];

/// A route, ready to be asked.
pub struct Route<'c> {
    /// The route.
    pub route: &'c GatewayRoute,
    regex: Option<Result<Regex, ()>>,
}

/// The path from outside under which a route reaches an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum External {
    /// It does not.
    No,
    /// It may, but the path can't be told.
    Perhaps,
    /// It does.
    At(String),
}

impl<'c> Route<'c> {
    /// Compiles what has to be.
    pub fn new(route: &'c GatewayRoute) -> Self {
        let compiled = |text: &str| RegexBuilder::new(text).size_limit(MAX_REGEX).build().map_err(|_| ());
        Route { route, regex: (route.path_match == PathMatch::Regex).then(|| compiled(&route.path)) }
    }

    /// Whether it takes a path, whose parameters stand for anything; none where that can't be told.
    pub fn takes(&self, path: &str) -> Option<bool> {
        let own = self.route.path.as_str();
        Some(match self.route.path_match {
            PathMatch::Exact => {
                trimmed(own) == trimmed(path) && (own.ends_with('/') == path.ends_with('/') || own.len() < 2 || path.len() < 2)
            }
            PathMatch::Prefix => path.starts_with(own),
            PathMatch::Segments => {
                let own = trimmed(own);
                path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            PathMatch::Template => fits(own, path),
            PathMatch::Regex => {
                let regex = self.regex.as_ref()?.as_ref().ok()?;
                SAMPLES.iter().any(|sample| regex.is_match(&filled(path, sample)))
            }
        })
    }

    /// The path from outside of an endpoint's path.
    pub fn external(&self, path: &str) -> External {
        let outside = match &self.route.rewrite {
            None => path.to_owned(),
            Some(rewrite) => match rewrite.kind {
                RewriteKind::Pattern => return External::Perhaps,
                RewriteKind::Whole if key(&rewrite.to) != key(path) => return External::No,
                RewriteKind::Whole if self.route.path_match == PathMatch::Regex => return External::Perhaps,
                RewriteKind::Whole => return External::At(self.route.path.clone()),
                RewriteKind::Prefix => match path.strip_prefix(rewrite.to.as_str()) {
                    Some(rest) => one_slash(&format!("{}{rest}", rewrite.from)),
                    None if trimmed(&rewrite.to) == trimmed(path) => rewrite.from.clone(),
                    None => return External::No,
                },
            },
        };
        match self.takes(&outside) {
            Some(true) => External::At(outside),
            Some(false) => External::No,
            None => External::Perhaps,
        }
    }

    /// Whether it takes a method.
    pub fn takes_method(&self, method: &str) -> bool {
        let all = &self.route.methods;
        all.is_empty() || method == "ANY" || all.iter().any(|m| m == method || (m == "GET" && method == "HEAD"))
    }

    /// Whether it takes everything that is sent to its host.
    pub fn takes_all(&self) -> bool {
        let own = self.route.path.as_str();
        match self.route.path_match {
            PathMatch::Prefix | PathMatch::Segments => trimmed(own).is_empty(),
            PathMatch::Template => own.starts_with("/{") && own.ends_with("+}") && own.matches('/').count() == 1,
            PathMatch::Regex => {
                matches!(own.trim_start_matches("(?i)"), "^/" | "^/(.*)" | "^/.*" | "/" | ".*" | "^(?:/(.*))$" | "^(?:/.*)$")
            }
            PathMatch::Exact => false,
        }
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

fn one_slash(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 1);
    for c in std::iter::once('/').chain(path.chars()) {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

/// A path with a sample in place of every parameter.
fn filled(path: &str, sample: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push_str(sample);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Whether a template takes a path; text of the template is not met by a parameter of the path.
fn fits(template: &str, path: &str) -> bool {
    let mut own = trimmed(template).split('/');
    let mut other = trimmed(path).split('/');
    loop {
        match (own.next(), other.next()) {
            (None, None) => return true,
            (Some(segment), Some(_)) if segment.starts_with('{') && segment.ends_with("+}") => return true,
            (Some(segment), Some(text)) if segment.contains('{') => {
                if text.is_empty() {
                    return false;
                }
            }
            (Some(segment), Some(text)) if segment == text => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apicensus_catalog::{Location, PathRewrite};

    fn route(path: &str, kind: PathMatch, rewrite: Option<(&str, &str)>) -> GatewayRoute {
        let rewrite = rewrite.map(|(from, to)| PathRewrite { kind: RewriteKind::Prefix, from: from.to_owned(), to: to.to_owned() });
        GatewayRoute { rewrite, ..GatewayRoute::new(Location::default(), path, kind) }
    }

    fn at(route: &GatewayRoute, path: &str) -> Option<String> {
        match Route::new(route).external(path) {
            External::At(path) => Some(path),
            _ => None,
        }
    }

    #[test]
    fn external_paths() {
        let cases = [
            ("/api/", PathMatch::Prefix, Some(("/api/", "/")), "/books/{id}", Some("/api/books/{id}")),
            ("/api", PathMatch::Prefix, Some(("/api", "")), "/books", Some("/api/books")),
            ("/api/", PathMatch::Prefix, None, "/books", None),
            ("/api/", PathMatch::Prefix, None, "/api/books", Some("/api/books")),
            ("/api", PathMatch::Segments, None, "/apix", None),
            ("/v2/", PathMatch::Prefix, Some(("/v2/", "/internal/v2/")), "/internal/v2/x", Some("/v2/x")),
            ("/v2/", PathMatch::Prefix, Some(("/v2/", "/internal/v2/")), "/other", None),
            ("/books/{id}", PathMatch::Template, None, "/books/{book_id}", Some("/books/{book_id}")),
            ("/books/me", PathMatch::Template, None, "/books/{book_id}", None),
            ("/{proxy+}", PathMatch::Template, None, "/a/b", Some("/a/b")),
            ("^/users/\\d+$", PathMatch::Regex, None, "/users/{id}", Some("/users/{id}")),
            ("^/users/\\d+$", PathMatch::Regex, None, "/orders/{id}", None),
            ("^/(?!x)", PathMatch::Regex, None, "/orders", None),
        ];
        for (path, kind, rewrite, inside, expected) in cases {
            assert_eq!(at(&route(path, kind, rewrite), inside).as_deref(), expected, "{path} {inside}");
        }
        assert_eq!(Route::new(&route("^/(?!x)", PathMatch::Regex, None)).external("/a"), External::Perhaps, "look-around is not evaluated");
    }
}
