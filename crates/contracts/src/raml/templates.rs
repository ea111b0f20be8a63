//! Resource types and traits: which ones a resource or method takes, with which arguments, and what they bring.

use crate::node::{Entry, Node, Value};
use crate::refs::{At, Loader};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Longest chain of resource types.
const MAX_CHAIN: usize = 16;

/// The arguments of a template by name; none where nothing is a template.
pub type Arguments = Option<Rc<HashMap<String, String>>>;

/// Where a template is used.
pub struct Place<'p> {
    /// The path of the resource.
    pub path: &'p str,
    /// The method in lower case; empty for a resource.
    pub method: &'p str,
}

/// A piece of a document and the arguments it is read with.
pub struct Layer {
    /// The piece.
    pub at: At,
    /// The arguments.
    pub arguments: Arguments,
}

impl Layer {
    /// What stands at a key.
    pub fn key(&self, key: &str) -> Option<Layer> {
        Some(Layer { at: self.at.get(key)?, arguments: self.arguments.clone() })
    }
}

/// The resource types and traits of a document and of the libraries it uses.
pub struct Templates {
    types: HashMap<String, At>,
    traits: HashMap<String, At>,
}

impl Templates {
    /// Gathers them; those of a library have its name before a dot.
    pub fn new(root: &At, loader: &mut Loader<'_>) -> Templates {
        let mut found = Templates {
            types: declared(root, "resourceTypes", loader).into_iter().collect(),
            traits: declared(root, "traits", loader).into_iter().collect(),
        };
        let uses = root.get("uses");
        for entry in uses.iter().flat_map(|uses| uses.node.entries()) {
            let path = entry.node.text().unwrap_or_default();
            let include = Entry { key: crate::yaml::INCLUDE.to_owned(), line: entry.line, node: entry.node.clone() };
            let include = Node { line: entry.line, value: Value::Map(Rc::new(vec![include])) };
            let Some(library) = (!path.is_empty()).then(|| loader.included(&root.with(&include))).flatten() else { continue };
            for (key, into) in [("resourceTypes", &mut found.types), ("traits", &mut found.traits)] {
                into.extend(declared(&library, key, loader).into_iter().map(|(name, at)| (format!("{}.{name}", entry.key), at)));
            }
        }
        found
    }

    /// The resource types that a resource takes, the nearest first.
    pub fn types(&self, resource: &At, place: &Place<'_>, loader: &mut Loader<'_>) -> Vec<Layer> {
        let mut found: Vec<Layer> = Vec::new();
        let mut seen = HashSet::new();
        let mut next = resource.get("type").map(|at| (at, None));
        while let Some((at, arguments)) = next.take() {
            let Some((name, arguments)) = used(&at, &arguments, place) else { break };
            let Some(declared) = self.types.get(&name) else {
                loader.trouble(&at.file, at.node.line, format!("the resource type `{name}` is not declared"));
                break;
            };
            if found.len() >= MAX_CHAIN || !seen.insert(name.clone()) {
                loader.trouble(&at.file, at.node.line, format!("the resource type `{name}` leads back to itself"));
                break;
            }
            next = declared.get("type").map(|at| (at, arguments.clone()));
            found.push(Layer { at: declared.clone(), arguments });
        }
        found
    }

    /// The traits that a resource or method takes.
    pub fn traits(&self, layer: &Layer, place: &Place<'_>, loader: &mut Loader<'_>) -> Vec<Layer> {
        let Some(list) = layer.at.get("is") else { return Vec::new() };
        let single = std::slice::from_ref(&list.node);
        let nodes = if matches!(list.node.value, Value::List(_)) { list.node.items() } else { single };
        let mut found = Vec::new();
        for node in nodes {
            let at = list.with(node);
            let Some((name, arguments)) = used(&at, &layer.arguments, place) else { continue };
            match self.traits.get(&name) {
                Some(declared) => found.push(Layer { at: declared.clone(), arguments }),
                None => loader.trouble(&at.file, at.node.line, format!("the trait `{name}` is not declared")),
            }
        }
        found
    }
}

/// What a document declares at a key: a mapping, or in 0.8 a list of mappings.
pub fn declared(root: &At, key: &str, loader: &mut Loader<'_>) -> Vec<(String, At)> {
    let mut found = Vec::new();
    let Some(top) = root.get(key).and_then(|at| loader.included(&at)) else { return found };
    let parts: Vec<At> = match &top.node.value {
        Value::List(items) => items.iter().filter_map(|item| loader.included(&top.with(item))).collect(),
        _ => vec![top],
    };
    for part in parts {
        for entry in part.node.entries() {
            if let Some(at) = loader.included(&part.with(&entry.node)) {
                found.push((entry.key.clone(), at));
            }
        }
    }
    found
}

/// The name of the template that a node takes, and its arguments: `paged`, or `paged: {max: 3}`.
fn used(at: &At, outer: &Arguments, place: &Place<'_>) -> Option<(String, Arguments)> {
    let (name, given) = match at.node.text() {
        Some(name) => (name, None),
        None => at.node.entries().first().map(|entry| (entry.key.as_str(), Some(&entry.node)))?,
    };
    let last = place.path.split('/').rfind(|s| !s.is_empty() && !s.starts_with('{')).unwrap_or_default();
    let mut arguments = HashMap::from([
        ("resourcePath".to_owned(), place.path.to_owned()),
        ("resourcePathName".to_owned(), last.to_owned()),
        ("methodName".to_owned(), place.method.to_owned()),
    ]);
    for entry in given.map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.node.text() {
            arguments.insert(entry.key.clone(), filled(value, outer));
        }
    }
    Some((filled(name, outer), Some(Rc::new(arguments))))
}

/// A text with `<<name>>` and `<<name | !uppercase>>` in place.
pub fn filled(text: &str, arguments: &Arguments) -> String {
    let Some(arguments) = arguments.as_ref().filter(|_| text.contains("<<")) else { return text.to_owned() };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (inner, after))) = rest.split_once("<<").and_then(|(b, r)| Some((b, r.split_once(">>")?))) {
        out.push_str(before);
        let mut words = inner.split('|').map(str::trim);
        let value = words.next().and_then(|name| arguments.get(name));
        match value.and_then(|value| words.try_fold(value.clone(), |value, function| apply(&value, function))) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("<<{inner}>>")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The functions of templates, section "Resource Types and Traits"; none for those whose result the processor decides.
fn apply(value: &str, function: &str) -> Option<String> {
    let joined = |mark: &str| words(value).join(mark);
    let camel = || words(value).iter().map(|w| capital(w)).collect::<String>();
    Some(match function {
        "!uppercase" => value.to_uppercase(),
        "!lowercase" => value.to_lowercase(),
        "!uppercamelcase" => camel(),
        "!lowercamelcase" => {
            let camel = camel();
            let mut characters = camel.chars();
            characters.next().map(|c| c.to_lowercase().chain(characters).collect()).unwrap_or_default()
        }
        "!lowerhyphencase" => joined("-"),
        "!upperhyphencase" => joined("-").to_uppercase(),
        "!lowerunderscorecase" => joined("_"),
        "!upperunderscorecase" => joined("_").to_uppercase(),
        _ => return None,
    })
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|c| c.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The words of a name in lower case: `userId` is user, id.
fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_new = true;
    for c in name.chars() {
        if matches!(c, '-' | '_' | ' ') {
            is_new = true;
            continue;
        }
        match found.last_mut().filter(|_| !is_new && !c.is_uppercase()) {
            Some(last) => last.extend(c.to_lowercase()),
            None => found.push(c.to_lowercase().collect()),
        }
        is_new = false;
    }
    found
}
