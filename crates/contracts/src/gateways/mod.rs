//! Readers of gateways and infrastructure: which requests reach which service, each route with file and line.
//!
//! Files are recognised by name and a look at their text ([`detect`]), then read by format, all files of a format together, as
//! they refer to each other. Nothing is matched to services here. Templates that are no document before they are rendered give
//! one trouble a folder.

mod apim;
mod apisix;
mod aws;
mod caddy;
mod caddyfile;
mod cloudformation;
mod compose;
mod detect;
mod envoy;
mod functions;
mod google;
mod hcl;
mod ingress;
mod istio;
mod kong;
mod kubernetes;
mod nginx;
mod nginx_parse;
mod openapi_routes;
mod pages;
mod rules;
mod serverless;
mod shape;
mod site_paths;
mod terraform;
mod toml;
mod traefik;

use crate::node::Node;
use crate::refs;
use apicensus_catalog::{Audience, Gateway, GatewayKind, GatewayRoute, Location, Trouble, TroubleKind, View, Workload};
use apicensus_source::Tree;
use apicensus_source::classify::Class;
use detect::Format;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Most routes of one gateway.
const MAX_ROUTES: usize = 20_000;
/// Most bytes of a file that is read.
const MAX_BYTES: u64 = 16 << 20;

/// The gateways of a tree, what is deployed, and what could not be read of them.
#[derive(Debug, Default)]
pub struct Gateways {
    /// The gateways, by file.
    pub gateways: Vec<Gateway>,
    /// What is deployed, by file.
    pub workloads: Vec<Workload>,
    /// What could not be read.
    pub troubles: Vec<Trouble>,
}

/// A file of a format.
struct Source {
    path: String,
    text: String,
    audience: Audience,
}

impl Source {
    fn at(&self, line: u32) -> Location {
        Location { file: self.path.clone(), line: line.max(1) }
    }

    /// The documents of a YAML, JSON or TOML file; what is broken is a trouble.
    fn documents(&self, out: &mut Gateways) -> Vec<Node> {
        let (documents, broken) = if self.path.ends_with(".toml") { toml::parse(&self.text) } else { refs::parse(&self.path, &self.text) };
        for mistake in broken {
            out.trouble(self, mistake.line, mistake.message);
        }
        documents
    }
}

impl Gateways {
    fn trouble(&mut self, source: &Source, line: u32, message: impl Into<String>) {
        self.troubles.push(Trouble {
            kind: TroubleKind::Gateway,
            repository: String::new(),
            file: source.path.clone(),
            line,
            message: message.into(),
            effect: "routes of this gateway may be missing, so what it exposes is not fully known".to_owned(),
        });
    }

    /// Adds a gateway, if it has routes.
    fn gateway(&mut self, kind: GatewayKind, view: View, source: &Source, name: &str, mut routes: Vec<GatewayRoute>) {
        if routes.is_empty() {
            return;
        }
        let is_partial = routes.len() > MAX_ROUTES;
        if is_partial {
            self.trouble(source, 0, "there are too many routes; the rest was not read");
            routes.truncate(MAX_ROUTES);
        }
        let file = source.path.clone();
        let number = self.gateways.iter().filter(|g| g.file == file).count();
        let id = if number == 0 { file.clone() } else { format!("{file}#{}", number + 1) };
        let name = name.to_owned();
        self.gateways.push(Gateway { id, kind, view, name, file, audience: source.audience, partial: is_partial, reached: 0, routes });
    }
}

