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
            // Without a report of a test run there is no column for it.
            let has_tests = !input.catalog.tested.is_empty();
            let tested = if has_tests { (" Tested |", " --- |") } else { ("", "") };
            text.push_str(&format!(
                "| Method | Path | Auth | Handler | Summary |{}\n| --- | --- | --- | --- | --- |{}\n",
                tested.0, tested.1
            ));
            for endpoint in endpoints {
                let is_tested = has_tests.then(|| input.catalog.tested.is_exercised(&endpoint.id));
                text.push_str(&row(endpoint, is_tested));
            }
        }
        Exported::text(text, Vec::new())
    }
}

fn row(endpoint: &Endpoint, is_tested: Option<bool>) -> String {
    let schemes: Vec<String> = endpoint.auth.schemes.iter().map(|s| s.kind.to_string()).collect();
    let auth = format!("{} {}", endpoint.auth.state, schemes.join(", "));
    let handler = endpoint.handler.as_ref().map(|h| format!("{}:{} {}", h.file, h.line, h.symbol)).unwrap_or_default();
    let summary = endpoint.summary.as_deref().unwrap_or_default();
    let cells = [endpoint.method.as_str(), &endpoint.path, auth.trim_end(), handler.trim_end(), summary];
    let tested = is_tested.map_or("", |is| if is { " yes |" } else { " no |" });
    format!("| {} |{tested}\n", cells.map(markdown).join(" | "))
}
