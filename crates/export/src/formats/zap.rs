//! A folder for ZAP's automation framework: <https://www.zaproxy.org/docs/desktop/addons/automation-framework/>. `zap.yaml` is
//! the plan (`zap.sh -cmd -autorun zap.yaml`); beside it stand the descriptions that its import jobs read.
//!
//! A context a URL, with the paths of destructive operations excluded; a way to prove an identity for each scheme found:
//! headers by the `replacer` job, HTTP Basic by a user of the context; jobs `openapi`, `graphql` and `soap`; `requestor` for what
//! an OpenAPI document can't say; an active scan without the rules that need a browser. What may destroy data is in no file.

use super::{graphql, json, openapi, soap, yaml};
use crate::operation::{Operation, destructive, operations};
use crate::request::{Base, Proof};
use crate::select::without_destructive;
use crate::{Exported, Exporter, Input, OpenApiVersion, Profile, escape};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub struct Zap;

/// Rules of ZAP that need a browser and so say nothing of an API: 40026 is cross-site scripting in the document of a page.
const BROWSER_RULES: &[(u32, &str)] = &[(40026, "Cross Site Scripting (DOM Based)")];
/// Types of bodies that the import of an OpenAPI document makes requests with.
const IMPORTED: &[&str] = &["json", "xml", "form"];

impl Exporter for Zap {
    fn name(&self) -> &'static str {
        "zap"
    }
    fn about(&self) -> &'static str {
        "Folder for ZAP: automation plan, imports, without what may destroy data"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (all, mut left_out) = operations(input);
        left_out.extend(destructive(&all));
        let safe = without_destructive(input.catalog);
        let safe_input = Input { catalog: &safe, options: input.options };
        let mut files = BTreeMap::new();
        let mut jobs = replacers(&all, input);
        let user = all.iter().any(|o| o.proofs().contains(&Proof::Basic)).then_some("apicensus");
        jobs.extend(imports(&safe_input, &mut files, user));
        jobs.extend(requestor(&safe_input, user));
        jobs.extend(scan(input, user));
        let plan = json!({
            "env": {
                "contexts": contexts(&all, input, user),
                "parameters": {"failOnError": true, "failOnWarning": false, "progressToStdout": true},
            },
            "jobs": jobs,
        });
        files.insert("zap.yaml".to_owned(), yaml(&plan));
        Exported::folder(files, left_out)
    }
}

/// The URLs of the services, each once, with the services on it.
fn hosts<'a>(input: &'a Input<'_>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in &input.catalog.services {
        out.entry(input.host(&service.id)).or_default().push(&service.name);
    }
    out
}

/// The name of the context of a URL.
fn context_name(services: &[&str]) -> String {
    plain(&escape::line(&services.join(", ")))
}

