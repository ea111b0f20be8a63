//! nginx (https://nginx.org/en/docs/http/ngx_http_core_module.html#location, ngx_http_proxy_module): locations, what they pass
//! requests to, and how they change paths. Files that a server includes are read in its place.
//!
//! The exact location comes before regular expressions in their order, these before the longest prefix; `^~` keeps regular
//! expressions out.

use super::nginx_parse::{Directive, parse};
use super::shape::{named, of_pattern, open, prefix, push_new, required, target};
use super::{Gateways, Source};
use apicensus_catalog::{
    AuthState, GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, Location, PathMatch, RouteAction, SchemeKind, View,
};
use apicensus_source::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Deepest nesting of includes.
const MAX_INCLUDES: usize = 8;
/// Most directives that includes bring into a file, so that includes of includes stay small.
const MAX_INCLUDED: usize = 50_000;

/// What is told once for all files: upstreams, zones of rate limits and maps, by name.
#[derive(Default)]
struct Shared {
    upstreams: BTreeMap<String, Vec<GatewayTarget>>,
    zones: BTreeMap<String, String>,
    maps: BTreeMap<String, Vec<String>>,
}

/// Reads all files.
pub fn read(tree: &Tree, sources: &[Source], out: &mut Gateways) {
    let mut files = Vec::new();
    let mut shared = Shared::default();
    let mut included = BTreeSet::new();
    for source in sources {
        let (directives, broken) = parse(&source.text);
        if let Some(broken) = broken {
            out.trouble(source, broken.line, broken.message);
        }
        let mut expander = Expander { tree, included: &mut included, left: MAX_INCLUDED, missing: Vec::new() };
        let directives = expander.expand(directives, &source.path, false, 0);
        for (line, name) in expander.missing {
            out.trouble(source, line, format!("it includes `{name}`, which is not in the tree"));
        }
        collect(&directives, &mut shared);
        files.push((source, directives));
    }
    for (source, directives) in files {
        let has_server = servers(&directives).next().is_some();
        if !has_server && included.contains(&source.path) {
            continue;
        }
        let mut routes = Vec::new();
        let reader = Reader { source, shared: &shared };
        let http = directives.iter().find(|d| d.name == "http");
        let outer = http.map_or(Scope::default(), |http| reader.scope(http, &Scope::default()));
        for server in servers(&directives) {
            routes.extend(reader.server(server, &outer));
        }
        if !has_server {
            let whole = Directive { name: "server".to_owned(), line: 1, block: directives.clone(), ..Directive::default() };
            routes.extend(reader.server(&whole, &outer));
        }
        out.gateway(GatewayKind::Nginx, View::Gateway, source, "", routes);
    }
}

/// The servers of a file, within `http` or on the top level.
fn servers(directives: &[Directive]) -> impl Iterator<Item = &Directive> {
    let inner = directives.iter().filter(|d| d.name == "http").flat_map(|http| http.all("server"));
    directives.iter().filter(|d| d.name == "server").chain(inner)
}

fn collect(directives: &[Directive], shared: &mut Shared) {
    for directive in directives {
        match directive.name.as_str() {
            "http" => collect(&directive.block, shared),
            "upstream" => {
                let servers = directive.all("server").map(|s| target(s.arg(0)).0).collect();
                shared.upstreams.insert(directive.arg(0).to_owned(), servers);
            }
            "map" => {
                let inner = directive.block.iter().filter(|d| !matches!(d.name.as_str(), "hostnames" | "include" | "volatile"));
                shared.maps.insert(directive.arg(1).to_owned(), inner.map(|d| d.arg(0).to_owned()).collect());
            }
            "limit_req_zone" => {
                let of = |key: &str| directive.args.iter().find_map(|a| a.strip_prefix(key)).unwrap_or_default();
                let zone = of("zone=").split(':').next().unwrap_or_default();
                shared.zones.insert(zone.to_owned(), of("rate=").to_owned());
            }
            _ => {}
        }
    }
}

/// Puts included files into the places that include them.
struct Expander<'a> {
    tree: &'a Tree,
    included: &'a mut BTreeSet<String>,
    left: usize,
    missing: Vec<(u32, String)>,
}

