//! HAR 1.2: <http://www.softwareishard.com/blog/har-12-spec/>. URLs are absolute and every entry has an empty answer, as
//! its readers expect.

use super::json;
use crate::operation::{Operation, operations};
use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::ParameterIn;
use serde_json::{Value, json};

pub struct Har;

impl Exporter for Har {
    fn name(&self) -> &'static str {
        "har"
    }
    fn about(&self) -> &'static str {
        "HAR 1.2 archive of the requests"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let tool = &input.catalog.tool;
        let entries: Vec<Value> = operations.iter().map(|o| entry(o, input)).collect();
        let log = json!({"version": "1.2", "creator": {"name": tool.name, "version": tool.version}, "entries": entries});
        Exported::text(json(&json!({"log": log})), left_out)
    }
}

fn entry(operation: &Operation<'_>, input: &Input<'_>) -> Value {
    let pair = |(name, value): (&str, String)| json!({"name": escape::line(name), "value": escape::line(&value)});
    let token = format!("${{{}}}", input.options.token());
    let headers: Vec<Value> = operation.headers(&token).into_iter().map(|(n, v)| pair((n.as_str(), v))).collect();
    let mut request = json!({
        "method": operation.method,
        "url": format!("{}{}", input.host(&operation.endpoint.service), operation.target()),
        "httpVersion": "HTTP/1.1",
        "cookies": operation.needed(ParameterIn::Cookie).into_iter().map(pair).collect::<Vec<_>>(),
        "queryString": operation.needed(ParameterIn::Query).into_iter().map(pair).collect::<Vec<_>>(),
        "headersSize": -1,
        "bodySize": -1,
        "comment": operation.title(),
    });
    if let Some((content_type, text)) = operation.sent() {
        request["postData"] = json!({"mimeType": content_type, "text": text});
    }
    request["headers"] = Value::Array(headers);
    json!({
        "startedDateTime": "1970-01-01T00:00:00.000Z",
        "time": 0,
        "request": request,
        "response": {
            "status": 0, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    })
}
