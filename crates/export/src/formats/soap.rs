//! WSDL documents (<https://www.w3.org/TR/wsdl.html>) of the services, as they stand in the tree: a WSDL says more than the code
//! that serves it, and its readers want it unchanged.

use crate::{Exported, Exporter, Input, escape};
use apicensus_catalog::{ContractKind, ContractRole, Protocol};
use std::collections::BTreeMap;

pub struct Wsdl;

impl Exporter for Wsdl {
    fn name(&self) -> &'static str {
        "wsdl"
    }
    fn about(&self) -> &'static str {
        "Folder of the WSDL documents of the tree, unchanged"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let files = documents(input);
        let mut left_out = missing(input, ContractKind::Wsdl);
        let bare = input.catalog.endpoints.iter().filter(|e| e.protocol == Protocol::Soap).count();
        if files.is_empty() && bare > 0 {
            left_out.push((bare, "the tree has no WSDL of it"));
        }
        Exported::folder(files, left_out)
    }
}

/// The documents by the name of their file.
pub fn documents(input: &Input<'_>) -> BTreeMap<String, String> {
    handed_on(input, ContractKind::Wsdl)
}

/// Contracts of one kind that are of services, or might be, by the name they get; only those whose text is at hand.
pub fn handed_on(input: &Input<'_>, kind: ContractKind) -> BTreeMap<String, String> {
    let texts = contracts(input, kind).filter_map(|file| Some((name(file), input.options.files.get(file)?.clone())));
    texts.collect()
}

/// How many contracts of a kind could not be handed on, as their text is not at hand.
pub fn missing(input: &Input<'_>, kind: ContractKind) -> Vec<(usize, &'static str)> {
    let count = contracts(input, kind).filter(|file| !input.options.files.contains_key(*file)).count();
    if count > 0 { vec![(count, "the text of a contract is not at hand; scan the tree instead of reading a catalog")] } else { Vec::new() }
}

fn contracts<'a>(input: &'a Input<'_>, kind: ContractKind) -> impl Iterator<Item = &'a str> {
    let is = move |role: ContractRole| matches!(role, ContractRole::Describes | ContractRole::Unmatched);
    input.catalog.contracts.iter().filter(move |c| c.kind == kind && is(c.role)).map(|c| c.file.as_str())
}

/// A path of the tree as one that stays in a folder.
fn name(file: &str) -> String {
    let parts: Vec<String> = file.split('/').filter(|p| !p.is_empty() && *p != "." && *p != "..").map(escape::file).collect();
    parts.join("/")
}
