//! Comma-separated values (RFC 4180), one line an endpoint, all protocols; safe to open in a spreadsheet.

use crate::escape::csv;
use crate::{Exported, Exporter, Input};
use apicensus_catalog::{Catalog, ControlState, Endpoint, SensitiveClass};
use std::collections::BTreeSet;

pub struct Csv;

/// The columns.
pub const COLUMNS: &[&str] = &[
    "service",
    "protocol",
    "method",
    "path",
    "auth",
    "schemes",
    "roles",
    "controls",
    "deprecated",
    "documented",
    "sensitive",
    "tested",
    "framework",
    "handler",
    "file",
    "line",
    "confidence",
    "id",
];

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }
    fn about(&self) -> &'static str {
        "Comma-separated values, one line an endpoint"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let row = |e: &Endpoint| format!("{}\r\n", cells(e, input.catalog).iter().map(|c| csv(c)).collect::<Vec<_>>().join(","));
        let lines: String = input.catalog.endpoints.iter().map(row).collect();
        Exported::text(format!("{}\r\n{lines}", COLUMNS.join(",")), Vec::new())
    }
}

/// The cells of an endpoint, in the order of the columns.
pub fn cells(endpoint: &Endpoint, catalog: &Catalog) -> Vec<String> {
    let handler = endpoint.handler.as_ref();
    let schemes: Vec<String> = endpoint.auth.schemes.iter().map(|s| s.kind.to_string()).collect();
    let roles: Vec<&str> = endpoint.auth.roles.iter().chain(&endpoint.auth.scopes).map(String::as_str).collect();
    let controls: Vec<&str> =
        endpoint.controls.iter().filter(|(_, c)| c.state == ControlState::Yes).map(|(kind, _)| kind.as_str()).collect();
    let classes: BTreeSet<SensitiveClass> = endpoint
        .sensitive
        .iter()
        .map(|s| s.class)
        .chain(endpoint.parameters.iter().filter_map(|p| p.sensitive.as_ref().map(|s| s.class)))
        .collect();
    let classes: Vec<&str> = classes.into_iter().map(SensitiveClass::as_str).collect();
    // Without a report nothing is known of tests.
    let tested = if catalog.tested.is_empty() { String::new() } else { catalog.tested.is_exercised(&endpoint.id).to_string() };
    vec![
        endpoint.service.clone(),
        endpoint.protocol.to_string(),
        endpoint.method.clone(),
        endpoint.path.clone(),
        endpoint.auth.state.to_string(),
        schemes.join(" "),
        roles.join(" "),
        controls.join(" "),
        endpoint.lifecycle.deprecated.to_string(),
        endpoint.documented.as_ref().map(|d| d.state.to_string()).unwrap_or_default(),
        classes.join(" "),
        tested,
        endpoint.framework.clone(),
        handler.map(|h| h.symbol.clone()).unwrap_or_default(),
        handler.map_or_else(|| endpoint.registered_at.file.clone(), |h| h.file.clone()),
        handler.map_or(endpoint.registered_at.line, |h| h.line).to_string(),
        endpoint.confidence.to_string(),
        endpoint.id.clone(),
    ]
}
