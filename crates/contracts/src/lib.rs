//! Readers of API descriptions: what was promised, each operation with file and line.
//!
//! [`read`] looks through a tree for descriptions and reads them; it knows nothing of services and endpoints. Documents
//! come from others: nothing in them is fetched or run, a broken one is a trouble with its place, and recursion, aliases
//! and sizes are bounded.

mod asyncapi;
mod bruno;
mod detect;
pub mod formats;
pub mod gateways;
mod graphql;
mod http_file;
mod insomnia;
pub mod json;
pub mod node;
mod openapi;
mod openrpc;
mod postman;
mod promises;
mod proto;
mod raml;
pub mod refs;
mod requests;
mod schema;
mod tokens;
mod typespec;
mod versions;
mod wsdl;
mod xml;
pub mod yaml;

use apicensus_catalog::{Contract, ContractRole, Trouble};
use apicensus_source::Tree;
use apicensus_source::classify::{self, Class};
use detect::Format;
use rayon::prelude::*;
use refs::{At, Loader, trouble};
use std::collections::{HashMap, HashSet};
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
    let files: Vec<Read> = (0..tree.files().len()).into_par_iter().filter_map(|at| file(tree, at, class)).collect();
    let parts = parts(&files);
    let mut all = Found::default();
    for read in files {
        all.contracts.extend(read.contracts.into_iter().filter(|c| !parts.contains(&c.file)));
        all.troubles.extend(read.troubles);
    }
    // What a file says as a part and by itself is said once.
    let mut told = HashSet::new();
    all.troubles.retain(|t| told.insert((t.file.clone(), t.line, t.message.clone())));
    all
}

/// Files that are parts of a contract that is none itself. Of files that import each other the last counts.
fn parts(files: &[Read]) -> HashSet<String> {
    let mut takers: HashMap<&str, Vec<&str>> = HashMap::new();
    for read in files {
        let own = read.contracts.first().map_or("", |c| c.file.as_str());
        read.parts.iter().filter(|part| *part != own).for_each(|part| takers.entry(part).or_default().push(own));
    }
    let mut parts: HashSet<String> = HashSet::new();
    for read in files.iter().filter_map(|read| read.contracts.first()) {
        if takers.get(read.file.as_str()).is_some_and(|own| own.iter().any(|file| !file.is_empty() && !parts.contains(*file))) {
            parts.insert(read.file.clone());
        }
    }
    parts
}

/// What one file gives.
#[derive(Default)]
struct Read {
    contracts: Vec<Contract>,
    troubles: Vec<Trouble>,
    /// Files that are parts of these contracts.
    parts: Vec<String>,
}

fn file(tree: &Tree, at: usize, class: &(dyn Fn(&str) -> Class + Sync)) -> Option<Read> {
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
        Err(error) if detect::is_named_so(path) || detect::has_own_ending(path) => {
            return Some(Read { troubles: vec![trouble(path, 0, error.to_string())], ..Read::default() });
        }
        Err(_) => return None,
    };
    let format = detect::format(path, &bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = documents(tree, path, &bytes, &text, format);
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

fn documents(tree: &Tree, path: &str, bytes: &[u8], text: &str, format: Format) -> Read {
    let mut found = Read::default();
    let mut loader = Loader::of(tree);
    match format {
        Format::Graphql => found.contracts.extend(graphql::read(path, text)),
        Format::Proto => found.contracts.extend(proto::read(path, text)),
        Format::HttpFile => found.contracts.extend(http_file::read(path, text, &mut loader)),
        Format::Bru if bruno::has_root(tree, path) => {}
        Format::Bru => found.contracts.extend(bruno::single(path, text, &mut loader)),
        Format::Typespec => found.contracts.extend(typespec::read(path, text, &mut loader)),
        Format::Wsdl => match xml::parse(text) {
            Ok(root) if wsdl::is_one(&root) => found.contracts.push(wsdl::read(path, root, &mut loader)),
            Ok(_) => {}
            Err(broken) => loader.trouble(path, broken.line, broken.message),
        },
        Format::Data | Format::Raml => data(tree, path, bytes, text, &mut found),
    }
    found.troubles.append(&mut loader.troubles);
    found.parts.append(&mut loader.parts);
    found
}

fn data(tree: &Tree, path: &str, bytes: &[u8], text: &str, found: &mut Read) {
    let header = raml::header(text);
    let (documents, broken) = if header.is_some() { yaml::parse(text) } else { refs::parse(path, text) };
    // A word in a file that is something else says nothing of that file.
    if header.is_some() || detect::is_named_so(path) || detect::declares(bytes) {
        found.troubles.extend(broken.into_iter().map(|mistake| trouble(path, mistake.line, mistake.message)));
    }
    for root in &documents {
        let mut loader = Loader::new(tree, path, root);
        let at = At { file: Rc::from(path), node: root.clone() };
        let contract = match header {
            Some(header) => raml::read(&at, header, &mut loader),
            None => described(&at, &mut loader),
        };
        found.contracts.extend(contract);
        found.troubles.append(&mut loader.troubles);
        found.parts.append(&mut loader.parts);
    }
}

/// The contract that a document of JSON or YAML is, if it is one.
fn described(at: &At, loader: &mut Loader<'_>) -> Option<Contract> {
    let root = &at.node;
    Some(match () {
        () if openapi::is_one(root) => openapi::read(at, loader),
        () if asyncapi::is_one(root) => asyncapi::read(at, loader),
        () if openrpc::is_one(root) => openrpc::read(at, loader),
        () if postman::is_collection(root) => postman::collection(&at.file, root, loader),
        () if postman::is_archive(root) => postman::archive(&at.file, root, loader),
        () if insomnia::is_one(root) => return insomnia::read(at, loader),
        () if bruno::is_root(&at.file, root) => bruno::collection(at, loader),
        () if bruno::is_open(root) => bruno::open(at, loader),
        () => {
            if let Some((line, message)) = versions::unread(root) {
                loader.trouble(&at.file, line, message);
            }
            return None;
        }
    })
}
