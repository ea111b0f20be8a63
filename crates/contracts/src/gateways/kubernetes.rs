//! Kubernetes objects (https://kubernetes.io/docs/reference/kubernetes-api/): what is deployed, Services that are reached from
//! outside, and the objects that route. They refer to each other by name, across files.

use super::shape::{named, push_new, scheme_of};
use super::{Gateways, Source, apisix, ingress, istio, traefik};
use crate::node::Node;
use apicensus_catalog::{GatewayKind, GatewayRoute, PathMatch, SchemeKind, View, Workload};

/// Deepest nesting of lists of objects.
const MAX_LISTS: usize = 8;

/// An object.
pub struct Object<'s> {
    /// Its file.
    pub source: &'s Source,
    /// Its kind.
    pub kind: String,
    /// The group of its `apiVersion`.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty for the default.
    pub namespace: String,
    /// All of it.
    pub node: Node,
}

impl Object<'_> {
    /// A part of its specification.
    pub fn spec(&self, key: &str) -> Option<&Node> {
        self.node.get("spec")?.get(key)
    }

    /// An annotation.
    pub fn annotation(&self, key: &str) -> Option<String> {
        let node = self.node.get("metadata")?.get("annotations")?.get(key)?;
        node.text().map(str::to_owned).or_else(|| node.is_true().then(|| "true".to_owned()))
    }

    /// The line of an annotation, or of the object.
    pub fn annotation_line(&self, key: &str) -> u32 {
        let entry = self.node.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| a.entry(key));
        entry.map_or(self.node.line, |e| e.line)
    }
}

/// All objects of a tree.
pub struct Objects<'s> {
    /// They, by file.
    pub all: Vec<Object<'s>>,
}

impl<'s> Objects<'s> {
    /// Those of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object<'s>> {
        self.all.iter().filter(move |o| o.kind == kind)
    }

    /// The object of a kind and name; of the same namespace first.
    pub fn find(&self, kind: &str, name: &str, namespace: &str) -> Option<&Object<'s>> {
        let mut fitting = self.of_kind(kind).filter(|o| o.name == name);
        let first = fitting.next()?;
        Some(if first.namespace == namespace { first } else { fitting.find(|o| o.namespace == namespace).unwrap_or(first) })
    }
}

/// Reads all objects, then what routes among them.
pub fn read(sources: &[Source], out: &mut Gateways) {
    let mut objects = Objects { all: Vec::new() };
    for source in sources {
        for document in source.documents(out) {
            add(source, &document, &mut objects, 0);
        }
    }
    for object in &objects.all {
        match (object.kind.as_str(), object.group.as_str()) {
            ("Ingress", _) => ingress::ingress(object, &objects, out),
            ("HTTPRoute", _) => ingress::http_route(object, out),
            ("GRPCRoute", _) => ingress::grpc_route(object, out),
            ("VirtualService", group) if group.contains("istio") => istio::read(object, &objects, out),
            ("IngressRoute", group) if group.contains("traefik") => traefik::ingress_route(object, &objects, out),
            ("ApisixRoute", _) => apisix::custom_resource(object, out),
            ("Service", "") => service(object, &objects, out),
            ("Deployment" | "StatefulSet" | "DaemonSet", "apps") => alone(object, &objects, out),
            _ => {}
        }
    }
}

fn add<'s>(source: &'s Source, node: &Node, objects: &mut Objects<'s>, depth: usize) {
    let (Some(kind), Some(version)) = (node.text_at("kind"), node.text_at("apiVersion")) else { return };
    if kind == "List" && depth < MAX_LISTS {
        node.get("items").map(Node::items).unwrap_or_default().iter().for_each(|item| add(source, item, objects, depth + 1));
        return;
    }
    let meta = |key: &str| node.get("metadata").and_then(|m| m.text_at(key)).unwrap_or_default().to_owned();
    objects.all.push(Object {
        source,
        kind: kind.to_owned(),
        group: version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
        name: meta("name"),
        namespace: meta("namespace"),
        node: node.clone(),
    });
}

/// Whether all of a selector's labels stand on something.
pub fn selects(selector: &Node, labels: Option<&Node>) -> bool {
    let has = |key: &str, value: &Node| labels.and_then(|l| l.text_at(key)).is_some_and(|v| value.text() == Some(v));
    !selector.entries().is_empty() && selector.entries().iter().all(|e| has(&e.key, &e.node))
}

