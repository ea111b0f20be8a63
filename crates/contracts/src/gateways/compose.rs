//! Docker Compose (https://github.com/compose-spec/compose-spec/blob/main/spec.md): what is deployed, from which folder it is
//! built, which ports are published, and the labels of Traefik.

use super::shape::{named, push_new};
use super::{Gateways, Source, traefik};
use crate::node::{Entry, Node, Value};
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, View, Workload};
use apicensus_source::paths::joined;
use std::rc::Rc;

/// Ports at which debuggers listen.
const DEBUGGERS: &[&str] = &["9229", "9230", "5005", "5678", "2345"];

/// Reads all files.
pub fn read(sources: &[Source], out: &mut Gateways) {
    for source in sources {
        for root in source.documents(out) {
            file(source, &root, out);
        }
    }
}

fn file(source: &Source, root: &Node, out: &mut Gateways) {
    let mut routes = Vec::new();
    let mut labels: Vec<(String, String, u32)> = Vec::new();
    for entry in root.get("services").map(Node::entries).unwrap_or_default() {
        let service = &entry.node;
        if !service.is_map() {
            continue;
        }
        let mut ports: Vec<String> = Vec::new();
        for port in service.get("ports").map(Node::items).unwrap_or_default() {
            let Some((host, outer, inner)) = port_of(port) else { continue };
            push_new(&mut ports, &inner);
            // What is bound to the loopback address is not reached from other machines.
            if outer.is_empty() || DEBUGGERS.contains(&inner.as_str()) || host == "127.0.0.1" || host == "localhost" || host == "[::1]" {
                continue;
            }
            let mut route = GatewayRoute::new(source.at(port.line), "/", PathMatch::Prefix);
            route.hosts.push(format!(":{outer}"));
            route.targets.push(named(&entry.key, Some(&inner)));
            routes.push(route);
        }
        for port in service.get("expose").map(Node::items).unwrap_or_default() {
            push_new(&mut ports, port.text().unwrap_or_default());
        }
        let mut own = labels_of(service);
        own.extend(service.get("deploy").map(labels_of).unwrap_or_default());
        labels.extend(traefik::of_labels(&entry.key, own));
        out.workloads.push(workload(source, entry, ports));
    }
    out.gateway(GatewayKind::Compose, View::Iac, source, root.text_at("name").unwrap_or_default(), routes);
    if !labels.is_empty() {
        traefik::labels(source, &labels, out);
    }
}

fn workload(source: &Source, entry: &Entry, ports: Vec<String>) -> Workload {
    let service = &entry.node;
    let text = |key: &str| service.text_at(key).map(str::to_owned);
    let mut aliases: Vec<String> = [text("container_name"), text("hostname")].into_iter().flatten().collect();
    for network in service.get("networks").map(Node::entries).unwrap_or_default() {
        let names = network.node.get("aliases").map(Node::items).unwrap_or_default();
        aliases.extend(names.iter().filter_map(Node::text).map(str::to_owned));
    }
    aliases.retain(|a| *a != entry.key);
    Workload {
        name: entry.key.clone(),
        aliases,
        at: source.at(entry.line),
        platform: "compose".to_owned(),
        folder: folder(source, service),
        dockerfile: dockerfile(service),
        image: text("image"),
        ports,
        ..Workload::default()
    }
}

/// The folder of the Dockerfile, or of the context where that lies above or is the same.
fn folder(source: &Source, service: &Node) -> Option<String> {
    let build = service.get("build")?;
    let context = build.text().or(build.text_at("context"))?;
    if context.contains("://") || context.contains("${") || context.starts_with('/') {
        return None;
    }
    let here = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let context = joined(here, context)?;
    let dockerfile = build.text_at("dockerfile").and_then(|file| joined(&context, file));
    let of_file = dockerfile.and_then(|file| file.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    // A Dockerfile that lies deeper than its context tells more than the context.
    Some(of_file.filter(|f| f.len() > context.len() && !is_of_docker(f)).unwrap_or(context))
}

/// The name of a Dockerfile that has one of its own.
fn dockerfile(service: &Node) -> Option<String> {
    let file = service.get("build")?.text_at("dockerfile")?;
    let name = file.rsplit('/').next().unwrap_or(file);
    (name != "Dockerfile").then(|| name.to_owned())
}

/// A folder that holds nothing but files of Docker.
fn is_of_docker(folder: &str) -> bool {
    folder
        .split('/')
        .any(|part| matches!(part.to_ascii_lowercase().as_str(), "docker" | "dockerfiles" | "deploy" | "build" | ".docker" | "ci"))
}

/// Address, published port and port of the container; a port without a published one is open within the network only.
fn port_of(port: &Node) -> Option<(String, String, String)> {
    if port.is_map() {
        let text = |key: &str| port.text_at(key).unwrap_or_default().to_owned();
        return Some((text("host_ip"), text("published"), text("target")));
    }
    let text = port.text()?.split('/').next().unwrap_or_default().to_owned();
    let text = without_defaults(&text);
    let parts: Vec<&str> = text.rsplitn(3, ':').collect();
    Some(match parts.as_slice() {
        [inner, outer, host] => ((*host).to_owned(), (*outer).to_owned(), (*inner).to_owned()),
        [inner, outer] => (String::new(), (*outer).to_owned(), (*inner).to_owned()),
        // A port alone is published at one that Docker chooses.
        _ => (String::new(), "*".to_owned(), text),
    })
}

/// `${PORT:-8080}` as `8080`, and `${PORT}` without the signs that would be read as parts of an address.
fn without_defaults(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else { break };
        let inner = &rest[start + 2..start + end];
        match inner.split_once(":-").or_else(|| inner.split_once('-')) {
            Some((_, default)) => out.push_str(default),
            None => out.push_str(&format!("${inner}").replace(':', "_")),
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

/// Labels as a mapping or as a list of `key=value`.
fn labels_of(service: &Node) -> Vec<(String, String, u32)> {
    let Some(labels) = service.get("labels") else { return Vec::new() };
    let text = |node: &Node| match &node.value {
        Value::Bool(is) => is.to_string(),
        _ => node.text().unwrap_or_default().to_owned(),
    };
    let mapped = labels.entries().iter().map(|e| (e.key.clone(), text(&e.node), e.line));
    let listed = labels.items().iter().filter_map(|n| {
        let (key, value) = n.text()?.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned(), n.line))
    });
    mapped.chain(listed).collect()
}

/// A tree of nodes from keys with dots.
pub fn nested(labels: &[(String, String, u32)]) -> Node {
    let mut root = Node { line: 1, value: Value::Map(Rc::new(Vec::new())) };
    for (key, value, line) in labels {
        let mut parts = key.split('.').take(12).peekable();
        let mut here = &mut root;
        while let Some(part) = parts.next() {
            if !here.is_map() {
                break;
            }
            let Value::Map(entries) = &mut here.value else { break };
            let entries = Rc::make_mut(entries);
            let at = entries.iter().position(|e| e.key.eq_ignore_ascii_case(part)).unwrap_or_else(|| {
                let node = Node { line: *line, value: Value::Map(Rc::new(Vec::new())) };
                entries.push(Entry { key: part.to_owned(), line: *line, node });
                entries.len() - 1
            });
            if parts.peek().is_none() {
                entries[at].node = Node { line: *line, value: Value::Text(value.clone()) };
            }
            here = &mut entries[at].node;
        }
    }
    root
}
