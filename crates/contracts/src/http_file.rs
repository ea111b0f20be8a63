//! Requests in files for editors (`.http`, `.rest`): the formats of JetBrains' HTTP Client
//! (https://github.com/JetBrains/http-request-in-editor-spec) and of REST Client for VS Code.
//!
//! Requests stand between lines that begin with `###`. A request begins with its method and URL, the URL goes on in indented lines,
//! headers follow, then a blank line and the body. Bodies, scripts and answers are not looked at.

use crate::refs::Loader;
use crate::requests::{Declared, Requests, UNSAID, template};
use apicensus_catalog::{Contract, ContractKind, DeclaredAuth, SchemeKind};
use std::collections::HashMap;

/// Methods; other words at the beginning of a line are no request.
const METHODS: &[&str] = &[
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "LOCK",
    "UNLOCK",
    "PROPFIND",
    "PROPPATCH",
    "COPY",
    "MOVE",
    "MKCOL",
    "MKCALENDAR",
    "ACL",
    "SEARCH",
    "QUERY",
];
/// Longest chain of variables.
const MAX_CHAIN: usize = 8;

/// Reads a file; none where the text does not begin as such a file does, or has no request.
pub fn read(file: &str, text: &str, loader: &mut Loader<'_>) -> Option<Contract> {
    let mut found = Requests::default();
    let variables = variables(text);
    let mut reader = Reader { file, variables: &variables, name: String::new(), state: State::Before };
    let mut pending: Option<Request> = None;
    for (at, line) in text.lines().enumerate() {
        if !reader.line(at as u32 + 1, line, &mut pending, &mut found) {
            return None;
        }
    }
    if let Some(last) = pending.take() {
        reader.push(last, &mut found);
    }
    let operations = found.end(loader);
    (!operations.is_empty()).then(|| Contract { kind: ContractKind::HttpFile, operations, ..Contract::default() })
}

/// `@name = value` of the whole file.
fn variables(text: &str) -> HashMap<&str, &str> {
    let pairs = text.lines().filter_map(|line| line.strip_prefix('@')?.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// No request of this part has begun.
    Before,
    /// In the URL or the headers.
    Head,
    /// In a script before the request.
    Script,
    /// In what follows the blank line.
    Body,
}

struct Request {
    line: u32,
    method: String,
    url: String,
    auth: Declared,
}

struct Reader<'f> {
    file: &'f str,
    variables: &'f HashMap<&'f str, &'f str>,
    name: String,
    state: State,
}

