//! Hosts of pages and edge functions: Vercel (https://vercel.com/docs/project-configuration), Netlify
//! (https://docs.netlify.com/routing/redirects/), Cloudflare (https://developers.cloudflare.com/workers/wrangler/configuration/).

use super::ingress::texts;
use super::shape::{by_fit, named, of_pattern, required, target, whole};
use super::site_paths::{of_netlify, of_vercel};
use super::{Gateways, Source};
use crate::node::Node;
use apicensus_catalog::{
    GatewayAuth, GatewayKind, GatewayRoute, GatewayTarget, Location, PathMatch, PathRewrite, RewriteKind, RouteAction, SchemeKind, View,
};
use apicensus_source::paths::{folder, joined};

/// Whether a file is one, by its name.
pub fn is_one(name: &str) -> bool {
    matches!(name, "vercel.json" | "now.json" | "netlify.toml" | "wrangler.toml" | "wrangler.json" | "wrangler.jsonc")
}

/// Reads a file.
pub fn read(source: &Source, root: &Node, out: &mut Gateways) {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let title = root.text_at("name").unwrap_or_default();
    match name {
        "vercel.json" | "now.json" => {
            let routes = vercel(source, root, out);
            out.gateway(GatewayKind::Vercel, View::Gateway, source, title, routes);
        }
        "netlify.toml" => {
            let items = root.get("redirects").map(Node::items).unwrap_or_default();
            let routes = items.iter().filter_map(|item| {
                let text = |key: &str| item.text_at(key).unwrap_or_default();
                let mut route = rule(source.at(item.line), item.text_at("from")?, text("to"), text("status"))?;
                for entry in item.get("conditions").map(Node::entries).unwrap_or_default() {
                    condition(&mut route, &entry.key, &texts(Some(&entry.node)).join(","), source.at(entry.line));
                }
                let query = item.get("query").map(Node::entries).unwrap_or_default();
                route.only_if.extend(query.iter().map(|e| format!("query {}", e.key)));
                Some(route)
            });
            out.gateway(GatewayKind::Netlify, View::Gateway, source, title, routes.collect());
        }
        _ => out.gateway(GatewayKind::Cloudflare, View::Iac, source, title, wrangler(source, root)),
    }
}

fn vercel(source: &Source, root: &Node, out: &mut Gateways) -> Vec<GatewayRoute> {
    let mut routes = Vec::new();
    let mut placed = |item: &Node| {
        let path = item.text_at("source").unwrap_or("/");
        let Some((path, kind)) = of_vercel(path) else {
            out.trouble(source, item.line, format!("the path `{path}` could not be read"));
            return None;
        };
        Some(GatewayRoute { only_if: conditions(item), ..GatewayRoute::new(source.at(item.line), path, kind) })
    };
    for item in root.get("redirects").map(Node::items).unwrap_or_default() {
        let Some(mut route) = placed(item) else { continue };
        route.action = RouteAction::Redirect;
        route.targets = vec![named(item.text_at("destination").unwrap_or_default(), None)];
        routes.push(route);
    }
    let rewrites = root.get("rewrites");
    // They may stand by when they are tried.
    let staged = ["beforeFiles", "afterFiles", "fallback"].iter().filter_map(|key| rewrites?.get(key));
    for item in staged.chain(rewrites).flat_map(Node::items) {
        let Some(mut route) = placed(item) else { continue };
        aim(item.text_at("destination").unwrap_or_default(), &mut route);
        routes.push(route);
    }
    for item in root.get("routes").map(Node::items).unwrap_or_default() {
        let Some(pattern) = item.text_at("src") else { continue };
        let mut route = GatewayRoute::new(source.at(item.line), format!("^(?:{pattern})$"), PathMatch::Regex);
        route.methods = texts(item.get("methods"));
        match (item.text_at("dest"), item.text_at("status").unwrap_or_default()) {
            (_, status) if status.starts_with('3') => route.action = RouteAction::Redirect,
            (None, status) if status.starts_with('4') => route.action = RouteAction::Deny,
            (Some(to), _) => {
                aim(to, &mut route);
                route.rewrite = route.rewrite.map(|r| of_pattern(pattern, &r.to));
            }
            _ => continue,
        }
        routes.push(route);
    }
    routes
}

fn conditions(item: &Node) -> Vec<String> {
    let of = |n: &Node| {
        format!(
            "{} {}: {}",
            n.text_at("type").unwrap_or_default(),
            n.text_at("key").unwrap_or_default(),
            n.text_at("value").unwrap_or_default()
        )
    };
    let all = |key: &str| item.get(key).map(Node::items).unwrap_or_default().iter().map(of);
    all("has").chain(all("missing").map(|text| format!("not {text}"))).collect()
}

/// Where a rewrite leads: another host, a function, or another path of the same site.
fn aim(to: &str, route: &mut GatewayRoute) {
    if to.contains("://") {
        let (host, path) = target(to);
        route.targets = vec![host];
        route.rewrite = rewritten(route, &path.unwrap_or_default());
    } else {
        route.targets = vec![GatewayTarget { name: "this site".to_owned(), ..GatewayTarget::default() }];
        route.rewrite = rewritten(route, to);
    }
    if to.starts_with("/.netlify/functions/") || to.starts_with("/.netlify/edge-functions/") {
        let name = to.rsplit("functions/").next().unwrap_or_default().split('/').next().unwrap_or_default();
        route.action = RouteAction::Function;
        route.targets = vec![named(name, None)];
    }
}