/// The labels of the pods of a workload.
pub fn pod_labels<'a>(object: &'a Object<'_>) -> Option<&'a Node> {
    object.spec("template")?.get("metadata")?.get("labels")
}

fn containers<'a>(object: &'a Object<'_>) -> &'a [Node] {
    let pod = object.spec("template").and_then(|t| t.get("spec"));
    pod.and_then(|s| s.get("containers")).map(Node::items).unwrap_or_default()
}

/// What stands behind a Service.
pub fn behind<'a, 's>(service: &Object<'_>, objects: &'a Objects<'s>) -> Option<&'a Object<'s>> {
    let selector = service.spec("selector")?;
    let kinds = ["Deployment", "StatefulSet", "DaemonSet"];
    let fits = |o: &&Object<'_>| kinds.contains(&o.kind.as_str()) && o.namespace == service.namespace && selects(selector, pod_labels(o));
    objects.all.iter().find(fits)
}

fn service(object: &Object<'_>, objects: &Objects<'_>, out: &mut Gateways) {
    let behind = behind(object, objects);
    let mut workload = workload(object, behind);
    if let Some(behind) = behind {
        push_new(&mut workload.aliases, &behind.name);
    }
    out.workloads.push(workload);
    let kind = object.spec("type").and_then(Node::text).unwrap_or("ClusterIP");
    if !matches!(kind, "LoadBalancer" | "NodePort") {
        return;
    }
    let mut routes = Vec::new();
    for port in object.spec("ports").map(Node::items).unwrap_or_default() {
        let line = port.get("port").map_or(port.line, |p| p.line);
        let mut route = GatewayRoute::new(object.source.at(line), "/", PathMatch::Prefix);
        route.targets.push(named(&object.name, port.text_at("port")));
        routes.push(route);
    }
    out.gateway(GatewayKind::KubernetesService, View::Iac, object.source, &object.name, routes);
}

fn workload(object: &Object<'_>, with: Option<&Object<'_>>) -> Workload {
    let container = with.and_then(|o| containers(o).first());
    let ports = container.and_then(|c| c.get("ports")).map(Node::items).unwrap_or_default();
    Workload {
        name: object.name.clone(),
        at: object.source.at(object.node.get("metadata").map_or(object.node.line, |m| m.line)),
        platform: "kubernetes".to_owned(),
        image: container.and_then(|c| c.text_at("image")).map(str::to_owned),
        ports: ports.iter().filter_map(|p| p.text_at("containerPort")).map(str::to_owned).collect(),
        ..Workload::default()
    }
}

/// A workload that no Service leads to.
fn alone(object: &Object<'_>, objects: &Objects<'_>, out: &mut Gateways) {
    let has_service = objects.of_kind("Service").any(|s| behind(s, objects).is_some_and(|b| b.name == object.name));
    if !has_service {
        out.workloads.push(workload(object, Some(object)));
    }
}

/// What a plugin of an ingress controller, named by an object, does with a route.
pub fn plugin(name: &str, object: Option<&Object<'_>>, fallback: &GatewayRoute, route: &mut GatewayRoute) {
    let kind = object.and_then(|o| o.node.text_at("plugin")).unwrap_or(name);
    push_new(&mut route.plugins, kind);
    let at = object.map_or_else(|| fallback.at.clone(), |o| o.source.at(o.node.get("plugin").map_or(o.node.line, |p| p.line)));
    if let Some(scheme) = scheme_of(kind) {
        route.auth = Some(super::shape::required(scheme, kind, at));
    } else if kind == "rate-limiting" {
        let config = object.and_then(|o| o.node.get("config"));
        let limits = config.map(Node::entries).unwrap_or_default().iter();
        let limits = limits.filter(|e| ["second", "minute", "hour", "day"].contains(&e.key.as_str()));
        route.rate_limits.extend(limits.filter_map(|e| Some(format!("{}/{}", e.node.text()?, e.key))));
    } else if object.is_none() && kind.contains("auth") {
        let unknown = super::shape::required(SchemeKind::Custom, kind, at);
        route.auth = Some(apicensus_catalog::GatewayAuth { state: apicensus_catalog::AuthState::Unknown, schemes: Vec::new(), ..unknown });
    }
}
