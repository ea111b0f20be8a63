//! What stands in front of the services: gateways, their routes, the workloads that are deployed, and how endpoints are
//! exposed through them.

use crate::{Audience, AuthState, Location, SchemeKind, View, is_false};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document that sends requests on to services: a gateway's configuration, or infrastructure as code that makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gateway {
    /// Stable identity within this catalog: its file, with `#n` for the n-th further gateway of one file.
    pub id: String,
    /// Its format.
    pub kind: GatewayKind,
    /// What it is a source of: `gateway` for configuration that a gateway reads, `iac` for what makes infrastructure.
    pub view: View,
    /// Its name, where it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its file.
    pub file: String,
    /// What kind of files it lies among.
    pub audience: Audience,
    /// A part of it could not be read: routes may be missing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// Endpoints that it reaches.
    #[serde(default)]
    pub reached: u64,
    /// Its routes, in the order in which they are tried: the first that fits counts, among those of the same host.
    pub routes: Vec<GatewayRoute>,
}

words! {
    /// A format of gateways or infrastructure.
    pub enum GatewayKind {
        /// A Kubernetes Ingress.
        Ingress = "ingress",
        /// A route of the Kubernetes Gateway API: HTTPRoute, GRPCRoute.
        GatewayApi = "gateway-api",
        /// A Kubernetes Service that is reached from outside: LoadBalancer, NodePort.
        KubernetesService = "kubernetes-service",
        /// An Istio VirtualService.
        Istio = "istio",
        /// nginx.
        Nginx = "nginx",
        /// Envoy.
        Envoy = "envoy",
        /// Kong, as decK writes it.
        Kong = "kong",
        /// Traefik.
        Traefik = "traefik",
        /// Apache APISIX.
        Apisix = "apisix",
        /// Caddy.
        Caddy = "caddy",
        /// Amazon API Gateway, in a template of CloudFormation, SAM or CDK.
        Cloudformation = "cloudformation",
        /// Amazon API Gateway, in an OpenAPI document with its extensions.
        AwsApiGateway = "aws-api-gateway",
        /// The Serverless Framework.
        Serverless = "serverless",
        /// Terraform.
        Terraform = "terraform",
        /// Google API Gateway or Cloud Endpoints.
        GoogleApiGateway = "google-api-gateway",
        /// Azure API Management.
        AzureApiManagement = "azure-api-management",
        /// Azure Functions.
        AzureFunctions = "azure-functions",
        /// Vercel.
        Vercel = "vercel",
        /// Netlify.
        Netlify = "netlify",
        /// Cloudflare Workers or Pages.
        Cloudflare = "cloudflare",
        /// Ports that Docker Compose publishes.
        Compose = "compose",
    }
}

/// A route of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayRoute {
    /// Where it is written.
    pub at: Location,
    /// The hosts it is for, as written; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The path it takes, as its format writes it.
    pub path: String,
    /// How a request's path is compared with it.
    pub path_match: PathMatch,
    /// The methods it takes, in upper case; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// What else a request must have, as written: `header x-canary: yes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_if: Vec<String>,
    /// What becomes of a request.
    pub action: RouteAction,
    /// Where requests go; for a redirect or an answer, what is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<GatewayTarget>,
    /// How the path is changed on the way; absent when it is sent on as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<PathRewrite>,
    /// Who may pass; absent when the document says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GatewayAuth>,
    /// How much is let through, as written: `10r/s`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate_limits: Vec<String>,
    /// The origins that may read answers; `*` for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cors: Vec<String>,
    /// Plain HTTP is sent on to HTTPS.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tls_redirect: bool,
    /// Plugins, filters, middlewares and policies that it passes, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<String>,
    /// Endpoints of the catalog that it reaches.
    #[serde(default)]
    pub reached: u64,
    /// It leads to a service of the catalog whose code has no endpoint for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dangling: bool,
}

impl GatewayRoute {
    /// A route that sends everything below a path on.
    pub fn new(at: Location, path: impl Into<String>, path_match: PathMatch) -> Self {
        GatewayRoute {
            at,
            hosts: Vec::new(),
            path: path.into(),
            path_match,
            methods: Vec::new(),
            only_if: Vec::new(),
            action: RouteAction::Proxy,
            targets: Vec::new(),
            rewrite: None,
            auth: None,
            rate_limits: Vec::new(),
            cors: Vec::new(),
            tls_redirect: false,
            plugins: Vec::new(),
            reached: 0,
            dangling: false,
        }
    }
}

