//! Comma-separated values (RFC 4180), one line an endpoint, all protocols; safe to open in a spreadsheet.

use crate::escape::csv;
use crate::{Exported, Exporter, Input};
use apicensus_catalog::{ControlState, Endpoint};

pub struct Csv;

const HEAD: &str = "service,protocol,method,path,auth,schemes,roles,controls,deprecated,framework,handler,file,line,confidence,id\r\n";

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }
    fn about(&self) -> &'static str {
        "Comma-separated values, one line an endpoint"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let lines: String = input.catalog.endpoints.iter().map(row).collect();
        Exported::text(format!("{HEAD}{lines}"), Vec::new())
    }
}

fn row(endpoint: &Endpoint) -> String {
    let handler = endpoint.handler.as_ref();
    let schemes: Vec<String> = endpoint.auth.schemes.iter().map(|s| s.kind.to_string()).collect();
    let roles: Vec<&str> = endpoint.auth.roles.iter().chain(&endpoint.auth.scopes).map(String::as_str).collect();
    let controls: Vec<&str> =
        endpoint.controls.iter().filter(|(_, c)| c.state == ControlState::Yes).map(|(kind, _)| kind.as_str()).collect();
    let cells = [
        endpoint.service.clone(),
        endpoint.protocol.to_string(),
        endpoint.method.clone(),
        endpoint.path.clone(),
        endpoint.auth.state.to_string(),
        schemes.join(" "),
        roles.join(" "),
        controls.join(" "),
        endpoint.lifecycle.deprecated.to_string(),
        endpoint.framework.clone(),
        handler.map(|h| h.symbol.clone()).unwrap_or_default(),
        handler.map_or_else(|| endpoint.registered_at.file.clone(), |h| h.file.clone()),
        handler.map_or(endpoint.registered_at.line, |h| h.line).to_string(),
        endpoint.confidence.to_string(),
        endpoint.id.clone(),
    ];
    format!("{}\r\n", cells.map(|c| csv(&c)).join(","))
}