impl Expander<'_> {
    fn expand(&mut self, directives: Vec<Directive>, file: &str, in_server: bool, depth: usize) -> Vec<Directive> {
        let mut all = Vec::new();
        for mut directive in directives {
            if self.left == 0 {
                return all;
            }
            self.left -= 1;
            if directive.name == "include" && in_server {
                all.extend(self.include(&directive, file, depth));
                continue;
            }
            let in_server = in_server || directive.name == "server";
            directive.block = self.expand(std::mem::take(&mut directive.block), file, in_server, depth);
            all.push(directive);
        }
        all
    }

    fn include(&mut self, directive: &Directive, file: &str, depth: usize) -> Vec<Directive> {
        let name = directive.arg(0);
        // What every installation brings along.
        let is_stock = ["mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params"];
        if depth >= MAX_INCLUDES || is_stock.iter().any(|stock| name.ends_with(stock)) || name.contains("options-ssl") {
            return Vec::new();
        }
        let found = self.find(name, file);
        if found.is_empty() && !name.contains('*') {
            self.missing.push((directive.line, name.to_owned()));
        }
        let mut all = Vec::new();
        for at in found {
            let path = self.tree.files()[at].path.clone();
            let Ok(bytes) = self.tree.read(at) else { continue };
            if path == file {
                continue;
            }
            let (mut inner, _) = parse(&String::from_utf8_lossy(&bytes));
            inner.iter_mut().for_each(|d| mark(d, &path));
            self.included.insert(path.clone());
            all.extend(self.expand(inner, &path, true, depth + 1));
        }
        all
    }

    /// The files of the tree that a name or pattern means: from the folder of the including file, or from a folder above
    /// it that stands for `/etc/nginx`.
    fn find(&self, name: &str, file: &str) -> Vec<usize> {
        let tail = name.trim_start_matches("/etc/nginx/").trim_start_matches("/usr/local/openresty/nginx/conf/").trim_start_matches('/');
        let mut folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        loop {
            let path = if folder.is_empty() { tail.to_owned() } else { format!("{folder}/{tail}") };
            let found: Vec<usize> = match path.split_once('*') {
                Some((start, end)) => {
                    let fits = |p: &str| p.len() > start.len() + end.len() && p.starts_with(start) && p.ends_with(end);
                    let inner = |p: &str| !p[start.len()..p.len() - end.len()].contains('/');
                    let files = self.tree.files().iter().enumerate();
                    files.filter(|(_, f)| fits(&f.path) && inner(&f.path)).map(|(at, _)| at).take(100).collect()
                }
                None => self.tree.find(&path).into_iter().collect(),
            };
            if !found.is_empty() || folder.is_empty() {
                return found;
            }
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }
}

fn mark(directive: &mut Directive, file: &str) {
    directive.file = Some(file.to_owned());
    directive.block.iter_mut().for_each(|d| mark(d, file));
}

/// What a level gives to the levels within it.
#[derive(Clone, Default)]
struct Scope {
    auth: Option<GatewayAuth>,
    limits: Vec<String>,
    cors: Vec<String>,
    denies: bool,
    /// What variables may hold.
    variables: BTreeMap<String, Vec<String>>,
}

struct Reader<'a> {
    source: &'a Source,
    shared: &'a Shared,
}