impl Reader<'_> {
    /// Takes a line; false where the file can't be such a file.
    fn line(&mut self, number: u32, line: &str, pending: &mut Option<Request>, found: &mut Requests) -> bool {
        if let Some(name) = line.strip_prefix("###") {
            if let Some(request) = pending.take() {
                self.push(request, found);
            }
            self.name = name.trim_matches(|c: char| c == '#' || c.is_whitespace()).to_owned();
            self.state = State::Before;
            return true;
        }
        match self.state {
            State::Before => self.before(number, line, pending, !found.operations.is_empty()),
            State::Head => {
                self.head(line, pending);
                true
            }
            State::Script => {
                if line.contains("%}") {
                    self.state = State::Before;
                }
                true
            }
            State::Body => true,
        }
    }

    fn before(&mut self, number: u32, line: &str, pending: &mut Option<Request>, has_requests: bool) -> bool {
        let text = line.trim();
        if let Some(comment) = text.strip_prefix('#').or(text.strip_prefix("//")) {
            if let Some(name) = comment.trim().strip_prefix("@name") {
                self.name = name.trim_start_matches([' ', '=', '\t']).to_owned();
            }
            return true;
        }
        let is_other = text.is_empty() || ["@", "<", ">", "import ", "run "].iter().any(|start| text.starts_with(start));
        if is_other {
            if text.starts_with("< {%") && !text.contains("%}") {
                self.state = State::Script;
            }
            return true;
        }
        match start(text) {
            Some((method, url)) => {
                *pending = Some(Request { line: number, method, url, auth: UNSAID });
                self.state = State::Head;
                true
            }
            // Inside of a file of requests one part that can't be read leaves the rest.
            None => {
                self.state = State::Body;
                has_requests
            }
        }
    }

    /// More of the URL, or a header.
    fn head(&mut self, line: &str, pending: &mut Option<Request>) {
        let Some(request) = pending.as_mut() else { return };
        let text = line.trim();
        if text.is_empty() {
            self.state = State::Body;
        } else if line.starts_with([' ', '\t']) && !text.starts_with(['#', '-']) {
            request.url.push_str(text.trim_end_matches(" HTTP/1.1").trim());
        } else if let Some((_, value)) = text.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            request.auth = (DeclaredAuth::Required, vec![scheme(value.trim())]);
        }
    }

    fn push(&self, request: Request, found: &mut Requests) {
        let url = self.resolved(&request.url);
        let (method, path) = match request.method.as_str() {
            "GRPC" => ("RPC", template(&url)),
            "GRAPHQL" => ("POST", template(&url)),
            "WEBSOCKET" | "WS" | "RSOCKET" => ("GET", template(&url)),
            method => (method, template(&url)),
        };
        found.push(self.file, request.line, method, path, &self.name, request.auth);
    }

    /// A text with the file's own variables in their places, those at its beginning at least, where the base path hides.
    fn resolved(&self, url: &str) -> String {
        let mut url = url.to_owned();
        for _ in 0..MAX_CHAIN {
            let Some((name, rest)) = url.strip_prefix("{{").and_then(|rest| rest.split_once("}}")) else { break };
            let Some(value) = self.variables.get(name.trim()) else { break };
            url = format!("{value}{rest}");
        }
        url
    }
}

/// Method and URL of a line that begins a request.
fn start(line: &str) -> Option<(String, String)> {
    let without_version = line.rsplit_once(" HTTP/").filter(|(_, v)| v.len() <= 3).map_or(line, |(rest, _)| rest).trim();
    let (first, rest) = without_version.split_once([' ', '\t']).unwrap_or((without_version, ""));
    let is_url = |text: &str| text.contains("://") || text.starts_with('/') || text.starts_with("{{") || text.starts_with("localhost");
    let named = ["GRAPHQL", "WEBSOCKET", "WS", "GRPC", "RSOCKET"];
    let upper = first.to_ascii_uppercase();
    if METHODS.contains(&upper.as_str()) || named.contains(&upper.as_str()) {
        let url = rest.trim();
        // Words of a text may begin with `Get` or `move`: a URL has no blanks and a host or a slash.
        let fits = !url.is_empty() && (is_url(url) || (!url.contains(' ') && url.contains(['.', '/', ':'])));
        return (fits && (first == upper || is_url(url))).then(|| (upper, url.to_owned()));
    }
    if first == "curl" {
        return curl(rest);
    }
    (is_url(without_version) && !without_version.contains(' ')).then(|| ("GET".to_owned(), without_version.to_owned()))
}

/// The method and URL of a command line of curl.
fn curl(rest: &str) -> Option<(String, String)> {
    let words: Vec<&str> = rest.split_whitespace().map(|w| w.trim_matches(['"', '\''])).collect();
    let at = words.iter().position(|w| *w == "-X" || *w == "--request");
    let sends = words.iter().any(|w| w.starts_with("--data") || *w == "-d");
    let method = at.and_then(|at| words.get(at + 1)).copied().unwrap_or(if sends { "POST" } else { "GET" });
    let url = words.iter().find(|w| w.contains("://") || w.starts_with("{{"))?;
    Some((method.to_ascii_uppercase(), (*url).to_owned()))
}

fn scheme(value: &str) -> SchemeKind {
    match value.split_whitespace().next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "bearer" => SchemeKind::Bearer,
        "basic" => SchemeKind::Basic,
        _ => SchemeKind::Custom,
    }
}
