//! Suppressions in the code: `apicensus:ignore RULE reason` in a comment, on the line of a finding or the line above.

use apicensus_catalog::Location;
use apicensus_source::Tree;
use std::collections::BTreeSet;

/// What a comment begins with.
const MARK: &str = "apicensus:ignore";

/// A suppression in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Where it stands.
    pub at: Location,
    /// The rule it names; empty when it names none.
    pub rule: String,
    /// The reason it gives.
    pub reason: String,
}

/// The suppressions in some files.
pub fn find(tree: &Tree, files: &BTreeSet<&str>) -> Vec<Inline> {
    let mut found = Vec::new();
    for file in files {
        let Some(bytes) = tree.find(file).and_then(|at| tree.read(at).ok()) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for (at, line) in text.lines().enumerate() {
            let Some((_, rest)) = line.split_once(MARK) else { continue };
            let rest = rest.trim().trim_end_matches("*/").trim_end_matches("-->").trim();
            let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let at = Location { file: (*file).to_owned(), line: at as u32 + 1 };
            found.push(Inline { at, rule: rule.to_owned(), reason: reason.trim().to_owned() });
        }
    }
    found
}
