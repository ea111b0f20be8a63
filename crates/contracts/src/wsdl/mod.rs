//! WSDL 1.1 (https://www.w3.org/TR/2001/NOTE-wsdl-20010315) and 2.0 (https://www.w3.org/TR/wsdl20/): operations that services
//! bind to SOAP 1.1, SOAP 1.2 or HTTP.
//!
//! An operation of SOAP is called by its name: its path is that of the service's address, `#` and the name. One bound to HTTP has
//! a method and a path. A document without a service promises the operations of its bindings, else of its port types. Policies
//! (WS-SecurityPolicy) are not read, so nothing is said of who may call.

mod schema;
mod v1;
mod v2;

use crate::refs::Loader;
use crate::xml::{self, Element};
use apicensus_catalog::{Contract, ContractKind, ContractOperation, DeclaredParameter, Location};
use schema::Schemas;
use std::collections::{HashSet, VecDeque};

/// The namespace of WSDL 1.1.
pub const WSDL1: &str = "http://schemas.xmlsoap.org/wsdl/";
/// The namespace of WSDL 2.0.
pub const WSDL2: &str = "http://www.w3.org/ns/wsdl";
/// Most operations of one document.
const MAX_OPERATIONS: usize = 20_000;
/// Most files of one document.
const MAX_FILES: usize = 200;

/// A namespace and a name.
type Name = (String, String);

/// A document and those it imports.
struct Files {
    /// Path and root element; the document itself first.
    documents: Vec<(String, Element)>,
    schemas: Schemas,
}

/// Whether a root element is that of a description.
pub fn is_one(root: &Element) -> bool {
    (root.namespace == WSDL1 && root.name == "definitions") || (root.namespace == WSDL2 && root.name == "description")
}

/// Reads a document.
pub fn read(file: &str, root: Element, loader: &mut Loader<'_>) -> Contract {
    let is_first = root.namespace == WSDL1;
    let title = root.attribute("name").or(root.attribute("targetNamespace")).unwrap_or_default().to_owned();
    let files = files(file, root, loader);
    let mut found = Found::default();
    if is_first {
        v1::operations(&files, loader, &mut found)
    } else {
        v2::operations(&files, loader, &mut found)
    }
    if found.left_out {
        loader.trouble(file, 1, "there are too many operations; the rest was not read");
    }
    Contract {
        kind: ContractKind::Wsdl,
        format_version: if is_first { "1.1" } else { "2.0" }.to_owned(),
        title: found.title.take().unwrap_or(title),
        operations: found.operations,
        ..Contract::default()
    }
}

/// The operations found, each once.
#[derive(Default)]
struct Found {
    operations: Vec<ContractOperation>,
    seen: HashSet<(String, String)>,
    left_out: bool,
    /// The name of the first service.
    title: Option<String>,
}

impl Found {
    fn push(&mut self, operation: ContractOperation) {
        // Ports for SOAP 1.1 and 1.2 at one address have the same operations.
        if !self.seen.insert((operation.method.clone(), operation.path.clone())) {
            return;
        }
        self.left_out |= self.operations.len() >= MAX_OPERATIONS;
        if !self.left_out {
            self.operations.push(operation);
        }
    }
}

/// An operation of SOAP at an address.
fn soap(address: &str, service: &str, name: &str, at: Location, parameters: Vec<DeclaredParameter>) -> ContractOperation {
    let operation_id = if service.is_empty() { name.to_owned() } else { format!("{service}.{name}") };
    let path = format!("{}#{name}", crate::openapi::path_of(address));
    ContractOperation { method: "SOAP".to_owned(), path, operation_id, at, parameters, ..ContractOperation::default() }
}

fn parameter(location: &str, name: &str, required: bool) -> DeclaredParameter {
    DeclaredParameter { location: location.to_owned(), name: name.to_owned(), required, ..DeclaredParameter::default() }
}

/// The document, what it imports and includes, and the schemas of all of them.
fn files(file: &str, root: Element, loader: &mut Loader<'_>) -> Files {
    let mut schemas = Schemas::default();
    let mut documents = Vec::new();
    let mut seen = HashSet::from([file.to_owned()]);
    let mut queue = VecDeque::from([(file.to_owned(), root)]);
    while let Some((path, root)) = queue.pop_front() {
        for types in root.children.iter().filter(|c| c.name == "types" && c.namespace == root.namespace) {
            types.children.iter().for_each(|schema| schemas.add(&path, schema, loader));
        }
        let is_import = |c: &&Element| matches!(c.name.as_str(), "import" | "include") && c.namespace == root.namespace;
        for import in root.children.iter().filter(is_import) {
            let Some(location) = import.attribute("location") else { continue };
            let Some(target) = loader.file(&path, import.line, location).filter(|t| seen.insert(t.clone())) else { continue };
            if seen.len() > MAX_FILES {
                loader.trouble(&path, import.line, "there are too many imported files; the rest was not read");
                break;
            }
            match loader.text(&target).map(|text| xml::parse(&text)) {
                Some(Ok(root)) if is_one(&root) => {
                    loader.parts.push(target.clone());
                    queue.push_back((target, root));
                }
                Some(Ok(root)) if schema::is_one(&root) => schemas.add(&target, &root, loader),
                Some(Ok(_)) => loader.trouble(&path, import.line, format!("`{location}` is neither a WSDL nor a schema")),
                Some(Err(broken)) => loader.trouble(&target, broken.line, broken.message),
                None => {}
            }
        }
        documents.push((path, root));
    }
    Files { documents, schemas }
}

impl Files {
    /// All declarations of a kind: file, target namespace and element.
    fn all<'f>(&'f self, kind: &'f str) -> impl Iterator<Item = (&'f str, &'f str, &'f Element)> {
        self.documents.iter().flat_map(move |(file, root)| {
            let target = root.attribute("targetNamespace").unwrap_or_default();
            let of_kind = root.children.iter().filter(move |c| c.name == kind && c.namespace == root.namespace);
            of_kind.map(move |element| (file.as_str(), target, element))
        })
    }

    /// The declaration that a qualified name means.
    fn find<'f>(&'f self, kind: &'f str, (namespace, name): &Name) -> Option<(&'f str, &'f Element)> {
        let is_it = |(_, target, element): &(&str, &str, &Element)| target == namespace && element.attribute("name") == Some(name);
        let (file, _, element) = self.all(kind).find(is_it)?;
        Some((file, element))
    }

    /// The declaration that an attribute of an element names; a trouble where there is none.
    fn named<'f>(
        &'f self,
        kind: &'static str,
        from: &Element,
        attribute: &str,
        file: &str,
        loader: &mut Loader<'_>,
    ) -> Option<(&'f str, &'f Element)> {
        let written = from.attribute(attribute)?;
        let found = self.find(kind, &from.qualified(written));
        if found.is_none() {
            loader.trouble(file, from.line, format!("there is no {kind} `{written}`"));
        }
        found
    }
}
