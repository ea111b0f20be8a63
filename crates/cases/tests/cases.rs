//! Every case of `testdata/`.

use apicensus_cases::suites;
use std::path::Path;

#[test]
fn all_cases_can_be_read() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    match suites(&testdata) {
        Ok(suites) => assert!(!suites.is_empty()),
        Err(error) => panic!("{error}"),
    }
}
