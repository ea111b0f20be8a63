//! The Caddyfile (https://caddyserver.com/docs/caddyfile/concepts): sites, matchers, and the directives that answer. They are tried in the
//! order that Caddy sorts them in: by kind, then by the length of their path; within `route` as they are written.

use super::caddy::{path_of, redirect};
use super::shape::{after, open, prefix, push_new, required, target, whole};
use super::{Gateways, Source};
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, RouteAction, SchemeKind, View};
use std::collections::BTreeMap;

/// Deepest nesting of blocks.
const MAX_DEPTH: usize = 20;
/// Most lines that imports bring.
const MAX_LINES: usize = 20_000;

/// A line with words, and the lines in its block.
#[derive(Clone, Debug, Default)]
struct Line {
    words: Vec<String>,
    number: u32,
    block: Vec<Line>,
}

impl Line {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }
}

/// Reads a file.
pub fn read(source: &Source, out: &mut Gateways) {
    let lines = match parse(&source.text) {
        Ok(lines) => lines,
        Err((line, message)) => {
            out.trouble(source, line, message);
            return;
        }
    };
    let mut snippets: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    let mut sites: Vec<Line> = Vec::new();
    // A file without blocks around its directives is one site: the first line has its addresses.
    let is_single = lines.iter().skip(1).any(|l| l.block.is_empty()) && lines.first().is_some_and(|l| l.block.is_empty());
    if is_single {
        let first = lines.first().cloned().unwrap_or_default();
        sites.push(Line { block: lines[1..].to_vec(), ..first });
    } else {
        for line in lines {
            match line.word(0) {
                // The first block without a name holds global options.
                "" => {}
                name if name.starts_with('(') => {
                    snippets.insert(name.trim_matches(['(', ')']).to_owned(), line.block);
                }
                _ => sites.push(line),
            }
        }
    }
    let mut routes = Vec::new();
    for site in &sites {
        let addresses = site.words.iter().flat_map(|w| w.split(',')).map(str::trim).filter(|a| !a.is_empty());
        let mut hosts: Vec<String> = Vec::new();
        addresses.map(|a| target(a).0.name).filter(|h| !h.is_empty() && h != "localhost").for_each(|h| push_new(&mut hosts, &h));
        let mut budget = MAX_LINES;
        let block = expand(&site.block, &snippets, 0, &mut budget);
        let mut start = GatewayRoute::new(source.at(site.number), "/", PathMatch::Prefix);
        start.hosts = hosts;
        // Caddy serves HTTPS for names by itself and sends plain HTTP on.
        start.tls_redirect = start.hosts.iter().any(|h| h.contains('.')) && !site.word(0).starts_with("http://");
        let mut found = Vec::new();
        Site { source, matchers: matchers(&block) }.block(&sorted(&block), &start, 0, &mut found);
        routes.extend(found);
    }
    out.gateway(GatewayKind::Caddy, View::Gateway, source, "", routes);
}

/// The lines of a text, by blocks.
fn parse(text: &str) -> Result<Vec<Line>, (u32, String)> {
    let mut open: Vec<Line> = vec![Line::default()];
    let mut last = 0;
    for (at, text) in text.lines().enumerate() {
        let number = at as u32 + 1;
        last = number;
        let mut words = words(text);
        if words.is_empty() {
            continue;
        }
        if words.first().is_some_and(|w| w == "}") {
            let done = open.pop().filter(|_| !open.is_empty()).ok_or((number, "a block is closed that was not opened".to_owned()))?;
            if let Some(parent) = open.last_mut() {
                parent.block.push(done);
            }
            continue;
        }
        let opens = words.last().is_some_and(|w| w == "{");
        if opens {
            words.pop();
            open.push(Line { words, number, block: Vec::new() });
            if open.len() > MAX_DEPTH {
                return Err((number, "it is nested too deeply".to_owned()));
            }
        } else if let Some(parent) = open.last_mut() {
            parent.block.push(Line { words, number, block: Vec::new() });
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) => Ok(root.block),
        _ => Err((last, "it ends within a block".to_owned())),
    }
}

/// The words of a line; quotes keep spaces, `#` at the start of a word begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.peek().copied() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '#' => break,
            '"' | '`' => {
                chars.next();
                words.push(chars.by_ref().take_while(|n| *n != c).collect());
            }
            _ => {
                let mut word = String::new();
                while let Some(n) = chars.next_if(|n| !n.is_whitespace()) {
                    word.push(n);
                }
                words.push(word);
            }
        }
    }
    words
}

