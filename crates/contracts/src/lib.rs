//! Readers of API descriptions: what was promised, each operation with file and line.
//!
//! [`read`] looks through a tree for descriptions and reads them; it knows nothing of services and endpoints. Documents
//! come from others: nothing in them is fetched or run, a broken one is a trouble with its place, and recursion, aliases
//! and sizes are bounded.

mod asyncapi;
mod detect;
mod graphql;
pub mod json;
pub mod node;
mod openapi;
mod postman;
mod proto;
pub mod refs;
mod tokens;
pub mod yaml;

use apicensus_catalog::{Contract, ContractRole, Trouble};
use apicensus_source::Tree;
use apicensus_source::classify::{self, Class};
use detect::Format;
use rayon::prelude::*;
use refs::{At, Loader, trouble};
use std::rc::Rc;

/// The descriptions of a tree and what could not be read of them.
#[derive(Debug, Default)]
pub struct Found {
    /// The descriptions by file; roles are set only where the file's place alone decides.
    pub contracts: Vec<Contract>,
    /// What could not be read.
    pub troubles: Vec<Trouble>,
}

/// Finds and reads the descriptions of a tree. `class` says what a file is by its path. Runs on the current rayon pool.
pub fn read(tree: &Tree, class: &(dyn Fn(&str) -> Class + Sync)) -> Found {
    let files: Vec<Found> = (0..tree.files().len()).into_par_iter().filter_map(|at| file(tree, at, class)).collect();
    let mut all = Found::default();
    for found in files {
        all.contracts.extend(found.contracts);
        all.troubles.extend(found.troubles);
    }
    all
}

fn file(tree: &Tree, at: usize, class: &(dyn Fn(&str) -> Class + Sync)) -> Option<Found> {
    let path = tree.files().get(at)?.path.as_str();
    if !detect::may_be(path) {
        return None;
    }
    let class = class(path);
    if class == Class::Vendored && !detect::is_named_so(path) {
        return None;
    }
    let bytes = match tree.read(at) {
        Ok(bytes) => bytes,
        Err(error) if detect::is_named_so(path) => {
            return Some(Found { contracts: Vec::new(), troubles: vec![trouble(path, 0, error.to_string())] });
        }
        Err(_) => return None,
    };
    let format = detect::format(path, &bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = documents(tree, path, &text, format);
    let is_generated = classify::of_content(&bytes) == Some(Class::Generated) || detect::is_called_generated(path);
    let role = role(path, class);
    for (at, contract) in found.contracts.iter_mut().enumerate() {
        contract.file = path.to_owned();
        contract.id = if at == 0 { path.to_owned() } else { format!("{path}#{}", at + 1) };
        contract.generated |= is_generated || class == Class::Generated;
        contract.operation_count = contract.operations.len() as u64;
        if let Some((role, reason)) = role {
            (contract.role, contract.reason) = (role, reason.to_owned());
        }
    }
    Some(found)
}

/// The role that a file's place gives; none where the operations have to tell.
fn role(path: &str, class: Class) -> Option<(ContractRole, &'static str)> {
    Some(match class {
        Class::Test => (ContractRole::Test, "it lies in a folder of tests"),
        Class::Example => (ContractRole::Example, "it lies in a folder of examples"),
        Class::Vendored => (ContractRole::Vendored, "it lies in a copy of third-party code"),
        _ if detect::is_of_a_client(path) => (ContractRole::Client, "it lies in a folder of clients"),
        _ => return None,
    })
}

fn documents(tree: &Tree, path: &str, text: &str, format: Format) -> Found {
    let mut found = Found::default();
    match format {
        Format::Graphql => found.contracts.extend(graphql::read(path, text)),
        Format::Proto => found.contracts.extend(proto::read(path, text)),
        Format::Data => data(tree, path, text, &mut found),
    }
    found
}

fn data(tree: &Tree, path: &str, text: &str, found: &mut Found) {
    let (documents, broken) = refs::parse(path, text);
    found.troubles.extend(broken.into_iter().map(|mistake| trouble(path, mistake.line, mistake.message)));
    for root in &documents {
        let mut loader = Loader::new(tree, path, root);
        let at = At { file: Rc::from(path), node: root.clone() };
        let contract = match () {
            () if openapi::is_one(root) => openapi::read(&at, &mut loader),
            () if asyncapi::is_one(root) => asyncapi::read(&at, &mut loader),
            () if postman::is_collection(root) => postman::collection(path, root),
            () if postman::is_archive(root) => postman::archive(path, root),
            () => continue,
        };
        found.troubles.append(&mut loader.troubles);
        found.contracts.push(contract);
    }
}
