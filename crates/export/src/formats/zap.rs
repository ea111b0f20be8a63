//! A plan for ZAP's automation framework: <https://www.zaproxy.org/docs/desktop/addons/automation-framework/>. The requests
//! are in the plan itself (job `requestor`), so that no other file is needed; what may destroy data is kept out.

use super::yaml;
use crate::operation::{Operation, operations};
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::ParameterIn;
use serde_json::{Value, json};

pub struct Zap;

impl Exporter for Zap {
    fn name(&self) -> &'static str {
        "zap"
    }
    fn about(&self) -> &'static str {
        "Automation plan for ZAP (YAML), without what may destroy data"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, mut left_out) = operations(input.catalog);
        let host = input.options.host();
        let (unsafe_ones, safe): (Vec<&Operation<'_>>, Vec<&Operation<'_>>) = operations.iter().partition(|o| o.is_destructive);
        if !unsafe_ones.is_empty() {
            left_out.push((unsafe_ones.len(), "it may destroy data or stop the service"));
        }
        let token = format!("${{{}}}", escape::identifier(input.options.token()).replace(['-', '.'], "_"));
        let requests: Vec<Value> = safe.iter().map(|o| request(o, host, &token)).collect();
        let mut excluded: Vec<String> = unsafe_ones.iter().map(|o| regex(&format!("{host}{}", o.path))).collect();
        let kept: Vec<String> = safe.iter().map(|o| regex(&format!("{host}{}", o.path))).collect();
        excluded.retain(|e| !kept.contains(e));
        excluded.sort();
        excluded.dedup();
        let plan = json!({
            "env": {
                "contexts": [{
                    "name": "apicensus",
                    "urls": [host],
                    "includePaths": [format!("{}.*", quote(host))],
                    "excludePaths": excluded,
                }],
                "parameters": {"failOnError": true, "failOnWarning": false, "progressToStdout": true},
            },
            "jobs": [
                {"type": "requestor", "parameters": {}, "requests": requests},
                {"type": "passiveScan-wait", "parameters": {"maxDuration": 10}},
                {"type": "activeScan", "parameters": {"context": "apicensus"}},
                {"type": "report", "parameters": {"template": "traditional-json", "reportFile": "zap-report.json"}},
            ],
        });
        Exported { text: yaml(&plan), left_out }
    }
}

fn request(operation: &Operation<'_>, host: &str, token: &str) -> Value {
    let mut headers: Vec<String> =
        operation.needed(ParameterIn::Header).iter().map(|(n, v)| format!("{n}: {}", plain(&escape::line(v)))).collect();
    headers.extend(operation.proof_header(token).map(|(n, v)| format!("{n}: {v}")));
    let mut out = json!({
        "url": format!("{host}{}", operation.target()),
        "name": plain(&format!("{} {}", operation.method, operation.path)),
        "method": operation.method,
    });
    if let Some((content_type, text)) = operation.sent() {
        headers.push(format!("Content-Type: {}", plain(&content_type)));
        out["data"] = json!(plain(&text));
    }
    if !headers.is_empty() {
        out["headers"] = json!(headers);
    }
    out
}

/// ZAP fills in `${NAME}` everywhere: text that was not meant so is taken apart.
fn plain(text: &str) -> String {
    text.replace("${", "$ {")
}

/// A regular expression for the URLs of a template.
fn regex(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&quote(before));
        out.push_str("[^/?]+");
        rest = after.split_once('}').map_or("", |p| p.1);
    }
    out.push_str(&quote(rest));
    out
}

fn quote(text: &str) -> String {
    text.chars().flat_map(|c| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}