/// The lines of a block in the order in which Caddy tries them. Matchers of names count as their one path; what asks something comes before
/// what takes everything (https://caddyserver.com/docs/caddyfile/directives#sorting-algorithm).
fn sorted(lines: &[Line]) -> Vec<Line> {
    let path = |line: &Line| {
        let asked = line.word(1);
        if asked.starts_with('/') {
            return asked.to_owned();
        }
        let named = lines.iter().find(|l| asked.starts_with('@') && l.word(0) == asked);
        let parts = named.into_iter().flat_map(|l| std::iter::once(&l.words[1..]).chain(l.block.iter().map(|b| b.words.as_slice())));
        let paths: Vec<&String> = parts.filter(|p| p.first().is_some_and(|w| w == "path")).flat_map(|p| &p[1..]).collect();
        if let [one] = paths.as_slice() { (*one).clone() } else { String::new() }
    };
    let key = |line: &Line| {
        let kind = match line.word(0) {
            "redir" => 1,
            "handle" | "handle_path" => 2,
            "route" => 3,
            "error" | "abort" => 4,
            "respond" => 5,
            "reverse_proxy" => 6,
            "php_fastcgi" => 7,
            "file_server" => 8,
            _ => 0,
        };
        let path = path(line);
        let asks = line.word(1).starts_with(['/', '@']);
        (kind, !asks, std::cmp::Reverse(path.trim_end_matches('*').len()), path.ends_with('*'))
    };
    let mut sorted = lines.to_vec();
    sorted.sort_by_key(key);
    sorted
}

/// Puts snippets into the places that import them.
fn expand(lines: &[Line], snippets: &BTreeMap<String, Vec<Line>>, depth: usize, budget: &mut usize) -> Vec<Line> {
    let mut all = Vec::new();
    for line in lines {
        if *budget == 0 || depth > MAX_DEPTH {
            return all;
        }
        *budget -= 1;
        match snippets.get(line.word(1)).filter(|_| line.word(0) == "import") {
            Some(snippet) => all.extend(expand(snippet, snippets, depth + 1, budget)),
            None => all.push(Line { block: expand(&line.block, snippets, depth + 1, budget), ..line.clone() }),
        }
    }
    all
}

/// What a named matcher asks.
#[derive(Clone, Debug, Default)]
struct Matcher {
    paths: Vec<(String, PathMatch)>,
    methods: Vec<String>,
    hosts: Vec<String>,
    others: Vec<String>,
}

fn matchers(lines: &[Line]) -> BTreeMap<String, Matcher> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|l| l.word(0).starts_with('@')) {
        let mut matcher = Matcher::default();
        let single = Line { words: line.words[1..].to_vec(), number: line.number, block: Vec::new() };
        for part in std::iter::once(&single).chain(&line.block).filter(|l| !l.words.is_empty()) {
            let args = part.words[1..].to_vec();
            match part.word(0) {
                "path" => matcher.paths.extend(args.iter().map(|a| path_of(a))),
                "path_regexp" => matcher.paths.extend(args.last().map(|a| (a.clone(), PathMatch::Regex))),
                "method" => matcher.methods.extend(args),
                "host" => matcher.hosts.extend(args),
                _ => matcher.others.push(part.words.join(" ")),
            }
        }
        found.insert(line.word(0).to_owned(), matcher);
    }
    found
}

struct Site<'a> {
    source: &'a Source,
    matchers: BTreeMap<String, Matcher>,
}