fn contexts(operations: &[Operation<'_>], input: &Input<'_>, user: Option<&str>) -> Vec<Value> {
    let context = |(host, services): (&str, Vec<&str>)| {
        let own = || operations.iter().filter(|o| input.host(&o.endpoint.service) == host);
        let pattern = |o: &Operation<'_>| format!("{}{}", escape::quoted(host), escape::regex(&o.path, "[^/?]+"));
        let kept: BTreeSet<String> = own().filter(|o| !o.is_destructive).map(pattern).collect();
        let excluded: BTreeSet<String> = own().filter(|o| o.is_destructive).map(pattern).filter(|p| !kept.contains(p)).collect();
        let mut context = json!({
            "name": context_name(&services),
            "urls": [host],
            "includePaths": [format!("{}.*", escape::quoted(host))],
            "excludePaths": excluded,
        });
        if let Some(user) = user {
            let base = Base::of(host);
            context["authentication"] = json!({"method": "http", "parameters": {"hostname": base.host, "port": base.port, "realm": ""}});
            context["sessionManagement"] = json!({"method": "http"});
            let credentials = json!({"username": "${APICENSUS_USER}", "password": token(input)});
            context["users"] = json!([{"name": user, "credentials": credentials}]);
        }
        context
    };
    hosts(input).into_iter().map(context).collect()
}

fn token(input: &Input<'_>) -> String {
    format!("${{{}}}", input.options.token())
}

/// A rule a way to prove an identity that is a header; it is added to every request to the services.
fn replacers(operations: &[Operation<'_>], input: &Input<'_>) -> Vec<Value> {
    let mut rules: BTreeMap<(&str, &str, String), ()> = BTreeMap::new();
    for operation in operations {
        let host = input.host(&operation.endpoint.service);
        match operation.proof_header(&token(input)) {
            Some((_, value)) if value.starts_with("Basic ") => {}
            Some((name, value)) => drop(rules.insert((host, name, value), ())),
            None => {}
        }
    }
    let rule = |(host, name, value): &(&str, &str, String)| {
        json!({
            "description": format!("{name} of {host}"),
            "url": format!("{}.*", escape::quoted(host)),
            "matchType": "req_header",
            "matchString": name,
            "matchRegex": false,
            "replacementString": value,
        })
    };
    let rules: Vec<Value> = rules.keys().map(rule).collect();
    if rules.is_empty() { Vec::new() } else { vec![json!({"type": "replacer", "parameters": {"deleteAllRules": true}, "rules": rules})] }
}

/// The jobs that read descriptions, and the descriptions: a URL an OpenAPI document, a service its other schemas.
fn imports(input: &Input<'_>, files: &mut BTreeMap<String, String>, user: Option<&str>) -> Vec<Value> {
    let mut jobs = Vec::new();
    for (number, (host, services)) in hosts(input).into_iter().enumerate() {
        let (document, _) = openapi::document(&of_host(input, host).as_input(input), Profile::Dast, OpenApiVersion::V30);
        let name = if number == 0 { "openapi.json".to_owned() } else { format!("openapi-{}.json", number + 1) };
        let mut parameters = json!({"apiFile": name, "targetUrl": host, "context": context_name(&services)});
        if let Some(user) = user {
            parameters["user"] = json!(user);
        }
        jobs.push(json!({"type": "openapi", "parameters": parameters}));
        files.insert(name, json(&document));
    }
    for (service, mount, sdl) in graphql::schemas(input) {
        let name = graphql::file_name(input, service, mount);
        let endpoint = format!("{}{}", input.host(service), escape::literal(mount));
        jobs.push(json!({"type": "graphql", "parameters": {"endpoint": endpoint, "schemaFile": name}}));
        files.insert(name, sdl);
    }
    for (name, text) in soap::documents(input) {
        jobs.push(json!({"type": "soap", "parameters": {"wsdlFile": name}}));
        files.insert(name, text);
    }
    jobs
}

/// A catalog of the services on one URL.
struct Part(apicensus_catalog::Catalog);

impl Part {
    fn as_input<'a>(&'a self, input: &Input<'a>) -> Input<'a> {
        Input { catalog: &self.0, options: input.options }
    }
}

fn of_host(input: &Input<'_>, host: &str) -> Part {
    let mut catalog = input.catalog.clone();
    catalog.endpoints.retain(|e| input.host(&e.service) == host);
    catalog.services.retain(|s| input.host(&s.id) == host);
    Part(catalog)
}

/// The requests that no OpenAPI document can ask for: methods it does not have, bodies that the import can't fill.
fn requestor(input: &Input<'_>, user: Option<&str>) -> Vec<Value> {
    let (operations, _) = operations(input);
    let is_foreign = |o: &&Operation<'_>| {
        let of_body = o.body().is_some_and(|(b, _)| !IMPORTED.iter().any(|word| b.content_type.contains(word)));
        of_body || !openapi::METHODS.contains(&o.method.as_str())
    };
    let requests: Vec<Value> = operations.iter().filter(is_foreign).map(|o| request(o, input)).collect();
    if requests.is_empty() {
        return Vec::new();
    }
    let parameters = user.map_or_else(|| json!({}), |user| json!({"user": user}));
    vec![json!({"type": "requestor", "parameters": parameters, "requests": requests})]
}

fn request(operation: &Operation<'_>, input: &Input<'_>) -> Value {
    let headers: Vec<String> = operation
        .headers("\u{0}")
        .into_iter()
        .map(|(name, value)| format!("{name}: {}", plain(&value).replace('\u{0}', &token(input))))
        .collect();
    let mut out = json!({
        "url": plain(&format!("{}{}", input.host(&operation.endpoint.service), operation.target())),
        "name": plain(&format!("{} {}", operation.method, operation.path)),
        "method": operation.method,
    });
    if let Some((_, text)) = operation.sent() {
        out["data"] = json!(plain(&text));
    }
    if !headers.is_empty() {
        out["headers"] = json!(headers);
    }
    out
}

fn scan(input: &Input<'_>, user: Option<&str>) -> Vec<Value> {
    let rules: Vec<Value> =
        BROWSER_RULES.iter().map(|(id, name)| json!({"id": id, "name": name, "strength": "medium", "threshold": "off"})).collect();
    let mut jobs = vec![json!({"type": "passiveScan-wait", "parameters": {"maxDuration": 10}})];
    for services in hosts(input).into_values() {
        let mut parameters = json!({"context": context_name(&services)});
        if let Some(user) = user {
            parameters["user"] = json!(user);
        }
        let policy = json!({"defaultStrength": "medium", "defaultThreshold": "medium", "rules": rules});
        jobs.push(json!({"type": "activeScan", "parameters": parameters, "policyDefinition": policy}));
    }
    jobs.push(json!({"type": "report", "parameters": {"template": "traditional-json-plus", "reportFile": "zap-report.json"}}));
    jobs
}

/// ZAP fills in `${NAME}` everywhere: text that was not meant so is taken apart.
fn plain(text: &str) -> String {
    text.replace("${", "$ {")
}
