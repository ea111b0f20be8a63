//! `cases` and `bless`: the cases of `testdata/`, run in this process.

use crate::root;
use anyhow::{Result, bail};
use apicensus_cases::{Case, Suite, bless as rewrite, compare, suites};
use apicensus_catalog::Catalog;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};

/// Prints what is not as expected.
pub fn check(filter: &str) -> Result<()> {
    let (mut good, mut bad) = (0, 0);
    for suite in suites(&root().join("testdata"))? {
        for case in selected(&suite, filter) {
            match compare(&suite, case, &catalog(&suite, case)?) {
                Some(report) => {
                    bad += 1;
                    println!("{report}");
                }
                None => good += 1,
            }
        }
    }
    println!("{good} cases as expected, {bad} not");
    if bad > 0 { bail!("some cases are not as expected") } else { Ok(()) }
}

/// Rewrites the expectations with what the scans find.
pub fn bless(filter: &str) -> Result<()> {
    for suite in suites(&root().join("testdata"))? {
        let mut found = Vec::new();
        for case in selected(&suite, filter) {
            let catalog = catalog(&suite, case)?;
            if compare(&suite, case, &catalog).is_some() {
                println!("{}:{}: {}", suite.path.display(), case.line, case.title);
                found.push((case, catalog));
            }
        }
        if !found.is_empty() {
            std::fs::write(&suite.path, rewrite(&suite, &found))?;
        }
    }
    Ok(())
}

/// Writes `<!-- open: first difference -->` below the headings of cases that fail, and takes it off those that work.
pub fn marks() -> Result<()> {
    for suite in suites(&root().join("testdata"))? {
        let mut lines: Vec<String> = suite.text.lines().map(str::to_owned).collect();
        for case in suite.cases.iter().rev() {
            let report = compare(&suite, case, &catalog(&suite, case)?);
            let body = case.line..case.endpoints.span.start;
            let old = body.clone().find(|&at| lines[at].starts_with("<!-- open:"));
            match (report.as_deref().map(reason), old) {
                (None, Some(at)) => drop(lines.drain(at..at + 2)),
                (Some(reason), Some(at)) => lines[at] = format!("<!-- open: {reason} -->"),
                (Some(reason), None) => {
                    lines.splice(case.line..case.line, [String::new(), format!("<!-- open: {reason} -->")]);
                }
                (None, None) => {}
            }
        }
        std::fs::write(&suite.path, lines.join("\n") + "\n")?;
    }
    Ok(())
}

/// The first difference of a report, without its line.
fn reason(report: &str) -> String {
    let first = report.lines().nth(1).unwrap_or_default();
    let first = first.rsplit_once("   (line").map_or(first, |(text, _)| text);
    first.split_whitespace().collect::<Vec<_>>().join(" ").replace("-->", "->")
}

fn selected<'s>(suite: &'s Suite, filter: &'s str) -> impl Iterator<Item = &'s Case> {
    suite.cases.iter().filter(move |case| format!("{}: {}", suite.name, case.title).contains(filter))
}

fn catalog(suite: &Suite, case: &Case) -> Result<Catalog> {
    let folder = tempfile::tempdir()?;
    case.write_to(folder.path())?;
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], threads: 1, ..OpenOptions::default() })?;
    Ok(scan(&tree, &ScanOptions { threads: 1, frameworks: suite.frameworks.clone(), ..ScanOptions::default() })?)
}
