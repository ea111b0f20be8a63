//! Runs every case of `testdata/`, each as a test of its own: `cargo test -p apicensus-cases -- flask` runs some.

use apicensus_cases::{Case, Suite, compare, suites};
use apicensus_catalog::Catalog;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::scan::{ScanOptions, scan};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let trials = match suites(&testdata) {
        Ok(suites) => suites.into_iter().flat_map(trials).collect(),
        Err(error) => vec![Trial::test("reading", move || Err(Failed::from(error)))],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(suite: Suite) -> Vec<Trial> {
    let suite = Arc::new(suite);
    let trial = |at: usize| {
        let suite = Arc::clone(&suite);
        Trial::test(format!("{}: {}", suite.name, suite.cases[at].title), move || run(&suite, &suite.cases[at]))
    };
    (0..suite.cases.len()).map(trial).collect()
}

/// A case with an `open` mark must fail, so that the mark goes when the reason does.
fn run(suite: &Suite, case: &Case) -> Result<(), Failed> {
    match (compare(suite, case, &catalog(suite, case)?), &case.open) {
        (None, None) | (Some(_), Some(_)) => Ok(()),
        (Some(report), None) => Err(Failed::from(report)),
        (None, Some(reason)) => Err(Failed::from(format!("works now; take its mark `open: {reason}` away"))),
    }
}

fn catalog(suite: &Suite, case: &Case) -> Result<Catalog, Failed> {
    let folder = tempfile::tempdir()?;
    case.write_to(folder.path())?;
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], threads: 1, ..OpenOptions::default() })?;
    let options = ScanOptions { threads: 1, frameworks: suite.frameworks.clone(), ..ScanOptions::default() };
    Ok(scan(&tree, &options)?)
}
