//! `stackhawk.yml` for HawkScan: <https://docs.stackhawk.com/hawkscan/configuration/>. It reads the OpenAPI document that
//! `apicensus export openapi --profile dast -o openapi.json` writes beside it.

use super::yaml;
use crate::operation::operations;
use crate::{Exported, Exporter, Input};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub struct StackHawk;

impl Exporter for StackHawk {
    fn name(&self) -> &'static str {
        "stackhawk"
    }
    fn about(&self) -> &'static str {
        "stackhawk.yml that reads openapi.json (export openapi --profile dast)"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input.catalog);
        let kept: BTreeSet<&str> = operations.iter().filter(|o| !o.is_destructive).map(|o| o.path.as_str()).collect();
        let excluded: BTreeSet<String> =
            operations.iter().filter(|o| o.is_destructive && !kept.contains(o.path.as_str())).map(|o| pattern(&o.path)).collect();
        let mut app = json!({
            "applicationId": "${APP_ID}",
            "env": "${APP_ENV:Development}",
            "host": format!("${{APP_HOST:{}}}", input.options.host().replace(['$', '{', '}'], "")),
            "openApiConf": {"filePath": "openapi.json"},
        });
        if !excluded.is_empty() {
            app["excludePaths"] = json!(excluded);
        }
        if operations.iter().any(|o| !o.proofs().is_empty()) {
            let token = crate::escape::identifier(input.options.token()).replace(['-', '.'], "_");
            app["authentication"] = json!({
                "external": {"values": [{"type": "TOKEN", "value": format!("${{{token}}}")}]},
                "tokenAuthorization": {"type": "HEADER", "value": "Authorization", "tokenType": "Bearer"},
            });
        }
        Exported { text: yaml(&json!({"app": app, "hawk": Value::Object(Default::default())})), left_out }
    }
}

/// A regular expression for the paths of a template.
fn pattern(template: &str) -> String {
    let quote =
        |text: &str| -> String { text.chars().flat_map(|c| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] }).collect() };
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&quote(before));
        out.push_str("[^/]+");
        rest = after.split_once('}').map_or("", |p| p.1);
    }
    out.push_str(&quote(rest));
    out
}
