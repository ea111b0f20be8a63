//! Trees written to a folder and read.

#![allow(clippy::unwrap_used, dead_code)]

use apicensus_catalog::Contract;
use apicensus_contracts::{Found, read};
use apicensus_source::classify::Class;
use apicensus_source::{OpenOptions, Tree};

/// Reads the contracts of a tree of these files; `tests/` holds tests.
pub fn found(files: &[(&str, &str)]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let tree = Tree::open(&OpenOptions { paths: vec![folder.path().to_owned()], ..OpenOptions::default() }).unwrap();
    read(&tree, &|path: &str| if path.starts_with("tests/") { Class::Test } else { Class::Production })
}

/// The one contract of a tree that gives no troubles.
pub fn only(files: &[(&str, &str)]) -> Contract {
    let found = found(files);
    assert_eq!(found.troubles, [], "no troubles are expected");
    assert_eq!(found.contracts.len(), 1, "{:?}", found.contracts);
    found.contracts.into_iter().next().unwrap()
}

/// `GET /x openapi.yaml:7` for each operation.
pub fn lines(contract: &Contract) -> Vec<String> {
    contract.operations.iter().map(|o| format!("{} {} {}:{}", o.method, o.path, o.at.file, o.at.line)).collect()
}

/// `GET /x query a, path id*` for each operation; a star marks what is required.
pub fn inputs(contract: &Contract) -> Vec<String> {
    let all = |o: &apicensus_catalog::ContractOperation| {
        let each = o.parameters.iter().map(|p| format!("{} {}{}", p.location, p.name, if p.required { "*" } else { "" }));
        each.collect::<Vec<_>>().join(", ")
    };
    contract.operations.iter().map(|o| format!("{} {} {}", o.method, o.path, all(o)).trim_end().to_owned()).collect()
}

/// `GET /x required oauth2` for each operation.
pub fn auth(contract: &Contract) -> Vec<String> {
    let schemes = |o: &apicensus_catalog::ContractOperation| o.schemes.iter().map(|s| format!(" {s}")).collect::<String>();
    contract.operations.iter().map(|o| format!("{} {} {}{}", o.method, o.path, o.auth, schemes(o))).collect()
}

/// `a.yaml:3 the message` for each trouble.
pub fn troubles(found: &Found) -> Vec<String> {
    found.troubles.iter().map(|t| format!("{}:{} {}", t.file, t.line, t.message)).collect()
}
