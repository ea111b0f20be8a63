//! A folder for HawkScan: <https://docs.stackhawk.com/hawkscan/configuration/>. A folder a service with its `stackhawk.yml`, the
//! OpenAPI document that it reads, its GraphQL schema and WSDL. What may destroy data is in no file, and its paths are excluded.

use super::{graphql, json, openapi, soap, yaml};
use crate::operation::{destructive, operations};
use crate::request::Proof;
use crate::select::{of_service, without_destructive};
use crate::{Exported, Exporter, Input, OpenApiVersion, Profile, escape};
use apicensus_catalog::AuthState;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub struct StackHawk;

impl Exporter for StackHawk {
    fn name(&self) -> &'static str {
        "stackhawk"
    }
    fn about(&self) -> &'static str {
        "Folder for HawkScan: stackhawk.yml and OpenAPI document of each service"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (all, mut left_out) = operations(input);
        left_out.extend(destructive(&all));
        let mut files = BTreeMap::new();
        for service in &input.catalog.services {
            let own = of_service(input.catalog, &service.id);
            let safe = without_destructive(&own);
            let folder = super::folder(input, &service.id);
            let mut put = |name: &str, text: String| drop(files.insert(format!("{folder}/{name}"), text));
            let own_input = Input { catalog: &own, options: input.options };
            let safe_input = Input { catalog: &safe, options: input.options };
            let (document, _) = openapi::document(&safe_input, Profile::Dast, OpenApiVersion::V30);
            put("openapi.json", json(&document));
            let mut app = app(&own_input, &service.id);
            if let Some((_, mount, sdl)) = graphql::schemas(&safe_input).into_iter().next() {
                app["graphqlConf"] = json!({"enabled": true, "schemaPath": mount, "filePath": "schema.graphql", "operation": "QUERY",
                    "requestMethod": "POST"});
                put("schema.graphql", sdl);
            }
            if let Some((_, text)) = soap::documents(&safe_input).into_iter().next() {
                app["soapConf"] = json!({"filePath": "service.wsdl"});
                put("service.wsdl", text);
            }
            put("stackhawk.yml", yaml(&json!({"app": app})));
        }
        Exported::folder(files, left_out)
    }
}

fn app(input: &Input<'_>, service: &str) -> Value {
    let (operations, _) = operations(input);
    let path = |o: &crate::Operation<'_>| escape::regex(&o.path, "[^/]+");
    let kept: BTreeSet<String> = operations.iter().filter(|o| !o.is_destructive).map(path).collect();
    let excluded: BTreeSet<String> = operations.iter().filter(|o| o.is_destructive).map(path).filter(|p| !kept.contains(p)).collect();
    let mut app = json!({
        "applicationId": "${APP_ID}",
        "env": "${APP_ENV:Development}",
        "host": format!("${{APP_HOST:{}}}", input.host(service).replace(['$', '{', '}'], "")),
        "openApiConf": {"filePath": "openapi.json"},
    });
    if !excluded.is_empty() {
        app["excludePaths"] = json!(excluded);
    }
    let proofs: BTreeSet<Proof> = operations.iter().flat_map(crate::Operation::proofs).collect();
    if let Some(mut authentication) = proofs.first().and_then(|p| authentication(*p, &input.options.token())) {
        // A page that only a known caller gets tells HawkScan whether it still is one.
        let is_probe = |o: &&crate::Operation<'_>| {
            o.method == "GET" && o.endpoint.auth.state == AuthState::Required && !o.path.contains('{') && o.parameters.is_empty()
        };
        if let Some(probe) = operations.iter().find(is_probe) {
            authentication["testPath"] = json!({"path": probe.path.replace("${", "$ {"), "type": "HEADER", "success": ".*200.*"});
        }
        app["authentication"] = authentication;
    }
    app
}

/// A token from outside, and the place that a request carries it in.
fn authentication(proof: Proof, token: &str) -> Option<Value> {
    let value = format!("${{{token}}}");
    let external = |kind: &str, value: String| json!({"values": [{"type": kind, "value": value}]});
    let header = |name: &str, kind: &str| json!({"type": "HEADER", "value": name, "tokenType": kind});
    Some(match proof {
        Proof::Bearer => json!({"external": external("TOKEN", value), "tokenAuthorization": header("Authorization", "Bearer")}),
        Proof::Basic => json!({"external": external("TOKEN", value), "tokenAuthorization": header("Authorization", "Basic")}),
        Proof::ApiKey => json!({"external": external("TOKEN", value), "tokenAuthorization": header("X-API-Key", "")}),
        Proof::Session => {
            json!({"external": external("COOKIE", format!("session={value}")), "cookieAuthorization": {"cookieNames": ["session"]}})
        }
        Proof::Mtls => return None,
    })
}
