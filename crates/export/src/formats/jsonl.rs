//! JSON Lines, one request a line, for scripts: method, URL, template, headers, body, verdict, handler.

use crate::operation::{Operation, operations};
use crate::{Exported, Exporter, Input};
use apicensus_catalog::ParameterIn;
use serde_json::{Map, Value, json};

pub struct JsonLines;

impl Exporter for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }
    fn about(&self) -> &'static str {
        "JSON Lines, one request a line"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let lines: String = operations.iter().map(|o| format!("{}\n", line(o, input))).collect();
        Exported::text(lines, left_out)
    }
}

fn line(operation: &Operation<'_>, input: &Input<'_>) -> Value {
    let endpoint = operation.endpoint;
    let headers: Map<String, Value> = operation.needed(ParameterIn::Header).into_iter().map(|(n, v)| (n.to_owned(), json!(v))).collect();
    let mut out = json!({
        "id": endpoint.id,
        "service": endpoint.service,
        "method": operation.method,
        "url": format!("{}{}", input.host(&operation.endpoint.service), operation.target()),
        "template": operation.path,
        "auth": endpoint.auth.state,
        "destructive": operation.is_destructive,
    });
    if !input.catalog.tested.is_empty() {
        out["tested"] = json!(input.catalog.tested.is_exercised(&endpoint.id));
    }
    if !headers.is_empty() {
        out["headers"] = Value::Object(headers);
    }
    if let Some((content_type, text)) = operation.sent() {
        out["content_type"] = json!(content_type);
        out["body"] = json!(text);
    }
    if let Some(handler) = &endpoint.handler {
        out["handler"] = json!({"file": handler.file, "line": handler.line, "symbol": handler.symbol});
    }
    out
}
