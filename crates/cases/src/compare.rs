//! Sets what a case expects beside what a scan found.

use crate::expect::{ExpectedEndpoint, ExpectedTrouble};
use crate::markdown::{Case, Suite};
use apicensus_catalog::Catalog;
use std::fmt::Write as _;

/// What is not as expected, ready to print; None if all is. Endpoints that a framework adds by itself are left aside.
pub fn compare(suite: &Suite, case: &Case, catalog: &Catalog) -> Option<String> {
    let found: Vec<ExpectedEndpoint> = catalog.endpoints.iter().filter(|e| !e.implicit).map(ExpectedEndpoint::of).collect();
    let mut report = String::new();
    endpoints(case, found, &mut report);
    let troubles: Vec<ExpectedTrouble> = catalog.troubles.iter().map(ExpectedTrouble::of).collect();
    let compared = case.troubles.is_some();
    if let Some(block) = &case.troubles {
        let mut left = troubles.clone();
        for (line, expected) in &block.lines {
            match left.iter().position(|t| expected.is_met_by(t)) {
                Some(at) => drop(left.remove(at)),
                None => say(&mut report, "missing", format!("trouble {expected}"), *line),
            }
        }
        for trouble in left {
            say(&mut report, "unexpected", format!("trouble {trouble}"), 0);
        }
    }
    if report.is_empty() {
        return None;
    }
    if !compared {
        for trouble in troubles {
            let _ = writeln!(report, "  (trouble)   {trouble}");
        }
    }
    Some(format!("{}:{}: {}\n{report}", suite.path.display(), case.line, case.title))
}

fn endpoints(case: &Case, mut found: Vec<ExpectedEndpoint>, report: &mut String) {
    let mut unmet = Vec::new();
    for (line, expected) in &case.endpoints.lines {
        let candidates = found.iter().enumerate().filter(|(_, f)| f.verb == expected.verb && f.path == expected.path);
        match candidates.min_by_key(|(_, f)| expected.differences(f).len()) {
            Some((at, _)) => {
                let differences = expected.differences(&found.remove(at));
                if !differences.is_empty() {
                    say(report, "differs", format!("{} {}: {}", expected.verb, expected.path, differences.join("; ")), *line);
                }
            }
            None => unmet.push((*line, expected)),
        }
    }
    for (line, expected) in unmet {
        say(report, "missing", expected.to_string(), line);
    }
    for extra in found {
        say(report, "unexpected", extra.to_string(), 0);
    }
}

fn say(report: &mut String, what: &str, text: String, line: usize) {
    let _ = match line {
        0 => writeln!(report, "  {what:11} {text}"),
        _ => writeln!(report, "  {what:11} {text}   (line {line})"),
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn unmet_expectations_are_named_with_their_line() {
        let text = "---\nframeworks: [a]\n---\n## One\n```js a.js\n```\n```endpoints\nGET /x\n```\n```troubles\nsyntax a.js:1\n```\n";
        let suite = Suite::parse(PathBuf::from("x.md"), "x".to_owned(), text.to_owned()).unwrap();
        let report = compare(&suite, &suite.cases[0], &Catalog::default()).unwrap();
        assert_eq!(report, "x.md:4: One\n  missing     GET /x   (line 8)\n  missing     trouble syntax a.js:1    (line 11)\n");
    }
}