/// Finds and reads the gateways of a tree. `class` says what a file is by its path. Runs on the current rayon pool.
pub fn read(tree: &Tree, class: &(dyn Fn(&str) -> Class + Sync)) -> Gateways {
    let found: Vec<(Format, Source)> = (0..tree.files().len()).into_par_iter().filter_map(|at| source(tree, at, class)).collect();
    let mut by_format: BTreeMap<Format, Vec<Source>> = BTreeMap::new();
    for (format, source) in found {
        by_format.entry(format).or_default().push(source);
    }
    let mut out = Gateways::default();
    for (format, sources) in &by_format {
        match format {
            Format::Template => templates(sources, &mut out),
            Format::Kubernetes => kubernetes::read(sources, &mut out),
            Format::Compose => compose::read(sources, &mut out),
            Format::Nginx => nginx::read(tree, sources, &mut out),
            Format::Caddyfile => sources.iter().for_each(|s| caddyfile::read(s, &mut out)),
            Format::Terraform => terraform::read(tree, sources, &mut out),
            Format::Redirects => sources.iter().for_each(|s| pages::redirects(s, &mut out)),
            Format::Data => sources.iter().for_each(|s| data(tree, s, &mut out)),
        }
    }
    // A description that a template names counts there.
    let is_of_template = |g: &Gateway| g.kind != GatewayKind::AwsApiGateway;
    let named: BTreeSet<String> =
        out.gateways.iter().filter(|g| is_of_template(g)).flat_map(|g| &g.routes).map(|r| r.at.file.clone()).collect();
    out.gateways.retain(|g| is_of_template(g) || !named.contains(&g.file));
    for gateway in &mut out.gateways {
        gateway.partial |= out.troubles.iter().any(|t| t.file == gateway.file);
    }
    out.gateways.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
    out.workloads.sort_by(|a, b| (&a.at, &a.name).cmp(&(&b.at, &b.name)));
    out
}

fn source(tree: &Tree, at: usize, class: &(dyn Fn(&str) -> Class + Sync)) -> Option<(Format, Source)> {
    let entry = tree.files().get(at)?;
    let path = entry.path.as_str();
    if !detect::may_be(path) || entry.size > MAX_BYTES {
        return None;
    }
    let audience = match class(path) {
        Class::Vendored | Class::Minified | Class::Binary => return None,
        Class::Test => Audience::Test,
        Class::Example | Class::Docs => Audience::Example,
        Class::Production | Class::Generated => Audience::Production,
    };
    let bytes = tree.read(at).ok()?;
    let format = detect::format(path, &bytes)?;
    let audience = if format == Format::Compose && detect::is_for_development(path) { Audience::Test } else { audience };
    Some((format, Source { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned(), audience }))
}

/// One trouble for all templates of a folder.
fn templates(sources: &[Source], out: &mut Gateways) {
    let mut folders: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in sources.iter().filter(|s| s.audience == Audience::Production) {
        folders.entry(source.path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default().push(source);
    }
    for sources in folders.values() {
        let Some(first) = sources.first() else { continue };
        let others = if sources.len() > 1 { format!(" (with {} others in its folder)", sources.len() - 1) } else { String::new() };
        out.trouble(first, 0, format!("it is a template{others}: its routes are known only once it is rendered"));
    }
}

/// YAML, JSON and TOML whose keys tell the format.
fn data(tree: &Tree, source: &Source, out: &mut Gateways) {
    for root in source.documents(out) {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        match () {
            () if cloudformation::is_one(&root) => cloudformation::read(tree, source, &root, out),
            () if serverless::is_one(name, &root) => serverless::read(tree, source, &root, out),
            () if kong::is_one(&root) => kong::read(source, &root, out),
            () if traefik::is_one(&root) => traefik::dynamic(source, &root, out),
            () if envoy::is_one(&root) => envoy::read(source, &root, out),
            () if caddy::is_one(&root) => caddy::read(source, &root, out),
            () if apim::is_one(&root) => apim::read(source, &root, out),
            () if functions::is_one(name, &root) => functions::read(tree, source, &root, out),
            () if pages::is_one(name) => pages::read(source, &root, out),
            () if google::is_one(&root) => google::read(source, &root, out),
            () if openapi_routes::is_one(&root) => openapi_routes::standalone(source, &root, out),
            () if apisix::is_one(&root) => apisix::read(source, &root, out),
            () => {}
        }
    }
}
