//! Requests that somebody wrote down: what collections of all formats have in common.
//!
//! Their URLs hold variables (`{{base}}/users/{{ id }}`), often the host and what stands before the path; a segment that is a number
//! or an id stands for any. Requests that differ only in such values are one operation.

use crate::openapi::path_of;
use crate::refs::Loader;
use apicensus_catalog::{ContractOperation, DeclaredAuth, Location, SchemeKind};
use std::collections::HashSet;

/// Longest URL; what is longer is cut.
const MAX_URL: usize = 8 << 10;
/// Most requests of one collection.
const MAX_REQUESTS: usize = 20_000;
/// Most folders and requests that are looked at.
const MAX_VISITS: usize = 200_000;

/// What a request says of who may call.
pub type Declared = (DeclaredAuth, Vec<SchemeKind>);

/// Nothing is said.
pub const UNSAID: Declared = (DeclaredAuth::Unsaid, Vec::new());

/// The requests of a collection.
#[derive(Default)]
pub struct Requests {
    /// Each once.
    pub operations: Vec<ContractOperation>,
    seen: HashSet<(String, String)>,
    /// Folders and requests looked at. Aliases make a small document a large tree.
    visits: usize,
    /// Where reading stopped.
    stopped: Option<(String, u32)>,
}

impl Requests {
    /// Notes that a folder or request is looked at; false where there were too many.
    pub fn visit(&mut self, file: &str, line: u32) -> bool {
        self.visits += 1;
        let is_within = self.visits <= MAX_VISITS && self.operations.len() < MAX_REQUESTS;
        if !is_within && self.stopped.is_none() {
            self.stopped = Some((file.to_owned(), line));
        }
        is_within
    }

    /// The requests, and a trouble where reading stopped.
    pub fn end(self, loader: &mut Loader<'_>) -> Vec<ContractOperation> {
        if let Some((file, line)) = self.stopped {
            loader.trouble(&file, line, "there are too many requests; the rest was not read");
        }
        self.operations
    }

    /// Adds a request by its path.
    pub fn push(&mut self, file: &str, line: u32, method: &str, path: String, name: &str, (auth, schemes): Declared) {
        let path: Vec<String> = path.split('/').map(|s| if is_id(s) { "{id}".to_owned() } else { s.to_owned() }).collect();
        let path = if path.iter().all(String::is_empty) { "/".to_owned() } else { path.join("/") };
        let method = method.to_ascii_uppercase();
        if self.visit(file, line) && self.seen.insert((method.clone(), path.clone())) {
            let at = Location { file: file.to_owned(), line };
            let operation_id = name.to_owned();
            self.operations.push(ContractOperation { method, path, operation_id, at, auth, schemes, ..ContractOperation::default() });
        }
    }
}

/// Whether a segment is a number or an id rather than a name.
fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = segment.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    digits > 0 && (digits == segment.len() || (is_hex && segment.len() >= 16))
}

/// What the kinds of authentication are called by Postman, Insomnia and Bruno.
pub fn scheme(kind: &str) -> Declared {
    let kind = match kind {
        "none" | "noauth" => return (DeclaredAuth::None, Vec::new()),
        "" | "inherit" => return UNSAID,
        "basic" => SchemeKind::Basic,
        "bearer" => SchemeKind::Bearer,
        "jwt" => SchemeKind::Jwt,
        "apikey" | "api-key" => SchemeKind::ApiKey,
        "oauth2" => SchemeKind::Oauth2,
        _ => SchemeKind::Custom,
    };
    (DeclaredAuth::Required, vec![kind])
}

/// The path of a URL with variables: `{{base}}/users/:id?x=1` is `/users/{id}`, without a slash at its end.
pub fn template(url: &str) -> String {
    let url = url.trim();
    let plain = variables(&url[..url.floor_char_boundary(MAX_URL)]);
    let path = path_of(without_host(&plain));
    let segment = |segment: &str| match segment.strip_prefix(':') {
        Some(name) if !name.is_empty() => format!("{{{name}}}"),
        _ => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// `{{ _.id }}` as `{id}`, and `{% response 'body', ... %}` as `{response}`.
fn variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let close = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(end) = rest[at + 2..].find(close) else { break };
        out.push_str(&rest[..at]);
        let inner = rest[at + 2..at + 2 + end].trim();
        let inner = inner.strip_prefix("_.").unwrap_or(inner);
        let word: String = inner.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$')).collect();
        let word = word.trim_start_matches('$');
        out.push_str(&format!("{{{}}}", if word.is_empty() { "value" } else { word }));
        rest = &rest[at + 4 + end..];
    }
    out.push_str(rest);
    out
}

/// What follows scheme, host and port, or a variable in their place.
fn without_host(url: &str) -> &str {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest,
        None if url.starts_with('/') => return url,
        None => url,
    };
    // A host, a variable in its place, or `localhost:8080`: up to the first slash outside of braces.
    let mut depth = 0usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => return &rest[at..],
            '?' | '#' if depth == 0 => return "",
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_paths_with_parameters() {
        let cases = [
            ("{{base}}/users/:id?x=1", "/users/{id}"),
            ("https://x.test/a/{{ _.kind }}/", "/a/{kind}"),
            ("{{ _.scheme }}://{{ _.host }}:8080/a", "/a"),
            ("localhost:8080/a/{{$guid}}", "/a/{guid}"),
            ("/a/b#c", "/a/b"),
            ("http://x.test", ""),
            ("http://x.test?a=/b", ""),
            ("{{url}}", ""),
            ("{{url}}/a/{% uuid 'v4' %}/b{{c}}", "/a/{uuid}/b{c}"),
            ("http://x.test/a/{{open", "/a/{{open"),
            ("http://x.test/:/::x", "/:/{:x}"),
        ];
        for (url, path) in cases {
            assert_eq!(template(url), path, "{url}");
        }
    }

    #[test]
    fn numbers_and_ids_stand_for_any() {
        let mut requests = Requests::default();
        for path in ["/a/42", "/a/43", "/a/6f9619ff-8b86-d011-b42d-00cf4fc964ff", "/a/face", ""] {
            requests.push("f", 1, "get", path.to_owned(), "", UNSAID);
        }
        let paths: Vec<&str> = requests.operations.iter().map(|o| o.path.as_str()).collect();
        assert_eq!(paths, ["/a/{id}", "/a/face", "/"]);
    }
}