fn rewritten(route: &GatewayRoute, to: &str) -> Option<PathRewrite> {
    let marks = [":splat", ":path*", ":match*", ":path", "$1", ":slug*", ":rest*"];
    let rest = marks.iter().find_map(|mark| to.strip_suffix(mark)).or_else(|| {
        let (head, last) = to.rsplit_once('/')?;
        last.starts_with(':').then_some(&to[..head.len() + 1]).filter(|_| last.ends_with('*'))
    });
    match (route.path_match, rest) {
        (PathMatch::Segments | PathMatch::Prefix, Some(head)) => {
            let (from, to) = (route.path.trim_end_matches('/'), head.trim_end_matches('/'));
            (from != to).then(|| PathRewrite { kind: RewriteKind::Prefix, from: from.to_owned(), to: to.to_owned() })
        }
        (PathMatch::Template, _) if to.contains(':') => {
            Some(PathRewrite { kind: RewriteKind::Pattern, from: route.path.clone(), to: to.to_owned() })
        }
        (PathMatch::Regex, _) => Some(PathRewrite { kind: RewriteKind::Pattern, from: route.path.clone(), to: to.to_owned() }),
        _ if to.is_empty() || to == route.path => None,
        _ => whole(to),
    }
}

/// A rule of Netlify or Cloudflare Pages.
fn rule(at: Location, from: &str, to: &str, status: &str) -> Option<GatewayRoute> {
    let (host, path) = if from.contains("://") { target(from) } else { (GatewayTarget::default(), Some(from.to_owned())) };
    let path = path.unwrap_or_else(|| "/".to_owned());
    let (path, kind) = of_netlify(&path);
    let mut route = GatewayRoute::new(at, path, kind);
    if !host.name.is_empty() {
        route.hosts.push(host.name);
    }
    let status = status.trim_end_matches('!');
    match status {
        "200" => aim(to, &mut route),
        "404" | "403" | "401" | "410" => route.action = RouteAction::Deny,
        _ => {
            route.action = RouteAction::Redirect;
            route.targets = vec![named(to, None)];
        }
    }
    Some(route)
}

/// What a rule asks for beside the path. A role is one of a signed token.
fn condition(route: &mut GatewayRoute, key: &str, value: &str, at: Location) {
    if key == "Role" {
        route.auth = Some(GatewayAuth { scopes: value.split(',').map(str::to_owned).collect(), ..required(SchemeKind::Jwt, "Role", at) });
    } else {
        route.only_if.push(format!("{key} {value}"));
    }
}

/// Reads a file `_redirects`.
pub fn redirects(source: &Source, out: &mut Gateways) {
    let mut routes = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let [from, rest @ ..] = words.as_slice() else { continue };
        // Between the path and the address may stand parameters of the query.
        let to = rest.iter().find(|w| w.starts_with('/') || w.contains("://"));
        let Some(to) = to.filter(|_| from.starts_with('/') || from.contains("://")) else { continue };
        let status = rest.iter().find(|w| w.trim_end_matches('!').parse::<u16>().is_ok()).copied().unwrap_or("301");
        let line = source.at(at as u32 + 1);
        let Some(mut route) = rule(line.clone(), from, to, status) else { continue };
        for word in rest.iter().filter(|w| *w != to) {
            match word.split_once('=') {
                Some((key @ ("Role" | "Country" | "Language" | "Cookie"), value)) => condition(&mut route, key, value, line.clone()),
                Some((key, _)) => route.only_if.push(format!("query {key}")),
                None => {}
            }
        }
        routes.push(route);
    }
    out.gateway(GatewayKind::Netlify, View::Gateway, source, "", routes);
}

fn wrangler(source: &Source, root: &Node) -> Vec<GatewayRoute> {
    let worker = root.text_at("name").unwrap_or_default();
    let code = root.text_at("main").map(str::to_owned);
    let mut routes = Vec::new();
    let single = root.get("route").into_iter();
    let many = root.get("routes").map(Node::items).unwrap_or_default().iter();
    for node in single.chain(many) {
        let Some(pattern) = node.text().or(node.text_at("pattern")) else { continue };
        let is_domain = node.get("custom_domain").is_some_and(Node::is_true);
        let (host, path) = target(pattern);
        let path = if is_domain { "/*".to_owned() } else { path.unwrap_or_else(|| "/".to_owned()) };
        let mut route = match path.strip_suffix('*') {
            Some(head) => GatewayRoute::new(source.at(node.line), head, PathMatch::Prefix),
            None => GatewayRoute::new(source.at(node.line), path.clone(), PathMatch::Exact),
        };
        route.hosts = vec![host.name];
        route.targets = vec![GatewayTarget { code: code.as_deref().and_then(|c| folder_of(source, c)), ..named(worker, None) }];
        routes.push(route);
    }
    // The most special pattern counts, that of a whole host first.
    by_fit(&mut routes);
    routes.sort_by_key(|route| route.hosts.iter().any(|host| host.starts_with('*')));
    routes
}

/// The file of a worker, from the root of the tree.
fn folder_of(source: &Source, file: &str) -> Option<String> {
    joined(folder(&source.path), file)
}
