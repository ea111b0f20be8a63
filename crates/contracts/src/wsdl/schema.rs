//! What XML Schema (https://www.w3.org/TR/xmlschema-1/) says of the elements in an element: enough to name the parameters of
//! an operation whose message is one element.

use super::Name;
use crate::refs::Loader;
use crate::xml::{self, Element};
use std::collections::{HashMap, HashSet};

const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Deepest chain of groups and base types.
const MAX_DEPTH: usize = 24;
/// Most elements of one message.
const MAX_FIELDS: usize = 500;

/// Elements and types by their names.
#[derive(Default)]
pub struct Schemas {
    elements: HashMap<Name, Element>,
    types: HashMap<Name, Element>,
    seen: HashSet<String>,
}

/// Whether an element is a schema.
pub fn is_one(root: &Element) -> bool {
    root.namespace == XSD && root.name == "schema"
}

impl Schemas {
    /// Adds a schema and what it imports from files of the tree.
    pub fn add(&mut self, file: &str, schema: &Element, loader: &mut Loader<'_>) {
        self.add_in(file, schema, schema.attribute("targetNamespace").unwrap_or_default(), loader, 0);
    }

    fn add_in(&mut self, file: &str, schema: &Element, target: &str, loader: &mut Loader<'_>, depth: usize) {
        if !is_one(schema) || depth > MAX_DEPTH {
            return;
        }
        for child in schema.children.iter().filter(|c| c.namespace == XSD) {
            let name = || (target.to_owned(), child.attribute("name").unwrap_or_default().to_owned());
            match child.name.as_str() {
                "element" => drop(self.elements.insert(name(), child.clone())),
                "complexType" | "group" => drop(self.types.insert(name(), child.clone())),
                "import" | "include" | "redefine" => {
                    let Some(location) = child.attribute("schemaLocation") else { continue };
                    let Some(path) = loader.file(file, child.line, location).filter(|p| self.seen.insert(p.clone())) else { continue };
                    match loader.text(&path).map(|text| xml::parse(&text)) {
                        Some(Ok(root)) => {
                            // What is included without a namespace takes that of the schema that includes it.
                            let target = root.attribute("targetNamespace").unwrap_or(target).to_owned();
                            self.add_in(&path, &root, &target, loader, depth + 1);
                        }
                        Some(Err(broken)) => loader.trouble(&path, broken.line, broken.message),
                        None => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// The elements that stand in an element: name and whether it must be there. None where the element is not known.
    pub fn fields(&self, name: &Name) -> Option<Vec<(String, bool)>> {
        let mut fields = Vec::new();
        self.of_element(self.elements.get(name)?, &mut fields, 0);
        Some(fields)
    }

    fn of_element(&self, element: &Element, fields: &mut Vec<(String, bool)>, depth: usize) {
        if let Some(named) = element.attribute("type").and_then(|written| self.types.get(&element.qualified(written))) {
            self.of_group(named, true, fields, depth + 1);
        }
        element.all(XSD, "complexType").for_each(|own| self.of_group(own, true, fields, depth + 1));
    }

    fn of_group(&self, group: &Element, required: bool, fields: &mut Vec<(String, bool)>, depth: usize) {
        if depth > MAX_DEPTH || fields.len() > MAX_FIELDS {
            return;
        }
        for child in group.children.iter().filter(|c| c.namespace == XSD) {
            let needed = required && child.attribute("minOccurs") != Some("0");
            match child.name.as_str() {
                "element" => {
                    let written = child.attribute("name").or(child.attribute("ref").map(local));
                    fields.extend(written.map(|name| (name.to_owned(), needed)));
                }
                "choice" => self.of_group(child, false, fields, depth + 1),
                "sequence" | "all" | "complexContent" | "restriction" => self.of_group(child, needed, fields, depth + 1),
                "extension" => {
                    if let Some(base) = child.attribute("base").and_then(|base| self.types.get(&child.qualified(base))) {
                        self.of_group(base, needed, fields, depth + 1);
                    }
                    self.of_group(child, needed, fields, depth + 1);
                }
                "group" => {
                    if let Some(named) = child.attribute("ref").and_then(|name| self.types.get(&child.qualified(name))) {
                        self.of_group(named, needed, fields, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
