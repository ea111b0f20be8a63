//! XML with the line of every element. Document type definitions are refused, and with them all entities of a document's own.

use crate::node::{Broken, MAX_DEPTH};
use roxmltree::{Document, ParsingOptions};
use std::rc::Rc;

/// Most nodes of one document.
const MAX_NODES: u32 = 4_000_000;

/// An element.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// The namespace of its name.
    pub namespace: String,
    /// Its attributes: namespace, name without a prefix, value.
    pub attributes: Vec<(String, String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The line, from 1.
    pub line: u32,
    /// The prefixes that hold here.
    scope: Rc<Vec<(String, String)>>,
}

impl Element {
    /// An attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_in("", name)
    }

    /// An attribute of a namespace.
    pub fn attribute_in(&self, namespace: &str, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(space, own, _)| space == namespace && own == name).map(|(.., value)| value.as_str())
    }

    /// The elements in it of a name and namespace.
    pub fn all<'e>(&'e self, namespace: &'e str, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |c| c.name == name && c.namespace == namespace)
    }

    /// The first of them.
    pub fn first<'e>(&'e self, namespace: &'e str, name: &'e str) -> Option<&'e Element> {
        self.all(namespace, name).next()
    }

    /// A name with a prefix, as (namespace, name). Without a prefix it is in the default namespace.
    pub fn qualified(&self, name: &str) -> (String, String) {
        let (prefix, local) = name.trim().split_once(':').unwrap_or(("", name.trim()));
        let space = self.scope.iter().find(|(own, _)| own == prefix).map(|(_, uri)| uri.clone()).unwrap_or_default();
        (space, local.to_owned())
    }
}

/// Reads a document.
///
/// # Errors
/// Where it is no well-formed XML, has a document type definition, or is too large or nested too deeply.
pub fn parse(text: &str) -> Result<Element, Broken> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(roxmltree::Error::DtdDetected) => {
            let at = text.find("<!DOCTYPE").unwrap_or(0);
            let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() as u32 + 1;
            return Err(Broken { line, message: "it has a document type definition, which is not read".to_owned() });
        }
        Err(roxmltree::Error::UnclosedRootNode) => {
            let line = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32 + 1;
            return Err(Broken { line, message: "it ends within an element".to_owned() });
        }
        Err(error) => return Err(Broken { line: error.pos().row.max(1), message: error.to_string() }),
    };
    let mut ends: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
    ends.push(text.len());
    element(document.root_element(), &ends, &Rc::new(Vec::new()), 0)
}

fn element(node: roxmltree::Node<'_, '_>, ends: &[usize], outer: &Rc<Vec<(String, String)>>, depth: usize) -> Result<Element, Broken> {
    let line = ends.partition_point(|end| *end < node.range().start) as u32 + 1;
    if depth > MAX_DEPTH {
        return Err(Broken { line, message: "it is nested too deeply".to_owned() });
    }
    let own: Vec<(String, String)> = node.namespaces().map(|n| (n.name().unwrap_or_default().to_owned(), n.uri().to_owned())).collect();
    let scope = if own == **outer { outer.clone() } else { Rc::new(own) };
    let mut children = Vec::new();
    for child in node.children().filter(|c| c.is_element()) {
        children.push(element(child, ends, &scope, depth + 1)?);
    }
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let attributes = node.attributes().map(|a| (owned(a.namespace()), a.name().to_owned(), a.value().to_owned())).collect();
    let tag = node.tag_name();
    Ok(Element { name: tag.name().to_owned(), namespace: owned(tag.namespace()), attributes, children, line, scope })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_lines_and_prefixes() {
        let root = parse("<a:r xmlns:a='u' xmlns='d'>\n <x t='a:n' a:t='2'>hi</x>\n <y xmlns='e'/></a:r>").unwrap();
        let x = root.first("d", "x").unwrap();
        assert_eq!((root.namespace.as_str(), x.line, x.attribute_in("u", "t")), ("u", 2, Some("2")));
        assert_eq!(x.qualified(x.attribute("t").unwrap()), ("u".to_owned(), "n".to_owned()));
        assert_eq!(root.first("e", "y").unwrap().qualified("z"), ("e".to_owned(), "z".to_owned()));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let line = |text: &str| parse(text).unwrap_err().line;
        assert_eq!(line("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>"), 2);
        assert_eq!(line("<a>\n<b>\n</a>"), 3);
        assert_eq!(line("<a>\n&nothing;</a>"), 2);
        assert!(parse("").is_err() && parse("<a>\n<b>").is_err());
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = format!("{}{}", "<a>".repeat(500_000), "</a>".repeat(500_000));
        assert!(parse(&deep).unwrap_err().message.contains("deep"));
        let wide = format!("<r>{}</r>", "<a/>".repeat(100_000));
        assert_eq!(parse(&wide).unwrap().children.len(), 100_000);
    }
}
