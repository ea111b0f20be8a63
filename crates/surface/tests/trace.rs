//! What a trace passes over must leave the result as it is, in every case of the project.
#![allow(clippy::unwrap_used)]

use apicensus_eval::models::Models;
use apicensus_source::{OpenOptions, Tree};
use apicensus_surface::languages::Languages;
use apicensus_surface::scan::{ScanOptions, traced};
use apicensus_surface::trace::{Lens, Trace};
use std::path::Path;

fn result(folder: &Path, models: &Models) -> (String, Trace) {
    let options = OpenOptions { paths: vec![folder.to_owned()], threads: 1, ..OpenOptions::default() };
    let tree = Tree::open(&options).unwrap();
    let (mut catalog, trace) = traced(&tree, &ScanOptions { threads: 1, loaded: Some(models), ..ScanOptions::default() }).unwrap();
    catalog.coverage = Default::default();
    (serde_json::to_string(&catalog).unwrap(), trace)
}

#[test]
fn files_that_are_passed_over_change_nothing() {
    let (models, languages) = (Models::builtin().unwrap(), Languages::builtin().unwrap());
    let lens = Lens::new(&models, &languages);
    let cases = apicensus_cases::suites(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")).unwrap();
    let (mut passed, mut leaned_on) = (0, 0);
    // Every so many: each is scanned once more for every file.
    for case in cases.iter().flat_map(|s| &s.cases).filter(|c| c.files.len() > 2).step_by(7) {
        let folder = tempfile::tempdir().unwrap();
        case.write_to(folder.path()).unwrap();
        let (before, trace) = result(folder.path(), &models);
        for (name, text) in &case.files {
            for changed in [text.replace("admin", "root").replace('1', "2"), format!("{text}\n\n")] {
                if !lens.passes_over(&trace, name, text.as_bytes(), changed.as_bytes()) {
                    leaned_on += 1;
                    continue;
                }
                passed += 1;
                std::fs::write(folder.path().join(name), &changed).unwrap();
                assert_eq!(result(folder.path(), &models).0, before, "{}: {name}", case.title);
                std::fs::write(folder.path().join(name), text).unwrap();
            }
        }
    }
    assert!(passed > 3 && leaned_on > 100, "{passed} passed over, {leaned_on} not");
}
