//! A Markdown page: a table a service, for a wiki or a repository.

use crate::escape::markdown;
use crate::{Exported, Exporter, Input};
use apicensus_catalog::Endpoint;

pub struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }
    fn about(&self) -> &'static str {
        "Markdown page, a table a service"
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let mut text = String::from("# Endpoints\n");
        for service in &input.catalog.services {
            let endpoints: Vec<&Endpoint> = input.catalog.endpoints.iter().filter(|e| e.service == service.id).collect();
            text.push_str(&format!("\n## {}\n\n", markdown(&service.name)));
            text.push_str("| Method | Path | Auth | Handler | Summary |\n| --- | --- | --- | --- | --- |\n");
            endpoints.iter().for_each(|e| text.push_str(&row(e)));
        }
        Exported::text(text, Vec::new())
    }
}

fn row(endpoint: &Endpoint) -> String {
    let schemes: Vec<String> = endpoint.auth.schemes.iter().map(|s| s.kind.to_string()).collect();
    let auth = format!("{} {}", endpoint.auth.state, schemes.join(", "));
    let handler = endpoint.handler.as_ref().map(|h| format!("{}:{} {}", h.file, h.line, h.symbol)).unwrap_or_default();
    let summary = endpoint.summary.as_deref().unwrap_or_default();
    let cells = [endpoint.method.as_str(), &endpoint.path, auth.trim_end(), handler.trim_end(), summary];
    format!("| {} |\n", cells.map(markdown).join(" | "))
}