words! {
    /// How the path of a route is compared with that of a request.
    pub enum PathMatch {
        /// The same path.
        Exact = "exact",
        /// A path that begins with it, by characters: `/api` takes `/apix`.
        Prefix = "prefix",
        /// A path that begins with it, by whole segments.
        Segments = "segments",
        /// A path that a regular expression finds.
        Regex = "regex",
        /// A template: `{name}` stands for a segment, `{name+}` for one or more.
        Template = "template",
    }
}

words! {
    /// What a route does with a request.
    pub enum RouteAction {
        /// It sends it on to a service.
        Proxy = "proxy",
        /// It runs a function.
        Function = "function",
        /// It sends the client to another address.
        Redirect = "redirect",
        /// It answers by itself.
        Respond = "respond",
        /// It refuses it.
        Deny = "deny",
        /// It serves files.
        Files = "files",
    }
}

/// Where a route sends requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayTarget {
    /// The service, host, function or address, as written.
    pub name: String,
    /// The port, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The handler of a function, as written: `src/app.handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// The folder or file of a function's code, from the root of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The `id` of the catalog's service that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How that is known: `build folder`, `image`, `name`, `code`, `paths`, `only service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_by: Option<String>,
}

/// How a path is changed on the way to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PathRewrite {
    /// How.
    pub kind: RewriteKind,
    /// The part that goes, or the pattern; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// What comes in its place; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
}

words! {
    /// How a path is changed.
    pub enum RewriteKind {
        /// A leading part of it is replaced.
        Prefix = "prefix",
        /// All of it is replaced.
        Whole = "whole",
        /// A pattern is replaced that can't be told backwards: external paths are not known.
        Pattern = "pattern",
    }
}

/// Who may pass a route, as its gateway says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayAuth {
    /// The verdict; `unknown` for what may or may not ask for an identity.
    pub state: AuthState,
    /// The ways to prove one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<SchemeKind>,
    /// Scopes that are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// What asks, by name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Where it is written.
    pub at: Location,
}

/// A thing that is deployed and may be a service of the catalog: a Compose service, a Kubernetes workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// Further names by which it is reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Where it is declared.
    pub at: Location,
    /// What declares it: `compose` or `kubernetes`.
    pub platform: String,
    /// The folder its image is built from, from the root of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The Dockerfile it is built with, where it is not `Dockerfile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    /// Its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The ports it listens at, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// The `id` of the catalog's service that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_by: Option<String>,
}

/// Whether and how an endpoint is reached from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// The answer.
    pub state: ExposureState,
    /// Why it is not known, or why it is not exposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ways to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<ExposedThrough>,
}

words! {
    /// Whether an endpoint is reached from outside.
    #[derive(Default)]
    pub enum ExposureState {
        /// A route of a gateway reaches it.
        Exposed = "exposed",
        /// All routes in front of its service are known, and none reaches it.
        Unexposed = "unexposed",
        /// No gateway of its service is known, or not all of it.
        #[default]
        Unknown = "unknown",
    }
}

/// A way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExposedThrough {
    /// The `id` of the gateway.
    pub gateway: String,
    /// The route.
    pub at: Location,
    /// The hosts; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The path from outside; absent where it can't be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Who may pass, as the gateway says; it never replaces the verdict on the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<GatewayAuth>,
    /// How much is let through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate_limits: Vec<String>,
    /// What else a request must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_if: Vec<String>,
}

impl Exposure {
    /// Whether every way from outside asks for an identity.
    pub fn is_guarded(&self) -> bool {
        let asks = |t: &ExposedThrough| t.auth.as_ref().is_some_and(|a| a.state == AuthState::Required);
        self.state == ExposureState::Exposed && !self.through.is_empty() && self.through.iter().all(asks)
    }

    /// Whether every way from outside has a rate limit.
    pub fn is_limited(&self) -> bool {
        self.state == ExposureState::Exposed && !self.through.is_empty() && self.through.iter().all(|t| !t.rate_limits.is_empty())
    }
}
