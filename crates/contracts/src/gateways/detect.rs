//! Which files may be gateways or infrastructure, told by name and by a look at their text, before anything is parsed.

use memchr::memmem;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A template that is no document yet.
    Template,
    /// Kubernetes objects.
    Kubernetes,
    /// Docker Compose.
    Compose,
    /// nginx.
    Nginx,
    /// A Caddyfile.
    Caddyfile,
    /// Terraform.
    Terraform,
    /// A list of redirects of a host of pages.
    Redirects,
    /// YAML, JSON or TOML whose keys tell.
    Data,
}

/// Kubernetes objects that route requests.
const ROUTING: &[&str] = &["Ingress", "HTTPRoute", "GRPCRoute", "VirtualService", "IngressRoute", "ApisixRoute"];
/// Kubernetes objects that say what is deployed, and what routes refer to.
const OBJECTS: &[&str] = &[
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Middleware",
    "KongPlugin",
    "KongClusterPlugin",
    "AuthorizationPolicy",
    "RequestAuthentication",
    "List",
];
/// Words of Terraform that matter.
const TERRAFORM: &[&str] =
    &["aws_api_gateway", "aws_apigatewayv2", "aws_lambda_function", "azurerm_api_management", "google_api_gateway", "archive_file"];
/// Words of data files that matter.
const WORDS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "AWS::Serverless",
    "AWS::ApiGateway",
    "_format_version",
    "virtual_hosts",
    "x-google-backend",
    "x-amazon-apigateway-integration",
    "Microsoft.ApiManagement",
    "reverse_proxy",
    "routers",
    "apisix",
    "upstream",
];
/// Names of data files that tell.
const NAMES: &[&str] = &["vercel.json", "now.json", "netlify.toml", "wrangler.toml", "wrangler.json", "wrangler.jsonc"];

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn has(bytes: &[u8], word: &str) -> bool {
    memmem::find(bytes, word.as_bytes()).is_some()
}

/// Whether a file's name lets it be one.
pub fn may_be(path: &str) -> bool {
    let name = name(path);
    let is_data = matches!(ending(name), "yaml" | "yml" | "json" | "jsonc" | "toml" | "tf" | "template" | "tpl" | "j2");
    is_data || is_caddyfile(name) || may_be_nginx(path) || name == "_redirects"
}

fn is_caddyfile(name: &str) -> bool {
    name.starts_with("Caddyfile") || ending(name).eq_ignore_ascii_case("caddyfile")
}

fn may_be_nginx(path: &str) -> bool {
    let name = name(path);
    let is_named = name.contains("nginx") && !matches!(ending(name), "yaml" | "yml" | "json" | "md" | "sh" | "py" | "tf" | "toml");
    let in_folder = ["sites-available/", "sites-enabled/", "conf.d/"].iter().any(|f| path.contains(f)) && ending(name).is_empty();
    is_named || in_folder || matches!(ending(name), "conf" | "vhost" | "nginx" | "locations") || name.ends_with(".conf.template")
}

/// The format of a file; none where it is no gateway.
pub fn format(path: &str, bytes: &[u8]) -> Option<Format> {
    let name = name(path);
    match () {
        () if is_caddyfile(name) => Some(Format::Caddyfile),
        () if name == "_redirects" => Some(Format::Redirects),
        () if ending(name) == "tf" => TERRAFORM.iter().any(|word| has(bytes, word)).then_some(Format::Terraform),
        () if may_be_nginx(path) && is_nginx(bytes) => {
            Some(if has(bytes, "{%") || has(bytes, "{{") { Format::Template } else { Format::Nginx })
        }
        () if matches!(ending(name), "yaml" | "yml" | "json" | "jsonc" | "toml" | "template" | "tpl" | "j2") => of_data(name, bytes),
        () => None,
    }
}

fn is_nginx(bytes: &[u8]) -> bool {
    let passes = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "return ", "try_files"];
    has(bytes, "location ") && passes.iter().any(|word| has(bytes, word))
}

fn of_data(name: &str, bytes: &[u8]) -> Option<Format> {
    if has(bytes, "apiVersion") && has(bytes, "kind") {
        let kinds = kinds(bytes);
        let is_template = has(bytes, "{{");
        if kinds.iter().any(|k| ROUTING.contains(k)) {
            return Some(if is_template { Format::Template } else { Format::Kubernetes });
        }
        if kinds.iter().any(|k| OBJECTS.contains(k)) && !is_template {
            return Some(Format::Kubernetes);
        }
    }
    if matches!(ending(name), "tpl" | "j2") {
        return None;
    }
    if is_compose(name) && has(bytes, "services") {
        return Some(Format::Compose);
    }
    let is_function = name == "function.json" && has(bytes, "httpTrigger");
    let is_named = NAMES.contains(&name) || (name.starts_with("serverless") && has(bytes, "functions"));
    (is_named || is_function || WORDS.iter().any(|word| has(bytes, word))).then_some(Format::Data)
}

fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).unwrap_or_default();
    let stem = stem.strip_prefix("docker-").unwrap_or(stem);
    stem == "compose" || stem.starts_with("compose.") || stem.starts_with("compose-") || stem == "docker-stack"
}

/// Whether a Compose file is named as one for development or tests.
pub fn is_for_development(path: &str) -> bool {
    let words = ["dev", "development", "local", "test", "tests", "testing", "ci", "e2e", "override", "debug"];
    name(path).split(['.', '-', '_']).any(|part| words.contains(&part))
}

/// The kinds of the objects in a text.
fn kinds(bytes: &[u8]) -> Vec<&str> {
    let word = |at: usize| {
        let rest = bytes.get(at + 4..)?;
        let start = rest.iter().position(|b| !matches!(b, b'"' | b':' | b' '))?;
        let length = rest[start..].iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len() - start);
        std::str::from_utf8(&rest[start..start + length]).ok()
    };
    memmem::find_iter(bytes, b"kind").filter_map(word).collect()
}