impl Site<'_> {
    /// The routes of a block, below what was matched already.
    fn block(&self, lines: &[Line], above: &GatewayRoute, depth: usize, found: &mut Vec<GatewayRoute>) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut start = above.clone();
        let mut partial: Vec<(GatewayRoute, &Line)> = Vec::new();
        for line in lines {
            let (routes, first) = self.matched(line, &start);
            let is_whole = first == 1 && line.word(1) != "*";
            match line.word(0) {
                "uri" if line.word(first) == "strip_prefix" => {
                    start.rewrite = after(start.rewrite.take(), prefix(line.word(first + 1), ""));
                }
                "rewrite" if is_whole => start.rewrite = whole(line.word(first)),
                "rewrite" => {}
                "basic_auth" | "basicauth" | "forward_auth" if is_whole => guard(self.source, line, &mut start),
                "basic_auth" | "basicauth" | "forward_auth" => partial.extend(routes.into_iter().map(|r| (r, line))),
                "rate_limit" => push_new(&mut start.rate_limits, "rate_limit"),
                "header" if line.words.iter().any(|w| w.contains("Access-Control-Allow-Origin")) => {
                    push_new(&mut start.cors, line.words.last().map_or("*", String::as_str));
                }
                _ => {}
            }
        }
        for line in lines {
            let (routes, first) = self.matched(line, &start);
            for mut route in routes {
                if let Some((_, guarding)) = partial.iter().find(|(p, _)| covers(p, &route)) {
                    guard(self.source, guarding, &mut route);
                }
                self.answer(line, first, route, depth, found);
            }
        }
        // What is guarded below a part of an open place is a route of its own.
        for (route, line) in partial {
            let is_outer =
                |f: &GatewayRoute| f.path_match == PathMatch::Prefix && route.path.starts_with(&f.path) && f.path.len() < route.path.len();
            if let Some(place) = found.iter().position(is_outer) {
                let mut own = found[place].clone();
                (own.path, own.path_match, own.at) = (route.path, route.path_match, self.source.at(line.number));
                guard(self.source, line, &mut own);
                found.insert(place, own);
            }
        }
    }

    /// What a directive answers.
    fn answer(&self, line: &Line, first: usize, mut route: GatewayRoute, depth: usize, found: &mut Vec<GatewayRoute>) {
        match line.word(0) {
            "route" => self.block(&line.block, &route, depth + 1, found),
            "handle" => self.block(&sorted(&line.block), &route, depth + 1, found),
            "handle_path" => {
                let strip = route.path.trim_end_matches('/').to_owned();
                route.rewrite = after(route.rewrite.take(), prefix(&strip, ""));
                self.block(&sorted(&line.block), &route, depth + 1, found);
            }
            "reverse_proxy" | "php_fastcgi" => {
                let in_block = line.block.iter().filter(|l| l.word(0) == "to").flat_map(|l| l.words[1..].iter());
                let upstreams = line.words.iter().skip(first).chain(in_block);
                route.targets = upstreams.map(|u| target(u).0).collect();
                if let Some(change) = line.block.iter().find(|l| l.word(0) == "rewrite") {
                    route.rewrite = after(route.rewrite.take(), whole(change.word(1)).filter(|w| !w.to.contains('{')));
                }
                found.push(route);
            }
            "redir" => {
                redirect(&mut route, line.word(first));
                found.push(route);
            }
            "respond" | "error" | "abort" => {
                let is_refusal = line.words.iter().any(|w| w.len() == 3 && w.starts_with('4')) || line.word(0) != "respond";
                route.action = if is_refusal { RouteAction::Deny } else { RouteAction::Respond };
                found.push(route);
            }
            "file_server" => {
                route.action = RouteAction::Files;
                found.push(route);
            }
            _ => {}
        }
    }

    /// A route for each path that a directive's matcher names, and where its arguments begin.
    fn matched(&self, line: &Line, above: &GatewayRoute) -> (Vec<GatewayRoute>, usize) {
        let at = self.source.at(line.number);
        let base = GatewayRoute { at, ..above.clone() };
        let word = line.word(1);
        if word == "*" {
            return (vec![base], 2);
        }
        if let Some(matcher) = self.matchers.get(word) {
            let mut route = base;
            route.methods.extend(matcher.methods.iter().cloned());
            route.only_if.extend(matcher.others.iter().cloned());
            if !matcher.hosts.is_empty() {
                route.hosts.clone_from(&matcher.hosts);
            }
            let with = |(path, kind): &(String, PathMatch)| GatewayRoute { path: path.clone(), path_match: *kind, ..route.clone() };
            let routes: Vec<GatewayRoute> = matcher.paths.iter().map(with).collect();
            return (if routes.is_empty() { vec![route] } else { routes }, 2);
        }
        if word.starts_with('/') {
            let (path, path_match) = path_of(word);
            return (vec![GatewayRoute { path, path_match, ..base }], 2);
        }
        (vec![base], 1)
    }
}

/// Whether everything that a route takes is also taken by another.
fn covers(outer: &GatewayRoute, inner: &GatewayRoute) -> bool {
    let is_below = inner.path.starts_with(&outer.path);
    is_below && (outer.path_match == PathMatch::Prefix || (outer.path == inner.path && outer.path_match == inner.path_match))
}

fn guard(source: &Source, line: &Line, route: &mut GatewayRoute) {
    let scheme = if line.word(0) == "forward_auth" { SchemeKind::Custom } else { SchemeKind::Basic };
    let at = source.at(line.number);
    route.auth = Some(if line.word(1) == "off" { open(line.word(0), at) } else { required(scheme, line.word(0), at) });
}
