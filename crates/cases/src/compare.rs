//! Sets what a case expects beside what a scan found.

use crate::answers::ExpectedAnswer;
use crate::auth::ExpectedAuth;
use crate::expect::{ExpectedEndpoint, ExpectedTrouble};
use crate::inputs::ExpectedInput;
use crate::markdown::{Block, Case, Suite};
use apicensus_catalog::Catalog;
use std::fmt::{Display, Write as _};

/// What is not as expected, ready to print; None if all is. Endpoints that a framework adds by itself are left aside.
pub fn compare(suite: &Suite, case: &Case, catalog: &Catalog) -> Option<String> {
    let found: Vec<ExpectedEndpoint> = catalog.endpoints.iter().filter(|e| !e.implicit).map(ExpectedEndpoint::of).collect();
    let mut report = String::new();
    endpoints(case, found, &mut report);
    let declared = || catalog.endpoints.iter().filter(|e| !e.implicit);
    if let Some(block) = &case.auth {
        matched("auth", block, declared().map(ExpectedAuth::of).collect(), ExpectedAuth::is_met_by, &mut report);
    }
    if let Some(block) = &case.inputs {
        let found = declared().flat_map(|e| ExpectedInput::of(e, catalog)).collect();
        matched("input", block, found, ExpectedInput::eq, &mut report);
    }
    if let Some(block) = &case.answers {
        matched("answer", block, declared().flat_map(ExpectedAnswer::of).collect(), ExpectedAnswer::eq, &mut report);
    }
    let troubles: Vec<ExpectedTrouble> = catalog.troubles.iter().map(ExpectedTrouble::of).collect();
    let compared = case.troubles.is_some();
    if let Some(block) = &case.troubles {
        matched("trouble", block, troubles.clone(), ExpectedTrouble::is_met_by, &mut report);
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

/// Sets the lines of a block beside what was found; each finding meets one line.
fn matched<T: Display>(what: &str, block: &Block<T>, mut found: Vec<T>, meets: impl Fn(&T, &T) -> bool, report: &mut String) {
    for (line, expected) in &block.lines {
        match found.iter().position(|f| meets(expected, f)) {
            Some(at) => drop(found.remove(at)),
            None => say(report, "missing", format!("{what} {expected}"), *line),
        }
    }
    for extra in found {
        say(report, "unexpected", format!("{what} {extra}"), 0);
    }
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

    #[test]
    fn verdicts_and_inputs_are_compared_both_ways() {
        let text = "---\nframeworks: [a]\n---\n## One\n```js a.js\n```\n```endpoints\nGET /x\n```\n```auth\nGET /x: none\n```\n```inputs\nGET /x: query q string\n```\n";
        let suite = Suite::parse(PathBuf::from("x.md"), "x".to_owned(), text.to_owned()).unwrap();
        let endpoint = r#"{"id": "1", "service": "s", "protocol": "http", "method": "GET", "path": "/x", "raw_path": "/x",
            "path_state": "exact", "registered_at": {"file": "a.js", "line": 1}, "auth": {"state": "public"}, "audience": "production",
            "parameters": [{"in": "query", "name": "p", "required": true}], "framework": "a", "confidence": "high"}"#;
        let catalog = Catalog { endpoints: vec![serde_json::from_str(endpoint).unwrap()], ..Catalog::default() };
        let report = compare(&suite, &suite.cases[0], &catalog).unwrap();
        let lines: Vec<&str> = report.lines().skip(1).map(str::trim).collect();
        let expected = [
            "missing     auth GET /x: none   (line 11)",
            "unexpected  auth GET /x: public",
            "missing     input GET /x: query q string   (line 14)",
            "unexpected  input GET /x: query p any required",
        ];
        assert_eq!(lines, expected);
        let blessed = crate::bless(&suite, &[(&suite.cases[0], catalog.clone())]);
        let suite = Suite::parse(PathBuf::from("x.md"), "x".to_owned(), blessed).unwrap();
        assert_eq!(compare(&suite, &suite.cases[0], &catalog), None);
    }
}
