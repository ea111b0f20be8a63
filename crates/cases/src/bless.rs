//! Rewrites expectations with what scans found.

use crate::answers::ExpectedAnswer;
use crate::auth::ExpectedAuth;
use crate::expect::{ExpectedEndpoint, ExpectedTrouble};
use crate::inputs::ExpectedInput;
use crate::markdown::{Case, Suite};
use apicensus_catalog::{Catalog, Endpoint};

/// The suite's text with the blocks of these cases rewritten.
pub fn bless(suite: &Suite, found: &[(&Case, Catalog)]) -> String {
    let mut blocks = Vec::new();
    for (case, catalog) in found {
        blocks.push((case.endpoints.span.clone(), endpoint_lines(catalog)));
        if let Some(block) = &case.troubles {
            let lines = catalog.troubles.iter().map(|t| ExpectedTrouble::of(t).to_string()).collect();
            blocks.push((block.span.clone(), lines));
        }
        if let Some(block) = &case.auth {
            let lines = served(catalog).into_iter().map(|e| ExpectedAuth::of(e).to_string()).collect();
            blocks.push((block.span.clone(), lines));
        }
        if let Some(block) = &case.inputs {
            let found = served(catalog).into_iter().flat_map(|e| ExpectedInput::of(e, catalog));
            blocks.push((block.span.clone(), found.map(|input| input.to_string()).collect()));
        }
        if let Some(block) = &case.answers {
            let found = served(catalog).into_iter().flat_map(ExpectedAnswer::of);
            blocks.push((block.span.clone(), found.map(|answer| answer.to_string()).collect()));
        }
    }
    blocks.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut lines: Vec<String> = suite.text.lines().map(str::to_owned).collect();
    for (span, new) in blocks {
        lines.splice(span, new);
    }
    lines.join("\n") + "\n"
}

/// The endpoints that the application declares, in the order of expectations.
fn served(catalog: &Catalog) -> Vec<&Endpoint> {
    let mut found: Vec<&Endpoint> = catalog.endpoints.iter().filter(|e| !e.implicit).collect();
    found.sort_by_cached_key(|e| ExpectedEndpoint::of(e).order());
    found
}

fn endpoint_lines(catalog: &Catalog) -> Vec<String> {
    let found: Vec<ExpectedEndpoint> = served(catalog).into_iter().map(ExpectedEndpoint::of).collect();
    let verb = found.iter().map(|e| e.verb.len()).max().unwrap_or(0);
    let path = found.iter().map(|e| e.path.chars().count()).max().unwrap_or(0);
    found.iter().map(|e| e.padded(verb, path)).collect()
}