impl Reader<'_> {
    fn at(&self, directive: &Directive) -> Location {
        let file = directive.file.as_deref().unwrap_or(&self.source.path).to_owned();
        Location { file, line: directive.line.max(1) }
    }

    /// What holds within a block: what stands in it, else what holds around it.
    fn scope(&self, block: &Directive, outer: &Scope) -> Scope {
        let mut scope = outer.clone();
        if let Some(basic) = block.last("auth_basic") {
            scope.auth = match basic.arg(0) {
                "off" => Some(open("auth_basic off", self.at(basic))),
                realm => Some(required(SchemeKind::Basic, &format!("auth_basic {realm}"), self.at(basic))),
            };
        }
        for (name, scheme) in [("auth_request", SchemeKind::Custom), ("auth_jwt", SchemeKind::Jwt)] {
            if let Some(asks) = block.last(name) {
                let by = format!("{name} {}", asks.arg(0));
                scope.auth = Some(if asks.arg(0) == "off" { open(&by, self.at(asks)) } else { required(scheme, &by, self.at(asks)) });
            }
        }
        if let Some(verify) = block.last("ssl_verify_client").filter(|v| v.arg(0) == "on") {
            scope.auth = Some(required(SchemeKind::Mtls, "ssl_verify_client on", self.at(verify)));
        }
        if block.last("satisfy").is_some_and(|s| s.arg(0) == "any") {
            scope.auth = scope.auth.map(|auth| GatewayAuth { state: AuthState::Unknown, by: format!("{} (satisfy any)", auth.by), ..auth });
        }
        if block.last("limit_req").is_some() {
            scope.limits = block.all("limit_req").filter_map(|limit| self.limit(limit)).collect();
        }
        let origins: Vec<&Directive> = block.block.iter().filter(|d| is_cors(d)).collect();
        if !origins.is_empty() {
            scope.cors = origins.iter().map(|d| d.arg(1).to_owned()).collect();
        }
        let rules: Vec<&Directive> = block.block.iter().filter(|d| matches!(d.name.as_str(), "allow" | "deny")).collect();
        if !rules.is_empty() {
            scope.denies = rules.first().is_some_and(|d| d.name == "deny" && d.arg(0) == "all");
        }
        for set in block.all("set") {
            scope.variables.insert(set.arg(0).to_owned(), vec![set.arg(1).to_owned()]);
        }
        for set in block.all("if").flat_map(|condition| condition.all("set")) {
            scope.variables.entry(set.arg(0).to_owned()).or_default().push(set.arg(1).to_owned());
        }
        scope
    }

    fn limit(&self, limit: &Directive) -> Option<String> {
        let zone = limit.args.iter().find_map(|a| a.strip_prefix("zone="))?;
        Some(self.shared.zones.get(zone).filter(|rate| !rate.is_empty()).cloned().unwrap_or_else(|| format!("zone {zone}")))
    }

    fn server(&self, server: &Directive, outer: &Scope) -> Vec<GatewayRoute> {
        let scope = self.scope(server, outer);
        let mut hosts: Vec<String> = server.all("server_name").flat_map(|d| d.args.clone()).collect();
        hosts.retain(|h| !matches!(h.as_str(), "_" | "" | "localhost"));
        let mut found: Vec<(Rank, GatewayRoute)> = Vec::new();
        for location in server.all("location") {
            self.location(location, server, &scope, &mut found, 0);
        }
        // What a server returns by itself comes before its locations.
        if let Some(returns) = server.last("return") {
            let mut route = GatewayRoute::new(self.at(returns), "/", PathMatch::Prefix);
            self.returns(returns, &mut route);
            found.push((Rank(0, 0, 0), route));
        }
        found.sort_by_key(|(rank, _)| *rank);
        let mut routes: Vec<GatewayRoute> = found.into_iter().map(|(_, route)| route).collect();
        for route in &mut routes {
            route.hosts.clone_from(&hosts);
        }
        routes
    }

    fn location(&self, location: &Directive, server: &Directive, outer: &Scope, found: &mut Vec<(Rank, GatewayRoute)>, depth: usize) {
        let scope = self.scope(location, outer);
        let (modifier, path) = if location.args.len() > 1 { (location.arg(0), location.arg(1)) } else { split_modifier(location.arg(0)) };
        if path.starts_with('@') {
            return;
        }
        for inner in location.all("location").filter(|_| depth < MAX_INCLUDES) {
            let first = found.len();
            self.location(inner, server, &scope, found, depth + 1);
            // An expression within a prefix is looked at below that prefix only.
            let below = found[first..].iter_mut().filter(|(_, r)| r.path_match == PathMatch::Regex && !modifier.starts_with('~'));
            below.for_each(|(_, route)| route.path = within(path, &route.path));
        }
        let (kind, shown) = match modifier {
            "=" => (PathMatch::Exact, path.to_owned()),
            "~" => (PathMatch::Regex, path.to_owned()),
            "~*" => (PathMatch::Regex, format!("(?i){path}")),
            _ => (PathMatch::Prefix, path.to_owned()),
        };
        let mut route = GatewayRoute::new(self.at(location), shown, kind);
        self.fill(location, server, &scope, &mut route);
        if location.last("internal").is_some() {
            return;
        }
        let length = usize::MAX - route.path.len();
        let rank = match modifier {
            "=" => Rank(1, 0, found.len()),
            "^~" => Rank(2, length, found.len()),
            "~" | "~*" => Rank(3, 0, found.len()),
            _ => Rank(4, length, found.len()),
        };
        let is_limited = !route.methods.is_empty();
        found.push((rank, route));
        // Other methods are refused; no other location takes them.
        if is_limited {
            let mut rest = GatewayRoute::new(self.at(location), found[found.len() - 1].1.path.clone(), kind);
            rest.action = RouteAction::Deny;
            found.push((rank, rest));
        }
    }

    fn fill(&self, location: &Directive, server: &Directive, scope: &Scope, route: &mut GatewayRoute) {
        route.auth = scope.auth.clone();
        route.rate_limits = scope.limits.clone();
        route.cors = scope.cors.clone();
        for only in location.all("limit_except") {
            let refuses = only.all("deny").any(|d| d.arg(0) == "all");
            if refuses {
                route.methods = only.args.clone();
            }
        }
        for condition in location.all("if").filter(|d| d.all("return").next().is_some()) {
            push_new(&mut route.plugins, &format!("if {}", condition.args.join(" ")));
        }
        let passes = ["proxy_pass", "grpc_pass", "uwsgi_pass", "fastcgi_pass"];
        // A location without a pass of its own may fall back to a named one.
        let fallback = location.last("try_files").and_then(|t| t.args.last()).filter(|a| a.starts_with('@'));
        let named_one = fallback.and_then(|name| server.all("location").find(|l| l.arg(0) == name));
        let pass =
            [Some(location), named_one].into_iter().flatten().find_map(|l| l.block.iter().rfind(|d| passes.contains(&d.name.as_str())));
        let rewrite = location.block.iter().rfind(|d| d.name == "rewrite");
        let inner = named_one.map(|l| self.scope(l, scope));
        if scope.denies {
            route.action = RouteAction::Deny;
        } else if let Some(pass) = pass {
            self.pass(pass, rewrite, inner.as_ref().unwrap_or(scope), route);
        } else if let Some(returns) = location.last("return") {
            self.returns(returns, route);
        } else if let Some(rewrite) = rewrite.filter(|r| matches!(r.arg(2), "permanent" | "redirect")) {
            route.action = RouteAction::Redirect;
            route.targets = vec![named(rewrite.arg(1), None)];
        } else {
            route.action = RouteAction::Files;
        }
        if pass.is_some_and(|p| p.name == "fastcgi_pass") && route.path_match == PathMatch::Regex && route.path.contains("php") {
            route.only_if.push("a script of that name".to_owned());
        }
    }

    fn pass(&self, pass: &Directive, rewrite: Option<&Directive>, scope: &Scope, route: &mut GatewayRoute) {
        let mut path = None;
        for url in self.values(pass.arg(0), scope, 0) {
            let (host, own) = target(&url);
            path = path.or(own);
            match self.shared.upstreams.get(&host.name).filter(|servers| !servers.is_empty()) {
                Some(servers) => route.targets.extend(servers.iter().cloned()),
                None => route.targets.push(host),
            }
        }
        let changes = rewrite.filter(|r| matches!(r.arg(2), "break" | "last" | ""));
        let is_plain = route.path_match == PathMatch::Prefix || route.path_match == PathMatch::Exact;
        // With a URI after the host the matched part is replaced by it; not where variables make it up.
        route.rewrite = match (changes, path) {
            (Some(rewrite), _) => Some(of_pattern(rewrite.arg(0), rewrite.arg(1))),
            (None, Some(path)) if path.contains("$request_uri") || path.contains("$uri") => None,
            (None, Some(path)) if path.contains('$') => Some(of_pattern(&route.path, path.trim_end_matches("$is_args$args"))),
            (None, Some(path)) if is_plain => prefix(&route.path, &path),
            _ => None,
        };
    }

    /// What a text with variables may be.
    fn values(&self, text: &str, scope: &Scope, depth: usize) -> Vec<String> {
        let own = scope.variables.iter().chain(&self.shared.maps);
        let known = own.filter(|(name, _)| holds(text, name)).max_by_key(|(name, _)| name.len());
        match known.filter(|_| depth < 4) {
            Some((name, values)) => {
                let found = values.iter().take(16).flat_map(|v| self.values(&text.replace(name.as_str(), v), scope, depth + 1));
                let mut all: Vec<String> = found.take(64).collect();
                all.dedup();
                all
            }
            None => vec![text.to_owned()],
        }
    }

    fn returns(&self, returns: &Directive, route: &mut GatewayRoute) {
        let (code, text) = if returns.args.len() > 1 { (returns.arg(0), returns.arg(1)) } else { ("", returns.arg(0)) };
        let code = if code.is_empty() && text.len() == 3 { text } else { code };
        route.action = match code {
            "301" | "302" | "303" | "307" | "308" => RouteAction::Redirect,
            "" => RouteAction::Redirect,
            code if code.starts_with('4') => RouteAction::Deny,
            _ => RouteAction::Respond,
        };
        if route.action == RouteAction::Redirect {
            route.tls_redirect = text.starts_with("https://$");
            route.targets = vec![named(text, None)];
        }
    }
}

/// Whether a text has a variable, and not one whose name only begins so.
fn holds(text: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..]))
}

/// How early a location is tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(usize, usize, usize);

fn is_cors(directive: &Directive) -> bool {
    directive.name == "add_header" && directive.arg(0).eq_ignore_ascii_case("Access-Control-Allow-Origin")
}

/// `=/x` without a space is allowed.
fn split_modifier(word: &str) -> (&str, &str) {
    for modifier in ["^~", "~*", "=", "~"] {
        if let Some(path) = word.strip_prefix(modifier) {
            return (modifier, path);
        }
    }
    ("", word)
}

/// An expression that is looked at only below a plain path.
fn within(path: &str, expression: &str) -> String {
    let (flags, rest) = expression.strip_prefix("(?i)").map_or(("", expression), |rest| ("(?i)", rest));
    if rest.starts_with('^') || path == "/" {
        return expression.to_owned();
    }
    // The slash at the end of the path may be the one that the expression begins with.
    format!("{flags}^{}.*{rest}", path.trim_end_matches('/').replace('.', "\\."))
}
