//! Requests for `nuclei -im jsonl -l FILE`: <https://docs.projectdiscovery.io/tools/nuclei/input-formats>. A line a request with its
//! URL and its text; all methods and bodies, unlike a list of URLs. What may destroy data is left out.

use crate::operation::{Operation, destructive, operations};
use crate::request::Base;
use crate::{Exported, Exporter, Input, escape};
use serde_json::{Map, Value, json};

pub struct NucleiRequests;

impl Exporter for NucleiRequests {
    fn name(&self) -> &'static str {
        "nuclei-jsonl"
    }
    fn about(&self) -> &'static str {
        "Requests for nuclei -im jsonl, without what may destroy data"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, mut left_out) = operations(input);
        left_out.extend(destructive(&operations));
        let lines: String = operations.iter().filter(|o| !o.is_destructive).map(|o| format!("{}\n", line(o, input))).collect();
        Exported::text(lines, left_out)
    }
}

fn line(operation: &Operation<'_>, input: &Input<'_>) -> Value {
    let base = Base::of(input.host(&operation.endpoint.service));
    let token = format!("${{{}}}", input.options.token());
    let url = format!("{}://{}{}{}", base.scheme, base.authority(), base.path, operation.target());
    let headers: Map<String, Value> = operation.headers(&token).into_iter().map(|(n, v)| (n, json!(v))).collect();
    let mut request = json!({"raw": operation.raw(&base, &token), "header": headers, "endpoint": escape::line(&url)});
    if let Some((_, text)) = operation.sent() {
        request["body"] = json!(text);
    }
    json!({"url": escape::line(&url), "request": request})
}
