//! Rewrites expectations with what scans found.

use crate::expect::{ExpectedEndpoint, ExpectedTrouble};
use crate::markdown::{Case, Suite};
use apicensus_catalog::Catalog;

/// The suite's text with the blocks of these cases rewritten.
pub fn bless(suite: &Suite, found: &[(&Case, Catalog)]) -> String {
    let mut blocks = Vec::new();
    for (case, catalog) in found {
        blocks.push((case.endpoints.span.clone(), endpoint_lines(catalog)));
        if let Some(block) = &case.troubles {
            let lines = catalog.troubles.iter().map(|t| ExpectedTrouble::of(t).to_string()).collect();
            blocks.push((block.span.clone(), lines));
        }
    }
    blocks.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut lines: Vec<String> = suite.text.lines().map(str::to_owned).collect();
    for (span, new) in blocks {
        lines.splice(span, new);
    }
    lines.join("\n") + "\n"
}

fn endpoint_lines(catalog: &Catalog) -> Vec<String> {
    let mut found: Vec<ExpectedEndpoint> = catalog.endpoints.iter().filter(|e| !e.implicit).map(ExpectedEndpoint::of).collect();
    found.sort_by_key(ExpectedEndpoint::order);
    let verb = found.iter().map(|e| e.verb.len()).max().unwrap_or(0);
    let path = found.iter().map(|e| e.path.chars().count()).max().unwrap_or(0);
    found.iter().map(|e| e.padded(verb, path)).collect()
}
